//! Values while the graph is built.

use std::rc::Rc;

use crate::graph::NodeId;
use crate::op::args::ArgValue;

/// A value of the language.
#[derive(Debug, Clone)]
pub enum Value {
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A boolean.
    Bool(bool),
    /// A string.
    Str(Rc<str>),
    /// A list of numbers, strings, booleans or lists.
    List(Rc<[Value]>),
    /// A tensor: the node that makes it.
    Tensor(NodeId),
    /// Several tensors, as a block returns them.
    Tuple(Rc<[Value]>),
    /// Nothing: an `if` without a value.
    Nothing,
    /// The result of something that has been reported already; whatever depends on it stays silent.
    Poison,
}

impl Value {
    /// "an integer", for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Int(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Bool(_) => "a boolean",
            Self::Str(_) => "a string",
            Self::List(_) => "a list",
            Self::Tensor(_) => "a tensor",
            Self::Tuple(_) => "several tensors",
            Self::Nothing => "nothing",
            Self::Poison => "an invalid value",
        }
    }

    /// As it would be written: `64`, `"same"`, `[1, 2]`; tensors by kind.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Int(i) => i.to_string(),
            Self::Float(x) => format!("{x:?}"),
            Self::Bool(b) => b.to_string(),
            Self::Str(s) => format!("{s:?}"),
            Self::List(items) => format!("[{}]", items.iter().map(Self::shown).collect::<Vec<_>>().join(", ")),
            Self::Tensor(_) | Self::Tuple(_) | Self::Nothing | Self::Poison => self.kind().to_owned(),
        }
    }

    /// Whether it, or a part of it, is poison.
    #[must_use]
    pub fn is_poison(&self) -> bool {
        match self {
            Self::Poison => true,
            Self::List(items) | Self::Tuple(items) => items.iter().any(Self::is_poison),
            Self::Int(_) | Self::Float(_) | Self::Bool(_) | Self::Str(_) | Self::Tensor(_) | Self::Nothing => false,
        }
    }

    /// Whether it is one tensor or several.
    #[must_use]
    pub fn is_tensor(&self) -> bool {
        matches!(self, Self::Tensor(_) | Self::Tuple(_))
    }

    /// As an operation's argument; `None` for tensors and what holds them.
    #[must_use]
    pub fn to_arg(&self) -> Option<ArgValue> {
        match self {
            Self::Int(i) => Some(ArgValue::Int(*i)),
            Self::Float(x) => Some(ArgValue::Float(*x)),
            Self::Bool(b) => Some(ArgValue::Bool(*b)),
            Self::Str(s) => Some(ArgValue::Str(s.to_string())),
            Self::List(items) => items.iter().map(Self::to_arg).collect::<Option<Vec<_>>>().map(ArgValue::List),
            Self::Tensor(_) | Self::Tuple(_) | Self::Nothing | Self::Poison => None,
        }
    }

    /// As a float, if it is a number.
    #[must_use]
    pub fn to_f64(&self) -> Option<f64> {
        match self {
            Self::Int(i) => Some(*i as f64),
            Self::Float(x) => Some(*x),
            Self::Bool(_) | Self::Str(_) | Self::List(_) | Self::Tensor(_) | Self::Tuple(_) | Self::Nothing | Self::Poison => {
                None
            }
        }
    }

    /// As an integer: an integer, or a float without a fraction that fits.
    #[must_use]
    pub fn to_i64(&self) -> Option<i64> {
        match self {
            Self::Int(i) => Some(*i),
            Self::Float(x) if x.fract() == 0.0 && x.abs() < 9.0e15 => Some(*x as i64),
            Self::Float(_)
            | Self::Bool(_)
            | Self::Str(_)
            | Self::List(_)
            | Self::Tensor(_)
            | Self::Tuple(_)
            | Self::Nothing
            | Self::Poison => None,
        }
    }
}
