//! Pooling, with PyTorch's borders.

use super::matrix::narrow;
use super::{grid, size, with_batch};
use crate::op::geometry::adaptive_window;
use crate::op::{AdaptivePool, GlobalPool, Pool, PoolKind, Shape};
use crate::tensor::Tensor;

/// The largest element; a NaN wins, as in PyTorch; minus infinity where there is none.
pub(super) fn largest(values: impl Iterator<Item = f32>) -> f32 {
    values.fold(f32::NEG_INFINITY, |best, x| if x > best || x.is_nan() { x } else { best })
}

/// `[N, C, H, W]` to `[N, C, H', W']`; lines have no rows here and below.
pub(super) fn pool(op: &Pool, x: &Tensor, out: Shape) -> Tensor {
    let [rows, columns] = op.windows(grid(x).map(|side| side as u64));
    windows(x, out, |map, oy, ox| {
        let line = move |y: u64| columns.reads(ox).map(move |x| map[(y * columns.input + x) as usize]);
        let elements = rows.reads(oy).flat_map(line);
        match op.kind {
            PoolKind::Max => largest(elements),
            PoolKind::Avg { count_include_pad: true } => mean(elements, rows.padded_taps(oy) * columns.padded_taps(ox)),
            PoolKind::Avg { count_include_pad: false } => mean(elements.clone(), elements.count() as u64),
        }
    })
}

/// The mean over `count`, 0 where there is nothing.
fn mean(elements: impl Iterator<Item = f32>, count: u64) -> f32 {
    let sum: f64 = elements.map(f64::from).sum();
    narrow(sum / count.max(1) as f64)
}

/// A map of `out` from each channel's map, by output position.
fn windows(x: &Tensor, out: Shape, each: impl Fn(&[f32], u64, u64) -> f32) -> Tensor {
    let (height, width) = out.grid().expect("pooling makes maps");
    let map = grid(x).iter().product();
    let mut data = Vec::with_capacity(x.data().len() / map * size(height * width));
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
        GlobalPool::Avg => mean(map.iter().copied(), map.len() as u64),
    })
}

/// `[N, C, H, W]` to `[N, C, h, w]`.
pub(super) fn adaptive(op: AdaptivePool, x: &Tensor, out: Shape) -> Tensor {
    let [height, width] = grid(x).map(|side| side as u64);
    windows(x, out, |map, oy, ox| {
        let (ys, xs) = (adaptive_window(oy, height, op.out[0]), adaptive_window(ox, width, op.out[1]));
        let line = |y: u64| map[size(y * width + xs.start)..size(y * width + xs.end)].iter().copied();
        match op.kind {
            GlobalPool::Max => largest(ys.flat_map(line)),
            GlobalPool::Avg => mean(ys.clone().flat_map(line), (ys.end - ys.start) * (xs.end - xs.start)),
        }
    })
}
