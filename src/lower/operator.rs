//! Operators between two values: numbers, and element-wise layers on tensors.

use super::naming::Scope;
use super::value::MAX_VALUES;
use super::{Builder, Frame, Value};
use crate::code::Code;
use crate::diagnostic::Applicability::Unsafe;
use crate::diagnostic::{Diagnostic, Edit};
use crate::graph::NodeId;
use crate::op::args::is_within_f32;
use crate::op::{Elementwise, Merge, Op, Scalar, ScalarOp};
use crate::source::Span;
use crate::syntax::ast::{Expr, InfixOp};

/// The outcome of arithmetic on constants.
#[derive(Debug)]
pub enum Folded {
    /// A value.
    Value(Value),
    /// No value: "division by zero".
    Arithmetic(&'static str),
    /// The operator does not take these types.
    Types,
}

const ELEMENTWISE: &str = "element-wise are `+`, `-`, `*`, `/` and `**`; a quotient is rounded down by `floor(a / b)`";

impl<'a> Builder<'a> {
    /// `first op a op b …`, left to right.
    pub(super) fn infix(
        &mut self,
        frame: &mut Frame<'a>,
        first: &'a Expr,
        rest: &'a [(InfixOp, Span, Expr)],
        scope: &Scope,
    ) -> Value {
        let each = scope.each(std::iter::once(first).chain(rest.iter().map(|(_, _, right)| right)));
        let mut left = self.eval(frame, first, &each);
        let mut left_span = first.span;
        for (at, (op, op_span, right)) in rest.iter().enumerate() {
            if let (InfixOp::And, Value::Bool(false)) | (InfixOp::Or, Value::Bool(true)) = (op, &left) {
                continue;
            }
            let value = self.eval(frame, right, &each);
            let sides = Sides { left: (&left, left_span), right: (&value, right.span), op_span: *op_span };
            let scope = if at + 1 == rest.len() { scope.last() } else { scope.inner() };
            left = self.apply(frame, *op, &sides, &scope);
            left_span = left_span.to(right.span);
        }
        left
    }

    fn apply(&mut self, frame: &Frame<'a>, op: InfixOp, sides: &Sides<'_>, scope: &Scope) -> Value {
        let (left, right) = (sides.left.0, sides.right.0);
        let is_list = |value: &Value| matches!(value, Value::List(_) | Value::Tuple(_));
        // What is broken in a list breaks nothing beside it.
        let joins = op == InfixOp::Add && is_list(left) && is_list(right);
        if !joins && (left.is_poison() || right.is_poison()) {
            return Value::Poison;
        }
        match (left, right) {
            (Value::Tensor(a), Value::Tensor(b)) => {
                self.tensors(frame, op, (*a, sides.left.1), (*b, sides.right.1), sides.op_span, scope)
            }
            (Value::Tensor(id), number) if number.to_f64().is_some() => {
                let value = number.to_f64().expect("just seen");
                match scalar_op(op, false) {
                    Some(ScalarOp::Div) if value == 0.0 => self.no_result(frame, "division by zero", sides.right.1),
                    Some(scalar) => self.scalar(frame, *id, scalar, value, sides.span(), scope),
                    None => self.types(frame, op, sides),
                }
            }
            (number, Value::Tensor(id)) if number.to_f64().is_some() => match scalar_op(op, true) {
                Some(scalar) => self.scalar(frame, *id, scalar, number.to_f64().expect("just seen"), sides.span(), scope),
                None => self.types(frame, op, sides),
            },
            _ => match fold(op, left, right) {
                Folded::Value(value) => value,
                Folded::Arithmetic(why) => self.no_result(frame, why, sides.right.1),
                Folded::Types => self.types(frame, op, sides),
            },
        }
    }

    fn tensors(
        &mut self,
        frame: &Frame<'a>,
        op: InfixOp,
        left: (NodeId, Span),
        right: (NodeId, Span),
        op_span: Span,
        scope: &Scope,
    ) -> Value {
        let merge = match op {
            InfixOp::Add => Merge::Add,
            InfixOp::Sub => Merge::Sub,
            InfixOp::Mul => Merge::Mul,
            InfixOp::Div => Merge::Div,
            InfixOp::Pow => Merge::Pow,
            InfixOp::Or
            | InfixOp::And
            | InfixOp::Eq
            | InfixOp::Ne
            | InfixOp::Lt
            | InfixOp::Le
            | InfixOp::Gt
            | InfixOp::Ge
            | InfixOp::FloorDiv
            | InfixOp::Rem => {
                let message = format!("`{}` does not work on tensors", op.text());
                self.report(frame, Diagnostic::error(Code::WrongType, message, op_span, "").help(ELEMENTWISE));
                return Value::Poison;
            }
        };
        self.node(frame, Op::Elementwise(Elementwise { merge }), &[left, right], left.1.to(right.1), scope)
    }

    /// Adds arithmetic of a tensor with a constant.
    pub(super) fn scalar(&mut self, frame: &Frame<'a>, id: NodeId, op: ScalarOp, value: f64, span: Span, scope: &Scope) -> Value {
        if !is_within_f32(value) {
            return self.no_result(frame, &format!("{value:e} is too large for a tensor, which is computed in 32 bits"), span);
        }
        self.node(frame, Op::Scalar(Scalar { op, value }), &[(id, span)], span, scope)
    }

    fn types(&mut self, frame: &Frame<'a>, op: InfixOp, sides: &Sides<'_>) -> Value {
        let (left, right) = (sides.left.0, sides.right.0);
        let message = format!("`{}` does not take {} and {}", op.text(), left.kind(), right.kind());
        let diagnostic = Diagnostic::error(Code::WrongType, message, sides.op_span, "")
            .label(sides.left.1, format!("this is {}", left.kind()))
            .label(sides.right.1, format!("this is {}", right.kind()));
        let diagnostic = match (left, op, right) {
            (Value::Tensor(_), InfixOp::FloorDiv | InfixOp::Rem, _) | (_, InfixOp::FloorDiv | InfixOp::Rem, Value::Tensor(_)) => {
                diagnostic.help(ELEMENTWISE)
            }
            (Value::List(_) | Value::Tuple(_), InfixOp::Add, Value::Tensor(_)) => {
                let edits = vec![Edit::before(sides.right.1, "["), Edit::after(sides.right.1, "]")];
                diagnostic.fix(Unsafe, "a list grows by a list", edits)
            }
            _ if left.holds_tensors() || right.holds_tensors() => diagnostic
                .help("operators work on one tensor at a time: choose with `xs[0]`, or walk the list with `for x in xs`"),
            _ => diagnostic,
        };
        self.report(frame, diagnostic);
        Value::Poison
    }

    fn no_result(&mut self, frame: &Frame<'a>, why: &str, span: Span) -> Value {
        self.report(frame, Diagnostic::error(Code::Arithmetic, why, span, ""));
        Value::Poison
    }
}

/// Two operands with their places.
struct Sides<'v> {
    left: (&'v Value, Span),
    right: (&'v Value, Span),
    op_span: Span,
}

impl Sides<'_> {
    fn span(&self) -> Span {
        self.left.1.to(self.right.1)
    }
}

fn scalar_op(op: InfixOp, number_first: bool) -> Option<ScalarOp> {
    match (op, number_first) {
        (InfixOp::Add, _) => Some(ScalarOp::Add),
        (InfixOp::Mul, _) => Some(ScalarOp::Mul),
        (InfixOp::Sub, false) => Some(ScalarOp::Sub),
        (InfixOp::Sub, true) => Some(ScalarOp::RevSub),
        (InfixOp::Div, false) => Some(ScalarOp::Div),
        (InfixOp::Div, true) => Some(ScalarOp::RevDiv),
        (InfixOp::Pow, false) => Some(ScalarOp::Pow),
        (InfixOp::Pow, true) => Some(ScalarOp::RevPow),
        (
            InfixOp::FloorDiv
            | InfixOp::Rem
            | InfixOp::Or
            | InfixOp::And
            | InfixOp::Eq
            | InfixOp::Ne
            | InfixOp::Lt
            | InfixOp::Le
            | InfixOp::Gt
            | InfixOp::Ge,
            _,
        ) => None,
    }
}

/// Arithmetic and comparison of constants. Integers stay integers except under `/`; `//` and `%` round towards minus
/// infinity, as in Python.
#[must_use]
pub fn fold(op: InfixOp, left: &Value, right: &Value) -> Folded {
    match (op, left, right) {
        (InfixOp::And, Value::Bool(a), Value::Bool(b)) => Folded::Value(Value::Bool(*a && *b)),
        (InfixOp::Or, Value::Bool(a), Value::Bool(b)) => Folded::Value(Value::Bool(*a || *b)),
        (InfixOp::Eq | InfixOp::Ne, _, _) => match equal(left, right) {
            Some(same) => Folded::Value(Value::Bool(same == (op == InfixOp::Eq))),
            None => Folded::Types,
        },
        (_, Value::Int(a), Value::Int(b)) => integers(op, *a, *b),
        (InfixOp::Add, Value::List(a) | Value::Tuple(a), Value::List(b) | Value::Tuple(b)) => {
            Value::list(a.iter().chain(b.iter()).cloned().collect())
                .map_or(Folded::Arithmetic("the list would hold more than 65,536 values"), Folded::Value)
        }
        (InfixOp::Add, Value::Str(a), Value::Str(b)) if a.len() + b.len() > MAX_VALUES => {
            Folded::Arithmetic("the string would be longer than 65,536 bytes")
        }
        (InfixOp::Add, Value::Str(a), Value::Str(b)) => Folded::Value(Value::Str(format!("{a}{b}").into())),
        _ => match (left.to_f64(), right.to_f64()) {
            (Some(a), Some(b)) => floats(op, a, b),
            _ => Folded::Types,
        },
    }
}

fn equal(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::Bool(a), Value::Bool(b)) => Some(a == b),
        (Value::Str(a), Value::Str(b)) => Some(a == b),
        (Value::Int(a), Value::Int(b)) => Some(a == b),
        (Value::List(a), Value::List(b)) if a.len() != b.len() => Some(false),
        (Value::List(a), Value::List(b)) => a.iter().zip(b.iter()).try_fold(true, |all, (x, y)| Some(all && equal(x, y)?)),
        // Whether two constants are the same number is what `==` asks.
        _ => Some(left.to_f64()?.partial_cmp(&right.to_f64()?) == Some(std::cmp::Ordering::Equal)),
    }
}

fn integers(op: InfixOp, a: i64, b: i64) -> Folded {
    let checked = |value: Option<i64>| {
        value.map_or(Folded::Arithmetic("the result does not fit in a 64-bit integer"), |v| Folded::Value(Value::Int(v)))
    };
    let truth = |value| Folded::Value(Value::Bool(value));
    match op {
        InfixOp::Add => checked(a.checked_add(b)),
        InfixOp::Sub => checked(a.checked_sub(b)),
        InfixOp::Mul => checked(a.checked_mul(b)),
        InfixOp::Div | InfixOp::FloorDiv | InfixOp::Rem if b == 0 => Folded::Arithmetic("division by zero"),
        InfixOp::Div => Folded::Value(Value::Float(a as f64 / b as f64)),
        InfixOp::FloorDiv => checked(a.checked_div(b).map(|q| q - i64::from(a % b != 0 && (a < 0) != (b < 0)))),
        InfixOp::Rem => checked(a.checked_rem(b).map(|r| if r != 0 && (r < 0) != (b < 0) { r + b } else { r })),
        InfixOp::Pow => power(a, b),
        InfixOp::Lt => truth(a < b),
        InfixOp::Le => truth(a <= b),
        InfixOp::Gt => truth(a > b),
        InfixOp::Ge => truth(a >= b),
        InfixOp::Eq | InfixOp::Ne | InfixOp::And | InfixOp::Or => Folded::Types,
    }
}

const ZERO_TO_NEGATIVE: &str = "zero has no negative power, which would divide by it";

/// Integers stay integers under `**` unless the exponent is negative, as in Python.
fn power(base: i64, exponent: i64) -> Folded {
    if exponent < 0 {
        return floats(InfixOp::Pow, base as f64, exponent as f64);
    }
    let value = match base {
        // These never grow, however large the exponent.
        0 | 1 => Some(if exponent == 0 { 1 } else { base }),
        -1 => Some(if exponent % 2 == 0 { 1 } else { -1 }),
        _ => u32::try_from(exponent).ok().and_then(|exponent| base.checked_pow(exponent)),
    };
    value.map_or(Folded::Arithmetic("the result does not fit in a 64-bit integer"), |v| Folded::Value(Value::Int(v)))
}

fn floats(op: InfixOp, a: f64, b: f64) -> Folded {
    let finite = |value: f64| {
        if value.is_finite() {
            Folded::Value(Value::Float(value))
        } else {
            Folded::Arithmetic("the result is not a finite number")
        }
    };
    let truth = |value| Folded::Value(Value::Bool(value));
    match op {
        InfixOp::Add => finite(a + b),
        InfixOp::Sub => finite(a - b),
        InfixOp::Mul => finite(a * b),
        InfixOp::Div | InfixOp::FloorDiv | InfixOp::Rem if b == 0.0 => Folded::Arithmetic("division by zero"),
        InfixOp::Div => finite(a / b),
        InfixOp::FloorDiv => finite((a / b).floor()),
        InfixOp::Rem => finite(a - b * (a / b).floor()),
        InfixOp::Pow if a == 0.0 && b < 0.0 => Folded::Arithmetic(ZERO_TO_NEGATIVE),
        InfixOp::Pow if a < 0.0 && b.fract() != 0.0 => Folded::Arithmetic("a negative number has no power with a fraction"),
        InfixOp::Pow => finite(a.powf(b)),
        InfixOp::Lt => truth(a < b),
        InfixOp::Le => truth(a <= b),
        InfixOp::Gt => truth(a > b),
        InfixOp::Ge => truth(a >= b),
        InfixOp::Eq | InfixOp::Ne | InfixOp::And | InfixOp::Or => Folded::Types,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(op: InfixOp, a: i64, b: i64) -> i64 {
        let Folded::Value(Value::Int(v)) = fold(op, &Value::Int(a), &Value::Int(b)) else { panic!("an integer") };
        v
    }

    #[test]
    fn floor_division_and_remainder_follow_python() {
        assert_eq!([int(InfixOp::FloorDiv, 7, 2), int(InfixOp::FloorDiv, -7, 2), int(InfixOp::FloorDiv, 7, -2)], [3, -4, -4]);
        assert_eq!([int(InfixOp::Rem, 7, 3), int(InfixOp::Rem, -7, 3), int(InfixOp::Rem, 7, -3)], [1, 2, -2]);
    }

    #[test]
    fn powers_of_integers_are_exact() {
        assert_eq!([int(InfixOp::Pow, 2, 10), int(InfixOp::Pow, -3, 3), int(InfixOp::Pow, 7, 0)], [1024, -27, 1]);
        assert_eq!([int(InfixOp::Pow, 0, 0), int(InfixOp::Pow, 0, i64::MAX), int(InfixOp::Pow, 1, i64::MAX)], [1, 0, 1]);
        assert_eq!([int(InfixOp::Pow, -1, i64::MAX), int(InfixOp::Pow, -2, 63)], [-1, i64::MIN]);
        let shown = |base, exponent| format!("{:?}", fold(InfixOp::Pow, &base, &exponent));
        assert_eq!(shown(Value::Int(2), Value::Int(-1)), "Value(Float(0.5))");
        assert_eq!(shown(Value::Int(9), Value::Float(0.5)), "Value(Float(3.0))");
        assert_eq!(shown(Value::Float(1.5), Value::Int(2)), "Value(Float(2.25))");
    }

    #[test]
    fn overflow_and_zero_have_no_result() {
        assert!(matches!(fold(InfixOp::Mul, &Value::Int(i64::MAX), &Value::Int(2)), Folded::Arithmetic(_)));
        assert!(matches!(fold(InfixOp::FloorDiv, &Value::Int(i64::MIN), &Value::Int(-1)), Folded::Arithmetic(_)));
        assert!(matches!(fold(InfixOp::Rem, &Value::Int(1), &Value::Int(0)), Folded::Arithmetic(_)));
        let refused = [(Value::Int(2), Value::Int(63)), (Value::Int(2), Value::Int(1 << 40)), (Value::Int(0), Value::Int(-1))];
        let floats = [(Value::Float(-8.0), Value::Float(0.5)), (Value::Float(1e200), Value::Int(2))];
        for (base, exponent) in refused.into_iter().chain(floats) {
            assert!(matches!(fold(InfixOp::Pow, &base, &exponent), Folded::Arithmetic(_)), "{base:?} ** {exponent:?}");
        }
    }
}
