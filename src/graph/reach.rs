//! What a node is made from.
//!
//! In: a [`Graph`] and nodes to start at. Out: marked nodes. Every node is visited once however many starts there are, and
//! nothing recurses. Nothing here knows what operations mean.

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{Dfs, Reversed, VisitMap, Visitable};

use super::{Graph, Node, NodeId};

type Seen = <DiGraph<Node, ()> as Visitable>::Map;

/// A growing set of nodes that is closed under taking inputs.
#[derive(Debug)]
pub struct Reach<'g> {
    graph: &'g Graph,
    walk: Dfs<NodeIndex, Seen>,
}

impl<'g> Reach<'g> {
    /// Nothing yet; with each node come all those that it is made from.
    #[must_use]
    pub fn new(graph: &'g Graph) -> Self {
        Self { graph, walk: Dfs::empty(&graph.nodes) }
    }

    /// Adds a node with all that come with it; returns those that are new, in no particular order.
    pub fn add(&mut self, from: NodeId) -> Vec<NodeId> {
        self.walk.move_to(from.index());
        let next = || self.walk.next(Reversed(&self.graph.nodes));
        std::iter::from_fn(next).map(NodeId::from_index).collect()
    }

    /// Whether a node is in the set.
    #[must_use]
    pub fn contains(&self, id: NodeId) -> bool {
        self.walk.discovered.is_visited(&id.index())
    }
}
