//! From a layer to the next one that matters, through what stands between.

use super::only_reader;
use crate::graph::{Graph, NodeId};
use crate::op::Class;

/// What stands between layers comes in ones and twos; the limit keeps a chain of a thousand activations linear.
const MOST: usize = 8;

/// The node that a value comes from, seen through nodes of such classes along their first inputs: `from` itself where it is
/// of another class; `None` where too many stand in a row.
#[must_use]
pub fn behind(graph: &Graph, from: NodeId, passes: impl Fn(Class) -> bool) -> Option<NodeId> {
    let back = std::iter::successors(Some(from), |id| graph.node(*id).inputs.first().copied());
    back.take(MOST).find(|id| !passes(graph.node(*id).op.class()))
}

/// The last node that a value comes to through nodes of such classes, each the only reader of the one before; `from` itself
/// where its reader is of another class or not the only one.
#[must_use]
pub fn ahead(graph: &Graph, from: NodeId, passes: impl Fn(Class) -> bool) -> NodeId {
    let next = |id: &NodeId| only_reader(graph, *id).filter(|reader| passes(graph.node(*reader).op.class()));
    std::iter::successors(Some(from), next).take(MOST + 1).last().unwrap_or(from)
}
