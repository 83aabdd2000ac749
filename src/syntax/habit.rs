//! Failures that come from the habits of other languages, explained in the words of this one.
//!
//! In: a statement and the failure in it. Out: a diagnostic with a fix where the habit is known.

use super::error::{Expected, SyntaxError};
use super::input::Input;
use super::message::quoted;
use super::token::TokenKind;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Edit};
use crate::source::Span;

/// What was meant, if the failure is a known one.
pub fn explain(start: Input<'_>, error: SyntaxError) -> Option<Diagnostic> {
    let found = start.at(error.at);
    HABITS.iter().find_map(|habit| habit(start, error, found))
}

type Habit = fn(Input<'_>, SyntaxError, Input<'_>) -> Option<Diagnostic>;

const HABITS: &[Habit] = &[keyword_as_name, equals_in_condition, missing_arrow, missing_comma];

fn diagnostic(message: impl Into<String>, span: Span) -> Diagnostic {
    Diagnostic::error(Code::UnexpectedToken, message, span, "")
}

fn replace(span: Span, text: impl Into<String>) -> Vec<Edit> {
    vec![Edit { span, replacement: text.into() }]
}

/// `in = …`, `block net(…)`: a reserved word where a name belongs.
fn keyword_as_name(start: Input<'_>, error: SyntaxError, found: Input<'_>) -> Option<Diagnostic> {
    let word = found.next();
    let bound = found.index() == start.index() && matches!(found.kind_at(1), TokenKind::Assign | TokenKind::Comma);
    if !word.kind.is_reserved() || word.line_start && !bound || !(bound || error.expected.contains(Expected::NAME)) {
        return None;
    }
    let text = word.kind.text();
    let found = diagnostic(format!("`{text}` is a reserved word and cannot be a name"), found.span());
    Some(found.fix(format!("name it `{text}_`"), replace(start.context.span_of(word), format!("{text}_"))))
}

/// `if a = b {`, `assert params = 5`.
fn equals_in_condition(start: Input<'_>, error: SyntaxError, found: Input<'_>) -> Option<Diagnostic> {
    let condition = error.expected.contains(Expected::OPEN_BRACE)
        || (start.kind() == TokenKind::Assert && error.expected.contains(Expected::END));
    if !condition || found.kind() != TokenKind::Assign {
        return None;
    }
    Some(
        diagnostic("`=` binds a name; two values are compared with `==`", found.span())
            .fix("write `==`", replace(found.span(), "==")),
    )
}

/// `x conv(64, 3)`.
fn missing_arrow(_: Input<'_>, error: SyntaxError, found: Input<'_>) -> Option<Diagnostic> {
    if found.kind() != TokenKind::Name || found.next().line_start || !error.expected.contains(Expected::END) {
        return None;
    }
    let name = quoted(found.context, found.next());
    let place = Span { end: found.span().start, ..found.span() };
    Some(
        diagnostic(format!("expected `->` before {name}"), found.span()).fix("let the value flow into it", replace(place, "-> ")),
    )
}

/// `conv(64 3)`.
fn missing_comma(_: Input<'_>, error: SyntaxError, found: Input<'_>) -> Option<Diagnostic> {
    let value =
        matches!(found.kind(), TokenKind::Name | TokenKind::Number | TokenKind::Str | TokenKind::OpenBracket | TokenKind::Path);
    let previous = found.previous().filter(|_| value && error.expected.contains(Expected::COMMA))?;
    let opener = error.opener.map(|index| found.context.span_of(found.context.tokens[index]));
    let place = found.context.span_of(previous).after();
    let text = quoted(found.context, found.next());
    let message = diagnostic(format!("expected `,` before {text}"), found.span()).fix("separate the two", replace(place, ","));
    Some(match opener {
        Some(opener) => message.label(opener, "inside this bracket"),
        None => message,
    })
}
