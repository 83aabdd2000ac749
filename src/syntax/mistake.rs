//! Mistakes that do not keep the parser from understanding: reported in passing.

use super::ast::{Expr, ExprKind, ForRange, InfixOp};
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
