//! Expressions as documents.

use super::doc::{Doc, concat, group, indent, text};
use super::{Elements, Formatter};
use crate::source::Span;
use crate::syntax::ast::{Arg, Body, Expr, ExprKind, If, InfixOp, StatementKind, UnaryOp};

/// An operator, where it stands, and the operand behind it.
type Link = (InfixOp, Span, Expr);

impl<'a> Formatter<'a> {
    /// An expression; comments before it have been printed.
    pub(super) fn expr(&mut self, expr: &'a Expr) -> Doc<'a> {
        match &expr.kind {
            ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Bool(_)
            | ExprKind::Str(_)
            | ExprKind::Name(_)
            | ExprKind::Path(_)
            | ExprKind::Error => text(self.source(expr.span)),
            ExprKind::List(items) => self.list("[", items, expr.span, "]"),
            ExprKind::Tuple(items) => self.list("(", items, expr.span, ")"),
            ExprKind::Paren(inner) => self.paren(inner, expr.span),
            ExprKind::Unary(op, operand) => self.unary(*op, operand),
            ExprKind::Infix(chain) => self.infix(&chain.first, &chain.rest),
            ExprKind::Call(call) => {
                let mut docs = vec![text(self.source(call.callee.span))];
                docs.extend(call.lists.iter().map(|list| self.arguments(&list.args, list.span)));
                concat(docs)
            }
            ExprKind::Index(at) => {
                let base = self.expr(&at.base);
                let index = self.inner(&at.index);
                let rest = self.comments.moved_before(expr.span.end);
                concat([base, text("["), index, text("]"), rest])
            }
            ExprKind::Pipe(pipe) => self.pipe(&pipe.first, &pipe.stages),
            ExprKind::As(named) => {
                let value = self.expr(&named.value);
                concat([value, text(" as "), self.name(&named.name)])
            }
            ExprKind::If(choice) => {
                let If { arms, otherwise } = &**choice;
                let one_line = self.is_one_line(expr.span) && branches(arms, otherwise.as_ref()).all(is_short);
                self.conditional(arms, otherwise.as_ref(), one_line)
            }
        }
    }

    fn paren(&mut self, inner: &'a Expr, span: Span) -> Doc<'a> {
        let inner = self.inner(inner);
        let rest = self.comments.moved_before(span.end);
        group(concat([text("("), indent(concat([Doc::Soft, inner])), Doc::Soft, text(")"), rest]))
    }

    fn unary(&mut self, op: UnaryOp, operand: &'a Expr) -> Doc<'a> {
        let operator = match op {
            UnaryOp::Neg => "-",
            UnaryOp::Not => "not ",
        };
        concat([text(operator), self.inner(operand)])
    }

    /// A chain of operators: where it does not fit, a line ends after each. A list at its end opens on the operator's line.
    fn infix(&mut self, first: &'a Expr, rest: &'a [Link]) -> Doc<'a> {
        let first = self.expr(first);
        let Some((last, inner)) = rest.split_last() else { return first };
        let mut links = Vec::new();
        if let Some((_, _, end)) = inner.last() {
            links.push(self.operator(&inner[0]));
            links.push(self.pieces(inner.len(), end.span.end, move |own, i| {
                let operand = own.operand(&inner[i]);
                concat([operand, inner.get(i + 1).map_or(Doc::Nil, |next| own.operator(next))])
            }));
        }
        let (op, _, operand) = last;
        if matches!(operand.kind, ExprKind::List(_)) && !self.comments.any_before(operand.span.start) {
            let before = group(concat([first, indent(concat(links))]));
            return concat([before, text(" "), text(op.text()), text(" "), self.expr(operand)]);
        }
        links.extend([self.operator(last), self.operand(last)]);
        group(concat([first, indent(concat(links))]))
    }

    /// The operator of a link, on the line of what stands before it.
    fn operator(&mut self, (op, at, operand): &'a Link) -> Doc<'a> {
        // A comment before the operator can stand only where line ends mean nothing; behind it, it can stand anywhere.
        let comments = concat([self.comments.behind(at.start), self.comments.moved_before(at.start)]);
        let behind = self.comments.behind(operand.span.start);
        concat([text(" "), text(op.text()), comments, behind])
    }

    /// The operand of a link, on a line of its own where the chain does not fit on one.
    fn operand(&mut self, (_, _, operand): &'a Link) -> Doc<'a> {
        concat([Doc::Line, self.comments.leading(operand.span.start), self.expr(operand)])
    }

    /// A list or tuple. A table, which is a list of lists over several lines, keeps a line for each row.
    fn list(&mut self, open: &'static str, items: &'a [Expr], span: Span, close: &'static str) -> Doc<'a> {
        let mut before = span.start;
        let mut is_table = !items.is_empty() && items.iter().all(|item| matches!(item.kind, ExprKind::List(_)));
        is_table &= items.iter().any(|item| {
            self.text.as_bytes()[std::mem::replace(&mut before, item.span.end) as usize..item.span.start as usize]
                .contains(&b'\n')
        });
        let items = Elements { items, start: |item| item.span.start, print: Self::expr };
        let mut brackets = self.elements(&items, span.end - 1);
        brackets.forced |= is_table;
        brackets.doc(open, close)
    }

    /// `(a, name=b)`. A list that is the only argument shares its line with the parentheses.
    pub(super) fn arguments(&mut self, args: &'a [Arg], span: Span) -> Doc<'a> {
        let comments = self.comments.moved_before(span.start);
        if let [Arg { name: None, value: value @ Expr { kind: ExprKind::List(_), .. } }] = args {
            let value = self.inner(value);
            let rest = self.comments.moved_before(span.end);
            return concat([comments, text("("), value, text(")"), rest]);
        }
        let start = |arg: &Arg| arg.name.as_ref().map_or(arg.value.span.start, |name| name.span.start);
        let brackets = self.elements(&Elements { items: args, start, print: Self::argument }, span.end - 1);
        concat([comments, brackets.doc("(", ")")])
    }

    fn argument(&mut self, arg: &'a Arg) -> Doc<'a> {
        match &arg.name {
            Some(name) => concat([text(self.source(name.span)), text("="), self.inner(&arg.value)]),
            None => self.expr(&arg.value),
        }
    }

    /// A pipe keeps its author's lines, since they group the stages. Written on one line, it stays there if it fits.
    fn pipe(&mut self, first: &'a Expr, stages: &'a [Expr]) -> Doc<'a> {
        let mut end = first.span.end;
        let mut line = vec![self.expr(first)];
        let mut lines = Vec::new();
        for stage in stages {
            let breaks = self.text.as_bytes()[end as usize..stage.span.start as usize].contains(&b'\n');
            let behind = self.comments.behind(stage.span.start);
            let before = self.comments.leading(stage.span.start);
            if breaks {
                lines.push(group(concat(std::mem::take(&mut line))));
                lines.extend([behind, Doc::Hard, before]);
            } else {
                line.push(Doc::Line);
            }
            line.extend([text("-> "), self.expr(stage)]);
            end = stage.span.end;
        }
        lines.push(group(concat(line)));
        indent(concat(lines))
    }

    /// `if c { … } else if d { … } else { … }`.
    pub(super) fn conditional(&mut self, arms: &'a [(Expr, Body)], otherwise: Option<&'a Body>, one_line: bool) -> Doc<'a> {
        let mut docs = Vec::new();
        for (i, (condition, branch)) in arms.iter().enumerate() {
            docs.push(text(if i == 0 { "if " } else { " else if " }));
            docs.push(self.inner(condition));
            docs.push(text(" "));
            docs.push(self.body(branch, one_line));
        }
        if let Some(branch) = otherwise {
            docs.push(text(" else "));
            docs.push(self.body(branch, one_line));
        }
        group(concat(docs))
    }
}

fn branches<'a>(arms: &'a [(Expr, Body)], otherwise: Option<&'a Body>) -> impl Iterator<Item = &'a Body> {
    arms.iter().map(|(_, body)| body).chain(otherwise)
}

/// Whether a body may share its line with what it belongs to.
pub(super) fn is_short(body: &Body) -> bool {
    match body.statements.as_slice() {
        [] => true,
        [statement] => statement.marks().is_empty() && !holds_body(&statement.kind),
        _ => false,
    }
}

fn holds_body(kind: &StatementKind) -> bool {
    matches!(kind, StatementKind::For { .. } | StatementKind::Expr(Expr { kind: ExprKind::If(_), .. }))
}
