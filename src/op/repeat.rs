//! Operations that give the same elements again and again: `expand` and `repeat`.
//!
//! In: arguments and input shapes. Out: the payload and its shape. Arithmetic of tensors broadcasts by itself and needs neither.

use super::Op;
use super::args::{BuildError, Printed, Reader, ints};
use super::error::ShapeError;
use super::geometry::{axis_name, dimension, first};
use super::param_kind::ParamKind::Integers;
use super::payload::Payload;
use super::shape::{MAX_DIM, MAX_RANK, Shape};
use super::table::{Build, Built, OpInfo, Output, ParamInfo, required};
use super::work::{Window, Work};

const fn row(
    (keyword, onnx): (&'static str, &'static str),
    summary: &'static str,
    params: &'static [ParamInfo],
    (shapes, build): (&'static str, Build),
) -> OpInfo {
    OpInfo { keyword, family: "shape", summary, params, inputs: (1, Some(1)), output: Output::Computed, shapes, onnx, build }
}

pub(super) const EXPAND: OpInfo = row(
    ("expand", "Expand"),
    "axes of size 1 stretched to a shape, as broadcasting does; new axes stand in front",
    &[required("shape", Integers, "the new dimensions; -1 keeps the input's")],
    ("[C, 1, 1] -> [shape]", build_expand),
);
pub(super) const REPEAT: OpInfo = row(
    ("repeat", "Tile"),
    "the whole tensor again and again along each axis; new axes stand in front",
    &[required("times", Integers, "how often, for each axis")],
    ("[C, H, W] -> [a C, b H, c W] for times=[a, b, c]", build_repeat),
);

/// Elements that stand there again and again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Repeat {
    /// Axes of size 1 stretched to those of a shape, aligned at the last one.
    To(Shape),
    /// The whole so many times along each axis of the output, aligned at the last one.
    Times(Vec<u64>),
}

fn build_expand(read: &Reader<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    let from = first(inputs)?;
    let wanted = numbers(read, ("shape", "a shape"), from)?;
    let mut dims = Vec::with_capacity(wanted.len());
    for (to, dim) in wanted.iter().enumerate() {
        let own = to.checked_sub(wanted.len() - from.rank()).map(|axis| from.dim(axis));
        dims.push(match (u64::try_from(*dim), own) {
            (Ok(dim @ 1..=MAX_DIM), _) => dim,
            (_, Some(own)) if *dim == -1 => own,
            (_, None) if *dim == -1 => {
                return Err(read.invalid("shape", "-1 keeps a dimension of the input, and a new axis has none".to_owned()));
            }
            (_, _) => return Err(read.invalid("shape", format!("a dimension is -1 or from 1 to {MAX_DIM}, not {dim}"))),
        });
    }
    let shape = Shape::new(&dims).expect("dimensions within bounds");
    Ok(Built::One(Op::Repeat(Repeat::To(shape))))
}

fn build_repeat(read: &Reader<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    let written = numbers(read, ("times", "times"), first(inputs)?)?;
    let bounded = |times: &i64| {
        let outside = || read.invalid("times", format!("an axis is repeated from 1 to {MAX_DIM} times, not {times}"));
        u64::try_from(*times).ok().filter(|t| (1..=MAX_DIM).contains(t)).ok_or_else(outside)
    };
    Ok(Built::One(Op::Repeat(Repeat::Times(written.iter().map(bounded).collect::<Result<_, _>>()?))))
}

/// As many integers as the input has axes, or more.
fn numbers(read: &Reader<'_>, (name, what): (&str, &str), input: Shape) -> Result<Vec<i64>, BuildError> {
    let written = read.integers(name, false)?;
    if (input.rank()..=MAX_RANK).contains(&written.len()) {
        return Ok(written);
    }
    let (rank, got) = (input.rank(), written.len());
    let most = if rank < MAX_RANK { format!("from {rank} to {MAX_RANK} numbers") } else { format!("{rank} numbers") };
    Err(read.invalid(name, format!("{what} for {input} has {most}, one for each axis, not {got}")))
}

impl Payload for Repeat {
    fn info(&self) -> &'static OpInfo {
        match self {
            Self::To(_) => &EXPAND,
            Self::Times(_) => &REPEAT,
        }
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let input = first(inputs)?;
        let rank = match self {
            Self::To(shape) => shape.rank(),
            Self::Times(times) => times.len(),
        };
        let added = rank.checked_sub(input.rank()).filter(|_| rank <= MAX_RANK);
        let added = added.ok_or(ShapeError::Axis { axis: rank as i64, rank: input.rank() })?;
        let mut dims = [1u64; MAX_RANK];
        for (to, dim) in dims[..rank].iter_mut().enumerate() {
            let own = to.checked_sub(added).map_or(1, |axis| input.dim(axis));
            *dim = match self {
                Self::To(shape) if own == 1 || own == shape.dim(to) => shape.dim(to),
                Self::To(shape) => {
                    let why = format!("only a dimension of 1 is stretched, and not to {}", shape.dim(to));
                    return Err(ShapeError::Extent { axis: to - added, dim: own, why });
                }
                Self::Times(times) => dimension(axis_name(to, rank), i128::from(own).saturating_mul(i128::from(times[to])))?,
            };
        }
        Ok(Shape::new(&dims[..rank]).expect("dimensions within bounds"))
    }

    /// It moves elements and computes nothing.
    fn work(&self, _inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        Ok(Work::NONE)
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Whole
    }

    fn arguments(&self, printed: Printed) -> Printed {
        match self {
            Self::To(shape) => printed.arg("shape", ints(shape.to_vec())),
            Self::Times(times) => printed.arg("times", ints(times.iter().copied())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{printed, shape_error, told, work};
    use super::*;

    #[test]
    fn axes_of_one_are_stretched() {
        assert_eq!(told("expand([8, 4, 4])([8, 1, 1])"), "[8, 4, 4]");
        assert_eq!(told("expand([-1, 4, 4])([8, 1, 1])"), "[8, 4, 4]");
        assert_eq!(told("expand([2, 3, -1])([8])"), "[2, 3, 8]");
        assert_eq!(printed("expand([2, -1, 4])([8, 1])"), "shape=[2, 8, 4]");
        assert_eq!(told("expand([-1, 8])([8])"), "-1 keeps a dimension of the input, and a new axis has none");
        assert_eq!(told("expand([4])([8, 1])"), "a shape for [8, 1] has from 2 to 6 numbers, one for each axis, not 1");
        assert_eq!(told("expand([0, 8])([8])"), "a dimension is -1 or from 1 to 2147483647, not 0");
        let why = "only a dimension of 1 is stretched, and not to 4".to_owned();
        assert_eq!(shape_error("expand([2, 4, 3])([8, 3])"), ShapeError::Extent { axis: 0, dim: 8, why });
        assert_eq!(work("expand([8, 4, 4])([8, 1, 1])"), Work::NONE);
    }

    #[test]
    fn wholes_are_repeated() {
        assert_eq!(told("repeat([2, 1, 3])([8, 4, 4])"), "[16, 4, 12]");
        assert_eq!(told("repeat([2, 3])([8])"), "[2, 24]");
        assert_eq!(printed("repeat([2, 3])([8])"), "times=[2, 3]");
        assert_eq!(told("repeat([2])([8, 4])"), "times for [8, 4] has from 2 to 6 numbers, one for each axis, not 1");
        assert_eq!(told("repeat([1, 0])([8])"), "an axis is repeated from 1 to 2147483647 times, not 0");
        let wide = ShapeError::Dimension { what: "dimension", value: 8 * 2_147_483_647 };
        assert_eq!(shape_error("repeat([1, 2147483647])([8])"), wide);
    }
}
