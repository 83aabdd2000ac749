//! Exact pass: computes once what is computed twice.
//!
//! Two nodes are duplicates where they do the same to the same inputs. Operations that learn are never duplicates, since
//! their weights differ; dropout is not one either, since training draws each anew.

use std::collections::BTreeMap;

use super::rebuild::Rebuild;
use super::{Change, Rewrite};
use crate::graph::NodeId;
use crate::op::{Key, Op};
use crate::shape::Shaped;
use crate::weights::Weights;

/// Lets the first of several equal nodes stand for the others.
#[must_use]
pub fn run(shaped: &Shaped, weights: Option<&Weights>) -> Rewrite {
    let graph = shaped.graph();
    let mut build = Rebuild::new(shaped);
    let mut changes = Vec::new();
    let mut seen: BTreeMap<(Key, Vec<NodeId>), NodeId> = BTreeMap::new();
    for &id in shaped.order() {
        let node = graph.node(id);
        if node.directives.keep
            || matches!(node.op, Op::Input(_) | Op::Dropout(_))
            || !node.op.weights(&shaped.input_shapes(id)).is_empty()
        {
            build.keep(id);
            continue;
        }
        // Compared by their inputs in the copy, so that duplicates of duplicates are found in the same walk.
        let first = *seen.entry((node.op.key(), build.inputs(id))).or_insert(id);
        if first == id {
            build.keep(id);
        } else {
            build.alias(id, build.of(first));
            let note = format!("the same as `{}`", graph.node(first).name);
            changes.push(Change::exact("duplicate", [&node.name], note));
        }
    }
    Rewrite::new(build.finish(), changes, weights.cloned())
}
