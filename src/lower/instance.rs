//! Blocks at work: a body evaluated for its arguments and inputs.

use std::collections::HashMap;

use super::body::quoted;
use super::call::Given;
use super::flowing::Inflow;
use super::naming::{Place, Scope, UseCounts};
use super::program::Found;
use super::{Binding, Builder, Frame, Value};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::digits::counted;
use crate::graph::{Instance, InstanceId, LayerPath};
use crate::source::Span;
use crate::syntax::ast::{Block, Expr, ExprKind, StatementKind};

/// Names that a block gets room for at once: of a long body only the beginning may be evaluated.
const MAX_ROOM: usize = 64;

impl<'a> Builder<'a> {
    /// Evaluates a block's body for its arguments and inputs; its weights are those of a shared set where one is given.
    pub(super) fn instantiate(
        &mut self,
        frame: &mut Frame<'a>,
        found: Found<'a>,
        expr: &'a Expr,
        params: &[Given<'a>],
        inputs: &[Inflow],
        (scope, shared): (&Scope, Option<&LayerPath>),
    ) -> Value {
        let (file, block) = found;
        if let Some(wrong) = self.recursion(found, expr.span).or_else(|| wrong_inputs(block, inputs.len(), expr.span)) {
            self.report(frame, wrong);
            return Value::Poison;
        }
        if !self.may_instantiate(frame, expr.span) {
            return Value::Poison;
        }
        let name = block.name.text.as_str();
        self.entered.insert((file, name));
        let Some(mut place) = self.instance_place(frame, scope, name) else {
            let taken = scope.exact.as_ref().map_or_else(LayerPath::root, |place| place.path.clone());
            return self.name_taken(frame, &taken, expr.span);
        };
        if let Some(root) = shared {
            place.weights = Some(root.clone());
        }
        if !self.may_name(frame, &place.path, expr.span) || !self.may_name(frame, name, expr.span) {
            return Value::Poison;
        }
        let made = Instance { path: place.path.clone(), block: name.to_owned(), call: expr.span, parent: frame.instance };
        let instance = self.graph.add_instance(made);
        if shared.is_none() {
            self.uses_of_blocks.insert(instance, (expr, block));
        }
        let mut inner = entered(frame, found, place, instance);
        if !self.block_args(frame, &mut inner, block, expr, params) {
            return Value::Poison;
        }
        for (input, (value, _)) in block.inputs.iter().zip(inputs) {
            inner.names.insert(&input.text, Binding { is_input: true, ..Binding::of(value.clone(), input.span) });
        }
        self.body_of(found, &mut inner, shared.map(|_| UseCounts::of(instance)));
        if inner.returned.is_none() {
            self.returns_nothing(frame, block, expr.span);
        }
        inner.returned.unwrap_or(Value::Poison)
    }

    fn returns_nothing(&mut self, frame: &Frame<'a>, block: &Block, call: Span) {
        // A last value that is not returned was reported with the syntax.
        let said = |kind: &StatementKind| matches!(kind, StatementKind::Expr(expr) if !matches!(expr.kind, ExprKind::If { .. }));
        let told = block.body.statements.last().is_some_and(|last| said(&last.kind));
        if !told && !self.stopped {
            let message = format!("block `{}` does not return a value here", block.name.text);
            let diagnostic = Diagnostic::error(Code::WrongInputs, message, block.header, "")
                .label(call, "used here")
                .help("end the block with `return x`");
            self.report(frame, diagnostic);
        }
    }

    /// The statements of a block that is entered, under a new use of shared weights where it is one.
    fn body_of(&mut self, (file, block): Found<'a>, inner: &mut Frame<'a>, shared: Option<UseCounts>) {
        let is_shared = shared.is_some();
        self.active.push((file, block.name.text.as_str()));
        self.depth += 1;
        self.uses.extend(shared);
        self.statements(inner, &block.body);
        if is_shared {
            self.uses.pop();
        }
        self.depth -= 1;
        self.active.pop();
    }

    /// A block that is used while its own body is evaluated would never end.
    fn recursion(&self, (file, block): Found<'a>, span: Span) -> Option<Diagnostic> {
        let name = block.name.text.as_str();
        let at = self.active.iter().position(|other| *other == (file, name))?;
        let cycle: Vec<&str> = self.active[at..].iter().map(|(_, n)| *n).chain([name]).collect();
        let message = format!("block `{name}` uses itself: {}", cycle.join(" -> "));
        Some(Diagnostic::error(Code::RecursiveBlock, message, span, "used here").help("repeat layers with `for`"))
    }
}

/// What a block's body sees when it is entered from this frame: nothing yet.
fn entered<'a>(outer: &Frame<'a>, (file, block): Found<'a>, place: Place, instance: InstanceId) -> Frame<'a> {
    let room = (block.params.len() + block.inputs.len() + block.body.statements.len()).min(MAX_ROOM);
    Frame {
        names: HashMap::with_capacity(room),
        prefix: place,
        turns: LayerPath::root(),
        body: &block.body,
        written: None,
        instance: Some(instance),
        file,
        in_net: false,
        directives: outer.directives,
        returned: None,
    }
}

fn wrong_inputs(block: &Block, got: usize, span: Span) -> Option<Diagnostic> {
    if got == block.inputs.len() {
        return None;
    }
    let (name, names): (_, Vec<&str>) = (&block.name.text, block.inputs.iter().map(|input| input.text.as_str()).collect());
    let takes = match names.as_slice() {
        [] => "no inputs".to_owned(),
        _ => format!("{} ({})", counted(names.len(), "input"), quoted(&names)),
    };
    let message = format!("block `{name}` takes {takes}, and gets {got}");
    let diagnostic = Diagnostic::error(Code::WrongInputs, message, span, "").label(block.header, "defined here");
    Some(match names.len() {
        0 | 1 => diagnostic,
        _ => diagnostic.help(format!("feed it by `({}) -> {name}`", names.join(", "))),
    })
}
