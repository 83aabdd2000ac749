//! Receptive fields against what really reaches an element: networks made at random are run with one row or one column of the
//! input poisoned, and every element that turns out poisoned depends on it.
//!
//! Maps are joined along all axes, cut, padded, turned, reshaped, normalised and resized, in any order: rows and columns come to
//! lie along any axis, and follow each other in no order.

use std::collections::BTreeMap;

use pointwise::analysis::Receptive;
use pointwise::exec::{RunOptions, prepare};
use pointwise::graph::NodeId;
use pointwise::op::{
    Activation, AdaptivePool, ChannelShuffle, Concat, Conv, ConvTranspose, Coordinates, DepthToSpace, Elementwise, Gather,
    GlobalPool, GroupNorm, InstanceNorm, LayerNorm, Linear, Lrn, Merge, Op, Pad, PadMode, Padding, Pool, PoolKind, Reduce,
    Repeat, Reshape, ResizeTo, Rounding, Shape, Slice, Softmax, SpaceToDepth, Transpose, Unary, Upsample, UpsampleMode,
};
use pointwise::random::Random;
use pointwise::shape::Shaped;
use pointwise::tensor::Tensor;
use pointwise::weights::Weights;

use crate::net::Net;

/// Channels, height and width of the input.
const MAP: &[u64] = &[4, 12, 10];
/// Channels and length.
const LINE: &[u64] = &[4, 30];

/// A choice among `0..n`.
fn below(random: &mut Random, n: u64) -> u64 {
    random.bits() % n
}

fn one_of<T: Copy>(random: &mut Random, of: &[T]) -> T {
    of[below(random, of.len() as u64) as usize]
}

/// Of a line, which has no rows, at its ends.
fn padding(random: &mut Random, line: bool) -> Padding {
    let mut side = || below(random, 3);
    let pad = Padding { top: side(), left: side(), bottom: side(), right: side() };
    if line { Padding { top: 0, bottom: 0, ..pad } } else { pad }
}

const COORDINATES: [Coordinates; 6] = [
    Coordinates::HalfPixel,
    Coordinates::HalfPixelSymmetric,
    Coordinates::PytorchHalfPixel,
    Coordinates::AlignCorners,
    Coordinates::Asymmetric,
    Coordinates::TfHalfPixel,
];

/// An operation of one input; it may not fit.
fn operation(random: &mut Random, shape: Shape) -> Op {
    let line = shape.rank() == 2;
    let pair = |random: &mut Random, n: u64| [1 + if line { 0 } else { below(random, n) }, 1 + below(random, n)];
    let axis = below(random, shape.rank() as u64) as usize;
    match below(random, 24) {
        0..=3 => {
            let (kernel, stride, dilation) = (pair(random, 4), pair(random, 2), pair(random, 2));
            let groups = one_of(random, &[1, 1, 2, shape.channels()]);
            let out = groups * (1 + below(random, 2));
            Op::Conv(Conv {
                out,
                kernel,
                stride,
                pad: padding(random, line),
                dilation,
                groups,
                bias: false,
                depthwise: false,
                line,
            })
        }
        4 => {
            let (kernel, stride, groups) = (pair(random, 4), pair(random, 3), one_of(random, &[1, 2]));
            let (pad, output_pad, dilation) = (Padding::default(), [0; 2], pair(random, 2));
            Op::ConvTranspose(ConvTranspose { out: 4, kernel, stride, pad, output_pad, dilation, groups, bias: false, line })
        }
        5 => {
            let kind = one_of(random, &[PoolKind::Max, PoolKind::Avg { count_include_pad: true }]);
            let (kernel, stride, ceil) = (pair(random, 3), pair(random, 2), below(random, 2) == 0);
            Op::Pool(Pool { kind, kernel, stride, pad: Padding::default(), dilation: pair(random, 2), ceil, line })
        }
        6 => {
            let kind = one_of(random, &[GlobalPool::Avg, GlobalPool::Max]);
            Op::AdaptivePool(AdaptivePool { kind, out: pair(random, 9), line })
        }
        7..=8 => {
            let dim = shape.dims().get(axis).map_or(1, |dim| u64::from(*dim));
            let start = below(random, dim);
            let step = 1 + below(random, 3) as i64;
            match below(random, 6) {
                0 => Op::Slice(Slice { axis, start, end: below(random, start + 1) as i64 - 1, step: -step }),
                1 => Op::Gather(Gather { axis, indices: (0..=below(random, 6)).map(|_| below(random, dim)).collect() }),
                2 => Op::Repeat(Repeat::Times((0..3).map(|at| if at == axis { 1 + below(random, 3) } else { 1 }).collect())),
                _ => Op::Slice(Slice { axis, start, end: (start + 1 + below(random, dim - start)) as i64, step }),
            }
        }
        9 => {
            let mode = one_of(random, &[PadMode::Constant(0.0), PadMode::Reflect, PadMode::Replicate, PadMode::Circular]);
            let cropped = below(random, 3) == 0 && mode != PadMode::Circular;
            let (some, none) = (padding(random, line), Padding::default());
            let (pad, crop) = if cropped { (none, some) } else { (some, none) };
            Op::Pad(Pad { pad, crop, mode, line })
        }
        10 => {
            let factors = [1.0, 2.0, 1.6, 1.25, 0.5, 0.7];
            let size = pair(random, 20);
            let factor = ResizeTo::Factor([if line { 1.0 } else { one_of(random, &factors) }, one_of(random, &factors)]);
            let to = one_of(random, &[factor, ResizeTo::Size(size)]);
            let rounding = one_of(random, &[Rounding::Floor, Rounding::Ceil, Rounding::PreferFloor, Rounding::PreferCeil]);
            let cubic = UpsampleMode::Cubic { a: -0.75, exclude_outside: below(random, 2) == 0 };
            let mode = one_of(random, &[UpsampleMode::Nearest(rounding), UpsampleMode::Linear, cubic]);
            Op::Upsample(Upsample { to, mode, coordinates: one_of(random, &COORDINATES), line })
        }
        11..=13 if line => Op::Transpose(Transpose { axes: vec![1, 0] }),
        11..=13 => {
            let orders = [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
            Op::Transpose(Transpose { axes: one_of(random, &orders).to_vec() })
        }
        14 if line => {
            let [a, b] = [0, 1].map(|axis| shape.dim(axis));
            let to = one_of(random, &[[2, a * b / 2], [a * b, 1], [1, a * b]]);
            Op::Reshape(Reshape { shape: Shape::new(&to).unwrap_or(shape) })
        }
        14 => {
            let [a, b, c] = [0, 1, 2].map(|axis| shape.dims().get(axis).map_or(1, |dim| u64::from(*dim)));
            let to = one_of(random, &[[a * b, 1, c], [1, a * b, c], [a, b * c, 1], [a, 1, b * c], [2, a * b * c / 2, 1]]);
            Op::Reshape(Reshape { shape: Shape::new(&to).unwrap_or(shape) })
        }
        15 => {
            let axes = one_of(random, &[&[0][..], &[0], &[1], &[2], &[0, 1], &[1, 2]]).to_vec();
            Op::LayerNorm(LayerNorm { eps: 1e-5, affine: false, axes, bias: true })
        }
        16 => Op::InstanceNorm(InstanceNorm { eps: 1e-5, affine: false }),
        17 => Op::GroupNorm(GroupNorm { groups: one_of(random, &[1, 2]), eps: 1e-5, affine: false }),
        18 => one_of_norms(random, axis),
        19 => Op::Linear(Linear { out: 3, bias: false }),
        20 => Op::ChannelShuffle(ChannelShuffle { groups: 2 }),
        21 => Op::DepthToSpace(DepthToSpace { block: 2 }),
        22 => Op::SpaceToDepth(SpaceToDepth { block: 2 }),
        _ => one_of_reductions(random, axis),
    }
}

fn one_of_norms(random: &mut Random, axis: usize) -> Op {
    match below(random, 4) {
        0 => Op::Lrn(Lrn { size: 1 + below(random, 4), alpha: 1.0, beta: 0.75, k: 1.0 }),
        1 => Op::Softmax(Softmax { axis, log: below(random, 2) == 0 }),
        2 => Op::Unary(Unary::Neg),
        _ => Op::Activation(Activation::Sigmoid),
    }
}

fn one_of_reductions(random: &mut Random, axis: usize) -> Op {
    if below(random, 2) == 0 { Op::GlobalPool(GlobalPool::Avg) } else { Op::Reduce(Reduce::mean([axis], true)) }
}

/// A network of which every layer is an output, and its layers.
fn network(random: &mut Random, dims: &[u64]) -> (Shaped, Vec<NodeId>) {
    let mut net = Net::new();
    let input = Shape::new(dims).expect("a shape");
    let mut values = vec![(net.input("x", dims), input)];
    for _ in 0..40 {
        let (last, other) = (values[values.len() - 1], one_of(random, &values));
        let (op, inputs) = match below(random, 8) {
            0..=1 => (Op::Concat(Concat { axis: below(random, dims.len() as u64) as usize }), vec![other, last]),
            2 if below(random, 3) == 0 => (Op::MatMul, vec![other, last]),
            2 => (Op::Elementwise(Elementwise { merge: Merge::Add }), vec![other, last]),
            3 => (operation(random, other.1), vec![other]),
            _ => (operation(random, last.1), vec![last]),
        };
        let shapes: Vec<Shape> = inputs.iter().map(|(_, shape)| *shape).collect();
        let fits =
            op.infer(&shapes).ok().filter(|shape| shape.rank() == dims.len() && shape.elements().is_some_and(|n| n <= 3_000));
        let Some(shape) = fits else { continue };
        let ids: Vec<NodeId> = inputs.iter().map(|(id, _)| *id).collect();
        values.push((net.add(&format!("n{}", values.len()), op, &ids), shape));
        if values.len() > 7 {
            break;
        }
    }
    let nodes: Vec<NodeId> = values.into_iter().skip(1).map(|(id, _)| id).collect();
    for (i, node) in nodes.iter().enumerate() {
        net.graph.add_output(format!("y{i}"), *node);
    }
    (net.shaped(), nodes)
}

/// For each layer and element, the first and last row (0) or column (1) of the input that it depends on.
fn reached(shaped: &Shaped, layers: usize, (side, dims): (usize, &[u64])) -> Vec<Vec<Option<(u64, u64)>>> {
    let weights = Weights::init(shaped, 1);
    let mut prepared = prepare(shaped, &weights, &RunOptions { threads: 1, ..RunOptions::default() }).expect("it runs");
    let dims: Vec<usize> = dims.iter().map(|n| *n as usize).collect();
    let (height, width) = if let [_, height, width] = dims[..] { (height, width) } else { (1, dims[1]) };
    let mut seen: Vec<Vec<Option<(u64, u64)>>> = vec![Vec::new(); layers];
    for line in 0..[height, width][side] {
        let mut random = Random::new(7);
        let poisoned = |i: usize| if [i / width % height, i % width][side] == line { f32::NAN } else { random.unit() as f32 };
        let data = (0..dims[0] * height * width).map(poisoned).collect();
        let input = BTreeMap::from([("x".to_owned(), Tensor::new([vec![1], dims.clone()].concat(), data))]);
        let outputs = prepared.run(&input).expect("it runs").outputs;
        for ((_, output), seen) in outputs.iter().zip(&mut seen) {
            seen.resize(output.data().len(), None);
            for (_, seen) in output.data().iter().zip(seen).filter(|(value, _)| value.is_nan()) {
                let first = seen.map_or(line as u64, |(first, _)| first);
                *seen = Some((first, line as u64));
            }
        }
    }
    seen
}

/// Nothing that reaches an element lies outside of its field. What follows an input's pixels through the padding counts those
/// outside too, so a field may be larger than what reaches any element inside the map.
#[test]
fn nothing_from_outside_its_field_reaches_an_element() {
    let (mut wrong, mut tight, mut all) = (Vec::new(), 0, 0);
    for seed in 0..300 {
        let dims = if seed % 3 == 2 { LINE } else { MAP };
        let (shaped, layers) = network(&mut Random::new(seed), dims);
        let analysis = pointwise::analysis::analyze(&shaped, &pointwise::analysis::Options::default()).expect("counts that fit");
        let fields: Vec<Receptive> = layers.iter().map(|id| analysis.layer(*id).expect("a layer").receptive).collect();
        for side in 3 - dims.len()..2 {
            for (i, seen) in reached(&shaped, layers.len(), (side, dims)).iter().enumerate() {
                let extent = seen.iter().flatten().map(|(first, last)| last - first + 1).max().unwrap_or(0);
                let field = fields[i].field[side];
                if extent > field {
                    let name = &shaped.graph().node(layers[i]).name;
                    wrong.push(format!("network {seed}, {name}, side {side}: {extent} reach it, and its field is {field}"));
                }
                (tight, all) = (tight + u64::from(extent == field), all + 1);
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {all}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tight * 10 > all * 6, "{tight} of {all} fields are what reaches an element; the others see padding");
}
