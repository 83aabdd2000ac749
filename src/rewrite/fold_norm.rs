//! Exact pass: folds batch normalisation into the convolution or linear layer before it.
//!
//! With running statistics, `bn(Wx + b) = (s W) x + s (b - mean) + shift` with `s = scale / sqrt(variance + eps)`; computed in
//! f64. The layer must have no other user. It keeps its name and gains a bias.

use std::collections::BTreeMap;

use super::rebuild::Rebuild;
use super::tensors::{to_f32, values};
use super::{Change, Rewrite};
use crate::flow::only_reader;
use crate::graph::{Graph, NodeId};
use crate::op::{BatchNorm, Op};
use crate::shape::Shaped;
use crate::tensor::Tensor;
use crate::weights::Weights;

/// Folds every batch normalisation that follows a convolution or linear layer of which it is the only user.
#[must_use]
pub fn run(shaped: &Shaped, weights: Option<&Weights>) -> Rewrite {
    let graph = shaped.graph();
    let folds = folds(shaped);
    let hosts: BTreeMap<_, _> = folds.iter().map(|(norm, host)| (*host, *norm)).collect();
    let mut build = Rebuild::new(shaped);
    let mut folded = weights.cloned();
    let mut changes = Vec::new();
    for &id in shaped.order() {
        if hosts.contains_key(&id) {
            build.replace(id, with_bias(&graph.node(id).op));
        } else if let Some(host) = folds.get(&id) {
            build.alias(id, build.of(*host));
            changes.push(change(graph, id, *host));
            if let Some(weights) = &mut folded {
                fold_weights(weights, graph, id, *host);
            }
        } else {
            build.keep(id);
        }
    }
    Rewrite::new(build.finish(), changes, folded)
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
        if alone && takes && !graph.node(host).directives.keep {
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

/// Rescales the host's weights and bias; does nothing where a tensor is missing, which the weights' own check reports.
fn fold_weights(weights: &mut Weights, graph: &Graph, norm: NodeId, host: NodeId) {
    let Op::BatchNorm(op) = &graph.node(norm).op else { return };
    let (norm, host) = (&graph.node(norm).name, &graph.node(host).name);
    let Some(weight) = weights.get(&format!("{host}.weight")).cloned() else { return };
    let Some((scale, shift)) = affine(weights, norm, op) else { return };
    let bias = values(weights, host, "bias").unwrap_or_else(|| vec![0.0; scale.len()]);
    if weight.dims().first() != Some(&scale.len()) || bias.len() != scale.len() {
        return;
    }
    let bias = bias.iter().zip(scale.iter().zip(&shift)).map(|(b, (s, t))| b * s + t).map(to_f32).collect();
    let filter = weight.data().len() / scale.len();
    let data = weight.data().iter().enumerate().map(|(i, w)| to_f32(f64::from(*w) * scale[i / filter])).collect();
    weights.insert(format!("{host}.weight"), Tensor::new(weight.dims().to_vec(), data));
    weights.insert(format!("{host}.bias"), Tensor::new(vec![scale.len()], bias));
}

/// The normalisation as `scale * x + shift` per channel.
fn affine(weights: &Weights, norm: &str, op: &BatchNorm) -> Option<(Vec<f64>, Vec<f64>)> {
    let mean = values(weights, norm, "running_mean")?;
    let variance = values(weights, norm, "running_var")?;
    let learned = |name: &str, neutral: f64| {
        if op.affine { values(weights, norm, name) } else { Some(vec![neutral; mean.len()]) }
    };
    let (gamma, beta) = (learned("weight", 1.0)?, learned("bias", 0.0)?);
    let scale: Vec<_> = gamma.iter().zip(&variance).map(|(g, v)| g / (v + op.eps).sqrt()).collect();
    let shift = beta.iter().zip(mean.iter().zip(&scale)).map(|(b, (m, s))| b - m * s).collect();
    Some((scale, shift))
}
