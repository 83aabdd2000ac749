//! Documents as YAML that readers of YAML 1.1 and of YAML 1.2 take for the same values.
//!
//! In: what serialises. Out: blocks, a scalar a line. The two versions differ on which plain scalars are text: `no`, `1:30`,
//! `1_000`, `010`, `1e3` and a date are something else in one of them. So text stands plain only where every reader takes it for
//! text, and floats have both a point and a signed exponent, without which YAML 1.1 takes them for text. What is not a number is
//! `null`, as in JSON.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};

/// Writes a document as YAML.
///
/// # Errors
/// What the writer says.
pub fn yaml<T: Serialize + ?Sized>(mut writer: impl Write, document: &T) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(&mut writer, Blocks::default());
    document.serialize(&mut serializer).map_err(io::Error::from)?;
    writer.write_all(b"\n")
}

/// An open list or mapping.
struct Level {
    /// Where its items begin.
    column: usize,
    /// What it is written as where it holds nothing.
    empty: &'static [u8],
    /// Whether an item has been written.
    filled: bool,
    /// What stands before it.
    lead: Lead,
}

/// What the value that comes next stands behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lead {
    /// Nothing.
    Start,
    /// A key and its colon.
    Key,
    /// The dash of a list's item, with its space.
    Dash,
}

/// Puts the items of lists and mappings on lines of their own.
struct Blocks {
    levels: Vec<Level>,
    lead: Lead,
    /// The text that is being read, as it comes in pieces.
    text: String,
}

impl Default for Blocks {
    fn default() -> Self {
        Self { levels: Vec::new(), lead: Lead::Start, text: String::new() }
    }
}

impl Blocks {
    /// What parts a value from its key.
    fn space<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.lead == Lead::Key { writer.write_all(b" ") } else { Ok(()) }
    }

    /// Lists stand below the key that they belong to, all else two columns further in.
    fn open(&mut self, empty: &'static [u8]) {
        let outer = self.levels.last().map_or(0, |level| level.column);
        let is_list = empty == b"[]";
        let column = match self.lead {
            Lead::Start => 0,
            Lead::Key if is_list => outer,
            Lead::Key | Lead::Dash => outer + 2,
        };
        self.levels.push(Level { column, empty, filled: false, lead: self.lead });
    }

    fn close<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        let Some(level) = self.levels.pop().filter(|level| !level.filled) else { return Ok(()) };
        self.lead = level.lead;
        self.space(writer)?;
        writer.write_all(level.empty)
    }

    /// Begins an item; the first one of a list's item stands behind its dash.
    fn item<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        let Some(level) = self.levels.last_mut() else { return Ok(()) };
        let is_behind = !level.filled && level.lead != Lead::Key;
        level.filled = true;
        if is_behind {
            return Ok(());
        }
        writer.write_all(b"\n")?;
        (0..level.column).try_for_each(|_| writer.write_all(b" "))
    }
}

/// Scalars that YAML writes as JSON does, behind the space after their key.
macro_rules! as_in_json {
    ($($name:ident($value:ty)),*) => {
        $(fn $name<W: Write + ?Sized>(&mut self, writer: &mut W, value: $value) -> io::Result<()> {
            self.space(writer)?;
            CompactFormatter.$name(writer, value)
        })*
    };
}

impl Formatter for Blocks {
    as_in_json!(
        write_bool(bool),
        write_i8(i8),
        write_i16(i16),
        write_i32(i32),
        write_i64(i64),
        write_i128(i128),
        write_u8(u8),
        write_u16(u16),
        write_u32(u32),
        write_u64(u64),
        write_u128(u128)
    );

    fn write_null<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.space(writer)?;
        writer.write_all(b"null")
    }

    fn write_f32<W: Write + ?Sized>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        self.space(writer)?;
        float(writer, |digits| CompactFormatter.write_f32(digits, value))
    }

    fn write_f64<W: Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        self.space(writer)?;
        float(writer, |digits| CompactFormatter.write_f64(digits, value))
    }

    fn begin_string<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.text.clear();
        Ok(())
    }

    fn write_string_fragment<W: Write + ?Sized>(&mut self, _: &mut W, fragment: &str) -> io::Result<()> {
        self.text.push_str(fragment);
        Ok(())
    }

    fn write_char_escape<W: Write + ?Sized>(&mut self, _: &mut W, escape: CharEscape) -> io::Result<()> {
        self.text.push(match escape {
            CharEscape::Quote => '"',
            CharEscape::ReverseSolidus => '\\',
            CharEscape::Solidus => '/',
            CharEscape::Backspace => '\u{8}',
            CharEscape::FormFeed => '\u{c}',
            CharEscape::LineFeed => '\n',
            CharEscape::CarriageReturn => '\r',
            CharEscape::Tab => '\t',
            CharEscape::AsciiControl(byte) => char::from(byte),
        });
        Ok(())
    }

    fn end_string<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.space(writer)?;
        if is_plain(&self.text) { writer.write_all(self.text.as_bytes()) } else { quote(writer, &self.text) }
    }

    fn begin_array<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.open(b"[]");
        Ok(())
    }

    fn end_array<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer)
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, writer: &mut W, _: bool) -> io::Result<()> {
        self.item(writer)?;
        self.lead = Lead::Dash;
        writer.write_all(b"- ")
    }

    fn begin_object<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.open(b"{}");
        Ok(())
    }

    fn end_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer)
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, writer: &mut W, _: bool) -> io::Result<()> {
        self.item(writer)?;
        self.lead = Lead::Start;
        Ok(())
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.lead = Lead::Key;
        writer.write_all(b":")
    }
}

/// `1.0e-6` for `1e-6`, `1.0e+16` for `1e16`.
fn float<W: Write + ?Sized>(writer: &mut W, digits: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> io::Result<()> {
    let mut text = Vec::new();
    digits(&mut text)?;
    let Some(at) = text.iter().position(|byte| *byte == b'e') else { return writer.write_all(&text) };
    let (mantissa, exponent) = (&text[..at], &text[at + 1..]);
    writer.write_all(mantissa)?;
    writer.write_all(if mantissa.contains(&b'.') { b"e" } else { b".0e" })?;
    writer.write_all(if exponent.starts_with(b"-") || exponent.starts_with(b"+") { b"" } else { b"+" })?;
    writer.write_all(exponent)
}

/// Words that some version of YAML takes for a truth value, for nothing or for a number, in lower case.
const TAKEN: &[&str] = &["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"];

/// Whether every reader takes a text that stands plain for that text: it begins like a name or a path of words, holds nothing that
/// parts, comments or marks, and is none of the words that mean something else.
fn is_plain(text: &str) -> bool {
    let is_first = |c: char| c.is_alphabetic() || c == '_' || c == '/';
    let is_inner = |c: char| c.is_alphanumeric() || "_./-+=, ()[]*@%~".contains(c);
    text.starts_with(is_first)
        && text.chars().all(is_inner)
        && !text.ends_with(' ')
        && !TAKEN.contains(&text.to_ascii_lowercase().as_str())
}

/// Text between double quotes; what no reader need take, or need show, is escaped.
fn quote<W: Write + ?Sized>(writer: &mut W, text: &str) -> io::Result<()> {
    writer.write_all(b"\"")?;
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(writer, "\\{c}")?,
            '\n' => writer.write_all(b"\\n")?,
            '\t' => writer.write_all(b"\\t")?,
            _ if needs_escape(c) && u32::from(c) <= 0xff => write!(writer, "\\x{:02x}", u32::from(c))?,
            _ if needs_escape(c) => write!(writer, "\\u{:04x}", u32::from(c))?,
            _ => write!(writer, "{c}")?,
        }
    }
    writer.write_all(b"\"")
}

/// Control characters, line ends of any standard, and what YAML calls not printable.
fn needs_escape(c: char) -> bool {
    c.is_control() || matches!(c, '\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    /// Texts that some reader takes for a number, a truth value, a date or a sign of YAML.
    #[rustfmt::skip]
    const TAKEN: [&str; 62] = [
        "on", "Off", "YES", "no", "y", "N", "true", "False", "null", "NULL", "~", "", "1", "1_000", "1:30", "0x1F", "010",
        "0o17", "0b1", ".inf", "-.INF", ".nan", "1e3", "1.", ".5", "+1", "2026-11-26", "2026-11-26 10:00:00", "=", "<<", "-",
        "- a", "? a", "a: b", "a:", "a #b", "#a", "&a", "*a", "!a", "|", ">", "'a'", "\"a\"", "%a", "@a", "`a`", "{a", "[a",
        "a\nb", "a\tb", " a", "a ", "--- a", "...", ",a", "a\u{85}b", "a\u{2028}b", "\u{feff}a", "a\u{7f}", "1,000", "12e03",
    ];

    fn written(document: &Value) -> String {
        let mut out = Vec::new();
        super::yaml(&mut out, document).expect("a vector takes everything");
        String::from_utf8(out).expect("YAML is UTF-8")
    }

    #[test]
    fn blocks_stand_as_people_write_them() {
        let document = json!({
            "v": 1, "none": [], "nothing": {}, "maybe": null,
            "totals": { "macs": 2, "deep": { "x": [1, [2, 3], [], {}] } },
            "layers": [{ "name": "a", "shape": [1, 2], "at": {"b": true} }, {}, [{ "c": [] }]],
        });
        let want = "v: 1\nnone: []\nnothing: {}\nmaybe: null\ntotals:\n  macs: 2\n  deep:\n    x:\n    - 1\n    - - 2\n      - 3\n    - []\n    - {}\nlayers:\n- name: a\n  shape:\n  - 1\n  - 2\n  at:\n    b: true\n- {}\n- - c: []\n";
        assert_eq!(written(&document), want);
        assert_eq!(written(&json!([])), "[]\n");
        assert_eq!(written(&json!([{ "a": 1 }, 2])), "- a: 1\n- 2\n");
    }

    #[test]
    fn what_some_reader_takes_for_another_value_is_quoted() {
        for text in TAKEN {
            assert!(written(&json!(text)).starts_with('"'), "{text:?}: {}", written(&json!(text)));
        }
        for text in ["conv", "layer1.0.conv2", "models/a.net", "it is dilated", "größe", "nope", "one", "null.bn", "yes.no"] {
            assert_eq!(written(&json!(text)), format!("{text}\n"));
        }
        let escaped = "\"a\\\"b\\\\c\\n\\t\\x85\\x1b\\u2028é\"\n";
        assert_eq!(written(&json!("a\"b\\c\n\t\u{85}\u{1b}\u{2028}é")), escaped);
        // Keys as well.
        assert_eq!(written(&json!({ "no": { "on": 1 }, "a: b": [] })), "\"no\":\n  \"on\": 1\n\"a: b\": []\n");
    }

    #[test]
    fn floats_have_a_point_and_a_signed_exponent() {
        let cases =
            [(1e-6, "1.0e-6"), (1.5e-7, "1.5e-7"), (1e16, "1.0e+16"), (-2.5e300, "-2.5e+300"), (0.25, "0.25"), (3.0, "3.0")];
        for (value, text) in cases {
            assert_eq!(written(&json!(value)), format!("{text}\n"));
        }
        assert_eq!(written(&json!(f64::NAN)), "null\n");
    }

    #[test]
    fn our_own_reader_reads_it_back() {
        let texts = ["no", "1e3", "", "~", "a: b", "a\u{85}b", "\u{1b}[1m", "x\ny", "é", "a, b [c] (d)*", "_", "/a b"];
        let document = json!({ "texts": texts, "floats": [1e-6, 1e16, 0.5], "nested": [[[1], []], { "a": {} }] });
        assert_eq!(serde_yaml::from_str::<Value>(&written(&document)).expect("it is YAML"), document);
    }
}
