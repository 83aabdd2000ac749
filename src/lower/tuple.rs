//! `(3, 3)` where a list is wanted, as Python has it.
//!
//! In: an expression and its value. Out: a finding with the brackets as its fix, and the list that was meant, so that nothing
//! else is said of it. Where the order of the numbers is another one elsewhere, nothing is offered; where a name stands for them, what it is bound to is mended.

#![expect(clippy::wildcard_enum_match_arm, reason = "no other expression is a tuple or names one")]

use super::call::Given;
use super::{Builder, Frame, Value};
use crate::code::Code;
use crate::diagnostic::Applicability::{self, Safe, Unsafe};
use crate::diagnostic::{Diagnostic, Edit};
use crate::op::param_kind::ParamKind;
use crate::op::table::{OpInfo, ParamInfo};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind};

impl<'a> Builder<'a> {
    /// The value of an expression, a tuple of numbers as the list that was meant, after a report.
    pub(super) fn as_list(&mut self, frame: &Frame<'a>, expr: &Expr, value: Value) -> Value {
        self.as_list_if(frame, expr, value, Safe)
    }

    /// The same for a parameter of a block or a net: what more than a pair is for, and so in which order it is, its body says.
    pub(super) fn as_list_of_parameter(&mut self, frame: &Frame<'a>, expr: &Expr, value: Value) -> Value {
        let is_pair = matches!(&value, Value::Tuple(items) if items.len() <= 2);
        self.as_list_if(frame, expr, value, Applicability::safe_if(is_pair))
    }

    fn as_list_if(&mut self, frame: &Frame<'a>, expr: &Expr, value: Value, certain: Applicability) -> Value {
        if !value.is_constant_tuple() {
            return value;
        }
        let diagnostic = not_a_tuple(expr);
        let edits = brackets(expr);
        let diagnostic = match written_tuple(frame, expr) {
            _ if !edits.is_empty() => diagnostic.fix(certain, "write it so", edits),
            // Whoever else reads the name may mean another order by it.
            Some(tuple) => diagnostic.label(tuple, "these are in parentheses").fix(
                Unsafe,
                "write the list where the name is bound",
                ends(tuple),
            ),
            None => diagnostic.help("write `[…]` where it is bound"),
        };
        self.report(frame, diagnostic);
        listed(expr, &value)
    }

    /// The same for an argument of an operation.
    pub(super) fn as_list_for(&mut self, frame: &Frame<'a>, (info, param): (&OpInfo, &ParamInfo), given: &Given<'a>) -> Value {
        let (expr, value) = (&given.arg.value, given.value.clone());
        if !value.is_constant_tuple() {
            return value;
        }
        match other_meaning(info, param, given) {
            None => self.as_list(frame, expr, value),
            Some(order) => {
                self.report(frame, not_a_tuple(expr).help(format!("write it in brackets, in the order of here: {order}")));
                Value::Poison
            }
        }
    }
}

/// Where a tuple is written that an expression is or names; none where tuples stand in it.
pub(super) fn written_tuple(frame: &Frame<'_>, expr: &Expr) -> Option<Span> {
    match &expr.kind {
        ExprKind::Tuple(items) => (!items.iter().any(|item| matches!(item.kind, ExprKind::Tuple(_)))).then_some(expr.span),
        ExprKind::Name(name) => frame.names.get(name.as_str())?.tuple,
        _ => None,
    }
}

/// Edits that put brackets in place of the parentheses at the ends of a text.
fn ends(tuple: Span) -> Vec<Edit> {
    let Span { start, end, .. } = tuple;
    vec![Edit::replace(Span { end: start + 1, ..tuple }, "["), Edit::replace(Span { start: end - 1, ..tuple }, "]")]
}

/// Why the numbers of a tuple may mean something else where tuples are written; `None` where they mean the same.
fn other_meaning(info: &OpInfo, param: &ParamInfo, given: &Given<'_>) -> Option<&'static str> {
    let count = if let Value::Tuple(items) = &given.value { items.len() } else { 0 };
    let by_position = given.arg.name.is_none();
    match (info.keyword, param.name) {
        // There the input's channels come first, so that all the others stand one place further on.
        ("conv" | "conv_transpose" | "dwconv", "stride" | "pad" | "dilation" | "output_pad") if by_position => {
            return Some("the input's channels are no argument, so that the kernel comes before the stride and the padding");
        }
        // There a size comes first.
        ("upsample", _) if by_position => return Some("a factor comes first, and `size=[height, width]` is a size"),
        _ => {}
    }
    match param.kind {
        // Padding by a function is left and right first there.
        ParamKind::PadsOrSame if info.keyword != "pad" && count == 2 => None,
        ParamKind::Pads | ParamKind::PadsOrSame => Some("it is [top, left, bottom, right] or [height, width] here"),
        ParamKind::Integers | ParamKind::IntegerOrList => {
            Some("the batch is not counted here, neither among axes nor among sizes")
        }
        ParamKind::Pair
        | ParamKind::NumberPair
        | ParamKind::NestedNumbers
        | ParamKind::Count
        | ParamKind::Integer
        | ParamKind::Flag
        | ParamKind::Number
        | ParamKind::Operator
        | ParamKind::Words(_) => None,
    }
}

fn not_a_tuple(expr: &Expr) -> Diagnostic {
    Diagnostic::error(Code::WrongType, "a list stands in brackets, and parentheses group tensors", expr.span, "numbers")
}

/// What was meant; inner lists are told from the text, since a tuple of tuples is one row of tensors.
fn listed(expr: &Expr, value: &Value) -> Value {
    let flat = !matches!(&expr.kind, ExprKind::Tuple(items) if items.iter().any(|item| matches!(item.kind, ExprKind::Tuple(_))));
    let items = if let Value::Tuple(items) = value { items.to_vec() } else { Vec::new() };
    Value::list(items).filter(|_| flat).unwrap_or(Value::Poison)
}

/// Edits that put brackets in place of the parentheses, inner ones too; none where the tuple stands elsewhere.
fn brackets(expr: &Expr) -> Vec<Edit> {
    let mut edits = Vec::new();
    if let ExprKind::Tuple(items) | ExprKind::List(items) = &expr.kind {
        if let ExprKind::Tuple(_) = expr.kind {
            edits.extend(ends(expr.span));
        }
        edits.extend(items.iter().flat_map(brackets));
    }
    edits
}
