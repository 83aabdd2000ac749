//! Numbers of a network: a pure function of a [`Shaped`] graph.
//!
//! Out: [`Analysis`], numbers per layer and in total, exact integers for `batch` images. Nothing here prints, reads
//! files or changes the graph; only `measure` looks at the machine it runs on, through a clock.
//!
//! Conventions that the numbers rest on:
//! - **Bytes** are those of [`Dtype`], 4 an element unless another is asked for: weights, biases, statistics and activations alike.
//! - **Views.** `identity`, `dropout`, `flatten` and `reshape` move nothing: they read and write no bytes and their output
//!   *is* their input in the liveness analysis. Everything else, `concat`, `slice` and `transpose` included, copies.
//! - **Reading** counts each distinct input map once, and weights and buffers once; `slice` reads only what it keeps.
//! - **Totals** count every layer, those that no output needs as well; [`Dead`] says how much of them that is.
//! - **`activation_bytes`** is the sum of what layers write, so views and network inputs add nothing to it.

pub mod budget;
pub mod convention;
pub mod cost;
pub mod dead;
pub mod dtype;
pub mod lint;
pub mod measure;
pub mod memory;
pub mod receptive;
pub mod rollup;
pub mod roofline;
pub mod target;
pub mod training;

pub use dead::Dead;
pub use dtype::Dtype;

use crate::graph::{NodeId, NodeMap};
use crate::op::{Shape, Work};
use crate::shape::Shaped;

/// A count that does not fit in 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overflow {
    /// The layer whose count, or whose share of a total, is too large.
    pub node: NodeId,
    /// What was counted: "MACs", "total parameters", "peak bytes".
    pub what: &'static str,
}

/// Counts everything there is to count, in one pass over the nodes in order of execution.
///
/// # Errors
/// The first layer at which a count exceeds 64 bits.
pub fn analyze(shaped: &Shaped, options: &Options) -> Result<Analysis, Overflow> {
    let layers = cost::layers(shaped, options)?;
    let peak = memory::peak(shaped, options)?;
    let fused_peak = memory::fused(shaped, options)?;
    let totals = cost::totals(&layers, [peak.bytes, fused_peak.bytes])?;
    let dead = dead::dead(shaped.graph(), &layers);
    let mut index = NodeMap::with_bound(shaped.graph().len());
    for (position, layer) in layers.iter().enumerate() {
        index.insert(layer.node, position as u32);
    }
    Ok(Analysis { options: options.clone(), layers, totals, dead, peak, fused_peak, index })
}

/// What is counted as a MAC, after the tools that people compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Convention {
    /// Convolutions, transposed convolutions, linear layers and matrix products of tensors, without bias: so torchvision counts
    /// its vision transformers too.
    #[default]
    Default,
    /// As fvcore's flop counter.
    Fvcore,
    /// As ptflops' PyTorch backend.
    Ptflops,
    /// As torchinfo's `total_mult_adds`.
    Torchinfo,
    /// As thop.
    Thop,
    /// Papers that print `2 x MACs` as FLOPs: the MAC column is doubled.
    Paper2Flops,
}

/// What to analyze for.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Images at once.
    pub batch: u64,
    /// What the `macs` column counts.
    pub convention: Convention,
    /// What elements are stored as.
    pub dtype: Dtype,
}

impl Default for Options {
    fn default() -> Self {
        Self { batch: 1, convention: Convention::Default, dtype: Dtype::F32 }
    }
}

/// Numbers of one layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// Its node.
    pub node: NodeId,
    /// Input shapes without the batch.
    pub inputs: Vec<Shape>,
    /// Output shape without the batch.
    pub output: Shape,
    /// Learnable scalars; of shared tensors, those that no layer before it uses.
    pub params: u64,
    /// Running statistics; of shared tensors, those that no layer before it uses.
    pub buffers: u64,
    /// Multiply-accumulates in the chosen convention, for the batch.
    pub macs: u64,
    /// `2 x MACs + bias additions` in the default convention, for the batch.
    pub flops: u64,
    /// Every kind of operation, for the batch.
    pub work: Work,
    /// Bytes of weights and buffers; of shared tensors, those that no layer before it uses.
    pub weight_bytes: u64,
    /// Bytes of weights and buffers that it reads, shared ones at each use.
    pub weight_bytes_read: u64,
    /// Bytes of input maps, weights and buffers read.
    pub read_bytes: u64,
    /// Bytes of the output map written.
    pub write_bytes: u64,
    /// Input pixels that one output pixel depends on.
    pub receptive: Receptive,
    /// Whether an output needs it.
    pub needed: bool,
}

/// Receptive field in the first declared input that the layer depends on; branches joined by union.
///
/// It is the theoretical field: padding belongs to it, so it may be larger than the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receptive {
    /// Extent in input pixels, `[h, w]`; the input's own extent where the layer sees all of it.
    pub field: [u64; 2],
    /// Input pixels between neighbouring outputs, `[h, w]`, as a reduced fraction `(numerator, denominator)`;
    /// `(0, 1)` where every output sees the whole input.
    pub stride: [(u64, u64); 2],
    /// Input coordinate at which the first output's field starts, `[h, w]`; negative inside padding.
    pub offset: [i64; 2],
}

/// Totals of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Layers, inputs not counted.
    pub layers: u64,
    /// Learnable scalars; those that several layers share are counted once.
    pub params: u64,
    /// Running statistics.
    pub buffers: u64,
    /// MACs in the chosen convention.
    pub macs: u64,
    /// `2 x MACs + bias additions`.
    pub flops: u64,
    /// Every kind of operation.
    pub work: Work,
    /// Bytes of weights and buffers.
    pub weight_bytes: u64,
    /// Sum of what all layers write; views write nothing.
    pub activation_bytes: u64,
    /// Peak of live activation bytes over the execution order.
    pub peak_activation_bytes: u64,
    /// The same where element-wise work is done in place.
    pub fused_peak_activation_bytes: u64,
}

/// Where activation memory peaks.
#[derive(Debug, Clone, PartialEq)]
pub struct Peak {
    /// The step: the layer that is being computed.
    pub at: NodeId,
    /// Live bytes then.
    pub bytes: u64,
    /// Tensors alive then, with their bytes; a tensor is named by the node that made it.
    pub alive: Vec<(NodeId, u64)>,
    /// A bound that no order of execution beats.
    pub lower_bound: u64,
}

/// Where activation memory peaks on an engine that fuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FusedPeak {
    /// The step: the layer that is being computed.
    pub at: NodeId,
    /// Live bytes then.
    pub bytes: u64,
}

/// Numbers per layer and in total.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// What it was made for.
    pub options: Options,
    /// Every node but the inputs, in order of execution.
    pub layers: Vec<Layer>,
    /// The sums.
    pub totals: Totals,
    /// The part of the sums that no output needs.
    pub dead: Dead,
    /// The memory peak.
    pub peak: Peak,
    /// The memory peak where element-wise work is done in place.
    pub fused_peak: FusedPeak,
    /// Position of each node's layer in `layers`.
    index: NodeMap<u32>,
}

impl Analysis {
    /// The numbers of a node; `None` for inputs.
    #[must_use]
    pub fn layer(&self, node: NodeId) -> Option<&Layer> {
        self.index.get(node).map(|position| &self.layers[*position as usize])
    }
}
