//! Exact pass: computes once what is computed twice.
//!
//! Two nodes are duplicates where they do the same to the same inputs with the same tensors. Operations that learn tensors of
//! their own are never duplicates, whatever their values; dropout is not one either, since training draws each anew.

use std::collections::BTreeMap;

use super::rebuild::Rebuild;
use super::{Change, Rewrite};
use crate::graph::{NodeId, TensorId};
use crate::op::{Key, Op};
use crate::shape::Shaped;

/// Lets the first of several equal nodes stand for the others.
#[must_use]
pub fn run(shaped: &Shaped) -> Rewrite {
    let graph = shaped.graph();
    let mut build = Rebuild::new(shaped);
    let mut changes = Vec::new();
    let mut seen: BTreeMap<(Key, &[TensorId], Vec<NodeId>), NodeId> = BTreeMap::new();
    for &id in shaped.order() {
        let node = graph.node(id);
        if node.directives.keep || matches!(node.op, Op::Input(_) | Op::Dropout(_)) {
            build.keep(id);
            continue;
        }
        // Compared by their inputs in the copy, so that duplicates of duplicates are found in the same walk.
        let first = *seen.entry((node.op.key(), node.tensors.as_slice(), build.inputs(id))).or_insert(id);
        if first == id {
            build.keep(id);
        } else {
            build.alias(id, build.of(first));
            let note = format!("the same as `{}`", graph.node(first).name);
            changes.push(Change::exact("duplicate", [&node.name], note));
        }
    }
    Rewrite::new(build.finish(), changes)
}
