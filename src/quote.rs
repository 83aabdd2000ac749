//! Names as the language writes them: those that are no identifiers stand in backquotes.
//!
//! A quoted name may hold any characters that are seen but backquotes and `*`, which in a path stands for others. Quoting changes nothing in what a name means: a dot
//! separates segments inside backquotes as outside.

use std::borrow::Cow;

use crate::words::DISCARD;

/// The name that a text of the language spells: without backquotes, an empty segment as `_`.
#[must_use]
pub fn unquoted(text: &str) -> Cow<'_, str> {
    if !text.contains('`') {
        return Cow::Borrowed(text);
    }
    let plain = text.replace('`', "");
    let segment = |segment: &str| if segment.is_empty() { "_".to_owned() } else { segment.to_owned() };
    Cow::Owned(plain.split('.').map(segment).collect::<Vec<_>>().join("."))
}

/// The text with a letter for each part in backquotes, so that only dots and stars outside of them are left.
#[must_use]
pub fn bare(text: &str) -> Cow<'_, str> {
    if !text.contains('`') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.split('`').enumerate().map(|(at, part)| if at % 2 == 0 { part } else { "q" }).collect())
}

/// A name as the language writes it; `is_reserved` says which words cannot stand alone.
#[must_use]
pub fn quoted(name: &str, is_reserved: impl Fn(&str) -> bool) -> Cow<'_, str> {
    written(name, |c| c == '_', is_reserved)
}

/// A name behind `as`, where numbers stand in braces: braces of the name itself are doubled.
#[must_use]
pub fn called(name: &str, is_reserved: impl Fn(&str) -> bool) -> Cow<'_, str> {
    if !name.contains(['{', '}']) {
        return quoted(name, is_reserved);
    }
    Cow::Owned(quoted(&name.replace('{', "{{").replace('}', "}}"), is_reserved).into_owned())
}

/// A path of a `refine` statement as the language writes it: a name that may have wildcards.
#[must_use]
pub fn quoted_path(path: &str, is_reserved: impl Fn(&str) -> bool) -> Cow<'_, str> {
    written(path, |c| c == '_' || c == '*', is_reserved)
}

fn written(name: &str, is_mark: impl Fn(char) -> bool, is_reserved: impl Fn(&str) -> bool) -> Cow<'_, str> {
    let plain = |(at, segment): (usize, &str)| {
        let starts = segment.starts_with(|c: char| c.is_ascii_alphabetic() || is_mark(c) || (at > 0 && c.is_ascii_digit()));
        starts && segment.chars().all(|c| c.is_ascii_alphanumeric() || is_mark(c))
    };
    if name.split('.').enumerate().all(plain) && !is_reserved(name) && name != DISCARD {
        return Cow::Borrowed(name);
    }
    let lone = !name.contains('.');
    let write = |part: (usize, &str)| {
        if plain(part) && !lone { part.1.to_owned() } else { format!("`{}`", part.1.replace(['`', '\n', '\r'], "_")) }
    };
    Cow::Owned(name.split('.').enumerate().map(write).collect::<Vec<_>>().join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_identifier_is_quoted_and_reads_back() {
        let is_reserved = |word: &str| word == "input";
        for (name, written) in [
            ("x", "x"),
            ("layer1.0.conv", "layer1.0.conv"),
            ("/layer1/0/Conv.x", "`/layer1/0/Conv`.x"),
            ("0.conv", "`0`.conv"),
            ("input", "`input`"),
            ("input.conv", "input.conv"),
            ("a b", "`a b`"),
            ("größe.1", "`größe`.1"),
        ] {
            assert_eq!(quoted(name, is_reserved), written);
            assert_eq!(unquoted(written), name);
        }
        for stray in ["a`b", "a\nb", "a\rb"] {
            assert_eq!(quoted(stray, is_reserved), "`a_b`");
        }
        assert_eq!(unquoted("`a..b`"), "a._.b");
        assert_eq!(bare("x.`a*..b`.*"), "x.q.*");
    }
}
