//! Tree to text: the canonical layout.
//!
//! In: a file's text and its tree, read without errors. Out: the same file with four spaces a level, one statement a line
//! and no line over [`WIDTH`] characters where it can be broken; `\n` at every line's end. Every comment is kept, and
//! what is said with line breaks too: the groups of a pipe's stages, the rows of a table, blank lines between statements.
//! Formatting again changes nothing, and the tree of the result is the tree of the input.

mod comments;
mod doc;
mod expression;
mod statement;

use super::ast::{Ast, Block, Expr, Ident, Item, Net, Param, Use};
use crate::source::Span;
use comments::Comments;
use doc::{Doc, concat, group, indent, text};

/// Characters that a line should not exceed.
pub const WIDTH: usize = 100;

/// How often a layout is settled at most: a comment that stands where none is foreseen moves to its line's end, and what
/// was broken around it may then fit on one line.
const ROUNDS: usize = 4;

/// The canonical layout of a file. `ast` must be the tree of `text`, and `text` free of syntax errors.
#[must_use]
pub fn format(text: &str, ast: &Ast) -> String {
    let (mut formatted, mut moved) = once(text, ast);
    for _ in 1..ROUNDS {
        if !moved {
            break;
        }
        let mut sources = crate::source::SourceSet::new();
        let id = sources.add("", formatted.as_str());
        let (again, errors) = super::parse(&sources, id);
        if !errors.is_empty() {
            break;
        }
        (formatted, moved) = once(&formatted, &again);
    }
    formatted
}

/// One layout, and whether a comment had to move.
fn once(text: &str, ast: &Ast) -> (String, bool) {
    let mut formatter = Formatter { text, comments: Comments::new(text, &ast.comments), level: 0 };
    let mut printer = doc::Printer::new(WIDTH);
    formatter.file(ast, &mut printer);
    (printer.finish(), formatter.comments.moved)
}

/// Builds documents from trees; `'a` is the life of the source text.
struct Formatter<'a> {
    text: &'a str,
    comments: Comments<'a>,
    /// How many bodies are around.
    level: usize,
}

impl<'a> Formatter<'a> {
    /// The text of a span, as it was written.
    fn source(&self, span: Span) -> &'a str {
        &self.text[span.start as usize..span.end as usize]
    }

    fn name(&mut self, name: &Ident) -> Doc<'a> {
        let comments = self.comments.moved_before(name.span.start);
        concat([comments, text(self.source(name.span))])
    }

    fn file(&mut self, ast: &'a Ast, printer: &mut doc::Printer) {
        let mut previous: Option<&Item> = None;
        for (i, item) in ast.items.iter().enumerate() {
            let next = ast.items.get(i + 1).map_or(u32::MAX, |item| item_span(item).start);
            let start = item_span(item).start;
            let both_used = matches!((previous, item), (Some(Item::Use(_)), Item::Use(_)));
            let blank = previous.is_some() && (!both_used || self.comments.blank_before_next(start));
            let leading = self.comments.leading(start);
            let separator = if blank { Doc::Blank } else { Doc::Nil };
            printer.print(&concat([separator, leading]));
            match item {
                Item::Use(item) => printer.print(&self.use_item(item)),
                Item::Block(item) => self.block(item, printer),
                Item::Net(item) => self.net(item, printer),
            }
            let trailing = self.comments.behind(next);
            printer.print(&concat([trailing, Doc::Hard]));
            previous = Some(item);
        }
        let blank = previous.is_some() && self.comments.blank_before_next(u32::MAX);
        let rest = self.comments.rest();
        printer.print(&concat([if blank { Doc::Blank } else { Doc::Nil }, rest]));
    }

    fn use_item(&mut self, item: &Use) -> Doc<'a> {
        let comments = self.comments.moved_before(item.path_span.start);
        concat([text("use "), comments, text(self.source(item.path_span))])
    }

    fn block(&mut self, block: &'a Block, printer: &mut doc::Printer) {
        let name = self.name(&block.name);
        let params = self.params(&block.params);
        let inputs: Vec<_> = block.inputs.iter().map(|input| (input, input.span.start)).collect();
        let inputs = self.elements(inputs, block.header.end - 1, Self::name).doc("(", ")");
        let head = concat([text("block "), name, params, inputs, text(" ")]);
        self.item_body(head, &block.body, self.is_one_line(block.span), printer);
    }

    fn net(&mut self, net: &'a Net, printer: &mut doc::Printer) {
        let name = self.name(&net.name);
        let params = self.params(&net.params);
        self.item_body(concat([text("net "), name, params, text(" ")]), &net.body, self.is_one_line(net.span), printer);
    }

    fn params(&mut self, params: &'a [Param]) -> Doc<'a> {
        let Some(last) = params.last() else { return Doc::Nil };
        let end = last.default.as_ref().map_or(last.name.span.end, |default| default.span.end);
        let close = self.closing_paren(end);
        let items: Vec<_> = params.iter().map(|param| (param, param.name.span.start)).collect();
        self.elements(items, close, Self::param).doc("(", ")")
    }

    fn param(&mut self, param: &'a Param) -> Doc<'a> {
        let name = text(self.source(param.name.span));
        match &param.default {
            Some(default) => concat([name, text("="), self.inner(default)]),
            None => name,
        }
    }

    /// Offset of the parenthesis that closes a list whose last element ends at `end`.
    fn closing_paren(&self, end: u32) -> u32 {
        let mut in_comment = false;
        let rest = &self.text.as_bytes()[end as usize..];
        let length = rest.iter().position(|byte| {
            in_comment = (in_comment || *byte == b'#') && *byte != b'\n';
            *byte == b')' && !in_comment
        });
        end + length.unwrap_or(0) as u32
    }

    /// Elements with the comments around them. Each comes with the offset at which it starts.
    fn elements<T>(&mut self, items: Vec<(&'a T, u32)>, close: u32, print: impl Fn(&mut Self, &'a T) -> Doc<'a>) -> Brackets<'a> {
        let limits: Vec<_> = items.iter().map(|(_, start)| *start).skip(1).chain([close]).collect();
        let is_empty = items.is_empty();
        let mut elements = Vec::with_capacity(items.len());
        for ((item, start), limit) in items.into_iter().zip(limits) {
            let before = self.comments.leading(start);
            let inner = print(self, item);
            elements.push(Element { before, inner, behind: self.comments.behind(limit) });
        }
        Brackets { elements, last: self.comments.closing(close, is_empty), forced: false }
    }

    /// An expression, with comments before it that are not expected there.
    fn inner(&mut self, expr: &'a Expr) -> Doc<'a> {
        let comments = self.comments.moved_before(expr.span.start);
        concat([comments, self.expr(expr)])
    }

    fn is_one_line(&self, span: Span) -> bool {
        !self.source(span).contains('\n')
    }
}

fn item_span(item: &Item) -> Span {
    match item {
        Item::Use(item) => item.span,
        Item::Block(item) => item.span,
        Item::Net(item) => item.span,
    }
}

/// An element of a list with its comments.
struct Element<'a> {
    before: Doc<'a>,
    inner: Doc<'a>,
    behind: Doc<'a>,
}

/// What stands between two brackets: all on one line, or each element on its own with a comma after it.
struct Brackets<'a> {
    elements: Vec<Element<'a>>,
    /// Comments before the closing bracket.
    last: Doc<'a>,
    /// Whether it is broken even if it would fit on a line.
    forced: bool,
}

impl<'a> Brackets<'a> {
    fn doc(self, open: &'static str, close: &'static str) -> Doc<'a> {
        let count = self.elements.len();
        if count == 0 && self.last.is_empty() {
            return concat([text(open), text(close)]);
        }
        let mut inner = vec![Doc::Soft];
        for (i, element) in self.elements.into_iter().enumerate() {
            let is_last = i + 1 == count;
            let comma = if is_last { Doc::IfBroken(",") } else { text(",") };
            inner.extend([element.before, element.inner, comma, element.behind]);
            inner.push(if is_last { Doc::Nil } else { Doc::Line });
        }
        inner.push(self.last);
        inner.push(if self.forced { Doc::Force } else { Doc::Nil });
        group(concat([text(open), indent(concat(inner)), Doc::Soft, text(close)]))
    }
}
