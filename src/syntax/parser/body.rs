//! `{ … }`: statements, each ended by a line end or `;`.

use super::super::ast::{Body, Statement};
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
    let (rest, statements) = statements(rest.with_state_of(inside), input.index());
    let rest = close(rest, input.index()).with_state_of(input);
    Ok((rest, Body { statements, span: input.span_to(rest) }))
}

/// Statements up to the `}` of the `{` at token `opener`, or to where it must have been forgotten.
fn statements(mut input: Input<'_>, opener: usize) -> (Input<'_>, Vec<Statement>) {
    let mut list = Vec::new();
    loop {
        if input.context.is_full() {
            return (input.at(input.context.tokens.len() - 1), list);
        }
        let kind = input.kind();
        if kind == TokenKind::Semicolon {
            input = input.skip(1);
        } else if kind == TokenKind::CloseBrace || kind == TokenKind::End {
            return (input, list);
        } else if item::begins(input) {
            let Some(rest) = item::nested(input, opener) else { return (input, list) };
            input = rest;
        } else {
            input = one(input, &mut list);
        }
    }
}

/// One statement and its end; where that fails, on to the next.
fn one<'a>(input: Input<'a>, list: &mut Vec<Statement>) -> Input<'a> {
    let ended = statement(input).and_then(|(rest, statement)| {
        list.push(statement);
        end_of_line(rest)
    });
    match ended {
        Ok((rest, ())) => rest,
        Err(error) => recover::statement(input, failure(input, error)),
    }
}

/// The end of a line: a `;`, a line end, or the bracket or text ending.
pub fn end_of_line(input: Input<'_>) -> Parsed<'_, ()> {
    let token = input.next();
    let ends = token.line_start || matches!(token.kind, TokenKind::Semicolon | TokenKind::CloseBrace | TokenKind::End);
    if ends { Ok((input, ())) } else { super::pieces::fail(input, Expected::END) }
}

/// The failure in nom's envelope; nothing here ever waits for more input.
pub fn failure(input: Input<'_>, error: nom::Err<SyntaxError>) -> SyntaxError {
    match error {
        nom::Err::Error(error) | nom::Err::Failure(error) => error,
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
