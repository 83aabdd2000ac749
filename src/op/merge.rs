//! Operations that join tensors, and arithmetic with constants.

/// Joins tensors along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Concat {
    /// Axis of the batchless shape.
    pub axis: usize,
}

/// What an element-wise operation computes; more than two inputs are folded from the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Merge {
    /// Sum.
    Add,
    /// Product.
    Mul,
    /// Difference.
    Sub,
    /// Maximum.
    Max,
}

/// Element-wise arithmetic of two or more tensors with broadcasting (aligned at the last axis, as in NumPy).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Elementwise {
    /// The operation.
    pub merge: Merge,
}

/// Which arithmetic a [`Scalar`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScalarOp {
    /// `x + value`.
    Add,
    /// `x - value`.
    Sub,
    /// `value - x`.
    RevSub,
    /// `x * value`.
    Mul,
    /// `x / value`.
    Div,
    /// `max(x, value)`.
    Max,
}

/// Element-wise arithmetic with a constant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scalar {
    /// The arithmetic.
    pub op: ScalarOp,
    /// The constant.
    pub value: f64,
}
