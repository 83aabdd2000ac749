//! What the sides of an assertion's comparisons are numbers of: a count is not compared with bytes.
//!
//! In: a condition as it is written, and what its names were bound to. Out: a finding for each place where a count meets an amount
//! that has a unit of bytes. A unit goes with a value through names, sums, functions and branches; what may turn bytes into a count, or
//! a count into bytes, as a product of two quantities does, is taken for anything.

#![expect(clippy::wildcard_enum_match_arm, reason = "every other kind of expression may be a number of anything")]

use super::{Binding, Builder, Frame};
use crate::code::Code;
use crate::diagnostic::Applicability::Unsafe;
use crate::diagnostic::{Diagnostic, Edit};
use crate::metric::Metric;
use crate::source::Span;
use crate::syntax::ast::{Body, Expr, ExprKind, InfixOp, StatementKind, UnaryOp};
use crate::units;

/// What a side is a number of.
#[derive(Clone, Copy)]
enum Side {
    /// Of something that is counted: the metric.
    Count(Metric),
    /// Of bytes.
    Bytes {
        /// The literal, or the name that stands for one.
        at: Span,
        /// The literal whose unit says so.
        unit: Span,
    },
    /// It has no unit: a constant that is not made of bytes.
    Number,
    /// Of anything.
    Open,
}

impl<'a> Builder<'a> {
    /// Reports where counts meet bytes; whether they do nowhere.
    pub(super) fn measures_fit(&mut self, frame: &Frame<'a>, condition: &'a Expr) -> bool {
        match &condition.kind {
            ExprKind::Paren(inner) | ExprKind::Unary(_, inner) => self.measures_fit(frame, inner),
            ExprKind::Infix { first, rest } => {
                let mut fit = true;
                let mut left = self.side(frame, first);
                for (op, _, right) in rest {
                    let right = self.side(frame, right);
                    if let Some(finding) = self.mismatch(*op, left, right) {
                        self.report(frame, finding);
                        fit = false;
                    }
                    left = if is_comparison(*op) { right } else { joined(*op, left, right) };
                }
                let operands = std::iter::once(&**first).chain(rest.iter().map(|(_, _, operand)| operand));
                operands.fold(fit, |fit, operand| self.measures_fit(frame, operand) && fit)
            }
            _ => true,
        }
    }

    /// The amount with a unit of bytes that an expression is, or is made of.
    pub(super) fn unit_of(&self, frame: &Frame<'a>, expr: &Expr) -> Option<Span> {
        if let Side::Bytes { unit, .. } = self.side(frame, expr) { Some(unit) } else { None }
    }

    fn mismatch(&self, op: InfixOp, left: Side, right: Side) -> Option<Diagnostic> {
        let (metric, at, unit, first) = match (left, right) {
            (Side::Count(metric), Side::Bytes { at, unit }) => (metric, at, unit, true),
            (Side::Bytes { at, unit }, Side::Count(metric)) => (metric, at, unit, false),
            _ => return None,
        };
        // So many bytes each, or bytes for each.
        if op == InfixOp::Mul || op == InfixOp::Pow || !first && is_quotient(op) {
            return None;
        }
        let (shown, literal) = (self.sources.text(at), self.sources.text(unit));
        let message = format!("`{shown}` is a number of bytes, and `{}` is a count", metric.name());
        let word = units::of_number(literal)?.word;
        let instead = format!("{}{}", literal.strip_suffix(word)?, &word[..1]);
        let edits = vec![Edit::replace(unit, instead.as_str())];
        let finding = Diagnostic::error(Code::WrongType, message, at, "");
        // Other assertions may read the name too, and mean bytes.
        if at != unit {
            return Some(finding.label(unit, "bytes are said here"));
        }
        Some(finding.fix(Unsafe, format!("write `{instead}`"), edits))
    }

    fn side(&self, frame: &Frame<'a>, expr: &Expr) -> Side {
        let metric = |metric: Metric| if metric.is_bytes() { Side::Open } else { Side::Count(metric) };
        match &expr.kind {
            ExprKind::Paren(inner) | ExprKind::Unary(UnaryOp::Neg, inner) => self.side(frame, inner),
            ExprKind::Int(_) | ExprKind::Float(_) => {
                let is_bytes = units::of_number(self.sources.text(expr.span)).is_some_and(|unit| unit.is_bytes);
                if is_bytes { Side::Bytes { at: expr.span, unit: expr.span } } else { Side::Number }
            }
            ExprKind::Name(name) => match frame.names.get(name.as_str()) {
                Some(binding) => bound(binding, expr.span),
                None => Metric::from_name(name).map_or(Side::Open, metric),
            },
            ExprKind::Call { callee, lists } => match (Metric::from_name(&callee.text), callee.text.as_str()) {
                (Some(of), _) => metric(of),
                (None, "min" | "max" | "abs" | "ceil" | "floor" | "round") => {
                    self.alike(frame, lists.iter().flat_map(|list| &list.args).map(|arg| &arg.value))
                }
                (None, _) => Side::Open,
            },
            ExprKind::List(items) => self.alike(frame, items.iter()),
            ExprKind::Index { base, .. } => self.side(frame, base),
            ExprKind::If { arms, otherwise } => {
                let bodies = arms.iter().map(|(_, body)| body).chain(otherwise);
                bodies
                    .map(|body| last(body).map_or(Side::Open, |expr| self.side(frame, expr)))
                    .reduce(either)
                    .unwrap_or(Side::Open)
            }
            ExprKind::Infix { first, rest } => {
                let sides = rest.iter().map(|(op, _, operand)| (*op, self.side(frame, operand)));
                sides.fold(self.side(frame, first), |left, (op, right)| joined(op, left, right))
            }
            _ => Side::Open,
        }
    }

    fn alike<'e>(&self, frame: &Frame<'a>, items: impl Iterator<Item = &'e Expr>) -> Side {
        items.map(|item| self.side(frame, item)).reduce(either).unwrap_or(Side::Open)
    }
}

fn bound(binding: &Binding, at: Span) -> Side {
    match binding.bytes {
        Some(unit) => Side::Bytes { at, unit },
        None if binding.value.to_f64().is_some() => Side::Number,
        None => Side::Open,
    }
}

/// The expression that a branch gives.
fn last(body: &Body) -> Option<&Expr> {
    match &body.statements.last()?.kind {
        StatementKind::Expr(value) => Some(value),
        _ => None,
    }
}

/// What is one of two: `min(1GB, lim)`.
fn either(one: Side, other: Side) -> Side {
    match (one, other) {
        (bytes @ Side::Bytes { .. }, Side::Bytes { .. } | Side::Number) | (Side::Number, bytes @ Side::Bytes { .. }) => bytes,
        (Side::Number, Side::Number) => Side::Number,
        _ => Side::Open,
    }
}

/// What an operator makes of two sides.
fn joined(op: InfixOp, left: Side, right: Side) -> Side {
    let is_sum = matches!(op, InfixOp::Add | InfixOp::Sub);
    match (left, right) {
        _ if is_comparison(op) => Side::Open,
        (Side::Number, Side::Number) => Side::Number,
        (Side::Count(metric), Side::Count(_) | Side::Number) | (Side::Number, Side::Count(metric)) if is_sum => {
            Side::Count(metric)
        }
        (bytes @ Side::Bytes { .. }, Side::Bytes { .. }) | (Side::Number, bytes @ Side::Bytes { .. }) if is_sum => bytes,
        (Side::Bytes { .. }, Side::Bytes { .. }) if is_quotient(op) => Side::Number,
        (bytes @ Side::Bytes { .. }, Side::Number) if is_sum || op == InfixOp::Mul => bytes,
        (Side::Number, bytes @ Side::Bytes { .. }) if op == InfixOp::Mul => bytes,
        // `10KiB / 4`: so many numbers of four bytes.
        _ => Side::Open,
    }
}

fn is_quotient(op: InfixOp) -> bool {
    matches!(op, InfixOp::Div | InfixOp::FloorDiv | InfixOp::Rem)
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
