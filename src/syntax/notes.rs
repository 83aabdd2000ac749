//! Notes: comment paragraphs that begin with `Note:` and that reports repeat beside the numbers they are about.

use super::ast::{Ast, Comment};
use super::silence::is_silence;

/// The notes of a file in order, without `#` and `Note:`. A note ends with its comment block; lines are joined by spaces,
/// except those that begin a list item.
#[must_use]
pub fn notes(text: &str, ast: &Ast) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    let mut open: Option<u32> = None;
    let is_prose =
        |comment: &&Comment| !comment.trailing && !is_silence(&text[comment.span.start as usize..comment.span.end as usize]);
    for comment in ast.comments.iter().filter(is_prose) {
        let body = body(text, comment);
        let follows = open.is_some_and(|end| is_next_line(text, end, comment));
        if let Some(first) = body.strip_prefix("Note:") {
            notes.push(first.trim().to_owned());
        } else if let (true, Some(note)) = (follows, notes.last_mut()) {
            note.push(if body.starts_with("- ") { '\n' } else { ' ' });
            note.push_str(body);
        } else {
            continue;
        }
        open = Some(comment.span.end);
    }
    notes
}

fn body<'t>(text: &'t str, comment: &Comment) -> &'t str {
    text[comment.span.start as usize..comment.span.end as usize].trim_start_matches('#').trim()
}

/// Whether only a line end and indentation lie between.
fn is_next_line(text: &str, end: u32, comment: &Comment) -> bool {
    let between = text.get(end as usize..comment.span.start as usize).unwrap_or("x");
    between.trim().is_empty() && between.matches('\n').count() == 1
}

#[cfg(test)]
mod tests {
    use super::notes;
    use crate::source::SourceSet;

    #[test]
    fn a_note_is_a_paragraph() {
        let text = "# A net.\n#\n# Note: one\n# two\n# - three\n\n# four\nnet n {\n    # Note: five\n    input x: [1]  # Note: no\n    output y = x\n}\n";
        let mut sources = SourceSet::new();
        let id = sources.add("n.net", text);
        let (ast, _) = super::super::parse(&sources, id);
        assert_eq!(notes(text, &ast), ["one two\n- three", "five"]);
    }
}
