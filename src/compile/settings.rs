//! Values from the command line.

#![expect(clippy::wildcard_enum_match_arm, reason = "every other kind of value or expression is the same mistake here")]

use crate::lower::Value;
use crate::source::SourceSet;
use crate::syntax;
use crate::syntax::ast::{Expr, ExprKind, Item, StatementKind, UnaryOp};

/// Reads `0.75`, `[1, 2]`, `true`, `"text"` as the language does; anything else is a string.
#[must_use]
pub fn literal(text: &str) -> Value {
    let mut sources = SourceSet::new();
    if text.len() > 4096 {
        return Value::Str(text.into());
    }
    let id = sources.add("--set", format!("net set {{ v = {text}\n}}"));
    let (ast, diagnostics) = syntax::parse(&sources, id);
    let value = match ast.items.as_slice() {
        [Item::Net(net)] if diagnostics.is_empty() => match net.body.statements.as_slice() {
            [statement] => match &statement.kind {
                StatementKind::Bind { value, .. } => constant(value),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    value.unwrap_or_else(|| Value::Str(text.into()))
}

/// All `--set` values.
pub(super) fn values(set: &[(String, String)]) -> Vec<(String, Value)> {
    set.iter().map(|(name, text)| (name.clone(), literal(text))).collect()
}

fn constant(expr: &Expr) -> Option<Value> {
    match &expr.kind {
        ExprKind::Int(i) => Some(Value::Int(*i)),
        ExprKind::Float(x) => Some(Value::Float(*x)),
        ExprKind::Bool(b) => Some(Value::Bool(*b)),
        ExprKind::Str(s) => Some(Value::Str(s.as_str().into())),
        ExprKind::List(items) => items.iter().map(constant).collect::<Option<Vec<_>>>().map(|items| Value::List(items.into())),
        ExprKind::Paren(inner) => constant(inner),
        ExprKind::Unary(UnaryOp::Neg, inner) => match constant(inner)? {
            Value::Int(i) => i.checked_neg().map(Value::Int),
            Value::Float(x) => Some(Value::Float(-x)),
            _ => None,
        },
        _ => None,
    }
}
