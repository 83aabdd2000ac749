//! What the sides of an assertion's comparisons are numbers of: a count is not compared with bytes.
//!
//! In: a condition as it is written. Out: a finding for each comparison of a count with an amount that has a unit of bytes. What may
//! turn one into the other, a product or a quotient, is taken for anything.

#![expect(clippy::wildcard_enum_match_arm, reason = "every other kind of expression may be a number of anything")]

use super::{Builder, Frame};
use crate::code::Code;
use crate::diagnostic::Applicability::Unsafe;
use crate::diagnostic::{Diagnostic, Edit};
use crate::metric::Metric;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, InfixOp, UnaryOp};
use crate::units;

/// What a side is a number of.
#[derive(Clone, Copy)]
enum Side {
    /// Of something that is counted: the metric.
    Count(Metric),
    /// Of bytes, as the unit of the literal there says.
    Bytes(Span),
    /// It is a literal without a unit of bytes, or made of such ones.
    Number,
    /// Of anything.
    Open,
}

impl<'a> Builder<'a> {
    /// Reports comparisons of counts with bytes; whether there are none.
    pub(super) fn measures_fit(&mut self, frame: &Frame<'a>, condition: &'a Expr) -> bool {
        match &condition.kind {
            ExprKind::Paren(inner) | ExprKind::Unary(UnaryOp::Not, inner) => self.measures_fit(frame, inner),
            ExprKind::Infix { first, rest } => {
                let mut fit = true;
                let mut left: &'a Expr = first;
                for (op, _, right) in rest {
                    if is_comparison(*op)
                        && let Some(finding) = self.mismatch(frame, left, right)
                    {
                        self.report(frame, finding);
                        fit = false;
                    }
                    left = right;
                }
                let operands = std::iter::once(&**first).chain(rest.iter().map(|(_, _, operand)| operand));
                operands.fold(fit, |fit, operand| self.measures_fit(frame, operand) && fit)
            }
            _ => true,
        }
    }

    fn mismatch(&self, frame: &Frame<'a>, left: &Expr, right: &Expr) -> Option<Diagnostic> {
        let sides = (self.side(frame, left), self.side(frame, right));
        let ((Side::Count(metric), Side::Bytes(span)) | (Side::Bytes(span), Side::Count(metric))) = sides else { return None };
        let text = self.sources.text(span);
        let unit = units::of_number(text)?;
        let message = format!("`{text}` is a number of bytes, and `{}` is a count", metric.name());
        let instead = format!("{}{}", text.strip_suffix(unit.word)?, &unit.word[..1]);
        let edits = vec![Edit::replace(span, instead.as_str())];
        let finding = Diagnostic::error(Code::WrongType, message, span, "");
        Some(finding.fix(Unsafe, format!("write `{instead}`"), edits))
    }

    fn side(&self, frame: &Frame<'a>, expr: &Expr) -> Side {
        let metric = |metric: Metric| if metric.is_bytes() { Side::Open } else { Side::Count(metric) };
        match &expr.kind {
            ExprKind::Paren(inner) | ExprKind::Unary(UnaryOp::Neg, inner) => self.side(frame, inner),
            ExprKind::Int(_) | ExprKind::Float(_) => {
                let is_bytes = units::of_number(self.sources.text(expr.span)).is_some_and(|unit| unit.is_bytes);
                if is_bytes { Side::Bytes(expr.span) } else { Side::Number }
            }
            ExprKind::Name(name) if !frame.names.contains_key(name.as_str()) => {
                Metric::from_name(name).map_or(Side::Open, metric)
            }
            ExprKind::Call { callee, .. } => Metric::from_name(&callee.text).map_or(Side::Open, metric),
            ExprKind::Infix { first, rest } => {
                let sides = rest.iter().map(|(op, _, operand)| (*op, self.side(frame, operand)));
                sides.fold(self.side(frame, first), |left, (op, right)| joined(op, left, right))
            }
            _ => Side::Open,
        }
    }
}

/// What an operator makes of two sides.
fn joined(op: InfixOp, left: Side, right: Side) -> Side {
    match (op, left, right) {
        (InfixOp::Add | InfixOp::Sub, side, Side::Number) | (InfixOp::Add | InfixOp::Sub, Side::Number, side) => side,
        (InfixOp::Add | InfixOp::Sub, Side::Count(metric), Side::Count(_)) => Side::Count(metric),
        (InfixOp::Add | InfixOp::Sub, Side::Bytes(span), Side::Bytes(_))
        | (InfixOp::Mul, Side::Bytes(span), Side::Number)
        | (InfixOp::Mul, Side::Number, Side::Bytes(span)) => Side::Bytes(span),
        (InfixOp::Mul | InfixOp::Div | InfixOp::FloorDiv | InfixOp::Pow, Side::Number, Side::Number) => Side::Number,
        _ => Side::Open,
    }
}

fn is_comparison(op: InfixOp) -> bool {
    match op {
        InfixOp::Eq | InfixOp::Ne | InfixOp::Lt | InfixOp::Le | InfixOp::Gt | InfixOp::Ge => true,
        InfixOp::Or
        | InfixOp::And
        | InfixOp::Add
        | InfixOp::Sub
        | InfixOp::Mul
        | InfixOp::Div
        | InfixOp::FloorDiv
        | InfixOp::Rem
        | InfixOp::Pow => false,
    }
}
