//! Pieces of Python: values, and expressions in which values may differ from use to use of a class.

use std::fmt::{self, Write as _};

use crate::op::args::ArgValue;

/// A value that a constructor or a function is given.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Val {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(&'static str),
    Tuple(Vec<Val>),
    /// Numbers in square brackets.
    List(Vec<Val>),
}

/// What a value counts, by which it may follow from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Channels or features.
    Channels,
    Other,
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Py {
    /// One of the tensors that an operation takes.
    In(usize),
    /// All of them, in brackets.
    Ins,
    Val(Val, Kind),
    /// Text that is the same everywhere.
    Raw(String),
    /// `nn.Conv2d(3, 8, 3)`.
    Call(String, Vec<Arg>),
    /// `x.mean(1)`.
    Method(Box<Py>, &'static str, Vec<Arg>),
    /// `x[:, None]`.
    Index(Box<Py>, Vec<Py>),
    /// `start:end:step` with `None` for what is not said.
    Slice(Box<[Py; 3]>),
    /// `a + b`, each of which binds tighter.
    Infix(&'static str, Box<[Py; 2]>),
    /// `(a, b)`.
    Group(Vec<Py>),
}

/// An argument; left out where it is its default everywhere.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Arg {
    pub key: Option<String>,
    pub value: Py,
    pub default: Option<Val>,
}

/// An argument by position.
pub(super) fn at(value: impl Into<Py>) -> Arg {
    Arg { key: None, value: value.into(), default: None }
}

/// An argument by name.
pub(super) fn key(key: &str, value: impl Into<Py>) -> Arg {
    Arg { key: Some(key.to_owned()), value: value.into(), default: None }
}

/// One that is left out where it is this.
pub(super) fn unless(name: &str, value: impl Into<Val>, default: impl Into<Val>) -> Arg {
    Arg { default: Some(default.into()), ..key(name, Py::Val(value.into(), Kind::Other)) }
}

/// Channels or features.
pub(super) fn channels(count: u64) -> Py {
    Py::Val(Val::Int(count as i64), Kind::Channels)
}

/// A call.
pub(super) fn call(name: &str, args: Vec<Arg>) -> Py {
    Py::Call(name.to_owned(), args)
}

/// A method of an expression.
pub(super) fn method(of: Py, name: &'static str, args: Vec<Arg>) -> Py {
    Py::Method(Box::new(of), name, args)
}

impl Val {
    pub(super) fn ints(all: impl IntoIterator<Item = u64>) -> Self {
        Self::Tuple(all.into_iter().map(|n| Self::Int(n as i64)).collect())
    }

    /// A number for both sides, or one for each.
    pub(super) fn pair(sides: [u64; 2], line: bool) -> Self {
        if line || sides[0] == sides[1] { Self::Int(sides[1] as i64) } else { Self::ints(sides) }
    }
}

impl From<&ArgValue> for Val {
    fn from(value: &ArgValue) -> Self {
        match value {
            ArgValue::Int(n) => Self::Int(*n),
            ArgValue::Float(x) => Self::Float(*x),
            ArgValue::Bool(b) => Self::Bool(*b),
            // Words choose among operations' forms, which a value in Python does not.
            ArgValue::Str(_) => Self::None,
            ArgValue::List(all) => Self::Tuple(all.iter().map(Self::from).collect()),
        }
    }
}

impl From<u64> for Val {
    fn from(n: u64) -> Self {
        Self::Int(n as i64)
    }
}

impl From<i64> for Val {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}

impl From<f64> for Val {
    fn from(x: f64) -> Self {
        Self::Float(x)
    }
}

impl From<bool> for Val {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl From<&'static str> for Val {
    fn from(word: &'static str) -> Self {
        Self::Str(word)
    }
}

impl<T: Into<Val>> From<T> for Py {
    fn from(value: T) -> Self {
        Self::Val(value.into(), Kind::Other)
    }
}

impl fmt::Display for Val {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |all: &[Self]| all.iter().map(Self::to_string).collect::<Vec<_>>().join(", ");
        match self {
            Self::None => f.write_str("None"),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::Int(n) => write!(f, "{n}"),
            Self::Float(x) => f.write_str(&float(*x)),
            Self::Str(word) => write!(f, "\"{word}\""),
            Self::Tuple(all) if all.len() == 1 => write!(f, "({},)", all[0]),
            Self::Tuple(all) => write!(f, "({})", listed(all)),
            Self::List(all) => write!(f, "[{}]", listed(all)),
        }
    }
}

/// A float as Python reads it.
fn float(x: f64) -> String {
    if x.is_nan() {
        return "float(\"nan\")".to_owned();
    }
    if x.is_infinite() {
        return if x > 0.0 { "float(\"inf\")" } else { "float(\"-inf\")" }.to_owned();
    }
    let (plain, scientific) = (format!("{x:?}"), format!("{x:e}"));
    if scientific.len() < plain.len() { scientific } else { plain }
}

/// A text between quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A text within the quotes of a docstring, which it does not end.
pub(super) fn documented(text: &str) -> String {
    let kept: String = text.chars().filter(|c| !c.is_control() || *c == '\n' || *c == '\t').collect();
    kept.replace('\\', "\\\\").replace("\"\"\"", "'''")
}

/// Words that Python keeps for itself.
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else",
    "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise",
    "return", "try", "while", "with", "yield",
];

/// Names that these modules use.
const TAKEN: &[&str] = &["torch", "nn", "F", "self", "i", "range", "super", "float", "getattr", "OrderedDict"];

/// Whether a text is a name of Python.
pub(super) fn is_identifier(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    begins && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !KEYWORDS.contains(&text)
}

/// A text as a name that nothing here has.
pub(super) fn identifier(text: &str) -> String {
    let kept: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let begins = kept.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && !kept.starts_with("__");
    let own = if begins { kept } else { format!("n{kept}") };
    let is_taken = KEYWORDS.contains(&own.as_str()) || TAKEN.contains(&own.as_str());
    if is_taken { format!("{own}_") } else { own }
}

/// A text as the name of a class: `conv_bn_relu` is `ConvBnRelu`.
pub(super) fn class_name(text: &str) -> String {
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let capital = |part: &str| part[..1].to_ascii_uppercase() + &part[1..];
    let name: String = parts.map(capital).collect();
    let is_taken = KEYWORDS.contains(&name.as_str()) || TAKEN.contains(&name.as_str());
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) && !is_taken { name } else { format!("Net{name}") }
}
