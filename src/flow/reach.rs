//! What depends on what.

use crate::graph::dominators::Dominators;
use crate::graph::reach::Reach;
use crate::graph::{Graph, NodeId};

/// The nodes and all that they are made from. With the outputs: every node that is not dead.
#[must_use]
pub fn needed_by(graph: &Graph, nodes: impl IntoIterator<Item = NodeId>) -> Reach<'_> {
    let mut reach = Reach::new(graph);
    for id in nodes {
        reach.add(id);
    }
    reach
}

/// The nodes on every path from the inputs to the outputs, in order of execution; what is on none of them is a branch.
///
/// In a residual network these are the stem, the sums and the head. Where networks begin at several inputs or end in several
/// outputs, what they do not share is no trunk.
#[must_use]
pub fn trunk(graph: &Graph) -> Vec<NodeId> {
    Dominators::new(graph).of_outputs()
}

/// The one node that reads a value, and reads it once, where nothing else does and it is no output.
#[must_use]
pub fn only_reader(graph: &Graph, id: NodeId) -> Option<NodeId> {
    graph.is_used_once(id).then(|| graph.only_user(id)).flatten()
}
