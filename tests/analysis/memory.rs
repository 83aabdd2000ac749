//! Peak memory against brute force: every order of execution of small random graphs.

use proptest::prelude::*;

use pointwise::graph::NodeId;
use pointwise::op::{Constant, Op, Param, Shape};

use crate::net::{Net, concat, conv, plus, relu, times};

const MAP: u64 = 4 * 16;

fn channels(net: &Net, id: NodeId) -> u64 {
    let node = net.graph.node(id);
    if let Op::Input(shape) = &node.op {
        shape.channels()
    } else if let Op::Conv(conv) = &node.op {
        conv.out
    } else if let Op::Concat(_) = &node.op {
        node.inputs.iter().map(|i| channels(net, *i)).sum()
    } else {
        channels(net, node.inputs[0])
    }
}

#[test]
fn a_residual_keeps_its_shortcut_alive() {
    let mut net = Net::new();
    let x = net.input("x", &[2, 4, 4]);
    let stem = net.add("stem", Op::Conv(conv(2, 3, 1, 1)), &[x]);
    let wide = net.add("wide", Op::Conv(conv(8, 3, 1, 1)), &[stem]);
    let act = net.add("relu", relu(), &[wide]);
    let back = net.add("back", Op::Conv(conv(2, 3, 1, 1)), &[act]);
    let sum = net.add("add", plus(), &[stem, back]);
    let view = net.add("identity", Op::Identity, &[sum]);
    net.output(view);
    let (_, analysis) = net.analyzed();
    assert_eq!(analysis.peak.at, act);
    assert_eq!(analysis.peak.alive, [(stem, 2 * MAP), (wide, 8 * MAP), (act, 8 * MAP)]);
    assert_eq!(analysis.peak.bytes, 18 * MAP);
    assert_eq!(analysis.peak.lower_bound, 18 * MAP, "a chain with a shortcut has one order only");
    // The activation is written over what `wide` made, and the sum over what `back` made.
    assert_eq!((analysis.fused_peak.at, analysis.fused_peak.bytes), (back, 12 * MAP));
}

#[test]
fn outputs_stay_and_views_cost_nothing() {
    let mut net = Net::new();
    let x = net.input("x", &[1, 4, 4]);
    let kept = net.add("kept", relu(), &[x]);
    let view = net.add("flatten", Op::Flatten, &[kept]);
    let next = net.add("next", relu(), &[kept]);
    let last = net.add("last", relu(), &[next]);
    net.output(view);
    net.output(last);
    let (_, analysis) = net.analyzed();
    // At `last`: the kept map (an output, under its view's name), `next` and `last` itself.
    assert_eq!(analysis.peak.at, last);
    assert_eq!(analysis.peak.alive, [(kept, MAP), (next, MAP), (last, MAP)]);
}

/// A layer scale has weights, and neither writes an activation nor sees a pixel of its own.
#[test]
fn what_is_stored_is_no_activation() {
    let mut net = Net::new();
    let x = net.input("x", &[96, 4, 4]);
    let stem = net.add("stem", relu(), &[x]);
    let gamma = net.add("gamma", Op::Param(Param { shape: Shape::new(&[96, 1, 1]).expect("a shape"), init: 0.0 }), &[]);
    let half = net.add("half", Op::Constant(Constant { shape: Shape::new(&[1]).expect("a shape"), values: [0.5].into() }), &[]);
    let scaled = net.add("scaled", times(), &[stem, gamma, half]);
    net.output(scaled);
    let (_, analysis) = net.analyzed();
    let layer = |id| analysis.layer(id).expect("a layer");
    let (learned, given) = (layer(gamma), layer(half));
    assert_eq!((learned.params, learned.weight_bytes, learned.read_bytes, learned.write_bytes), (96, 4 * 96, 0, 0));
    assert_eq!((given.params, given.weight_bytes, given.read_bytes, given.write_bytes), (0, 0, 0, 0));
    assert_eq!((learned.macs, learned.receptive.field), (0, [0; 2]));
    assert_eq!(layer(scaled).read_bytes, 96 * MAP + 4 * 96 + 4, "each use reads what is stored");
    assert_eq!((layer(scaled).receptive, analysis.totals.params), (layer(stem).receptive, 96));
    assert_eq!(analysis.peak.alive, [(x, 96 * MAP), (stem, 96 * MAP)]);
    assert_eq!(analysis.totals.peak_activation_bytes, 2 * 96 * MAP);
}

#[test]
fn a_network_of_inputs_alone() {
    let mut net = Net::new();
    let x = net.input("x", &[1, 4, 4]);
    net.output(x);
    let (_, analysis) = net.analyzed();
    assert_eq!((analysis.peak.at, analysis.peak.bytes, analysis.peak.lower_bound), (x, MAP, MAP));
}

/// A random graph from a list of choices: what each node is and which earlier nodes it reads.
pub fn random(choices: &[(u8, u8, u8)], outputs: u8) -> Net {
    let mut net = Net::new();
    let mut nodes = vec![net.input("a", &[3, 4, 4]), net.input("b", &[2, 4, 4])];
    for (i, (kind, first, second)) in choices.iter().enumerate() {
        let pick = |choice: u8| nodes[usize::from(choice) % nodes.len()];
        let name = format!("n{i}");
        let (a, b) = (pick(*first), pick(*second));
        nodes.push(match kind % 5 {
            0 => net.add(&name, Op::Conv(conv(1 + u64::from(second % 7), 1, 1, 0)), &[a]),
            1 if channels(&net, a) == channels(&net, b) => net.add(&name, plus(), &[a, b]),
            2 => net.add(&name, concat(), &[a, b]),
            3 => net.add(&name, Op::Identity, &[a]),
            _ => net.add(&name, relu(), &[a]),
        });
    }
    net.output(*nodes.last().expect("nodes"));
    if outputs > 0 {
        net.output(nodes[usize::from(outputs) % nodes.len()]);
    }
    net
}

/// The memory that an order needs, straight from the definition.
fn simulate(net: &Net, shape: &impl Fn(NodeId) -> Shape, order: &[NodeId]) -> u64 {
    let root = |mut id: NodeId| {
        while matches!(net.graph.node(id).op, Op::Identity) {
            id = net.graph.node(id).inputs[0];
        }
        id
    };
    let bytes = |id: NodeId| 4 * shape(id).elements().expect("small");
    let last = |tensor: NodeId| {
        let reads = |id: &NodeId| net.graph.node(*id).inputs.iter().any(|input| root(*input) == tensor);
        let output = net.graph.outputs().iter().any(|(_, id)| root(*id) == tensor);
        if output { Some(order.len() - 1) } else { order.iter().rposition(reads) }
    };
    let tensors: Vec<_> = net.graph.ids().filter(|id| root(*id) == *id).collect();
    let life: Vec<_> = tensors
        .iter()
        .map(|id| {
            let born = order.iter().position(|step| step == id).unwrap_or(0);
            (born, last(*id).unwrap_or(born), bytes(*id))
        })
        .collect();
    (0..order.len()).map(|step| life.iter().filter(|(b, l, _)| *b <= step && step <= *l).map(|l| l.2).sum()).max().unwrap_or(0)
}

/// The memory that an order needs where element-wise work is done in place: a machine that runs it, buffer by buffer.
fn simulate_in_place(net: &Net, shape: &impl Fn(NodeId) -> Shape, order: &[NodeId]) -> u64 {
    let graph = &net.graph;
    let bytes = |id: NodeId| 4 * shape(id).elements().expect("small");
    // The buffer of each node, named after its first user.
    let mut buffer: Vec<(NodeId, NodeId)> = graph.ids().filter(|id| !order.contains(id)).map(|id| (id, id)).collect();
    let mut most = 0;
    for (step, id) in order.iter().enumerate() {
        let node = graph.node(*id);
        let held = |id: NodeId| buffer.iter().find(|(of, _)| *of == id).expect("it was computed").1;
        let is_mine = |of: NodeId, with: NodeId| buffer.iter().any(|(node, name)| *node == of && *name == with);
        let is_asked = |name: NodeId| graph.outputs().iter().any(|(_, out)| is_mine(*out, name));
        let is_read = |name: NodeId, from: usize| {
            order[from..].iter().any(|id| graph.node(*id).inputs.iter().any(|input| is_mine(*input, name)))
        };
        let elementwise = matches!(node.op, Op::Activation(_) | Op::Elementwise(_));
        let free = |input: &&NodeId| {
            let name = held(**input);
            !matches!(graph.node(name).op, Op::Input(_)) && !is_read(name, step + 1) && !is_asked(name)
        };
        let over = if matches!(node.op, Op::Identity) {
            node.inputs.first()
        } else {
            node.inputs.iter().find(|i| elementwise && free(i))
        };
        let name = over.map_or(*id, |input| held(*input));
        let mut alive: Vec<NodeId> = buffer.iter().map(|(_, name)| *name).filter(|n| is_read(*n, step) || is_asked(*n)).collect();
        // An input that nothing reads is there while the first layer runs.
        alive.extend(graph.ids().filter(|id| step == 0 && matches!(graph.node(*id).op, Op::Input(_))));
        alive.push(name);
        alive.sort_unstable();
        alive.dedup();
        most = most.max(alive.into_iter().map(bytes).sum());
        buffer.push((*id, name));
    }
    most
}

/// Calls `each` with every order of the layers.
fn orders(net: &Net, done: &mut Vec<NodeId>, each: &mut impl FnMut(&[NodeId])) {
    let layers: Vec<_> = net.graph.ids().filter(|id| !matches!(net.graph.node(*id).op, Op::Input(_))).collect();
    if done.len() == layers.len() {
        each(done);
        return;
    }
    let ready = |id: &NodeId, done: &[NodeId]| {
        let made = |input: &NodeId| done.contains(input) || matches!(net.graph.node(*input).op, Op::Input(_));
        !done.contains(id) && net.graph.node(*id).inputs.iter().all(made)
    };
    for id in layers {
        if ready(&id, done) {
            done.push(id);
            orders(net, done, each);
            done.pop();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// The peak is that of the order, the witness adds up to it, and no order whatever needs less than the bound.
    #[test]
    fn peak_and_bound_hold_against_every_order(choices in prop::collection::vec(any::<(u8, u8, u8)>(), 1..7), outputs in any::<u8>()) {
        let net = random(&choices, outputs);
        let copy = random(&choices, outputs);
        let (shaped, analysis) = copy.analyzed();
        let shape = |id| shaped.shape(id);
        let given: Vec<_> = shaped.order().iter().copied().filter(|id| analysis.layer(*id).is_some()).collect();
        prop_assert_eq!(analysis.peak.bytes, simulate(&net, &shape, &given));
        prop_assert_eq!(analysis.peak.bytes, analysis.peak.alive.iter().map(|(_, bytes)| bytes).sum::<u64>());
        prop_assert_eq!(analysis.fused_peak.bytes, simulate_in_place(&net, &shape, &given));
        prop_assert!(analysis.fused_peak.bytes <= analysis.peak.bytes);
        prop_assert_eq!(analysis.fused_peak.bytes, analysis.totals.fused_peak_activation_bytes);
        let mut best = u64::MAX;
        orders(&net, &mut Vec::new(), &mut |order| best = best.min(simulate(&net, &shape, order)));
        prop_assert!(analysis.peak.lower_bound <= best, "bound {} above the best order's {}", analysis.peak.lower_bound, best);
        prop_assert!(best <= analysis.peak.bytes);
    }

    /// What a peak budget is held against is what the analysis finds.
    #[test]
    fn the_optimizer_sees_the_same_peak(choices in prop::collection::vec(any::<(u8, u8, u8)>(), 1..24), outputs in any::<u8>()) {
        let (shaped, analysis) = random(&choices, outputs).analyzed();
        for (fused, peak) in [(false, analysis.peak.bytes), (true, analysis.fused_peak.bytes)] {
            let around = pointwise::rewrite::live::around(&shaped, &pointwise::rewrite::live::lifetimes(&shaped, fused));
            let most = shaped.order().iter().filter_map(|id| around.get(*id)).map(|around| around.all).max();
            prop_assert_eq!(most, Some(peak));
        }
    }
}
