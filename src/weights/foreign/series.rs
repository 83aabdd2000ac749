//! What a series of names says: `conv1`, `conv2` and `conv3` of one scope follow each other in the network too.
//!
//! In: an alignment in which some modules are found. Out: where a member of a series can be several modules, the one that data
//! reaches in the series' order.

use std::cmp::Ordering;

use super::align::{Alignment, Group};
use super::words::numbered;

/// A known member of a series: on which side of the other it stands, and the network's modules that it is.
pub(super) type Neighbour = (Ordering, Vec<usize>);

/// A member of a series is looked for among so many siblings, which stand in the order of their names.
const NEAR: usize = 32;

impl Alignment<'_> {
    /// Settles what series tell apart; the rest stays pending.
    pub(super) fn by_series(&mut self, group: Group) {
        let mut found = Vec::new();
        if group.is_large() {
            return self.keep(group);
        }
        for b in &group.theirs {
            let neighbours = self.neighbours(*b);
            let fits = |a: &&usize| neighbours.iter().all(|neighbour| self.is_placed(self.ours.modules_of(**a), neighbour));
            let mut candidates = group.ours.iter().filter(fits);
            if let (Some(only), None, false) = (candidates.next(), candidates.next(), neighbours.is_empty()) {
                found.push((*only, *b));
            }
        }
        self.take(group, &found);
    }

    /// Takes those of a group for each other that one claim names, and settles the rest.
    pub(super) fn take(&mut self, mut group: Group, claims: &[(usize, usize)]) {
        // What two claim is neither's.
        let alone = |(a, b): &(usize, usize)| claims.iter().filter(|(x, y)| x == a || y == b).count() == 1;
        let sure: Vec<_> = claims.iter().copied().filter(alone).collect();
        group.ours.retain(|scope| sure.iter().all(|(a, _)| a != scope));
        group.theirs.retain(|scope| sure.iter().all(|(_, b)| b != scope));
        if sure.is_empty() {
            self.keep(group);
        } else {
            for pair in sure {
                self.pair(pair);
            }
            self.settle(group);
        }
    }

    /// The nearest members of its series before and after that are found.
    pub(super) fn neighbours(&self, b: usize) -> Vec<Neighbour> {
        let tree = &self.theirs.tree;
        let siblings = tree.parents[b].map_or(&[][..], |parent| &tree.scopes[parent].children);
        let Some(at) = siblings.iter().position(|sibling| *sibling == b) else { return Vec::new() };
        let is_found = |sibling: usize| self.theirs.modules_of(sibling).iter().all(|module| self.image.contains_key(module));
        let stands = |sibling: usize, wanted| numbered(self.their_path(sibling), self.their_path(b)) == Some(wanted);
        let known = |sibling: &&usize, order| is_found(**sibling) && stands(**sibling, order);
        let before = siblings[..at].iter().rev().take(NEAR).find(|sibling| known(sibling, Ordering::Less));
        let after = siblings[at + 1..].iter().take(NEAR).find(|sibling| known(sibling, Ordering::Greater));
        let neighbour = |sibling: Option<&usize>, order| sibling.map(|sibling| (order, self.images(*sibling)));
        neighbour(before, Ordering::Less).into_iter().chain(neighbour(after, Ordering::Greater)).collect()
    }

    /// The network's modules that a scope of the file is.
    pub(super) fn images(&self, b: usize) -> Vec<usize> {
        self.theirs.modules_of(b).iter().filter_map(|module| self.image.get(module).copied()).collect()
    }

    /// Whether data flows between the two as their order says.
    pub(super) fn is_placed(&self, modules: &[usize], (order, other): &Neighbour) -> bool {
        match order {
            Ordering::Less => self.flow_apart(other, modules),
            Ordering::Greater => self.flow_apart(modules, other),
            Ordering::Equal => false,
        }
    }
}
