//! Pooling, with PyTorch's borders.

use super::matrix::narrow;
use super::{size, with_batch};
use crate::op::{AdaptiveAvgPool, GlobalPool, Pool, PoolKind, Shape};
use crate::tensor::Tensor;

/// One side of a window over one side of a map.
#[derive(Clone, Copy)]
struct Side {
    input: usize,
    kernel: usize,
    stride: usize,
    dilation: usize,
    before: usize,
    after: usize,
}

impl Side {
    fn of(op: &Pool, side: usize, input: usize) -> Self {
        let (before, after) = if side == 0 { (op.pad.top, op.pad.bottom) } else { (op.pad.left, op.pad.right) };
        Self {
            input,
            kernel: size(op.kernel[side]),
            stride: size(op.stride[side]),
            dilation: size(op.dilation[side]),
            before: size(before),
            after: size(after),
        }
    }

    /// The positions of output `index` that lie within the input.
    fn positions(self, index: usize) -> impl Iterator<Item = usize> + Clone {
        let start = index * self.stride;
        (0..self.kernel)
            .map(move |tap| start + tap * self.dilation)
            .filter_map(move |at| at.checked_sub(self.before))
            .filter(move |at| *at < self.input)
    }

    /// How many positions of output `index` lie within the padded input: what a mean with padding divides by. A window that
    /// rounding up lets hang over the padding is not filled up.
    fn padded(self, index: usize) -> usize {
        (self.input + self.before + self.after).saturating_sub(index * self.stride).min(self.kernel)
    }
}

/// The largest element; a NaN wins, as in PyTorch; minus infinity where there is none.
pub(super) fn largest(values: impl Iterator<Item = f32>) -> f32 {
    values.fold(f32::NEG_INFINITY, |best, x| if x > best || x.is_nan() { x } else { best })
}

/// `[N, C, H, W]` to `[N, C, H', W']`.
pub(super) fn pool(op: &Pool, x: &Tensor, out: Shape) -> Tensor {
    let (rows, columns) = (Side::of(op, 0, x.dims()[2]), Side::of(op, 1, x.dims()[3]));
    windows(x, out, |map, oy, ox| {
        let elements = rows.positions(oy).flat_map(|y| columns.positions(ox).map(move |x| map[y * columns.input + x]));
        match op.kind {
            PoolKind::Max => largest(elements),
            PoolKind::Avg { count_include_pad: true } => mean(elements, rows.padded(oy) * columns.padded(ox)),
            PoolKind::Avg { count_include_pad: false } => mean(elements.clone(), elements.count()),
        }
    })
}

/// The mean over `count`, 0 where there is nothing.
fn mean(elements: impl Iterator<Item = f32>, count: usize) -> f32 {
    let sum: f64 = elements.map(f64::from).sum();
    narrow(sum / count.max(1) as f64)
}

/// A map of `out` from each channel's map, by output position.
fn windows(x: &Tensor, out: Shape, each: impl Fn(&[f32], usize, usize) -> f32) -> Tensor {
    let (height, width) = out.hw().expect("pooling makes maps");
    let (height, width) = (size(height), size(width));
    let map = x.dims()[2] * x.dims()[3];
    let mut data = Vec::with_capacity(x.data().len() / map * height * width);
    for map in x.data().chunks_exact(map) {
        for y in 0..height {
            data.extend((0..width).map(|x| each(map, y, x)));
        }
    }
    Tensor::new(with_batch(x.dims()[0], out), data)
}

/// `[N, C, H, W]` to `[N, C, 1, 1]`.
pub(super) fn global(op: GlobalPool, x: &Tensor, out: Shape) -> Tensor {
    windows(x, out, |map, _, _| match op {
        GlobalPool::Max => largest(map.iter().copied()),
        GlobalPool::Avg => mean(map.iter().copied(), map.len()),
    })
}

/// `[N, C, H, W]` to `[N, C, h, w]`.
pub(super) fn adaptive(op: AdaptiveAvgPool, x: &Tensor, out: Shape) -> Tensor {
    let (height, width) = (x.dims()[2], x.dims()[3]);
    let [rows, columns] = op.out.map(size);
    let range = |index: usize, input: usize, output: usize| index * input / output..((index + 1) * input).div_ceil(output);
    windows(x, out, |map, oy, ox| {
        let (ys, xs) = (range(oy, height, rows), range(ox, width, columns));
        let elements = ys.clone().flat_map(|y| map[y * width + xs.start..y * width + xs.end].iter().copied());
        mean(elements, ys.len() * xs.len())
    })
}
