//! Numbers of a network: a pure function of a [`Shaped`](crate::shape::Shaped) graph.
//!
//! Out: [`Analysis`], numbers per layer and in total, exact integers for `batch` images. Nothing here prints, reads
//! files or changes the graph.

use crate::graph::NodeId;
use crate::op::{Shape, Work};

/// What is counted as a MAC, after the tools that people compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Convention {
    /// Convolutions, transposed convolutions and linear layers, without bias.
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
}

impl Default for Options {
    fn default() -> Self {
        Self { batch: 1, convention: Convention::Default }
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
    /// Learnable scalars.
    pub params: u64,
    /// Running statistics.
    pub buffers: u64,
    /// Multiply-accumulates in the chosen convention, for the batch.
    pub macs: u64,
    /// `2 x MACs + bias additions` in the default convention, for the batch.
    pub flops: u64,
    /// Every kind of operation, for the batch.
    pub work: Work,
    /// Bytes of weights and buffers.
    pub weight_bytes: u64,
    /// Bytes of input maps, weights and buffers read.
    pub read_bytes: u64,
    /// Bytes of the output map written.
    pub write_bytes: u64,
    /// Input pixels that one output pixel depends on, clipped to nothing; `[height, width]`.
    pub receptive: Receptive,
}

/// Receptive field with respect to the network's inputs (branches joined by union).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Receptive {
    /// Extent in input pixels, `[h, w]`; the whole input where the layer sees all of it.
    pub field: [u64; 2],
    /// Input pixels between neighbouring outputs, `[h, w]`, as a fraction `numerator / denominator`.
    pub stride: [(u64, u64); 2],
    /// Input coordinate at which the first output's field starts, `[h, w]`; negative inside padding.
    pub offset: [i64; 2],
}

/// Totals of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Layers, inputs not counted.
    pub layers: u64,
    /// Learnable scalars; shared weights once.
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
    /// Sum of all layers' output bytes.
    pub activation_bytes: u64,
    /// Peak of live activation bytes over the execution order.
    pub peak_activation_bytes: u64,
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

/// Numbers per layer and in total.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// What it was made for.
    pub options: Options,
    /// Every node but the inputs, in order of execution.
    pub layers: Vec<Layer>,
    /// The sums.
    pub totals: Totals,
    /// The memory peak.
    pub peak: Peak,
}
