//! Spatial resize: nearest, linear and cubic, each direction on its own.

use super::matrix::narrow;
use super::{grid, size, with_batch};
use crate::op::taps::Tap;
use crate::op::{Shape, Upsample, UpsampleMode};
use crate::tensor::Tensor;

/// Bytes that [`upsample`] takes beside its input and output: at most the taps of each row and column.
pub(super) fn upsample_bytes(op: Upsample, out: Shape) -> u64 {
    let taps: u64 = match op.mode {
        UpsampleMode::Nearest(_) => 1,
        UpsampleMode::Linear => 2,
        UpsampleMode::Cubic { .. } => 4,
    };
    let (height, width) = out.grid().unwrap_or((1, 1));
    (height + width).saturating_mul(24 + 16 * taps)
}

/// `[N, C, H, W]` to `[N, C, h, w]`, or lines without their rows.
pub(super) fn upsample(op: Upsample, x: &Tensor, out: Shape) -> Tensor {
    let [height, width] = grid(x);
    let (rows, columns) = out.grid().expect("a resize makes maps");
    let (rows, columns) = (op.taps(0, (height, size(rows))), op.taps(1, (width, size(columns))));
    let mut data = Vec::with_capacity(x.dims()[0] * x.dims()[1] * rows.len() * columns.len());
    for map in x.data().chunks_exact(height * width) {
        for row in &rows {
            data.extend(columns.iter().map(|column| {
                let along = |at: usize| mixed(column, |x| f64::from(map[at * width + x]));
                narrow(mixed(row, along))
            }));
        }
    }
    Tensor::new(with_batch(x.dims()[0], out), data)
}

/// The sum of what is taken, in order; one alone is taken as it is.
fn mixed(taps: &[Tap], value: impl Fn(usize) -> f64) -> f64 {
    match taps {
        [(at, _)] => value(*at),
        taps => taps.iter().map(|(at, weight)| value(*at) * weight).reduce(|sum, next| sum + next).unwrap_or(0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::ResizeTo;

    fn resized(factor: f64, op: impl Fn(ResizeTo) -> Upsample, row: Vec<f32>) -> Vec<f32> {
        let x = Tensor::new(vec![1, 1, 1, row.len()], row);
        let op = op(ResizeTo::Factor([1.0, factor]));
        let width = (x.dims()[3] as f64 * factor) as u64;
        upsample(op, &x, Shape::new(&[1, 1, width]).expect("a shape")).data().to_vec()
    }

    /// Both differ from PyTorch, and are told in `grammar/numerics.md`.
    #[test]
    fn what_has_no_weight_is_not_read_and_positions_are_exact() {
        let bilinear = |to| Upsample::bilinear(to, false);
        let beside = resized(2.0, bilinear, vec![1.0, f32::INFINITY, 3.0, 4.0]);
        assert_eq!(beside, [1.0, f32::INFINITY, f32::INFINITY, f32::INFINITY, f32::INFINITY, 3.25, 3.75, 4.0]);
        let nearest = resized(1.28125, Upsample::nearest, (0..57u8).map(f32::from).collect());
        assert_eq!(nearest[41].to_bits(), 32f32.to_bits());
    }
}
