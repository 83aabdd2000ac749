//! What the sides of an assertion's comparisons are numbers of: a count is not compared with bytes.
//!
//! In: a condition as it is written, and what its names were bound to. Out: a finding for each place where a count meets an amount
//! that has a unit of bytes. A unit goes with a value through names, sums, functions and branches; what may turn bytes into a count, or
//! a count into bytes, as a product does, or a quotient of counts and bytes, is taken for anything; a quotient of two counts has no
//! unit. A part is walked once and counts
//! as a step: a loop may ask a million times.

#![expect(clippy::wildcard_enum_match_arm, reason = "every other kind of expression may be a number of anything")]

use super::{Binding, Builder, Frame};
use crate::code::Code;
use crate::diagnostic::Applicability::Unsafe;
use crate::diagnostic::{Diagnostic, Edit};
use crate::metric::Metric;
use crate::source::Span;
use crate::syntax::ast::{Body, Expr, ExprKind, InfixOp, Statement, StatementKind, UnaryOp};
use crate::units;

/// What a side is a number of.
#[derive(Clone, Copy)]
enum Side {
    /// Of something that is counted: the metric.
    Count(Metric),
    /// What one count is for each of another: it has no unit.
    Quotient(Metric, Metric),
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
        let mut findings = Vec::new();
        self.measured(frame, condition, &mut findings);
        let fit = findings.is_empty();
        for finding in findings {
            self.report(frame, finding);
        }
        fit
    }

    /// The amount with a unit of bytes that an expression is, or is made of.
    pub(super) fn unit_of(&mut self, frame: &Frame<'a>, expr: &Expr) -> Option<Span> {
        if let Side::Bytes { unit, .. } = self.side(frame, expr) { Some(unit) } else { None }
    }

    /// What an expression is a number of, and where counts meet bytes in it: each part is walked once, however deep it stands.
    fn measured(&mut self, frame: &Frame<'a>, expr: &Expr, findings: &mut Vec<Diagnostic>) -> Side {
        self.steps += 1;
        match &expr.kind {
            ExprKind::Paren(inner) | ExprKind::Unary(UnaryOp::Neg, inner) => self.measured(frame, inner, findings),
            ExprKind::Unary(UnaryOp::Not, inner) => {
                self.measured(frame, inner, findings);
                Side::Open
            }
            ExprKind::Infix(chain) => {
                let mut compares = false;
                let mut left = self.measured(frame, &chain.first, findings);
                for (op, _, right) in &chain.rest {
                    let right = self.measured(frame, right, findings);
                    findings.extend(self.mismatch(*op, left, right));
                    compares |= is_comparison(*op);
                    left = if is_comparison(*op) { right } else { joined(*op, left, right) };
                }
                if compares { Side::Open } else { left }
            }
            _ => self.side(frame, expr),
        }
    }

    fn mismatch(&self, op: InfixOp, left: Side, right: Side) -> Option<Diagnostic> {
        let (other, at, unit) = match (left, right) {
            (Side::Bytes { at, unit }, other) | (other, Side::Bytes { at, unit }) => (counted(other)?, at, unit),
            _ => return None,
        };
        // So many bytes for each, or so many operations for each byte.
        if !is_sum(op) && !is_comparison(op) {
            return None;
        }
        let (shown, literal) = (self.sources.text(at), self.sources.text(unit));
        let message = format!("`{shown}` is a number of bytes, and {other}");
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

    /// What an expression is a number of. A branch that is not taken is walked too, so that each part counts as a step.
    fn side(&mut self, frame: &Frame<'a>, expr: &Expr) -> Side {
        self.steps += 1;
        let metric = |metric: Metric| if metric.is_bytes() { Side::Open } else { Side::Count(metric) };
        match &expr.kind {
            ExprKind::Paren(inner) | ExprKind::Unary(UnaryOp::Neg, inner) => self.side(frame, inner),
            ExprKind::Int(_) | ExprKind::Float(_) => self.literal(expr.span),
            ExprKind::Name(name) => match frame.names.get(name.as_str()) {
                Some(binding) => bound(binding, expr.span),
                None => Metric::from_name(name).map_or(Side::Open, metric),
            },
            ExprKind::Call(call) => match (Metric::from_name(&call.callee.text), call.callee.text.as_str()) {
                (Some(of), _) => metric(of),
                (None, "min" | "max" | "abs" | "ceil" | "floor" | "round") => {
                    let args = call.lists.iter().flat_map(|list| &list.args);
                    args.map(|arg| self.side(frame, &arg.value)).reduce(either).unwrap_or(Side::Open)
                }
                (None, _) => Side::Open,
            },
            ExprKind::List(items) => {
                items.iter().map(|item| self.side(frame, item)).reduce(together).map_or(Side::Open, |side| together(side, side))
            }
            ExprKind::Index(at) => self.side(frame, &at.base),
            ExprKind::If(choice) => {
                let bodies = choice.arms.iter().map(|(_, body)| body).chain(&choice.otherwise);
                bodies
                    .map(|body| only(body).map_or(Side::Open, |expr| self.side(frame, expr)))
                    .reduce(either)
                    .unwrap_or(Side::Open)
            }
            ExprKind::Infix(chain) => {
                let first = self.side(frame, &chain.first);
                chain.rest.iter().fold(first, |left, (op, _, right)| joined(*op, left, self.side(frame, right)))
            }
            _ => Side::Open,
        }
    }

    fn literal(&mut self, span: Span) -> Side {
        let text = self.sources.text(span);
        self.weigh(text.len());
        let is_bytes = units::of_number(text).is_some_and(|unit| unit.is_bytes);
        if is_bytes { Side::Bytes { at: span, unit: span } } else { Side::Number }
    }
}

/// What has nothing to do with bytes, as messages say it.
fn counted(side: Side) -> Option<String> {
    match side {
        Side::Count(metric) => Some(format!("`{}` is a count", metric.name())),
        Side::Quotient(metric, each) => {
            Some(format!("how many `{}` there are for each of `{}` has no unit", metric.name(), each.name()))
        }
        Side::Bytes { .. } | Side::Number | Side::Open => None,
    }
}

fn bound(binding: &Binding, at: Span) -> Side {
    match binding.bytes {
        Some(unit) => Side::Bytes { at, unit },
        None if binding.value.to_f64().is_some() => Side::Number,
        None => Side::Open,
    }
}

/// The expression that a branch consists of. Names that it binds itself are not known outside it.
fn only(body: &Body) -> Option<&Expr> {
    match body.statements.as_slice() {
        [Statement { kind: StatementKind::Expr(value), .. }] => Some(value),
        _ => None,
    }
}

/// What each element of a list is a number of: bytes where all are. Numbers beside them are what they are, and what one list
/// says of its elements is not true of another that is joined to it.
fn together(one: Side, other: Side) -> Side {
    match (one, other) {
        (bytes @ Side::Bytes { .. }, Side::Bytes { .. }) => bytes,
        _ => Side::Open,
    }
}

/// What is one of two: `min(1GB, lim)`.
fn either(one: Side, other: Side) -> Side {
    match (one, other) {
        (bytes @ Side::Bytes { .. }, Side::Bytes { .. } | Side::Number) | (Side::Number, bytes @ Side::Bytes { .. }) => bytes,
        (Side::Number, Side::Number) => Side::Number,
        (count @ (Side::Count(_) | Side::Quotient(..)), Side::Count(_) | Side::Quotient(..) | Side::Number)
        | (Side::Number, count @ (Side::Count(_) | Side::Quotient(..))) => count,
        _ => Side::Open,
    }
}

/// What an operator makes of two sides.
fn joined(op: InfixOp, left: Side, right: Side) -> Side {
    match (left, right) {
        _ if is_comparison(op) => Side::Open,
        (Side::Number, Side::Number) => Side::Number,
        (Side::Count(metric), Side::Count(_) | Side::Number) | (Side::Number, Side::Count(metric)) if is_sum(op) => {
            Side::Count(metric)
        }
        // What is left of a division is as much of the same.
        (Side::Count(metric), Side::Count(_)) if op == InfixOp::Rem => Side::Count(metric),
        (Side::Count(metric), Side::Count(each)) if is_quotient(op) => Side::Quotient(metric, each),
        (quotient @ Side::Quotient(..), Side::Count(_) | Side::Quotient(..)) if is_quotient(op) => quotient,
        (quotient @ Side::Quotient(..), Side::Quotient(..) | Side::Number) | (Side::Number, quotient @ Side::Quotient(..))
            if is_sum(op) =>
        {
            quotient
        }
        (bytes @ Side::Bytes { .. }, Side::Bytes { .. }) | (Side::Number, bytes @ Side::Bytes { .. }) if is_sum(op) => bytes,
        (Side::Bytes { .. }, Side::Bytes { .. }) if is_quotient(op) => Side::Number,
        (bytes @ Side::Bytes { .. }, Side::Number) if is_sum(op) || op == InfixOp::Mul => bytes,
        (Side::Number, bytes @ Side::Bytes { .. }) if op == InfixOp::Mul => bytes,
        // `10KiB / 4`: so many numbers of four bytes.
        _ => Side::Open,
    }
}

fn is_sum(op: InfixOp) -> bool {
    matches!(op, InfixOp::Add | InfixOp::Sub)
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
