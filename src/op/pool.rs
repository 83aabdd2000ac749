//! Pooling.
//!
//! In: arguments and input shapes. Out: payloads, shapes and counts; output sizes and padding limits are PyTorch's.

use super::Op;
use super::args::{BuildError, PadArg, Printed, Reader, pair};
use super::conv::{Padding, windows};
use super::error::{ShapeError, Side};
use super::geometry::{SlidingWindow, map_of, map_shape, narrow_signed};
use super::param_kind::ParamKind::{Flag, PadsOrSame, Pair};
use super::payload::Payload;
use super::shape::Shape;
use super::table::DefaultValue::{Bool, Int, Same};
use super::table::{Built, OpInfo, Output, ParamInfo, optional, required};
use super::work::{Window, Work, elements, product};

const CEIL: ParamInfo = optional(
    "ceil",
    Flag,
    Bool(false),
    "whether a window cut off at the end counts, if it begins inside the input or the padding before it",
);

pub(super) const MAXPOOL: OpInfo = OpInfo {
    keyword: "maxpool",
    family: "pooling",
    summary: "the largest element of each window",
    params: &[
        required("k", Pair, "window size"),
        optional("stride", Pair, Same("k"), "distance between windows"),
        optional("pad", PadsOrSame, Int(0), "padding that never wins; at most half of the window"),
        optional("dilation", Pair, Int(1), "distance between elements of a window"),
        CEIL,
    ],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, H, W] -> [C, H', W']",
    onnx: "MaxPool",
    build: |read, inputs| build_pool(read, inputs, PoolKind::Max),
};

pub(super) const AVGPOOL: OpInfo = OpInfo {
    keyword: "avgpool",
    family: "pooling",
    summary: "the mean of each window",
    params: &[
        required("k", Pair, "window size"),
        optional("stride", Pair, Same("k"), "distance between windows"),
        optional("pad", PadsOrSame, Int(0), "zeros round the input; at most half of the window"),
        CEIL,
        optional("count_include_pad", Flag, Bool(true), "whether padded zeros are part of the mean"),
    ],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, H, W] -> [C, H', W']",
    onnx: "AveragePool",
    build: |read, inputs| {
        let count_include_pad = read.flag("count_include_pad")?;
        build_pool(read, inputs, PoolKind::Avg { count_include_pad })
    },
};

pub(super) const GLOBAL_AVGPOOL: OpInfo = OpInfo {
    keyword: "global_avgpool",
    family: "pooling",
    summary: "the mean of each channel's map",
    params: &[],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, H, W] -> [C, 1, 1]",
    onnx: "GlobalAveragePool",
    build: |_, _| Ok(Built::One(Op::GlobalPool(GlobalPool::Avg))),
};

pub(super) const GLOBAL_MAXPOOL: OpInfo = OpInfo {
    keyword: "global_maxpool",
    family: "pooling",
    summary: "the largest element of each channel's map",
    params: &[],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, H, W] -> [C, 1, 1]",
    onnx: "GlobalMaxPool",
    build: |_, _| Ok(Built::One(Op::GlobalPool(GlobalPool::Max))),
};

pub(super) const ADAPTIVE_AVGPOOL: OpInfo = OpInfo {
    keyword: "adaptive_avgpool",
    family: "pooling",
    summary: "average pooling to a given size, with windows that may overlap by a pixel",
    params: &[required("out", Pair, "output size")],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, H, W] -> [C, out, out]",
    onnx: "AveragePool",
    build: |read, _| {
        let out = read.pair("out", 1)?;
        Ok(Built::One(Op::AdaptiveAvgPool(AdaptiveAvgPool { out })))
    },
};

/// What pooling does with a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PoolKind {
    /// The largest element; padding counts as minus infinity.
    Max,
    /// The mean; `count_include_pad` says whether padding counts.
    Avg {
        /// Whether padded zeros are part of the mean.
        count_include_pad: bool,
    },
}

/// Pooling with a window over `[C, H, W]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pool {
    /// Max or average.
    pub kind: PoolKind,
    /// `[kh, kw]`.
    pub kernel: [u64; 2],
    /// `[sh, sw]`.
    pub stride: [u64; 2],
    /// Padding round the input.
    pub pad: Padding,
    /// `[dh, dw]`; 1 for average pooling.
    pub dilation: [u64; 2],
    /// Whether the output size rounds up; the last window must start inside the input or its left padding (PyTorch's rule).
    pub ceil: bool,
}

/// Pooling over the whole map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GlobalPool {
    /// The largest element.
    Max,
    /// The mean.
    Avg,
}

/// Average pooling to `out`, windows as PyTorch chooses them: from `floor(i * H / h)` to `ceil((i + 1) * H / h)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AdaptiveAvgPool {
    /// `[h, w]`.
    pub out: [u64; 2],
}

fn build_pool(read: &Reader<'_>, inputs: &[Shape], kind: PoolKind) -> Result<Built, BuildError> {
    let [_, h, w] = map_of(inputs)?;
    let kernel = read.pair("k", 1)?;
    let dilation = match kind {
        PoolKind::Max => read.pair("dilation", 1)?,
        PoolKind::Avg { .. } => [1, 1],
    };
    let stride = read.pair("stride", 1)?;
    let mut pool = Pool { kind, kernel, stride, pad: Padding::default(), dilation, ceil: read.flag("ceil")? };
    let pad = read.padding("pad")?;
    pool.pad = pad.resolve(pool.windows([h, w]));
    if let PadArg::Even(_) = pad {
        pool.check_padding([kernel[0] / 2, kernel[1] / 2])?;
    }
    Ok(Built::One(Op::Pool(pool)))
}

impl Pool {
    /// The windows over the rows and the columns of a map of `[h, w]`.
    #[must_use]
    pub fn windows(&self, map: [u64; 2]) -> [SlidingWindow; 2] {
        windows([self.kernel, self.stride, self.dilation], self.pad, map)
    }

    fn check_padding(&self, most: [u64; 2]) -> Result<(), ShapeError> {
        let allowed = self.pad.at_most(most);
        for (side, most) in [(Side::Height, most[0]), (Side::Width, most[1])] {
            let (before, after) = self.pad.along(side);
            let pad = before.max(after);
            if pad > most {
                return Err(ShapeError::Padding { side, pad, most, allowed });
            }
        }
        Ok(())
    }

    /// Extents of the window, `[h, w]`, dilation included.
    fn extents(&self) -> [u64; 2] {
        self.windows([0, 0]).map(|window| window.extent())
    }
}

impl Payload for Pool {
    fn info(&self) -> &'static OpInfo {
        match self.kind {
            PoolKind::Max => &MAXPOOL,
            PoolKind::Avg { .. } => &AVGPOOL,
        }
    }

    /// PyTorch's `pooling_output_shape`; a side's padding is at most half of the window's extent.
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let [channels, h, w] = map_of(inputs)?;
        let [rows, columns] = self.windows([h, w]);
        let (h, w) = (rows.outputs(self.ceil)?, columns.outputs(self.ceil)?);
        self.check_padding(self.extents().map(|e| e / 2))?;
        map_shape(i128::from(channels), h, w)
    }

    /// For each output element, of a window of `n = kh kw` elements (padding and what `ceil` cuts off included): `n - 1`
    /// comparisons, or `n - 1` additions and a division.
    fn work(&self, _inputs: &[Shape], output: Shape) -> Result<Work, ShapeError> {
        let n = product("window elements", &self.kernel)?;
        reduction(matches!(self.kind, PoolKind::Max), n).times(elements(output)?)
    }

    fn window(&self, _map: Shape) -> Window {
        let before = [self.pad.top, self.pad.left].map(|p| narrow_signed(i128::from(p)));
        Window::Strided { extent: self.extents(), stride: self.stride, before }
    }

    fn arguments(&self, printed: Printed) -> Printed {
        // Only the four-sided form may exceed half of a dilated window's element count.
        let short = self.check_padding([self.kernel[0] / 2, self.kernel[1] / 2]).is_ok();
        let pad = if short { self.pad.printed() } else { self.pad.printed_sides() };
        let printed = printed.arg("k", pair(self.kernel)).arg("stride", pair(self.stride)).arg("pad", pad);
        match self.kind {
            PoolKind::Max => printed.arg("dilation", pair(self.dilation)).arg("ceil", self.ceil),
            PoolKind::Avg { count_include_pad } => printed.arg("ceil", self.ceil).arg("count_include_pad", count_include_pad),
        }
    }
}

/// Work of one maximum or mean over `n` elements.
pub(super) fn reduction(max: bool, n: u64) -> Work {
    let steps = n.saturating_sub(1);
    if max { Work { cmp: steps, ..Work::NONE } } else { Work { add: steps, div: 1, ..Work::NONE } }
}

impl Payload for GlobalPool {
    fn info(&self) -> &'static OpInfo {
        match self {
            Self::Max => &GLOBAL_MAXPOOL,
            Self::Avg => &GLOBAL_AVGPOOL,
        }
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let [channels, _, _] = map_of(inputs)?;
        map_shape(i128::from(channels), 1, 1)
    }

    /// For each channel of `n = H W` elements: `n - 1` comparisons, or `n - 1` additions and a division.
    fn work(&self, inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        let input = inputs[0];
        let n = input.hw().map_or(1, |(h, w)| h * w);
        reduction(matches!(self, Self::Max), n).times(input.channels())
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Whole
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed
    }
}

impl Payload for AdaptiveAvgPool {
    fn info(&self) -> &'static OpInfo {
        &ADAPTIVE_AVGPOOL
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let [channels, _, _] = map_of(inputs)?;
        map_shape(i128::from(channels), i128::from(self.out[0]), i128::from(self.out[1]))
    }

    /// For each output element, of a window of `n` elements: `n - 1` additions and a division. The windows of `H` rows in
    /// `h` outputs have `H + h - gcd(H, h)` rows together.
    fn work(&self, inputs: &[Shape], output: Shape) -> Result<Work, ShapeError> {
        let input = inputs[0];
        let (h, w) = input.hw().unwrap_or((1, 1));
        let together = |input: u64, out: u64| input + out - gcd(input, out);
        let summed = product("additions", &[together(h, self.out[0]), together(w, self.out[1]), input.channels()])?;
        let div = elements(output)?;
        Ok(Work { add: summed.saturating_sub(div), div, ..Work::NONE })
    }

    /// The widest of the windows, and their distance rounded up: exact where the output's size divides the input's.
    fn window(&self, input: Shape) -> Window {
        let Some((h, w)) = input.hw() else { return Window::Whole };
        if self.out == [1, 1] || self.out.contains(&0) {
            return Window::Whole;
        }
        let widest = |input: u64, out: u64| match input % out {
            0 => input / out,
            rest if rest == gcd(input, out) => input / out + 1,
            _ => input / out + 2,
        };
        Window::Strided {
            extent: [widest(h, self.out[0]), widest(w, self.out[1])],
            stride: [h.div_ceil(self.out[0]), w.div_ceil(self.out[1])],
            before: [0, 0],
        }
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed.arg("out", pair(self.out))
    }
}

/// Greatest common divisor.
fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::super::tests::{printed, shape, shape_error, told, window, work};
    use super::*;

    #[test]
    fn the_last_window_starts_inside_the_input_or_its_left_padding() {
        for (call, expected) in [
            ("maxpool(3, stride=2)([64, 112, 112])", "[64, 55, 55]"),
            ("maxpool(3, stride=2, ceil=true)([64, 112, 112])", "[64, 56, 56]"),
            ("maxpool(2, ceil=true)([1, 5, 5])", "[1, 3, 3]"),
            ("maxpool(2)([1, 5, 5])", "[1, 2, 2]"),
            // The third window would start in the padding at the end.
            ("maxpool(2, pad=1, ceil=true)([1, 4, 4])", "[1, 3, 3]"),
            ("maxpool(2, pad=1, ceil=true)([1, 3, 3])", "[1, 2, 2]"),
            ("maxpool(1, stride=3, ceil=true)([1, 4, 5])", "[1, 2, 2]"),
            ("maxpool(1, stride=4, ceil=true)([1, 4, 5])", "[1, 1, 2]"),
            // One cut-off window, although the input is smaller than it.
            ("maxpool(3, stride=2, ceil=true)([1, 2, 2])", "[1, 1, 1]"),
            ("avgpool(3, stride=2, pad=1, ceil=true)([1, 6, 7])", "[1, 4, 4]"),
        ] {
            assert_eq!(told(call), expected, "{call}");
        }
        let small = ShapeError::Window { side: Side::Height, window: 5, input: 2, pad: 0 };
        assert_eq!(shape_error("maxpool(5, stride=2, ceil=true)([1, 2, 2])"), small);
    }

    #[test]
    fn one_sided_padding_keeps_a_2x2_pool_in_step_with_its_branch() {
        assert_eq!(told("maxpool(2, stride=1, pad=[0, 0, 1, 1])([192, 28, 28])"), "[192, 28, 28]");
        assert_eq!(told("maxpool(2, stride=1, pad=same)([192, 28, 28])"), "[192, 28, 28]");
        assert_eq!(printed("maxpool(2, stride=1, pad=same)([192, 28, 28])"), "k=2, stride=1, pad=[0, 0, 1, 1]");
        assert_eq!(told("maxpool(2, stride=1)([192, 28, 28])"), "[192, 27, 27]");
    }

    #[test]
    fn padding_is_at_most_half_of_the_window() {
        let refused = ShapeError::Padding { side: Side::Width, pad: 2, most: 1, allowed: Padding::even([1, 1]) };
        assert_eq!(shape_error("avgpool(3, pad=[1, 2])([1, 9, 9])"), refused);
        let one_side = Padding { top: 0, left: 0, bottom: 0, right: 1 };
        let refused = ShapeError::Padding { side: Side::Width, pad: 2, most: 1, allowed: one_side };
        assert_eq!(shape_error("maxpool(3, pad=[0, 0, 0, 2])([1, 9, 9])"), refused);
        // PyTorch asks for half of the undilated window; `same` needs more and is allowed it.
        let dilated = ShapeError::Padding { side: Side::Height, pad: 2, most: 1, allowed: Padding::even([1, 1]) };
        assert_eq!(shape_error("maxpool(3, stride=1, pad=2, dilation=2)([1, 9, 9])"), dilated);
        let same = "maxpool(3, stride=1, pad=same, dilation=2)([1, 9, 9])";
        assert_eq!(told(same), "[1, 9, 9]");
        assert_eq!(printed(same), "k=3, stride=1, pad=[2, 2, 2, 2], dilation=2");
    }

    #[test]
    fn absurd_pools_are_refused() {
        let all = [u64::MAX; 2];
        let pad = Padding { top: u64::MAX, left: u64::MAX, bottom: u64::MAX, right: u64::MAX };
        for ceil in [false, true] {
            let mut pool = Pool { kind: PoolKind::Max, kernel: all, stride: all, pad, dilation: all, ceil };
            assert!(pool.infer(&[shape(&[1, 9, 9])]).is_err());
            pool.stride = [0, 1];
            assert_eq!(pool.infer(&[shape(&[1, 9, 9])]), Err(ShapeError::Dimension { what: "stride", value: 0 }));
        }
    }

    /// The rule itself: windows are whole, or with `ceil` overhang by less than a stride and begin before the padding at the end.
    #[test]
    fn sizes_are_those_of_counted_windows() {
        for input in 1..9u64 {
            for (kernel, stride, ceil) in (1..5).flat_map(|k| (1..5).flat_map(move |s| [(k, s, false), (k, s, true)])) {
                for (before, after) in (0..=kernel / 2).flat_map(|b| (0..=kernel / 2).map(move |a| (b, a))) {
                    let end = input + before + after;
                    let fits = |start: u64| start + kernel <= end;
                    let overhangs = |start: u64| start + kernel < end + stride && start < input + before;
                    let windows = (0..end + stride)
                        .step_by(stride as usize)
                        .filter(|s| if ceil { overhangs(*s) } else { fits(*s) })
                        .count();
                    let call = format!(
                        "maxpool({kernel}, stride={stride}, pad=[{before}, {before}, {after}, {after}], ceil={ceil})([1, {input}, {input}])"
                    );
                    if windows == 0 {
                        assert!(matches!(shape_error(&call), ShapeError::Window { .. }), "{call}");
                    } else {
                        assert_eq!(told(&call), format!("[1, {windows}, {windows}]"), "{call}");
                    }
                }
            }
        }
    }

    #[test]
    fn windows_cost_their_elements() {
        assert_eq!(work("maxpool([2, 3], stride=2)([4, 8, 9])"), Work { cmp: 5 * 4 * 4 * 4, ..Work::NONE });
        assert_eq!(work("avgpool(2)([4, 8, 8])"), Work { add: 3 * 4 * 4 * 4, div: 4 * 4 * 4, ..Work::NONE });
        assert_eq!(work("global_avgpool()([4, 8, 8])"), Work { add: 63 * 4, div: 4, ..Work::NONE });
        assert_eq!(work("global_maxpool()([4, 8, 8])"), Work { cmp: 63 * 4, ..Work::NONE });
        assert_eq!(told("global_avgpool()([4, 8, 8])"), "[4, 1, 1]");
    }

    /// Windows of adaptive pooling, counted one by one.
    #[test]
    fn adaptive_windows_are_those_of_pytorch() {
        for (input, out) in (1..13u64).flat_map(|i| (1..13).map(move |o| (i, o))) {
            let sizes: Vec<u64> = (0..out).map(|i| ((i + 1) * input).div_ceil(out) - i * input / out).collect();
            let call = format!("adaptive_avgpool([{out}, 1])([3, {input}, 1])");
            let (together, widest) = (sizes.iter().sum::<u64>(), sizes.iter().max().copied().unwrap_or(0));
            assert_eq!(work(&call), Work { add: 3 * (together - out), div: 3 * out, ..Work::NONE }, "{call}");
            match window(&call) {
                Window::Strided { extent, stride, .. } => {
                    assert_eq!((extent[0], stride[0]), (widest, input.div_ceil(out)), "{call}");
                }
                Window::Whole => assert_eq!(out, 1),
                other @ (Window::Pixel | Window::Fractional { .. }) => panic!("{call}: {other:?}"),
            }
        }
    }

    #[test]
    fn strided_windows_are_exact() {
        let expected = Window::Strided { extent: [5, 3], stride: [2, 1], before: [1, 0] };
        assert_eq!(window("maxpool([3, 2], stride=[2, 1], pad=[1, 0], dilation=2)([4, 8, 8])"), expected);
        assert_eq!(window("global_avgpool()([4, 8, 8])"), Window::Whole);
    }
}
