//! Which module of a file is which of the network.
//!
//! In: both sides as trees that hold the same. Out: pairs, or what cannot be told apart. Scopes that hold the same are taken
//! together first, the largest before those in them; where several hold the same, numbers, words and the flow of data must say
//! which is which, and may not contradict each other.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::companion::Companions;
use super::modules::Module;
use super::tree::{Keys, Tree};
use super::words::{natural, numbered, words};
use crate::graph::{Graph, NodeId};

/// One side: modules and their scopes.
#[derive(Debug)]
pub(super) struct Side {
    pub modules: Vec<Module>,
    pub tree: Tree,
    /// How many modules have each form.
    pub counts: BTreeMap<usize, usize>,
}

impl Side {
    /// These modules and the scopes that they lie in.
    pub fn new(modules: Vec<Module>, keys: &mut Keys) -> Self {
        let tree = Tree::new(&modules, keys);
        let mut counts = BTreeMap::new();
        for module in &modules {
            *counts.entry(module.form).or_default() += 1;
        }
        Self { modules, tree, counts }
    }

    /// The modules in a scope.
    pub fn modules_of(&self, scope: usize) -> &[usize] {
        &self.tree.scopes[scope].modules
    }
}

/// Scopes or modules that hold the same, some of which cannot be told apart.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// Of the network, in order of execution.
    pub ours: Vec<usize>,
    /// Of the file, in order of name.
    pub theirs: Vec<usize>,
    /// The scopes that were taken for each other and hold these.
    context: (usize, usize),
}

impl Group {
    /// Whether it is too large for its members to be compared with each other: names that say nothing of so many do not either.
    pub fn is_large(&self) -> bool {
        const MOST: usize = 128;
        self.ours.len() > MOST
    }
}

/// The network's scope and the file's.
type Pair = (usize, usize);

/// The search.
#[derive(Debug)]
pub(super) struct Alignment<'a> {
    pub graph: &'a Graph,
    pub ours: &'a Side,
    pub theirs: &'a Side,
    /// The network's module for each of the file's that is found.
    pub image: BTreeMap<usize, usize>,
    /// The file's module for each of the network's that is found.
    pub found: BTreeMap<usize, usize>,
    /// How many scopes and modules were taken for each other.
    taken: usize,
    open: Vec<Pair>,
    pending: Vec<Group>,
}

impl<'a> Alignment<'a> {
    /// Nothing is found yet.
    pub fn new(graph: &'a Graph, ours: &'a Side, theirs: &'a Side) -> Self {
        Self {
            graph,
            ours,
            theirs,
            image: BTreeMap::new(),
            found: BTreeMap::new(),
            taken: 0,
            open: Vec::new(),
            pending: Vec::new(),
        }
    }

    /// Finds all; both roots hold the same. What stays open comes back.
    pub fn run(&mut self) -> Result<(), Vec<Group>> {
        let companions = Companions::new(self);
        self.pair((self.ours.tree.root(), self.theirs.tree.root()));
        self.descend();
        loop {
            let before = self.taken;
            for group in std::mem::take(&mut self.pending) {
                self.by_series(group);
            }
            self.descend();
            for group in std::mem::take(&mut self.pending) {
                self.by_companions(group, &companions);
            }
            self.descend();
            if self.pending.is_empty() {
                return Ok(());
            }
            if self.taken == before {
                return Err(std::mem::take(&mut self.pending));
            }
        }
    }

    /// Looks into all scopes that were taken for each other.
    fn descend(&mut self) {
        while let Some(pair) = self.open.pop() {
            for group in self.groups(pair) {
                self.settle(group);
            }
        }
    }

    /// Leaves a group for later.
    pub fn keep(&mut self, group: Group) {
        self.pending.push(group);
    }

    /// Takes two for each other.
    pub fn pair(&mut self, (a, b): Pair) {
        self.taken += 1;
        match (self.ours.modules_of(a), self.theirs.modules_of(b)) {
            ([ours], [theirs]) => {
                self.image.insert(*theirs, *ours);
                self.found.insert(*ours, *theirs);
            }
            _ => self.open.push((a, b)),
        }
    }

    /// What of two scopes belongs together: the largest that as many on both sides hold, then smaller ones.
    fn groups(&self, (a, b): Pair) -> Vec<Group> {
        let within = |side: &Side, scope: usize| side.tree.within(scope).into_iter().skip(1).collect::<Vec<_>>();
        let (ours, theirs) = (within(self.ours, a), within(self.theirs, b));
        let mut by_key: BTreeMap<(usize, usize), [Vec<usize>; 2]> = BTreeMap::new();
        for (side, scopes, at) in [(self.ours, ours, 0), (self.theirs, theirs, 1)] {
            for scope in scopes {
                let held = &side.tree.scopes[scope];
                by_key.entry((held.modules.len(), held.key)).or_default()[at].push(scope);
            }
        }
        let mut covered = [BTreeSet::new(), BTreeSet::new()];
        let mut groups = Vec::new();
        for (_, [mut ours, mut theirs]) in by_key.into_iter().rev() {
            ours.retain(|scope| !covered[0].contains(&self.ours.tree.scopes[*scope].modules[0]));
            theirs.retain(|scope| !covered[1].contains(&self.theirs.tree.scopes[*scope].modules[0]));
            if ours.len() != theirs.len() {
                continue;
            }
            covered[0].extend(ours.iter().flat_map(|scope| &self.ours.tree.scopes[*scope].modules).copied());
            covered[1].extend(theirs.iter().flat_map(|scope| &self.theirs.tree.scopes[*scope].modules).copied());
            ours.sort_by_key(|scope| self.ours.tree.scopes[*scope].modules[0]);
            theirs.sort_by(|one, other| natural(self.their_path(*one), self.their_path(*other)));
            groups.push(Group { ours, theirs, context: (a, b) });
        }
        groups
    }

    pub fn our_path(&self, scope: usize) -> &str {
        &self.ours.tree.scopes[scope].path
    }

    pub fn their_path(&self, scope: usize) -> &str {
        &self.theirs.tree.scopes[scope].path
    }

    /// Takes a group apart as far as names and order say it.
    pub fn settle(&mut self, group: Group) {
        let mut cells = vec![group];
        while let Some(cell) = cells.pop() {
            if cell.ours.is_empty() {
                continue;
            }
            if let ([a], [b]) = (cell.ours.as_slice(), cell.theirs.as_slice()) {
                self.pair((*a, *b));
                continue;
            }
            match (self.split(&cell), self.in_order(&cell)) {
                (Ok(None), Some(pairs)) => pairs.into_iter().for_each(|pair| self.pair(pair)),
                (Ok(Some(parts)), None) => cells.extend(parts),
                (Ok(Some(parts)), Some(pairs)) => {
                    let agree = |(a, b): &Pair| parts.iter().any(|part| part.ours.contains(a) && part.theirs.contains(b));
                    if pairs.iter().all(agree) {
                        for pair in pairs {
                            self.pair(pair);
                        }
                    } else {
                        self.pending.push(cell);
                    }
                }
                (Ok(None), None) | (Err(()), _) => self.pending.push(cell),
            }
        }
    }

    /// In the order of the data and of the numbers, where each is an order of all.
    fn in_order(&self, cell: &Group) -> Option<Vec<Pair>> {
        let names = |pair: &[usize]| numbered(self.their_path(pair[0]), self.their_path(pair[1])) == Some(Ordering::Less);
        let is_ordered = cell.theirs.windows(2).all(names) && cell.ours.windows(2).all(|pair| self.flows(pair[0], pair[1]));
        is_ordered.then(|| cell.ours.iter().copied().zip(cell.theirs.iter().copied()).collect())
    }

    /// Whether data flows from the one scope to the other, and never back.
    fn flows(&self, a: usize, b: usize) -> bool {
        self.flow_apart(self.ours.modules_of(a), self.ours.modules_of(b))
    }

    /// The same of modules.
    pub fn flow_apart(&self, from: &[usize], to: &[usize]) -> bool {
        self.reaches(from, to) && !self.reaches(to, from)
    }

    /// Whether any of the last is computed from any of the first. Only what lies between them is walked.
    pub fn reaches(&self, from: &[usize], to: &[usize]) -> bool {
        let nodes =
            |modules: &[usize]| modules.iter().filter_map(|module| self.ours.modules[*module].at).collect::<BTreeSet<_>>();
        let (from, mut open) = (nodes(from), Vec::from_iter(nodes(to)));
        let mut seen: HashSet<NodeId> = open.iter().copied().collect();
        while let Some(id) = open.pop() {
            if from.contains(&id) {
                return true;
            }
            // Nodes stand behind their inputs.
            let inputs = self.graph.node(id).inputs.iter().copied();
            open.extend(inputs.filter(|input| from.first().is_some_and(|first| input >= first) && seen.insert(*input)));
        }
        false
    }

    /// Parts that words tell apart: words that as many on both sides have, but not all. `None` where there are none.
    fn split(&self, cell: &Group) -> Result<Option<Vec<Group>>, ()> {
        let (a, b) = cell.context;
        let ours: Vec<_> = cell.ours.iter().map(|scope| words(below(self.our_path(*scope), self.our_path(a)))).collect();
        let theirs: Vec<_> = cell.theirs.iter().map(|scope| words(below(self.their_path(*scope), self.their_path(b)))).collect();
        let mut counts: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
        for (side, all) in [&ours, &theirs].into_iter().enumerate() {
            all.iter().flatten().for_each(|word| counts.entry(word).or_default()[side] += 1);
        }
        let speaks = |[one, other]: &[usize; 2]| one == other && *one < cell.ours.len();
        let speaking: BTreeSet<&str> = counts.iter().filter(|(_, counts)| speaks(counts)).map(|(word, _)| *word).collect();
        if speaking.is_empty() {
            return Ok(None);
        }
        let said = |words: &BTreeSet<String>| speaking.iter().filter(|word| words.contains(**word)).copied().collect::<Vec<_>>();
        let mut parts: BTreeMap<Vec<&str>, Group> = BTreeMap::new();
        for (scope, words) in cell.ours.iter().zip(&ours) {
            group_of(&mut parts, said(words), cell.context).ours.push(*scope);
        }
        for (scope, words) in cell.theirs.iter().zip(&theirs) {
            group_of(&mut parts, said(words), cell.context).theirs.push(*scope);
        }
        let parts: Vec<Group> = parts.into_values().collect();
        if parts.iter().all(|part| part.ours.len() == part.theirs.len()) { Ok(Some(parts)) } else { Err(()) }
    }
}

fn group_of<'m, 'w>(parts: &'m mut BTreeMap<Vec<&'w str>, Group>, key: Vec<&'w str>, context: Pair) -> &'m mut Group {
    parts.entry(key).or_insert_with(|| Group { ours: Vec::new(), theirs: Vec::new(), context })
}

/// A path without the scope that it lies in.
fn below<'p>(path: &'p str, scope: &str) -> &'p str {
    path.strip_prefix(scope).map_or(path, |rest| rest.trim_start_matches('.'))
}
