//! Exact passes: both networks are run on random inputs, and what they compute is compared.

#[path = "../common/mod.rs"]
mod common;
#[path = "../nets/mod.rs"]
mod nets;
mod shared;
mod weights;

use std::collections::BTreeMap;

use nets::{Net, basic, conv, shape, single};
use pointwise::exec::{RunOptions, random_input, run};
use pointwise::graph::Maker;
use pointwise::op::{
    Activation, BatchNorm, Constant, Conv, ConvTranspose, Dropout, Linear, Op, Padding, Param, Pool, PoolKind, Reshape, Scalar,
    ScalarOp,
};
use pointwise::rewrite::{
    Between, Config, Form, Kind, PASSES, Pass, Refinement, Request, Rewrite, apply, dead, duplicate, fold_norm, identity,
    merge_conv, refine, run_passes,
};
use pointwise::shape::{Shaped, infer};
use pointwise::tensor::Tensor;
use pointwise::weights::Weights;
use proptest::prelude::*;

/// A rewritten network with the weights that follow from the old ones.
fn carried((net, weights): (&Shaped, &Weights), rewrite: Rewrite) -> (Shaped, Weights) {
    let after = infer(rewrite.graph).expect("rewrites keep shapes");
    let carried = apply(&rewrite.sources, (net, weights), &after, 0).expect("the weights fit");
    assert_eq!(carried.initialised, 0, "exact passes need no training");
    (after, carried.weights)
}

fn outputs(net: &Shaped, weights: &Weights, batch: usize) -> Vec<Tensor> {
    weights.check(net).expect("the weights are those of the network");
    let inputs: BTreeMap<_, _> = net
        .graph()
        .inputs()
        .iter()
        .map(|id| (net.graph().node(*id).name.to_string(), random_input(net.shape(*id), batch, 7)))
        .collect();
    let result = run(net, weights, &inputs, &RunOptions::default()).expect("test networks can be run");
    result.outputs.into_iter().map(|(_, tensor)| tensor).collect()
}

/// The largest difference, relative to the largest output.
fn difference(before: &[Tensor], after: &[Tensor]) -> f32 {
    assert_eq!(before.len(), after.len());
    let mut worst = 0.0f32;
    for (a, b) in before.iter().zip(after) {
        assert_eq!(a.dims(), b.dims());
        let scale = a.data().iter().fold(1e-6f32, |most, x| most.max(x.abs()));
        worst = a.data().iter().zip(b.data()).fold(worst, |most, (x, y)| most.max((x - y).abs() / scale));
    }
    worst
}

/// Runs a pass and holds its network against the old one; gives the new network's node names.
fn holds(net: &Shaped, pass: fn(&Shaped) -> Rewrite) -> Vec<String> {
    let weights = Weights::init(net, 3);
    let (after, new) = carried((net, &weights), pass(net));
    let worst = difference(&outputs(net, &weights, 2), &outputs(&after, &new, 2));
    assert!(worst < 1e-4, "outputs differ by {worst}");
    after.order().iter().map(|id| after.graph().node(*id).name.to_string()).collect()
}

#[test]
fn batch_norm_becomes_part_of_the_weights() {
    let names = holds(&basic(12), fold_norm::run);
    assert!(names.iter().all(|name| name.rsplit_once('.').is_none_or(|(_, op)| op != "bn")), "{names:?}");
    assert!(names.contains(&"layer2.0.skip.conv".to_owned()));
    let mut net = Net::new();
    let x = net.input(&[12]);
    let x = net.linear("a", 7, x);
    let x = net.bn("a", x);
    let x = net.add("plain", Op::BatchNorm(BatchNorm { eps: 1e-3, affine: false }), &[x]);
    net.graph.add_output("y", x);
    assert_eq!(holds(&net.finish(), fold_norm::run), ["image", "a.linear"]);
}

/// A linear layer works over the last axis, a normalisation over the first: only where these are one can it be folded.
#[test]
fn a_norm_over_another_axis_than_the_layers_is_not_folded() {
    let ops = || vec![Op::Linear(Linear { out: 4, bias: true }), Op::BatchNorm(BatchNorm { eps: 1e-5, affine: true })];
    assert_eq!(holds(&chain(ops(), &[4, 6, 5]), fold_norm::run), ["image", "l0", "l1"]);
    assert_eq!(holds(&chain(ops(), &[4, 4]), fold_norm::run), ["image", "l0", "l1"]);
    assert_eq!(holds(&chain(ops(), &[4]), fold_norm::run), ["image", "l0"]);
}

#[test]
fn a_norm_is_not_folded_where_the_layer_has_other_users() {
    let mut net = Net::new();
    let image = net.input(&[4, 6, 6]);
    let a = net.conv("a", conv(4, 3, 1, 1), image);
    let b = net.bn("a", a);
    let c = net.sum("a", a, b);
    net.graph.add_output("y", c);
    assert_eq!(holds(&net.finish(), fold_norm::run), ["image", "a.conv", "a.bn", "a.add"]);
    let mut net = Net::new();
    let image = net.input(&[4, 6, 6]);
    let a = net.conv("a", conv(4, 3, 1, 1), image);
    let b = net.bn("a", a);
    net.graph.add_output("y", b);
    net.graph.add_output("z", a);
    assert_eq!(holds(&net.finish(), fold_norm::run), ["image", "a.conv", "a.bn"]);
}

#[test]
fn grouped_convolutions_fold_too() {
    let op = Conv { groups: 4, ..conv(8, 3, 2, 1) };
    assert_eq!(holds(&single(&[8, 9, 9], op, true, true), fold_norm::run), ["image", "x.conv", "x.relu"]);
    let mut net = Net::new();
    let image = net.input(&[4, 6, 6]);
    let pad = Padding::default();
    let up = ConvTranspose {
        out: 6,
        kernel: [2, 2],
        stride: [2, 2],
        pad,
        output_pad: [0, 0],
        dilation: [1, 1],
        groups: 1,
        bias: false,
        line: false,
    };
    let x = net.add("up", Op::ConvTranspose(up), &[image]);
    let x = net.bn("up", x);
    net.graph.add_output("y", x);
    assert_eq!(holds(&net.finish(), fold_norm::run), ["image", "up", "up.bn"], "transposed weights are laid out otherwise");
}

fn chain(ops: Vec<Op>, dims: &[u64]) -> Shaped {
    let mut net = Net::new();
    let mut x = net.input(dims);
    for (i, op) in ops.into_iter().enumerate() {
        x = net.add(&format!("l{i}"), op, &[x]);
    }
    net.graph.add_output("y", x);
    net.finish()
}

#[test]
fn linear_chains_become_one_layer() {
    let biased = |out, k, stride, pad| Op::Conv(Conv { bias: true, ..conv(out, k, stride, pad) });
    let plain = |out, k, stride, pad| Op::Conv(conv(out, k, stride, pad));
    assert_eq!(holds(&chain(vec![biased(12, 1, 1, 0), biased(8, 1, 1, 0)], &[4, 5, 5]), merge_conv::run), ["image", "l1"]);
    assert_eq!(holds(&chain(vec![plain(12, 1, 1, 0), biased(4, 3, 2, 1)], &[6, 7, 7]), merge_conv::run), ["image", "l1"]);
    assert_eq!(holds(&chain(vec![biased(12, 1, 1, 0), biased(4, 3, 1, 0)], &[6, 7, 7]), merge_conv::run), ["image", "l1"]);
    assert_eq!(holds(&chain(vec![biased(9, 3, 1, 1), plain(4, 1, 2, 0)], &[4, 7, 7]), merge_conv::run), ["image", "l0"]);
    let linear = |out| Op::Linear(Linear { out, bias: true });
    assert_eq!(holds(&chain(vec![linear(20), linear(16), linear(8)], &[9]), merge_conv::run), ["image", "l2"]);
}

#[test]
fn layers_stay_apart_where_one_would_cost_more_or_leak() {
    let biased = |out, k, pad| Op::Conv(Conv { bias: true, ..conv(out, k, 1, pad) });
    let narrow = chain(vec![biased(2, 1, 0), biased(16, 1, 0)], &[16, 5, 5]);
    assert_eq!(holds(&narrow, merge_conv::run), ["image", "l0", "l1"], "a bottleneck is there for a reason");
    let leaks = chain(vec![biased(12, 1, 0), biased(4, 3, 1)], &[4, 7, 7]);
    assert_eq!(holds(&leaks, merge_conv::run), ["image", "l0", "l1"], "the first bias does not reach the border");
    let between = vec![biased(12, 1, 0), Op::Activation(Activation::Relu), biased(4, 1, 0)];
    assert_eq!(holds(&chain(between, &[4, 5, 5]), merge_conv::run).len(), 4);
}

/// Their weights have no rows.
#[test]
fn layers_of_lines_become_one_as_those_of_maps_do() {
    let line = |out, k, stride| {
        let (kernel, stride) = ([1, k], [1, stride]);
        Op::Conv(Conv { kernel, stride, bias: true, line: true, ..conv(out, 1, 1, 0) })
    };
    assert_eq!(holds(&chain(vec![line(12, 1, 1), line(4, 3, 2)], &[6, 19]), merge_conv::run), ["image", "l1"]);
    assert_eq!(holds(&chain(vec![line(9, 3, 1), line(4, 1, 2)], &[4, 19]), merge_conv::run), ["image", "l0"]);
    let norm = Op::BatchNorm(BatchNorm { eps: 1e-5, affine: true });
    assert_eq!(holds(&chain(vec![line(8, 3, 2), norm], &[4, 19]), fold_norm::run), ["image", "l0"]);
}

/// MACs and weights are compared each for themselves, since stride and padding tear them apart.
#[test]
fn layers_stay_apart_where_one_kind_of_cost_would_grow() {
    let pair = |middle, out, stride, pad| vec![Op::Conv(conv(middle, 1, 1, 0)), Op::Conv(conv(out, 3, stride, pad))];
    // 8 * 7 + 7 * 8 * 9 = 560 weights would become 8 * 8 * 9 = 576, the MACs 9,216 of 12,600.
    assert_eq!(holds(&chain(pair(7, 8, 2, 0), &[8, 9, 9]), merge_conv::run), ["image", "l0", "l1"]);
    // 9 * 8 + 8 * 8 * 9 = 648 weights would stay, but the padded map is larger than the first layer's.
    assert_eq!(holds(&chain(pair(8, 8, 1, 2), &[9, 5, 5]), merge_conv::run), ["image", "l0", "l1"]);
    assert_eq!(holds(&chain(pair(8, 8, 1, 1), &[9, 5, 5]), merge_conv::run), ["image", "l1"], "neither grows");
}

#[test]
fn a_depthwise_layer_of_one_channel_is_merged_as_what_it_reads() {
    let depthwise = |k| Op::Conv(Conv { depthwise: true, ..conv(1, k, 1, 0) });
    let plain = |out| Op::Conv(conv(out, 1, 1, 0));
    assert_eq!(holds(&chain(vec![plain(1), depthwise(1)], &[2, 5, 5]), merge_conv::run), ["image", "l1"]);
    assert_eq!(holds(&chain(vec![depthwise(3), plain(1)], &[1, 5, 5]), merge_conv::run), ["image", "l0"]);
}

#[test]
fn dead_and_duplicate_nodes_go() {
    let mut net = Net::new();
    let image = net.input(&[4, 8, 8]);
    net.add("unused", Op::Input(shape(&[2])), &[]);
    let pad = Padding::default();
    let pool = || {
        Op::Pool(Pool { kind: PoolKind::Max, kernel: [2, 2], stride: [2, 2], pad, dilation: [1, 1], ceil: false, line: false })
    };
    let a = net.add("a", pool(), &[image]);
    let b = net.add("b", pool(), &[image]);
    let c = net.relu("c", a);
    let d = net.relu("d", b);
    let e = net.conv("e", conv(4, 1, 1, 0), c);
    let f = net.conv("f", conv(4, 1, 1, 0), d);
    let sum = net.sum("sum", e, f);
    let dead = net.conv("dead", conv(4, 1, 1, 0), sum);
    net.relu("dead", dead);
    net.graph.add_output("y", sum);
    let net = net.finish();
    assert_eq!(holds(&net, dead::run), ["image", "unused", "a", "b", "c.relu", "d.relu", "e.conv", "f.conv", "sum.add"]);
    let names = holds(&net, duplicate::run);
    assert_eq!(names[..4], ["image", "unused", "a", "c.relu"], "convolutions have weights of their own: {names:?}");
    assert_eq!(names.len(), 9);
    let rewrite = duplicate::run(&net);
    assert_eq!(rewrite.changes[1].note, "the same as `c.relu`");
}

#[test]
fn equal_constants_are_one_and_learned_tensors_are_not() {
    let mut net = Net::new();
    let image = net.input(&[2, 4, 4]);
    let constant = |value: f64| Op::Constant(Constant { shape: shape(&[2, 1, 1]), values: [value, 1.0].into() });
    let param = || Op::Param(Param { shape: shape(&[2, 1, 1]), init: 0.5 });
    let stored =
        [("zero", constant(0.0)), ("same", constant(0.0)), ("negative", constant(-0.0)), ("one", param()), ("two", param())];
    let mut x = image;
    for (name, op) in stored {
        let other = net.add(name, op, &[]);
        x = net.sum(name, x, other);
    }
    net.add("unused", param(), &[]);
    net.graph.add_output("y", x);
    let net = net.finish();
    let left = |pass| -> Vec<String> { holds(&net, pass).into_iter().filter(|name| !name.contains(".add")).collect() };
    assert_eq!(left(duplicate::run), ["image", "zero", "negative", "one", "two", "unused"]);
    assert_eq!(left(dead::run), ["image", "zero", "same", "negative", "one", "two"]);
    assert_eq!(left(identity::run).len(), 7);
}

#[test]
fn identities_go() {
    let mut net = Net::new();
    let image = net.input(&[4, 6, 6]);
    let x = net.add("drop", Op::Dropout(Dropout { p: 0.5 }), &[image]);
    let x = net.conv("a", conv(4, 3, 1, 1), x);
    let pad = Padding::default();
    let kind = PoolKind::Avg { count_include_pad: true };
    let one = Pool { kind, kernel: [1, 1], stride: [1, 1], pad, dilation: [1, 1], ceil: false, line: false };
    let x = net.add("pool", Op::Pool(one.clone()), &[x]);
    let x = net.add("plus", Op::Scalar(Scalar { op: ScalarOp::Add, value: 0.0 }), &[x]);
    let x = net.add("minus", Op::Scalar(Scalar { op: ScalarOp::RevSub, value: 0.0 }), &[x]);
    let x = net.add("times", Op::Scalar(Scalar { op: ScalarOp::Mul, value: 1.0 }), &[x]);
    let x = net.add("strided", Op::Pool(Pool { stride: [2, 2], ..one }), &[x]);
    let x = net.add("shape", Op::Reshape(Reshape { shape: shape(&[4, 3, 3]) }), &[x]);
    let x = net.add("flat", Op::Flatten, &[x]);
    let x = net.add("flatter", Op::Flatten, &[x]);
    net.graph.add_output("y", x);
    assert_eq!(holds(&net.finish(), identity::run), ["image", "a.conv", "minus", "strided", "flat"]);
    let alone = chain(vec![Op::Identity], &[3]);
    assert_eq!(holds(&alone, identity::run), ["image", "l0"], "an output is a layer's");
}

#[test]
fn kept_nodes_stay() {
    let mut net = Net::new();
    let image = net.input(&[4, 6, 6]);
    let x = net.conv("a", conv(4, 3, 1, 1), image);
    let bn = net.bn("a", x);
    let y = net.add("drop", Op::Dropout(Dropout { p: 0.5 }), &[bn]);
    net.graph.directives_mut(bn).keep = true;
    net.graph.directives_mut(y).keep = true;
    net.graph.add_output("y", y);
    let net = net.finish();
    assert_eq!(holds(&net, fold_norm::run).len(), 4);
    assert_eq!(holds(&net, identity::run).len(), 4);
}

#[test]
fn all_passes_keep_what_models_compute() {
    let exact: Vec<_> = PASSES.iter().filter(|info| info.run.is_some()).map(|info| info.pass).collect();
    for (name, size) in [("squeezenet1_1", "32"), ("shufflenet_v2_x1_0", "32"), ("googlenet", "32"), ("densenet121", "32")] {
        let net = common::model(name, &[("size", size), ("classes", "10")]).network.expect("it has no errors").shaped;
        let weights = Weights::init(&net, 5);
        let (after, sources, changes) = run_passes(&net, &exact);
        let new = apply(&sources, (&net, &weights), &after, 0).expect("the weights fit").weights;
        assert!(!changes.is_empty(), "{name}");
        let worst = difference(&outputs(&net, &weights, 1), &outputs(&after, &new, 1));
        assert!(worst < 1e-3, "{name}: outputs differ by {worst}");
    }
}

#[test]
fn every_pass_has_a_row() {
    for pass in [Pass::Bottleneck, Pass::FoldNorm, Pass::MergeConv, Pass::Dead, Pass::Duplicate, Pass::Identity] {
        assert_eq!(pass.info().pass, pass);
        let text = format!("passes: [{}]", pass.info().name);
        let config = pointwise::rewrite::config::parse(&text).expect("every pass can be named");
        assert_eq!(config, Config { passes: vec![pass], ..Config::default() });
    }
}

fn any_pair() -> impl Strategy<Value = (Vec<u64>, Conv, Conv)> {
    let one = (1u64..4, 1u64..3, 0u64..2, 1u64..9, any::<bool>());
    (one.clone(), one, 1u64..5).prop_map(|(a, b, c)| {
        let make = |(k, stride, pad, out, bias): (u64, u64, u64, u64, bool)| Conv { bias, ..conv(out, k, stride, pad) };
        (vec![c, 9, 8], make(a), make(b))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn merging_never_changes_outputs((dims, a, b) in any_pair()) {
        holds(&chain(vec![Op::Conv(a), Op::Conv(b)], &dims), merge_conv::run);
    }

    /// At full rank a linear form can reproduce the layer: with the identity as its 1x1 it does.
    #[test]
    fn linear_forms_reproduce_the_layer_at_full_rank(
        (dims, op, _) in any_pair(), expand in any::<bool>(), dilation in 1u64..3
    ) {
        let op = Conv { dilation: [dilation, dilation], ..op };
        prop_assume!(op.kernel != [1, 1] && Op::Conv(op.clone()).infer(&[shape(&dims)]).is_ok());
        let (c, n) = (dims[0], op.out);
        let form = if expand { Form::Expand { r: n } } else { Form::Reduce { r: c } };
        let net = single(&dims, op, false, false);
        let weights = Weights::init(&net, 1);
        let node = net.graph().find("x.conv").expect("it is there");
        let request = Request { node, how: Refinement { form, between: Between::Linear }, by: Maker::Optimizer };
        let after = infer(refine(&net, &[request]).expect("the form fits").graph).expect("it fits");
        let size = if expand { n } else { c } as usize;
        let mut eye = vec![0.0; size * size];
        (0..size).for_each(|i| eye[i * size + i] = 1.0);
        let part = if expand { "expand" } else { "reduce" };
        let mut new = Weights::new();
        new.insert(format!("x.conv.{part}.weight"), Tensor::new(vec![size, size, 1, 1], eye));
        new.insert("x.conv.weight", weights.get("x.conv.weight").expect("it has weights").clone());
        if let Some(bias) = weights.get("x.conv.bias") {
            let last = if expand { "x.conv.expand.bias" } else { "x.conv.bias" };
            new.insert(last, bias.clone());
        }
        let worst = difference(&outputs(&net, &weights, 1), &outputs(&after, &new, 1));
        prop_assert!(worst < 1e-5, "outputs differ by {}", worst);
    }
}

#[test]
fn kinds_are_named_both_ways() {
    for kind in Kind::ALL {
        assert_eq!(Kind::from_name(kind.name()), Some(kind));
    }
}

#[test]
fn long_chains_are_rewritten_without_recursion() {
    let mut net = Net::new();
    let mut x = net.input(&[8, 2, 2]);
    for i in 0..20_000 {
        x = match i % 4 {
            0 | 1 => net.conv(&format!("c{i}"), conv(8, 1, 1, 0), x),
            2 => net.bn(&format!("n{i}"), x),
            _ => net.add(&format!("i{i}"), Op::Identity, &[x]),
        };
    }
    net.graph.add_output("y", x);
    let net = net.finish();
    let exact: Vec<_> = PASSES.iter().map(|info| info.pass).collect();
    let (after, _, changes) = run_passes(&net, &exact);
    assert_eq!(after.graph().len(), 2, "all of it is one 1x1");
    assert_eq!(changes.len(), 19_999);
}
