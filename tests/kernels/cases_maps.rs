//! Cases of operations that pool, join and move elements; each comment says how the numbers come about.

use pointwise::op::{
    AdaptivePool, ChannelShuffle, Concat, Constant, DepthToSpace, Dropout, Elementwise, Gather, GlobalPool, Merge, Op, Pad,
    PadMode, Padding, Param, Pool, PoolKind, Reduce, Reduction, Repeat, Reshape, ResizeTo, Scalar, ScalarOp, Shape, Slice,
    SpaceToDepth, Transpose, Unary, Upsample,
};

use crate::apply::Case;
use crate::cases::NO_PAD;

const NINE: [f32; 9] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];
const ONE_SIDED: Padding = Padding { top: 1, left: 1, bottom: 0, right: 0 };

fn pool(kind: PoolKind, k: u64, stride: u64) -> Pool {
    Pool { kind, kernel: [k, k], stride: [stride, stride], pad: NO_PAD, dilation: [1, 1], ceil: false, line: false }
}

pub fn pooling() -> Vec<Case> {
    let (with, without) = (PoolKind::Avg { count_include_pad: true }, PoolKind::Avg { count_include_pad: false });
    vec![
        Case::new("maxpool", Op::Pool(pool(PoolKind::Max, 2, 1)))
            .input(&[1, 3, 3], &NINE)
            .gives(&[1, 2, 2], &[5.0, 6.0, 8.0, 9.0]),
        // Padding is minus infinity, not zero.
        Case::new("maxpool, padded", Op::Pool(Pool { pad: ONE_SIDED, ..pool(PoolKind::Max, 2, 1) }))
            .input(&[1, 2, 2], &[-1.0, -2.0, -3.0, -4.0])
            .gives(&[1, 2, 2], &[-1.0, -1.0, -1.0, -1.0]),
        // The corners of the square.
        Case::new("maxpool, dilated", Op::Pool(Pool { dilation: [2, 2], ..pool(PoolKind::Max, 2, 1) }))
            .input(&[1, 3, 3], &[1.0, 9.0, 2.0, 9.0, 9.0, 9.0, 3.0, 9.0, 4.0])
            .gives(&[1, 1, 1], &[4.0]),
        // Rounding up adds the last row and column, of which the windows hang over.
        Case::new("maxpool, ceil", Op::Pool(Pool { ceil: true, ..pool(PoolKind::Max, 2, 2) }))
            .input(&[1, 3, 3], &NINE)
            .gives(&[1, 2, 2], &[5.0, 6.0, 8.0, 9.0]),
        Case::new("maxpool 1x3, stride [2, 1]", Op::Pool(Pool { kernel: [1, 3], stride: [2, 1], ..pool(PoolKind::Max, 1, 1) }))
            .input(&[1, 3, 3], &NINE)
            .gives(&[1, 2, 1], &[3.0, 9.0]),
        Case::new("avgpool", Op::Pool(pool(with, 2, 1))).input(&[1, 3, 3], &NINE).gives(&[1, 2, 2], &[3.0, 4.0, 6.0, 7.0]),
        // Each window holds one element and three zeros.
        Case::new("avgpool, padding counted", Op::Pool(Pool { pad: Padding::even([1, 1]), ..pool(with, 2, 2) }))
            .input(&[1, 2, 2], &[1.0, 2.0, 3.0, 4.0])
            .gives(&[1, 2, 2], &[0.25, 0.5, 0.75, 1.0]),
        Case::new("avgpool, padding not counted", Op::Pool(Pool { pad: Padding::even([1, 1]), ..pool(without, 2, 2) }))
            .input(&[1, 2, 2], &[1.0, 2.0, 3.0, 4.0])
            .gives(&[1, 2, 2], &[1.0, 2.0, 3.0, 4.0]),
        // What hangs over is not counted, even where padding is: 12 / 4, 9 / 2, 15 / 2, 9.
        Case::new("avgpool, ceil", Op::Pool(Pool { ceil: true, ..pool(with, 2, 2) }))
            .input(&[1, 3, 3], &NINE)
            .gives(&[1, 2, 2], &[3.0, 4.5, 7.5, 9.0]),
        // k 3, stride 2, padding 1 on 4: the last window holds column 4, one padded column and one beyond: 4 / (1 · 2).
        Case::new(
            "avgpool, ceil and padding",
            Op::Pool(Pool { kernel: [1, 3], stride: [1, 2], pad: Padding::even([0, 1]), ceil: true, ..pool(with, 1, 1) }),
        )
        .input(&[1, 1, 4], &[1.0, 2.0, 3.0, 4.0])
        .gives(&[1, 1, 3], &[1.0, 3.0, 2.0]),
        Case::new("global_avgpool", Op::GlobalPool(GlobalPool::Avg))
            .input(&[2, 1, 2], &[1.0, 2.0, 3.0, 5.0])
            .gives(&[2, 1, 1], &[1.5, 4.0]),
        Case::new("global_maxpool", Op::GlobalPool(GlobalPool::Max))
            .input(&[2, 1, 2], &[-1.0, -2.0, 3.0, 5.0])
            .gives(&[2, 1, 1], &[-1.0, 5.0]),
        // Windows 0..2 and 1..3 overlap.
        Case::new("adaptive_avgpool, down", Op::AdaptivePool(adaptive(GlobalPool::Avg, 2)))
            .input(&[1, 1, 3], &[1.0, 2.0, 6.0])
            .gives(&[1, 1, 2], &[1.5, 4.0]),
        // Windows 0..1, 0..2, 1..2.
        // Columns 0 and 1, then 1 and 2.
        Case::new("adaptive_maxpool", Op::AdaptivePool(adaptive(GlobalPool::Max, 2)))
            .input(&[1, 1, 3], &[3.0, 1.0, 2.0])
            .gives(&[1, 1, 2], &[3.0, 2.0]),
        Case::new("adaptive_avgpool, up", Op::AdaptivePool(adaptive(GlobalPool::Avg, 3)))
            .input(&[1, 1, 2], &[2.0, 4.0])
            .gives(&[1, 1, 3], &[2.0, 3.0, 4.0]),
    ]
}

fn merge(what: &'static str, merge: Merge) -> Case {
    Case::new(what, Op::Elementwise(Elementwise { merge }))
}

fn scalar(what: &'static str, op: ScalarOp, y: [f64; 2]) -> Case {
    Case::new(what, Op::Scalar(Scalar { op, value: 2.0 })).input(&[2], &[1.0, 4.0]).gives(&[2], &y)
}

/// `x -> y` pairs of a function.
fn unary(what: &'static str, op: Unary, x: &[f32], y: &[f64]) -> Case {
    Case::new(what, Op::Unary(op)).input(&[x.len() as u64], x).gives(&[y.len() as u64], y)
}

pub fn functions() -> Vec<Case> {
    let half = f64::from(0.5f32);
    vec![
        unary("sqrt", Unary::Sqrt, &[0.0, 2.25], &[0.0, 1.5]),
        unary("exp", Unary::Exp, &[0.0, 0.5, -200.0], &[1.0, half.exp(), 0.0]),
        unary("log", Unary::Log, &[1.0, 0.5], &[0.0, half.ln()]),
        unary("abs", Unary::Abs, &[-2.0, 3.0], &[2.0, 3.0]),
        unary("neg", Unary::Neg, &[-2.0, 3.0], &[2.0, -3.0]),
        unary("sign", Unary::Sign, &[-2.0, 0.0, 0.25], &[-1.0, 0.0, 1.0]),
        unary("floor", Unary::Floor, &[-1.5, 1.5], &[-2.0, 1.0]),
        unary("ceil", Unary::Ceil, &[-1.5, 1.5], &[-1.0, 2.0]),
        unary("round, halves to the even", Unary::Round, &[0.5, 1.5, 2.5, -1.5, 1.75], &[0.0, 2.0, 2.0, -2.0, 2.0]),
        unary("reciprocal", Unary::Reciprocal, &[4.0, -0.5], &[0.25, -2.0]),
        // Abramowitz and Stegun, table 7.1.
        unary("erf", Unary::Erf, &[0.0, 0.5, -0.5], &[0.0, 0.520_499_877_813_046_5, -0.520_499_877_813_046_5]),
        unary("sin", Unary::Sin, &[0.0, 0.5], &[0.0, half.sin()]),
        unary("cos", Unary::Cos, &[0.0, 0.5], &[1.0, half.cos()]),
        unary("clamp", Unary::Clamp { min: Some(-1.0), max: Some(2.0) }, &[-3.0, 0.5, 3.0], &[-1.0, 0.5, 2.0]),
        unary("clamp from below", Unary::Clamp { min: Some(1.0), max: None }, &[-3.0, 0.5, 3.0], &[1.0, 1.0, 3.0]),
        unary("clamp from above", Unary::Clamp { min: None, max: Some(1.0) }, &[-3.0, 0.5, 3.0], &[-3.0, 0.5, 1.0]),
        unary("clamp the wrong way round", Unary::Clamp { min: Some(2.0), max: Some(1.0) }, &[-3.0, 1.5, 3.0], &[1.0; 3]),
    ]
}

pub fn joining() -> Vec<Case> {
    vec![
        Case::new("concat of channels", Op::Concat(Concat { axis: 0 }))
            .input(&[1, 1, 2], &[1.0, 2.0])
            .input(&[2, 1, 2], &[3.0, 4.0, 5.0, 6.0])
            .gives(&[3, 1, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
        Case::new("concat of columns", Op::Concat(Concat { axis: 2 }))
            .input(&[2, 1, 1], &[1.0, 2.0])
            .input(&[2, 1, 2], &[3.0, 4.0, 5.0, 6.0])
            .gives(&[2, 1, 3], &[1.0, 3.0, 4.0, 2.0, 5.0, 6.0]),
        merge("add", Merge::Add).input(&[2], &[1.0, 2.0]).input(&[2], &[10.0, 20.0]).gives(&[2], &[11.0, 22.0]),
        // A factor for each channel.
        merge("mul, broadcast over positions", Merge::Mul)
            .input(&[2, 1, 2], &[1.0, 2.0, 3.0, 4.0])
            .input(&[2, 1, 1], &[10.0, 100.0])
            .gives(&[2, 1, 2], &[10.0, 20.0, 300.0, 400.0]),
        // Aligned at the last axis: a value for each column; the first input is the smaller one.
        merge("add, broadcast from another rank", Merge::Add)
            .input(&[2], &[10.0, 20.0])
            .input(&[2, 1, 2], &[1.0, 2.0, 3.0, 4.0])
            .gives(&[2, 1, 2], &[11.0, 22.0, 13.0, 24.0]),
        // A column and a row make a table.
        merge("mul, both broadcast", Merge::Mul)
            .input(&[1, 2, 1], &[1.0, 2.0])
            .input(&[1, 1, 2], &[3.0, 5.0])
            .gives(&[1, 2, 2], &[3.0, 5.0, 6.0, 10.0]),
        // 10 - 3 - 2.
        merge("sub, from the left", Merge::Sub).input(&[1], &[10.0]).input(&[1], &[3.0]).input(&[1], &[2.0]).gives(&[1], &[5.0]),
        merge("max", Merge::Max).input(&[2], &[1.0, -2.0]).input(&[2], &[-1.0, -1.0]).gives(&[2], &[1.0, -1.0]),
        // 24 / 4 / 3, and (2 ** 3) ** 2.
        merge("div, from the left", Merge::Div).input(&[1], &[24.0]).input(&[1], &[4.0]).input(&[1], &[3.0]).gives(&[1], &[2.0]),
        merge("pow, from the left", Merge::Pow).input(&[1], &[2.0]).input(&[1], &[3.0]).input(&[1], &[2.0]).gives(&[1], &[64.0]),
        merge("min, broadcast from another rank", Merge::Min)
            .input(&[2], &[1.0, 5.0])
            .input(&[2, 1, 1], &[3.0, -1.0])
            .gives(&[2, 1, 2], &[1.0, 3.0, -1.0, -1.0]),
        scalar("x + 2", ScalarOp::Add, [3.0, 6.0]),
        scalar("x - 2", ScalarOp::Sub, [-1.0, 2.0]),
        scalar("2 - x", ScalarOp::RevSub, [1.0, -2.0]),
        scalar("x * 2", ScalarOp::Mul, [2.0, 8.0]),
        scalar("x / 2", ScalarOp::Div, [0.5, 2.0]),
        scalar("2 / x", ScalarOp::RevDiv, [2.0, 0.5]),
        scalar("x ** 2", ScalarOp::Pow, [1.0, 16.0]),
        scalar("2 ** x", ScalarOp::RevPow, [2.0, 16.0]),
        scalar("max(x, 2)", ScalarOp::Max, [2.0, 4.0]),
        scalar("min(x, 2)", ScalarOp::Min, [1.0, 2.0]),
        Case::new("mean over positions", Op::Reduce(Reduce::mean([1, 2], false)))
            .input(&[2, 1, 2], &[1.0, 2.0, 3.0, 5.0])
            .gives(&[2], &[1.5, 4.0]),
        Case::new("mean over channels", Op::Reduce(Reduce::mean([0], true)))
            .input(&[2, 1, 2], &[1.0, 2.0, 3.0, 5.0])
            .gives(&[1, 1, 2], &[2.0, 3.5]),
        reduce("sum", Reduction::Sum, [-1.0, 8.0]),
        reduce("amax", Reduction::Amax, [1.0, 5.0]),
        reduce("amin", Reduction::Amin, [-2.0, 3.0]),
        reduce("prod", Reduction::Prod, [-2.0, 15.0]),
        reduce("l1", Reduction::L1, [3.0, 8.0]),
        reduce("l2", Reduction::L2, [f64::sqrt(5.0), f64::sqrt(34.0)]),
        // [1 2 3; 4 5 6] [1 0; 0 1; 2 -1].
        Case::new("matmul", Op::MatMul)
            .input(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
            .input(&[3, 2], &[1.0, 0.0, 0.0, 1.0, 2.0, -1.0])
            .gives(&[2, 2], &[7.0, -1.0, 16.0, -1.0]),
        // One row times two matrices.
        Case::new("matmul, broadcast", Op::MatMul)
            .input(&[1, 2], &[1.0, 2.0])
            .input(&[2, 2, 1], &[3.0, 4.0, 5.0, 6.0])
            .gives(&[2, 1, 1], &[11.0, 17.0]),
    ]
}

/// Of `[1, -2]` and `[3, 5]`, on two channels of two columns.
fn reduce(what: &'static str, kind: Reduction, y: [f64; 2]) -> Case {
    Case::new(what, Op::Reduce(Reduce { kind, axes: vec![1, 2], keep: false }))
        .input(&[2, 1, 2], &[1.0, -2.0, 3.0, 5.0])
        .gives(&[2], &y)
}

fn adaptive(kind: GlobalPool, width: u64) -> AdaptivePool {
    AdaptivePool { kind, out: [1, width], line: false }
}

fn upsample(what: &'static str, made: impl Fn(ResizeTo) -> Upsample, width: u64) -> Case {
    Case::new(what, Op::Upsample(made(ResizeTo::Size([1, width]))))
}

/// By a factor that is not whole: what PyTorch's `interpolate(scale_factor=...)` gave, with `recompute_scale_factor` unset.
fn resized(what: &'static str, (made, factor): (impl Fn(ResizeTo) -> Upsample, f64), before: &[f32], after: &[f64]) -> Case {
    Case::new(what, Op::Upsample(made(ResizeTo::Factor([1.0, factor]))))
        .input(&[1, 1, before.len() as u64], before)
        .gives(&[1, 1, after.len() as u64], after)
}

fn pad(what: &'static str, mode: PadMode) -> Case {
    Case::new(what, Op::Pad(Pad { pad: Padding { top: 0, left: 2, bottom: 0, right: 1 }, crop: NO_PAD, mode, line: false }))
}

pub fn moving() -> Vec<Case> {
    [kept(), cut(), padded(), upsampled(), upsampled_by_factors(), between_space_and_depth()].into_iter().flatten().collect()
}

/// Values that stay as they are, in the same or another shape.
fn kept() -> Vec<Case> {
    let six = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let six_wide = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let shape = |dims: &[u64]| Shape::new(dims).expect("a shape");
    vec![
        Case::new("param", Op::Param(Param { shape: shape(&[2, 1]), init: 0.0 }))
            .input(&[1], &[9.0])
            .weight("weight", &[1.5, -2.0])
            .gives(&[2, 1], &[1.5, -2.0]),
        Case::new("constant", Op::Constant(Constant { shape: shape(&[1, 3]), values: [0.5, -1.0, 4.0].into() }))
            .input(&[1], &[9.0])
            .gives(&[1, 3], &[0.5, -1.0, 4.0]),
        Case::new("flatten", Op::Flatten).input(&[2, 1, 3], &six).gives(&[6], &six_wide),
        Case::new("reshape", Op::Reshape(Reshape { shape: shape(&[3, 2]) })).input(&[2, 1, 3], &six).gives(&[3, 2], &six_wide),
        Case::new("dropout", Op::Dropout(Dropout { p: 0.5 })).input(&[6], &six).gives(&[6], &six_wide),
        Case::new("identity", Op::Identity).input(&[6], &six).gives(&[6], &six_wide),
    ]
}

/// Axes that trade places, and pieces.
fn cut() -> Vec<Case> {
    let six = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    vec![
        Case::new("transpose of a matrix", Op::Transpose(Transpose { axes: vec![1, 0] }))
            .input(&[2, 3], &six)
            .gives(&[3, 2], &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]),
        // Output axis 0 is input axis 2, 1 is 0, 2 is 1: y[k][i][j] = x[i][j][k].
        Case::new("transpose of three axes", Op::Transpose(Transpose { axes: vec![2, 0, 1] }))
            .input(&[1, 3, 2], &six)
            .gives(&[2, 1, 3], &[1.0, 3.0, 5.0, 2.0, 4.0, 6.0]),
        Case::new("slice of columns by 2", Op::Slice(Slice { axis: 1, start: 0, end: 3, step: 2 }))
            .input(&[2, 3], &six)
            .gives(&[2, 2], &[1.0, 3.0, 4.0, 6.0]),
        Case::new("slice backwards by 2", Op::Slice(Slice { axis: 1, start: 2, end: -1, step: -2 }))
            .input(&[2, 3], &six)
            .gives(&[2, 2], &[3.0, 1.0, 6.0, 4.0]),
        Case::new("gather of columns", Op::Gather(Gather { axis: 1, indices: [2, 0, 0].into() }))
            .input(&[2, 3], &six)
            .gives(&[2, 3], &[3.0, 1.0, 1.0, 6.0, 4.0, 4.0]),
        Case::new("expand", Op::Repeat(Repeat::To(Shape::new(&[2, 2, 3]).expect("a shape"))))
            .input(&[2, 1], &six[..2])
            .gives(&[2, 2, 3], &[1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0]),
        Case::new("repeat", Op::Repeat(Repeat::Times(vec![2, 1, 2])))
            .input(&[2, 1], &six[..2])
            .gives(&[2, 2, 2], &[1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0]),
        Case::new("second piece of a split", Op::Slice(Slice { axis: 0, start: 1, end: 2, step: 1 }))
            .input(&[2, 3], &six)
            .gives(&[1, 3], &[4.0, 5.0, 6.0]),
    ]
}

/// Margins.
fn padded() -> Vec<Case> {
    vec![
        pad("pad", PadMode::Constant(-1.0))
            .input(&[1, 1, 3], &[1.0, 2.0, 3.0])
            .gives(&[1, 1, 6], &[-1.0, -1.0, 1.0, 2.0, 3.0, -1.0]),
        // The mirror shows no edge.
        pad("pad, reflect", PadMode::Reflect)
            .input(&[1, 1, 3], &[1.0, 2.0, 3.0])
            .gives(&[1, 1, 6], &[3.0, 2.0, 1.0, 2.0, 3.0, 2.0]),
        pad("pad, replicate", PadMode::Replicate)
            .input(&[1, 1, 3], &[1.0, 2.0, 3.0])
            .gives(&[1, 1, 6], &[1.0, 1.0, 1.0, 2.0, 3.0, 3.0]),
        Case::new(
            "pad of rows",
            Op::Pad(Pad {
                pad: Padding { top: 1, left: 0, bottom: 2, right: 0 },
                crop: NO_PAD,
                mode: PadMode::Constant(0.0),
                line: false,
            }),
        )
        .input(&[1, 1, 2], &[1.0, 2.0])
        .gives(&[1, 4, 2], &[0.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 0.0]),
    ]
}

/// Maps of a size that is given.
fn upsampled() -> Vec<Case> {
    let bilinear = |align_corners| move |to| Upsample::bilinear(to, align_corners);
    vec![
        upsample("upsample, nearest", Upsample::nearest, 4)
            .input(&[1, 1, 2], &[1.0, 2.0])
            .gives(&[1, 1, 4], &[1.0, 1.0, 2.0, 2.0]),
        // floor(i · 2 / 3) = 0, 0, 1.
        upsample("upsample, nearest, odd", Upsample::nearest, 3)
            .input(&[1, 1, 2], &[1.0, 2.0])
            .gives(&[1, 1, 3], &[1.0, 1.0, 2.0]),
        // Centres at -0.25 (clamped), 0.25, 0.75 and 1.25 (clamped).
        upsample("upsample, bilinear", bilinear(false), 4)
            .input(&[1, 1, 2], &[0.0, 1.0])
            .gives(&[1, 1, 4], &[0.0, 0.25, 0.75, 1.0]),
        upsample("upsample, corners aligned", bilinear(true), 4)
            .input(&[1, 1, 2], &[0.0, 1.0])
            .gives(&[1, 1, 4], &[0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0]),
        // Both axes at once: the middle is the mean of all four.
        Case::new("upsample, bilinear in both axes", Op::Upsample(Upsample::bilinear(ResizeTo::Size([3, 3]), true)))
            .input(&[1, 2, 2], &[0.0, 2.0, 4.0, 10.0])
            .gives(&[1, 3, 3], &[0.0, 1.0, 2.0, 2.0, 4.0, 6.0, 4.0, 7.0, 10.0]),
    ]
}

/// Maps of a size that a factor gives.
fn upsampled_by_factors() -> Vec<Case> {
    let bilinear = |align_corners| move |to| Upsample::bilinear(to, align_corners);
    vec![
        // The factor is kept, and 6.4 pixels are six: the size alone would give 0, 0, 1, 2, 2, 3.
        resized("by 1.6, nearest", (Upsample::nearest, 1.6), &[0.0, 1.0, 2.0, 3.0], &[0.0, 0.0, 1.0, 1.0, 2.0, 3.0]),
        resized("by 0.4, nearest", (Upsample::nearest, 0.4), &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[0.0, 2.0]),
        resized("by 2.1, nearest", (Upsample::nearest, 2.1), &[0.0, 1.0, 2.0], &[0.0, 0.0, 1.0, 1.0, 2.0, 2.0]),
        resized(
            "by 1.25, bilinear",
            (bilinear(false), 1.25),
            &[0.0, 10.0, 20.0, 30.0, 40.0],
            &[0.0, 7.0, 15.0, 23.0, 31.0, 39.0],
        ),
        resized(
            "by 0.75, bilinear",
            (bilinear(false), 0.75),
            &[0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0],
            &[5.0 / 3.0, 15.0, 85.0 / 3.0, 125.0 / 3.0, 55.0],
        ),
        resized(
            "by 1.2, bilinear, of no more pixels",
            (bilinear(false), 1.2),
            &[0.0, 10.0, 20.0, 30.0],
            &[0.0, 10.0, 20.0, 30.0],
        ),
        // Corners are aligned whatever the factor.
        resized("by 1.25, corners aligned", (bilinear(true), 1.25), &[0.0, 1.0, 2.0, 3.0, 4.0], &[0.0, 0.8, 1.6, 2.4, 3.2, 4.0]),
    ]
}

/// Channels that become pixels, pixels channels, and channels that are dealt out anew.
fn between_space_and_depth() -> Vec<Case> {
    vec![
        // Four channels of one pixel become one of four, for each of two output channels.
        Case::new("depth_to_space", Op::DepthToSpace(DepthToSpace { block: 2 }))
            .input(&[8, 1, 1], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0])
            .gives(&[2, 2, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]),
        // Two pixels side by side: rows interleave them.
        Case::new("depth_to_space of two pixels", Op::DepthToSpace(DepthToSpace { block: 2 }))
            .input(&[4, 1, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0])
            .gives(&[1, 2, 4], &[1.0, 3.0, 2.0, 4.0, 5.0, 7.0, 6.0, 8.0]),
        Case::new("space_to_depth", Op::SpaceToDepth(SpaceToDepth { block: 2 }))
            .input(&[1, 2, 4], &[1.0, 3.0, 2.0, 4.0, 5.0, 7.0, 6.0, 8.0])
            .gives(&[4, 1, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]),
        Case::new("channel_shuffle", Op::ChannelShuffle(ChannelShuffle { groups: 2 }))
            .input(&[6, 1, 1], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
            .gives(&[6, 1, 1], &[0.0, 3.0, 1.0, 4.0, 2.0, 5.0]),
    ]
}
