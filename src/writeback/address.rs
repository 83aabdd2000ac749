//! The shortest paths that address the layers of a plan: what `refine` statements are written with.
//!
//! In: the network before, its planned changes, and the networks that the same text makes with other values. Out: [`Line`]s,
//! each a path and the layers that it names, and no others. Layers of one form share a line where a path with wildcards
//! matches just them (`layer3.*.conv2`, `fire*.b`). With the other values a path names those of its layers that there are,
//! and further turns of their loops; where there is none of them the line stands under a condition. [`Paths`] gives the same paths
//! to who tells of layers together.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::NodeId;
use crate::graph::scopes;
use crate::op::Op;
use crate::op::form::{How, Kind};
use crate::rewrite::forms::fits;
use crate::rewrite::path::{Layers, Pattern, starred};
use crate::rewrite::plan::PlannedChange;
use crate::rewrite::scale::widths;
use crate::shape::Shaped;

/// One `refine` statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Line<'p> {
    /// The path, without the backquotes that it may need in a text.
    pub path: String,
    /// What becomes of them.
    pub how: How,
    /// The changes that it makes, in order of execution.
    pub changes: Vec<&'p PlannedChange>,
    /// When it is to be there, all together: `not shallow`.
    pub only_if: Vec<&'p str>,
}

/// A network that the text makes with another value.
#[derive(Debug, Clone, Copy)]
pub struct Other<'a> {
    /// The network, before the plan.
    pub shaped: &'a Shaped,
    /// What holds of the text's parameters unless they make this network: `not shallow`.
    pub unless: &'a str,
}

/// The statements that make a plan's changes, in the order of their first layers.
#[must_use]
pub fn lines<'p>(before: &Shaped, changes: &'p [PlannedChange], others: &[Other<'p>]) -> Vec<Line<'p>> {
    if let Some(line) = everywhere(before, changes) {
        return vec![line];
    }
    let scopes = Scopes::new(before, others);
    let mut by_form: BTreeMap<How, Vec<usize>> = BTreeMap::new();
    for (i, change) in changes.iter().enumerate() {
        by_form.entry(change.how).or_default().push(i);
    }
    let mut lines: Vec<(usize, Line<'p>)> = Vec::new();
    let layers: Vec<&str> = changes.iter().map(|change| change.layer.as_str()).collect();
    for (how, members) in by_form {
        lines.extend(scopes.cover(&layers, how.form().map(|how| how.form.kind()), &members).into_iter().map(
            |(path, covered, only_if)| {
                let changes = covered.iter().map(|i| &changes[*i]).collect();
                (covered[0], Line { path, how, changes, only_if })
            },
        ));
    }
    lines.sort_by_key(|(first, _)| *first);
    lines.into_iter().map(|(_, line)| line).collect()
}

/// The one line of a network that is at one width everywhere.
fn everywhere<'p>(before: &Shaped, changes: &'p [PlannedChange]) -> Option<Line<'p>> {
    let How::Scale(scale) = changes.first()?.how else { return None };
    let graph = before.graph();
    let all = before.order().iter().filter(|id| graph.node(**id).op.is_layer()).map(|id| (*id, scale)).collect();
    let widths = widths(before, &all).ok()?;
    let named: BTreeSet<&str> = widths
        .iter()
        .filter(|(id, width)| before.shape(**id).channels() != **width)
        .map(|(id, _)| graph.node(*id).name.as_str())
        .collect();
    let planned: BTreeSet<&str> =
        changes.iter().filter(|change| change.how == How::Scale(scale)).map(|change| change.layer.as_str()).collect();
    let is_all = planned.len() == changes.len() && named == planned;
    is_all.then(|| Line { path: "**".to_owned(), how: How::Scale(scale), changes: changes.iter().collect(), only_if: Vec::new() })
}

/// How many layers of a scope take each form, and how many there are.
#[derive(Debug, Clone, Copy, Default)]
struct Fitting {
    forms: [u32; Kind::ALL.len()],
    layers: u32,
}

/// The paths by which layers are told together.
pub struct Paths<'s> {
    scopes: Scopes<'s, 's>,
    names: scopes::Scopes<'s>,
}

impl<'s> Paths<'s> {
    /// The paths of a network.
    #[must_use]
    pub fn new(shaped: &'s Shaped) -> Self {
        Self { scopes: Scopes::new(shaped, &[]), names: scopes::Scopes::new(shaped.graph(), shaped.order().iter().copied()) }
    }

    /// As few paths as are found that name these layers and no others, each with the places of its layers, in their order.
    /// Layers with a form are named as `refine` lines name them, which need not say what only such a layer can be meant by;
    /// others by their whole names.
    #[must_use]
    pub fn of(&self, layers: &[&str], kind: Option<Kind>) -> Vec<(String, Vec<usize>)> {
        let members: Vec<usize> = (0..layers.len()).collect();
        let mut paths = kind.map_or_else(|| self.whole(layers, &members), |kind| self.scopes.cover(layers, Some(kind), &members));
        paths.sort_by_key(|(_, covered, _)| covered.first().copied());
        paths.into_iter().map(|(path, covered, _)| (path, covered)).collect()
    }

    /// Covers layers by their whole names.
    fn whole(&self, layers: &[&str], members: &[usize]) -> Vec<Cover<'s>> {
        let graph = self.scopes.shaped.graph();
        let addresses: Vec<_> = layers.iter().map(|name| (*name).to_owned()).enumerate().collect();
        let index = addresses.iter().filter_map(|(i, name)| Some((graph.find(name)?, *i))).collect();
        let wild = wild((&addresses, false), &index, |pattern, _| {
            let named = self.names.named(pattern);
            let is_layer = |(scope, nodes): &(&str, Vec<NodeId>)| nodes.len() == 1 && graph.node(nodes[0]).name == *scope;
            let all = named.iter().all(is_layer);
            all.then(|| (named.into_iter().flat_map(|(_, nodes)| nodes).collect(), Vec::new()))
        });
        let (mut chosen, left) = fewest(wild, members);
        chosen.extend(left.into_iter().map(|i| (layers[i].to_owned(), vec![i], Vec::new())));
        chosen
    }
}

/// A path, the places of the layers that it names, and the conditions under which it stands.
type Cover<'o> = (String, Vec<usize>, Vec<&'o str>);

/// How many layers of each scope take each form, and what there is with other values.
struct Scopes<'s, 'o> {
    shaped: &'s Shaped,
    layers: Layers<'s>,
    fitting: BTreeMap<&'s str, Fitting>,
    others: Vec<(Other<'o>, Layers<'o>)>,
}

impl<'s, 'o> Scopes<'s, 'o> {
    fn new(shaped: &'s Shaped, others: &[Other<'o>]) -> Self {
        let mut fitting: BTreeMap<&str, Fitting> = BTreeMap::new();
        for &id in shaped.order() {
            let node = shaped.graph().node(id);
            if node.inserted_for().is_some() {
                continue;
            }
            for (at, _) in node.name.match_indices('.') {
                let counts = fitting.entry(&node.name[..at]).or_default();
                for (count, kind) in counts.forms.iter_mut().zip(Kind::ALL) {
                    *count += u32::from(fits(kind, &node.op).is_ok());
                }
                counts.layers += u32::from(node.op.is_layer());
            }
        }
        let layers = |shaped: &'o Shaped| Layers::new(shaped.graph(), shaped.order());
        let others = others.iter().map(|other| (*other, layers(other.shaped))).collect();
        Self { shaped, layers: Layers::new(shaped.graph(), shaped.order()), fitting, others }
    }

    /// The layer's scope where it is the only one there that takes the form, or without a form the only layer there; otherwise
    /// its name.
    fn address(&self, layer: &str, kind: Option<Kind>) -> String {
        let alone = |scope: &str| {
            let counts = self.fitting.get(scope).copied().unwrap_or_default();
            kind.map_or(counts.layers == 1, |kind| {
                counts.forms.iter().zip(Kind::ALL).any(|(count, other)| other == kind && *count == 1)
            })
        };
        match layer.rsplit_once('.') {
            Some((scope, _)) if alone(scope) => scope.to_owned(),
            _ => layer.to_owned(),
        }
    }

    /// Covers the layers of one form with as few paths as it finds.
    fn cover(&self, layers: &[&str], kind: Option<Kind>, members: &[usize]) -> Vec<Cover<'o>> {
        let addresses: Vec<_> = members.iter().map(|i| (*i, self.address(layers[*i], kind))).collect();
        let graph = self.shaped.graph();
        let index = addresses.iter().filter_map(|(i, _)| Some((graph.find(layers[*i])?, *i))).collect();
        let wild = wild((&addresses, kind.is_none()), &index, |pattern, covered| {
            let named = self.layers.select_for(pattern, kind).ok()?;
            let names: Option<Vec<&str>> = named.iter().map(|id| Some(layers[*covered.get(id)?])).collect();
            Some((named, self.conditions(pattern, kind, &names?)?))
        });
        let (mut chosen, left) = fewest(wild, members);
        for (i, short) in addresses.into_iter().filter(|(i, _)| left.contains(i)) {
            let (path, only_if) = self.alone(layers[i], short, kind);
            chosen.push((path, vec![i], only_if));
        }
        chosen
    }

    /// The path of a layer that has a line of its own, and its conditions: the short one, if with other values it names nothing
    /// else.
    fn alone(&self, layer: &str, short: String, kind: Option<Kind>) -> (String, Vec<&'o str>) {
        let conditions = |path: &str| self.conditions(&Pattern::parse(path)?, kind, &[layer]);
        if let Some(only_if) = conditions(&short) {
            return (short, only_if);
        }
        let only_if = conditions(layer).unwrap_or_else(|| {
            let pattern = Pattern::parse(layer);
            let is_there = |layers: &Layers<'_>| pattern.as_ref().is_some_and(|pattern| layers.select_for(pattern, kind).is_ok());
            let missing = self
                .others
                .iter()
                .filter(|(other, layers)| !(takes((self.shaped, other.shaped), layer, kind) && is_there(layers)));
            missing.map(|(other, _)| other.unless).collect()
        });
        (layer.to_owned(), only_if)
    }

    /// When a line is to be there that names these layers with the values at hand; `None` where its path means something else
    /// with other values.
    fn conditions(&self, pattern: &Pattern, kind: Option<Kind>, names: &[&str]) -> Option<Vec<&'o str>> {
        let turns: BTreeSet<String> = names.iter().map(|name| starred(name)).collect();
        let mut only_if = Vec::new();
        for (other, layers) in &self.others {
            let graph = other.shaped.graph();
            let mut wanted: BTreeSet<&str> =
                names.iter().copied().filter(|name| takes((self.shaped, other.shaped), name, kind)).collect();
            let Ok(named) = layers.select_for(pattern, kind) else {
                if !wanted.is_empty() {
                    return None;
                }
                only_if.push(other.unless);
                continue;
            };
            let there_are_some = !wanted.is_empty();
            for name in
                named.iter().map(|id| graph.node(*id).name.as_str()).filter(|name| !wanted.remove(name)).collect::<Vec<_>>()
            {
                // The plan knew the layer and left it alone, or it is something else altogether.
                if !there_are_some || self.shaped.graph().find(name).is_some() || !turns.contains(&starred(name)) {
                    return None;
                }
            }
            if !wanted.is_empty() {
                return None;
            }
        }
        Some(only_if)
    }
}

fn is_fit(kind: Option<Kind>, op: &Op) -> bool {
    kind.map_or_else(|| op.is_layer(), |kind| fits(kind, op).is_ok())
}

/// Whether the other network has a layer of this name that takes the form, or without a form any layer, and is made by the same
/// call: what an `else` makes instead may be another one by the same name.
fn takes((shaped, other): (&Shaped, &Shaped), layer: &str, kind: Option<Kind>) -> bool {
    let node = |shaped: &Shaped| shaped.graph().find(layer).map(|id| shaped.graph().node(id).clone());
    let Some(found) = node(other) else { return false };
    let is_same = node(shaped).is_none_or(|own| own.origin.span == found.origin.span);
    is_fit(kind, &found.op) && found.inserted_for().is_none() && is_same
}

/// Paths that name several of the layers and nothing else; `named` gives what a path names, and its conditions. `whole` says
/// whether a path may name a scope for all that is in it.
fn wild<'o>(
    (addresses, whole): (&[(usize, String)], bool),
    index: &BTreeMap<NodeId, usize>,
    named: impl Fn(&Pattern, &BTreeMap<NodeId, usize>) -> Option<(Vec<NodeId>, Vec<&'o str>)>,
) -> Vec<Cover<'o>> {
    // A path that only one layer suggests is hardly ever one of several; trying each of them would be quadratic.
    let mut wild: BTreeMap<String, u32> = BTreeMap::new();
    for path in addresses.iter().flat_map(|(_, address)| suggested(address, whole)) {
        *wild.entry(path).or_default() += 1;
    }
    let several = wild.into_iter().filter(|(_, suggested)| *suggested > 1);
    let cover = |(path, _): (String, u32)| {
        let (nodes, only_if) = named(&Pattern::parse(&path)?, index)?;
        let covered: Option<Vec<_>> = nodes.iter().map(|id| index.get(id).copied()).collect();
        Some((path, covered.filter(|covered| covered.len() > 1)?, only_if))
    };
    several.filter_map(cover).collect()
}

/// The covers that are taken, the largest first, and the members that none of them names.
fn fewest<'o>(mut covers: Vec<Cover<'o>>, members: &[usize]) -> (Vec<Cover<'o>>, BTreeSet<usize>) {
    covers.sort_by(|a, b| {
        b.1.len().cmp(&a.1.len()).then_with(|| wildcards(&a.0).cmp(&wildcards(&b.0))).then_with(|| a.0.cmp(&b.0))
    });
    let mut left: BTreeSet<usize> = members.iter().copied().collect();
    covers.retain(|(_, covered, _)| {
        let is_free = covered.iter().all(|i| left.contains(i));
        covered.iter().filter(|_| is_free).for_each(|i| {
            left.remove(i);
        });
        is_free
    });
    (covers, left)
}

fn wildcards(path: &str) -> usize {
    path.matches('*').count()
}

/// The paths that a layer suggests for itself and others: its address with wildcards, and its scopes, where these may be named.
fn suggested(address: &str, whole: bool) -> BTreeSet<String> {
    let mut paths: BTreeSet<String> = generalised(address).into_iter().collect();
    for (at, _) in address.match_indices('.').filter(|_| whole) {
        paths.insert(address[..at].to_owned());
        paths.extend(generalised(&address[..at]));
    }
    paths
}

/// Paths with wildcards that match an address: `*` for numbers, all or one of them, and for what follows the common part of
/// a name.
fn generalised(address: &str) -> Vec<String> {
    let segments: Vec<&str> = address.split('.').collect();
    let with = |at: usize, segment: &str, rest: &[String]| {
        let before = segments[..at].iter().map(|segment| (*segment).to_owned());
        before.chain([segment.to_owned()]).chain(rest.iter().cloned()).collect::<Vec<_>>().join(".")
    };
    let plain: Vec<String> = segments.iter().map(|segment| (*segment).to_owned()).collect();
    let all: Vec<String> = segments.iter().map(|segment| starred(segment)).collect();
    let mut paths = vec![starred(address)];
    for (at, segment) in segments.iter().enumerate() {
        paths.push(with(at, &starred(segment), &plain[at + 1..]));
        paths.extend(turn_of_another(segment).map(|turns| with(at, &turns, &plain[at + 1..])));
        // The last name of a path says what the layer is, and stars in it would hide that.
        for stem in stems(segment).into_iter().filter(|_| at + 1 < segments.len()) {
            paths.push(with(at, &format!("{stem}*"), &plain[at + 1..]));
            paths.push(with(at, &format!("{stem}*"), &all[at + 1..]));
        }
    }
    paths.retain(|path| path != address);
    paths
}

/// All turns of the second loop under one name, `*_2` for `0_2`.
fn turn_of_another(segment: &str) -> Option<String> {
    let (turn, number) = segment.split_once('_')?;
    let are_digits = [turn, number].iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    are_digits.then(|| format!("*_{number}"))
}

/// The common parts that a name may have with others: `fire` of `fire2`, `inception_4` and `inception_` of `inception_4a`.
fn stems(name: &str) -> Vec<&str> {
    let is_digit = |c: char| c.is_ascii_digit();
    let unnumbered = name.trim_end_matches(is_digit);
    let unlettered = name.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let mut stems = Vec::new();
    if unnumbered.len() < name.len() {
        stems.push(unnumbered);
    } else {
        if unlettered.len() < name.len() && unlettered.ends_with(is_digit) {
            stems.push(unlettered);
        }
        stems.extend(name.rfind('_').map(|at| &name[..=at]));
    }
    stems.retain(|stem| !stem.is_empty());
    stems
}
