//! Changes that are told together: layers that became the same, under the path of a `refine` line.
//!
//! In: two networks and what changed between them. Out: [`Alike`]s that hold every change once but renamings, by first layer. Where no such path
//! names just the layers, those whose names differ in one place are told together if they cost the same. Nothing of a change is
//! lost: who tells them together can tell them one by one.

use std::collections::BTreeMap;

use super::changed::RENAMED;
use super::network::Network;
use super::savings::{ChangedLayer, Cost};
use crate::graph::path::starred;
use crate::op::form::Kind;
use crate::writeback::address::Paths;

/// Changes that are told together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alike {
    /// The layer's name; or a path that names all of them and no other layer, `layer2.*.conv2`; or `layer2.[1-3].conv2`.
    pub name: String,
    /// What changed, with `*` for the numbers in names where there are several layers.
    pub changed: Vec<String>,
    /// Places in the list of changes, ascending.
    pub members: Vec<usize>,
}

/// What stands in a name before a place, which place that is, and what stands behind it.
type Rest<'a> = (Vec<&'a str>, usize, Vec<&'a str>);

/// What changes under one path have in common.
type Key<'a> = (&'a str, &'a [u64], Vec<String>);

/// Tells changes together.
pub(super) fn alike(before: &Network<'_>, after: &Network<'_>, changes: &[ChangedLayer]) -> Vec<Alike> {
    let mut by_key: BTreeMap<Key<'_>, Vec<usize>> = BTreeMap::new();
    for (at, change) in changes.iter().enumerate().filter(|(_, change)| change.form != RENAMED) {
        by_key.entry(key(change)).or_default().push(at);
    }
    let (mut all, mut left) = (Vec::new(), Vec::new());
    let (mut old, mut new) = (None, None);
    for ((form, _, changed), members) in by_key {
        if let [_] = members[..] {
            left.push((changed, members));
            continue;
        }
        let paths = match form {
            "added" => new.get_or_insert_with(|| Paths::new(after.shaped)),
            _ => old.get_or_insert_with(|| Paths::new(before.shaped)),
        };
        let names: Vec<&str> = members.iter().map(|at| changes[*at].layer.as_str()).collect();
        let (several, alone): (Vec<_>, Vec<_>) =
            paths.of(&names, Kind::from_name(form)).into_iter().partition(|(_, covered)| covered.len() > 1);
        all.extend(several.into_iter().map(|(name, covered)| {
            let members = covered.into_iter().map(|at| members[at]).collect();
            Alike { name, changed: changed.clone(), members }
        }));
        left.push((changed, alone.into_iter().flat_map(|(_, covered)| covered).map(|at| members[at]).collect()));
    }
    all.extend(left.into_iter().flat_map(|(changed, members)| series(changes, &changed, &members)));
    all.sort_by_key(|alike| alike.members[0]);
    all
}

fn key(change: &ChangedLayer) -> Key<'_> {
    let names = change.absorbed.iter().chain(&change.renamed);
    let clause = |clause: &String| {
        names.clone().fold(clause.clone(), |clause, name| clause.replace(&format!("`{name}`"), &format!("`{}`", starred(name))))
    };
    (&change.form, &change.channels, change.changed.iter().map(clause).collect())
}

/// Layers of one cost among which those are looked for whose names differ in one place, again for each that is found; of more,
/// each is told by itself.
const MOST_COMPARED: usize = 2048;

/// Changes without a common path: those that cost the same and whose names differ in one place together.
fn series(changes: &[ChangedLayer], changed: &[String], members: &[usize]) -> Vec<Alike> {
    let mut by_cost: BTreeMap<[u64; 12], Vec<usize>> = BTreeMap::new();
    for at in members {
        by_cost.entry(counts(&changes[*at])).or_default().push(*at);
    }
    let mut all = Vec::new();
    for mut left in by_cost.into_values() {
        while left.len() <= MOST_COMPARED
            && let Some((name, members)) = longest(changes, &left)
        {
            left.retain(|at| !members.contains(at));
            all.push(Alike { name, changed: changed.to_vec(), members });
        }
        all.extend(left.into_iter().map(|at| {
            let ChangedLayer { layer, changed, .. } = &changes[at];
            Alike { name: layer.clone(), changed: changed.clone(), members: vec![at] }
        }));
    }
    all
}

/// Most of the layers whose names differ in one place alone, with a name for them; `None` where there are no two.
fn longest(changes: &[ChangedLayer], members: &[usize]) -> Option<(String, Vec<usize>)> {
    let mut by_rest: BTreeMap<Rest<'_>, Vec<usize>> = BTreeMap::new();
    for at in members {
        let parts: Vec<&str> = changes[*at].layer.split('.').collect();
        for place in 0..parts.len() {
            by_rest.entry((parts[..place].to_vec(), place, parts[place + 1..].to_vec())).or_default().push(*at);
        }
    }
    // Of several that are as long, the first.
    let ((head, place, tail), found) =
        by_rest.into_iter().rev().max_by_key(|(_, found)| found.len()).filter(|(_, found)| found.len() > 1)?;
    let differing: Vec<&str> = found.iter().filter_map(|at| changes[*at].layer.split('.').nth(place)).collect();
    let parts = head.into_iter().map(str::to_owned).chain([ranged(&differing)]);
    Some((parts.chain(tail.into_iter().map(str::to_owned)).collect::<Vec<_>>().join("."), found))
}

fn counts(change: &ChangedLayer) -> [u64; 12] {
    let of = |cost: &Cost| [cost.layers, cost.params, cost.macs, cost.flops, cost.weight_bytes, cost.activation_bytes];
    let mut all = [0; 12];
    all[..6].copy_from_slice(&of(&change.before));
    all[6..].copy_from_slice(&of(&change.after));
    all
}

/// `[1-3,5]` for numbers, `inception_4[b,c]` for other words.
fn ranged(words: &[&str]) -> String {
    let numbers: Option<Vec<u64>> = words.iter().map(|word| word.parse().ok()).collect();
    let Some(mut numbers) = numbers else { return listed(words) };
    numbers.sort_unstable();
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for n in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == n => *last = n,
            _ => runs.push((n, n)),
        }
    }
    let run = |(first, last): &(u64, u64)| if first == last { first.to_string() } else { format!("{first}-{last}") };
    format!("[{}]", runs.iter().map(run).collect::<Vec<_>>().join(","))
}

/// The most words that are listed.
const MOST: usize = 8;

fn listed(words: &[&str]) -> String {
    let first = words.first().copied().unwrap_or_default();
    let is_shared = |end: &usize| words.iter().all(|word| word.get(..*end) == first.get(..*end));
    let ends = first.char_indices().map(|(at, _)| at);
    let start = ends.take_while(is_shared).last().unwrap_or(0);
    let mut ends: Vec<&str> = words.iter().map(|word| &word[start..]).collect();
    if ends.len() > MOST {
        ends.splice(MOST - 1..ends.len() - 1, ["…"]);
    }
    format!("{}[{}]", &first[..start], ends.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_differ_are_a_range_or_a_list() {
        assert_eq!(ranged(&["1", "3", "2", "5"]), "[1-3,5]");
        assert_eq!(ranged(&["inception_4b", "inception_4d"]), "inception_4[b,d]");
        assert_eq!(ranged(&["a", "ab"]), "[a,ab]");
        assert_eq!(ranged(&["é1", "è2"]), "[é1,è2]");
        assert_eq!(ranged(&["a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8"]), "a[0,1,2,3,4,5,6,…,8]");
    }

    #[test]
    fn layers_that_cost_the_same_and_differ_in_one_place_stand_together() {
        let change = |layer: &str| ChangedLayer {
            layer: layer.to_owned(),
            block: None,
            form: "reduce".to_owned(),
            channels: vec![8],
            inserted: Vec::new(),
            before: Cost::default(),
            after: Cost::default(),
            changed: Vec::new(),
            absorbed: Vec::new(),
            renamed: None,
            error: None,
        };
        let changes = ["a.1.x", "a.2.x", "a.2.y", "b.3.x", "a.4.x"].map(change);
        let found = series(&changes, &[], &[0, 1, 2, 3, 4]);
        let told: Vec<_> = found.iter().map(|alike| (alike.name.as_str(), alike.members.clone())).collect();
        assert_eq!(told, [("a.[1-2,4].x", vec![0, 1, 4]), ("a.2.y", vec![2]), ("b.3.x", vec![3])]);
    }
}
