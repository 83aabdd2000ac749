//! A diagnostic for people. The only file that names `annotate-snippets`.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Patch, Renderer, Snippet};

use super::excerpt::{Excerpt, excerpts};
use crate::diagnostic::{Applicability, Diagnostic, Fix, Label, Severity};
use crate::source::{SourceId, SourceSet, Span};
use crate::visible::visible;

/// The longest label, note or message that is drawn, in characters.
const LONGEST: usize = 600;

/// Draws one diagnostic, ANSI colours included, with a final line end.
pub(super) fn draw(sources: &SourceSet, diagnostic: &Diagnostic, width: usize) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut main = Group::with_title(level.primary_title(tame(&diagnostic.message)).id(diagnostic.code.id()));
    let mut columns = Vec::new();
    for (id, labels) in by_file(diagnostic) {
        main = main_snippets(main, sources, (id, &labels, diagnostic.primary.as_ref()), &mut columns);
    }
    main = main.elements(diagnostic.notes.iter().map(|note| Level::NOTE.message(tame(note))));
    main = main.elements(diagnostic.help.iter().map(|help| Level::HELP.message(tame(help))));
    let mut groups = vec![main];
    groups.extend(diagnostic.fixes.iter().map(|fix| patch(sources, fix)));
    let renderer = Renderer::styled().decor_style(DecorStyle::Unicode).term_width(width);
    let mut text = renderer.render(&groups);
    for (wrong, right) in columns {
        text = text.replacen(&wrong, &right, 1);
    }
    text.push('\n');
    text
}

/// The labels of each file: the primary one's file first, then in order of appearance.
fn by_file(diagnostic: &Diagnostic) -> Vec<(SourceId, Vec<&Label>)> {
    let mut files: Vec<(SourceId, Vec<&Label>)> = Vec::new();
    for label in diagnostic.primary.iter().chain(&diagnostic.secondary) {
        match files.iter_mut().find(|(id, _)| *id == label.span.source) {
            Some((_, labels)) => labels.push(label),
            None => files.push((label.span.source, vec![label])),
        }
    }
    files
}

/// Adds the excerpts of one file. The renderer counts columns in what it is given, so where a line was cut the place as it
/// will write it goes to `columns`, with the true one.
fn main_snippets<'a>(
    mut group: Group<'a>,
    sources: &'a SourceSet,
    (id, labels, primary): (SourceId, &[&'a Label], Option<&Label>),
    columns: &mut Vec<(String, String)>,
) -> Group<'a> {
    let source = sources.get(id);
    let name = tame(source.name());
    let wanted: Vec<Range<usize>> = labels.iter().map(|label| bytes(label.span)).collect();
    for Excerpt { line, text, ranges, cut } in excerpts(source, &wanted) {
        let chief = ranges.iter().find(|(i, _)| is(labels[*i], primary)).or(ranges.first());
        if let Some((i, range)) = chief.filter(|_| cut) {
            let before = &text[..range.start];
            let shown = before[before.rfind('\n').map_or(0, |at| at + 1)..].chars().count() + 1;
            let (line, column) = source.line_column(labels[*i].span.start);
            columns.push((format!("{name}:{line}:{shown}"), format!("{name}:{line}:{column}")));
        }
        let annotations = ranges.into_iter().map(|(i, range)| annotation(labels[i], range, primary));
        group = group.element(Snippet::source(text).line_start(line).path(name.clone()).annotations(annotations));
    }
    group
}

fn annotation<'a>(label: &'a Label, range: Range<usize>, primary: Option<&Label>) -> Annotation<'a> {
    let kind = if is(label, primary) { AnnotationKind::Primary } else { AnnotationKind::Context };
    let text = (!label.text.is_empty()).then(|| tame(&label.text));
    kind.span(range).label(text)
}

fn is(label: &Label, other: Option<&Label>) -> bool {
    other.is_some_and(|other| std::ptr::eq(label, other))
}

/// The fix as it would look in the text.
fn patch<'a>(sources: &'a SourceSet, fix: &'a Fix) -> Group<'a> {
    let title = match fix.applicability {
        Applicability::Safe => format!("{} (safe: `check --fix` applies it)", tame(&fix.message)),
        Applicability::Unsafe => tame(&fix.message),
    };
    let mut group = Group::with_title(Level::HELP.secondary_title(title));
    let mut files: Vec<SourceId> = fix.edits.iter().map(|edit| edit.span.source).collect();
    files.dedup();
    for id in files {
        let edits: Vec<_> = fix.edits.iter().filter(|edit| edit.span.source == id).collect();
        let wanted: Vec<Range<usize>> = edits.iter().map(|edit| bytes(edit.span)).collect();
        for Excerpt { line, text, ranges, .. } in excerpts(sources.get(id), &wanted) {
            let patches = ranges.into_iter().map(|(i, range)| Patch::new(range, edits[i].replacement.as_str()));
            let path = tame(sources.get(id).name());
            group = group.element(Snippet::source(text).line_start(line).path(path).patches(patches));
        }
    }
    group
}

fn bytes(span: Span) -> Range<usize> {
    span.start as usize..span.end.max(span.start) as usize
}

/// Text from outside made harmless: control and bidirectional characters become visible, and it ends somewhere.
pub(super) fn tame(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", visible(&text[..end])),
        None => visible(text).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::diagnostic::Edit;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    fn span(sources: &SourceSet, id: SourceId, needle: &str) -> Span {
        let at = sources.get(id).text().find(needle).expect("the needle is there") as u32;
        Span { source: id, start: at, end: at + needle.len() as u32 }
    }

    #[test]
    fn it_shows_both_places_and_the_patch() {
        let mut sources = SourceSet::new();
        let text = "block b(x) {\n    a = x -> conv(16, 1)\n    c = x -> conv(32, 5)\n\n\n\n    return concat(a, c)\n}\n";
        let id = sources.add("inception.net", text);
        let pad = span(&sources, id, "32, 5");
        let fix = Edit { span: pad.after(), replacement: ", pad=2".into() };
        let d = Diagnostic::error(
            Code::ConcatMismatch,
            "concat needs one height and width",
            span(&sources, id, "concat(a, c)"),
            "`a` is [64, 28, 28]",
        )
        .label(span(&sources, id, "conv(32, 5)"), "`c` is [32, 24, 24]")
        .note("in block `b`, used at googlenet.net:31")
        .fix(Applicability::Unsafe, "`pad=2` keeps a 5x5 at 28x28", vec![fix]);
        let shown = plain(&draw(&sources, &d, 100));
        for part in [
            "error[PW0302]: concat needs one height and width",
            "inception.net:7:12",
            "7 │     return concat(a, c)",
            "`c` is [32, 24, 24]",
            "note: in block `b`",
            "help: `pad=2` keeps a 5x5 at 28x28",
            "conv(32, 5, pad=2)",
        ] {
            assert!(shown.contains(part), "{part} is missing in\n{shown}");
        }
    }

    #[test]
    fn a_cut_line_keeps_its_true_column() {
        let mut sources = SourceSet::new();
        let id = sources.add("long.net", format!("{}!", " ".repeat(5000)));
        let d = Diagnostic::error(Code::StrayCharacter, "stray", span(&sources, id, "!"), "here");
        let shown = plain(&draw(&sources, &d, 100));
        assert!(shown.contains("long.net:1:5001"), "{shown}");
        assert!(shown.contains("here"), "{shown}");
    }

    #[test]
    fn hidden_characters_are_shown() {
        assert_eq!(tame("a\u{202e}b\u{1b}[0m"), "a\\u{202e}b\\u{1b}[0m");
    }
}
