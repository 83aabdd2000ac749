//! darknet's and Caffe's files: known networks count as known, layers compute what their programs compute, and what is wrong is
//! said at its place.
//!
//! The files here are written from the networks' papers. Values are held against plain loops after the programs' own sources.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod caffe;
mod damage;
mod darknet;

use std::collections::BTreeMap;

use pointwise::analysis::{Options, analyze};
use pointwise::compile::{NoFiles, Settings, compile, written};
use pointwise::exec::{RunOptions, run};
use pointwise::graph::Graph;
use pointwise::graph::same::same;
use pointwise::shape::{Shaped, infer};
use pointwise::tensor::Tensor;
use pointwise::weights::Weights;

fn file(name: &str) -> String {
    std::fs::read_to_string(format!("tests/older/{name}")).expect("it is there")
}

/// Parameters and multiply-accumulates.
fn counts(shaped: &Shaped) -> (u64, u64) {
    let analysis = analyze(shaped, &Options::default()).expect("it counts");
    (analysis.totals.params, analysis.totals.work.macs)
}

/// The graph with its shapes, which its text says again.
fn shaped(graph: &Graph) -> Shaped {
    let shaped = infer(graph.clone()).expect("its shapes fit");
    let text = written(&shaped);
    let again = compile("again", text.clone(), &NoFiles, &Settings::default()).network.expect(&text);
    assert!(same(shaped.graph(), again.shaped.graph()), "{text}");
    shaped
}

/// Numbers from -1 to 1 without a pattern that moved pixels could hide in.
fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|at| ((at * 7919 + 13) % 1009) as f32 / 504.5 - 1.0).collect()
}

/// What the only output of a network without weights is.
fn result(graph: &Graph, input: &[f32]) -> Vec<f32> {
    let shaped = shaped(graph);
    let from = graph.inputs()[0];
    let dims = std::iter::once(1).chain(shaped.shape(from).dims().iter().map(|dim| *dim as usize)).collect();
    let inputs = BTreeMap::from([(graph.node(from).name.to_string(), Tensor::new(dims, input.to_vec()))]);
    let result = run(&shaped, &Weights::init(&shaped, 0), &inputs, &RunOptions::default()).expect("it runs");
    result.outputs[0].1.data().to_vec()
}

fn close(left: &[f32], right: &[f32]) {
    assert_eq!(left.len(), right.len());
    let far = left.iter().zip(right).position(|(a, b)| (a - b).abs() > 1e-5);
    assert_eq!(far, None, "{left:?}\n{right:?}");
}
