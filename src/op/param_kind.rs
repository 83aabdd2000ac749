//! What a parameter takes.
//!
//! The texts are for people alone: whatever the compiler asks of a kind is answered here in data, so that rewording help
//! cannot change the language.

use std::borrow::Cow;
use std::fmt;

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    /// An integer of at least 1.
    Count,
    /// Any integer.
    Integer,
    /// A list of integers.
    Integers,
    /// An integer, or a list of them.
    IntegerOrList,
    /// An integer for both sides of a map, or one each.
    Pair,
    /// A number for both sides of a map, or one each.
    NumberPair,
    /// Rows and columns round a map: the same on all sides, on opposite ones, or of its own on each.
    Pads,
    /// [`Self::Pads`], or `same`.
    PadsOrSame,
    /// A boolean.
    Flag,
    /// An integer or a float.
    Number,
    /// A number, or lists of them to any depth.
    NestedNumbers,
    /// An operator, which is not written as an argument.
    Operator,
    /// One of at least two words.
    Words(&'static [&'static str]),
}

impl ParamKind {
    /// It in words: "integer or [height, width]".
    #[must_use]
    pub fn text(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Count => "integer of at least 1",
            Self::Integer => "integer",
            Self::Integers => "list of integers",
            Self::IntegerOrList => "integer or list of integers",
            Self::Pair => "integer or [height, width]",
            Self::NumberPair => "number or [height, width]",
            Self::Pads => "integer, [height, width] or [top, left, bottom, right]",
            Self::PadsOrSame => "integer, [height, width], [top, left, bottom, right] or `same`",
            Self::Flag => "true or false",
            Self::Number => "number",
            Self::NestedNumbers => "number or nested list of numbers",
            Self::Operator => "an operator",
            Self::Words(words) => return Cow::Owned(alternatives(words)),
        })
    }

    /// It as it stands in a sentence: "an integer".
    pub(super) fn with_article(self) -> String {
        let article = match self {
            Self::Count | Self::Integer | Self::IntegerOrList | Self::Pair | Self::Pads | Self::PadsOrSame => "an ",
            Self::Integers | Self::NumberPair | Self::Number | Self::NestedNumbers => "a ",
            Self::Flag | Self::Operator | Self::Words(_) => "",
        };
        format!("{article}{self}")
    }

    /// Whether its numbers are integers, so that a float without fraction is taken for one.
    #[must_use]
    pub fn is_integral(self) -> bool {
        match self {
            Self::Count | Self::Integer | Self::Integers | Self::IntegerOrList | Self::Pair | Self::Pads | Self::PadsOrSame => {
                true
            }
            Self::NumberPair | Self::Flag | Self::Number | Self::NestedNumbers | Self::Operator | Self::Words(_) => false,
        }
    }

    /// The words that it takes.
    #[must_use]
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Self::Words(words) => words,
            Self::PadsOrSame => &["same"],
            Self::Count
            | Self::Integer
            | Self::Integers
            | Self::IntegerOrList
            | Self::Pair
            | Self::NumberPair
            | Self::Pads
            | Self::Flag
            | Self::Number
            | Self::NestedNumbers
            | Self::Operator => &[],
        }
    }
}

impl fmt::Display for ParamKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text())
    }
}

/// "`zero`, `reflect` or `replicate`".
fn alternatives(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    let (last, others) = quoted.split_last().expect("a choice has words");
    format!("{} or {last}", others.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_stand_in_sentences() {
        assert_eq!(ParamKind::Pair.with_article(), "an integer or [height, width]");
        assert_eq!(ParamKind::Integers.with_article(), "a list of integers");
        assert_eq!(ParamKind::Flag.with_article(), "true or false");
        assert_eq!(ParamKind::Words(&["zero", "reflect", "replicate"]).with_article(), "`zero`, `reflect` or `replicate`");
        assert_eq!(ParamKind::Words(&["nearest", "bilinear"]).text(), "`nearest` or `bilinear`");
        assert_eq!(format!("{:<8}|", ParamKind::Number), "number  |");
    }
}
