//! What stands in the tree for a statement that could not be read.
//!
//! In: the tokens of the statement, and the bodies in it that could be read. Out: a statement of the same kind without a
//! value, so that the names that it binds are known, and what depends on them stays silent. It reports nothing.

use thin_vec::ThinVec;

use super::super::ast::{Body, Expr, ExprKind, ForRange, Ident, If, Pattern, Statement, StatementKind, Target};
use super::super::few::Few;
use super::super::input::Input;
use super::super::token::TokenKind;
use super::pieces::ident;
use crate::source::Span;

/// What stands for the statement from `start` to `end`, with an unknown value.
pub fn stub(start: Input<'_>, end: Input<'_>, mut bodies: Vec<Body>) -> Vec<Statement> {
    let start = without_marks(start, end);
    let span = start.span_to(end);
    let statement = |kind| Statement { above: None, kind, span };
    let kind = start.kind();
    if kind == TokenKind::For {
        // Those before the last are of values in its header.
        let body = bodies.pop().unwrap_or(Body { statements: ThinVec::new(), span });
        let over = ForRange::List(Box::new(Expr { kind: ExprKind::Error, span }));
        return vec![statement(StatementKind::For { pattern: Box::new(Pattern::List(ThinVec::new(), span)), over, body })];
    }
    if kind == TokenKind::Assert || kind == TokenKind::Refine {
        return Vec::new();
    }
    let value = unknown(span, bodies);
    if kind == TokenKind::Return {
        return vec![statement(StatementKind::Return(Few::One(value)))];
    }
    let (names, are_bound) = names(start, end);
    let targets: Few<Target> = names.into_iter().map(|name| Target { name, shape: None }).collect();
    if are_bound && !targets.is_empty() {
        return vec![statement(StatementKind::Bind { targets, value })];
    }
    // Without a `=` it may have been to bind its first name, or to be a value.
    let bound = (!targets.is_empty()).then(|| StatementKind::Bind { targets, value: unknown(span, Vec::new()) });
    bound.into_iter().chain([StatementKind::Expr(value)]).map(statement).collect()
}

/// A value that nobody knows; of the branches in it, any may be the one that is taken.
fn unknown(span: Span, bodies: Vec<Body>) -> Expr {
    let error = || Expr { kind: ExprKind::Error, span };
    if bodies.is_empty() {
        return error();
    }
    let arms = bodies.into_iter().map(|body| (error(), body)).collect();
    Expr { kind: ExprKind::If(Box::new(If { arms, otherwise: None })), span }
}

fn without_marks<'a>(mut start: Input<'a>, end: Input<'_>) -> Input<'a> {
    while start.kind() == TokenKind::At && start.index() < end.index() {
        start = start.skip(2);
        while start.index() < end.index() && !start.next().line_start {
            start = start.skip(1);
        }
    }
    start
}

/// The names on the left of the `=`, or the first of the statement where there is none, and whether there is one.
fn names(start: Input<'_>, end: Input<'_>) -> (Vec<Ident>, bool) {
    let (mut here, mut depth, mut names) = (start, 0usize, Vec::new());
    while here.index() < end.index() && !(depth == 0 && here.kind() == TokenKind::Assign) {
        let kind = here.kind();
        if depth == 0 && is_name(kind) {
            names.push(ident(here, here.next()));
        }
        depth = if kind.closer().is_some() { depth + 1 } else { depth.saturating_sub(usize::from(kind.is_closer())) };
        here = here.skip(1);
    }
    let are_bound = here.index() < end.index();
    names.truncate(if are_bound { names.len() } else { 1 });
    (names, are_bound)
}

/// Whether the statement binds something whose name is missing.
pub fn is_nameless(start: Input<'_>, end: Input<'_>) -> bool {
    let start = without_marks(start, end);
    let (first, second) = (start.kind(), start.kind_at(1));
    let assigns = |kind| matches!(kind, TokenKind::Assign | TokenKind::Colon);
    let declares = matches!(first, TokenKind::Input | TokenKind::Output | TokenKind::Shared);
    assigns(first)
        || (declares && assigns(second))
        || (first == TokenKind::Comma || second == TokenKind::Comma) && assigns(start.kind_at(2))
}

fn is_name(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Name | TokenKind::Path)
}
