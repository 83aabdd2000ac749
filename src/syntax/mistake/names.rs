//! Names where the language wants others: reserved words, paths, strings, and an `as` in the wrong place.

use super::{Failure, at, replace};
use crate::diagnostic::Applicability::{Safe, Unsafe};
use crate::diagnostic::{Diagnostic, Edit};
use crate::source::Span;
use crate::syntax::error::Expected;
use crate::syntax::token::TokenKind;

/// `in = …`, `block net(…)`, `shared = …`: a reserved word where a name belongs.
pub(super) fn keyword_as_name(failure: Failure<'_>) -> Option<Diagnostic> {
    let binds = |kind: TokenKind| matches!(kind, TokenKind::Assign | TokenKind::Comma | TokenKind::Colon);
    let Failure { start, found, .. } = failure;
    // `shared` begins a statement, so that the failure lies behind it.
    let declares = start.kind() == TokenKind::Shared && found.index() == start.index() + 1 && binds(found.kind());
    let word = if declares { start } else { found };
    let bound = failure.at_start() && binds(found.kind_at(1));
    let named = failure.wants(Expected::NAME) && !found.next().line_start;
    if !word.kind().is_reserved() || !(declares || bound || named) {
        return None;
    }
    let text = word.kind().text();
    let found = at(word.span(), format!("`{text}` is a reserved word and cannot be a name"));
    let found = if declares { found.help("shared weights are declared with a name: `shared head = conv(64, 3)`") } else { found };
    Some(quoted_fix(found, text, word.span()))
}

/// `x + shared`, `y -> input`: a reserved word that a file has, or had, as a name.
pub(super) fn keyword_as_value(failure: Failure<'_>) -> Option<Diagnostic> {
    const NOUNS: &[TokenKind] = &[
        TokenKind::Shared,
        TokenKind::As,
        TokenKind::Input,
        TokenKind::Output,
        TokenKind::Net,
        TokenKind::Block,
        TokenKind::Use,
        TokenKind::In,
    ];
    let word = failure.found;
    let wanted = failure.wants(Expected::VALUE) || failure.wants(Expected::STAGE);
    if !wanted || word.next().line_start || !NOUNS.contains(&word.kind()) {
        return None;
    }
    let text = word.kind().text();
    let found = at(word.span(), format!("`{text}` is a reserved word and no value"));
    Some(quoted_fix(found, text, word.span()))
}

fn quoted_fix(found: Diagnostic, text: &str, span: Span) -> Diagnostic {
    found
        .fix(Unsafe, "a name of this spelling stands in backquotes", replace(span, format!("`{text}`")))
        .help(format!("or choose another name, such as `{text}_`"))
}

/// `input a.b: …`, `shared a.b = …`: a path where only one name may stand.
pub(super) fn dotted(failure: Failure<'_>) -> Option<Diagnostic> {
    const HEADS: &[TokenKind] =
        &[TokenKind::Input, TokenKind::Output, TokenKind::Shared, TokenKind::Block, TokenKind::Net, TokenKind::For];
    let Failure { start, found, .. } = failure;
    let is_name = HEADS.contains(&start.kind()) && found.index() == start.index() + 1 && failure.wants(Expected::NAME);
    let text = found.text();
    if !is_name || found.kind() != TokenKind::Path || text.contains(['`', '*']) {
        return None;
    }
    let message = "a name with dots stands in backquotes here";
    Some(at(found.span(), message).fix(Safe, "quote it", replace(found.span(), format!("`{text}`"))))
}

/// `x -> relu as "act"`, `x -> relu as 3`.
pub(super) fn literal(failure: Failure<'_>) -> Option<Diagnostic> {
    let found = failure.found;
    let behind_as = found.previous().is_some_and(|token| token.kind == TokenKind::As);
    if !behind_as || !failure.wants(Expected::NAME) || !matches!(found.kind(), TokenKind::Str | TokenKind::Number) {
        return None;
    }
    let message = if found.kind() == TokenKind::Str {
        "names stand in backquotes, not in double quotes"
    } else {
        "a name that begins with a digit stands in backquotes"
    };
    let name = found.text().trim_matches('"');
    let diagnostic = at(found.span(), message);
    let is_plain = !name.is_empty() && !name.contains(['`', '\\']);
    Some(if is_plain { diagnostic.fix(Safe, "quote it so", replace(found.span(), format!("`{name}`"))) } else { diagnostic })
}

/// An `as` that names nothing: on a line of its own, a second one, or behind what makes no layer.
pub(super) fn misplaced_as(failure: Failure<'_>) -> Option<Diagnostic> {
    let Failure { start, found, .. } = failure;
    if found.kind() != TokenKind::As || failure.wants(Expected::NAME) {
        return None;
    }
    let previous = found.previous()?;
    if found.next().line_start && !found.inline {
        let gap = Span { start: previous.end, end: found.next().start, ..found.span() };
        // Behind a comment it would be a part of that.
        let is_free = found.context.text[gap.start as usize..gap.end as usize].trim().is_empty();
        let said = at(found.span(), "`as` stands on the line of what it names");
        return Some(if is_free { said.fix(Safe, "move it there", replace(gap, " ")) } else { said });
    }
    let ahead = found.index().checked_sub(start.index())?;
    let is_second = ahead > 2 && start.kind_at(ahead - 2) == TokenKind::As && start.kind_at(ahead - 1) != TokenKind::As;
    if is_second {
        let names_follow = matches!(found.kind_at(1), TokenKind::Name | TokenKind::Path);
        let end = if names_follow { found.skip(1).next().end } else { found.next().end };
        let span = Span { end, ..found.span() };
        let removed = Edit::replace(Span { start: previous.end, ..span }, "");
        return Some(at(span, "a layer has one name").fix(Unsafe, "remove the second", vec![removed]));
    }
    let help = "write `x -> conv(64, 3) as stem`";
    Some(at(found.span(), "`as` stands behind a stage, or behind the value that a pipe begins with").help(help))
}
