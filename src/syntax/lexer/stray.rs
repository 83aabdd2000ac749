//! What is no token of the language: report it, and make the token that was meant where that is clear.

use super::Lexer;
use crate::code::Code;
use crate::diagnostic::Applicability::{self, Safe, Unsafe};
use crate::diagnostic::{Diagnostic, Edit};
use crate::source::Span;
use crate::syntax::lookalike;
use crate::syntax::number::NumberError;
use crate::syntax::token::TokenKind;
use crate::units;

/// Whether a letter or mark that a person would count to a word starts at this byte offset.
pub(super) fn is_letter(text: &str, at: usize) -> bool {
    text[at..].chars().next().is_some_and(char::is_alphanumeric)
}

/// A sign of another language: its text, the token that was meant, and what the language writes instead.
struct Foreign {
    text: &'static str,
    kind: TokenKind,
    ours: &'static str,
    message: &'static str,
}

const fn foreign(text: &'static str, kind: TokenKind, ours: &'static str, message: &'static str) -> Foreign {
    Foreign { text, kind, ours, message }
}

/// Longer texts before their beginnings.
const FOREIGN: &[Foreign] = &[
    foreign("&&", TokenKind::And, "and", "`&&` is written `and`"),
    foreign("||", TokenKind::Or, "or", "`||` is written `or`"),
    foreign("|>", TokenKind::Arrow, "->", "data flows through `->`"),
    foreign(":=", TokenKind::Assign, "=", "names are bound with `=`"),
    foreign("!", TokenKind::Not, "not ", "`!` is written `not`"),
];

impl<'a> Lexer<'a> {
    /// Reports what stands here and goes on after it.
    pub(super) fn stray(&mut self) {
        let rest = &self.text[self.at..];
        if let Some(sign) = FOREIGN.iter().find(|sign| rest.starts_with(sign.text)) {
            return self.foreign_sign(sign);
        }
        if rest.starts_with("=>") {
            return self.fat_arrow();
        }
        let c = rest.chars().next().expect("the caller saw a byte here");
        match c {
            '\'' => self.single_quoted(),
            '+' | '-' | '*' | '/' | '%' => self.compound_assignment(),
            '.' => self.dot(),
            '\\' => self.backslash(),
            '“' | '”' | '„' | '‘' | '’' => self.curly_string(),
            _ if c.is_alphabetic() => self.foreign_word(),
            _ => self.character(c),
        }
    }

    /// Reports the text up to `end`, and what is written instead. Whatever the parser makes of the token is only an echo.
    fn report(&mut self, end: usize, message: impl Into<String>, instead: Option<(Applicability, &str)>) {
        self.after_stray = true;
        let span = self.span(self.at, end);
        let found = Diagnostic::error(Code::StrayCharacter, message, span, "");
        self.out.errors.push(match instead {
            Some((applicability, text)) => {
                found.fix(applicability, advice(text), vec![Edit::replace(span, self.apart(text, end))])
            }
            None => found,
        });
    }

    /// A word in place of a sign, as in `a&&b`, stands apart from its neighbours.
    fn apart(&self, text: &str, end: usize) -> String {
        let is_word = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_' || !b.is_ascii());
        let (first, last) = (text.as_bytes().first(), text.as_bytes().last());
        let touches = (
            self.at > 0 && is_word(first) && is_word(self.bytes.get(self.at - 1)),
            is_word(last) && is_word(self.bytes.get(end)),
        );
        format!("{}{text}{}", if touches.0 { " " } else { "" }, if touches.1 { " " } else { "" })
    }

    /// Drops everything up to `end`.
    fn skip(&mut self, end: usize) {
        self.at = end;
        self.after_stray = true;
    }

    fn foreign_sign(&mut self, sign: &Foreign) {
        let end = self.at + sign.text.len();
        self.report(end, sign.message, Some((Safe, sign.ours)));
        self.push(sign.kind, end);
    }

    /// `=>`: an arrow of other languages, or `>=` in a condition or before a number.
    fn fat_arrow(&mut self) {
        let end = self.at + 2;
        let line = self.text[..self.at].rfind('\n').map_or(0, |at| at + 1);
        let mut words = self.text[line..self.at].split(|c: char| !c.is_alphanumeric() && c != '_');
        let is_condition = words.any(|word| matches!(word, "assert" | "if"));
        if is_condition || self.text[end..].trim_start().starts_with(|c: char| c.is_ascii_digit()) {
            self.report(end, "at least is written `>=`", Some((Unsafe, ">=")));
            self.push(TokenKind::Ge, end);
        } else {
            self.report(end, "data flows through `->`", Some((Safe, "->")));
            self.push(TokenKind::Arrow, end);
        }
    }

    /// `'text'`, if it is closed on its line.
    fn single_quoted(&mut self) {
        let line = self.line_rest();
        let Some(close) = line[1..].find(['\'', '"']).filter(|i| line[1 + i..].starts_with('\'')) else {
            return self.character('\'');
        };
        let end = self.at + close + 2;
        let text = format!("\"{}\"", &line[1..=close]);
        self.report(end, "strings stand in double quotes", Some((Safe, &text)));
        self.push(TokenKind::Str, end);
    }

    /// `“text”`, as word processors write it.
    fn curly_string(&mut self) {
        let line = self.line_rest();
        let mut quotes = line.char_indices().filter(|(_, c)| matches!(c, '“' | '”' | '„' | '‘' | '’' | '"'));
        let (first, second) = (quotes.next(), quotes.next());
        let (Some((_, open)), Some((close, quote))) = (first, second) else {
            let c = line.chars().next().expect("the caller saw a quote here");
            return self.character(c);
        };
        let end = self.at + close + quote.len_utf8();
        let text = format!("\"{}\"", &line[open.len_utf8()..close]);
        self.report(end, "strings stand in straight double quotes", Some((Safe, &text)));
        self.push(TokenKind::Str, end);
    }

    /// `x += y`: the name is written twice instead.
    fn compound_assignment(&mut self) {
        let end = self.at + 2;
        let operator = &self.text[self.at..=self.at];
        let target = self.out.tokens.last().filter(|t| t.kind == TokenKind::Name && !self.line_start);
        let text = target.map(|t| format!("= {} {operator}", &self.text[t.start as usize..t.end as usize]));
        // The right side may bind less tightly than the operator.
        self.report(end, format!("there is no `{operator}=`"), text.as_deref().map(|text| (Unsafe, text)));
        self.push(TokenKind::Assign, end);
    }

    /// Reports what a name in backquotes cannot hold: characters that are not seen, with which it would be another name than
    /// the one that is read, and the star, which in a path stands for others.
    pub(super) fn unfit_for_names(&mut self, from: usize, to: usize) {
        let mut is_inside = false;
        for (at, c) in self.text[from..to].char_indices() {
            is_inside ^= c == '`';
            let message = match c {
                '*' if is_inside => "a name has no `*`, which stands for other characters in a path".to_owned(),
                c if is_unseen(c) => format!("{} in a name cannot be seen", name(c)),
                _ => continue,
            };
            let span = self.span(from + at, from + at + c.len_utf8());
            let found = Diagnostic::error(Code::StrayCharacter, message, span, "");
            self.out.errors.push(found.fix(Unsafe, "leave it out", vec![Edit::replace(span, "")]));
        }
    }

    /// Backquotes with nothing between, or one that is not closed on its line. The token covers what can have been meant.
    pub(super) fn broken_quotes(&mut self) {
        let line = self.line_rest();
        let empty = line[1..].starts_with('`');
        let word = line[1..].find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '/'))).unwrap_or(line.len() - 1);
        let end = self.at + 1 + if empty { 1 } else { word };
        let span = self.span(self.at, end);
        let found = if empty {
            Diagnostic::error(Code::StrayCharacter, "there is no name between these backquotes", span, "")
        } else if word == 0 {
            Diagnostic::error(Code::StrayCharacter, "this backquote is not closed on its line", span, "")
                .help("names that are no identifiers stand between two backquotes")
        } else {
            Diagnostic::error(Code::StrayCharacter, "this backquote is not closed on its line", span, "opened here").fix(
                Unsafe,
                "close it",
                vec![Edit::after(span, "`")],
            )
        };
        self.out.errors.push(found);
        if empty || word > 0 {
            self.push(TokenKind::Name, end);
        } else {
            self.skip(end);
        }
    }

    /// A lone dot: `.5`, or a method call after a bracket.
    fn dot(&mut self) {
        if self.peek(1) == b'`' && self.quoted_end(self.at + 1).is_none() {
            // What is wrong stands behind it.
            return self.skip(self.at + 1);
        }
        if self.peek(1).is_ascii_digit() {
            return self.number();
        }
        let after_bracket = self.out.tokens.last().is_some_and(|t| t.kind.is_closer() && t.end as usize == self.at);
        if after_bracket && (self.peek(1).is_ascii_alphabetic() || self.peek(1) == b'_') {
            self.report(self.at + 1, "there are no methods: data flows through `->`", Some((Unsafe, " -> ")));
            return self.push(TokenKind::Arrow, self.at + 1);
        }
        self.report(self.at + 1, "a `.` stands here without a name before it", None);
        self.skip(self.at + 1);
    }

    /// A `\` at a line's end, as Python joins lines.
    fn backslash(&mut self) {
        let line = self.line_rest();
        if !line[1..].trim().is_empty() {
            return self.character('\\');
        }
        let end = self.at + line.trim_end().len();
        let span = self.span(self.at, end);
        let found = Diagnostic::error(Code::StrayCharacter, "a `\\` does not join lines", span, "")
            .help("break a line before `->`, after an operator, or inside brackets")
            .fix(Unsafe, advice(""), vec![Edit::replace(span, "")]);
        self.out.errors.push(found);
        self.skip(self.at + line.len());
    }

    /// A word with letters outside ASCII.
    pub(super) fn foreign_word(&mut self) {
        let rest = &self.text[self.at..];
        let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let end = self.at + length;
        let word = &rest[..length];
        let ascii = word
            .chars()
            .try_fold(String::new(), |mut text, c| {
                if c.is_ascii() {
                    text.push(c);
                } else {
                    text.push_str(lookalike::ascii(c)?);
                }
                Some(text)
            })
            .filter(|text| text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'));
        let message = match &ascii {
            Some(text) => format!("`{word}` holds letters that only look like the ones of `{text}`"),
            None => format!("names are made of the letters a to z, digits and `_`, which `{word}` is not"),
        };
        let in_quotes = format!("`{word}`");
        self.report(end, message, Some(ascii.as_deref().map_or((Unsafe, in_quotes.as_str()), |text| (Safe, text))));
        let kind = ascii.as_deref().and_then(TokenKind::reserved).unwrap_or(TokenKind::Name);
        self.push(kind, end);
    }

    /// One character, or a run of the same one.
    fn character(&mut self, c: char) {
        let run = self.text[self.at..].chars().take_while(|next| *next == c).count();
        let one = c.len_utf8();
        let meant = lookalike::ascii(c);
        if meant == Some(" ") || is_unseen(c) {
            let end = self.at + run * one;
            self.report(end, format!("{} is not white space of the language", name(c)), Some((Safe, meant.unwrap_or(""))));
            self.at = end;
            return;
        }
        if let Some(text) = meant {
            self.report(self.at + one, format!("{} is not `{text}`, though it looks like it", name(c)), Some((Safe, text)));
            return match kind_of(text) {
                Some(kind) => self.push(kind, self.at + one),
                None => self.skip(self.at + one),
            };
        }
        let end = self.at + run * one;
        self.report(end, format!("{} has no meaning here", name(c)), None);
        self.skip(end);
    }

    fn line_rest(&self) -> &'a str {
        // Places are only left forwards, so that the end of the line behind this place holds until it is passed.
        let known = self.line_end.get().filter(|end| *end >= self.at);
        let end = known.unwrap_or_else(|| self.text[self.at..].find('\n').map_or(self.text.len(), |length| self.at + length));
        self.line_end.set(Some(end));
        &self.text[self.at..end]
    }

    /// A `\` in a string must be followed by `"`, `\`, `n` or `t`.
    pub(super) fn check_escape(&mut self, at: usize) {
        let next = self.text[at + 1..].chars().next();
        if matches!(next, Some('"' | '\\' | 'n' | 't') | None) || next.is_some_and(|c| matches!(c, '\n' | '\r')) {
            return;
        }
        let span = self.span(at, at + 1);
        let found = Diagnostic::error(Code::StrayCharacter, "a `\\` in a string stands before `\"`, `\\`, `n` or `t`", span, "")
            .fix(Unsafe, "write `\\\\` for a backslash", vec![Edit::replace(span, "\\\\")]);
        self.out.errors.push(found);
    }

    /// No quote up to the line's end: the token covers what can have been meant.
    pub(super) fn unterminated_string(&mut self) {
        let line = self.line_rest();
        let word =
            line[1..].find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))).unwrap_or(line.len() - 1);
        let end = self.at + 1 + word;
        let span = self.span(self.at, end);
        let found = Diagnostic::error(Code::UnterminatedString, "this string has no closing quote", span, "opened here").fix(
            Unsafe,
            "close it",
            vec![Edit::after(span, "\"")],
        );
        self.out.errors.push(found);
        self.push(TokenKind::Str, end);
    }
}

fn advice(replacement: &str) -> String {
    match replacement.trim() {
        "" if replacement.is_empty() => "remove it".into(),
        "" => "write a space".into(),
        text if text.starts_with('`') => "other names stand in backquotes".into(),
        text => format!("write `{text}`"),
    }
}

/// Whether a character takes no place where it is shown, or changes how others are.
fn is_unseen(c: char) -> bool {
    c.is_control() || lookalike::ascii(c) == Some("")
}

/// How a character is called in a message.
fn name(c: char) -> String {
    if c.is_control() || lookalike::ascii(c).is_some_and(|text| text.trim().is_empty()) {
        format!("the character U+{:04X}", u32::from(c))
    } else {
        format!("`{c}`")
    }
}

/// The token that a short ASCII text is on its own.
fn kind_of(text: &str) -> Option<TokenKind> {
    TokenKind::ALL.iter().copied().find(|kind| kind.text() == text)
}

/// What is wrong with a number, with a fix where one is certain.
pub(super) fn number_error(text: &str, error: &NumberError, span: Span) -> Diagnostic {
    let clean: String = text.chars().filter(|c| *c != '_').collect();
    let (message, instead) = match error {
        NumberError::IntTooLarge => ("an integer must be below 2^63".to_owned(), None),
        NumberError::FloatTooLarge => ("this number is too large for a float".to_owned(), None),
        NumberError::Underscore => ("an underscore in a number stands between two digits".to_owned(), Some(clean)),
        NumberError::NoFraction => {
            ("digits are missing after the point".to_owned(), text.strip_suffix('.').map(|t| format!("{t}.0")))
        }
        NumberError::NoWhole => ("a digit is missing before the point".to_owned(), Some(format!("0{text}"))),
        NumberError::NoExponent => ("digits are missing in the exponent".to_owned(), None),
        NumberError::Radix => ("numbers are written in decimal".to_owned(), decimal(&clean)),
        NumberError::Suffix(suffix) => (format!("`{suffix}` is not a unit"), known_suffix(text, suffix)),
        NumberError::TwoPoints => ("a number has one point at most".to_owned(), None),
    };
    let mut found = Diagnostic::error(Code::MalformedNumber, message, span, "");
    // What a word in other letters means is a guess.
    let mut applicability = Safe;
    if matches!(error, NumberError::Suffix(_)) {
        found = found.help(format!("units are {}", units::KNOWN));
        applicability = Unsafe;
    }
    let instead = instead.filter(|text| super::number::read(text).is_ok()).map(|text| (applicability, text));
    match instead.or_else(|| Some((Safe, kernel(text)?))) {
        Some((applicability, text)) => found.fix(applicability, format!("write `{text}`"), vec![Edit::replace(span, text)]),
        None => found,
    }
}

/// `3x3`, as papers write a kernel's size.
fn kernel(text: &str) -> Option<String> {
    let (height, width) = text.split_once('x')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (is_number(height) && is_number(width) && height != "0").then(|| format!("[{height}, {width}]"))
}

fn decimal(text: &str) -> Option<String> {
    let radix = match text.get(1..2)? {
        "x" | "X" => 16,
        "b" | "B" => 2,
        "o" | "O" => 8,
        _ => return None,
    };
    i64::from_str_radix(&text[2..], radix).ok().map(|value| value.to_string())
}

/// The unit that a suffix in another spelling means.
fn known_suffix(text: &str, suffix: &str) -> Option<String> {
    let unit = match (suffix.to_ascii_lowercase().as_str(), units::alike(suffix)) {
        (_, Some(unit)) => unit.word,
        // Billions, as papers have them.
        ("b", None) => "G",
        ("f" | "l", None) => "",
        (_, None) => return None,
    };
    Some(format!("{}{unit}", text.strip_suffix(suffix)?))
}
