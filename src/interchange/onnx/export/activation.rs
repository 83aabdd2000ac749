//! Element-wise functions, and softmax.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, SQRT_2};

use super::layer::{Layer, float, int};
use crate::op::{Activation, ScalarOp, Softmax, Unary};

/// Above this `ln(1 + exp(x))` is `x` in single precision.
const SOFTPLUS_IS_STRAIGHT: f64 = 20.0;

pub(super) fn activation(layer: &mut Layer<'_>, activation: Activation) {
    let x = layer.x();
    match activation {
        Activation::Relu => plain(layer, "Relu"),
        Activation::Relu6 => clip(layer, Some(0.0), Some(6.0)),
        Activation::LeakyRelu { slope } => of_alpha(layer, "LeakyRelu", slope),
        Activation::Prelu { .. } => prelu(layer),
        Activation::Elu { alpha } => of_alpha(layer, "Elu", alpha),
        Activation::Celu { alpha } => of_alpha(layer, "Celu", alpha),
        Activation::ThresholdedRelu { alpha } => of_alpha(layer, "ThresholdedRelu", alpha),
        Activation::Sigmoid => plain(layer, "Sigmoid"),
        Activation::HardSigmoid { alpha, beta } => {
            layer.add("HardSigmoid", "y", &[&x], vec![float("alpha", alpha), float("beta", beta)]);
        }
        Activation::Silu => {
            let gate = layer.add("Sigmoid", "gate", &[&x], vec![]);
            layer.add("Mul", "y", &[&x, &gate], vec![]);
        }
        Activation::HardSwish => plain(layer, "HardSwish"),
        Activation::Gelu => gelu(layer),
        Activation::GeluTanh => gelu_tanh(layer),
        Activation::Tanh => plain(layer, "Tanh"),
        Activation::Softplus { beta, threshold } => softplus(layer, beta, threshold),
        Activation::Softsign => plain(layer, "Softsign"),
        Activation::Selu => plain(layer, "Selu"),
        Activation::Mish => {
            let soft = layer.add("Softplus", "softplus", &[&x], vec![]);
            let gate = layer.add("Tanh", "gate", &[&soft], vec![]);
            layer.add("Mul", "y", &[&x, &gate], vec![]);
        }
    }
}

fn plain(layer: &mut Layer<'_>, op: &str) {
    layer.add(op, "y", &[&layer.x()], vec![]);
}

fn of_alpha(layer: &mut Layer<'_>, op: &str, alpha: f64) {
    layer.add(op, "y", &[&layer.x()], vec![float("alpha", alpha)]);
}

fn clip(layer: &mut Layer<'_>, min: Option<f64>, max: Option<f64>) {
    let mut bound = |part: &str, value: Option<f64>| value.map_or_else(String::new, |value| layer.number(part, value));
    let (min, max) = (bound("min", min), bound("max", max));
    layer.add("Clip", "y", &[&layer.x(), &min, &max], vec![]);
}

fn prelu(layer: &mut Layer<'_>) {
    let Some(slope) = layer.tensor("weight") else { return };
    let rank = layer.shape().rank();
    let slope = layer.by_channel(&slope, "slope", rank);
    layer.add("PRelu", "y", &[&layer.x(), &slope], vec![]);
}

/// Arithmetic with one number.
fn with_number(layer: &mut Layer<'_>, (op, part): (&str, &str), x: &str, value: f64) -> String {
    let number = layer.number(&format!("{part}/value"), value);
    layer.add(op, part, &[x, &number], vec![])
}

/// `x (1 + erf(x / sqrt(2))) / 2`, as PyTorch's exporter writes it.
fn gelu(layer: &mut Layer<'_>) {
    let x = layer.x();
    let scaled = with_number(layer, ("Div", "scaled"), &x, SQRT_2);
    let bell = layer.add("Erf", "erf", &[&scaled], vec![]);
    let bell = with_number(layer, ("Add", "shifted"), &bell, 1.0);
    let double = layer.add("Mul", "double", &[&x, &bell], vec![]);
    with_number(layer, ("Mul", "y"), &double, 0.5);
}

/// `x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2`.
fn gelu_tanh(layer: &mut Layer<'_>) {
    let x = layer.x();
    let square = layer.add("Mul", "square", &[&x, &x], vec![]);
    let cube = layer.add("Mul", "cube", &[&square, &x], vec![]);
    let bent = with_number(layer, ("Mul", "bent"), &cube, 0.044_715);
    let inner = layer.add("Add", "inner", &[&x, &bent], vec![]);
    let scaled = with_number(layer, ("Mul", "scaled"), &inner, FRAC_2_SQRT_PI * FRAC_1_SQRT_2);
    let bell = layer.add("Tanh", "tanh", &[&scaled], vec![]);
    let bell = with_number(layer, ("Add", "shifted"), &bell, 1.0);
    let double = layer.add("Mul", "double", &[&x, &bell], vec![]);
    with_number(layer, ("Mul", "y"), &double, 0.5);
}

/// `ln(1 + exp(beta x)) / beta`, and `x` itself beyond a threshold that is low enough to be seen.
fn softplus(layer: &mut Layer<'_>, beta: f64, threshold: f64) {
    let (x, is_scaled) = (layer.x(), beta.to_bits() != 1f64.to_bits());
    let scaled = if is_scaled { with_number(layer, ("Mul", "scaled"), &x, beta) } else { x.clone() };
    let mut soft = layer.add("Softplus", "softplus", &[&scaled], vec![]);
    if is_scaled {
        soft = with_number(layer, ("Div", "whole"), &soft, beta);
    }
    if threshold < SOFTPLUS_IS_STRAIGHT {
        let beyond = with_number(layer, ("Greater", "beyond"), &scaled, threshold);
        layer.add("Where", "y", &[&beyond, &x, &soft], vec![]);
    }
}

pub(super) fn softmax(layer: &mut Layer<'_>, softmax: Softmax) {
    let op = if softmax.log { "LogSoftmax" } else { "Softmax" };
    layer.add(op, "y", &[&layer.x()], vec![int("axis", softmax.axis as u64 + 1)]);
}

pub(super) fn unary(layer: &mut Layer<'_>, unary: &Unary) {
    let op = match *unary {
        Unary::Clamp { min, max } => return clip(layer, min, max),
        Unary::Sqrt => "Sqrt",
        Unary::Exp => "Exp",
        Unary::Log => "Log",
        Unary::Erf => "Erf",
        Unary::Sin => "Sin",
        Unary::Cos => "Cos",
        Unary::Abs => "Abs",
        Unary::Neg => "Neg",
        Unary::Sign => "Sign",
        Unary::Floor => "Floor",
        Unary::Ceil => "Ceil",
        Unary::Round => "Round",
        Unary::Reciprocal => "Reciprocal",
    };
    plain(layer, op);
}

pub(super) fn scalar(layer: &mut Layer<'_>, op: ScalarOp, value: f64) {
    let (x, number) = (layer.x(), layer.number("value", value));
    let (op, [a, b]) = match op {
        ScalarOp::Add => ("Add", [&x, &number]),
        ScalarOp::Sub => ("Sub", [&x, &number]),
        ScalarOp::RevSub => ("Sub", [&number, &x]),
        ScalarOp::Mul => ("Mul", [&x, &number]),
        ScalarOp::Div => ("Div", [&x, &number]),
        ScalarOp::RevDiv => ("Div", [&number, &x]),
        ScalarOp::Pow => ("Pow", [&x, &number]),
        ScalarOp::RevPow => ("Pow", [&number, &x]),
        ScalarOp::Max => ("Max", [&x, &number]),
        ScalarOp::Min => ("Min", [&x, &number]),
    };
    layer.add(op, "y", &[a, b], vec![]);
}
