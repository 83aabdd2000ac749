//! Statements with the marks above them.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{cut, map, opt};
use thin_vec::ThinVec;

use super::super::ast::{Above, Expr, ExprKind, ForRange, Mark, Path, Pattern, Statement, StatementKind, Target};
use super::super::error::{Expected, SyntaxError};
use super::super::input::{Input, Parsed};
use super::super::token::TokenKind;
use super::super::{mistake, text};
use super::body::body;
use super::expression::{argument_list, call, expression, value};
use super::pieces::{bracketed, comma_list, comma_separated, dotted_name, fail, here, name, token, token_here};
use crate::quote::{bare, unquoted};

/// One statement, without its end.
pub fn statement(input: Input<'_>) -> Parsed<'_, Statement> {
    let (start, marks) = marks(input)?;
    let (rest, kind) = kind(start)?;
    // `@keep (x)` would be a mark with arguments.
    let ambiguous = !marks.is_empty() && matches!(&kind, StatementKind::Expr(expr) if !matches!(expr.kind, ExprKind::If(_)));
    if ambiguous && !start.next().line_start {
        return cut(|input| fail(input, Expected::END)).parse(start);
    }
    let doc = text::doc_above(input.context, input.next());
    let above = (doc.is_some() || !marks.is_empty()).then(|| Box::new(Above { doc, marks }));
    Ok((rest, Statement { above, kind, span: start.span_to(rest) }))
}

fn marks(mut input: Input<'_>) -> Parsed<'_, ThinVec<Mark>> {
    let mut marks = ThinVec::new();
    while input.kind() == TokenKind::At {
        let (rest, mark) = mark(input)?;
        marks.push(mark);
        input = rest;
    }
    marks.shrink_to_fit();
    Ok((input, marks))
}

fn mark(input: Input<'_>) -> Parsed<'_, Mark> {
    let (rest, name) = cut(name).parse(input.skip(1))?;
    let (rest, list) = opt(argument_list).parse(rest)?;
    Ok((rest, Mark { name, args: list.map(|list| list.args).unwrap_or_default(), span: input.span_to(rest) }))
}

fn kind(input: Input<'_>) -> Parsed<'_, StatementKind> {
    let bare = map(expression, StatementKind::Expr);
    let result = alt((bind, input_statement, output, shared, return_statement, for_loop, assertion, refine, bare)).parse(input);
    result.map_err(|error: nom::Err<SyntaxError>| {
        error.map(|e| if e.at == input.index() { SyntaxError::expected(input, Expected::STATEMENT) } else { e })
    })
}

fn bind(input: Input<'_>) -> Parsed<'_, StatementKind> {
    let follows = input.kind_at(1);
    let begins = matches!(input.kind(), TokenKind::Name | TokenKind::Path)
        && (follows == TokenKind::Assign || follows == TokenKind::Colon || follows == TokenKind::Comma);
    if !begins {
        return fail(input, Expected::NAME);
    }
    let (rest, targets) = comma_separated(target)(input)?;
    let (rest, value) = cut(assigned).parse(rest)?;
    Ok((rest, StatementKind::Bind { targets, value }))
}

fn target(input: Input<'_>) -> Parsed<'_, Target> {
    map((dotted_name, opt(shape)), |(name, shape)| Target { name, shape: shape.map(Box::new) }).parse(input)
}

/// `: [256, 28, 28]`.
fn shape(input: Input<'_>) -> Parsed<'_, Expr> {
    let (rest, _) = token_here(TokenKind::Colon, Expected::COLON)(input)?;
    cut(value).parse(rest)
}

/// `= value`. The value may stand on the next line, unless what stands there is a statement of its own.
fn assigned(input: Input<'_>) -> Parsed<'_, Expr> {
    let (rest, _) = token_here(TokenKind::Assign, Expected::ASSIGN)(input)?;
    let follows = rest.kind_at(1);
    let next_statement = rest.next().line_start
        && matches!(rest.kind(), TokenKind::Name | TokenKind::Path)
        && (follows == TokenKind::Assign || follows == TokenKind::Colon || follows == TokenKind::Comma);
    if next_statement {
        return cut(|rest| fail(rest, Expected::VALUE)).parse(rest);
    }
    cut(expression).parse(rest)
}

fn input_statement(input: Input<'_>) -> Parsed<'_, StatementKind> {
    let (rest, _) = token(TokenKind::Input, Expected::STATEMENT)(input)?;
    let (rest, (name, shape)) = cut((here(Expected::NAME, name), shape)).parse(rest)?;
    Ok((rest, StatementKind::Input { name, shape: Box::new(shape) }))
}

fn output(input: Input<'_>) -> Parsed<'_, StatementKind> {
    let (rest, _) = token(TokenKind::Output, Expected::STATEMENT)(input)?;
    let (rest, (name, shape, value)) = cut((here(Expected::NAME, name), opt(shape), opt(assigned))).parse(rest)?;
    let (shape, value) = (shape.map(Box::new), value.map(Box::new));
    Ok((rest, StatementKind::Output { name, shape, value }))
}

fn shared(input: Input<'_>) -> Parsed<'_, StatementKind> {
    let (rest, _) = token(TokenKind::Shared, Expected::STATEMENT)(input)?;
    let (rest, (name, mut value)) = cut((here(Expected::NAME, name), assigned)).parse(rest)?;
    mistake::shared_value(input.context, &name, &mut value);
    Ok((rest, StatementKind::Shared { name, value }))
}

fn return_statement(input: Input<'_>) -> Parsed<'_, StatementKind> {
    let (rest, _) = token(TokenKind::Return, Expected::STATEMENT)(input)?;
    map(cut(here(Expected::VALUE, comma_separated(expression))), StatementKind::Return).parse(rest)
}

fn for_loop(input: Input<'_>) -> Parsed<'_, StatementKind> {
    let (rest, _) = token(TokenKind::For, Expected::STATEMENT)(input)?;
    let header = (here(Expected::NAME, pattern), token_here(TokenKind::In, Expected::IN), range);
    let (rest, (pattern, _, over)) = cut(header).parse(rest)?;
    mistake::python_range(input.context, &over);
    let (rest, body) = cut(body).parse(rest)?;
    Ok((rest, StatementKind::For { pattern: Box::new(pattern), over, body }))
}

fn pattern(input: Input<'_>) -> Parsed<'_, Pattern> {
    alt((map(name, Pattern::Name), list_pattern)).parse(input)
}

fn list_pattern(input: Input<'_>) -> Parsed<'_, Pattern> {
    let (rest, list) = bracketed(TokenKind::OpenBracket, Expected::NAME, comma_list(pattern))(input)?;
    Ok((rest, Pattern::List(list, input.span_to(rest))))
}

fn range(input: Input<'_>) -> Parsed<'_, ForRange> {
    let (rest, from) = value(input)?;
    if rest.kind() != TokenKind::DotDot || !rest.continues() {
        return Ok((rest, ForRange::List(Box::new(from))));
    }
    map(cut(value), |to| ForRange::Range(Box::new(from.clone()), Box::new(to))).parse(rest.skip(1))
}

fn assertion(input: Input<'_>) -> Parsed<'_, StatementKind> {
    let (rest, _) = token(TokenKind::Assert, Expected::STATEMENT)(input)?;
    map(cut(here(Expected::VALUE, expression)), StatementKind::Assert).parse(rest)
}

fn refine(input: Input<'_>) -> Parsed<'_, StatementKind> {
    let (rest, _) = token(TokenKind::Refine, Expected::STATEMENT)(input)?;
    let (rest, (path, _)) = cut((path_pattern, token_here(TokenKind::Assign, Expected::ASSIGN))).parse(rest)?;
    let (rest, form) = cut(call).parse(rest)?;
    Ok((rest, StatementKind::Refine { path, form }))
}

fn path_pattern(input: Input<'_>) -> Parsed<'_, Path> {
    let (rest, pattern) = token(TokenKind::Pattern, Expected::PATH)(input)?;
    let text = input.context.text_of(pattern);
    if bare(text).split('.').any(str::is_empty) {
        return fail(input, Expected::PATH);
    }
    let segments = unquoted(text).split('.').map(|segment| input.context.name(segment)).collect();
    Ok((rest, Path { segments, span: input.span() }))
}
