//! Models of any operators say themselves: as text, with blocks and without, and as models again.

use std::io::Cursor;

use pointwise::interchange::onnx::{import, read};

use crate::arbitrary::grown;
use crate::build::{field, floats, ints, model, node, text, with};
use crate::held::holds;

/// Bytes that look like no others, the same in each run.
fn bytes(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    (0..count).map(|_| next()).collect()
}

#[test]
fn models_of_any_operators_say_themselves() {
    // A few have outputs that cannot be read in one way.
    let networks = (0..250).filter(|seed| holds(&grown(&bytes(*seed, 200)))).count();
    assert!(networks > 230, "{networks}");
}

#[test]
fn what_the_language_cannot_say_is_refused_by_its_rule() {
    let kernel = floats("w", &[4, 1, 3, 3], &[0.0; 36]);
    let more = [("output_padding", ints(&[1, 1]))];
    let bytes = model(&[1, 4, 5, 5], &[with("ConvTranspose", &["x", "w"], "y", &more), kernel]);
    let problems = import(&read(Cursor::new(bytes)).expect("a model")).expect_err("no call says it");
    assert!(problems[0].why.contains("output_pad must be less than 1"), "{problems:?}");
}

#[test]
fn scopes_and_tensors_of_any_names_are_names_of_layers() {
    let kernel = floats("`a b`.*.\u{200b}c.weight", &[4, 4, 1, 1], &[0.0; 16]);
    let conv = node("Conv", &["x", "`a b`.*.\u{200b}c.weight"], "v");
    let relu = field(1, &[text(1, "v"), text(2, "y"), text(3, "/`d e`/*/Relu"), text(4, "Relu")].concat());
    let bytes = model(&[1, 4, 5, 5], &[conv, relu, kernel]);
    let graph = import(&read(Cursor::new(bytes.clone())).expect("a model")).expect("a network").graph;
    let names: Vec<&str> = graph.ids().map(|id| graph.node(id).name.as_str()).collect();
    assert_eq!(names, ["x", "_a_b_._._c", "_d_e_._"]);
    assert!(holds(&bytes));
}
