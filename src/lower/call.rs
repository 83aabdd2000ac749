//! Calls: operations, blocks and functions, applied directly or by a pipe.

#![expect(clippy::wildcard_enum_match_arm, reason = "every other kind of value or expression is the same mistake here")]

use std::collections::HashMap;

use super::body::quoted;
use super::eval::sorted;
use super::naming::{Scope, UseCounts, is_quiet};
use super::program::Found;
use super::{Binding, Builder, Frame, Value, builtin};
use crate::code::Code;
use crate::diagnostic::Applicability::{self, Unsafe};
use crate::diagnostic::{Diagnostic, Edit, Label};
use crate::foreign;
use crate::graph::{Instance, LayerPath, Node, NodeId, Origin};
use crate::op::table::{self, Built, OpInfo};
use crate::op::{Elementwise, Merge, Op, ScalarOp, Shape};
use crate::source::Span;
use crate::suggest::nearest;
use crate::syntax::ast::{Arg, ArgList, Expr, ExprKind, Ident};

/// A tensor and the expression that it came from.
pub(super) type Flow = (NodeId, Span);

/// An evaluated argument.
pub(super) struct Given<'a> {
    pub(super) arg: &'a Arg,
    pub(super) value: Value,
}

/// What a call's name means.
#[derive(Clone, Copy)]
pub(super) enum Callee<'a> {
    Op(&'static OpInfo),
    Block(Found<'a>),
    /// The index of a set of shared weights.
    Shared(usize),
    Function,
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
        let Some(meaning) = self.callee(frame, callee, lists.first(), lists.len() > 1) else {
            // Elsewhere a list may hold tensors, `cat([a, b])`, which the fix of the name opens as well.
            for arg in lists.iter().flat_map(|list| &list.args).filter(|arg| !matches!(arg.value.kind, ExprKind::List(_))) {
                self.eval(frame, &arg.value, &scope.inner());
            }
            return Value::Poison;
        };
        let mut evaluated: Vec<Vec<Given<'a>>> = lists.iter().map(|list| self.given(frame, &list.args, scope)).collect();
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
            let Some(inputs) = self.flows(frame, &last, callee) else { return Value::Poison };
            return self.invoke(frame, &meaning, expr, callee, &params, Some(inputs), scope);
        }
        let (tensors, others): (Vec<_>, Vec<_>) =
            last.into_iter().partition(|g| g.arg.name.is_none() && (g.value.is_tensor() || g.value.is_poison()));
        let positional = others.iter().any(|g| g.arg.name.is_none());
        if tensors.is_empty() {
            return self.invoke(frame, &meaning, expr, callee, &others, None, scope);
        }
        if positional {
            if tensors.iter().all(|g| g.value.is_tensor()) {
                self.mixed(frame, expr, callee, &tensors, &others);
            }
            return Value::Poison;
        }
        let Some(inputs) = self.flows(frame, &tensors, callee) else { return Value::Poison };
        self.invoke(frame, &meaning, expr, callee, &others, Some(inputs), scope)
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
            let inputs = if at == 0 { self.tensors_of_expr(frame, &value, first) } else { self.tensors_of(frame, &value, span) };
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

    fn stage(&mut self, frame: &mut Frame<'a>, stage: &'a Expr, inputs: Option<Vec<Flow>>, scope: &Scope) -> Value {
        let (callee, list, extra): (Ident, Option<&'a ArgList>, Option<&'a ArgList>) = match &stage.kind {
            ExprKind::Name(name) => (Ident { text: name.clone(), span: stage.span }, None, None),
            ExprKind::Call { callee, lists } => (callee.clone(), lists.first(), lists.get(1)),
            ExprKind::As { value, name } => {
                return self.stage(frame, value, inputs, &scope.named(frame.exact_place(&name.text)));
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
        let meaning = self.callee(frame, &callee, list, true);
        let given = self.given(frame, list.map_or(&[], |list| list.args.as_slice()), &scope.inner());
        let (Some(meaning), Some(inputs)) = (meaning, inputs) else { return Value::Poison };
        if let Callee::Function = meaning {
            let mut values: Vec<_> = inputs.iter().map(|(id, span)| (Value::Tensor(*id), *span)).collect();
            values.extend(given.into_iter().map(|g| (g.value, g.arg.value.span)));
            return self.applied(frame, &callee, &values, stage.span, scope);
        }
        if let Some(tensor) = given.iter().find(|g| g.arg.name.is_none() && g.value.is_tensor()) {
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

    /// The parameters of shared weights are given where they are declared.
    fn shared_params(&mut self, frame: &Frame<'a>, callee: &Ident, at: Span, set: usize) -> Value {
        let message = format!("the parameters of `{}` are given where it is declared", callee.text);
        let diagnostic = Diagnostic::error(Code::WrongInputs, message, at, "a second list of parameters")
            .label(self.shared_span(set), "declared here")
            .fix(Unsafe, "use it without parameters", vec![Edit::replace(at, "")]);
        self.report(frame, diagnostic);
        Value::Poison
    }

    /// Evaluates arguments. Where only one of them makes layers, it is the first thing made, and may lend the scope's path.
    pub(super) fn given(&mut self, frame: &mut Frame<'a>, args: &'a [Arg], scope: &Scope) -> Vec<Given<'a>> {
        let scope = scope.each(args.iter().map(|arg| &arg.value));
        args.iter().map(|arg| Given { arg, value: self.eval(frame, &arg.value, &scope) }).collect()
    }

    fn function(&mut self, frame: &Frame<'a>, callee: &Ident, expr: &Expr, lists: &[Vec<Given<'a>>], scope: &Scope) -> Value {
        let [args] = lists else {
            return self.wrong(frame, format!("`{}` is a function of numbers and takes one list", callee.text), expr.span);
        };
        if let Some(named) = args.iter().find_map(|g| g.arg.name.as_ref()) {
            let message = format!("`{}` has no argument `{}`", callee.text, named.text);
            self.report(frame, Diagnostic::error(Code::UnknownArgument, message, named.span, ""));
            return Value::Poison;
        }
        let values: Vec<_> = args.iter().map(|g| (g.value.clone(), g.arg.value.span)).collect();
        self.applied(frame, callee, &values, expr.span, scope)
    }

    /// A function of evaluated arguments. `max` is a layer where there is a tensor among them.
    fn applied(&mut self, frame: &Frame<'a>, callee: &Ident, values: &[(Value, Span)], span: Span, scope: &Scope) -> Value {
        let poisoned = values.iter().any(|(value, _)| value.is_poison());
        if callee.text != "max" || poisoned || !values.iter().any(|(value, _)| value.is_tensor()) {
            return self.builtin(frame, &callee.text, values, span);
        }
        if let [(Value::Tensor(id), _), (number, _)] | [(number, _), (Value::Tensor(id), _)] = values
            && let Some(number) = number.to_f64()
        {
            return self.scalar(frame, *id, ScalarOp::Max, number, span, scope);
        }
        let mut inputs = Vec::with_capacity(values.len());
        for (value, at) in values {
            let Some(more) = self.tensors_of(frame, value, *at) else { return Value::Poison };
            inputs.extend(more);
        }
        self.node(frame, Op::Elementwise(Elementwise { merge: Merge::Max }), &inputs, span, scope)
    }

    /// What a name means that is called; `apart` says whether the inputs stand elsewhere than in its first list.
    pub(super) fn callee(
        &mut self,
        frame: &Frame<'a>,
        callee: &Ident,
        list: Option<&ArgList>,
        apart: bool,
    ) -> Option<Callee<'a>> {
        let name = callee.text.as_str();
        if let Some(Value::Shared(set)) = frame.names.get(name).map(|binding| &binding.value) {
            return Some(Callee::Shared(*set));
        }
        if let Some(found) = self.program.block(frame.file, name) {
            return Some(Callee::Block(found));
        }
        if builtin::is_builtin(name) {
            return Some(Callee::Function);
        }
        if let Some(op) = table::find(name) {
            return Some(Callee::Op(op));
        }
        if frame.names.get(name).is_some_and(|binding| binding.value.is_poison()) {
            return None;
        }
        let mut diagnostic = Diagnostic::error(
            Code::UnknownOperation,
            format!("there is no operation or block `{name}`"),
            callee.span,
            "not known",
        );
        let names = sorted(
            self.program
                .block_names(frame.file)
                .chain(table::OPS.iter().map(|op| op.keyword))
                .chain(crate::words::FUNCTIONS.iter().copied()),
        );
        if let Some(binding) = frame.names.get(name) {
            diagnostic.message = format!("`{name}` is a value and cannot be called");
            diagnostic.primary = Some(Label { span: callee.span, text: "neither an operation nor a block".to_owned() });
            diagnostic = diagnostic.label(binding.span, "bound here");
            diagnostic = diagnostic.help("names hold what a layer made; write the operation again, or a `block` to use it twice");
        } else if let Some((path, last)) = self.program.behind(frame.file, name) {
            let edits = vec![Edit::after(last, format!("\nuse \"{path}\""))];
            diagnostic = diagnostic.note("a `use` brings in a file's own blocks, not those that it uses");
            diagnostic = diagnostic.fix(Unsafe, format!("`{name}` is defined in {path}: use that file too"), edits);
        } else if let Some(here) = here(name) {
            let (applicability, edits) = self.translated(callee, here, list, apart);
            diagnostic = diagnostic.fix(applicability, format!("it is called `{here}` here"), edits);
        } else if let Some(near) = nearest(name, names) {
            diagnostic = diagnostic.fix(Unsafe, format!("did you mean `{near}`?"), vec![Edit::replace(callee.span, near)]);
        } else {
            diagnostic = diagnostic.help("`pointwise ops` lists the operations");
        }
        self.report(frame, diagnostic);
        None
    }

    /// Edits that write a call of another framework as one of ours, its arguments too.
    fn translated(&self, callee: &Ident, here: &str, list: Option<&ArgList>, apart: bool) -> (Applicability, Vec<Edit>) {
        let text = |arg: &Arg| self.sources.text(arg.name.as_ref().map_or(arg.value.span, |n| n.span.to(arg.value.span)));
        let args: Vec<&str> = list.iter().flat_map(|list| &list.args).map(text).collect();
        let written = foreign::arguments(&callee.text, &args, apart);
        let list = list.zip(written.text).map(|(list, text)| Edit::replace(list.span, text));
        (written.applicability, [Edit::replace(callee.span, here)].into_iter().chain(list).collect())
    }

    /// Tensors among evaluated arguments; `None` after a report, or where one is poison.
    fn flows(&mut self, frame: &Frame<'a>, given: &[Given<'a>], callee: &Ident) -> Option<Vec<Flow>> {
        let mut flows = Vec::with_capacity(given.len());
        let mut sound = true;
        for g in given {
            if let Some(name) = &g.arg.name {
                let message = format!("inputs of `{}` are given by position, not by name", callee.text);
                self.report(frame, Diagnostic::error(Code::UnknownArgument, message, name.span, ""));
                sound = false;
                continue;
            }
            match self.tensors_of(frame, &g.value, g.arg.value.span) {
                Some(more) => flows.extend(more),
                None => sound = false,
            }
        }
        sound.then_some(flows)
    }

    /// The tensors of a value; each of `(a, b)` with a place of its own.
    fn tensors_of_expr(&mut self, frame: &Frame<'a>, value: &Value, expr: &Expr) -> Option<Vec<Flow>> {
        match (&expr.kind, value) {
            (ExprKind::Tuple(written), Value::Tuple(items)) if written.len() == items.len() => {
                let mut flows = Vec::with_capacity(items.len());
                for (item, at) in items.iter().zip(written) {
                    flows.extend(self.tensors_of(frame, item, at.span)?);
                }
                Some(flows)
            }
            _ => self.tensors_of(frame, value, expr.span),
        }
    }

    fn tensors_of(&mut self, frame: &Frame<'a>, value: &Value, span: Span) -> Option<Vec<Flow>> {
        match value {
            Value::Tensor(id) => Some(vec![(*id, span)]),
            Value::Tuple(items) => {
                let mut flows = Vec::with_capacity(items.len());
                for item in items.iter() {
                    flows.extend(self.tensors_of(frame, item, span)?);
                }
                Some(flows)
            }
            Value::Poison => None,
            Value::List(items) if items.iter().any(Value::is_poison) => None,
            Value::Int(_)
            | Value::Float(_)
            | Value::Bool(_)
            | Value::Str(_)
            | Value::List(_)
            | Value::Shared(_)
            | Value::Nothing => {
                let message = format!("a tensor is needed here, and this is {}", value.kind());
                let diagnostic = Diagnostic::error(Code::WrongType, message, span, "");
                let diagnostic = self.flow_into(diagnostic, value, span);
                self.report(frame, diagnostic);
                None
            }
        }
    }

    /// Says how shared weights are used, where they stand for a tensor.
    pub(super) fn flow_into(&self, diagnostic: Diagnostic, value: &Value, span: Span) -> Diagnostic {
        let Value::Shared(set) = value else { return diagnostic };
        let name = self.sources.text(span);
        if self.takes_none(&Callee::Shared(*set)) {
            return diagnostic.help(format!("write `{name}()` for the tensor"));
        }
        diagnostic.help(format!("let a tensor flow into them: `x -> {name}`"))
    }

    /// `conv(x, 64, 3)`: tensors and numbers in one list.
    fn mixed(&mut self, frame: &Frame<'a>, expr: &Expr, callee: &Ident, tensors: &[Given<'a>], others: &[Given<'a>]) {
        let text = |g: &Given<'a>| {
            let value = self.sources.text(g.arg.value.span);
            g.arg.name.as_ref().map_or_else(|| value.to_owned(), |name| format!("{}={value}", name.text))
        };
        let inputs: Vec<String> = tensors.iter().map(text).collect();
        let params: Vec<String> = others.iter().map(text).collect();
        let replacement = format!("{}({})({})", callee.text, params.join(", "), inputs.join(", "));
        let message = format!("`{}` takes its parameters and its inputs in two lists", callee.text);
        let diagnostic =
            Diagnostic::error(Code::WrongInputs, message, tensors[0].arg.value.span, "an input among the parameters")
                .fix(Unsafe, "parameters first, then inputs", vec![Edit::replace(expr.span, replacement)])
                .help(format!("or let it flow: `{} -> {}({})`", inputs.join(", "), callee.text, params.join(", ")));
        self.report(frame, diagnostic);
    }

    /// `param([96, 1, 1])` takes no inputs, shared or not.
    fn takes_none(&self, meaning: &Callee<'_>) -> bool {
        match meaning {
            Callee::Op(info) => info.inputs.1 == Some(0),
            Callee::Shared(set) => self.takes_none(&self.shared_sets[*set].meaning),
            Callee::Block(_) | Callee::Function => false,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one call, each of another kind")]
    fn invoke(
        &mut self,
        frame: &mut Frame<'a>,
        meaning: &Callee<'a>,
        expr: &'a Expr,
        callee: &Ident,
        params: &[Given<'a>],
        inputs: Option<Vec<Flow>>,
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
            Callee::Op(info) => self.operation(frame, info, expr, callee, params, &inputs, scope),
            Callee::Block(found) => self.instantiate(frame, *found, expr, params, &inputs, (scope, None)),
            Callee::Shared(set) => self.use_shared(frame, *set, expr, &inputs, scope),
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
        let Some(args) = self.operation_args(frame, info, callee, params) else { return Value::Poison };
        let shapes: Vec<Shape> = inputs.iter().map(|(id, _)| self.shapes[*id]).collect();
        if inputs.len() < info.inputs.0 || info.inputs.1.is_some_and(|most| inputs.len() > most) {
            let shape_error = crate::op::ShapeError::Arity { min: info.inputs.0, max: info.inputs.1, got: inputs.len() };
            self.shape_error(frame, info.keyword, None, inputs, &shape_error, expr.span);
            return Value::Poison;
        }
        let first_new = self.graph.bound();
        let value = match info.build(&args, &shapes) {
            Ok(Built::One(op)) => self.node(frame, op, inputs, expr.span, scope),
            Ok(Built::Pieces(ops)) => {
                // One name for several results is the scope of theirs.
                let scope = &scope.exact.clone().map_or_else(|| scope.clone(), Scope::at);
                let pieces: Vec<Value> = ops.into_iter().map(|op| self.node(frame, op, inputs, expr.span, scope)).collect();
                Value::Tuple(pieces.into())
            }
            Err(error) => {
                self.build_error(frame, info, params, inputs, expr, error);
                return Value::Poison;
            }
        };
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
    fn name_taken(&mut self, frame: &Frame<'a>, name: &LayerPath, span: Span) -> Value {
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

    /// Evaluates a block's body for its arguments and inputs; its weights are those of a shared set where one is given.
    pub(super) fn instantiate(
        &mut self,
        frame: &mut Frame<'a>,
        found: Found<'a>,
        expr: &'a Expr,
        params: &[Given<'a>],
        inputs: &[Flow],
        (scope, shared): (&Scope, Option<&LayerPath>),
    ) -> Value {
        let (file, block) = found;
        let name = block.name.text.as_str();
        if let Some(at) = self.active.iter().position(|other| *other == (file, name)) {
            let cycle: Vec<&str> = self.active[at..].iter().map(|(_, n)| *n).chain([name]).collect();
            let message = format!("block `{name}` uses itself: {}", cycle.join(" -> "));
            self.report(
                frame,
                Diagnostic::error(Code::RecursiveBlock, message, expr.span, "used here").help("repeat layers with `for`"),
            );
            return Value::Poison;
        }
        if inputs.len() != block.inputs.len() {
            let names: Vec<&str> = block.inputs.iter().map(|i| i.text.as_str()).collect();
            let takes = if names.is_empty() {
                "no inputs".to_owned()
            } else {
                format!("{} ({})", plural(names.len(), "input"), quoted(&names))
            };
            let message = format!("block `{name}` takes {takes}, and gets {}", inputs.len());
            let diagnostic = Diagnostic::error(Code::WrongInputs, message, expr.span, "").label(block.header, "defined here");
            self.report(
                frame,
                if names.len() > 1 {
                    diagnostic.help(format!("feed it by `({}) -> {name}`", names.join(", ")))
                } else {
                    diagnostic
                },
            );
            return Value::Poison;
        }
        let Some(mut place) = self.instance_place(frame, scope, name) else {
            let taken = scope.exact.as_ref().map_or_else(LayerPath::root, |place| place.path.clone());
            return self.name_taken(frame, &taken, expr.span);
        };
        if let Some(root) = shared {
            place.weights = Some(root.clone());
        }
        let instance = self.graph.add_instance(Instance {
            path: place.path.clone(),
            block: name.to_owned(),
            call: expr.span,
            parent: frame.instance,
        });
        let mut inner = Frame {
            names: HashMap::with_capacity(block.params.len() + block.inputs.len() + block.body.statements.len()),
            prefix: place,
            turns: LayerPath::root(),
            body: &block.body,
            written: None,
            instance: Some(instance),
            file,
            in_net: false,
            directives: frame.directives,
            returned: None,
        };
        if !self.block_args(frame, &mut inner, block, expr, params) {
            return Value::Poison;
        }
        for (input, (id, _)) in block.inputs.iter().zip(inputs) {
            inner.names.insert(&input.text, Binding { value: Value::Tensor(*id), span: input.span, is_input: true });
        }
        self.active.push((file, name));
        self.depth += 1;
        if shared.is_some() {
            self.uses.push(UseCounts::new());
        }
        self.statements(&mut inner, &block.body);
        if shared.is_some() {
            self.uses.pop();
        }
        self.depth -= 1;
        self.active.pop();
        if inner.returned.is_none() && !self.stopped {
            let message = format!("block `{name}` does not return a value here");
            let diagnostic = Diagnostic::error(Code::WrongInputs, message, block.header, "")
                .label(expr.span, "used here")
                .help("end the block with `return x`");
            self.report(frame, diagnostic);
        }
        inner.returned.unwrap_or(Value::Poison)
    }
}

pub(super) fn value_nodes(value: &Value) -> Vec<NodeId> {
    match value {
        Value::Tensor(id) => vec![*id],
        Value::Tuple(items) => items.iter().flat_map(value_nodes).collect(),
        Value::Int(_)
        | Value::Float(_)
        | Value::Bool(_)
        | Value::Str(_)
        | Value::List(_)
        | Value::Shared(_)
        | Value::Nothing
        | Value::Poison => Vec::new(),
    }
}

/// The operation that is known elsewhere as `name`, or whose name it is in another case.
fn here(name: &str) -> Option<&'static str> {
    let elsewhere = foreign::operation(name).map(|call| call.here);
    elsewhere.or_else(|| table::find(&name.to_lowercase()).map(|op| op.keyword))
}

/// "1 input", "2 inputs".
pub(super) fn plural(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
