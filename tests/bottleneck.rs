//! Bottlenecks: what they cost, where they go, and which a budget chooses.
#![expect(clippy::disallowed_methods, reason = "tests read models and tables")]
#![expect(clippy::float_cmp, reason = "budgets are exact")]

mod common;
mod nets;

use std::fmt::Write as _;

use nets::{Net, conv, resnet50, shape, single};
use pointwise::analysis::budget;
use pointwise::analysis::target::Target;
use pointwise::analysis::{Options, analyze};
use pointwise::compile::{Settings, compile};
use pointwise::graph::Graph;
use pointwise::op::{Conv, Op, Padding, Param};
use pointwise::rewrite::assertions::{Numbers, Stated, updates};
use pointwise::rewrite::config;
use pointwise::rewrite::edit;
use pointwise::rewrite::forms::fits;
use pointwise::rewrite::geometry::{Count, Geometry};
use pointwise::rewrite::knapsack::{self, Choice, Effort};
use pointwise::rewrite::path::{Layers, Pattern, SelectError};
use pointwise::rewrite::plan::Proof;
use pointwise::rewrite::{Budget, Config, Form, Kind, Metric, OptimizeError, Refinement, Refusal, Request, optimize, refine};
use pointwise::shape::{Shaped, infer};
use proptest::prelude::*;

fn target() -> Target {
    Target::shipped("laptop").expect("it is shipped")
}

fn shaped(graph: Graph) -> Shaped {
    infer(graph).expect("it fits")
}

fn refined(net: &Shaped, layer: &str, form: Form, linear: bool) -> Shaped {
    let node = net.graph().find(layer).expect("the layer is there");
    shaped(refine(net, &[Request { node, how: Refinement { form, linear } }]).expect("the form fits"))
}

fn geometry(net: &Shaped, layer: &str) -> Geometry {
    let id = net.graph().find(layer).expect("the layer is there");
    Geometry::of(&net.graph().node(id).op, net.input_shapes(id)[0], net.shape(id)).expect("it is a plain convolution")
}

fn names(net: &Shaped) -> Vec<&str> {
    net.order().iter().map(|id| net.graph().node(*id).name.as_str()).collect()
}

fn any_conv() -> impl Strategy<Value = (Vec<u64>, Conv)> {
    let size = (1u64..40, 5u64..24, 5u64..24);
    let window = (1u64..5, 1u64..5, 1u64..4, 1u64..4);
    let pads = (0u64..3, 0u64..3, 0u64..3, 0u64..3);
    (size, window, pads, 1u64..3, 1u64..3, 1u64..40, any::<bool>()).prop_filter_map(
        "the window fits",
        |((c, h, w), (kh, kw, sh, sw), (top, left, bottom, right), dh, dw, out, bias)| {
            let pad = Padding { top, left, bottom, right };
            let op = Conv { out, kernel: [kh, kw], stride: [sh, sw], pad, dilation: [dh, dw], groups: 1, bias, depthwise: false };
            let dims = vec![c, h, w];
            Op::Conv(op.clone()).infer(&[shape(&dims)]).ok().map(|_| (dims, op))
        },
    )
}

fn any_form() -> impl Strategy<Value = Form> {
    (0usize..5, 1u64..50, 1u64..50).prop_map(|(kind, r1, r2)| {
        let kind = Kind::ALL[kind];
        Form::new(kind, &[r1, r2][..kind.ranks()]).expect("ranks are right")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn formulas_count_what_the_inserted_graph_counts((dims, op) in any_conv(), form in any_form(), linear in any::<bool>()) {
        prop_assume!(fits(form.kind(), &Op::Conv(op.clone())).is_ok());
        let net = single(&dims, op.clone(), false, true);
        let cost = geometry(&net, "x.conv").cost(form).expect("it is small");
        let after = refined(&net, "x.conv", form, linear);
        let totals = analyze(&after, &Options::default()).expect("it is small").totals;
        let last = op.out;
        let biases = if !op.bias { 0 } else if linear { last } else { cost.channels };
        prop_assert_eq!(totals.macs, cost.macs);
        prop_assert_eq!(totals.params, cost.weights + biases);
        let relu = net.graph().find("x.relu").expect("it is there");
        let same = after.graph().find("x.relu").expect("followers stay");
        prop_assert_eq!(net.shape(relu), after.shape(same));
    }

    #[test]
    fn break_even_is_the_last_rank_that_saves((dims, op) in any_conv(), kind in 0usize..5) {
        let kind = Kind::ALL[kind];
        prop_assume!(fits(kind, &Op::Conv(op.clone())).is_ok());
        let geometry = geometry(&single(&dims, op, false, false), "x.conv");
        let dense = geometry.dense().expect("it is small");
        for (count, pick) in [(Count::Macs, true), (Count::Weights, false)] {
            let most = geometry.largest_saving(kind, count);
            let at = |r: u64| {
                let form = Form::new(kind, &vec![r; kind.ranks()]).expect("r is at least 1");
                let cost = geometry.cost(form).expect("it is small");
                if pick { cost.macs } else { cost.weights }
            };
            let dense = if pick { dense.macs } else { dense.weights };
            prop_assert!(most == 0 || at(most) < dense);
            prop_assert!(at(most + 1) >= dense);
        }
    }
}

#[test]
fn googlenets_five_by_five_breaks_even_where_its_paper_could_have_looked() {
    let net = single(&[192, 28, 28], conv(32, 5, 1, 2), false, true);
    let geometry = geometry(&net, "x.conv");
    let at = |kind| geometry.break_even(kind, Count::Macs).map(|ratio| ratio.to_string());
    assert_eq!(at(Kind::Reduce).as_deref(), Some("154.8"));
    assert_eq!(at(Kind::Expand).as_deref(), Some("31.7"));
    assert_eq!(geometry.largest_saving(Kind::Reduce, Count::Macs), 154);
    assert_eq!(at(Kind::Both), None);
}

#[test]
fn the_articles_bottleneck_needs_53248_weights() {
    let net = single(&[256, 14, 14], conv(64, 3, 1, 1), false, true);
    let geometry = geometry(&net, "x.conv");
    assert_eq!(geometry.dense().map(|cost| cost.weights), Some(147_456));
    assert_eq!(geometry.cost(Form::Reduce { r: 64 }).map(|cost| cost.weights), Some(53_248));
}

#[test]
fn strides_favour_expand() {
    let geometry = geometry(&single(&[64, 56, 56], conv(64, 3, 2, 1), false, false), "x.conv");
    let macs = |form| geometry.cost(form).expect("it is small").macs;
    assert_eq!(macs(Form::Reduce { r: 16 }), 64 * 16 * 56 * 56 + 9 * 16 * 64 * 28 * 28);
    assert_eq!(macs(Form::Expand { r: 16 }), (9 * 64 * 16 + 16 * 64) * 28 * 28);
    assert_eq!(macs(Form::Spatial { r: 16 }), 3 * 64 * 16 * 28 * 56 + 3 * 16 * 64 * 28 * 28);
}

#[test]
fn an_inserted_1x1_carries_its_neighbourhood() {
    let net = single(&[64, 8, 8], conv(64, 3, 1, 1), true, true);
    let reduce = refined(&net, "x.conv", Form::Reduce { r: 16 }, false);
    assert_eq!(names(&reduce), ["image", "x.conv.reduce", "x.conv.reduce.bn", "x.conv.reduce.relu", "x.conv", "x.bn", "x.relu"]);
    let expand = refined(&net, "x.conv", Form::Expand { r: 16 }, false);
    assert_eq!(names(&expand), ["image", "x.conv", "x.conv.bn", "x.conv.relu", "x.conv.expand", "x.bn", "x.relu"]);
    let linear = refined(&net, "x.conv", Form::Both { r1: 16, r2: 8 }, true);
    assert_eq!(names(&linear), ["image", "x.conv.reduce", "x.conv", "x.conv.expand", "x.bn", "x.relu"]);
    let spatial = refined(&net, "x.conv", Form::Spatial { r: 16 }, false);
    assert_eq!(
        names(&spatial),
        ["image", "x.conv.vertical", "x.conv.vertical.bn", "x.conv.vertical.relu", "x.conv", "x.bn", "x.relu"]
    );
}

#[test]
fn pre_activation_networks_give_what_stands_before() {
    let mut net = Net::new();
    let image = net.input(&[64, 8, 8]);
    let norm = net.bn("norm", image);
    let relu = net.relu("norm", norm);
    let x = net.conv("x", conv(32, 3, 1, 1), relu);
    net.graph.add_output("y", x);
    let after = refined(&net.finish(), "x.conv", Form::Reduce { r: 16 }, false);
    assert_eq!(names(&after)[3..], ["x.conv.reduce", "x.conv.reduce.bn", "x.conv.reduce.relu", "x.conv"]);
    let outputs: Vec<_> = after.graph().outputs().iter().map(|(_, id)| after.graph().node(*id).name.as_str()).collect();
    assert_eq!(outputs, ["x.conv"]);
}

#[test]
fn a_conv_before_a_sum_takes_its_activation_from_before() {
    let net = nets::basic(16);
    let after = refined(&net, "layer1.0.conv2.conv", Form::Expand { r: 8 }, false);
    let at = names(&after).iter().position(|name| *name == "layer1.0.conv2.conv").expect("it keeps its name");
    assert_eq!(
        names(&after)[at..at + 5],
        [
            "layer1.0.conv2.conv",
            "layer1.0.conv2.conv.bn",
            "layer1.0.conv2.conv.relu",
            "layer1.0.conv2.conv.expand",
            "layer1.0.conv2.bn"
        ]
    );
}

#[test]
fn what_cannot_take_a_form_says_why() {
    let depthwise = Conv { groups: 64, depthwise: true, ..conv(64, 3, 1, 1) };
    let grouped = Conv { groups: 4, ..conv(64, 3, 1, 1) };
    let flat = Conv { kernel: [1, 3], ..conv(64, 3, 1, 1) };
    let why = |op: Conv, kind: Kind| fits(kind, &Op::Conv(op)).expect_err("it does not fit").to_string();
    assert!(why(depthwise, Kind::Reduce).contains("depthwise"));
    assert!(why(grouped, Kind::Both).contains("4 groups"));
    assert!(why(conv(64, 1, 1, 0), Kind::Reduce).contains("1x1 already"));
    assert!(why(conv(64, 3, 1, 1), Kind::Pointwise).contains("3x3"));
    assert!(why(flat, Kind::Spatial).contains("one-dimensional"));
    let net = single(&[64, 8, 8], conv(64, 3, 1, 1), true, true);
    let once = refined(&net, "x.conv", Form::Reduce { r: 16 }, false);
    let how = Refinement { form: Form::Reduce { r: 8 }, linear: false };
    let node = once.graph().find("x.conv").expect("it keeps its name");
    assert_eq!(refine(&once, &[Request { node, how }]).expect_err("once is enough").refusal, Refusal::Refined);
    let node = net.graph().find("x.conv").expect("it is there");
    let twice = [Request { node, how }, Request { node, how }];
    assert_eq!(refine(&net, &twice).expect_err("named twice").refusal, Refusal::Twice);
}

#[test]
fn paths_match_whole_names_and_scopes() {
    let scope = |pattern: &str, name: &'static str| Pattern::parse(pattern).expect("it is a path").scope(name);
    assert_eq!(scope("layer3.*.conv2", "layer3.0.conv2.conv"), Some("layer3.0.conv2"));
    assert_eq!(scope("layer3.*.conv2", "layer3.0.conv1.conv"), None);
    assert_eq!(scope("inception_*.b", "inception_3a.b.conv"), Some("inception_3a.b"));
    assert_eq!(scope("**.conv2", "layer3.0.conv2.conv"), Some("layer3.0.conv2"));
    assert_eq!(scope("layer1.**", "layer1.0.conv2.conv"), Some("layer1.0.conv2.conv"));
    assert_eq!(scope("fire2.b.conv", "fire2.b.conv"), Some("fire2.b.conv"));
    assert_eq!(scope("fire2.b.conv.x", "fire2.b.conv"), None);
    assert_eq!(scope("f*2.*", "fire2.b"), Some("fire2.b"));
    assert_eq!(Pattern::parse("a..b"), None);
}

#[test]
fn a_path_selects_one_layer_a_scope_or_says_why_not() {
    let net = resnet50(64);
    let choose = |pattern: &str, kind| {
        let pattern = Pattern::parse(pattern).expect("it is a path");
        Layers::new(net.graph(), net.order()).select(&pattern, kind).map(|ids| ids.len())
    };
    assert_eq!(choose("layer3.*.conv2", Kind::Reduce), Ok(6));
    assert_eq!(choose("layer3.0", Kind::Reduce), Ok(1), "only one of the block's layers takes it");
    assert!(
        matches!(choose("layer3.0", Kind::Pointwise), Err(SelectError::Ambiguous { candidates, .. }) if candidates.len() == 3)
    );
    assert!(matches!(choose("layer3.0.conv1", Kind::Reduce), Err(SelectError::Refused { .. })));
    let Err(SelectError::NoMatch { nearest }) = choose("layr3.0.conv2", Kind::Reduce) else { panic!("nothing has this name") };
    assert_eq!(nearest[0], "layer3.0.conv2");
}

fn within(text: &str) -> Config {
    let budgets = text.split(' ').map(|one| Budget::parse(one).expect("it is a budget")).collect();
    Config { budgets, ..Config::default() }
}

#[test]
fn half_of_resnet50_is_half_and_not_less() {
    let net = resnet50(224);
    let result = optimize(&net, &within("macs=50%"), &target()).expect("it can be halved");
    let plan = &result.plan;
    let share = plan.after.price.macs as f64 / plan.before.price.macs as f64;
    assert_eq!(plan.before.price.macs, 4_089_184_256);
    assert!((0.495..=0.5).contains(&share), "{share}");
    assert!(plan.gap() <= 0.03, "{}", plan.gap());
    let analysis = analyze(&result.shaped, &Options::default()).expect("it is small");
    assert_eq!(analysis.totals.macs, plan.after.price.macs);
    let saved: u64 = plan.changes.iter().map(|change| change.before.macs - change.after.macs).sum();
    assert_eq!(plan.before.price.macs - saved, plan.after.price.macs);
    let params: u64 = plan.changes.iter().map(|change| change.before.params - change.after.params).sum();
    assert_eq!(plan.before.price.params - params, plan.after.price.params);
}

/// Optimizes a model, writes it down, compiles what was written, and holds it against the plan.
fn written(name: &str, config: &Config) -> Result<(String, pointwise::rewrite::Plan), OptimizeError> {
    let compiled = common::model(name, &[]);
    let before = compiled.network.expect("models have no errors");
    let result = optimize(&before.shaped, config, &target())?;
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
                        plan.budgets.iter().all(|met| met.reached <= met.most && met.reached > 0.9 * met.most),
                        "{name} {:?}",
                        plan.budgets
                    );
                    assert!(plan.gap() < 0.05, "{name} {}", plan.gap());
                }
                Err(error) => assert!(name == "lenet5" || name == "alexnet_grouped", "{name}: {error}"),
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
            "    # 4,089,184,256 -> 2,753,298,432 MACs, 25,557,032 -> 17,385,352 parameters.",
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
fn a_second_run_leaves_bottlenecks_alone() {
    let ratio = Config { ratio: Some(4), ..Config::default() };
    let once = optimize(&resnet50(64), &ratio, &target()).expect("it has 3x3 layers");
    let twice = optimize(&once.shaped, &ratio, &target()).expect("leaving all alone is no error").plan;
    assert!(twice.changes.is_empty() && twice.nothing_to_do().is_some(), "{:?}", twice.changes);
    let untouched = twice.untouched;
    let why = |name: &str| untouched.iter().find(|u| u.layer == name).map(|u| u.why.clone());
    assert_eq!(why("layer1.0.conv2.conv"), Some(Refusal::Refined));
    assert_eq!(why("layer1.0.conv2.conv.reduce"), Some(Refusal::Refined));
    assert_eq!(why("stem.conv"), Some(Refusal::FewChannels { channels: 3 }));
}

#[test]
fn dearer_layers_stay_and_say_their_break_even() {
    let net = single(&[64, 14, 14], conv(8, 3, 1, 1), false, true);
    let config = Config { channels: Some(64), ..Config::default() };
    let plan = optimize(&net, &config, &target()).expect("leaving all alone is no error").plan;
    assert!(plan.changes.is_empty(), "64 channels do not save");
    assert_eq!(
        plan.untouched[0].why.to_string(),
        "every form costs more: `reduce` breaks even at 33 channels, `expand` breaks even at 7 channels"
    );
    assert!(plan.nothing_to_do().expect("a warning").notes[0].contains("33 channels"));
}

#[test]
fn an_impossible_budget_says_what_is_possible() {
    let Err(OptimizeError::Unreachable(miss)) = optimize(&resnet50(64), &within("macs=1%"), &target()) else {
        panic!("nobody can do this")
    };
    assert!(miss.proof == Proof::Alone && miss.least > miss.most && miss.budget.metric == Metric::Macs, "{miss:?}");
    let Err(OptimizeError::Unreachable(miss)) = optimize(&resnet50(64), &within("peak=10KiB"), &target()) else {
        panic!("nobody can do this")
    };
    assert!(miss.proof == Proof::Alone && miss.at.is_some() && miss.least > 10240.0, "{miss:?}");
}

fn missed(net: &Shaped, budgets: &str) -> pointwise::rewrite::BudgetUnreachable {
    match optimize(net, &within(budgets), &target()) {
        Err(OptimizeError::Unreachable(miss)) => miss,
        Err(error) => panic!("`{budgets}`: {error}"),
        Ok(_) => panic!("`{budgets}` can be met"),
    }
}

#[test]
fn only_what_was_proven_is_called_impossible() {
    // With this stride `expand` has the fewest MACs, and `both` the fewest parameters.
    let net = single(&[64, 56, 56], conv(64, 3, 4, 1), false, false);
    let (fewest, least) = (missed(&net, "macs=1").least, missed(&net, "params=1").least);
    // The plan of fewest parameters misses the MACs by more; but it is the parameters that no plan reaches.
    let miss = missed(&net, &format!("macs={fewest} params={}", least - 1.0));
    assert_eq!((miss.budget.metric, miss.least, miss.proof), (Metric::Params, least, Proof::Alone));
    // Each can be had alone; that both cannot is no word against either.
    assert_eq!(missed(&net, &format!("macs={fewest} params={least}")).proof, Proof::Together);
    // Times of layers add up only nearly, so that nothing is proven of their sum.
    assert_eq!(missed(&net, "ms=0.001").proof, Proof::Open);
}

#[test]
fn several_budgets_hold_together() {
    let result = optimize(&resnet50(224), &within("macs=60% params=50% ms=65%"), &target()).expect("it is possible");
    for met in &result.plan.budgets {
        assert!(met.reached <= met.most, "{met:?}");
    }
    assert!(result.plan.bound <= result.plan.error);
    let repeated = within("macs=90% macs=60% macs=70% params=90% params=50% ms=65% ms=90% peak=100%");
    let again = optimize(&resnet50(224), &repeated, &target()).expect("the tightest of each count");
    assert_eq!((again.plan.changes, again.plan.budgets.len()), (result.plan.changes, 8));
}

#[test]
fn a_peak_budget_changes_the_layers_at_the_peak() {
    let mut net = Net::new();
    let image = net.input(&[16, 32, 32]);
    let mut x = image;
    for (name, width) in [("a", 64), ("b", 64), ("c", 16)] {
        x = net.conv(name, conv(width, 3, 1, 1), x);
    }
    net.graph.add_output("y", x);
    let net = net.finish();
    let before = analyze(&net, &Options::default()).expect("it is small").totals.peak_activation_bytes;
    assert_eq!(before, 4 * 32 * 32 * 128);
    let plan = optimize(&net, &within("peak=85%"), &target()).expect("`b` can pass through fewer channels").plan;
    let changed: Vec<_> = plan.changes.iter().map(|change| change.layer.as_str()).collect();
    assert_eq!((changed, plan.after.peak <= before * 85 / 100), (vec!["b.conv"], true), "{:?}", plan.after);
    let Err(OptimizeError::Unreachable(miss)) = optimize(&net, &within("peak=50%"), &target()) else {
        panic!("`b` writes half of it")
    };
    assert_eq!((miss.least, miss.proof), (f64::from(4 * 32 * 32 * 72), Proof::Alone));
}

#[test]
fn what_is_stored_takes_no_part_in_the_peak() {
    let mut net = Net::new();
    let x = net.input(&[16, 8, 8]);
    let x = net.conv("a", conv(16, 3, 1, 1), x);
    let gamma = net.add("gamma", Op::Param(Param { shape: shape(&[16, 8, 8]), init: 1.0 }), &[]);
    let flat = net.add("flat", Op::Identity, &[gamma]);
    let x = net.sum("b", x, flat);
    let x = net.conv("c", conv(16, 3, 1, 1), x);
    net.graph.add_output("y", x);
    let net = net.finish();
    let around = pointwise::rewrite::live::around(&net);
    let peak = analyze(&net, &Options::default()).expect("it is small").totals.peak_activation_bytes;
    assert_eq!(peak, 2 * 4 * 16 * 64);
    assert_eq!(net.order().iter().filter_map(|id| around.get(*id)).map(|a| a.all).max(), Some(peak));
    let c = net.graph().find("c.conv").expect("it is there");
    assert_eq!(around[c].peak(&[shape(&[16, 8, 8])]), peak);
}

#[test]
fn the_peak_of_every_candidate_is_the_peak_that_analysis_finds() {
    let net = nets::basic(16);
    let around = pointwise::rewrite::live::around(&net);
    for (layer, form) in [
        ("layer1.0.conv1.conv", Form::Reduce { r: 8 }),
        ("layer2.0.conv1.conv", Form::Both { r1: 4, r2: 24 }),
        ("layer1.1.conv2.conv", Form::Spatial { r: 200 }),
        ("layer2.1.conv1.conv", Form::Expand { r: 100 }),
        ("stem.conv", Form::Expand { r: 64 }),
    ] {
        let id = net.graph().find(layer).expect("it is there");
        let after = refined(&net, layer, form, false);
        let peak = analyze(&after, &Options::default()).expect("it is small").totals.peak_activation_bytes;
        let own: Vec<_> = after
            .order()
            .iter()
            .filter(|id| {
                let name = &after.graph().node(**id).name;
                name == layer || name.starts_with(&format!("{layer}."))
            })
            .map(|id| after.shape(*id))
            .collect();
        let others = net.order().iter().filter(|other| **other != id).filter_map(|other| around.get(*other)).map(|a| a.all);
        assert_eq!(others.chain([around[id].peak(&own)]).max(), Some(peak), "{layer} {form}");
    }
}

#[test]
fn marks_and_rules_come_before_options() {
    let mut net = Net::new();
    let image = net.input(&[64, 16, 16]);
    let mut x = image;
    for name in ["a", "b", "c", "d"] {
        x = net.conv_bn_relu(name, conv(64, 3, 1, 1), x);
    }
    net.graph.add_output("y", x);
    let id = |graph: &Graph, name: &str| graph.find(name).expect("it is there");
    let (a, b) = (id(&net.graph, "a.conv"), id(&net.graph, "b.conv"));
    net.graph.origin_mut(a).keep = true;
    let mut sources = pointwise::source::SourceSet::new();
    let source = sources.add("test.net", "");
    let span = pointwise::source::Span { source, start: 0, end: 0 };
    net.graph.origin_mut(b).wish = Some(pointwise::graph::Wish { channels: Some(24), form: Some("expand".to_owned()), span });
    let yaml = "ratio: 4\nlayers:\n  - match: c\n    form: both\n    channels: [8, 12]\n";
    let config = config::parse(yaml).expect("it is well-formed");
    let plan = optimize(&net.finish(), &config, &target()).expect("it is possible").plan;
    let hows: Vec<_> = plan.changes.iter().map(|change| (change.layer.as_str(), change.how.to_string())).collect();
    assert_eq!(
        hows,
        [("b.conv", "expand(24)".to_owned()), ("c.conv", "both(8, 12)".to_owned()), ("d.conv", "reduce(16)".to_owned())]
    );
    assert_eq!(plan.untouched[0].why, Refusal::Kept);
}

/// GoogLeNet's own story: the paper's reduction widths, given as rules, turn the naive network into the paper's, row by row.
#[test]
fn the_papers_widths_give_the_papers_costs() {
    let text = std::fs::read_to_string("tests/paper/papers.json").expect("the table is there");
    let table: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    let rows = table["googlenet_table1"]["rows"].as_array().expect("it has rows");
    let mut yaml = String::from("layers:\n");
    for row in rows {
        for (path, width) in [("conv3x3", "r3"), ("conv5x5", "r5")] {
            let name = row["name"].as_str().expect("rows have names");
            let _ = writeln!(
                yaml,
                "  - match: inception_{name}.{path}
    form: reduce
    channels: {}",
                row[width]
            );
        }
    }
    let config = config::parse(&yaml).expect("it is well-formed");
    let naive = common::model("googlenet_naive", &[]).network.expect("it has no errors");
    let result = optimize(&naive.shaped, &config, &target()).expect("all rules fit");
    let after = analyze(&result.shaped, &Options::default()).expect("it is small");
    let macs = |analysis, graph, path: &str| {
        budget::metric(analysis, graph, pointwise::metric::Metric::Macs, Some(path)).expect("it is there")
    };
    let params = |path: &str| {
        budget::metric(&after, result.shaped.graph(), pointwise::metric::Metric::Params, Some(path)).expect("it is there")
    };
    for row in rows {
        let path = format!("inception_{}", row["name"].as_str().expect("rows have names"));
        let millions = |macs: u64| (macs as f64 / 1e4).round() / 100.0;
        let close = |macs: u64, key: &str, digits: f64| {
            let printed = row[key].as_f64().expect("it is a number");
            ((millions(macs) - printed) * digits).abs() < 0.51
        };
        assert!(close(macs(&naive.analysis, naive.shaped.graph(), &path), "naive_macs_m", 10.0), "{path}");
        assert!(close(macs(&after, result.shaped.graph(), &path), "macs_m", 100.0), "{path}");
        assert_eq!(Some(params(&path)), row["with_bias"].as_u64(), "{path}");
    }
    let paper = common::model("googlenet_paper", &[]).network.expect("it has no errors");
    assert_eq!((after.totals.params, after.totals.macs), (paper.analysis.totals.params, paper.analysis.totals.macs));
    assert_eq!(table["googlenet_table1"]["total_macs"].as_u64(), Some(after.totals.macs));
}

#[test]
fn a_configuration_says_where_it_is_wrong() {
    let error = |text: &str| config::parse(text).expect_err("it is wrong");
    let unknown = error("ratio: 4\nwidth: 3\n");
    assert!(unknown.message.contains("width"), "{unknown}");
    assert_eq!(unknown.place.map(|(line, _)| line), Some(2));
    let twice = error("ratio: 4\nratio: 8\n");
    assert!(twice.message.contains("duplicate"), "{twice}");
    assert_eq!(twice.place, Some((2, 1)));
    assert_eq!(error("form: auto\nbudget:\n  macs: 50%\n  params: 2M\n  macs: 40%\n").place, Some((5, 3)));
    assert!(error("ratio: many").message.contains("an integer"), "{}", error("ratio: many"));
    assert!(error("budget: { macs: [] }").message.contains("an amount"), "{}", error("budget: { macs: [] }"));
    assert!(error("budget:\n  macs: 50%\n  macs: 40%\n").message.contains("duplicate"));
    assert!(error("passes: [bottlenek]").message.contains("`bottleneck`"));
    assert!(error("form: diagonal").message.contains("`spatial`"));
    assert!(error("budget: { macs: 150% }").message.contains("150%"));
    assert!(error("budget: { peak: 4 MiX }").message.contains("MiX"));
    assert!(error("ratio: 0").message.contains("at least 1"));
    assert!(error("layers: [{ match: a..b, keep: true }]").message.contains("a..b"));
    assert!(error("layers: [{ match: a, keep: true, ratio: 4 }]").message.contains("`keep`"));
    assert!(error("layers: [{ match: a, channels: [1, 2] }]").message.contains("2 numbers"));
    assert!(error(&"#".repeat(config::MAX_BYTES + 1)).message.contains("at most"));
    assert!(config::parse("# nothing\n").is_ok_and(|config| config == Config::default()));
    let good = config::parse("budget: { macs: 50%, params: 2M, ms: 20, peak: 4MiB }\nform: auto\n").expect("it is right");
    let shown: Vec<_> = good.budgets.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["macs=50%", "params=2M", "ms=20", "peak=4MiB"]);
}

#[test]
fn a_rule_that_matches_nothing_is_an_error() {
    let config = config::parse("layers: [{ match: layr1.0.conv2, keep: true }]").expect("it is well-formed");
    let Err(OptimizeError::RuleMatchesNothing { nearest, .. }) = optimize(&resnet50(64), &config, &target()) else {
        panic!("no layer has this name")
    };
    assert_eq!(nearest[0], "layer1.0.conv2");
}

#[test]
fn budgets_are_exact_shares() {
    let most = |text: &str, before: f64| Budget::parse(text).expect("it is a budget").most(before);
    assert_eq!(most("macs=50%", 7.0), 3.0);
    assert_eq!(most("macs=33.3%", 1000.0), 333.0);
    assert_eq!(most("params=1.5M", 0.0), 1_500_000.0);
    assert_eq!(most("peak=4MiB", 0.0), 4_194_304.0);
    assert_eq!(most("ms=50%", 3.0), 1.5);
    for wrong in ["macs", "mac=50%", "macs=0", "macs=-3", "macs=101%", "macs=%", "macs=5x", "macs=1e3", "macs=0%"] {
        assert!(Budget::parse(wrong).is_err(), "{wrong}");
    }
}

fn any_knapsack() -> impl Strategy<Value = (Vec<Vec<Choice>>, Vec<f64>)> {
    let choice = (0u32..30, 1u32..40, 1u32..40);
    let items = proptest::collection::vec(proptest::collection::vec(choice, 1..5), 1..7);
    (items, proptest::collection::vec(0.2f64..1.1, 1..3)).prop_map(|(items, shares)| {
        let to = |(error, a, b): (u32, u32, u32)| Choice { error: f64::from(error), cost: [f64::from(a), f64::from(b), 0.0] };
        let items: Vec<Vec<_>> = items.into_iter().map(|options| options.into_iter().map(to).collect()).collect();
        let most = |m: usize| items.iter().map(|o: &Vec<Choice>| o.iter().map(|c| c.cost[m]).fold(0.0, f64::max)).sum::<f64>();
        let limits = shares.iter().enumerate().map(|(m, share)| (share * most(m)).floor()).collect();
        (items, limits)
    })
}

/// The least error of all choices within the limits, by trying each.
fn by_brute_force(items: &[Vec<Choice>], limits: &[f64]) -> Option<f64> {
    let mut sums = vec![(0.0, [0.0f64; 3])];
    for options in items {
        let extend = |(error, cost): &(f64, [f64; 3])| {
            let (error, cost) = (*error, *cost);
            options.iter().map(move |o| (error + o.error, std::array::from_fn(|m| cost[m] + o.cost[m])))
        };
        sums = sums.iter().flat_map(extend).collect();
    }
    let within = |cost: &[f64; 3]| limits.iter().zip(cost).all(|(limit, cost)| cost <= limit);
    sums.into_iter().filter(|(_, cost)| within(cost)).map(|(error, _)| error).min_by(f64::total_cmp)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_search_finds_the_best_choice_and_its_bound_holds((items, limits) in any_knapsack(), labels in 1usize..40) {
        let best = by_brute_force(&items, &limits);
        match (knapsack::solve(&items, &limits, Effort::default()), best) {
            (Ok(solution), Some(best)) => {
                prop_assert!((solution.error - best).abs() < 1e-9, "{} {best}", solution.error);
                prop_assert!(solution.bound <= best + 1e-6);
            }
            (Err(infeasible), None) => prop_assert!(infeasible.certain),
            (found, best) => prop_assert!(false, "{found:?} {best:?}"),
        }
        // With little effort the choice may be worse, never outside the limits, and the bound still holds.
        match knapsack::solve(&items, &limits, Effort { labels, steps: 20 }) {
            Ok(solution) => {
                let best = best.expect("a choice was found");
                prop_assert!(solution.bound <= best + 1e-6 && best <= solution.error + 1e-9);
                let cost = |m: usize| items.iter().zip(&solution.picks).map(|(o, pick)| o[*pick].cost[m]).sum::<f64>();
                prop_assert!(limits.iter().enumerate().all(|(m, limit)| cost(m) <= *limit));
            }
            Err(infeasible) => prop_assert!(best.is_none() || !infeasible.certain),
        }
    }
}

#[test]
fn a_network_of_many_layers_is_optimized_in_bounded_time() {
    let mut net = Net::new();
    let mut x = net.input(&[32, 8, 8]);
    for i in 0..3000 {
        x = net.conv_bn_relu(&format!("stage{}.{}", i / 1000, i % 1000), conv(32, 3, 1, 1), x);
    }
    net.graph.add_output("y", x);
    let net = net.finish();
    let result = optimize(&net, &Config { ratio: Some(4), ..Config::default() }, &target()).expect("3x3 layers can");
    assert_eq!(edit_lines(&net, &result), 1, "one path names them all: `stage*.*`");
    let alone = Config { each_alone: true, ..within("macs=50% params=55%") };
    let result = optimize(&net, &alone, &target()).expect("it can be halved");
    assert!(result.plan.gap() < 0.01, "{}", result.plan.gap());
}

fn edit_lines(net: &Shaped, result: &pointwise::rewrite::Optimized) -> usize {
    pointwise::rewrite::address::lines(net, &result.plan.changes).len()
}

#[test]
fn the_page_of_bad_configurations_shows_a_good_one() {
    let page = pointwise::code::Code::BadConfig.page();
    let yaml = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("there is an example");
    let config = config::parse(yaml).expect("it is well-formed");
    assert_eq!((config.budgets.len(), config.rules.len(), config.ratio), (4, 2, Some(4)));
    assert!(include_str!("../grammar/passes.md").contains(yaml), "grammar/passes.md shows the same");
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

#[test]
fn a_refinement_that_costs_more_is_a_warning() {
    let warned = |ranks: &str| {
        let text = format!(
            "net n {{\n    input image: [3, 8, 8]\n    output x = image -> conv(64, 3, pad=1) -> relu\n    refine x.conv = reduce({ranks})\n}}\n"
        );
        let found = compile("n.net", text, &common::Disk, &Settings::default()).diagnostics;
        found.into_iter().find(|d| d.code == pointwise::code::Code::LintDearerRefinement).map(|d| d.message)
    };
    let message = "`x.conv` costs more with `reduce(64)`: 1,728 -> 37,056 parameters";
    assert_eq!(warned("64").as_deref(), Some(message));
    assert_eq!(warned("2"), None);
}

#[test]
fn thousands_of_lines_are_addressed_without_looking_at_every_layer_for_each() {
    let mut net = Net::new();
    let mut x = net.input(&[32, 8, 8]);
    for i in 0..4000 {
        x = net.conv_bn_relu(&format!("b{i}.{}", i % 3), conv(32, 3, 1, 1), x);
    }
    net.graph.add_output("y", x);
    let net = net.finish();
    let index = pointwise::rewrite::path::Layers::new(net.graph(), net.order());
    for i in [0, 17, 3999] {
        for pattern in
            [format!("b{i}.{}.conv", i % 3), format!("b{i}"), format!("b{i}.*"), format!("**.b{i}.**"), "b1*.2".to_owned()]
        {
            let pattern = Pattern::parse(&pattern).expect("it is a path");
            let by_hand: Vec<_> =
                net.order().iter().copied().filter(|id| pattern.scope(&net.graph().node(*id).name).is_some()).collect();
            let chosen = index.select(&pattern, Kind::Reduce).expect("each scope holds one convolution");
            let convs: Vec<_> = by_hand.into_iter().filter(|id| fits(Kind::Reduce, &net.graph().node(*id).op).is_ok()).collect();
            assert_eq!(chosen, convs, "{pattern}");
        }
    }
}
