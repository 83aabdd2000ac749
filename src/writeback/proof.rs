//! Whether fixes do what they say.
//!
//! In: what was found in a text, the fixes made to it, what is found afterwards. Out: yes or no. A fix mends its finding
//! where no finding of the code stands at its place any more and the texts read no worse and keep their comments. It knows nothing of what a finding
//! is about, changes no text and finds nothing itself.

use std::collections::BTreeMap;

use super::fix::Found;
use crate::diagnostic::{Diagnostic, Edit, Fix};
use crate::source::{SourceId, SourceSet, Span};
use crate::syntax::lex;

/// A finding and a fix that it offers.
pub type Offer<'d> = (&'d Diagnostic, &'d Fix);

/// Whether each of these findings is gone after all of their fixes, no syntax error has come in and no comment is lost.
#[must_use]
pub fn mends(offers: &[Offer<'_>], before: &Found, after: &Found) -> bool {
    let removed = offers.iter().flat_map(|(_, fix)| &fix.edits).filter(|edit| removes_a_comment(&before.0, edit)).count();
    if syntax_errors(&after.1) > syntax_errors(&before.1) || comments(&after.0) + removed < comments(&before.0) {
        return false;
    }
    let moved = Moved::new(offers.iter().flat_map(|(_, fix)| &fix.edits));
    offers.iter().all(|(finding, _)| match &finding.primary {
        None => !after.1.iter().any(|other| other.code == finding.code && other.message == finding.message),
        Some(label) => {
            let (from, to) = moved.place(label.span);
            let name = before.0.get(label.span.source).name();
            !after.1.iter().any(|other| other.code == finding.code && stands_in(&after.0, other, name, from..=to))
        }
    })
}

/// How many errors are of syntax.
#[must_use]
pub fn syntax_errors(diagnostics: &[Diagnostic]) -> usize {
    diagnostics.iter().filter(|found| found.is_error() && found.code.is_syntax()).count()
}

/// How many comments all texts have together.
fn comments(sources: &SourceSet) -> usize {
    sources.iter().map(|(id, source)| lex(source.text(), id).comments.len()).sum()
}

/// Whether an edit takes out just a comment, which is then what it is for.
fn removes_a_comment(sources: &SourceSet, edit: &Edit) -> bool {
    let removed = sources.text(edit.span).trim();
    edit.replacement.is_empty() && removed.starts_with('#') && !removed.contains('\n')
}

fn stands_in(sources: &SourceSet, finding: &Diagnostic, name: &str, range: std::ops::RangeInclusive<i64>) -> bool {
    let inside = |span: Span| range.contains(&i64::from(span.start)) && sources.get(span.source).name() == name;
    finding.primary.as_ref().is_some_and(|label| inside(label.span))
}

/// Where places are after edits.
struct Moved<'e> {
    /// The edits of each text in order, with what all before them add to its length.
    edits: BTreeMap<SourceId, Vec<(i64, &'e Edit)>>,
}

impl<'e> Moved<'e> {
    fn new(edits: impl Iterator<Item = &'e Edit>) -> Self {
        let mut of: BTreeMap<SourceId, Vec<(i64, &Edit)>> = BTreeMap::new();
        for edit in edits {
            of.entry(edit.span.source).or_default().push((0, edit));
        }
        for edits in of.values_mut() {
            edits.sort_by_key(|(_, edit)| (edit.span.start, edit.span.end));
            let mut added = 0;
            for (before, edit) in edits {
                *before = added;
                added += edit.replacement.len() as i64 - i64::from(edit.span.end - edit.span.start);
            }
        }
        Self { edits: of }
    }

    /// The first and the last offset at which what began a span may begin now: it stays one where nothing was put in or
    /// replaced just there.
    fn place(&self, span: Span) -> (i64, i64) {
        let start = i64::from(span.start);
        let edits = self.edits.get(&span.source).map_or(&[][..], Vec::as_slice);
        let reached = edits.partition_point(|(_, edit)| edit.span.start <= span.start);
        let Some((added, edit)) = reached.checked_sub(1).map(|last| edits[last]) else { return (start, start) };
        let length = edit.replacement.len() as i64;
        let begin = i64::from(edit.span.start) + added;
        if edit.span.start == edit.span.end && edit.span.start == span.start {
            (begin, begin + length)
        } else if span.start < edit.span.end {
            (begin, begin + (length - 1).max(0))
        } else {
            let now = start + added + length - i64::from(edit.span.end - edit.span.start);
            (now, now)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::diagnostic::Applicability::Safe;

    fn found(text: &str, at: &[(Code, usize)]) -> Found {
        let mut sources = SourceSet::new();
        let source = sources.add("x.net", text);
        let span = |at: usize| Span { source, start: at as u32, end: at as u32 + 1 };
        (sources, at.iter().map(|(code, at)| Diagnostic::error(*code, "x", span(*at), "")).collect())
    }

    /// Whether a finding at 4 counts as mended where, after an edit, findings stand at these offsets.
    fn mended(edit: (u32, u32, &str), left: &[(Code, usize)]) -> bool {
        let mut before = found("abcdefgh", &[(Code::UnknownName, 4)]);
        let label = before.1[0].primary.clone().expect("a place");
        let edit = Edit::replace(Span { start: edit.0, end: edit.1, ..label.span }, edit.2);
        before.1[0] = before.1[0].clone().fix(Safe, "", vec![edit]);
        mends(&[(&before.1[0], &before.1[0].fixes[0])], &before, &found("abcdefghij", left))
    }

    #[test]
    fn a_finding_is_followed_to_where_it_stands_after_the_edit() {
        let name = |at| (Code::UnknownName, at);
        assert!(mended((4, 5, ""), &[]));
        assert!(!mended((6, 7, "xxx"), &[name(4)]), "an edit behind it moves nothing");
        assert!(!mended((1, 2, "xxx"), &[name(6)]), "one before it moves it");
        assert!(mended((1, 2, "xxx"), &[name(4)]), "what stands there now is another");
        assert!(!mended((4, 5, "xxx"), &[name(6)]) && mended((4, 5, "xxx"), &[name(7)]), "within the new text");
        assert!(!mended((4, 4, "xxx"), &[name(7)]), "behind what was put before it");
        assert!(mended((4, 5, "xxx"), &[(Code::UnknownOperation, 4)]), "another finding");
    }

    #[test]
    fn no_syntax_error_may_come_in() {
        assert!(!mended((4, 5, "xxx"), &[(Code::UnexpectedToken, 9)]));
        assert!(mended((4, 5, "xxx"), &[(Code::WrongType, 9)]), "what the finding hid may come to light");
    }

    #[test]
    fn no_comment_may_be_lost() {
        let mut before = found("ab # c", &[(Code::UnknownName, 0)]);
        let span = before.1[0].primary.clone().expect("a place").span;
        before.1[0] = before.1[0].clone().fix(Safe, "", vec![Edit::replace(Span { end: 6, ..span }, "x")]);
        let offer = [(&before.1[0], &before.1[0].fixes[0])];
        assert!(!mends(&offer, &before, &found("x", &[])) && mends(&offer, &before, &found("x # c", &[])));
    }
}
