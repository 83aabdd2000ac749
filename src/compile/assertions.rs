//! Assertions held against the numbers: those of the network that makes them, and those of another one.
//!
//! In: the conditions that lowering left open, a graph and its analysis. Out: findings, or what each condition comes to.
//! Conditions are evaluated here and nowhere else; who rewrites a network asks here what they come to afterwards.

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

/// Assertions that are reported.
const MAX_FINDINGS: usize = 200;

/// A failed, impossible or inert assertion is a finding.
pub(super) fn check(sources: &SourceSet, conditions: &[Condition], graph: &Graph, analysis: &Analysis) -> Vec<Diagnostic> {
    let quantities = Quantities::new(analysis, graph);
    // What follows a hundred that cannot be right needs no search for what was meant.
    conditions.iter().flat_map(|condition| one(sources, condition, &quantities)).take(MAX_FINDINGS).collect()
}

fn one(sources: &SourceSet, condition: &Condition, quantities: &Quantities<'_>) -> Vec<Diagnostic> {
    let text = sources.text(condition.span);
    if condition.constant || always(&condition.condition) {
        let message = format!("the assertion `{text}` can never fail");
        let diagnostic = Diagnostic::warning(Code::LintInertAssertion, message, condition.span, "always true");
        return vec![diagnostic.help("compare a metric with a budget, as in `assert params < 7M`, or remove it")];
    }
    let (mut metrics, mut found) = (Vec::new(), Vec::new());
    match demands(&condition.condition, quantities, &mut metrics, &mut found) {
        Some(Value::Bool(false)) => {
            let message = format!("the assertion `{text}` does not hold");
            found.push(failed(condition, message, said(&metrics, "is"), &metrics));
        }
        Some(Value::Bool(true)) | None => {}
        Some(other) => {
            let message = format!("an assertion is true or false, and this is {}", other.kind());
            let diagnostic = Diagnostic::error(Code::WrongType, message, condition.span, "");
            found.push(diagnostic.help(format!("compare it, as in `{text} < 7M`")));
        }
    }
    found
}

/// What a condition comes to. Of `a and b and c`, one that cannot be told is a finding and does not hide that another is false.
fn demands(
    condition: &Symbolic,
    quantities: &Quantities<'_>,
    read: &mut Vec<Read>,
    found: &mut Vec<Diagnostic>,
) -> Option<Value> {
    let mut tell = |demand: &Symbolic| evaluate(demand, quantities, read).map_err(|unknown| found.push(*unknown)).ok();
    let Symbolic::Infix { first, rest } = condition else { return tell(condition) };
    if rest.iter().any(|(op, _)| *op != InfixOp::And) {
        return tell(condition);
    }
    let mut whole = tell(first);
    for (_, demand) in rest {
        if matches!(whole, Some(Value::Bool(false))) {
            break;
        }
        let value = tell(demand);
        whole = match (whole, value) {
            (Some(left), Some(right)) => match fold(InfixOp::And, &left, &right) {
                Folded::Value(value) => Some(value),
                Folded::Arithmetic(_) | Folded::Types => Some(Value::Nothing),
            },
            // Of those that can be told, a false one counts.
            (_, Some(Value::Bool(false))) => Some(Value::Bool(false)),
            _ => None,
        };
    }
    whole
}

/// An assertion that does not hold, with how far it is off.
fn failed(condition: &Condition, message: String, said: String, read: &[Read]) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code::AssertionFailed, message, condition.span, said);
    match distance(&condition.condition, read) {
        Some(note) => diagnostic.note(note),
        None => diagnostic,
    }
}

/// What an assertion comes to for a network, which need not be the one that it was written for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asserted {
    /// Where its condition stands.
    pub condition: Span,
    /// Whether it holds.
    pub holds: bool,
    /// Whether it would hold if each number in `stated` were the right one.
    pub is_record: bool,
    /// The numbers that it says something is equal to.
    pub stated: Vec<Stated>,
}

/// A number that something counted is equal to, as an assertion has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stated {
    /// Where the number stands: a literal, or an expression of literals.
    pub at: Span,
    /// Whether it is right.
    pub holds: bool,
    /// The number that is.
    pub right: u64,
}

/// What a network's assertions come to for a graph with these numbers.
#[must_use]
pub fn asserted(conditions: &[Condition], graph: &Graph, analysis: &Analysis) -> Vec<Asserted> {
    let quantities = Quantities::new(analysis, graph);
    let one = |condition: &Condition| {
        let mut stated = Vec::new();
        let is_record = holds_with(&condition.condition, &quantities, &mut stated);
        let holds = is_true(&condition.condition, &quantities);
        Asserted { condition: condition.span, holds, is_record, stated }
    };
    conditions.iter().map(one).collect()
}

/// The finding that an assertion would not hold of a graph with these numbers; `None` where it is none of the conditions, or holds.
#[must_use]
pub fn broken(sources: &SourceSet, condition: &Condition, graph: &Graph, analysis: &Analysis) -> Option<Diagnostic> {
    let mut metrics = Vec::new();
    match evaluate(&condition.condition, &Quantities::new(analysis, graph), &mut metrics) {
        Ok(Value::Bool(false)) => {
            let message = format!("the plan breaks the assertion `{}`", sources.text(condition.span));
            Some(failed(condition, message, said(&metrics, "would be"), &metrics))
        }
        Ok(_) => None,
        Err(diagnostic) => Some(*diagnostic),
    }
}

fn is_true(symbolic: &Symbolic, quantities: &Quantities<'_>) -> bool {
    matches!(evaluate(symbolic, quantities, &mut Vec::new()), Ok(Value::Bool(true)))
}

/// Whether a condition holds, given that every number is right which it says something is equal to.
fn holds_with(symbolic: &Symbolic, quantities: &Quantities<'_>, stated: &mut Vec<Stated>) -> bool {
    if let Some((left, InfixOp::Eq, right)) = comparison(symbolic)
        && let Some(number) = number(left, right, quantities).or_else(|| number(right, left, quantities))
    {
        stated.push(number);
        return true;
    }
    let Symbolic::Infix { first, rest } = symbolic else { return is_true(symbolic, quantities) };
    let operands = || [&**first].into_iter().chain(rest.iter().map(|(_, operand)| operand));
    let is = |wanted| rest.iter().all(|(op, _)| *op == wanted);
    let mut each = |operands: Vec<&Symbolic>| -> Vec<bool> {
        operands.into_iter().map(|operand| holds_with(operand, quantities, stated)).collect()
    };
    if is(InfixOp::And) {
        each(operands().collect()).into_iter().all(|holds| holds)
    } else if is(InfixOp::Or) {
        // Where one of them holds, the numbers of those that do not are no matter.
        let some = operands().any(|operand| is_true(operand, quantities));
        let matters = operands().filter(|operand| !some || is_true(operand, quantities));
        each(matters.collect()).into_iter().any(|holds| holds)
    } else {
        is_true(symbolic, quantities)
    }
}

/// A number that is said to be equal to something counted.
fn number(counted: &Symbolic, number: &Symbolic, quantities: &Quantities<'_>) -> Option<Stated> {
    let (Symbolic::Value(value, Some(at)), false) = (number, matches!(counted, Symbolic::Value(..))) else { return None };
    let right = evaluate(counted, quantities, &mut Vec::new()).ok()?;
    let holds = matches!(fold(InfixOp::Eq, &right, value), Folded::Value(Value::Bool(true)));
    Some(Stated { at: *at, holds, right: u64::try_from(right.to_i64()?).ok()? })
}

/// A metric that was read: its word, path and value.
type Read = (Metric, Option<String>, u64);

fn evaluate(symbolic: &Symbolic, quantities: &Quantities<'_>, read: &mut Vec<Read>) -> Result<Value, Box<Diagnostic>> {
    match symbolic {
        Symbolic::Value(value, _) => Ok(value.clone()),
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
fn said(read: &[Read], verb: &str) -> String {
    let parts: Vec<String> = read
        .iter()
        .map(|(metric, path, value)| {
            let of = path.as_ref().map_or(String::new(), |p| format!("({p})"));
            let bytes = if metric.is_bytes() { " bytes" } else { "" };
            format!("`{}{of}` {verb} {}{bytes}", metric.name(), grouped(*value))
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
    let ([(_, _, value)], (Symbolic::Metric(..), Symbolic::Value(limit, _))) = (read, (left, right)) else { return None };
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
        | InfixOp::Rem
        | InfixOp::Pow => None,
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
        (Symbolic::Metric(..), Symbolic::Value(limit, _)) => (op, limit.to_f64()),
        (Symbolic::Value(limit, _), Symbolic::Metric(..)) => (mirrored(op), limit.to_f64()),
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
        | InfixOp::Rem
        | InfixOp::Pow => false,
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
        | InfixOp::Rem
        | InfixOp::Pow => op,
    }
}
