//! Brings what a net asserts of itself up to date after a rewrite.
//!
//! In: a text, and what its numbers are to be. Out: edits of these numbers, or the totals that a net states as lines of their
//! own. What an assertion comes to is not evaluated here, and which numbers are wrong is found by who evaluates it.

use std::fmt::Write as _;

use super::edit::net;
use crate::analysis::Analysis;
use crate::analysis::budget::metric;
use crate::diagnostic::Edit;
use crate::digits::separated;
use crate::graph::Graph;
use crate::metric::Metric;
use crate::source::Span;
use crate::syntax::ast::{Ast, Body, Expr, ExprKind, Infix, InfixOp, Statement, StatementKind};

/// The numbers of one network.
#[derive(Debug, Clone, Copy)]
pub struct Numbers<'a> {
    /// The network's graph.
    pub graph: &'a Graph,
    /// Its numbers for one image in the default convention.
    pub analysis: &'a Analysis,
}

/// What a number of an assertion is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// Where the number stands, and the condition that it is a part of.
    pub at: Span,
    /// The condition.
    pub condition: Span,
    /// The number where parameters have certain values, each with what says so (`v1`, `width == 0.5`); the first counts.
    pub cases: Vec<(String, u64)>,
    /// The number otherwise; without one, the last case is it.
    pub otherwise: Option<u64>,
}

/// The edit that makes a number right: of a literal only the digits change. Where it depends on parameters, the number becomes
/// an `if` on these.
#[must_use]
pub fn mended(text: &str, right: &Right) -> Option<Edit> {
    let old = &text[right.at.start as usize..right.at.end as usize];
    let is_plain = old.bytes().all(|b| b.is_ascii_digit());
    let written = |value: u64| if is_plain { value.to_string() } else { separated(value, '_') };
    let (cases, otherwise) = match right.otherwise {
        Some(otherwise) => (&right.cases[..], otherwise),
        None => right.cases.split_last().map(|((_, last), cases)| (cases, *last))?,
    };
    let mut replacement = String::new();
    for (condition, value) in cases.iter().filter(|(_, value)| *value != otherwise) {
        let _ = write!(replacement, "if {condition} {{ {} }} else ", written(*value));
    }
    replacement = match replacement.as_str() {
        "" => written(otherwise),
        chain if right.at.end == right.condition.end => format!("{chain}{{ {} }}", written(otherwise)),
        chain => format!("({chain}{{ {} }})", written(otherwise)),
    };
    Some(Edit { span: right.at, replacement })
}

/// The totals of the whole network that the net states, as assertions of the numbers after a rewrite.
#[must_use]
pub fn totals(ast: &Ast, after: Numbers<'_>) -> Vec<(Metric, String)> {
    let Some(net) = net(ast) else { return Vec::new() };
    let mut conditions = Vec::new();
    in_body(&net.body, &mut conditions);
    let mut stated = Vec::new();
    for condition in conditions {
        equalities(condition, &mut |asked| {
            let Ok(value) = metric(after.analysis, after.graph, asked, None) else { return };
            let line = format!("assert {} == {}", asked.name(), separated(value, '_'));
            if !stated.iter().any(|(_, other)| *other == line) {
                stated.push((asked, line));
            }
        });
    }
    stated
}

/// The conditions of a body, those in loops and branches too.
fn in_body<'a>(body: &'a Body, conditions: &mut Vec<&'a Expr>) {
    for Statement { kind, .. } in &body.statements {
        match kind {
            StatementKind::Assert(condition) => conditions.push(condition),
            StatementKind::For { body, .. } => in_body(body, conditions),
            StatementKind::Expr(expr) => expr.branches().into_iter().for_each(|body| in_body(body, conditions)),
            StatementKind::Input { .. }
            | StatementKind::Output { .. }
            | StatementKind::Bind { .. }
            | StatementKind::Shared { .. }
            | StatementKind::Return(_)
            | StatementKind::Refine { .. } => {}
        }
    }
}

/// The metric of every `METRIC == NUMBER` of a condition that asks for one of the whole network, also in chains of `and`.
fn equalities(condition: &Expr, found: &mut dyn FnMut(Metric)) {
    if let ExprKind::Paren(inner) = &condition.kind {
        return equalities(inner, found);
    }
    let ExprKind::Infix(chain) = &condition.kind else { return };
    let Infix { first, rest } = &**chain;
    if rest.iter().all(|(op, _, _)| *op == InfixOp::And) {
        equalities(first, found);
        for (_, _, operand) in rest {
            equalities(operand, found);
        }
    } else if let [(InfixOp::Eq, _, right)] = &rest[..] {
        let metric = |expr: &Expr| if let ExprKind::Name(name) = &expr.kind { Metric::from_name(name) } else { None };
        [first, right].into_iter().filter_map(metric).for_each(found);
    }
}
