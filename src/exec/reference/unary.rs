//! Functions of each element, computed in f64. A NaN stays a NaN but for its sign, which is zero.

use super::activation::map;
use crate::op::Unary;
use crate::tensor::Tensor;

/// A function of each element.
pub(super) fn unary(op: Unary, x: &Tensor) -> Tensor {
    match op {
        Unary::Sqrt => map(x, f64::sqrt),
        Unary::Exp => map(x, libm::exp),
        Unary::Log => map(x, libm::log),
        Unary::Erf => map(x, libm::erf),
        Unary::Sin => map(x, libm::sin),
        Unary::Cos => map(x, libm::cos),
        Unary::Abs => map(x, f64::abs),
        Unary::Neg => map(x, |x| -x),
        Unary::Sign => map(x, sign),
        Unary::Floor => map(x, f64::floor),
        Unary::Ceil => map(x, f64::ceil),
        Unary::Round => map(x, f64::round_ties_even),
        Unary::Reciprocal => map(x, |x| 1.0 / x),
        Unary::Clamp { min, max } => map(x, |x| clamp(x, min, max)),
    }
}

fn sign(x: f64) -> f64 {
    f64::from(i8::from(x > 0.0) - i8::from(x < 0.0))
}

/// The upper bound wins where the bounds are the wrong way round.
fn clamp(x: f64, min: Option<f64>, max: Option<f64>) -> f64 {
    let raised = min.filter(|min| x < *min).unwrap_or(x);
    max.filter(|max| raised > *max).unwrap_or(raised)
}
