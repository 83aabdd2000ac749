//! Predicted time of each layer on a target, and what bounds it.
//!
//! In: an [`Analysis`], its network and a [`Target`]. Out: [`Prediction`]. The model, per layer:
//!
//! `time = max(compute, memory) + overhead`
//!
//! - *compute*: `2 x MACs` over the peak times the share that this kind of layer reaches (dense, grouped, depthwise), with
//!   output channels of dense layers rounded up to the SIMD block; other work, an exponential counted as ten
//!   operations and a division as four, over the peak times the share of other layers.
//! - *memory*: maps at the bandwidth of the smallest cache that holds the layer's maps; weights at that of the
//!   smallest cache which holds all weights of the network, since every run reads them all once.
//! - Where the target fuses, what runs in the epilogue of a convolution or linear layer ([`Fusion`]) costs nothing of its
//!   own; a sum still reads its other inputs. Views cost nothing, nor do learned tensors and constants, which whoever uses
//!   them reads.
//!
//! It is a lower-bound style model for comparing networks, not a simulator: an engine that uses Winograd beats it on 3x3
//! layers, and one that runs layers badly falls behind it.

use super::target::{Cache, Rate, Target};
use super::{Analysis, Layer};
use crate::flow::Fusion;
use crate::op::{Op, Work};
use crate::shape::Shaped;

/// How many cores work on a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cores {
    /// One.
    One,
    /// All of the target's.
    #[default]
    All,
}

/// What takes the longest in a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Arithmetic.
    Compute,
    /// Reading and writing, of caches or main memory.
    Memory,
    /// The fixed cost of having a layer at all.
    Overhead,
    /// Nothing: a view, a stored tensor, or done in the epilogue of the layer before.
    Free,
}

/// The prediction for one layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerTime {
    /// Microseconds of arithmetic.
    pub compute_us: f64,
    /// Microseconds of reading and writing.
    pub memory_us: f64,
    /// Microseconds in all, overhead included.
    pub total_us: f64,
    /// What takes the longest.
    pub bound: Bound,
}

/// The prediction for a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// One time a layer, in the order of `Analysis::layers`.
    pub layers: Vec<LayerTime>,
    /// Milliseconds in all.
    pub total_ms: f64,
}

/// FLOP per byte read or written, `2 x MACs + bias additions` over all traffic; 0 where nothing moves.
#[must_use]
pub fn intensity(layer: &Layer) -> f64 {
    let bytes = layer.read_bytes as f64 + layer.write_bytes as f64;
    if bytes > 0.0 { layer.flops as f64 / bytes } else { 0.0 }
}

/// Predicts the time of every layer for the analysis' batch.
#[must_use]
pub fn predict(analysis: &Analysis, shaped: &Shaped, target: &Target, cores: Cores) -> Prediction {
    predict_within(analysis, shaped, (target, cores), bandwidth(target, cores, analysis.totals.weight_bytes))
}

/// Predicts the time of the layers of a network that is part of a larger one, whose weights arrive at `weight_rate` GB/s (see
/// [`bandwidth`]).
#[must_use]
pub fn predict_within(analysis: &Analysis, shaped: &Shaped, machine: (&Target, Cores), weight_rate: f64) -> Prediction {
    let fusion = machine.0.fuses.then(|| Fusion::new(shaped));
    let time = |layer: &Layer| {
        let op = &shaped.graph().node(layer.node).op;
        if op.is_view() || op.is_stored() {
            FREE
        } else if fusion.as_ref().is_some_and(|fusion| fusion.is_epilogue(layer.node)) {
            epilogue(layer, machine).unwrap_or(FREE)
        } else {
            on_its_own(op, layer, machine, weight_rate)
        }
    };
    let layers: Vec<_> = analysis.layers.iter().map(time).collect();
    let total_ms = layers.iter().map(|time| time.total_us).sum::<f64>() / 1000.0;
    Prediction { layers, total_ms }
}

const FREE: LayerTime = LayerTime { compute_us: 0.0, memory_us: 0.0, total_us: 0.0, bound: Bound::Free };

fn on_its_own(op: &Op, layer: &Layer, (target, cores): (&Target, Cores), weight_rate: f64) -> LayerTime {
    let maps = (layer.read_bytes - layer.weight_bytes_read) as f64 + layer.write_bytes as f64;
    let compute_us = compute_us(op, layer, target, cores);
    let map_rate = bandwidth(target, cores, maps as u64);
    let memory_us = micros(maps, map_rate) + micros(layer.weight_bytes_read as f64, weight_rate);
    let longest = compute_us.max(memory_us);
    let bound = if target.overhead_us > longest {
        Bound::Overhead
    } else if compute_us >= memory_us {
        Bound::Compute
    } else {
        Bound::Memory
    };
    LayerTime { compute_us, memory_us, total_us: longest + target.overhead_us, bound }
}

/// A fused sum still reads its other inputs.
fn epilogue(layer: &Layer, (target, cores): (&Target, Cores)) -> Option<LayerTime> {
    let extra = (layer.read_bytes - layer.weight_bytes_read).checked_sub(layer.write_bytes).filter(|bytes| *bytes > 0)?;
    let memory_us = micros(extra as f64, bandwidth(target, cores, extra));
    Some(LayerTime { compute_us: 0.0, memory_us, total_us: memory_us, bound: Bound::Memory })
}

/// GB/s at which `bytes` are read that stay in the smallest cache which holds them.
#[must_use]
pub fn bandwidth(target: &Target, cores: Cores, bytes: u64) -> f64 {
    let count = f64::from(match cores {
        Cores::One => 1,
        Cores::All => target.cores,
    });
    let holds = |cache: &&Cache| {
        let size = cache.kib as f64 * 1024.0 * if cache.shared { 1.0 } else { count };
        bytes as f64 <= size
    };
    target.caches.iter().find(holds).map_or(rate(target.memory_gbps, cores), |cache| cache.gbps * count)
}

fn compute_us(op: &Op, layer: &Layer, target: &Target, cores: Cores) -> f64 {
    let peak = rate(target.peak_gflops, cores);
    let share = match op {
        Op::Conv(conv) if conv.groups == 1 => target.efficiency.dense * filling(conv.out, target),
        Op::Conv(conv) if conv.groups == layer.inputs[0].channels() => target.efficiency.depthwise,
        Op::Conv(conv) => target.efficiency.grouped * filling(conv.out / conv.groups, target).max(0.5),
        Op::ConvTranspose(conv) if conv.groups == 1 => target.efficiency.dense * filling(conv.out, target),
        Op::ConvTranspose(_) => target.efficiency.grouped,
        Op::Linear(linear) => target.efficiency.dense * filling(linear.out, target),
        Op::Input(_)
        | Op::Param(_)
        | Op::Constant(_)
        | Op::BatchNorm(_)
        | Op::GroupNorm(_)
        | Op::LayerNorm(_)
        | Op::InstanceNorm(_)
        | Op::Lrn(_)
        | Op::Scale(_)
        | Op::Activation(_)
        | Op::Softmax(_)
        | Op::Pool(_)
        | Op::GlobalPool(_)
        | Op::AdaptiveAvgPool(_)
        | Op::Concat(_)
        | Op::Elementwise(_)
        | Op::Scalar(_)
        | Op::Flatten
        | Op::Reshape(_)
        | Op::Transpose(_)
        | Op::Slice(_)
        | Op::Pad(_)
        | Op::Upsample(_)
        | Op::DepthToSpace(_)
        | Op::SpaceToDepth(_)
        | Op::ChannelShuffle(_)
        | Op::Mean(_)
        | Op::Dropout(_)
        | Op::Identity => target.efficiency.other,
    };
    micros(2.0 * layer.work.macs as f64, peak * share) + micros(other_work(&layer.work), peak * target.efficiency.other)
}

/// Share of the SIMD blocks that `channels` fill.
fn filling(channels: u64, target: &Target) -> f64 {
    let block = u64::from(target.simd_block);
    channels as f64 / (channels.div_ceil(block) * block) as f64
}

/// Work beside MACs in units of one addition: an exponential is about ten, a division about four.
fn other_work(work: &Work) -> f64 {
    (work.bias_adds as f64)
        + (work.mul as f64)
        + (work.add as f64)
        + (work.cmp as f64)
        + 4.0 * work.div as f64
        + 10.0 * work.exp as f64
}

/// Microseconds for `amount` at `giga` 10^9 a second.
fn micros(amount: f64, giga: f64) -> f64 {
    amount / giga / 1e3
}

fn rate(rate: Rate, cores: Cores) -> f64 {
    match cores {
        Cores::One => rate.one,
        Cores::All => rate.all,
    }
}
