//! What a syntax error leaves unread, so that its consequences stay silent.

use std::collections::BTreeSet;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::source::{SourceSet, Span};
use crate::syntax::ast::Ast;

/// The words on lines that could not be read.
#[derive(Debug)]
pub(super) struct Unread<'s> {
    words: BTreeSet<&'s str>,
    any: bool,
    /// Whether a used file, and with it its blocks, is missing.
    files: bool,
    /// Whether something is missing whose name is not known.
    nameless: bool,
    /// Brackets that are never closed: what stands behind one may not be meant to stand in it.
    open: Vec<Span>,
}

impl<'s> Unread<'s> {
    /// Collects the words on all lines that errors point at; `errors` are those of reading and parsing.
    pub(super) fn new(sources: &'s SourceSet, asts: &[Ast], errors: &[Diagnostic]) -> Self {
        let mut words = BTreeSet::new();
        let labels = errors.iter().filter(|d| d.is_error()).flat_map(|d| d.primary.iter().chain(&d.secondary));
        let mut read = BTreeSet::new();
        for span in labels.map(|label| label.span) {
            let source = sources.get(span.source);
            for line in source.line_index(span.start)..=source.line_index(span.end) {
                // Many errors may stand on one long line.
                if !read.insert((span.source, line)) {
                    continue;
                }
                let text = &source.text()[source.line_range(line)];
                words.extend(text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()));
            }
        }
        let files = errors.iter().any(|d| matches!(d.code, Code::UnreadableUse | Code::UseCycle | Code::TooLarge));
        let nameless = asts.iter().any(|ast| ast.nameless);
        let unclosed = errors.iter().filter(|d| d.code == Code::UnclosedDelimiter);
        let open = unclosed.filter_map(|d| d.primary.as_ref().map(|label| label.span)).collect();
        Self { words, any: errors.iter().any(Diagnostic::is_error), files, nameless, open }
    }

    /// Whether anything was left unread.
    pub(super) fn any(&self) -> bool {
        self.any
    }

    /// Whether a later finding only says that something unread is missing.
    pub(super) fn explains(&self, sources: &SourceSet, finding: &Diagnostic) -> bool {
        if self.files && finding.code == Code::UnknownOperation && finding.fixes.is_empty() {
            return true;
        }
        if self.nameless && matches!(finding.code, Code::UnknownName | Code::UnknownOperation) {
            return true;
        }
        if matches!(finding.code, Code::UnknownName | Code::UnknownOperation) {
            let unread = |text: &str| text.split('.').all(|word| self.words.contains(word));
            return finding.primary.as_ref().is_some_and(|label| unread(sources.text(label.span)));
        }
        if finding.code == Code::DuplicateDefinition {
            let behind = |at: Span| self.open.iter().any(|open| open.source == at.source && open.start < at.start);
            return finding.primary.as_ref().is_some_and(|label| behind(label.span));
        }
        self.any && matches!(finding.code, Code::NoNet | Code::NoInput | Code::LintUnusedParameter | Code::MissingArgument)
    }
}
