//! The comments of a file, given out in order while its tree is printed.
//!
//! Comments are no part of the tree; each is printed with the piece of the tree that stands before or after it in the
//! source. A cursor makes sure that each is printed once.

use super::doc::{Doc, concat, text};
use crate::source::Span;
use crate::syntax::ast::Comment;

/// The comments that are not printed yet.
pub struct Comments<'a> {
    text: &'a str,
    left: std::iter::Peekable<std::slice::Iter<'a, Comment>>,
    /// Whether one stood where none is foreseen and went to its line's end.
    pub moved: bool,
}

impl<'a> Comments<'a> {
    /// All comments of a file.
    pub fn new(text: &'a str, comments: &'a [Comment]) -> Self {
        Self { text, left: comments.iter().peekable(), moved: false }
    }

    fn take(&mut self, before: u32) -> Option<Span> {
        self.left.next_if(|comment| comment.span.start < before).map(|comment| comment.span)
    }

    fn content(&self, span: Span) -> &'a str {
        self.text[span.start as usize..span.end as usize].trim_end()
    }

    /// Whether some are left before an offset.
    pub fn any_before(&mut self, offset: u32) -> bool {
        self.left.peek().is_some_and(|comment| comment.span.start < offset)
    }

    /// The comments before an element, each on its own line, with the empty lines after each of them.
    pub fn leading(&mut self, start: u32) -> Doc<'a> {
        let mut docs = Vec::new();
        while let Some(span) = self.take(start) {
            docs.push(text(self.content(span)));
            docs.push(Doc::Hard);
            if self.blank_after(span.end) {
                docs.push(Doc::Blank);
            }
        }
        Doc::Concat(docs)
    }

    /// The comments before a closing bracket, each on a line of its own after what is there.
    pub fn closing(&mut self, close: u32, first: bool) -> Doc<'a> {
        let mut docs = Vec::new();
        while let Some(span) = self.take(close) {
            if !(first && docs.is_empty()) {
                docs.push(Doc::Hard);
                if self.blank_before(span.start) {
                    docs.push(Doc::Blank);
                }
            }
            docs.push(text(self.content(span)));
        }
        if !docs.is_empty() {
            docs.push(Doc::Force);
        }
        Doc::Concat(docs)
    }

    /// The comment behind what was printed last, if it shares a line with code and stands before `limit`.
    pub fn behind(&mut self, limit: u32) -> Doc<'a> {
        match self.left.next_if(|comment| comment.trailing && comment.span.start < limit) {
            Some(comment) => Doc::Suffix(self.content(comment.span)),
            None => Doc::Nil,
        }
    }

    /// The comments before a place where none is foreseen; they go to the line's end.
    pub fn moved_before(&mut self, start: u32) -> Doc<'a> {
        if !self.any_before(start) {
            return Doc::Nil;
        }
        self.moved = true;
        let mut docs = Vec::new();
        while let Some(span) = self.take(start) {
            docs.push(Doc::Suffix(self.content(span)));
        }
        concat(docs)
    }

    /// All that are left, at the end of the file.
    pub fn rest(&mut self) -> Doc<'a> {
        self.leading(u32::MAX)
    }

    /// Whether an empty line stands before the next comment, or before `start` if no comment comes first.
    pub fn blank_before_next(&mut self, start: u32) -> bool {
        let next = self.left.peek().map(|comment| comment.span.start).filter(|at| *at < start);
        match next {
            Some(at) => self.blank_before(at),
            None => start != u32::MAX && self.blank_before(start),
        }
    }

    fn blank_before(&self, offset: u32) -> bool {
        let before = self.text.as_bytes()[..offset as usize].iter().rev();
        before.take_while(|b| is_space(**b)).filter(|b| **b == b'\n').count() > 1
    }

    fn blank_after(&self, offset: u32) -> bool {
        let after = self.text.as_bytes()[offset as usize..].iter();
        after.take_while(|b| is_space(**b)).filter(|b| **b == b'\n').count() > 1
    }
}

/// White space, or a semicolon, which is no more than a line end.
fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b';'
}
