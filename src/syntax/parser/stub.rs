//! What stands in the tree for a statement that could not be read.
//!
//! In: the tokens of the statement, and the bodies in it that could be read. Out: a statement of the same kind without a
//! value, so that the names that it binds are known, and what depends on them stays silent. It reports nothing.

use super::super::ast::{Body, Expr, ExprKind, ForRange, Ident, Pattern, Statement, StatementKind, Target};
use super::super::input::Input;
use super::super::token::TokenKind;
use super::pieces::ident;

/// The statement from `start` to `end` with an unknown value; `None` where nothing rests on it.
pub fn stub(start: Input<'_>, end: Input<'_>, bodies: Vec<Body>) -> Option<Statement> {
    let start = without_marks(start, end);
    let span = start.span_to(end);
    let kind = start.kind();
    let kind = if kind == TokenKind::For {
        let statements = bodies.into_iter().flat_map(|body| body.statements).collect();
        let over = ForRange::List(Expr { kind: ExprKind::Error, span });
        StatementKind::For { pattern: Pattern::List(Vec::new(), span), over, body: Body { statements, span } }
    } else if kind == TokenKind::Return {
        StatementKind::Return(vec![unknown(start, end, bodies)])
    } else if kind == TokenKind::Assert || kind == TokenKind::Refine {
        return None;
    } else {
        let names = names(start, end);
        let value = unknown(start, end, bodies);
        if names.is_empty() {
            StatementKind::Expr(value)
        } else {
            let targets = names.into_iter().map(|name| Target { name, shape: None }).collect();
            StatementKind::Bind { targets, value }
        }
    };
    Some(Statement { doc: None, marks: Vec::new(), kind, span })
}

/// A value that nobody knows; of the branches in it, any may be the one that is taken.
fn unknown(start: Input<'_>, end: Input<'_>, bodies: Vec<Body>) -> Expr {
    let span = start.span_to(end);
    let error = || Expr { kind: ExprKind::Error, span };
    if bodies.is_empty() {
        return error();
    }
    let arms = bodies.into_iter().map(|body| (error(), body)).collect();
    Expr { kind: ExprKind::If { arms, otherwise: None }, span }
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

/// The names on the left of the `=`, or the first of the statement where there is none.
fn names(start: Input<'_>, end: Input<'_>) -> Vec<Ident> {
    let (mut here, mut depth, mut names) = (start, 0usize, Vec::new());
    while here.index() < end.index() && !(depth == 0 && here.kind() == TokenKind::Assign) {
        let kind = here.kind();
        if depth == 0 && is_name(kind) {
            names.push(ident(here, here.next()));
        }
        depth = if kind.closer().is_some() { depth + 1 } else { depth.saturating_sub(usize::from(kind.is_closer())) };
        here = here.skip(1);
    }
    if here.index() >= end.index() {
        names.truncate(1);
    }
    names
}

/// Whether the statement binds something whose name is missing.
pub fn is_nameless(start: Input<'_>, end: Input<'_>) -> bool {
    let start = without_marks(start, end);
    let (first, second) = (start.kind(), start.kind_at(1));
    let assigns = |kind| matches!(kind, TokenKind::Assign | TokenKind::Colon);
    let declares = matches!(first, TokenKind::Input | TokenKind::Output | TokenKind::Shared);
    assigns(first) || (declares && assigns(second)) || (first == TokenKind::Comma || second == TokenKind::Comma) && assigns(start.kind_at(2))
}

fn is_name(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Name | TokenKind::Path)
}
