//! The shortest paths that address the layers of a plan: what `refine` statements are written with.
//!
//! In: the network before, and its planned changes. Out: [`Line`]s, each a path and the layers that it names, and no others.
//! Layers of one form share a line where a path with wildcards matches just them (`layer3.*.conv2`, `fire*.b`).

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::NodeId;
use crate::op::form::{Kind, Refinement};
use crate::rewrite::forms::fits;
use crate::rewrite::path::{Layers, Pattern, starred};
use crate::rewrite::plan::PlannedChange;
use crate::shape::Shaped;

/// One `refine` statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Line<'p> {
    /// The path, without the backquotes that it may need in a text.
    pub path: String,
    /// The form.
    pub how: Refinement,
    /// The changes that it makes, in order of execution.
    pub changes: Vec<&'p PlannedChange>,
}

/// The statements that make a plan's changes, in the order of their first layers.
#[must_use]
pub fn lines<'p>(before: &Shaped, changes: &'p [PlannedChange]) -> Vec<Line<'p>> {
    let scopes = Scopes::new(before);
    let mut by_form: BTreeMap<Refinement, Vec<usize>> = BTreeMap::new();
    for (i, change) in changes.iter().enumerate() {
        by_form.entry(change.how).or_default().push(i);
    }
    let mut lines: Vec<(usize, Line<'p>)> = Vec::new();
    for (how, members) in by_form {
        lines.extend(scopes.cover(changes, how, &members));
    }
    lines.sort_by_key(|(first, _)| *first);
    lines.into_iter().map(|(_, line)| line).collect()
}

/// How many layers of each scope take each form.
struct Scopes<'s> {
    shaped: &'s Shaped,
    layers: Layers<'s>,
    fitting: BTreeMap<&'s str, [u32; Kind::ALL.len()]>,
}

impl<'s> Scopes<'s> {
    fn new(shaped: &'s Shaped) -> Self {
        let mut fitting: BTreeMap<&str, [u32; Kind::ALL.len()]> = BTreeMap::new();
        for &id in shaped.order() {
            let node = shaped.graph().node(id);
            if node.inserted_for().is_some() {
                continue;
            }
            for (at, _) in node.name.match_indices('.') {
                let counts = fitting.entry(&node.name[..at]).or_default();
                for (count, kind) in counts.iter_mut().zip(Kind::ALL) {
                    *count += u32::from(fits(kind, &node.op).is_ok());
                }
            }
        }
        Self { shaped, layers: Layers::new(shaped.graph(), shaped.order()), fitting }
    }

    /// The layer's scope where it is the only one there that takes the form, otherwise its name.
    fn address(&self, layer: &str, kind: Kind) -> String {
        let alone = |scope: &str| {
            let counts = self.fitting.get(scope).copied().unwrap_or_default();
            counts.iter().zip(Kind::ALL).any(|(count, other)| other == kind && *count == 1)
        };
        match layer.rsplit_once('.') {
            Some((scope, _)) if alone(scope) => scope.to_owned(),
            _ => layer.to_owned(),
        }
    }

    /// Covers the layers of one form with as few paths as it finds.
    fn cover<'p>(&self, changes: &'p [PlannedChange], how: Refinement, members: &[usize]) -> Vec<(usize, Line<'p>)> {
        let kind = how.form.kind();
        let graph = self.shaped.graph();
        let index: BTreeMap<NodeId, usize> = members.iter().filter_map(|i| Some((graph.find(&changes[*i].layer)?, *i))).collect();
        let addresses: Vec<_> = members.iter().map(|i| (*i, self.address(&changes[*i].layer, kind))).collect();
        // A path that only one layer suggests is hardly ever one of several; trying each of them would be quadratic.
        let mut wild: BTreeMap<String, u32> = BTreeMap::new();
        for path in addresses.iter().flat_map(|(_, address)| generalised(address).into_iter().collect::<BTreeSet<_>>()) {
            *wild.entry(path).or_default() += 1;
        }
        let mut covers: Vec<(String, Vec<usize>)> = wild
            .into_iter()
            .filter(|(_, suggested)| *suggested > 1)
            .filter_map(|(path, _)| {
                let named = self.layers.select(&Pattern::parse(&path)?, kind).ok()?;
                let covered: Option<Vec<_>> = named.iter().map(|id| index.get(id).copied()).collect();
                Some((path, covered.filter(|covered| covered.len() > 1)?))
            })
            .collect();
        covers.sort_by(|a, b| {
            b.1.len().cmp(&a.1.len()).then_with(|| wildcards(&a.0).cmp(&wildcards(&b.0))).then_with(|| a.0.cmp(&b.0))
        });
        let mut left: BTreeSet<usize> = members.iter().copied().collect();
        let mut lines = Vec::new();
        for (path, covered) in covers {
            if covered.iter().all(|i| left.contains(i)) {
                for i in &covered {
                    left.remove(i);
                }
                lines.push((covered[0], Line { path, how, changes: covered.iter().map(|i| &changes[*i]).collect() }));
            }
        }
        let alone = addresses.into_iter().filter(|(i, _)| left.contains(i));
        lines.extend(alone.map(|(i, path)| (i, Line { path, how, changes: vec![&changes[i]] })));
        lines
    }
}

fn wildcards(path: &str) -> usize {
    path.matches('*').count()
}

/// Paths with wildcards that match an address: `*` for numbers, and for what follows the common part of the first name.
fn generalised(address: &str) -> Vec<String> {
    let by_number = starred(address);
    let (first, rest) = address.split_once('.').map_or((address, ""), |(first, rest)| (first, rest));
    let stem = first.trim_end_matches(|c: char| c.is_ascii_digit());
    let stem = if stem.len() < first.len() { stem } else { first.rfind('_').map_or("", |at| &first[..=at]) };
    let mut paths = vec![by_number.clone()];
    if !stem.is_empty() && !rest.is_empty() {
        paths.push(format!("{stem}*.{rest}"));
        paths.push(format!("{stem}*.{}", starred(rest)));
    }
    paths.retain(|path| path != address);
    paths
}
