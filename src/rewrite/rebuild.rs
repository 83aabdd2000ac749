//! Builds a changed copy of a graph, node by node in order of execution.
//!
//! Every rewrite goes through here, so that in the copy ascending ids are an order of execution again, names and block
//! instances survive, and the input is untouched. Nothing recurses over the graph's depth.

use crate::graph::{Graph, Node, NodeId, NodeMap};
use crate::op::Op;
use crate::shape::Shaped;

/// A copy in the making. Every node of the old graph must be kept, replaced, aliased or dropped, in order of execution.
pub(super) struct Rebuild<'a> {
    old: &'a Graph,
    new: Graph,
    map: NodeMap<NodeId>,
}

impl<'a> Rebuild<'a> {
    /// Begins a copy.
    pub(super) fn new(shaped: &'a Shaped) -> Self {
        let old = shaped.graph();
        let mut new = Graph::new(old.name(), old.doc().map(str::to_owned));
        for (_, instance) in old.instances() {
            new.add_instance(instance.clone());
        }
        Self { old, new, map: NodeMap::with_bound(old.bound()) }
    }

    /// The new node that stands for an old one.
    pub(super) fn of(&self, old: NodeId) -> NodeId {
        self.map[old]
    }

    /// The new nodes that stand for an old node's inputs.
    pub(super) fn inputs(&self, old: NodeId) -> Vec<NodeId> {
        self.old.node(old).inputs.iter().map(|input| self.map[*input]).collect()
    }

    /// Copies a node.
    pub(super) fn keep(&mut self, id: NodeId) -> NodeId {
        self.replace(id, self.old.node(id).op.clone())
    }

    /// Copies a node with another operation.
    pub(super) fn replace(&mut self, id: NodeId, op: Op) -> NodeId {
        let inputs = self.inputs(id);
        self.replace_on(id, op, inputs)
    }

    /// Copies a node with another operation and other inputs (new ids).
    pub(super) fn replace_on(&mut self, id: NodeId, op: Op, inputs: Vec<NodeId>) -> NodeId {
        let new = self.new.add(Node { op, inputs, ..self.old.node(id).clone() });
        self.map.insert(id, new);
        new
    }

    /// Adds a node that the old graph does not have; its name gives way to names of the old graph.
    pub(super) fn insert(&mut self, node: Node) -> NodeId {
        let numbered = (2u64..).map(|n| format!("{}_{n}", node.name));
        let mut names = std::iter::once(node.name.clone()).chain(numbered);
        let name = names.find(|name| self.old.find(name).is_none()).expect("there are endless numbers");
        self.new.add(Node { name, ..node })
    }

    /// Whether a new node is a network input.
    pub(super) fn is_input(&self, new: NodeId) -> bool {
        matches!(self.new.node(new).op, Op::Input(_))
    }

    /// Lets a new node stand for an old one.
    pub(super) fn alias(&mut self, id: NodeId, new: NodeId) {
        self.map.insert(id, new);
    }

    /// The copy; outputs of dropped nodes must have been aliased.
    pub(super) fn finish(mut self) -> Graph {
        for (name, id) in self.old.outputs() {
            self.new.add_output(name.clone(), self.map[*id]);
        }
        self.new
    }
}
