//! The comments of a file, given out in order while its tree is printed.
//!
//! Comments are no part of the tree; each is printed with the piece of the tree that stands before or after it in the
//! source. A cursor makes sure that each is printed once.

use std::cell::Cell;
use std::rc::Rc;

use super::WIDTH;
use super::doc::{Doc, concat, many, text};
use crate::source::Span;
use crate::syntax::ast::Comment;

/// The comments that are not printed yet.
pub struct Comments<'a> {
    text: &'a str,
    left: &'a [Comment],
    /// Whether one stood where none is foreseen and went to its line's end.
    moved: Rc<Cell<bool>>,
}

impl<'a> Comments<'a> {
    /// All comments of a file.
    pub fn new(text: &'a str, comments: &'a [Comment]) -> Self {
        Self { text, left: comments, moved: Rc::default() }
    }

    /// Those before an offset, as a list of their own.
    pub fn until(&mut self, end: u32) -> Self {
        let (own, left) = self.left.split_at(self.left.partition_point(|comment| comment.span.start < end));
        self.left = left;
        Self { left: own, moved: Rc::clone(&self.moved), ..*self }
    }

    /// Whether one had to move.
    pub fn moved(&self) -> bool {
        self.moved.get()
    }

    fn take_if(&mut self, is_wanted: impl FnOnce(&Comment) -> bool) -> Option<Span> {
        let (next, left) = self.left.split_first().filter(|(next, _)| is_wanted(next))?;
        self.left = left;
        Some(next.span)
    }

    fn take(&mut self, before: u32) -> Option<Span> {
        self.take_if(|comment| comment.span.start < before)
    }

    fn content(&self, span: Span) -> &'a str {
        self.text[span.start as usize..span.end as usize].trim_end()
    }

    /// Whether some are left before an offset.
    pub fn any_before(&self, offset: u32) -> bool {
        self.left.first().is_some_and(|comment| comment.span.start < offset)
    }

    /// The comments before an element, each on its own line, with the empty lines after each of them.
    pub fn leading(&mut self, start: u32) -> Doc<'a> {
        let mut own = self.until(start);
        let count = own.left.len();
        let lines = std::iter::from_fn(move || {
            let span = own.take(start)?;
            let blank = if own.blank_after(span.end) { Doc::Blank } else { Doc::Nil };
            Some(concat([text(own.content(span)), Doc::Hard, blank]))
        });
        if count > WIDTH { many(lines) } else { concat(lines) }
    }

    /// The comments before a closing bracket, each on a line of its own after what is there.
    pub fn closing(&mut self, close: u32, first: bool) -> Doc<'a> {
        let mut own = self.until(close);
        let count = own.left.len();
        let mut on_line = first;
        let lines = std::iter::from_fn(move || {
            let span = own.take(close)?;
            let on_line = std::mem::take(&mut on_line);
            let end = if on_line { Doc::Nil } else { Doc::Hard };
            let blank = if !on_line && own.blank_before(span.start) { Doc::Blank } else { Doc::Nil };
            Some(concat([end, blank, text(own.content(span)), Doc::Force]))
        });
        if count > WIDTH { many(lines) } else { concat(lines) }
    }

    /// The comment behind what was printed last, if it shares a line with code and stands before `limit`.
    pub fn behind(&mut self, limit: u32) -> Doc<'a> {
        match self.take_if(|comment| comment.trailing && comment.span.start < limit) {
            Some(span) => Doc::Suffix(self.content(span)),
            None => Doc::Nil,
        }
    }

    /// The comments before a place where none is foreseen; they go to the line's end.
    pub fn moved_before(&mut self, start: u32) -> Doc<'a> {
        if !self.any_before(start) {
            return Doc::Nil;
        }
        self.moved.set(true);
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
    pub fn blank_before_next(&self, start: u32) -> bool {
        let next = self.left.first().map(|comment| comment.span.start).filter(|at| *at < start);
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
