//! Which layers an engine can run in the epilogue of another.
//!
//! A group begins with a convolution or linear layer. A normalisation that is a factor and a shift, an activation, a constant
//! or a sum joins the group of an input if it is the only reader of that input and has its shape: it then works on values that
//! are still in registers. A group runs where its last member stands, for nothing else reads what it makes on the way.

use crate::graph::{NodeId, NodeMap};
use crate::shape::Shaped;

/// The groups of a network.
#[derive(Debug)]
pub struct Fusion {
    head: NodeMap<NodeId>,
}

impl Fusion {
    /// Finds the groups.
    #[must_use]
    pub fn new(shaped: &Shaped) -> Self {
        let graph = shaped.graph();
        let mut head: NodeMap<NodeId> = NodeMap::with_bound(graph.len());
        for &id in shaped.order() {
            let node = graph.node(id);
            if node.op.is_layer() {
                head.insert(id, id);
            } else if node.op.class().is_elementwise() {
                let joins = |input: &&NodeId| graph.is_used_once(**input) && shaped.shape(**input) == shaped.shape(id);
                if let Some(of) = node.inputs.iter().filter(joins).find_map(|input| head.get(*input).copied()) {
                    head.insert(id, of);
                }
            }
        }
        Self { head }
    }

    /// The convolution or linear layer whose group a node is in; itself for those, `None` for what runs on its own.
    #[must_use]
    pub fn head(&self, id: NodeId) -> Option<NodeId> {
        self.head.get(id).copied()
    }

    /// Whether a node runs in the epilogue of another.
    #[must_use]
    pub fn is_epilogue(&self, id: NodeId) -> bool {
        self.head(id).is_some_and(|head| head != id)
    }
}
