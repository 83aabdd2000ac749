//! Joining, element-wise arithmetic with broadcasting, and arithmetic with constants.

use super::activation::map;
use super::matrix::narrow;
use super::view::{Step, gather, row_major, walk};
use super::with_batch;
use crate::op::{Concat, Elementwise, Merge, Scalar, ScalarOp, Shape};
use crate::tensor::Tensor;

/// Joins along an axis of the batchless shape.
pub(super) fn concat(op: Concat, inputs: &[&Tensor], out: Shape) -> Tensor {
    let dims = with_batch(inputs[0].dims()[0], out);
    let outer: usize = dims[..=op.axis].iter().product();
    let mut data = Vec::with_capacity(dims.iter().product());
    for i in 0..outer {
        for input in inputs {
            let run = input.data().len() / outer;
            data.extend_from_slice(&input.data()[i * run..(i + 1) * run]);
        }
    }
    Tensor::new(dims, data)
}

/// Folds the inputs from the left, each broadcast to the output's shape within its image.
pub(super) fn elementwise(op: Elementwise, inputs: &[&Tensor], out: Shape) -> Tensor {
    let dims = with_batch(inputs[0].dims()[0], out);
    let mut result = gather(inputs[0].data(), 0, &broadcast(inputs[0].dims(), &dims));
    for input in &inputs[1..] {
        let axes = broadcast(input.dims(), &dims);
        match op.merge {
            Merge::Add => fold(&mut result, input.data(), &axes, |x, y| x + y),
            Merge::Mul => fold(&mut result, input.data(), &axes, |x, y| x * y),
            Merge::Sub => fold(&mut result, input.data(), &axes, |x, y| x - y),
            Merge::Div => fold(&mut result, input.data(), &axes, |x, y| x / y),
            Merge::Pow => fold(&mut result, input.data(), &axes, |x, y| narrow(libm::pow(f64::from(x), f64::from(y)))),
            Merge::Max => fold(&mut result, input.data(), &axes, larger),
            Merge::Min => fold(&mut result, input.data(), &axes, smaller),
        }
    }
    Tensor::new(dims, result)
}

fn fold(left: &mut [f32], right: &[f32], axes: &[Step], f: impl Fn(f32, f32) -> f32) {
    let mut left = left.iter_mut();
    walk(0, axes, |offset| {
        let x = left.next().expect("the walk visits the output's elements");
        *x = f(*x, right[offset]);
    });
}

/// The larger of two; a NaN wins, as in PyTorch and NumPy.
fn larger(x: f32, y: f32) -> f32 {
    if x > y || x.is_nan() { x } else { y }
}

/// The smaller of two; a NaN wins here too.
fn smaller(x: f32, y: f32) -> f32 {
    if x < y || x.is_nan() { x } else { y }
}

/// A walk over `own` that repeats it to `dims`: batches are kept, other axes are aligned at the last one.
pub(super) fn broadcast(own: &[usize], dims: &[usize]) -> Vec<Step> {
    let steps = row_major(own);
    let missing = dims.len() - own.len();
    let axis_step = |(axis, count): (usize, &usize)| {
        let source = if axis == 0 { Some(0) } else { axis.checked_sub(missing).filter(|a| *a > 0 && own[*a] > 1) };
        Step { count: *count, stride: source.map_or(0, |a| steps[a].stride) }
    };
    dims.iter().enumerate().map(axis_step).collect()
}

/// Arithmetic with a constant, in f64.
pub(super) fn scalar(op: Scalar, x: &Tensor) -> Tensor {
    let value = op.value;
    match op.op {
        ScalarOp::Add => map(x, |x| x + value),
        ScalarOp::Sub => map(x, |x| x - value),
        ScalarOp::RevSub => map(x, |x| value - x),
        ScalarOp::Mul => map(x, |x| x * value),
        ScalarOp::Div => map(x, |x| x / value),
        ScalarOp::RevDiv => map(x, |x| value / x),
        ScalarOp::Pow => map(x, |x| power(x, value)),
        ScalarOp::RevPow => map(x, |x| libm::pow(value, x)),
        ScalarOp::Max => map(x, |x| if x > value || x.is_nan() { x } else { value }),
        ScalarOp::Min => map(x, |x| if x < value || x.is_nan() { x } else { value }),
    }
}

/// `x` to the power of a constant: the square root for a half and its reciprocal for minus a half, as in PyTorch, which differ
/// from a power at minus infinity and minus zero.
#[expect(clippy::float_cmp, reason = "only these exponents are roots")]
fn power(x: f64, exponent: f64) -> f64 {
    if exponent == 0.5 {
        x.sqrt()
    } else if exponent == -0.5 {
        1.0 / x.sqrt()
    } else {
        libm::pow(x, exponent)
    }
}
