//! Graphs whose nodes come in any order, as those of other formats may.
//!
//! In: nodes, and for each the nodes that it reads, which may come later. Out: a [`Graph`], or the [`Cycle`] that forbids
//! it. Of nodes that could stand next to each other the one that came first stands first, so what comes in order keeps it.
//! Nothing recurses.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use petgraph::graph::{DiGraph, NodeIndex};
use thiserror::Error;

use super::{Graph, Node, NodeId};

/// Names a node of an [`Unordered`] graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place(NodeIndex);

/// Nodes that need each other's values in a circle.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("nodes need each other in a circle: {}", self.told())]
pub struct Cycle {
    /// Their names; each reads the one before it, and the first reads the last.
    pub nodes: Vec<String>,
}

impl Cycle {
    fn told(&self) -> String {
        let shown: Vec<_> = self.nodes.iter().chain(self.nodes.first()).map(|name| format!("`{name}`")).collect();
        shown.join(" -> ")
    }
}

/// A graph in the making.
#[derive(Debug)]
pub struct Unordered {
    graph: Graph,
    /// An edge leads from a node to one that reads it.
    nodes: DiGraph<Node, ()>,
    /// What each node reads, in order.
    inputs: Vec<Vec<Place>>,
    outputs: Vec<(String, Place)>,
}

impl Unordered {
    /// Puts nodes into a graph that is empty, or has the nodes that come first.
    #[must_use]
    pub fn new(graph: Graph) -> Self {
        Self { graph, nodes: DiGraph::new(), inputs: Vec::new(), outputs: Vec::new() }
    }

    /// Adds a node; what it reads is said by [`Self::connect`], and its `inputs` are not looked at.
    pub fn add(&mut self, node: Node) -> Place {
        self.inputs.push(Vec::new());
        Place(self.nodes.add_node(node))
    }

    /// Says which nodes a node reads, in order.
    pub fn connect(&mut self, node: Place, inputs: Vec<Place>) {
        for input in &inputs {
            self.nodes.add_edge(input.0, node.0, ());
        }
        self.inputs[node.0.index()].extend(inputs);
    }

    /// Declares an output; outputs keep their order.
    pub fn add_output(&mut self, name: impl Into<String>, node: Place) {
        self.outputs.push((name.into(), node));
    }

    /// The graph, every node after its inputs. petgraph's `toposort` orders too, but does not keep the order in which nodes
    /// came, and names one node of a cycle where a reader needs all.
    ///
    /// # Errors
    /// Nodes that need each other.
    ///
    /// # Panics
    /// If a place is not of this graph.
    pub fn sort(mut self) -> Result<Graph, Cycle> {
        let mut missing: Vec<usize> = self.inputs.iter().map(Vec::len).collect();
        let mut ready: BinaryHeap<_> = self.nodes.node_indices().filter(|i| missing[i.index()] == 0).map(Reverse).collect();
        let mut ids: Vec<Option<NodeId>> = vec![None; missing.len()];
        while let Some(Reverse(index)) = ready.pop() {
            let inputs = self.inputs[index.index()].iter().map(|input| ids[input.0.index()].expect("it is ready")).collect();
            ids[index.index()] = Some(self.graph.add(Node { inputs, ..self.nodes[index].clone() }));
            for user in self.nodes.neighbors(index) {
                missing[user.index()] -= 1;
                if missing[user.index()] == 0 {
                    ready.push(Reverse(user));
                }
            }
        }
        if let Some(stuck) = ids.iter().position(Option::is_none) {
            return Err(self.cycle(NodeIndex::new(stuck), &ids));
        }
        for (name, place) in self.outputs {
            self.graph.add_output(name, ids[place.0.index()].expect("all are sorted"));
        }
        Ok(self.graph)
    }

    /// The cycle that a walk from a stuck node along stuck inputs ends in.
    fn cycle(&self, stuck: NodeIndex, ids: &[Option<NodeId>]) -> Cycle {
        let mut visited = vec![None; ids.len()];
        let mut walk = Vec::new();
        let mut at = stuck;
        while visited[at.index()].is_none() {
            visited[at.index()] = Some(walk.len());
            walk.push(at);
            let stuck_input = self.inputs[at.index()].iter().find(|input| ids[input.0.index()].is_none());
            at = stuck_input.expect("a node is stuck because an input is").0;
        }
        let first = visited[at.index()].expect("the walk came back to it");
        Cycle { nodes: walk[first..].iter().rev().map(|index| self.nodes[*index].name.to_string()).collect() }
    }
}
