//! Statements and bodies as documents.

use super::doc::{Doc, INDENT, Printer, concat, group, indent, text};
use super::expression::is_short;
use super::{Formatter, WIDTH};
use crate::source::Span;
use crate::syntax::ast::{Body, Expr, ExprKind, ForRange, Ident, Mark, Pattern, Statement, StatementKind, Target};

impl<'a> Formatter<'a> {
    /// `{ … }`: on the line at hand if `one_line`, as far as that fits, and otherwise a line for each statement.
    pub(super) fn body(&mut self, body: &'a Body, one_line: bool) -> Doc<'a> {
        let before = self.comments.moved_before(body.span.start);
        let close = body.span.end - 1;
        if body.statements.is_empty() && !self.comments.any_before(close) {
            return concat([before, text("{ }")]);
        }
        let first = body.statements.first().map_or(close, start_of);
        let behind = self.comments.behind(first);
        let line = || if one_line && is_short(body) { Doc::Line } else { Doc::Hard };
        self.level += 1;
        let statements = self.statements(body);
        self.level -= 1;
        concat([before, text("{"), behind, indent(concat([line(), statements])), line(), text("}")])
    }

    /// What an item begins with, and its body. One of several lines is printed statement by statement: documents are larger
    /// than the text that they are of.
    pub(super) fn item_body(&mut self, head: Doc<'a>, body: &'a Body, one_line: bool, printer: &mut Printer) {
        let close = body.span.end - 1;
        let is_empty = body.statements.is_empty() && !self.comments.any_before(close);
        if is_empty || (one_line && is_short(body)) {
            return printer.print(&group(concat([head, self.body(body, one_line)])));
        }
        let before = self.comments.moved_before(body.span.start);
        let behind = self.comments.behind(body.statements.first().map_or(close, start_of));
        printer.print(&concat([head, before, text("{"), behind, indent(Doc::Hard)]));
        self.level += 1;
        for i in 0..body.statements.len() {
            printer.print(&indent(self.nth(body, i)));
        }
        self.level -= 1;
        let last = self.comments.closing(close, body.statements.is_empty());
        printer.print(&concat([indent(last), Doc::Hard, text("}")]));
    }

    fn statements(&mut self, body: &'a Body) -> Doc<'a> {
        let (close, count) = (body.span.end - 1, body.statements.len());
        if count == 0 {
            return self.comments.closing(close, true);
        }
        self.pieces(count, close, move |own, i| {
            let statement = own.nth(body, i);
            concat([statement, if i + 1 == count { own.comments.closing(close, false) } else { Doc::Nil }])
        })
    }

    /// A statement of a body with the comments around it.
    fn nth(&mut self, body: &'a Body, i: usize) -> Doc<'a> {
        let statement = &body.statements[i];
        let start = start_of(statement);
        let mut docs = Vec::with_capacity(5);
        if i > 0 {
            docs.push(Doc::Hard);
            if self.comments.blank_before_next(start) {
                docs.push(Doc::Blank);
            }
        }
        docs.push(self.comments.leading(start));
        docs.push(self.marked(statement));
        let next = body.statements.get(i + 1).map_or(body.span.end - 1, start_of);
        docs.push(self.comments.behind(next));
        concat(docs)
    }

    fn marked(&mut self, statement: &'a Statement) -> Doc<'a> {
        let mut docs = Vec::new();
        for (i, mark) in statement.marks().iter().enumerate() {
            docs.push(self.mark(mark));
            let next = statement.marks().get(i + 1).map_or(statement.span.start, |mark| mark.span.start);
            docs.extend([self.comments.behind(next), Doc::Hard, self.comments.leading(next)]);
        }
        docs.push(self.statement(statement));
        concat(docs)
    }

    fn mark(&mut self, mark: &'a Mark) -> Doc<'a> {
        let name = self.name(&mark.name);
        let args = if mark.args.is_empty() {
            self.comments.moved_before(mark.span.end)
        } else {
            self.arguments(&mark.args, Span { start: mark.name.span.end, ..mark.span })
        };
        concat([text("@"), name, args])
    }

    fn statement(&mut self, statement: &'a Statement) -> Doc<'a> {
        let one_line = self.is_one_line(statement.span);
        match &statement.kind {
            StatementKind::Input { name, shape } => concat([text("input "), self.name(name), text(": "), self.inner(shape)]),
            StatementKind::Output { name, shape, value } => {
                let target = concat([text("output "), self.target(name, shape.as_deref())]);
                match value {
                    Some(value) => self.assign(target, value),
                    None => target,
                }
            }
            StatementKind::Bind { targets, value } => {
                let targets = self.targets(targets);
                self.assign(targets, value)
            }
            StatementKind::Shared { name, value } => concat([text("shared "), self.name(name), text(" = "), self.inner(value)]),
            StatementKind::Return(values) => self.give_back(values),
            StatementKind::For { pattern, over, body } => {
                let header = [text("for "), self.pattern(pattern), text(" in "), self.over(over), text(" ")];
                let body = self.body(body, one_line);
                group(concat(header.into_iter().chain([body])))
            }
            StatementKind::Assert(condition) => concat([text("assert "), self.inner(condition)]),
            StatementKind::Refine { path, form } => {
                let path = text(self.source(path.span));
                concat([text("refine "), path, text(" = "), self.inner(form)])
            }
            StatementKind::Expr(expr) => self.expr(expr),
        }
    }

    fn target(&mut self, name: &'a Ident, shape: Option<&'a Expr>) -> Doc<'a> {
        let name = self.name(name);
        match shape {
            Some(shape) => concat([name, text(": "), self.inner(shape)]),
            None => name,
        }
    }

    fn targets(&mut self, targets: &'a [Target]) -> Doc<'a> {
        let mut docs = Vec::with_capacity(targets.len() * 2);
        for (i, target) in targets.iter().enumerate() {
            if i > 0 {
                docs.push(text(", "));
            }
            docs.push(self.target(&target.name, target.shape.as_deref()));
        }
        concat(docs)
    }

    /// `target = value`. A value that would fit on one line, but not behind its target, goes to the next line.
    fn assign(&mut self, target: Doc<'a>, value: &'a Expr) -> Doc<'a> {
        if self.comments.any_before(value.span.start) {
            let behind = self.comments.behind(value.span.start);
            let before = self.comments.leading(value.span.start);
            return concat([target, text(" ="), behind, indent(concat([Doc::Hard, before, self.expr(value)]))]);
        }
        let breakable = matches!(value.kind, ExprKind::Pipe(_) | ExprKind::Infix(_));
        let value = self.expr(value);
        let room = WIDTH.saturating_sub(self.level * INDENT);
        let ahead = target.flat_width(room).map(|width| width + " = ".len());
        let fits_behind = ahead.is_some_and(|ahead| ahead <= room && value.flat_width(room - ahead).is_some());
        let fits_below = value.flat_width(room.saturating_sub(INDENT)).is_some();
        if breakable && !fits_behind && fits_below {
            return concat([target, text(" ="), indent(concat([Doc::Hard, value]))]);
        }
        concat([target, text(" = "), value])
    }

    fn give_back(&mut self, values: &'a [Expr]) -> Doc<'a> {
        let end = values.last().map_or(0, |value| value.span.end);
        let list = self.pieces(values.len(), end, move |own, i| {
            let value = own.inner(&values[i]);
            if i + 1 == values.len() { value } else { concat([value, text(","), Doc::Line]) }
        });
        if values.len() == 1 { concat([text("return "), list]) } else { group(concat([text("return "), indent(list)])) }
    }

    fn pattern(&mut self, pattern: &'a Pattern) -> Doc<'a> {
        match pattern {
            Pattern::Name(name) => self.name(name),
            Pattern::List(list, span) => {
                let mut docs = vec![text("[")];
                for (i, pattern) in list.iter().enumerate() {
                    if i > 0 {
                        docs.push(text(", "));
                    }
                    docs.push(self.pattern(pattern));
                }
                docs.push(self.comments.moved_before(span.end));
                docs.push(text("]"));
                concat(docs)
            }
        }
    }

    fn over(&mut self, over: &'a ForRange) -> Doc<'a> {
        match over {
            ForRange::Range(from, to) => concat([self.inner(from), text(".."), self.inner(to)]),
            ForRange::List(list) => self.inner(list),
        }
    }
}

/// Where a statement starts, its marks included.
fn start_of(statement: &Statement) -> u32 {
    statement.marks().first().map_or(statement.span.start, |mark| mark.span.start)
}
