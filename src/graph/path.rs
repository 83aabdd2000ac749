//! Addressing layers by path: patterns with wildcards.
//!
//! A pattern's segments are compared with those of a layer's name: `*` stands for one segment, `**` for any number, and a
//! `*` inside a segment for any characters (`inception_*.b`). A pattern names a layer when it matches the layer's whole
//! name or a scope that the layer lies in.

use std::fmt;

use crate::quote::unquoted;

/// A path with wildcards.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pattern {
    segments: Vec<String>,
}

impl Pattern {
    /// A pattern from its segments, as the parser gives them.
    #[must_use]
    pub fn new<S: Into<String>>(segments: impl IntoIterator<Item = S>) -> Self {
        Self { segments: segments.into_iter().map(Into::into).collect() }
    }

    /// A pattern from `inception_*.b`, backquotes or not; `None` where a segment is empty or has a control character.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = unquoted(text);
        let fits = |segment: &str| !segment.trim().is_empty() && !segment.chars().any(char::is_control);
        text.split('.').all(fits).then(|| Self { segments: text.split('.').map(str::to_owned).collect() })
    }

    /// The scope that every match lies in: the segments before the first wildcard; `None` where there are none.
    #[must_use]
    pub fn literal_scope(&self) -> Option<String> {
        let literal: Vec<_> = self.segments.iter().map(String::as_str).take_while(|segment| !segment.contains('*')).collect();
        (!literal.is_empty()).then(|| literal.join("."))
    }

    /// The segments without wildcards.
    pub fn literals(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().map(String::as_str).filter(|segment| !segment.contains('*'))
    }

    /// How many segments it has.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a pattern has a segment")]
    pub fn len(&self) -> usize {
        self.segments.len()
    }

    /// The first segment, the first two, and so on.
    pub fn prefixes(&self) -> impl Iterator<Item = String> {
        (1..=self.segments.len()).map(|end| self.segments[..end].join("."))
    }

    /// Whether the pattern, up to a segment without wildcards, matches all of `path`: it names the path's last segment itself.
    #[must_use]
    pub fn spells_out(&self, path: &str) -> bool {
        let literal = |end: &usize| !self.segments[end - 1].contains('*');
        (1..=self.segments.len()).filter(literal).any(|end| Self::new(&self.segments[..end]).scope(path) == Some(path))
    }

    /// The longest scope of `name` (or the whole name) that the pattern matches.
    #[must_use]
    pub fn scope<'n>(&self, name: &'n str) -> Option<&'n str> {
        let parts: Vec<_> = name.split('.').collect();
        // reached[j]: the pattern so far matches the first j parts.
        let mut reached = vec![false; parts.len() + 1];
        reached[0] = true;
        let anything = |segment: &String| segment == "**";
        for (at, segment) in self.segments.iter().enumerate() {
            if anything(segment) && at > 0 && anything(&self.segments[at - 1]) {
                continue;
            }
            let mut next = vec![false; parts.len() + 1];
            if anything(segment) {
                let first = reached.iter().position(|r| *r).unwrap_or(parts.len() + 1);
                next.iter_mut().skip(first).for_each(|r| *r = true);
            } else {
                for (j, part) in parts.iter().enumerate() {
                    next[j + 1] = reached[j] && segment_matches(segment, part);
                }
            }
            // A pattern may have far more segments than a name has parts.
            if !next.contains(&true) {
                return None;
            }
            reached = next;
        }
        let count = reached.iter().rposition(|r| *r).filter(|count| *count > 0)?;
        let length = parts[..count].iter().map(|part| part.len()).sum::<usize>() + count - 1;
        Some(&name[..length])
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.segments.join("."))
    }
}

/// Whether a segment with `*` for any characters matches a part of a name.
fn segment_matches(pattern: &str, part: &str) -> bool {
    let Some((head, last)) = pattern.rsplit_once('*') else { return pattern == part };
    let mut pieces = head.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = part.strip_prefix(first) else { return false };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

/// A name with `*` for every segment that is a number: what loops make of one line.
#[must_use]
pub fn starred(name: &str) -> String {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<_> = name.split('.').map(|part| if is_number(part) { "*" } else { part }).collect();
    parts.join(".")
}
