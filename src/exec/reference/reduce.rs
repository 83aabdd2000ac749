//! One number from all elements along some axes, in f64 and rounded once.

use super::matrix::narrow;
use super::view::{row_major, walk};
use super::with_batch;
use crate::op::{Reduce, Reduction, Shape};
use crate::tensor::Tensor;

/// Over axes of the batchless shape.
pub(super) fn reduce(op: &Reduce, x: &Tensor, out: Shape) -> Tensor {
    let own = row_major(x.dims());
    let is_reduced = |axis: usize| axis > 0 && op.axes.contains(&(axis - 1));
    let (mut kept, mut reduced) = (Vec::new(), Vec::new());
    for (axis, step) in own.iter().enumerate() {
        if is_reduced(axis) { reduced.push(*step) } else { kept.push(*step) }
    }
    let count: usize = reduced.iter().map(|step| step.count).product();
    let (first, step) = steps(op.kind);
    let mut data = Vec::with_capacity(x.data().len() / count);
    walk(0, &kept, |start| {
        let mut sum = first;
        walk(start, &reduced, |offset| sum = step(sum, f64::from(x.data()[offset])));
        data.push(narrow(finished(op.kind, sum, count)));
    });
    Tensor::new(with_batch(x.dims()[0], out), data)
}

/// What it begins with, and what it does with each element.
fn steps(kind: Reduction) -> (f64, fn(f64, f64) -> f64) {
    match kind {
        Reduction::Sum | Reduction::Mean => (0.0, |sum, x| sum + x),
        Reduction::Amax => (f64::NEG_INFINITY, |most, x| if x > most || x.is_nan() { x } else { most }),
        Reduction::Amin => (f64::INFINITY, |least, x| if x < least || x.is_nan() { x } else { least }),
        Reduction::Prod => (1.0, |product, x| product * x),
        Reduction::L1 => (0.0, |sum, x| sum + x.abs()),
        Reduction::L2 => (0.0, |sum, x| sum + x * x),
    }
}

/// What it does at the end.
fn finished(kind: Reduction, sum: f64, count: usize) -> f64 {
    match kind {
        Reduction::Mean => sum / count as f64,
        Reduction::L2 => sum.sqrt(),
        Reduction::Sum | Reduction::Amax | Reduction::Amin | Reduction::Prod | Reduction::L1 => sum,
    }
}
