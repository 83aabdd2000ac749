//! Addressing layers by path: the patterns of `refine` statements and of `passes.yaml`.
//!
//! A pattern's segments are compared with those of a layer's name: `*` stands for one segment, `**` for any number, and a
//! `*` inside a segment for any characters (`inception_*.b`). A pattern names a layer when it matches the layer's whole
//! name or a scope that the layer lies in; such a scope must hold exactly one layer that the form fits.

use std::collections::BTreeSet;
use std::fmt;

use super::forms::{Refusal, fits};
pub use crate::graph::path::{Pattern, starred};
use crate::graph::scopes::Scopes;
use crate::graph::{Graph, NodeId};
use crate::op::form::Kind;

/// Why a pattern selects nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum SelectError {
    /// It matches no layer and no scope.
    NoMatch {
        /// Paths that are spelled alike, best first.
        nearest: Vec<String>,
        /// Layers that use shared weights which the pattern names: paths name layers, not weights.
        users: Vec<String>,
    },
    /// A scope holds several layers that the form fits.
    Ambiguous {
        /// The scope.
        scope: String,
        /// Names of the layers, in order of execution.
        candidates: Vec<String>,
    },
    /// It matches, but nothing there takes the form.
    Refused {
        /// A layer that was matched.
        layer: String,
        /// Why it does not.
        refusal: Refusal,
    },
}

impl fmt::Display for SelectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMatch { nearest, .. } if nearest.is_empty() => f.write_str("no layer has this path"),
            Self::NoMatch { nearest, .. } => write!(f, "no layer has this path; did you mean `{}`?", nearest.join("`, `")),
            Self::Ambiguous { scope, candidates } => {
                write!(f, "`{scope}` holds {} layers that take this form: `{}`", candidates.len(), candidates.join("`, `"))
            }
            Self::Refused { layer, refusal } => write!(f, "`{layer}` cannot take this form: {refusal}"),
        }
    }
}

/// The layers that patterns can name: what a refinement inserted is left out.
#[derive(Debug)]
pub struct Layers<'g> {
    graph: &'g Graph,
    scopes: Scopes<'g>,
}

impl<'g> Layers<'g> {
    /// The layers of a graph; `order` is its order of execution.
    #[must_use]
    pub fn new(graph: &'g Graph, order: &[NodeId]) -> Self {
        let named = order.iter().copied().filter(|id| graph.node(*id).inserted_for().is_none());
        Self { graph, scopes: Scopes::new(graph, named) }
    }

    /// The layers that a pattern names for a form, in order of execution.
    ///
    /// # Errors
    /// The pattern matches nothing, a matched scope holds several layers that the form fits, or nothing matched takes it.
    pub fn select(&self, pattern: &Pattern, kind: Kind) -> Result<Vec<NodeId>, SelectError> {
        let graph = self.graph;
        let scopes = self.scopes.named(pattern);
        if scopes.is_empty() {
            return Err(self.unmatched(pattern));
        }
        let mut chosen = Vec::new();
        let mut refused = None;
        for (scope, nodes) in scopes {
            let fitting: Vec<_> = nodes.iter().copied().filter(|id| fits(kind, &graph.node(*id).op).is_ok()).collect();
            match fitting[..] {
                [] => refused = refused.or(why_none(graph, &nodes, kind)),
                [one] => chosen.push(one),
                _ => {
                    let candidates = fitting.iter().map(|id| graph.node(*id).name.to_string()).collect();
                    return Err(SelectError::Ambiguous { scope: scope.to_owned(), candidates });
                }
            }
        }
        match refused {
            Some((layer, refusal)) if chosen.is_empty() => Err(SelectError::Refused { layer, refusal }),
            _ => Ok(chosen),
        }
    }
}

impl Layers<'_> {
    /// The layers that a pattern names for a form, or, for other widths, all of them.
    ///
    /// # Errors
    /// As [`Self::select`] with a form, as [`Self::select_all`] without.
    pub fn select_for(&self, pattern: &Pattern, kind: Option<Kind>) -> Result<Vec<NodeId>, SelectError> {
        kind.map_or_else(|| self.select_all(pattern), |kind| self.select(pattern, kind))
    }

    /// All convolutions and linear layers that a pattern names or that lie in a scope which it names, in order of execution.
    ///
    /// # Errors
    /// There are none.
    pub fn select_all(&self, pattern: &Pattern) -> Result<Vec<NodeId>, SelectError> {
        let graph = self.graph;
        let named: BTreeSet<NodeId> = self.scopes.named(pattern).into_iter().flat_map(|(_, nodes)| nodes).collect();
        let layers: Vec<_> = named.iter().copied().filter(|id| graph.node(*id).op.is_layer()).collect();
        match named.first() {
            Some(first) if layers.is_empty() => {
                let node = graph.node(*first);
                let refusal = Refusal::NotConvolution { keyword: node.op.keyword() };
                Err(SelectError::Refused { layer: node.name.to_string(), refusal })
            }
            Some(_) => Ok(layers),
            None => Err(self.unmatched(pattern)),
        }
    }
}

impl Layers<'_> {
    /// What may have been meant by a pattern that names nothing: paths that are spelled alike, best first, and the layers that
    /// use shared weights which it names, in order of execution.
    pub(super) fn meant(&self, pattern: &Pattern) -> (Vec<String>, Vec<String>) {
        let users = self.scopes.users(pattern).into_iter().map(|id| self.graph.node(id).name.to_string()).collect();
        (self.scopes.alike(&pattern.to_string()), users)
    }

    fn unmatched(&self, pattern: &Pattern) -> SelectError {
        let (nearest, users) = self.meant(pattern);
        SelectError::NoMatch { nearest, users }
    }
}

/// The most telling reason: that of a convolution or linear layer before that of anything else.
fn why_none(graph: &Graph, nodes: &[NodeId], kind: Kind) -> Option<(String, Refusal)> {
    let is_layer = |id: &&NodeId| graph.node(**id).op.is_layer();
    let best = nodes.iter().find(is_layer).or(nodes.first())?;
    let node = graph.node(*best);
    fits(kind, &node.op).err().map(|refusal| (node.name.to_string(), refusal))
}
