//! Transposed convolution: every input pixel is multiplied by its weights and added into the output.
//!
//! For one output channel at a time, the products `[kh x kw, pixels]` are summed over the input channels as a matrix product
//! and added into an f64 map, always in the same order. What the padding crops is computed, counted and dropped.

use super::matrix::{LANES, Panels, for_each_part, narrow, panel_elements, parts, product, threads_for};
use super::{Owned, Tally, size};
use crate::op::geometry::SlidingWindow;
use crate::op::{ConvTranspose, Shape};
use crate::tensor::Tensor;

struct Geometry {
    /// Pixels of the input, and of its rows.
    pixels: usize,
    width: usize,
    kernel: [usize; 2],
    /// Over the output.
    rows: SlidingWindow,
    columns: SlidingWindow,
}

impl Geometry {
    fn of(op: &ConvTranspose, x: &Tensor, out: Shape) -> Self {
        let (height, width) = out.grid().expect("a transposed convolution makes maps");
        let [rows, columns] = op.windows([height, width]);
        let [down, across] = super::grid(x);
        Self { pixels: down * across, width: across, kernel: op.kernel.map(size), rows, columns }
    }

    fn out_pixels(&self) -> usize {
        size(self.rows.input * self.columns.input)
    }

    fn taps(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }
}

/// Bytes that [`conv_transpose`] takes beside its input and output.
pub(super) fn conv_transpose_bytes(op: &ConvTranspose, input: Shape, out: Shape, threads: u64) -> u64 {
    let channels = input.channels() / op.groups;
    let columns = panel_elements(channels, input.elements().unwrap_or(u64::MAX) / input.channels());
    let map = out.elements().unwrap_or(u64::MAX) / op.out;
    let row = channels.saturating_mul(op.kernel[0]).saturating_mul(op.kernel[1]);
    let thread = map.saturating_mul(8).saturating_add(row.saturating_mul(4));
    columns.saturating_mul(8).saturating_add(thread.saturating_mul(threads.min(op.out / op.groups)))
}

/// `[N, C, H, W]` to `[N, out, H', W']`, or lines without their rows, and what was done.
pub(super) fn conv_transpose(op: &ConvTranspose, x: &Tensor, weight: &Owned<'_>, out: Shape, threads: usize) -> (Tensor, Tally) {
    let geometry = Geometry::of(op, x, out);
    let (images, groups) = (x.dims()[0], size(op.groups));
    let (channels, rows) = (x.dims()[1] / groups, size(op.out) / groups);
    let mut y = Tensor::zeros(super::with_batch(images, out));
    let out_group = rows * geometry.out_pixels();
    let in_group = channels * geometry.pixels;
    let mut done = Tally::default();
    for (i, (x, y)) in x.data().chunks_exact(in_group).zip(y.data_mut().chunks_exact_mut(out_group)).enumerate() {
        let group = i % groups;
        let weights = &weight.weight[group * channels * rows * geometry.taps()..][..channels * rows * geometry.taps()];
        let bias = weight.bias.map(|bias| &bias[group * rows..(group + 1) * rows]);
        done = done.then(one_group(&geometry, x, weights, bias, y, threads));
    }
    (y, done)
}

/// One group of one image; `weights` is `[channels, rows, kh, kw]`, and output channels are split over threads.
fn one_group(geometry: &Geometry, x: &[f32], weights: &[f32], bias: Option<&[f32]>, y: &mut [f32], threads: usize) -> Tally {
    let (pixels, out_pixels, taps) = (geometry.pixels, geometry.out_pixels(), geometry.taps());
    let (channels, rows) = (x.len() / pixels, y.len() / out_pixels);
    let panels = Panels::pack(channels, pixels, threads, |first, panel| {
        for (channel, slot) in panel.iter_mut().enumerate() {
            let map = &x[channel * pixels + first..(channel + 1) * pixels];
            slot.iter_mut().zip(map.iter().take(LANES)).for_each(|(to, from)| *to = f64::from(*from));
        }
    });
    let threads = threads_for((weights.len() as u64).saturating_mul(pixels as u64), threads);
    let done = for_each_part(y, parts(rows, threads), out_pixels, |first, part| {
        let mut map = vec![0.0; out_pixels];
        let mut own = vec![0.0; taps * channels];
        let mut macs = 0;
        for (i, y) in part.chunks_exact_mut(out_pixels).enumerate() {
            let row = first + i;
            for (to, from) in own.iter_mut().enumerate().map(|(j, to)| (to, (j % channels * rows + row) * taps + j / channels)) {
                *to = weights[from];
            }
            map.fill(0.0);
            macs += product(&own, &panels, |tap, pixel, sums| scatter(geometry, tap, pixel, sums, &mut map));
            let bias = bias.map_or(0.0, |bias| f64::from(bias[row]));
            y.iter_mut().zip(&map).for_each(|(y, sum)| *y = narrow(sum + bias));
        }
        Tally { macs, scratch: 0 }.holding(&map).holding(&own)
    });
    done.holding(panels.data())
}

/// Adds one kernel position's products for consecutive pixels into the output map.
fn scatter(geometry: &Geometry, tap: usize, first: usize, sums: &[f64], map: &mut [f64]) {
    let Geometry { rows, columns, width, kernel: [_, kw], .. } = geometry;
    let (down, right) = (rows.tap((tap / kw) as u64), columns.tap((tap % kw) as u64));
    for (i, sum) in sums.iter().enumerate() {
        let pixel = first + i;
        let (top, left) = (rows.start((pixel / width) as u64), columns.start((pixel % width) as u64));
        if let (Some(row), Some(column)) = (rows.unpadded(top + down), columns.unpadded(left + right)) {
            map[(row * columns.input + column) as usize] += sum;
        }
    }
}
