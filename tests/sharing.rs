//! Shared weights: counted once, worked on in every use, made and run once.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::model;
use pointwise::compile::{Network, NoFiles, Settings, compile};
use pointwise::exec::{RunOptions, random_input, run};
use pointwise::tensor::Tensor;
use pointwise::weights::{Weights, specs, weight_bytes};

#[track_caller]
fn network(text: &str) -> Network {
    let compiled = compile("test.net", text.to_owned(), &NoFiles, &Settings::default());
    let found: Vec<_> = compiled.diagnostics.iter().filter(|d| d.is_error()).map(|d| &d.message).collect();
    assert!(found.is_empty(), "{found:?} in\n{text}");
    compiled.network.expect("it has no errors")
}

/// The tensors of a network by name, with the elements of each.
fn tensors(network: &Network) -> BTreeMap<String, u64> {
    let graph = network.shaped.graph();
    let of = |id: &pointwise::graph::NodeId| specs(&network.shaped, *id);
    let named = network.shaped.order().iter().flat_map(of);
    named.map(|(id, spec)| (graph.tensor(id).name(), spec.dims.iter().product())).collect()
}

/// Parameters by hand: of a convolution with bias.
fn conv(input: u64, out: u64, k: u64) -> u64 {
    input * out * k * k + out
}

/// Two towers of `conv(64, 3) conv(128, 3) conv(128, 3)`, sharing their weights or not.
fn siamese(shared: bool) -> String {
    let (declared, tower) = if shared { ("    shared features = tower\n", "features") } else { ("", "tower") };
    format!(
        "block tower(x) {{\n    return x -> conv(64, 3) -> relu -> conv(128, 3) -> relu -> conv(128, 3)\n}}\n\n\
         net siamese {{\n    input left: [3, 12, 12]\n    input right: [3, 12, 12]\n{declared}\
         \x20   output a = left -> {tower}\n    output b = right -> {tower}\n}}\n"
    )
}

#[test]
fn siamese_towers_count_once() {
    let tower = conv(3, 64, 3) + conv(64, 128, 3) + conv(128, 128, 3);
    let (shared, apart) = (network(&siamese(true)), network(&siamese(false)));
    assert_eq!(shared.analysis.totals.params, tower);
    assert_eq!(apart.analysis.totals.params, 2 * tower);
    assert_eq!(tower, 223_232);
    let macs = 100 * 3 * 64 * 9 + 64 * 64 * 128 * 9 + 36 * 128 * 128 * 9;
    assert_eq!(shared.analysis.totals.macs, 2 * macs);
    assert_eq!(apart.analysis.totals.macs, 2 * macs);
    assert_eq!(shared.analysis.totals.weight_bytes, 4 * tower);
    assert_eq!(tensors(&shared).values().sum::<u64>(), tower);
    assert_eq!(weight_bytes(&shared.shaped), 4 * tower);
    assert_eq!(Weights::new().check(&shared.shaped).expect_err("all are missing").len(), 6, "each is missing once");
    let names: Vec<_> = tensors(&shared).into_keys().filter(|name| name.ends_with("weight")).collect();
    assert_eq!(names, ["features.conv.weight", "features.conv_2.weight", "features.conv_3.weight"]);
}

#[test]
fn a_retinanet_head_counts_once_for_its_levels() {
    let head = |out| 4 * conv(256, 256, 3) + conv(256, out, 3);
    let (classes, boxes) = (head(80 * 9), head(4 * 9));
    assert_eq!((classes, 3 * classes), (4_019_920, 12_059_760));
    assert_eq!(model("retinanet_head", &[]).network.expect("it has no errors").analysis.totals.params, classes + boxes);

    let text = std::fs::read_to_string("models/retinanet_head.net").expect("the model is there");
    let text = text.split("    if classes == 80").next().expect("a body").to_owned() + "}\n";
    let declared = |line: &&str| line.trim_start().starts_with("shared ");
    let apart: String = text.split_inclusive('\n').filter(|line| !declared(line)).collect();
    let apart = apart.replace("-> class_head", "-> head(classes, anchors)").replace("-> box_head", "-> head(4, anchors)");
    let (shared, apart) = (network(&text), network(&apart));
    assert_eq!(shared.analysis.totals.params, classes + boxes);
    assert_eq!(apart.analysis.totals.params, 3 * (classes + boxes));
    let places = 64 * 64 + 32 * 32 + 16 * 16;
    let macs = places * 9 * 256 * (8 * 256 + 80 * 9 + 4 * 9);
    assert_eq!((shared.analysis.totals.macs, apart.analysis.totals.macs), (macs, macs));

    // The head for classes alone, on three levels.
    let only = |text: &str| -> String { text.split_inclusive('\n').filter(|line| !line.contains("box")).collect() };
    assert_eq!(network(&only(&text)).analysis.totals.params, 4_019_920);
}

const BLOCKS: &str = "block own(x) {
    shared s = conv(4, 1)
    return x -> s -> relu -> s
}

block pair(x) {
    shared inner = own
    return x -> inner -> inner -> own
}
";

/// The parameters of a body that reads `x`, in convolutions from 4 to 4 channels.
#[track_caller]
fn convolutions(body: &str) -> u64 {
    let text = format!("{BLOCKS}\nnet n {{\n    input x: [4, 3, 3]\n{body}\n    output y = x\n}}\n");
    let network = network(&text);
    let params = network.analysis.totals.params;
    assert_eq!(tensors(&network).values().sum::<u64>(), params, "{text}");
    assert_eq!(params % conv(4, 4, 1), 0);
    params / conv(4, 4, 1)
}

#[test]
fn shared_weights_nest() {
    assert_eq!(convolutions("    x = x -> own"), 1, "one instance shares with itself");
    assert_eq!(convolutions("    x = x -> own -> own"), 2, "each instance has a set of its own");
    assert_eq!(convolutions("    shared a = own\n    x = x -> a -> a"), 1, "a shared instance is one");
    assert_eq!(convolutions("    x = x -> pair"), 2, "the inner set and the last instance");
    assert_eq!(convolutions("    x = x -> pair -> pair"), 4);
    assert_eq!(convolutions("    shared a = pair\n    x = x -> a -> a -> a"), 2);
    assert_eq!(convolutions("    shared a = pair\n    shared b = pair\n    x = x -> a -> b -> a"), 4);
}

#[test]
fn shared_weights_in_loops() {
    assert_eq!(convolutions("    shared a = own\n    for i in 0..3 { x = x -> a }"), 1, "declared before the loop: one set");
    assert_eq!(convolutions("    for i in 0..3 {\n        shared a = own\n        x = x -> a -> a\n    }"), 3, "one set a turn");
    assert_eq!(convolutions("    shared a = own\n    shared b = own\n    for h in [a, b, a] { x = x -> h }"), 2);
    assert_eq!(convolutions("    shared a = conv(4, 1)\n    for i in 0..2 { for j in 0..3 { x = x -> a -> relu -> a } }"), 1);
}

fn outputs(network: &Network, weights: &Weights, inputs: &BTreeMap<String, Tensor>) -> Vec<Vec<u32>> {
    let result = run(&network.shaped, weights, inputs, &RunOptions::default()).expect("it runs");
    assert_eq!(result.macs, network.analysis.totals.macs);
    result.outputs.into_iter().map(|(_, tensor)| tensor.data().iter().map(|x| x.to_bits()).collect()).collect()
}

#[test]
fn both_uses_run_on_the_same_tensors() {
    let shared = network(&siamese(true));
    let weights = Weights::init(&shared.shaped, 5);
    weights.check(&shared.shaped).expect("they fit");
    let names: BTreeSet<&str> = weights.iter().map(|(name, _)| name).collect();
    assert_eq!(names, tensors(&shared).keys().map(String::as_str).collect::<BTreeSet<_>>());
    assert_eq!(weights.len(), 6, "three weights and three biases, each once");

    let graph = shared.shaped.graph();
    let drawing = random_input(shared.shaped.shape(graph.inputs()[0]), 1, 9);
    let other = random_input(shared.shaped.shape(graph.inputs()[0]), 1, 10);
    let inputs = |left: &Tensor, right: &Tensor| -> BTreeMap<String, Tensor> {
        [("left".to_owned(), left.clone()), ("right".to_owned(), right.clone())].into()
    };
    let same = outputs(&shared, &weights, &inputs(&drawing, &drawing));
    assert_eq!(same[0], same[1]);
    let different = outputs(&shared, &weights, &inputs(&drawing, &other));
    assert_eq!(different[0], same[0]);
    assert_ne!(different[0], different[1]);

    // Towers of their own with copies of the weights compute the same.
    let apart = network(&siamese(false));
    let mut copies = Weights::new();
    for (name, tensor) in weights.iter() {
        for tower in ["a", "b"] {
            copies.insert(name.replacen("features", tower, 1), tensor.clone());
        }
    }
    copies.check(&apart.shaped).expect("they fit");
    assert_eq!(outputs(&apart, &copies, &inputs(&drawing, &other)), different);
}
