//! What flows into a call: tensors, several of them, and lists of them.
//!
//! In: evaluated values with their places. Out: the inputs of a block, to which a list is one value, or those of an operation,
//! to which it is as many as it holds. What is no tensor is reported here.

use super::call::Given;
use super::callee::Callee;
use super::{Builder, Frame, Value};
use crate::code::Code;
use crate::diagnostic::Applicability::{self, Unsafe};
use crate::diagnostic::{Diagnostic, Edit};
use crate::graph::NodeId;
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Ident};

/// A tensor and the expression that it came from.
pub(super) type Flow = (NodeId, Span);

/// A tensor or a list of them, and the expression that it came from.
pub(super) type Inflow = (Value, Span);

impl<'a> Builder<'a> {
    /// What flows in by the arguments of a call; `None` after a report, or where one is poison.
    pub(super) fn inflows(&mut self, frame: &Frame<'a>, given: &[Given<'a>], callee: &Ident) -> Option<Vec<Inflow>> {
        let mut flows = Vec::with_capacity(given.len());
        let mut sound = true;
        for g in given {
            if let Some(name) = &g.arg.name {
                let message = format!("inputs of `{}` are given by position, not by name", callee.text);
                self.report(frame, Diagnostic::error(Code::UnknownArgument, message, name.span, ""));
                sound = false;
                continue;
            }
            match self.inflow(frame, &g.value, g.arg.value.span) {
                Some(more) => flows.extend(more),
                None => sound = false,
            }
        }
        sound.then_some(flows)
    }

    /// What flows of a value; each of `(a, b)` with a place of its own.
    pub(super) fn inflow_of(&mut self, frame: &Frame<'a>, value: &Value, expr: &Expr) -> Option<Vec<Inflow>> {
        match (&expr.kind, value) {
            (ExprKind::Tuple(written), Value::Tuple(items)) if written.len() == items.len() => {
                let mut flows = Vec::with_capacity(items.len());
                for (item, at) in items.iter().zip(written) {
                    flows.extend(self.inflow(frame, item, at.span)?);
                }
                Some(flows)
            }
            _ => self.inflow(frame, value, expr.span),
        }
    }

    /// What flows of a value: a tensor, each of several, a list as a whole.
    pub(super) fn inflow(&mut self, frame: &Frame<'a>, value: &Value, span: Span) -> Option<Vec<Inflow>> {
        if value.is_poison() {
            return None;
        }
        match value {
            Value::Tensor(_) => Some(vec![(value.clone(), span)]),
            Value::Tuple(items) => {
                let mut flows = Vec::with_capacity(items.len());
                for item in items.iter() {
                    flows.extend(self.inflow(frame, item, span)?);
                }
                Some(flows)
            }
            Value::List(items) if items.is_empty() || value.is_all_tensors() => Some(vec![(value.clone(), span)]),
            Value::List(_) if value.holds_tensors() => {
                let message = format!("a list of tensors is needed here, and this holds {} too", value.stranger().kind());
                self.report(frame, Diagnostic::error(Code::WrongType, message, span, "").help("take it apart: `xs[0]`"));
                None
            }
            Value::Int(_)
            | Value::Float(_)
            | Value::Bool(_)
            | Value::Str(_)
            | Value::List(_)
            | Value::Shared(_)
            | Value::Nothing
            | Value::Poison => {
                let message = format!("a tensor is needed here, and this is {}", value.kind());
                let diagnostic = Diagnostic::error(Code::WrongType, message, span, "");
                let diagnostic = self.flow_into(diagnostic, value, span);
                self.report(frame, diagnostic);
                None
            }
        }
    }

    /// The inputs of an operation: a list gives each of its tensors.
    pub(super) fn tensors_of(&mut self, frame: &Frame<'a>, keyword: &str, inputs: Vec<Inflow>) -> Option<Vec<Flow>> {
        let mut flows = Vec::with_capacity(inputs.len());
        for (value, span) in inputs {
            let items = if let Value::List(items) = &value { items } else { std::slice::from_ref(&value) };
            if items.is_empty() {
                let message = format!("the list that flows into `{keyword}` is empty");
                self.report(frame, Diagnostic::error(Code::WrongInputs, message, span, "no tensor in it"));
                return None;
            }
            for item in items {
                let Value::Tensor(id) = item else {
                    let message = format!("`{keyword}` takes tensors, and this is a list of lists");
                    let diagnostic = Diagnostic::error(Code::WrongType, message, span, "");
                    self.report(frame, diagnostic.help("choose one of them, `xs[0]`, or join them: `xs[0] + xs[1]`"));
                    return None;
                };
                flows.push((*id, span));
            }
        }
        Some(flows)
    }

    /// `conv(x, 64, 3)`: tensors and numbers in one list.
    pub(super) fn mixed(&mut self, frame: &Frame<'a>, expr: &Expr, callee: &Ident, tensors: &[Given<'a>], others: &[Given<'a>]) {
        let text = |g: &Given<'a>| {
            let value = self.sources.text(g.arg.value.span);
            g.arg.name.as_ref().map_or_else(|| value.to_owned(), |name| format!("{}={value}", name.text))
        };
        let inputs: Vec<String> = tensors.iter().map(text).collect();
        let params: Vec<String> = others.iter().map(text).collect();
        let replacement = format!("{}({})({})", callee.text, params.join(", "), inputs.join(", "));
        let message = format!("`{}` takes its parameters and its inputs in two lists", callee.text);
        let diagnostic =
            Diagnostic::error(Code::WrongInputs, message, tensors[0].arg.value.span, "an input among the parameters");
        let pasted = self.pasted(expr, callee, &tensors.iter().flat_map(Given::flows).collect::<Vec<_>>());
        let told = pasted.and_then(|pasted| self.function_elsewhere(&diagnostic, &pasted));
        let diagnostic =
            told.unwrap_or_else(|| {
                diagnostic
                    .fix(Unsafe, "parameters first, then inputs", vec![Edit::replace(expr.span, replacement)])
                    .help(format!("or let it flow: `{} -> {}({})`", inputs.join(", "), callee.text, params.join(", ")))
            });
        self.report(frame, diagnostic);
    }

    /// `concat([a, b], axis=1)`, as other frameworks write it: its axes count the batch there. Of names that hold lists,
    /// `concat(xs)`, nobody means that.
    pub(super) fn in_brackets(
        &self,
        meaning: &Callee<'a>,
        (expr, callee): (&Expr, &Ident),
        (tensors, others): (&[Given<'a>], &[Given<'a>]),
    ) -> Option<Diagnostic> {
        let Callee::Op(info) = meaning else { return None };
        // In parentheses they are grouped, unless an argument beside them shows a call as it is written elsewhere.
        let is_group = |kind: &ExprKind| {
            matches!(kind, ExprKind::List(_))
                || matches!(kind, ExprKind::Tuple(_)) && info.keyword == "concat" && !others.is_empty()
        };
        let is_list = |g: &&Given<'a>| is_group(&g.arg.value.kind) && g.value.holds_tensors();
        let written = &tensors.iter().find(is_list)?.arg.value;
        let list = written.span;
        let round = if let ExprKind::List(_) = written.kind { "brackets" } else { "parentheses of their own" };
        let message = format!("`{}` takes its tensors without {round}", info.keyword);
        let diagnostic = Diagnostic::error(Code::WrongType, message, list, "");
        if others.is_empty() {
            let edit = |start, end, text: &str| Edit::replace(Span { start, end, ..list }, text);
            let edits = vec![edit(list.start, list.start + 1, "("), edit(list.end - 1, list.end, ")")];
            return Some(diagnostic.fix(Applicability::Safe, "tensors are grouped in parentheses", edits));
        }
        let note = "elsewhere, where lists of tensors are written so, axes count the batch: 1 there is 0 here";
        let diagnostic = diagnostic.note(note);
        let pasted = self.pasted(expr, callee, &tensors.iter().flat_map(Given::flows).collect::<Vec<_>>());
        let told = pasted.and_then(|pasted| self.function_elsewhere(&diagnostic, &pasted));
        Some(told.unwrap_or_else(|| diagnostic.help("tensors are grouped in parentheses: `(a, b) -> concat`")))
    }
}
