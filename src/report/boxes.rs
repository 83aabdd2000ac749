//! Which layers share a box of the drawing.
//!
//! In: a graph and its order. Out: a box for each node, numbered from 0, such that the boxes form no cycle: a block whose
//! layers stand before and after another box is drawn in several parts. No text and no places.

use std::collections::HashMap;

use super::network::is_input;
use crate::analysis::rollup::block;
use crate::graph::{Graph, NodeId};
use crate::op::Op;

/// Up to so many boxes a network is drawn layer by layer, otherwise by block.
const MOST_BOXES: usize = 130;
/// Fewer boxes show next to nothing of a large network.
const FEWEST_BOXES: usize = 8;

/// The box of each node.
pub(super) type Places = HashMap<NodeId, usize>;

/// The box of each node, and the depth of the blocks that boxes stand for: none where all layers fit, otherwise the
/// deepest that fits with every block whole, or, where that would show next to nothing, with blocks in parts.
pub(super) fn places(graph: &Graph, order: &[NodeId]) -> (Places, Option<usize>) {
    let count = |place: &Places| place.values().max().map_or(0, |m| m + 1);
    let (fine, _) = assign(graph, order, |_| None);
    if count(&fine) <= MOST_BOXES {
        return (fine, None);
    }
    let by = |depth: usize| assign(graph, order, |id| block(graph, id, depth).map(str::to_owned));
    let deepest = graph.instances().map(|(id, _)| graph.enclosing(id).count()).max().unwrap_or(1);
    let mut in_parts = None;
    for depth in (1..=deepest.min(8)).rev() {
        let (place, whole) = by(depth);
        if count(&place) <= MOST_BOXES {
            if whole && count(&place) >= FEWEST_BOXES {
                return (place, Some(depth));
            }
            in_parts.get_or_insert((place, Some(depth)));
        }
    }
    in_parts.unwrap_or_else(|| (by(1).0, Some(1)))
}

/// The box of each node: that of its block where `by` names one, otherwise shared with a sole input of one follower;
/// blocks in parts where whole ones would form a cycle. Also whether all are whole.
fn assign(graph: &Graph, order: &[NodeId], by: impl Fn(NodeId) -> Option<String>) -> (Places, bool) {
    let mut place: Places = HashMap::new();
    let mut blocks: HashMap<String, usize> = HashMap::new();
    let mut next = 0;
    for id in order {
        let name = by(*id);
        let shared = match &name {
            Some(name) => blocks.get(name).copied(),
            None => follows(graph, *id).filter(|last| by(*last).is_none()).map(|last| place[&last]),
        };
        let at = shared.unwrap_or_else(|| {
            next += 1;
            next - 1
        });
        if let Some(name) = name {
            blocks.insert(name, at);
        }
        place.insert(*id, at);
    }
    untangled(graph, order, place)
}

/// The layer whose box this one joins: its only input, which nothing else uses, if this one has no work of its own to show.
fn follows(graph: &Graph, id: NodeId) -> Option<NodeId> {
    let node = graph.node(id);
    let [before] = node.inputs.as_slice() else { return None };
    let minor = !(node.op.is_layer() || matches!(node.op, Op::Pool(_) | Op::Concat(_)));
    let alone = graph.users(*before).len() == 1 && !graph.is_output(*before) && !is_input(graph, *before);
    (minor && alone && node.origin.instance == graph.node(*before).origin.instance).then_some(*before)
}

/// Edges between boxes, each once, in ascending order.
pub(super) fn edges(graph: &Graph, order: &[NodeId], place: &Places) -> Vec<(usize, usize)> {
    let inputs = |id: &NodeId| graph.node(*id).inputs.iter().map(|input| (place[input], place[id])).collect::<Vec<_>>();
    let mut edges: Vec<_> = order.iter().flat_map(inputs).filter(|(from, to)| from != to).collect();
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// Splits boxes that lie on cycles. Each part has a level, and every edge between parts climbs, so none is left: a layer
/// joins the last part of its box only if all its other inputs are below that part. Also whether nothing was split.
fn untangled(graph: &Graph, order: &[NodeId], place: Places) -> (Places, bool) {
    let count = place.values().max().map_or(0, |m| m + 1);
    let tangled = tangled(count, &edges(graph, order, &place));
    if !tangled.contains(&true) {
        return (place, true);
    }
    let mut parts = Places::new();
    let mut levels: Vec<usize> = Vec::new();
    let mut last: HashMap<usize, usize> = HashMap::new();
    for id in order {
        let old = place[id];
        let open = last.get(&old).copied();
        let above = |except: Option<usize>| {
            let inputs = graph.node(*id).inputs.iter().filter(|input| tangled[place[*input]]).map(|input| parts[input]);
            inputs.filter(|part| Some(*part) != except).map(|part| levels[part] + 1).max().unwrap_or(0)
        };
        let joined = open.filter(|part| !tangled[old] || above(open) <= levels[*part]);
        let fresh = above(None);
        let part = joined.unwrap_or_else(|| {
            levels.push(fresh);
            levels.len() - 1
        });
        last.insert(old, part);
        parts.insert(*id, part);
    }
    (parts, false)
}

/// Which boxes lie on a cycle or between two: what is left when sources, and then sinks, are taken away again and again.
fn tangled(count: usize, edges: &[(usize, usize)]) -> Vec<bool> {
    let mut left = vec![true; count];
    peel(&mut left, edges.iter().copied());
    peel(&mut left, edges.iter().map(|(from, to)| (*to, *from)));
    left
}

/// Takes away, again and again, what no edge of what is left comes to.
fn peel(left: &mut [bool], edges: impl Iterator<Item = (usize, usize)>) {
    let mut followers = vec![Vec::new(); left.len()];
    let mut inputs = vec![0usize; left.len()];
    for (from, to) in edges.filter(|(from, to)| left[*from] && left[*to]) {
        followers[from].push(to);
        inputs[to] += 1;
    }
    let mut ready: Vec<usize> = (0..left.len()).filter(|at| left[*at] && inputs[*at] == 0).collect();
    while let Some(at) = ready.pop() {
        left[at] = false;
        for to in &followers[at] {
            inputs[*to] -= 1;
            if inputs[*to] == 0 {
                ready.push(*to);
            }
        }
    }
}
