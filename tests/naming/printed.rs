//! Two instances never share a path, and a graph that is printed and read again has the same names, weights and work.

use std::collections::BTreeSet;

use pointwise::compile::Network;
use pointwise::graph::{Graph, Node, NodeId, print};
use pointwise::op::{Activation, Conv, Op, Padding, Shape};
use pointwise::shape::{Shaped, infer};

use super::common::{model, zoo};
use super::program::program;
use super::{compiled, layers, network};

/// What must be the same after printing.
fn meaning(network: &Network) -> (Vec<String>, impl PartialEq + std::fmt::Debug, [u64; 5]) {
    let graph = network.shaped.graph();
    let ends = graph.inputs().iter().map(|id| graph.node(*id).name.to_string());
    let ends = ends.chain(graph.outputs().iter().map(|(name, _)| name.clone())).collect();
    let totals = &network.analysis.totals;
    (ends, layers(network), [totals.layers, totals.params, totals.buffers, totals.macs, totals.peak_activation_bytes])
}

fn check_printed(network: &Network, what: &str) {
    let text = print::print(network.shaped.graph());
    let again = compiled(&text);
    let errors: Vec<_> = again.diagnostics.iter().filter(|d| d.is_error()).map(|d| &d.message).collect();
    let again = again.network.unwrap_or_else(|| panic!("{what}\nprinted\n{text}\nhas errors: {errors:?}"));
    assert_eq!(meaning(&again), meaning(network), "{what}\nprinted\n{text}");
}

/// Networks of random programs; those that are refused are refused for a name that is taken.
fn random_networks(seeds: std::ops::Range<u64>) -> Vec<(String, Network)> {
    let mut found = Vec::new();
    for seed in seeds {
        let text = program(seed);
        let compiled = compiled(&text);
        let errors: Vec<_> = compiled.diagnostics.iter().filter(|d| d.is_error()).map(|d| &d.message).collect();
        let foreign = errors.iter().find(|message| !message.starts_with("two layers are called"));
        assert_eq!(foreign, None, "seed {seed}:\n{text}");
        if let Some(network) = compiled.network.filter(|_| errors.is_empty()) {
            found.push((text, network));
        }
    }
    found
}

#[test]
fn two_instances_never_share_a_path() {
    let mut instances = 0;
    let networks = random_networks(0..1500);
    assert!(networks.len() > 700, "only {} programs are right", networks.len());
    for (text, network) in networks {
        let graph = network.shaped.graph();
        let paths: Vec<_> = graph.instances().map(|(_, instance)| instance.path.to_string()).collect();
        let distinct: BTreeSet<_> = paths.iter().collect();
        assert_eq!(distinct.len(), paths.len(), "{paths:?}\n{text}");
        for id in network.shaped.order() {
            let node = graph.node(*id);
            let Some(instance) = node.origin.instance else { continue };
            let path = &graph.instance(instance).path;
            assert!(node.name.starts_with(&format!("{path}.")), "{} is not in {path}\n{text}", node.name);
        }
        instances += paths.len();
    }
    assert!(instances > 5000, "only {instances}");
}

#[test]
fn random_programs_keep_their_names_in_print() {
    for (text, network) in random_networks(2000..2800) {
        check_printed(&network, &text);
    }
}

/// Arithmetic is written with its signs, whatever they bind; a negative base stands in parentheses.
#[test]
fn arithmetic_is_kept_in_print() {
    let text = "net n {
    input x: [8, 7, 5]
    input row: [5]
    a = x / row -> sqrt -> clamp(max=6)
    b = (-2) ** a
    c = -(2 / b ** -3)
    d = min(c, 6) - max(x, -1)
    e = div(d, row, x) -> gelu(tanh) -> softplus(2) -> hard_sigmoid(alpha=0.2)
    f = pow(e, row) + (x -> log_softmax(-1))
    tanh = round(f) -> celu(0.5) -> thresholded_relu(0.1)
    output y = tanh ** tanh -> gelu(\"tanh\")
    output z = min(x, row, a)
}
";
    let network = network(text);
    check_printed(&network, text);
    let printed = print::print(network.shaped.graph());
    for part in ["x / row", "(-2.0) ** a", "b ** -3.0", "min(c, 6.0)", "e ** row", "min(x, row, a)", "gelu(\"tanh\")"] {
        assert!(printed.contains(part), "{part} in\n{printed}");
    }
}

#[test]
fn the_zoo_keeps_its_names_in_print() {
    for name in zoo() {
        check_printed(&model(&name, &[]).network.expect("it has no errors"), &name);
    }
}

/// A graph as it comes from another format: names of any characters, tensors of other owners.
fn foreign(names: &[&str]) -> Shaped {
    let shape = Shape::new(&[4, 3, 3]).expect("a shape");
    let conv = || {
        Op::Conv(Conv {
            out: 4,
            kernel: [1, 1],
            stride: [1, 1],
            pad: Padding::default(),
            dilation: [1, 1],
            groups: 1,
            bias: true,
            depthwise: false,
            line: false,
        })
    };
    let mut graph = Graph::new("net of/another.format", None);
    let mut last: NodeId = graph.add(Node::new("in.put:0", Op::Input(shape), Vec::new()));
    for (at, name) in names.iter().enumerate() {
        let op = if at % 3 == 1 { Op::Activation(Activation::Relu) } else { conv() };
        let node = Node::new(*name, op, vec![last]);
        last = if at % 3 == 2 {
            let owner = graph.free(&format!("weights of {at}").into());
            graph.add_owned(node, &owner)
        } else {
            graph.add(node)
        };
    }
    graph.add_output("out.put:0", last);
    infer(graph).expect("it fits")
}

#[test]
fn names_that_are_no_identifiers_are_kept_in_print() {
    let names = [
        "/layer1/layer1.0/conv1/Conv",
        "/layer1/layer1.0/relu/Relu",
        "input",
        "shared",
        "as",
        "for.in",
        "0",
        "0.conv",
        "1.0.0",
        "größe",
        "a b",
        "a  b",
        "#",
        "\"",
        "a+b",
        "++",
        "x.conv_2",
        "x.conv",
        "x.conv_3",
        "conv",
        "relu",
        "same",
        "none.conv",
        "->",
        "\\",
        "😀",
        "_",
        "a.b.c.d.e.f",
        "layer.conv_02",
        "sqrt",
        "net",
    ];
    for count in [1, 2, 3, 5, 8, 16, names.len()] {
        for turn in 0..names.len() {
            let mut rotated = names.to_vec();
            rotated.rotate_left(turn);
            let shaped = foreign(&rotated[..count]);
            let text = print::print(shaped.graph());
            let again = network(&text);
            let named = |shaped: &Shaped| -> Vec<_> {
                let graph = shaped.graph();
                let tensors = |id: NodeId| graph.node(id).tensors.iter().map(|t| graph.tensor(*t).name()).collect::<Vec<_>>();
                shaped.order().iter().map(|id| (graph.node(*id).name.to_string(), tensors(*id))).collect()
            };
            assert_eq!(named(&again.shaped), named(&shaped), "\n{text}");
            assert_eq!(again.shaped.graph().outputs()[0].0, "out.put:0");
        }
    }
}
