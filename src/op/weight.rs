//! The tensors that an operation owns.

use std::ops::Deref;

use super::{Activation, Op};

/// How a weight is initialised when a network has none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Init {
    /// Normal with variance `2 / fan_in` (He et al., 2015, equation 10).
    HeNormal {
        /// Inputs of one output element.
        fan_in: u64,
    },
    /// Uniform in `±1 / sqrt(fan_in)`, as PyTorch initialises biases.
    Uniform {
        /// Inputs of one output element.
        fan_in: u64,
    },
    /// Near one: uniform in `0.5..1.5`; scales of normalisations.
    AroundOne,
    /// Near zero: normal with deviation 0.1; shifts and running means.
    AroundZero,
    /// Positive: uniform in `0.5..1.5`; running variances.
    Variance,
    /// A constant.
    Constant(f64),
}

/// Up to four dimensions in place; reads as a slice.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Dims {
    rank: u8,
    dims: [u64; 4],
}

impl Dims {
    /// A vector of `n`.
    #[must_use]
    pub const fn vector(n: u64) -> Self {
        Self { rank: 1, dims: [n, 1, 1, 1] }
    }

    /// A matrix.
    #[must_use]
    pub const fn matrix(rows: u64, columns: u64) -> Self {
        Self { rank: 2, dims: [rows, columns, 1, 1] }
    }

    /// Kernels of a convolution.
    #[must_use]
    pub const fn kernels(dims: [u64; 4]) -> Self {
        Self { rank: 4, dims }
    }
}

impl Deref for Dims {
    type Target = [u64];

    fn deref(&self) -> &[u64] {
        &self.dims[..usize::from(self.rank)]
    }
}

impl std::fmt::Debug for Dims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// One tensor of an operation.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightSpec {
    /// `weight`, `bias`, `running_mean` or `running_var`.
    pub name: &'static str,
    /// Dimensions in PyTorch's layout (conv `[out, in/groups, kh, kw]`, linear `[out, in]`).
    pub dims: Dims,
    /// Whether training learns it; otherwise it is a buffer.
    pub learned: bool,
    /// How `init` fills it.
    pub init: Init,
}

impl WeightSpec {
    /// A learned tensor.
    pub(super) const fn learned(name: &'static str, dims: Dims, init: Init) -> Self {
        Self { name, dims, learned: true, init }
    }

    /// A tensor that inference needs and training does not learn.
    pub(super) const fn buffer(name: &'static str, dims: Dims, init: Init) -> Self {
        Self { name, dims, learned: false, init }
    }

    /// How many scalars, or `None` beyond 64 bits.
    #[must_use]
    pub fn elements(&self) -> Option<u64> {
        self.dims.iter().try_fold(1u64, |product, d| product.checked_mul(*d))
    }
}

const NONE: &[&str] = &[];
const WEIGHT: &[&str] = &["weight"];
const AFFINE: &[&str] = &["weight", "bias"];
const STATISTICS: &[&str] = &["running_mean", "running_var"];
const NORM: &[&str] = &["weight", "bias", "running_mean", "running_var"];

/// The names of an operation's tensors, in order.
pub(super) fn roles(op: &Op) -> &'static [&'static str] {
    let with_bias = |bias: bool| if bias { AFFINE } else { WEIGHT };
    let if_affine = |affine: bool| if affine { AFFINE } else { NONE };
    match op {
        Op::Conv(conv) => with_bias(conv.bias),
        Op::ConvTranspose(conv) => with_bias(conv.bias),
        Op::Linear(linear) => with_bias(linear.bias),
        Op::Scale(scale) => with_bias(scale.bias),
        Op::BatchNorm(norm) => {
            if norm.affine {
                NORM
            } else {
                STATISTICS
            }
        }
        Op::GroupNorm(norm) => if_affine(norm.affine),
        Op::LayerNorm(norm) => if_affine(norm.affine),
        Op::InstanceNorm(norm) => if_affine(norm.affine),
        Op::Activation(Activation::Prelu { .. }) => WEIGHT,
        Op::Activation(_)
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
        | Op::Identity => NONE,
    }
}
