//! What values are called in a file.
//!
//! Inputs, outputs and learned tensors keep their names, since people and weights refer to them; a layer's value is called as
//! the layer is, or as the output that it is, and numbered where that name is taken.

use std::collections::BTreeSet;

use crate::graph::{Graph, NodeId, NodeMap};
use crate::op::Op;

/// The names of a graph's values.
pub(super) struct Names {
    taken: BTreeSet<String>,
    values: NodeMap<String>,
    /// The graph's outputs in order: the name of each, and the node whose value it is.
    pub outputs: Vec<(String, NodeId)>,
}

impl Names {
    /// The names of a graph; an output that `is_copied` has another name than its node's value.
    pub fn new(graph: &Graph, is_copied: impl Fn(NodeId) -> bool) -> Self {
        let mut names = Self { taken: BTreeSet::new(), values: NodeMap::with_bound(graph.len()), outputs: Vec::new() };
        for id in graph.inputs() {
            names.take(*id, graph.node(*id).name.to_string());
        }
        for (name, id) in graph.outputs() {
            // An output that is called as an input is another value, unless it is the input.
            let is_input = names.values.get(*id) == Some(name);
            let own = if is_input { name.clone() } else { names.free(name, |names, name| !names.taken.contains(name)) };
            names.taken.insert(own.clone());
            if names.values.get(*id).is_none() && !is_copied(*id) {
                names.values.insert(*id, own.clone());
            }
            names.outputs.push((own, *id));
        }
        names.taken.extend(graph.tensors().map(|(_, tensor)| tensor.name()));
        for id in graph.ids().filter(|id| !matches!(graph.node(*id).op, Op::Input(_))) {
            if names.values.get(id).is_none() {
                let name = names.free(&graph.node(id).name, |names, name| !names.taken.contains(name));
                names.take(id, name);
            }
        }
        names
    }

    fn take(&mut self, id: NodeId, name: String) {
        self.taken.insert(name.clone());
        self.values.insert(id, name);
    }

    /// The value of a node.
    pub fn value(&self, id: NodeId) -> String {
        self.values.get(id).cloned().unwrap_or_default()
    }

    /// What the names of values within a layer begin with: no name of another value does.
    pub fn prefix(&mut self, layer: &str) -> String {
        let is_free = |names: &Self, prefix: &str| {
            let within = format!("{prefix}/");
            names.taken.range(within.clone()..).next().is_none_or(|next| !next.starts_with(&within))
        };
        let prefix = self.free(layer, is_free);
        self.taken.insert(format!("{prefix}/"));
        prefix
    }

    fn free(&self, name: &str, is_free: impl Fn(&Self, &str) -> bool) -> String {
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let mut all = std::iter::once(name.to_owned()).chain(numbered);
        all.find(|name| is_free(self, name)).unwrap_or_default()
    }
}
