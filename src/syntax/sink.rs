//! Where syntax errors go: a list with an end.
//!
//! A damaged file can hold a million errors; nobody reads past the first hundred, so the list stops there and says so.

use crate::code::Code;
use crate::diagnostic::Diagnostic;

/// How many syntax errors of one file are reported.
pub const MAX_ERRORS: usize = 100;

/// Diagnostics in the order of discovery, at most [`MAX_ERRORS`].
#[derive(Debug, Default)]
pub struct Sink {
    list: Vec<Diagnostic>,
}

impl Sink {
    /// Adds one, unless the list is full.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if !self.is_full() {
            self.list.push(diagnostic);
        }
    }

    /// Whether further ones would be dropped, so that looking for them is in vain.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.list.len() >= MAX_ERRORS
    }

    /// Whether one of this code was added.
    #[must_use]
    pub fn has(&self, code: Code) -> bool {
        self.list.iter().any(|diagnostic| diagnostic.code == code)
    }

    /// All of both, by position, with a note where some were left out.
    #[must_use]
    pub fn merge(self, other: Self) -> Vec<Diagnostic> {
        let full = self.is_full() || other.is_full() || self.list.len() + other.list.len() > MAX_ERRORS;
        let mut list = self.list;
        list.extend(other.list);
        // Of two at one place the second is a consequence of the first, or comes from a statement that was read twice.
        list.sort_by_key(|found| (start(found), found.code));
        list.dedup_by_key(|found| start(found));
        list.truncate(MAX_ERRORS);
        if full && let Some(last) = list.last_mut() {
            last.notes.push(format!("only the first {MAX_ERRORS} syntax errors are shown"));
        }
        list
    }
}

fn start(found: &Diagnostic) -> u32 {
    found.primary.as_ref().map_or(0, |label| label.span.start)
}
