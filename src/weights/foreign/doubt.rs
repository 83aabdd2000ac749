//! Second thoughts: what was found is held against names and flow once more, and no one order of steps is trusted.
//!
//! In: an alignment in which all is found. Out: pairs that names contradict: modules whose series or words would fit better if
//! they were exchanged, and modules whose numbers run against the data.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::align::Alignment;
use super::companion::Companions;
use super::words::{apart, numbered, words};

/// So many others that hold the same are compared with each.
const COMPARED: usize = 16;

impl Alignment<'_> {
    /// Modules of the file that names and flow speak against, as one group; none where all is well.
    pub(super) fn doubts(&self) -> BTreeSet<usize> {
        let mut doubts = BTreeSet::new();
        self.against_words(&mut doubts);
        for scope in 0..self.theirs.tree.scopes.len() {
            self.against_flow(scope, &mut doubts);
            self.against_series(scope, &mut doubts);
        }
        doubts
    }

    /// How many modules of the network have a form.
    fn alike(&self) -> BTreeMap<usize, Vec<(usize, usize)>> {
        let mut alike: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
        for (theirs, ours) in &self.image {
            alike.entry(self.ours.modules[*ours].form).or_default().push((*ours, *theirs));
        }
        for pairs in alike.values_mut() {
            pairs.sort_unstable();
        }
        alike
    }

    /// Two pairs where each of the network's has a word that only the other's of the file has, or is farther from its companion
    /// than it would be in the other's place.
    fn against_words(&self, doubts: &mut BTreeSet<usize>) {
        let companions = Companions::new(self);
        for pairs in self.alike().values() {
            for (i, (a, b)) in pairs.iter().enumerate() {
                for (other_a, other_b) in pairs.iter().skip(i + 1).take(COMPARED) {
                    let ours = apart(&self.ours.modules[*a].path, &self.ours.modules[*other_a].path);
                    let theirs = apart(&self.theirs.modules[*b].path, &self.theirs.modules[*other_b].path);
                    let only = |(one, other): (&str, &str)| {
                        let (one, other) = (words(one), words(other));
                        [&one - &other, &other - &one]
                    };
                    let ([a_only, other_a_only], [b_only, other_b_only]) = (only(ours), only(theirs));
                    let crossed = !a_only.is_disjoint(&other_b_only) || !other_a_only.is_disjoint(&b_only);
                    let straight = !a_only.is_disjoint(&b_only) || !other_a_only.is_disjoint(&other_b_only);
                    if crossed && !straight || self.is_nearer_exchanged(&companions, (*a, *b), (*other_a, *other_b)) {
                        doubts.extend([*b, *other_b]);
                    }
                }
            }
        }
    }

    /// Neighbours of a series whose data runs the other way, unless shapes alone tell them apart.
    fn against_flow(&self, scope: usize, doubts: &mut BTreeSet<usize>) {
        for pair in self.theirs.tree.scopes[scope].children.windows(2) {
            let is_series = numbered(self.their_path(pair[0]), self.their_path(pair[1])) == Some(Ordering::Less);
            if !is_series || pair.iter().any(|child| self.is_alone(*child)) {
                continue;
            }
            let [before, after] = [self.images(pair[0]), self.images(pair[1])];
            if self.reaches(&after, &before) && !self.reaches(&before, &after) {
                doubts.extend(pair.iter().flat_map(|child| self.theirs.modules_of(*child)));
            }
        }
    }

    /// Whether shapes alone say what every module of a scope is.
    fn is_alone(&self, scope: usize) -> bool {
        self.theirs.modules_of(scope).iter().all(|module| self.theirs.counts[&self.theirs.modules[*module].form] == 1)
    }

    /// Members of a series that stand beside it in the network, where another of their scope would stand in it.
    fn against_series(&self, scope: usize, doubts: &mut BTreeSet<usize>) {
        let tree = &self.theirs.tree;
        for child in &tree.scopes[scope].children {
            let neighbours = self.neighbours(*child);
            let images = self.images(*child);
            if neighbours.is_empty() || neighbours.iter().all(|neighbour| self.is_placed(&images, neighbour)) {
                continue;
            }
            let same = |other: &&usize| *other != child && tree.scopes[**other].key == tree.scopes[*child].key;
            for other in tree.within(scope).iter().filter(same).take(COMPARED) {
                if neighbours.iter().all(|neighbour| self.is_placed(&self.images(*other), neighbour)) {
                    doubts.extend(self.theirs.modules_of(*child).iter().chain(self.theirs.modules_of(*other)));
                }
            }
        }
    }
}
