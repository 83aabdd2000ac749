//! What an operation does to one axis of its input: whether its indices stay, move, or read several.
//!
//! In: an operation of one input, an axis, the shapes. Out: a [`Reach`]. Every operation says it for every axis, since a
//! transpose may have put rows or columns where channels usually are. No fields here.

use std::sync::Arc;

use super::axis_field::{Interval, gcd, pixels};
use crate::op::geometry::adaptive_window;
use crate::op::{ChannelShuffle, Conv, ConvTranspose, Gather, Op, Pad, PadMode, Shape, Slice, Window};

/// What becomes of an axis.
pub(super) enum Reach<'a> {
    /// Each index reads itself.
    Kept,
    /// So it does, and the axis has another place.
    Moved(usize),
    /// Each index reads all of them, or the axis is gone.
    All,
    /// Index `i` reads `extent` indices from `stride * i - before` on: `(extent, stride, before)`.
    Window((i64, i64, i64)),
    /// Index `i` reads those that the function says: `inputs` further every `outputs`, `(outputs, inputs)`.
    Grid((i64, i64), Box<dyn Fn(i64) -> Interval + 'a>),
    /// Index `i` reads the one that the function says, in any order; so many are passed for each.
    Permuted(Box<dyn Fn(i64) -> i64>, i64),
    /// The axis has another place, and its indices, so many, come again and again.
    Repeated(usize, i64),
}

/// What an operation does to an axis of its first input, `shapes` being that input's and the output's.
pub(super) fn reach(op: &Op, axis: usize, shapes: (Shape, Shape)) -> Reach<'_> {
    let (input, output) = shapes;
    let channels = (input.channels(), output.channels());
    let all_if = |all: bool| if all { Reach::All } else { Reach::Kept };
    match op {
        // Of the left tensor; each of the two is asked for on its own where they meet.
        Op::Linear(_) | Op::MatMul => all_if(axis == input.rank() - 1),
        Op::Softmax(softmax) => all_if(axis == softmax.axis),
        Op::LayerNorm(norm) => all_if(norm.axes.contains(&axis)),
        Op::InstanceNorm(_) => all_if(axis != 0),
        Op::GroupNorm(norm) if axis == 0 => groups(norm.groups, (input.dim(0), input.dim(0))),
        Op::GroupNorm(_) => Reach::All,
        Op::Lrn(lrn) if axis == 0 => Reach::Window((pixels(lrn.size), 1, pixels(lrn.size / 2))),
        Op::ChannelShuffle(shuffle) if axis == 0 => shuffled(*shuffle, input.dim(0)),
        Op::Transpose(transpose) => moved(transpose.axes.iter().position(|from| *from == axis)),
        Op::Flatten | Op::Reshape(_) => moved(kept_axis(axis, input, output)),
        Op::Reduce(reduce) if reduce.axes.contains(&axis) => Reach::All,
        Op::Reduce(reduce) if reduce.keep => Reach::Kept,
        Op::Reduce(reduce) => Reach::Moved(axis - reduce.axes.iter().filter(|gone| **gone < axis).count()),
        Op::Slice(slice) if slice.axis == axis => sliced(*slice),
        Op::Gather(gather) if gather.axis == axis => gathered(gather),
        Op::Repeat(_) => Reach::Repeated(axis + output.rank() - input.rank(), pixels(input.dim(axis))),
        Op::Conv(Conv { groups: parts, .. }) | Op::ConvTranspose(ConvTranspose { groups: parts, .. }) if axis == 0 => {
            groups(*parts, channels)
        }
        Op::DepthToSpace(_) if axis == 0 => groups(channels.1, channels),
        Op::SpaceToDepth(_) if axis == 0 => groups(channels.0, channels),
        Op::Pool(_) | Op::GlobalPool(_) | Op::AdaptivePool(_) | Op::Pad(_) | Op::Upsample(_) if axis == 0 => Reach::Kept,
        Op::Conv(_)
        | Op::ConvTranspose(_)
        | Op::Pool(_)
        | Op::GlobalPool(_)
        | Op::AdaptivePool(_)
        | Op::Pad(_)
        | Op::Upsample(_)
        | Op::DepthToSpace(_)
        | Op::SpaceToDepth(_) => of_side(op, axis, shapes),
        Op::Input(_)
        | Op::Param(_)
        | Op::Constant(_)
        | Op::BatchNorm(_)
        | Op::Lrn(_)
        | Op::Scale(_)
        | Op::Activation(_)
        | Op::Concat(_)
        | Op::Elementwise(_)
        | Op::Scalar(_)
        | Op::Unary(_)
        | Op::Slice(_)
        | Op::Gather(_)
        | Op::ChannelShuffle(_)
        | Op::Dropout(_)
        | Op::Identity => Reach::Kept,
    }
}

/// What an operation on maps does along an axis of the map; a line's is its width. Border clamping is left out, as padding is in all fields.
fn of_side(op: &Op, axis: usize, (input, output): (Shape, Shape)) -> Reach<'_> {
    let (from, to) = (input.dim(axis), output.dim(axis));
    // Of height and width.
    let side = if input.rank() == 2 { 1 } else { axis - 1 };
    if let Op::Upsample(upsample) = op {
        let scale = upsample.axis(side, from);
        return Reach::Grid(scale.period(), Box::new(move |j| scale.reads(j)));
    }
    if let Op::Pad(Pad { mode: PadMode::Circular, .. }) = op {
        let Window::Strided { before, .. } = op.window(&[input]) else { return Reach::All };
        let (before, length) = (before[side], pixels(from).max(1));
        let around = move |j: i64| j.saturating_sub(before).rem_euclid(length);
        return if from == to { Reach::Kept } else { Reach::Permuted(Box::new(around), 1) };
    }
    if let Op::ConvTranspose(conv) = op {
        let window = conv.windows([to; 2])[side];
        return Reach::Grid((pixels(window.stride), 1), Box::new(move |j| window.windows_over(j)));
    }
    if let Op::AdaptivePool(_) = op {
        if to == 1 {
            return Reach::All;
        }
        let common = gcd(pixels(from), pixels(to));
        let cell = move |j: i64| {
            let cell = adaptive_window(j.unsigned_abs(), from, to);
            (pixels(cell.start), pixels(cell.end) - 1)
        };
        return Reach::Grid((pixels(to) / common, pixels(from) / common), Box::new(cell));
    }
    match op.window(&[input]) {
        Window::Pixel => Reach::Kept,
        Window::Whole => Reach::All,
        Window::Strided { extent, stride, before } => Reach::Window((pixels(extent[side]), pixels(stride[side]), before[side])),
        Window::Fractional { extent, scale, before } => {
            let (extent, scale, before) = (pixels(extent[side]), pixels(scale[side]), before[side]);
            let reads = move |j: i64| {
                let from = j.div_euclid(scale) - before;
                (from, from + extent - 1)
            };
            Reach::Grid((scale, 1), Box::new(reads))
        }
    }
}

/// Channels in groups that do not mix: each of the output's reads all of its group.
fn groups<'a>(groups: u64, (inputs, outputs): (u64, u64)) -> Reach<'a> {
    let (inputs, outputs) = (pixels(inputs / groups.max(1)), pixels(outputs / groups.max(1)).max(1));
    if groups <= 1 {
        return Reach::All;
    }
    let reads = move |j: i64| {
        let from = j.div_euclid(outputs).saturating_mul(inputs);
        (from, from.saturating_add(inputs - 1))
    };
    Reach::Grid((outputs, inputs), Box::new(reads))
}

/// Channel `j` of each group `i` goes to place `i` of group `j`.
fn shuffled<'a>(shuffle: ChannelShuffle, channels: u64) -> Reach<'a> {
    let groups = pixels(shuffle.groups).max(1);
    let size = pixels(channels) / groups;
    Reach::Permuted(Box::new(move |j| j.rem_euclid(groups) * size + j.div_euclid(groups)), 1)
}

/// Every `step`th index, forwards or backwards.
fn sliced<'a>(slice: Slice) -> Reach<'a> {
    let (start, step) = (pixels(slice.start), slice.step);
    if step > 0 {
        return Reach::Window((1, step, -start));
    }
    Reach::Permuted(Box::new(move |j| start.saturating_add(j.saturating_mul(step))), step.saturating_neg())
}

/// The indices that are named; beyond them there are none.
fn gathered<'a>(gather: &Gather) -> Reach<'a> {
    let indices = Arc::clone(&gather.indices);
    let named = move |j: i64| usize::try_from(j).ok().and_then(|j| indices.get(j)).map_or(0, |index| pixels(*index));
    Reach::Permuted(Box::new(named), 1)
}

fn moved<'a>(axis: Option<usize>) -> Reach<'a> {
    axis.map_or(Reach::All, Reach::Moved)
}

/// Where an axis is after a reshape: the axis of the same length with as many elements before it.
fn kept_axis(axis: usize, from: Shape, to: Shape) -> Option<usize> {
    if axis >= from.rank() {
        return None;
    }
    let before = |shape: Shape, axis: usize| shape.dims()[..axis].iter().map(|d| u128::from(*d)).product::<u128>();
    (0..to.rank()).find(|a| to.dim(*a) == from.dim(axis) && before(to, *a) == before(from, axis) && to.dim(*a) > 1)
}
