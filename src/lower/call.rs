//! Calls: operations, blocks and functions, applied directly or by a pipe.

#![expect(clippy::wildcard_enum_match_arm, reason = "every other kind of value or expression is the same mistake here")]

use super::callee::{Callee, Strange};
use super::flowing::{Flow, Inflow};
use super::naming::{Scope, is_quiet};
use super::pasted::Pasted;
use super::{Builder, Frame, Value};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::graph::{LayerPath, Node, NodeId, Origin};
use crate::op::table::{self, Built, OpInfo, ParamInfo};
use crate::op::{Elementwise, Merge, Op, ScalarOp, Shape};
use crate::source::Span;
use crate::syntax::ast::{Arg, ArgList, Expr, ExprKind, Ident};

/// An evaluated argument.
pub(super) struct Given<'a> {
    pub(super) arg: &'a Arg,
    pub(super) value: Value,
}

impl Given<'_> {
    /// The tensors in it, each from here.
    pub(super) fn flows(&self) -> Vec<Flow> {
        value_nodes(&self.value).into_iter().map(|id| (id, self.arg.value.span)).collect()
    }
}

impl<'a> Builder<'a> {
    /// `f(a)`, `f(a)(x)`.
    pub(super) fn call(
        &mut self,
        frame: &mut Frame<'a>,
        expr: &'a Expr,
        callee: &'a Ident,
        lists: &'a [ArgList],
        scope: &Scope,
    ) -> Value {
        let meaning = match self.callee(frame, callee) {
            Ok(meaning) => meaning,
            Err(strange) => return self.strange_call(frame, callee, lists, (strange, scope)),
        };
        let mut evaluated: Vec<Vec<Given<'a>>> =
            lists.iter().map(|list| self.given(frame, (Some(&meaning), &list.args), scope)).collect();
        let makes_first = lists.iter().flat_map(|list| &list.args).any(|arg| !is_quiet(&arg.value));
        let scope = &if makes_first { scope.last() } else { scope.clone() };
        if let Callee::Function = meaning {
            return self.function(frame, callee, expr, &evaluated, scope);
        }
        let last = evaluated.pop().unwrap_or_default();
        if let Some(params) = evaluated.pop() {
            if let Callee::Shared(set) = meaning {
                return self.shared_params(frame, callee, lists[0].span, set);
            }
            if let Some(diagnostic) = self.in_brackets(&meaning, (expr, callee), (&last, &[])) {
                self.report(frame, diagnostic);
                return Value::Poison;
            }
            let Some(inputs) = self.inflows(frame, &last, callee) else {
                return self.without_inputs(frame, &meaning, expr, callee, &params, scope);
            };
            return self.invoke(frame, &meaning, expr, callee, &params, Some(inputs), scope);
        }
        let (tensors, others): (Vec<_>, Vec<_>) =
            last.into_iter().partition(|g| g.arg.name.is_none() && (g.value.holds_tensors() || g.value.is_poison()));
        if let Some(diagnostic) = self.in_brackets(&meaning, (expr, callee), (&tensors, &others)) {
            self.report(frame, diagnostic);
            return Value::Poison;
        }
        let positional = others.iter().any(|g| g.arg.name.is_none());
        if tensors.is_empty() {
            return self.invoke(frame, &meaning, expr, callee, &others, None, scope);
        }
        if positional {
            if !tensors.iter().any(|g| g.value.is_poison()) {
                self.mixed(frame, expr, callee, &tensors, &others);
            }
            return Value::Poison;
        }
        let Some(inputs) = self.inflows(frame, &tensors, callee) else {
            // What is poison may have been meant as a parameter.
            return match meaning {
                Callee::Block((_, block)) if block.params.is_empty() => {
                    self.without_inputs(frame, &meaning, expr, callee, &[], scope)
                }
                Callee::Op(_) | Callee::Block(_) | Callee::Shared(_) | Callee::Function => Value::Poison,
            };
        };
        self.invoke(frame, &meaning, expr, callee, &others, Some(inputs), scope)
    }

    /// A call of what nothing is called; its arguments may have mistakes of their own.
    fn strange_call(
        &mut self,
        frame: &mut Frame<'a>,
        callee: &Ident,
        lists: &'a [ArgList],
        (strange, scope): (Strange, &Scope),
    ) -> Value {
        let mut shape = None;
        // Elsewhere a list may hold tensors, `cat([a, b])`, which the fix of the name opens as well.
        for arg in lists.iter().flat_map(|list| &list.args).filter(|arg| !matches!(arg.value.kind, ExprKind::List(_))) {
            let value = self.eval(frame, &arg.value, &scope.inner());
            shape = shape.or_else(|| value_nodes(&value).first().map(|id| self.shapes[*id]));
        }
        let pasted = Pasted { callee, list: lists.first(), second: lists.get(1), piped: false, shape };
        self.strange_callee(frame, strange, &pasted);
        Value::Poison
    }

    /// `first -> stage -> stage`.
    pub(super) fn pipe(&mut self, frame: &mut Frame<'a>, first: &'a Expr, stages: &'a [Expr], scope: &Scope) -> Value {
        let quiet = is_quiet(first);
        let mut value = self.eval(frame, first, &if quiet { scope.inner() } else { scope.first() });
        let mut span = first.span;
        for (at, stage) in stages.iter().enumerate() {
            if !self.step(frame, stage.span) {
                return Value::Poison;
            }
            let inputs = if at == 0 { self.inflow_of(frame, &value, first) } else { self.inflow(frame, &value, span) };
            let scope = match (quiet && at == 0, at + 1 == stages.len()) {
                (true, true) => scope.clone(),
                (true, false) => scope.first(),
                (false, true) => scope.last(),
                (false, false) => scope.inner(),
            };
            value = self.stage(frame, stage, inputs, &scope);
            span = stage.span;
        }
        value
    }

    fn stage(&mut self, frame: &mut Frame<'a>, stage: &'a Expr, inputs: Option<Vec<Inflow>>, scope: &Scope) -> Value {
        let (callee, list, extra): (Ident, Option<&'a ArgList>, Option<&'a ArgList>) = match &stage.kind {
            ExprKind::Name(name) => (Ident { text: name.clone(), span: stage.span }, None, None),
            ExprKind::Call(call) => (call.callee.clone(), call.lists.first(), call.lists.get(1)),
            ExprKind::As(named) => {
                let place = self.exactly(frame, &named.name);
                return self.stage(frame, &named.value, inputs, &scope.named(place));
            }
            ExprKind::Error => return Value::Poison,
            _ => {
                let diagnostic = Diagnostic::error(
                    Code::WrongType,
                    "a tensor flows into operations and blocks only",
                    stage.span,
                    "not callable",
                )
                .help("write `x -> conv(64, 3) -> relu`");
                self.report(frame, diagnostic);
                return Value::Poison;
            }
        };
        if let Some(list) = extra {
            let message = format!("`{}` gets its inputs from the pipe and from this list", callee.text);
            let diagnostic = Diagnostic::error(Code::WrongInputs, message, list.span, "a second list of inputs")
                .help(format!("pass all inputs by the pipe: `(a, b) -> {}(…)`", callee.text));
            self.report(frame, diagnostic);
            return Value::Poison;
        }
        let shape = inputs.as_ref().and_then(|inputs| self.shape_of_inflow(inputs));
        let pasted = Pasted { callee: &callee, list, second: None, piped: true, shape };
        let meaning = self.callee(frame, &callee).map_err(|strange| self.strange_callee(frame, strange, &pasted));
        let args = list.map_or(&[][..], |list| list.args.as_slice());
        let given = self.given(frame, (meaning.as_ref().ok(), args), &scope.inner());
        let Ok(meaning) = meaning else { return Value::Poison };
        let Some(inputs) = inputs else { return self.without_inputs(frame, &meaning, stage, &callee, &given, scope) };
        if let Callee::Function = meaning {
            let mut values = inputs;
            values.extend(given.into_iter().map(|g| (g.value, g.arg.value.span)));
            return self.applied(frame, &callee, &values, stage, scope);
        }
        if let Some(tensor) = given.iter().find(|g| g.arg.name.is_none() && g.value.holds_tensors() && !g.value.is_poison()) {
            let message = format!("`{}` gets its inputs from the pipe, and here is another", callee.text);
            let diagnostic =
                Diagnostic::error(Code::WrongInputs, message, tensor.arg.value.span, "a tensor among the parameters")
                    .help(format!("pass all inputs by the pipe: `(a, b) -> {}`", callee.text));
            self.report(frame, diagnostic);
            return Value::Poison;
        }
        if let (Callee::Shared(set), Some(list)) = (meaning, list.filter(|list| !list.args.is_empty())) {
            return self.shared_params(frame, &callee, list.span, set);
        }
        self.invoke(frame, &meaning, stage, &callee, &given, Some(inputs), scope)
    }

    /// Evaluates arguments. Where only one of them makes layers, it is the first thing made, and may lend the scope's path.
    pub(super) fn given(
        &mut self,
        frame: &mut Frame<'a>,
        (meaning, args): (Option<&Callee<'a>>, &'a [Arg]),
        scope: &Scope,
    ) -> Vec<Given<'a>> {
        let scope = scope.each(args.iter().map(|arg| &arg.value));
        let mut value = |arg: &'a Arg| match word_among(frame, meaning, &arg.value) {
            Some(word) => Value::Str(word.into()),
            None => self.eval(frame, &arg.value, &scope),
        };
        args.iter().map(|arg| Given { arg, value: value(arg) }).collect()
    }

    fn function(
        &mut self,
        frame: &mut Frame<'a>,
        callee: &Ident,
        expr: &'a Expr,
        lists: &[Vec<Given<'a>>],
        scope: &Scope,
    ) -> Value {
        // What is also an operation may have the list of its parameters, which is empty, as others do.
        let args = match lists {
            [args] => Some(args),
            [params, args] if params.is_empty() && table::find(&callee.text).is_some() => Some(args),
            _ => None,
        };
        let Some(args) = args else {
            return self.wrong(frame, format!("`{}` is a function of numbers and takes one list", callee.text), expr.span);
        };
        if let Some(named) = args.iter().find_map(|g| g.arg.name.as_ref()) {
            let message = format!("`{}` has no argument `{}`", callee.text, named.text);
            self.report(frame, Diagnostic::error(Code::UnknownArgument, message, named.span, ""));
            return Value::Poison;
        }
        let values: Vec<_> = args.iter().map(|g| (g.value.clone(), g.arg.value.span)).collect();
        self.applied(frame, callee, &values, expr, scope)
    }

    /// A function of evaluated arguments: the layer of its name, if there is one, where there is a tensor among them.
    fn applied(
        &mut self,
        frame: &mut Frame<'a>,
        callee: &Ident,
        values: &[(Value, Span)],
        expr: &'a Expr,
        scope: &Scope,
    ) -> Value {
        let poisoned = values.iter().any(|(value, _)| value.is_poison());
        let holds_tensors = !poisoned && values.iter().any(|(value, _)| value.holds_tensors());
        match (callee.text.as_str(), table::find(&callee.text).filter(|_| holds_tensors)) {
            (_, None) => self.builtin(frame, &callee.text, values, expr.span),
            ("max", _) => self.extreme_of(frame, (callee, Merge::Max, ScalarOp::Max), values, expr.span, scope),
            ("min", _) => self.extreme_of(frame, (callee, Merge::Min, ScalarOp::Min), values, expr.span, scope),
            (_, Some(info)) => {
                if let Some((other, at)) = values.iter().find(|(value, _)| !value.holds_tensors()) {
                    let message = format!("`{}` of a tensor takes nothing else, and this is {}", callee.text, other.kind());
                    return self.wrong(frame, message, *at);
                }
                self.invoke(frame, &Callee::Op(info), expr, callee, &[], Some(values.to_vec()), scope)
            }
        }
    }

    /// The larger or smaller of tensors, or of a tensor and a number.
    fn extreme_of(
        &mut self,
        frame: &Frame<'a>,
        (callee, merge, with_number): (&Ident, Merge, ScalarOp),
        values: &[(Value, Span)],
        span: Span,
        scope: &Scope,
    ) -> Value {
        if let [(Value::Tensor(id), _), (number, _)] | [(number, _), (Value::Tensor(id), _)] = values
            && let Some(number) = number.to_f64()
        {
            return self.scalar(frame, *id, with_number, number, span, scope);
        }
        let mut inputs = Vec::with_capacity(values.len());
        for (value, at) in values {
            let Some(more) = self.inflow(frame, value, *at) else { return Value::Poison };
            inputs.extend(more);
        }
        let Some(inputs) = self.tensors_of(frame, &callee.text, inputs) else { return Value::Poison };
        self.node(frame, Op::Elementwise(Elementwise { merge }), &inputs, span, scope)
    }

    /// A call whose inputs are broken is broken; what is wrong in its arguments, or in a block that nothing else has entered, is
    /// so whatever flows in.
    fn without_inputs(
        &mut self,
        frame: &mut Frame<'a>,
        meaning: &Callee<'a>,
        expr: &'a Expr,
        callee: &Ident,
        params: &[Given<'a>],
        scope: &Scope,
    ) -> Value {
        match meaning {
            Callee::Op(info) => drop(self.operation_args(frame, info, callee, params)),
            Callee::Block(found) if !self.entered.contains(&(found.0, found.1.name.text.as_str())) => {
                let inputs = vec![(Value::Poison, expr.span); found.1.inputs.len()];
                self.instantiate(frame, *found, expr, params, &inputs, (scope, None));
            }
            Callee::Block(_) | Callee::Shared(_) | Callee::Function => {}
        }
        Value::Poison
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one call, each of another kind")]
    fn invoke(
        &mut self,
        frame: &mut Frame<'a>,
        meaning: &Callee<'a>,
        expr: &'a Expr,
        callee: &Ident,
        params: &[Given<'a>],
        inputs: Option<Vec<Inflow>>,
        scope: &Scope,
    ) -> Value {
        let Some(inputs) = inputs.or_else(|| self.takes_none(meaning).then(Vec::new)) else {
            let call = self.sources.text(expr.span).to_owned();
            let message = format!("`{}` needs an input", callee.text);
            let diagnostic =
                Diagnostic::error(Code::WrongInputs, message, expr.span, "nothing flows in").help(format!("write `x -> {call}`"));
            self.report(frame, diagnostic);
            return Value::Poison;
        };
        match meaning {
            Callee::Op(info) => match self.tensors_of(frame, info.keyword, inputs) {
                Some(inputs) => self.operation(frame, info, expr, callee, params, &inputs, scope),
                None => Value::Poison,
            },
            Callee::Block(found) => self.instantiate(frame, *found, expr, params, &inputs, (scope, None)),
            Callee::Shared(set) => self.use_shared(frame, *set, expr, inputs, scope),
            Callee::Function => unreachable!("functions are called before"),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one call, each of another kind")]
    pub(super) fn operation(
        &mut self,
        frame: &Frame<'a>,
        info: &'static OpInfo,
        expr: &'a Expr,
        callee: &Ident,
        params: &[Given<'a>],
        inputs: &[Flow],
        scope: &Scope,
    ) -> Value {
        let pasted = self.pasted(expr, callee, inputs);
        if pasted.is_some_and(|pasted| self.written_elsewhere(frame, info, params, &pasted)) {
            return Value::Poison;
        }
        let Some(args) = self.operation_args(frame, info, callee, params) else { return Value::Poison };
        let shapes: Vec<Shape> = inputs.iter().map(|(id, _)| self.shapes[*id]).collect();
        if inputs.len() < info.inputs.0 || info.inputs.1.is_some_and(|most| inputs.len() > most) {
            let shape_error = crate::op::ShapeError::Arity { min: info.inputs.0, max: info.inputs.1, got: inputs.len() };
            self.shape_error(frame, info.keyword, None, inputs, &shape_error, expr.span);
            return Value::Poison;
        }
        let first_new = self.graph.len();
        let value = match info.build(&args, &shapes) {
            Ok(Built::One(op)) => {
                self.calling = Some(expr);
                let reader = inputs.first().filter(|(id, _)| matches!(self.graph.node(*id).op, Op::Input(_))).map(|_| op.clone());
                let value = self.node(frame, op, inputs, expr.span, scope);
                if let Some(reader) = reader.filter(|_| !value.is_poison()) {
                    self.channels_last(frame, &reader, inputs);
                }
                value
            }
            Ok(Built::Pieces(ops)) => {
                // One name for several results is the scope of theirs.
                let scope = &scope.exact.clone().map_or_else(|| scope.clone(), Scope::at);
                let of = ops.len();
                let piece = |(index, op)| match &self.discards {
                    Some(discards) if discards.drops(expr.span, (index, of)) => Value::Nothing,
                    Some(_) | None => self.node(frame, op, inputs, expr.span, scope),
                };
                Value::Tuple(ops.into_iter().enumerate().map(piece).collect())
            }
            Err(error) => {
                self.build_error(frame, info, params, inputs, expr, error);
                return Value::Poison;
            }
        };
        if !value.is_poison() {
            self.habits(frame, (info, params), inputs, expr.span);
        }
        for id in value_nodes(&value) {
            if id.to_usize() >= first_new {
                self.calls.insert(id, expr);
            }
        }
        value
    }

    /// Adds a node, or reports why its inputs do not fit.
    pub(super) fn node(&mut self, frame: &Frame<'a>, op: Op, inputs: &[Flow], span: Span, scope: &Scope) -> Value {
        let shapes: Vec<Shape> = inputs.iter().map(|(id, _)| self.shapes[*id]).collect();
        let shape = match op.infer(&shapes) {
            Ok(shape) => shape,
            Err(shape_error) => {
                self.shape_error(frame, op.keyword(), Some(&op), inputs, &shape_error, span);
                return Value::Poison;
            }
        };
        if self.graph.len() >= self.limits.nodes {
            let message = format!("the network has more than {} nodes", self.limits.nodes);
            self.stop(frame, Diagnostic::error(Code::TooManyNodes, message, span, "the limit is reached here"));
            return Value::Poison;
        }
        let naming = self.naming(scope, &op);
        if !self.may_name(frame, &naming.name, span) {
            return Value::Poison;
        }
        if scope.exact.is_some() && !self.graph.is_free(&naming.name) {
            return self.name_taken(frame, &naming.name, span);
        }
        let node = Node {
            name: naming.name,
            op,
            inputs: inputs.iter().map(|(id, _)| *id).collect(),
            tensors: Vec::new(),
            origin: Origin::at(span, frame.instance),
            directives: frame.directives,
        };
        let added = match naming.owner {
            None => Some(self.graph.add(node)),
            Some(owner) => self.add_shared(frame, node, owner, &shapes),
        };
        let Some(id) = added else { return Value::Poison };
        self.shapes.insert(id, shape);
        Value::Tensor(id)
    }

    /// A name that `as` gives is had by one layer only.
    pub(super) fn name_taken(&mut self, frame: &Frame<'a>, name: &LayerPath, span: Span) -> Value {
        let message = format!("two layers are called `{name}`");
        let diagnostic = Diagnostic::error(Code::DuplicateDefinition, message, span, "the name is taken");
        let layer = self.graph.find(name).and_then(|id| self.graph.node(id).origin.span);
        let instance = || self.graph.instances().find(|(_, instance)| instance.path == *name).map(|(_, instance)| instance.call);
        let diagnostic = match layer.or_else(instance) {
            Some(first) => diagnostic.label(first, "the first of the name"),
            None => diagnostic,
        };
        self.report(frame, diagnostic.help("a name given by `as` stands for one layer; choose another, or leave it out"));
        Value::Poison
    }
}

/// The word that an argument is because the operation which is called takes it, as long as nothing is bound to it.
fn word_among<'a>(frame: &Frame<'a>, meaning: Option<&Callee<'a>>, arg: &'a Expr) -> Option<&'a str> {
    let (ExprKind::Name(name), Some(Callee::Op(info))) = (&arg.kind, meaning) else { return None };
    let takes = |param: &ParamInfo| param.kind.words().contains(&name.as_str());
    (!frame.names.contains_key(name.as_str()) && info.params.iter().any(takes)).then_some(name.as_str())
}

pub(super) fn value_nodes(value: &Value) -> Vec<NodeId> {
    match value {
        Value::Tensor(id) => vec![*id],
        Value::Tuple(items) | Value::List(items) => items.iter().flat_map(value_nodes).collect(),
        Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::Str(_) | Value::Shared(_) | Value::Nothing | Value::Poison => {
            Vec::new()
        }
    }
}
