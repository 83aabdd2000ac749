//! What other tools call MACs, layer by layer.
//!
//! In: an operation with its shapes, for one image. Out: the count that the tool prints for it. The rules are read in
//! the tools' sources and held against their output on torchvision's networks by `tests/analysis/conventions.rs`:
//!
//! | operation | fvcore | ptflops (`PyTorch` backend) | torchinfo (1.8) | thop |
//! |---|---|---|---|---|
//! | convolution | MACs | MACs + bias | parameters x output pixels | MACs |
//! | transposed convolution | weights x input pixels | the same + bias | parameters x output pixels | output x inputs/group x kernel |
//! | linear | MACs | MACs + bias | parameters, whatever the positions | MACs |
//! | batch norm | 2 an element (1 without scale) | 2 (1) | parameters | 4 (2) |
//! | group norm | 5 (4) | 2 (1) | parameters | 0 |
//! | instance norm | 5 (4) | 2 (1) | parameters | 4 (2) |
//! | layer norm | 5 (4) | 1 | parameters | 4 (2) |
//! | `relu`, `gelu`, `elu`, `prelu` | 0 | 2 an element | slopes of `prelu` | `prelu` 1 an element |
//! | `relu6`, `leaky_relu`, `silu` | 0 | 1 an element | 0 | 0 |
//! | other activations | 0 | 0 | 0 | 0 |
//! | softmax | 0 | 1 an element | 0 | (3 n - 1) a row of n |
//! | max and average pooling | 0 | 2 an input element | 0 | average: 1 an output element |
//! | adaptive and global average pooling | 1 an input element | 2 an input element | 0 | (window + 1) an output element |
//! | global max pooling | 0 | 2 an input element | 0 | 0 |
//! | resize | nearest 1, bilinear 4 an output element | 2 an output element | 0 | nearest 1, bilinear 11 |
//! | anything else | 0 | 0 | 0 | 0 |
//!
//! ptflops counts many layers twice, once as a module and once as the function that the module calls; where a network
//! calls the function alone it counts once, and thop not at all. That is a property of the Python source, not of the
//! network: here everything counts as a module. All of them give element-wise sums and products nothing.
//! `paper-2flops` is the default count doubled.

use super::Convention;
use crate::op::{Activation, Conv, ConvTranspose, Op, Pool, PoolKind, Shape, UpsampleMode, Work};

/// What a count needs besides the operation; for one image.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Input shapes.
    pub inputs: &'a [Shape],
    /// Output shape.
    pub output: Shape,
    /// The default count.
    pub work: &'a Work,
    /// Learnable scalars.
    pub params: u64,
}

impl Facts<'_> {
    fn input(&self) -> Option<u64> {
        self.inputs.first()?.elements()
    }

    fn output(&self) -> Option<u64> {
        self.output.elements()
    }

    /// `factor` an input element.
    fn each(&self, factor: u64) -> Option<u64> {
        self.input()?.checked_mul(factor)
    }

    fn with_bias(&self) -> Option<u64> {
        self.work.macs.checked_add(self.work.bias_adds)
    }

    /// `H W` of a shape, 1 where it is no map.
    fn pixels(shape: Shape) -> Option<u64> {
        shape.hw().map_or(Some(1), |(h, w)| h.checked_mul(w))
    }
}

/// The convention of a name as the command line takes it: `fvcore`, `paper-2flops`, ….
#[must_use]
pub fn from_name(name: &str) -> Option<Convention> {
    ALL.iter().copied().find(|convention| self::name(*convention) == name)
}

/// The name of a convention.
#[must_use]
pub fn name(convention: Convention) -> &'static str {
    match convention {
        Convention::Default => "default",
        Convention::Fvcore => "fvcore",
        Convention::Ptflops => "ptflops",
        Convention::Torchinfo => "torchinfo",
        Convention::Thop => "thop",
        Convention::Paper2Flops => "paper-2flops",
    }
}

/// All conventions, the default first.
pub const ALL: &[Convention] = &[
    Convention::Default,
    Convention::Fvcore,
    Convention::Ptflops,
    Convention::Torchinfo,
    Convention::Thop,
    Convention::Paper2Flops,
];

/// What a convention counts for one layer and one image; `None` beyond 64 bits.
#[must_use]
pub fn count(convention: Convention, op: &Op, facts: &Facts<'_>) -> Option<u64> {
    match convention {
        Convention::Default => Some(facts.work.macs),
        Convention::Paper2Flops => facts.work.macs.checked_mul(2),
        Convention::Fvcore => fvcore(op, facts),
        Convention::Ptflops => ptflops(op, facts),
        Convention::Torchinfo => torchinfo(op, facts),
        Convention::Thop => thop(op, facts),
    }
}

/// `fvcore/nn/jit_handles.py`.
fn fvcore(op: &Op, facts: &Facts<'_>) -> Option<u64> {
    match op {
        Op::Conv(_) | Op::Linear(_) => Some(facts.work.macs),
        Op::ConvTranspose(conv) => scattered(conv, facts),
        Op::BatchNorm(norm) => facts.each(if norm.affine { 2 } else { 1 }),
        Op::GroupNorm(norm) => facts.each(if norm.affine { 5 } else { 4 }),
        Op::LayerNorm(norm) => facts.each(if norm.affine { 5 } else { 4 }),
        Op::InstanceNorm(norm) => facts.each(if norm.affine { 5 } else { 4 }),
        Op::AdaptiveAvgPool(_) | Op::GlobalPool(crate::op::GlobalPool::Avg) => facts.each(1),
        Op::Upsample(upsample) => facts.output()?.checked_mul(match upsample.mode {
            UpsampleMode::Nearest => 1,
            UpsampleMode::Bilinear { .. } => 4,
        }),
        Op::GlobalPool(crate::op::GlobalPool::Max)
        | Op::Input(_)
        | Op::Lrn(_)
        | Op::Scale(_)
        | Op::Activation(_)
        | Op::Softmax(_)
        | Op::Pool(_)
        | Op::Concat(_)
        | Op::Elementwise(_)
        | Op::Scalar(_)
        | Op::Flatten
        | Op::Reshape(_)
        | Op::Transpose(_)
        | Op::Slice(_)
        | Op::Pad(_)
        | Op::DepthToSpace(_)
        | Op::SpaceToDepth(_)
        | Op::ChannelShuffle(_)
        | Op::Mean(_)
        | Op::Dropout(_)
        | Op::Identity => Some(0),
    }
}

/// `ptflops/pytorch_ops.py`: module hooks, and patched functions, which the modules call in turn.
fn ptflops(op: &Op, facts: &Facts<'_>) -> Option<u64> {
    match op {
        Op::Conv(_) | Op::Linear(_) => facts.with_bias(),
        Op::ConvTranspose(conv) => scattered(conv, facts)?.checked_add(facts.work.bias_adds),
        Op::BatchNorm(norm) => facts.each(if norm.affine { 2 } else { 1 }),
        Op::GroupNorm(norm) => facts.each(if norm.affine { 2 } else { 1 }),
        Op::InstanceNorm(norm) => facts.each(if norm.affine { 2 } else { 1 }),
        Op::Activation(activation) => facts.each(match activation {
            Activation::Relu | Activation::Prelu { .. } | Activation::Elu { .. } | Activation::Gelu => 2,
            Activation::Relu6 | Activation::LeakyRelu { .. } | Activation::Silu => 1,
            Activation::Sigmoid
            | Activation::HardSigmoid
            | Activation::HardSwish
            | Activation::Tanh
            | Activation::Softplus
            | Activation::Mish => 0,
        }),
        // `LayerNorm` calls its switch `elementwise_affine`, which the hook does not look for.
        Op::LayerNorm(_) | Op::Softmax(_) => facts.each(1),
        Op::Pool(_) | Op::GlobalPool(_) | Op::AdaptiveAvgPool(_) => facts.each(2),
        Op::Upsample(_) => facts.output()?.checked_mul(2),
        Op::Input(_)
        | Op::Lrn(_)
        | Op::Scale(_)
        | Op::Concat(_)
        | Op::Elementwise(_)
        | Op::Scalar(_)
        | Op::Flatten
        | Op::Reshape(_)
        | Op::Transpose(_)
        | Op::Slice(_)
        | Op::Pad(_)
        | Op::DepthToSpace(_)
        | Op::SpaceToDepth(_)
        | Op::ChannelShuffle(_)
        | Op::Mean(_)
        | Op::Dropout(_)
        | Op::Identity => Some(0),
    }
}

/// `torchinfo/layer_info.py`, `calculate_macs`: parameters named `weight` or `bias` of leaf modules.
fn torchinfo(op: &Op, facts: &Facts<'_>) -> Option<u64> {
    match op {
        Op::Conv(_) | Op::ConvTranspose(_) => facts.params.checked_mul(Facts::pixels(facts.output)?),
        Op::Linear(_) | Op::BatchNorm(_) | Op::GroupNorm(_) | Op::LayerNorm(_) | Op::InstanceNorm(_) | Op::Activation(_) => {
            Some(facts.params)
        }
        // `ConvNeXt`'s layer scale is a bare parameter of a module that has children, which is passed over.
        Op::Scale(_)
        | Op::Input(_)
        | Op::Lrn(_)
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
        | Op::Identity => Some(0),
    }
}

/// `thop/vision/basic_hooks.py` and `calc_func.py`.
fn thop(op: &Op, facts: &Facts<'_>) -> Option<u64> {
    match op {
        Op::Conv(Conv { .. }) | Op::Linear(_) => Some(facts.work.macs),
        // The hook reads the weights of a transposed convolution as if they were a convolution's.
        Op::ConvTranspose(conv) => {
            let window = conv.kernel[0].checked_mul(conv.kernel[1])?;
            facts.output()?.checked_mul(facts.inputs.first()?.channels() / conv.groups)?.checked_mul(window)
        }
        Op::BatchNorm(norm) => facts.each(if norm.affine { 4 } else { 2 }),
        Op::LayerNorm(norm) => facts.each(if norm.affine { 4 } else { 2 }),
        Op::InstanceNorm(norm) => facts.each(if norm.affine { 4 } else { 2 }),
        Op::Activation(Activation::Prelu { .. }) => facts.each(1),
        Op::Softmax(softmax) => {
            let row = facts.inputs.first()?.dim(softmax.axis);
            (facts.input()? / row).checked_mul(row.checked_mul(3)? - 1)
        }
        Op::Pool(Pool { kind: PoolKind::Avg { .. }, .. }) => facts.output(),
        Op::AdaptiveAvgPool(_) | Op::GlobalPool(crate::op::GlobalPool::Avg) => facts.input()?.checked_add(facts.output()?),
        Op::Upsample(upsample) => facts.output()?.checked_mul(match upsample.mode {
            UpsampleMode::Nearest => 1,
            UpsampleMode::Bilinear { .. } => 11,
        }),
        Op::Pool(Pool { kind: PoolKind::Max, .. })
        | Op::GlobalPool(crate::op::GlobalPool::Max)
        | Op::Input(_)
        | Op::GroupNorm(_)
        | Op::Lrn(_)
        | Op::Scale(_)
        | Op::Activation(
            Activation::Relu
            | Activation::Relu6
            | Activation::LeakyRelu { .. }
            | Activation::Elu { .. }
            | Activation::Sigmoid
            | Activation::HardSigmoid
            | Activation::Silu
            | Activation::HardSwish
            | Activation::Gelu
            | Activation::Tanh
            | Activation::Softplus
            | Activation::Mish,
        )
        | Op::Concat(_)
        | Op::Elementwise(_)
        | Op::Scalar(_)
        | Op::Flatten
        | Op::Reshape(_)
        | Op::Transpose(_)
        | Op::Slice(_)
        | Op::Pad(_)
        | Op::DepthToSpace(_)
        | Op::SpaceToDepth(_)
        | Op::ChannelShuffle(_)
        | Op::Mean(_)
        | Op::Dropout(_)
        | Op::Identity => Some(0),
    }
}

/// Weights of a transposed convolution times input pixels, cropping not considered.
fn scattered(conv: &ConvTranspose, facts: &Facts<'_>) -> Option<u64> {
    let input = facts.inputs.first()?;
    let window = conv.kernel[0].checked_mul(conv.kernel[1])?;
    let weights = input.channels().checked_mul(conv.out / conv.groups)?.checked_mul(window)?;
    weights.checked_mul(Facts::pixels(*input)?)
}
