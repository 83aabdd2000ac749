//! The header of an `.npy` file: a Python dictionary of three known keys, read without Python.
//!
//! In: the bytes of a file. Out: [`Header`] and the bytes behind it. Only the literals that NumPy writes are understood:
//! strings, `True` and `False`, and tuples of integers.

use super::npy::NpyError;

/// The first bytes of every file.
pub(super) const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// The longest header that is read; NumPy's own limit is 10,000.
const MOST_HEADER: usize = 1 << 16;

/// What elements are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Signed,
    Unsigned,
    Float,
}

/// What the header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub kind: Kind,
    /// Bytes of an element.
    pub size: usize,
    pub big_endian: bool,
    /// Whether the first axis is fastest.
    pub fortran: bool,
    pub shape: Vec<u64>,
}

/// Splits a file into its header and its data.
pub(super) fn parse(bytes: &[u8]) -> Result<(Header, &[u8]), NpyError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(NpyError::Magic)?;
    let ([major, minor], rest) = rest.split_first_chunk::<2>().ok_or(NpyError::HeaderCut)?;
    let (length, rest) = match (major, minor) {
        (1, 0) => {
            let (length, rest) = rest.split_first_chunk::<2>().ok_or(NpyError::HeaderCut)?;
            (usize::from(u16::from_le_bytes(*length)), rest)
        }
        (2 | 3, 0) => {
            let (length, rest) = rest.split_first_chunk::<4>().ok_or(NpyError::HeaderCut)?;
            (u32::from_le_bytes(*length) as usize, rest)
        }
        _ => return Err(NpyError::Version { major: *major, minor: *minor }),
    };
    if length > MOST_HEADER {
        return Err(NpyError::HeaderTooLong { claimed: length, allowed: MOST_HEADER });
    }
    let (header, body) = rest.split_at_checked(length).ok_or(NpyError::HeaderCut)?;
    let text = std::str::from_utf8(header).map_err(|_| unreadable("it is not text"))?;
    Ok((dictionary(text)?, body))
}

fn unreadable(reason: impl Into<String>) -> NpyError {
    NpyError::Header { reason: reason.into() }
}

/// A literal of the header.
enum Literal {
    Text(String),
    Truth(bool),
    Tuple(Vec<u64>),
}

/// What is left to read.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn take(&mut self, token: &str) -> bool {
        let rest = self.0.trim_start();
        match rest.strip_prefix(token) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Result<(), NpyError> {
        if self.take(token) { Ok(()) } else { Err(unreadable(format!("`{token}` is missing"))) }
    }

    fn until(&mut self, quote: char) -> Result<&'a str, NpyError> {
        let (text, rest) = self.0.split_once(quote).ok_or_else(|| unreadable("a string has no end"))?;
        self.0 = rest;
        Ok(text)
    }

    fn text(&mut self) -> Result<Option<&'a str>, NpyError> {
        if self.take("'") {
            self.until('\'').map(Some)
        } else if self.take("\"") {
            self.until('"').map(Some)
        } else {
            Ok(None)
        }
    }

    fn literal(&mut self) -> Result<Literal, NpyError> {
        if let Some(text) = self.text()? {
            Ok(Literal::Text(text.to_owned()))
        } else if self.take("True") {
            Ok(Literal::Truth(true))
        } else if self.take("False") {
            Ok(Literal::Truth(false))
        } else if self.take("(") {
            self.tuple().map(Literal::Tuple)
        } else if self.take("[") {
            Err(NpyError::Type { descr: "a structure of fields".to_owned() })
        } else {
            Err(unreadable("a value is none that NumPy writes"))
        }
    }

    fn tuple(&mut self) -> Result<Vec<u64>, NpyError> {
        let mut items = Vec::new();
        while !self.take(")") {
            items.push(self.integer()?);
            if !self.take(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok(items)
    }

    fn integer(&mut self) -> Result<u64, NpyError> {
        let rest = self.0.trim_start();
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, rest) = rest.split_at(end);
        // Python 2 wrote long integers with an L.
        self.0 = rest.strip_prefix('L').unwrap_or(rest);
        digits.parse().map_err(|_| unreadable("a dimension is not an integer below 2^64"))
    }
}

fn dictionary(text: &str) -> Result<Header, NpyError> {
    let mut cursor = Cursor(text);
    let (mut descr, mut fortran, mut shape) = (None, None, None);
    cursor.expect("{")?;
    while !cursor.take("}") {
        let key = cursor.text()?.ok_or_else(|| unreadable("a key is not a string"))?;
        cursor.expect(":")?;
        let repeated = match (key, cursor.literal()?) {
            ("descr", Literal::Text(value)) => descr.replace(value).is_some(),
            ("fortran_order", Literal::Truth(value)) => fortran.replace(value).is_some(),
            ("shape", Literal::Tuple(value)) => shape.replace(value).is_some(),
            ("descr" | "fortran_order" | "shape", _) => return Err(unreadable(format!("`{key}` has a value of the wrong type"))),
            _ => return Err(unreadable(format!("`{key}` is no key of the format"))),
        };
        if repeated {
            return Err(unreadable(format!("`{key}` is there twice")));
        }
        if !cursor.take(",") {
            cursor.expect("}")?;
            break;
        }
    }
    if !cursor.0.trim().is_empty() {
        return Err(unreadable("something follows the dictionary"));
    }
    let missing = |key: &str| unreadable(format!("`{key}` is missing"));
    let (kind, size, big_endian) = element_type(descr.ok_or_else(|| missing("descr"))?)?;
    let fortran = fortran.ok_or_else(|| missing("fortran_order"))?;
    Ok(Header { kind, size, big_endian, fortran, shape: shape.ok_or_else(|| missing("shape"))? })
}

/// The type that a `descr` such as `<f4` names.
fn element_type(descr: String) -> Result<(Kind, usize, bool), NpyError> {
    let (order, name) = match descr.split_at_checked(1) {
        Some((order @ ("<" | ">" | "|" | "="), name)) => (order, name),
        _ => ("", descr.as_str()),
    };
    if name.starts_with('O') {
        return Err(NpyError::Object);
    }
    let (kind, size) = match name {
        "b1" | "?" => (Kind::Bool, 1),
        "i1" => (Kind::Signed, 1),
        "i2" => (Kind::Signed, 2),
        "i4" => (Kind::Signed, 4),
        "i8" => (Kind::Signed, 8),
        "u1" => (Kind::Unsigned, 1),
        "u2" => (Kind::Unsigned, 2),
        "u4" => (Kind::Unsigned, 4),
        "u8" => (Kind::Unsigned, 8),
        "f2" => (Kind::Float, 2),
        "f4" => (Kind::Float, 4),
        "f8" => (Kind::Float, 8),
        _ => return Err(NpyError::Type { descr }),
    };
    // `=` and no order at all mean the order of the machine that wrote the file, which the file does not tell.
    if size > 1 && !matches!(order, "<" | ">") {
        return Err(NpyError::Type { descr });
    }
    Ok((kind, size, order == ">"))
}
