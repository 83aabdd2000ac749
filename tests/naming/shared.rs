//! Which number, tensors and marks a layer gets where others ask for the same.

use pointwise::graph::path::Pattern;
use pointwise::graph::{Graph, Node, print};
use pointwise::op::{Linear, Op, Shape};
use pointwise::rewrite::{Between, Form, Refinement, Request, refine};
use pointwise::shape::infer;

use super::{layers, network};

const UNIT: &str = "block unit(x) {\n    return x -> conv(8, 1) -> conv(8, 3, pad=1)\n}\n\n";

/// The layers that come after inputs, in order of execution.
fn names(text: &str) -> Vec<String> {
    let network = network(text);
    let graph = network.shaped.graph();
    network.shaped.order().iter().skip(1).map(|id| graph.node(*id).name.to_string()).collect()
}

#[test]
fn numbers_give_way_to_names_that_are_written_later_and_in_loops() {
    let block = "block one(x) {\n    return x -> conv(8, 1)\n}\n\n";
    let body = "net n {\n    input x: [8, 3, 3]\n    y = x -> one\n    y = y -> one\n    y_2 = y -> one\n    for i in 0..1 {\n        y_3 = y_2 -> one\n        y_2 = y_3\n    }\n    output z = y + y_2\n}\n";
    assert_eq!(names(&format!("{block}{body}")), ["y.conv", "y_4.conv", "y_2.conv", "y_3.0.conv", "z.add"]);
}

#[test]
fn a_rebound_input_of_a_block_lends_no_path() {
    let text = "block one(x) {\n    return x -> conv(8, 1)\n}\n\nblock outer(x) {\n    x = x -> one\n    return x\n}\n\nnet n {\n    input i: [8, 3, 3]\n    output a = i -> outer\n}\n";
    assert_eq!(names(text), ["a.one.conv"]);
}

#[test]
fn tensors_of_one_set_are_numbered_alike_in_every_use() {
    let text =
        format!("{UNIT}net n {{\n    input x: [8, 3, 3]\n    shared s = unit\n    a = x -> s\n    output b = a -> s\n}}\n");
    let layers = layers(&network(&text));
    for (name, set) in [("a.conv", "s.conv"), ("a.conv_2", "s.conv_2"), ("b.conv", "s.conv"), ("b.conv_2", "s.conv_2")] {
        assert_eq!(layers[name].1, [format!("{set}.weight"), format!("{set}.bias")], "{name}");
    }
}

#[test]
fn marks_of_a_set_hold_for_its_uses_and_those_of_a_use_come_first() {
    let text = "net n {\n    input x: [8, 3, 3]\n    @keep\n    @bottleneck(channels=2)\n    shared s = conv(8, 1)\n    a = x -> s\n    @bottleneck(channels=3)\n    output b = a -> s\n}\n";
    let network = network(text);
    let graph = network.shaped.graph();
    for (name, channels) in [("a.conv", 2), ("b.conv", 3)] {
        let marks = graph.node(graph.find(name).expect("it is there")).directives;
        assert!(marks.keep, "{name}");
        assert_eq!(marks.bottleneck.and_then(|mark| mark.channels), Some(channels), "{name}");
    }
}

fn linear() -> Op {
    Op::Linear(Linear { out: 4, bias: false })
}

fn graph_with_input() -> (Graph, pointwise::graph::NodeId) {
    let mut graph = Graph::new("n", None);
    let input = graph.add(Node::new("x", Op::Input(Shape::new(&[4]).expect("a shape")), Vec::new()));
    (graph, input)
}

#[test]
fn a_layer_gives_way_to_a_set_of_its_name() {
    let (mut graph, input) = graph_with_input();
    let first = graph.add_owned(Node::new("a", linear(), vec![input]), &"w".into());
    let second = graph.add(Node::new("w", linear(), vec![first]));
    assert_eq!(graph.node(second).name, "w_2");
}

/// Two layers may use the tensors that one of them is called after: in print too there is one set.
#[test]
fn tensors_of_a_layer_that_another_uses_are_printed_as_one_set() {
    let (mut graph, input) = graph_with_input();
    let first = graph.add(Node::new("a", linear(), vec![input]));
    let tensors = graph.node(first).tensors.clone();
    let second = graph.add(Node { tensors, ..Node::new("b", linear(), vec![first]) });
    graph.add_output("y", second);
    let text = print::print(&graph);
    assert_eq!(network(&text).analysis.totals.params, 16, "{text}");
}

#[test]
fn what_is_counted_is_still_so_after_a_rewrite() {
    let text = format!("{UNIT}net n {{\n    input x: [8, 3, 3]\n    output y = x -> unit\n}}\n");
    let network = network(&text);
    let node = network.shaped.graph().find("y.conv_2").expect("it is there");
    let how = Refinement { form: Form::Reduce { r: 2 }, between: Between::Nonlinear };
    let request = Request { node, how, by: pointwise::graph::Maker::Optimizer };
    let after = infer(refine(&network.shaped, &[request]).expect("it fits").graph).expect("it fits");
    assert!(after.graph().is_counted("y.conv_2"));
}

/// Only a pattern that writes the number hangs on it; one with a star there takes whatever it is.
#[test]
fn patterns_hang_on_the_numbers_that_they_write() {
    let text = format!("{UNIT}net n {{\n    input x: [8, 3, 3]\n    output y = x -> unit\n}}\n");
    let network = network(&text);
    for (pattern, counted) in [("y.conv_2", true), ("*.conv_2", true), ("y.conv_*", false), ("y.*", false), ("y.*.conv_2", false)]
    {
        let pattern = Pattern::parse(pattern).expect("a pattern");
        assert_eq!(network.shaped.graph().counted_in(&pattern).is_some(), counted, "{pattern}");
    }
}
