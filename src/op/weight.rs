//! The tensors that an operation owns.

use std::ops::Deref;

use super::shape::{MAX_RANK, Shape};

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

/// As many dimensions as a tensor may have, in place; reads as a slice.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Dims {
    rank: u8,
    dims: [u64; MAX_RANK],
}

impl Dims {
    /// The dimensions of a shape.
    #[must_use]
    pub fn of(shape: Shape) -> Self {
        let mut dims = [1; MAX_RANK];
        dims.iter_mut().zip(shape.dims()).for_each(|(to, dim)| *to = u64::from(*dim));
        Self { rank: shape.rank() as u8, dims }
    }

    /// A vector of `n`.
    #[must_use]
    pub const fn vector(n: u64) -> Self {
        Self { rank: 1, dims: [n, 1, 1, 1, 1, 1] }
    }

    /// A matrix.
    #[must_use]
    pub const fn matrix(rows: u64, columns: u64) -> Self {
        Self { rank: 2, dims: [rows, columns, 1, 1, 1, 1] }
    }

    /// Kernels of a convolution of lines.
    #[must_use]
    pub const fn line_kernels([out, input, taps]: [u64; 3]) -> Self {
        Self { rank: 3, dims: [out, input, taps, 1, 1, 1] }
    }

    /// Kernels of a convolution.
    #[must_use]
    pub const fn kernels([out, inputs, height, width]: [u64; 4]) -> Self {
        Self { rank: 4, dims: [out, inputs, height, width, 1, 1] }
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
    /// Dimensions in PyTorch's layout (conv `[out, in/groups, kh, kw]`, of lines `[out, in/groups, k]`, linear `[out, in]`).
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

/// Tensors of layers with or without a bias.
pub(super) const fn with_bias(bias: bool) -> &'static [&'static str] {
    if bias { &["weight", "bias"] } else { &["weight"] }
}

/// Tensors of normalisations with or without a learned factor and shift.
pub(super) const fn if_affine(affine: bool) -> &'static [&'static str] {
    if affine { &["weight", "bias"] } else { &[] }
}
