//! Addressing layers by path: the patterns of `refine` statements and of `passes.yaml`.
//!
//! A pattern's segments are compared with those of a layer's name: `*` stands for one segment, `**` for any number, and a
//! `*` inside a segment for any characters (`inception_*.b`). A pattern names a layer when it matches the layer's whole
//! name or a scope that the layer lies in; such a scope must hold exactly one layer that the form fits.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::forms::{Kind, Refusal};
use super::insert::MADE_BY;
use crate::graph::{Graph, NodeId};
use crate::op::Op;

/// A path with wildcards.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pattern {
    segments: Vec<String>,
}

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

impl Pattern {
    /// A pattern from its segments, as the parser gives them.
    #[must_use]
    pub fn new(segments: Vec<String>) -> Self {
        Self { segments }
    }

    /// A pattern from `inception_*.b`; `None` where a segment is empty or has a character that no path has.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |segment: &str| !segment.is_empty() && segment.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '*');
        text.split('.').all(fits).then(|| Self { segments: text.split('.').map(str::to_owned).collect() })
    }

    /// Whether it has no wildcard.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        self.segments.iter().all(|segment| !segment.contains('*'))
    }

    /// The longest scope of `name` (or the whole name) that the pattern matches.
    #[must_use]
    pub fn scope<'n>(&self, name: &'n str) -> Option<&'n str> {
        let parts: Vec<_> = name.split('.').collect();
        // reached[j]: the pattern so far matches the first j parts.
        let mut reached = vec![false; parts.len() + 1];
        reached[0] = true;
        for segment in &self.segments {
            let mut next = vec![false; parts.len() + 1];
            if segment == "**" {
                let first = reached.iter().position(|r| *r).unwrap_or(parts.len() + 1);
                next.iter_mut().skip(first).for_each(|r| *r = true);
            } else {
                for (j, part) in parts.iter().enumerate() {
                    next[j + 1] = reached[j] && segment_matches(segment, part);
                }
            }
            reached = next;
        }
        let count = reached.iter().rposition(|r| *r).filter(|count| *count > 0)?;
        let length = parts[..count].iter().map(|part| part.len()).sum::<usize>() + count - 1;
        Some(&name[..length])
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.segments.join("."))
    }
}

/// Whether a segment with `*` for any characters matches a part of a name.
fn segment_matches(pattern: &str, part: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = part.strip_prefix(first) else { return false };
    let mut pieces: Vec<_> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

/// The layers that a pattern names for a form, in order of execution.
///
/// # Errors
/// The pattern matches nothing, a matched scope holds several layers that the form fits, or nothing matched takes it.
pub fn select(graph: &Graph, order: &[NodeId], pattern: &Pattern, kind: Kind) -> Result<Vec<NodeId>, SelectError> {
    let scopes = scopes(graph, order, pattern);
    if scopes.is_empty() {
        return Err(SelectError::NoMatch { nearest: nearest(graph, order, &pattern.to_string()) });
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

/// Matched scopes with the nodes in them, by first appearance; what a refinement inserted is left out.
fn scopes<'g>(graph: &'g Graph, order: &[NodeId], pattern: &Pattern) -> Vec<(&'g str, Vec<NodeId>)> {
    let mut index: BTreeMap<&str, usize> = BTreeMap::new();
    let mut scopes: Vec<(&str, Vec<NodeId>)> = Vec::new();
    for &id in order {
        let node = graph.node(id);
        if node.origin.made_by == Some(MADE_BY) {
            continue;
        }
        if let Some(scope) = pattern.scope(&node.name) {
            let at = *index.entry(scope).or_insert(scopes.len());
            if at == scopes.len() {
                scopes.push((scope, Vec::new()));
            }
            scopes[at].1.push(id);
        }
    }
    scopes
}

/// The most telling reason: that of a convolution or linear layer before that of anything else.
fn why_none(graph: &Graph, nodes: &[NodeId], kind: Kind) -> Option<(String, Refusal)> {
    let is_layer = |id: &&NodeId| matches!(graph.node(**id).op, Op::Conv(_) | Op::ConvTranspose(_) | Op::Linear(_));
    let best = nodes.iter().find(is_layer).or(nodes.first())?;
    let node = graph.node(*best);
    kind.fits(&node.op).err().map(|refusal| (node.name.clone(), refusal))
}

/// Up to three paths of the graph that are spelled like `text`.
pub(super) fn nearest(graph: &Graph, order: &[NodeId], text: &str) -> Vec<String> {
    let mut scored: BTreeSet<(usize, &str)> = BTreeSet::new();
    let most = 1 + text.chars().count() / 4;
    for &id in order {
        let name = &graph.node(id).name;
        let ends = name.match_indices('.').map(|(at, _)| at).chain([name.len()]);
        for end in ends {
            let scope = &name[..end];
            if scope.len().abs_diff(text.len()) <= most {
                let distance = distance(scope, text);
                if distance <= most {
                    scored.insert((distance, scope));
                }
            }
        }
    }
    scored.into_iter().take(3).map(|(_, scope)| scope.to_owned()).collect()
}

/// Levenshtein distance in characters.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<_> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, r) in right.iter().enumerate() {
            let substitution = diagonal + usize::from(l != *r);
            diagonal = row[j + 1];
            row[j + 1] = substitution.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

/// A name with `*` for every segment that is a number: what loops make of one line.
#[must_use]
pub fn starred(name: &str) -> String {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<_> = name.split('.').map(|part| if is_number(part) { "*" } else { part }).collect();
    parts.join(".")
}
