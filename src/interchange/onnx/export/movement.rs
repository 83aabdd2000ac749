//! Operators that join, combine and move elements.

use super::conv::pads;
use super::layer::{Layer, TooMany, int, word};
use crate::op::error::Side;
use crate::op::{
    ChannelShuffle, Concat, DepthToSpace, Gather, Merge, Pad, PadMode, Repeat, Shape, Slice, SpaceToDepth, Transpose,
};

/// Joins along an axis; what is the same for each image is there once for each first.
pub(super) fn concat(layer: &mut Layer<'_>, concat: Concat) {
    let images = layer.place.inputs.iter().find(|input| !input.is_stored).map(|input| input.name.clone());
    let mut inputs = Vec::new();
    for (at, input) in layer.place.inputs.iter().enumerate() {
        inputs.push(match &images {
            Some(images) if input.is_stored => repeated(layer, (images, &input.name), input.shape, &format!("images{at}")),
            Some(_) | None => input.name.clone(),
        });
    }
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    layer.add("Concat", "y", &inputs, vec![int("axis", concat.axis as u64 + 1)]);
}

/// A tensor once for each image of another.
pub(super) fn repeated(layer: &mut Layer<'_>, (images, x): (&str, &str), shape: Shape, part: &str) -> String {
    let count = layer.add("Shape", &format!("{part}/count"), &[images], vec![int("start", 0), int("end", 1)]);
    let image = layer.ints(&format!("{part}/image"), shape.dims().iter().map(|dim| i64::from(*dim)));
    let shape = layer.add("Concat", &format!("{part}/shape"), &[&count, &image], vec![int("axis", 0)]);
    layer.add("Expand", part, &[x, &shape], vec![])
}

pub(super) fn elementwise(layer: &mut Layer<'_>, merge: Merge) {
    let op = match merge {
        Merge::Add => "Add",
        Merge::Sub => "Sub",
        Merge::Mul => "Mul",
        Merge::Div => "Div",
        Merge::Pow => "Pow",
        Merge::Max => "Max",
        Merge::Min => "Min",
    };
    let rank = layer.place.output.rank();
    let operands: Vec<String> = (0..layer.place.inputs.len()).map(|at| layer.aligned(at, rank)).collect();
    let Some((first, others)) = operands.split_first() else { return };
    if others.is_empty() {
        layer.add("Identity", "y", &[first], vec![]);
    }
    let mut y = first.clone();
    for (at, other) in others.iter().enumerate() {
        y = layer.add(op, &format!("y{at}"), &[&y, other], vec![]);
    }
}

pub(super) fn transpose(layer: &mut Layer<'_>, transpose: &Transpose) {
    layer.transpose(&layer.x(), "y", &transpose.axes);
}

pub(super) fn slice(layer: &mut Layer<'_>, slice: Slice) {
    // What goes back to the first element ends before it, where ONNX counts from behind.
    let end = if slice.end < 0 { -1 - layer.shape().dim(slice.axis) as i64 } else { slice.end };
    let x = layer.x();
    part(layer, &x, "y", (slice.axis, slice.start as i64, end, slice.step));
}

/// Elements of an axis of one image.
fn part(layer: &mut Layer<'_>, x: &str, part: &str, (axis, start, end, step): (usize, i64, i64, i64)) -> String {
    let numbers = [("starts", start), ("ends", end), ("axes", axis as i64 + 1), ("steps", step)];
    let [starts, ends, axes, steps] = numbers.map(|(name, number)| layer.ints(&format!("{part}/{name}"), [number]));
    layer.add("Slice", part, &[x, &starts, &ends, &axes, &steps], vec![])
}

pub(super) fn gather(layer: &mut Layer<'_>, gather: &Gather) -> Result<(), TooMany> {
    layer.spend(gather.indices.len() as u64)?;
    let places = layer.ints("places", gather.indices.iter().map(|place| *place as i64));
    layer.add("Gather", "y", &[&layer.x(), &places], vec![int("axis", gather.axis as u64 + 1)]);
    Ok(())
}

pub(super) fn repeat(layer: &mut Layer<'_>, repeat: &Repeat) {
    let x = layer.aligned(0, layer.place.output.rank());
    let one = std::iter::once(1);
    match repeat {
        Repeat::To(shape) => {
            let shape = layer.ints("shape", one.chain(shape.dims().iter().map(|dim| i64::from(*dim))));
            layer.add("Expand", "y", &[&x, &shape], vec![]);
        }
        Repeat::Times(times) => {
            let missing = layer.place.output.rank().saturating_sub(times.len());
            let times = std::iter::repeat_n(1, missing).chain(times.iter().map(|count| *count as i64));
            let times = layer.ints("times", one.chain(times));
            layer.add("Tile", "y", &[&x, &times], vec![]);
        }
    }
}

pub(super) fn pad(layer: &mut Layer<'_>, pad: &Pad) {
    let mode = match pad.mode {
        PadMode::Circular => return circular(layer, pad),
        PadMode::Constant(_) => "constant",
        PadMode::Reflect => "reflect",
        PadMode::Replicate => "edge",
    };
    let (added, taken) = (pads(pad.pad, pad.line), pads(pad.crop, pad.line));
    let all: Vec<i64> = added.iter().zip(taken).map(|(added, taken)| *added as i64 - taken as i64).collect();
    let (before, after) = all.split_at(all.len() / 2);
    let all = layer.ints("pads", [&[0, 0], before, &[0, 0], after].concat());
    let mut inputs = vec![layer.x(), all];
    if let PadMode::Constant(value) = pad.mode {
        inputs.push(layer.number("value", value));
    }
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    layer.add("Pad", "y", &inputs, vec![word("mode", mode)]);
}

/// The last ones of an axis, the axis, and the first ones.
fn circular(layer: &mut Layer<'_>, pad: &Pad) {
    let mut x = layer.x();
    let sides: &[(Side, usize)] = if pad.line { &[(Side::Width, 1)] } else { &[(Side::Height, 1), (Side::Width, 2)] };
    for (side, axis) in sides {
        let (before, after) = pad.along(*side);
        let (size, name) = (layer.shape().dim(*axis) as i64, format!("axis{axis}"));
        let mut parts = Vec::new();
        if before > 0 {
            parts.push(part(layer, &x, &format!("{name}/last"), (*axis, size - before, size, 1)));
        }
        parts.push(x.clone());
        if after > 0 {
            parts.push(part(layer, &x, &format!("{name}/first"), (*axis, 0, after, 1)));
        }
        if parts.len() > 1 {
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            x = layer.add("Concat", &name, &parts, vec![int("axis", *axis as u64 + 1)]);
        }
    }
    if x == layer.x() {
        layer.add("Identity", "y", &[&x], vec![]);
    }
}

pub(super) fn depth_to_space(layer: &mut Layer<'_>, blocks: DepthToSpace) {
    // Channels before blocks, as PyTorch has them.
    layer.add("DepthToSpace", "y", &[&layer.x()], vec![int("blocksize", blocks.block), word("mode", "CRD")]);
}

/// ONNX's operator puts blocks before channels.
pub(super) fn space_to_depth(layer: &mut Layer<'_>, blocks: SpaceToDepth) {
    let (shape, output, block) = (layer.shape(), layer.place.output, blocks.block as i64);
    let [channels, height, width] = [shape.dim(0), output.dim(1), output.dim(2)].map(|dim| dim as i64);
    let split = layer.reshape(&layer.x(), "blocks", [0, channels, height, block, width, block]);
    let turned = layer.transpose(&split, "turned", &[0, 2, 4, 1, 3]);
    layer.shaped(&turned, "y", output);
}

pub(super) fn channel_shuffle(layer: &mut Layer<'_>, shuffle: ChannelShuffle) {
    let (shape, groups) = (layer.shape(), shuffle.groups);
    let split = [groups, shape.channels() / groups];
    let others = || shape.dims()[1..].iter().map(|dim| i64::from(*dim));
    let dims = std::iter::once(0).chain(split.map(|dim| dim as i64)).chain(others());
    let groups = layer.reshape(&layer.x(), "groups", dims);
    let order: Vec<usize> = [1, 0].into_iter().chain(2..=others().count() + 1).collect();
    let turned = layer.transpose(&groups, "turned", &order);
    layer.shaped(&turned, "y", shape);
}

/// A dropout, which does nothing when a network is run.
pub(super) fn dropout(layer: &mut Layer<'_>, ratio: f64) {
    let ratio = layer.number("ratio", ratio);
    layer.add("Dropout", "y", &[&layer.x(), &ratio], vec![]);
}

pub(super) fn param(layer: &mut Layer<'_>) {
    let Some(tensor) = layer.tensor("weight") else { return };
    let axes = layer.ints("axes", [0]);
    layer.add("Unsqueeze", "y", &[&tensor, &axes], vec![]);
}

pub(super) fn constant(layer: &mut Layer<'_>, values: &[f64]) -> Result<(), TooMany> {
    let dims: Vec<u64> = std::iter::once(1).chain(layer.place.output.to_vec()).collect();
    match values {
        [first, others @ ..] if others.iter().all(|value| value.to_bits() == first.to_bits()) => {
            layer.filled("y", dims, *first);
        }
        values => {
            layer.spend(values.len() as u64)?;
            layer.floats("y", &dims, values.iter().map(|value| *value as f32).collect());
        }
    }
    Ok(())
}

pub(super) fn reshape(layer: &mut Layer<'_>) {
    let (x, shape) = (layer.x(), layer.place.output);
    layer.shaped(&x, "y", shape);
}

pub(super) fn flatten(layer: &mut Layer<'_>) {
    layer.add("Flatten", "y", &[&layer.x()], vec![int("axis", 1)]);
}
