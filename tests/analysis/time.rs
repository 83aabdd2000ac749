//! Targets and predicted time.

use pointwise::analysis::roofline::{Bound, Cores, LayerTime, bandwidth, intensity, predict};
use pointwise::analysis::target::{Cache, Efficiency, Rate, Target, TargetError};
use pointwise::analysis::{Options, analyze};
use pointwise::op::{Activation, Conv, ConvTranspose, Op, Padding};
use pointwise::report::serial;
use pointwise::yaml::{MAX_BYTES, Unbounded};

use crate::model;
use crate::net::{Net, conv, linear, plus, relu};

/// A description, as the program writes it.
fn yaml(target: &Target) -> String {
    let mut out = Vec::new();
    serial::yaml(&mut out, target).expect("memory takes everything");
    String::from_utf8(out).expect("YAML is UTF-8")
}

fn target(name: &str) -> Target {
    Target::shipped(name).expect("a shipped target")
}

#[test]
fn shipped_targets_are_named_as_they_say_and_survive_a_round_trip() {
    for name in Target::shipped_names() {
        let target = target(name);
        assert_eq!(target.name, name);
        assert_eq!(Target::from_yaml(&yaml(&target)), Ok(target));
    }
    assert_eq!(Target::shipped("nowhere"), None);
}

#[test]
fn bad_descriptions_are_refused() {
    let good = yaml(&target("laptop"));
    let malformed = |text: String| matches!(Target::from_yaml(&text), Err(TargetError::Malformed(_)));
    assert!(malformed(format!("{good}unknown: 1\n")));
    assert!(malformed(format!("{good}name: again\n")));
    assert!(malformed(String::new()));
    assert!(malformed("[".to_owned()));
    assert_eq!(Target::from_yaml(&" ".repeat(MAX_BYTES + 1)), Err(TargetError::Unbounded(Unbounded::Bytes(MAX_BYTES + 1))));
    let nested = Target::from_yaml(&"[".repeat(200_000));
    assert_eq!(nested, Err(TargetError::Unbounded(Unbounded::Brackets(200_000))));
    for (key, replacement, complaint) in [
        ("overhead_us: 5.0", "overhead_us: -1", "`overhead_us` must be zero or a positive number, not -1"),
        ("simd_block: 8", "simd_block: 0", "`simd_block` must be a positive number, not 0"),
        ("one: 112.0", "one: .inf", "`peak_gflops.one` must be a positive number, not inf"),
        ("dense: 0.75", "dense: 1.5", "`efficiency.dense` must be above 0 and at most 1, not 1.5"),
    ] {
        let text = good.replacen(key, replacement, 1);
        assert_ne!(text, good, "{key}");
        assert_eq!(Target::from_yaml(&text).expect_err(complaint).to_string(), complaint);
    }
}

#[test]
fn what_bounds_a_layer() {
    let shaped = model("vgg16");
    let graph = shaped.graph();
    let analysis = analyze(&shaped, &Options::default()).expect("counts that fit");
    let machine = target("zen4-2core");
    let prediction = predict(&analysis, &shaped, &machine, Cores::All);
    assert_eq!(prediction.layers.len(), analysis.layers.len());
    let mut seen = Vec::new();
    for (layer, time) in analysis.layers.iter().zip(&prediction.layers) {
        let node = graph.node(layer.node);
        if node.op.keyword() == "linear" {
            assert_eq!(time.bound, Bound::Memory, "{}", node.name);
            assert!(intensity(layer) < machine.peak_gflops.all / machine.memory_gbps.all);
        } else if node.op.keyword() == "conv" {
            assert_eq!(time.bound, Bound::Compute, "{}", node.name);
        } else if node.op.keyword() == "relu" {
            assert_eq!(time.bound, Bound::Free, "fused: {}", node.name);
        }
        seen.push(time.total_us);
    }
    assert!((prediction.total_ms - seen.iter().sum::<f64>() / 1000.0).abs() < 1e-9);
    let unfused = predict(&analysis, &shaped, &Target { fuses: false, ..machine.clone() }, Cores::All);
    assert!(unfused.total_ms > prediction.total_ms);
    let peak_gflops = Rate { one: 2.0, all: 4.0 };
    let slower = predict(&analysis, &shaped, &Target { peak_gflops, ..machine.clone() }, Cores::One);
    assert!(slower.total_ms > 15_000.0, "15.5 GMACs at 2 GFLOP/s: {}", slower.total_ms);
}

/// This machine gives positive numbers that a file can hold; how large they are is no test's business.
#[test]
fn this_machine_can_be_measured() {
    let measured = pointwise::analysis::measure::measure_this_machine();
    assert_eq!(Target::from_yaml(&yaml(&measured)), Ok(measured));
}

/// A machine for mental arithmetic: 1 GFLOP/s a core, shares that are powers of two, no overhead.
fn toy() -> Target {
    Target {
        name: "toy".to_owned(),
        engine: "fma-peak".to_owned(),
        cores: 2,
        peak_gflops: Rate { one: 1.0, all: 2.0 },
        memory_gbps: Rate { one: 1.0, all: 1.5 },
        caches: vec![Cache { kib: 1, gbps: 8.0, shared: false }, Cache { kib: 16, gbps: 4.0, shared: true }],
        overhead_us: 0.0,
        simd_block: 8,
        output_macs: 0.0,
        fuses: true,
        efficiency: Efficiency { dense: 0.5, grouped: 0.25, depthwise: 0.125, other: 0.125 },
    }
}

fn times(net: Net, target: &Target, cores: Cores) -> (Vec<LayerTime>, f64) {
    let (shaped, analysis) = net.analyzed();
    let prediction = predict(&analysis, &shaped, target, cores);
    (prediction.layers, prediction.total_ms)
}

/// The only layer of a network on `[8, 4, 4]`.
fn alone(op: Op) -> LayerTime {
    on(8, op, &toy())
}

/// The only layer of a network on `[channels, 4, 4]`.
fn on(channels: u64, op: Op, target: &Target) -> LayerTime {
    let mut net = Net::new();
    let x = net.input("x", &[channels, 4, 4]);
    let y = net.add("y", op, &[x]);
    net.output(y);
    times(net, target, Cores::One).0[0]
}

/// Equal but for the last bits of a sum.
fn close(got: f64, wanted: f64) -> bool {
    (got - wanted).abs() <= 1e-12 * wanted.abs()
}

#[test]
fn arithmetic_takes_the_share_of_its_kind() {
    let grouped = |out, groups| Op::Conv(Conv { groups, ..conv(out, 3, 1, 1) });
    let transposed = |groups| {
        Op::ConvTranspose(ConvTranspose {
            out: 12,
            kernel: [2; 2],
            stride: [2; 2],
            pad: Padding::default(),
            output_pad: [0; 2],
            dilation: [1; 2],
            groups,
            bias: false,
            line: false,
        })
    };
    for (what, op, flops, share) in [
        ("dense, whole blocks", Op::Conv(conv(8, 1, 1, 0)), 2 * 8 * 8 * 16, 0.5),
        ("dense, half a block", Op::Conv(conv(4, 1, 1, 0)), 2 * 8 * 4 * 16, 0.5 * 0.5),
        ("dense, three quarters of two blocks", Op::Conv(conv(12, 1, 1, 0)), 2 * 8 * 12 * 16, 0.5 * 0.75),
        ("groups of half a block to a whole one", grouped(16, 2), 2 * 9 * 4 * 16 * 16, 0.25 * 0.5),
        ("groups of half a block to three quarters", grouped(12, 2), 2 * 9 * 4 * 12 * 16, 0.25 * 0.5 * 0.75),
        ("groups that fill less than a quarter count as a quarter", grouped(8, 4), 2 * 9 * 2 * 8 * 16, 0.25 * 0.25),
        ("depthwise", grouped(8, 8), 2 * 9 * 8 * 16, 0.125),
        ("transposed", transposed(1), 2 * 4 * 12 * 128, 0.5 * 0.75),
        ("transposed in groups", transposed(4), 2 * 4 * 3 * 128, 0.25 * 0.25),
    ] {
        let time = alone(op);
        assert!(close(time.compute_us, f64::from(flops) / share / 1e3), "{what}: {time:?}");
        assert_eq!(time.bound, Bound::Compute, "{what}");
    }
}

#[test]
fn the_depth_of_a_reduction_comes_in_blocks() {
    for (what, channels, kernel, depth, rounded) in [
        ("a pixel of a photograph", 3, 1, 3, 8),
        ("a patch of a photograph", 3, 3, 27, 32),
        ("half a block", 4, 1, 4, 8),
        ("a block", 8, 1, 8, 8),
        ("a block and a half, at each position", 12, 3, 108, 144),
        ("two blocks", 16, 3, 144, 144),
    ] {
        let time = on(channels, Op::Conv(conv(8, kernel, 1, kernel / 2)), &toy());
        assert!(depth <= rounded && close(time.compute_us, f64::from(2 * rounded * 8 * 16) / 0.5 / 1e3), "{what}: {time:?}");
    }
}

/// Bias, activation and store: a part of the time that grows with the outputs, in whole blocks, whatever stands before them.
#[test]
fn finishing_an_output_costs_as_many_macs_as_the_target_says() {
    let target = Target { output_macs: 6.0, ..toy() };
    let extra = |op: Op| on(8, op.clone(), &target).compute_us - on(8, op, &toy()).compute_us;
    let each = 2.0 * 6.0 / 1e3;
    for (op, outputs) in [
        (Op::Conv(conv(8, 1, 1, 0)), 8 * 16),
        (Op::Conv(Conv { bias: true, ..conv(8, 3, 1, 1) }), 8 * 16),
        (Op::Conv(conv(4, 1, 1, 0)), 8 * 16),
        (Op::Conv(Conv { groups: 8, ..conv(8, 3, 1, 1) }), 8 * 16),
        (relu(), 0),
    ] {
        assert!((extra(op.clone()) - each * f64::from(outputs)).abs() < 1e-9, "{op:?}");
    }
    let text = yaml(&toy()).replace("output_macs: 0.0\n", "");
    assert!(close(Target::from_yaml(&text).expect("it may be left out").output_macs, 8.0));
}

#[test]
fn other_work_counts_an_exponential_as_ten_and_a_division_as_four() {
    let activation = |activation| alone(Op::Activation(activation)).compute_us;
    let each = |cost: f64| 128.0 * cost / 0.125 / 1e3;
    assert!(close(activation(Activation::Relu), each(1.0)));
    assert!(close(activation(Activation::Tanh), each(10.0)));
    assert!(close(activation(Activation::Sigmoid), each(10.0 + 1.0 + 4.0)));
    assert!(close(activation(Activation::Gelu), each(3.0 + 1.0 + 10.0)));
    let biased = alone(Op::Conv(Conv { bias: true, ..conv(8, 1, 1, 0) })).compute_us;
    assert!(close(biased, 2.0 * 1024.0 / 0.5 / 1e3), "a bias is part of finishing an output: {biased}");
}

#[test]
fn caches_of_one_core_add_up_and_shared_ones_do_not() {
    for (cores, bytes, wanted) in [
        (Cores::One, 1024, 8.0),
        (Cores::One, 1025, 4.0),
        (Cores::One, 16 * 1024, 4.0),
        (Cores::One, 16 * 1024 + 1, 1.0),
        (Cores::All, 2 * 1024, 16.0),
        (Cores::All, 2 * 1024 + 1, 8.0),
        (Cores::All, 16 * 1024, 8.0),
        (Cores::All, 16 * 1024 + 1, 1.5),
    ] {
        let rate = bandwidth(&toy(), cores, bytes);
        assert!(close(rate, wanted), "{cores:?} {bytes}: {rate}");
    }
}

/// Maps come from the cache that holds the layer's, weights from the one that holds all of the network's.
#[test]
fn weights_and_maps_come_from_their_own_caches() {
    let mut net = Net::new();
    let x = net.input("x", &[8]);
    let wide = net.add("wide", linear(64), &[x]);
    let small = net.add("small", linear(1), &[wide]);
    net.output(small);
    let (layers, total_ms) = times(net, &toy(), Cores::One);
    // 640 and 65 numbers: beyond 1 KiB together, so both come at 4 GB/s.
    assert!(close(layers[0].memory_us, 4.0 * (8.0 + 64.0) / 8.0 / 1e3 + 4.0 * 576.0 / 4.0 / 1e3), "{:?}", layers[0]);
    assert!(close(layers[1].memory_us, 4.0 * (64.0 + 1.0) / 8.0 / 1e3 + 4.0 * 65.0 / 4.0 / 1e3), "{:?}", layers[1]);
    // One channel fills an eighth of a block.
    assert!(close(layers[1].compute_us, 128.0 / (0.5 / 8.0) / 1e3), "{:?}", layers[1]);
    assert!(close(total_ms, (layers[0].total_us + layers[1].total_us) / 1e3));
}

#[test]
fn a_fused_sum_reads_its_other_input() {
    let net = || {
        let mut net = Net::new();
        let x = net.input("x", &[8, 4, 4]);
        let a = net.add("a", Op::Conv(conv(8, 1, 1, 0)), &[x]);
        let sum = net.add("sum", plus(), &[a, x]);
        let act = net.add("act", relu(), &[sum]);
        let view = net.add("view", Op::Flatten, &[act]);
        net.output(view);
        net
    };
    let (layers, total_ms) = times(net(), &toy(), Cores::One);
    assert!(close(layers[0].total_us, 2048.0 / 0.5 / 1e3 + 256.0 / 8.0 / 1e3), "weights come in addition: {:?}", layers[0]);
    assert_eq!((layers[1].compute_us, layers[1].bound), (0.0, Bound::Memory));
    assert!(close(layers[1].total_us, 512.0 / 8.0 / 1e3), "the other map: {:?}", layers[1]);
    assert_eq!([layers[2], layers[3]].map(|time| (time.total_us, time.bound)), [(0.0, Bound::Free); 2]);
    assert!(close(total_ms, (4.096 + 0.032 + 0.064) / 1e3));
    let (alone, _) = times(net(), &Target { fuses: false, ..toy() }, Cores::One);
    assert!(close(alone[1].total_us, 128.0 / 0.125 / 1e3), "an addition each: {:?}", alone[1]);
    assert_eq!(alone[3].bound, Bound::Free, "a view is free anywhere");
    let (two, _) = times(net(), &toy(), Cores::All);
    assert!(close(two[0].total_us, (2048.0 / (2.0 * 0.5) + 256.0 / 16.0) / 1e3), "two cores halve it");
}

#[test]
fn what_takes_longest_bounds_a_layer() {
    let mut net = Net::new();
    let x = net.input("x", &[8, 4, 4]);
    let y = net.add("y", relu(), &[x]);
    net.output(y);
    let slow = Target { overhead_us: 2.0, ..toy() };
    let time = times(net, &slow, Cores::One).0[0];
    assert_eq!(time.bound, Bound::Overhead);
    assert!(close(time.total_us, 2.0 + 128.0 / 0.125 / 1e3), "{time:?}");
    let mut net = Net::new();
    let x = net.input("x", &[1024]);
    let y = net.add("y", linear(8), &[x]);
    net.output(y);
    // 32 KiB of weights from main memory against 16 kFLOP.
    let time = times(net, &toy(), Cores::One).0[0];
    assert_eq!(time.bound, Bound::Memory);
    assert!(close(time.memory_us, 4.0 * (1024.0 + 8.0) / 4.0 / 1e3 + 4.0 * (8192.0 + 8.0) / 1.0 / 1e3), "{time:?}");
    assert!(close(time.total_us, 2.0 * 8192.0 / 0.5 / 1e3 + 4.0 * (8192.0 + 8.0) / 1.0 / 1e3), "{time:?}");
}
