//! What is said of two tensors that have no matrix product.
//!
//! In: the shapes of both. Out: a diagnostic with what would do: a vector made a matrix, or one of the two turned round.

use super::Builder;
use super::flowing::Flow;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::op::matmul::matrix;
use crate::op::{Op, Shape, Transpose};
use crate::source::Span;

impl Builder<'_> {
    /// A product that is not there: of vectors, of columns and rows of other numbers, or of leading axes that do not broadcast.
    pub(super) fn product(&self, keyword: &str, inputs: &[Flow], (left, right): (Shape, Shape), span: Span) -> Diagnostic {
        let told = |code, message: String| {
            let diagnostic = self.at_input(Diagnostic::error(code, message, span, ""), inputs, 1);
            self.at_input(diagnostic, inputs, 0)
        };
        let (Some([_, columns]), Some([rows, _])) = (matrix(left), matrix(right)) else {
            let vector = if left.rank() == 1 { left } else { right };
            return told(Code::RankMismatch, format!("`{keyword}` multiplies matrices, and {vector} is a vector"))
                .help("`unsqueeze(0)` makes it a row, `unsqueeze(1)` a column");
        };
        if columns == rows {
            let message = format!("`{keyword}` cannot broadcast the axes before the matrices of {left} and {right}");
            return told(Code::BroadcastMismatch, message)
                .help("each of them is the same in both, or 1, or there in one alone; the last two axes multiply");
        }
        let message = format!(
            "`{keyword}` multiplies rows of the left by columns of the right: those of {left} have {columns} elements, those of {right} {rows}"
        );
        told(Code::BroadcastMismatch, message).help(turned(left, right))
    }
}

/// Which of the tensors of a product would do turned round.
fn turned(left: Shape, right: Shape) -> String {
    let fits = |left: Shape, right: Shape| Op::MatMul.infer(&[left, right]).is_ok();
    let turn = |shape: Shape| {
        let last = shape.rank() - 1;
        let axes: Vec<usize> = (0..last - 1).chain([last, last - 1]).collect();
        let op = Op::Transpose(Transpose { axes: axes.clone() });
        op.infer(&[shape]).ok().map(|shape| (shape, format!("`transpose({axes:?})`")))
    };
    match (turn(left), turn(right)) {
        (_, Some((other, call))) if fits(left, other) => format!("the right one behind {call} would fit: it is {other} then"),
        (Some((other, call)), _) if fits(other, right) => format!("the left one behind {call} would fit: it is {other} then"),
        (_, _) => "the left one's last axis is as long as the right one's second last".to_owned(),
    }
}
