//! What models are read as: images or one thing, maps or lines, and layers that exporters take apart.

use std::io::Cursor;

use pointwise::graph::print::print;
use pointwise::interchange::onnx::{Imported, import, read};

use crate::build::{floats, ints, model, node, number, sizes, with};

fn imported(bytes: Vec<u8>) -> Imported {
    let model = read(Cursor::new(bytes)).expect("a model");
    import(&model).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// The operations by their words.
fn words(imported: &Imported) -> Vec<&'static str> {
    imported.graph.ids().map(|id| imported.graph.node(id).op.keyword()).collect()
}

fn complaint(bytes: Vec<u8>) -> String {
    let problems = import(&read(Cursor::new(bytes)).expect("a model")).expect_err("it cannot be said here");
    format!("{}: {}", problems[0].node, problems[0].why)
}

#[test]
fn lines_are_convolved_and_pooled() {
    let attributes = [("strides", ints(&[2])), ("pads", ints(&[1, 1]))];
    let found = imported(model(
        &[1, 2, 9],
        &[
            with("Conv", &["x", "w"], "a", &attributes),
            with("MaxPool", &["a"], "y", &[("kernel_shape", ints(&[2]))]),
            floats("w", &[1, 2, 3], &[1.0; 6]),
        ],
    ));
    assert_eq!(words(&found), ["input", "conv", "maxpool"]);
    assert!(print(&found.graph).contains("conv(1, 3, stride=2, pad=1, bias=false)"), "{}", print(&found.graph));
    assert!(!found.is_whole);
}

/// Group normalisation of `[4, 2, 2]` in two groups, as PyTorch's exporter writes it, with scales of a group.
fn taken_apart(scale: [f32; 2]) -> Vec<u8> {
    model(
        &[1, 4, 2, 2],
        &[
            node("Reshape", &["x", "apart"], "a"),
            node("InstanceNormalization", &["a", "ones", "zeros"], "b"),
            node("Reshape", &["b", "whole"], "c"),
            node("Mul", &["c", "weight"], "d"),
            node("Add", &["d", "bias"], "y"),
            sizes("apart", &[0, 2, -1]),
            sizes("whole", &[1, 4, 2, 2]),
            floats("ones", &[2], &scale),
            floats("zeros", &[2], &[0.0; 2]),
            floats("weight", &[4, 1, 1], &[1.0, 2.0, 3.0, 4.0]),
            floats("bias", &[4, 1, 1], &[0.5; 4]),
        ],
    )
}

#[test]
fn group_normalisation_between_reshapes_is_one_layer() {
    let found = imported(taken_apart([1.0; 2]));
    assert_eq!(words(&found), ["input", "group_norm"]);
    let arrays: Vec<_> = found.learned.values().map(|array| found.arrays.get(*array).dims.clone()).collect();
    assert_eq!(arrays, [[4], [4]]);
    // Scales of groups are not those of channels.
    assert!(words(&imported(taken_apart([1.0, 2.0]))).contains(&"instance_norm"));
}

#[test]
fn what_mixes_images_is_taken_as_it_stands() {
    let moved = |dims: &[u64]| model(dims, &[with("Transpose", &["x"], "y", &[("perm", ints(&[1, 0]))])]);
    let found = imported(moved(&[2, 3]));
    assert!(found.is_whole);
    assert_eq!(words(&found), ["input", "transpose"]);
    // Convolutions before what mixes images still find their maps.
    let mixed = imported(model(
        &[1, 2, 3, 3],
        &[
            node("Conv", &["x", "w"], "a"),
            with("ReduceMax", &["a"], "y", &[("keepdims", number(3, 0))]),
            floats("w", &[2, 2, 1, 1], &[1.0; 4]),
        ],
    ));
    assert!(mixed.is_whole);
    assert_eq!(words(&mixed), ["input", "conv", "reshape", "amax"]);
}

#[test]
fn integers_are_refused_with_what_to_do() {
    let largest = model(&[1, 8, 4, 4], &[with("ArgMax", &["x"], "y", &[("axis", number(3, 1))])]);
    let said = complaint(largest);
    assert!(said.contains("ArgMax") && said.contains("end the model before it"), "{said}");
    let volume = model(&[1, 1, 4, 4, 4], &[node("GlobalAveragePool", &["x"], "y")]);
    assert!(complaint(volume).contains("volumes"));
    let training = [("training_mode", number(3, 1))];
    let inputs = ["x", "w", "w", "w", "w"];
    let training = model(&[1, 2, 4, 4], &[with("BatchNormalization", &inputs, "y", &training), floats("w", &[2], &[1.0; 2])]);
    assert!(complaint(training).contains("training"));
}
