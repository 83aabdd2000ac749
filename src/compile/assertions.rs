//! Assertions held against the numbers.

use crate::analysis::Analysis;
use crate::analysis::budget::{Quantities, UnknownPath};
use crate::code::Code;
use crate::diagnostic::Applicability::Unsafe;
use crate::diagnostic::{Diagnostic, Edit};
use crate::digits::grouped;
use crate::graph::Graph;
use crate::lower::{Condition, Folded, Symbolic, Value, fold};
use crate::metric::Metric;
use crate::quote::quoted;
use crate::source::{SourceSet, Span};
use crate::syntax::ast::{InfixOp, UnaryOp};
use crate::words::is_reserved;

/// A failed, impossible or inert assertion is a finding.
pub(super) fn check(sources: &SourceSet, conditions: &[Condition], graph: &Graph, analysis: &Analysis) -> Vec<Diagnostic> {
    let quantities = Quantities::new(analysis, graph);
    conditions.iter().filter_map(|condition| one(sources, condition, &quantities)).collect()
}

fn one(sources: &SourceSet, condition: &Condition, quantities: &Quantities<'_>) -> Option<Diagnostic> {
    let text = sources.text(condition.span);
    if condition.constant || always(&condition.condition) {
        let message = format!("the assertion `{text}` can never fail");
        let diagnostic = Diagnostic::warning(Code::LintInertAssertion, message, condition.span, "always true");
        return Some(diagnostic.help("compare a metric with a budget, as in `assert params < 7M`, or remove it"));
    }
    let mut metrics = Vec::new();
    match evaluate(&condition.condition, quantities, &mut metrics) {
        Ok(Value::Bool(true)) => None,
        Ok(Value::Bool(false)) => {
            let mut diagnostic = Diagnostic::error(
                Code::AssertionFailed,
                format!("the assertion `{text}` does not hold"),
                condition.span,
                said(&metrics),
            );
            if let Some(note) = distance(&condition.condition, &metrics) {
                diagnostic = diagnostic.note(note);
            }
            Some(diagnostic)
        }
        Ok(other) => Some(
            Diagnostic::error(
                Code::WrongType,
                format!("an assertion is true or false, and this is {}", other.kind()),
                condition.span,
                "",
            )
            .help(format!("compare it, as in `{text} < 7M`")),
        ),
        Err(diagnostic) => Some(*diagnostic),
    }
}

/// A metric that was read: its word, path and value.
type Read = (Metric, Option<String>, u64);

fn evaluate(symbolic: &Symbolic, quantities: &Quantities<'_>, read: &mut Vec<Read>) -> Result<Value, Box<Diagnostic>> {
    match symbolic {
        Symbolic::Value(value) => Ok(value.clone()),
        Symbolic::Metric(metric, path, span) => {
            let joined = path.as_ref().map(|p| p.segments.join("."));
            let value = quantities
                .metric(*metric, joined.as_deref())
                .map_err(|unknown| Box::new(no_path(*metric, &unknown, path.as_ref().map_or(*span, |p| p.span))))?;
            read.push((*metric, joined, value));
            Ok(i64::try_from(value).map_or(Value::Float(value as f64), Value::Int))
        }
        Symbolic::Unary(op, inner) => Ok(match (op, evaluate(inner, quantities, read)?) {
            (UnaryOp::Not, Value::Bool(b)) => Value::Bool(!b),
            (UnaryOp::Neg, Value::Int(i)) => Value::Int(i.wrapping_neg()),
            (UnaryOp::Neg, Value::Float(x)) => Value::Float(-x),
            (_, other) => other,
        }),
        Symbolic::Infix { first, rest } => {
            let mut left = evaluate(first, quantities, read)?;
            for (op, right) in rest {
                if matches!((op, &left), (InfixOp::And, Value::Bool(false)) | (InfixOp::Or, Value::Bool(true))) {
                    continue;
                }
                let right = evaluate(right, quantities, read)?;
                left = match fold(*op, &left, &right) {
                    Folded::Value(value) => value,
                    Folded::Arithmetic(_) | Folded::Types => return Ok(Value::Nothing),
                };
            }
            Ok(left)
        }
    }
}

fn no_path(metric: Metric, unknown: &UnknownPath, span: Span) -> Diagnostic {
    if !metric.takes_path() {
        let message = format!("`{}` is a number of the whole net", metric.name());
        return Diagnostic::error(Code::WrongType, message, span, "").help(format!("write `{}` alone", metric.name()));
    }
    let diagnostic =
        Diagnostic::error(Code::UnknownPath, format!("no layer has the path `{}`", unknown.path), span, "names nothing");
    match unknown.suggestions.first() {
        Some(near) => {
            diagnostic.fix(Unsafe, format!("did you mean `{near}`?"), vec![Edit::replace(span, quoted(near, is_reserved))])
        }
        None => diagnostic.help("`pointwise analyze` lists the names of all layers"),
    }
}

/// "`params` is 6,998,552".
fn said(read: &[Read]) -> String {
    let parts: Vec<String> = read
        .iter()
        .map(|(metric, path, value)| {
            let of = path.as_ref().map_or(String::new(), |p| format!("({p})"));
            let bytes = if metric.is_bytes() { " bytes" } else { "" };
            format!("`{}{of}` is {}{bytes}", metric.name(), grouped(*value))
        })
        .collect();
    parts.join(", ")
}

/// Two operands with one operator between them.
fn comparison(condition: &Symbolic) -> Option<(&Symbolic, InfixOp, &Symbolic)> {
    let Symbolic::Infix { first, rest } = condition else { return None };
    let [(op, right)] = rest.as_slice() else { return None };
    Some((first, *op, right))
}

/// "over by 1,234, which is 0.5 %".
fn distance(condition: &Symbolic, read: &[Read]) -> Option<String> {
    let (left, op, right) = comparison(condition)?;
    let ([(_, _, value)], (Symbolic::Metric(..), Symbolic::Value(limit))) = (read, (left, right)) else { return None };
    let limit = limit.to_f64()?;
    let gap = *value as f64 - limit;
    let share = share(*value, gap, limit);
    match op {
        InfixOp::Lt | InfixOp::Le => Some(format!("{} over the limit{share}", grouped(gap.max(0.0) as u64))),
        InfixOp::Gt | InfixOp::Ge => Some(format!("{} under the limit{share}", grouped((-gap).max(0.0) as u64))),
        InfixOp::Eq => Some(format!("{} {}{share}", grouped(gap.abs() as u64), if gap > 0.0 { "more" } else { "less" })),
        InfixOp::Ne
        | InfixOp::Or
        | InfixOp::And
        | InfixOp::Add
        | InfixOp::Sub
        | InfixOp::Mul
        | InfixOp::Div
        | InfixOp::FloorDiv
        | InfixOp::Rem => None,
    }
}

/// ", 23.60 % of it", and from ten times the limit on ", 11,058x as much".
fn share(value: u64, gap: f64, limit: f64) -> String {
    if limit <= 0.0 {
        String::new()
    } else if gap > 10.0 * limit {
        format!(", {}x as much", grouped((value as f64 / limit) as u64))
    } else {
        format!(", {:.2} % of it", 100.0 * gap.abs() / limit)
    }
}

/// Whether a comparison holds for every number that a metric can be.
fn always(condition: &Symbolic) -> bool {
    let Some((left, op, right)) = comparison(condition) else { return false };
    let (op, limit) = match (left, right) {
        (Symbolic::Metric(..), Symbolic::Value(limit)) => (op, limit.to_f64()),
        (Symbolic::Value(limit), Symbolic::Metric(..)) => (mirrored(op), limit.to_f64()),
        _ => return false,
    };
    let Some(limit) = limit else { return false };
    match op {
        InfixOp::Ge => limit <= 0.0,
        InfixOp::Gt | InfixOp::Ne => limit < 0.0,
        InfixOp::Lt => limit > u64::MAX as f64,
        InfixOp::Le => limit >= u64::MAX as f64,
        InfixOp::Eq
        | InfixOp::Or
        | InfixOp::And
        | InfixOp::Add
        | InfixOp::Sub
        | InfixOp::Mul
        | InfixOp::Div
        | InfixOp::FloorDiv
        | InfixOp::Rem => false,
    }
}

fn mirrored(op: InfixOp) -> InfixOp {
    match op {
        InfixOp::Lt => InfixOp::Gt,
        InfixOp::Le => InfixOp::Ge,
        InfixOp::Gt => InfixOp::Lt,
        InfixOp::Ge => InfixOp::Le,
        InfixOp::Eq
        | InfixOp::Ne
        | InfixOp::Or
        | InfixOp::And
        | InfixOp::Add
        | InfixOp::Sub
        | InfixOp::Mul
        | InfixOp::Div
        | InfixOp::FloorDiv
        | InfixOp::Rem => op,
    }
}
