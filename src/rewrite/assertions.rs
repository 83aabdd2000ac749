//! Brings what a net asserts of itself up to date after a rewrite.
//!
//! In: the net's tree and text, and its numbers before and after. Out: edits of the numbers in `assert METRIC == NUMBER`, also
//! where the number is a branch of an `if`: each literal that was the old value becomes the new one. Budgets (`<`, `<=`) are
//! left as they are, for a rewrite that breaks one is to be seen.

use super::edit::net;
use crate::analysis::Analysis;
use crate::analysis::budget::metric;
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

/// The edits that make the equalities of a file's net hold after a rewrite, where they held before.
#[must_use]
pub fn updates(text: &str, ast: &Ast, before: Numbers<'_>, after: Numbers<'_>) -> Vec<Edit> {
    let Some(net) = net(ast) else { return Vec::new() };
    let mut conditions = Vec::new();
    in_body(&net.body, &mut conditions);
    let mut edits = Vec::new();
    for condition in conditions {
        equalities(condition, &mut |quantity, number| {
            let value = |of: Numbers<'_>| metric(of.analysis, of.graph, quantity.0, quantity.1.as_deref()).ok();
            if let (Some(old), Some(new)) = (value(before), value(after))
                && old != new
            {
                literals(number, old, &mut |literal| edits.push(replaced(text, literal, new)));
            }
        });
    }
    edits
}

fn in_body<'a>(body: &'a Body, conditions: &mut Vec<&'a Expr>) {
    for Statement { kind, .. } in &body.statements {
        match kind {
            StatementKind::Assert(condition) => conditions.push(condition),
            StatementKind::For { body, .. } => in_body(body, conditions),
            StatementKind::Expr(Expr { kind: ExprKind::If { arms, otherwise }, .. }) => {
                arms.iter().map(|(_, body)| body).chain(otherwise).for_each(|body| in_body(body, conditions));
            }
            StatementKind::Expr(_)
            | StatementKind::Input { .. }
            | StatementKind::Output { .. }
            | StatementKind::Bind { .. }
            | StatementKind::Return(_)
            | StatementKind::Refine { .. } => {}
        }
    }
}

/// A metric and the path it is asked of.
type Quantity = (Metric, Option<String>);

/// Every `METRIC == NUMBER` of a condition, either way round, also in chains of `and`.
fn equalities<'a>(condition: &'a Expr, found: &mut dyn FnMut(&Quantity, &'a Expr)) {
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
            if let Some(quantity) = quantity(one) {
                found(&quantity, other);
            }
        }
    }
}

fn quantity(expr: &Expr) -> Option<Quantity> {
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
    } else if let ExprKind::If { arms, otherwise } = &number.kind {
        for body in arms.iter().map(|(_, body)| body).chain(otherwise) {
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
