//! Which form a layer of a finished network has: what its nodes say of themselves, never what they are called.

use std::collections::BTreeMap;

use crate::graph::{Graph, Role};
use crate::op::form::Form;

/// The layers that refinements inserted, with the refined layer of each.
#[must_use]
pub fn inserted(graph: &Graph) -> BTreeMap<String, String> {
    let nodes = graph.ids().map(|id| graph.node(id));
    nodes.filter_map(|node| Some((node.name.to_string(), node.inserted_for()?.of.to_string()))).collect()
}

/// The forms of all refined layers of a graph, by the names that they had before and have still.
#[must_use]
pub fn forms(graph: &Graph) -> BTreeMap<String, Form> {
    let parts = graph.ids().filter_map(|id| graph.node(id).origin.part.as_ref());
    parts.filter(|part| part.role == Role::Core).map(|part| (part.of.to_string(), part.how.form)).collect()
}
