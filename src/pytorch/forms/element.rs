//! Operations on each element, and products of matrices.

use super::super::python::{Py, Val, at, call, key, method, unless};
use super::{Form, Site, batched};
use crate::op::{Activation, Elementwise, Merge, Scalar, ScalarOp, Softmax, Unary};

fn infix(op: &'static str, left: impl Into<Py>, right: impl Into<Py>) -> Py {
    Py::Infix(op, Box::new([left.into(), right.into()]))
}

fn function(name: &str) -> Py {
    call(name, vec![at(Py::In(0))])
}

/// The inputs with as many axes as the largest, so that the batch stays in front.
fn aligned(site: &Site<'_>) -> Vec<Py> {
    let most = site.inputs.iter().map(|shape| shape.rank()).max().unwrap_or(0);
    let align = |(at, shape): (usize, &crate::op::Shape)| {
        let missing = most - shape.rank();
        if missing == 0 {
            return Py::In(at);
        }
        let all = || Py::Raw(":".to_owned());
        let items = std::iter::once(all()).chain((0..missing).map(|_| Py::Raw("None".to_owned())));
        Py::Index(Box::new(Py::In(at)), items.collect())
    };
    site.inputs.iter().enumerate().map(align).collect()
}

pub(super) fn matmul(site: &Site<'_>) -> Form {
    let mut both = aligned(site).into_iter();
    let (left, right) = (both.next().unwrap_or(Py::In(0)), both.next().unwrap_or(Py::In(1)));
    Form::only(infix("@", left, right))
}

pub(super) fn elementwise(site: &Site<'_>, elementwise: Elementwise) -> Form {
    let join = |left: Py, right: Py| match elementwise.merge {
        Merge::Add => infix("+", left, right),
        Merge::Mul => infix("*", left, right),
        Merge::Sub => infix("-", left, right),
        Merge::Div => infix("/", left, right),
        Merge::Pow => call("torch.pow", vec![at(left), at(right)]),
        Merge::Max => call("torch.maximum", vec![at(left), at(right)]),
        Merge::Min => call("torch.minimum", vec![at(left), at(right)]),
    };
    Form::only(aligned(site).into_iter().reduce(join).unwrap_or(Py::In(0)))
}

pub(super) fn scalar(scalar: Scalar) -> Form {
    let (x, value) = (Py::In(0), Py::from(scalar.value));
    Form::only(match scalar.op {
        ScalarOp::Add => infix("+", x, value),
        ScalarOp::Sub => infix("-", x, value),
        ScalarOp::RevSub => infix("-", value, x),
        ScalarOp::Mul => infix("*", x, value),
        ScalarOp::Div => infix("/", x, value),
        ScalarOp::RevDiv => infix("/", value, x),
        ScalarOp::Pow => infix("**", x, value),
        ScalarOp::RevPow => call("torch.pow", vec![at(value), at(x)]),
        ScalarOp::Max => call("torch.clamp", vec![at(x), key("min", value)]),
        ScalarOp::Min => call("torch.clamp", vec![at(x), key("max", value)]),
    })
}

pub(super) fn unary(unary: Unary) -> Form {
    let name = match unary {
        Unary::Sqrt => "torch.sqrt",
        Unary::Exp => "torch.exp",
        Unary::Log => "torch.log",
        Unary::Erf => "torch.erf",
        Unary::Sin => "torch.sin",
        Unary::Cos => "torch.cos",
        Unary::Abs => "torch.abs",
        Unary::Neg => "torch.neg",
        Unary::Sign => "torch.sign",
        Unary::Floor => "torch.floor",
        Unary::Ceil => "torch.ceil",
        Unary::Round => "torch.round",
        Unary::Reciprocal => "torch.reciprocal",
        Unary::Clamp { min, max } => {
            let bound = |name, bound: Option<f64>| unless(name, bound.map_or(Val::None, Val::Float), Val::None);
            return Form::only(call("torch.clamp", vec![at(Py::In(0)), bound("min", min), bound("max", max)]));
        }
    };
    Form::only(function(name))
}

pub(super) fn activation(site: &Site<'_>, activation: &Activation) -> Form {
    let plain = |name: &str, module: &str| Form::plain(function(name), call(module, Vec::new()));
    let told = |name: &str, module: &str, args: Vec<super::super::python::Arg>| {
        let own = std::iter::once(at(Py::In(0))).chain(args.iter().cloned()).collect();
        Form::plain(call(name, own), call(module, args))
    };
    match *activation {
        Activation::Relu => plain("F.relu", "nn.ReLU"),
        Activation::Relu6 => plain("F.relu6", "nn.ReLU6"),
        Activation::LeakyRelu { slope } => told("F.leaky_relu", "nn.LeakyReLU", vec![unless("negative_slope", slope, 0.01)]),
        Activation::Prelu { shared } => {
            let count = if shared { 1 } else { site.inputs[0].channels() };
            Form::Module(call("nn.PReLU", vec![at(super::super::python::channels(count))]))
        }
        Activation::Elu { alpha } => told("F.elu", "nn.ELU", vec![unless("alpha", alpha, 1.0)]),
        Activation::Sigmoid => plain("torch.sigmoid", "nn.Sigmoid"),
        Activation::HardSigmoid { .. } if *activation == Activation::HARD_SIGMOID => plain("F.hardsigmoid", "nn.Hardsigmoid"),
        Activation::HardSigmoid { alpha, beta } => {
            let line = infix("+", infix("*", alpha, Py::In(0)), beta);
            Form::only(call("torch.clamp", vec![at(line), at(0u64), at(1u64)]))
        }
        Activation::Silu => plain("F.silu", "nn.SiLU"),
        Activation::HardSwish => plain("F.hardswish", "nn.Hardswish"),
        Activation::Gelu => plain("F.gelu", "nn.GELU"),
        Activation::GeluTanh => told("F.gelu", "nn.GELU", vec![key("approximate", "tanh")]),
        Activation::Tanh => plain("torch.tanh", "nn.Tanh"),
        Activation::Softplus { beta, threshold } => {
            told("F.softplus", "nn.Softplus", vec![unless("beta", beta, 1.0), unless("threshold", threshold, 20.0)])
        }
        Activation::Softsign => plain("F.softsign", "nn.Softsign"),
        Activation::Selu => plain("F.selu", "nn.SELU"),
        Activation::Celu { alpha } => told("F.celu", "nn.CELU", vec![unless("alpha", alpha, 1.0)]),
        Activation::ThresholdedRelu { alpha } => told("F.threshold", "nn.Threshold", vec![at(alpha), at(0.0)]),
        Activation::Mish => plain("F.mish", "nn.Mish"),
    }
}

pub(super) fn softmax(softmax: Softmax) -> Form {
    let (name, module) = if softmax.log { ("F.log_softmax", "nn.LogSoftmax") } else { ("F.softmax", "nn.Softmax") };
    let dim = || key("dim", batched(softmax.axis));
    Form::plain(call(name, vec![at(Py::In(0)), dim()]), call(module, vec![dim()]))
}

pub(super) fn dropout(p: f64) -> Form {
    let args = vec![at(Py::In(0)), at(p), at(Py::Raw("self.training".to_owned()))];
    Form::plain(call("F.dropout", args), call("nn.Dropout", vec![at(p)]))
}

/// `x.flatten(1)` and the like.
pub(super) fn of_input(name: &'static str, args: Vec<super::super::python::Arg>) -> Py {
    method(Py::In(0), name, args)
}
