//! Spatial resize: nearest, linear and cubic, each direction on its own.

use super::matrix::narrow;
use super::{grid, size, with_batch};
use crate::op::{Shape, Upsample, UpsampleMode};
use crate::tensor::Tensor;

/// What an output position takes of one input position.
type Tap = (usize, f64);

/// The taps of every output position along height (0) or width (1). What has no weight is not read, so that an infinity there
/// does not make a NaN.
fn taps(op: Upsample, axis: usize, (input, output): (usize, usize)) -> Vec<Vec<Tap>> {
    let scale = op.axis(axis, input as u64);
    let last = input as i64 - 1;
    let inside = |at: i64| at.clamp(0, last) as usize;
    let of = |index: usize| match (scale.position(index as i64), op.mode) {
        ((at, 0.0), _) | ((at, _), UpsampleMode::Nearest(_)) => vec![(inside(at), 1.0)],
        // Before the first pixel there is nothing to mix it with.
        ((..0, _), UpsampleMode::Linear) => vec![(0, 1.0)],
        ((low, behind), UpsampleMode::Linear) => vec![(inside(low), 1.0 - behind), (inside(low + 1), behind)],
        ((low, behind), UpsampleMode::Cubic { a, exclude_outside }) => {
            let around = (low - 1..=low + 2).zip(cubic(a, behind));
            let kept: Vec<_> = around.filter(|(at, _)| !exclude_outside || (0..=last).contains(at)).collect();
            let whole = if exclude_outside { kept.iter().map(|(_, weight)| weight).sum() } else { 1.0 };
            kept.into_iter().map(|(at, weight)| (inside(at), weight / whole)).collect()
        }
    };
    (0..output).map(of).collect()
}

/// The weights of the four pixels round a position that lies `behind` the second: Keys' cubic convolution.
fn cubic(a: f64, behind: f64) -> [f64; 4] {
    let near = |x: f64| ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
    let far = |x: f64| ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a;
    [far(behind + 1.0), near(behind), near(1.0 - behind), far(2.0 - behind)]
}

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
    let (rows, columns) = (taps(op, 0, (height, size(rows))), taps(op, 1, (width, size(columns))));
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
