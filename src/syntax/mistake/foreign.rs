//! What other languages write: colons before bodies, methods, `def`, a trailing `if`.

use super::{Failure, at, pasted, replace};
use crate::diagnostic::Applicability::{self, Safe};
use crate::diagnostic::{Diagnostic, Edit};
use crate::foreign;
use crate::source::Span;
use crate::syntax::error::{Expected, SyntaxError};
use crate::syntax::input::Input;
use crate::syntax::token::TokenKind;

/// Whether a body is begun with a colon here, so that an `else` further on may seem to have no `if`.
pub fn begins_suite(start: Input<'_>, error: SyntaxError) -> bool {
    start.at(error.at).kind() == TokenKind::Colon && error.expected.contains(Expected::OPEN_BRACE)
}

/// `for i in 0..3:` with an indented body, or one on the same line.
pub(super) fn colon(failure: Failure<'_>) -> Option<Diagnostic> {
    if !begins_suite(failure.start, failure.error) {
        return None;
    }
    let colon = failure.found;
    let found = failure.here("a body stands in braces, not after a `:`");
    if colon.kind_at(1) == TokenKind::OpenBrace {
        return Some(found.fix(Safe, "remove the `:`", replace(colon.span(), "")));
    }
    let spaced = colon.previous().is_some_and(|token| token.end < colon.next().start);
    let edits = braces(colon, if spaced { "{" } else { " {" }, colon.context.indent(colon.next().start))?;
    Some(found.fix(Safe, "put the body in braces", edits))
}

/// Edits that put the body after a colon in braces.
fn braces(colon: Input<'_>, open: &str, indent: usize) -> Option<Vec<Edit>> {
    let context = colon.context;
    let first = colon.skip(1);
    let below = first.next().line_start;
    let mut here = first;
    while here.kind() != TokenKind::End {
        let outside = if below { context.column(here.next().start) <= indent } else { here.index() > first.index() };
        if here.next().line_start && outside {
            break;
        }
        here = here.skip(1);
    }
    let last = here.previous().filter(|_| here.index() > first.index())?;
    let closer = if below { format!("\n{}}}", " ".repeat(indent)) } else { " }".into() };
    Some(vec![Edit::replace(colon.span(), open), Edit::after(context.span_of(last), closer)])
}

/// Whether a line begins with a word that begins an item elsewhere.
pub fn begins_item(input: Input<'_>) -> bool {
    let token = input.next();
    let known = ["def", "class", "import", "from", "include", "fn", "func", "function"].contains(&input.text());
    token.line_start && token.kind == TokenKind::Name && known && input.context.column(token.start) == 0
}

/// `def f(x)`, `let y = 3`, `import …`.
pub(super) fn word(failure: Failure<'_>) -> Option<Diagnostic> {
    let start = failure.start;
    let near = failure.found.index() <= start.index() + 1 && !failure.found.next().line_start || failure.at_start();
    let word = foreign::word(start.text()).filter(|_| start.kind() == TokenKind::Name && near)?;
    let found = at(start.span(), format!("there is no `{}`", start.text())).help(word.help);
    Some(match word.here {
        None => found,
        // With nothing behind it on the line there is nothing that the other word could begin.
        Some(_) if start.skip(1).next().line_start || start.kind_at(1) == TokenKind::End => found,
        Some("block") if start.kind_at(1) == TokenKind::Name && start.kind_at(2) != TokenKind::OpenParen => found,
        Some("") => {
            let gap = Span { end: start.skip(1).span().start, ..start.span() };
            found.fix(Safe, format!("remove `{}`", start.text()), replace(gap, ""))
        }
        // `import torch` brings in no file, so there is nothing to `use`.
        Some("use") if start.kind_at(1) != TokenKind::Str => found,
        Some(here) => {
            let mut edits = replace(start.span(), here);
            let colon = on_line(start.skip(1), |kind| kind == TokenKind::Colon);
            edits.extend(
                colon.and_then(|colon| braces(colon, " {", start.context.indent(start.next().start))).unwrap_or_default(),
            );
            // A function's parameters may be a block's parameters or its inputs.
            found.fix(Applicability::safe_if(here != "block"), format!("write `{here}`"), edits)
        }
    })
}

/// `x.flatten(1)`, `self.conv1(x)`, `nn.ReLU()`.
pub(super) fn method_call(failure: Failure<'_>) -> Option<Diagnostic> {
    let as_stage = failure.found.kind() == TokenKind::Path && failure.wants(Expected::STAGE);
    let open = if as_stage { failure.found.skip(1) } else { failure.found };
    let path = open.previous().filter(|token| token.kind == TokenKind::Path)?;
    let called = open.kind() == TokenKind::OpenParen && path.end == open.next().start;
    if !called && !as_stage {
        return None;
    }
    let span = failure.found.context.span_of(path);
    let (head, last) = failure.found.context.text_of(path).rsplit_once('.')?;
    let found = at(span, "there are no methods and no modules: a call names a block or an operation");
    Some(if foreign::is_module(head) {
        pasted::library_call(found, (span, head, last), open, as_stage)
    } else if as_stage {
        found.help(format!("write `{last}` if that is the block's name; a name that has a dot itself stands in backquotes"))
    } else {
        pasted::tensor_method(found, (span, head, last), open)
    })
}

/// `for a, b in list`.
pub(super) fn bare_pattern(failure: Failure<'_>) -> Option<Diagnostic> {
    if failure.start.kind() != TokenKind::For || failure.found.kind() != TokenKind::Comma || !failure.wants(Expected::IN) {
        return None;
    }
    let first = failure.start.skip(1);
    let mut here = first;
    while matches!(here.kind(), TokenKind::Name | TokenKind::Comma) {
        here = here.skip(1);
    }
    let found = at(first.span_to(here), "several names that a loop binds stand in brackets");
    if here.kind() != TokenKind::In {
        return Some(found);
    }
    let bracketed = format!("[{}]", first.text_to(here));
    Some(found.fix(Safe, "put them in brackets", replace(first.span_to(here), bracketed)))
}

/// `x = a if c else b`.
pub(super) fn trailing_if(failure: Failure<'_>) -> Option<Diagnostic> {
    let word = failure.found;
    let follows = failure.wants(Expected::END) || failure.wants(Expected::COMMA);
    if word.kind() != TokenKind::If || word.next().line_start || !follows {
        return None;
    }
    let found = failure.here("the condition stands first: `if condition { a } else { b }`");
    let bound = failure.start.kind_at(1) == TokenKind::Assign && failure.wants(Expected::END);
    let Some(or_else) = on_line(word, |kind| kind == TokenKind::Else).filter(|_| bound) else { return Some(found) };
    let end = line_end(or_else.skip(1));
    let first = failure.start.skip(2);
    let (condition, yes, no) = (word.skip(1).text_to(or_else), first.text_to(word), or_else.skip(1).text_to(end));
    let replacement = format!("if {condition} {{ {yes} }} else {{ {no} }}");
    Some(found.fix(Safe, "write it so", replace(first.span_to(end), replacement)))
}

/// The first such token on this line and outside brackets.
fn on_line(input: Input<'_>, wanted: impl Fn(TokenKind) -> bool) -> Option<Input<'_>> {
    let (mut here, mut depth) = (input, 0i32);
    loop {
        let kind = here.kind();
        depth += i32::from(kind.closer().is_some()) - i32::from(kind.is_closer());
        if wanted(kind) && depth == 0 {
            return Some(here);
        }
        if kind == TokenKind::End || here.index() > input.index() && here.next().line_start {
            return None;
        }
        here = here.skip(1);
    }
}

/// The end of this line, or the `;` before it.
fn line_end(input: Input<'_>) -> Input<'_> {
    let mut here = input;
    let ends = |here: Input<'_>| {
        let next_line = here.index() > input.index() && here.next().line_start;
        next_line || matches!(here.kind(), TokenKind::End | TokenKind::Semicolon)
    };
    while !ends(here) {
        here = here.skip(1);
    }
    here
}

/// `// text`.
pub(super) fn slash_comment(failure: Failure<'_>) -> Option<Diagnostic> {
    let begins = failure.at_start() && failure.found.next().line_start;
    (failure.found.kind() == TokenKind::SlashSlash && begins)
        .then(|| failure.here("a comment begins with `#`").fix(Safe, "write `#`", replace(failure.found.span(), "#")))
}
