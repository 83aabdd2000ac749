//! The safe fixes of a text, applied round by round.
//!
//! In: a text, and what is found in such a text. Out: the text after them, how many they were, and what is left. Fixes that
//! are not safe are for a person to decide, and edits of used files for a run on those files.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::edit::apply;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::source::{SourceId, SourceSet};

/// A fix may bring a further one to light, as a mended value does with those made of it, but not without end.
const MOST_ROUNDS: usize = 1000;

/// A text, the first of these sources, and what was found in it.
pub type Found = (SourceSet, Vec<Diagnostic>);

/// A text after its safe fixes.
#[derive(Debug)]
pub struct Fixed {
    /// The text.
    pub text: String,
    /// How many fixes were applied.
    pub applied: usize,
    /// The text with those that it uses.
    pub sources: SourceSet,
    /// What is left.
    pub diagnostics: Vec<Diagnostic>,
}

/// Applies safe fixes until there are none to a text that was found to have these; `find` checks the text after a round. A round
/// after which the text reads worse, with more syntax errors than before, is taken back, and the fix at fault left out.
#[must_use]
pub fn fixed(found: Found, find: impl Fn(String) -> Found) -> Fixed {
    let text = found.0.iter().next().map_or(String::new(), |(_, main)| main.text().to_owned());
    let mut fixed = Fixed { text, applied: 0, sources: found.0, diagnostics: found.1 };
    let mut seen = HashSet::from([digest(&fixed.text)]);
    let (mut most, mut harmful) = (usize::MAX, HashSet::new());
    for _ in 0..MOST_ROUNDS {
        let Some((main, _)) = fixed.sources.iter().next() else { break };
        let round = round(&fixed.diagnostics, main, &harmful, most);
        let Some(only) = round.first() else { break };
        let edits: Vec<Edit> = round.iter().flat_map(|fix| fix.edits.iter().cloned()).collect();
        let text = apply(&fixed.text, &edits);
        let (sources, diagnostics) = find(text.clone());
        if syntax_errors(&diagnostics) > syntax_errors(&fixed.diagnostics) {
            // One of them does harm: it is found by halves.
            most = round.len() / 2;
            if round.len() == 1 {
                harmful.insert(key(only));
                most = usize::MAX;
            }
            continue;
        }
        most = usize::MAX;
        fixed = Fixed { text, applied: fixed.applied + round.len(), sources, diagnostics };
        // Fixes that undo each other.
        if !seen.insert(digest(&fixed.text)) {
            break;
        }
    }
    fixed
}

fn syntax_errors(diagnostics: &[Diagnostic]) -> usize {
    diagnostics.iter().filter(|found| found.is_error() && found.code.id().starts_with("PW01")).count()
}

/// What a fix does, wherever it stands by now.
fn key(fix: &Fix) -> String {
    fix.edits.iter().fold(fix.message.clone(), |key, edit| format!("{key}\n{}", edit.replacement))
}

fn digest(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// The first safe fixes that do not overlap and are not known to do harm. Of two that overlap the first is taken.
fn round<'d>(diagnostics: &'d [Diagnostic], main: SourceId, harmful: &HashSet<String>, most: usize) -> Vec<&'d Fix> {
    let mut chosen: Vec<&Fix> = Vec::new();
    let mut taken: BTreeMap<u32, u32> = BTreeMap::new();
    for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic.silenced.is_none()) {
        let is_fit = |fix: &&Fix| fix.applicability == Applicability::Safe && !harmful.contains(&key(fix));
        let Some(fix) = diagnostic.fixes.iter().find(is_fit) else { continue };
        if fix.edits.iter().any(|edit| edit.span.source != main || overlaps(&taken, edit)) {
            continue;
        }
        if chosen.len() == most {
            break;
        }
        taken.extend(fix.edits.iter().map(|edit| (edit.span.start, edit.span.end)));
        chosen.push(fix);
    }
    chosen
}

/// Whether an edit touches a range that another one changes, or is put where another one is.
fn overlaps(taken: &BTreeMap<u32, u32>, edit: &Edit) -> bool {
    let (start, end) = (edit.span.start, edit.span.end.max(edit.span.start + 1));
    taken.range(..end).next_back().is_some_and(|(other, until)| *until > start || *other == start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::source::Span;

    /// Everywhere that one of the letters stands, a safe fix that replaces `length` letters.
    fn find(text: &str, fixes: &[(char, u32, &str)]) -> Found {
        let mut sources = SourceSet::new();
        let source = sources.add("x.net", text);
        let found = text.char_indices().filter_map(|(at, c)| {
            let (_, length, replacement) = fixes.iter().find(|(letter, _, _)| *letter == c)?;
            let span = Span { source, start: at as u32, end: at as u32 + length };
            let found = Diagnostic::error(Code::UnexpectedToken, "a letter", span, "");
            Some(found.fix(Applicability::Safe, "replace it", vec![Edit::replace(span, *replacement)]))
        });
        let diagnostics = found.collect();
        (sources, diagnostics)
    }

    fn all(text: &str, find: impl Fn(String) -> Found) -> Fixed {
        fixed(find(text.to_owned()), find)
    }

    #[test]
    fn the_first_of_two_that_overlap_is_taken_and_the_other_in_the_next_round() {
        let one = all("abc-b", |text| find(&text, &[('a', 2, "b"), ('b', 1, "x")]));
        assert_eq!((one.text.as_str(), one.applied), ("xc-x", 3), "the first `b` goes with `a`");
        assert!(one.diagnostics.is_empty());
    }

    #[test]
    fn a_fix_of_several_edits_waits_where_one_of_them_overlaps() {
        let both = all("abc", |text| {
            let (sources, mut found) = find(&text, &[('a', 2, "x"), ('c', 1, "y")]);
            if text == "abc" {
                let edits = &mut found[1].fixes[0].edits;
                edits.push(Edit::replace(Span { start: 1, end: 2, ..edits[0].span }, "z"));
            }
            (sources, found)
        });
        assert_eq!((both.text.as_str(), both.applied), ("xy", 2));
    }

    #[test]
    fn fixes_that_make_each_other_necessary_come_to_an_end() {
        let endless = all("a", |text| find(&text, &[('a', 1, "b"), ('b', 1, "a")]));
        assert_eq!((endless.text.as_str(), endless.applied, endless.diagnostics.len()), ("a", 2, 1));
    }

    #[test]
    fn a_long_chain_is_mended_to_its_end() {
        // Each mended letter uncovers the next.
        let chain = all(&"a".repeat(50), |text| {
            let (sources, mut found) = find(&text, &[('a', 1, "b")]);
            found.truncate(1);
            (sources, found)
        });
        assert_eq!((chain.text, chain.applied, chain.diagnostics.len()), ("b".repeat(50), 50, 0));
    }

    #[test]
    fn what_is_a_guess_or_stands_elsewhere_stays() {
        let guess = all("a", |text| {
            let (sources, mut found) = find(&text, &[('a', 1, "b")]);
            found[0].fixes[0].applicability = Applicability::Unsafe;
            (sources, found)
        });
        assert_eq!((guess.text.as_str(), guess.applied), ("a", 0));
        let elsewhere = all("a", |text| {
            let (mut sources, mut found) = find(&text, &[('a', 1, "b")]);
            found[0].fixes[0].edits[0].span.source = sources.add("used.net", "a");
            (sources, found)
        });
        assert_eq!((elsewhere.text.as_str(), elsewhere.applied), ("a", 0));
    }

    #[test]
    fn a_fix_after_which_the_text_reads_worse_is_left_out() {
        // `b` becomes three errors that nothing mends; the other two are not held up by it.
        let done = all("aba", |text| find(&text, &[('a', 1, "x"), ('b', 1, "cccc"), ('c', 1, "c")]));
        assert_eq!((done.text.as_str(), done.applied, done.diagnostics.len()), ("xbx", 2, 1));
    }

    #[test]
    fn edits_overlap_where_they_meet() {
        let mut sources = SourceSet::new();
        let source = sources.add("x.net", "abcdefgh");
        let taken = BTreeMap::from([(2, 4), (6, 6)]);
        let edit = |start, end| Edit::replace(Span { source, start, end }, "");
        for (start, end, expected) in
            [(0, 2, false), (0, 3, true), (3, 3, true), (4, 4, false), (4, 6, false), (6, 6, true), (5, 7, true)]
        {
            assert_eq!(overlaps(&taken, &edit(start, end)), expected, "{start}..{end}");
        }
    }
}
