//! How data flows: readers, lifetimes, reachability, trunk, groups that fuse, and graphs that come unordered.

use proptest::prelude::*;

use pointwise::flow::{Fusion, Lifetimes, needed_by, only_reader, trunk};
use pointwise::graph::unordered::{Place, Unordered};
use pointwise::graph::{Graph, Node, NodeId};
use pointwise::op::{GroupNorm, Op, Shape};

use crate::memory::random;
use crate::net::{Net, bn, concat, conv, linear, maxpool, plus, relu};

/// As large as a network may well be, and deep enough for anything that recurses to overflow the stack.
const LARGE: usize = 100_000;

fn names(net: &Graph, ids: &[NodeId]) -> Vec<String> {
    ids.iter().map(|id| net.node(*id).name.to_string()).collect()
}

/// Sums of a value and its activation, one after the other.
fn residual(layers: usize) -> Net {
    let mut net = Net::new();
    let mut x = net.input("x", &[1, 1, 1]);
    for i in 0..layers / 2 {
        let branch = net.add(&format!("branch{i}"), relu(), &[x]);
        x = net.add(&format!("sum{i}"), plus(), &[x, branch]);
    }
    net.output(x);
    net
}

#[test]
fn values_know_their_readers() {
    let mut net = Net::new();
    let x = net.input("x", &[2, 4, 4]);
    let a = net.add("a", relu(), &[x]);
    let twice = net.add("twice", plus(), &[a, a]);
    let last = net.add("last", relu(), &[twice]);
    net.output(last);
    net.output(twice);
    let uses = [x, a, twice, last].map(|id| net.graph.uses(id));
    assert_eq!(uses, [1, 2, 2, 1]);
    let readers = [x, a, twice, last].map(|id| only_reader(&net.graph, id));
    assert_eq!(readers, [Some(a), None, None, None]);
}

#[test]
fn tensors_live_from_their_maker_to_their_last_reader() {
    let mut net = Net::new();
    let x = net.input("x", &[2, 4, 4]);
    let unread = net.input("unread", &[2, 4, 4]);
    let a = net.add("a", relu(), &[x]);
    let view = net.add("view", Op::Identity, &[a]);
    let dead = net.add("dead", relu(), &[x]);
    let late = net.add("late", plus(), &[view, view]);
    let last = net.add("last", relu(), &[late]);
    net.output(late);
    net.output(last);
    let shaped = net.shaped();
    let life = Lifetimes::new(&shaped);
    assert_eq!(life.steps(), [a, view, dead, late, last]);
    let told: Vec<_> = life.storages().iter().map(|t| (t.owner, t.born, t.last)).collect();
    assert_eq!(told, [(x, 0, 2), (unread, 0, 0), (a, 0, 3), (dead, 2, 2), (late, 3, 4), (last, 4, 4)]);
    assert_eq!(life.storage_of(view), life.storage_of(a));
    assert_eq!((life.made_at(1), life.made_at(3)), (None, Some(life.storage_of(late))));
    assert_eq!(life.read_at_step(3).collect::<Vec<_>>(), [life.storage_of(a)], "each tensor once");
    assert_eq!(life.live_bytes(|_| 1), [3, 2, 3, 2, 2]);
    let fused = Lifetimes::fused(&shaped);
    let told: Vec<_> = fused.storages().iter().map(|t| (t.owner, t.born, t.last)).collect();
    // `late` is written over what `a` made; what is brought (`x`) or asked for (`late`) stays.
    assert_eq!(told, [(x, 0, 2), (unread, 0, 0), (a, 0, 4), (dead, 2, 2), (last, 4, 4)]);
    assert_eq!((fused.storage_of(late), fused.made_at(3)), (fused.storage_of(a), None));
    assert_eq!(fused.live_bytes(|_| 1), [3, 2, 3, 1, 2]);
    let own = Lifetimes::unshared(&shaped);
    assert!(own.dies_at(a, 1) && own.dies_at(view, 3) && !own.dies_at(view, 1), "a copied view has memory of its own");
}

#[test]
fn what_is_needed_and_what_depends() {
    let mut net = Net::new();
    let x = net.input("x", &[2, 4, 4]);
    let z = net.input("z", &[2, 4, 4]);
    let a = net.add("a", relu(), &[x]);
    let dead = net.add("dead", relu(), &[a]);
    let b = net.add("b", relu(), &[a]);
    net.output(b);
    let picked = |reach: &pointwise::graph::reach::Reach<'_>| [x, z, a, dead, b].map(|id| reach.contains(id));
    let mut needed = needed_by(&net.graph, [b]);
    assert_eq!(picked(&needed), [true, false, true, false, true]);
    assert_eq!(needed.add(dead), [dead], "what it reads was there");
    assert_eq!(needed.add(dead), []);
}

#[test]
fn the_trunk_is_what_every_path_passes() {
    let mut net = Net::new();
    let x = net.input("x", &[2, 4, 4]);
    let stem = net.add("stem", relu(), &[x]);
    let left = net.add("left", relu(), &[stem]);
    let deeper = net.add("deeper", relu(), &[left]);
    net.add("dead", relu(), &[left]);
    let sum = net.add("sum", plus(), &[stem, deeper]);
    let head = net.add("head", relu(), &[sum]);
    net.output(head);
    assert_eq!(trunk(&net.graph), [x, stem, sum, head]);
    net.output(deeper);
    assert_eq!(trunk(&net.graph), [x, stem], "outputs share only how they begin");
    let mut net = Net::new();
    let (a, b) = (net.input("a", &[2, 4, 4]), net.input("b", &[2, 4, 4]));
    let sum = net.add("sum", plus(), &[a, b]);
    net.output(sum);
    assert_eq!(trunk(&net.graph), [sum], "inputs share only how they end");
    net.output(a);
    assert_eq!(trunk(&net.graph), []);
    assert_eq!(trunk(&Graph::new("empty", None)), []);
}

/// Whether an output can be reached from an input without passing `without`.
fn avoids(net: &Graph, without: NodeId) -> bool {
    let mut open = Vec::new();
    for id in net.ids().filter(|id| *id != without) {
        let node = net.node(id);
        if matches!(node.op, Op::Input(_)) || node.inputs.iter().any(|input| open.contains(input)) {
            open.push(id);
        }
    }
    net.outputs().iter().any(|(_, id)| open.contains(id))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_trunk_holds_against_leaving_each_node_out(choices in prop::collection::vec(any::<(u8, u8, u8)>(), 1..16), outputs in any::<u8>()) {
        let net = random(&choices, outputs).graph;
        let wanted: Vec<_> = net.ids().filter(|id| !avoids(&net, *id)).collect();
        prop_assert_eq!(trunk(&net), wanted);
    }
}

#[test]
fn groups_begin_with_a_convolution_and_end_where_a_value_is_read_twice() {
    let mut net = Net::new();
    let x = net.input("x", &[4, 8, 8]);
    let a = net.add("a", Op::Conv(conv(4, 3, 1, 1)), &[x]);
    let norm = net.add("norm", bn(), &[a]);
    let act = net.add("act", relu(), &[norm]);
    let b = net.add("b", Op::Conv(conv(4, 3, 1, 1)), &[act]);
    let sum = net.add("sum", plus(), &[act, b]);
    let after = net.add("after", relu(), &[sum]);
    let pool = net.add("pool", maxpool(2, 2, 0), &[after]);
    let alone = net.add("alone", relu(), &[pool]);
    let c = net.add("c", Op::Conv(conv(4, 1, 1, 0)), &[alone]);
    let group = net.add("group", Op::GroupNorm(GroupNorm { groups: 2, eps: 1e-5, affine: true }), &[c]);
    let behind = net.add("behind", relu(), &[group]);
    let pixel = net.add("pixel", Op::Conv(conv(4, 4, 1, 0)), &[behind]);
    let wide = net.add("wide", plus(), &[pixel, behind]);
    let flat = net.add("flat", Op::Flatten, &[wide]);
    let dense = net.add("dense", linear(3), &[flat]);
    let shown = net.add("shown", relu(), &[dense]);
    net.output(shown);
    net.output(dense);
    let shaped = net.shaped();
    let fusion = Fusion::new(&shaped);
    let head = |id| fusion.head(id);
    assert_eq!([a, norm, act].map(head), [Some(a); 3]);
    assert_eq!([b, sum, after].map(head), [Some(b); 3], "the sum joins the input that only it reads");
    assert_eq!([pool, alone].map(head), [None; 2], "no convolution begins it");
    assert_eq!([c, group, behind].map(head), [Some(c), None, None], "statistics need the whole map");
    assert_eq!([pixel, wide].map(head), [Some(pixel), None], "a stretched value does not have the sum's shape");
    assert_eq!([dense, shown].map(head), [Some(dense), None], "an output is read too");
    assert_eq!([a, norm, pool].map(|id| fusion.is_epilogue(id)), [false, true, false]);
}

#[test]
fn joined_values_fuse_with_neither() {
    let mut net = Net::new();
    let x = net.input("x", &[4, 8, 8]);
    let a = net.add("a", Op::Conv(conv(4, 3, 1, 1)), &[x]);
    let both = net.add("both", concat(), &[a, x]);
    let act = net.add("act", relu(), &[both]);
    net.output(act);
    let shaped = net.shaped();
    assert_eq!([both, act].map(|id| Fusion::new(&shaped).head(id)), [None; 2]);
}

fn node(name: &str, op: Op) -> Node {
    Node::new(name, op, Vec::new())
}

fn unordered() -> Unordered {
    Unordered::new(Graph::new("test", None))
}

fn input() -> Op {
    Op::Input(Shape::new(&[1, 1, 1]).expect("a shape"))
}

#[test]
fn nodes_in_any_order_are_sorted_and_keep_theirs_where_they_may() {
    let mut net = unordered();
    let sum = net.add(node("sum", plus()));
    let b = net.add(node("b", relu()));
    let x = net.add(node("x", input()));
    let a = net.add(node("a", relu()));
    net.connect(sum, vec![a, b]);
    net.connect(a, vec![x]);
    net.connect(b, vec![x]);
    net.add_output("y", sum);
    let sorted = net.sort().expect("no cycle");
    let order: Vec<_> = sorted.ids().collect();
    assert_eq!(names(&sorted, &order), ["x", "b", "a", "sum"], "`b` came before `a`");
    assert_eq!(names(&sorted, &sorted.node(order[3]).inputs), ["a", "b"], "inputs keep their order");
    assert_eq!(sorted.outputs(), [("y".to_owned(), order[3])]);
}

#[test]
fn a_cycle_is_told_by_name() {
    let mut net = unordered();
    let x = net.add(node("x", input()));
    let [a, b, c, behind] = ["a", "b", "c", "behind"].map(|name| net.add(node(name, plus())));
    net.connect(a, vec![x, c]);
    net.connect(b, vec![a, x]);
    net.connect(c, vec![b, b]);
    net.connect(behind, vec![c, x]);
    let cycle = net.sort().expect_err("a circle");
    assert_eq!(cycle.to_string(), "nodes need each other in a circle: `b` -> `c` -> `a` -> `b`");
    let mut net = unordered();
    let own = net.add(node("own", relu()));
    net.connect(own, vec![own]);
    assert_eq!(net.sort().expect_err("a circle").nodes, ["own"]);
}

#[test]
fn large_networks_need_no_deep_stack() {
    let mut net = unordered();
    let places: Vec<Place> =
        (0..LARGE).map(|i| net.add(node(&format!("n{i}"), if i + 1 == LARGE { input() } else { relu() }))).collect();
    for pair in places.windows(2) {
        net.connect(pair[0], vec![pair[1]]);
    }
    net.add_output("y", places[0]);
    let backwards = net.sort().expect("no cycle");
    assert_eq!(trunk(&backwards).len(), LARGE, "a chain is all trunk");

    let mut circle = unordered();
    let places: Vec<Place> = (0..LARGE).map(|i| circle.add(node(&format!("n{i}"), relu()))).collect();
    for i in 0..LARGE {
        circle.connect(places[i], vec![places[(i + 1) % LARGE]]);
    }
    assert_eq!(circle.sort().expect_err("a circle").nodes.len(), LARGE);

    let net = residual(LARGE);
    assert_eq!(trunk(&net.graph).len(), 1 + LARGE / 2, "the input and the sums");
    let last = net.graph.outputs()[0].1;
    let needed = needed_by(&net.graph, [last]);
    assert!(net.graph.ids().all(|id| needed.contains(id)));
    let shaped = net.shaped();
    assert_eq!(Lifetimes::new(&shaped).live_bytes(|_| 1).into_iter().max(), Some(3));
}
