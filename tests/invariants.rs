//! What must hold for every model of the zoo, whatever it is.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod common;

use std::collections::BTreeMap;

use common::{Disk, model, zoo};
use pointwise::analysis::target::Target;
use pointwise::compile::{Compiled, NoFiles, Settings, compile};
use pointwise::exec::{RunOptions, random_input, run};
use pointwise::graph::print;
use pointwise::rewrite::config;
use pointwise::rewrite::{self, PASSES};
use pointwise::shape::Shaped;
use pointwise::weights::Weights;
use pointwise::writeback::edit::Section;

/// The smallest size at which a model can be built, where that is not 32.
const SIZES: &[(&str, &str)] = &[
    ("alexnet", "64"),
    ("alexnet_grouped", "67"),
    ("googlenet_naive", "64"),
    ("googlenet_paper", "64"),
    ("inception_v3", "75"),
    ("nin", "64"),
];

/// Networks with more parameters (AlexNet, the VGGs, the largest residual nets) are made of the same blocks as smaller ones,
/// and filling their weights would take most of the time.
const MOST_PARAMS: u64 = 26_000_000;

/// A model at a size that runs in no time. The article's examples have no `size`.
fn small(name: &str) -> Compiled {
    let knobs = std::fs::read_to_string(format!("models/{name}.net")).expect("the model is there");
    if !knobs.contains("size=") {
        return model(name, &[]);
    }
    let size = SIZES.iter().find(|(known, _)| *known == name).map_or("32", |(_, size)| size);
    model(name, &[("size", size)])
}

fn shaped(compiled: Compiled) -> Shaped {
    compiled.network.expect("it has no errors").shaped
}

fn outputs(shaped: &Shaped, weights: &Weights) -> (Vec<(String, Vec<f32>)>, u64) {
    let graph = shaped.graph();
    let inputs: BTreeMap<_, _> =
        graph.inputs().iter().map(|id| (graph.node(*id).name.to_string(), random_input(shaped.shape(*id), 1, 7))).collect();
    let options = RunOptions { threads: 2, ..RunOptions::default() };
    let result = run(shaped, weights, &inputs, &options).expect("it runs");
    (result.outputs.into_iter().map(|(name, tensor)| (name, tensor.data().to_vec())).collect(), result.macs)
}

#[test]
fn printing_and_parsing_again_is_the_identity() {
    for name in zoo() {
        let before = shaped(model(&name, &[]));
        let text = print::print(before.graph());
        let again = compile("printed", text.clone(), &NoFiles, &Settings::default());
        let errors: Vec<_> = again.diagnostics.iter().filter(|d| d.is_error()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}\n{text}");
        let after = shaped(again);
        assert_eq!(before.graph().len(), after.graph().len(), "{name}");
        for (a, b) in before.order().iter().zip(after.order()) {
            let (old, new) = (before.graph().node(*a), after.graph().node(*b));
            assert_eq!(old.op, new.op, "{name}: {}", old.name);
            assert_eq!(before.shape(*a), after.shape(*b), "{name}: {}", old.name);
            let position = |shaped: &Shaped, inputs: &[pointwise::graph::NodeId]| -> Vec<usize> {
                inputs.iter().map(|i| shaped.order().iter().position(|o| o == i).expect("in order")).collect()
            };
            assert_eq!(position(&before, &old.inputs), position(&after, &new.inputs), "{name}: {}", old.name);
        }
        let again = print::print(after.graph());
        assert_eq!(statements(&text), statements(&again), "{name}: printing again prints the same");
    }
}

/// Lines that say something; the comments name block instances, which a flat file has no more.
fn statements(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')).collect()
}

#[test]
fn exact_passes_keep_outputs_and_never_cost_more() {
    let exact: Vec<_> = PASSES.iter().filter(|info| info.run.is_some()).map(|info| info.pass).collect();
    let mut tried = 0;
    for name in zoo() {
        let network = small(&name).network.expect("it has no errors");
        if network.analysis.totals.params > MOST_PARAMS {
            continue;
        }
        tried += 1;
        let before = network.shaped;
        let weights = Weights::init(&before, 3);
        let (after, sources, _) = rewrite::run_passes(&before, &exact);
        let changed = rewrite::apply(&sources, (&before, &weights), &after, 0).expect("the weights fit").weights;
        let (wanted, macs) = outputs(&before, &weights);
        let (got, fewer) = outputs(&after, &changed);
        assert!(fewer <= macs, "{name}");
        for ((output, a), (_, b)) in wanted.iter().zip(&got) {
            let scale = a.iter().fold(0f32, |m, x| m.max(x.abs())).max(1e-6);
            let error = a.iter().zip(b).fold(0f32, |m, (x, y)| m.max((x - y).abs())) / scale;
            assert!(error < 2e-4, "{name} {output}: {error}");
        }
    }
    assert!(tried >= 25, "{tried} networks are small enough");
}

#[test]
fn optimized_files_mean_what_the_plan_says() {
    let target = Target::shipped("laptop").expect("it is shipped");
    for name in zoo() {
        let path = format!("models/{name}.net");
        let text = std::fs::read_to_string(&path).expect("the model is there");
        let compiled = model(&name, &[]);
        let (ast, before) = (compiled.asts[0].clone(), shaped(compiled));
        let config = config::parse("form: auto\nratio: 4\n").expect("a configuration");
        let Ok(optimized) = rewrite::bottlenecks(&before, &config, &target) else { continue };
        let plan = &optimized.plan;
        let section = Section { plan, changes: &plan.changes, made_by: "--ratio 4", notes: &[], others: &[] };
        let edits = pointwise::writeback::edit::refinements(&text, &ast, &before, &section);
        let rewritten = pointwise::writeback::edit::apply(&text, &edits);
        let again = compile(&path, rewritten.clone(), &Disk, &Settings::default());
        let errors: Vec<_> = again.diagnostics.iter().filter(|d| d.is_error()).collect();
        let assertions = errors.iter().all(|d| d.code == pointwise::code::Code::AssertionFailed);
        assert!(assertions, "{name}: {errors:?}");
        let network = again.network.expect("only assertions may fail");
        let totals = network.analysis.totals;
        let planned =
            pointwise::analysis::analyze(&optimized.shaped, &pointwise::analysis::Options::default()).expect("countable").totals;
        assert_eq!((totals.macs, totals.params, totals.layers), (planned.macs, planned.params, planned.layers), "{name}");
    }
}
