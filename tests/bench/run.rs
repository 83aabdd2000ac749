//! What a run costs beside its arithmetic, in process: `cargo bench --bench run`.
//!
//! Chains of tiny layers, whose kernels have next to nothing to do. Prints the median time of preparing and running, as a
//! caller pays who does both each time, of running alone, and their ratio. Timings depend on the machine, so nothing fails
//! here.

#![expect(clippy::print_stdout, reason = "a benchmark reports on its standard output")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use pointwise::exec::{RunOptions, prepare, random_input, run};
use pointwise::graph::{Graph, Node};
use pointwise::op::{Activation, Conv, Op, Padding, Shape};
use pointwise::shape::{Shaped, infer};
use pointwise::weights::Weights;

fn main() {
    for layers in [100, 1_000, 10_000] {
        let net = chain(layers);
        let shape = net.shape(net.graph().inputs()[0]);
        let (weights, inputs) = (Weights::init(&net, 0), BTreeMap::from([("x".to_owned(), random_input(shape, 1, 0))]));
        let options = RunOptions::default();
        let runs = 200_000 / layers;
        let both = median(runs, || drop(run(&net, &weights, &inputs, &options).expect("it runs")));
        let mut prepared = prepare(&net, &weights, &options).expect("it fits");
        let alone = median(runs, || drop(prepared.run(&inputs).expect("it runs")));
        let ratio = both.as_secs_f64() / alone.as_secs_f64();
        println!("{layers:>6} layers  prepare and run {both:>10.1?}  run {alone:>10.1?}  ratio {ratio:.2}");
    }
}

/// Pairs of a 1x1 convolution and an activation on one pixel of four channels.
fn chain(layers: usize) -> Shaped {
    let mut graph = Graph::new("chain", None);
    let mut x = graph.add(Node::new("x", Op::Input(Shape::new(&[4, 1, 1]).expect("a shape")), Vec::new()));
    for i in 0..layers {
        let (kernel, pad) = ([1, 1], Padding::default());
        let conv =
            Conv { out: 4, kernel, stride: [1, 1], pad, dilation: [1, 1], groups: 1, bias: true, depthwise: false, line: false };
        let op = if i % 2 == 0 { Op::Conv(conv) } else { Op::Activation(Activation::Relu) };
        x = graph.add(Node::new(format!("layer{i}"), op, vec![x]));
    }
    graph.add_output("y", x);
    infer(graph).expect("it fits")
}

fn median(runs: usize, mut body: impl FnMut()) -> Duration {
    body();
    let time = |body: &mut dyn FnMut()| {
        let start = Instant::now();
        body();
        start.elapsed()
    };
    let mut samples: Vec<_> = (0..runs).map(|_| time(&mut body)).collect();
    samples.sort_unstable();
    samples[runs / 2]
}
