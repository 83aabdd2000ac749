//! The text format of protocol buffers, without a schema.
//!
//! In: the text. Out: fields in their order, with places: `name: value`, `name { … }`, `name: [ … ]`. Depth and number of fields
//! are bounded.

use std::cell::Cell;
use std::ops::Range;

use super::super::listed::Problem;

/// Messages within messages; real files have four.
const DEEPEST: usize = 32;
/// Fields of a file.
const MOST_FIELDS: usize = 1 << 18;

/// The fields between two braces.
#[derive(Debug, Default)]
pub(super) struct Message {
    pub fields: Vec<Field>,
}

/// A field with its place.
#[derive(Debug)]
pub(super) struct Field {
    pub name: String,
    pub value: Value,
    pub at: Range<usize>,
    /// Whether somebody asked for it.
    pub read: Cell<bool>,
}

/// What a field is.
#[derive(Debug)]
pub(super) enum Value {
    /// A number, or a word.
    Word(String),
    /// A text in quotes.
    Text(String),
    Message(Message),
}

/// Reads a file.
pub(super) fn parse(text: &str) -> Result<Message, Problem> {
    let mark = '\u{feff}';
    let at = if text.starts_with(mark) { mark.len_utf8() } else { 0 };
    let mut parser = Parser { text, at, fields: 0 };
    parser.message(None, 0)
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    fields: usize,
}

/// What ends a bracket.
fn closing(open: u8) -> u8 {
    match open {
        b'{' => b'}',
        b'<' => b'>',
        other => other,
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'+')
}

impl Parser<'_> {
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                Some(b'#') => {
                    let rest = &bytes[self.at..];
                    self.at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
                }
                other => return other.copied(),
            }
        }
    }

    /// The place of what stands next.
    fn here(&self) -> Range<usize> {
        let length = self.text[self.at..].chars().next().map_or(0, char::len_utf8);
        self.at..self.at + length
    }

    fn unexpected(&self, wanted: &str) -> Problem {
        let found = self.text[self.at..].chars().next();
        let found = found.map_or_else(|| "the end of the file".to_owned(), |c| format!("`{}`", c.escape_debug()));
        Problem::malformed(&self.here(), format!("{wanted} was expected here, not {found}"))
    }

    fn message(&mut self, open: Option<(u8, &Range<usize>)>, depth: usize) -> Result<Message, Problem> {
        let mut message = Message::default();
        loop {
            match (self.peek(), open) {
                (None, None) => return Ok(message),
                (None, Some((_, at))) => return Err(Problem::malformed(at, "this bracket is never closed")),
                (Some(byte), Some((open, _))) if byte == closing(open) => {
                    self.at += 1;
                    return Ok(message);
                }
                (Some(b',' | b';'), _) => self.at += 1,
                (Some(byte), _) if is_word(byte) => self.field(&mut message, depth)?,
                (Some(_), _) => return Err(self.unexpected("the name of a field")),
            }
        }
    }

    fn word(&mut self) -> Range<usize> {
        let rest = &self.text.as_bytes()[self.at..];
        let length = rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len());
        let at = self.at..self.at + length;
        self.at = at.end;
        at
    }

    fn field(&mut self, message: &mut Message, depth: usize) -> Result<(), Problem> {
        let at = self.word();
        let name = self.text[at.clone()].to_owned();
        let has_colon = self.peek() == Some(b':');
        if has_colon {
            self.at += 1;
        }
        match self.peek() {
            Some(b'[') if has_colon => {
                let open = self.here();
                self.at += 1;
                loop {
                    match self.peek() {
                        Some(b']') => {
                            self.at += 1;
                            return Ok(());
                        }
                        Some(b',') => self.at += 1,
                        Some(_) => self.value(message, (&name, at.start), depth)?,
                        None => return Err(Problem::malformed(&open, "this bracket is never closed")),
                    }
                }
            }
            Some(b'{' | b'<') => self.value(message, (&name, at.start), depth),
            Some(_) if has_colon => self.value(message, (&name, at.start), depth),
            _ => Err(self.unexpected("`:` or `{`")),
        }
    }

    fn value(&mut self, message: &mut Message, (name, start): (&str, usize), depth: usize) -> Result<(), Problem> {
        let place = self.here();
        let value = match self.peek() {
            Some(open @ (b'{' | b'<')) => {
                if depth >= DEEPEST {
                    return Err(Problem::malformed(&place, format!("messages stand within messages more than {DEEPEST} deep")));
                }
                self.at += 1;
                Value::Message(self.message(Some((open, &place)), depth + 1)?)
            }
            Some(b'"' | b'\'') => Value::Text(self.texts()?),
            Some(byte) if is_word(byte) => {
                let word = self.word();
                Value::Word(self.text[word].to_owned())
            }
            _ => return Err(self.unexpected("a value")),
        };
        self.fields += 1;
        let end = if let Value::Message(_) = value { start + name.len() } else { self.at };
        if self.fields > MOST_FIELDS {
            return Err(Problem::malformed(&(start..end), format!("there are more than {MOST_FIELDS} fields")));
        }
        message.fields.push(Field { name: name.to_owned(), value, at: start..end, read: Cell::new(false) });
        Ok(())
    }

    /// Texts that follow one another are one.
    fn texts(&mut self) -> Result<String, Problem> {
        let (mut whole, mut end) = (String::new(), self.at);
        while let Some(quote @ (b'"' | b'\'')) = self.peek() {
            let open = self.here();
            self.at += 1;
            let mut chars = self.text[self.at..].char_indices();
            loop {
                match chars.next() {
                    Some((at, c)) if c == char::from(quote) => {
                        self.at += at + 1;
                        end = self.at;
                        break;
                    }
                    // Names need no escapes but these.
                    Some((_, '\\')) => whole.extend(chars.next().map(|(_, c)| c)),
                    None | Some((_, '\n')) => return Err(Problem::malformed(&open, "this text has no closing quote")),
                    Some((_, c)) => whole.push(c),
                }
            }
        }
        // What stands between it and what follows is no part of it.
        self.at = end;
        Ok(whole)
    }
}

impl Field {
    /// The text of a word or of what stands in quotes.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Word(text) | Value::Text(text) => Some(text),
            Value::Message(_) => None,
        }
    }

    fn wrong(&self, wanted: &str) -> Problem {
        let found = self.text().map_or_else(|| "a message".to_owned(), |text| format!("`{text}`"));
        Problem::malformed(&self.at, format!("`{}` is {wanted}, not {found}", self.name))
    }

    fn integer(&self, least: i64) -> Result<i64, Problem> {
        let value = self.text().and_then(|text| text.parse().ok()).filter(|value| (least..1 << 31).contains(value));
        value.ok_or_else(|| self.wrong(&format!("an integer from {least} to 2147483647")))
    }
}

impl Message {
    /// All fields of a name.
    pub(super) fn all<'m>(&'m self, name: &str) -> impl Iterator<Item = &'m Field> {
        self.fields.iter().filter(move |field| field.name == name).inspect(|field| field.read.set(true))
    }

    /// The field of a name; of several the last one.
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.all(name).last()
    }

    /// A message in this one.
    pub(super) fn message(&self, name: &str) -> Option<&Self> {
        self.messages(name).last()
    }

    /// All messages of a name.
    pub(super) fn messages<'m>(&'m self, name: &str) -> impl Iterator<Item = &'m Self> {
        self.all(name).filter_map(|field| match &field.value {
            Value::Message(message) => Some(message),
            Value::Word(_) | Value::Text(_) => None,
        })
    }

    /// The texts of all fields of a name.
    pub(super) fn texts<'m>(&'m self, name: &str) -> impl Iterator<Item = &'m str> {
        self.all(name).filter_map(Field::text)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.field(name).and_then(Field::text)
    }

    /// An integer of at least `least`.
    pub(super) fn integer(&self, name: &str, default: i64, least: i64) -> Result<i64, Problem> {
        self.field(name).map_or(Ok(default), |field| field.integer(least))
    }

    /// A number that is not negative, or is not 0 where `least` says so.
    pub(super) fn count(&self, name: &str, default: u64, least: i64) -> Result<u64, Problem> {
        self.field(name).map_or(Ok(default), |field| field.integer(least).map(i64::unsigned_abs))
    }

    /// All integers of a name.
    pub(super) fn integers(&self, name: &str, least: i64) -> Result<Vec<i64>, Problem> {
        self.all(name).map(|field| field.integer(least)).collect()
    }

    pub(super) fn number(&self, name: &str, default: f64) -> Result<f64, Problem> {
        let Some(field) = self.field(name) else { return Ok(default) };
        let text = field.text().unwrap_or_default();
        let value = text.trim_end_matches(['f', 'F']).parse().ok().filter(|value: &f64| value.is_finite());
        value.ok_or_else(|| field.wrong("a number"))
    }

    pub(super) fn numbers(&self, name: &str) -> Result<Vec<f64>, Problem> {
        let number = |field: &Field| field.text().and_then(|text| text.parse().ok()).filter(|value: &f64| value.is_finite());
        self.all(name).map(|field| number(field).ok_or_else(|| field.wrong("a number"))).collect()
    }

    pub(super) fn flag(&self, name: &str, default: bool) -> Result<bool, Problem> {
        let Some(field) = self.field(name) else { return Ok(default) };
        match field.text() {
            Some("true" | "True" | "t" | "1") => Ok(true),
            Some("false" | "False" | "f" | "0") => Ok(false),
            Some(_) | None => Err(field.wrong("`true` or `false`")),
        }
    }

    /// Takes everything in it as read.
    pub(super) fn pass_over(&self) {
        for field in &self.fields {
            field.read.set(true);
            if let Value::Message(message) = &field.value {
                message.pass_over();
            }
        }
    }

    /// Names of fields that nobody asked for, those of messages that somebody asked for included.
    pub(super) fn unread<'m>(&'m self, found: &mut Vec<&'m str>) {
        for field in &self.fields {
            match &field.value {
                Value::Message(message) if field.read.get() => message.unread(found),
                Value::Message(_) | Value::Word(_) | Value::Text(_) if !field.read.get() => found.push(&field.name),
                Value::Message(_) | Value::Word(_) | Value::Text(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stand_in_every_form() {
        let text = "name: 'a' \"b\\\"c\" # remark\nlayer { type: X, dim: [1, 2]; dim: 3 } inner: < x: -1e3 >";
        let message = parse(text).expect("it is well formed");
        assert_eq!(message.text("name"), Some("ab\"c"));
        let layer = message.message("layer").expect("it is there");
        assert_eq!(layer.integers("dim", 0).expect("integers"), [1, 2, 3]);
        assert!(message.message("inner").is_some_and(|inner| inner.number("x", 0.0) == Ok(-1000.0)));
    }

    #[test]
    fn every_beginning_of_a_file_ends() {
        let text = "name: 'é' layer { type: \"X\" p { dim: [1, 2] } } # é\n";
        let ends = (0..=text.len()).filter(|end| text.is_char_boundary(*end));
        assert!(ends.map(|end| parse(&text[..end]).is_ok()).filter(|is_ok| *is_ok).count() > 3);
        let deep = |depth: usize| parse(&format!("{}{}", "a {".repeat(depth), "}".repeat(depth)));
        assert!(deep(DEEPEST).is_ok() && deep(DEEPEST + 1).is_err() && deep(100_000).is_err());
    }
}
