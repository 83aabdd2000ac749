//! Convolution, plain, grouped and depthwise: patches of the input as columns, weights as rows.
//!
//! Each output pixel's patch is a column of `channels x kh x kw` elements, zeros where the window hangs over the border; the
//! multiply-accumulates with those zeros are done and counted. Columns are made for a band of pixels at a time, so that the
//! memory beside the maps stays below a bound.

use super::matrix::{LANES, Panels, Target, for_each_part, multiply, panel_elements, parts, threads_for};
use super::{Owned, Tally, size};
use crate::op::geometry::SlidingWindow;
use crate::op::{Conv, Shape};
use crate::tensor::Tensor;

/// About how many f64 the columns of a band take (8 MiB).
const BAND: u64 = 1 << 20;

/// One group of a convolution on one image.
#[derive(Clone, Copy)]
struct Geometry {
    channels: usize,
    kernel: [usize; 2],
    rows: SlidingWindow,
    columns: SlidingWindow,
    /// `[h, w]` of the output.
    out: [usize; 2],
}

impl Geometry {
    fn of(op: &Conv, x: &Tensor, out: Shape) -> Self {
        let (out_height, out_width) = out.grid().expect("a convolution makes maps");
        let [rows, columns] = op.windows(super::grid(x).map(|side| side as u64));
        Self {
            channels: x.dims()[1] / size(op.groups),
            kernel: op.kernel.map(size),
            rows,
            columns,
            out: [size(out_height), size(out_width)],
        }
    }

    /// Pixels of the input.
    fn map(&self) -> usize {
        size(self.rows.input * self.columns.input)
    }

    fn pixels(&self) -> usize {
        self.out[0] * self.out[1]
    }

    fn patch(&self) -> usize {
        self.channels * self.kernel[0] * self.kernel[1]
    }

    /// Pixels of a band.
    fn band(&self) -> usize {
        band_columns(self.patch() as u64, self.pixels() as u64) as usize
    }
}

fn band_columns(patch: u64, pixels: u64) -> u64 {
    (BAND / patch).next_multiple_of(LANES as u64).max(LANES as u64).min(pixels.next_multiple_of(LANES as u64))
}

/// Bytes that [`conv`] takes beside its input and output.
pub(super) fn conv_bytes(op: &Conv, input: Shape, out: Shape, threads: u64) -> u64 {
    let pixels = out.elements().unwrap_or(u64::MAX) / op.out;
    let patch = (input.channels() / op.groups).saturating_mul(op.kernel[0]).saturating_mul(op.kernel[1]);
    let columns = panel_elements(patch, band_columns(patch.max(1), pixels).min(pixels)).saturating_mul(8);
    columns.saturating_mul(if op.groups > 1 { threads.min(op.groups) } else { 1 })
}

/// `[N, C, H, W]` to `[N, out, H', W']`, or lines without their rows, and what was done.
pub(super) fn conv(op: &Conv, x: &Tensor, weight: &Owned<'_>, out: Shape, threads: usize) -> (Tensor, Tally) {
    let geometry = Geometry::of(op, x, out);
    let (groups, images) = (size(op.groups), x.dims()[0]);
    let mut y = Tensor::zeros(super::with_batch(images, out));
    let image = geometry.channels * groups * geometry.map();
    let out_image = size(op.out) * geometry.pixels();
    let mut done = Tally::default();
    for (x, y) in x.data().chunks_exact(image).zip(y.data_mut().chunks_exact_mut(out_image)) {
        done = done.then(one_image(&geometry, groups, x, weight, y, threads));
    }
    (y, done)
}

/// One image: a single group splits its output channels over threads, several groups are split themselves.
fn one_image(geometry: &Geometry, groups: usize, x: &[f32], weight: &Owned<'_>, y: &mut [f32], threads: usize) -> Tally {
    let (in_group, out_group) = (x.len() / groups, y.len() / groups);
    let (weights, rows) = (weight.weight.len() / groups, out_group / geometry.pixels());
    let one_group = |group: usize, y: &mut [f32], threads: usize| {
        let x = &x[group * in_group..(group + 1) * in_group];
        let bias = weight.bias.map(|bias| &bias[group * rows..(group + 1) * rows]);
        one_group(geometry, x, &weight.weight[group * weights..(group + 1) * weights], bias, y, threads)
    };
    if groups == 1 {
        return one_group(0, y, threads);
    }
    let work = weight.weight.len() as u64 * geometry.pixels() as u64;
    for_each_part(y, parts(groups, threads_for(work, threads)), out_group, |first, part| {
        let groups = part.chunks_exact_mut(out_group).enumerate();
        groups.map(|(i, y)| one_group(first + i, y, 1)).fold(Tally::default(), Tally::then)
    })
}

fn one_group(geometry: &Geometry, x: &[f32], weights: &[f32], bias: Option<&[f32]>, y: &mut [f32], threads: usize) -> Tally {
    let (pixels, band) = (geometry.pixels(), geometry.band());
    let mut done = Tally::default();
    for offset in (0..pixels).step_by(band) {
        let columns = band.min(pixels - offset);
        let panels = Panels::pack(geometry.patch(), columns, threads, |column, panel| {
            patches(geometry, x, offset + column, LANES.min(columns - column), panel);
        });
        let band = multiply(weights, &panels, bias, y, Target { stride: pixels, offset }, threads);
        done = done.then(band.holding(panels.data()));
    }
    done
}

/// Copies the patches of `lanes` pixels from `first` into the lanes of a panel.
fn patches(geometry: &Geometry, x: &[f32], first: usize, lanes: usize, panel: &mut [[f64; LANES]]) {
    let Geometry { rows, columns, kernel: [kh, kw], .. } = geometry;
    let corners: [(u64, u64); LANES] = std::array::from_fn(|lane| {
        let (row, column) = ((first + lane) / geometry.out[1], (first + lane) % geometry.out[1]);
        (rows.start(row as u64), columns.start(column as u64))
    });
    for (channel, panel) in panel.chunks_exact_mut(kh * kw).enumerate() {
        let map = &x[channel * geometry.map()..(channel + 1) * geometry.map()];
        for (tap, slot) in panel.iter_mut().enumerate() {
            let (down, right) = (rows.tap((tap / kw) as u64), columns.tap((tap % kw) as u64));
            for (value, (top, left)) in slot.iter_mut().zip(corners).take(lanes) {
                if let (Some(row), Some(column)) = (rows.unpadded(top + down), columns.unpadded(left + right)) {
                    *value = f64::from(map[(row * columns.input + column) as usize]);
                }
            }
        }
    }
}
