//! Documents as JSON; as YAML they are written by `yaml`.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

pub use super::yaml::yaml;
use crate::visible::in_json;

/// Containers down to this depth are spread over lines; deeper ones stand in one line, so a layer is a line.
const SPREAD: usize = 3;

/// Writes a document as JSON with a final line end; a row of a list in it is one line.
///
/// # Errors
/// What the writer says.
pub fn json<T: Serialize + ?Sized>(mut writer: impl Write, document: &T) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(&mut writer, Lines::default());
    document.serialize(&mut serializer).map_err(io::Error::from)?;
    writer.write_all(b"\n")
}

/// Spreads outer containers over lines and keeps inner ones in one.
#[derive(Default)]
struct Lines {
    depth: usize,
    /// For each open container, whether it holds something.
    filled: Vec<bool>,
}

impl Lines {
    fn open(&mut self) {
        self.depth += 1;
        self.filled.push(false);
    }

    fn close<W: Write + ?Sized>(&mut self, writer: &mut W, end: &[u8]) -> io::Result<()> {
        let filled = self.filled.pop().unwrap_or(false);
        self.depth -= 1;
        if filled && self.depth + 1 < SPREAD {
            self.line(writer)?;
        } else if filled && end == b"}" {
            writer.write_all(b" ")?;
        }
        writer.write_all(end)
    }

    fn item<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool, object: bool) -> io::Result<()> {
        if let Some(filled) = self.filled.last_mut() {
            *filled = true;
        }
        if !first {
            writer.write_all(b",")?;
        }
        if self.depth < SPREAD {
            self.line(writer)
        } else if !first || object {
            writer.write_all(b" ")
        } else {
            Ok(())
        }
    }

    fn line<W: Write + ?Sized>(&self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| writer.write_all(b"  "))
    }
}

impl Formatter for Lines {
    fn write_string_fragment<W: Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        writer.write_all(in_json(fragment).as_bytes())
    }

    fn begin_array<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open();
        writer.write_all(b"[")
    }

    fn end_array<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"]")
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.item(writer, first, false)
    }

    fn begin_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open();
        writer.write_all(b"{")
    }

    fn end_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"}")
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.item(writer, first, true)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn a_row_is_a_line() {
        let document = json!({ "v": 1, "none": [], "totals": { "macs": 2 }, "layers": [{ "name": "a", "shape": [1, 2] }, {}] });
        let mut out = Vec::new();
        super::json(&mut out, &document).expect("a vector takes everything");
        let want = "{\n  \"v\": 1,\n  \"none\": [],\n  \"totals\": {\n    \"macs\": 2\n  },\n  \"layers\": [\n    { \"name\": \"a\", \"shape\": [1, 2] },\n    {}\n  ]\n}\n";
        assert_eq!(String::from_utf8(out).expect("JSON is UTF-8"), want);
    }
}
