//! Plans written into the source.

use pointwise::Diagnostic;
use pointwise::compile::{Compiled, Loaded, NoFiles, Settings, compile};
use pointwise::optimize::{Outcome, Task, optimize};
use pointwise::rewrite::Config;

use super::library::{loaded, quarter, task};
use super::{common, target, within};

/// Optimizes a model, writes it down, and holds what was written against the plan.
fn written(name: &str, config: &Config) -> Result<(String, Outcome), Box<Diagnostic>> {
    let compiled = common::model(name, &[]);
    let text = compiled.sources.get(compiled.asts[0].source).text().to_owned();
    let path = format!("models/{name}.net");
    let before = Loaded::new(path.clone(), compiled).expect("models have no errors");
    let target = target();
    let done = optimize(&before, &Task { name: &path, ..task(config, &target) }, &common::Disk)?;
    let errors: Vec<_> = done.compiled.diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}\n{}", done.text);
    let totals = done.compiled.network.as_ref().expect("there is no error").analysis.totals;
    assert_eq!((totals.macs, totals.params), (done.plan.after.price.macs, done.plan.after.price.params), "{name}");
    Ok((text, done))
}

/// A line with a `#` for every number that an assertion states.
fn without_numbers(line: &str) -> String {
    if !line.trim_start().starts_with("assert ") {
        return line.to_owned();
    }
    let mut plain = String::new();
    for (at, c) in line.char_indices() {
        let is_inside = line[..at].ends_with(|c: char| c.is_ascii_digit() || c == '_');
        match c {
            '0'..='9' | '_' if is_inside => {}
            '0'..='9' => plain.push('#'),
            _ => plain.push(c),
        }
    }
    plain
}

/// Whether every line of the source stands in the new text, in the same order and with the same bytes but for numbers that are
/// asserted; a block that got a step has another head, another line for the layer behind it, and other calls.
fn survives(source: &str, text: &str) -> bool {
    let mut lines = text.split_inclusive('\n');
    source.split_inclusive('\n').all(|line| {
        let mut after = lines.clone();
        let is_kept = after.any(|other| without_numbers(other) == without_numbers(line));
        if is_kept {
            lines = after;
        }
        // What is edited still begins as it did: the head of a block, what a call's value is called.
        let head = line.find(['=', '(']).map_or(line, |at| &line[..at]);
        let is_code = line.starts_with("block ") || line.contains(" -> ");
        let is_edited = is_code && !line.trim_start().starts_with('#') && text.lines().any(|other| other.starts_with(head));
        is_kept || (is_edited && text.contains("_reduce = "))
    })
}

/// The boolean parameters of a text's net, with the opposites of their defaults.
fn turned_round(text: &str) -> Vec<(String, String)> {
    let header = text.lines().find(|line| line.starts_with("net ")).unwrap_or_default();
    let params = header.split(['(', ')', ',']).filter_map(|param| param.trim().split_once('='));
    let opposite = |value: &str| match value {
        "true" => Some("false"),
        "false" => Some("true"),
        _ => None,
    };
    params.filter_map(|(name, value)| Some((name.to_owned(), opposite(value)?.to_owned()))).collect()
}

fn with(name: &str, text: &str, knob: &(String, String)) -> Compiled {
    compile(name, text.to_owned(), &common::Disk, &Settings { set: vec![knob.clone()], ..Settings::default() })
}

#[test]
fn every_model_holds_with_each_boolean_parameter_turned_round_and_keeps_its_lines() {
    let mut tried = 0;
    for name in common::zoo() {
        // What has no kxk has 1x1 to split.
        for config in [quarter(), within("macs=70%")] {
            let Ok((source, done)) = written(&name, &config) else { continue };
            assert!(survives(&source, &done.text), "{name}\n{}", done.text);
            assert!(done.notes.is_empty(), "{name}: {:?}", done.notes);
            for knob in turned_round(&source) {
                let after = with(&format!("models/{name}.net"), &done.text, &knob);
                assert!(!after.has_errors(), "{name} {knob:?}: {:?}\n{}", after.diagnostics, done.text);
                tried += 1;
            }
        }
    }
    assert!(tried >= 10, "{tried}");
}

#[test]
fn every_model_is_written_as_it_was_optimized() {
    let ratio = Config { ratio: Some(4), ..Config::default() };
    let mut changed = 0;
    for name in common::zoo() {
        for config in [ratio.clone(), within("macs=75%"), within("params=75%")] {
            match written(&name, &config) {
                Ok((_, Outcome { plan, .. })) => {
                    changed += plan.changes.len();
                    assert!(
                        plan.budgets.iter().all(|met| met.reached <= met.most && met.reached > 0.85 * met.most),
                        "{name} {:?}",
                        plan.budgets
                    );
                    assert!(plan.gap() < 0.25, "{name} {}", plan.gap());
                }
                // Two have nothing wide enough, and almost all of the others is shared weights, which are left alone.
                Err(error) => {
                    assert!(
                        ["lenet5", "alexnet_grouped", "siamese", "retinanet_head"].contains(&name.as_str()),
                        "{name}: {error:?}"
                    );
                }
            }
        }
    }
    assert!(changed > 1000, "{changed}");
}

#[test]
fn what_was_written_reads_like_a_reviewed_change() {
    let (source, done) = written("resnet50", &Config { ratio: Some(4), ..Config::default() }).expect("it has 3x3 layers");
    let text = done.text;
    assert!(survives(&source, &text), "{text}");
    let section = &text[text.find("    # Bottlenecks").expect("there is a heading")..];
    assert_eq!(
        section.lines().take(9).collect::<Vec<_>>(),
        [
            "    # Bottlenecks from a test:",
            "    # 4,089,184,256 -> 2,782,199,808 MACs, 25,557,032 -> 17,385,352 parameters.",
            "    # Updated 2 assertions to the new counts.",
            "",
            "    # 16 layers, 3x3:",
            "    # 1,849,688,064 -> 542,703,616 MACs, 11,317,248 -> 3,145,568 parameters together.",
            "    refine layer1.*.conv2 = reduce(16)",
            "    refine layer2.*.conv2 = reduce(32)",
            "    refine layer3.*.conv2 = reduce(64)",
        ]
    );
    assert!(section.ends_with(")\n}\n"), "{section}");
}

#[test]
fn a_set_parameter_is_written_as_the_default() {
    let text = "net small(width=1.0, size) {\n    input image: [3, size, size]\n    x = image -> conv(floor(64 * width), 3)\n    \
                output y = x -> conv(64, 3)\n    assert params == 1\n    if width == 1.0 { assert params == 2 }\n}\n";
    let set = [("width".to_owned(), "0.5".to_owned()), ("size".to_owned(), "32".to_owned())];
    let (config, target) = (quarter(), target());
    let done = optimize(&loaded(text, &set), &Task { set: &set, ..task(&config, &target) }, &NoFiles).expect("it is possible");
    assert!(done.text.starts_with("net small(width=0.5, size=32) {"), "{}", done.text);
    assert!(!done.compiled.has_errors(), "{}\n{:?}", done.text, done.compiled.diagnostics);
    let network = done.compiled.network.expect("it compiles");
    assert_eq!(network.analysis.totals.params, done.plan.after.price.params);
    assert!(done.text.contains("assert params == 2 }"), "what a guard leaves out is not touched: {}", done.text);
}

/// The new text, whose lines but for the assertion's number are those of the source.
fn quartered(text: &str) -> String {
    let (config, target) = (quarter(), target());
    optimize(&loaded(text, &[]), &task(&config, &target), &NoFiles).expect("it is possible").text
}

const PLAIN: &str = "# Laid out by hand.\nnet   x {\n  input i:[64,8,8]\n\n\n  a = i->conv( 64,3, pad=1 )   # wide  \n  \
                     output y = a -> conv(8,1,)\n  assert params==37_448  # exact\n} # end\n\n# after\n";

#[test]
fn untouched_lines_keep_their_bytes() {
    let text = quartered(PLAIN);
    let (head, tail) = PLAIN.split_at(PLAIN.find("} # end").expect("it closes"));
    assert!(text.starts_with(&head.replace("37_448", "10_824")) && text.ends_with(tail), "{text}");
    let inserted = &text[head.len()..text.len() - tail.len()];
    assert!(inserted.starts_with("\n  # Bottlenecks from a test:\n"), "{inserted}");
    assert!(inserted.ends_with("\n  refine a = reduce(16)\n"), "{inserted}");
}

#[test]
fn line_ends_and_indentation_are_followed() {
    let crlf = PLAIN.replace('\n', "\r\n");
    assert_eq!(quartered(&crlf), quartered(PLAIN).replace('\n', "\r\n"));
    let tabs = PLAIN.replace("\n  ", "\n\t");
    assert_eq!(quartered(&tabs), quartered(PLAIN).replace("\n  ", "\n\t"));
    let unended = PLAIN.trim_end();
    assert_eq!(quartered(unended), quartered(PLAIN).trim_end());
    let spaced = PLAIN.replace("} # end", "\n} # end");
    assert!(!quartered(&spaced).contains("\n\n\n  # Bottlenecks"), "an empty line that is there is enough");
}

#[test]
fn a_brace_behind_a_statement_goes_to_its_own_line() {
    let one = "net x { input i: [64, 8, 8]; a = i -> conv(64, 3, pad=1); output y = a; }  # all of it";
    let text = quartered(one);
    assert!(text.starts_with("net x { input i: [64, 8, 8]; a = i -> conv(64, 3, pad=1); output y = a;\n\n    # Bott"), "{text}");
    assert!(text.ends_with("\n    refine a = reduce(16)\n}  # all of it"), "{text}");
    let last = "  net x {\r\n    input i: [64, 8, 8]\r\n    output a = i -> conv(64, 3, pad=1) }";
    let text = quartered(last);
    assert!(text.contains("output a = i -> conv(64, 3, pad=1)\r\n\r\n    # Bott"), "{text}");
    assert!(text.ends_with("\r\n    refine a = reduce(16)\r\n  }"), "{text}");
}

#[test]
fn blocks_around_the_net_stay_where_they_are() {
    let block = "block b(x)   { return x->relu->conv(64,3,pad=1) }";
    let net = "net x {\n    input i: [64, 8, 8]\n    a = i -> b\n    output y = a -> c\n}\n";
    let after = "block c(x)\n{\n return x -> relu\n}";
    let text = quartered(&format!("{block}\n{net}{after}"));
    assert!(
        text.starts_with(&format!("{block}\nnet x {{\n")) && text.ends_with(&format!("\n    refine a = reduce(16)\n}}\n{after}")),
        "{text}"
    );
}

#[test]
fn the_turns_of_an_inner_loop_share_a_line() {
    let text = quartered(
        "net n {\n    input i: [64, 8, 8]\n    x = i -> relu\n    for width in [64, 128] {\n        for k in 0..3 { x = x -> \
         conv(width, 3, pad=1) -> relu }\n    }\n    output y = x\n}\n",
    );
    assert!(text.contains("\n    refine x.0.* = reduce(16)\n"), "{text}");
}
