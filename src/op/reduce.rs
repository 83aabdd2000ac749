//! Reductions: one number from all elements along some axes.
//!
//! In: arguments and input shapes. Out: the payload, with negative axes resolved, its shape and counts. The words are torch's:
//! `amax` and `amin` reduce, while `max` and `min` go element by element.

use super::args::{BuildError, Printed, Reader};
use super::error::ShapeError;
use super::geometry::{first, no_axis};
use super::param_kind::ParamKind::{Flag, IntegerOrList};
use super::payload::Payload;
use super::shape::{MAX_RANK, Shape};
use super::table::DefaultValue::Bool;
use super::table::{Build, Built, OpInfo, Output, ParamInfo, optional, required};
use super::work::{Window, Work, elements};
use super::{Op, axes};

const KEEP: ParamInfo = optional("keep", Flag, Bool(false), "whether they stay, with size 1");
const AXES: ParamInfo = required("axes", IntegerOrList, "axes to reduce; negative ones count from the end");

const fn row(
    (keyword, onnx): (&'static str, &'static str),
    summary: &'static str,
    params: &'static [ParamInfo],
    build: Build,
) -> OpInfo {
    OpInfo {
        keyword,
        family: "pooling",
        summary,
        params,
        inputs: (1, Some(1)),
        output: Output::Computed,
        shapes: "[C, H, W] -> [C] for axes=[1, 2]",
        onnx,
        build,
    }
}

pub(super) const MEAN: OpInfo = row(
    ("mean", "ReduceMean"),
    "mean over axes; over all of them it is [1]",
    &[required("axes", IntegerOrList, "axes to average over"), KEEP],
    |read, inputs| built(Reduction::Mean, read, inputs),
);
pub(super) const SUM: OpInfo =
    row(("sum", "ReduceSum"), "sum over axes; over all of them it is [1]", &[AXES, KEEP], |read, inputs| {
        built(Reduction::Sum, read, inputs)
    });
pub(super) const AMAX: OpInfo =
    row(("amax", "ReduceMax"), "largest element over axes; over all of them it is [1]", &[AXES, KEEP], |read, inputs| {
        built(Reduction::Amax, read, inputs)
    });
pub(super) const AMIN: OpInfo =
    row(("amin", "ReduceMin"), "smallest element over axes; over all of them it is [1]", &[AXES, KEEP], |read, inputs| {
        built(Reduction::Amin, read, inputs)
    });
pub(super) const PROD: OpInfo =
    row(("prod", "ReduceProd"), "product over axes; over all of them it is [1]", &[AXES, KEEP], |read, inputs| {
        built(Reduction::Prod, read, inputs)
    });
pub(super) const L1: OpInfo =
    row(("l1", "ReduceL1"), "sum of absolute values over axes; over all of them it is [1]", &[AXES, KEEP], |read, inputs| {
        built(Reduction::L1, read, inputs)
    });
pub(super) const L2: OpInfo = row(
    ("l2", "ReduceL2"),
    "Euclidean norm over axes, the root of the sum of squares; over all of them it is [1]",
    &[AXES, KEEP],
    |read, inputs| built(Reduction::L2, read, inputs),
);

/// What is made of the elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reduction {
    /// Their sum.
    Sum,
    /// Their mean.
    Mean,
    /// The largest; a NaN wins.
    Amax,
    /// The smallest; a NaN wins.
    Amin,
    /// Their product.
    Prod,
    /// The sum of their absolute values.
    L1,
    /// The root of the sum of their squares.
    L2,
}

/// One number from all elements along axes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reduce {
    /// What is made of them.
    pub kind: Reduction,
    /// Axes, ascending, without repetition.
    pub axes: Vec<usize>,
    /// Whether the axes stay, with size 1.
    pub keep: bool,
}

impl Reduce {
    /// The mean over axes.
    #[must_use]
    pub fn mean(axes: impl Into<Vec<usize>>, keep: bool) -> Self {
        Self { kind: Reduction::Mean, axes: axes.into(), keep }
    }
}

fn built(kind: Reduction, read: &Reader<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    let axes = axes::ascending(read, "axes", first(inputs)?.rank())?;
    Ok(Built::One(Op::Reduce(Reduce { kind, axes, keep: read.flag("keep")? })))
}

impl Payload for Reduce {
    fn info(&self) -> &'static OpInfo {
        match self.kind {
            Reduction::Sum => &SUM,
            Reduction::Mean => &MEAN,
            Reduction::Amax => &AMAX,
            Reduction::Amin => &AMIN,
            Reduction::Prod => &PROD,
            Reduction::L1 => &L1,
            Reduction::L2 => &L2,
        }
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let input = first(inputs)?;
        if let Some(axis) = axes::bad(&self.axes, input.rank()) {
            return Err(no_axis(axis, input.rank()));
        }
        let mut dims = [1u64; MAX_RANK];
        let mut rank = 0;
        for axis in 0..input.rank() {
            let reduced = self.axes.contains(&axis);
            if !reduced || self.keep {
                dims[rank] = if reduced { 1 } else { input.dim(axis) };
                rank += 1;
            }
        }
        Ok(Shape::new(&dims[..rank.max(1)]).expect("dimensions of the input"))
    }

    /// For each output element, of `n` ones: `n - 1` steps, and what is done to each before and to the result behind. An absolute
    /// value is a comparison.
    fn work(&self, inputs: &[Shape], output: Shape) -> Result<Work, ShapeError> {
        let outputs = elements(output)?;
        let n = elements(inputs[0])? / outputs;
        let steps = n.saturating_sub(1);
        match self.kind {
            Reduction::Sum => Work { add: steps, ..Work::NONE },
            Reduction::Mean => Work { add: steps, div: 1, ..Work::NONE },
            Reduction::Amax | Reduction::Amin => Work { cmp: steps, ..Work::NONE },
            Reduction::Prod => Work { mul: steps, ..Work::NONE },
            Reduction::L1 => Work { cmp: n, add: steps, ..Work::NONE },
            Reduction::L2 => Work { mul: n, add: steps, exp: 1, ..Work::NONE },
        }
        .times(outputs)
    }

    /// The same pixel where only channels are reduced and the map stays one, else the whole map.
    fn window(&self, _map: Shape) -> Window {
        if self.keep && self.axes == [0] { Window::Pixel } else { Window::Whole }
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed.arg("axes", axes::listed(&self.axes)).arg("keep", self.keep)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{printed, shape_error, told, window, work};
    use super::*;

    #[test]
    fn reductions_drop_or_keep_their_axes() {
        for word in ["sum", "mean", "amax", "amin", "prod", "l1", "l2"] {
            let told = |call: &str| told(&format!("{word}{call}"));
            assert_eq!(told("([1, 2])([8, 4, 4])"), "[8]");
            assert_eq!(told("([-1, -2], keep=true)([8, 4, 4])"), "[8, 1, 1]");
            assert_eq!(told("(0)([8, 4, 4])"), "[4, 4]");
            assert_eq!(told("([0, 1, 2])([8, 4, 4])"), "[1]");
            assert_eq!(told("([-6, 2, -1], true)([2, 3, 4, 5, 6, 7])"), "[1, 3, 1, 5, 6, 1]");
            assert_eq!(told("([1, 1])([8, 4, 4])"), "axes must name no axis twice");
            assert_eq!(told("([1, -2])([8, 4, 4])"), "axes must name no axis twice");
            assert_eq!(told("([])([8, 4, 4])"), "axes must name at least one axis");
            assert_eq!(shape_error(&format!("{word}(3)([8, 4, 4])")), ShapeError::Axis { axis: 3, rank: 3 });
            assert_eq!(printed(&format!("{word}([-1, 1], keep=true)([8, 4, 4])")), "axes=[1, 2], keep=true");
        }
    }

    #[test]
    fn each_reduction_counts_its_own_steps() {
        let of = |word: &str| work(&format!("{word}([1, 2])([8, 4, 4])"));
        assert_eq!(of("mean"), Work { add: 15 * 8, div: 8, ..Work::NONE });
        assert_eq!(of("sum"), Work { add: 15 * 8, ..Work::NONE });
        assert_eq!(of("amax"), Work { cmp: 15 * 8, ..Work::NONE });
        assert_eq!(of("amin"), of("amax"));
        assert_eq!(of("prod"), Work { mul: 15 * 8, ..Work::NONE });
        assert_eq!(of("l1"), Work { cmp: 16 * 8, add: 15 * 8, ..Work::NONE });
        assert_eq!(of("l2"), Work { mul: 16 * 8, add: 15 * 8, exp: 8, ..Work::NONE });
    }

    #[test]
    fn only_reduced_channels_leave_a_pixel_its_place() {
        assert_eq!(window("mean(0, keep=true)([8, 4, 4])"), Window::Pixel);
        assert_eq!(window("amax([1, 2])([8, 4, 4])"), Window::Whole);
    }
}
