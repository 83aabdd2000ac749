//! Whether fixes do what they say.
//!
//! In: what was found in a text, the fixes made to it, what is found afterwards. Out: yes or no. A fix mends its finding
//! where no finding of the code stands at its place any more, no other error has taken that place, and the texts read no worse
//! and keep their comments. It knows nothing of what a finding is about, changes no text and finds nothing itself.

use std::collections::BTreeMap;

use super::fix::Found;
use crate::code::Code;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::source::{SourceId, SourceSet, Span};
use crate::syntax::{Token, TokenKind, Tokens, lex};

/// A finding and a fix that it offers.
pub type Offer<'d> = (&'d Diagnostic, &'d Fix);

/// Whether each of these findings is gone after all of their fixes, no syntax error has come in and no comment is lost.
#[must_use]
pub fn mends(offers: &[Offer<'_>], before: &Found, after: &Found) -> bool {
    let removed = offers.iter().flat_map(|(_, fix)| &fix.edits).filter(|edit| removes_a_comment(&before.0, edit)).count();
    if syntax_errors(&after.1) > syntax_errors(&before.1) {
        return false;
    }
    let read = Read::new(after);
    if read.comments + removed < comments(&before.0) {
        return false;
    }
    let moved = Moved::new(offers.iter().flat_map(|(_, fix)| &fix.edits));
    if offers.iter().any(|offer| errs_in_turn(offer, before, &read, &moved)) {
        return false;
    }
    offers.iter().all(|(finding, _)| match &finding.primary {
        None => !after.1.iter().any(|other| other.code == finding.code && other.message == finding.message),
        Some(label) => {
            let (from, to) = moved.place(label.span);
            let name = before.0.get(label.span.source).name();
            !after.1.iter().any(|other| other.code == finding.code && stands_in(&after.0, other, name, from..=to))
        }
    })
}

/// Whether another error stands where a fix has written, in place of its finding. One that offers a way on is a step of several.
fn errs_in_turn((finding, fix): &Offer<'_>, before: &Found, read: &Read<'_>, moved: &Moved<'_>) -> bool {
    let after = read.found;
    // What a fix puts in must be read as it is meant, whatever another fix could do about it; what replaces a word that could
    // not be read may uncover what is wrong about it.
    let misread = |edit: &Edit| {
        let ((from, to), name) = (moved.written(edit), before.0.get(edit.span.source).name());
        let errors = after.1.iter().filter(|error| error.is_error() && error.code.is_syntax());
        errors.into_iter().any(|error| stands_in(&after.0, error, name, from..=to - 1) && !was_there(error, edit, before))
    };
    if fix.edits.iter().filter(|edit| edit.span.start == edit.span.end).any(misread) {
        return true;
    }
    let syntax = finding.code.is_syntax();
    // What is said in the right words now was meant before, and the errors of what stands round them were only hidden.
    let alone = syntax && fix.applicability == Applicability::Safe;
    if alone && finding.code == Code::StrayCharacter {
        return false;
    }
    let hidden = |code: Code| is_own_matter(code, syntax) || alone && code.is_syntax();
    let new = |other: &&Diagnostic| other.is_error() && other.fixes.is_empty() && !hidden(other.code);
    let errors: Vec<&Diagnostic> = after.1.iter().filter(new).collect();
    // An argument is judged with its call, and a call's new name with its arguments; a call that is translated stands for itself.
    let with_call = finding.code != Code::UnknownOperation && !errors.is_empty();
    fix.edits.iter().any(|edit| {
        let name = before.0.get(edit.span.source).name();
        let written = moved.written(edit);
        let calls = read.texts.iter().find(|(of, _)| with_call && *of == name).map(|(_, calls)| calls);
        let (from, to) = match calls {
            Some(_) if alone => written,
            Some(calls) if syntax => (written.0, calls.behind(written)),
            Some(calls) => calls.around(written.0).unwrap_or(written),
            None => written,
        };
        errors.iter().any(|error| stands_in(&after.0, error, name, from..=to - 1) && !was_there(error, edit, before))
    })
}

/// Whether an error follows from nothing that a fix writes: a demand that is read now need not hold, and no fix of syntax
/// makes up names.
fn is_own_matter(code: Code, syntax: bool) -> bool {
    code == Code::AssertionFailed || syntax && code == Code::UnknownName
}

/// Whether an error was found before, in these words or in what was replaced.
fn was_there(error: &Diagnostic, edit: &Edit, before: &Found) -> bool {
    let replaced = |span: Span| span.source == edit.span.source && (edit.span.start..edit.span.end).contains(&span.start);
    let is_it = |one: &Diagnostic| one.message == error.message || one.primary.as_ref().is_some_and(|at| replaced(at.span));
    before.1.iter().any(|one| one.code == error.code && is_it(one))
}

/// What was found after the fixes, with its texts as they read: each is read once, however many fixes there are.
struct Read<'f> {
    found: &'f Found,
    /// By the names of the texts.
    texts: Vec<(&'f str, Calls)>,
    comments: usize,
}

impl<'f> Read<'f> {
    fn new(found: &'f Found) -> Self {
        let mut comments = 0;
        let texts = found.0.iter().map(|(id, source)| {
            let lexed = lex(source.text(), id);
            comments += lexed.comments.len();
            (source.name(), Calls::new(lexed.tokens))
        });
        Self { found, texts: texts.collect(), comments }
    }
}

/// No token.
const NONE: u32 = u32::MAX;

/// Where the lists of a text begin and end.
struct Calls {
    tokens: Tokens,
    /// For each token the bracket that is open before it, or `NONE`. A text has fewer tokens than bytes.
    open: Vec<u32>,
    /// The brackets that are closed, in order, each with what closes it.
    closed: Vec<(u32, u32)>,
}

impl Calls {
    fn new(tokens: Tokens) -> Self {
        let (mut around, mut open, mut closed) = (Vec::new(), Vec::with_capacity(tokens.len()), Vec::new());
        for (index, token) in (0..).zip(tokens.iter()) {
            open.push(around.last().copied().unwrap_or(NONE));
            if token.kind.is_closer() {
                closed.extend(around.pop().map(|bracket| (bracket, index)));
            }
            if token.kind.closer().is_some() {
                around.push(index);
            }
        }
        closed.sort_unstable();
        Self { tokens, open, closed }
    }

    /// The first token that begins there or later.
    fn at(&self, place: i64) -> usize {
        self.tokens.first_at(u32::try_from(place.max(0)).unwrap_or(u32::MAX))
    }

    /// The end of the list that follows what was written, else of that.
    fn behind(&self, (from, to): (i64, i64)) -> i64 {
        let open = self.at(to);
        let is_list = |token: &Token| from < to && token.kind == TokenKind::OpenParen && i64::from(token.start) == to;
        let end = self.tokens.get(open).filter(is_list).and_then(|_| self.closer(open));
        end.map_or(to, |end| i64::from(end.end))
    }

    /// From the name to the closing bracket of the call that a place is an argument of.
    fn around(&self, place: i64) -> Option<(i64, i64)> {
        let open = *self.open.get(self.at(place))? as usize;
        // What stands in a body is no argument.
        let bracket = self.tokens.get(open).filter(|bracket| bracket.kind != TokenKind::OpenBrace)?;
        let end = self.closer(open)?;
        let callee = open.checked_sub(1).and_then(|before| self.tokens.get(before)).filter(|token| token.kind == TokenKind::Name);
        Some((i64::from(callee.unwrap_or(bracket).start), i64::from(end.end)))
    }

    /// What closes a bracket.
    fn closer(&self, open: usize) -> Option<Token> {
        let at = self.closed.binary_search_by_key(&open, |(bracket, _)| *bracket as usize).ok()?;
        self.tokens.get(self.closed[at].1 as usize)
    }
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

    /// From where to where the text of an edit stands now.
    fn written(&self, edit: &Edit) -> (i64, i64) {
        let edits = self.edits.get(&edit.span.source).map_or(&[][..], Vec::as_slice);
        let added = edits.iter().find(|(_, other)| std::ptr::eq(*other, edit)).map_or(0, |(added, _)| *added);
        let begin = i64::from(edit.span.start) + added;
        (begin, begin + edit.replacement.len() as i64)
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
        assert!(mended((4, 5, "xxx"), &[(Code::UnknownOperation, 7)]), "another finding, elsewhere");
    }

    #[test]
    fn no_other_error_may_take_its_place() {
        let is_kept_as = |applicability: Applicability, code: Code, fix: &str, text: &str, left: (Code, &str)| {
            let mut before = found("a(b, c) d", &[(code, 2)]);
            let span = before.1[0].primary.clone().expect("a place").span;
            before.1[0] = before.1[0].clone().fix(applicability, "", vec![Edit::replace(span, fix)]);
            let at = text.find(left.1).expect("it stands there");
            mends(&[(&before.1[0], &before.1[0].fixes[0])], &before, &found(text, &[(left.0, at)]))
        };
        let is_kept = |code, fix, text, left| is_kept_as(Applicability::Unsafe, code, fix, text, left);
        let argument = |left| is_kept(Code::UnknownArgument, "xy", "a(xy, c) d", left);
        assert!(!argument((Code::InvalidValue, "xy")), "at what was written");
        assert!(!argument((Code::InvalidValue, "c")) && !argument((Code::KernelTooLarge, "a")), "in the same call");
        assert!(argument((Code::InvalidValue, "d")), "what was hidden may come to light");
        let call = |left| is_kept(Code::UnknownOperation, "xy", "a(xy, c) d", left);
        assert!(!call((Code::KernelTooLarge, "xy")) && call((Code::KernelTooLarge, "a")), "a call stands for itself");
        let misread = |at: usize, left: usize| {
            let mut before = found("a(b, c) d", &[(Code::UnexpectedToken, 2)]);
            let span = Span { start: at as u32, end: at as u32, ..before.1[0].primary.clone().expect("a place").span };
            before.1[0] = before.1[0].clone().fix(Safe, "", vec![Edit::replace(span, ")")]);
            !mends(&[(&before.1[0], &before.1[0].fixes[0])], &before, &found("a(b, )c) d", &[(Code::UnclosedDelimiter, left)]))
        };
        assert!(misread(5, 5) && !misread(5, 9), "what is put in is read");
        let syntax = |left| is_kept(Code::UnexpectedToken, "xy", "a(xy, c) d", left);
        assert!(!syntax((Code::UnknownOperation, "xy")), "what no operation is called");
        assert!(syntax((Code::UnknownName, "xy")), "the name is the author's");
        let safe = |left| is_kept_as(Safe, Code::UnexpectedToken, "xy", "a(xy, c) d", left);
        assert!(!safe((Code::UnknownOperation, "xy")) && safe((Code::InvalidValue, "c")), "only what was written is its own");
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
