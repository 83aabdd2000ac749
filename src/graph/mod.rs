//! The network as a directed acyclic graph. Only this room names petgraph.
//!
//! Nodes keep their inputs *in order* (petgraph's edge order is not). A graph only grows, each node after its inputs, which
//! never change: so it is acyclic, every input exists, and ascending ids are an order of execution. Rewrites build a new
//! graph. Names are unique. What a node means is its [`Op`]; where it came from is its [`Origin`]. Shapes are not stored
//! here: see `shape::Shaped`.

pub mod dominators;
pub mod dot;
pub mod map;
pub mod node;
pub mod path;
pub mod print;
pub mod reach;
pub mod scopes;
pub mod unordered;

use std::collections::{BTreeSet, HashMap, HashSet};

use petgraph::Direction;
use petgraph::stable_graph::StableDiGraph;
use petgraph::visit::EdgeRef;

pub use map::NodeMap;
pub use node::{Instance, InstanceId, Node, NodeId, Origin, Wish};

use crate::op::Op;

/// A network: nodes, named outputs, and the block instances that made them.
#[derive(Debug, Clone)]
pub struct Graph {
    name: String,
    doc: Option<String>,
    nodes: StableDiGraph<Node, u32>,
    names: HashMap<String, NodeId>,
    /// The last number that was appended to a name, so that many clashes stay linear.
    suffixes: HashMap<String, u64>,
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
            nodes: StableDiGraph::new(),
            names: HashMap::new(),
            suffixes: HashMap::new(),
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

    /// The net's documentation.
    #[must_use]
    pub fn doc(&self) -> Option<&str> {
        self.doc.as_deref()
    }

    /// Adds a node after its inputs. Where its name is taken it gets `_2`, `_3`, ….
    ///
    /// # Panics
    /// If an input is not in the graph.
    pub fn add(&mut self, mut node: Node) -> NodeId {
        assert!(node.inputs.iter().all(|id| self.contains(*id)), "inputs are added before their users");
        if self.names.contains_key(&node.name) {
            let fresh = self.fresh_name(&node.name);
            let last = fresh[node.name.len() + 1..].parse().expect("a fresh name ends in a number");
            self.suffixes.insert(std::mem::replace(&mut node.name, fresh), last);
        }
        let is_input = matches!(node.op, Op::Input(_));
        let (name, inputs) = (node.name.clone(), node.inputs.clone());
        let id = NodeId::from_index(self.nodes.add_node(node));
        for (position, input) in inputs.iter().enumerate() {
            self.nodes.add_edge(input.index(), id.index(), position as u32);
        }
        self.names.insert(name, id);
        if is_input {
            self.inputs.push(id);
        }
        id
    }

    /// A name like `name` that no node has: itself, or the next of `name_2`, `name_3`, ….
    fn fresh_name(&self, name: &str) -> String {
        if !self.names.contains_key(name) {
            return name.to_owned();
        }
        let mut number = self.suffixes.get(name).copied().unwrap_or(1) + 1;
        loop {
            let candidate = format!("{name}_{number}");
            if !self.names.contains_key(&candidate) {
                return candidate;
            }
            number += 1;
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

    /// Declares an output; outputs keep their order.
    pub fn add_output(&mut self, name: impl Into<String>, node: NodeId) {
        let name = name.into();
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

    /// Whether the node is (still) in the graph.
    #[must_use]
    pub fn contains(&self, id: NodeId) -> bool {
        self.nodes.contains_node(id.index())
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

    /// How many nodes, inputs included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.node_count()
    }

    /// Whether there are no nodes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One more than the largest index of a node; the length of a [`NodeMap`].
    #[must_use]
    pub fn bound(&self) -> usize {
        self.nodes.node_indices().next_back().map_or(0, |i| i.index() + 1)
    }

    /// All nodes by ascending id, which is an order of execution.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.nodes.node_indices().map(NodeId::from_index)
    }

    /// Nodes that take this one as an input, ascending; a node that takes it twice is listed once.
    #[must_use]
    pub fn users(&self, id: NodeId) -> Vec<NodeId> {
        let users: BTreeSet<_> =
            self.nodes.edges_directed(id.index(), Direction::Outgoing).map(|e| NodeId::from_index(e.target())).collect();
        users.into_iter().collect()
    }

    /// The only node that takes this one as an input, if there is just one.
    #[must_use]
    pub fn only_user(&self, id: NodeId) -> Option<NodeId> {
        let mut users = self.nodes.edges_directed(id.index(), Direction::Outgoing).map(|e| NodeId::from_index(e.target()));
        let first = users.next()?;
        users.all(|user| user == first).then_some(first)
    }

    /// How often this node is read: once for each place among other nodes' inputs, and once more if it is an output.
    #[must_use]
    pub fn uses(&self, id: NodeId) -> usize {
        self.nodes.edges_directed(id.index(), Direction::Outgoing).count() + usize::from(self.is_output(id))
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

    /// The origin of a node, writable.
    pub fn origin_mut(&mut self, id: NodeId) -> &mut Origin {
        &mut self.nodes[id.index()].origin
    }

    /// All nodes in an order of execution: inputs before users. Ids ascend in it, since a node is added after its inputs.
    #[must_use]
    pub fn order(&self) -> Vec<NodeId> {
        self.ids().collect()
    }
}
