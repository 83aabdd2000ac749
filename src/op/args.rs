//! Evaluated arguments, without places, and the reader that checks them.
//!
//! In: the values of a call in the order of its parameters. Out: numbers within bounds, or a [`BuildError`] whose message
//! is a clause. It knows no operation.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::conv::Padding;
use super::error::ShapeError;
use super::shape::MAX_DIM;
use super::table::{DefaultValue, ParamInfo};

/// A compile-time value as an operation sees it.
#[derive(Debug, Clone, PartialEq)]
pub enum ArgValue {
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A boolean.
    Bool(bool),
    /// A string.
    Str(String),
    /// A list.
    List(Vec<ArgValue>),
}

/// The arguments of a call in the order of [`super::table::OpInfo::params`]; `None` where the default applies.
pub type Args<'a> = &'a [Option<ArgValue>];

/// Why an operation cannot be built.
#[derive(Debug, Clone, PartialEq)]
pub enum BuildError {
    /// An argument has the wrong type or an impossible value.
    Argument {
        /// Index into the operation's parameters.
        index: usize,
        /// Whether the type is wrong (else the value is).
        wrong_type: bool,
        /// What was needed and what came, as a clause: "stride must be at least 1, not 0".
        message: String,
    },
    /// The inputs do not fit.
    ShapeError(ShapeError),
}

impl From<ShapeError> for BuildError {
    fn from(shape_error: ShapeError) -> Self {
        Self::ShapeError(shape_error)
    }
}

/// A padding argument before the input's size is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PadArg {
    /// An integer or `[height, width]`: the same on opposite sides.
    Even(Padding),
    /// `[top, left, bottom, right]`.
    Sided(Padding),
    /// `same`: as many rows and columns as `ceil(input / stride)` outputs need.
    Same,
}

/// Reads the arguments of one call by the names of its parameters.
pub(super) struct Reader<'a> {
    params: &'static [ParamInfo],
    args: Args<'a>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(params: &'static [ParamInfo], args: Args<'a>) -> Self {
        Self { params, args }
    }

    fn index(&self, name: &str) -> usize {
        position(self.params, name)
    }

    /// The argument, unless it is left to its default or is `none`.
    pub(super) fn given(&self, name: &str) -> Option<&'a ArgValue> {
        let value = self.args.get(self.index(name))?.as_ref()?;
        if matches!(value, ArgValue::Str(s) if s == "none") { None } else { Some(value) }
    }

    /// The argument or its default; `None` where the default is to have none.
    fn found(&self, name: &str) -> Result<Option<Cow<'a, ArgValue>>, BuildError> {
        if let Some(value) = self.given(name) {
            return Ok(Some(Cow::Borrowed(value)));
        }
        Ok(Some(Cow::Owned(match self.params[self.index(name)].default {
            DefaultValue::Required => return Err(self.invalid(name, format!("{name} must be given"))),
            DefaultValue::Absent => return Ok(None),
            DefaultValue::Same(other) => return self.found(other),
            DefaultValue::Int(n) => ArgValue::Int(n),
            DefaultValue::Float(x) => ArgValue::Float(x),
            DefaultValue::Bool(b) => ArgValue::Bool(b),
            DefaultValue::Word(word) => ArgValue::Str(word.to_owned()),
        })))
    }

    /// The argument or its default, where having none is a mistake.
    pub(super) fn value(&self, name: &str) -> Result<Cow<'a, ArgValue>, BuildError> {
        self.found(name)?.ok_or_else(|| self.invalid(name, format!("{name} must be given")))
    }

    /// An error about the value of an argument.
    pub(super) fn invalid(&self, name: &str, message: String) -> BuildError {
        BuildError::Argument { index: self.index(name), wrong_type: false, message }
    }

    /// An error about the type of an argument: "k takes an integer or [height, width], not the string "3"".
    pub(super) fn mistyped(&self, name: &str, got: &ArgValue) -> BuildError {
        let index = self.index(name);
        let message = format!("{name} takes {}, not {}", self.params[index].kind.with_article(), describe(got));
        BuildError::Argument { index, wrong_type: true, message }
    }

    /// An integer in `least..=MAX_DIM`.
    fn bounded(&self, name: &str, whole: &ArgValue, value: &ArgValue, least: u64) -> Result<u64, BuildError> {
        let Some(n) = integral(value) else { return Err(self.mistyped(name, whole)) };
        match u64::try_from(n) {
            Ok(n) if n > MAX_DIM => Err(self.invalid(name, format!("{name} must be at most {MAX_DIM}, not {n}"))),
            Ok(n) if n >= least => Ok(n),
            Ok(_) | Err(_) => Err(self.invalid(name, format!("{name} must be at least {least}, not {n}"))),
        }
    }

    /// An integer of at least 1.
    pub(super) fn count(&self, name: &str) -> Result<u64, BuildError> {
        let value = self.value(name)?;
        self.bounded(name, &value, &value, 1)
    }

    /// An integer or `[height, width]`, each at least `least`.
    pub(super) fn pair(&self, name: &str, least: u64) -> Result<[u64; 2], BuildError> {
        self.pair_of(name, &*self.value(name)?, least)
    }

    fn pair_of(&self, name: &str, value: &ArgValue, least: u64) -> Result<[u64; 2], BuildError> {
        match value {
            ArgValue::List(items) => match items.as_slice() {
                [h, w] => Ok([self.bounded(name, value, h, least)?, self.bounded(name, value, w, least)?]),
                other => Err(self.length(name, "2", other.len())),
            },
            ArgValue::Int(_) | ArgValue::Float(_) | ArgValue::Bool(_) | ArgValue::Str(_) => {
                self.bounded(name, value, value, least).map(|n| [n, n])
            }
        }
    }

    /// An integer or `[height, width]`; of a line, which has one side, an integer, and `row` for the row that it is.
    pub(super) fn sides(&self, name: &str, line: bool, (least, row): (u64, u64)) -> Result<[u64; 2], BuildError> {
        if !line {
            return self.pair(name, least);
        }
        let value = &*self.value(name)?;
        if let ArgValue::List(_) = value {
            return Err(self.one_sided(name, "one number", value));
        }
        self.bounded(name, value, value, least).map(|n| [row, n])
    }

    /// An error about an argument that has one side too many for a line.
    fn one_sided(&self, name: &str, takes: &str, got: &ArgValue) -> BuildError {
        self.invalid(name, format!("{name} is {takes} on a line [C, L], not {}", describe(got)))
    }

    /// An error about the length of a list.
    fn length(&self, name: &str, needed: &str, got: usize) -> BuildError {
        self.invalid(name, format!("a list for {name} has {needed} elements, not {got}"))
    }

    /// Padding: an integer, `[height, width]`, `[top, left, bottom, right]` or `same`; of a line an integer, `[left, right]` or
    /// `same`.
    pub(super) fn padding(&self, name: &str, line: bool) -> Result<PadArg, BuildError> {
        let value = &*self.value(name)?;
        match value {
            ArgValue::List(items) if line => {
                let [left, right] = items.as_slice() else {
                    return Err(self.one_sided(name, "one number or [left, right]", value));
                };
                let (left, right) = (self.bounded(name, value, left, 0)?, self.bounded(name, value, right, 0)?);
                Ok(PadArg::Sided(Padding { left, right, ..Padding::default() }))
            }
            ArgValue::Str(s) if s == "same" => Ok(PadArg::Same),
            ArgValue::List(items) if items.len() == 4 => {
                let side = |i: usize| self.bounded(name, value, &items[i], 0);
                Ok(PadArg::Sided(Padding { top: side(0)?, left: side(1)?, bottom: side(2)?, right: side(3)? }))
            }
            ArgValue::List(items) if items.len() != 2 => Err(self.length(name, "2 or 4", items.len())),
            ArgValue::List(_) | ArgValue::Int(_) | ArgValue::Float(_) | ArgValue::Bool(_) | ArgValue::Str(_) => {
                let rows = |h| if line { 0 } else { h };
                self.pair_of(name, value, 0).map(|[h, w]| PadArg::Even(Padding::even([rows(h), w])))
            }
        }
    }

    /// Rows and columns to add, or to take off where they are negative: `[top, left, bottom, right]`.
    pub(super) fn margins(&self, name: &str, line: bool) -> Result<[i64; 4], BuildError> {
        let value = &*self.value(name)?;
        let number = |item: &ArgValue| {
            let n = integral(item).ok_or_else(|| self.mistyped(name, value))?;
            let fits = n.unsigned_abs() <= MAX_DIM;
            if fits { Ok(n) } else { Err(self.invalid(name, format!("{name} must be at most {MAX_DIM} either way, not {n}"))) }
        };
        let ArgValue::List(items) = value else {
            let n = number(value)?;
            return Ok(if line { [0, n, 0, n] } else { [n; 4] });
        };
        let numbers = items.iter().map(number).collect::<Result<Vec<_>, _>>()?;
        match (numbers.as_slice(), line) {
            ([left, right], true) => Ok([0, *left, 0, *right]),
            ([h, w], false) => Ok([*h, *w, *h, *w]),
            ([top, left, bottom, right], false) => Ok([*top, *left, *bottom, *right]),
            (_, true) => Err(self.one_sided(name, "one number or [left, right]", value)),
            (other, false) => Err(self.length(name, "2 or 4", other.len())),
        }
    }

    /// A boolean.
    pub(super) fn flag(&self, name: &str) -> Result<bool, BuildError> {
        let value = self.value(name)?;
        if let ArgValue::Bool(b) = *value { Ok(b) } else { Err(self.mistyped(name, &value)) }
    }

    /// A finite number.
    pub(super) fn number(&self, name: &str) -> Result<f64, BuildError> {
        let value = self.value(name)?;
        self.number_of(name, &value, &value)
    }

    /// A finite number of at least 0.
    pub(super) fn positive(&self, name: &str) -> Result<f64, BuildError> {
        let n = self.number(name)?;
        if n < 0.0 { Err(self.invalid(name, format!("{name} must be at least 0, not {n}"))) } else { Ok(n) }
    }

    /// One element of `whole` (or `whole` itself) as a number that is finite where it is computed with, in 32 bits.
    pub(super) fn number_of(&self, name: &str, whole: &ArgValue, value: &ArgValue) -> Result<f64, BuildError> {
        let n = match value {
            ArgValue::Int(n) => *n as f64,
            ArgValue::Float(n) => *n,
            ArgValue::Bool(_) | ArgValue::Str(_) | ArgValue::List(_) => return Err(self.mistyped(name, whole)),
        };
        if !n.is_finite() {
            return Err(self.invalid(name, format!("{name} must be a finite number, not {n}")));
        }
        if is_within_f32(n) { Ok(n) } else { Err(self.invalid(name, format!("{name} is too large for 32 bits: {n:e}"))) }
    }

    /// A list of integers; a single integer stands for a list of one where `lone`.
    pub(super) fn integers(&self, name: &str, lone: bool) -> Result<Vec<i64>, BuildError> {
        let value = &*self.value(name)?;
        let integers = match value {
            ArgValue::List(items) => items.iter().map(integral).collect(),
            ArgValue::Int(_) | ArgValue::Float(_) | ArgValue::Bool(_) | ArgValue::Str(_) if lone => {
                integral(value).map(|n| vec![n])
            }
            ArgValue::Int(_) | ArgValue::Float(_) | ArgValue::Bool(_) | ArgValue::Str(_) => None,
        };
        integers.ok_or_else(|| self.mistyped(name, value))
    }

    /// Any integer, or `None` where the default is to have none.
    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, BuildError> {
        let Some(value) = self.found(name)? else { return Ok(None) };
        integral(&value).map(Some).ok_or_else(|| self.mistyped(name, &value))
    }

    /// An axis of a tensor of this rank; negative ones count from the end.
    pub(super) fn axis(&self, name: &str, rank: usize) -> Result<usize, BuildError> {
        let value = self.value(name)?;
        let written = integral(&value).ok_or_else(|| self.mistyped(name, &value))?;
        Ok(axis(written, rank)?)
    }

    /// One of the words that the row says it takes, or `None` where it is not given and the default is to have none.
    pub(super) fn word_if_given(&self, name: &str) -> Result<Option<&'static str>, BuildError> {
        if self.given(name).is_some() { self.word(name).map(Some) } else { Ok(None) }
    }

    /// One of the words that the row says it takes.
    pub(super) fn word(&self, name: &str) -> Result<&'static str, BuildError> {
        let kind = self.params[self.index(name)].kind;
        let value = self.value(name)?;
        let ArgValue::Str(s) = &*value else { return Err(self.mistyped(name, &value)) };
        let word = kind.words().iter().find(|word| *word == s);
        word.copied().ok_or_else(|| self.invalid(name, format!("{name} takes {kind}, not \"{}\"", shortened(s))))
    }
}

/// The place of a parameter in its row.
fn position(params: &[ParamInfo], name: &str) -> usize {
    params.iter().position(|p| p.name == name).expect("an operation names parameters of its own row")
}

/// An axis of a tensor of this rank; negative ones count from the end.
pub(super) fn axis(axis: i64, rank: usize) -> Result<usize, ShapeError> {
    let absolute = if axis < 0 { i128::from(axis) + rank as i128 } else { i128::from(axis) };
    usize::try_from(absolute).ok().filter(|a| *a < rank).ok_or(ShapeError::Axis { axis, rank })
}

/// An integer, also one that arithmetic left as a float: `64 * 0.75` is 48.0.
fn integral(value: &ArgValue) -> Option<i64> {
    /// Beyond this floats skip integers.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        ArgValue::Int(n) => Some(*n),
        ArgValue::Float(n) if n.fract() == 0.0 && n.abs() <= EXACT => Some(*n as i64),
        ArgValue::Float(_) | ArgValue::Bool(_) | ArgValue::Str(_) | ArgValue::List(_) => None,
    }
}

/// A value in words: `the string "3"`, `the list [1, 2.5]`.
fn describe(value: &ArgValue) -> String {
    match value {
        ArgValue::Int(n) => format!("the integer {n}"),
        ArgValue::Float(n) => format!("the float {n:?}"),
        ArgValue::Bool(b) => format!("the boolean {b}"),
        ArgValue::Str(s) => format!("the string \"{}\"", shortened(s)),
        ArgValue::List(items) => format!("the list {}", listed(items)),
    }
}

/// The first elements of a list, so that a message stays one line.
fn listed(items: &[ArgValue]) -> String {
    const SHOWN: usize = 6;
    let mut text = String::from("[");
    for (i, item) in items.iter().take(SHOWN).enumerate() {
        let comma = if i > 0 { ", " } else { "" };
        let written = match item {
            ArgValue::Int(n) => write!(text, "{comma}{n}"),
            ArgValue::Float(n) => write!(text, "{comma}{n:?}"),
            ArgValue::Bool(b) => write!(text, "{comma}{b}"),
            ArgValue::Str(s) => write!(text, "{comma}\"{}\"", shortened(s)),
            ArgValue::List(_) => write!(text, "{comma}[…]"),
        };
        written.expect("writing to a string succeeds");
    }
    text.push_str(if items.len() > SHOWN { ", …]" } else { "]" });
    text
}

fn shortened(s: &str) -> String {
    const SHOWN: usize = 32;
    if s.chars().count() > SHOWN { s.chars().take(SHOWN).chain(['…']).collect() } else { s.to_owned() }
}

/// The arguments of a printed operation, in the order of its parameters.
pub(super) struct Printed {
    params: &'static [ParamInfo],
    args: Vec<(&'static str, ArgValue)>,
}

impl Printed {
    pub(super) fn of(params: &'static [ParamInfo]) -> Self {
        Self { params, args: Vec::new() }
    }

    /// An argument that is written even where it is the default.
    pub(super) fn always(mut self, name: &'static str, value: impl Into<ArgValue>) -> Self {
        self.args.push((name, value.into()));
        self
    }

    /// An argument that is written where it is not the default.
    pub(super) fn arg(self, name: &'static str, value: impl Into<ArgValue>) -> Self {
        let value = value.into();
        if self.is_default(self.params[position(self.params, name)].default, &value) { self } else { self.always(name, value) }
    }

    fn is_default(&self, default: DefaultValue, value: &ArgValue) -> bool {
        match (default, value) {
            (DefaultValue::Same(other), value) => self.args.iter().any(|(name, same)| *name == other && same == value),
            (DefaultValue::Int(a), ArgValue::Int(b)) => a == *b,
            // By bits: a negative zero is not the zero of the row.
            (DefaultValue::Float(a), ArgValue::Float(b)) => a.to_bits() == b.to_bits(),
            (DefaultValue::Bool(a), ArgValue::Bool(b)) => a == *b,
            (DefaultValue::Word(a), ArgValue::Str(b)) => a == b,
            (_, _) => false,
        }
    }

    pub(super) fn done(self) -> Vec<(&'static str, ArgValue)> {
        self.args
    }
}

impl From<u64> for ArgValue {
    fn from(n: u64) -> Self {
        Self::Int(i64::try_from(n).unwrap_or(i64::MAX))
    }
}

impl From<usize> for ArgValue {
    fn from(n: usize) -> Self {
        Self::from(n as u64)
    }
}

impl From<f64> for ArgValue {
    fn from(x: f64) -> Self {
        Self::Float(x)
    }
}

impl From<bool> for ArgValue {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl From<&str> for ArgValue {
    fn from(word: &str) -> Self {
        Self::Str(word.to_owned())
    }
}

/// A list of integers.
pub(super) fn ints(items: impl IntoIterator<Item = u64>) -> ArgValue {
    ArgValue::List(items.into_iter().map(ArgValue::from).collect())
}

/// `n`, or `[h, w]` where they differ.
pub(super) fn pair(p: [u64; 2]) -> ArgValue {
    if p[0] == p[1] { p[0].into() } else { ints(p) }
}

/// As it was read: of a line the one number that it has.
pub(super) fn sides(p: [u64; 2], line: bool) -> ArgValue {
    if line { p[1].into() } else { pair(p) }
}

/// Whether a number stays finite in the 32 bits that networks are computed in.
#[must_use]
pub fn is_within_f32(n: f64) -> bool {
    (n as f32).is_finite()
}
