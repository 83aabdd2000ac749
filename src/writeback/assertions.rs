//! Brings what a net asserts of itself up to date after a rewrite.
//!
//! In: the net's tree and text, and its numbers before and after. Out: edits of the numbers in `assert METRIC == NUMBER`, also
//! where the number is a branch of an `if`: each literal that was the old value becomes the new one. Budgets (`<`, `<=`) are
//! left as they are, for a rewrite that breaks one is to be seen.

use super::edit::net;
use crate::analysis::Analysis;
use crate::analysis::budget::{Quantities, metric};
use crate::diagnostic::Edit;
use crate::digits::separated;
use crate::graph::Graph;
use crate::metric::Metric;
use crate::syntax::ast::{Ast, Body, Expr, ExprKind, InfixOp, Statement, StatementKind};

/// The numbers of one network.
#[derive(Debug, Clone, Copy)]
pub struct Numbers<'a> {
    /// The network's graph.
    pub graph: &'a Graph,
    /// Its numbers for one image in the default convention.
    pub analysis: &'a Analysis,
}

/// Which equalities are brought up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stated {
    /// Those that held before.
    Held,
    /// Those that held before, and plain numbers outside every `if`: the net's defaults are set anew, and they spoke of the
    /// old ones.
    Reset,
    /// Those inside an `if` or loop that held before.
    Guarded,
}

/// The edits that make equalities of a file's net hold after a rewrite.
#[must_use]
pub fn updates(text: &str, ast: &Ast, before: Numbers<'_>, after: Numbers<'_>, which: Stated) -> Vec<Edit> {
    let Some(net) = net(ast) else { return Vec::new() };
    let mut conditions = Vec::new();
    in_body(&net.body, false, &mut conditions);
    let [before, after] = [before, after].map(|numbers| Quantities::new(numbers.analysis, numbers.graph));
    let mut edits = Vec::new();
    for (condition, guarded) in conditions {
        if which == Stated::Guarded && !guarded {
            continue;
        }
        let forced = which == Stated::Reset && !guarded;
        equalities(condition, &mut |scoped, number| {
            let value = |of: &Quantities<'_>| of.metric(scoped.0, scoped.1.as_deref()).ok();
            let (Some(old), Some(new)) = (value(&before), value(&after)) else { return };
            match plain(number).filter(|_| forced) {
                Some(stated) if stated != new => edits.push(replaced(text, number, new)),
                None if old != new => literals(number, old, &mut |literal| edits.push(replaced(text, literal, new))),
                Some(_) | None => {}
            }
        });
    }
    edits
}

/// The totals of the whole network that the net states, as assertions of the numbers after a rewrite.
#[must_use]
pub fn totals(ast: &Ast, after: Numbers<'_>) -> Vec<(Metric, String)> {
    let Some(net) = net(ast) else { return Vec::new() };
    let mut conditions = Vec::new();
    in_body(&net.body, false, &mut conditions);
    let mut stated = Vec::new();
    for (condition, _) in conditions {
        equalities(condition, &mut |(asked, path), _| {
            if let (None, Ok(value)) = (path, metric(after.analysis, after.graph, *asked, None)) {
                let line = format!("assert {} == {}", asked.name(), separated(value, '_'));
                if !stated.iter().any(|(_, other)| *other == line) {
                    stated.push((*asked, line));
                }
            }
        });
    }
    stated
}

fn plain(number: &Expr) -> Option<u64> {
    if let ExprKind::Int(literal) = &number.kind { u64::try_from(*literal).ok() } else { None }
}

/// The conditions of a body, each with whether it stands in a loop or branch.
fn in_body<'a>(body: &'a Body, guarded: bool, conditions: &mut Vec<(&'a Expr, bool)>) {
    for Statement { kind, .. } in &body.statements {
        match kind {
            StatementKind::Assert(condition) => conditions.push((condition, guarded)),
            StatementKind::For { body, .. } => in_body(body, true, conditions),
            StatementKind::Expr(expr) => expr.branches().into_iter().for_each(|body| in_body(body, true, conditions)),
            StatementKind::Input { .. }
            | StatementKind::Output { .. }
            | StatementKind::Bind { .. }
            | StatementKind::Shared { .. }
            | StatementKind::Return(_)
            | StatementKind::Refine { .. } => {}
        }
    }
}

/// A metric and the path it is asked of.
type Scoped = (Metric, Option<String>);

/// Every `METRIC == NUMBER` of a condition, either way round, also in chains of `and`.
fn equalities<'a>(condition: &'a Expr, found: &mut dyn FnMut(&Scoped, &'a Expr)) {
    if let ExprKind::Paren(inner) = &condition.kind {
        return equalities(inner, found);
    }
    let ExprKind::Infix { first, rest } = &condition.kind else { return };
    if rest.iter().all(|(op, _, _)| *op == InfixOp::And) {
        equalities(first, found);
        for (_, _, operand) in rest {
            equalities(operand, found);
        }
    } else if let [(InfixOp::Eq, _, right)] = &rest[..] {
        for (one, other) in [(&**first, right), (right, &**first)] {
            if let Some(scoped) = scoped(one) {
                found(&scoped, other);
            }
        }
    }
}

fn scoped(expr: &Expr) -> Option<Scoped> {
    if let ExprKind::Name(name) = &expr.kind {
        return Some((Metric::from_name(name)?, None));
    }
    let ExprKind::Call { callee, lists } = &expr.kind else { return None };
    let [list] = &lists[..] else { return None };
    let [argument] = &list.args[..] else { return None };
    let path = if let ExprKind::Path(path) = &argument.value.kind {
        path.segments.join(".")
    } else if let ExprKind::Name(name) = &argument.value.kind {
        name.clone()
    } else {
        return None;
    };
    Some((Metric::from_name(&callee.text)?, Some(path)))
}

/// The integer literals of a number that have a value: the number itself, or values of an `if`.
fn literals<'a>(number: &'a Expr, value: u64, found: &mut dyn FnMut(&'a Expr)) {
    if let ExprKind::Int(literal) = &number.kind {
        if u64::try_from(*literal) == Ok(value) {
            found(number);
        }
    } else if let ExprKind::Paren(inner) = &number.kind {
        literals(inner, value, found);
    } else {
        for body in number.branches() {
            if let Some(Statement { kind: StatementKind::Expr(last), .. }) = body.statements.last() {
                literals(last, value, found);
            }
        }
    }
}

/// The new value, grouped as the old one was.
fn replaced(text: &str, literal: &Expr, value: u64) -> Edit {
    let old = &text[literal.span.start as usize..literal.span.end as usize];
    let is_plain = old.bytes().all(|b| b.is_ascii_digit());
    let replacement = if is_plain { value.to_string() } else { separated(value, '_') };
    Edit { span: literal.span, replacement }
}
