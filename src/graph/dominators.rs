//! Which nodes every path passes.
//!
//! In: a [`Graph`]. Out: [`Dominators`], seen from a source before all network inputs to a sink behind all outputs. A node
//! *dominates* another if every path from the inputs to that other leads through it.
//!
//! Cooper, Harvey and Kennedy's algorithm (`petgraph::algo::dominators`): about linear on networks, quadratic in the worst
//! case, when many nodes each join the far ends of long separate paths.

use petgraph::algo::dominators::{self, simple_fast};
use petgraph::graph::{DiGraph, NodeIndex};

use super::{Graph, NodeId};

/// The dominance relation of a graph.
#[derive(Debug)]
pub struct Dominators {
    relation: dominators::Dominators<NodeIndex>,
    source: NodeIndex,
    sink: NodeIndex,
}

impl Dominators {
    /// Of the paths that begin at the network's inputs.
    #[must_use]
    pub fn new(graph: &Graph) -> Self {
        let mut paths: DiGraph<(), ()> = DiGraph::with_capacity(graph.len() + 2, graph.nodes.edge_count());
        for _ in 0..graph.len() {
            paths.add_node(());
        }
        let (source, sink) = (paths.add_node(()), paths.add_node(()));
        for id in graph.inputs() {
            paths.add_edge(source, id.index(), ());
        }
        for id in graph.ids() {
            for input in &graph.node(id).inputs {
                paths.add_edge(input.index(), id.index(), ());
            }
        }
        for (_, id) in graph.outputs() {
            paths.add_edge(id.index(), sink, ());
        }
        Self { relation: simple_fast(&paths, source), source, sink }
    }

    /// The nodes on every path from an input to an output, in order of execution; none where no path exists.
    #[must_use]
    pub fn of_outputs(&self) -> Vec<NodeId> {
        let found = self.relation.strict_dominators(self.sink).into_iter().flatten();
        let mut found: Vec<_> = found.filter(|index| *index != self.source).map(NodeId::from_index).collect();
        // They come from the sink backwards.
        found.reverse();
        found
    }
}
