//! Files and what stands at their top level: `use`, `block`, `net`.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{cut, opt};
use thin_vec::ThinVec;

use super::super::ast::{Block, Expr, Ident, Item, Net, Param, Use};
use super::super::error::{Expected, SyntaxError};
use super::super::input::{Context, Input, Parsed};
use super::super::token::TokenKind;
use super::super::{message, text};
use super::body::{body, end_of_line, failure};
use super::expression::expression;
use super::pieces::{bracketed, comma_list, fail, here, name, token, token_here};
use super::recover;

/// All items of a file.
pub fn file(context: &Context<'_>) -> Vec<Item> {
    let mut input = Input::new(context);
    let mut items = Vec::new();
    while input.kind() != TokenKind::End && !context.is_full() {
        if input.kind() == TokenKind::Semicolon {
            input = input.skip(1);
            continue;
        }
        context.crooked.set(None);
        let ended = item(input).and_then(|(rest, item)| {
            items.push(item);
            end_of_line(rest)
        });
        input = match ended {
            Ok((rest, ())) => rest,
            Err(error) => recover::item(input, failure(input, &error)),
        };
    }
    items
}

/// Whether an item begins here; inside a body that means that a `}` was forgotten or that items were nested.
pub fn begins(input: Input<'_>) -> bool {
    let next = input.kind_at(1);
    let kind = input.kind();
    (kind == TokenKind::Use && next == TokenKind::Str)
        || (matches!(kind, TokenKind::Block | TokenKind::Net) && next == TokenKind::Name)
}

/// Reads an item that stands inside the body opened at token `opener`, if its indentation says that it was meant to.
pub fn nested(input: Input<'_>, opener: usize) -> Option<Input<'_>> {
    let context = input.context;
    let outer = context.indent(context.token(opener).start);
    if context.column(input.next().start) <= outer {
        return None;
    }
    message::nested_item(input);
    Some(match item(input) {
        Ok((rest, _)) => rest,
        Err(error) => recover::item(input, failure(input, &error)),
    })
}

fn item(input: Input<'_>) -> Parsed<'_, Item> {
    alt((use_item, block, net)).parse(input).map_err(|error: nom::Err<SyntaxError>| {
        error.map(|e| if e.at == input.index() { SyntaxError::expected(input, Expected::ITEM) } else { e })
    })
}

fn use_item(input: Input<'_>) -> Parsed<'_, Item> {
    let (rest, _) = token(TokenKind::Use, Expected::ITEM)(input)?;
    let (end, path) = cut(token_here(TokenKind::Str, Expected::STRING)).parse(rest)?;
    let path = Use {
        path: text::unquote(input.context.text_of(path)),
        path_span: input.context.span_of(path),
        span: input.span_to(end),
    };
    Ok((end, Item::Use(path)))
}

fn block(input: Input<'_>) -> Parsed<'_, Item> {
    let (rest, _) = token(TokenKind::Block, Expected::ITEM)(input)?;
    let (lists, name) = cut(here(Expected::NAME, name)).parse(rest)?;
    let (rest, first) = cut(parameters).parse(lists)?;
    let (rest, params, inputs) = if rest.kind() == TokenKind::OpenParen && rest.continues() {
        let (rest, inputs) = cut(inputs).parse(rest)?;
        (rest, first, inputs)
    } else if first.is_empty() {
        return cut(|input| fail(input, Expected::NAME)).parse(lists.skip(1));
    } else {
        (rest, ThinVec::new(), message::params_as_inputs(input.context, first))
    };
    let header = input.span_to(rest);
    let (rest, body) = cut(body).parse(rest)?;
    let doc = text::doc_above(input.context, input.next());
    Ok((rest, Item::Block(Block { doc, name, params, inputs, body, header, span: input.span_to(rest) })))
}

fn net(input: Input<'_>) -> Parsed<'_, Item> {
    let (rest, _) = token(TokenKind::Net, Expected::ITEM)(input)?;
    let (rest, (name, params)) = cut((here(Expected::NAME, name), opt(parameters))).parse(rest)?;
    let header = input.span_to(rest);
    let (rest, body) = cut(body).parse(rest)?;
    let doc = text::doc_above(input.context, input.next());
    let params = params.unwrap_or_default();
    Ok((rest, Item::Net(Net { doc, name, params, body, header, span: input.span_to(rest) })))
}

fn parameters(input: Input<'_>) -> Parsed<'_, ThinVec<Param>> {
    here(Expected::OPEN_PAREN, bracketed(TokenKind::OpenParen, Expected::OPEN_PAREN, comma_list(parameter)))(input)
}

fn parameter(input: Input<'_>) -> Parsed<'_, Param> {
    let (rest, name) = name(input)?;
    let (rest, default) = opt(default).parse(rest)?;
    Ok((rest, Param { name, default }))
}

fn default(input: Input<'_>) -> Parsed<'_, Expr> {
    let (rest, _) = token(TokenKind::Assign, Expected::ASSIGN)(input)?;
    cut(expression).parse(rest)
}

/// The tensor inputs of a block: at least one name.
fn inputs(input: Input<'_>) -> Parsed<'_, ThinVec<Ident>> {
    let (rest, names) = bracketed(TokenKind::OpenParen, Expected::OPEN_PAREN, comma_list(name))(input)?;
    if names.is_empty() { fail(input.skip(1), Expected::NAME) } else { Ok((rest, names)) }
}
