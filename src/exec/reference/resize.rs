//! Spatial resize: nearest and bilinear.

use super::matrix::narrow;
use super::{size, with_batch};
use crate::op::{Shape, Upsample};
use crate::tensor::Tensor;

/// The two input positions that an output position lies between, and the weight of the second.
#[derive(Clone, Copy)]
struct Blend {
    low: usize,
    high: usize,
    weight: f64,
}

/// Every output position along height (0) or width (1); positions beyond the border are the border's.
fn blends(op: Upsample, axis: usize, (input, output): (usize, usize)) -> Vec<Blend> {
    let scale = op.axis(axis, input as u64);
    let last = input - 1;
    let blend = |index: usize| {
        let (low, weight) = scale.position(index as i64);
        // Before the first pixel there is nothing to mix it with.
        let (low, weight) = usize::try_from(low).map_or((0, 0.0), |low| (low, weight));
        Blend { low: low.min(last), high: (low + 1).min(last), weight }
    };
    (0..output).map(blend).collect()
}

/// `[N, C, H, W]` to `[N, C, h, w]`.
pub(super) fn upsample(op: Upsample, x: &Tensor, out: Shape) -> Tensor {
    let (height, width) = (x.dims()[2], x.dims()[3]);
    let (rows, columns) = (blends(op, 0, (height, size(out.dim(1)))), blends(op, 1, (width, size(out.dim(2)))));
    let mut data = Vec::with_capacity(x.dims()[0] * x.dims()[1] * rows.len() * columns.len());
    for map in x.data().chunks_exact(height * width) {
        for row in &rows {
            let (low, high) = (&map[row.low * width..], &map[row.high * width..]);
            data.extend(columns.iter().map(|column| {
                let mix = |line: &[f32]| mix(line[column.low], line[column.high], column.weight);
                narrow(mix_wide(mix(low), mix(high), row.weight))
            }));
        }
    }
    Tensor::new(with_batch(x.dims()[0], out), data)
}

fn mix(low: f32, high: f32, weight: f64) -> f64 {
    mix_wide(f64::from(low), f64::from(high), weight)
}

/// The first value alone where the second has no weight, so that an infinity beside it does not make a NaN.
fn mix_wide(low: f64, high: f64, weight: f64) -> f64 {
    if weight == 0.0 { low } else { low * (1.0 - weight) + high * weight }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::{ResizeTo, UpsampleMode};

    fn resized(factor: f64, mode: UpsampleMode, row: Vec<f32>) -> Vec<f32> {
        let x = Tensor::new(vec![1, 1, 1, row.len()], row);
        let op = Upsample { to: ResizeTo::Factor([1.0, factor]), mode };
        let width = (x.dims()[3] as f64 * factor) as u64;
        upsample(op, &x, Shape::new(&[1, 1, width]).expect("a shape")).data().to_vec()
    }

    /// Both differ from PyTorch, and are told in `grammar/numerics.md`.
    #[test]
    fn what_has_no_weight_is_not_read_and_positions_are_exact() {
        let bilinear = UpsampleMode::Bilinear { align_corners: false };
        let beside = resized(2.0, bilinear, vec![1.0, f32::INFINITY, 3.0, 4.0]);
        assert_eq!(beside, [1.0, f32::INFINITY, f32::INFINITY, f32::INFINITY, f32::INFINITY, 3.25, 3.75, 4.0]);
        let nearest = resized(1.28125, UpsampleMode::Nearest, (0..57u8).map(f32::from).collect());
        assert_eq!(nearest[41].to_bits(), 32f32.to_bits());
    }
}
