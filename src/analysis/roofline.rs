//! Predicted time of each layer on a target, and what bounds it.
//!
//! In: an [`Analysis`], its network and a [`Target`]. Out: [`Prediction`]. The model, per layer:
//!
//! `time = max(compute, maps) + weights + overhead`
//!
//! - *compute*: `2 x MACs` over the peak times the share that this kind of layer reaches (dense, grouped, depthwise). Channels
//!   are computed in SIMD blocks: output channels are rounded up to them, and so is the depth of the reduction, which is
//!   the input channels (of a group) at each position of the kernel. Where these are fewer than a block, as in a photograph, the
//!   patch of all positions is gathered and rounded up as one. Groups narrower than a block fill a part of it in
//!   both ways; engines gather them too, and lose no more than three quarters. Each output costs
//!   [`Target::output_macs`] more, for its bias, activation and store, at the peak: a 1x1 of few input channels is bound by this.
//!   Other work, an exponential counted as ten operations and a division as four, takes the share of other layers.
//! - *maps* at the bandwidth of the smallest cache that holds the layer's maps.
//! - *weights* at that of the smallest cache which holds all weights of the network, since every run reads them all once; they
//!   come in addition, for no engine asks for them before the layer begins.
//! - Where the target fuses, what runs in the epilogue of a convolution or linear layer ([`Fusion`]) costs its exponentials
//!   and divisions and the other inputs of a sum; the rest is part of finishing an output. Views cost nothing, nor do learned
//!   tensors and constants, which whoever uses them reads.
//!
//! It is a model for comparing networks, not a simulator: an engine that uses Winograd beats it on 3x3
//! layers, and one that runs layers badly falls behind it. `tests/analysis/engines.rs` holds it against measured engines.

use super::target::{Cache, Rate, Target};
use super::{Analysis, Layer};
use crate::flow::Fusion;
use crate::op::matmul::matrix;
use crate::op::{Dense, Op, Work};
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
    let (target, cores) = machine;
    let engine = Engine { target, cores, weight_rate, element: analysis.options.dtype.bytes() as f64 };
    let time = |layer: &Layer| {
        let op = &shaped.graph().node(layer.node).op;
        if op.is_view() || op.is_stored() {
            FREE
        } else if fusion.as_ref().is_some_and(|fusion| fusion.is_epilogue(layer.node)) {
            engine.epilogue(layer)
        } else {
            engine.on_its_own(op, layer)
        }
    };
    let layers: Vec<_> = analysis.layers.iter().map(time).collect();
    let total_ms = layers.iter().map(|time| time.total_us).sum::<f64>() / 1000.0;
    Prediction { layers, total_ms }
}

const FREE: LayerTime = LayerTime { compute_us: 0.0, memory_us: 0.0, total_us: 0.0, bound: Bound::Free };

/// The target and what of the network it depends on.
struct Engine<'a> {
    target: &'a Target,
    cores: Cores,
    /// GB/s of weights.
    weight_rate: f64,
    /// Bytes of an element.
    element: f64,
}

impl Engine<'_> {
    fn on_its_own(&self, op: &Op, layer: &Layer) -> LayerTime {
        let maps = (layer.read_bytes - layer.weight_bytes_read) as f64 + layer.write_bytes as f64;
        let compute_us = self.compute_us(op, layer);
        let maps_us = micros(maps, bandwidth(self.target, self.cores, maps as u64));
        let weights_us = micros(layer.weight_bytes_read as f64, self.weight_rate);
        let memory_us = maps_us + weights_us;
        let bound = if self.target.overhead_us > compute_us.max(memory_us) {
            Bound::Overhead
        } else if compute_us >= memory_us {
            Bound::Compute
        } else {
            Bound::Memory
        };
        LayerTime { compute_us, memory_us, total_us: compute_us.max(maps_us) + weights_us + self.target.overhead_us, bound }
    }

    /// What is left to pay of an operation in an epilogue: a sum still reads its other inputs, and an exponential is no part of
    /// storing a value.
    fn epilogue(&self, layer: &Layer) -> LayerTime {
        let extra = (layer.read_bytes - layer.weight_bytes_read).saturating_sub(layer.write_bytes);
        let memory_us = if extra > 0 { micros(extra as f64, bandwidth(self.target, self.cores, extra)) } else { 0.0 };
        let slow = slow_work(&layer.work);
        let compute_us = micros(slow, self.peak() * self.target.efficiency.other);
        if extra == 0 && slow == 0.0 {
            return FREE;
        }
        let bound = if compute_us >= memory_us { Bound::Compute } else { Bound::Memory };
        LayerTime { compute_us, memory_us, total_us: compute_us + memory_us, bound }
    }

    fn compute_us(&self, op: &Op, layer: &Layer) -> f64 {
        let (peak, efficiency) = (self.peak(), &self.target.efficiency);
        // The share of the peak at which useful MACs are done, and the share of each output block that is filled.
        let (share, filled) = match op.as_dense() {
            Some(Dense::Conv(conv)) => {
                let (inputs, positions) = (layer.inputs[0].channels(), conv.kernel[0].saturating_mul(conv.kernel[1]));
                self.convolution((inputs, conv.out, positions), conv.groups)
            }
            Some(Dense::ConvTranspose(conv)) => self.convolution((layer.inputs[0].channels(), conv.out, 1), conv.groups),
            Some(Dense::Linear(linear)) => {
                let filled = self.filling(linear.out);
                (efficiency.dense * filled, filled)
            }
            // Products of tensors are gathered into blocks as weights are.
            None if matches!(op, Op::MatMul) => {
                let [depth, columns] = matrix(layer.inputs[1]).unwrap_or([1, 1]);
                let filled = self.filling(columns);
                (efficiency.dense * filled * self.filling(depth), filled)
            }
            None => return micros(quick_work(&layer.work) + slow_work(&layer.work), peak * efficiency.other),
        };
        let outputs = layer.write_bytes as f64 / self.element / filled;
        micros(2.0 * layer.work.macs as f64, peak * share) + micros(2.0 * self.target.output_macs * outputs, peak)
    }

    /// The two shares of a convolution from and to so many channels with so many positions in its kernel.
    fn convolution(&self, (inputs, outputs, positions): (u64, u64, u64), groups: u64) -> (f64, f64) {
        let efficiency = &self.target.efficiency;
        if groups == 1 {
            let filled = self.filling(outputs);
            let depth = if inputs < u64::from(self.target.simd_block) { inputs.saturating_mul(positions) } else { inputs };
            (efficiency.dense * filled * self.filling(depth), filled)
        } else if groups == inputs {
            (efficiency.depthwise, 1.0)
        } else {
            let filled = self.filling(inputs / groups) * self.filling(outputs / groups);
            (efficiency.grouped * filled.max(0.25), 1.0)
        }
    }

    /// Share of the SIMD blocks that `channels` fill.
    fn filling(&self, channels: u64) -> f64 {
        let block = u64::from(self.target.simd_block);
        channels as f64 / (channels.div_ceil(block) as f64 * block as f64)
    }

    fn peak(&self) -> f64 {
        rate(self.target.peak_gflops, self.cores)
    }
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

/// Additions, multiplications and comparisons beside MACs.
fn quick_work(work: &Work) -> f64 {
    (work.bias_adds as f64) + (work.mul as f64) + (work.add as f64) + (work.cmp as f64)
}

/// Work in units of one addition that takes long: an exponential is about ten, a division about four.
fn slow_work(work: &Work) -> f64 {
    4.0 * work.div as f64 + 10.0 * work.exp as f64
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
