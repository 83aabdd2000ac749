//! Transposed convolution: every input pixel is multiplied by its weights and added into the output.
//!
//! For one output channel at a time, the products `[kh x kw, pixels]` are summed over the input channels as a matrix product
//! and added into an f64 map, always in the same order. What the padding crops is computed, counted and dropped.

use super::matrix::{LANES, Panels, for_each_part, narrow, panel_elements, parts, product, threads_for};
use super::{Owned, size};
use crate::op::{ConvTranspose, Shape};
use crate::tensor::Tensor;

struct Geometry {
    height: usize,
    width: usize,
    out_height: usize,
    out_width: usize,
    kernel: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    before: [usize; 2],
}

impl Geometry {
    fn of(op: &ConvTranspose, input: &[usize], out: Shape) -> Self {
        let (out_height, out_width) = out.hw().expect("a transposed convolution makes maps");
        Self {
            height: input[2],
            width: input[3],
            out_height: size(out_height),
            out_width: size(out_width),
            kernel: op.kernel.map(size),
            stride: op.stride.map(size),
            dilation: op.dilation.map(size),
            before: [size(op.pad.top), size(op.pad.left)],
        }
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

/// `[N, C, H, W]` to `[N, out, H', W']`, and the multiply-accumulates.
pub(super) fn conv_transpose(op: &ConvTranspose, x: &Tensor, weight: &Owned<'_>, out: Shape, threads: usize) -> (Tensor, u64) {
    let geometry = Geometry::of(op, x.dims(), out);
    let (images, groups) = (x.dims()[0], size(op.groups));
    let (channels, rows) = (x.dims()[1] / groups, size(op.out) / groups);
    let mut y = Tensor::zeros(super::with_batch(images, out));
    let out_group = rows * geometry.out_height * geometry.out_width;
    let in_group = channels * geometry.height * geometry.width;
    let mut macs = 0;
    for (i, (x, y)) in x.data().chunks_exact(in_group).zip(y.data_mut().chunks_exact_mut(out_group)).enumerate() {
        let group = i % groups;
        let weights = &weight.weight[group * channels * rows * geometry.taps()..][..channels * rows * geometry.taps()];
        let bias = weight.bias.map(|bias| &bias[group * rows..(group + 1) * rows]);
        macs += one_group(&geometry, x, weights, bias, y, threads);
    }
    (y, macs)
}

/// One group of one image; `weights` is `[channels, rows, kh, kw]`, and output channels are split over threads.
fn one_group(geometry: &Geometry, x: &[f32], weights: &[f32], bias: Option<&[f32]>, y: &mut [f32], threads: usize) -> u64 {
    let (pixels, out_pixels, taps) =
        (geometry.height * geometry.width, geometry.out_height * geometry.out_width, geometry.taps());
    let (channels, rows) = (x.len() / pixels, y.len() / out_pixels);
    let panels = Panels::pack(channels, pixels, threads, |first, panel| {
        for (channel, slot) in panel.iter_mut().enumerate() {
            let map = &x[channel * pixels + first..(channel + 1) * pixels];
            slot.iter_mut().zip(map.iter().take(LANES)).for_each(|(to, from)| *to = f64::from(*from));
        }
    });
    let threads = threads_for((weights.len() as u64).saturating_mul(pixels as u64), threads);
    for_each_part(y, parts(rows, threads), out_pixels, |first, part| {
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
        macs
    })
}

/// Adds one kernel position's products for consecutive pixels into the output map.
fn scatter(geometry: &Geometry, tap: usize, first: usize, sums: &[f64], map: &mut [f64]) {
    let down = tap / geometry.kernel[1] * geometry.dilation[0];
    let right = tap % geometry.kernel[1] * geometry.dilation[1];
    for (i, sum) in sums.iter().enumerate() {
        let pixel = first + i;
        // A row or column that the padding crops wraps round to a huge index, which is outside as well.
        let row = (pixel / geometry.width * geometry.stride[0] + down).wrapping_sub(geometry.before[0]);
        let column = (pixel % geometry.width * geometry.stride[1] + right).wrapping_sub(geometry.before[1]);
        if row < geometry.out_height && column < geometry.out_width {
            map[row * geometry.out_width + column] += sum;
        }
    }
}
