//! Bottlenecks: what they cost, where they go, and which a budget chooses.

mod common;
mod nets;

use nets::{Net, conv, resnet50, shape, single};
use pointwise::analysis::target::Target;
use pointwise::analysis::{Options, analyze};
use pointwise::compile::{Settings, compile};
use pointwise::graph::Graph;
use pointwise::op::{Conv, Op, Padding};
use pointwise::rewrite::assertions::{Numbers, updates};
use pointwise::rewrite::edit;
use pointwise::rewrite::geometry::{Count, Geometry};
use pointwise::rewrite::path::{Pattern, SelectError, select};
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
        prop_assume!(form.kind().fits(&Op::Conv(op.clone())).is_ok());
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
        prop_assume!(kind.fits(&Op::Conv(op.clone())).is_ok());
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
    let why = |op: Conv, kind: Kind| kind.fits(&Op::Conv(op)).expect_err("it does not fit").to_string();
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
        select(net.graph(), net.order(), &pattern, kind).map(|ids| ids.len())
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

fn budget(text: &str) -> Config {
    let budgets = text.split(' ').map(|one| Budget::parse(one).expect("it is a budget")).collect();
    Config { budgets, ..Config::default() }
}

#[test]
fn half_of_resnet50_is_half_and_not_less() {
    let net = resnet50(224);
    let result = optimize(&net, &budget("macs=50%"), &target()).expect("it can be halved");
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
    let mut edits = edit::refinements(main.text(), &compiled.asts[0], &before.shaped, &result.plan, "a test");
    let numbers = |graph, analysis| Numbers { graph, analysis };
    let old = numbers(before.shaped.graph(), &before.analysis);
    edits.extend(updates(main.text(), &compiled.asts[0], old, numbers(result.shaped.graph(), &analysis)));
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
    for name in common::zoo() {
        for config in [ratio.clone(), budget("macs=70%"), budget("params=70%")] {
            match written(&name, &config) {
                Ok((text, plan)) => println!(
                    "{name} {config:?} gap {} {} changes {} refines",
                    plan.gap(),
                    plan.changes.len(),
                    text.matches("\n    refine ").count()
                ),
                Err(error) => println!("{name} {error}"),
            }
        }
    }
    for name in ["resnet50", "googlenet", "squeezenet1_1"] {
        println!("{}", written(name, &budget("macs=50%")).expect("possible").0);
    }
}
