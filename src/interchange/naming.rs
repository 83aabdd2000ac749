//! Names of other programs' files as names here.
//!
//! In: any text. Out: a word that the language takes for a name, or a path whose segments hold no characters that paths mean
//! something by.

use crate::visible::is_unseen;
use crate::words;

/// So deep a path is at most; what is within is one segment.
const MOST_SEGMENTS: usize = 64;

/// A name of the language for any text.
pub(crate) fn identifier(text: &str) -> String {
    let kept: String = text.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    let trimmed = kept.trim_matches('_');
    match trimmed.chars().next() {
        None => "value".to_owned(),
        Some(first) if first.is_numeric() => format!("_{trimmed}"),
        // Words that stand for themselves cannot be bound.
        Some(_) if words::stands_for_itself(&trimmed.to_lowercase()) => format!("{trimmed}_"),
        Some(_) => trimmed.to_owned(),
    }
}

/// The segments of a name with dots or slashes as a path with dots; empty where it holds none.
pub(super) fn path(text: &str) -> String {
    let mut segments: Vec<String> = text.split(['.', '/']).filter(|segment| !segment.is_empty()).map(segment).collect();
    if segments.len() > MOST_SEGMENTS {
        let rest = segments.split_off(MOST_SEGMENTS - 1).join("_");
        segments.push(rest);
    }
    segments.join(".")
}

/// A segment of a path that holds no characters which paths mean something by.
fn segment(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '`' | '*') || is_unseen(c) || c.is_whitespace() { '_' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_makes_a_name() {
        assert_eq!(identifier("input.1"), "input_1");
        assert_eq!(identifier("::0"), "_0");
        assert_eq!(identifier("/"), "value");
        assert_eq!(identifier("bilinear"), "bilinear_");
        assert_eq!(path(&"a/".repeat(1000)).split('.').count(), MOST_SEGMENTS);
        assert_eq!(path("/inception_3a//1x1 a"), "inception_3a.1x1_a");
        assert_eq!(path("//"), "");
    }
}
