//! Failures of the parser as diagnostics: what was expected, what stands there, and which change removes it.

use thin_vec::ThinVec;

use super::ast::{Ident, Param};
use super::error::{Expected, Reason, SyntaxError};
use super::input::{Context, Input};
use super::mistake;
use super::parser::MAX_DEPTH;
use super::token::{Token, TokenKind};
use crate::code::Code;
use crate::diagnostic::Applicability::{Safe, Unsafe};
use crate::diagnostic::{Diagnostic, Edit};

/// Why the statement or item at `start` cannot be read, where reading will go on at `resume`.
pub fn failure(start: Input<'_>, error: SyntaxError, resume: Input<'_>) -> Diagnostic {
    let found = start.at(error.at);
    match (error.reason, error.opener) {
        (Reason::TooDeep, _) => too_deep(found),
        (Reason::Unexpected, Some(opener)) if resume.index() < error.at || is_unclosed(found) => {
            unclosed(start, start.at(opener), found, resume)
        }
        (Reason::Unexpected, _) => mistake::explain(start, error).unwrap_or_else(|| unexpected(start, error)),
    }
}

fn too_deep(found: Input<'_>) -> Diagnostic {
    Diagnostic::error(Code::NestingTooDeep, format!("nesting is deeper than {MAX_DEPTH}"), found.span(), "one level too many")
        .help("bind an inner part to a name and use the name")
}

/// Whether what stands here shows that a bracket was forgotten, rather than a comma.
fn is_unclosed(found: Input<'_>) -> bool {
    let token = found.next();
    let body_opens = token.kind == TokenKind::OpenBrace && found.skip(1).next().line_start;
    token.line_start || token.kind == TokenKind::End || token.kind.is_closer() || body_opens
}

fn unclosed(start: Input<'_>, opener: Input<'_>, found: Input<'_>, resume: Input<'_>) -> Diagnostic {
    let context = opener.context;
    let open = opener.kind();
    let closer = open.closer().map_or("", TokenKind::text);
    if found.kind().is_closer() && !found.next().line_start && found.kind() != TokenKind::CloseBrace {
        return wrong_closer(opener, found, closer);
    }
    let before = if resume.index() < found.index() { resume } else { found };
    let message = format!("expected `{closer}` to close this `{}`", open.text());
    let diagnostic = Diagnostic::error(Code::UnclosedDelimiter, message, opener.span(), "opened here");
    let arrow = arrow_behind_arguments(opener, before);
    let Some(place) = arrow.unwrap_or(before).previous().map(|token| context.span_of(token)) else { return diagnostic };
    let missing = if arrow.is_some() { closer.to_owned() } else { missing_closers(context, start.index(), before.index()) };
    // The line's end is the last place where it may have been meant, not the only one.
    let diagnostic = diagnostic.label(place, format!("expected `{closer}` here"));
    diagnostic.fix(Unsafe, "close it", vec![Edit::after(place, missing)])
}

/// The arrow before which a call's list was to be closed: nothing flows out of a number or of an argument by name, as in
/// `conv(8, 3, pad=1 -> relu`.
fn arrow_behind_arguments<'a>(opener: Input<'a>, end: Input<'a>) -> Option<Input<'a>> {
    let is_call = opener.kind() == TokenKind::OpenParen && opener.previous().is_some_and(|token| token.kind == TokenKind::Name);
    let (mut here, mut from, mut depth) = (opener.skip(1), opener.skip(1), 0_usize);
    while is_call && here.index() < end.index() {
        let kind = here.kind();
        depth = (depth + usize::from(kind.closer().is_some())).saturating_sub(usize::from(kind.is_closer()));
        if depth == 0 && kind == TokenKind::Comma {
            from = here.skip(1);
        } else if depth == 0 && kind == TokenKind::Arrow {
            let by_name = from.kind() == TokenKind::Name && from.kind_at(1) == TokenKind::Assign;
            let is_number = from.kind() == TokenKind::Number && from.index() + 1 == here.index();
            return (by_name || is_number).then_some(here);
        }
        here = here.skip(1);
    }
    None
}

/// `(a, b]`.
fn wrong_closer(opener: Input<'_>, found: Input<'_>, closer: &str) -> Diagnostic {
    let message = format!("expected `{closer}` to close this `{}`, found `{}`", opener.kind().text(), found.kind().text());
    Diagnostic::error(Code::UnclosedDelimiter, message, opener.span(), "opened here")
        .label(found.span(), format!("expected `{closer}`"))
        .fix(Safe, format!("write `{closer}`"), vec![Edit::replace(found.span(), closer)])
}

/// The closing brackets for all that was opened from one token up to another and not closed.
fn missing_closers(context: &Context<'_>, from: usize, to: usize) -> String {
    let mut open = Vec::new();
    for token in context.tokens.range(from, to) {
        if let Some(closer) = token.kind.closer() {
            open.push(closer);
        } else if open.last() == Some(&token.kind) {
            open.pop();
        }
    }
    open.iter().rev().map(|kind| kind.text()).collect()
}

/// What is found, in words.
fn found_text(input: Input<'_>) -> String {
    let token = input.next();
    if token.kind == TokenKind::End {
        return token.kind.text().into();
    }
    if token.line_start && input.index() > 0 && !input.inline {
        return "the end of the line".into();
    }
    quoted(input.context, token)
}

/// A token's text in backticks, cut where it is long.
pub fn quoted(context: &Context<'_>, token: Token) -> String {
    // A name in backquotes has them already.
    let text = context.text_of(token).trim_matches('`');
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}

/// Labels joined as a sentence has them: "`,` or `)`".
fn alternatives(expected: Expected) -> String {
    let labels: Vec<_> = expected.labels().collect();
    match labels.as_slice() {
        [] => "something else".into(),
        [one] => (*one).into(),
        [head @ .., last] => format!("{} or {last}", head.join(", ")),
    }
}

fn unexpected(start: Input<'_>, error: SyntaxError) -> Diagnostic {
    let context = start.context;
    let found = start.at(error.at);
    let token = found.next();
    let previous = found.previous().filter(|_| found.index() > start.index());
    let after = previous.map(|token| format!(" after {}", quoted(context, token))).unwrap_or_default();
    let wanted = alternatives(error.expected);
    let there = if previous.is_some() { found_text(found) } else { quoted(context, token) };
    let message = format!("expected {wanted}{after}, found {there}");
    let at_line_end = token.line_start || token.kind == TokenKind::End;
    let span = if at_line_end { previous.map_or(found.span(), |token| context.span_of(token)) } else { found.span() };
    let label =
        if at_line_end && previous.is_some() { format!("expected {wanted} after this") } else { format!("expected {wanted}") };
    let diagnostic = Diagnostic::error(Code::UnexpectedToken, message, span, label);
    match error.opener {
        Some(opener) => diagnostic.label(context.span_of(context.token(opener)), "inside this bracket"),
        None => diagnostic,
    }
}

/// Reports that a body begins without its `{`.
pub fn missing_brace(input: Input<'_>) {
    let context = input.context;
    let Some(previous) = input.previous().map(|token| context.span_of(token)) else { return };
    let message =
        format!("expected `{{` after {}, found the end of the line", quoted(context, input.at(input.index() - 1).next()));
    let found = Diagnostic::error(Code::UnexpectedToken, message, previous, "expected `{` after this");
    context.report(found.fix(Safe, "open the body", vec![Edit::after(previous, " {")]));
}

/// Reports that the body opened at token `opener` is not closed where `found` stands.
pub fn unclosed_body(found: Input<'_>, opener: usize) {
    let context = found.context;
    if context.is_full() || context.reported_at.replace(found.index()) == found.index() {
        return;
    }
    let crooked = context.crooked.take().filter(|(open, _)| *open > opener);
    let suspect = crooked.map_or(opener, |(open, _)| open);
    let open = context.token(suspect);
    let mut diagnostic =
        Diagnostic::error(Code::UnclosedDelimiter, "expected `}` to close this `{`", context.span_of(open), "opened here");
    if let Some((_, closer)) = crooked {
        let closer = context.span_of(context.token(closer));
        diagnostic = diagnostic.label(closer, "this `}` does not stand under the line that opened it");
    }
    if let Some(place) = found.previous().map(|token| context.span_of(token)) {
        let same_line = !context.tokens.range(opener + 1, found.index()).any(|token| token.line_start);
        let indent = " ".repeat(context.indent(context.token(opener).start));
        let missing = if same_line { " }".to_owned() } else { format!("\n{indent}}}") };
        diagnostic = diagnostic.label(place, "expected `}` after this");
        if crooked.is_none() {
            diagnostic = diagnostic.fix(Safe, "close the body", vec![Edit::after(place, missing)]);
        }
    }
    context.report(diagnostic);
}

/// Reports that an item stands inside a body.
pub fn nested_item(input: Input<'_>) {
    let message = format!("`{}` stands at the top level of a file, not inside braces", input.kind().text());
    let span = input.span_to(input.skip(2));
    input.context.report(Diagnostic::error(Code::MisplacedStatement, message, span, "").help("move it out"));
}

/// The only list of a block holds its tensor inputs, which have no defaults.
pub fn params_as_inputs(context: &Context<'_>, params: ThinVec<Param>) -> ThinVec<Ident> {
    let with_default = params.iter().find_map(|param| param.default.as_ref());
    if let Some(default) = with_default {
        let message = "a tensor input has no default";
        let found = Diagnostic::error(Code::UnexpectedToken, message, default.span, "")
            .help("parameters stand in a list of their own, before the one of inputs: `block name(width=8)(x)`");
        context.report(found);
    }
    params.into_iter().map(|param| param.name).collect()
}
