//! `{ … }`: statements, each ended by a line end or `;`.

use super::super::ast::{Body, Statement, StatementKind};
use super::super::error::{Expected, SyntaxError};
use super::super::input::{Input, Parsed};
use super::super::message;
use super::super::token::TokenKind;
use super::item;
use super::pieces::{deeper, token};
use super::recover;
use super::statement::statement;

/// A body. Once its brace is open it never fails: what is wrong inside is reported here.
pub fn body(input: Input<'_>) -> Parsed<'_, Body> {
    let (rest, _) = token(TokenKind::OpenBrace, Expected::OPEN_BRACE)(input)?;
    let inside = Input { inline: false, ..deeper(input)? };
    let (rest, statements) = statements(rest.with_state_of(inside), input);
    let rest = close(rest, input.index()).with_state_of(input);
    Ok((rest, Body { statements, span: input.span_to(rest) }))
}

/// Statements up to the `}` of the `{` at `opener`, or to where it must have been forgotten.
fn statements<'a>(mut input: Input<'a>, opener: Input<'a>) -> (Input<'a>, Vec<Statement>) {
    let mut list = Vec::new();
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
                Err(error) => input = recover::statement(input, error),
            }
        }
    }
}

/// One statement and its end. What could be read of a statement without an end is kept.
fn one<'a>(input: Input<'a>, list: &mut Vec<Statement>) -> Result<Input<'a>, SyntaxError> {
    let (rest, statement) = statement(input).map_err(|error| failure(input, &error))?;
    let ended = end_of_line(rest);
    // An expression that goes on with something unreadable is none that stands on its own.
    if ended.is_ok() || !matches!(statement.kind, StatementKind::Expr(_)) {
        list.push(statement);
    }
    ended.map(|(rest, ())| rest).map_err(|error| failure(rest, &error))
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
    if ends { Ok((input, ())) } else { super::pieces::fail(input, Expected::END) }
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
    let (open, closer) = (context.tokens[opener], input.next());
    let crooked = closer.line_start && context.column(closer.start) != context.indent(open.start);
    if crooked && context.crooked.get().is_none() {
        context.crooked.set(Some((opener, input.index())));
    }
    input.skip(1)
}
