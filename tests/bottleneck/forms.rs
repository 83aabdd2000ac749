//! What forms cost, which layers take them, and what stands between their convolutions.

use pointwise::analysis::{Options, analyze};
use pointwise::compile::{Settings, compile};
use pointwise::graph::Maker;
use pointwise::op::form_cost::Count;
use pointwise::op::{Conv, Op, Padding};
use pointwise::rewrite::forms::fits;
use pointwise::rewrite::{Between, Form, Kind, Refinement, Refusal, Request, refine};
use proptest::prelude::*;

use super::common;
use super::nets::{self, Net, conv, shape, single};
use super::{geometry, names, refined};

fn any_conv() -> impl Strategy<Value = (Vec<u64>, Conv)> {
    let size = (1u64..40, 5u64..24, 5u64..24);
    let window = (1u64..5, 1u64..5, 1u64..4, 1u64..4);
    let pads = (0u64..3, 0u64..3, 0u64..3, 0u64..3);
    (size, window, pads, 1u64..3, 1u64..3, 1u64..40, any::<bool>()).prop_filter_map(
        "the window fits",
        |((c, h, w), (kh, kw, sh, sw), (top, left, bottom, right), dh, dw, out, bias)| {
            let pad = Padding { top, left, bottom, right };
            let op = Conv {
                out,
                kernel: [kh, kw],
                stride: [sh, sw],
                pad,
                dilation: [dh, dw],
                groups: 1,
                bias,
                depthwise: false,
                line: false,
            };
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
    let how = Refinement { form: Form::Reduce { r: 8 }, between: Between::Nonlinear };
    let node = once.graph().find("x.conv").expect("it keeps its name");
    assert_eq!(
        refine(&once, &[Request { node, how, by: Maker::Optimizer }]).expect_err("once is enough").refusal,
        Refusal::Refined
    );
    let node = net.graph().find("x.conv").expect("it is there");
    let twice = [Request { node, how, by: Maker::Optimizer }, Request { node, how, by: Maker::Optimizer }];
    assert_eq!(refine(&net, &twice).expect_err("named twice").refusal, Refusal::Twice);
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
