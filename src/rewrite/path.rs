//! Addressing layers by path: the patterns of `refine` statements and of `passes.yaml`.
//!
//! A pattern's segments are compared with those of a layer's name: `*` stands for one segment, `**` for any number, and a
//! `*` inside a segment for any characters (`inception_*.b`). A pattern names a layer when it matches the layer's whole
//! name or a scope that the layer lies in; such a scope must hold exactly one layer that the form fits.

use std::collections::BTreeMap;
use std::fmt;

use super::forms::{Kind, Refusal};
use super::insert::MADE_BY;
pub use crate::graph::path::{Pattern, alike, starred};
use crate::graph::{Graph, NodeId};
use crate::op::Op;

/// Why a pattern selects nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum SelectError {
    /// It matches no layer and no scope.
    NoMatch {
        /// Paths that are spelled alike, best first.
        nearest: Vec<String>,
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
            Self::NoMatch { nearest } if nearest.is_empty() => f.write_str("no layer has this path"),
            Self::NoMatch { nearest } => write!(f, "no layer has this path; did you mean `{}`?", nearest.join("`, `")),
            Self::Ambiguous { scope, candidates } => {
                write!(f, "`{scope}` holds {} layers that take this form: `{}`", candidates.len(), candidates.join("`, `"))
            }
            Self::Refused { layer, refusal } => write!(f, "`{layer}` cannot take this form: {refusal}"),
        }
    }
}

/// The layers that a pattern names for a form, in order of execution. For many patterns, ask one [`Index`].
///
/// # Errors
/// The pattern matches nothing, a matched scope holds several layers that the form fits, or nothing matched takes it.
pub fn select(graph: &Graph, order: &[NodeId], pattern: &Pattern, kind: Kind) -> Result<Vec<NodeId>, SelectError> {
    Index::new(graph, order).select(pattern, kind)
}

/// The layers of a graph by the segments of their names, so that thousands of patterns are not each held against every layer.
/// What a refinement inserted is left out.
pub struct Index<'g> {
    graph: &'g Graph,
    layers: Vec<NodeId>,
    /// For each segment the places in `layers` of those whose names have it, ascending.
    by_segment: BTreeMap<&'g str, Vec<usize>>,
}

impl<'g> Index<'g> {
    /// Reads all names once.
    #[must_use]
    pub fn new(graph: &'g Graph, order: &[NodeId]) -> Self {
        let own = |id: &NodeId| graph.node(*id).origin.made_by != Some(MADE_BY);
        let layers: Vec<_> = order.iter().copied().filter(own).collect();
        let mut by_segment: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, id) in layers.iter().enumerate() {
            for segment in graph.node(*id).name.split('.') {
                let places = by_segment.entry(segment).or_default();
                if places.last() != Some(&at) {
                    places.push(at);
                }
            }
        }
        Self { graph, layers, by_segment }
    }

    /// The layers that a pattern names for a form, in order of execution.
    ///
    /// # Errors
    /// As [`select`].
    pub fn select(&self, pattern: &Pattern, kind: Kind) -> Result<Vec<NodeId>, SelectError> {
        let graph = self.graph;
        let scopes = self.scopes(pattern);
        if scopes.is_empty() {
            return Err(SelectError::NoMatch { nearest: alike(graph, &pattern.to_string()) });
        }
        let mut chosen = Vec::new();
        let mut refused = None;
        for (scope, nodes) in scopes {
            let fits: Vec<_> = nodes.iter().copied().filter(|id| kind.fits(&graph.node(*id).op).is_ok()).collect();
            match fits[..] {
                [] => refused = refused.or(why_none(graph, &nodes, kind)),
                [one] => chosen.push(one),
                _ => {
                    let candidates = fits.iter().map(|id| graph.node(*id).name.clone()).collect();
                    return Err(SelectError::Ambiguous { scope: scope.to_owned(), candidates });
                }
            }
        }
        match refused {
            Some((layer, refusal)) if chosen.is_empty() => Err(SelectError::Refused { layer, refusal }),
            _ => Ok(chosen),
        }
    }

    /// Matched scopes with the nodes in them, by first appearance.
    fn scopes(&self, pattern: &Pattern) -> Vec<(&'g str, Vec<NodeId>)> {
        let mut index: BTreeMap<&str, usize> = BTreeMap::new();
        let mut scopes: Vec<(&str, Vec<NodeId>)> = Vec::new();
        let mut look = |id: NodeId| {
            let Some(scope) = pattern.scope(&self.graph.node(id).name) else { return };
            let at = *index.entry(scope).or_insert(scopes.len());
            if at == scopes.len() {
                scopes.push((scope, Vec::new()));
            }
            scopes[at].1.push(id);
        };
        match self.rarest(pattern) {
            Some(places) => places.iter().for_each(|at| look(self.layers[*at])),
            None => self.layers.iter().for_each(|id| look(*id)),
        }
        scopes
    }

    /// The layers that have the pattern's rarest segment; no others can match. `None` where every segment has a wildcard.
    fn rarest(&self, pattern: &Pattern) -> Option<&[usize]> {
        let having = |segment: &str| self.by_segment.get(segment).map_or(&[][..], Vec::as_slice);
        pattern.literals().map(having).min_by_key(|places| places.len())
    }
}

/// The most telling reason: that of a convolution or linear layer before that of anything else.
fn why_none(graph: &Graph, nodes: &[NodeId], kind: Kind) -> Option<(String, Refusal)> {
    let is_layer = |id: &&NodeId| matches!(graph.node(**id).op, Op::Conv(_) | Op::ConvTranspose(_) | Op::Linear(_));
    let best = nodes.iter().find(is_layer).or(nodes.first())?;
    let node = graph.node(*best);
    kind.fits(&node.op).err().map(|refusal| (node.name.clone(), refusal))
}
