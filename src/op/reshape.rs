//! Operations that give the same elements other axes.
//!
//! In: arguments and input shapes. Out: payloads and shapes, with `-1` and negative axes resolved. What flattens some of the axes,
//! takes axes of size 1 away or adds some is a reshape.

use super::args::{self, BuildError, Printed, Reader, ints};
use super::error::ShapeError;
use super::geometry::{dimension, first, no_axis};
use super::param_kind::ParamKind::{Integer, IntegerOrList, Integers};
use super::payload::Payload;
use super::shape::{MAX_DIM, MAX_RANK, Shape};
use super::table::DefaultValue::{Absent, Int};
use super::table::{Built, OpInfo, Output, optional, required};
use super::work::{Window, Work, elements};
use super::{Op, axes};

pub(super) const FLATTEN: OpInfo = OpInfo {
    keyword: "flatten",
    family: "shape",
    summary: "all dimensions into one, the last axis varying fastest; or those from one axis to another",
    params: &[
        optional("from", Integer, Int(0), "first axis of those that become one"),
        optional("to", Integer, Int(-1), "last of them; negative ones count from the end"),
    ],
    inputs: (1, Some(1)),
    output: Output::View,
    shapes: "[...] -> [F]",
    onnx: "Flatten",
    build: build_flatten,
};

pub(super) const SQUEEZE: OpInfo = OpInfo {
    keyword: "squeeze",
    family: "shape",
    summary: "without axes of size 1",
    params: &[optional("axes", IntegerOrList, Absent, "which axes; all of size 1 where they are not given")],
    inputs: (1, Some(1)),
    output: Output::View,
    shapes: "[C, 1, 1] -> [C]",
    onnx: "Squeeze",
    build: build_squeeze,
};

pub(super) const UNSQUEEZE: OpInfo = OpInfo {
    keyword: "unsqueeze",
    family: "shape",
    summary: "with new axes of size 1",
    params: &[required("axes", IntegerOrList, "where they are in the output; negative ones count from its end")],
    inputs: (1, Some(1)),
    output: Output::View,
    shapes: "[C] -> [C, 1, 1] for axes=[1, 2]",
    onnx: "Unsqueeze",
    build: build_unsqueeze,
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

fn build_flatten(read: &Reader<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    let input = first(inputs)?;
    let rank = input.rank();
    let (from, to) = (read.axis("from", rank)?, read.axis("to", rank)?);
    if from > to {
        let message = format!("axes are flattened from the lower to the higher, not from axis {from} to axis {to}");
        return Err(read.invalid("to", message));
    }
    if to - from + 1 == rank {
        return Ok(Built::One(Op::Flatten));
    }
    let mut dims = input.to_vec();
    let one = dims.drain(from..=to).try_fold(1u64, u64::checked_mul).ok_or(ShapeError::Overflow { what: "elements" })?;
    dims.insert(from, dimension("dimension", i128::from(one))?);
    Ok(reshape(&dims))
}

fn build_squeeze(read: &Reader<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    let input = first(inputs)?;
    let rank = input.rank();
    let gone = match read.given("axes") {
        Some(_) => axes::ascending(read, "axes", rank)?,
        None => (0..rank).filter(|axis| input.dim(*axis) == 1).collect(),
    };
    if let Some(axis) = gone.iter().copied().find(|axis| input.dim(*axis) != 1) {
        let why = "only an axis of 1 can go; `mean` and `amax` make one number of many, `flatten` one axis of several".to_owned();
        return Err(ShapeError::Extent { axis, dim: input.dim(axis), why }.into());
    }
    let kept: Vec<u64> = (0..rank).filter(|axis| !gone.contains(axis)).map(|axis| input.dim(axis)).collect();
    // Of one element something is left.
    Ok(reshape(if kept.is_empty() { &[1] } else { &kept }))
}

fn build_unsqueeze(read: &Reader<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    let input = first(inputs)?;
    let rank = input.rank() + read.integers("axes", true)?.len();
    if rank > MAX_RANK {
        return Err(read.invalid("axes", format!("a shape has at most {MAX_RANK} dimensions, and this would have {rank}")));
    }
    let added = axes::ascending(read, "axes", rank)?;
    let mut own = input.to_vec().into_iter();
    let dim = |axis: usize| if added.contains(&axis) { 1 } else { own.next().unwrap_or(1) };
    Ok(reshape(&(0..rank).map(dim).collect::<Vec<_>>()))
}

fn reshape(dims: &[u64]) -> Built {
    Built::One(Op::Reshape(Reshape { shape: Shape::new(dims).expect("dimensions within bounds") }))
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
    if axes::repeated(&axes).is_some() {
        return Err(read.invalid("axes", "axes must name each axis once".to_owned()));
    }
    Ok(Built::One(Op::Transpose(Transpose { axes })))
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
        if let Some(axis) = axes::bad(&self.axes, rank) {
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
        printed.arg("axes", axes::listed(&self.axes))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{op, printed, shape, shape_error, told};
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
    fn a_range_of_axes_becomes_one() {
        assert_eq!(told("flatten(1)([512, 7, 7])"), "[512, 49]");
        assert_eq!(told("flatten(0, 1)([512, 7, 7])"), "[3584, 7]");
        assert_eq!(told("flatten(-3, -2)([2, 3, 4, 5])"), "[2, 12, 5]");
        assert_eq!(told("flatten(2, 2)([2, 3, 4])"), "[2, 3, 4]");
        assert_eq!(printed("flatten(1)([512, 7, 7])"), "shape=[512, 49]");
        assert_eq!(op("flatten(0, 2)([512, 7, 7])").0, Op::Flatten);
        let backwards = "axes are flattened from the lower to the higher, not from axis 2 to axis 1";
        assert_eq!(told("flatten(2, 1)([512, 7, 7])"), backwards);
        assert_eq!(shape_error("flatten(3)([512, 7, 7])"), ShapeError::Axis { axis: 3, rank: 3 });
        assert_eq!(shape_error("flatten(1)([2, 65536, 65536])"), ShapeError::Dimension { what: "dimension", value: 1 << 32 });
    }

    #[test]
    fn axes_of_one_come_and_go() {
        assert_eq!(told("squeeze()([8, 1, 1])"), "[8]");
        assert_eq!(told("squeeze(-1)([8, 1, 1])"), "[8, 1]");
        assert_eq!(told("squeeze([0, 2])([1, 8, 1])"), "[8]");
        assert_eq!(told("squeeze()([1, 1])"), "[1]");
        assert!(matches!(shape_error("squeeze(0)([8, 1, 1])"), ShapeError::Extent { axis: 0, dim: 8, .. }));
        assert_eq!(told("squeeze([1, -2])([8, 1, 1])"), "axes must name no axis twice");
        assert_eq!(told("unsqueeze(0)([8])"), "[1, 8]");
        assert_eq!(told("unsqueeze([1, 2])([8])"), "[8, 1, 1]");
        assert_eq!(told("unsqueeze([-1, 0])([8, 4])"), "[1, 8, 4, 1]");
        assert_eq!(printed("unsqueeze(-1)([8])"), "shape=[8, 1]");
        assert_eq!(shape_error("unsqueeze(3)([8, 4])"), ShapeError::Axis { axis: 3, rank: 3 });
        let deep = "a shape has at most 6 dimensions, and this would have 7";
        assert_eq!(told("unsqueeze(0)([1, 2, 3, 4, 5, 6])"), deep);
    }
}
