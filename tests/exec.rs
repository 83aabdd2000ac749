//! Running whole networks: inputs, weights, memory known beforehand, dumps, counts and errors.

use std::collections::{BTreeMap, BTreeSet};

use pointwise::exec::timing::measure;
use pointwise::exec::{ExecError, RunOptions, prepare, random_input, required_memory, run};
use pointwise::graph::{Graph, Node, NodeId};
use pointwise::op::{
    Activation, BatchNorm, Concat, Constant, Conv, ConvTranspose, Dropout, Elementwise, GlobalPool, Linear, Merge, Op, Padding,
    Param, Reshape, ResizeTo, Shape, Softmax, Upsample,
};
use pointwise::random::Random;
use pointwise::shape::{Shaped, infer};
use pointwise::tensor::Tensor;
use pointwise::weights::{WeightProblem, Weights};

/// Builds graphs node by node.
struct Net(Graph);

impl Net {
    fn new() -> Self {
        Self(Graph::new("net", None))
    }

    fn add(&mut self, name: &str, op: Op, inputs: &[NodeId]) -> NodeId {
        self.0.add(Node::new(name, op, inputs.to_vec()))
    }

    fn input(&mut self, name: &str, dims: &[u64]) -> NodeId {
        self.add(name, Op::Input(shape(dims)), &[])
    }

    fn shaped(self) -> Shaped {
        infer(self.0).expect("the network fits")
    }
}

fn shape(dims: &[u64]) -> Shape {
    Shape::new(dims).expect("a shape")
}

fn conv(out: u64, k: u64) -> Op {
    Op::Conv(Conv {
        out,
        kernel: [k, k],
        stride: [1, 1],
        pad: Padding::even([k / 2, k / 2]),
        dilation: [1, 1],
        groups: 1,
        bias: true,
        depthwise: false,
        line: false,
    })
}

const RELU: Op = Op::Activation(Activation::Relu);
const ADD: Op = Op::Elementwise(Elementwise { merge: Merge::Add });

/// conv -> bn -> relu, a residual add, pooling and a classifier.
fn small() -> Shaped {
    let mut net = Net::new();
    let image = net.input("image", &[3, 8, 8]);
    let stem = net.add("stem.conv", conv(4, 3), &[image]);
    let norm = net.add("stem.bn", Op::BatchNorm(BatchNorm { eps: 1e-5, affine: true }), &[stem]);
    let relu = net.add("stem.relu", RELU, &[norm]);
    let body = net.add("body.conv", conv(4, 1), &[relu]);
    let add = net.add("body.add", ADD, &[body, relu]);
    let pooled = net.add("pool", Op::GlobalPool(GlobalPool::Avg), &[add]);
    let flat = net.add("flatten", Op::Flatten, &[pooled]);
    let fc = net.add("fc", Op::Linear(Linear { out: 5, bias: true }), &[flat]);
    net.0.add_output("logits", fc);
    net.shaped()
}

fn image(batch: usize) -> BTreeMap<String, Tensor> {
    BTreeMap::from([("image".to_owned(), random_input(shape(&[3, 8, 8]), batch, 1))])
}

fn dumping(names: &[&str]) -> RunOptions {
    RunOptions { dump: names.iter().map(|n| (*n).to_owned()).collect(), ..RunOptions::default() }
}

#[test]
fn a_run_counts_times_and_dumps() {
    let net = small();
    let weights = Weights::init(&net, 0);
    let options = RunOptions { profile: true, threads: 2, ..dumping(&["stem.relu", "image", "fc"]) };
    let result = run(&net, &weights, &image(2), &options).expect("it runs");
    // 8·8·4·27 + 8·8·4·4 + 4·5 an image.
    assert_eq!(result.macs, 2 * (6912 + 1024 + 20));
    assert_eq!(result.outputs.len(), 1);
    assert_eq!((result.outputs[0].0.as_str(), result.outputs[0].1.dims()), ("logits", &[2, 5][..]));
    assert_eq!(result.timings.len(), net.order().len() - 1);
    assert_eq!(result.dumped["image"], image(2)["image"]);
    assert_eq!(result.dumped["fc"], result.outputs[0].1);
    assert!(result.dumped["stem.relu"].data().iter().all(|x| *x >= 0.0));
    let plain = run(&net, &weights, &image(2), &RunOptions::default()).expect("it runs");
    assert_eq!(plain.outputs, result.outputs);
    assert!(plain.timings.is_empty() && plain.dumped.is_empty());
}

/// A network of random operations on `[C, 4, 4]` maps, with outputs that repeat and dead branches.
fn random_network(random: &mut Random) -> Shaped {
    let mut net = Net::new();
    let mut nodes = vec![net.input("image", &[3, 4, 4])];
    let any = |random: &mut Random, nodes: &[NodeId]| nodes[(random.bits() % nodes.len() as u64) as usize];
    for _ in 0..3 + random.bits() % 12 {
        let (x, y) = (any(random, &nodes), any(random, &nodes));
        let node = match random.bits() % 7 {
            0 => net.add("conv", conv(2 + random.bits() % 4, 3), &[x]),
            1 => net.add("relu", RELU, &[x]),
            2 => net.add("concat", Op::Concat(Concat { axis: 0 }), &[x, y]),
            3 => net.add("dropout", Op::Dropout(Dropout { p: 0.5 }), &[x]),
            4 => net.add("identity", Op::Identity, &[x]),
            5 => net.add("twice", ADD, &[x, x]),
            _ => {
                let pooled = net.add("pool", Op::GlobalPool(GlobalPool::Max), &[x]);
                net.add("gate", Op::Elementwise(Elementwise { merge: Merge::Mul }), &[x, pooled])
            }
        };
        nodes.push(node);
    }
    for i in 0..=random.bits() % 3 {
        let node = any(random, &nodes);
        net.0.add_output(format!("y{i}"), node);
    }
    net.shaped()
}

#[test]
fn memory_is_known_before_a_run() {
    let mut random = Random::named(0, "memory");
    for round in 0..300 {
        let net = random_network(&mut random);
        let ids: Vec<NodeId> = net.order().to_vec();
        let dump = &net.graph().node(ids[(random.bits() % ids.len() as u64) as usize]).name;
        let options = if round % 2 == 0 { dumping(&[dump]) } else { RunOptions::default() };
        let batch = 1 + round % 3;
        let input = BTreeMap::from([("image".to_owned(), random_input(shape(&[3, 4, 4]), batch, 5))]);
        let weights = Weights::init(&net, 0);
        let result = run(&net, &weights, &input, &options).expect("it runs");
        let memory = required_memory(&net, batch as u64, &options);
        assert_eq!(memory.tensors, result.peak_bytes);
        assert!(memory.working >= memory.tensors && result.working_bytes <= memory.working);
        let static_macs: u64 = ids
            .iter()
            .map(|id| net.graph().node(*id).op.work(&net.input_shapes(*id), net.shape(*id)).expect("it counts").macs)
            .sum();
        assert_eq!(result.macs, static_macs * batch as u64);
    }
}

/// Kernels count what they allocate beside their maps: where the work is worth its threads, that is what was said before.
#[test]
fn scratch_memory_is_known_before_a_run() {
    let pad = Padding::even([1, 1]);
    let conv = |out, kernel, groups| {
        Op::Conv(Conv { out, kernel, stride: [1, 1], pad, dilation: [1, 1], groups, bias: true, depthwise: false, line: false })
    };
    let transposed = |out, groups| {
        let (kernel, stride) = ([3, 2], [2, 2]);
        Op::ConvTranspose(ConvTranspose {
            out,
            kernel,
            stride,
            pad,
            output_pad: [0, 0],
            dilation: [1, 1],
            groups,
            bias: true,
            line: false,
        })
    };
    let linear = Op::Linear(Linear { out: 300, bias: true });
    let ops = [
        ("one band", conv(64, [3, 3], 1), [16, 30, 30]),
        // 64 * 5 * 9 elements a patch: a band holds 364 of the 1,024 pixels.
        ("several bands", conv(8, [5, 9], 1), [64, 34, 38]),
        ("fewer pixels than a band", conv(512, [3, 3], 1), [512, 3, 3]),
        ("two groups", conv(64, [3, 3], 2), [32, 40, 40]),
        ("groups of one channel", conv(96, [7, 7], 96), [96, 50, 50]),
        ("transposed", transposed(24, 1), [40, 31, 30]),
        ("transposed to fewer channels than threads", transposed(2, 1), [400, 40, 40]),
        ("transposed in groups", transposed(32, 2), [64, 30, 31]),
        ("a vector", linear.clone(), [1, 1, 4000]),
        ("a map", linear, [5, 7, 600]),
        ("products", Op::MatMul, [3, 90, 90]),
    ];
    for (what, op, dims) in ops {
        let mut net = Net::new();
        let x = net.input("x", &dims);
        let y = net.add("y", op.clone(), &vec![x; op.arity().0]);
        net.0.add_output("y", y);
        let net = net.shaped();
        let weights = Weights::init(&net, 0);
        for (threads, batch) in [(1, 1), (2, 1), (3, 2), (5, 1)] {
            let options = RunOptions { threads, ..RunOptions::default() };
            let inputs = BTreeMap::from([("x".to_owned(), random_input(shape(&dims), batch, 1))]);
            let taken = run(&net, &weights, &inputs, &options).expect("it runs").working_bytes;
            assert_eq!(taken, required_memory(&net, batch as u64, &options).working, "{what}, {threads} threads");
        }
    }
}

/// What was prepared runs on any batch and after any refusal as if it were the first time.
#[test]
fn a_prepared_network_runs_many_times() {
    let net = small();
    let weights = Weights::init(&net, 0);
    let limit = required_memory(&net, 2, &RunOptions::default()).total();
    let options = RunOptions { max_memory: Some(limit), ..RunOptions::default() };
    let mut prepared = prepare(&net, &weights, &options).expect("it fits");
    let first = run(&net, &weights, &image(2), &options).expect("it runs");
    for _ in 0..3 {
        assert_eq!(prepared.run(&image(2)), Ok(first.clone()));
        let alone = prepared.run(&image(1)).expect("it runs");
        assert_eq!(alone.outputs[0].1.dims(), [1, 5]);
        let refused = prepared.run(&image(3));
        assert!(matches!(refused, Err(ExecError::TooMuchMemory { needed, allowed }) if needed > allowed && allowed == limit));
        assert!(prepared.run(&BTreeMap::new()).is_err());
    }
    let none = prepare(&net, &weights, &RunOptions { max_memory: Some(1000), ..RunOptions::default() });
    assert!(matches!(none, Err(ExecError::TooMuchMemory { .. })), "not even one image fits");
    assert!(matches!(prepare(&net, &Weights::new(), &options), Err(ExecError::Weights(_))));
    assert!(matches!(prepare(&net, &weights, &dumping(&["stem"])), Err(ExecError::UnknownDump { .. })));
}

/// Each of many inputs is found by its name, not by looking at all of them.
#[test]
fn many_inputs_take_linear_time() {
    let mut net = Net::new();
    let count = 40_000;
    let ids: Vec<_> = (0..count).map(|i| net.input(&format!("x{i}"), &[1])).collect();
    let y = net.add("y", Op::Concat(Concat { axis: 0 }), &ids);
    net.0.add_output("y", y);
    let net = net.shaped();
    let inputs: BTreeMap<_, _> = (0..count).map(|i| (format!("x{i}"), Tensor::zeros(vec![1, 1]))).collect();
    let start = std::time::Instant::now();
    run(&net, &Weights::new(), &inputs, &RunOptions::default()).expect("it runs");
    assert!(start.elapsed().as_secs() < 3, "{:?}", start.elapsed());
}

#[test]
fn liveness_frees_what_nothing_needs() {
    let mut net = Net::new();
    let mut x = net.input("image", &[1, 10, 10]);
    for _ in 0..50 {
        x = net.add("relu", RELU, &[x]);
    }
    net.0.add_output("y", x);
    let net = net.shaped();
    // The caller's input, one map being read and one being written.
    assert_eq!(required_memory(&net, 1, &RunOptions::default()).tensors, 3 * 400);
}

#[test]
fn what_only_passes_on_takes_no_memory() {
    let mut net = Net::new();
    let image = net.input("image", &[1, 10, 10]);
    let mut x = net.add("relu", RELU, &[image]);
    for op in [Op::Flatten, Op::Dropout(Dropout { p: 0.1 }), Op::Identity, Op::Reshape(Reshape { shape: shape(&[4, 25]) })] {
        x = net.add("pass", op, &[x]);
    }
    net.0.add_output("y", x);
    let net = net.shaped();
    assert_eq!(required_memory(&net, 1, &RunOptions::default()).tensors, 2 * 400);
    let input = BTreeMap::from([("image".to_owned(), random_input(shape(&[1, 10, 10]), 1, 1))]);
    let result = run(&net, &Weights::new(), &input, &RunOptions::default()).expect("it runs");
    assert_eq!((result.peak_bytes, result.outputs[0].1.dims()), (800, &[1, 4, 25][..]));
}

/// `x * param + constant` on two images, by hand.
#[test]
fn stored_tensors_are_the_same_for_each_image() {
    let mut net = Net::new();
    let x = net.input("x", &[2, 1, 2]);
    let gamma = net.add("gamma", Op::Param(Param { shape: shape(&[2, 1, 1]), init: 3.0 }), &[]);
    let scaled = net.add("scaled", Op::Elementwise(Elementwise { merge: Merge::Mul }), &[x, gamma]);
    let values = Constant { shape: shape(&[2]), values: [0.5, -1.0].into() };
    let shift = net.add("shift", Op::Constant(values), &[]);
    let y = net.add("y", Op::Elementwise(Elementwise { merge: Merge::Add }), &[scaled, shift]);
    net.0.add_output("y", y);
    net.0.add_output("gamma", gamma);
    let net = net.shaped();
    let images = Tensor::new(vec![2, 2, 1, 2], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
    let inputs = BTreeMap::from([("x".to_owned(), images)]);
    let fresh = Weights::init(&net, 1);
    assert_eq!(fresh.get("gamma.weight").map(Tensor::data), Some(&[3.0, 3.0][..]));
    let mut weights = Weights::new();
    weights.insert("gamma.weight", Tensor::new(vec![2, 1, 1], vec![10.0, -1.0]));
    let result = run(&net, &weights, &inputs, &RunOptions::default()).expect("it runs");
    assert_eq!(result.outputs[0].1.dims(), [2, 2, 1, 2]);
    assert_eq!(result.outputs[0].1.data(), [10.5, 19.0, -2.5, -5.0, 50.5, 59.0, -6.5, -9.0]);
    assert_eq!((result.outputs[1].1.dims(), result.outputs[1].1.data()), (&[2, 2, 1, 1][..], &[10.0, -1.0, 10.0, -1.0][..]));
    assert_eq!(result.peak_bytes, required_memory(&net, 2, &RunOptions::default()).tensors);
}

#[test]
fn too_much_memory_is_refused_with_the_number() {
    let net = small();
    let weights = Weights::init(&net, 0);
    let needed = required_memory(&net, 2, &RunOptions::default()).total();
    let limit = |max| RunOptions { max_memory: Some(max), ..RunOptions::default() };
    assert!(run(&net, &weights, &image(2), &limit(needed)).is_ok());
    let refused = run(&net, &weights, &image(2), &limit(needed - 1));
    assert_eq!(refused, Err(ExecError::TooMuchMemory { needed, allowed: needed - 1 }));
}

/// Tensors of 2^62 elements and weights of 2^62: refused before anything is allocated, with or without a limit.
#[test]
fn enormous_networks_are_refused() {
    let giant = (1 << 31) - 1;
    let ops = [
        Op::Upsample(Upsample::nearest(ResizeTo::Size([giant, giant]))),
        conv(giant, 1),
        Op::ConvTranspose(ConvTranspose {
            out: giant,
            kernel: [1, 1],
            stride: [giant / 8, giant / 8],
            pad: Padding::default(),
            output_pad: [0, 0],
            dilation: [1, 1],
            groups: 1,
            bias: true,
            line: false,
        }),
    ];
    for op in ops {
        let mut net = Net::new();
        let x = net.input("image", &[3, 8, 8]);
        let y = net.add("giant", op, &[x]);
        let z = net.add("softmax", Op::Softmax(Softmax { axis: 0, log: false }), &[y]);
        net.0.add_output("y", z);
        let net = net.shaped();
        let options = RunOptions { max_memory: Some(1 << 33), ..RunOptions::default() };
        let refused = run(&net, &Weights::new(), &image(1), &options);
        assert!(
            matches!(refused, Err(ExecError::TooMuchMemory { needed, allowed: 0x2_0000_0000 }) if needed > 1 << 33),
            "{refused:?}"
        );
    }
}

#[test]
fn deep_networks_run_without_recursion() {
    let mut net = Net::new();
    let mut x = net.input("image", &[1]);
    for i in 0..100_000 {
        x = net.add(&format!("n{i}"), RELU, &[x]);
    }
    net.0.add_output("y", x);
    let net = net.shaped();
    let input = BTreeMap::from([("image".to_owned(), Tensor::new(vec![1, 1], vec![3.0]))]);
    let result = run(&net, &Weights::new(), &input, &RunOptions::default()).expect("it runs");
    assert_eq!(result.outputs[0].1.data(), [3.0]);
}

#[test]
fn inputs_that_do_not_fit_are_named() {
    let mut net = Net::new();
    let (a, b) = (net.input("left", &[2]), net.input("right", &[2]));
    let y = net.add("add", ADD, &[a, b]);
    net.0.add_output("y", y);
    let net = net.shaped();
    let tensor = |dims: &[usize]| Tensor::zeros(dims.to_vec());
    let try_run = |given: &[(&str, Tensor)]| {
        let inputs = given.iter().map(|(name, tensor)| ((*name).to_owned(), tensor.clone())).collect();
        run(&net, &Weights::new(), &inputs, &RunOptions::default()).map(|_| ())
    };
    assert_eq!(
        try_run(&[("left", tensor(&[1, 2]))]),
        Err(ExecError::MissingInput { name: "right".to_owned(), shape: shape(&[2]) })
    );
    let known = vec!["left".to_owned(), "right".to_owned()];
    assert_eq!(try_run(&[("lift", tensor(&[1, 2]))]), Err(ExecError::UnknownInput { name: "lift".to_owned(), known }));
    assert_eq!(
        try_run(&[("left", tensor(&[2])), ("right", tensor(&[1, 2]))]),
        Err(ExecError::InputShape { name: "left".to_owned(), needed: shape(&[2]), got: vec![2] })
    );
    let mismatch =
        ExecError::BatchMismatch { first: "left".to_owned(), first_batch: 2, second: "right".to_owned(), second_batch: 1 };
    assert_eq!(try_run(&[("left", tensor(&[2, 2])), ("right", tensor(&[1, 2]))]), Err(mismatch));
    let empty = ExecError::EmptyBatch { name: "left".to_owned() };
    assert_eq!(try_run(&[("left", tensor(&[0, 2])), ("right", tensor(&[0, 2]))]), Err(empty));
    assert_eq!(try_run(&[("left", tensor(&[3, 2])), ("right", tensor(&[3, 2]))]), Ok(()));
}

#[test]
fn unknown_dumps_suggest_a_layer() {
    let net = small();
    let refused = run(&net, &Weights::init(&net, 0), &image(1), &dumping(&["stem.cnv"]));
    assert_eq!(refused, Err(ExecError::UnknownDump { name: "stem.cnv".to_owned(), similar: Some("stem.conv".to_owned()) }));
}

#[test]
fn weights_that_do_not_fit_are_all_named() {
    let net = small();
    let full = Weights::init(&net, 0);
    assert_eq!(full.check(&net), Ok(()));
    let mut weights = Weights::new();
    for (name, tensor) in full.iter() {
        match name {
            "stem.conv.weight" => weights.insert("stem.convv.weight", tensor.clone()),
            "fc.bias" => weights.insert("fc.bias", Tensor::zeros(vec![1, 5])),
            "stem.bn.running_var" => {}
            _ => weights.insert(name, tensor.clone()),
        }
    }
    let problems = vec![
        WeightProblem::Missing {
            name: "stem.conv.weight".to_owned(),
            dims: vec![4, 3, 3, 3],
            similar: Some("stem.convv.weight".to_owned()),
        },
        WeightProblem::Missing { name: "stem.bn.running_var".to_owned(), dims: vec![4], similar: None },
        WeightProblem::Shape { name: "fc.bias".to_owned(), needed: vec![5], got: vec![1, 5] },
        WeightProblem::Unused { name: "stem.convv.weight".to_owned(), similar: Some("stem.conv.weight".to_owned()) },
    ];
    assert_eq!(weights.check(&net), Err(problems.clone()));
    assert_eq!(run(&net, &weights, &image(1), &RunOptions::default()), Err(ExecError::Weights(problems)));
}

/// The first bits of two tensors, computed from the description in `random.rs` by a program of another language and fixed for ever: a seed must mean the same weights on every machine and in every version.
#[test]
fn initial_weights_are_the_same_bits_everywhere() {
    let net = small();
    let weights = Weights::init(&net, 42);
    let bits = |name: &str| weights.get(name).expect("it is there").data()[..3].iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits("stem.conv.weight"), CONV_BITS);
    assert_eq!(bits("stem.bn.running_var"), VARIANCE_BITS);
    assert_eq!(weights, Weights::init(&net, 42));
    assert_ne!(weights, Weights::init(&net, 43));
}

const CONV_BITS: [u32; 3] = [1_039_964_632, 1_031_100_264, 3_207_015_366];
const VARIANCE_BITS: [u32; 3] = [1_057_261_684, 1_068_242_085, 1_069_366_886];

#[test]
fn a_layer_more_leaves_the_other_weights_alone() {
    let mut net = Net::new();
    let x = net.input("image", &[3, 8, 8]);
    let new = net.add("new.conv", conv(3, 1), &[x]);
    let stem = net.add("stem.conv", conv(4, 3), &[new]);
    net.0.add_output("y", stem);
    let (with, without) = (Weights::init(&net.shaped(), 9), Weights::init(&small(), 9));
    assert_eq!(with.get("stem.conv.weight"), without.get("stem.conv.weight"));
    assert!(with.get("new.conv.weight").is_some());
}

/// He normal: variance `2 / fan_in`, 2 / (64 · 9) here; biases within `1 / sqrt(fan_in)`.
#[test]
fn initial_weights_have_he_variance() {
    let mut net = Net::new();
    let x = net.input("image", &[64, 8, 8]);
    let y = net.add("conv", conv(64, 3), &[x]);
    net.0.add_output("y", y);
    let weights = Weights::init(&net.shaped(), 1);
    let data = weights.get("conv.weight").expect("it is there").data();
    let variance = data.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / data.len() as f64;
    assert!((variance * 288.0 - 1.0).abs() < 0.03, "{variance}");
    assert!(weights.get("conv.bias").expect("it is there").data().iter().all(|b| b.abs() <= 1.0 / 24.0));
}

#[test]
fn random_inputs_are_reproducible() {
    let input = random_input(shape(&[3, 4]), 2, 7);
    assert_eq!(input.dims(), [2, 3, 4]);
    assert_eq!(input, random_input(shape(&[3, 4]), 2, 7));
    assert_ne!(input, random_input(shape(&[3, 4]), 2, 8));
}

#[test]
fn measuring_gives_every_sample() {
    let net = small();
    let (weights, inputs) = (Weights::init(&net, 0), image(1));
    let ready = || prepare(&net, &weights, &RunOptions::default()).expect("the weights fit");
    let samples = measure(&mut [(ready(), &inputs), (ready(), &inputs)], 4).expect("they run");
    assert_eq!(samples.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4]);
    assert!(samples.iter().flatten().all(|t| !t.is_zero()));
    let none = BTreeMap::new();
    assert!(measure(&mut [(ready(), &none)], 1).is_err());
}

#[test]
fn an_output_may_be_an_input_or_come_twice() {
    let mut net = Net::new();
    let x = net.input("image", &[2]);
    let y = net.add("relu", RELU, &[x]);
    for (name, node) in [("a", x), ("b", y), ("c", y)] {
        net.0.add_output(name, node);
    }
    let net = net.shaped();
    let inputs = BTreeMap::from([("image".to_owned(), Tensor::new(vec![1, 2], vec![-1.0, 1.0]))]);
    let result = run(&net, &Weights::new(), &inputs, &dumping(&["relu"])).expect("it runs");
    let names: BTreeSet<_> = result.outputs.iter().map(|(name, tensor)| (name.as_str(), tensor.data()[0].to_string())).collect();
    let expected = [("a", "-1"), ("b", "0"), ("c", "0")].map(|(name, value)| (name, value.to_owned()));
    assert_eq!(names, BTreeSet::from(expected));
    assert_eq!(result.dumped["relu"], result.outputs[2].1);
}
