//! Lines and columns of many spans, cheaply even where a line is very long.

use std::collections::BTreeMap;

use crate::source::{SourceId, SourceSet, Span};

/// Start and end of a span, one-based, columns in characters; the end is one past the last character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
}

/// Remembers the last column of each file, so that spans in ascending order cost one pass over the text together.
pub(super) struct Places<'a> {
    sources: &'a SourceSet,
    last: BTreeMap<SourceId, Mark>,
}

#[derive(Clone, Copy)]
struct Mark {
    line: usize,
    offset: usize,
    column: usize,
}

impl<'a> Places<'a> {
    pub fn new(sources: &'a SourceSet) -> Self {
        Self { sources, last: BTreeMap::new() }
    }

    /// The place of a span.
    pub fn of(&mut self, span: Span) -> Place {
        let (line, column) = self.at(span.source, span.start);
        let (end_line, end_column) = self.at(span.source, span.end.max(span.start));
        Place { line, column, end_line, end_column }
    }

    fn at(&mut self, id: SourceId, offset: u32) -> (usize, usize) {
        let source = self.sources.get(id);
        let line = source.line_index(offset);
        let offset = (offset as usize).min(source.text().len());
        let start = Mark { line, offset: source.line_range(line).start, column: 1 };
        let from = self.last.get(&id).copied().filter(|m| m.line == line && m.offset <= offset).unwrap_or(start);
        let column = from.column + source.text()[from.offset..offset].chars().count();
        self.last.insert(id, Mark { line, offset, column });
        (line + 1, column)
    }
}
