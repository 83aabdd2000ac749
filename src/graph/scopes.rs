//! Layers by every scope that they lie in, so that a thousand paths do not walk the network a thousand times.
//!
//! In: a [`Graph`] and the nodes that can be named. Out: what a [`Pattern`] names among them.

use std::collections::{BTreeMap, HashMap};

use super::path::Pattern;
use super::{Graph, NodeId};

/// The index.
#[derive(Debug)]
pub struct Scopes<'g> {
    graph: &'g Graph,
    all: Vec<NodeId>,
    within: HashMap<&'g str, Vec<NodeId>>,
}

impl<'g> Scopes<'g> {
    /// Of these nodes, in their order.
    #[must_use]
    pub fn new(graph: &'g Graph, nodes: impl IntoIterator<Item = NodeId>) -> Self {
        let all: Vec<_> = nodes.into_iter().collect();
        let mut within: HashMap<&str, Vec<NodeId>> = HashMap::new();
        for &id in &all {
            for scope in graph.node(id).name.scopes() {
                within.entry(scope).or_default().push(id);
            }
        }
        Self { graph, all, within }
    }

    /// The scopes and layers that a pattern names, by first appearance, each with the nodes in it.
    #[must_use]
    pub fn named(&self, pattern: &Pattern) -> Vec<(&'g str, Vec<NodeId>)> {
        let mut index: BTreeMap<&str, usize> = BTreeMap::new();
        let mut scopes: Vec<(&str, Vec<NodeId>)> = Vec::new();
        let candidates = match pattern.literal_scope() {
            Some(scope) => self.within.get(scope.as_str()).map_or(&[][..], Vec::as_slice),
            None => &self.all,
        };
        for &id in candidates {
            if let Some(scope) = pattern.scope(&self.graph.node(id).name) {
                let at = *index.entry(scope).or_insert(scopes.len());
                if at == scopes.len() {
                    scopes.push((scope, Vec::new()));
                }
                scopes[at].1.push(id);
            }
        }
        scopes
    }
}
