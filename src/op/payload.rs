//! What every operation answers, once for all families.
//!
//! In: the payload of an [`Op`](super::Op) and the shapes of its inputs. Out: its row, shape, weights, counts, window and
//! arguments. A question that most operations answer alike has no default all the same, so that a new operation cannot be
//! silent about a number; only weights may be left out, since few operations learn.

use super::args::Printed;
use super::error::ShapeError;
use super::shape::Shape;
use super::table::OpInfo;
use super::weight::WeightSpec;
use super::work::{Window, Work};

/// The attributes of one operation.
///
/// [`Op`](super::Op) compares the number of inputs with the row before it asks anything.
pub(super) trait Payload {
    /// Its row of the table.
    fn info(&self) -> &'static OpInfo;

    /// The output's shape.
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError>;

    /// The names of [`Self::weights`], which do not depend on inputs.
    fn roles(&self) -> &'static [&'static str] {
        &[]
    }

    /// The tensors that it learns or keeps, in PyTorch's order and layout.
    fn weights(&self, _inputs: &[Shape]) -> Vec<WeightSpec> {
        Vec::new()
    }

    /// Exact operation counts for one image.
    fn work(&self, inputs: &[Shape], output: Shape) -> Result<Work, ShapeError>;

    /// What an output pixel sees of `map`, the first input that is one.
    fn window(&self, map: Shape) -> Window;

    /// Its attributes as arguments, in the order of its row.
    fn arguments(&self, printed: Printed) -> Printed;
}
