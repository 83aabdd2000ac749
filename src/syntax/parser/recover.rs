//! Where to go on after an error.
//!
//! A statement that cannot be read ends where the next one begins: at a line end outside brackets, at a `;` or at the
//! `}` of its body. Where a bracket was forgotten, a line that starts no further right than the statement begins the
//! next one. Bodies on the way are read for their own errors.

use super::super::ast::{Body, Statement};
use super::super::error::{Expected, SyntaxError};
use super::super::input::Input;
use super::super::message;
use super::super::mistake::foreign;
use super::super::token::TokenKind;
use super::body::body;
use super::{item, stub};

/// Reports why the statement at `start` cannot be read; where the next one begins, and what stands for this one in the tree.
pub fn statement(start: Input<'_>, error: SyntaxError) -> (Input<'_>, Vec<Statement>) {
    let (resume, bodies) = Skipper::new(start, error).end_of_statement();
    report(start, error, resume);
    if stub::is_nameless(start, resume) {
        start.context.nameless.set(true);
    }
    (resume, stub::stub(start, resume, bodies))
}

/// Reports a failure, unless it is the echo of one before.
fn report(start: Input<'_>, error: SyntaxError, resume: Input<'_>) {
    let context = start.context;
    let found = start.at(error.at);
    let orphan = found.kind() == TokenKind::Else && error.at == start.index() && context.suites.get();
    if orphan || found.next().after_stray || context.reported_at.replace(error.at) == error.at {
        return;
    }
    context.suites.set(context.suites.get() || foreign::begins_suite(start, error));
    context.report(message::failure(start, error, resume));
}

/// Reports why the item at `start` cannot be read; where the next one begins.
pub fn item(start: Input<'_>, error: SyntaxError) -> Input<'_> {
    report(start, error, start.at(error.at));
    // What the item is called, or brings in, is not known.
    let names = start.kind() == TokenKind::Block && start.kind_at(1) == TokenKind::Name;
    if !names || start.kind_at(2) != TokenKind::OpenParen || start.text_to(start.at(error.at)).contains('\n') {
        start.context.nameless.set(true);
    }
    let mut input = start.at(error.at.max(start.index() + 1));
    if error.at > start.index() && item::begins(start.at(error.at)) {
        return start.at(error.at);
    }
    loop {
        let token = input.next();
        let begins = matches!(token.kind, TokenKind::Use | TokenKind::Block | TokenKind::Net);
        if token.kind == TokenKind::End || (token.line_start && begins) || foreign::begins_item(input) {
            return input;
        }
        let skipped = (token.kind == TokenKind::OpenBrace).then(|| body(input).ok()).flatten();
        input = skipped.map_or(input.skip(1), |(rest, _)| rest);
    }
}

/// Walks the tokens of a broken statement.
struct Skipper<'a> {
    start: Input<'a>,
    error: SyntaxError,
    /// Reading may go on from this token on.
    from: usize,
    column: usize,
    brackets: usize,
    braces: usize,
    /// What could be read on the way.
    bodies: Vec<Body>,
}

impl<'a> Skipper<'a> {
    fn new(start: Input<'a>, error: SyntaxError) -> Self {
        let outdented = error.opener.and_then(|opener| start.context.outdents(start.next(), opener + 1, error.at));
        // A line that goes on with the one above is no statement of its own.
        let goes_on = error.expected.contains(Expected::END) && start.at(error.at).next().line_start;
        let from = outdented.unwrap_or(error.at + usize::from(goes_on));
        let column = start.context.column(start.next().start);
        Self { start, error, from: from.max(start.index() + 1), column, brackets: 0, braces: 0, bodies: Vec::new() }
    }

    fn end_of_statement(mut self) -> (Input<'a>, Vec<Body>) {
        let mut index = self.start.index();
        loop {
            let here = self.start.at(index);
            if index >= self.from && self.ends_before(here) {
                return (here, self.bodies);
            }
            index = self.take(here);
        }
    }

    fn ends_before(&self, here: Input<'_>) -> bool {
        let token = here.next();
        if token.kind == TokenKind::End || (token.line_start && item::begins(here)) {
            return true;
        }
        if self.braces > 0 {
            return false;
        }
        let free = self.brackets == 0;
        // A line that begins otherwise is a part of the broken statement: a row of a table, an argument, a stage.
        let begins =
            matches!(token.kind, TokenKind::Name | TokenKind::At) || (token.kind.is_reserved() && token.kind != TokenKind::Else);
        let outdented = || here.context.column(token.start) <= self.column;
        token.kind == TokenKind::CloseBrace
            || (free && token.kind == TokenKind::Semicolon)
            || (token.line_start && begins && (free || outdented()))
    }

    /// Takes one token, or a body with the errors in it; the index after it.
    fn take(&mut self, here: Input<'_>) -> usize {
        let (index, kind) = (here.index(), here.kind());
        if kind == TokenKind::OpenBrace && index >= self.error.at {
            if index == self.error.at {
                self.brackets = 0;
            }
            if let Ok((rest, body)) = body(here) {
                self.bodies.push(body);
                return rest.index().max(index + 1);
            }
        }
        if matches!(kind, TokenKind::OpenParen | TokenKind::OpenBracket) {
            self.brackets += 1;
        } else if matches!(kind, TokenKind::CloseParen | TokenKind::CloseBracket) {
            self.brackets = self.brackets.saturating_sub(1);
        } else if kind == TokenKind::OpenBrace {
            self.braces += 1;
        } else if kind == TokenKind::CloseBrace {
            self.braces = self.braces.saturating_sub(1);
        }
        index + 1
    }
}
