//! Lints on what is written and never used: parameters and shared weights, and blocks of the main file.

use std::collections::BTreeSet;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Ast, Body, Expr, Ident, Item, Param, Statement, StatementKind};

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
        read_in(body, &mut used);
        params.iter().filter_map(|p| p.default.as_ref()).for_each(|default| read(default, &mut used));
        found.extend(unused_params(params, &used));
        found.extend(shared(body).into_iter().filter(|name| !used.contains(name.text.as_str())).map(|name| never(SHARED, name)));
        called.extend(used);
    }
    if main.items.iter().any(|item| matches!(item, Item::Net(_))) {
        for item in &main.items {
            if let Item::Block(block) = item
                && !called.contains(block.name.text.as_str())
            {
                found.push(never("block", &block.name));
            }
        }
    }
    found
}

fn unused_params(params: &[Param], used: &BTreeSet<&str>) -> Vec<Diagnostic> {
    params
        .iter()
        .filter(|p| !used.contains(p.name.text.as_str()) && !p.name.text.starts_with('_'))
        .map(|p| never("parameter", &p.name))
        .collect()
}

/// Every name that a body declares shared weights by.
fn shared(body: &Body) -> Vec<&Ident> {
    let statements = body.all_statements().into_iter();
    statements.filter(|statement| matches!(statement.kind, StatementKind::Shared { .. })).flat_map(Statement::binds).collect()
}

fn never(what: &str, name: &Ident) -> Diagnostic {
    let (are, it) = if what == SHARED { ("are", "them") } else { ("is", "it") };
    let message = format!("{what} `{}` {are} never used", name.text);
    Diagnostic::warning(Code::LintUnusedParameter, message, name.span, "never used").help(format!("remove {it}, or use {it}"))
}

/// Adds every name that a body reads or calls.
fn read_in<'a>(body: &'a Body, used: &mut BTreeSet<&'a str>) {
    for statement in body.all_statements() {
        if let StatementKind::Output { name, value: None, .. } = &statement.kind {
            used.insert(&name.text);
        }
        statement.exprs().into_iter().for_each(|expr| read(expr, used));
    }
}

/// Adds every name that an expression reads or calls, what its branches hold left out.
fn read<'a>(expr: &'a Expr, used: &mut BTreeSet<&'a str>) {
    used.extend(expr.all().into_iter().filter_map(Expr::named));
}
