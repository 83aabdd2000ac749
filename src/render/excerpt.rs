//! The few lines of a source that a snippet shows.
//!
//! In: a source and the byte ranges that must be visible. Out: [`Excerpt`]s, small texts with the ranges moved into them.
//! Lines between two shown lines are left empty (the renderer folds them), long lines are cut round the ranges, so that
//! the cost does not depend on the size of the file.

use std::ops::Range;

use crate::source::Source;

/// Longest stretch of one line that is shown, in bytes.
const LINE_BYTES: usize = 360;
/// Bytes of a cut line that are kept on both sides of what is pointed at.
const MARGIN: usize = 60;
/// Ranges further apart than this many lines stand in excerpts of their own.
const NEAR: usize = 2000;

/// A part of a source.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    /// One-based number of its first line.
    pub line: usize,
    /// The text.
    pub text: String,
    /// The wanted ranges that lie in it: index into the wanted ranges, and the place in `text`.
    pub ranges: Vec<(usize, Range<usize>)>,
    /// Whether a line was cut, so that columns in `text` are not those of the file.
    pub cut: bool,
}

/// The excerpts that show `wanted` (byte ranges of the source), from top to bottom.
pub(super) fn excerpts(source: &Source, wanted: &[Range<usize>]) -> Vec<Excerpt> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|i| wanted[*i].start);
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut last = 0;
    for i in order {
        let line = line_of(source, wanted[i].start);
        match groups.last_mut() {
            Some(group) if line <= last + NEAR => group.push(i),
            Some(_) | None => groups.push(vec![i]),
        }
        last = last.max(line_of(source, wanted[i].end));
    }
    groups.into_iter().map(|group| excerpt(source, wanted, &group)).collect()
}

fn excerpt(source: &Source, wanted: &[Range<usize>], group: &[usize]) -> Excerpt {
    let first = line_of(source, wanted[group[0]].start);
    let ends: Vec<usize> = group.iter().flat_map(|i| [wanted[*i].start, wanted[*i].end]).collect();
    let lines: Vec<usize> = ends.iter().map(|end| line_of(source, *end)).collect();
    let last = lines.iter().copied().max().unwrap_or(first).min(first + 2 * NEAR);
    let mut excerpt = Excerpt { line: first + 1, text: String::new(), ranges: Vec::new(), cut: false };
    let mut pieces = Vec::new();
    for line in first..=last {
        if lines.iter().any(|l| l.abs_diff(line) <= 1) {
            let piece = piece(source, line, &ends);
            excerpt.cut |= piece.len() < source.line_range(line).len();
            pieces.push((piece.start, piece.end, excerpt.text.len()));
            excerpt.text.push_str(&source.text()[piece]);
        }
        excerpt.text.push('\n');
    }
    let place = |offset: usize| {
        let at = pieces.partition_point(|(start, _, _)| *start <= offset).saturating_sub(1);
        pieces.get(at).map_or(0, |(start, end, to)| to + offset.clamp(*start, *end) - start)
    };
    excerpt.ranges = group.iter().map(|i| (*i, place(wanted[*i].start)..place(wanted[*i].end))).collect();
    excerpt
}

/// The part of a line that is shown: all of it, or a stretch round what is pointed at.
fn piece(source: &Source, line: usize, ends: &[usize]) -> Range<usize> {
    let whole = source.line_range(line);
    if whole.len() <= LINE_BYTES {
        return whole;
    }
    let inside = || ends.iter().copied().filter(|end| whole.contains(end));
    let from = inside().min().unwrap_or(whole.start).saturating_sub(MARGIN).max(whole.start);
    let to = inside().max().map_or(from + LINE_BYTES, |end| end + MARGIN).min(from + LINE_BYTES).min(whole.end);
    floor_boundary(source.text(), from)..floor_boundary(source.text(), to)
}

fn floor_boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn line_of(source: &Source, offset: usize) -> usize {
    source.line_index(u32::try_from(offset).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceSet;

    fn shown(text: &str, wanted: &[Range<usize>]) -> Vec<Excerpt> {
        let mut set = SourceSet::new();
        let id = set.add("x.net", text);
        excerpts(set.get(id), wanted)
    }

    #[test]
    fn ranges_point_at_the_same_text() {
        let text = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n";
        let wanted = [28..33, 4..7];
        let got = shown(text, &wanted);
        assert_eq!(got.len(), 1);
        assert_eq!(got[0].line, 2);
        for (i, range) in &got[0].ranges {
            assert_eq!(got[0].text[range.clone()], text[wanted[*i].clone()]);
        }
    }

    #[test]
    fn a_huge_line_is_cut_round_the_range() {
        let text = format!("{}needle{}", "é".repeat(500_000), "y".repeat(500_000));
        let at = text.find("needle").expect("it is there");
        let wanted = std::iter::once(at..at + 6).collect::<Vec<_>>();
        let got = shown(&text, &wanted);
        assert!(got[0].text.len() < 500 && got[0].cut);
        assert_eq!(&got[0].text[got[0].ranges[0].1.clone()], "needle");
    }

    #[test]
    fn far_apart_means_two_excerpts() {
        let text = "a\n".repeat(10_000);
        assert_eq!(shown(&text, &[0..1, 19_000..19_001]).len(), 2);
    }
}
