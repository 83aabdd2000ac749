//! Text to tokens.
//!
//! In: the text of one file. Out: its tokens, ending in one of kind `End`, its comments, and diagnostics for what is no
//! token. Where a sign of another language is clear in what it means (`&&`, `→`, `'text'`), the token that was meant is
//! made as well, so that the parser goes on undisturbed. Never fails and never looks at what tokens mean together.

mod stray;

use std::cell::Cell;

use super::ast::Comment;
use super::number;
use super::sink::Sink;
use super::token::{Token, TokenKind};
use super::tokens::Tokens;
use crate::source::{SourceId, Span};

/// What the lexer makes of one file.
#[derive(Debug)]
pub struct Lexed {
    /// The tokens; the last one is `End`.
    pub tokens: Tokens,
    /// The comments.
    pub comments: Vec<Comment>,
    /// What was no token.
    pub errors: Sink,
    /// Where the text was left, which has more tokens than are read.
    pub overfull: Option<Span>,
}

/// The most tokens of one file: with its part of the tree, each takes up to a hundred bytes.
pub const MAX_TOKENS: usize = 1 << 22;

/// Cuts a text into tokens.
#[must_use]
pub fn lex(text: &str, source: SourceId) -> Lexed {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        source,
        at: if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 },
        line_start: true,
        after_stray: false,
        line_end: Cell::new(None),
        out: Lexed {
            tokens: Tokens::with_capacity(text.len() / 4),
            comments: Vec::new(),
            errors: Sink::default(),
            overfull: None,
        },
    };
    while lexer.out.tokens.len() < MAX_TOKENS && lexer.step() {}
    if lexer.at < text.len() && lexer.out.tokens.len() >= MAX_TOKENS {
        lexer.out.overfull = Some(lexer.span(lexer.at, lexer.at));
    }
    lexer.line_start = true;
    lexer.push(TokenKind::End, text.len());
    lexer.out
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    source: SourceId,
    at: usize,
    line_start: bool,
    after_stray: bool,
    /// Where the line ends that was asked for last: a line may have an error at every byte.
    line_end: Cell<Option<usize>>,
    out: Lexed,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span { source: self.source, start: start as u32, end: end as u32 }
    }

    /// Makes a token of everything up to `end` and goes on there.
    fn push(&mut self, kind: TokenKind, end: usize) {
        self.out.tokens.push(Token {
            kind,
            line_start: self.line_start,
            after_stray: self.after_stray,
            start: self.at as u32,
            end: end as u32,
        });
        self.at = end;
        self.line_start = false;
        self.after_stray = false;
    }

    /// Reads one token, comment, line end or stray; false at the end of the text.
    fn step(&mut self) -> bool {
        let Some(&byte) = self.bytes.get(self.at) else { return false };
        match byte {
            b' ' | b'\t' | b'\r' => self.at += 1,
            b'\n' => {
                self.line_start = true;
                self.at += 1;
            }
            b'#' => self.comment(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            b'`' => self.quoted(),
            b'0'..=b'9' => self.number(),
            b'"' => self.string(),
            _ => self.sign(byte),
        }
        true
    }

    fn comment(&mut self) {
        let rest = &self.bytes[self.at..];
        let mut end = self.at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
        while self.bytes[end - 1] == b'\r' {
            end -= 1;
        }
        self.out.comments.push(Comment { span: self.span(self.at, end), trailing: self.follows_code() });
        self.at = end;
    }

    /// Whether something other than white space stands before this place on its line.
    fn follows_code(&self) -> bool {
        !self.line_start && !self.out.tokens.is_empty()
    }

    fn word(&mut self) {
        let end = self.word_end(self.at);
        if end < self.bytes.len() && self.bytes[end] >= 0x80 && stray::is_letter(self.text, end) {
            return self.foreign_word();
        }
        if self.path(end) {
            return;
        }
        let kind = TokenKind::reserved(&self.text[self.at..end]).unwrap_or(TokenKind::Name);
        self.push(kind, end);
        if kind == TokenKind::Refine {
            self.pattern();
        }
    }

    /// A name in backquotes, or a path that begins with one.
    fn quoted(&mut self) {
        match self.quoted_end(self.at) {
            Some(end) => {
                let from = self.at;
                if !self.path(end) {
                    self.push(TokenKind::Name, end);
                }
                self.unfit_for_names(from, self.at);
            }
            None => self.broken_quotes(),
        }
    }

    /// Makes a path of the word up to `end` and the segments that follow it; false where none does.
    fn path(&mut self, end: usize) -> bool {
        let path_end = self.path_end(end);
        if path_end > end {
            self.push(TokenKind::Path, path_end);
        }
        self.at == path_end && path_end > end
    }

    /// The end of a name in backquotes that begins at `from`; `None` where it is empty or not closed on its line.
    fn quoted_end(&self, from: usize) -> Option<usize> {
        let inside = self.bytes[from + 1..].iter().take_while(|b| !matches!(b, b'`' | b'\n' | b'\r')).count();
        let close = from + 1 + inside;
        (inside > 0 && self.bytes.get(close) == Some(&b'`')).then_some(close + 1)
    }

    fn word_end(&self, from: usize) -> usize {
        from + self.bytes[from..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count()
    }

    /// The end of the `.segment`s that follow a word directly; `..` is no segment.
    fn path_end(&self, mut end: usize) -> usize {
        while self.bytes.get(end) == Some(&b'.') {
            let segment = match self.bytes.get(end + 1) {
                Some(b'`') => self.quoted_end(end + 1).map_or(0, |close| close - end - 1),
                _ => self.bytes[end + 1..].iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'*')).count(),
            };
            if segment == 0 {
                break;
            }
            end += 1 + segment;
        }
        end
    }

    /// After `refine`, a run of letters, digits, dots and stars is one path pattern.
    fn pattern(&mut self) {
        while matches!(self.peek(0), b' ' | b'\t') {
            self.at += 1;
        }
        let mut end = self.at;
        loop {
            match self.bytes.get(end) {
                Some(b) if b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'*') => end += 1,
                Some(b'`') => match self.quoted_end(end) {
                    Some(close) => end = close,
                    None => break,
                },
                Some(_) | None => break,
            }
        }
        if end > self.at {
            self.push(TokenKind::Pattern, end);
        }
    }

    fn number(&mut self) {
        let end = self.number_end();
        let text = &self.text[self.at..end];
        if let Err(error) = number::read(text) {
            let found = stray::number_error(text, &error, self.span(self.at, end));
            self.out.errors.push(found);
        }
        self.push(TokenKind::Number, end);
    }

    /// All that was meant as one number: letters, digits, points that are no range, and the sign of an exponent.
    fn number_end(&self) -> usize {
        let mut end = self.at;
        loop {
            let byte = self.bytes.get(end).copied().unwrap_or(0);
            let next = self.bytes.get(end + 1).copied().unwrap_or(0);
            let goes_on = byte.is_ascii_alphanumeric()
                || byte == b'_'
                || (byte == b'.' && next != b'.')
                || (matches!(byte, b'+' | b'-') && next.is_ascii_digit() && self.ends_in_exponent(end));
            if !goes_on {
                return end;
            }
            end += 1;
        }
    }

    /// Whether the text up to `end` is digits with an `e` at the end, as before an exponent's sign.
    fn ends_in_exponent(&self, end: usize) -> bool {
        let text = &self.text[self.at..end];
        text.strip_suffix(['e', 'E'])
            .is_some_and(|head| !head.is_empty() && head.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'_' | b'.')))
    }

    fn string(&mut self) {
        let mut end = self.at + 1;
        loop {
            match self.bytes.get(end) {
                Some(b'"') => return self.push(TokenKind::Str, end + 1),
                Some(b'\\') => {
                    self.check_escape(end);
                    end +=
                        1 + self.text[end + 1..].chars().next().filter(|c| !matches!(c, '\n' | '\r')).map_or(0, char::len_utf8);
                }
                Some(b'\n') | None => return self.unterminated_string(),
                Some(_) => end += 1,
            }
        }
    }

    fn sign(&mut self, byte: u8) {
        let (kind, length) = match (byte, self.peek(1)) {
            (b'-', b'>') => (TokenKind::Arrow, 2),
            (b'=', b'=') => (TokenKind::Eq, 2),
            (b'!', b'=') => (TokenKind::Ne, 2),
            (b'<', b'=') => (TokenKind::Le, 2),
            (b'>', b'=') => (TokenKind::Ge, 2),
            (b'.', b'.') => (TokenKind::DotDot, 2),
            (b'/', b'/') => (TokenKind::SlashSlash, 2),
            (b'*', b'*') => (TokenKind::StarStar, 2),
            (b'=', b'>') | (b'+' | b'-' | b'*' | b'/' | b'%' | b':', b'=') => return self.stray(),
            (b'-', _) => (TokenKind::Minus, 1),
            (b'=', _) => (TokenKind::Assign, 1),
            (b'<', _) => (TokenKind::Lt, 1),
            (b'>', _) => (TokenKind::Gt, 1),
            (b'/', _) => (TokenKind::Slash, 1),
            (b'+', _) => (TokenKind::Plus, 1),
            (b'*', _) => (TokenKind::Star, 1),
            (b'%', _) => (TokenKind::Percent, 1),
            (b'@', _) => (TokenKind::At, 1),
            (b'(', _) => (TokenKind::OpenParen, 1),
            (b')', _) => (TokenKind::CloseParen, 1),
            (b'[', _) => (TokenKind::OpenBracket, 1),
            (b']', _) => (TokenKind::CloseBracket, 1),
            (b'{', _) => (TokenKind::OpenBrace, 1),
            (b'}', _) => (TokenKind::CloseBrace, 1),
            (b',', _) => (TokenKind::Comma, 1),
            (b':', _) => (TokenKind::Colon, 1),
            (b';', _) => (TokenKind::Semicolon, 1),
            _ => return self.stray(),
        };
        self.push(kind, self.at + length);
    }
}
