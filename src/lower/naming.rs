//! Names of layers: dotted paths of bindings, loop turns and block instances.

#![expect(clippy::wildcard_enum_match_arm, reason = "every other kind of value or expression is the same mistake here")]

use super::{Builder, Frame, Scope, join};
use crate::syntax::ast::{Expr, ExprKind};

impl Frame<'_> {
    /// The scope of layers that no binding names.
    pub(super) fn loose_scope(&self) -> Scope {
        Scope { path: join(&self.prefix, &self.turns), whole: false }
    }

    /// The scope of a binding's layers: prefix, name, loop indices. A rebound block input adds no name.
    pub(super) fn binding_scope(&self, name: &str, expr: &Expr) -> Scope {
        let is_input = self.names.get(name).is_some_and(|b| b.is_input);
        let own = if is_input && !(self.turns.is_empty() && self.prefix.is_empty()) { "" } else { name };
        Scope { path: join(&join(&self.prefix, own), &self.turns), whole: is_whole(expr) }
    }
}

impl Builder<'_> {
    /// The scope's own path for a call that is the whole value, else path and block; numbered where taken.
    pub(super) fn instance_path(&mut self, scope: &Scope, block: &str) -> String {
        let base = if scope.whole && !scope.path.is_empty() { scope.path.clone() } else { scope.join(block) };
        let times = self.scopes.entry(base.clone()).or_insert(0);
        *times += 1;
        if *times == 1 { base } else { format!("{base}_{times}") }
    }
}

/// Whether the value is made by a single call, which then takes the binding's path as its own.
fn is_whole(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Pipe { first, stages } => stages.len() == 1 && is_quiet(first),
        ExprKind::Call { lists, .. } => lists.last().is_some_and(|list| list.args.iter().all(|arg| is_quiet(&arg.value))),
        ExprKind::If { .. } => true,
        ExprKind::Paren(inner) => is_whole(inner),
        _ => false,
    }
}

/// Whether evaluating it adds no layers, as far as its form tells.
fn is_quiet(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Bool(_)
        | ExprKind::Str(_)
        | ExprKind::Path(_)
        | ExprKind::Error => true,
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) => is_quiet(inner),
        ExprKind::Tuple(items) | ExprKind::List(items) => items.iter().all(is_quiet),
        ExprKind::Index { base, index } => is_quiet(base) && is_quiet(index),
        ExprKind::Infix { .. } | ExprKind::Call { .. } | ExprKind::Pipe { .. } | ExprKind::If { .. } => false,
    }
}
