//! Element-wise non-linearities and softmax, computed in f64. A NaN stays a NaN.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use super::matrix::narrow;
use super::{Owned, norm};
use crate::op::{Activation, Softmax};
use crate::tensor::Tensor;

/// Every element through `f`.
pub(super) fn map(x: &Tensor, f: impl Fn(f64) -> f64) -> Tensor {
    Tensor::new(x.dims().to_vec(), x.data().iter().map(|x| narrow(f(f64::from(*x)))).collect())
}

/// An element-wise non-linearity.
pub(super) fn activation(op: Activation, x: &Tensor, weight: &Owned<'_>) -> Tensor {
    match op {
        Activation::Relu => map(x, relu),
        Activation::Relu6 => map(x, relu6),
        Activation::LeakyRelu { slope } => map(x, |x| leaky(x, slope)),
        Activation::Prelu { shared: true } => map(x, |x| leaky(x, f64::from(weight.weight[0]))),
        Activation::Prelu { shared: false } => prelu(x, weight.weight),
        Activation::Elu { alpha } => map(x, |x| if x > 0.0 { x } else { alpha * libm::expm1(x) }),
        Activation::Sigmoid => map(x, sigmoid),
        Activation::HardSigmoid { .. } if op == Activation::HARD_SIGMOID => map(x, hard_sigmoid),
        Activation::HardSigmoid { alpha, beta } => map(x, |x| (alpha * x + beta).clamp(0.0, 1.0)),
        Activation::Silu => map(x, |x| x * sigmoid(x)),
        Activation::HardSwish => map(x, |x| x * hard_sigmoid(x)),
        Activation::Gelu => map(x, |x| 0.5 * x * libm::erfc(-x * FRAC_1_SQRT_2)),
        Activation::Tanh => map(x, libm::tanh),
        Activation::Softplus { beta, threshold } => map(x, |x| if beta * x > threshold { x } else { softplus(beta * x) / beta }),
        Activation::Softsign => map(x, |x| x / (1.0 + x.abs())),
        Activation::Selu => map(x, |x| if x > 0.0 { SELU_FACTOR * x } else { SELU_FACTOR * SELU_ALPHA * libm::expm1(x) }),
        Activation::Celu { alpha } => map(x, |x| if x > 0.0 { x } else { alpha * libm::expm1(x / alpha) }),
        Activation::ThresholdedRelu { alpha } => map(x, |x| if x <= alpha { 0.0 } else { x }),
        Activation::GeluTanh => map(x, gelu_tanh),
        Activation::Mish => map(x, |x| x * libm::tanh(softplus(x))),
    }
}

/// Klambauer et al., "Self-Normalizing Neural Networks", 2017, equation 14.
const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;
const SELU_FACTOR: f64 = 1.050_700_987_355_480_5;

/// `0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x³)))`.
fn gelu_tanh(x: f64) -> f64 {
    let inner = FRAC_2_SQRT_PI * FRAC_1_SQRT_2 * (x + 0.044_715 * x * x * x);
    0.5 * x * (1.0 + libm::tanh(inner))
}

fn relu(x: f64) -> f64 {
    if x < 0.0 { 0.0 } else { x }
}

fn relu6(x: f64) -> f64 {
    x.clamp(0.0, 6.0)
}

fn leaky(x: f64, slope: f64) -> f64 {
    if x < 0.0 { x * slope } else { x }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

fn hard_sigmoid(x: f64) -> f64 {
    relu6(x + 3.0) / 6.0
}

/// `ln(1 + exp(x))` without overflow.
fn softplus(x: f64) -> f64 {
    relu(x) + libm::log1p(libm::exp(-x.abs()))
}

fn prelu(x: &Tensor, slopes: &[f32]) -> Tensor {
    let plane = norm::plane(x);
    let mut data = Vec::with_capacity(x.data().len());
    for (map, slope) in x.data().chunks_exact(plane).zip(slopes.iter().cycle()) {
        data.extend(map.iter().map(|x| narrow(leaky(f64::from(*x), f64::from(*slope)))));
    }
    Tensor::new(x.dims().to_vec(), data)
}

/// `exp(x - max) / sum`, or its logarithm, along an axis of the batchless shape.
pub(super) fn softmax(op: Softmax, x: &Tensor) -> Tensor {
    let length = x.dims()[op.axis + 1];
    let inner: usize = x.dims()[op.axis + 2..].iter().product();
    let mut y = Tensor::zeros(x.dims().to_vec());
    for (x, y) in x.data().chunks_exact(length * inner).zip(y.data_mut().chunks_exact_mut(length * inner)) {
        for position in 0..inner {
            let line = x[position..].iter().step_by(inner).map(|x| f64::from(*x));
            let largest = line.clone().fold(f64::NEG_INFINITY, f64::max);
            let exps: Vec<f64> = line.clone().map(|x| libm::exp(x - largest)).collect();
            let sum: f64 = exps.iter().sum();
            let lane = y[position..].iter_mut().step_by(inner);
            if op.log {
                let log = libm::log(sum);
                lane.zip(line).for_each(|(y, x)| *y = narrow(x - largest - log));
            } else {
                lane.zip(&exps).for_each(|(y, e)| *y = narrow(e / sum));
            }
        }
    }
    y
}
