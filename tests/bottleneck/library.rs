//! `optimize` as a library function: passes, plan, edits, and the network that they make.

use std::path::Path;

use pointwise::compile::{Loaded, NoFiles, Settings, compile};
use pointwise::optimize::{Given, Outcome, Task, optimize};
use pointwise::rewrite::{Config, Kind, Pass};
use pointwise::weights::Weights;

use super::target;

const TEXT: &str = "# Two layers.\n\nnet small(width=64) {\n    input image: [64, 8, 8]\n    x = image -> conv(width, 3, pad=1, bias=false) -> dropout\n    output y = x -> conv(64, 3, pad=1, bias=false)\n    assert params == 73_728\n}\n";

pub(super) fn loaded(text: &str, set: &[(String, String)]) -> Loaded {
    let compiled = compile("small.net", text.to_owned(), &NoFiles, &Settings { set: set.to_vec(), ..Settings::default() });
    Loaded::new("small.net".to_owned(), compiled).unwrap_or_else(|(_, errors)| panic!("{errors:?}"))
}

/// The same with its first layer refined.
fn refined_text() -> String {
    TEXT.replace("    assert params == 73_728\n", "    refine x = reduce(16)\n")
}

pub(super) fn task<'a>(config: &'a Config, target: &'a pointwise::analysis::target::Target) -> Task<'a> {
    let here = Path::new("/here");
    let folders = (here, here);
    Task {
        config,
        target,
        inline: false,
        set: &[],
        name: "new.net",
        folders,
        root: None,
        said: "a test",
        replaces: None,
        weights: None,
    }
}

fn optimized(before: &Loaded, config: &Config, change: impl for<'a> FnOnce(Task<'a>) -> Task<'a>) -> Outcome {
    let target = target();
    optimize(before, &change(task(config, &target)), &NoFiles).unwrap_or_else(|diagnostic| panic!("{diagnostic:?}"))
}

pub(super) fn quarter() -> Config {
    Config { ratio: Some(4), ..Config::default() }
}

#[test]
fn the_text_means_what_was_decided() {
    let done = optimized(&loaded(TEXT, &[]), &quarter(), |task| task);
    assert!(done.text.contains("refine x = reduce(16)\n") && done.text.contains("# Bottlenecks from a test:"), "{}", done.text);
    assert!(done.text.contains("assert params == 20_480\n"), "{}", done.text);
    assert_eq!((done.updated, done.notes.len()), (1, 0), "{:?}", done.notes);
    assert!(done.text.contains("    # Updated 1 assertion to the new counts.\n"), "{}", done.text);
    assert!(done.changes.is_empty() && !done.compiled.has_errors(), "{:?}", done.compiled.diagnostics);
    assert_eq!(done.compiled.sources.get(done.compiled.asts[0].source).name(), "new.net");
    let network = done.compiled.network.expect("it compiles");
    assert_eq!(network.analysis.totals.params, done.plan.after.price.params);
}

#[test]
fn a_network_is_kept_as_it_was_before_its_refinements() {
    let plain = loaded(TEXT, &[]).network;
    assert!(plain.before_refine.is_none(), "nothing is kept twice");
    let refined = loaded(&refined_text(), &[]).network;
    let names = |shaped: &pointwise::Shaped| -> Vec<String> {
        shaped.order().iter().map(|id| shaped.graph().node(*id).name.to_string()).collect()
    };
    let before = refined.before_refine.as_ref().expect("it is kept");
    assert_eq!(names(&before.shaped), names(&plain.shaped));
    assert!(names(&refined.shaped).contains(&"x.conv.reduce".to_owned()));
    assert_eq!(before.sources.iter().count(), 2, "the weights of both parts come from somewhere");
}

#[test]
fn weights_from_before_the_refinements_are_carried_too() {
    let before = loaded(&refined_text(), &[]);
    let old = Weights::init(&loaded(TEXT, &[]).network.shaped, 3);
    let (origin, sources) = before.network.origin_of(&old).expect("they fit what was refined");
    assert!(std::ptr::eq(origin, &raw const before.network.before_refine.as_ref().expect("it is kept").shaped));
    assert!(!sources.is_empty());
    let (config, target) = (Config { passes: vec![Pass::Identity], ..Config::default() }, target());
    let given = Some(Given { weights: &old, seed: 7, max_bytes: 1 << 20 });
    let done = optimize(&before, &Task { weights: given, ..task(&config, &target) }, &NoFiles).expect("the weights fit");
    let carried = done.weights.expect("weights were given");
    assert_eq!((carried.kept, carried.initialised), (1, 2));
    assert!(old.get("y.conv.weight").is_some());
    assert_eq!(carried.weights.get("y.conv.weight"), old.get("y.conv.weight"));
    let own = Weights::init(&before.network.shaped, 3);
    assert!(before.network.origin_of(&own).expect("they fit").1.is_empty());
    assert!(before.network.origin_of(&Weights::new()).is_err());
}

#[test]
fn without_a_source_every_layer_is_written_out() {
    let with = optimized(&loaded(TEXT, &[]), &quarter(), |task| Task { inline: true, ..task });
    assert!(with.text.starts_with("# Two layers.\n") && with.text.contains("assert params == 20_480"), "{}", with.text);
    let bare = Loaded { source: None, ..loaded(TEXT, &[]) };
    let without = optimized(&bare, &quarter(), |task| task);
    assert!(without.text.starts_with("# Written out by a test") && !without.text.contains("assert"), "{}", without.text);
    assert!(without.text.contains("x.conv.reduce = ") && !without.text.contains("refine"), "{}", without.text);
    let totals = |outcome: Outcome| outcome.compiled.network.expect("it compiles").analysis.totals;
    assert_eq!(totals(without), totals(with));
}

#[test]
fn passes_run_in_their_order() {
    let names = |outcome: &Outcome| outcome.changes.iter().map(|change| change.pass).collect::<Vec<_>>();
    let with = |passes: &[Pass]| Config { passes: passes.to_vec(), ..quarter() };
    let before = loaded(TEXT, &[]);
    let done = optimized(&before, &with(&[Pass::Identity, Pass::Bottleneck]), |task| task);
    assert_eq!((names(&done), done.plan.changes.len()), (vec!["identity"], 2));
    assert!(!done.text.contains("dropout") && done.text.contains("x.conv.reduce = "), "{}", done.text);
    let none = optimized(&before, &Config { passes: vec![Pass::Identity], ..Config::default() }, |task| task);
    assert_eq!((names(&none), none.plan.changes.len()), (vec!["identity"], 0));
    let twice = with(&[Pass::Bottleneck, Pass::Identity, Pass::Bottleneck]);
    let target = target();
    let refused = optimize(&before, &task(&twice, &target), &NoFiles).expect_err("one plan chooses all");
    assert!(refused.message.contains("`bottleneck` stands in `passes` more than once"), "{refused:?}");
}

#[test]
fn values_that_were_set_become_defaults() {
    let set = [("width".to_owned(), "32".to_owned())];
    let before = loaded(&TEXT.replace("73_728", "36_864"), &set);
    let target = target();
    let config = Config { channels: Some(8), form: Some(Kind::Reduce), ..Config::default() };
    let done = optimize(&before, &Task { set: &set, ..task(&config, &target) }, &NoFiles).expect("it is possible");
    assert!(done.text.contains("net small(width=32) {") && !done.compiled.has_errors(), "{}", done.text);
    assert_eq!(done.compiled.network.expect("it compiles").analysis.totals.params, done.plan.after.price.params);
}

#[test]
fn what_is_written_out_keeps_the_parameters_that_only_size_its_inputs() {
    let text = |conv: &str| {
        format!(
            "net n(size=32, classes=10) {{\n    input x: [3, size, size]\n    a = x -> {conv} -> bn -> relu\n    \
             output y = a -> global_avgpool -> flatten -> linear(classes)\n    \
             if size == 32 {{ assert macs == 55_376 }}\n    assert buffers == 16\n}}\n"
        )
    };
    let folded = |text: &str| {
        let config = Config { passes: vec![Pass::FoldNorm], ..Config::default() };
        let target = target();
        optimize(&loaded(text, &[]), &task(&config, &target), &NoFiles).expect("there is something to fold").text
    };
    let kept = folded(&text("conv(8, 3, stride=2, pad=1)"));
    assert!(kept.contains("net n(size=32) {\n    input x: [3, size, size]\n") && kept.contains("linear(10)"), "{kept}");
    assert!(kept.contains("    assert buffers == 0\n    if size == 32 {\n        assert macs == 55_376\n    }\n"), "{kept}");
    let at = |size: &str| loaded(&kept, &[("size".to_owned(), size.to_owned())]).network.analysis.totals.macs;
    assert_eq!([at("32"), at("48")], [16 * 16 * 8 * 27 + 80, 24 * 24 * 8 * 27 + 80]);
    // With a stride, `same` pads an even map otherwise than an odd one: the layers are those of one size.
    let fixed = folded(&text("conv(8, 3, stride=2, pad=same)"));
    assert!(fixed.contains("net n {\n    input x: [3, 32, 32]\n"), "{fixed}");
}
