//! Live activation bytes round each layer, so that a peak budget can be asked of each layer on its own.
//!
//! A form's inner maps live and die between the layer's input and output. With the order of execution kept, which the
//! rewrite does, what is alive beside a layer does not depend on what is done to other layers; so the peak is the largest
//! of independent numbers, one a layer. On a target that fuses, element-wise steps work in place. Lifetimes are those that [`memory`](crate::analysis::memory) counts with, and the
//! finished plan is checked against it.

use std::collections::BTreeSet;

use crate::analysis::Options;
use crate::analysis::cost::{activation_bytes, map_bytes};
use crate::flow::Lifetimes;
use crate::graph::{NodeId, NodeMap};
use crate::op::Shape;
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
    /// The peak while the steps that replace the layer run; `maps` are their outputs, without those written over others.
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

/// A step during which tensors of interest are alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The layer that is computed.
    pub node: NodeId,
    /// What is alive in all, in bytes for one image.
    pub all: u64,
    /// The tensors of interest among it, by the nodes that make them, with their bytes.
    pub own: Vec<(NodeId, u64)>,
}

/// The steps at which a tensor that one of `makers` makes is alive.
#[must_use]
pub fn moments(shaped: &Shaped, life: &Lifetimes, (around, makers): (&NodeMap<Around>, &BTreeSet<NodeId>)) -> Vec<Moment> {
    let own: Vec<_> = life.storages().iter().filter(|storage| makers.contains(&storage.owner)).collect();
    let (Some(first), Some(last)) = (own.iter().map(|one| one.born).min(), own.iter().map(|one| one.last).max()) else {
        return Vec::new();
    };
    let size = |owner: NodeId| activation_bytes(shaped, owner, &Options::default()).unwrap_or(u64::MAX);
    let moment = |step: usize| {
        let node = life.steps()[step];
        let alive = own.iter().filter(|storage| storage.alive_at(step)).map(|storage| (storage.owner, size(storage.owner)));
        let all = around.get(node).map_or(0, |around| around.all);
        Moment { node, all, own: alive.collect() }
    };
    (first as usize..=last as usize).map(moment).filter(|moment| !moment.own.is_empty()).collect()
}

/// Bytes of a map for one image; what is not countable stays at the largest.
fn bytes(shape: Shape) -> u64 {
    let Options { batch, dtype, .. } = Options::default();
    map_bytes(shape, batch, dtype).unwrap_or(u64::MAX)
}

/// When each tensor is alive, where element-wise work is `fused` or not.
#[must_use]
pub fn lifetimes(shaped: &Shaped, fused: bool) -> Lifetimes {
    if fused { Lifetimes::fused(shaped) } else { Lifetimes::new(shaped) }
}

/// The live bytes round every layer.
#[must_use]
pub fn around(shaped: &Shaped, life: &Lifetimes) -> NodeMap<Around> {
    let graph = shaped.graph();
    let one = Options::default();
    let size = |tensor: usize| activation_bytes(shaped, life.storages()[tensor].owner, &one).unwrap_or(u64::MAX);
    let live = life.live_bytes(size);
    let mut result = NodeMap::with_bound(graph.len());
    for (step, &id) in life.steps().iter().enumerate() {
        let freed = graph.node(id).inputs.first().filter(|input| life.dies_at(**input, step));
        let freed = freed.map_or(0, |input| size(life.storage_of(*input)));
        let output = life.made_at(step).map_or(0, size);
        result.insert(id, Around { all: u64::try_from(live[step]).unwrap_or(u64::MAX), freed, output });
    }
    result
}
