//! The smallest parsers: single tokens, names, and lists in brackets.

use nom::Parser;
use nom::combinator::{cut, map, opt, verify};
use thin_vec::ThinVec;

use super::super::ast::Ident;
use super::super::error::{Expected, Reason, SyntaxError};
use super::super::few::Few;
use super::super::input::{Input, Parsed};
use super::super::token::{Token, TokenKind};
use super::MAX_DEPTH;
use crate::quote::{bare, unquoted};

/// Just this kind of token, wherever it stands.
pub fn token<'a>(kind: TokenKind, expected: Expected) -> impl Fn(Input<'a>) -> Parsed<'a, Token> + Copy {
    move |input: Input<'a>| {
        let token = input.next();
        if token.kind == kind { Ok((input.skip(1), token)) } else { fail(input, expected) }
    }
}

/// Just this kind of token, on the line of the token before it unless line ends mean nothing here.
pub fn token_here<'a>(kind: TokenKind, expected: Expected) -> impl Fn(Input<'a>) -> Parsed<'a, Token> + Copy {
    move |input: Input<'a>| if input.continues() { token(kind, expected)(input) } else { fail(input, expected) }
}

/// What the parser reads, on the line of the token before it unless line ends mean nothing here.
pub fn here<'a, T>(
    expected: Expected,
    mut parser: impl Parser<Input<'a>, Output = T, Error = SyntaxError>,
) -> impl FnMut(Input<'a>) -> Parsed<'a, T> {
    move |input: Input<'a>| if input.continues() { parser.parse(input) } else { fail(input, expected) }
}

/// The failure that something else should stand here.
pub fn fail<T>(input: Input<'_>, expected: Expected) -> Parsed<'_, T> {
    Err(nom::Err::Error(SyntaxError::expected(input, expected)))
}

/// A name.
pub fn name(input: Input<'_>) -> Parsed<'_, Ident> {
    map(token(TokenKind::Name, Expected::NAME), move |token| ident(input, token)).parse(input)
}

/// A name or a path, as one name.
pub fn dotted_name(input: Input<'_>) -> Parsed<'_, Ident> {
    let kind = if input.kind() == TokenKind::Path { TokenKind::Path } else { TokenKind::Name };
    let plain = verify(token(kind, Expected::NAME), |token: &Token| !bare(input.context.text_of(*token)).contains('*'));
    map(plain, move |token| ident(input, token)).parse(input)
}

/// The name that a token is.
pub fn ident(input: Input<'_>, token: Token) -> Ident {
    Ident { text: input.context.name(&unquoted(input.context.text_of(token))), span: input.context.span_of(token) }
}

/// The state inside a bracket that opens at `input`: one deeper, where line ends mean nothing.
pub fn deeper(input: Input<'_>) -> Result<Input<'_>, nom::Err<SyntaxError>> {
    let depth = input.depth + 1;
    if depth > MAX_DEPTH {
        let error = SyntaxError { reason: Reason::TooDeep, ..SyntaxError::expected(input, Expected::default()) };
        return Err(nom::Err::Failure(error));
    }
    Ok(Input { depth, ..input })
}

/// `( … )` or `[ … ]`: what stands between is read without regard to line ends.
pub fn bracketed<'a, T>(
    open: TokenKind,
    expected: Expected,
    inner: impl Parser<Input<'a>, Output = T, Error = SyntaxError>,
) -> impl FnMut(Input<'a>) -> Parsed<'a, T> {
    let mut inner = cut(inner);
    move |input: Input<'a>| {
        let (rest, _) = token(open, expected)(input)?;
        let inside = Input { inline: true, ..deeper(input)? };
        let (rest, value) = inner.parse(rest.with_state_of(inside))?;
        let (rest, _) = close(open, input.index())(rest)?;
        Ok((rest.with_state_of(input), value))
    }
}

/// The bracket that closes the one of kind `open` at the token `opener`.
fn close<'a>(open: TokenKind, opener: usize) -> impl Fn(Input<'a>) -> Parsed<'a, Token> {
    let (kind, expected) = if open == TokenKind::OpenParen {
        (TokenKind::CloseParen, Expected::CLOSE_PAREN)
    } else {
        (TokenKind::CloseBracket, Expected::CLOSE_BRACKET)
    };
    move |input: Input<'a>| {
        token(kind, expected)(input).map_err(|_| {
            let expected = expected.union(Expected::COMMA);
            nom::Err::Failure(SyntaxError { opener: Some(opener), ..SyntaxError::expected(input, expected) })
        })
    }
}

/// Any number of things with commas between and, if wanted, after them, up to a closing bracket.
pub fn comma_list<'a, T>(mut one: impl FnMut(Input<'a>) -> Parsed<'a, T>) -> impl FnMut(Input<'a>) -> Parsed<'a, ThinVec<T>> {
    move |mut input: Input<'a>| {
        let mut list = ThinVec::new();
        while !input.kind().is_closer() {
            let (rest, item) = one(input)?;
            // Many lists have one element, and would make room for four.
            if list.is_empty() {
                list.reserve_exact(1);
            }
            list.push(item);
            let (rest, comma) = opt(token(TokenKind::Comma, Expected::COMMA)).parse(rest)?;
            input = rest;
            if comma.is_none() {
                break;
            }
        }
        list.shrink_to_fit();
        Ok((input, list))
    }
}

/// One thing or more, with commas between on the line of what stands before them.
pub fn comma_separated<'a, T>(one: impl Fn(Input<'a>) -> Parsed<'a, T>) -> impl FnMut(Input<'a>) -> Parsed<'a, Few<T>> {
    move |input: Input<'a>| {
        let (mut rest, first) = cut(&one).parse(input)?;
        let mut list = Few::One(first);
        while rest.kind() == TokenKind::Comma && rest.continues() {
            let (after, next) = cut(&one).parse(rest.skip(1))?;
            list = list.with(next);
            rest = after;
        }
        list.shrink();
        Ok((rest, list))
    }
}
