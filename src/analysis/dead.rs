//! What no output needs: layers whose results are computed, or whose weights are kept, for nothing.
//!
//! In: a graph and the layers of its analysis. Out: [`Dead`]. All totals count these layers as any other, since whoever runs
//! the network as it is written runs them; these numbers say how much of the totals they are.

use std::collections::BTreeSet;

use super::Layer;
use crate::graph::{Graph, TensorId};

/// The part of the totals that no output needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dead {
    /// Layers.
    pub layers: u64,
    /// Learnable scalars that only such layers use.
    pub params: u64,
    /// Running statistics that only such layers use.
    pub buffers: u64,
    /// MACs in the analysis' convention.
    pub macs: u64,
    /// `2 x MACs + bias additions`.
    pub flops: u64,
}

/// Sums over the layers that no output needs; parts of totals that fit in 64 bits, so that they fit as well.
pub(super) fn dead(graph: &Graph, layers: &[Layer]) -> Dead {
    let mut sum = Dead::default();
    if layers.iter().all(|layer| layer.needed) {
        return sum;
    }
    let tensors = |layer: &Layer| graph.node(layer.node).tensors.iter().copied();
    let mut counted: BTreeSet<TensorId> = layers.iter().filter(|layer| layer.needed).flat_map(tensors).collect();
    for layer in layers.iter().filter(|layer| !layer.needed) {
        sum.layers += 1;
        sum.macs += layer.macs;
        sum.flops += layer.flops;
        for (spec, tensor) in graph.node(layer.node).op.weights(&layer.inputs).iter().zip(tensors(layer)) {
            if counted.insert(tensor) {
                *(if spec.learned { &mut sum.params } else { &mut sum.buffers }) += spec.elements().unwrap_or(0);
            }
        }
    }
    sum
}
