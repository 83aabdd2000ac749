//! Pooling.
//!
//! In: arguments and input shapes. Out: payloads, shapes and counts; output sizes and padding limits are PyTorch's.

use super::Op;
use super::args::{BuildError, PadArg, Printed, Reader, sides};
use super::conv::{Padding, windows};
use super::error::{ShapeError, Side};
use super::geometry::{Map, SlidingWindow, narrow_signed};
use super::param_kind::ParamKind::{Flag, PadsOrSame, Pair};
use super::payload::Payload;
use super::shape::Shape;
use super::table::DefaultValue::{Bool, Int, Same};
use super::table::{Built, OpInfo, Output, ParamInfo, optional, required};
use super::work::{Window, Work, elements, product};

const DILATION: ParamInfo = optional("dilation", Pair, Int(1), "distance between elements of a window");

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
        DILATION,
        CEIL,
    ],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, H, W] -> [C, H', W'], [C, L] -> [C, L']",
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
        DILATION,
    ],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, H, W] -> [C, H', W'], [C, L] -> [C, L']",
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
    shapes: "[C, H, W] -> [C, 1, 1], [C, L] -> [C, 1]",
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
    shapes: "[C, H, W] -> [C, 1, 1], [C, L] -> [C, 1]",
    onnx: "GlobalMaxPool",
    build: |_, _| Ok(Built::One(Op::GlobalPool(GlobalPool::Max))),
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

/// Pooling with a window over `[C, H, W]`, or over a line `[C, L]`, which has the geometry of a map of one row.
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
    /// `[dh, dw]`.
    pub dilation: [u64; 2],
    /// Whether the output size rounds up; the last window must start inside the input or its left padding (PyTorch's rule).
    pub ceil: bool,
    /// Whether its maps are lines `[C, L]`: its arguments then have no rows.
    pub line: bool,
}

/// Pooling over the whole map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GlobalPool {
    /// The largest element.
    Max,
    /// The mean.
    Avg,
}

fn build_pool(read: &Reader<'_>, inputs: &[Shape], kind: PoolKind) -> Result<Built, BuildError> {
    let Map { size, line, .. } = Map::of(inputs)?;
    let kernel = read.sides("k", line, (1, 1))?;
    let dilation = read.sides("dilation", line, (1, 1))?;
    let stride = read.sides("stride", line, (1, 1))?;
    let mut pool = Pool { kind, kernel, stride, pad: Padding::default(), dilation, ceil: read.flag("ceil")?, line };
    let pad = read.padding("pad", line)?;
    pool.pad = pad.resolve(pool.windows(size));
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
        let map = Map::like(inputs, self.line)?;
        let [rows, columns] = self.windows(map.size);
        let size = [rows.outputs(self.ceil)?, columns.outputs(self.ceil)?];
        self.check_padding(self.extents().map(|e| e / 2))?;
        map.resized(i128::from(map.channels), size)
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
        let pad = if short { self.pad.printed(self.line) } else { self.pad.printed_sides(self.line) };
        let [kernel, stride, dilation] = [self.kernel, self.stride, self.dilation].map(|p| sides(p, self.line));
        let printed = printed.arg("k", kernel).arg("stride", stride).arg("pad", pad);
        match self.kind {
            PoolKind::Max => printed.arg("dilation", dilation).arg("ceil", self.ceil),
            PoolKind::Avg { count_include_pad } => {
                printed.arg("ceil", self.ceil).arg("count_include_pad", count_include_pad).arg("dilation", dilation)
            }
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
        let map = Map::of(inputs)?;
        map.resized(i128::from(map.channels), [1, 1])
    }

    /// For each channel of `n = H W` elements: `n - 1` comparisons, or `n - 1` additions and a division.
    fn work(&self, inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        let input = inputs[0];
        let n = input.grid().map_or(1, |(h, w)| h * w);
        reduction(matches!(self, Self::Max), n).times(input.channels())
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Whole
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed
    }
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
            let mut pool = Pool { kind: PoolKind::Max, kernel: all, stride: all, pad, dilation: all, ceil, line: false };
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

    #[test]
    fn strided_windows_are_exact() {
        let expected = Window::Strided { extent: [5, 3], stride: [2, 1], before: [1, 0] };
        assert_eq!(window("maxpool([3, 2], stride=[2, 1], pad=[1, 0], dilation=2)([4, 8, 8])"), expected);
        assert_eq!(window("global_avgpool()([4, 8, 8])"), Window::Whole);
    }
}
