//! The learnable per-channel scale.
//!
//! In: arguments and an input shape. Out: its payload, weights and counts. The shape never changes here.

use super::Op;
use super::args::Printed;
use super::error::ShapeError;
use super::geometry::first;
use super::param_kind::ParamKind::{Flag, Number};
use super::payload::Payload;
use super::shape::Shape;
use super::table::DefaultValue::{Bool, Float};
use super::table::{Built, OpInfo, Output, optional};
use super::weight::{Dims, Init, WeightSpec, with_bias};
use super::work::{Window, Work, elements};

pub(super) const SCALE: OpInfo = OpInfo {
    keyword: "scale",
    family: "normalisation",
    summary: "a learnable factor per channel (ConvNeXt's layer scale)",
    params: &[
        optional("init", Number, Float(1.0), "value that training starts from"),
        optional("bias", Flag, Bool(false), "whether a shift per channel is learned too"),
    ],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, ...] -> [C, ...]",
    onnx: "Mul",
    build: |read, _| Ok(Built::One(Op::Scale(Scale { init: read.number("init")?, bias: read.flag("bias")? }))),
};

/// A learnable factor per channel, with a shift where `bias`.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// Value that training starts from.
    pub init: f64,
    /// Whether a shift is learned.
    pub bias: bool,
}

impl Payload for Scale {
    fn info(&self) -> &'static OpInfo {
        &SCALE
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        first(inputs)
    }

    fn roles(&self) -> &'static [&'static str] {
        with_bias(self.bias)
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<WeightSpec> {
        let input = inputs[0];
        let dims = Dims::vector(input.channels());
        let mut weights = vec![WeightSpec::learned("weight", dims, Init::Constant(self.init))];
        if self.bias {
            weights.push(WeightSpec::learned("bias", dims, Init::Constant(0.0)));
        }
        weights
    }

    /// One multiplication an element, and one addition where a shift is learned.
    fn work(&self, inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        let input = inputs[0];
        Work { mul: 1, add: u64::from(self.bias), ..Work::NONE }.times(elements(input)?)
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Pixel
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed.arg("init", self.init).arg("bias", self.bias)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{printed, told, weights, work};
    use super::*;

    #[test]
    fn an_element_is_multiplied_and_maybe_shifted() {
        for shape in ["[4, 8, 9]", "[4]"] {
            assert_eq!(told(&format!("scale()({shape})")), shape);
        }
        let learned = [("weight", vec![4], true), ("bias", vec![4], true)];
        assert_eq!(weights("scale()([4, 8, 8])"), learned[..1]);
        assert_eq!(weights("scale(0.1, bias=true)([4, 8, 8])"), learned);
        assert_eq!(work("scale()([4, 3, 2])"), Work { mul: 24, ..Work::NONE });
        assert_eq!(work("scale(bias=true)([4, 3, 2])"), Work { mul: 24, add: 24, ..Work::NONE });
        assert_eq!(printed("scale(1e-6)([4, 8, 8])"), "init=1e-6");
    }
}
