//! Parts of an axis: `slice`, and `split`, which is several of them.
//!
//! In: arguments and input shapes. Out: slices with bounds resolved against the dimension.

use super::Op;
use super::args::{ArgValue, BuildError, Printed, Reader};
use super::error::ShapeError;
use super::geometry::{axis_name, first, narrow_signed, no_axis};
use super::param_kind::ParamKind::{Integer, IntegerOrList};
use super::payload::Payload;
use super::shape::{MAX_DIM, Shape};
use super::table::DefaultValue::{Absent, Int};
use super::table::{Built, OpInfo, Output, optional, required};
use super::work::{Window, Work};

/// The most results of a `split` into equal parts: each is a layer.
const MAX_PARTS: u64 = 65_536;

pub(super) const SPLIT: OpInfo = OpInfo {
    keyword: "split",
    family: "joining",
    summary: "cuts an axis into parts; gives one result for each",
    params: &[
        required("parts", IntegerOrList, "how many equal parts, or their sizes"),
        optional("axis", Integer, Int(0), "axis that is cut; 0 is the channels"),
    ],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, H, W] -> [C / parts, H, W], ...",
    onnx: "Split",
    build: build_split,
};

pub(super) const SLICE: OpInfo = OpInfo {
    keyword: "slice",
    family: "joining",
    summary: "elements `start, start + step, ...` before `end` of an axis; backwards with a negative step",
    params: &[
        optional(
            "start",
            Integer,
            Absent,
            "first element; a negative one counts from the end; 0, or the last where it goes backwards",
        ),
        optional("end", Integer, Absent, "one past the last element; a negative one counts from the end"),
        optional("axis", Integer, Int(0), "axis that is cut; 0 is the channels"),
        optional("step", Integer, Int(1), "distance between elements; a negative one goes backwards"),
    ],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, H, W] -> [end - start, H, W]",
    onnx: "Slice",
    build: build_slice,
};

/// Elements `start, start + step, … < end` of an axis, or `> end` where the step is negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slice {
    /// Axis of the batchless shape.
    pub axis: usize,
    /// First element.
    pub start: u64,
    /// One past the last element; resolved, so at most the dimension, and -1 where it goes back to the first.
    pub end: i64,
    /// Distance, negative where it goes backwards; not 0.
    pub step: i64,
}

/// The end of what goes back to the first element.
const BEFORE_FIRST: i64 = -1;

fn build_slice(read: &Reader<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    let input = first(inputs)?;
    let axis = read.axis("axis", input.rank())?;
    let dim = input.dim(axis);
    let step = read.integer("step")?.unwrap_or(1);
    if step == 0 || step.unsigned_abs() > MAX_DIM {
        let message = format!("step must be from 1 to {MAX_DIM}, or negative to go backwards, not {step}");
        return Err(read.invalid("step", message));
    }
    let bound = |name, most: u64| -> Result<Option<u64>, BuildError> {
        let Some(written) = read.integer(name)? else { return Ok(None) };
        let place = if written < 0 { i128::from(written) + i128::from(dim) } else { i128::from(written) };
        let outside = || ShapeError::Extent { axis, dim, why: format!("{name} {written} lies outside 0..{dim}") };
        Ok(Some(u64::try_from(place).ok().filter(|p| *p <= most).ok_or_else(outside)?))
    };
    let (whole, most) = if step > 0 { ((0, signed(dim)), dim) } else { ((dim - 1, BEFORE_FIRST), dim - 1) };
    let start = bound("start", most)?.unwrap_or(whole.0);
    let end = bound("end", most)?.map_or(whole.1, signed);
    let slice = Slice { axis, start, end, step };
    slice.check(input)?;
    Ok(Built::One(Op::Slice(slice)))
}

/// A place within a dimension, which is below 2^31.
fn signed(place: u64) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}

fn build_split(read: &Reader<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    let input = first(inputs)?;
    let axis = read.axis("axis", input.rank())?;
    let dim = input.dim(axis);
    if let Some(ArgValue::List(_)) = read.given("parts") {
        return Ok(Built::Pieces(pieces(axis, &listed_sizes(read, axis, dim)?)));
    }
    let parts = read.count("parts")?;
    if parts > MAX_PARTS {
        return Err(read.invalid("parts", format!("parts must be at most {MAX_PARTS}, not {parts}")));
    }
    if !dim.is_multiple_of(parts) {
        return Err(ShapeError::Divide { what: axis_name(axis, input.rank()), value: dim, by: parts }.into());
    }
    let count = usize::try_from(parts).expect("at most MAX_PARTS");
    Ok(Built::Pieces(pieces(axis, &vec![dim / parts; count])))
}

/// The sizes of a `split`, which are positive and add up to the dimension.
fn listed_sizes(read: &Reader<'_>, axis: usize, dim: u64) -> Result<Vec<u64>, BuildError> {
    let written = read.integers("parts", false)?;
    if let Some(size) = written.iter().find(|size| **size < 1) {
        return Err(read.invalid("parts", format!("every part must be at least 1, not {size}")));
    }
    let total: i128 = written.iter().map(|size| i128::from(*size)).sum();
    if written.is_empty() || total != i128::from(dim) {
        let sizes = written.iter().take(6).map(i64::to_string).collect::<Vec<_>>().join(" + ");
        let more = if written.len() > 6 { " + …" } else { "" };
        let why =
            if written.is_empty() { "there are no parts".to_owned() } else { format!("{sizes}{more} is {total}, not {dim}") };
        return Err(ShapeError::Extent { axis, dim, why }.into());
    }
    Ok(written.iter().map(|size| size.unsigned_abs()).collect())
}

/// One slice a size, one after the other.
fn pieces(axis: usize, sizes: &[u64]) -> Vec<Op> {
    let mut start = 0;
    let piece = |size: &u64| {
        let end = start + size;
        let slice = Slice { axis, start, end: signed(end), step: 1 };
        start = end;
        Op::Slice(slice)
    };
    sizes.iter().map(piece).collect()
}

impl Slice {
    fn check(&self, input: Shape) -> Result<(), ShapeError> {
        let axis = self.axis;
        if axis >= input.rank() {
            return Err(no_axis(axis, input.rank()));
        }
        if self.step == 0 {
            return Err(ShapeError::Dimension { what: "step", value: 0 });
        }
        let dim = input.dim(axis);
        let told = |why: String| Err(ShapeError::Extent { axis, dim, why });
        if self.end > signed(dim) || self.end < BEFORE_FIRST {
            return told(format!("the end {} lies outside 0..{dim}", self.end));
        }
        if self.step < 0 && self.start >= dim {
            return told(format!("the start {} lies outside 0..{dim}", self.start));
        }
        match (self.span() > 0, self.step > 0) {
            (true, _) => Ok(()),
            (false, true) if signed(self.start) > self.end => {
                told(format!("{}..{} holds no element; a negative `step` goes backwards", self.start, self.end))
            }
            (false, true) => told(format!("{}..{} holds no element", self.start, self.end)),
            (false, false) => told(format!("backwards from {} to {} there is no element", self.start, self.end)),
        }
    }

    /// How far it is from the first element to the end, in the direction of the step.
    fn span(&self) -> i64 {
        let forward = self.end.saturating_sub(signed(self.start));
        if self.step < 0 { forward.saturating_neg() } else { forward }
    }

    /// How many elements it takes.
    fn length(&self) -> u64 {
        self.span().unsigned_abs().div_ceil(self.step.unsigned_abs())
    }

    /// Where its elements are.
    pub fn places(self) -> impl Iterator<Item = u64> {
        let at = move |i: u64| if self.step < 0 { self.start - i } else { self.start + i };
        (0..self.length()).map(move |i| at(i * self.step.unsigned_abs()))
    }
}

impl Payload for Slice {
    fn info(&self) -> &'static OpInfo {
        &SLICE
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let input = first(inputs)?;
        self.check(input)?;
        Ok(input.with_dim(self.axis, self.length()).expect("at least one element and no more than the input"))
    }

    /// It moves elements and computes nothing.
    fn work(&self, _inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        Ok(Work::NONE)
    }

    /// The same pixel where channels are taken, else every `step`th row or column from `start` on; what goes backwards is no
    /// window.
    fn window(&self, _map: Shape) -> Window {
        if self.axis == 0 {
            return Window::Pixel;
        }
        let Ok(step) = u64::try_from(self.step) else { return Window::Whole };
        let (mut stride, mut before) = ([1; 2], [0; 2]);
        if let (Some(stride), Some(before)) = (stride.get_mut(self.axis - 1), before.get_mut(self.axis - 1)) {
            *stride = step;
            *before = narrow_signed(-i128::from(self.start));
        }
        Window::Strided { extent: [1, 1], stride, before }
    }

    fn arguments(&self, printed: Printed) -> Printed {
        let printed = printed.always("start", self.start);
        let printed = if self.end == BEFORE_FIRST { printed } else { printed.arg("end", self.end.unsigned_abs()) };
        printed.arg("axis", self.axis).arg("step", ArgValue::Int(self.step))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{printed, shape, shape_error, told, window};
    use super::*;

    #[test]
    fn bounds_count_from_either_end() {
        for (call, expected, args) in [
            ("slice(1, 3)([8, 4, 4])", "[2, 4, 4]", "start=1, end=3"),
            ("slice(-3, -1)([8, 4, 4])", "[2, 4, 4]", "start=5, end=7"),
            ("slice(2)([8, 4, 4])", "[6, 4, 4]", "start=2, end=8"),
            ("slice(2, none)([8, 4, 4])", "[6, 4, 4]", "start=2, end=8"),
            ("slice(0, 8, step=3)([8, 4, 4])", "[3, 4, 4]", "start=0, end=8, step=3"),
            ("slice(1, -1, axis=-1)([8, 4, 4])", "[8, 4, 2]", "start=1, end=3, axis=2"),
            ("slice(0, 8, step=2147483647)([8, 4, 4])", "[1, 4, 4]", "start=0, end=8, step=2147483647"),
            ("slice(step=-1)([8, 4, 4])", "[8, 4, 4]", "start=7, step=-1"),
            ("slice(6, 1, step=-2)([8, 4, 4])", "[3, 4, 4]", "start=6, end=1, step=-2"),
            ("slice(-2, -5, axis=-1, step=-1)([8, 4, 9])", "[8, 4, 3]", "start=7, end=4, axis=2, step=-1"),
            ("slice(end=3, step=-3)([8, 4, 4])", "[2, 4, 4]", "start=7, end=3, step=-3"),
            ("slice(0, step=-2147483647)([8, 4, 4])", "[1, 4, 4]", "start=0, step=-2147483647"),
            ("slice()([8, 4, 4])", "[8, 4, 4]", "start=0, end=8"),
        ] {
            assert_eq!((told(call).as_str(), printed(call).as_str()), (expected, args), "{call}");
        }
    }

    #[test]
    fn slices_outside_the_dimension_are_told() {
        let why = |call: &str| {
            let ShapeError::Extent { dim: 8, why, .. } = shape_error(call) else { panic!("{call} lies inside") };
            why
        };
        assert_eq!(why("slice(0, 9)([8])"), "end 9 lies outside 0..8");
        assert_eq!(why("slice(-9, 8)([8])"), "start -9 lies outside 0..8");
        assert_eq!(why("slice(4, 4)([8])"), "4..4 holds no element");
        assert_eq!(why("slice(5, 3)([8])"), "5..3 holds no element; a negative `step` goes backwards");
        assert_eq!(why("slice(8, step=-1)([8])"), "start 8 lies outside 0..8");
        assert_eq!(why("slice(3, 5, step=-1)([8])"), "backwards from 3 to 5 there is no element");
        assert_eq!(why("slice(5, 5, step=-1)([8])"), "backwards from 5 to 5 there is no element");
        assert_eq!(why("slice(-9223372036854775808)([8])"), "start -9223372036854775808 lies outside 0..8");
        assert_eq!(shape_error("slice(0, 1, axis=1)([8])"), ShapeError::Axis { axis: 1, rank: 1 });
        let step = "step must be from 1 to 2147483647, or negative to go backwards, not ";
        assert_eq!(told("slice(0, 1, step=0)([8])"), format!("{step}0"));
        assert_eq!(told("slice(0, 1, step=2147483648)([8])"), format!("{step}2147483648"));
        assert_eq!(told("slice(step=-9223372036854775808)([8])"), format!("{step}-9223372036854775808"));
        let raw = Slice { axis: 0, start: 0, end: 1, step: 0 };
        assert_eq!(raw.infer(&[shape(&[8])]), Err(ShapeError::Dimension { what: "step", value: 0 }));
        for (start, end, step) in
            [(u64::MAX, i64::MAX, i64::MAX), (u64::MAX, 1, 1), (u64::MAX, -1, -1), (0, i64::MIN, i64::MIN), (8, -1, -1)]
        {
            let raw = Slice { axis: 0, start, end, step };
            assert!(matches!(raw.infer(&[shape(&[8])]), Err(ShapeError::Extent { .. })), "{raw:?}");
        }
    }

    #[test]
    fn splits_give_all_parts() {
        assert_eq!(told("split(2)([8, 4, 4])"), "[4, 4, 4] [4, 4, 4]");
        assert_eq!(told("split([1, 2, 5])([8, 4, 4])"), "[1, 4, 4] [2, 4, 4] [5, 4, 4]");
        assert_eq!(told("split(4, axis=2)([8, 4, 4])"), "[8, 4, 1] [8, 4, 1] [8, 4, 1] [8, 4, 1]");
        let (built, _) = super::super::tests::built("split([3, 5])([8])");
        let slices = [(0, 3), (3, 8)].into_iter().map(|(start, end)| Op::Slice(Slice { axis: 0, start, end, step: 1 }));
        assert_eq!(built, Ok(Built::Pieces(slices.collect())));
    }

    #[test]
    fn sizes_add_up() {
        assert_eq!(shape_error("split(3)([8, 4, 4])"), ShapeError::Divide { what: "channels", value: 8, by: 3 });
        let why = "3 + 4 is 7, not 8".to_owned();
        assert_eq!(shape_error("split([3, 4])([8, 4, 4])"), ShapeError::Extent { axis: 0, dim: 8, why });
        let why = "there are no parts".to_owned();
        assert_eq!(shape_error("split([])([8])"), ShapeError::Extent { axis: 0, dim: 8, why });
        assert_eq!(told("split([9, -1])([8])"), "every part must be at least 1, not -1");
        assert_eq!(told("split(0)([8])"), "parts must be at least 1, not 0");
        assert_eq!(told("split(2147483647)([2147483647])"), "parts must be at most 65536, not 2147483647");
        assert!(matches!(shape_error("split([9223372036854775807, 9223372036854775807])([8])"), ShapeError::Extent { .. }));
    }

    #[test]
    fn taken_rows_move_the_window() {
        assert_eq!(window("slice(1, 3)([8, 4, 4])"), Window::Pixel);
        let rows = Window::Strided { extent: [1, 1], stride: [2, 1], before: [-1, 0] };
        assert_eq!(window("slice(1, 4, axis=1, step=2)([8, 4, 4])"), rows);
        assert_eq!(window("slice(axis=1, step=-1)([8, 4, 4])"), Window::Whole);
    }
}
