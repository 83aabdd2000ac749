//! Element-wise operations, written in the language, give what PyTorch gives: see `tests/data/pytorch_elementwise.py`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use pointwise::compile::{NoFiles, Settings, compile};
use pointwise::exec::{RunOptions, run};
use pointwise::tensor::Tensor;
use pointwise::weights::Weights;

use crate::apply::batched;

/// A shape as the language writes it, and the numbers behind it.
fn tensor<N: std::str::FromStr>(text: &str) -> (Vec<u64>, Vec<N>) {
    let (shape, numbers) = text.strip_prefix('[').and_then(|rest| rest.split_once("] ")).expect("a shape, then numbers");
    let shape = shape.split(", ").map(|dim| dim.parse().expect("a dimension")).collect();
    (shape, numbers.split(' ').map(|n| n.parse().unwrap_or_else(|_| panic!("a number: {n}"))).collect())
}

/// As a number of 32 bits: the nearest, or the one beside it where two roundings meet; zeros by their signs.
fn is_alike(got: f32, expected: f64) -> bool {
    let rounded = expected as f32;
    if rounded == 0.0 && got == 0.0 || !rounded.is_finite() {
        return got.to_bits() == rounded.to_bits() || got.is_nan() && rounded.is_nan();
    }
    (f64::from(got) - expected).abs() <= 6.1e-8 * expected.abs() + 1e-14
}

fn check(lines: &[&str]) {
    let expression = lines[0];
    let (output, inputs) = lines[1..].split_last().expect("an output");
    let mut text = String::from("net recorded {\n");
    let mut given = BTreeMap::new();
    for input in inputs {
        let (name, values) = input.split_once(' ').expect("a name");
        let (shape, data) = tensor::<f32>(values);
        writeln!(text, "    input {name}: {shape:?}").expect("writing to a string succeeds");
        given.insert(name.to_owned(), Tensor::new(batched(1, &shape), data));
    }
    writeln!(text, "    output y = {expression}\n}}").expect("writing to a string succeeds");
    let compiled = compile("recorded.net", text, &NoFiles, &Settings::default());
    let Some(network) = &compiled.network else { panic!("{expression}: {:?}", compiled.diagnostics) };
    let result = run(&network.shaped, &Weights::new(), &given, &RunOptions::default()).expect("it runs");
    let (shape, expected) = tensor::<f64>(output.strip_prefix("= ").expect("the output"));
    let got = &result.outputs[0].1;
    assert_eq!(got.dims(), batched(1, &shape), "{expression}");
    for (i, (got, expected)) in got.data().iter().zip(&expected).enumerate() {
        assert!(is_alike(*got, *expected), "{expression}: element {i} is {got:e}, not {expected:e}; from {:?}", &inputs);
    }
}

#[test]
fn element_wise_operations_give_what_pytorch_gives() {
    let text = include_str!("../data/pytorch_elementwise.txt");
    let cases: Vec<&str> = text.split("\n> ").skip(1).collect();
    for case in &cases {
        check(&case.lines().collect::<Vec<_>>());
    }
    assert!(cases.len() >= 70, "the table is there");
}
