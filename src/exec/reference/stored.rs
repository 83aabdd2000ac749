//! Learned tensors and constants: the same values for each image of the batch.

use super::{Owned, with_batch};
use crate::op::{Op, Shape};
use crate::tensor::Tensor;

/// The values of an operation without inputs, once for each image.
pub(super) fn repeated(op: &Op, weight: &Owned<'_>, batch: usize, out: Shape) -> Tensor {
    let given: Vec<f32>;
    let values = if let Op::Constant(constant) = op {
        given = constant.values.iter().map(|value| *value as f32).collect();
        given.as_slice()
    } else {
        weight.weight
    };
    Tensor::new(with_batch(batch, out), values.repeat(batch))
}
