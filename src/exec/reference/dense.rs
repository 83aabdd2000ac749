//! Fully connected layers over the last axis.

use super::matrix::{LANES, Panels, Target, multiply, panel_elements};
use super::{Owned, Tally, size, with_batch};
use crate::op::{Linear, Shape};
use crate::tensor::Tensor;

/// Bytes that [`linear`] takes beside its input and output.
pub(super) fn linear_bytes(op: &Linear, input: Shape, batch: u64) -> u64 {
    let features = input.dim(input.rank() - 1);
    let rows = (input.elements().unwrap_or(u64::MAX) / features).saturating_mul(batch);
    panel_elements(features, rows).saturating_mul(8).saturating_add(rows.saturating_mul(op.out).saturating_mul(4))
}

/// `[N, …, F]` to `[N, …, out]`, and what was done.
pub(super) fn linear(op: &Linear, x: &Tensor, weight: &Owned<'_>, out: Shape, threads: usize) -> (Tensor, Tally) {
    let features = x.dims()[x.dims().len() - 1];
    let (rows, outs) = (x.data().len() / features, size(op.out));
    let panels = Panels::pack(features, rows, threads, |first, panel| {
        for (lane, row) in x.data()[first * features..].chunks_exact(features).take(LANES).enumerate() {
            panel.iter_mut().zip(row).for_each(|(slot, x)| slot[lane] = f64::from(*x));
        }
    });
    // Output features are the rows of the product, since their weights are rows; the result is turned afterwards.
    let mut turned = vec![0.0; outs * rows];
    let done = multiply(weight.weight, &panels, weight.bias, &mut turned, Target { stride: rows, offset: 0 }, threads);
    let mut data = Vec::with_capacity(turned.len());
    (0..rows).for_each(|row| data.extend(turned[row..].iter().step_by(rows)));
    (Tensor::new(with_batch(x.dims()[0], out), data), done.holding(panels.data()).holding(&turned))
}
