//! Takes back the `refine` lines that an earlier run wrote at the end of a net.
//!
//! In: a net with its text. Out: edits, added to [`Undone`]. Lines are known by what is said above them, under the heading of a
//! plan: a person's own lines, comments and statements stay, wherever they stand.

use super::sentences::{Says, is_next_line, said_in, sentence};
use super::undo::{Undone, changed, is_alone, whole_lines};
use crate::diagnostic::{Diagnostic, Edit};
use crate::source::Span;
use crate::syntax::ast::{Ast, Body, Comment, ExprKind, Net, Statement, StatementKind};

/// Something on lines of its own in a body.
enum Entry<'a> {
    Said(&'a Comment),
    Done(&'a Statement),
}

impl Entry<'_> {
    fn span(&self) -> Span {
        match self {
            Self::Said(comment) => comment.span,
            Self::Done(statement) => statement.marks().first().map_or(statement.span, |mark| mark.span.to(statement.span)),
        }
    }
}

/// Takes back the lines of a net.
///
/// # Errors
/// One of them does not stand alone any more.
pub(super) fn lines(text: &str, ast: &Ast, net: &Net, undone: &mut Undone) -> Result<(), Box<Diagnostic>> {
    let entries = entries(ast, &net.body);
    let mut walk = Walk { text, ast, is_under_heading: false, taken: Vec::new(), lines: 0 };
    walk.body(&entries, undone);
    let mut last = 0;
    for span in walk.taken {
        if !is_alone(text, span) {
            let behind = ast.comments.iter().find(|comment| comment.span.start >= span.end && comment.trailing);
            let at = behind.filter(|comment| !text[span.end as usize..comment.span.start as usize].contains('\n'));
            let at = at.map_or(span, |comment| comment.span);
            return Err(changed(at, "what an earlier run wrote shares its line with something else", "here"));
        }
        let edit = with_gap(text, whole_lines(text, span), last);
        last = edit.span.end;
        undone.edits.push(edit);
    }
    undone.lines += walk.lines;
    Ok(())
}

/// The edit with the empty line before, where there is one that no other edit takes.
fn with_gap(text: &str, edit: Edit, last: u32) -> Edit {
    let above = &text[last as usize..edit.span.start as usize];
    let start = above.strip_suffix('\n').map(|above| above.rfind('\n').map_or(0, |at| at + 1));
    match start.filter(|start| above[*start..].trim().is_empty() && !above[*start..].is_empty()) {
        Some(start) => Edit::replace(Span { start: last + start as u32, ..edit.span }, ""),
        None => edit,
    }
}

/// The comments and statements of a body, in order.
fn entries<'a>(ast: &'a Ast, body: &'a Body) -> Vec<Entry<'a>> {
    let mut entries: Vec<Entry<'a>> = body.statements.iter().map(Entry::Done).collect();
    let inside = |comment: &&Comment| {
        let is_in = |statement: &Statement| statement.span.contains(comment.span);
        !comment.trailing && body.span.contains(comment.span) && !body.statements.iter().any(is_in)
    };
    entries.extend(ast.comments.iter().filter(inside).map(Entry::Said));
    entries.sort_by_key(|entry| entry.span().start);
    entries
}

/// What is taken back of a net so far.
struct Walk<'a> {
    text: &'a str,
    ast: &'a Ast,
    is_under_heading: bool,
    taken: Vec<Span>,
    /// How many of them are `refine` statements.
    lines: usize,
}

impl Walk<'_> {
    /// Takes back what is written in a body; whether that is all of it.
    fn body(&mut self, entries: &[Entry<'_>], undone: &mut Undone) -> bool {
        let (mut at, mut is_all) = (0, true);
        // Where the line that is known last ends, while lines follow on it.
        let mut group: Option<u32> = None;
        while let Some(entry) = entries.get(at) {
            let span = entry.span();
            let taken = match entry {
                Entry::Said(_) => self.said(&entries[at..], undone),
                Entry::Done(statement) if matches!(statement.kind, StatementKind::Refine { .. }) => {
                    let follows = group.is_some_and(|end| is_next_line(self.text, end, span.start));
                    self.lines += usize::from(follows);
                    follows.then_some((1, true))
                }
                Entry::Done(statement) => self.guarded(statement, undone).then_some((1, false)),
            };
            let Some((count, is_group)) = taken else {
                (group, is_all, at) = (None, false, at + 1);
                continue;
            };
            let all = &entries[at..at + count];
            self.taken.extend(all.iter().map(Entry::span));
            group = all.last().map(|last| last.span().end).filter(|_| is_group);
            at += count;
        }
        is_all
    }

    /// The sentence that begins with the first of these: how many lines it takes, and whether `refine` lines follow it.
    fn said(&mut self, entries: &[Entry<'_>], undone: &mut Undone) -> Option<(usize, bool)> {
        let mut said: Vec<&str> = Vec::new();
        let mut last: Option<Span> = None;
        for entry in entries {
            let Entry::Said(comment) = entry else { break };
            if last.is_some_and(|last| !is_next_line(self.text, last.end, comment.span.start)) {
                break;
            }
            last = Some(comment.span);
            said.push(said_in(self.text, comment));
        }
        let sentence = sentence(&said)?;
        match sentence.says {
            Says::Heading => self.is_under_heading = true,
            Says::Steps(_) => return None,
            Says::Counts(..) | Says::Claim | Says::Lines if !self.is_under_heading => return None,
            Says::Counts(before, after) => undone.counts.push((before, after)),
            Says::Claim => {}
            Says::Lines => return Some((sentence.lines, true)),
        }
        Some((sentence.lines, false))
    }

    /// Whether a statement is an `if` that holds nothing but lines of an earlier run.
    fn guarded(&mut self, statement: &Statement, undone: &mut Undone) -> bool {
        let StatementKind::Expr(value) = &statement.kind else { return false };
        let ExprKind::If(choice) = &value.kind else { return false };
        let ([(_, body)], None) = (choice.arms.as_slice(), &choice.otherwise) else { return false };
        let mut inner = Walk { taken: Vec::new(), lines: 0, ..*self };
        let is_ours = self.is_under_heading && inner.body(&entries(self.ast, body), undone) && inner.lines > 0;
        self.lines += if is_ours { inner.lines } else { 0 };
        is_ours
    }
}
