//! Exact passes where several layers use the same tensors.

use pointwise::graph::{Graph, Maker, Node, NodeId};
use pointwise::op::{BatchNorm, Linear, Op};
use pointwise::rewrite::{Between, Form, PASSES, Refinement, Refusal, Request, dead, duplicate, fold_norm, merge_conv, refine};
use pointwise::shape::{Reason, infer};

use super::holds;
use super::nets::{Net, conv};

/// Adds a layer that uses the tensors of another, whose operation it has.
fn again(graph: &mut Graph, name: &str, of: NodeId, input: NodeId) -> NodeId {
    let Node { op, tensors, .. } = graph.node(of).clone();
    graph.add(Node { tensors, ..Node::new(name, op, vec![input]) })
}

fn bn() -> Op {
    Op::BatchNorm(BatchNorm { eps: 1e-5, affine: true })
}

/// Two towers `l -> r` on images of their own, of which the second uses the tensors of `shared`.
fn towers(first: &Op, second: &Op, shared: [bool; 2]) -> Net {
    let mut net = Net::new();
    let images = ["left", "right"].map(|name| net.add(name, Op::Input(super::shape(&[4, 5, 5])), &[]));
    let a = net.add("left.a", first.clone(), &images[..1]);
    let b = net.add("left.b", second.clone(), &[a]);
    let (graph, own) = (&mut net.graph, |name: &str, op: &Op, input| Node::new(name, op.clone(), vec![input]));
    let c = if shared[0] { again(graph, "right.a", a, images[1]) } else { graph.add(own("right.a", first, images[1])) };
    let d = if shared[1] { again(graph, "right.b", b, c) } else { graph.add(own("right.b", second, c)) };
    graph.add_output("y", b);
    graph.add_output("z", d);
    net
}

/// Who shares a layer's tensors goes on needing them as they are: folded, the network would have more weights.
#[test]
fn norms_are_not_folded_where_tensors_are_shared() {
    let layer = Op::Conv(conv(6, 3, 1, 1));
    for shared in [[true, true], [true, false], [false, true]] {
        let net = towers(&layer, &bn(), shared).finish();
        assert_eq!(holds(&net, fold_norm::run).len(), 6, "{shared:?}");
    }
    assert_eq!(holds(&towers(&layer, &bn(), [false, false]).finish(), fold_norm::run).len(), 4);
}

#[test]
fn layers_are_not_merged_where_tensors_are_shared() {
    let (first, second) = (Op::Conv(conv(12, 1, 1, 0)), Op::Conv(conv(4, 1, 1, 0)));
    for shared in [[true, true], [true, false], [false, true]] {
        let net = towers(&first, &second, shared).finish();
        assert_eq!(holds(&net, merge_conv::run).len(), 6, "{shared:?}");
    }
    assert_eq!(holds(&towers(&first, &second, [false, false]).finish(), merge_conv::run).len(), 4);
}

/// A normalisation between two that share a layer is no reason to give up the rest of the network.
#[test]
fn other_layers_are_folded_as_before() {
    let mut net = towers(&Op::Conv(conv(6, 3, 1, 1)), &bn(), [true, true]);
    let last = net.graph.find("right.b").expect("it is there");
    let x = net.conv_bn("own", conv(3, 1, 1, 0), last);
    net.graph.add_output("w", x);
    let names = holds(&net.finish(), fold_norm::run);
    assert_eq!(names.last().map(String::as_str), Some("own.conv"));
    assert_eq!(names.len(), 7);
}

#[test]
fn a_layer_that_does_the_same_with_the_same_tensors_is_computed_once() {
    let mut net = Net::new();
    let image = net.input(&[4, 5, 5]);
    let other = net.add("other", Op::Input(super::shape(&[4, 5, 5])), &[]);
    let a = net.conv("a", conv(4, 3, 1, 1), image);
    let same = again(&mut net.graph, "same", a, image);
    let elsewhere = again(&mut net.graph, "elsewhere", a, other);
    let own = net.conv("own", conv(4, 3, 1, 1), image);
    // Behind duplicates there are more.
    let n = net.bn("a", a);
    let m = again(&mut net.graph, "m", n, same);
    for (i, id) in [m, n, elsewhere, own].into_iter().enumerate() {
        net.graph.add_output(format!("y{i}"), id);
    }
    assert_eq!(holds(&net.finish(), duplicate::run), ["image", "other", "a.conv", "elsewhere", "own.conv", "a.bn"]);
}

#[test]
fn tensors_that_nothing_uses_go_and_others_stay() {
    let mut net = Net::new();
    let image = net.input(&[4, 5, 5]);
    let a = net.conv("a", conv(4, 3, 1, 1), image);
    again(&mut net.graph, "same", a, image);
    net.conv_bn("dead", conv(4, 3, 1, 1), image);
    net.graph.add_output("y", a);
    let net = net.finish();
    assert_eq!(net.graph().tensors().count(), 6);
    assert_eq!(holds(&net, dead::run), ["image", "a.conv"]);
    let after = infer(dead::run(&net).graph).expect("it fits");
    let left: Vec<_> = after.graph().tensors().map(|(_, info)| (info.name(), info.users)).collect();
    assert_eq!(left, [("a.conv.weight".to_owned(), 1)]);
}

/// No pass makes a network learn more than before, however layers share.
#[test]
fn no_pass_adds_parameters_to_shared_layers() {
    let linear = |out| Op::Linear(Linear { out, bias: false });
    for [first, second] in [[linear(9), linear(7)], [Op::Conv(conv(4, 1, 1, 0)), bn()], [linear(9), bn()]] {
        for shared in [[true, true], [true, false], [false, true]] {
            let net = towers(&first, &second, shared).finish();
            let before = pointwise::weights::weight_bytes(&net);
            for run in PASSES.iter().filter_map(|info| info.run) {
                let after = infer(run(&net).graph).expect("it fits");
                assert!(pointwise::weights::weight_bytes(&after) <= before, "{shared:?}");
                holds(&net, run);
            }
        }
    }
}

#[test]
fn layers_that_share_tensors_take_one_form() {
    let layer = Op::Conv(conv(8, 3, 1, 1));
    let net = towers(&layer, &bn(), [true, true]).finish();
    let request = |name: &str, r| Request {
        node: net.graph().find(name).expect("it is there"),
        how: Refinement { form: Form::Reduce { r }, between: Between::Nonlinear },
        by: Maker::Optimizer,
    };
    let rejected = refine(&net, &[request("left.a", 2), request("right.a", 1)]).expect_err("two forms of one weight");
    assert_eq!((rejected.request, rejected.refusal), (1, Refusal::Twice));
    let same = refine(&net, &[request("left.a", 2), request("right.a", 2)]).expect("one form");
    assert_eq!(same.changes.len(), 2);
    let after = infer(same.graph).expect("it fits");
    let names: Vec<_> = after.graph().tensors().map(|(_, info)| (info.name(), info.users)).collect();
    let convs: Vec<_> = names.iter().filter(|(name, _)| name.starts_with("left.a") && !name.contains(".bn.")).collect();
    assert_eq!(convs, [&("left.a.reduce.weight".to_owned(), 2), &("left.a.weight".to_owned(), 2)], "{names:?}");
}

#[test]
fn a_layer_with_more_tensors_than_it_needs_does_not_fit() {
    let mut net = Net::new();
    let image = net.input(&[4, 5, 5]);
    let first = net.conv("a", conv(4, 1, 1, 0), image);
    let tensors = [net.graph.node(first).tensors.clone(), net.graph.node(first).tensors.clone()].concat();
    let op = net.graph.node(first).op.clone();
    let second = net.graph.add(Node { tensors, ..Node::new("b", op, vec![first]) });
    net.graph.add_output("y", second);
    assert_eq!(infer(net.graph).expect_err("it does not fit").reason, Reason::Tensors { have: 2, need: 1 });
}
