//! Parameters, work and bytes.

use pointwise::analysis::{Convention, Options, analyze};
use pointwise::graph::Node;
use pointwise::op::{Op, Slice};

use crate::net::{Net, bn, concat, conv, linear, plus, relu};

/// The article's layer: 14x14x256 through 64 filters of 3x3, directly and behind a 1x1 with 64.
#[test]
fn the_articles_numbers() {
    let mut net = Net::new();
    let x = net.input("x", &[256, 14, 14]);
    let direct = net.add("direct", Op::Conv(conv(64, 3, 1, 1)), &[x]);
    let reduce = net.add("reduce", Op::Conv(conv(64, 1, 1, 0)), &[x]);
    let narrow = net.add("narrow", Op::Conv(conv(64, 3, 1, 1)), &[reduce]);
    for node in [direct, narrow] {
        net.output(node);
    }
    let (_, analysis) = net.analyzed();
    let params: Vec<_> = [direct, reduce, narrow].iter().map(|id| analysis.layer(*id).expect("a layer").params).collect();
    assert_eq!(params, [147_456, 16_384, 36_864]);
    assert_eq!(analysis.layer(direct).expect("a layer").macs, 147_456 * 14 * 14);
    assert_eq!(analysis.totals.params, 147_456 + 53_248);
    assert_eq!(analysis.totals.layers, 3, "inputs are no layers");
}

#[test]
fn bytes_flops_and_views() {
    let mut net = Net::new();
    let x = net.input("x", &[3, 8, 8]);
    let biased = net.add("conv", Op::Conv(pointwise::op::Conv { bias: true, ..conv(4, 3, 1, 1) }), &[x]);
    let norm = net.add("bn", bn(), &[biased]);
    let twice = net.add("add", plus(), &[norm, norm]);
    let flat = net.add("flatten", Op::Flatten, &[twice]);
    let dense = net.add("linear", linear(10), &[flat]);
    net.output(dense);
    let (shaped, one) = net.analyzed();
    let layer = |id| one.layer(id).expect("a layer");
    assert_eq!((layer(biased).params, layer(biased).buffers), (3 * 4 * 9 + 4, 0));
    assert_eq!(layer(biased).flops, 2 * 108 * 64 + 4 * 64);
    assert_eq!(layer(biased).read_bytes, 4 * (3 * 64 + 112));
    assert_eq!(layer(biased).write_bytes, 4 * 4 * 64);
    assert_eq!((layer(norm).params, layer(norm).buffers, layer(norm).weight_bytes), (8, 8, 64));
    assert_eq!(layer(twice).read_bytes, 4 * 4 * 64, "the same map twice is read once");
    assert_eq!((layer(flat).read_bytes, layer(flat).write_bytes), (0, 0));
    assert_eq!(one.totals.activation_bytes, 4 * (3 * 4 * 64 + 10));
    assert_eq!(one.totals.activation_bytes, one.layers.iter().map(|l| l.write_bytes).sum::<u64>());

    let four = analyze(&shaped, &Options { batch: 4, ..Options::default() }).expect("counts that fit");
    assert_eq!(four.totals.macs, 4 * one.totals.macs);
    assert_eq!(four.totals.activation_bytes, 4 * one.totals.activation_bytes);
    assert_eq!(four.totals.peak_activation_bytes, 4 * one.totals.peak_activation_bytes);
    assert_eq!((four.totals.params, four.totals.weight_bytes), (one.totals.params, one.totals.weight_bytes));
    assert_eq!(four.layers[0].read_bytes, 4 * (4 * 3 * 64 + 112), "weights are read once a batch");
}

#[test]
fn a_slice_reads_only_what_it_keeps() {
    let mut net = Net::new();
    let x = net.input("x", &[8, 4, 4]);
    let part = net.add("part", Op::Slice(Slice { axis: 0, start: 1, end: 4, step: 2 }), &[x]);
    net.output(part);
    let (_, analysis) = net.analyzed();
    let layer = analysis.layer(part).expect("a layer");
    assert_eq!((layer.read_bytes, layer.write_bytes), (4 * 2 * 16, 4 * 2 * 16));
}

#[test]
fn what_does_not_fit_is_named() {
    let wide = (1 << 31) - 1;
    let mut net = Net::new();
    let x = net.input("x", &[wide, 1, 1]);
    let small = net.add("small", Op::Conv(conv(1, 1, 1, 0)), &[x]);
    let huge = net.add("huge", Op::Conv(conv(wide, 1, 1, 0)), &[x]);
    let three = net.add("three", Op::Conv(conv(wide, 3, 1, 1)), &[huge]);
    net.output(small);
    net.output(three);
    let shaped = net.shaped();
    let overflow = analyze(&shaped, &Options::default()).expect_err("9 x 2^62 weights");
    assert_eq!((overflow.node, overflow.what), (three, "parameters"));
    let overflow = analyze(&shaped, &Options { batch: u64::MAX / 4, ..Options::default() }).expect_err("a huge batch");
    assert_eq!(overflow.node, small);
}

#[test]
fn a_total_that_does_not_fit_names_the_layer_that_tips_it() {
    let mut net = Net::new();
    let x = net.input("x", &[1 << 30, 1, 1]);
    let branches: Vec<_> = (0..8).map(|i| net.add(&format!("c{i}"), Op::Conv(conv(1 << 29, 1, 1, 0)), &[x])).collect();
    let joined: Vec<_> = branches.iter().map(|b| net.add("relu", relu(), &[*b])).collect();
    for node in joined {
        net.output(node);
    }
    let overflow = analyze(&net.shaped(), &Options::default()).expect_err("8 x 2^61 bytes of weights");
    assert_eq!((overflow.node, overflow.what), (branches[7], "total weight bytes"));
}

/// The size that an adversary would choose: wide and deep at once, and linear all the same.
#[test]
fn a_hundred_thousand_layers_deep_and_wide() {
    let mut deep = Net::new();
    let mut x = deep.input("x", &[1, 4, 4]);
    for i in 0..100_000 {
        x = deep.add(&format!("n{i}"), relu(), &[x]);
    }
    deep.output(x);
    let (_, analysis) = deep.analyzed();
    assert_eq!(analysis.totals.layers, 100_000);
    assert_eq!(analysis.totals.peak_activation_bytes, 2 * 64);
    assert_eq!(analysis.peak.lower_bound, 2 * 64);

    let mut wide = Net::new();
    let x = wide.input("x", &[1, 4, 4]);
    let branches: Vec<_> = (0..50_000).map(|i| wide.add(&format!("n{i}"), relu(), &[x])).collect();
    let joined = wide.add("concat", concat(), &branches);
    wide.output(joined);
    let (_, analysis) = wide.analyzed();
    assert_eq!(analysis.totals.peak_activation_bytes, 2 * 50_000 * 64);
    assert_eq!(analysis.peak.at, joined);
}

/// Every use reads what it shares; counted are tensors where they are used first.
#[test]
fn shared_tensors_are_read_in_every_use_and_counted_once() {
    let mut net = Net::new();
    let x = net.input("x", &[4, 2, 2]);
    let first = net.add("first", Op::Conv(conv(4, 1, 1, 0)), &[x]);
    let tensors = net.graph.node(first).tensors.clone();
    let again = Node { tensors, ..Node::new("again", Op::Conv(conv(4, 1, 1, 0)), vec![first]) };
    let again = net.graph.add(again);
    net.output(again);
    let (shaped, analysis) = net.analyzed();
    let of = |id| {
        let layer = analysis.layer(id).expect("a layer");
        (layer.params, layer.weight_bytes, layer.weight_bytes_read, layer.read_bytes, layer.macs)
    };
    assert_eq!(of(first), (16, 64, 64, 64 + 64, 64));
    assert_eq!(of(again), (0, 0, 64, 64 + 64, 64));
    // A count that multiplies parameters counts those that a layer uses.
    let options = Options { convention: Convention::Torchinfo, ..Options::default() };
    assert_eq!(analyze(&shaped, &options).expect("counts that fit").layer(again).expect("a layer").macs, 64);
}
