//! Antialiased bilinear resampling along one axis, as Pillow and torchvision do it.
//!
//! The filter is a triangle, two pixels wide when enlarging and as wide as two output pixels when shrinking; weights at the
//! border are renormalised. Only the asked part of the output is computed, so that a crop of an enormous picture costs no more.

/// Part of a resized axis: `len` pixels from `start` of `input` pixels resized to `output`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Axis {
    pub input: usize,
    pub output: usize,
    pub start: usize,
    pub len: usize,
}

/// The weights of consecutive input pixels in one output pixel.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Taps {
    pub first: usize,
    pub weights: Vec<f64>,
}

fn taps(axis: Axis, index: usize) -> Taps {
    let scale = axis.input as f64 / axis.output as f64;
    let width = scale.max(1.0);
    let centre = (index as f64 + 0.5) * scale;
    let first = (centre - width + 0.5).floor().clamp(0.0, axis.input as f64 - 1.0) as usize;
    let end = ((centre + width + 0.5).floor().clamp(0.0, axis.input as f64) as usize).max(first + 1);
    let mut weights: Vec<f64> = (first..end).map(|i| (1.0 - ((i as f64 + 0.5 - centre) / width).abs()).max(0.0)).collect();
    let sum: f64 = weights.iter().sum();
    for w in &mut weights {
        *w /= sum;
    }
    Taps { first, weights }
}

impl Axis {
    /// The weights of every asked pixel.
    pub(super) fn taps(self) -> Vec<Taps> {
        (self.start..self.start + self.len).map(|index| taps(self, index)).collect()
    }
}

/// The most bytes that [`plane`] takes beside its input, its output included.
pub(super) fn plane_bytes(rows: Axis, columns: Axis) -> u64 {
    let taps = |axis: Axis| {
        let widest = 2 * axis.input.div_ceil(axis.output.max(1)) + 3;
        axis.len.saturating_mul(size_of::<Taps>() + 8 * widest.min(axis.input) + 16) as u64
    };
    let sums = (rows.input + rows.len).saturating_mul(columns.len).saturating_mul(size_of::<f64>()) as u64;
    taps(rows).saturating_add(taps(columns)).saturating_add(sums)
}

/// Resamples a plane of `rows.input` rows and `columns.input` columns, row-major.
pub(super) fn plane(data: &[f32], rows: Axis, columns: Axis) -> Vec<f64> {
    let column_taps = columns.taps();
    let mut narrow = Vec::with_capacity(rows.input * columns.len);
    for row in data.chunks_exact(columns.input) {
        for taps in &column_taps {
            let used = &row[taps.first..taps.first + taps.weights.len()];
            narrow.push(used.iter().zip(&taps.weights).map(|(x, w)| f64::from(*x) * w).sum::<f64>());
        }
    }
    let mut out = vec![0.0; rows.len * columns.len];
    for (taps, out) in rows.taps().iter().zip(out.chunks_exact_mut(columns.len)) {
        for (row, w) in narrow[taps.first * columns.len..].chunks_exact(columns.len).zip(&taps.weights) {
            out.iter_mut().zip(row).for_each(|(sum, x)| *sum += x * w);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Axis, plane, taps};

    /// Pillow's weights: enlarging by two blends neighbours 3 : 1; halving weighs 1 : 3 : 3 : 1 over 8.
    #[test]
    fn weights_are_pillows() {
        let up = Axis { input: 2, output: 4, start: 0, len: 4 };
        assert_eq!(taps(up, 0).weights, [1.0]);
        assert_eq!(taps(up, 1).weights, [0.75, 0.25]);
        let down = Axis { input: 8, output: 4, start: 0, len: 4 };
        assert_eq!((taps(down, 1).first, taps(down, 1).weights), (1, vec![0.125, 0.375, 0.375, 0.125]));
    }

    #[test]
    fn the_same_size_is_the_same_picture() {
        let data: Vec<f32> = (0..12).map(|i| i as f32).collect();
        let (rows, columns) = (Axis { input: 3, output: 3, start: 0, len: 3 }, Axis { input: 4, output: 4, start: 0, len: 4 });
        let same: Vec<f64> = data.iter().map(|x| f64::from(*x)).collect();
        assert_eq!(plane(&data, rows, columns), same);
    }

    #[test]
    fn a_part_is_a_part_of_the_whole() {
        let data: Vec<f32> = (0..35).map(|i| (i * i % 13) as f32).collect();
        let rows = Axis { input: 5, output: 3, start: 0, len: 3 };
        let whole = plane(&data, rows, Axis { input: 7, output: 10, start: 0, len: 10 });
        let part = plane(&data, Axis { start: 1, len: 2, ..rows }, Axis { input: 7, output: 10, start: 4, len: 3 });
        let expected: Vec<f64> = [1, 2].iter().flat_map(|y| whole[y * 10 + 4..y * 10 + 7].to_vec()).collect();
        assert_eq!(part, expected);
    }
}
