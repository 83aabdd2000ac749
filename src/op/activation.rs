//! Element-wise non-linearities and softmax.
//!
//! In: arguments and input shapes. Out: payloads, weights and counts. Shapes never change here.

use super::Op;
use super::args::Printed;
use super::error::ShapeError;
use super::geometry::first;
use super::param_kind::ParamKind::{Flag, Integer, Number};
use super::payload::Payload;
use super::shape::Shape;
use super::table::DefaultValue::{Bool, Float, Int};
use super::table::{Build, Built, OpInfo, Output, ParamInfo, optional};
use super::weight::{Dims, Init, WeightSpec};
use super::work::{Window, Work, elements};

/// An element-wise operation's row.
const fn row(
    keyword: &'static str,
    summary: &'static str,
    params: &'static [ParamInfo],
    onnx: &'static str,
    build: Build,
) -> OpInfo {
    OpInfo {
        keyword,
        family: "activation",
        summary,
        params,
        inputs: (1, Some(1)),
        output: Output::Computed,
        shapes: "[...] -> [...]",
        onnx,
        build,
    }
}

fn built(activation: Activation) -> Built {
    Built::One(Op::Activation(activation))
}

pub(super) const LEAKY_RELU: OpInfo = row(
    "leaky_relu",
    "`x` above zero, `slope * x` below",
    &[optional("slope", Number, Float(0.01), "slope below zero")],
    "LeakyRelu",
    |read, _| Ok(built(Activation::LeakyRelu { slope: read.number("slope")? })),
);
pub(super) const PRELU: OpInfo = row(
    "prelu",
    "`x` above zero, a learned slope times `x` below",
    &[optional("shared", Flag, Bool(true), "one slope for all channels, else one each")],
    "PRelu",
    |read, _| Ok(built(Activation::Prelu { shared: read.flag("shared")? })),
);
pub(super) const ELU: OpInfo = row(
    "elu",
    "`x` above zero, `alpha * (exp(x) - 1)` below",
    &[optional("alpha", Number, Float(1.0), "limit at minus infinity, negated")],
    "Elu",
    |read, _| Ok(built(Activation::Elu { alpha: read.number("alpha")? })),
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
    &[optional("axis", Integer, Int(0), "axis that sums to one; 0 is the channels")],
    "Softmax",
    |read, inputs| {
        let axis = read.axis("axis", first(inputs)?.rank())?;
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

impl Payload for Activation {
    fn info(&self) -> &'static OpInfo {
        match self {
            Self::Relu => &RELU,
            Self::Relu6 => &RELU6,
            Self::LeakyRelu { .. } => &LEAKY_RELU,
            Self::Prelu { .. } => &PRELU,
            Self::Elu { .. } => &ELU,
            Self::Sigmoid => &SIGMOID,
            Self::HardSigmoid => &HARD_SIGMOID,
            Self::Silu => &SILU,
            Self::HardSwish => &HARD_SWISH,
            Self::Gelu => &GELU,
            Self::Tanh => &TANH,
            Self::Softplus => &SOFTPLUS,
            Self::Mish => &MISH,
        }
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        first(inputs)
    }

    fn roles(&self) -> &'static [&'static str] {
        if matches!(self, Self::Prelu { .. }) { &["weight"] } else { &[] }
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<WeightSpec> {
        let input = inputs[0];
        match *self {
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
    fn work(&self, inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        let input = inputs[0];
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

    fn window(&self, _map: Shape) -> Window {
        Window::Pixel
    }

    fn arguments(&self, printed: Printed) -> Printed {
        match *self {
            Self::LeakyRelu { slope } => printed.arg("slope", slope),
            Self::Prelu { shared } => printed.arg("shared", shared),
            Self::Elu { alpha } => printed.arg("alpha", alpha),
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
    }
}

impl Payload for Softmax {
    fn info(&self) -> &'static OpInfo {
        &SOFTMAX
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let input = first(inputs)?;
        if self.axis < input.rank() { Ok(input) } else { Err(super::geometry::no_axis(self.axis, input.rank())) }
    }

    /// For each lane of `n` elements: `n - 1` comparisons for the largest, `n` subtractions of it, `n` exponentials, `n - 1`
    /// additions and `n` divisions.
    fn work(&self, inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        let input = inputs[0];
        let n = input.dim(self.axis);
        Work { cmp: n - 1, add: 2 * n - 1, exp: n, div: n, ..Work::NONE }.times(elements(input)? / n)
    }

    /// The same pixel where the channels sum to one, else the whole map.
    fn window(&self, _map: Shape) -> Window {
        if self.axis == 0 { Window::Pixel } else { Window::Whole }
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed.arg("axis", self.axis)
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
