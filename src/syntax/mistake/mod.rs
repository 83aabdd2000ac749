//! Failures of the parser that are known mistakes, explained in the words of the language.
//!
//! In: a statement or item and the failure in it. Out: a diagnostic, with a fix where there is one; nothing is reported and
//! nothing of the parser's state changes here. What comes from other languages is in [`foreign`], what does not keep the
//! parser from understanding in [`passing`], what concerns names in [`names`], what stands the wrong way round in [`order`].

pub mod foreign;
mod names;
mod order;
mod passing;
mod pasted;

pub use passing::{chained_comparison, elif, python_constant, python_range, shared_value};

use super::error::{Expected, SyntaxError};
use super::input::Input;
use super::message::quoted;
use super::token::TokenKind;
use crate::code::Code;
use crate::diagnostic::Applicability::{Safe, Unsafe};
use crate::diagnostic::{Diagnostic, Edit};
use crate::source::Span;
use crate::suggest::nearest_word;
use crate::words;

/// What was meant, if the failure is a known one.
pub fn explain(start: Input<'_>, error: SyntaxError) -> Option<Diagnostic> {
    let failure = Failure { start, error, found: start.at(error.at) };
    KNOWN.iter().find_map(|known| known(failure))
}

/// A failure, where it is, and the statement or item that it is in.
#[derive(Clone, Copy)]
struct Failure<'a> {
    start: Input<'a>,
    error: SyntaxError,
    found: Input<'a>,
}

impl Failure<'_> {
    /// Whether this would have been right.
    fn wants(self, expected: Expected) -> bool {
        self.error.expected.contains(expected)
    }

    /// Whether the first token already does not fit.
    fn at_start(self) -> bool {
        self.found.index() == self.start.index()
    }

    /// The token that does not fit, as messages show it.
    fn quoted(self) -> String {
        quoted(self.found.context, self.found.next())
    }

    /// The end of the token before the one that does not fit.
    fn gap(self) -> Option<Span> {
        self.found.previous().map(|token| self.found.context.span_of(token).after())
    }

    /// A diagnostic at the token that does not fit.
    fn here(self, message: impl Into<String>) -> Diagnostic {
        at(self.found.span(), message)
    }
}

fn at(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::UnexpectedToken, message, span, "")
}

fn replace(span: Span, text: impl Into<String>) -> Vec<Edit> {
    vec![Edit::replace(span, text)]
}

type Known = fn(Failure<'_>) -> Option<Diagnostic>;

/// The first that fits explains, so that the more special ones come first.
const KNOWN: &[Known] = &[
    names::keyword_as_name,
    names::keyword_as_value,
    names::literal,
    names::dotted,
    names::misplaced_as,
    nothing_to_close,
    foreign::colon,
    foreign::word,
    foreign::method_call,
    foreign::bare_pattern,
    foreign::trailing_if,
    foreign::slash_comment,
    misspelt_keyword,
    order::keyword_behind,
    order::assign_behind,
    equals_in_condition,
    operator_after_stage,
    unbindable,
    misplaced_mark,
    second_list,
    star_in_path,
    missing_assign,
    missing_arrow,
    missing_end,
    missing_comma,
];

/// A closing bracket that nothing has opened.
fn nothing_to_close(failure: Failure<'_>) -> Option<Diagnostic> {
    let free = failure.error.opener.is_none() && (failure.at_start() || failure.wants(Expected::END));
    (failure.found.kind().is_closer() && free).then(|| {
        let found = failure.here(format!("nothing is open that this {} could close", failure.quoted()));
        // With a `}` nothing is said of the next one, which may close a body; of other brackets none in a row closes anything.
        let mut rest = failure.found.skip(1);
        while failure.found.kind() != TokenKind::CloseBrace && is_list_end(rest.kind()) && !rest.next().line_start {
            rest = rest.skip(1);
        }
        let several = rest.index() > failure.found.index() + 1;
        found.fix(Unsafe, if several { "remove them" } else { "remove it" }, replace(failure.found.span_to(rest), ""))
    })
}

fn is_list_end(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::CloseParen | TokenKind::CloseBracket)
}

/// Whether the statement or item is one that stands outside bodies.
fn is_item(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Use | TokenKind::Block | TokenKind::Net)
}

/// `outptu y = x`: two names in a row, of which the first is nearly a keyword.
fn misspelt_keyword(failure: Failure<'_>) -> Option<Diagnostic> {
    let (start, second) = (failure.start, failure.start.skip(1));
    let follows = matches!(second.kind(), TokenKind::Name | TokenKind::Path | TokenKind::Str) && !second.next().line_start;
    let item = failure.at_start() && failure.wants(Expected::ITEM);
    let statement = failure.found.index() == second.index() && failure.wants(Expected::END);
    if start.kind() != TokenKind::Name || !follows || !(item || statement) {
        return None;
    }
    let word = start.text();
    let near = nearest_word(word, if item { words::ITEMS } else { words::STATEMENTS }.iter().copied());
    // Only an input is declared without a value: `inputinput x: [3, 8, 8]`.
    let doubled = word.starts_with("input") && second.kind_at(1) == TokenKind::Colon;
    let (near, applicability) = near.or(doubled.then_some(("input", Unsafe)))?;
    // `inputs conv(8, 3)` lacks an arrow rather than being a declaration.
    let third = second.skip(1);
    let plausible = match near {
        "input" | "output" => third.next().line_start || matches!(third.kind(), TokenKind::Assign | TokenKind::Colon),
        "for" => third.kind() == TokenKind::In,
        "shared" => third.kind() == TokenKind::Assign,
        _ => true,
    };
    plausible.then(|| {
        let found = at(start.span(), format!("no statement begins with `{word}`"));
        found.fix(applicability, format!("did you mean `{near}`?"), replace(start.span(), near))
    })
}

/// `if a = b {`, `assert params = 5`.
fn equals_in_condition(failure: Failure<'_>) -> Option<Diagnostic> {
    let asserted = failure.start.kind() == TokenKind::Assert && failure.wants(Expected::END);
    let condition = failure.wants(Expected::OPEN_BRACE) && !is_item(failure.start.kind()) || asserted;
    (condition && failure.found.kind() == TokenKind::Assign).then(|| {
        let found = failure.here("`=` binds a name; two values are compared with `==`");
        found.fix(Safe, "write `==`", replace(failure.found.span(), "=="))
    })
}

/// `xs[0] = …`, `f(x) = …`.
fn unbindable(failure: Failure<'_>) -> Option<Diagnostic> {
    (failure.found.kind() == TokenKind::Assign && failure.wants(Expected::END)).then(|| {
        let found = at(failure.start.span_to(failure.found), "only a name can be bound");
        let found = found.label(failure.found.span(), "bound here");
        if failure.start.kind() == TokenKind::Name && failure.start.kind_at(1) == TokenKind::OpenBracket {
            return found.help("lists do not change; make a new one: `xs = xs + [x]`");
        }
        found.help("bind with `name = value`")
    })
}

/// `@keep` above an item.
fn misplaced_mark(failure: Failure<'_>) -> Option<Diagnostic> {
    (failure.found.kind() == TokenKind::At && failure.wants(Expected::ITEM)).then(|| {
        let found = failure.here("a mark stands above a statement, not above a block or a net");
        found.help("mark the statement that uses the block")
    })
}

/// `x -> f(8)(y)`.
fn second_list(failure: Failure<'_>) -> Option<Diagnostic> {
    let after_list = failure.found.previous().is_some_and(|token| token.kind == TokenKind::CloseParen);
    let second = failure.found.kind() == TokenKind::OpenParen && after_list && !failure.found.next().line_start;
    second.then(|| {
        let found = failure.here("one list too many");
        found.help("after `->` a call has parameters only; several inputs are piped together: `(a, b) -> join(8)`")
    })
}

/// `macs(stage3.*.conv2)`.
fn star_in_path(failure: Failure<'_>) -> Option<Diagnostic> {
    (failure.found.kind() == TokenKind::Path && failure.wants(Expected::VALUE))
        .then(|| failure.here("a path with `*` stands only after `refine`").help("name one layer or block"))
}

/// `x -> conv(8, 3) + x`: an operator binds tighter than the arrow, so the pipe before it needs its parentheses.
fn operator_after_stage(failure: Failure<'_>) -> Option<Diagnostic> {
    let Failure { start, error, found } = failure;
    let operator = matches!(found.kind(), TokenKind::Plus | TokenKind::Minus | TokenKind::Star | TokenKind::Slash);
    let ahead = found.index().checked_sub(start.index())?;
    let piped = (0..ahead).any(|i| start.kind_at(i) == TokenKind::Arrow);
    if !operator || !piped || !error.expected.contains(Expected::END) {
        return None;
    }
    let begin =
        if start.kind() == TokenKind::Return { 1 } else { (0..ahead).find(|i| start.kind_at(*i) == TokenKind::Assign)? + 1 };
    let edits = vec![Edit::before(start.skip(begin).span(), "("), Edit::replace(failure.gap()?, ")")];
    let message = format!("`{}` binds tighter than `->`, so it cannot follow a pipe", found.kind().text());
    Some(failure.here(message).fix(Safe, "put the pipe in parentheses", edits))
}

/// `output y x -> relu`, `y x -> relu`: the first name is bound, since a value on its own would be of no use.
fn missing_assign(failure: Failure<'_>) -> Option<Diagnostic> {
    let Failure { start, found, .. } = failure;
    let declares = start.kind() == TokenKind::Output;
    let named = if declares { start.skip(1) } else { start };
    let bare = found.index() == named.index() + 1;
    let typed =
        named.kind_at(1) == TokenKind::Colon && found.previous().is_some_and(|token| token.kind == TokenKind::CloseBracket);
    let value = matches!(found.kind(), TokenKind::Name | TokenKind::Path | TokenKind::OpenParen | TokenKind::If);
    let pipes = matches!(found.kind_at(1), TokenKind::Arrow) || declares || typed;
    let wanted = failure.wants(Expected::END) || failure.wants(Expected::ASSIGN);
    if named.kind() != TokenKind::Name || !(bare || typed) || !value || !pipes || !wanted || found.next().line_start {
        return None;
    }
    let diagnostic = failure.here(format!("expected `=` before {}", failure.quoted()));
    Some(diagnostic.fix(Unsafe, "bind it", vec![Edit::before(found.span(), "= ")]))
}

/// `x conv(64, 3)`.
fn missing_arrow(failure: Failure<'_>) -> Option<Diagnostic> {
    let starts_statement = matches!(failure.found.kind_at(1), TokenKind::Assign | TokenKind::Colon | TokenKind::Comma);
    // Nothing flows out of a body, nor on from where an input is declared.
    let flows = !is_item(failure.start.kind()) && failure.start.kind() != TokenKind::Input;
    (failure.found.kind() == TokenKind::Name && failure.wants(Expected::END) && flows && !starts_statement).then(|| {
        let found = failure.here(format!("expected `->` before {}", failure.quoted()));
        found.fix(Unsafe, "let the value flow into it", vec![Edit::before(failure.found.span(), "-> ")])
    })
}

/// Two statements on one line.
fn missing_end(failure: Failure<'_>) -> Option<Diagnostic> {
    let kind = failure.found.kind();
    let begins = matches!(kind, TokenKind::Name | TokenKind::At) || kind.is_reserved();
    if !begins || !failure.wants(Expected::END) || matches!(kind, TokenKind::Else | TokenKind::In) {
        return None;
    }
    let found = failure.here(format!("expected the end of the line before {}", failure.quoted()));
    if kind == TokenKind::At && failure.found.previous().is_none_or(|token| token.kind != TokenKind::CloseBrace) {
        return Some(found.help("there is no matrix product; a mark such as `@keep` stands on the line above its statement"));
    }
    // Items stand outside bodies and statements inside; what is on the wrong side is not mended by an end before it.
    let fits = is_item(failure.start.kind()) == is_item(kind);
    Some(if fits { found.fix(Safe, "separate the two with `;`", replace(failure.gap()?, ";")) } else { found })
}

/// `conv(64 3)`.
fn missing_comma(failure: Failure<'_>) -> Option<Diagnostic> {
    let found = failure.found;
    let value =
        matches!(found.kind(), TokenKind::Name | TokenKind::Number | TokenKind::Str | TokenKind::OpenBracket | TokenKind::Path);
    let gap = failure.gap().filter(|_| value && failure.wants(Expected::COMMA))?;
    let diagnostic = failure.here(format!("expected `,` before {}", failure.quoted()));
    let diagnostic = diagnostic.fix(Unsafe, "separate the two", replace(gap, ","));
    Some(match failure.error.opener {
        Some(opener) => diagnostic.label(found.context.span_of(found.context.token(opener)), "inside this bracket"),
        None => diagnostic,
    })
}
