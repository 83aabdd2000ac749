//! Parameters of a net that say no more than how large its inputs are: a network that is written out can keep them.
//!
//! In: a net's tree and text. Out: [`Knob`]s that stand nowhere but in shapes of inputs and in assertions. Whether layers are
//! the same for every value is not to be seen here: who keeps a knob tries it.

use crate::source::Span;
use crate::syntax::ast::{Ast, Body, Expr, ExprKind, Statement, StatementKind};

use super::edit::net;

/// A parameter with an integer as default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Knob {
    /// Its name.
    pub name: String,
    /// Its default.
    pub value: i64,
}

/// The parameters that stand only in shapes of inputs and in assertions.
#[must_use]
pub fn of_inputs(text: &str, ast: &Ast) -> Vec<Knob> {
    let Some(net) = net(ast) else { return Vec::new() };
    let alone = |name: &str| {
        let in_defaults = net.params.iter().filter_map(|param| param.default.as_ref()).any(|d| mentions(text, d.span, name));
        !in_defaults && net.body.statements.iter().all(|statement| keeps_apart(text, statement, name))
    };
    let knob = |name: &str, default: &Expr| {
        let ExprKind::Int(value) = default.kind else { return None };
        alone(name).then(|| Knob { name: name.to_owned(), value })
    };
    net.params.iter().filter_map(|param| knob(&param.name.text, param.default.as_ref()?)).collect()
}

/// A shape that mentions kept and other parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mixed;

/// The shape of an input as written, where it mentions one of the names and nothing else but numbers; `None` where it mentions
/// none of them.
///
/// # Errors
/// It mentions something else too.
pub fn written_shape(text: &str, ast: &Ast, input: &str, names: &[&str]) -> Result<Option<String>, Mixed> {
    let mut statements = net(ast).into_iter().flat_map(|net| &net.body.statements);
    let shape = statements.find_map(|statement| {
        let StatementKind::Input { name, shape } = &statement.kind else { return None };
        (name.text == input).then_some(shape)
    });
    let Some(shape) = shape else { return Ok(None) };
    let written = &text[shape.span.start as usize..shape.span.end as usize];
    let words = words(written).filter(|word| !word.starts_with(|c: char| c.is_ascii_digit()));
    let (known, other): (Vec<_>, Vec<_>) = words.partition(|word| names.contains(word));
    match (known.is_empty(), other.is_empty()) {
        (true, _) => Ok(None),
        (false, true) => Ok(Some(written.to_owned())),
        (false, false) => Err(Mixed),
    }
}

/// Whether a statement has nothing to do with a name, or is an input or an assertion.
fn keeps_apart(text: &str, statement: &Statement, name: &str) -> bool {
    match &statement.kind {
        StatementKind::Input { .. } | StatementKind::Assert(_) => true,
        StatementKind::Expr(expr @ Expr { kind: ExprKind::If { .. }, .. }) => {
            let asserts = |body: &Body| body.statements.iter().all(|inner| matches!(inner.kind, StatementKind::Assert(_)));
            expr.branches().into_iter().all(asserts) || !mentions(text, statement.span, name)
        }
        StatementKind::Expr(_)
        | StatementKind::Output { .. }
        | StatementKind::Bind { .. }
        | StatementKind::Shared { .. }
        | StatementKind::Return(_)
        | StatementKind::For { .. }
        | StatementKind::Refine { .. } => !mentions(text, statement.span, name),
    }
}

/// Whether a name stands in a text, comments and strings included: rather once too often.
fn mentions(text: &str, span: Span, name: &str) -> bool {
    words(&text[span.start as usize..span.end as usize]).any(|word| word == name)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}
