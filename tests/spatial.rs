//! Operations on maps and lines compute what PyTorch does, and ONNX Runtime where PyTorch has no such operation.
//!
//! `data/spatial/record.py` has recorded each call's output; here the call stands in a network, the interpreter has to give the
//! same numbers, and the printed network has to compute them again.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod common;

use common::Disk;
use pointwise::compile::{Settings, compile};
use pointwise::exec::{RunOptions, run};
use pointwise::shape::Shaped;
use pointwise::tensor::Tensor;
use pointwise::weights::{Weights, specs};
use serde_json::Value;

/// Outputs are recorded with six digits, and other orders of sums in 32 bits differ in the last ones.
const TOLERANCE: f32 = 1e-5;

/// `record.py` says it alike.
fn number(index: usize, salt: usize) -> f32 {
    let step = (index * 7919 + salt * 104_729) % 41;
    (step as f32 - 20.0) / 8.0
}

fn tensor(dims: Vec<usize>, salt: usize) -> Tensor {
    let count = dims.iter().product();
    Tensor::new(dims, (0..count).map(|i| number(i, salt)).collect())
}

fn weights(shaped: &Shaped) -> Weights {
    let mut weights = Weights::new();
    for (tensor_id, spec) in shaped.order().iter().flat_map(|id| specs(shaped, *id)) {
        let salt = ["weight", "bias", "running_mean", "running_var"].iter().position(|role| *role == spec.name);
        let mut values = tensor(spec.dims.iter().map(|d| *d as usize).collect(), 1 + salt.expect("a role"));
        if spec.name == "running_var" {
            values.data_mut().iter_mut().for_each(|v| *v = v.abs() + 0.5);
        }
        weights.insert(shaped.graph().tensor(tensor_id).name(), values);
    }
    weights
}

fn compiled(text: &str) -> Result<Shaped, String> {
    let compiled = compile("case.net", text.to_owned(), &Disk, &Settings::default());
    let said: Vec<&str> = compiled.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.message.as_str()).collect();
    compiled.network.map(|network| network.shaped).ok_or_else(|| said.join("; "))
}

/// What is wrong with a network that has to make this output.
fn problem(text: &str, shape: &[usize], (dims, wanted): &(Vec<usize>, Vec<f32>)) -> Result<Shaped, String> {
    let shaped = compiled(text)?;
    let input = tensor([1].into_iter().chain(shape.iter().copied()).collect(), 100);
    let result = run(&shaped, &weights(&shaped), &[("x".to_owned(), input)].into(), &RunOptions::default()).expect("it runs");
    let got = &result.outputs[0].1;
    if got.dims()[1..] != dims[..] {
        return Err(format!("is {:?}, not {dims:?}", &got.dims()[1..]));
    }
    let largest = wanted.iter().fold(1.0f32, |most, value| most.max(value.abs()));
    let apart = got.data().iter().zip(wanted).map(|(a, b)| (a - b).abs() / largest).fold(0.0, f32::max);
    if apart.is_nan() || apart > TOLERANCE {
        return Err(format!("differs by {apart}: {:?}, not {wanted:?}", got.data()));
    }
    Ok(shaped)
}

#[test]
fn values_are_those_that_were_recorded() {
    let text = std::fs::read_to_string("tests/data/spatial/recorded.json").expect("recorded");
    let cases: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    let mut problems = Vec::new();
    for case in &cases {
        let sizes = |value: &Value| -> Vec<usize> {
            value.as_array().expect("sizes").iter().map(|n| n.as_u64().expect("a size") as usize).collect()
        };
        let values = case["output"]["values"].as_array().expect("values").iter().map(|n| n.as_f64().expect("a value") as f32);
        let (shape, output) = (sizes(&case["shape"]), (sizes(&case["output"]["shape"]), values.collect()));
        let (call, source) = (case["call"].as_str().expect("a call"), case["source"].as_str().expect("a source"));
        let written = format!("net one {{\n    input x: {shape:?}\n    output y = x -> {call}\n}}\n");
        let printed = problem(&written, &shape, &output).map(|shaped| pointwise::graph::print::print(shaped.graph()));
        let again = printed.and_then(|text| problem(&text, &shape, &output).map_err(|why| format!("printed as {text}: {why}")));
        if let Err(why) = again {
            problems.push(format!("{source}: {call} of {shape:?} {why}"));
        }
    }
    assert!(cases.len() > 200, "the recorded cases are there");
    assert!(problems.is_empty(), "{} of {}:\n{}", problems.len(), cases.len(), problems.join("\n"));
}
