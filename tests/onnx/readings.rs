//! What models are read as: images or one thing, maps or lines, and layers that exporters take apart.

use std::io::Cursor;

use pointwise::graph::print::print;
use pointwise::interchange::onnx::{Imported, import, read};

use crate::build::{field, floats, ints, model, node, number, sizes, text, with};

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

#[test]
fn zeros_round_a_map_are_padding_of_its_convolution() {
    let padded = |value: f32| {
        imported(model(
            &[1, 2, 5, 5],
            &[
                node("Pad", &["x", "pads", "value"], "a"),
                node("Conv", &["a", "w"], "y"),
                sizes("pads", &[0, 0, 0, 0, 0, 0, 1, 1]),
                floats("value", &[], &[value]),
                floats("w", &[2, 2, 2, 2], &[1.0; 16]),
            ],
        ))
    };
    assert_eq!(words(&padded(0.0)), ["input", "conv"]);
    assert!(print(&padded(0.0).graph).contains("pad=[0, 0, 1, 1]"), "{}", print(&padded(0.0).graph));
    assert_eq!(words(&padded(1.0)), ["input", "pad", "conv"]);
}

/// A branch that gives what one operator makes of `x`.
fn branch(op: &str, output: &str) -> Vec<u8> {
    field(6, &[node(op, &["x"], output), field(12, &text(1, output))].concat())
}

#[test]
fn a_branch_that_shapes_decide_stands_in_place_of_the_choice() {
    let choice = |reads: &[&str]| {
        let branches = [("then_branch", branch("Relu", "a")), ("else_branch", branch("Tanh", "b"))];
        let shape = [node("Shape", &["x"], "s"), node("Equal", &["s", "wanted"], "e")];
        let condition = [node("ReduceMin", &["e"], "m"), sizes("wanted", &[1, 2, 4, 4])];
        model(&[1, 2, 4, 4], &[shape.concat(), condition.concat(), with("If", reads, "y", &branches)])
    };
    assert_eq!(words(&imported(choice(&["m"]))), ["input", "relu"]);
    let said = complaint(choice(&["x"]));
    assert!(said.contains("If") && said.contains("export one of its branches"), "{said}");
}

/// Weights that are standardised in the model: each filter apart from its mean, through its deviation.
#[test]
fn weights_are_standardised_while_they_are_read() {
    let found = imported(model(
        &[1, 1, 4, 4],
        &[
            node("Reshape", &["w", "row"], "a"),
            with("BatchNormalization", &["a", "one", "zero", "zero", "one"], "b", &[("training_mode", number(3, 1))]),
            node("Reshape", &["b", "kernel"], "c"),
            node("Conv", &["x", "c"], "y"),
            floats("w", &[1, 1, 2, 2], &[1.0, 2.0, 3.0, 6.0]),
            sizes("row", &[1, 1, -1]),
            sizes("kernel", &[1, 1, 2, 2]),
            floats("one", &[1], &[1.0]),
            floats("zero", &[1], &[0.0]),
        ],
    ));
    assert_eq!(words(&found), ["input", "conv"]);
    let array = *found.learned.values().next().expect("a kernel");
    let values = found.arrays.get(array).values.clone().and_then(|values| values.floats()).expect("known");
    let deviation = 3.5f32.sqrt();
    let apart = values.iter().zip([-2.0, -1.0, 0.0, 3.0]).map(|(found, wanted)| (found - wanted / deviation).abs());
    assert!(apart.fold(0.0, f32::max) < 1e-5, "{values:?}");
}

#[test]
fn images_that_are_turned_before_they_are_laid_out_are_not_read_as_images() {
    // Of `x[2, 4, 3]` as `[4, 2, 3]`, laid out as `[2, 12]`, each row has pixels of both images.
    let found = imported(model(
        &[2, 4, 3],
        &[
            with("Transpose", &["x"], "a", &[("perm", ints(&[1, 0, 2]))]),
            node("Reshape", &["a", "rows"], "y"),
            sizes("rows", &[2, 12]),
        ],
    ));
    assert!(found.is_whole, "{}", print(&found.graph));
    assert_eq!(words(&found), ["input", "transpose", "reshape"]);
    // What stands before the images may stay there.
    let kept = imported(model(
        &[2, 4, 3],
        &[
            with("Transpose", &["x"], "a", &[("perm", ints(&[1, 0, 2]))]),
            node("Reshape", &["a", "rows"], "b"),
            with("Transpose", &["b"], "y", &[("perm", ints(&[1, 0, 2, 3]))]),
            sizes("rows", &[0, 0, 3, 1]),
        ],
    ));
    assert!(!kept.is_whole, "{}", print(&kept.graph));
}

#[test]
fn weights_have_the_dimensions_that_their_layer_needs() {
    let why = complaint(model(&[1, 3, 8, 8], &[node("Conv", &["x", "w"], "y"), floats("w", &[8, 5, 3, 3], &[0.0; 360])]));
    assert!(why.contains("its `weight` is [8, 5, 3, 3], and its input needs [8, 3, 3, 3]"), "{why}");
}

#[test]
fn padding_without_end_is_the_least_number() {
    let pads = [0, 0, 1, 1, 0, 0, 1, 1];
    let found = imported(model(
        &[1, 1, 8, 8],
        &[
            node("Pad", &["x", "pads", "least"], "a"),
            with("MaxPool", &["a"], "y", &[("kernel_shape", ints(&[2, 2]))]),
            sizes("pads", &pads),
            floats("least", &[], &[f32::NEG_INFINITY]),
        ],
    ));
    assert!(print(&found.graph).contains("-3.4028235e38"), "{}", print(&found.graph));
}
