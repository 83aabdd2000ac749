//! Exact pass: removes nodes that no output needs. Network inputs stay: they are part of its signature.

use super::rebuild::Rebuild;
use super::{Change, Rewrite};
use crate::graph::NodeMap;
use crate::op::Op;
use crate::shape::Shaped;
use crate::weights::Weights;

/// Removes every node that reaches no output, with its weights.
#[must_use]
pub fn run(shaped: &Shaped, weights: Option<&Weights>) -> Rewrite {
    let graph = shaped.graph();
    let mut live = NodeMap::with_bound(graph.bound());
    for (_, output) in graph.outputs() {
        live.insert(*output, ());
    }
    // Users come after their inputs, so one walk backwards settles every node.
    for &id in shaped.order().iter().rev() {
        if live.get(id).is_some() || matches!(graph.node(id).op, Op::Input(_)) {
            live.insert(id, ());
            for input in &graph.node(id).inputs {
                live.insert(*input, ());
            }
        }
    }
    let mut build = Rebuild::new(shaped);
    let mut changes = Vec::new();
    for &id in shaped.order() {
        if live.get(id).is_some() {
            build.keep(id);
        } else {
            changes.push(Change::exact("dead", [&graph.node(id).name], "no output needs it"));
        }
    }
    Rewrite::new(build.finish(), changes, weights.cloned())
}
