//! The tensors that an operation owns.

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

/// One tensor of an operation.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightSpec {
    /// `weight`, `bias`, `running_mean` or `running_var`.
    pub name: &'static str,
    /// Dimensions in PyTorch's layout (conv `[out, in/groups, kh, kw]`, linear `[out, in]`).
    pub dims: Vec<u64>,
    /// Whether training learns it; otherwise it is a buffer.
    pub learned: bool,
    /// How `init` fills it.
    pub init: Init,
}

impl WeightSpec {
    /// How many scalars, or `None` beyond 64 bits.
    #[must_use]
    pub fn elements(&self) -> Option<u64> {
        self.dims.iter().try_fold(1u64, |product, d| product.checked_mul(*d))
    }
}
