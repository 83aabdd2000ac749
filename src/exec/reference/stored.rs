//! Learned tensors and constants: the same values for each image of the batch.

use super::{Owned, with_batch};
use crate::op::{Op, Shape};
use crate::tensor::Tensor;

/// The values of an operation without inputs, once for each image.
pub(super) fn repeated(op: &Op, weight: &Owned<'_>, batch: usize, out: Shape) -> Tensor {
    let dims = with_batch(batch, out);
    let Op::Constant(constant) = op else { return Tensor::new(dims, weight.weight.repeat(batch)) };
    let mut data = Vec::with_capacity(constant.values.len() * batch);
    (0..batch).for_each(|_| data.extend(constant.values.iter().map(|value| *value as f32)));
    Tensor::new(dims, data)
}
