//! Two tokens that stand the wrong way round: `y output = x`, `b a = -> relu`.

use super::Failure;
use crate::diagnostic::Applicability::Unsafe;
use crate::diagnostic::{Diagnostic, Edit};
use crate::syntax::error::Expected;
use crate::syntax::input::Input;
use crate::syntax::token::TokenKind;

/// `y output = x`, `params assert < 5M`: what stands behind the keyword cannot follow it, but can follow the name.
pub(super) fn keyword_behind(failure: Failure<'_>) -> Option<Diagnostic> {
    let (start, keyword) = second(failure)?;
    let behind = keyword.skip(1);
    let fits = matches!(
        (keyword.kind(), behind.kind()),
        (TokenKind::Input | TokenKind::Output, TokenKind::Colon)
            | (TokenKind::Output, TokenKind::Assign)
            | (TokenKind::Return, TokenKind::Arrow)
    ) || keyword.kind() == TokenKind::Assert && is_operator(behind.kind());
    if behind.next().line_start || !fits {
        return None;
    }
    let found = failure.here(format!("{} stands in front of `{}`", failure.quoted(), start.text()));
    Some(found.fix(Unsafe, "put it there", exchange(start, keyword)))
}

/// `b a = -> relu`: nothing flows into the operation, and one name too many stands before the `=`.
pub(super) fn assign_behind(failure: Failure<'_>) -> Option<Diagnostic> {
    let (_, name) = second(failure).filter(|(_, second)| second.kind() == TokenKind::Name)?;
    let assign = name.skip(1);
    let fits = assign.kind() == TokenKind::Assign && assign.kind_at(1) == TokenKind::Arrow && !assign.next().line_start;
    fits.then(|| {
        let found = failure.here(format!("expected `=` before {}", failure.quoted()));
        found.fix(Unsafe, "put it there", exchange(name, assign))
    })
}

/// A name that begins a statement and what follows it on the line, where the parser wanted none.
fn second(failure: Failure<'_>) -> Option<(Input<'_>, Input<'_>)> {
    let Failure { start, found, .. } = failure;
    let is_second = start.kind() == TokenKind::Name && found.index() == start.index() + 1;
    (is_second && !found.next().line_start && failure.wants(Expected::END)).then_some((start, found))
}

/// Whether this joins two values, and begins none.
fn is_operator(kind: TokenKind) -> bool {
    let compares = matches!(kind, TokenKind::Eq | TokenKind::Ne | TokenKind::Lt | TokenKind::Le | TokenKind::Gt | TokenKind::Ge);
    compares || matches!(kind, TokenKind::Plus | TokenKind::Star | TokenKind::Slash)
}

fn exchange(one: Input<'_>, other: Input<'_>) -> Vec<Edit> {
    vec![Edit::replace(one.span(), other.text()), Edit::replace(other.span(), one.text())]
}
