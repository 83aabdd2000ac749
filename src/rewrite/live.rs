//! Live activation bytes round each layer, so that a peak budget can be asked of each layer on its own.
//!
//! A form's inner maps live and die between the layer's input and output. With the order of execution kept, which the
//! rewrite does, what is alive beside a layer does not depend on what is done to other layers; so the peak is the largest
//! of independent numbers, one a layer. On a target that fuses, element-wise steps work in place. Lifetimes are those that [`memory`](crate::analysis::memory) counts with, and the
//! finished plan is checked against it.

use crate::analysis::Options;
use crate::analysis::cost::{activation_bytes, map_bytes};
use crate::flow::Lifetimes;
use crate::graph::NodeMap;
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

/// Bytes of a map for one image; what is not countable stays at the largest.
fn bytes(shape: Shape) -> u64 {
    let Options { batch, dtype, .. } = Options::default();
    map_bytes(shape, batch, dtype).unwrap_or(u64::MAX)
}

/// The live bytes round every layer, where element-wise work is `fused` or not.
#[must_use]
pub fn around(shaped: &Shaped, fused: bool) -> NodeMap<Around> {
    let graph = shaped.graph();
    let life = if fused { Lifetimes::fused(shaped) } else { Lifetimes::new(shaped) };
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
