//! Functions of one tensor, element by element: roots, powers of e, rounding, limits.
//!
//! In: arguments and input shapes. Out: payloads and counts. Shapes never change here, nothing is learned, and nothing is an
//! activation: see [`super::activation`] for what stands behind a layer.

use super::Op;
use super::args::{BuildError, Printed, Reader};
use super::error::ShapeError;
use super::geometry::first;
use super::param_kind::ParamKind::Number;
use super::payload::Payload;
use super::shape::Shape;
use super::table::DefaultValue::Absent;
use super::table::{Build, Built, OpInfo, Output, ParamInfo, optional};
use super::work::{Window, Work, elements};

const fn row(keyword: &'static str, summary: &'static str, onnx: &'static str, build: Build) -> OpInfo {
    with_params(keyword, summary, &[], (onnx, build))
}

const fn with_params(
    keyword: &'static str,
    summary: &'static str,
    params: &'static [ParamInfo],
    (onnx, build): (&'static str, Build),
) -> OpInfo {
    OpInfo {
        keyword,
        family: "arithmetic",
        summary,
        params,
        inputs: (1, Some(1)),
        output: Output::Computed,
        shapes: "[...] -> [...]",
        onnx,
        build,
    }
}

fn built(unary: Unary) -> Built {
    Built::One(Op::Unary(unary))
}

pub(super) const SQRT: OpInfo =
    row("sqrt", "square root; counts one transcendental function an element", "Sqrt", |_, _| Ok(built(Unary::Sqrt)));
pub(super) const EXP: OpInfo =
    row("exp", "`e ** x`; counts one transcendental function an element", "Exp", |_, _| Ok(built(Unary::Exp)));
pub(super) const LOG: OpInfo =
    row("log", "natural logarithm; counts one transcendental function an element", "Log", |_, _| Ok(built(Unary::Log)));
pub(super) const ERF: OpInfo =
    row("erf", "error function; counts one transcendental function an element", "Erf", |_, _| Ok(built(Unary::Erf)));
pub(super) const SIN: OpInfo =
    row("sin", "sine of radians; counts one transcendental function an element", "Sin", |_, _| Ok(built(Unary::Sin)));
pub(super) const COS: OpInfo =
    row("cos", "cosine of radians; counts one transcendental function an element", "Cos", |_, _| Ok(built(Unary::Cos)));
pub(super) const ABS: OpInfo =
    row("abs", "absolute value; counts one comparison an element", "Abs", |_, _| Ok(built(Unary::Abs)));
pub(super) const NEG: OpInfo = row("neg", "`-x`; counts one multiplication an element", "Neg", |_, _| Ok(built(Unary::Neg)));
pub(super) const SIGN: OpInfo =
    row("sign", "-1, 0 or 1; counts two comparisons an element", "Sign", |_, _| Ok(built(Unary::Sign)));
pub(super) const FLOOR: OpInfo =
    row("floor", "rounds down; counts one comparison an element", "Floor", |_, _| Ok(built(Unary::Floor)));
pub(super) const CEIL: OpInfo = row("ceil", "rounds up; counts one comparison an element", "Ceil", |_, _| Ok(built(Unary::Ceil)));
pub(super) const ROUND: OpInfo =
    row("round", "rounds to the nearest integer, halves to the even one; counts one comparison an element", "Round", |_, _| {
        Ok(built(Unary::Round))
    });
pub(super) const RECIPROCAL: OpInfo =
    row("reciprocal", "`1 / x`; counts one division an element", "Reciprocal", |_, _| Ok(built(Unary::Reciprocal)));
pub(super) const CLAMP: OpInfo = with_params(
    "clamp",
    "`min(max(x, min), max)` with at least one of the two; counts one comparison for each of them an element",
    &[
        optional("min", Number, Absent, "what is less becomes this"),
        optional("max", Number, Absent, "what is more becomes this, also where `min` is more"),
    ],
    ("Clip", |read, _| Ok(built(clamp(read)?))),
);

fn clamp(read: &Reader<'_>) -> Result<Unary, BuildError> {
    let bound = |name| read.given(name).map(|_| read.number(name)).transpose();
    match (bound("min")?, bound("max")?) {
        (None, None) => Err(read.invalid("min", "min or max must be given".to_owned())),
        (min, max) => Ok(Unary::Clamp { min, max }),
    }
}

/// A function of each element, as PyTorch defines it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Unary {
    /// Square root; of what is negative, no number.
    Sqrt,
    /// `e ** x`.
    Exp,
    /// Natural logarithm; minus infinity of zero, and of what is negative, no number.
    Log,
    /// Error function.
    Erf,
    /// Sine of radians.
    Sin,
    /// Cosine of radians.
    Cos,
    /// Absolute value.
    Abs,
    /// `-x`.
    Neg,
    /// -1, 0 or 1.
    Sign,
    /// Rounds down.
    Floor,
    /// Rounds up.
    Ceil,
    /// Rounds to the nearest integer, halves to the even one.
    Round,
    /// `1 / x`.
    Reciprocal,
    /// `min(max(x, min), max)`; one of the two is there.
    Clamp {
        /// What is less becomes this.
        min: Option<f64>,
        /// What is more becomes this.
        max: Option<f64>,
    },
}

impl Payload for Unary {
    fn info(&self) -> &'static OpInfo {
        match self {
            Self::Sqrt => &SQRT,
            Self::Exp => &EXP,
            Self::Log => &LOG,
            Self::Erf => &ERF,
            Self::Sin => &SIN,
            Self::Cos => &COS,
            Self::Abs => &ABS,
            Self::Neg => &NEG,
            Self::Sign => &SIGN,
            Self::Floor => &FLOOR,
            Self::Ceil => &CEIL,
            Self::Round => &ROUND,
            Self::Reciprocal => &RECIPROCAL,
            Self::Clamp { .. } => &CLAMP,
        }
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        first(inputs)
    }

    /// As each row says; a rounding is taken for a comparison.
    fn work(&self, inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        match self {
            Self::Sqrt | Self::Exp | Self::Log | Self::Erf | Self::Sin | Self::Cos => Work { exp: 1, ..Work::NONE },
            Self::Abs | Self::Floor | Self::Ceil | Self::Round => Work { cmp: 1, ..Work::NONE },
            Self::Sign => Work { cmp: 2, ..Work::NONE },
            Self::Neg => Work { mul: 1, ..Work::NONE },
            Self::Reciprocal => Work { div: 1, ..Work::NONE },
            Self::Clamp { min, max } => Work { cmp: u64::from(min.is_some()) + u64::from(max.is_some()), ..Work::NONE },
        }
        .times(elements(first(inputs)?)?)
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Pixel
    }

    fn arguments(&self, printed: Printed) -> Printed {
        let Self::Clamp { min, max } = *self else { return printed };
        [("min", min), ("max", max)].into_iter().fold(printed, |printed, (name, bound)| match bound {
            Some(bound) => printed.arg(name, bound),
            None => printed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{printed, told, window, work};
    use super::*;

    #[test]
    fn shapes_stay_at_any_rank() {
        for call in ["sqrt()([7])", "clamp(0)([7])", "round()([7])"] {
            assert_eq!(told(call), "[7]", "{call}");
        }
        assert_eq!(told("neg()([2, 3, 4, 5])"), "[2, 3, 4, 5]");
        assert_eq!(window("abs()([2, 3, 4])"), Window::Pixel);
    }

    #[test]
    fn each_element_is_counted() {
        for (call, each) in [
            ("sqrt()", Work { exp: 1, ..Work::NONE }),
            ("cos()", Work { exp: 1, ..Work::NONE }),
            ("abs()", Work { cmp: 1, ..Work::NONE }),
            ("sign()", Work { cmp: 2, ..Work::NONE }),
            ("neg()", Work { mul: 1, ..Work::NONE }),
            ("reciprocal()", Work { div: 1, ..Work::NONE }),
            ("clamp(min=0)", Work { cmp: 1, ..Work::NONE }),
            ("clamp(0, 6)", Work { cmp: 2, ..Work::NONE }),
        ] {
            assert_eq!(work(&format!("{call}([3, 2, 1])")), each.times(6).expect("a small count"), "{call}");
        }
    }

    #[test]
    fn a_clamp_has_a_bound() {
        assert_eq!(told("clamp()([3])"), "min or max must be given");
        assert_eq!(told("clamp(none, none)([3])"), "min or max must be given");
        assert_eq!(told("clamp(max=inf)([3])"), "max must be a finite number, not inf");
        assert_eq!(printed("clamp(max=6)([3])"), "max=6.0");
        assert_eq!(printed("clamp(-1, 1)([3])"), "min=-1.0, max=1.0");
    }
}
