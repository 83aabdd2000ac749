//! One operation on given tensors, through the same door as a network.

use std::collections::BTreeMap;

use pointwise::exec::{RunOptions, run};
use pointwise::graph::{Graph, Node};
use pointwise::op::{Op, Shape};
use pointwise::shape::{Shaped, infer};
use pointwise::tensor::Tensor;
use pointwise::weights::{Weights, specs};

/// An operation, what goes in, and what must come out for one image.
pub struct Case {
    /// What the case shows.
    pub what: &'static str,
    pub op: Op,
    /// Shapes without the batch, and elements.
    pub inputs: Vec<(Vec<u64>, Vec<f32>)>,
    /// By name: "weight", "bias", ….
    pub weights: Vec<(&'static str, Vec<f32>)>,
    pub shape: Vec<u64>,
    pub expected: Vec<f64>,
}

impl Case {
    pub fn new(what: &'static str, op: Op) -> Self {
        Self { what, op, inputs: Vec::new(), weights: Vec::new(), shape: Vec::new(), expected: Vec::new() }
    }

    pub fn input(mut self, shape: &[u64], data: &[f32]) -> Self {
        self.inputs.push((shape.to_vec(), data.to_vec()));
        self
    }

    pub fn weight(mut self, name: &'static str, data: &[f32]) -> Self {
        self.weights.push((name, data.to_vec()));
        self
    }

    pub fn gives(mut self, shape: &[u64], data: &[f64]) -> Self {
        (self.shape, self.expected) = (shape.to_vec(), data.to_vec());
        self
    }
}

/// A network of one operation, `op`, with inputs `x0`, `x1`, ….
pub fn network(op: Op, shapes: &[Shape]) -> Shaped {
    let mut graph = Graph::new("one", None);
    let inputs = shapes
        .iter()
        .enumerate()
        .map(|(i, shape)| graph.add(Node::new(format!("x{i}"), Op::Input(*shape), Vec::new())))
        .collect();
    // What reads no tensor has the batch of an input that it leaves alone.
    let inputs = if op.is_stored() { Vec::new() } else { inputs };
    let id = graph.add(Node::new("op", op, inputs));
    graph.add_output("y", id);
    infer(graph).expect("the case fits")
}

/// Runs one operation on batches of images and holds the counted MACs against the static count.
pub fn apply(op: &Op, inputs: &[Tensor], weights: &[(&str, Vec<f32>)], threads: usize) -> Tensor {
    let shape = |tensor: &Tensor| Shape::new(&tensor.dims()[1..].iter().map(|d| *d as u64).collect::<Vec<_>>()).expect("a shape");
    let shapes: Vec<Shape> = inputs.iter().map(shape).collect();
    let shaped = network(op.clone(), &shapes);
    let id = shaped.graph().find("op").expect("it was added");
    let mut named = Weights::new();
    for (tensor, spec) in specs(&shaped, id) {
        let (_, data) = weights.iter().find(|(given, _)| *given == spec.name).expect("the case gives all weights");
        named.insert(
            shaped.graph().tensor(tensor).name(),
            Tensor::new(spec.dims.iter().map(|d| *d as usize).collect(), data.clone()),
        );
    }
    assert_eq!(named.len(), weights.len(), "the case gives no weights that the operation lacks");
    let given: BTreeMap<String, Tensor> = inputs.iter().enumerate().map(|(i, x)| (format!("x{i}"), x.clone())).collect();
    let result = run(&shaped, &named, &given, &RunOptions { threads, ..RunOptions::default() }).expect("it runs");
    let work = op.work(&shapes, shaped.shape(id)).expect("it counts");
    assert_eq!(result.macs, work.macs * inputs[0].dims()[0] as u64, "MACs counted while executing {op:?}");
    result.outputs.into_iter().next().expect("one output").1
}

/// Dimensions with a batch in front.
pub fn batched(batch: usize, shape: &[u64]) -> Vec<usize> {
    std::iter::once(batch).chain(shape.iter().map(|d| *d as usize)).collect()
}

/// Holds a case, alone and twice in a batch.
pub fn check(case: &Case) {
    for batch in [1, 2] {
        let tensor = |(shape, data): &(Vec<u64>, Vec<f32>)| Tensor::new(batched(batch, shape), data.repeat(batch));
        let inputs: Vec<Tensor> = case.inputs.iter().map(tensor).collect();
        let got = apply(&case.op, &inputs, &case.weights, 1);
        assert_eq!(got.dims(), batched(batch, &case.shape), "{}", case.what);
        for (i, (got, expected)) in got.data().iter().zip(case.expected.repeat(batch)).enumerate() {
            // Half a unit in the last place of f32, and the rounding of the case's own constants.
            let close = (f64::from(*got) - expected).abs() <= 6.1e-8 * expected.abs() + 1e-14;
            assert!(close, "{}: element {i} is {got}, not {expected}", case.what);
        }
    }
}
