//! Values while the graph is built.

use std::sync::Arc;

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
    Str(Arc<str>),
    /// A list of numbers, strings, booleans, tensors, shared weights or lists; their kinds may differ.
    List(Arc<[Value]>),
    /// A tensor: the node that makes it.
    Tensor(NodeId),
    /// Several tensors, as a block returns them.
    Tuple(Arc<[Value]>),
    /// A block or operation whose weights every use shares.
    Shared(usize),
    /// Nothing: an `if` without a value.
    Nothing,
    /// The result of something that has been reported already; whatever depends on it stays silent.
    Poison,
}

/// The most values that a list may hold, those of inner lists included, and the most bytes of a string.
pub(super) const MAX_VALUES: usize = 1 << 16;

/// The most lists within lists, so that nothing that walks one recurses far.
const MAX_LIST_DEPTH: usize = 32;

/// What is to be a list, of which no more is kept than a list may hold.
#[derive(Debug, Default)]
pub(super) struct Items {
    values: Vec<Value>,
    /// How many were added, those of lists included.
    total: usize,
}

impl Items {
    pub(super) fn push(&mut self, value: Value) {
        self.total += 1 + if matches!(value, Value::List(_)) { value.weight() } else { 0 };
        if self.total <= MAX_VALUES {
            self.values.push(value);
        }
    }

    /// The list, or `None` where it would hold too many.
    pub(super) fn list(self) -> Option<Value> {
        Value::list(self.values).filter(|_| self.total <= MAX_VALUES)
    }
}

impl Value {
    /// A list, or `None` where it would hold more than [`MAX_VALUES`] values or be nested too deep. Lists share what they
    /// hold, so that a few lines could write one of 2^60 values.
    pub(super) fn list(items: Vec<Self>) -> Option<Self> {
        let mut total = 0;
        fits(&items, MAX_LIST_DEPTH, &mut total).then(|| Self::List(items.into()))
    }

    /// How much there is to walk: the values of a list, inner ones included, of a group, or what stands for a text.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::List(items) => {
                let mut total = 0;
                fits(items, MAX_LIST_DEPTH, &mut total);
                total
            }
            Self::Tuple(items) => items.len() >> 3,
            Self::Str(text) => text.len() >> 6,
            Self::Int(_) | Self::Float(_) | Self::Bool(_) | Self::Tensor(_) | Self::Shared(_) | Self::Nothing | Self::Poison => 0,
        }
    }

    /// "an integer", for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Int(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Bool(_) => "a boolean",
            Self::Str(_) => "a string",
            Self::List(_) if self.holds_tensors() => "a list of tensors",
            Self::List(_) => "a list",
            Self::Tensor(_) => "a tensor",
            Self::Tuple(_) => "several tensors",
            Self::Shared(_) => "shared weights",
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
            Self::Tensor(_) | Self::Tuple(_) | Self::Shared(_) | Self::Nothing | Self::Poison => self.kind().to_owned(),
        }
    }

    /// Whether it, or a part of it, is poison.
    #[must_use]
    pub fn is_poison(&self) -> bool {
        match self {
            Self::Poison => true,
            Self::List(items) | Self::Tuple(items) => items.iter().any(Self::is_poison),
            Self::Int(_) | Self::Float(_) | Self::Bool(_) | Self::Str(_) | Self::Tensor(_) | Self::Shared(_) | Self::Nothing => {
                false
            }
        }
    }

    /// Whether it is one tensor or several, or a list with a tensor in it; a tuple of numbers is neither.
    #[must_use]
    pub fn holds_tensors(&self) -> bool {
        match self {
            Self::Tensor(_) => true,
            Self::Tuple(_) => !self.is_constant_tuple(),
            Self::List(items) => items.iter().any(Self::holds_tensors),
            Self::Int(_) | Self::Float(_) | Self::Bool(_) | Self::Str(_) | Self::Shared(_) | Self::Nothing | Self::Poison => {
                false
            }
        }
    }

    /// Whether it is a tensor, or a list with one at least in which everything is.
    pub(super) fn is_all_tensors(&self) -> bool {
        match self {
            Self::List(items) => !items.is_empty() && items.iter().all(Self::is_all_tensors),
            Self::Tensor(_) => true,
            Self::Int(_)
            | Self::Float(_)
            | Self::Bool(_)
            | Self::Str(_)
            | Self::Tuple(_)
            | Self::Shared(_)
            | Self::Nothing
            | Self::Poison => false,
        }
    }

    /// The first thing in a list that is no tensor; itself if it is no list.
    pub(super) fn stranger(&self) -> &Self {
        let Self::List(items) = self else { return self };
        items.iter().find(|item| !item.is_all_tensors()).map_or(self, Self::stranger)
    }

    /// Whether it is `(3, 3)`, as other languages write lists.
    #[must_use]
    pub fn is_constant_tuple(&self) -> bool {
        let constant = |item: &Self| item.to_arg().is_some() || item.is_constant_tuple();
        matches!(self, Self::Tuple(items) if !items.is_empty() && items.iter().all(constant))
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
            Self::Tensor(_) | Self::Tuple(_) | Self::Shared(_) | Self::Nothing | Self::Poison => None,
        }
    }

    /// As a float, if it is a number.
    #[must_use]
    pub fn to_f64(&self) -> Option<f64> {
        match self {
            Self::Int(i) => Some(*i as f64),
            Self::Float(x) => Some(*x),
            Self::Bool(_)
            | Self::Str(_)
            | Self::List(_)
            | Self::Tensor(_)
            | Self::Tuple(_)
            | Self::Shared(_)
            | Self::Nothing
            | Self::Poison => None,
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
            | Self::Shared(_)
            | Self::Nothing
            | Self::Poison => None,
        }
    }
}

fn fits(items: &[Value], depth: usize, total: &mut usize) -> bool {
    *total += items.len();
    if *total > MAX_VALUES {
        return false;
    }
    items.iter().all(|item| match item {
        Value::List(items) => depth > 0 && fits(items, depth - 1, total),
        Value::Int(_)
        | Value::Float(_)
        | Value::Bool(_)
        | Value::Str(_)
        | Value::Tensor(_)
        | Value::Tuple(_)
        | Value::Shared(_)
        | Value::Nothing
        | Value::Poison => true,
    })
}
