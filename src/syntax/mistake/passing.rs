//! Mistakes that do not keep the parser from understanding: reported in passing.

use super::at;
use crate::diagnostic::Applicability::{Safe, Unsafe};
use crate::diagnostic::Edit;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, ForRange, Ident, InfixOp};
use crate::syntax::input::{Context, Input};
use crate::syntax::token::TokenKind;

fn report(context: &Context<'_>, span: Span, message: &str, (advice, replacement): (&str, String)) {
    context.report(at(span, message).fix(Safe, advice, vec![Edit::replace(span, replacement)]));
}

fn text<'a>(context: &Context<'a>, value: &Expr) -> &'a str {
    &context.text[value.span.start as usize..value.span.end as usize]
}

/// `True`, `False` and `None`.
pub fn python_constant(context: &Context<'_>, value: &mut Expr) {
    let ExprKind::Name(name) = &value.kind else { return };
    let ours = match name.as_str() {
        "True" => true,
        "False" => false,
        "None" => {
            let found = at(value.span, "there is no `None`: every value is a number, a boolean, a string or a list");
            let rest = context.text[value.span.end as usize..].trim_start();
            let is_argument = rest.starts_with([',', ')']);
            if is_in_list(&context.text[..value.span.start as usize]) {
                let help = "among the sizes of a map it is the size that the input has itself elsewhere: write that number";
                context.report(found.help(help));
                value.kind = ExprKind::Error;
                return;
            }
            // What is not given is `none`, which is a value of arguments only.
            context.report(if is_argument {
                found.fix(Unsafe, "an argument that is not given is `none`", vec![Edit::replace(value.span, "none")])
            } else {
                found
            });
            value.kind = ExprKind::Error;
            return;
        }
        _ => return,
    };
    report(context, value.span, &format!("`{name}` is written `{ours}`"), ("write it in lower case", ours.to_string()));
    value.kind = ExprKind::Bool(ours);
}

/// How far a list is looked for before one of its elements.
const NEAR: usize = 200;

/// Whether what follows stands directly in a list, or in parentheses that are no call's.
fn is_in_list(before: &str) -> bool {
    let mut depth = 0usize;
    for (at, c) in before.char_indices().rev().take(NEAR) {
        match c {
            ')' | ']' | '}' => depth += 1,
            '(' | '[' | '{' if depth > 0 => depth -= 1,
            '[' => return true,
            '(' => return !before[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '`')),
            '{' => return false,
            _ => {}
        }
    }
    false
}

/// `a < b < c`, which mathematics reads as two comparisons.
pub fn chained_comparison(context: &Context<'_>, value: &Expr) {
    let ExprKind::Infix(chain) = &value.kind else { return };
    let [(first, _, middle), (second, place, _), ..] = chain.rest.as_slice() else { return };
    if !is_comparison(*first) {
        return;
    }
    let replacement = format!("and {} {}", text(context, middle), second.text());
    report(context, *place, "comparisons do not chain", ("compare twice", replacement));
}

fn is_comparison(op: InfixOp) -> bool {
    matches!(op, InfixOp::Eq | InfixOp::Ne | InfixOp::Lt | InfixOp::Le | InfixOp::Gt | InfixOp::Ge)
}

/// `elif` after a branch; it is read as `else if`.
pub fn elif(input: Input<'_>) -> bool {
    let token = input.next();
    let begins = token.kind == TokenKind::Name && matches!(input.text(), "elif" | "elsif" | "elseif");
    let label_follows = matches!(input.kind_at(1), TokenKind::Assign | TokenKind::Arrow | TokenKind::Comma | TokenKind::Colon);
    if begins && !label_follows {
        let message = format!("`{}` is written `else if`", input.text());
        report(input.context, input.span(), &message, ("write it in two words", "else if".into()));
    }
    begins && !label_follows
}

/// `for i in range(3)`.
pub fn python_range(context: &Context<'_>, over: &ForRange) {
    let ForRange::List(list) = over else { return };
    let Expr { kind: ExprKind::Call(call), span } = &**list else { return };
    let [list] = call.lists.as_slice() else { return };
    if call.callee.text != "range" || list.args.iter().any(|arg| arg.name.is_some()) {
        return;
    }
    let replacement = match list.args.as_slice() {
        [to] => format!("0..{}", text(context, &to.value)),
        [from, to] => format!("{}..{}", text(context, &from.value), text(context, &to.value)),
        _ => return,
    };
    report(context, *span, "ranges are written `from..to`", ("write it so", replacement));
}

/// `shared head = x -> conv(3)`: what is shared is a block or an operation, without inputs and without a name of its own.
pub fn shared_value(context: &Context<'_>, name: &Ident, value: &mut Expr) {
    const INPUTS: &str = "shared weights are declared without inputs; these come with each use";
    let without = |span: Span| vec![Edit::replace(span, "")];
    let diagnostic = match &value.kind {
        ExprKind::Name(_) | ExprKind::Error => return,
        ExprKind::Call(call) => match call.lists.as_slice() {
            [_, inputs] => at(inputs.span, INPUTS).fix(Unsafe, "leave them out", without(inputs.span)),
            _ => return,
        },
        ExprKind::As(named) => {
            let span = Span { start: named.value.span.end, ..value.span };
            let message = format!("the shared weights are called `{}` already", name.text);
            at(span, message).fix(Unsafe, "leave the second name out", without(span))
        }
        ExprKind::Pipe(pipe) => match (&pipe.first.kind, pipe.stages.as_slice()) {
            (ExprKind::Name(_) | ExprKind::Tuple(_), [stage]) => {
                let span = Span { end: stage.span.start, ..pipe.first.span };
                at(pipe.first.span, INPUTS).fix(Unsafe, "leave them out", without(span))
            }
            _ => at(value.span, "one block or operation is shared, not a pipe")
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
        | ExprKind::Infix(_)
        | ExprKind::Index(_)
        | ExprKind::If(_) => {
            at(value.span, "a block or an operation is shared").help(format!("write `shared {} = conv(64, 3)`", name.text))
        }
    };
    context.report(diagnostic);
    value.kind = ExprKind::Error;
}
