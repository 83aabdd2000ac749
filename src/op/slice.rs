//! Parts of an axis: `slice`, and `split`, which is several of them.
//!
//! In: arguments and input shapes. Out: slices with bounds resolved against the dimension.

use super::Op;
use super::args::{ArgValue, BuildError, Printed, Reader};
use super::error::ShapeError;
use super::geometry::{at_least_one, axis_name, first, narrow_signed, no_axis};
use super::param_kind::ParamKind::{Count, Integer, IntegerOrList};
use super::payload::Payload;
use super::shape::Shape;
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
    summary: "elements `start, start + step, ...` before `end` of an axis",
    params: &[
        optional("start", Integer, Int(0), "first element; a negative one counts from the end"),
        optional("end", Integer, Absent, "one past the last element; a negative one counts from the end"),
        optional("axis", Integer, Int(0), "axis that is cut; 0 is the channels"),
        optional("step", Count, Int(1), "distance between elements"),
    ],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, H, W] -> [end - start, H, W]",
    onnx: "Slice",
    build: build_slice,
};

/// Elements `start, start + step, … < end` of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slice {
    /// Axis of the batchless shape.
    pub axis: usize,
    /// First element.
    pub start: u64,
    /// One past the last element; resolved, so at most the dimension.
    pub end: u64,
    /// Distance, at least 1.
    pub step: u64,
}

fn build_slice(read: &Reader<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    let input = first(inputs)?;
    let axis = read.axis("axis", input.rank())?;
    let dim = input.dim(axis);
    let bound = |name, default| -> Result<u64, BuildError> {
        let Some(written) = read.integer(name)? else { return Ok(default) };
        let place = if written < 0 { i128::from(written) + i128::from(dim) } else { i128::from(written) };
        let outside = || ShapeError::Extent { axis, dim, why: format!("{name} {written} lies outside 0..{dim}") };
        Ok(u64::try_from(place).ok().filter(|p| *p <= dim).ok_or_else(outside)?)
    };
    let (start, end) = (bound("start", 0)?, bound("end", dim)?);
    let slice = Slice { axis, start, end, step: read.count("step")? };
    slice.check(input)?;
    Ok(Built::One(Op::Slice(slice)))
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
        let slice = Slice { axis, start, end, step: 1 };
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
        at_least_one("step", self.step)?;
        let dim = input.dim(axis);
        if self.end > dim {
            return Err(ShapeError::Extent { axis, dim, why: format!("the end {} lies outside 0..{dim}", self.end) });
        }
        if self.start >= self.end {
            return Err(ShapeError::Extent { axis, dim, why: format!("{}..{} holds no element", self.start, self.end) });
        }
        Ok(())
    }
}

impl Payload for Slice {
    fn info(&self) -> &'static OpInfo {
        &SLICE
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let input = first(inputs)?;
        self.check(input)?;
        let length = (self.end - self.start).div_ceil(self.step);
        Ok(input.with_dim(self.axis, length).expect("at least one element and no more than the input"))
    }

    /// It moves elements and computes nothing.
    fn work(&self, _inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        Ok(Work::NONE)
    }

    /// The same pixel where channels are taken, else every `step`th row or column from `start` on.
    fn window(&self, _map: Shape) -> Window {
        if self.axis == 0 {
            return Window::Pixel;
        }
        let (mut stride, mut before) = ([1; 2], [0; 2]);
        if let (Some(stride), Some(before)) = (stride.get_mut(self.axis - 1), before.get_mut(self.axis - 1)) {
            *stride = self.step;
            *before = narrow_signed(-i128::from(self.start));
        }
        Window::Strided { extent: [1, 1], stride, before }
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed.always("start", self.start).arg("end", self.end).arg("axis", self.axis).arg("step", self.step)
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
        assert_eq!(why("slice(5, 3)([8])"), "5..3 holds no element");
        assert_eq!(why("slice(-9223372036854775808)([8])"), "start -9223372036854775808 lies outside 0..8");
        assert_eq!(shape_error("slice(0, 1, axis=1)([8])"), ShapeError::Axis { axis: 1, rank: 1 });
        assert_eq!(told("slice(0, 1, step=0)([8])"), "step must be at least 1, not 0");
        let raw = Slice { axis: 0, start: 0, end: 1, step: 0 };
        assert_eq!(raw.infer(&[shape(&[8])]), Err(ShapeError::Dimension { what: "step", value: 0 }));
        let raw = Slice { axis: 0, start: u64::MAX, end: u64::MAX, step: u64::MAX };
        assert!(matches!(raw.infer(&[shape(&[8])]), Err(ShapeError::Extent { .. })));
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
    }
}
