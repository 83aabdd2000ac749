//! Receptive fields: known networks, joins, upsampling, and brute force by following single pixels.

use std::collections::BTreeSet;

use proptest::prelude::*;

use pointwise::analysis::Receptive;
use pointwise::graph::{Graph, NodeId};
use pointwise::op::{
    ConvTranspose, DepthToSpace, Gather, GlobalPool, LayerNorm, Op, Padding, Param, Reduce, Repeat, Reshape, ResizeTo, Shape,
    Slice, Transpose, Upsample, UpsampleMode,
};
use pointwise::shape::Shaped;

use crate::net::{Net, concat, conv, linear, maxpool, plus, relu, times};

fn field(net: Net, node: NodeId) -> Receptive {
    let (_, analysis) = net.analyzed();
    analysis.layer(node).expect("a layer").receptive
}

fn upsample(size: u64) -> Op {
    Op::Upsample(Upsample::nearest(ResizeTo::Size([size; 2])))
}

/// VGG-16's convolutions: 196 pixels at a stride of 16 after the last of them, 212 after pool5 (as published for it).
#[test]
fn vgg16() {
    let mut net = Net::new();
    let mut x = net.input("x", &[3, 224, 224]);
    let mut fields = Vec::new();
    for depth in [2, 2, 3, 3, 3] {
        for _ in 0..depth {
            x = net.add("conv", Op::Conv(conv(8, 3, 1, 1)), &[x]);
        }
        fields.push(x);
        x = net.add("pool", maxpool(2, 2, 0), &[x]);
    }
    net.output(x);
    let (_, analysis) = net.analyzed();
    let of = |id| analysis.layer(id).expect("a layer").receptive;
    assert_eq!((of(fields[4]).field, of(fields[4]).stride), ([196; 2], [(16, 1); 2]));
    assert_eq!((of(x).field, of(x).stride, of(x).offset), ([212; 2], [(32, 1); 2], [-90; 2]));
}

#[test]
fn joins_take_the_union() {
    let mut net = Net::new();
    let x = net.input("x", &[4, 16, 16]);
    let one = net.add("one", Op::Conv(conv(4, 1, 1, 0)), &[x]);
    let five = net.add("five", Op::Conv(conv(4, 5, 1, 2)), &[x]);
    let both = net.add("both", concat(), &[one, five]);
    net.output(both);
    assert_eq!(field(net, both), Receptive { field: [5; 2], stride: [(1, 1); 2], offset: [-2; 2] });
}

#[test]
fn what_sees_the_whole_map_sees_the_whole_input() {
    let mut net = Net::new();
    let x = net.input("x", &[4, 16, 12]);
    let small = net.add("small", Op::Conv(conv(4, 3, 2, 1)), &[x]);
    let pool = net.add("pool", Op::GlobalPool(GlobalPool::Avg), &[small]);
    let gate = net.add("gate", times(), &[small, pool]);
    let behind = net.add("behind", Op::Conv(conv(4, 3, 1, 1)), &[gate]);
    let flat = net.add("flat", Op::Flatten, &[small]);
    let dense = net.add("dense", linear(3), &[flat]);
    let mean = net.add("mean", Op::Reduce(Reduce::mean([1, 2], false)), &[small]);
    for node in [behind, dense, mean] {
        net.output(node);
    }
    let (_, analysis) = net.analyzed();
    let whole = Receptive { field: [16, 12], stride: [(0, 1); 2], offset: [0; 2] };
    for node in [pool, gate, behind, flat, dense, mean] {
        assert_eq!(analysis.layer(node).expect("a layer").receptive, whole);
    }
}

#[test]
fn several_inputs_speak_of_the_first() {
    let mut net = Net::new();
    let image = net.input("image", &[4, 16, 16]);
    let guide = net.input("guide", &[4, 16, 16]);
    let own = net.add("own", Op::Conv(conv(4, 7, 1, 3)), &[guide]);
    let near = net.add("near", Op::Conv(conv(4, 3, 1, 1)), &[image]);
    let both = net.add("both", plus(), &[own, near]);
    net.output(both);
    let (_, analysis) = net.analyzed();
    assert_eq!(analysis.layer(own).expect("a layer").receptive.field, [7; 2]);
    assert_eq!(analysis.layer(both).expect("a layer").receptive.field, [3; 2]);
}

/// ConvNeXt writes its 1x1s as linear layers between transposes: the spatial axes come back as they went.
#[test]
fn axes_are_followed_through_transpose_and_reshape() {
    let mut net = Net::new();
    let x = net.input("x", &[6, 16, 16]);
    let wide = net.add("wide", Op::Conv(conv(6, 7, 2, 3)), &[x]);
    let last = net.add("last", Op::Transpose(Transpose { axes: vec![1, 2, 0] }), &[wide]);
    let dense = net.add("dense", linear(6), &[last]);
    let back = net.add("back", Op::Transpose(Transpose { axes: vec![2, 0, 1] }), &[dense]);
    let split = net.add("split", Op::Reshape(Reshape { shape: Shape::new(&[2, 3, 8, 8]).expect("a shape") }), &[back]);
    let swapped = net.add("swapped", Op::Transpose(Transpose { axes: vec![1, 0, 2, 3] }), &[split]);
    let joined = net.add("joined", Op::Reshape(Reshape { shape: Shape::new(&[6, 8, 8]).expect("a shape") }), &[swapped]);
    let after = net.add("after", Op::Conv(conv(6, 3, 1, 1)), &[joined]);
    net.output(after);
    assert_eq!(field(net, after), Receptive { field: [11; 2], stride: [(2, 1); 2], offset: [-5; 2] });
}

/// Rows taken backwards, by their indices or again and again, and products of tensors.
#[test]
fn taken_repeated_and_multiplied_rows_see_what_they_are_made_of() {
    let mut net = Net::new();
    let x = net.input("x", &[4, 16, 12]);
    let wide = net.add("wide", Op::Conv(conv(4, 3, 1, 1)), &[x]);
    let back = net.add("back", Op::Slice(Slice { axis: 1, start: 15, end: -1, step: -2 }), &[wide]);
    let ends = net.add("ends", Op::Gather(Gather { axis: 2, indices: [0, 11].into() }), &[wide]);
    let over = net.add("over", Op::Conv(conv(4, 2, 1, 0)), &[ends]);
    let line = net.add("line", Op::Slice(Slice { axis: 1, start: 5, end: 6, step: 1 }), &[wide]);
    let map = net.add("map", Op::Repeat(Repeat::To(Shape::new(&[2, 4, 7, 12]).expect("a shape"))), &[line]);
    let param = |dims: &[u64]| Op::Param(Param { shape: Shape::new(dims).expect("a shape"), init: 0.0 });
    let (left, right) = (net.add("left", param(&[5, 16]), &[]), net.add("right", param(&[12, 3]), &[]));
    let rows = net.add("rows", Op::MatMul, &[wide, right]);
    let columns = net.add("columns", Op::MatMul, &[left, wide]);
    let turned = net.add("turned", Op::Transpose(Transpose { axes: vec![0, 2, 1] }), &[wide]);
    let scores = net.add("scores", Op::MatMul, &[wide, turned]);
    let norm = net.add("norm", Op::LayerNorm(LayerNorm { eps: 0.0, affine: true, axes: vec![0, 1], bias: true }), &[wide]);
    for node in [back, over, map, rows, columns, scores, norm] {
        net.output(node);
    }
    let (_, analysis) = net.analyzed();
    let of = |id| analysis.layer(id).expect("a layer").receptive;
    assert_eq!(of(back), Receptive { field: [3; 2], stride: [(2, 1), (1, 1)], offset: [14, -1] });
    assert_eq!((of(ends).field, of(over).field), ([3, 3], [4, 14]));
    assert_eq!((of(map).field, of(map).stride, of(map).offset), ([3; 2], [(0, 1), (1, 1)], [4, -1]));
    assert_eq!((of(rows).field, of(columns).field, of(scores).field), ([3, 12], [16, 3], [16, 12]));
    assert_eq!(of(norm).field, [16, 3]);
}

#[test]
fn upsampling_gives_fractions() {
    let mut net = Net::new();
    let x = net.input("x", &[4, 16, 16]);
    let half = net.add("half", maxpool(2, 2, 0), &[x]);
    let up = net.add("up", upsample(16), &[half]);
    let four = net.add("four", upsample(64), &[half]);
    let smooth = net.add("smooth", Op::Conv(conv(4, 3, 1, 1)), &[four]);
    let skip = net.add("skip", concat(), &[up, x]);
    net.output(skip);
    net.output(smooth);
    let (_, analysis) = net.analyzed();
    let of = |id| analysis.layer(id).expect("a layer").receptive;
    assert_eq!((of(up).field, of(up).stride), ([2; 2], [(1, 1); 2]));
    assert_eq!((of(four).field, of(four).stride), ([2; 2], [(1, 4); 2]));
    assert_eq!((of(smooth).field, of(smooth).stride, of(smooth).offset), ([4; 2], [(1, 4); 2], [-2; 2]));
    assert_eq!((of(skip).field, of(skip).stride), ([2; 2], [(1, 1); 2]));
}

/// Rows of the input that a row of a node depends on, followed one index at a time from the operations' definitions.
#[expect(clippy::wildcard_enum_match_arm, reason = "an oracle of the few operations that these tests build")]
fn rows(shaped: &Shaped, node: NodeId, row: i64) -> BTreeSet<i64> {
    let graph: &Graph = shaped.graph();
    let n = graph.node(node);
    if matches!(n.op, Op::Input(_)) {
        return BTreeSet::from([row]);
    }
    let (input, output) = (n.inputs[0], shaped.shape(node).dim(1) as i64);
    let height = shaped.shape(input).dim(1) as i64;
    let taps: Vec<i64> = match &n.op {
        Op::Conv(c) => {
            (0..c.kernel[0]).map(|t| row * c.stride[0] as i64 - c.pad.top as i64 + (t * c.dilation[0]) as i64).collect()
        }
        Op::Pool(p) => (0..p.kernel[0]).map(|t| row * p.stride[0] as i64 - p.pad.top as i64 + t as i64).collect(),
        Op::ConvTranspose(c) => (-64..height + 64)
            .filter(|i| {
                (0..c.kernel[0] as i64).any(|t| i * c.stride[0] as i64 - c.pad.top as i64 + t * c.dilation[0] as i64 == row)
            })
            .collect(),
        Op::Upsample(Upsample { mode: UpsampleMode::Nearest(_), .. }) => vec![(row * height).div_euclid(output)],
        Op::Upsample(_) => {
            let position = ((2 * row + 1) * height - output, 2 * output);
            let low = position.0.div_euclid(position.1);
            if position.0.rem_euclid(position.1) == 0 { vec![low] } else { vec![low, low + 1] }
        }
        Op::DepthToSpace(d) => vec![row.div_euclid(d.block as i64)],
        Op::Slice(s) => vec![if s.axis == 1 { s.start as i64 + row * s.step } else { row }],
        Op::Elementwise(_) | Op::Concat(_) => {
            return n.inputs.iter().flat_map(|input| rows(shaped, *input, row)).collect();
        }
        _ => vec![row],
    };
    taps.into_iter().flat_map(|tap| rows(shaped, input, tap)).collect()
}

fn transposed(kernel: u64, stride: u64) -> Op {
    let pad = Padding { top: 1, left: 1, bottom: 1, right: 1 };
    Op::ConvTranspose(ConvTranspose {
        out: 4,
        kernel: [kernel; 2],
        stride: [stride; 2],
        pad,
        output_pad: [0; 2],
        dilation: [1; 2],
        groups: 1,
        bias: false,
        line: false,
    })
}

fn step(net: &mut Net, kind: u8, x: NodeId, height: u64) -> (NodeId, u64) {
    let name = format!("n{}", net.graph.len());
    let (op, height) = match kind % 9 {
        0 => (Op::Conv(conv(4, 3, 1, 1)), height),
        1 => (Op::Conv(conv(4, 3, 2, 1)), height.div_ceil(2)),
        2 => (maxpool(2, 2, 0), height / 2),
        3 => (upsample(2 * height), 2 * height),
        4 => (upsample(3 * height / 2), 3 * height / 2),
        5 => (Op::Upsample(Upsample::bilinear(ResizeTo::Size([2 * height; 2]), false)), 2 * height),
        6 => (transposed(4, 2), 2 * height),
        7 => (Op::Slice(Slice { axis: 1, start: 1, end: height as i64, step: 2 }), height / 2),
        _ => (relu(), height),
    };
    (net.add(&name, op, &[x]), height)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Over random chains with a shortcut: no index sees more than the reported extent, some index sees all of it, and
    /// the first index starts at the offset.
    #[test]
    fn fields_hold_against_following_pixels(kinds in prop::collection::vec(any::<u8>(), 1..6), shortcut in any::<bool>()) {
        let mut net = Net::new();
        let input = net.input("x", &[4, 48, 48]);
        let (mut x, mut height) = (input, 48);
        for kind in &kinds {
            if !(8..=200).contains(&height) {
                break;
            }
            (x, height) = step(&mut net, *kind, x, height);
        }
        let width_changed = kinds.iter().any(|kind| kind % 9 == 7);
        if shortcut && height == 48 && !width_changed && x != input {
            x = net.add("add", plus(), &[x, input]);
        }
        prop_assume!(x != input);
        net.output(x);
        let (shaped, analysis) = net.analyzed();
        let receptive = analysis.layer(x).expect("a layer").receptive;
        let fields: Vec<_> = (0..shaped.shape(x).dim(1) as i64).map(|row| rows(&shaped, x, row)).collect();
        let extents: Vec<_> = fields.iter().map(|f| (f.last().expect("rows") - f.first().expect("rows") + 1) as u64).collect();
        prop_assert_eq!(extents.iter().max(), Some(&receptive.field[0]));
        prop_assert_eq!(fields[0].first(), Some(&receptive.offset[0]));
    }
}

#[test]
fn depth_to_space_shares_pixels() {
    let mut net = Net::new();
    let x = net.input("x", &[4, 8, 8]);
    let wide = net.add("wide", Op::Conv(conv(4, 3, 1, 1)), &[x]);
    let up = net.add("up", Op::DepthToSpace(DepthToSpace { block: 2 }), &[wide]);
    net.output(up);
    assert_eq!(field(net, up), Receptive { field: [3; 2], stride: [(1, 2); 2], offset: [-1; 2] });
}

/// With a kernel of 2 and a stride of 3 every third index reads nothing; it counts as seeing the pixel before it.
#[test]
fn a_transposed_kernel_smaller_than_its_stride_leaves_gaps() {
    let mut net = Net::new();
    let x = net.input("x", &[4, 8, 8]);
    let Op::ConvTranspose(op) = transposed(2, 3) else { unreachable!("it is one") };
    let apart = net.add("apart", Op::ConvTranspose(ConvTranspose { pad: Padding::default(), ..op }), &[x]);
    let gaps = net.add("gaps", Op::Slice(Slice { axis: 1, start: 2, end: 23, step: 3 }), &[apart]);
    let pairs = net.add("pairs", Op::Conv(conv(4, 2, 1, 0)), &[apart]);
    net.output(gaps);
    net.output(pairs);
    let (_, analysis) = net.analyzed();
    let of = |id| analysis.layer(id).expect("a layer").receptive;
    assert_eq!(of(apart), Receptive { field: [1; 2], stride: [(1, 3); 2], offset: [0; 2] });
    assert_eq!((of(gaps).field[0], of(gaps).stride[0], of(gaps).offset[0]), (1, (1, 1), 0));
    assert_eq!(of(pairs), Receptive { field: [2; 2], stride: [(1, 3); 2], offset: [0; 2] });
}

/// Twenty rows, shrunk to six and stretched again: at the last row the resized branch is three rows behind, at the tenth one.
#[test]
fn branches_of_different_paces_are_joined_row_by_row() {
    let mut net = Net::new();
    let x = net.input("x", &[4, 20, 20]);
    let third = net.add("third", maxpool(3, 3, 0), &[x]);
    let back = net.add("back", upsample(20), &[third]);
    let both = net.add("both", plus(), &[x, back]);
    net.output(both);
    let (shaped, analysis) = net.analyzed();
    let seen = |row| rows(&shaped, both, row);
    let extent = |seen: BTreeSet<i64>| seen.last().expect("rows") - seen.first().expect("rows") + 1;
    assert_eq!([3, 9, 13, 19].map(|row| extent(seen(row))), [4, 4, 5, 5]);
    assert_eq!((0..20).map(|row| extent(seen(row))).max(), Some(5));
    let found = analysis.layer(both).expect("a layer").receptive;
    assert_eq!(found, Receptive { field: [5; 2], stride: [(1, 1); 2], offset: [0; 2] });
    let alone = analysis.layer(back).expect("a layer").receptive;
    assert_eq!((alone.field, alone.stride), ([3; 2], [(9, 10); 2]));
}

/// A reshape keeps an axis of which the length and the place are the same, and no other.
#[test]
fn a_reshape_keeps_only_what_stays_in_place() {
    for (to, extent, stride) in [
        // Eight rows moved before the channels: rows of the input no more. The columns stay the last axis.
        ([8, 6, 8], [8, 3], [(0, 1), (1, 1)]),
        ([6, 8, 8], [3, 3], [(1, 1), (1, 1)]),
        // Rows and columns torn apart.
        ([6, 16, 4], [8, 8], [(0, 1), (0, 1)]),
        ([12, 4, 8], [8, 3], [(0, 1), (1, 1)]),
    ] {
        let mut net = Net::new();
        let x = net.input("x", &[6, 8, 8]);
        let wide = net.add("wide", Op::Conv(conv(6, 3, 1, 1)), &[x]);
        let shaped = net.add("shaped", Op::Reshape(Reshape { shape: Shape::new(&to).expect("a shape") }), &[wide]);
        net.output(shaped);
        let found = field(net, shaped);
        assert_eq!((found.field, found.stride), (extent, stride), "{to:?}");
    }
    // An axis of one is nowhere in particular.
    let mut net = Net::new();
    let x = net.input("x", &[4, 1, 8]);
    let near = net.add("near", Op::Conv(conv(4, 3, 1, 1)), &[x]);
    let shaped = net.add("shaped", Op::Reshape(Reshape { shape: Shape::new(&[4, 1, 1, 8]).expect("a shape") }), &[near]);
    net.output(shaped);
    assert_eq!(field(net, shaped).field, [1, 3], "all of the one row, three columns");
}
