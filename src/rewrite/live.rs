//! Live activation bytes round each layer, so that a peak budget can be asked of each layer on its own.
//!
//! A form's inner maps live and die between the layer's input and output. With the order of execution kept, which the
//! rewrite does, what is alive beside a layer does not depend on what is done to other layers; so the peak is the largest
//! of independent numbers, one a layer. The rules of liveness are those of [`memory`](crate::analysis::memory), and the
//! finished plan is checked against it.

use crate::graph::{NodeId, NodeMap};
use crate::op::{Op, Shape};
use crate::shape::Shaped;

/// What is alive while a layer runs, in bytes for one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Around {
    /// Its input, its output and everything else.
    pub all: u64,
    /// Bytes of the input where this layer is the last to need it, otherwise 0.
    pub freed: u64,
    /// Bytes of its output.
    pub output: u64,
}

impl Around {
    /// The peak while the steps that replace the layer run; `maps` are their outputs.
    #[must_use]
    pub fn peak(&self, maps: &[Shape]) -> u64 {
        let others = self.all.saturating_sub(self.output).saturating_sub(self.freed);
        let mut before = self.freed;
        let mut peak = 0;
        for map in maps {
            let after = bytes(*map);
            peak = peak.max(others.saturating_add(before).saturating_add(after));
            before = after;
        }
        peak
    }
}

/// Bytes of a map in f32.
fn bytes(shape: Shape) -> u64 {
    shape.elements().unwrap_or(u64::MAX).saturating_mul(4)
}

/// Bytes of the activation that a node writes; what is stored with the network is none.
fn written(shaped: &Shaped, id: NodeId) -> u64 {
    if shaped.graph().node(id).op.is_stored() { 0 } else { bytes(shaped.shape(id)) }
}

/// The live bytes round every layer.
#[must_use]
pub fn around(shaped: &Shaped) -> NodeMap<Around> {
    let graph = shaped.graph();
    let order = shaped.order();
    let owner = owners(shaped);
    let last = last_steps(shaped, &owner);
    let mut dying = vec![0u64; order.len() + 1];
    let mut now = 0u64;
    for &id in order.iter().filter(|id| matches!(graph.node(**id).op, Op::Input(_))) {
        now = now.saturating_add(bytes(shaped.shape(id)));
    }
    let mut result = NodeMap::with_bound(graph.bound());
    for (step, &id) in order.iter().enumerate() {
        let node = graph.node(id);
        let own = owner[id] == id;
        let output = if own { written(shaped, id) } else { 0 };
        now = now.saturating_sub(dying[step]);
        // Inputs were counted before the first step.
        if !matches!(node.op, Op::Input(_)) {
            now = now.saturating_add(output);
            let input = node.inputs.first().map(|input| owner[*input]);
            let freed = input.filter(|input| last[*input] == step).map_or(0, |input| written(shaped, input));
            result.insert(id, Around { all: now, freed, output });
        }
        if own {
            dying[last[id] + 1] = dying[last[id] + 1].saturating_add(output);
        }
    }
    result
}

/// The node that made the tensor of each node: views share their input's.
fn owners(shaped: &Shaped) -> NodeMap<NodeId> {
    let graph = shaped.graph();
    let mut owner = NodeMap::with_bound(graph.bound());
    for &id in shaped.order() {
        let node = graph.node(id);
        let of = if node.op.is_view() { owner[node.inputs[0]] } else { id };
        owner.insert(id, of);
    }
    owner
}

/// The last step at which each tensor is needed; outputs to the end.
fn last_steps(shaped: &Shaped, owner: &NodeMap<NodeId>) -> NodeMap<usize> {
    let graph = shaped.graph();
    let mut last = NodeMap::with_bound(graph.bound());
    for (step, &id) in shaped.order().iter().enumerate() {
        last.insert(owner[id], step);
        for input in &graph.node(id).inputs {
            last.insert(owner[*input], step);
        }
    }
    for (_, output) in graph.outputs() {
        last.insert(owner[*output], shaped.order().len() - 1);
    }
    last
}
