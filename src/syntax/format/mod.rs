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
use doc::{Doc, concat, group, indent, many, text};

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
    (printer.finish(), formatter.comments.moved())
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
        let inputs = Elements { items: &block.inputs, start: |name| name.span.start, print: Self::name };
        let inputs = self.elements(&inputs, block.header.end - 1).doc("(", ")");
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
        let params = Elements { items: params, start: |param| param.name.span.start, print: Self::param };
        self.elements(&params, close).doc("(", ")")
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

    /// What prints all up to an offset, with the comments before it, and leaves the rest to this one.
    fn until(&mut self, end: u32) -> Self {
        Self { text: self.text, comments: self.comments.until(end), level: self.level }
    }

    /// One piece for each number below `count`, made when it is printed where there are too many to fit on a line. All that
    /// is in them stands before `end`, and each but the last ends where a line may.
    fn pieces(&mut self, count: usize, end: u32, mut piece: impl FnMut(&mut Self, usize) -> Doc<'a> + 'a) -> Doc<'a> {
        if count <= WIDTH {
            return concat((0..count).map(|i| piece(self, i)));
        }
        let mut own = self.until(end);
        many((0..count).map(move |i| piece(&mut own, i)))
    }

    /// Elements with the comments around them, up to the closing bracket.
    fn elements<T>(&mut self, elements: &Elements<'a, T>, close: u32) -> Brackets<'a> {
        let Elements { items, start, print } = *elements;
        if items.is_empty() {
            return Brackets { inner: self.comments.closing(close, true), forced: false };
        }
        let inner = self.pieces(items.len(), close, move |own, i| {
            let before = own.comments.leading(start(&items[i]));
            let element = print(own, &items[i]);
            let next = items.get(i + 1);
            let behind = own.comments.behind(next.map_or(close, start));
            let (comma, end) = match next {
                Some(_) => (text(","), Doc::Line),
                None => (Doc::IfBroken(","), own.comments.closing(close, false)),
            };
            concat([before, element, comma, behind, end])
        });
        Brackets { inner, forced: false }
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

/// Elements of a list: where each starts, and how it is printed.
struct Elements<'a, T> {
    items: &'a [T],
    start: fn(&T) -> u32,
    print: fn(&mut Formatter<'a>, &'a T) -> Doc<'a>,
}

/// What stands between two brackets: all on one line, or each element on its own with a comma after it.
struct Brackets<'a> {
    inner: Doc<'a>,
    /// Whether it is broken even if it would fit on a line.
    forced: bool,
}

impl<'a> Brackets<'a> {
    fn doc(self, open: &'static str, close: &'static str) -> Doc<'a> {
        if self.inner.is_empty() {
            return concat([text(open), text(close)]);
        }
        let force = if self.forced { Doc::Force } else { Doc::Nil };
        group(concat([text(open), indent(concat([Doc::Soft, self.inner, force])), Doc::Soft, text(close)]))
    }
}
