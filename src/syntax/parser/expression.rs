//! Expressions, loosest first: pipe, `or`, `and`, `not`, comparison, sums, products, `-`, `**`, application.
//!
//! Chains of operators are loops and their trees flat; only brackets, bodies, prefix operators and powers nest, and those
//! are counted.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{cut, map, opt, verify};
use thin_vec::ThinVec;

use super::super::ast::{Arg, ArgList, As, Body, Call, Expr, ExprKind, If, Index, Infix, InfixOp, Path, Pipe, UnaryOp};
use super::super::error::{Expected, SyntaxError};
use super::super::few::Few;
use super::super::input::{Input, Parsed};
use super::super::token::{Token, TokenKind};
use super::super::{mistake, number, text};
use super::body::body;
use super::pieces::{bracketed, comma_list, deeper, dotted_name, fail, here, ident, token, token_here};
use crate::quote::{bare, unquoted};

/// Any expression.
pub fn expression(input: Input<'_>) -> Parsed<'_, Expr> {
    let (rest, first) = disjunction(input)?;
    let (mut rest, first) = named_as(input, rest, first)?;
    if rest.kind() != TokenKind::Arrow {
        return Ok((rest, first));
    }
    let mut stages = ThinVec::new();
    while rest.kind() == TokenKind::Arrow {
        let (after, one) = cut(stage).parse(rest.skip(1))?;
        stages.push(one);
        rest = after;
    }
    stages.shrink_to_fit();
    Ok((rest, Expr { span: input.span_to(rest), kind: ExprKind::Pipe(Box::new(Pipe { first, stages })) }))
}

/// A call with one list, as the form of a `refine` statement is.
pub fn call(input: Input<'_>) -> Parsed<'_, Expr> {
    let (rest, callee) = token(TokenKind::Name, Expected::NAME)(input)?;
    let (rest, list) = cut(argument_list).parse(rest)?;
    Ok((rest, named(input, rest, callee, Few::One(list))))
}

/// The same place, unless a statement begins there, so that the pipe on the line above was broken off: nothing is bound to one.
fn unbroken(input: Input<'_>) -> Result<Input<'_>, nom::Err<SyntaxError>> {
    let named = matches!(input.kind(), TokenKind::Name | TokenKind::Path);
    let binds = named && matches!(input.kind_at(1), TokenKind::Assign | TokenKind::Colon);
    let broken = binds && input.next().line_start;
    if broken { Err(nom::Err::Failure(SyntaxError::expected(input, Expected::STAGE))) } else { Ok(input) }
}

/// What stands after `->`: a name, or a call with one list.
fn stage(input: Input<'_>) -> Parsed<'_, Expr> {
    let (rest, callee) = token(TokenKind::Name, Expected::STAGE)(unbroken(input)?)?;
    let (rest, list) = opt(argument_list).parse(rest)?;
    named_as(input, rest, named(input, rest, callee, list.map(Few::One).unwrap_or_default()))
}

/// `value as name`, or the value alone.
fn named_as<'a>(input: Input<'a>, rest: Input<'a>, value: Expr) -> Parsed<'a, Expr> {
    if rest.kind() != TokenKind::As || !rest.continues() {
        return Ok((rest, value));
    }
    let (rest, name) = cut(here(Expected::NAME, dotted_name)).parse(rest.skip(1))?;
    Ok((rest, Expr { span: input.span_to(rest), kind: ExprKind::As(Box::new(As { value, name })) }))
}

/// A name, or a call of it.
fn named(input: Input<'_>, rest: Input<'_>, callee: Token, lists: Few<ArgList>) -> Expr {
    let callee = ident(input, callee);
    let kind = if lists.is_empty() { ExprKind::Name(callee.text) } else { ExprKind::Call(Box::new(Call { callee, lists })) };
    Expr { kind, span: input.span_to(rest) }
}

/// A chain of operators of one precedence.
fn chain<'a>(
    operand: impl Fn(Input<'a>) -> Parsed<'a, Expr>,
    operator: impl Fn(TokenKind) -> Option<InfixOp>,
) -> impl Fn(Input<'a>) -> Parsed<'a, Expr> {
    move |input: Input<'a>| {
        let (mut rest, first) = operand(input)?;
        let mut links = Few::default();
        while let Some(op) = operator(rest.kind()).filter(|_| rest.continues()) {
            let span = rest.span();
            let (after, value) = cut(&operand).parse(rest.skip(1))?;
            links = links.with((op, span, value));
            rest = after;
        }
        if links.is_empty() {
            return Ok((rest, first));
        }
        links.shrink();
        Ok((rest, Expr { span: input.span_to(rest), kind: ExprKind::Infix(Box::new(Infix { first, rest: links })) }))
    }
}

/// An expression that is no pipe, as a shape or a loop's range is.
pub fn value(input: Input<'_>) -> Parsed<'_, Expr> {
    disjunction(input)
}

fn disjunction(input: Input<'_>) -> Parsed<'_, Expr> {
    chain(conjunction, |kind| (kind == TokenKind::Or).then_some(InfixOp::Or))(input)
}

fn conjunction(input: Input<'_>) -> Parsed<'_, Expr> {
    chain(negation, |kind| (kind == TokenKind::And).then_some(InfixOp::And))(input)
}

fn negation(input: Input<'_>) -> Parsed<'_, Expr> {
    if input.kind() == TokenKind::Not { prefix(input, UnaryOp::Not, negation) } else { comparison(input) }
}

/// `-a` or `not a`, where the operand may begin with the operator again.
fn prefix<'a>(input: Input<'a>, op: UnaryOp, operand: impl Fn(Input<'a>) -> Parsed<'a, Expr>) -> Parsed<'a, Expr> {
    let inside = deeper(input)?;
    let (rest, value) = cut(operand).parse(inside.skip(1))?;
    let rest = rest.with_state_of(input);
    Ok((rest, Expr { kind: ExprKind::Unary(op, Box::new(value)), span: input.span_to(rest) }))
}

fn comparison(input: Input<'_>) -> Parsed<'_, Expr> {
    let (rest, value) = chain(sum, comparison_operator)(input)?;
    mistake::chained_comparison(input.context, &value);
    Ok((rest, value))
}

const COMPARISONS: [(TokenKind, InfixOp); 6] = [
    (TokenKind::Eq, InfixOp::Eq),
    (TokenKind::Ne, InfixOp::Ne),
    (TokenKind::Lt, InfixOp::Lt),
    (TokenKind::Le, InfixOp::Le),
    (TokenKind::Gt, InfixOp::Gt),
    (TokenKind::Ge, InfixOp::Ge),
];
const SUMS: [(TokenKind, InfixOp); 2] = [(TokenKind::Plus, InfixOp::Add), (TokenKind::Minus, InfixOp::Sub)];
const PRODUCTS: [(TokenKind, InfixOp); 4] = [
    (TokenKind::Star, InfixOp::Mul),
    (TokenKind::Slash, InfixOp::Div),
    (TokenKind::SlashSlash, InfixOp::FloorDiv),
    (TokenKind::Percent, InfixOp::Rem),
];

fn find(table: &[(TokenKind, InfixOp)], kind: TokenKind) -> Option<InfixOp> {
    table.iter().find(|(k, _)| *k == kind).map(|(_, op)| *op)
}

fn comparison_operator(kind: TokenKind) -> Option<InfixOp> {
    find(&COMPARISONS, kind)
}

fn sum(input: Input<'_>) -> Parsed<'_, Expr> {
    chain(product, |kind| find(&SUMS, kind))(input)
}

fn product(input: Input<'_>) -> Parsed<'_, Expr> {
    chain(unary, |kind| find(&PRODUCTS, kind))(input)
}

fn unary(input: Input<'_>) -> Parsed<'_, Expr> {
    if input.kind() == TokenKind::Minus {
        return prefix(input, UnaryOp::Neg, unary);
    }
    let (rest, base) = indexed(input)?;
    power(input, rest, base)
}

/// `a ** b`, tighter than a `-` before it and looser than one behind it: `-2 ** -2` is -(2 ** (-2)), as in Python.
fn power<'a>(input: Input<'a>, rest: Input<'a>, base: Expr) -> Parsed<'a, Expr> {
    if rest.kind() != TokenKind::StarStar || !rest.continues() {
        return Ok((rest, base));
    }
    let span = rest.span();
    // Each exponent is one more level of the tree.
    let inside = deeper(rest.with_state_of(input))?;
    let (rest, exponent) = cut(unary).parse(inside.skip(1))?;
    let rest = rest.with_state_of(input);
    let kind = ExprKind::Infix(Box::new(Infix { first: base, rest: Few::One((InfixOp::Pow, span, exponent)) }));
    Ok((rest, Expr { kind, span: input.span_to(rest) }))
}

/// A value with any number of `[index]` after it.
fn indexed(input: Input<'_>) -> Parsed<'_, Expr> {
    let (mut rest, mut value) = atom(input)?;
    let mut state = input;
    while rest.kind() == TokenKind::OpenBracket && rest.continues() {
        // Each index is one more level of the tree, though it is none of the text.
        state = deeper(state)?;
        let inside = rest.with_state_of(Input { inline: rest.inline, ..state });
        let (after, index) = bracketed(TokenKind::OpenBracket, Expected::OPEN_BRACKET, expression)(inside)?;
        rest = after.with_state_of(input);
        value = Expr { span: input.span_to(rest), kind: ExprKind::Index(Box::new(Index { base: value, index })) };
    }
    Ok((rest, value))
}

/// A value without operators.
fn atom(input: Input<'_>) -> Parsed<'_, Expr> {
    let kind = input.kind();
    if kind == TokenKind::Name {
        reference(input)
    } else if kind == TokenKind::Number {
        number_literal(input)
    } else if kind == TokenKind::OpenParen {
        parenthesised(input)
    } else if kind == TokenKind::OpenBracket {
        list(input)
    } else if kind == TokenKind::If {
        conditional(input)
    } else {
        alt((boolean, string, path)).parse(input)
    }
}

fn reference(input: Input<'_>) -> Parsed<'_, Expr> {
    let (mut rest, callee) = token(TokenKind::Name, Expected::VALUE)(input)?;
    let mut lists = Few::default();
    while lists.len() < 2 && rest.kind() == TokenKind::OpenParen && rest.continues() {
        let (after, list) = argument_list(rest)?;
        lists = lists.with(list);
        rest = after;
    }
    lists.shrink();
    let mut value = named(input, rest, callee, lists);
    mistake::python_constant(input.context, &mut value);
    Ok((rest, value))
}

/// `(a, name=b)`, opened on the line of what it follows.
pub fn argument_list(input: Input<'_>) -> Parsed<'_, ArgList> {
    token_here(TokenKind::OpenParen, Expected::OPEN_PAREN)(input)?;
    let (rest, args) = bracketed(TokenKind::OpenParen, Expected::OPEN_PAREN, comma_list(argument))(input)?;
    Ok((rest, ArgList { args, span: input.span_to(rest) }))
}

/// `value` or `name=value`; a reserved word may name an argument, since `depth_to_space(block=2)` does.
fn argument(input: Input<'_>) -> Parsed<'_, Arg> {
    let label = input.next();
    let labelled = (label.kind == TokenKind::Name || label.kind.is_reserved()) && input.kind_at(1) == TokenKind::Assign;
    if labelled {
        let (rest, value) = cut(expression).parse(input.skip(2))?;
        return Ok((rest, Arg { name: Some(Box::new(ident(input, label))), value }));
    }
    map(expression, |value| Arg { name: None, value }).parse(input)
}

fn number_literal(input: Input<'_>) -> Parsed<'_, Expr> {
    let (rest, token) = token(TokenKind::Number, Expected::VALUE)(input)?;
    let kind = match number::read(input.context.text_of(token)) {
        Ok(number::Number::Int(value)) => ExprKind::Int(value),
        Ok(number::Number::Float(value)) => ExprKind::Float(value),
        // The lexer has said why.
        Err(_) => ExprKind::Error,
    };
    Ok((rest, Expr { kind, span: input.span() }))
}

fn boolean(input: Input<'_>) -> Parsed<'_, Expr> {
    let word = alt((token(TokenKind::True, Expected::VALUE), token(TokenKind::False, Expected::VALUE)));
    map(word, |token| Expr { kind: ExprKind::Bool(token.kind == TokenKind::True), span: input.span() }).parse(input)
}

fn string(input: Input<'_>) -> Parsed<'_, Expr> {
    let literal = token(TokenKind::Str, Expected::VALUE);
    map(literal, |token| Expr {
        kind: ExprKind::Str(input.context.name(&text::unquote(input.context.text_of(token)))),
        span: input.span(),
    })
    .parse(input)
}

fn path(input: Input<'_>) -> Parsed<'_, Expr> {
    let plain =
        verify(token(TokenKind::Path, Expected::VALUE), |token: &Token| !bare(input.context.text_of(*token)).contains('*'));
    map(plain, |token| {
        let segments = unquoted(input.context.text_of(token)).split('.').map(|segment| input.context.name(segment)).collect();
        Expr { kind: ExprKind::Path(Box::new(Path { segments, span: input.span() })), span: input.span() }
    })
    .parse(input)
}

/// `[a, b]`.
pub fn list(input: Input<'_>) -> Parsed<'_, Expr> {
    let (rest, items) = bracketed(TokenKind::OpenBracket, Expected::OPEN_BRACKET, comma_list(expression))(input)?;
    Ok((rest, Expr { kind: ExprKind::List(items), span: input.span_to(rest) }))
}

/// `(a)` or `(a, b)`.
fn parenthesised(input: Input<'_>) -> Parsed<'_, Expr> {
    let (rest, mut items) = bracketed(TokenKind::OpenParen, Expected::VALUE, comma_list(expression))(input)?;
    let kind = match items.pop() {
        None => return cut(|input| fail(input, Expected::VALUE)).parse(input.skip(1)),
        Some(item) if items.is_empty() => ExprKind::Paren(Box::new(item)),
        Some(item) => {
            items.push(item);
            ExprKind::Tuple(items)
        }
    };
    Ok((rest, Expr { kind, span: input.span_to(rest) }))
}

/// `if c { … } else if d { … } else { … }`; each `else` may stand on a line of its own.
fn conditional(input: Input<'_>) -> Parsed<'_, Expr> {
    let (rest, first) = arm(input)?;
    let (mut rest, mut arms, mut otherwise) = (rest, ThinVec::from([first]), None);
    while otherwise.is_none() {
        if mistake::elif(rest) {
            let (after, next) = arm(rest)?;
            arms.push(next);
            rest = after;
            continue;
        }
        if rest.kind() != TokenKind::Else {
            break;
        }
        rest = rest.skip(1);
        if rest.kind() == TokenKind::If {
            let (after, next) = arm(rest)?;
            arms.push(next);
            rest = after;
        } else {
            let (after, branch) = cut(body).parse(rest)?;
            otherwise = Some(branch);
            rest = after;
        }
    }
    arms.shrink_to_fit();
    Ok((rest, Expr { kind: ExprKind::If(Box::new(If { arms, otherwise })), span: input.span_to(rest) }))
}

/// A condition and its branch, after the word that begins them.
fn arm(input: Input<'_>) -> Parsed<'_, (Expr, Body)> {
    // A condition may be an `if` itself, without any bracket between.
    let (rest, condition) = cut(expression).parse(deeper(input.skip(1))?)?;
    let (rest, branch) = cut(body).parse(rest.with_state_of(input))?;
    Ok((rest, (condition, branch)))
}
