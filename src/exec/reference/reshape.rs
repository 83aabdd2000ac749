//! Operations that move elements: transpose, slice, gather, repeat, pad, shuffle.

use super::matrix::narrow;
use super::merge::broadcast;
use super::view::{Step, gather, row_major};
use super::{size, with_batch};
use crate::op::error::Side;
use crate::op::{ChannelShuffle, DepthToSpace, Pad, PadMode, Repeat, Shape, SpaceToDepth, Transpose};
use crate::tensor::Tensor;

/// Axes in another order.
pub(super) fn transpose(op: &Transpose, x: &Tensor, out: Shape) -> Tensor {
    let own = row_major(x.dims());
    let mut axes = vec![own[0]];
    axes.extend(op.axes.iter().map(|axis| own[axis + 1]));
    Tensor::new(with_batch(x.dims()[0], out), gather(x.data(), 0, &axes))
}

/// The elements at these places along an axis.
pub(super) fn taken(x: &Tensor, axis: usize, places: impl Iterator<Item = u64>, out: Shape) -> Tensor {
    let length = x.dims()[axis + 1];
    let inner: usize = x.dims()[axis + 2..].iter().product();
    let places: Vec<usize> = places.map(size).collect();
    let dims = with_batch(x.dims()[0], out);
    let mut data = Vec::with_capacity(dims.iter().product());
    for outer in x.data().chunks_exact(length * inner) {
        for place in &places {
            data.extend_from_slice(&outer[place * inner..(place + 1) * inner]);
        }
    }
    Tensor::new(dims, data)
}

/// The same elements again and again.
pub(super) fn repeat(op: &Repeat, x: &Tensor, out: Shape) -> Tensor {
    let dims = with_batch(x.dims()[0], out);
    let axes = match op {
        Repeat::To(_) => broadcast(x.dims(), &dims),
        Repeat::Times(times) => {
            let own = row_major(x.dims());
            let again = |times: &u64| Step { count: size(*times), stride: 0 };
            let (added, owned) = times.split_at(times.len() + 1 - own.len());
            let pairs = owned.iter().zip(&own[1..]).flat_map(|(times, step)| [again(times), *step]);
            std::iter::once(own[0]).chain(added.iter().map(again)).chain(pairs).collect()
        }
    };
    Tensor::new(dims, gather(x.data(), 0, &axes))
}

/// The elements of `x` seen as `dims`, with axes in the order `order`, under the dimensions of `out`.
fn permuted(x: &Tensor, dims: &[usize], order: &[usize], out: Shape) -> Tensor {
    let own = row_major(dims);
    let axes: Vec<Step> = order.iter().map(|axis| own[*axis]).collect();
    Tensor::new(with_batch(x.dims()[0], out), gather(x.data(), 0, &axes))
}

/// `[N, C b b, H, W]` seen as `[N, C, b, b, H, W]`, to `[N, C, H, b, W, b]`.
pub(super) fn depth_to_space(op: DepthToSpace, x: &Tensor, out: Shape) -> Tensor {
    let (b, d) = (size(op.block), x.dims());
    permuted(x, &[d[0], d[1] / (b * b), b, b, d[2], d[3]], &[0, 1, 4, 2, 5, 3], out)
}

/// `[N, C, H b, W b]` seen as `[N, C, H, b, W, b]`, to `[N, C, b, b, H, W]`.
pub(super) fn space_to_depth(op: SpaceToDepth, x: &Tensor, out: Shape) -> Tensor {
    let (b, d) = (size(op.block), x.dims());
    permuted(x, &[d[0], d[1], d[2] / b, b, d[3] / b, b], &[0, 1, 3, 5, 2, 4], out)
}

/// `[N, g, C / g, …]` to `[N, C / g, g, …]`.
pub(super) fn channel_shuffle(op: ChannelShuffle, x: &Tensor, out: Shape) -> Tensor {
    let (g, d) = (size(op.groups), x.dims());
    permuted(x, &[d[0], g, d[1] / g, d[2..].iter().product()], &[0, 2, 1, 3], out)
}

/// Where a padded position comes from, `at` being its place on the input, which begins at 0; `None` for the constant.
fn source(mode: PadMode, at: i64, input: i64) -> Option<usize> {
    let from = match mode {
        PadMode::Constant(_) => Some(at).filter(|at| (0..input).contains(at)),
        PadMode::Replicate => Some(at.clamp(0, input - 1)),
        PadMode::Reflect => Some(if at < input { at.abs() } else { 2 * (input - 1) - at }),
        PadMode::Circular => Some(at.rem_euclid(input)),
    };
    from.and_then(|from| usize::try_from(from).ok())
}

/// Padding of `[N, C, H, W]` or `[N, C, L]` in space.
pub(super) fn pad(op: &Pad, x: &Tensor, out: Shape) -> Tensor {
    let [height, width] = super::grid(x);
    let (rows, columns) = out.grid().expect("padding makes maps");
    let constant = match op.mode {
        PadMode::Constant(value) => narrow(value),
        PadMode::Reflect | PadMode::Replicate | PadMode::Circular => 0.0,
    };
    let from = |i: u64, side: Side, input: usize| source(op.mode, i as i64 - op.along(side).0, input as i64);
    let columns: Vec<_> = (0..columns).map(|i| from(i, Side::Width, width)).collect();
    let mut data = Vec::with_capacity(x.dims()[0] * x.dims()[1] * size(rows) * columns.len());
    for map in x.data().chunks_exact(height * width) {
        for row in 0..rows {
            let row = from(row, Side::Height, height);
            data.extend(columns.iter().map(|column| match (row, column) {
                (Some(row), Some(column)) => map[row * width + column],
                _ => constant,
            }));
        }
    }
    Tensor::new(with_batch(x.dims()[0], out), data)
}
