//! Loops, and what is left of names that a broken loop or condition would have bound.

#![expect(clippy::wildcard_enum_match_arm, reason = "every other kind of value or expression is the same mistake here")]

use super::naming::Scope;
use super::program::refused;
use super::{Binding, Builder, Frame, Value};
use crate::code::Code;
use crate::diagnostic::Applicability::Safe;
use crate::diagnostic::{Diagnostic, Edit};
use crate::graph::LayerPath;
use crate::source::Span;
use crate::syntax::ast::{Body, Expr, ForRange, Ident, Pattern, Statement, StatementKind};

/// What each turn of a loop does.
struct Turns<'a> {
    pattern: &'a Pattern,
    body: &'a Body,
    /// The turns of the loops around it.
    outer: LayerPath,
}

/// A value, and the amount with a unit of bytes that it is made of.
type Measured = (Value, Option<Span>);

impl<'a> Builder<'a> {
    pub(super) fn repeat(&mut self, frame: &mut Frame<'a>, pattern: &'a Pattern, over: &'a ForRange, body: &'a Body) {
        for diagnostic in names_of(pattern).into_iter().filter_map(refused) {
            self.report(frame, diagnostic);
        }
        self.steps += names_of(pattern).len() as u64;
        let saved: Vec<_> =
            names_of(pattern).into_iter().map(|n| (n.text.as_str(), frame.names.get(n.text.as_str()).cloned())).collect();
        if self.loops == 0 {
            self.repeats = 0;
        }
        self.loops += 1;
        let turns = Turns { pattern, body, outer: frame.turns.clone() };
        match over {
            ForRange::Range(from, to) => self.count(frame, (from, to), &turns),
            ForRange::List(list) => self.walk(frame, list, &turns),
        }
        frame.turns = turns.outer;
        self.loops -= 1;
        for (name, value) in saved {
            match value {
                Some(binding) => drop(frame.names.insert(name, binding)),
                None => drop(frame.names.remove(name)),
            }
        }
    }

    fn count(&mut self, frame: &mut Frame<'a>, (from, to): (&'a Expr, &'a Expr), turns: &Turns<'a>) {
        let scope = Scope::none();
        let bounds = (self.eval(frame, from, &scope), self.eval(frame, to, &scope));
        match (bounds.0.to_i64(), bounds.1.to_i64()) {
            (Some(first), Some(end)) => self.turns(frame, turns, (first..end).map(|i| (Value::Int(i), None))),
            _ => self.no_turns(frame, &[(from, &bounds.0), (to, &bounds.1)], turns.body),
        }
    }

    fn walk(&mut self, frame: &mut Frame<'a>, list: &'a Expr, turns: &Turns<'a>) {
        let bytes = self.unit_of(frame, list);
        let walked = self.eval(frame, list, &Scope::none());
        match self.as_list(frame, list, walked) {
            Value::List(items) | Value::Tuple(items) => self.turns(frame, turns, items.iter().map(|item| (item.clone(), bytes))),
            Value::Int(n) => {
                let message = "a loop walks a range or a list, and this is an integer";
                let found = Diagnostic::error(Code::WrongType, message, list.span, format!("{n}"));
                self.report(frame, found.fix(Safe, "count from zero", vec![Edit::before(list.span, "0..")]));
                self.not_run(frame, turns.body);
            }
            other => self.no_turns(frame, &[(list, &other)], turns.body),
        }
    }

    fn turns(&mut self, frame: &mut Frame<'a>, turns: &Turns<'a>, values: impl Iterator<Item = Measured>) {
        for (turned, value) in (0..).zip(values) {
            if frame.returned.is_some() || !self.goes_on(frame, turns.body, turned) {
                break;
            }
            frame.turns = turns.outer.join(&turned.to_string());
            self.destructure(frame, turns.pattern, value);
            let scope = frame.loose_scope();
            self.body(frame, turns.body, &scope);
        }
    }

    /// A loop over something that cannot be walked: reported, and what it would have bound is poison.
    fn no_turns(&mut self, frame: &mut Frame<'a>, values: &[(&'a Expr, &Value)], body: &'a Body) {
        for (expr, value) in values {
            if value.to_i64().is_none() && !value.is_poison() {
                let message = format!("a loop walks integers `from..to` or a list, not {}", value.kind());
                self.report(frame, Diagnostic::error(Code::WrongType, message, expr.span, ""));
            }
        }
        self.not_run(frame, body);
    }

    /// Whether a loop turns once more. What it would bind is poison where it stops for its errors.
    fn goes_on(&mut self, frame: &mut Frame<'a>, body: &'a Body, turned: u64) -> bool {
        let goes_on = self.may_turn(frame, body.span, turned);
        if !goes_on && !self.stopped {
            self.not_run(frame, body);
        }
        goes_on
    }

    /// Takes note of what is missing where a body cannot be evaluated: names that it would bind become poison.
    pub(super) fn not_run(&mut self, frame: &mut Frame<'a>, body: &'a Body) {
        let statements = body.all_statements();
        self.steps += statements.len() as u64;
        for statement in &statements {
            match &statement.kind {
                StatementKind::Refine { .. } => drop(self.missing.insert(LayerPath::root())),
                StatementKind::Return(_) => drop(self.missing.insert(frame.prefix.path.clone())),
                _ => self.missing.extend(statement.binds().iter().map(|name| frame.binding_scope(&name.text).place.path)),
            }
        }
        frame.poison(statements);
    }

    fn destructure(&mut self, frame: &mut Frame<'a>, pattern: &'a Pattern, (value, bytes): Measured) {
        match pattern {
            Pattern::Name(name) if name.discards() => {}
            Pattern::Name(name) => {
                frame.names.insert(&name.text, Binding { bytes, ..Binding::of(value, name.span) });
            }
            Pattern::List(parts, span) => {
                let items: Vec<Value> = match &value {
                    Value::List(items) if items.len() == parts.len() => items.to_vec(),
                    Value::Poison => vec![Value::Poison; parts.len()],
                    other => {
                        let message = format!("the pattern takes a list of {}, and this turn has {}", parts.len(), other.shown());
                        self.report(frame, Diagnostic::error(Code::WrongType, message, *span, format!("{} names", parts.len())));
                        vec![Value::Poison; parts.len()]
                    }
                };
                for (part, item) in parts.iter().zip(items) {
                    self.destructure(frame, part, (item, bytes));
                }
            }
        }
    }
}

impl<'a> Frame<'a> {
    /// Names that statements would bind become poison, because they cannot be evaluated.
    fn poison(&mut self, statements: Vec<&'a Statement>) {
        for statement in statements {
            for name in statement.binds() {
                let was_input = self.names.get(name.text.as_str()).is_some_and(|binding| binding.is_input);
                let is_input = was_input && matches!(statement.kind, StatementKind::Bind { .. });
                self.names.insert(&name.text, Binding { is_input, ..Binding::of(Value::Poison, name.span) });
            }
            if let StatementKind::Return(_) = statement.kind {
                self.returned = Some(Value::Poison);
            }
        }
    }
}

fn names_of(pattern: &Pattern) -> Vec<&Ident> {
    match pattern {
        Pattern::Name(name) => vec![name],
        Pattern::List(parts, _) => parts.iter().flat_map(names_of).collect(),
    }
}
