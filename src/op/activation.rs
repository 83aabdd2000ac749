//! Element-wise non-linearities and softmax.

/// An element-wise non-linearity, as PyTorch defines it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// `max(x, 0)`.
    Relu,
    /// `min(max(x, 0), 6)`.
    Relu6,
    /// `x` or `slope * x`.
    LeakyRelu {
        /// Slope below zero.
        slope: f64,
    },
    /// Learned slope below zero, one for all channels where `shared`, else one each.
    Prelu {
        /// One slope for all channels.
        shared: bool,
    },
    /// `x` or `alpha * (exp(x) - 1)`.
    Elu {
        /// Limit at minus infinity, negated.
        alpha: f64,
    },
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `relu6(x + 3) / 6`.
    HardSigmoid,
    /// `x * sigmoid(x)`.
    Silu,
    /// `x * hard_sigmoid(x)`.
    HardSwish,
    /// `x * Phi(x)`, exact (erf).
    Gelu,
    /// Hyperbolic tangent.
    Tanh,
    /// `ln(1 + exp(x))`.
    Softplus,
    /// `x * tanh(softplus(x))`.
    Mish,
}

/// Softmax along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Softmax {
    /// Axis of the batchless shape.
    pub axis: usize,
}
