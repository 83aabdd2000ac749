//! Exact pass: merges convolutions (or linear layers) that follow each other with nothing between.
//!
//! `1x1 · kxk` and `kxk · 1x1` are one kxk; two linear layers are one. Merged only where that needs neither more MACs nor
//! more weights, and where the first layer's bias would not meet the second's padding: a border of zeros is then no longer
//! zero. Layers that share tensors with other nodes stay as they are.

use std::collections::{BTreeMap, BTreeSet};

use super::rebuild::Rebuild;
use super::sources::{Filter, Sources, TensorSource};
use super::{Change, Rewrite, reinfer};
use crate::flow::only_reader;
use crate::graph::{Graph, NodeId};
use crate::op::{Conv, Linear, Op, Padding};
use crate::shape::Shaped;

/// Merges consecutive linear convolutions and linear layers until none are left.
#[must_use]
pub fn run(shaped: &Shaped) -> Rewrite {
    let mut rewrite = round(shaped);
    let mut last = rewrite.changes.len();
    while last > 0 {
        let next = round(&reinfer(rewrite.graph));
        last = next.changes.len();
        rewrite.changes.extend(next.changes);
        rewrite.sources.extend(next.sources);
        rewrite.graph = next.graph;
    }
    rewrite
}

/// Merges disjoint pairs, so that a chain halves with every round.
fn round(shaped: &Shaped) -> Rewrite {
    let graph = shaped.graph();
    let pairs = pairs(shaped);
    let firsts: BTreeSet<_> = pairs.values().map(|(first, _)| *first).collect();
    let mut build = Rebuild::new(shaped);
    let (mut changes, mut sources) = (Vec::new(), Sources::default());
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
        let [first, second] = [*first, id].map(|id| Filter::of(graph.node(id)));
        sources.insert_layer(build.node(new), |slot| TensorSource::Composed { first, second, slot });
    }
    Rewrite { graph: build.finish(), changes, sources }
}

/// Second layer of each pair, with the first and the operation that is both.
fn pairs(shaped: &Shaped) -> BTreeMap<NodeId, (NodeId, Op)> {
    let graph = shaped.graph();
    let mut pairs = BTreeMap::new();
    for &first in shaped.order() {
        let Some(second) = only_reader(graph, first) else { continue };
        let kept = graph.node(first).directives.keep || graph.node(second).directives.keep;
        // Who else uses a layer's tensors goes on needing them, so that one layer more would have to be learned.
        let shared = graph.shares_tensors(first) || graph.shares_tensors(second);
        if kept || shared || pairs.contains_key(&first) {
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
