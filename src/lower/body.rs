//! Statements: the net's body, block bodies, loops.

#![expect(clippy::wildcard_enum_match_arm, reason = "every other kind of value or expression is the same mistake here")]

use std::collections::HashMap;

use super::naming::{Place, Scope};
use super::program::{duplicate, refused, twice};
use super::{Binding, Builder, Frame, Value};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::graph::{Directives, LayerPath, Node, NodeId, Origin};
use crate::op::{Op, Shape};
use crate::source::Span;
use crate::suggest::nearest;
use crate::syntax::ast::{Body, Expr, Ident, Net, Param, Statement, StatementKind};

impl<'a> Builder<'a> {
    /// Evaluates the net: its parameters, then its body.
    pub(super) fn net(&mut self, net: &'a Net, set: &[(String, Value)]) {
        let mut frame = Frame {
            names: HashMap::new(),
            prefix: Place::root(),
            turns: LayerPath::root(),
            body: &net.body,
            written: None,
            instance: None,
            file: 0,
            in_net: true,
            directives: Directives::default(),
            returned: None,
        };
        self.knobs(&mut frame, &net.params, set);
        self.statements(&mut frame, &net.body);
        self.check_ends(&frame, net);
    }

    fn knobs(&mut self, frame: &mut Frame<'a>, params: &'a [Param], set: &[(String, Value)]) {
        for (name, _) in set {
            if !params.iter().any(|p| p.name.text == *name) {
                let known: Vec<&str> = params.iter().map(|p| p.name.text.as_str()).collect();
                let mut diagnostic = Diagnostic::bare(
                    Code::UnknownKnob,
                    crate::diagnostic::Severity::Error,
                    format!("the net has no parameter `{name}`"),
                );
                diagnostic = match nearest(name, known.iter().copied()) {
                    Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                    None if known.is_empty() => diagnostic.help("this net has no parameters"),
                    None => diagnostic.help(format!("its parameters are {}", quoted(&known))),
                };
                self.report(frame, diagnostic);
            }
        }
        let repeated = twice(params.iter().map(|param| ("parameter", &param.name)));
        for diagnostic in params.iter().filter_map(|param| refused(&param.name)).chain(repeated) {
            self.report(frame, diagnostic);
        }
        for param in params {
            let mut bytes = None;
            let value = if let Some((_, value)) = set.iter().rev().find(|(name, _)| *name == param.name.text) {
                value.clone()
            } else if let Some(default) = &param.default {
                let scope = Scope::at(Place::root().join(&param.name.text));
                bytes = self.unit_of(frame, default);
                let value = self.eval(frame, default, &scope);
                self.as_list_of_parameter(frame, default, value)
            } else {
                self.report(
                    frame,
                    Diagnostic::error(
                        Code::MissingArgument,
                        format!("the net's parameter `{}` has no value", param.name.text),
                        param.name.span,
                        "no default",
                    )
                    .help(format!("give it a default, or set it from the command line: `--set {}=…`", param.name.text)),
                );
                Value::Poison
            };
            frame.names.insert(&param.name.text, Binding { bytes, ..Binding::of(value, param.name.span) });
        }
    }

    fn check_ends(&mut self, frame: &Frame<'a>, net: &Net) {
        if self.stopped {
            return;
        }
        // After errors an input or output may be there and not come to be; what is not even written is missing all the same.
        let statements = net.body.all_statements();
        let written = |is: fn(&StatementKind) -> bool| self.errors > 0 && statements.iter().any(|statement| is(&statement.kind));
        let inputs = self.graph.inputs().is_empty() && !written(|kind| matches!(kind, StatementKind::Input { .. }));
        let outputs = self.graph.outputs().is_empty() && !written(|kind| matches!(kind, StatementKind::Output { .. }));
        let (what, example) = match (inputs, outputs) {
            (false, false) => return,
            (true, false) => ("input", "input image: [3, 224, 224]"),
            (false, true) => ("output", "output logits = x"),
            (true, true) => ("input and no output", "input image: [3, 224, 224]; output y = image -> relu"),
        };
        let message = format!("net `{}` has no {what}", net.name.text);
        let diagnostic = Diagnostic::error(Code::NoInput, message, net.name.span, "");
        self.report(frame, diagnostic.help(format!("write, for example, `{example}`")));
    }

    /// Evaluates statements until one returns; the value is that of the last statement, if it is an expression.
    pub(super) fn statements(&mut self, frame: &mut Frame<'a>, body: &'a Body) {
        let scope = frame.loose_scope();
        self.body(frame, body, &scope);
    }

    /// Evaluates a body whose last expression is its value.
    pub(super) fn body(&mut self, frame: &mut Frame<'a>, body: &'a Body, scope: &Scope) -> Value {
        let mut value = Value::Nothing;
        for statement in &body.statements {
            if frame.returned.is_some() || !self.step(frame, statement.span) {
                return Value::Poison;
            }
            value = self.statement(frame, statement, scope);
        }
        value
    }

    fn statement(&mut self, frame: &mut Frame<'a>, statement: &'a Statement, scope: &Scope) -> Value {
        let outer = frame.directives;
        for mark in statement.marks() {
            self.mark(frame, mark);
        }
        let value = self.unmarked(frame, statement, scope);
        frame.directives = outer;
        value
    }

    fn unmarked(&mut self, frame: &mut Frame<'a>, statement: &'a Statement, scope: &Scope) -> Value {
        match &statement.kind {
            StatementKind::Input { name, shape } => self.input(frame, name, shape),
            StatementKind::Output { name, shape, value } => self.output(frame, name, shape.as_deref(), value.as_deref()),
            StatementKind::Bind { targets, value } => self.bind(frame, targets, value),
            StatementKind::Return(values) => self.give(frame, values),
            StatementKind::Shared { name, value } => self.shared(frame, name, value),
            StatementKind::For { pattern, over, body } => self.repeat(frame, pattern, over, body),
            StatementKind::Assert(condition) => self.assertion(frame, condition),
            StatementKind::Refine { path, form } => {
                let before = self.refinements.len();
                self.refinement(frame, path, form);
                if self.refinements.len() == before {
                    self.missing.insert(LayerPath::root());
                }
            }
            StatementKind::Expr(expr) => return self.eval(frame, expr, scope),
        }
        Value::Nothing
    }

    fn input(&mut self, frame: &mut Frame<'a>, name: &'a Ident, written: &'a Expr) {
        let value = match self.shape_of(frame, written) {
            Some(shape) if self.graph.find(&name.text).is_none() => {
                let node =
                    Node { origin: Origin::at(name.span, None), ..Node::new(name.text.as_str(), Op::Input(shape), Vec::new()) };
                let id = self.graph.add(node);
                self.shapes.insert(id, shape);
                self.calls.insert(id, written);
                Value::Tensor(id)
            }
            _ => Value::Poison,
        };
        if let Some(diagnostic) = refused(name) {
            self.report(frame, diagnostic);
        }
        if let Some(first) = frame.names.get(name.text.as_str()) {
            let first = Ident { text: name.text.clone(), span: first.span };
            self.report(frame, duplicate("name", name, &first));
        }
        if value.is_poison() {
            self.missing.insert(frame.exact_place(&name.text).path);
        }
        frame.names.insert(&name.text, Binding::of(value, name.span));
    }

    /// Evaluates `[3, size, size]`.
    pub(super) fn shape_of(&mut self, frame: &mut Frame<'a>, expr: &'a Expr) -> Option<Shape> {
        let value = self.eval(frame, expr, &Scope::none());
        let value = self.as_list(frame, expr, value);
        if value.is_poison() {
            return None;
        }
        let Value::List(items) = &value else {
            let message = format!("a shape is a list of integers, not {}", value.kind());
            self.report(
                frame,
                Diagnostic::error(Code::WrongType, message, expr.span, "")
                    .help("write `[channels, height, width]`; the batch is never written"),
            );
            return None;
        };
        let dims: Option<Vec<i64>> = items.iter().map(Value::to_i64).collect();
        let Some(dims) = dims else {
            let message = format!("a shape is a list of integers, not {}", value.shown());
            self.report(frame, Diagnostic::error(Code::WrongType, message, expr.span, ""));
            return None;
        };
        let shape = dims.iter().map(|d| u64::try_from(*d).ok()).collect::<Option<Vec<u64>>>().and_then(|dims| Shape::new(&dims));
        if shape.is_none() {
            let message = format!("{} is not a shape", value.shown());
            self.report(
                frame,
                Diagnostic::error(Code::DimensionRange, message, expr.span, "").note(format!(
                    "a shape has 1 to {} dimensions, each from 1 to {}",
                    crate::op::shape::MAX_RANK,
                    crate::op::shape::MAX_DIM
                )),
            );
        }
        shape
    }

    fn output(&mut self, frame: &mut Frame<'a>, name: &'a Ident, shape: Option<&'a Expr>, value: Option<&'a Expr>) {
        if self.graph.has_output(&name.text) {
            let first = frame.names.get(name.text.as_str()).map_or(name.span, |binding| binding.span);
            self.report(frame, duplicate("output", name, &Ident { text: name.text.clone(), span: first }));
        }
        let refusal = refused(name);
        let result = match value {
            None if refusal.is_some() => Value::Poison,
            Some(expr) => {
                let scope = frame.binding_scope(&name.text);
                self.eval(frame, expr, &scope)
            }
            None => self.name(frame, &name.text, name.span),
        };
        if let Some(diagnostic) = refusal {
            self.report(frame, diagnostic);
        }
        if result.is_poison() {
            self.missing.insert(frame.exact_place(&name.text).path);
        }
        let node = self.one_tensor(frame, &result, value.map_or(name.span, |e| e.span), "an output");
        if let (Some(node), Some(shape)) = (node, shape) {
            self.check_shape(frame, &name.text, node, shape);
        }
        if let Some(node) = node {
            self.graph.add_output(&name.text, node);
        }
        frame.names.insert(&name.text, Binding::of(node.map_or(Value::Poison, Value::Tensor), name.span));
    }

    /// The tensor that a value is; anything else is reported.
    fn one_tensor(&mut self, frame: &Frame<'a>, value: &Value, span: Span, what: &str) -> Option<NodeId> {
        match value {
            Value::Tensor(id) => Some(*id),
            Value::Poison => None,
            Value::Tuple(items) | Value::List(items) if items.iter().any(Value::is_poison) => None,
            Value::Tuple(items) | Value::List(items) if value.holds_tensors() => {
                let message = format!("{what} is one tensor, and this is {} of them", items.len());
                self.report(
                    frame,
                    Diagnostic::error(Code::WrongInputs, message, span, "")
                        .help("name them first, `a, b = …`, and choose or `concat`"),
                );
                None
            }
            Value::Int(_)
            | Value::Float(_)
            | Value::Bool(_)
            | Value::Str(_)
            | Value::List(_)
            | Value::Tuple(_)
            | Value::Shared(_)
            | Value::Nothing => {
                let message = format!("{what} is a tensor, and this is {}", value.kind());
                let diagnostic = Diagnostic::error(Code::WrongType, message, span, "");
                let diagnostic = self.flow_into(diagnostic, value, span);
                self.report(frame, diagnostic);
                None
            }
        }
    }

    fn give(&mut self, frame: &mut Frame<'a>, values: &'a [Expr]) {
        let scope = frame.loose_scope();
        let mut results = Vec::with_capacity(values.len());
        for expr in values {
            let value = self.eval(frame, expr, &scope);
            if value.is_poison() {
                self.missing.insert(scope.place.path.clone());
            }
            match value {
                Value::Tuple(items) => results.extend(items.iter().cloned()),
                Value::Tensor(_) | Value::Poison => results.push(value),
                Value::List(_) if value.is_poison() || value.is_all_tensors() => results.push(value),
                other => {
                    let message = format!("a block returns tensors, and this is {}", other.kind());
                    self.report(frame, Diagnostic::error(Code::WrongType, message, expr.span, ""));
                    results.push(Value::Poison);
                }
            }
        }
        // A `return` in a net has been reported with the syntax.
        if frame.in_net {
            return;
        }
        frame.returned = Some(if results.len() == 1 { results.remove(0) } else { Value::Tuple(results.into()) });
    }
}

/// "`a`, `b` and `c`".
pub(super) fn quoted(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [rest @ .., last] => format!("{} and `{last}`", rest.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")),
    }
}
