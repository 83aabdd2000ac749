//! What each operation means: arguments, arity, output shape, weights and work.
//!
//! [`Op`] is closed: matches on it have no wildcard arm, so the compiler lists every place that a new operation must be
//! handled. In this room there are four: from a variant to its payload, which answers for it, to its [`Class`], by which
//! neighbours know it, to its [`Attributes`], by which tables show it, and to what it keeps for the backward pass. This module
//! sees no graph, no spans and no execution; every operation has exactly one output.

pub mod activation;
pub mod adaptive_pool;
pub mod args;
pub mod attributes;
mod axes;
pub mod backward;
pub mod class;
pub mod conv;
pub mod conv_transpose;
pub mod dense;
pub mod error;
pub mod form;
pub mod form_cost;
pub mod gather;
pub mod geometry;
mod key;
pub mod layer_norm;
pub mod matmul;
pub mod merge;
pub mod norm;
pub mod pad;
pub mod param_kind;
mod pass;
mod payload;
pub mod pool;
pub mod reduce;
pub mod repeat;
pub mod resample;
pub mod reshape;
pub mod resize;
pub mod scale;
pub mod shape;
pub mod slice;
pub mod source;
pub mod space;
pub mod table;
pub mod taps;
pub mod unary;
pub mod weight;
pub mod work;

#[cfg(test)]
mod tests;

pub use activation::{Activation, Softmax};
pub use adaptive_pool::AdaptivePool;
pub use attributes::{Attributes, ConvKind};
pub use class::{Class, Dense, Statistics};
pub use conv::{Conv, Padding};
pub use conv_transpose::ConvTranspose;
pub use dense::Linear;
pub use error::ShapeError;
pub use gather::Gather;
pub use key::Key;
pub use layer_norm::LayerNorm;
pub use merge::{Concat, Elementwise, Merge, Scalar, ScalarOp};
pub use norm::{BatchNorm, GroupNorm, InstanceNorm, Lrn};
pub use pad::{Pad, PadMode};
pub use pass::Dropout;
pub use pool::{GlobalPool, Pool, PoolKind};
pub use reduce::{Reduce, Reduction};
pub use repeat::Repeat;
pub use resample::{AxisScale, Coordinates, Rounding};
pub use reshape::{Reshape, Transpose};
pub use resize::{ResizeTo, Upsample, UpsampleMode};
pub use scale::Scale;
pub use shape::Shape;
pub use slice::Slice;
pub use source::{Constant, Param};
pub use space::{ChannelShuffle, DepthToSpace, SpaceToDepth};
pub use table::OpInfo;
pub use unary::Unary;
pub use weight::{Dims, Init, WeightSpec};
pub use work::{Window, Work};

use payload::Payload;
use table::Output;

/// One operation with its attributes resolved to numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// A network input of this shape.
    Input(Shape),
    /// A learned tensor.
    Param(Param),
    /// A tensor of given numbers.
    Constant(Constant),
    /// Convolution; grouped and depthwise included.
    Conv(Conv),
    /// Transposed convolution.
    ConvTranspose(ConvTranspose),
    /// Fully connected over the last axis.
    Linear(Linear),
    /// Matrix product of two tensors.
    MatMul,
    /// Batch normalisation over axis 0.
    BatchNorm(BatchNorm),
    /// Group normalisation.
    GroupNorm(GroupNorm),
    /// Layer normalisation: over axis 0, for each position on its own, or over other axes.
    LayerNorm(LayerNorm),
    /// Instance normalisation.
    InstanceNorm(InstanceNorm),
    /// Local response normalisation across channels.
    Lrn(Lrn),
    /// Learnable factor (and shift) per channel.
    Scale(Scale),
    /// Element-wise non-linearity.
    Activation(Activation),
    /// Softmax along an axis.
    Softmax(Softmax),
    /// Max or average pooling with a window.
    Pool(Pool),
    /// Pooling over the whole map, `[C, H, W]` to `[C, 1, 1]`.
    GlobalPool(GlobalPool),
    /// Average or max pooling to a given size.
    AdaptivePool(AdaptivePool),
    /// Joins tensors along an axis.
    Concat(Concat),
    /// Element-wise arithmetic of tensors, with broadcasting.
    Elementwise(Elementwise),
    /// Element-wise arithmetic with a constant.
    Scalar(Scalar),
    /// A function of each element.
    Unary(Unary),
    /// All dimensions into one.
    Flatten,
    /// Other dimensions of the same product.
    Reshape(Reshape),
    /// Axes in another order.
    Transpose(Transpose),
    /// Part of an axis.
    Slice(Slice),
    /// Spatial padding.
    Pad(Pad),
    /// Spatial resize.
    Upsample(Upsample),
    /// Channel blocks to space.
    DepthToSpace(DepthToSpace),
    /// Space blocks to channels.
    SpaceToDepth(SpaceToDepth),
    /// Interleaves channel groups.
    ChannelShuffle(ChannelShuffle),
    /// One number from all elements along axes.
    Reduce(Reduce),
    /// Elements of an axis by their indices.
    Gather(Gather),
    /// The same elements again and again.
    Repeat(Repeat),
    /// Dropout: the identity when a network is run.
    Dropout(Dropout),
    /// Passes its input on.
    Identity,
}

impl Op {
    /// What the variant holds, which answers for it: the one place that maps variants to behaviour.
    fn payload(&self) -> &dyn Payload {
        match self {
            Self::Input(shape) => shape,
            Self::Param(param) => param,
            Self::Constant(constant) => constant,
            Self::Conv(conv) => conv,
            Self::ConvTranspose(conv) => conv,
            Self::Linear(linear) => linear,
            Self::MatMul => &matmul::MatMul,
            Self::BatchNorm(norm) => norm,
            Self::GroupNorm(norm) => norm,
            Self::LayerNorm(norm) => norm,
            Self::InstanceNorm(norm) => norm,
            Self::Lrn(lrn) => lrn,
            Self::Scale(scale) => scale,
            Self::Activation(activation) => activation,
            Self::Softmax(softmax) => softmax,
            Self::Pool(pool) => pool,
            Self::GlobalPool(pool) => pool,
            Self::AdaptivePool(pool) => pool,
            Self::Concat(concat) => concat,
            Self::Elementwise(elementwise) => elementwise,
            Self::Scalar(scalar) => scalar,
            Self::Unary(unary) => unary,
            Self::Flatten => &reshape::Flatten,
            Self::Reshape(reshape) => reshape,
            Self::Transpose(transpose) => transpose,
            Self::Slice(slice) => slice,
            Self::Pad(pad) => pad,
            Self::Upsample(upsample) => upsample,
            Self::DepthToSpace(blocks) => blocks,
            Self::SpaceToDepth(blocks) => blocks,
            Self::ChannelShuffle(shuffle) => shuffle,
            Self::Reduce(reduce) => reduce,
            Self::Gather(gather) => gather,
            Self::Repeat(repeat) => repeat,
            Self::Dropout(dropout) => dropout,
            Self::Identity => &pass::Identity,
        }
    }

    /// Its row: what is known of it whatever its attributes.
    #[must_use]
    pub fn info(&self) -> &'static OpInfo {
        self.payload().info()
    }

    /// The word of the language that makes this operation: `conv`, `dwconv`, `relu`, `add`, `slice`; `input` for inputs, `scalar` for arithmetic with a constant.
    #[must_use]
    pub fn keyword(&self) -> &'static str {
        self.info().keyword
    }

    /// The least and the most inputs (`None`: any number).
    #[must_use]
    pub fn arity(&self) -> (usize, Option<usize>) {
        self.info().inputs
    }

    /// Whether it only renames its input: it moves no bytes, and its output can share its input's memory.
    #[must_use]
    pub fn is_view(&self) -> bool {
        self.info().output == Output::View
    }

    /// Whether its output is kept with the network instead of computed: it reads no tensor and writes no activation.
    #[must_use]
    pub fn is_stored(&self) -> bool {
        self.info().output == Output::Stored
    }

    /// The output's shape for the given input shapes (their number may be wrong: that is [`ShapeError::Arity`]).
    ///
    /// # Errors
    /// The reason why these inputs do not fit.
    pub fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let payload = self.payload();
        let (min, max) = payload.info().inputs;
        let got = inputs.len();
        if got < min || max.is_some_and(|max| got > max) {
            return Err(ShapeError::Arity { min, max, got });
        }
        payload.infer(inputs)
    }

    /// The tensors that this operation learns or keeps, in PyTorch's order and layout; inputs as accepted by [`Self::infer`].
    #[must_use]
    pub fn weights(&self, inputs: &[Shape]) -> Vec<WeightSpec> {
        if inputs.len() < self.arity().0 { Vec::new() } else { self.payload().weights(inputs) }
    }

    /// The names of [`Self::weights`], which do not depend on inputs: `["weight", "bias"]`.
    #[must_use]
    pub fn roles(&self) -> &'static [&'static str] {
        self.payload().roles()
    }

    /// Exact operation counts for one image; inputs as accepted by [`Self::infer`].
    ///
    /// # Errors
    /// [`ShapeError::Overflow`] where a count exceeds 64 bits.
    pub fn work(&self, inputs: &[Shape], output: Shape) -> Result<Work, ShapeError> {
        if inputs.len() < self.arity().0 { Ok(Work::NONE) } else { self.payload().work(inputs, output) }
    }

    /// The spatial window that an output pixel sees; `None` where every output sees the whole map or the map is not spatial.
    #[must_use]
    pub fn window(&self, inputs: &[Shape]) -> Window {
        inputs.iter().find(|i| i.grid().is_some()).map_or(Window::Whole, |map| self.payload().window(*map))
    }
}
