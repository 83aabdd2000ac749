//! Exact pass: merges convolutions (or linear layers) that follow each other with nothing between.
//!
//! `1x1 · kxk` and `kxk · 1x1` are one kxk; two linear layers are one. Merged only where that needs neither more MACs nor
//! more weights, and where the first layer's bias would not meet the second's padding: a border of zeros is then no longer
//! zero. Weights are multiplied in f64.

use std::collections::{BTreeMap, BTreeSet};

use super::rebuild::Rebuild;
use super::tensors::{to_f32, values};
use super::{Change, Rewrite, reinfer};
use crate::flow::only_reader;
use crate::graph::{Graph, NodeId};
use crate::op::{Conv, Linear, Op, Padding};
use crate::shape::Shaped;
use crate::tensor::Tensor;
use crate::weights::Weights;

/// Merges consecutive linear convolutions and linear layers until none are left.
#[must_use]
pub fn run(shaped: &Shaped, weights: Option<&Weights>) -> Rewrite {
    let mut rewrite = round(shaped, weights);
    let mut last = rewrite.changes.len();
    while last > 0 {
        let next = round(&reinfer(rewrite.graph), rewrite.weights.as_ref());
        last = next.changes.len();
        let changes = rewrite.changes.into_iter().chain(next.changes).collect();
        rewrite = Rewrite { graph: next.graph, changes, weights: next.weights };
    }
    rewrite
}

/// Merges disjoint pairs, so that a chain halves with every round.
fn round(shaped: &Shaped, weights: Option<&Weights>) -> Rewrite {
    let graph = shaped.graph();
    let pairs = pairs(shaped);
    let firsts: BTreeSet<_> = pairs.values().map(|(first, _)| *first).collect();
    let mut build = Rebuild::new(shaped);
    let mut merged = weights.cloned();
    let mut changes = Vec::new();
    for &id in shaped.order() {
        if firsts.contains(&id) {
            continue;
        }
        let Some((first, op)) = pairs.get(&id) else {
            build.keep(id);
            continue;
        };
        let inputs = build.inputs(*first);
        let host = host(graph, *first, id);
        let new = build.replace_on(host, op.clone(), inputs);
        build.alias(id, new);
        changes.push(change(graph, *first, id, host));
        if let Some(weights) = &mut merged {
            merge_weights(weights, graph, [*first, id], &graph.node(host).name);
        }
    }
    Rewrite::new(build.finish(), changes, merged)
}

/// Second layer of each pair, with the first and the operation that is both.
fn pairs(shaped: &Shaped) -> BTreeMap<NodeId, (NodeId, Op)> {
    let graph = shaped.graph();
    let mut pairs = BTreeMap::new();
    for &first in shaped.order() {
        let Some(second) = only_reader(graph, first) else { continue };
        let kept = graph.node(first).directives.keep || graph.node(second).directives.keep;
        if kept || pairs.contains_key(&first) {
            continue;
        }
        if let Some(op) = merged(&graph.node(first).op, &graph.node(second).op)
            && !costs_more(shaped, first, second, &op)
        {
            pairs.insert(second, (first, op));
        }
    }
    pairs
}

/// Which of a pair gives its name: the kxk, otherwise the second.
fn host(graph: &Graph, first: NodeId, second: NodeId) -> NodeId {
    let is_wide = matches!(&graph.node(first).op, Op::Conv(conv) if conv.kernel != [1, 1]);
    if is_wide { first } else { second }
}

fn change(graph: &Graph, first: NodeId, second: NodeId, host: NodeId) -> Change {
    let (first, second) = (&graph.node(first).name, &graph.node(second).name);
    let note = format!("nothing stands between `{first}` and `{second}`: one layer, `{}`", graph.node(host).name);
    Change::exact("merge-conv", [first, second], note)
}

/// The one operation that does what two do after each other.
fn merged(first: &Op, second: &Op) -> Option<Op> {
    if let (Op::Linear(a), Op::Linear(b)) = (first, second) {
        return Some(Op::Linear(Linear { out: b.out, bias: a.bias || b.bias }));
    }
    let (Op::Conv(a), Op::Conv(b)) = (first, second) else { return None };
    if a.groups > 1 || b.groups > 1 {
        return None;
    }
    let bias = a.bias || b.bias;
    // A depthwise layer of one channel has one group too; the product reads what the first layer reads.
    let depthwise = false;
    if is_plain_pointwise(a) {
        let leaks = a.bias && b.pad != Padding::default();
        return (!leaks).then(|| Op::Conv(Conv { bias, depthwise, ..b.clone() }));
    }
    if b.kernel != [1, 1] || b.pad != Padding::default() {
        return None;
    }
    let stride = [a.stride[0].checked_mul(b.stride[0])?, a.stride[1].checked_mul(b.stride[1])?];
    Some(Op::Conv(Conv { out: b.out, stride, bias, depthwise, ..a.clone() }))
}

fn is_plain_pointwise(conv: &Conv) -> bool {
    conv.kernel == [1, 1] && conv.stride == [1, 1] && conv.pad == Padding::default()
}

fn costs_more(shaped: &Shaped, first: NodeId, second: NodeId, op: &Op) -> bool {
    let cost = |op: &Op, inputs: &[crate::op::Shape], output| {
        let weights: Option<u64> = op.weights(inputs).iter().try_fold(0u64, |sum, spec| sum.checked_add(spec.elements()?));
        Some((op.work(inputs, output).ok()?.macs, weights?))
    };
    let graph = shaped.graph();
    let of = |id: NodeId| cost(&graph.node(id).op, &shaped.input_shapes(id), shaped.shape(id));
    let (Some(a), Some(b), Some(one)) = (of(first), of(second), cost(op, &shaped.input_shapes(first), shaped.shape(second)))
    else {
        return true;
    };
    one.0 > a.0.saturating_add(b.0) || one.1 > a.1.saturating_add(b.1)
}

/// Multiplies the weights of a pair; does nothing where a tensor is missing, which the weights' own check reports.
fn merge_weights(weights: &mut Weights, graph: &Graph, pair: [NodeId; 2], host: &str) {
    let [first, second] = pair.map(|id| graph.node(id).name.as_str());
    let dims = |name: &str| weights.get(&format!("{name}.weight")).map(|tensor| tensor.dims().to_vec());
    let (Some(a), Some(b)) = (values(weights, first, "weight"), values(weights, second, "weight")) else { return };
    let (Some(a_dims), Some(b_dims)) = (dims(first), dims(second)) else { return };
    let sizes = Sizes { outputs: b_dims[0], middle: a_dims[0], inputs: a_dims[1], taps: [area(&a_dims), area(&b_dims)] };
    let product = multiply(&a, &b, &sizes);
    let a_bias = values(weights, first, "bias");
    let b_bias = values(weights, second, "bias");
    if a_bias.is_some() || b_bias.is_some() {
        let bias = merge_bias(a_bias.as_deref(), b_bias, &b, &sizes);
        weights.insert(format!("{host}.bias"), Tensor::new(vec![sizes.outputs], bias));
    }
    let spatial = if a_dims.len() == 4 && sizes.taps[0] > 1 { &a_dims[2..] } else { &b_dims[2.min(b_dims.len())..] };
    let dims = [&[sizes.outputs, sizes.inputs], spatial].concat();
    weights.insert(format!("{host}.weight"), Tensor::new(dims, product));
}

/// Extents of a product of two layers; at most one of them has more than one tap.
struct Sizes {
    outputs: usize,
    middle: usize,
    inputs: usize,
    taps: [usize; 2],
}

fn area(dims: &[usize]) -> usize {
    dims[2..].iter().product()
}

/// `w[n][c][t] = sum over m of b[n][m][t] * a[m][c][t]`, where a 1x1 has its one tap everywhere.
fn multiply(a: &[f64], b: &[f64], sizes: &Sizes) -> Vec<f32> {
    let [a_taps, b_taps] = sizes.taps;
    let taps = a_taps.max(b_taps);
    let mut product = Vec::with_capacity(sizes.outputs * sizes.inputs * taps);
    for n in 0..sizes.outputs {
        for c in 0..sizes.inputs {
            for t in 0..taps {
                let (a_tap, b_tap) = (t % a_taps, t % b_taps);
                let sum: f64 = (0..sizes.middle)
                    .map(|m| b[(n * sizes.middle + m) * b_taps + b_tap] * a[(m * sizes.inputs + c) * a_taps + a_tap])
                    .sum();
                product.push(to_f32(sum));
            }
        }
    }
    product
}

/// `b.bias + sum over all taps of b * a.bias`: a constant input reaches every tap, for nothing is padded.
fn merge_bias(a_bias: Option<&[f64]>, b_bias: Option<Vec<f64>>, b: &[f64], sizes: &Sizes) -> Vec<f32> {
    let mut bias = b_bias.unwrap_or_else(|| vec![0.0; sizes.outputs]);
    if let Some(a_bias) = a_bias {
        for (n, value) in bias.iter_mut().enumerate() {
            for (m, shift) in a_bias.iter().enumerate() {
                let start = (n * sizes.middle + m) * sizes.taps[1];
                *value += b[start..start + sizes.taps[1]].iter().sum::<f64>() * shift;
            }
        }
    }
    bias.into_iter().map(to_f32).collect()
}
