//! Elements of an axis by their indices, in any order and as often as they are named.
//!
//! In: arguments and input shapes. Out: the payload, with indices resolved against the dimension.

use std::sync::Arc;

use super::Op;
use super::args::{BuildError, Printed, Reader, ints};
use super::error::ShapeError;
use super::geometry::{first, no_axis};
use super::param_kind::ParamKind::{Integer, IntegerOrList};
use super::payload::Payload;
use super::shape::Shape;
use super::source::MAX_VALUES;
use super::table::DefaultValue::Int;
use super::table::{Built, OpInfo, Output, optional, required};
use super::work::{Window, Work};

pub(super) const GATHER: OpInfo = OpInfo {
    keyword: "gather",
    family: "joining",
    summary: "elements of an axis by their indices, in any order; the axis stays, also for one index",
    params: &[
        required("indices", IntegerOrList, "which elements; negative ones count from the end"),
        optional("axis", Integer, Int(0), "axis that they are taken from; 0 is the channels"),
    ],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, H, W] -> [len(indices), H, W]",
    onnx: "Gather",
    build: build_gather,
};

/// Elements of an axis by their indices.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Gather {
    /// Axis of the batchless shape.
    pub axis: usize,
    /// At least one; each below the dimension.
    pub indices: Arc<[u64]>,
}

fn build_gather(read: &Reader<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    let input = first(inputs)?;
    let axis = read.axis("axis", input.rank())?;
    let dim = input.dim(axis);
    let written = read.integers("indices", true)?;
    if written.is_empty() || written.len() as u64 > MAX_VALUES {
        let got = written.len();
        return Err(read.invalid("indices", format!("indices are from 1 to {MAX_VALUES} numbers, not {got}")));
    }
    let resolved = |index: &i64| {
        let place = if *index < 0 { i128::from(*index) + i128::from(dim) } else { i128::from(*index) };
        let why = || format!("index {index} lies outside 0..{dim}");
        u64::try_from(place).ok().filter(|p| *p < dim).ok_or_else(|| ShapeError::Extent { axis, dim, why: why() })
    };
    let indices = written.iter().map(resolved).collect::<Result<Arc<[u64]>, _>>()?;
    Ok(Built::One(Op::Gather(Gather { axis, indices })))
}

impl Payload for Gather {
    fn info(&self) -> &'static OpInfo {
        &GATHER
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let (input, axis) = (first(inputs)?, self.axis);
        if axis >= input.rank() {
            return Err(no_axis(axis, input.rank()));
        }
        let dim = input.dim(axis);
        if let Some(index) = self.indices.iter().find(|index| **index >= dim) {
            return Err(ShapeError::Extent { axis, dim, why: format!("index {index} lies outside 0..{dim}") });
        }
        let why = || "there are no indices".to_owned();
        input.with_dim(axis, self.indices.len() as u64).ok_or_else(|| ShapeError::Extent { axis, dim, why: why() })
    }

    /// It moves elements and computes nothing.
    fn work(&self, _inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        Ok(Work::NONE)
    }

    /// The same pixel where channels are taken, else the whole map.
    fn window(&self, _map: Shape) -> Window {
        if self.axis == 0 { Window::Pixel } else { Window::Whole }
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed.arg("indices", ints(self.indices.iter().copied())).arg("axis", self.axis)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{printed, shape, shape_error, told, window, work};
    use super::*;

    #[test]
    fn indices_count_from_either_end() {
        for (call, expected, args) in [
            ("gather([2, 0, 0])([8, 4, 4])", "[3, 4, 4]", "indices=[2, 0, 0]"),
            ("gather([-1, 0], axis=-1)([8, 4, 5])", "[8, 4, 2]", "indices=[4, 0], axis=2"),
            ("gather(-2)([8, 4])", "[1, 4]", "indices=[6]"),
            ("gather([0, 0, 1], 5)([1, 1, 1, 1, 1, 2])", "[1, 1, 1, 1, 1, 3]", "indices=[0, 0, 1], axis=5"),
        ] {
            assert_eq!((told(call).as_str(), printed(call).as_str()), (expected, args), "{call}");
        }
        assert_eq!(work("gather([2, 0])([8, 4, 4])"), Work::NONE);
        assert_eq!(window("gather([2, 0])([8, 4, 4])"), Window::Pixel);
        assert_eq!(window("gather([2, 0], axis=1)([8, 4, 4])"), Window::Whole);
    }

    #[test]
    fn indices_outside_the_dimension_are_told() {
        let outside = |index: i64| ShapeError::Extent { axis: 0, dim: 8, why: format!("index {index} lies outside 0..8") };
        for index in [8, -9, i64::MIN] {
            assert_eq!(shape_error(&format!("gather([0, {index}])([8, 4])")), outside(index));
        }
        assert_eq!(shape_error("gather(0, axis=2)([8, 4])"), ShapeError::Axis { axis: 2, rank: 2 });
        assert_eq!(told("gather([])([8])"), "indices are from 1 to 65536 numbers, not 0");
        let raw = |indices: &[u64]| Gather { axis: 0, indices: indices.into() }.infer(&[shape(&[8])]);
        assert_eq!(raw(&[8]), Err(outside(8)));
        assert!(matches!(raw(&[]), Err(ShapeError::Extent { .. })));
    }
}
