//! `{ … }`: statements, each ended by a line end or `;`.

use thin_vec::ThinVec;

use super::super::ast::{Body, ExprKind, Statement, StatementKind};
use super::super::error::{Expected, SyntaxError};
use super::super::input::{Input, Parsed};
use super::super::message;
use super::super::sink::MAX_ERRORS;
use super::super::token::TokenKind;
use super::item;
use super::pieces::{deeper, fail, token};
use super::recover;
use super::statement::statement;

/// A body. Once its brace is open it never fails: what is wrong inside is reported here.
pub fn body(input: Input<'_>) -> Parsed<'_, Body> {
    let (rest, opener) = open(input)?;
    let inside = Input { inline: false, ..deeper(input)? };
    let (rest, statements) = statements(rest.with_state_of(inside), opener);
    let rest = close(rest, opener.index()).with_state_of(input);
    Ok((rest, Body { statements, span: input.span_to(rest) }))
}

/// Where a body's statements begin, and the token before them: its `{`, or the last one of the header where that was forgotten.
fn open(input: Input<'_>) -> Result<(Input<'_>, Input<'_>), nom::Err<SyntaxError>> {
    if forgotten_brace(input) {
        message::missing_brace(input);
        return Ok((input, input.at(input.index() - 1)));
    }
    token(TokenKind::OpenBrace, Expected::OPEN_BRACE)(input).map(|(rest, _)| (rest, input))
}

/// Whether a body begins on this line, by its indentation, without a `{` before it.
fn forgotten_brace(input: Input<'_>) -> bool {
    let (context, next) = (input.context, input.next());
    let begins = next.line_start && !matches!(next.kind, TokenKind::OpenBrace | TokenKind::End) && !next.kind.is_closer();
    let header = input.previous().filter(|token| begins && !matches!(token.kind, TokenKind::Colon | TokenKind::Else));
    header.is_some_and(|header| context.column(next.start) > context.indent(header.start) && is_closed(input))
}

/// Whether the first brace that nothing opens from here on stands left of what is here.
fn is_closed(input: Input<'_>) -> bool {
    let (context, mut open) = (input.context, 0usize);
    for token in context.tokens.range(input.index(), context.tokens.len()) {
        if token.kind == TokenKind::CloseBrace && open == 0 {
            return context.column(token.start) < context.column(input.next().start);
        }
        open += usize::from(token.kind == TokenKind::OpenBrace);
        open -= usize::from(token.kind == TokenKind::CloseBrace);
    }
    false
}

/// Statements up to the `}` of the `{` at `opener`, or to where it must have been forgotten.
fn statements<'a>(mut input: Input<'a>, opener: Input<'a>) -> (Input<'a>, ThinVec<Statement>) {
    let mut list = ThinVec::new();
    loop {
        if input.context.is_full() {
            return (input.at(input.context.tokens.len() - 1), list);
        }
        let kind = input.kind();
        if kind == TokenKind::Semicolon {
            input = input.skip(1);
        } else if kind == TokenKind::CloseBrace || kind == TokenKind::End {
            list.shrink_to_fit();
            return (input, list);
        } else if item::begins(input) {
            let Some(rest) = item::nested(input, opener.index()) else { return (input, list) };
            input = rest;
        } else {
            match one(input, &mut list) {
                Ok(rest) => input = rest,
                Err(error) if opener.inline && goes_on_outside(input, error) => return (input.at(error.at), list),
                Err(error) => {
                    let (rest, stub) = recover::statement(input, error);
                    list.extend(stub);
                    input = rest;
                }
            }
        }
    }
}

/// One statement and its end. Of a statement without an end only a loop is kept, which ends with its body.
fn one<'a>(input: Input<'a>, list: &mut ThinVec<Statement>) -> Result<Input<'a>, SyntaxError> {
    let (rest, statement) = statement(input).map_err(|error| failure(input, &error))?;
    let ended = if lacks_arrow(input, rest) { fail(rest, Expected::END) } else { end_of_line(rest) };
    if ended.is_ok() || matches!(statement.kind, StatementKind::For { .. }) {
        if list.last().is_some_and(is_unused) && input.context.unused.replace(input.context.unused.get() + 1) >= MAX_ERRORS {
            list.pop();
        }
        list.push(statement);
    }
    ended.map(|(rest, ())| rest).map_err(|error| failure(rest, &error))
}

/// Whether it is a value that nothing uses where another statement follows. No more of them are kept than are reported: no
/// statement is shorter, so that none takes more room for its text.
fn is_unused(statement: &Statement) -> bool {
    matches!(&statement.kind, StatementKind::Expr(expr) if !matches!(expr.kind, ExprKind::If(_) | ExprKind::Error))
}

/// Whether the next line goes on with the pipe of this statement, by its indentation, and only seems to be one of its own.
fn lacks_arrow(start: Input<'_>, rest: Input<'_>) -> bool {
    let (context, next) = (rest.context, rest.next());
    let is_stage = rest.kind() == TokenKind::Name && matches!(rest.kind_at(1), TokenKind::OpenParen | TokenKind::Arrow);
    let binds = matches!(start.kind(), TokenKind::Output | TokenKind::Return) || start.kind_at(1) == TokenKind::Assign;
    next.line_start && is_stage && binds && context.column(next.start) > context.indent(start.next().start)
}

/// Whether what stands after a statement belongs to the brackets around its body, so that the body's `}` was forgotten.
fn goes_on_outside(start: Input<'_>, error: SyntaxError) -> bool {
    let kind = start.at(error.at).kind();
    error.expected.contains(Expected::END) && matches!(kind, TokenKind::Comma | TokenKind::CloseParen | TokenKind::CloseBracket)
}

/// The end of a line: a `;`, a line end, or the bracket or text ending.
pub fn end_of_line(input: Input<'_>) -> Parsed<'_, ()> {
    let token = input.next();
    let ends = token.line_start || matches!(token.kind, TokenKind::Semicolon | TokenKind::CloseBrace | TokenKind::End);
    if ends { Ok((input, ())) } else { fail(input, Expected::END) }
}

/// The failure in nom's envelope; nothing here ever waits for more input.
pub fn failure(input: Input<'_>, error: &nom::Err<SyntaxError>) -> SyntaxError {
    match error {
        nom::Err::Error(error) | nom::Err::Failure(error) => *error,
        nom::Err::Incomplete(_) => SyntaxError::expected(input, Expected::default()),
    }
}

/// Takes the `}`, or reports that it is missing.
fn close(input: Input<'_>, opener: usize) -> Input<'_> {
    let context = input.context;
    if input.kind() != TokenKind::CloseBrace {
        message::unclosed_body(input, opener);
        return input;
    }
    let (open, closer) = (context.token(opener), input.next());
    let crooked = closer.line_start && context.column(closer.start) != context.indent(open.start);
    if crooked && context.crooked.get().is_none() {
        context.crooked.set(Some((opener, input.index())));
    }
    input.skip(1)
}
