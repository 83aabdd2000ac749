//! Statements in places where they may not stand.
//!
//! In: a tree. Out: diagnostics of code PW0107. The parser reads any statement anywhere, because what was meant is clear
//! and the rest of the body is worth reading; this says where a kind of statement does not belong. No names are looked up.

use super::ast::{Arg, Ast, Body, Expr, ExprKind, ForRange, Item, Statement, StatementKind};
use super::sink::Sink;
use crate::code::Code;
use crate::diagnostic::Applicability::{Safe, Unsafe};
use crate::diagnostic::{Diagnostic, Edit};
use crate::source::Span;

/// Reports every misplaced statement of a file.
pub fn check(ast: &Ast, text: &str, errors: &mut Sink) {
    let mut checker = Checker { text, errors };
    for item in &ast.items {
        match item {
            Item::Use(_) => {}
            Item::Block(block) => checker.body(&block.body, Place::of_item(false)),
            Item::Net(net) => checker.body(&net.body, Place::of_item(true)),
        }
    }
}

/// Where a body stands.
#[derive(Clone, Copy)]
struct Place {
    /// Whether the item is a net.
    in_net: bool,
    within: Within,
    /// Whether it is a branch whose last expression is its value.
    gives_value: bool,
}

impl Place {
    fn of_item(in_net: bool) -> Self {
        Self { in_net, within: Within::Item, gives_value: false }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Within {
    /// The item's own body.
    Item,
    /// A branch of an `if` statement.
    Branch,
    /// A loop, and whatever is in it.
    Loop,
    /// A value, and whatever is in it.
    Value,
}

struct Checker<'a> {
    text: &'a str,
    errors: &'a mut Sink,
}

impl Checker<'_> {
    fn report(&mut self, message: &str, span: Span, help: &str) {
        self.errors.push(Diagnostic::error(Code::MisplacedStatement, message, span, "").help(help));
    }

    fn body(&mut self, body: &Body, place: Place) {
        for (i, statement) in body.statements.iter().enumerate() {
            let rest = &body.statements[i + 1..];
            self.statement(statement, place, rest.is_empty());
            if let (StatementKind::Return(_), Some(next)) = (&statement.kind, rest.first()) {
                self.report("nothing after a `return` is reached", next.span, "remove it, or return later");
                break;
            }
        }
    }

    fn statement(&mut self, statement: &Statement, place: Place, last: bool) {
        for mark in statement.marks() {
            self.args(&mark.args);
        }
        match &statement.kind {
            StatementKind::Input { shape, .. } => {
                self.input(statement.span, place);
                self.expr(shape, place);
            }
            StatementKind::Output { shape, value, .. } => {
                self.output(statement.span, place);
                self.exprs(shape.iter().chain(value).map(|expr| &**expr), place);
            }
            StatementKind::Bind { targets, value } => {
                self.exprs(targets.iter().filter_map(|target| target.shape.as_deref()), place);
                self.expr(value, place);
            }
            StatementKind::Return(values) => {
                self.give_back(values, statement.span, place);
                self.exprs(values, place);
            }
            StatementKind::For { over, body, .. } => {
                match over {
                    ForRange::Range(from, to) => self.exprs([&**from, to], place),
                    ForRange::List(list) => self.expr(list, place),
                }
                let within = if place.within == Within::Value { Within::Value } else { Within::Loop };
                self.body(body, Place { within, gives_value: false, ..place });
            }
            StatementKind::Assert(value) | StatementKind::Shared { value, .. } => self.expr(value, place),
            StatementKind::Refine { form, .. } => {
                self.refine(statement.span, place);
                self.expr(form, place);
            }
            StatementKind::Expr(expr) => self.bare(expr, place, last),
        }
    }

    fn input(&mut self, span: Span, place: Place) {
        if !place.in_net {
            let help = "a block's inputs stand in its header: `block name(parameters)(x)`";
            self.report("an `input` stands in a net, not in a block", span, help);
        } else if place.within != Within::Item {
            self.report("an `input` stands directly in its net", span, "move it out of the braces");
        }
    }

    fn output(&mut self, span: Span, place: Place) {
        if !place.in_net {
            self.report("an `output` stands in a net, not in a block", span, "a block gives its results with `return`");
        } else if place.within == Within::Loop || place.within == Within::Value {
            self.report("an `output` stands in its net or in an `if` statement there", span, "move it behind the braces");
        }
    }

    fn refine(&mut self, span: Span, place: Place) {
        if !place.in_net || place.within == Within::Value {
            self.report("a `refine` stands in a net", span, "move it to the end of the net");
        }
    }

    fn give_back(&mut self, values: &[Expr], span: Span, place: Place) {
        if place.within == Within::Value {
            return self.report("a value does not return", span, "write what it is alone, as the last line of its branch");
        }
        if !place.in_net {
            return;
        }
        let found = Diagnostic::error(Code::MisplacedStatement, "a net does not return", span, "");
        let name = match values {
            [Expr { kind: ExprKind::Name(name), .. }] => Some(name),
            _ => None,
        };
        self.errors.push(match name {
            Some(name) => found.fix(Safe, "make it an output", vec![Edit::replace(span, format!("output {name}"))]),
            None => found.help("its results are outputs: `output name = value`"),
        });
    }

    /// An expression on a line of its own.
    fn bare(&mut self, expr: &Expr, place: Place, last: bool) {
        let is_value = place.gives_value && last;
        if let (ExprKind::If(_), false) = (&expr.kind, is_value) {
            let within = if place.within == Within::Item { Within::Branch } else { place.within };
            let place = Place { within, gives_value: false, ..place };
            self.exprs(expr.operands(), place);
            expr.branches().into_iter().for_each(|branch| self.body(branch, place));
            return;
        }
        if !is_value && !matches!(expr.kind, ExprKind::Error) {
            let returns = !place.in_net && place.within == Within::Item && last;
            self.unused(expr, returns);
        }
        self.expr(expr, place);
    }

    /// A value that stands alone; that of a block's last line is what the block was to return.
    fn unused(&mut self, expr: &Expr, returns: bool) {
        let found = Diagnostic::error(Code::MisplacedStatement, "this value is not used", expr.span, "");
        let name = if let ExprKind::Pipe(pipe) = &expr.kind { Some(&pipe.first) } else { None };
        let name = name.filter(|first| matches!(first.kind, ExprKind::Name(_)));
        self.errors.push(match name {
            _ if returns => found.fix(Unsafe, "return it", vec![Edit::before(expr.span, "return ")]),
            Some(name) => {
                let text = &self.text[name.span.start as usize..name.span.end as usize];
                found.fix(Unsafe, "bind it to a name", vec![Edit::before(expr.span, format!("{text} = "))])
            }
            None => found.help("bind it to a name, return it, or remove it"),
        });
    }

    fn args(&mut self, args: &[Arg]) {
        let place = Place { in_net: false, within: Within::Value, gives_value: false };
        self.exprs(args.iter().map(|arg| &arg.value), place);
    }

    fn exprs<'e>(&mut self, list: impl IntoIterator<Item = &'e Expr>, place: Place) {
        for expr in list {
            self.expr(expr, place);
        }
    }

    /// Looks for bodies inside an expression; all of them are values.
    fn expr(&mut self, expr: &Expr, place: Place) {
        self.exprs(expr.operands(), place);
        for branch in expr.branches() {
            self.body(branch, Place { within: Within::Value, gives_value: true, ..place });
        }
    }
}
