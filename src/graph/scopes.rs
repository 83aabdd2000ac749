//! Layers by every scope that they lie in, so that a thousand paths do not walk the network a thousand times.
//!
//! In: a [`Graph`] and the nodes that can be named. Out: what a [`Pattern`] names among them, or, where it names nothing, what
//! may have been meant.

use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::path::Pattern;
use super::{Graph, NodeId};
use crate::suggest::distance;

/// The index.
#[derive(Debug)]
pub struct Scopes<'g> {
    graph: &'g Graph,
    all: Vec<NodeId>,
    within: HashMap<&'g str, Vec<NodeId>>,
    /// All scopes by length; made when the first one is looked for.
    spelled: OnceCell<BTreeSet<(usize, &'g str)>>,
    /// Nodes by the shared weights that they use; made when the first are looked for.
    users: OnceCell<BTreeMap<&'g str, Vec<NodeId>>>,
    /// How much may still be compared to find what was meant.
    comparable: Cell<usize>,
}

/// Characters of one path times edits to it, that all searches for what was meant may look at.
const COMPARABLE: usize = 1 << 24;

/// Paths of about its length that a text is compared with at most: in larger graphs the shortest ones must do.
const COMPARED: usize = 1 << 14;

/// How many paths are named that may have been meant.
const NAMED: usize = 3;

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
        let (spelled, users) = (OnceCell::new(), OnceCell::new());
        Self { graph, all, within, spelled, users, comparable: Cell::new(COMPARABLE) }
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

    /// The layers that use shared weights which a pattern names, in the order of the nodes.
    #[must_use]
    pub fn users(&self, pattern: &Pattern) -> Vec<NodeId> {
        let users = self.users.get_or_init(|| {
            let mut users: BTreeMap<&str, Vec<NodeId>> = BTreeMap::new();
            for &id in &self.all {
                // Weights of one's own have one's name, and are found by it.
                if let Some(owner) = self.graph.owner(id).filter(|owner| **owner != self.graph.node(id).name) {
                    users.entry(owner).or_default().push(id);
                }
            }
            users
        });
        let named = users.iter().filter(|(owner, _)| pattern.scope(owner).is_some());
        named.flat_map(|(_, users)| users).copied().collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Up to three paths (layers or scopes) that are spelled like `text`, best first. Where much was looked for before, there
    /// may be none.
    #[must_use]
    pub fn alike(&self, text: &str) -> Vec<String> {
        let spelled = self.spelled.get_or_init(|| self.within.keys().map(|scope| (scope.len(), *scope)).collect());
        let mut scored: BTreeSet<(usize, &str)> = BTreeSet::new();
        let most = (1 + text.chars().count() / 4).min(16);
        let lengths = (text.len().saturating_sub(most), "")..(text.len() + most + 1, "");
        for (_, scope) in spelled.range(lengths).take(COMPARED) {
            let cells = (scope.len().min(256) + 1) * (most + 1);
            let Some(left) = self.comparable.get().checked_sub(cells) else { break };
            self.comparable.set(left);
            let distance = distance(scope, text, most);
            if distance <= most {
                scored.insert((distance, scope));
                if scored.len() > NAMED {
                    scored.pop_last();
                }
            }
        }
        scored.into_iter().map(|(_, scope)| scope.to_owned()).collect()
    }
}
