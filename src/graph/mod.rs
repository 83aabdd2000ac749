//! The network as a directed acyclic graph. Only this room names petgraph.
//!
//! Nodes keep their inputs *in order* (petgraph's edge order is not). A graph only grows, each node after its inputs, which
//! never change: so it is acyclic, every input exists, and ids count from 0 in an order of execution. Rewrites build a new
//! graph. Names are unique, those of tensors too. What a node means is its [`Op`]; which learned tensors it uses are its
//! [`TensorId`]s; where it came from is its [`Origin`]. Shapes are not stored here: see `shape::Shaped`.

pub mod dominators;
pub mod dot;
pub mod map;
pub mod name;
pub mod node;
pub mod path;
pub mod print;
pub mod reach;
pub mod same;
pub mod scopes;
pub mod tensor;
pub mod unordered;

use std::collections::{BTreeSet, HashMap, HashSet};

use petgraph::Direction;
use petgraph::graph::DiGraph;

pub use map::NodeMap;
pub use name::LayerPath;
pub use node::{BottleneckMark, Directives, Factor, Instance, InstanceId, Maker, Node, NodeId, Origin, Part, Role};
pub use tensor::{TensorId, TensorInfo};

use crate::op::Op;

/// A network: nodes, named outputs, and the block instances that made them.
#[derive(Debug, Clone)]
pub struct Graph {
    name: String,
    doc: Option<String>,
    nodes: DiGraph<Node, ()>,
    names: HashMap<LayerPath, NodeId>,
    /// The last number that was appended to a name, so that many clashes stay linear.
    suffixes: HashMap<LayerPath, u64>,
    /// Paths whose last segment was numbered because another one had it: they hang on what stands before them.
    counted: HashSet<LayerPath>,
    /// The same by last segment.
    counted_by_leaf: HashMap<String, Vec<LayerPath>>,
    tensors: Vec<TensorInfo>,
    /// Owners of tensors that are no layers: sets of shared weights.
    owners: HashSet<LayerPath>,
    /// Paths of block instances and of sets of shared weights: a scope and a layer are never called alike.
    scopes: HashSet<LayerPath>,
    inputs: Vec<NodeId>,
    outputs: Vec<(String, NodeId)>,
    /// Names and nodes of `outputs`, so that asking for one does not walk them all.
    output_names: HashSet<String>,
    output_nodes: HashSet<NodeId>,
    instances: Vec<Instance>,
}

impl Graph {
    /// An empty graph.
    #[must_use]
    pub fn new(name: impl Into<String>, doc: Option<String>) -> Self {
        Self {
            name: name.into(),
            doc,
            nodes: DiGraph::new(),
            names: HashMap::new(),
            suffixes: HashMap::new(),
            counted: HashSet::new(),
            counted_by_leaf: HashMap::new(),
            tensors: Vec::new(),
            owners: HashSet::new(),
            scopes: HashSet::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            output_names: HashSet::new(),
            output_nodes: HashSet::new(),
            instances: Vec::new(),
        }
    }

    /// The net's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Gives the net another name.
    pub fn rename(&mut self, name: impl Into<String>) {
        self.name = name.into();
    }

    /// The net's documentation.
    #[must_use]
    pub fn doc(&self) -> Option<&str> {
        self.doc.as_deref()
    }

    /// Adds a node after its inputs. Where its name is taken it gets `_2`, `_3`, …. A node that names no tensors gets the
    /// ones that its operation needs, called after it.
    ///
    /// # Panics
    /// If an input or a tensor is not in the graph.
    pub fn add(&mut self, mut node: Node) -> NodeId {
        assert!(node.inputs.iter().all(|id| id.to_usize() < self.len()), "inputs are added before their users");
        if !self.is_free(&node.name) || self.scopes.contains(&node.name) {
            node.name = self.fresh_name(&node.name);
            self.count_path(node.name.clone());
        }
        if node.tensors.is_empty() {
            node.tensors = self.add_tensors(&node.name, &node.op);
        }
        self.insert(node)
    }

    /// Adds a node whose new tensors are called after `owner`, a set of shared weights, which must be [free](Self::free) or
    /// the owner of tensors that this node's replace.
    ///
    /// # Panics
    /// As [`Self::add`], and where `owner` is a layer's name, whose tensors would be called alike.
    pub fn add_owned(&mut self, mut node: Node, owner: &LayerPath) -> NodeId {
        if node.tensors.is_empty() && *owner != node.name {
            let of_a_layer = self.names.contains_key(owner) && !node.op.roles().is_empty();
            assert!(!of_a_layer, "`{owner}` is a layer, and its tensors would have the names of these");
            node.tensors = self.add_tensors(owner, &node.op);
            if !node.tensors.is_empty() {
                self.owners.insert(owner.clone());
            }
        }
        self.add(node)
    }

    /// The path, or the next of `path_2`, `path_3`, … that neither a layer nor a set of shared weights has.
    pub fn free(&mut self, path: &LayerPath) -> LayerPath {
        if self.is_free(path) { path.clone() } else { self.fresh_name(path) }
    }

    fn add_tensors(&mut self, owner: &LayerPath, op: &Op) -> Vec<TensorId> {
        let first = self.tensors.len() as u32;
        let info = |role: &&'static str| TensorInfo { owner: owner.clone(), role, first: None, users: 0 };
        self.tensors.extend(op.roles().iter().map(info));
        (first..self.tensors.len() as u32).map(TensorId).collect()
    }

    fn insert(&mut self, node: Node) -> NodeId {
        let is_input = matches!(node.op, Op::Input(_));
        let (name, inputs) = (node.name.clone(), node.inputs.len());
        let id = NodeId::from_index(self.nodes.add_node(node));
        for position in 0..inputs {
            let input = self.nodes[id.index()].inputs[position];
            self.nodes.add_edge(input.index(), id.index(), ());
        }
        for tensor in &self.nodes[id.index()].tensors {
            let info = &mut self.tensors[tensor.to_usize()];
            info.first.get_or_insert(id);
            info.users += 1;
        }
        self.names.insert(name, id);
        if is_input {
            self.inputs.push(id);
        }
        id
    }

    /// Whether neither a layer nor a set of shared weights has this name.
    #[must_use]
    pub fn is_free(&self, name: &str) -> bool {
        !self.names.contains_key(name) && !self.owners.contains(name)
    }

    /// Keeps layers from being called like a scope.
    pub fn claim_scope(&mut self, path: LayerPath) {
        self.scopes.insert(path);
    }

    /// The next of `name_2`, `name_3`, … that is free and no scope.
    fn fresh_name(&mut self, name: &LayerPath) -> LayerPath {
        let mut number = self.suffixes.get(name).copied().unwrap_or(1) + 1;
        while !self.is_free(&name.numbered(number)) || self.scopes.contains(&name.numbered(number)) {
            number += 1;
        }
        self.suffixes.insert(name.clone(), number);
        name.numbered(number)
    }

    /// Notes that a scope's path was numbered because another one had it.
    pub fn count_path(&mut self, path: LayerPath) {
        self.counted_by_leaf.entry(path.split_last().1.to_owned()).or_default().push(path.clone());
        self.counted.insert(path);
    }

    /// Whether the last segment of a path is a number that hangs on what stands before it: `x.conv_3`.
    #[must_use]
    pub fn is_counted(&self, path: &str) -> bool {
        self.counted.contains(path)
    }

    /// A counted path whose number a pattern spells out; of several the first by name.
    #[must_use]
    pub fn counted_in(&self, pattern: &path::Pattern) -> Option<&LayerPath> {
        if pattern.literals().count() == pattern.len() {
            // Programs have thousands of such paths, and each is looked up instead of compared with all that are counted.
            return pattern.prefixes().find_map(|prefix| self.counted.get(prefix.as_str()));
        }
        let literal = pattern.literals().filter_map(|segment| self.counted_by_leaf.get(segment)).flatten();
        literal.filter(|path| pattern.spells_out(path)).min()
    }

    /// Whether any path is counted.
    #[must_use]
    pub fn has_counted(&self) -> bool {
        !self.counted.is_empty()
    }

    /// A tensor.
    #[must_use]
    pub fn tensor(&self, id: TensorId) -> &TensorInfo {
        &self.tensors[id.to_usize()]
    }

    /// All tensors that nodes use, in the order in which they were made.
    pub fn tensors(&self) -> impl Iterator<Item = (TensorId, &TensorInfo)> {
        let all = self.tensors.iter().enumerate().map(|(i, info)| (TensorId(i as u32), info));
        all.filter(|(_, info)| info.users > 0)
    }

    /// What a node's tensors are called after: the node, or a set of shared weights; `None` where it has none.
    #[must_use]
    pub fn owner(&self, id: NodeId) -> Option<&LayerPath> {
        self.node(id).tensors.first().map(|tensor| &self.tensor(*tensor).owner)
    }

    /// Whether other nodes use tensors of this one too.
    #[must_use]
    pub fn shares_tensors(&self, id: NodeId) -> bool {
        self.node(id).tensors.iter().any(|tensor| self.tensor(*tensor).users > 1)
    }

    /// An empty graph of the same name, instances and counted paths, that knows the same tensors: what a rewrite fills.
    #[must_use]
    pub fn successor(&self) -> Self {
        let unused = |info: &TensorInfo| TensorInfo { first: None, users: 0, ..info.clone() };
        Self {
            instances: self.instances.clone(),
            counted: self.counted.clone(),
            counted_by_leaf: self.counted_by_leaf.clone(),
            tensors: self.tensors.iter().map(unused).collect(),
            owners: self.owners.clone(),
            scopes: self.scopes.clone(),
            ..Self::new(self.name.clone(), self.doc.clone())
        }
    }

    /// Records a block instance.
    ///
    /// # Panics
    /// Beyond 2^32 instances, which the limits on nodes exclude.
    pub fn add_instance(&mut self, instance: Instance) -> InstanceId {
        self.instances.push(instance);
        InstanceId(u32::try_from(self.instances.len() - 1).expect("fewer than 2^32 instances"))
    }

    /// A block instance.
    #[must_use]
    pub fn instance(&self, id: InstanceId) -> &Instance {
        &self.instances[id.0 as usize]
    }

    /// All block instances with their ids, in the order in which they were entered.
    pub fn instances(&self) -> impl Iterator<Item = (InstanceId, &Instance)> {
        self.instances.iter().enumerate().map(|(i, instance)| (InstanceId(i as u32), instance))
    }

    /// The block instances round a place, innermost first: that instance, the one that its call stands in, and so on.
    pub fn enclosing(&self, innermost: impl Into<Option<InstanceId>>) -> impl Iterator<Item = (InstanceId, &Instance)> {
        let chain = std::iter::successors(innermost.into(), |id| self.instance(*id).parent);
        chain.map(|id| (id, self.instance(id)))
    }

    /// Declares an output; outputs keep their order.
    pub fn add_output(&mut self, name: impl Into<String>, node: NodeId) {
        let name: String = name.into();
        self.output_names.insert(name.clone());
        self.output_nodes.insert(node);
        self.outputs.push((name, node));
    }

    /// Input nodes in order of declaration.
    #[must_use]
    pub fn inputs(&self) -> &[NodeId] {
        &self.inputs
    }

    /// Outputs with their names, in order of declaration.
    #[must_use]
    pub fn outputs(&self) -> &[(String, NodeId)] {
        &self.outputs
    }

    /// A node.
    ///
    /// # Panics
    /// If it is not in the graph.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// The node of a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<NodeId> {
        self.names.get(name).copied()
    }

    /// How many nodes, inputs included; one more than the largest id.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.node_count()
    }

    /// Whether there are no nodes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All nodes by ascending id, which is an order of execution: inputs before users.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.nodes.node_indices().map(NodeId::from_index)
    }

    /// Nodes that take this one as an input, ascending; a node that takes it twice is listed once.
    #[must_use]
    pub fn users(&self, id: NodeId) -> Vec<NodeId> {
        let users: BTreeSet<_> = self.readers(id).collect();
        users.into_iter().collect()
    }

    /// The only node that takes this one as an input, if there is just one.
    #[must_use]
    pub fn only_user(&self, id: NodeId) -> Option<NodeId> {
        let mut users = self.readers(id);
        let first = users.next()?;
        users.all(|user| user == first).then_some(first)
    }

    /// How often this node is read: once for each place among other nodes' inputs, and once more if it is an output.
    #[must_use]
    pub fn uses(&self, id: NodeId) -> usize {
        self.readers(id).count() + usize::from(self.is_output(id))
    }

    /// Whether it is used at one place; thousands of readers are not counted for that.
    #[must_use]
    pub fn is_used_once(&self, id: NodeId) -> bool {
        self.readers(id).take(2).count() + usize::from(self.is_output(id)) == 1
    }

    /// Whether an output is this node.
    #[must_use]
    pub fn is_output(&self, id: NodeId) -> bool {
        self.output_nodes.contains(&id)
    }

    /// Whether an output has this name.
    #[must_use]
    pub fn has_output(&self, name: &str) -> bool {
        self.output_names.contains(name)
    }

    /// What the author asks of the optimizer for a node, writable: for tests, which build graphs without text.
    pub fn directives_mut(&mut self, id: NodeId) -> &mut Directives {
        &mut self.nodes[id.index()].directives
    }

    /// Who reads a node, in no particular order, once for each place among its inputs.
    pub fn readers(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        self.nodes.neighbors_directed(id.index(), Direction::Outgoing).map(NodeId::from_index)
    }
}
