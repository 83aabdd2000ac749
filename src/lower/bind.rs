//! Bindings: names for what an expression gives, shapes that are checked, and `_` for what is discarded.

#![expect(clippy::wildcard_enum_match_arm, reason = "every other kind of value or expression is the same mistake here")]

use super::program::refused;
use super::tuple::written_tuple;
use super::{Binding, Builder, Frame, Value};
use crate::code::Code;
use crate::diagnostic::Applicability::Unsafe;
use crate::diagnostic::{Diagnostic, Edit};
use crate::graph::NodeId;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, StatementKind, Target};
use crate::words::DISCARD;

/// The parts of what a statement's last call gives that are bound to `_`: an operation that cuts does not make them.
pub(super) struct Discards {
    /// The calls that may be the last, one for each branch.
    calls: Vec<Span>,
    parts: Vec<bool>,
}

impl Discards {
    fn of(targets: &[Target], value: &Expr) -> Option<Self> {
        if targets.len() < 2 {
            return None;
        }
        let parts: Vec<bool> = targets.iter().map(|target| target.name.discards()).collect();
        parts.contains(&true).then(|| {
            let mut calls = Vec::new();
            last_calls(value, &mut calls);
            Self { calls, parts }
        })
    }

    /// Whether a call's part of this index, of so many, is discarded.
    pub(super) fn drops(&self, call: Span, (index, of): (usize, usize)) -> bool {
        self.parts.len() == of && self.parts[index] && self.calls.contains(&call)
    }
}

/// Where an expression's value comes from: the last call of a pipe, in each branch.
fn last_calls(expr: &Expr, calls: &mut Vec<Span>) {
    match &expr.kind {
        ExprKind::Pipe(pipe) => pipe.stages.last().into_iter().for_each(|stage| last_calls(stage, calls)),
        ExprKind::Paren(inner) => last_calls(inner, calls),
        ExprKind::As(named) => last_calls(&named.value, calls),
        ExprKind::If(choice) => {
            for body in choice.arms.iter().map(|(_, body)| body).chain(&choice.otherwise) {
                if let Some(StatementKind::Expr(value)) = body.statements.last().map(|statement| &statement.kind) {
                    last_calls(value, calls);
                }
            }
        }
        _ => calls.push(expr.span),
    }
}

impl<'a> Builder<'a> {
    pub(super) fn bind(&mut self, frame: &mut Frame<'a>, targets: &'a [Target], expr: &'a Expr) {
        self.weigh(targets.iter().map(|target| target.name.text.len()).sum());
        let scope = match targets {
            [one] => frame.binding_scope(&one.name.text),
            several => {
                let kept = several.iter().filter(|target| !target.name.discards()).map(|target| target.name.text.as_str());
                let joined = kept.collect::<Vec<_>>().join("_");
                frame.binding_scope(if joined.is_empty() { DISCARD } else { &joined })
            }
        };
        let outer = std::mem::replace(&mut self.discards, Discards::of(targets, expr));
        // Before the names that are read in it may be bound anew.
        let bytes = self.unit_of(frame, expr);
        let value = self.eval(frame, expr, &scope);
        self.discards = outer;
        if value.is_poison() {
            self.missing.insert(scope.place.path);
        }
        if let [one] = targets {
            let tuple = written_tuple(frame, expr).filter(|_| value.is_constant_tuple());
            self.assign(frame, one, (value, bytes));
            if let Some(binding) = frame.names.get_mut(one.name.text.as_str()) {
                binding.tuple = tuple;
            }
            return;
        }
        let values: Vec<Value> = match &value {
            Value::Tuple(items) | Value::List(items) if items.len() == targets.len() => items.to_vec(),
            Value::Poison => vec![Value::Poison; targets.len()],
            other => {
                let got = match other {
                    Value::Tuple(items) => format!("{} values", items.len()),
                    Value::List(items) => format!("a list of {}", items.len()),
                    other => other.kind().to_owned(),
                };
                let span = targets[0].name.span.to(targets[targets.len() - 1].name.span);
                self.report(
                    frame,
                    Diagnostic::error(
                        Code::WrongInputs,
                        format!("{} names for {got}", targets.len()),
                        span,
                        format!("{} names", targets.len()),
                    )
                    .label(expr.span, format!("this gives {got}")),
                );
                vec![Value::Poison; targets.len()]
            }
        };
        for (target, value) in targets.iter().zip(values) {
            self.assign(frame, target, (value, bytes));
        }
    }

    fn assign(&mut self, frame: &mut Frame<'a>, target: &'a Target, (mut value, bytes): (Value, Option<Span>)) {
        let name = target.name.text.as_str();
        if let Some(diagnostic) = refused(&target.name) {
            self.report(frame, diagnostic);
        }
        if target.name.discards() && target.shape.is_none() {
            return;
        }
        if matches!(value, Value::Nothing) {
            let message = format!("`{name}` gets no value");
            self.report(
                frame,
                Diagnostic::error(Code::WrongType, message, target.name.span, "this would be nothing")
                    .help("an `if` that is used as a value needs an `else`, and each branch ends in an expression"),
            );
            value = Value::Poison;
        }
        if let (Some(shape), Value::Tensor(id)) = (&target.shape, &value) {
            // What follows is held against the shape that it has: the written one may be the mistake.
            self.check_shape(frame, name, *id, shape);
        } else if let (Some(shape), false) = (&target.shape, value.is_poison()) {
            let message = format!("only a tensor has a shape, and `{name}` is {}", value.kind());
            self.report(frame, Diagnostic::error(Code::WrongType, message, shape.span, "remove this"));
        }
        let is_input = frame.names.get(name).is_some_and(|b| b.is_input);
        frame.names.insert(name, Binding { is_input, bytes, ..Binding::of(value, target.name.span) });
    }

    /// Compares a tensor with the shape that is written beside its name.
    pub(super) fn check_shape(&mut self, frame: &mut Frame<'a>, name: &str, id: NodeId, written: &'a Expr) {
        let Some(expected) = self.shape_of(frame, written) else { return };
        let actual = self.shapes[id];
        self.graph.directives_mut(id).has_written_shape = true;
        if actual == expected {
            return;
        }
        self.here = frame.instance;
        let message = format!("`{name}` is {actual}, not {expected} as written");
        let mut diagnostic = Diagnostic::error(Code::ShapeAnnotation, message, written.span, format!("written {expected}"));
        diagnostic = self.explain(diagnostic, &format!("`{name}`"), id, expected);
        let fixed = self.find_fix(id, Some((expected, None)), &|shape| shape == expected);
        diagnostic = match fixed {
            Some(fix) => diagnostic.with_fixes([fix]),
            None => diagnostic.fix(
                Unsafe,
                format!("write the shape that it has, {actual}"),
                vec![Edit::replace(written.span, actual.to_string())],
            ),
        };
        self.report(frame, diagnostic);
    }
}
