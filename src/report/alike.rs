//! Changes that are told together: layers that became the same at the same costs, under the path of a `refine` line.
//!
//! In: two networks and what changed between them. Out: [`Alike`]s that hold every change once, by first layer. Nothing of a change
//! is lost: who tells them together can tell them one by one.

use std::collections::BTreeMap;

use super::network::Network;
use super::savings::{ChangedLayer, Cost};
use crate::graph::path::starred;
use crate::op::form::Kind;
use crate::writeback::address::Paths;

/// Changes that are told together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alike {
    /// The layer's name, or a path that names all of them and no other layer: `layer2.*.conv2`.
    pub name: String,
    /// What changed, with `*` for the numbers in names.
    pub changed: Vec<String>,
    /// Places in the list of changes, ascending.
    pub members: Vec<usize>,
}

/// What alike changes have in common.
type Key<'a> = (&'a str, &'a [u64], Vec<String>, [u64; 12]);

/// Tells changes together.
pub(super) fn alike(before: &Network<'_>, after: &Network<'_>, changes: &[ChangedLayer]) -> Vec<Alike> {
    let mut by_key: BTreeMap<Key<'_>, Vec<usize>> = BTreeMap::new();
    for (at, change) in changes.iter().enumerate() {
        by_key.entry(key(change)).or_default().push(at);
    }
    let single = |at: usize| {
        let ChangedLayer { layer, changed, .. } = &changes[at];
        Alike { name: layer.clone(), changed: changed.clone(), members: vec![at] }
    };
    let mut all = Vec::new();
    let (mut old, mut new) = (None, None);
    for ((form, _, changed, _), members) in by_key {
        if let [only] = members[..] {
            all.push(single(only));
            continue;
        }
        let paths = match form {
            "added" => new.get_or_insert_with(|| Paths::new(after.shaped)),
            _ => old.get_or_insert_with(|| Paths::new(before.shaped)),
        };
        let names: Vec<&str> = members.iter().map(|at| changes[*at].layer.as_str()).collect();
        for (name, covered) in paths.of(&names, Kind::from_name(form)) {
            if let [only] = covered[..] {
                all.push(single(members[only]));
            } else {
                let members = covered.into_iter().map(|at| members[at]).collect();
                all.push(Alike { name, changed: changed.clone(), members });
            }
        }
    }
    all.sort_by_key(|alike| alike.members[0]);
    all
}

fn key(change: &ChangedLayer) -> Key<'_> {
    let counts = |cost: &Cost| [cost.layers, cost.params, cost.macs, cost.flops, cost.weight_bytes, cost.activation_bytes];
    let mut all = [0; 12];
    all[..6].copy_from_slice(&counts(&change.before));
    all[6..].copy_from_slice(&counts(&change.after));
    let names = change.absorbed.iter().chain(&change.renamed);
    let clause = |clause: &String| {
        names.clone().fold(clause.clone(), |clause, name| clause.replace(&format!("`{name}`"), &format!("`{}`", starred(name))))
    };
    (&change.form, &change.channels, change.changed.iter().map(clause).collect(), all)
}
