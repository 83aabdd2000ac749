//! Element-wise non-linearities and softmax.
//!
//! In: arguments and input shapes. Out: payloads, weights and counts. Shapes never change here.

use super::Op;
use super::args::{self, ArgValue, BuildError, Printed, Reader, int};
use super::error::ShapeError;
use super::geometry::first;
use super::shape::Shape;
use super::table::{AXIS, Built, FLAG, NUMBER, OpInfo, ParamInfo, optional};
use super::weight::{Dims, Init, WeightSpec};
use super::work::{Window, Work, elements};

/// An element-wise operation's row.
const fn row(
    keyword: &'static str,
    summary: &'static str,
    params: &'static [ParamInfo],
    onnx: &'static str,
    build: fn(args::Args<'_>, &[Shape]) -> Result<Built, BuildError>,
) -> OpInfo {
    OpInfo { keyword, family: "activation", summary, params, inputs: (1, Some(1)), shapes: "[...] -> [...]", onnx, build }
}

fn built(activation: Activation) -> Built {
    Built::One(Op::Activation(activation))
}

pub(super) const LEAKY_RELU: OpInfo = row(
    "leaky_relu",
    "`x` above zero, `slope * x` below",
    &[optional("slope", NUMBER, "0.01", "slope below zero")],
    "LeakyRelu",
    |args, _| Ok(built(Activation::LeakyRelu { slope: Reader::new(LEAKY_RELU.params, args).number_or("slope", 0.01)? })),
);
pub(super) const PRELU: OpInfo = row(
    "prelu",
    "`x` above zero, a learned slope times `x` below",
    &[optional("shared", FLAG, "true", "one slope for all channels, else one each")],
    "PRelu",
    |args, _| Ok(built(Activation::Prelu { shared: Reader::new(PRELU.params, args).flag_or("shared", true)? })),
);
pub(super) const ELU: OpInfo = row(
    "elu",
    "`x` above zero, `alpha * (exp(x) - 1)` below",
    &[optional("alpha", NUMBER, "1.0", "limit at minus infinity, negated")],
    "Elu",
    |args, _| Ok(built(Activation::Elu { alpha: Reader::new(ELU.params, args).number_or("alpha", 1.0)? })),
);
pub(super) const RELU: OpInfo = row("relu", "`max(x, 0)`", &[], "Relu", |_, _| Ok(built(Activation::Relu)));
pub(super) const RELU6: OpInfo = row("relu6", "`min(max(x, 0), 6)`", &[], "Clip", |_, _| Ok(built(Activation::Relu6)));
pub(super) const SIGMOID: OpInfo = row("sigmoid", "`1 / (1 + exp(-x))`", &[], "Sigmoid", |_, _| Ok(built(Activation::Sigmoid)));
pub(super) const HARD_SIGMOID: OpInfo =
    row("hard_sigmoid", "`relu6(x + 3) / 6`", &[], "HardSigmoid", |_, _| Ok(built(Activation::HardSigmoid)));
pub(super) const SILU: OpInfo =
    row("silu", "`x * sigmoid(x)`, also called swish", &[], "Sigmoid, Mul", |_, _| Ok(built(Activation::Silu)));
pub(super) const HARD_SWISH: OpInfo =
    row("hard_swish", "`x * hard_sigmoid(x)`", &[], "HardSwish", |_, _| Ok(built(Activation::HardSwish)));
pub(super) const GELU: OpInfo =
    row("gelu", "`x * Phi(x)` with the exact normal distribution", &[], "Gelu", |_, _| Ok(built(Activation::Gelu)));
pub(super) const TANH: OpInfo = row("tanh", "hyperbolic tangent", &[], "Tanh", |_, _| Ok(built(Activation::Tanh)));
pub(super) const SOFTPLUS: OpInfo = row("softplus", "`ln(1 + exp(x))`", &[], "Softplus", |_, _| Ok(built(Activation::Softplus)));
pub(super) const MISH: OpInfo = row("mish", "`x * tanh(softplus(x))`", &[], "Mish", |_, _| Ok(built(Activation::Mish)));
pub(super) const SOFTMAX: OpInfo = row(
    "softmax",
    "`exp(x)` over its sum along an axis",
    &[optional("axis", AXIS, "0", "axis that sums to one; 0 is the channels")],
    "Softmax",
    |args, inputs| {
        let axis = Reader::new(SOFTMAX.params, args).axis_or("axis", 0, first(inputs)?.rank())?;
        Ok(Built::One(Op::Softmax(Softmax { axis })))
    },
);

/// An element-wise non-linearity, as PyTorch defines it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// `max(x, 0)`.
    Relu,
    /// `min(max(x, 0), 6)`.
    Relu6,
    /// `x` or `slope * x`.
    LeakyRelu {
        /// Slope below zero.
        slope: f64,
    },
    /// Learned slope below zero, one for all channels where `shared`, else one each.
    Prelu {
        /// One slope for all channels.
        shared: bool,
    },
    /// `x` or `alpha * (exp(x) - 1)`.
    Elu {
        /// Limit at minus infinity, negated.
        alpha: f64,
    },
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `relu6(x + 3) / 6`.
    HardSigmoid,
    /// `x * sigmoid(x)`.
    Silu,
    /// `x * hard_sigmoid(x)`.
    HardSwish,
    /// `x * Phi(x)`, exact (erf).
    Gelu,
    /// Hyperbolic tangent.
    Tanh,
    /// `ln(1 + exp(x))`.
    Softplus,
    /// `x * tanh(softplus(x))`.
    Mish,
}

/// Softmax along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Softmax {
    /// Axis of the batchless shape.
    pub axis: usize,
}

impl Activation {
    pub(super) fn keyword(self) -> &'static str {
        match self {
            Self::Relu => RELU.keyword,
            Self::Relu6 => RELU6.keyword,
            Self::LeakyRelu { .. } => LEAKY_RELU.keyword,
            Self::Prelu { .. } => PRELU.keyword,
            Self::Elu { .. } => ELU.keyword,
            Self::Sigmoid => SIGMOID.keyword,
            Self::HardSigmoid => HARD_SIGMOID.keyword,
            Self::Silu => SILU.keyword,
            Self::HardSwish => HARD_SWISH.keyword,
            Self::Gelu => GELU.keyword,
            Self::Tanh => TANH.keyword,
            Self::Softplus => SOFTPLUS.keyword,
            Self::Mish => MISH.keyword,
        }
    }

    pub(super) fn weights(self, input: Shape) -> Vec<WeightSpec> {
        match self {
            Self::Prelu { shared } => {
                let slopes = if shared { 1 } else { input.channels() };
                vec![WeightSpec::learned("weight", Dims::vector(slopes), Init::Constant(0.25))]
            }
            Self::Relu
            | Self::Relu6
            | Self::LeakyRelu { .. }
            | Self::Elu { .. }
            | Self::Sigmoid
            | Self::HardSigmoid
            | Self::Silu
            | Self::HardSwish
            | Self::Gelu
            | Self::Tanh
            | Self::Softplus
            | Self::Mish => Vec::new(),
        }
    }

    /// The operations of the formula for each element, both sides of a threshold taken; `max` and `min` are comparisons,
    /// negation is free, and constants such as `1 / sqrt(2)` are known.
    pub(super) fn work(self, input: Shape) -> Result<Work, ShapeError> {
        let none = Work::NONE;
        let each = match self {
            Self::Relu => Work { cmp: 1, ..none },
            Self::Relu6 => Work { cmp: 2, ..none },
            Self::LeakyRelu { .. } | Self::Prelu { .. } => Work { cmp: 1, mul: 1, ..none },
            Self::Elu { .. } => Work { cmp: 1, exp: 1, add: 1, mul: 1, ..none },
            Self::Sigmoid => Work { exp: 1, add: 1, div: 1, ..none },
            Self::HardSigmoid => Work { add: 1, cmp: 2, div: 1, ..none },
            Self::Silu => Work { exp: 1, add: 1, div: 1, mul: 1, ..none },
            Self::HardSwish => Work { add: 1, cmp: 2, div: 1, mul: 1, ..none },
            // x * 0.5 * (1 + erf(x * sqrt(0.5)))
            Self::Gelu => Work { mul: 3, add: 1, exp: 1, ..none },
            Self::Tanh => Work { exp: 1, ..none },
            Self::Softplus => Work { exp: 2, add: 1, ..none },
            Self::Mish => Work { exp: 3, add: 1, mul: 1, ..none },
        };
        each.times(elements(input)?)
    }

    pub(super) fn printed(self) -> Vec<(&'static str, ArgValue)> {
        let printed = Printed::default();
        match self {
            Self::LeakyRelu { slope } => printed.unless("slope", ArgValue::Float(slope), &ArgValue::Float(0.01)),
            Self::Prelu { shared } => printed.unless("shared", ArgValue::Bool(shared), &ArgValue::Bool(true)),
            Self::Elu { alpha } => printed.unless("alpha", ArgValue::Float(alpha), &ArgValue::Float(1.0)),
            Self::Relu
            | Self::Relu6
            | Self::Sigmoid
            | Self::HardSigmoid
            | Self::Silu
            | Self::HardSwish
            | Self::Gelu
            | Self::Tanh
            | Self::Softplus
            | Self::Mish => printed,
        }
        .done()
    }
}

impl Softmax {
    pub(super) fn infer(self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let input = first(inputs)?;
        if self.axis < input.rank() { Ok(input) } else { Err(super::geometry::no_axis(self.axis, input.rank())) }
    }

    /// For each lane of `n` elements: `n - 1` comparisons for the largest, `n` subtractions of it, `n` exponentials, `n - 1`
    /// additions and `n` divisions.
    pub(super) fn work(self, input: Shape) -> Result<Work, ShapeError> {
        let n = input.dim(self.axis);
        Work { cmp: n - 1, add: 2 * n - 1, exp: n, div: n, ..Work::NONE }.times(elements(input)? / n)
    }

    /// The same pixel where the channels sum to one, else the whole map.
    pub(super) fn window(self) -> Window {
        if self.axis == 0 { Window::Pixel } else { Window::Whole }
    }

    pub(super) fn printed(self) -> Vec<(&'static str, ArgValue)> {
        Printed::default().unless("axis", int(self.axis as u64), &int(0)).done()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{printed, shape_error, told, weights, window, work};
    use super::*;

    #[test]
    fn shapes_stay_at_any_rank() {
        for call in ["relu()([7])", "gelu()([7])", "softmax()([7])", "prelu()([7])"] {
            assert_eq!(told(call), "[7]", "{call}");
        }
        assert_eq!(told("hard_swish()([2, 3, 4, 5])"), "[2, 3, 4, 5]");
    }

    #[test]
    fn formulas_are_counted() {
        let six = |each: Work| each.times(6).expect("a small count");
        for (call, each) in [
            ("relu()", Work { cmp: 1, ..Work::NONE }),
            ("relu6()", Work { cmp: 2, ..Work::NONE }),
            ("leaky_relu()", Work { cmp: 1, mul: 1, ..Work::NONE }),
            ("prelu()", Work { cmp: 1, mul: 1, ..Work::NONE }),
            ("sigmoid()", Work { exp: 1, add: 1, div: 1, ..Work::NONE }),
            ("silu()", Work { exp: 1, add: 1, div: 1, mul: 1, ..Work::NONE }),
            ("hard_swish()", Work { add: 1, cmp: 2, div: 1, mul: 1, ..Work::NONE }),
            ("gelu()", Work { mul: 3, add: 1, exp: 1, ..Work::NONE }),
        ] {
            assert_eq!(work(&format!("{call}([3, 2, 1])")), six(each), "{call}");
        }
    }

    #[test]
    fn softmax_counts_its_lanes() {
        let channels = Work { cmp: 9 * 4, add: 19 * 4, exp: 40, div: 40, ..Work::NONE };
        assert_eq!(work("softmax()([10, 2, 2])"), channels);
        let columns = Work { cmp: 20, add: 3 * 20, exp: 40, div: 40, ..Work::NONE };
        assert_eq!(work("softmax(axis=-1)([10, 2, 2])"), columns);
        assert_eq!(window("softmax()([10, 2, 2])"), Window::Pixel);
        assert_eq!(window("softmax(2)([10, 2, 2])"), Window::Whole);
    }

    #[test]
    fn axes_are_those_of_the_written_shape() {
        assert_eq!(shape_error("softmax(3)([10, 2, 2])"), ShapeError::Axis { axis: 3, rank: 3 });
        assert_eq!(shape_error("softmax(-4)([10, 2, 2])"), ShapeError::Axis { axis: -4, rank: 3 });
        assert_eq!(shape_error("softmax(9223372036854775807)([10])"), ShapeError::Axis { axis: i64::MAX, rank: 1 });
        assert_eq!(shape_error("softmax(-9223372036854775808)([10])"), ShapeError::Axis { axis: i64::MIN, rank: 1 });
        assert_eq!(printed("softmax(-1)([10, 2, 2])"), "axis=2");
    }

    #[test]
    fn slopes_are_learned() {
        assert_eq!(weights("prelu()([64, 2, 2])"), [("weight", vec![1], true)]);
        assert_eq!(weights("prelu(shared=false)([64, 2, 2])"), [("weight", vec![64], true)]);
        assert_eq!(weights("leaky_relu(0.1)([64, 2, 2])"), []);
        assert_eq!(printed("leaky_relu(0.1)([64])"), "slope=0.1");
        assert_eq!(printed("elu(2)([64])"), "alpha=2.0");
    }
}
