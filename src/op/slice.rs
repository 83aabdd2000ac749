//! Parts of an axis: `slice`, and `split`, which is several of them.
//!
//! In: arguments and input shapes. Out: slices with bounds resolved against the dimension.

use super::Op;
use super::args::{ArgValue, Args, BuildError, Printed, Reader, int};
use super::geometry::{at_least_one, axis_name, first, narrow_signed, no_axis};
use super::misfit::Misfit;
use super::shape::Shape;
use super::table::{AXIS, Built, INTEGER, OpInfo, optional, required};
use super::work::Window;

/// The most results of a `split` into equal parts: each is a layer.
const MAX_PARTS: u64 = 65_536;

pub(super) const SPLIT: OpInfo = OpInfo {
    keyword: "split",
    family: "joining",
    summary: "cuts an axis into parts; gives one result for each",
    params: &[
        required("parts", "an integer or a list of integers", "how many equal parts, or their sizes"),
        optional("axis", AXIS, "0", "axis that is cut; 0 is the channels"),
    ],
    inputs: (1, Some(1)),
    shapes: "[C, H, W] -> [C / parts, H, W], ...",
    onnx: "Split",
    build: build_split,
};

pub(super) const SLICE: OpInfo = OpInfo {
    keyword: "slice",
    family: "joining",
    summary: "elements `start, start + step, ...` before `end` of an axis",
    params: &[
        optional("start", "an integer", "0", "first element; a negative one counts from the end"),
        optional("end", "an integer", "none", "one past the last element; a negative one counts from the end"),
        optional("axis", AXIS, "0", "axis that is cut; 0 is the channels"),
        optional("step", INTEGER, "1", "distance between elements"),
    ],
    inputs: (1, Some(1)),
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
    /// Written as `split`: which piece of how many (for names and printing).
    pub piece: Option<(u32, u32)>,
}

fn build_slice(args: Args<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    let read = Reader::new(SLICE.params, args);
    let input = first(inputs)?;
    let axis = read.axis_or("axis", 0, input.rank())?;
    let dim = input.dim(axis);
    let bound = |name, default| -> Result<u64, BuildError> {
        let Some(written) = read.integer(name)? else { return Ok(default) };
        let place = if written < 0 { i128::from(written) + i128::from(dim) } else { i128::from(written) };
        let outside = || Misfit::Extent { axis, dim, why: format!("{name} {written} lies outside 0..{dim}") };
        Ok(u64::try_from(place).ok().filter(|p| *p <= dim).ok_or_else(outside)?)
    };
    let (start, end) = (bound("start", 0)?, bound("end", dim)?);
    let slice = Slice { axis, start, end, step: read.count_or("step", 1)?, piece: None };
    slice.check(input)?;
    Ok(Built::One(Op::Slice(slice)))
}

fn build_split(args: Args<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    let read = Reader::new(SPLIT.params, args);
    let input = first(inputs)?;
    let axis = read.axis_or("axis", 0, input.rank())?;
    let dim = input.dim(axis);
    if let Some(ArgValue::List(_)) = read.given("parts") {
        return Ok(Built::Pieces(pieces(axis, &listed_sizes(&read, axis, dim)?)));
    }
    let parts = read.count("parts")?;
    if parts > MAX_PARTS {
        return Err(read.invalid("parts", format!("parts must be at most {MAX_PARTS}, not {parts}")));
    }
    if !dim.is_multiple_of(parts) {
        return Err(Misfit::Divide { what: axis_name(axis, input.rank()), value: dim, by: parts }.into());
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
        return Err(Misfit::Extent { axis, dim, why }.into());
    }
    Ok(written.iter().map(|size| size.unsigned_abs()).collect())
}

/// One slice a size, one after the other.
fn pieces(axis: usize, sizes: &[u64]) -> Vec<Op> {
    let count = u32::try_from(sizes.len()).unwrap_or(u32::MAX);
    let mut start = 0;
    let piece = |(i, size): (u32, &u64)| {
        let end = start + size;
        let slice = Slice { axis, start, end, step: 1, piece: Some((i, count)) };
        start = end;
        Op::Slice(slice)
    };
    (0..count).zip(sizes).map(piece).collect()
}

impl Slice {
    fn check(&self, input: Shape) -> Result<(), Misfit> {
        let axis = self.axis;
        if axis >= input.rank() {
            return Err(no_axis(axis, input.rank()));
        }
        at_least_one("step", self.step)?;
        let dim = input.dim(axis);
        if self.end > dim {
            return Err(Misfit::Extent { axis, dim, why: format!("the end {} lies outside 0..{dim}", self.end) });
        }
        if self.start >= self.end {
            return Err(Misfit::Extent { axis, dim, why: format!("{}..{} holds no element", self.start, self.end) });
        }
        Ok(())
    }

    pub(super) fn infer(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        let input = first(inputs)?;
        self.check(input)?;
        let length = (self.end - self.start).div_ceil(self.step);
        Ok(input.with_dim(self.axis, length).expect("at least one element and no more than the input"))
    }

    /// The same pixel where channels are taken, else every `step`th row or column from `start` on.
    pub(super) fn window(&self) -> Window {
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

    pub(super) fn printed(&self) -> Vec<(&'static str, ArgValue)> {
        Printed::default()
            .always("start", int(self.start))
            .always("end", int(self.end))
            .unless("axis", int(self.axis as u64), &int(0))
            .unless("step", int(self.step), &int(1))
            .done()
    }
}
