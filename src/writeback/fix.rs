//! The fixes of a text, applied round by round.
//!
//! In: a text, and what is found in such a text. Out: the text after them, how many they were, and what is left. Fixes that
//! are not safe are made only where a person decided so, and edits of used files are for a run on those files.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::edit::apply;
use super::proof::{Offer, mends};
use super::work::Work;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::source::SourceSet;

/// A fix may bring a further one to light, as a mended value does with those made of it, but not without end.
pub const MOST_ROUNDS: usize = 1000;

/// A text, the first of these sources, and what was found in it.
pub type Found = (SourceSet, Vec<Diagnostic>);

/// A text after its fixes.
#[derive(Debug)]
pub struct Fixed {
    /// The text.
    pub text: String,
    /// How many fixes were applied.
    pub applied: usize,
    /// Whether there may be more to apply: there were fixes to try, and no work or no rounds left for them.
    pub is_cut: bool,
    /// The text with those that it uses, and what is left.
    pub found: Found,
}

/// Applies fixes until there are none to a text that was found to have these: the safe ones, or the guesses as well, of which a
/// finding's first is taken. `find` checks the text after a round, and spends what that cost. A round that does not mend all that
/// it was made for, or after which the text reads worse, is taken back, and the fix at fault left out. Where the work ends before
/// anything was applied, single fixes are tried for as long as that can be afforded, so that another run has less to do.
#[must_use]
pub fn fixed(found: Found, most: Applicability, work: &Work, find: impl Fn(String) -> Found) -> Fixed {
    let text = found.0.iter().next().map_or(String::new(), |(_, main)| main.text().to_owned());
    let mut fixed = Fixed { text, applied: 0, is_cut: false, found };
    let mut seen = HashSet::from([digest(&fixed.text)]);
    let (mut size, mut harmful) = (usize::MAX, HashSet::new());
    for _ in 0..MOST_ROUNDS {
        let is_spent = !work.is_left();
        let round = round(&fixed.found, most, &harmful, if is_spent { 1 } else { size });
        let Some(only) = round.first() else { return fixed };
        if is_spent && (fixed.applied > 0 || !work.may_overdraw()) {
            break;
        }
        let edits: Vec<Edit> = round.iter().flat_map(|(_, fix)| fix.edits.iter().cloned()).collect();
        let text = apply(&fixed.text, &edits);
        let after = find(text.clone());
        // Fixes that undo each other come back to a text that was there.
        if !mends(&round, &fixed.found, &after) || seen.contains(&digest(&text)) {
            // One of them does harm: it is found by halves.
            size = round.len() / 2;
            if round.len() == 1 {
                harmful.insert(key(&fixed.found.0, *only));
                size = usize::MAX;
            }
            continue;
        }
        size = usize::MAX;
        seen.insert(digest(&text));
        fixed = Fixed { text, applied: fixed.applied + round.len(), found: after, ..fixed };
    }
    Fixed { is_cut: true, ..fixed }
}

/// What a fix does and the line that it is for, wherever that stands by now.
fn key(sources: &SourceSet, (finding, fix): Offer<'_>) -> String {
    let line = finding.primary.as_ref().map_or("", |label| {
        let source = sources.get(label.span.source);
        &source.text()[source.line_range(source.line_index(label.span.start))]
    });
    fix.edits
        .iter()
        .fold(format!("{line}\n{}\n{}", finding.message, fix.message), |key, edit| format!("{key}\n{}", edit.replacement))
}

fn digest(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// The first fixes that do not overlap and are not known to do harm. Of two that overlap the first is taken.
fn round<'d>(found: &'d Found, most: Applicability, harmful: &HashSet<String>, size: usize) -> Vec<Offer<'d>> {
    let mut chosen: Vec<Offer<'_>> = Vec::new();
    let mut taken: BTreeMap<u32, u32> = BTreeMap::new();
    let Some((main, _)) = found.0.iter().next() else { return chosen };
    let offers = offers(&found.1);
    for diagnostic in found.1.iter().filter(|diagnostic| diagnostic.silenced.is_none()) {
        let does_harm = |fix: &Fix| !harmful.is_empty() && harmful.contains(&key(&found.0, (diagnostic, fix)));
        let is_fit = |fix: &&Fix| fix.applicability <= most && !does_harm(fix);
        let Some(fix) = first_shared(diagnostic.fixes.iter().filter(is_fit), &offers) else { continue };
        if fix.edits.iter().any(|edit| edit.span.source != main || overlaps(&taken, edit)) {
            continue;
        }
        if chosen.len() == size {
            break;
        }
        taken.extend(fix.edits.iter().map(|edit| (edit.span.start, edit.span.end)));
        chosen.push((diagnostic, fix));
    }
    chosen
}

/// What a fix does.
type Change<'d> = Vec<(u32, u32, &'d str)>;

fn change(fix: &Fix) -> Change<'_> {
    fix.edits.iter().map(|edit| (edit.span.start, edit.span.end, edit.replacement.as_str())).collect()
}

/// For each change that mends a shape how many findings offer it.
fn offers(found: &[Diagnostic]) -> BTreeMap<Change<'_>, usize> {
    let mut offers = BTreeMap::new();
    for fix in found.iter().filter(|finding| finding.code.is_of_shapes()).flat_map(|finding| &finding.fixes) {
        *offers.entry(change(fix)).or_insert(0) += 1;
    }
    offers
}

/// The first of a finding's fixes, or one that mends more findings: another one may be contrary to those.
fn first_shared<'d>(fixes: impl Iterator<Item = &'d Fix>, offers: &BTreeMap<Change<'d>, usize>) -> Option<&'d Fix> {
    let mended = |fix: &Fix| offers.get(&change(fix)).copied().unwrap_or(0);
    fixes.reduce(|first, other| if mended(other) > mended(first) && mended(other) > 1 { other } else { first })
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
            // Another finding at the same place is not the one that was mended.
            let syntax = [Code::UnexpectedToken, Code::UnclosedDelimiter, Code::StrayCharacter];
            let meaning = [Code::UnknownName, Code::WrongType, Code::InvalidValue];
            let code = if c.is_uppercase() { meaning } else { syntax }[c as usize % 3];
            let span = Span { source, start: at as u32, end: at as u32 + length };
            let found = Diagnostic::error(code, "a letter", span, "");
            Some(found.fix(Applicability::Safe, "replace it", vec![Edit::replace(span, *replacement)]))
        });
        let diagnostics = found.collect();
        (sources, diagnostics)
    }

    fn all(text: &str, find: impl Fn(String) -> Found) -> Fixed {
        fixed(find(text.to_owned()), Applicability::Safe, &Work::default(), find)
    }

    #[test]
    fn the_first_of_two_that_overlap_is_taken_and_the_other_in_the_next_round() {
        let one = all("abc-b", |text| find(&text, &[('a', 2, "b"), ('b', 1, "x")]));
        assert_eq!((one.text.as_str(), one.applied), ("xc-x", 3), "the first `b` goes with `a`");
        assert!(one.found.1.is_empty());
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
        let endless = all("A", |text| find(&text, &[('A', 1, "B"), ('B', 1, "A")]));
        assert_eq!((endless.text.as_str(), endless.applied, endless.found.1.len()), ("B", 1, 1));
    }

    #[test]
    fn a_long_chain_is_mended_to_its_end() {
        // Each mended letter uncovers the next.
        let chain = all(&"a".repeat(50), |text| {
            let (sources, mut found) = find(&text, &[('a', 1, "b")]);
            found.truncate(1);
            (sources, found)
        });
        assert_eq!((chain.text, chain.applied, chain.found.1.len(), chain.is_cut), ("b".repeat(50), 50, 0, false));
    }

    #[test]
    fn where_no_work_is_left_it_ends_and_says_so() {
        let work = Work::new(3);
        let first = |text: &str| {
            let (sources, mut found) = find(text, &[('a', 1, "b")]);
            found.truncate(1);
            (sources, found)
        };
        let cut = |text: &str| {
            fixed(first(text), Applicability::Safe, &work, |text| {
                work.spend(1);
                first(&text)
            })
        };
        let found = cut("aaaaaa");
        assert_eq!((found.text.as_str(), found.applied, found.is_cut), ("bbbaaa", 3, true));
        let found = cut("bbb");
        assert!(!found.is_cut, "nothing was left to do");
    }

    #[test]
    fn where_one_round_takes_all_work_something_is_done_nevertheless() {
        // `b` becomes what nothing mends, so that the round of all is taken back.
        let cut = |cost: u64| {
            let find = |text: &str| find(text, &[('a', 1, "x"), ('b', 1, "cccc"), ('c', 1, "c")]);
            let work = Work::new(10);
            fixed(find("bab"), Applicability::Safe, &work, |text| {
                work.spend(cost);
                find(&text)
            })
        };
        let one = cut(10);
        assert_eq!((one.text.as_str(), one.applied, one.is_cut), ("bxb", 1, true));
        let none = cut(30);
        assert_eq!((none.text.as_str(), none.applied, none.is_cut), ("bab", 0, true), "not at any price");
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
        assert_eq!((done.text.as_str(), done.applied, done.found.1.len()), ("xbx", 2, 1));
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
