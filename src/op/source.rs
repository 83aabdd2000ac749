//! Operations that read no tensor: inputs.
//!
//! In: attributes alone. Out: shapes. Nothing here depends on an image.

use super::args::{BuildError, Printed, Reader, ints};
use super::error::ShapeError;
use super::payload::Payload;
use super::shape::Shape;
use super::table::{Built, INTEGERS, OpInfo, required};
use super::work::{Window, Work};

/// What an input is; a statement makes it, no call, so that it is not in the table of operations.
pub(super) const INPUT: OpInfo = OpInfo {
    keyword: "input",
    family: "source",
    summary: "a network input",
    params: &[required("shape", INTEGERS, "its shape")],
    inputs: (0, Some(0)),
    is_view: false,
    shapes: "-> [shape]",
    onnx: "graph input",
    build: no_call,
};

/// The builder of what is not written as a call, and so never asked for.
pub(super) fn no_call(_read: &Reader<'_>, _inputs: &[Shape]) -> Result<Built, BuildError> {
    unreachable!("only rows of the table are called")
}

/// An input is its shape.
impl Payload for Shape {
    fn info(&self) -> &'static OpInfo {
        &INPUT
    }

    fn infer(&self, _inputs: &[Shape]) -> Result<Shape, ShapeError> {
        Ok(*self)
    }

    fn work(&self, _inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        Ok(Work::NONE)
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Whole
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed.arg("shape", ints(self.to_vec()))
    }
}
