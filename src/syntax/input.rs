//! What the parsers read: a slice of tokens with what they need to know of their surroundings.
//!
//! The input carries whether line ends matter, how deep the nesting is and where errors go; all of it is `Copy`, so that
//! leaving a bracket means going on with the state of the input before it.

use std::cell::{Cell, RefCell};

use super::ast::Comment;
use super::error::SyntaxError;
use super::name::{Name, Names};
use super::sink::Sink;
use super::token::{Token, TokenKind};
use super::tokens::Tokens;
use crate::diagnostic::Diagnostic;
use crate::source::{SourceId, Span};

/// What stays the same while one file is parsed.
#[derive(Debug)]
pub struct Context<'a> {
    /// The file's text.
    pub text: &'a str,
    /// The file.
    pub source: SourceId,
    /// All tokens; the last one is `End`.
    pub tokens: &'a Tokens,
    /// All comments.
    pub comments: &'a [Comment],
    /// Errors that did not stop a parser.
    pub errors: RefCell<Sink>,
    /// The last body whose `}` does not stand under the line that opened it: its braces' tokens.
    pub crooked: Cell<Option<(usize, usize)>>,
    /// The token at which the last failure was reported.
    pub reported_at: Cell<usize>,
    /// Whether a body was begun with `:`, so that an `else` may seem to have no `if`.
    pub suites: Cell<bool>,
    /// Whether something could not be read whose name is not known either.
    pub nameless: Cell<bool>,
    /// How many values stand where nothing uses them.
    pub unused: Cell<usize>,
    /// The names that were read.
    pub names: RefCell<Names>,
}

impl Context<'_> {
    /// Reports something.
    pub fn report(&self, diagnostic: Diagnostic) {
        self.errors.borrow_mut().push(diagnostic);
    }

    /// Whether nothing more is worth reporting.
    pub fn is_full(&self) -> bool {
        self.errors.borrow().is_full()
    }

    /// The name that is this text.
    pub fn name(&self, text: &str) -> Name {
        self.names.borrow_mut().get(text)
    }

    /// The token of an index; `End` behind the last one.
    pub fn token(&self, index: usize) -> Token {
        self.tokens.get(index).or(self.tokens.last()).expect("the lexer ends every file with a token")
    }

    /// The text of a token.
    pub fn text_of(&self, token: Token) -> &str {
        &self.text[token.start as usize..token.end as usize]
    }

    /// The place of a token.
    pub fn span_of(&self, token: Token) -> Span {
        Span { source: self.source, start: token.start, end: token.end }
    }

    /// Whether a line between two tokens starts no further right than the statement: a bracket was forgotten before it.
    pub fn outdents(&self, statement: Token, from: usize, to: usize) -> Option<usize> {
        let column = self.column(statement.start);
        let starts =
            |t: Token| t.line_start && !t.kind.is_closer() && t.kind != TokenKind::Arrow && self.column(t.start) <= column;
        self.tokens.range(from, to).position(starts).map(|index| from + index)
    }

    /// Bytes between the line's start and this offset.
    pub fn column(&self, offset: u32) -> usize {
        let before = &self.text.as_bytes()[..offset as usize];
        before.iter().rev().take_while(|b| **b != b'\n').count()
    }

    /// Bytes of white space at the start of the line that holds this offset.
    pub fn indent(&self, offset: u32) -> usize {
        let start = offset as usize - self.column(offset);
        self.text.as_bytes()[start..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count()
    }
}

/// The tokens that are left, and the state around them.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// Index of the first token that is left.
    pub at: usize,
    /// What stays the same.
    pub context: &'a Context<'a>,
    /// Whether line ends mean nothing, as inside `( )` and `[ ]`.
    pub inline: bool,
    /// How many brackets, bodies and prefix operators are around this place.
    pub depth: u32,
}

impl<'a> Input<'a> {
    /// All tokens of a file.
    pub fn new(context: &'a Context<'a>) -> Self {
        Self { at: 0, context, inline: false, depth: 0 }
    }

    /// The next token; `End` at the end, however often it was taken.
    pub fn next(self) -> Token {
        self.context.token(self.at)
    }

    /// The kind of the next token.
    pub fn kind(self) -> TokenKind {
        self.next().kind
    }

    /// The kind of a token further on.
    pub fn kind_at(self, ahead: usize) -> TokenKind {
        self.context.tokens.get(self.at + ahead).map_or(TokenKind::End, |token| token.kind)
    }

    /// Index of the next token in the file.
    pub fn index(self) -> usize {
        self.at
    }

    /// The input after `count` more tokens, in the same state.
    pub fn skip(self, count: usize) -> Self {
        self.at(self.at + count)
    }

    /// The input at a token's index, in the same state.
    pub fn at(self, index: usize) -> Self {
        Self { at: index.min(self.context.tokens.len()), ..self }
    }

    /// The token before this place.
    pub fn previous(self) -> Option<Token> {
        self.at.checked_sub(1).map(|index| self.context.token(index))
    }

    /// Whether the next token goes on with the statement at hand: line ends do not matter or none comes first.
    pub fn continues(self) -> bool {
        self.inline || !self.next().line_start
    }

    /// The place of the next token.
    pub fn span(self) -> Span {
        self.context.span_of(self.next())
    }

    /// From the start of `self` to the last token before `rest`.
    pub fn span_to(self, rest: Self) -> Span {
        let start = self.span();
        rest.previous().map_or(start, |last| Span { end: last.end.max(start.start), ..start })
    }

    /// The text of the next token.
    pub fn text(self) -> &'a str {
        self.context.text_of(self.next())
    }

    /// The text from here to the last token before `rest`.
    pub fn text_to(self, rest: Self) -> &'a str {
        let span = self.span_to(rest);
        &self.context.text[span.start as usize..span.end as usize]
    }

    /// The same place with the state of another input.
    pub fn with_state_of(self, other: Self) -> Self {
        Self { inline: other.inline, depth: other.depth, ..self }
    }
}

/// What every parser returns.
pub type Parsed<'a, T> = nom::IResult<Input<'a>, T, SyntaxError>;
