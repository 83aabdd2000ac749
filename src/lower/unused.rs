//! Lints on what is written and never used: parameters, and blocks of the main file.

use std::collections::BTreeSet;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Arg, Ast, Body, Expr, ExprKind, ForRange, Ident, Item, Param, StatementKind};

const SHARED: &str = "shared weights";

/// Unused parameters and shared weights of all blocks and of the net; unused blocks of the main file, if it has a net.
pub(super) fn lint(asts: &[Ast]) -> Vec<Diagnostic> {
    let Some(main) = asts.first() else { return Vec::new() };
    let mut found = Vec::new();
    let mut called = BTreeSet::new();
    for item in &main.items {
        let (params, body) = match item {
            Item::Block(block) => (&block.params, &block.body),
            Item::Net(net) => (&net.params, &net.body),
            Item::Use(_) => continue,
        };
        let mut used = BTreeSet::new();
        let mut walk = Walk { used: &mut used };
        walk.body(body);
        for default in params.iter().filter_map(|p| p.default.as_ref()) {
            walk.expr(default);
        }
        found.extend(unused_params(params, &used));
        found.extend(shared(body).into_iter().filter(|name| !used.contains(&name.text)).map(|name| never(SHARED, name)));
        called.extend(used);
    }
    if main.items.iter().any(|item| matches!(item, Item::Net(_))) {
        for item in &main.items {
            if let Item::Block(block) = item
                && !called.contains(&block.name.text)
            {
                found.push(never("block", &block.name));
            }
        }
    }
    found
}

fn unused_params(params: &[Param], used: &BTreeSet<String>) -> Vec<Diagnostic> {
    params
        .iter()
        .filter(|p| !used.contains(&p.name.text) && !p.name.text.starts_with('_'))
        .map(|p| never("parameter", &p.name))
        .collect()
}

/// Every name that a body declares shared weights by, those of inner bodies included.
fn shared(body: &Body) -> Vec<&Ident> {
    let mut names = Vec::new();
    let mut open = vec![body];
    while let Some(body) = open.pop() {
        for statement in &body.statements {
            match &statement.kind {
                StatementKind::Shared { name, .. } => names.push(name),
                StatementKind::For { body, .. } => open.push(body),
                StatementKind::Expr(Expr { kind: ExprKind::If { arms, otherwise }, .. }) => {
                    open.extend(arms.iter().map(|(_, body)| body).chain(otherwise));
                }
                StatementKind::Input { .. }
                | StatementKind::Output { .. }
                | StatementKind::Bind { .. }
                | StatementKind::Return(_)
                | StatementKind::Assert(_)
                | StatementKind::Expr(_)
                | StatementKind::Refine { .. } => {}
            }
        }
    }
    names
}

fn never(what: &str, name: &Ident) -> Diagnostic {
    let (are, it) = if what == SHARED { ("are", "them") } else { ("is", "it") };
    let message = format!("{what} `{}` {are} never used", name.text);
    Diagnostic::warning(Code::LintUnusedParameter, message, name.span, "never used").help(format!("remove {it}, or use {it}"))
}

/// Collects every name that is read or called.
struct Walk<'u> {
    used: &'u mut BTreeSet<String>,
}

impl Walk<'_> {
    fn body(&mut self, body: &Body) {
        for statement in &body.statements {
            for mark in &statement.marks {
                self.args(&mark.args);
            }
            match &statement.kind {
                StatementKind::Input { shape, .. } => self.expr(shape),
                StatementKind::Output { name, shape, value } => {
                    if value.is_none() {
                        self.used.insert(name.text.clone());
                    }
                    shape.iter().chain(value).for_each(|e| self.expr(e));
                }
                StatementKind::Bind { targets, value } => {
                    targets.iter().filter_map(|t| t.shape.as_ref()).for_each(|e| self.expr(e));
                    self.expr(value);
                }
                StatementKind::Return(values) => self.exprs(values),
                StatementKind::For { over, body, .. } => {
                    match over {
                        ForRange::Range(from, to) => {
                            self.expr(from);
                            self.expr(to);
                        }
                        ForRange::List(list) => self.expr(list),
                    }
                    self.body(body);
                }
                StatementKind::Assert(e) | StatementKind::Expr(e) | StatementKind::Shared { value: e, .. } => self.expr(e),
                StatementKind::Refine { form, .. } => self.expr(form),
            }
        }
    }

    fn args(&mut self, args: &[Arg]) {
        for arg in args {
            self.expr(&arg.value);
        }
    }

    fn exprs(&mut self, exprs: &[Expr]) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Name(name) => drop(self.used.insert(name.clone())),
            ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Bool(_)
            | ExprKind::Str(_)
            | ExprKind::Path(_)
            | ExprKind::Error => {}
            ExprKind::List(items) | ExprKind::Tuple(items) => self.exprs(items),
            ExprKind::Paren(inner) | ExprKind::Unary(_, inner) | ExprKind::As { value: inner, .. } => self.expr(inner),
            ExprKind::Infix { first, rest } => {
                self.expr(first);
                for (_, _, operand) in rest {
                    self.expr(operand);
                }
            }
            ExprKind::Call { callee, lists } => {
                self.used.insert(callee.text.clone());
                for list in lists {
                    self.args(&list.args);
                }
            }
            ExprKind::Index { base, index } => {
                self.expr(base);
                self.expr(index);
            }
            ExprKind::Pipe { first, stages } => {
                self.expr(first);
                self.exprs(stages);
            }
            ExprKind::If { arms, otherwise } => {
                for (condition, body) in arms {
                    self.expr(condition);
                    self.body(body);
                }
                if let Some(body) = otherwise {
                    self.body(body);
                }
            }
        }
    }
}
