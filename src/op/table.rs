//! The table of operations: keywords, parameters, documentation and builders.
//!
//! Help, reference, completion, name resolution and tests derive from [`OPS`]. Rows and behaviour are the families'; this
//! module only delegates, so it lists what each operation has to answer.

use super::args::{ArgValue, Args, BuildError};
use super::geometry::first;
use super::shape::Shape;
use super::{Elementwise, GlobalPool, Op, Pool, PoolKind, ShapeError, WeightSpec, Window, Work};
use super::{activation, conv, conv_transpose, dense, merge, norm, pass, pool, reshape, slice, space};

/// A parameter of an operation.
#[derive(Debug, Clone, Copy)]
pub struct ParamInfo {
    /// Its name.
    pub name: &'static str,
    /// What it takes: "integer or [height, width]".
    pub kind: &'static str,
    /// Its default as written in the language; `None` where it must be given.
    pub default: Option<&'static str>,
    /// One line: what it means.
    pub doc: &'static str,
}

pub(super) const INTEGER: &str = "integer of at least 1";
pub(super) const PAIR: &str = "integer or [height, width]";
pub(super) const PAD: &str = "integer, [height, width], [top, left, bottom, right] or `same`";
pub(super) const FLAG: &str = "true or false";
pub(super) const NUMBER: &str = "number";
pub(super) const AXIS: &str = "integer";
pub(super) const INTEGERS: &str = "list of integers";

/// A parameter that must be given.
pub(super) const fn required(name: &'static str, kind: &'static str, doc: &'static str) -> ParamInfo {
    ParamInfo { name, kind, default: None, doc }
}

/// A parameter with a default.
pub(super) const fn optional(name: &'static str, kind: &'static str, default: &'static str, doc: &'static str) -> ParamInfo {
    ParamInfo { name, kind, default: Some(default), doc }
}

/// What a builder makes: one operation, or several results (`split`).
#[derive(Debug, Clone, PartialEq)]
pub enum Built {
    /// One node.
    One(Op),
    /// One node a result.
    Pieces(Vec<Op>),
}

/// One operation of the language.
#[derive(Debug)]
pub struct OpInfo {
    /// The word that calls it.
    pub keyword: &'static str,
    /// "convolution", "dense", "normalisation", "activation", "pooling", "joining", "shape".
    pub family: &'static str,
    /// One line: what it computes.
    pub summary: &'static str,
    /// Parameters in order.
    pub params: &'static [ParamInfo],
    /// Least and most tensor inputs.
    pub inputs: (usize, Option<usize>),
    /// Shapes: "[C, H, W] -> [out, H', W']".
    pub shapes: &'static str,
    /// The ONNX operator of the same meaning.
    pub onnx: &'static str,
    /// Makes the operation from its arguments for inputs of these shapes.
    pub build: fn(Args<'_>, &[Shape]) -> Result<Built, BuildError>,
}

/// All operations, by family.
pub static OPS: &[OpInfo] = &[
    conv::CONV,
    conv::DWCONV,
    conv_transpose::CONV_TRANSPOSE,
    dense::LINEAR,
    norm::BN,
    norm::GROUP_NORM,
    norm::LAYER_NORM,
    norm::INSTANCE_NORM,
    norm::LRN,
    norm::SCALE,
    activation::RELU,
    activation::RELU6,
    activation::LEAKY_RELU,
    activation::PRELU,
    activation::ELU,
    activation::SIGMOID,
    activation::HARD_SIGMOID,
    activation::SILU,
    activation::HARD_SWISH,
    activation::GELU,
    activation::TANH,
    activation::SOFTPLUS,
    activation::MISH,
    activation::SOFTMAX,
    pass::DROPOUT,
    pool::MAXPOOL,
    pool::AVGPOOL,
    pool::GLOBAL_AVGPOOL,
    pool::GLOBAL_MAXPOOL,
    pool::ADAPTIVE_AVGPOOL,
    reshape::MEAN,
    merge::CONCAT,
    slice::SPLIT,
    slice::SLICE,
    merge::ADD,
    merge::MUL,
    merge::SUB,
    merge::MAX,
    reshape::FLATTEN,
    reshape::RESHAPE,
    reshape::TRANSPOSE,
    space::PAD,
    space::UPSAMPLE,
    space::DEPTH_TO_SPACE,
    space::SPACE_TO_DEPTH,
    space::CHANNEL_SHUFFLE,
    pass::IDENTITY,
];

/// Indices into [`OPS`] by ascending keyword, made when the compiler is compiled.
static BY_KEYWORD: [usize; OPS.len()] = sorted();

const fn sorted() -> [usize; OPS.len()] {
    let mut order = [0; OPS.len()];
    let mut taken = 0;
    while taken < order.len() {
        let mut at = taken;
        while at > 0 && less(OPS[taken].keyword.as_bytes(), OPS[order[at - 1]].keyword.as_bytes()) {
            order[at] = order[at - 1];
            at -= 1;
        }
        order[at] = taken;
        taken += 1;
    }
    order
}

const fn less(a: &[u8], b: &[u8]) -> bool {
    let mut i = 0;
    while i < a.len() && i < b.len() {
        if a[i] != b[i] {
            return a[i] < b[i];
        }
        i += 1;
    }
    a.len() < b.len()
}

/// The operation of a keyword.
#[must_use]
pub fn find(keyword: &str) -> Option<&'static OpInfo> {
    BY_KEYWORD.binary_search_by(|i| OPS[*i].keyword.cmp(keyword)).ok().map(|at| &OPS[BY_KEYWORD[at]])
}

pub(super) fn keyword(op: &Op) -> &'static str {
    match op {
        Op::Input(_) => "input",
        Op::Conv(conv) if conv.depthwise => "dwconv",
        Op::Conv(_) => "conv",
        Op::ConvTranspose(_) => "conv_transpose",
        Op::Linear(_) => "linear",
        Op::BatchNorm(_) => "bn",
        Op::GroupNorm(_) => "group_norm",
        Op::LayerNorm(_) => "layer_norm",
        Op::InstanceNorm(_) => "instance_norm",
        Op::Lrn(_) => "lrn",
        Op::Scale(_) => "scale",
        Op::Activation(activation) => activation.keyword(),
        Op::Softmax(_) => "softmax",
        Op::Pool(Pool { kind: PoolKind::Max, .. }) => "maxpool",
        Op::Pool(Pool { kind: PoolKind::Avg { .. }, .. }) => "avgpool",
        Op::GlobalPool(GlobalPool::Max) => "global_maxpool",
        Op::GlobalPool(GlobalPool::Avg) => "global_avgpool",
        Op::AdaptiveAvgPool(_) => "adaptive_avgpool",
        Op::Concat(_) => "concat",
        Op::Elementwise(elementwise) => elementwise.merge.keyword(),
        Op::Scalar(_) => "scalar",
        Op::Flatten => "flatten",
        Op::Reshape(_) => "reshape",
        Op::Transpose(_) => "transpose",
        Op::Slice(_) => "slice",
        Op::Pad(_) => "pad",
        Op::Upsample(_) => "upsample",
        Op::DepthToSpace(_) => "depth_to_space",
        Op::SpaceToDepth(_) => "space_to_depth",
        Op::ChannelShuffle(_) => "channel_shuffle",
        Op::Mean(_) => "mean",
        Op::Dropout(_) => "dropout",
        Op::Identity => "identity",
    }
}

pub(super) fn arity(op: &Op) -> (usize, Option<usize>) {
    match op {
        Op::Input(_) => (0, Some(0)),
        Op::Concat(_) => (1, None),
        Op::Elementwise(_) => (2, None),
        Op::Conv(_)
        | Op::ConvTranspose(_)
        | Op::Linear(_)
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
        | Op::Identity => (1, Some(1)),
    }
}

pub(super) fn infer(op: &Op, inputs: &[Shape]) -> Result<Shape, ShapeError> {
    let (min, max) = arity(op);
    let got = inputs.len();
    if got < min || max.is_some_and(|max| got > max) {
        return Err(ShapeError::Arity { min, max, got });
    }
    match op {
        Op::Input(shape) => Ok(*shape),
        Op::Conv(conv) => conv.infer(inputs),
        Op::ConvTranspose(conv) => conv.infer(inputs),
        Op::Linear(linear) => linear.infer(inputs),
        Op::GroupNorm(norm) => norm.infer(inputs),
        Op::InstanceNorm(_) => norm::InstanceNorm::infer(inputs),
        Op::Lrn(lrn) => lrn.infer(inputs),
        Op::Softmax(softmax) => softmax.infer(inputs),
        Op::Pool(pool) => pool.infer(inputs),
        Op::GlobalPool(_) => GlobalPool::infer(inputs),
        Op::AdaptiveAvgPool(pool) => pool.infer(inputs),
        Op::Concat(concat) => concat.infer(inputs),
        Op::Elementwise(_) => Elementwise::infer(inputs),
        Op::Flatten => reshape::infer_flatten(inputs),
        Op::Reshape(reshape) => reshape.infer(inputs),
        Op::Transpose(transpose) => transpose.infer(inputs),
        Op::Slice(slice) => slice.infer(inputs),
        Op::Pad(pad) => pad.infer(inputs),
        Op::Upsample(upsample) => upsample.infer(inputs),
        Op::DepthToSpace(blocks) => blocks.infer(inputs),
        Op::SpaceToDepth(blocks) => blocks.infer(inputs),
        Op::ChannelShuffle(shuffle) => shuffle.infer(inputs),
        Op::Mean(mean) => mean.infer(inputs),
        Op::BatchNorm(_)
        | Op::LayerNorm(_)
        | Op::Scale(_)
        | Op::Activation(_)
        | Op::Scalar(_)
        | Op::Dropout(_)
        | Op::Identity => first(inputs),
    }
}

pub(super) fn weights(op: &Op, inputs: &[Shape]) -> Vec<WeightSpec> {
    let Some(&input) = inputs.first() else { return Vec::new() };
    match op {
        Op::Conv(conv) => conv.weights(input),
        Op::ConvTranspose(conv) => conv.weights(input),
        Op::Linear(linear) => linear.weights(input),
        Op::BatchNorm(norm) => norm.weights(input),
        Op::GroupNorm(norm) => norm.weights(input),
        Op::LayerNorm(norm) => norm.weights(input),
        Op::InstanceNorm(norm) => norm.weights(input),
        Op::Scale(scale) => scale.weights(input),
        Op::Activation(activation) => activation.weights(input),
        Op::Input(_)
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
        | Op::Identity => Vec::new(),
    }
}

pub(super) fn work(op: &Op, inputs: &[Shape], output: Shape) -> Result<Work, ShapeError> {
    let Some(&input) = inputs.first() else { return Ok(Work::NONE) };
    match op {
        Op::Conv(conv) => conv.work(input, output),
        Op::ConvTranspose(conv) => conv.work(input, output),
        Op::Linear(linear) => linear.work(input, output),
        Op::BatchNorm(_) => norm::BatchNorm::work(input),
        Op::GroupNorm(norm) => norm.work(input),
        Op::LayerNorm(norm) => norm.work(input),
        Op::InstanceNorm(norm) => norm.work(input),
        Op::Lrn(lrn) => lrn.work(input),
        Op::Scale(scale) => scale.work(input),
        Op::Activation(activation) => activation.work(input),
        Op::Softmax(softmax) => softmax.work(input),
        Op::Pool(pool) => pool.work(output),
        Op::GlobalPool(pool) => pool.work(input),
        Op::AdaptiveAvgPool(pool) => pool.work(input, output),
        Op::Elementwise(elementwise) => elementwise.work(inputs),
        Op::Scalar(scalar) => scalar.work(input),
        Op::Upsample(upsample) => upsample.work(output),
        Op::Mean(_) => reshape::Mean::work(input, output),
        // These move or keep elements and compute nothing.
        Op::Input(_)
        | Op::Concat(_)
        | Op::Flatten
        | Op::Reshape(_)
        | Op::Transpose(_)
        | Op::Slice(_)
        | Op::Pad(_)
        | Op::DepthToSpace(_)
        | Op::SpaceToDepth(_)
        | Op::ChannelShuffle(_)
        | Op::Dropout(_)
        | Op::Identity => Ok(Work::NONE),
    }
}

pub(super) fn window(op: &Op, inputs: &[Shape]) -> Window {
    let Some(&input) = inputs.iter().find(|i| i.hw().is_some()) else {
        return Window::Whole;
    };
    match op {
        Op::Conv(conv) => conv.window(),
        Op::ConvTranspose(conv) => conv.window(),
        Op::Softmax(softmax) => softmax.window(),
        Op::Pool(pool) => pool.window(),
        Op::AdaptiveAvgPool(pool) => pool.window(input),
        Op::Concat(concat) => concat.window(),
        Op::Slice(slice) => slice.window(),
        Op::Pad(pad) => pad.window(),
        Op::Upsample(upsample) => upsample.window(input),
        Op::DepthToSpace(blocks) => blocks.window(),
        Op::SpaceToDepth(blocks) => blocks.window(),
        Op::Mean(mean) => mean.window(),
        Op::BatchNorm(_)
        | Op::LayerNorm(_)
        | Op::Lrn(_)
        | Op::Scale(_)
        | Op::Activation(_)
        | Op::Elementwise(_)
        | Op::Scalar(_)
        | Op::ChannelShuffle(_)
        | Op::Dropout(_)
        | Op::Identity => Window::Pixel,
        // Statistics, features and other orders of elements know no place.
        Op::Input(_)
        | Op::GroupNorm(_)
        | Op::InstanceNorm(_)
        | Op::GlobalPool(_)
        | Op::Linear(_)
        | Op::Flatten
        | Op::Reshape(_)
        | Op::Transpose(_) => Window::Whole,
    }
}

/// The arguments that differ from their defaults, for printing the operation as `.net`; in the order of its parameters.
///
/// A `split` prints as its slices; an input and arithmetic with a constant are not calls and have none.
#[must_use]
pub fn printed_args(op: &Op) -> Vec<(&'static str, ArgValue)> {
    match op {
        Op::Conv(conv) => conv.printed(),
        Op::ConvTranspose(conv) => conv.printed(),
        Op::Linear(linear) => linear.printed(),
        Op::BatchNorm(norm) => norm.printed(),
        Op::GroupNorm(norm) => norm.printed(),
        Op::LayerNorm(norm) => norm.printed(),
        Op::InstanceNorm(norm) => norm.printed(),
        Op::Lrn(lrn) => lrn.printed(),
        Op::Scale(scale) => scale.printed(),
        Op::Activation(activation) => activation.printed(),
        Op::Softmax(softmax) => softmax.printed(),
        Op::Pool(pool) => pool.printed(),
        Op::AdaptiveAvgPool(pool) => pool.printed(),
        Op::Concat(concat) => concat.printed(),
        Op::Reshape(reshape) => reshape.printed(),
        Op::Transpose(transpose) => transpose.printed(),
        Op::Slice(slice) => slice.printed(),
        Op::Pad(pad) => pad.printed(),
        Op::Upsample(upsample) => upsample.printed(),
        Op::DepthToSpace(blocks) => blocks.printed(),
        Op::SpaceToDepth(blocks) => blocks.printed(),
        Op::ChannelShuffle(shuffle) => shuffle.printed(),
        Op::Mean(mean) => mean.printed(),
        Op::Dropout(p) => pass::printed_dropout(*p),
        Op::Input(_) | Op::GlobalPool(_) | Op::Elementwise(_) | Op::Scalar(_) | Op::Flatten | Op::Identity => Vec::new(),
    }
}

/// Whether an operation only renames its input: it moves no bytes and its output shares its input's memory.
pub(super) fn is_view(op: &Op) -> bool {
    match op {
        Op::Flatten | Op::Reshape(_) | Op::Dropout(_) | Op::Identity => true,
        Op::Input(_)
        | Op::Conv(_)
        | Op::ConvTranspose(_)
        | Op::Linear(_)
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
        | Op::Transpose(_)
        | Op::Slice(_)
        | Op::Pad(_)
        | Op::Upsample(_)
        | Op::DepthToSpace(_)
        | Op::SpaceToDepth(_)
        | Op::ChannelShuffle(_)
        | Op::Mean(_) => false,
    }
}
