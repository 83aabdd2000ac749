//! Spatial resize: nearest and bilinear.

use super::matrix::narrow;
use super::{size, with_batch};
use crate::op::{Shape, Upsample, UpsampleMode};
use crate::tensor::Tensor;

/// The two input positions that an output position lies between, and the weight of the second.
#[derive(Clone, Copy)]
struct Blend {
    low: usize,
    high: usize,
    weight: f64,
}

fn blend(align_corners: bool, index: usize, input: usize, output: usize) -> Blend {
    let position = if align_corners {
        index as f64 * (input - 1) as f64 / (output - 1).max(1) as f64
    } else {
        ((index as f64 + 0.5) * input as f64 / output as f64 - 0.5).max(0.0)
    };
    let low = (position as usize).min(input - 1);
    Blend { low, high: (low + 1).min(input - 1), weight: position - low as f64 }
}

fn blends(mode: UpsampleMode, input: usize, output: usize) -> Vec<Blend> {
    (0..output)
        .map(|index| match mode {
            UpsampleMode::Nearest => Blend { low: index * input / output, high: index * input / output, weight: 0.0 },
            UpsampleMode::Bilinear { align_corners } => blend(align_corners, index, input, output),
        })
        .collect()
}

/// `[N, C, H, W]` to `[N, C, h, w]`.
pub(super) fn upsample(op: Upsample, x: &Tensor, out: Shape) -> Tensor {
    let (height, width) = (x.dims()[2], x.dims()[3]);
    let (rows, columns) = (blends(op.mode, height, size(op.size[0])), blends(op.mode, width, size(op.size[1])));
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
