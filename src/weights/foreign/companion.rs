//! Modules that work together stand together: a normalisation is near the convolution that it follows.
//!
//! In: an alignment in which some modules are found. Out: where a module can be several, the one that stands nearer to its
//! companion than all others do; and, after all is found, modules that would be nearer to theirs if they were exchanged.

use std::collections::BTreeMap;

use super::align::{Alignment, Group};
use crate::graph::NodeId;
use crate::op::Op;

/// The convolution, or another module, that each normalisation follows, and the other way around.
#[derive(Debug, Default)]
pub(super) struct Companions(BTreeMap<usize, usize>);

impl Companions {
    /// Of modules with their nodes.
    pub fn new(alignment: &Alignment<'_>) -> Self {
        let modules = &alignment.ours.modules;
        let at: BTreeMap<NodeId, usize> = modules.iter().enumerate().filter_map(|(i, module)| Some((module.at?, i))).collect();
        let mut companions = BTreeMap::new();
        for (id, module) in &at {
            let node = alignment.graph.node(*id);
            let is_norm =
                matches!(node.op, Op::BatchNorm(_) | Op::GroupNorm(_) | Op::LayerNorm(_) | Op::InstanceNorm(_) | Op::Scale(_));
            let before = node.inputs.first().filter(|_| is_norm && node.inputs.len() == 1);
            if let Some(other) = before.and_then(|before| at.get(before)) {
                companions.insert(*module, *other);
                companions.insert(*other, *module);
            }
        }
        Self(companions)
    }
}

/// How many scopes lie between two paths.
fn distance(a: &str, b: &str) -> usize {
    let shared = a.split('.').zip(b.split('.')).take_while(|(a, b)| a == b).count();
    a.split('.').count() + b.split('.').count() - 2 * shared
}

impl Alignment<'_> {
    /// The path in the file of a module's companion, where that is found.
    fn companion(&self, companions: &Companions, ours: usize) -> Option<&str> {
        let found = companions.0.get(&ours).and_then(|other| self.found.get(other))?;
        Some(&self.theirs.modules[*found].path)
    }

    /// Settles what companions tell apart; the rest stays pending.
    pub(super) fn by_companions(&mut self, group: Group, companions: &Companions) {
        if group.is_large() {
            return self.keep(group);
        }
        let nearest = |a: usize| {
            let [module] = *self.ours.modules_of(a) else { return None };
            let beside = self.companion(companions, module)?;
            let mut near: Vec<_> = group.theirs.iter().map(|b| (distance(self.their_path(*b), beside), *b)).collect();
            near.sort_unstable();
            match near.as_slice() {
                [(first, b), (second, _), ..] if first < second => Some((a, *b)),
                _ => None,
            }
        };
        let claims: Vec<_> = group.ours.iter().filter_map(|a| nearest(*a)).collect();
        self.take(group, &claims);
    }

    /// Whether two of one form would be nearer to their companions if they were exchanged.
    pub(super) fn is_nearer_exchanged(&self, companions: &Companions, one: (usize, usize), other: (usize, usize)) -> bool {
        let beside = [one, other].map(|(ours, _)| self.companion(companions, ours));
        let [Some(beside), Some(beside_other)] = beside else { return false };
        let [path, other_path] = [one, other].map(|(_, theirs)| self.theirs.modules[theirs].path.as_str());
        let now = distance(path, beside) + distance(other_path, beside_other);
        distance(other_path, beside) + distance(path, beside_other) < now
    }
}
