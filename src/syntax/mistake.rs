//! Mistakes that do not keep the parser from understanding: reported in passing.

use super::ast::{Expr, ExprKind, ForRange, Ident, InfixOp};
use super::input::{Context, Input};
use super::token::TokenKind;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Edit};
use crate::source::Span;

fn report(context: &Context<'_>, span: Span, message: &str, fix: Option<(&str, String)>) {
    let found = Diagnostic::error(Code::UnexpectedToken, message, span, "");
    context.report(match fix {
        Some((advice, replacement)) => found.fix(advice, vec![Edit { span, replacement }]),
        None => found,
    });
}

/// `True`, `False` and `None`.
pub fn python_constant(context: &Context<'_>, value: &mut Expr) {
    let ExprKind::Name(name) = &value.kind else { return };
    let ours = match name.as_str() {
        "True" => ("`True` is written `true`", ExprKind::Bool(true)),
        "False" => ("`False` is written `false`", ExprKind::Bool(false)),
        "None" => {
            report(context, value.span, "there is no `None`: every value is a number, a boolean, a string or a list", None);
            value.kind = ExprKind::Error;
            return;
        }
        _ => return,
    };
    let text = name.to_ascii_lowercase();
    report(context, value.span, ours.0, Some(("write it in lower case", text)));
    value.kind = ours.1;
}

/// `a < b < c`, which mathematics reads as two comparisons.
pub fn chained_comparison(context: &Context<'_>, value: &Expr) {
    let ExprKind::Infix { rest, .. } = &value.kind else { return };
    let [(first, _, middle), (second, place, _), ..] = rest.as_slice() else { return };
    if !is_comparison(*first) {
        return;
    }
    let middle = &context.text[middle.span.start as usize..middle.span.end as usize];
    let replacement = format!("and {middle} {}", second.text());
    report(context, *place, "comparisons do not chain", Some(("compare twice", replacement)));
}

fn is_comparison(op: InfixOp) -> bool {
    matches!(op, InfixOp::Eq | InfixOp::Ne | InfixOp::Lt | InfixOp::Le | InfixOp::Gt | InfixOp::Ge)
}

/// `elif` after a branch; it is read as `else if`.
pub fn elif(input: Input<'_>) -> bool {
    let token = input.next();
    let begins = token.kind == TokenKind::Name && matches!(input.context.text_of(token), "elif" | "elsif" | "elseif");
    let label_follows = matches!(input.kind_at(1), TokenKind::Assign | TokenKind::Arrow | TokenKind::Comma | TokenKind::Colon);
    if begins && !label_follows {
        let message = format!("`{}` is written `else if`", input.context.text_of(token));
        report(input.context, input.span(), &message, Some(("write it in two words", "else if".into())));
        return true;
    }
    false
}

/// `for i in range(3)`.
pub fn python_range(context: &Context<'_>, over: &ForRange) {
    let ForRange::List(Expr { kind: ExprKind::Call { callee, lists }, span }) = over else { return };
    let [list] = lists.as_slice() else { return };
    if callee.text != "range" || list.args.iter().any(|arg| arg.name.is_some()) {
        return;
    }
    let text = |value: &Expr| context.text[value.span.start as usize..value.span.end as usize].to_owned();
    let replacement = match list.args.as_slice() {
        [to] => format!("0..{}", text(&to.value)),
        [from, to] => format!("{}..{}", text(&from.value), text(&to.value)),
        _ => return,
    };
    report(context, *span, "ranges are written `from..to`", Some(("write it so", replacement)));
}

/// `shared head = x -> conv(3)`: what is shared is a block or an operation, without inputs and without a name of its own.
pub fn shared_value(context: &Context<'_>, name: &Ident, value: &mut Expr) {
    const INPUTS: &str = "shared weights are declared without inputs; these come with each use";
    let without = |span: Span| vec![Edit { span, replacement: String::new() }];
    let found = |message: &str, span: Span| Diagnostic::error(Code::UnexpectedToken, message, span, "");
    let diagnostic = match &value.kind {
        ExprKind::Name(_) | ExprKind::Error => return,
        ExprKind::Call { lists, .. } => match lists.as_slice() {
            [_, inputs] => found(INPUTS, inputs.span).fix("leave them out", without(inputs.span)),
            _ => return,
        },
        ExprKind::As { value: inner, .. } => {
            let span = Span { start: inner.span.end, ..value.span };
            let message = format!("the shared weights are called `{}` already", name.text);
            found(&message, span).fix("leave the second name out", without(span))
        }
        ExprKind::Pipe { first, stages } => match (&first.kind, stages.as_slice()) {
            (ExprKind::Name(_) | ExprKind::Tuple(_), [stage]) => {
                let span = Span { end: stage.span.start, ..first.span };
                found(INPUTS, first.span).fix("leave them out", without(span))
            }
            _ => found("one block or operation is shared, not a pipe", value.span)
                .help("write the pipe as the body of a block, and share the block"),
        },
        ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Bool(_)
        | ExprKind::Str(_)
        | ExprKind::Path(_)
        | ExprKind::List(_)
        | ExprKind::Tuple(_)
        | ExprKind::Paren(_)
        | ExprKind::Unary(..)
        | ExprKind::Infix { .. }
        | ExprKind::Index { .. }
        | ExprKind::If { .. } => {
            found("a block or an operation is shared", value.span).help(format!("write `shared {} = conv(64, 3)`", name.text))
        }
    };
    context.report(diagnostic);
    value.kind = ExprKind::Error;
}
