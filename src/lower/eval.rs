//! Expressions.

#![expect(clippy::wildcard_enum_match_arm, reason = "every other kind of value or expression is the same mistake here")]

use super::naming::Scope;
use super::value::{Items, MAX_VALUES};
use super::{Builder, Frame, Value};
use crate::code::Code;
use crate::diagnostic::Applicability::Unsafe;
use crate::diagnostic::{Diagnostic, Edit};
use crate::quote::quoted;
use crate::source::Span;
use crate::suggest::nearest;
use crate::syntax::ast::{Body, Expr, ExprKind, Ident, Path, UnaryOp, discards};
use crate::words::{is_reserved, stands_for_itself};

impl<'a> Builder<'a> {
    /// The value of an expression; its layers are named within `scope`. Errors are reported and give poison.
    pub(super) fn eval(&mut self, frame: &mut Frame<'a>, expr: &'a Expr, scope: &Scope) -> Value {
        if !self.step(frame, expr.span) {
            return Value::Poison;
        }
        if self.depth >= self.limits.depth {
            let message = format!("blocks and expressions are nested more than {} deep", self.limits.depth);
            self.stop(frame, Diagnostic::error(Code::NestingTooDeep, message, expr.span, "here"));
            return Value::Poison;
        }
        self.depth += 1;
        let value = self.eval_kind(frame, expr, scope);
        // Whatever is done with a list walks it.
        self.steps += value.weight() as u64;
        self.depth -= 1;
        value
    }

    fn eval_kind(&mut self, frame: &mut Frame<'a>, expr: &'a Expr, scope: &Scope) -> Value {
        match &expr.kind {
            ExprKind::Int(i) => Value::Int(*i),
            ExprKind::Float(x) => Value::Float(*x),
            ExprKind::Bool(b) => Value::Bool(*b),
            ExprKind::Str(s) => Value::Str(s.as_str().into()),
            ExprKind::Name(name) => self.name(frame, name, expr.span),
            ExprKind::Path(path) => self.path(frame, path, expr.span),
            ExprKind::List(items) => self.list(frame, items, expr.span, scope),
            ExprKind::Tuple(items) => self.tuple(frame, items, scope),
            ExprKind::Paren(inner) => self.eval(frame, inner, scope),
            ExprKind::As(named) => self.named(frame, &named.value, &named.name, scope),
            ExprKind::Unary(op, inner) => self.unary(frame, *op, inner, expr.span, scope),
            ExprKind::Infix(chain) => self.infix(frame, &chain.first, &chain.rest, scope),
            ExprKind::Call(call) => self.call(frame, expr, &call.callee, &call.lists, scope),
            ExprKind::Index(at) => self.index(frame, &at.base, &at.index, scope),
            ExprKind::Pipe(pipe) => self.pipe(frame, &pipe.first, &pipe.stages, scope),
            ExprKind::If(choice) => self.choose(frame, &choice.arms, choice.otherwise.as_ref(), scope),
            ExprKind::Error => Value::Poison,
        }
    }

    /// The value of a name.
    pub(super) fn name(&mut self, frame: &Frame<'a>, name: &str, span: Span) -> Value {
        if discards(name, span) {
            let diagnostic = Diagnostic::error(Code::UnknownName, "`_` discards a value and holds none", span, "read here");
            self.report(frame, diagnostic.help("give the value a name where it is bound"));
            return Value::Poison;
        }
        self.weigh(name.len());
        if let Some(binding) = frame.names.get(name) {
            // A binder that took a word of the language has been refused: what follows from it is not told.
            return if stands_for_itself(name) { Value::Poison } else { binding.value.clone() };
        }
        if stands_for_itself(name) {
            return Value::Str(name.into());
        }
        if self.again(Code::UnknownName, span) {
            return Value::Poison;
        }
        let mut diagnostic = Diagnostic::error(Code::UnknownName, format!("`{name}` is not defined"), span, "not defined");
        if self.program.block(frame.file, name).is_some() || crate::op::table::find(name).is_some() {
            let message = format!("`{name}` is called, not used as a value");
            diagnostic = Diagnostic::error(Code::UnknownName, message, span, "not a value")
                .help(format!("let a tensor flow through it: `x -> {name}`"));
        } else if self.may_compare(frame.names.len())
            && let Some(near) = nearest(name, frame.names.keys().copied())
        {
            let edits = vec![Edit::replace(span, quoted(near, is_reserved).into_owned())];
            diagnostic = diagnostic.fix(Unsafe, format!("a name like it is defined: `{near}`"), edits);
        }
        self.report(frame, diagnostic);
        Value::Poison
    }

    /// A dotted name that a statement bound.
    fn path(&mut self, frame: &Frame<'a>, path: &Path, span: Span) -> Value {
        let shown = path.segments.join(".");
        self.weigh(shown.len());
        if let Some(binding) = frame.names.get(shown.as_str()) {
            return binding.value.clone();
        }
        if self.again(Code::UnknownName, span) || self.again(Code::UnknownName, path.span) {
            return Value::Poison;
        }
        if self.may_compare(frame.names.len())
            && let Some(near) = nearest(&shown, frame.names.keys().copied().filter(|name| name.contains('.')))
        {
            let message = format!("`{shown}` is not defined");
            let edits = vec![Edit::replace(span, quoted(near, is_reserved).into_owned())];
            let diagnostic = Diagnostic::error(Code::UnknownName, message, span, "not defined");
            self.report(frame, diagnostic.fix(Unsafe, format!("a name like it is defined: `{near}`"), edits));
            return Value::Poison;
        }
        let diagnostic = Diagnostic::error(Code::UnknownName, format!("the path `{shown}` is not a value"), path.span, "")
            .help("paths of layers stand in `refine` and in an assertion's metrics, as in `macs(layer1.0.conv2)`");
        self.report(frame, diagnostic);
        Value::Poison
    }

    /// `value as name`: the last thing that the value makes has just this name.
    fn named(&mut self, frame: &mut Frame<'a>, value: &'a Expr, name: &'a Ident, scope: &Scope) -> Value {
        if let ExprKind::List(_) | ExprKind::Tuple(_) = &value.kind {
            let message = format!("`{}` would name several values at once", name.text);
            let diagnostic = Diagnostic::error(Code::WrongType, message, name.span, "one layer has one name");
            self.report(frame, diagnostic.help("write `as` behind each of them, within the brackets"));
            return Value::Poison;
        }
        let before = self.graph.len();
        let place = self.exactly(frame, name);
        let result = self.eval(frame, value, &scope.named(place));
        if self.graph.len() == before && !result.is_poison() {
            let message = format!("there is no layer for `{}` to name", name.text);
            let diagnostic = Diagnostic::error(Code::WrongType, message, value.span, "this makes none");
            let help = match &value.kind {
                ExprKind::Name(value) => {
                    format!("`as` names what an operation makes; a second name is bound: `{} = {value}`", name.text)
                }
                _ => "`as` stands behind an operation or a block: `x -> conv(64, 3) as stem`".to_owned(),
            };
            self.report(frame, diagnostic.help(help));
            return Value::Poison;
        }
        result
    }

    /// `[a, b]`. Where there are several, each names its layers by its index; one alone is named as the list is.
    fn list(&mut self, frame: &mut Frame<'a>, items: &'a [Expr], span: Span, scope: &Scope) -> Value {
        let mut values = Items::default();
        for (at, item) in items.iter().enumerate() {
            let scope = if items.len() == 1 { scope.first() } else { scope.item(at) };
            let value = self.eval(frame, item, &scope);
            values.push(match self.as_list(frame, item, value) {
                Value::Tuple(parts) => Value::List(parts),
                Value::Nothing => self.wrong(frame, "a list holds values, and this is nothing".to_owned(), item.span),
                value => value,
            });
        }
        values.list().unwrap_or_else(|| {
            let message = "a list holds at most 65,536 values, those of inner lists included, nested 32 deep";
            self.report(frame, Diagnostic::error(Code::InvalidValue, message, span, ""));
            Value::Poison
        })
    }

    fn tuple(&mut self, frame: &mut Frame<'a>, items: &'a [Expr], scope: &Scope) -> Value {
        let each = scope.each(items.iter());
        let mut values = Vec::new();
        for item in items {
            match self.eval(frame, item, &each) {
                Value::Tuple(parts) => values.extend(parts.iter().cloned()),
                Value::Nothing => values.push(Value::Poison),
                value => values.push(value),
            }
            // One too many says enough.
            values.truncate(MAX_VALUES + 1);
        }
        if values.len() > MAX_VALUES {
            let span = items[0].span.to(items[items.len() - 1].span);
            let message = "a group holds at most 65,536 tensors";
            self.report(frame, Diagnostic::error(Code::InvalidValue, message, span, ""));
            return Value::Poison;
        }
        Value::Tuple(values.into())
    }

    fn unary(&mut self, frame: &mut Frame<'a>, op: UnaryOp, inner: &'a Expr, span: Span, scope: &Scope) -> Value {
        let value = self.eval(frame, inner, &scope.first());
        match (op, &value) {
            (_, Value::Poison) => Value::Poison,
            (UnaryOp::Neg, Value::Int(i)) => i.checked_neg().map_or_else(|| self.overflow(frame, span), Value::Int),
            (UnaryOp::Neg, Value::Float(x)) => Value::Float(-x),
            (UnaryOp::Not, Value::Bool(b)) => Value::Bool(!b),
            (UnaryOp::Neg, Value::Tensor(id)) => self.scalar(frame, *id, crate::op::ScalarOp::Mul, -1.0, span, scope),
            (UnaryOp::Neg, other) => {
                self.wrong(frame, format!("`-` takes a number or a tensor, not {}", other.kind()), inner.span)
            }
            (UnaryOp::Not, other) => self.wrong(frame, format!("`not` takes a boolean, not {}", other.kind()), inner.span),
        }
    }

    fn index(&mut self, frame: &mut Frame<'a>, base: &'a Expr, index: &'a Expr, scope: &Scope) -> Value {
        let (list, at) = (self.eval(frame, base, &scope.inner()), self.eval(frame, index, &scope.inner()));
        let (items, at) = match (&list, at.to_i64()) {
            (Value::Poison, _) => return Value::Poison,
            (Value::List(items) | Value::Tuple(items), Some(at)) => (items, at),
            (Value::List(_) | Value::Tuple(_), None) if at.is_poison() => return Value::Poison,
            (Value::List(_) | Value::Tuple(_), None) => {
                return self.wrong(frame, format!("an index is an integer, not {}", at.kind()), index.span);
            }
            (other, _) => {
                let hint =
                    if matches!(other, Value::Tensor(_)) { "; parts of a tensor are taken with `slice` or `split`" } else { "" };
                return self.wrong(frame, format!("only lists have elements, not {}{hint}", other.kind()), base.span);
            }
        };
        let len = items.len() as i64;
        let place = if at < 0 { at + len } else { at };
        if let Some(value) = usize::try_from(place).ok().and_then(|place| items.get(place)) {
            return value.clone();
        }
        let message = format!("index {at} is outside a list of {len}");
        let diagnostic = Diagnostic::error(Code::InvalidValue, message, index.span, "outside the list");
        let help = match len {
            0 => "the list is empty here".to_owned(),
            _ => format!("its elements are 0 to {}, and -1 is the last", len - 1),
        };
        self.report(frame, diagnostic.help(help));
        Value::Poison
    }

    fn choose(&mut self, frame: &mut Frame<'a>, arms: &'a [(Expr, Body)], otherwise: Option<&'a Body>, scope: &Scope) -> Value {
        match self.taken(frame, arms, otherwise, scope) {
            Ok(Some(body)) => self.body(frame, body, scope),
            Ok(None) => Value::Nothing,
            Err(poison) => poison,
        }
    }

    /// The branch of an `if` whose condition holds, or none of them.
    ///
    /// # Errors
    /// Poison, after a report.
    pub(super) fn taken(
        &mut self,
        frame: &mut Frame<'a>,
        arms: &'a [(Expr, Body)],
        otherwise: Option<&'a Body>,
        scope: &Scope,
    ) -> Result<Option<&'a Body>, Value> {
        for (condition, body) in arms {
            match self.eval(frame, condition, &scope.inner()) {
                Value::Bool(true) => return Ok(Some(body)),
                Value::Bool(false) => {}
                other => {
                    if !other.is_poison() {
                        let message = format!("a condition is true or false, and this is {}", other.kind());
                        let mut diagnostic = Diagnostic::error(Code::WrongType, message, condition.span, "");
                        if matches!(other, Value::Int(_) | Value::Float(_)) {
                            diagnostic = diagnostic.help("compare it: `n > 0`");
                        }
                        self.report(frame, diagnostic);
                    }
                    for body in arms.iter().map(|(_, body)| body).chain(otherwise) {
                        self.not_run(frame, body);
                    }
                    return Err(Value::Poison);
                }
            }
        }
        Ok(otherwise)
    }

    /// Reports a wrong type and gives poison.
    pub(super) fn wrong(&mut self, frame: &Frame<'a>, message: String, span: Span) -> Value {
        self.report(frame, Diagnostic::error(Code::WrongType, message, span, ""));
        Value::Poison
    }

    /// Reports an overflow and gives poison.
    pub(super) fn overflow(&mut self, frame: &Frame<'a>, span: Span) -> Value {
        self.report(frame, Diagnostic::error(Code::Arithmetic, "the result does not fit in a 64-bit integer", span, "too large"));
        Value::Poison
    }
}
