//! Why a parser could not go on: the furthest place reached and what would have been right there.
//!
//! Errors are made and dropped all the time while alternatives are tried, so they are small and `Copy`; `message` turns
//! the one that survives into a diagnostic.

use super::input::Input;

/// A set of things that would have been right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expected(u32);

macro_rules! labels {
    ($($name:ident $bit:literal $text:literal,)*) => {
        impl Expected {
            $(#[doc = $text] pub const $name: Self = Self(1 << $bit);)*

            /// What is in the set, in words.
            pub fn labels(self) -> impl Iterator<Item = &'static str> {
                [$(($bit, $text),)*].into_iter().filter(move |(bit, _)| self.0 & (1 << bit) != 0).map(|(_, text)| text)
            }
        }
    };
}

labels! {
    ITEM 0 "`use`, `block` or `net`",
    STATEMENT 1 "a statement",
    VALUE 2 "a value",
    NAME 3 "a name",
    STAGE 4 "an operation or a block",
    PATH 5 "a path of layers",
    STRING 6 "a path in quotes",
    OPEN_PAREN 7 "`(`",
    OPEN_BRACE 8 "`{`",
    COMMA 9 "`,`",
    CLOSE_PAREN 10 "`)`",
    CLOSE_BRACKET 11 "`]`",
    ASSIGN 12 "`=`",
    COLON 13 "`:`",
    IN 14 "`in`",
    END 15 "the end of the line",
    OPEN_BRACKET 16 "`[`",
}

impl Expected {
    /// What is in either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is in the set.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Something else should stand here.
    Unexpected,
    /// Too many brackets, bodies or prefix operators around this place.
    TooDeep,
}

/// A parser's failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyntaxError {
    /// Index of the token that does not fit.
    pub at: usize,
    /// What would have.
    pub expected: Expected,
    /// Index of the bracket that is open here, if that is what the parser was in.
    pub opener: Option<usize>,
    /// The kind of failure.
    pub reason: Reason,
}

impl SyntaxError {
    /// Something else should stand at the input's next token.
    pub fn expected(input: Input<'_>, expected: Expected) -> Self {
        Self { at: input.index(), expected, opener: None, reason: Reason::Unexpected }
    }

    /// Of two failures the one that got further; of two at one place, both.
    #[must_use]
    pub fn furthest(self, other: Self) -> Self {
        if self.at != other.at {
            return if self.at > other.at { self } else { other };
        }
        Self { expected: self.expected.union(other.expected), opener: self.opener.or(other.opener), ..self }
    }
}

impl nom::error::ParseError<Input<'_>> for SyntaxError {
    fn from_error_kind(input: Input<'_>, _: nom::error::ErrorKind) -> Self {
        Self::expected(input, Expected::default())
    }

    fn append(_: Input<'_>, _: nom::error::ErrorKind, other: Self) -> Self {
        other
    }

    fn or(self, other: Self) -> Self {
        self.furthest(other)
    }
}
