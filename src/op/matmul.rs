//! The product of two tensors, from which attention is written.
//!
//! In: two shapes. Out: the shape of the product and its MACs. The last two axes multiply, those before them broadcast, as in
//! NumPy; a vector is refused, since whether it is a row or a column had to be guessed.

use super::Op;
use super::args::Printed;
use super::error::ShapeError;
use super::merge::broadcast;
use super::payload::Payload;
use super::shape::Shape;
use super::table::{Built, OpInfo, Output};
use super::work::{Window, Work, elements};

pub(super) const MATMUL: OpInfo = OpInfo {
    keyword: "matmul",
    family: "dense",
    summary: "matrix product of two tensors over their last two axes; those before them broadcast",
    params: &[],
    inputs: (2, Some(2)),
    output: Output::Computed,
    shapes: "[..., M, K], [..., K, N] -> [..., M, N]",
    onnx: "MatMul",
    build: |_, _| Ok(Built::One(Op::MatMul)),
};

/// What [`Op::MatMul`] answers.
pub(super) struct MatMul;

/// Rows and columns of each matrix of a tensor; `None` of a vector.
#[must_use]
pub fn matrix(shape: Shape) -> Option<[u64; 2]> {
    let rows = shape.rank().checked_sub(2)?;
    Some([shape.dim(rows), shape.dim(rows + 1)])
}

/// The leading axes of two tensors broadcast together, with two axes of one element in place of the matrices.
fn leading(left: Shape, right: Shape) -> Option<Shape> {
    let emptied = |shape: Shape| {
        let rank = shape.rank();
        shape.with_dim(rank.checked_sub(2)?, 1)?.with_dim(rank - 1, 1)
    };
    broadcast(emptied(left)?, emptied(right)?)
}

/// The product's shape; `None` where there is none.
fn product(left: Shape, right: Shape) -> Option<Shape> {
    let ([rows, inner], [same, columns]) = (matrix(left)?, matrix(right)?);
    let shape = leading(left, right).filter(|_| inner == same)?;
    shape.with_dim(shape.rank() - 2, rows)?.with_dim(shape.rank() - 1, columns)
}

impl Payload for MatMul {
    fn info(&self) -> &'static OpInfo {
        &MATMUL
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let (left, right) = (inputs[0], inputs[1]);
        product(left, right).ok_or(ShapeError::Product { left, right })
    }

    /// As many MACs an element of the output as the left matrices have columns.
    fn work(&self, inputs: &[Shape], output: Shape) -> Result<Work, ShapeError> {
        let columns = inputs[0].dim(inputs[0].rank() - 1);
        Work { macs: columns, ..Work::NONE }.times(elements(output)?)
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Whole
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{shape, shape_error, told, work};
    use super::*;

    #[test]
    fn matrices_multiply_and_leading_axes_broadcast() {
        for (call, expected) in [
            ("matmul()([3, 4], [4, 5])", "[3, 5]"),
            ("matmul()([8, 49, 64], [8, 64, 49])", "[8, 49, 49]"),
            ("matmul()([8, 49, 64], [64, 3])", "[8, 49, 3]"),
            ("matmul()([49, 64], [8, 64, 3])", "[8, 49, 3]"),
            ("matmul()([2, 1, 3, 4], [5, 4, 6])", "[2, 5, 3, 6]"),
            ("matmul()([2, 1, 2, 1, 3, 4], [1, 7, 2, 9, 4, 6])", "[2, 7, 2, 9, 3, 6]"),
        ] {
            assert_eq!(told(call), expected, "{call}");
        }
    }

    #[test]
    fn what_does_not_multiply_is_told_with_both_shapes() {
        for (left, right) in [(&[3, 4][..], &[3, 4][..]), (&[4], &[4, 5]), (&[3, 4], &[4]), (&[2, 3, 4], &[3, 4, 5])] {
            let call = format!("matmul()({left:?}, {right:?})");
            assert_eq!(shape_error(&call), ShapeError::Product { left: shape(left), right: shape(right) }, "{call}");
        }
    }

    #[test]
    fn macs_are_the_product_of_the_dimensions() {
        assert_eq!(work("matmul()([3, 4], [4, 5])"), Work { macs: 3 * 4 * 5, ..Work::NONE });
        assert_eq!(work("matmul()([2, 1, 3, 4], [5, 4, 6])"), Work { macs: 2 * 5 * 3 * 4 * 6, ..Work::NONE });
        let wide = shape(&[2_147_483_647, 2_147_483_647]);
        assert_eq!(MatMul.work(&[wide, wide], wide), Err(ShapeError::Overflow { what: "MACs" }));
    }
}
