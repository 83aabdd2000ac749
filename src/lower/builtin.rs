//! Functions on constants, and questions to tensors.

use super::{Builder, Frame, Value};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::words::FUNCTIONS;

/// Whether a name is a function, which may be an operation on tensors as well.
pub(super) fn is_builtin(name: &str) -> bool {
    FUNCTIONS.contains(&name)
}

impl<'a> Builder<'a> {
    /// Calls a function on evaluated arguments.
    pub(super) fn builtin(&mut self, frame: &Frame<'a>, name: &str, args: &[(Value, Span)], span: Span) -> Value {
        if args.iter().any(|(value, _)| value.is_poison()) {
            return Value::Poison;
        }
        match (name, args) {
            ("channels" | "height" | "width" | "rank", [(value, at)]) => self.ask(frame, name, value, *at),
            ("len", [(Value::List(items) | Value::Tuple(items), _)]) => Value::Int(items.len() as i64),
            ("min" | "max", [(Value::List(items), at)]) => {
                let items: Vec<_> = items.iter().map(|item| (item.clone(), *at)).collect();
                self.extreme(frame, name, &items, span)
            }
            ("min" | "max", [_, _, ..]) => self.extreme(frame, name, args, span),
            ("abs" | "ceil" | "floor" | "round" | "sqrt", [(value, at)]) => self.number(frame, name, value, *at),
            _ => {
                let takes = match name {
                    "min" | "max" => "two or more numbers, or a list of them",
                    "len" => "one list",
                    "channels" | "height" | "width" | "rank" => "one tensor",
                    _ => "one number",
                };
                let message = format!("`{name}` takes {takes}");
                self.report(frame, Diagnostic::error(Code::WrongType, message, span, ""));
                Value::Poison
            }
        }
    }

    fn ask(&mut self, frame: &Frame<'a>, name: &str, value: &Value, span: Span) -> Value {
        let Value::Tensor(id) = value else {
            return self.wrong(frame, format!("`{name}` asks one tensor for its shape, and this is {}", value.kind()), span);
        };
        let shape = self.shapes[*id];
        let answer = match (name, shape.grid()) {
            ("channels", _) => Some(shape.channels()),
            ("rank", _) => Some(shape.rank() as u64),
            ("height", Some((height, _))) if shape.rank() == 3 => Some(height),
            ("width", Some((_, width))) => Some(width),
            _ => None,
        };
        if let Some(answer) = answer {
            return Value::Int(answer as i64);
        }
        let or_line = if name == "width" { " or [channels, length]" } else { "" };
        let message = format!("`{name}` needs a [channels, height, width]{or_line} tensor, and this is {shape}");
        self.report(frame, Diagnostic::error(Code::RankMismatch, message, span, ""));
        Value::Poison
    }

    fn extreme(&mut self, frame: &Frame<'a>, name: &str, args: &[(Value, Span)], span: Span) -> Value {
        let mut best: Option<&Value> = None;
        for (value, at) in args {
            let Some(number) = value.to_f64() else {
                return self.wrong(frame, format!("`{name}` takes numbers, and this is {}", value.kind()), *at);
            };
            let better = best.is_none_or(|b| {
                let current = b.to_f64().expect("only numbers are kept");
                if name == "min" { number < current } else { number > current }
            });
            if better {
                best = Some(value);
            }
        }
        best.cloned().unwrap_or_else(|| self.wrong(frame, format!("`{name}` of nothing"), span))
    }

    fn number(&mut self, frame: &Frame<'a>, name: &str, value: &Value, span: Span) -> Value {
        let Some(x) = value.to_f64() else {
            return self.wrong(frame, format!("`{name}` takes a number, and this is {}", value.kind()), span);
        };
        if let (Value::Int(i), "abs" | "ceil" | "floor" | "round") = (value, name) {
            let result = if name == "abs" { i.checked_abs() } else { Some(*i) };
            return result.map_or_else(|| self.overflow(frame, span), Value::Int);
        }
        let result = match name {
            "abs" => return Value::Float(x.abs()),
            "sqrt" if x < 0.0 => {
                self.report(frame, Diagnostic::error(Code::Arithmetic, "the square root of a negative number", span, ""));
                return Value::Poison;
            }
            "sqrt" => return Value::Float(x.sqrt()),
            "ceil" => x.ceil(),
            "floor" => x.floor(),
            _ => x.round(),
        };
        Value::Float(result).to_i64().map_or_else(|| self.overflow(frame, span), Value::Int)
    }
}
