//! Element-wise non-linearities and softmax.
//!
//! In: arguments and input shapes. Out: payloads, weights and counts. Shapes never change here.

use super::Op;
use super::args::{BuildError, Printed, Reader};
use super::error::ShapeError;
use super::geometry::first;
use super::param_kind::ParamKind::{Flag, Integer, Number, Words};
use super::payload::Payload;
use super::shape::Shape;
use super::table::DefaultValue::{Bool, Float, Int, Word};
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
pub(super) const HARD_SIGMOID: OpInfo = row(
    "hard_sigmoid",
    "`alpha * x + beta` within 0 and 1: `relu6(x + 3) / 6` unless told otherwise",
    &[
        optional("alpha", Number, Float(1.0 / 6.0), "slope; 0.2 is ONNX's default"),
        optional("beta", Number, Float(0.5), "value at zero"),
    ],
    "HardSigmoid",
    |read, _| Ok(built(Activation::HardSigmoid { alpha: read.number("alpha")?, beta: read.number("beta")? })),
);
pub(super) const SILU: OpInfo =
    row("silu", "`x * sigmoid(x)`, also called swish", &[], "Sigmoid, Mul", |_, _| Ok(built(Activation::Silu)));
pub(super) const HARD_SWISH: OpInfo =
    row("hard_swish", "`x * hard_sigmoid(x)`", &[], "HardSwish", |_, _| Ok(built(Activation::HardSwish)));
pub(super) const GELU: OpInfo = row(
    "gelu",
    "`x * Phi(x)` with the exact normal distribution, or with `tanh` for it",
    &[optional(
        "approximate",
        Words(&["none", "tanh"]),
        Word("none"),
        "`tanh`: `0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x ** 3)))`",
    )],
    "Gelu",
    |read, _| Ok(built(if read.word("approximate")? == "tanh" { Activation::GeluTanh } else { Activation::Gelu })),
);
pub(super) const TANH: OpInfo = row("tanh", "hyperbolic tangent", &[], "Tanh", |_, _| Ok(built(Activation::Tanh)));
pub(super) const SOFTPLUS: OpInfo = row(
    "softplus",
    "`ln(1 + exp(beta * x)) / beta`",
    &[
        optional("beta", Number, Float(1.0), "how sharp the bend is; not 0"),
        optional("threshold", Number, Float(SOFTPLUS_THRESHOLD), "it is `x` where `beta * x` is more"),
    ],
    "Softplus",
    |read, _| Ok(built(Activation::Softplus { beta: nonzero(read, "beta")?, threshold: read.number("threshold")? })),
);
pub(super) const SOFTSIGN: OpInfo =
    row("softsign", "`x / (1 + abs(x))`", &[], "Softsign", |_, _| Ok(built(Activation::Softsign)));
pub(super) const SELU: OpInfo =
    row("selu", "`elu` with the alpha and the factor that keep mean and variance", &[], "Selu", |_, _| {
        Ok(built(Activation::Selu))
    });
pub(super) const CELU: OpInfo = row(
    "celu",
    "`x` above zero, `alpha * (exp(x / alpha) - 1)` below",
    &[optional("alpha", Number, Float(1.0), "limit at minus infinity, negated; not 0")],
    "Celu",
    |read, _| Ok(built(Activation::Celu { alpha: nonzero(read, "alpha")? })),
);
pub(super) const THRESHOLDED_RELU: OpInfo = row(
    "thresholded_relu",
    "`x` above `alpha`, zero elsewhere",
    &[optional("alpha", Number, Float(1.0), "what `x` must be more than")],
    "ThresholdedRelu",
    |read, _| Ok(built(Activation::ThresholdedRelu { alpha: read.number("alpha")? })),
);
pub(super) const MISH: OpInfo = row("mish", "`x * tanh(softplus(x))`", &[], "Mish", |_, _| Ok(built(Activation::Mish)));
pub(super) const SOFTMAX: OpInfo = row(
    "softmax",
    "`exp(x)` over its sum along an axis",
    &[optional("axis", Integer, Int(0), "axis that sums to one; 0 is the channels")],
    "Softmax",
    |read, inputs| {
        let axis = read.axis("axis", first(inputs)?.rank())?;
        Ok(Built::One(Op::Softmax(Softmax { axis, log: false })))
    },
);
pub(super) const LOG_SOFTMAX: OpInfo = row(
    "log_softmax",
    "the logarithm of `softmax`: `x` less the logarithm of the sum of `exp(x)` along an axis",
    &[optional("axis", Integer, Int(0), "axis whose exponentials sum to one; 0 is the channels")],
    "LogSoftmax",
    |read, inputs| {
        let axis = read.axis("axis", first(inputs)?.rank())?;
        Ok(Built::One(Op::Softmax(Softmax { axis, log: true })))
    },
);

/// Beyond it `softplus(x)` is `x` in 32 bits.
pub(super) const SOFTPLUS_THRESHOLD: f64 = 20.0;

/// A number that something is divided by.
fn nonzero(read: &Reader<'_>, name: &str) -> Result<f64, BuildError> {
    let number = read.number(name)?;
    if number == 0.0 { Err(read.invalid(name, format!("{name} must not be 0, which it would divide by"))) } else { Ok(number) }
}

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
    /// `alpha * x + beta` within 0 and 1; see [`Self::HARD_SIGMOID`].
    HardSigmoid {
        /// Slope.
        alpha: f64,
        /// Value at zero.
        beta: f64,
    },
    /// `x * sigmoid(x)`.
    Silu,
    /// `x * hard_sigmoid(x)`.
    HardSwish,
    /// `x * Phi(x)`, exact (erf).
    Gelu,
    /// `x * Phi(x)`, with a hyperbolic tangent for the normal distribution.
    GeluTanh,
    /// Hyperbolic tangent.
    Tanh,
    /// `ln(1 + exp(beta * x)) / beta`, and `x` where `beta * x` exceeds the threshold; see [`Self::SOFTPLUS`].
    Softplus {
        /// How sharp the bend is; not zero.
        beta: f64,
        /// Where it becomes `x`.
        threshold: f64,
    },
    /// `x / (1 + abs(x))`.
    Softsign,
    /// `elu` with an alpha and a factor that keep mean and variance.
    Selu,
    /// `x` or `alpha * (exp(x / alpha) - 1)`.
    Celu {
        /// Limit at minus infinity, negated; not zero.
        alpha: f64,
    },
    /// `x` above `alpha`, zero elsewhere.
    ThresholdedRelu {
        /// What `x` must be more than.
        alpha: f64,
    },
    /// `x * tanh(softplus(x))`.
    Mish,
}

impl Activation {
    /// `relu6(x + 3) / 6`, as PyTorch and Keras 3 have it.
    pub const HARD_SIGMOID: Self = Self::HardSigmoid { alpha: 1.0 / 6.0, beta: 0.5 };
    /// `ln(1 + exp(x))`.
    pub const SOFTPLUS: Self = Self::Softplus { beta: 1.0, threshold: SOFTPLUS_THRESHOLD };
}

/// Softmax along an axis, or its logarithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Softmax {
    /// Axis of the batchless shape.
    pub axis: usize,
    /// Whether its logarithm is taken.
    pub log: bool,
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
            Self::HardSigmoid { .. } => &HARD_SIGMOID,
            Self::Silu => &SILU,
            Self::HardSwish => &HARD_SWISH,
            Self::Gelu | Self::GeluTanh => &GELU,
            Self::Tanh => &TANH,
            Self::Softplus { .. } => &SOFTPLUS,
            Self::Softsign => &SOFTSIGN,
            Self::Selu => &SELU,
            Self::Celu { .. } => &CELU,
            Self::ThresholdedRelu { .. } => &THRESHOLDED_RELU,
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
            | Self::HardSigmoid { .. }
            | Self::Silu
            | Self::HardSwish
            | Self::Gelu
            | Self::GeluTanh
            | Self::Tanh
            | Self::Softplus { .. }
            | Self::Softsign
            | Self::Selu
            | Self::Celu { .. }
            | Self::ThresholdedRelu { .. }
            | Self::Mish => Vec::new(),
        }
    }

    /// The operations of the formula for each element, both sides of a threshold taken; `max` and `min` are comparisons,
    /// negation is free, and constants such as `1 / sqrt(2)` are known.
    fn work(&self, inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        let input = inputs[0];
        let none = Work::NONE;
        let each = match self {
            Self::Relu | Self::ThresholdedRelu { .. } => Work { cmp: 1, ..none },
            Self::Relu6 => Work { cmp: 2, ..none },
            Self::LeakyRelu { .. } | Self::Prelu { .. } => Work { cmp: 1, mul: 1, ..none },
            Self::Elu { .. } => Work { cmp: 1, exp: 1, add: 1, mul: 1, ..none },
            Self::Sigmoid => Work { exp: 1, add: 1, div: 1, ..none },
            Self::HardSigmoid { .. } if *self == Self::HARD_SIGMOID => Work { add: 1, cmp: 2, div: 1, ..none },
            Self::HardSigmoid { .. } => Work { mul: 1, add: 1, cmp: 2, ..none },
            Self::Silu => Work { exp: 1, add: 1, div: 1, mul: 1, ..none },
            Self::HardSwish => Work { add: 1, cmp: 2, div: 1, mul: 1, ..none },
            // x * 0.5 * (1 + erf(x * sqrt(0.5)))
            Self::Gelu => Work { mul: 3, add: 1, exp: 1, ..none },
            // x * 0.5 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x * x * x)))
            Self::GeluTanh => Work { mul: 6, add: 2, exp: 1, ..none },
            Self::Tanh => Work { exp: 1, ..none },
            Self::Softplus { .. } if *self == Self::SOFTPLUS => Work { exp: 2, add: 1, ..none },
            Self::Softplus { .. } => Work { cmp: 1, exp: 2, add: 1, mul: 1, div: 1, ..none },
            Self::Softsign => Work { cmp: 1, add: 1, div: 1, ..none },
            // The factors, 1 / alpha among them, are known.
            Self::Selu | Self::Celu { .. } => Work { cmp: 1, exp: 1, add: 1, mul: 2, ..none },
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
            Self::Elu { alpha } | Self::Celu { alpha } | Self::ThresholdedRelu { alpha } => printed.arg("alpha", alpha),
            Self::HardSigmoid { alpha, beta } => printed.arg("alpha", alpha).arg("beta", beta),
            Self::Softplus { beta, threshold } => printed.arg("beta", beta).arg("threshold", threshold),
            Self::GeluTanh => printed.arg("approximate", "tanh"),
            Self::Relu
            | Self::Relu6
            | Self::Sigmoid
            | Self::Silu
            | Self::HardSwish
            | Self::Gelu
            | Self::Tanh
            | Self::Softsign
            | Self::Selu
            | Self::Mish => printed,
        }
    }
}

impl Payload for Softmax {
    fn info(&self) -> &'static OpInfo {
        if self.log { &LOG_SOFTMAX } else { &SOFTMAX }
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let input = first(inputs)?;
        if self.axis < input.rank() { Ok(input) } else { Err(super::geometry::no_axis(self.axis, input.rank())) }
    }

    /// For each lane of `n` elements: `n - 1` comparisons for the largest, `n` subtractions of it, `n` exponentials, `n - 1`
    /// additions and `n` divisions. Its logarithm takes that of the sum, and subtracts it `n` times instead of dividing.
    fn work(&self, inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        let input = inputs[0];
        let n = input.dim(self.axis);
        let lane = if self.log {
            Work { cmp: n - 1, add: 3 * n - 1, exp: n + 1, ..Work::NONE }
        } else {
            Work { cmp: n - 1, add: 2 * n - 1, exp: n, div: n, ..Work::NONE }
        };
        lane.times(elements(input)? / n)
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
            ("gelu(tanh)", Work { mul: 6, add: 2, exp: 1, ..Work::NONE }),
            ("hard_sigmoid()", Work { add: 1, cmp: 2, div: 1, ..Work::NONE }),
            ("hard_sigmoid(0.2)", Work { mul: 1, add: 1, cmp: 2, ..Work::NONE }),
            ("softplus()", Work { exp: 2, add: 1, ..Work::NONE }),
            ("softplus(2)", Work { cmp: 1, exp: 2, add: 1, mul: 1, div: 1, ..Work::NONE }),
            ("softsign()", Work { cmp: 1, add: 1, div: 1, ..Work::NONE }),
            ("celu(2)", Work { cmp: 1, exp: 1, add: 1, mul: 2, ..Work::NONE }),
            ("thresholded_relu()", Work { cmp: 1, ..Work::NONE }),
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
        let logarithms = Work { cmp: 9 * 4, add: 29 * 4, exp: 44, ..Work::NONE };
        assert_eq!(work("log_softmax()([10, 2, 2])"), logarithms);
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
        assert_eq!(printed("hard_sigmoid(0.2, 0.5)([64])"), "alpha=0.2");
        assert_eq!(printed("gelu(tanh)([64])"), "approximate=tanh");
        assert_eq!(printed("gelu(none)([64])"), "");
        assert_eq!(told("celu(0)([64])"), "alpha must not be 0, which it would divide by");
    }
}
