//! Operations that pass their input on when a network is run.

use super::Op;
use super::args::Printed;
use super::error::ShapeError;
use super::geometry::first;
use super::param_kind::ParamKind::Number;
use super::payload::Payload;
use super::shape::Shape;
use super::table::DefaultValue::Float;
use super::table::{Built, OpInfo, Output, optional};
use super::work::{Window, Work};

pub(super) const DROPOUT: OpInfo = OpInfo {
    keyword: "dropout",
    family: "activation",
    summary: "drops elements in training; passes its input on when run",
    params: &[optional("p", Number, Float(0.5), "probability, from 0 to 1")],
    inputs: (1, Some(1)),
    output: Output::View,
    shapes: "[...] -> [...]",
    onnx: "Dropout",
    build: |read, _| {
        let p = read.number("p")?;
        if (0.0..=1.0).contains(&p) {
            Ok(Built::One(Op::Dropout(Dropout { p })))
        } else {
            Err(read.invalid("p", format!("p must be from 0 to 1, not {p}")))
        }
    },
};

pub(super) const IDENTITY: OpInfo = OpInfo {
    keyword: "identity",
    family: "shape",
    summary: "passes its input on",
    params: &[],
    inputs: (1, Some(1)),
    output: Output::View,
    shapes: "[...] -> [...]",
    onnx: "Identity",
    build: |_, _| Ok(Built::One(Op::Identity)),
};

/// Drops elements in training, each with probability `p`; the identity when a network is run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    /// Probability, from 0 to 1.
    pub p: f64,
}

/// What [`Op::Identity`] answers.
pub(super) struct Identity;

impl Payload for Dropout {
    fn info(&self) -> &'static OpInfo {
        &DROPOUT
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        first(inputs)
    }

    fn work(&self, _inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        Ok(Work::NONE)
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Pixel
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed.arg("p", self.p)
    }
}

impl Payload for Identity {
    fn info(&self) -> &'static OpInfo {
        &IDENTITY
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        first(inputs)
    }

    fn work(&self, _inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        Ok(Work::NONE)
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Pixel
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{printed, told, work};
    use super::super::work::Work;

    #[test]
    fn both_pass_their_input_on_for_free() {
        for call in ["dropout()([3, 4])", "identity()([3, 4])"] {
            assert_eq!((told(call).as_str(), work(call)), ("[3, 4]", Work::NONE));
        }
        assert_eq!(printed("dropout(0.4)([3])"), "p=0.4");
        assert_eq!(printed("dropout(0.5)([3])"), "");
        assert_eq!(told("dropout(-0.1)([3])"), "p must be from 0 to 1, not -0.1");
    }
}
