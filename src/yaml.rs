//! What of a YAML text may be given to its parser.
//!
//! In: a text. Out: whether it is small enough, and if not, why. The parser's work grows with the square of how deep brackets
//! are nested, so they are counted before it starts: all of them, since telling those in quotes apart is the parser's work.
//! Aliases that multiply, and nesting by indentation, it bounds itself.

use std::fmt;

/// The longest text, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// The most brackets `[` and `{`.
pub const MAX_BRACKETS: usize = 4096;

/// Why a text is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unbounded {
    /// It has so many bytes.
    Bytes(usize),
    /// It has so many brackets.
    Brackets(usize),
}

impl fmt::Display for Unbounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(got) => write!(f, "at most {MAX_BYTES} bytes are read, and this has {got}"),
            Self::Brackets(got) => write!(f, "at most {MAX_BRACKETS} brackets `[` and `{{` are read, and this has {got}"),
        }
    }
}

/// Holds a text to the limits.
///
/// # Errors
/// It is longer, or has more brackets.
pub fn bounded(text: &str) -> Result<(), Unbounded> {
    if text.len() > MAX_BYTES {
        return Err(Unbounded::Bytes(text.len()));
    }
    match text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count() {
        brackets if brackets > MAX_BRACKETS => Err(Unbounded::Brackets(brackets)),
        _ => Ok(()),
    }
}
