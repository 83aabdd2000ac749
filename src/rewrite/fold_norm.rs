//! Exact pass: folds batch normalisation into the convolution or linear layer before it.
//!
//! The layer must have no other reader. It keeps its name and gains a bias. Neither may share its tensors with other nodes:
//! these would go on needing the unfolded ones, so that the network would have more weights than before.

use std::collections::BTreeMap;

use super::rebuild::Rebuild;
use super::sources::{Filter, Norm, Sources, TensorSource};
use super::{Change, Rewrite};
use crate::flow::only_reader;
use crate::graph::{Graph, NodeId};
use crate::op::Op;
use crate::shape::Shaped;

/// Folds every batch normalisation that follows a convolution or linear layer of which it is the only reader.
#[must_use]
pub fn run(shaped: &Shaped) -> Rewrite {
    let graph = shaped.graph();
    let folds = folds(shaped);
    let mut hosts: BTreeMap<NodeId, Vec<Norm>> = BTreeMap::new();
    for (norm, host) in &folds {
        hosts.entry(*host).or_default().extend(Norm::of(graph.node(*norm)));
    }
    let mut build = Rebuild::new(shaped);
    let (mut changes, mut sources) = (Vec::new(), Sources::default());
    for &id in shaped.order() {
        if let Some(norms) = hosts.get(&id) {
            let new = build.replace(id, with_bias(&graph.node(id).op));
            let layer = Filter::of(graph.node(id));
            sources.insert_layer(build.node(new), |slot| TensorSource::Folded { layer, norms: norms.clone(), slot });
        } else if let Some(host) = folds.get(&id) {
            build.alias(id, build.of(*host));
            changes.push(change(graph, id, *host));
        } else {
            build.keep(id);
        }
    }
    Rewrite { graph: build.finish(), changes, sources }
}

/// Each normalisation that can be folded, with the layer that takes it up; a chain of them ends in one layer.
fn folds(shaped: &Shaped) -> BTreeMap<NodeId, NodeId> {
    let graph = shaped.graph();
    let mut folds = BTreeMap::new();
    for &id in shaped.order() {
        let node = graph.node(id);
        if !matches!(node.op, Op::BatchNorm(_)) || node.directives.keep {
            continue;
        }
        let before = node.inputs[0];
        let host = folds.get(&before).copied().unwrap_or(before);
        let alone = only_reader(graph, before).is_some();
        let op = &graph.node(host).op;
        // Only on a flat input is the last axis, over which a linear layer works, the axis that is normalised.
        let takes = matches!(op, Op::Conv(_)) || (matches!(op, Op::Linear(_)) && shaped.shape(host).rank() == 1);
        let shared = graph.shares_tensors(host) || graph.shares_tensors(id);
        if alone && takes && !shared && !graph.node(host).directives.keep {
            folds.insert(id, host);
        }
    }
    folds
}

fn change(graph: &Graph, norm: NodeId, host: NodeId) -> Change {
    let (norm, host) = (&graph.node(norm).name, &graph.node(host).name);
    Change::exact("fold-norm", [host, norm], format!("`{norm}` becomes part of the weights of `{host}`"))
}

fn with_bias(op: &Op) -> Op {
    let mut op = op.clone();
    if let Op::Conv(conv) = &mut op {
        conv.bias = true;
    } else if let Op::Linear(linear) = &mut op {
        linear.bias = true;
    }
    op
}
