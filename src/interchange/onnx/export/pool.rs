//! Pooling, and what is one number of many.

use super::conv::{pads, sides};
use super::layer::{Layer, TooMany, int, ints};
use crate::op::geometry::{SlidingWindow, adaptive_window};
use crate::op::{AdaptivePool, GlobalPool, Padding, Pool, PoolKind, Reduce, Reduction};

/// Height and width; of a line one row.
fn grid(layer: &Layer<'_>) -> [[u64; 2]; 2] {
    [layer.shape(), layer.place.output].map(|shape| shape.grid().map_or([1, 1], |(height, width)| [height, width]))
}

/// What windows need behind the map, which is less or more than what is given where their number is rounded up.
fn behind(pool: &Pool, window: &SlidingWindow, outputs: u64) -> u64 {
    if !pool.ceil {
        return window.after;
    }
    let end = window.stride.saturating_mul(outputs.saturating_sub(1)).saturating_add(window.extent());
    end.saturating_sub(window.input.saturating_add(window.before))
}

pub(super) fn pool(layer: &mut Layer<'_>, pool: &Pool) -> Result<(), TooMany> {
    let [size, outputs] = grid(layer);
    let windows = pool.windows(size);
    let after = [0, 1].map(|at| behind(pool, &windows[at], outputs[at]));
    let [rows, columns] = &windows;
    let filled = Padding { top: rows.before, left: columns.before, bottom: after[0], right: after[1] };
    // Runtimes take no padding that holds a whole window.
    let is_narrow = (0..2).all(|at| windows[at].before < windows[at].kernel && after[at] < windows[at].kernel);
    match pool.kind {
        PoolKind::Max => {
            max(layer, pool, (filled, is_narrow));
            Ok(())
        }
        PoolKind::Avg { count_include_pad } => {
            let is_plain = pool.dilation == [1, 1] && is_narrow;
            let hangs_over = (0..2).any(|at| after[at] > windows[at].after);
            let has_padding = windows.iter().any(|window| window.before + window.after > 0);
            let counts = count_include_pad && has_padding;
            if is_plain && !(counts && hangs_over) {
                let mut attributes = attributes(pool, filled);
                attributes.push(int("count_include_pad", counts.into()));
                layer.add("AveragePool", "means", &[&layer.x()], attributes);
                Ok(())
            } else {
                means(layer, pool, (windows, filled, outputs))
            }
        }
    }
}

fn attributes(pool: &Pool, pad: Padding) -> Vec<super::super::proto::AttributeProto> {
    vec![
        ints("kernel_shape", sides(pool.kernel, pool.line)),
        ints("strides", sides(pool.stride, pool.line)),
        ints("pads", pads(pad, pool.line)),
    ]
}

fn max(layer: &mut Layer<'_>, pool: &Pool, (pad, is_narrow): (Padding, bool)) {
    let (mut x, mut pad) = (layer.x(), pad);
    if !is_narrow {
        x = padded(layer, &x, (pad, pool.line), f64::NEG_INFINITY);
        pad = Padding::default();
    }
    let mut attributes = attributes(pool, pad);
    attributes.push(ints("dilations", sides(pool.dilation, pool.line)));
    layer.add("MaxPool", "maxima", &[&x], attributes);
}

/// A map with a number around it.
fn padded(layer: &mut Layer<'_>, x: &str, (pad, line): (Padding, bool), value: f64) -> String {
    let all: Vec<i64> = pads(pad, line).into_iter().map(|pad| pad as i64).collect();
    let (before, after) = all.split_at(all.len() / 2);
    let all: Vec<i64> = [&[0, 0], before, &[0, 0], after].concat();
    let all = layer.ints("padded/pads", all);
    let value = layer.number("padded/value", value);
    layer.add("Pad", "padded", &[x, &all, &value], vec![])
}

/// Sums of windows as a convolution of each channel with ones, over how many elements each window counts.
fn means(
    layer: &mut Layer<'_>,
    pool: &Pool,
    (windows, pad, outputs): ([SlidingWindow; 2], Padding, [u64; 2]),
) -> Result<(), TooMany> {
    let channels = layer.shape().channels();
    let ones = layer.filled("ones", [channels, 1].into_iter().chain(sides(pool.kernel, pool.line)), 1.0);
    let mut attributes = attributes(pool, pad);
    attributes.extend([ints("dilations", sides(pool.dilation, pool.line)), int("group", channels)]);
    let mut sums = layer.add("Conv", "sums", &[&layer.x(), &ones], attributes);
    let includes = matches!(pool.kind, PoolKind::Avg { count_include_pad: true });
    for (at, part) in [(0, "rows"), (1, "columns")].into_iter().filter(|(at, _)| !(pool.line && *at == 0)) {
        layer.spend(outputs[at].saturating_mul(windows[at].kernel.max(1)))?;
        let window = windows[at];
        let count = |index| if includes { window.padded_taps(index) } else { window.reads(index).count() as u64 };
        let counts: Vec<f32> = (0..outputs[at]).map(|index| count(index).max(1) as f32).collect();
        let dims: &[u64] = if at == 0 { &[outputs[at], 1] } else { &[outputs[at]] };
        let counts = layer.floats(&format!("{part}/count"), dims, counts);
        sums = layer.add("Div", part, &[&sums, &counts], vec![]);
    }
    Ok(())
}

pub(super) fn global(layer: &mut Layer<'_>, pool: GlobalPool) {
    let op = match pool {
        GlobalPool::Max => "GlobalMaxPool",
        GlobalPool::Avg => "GlobalAveragePool",
    };
    layer.add(op, "whole", &[&layer.x()], vec![]);
}

pub(super) fn adaptive(layer: &mut Layer<'_>, pool: AdaptivePool) -> Result<(), TooMany> {
    let [size, out] = grid(layer);
    if (0..2).all(|at| size[at].is_multiple_of(out[at])) {
        let kernel = [size[0] / out[0], size[1] / out[1]];
        let op = match pool.kind {
            GlobalPool::Max => "MaxPool",
            GlobalPool::Avg => "AveragePool",
        };
        let windows = ["kernel_shape", "strides"].map(|name| ints(name, sides(kernel, pool.line)));
        layer.add(op, "windows", &[&layer.x()], windows.to_vec());
        return Ok(());
    }
    match pool.kind {
        GlobalPool::Avg => adaptive_means(layer, pool, [size, out]),
        GlobalPool::Max => adaptive_maxima(layer, pool, [size, out]),
    }
}

/// A product with the shares that each row has in each output row, and the same for columns.
fn adaptive_means(layer: &mut Layer<'_>, pool: AdaptivePool, [size, out]: [[u64; 2]; 2]) -> Result<(), TooMany> {
    let share = |at: usize, index: u64, input: u64| {
        let window = adaptive_window(index, size[at], out[at]);
        if window.contains(&input) { 1.0 / (window.end - window.start) as f32 } else { 0.0 }
    };
    let mut x = layer.x();
    if !pool.line && size[0] != out[0] {
        layer.spend(size[0].saturating_mul(out[0]))?;
        let shares = (0..out[0]).flat_map(|index| (0..size[0]).map(move |input| share(0, index, input)));
        let shares = layer.floats("rows/shares", &[out[0], size[0]], shares.collect());
        x = layer.add("MatMul", "rows", &[&shares, &x], vec![]);
    }
    if size[1] != out[1] {
        layer.spend(size[1].saturating_mul(out[1]))?;
        let shares = (0..size[1]).flat_map(|input| (0..out[1]).map(move |index| share(1, index, input)));
        let shares = layer.floats("columns/shares", &[size[1], out[1]], shares.collect());
        layer.add("MatMul", "columns", &[&x, &shares], vec![]);
    }
    Ok(())
}

/// The rows of each window beside each other, the last one again where a window is shorter than others; then the largest.
fn adaptive_maxima(layer: &mut Layer<'_>, pool: AdaptivePool, [size, out]: [[u64; 2]; 2]) -> Result<(), TooMany> {
    let mut x = layer.x();
    let channels = layer.shape().channels();
    let mut dims = if pool.line { vec![channels, size[1]] } else { vec![channels, size[0], size[1]] };
    for (at, part) in [(0, "rows"), (1, "columns")] {
        let axis = if pool.line { 1 } else { at + 1 };
        if (pool.line && at == 0) || size[at] == out[at] {
            continue;
        }
        // A window is longer than `size / out` by less than two.
        let most = (size[at] / out[at]).saturating_add(2).min(size[at]);
        layer.spend(out[at].saturating_mul(most))?;
        let windows = (0..out[at]).map(|index| adaptive_window(index, size[at], out[at]));
        let length = windows.clone().map(|window| window.end - window.start).max().unwrap_or(1);
        let places = windows.flat_map(|window| (0..length).map(move |tap| (window.start + tap).min(window.end - 1) as i64));
        let places = layer.ints(&format!("{part}/places"), places.collect::<Vec<_>>());
        let taken = layer.add("Gather", &format!("{part}/taken"), &[&x, &places], vec![int("axis", axis as u64 + 1)]);
        dims[axis] = out[at];
        let split = dims
            .iter()
            .enumerate()
            .flat_map(|(own, dim)| std::iter::once(*dim as i64).chain((own == axis).then_some(length as i64)));
        let split: Vec<i64> = std::iter::once(0).chain(split).collect();
        let split = layer.reshape(&taken, &format!("{part}/windows"), split);
        let attributes = vec![ints("axes", [axis as u64 + 2]), int("keepdims", 0)];
        x = layer.add("ReduceMax", part, &[&split], attributes);
    }
    Ok(())
}

pub(super) fn reduce(layer: &mut Layer<'_>, reduce: &Reduce) {
    let op = match reduce.kind {
        Reduction::Sum => "ReduceSum",
        Reduction::Mean => "ReduceMean",
        Reduction::Amax => "ReduceMax",
        Reduction::Amin => "ReduceMin",
        Reduction::Prod => "ReduceProd",
        Reduction::L1 => "ReduceL1",
        Reduction::L2 => "ReduceL2",
    };
    let axes: Vec<u64> = reduce.axes.iter().map(|axis| *axis as u64 + 1).collect();
    // Of all axes one number is left here, and none there.
    let is_whole = !reduce.keep && axes.len() == layer.shape().rank();
    let keep = int("keepdims", (reduce.keep || is_whole).into());
    let x = layer.x();
    let reduced = if reduce.kind == Reduction::Sum {
        let axes = layer.ints("axes", axes.into_iter().map(|axis| axis as i64));
        layer.add(op, "reduced", &[&x, &axes], vec![keep])
    } else {
        layer.add(op, "reduced", &[&x], vec![ints("axes", axes), keep])
    };
    if is_whole && layer.shape().rank() > 1 {
        layer.shaped(&reduced, "whole", layer.place.output);
    }
}
