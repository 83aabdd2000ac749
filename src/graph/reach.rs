//! What a node is made from, and what is made from it.
//!
//! In: a [`Graph`] and nodes to start at. Out: marked nodes. Every node is visited once however many starts there are, and
//! nothing recurses. Nothing here knows what operations mean.

use petgraph::Direction;
use petgraph::stable_graph::{NodeIndex, StableDiGraph};
use petgraph::visit::{Dfs, Reversed, VisitMap, Visitable};

use super::{Graph, Node, NodeId};

type Seen = <StableDiGraph<Node, u32> as Visitable>::Map;

/// A growing set of nodes that is closed under taking inputs, or under taking users.
#[derive(Debug)]
pub struct Reach<'g> {
    graph: &'g Graph,
    along: Direction,
    walk: Dfs<NodeIndex, Seen>,
}

impl<'g> Reach<'g> {
    /// Nothing yet; with each node come all those that it is made from.
    #[must_use]
    pub fn backwards(graph: &'g Graph) -> Self {
        Self { graph, along: Direction::Incoming, walk: Dfs::empty(&graph.nodes) }
    }

    /// Nothing yet; with each node come all those that are made from it.
    #[must_use]
    pub fn forwards(graph: &'g Graph) -> Self {
        Self { graph, along: Direction::Outgoing, walk: Dfs::empty(&graph.nodes) }
    }

    /// Adds a node with all that come with it; returns those that are new, in no particular order.
    pub fn add(&mut self, from: NodeId) -> Vec<NodeId> {
        let nodes = &self.graph.nodes;
        self.walk.move_to(from.index());
        let walk = &mut self.walk;
        let next = || match self.along {
            Direction::Incoming => walk.next(Reversed(nodes)),
            Direction::Outgoing => walk.next(nodes),
        };
        std::iter::from_fn(next).map(NodeId::from_index).collect()
    }

    /// Whether a node is in the set.
    #[must_use]
    pub fn contains(&self, id: NodeId) -> bool {
        self.walk.discovered.is_visited(&id.index())
    }
}
