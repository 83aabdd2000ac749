//! Products of two tensors over their last two axes.

use super::matrix::{LANES, Panels, Target, multiply, panel_elements};
use super::merge::broadcast;
use super::view::walk;
use super::{Tally, with_batch};
use crate::op::Shape;
use crate::tensor::Tensor;

/// Bytes that [`matmul`] takes beside its inputs and output: the columns of one matrix of the right tensor.
pub(super) fn matmul_bytes(right: Shape) -> u64 {
    let rank = right.rank();
    panel_elements(right.dim(rank - 2), right.dim(rank - 1)).saturating_mul(8)
}

/// `[N, …, M, K]` times `[N, …, K, C]`, and what was done.
pub(super) fn matmul([left, right]: [&Tensor; 2], out: Shape, threads: usize) -> (Tensor, Tally) {
    let dims = with_batch(left.dims()[0], out);
    let (leading, matrix) = dims.split_at(dims.len() - 2);
    let inner = left.dims()[left.dims().len() - 1];
    let (rows, columns) = (matrix[0] * inner, inner * matrix[1]);
    let mut data = vec![0.0; dims.iter().product()];
    let mut done = Tally::default();
    let pairs = starts(left.dims(), leading).into_iter().zip(starts(right.dims(), leading));
    for ((a, b), to) in pairs.zip(data.chunks_exact_mut(matrix[0] * matrix[1])) {
        let b = &right.data()[b..b + columns];
        let panels = Panels::pack(inner, matrix[1], threads, |first, panel| {
            let lanes = LANES.min(matrix[1] - first);
            for (slot, row) in panel.iter_mut().zip(b.chunks_exact(matrix[1])) {
                slot.iter_mut().zip(&row[first..first + lanes]).for_each(|(slot, x)| *slot = f64::from(*x));
            }
        });
        let target = Target { stride: matrix[1], offset: 0 };
        let product = multiply(&left.data()[a..a + rows], &panels, None, to, target, threads);
        done = done.then(product.holding(panels.data()));
    }
    (Tensor::new(dims, data), done)
}

/// Where the matrix of each place along the leading axes begins.
fn starts(own: &[usize], leading: &[usize]) -> Vec<usize> {
    let (before, matrix) = own.split_at(own.len() - 2);
    let length = matrix[0] * matrix[1];
    let mut starts = Vec::with_capacity(leading.iter().product());
    walk(0, &broadcast(before, leading), |place| starts.push(place * length));
    starts
}
