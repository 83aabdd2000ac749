//! Operations that give the same elements other axes, and the mean over axes.
//!
//! In: arguments and input shapes. Out: payloads and shapes, with `-1` and negative axes resolved.

use super::Op;
use super::args::{self, BuildError, Printed, Reader, ints};
use super::error::ShapeError;
use super::geometry::{dimension, first, no_axis};
use super::param_kind::ParamKind::{Flag, IntegerOrList, Integers};
use super::payload::Payload;
use super::pool::reduction;
use super::shape::{MAX_DIM, MAX_RANK, Shape};
use super::table::DefaultValue::Bool;
use super::table::{Built, OpInfo, Output, optional, required};
use super::work::{Window, Work, elements};

pub(super) const FLATTEN: OpInfo = OpInfo {
    keyword: "flatten",
    family: "shape",
    summary: "all dimensions into one, the last axis varying fastest",
    params: &[],
    inputs: (1, Some(1)),
    output: Output::View,
    shapes: "[...] -> [F]",
    onnx: "Flatten",
    build: |_, _| Ok(Built::One(Op::Flatten)),
};

pub(super) const RESHAPE: OpInfo = OpInfo {
    keyword: "reshape",
    family: "shape",
    summary: "other dimensions of the same product, in the same order of elements",
    params: &[required("shape", Integers, "the new dimensions; one may be -1 and takes what is left")],
    inputs: (1, Some(1)),
    output: Output::View,
    shapes: "[...] -> [shape]",
    onnx: "Reshape",
    build: build_reshape,
};

pub(super) const TRANSPOSE: OpInfo = OpInfo {
    keyword: "transpose",
    family: "shape",
    summary: "axes in another order",
    params: &[required("axes", Integers, "the input axis of each output axis")],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[A, B, C] -> [B, C, A] for axes=[1, 2, 0]",
    onnx: "Transpose",
    build: build_transpose,
};

pub(super) const MEAN: OpInfo = OpInfo {
    keyword: "mean",
    family: "pooling",
    summary: "mean over axes; over all of them it is [1]",
    params: &[
        required("axes", IntegerOrList, "axes to average over"),
        optional("keep", Flag, Bool(false), "whether they stay, with size 1"),
    ],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, H, W] -> [C] for axes=[1, 2]",
    onnx: "ReduceMean",
    build: build_mean,
};

/// What [`Op::Flatten`] answers.
pub(super) struct Flatten;

/// Other dimensions of the same product; `-1` has been resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reshape {
    /// The new dimensions.
    pub shape: Shape,
}

/// Axes in another order: output axis `i` is input axis `axes[i]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Transpose {
    /// A permutation of `0..rank`.
    pub axes: Vec<usize>,
}

/// Mean over axes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mean {
    /// Axes, ascending, without repetition.
    pub axes: Vec<usize>,
    /// Whether the axes stay, with size 1.
    pub keep: bool,
}

fn build_reshape(read: &Reader<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    let from = first(inputs)?;
    let wanted = read.integers("shape", false)?;
    if wanted.is_empty() || wanted.len() > MAX_RANK {
        let got = wanted.len();
        return Err(read.invalid("shape", format!("a shape has 1 to {MAX_RANK} dimensions, not {got}")));
    }
    if wanted.iter().filter(|d| **d == -1).count() > 1 {
        return Err(read.invalid("shape", "only one dimension of a shape may be -1".to_owned()));
    }
    let mut dims = [1u64; MAX_RANK];
    let mut known = 1u64;
    for (to, dim) in dims.iter_mut().zip(&wanted).filter(|(_, dim)| **dim != -1) {
        *to = u64::try_from(*dim)
            .ok()
            .filter(|d| (1..=MAX_DIM).contains(d))
            .ok_or_else(|| read.invalid("shape", format!("a dimension is -1 or from 1 to {MAX_DIM}, not {dim}")))?;
        known = known.checked_mul(*to).ok_or(ShapeError::Overflow { what: "elements" })?;
    }
    if let Some(free) = wanted.iter().position(|d| *d == -1) {
        let have = elements(from)?;
        if !have.is_multiple_of(known) {
            return Err(ShapeError::Elements { from, have, want: known }.into());
        }
        dims[free] = dimension("dimension", i128::from(have / known))?;
    }
    let shape = Shape::new(&dims[..wanted.len()]).expect("dimensions within bounds");
    Ok(Built::One(Op::Reshape(Reshape { shape })))
}

fn build_transpose(read: &Reader<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    let rank = first(inputs)?.rank();
    let written = read.integers("axes", false)?;
    if written.len() != rank {
        let got = written.len();
        return Err(read.invalid("axes", format!("axes must name each of the {rank} axes once, not {got} of them")));
    }
    let axes = written.iter().map(|a| args::axis(*a, rank)).collect::<Result<Vec<_>, _>>()?;
    if repeated(&axes).is_some() {
        return Err(read.invalid("axes", "axes must name each axis once".to_owned()));
    }
    Ok(Built::One(Op::Transpose(Transpose { axes })))
}

fn build_mean(read: &Reader<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    let rank = first(inputs)?.rank();
    let written = read.integers("axes", true)?;
    if written.is_empty() {
        return Err(read.invalid("axes", "axes must name at least one axis".to_owned()));
    }
    let mut axes = written.iter().map(|a| args::axis(*a, rank)).collect::<Result<Vec<_>, _>>()?;
    axes.sort_unstable();
    if repeated(&axes).is_some() {
        return Err(read.invalid("axes", "axes must name no axis twice".to_owned()));
    }
    Ok(Built::One(Op::Mean(Mean { axes, keep: read.flag("keep")? })))
}

/// An axis that stands in a list twice.
fn repeated(axes: &[usize]) -> Option<usize> {
    axes.iter().enumerate().find(|(i, axis)| axes[..*i].contains(axis)).map(|(_, axis)| *axis)
}

impl Payload for Flatten {
    fn info(&self) -> &'static OpInfo {
        &FLATTEN
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let features = elements(first(inputs)?)?;
        let features = dimension("features", i128::from(features))?;
        Ok(Shape::new(&[features]).expect("one dimension within bounds"))
    }

    /// It moves elements and computes nothing.
    fn work(&self, _inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        Ok(Work::NONE)
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Whole
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed
    }
}

impl Payload for Reshape {
    fn info(&self) -> &'static OpInfo {
        &RESHAPE
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let from = first(inputs)?;
        let (have, want) = (elements(from)?, elements(self.shape)?);
        if have == want { Ok(self.shape) } else { Err(ShapeError::Elements { from, have, want }) }
    }

    /// It moves elements and computes nothing.
    fn work(&self, _inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        Ok(Work::NONE)
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Whole
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed.arg("shape", ints(self.shape.dims().iter().map(|d| u64::from(*d))))
    }
}

/// The first axis of a list that is out of range or stands there twice.
fn bad_axis(axes: &[usize], rank: usize) -> Option<usize> {
    axes.iter().find(|a| **a >= rank).copied().or_else(|| repeated(axes))
}

impl Payload for Transpose {
    fn info(&self) -> &'static OpInfo {
        &TRANSPOSE
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let input = first(inputs)?;
        let rank = input.rank();
        if self.axes.len() != rank {
            return Err(no_axis(self.axes.len().max(1) - 1, rank));
        }
        if let Some(axis) = bad_axis(&self.axes, rank) {
            return Err(no_axis(axis, rank));
        }
        let mut shape = input;
        for (to, from) in self.axes.iter().enumerate() {
            shape = shape.with_dim(to, input.dim(*from)).expect("a dimension of the input");
        }
        Ok(shape)
    }

    /// It moves elements and computes nothing.
    fn work(&self, _inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        Ok(Work::NONE)
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Whole
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed.arg("axes", ints(self.axes.iter().map(|a| *a as u64)))
    }
}

impl Payload for Mean {
    fn info(&self) -> &'static OpInfo {
        &MEAN
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let input = first(inputs)?;
        if let Some(axis) = bad_axis(&self.axes, input.rank()) {
            return Err(no_axis(axis, input.rank()));
        }
        let mut dims = [1u64; MAX_RANK];
        let mut rank = 0;
        for axis in 0..input.rank() {
            let averaged = self.axes.contains(&axis);
            if !averaged || self.keep {
                dims[rank] = if averaged { 1 } else { input.dim(axis) };
                rank += 1;
            }
        }
        Ok(Shape::new(&dims[..rank.max(1)]).expect("dimensions of the input"))
    }

    /// For each output element, of `n` averaged ones: `n - 1` additions and a division.
    fn work(&self, inputs: &[Shape], output: Shape) -> Result<Work, ShapeError> {
        let input = inputs[0];
        let outputs = elements(output)?;
        reduction(false, elements(input)? / outputs).times(outputs)
    }

    /// The same pixel where only channels are averaged and the map stays one, else the whole map.
    fn window(&self, _map: Shape) -> Window {
        if self.keep && self.axes == [0] { Window::Pixel } else { Window::Whole }
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed.arg("axes", ints(self.axes.iter().map(|a| *a as u64))).arg("keep", self.keep)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{printed, shape, shape_error, told, window, work};
    use super::*;

    #[test]
    fn flatten_takes_any_rank() {
        assert_eq!(told("flatten()([512, 7, 7])"), "[25088]");
        assert_eq!(told("flatten()([10])"), "[10]");
        assert_eq!(shape_error("flatten()([65536, 65536])"), ShapeError::Dimension { what: "features", value: 1 << 32 });
        let many = "flatten()([2147483647, 2147483647, 2147483647])";
        assert_eq!(shape_error(many), ShapeError::Overflow { what: "elements" });
    }

    #[test]
    fn one_dimension_takes_what_is_left() {
        assert_eq!(told("reshape([3, -1])([6, 4, 4])"), "[3, 32]");
        assert_eq!(printed("reshape([3, -1])([6, 4, 4])"), "shape=[3, 32]");
        assert_eq!(told("reshape([96])([6, 4, 4])"), "[96]");
        let from = shape(&[6, 4, 4]);
        assert_eq!(shape_error("reshape([5, -1])([6, 4, 4])"), ShapeError::Elements { from, have: 96, want: 5 });
        assert_eq!(shape_error("reshape([5, 20])([6, 4, 4])"), ShapeError::Elements { from, have: 96, want: 100 });
    }

    #[test]
    fn impossible_shapes_are_told() {
        assert_eq!(told("reshape([-1, -1])([6])"), "only one dimension of a shape may be -1");
        assert_eq!(told("reshape([])([6])"), "a shape has 1 to 6 dimensions, not 0");
        assert_eq!(told("reshape([1, 1, 1, 1, 1, 1, 6])([6])"), "a shape has 1 to 6 dimensions, not 7");
        assert_eq!(told("reshape([0, 6])([6])"), "a dimension is -1 or from 1 to 2147483647, not 0");
        assert_eq!(told("reshape([-2, 3])([6])"), "a dimension is -1 or from 1 to 2147483647, not -2");
        assert_eq!(told("reshape(6)([6])"), "shape takes a list of integers, not the integer 6");
        let wrapped = "reshape([2147483647, 2147483647, 2147483647, -1])([6])";
        assert_eq!(shape_error(wrapped), ShapeError::Overflow { what: "elements" });
    }

    #[test]
    fn axes_are_permuted() {
        assert_eq!(told("transpose([1, 2, 0])([3, 4, 5])"), "[4, 5, 3]");
        assert_eq!(printed("transpose([1, -1, 0])([3, 4, 5])"), "axes=[1, 2, 0]");
        assert_eq!(told("transpose([0, 1])([3, 4, 5])"), "axes must name each of the 3 axes once, not 2 of them");
        assert_eq!(told("transpose([0, 1, 1])([3, 4, 5])"), "axes must name each axis once");
        assert_eq!(shape_error("transpose([0, 1, 3])([3, 4, 5])"), ShapeError::Axis { axis: 3, rank: 3 });
        for axes in [vec![], vec![0, 1], vec![0, 0, 1], vec![0, 1, usize::MAX]] {
            assert!(matches!(Transpose { axes }.infer(&[shape(&[3, 4, 5])]), Err(ShapeError::Axis { rank: 3, .. })));
        }
    }

    #[test]
    fn means_drop_or_keep_their_axes() {
        assert_eq!(told("mean([1, 2])([8, 4, 4])"), "[8]");
        assert_eq!(told("mean([-1, -2], keep=true)([8, 4, 4])"), "[8, 1, 1]");
        assert_eq!(told("mean(0)([8, 4, 4])"), "[4, 4]");
        assert_eq!(told("mean([0, 1, 2])([8, 4, 4])"), "[1]");
        assert_eq!(told("mean([1, 1])([8, 4, 4])"), "axes must name no axis twice");
        assert_eq!(told("mean([])([8, 4, 4])"), "axes must name at least one axis");
        assert_eq!(shape_error("mean(3)([8, 4, 4])"), ShapeError::Axis { axis: 3, rank: 3 });
        assert_eq!(work("mean([1, 2])([8, 4, 4])"), Work { add: 15 * 8, div: 8, ..Work::NONE });
        assert_eq!(window("mean(0, keep=true)([8, 4, 4])"), Window::Pixel);
        assert_eq!(window("mean([1, 2])([8, 4, 4])"), Window::Whole);
    }
}
