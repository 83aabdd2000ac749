//! Builds a changed copy of a graph, node by node in order of execution.
//!
//! Every rewrite goes through here, so that in the copy ascending ids are an order of execution again, names and block
//! instances survive, and the input is untouched. Nothing recurses over the graph's depth.

use crate::graph::{Graph, LayerPath, Node, NodeId, NodeMap};
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
        Self { old, new: old.successor(), map: NodeMap::with_bound(old.len()) }
    }

    /// The new node that stands for an old one.
    pub(super) fn of(&self, old: NodeId) -> NodeId {
        self.map[old]
    }

    /// The new nodes that stand for an old node's inputs.
    pub(super) fn inputs(&self, old: NodeId) -> Vec<NodeId> {
        self.old.node(old).inputs.iter().map(|input| self.map[*input]).collect()
    }

    /// Copies a node with its tensors.
    pub(super) fn keep(&mut self, id: NodeId) -> NodeId {
        let new = self.new.add(Node { inputs: self.inputs(id), ..self.old.node(id).clone() });
        self.map.insert(id, new);
        new
    }

    /// Copies a node with another operation that needs the same tensors.
    pub(super) fn keep_as(&mut self, id: NodeId, op: Op) -> NodeId {
        let new = self.new.add(Node { op, inputs: self.inputs(id), ..self.old.node(id).clone() });
        self.map.insert(id, new);
        new
    }

    /// Copies a node with another operation, which gets new tensors.
    pub(super) fn replace(&mut self, id: NodeId, op: Op) -> NodeId {
        let inputs = self.inputs(id);
        self.replace_on(id, op, inputs)
    }

    /// Copies a node with another operation, which gets new tensors, and other inputs (new ids).
    pub(super) fn replace_on(&mut self, id: NodeId, op: Op, inputs: Vec<NodeId>) -> NodeId {
        let node = Node { op, inputs, tensors: Vec::new(), ..self.old.node(id).clone() };
        self.put(id, node, self.owner(id))
    }

    /// Adds a new node that stands for an old one; its tensors, unless it names them, are called after `owner`.
    pub(super) fn put(&mut self, id: NodeId, node: Node, owner: &LayerPath) -> NodeId {
        let new = self.new.add_owned(node, owner);
        self.map.insert(id, new);
        new
    }

    /// What the tensors of an old node are called after: itself, or a set of shared weights.
    pub(super) fn owner(&self, id: NodeId) -> &'a LayerPath {
        let node = self.old.node(id);
        node.tensors.first().map_or(&node.name, |tensor| &self.old.tensor(*tensor).owner)
    }

    /// Adds a node that the old graph does not have; its name gives way to names of the old graph. Its tensors, unless it
    /// names them, are called after `owner`.
    pub(super) fn insert(&mut self, mut node: Node, owner: &LayerPath) -> NodeId {
        let wanted = std::mem::replace(&mut node.name, LayerPath::root());
        node.name = self.fresh(&wanted);
        let owner = &if *owner == wanted { node.name.clone() } else { self.fresh(owner) };
        self.new.add_owned(node, owner)
    }

    /// A new node.
    pub(super) fn node(&self, new: NodeId) -> &Node {
        self.new.node(new)
    }

    /// The path, or the next of `path_2`, `path_3`, … that nothing in either graph has.
    fn fresh(&self, path: &LayerPath) -> LayerPath {
        let is_free = |path: &LayerPath| self.old.is_free(path) && self.new.is_free(path);
        let numbered = (2u64..).map(|n| path.numbered(n));
        std::iter::once(path.clone()).chain(numbered).find(is_free).expect("there are endless numbers")
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
