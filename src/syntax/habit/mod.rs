//! Failures that come from the habits of other languages, explained in the words of this one.
//!
//! In: a statement or item and the failure in it. Out: a diagnostic, with a fix where what was meant is certain.

mod names;
mod python;

pub use python::begins_foreign_item;

use super::error::{Expected, SyntaxError};
use super::input::Input;
use super::message::quoted;
use super::token::TokenKind;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Edit};
use crate::source::Span;
use crate::suggest::nearest;

/// What was meant, if the failure is a known one.
pub fn explain(start: Input<'_>, error: SyntaxError) -> Option<Diagnostic> {
    let failure = Failure { start, error, found: start.at(error.at) };
    HABITS.iter().find_map(|habit| habit(failure))
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

    /// The text of the token that does not fit.
    fn text(&self) -> &str {
        self.found.context.text_of(self.found.next())
    }

    /// An empty place before the token that does not fit.
    fn before(self) -> Span {
        Span { end: self.found.span().start, ..self.found.span() }
    }
}

type Habit = fn(Failure<'_>) -> Option<Diagnostic>;

const HABITS: &[Habit] = &[
    names::keyword_as_name,
    names::keyword_as_value,
    names::literal_name,
    names::dotted_name,
    names::misplaced_as,
    nothing_to_close,
    python::colon,
    python::foreign_word,
    python::method_call,
    python::bare_pattern,
    python::trailing_if,
    python::slash_comment,
    misspelt_keyword,
    equals_in_condition,
    operator_after_stage,
    unbindable,
    misplaced_mark,
    second_list,
    star_in_path,
    missing_arrow,
    missing_end,
    missing_comma,
];

fn diagnostic(message: impl Into<String>, span: Span) -> Diagnostic {
    Diagnostic::error(Code::UnexpectedToken, message, span, "")
}

fn replace(span: Span, text: impl Into<String>) -> Vec<Edit> {
    vec![Edit { span, replacement: text.into() }]
}

/// A closing bracket that nothing has opened.
fn nothing_to_close(failure: Failure<'_>) -> Option<Diagnostic> {
    if !failure.found.kind().is_closer()
        || failure.error.opener.is_some()
        || !(failure.at_start() || failure.wants(Expected::END))
    {
        return None;
    }
    let message = format!("nothing is open that this `{}` could close", failure.text());
    Some(diagnostic(message, failure.found.span()).fix("remove it", replace(failure.found.span(), "")))
}

/// Words that begin statements inside a body, and items outside.
const STATEMENTS: &[&str] = &["input", "output", "return", "assert", "refine", "for", "shared"];
const ITEMS: &[&str] = &["block", "net", "use"];

/// `outptu y = x`: two names in a row, of which the first is nearly a keyword.
fn misspelt_keyword(failure: Failure<'_>) -> Option<Diagnostic> {
    let (start, second) = (failure.start, failure.start.skip(1));
    let follows = matches!(second.kind(), TokenKind::Name | TokenKind::Path | TokenKind::Str) && !second.next().line_start;
    let item = failure.at_start() && failure.wants(Expected::ITEM);
    let statement = failure.found.index() == second.index() && failure.wants(Expected::END);
    if start.kind() != TokenKind::Name || !follows || !(item || statement) {
        return None;
    }
    let word = start.context.text_of(start.next());
    let near = nearest(word, if item { ITEMS } else { STATEMENTS }.iter().copied())?;
    // `inputs conv(8, 3)` lacks an arrow rather than being a declaration.
    let third = second.skip(1);
    let plausible = match near {
        "input" | "output" => third.next().line_start || matches!(third.kind(), TokenKind::Assign | TokenKind::Colon),
        "for" => third.kind() == TokenKind::In,
        "shared" => third.kind() == TokenKind::Assign,
        _ => true,
    };
    if !plausible {
        return None;
    }
    let found = diagnostic(format!("no statement begins with `{word}`"), start.span());
    Some(found.fix(format!("did you mean `{near}`?"), replace(start.span(), near)))
}

/// `if a = b {`, `assert params = 5`.
fn equals_in_condition(failure: Failure<'_>) -> Option<Diagnostic> {
    let condition =
        failure.wants(Expected::OPEN_BRACE) || (failure.start.kind() == TokenKind::Assert && failure.wants(Expected::END));
    if !condition || failure.found.kind() != TokenKind::Assign {
        return None;
    }
    let message = "`=` binds a name; two values are compared with `==`";
    Some(diagnostic(message, failure.found.span()).fix("write `==`", replace(failure.found.span(), "==")))
}

/// `x.y = …`, `f(x) = …`.
fn unbindable(failure: Failure<'_>) -> Option<Diagnostic> {
    if failure.found.kind() != TokenKind::Assign || !failure.wants(Expected::END) {
        return None;
    }
    let target = failure.start.span_to(failure.found);
    Some(
        diagnostic("only a name can be bound", target).label(failure.found.span(), "bound here").help("bind with `name = value`"),
    )
}

/// `@keep` above an item.
fn misplaced_mark(failure: Failure<'_>) -> Option<Diagnostic> {
    if failure.found.kind() != TokenKind::At || !failure.wants(Expected::ITEM) {
        return None;
    }
    let found = diagnostic("a mark stands above a statement, not above a block or a net", failure.found.span());
    Some(found.help("mark the statement that uses the block"))
}

/// `x -> f(8)(y)`.
fn second_list(failure: Failure<'_>) -> Option<Diagnostic> {
    let after_list = failure.found.previous().is_some_and(|token| token.kind == TokenKind::CloseParen);
    if failure.found.kind() != TokenKind::OpenParen || !after_list || failure.found.next().line_start {
        return None;
    }
    let found = diagnostic("one list too many", failure.found.span());
    Some(found.help("after `->` a call has parameters only; several inputs are piped together: `(a, b) -> join(8)`"))
}

/// `macs(stage3.*.conv2)`.
fn star_in_path(failure: Failure<'_>) -> Option<Diagnostic> {
    if failure.found.kind() != TokenKind::Path || !failure.wants(Expected::VALUE) {
        return None;
    }
    Some(diagnostic("a path with `*` stands only after `refine`", failure.found.span()).help("name one layer or block"))
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
    let sign = found.kind().text();
    let message = format!("`{sign}` binds tighter than `->`, so it cannot follow a pipe");
    let begin =
        if start.kind() == TokenKind::Return { 1 } else { (0..ahead).find(|i| start.kind_at(*i) == TokenKind::Assign)? + 1 };
    let opener = start.skip(begin).span();
    let edits = vec![
        Edit { span: Span { end: opener.start, ..opener }, replacement: "(".to_owned() },
        Edit { span: found.context.span_of(found.previous()?).after(), replacement: ")".to_owned() },
    ];
    Some(diagnostic(message, found.span()).fix("put the pipe in parentheses", edits))
}

/// `x conv(64, 3)`.
fn missing_arrow(failure: Failure<'_>) -> Option<Diagnostic> {
    let next = failure.found.kind_at(1);
    let starts_statement = matches!(next, TokenKind::Assign | TokenKind::Colon | TokenKind::Comma);
    if failure.found.kind() != TokenKind::Name || !failure.wants(Expected::END) || starts_statement {
        return None;
    }
    let found = diagnostic(format!("expected `->` before `{}`", failure.text()), failure.found.span());
    Some(found.fix("let the value flow into it", replace(failure.before(), "-> ")))
}

/// Two statements on one line.
fn missing_end(failure: Failure<'_>) -> Option<Diagnostic> {
    let kind = failure.found.kind();
    let begins = kind == TokenKind::Name || kind == TokenKind::At || kind.is_reserved();
    if !begins || !failure.wants(Expected::END) || matches!(kind, TokenKind::Else | TokenKind::In) {
        return None;
    }
    let place = failure.found.previous().map(|token| failure.found.context.span_of(token).after())?;
    let found = diagnostic(
        format!("expected the end of the line before {}", quoted(failure.found.context, failure.found.next())),
        failure.found.span(),
    );
    Some(found.fix("separate the two with `;`", replace(place, ";")))
}

/// `conv(64 3)`.
fn missing_comma(failure: Failure<'_>) -> Option<Diagnostic> {
    let found = failure.found;
    let value =
        matches!(found.kind(), TokenKind::Name | TokenKind::Number | TokenKind::Str | TokenKind::OpenBracket | TokenKind::Path);
    let previous = found.previous().filter(|_| value && failure.wants(Expected::COMMA))?;
    let place = found.context.span_of(previous).after();
    let message = format!("expected `,` before {}", quoted(found.context, found.next()));
    let diagnostic = diagnostic(message, found.span()).fix("separate the two", replace(place, ","));
    Some(match failure.error.opener {
        Some(opener) => diagnostic.label(found.context.span_of(found.context.tokens[opener]), "inside this bracket"),
        None => diagnostic,
    })
}
