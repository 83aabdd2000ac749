//! What [`comments`](super::comments) wrote, known again: which lines of a comment are its sentences, and what they say.
//!
//! In: the lines of a comment. Out: [`Sentence`]s. A line that is none of these words is its author's.

use super::comments::{BEHIND, CLAIM, EVERYTHING, HEADING, JOINED, SAVED};
use crate::syntax::ast::{Ast, Comment};

/// The most lines that a sentence takes.
const MOST: usize = 40;

/// MACs and parameters.
pub(super) type Counts = [u64; 2];

/// What a sentence says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Says {
    /// What made a plan.
    Heading,
    /// What the plan claims, and what else was updated.
    Claim,
    /// What the network came to before a plan and after it.
    Counts(Counts, Counts),
    /// What the lines below it change.
    Lines,
    /// Which steps of a block come before its layers.
    Steps(Vec<String>),
}

/// A sentence of a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentence {
    /// What it says.
    pub says: Says,
    /// How many lines it takes.
    pub lines: usize,
}

/// The sentence that begins with the first of these lines, if it is one.
pub(super) fn sentence(lines: &[&str]) -> Option<Sentence> {
    let first = lines.first()?;
    let one = |says| Some(Sentence { says, lines: 1 });
    if first.starts_with(HEADING) && first.ends_with(':') {
        return one(Says::Heading);
    }
    if first.starts_with(EVERYTHING[0]) && first.ends_with(EVERYTHING[1]) {
        return one(Says::Lines);
    }
    if first.starts_with("Updated ") && first.ends_with(" to the new counts.") {
        return one(Says::Claim);
    }
    if let Some((before, after)) = counts(first) {
        return one(Says::Counts(before, after));
    }
    if first.starts_with(CLAIM) {
        return Some(Sentence { says: Says::Claim, lines: 1 + lines.iter().take(MOST).position(|line| line.ends_with('.'))? });
    }
    first.starts_with(|c: char| c.is_ascii_digit()).then(|| of_layers(lines)).flatten()
}

/// The sentence about layers that begins with the first of these lines.
fn of_layers(lines: &[&str]) -> Option<Sentence> {
    let texts = (1..=lines.len().min(MOST)).map(|n| (n, lines[..n].join(" ")));
    let (lines, text) =
        texts.into_iter().find(|(_, text)| text.ends_with(JOINED) || SAVED.iter().any(|end| text.ends_with(end)))?;
    let (before, end) = match text.strip_suffix(JOINED) {
        Some(before) => (before.strip_suffix(", ")?, None),
        None => text.rsplit_once(": ").map(|(before, savings)| (before, Some(savings)))?,
    };
    if end.is_some_and(|savings| saved(savings).is_none()) {
        return None;
    }
    let (layers, says) = match before.split_once(BEHIND) {
        Some((layers, names)) => (layers, Says::Steps(names_of(names)?)),
        None => (before, Says::Lines),
    };
    is_description(layers).then_some(Sentence { says, lines })
}

/// Whether layers are described so: `9 layers, 5x5, 64 to 32 channels at 14x14, now to 24`, where all but the kernel may be
/// left out.
fn is_description(text: &str) -> bool {
    let all = text.split_once(" layers, ").and_then(|(count, rest)| is_number(count).then_some(rest));
    let rest = all.unwrap_or(text);
    let without_now = rest.rsplit_once(", now to ").and_then(|(rest, width)| is_number(width).then_some(rest));
    let rest = without_now.unwrap_or(rest);
    let without_map = rest.rsplit_once(" at ").and_then(|(rest, map)| is_pair(map, "x").then_some(rest));
    match without_map.unwrap_or(rest).split_once(", ") {
        Some((kernel, channels)) => {
            is_pair(kernel, "x") && channels.strip_suffix(" channels").is_some_and(|channels| is_pair(channels, " to "))
        }
        None => is_pair(without_map.unwrap_or(rest), "x"),
    }
}

fn is_pair(text: &str, between: &str) -> bool {
    text.split_once(between).is_some_and(|(one, other)| is_number(one) && is_number(other))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// "`a`, `b`".
fn names_of(text: &str) -> Option<Vec<String>> {
    text.split(", ").map(|name| Some(name.strip_prefix('`')?.strip_suffix('`')?.to_owned())).collect()
}

/// "1,000 -> 500 MACs, 200 -> 100 parameters."
fn counts(text: &str) -> Option<(Counts, Counts)> {
    saved(text).filter(|_| text.ends_with(SAVED[0]))
}

fn saved(text: &str) -> Option<(Counts, Counts)> {
    let (macs, params) = text.split_once(" MACs, ")?;
    let params = SAVED.iter().find_map(|end| params.strip_suffix(end))?;
    let pair = |text: &str| {
        let (before, after) = text.split_once(" -> ")?;
        Some((grouped(before)?, grouped(after)?))
    };
    let ((macs, less), (params, fewer)) = (pair(macs)?, pair(params)?);
    Some(([macs, params], [less, fewer]))
}

fn grouped(text: &str) -> Option<u64> {
    text.starts_with(|c: char| c.is_ascii_digit()).then(|| text.replace(',', "").parse().ok()).flatten()
}

/// The comment directly above a place, line by line.
pub(super) fn said_above<'a>(text: &str, ast: &'a Ast, at: u32) -> &'a [Comment] {
    let end = ast.comments.partition_point(|comment| comment.span.end <= at);
    let (mut start, mut below) = (end, at);
    while start > 0 {
        let comment = &ast.comments[start - 1];
        if comment.trailing || !is_next_line(text, comment.span.end, below) {
            break;
        }
        (start, below) = (start - 1, comment.span.start);
    }
    &ast.comments[start..end]
}

/// Whether only a line's end and indentation lie between two places.
pub(super) fn is_next_line(text: &str, end: u32, start: u32) -> bool {
    let between = text.get(end as usize..start as usize).unwrap_or("x");
    between.trim().is_empty() && between.matches('\n').count() == 1
}

/// What a line of comment says.
pub(super) fn said_in<'t>(text: &'t str, comment: &Comment) -> &'t str {
    text[comment.span.start as usize..comment.span.end as usize].trim_start_matches('#').trim()
}

#[cfg(test)]
mod tests {
    use super::{Says, sentence};

    fn says(lines: &[&str]) -> Option<(Says, usize)> {
        sentence(lines).map(|sentence| (sentence.says, sentence.lines))
    }

    #[test]
    fn what_was_written_is_known_again() {
        assert_eq!(says(&["Bottlenecks from `pointwise optimize --ratio 4`:", "x"]), Some((Says::Heading, 1)));
        assert_eq!(says(&["1,000 -> 500 MACs, 20 -> 10 parameters."]), Some((Says::Counts([1000, 20], [500, 10]), 1)));
        assert_eq!(says(&["The plan is within 1.63 % of it, each", "layer by itself.", "x"]), Some((Says::Claim, 2)));
        assert_eq!(says(&["3x3, 8 to 8 channels at 4x4: 9 -> 4 MACs, 2 -> 1 parameters."]), Some((Says::Lines, 1)));
        assert_eq!(says(&["2 layers, 1x1, now to 8, as wide as what they are", "joined with."]), Some((Says::Lines, 2)));
        let steps = Says::Steps(vec!["a_reduce".to_owned(), "b_reduce".to_owned()]);
        let lines = ["9 layers, 5x5, behind `a_reduce`,", "`b_reduce`:", "9 -> 4 MACs, 2 -> 1 parameters each.", "mine"];
        assert_eq!(says(&lines), Some((steps, 3)));
    }

    #[test]
    fn what_a_person_says_is_none_of_it() {
        for line in ["3x3 is enough.", "Bottlenecks are good:", "2 layers, wide", "The plan is mine", "9 -> 4 MACs", ""] {
            assert_eq!(says(&[line, "and so on"]), None, "{line}");
        }
        let above = ["35x35 maps: a 1x1 and", "a 5x5.", "", "3x3: 9 -> 4 MACs, 2 -> 1 parameters."];
        assert_eq!(says(&above), None);
        assert_eq!(says(&["3x3, behind a wall: it takes all of the parameters."]), None);
    }
}
