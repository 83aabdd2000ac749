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
//! | `matmul` | elements of the left x columns of the right | the same | 0 | 0 |
//! | batch norm | 2 an element (1 without scale) | 2 (1) | parameters | 4 (2) |
//! | group norm | 5 (4) | 2 (1) | parameters | 0 |
//! | instance norm | 5 (4) | 2 (1) | parameters | 4 (2) |
//! | layer norm | 5 (4) | 1 | parameters | 4 (2) |
//! | `relu`, `gelu`, `elu`, `prelu` | 0 | 2 an element | slopes of `prelu` | `prelu` 1 an element |
//! | `relu6`, `leaky_relu`, `silu` | 0 | 1 an element | 0 | 0 |
//! | other activations | 0 | 0 | 0 | 0 |
//! | softmax | 0 | 1 an element | 0 | (3 n - 1) a row of n |
//! | max and average pooling | 0 | 2 an input element | 0 | average: 1 an output element |
//! | adaptive and global average pooling | 1 an input element, adaptive of lines 0 | 2 an input element | 0 | (window + 1) an output element |
//! | adaptive and global max pooling | 0 | 2 an input element | 0 | 0 |
//! | resize | nearest 1, bilinear 4 an output element, others and of lines 0 | 2 an output element | 0 | nearest 1, linear 5, bilinear 11, cubic 259 |
//! | anything else | 0 | 0 | 0 | 0 |
//!
//! ptflops counts many layers twice, once as a module and once as the function that the module calls; where a network
//! calls the function alone it counts once, and thop not at all. That is a property of the Python source, not of the
//! network: here everything counts as a module. All of them give element-wise sums and products nothing.
//! `paper-2flops` is the default count doubled.

use super::Convention;
use crate::op::{Activation, AdaptivePool, ConvTranspose, GlobalPool, Op, Pool, PoolKind, Shape, UpsampleMode, Work};

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

/// What a count under a convention is called for people: one by another tool is never told under the default's name.
#[must_use]
pub fn word(convention: Convention) -> &'static str {
    match convention {
        Convention::Default => "MACs",
        Convention::Fvcore => "MACs as fvcore counts",
        Convention::Ptflops => "MACs as ptflops counts",
        Convention::Torchinfo => "MACs as torchinfo counts",
        Convention::Thop => "MACs as thop counts",
        Convention::Paper2Flops => "FLOPs (2 x MACs)",
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
    let [fvcore, ptflops, torchinfo, thop] = rules(op);
    match convention {
        Convention::Default => Some(facts.work.macs),
        Convention::Paper2Flops => facts.work.macs.checked_mul(2),
        Convention::Fvcore => fvcore.count(facts),
        Convention::Ptflops => ptflops.count(facts),
        Convention::Torchinfo => torchinfo.count(facts),
        Convention::Thop => thop.count(facts),
    }
}

/// What a tool counts for an operation.
#[derive(Debug, Clone, Copy)]
enum Rule<'a> {
    Nothing,
    Macs,
    /// MACs and one addition for each bias.
    MacsAndBias,
    /// Learnable scalars, however often they are used.
    Params,
    /// Learnable scalars times output pixels.
    ParamsAPixel,
    /// Weights of a transposed convolution times input pixels, cropping not considered.
    Scattered(&'a ConvTranspose),
    /// The same with its bias.
    ScatteredAndBias(&'a ConvTranspose),
    /// A transposed convolution as if it were a convolution: output elements times inputs of a group times the kernel.
    Gathered(&'a ConvTranspose),
    /// Elements of the left tensor times columns of the right one: MACs, unless the left one is broadcast.
    LeftTimesColumns,
    /// So many an input element.
    Input(u64),
    /// So many an output element.
    Output(u64),
    /// One for each input element and one for each output element.
    InputAndOutput,
    /// `3 n - 1` for each row of `n` along an axis.
    Rows(usize),
}

/// The table above: what fvcore (`fvcore/nn/jit_handles.py`), ptflops (`ptflops/pytorch_ops.py`: module hooks, and patched
/// functions, which the modules call in turn), torchinfo (`torchinfo/layer_info.py`, `calculate_macs`: parameters named
/// `weight` or `bias` of leaf modules) and thop (`thop/vision/basic_hooks.py` and `calc_func.py`) count.
fn rules(op: &Op) -> [Rule<'_>; 4] {
    use Rule::{
        Gathered, Input, InputAndOutput, LeftTimesColumns, Macs, MacsAndBias, Nothing, Output, Params, ParamsAPixel, Rows,
        Scattered, ScatteredAndBias,
    };
    let norm = |affine, with, without| Input(if affine { with } else { without });
    match op {
        Op::Conv(_) => [Macs, MacsAndBias, ParamsAPixel, Macs],
        Op::ConvTranspose(conv) => [Scattered(conv), ScatteredAndBias(conv), ParamsAPixel, Gathered(conv)],
        Op::Linear(_) => [Macs, MacsAndBias, Params, Macs],
        Op::MatMul => [LeftTimesColumns, LeftTimesColumns, Nothing, Nothing],
        Op::BatchNorm(n) => [norm(n.affine, 2, 1), norm(n.affine, 2, 1), Params, norm(n.affine, 4, 2)],
        Op::GroupNorm(n) => [norm(n.affine, 5, 4), norm(n.affine, 2, 1), Params, Nothing],
        Op::InstanceNorm(n) => [norm(n.affine, 5, 4), norm(n.affine, 2, 1), Params, norm(n.affine, 4, 2)],
        // ptflops: `LayerNorm` calls its switch `elementwise_affine`, which the hook does not look for.
        Op::LayerNorm(n) => [norm(n.affine, 5, 4), Input(1), Params, norm(n.affine, 4, 2)],
        Op::Activation(activation) => match activation {
            Activation::Prelu { .. } => [Nothing, Input(2), Params, Input(1)],
            Activation::Relu | Activation::Elu { .. } | Activation::Gelu | Activation::GeluTanh => {
                [Nothing, Input(2), Params, Nothing]
            }
            Activation::Relu6 | Activation::LeakyRelu { .. } | Activation::Silu => [Nothing, Input(1), Params, Nothing],
            Activation::Sigmoid
            | Activation::HardSigmoid { .. }
            | Activation::HardSwish
            | Activation::Tanh
            | Activation::Softplus { .. }
            | Activation::Softsign
            | Activation::Selu
            | Activation::Celu { .. }
            | Activation::ThresholdedRelu { .. }
            | Activation::Mish => [Nothing, Nothing, Params, Nothing],
        },
        Op::Softmax(softmax) if softmax.log => [Nothing; 4],
        Op::Softmax(softmax) => [Nothing, Input(1), Nothing, Rows(softmax.axis)],
        Op::Pool(Pool { kind: PoolKind::Max, .. })
        | Op::GlobalPool(GlobalPool::Max)
        | Op::AdaptivePool(AdaptivePool { kind: GlobalPool::Max, .. }) => [Nothing, Input(2), Nothing, Nothing],
        Op::Pool(Pool { kind: PoolKind::Avg { .. }, .. }) => [Nothing, Input(2), Nothing, Output(1)],
        // fvcore knows the two-dimensional one alone.
        Op::AdaptivePool(AdaptivePool { line: true, .. }) => [Nothing, Input(2), Nothing, InputAndOutput],
        Op::AdaptivePool(_) | Op::GlobalPool(GlobalPool::Avg) => [Input(1), Input(2), Nothing, InputAndOutput],
        // fvcore knows the nearest and the linear of maps alone.
        Op::Upsample(upsample) => match (upsample.mode, upsample.line) {
            (UpsampleMode::Nearest(_), false) => [Output(1), Output(2), Nothing, Output(1)],
            (UpsampleMode::Nearest(_), true) => [Nothing, Output(2), Nothing, Output(1)],
            (UpsampleMode::Linear, false) => [Output(4), Output(2), Nothing, Output(11)],
            (UpsampleMode::Linear, true) => [Nothing, Output(2), Nothing, Output(5)],
            (UpsampleMode::Cubic { .. }, _) => [Nothing, Output(2), Nothing, Output(259)],
        },
        // torchinfo: `ConvNeXt`'s layer scale is a bare parameter of a module that has children, which is passed over.
        Op::Scale(_)
        | Op::Input(_)
        | Op::Param(_)
        | Op::Constant(_)
        | Op::Lrn(_)
        | Op::Concat(_)
        | Op::Elementwise(_)
        | Op::Scalar(_)
        | Op::Unary(_)
        | Op::Flatten
        | Op::Reshape(_)
        | Op::Transpose(_)
        | Op::Slice(_)
        | Op::Pad(_)
        | Op::DepthToSpace(_)
        | Op::SpaceToDepth(_)
        | Op::ChannelShuffle(_)
        | Op::Reduce(_)
        | Op::Gather(_)
        | Op::Repeat(_)
        | Op::Dropout(_)
        | Op::Identity => [Nothing; 4],
    }
}

impl Rule<'_> {
    /// The count for one layer; `None` beyond 64 bits.
    fn count(self, facts: &Facts<'_>) -> Option<u64> {
        match self {
            Self::Nothing => Some(0),
            Self::Macs => Some(facts.work.macs),
            Self::MacsAndBias => facts.work.macs.checked_add(facts.work.bias_adds),
            Self::Params => Some(facts.params),
            Self::ParamsAPixel => facts.params.checked_mul(pixels(facts.output)?),
            Self::Scattered(conv) => scattered(conv, facts),
            Self::ScatteredAndBias(conv) => scattered(conv, facts)?.checked_add(facts.work.bias_adds),
            Self::Gathered(conv) => {
                let window = conv.kernel[0].checked_mul(conv.kernel[1])?;
                facts.output.elements()?.checked_mul(facts.inputs.first()?.channels() / conv.groups)?.checked_mul(window)
            }
            Self::LeftTimesColumns => {
                let [left, right] = facts.inputs else { return Some(0) };
                left.elements()?.checked_mul(right.dim(right.rank() - 1))
            }
            Self::Input(factor) => facts.inputs.first()?.elements()?.checked_mul(factor),
            Self::Output(factor) => facts.output.elements()?.checked_mul(factor),
            Self::InputAndOutput => facts.inputs.first()?.elements()?.checked_add(facts.output.elements()?),
            Self::Rows(axis) => {
                let input = facts.inputs.first()?;
                let row = input.dim(axis);
                (input.elements()? / row).checked_mul(row.checked_mul(3)? - 1)
            }
        }
    }
}

/// `H W` of a shape, `L` of a line, 1 where it is neither.
fn pixels(shape: Shape) -> Option<u64> {
    shape.grid().map_or(Some(1), |(h, w)| h.checked_mul(w))
}

/// Weights of a transposed convolution times input pixels, cropping not considered.
fn scattered(conv: &ConvTranspose, facts: &Facts<'_>) -> Option<u64> {
    let input = facts.inputs.first()?;
    let window = conv.kernel[0].checked_mul(conv.kernel[1])?;
    let weights = input.channels().checked_mul(conv.out / conv.groups)?.checked_mul(window)?;
    weights.checked_mul(pixels(*input)?)
}
