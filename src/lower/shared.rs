//! Shared weights: `shared head = block(64)` makes one set of weights, and every `x -> head` uses it.
//!
//! Each use makes layers of its own, named where it stands; their tensors are called after the set (`head.conv.weight`), so
//! that a checkpoint does not change when a use is added or removed.

use std::rc::Rc;

use super::call::{Given, value_nodes};
use super::callee::Callee;
use super::flowing::Inflow;
use super::naming::{Scope, UseCounts};
use super::pasted::Pasted;
use super::program::duplicate;
use super::{Binding, Builder, Frame, Value, builtin};
use crate::code::Code;
use crate::diagnostic::Applicability::Unsafe;
use crate::diagnostic::{Diagnostic, Edit};
use crate::graph::print;
use crate::graph::{Directives, LayerPath, Node, NodeId, TensorId};
use crate::op::{Op, Shape, WeightSpec, table};
use crate::source::Span;
use crate::syntax::ast::{ArgList, Expr, ExprKind, Ident};

/// What a `shared` statement declared.
pub(super) struct SharedSet<'a> {
    pub(super) meaning: Callee<'a>,
    pub(super) callee: Ident,
    pub(super) params: Vec<Given<'a>>,
    /// What its tensors are called after.
    pub(super) root: LayerPath,
    /// What the marks above its declaration say of every use.
    directives: Directives,
    /// How it is declared.
    written: &'a Expr,
}

/// Tensors that a first use made.
pub(super) struct MadeTensors {
    ids: Vec<TensorId>,
    specs: Vec<WeightSpec>,
    op: Op,
    first: Span,
    /// The statements that led to it within the shared block.
    way: Vec<Span>,
}

impl<'a> Builder<'a> {
    /// `shared name = block(args)`.
    pub(super) fn shared(&mut self, frame: &mut Frame<'a>, name: &'a Ident, value: &'a Expr) {
        self.check_declaration(frame, name);
        let set = self.shared_set(frame, name, value);
        let value = set.map_or(Value::Poison, |set| {
            self.shared_sets.push(Rc::new(set));
            Value::Shared(self.shared_sets.len() - 1)
        });
        frame.names.insert(&name.text, Binding::of(value, name.span));
    }

    /// A name that is declared has one meaning, and not that of an operation or a block.
    fn check_declaration(&mut self, frame: &Frame<'a>, name: &Ident) {
        let text = name.text.as_str();
        let block = self.program.block(frame.file, text);
        if block.is_some() || table::find(text).is_some() || builtin::is_builtin(text) {
            let what = if block.is_some() { "a block" } else { "an operation of the language" };
            let diagnostic = Diagnostic::error(Code::DuplicateDefinition, format!("`{text}` is {what}"), name.span, "");
            let diagnostic = diagnostic.help(format!("give the shared weights another name, such as `shared_{text}`"));
            self.report(frame, diagnostic);
        } else if let Some(first) = frame.names.get(text).filter(|first| first.span != name.span) {
            let first = Ident { text: name.text.clone(), span: first.span };
            self.report(frame, duplicate("name", name, &first));
        }
    }

    fn shared_set(&mut self, frame: &mut Frame<'a>, name: &'a Ident, value: &'a Expr) -> Option<SharedSet<'a>> {
        let (callee, list): (Ident, Option<&'a ArgList>) = if let ExprKind::Call(call) = &value.kind {
            (call.callee.clone(), call.lists.first())
        } else if let ExprKind::Name(text) = &value.kind {
            (Ident { text: text.clone(), span: value.span }, None)
        } else {
            return None;
        };
        let meaning = match self.callee(frame, &callee) {
            Ok(meaning) => meaning,
            Err(strange) => {
                let pasted = Pasted { callee: &callee, list, second: None, piped: false, shape: None };
                self.strange_callee(frame, strange, &pasted);
                return None;
            }
        };
        if let Some((message, help)) = unshareable(&meaning, &callee.text) {
            self.report(frame, Diagnostic::error(Code::WrongType, message, callee.span, "").help(help));
            return None;
        }
        let params = self.given(frame, (Some(&meaning), list.map_or(&[], |list| list.args.as_slice())), &Scope::none());
        if let Some(tensor) = params.iter().find(|given| given.value.holds_tensors()) {
            let message = format!("`{}` is shared without inputs; they come with each use", callee.text);
            let diagnostic =
                Diagnostic::error(Code::WrongInputs, message, tensor.arg.value.span, "a tensor among the parameters")
                    .help(format!("write `x -> {}` where it is used", name.text));
            self.report(frame, diagnostic);
            return None;
        }
        let place = frame.exact_place(&name.text);
        let root = if let Some(within) = place.weights {
            self.count_use(within)
        } else {
            let path = self.free_scope(frame, place.path);
            self.graph.free(&path)
        };
        Some(SharedSet { meaning, callee, params, root, directives: frame.directives, written: value })
    }

    /// The parameters of shared weights are given where they are declared.
    pub(super) fn shared_params(&mut self, frame: &Frame<'a>, callee: &Ident, at: Span, set: usize) -> Value {
        let message = format!("the parameters of `{}` are given where it is declared", callee.text);
        let diagnostic = Diagnostic::error(Code::WrongInputs, message, at, "a second list of parameters")
            .label(self.shared_span(set), "declared here")
            .fix(Unsafe, "use it without parameters", vec![Edit::replace(at, "")]);
        self.report(frame, diagnostic);
        Value::Poison
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

    /// One use of shared weights.
    pub(super) fn use_shared(
        &mut self,
        frame: &mut Frame<'a>,
        set: usize,
        expr: &'a Expr,
        inputs: Vec<Inflow>,
        scope: &Scope,
    ) -> Value {
        let set = Rc::clone(&self.shared_sets[set]);
        let outer = frame.directives;
        frame.directives = Directives {
            keep: outer.keep || set.directives.keep,
            bottleneck: outer.bottleneck.or(set.directives.bottleneck),
            ..outer
        };
        let value = self.run_shared(frame, &set, expr, inputs, scope);
        frame.directives = outer;
        value
    }

    fn run_shared(
        &mut self,
        frame: &mut Frame<'a>,
        set: &SharedSet<'a>,
        expr: &'a Expr,
        inputs: Vec<Inflow>,
        scope: &Scope,
    ) -> Value {
        match &set.meaning {
            Callee::Op(info) => {
                let scope = scope.sharing(set.root.clone());
                let Some(inputs) = self.tensors_of(frame, info.keyword, inputs) else { return Value::Poison };
                self.uses.push(UseCounts::default());
                let value = self.operation(frame, info, expr, &set.callee, &set.params, &inputs, &scope);
                self.uses.pop();
                // What changes the operation is written where it is declared.
                for id in value_nodes(&value) {
                    self.calls.insert(id, set.written);
                }
                value
            }
            Callee::Block(found) => self.instantiate(frame, *found, expr, &set.params, &inputs, (scope, Some(&set.root))),
            Callee::Function | Callee::Shared(_) => unreachable!("refused where it was declared"),
        }
    }

    /// Adds a node that uses the shared weights of `owner`; what the first use made is used by the others.
    pub(super) fn add_shared(&mut self, frame: &Frame<'a>, mut node: Node, owner: LayerPath, shapes: &[Shape]) -> Option<NodeId> {
        if node.op.roles().is_empty() {
            return Some(self.graph.add(node));
        }
        let specs = node.op.weights(shapes);
        let span = node.origin.span.expect("lowered nodes have places");
        let way = self.way_to(&node);
        if let Some(made) = self.shared_tensors.get(&owner) {
            let wrong = if made.op.key() != node.op.key() || made.specs != specs {
                Some(differs(&owner, &node.op, span, made, &specs))
            } else {
                (made.way != way).then(|| mixed_up(&owner, span, made.first))
            };
            if let Some(diagnostic) = wrong {
                self.report(frame, diagnostic);
                return None;
            }
            node.tensors.clone_from(&made.ids);
            return Some(self.graph.add(node));
        }
        let op = node.op.clone();
        let free = self.graph.free(&owner);
        let id = self.graph.add_owned(node, &free);
        let ids = self.graph.node(id).tensors.clone();
        self.shared_tensors.insert(owner, MadeTensors { ids, specs, op, first: span, way });
        Some(id)
    }

    /// The calls that lead from a use of shared weights to a node, innermost first; none where the node is itself what is
    /// shared. Uses differ in them where a branch makes a layer that another use does not have.
    fn way_to(&self, node: &Node) -> Vec<Span> {
        let Some(UseCounts { within: Some(root), .. }) = self.uses.last() else { return Vec::new() };
        let within = self.graph.enclosing(node.origin.instance).take_while(|(id, _)| id != root);
        node.origin.span.into_iter().chain(within.map(|(_, instance)| instance.call)).collect()
    }

    /// Where a set of shared weights was declared.
    pub(super) fn shared_span(&self, set: usize) -> Span {
        self.shared_sets[set].written.span
    }
}

/// The finding that a layer would take the weights of another one, because uses differ in how many there are.
fn mixed_up(owner: &LayerPath, span: Span, first: Span) -> Diagnostic {
    let message = format!("the shared weights `{owner}` belong to another layer of the block");
    Diagnostic::error(Code::SharedWeights, message, span, "here they would be this layer's")
        .label(first, "in the first use they are this layer's")
        .note("the uses take different branches, and layers are told apart by their names")
        .help("bind what is in the branches to names of its own")
}

/// Why a meaning cannot be shared, and what can be done.
fn unshareable(meaning: &Callee<'_>, name: &str) -> Option<(String, String)> {
    match meaning {
        Callee::Op(_) | Callee::Block(_) => None,
        Callee::Function => Some((
            format!("`{name}` is a function and has no weights to share"),
            "share a block or an operation: `shared head = conv(64, 3)`".to_owned(),
        )),
        Callee::Shared(_) => {
            Some((format!("`{name}` is shared already"), format!("write `x -> {name}` wherever its weights are used")))
        }
    }
}

/// The finding that two uses need weights of different shapes.
fn differs(owner: &LayerPath, op: &Op, span: Span, made: &MadeTensors, specs: &[WeightSpec]) -> Diagnostic {
    let pair = made.specs.iter().zip(specs).find(|(a, b)| a != b);
    let (message, first, here, help) = match pair {
        Some((a, b)) if made.op.keyword() == op.keyword() => (
            format!("the shared weights `{owner}` have one shape in every use"),
            format!("`{}` is {:?}", a.name, &*a.dims),
            format!("`{}` would be {:?}", b.name, &*b.dims),
            "bring the inputs to the same channels before the shared layers, as with a `conv(n, 1)` for each",
        ),
        _ => (
            format!("the shared weights `{owner}` are used by one operation"),
            format!("it is `{}`", print::call(&made.op)),
            format!("it would be `{}`", print::call(op)),
            "give every use the same stride, padding and dilation; what a block asks of its input's size differs from use to use",
        ),
    };
    let diagnostic = Diagnostic::error(Code::SharedWeights, message, span, format!("here {here}"));
    let diagnostic = if made.first == span { diagnostic } else { diagnostic.label(made.first, "the first use") };
    diagnostic.note(format!("in the first use {first}")).help(help)
}
