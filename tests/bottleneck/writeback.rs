//! Plans written into the source.

use pointwise::analysis::{Options, analyze};
use pointwise::compile::{Settings, compile};
use pointwise::rewrite::{Config, OptimizeError, bottlenecks};
use pointwise::writeback::assertions::{Numbers, Stated, updates};
use pointwise::writeback::edit;

use super::common;
use super::{names, target, within};

/// Optimizes a model, writes it down, compiles what was written, and holds it against the plan.
fn written(name: &str, config: &Config) -> Result<(String, pointwise::rewrite::Plan), OptimizeError> {
    let compiled = common::model(name, &[]);
    let before = compiled.network.expect("models have no errors");
    let result = bottlenecks(&before.shaped, config, &target())?;
    let analysis = analyze(&result.shaped, &Options::default()).expect("models are small");
    let main = compiled.sources.get(compiled.asts[0].source);
    let mut edits = edit::refinements(main.text(), &compiled.asts[0], &before.shaped, &result.plan, ("a test", &[]));
    let numbers = |graph, analysis| Numbers { graph, analysis };
    let old = numbers(before.shaped.graph(), &before.analysis);
    edits.extend(updates(main.text(), &compiled.asts[0], old, numbers(result.shaped.graph(), &analysis), Stated::Held));
    let text = edit::apply(main.text(), &edits);
    let again = compile(main.name(), text.clone(), &common::Disk, &Settings::default());
    let errors: Vec<_> = again.diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}\n{text}");
    let network = again.network.expect("there is no error");
    assert_eq!(names(&network.shaped), names(&result.shaped), "{name}");
    assert_eq!(network.analysis.totals, analysis.totals, "{name}");
    Ok((text, result.plan))
}

#[test]
fn every_model_is_written_as_it_was_optimized() {
    let ratio = Config { ratio: Some(4), ..Config::default() };
    let mut changed = 0;
    for name in common::zoo() {
        for config in [ratio.clone(), within("macs=75%"), within("params=75%")] {
            match written(&name, &config) {
                Ok((_, plan)) => {
                    changed += plan.changes.len();
                    assert!(
                        plan.budgets.iter().all(|met| met.reached <= met.most && met.reached > 0.85 * met.most),
                        "{name} {:?}",
                        plan.budgets
                    );
                    assert!(plan.gap() < 0.15, "{name} {}", plan.gap());
                }
                // Two have nothing wide enough, and almost all of the others is shared weights, which are left alone.
                Err(error) => {
                    assert!(
                        ["lenet5", "alexnet_grouped", "siamese", "retinanet_head"].contains(&name.as_str()),
                        "{name}: {error}"
                    );
                }
            }
        }
    }
    assert!(changed > 1000, "{changed}");
}

#[test]
fn what_was_written_reads_like_a_reviewed_change() {
    let (text, _) = written("resnet50", &Config { ratio: Some(4), ..Config::default() }).expect("it has 3x3 layers");
    let original = std::fs::read_to_string("models/resnet50.net").expect("the model is there");
    let body = original.trim_end().trim_end_matches('}').trim_end();
    let untouched = body.lines().filter(|line| !line.contains("assert ")).all(|line| text.contains(line));
    assert!(untouched, "{text}");
    let section = &text[text.find("    # Bottlenecks").expect("there is a heading")..];
    assert_eq!(
        section.lines().take(8).collect::<Vec<_>>(),
        [
            "    # Bottlenecks from a test:",
            "    # 4,089,184,256 -> 2,753,298,432 MACs, 25,557,032 -> 17,384,904 parameters.",
            "",
            "    # 3 layers, 3x3, 64 to 64 channels at 56x56:",
            "    # 36,864 -> 10,272 parameters, 115,605,504 -> 32,112,640 MACs each.",
            "    # Changes 3 of the 16 uses of block `bottleneck`: layer1.0, layer1.1, layer1.2.",
            "    refine layer1.*.conv2 = reduce(16)",
            "",
        ]
    );
    assert!(section.contains("    refine layer2.0.conv2 = expand(32)\n"), "{section}");
    assert!(section.ends_with(")\n}\n"), "{section}");
}

#[test]
fn a_set_parameter_is_written_as_the_default() {
    let text = "net small(width=1.0, size) {\n    input image: [3, size, size]\n    x = image -> conv(floor(64 * width), 3)\n    \
                output y = x -> conv(64, 3)\n    assert params == 1\n    if width == 1.0 { assert params == 2 }\n}\n";
    let set = [("width".to_owned(), "0.5".to_owned()), ("size".to_owned(), "32".to_owned())];
    let compiled = compile("small.net", text.to_owned(), &common::Disk, &Settings { set: set.to_vec(), ..Settings::default() });
    let network = compiled.network.expect("only an assertion fails");
    let ast = &compiled.asts[0];
    let numbers = Numbers { graph: network.shaped.graph(), analysis: &network.analysis };
    let mut edits = edit::defaults(ast, &set);
    edits.extend(updates(text, ast, numbers, numbers, Stated::Reset));
    let after = edit::apply(text, &edits);
    assert!(after.starts_with("net small(width=0.5, size=32) {"), "{after}");
    let again = compile("small.net", after.clone(), &common::Disk, &Settings::default());
    assert!(!again.has_errors(), "{after}\n{:?}", again.diagnostics);
    assert_eq!(again.network.expect("it compiles").analysis.totals, network.analysis.totals);
    assert!(after.contains("assert params == 2 }"), "what a guard leaves out is not touched: {after}");
}
