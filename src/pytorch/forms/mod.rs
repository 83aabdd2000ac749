//! What each operation is in PyTorch: a module where it learns something, and a function or an operator for the rest.
//!
//! In: an operation with the shapes round it. Out: the call that makes its module, if it has one, and the expression that
//! computes it. Axes count from the batch on, which PyTorch has and shapes here do not. What PyTorch has no word for is written
//! with the classes and functions of `helpers`, so that every operation has a form.

mod element;
mod layer;
mod map;
mod pooling;
mod shape;

use super::python::Py;
use crate::op::{Op, Shape};

/// An operation where it stands.
pub(super) struct Site<'a> {
    pub op: &'a Op,
    pub inputs: Vec<Shape>,
    pub output: Shape,
    /// Which inputs do not depend on the net's inputs: they have a batch of one.
    pub alone: Vec<bool>,
    /// Whether paddings are said side by side, for some use of the class has uneven ones.
    pub sided: bool,
}

/// How an operation is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Form {
    /// A module that learns or holds something, called with the operation's inputs.
    Module(Py),
    /// An expression of its inputs, and the module that does the same where there is one.
    Plain { expr: Py, module: Option<Py> },
}

impl Form {
    fn plain(expr: Py, module: Py) -> Self {
        Self::Plain { expr, module: Some(module) }
    }

    fn only(expr: Py) -> Self {
        Self::Plain { expr, module: None }
    }

    /// The module, where there is one.
    pub(super) fn module(&self) -> Option<&Py> {
        match self {
            Self::Module(module) | Self::Plain { module: Some(module), .. } => Some(module),
            Self::Plain { module: None, .. } => None,
        }
    }
}

/// How an operation is written.
pub(super) fn form(site: &Site<'_>) -> Form {
    match site.op {
        // It is an argument of `forward`.
        Op::Input(_) | Op::Identity => Form::plain(Py::In(0), Py::Call("nn.Identity".to_owned(), Vec::new())),
        Op::Param(param) => layer::param(param),
        Op::Constant(constant) => layer::constant(constant),
        Op::Conv(conv) => layer::conv(site, conv),
        Op::ConvTranspose(conv) => layer::conv_transpose(site, conv),
        Op::Linear(linear) => layer::linear(site, linear),
        Op::BatchNorm(norm) => layer::batch_norm(site, norm),
        Op::GroupNorm(norm) => layer::group_norm(site, norm),
        Op::LayerNorm(norm) => layer::layer_norm(site, norm),
        Op::InstanceNorm(norm) => layer::instance_norm(site, norm),
        Op::Scale(scale) => layer::scale(site, scale),
        Op::Lrn(lrn) => layer::lrn(lrn),
        Op::MatMul => element::matmul(site),
        Op::Activation(activation) => element::activation(site, activation),
        Op::Softmax(softmax) => element::softmax(*softmax),
        Op::Elementwise(elementwise) => element::elementwise(site, *elementwise),
        Op::Scalar(scalar) => element::scalar(*scalar),
        Op::Unary(unary) => element::unary(*unary),
        Op::Pool(pool) => pooling::pool(site, pool),
        Op::GlobalPool(pool) => pooling::global(site, *pool),
        Op::AdaptivePool(pool) => pooling::adaptive(pool),
        Op::Pad(pad) => map::pad(pad),
        Op::Upsample(upsample) => map::upsample(site, upsample),
        Op::DepthToSpace(blocks) => map::shuffled("pixel_shuffle", "PixelShuffle", blocks.block),
        Op::SpaceToDepth(blocks) => map::shuffled("pixel_unshuffle", "PixelUnshuffle", blocks.block),
        Op::ChannelShuffle(shuffle) => map::channel_shuffle(site, shuffle.groups),
        Op::Concat(concat) => shape::concat(site, concat.axis),
        Op::Flatten => shape::flatten(),
        Op::Reshape(reshape) => shape::reshape(reshape.shape),
        Op::Transpose(transpose) => shape::transpose(&transpose.axes),
        Op::Slice(slice) => shape::slice(site, *slice),
        Op::Gather(gather) => shape::gather(gather),
        Op::Repeat(repeat) => shape::repeat(site, repeat),
        Op::Reduce(reduce) => shape::reduce(site, reduce),
        Op::Dropout(dropout) => element::dropout(dropout.p),
    }
}

/// The axis in a tensor with a batch.
fn batched(axis: usize) -> u64 {
    axis as u64 + 1
}
