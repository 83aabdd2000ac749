//! A pasted call's arguments, each with the parameter that it is for, and what follows from a row without a rule.

#![expect(clippy::wildcard_enum_match_arm, reason = "every other value is refused alike, and other parameters only kept")]

use super::stages::{Stage, Stages};
use super::value::{Value, inside, pieces};
use super::{Default, Framework, Means, Parameter, Row, rule};

/// The arguments of a call by the parameters of a row.
#[derive(Debug)]
pub struct Bound<'a> {
    row: &'static Row,
    slots: Vec<Option<Value<'a>>>,
    /// What is left by position.
    pub(super) rest: Vec<Value<'a>>,
    /// The tensors among the arguments, as they are written here.
    pub(super) tensors: Option<String>,
    /// The shape of the input without the batch, where it is known.
    pub(super) shape: Option<&'a [u64]>,
    /// Whether an argument was given whose meaning could differ.
    pub(super) doubtful: bool,
}

/// The name and the value of `name=value`.
pub(super) fn name_and_value(arg: &str) -> (Option<&str>, &str) {
    let is_name = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_');
    match arg.split_once('=') {
        Some((name, value)) if !value.starts_with('=') && is_name(name.trim()) => (Some(name.trim()), value.trim()),
        Some(_) | None => (None, arg.trim()),
    }
}

impl<'a> Bound<'a> {
    /// Every argument with its parameter; `fed` says that the tensors stand elsewhere.
    ///
    /// # Errors
    /// An argument has no parameter, or a parameter no argument: a clause.
    pub(super) fn of(row: &'static Row, args: &[&'a str], fed: bool, shape: Option<&'a [u64]>) -> Result<Self, String> {
        let slots = row.params.iter().map(|_| None).collect();
        let mut bound = Self { row, slots, rest: Vec::new(), tensors: None, shape, doubtful: false };
        let mut open = row.params.iter().enumerate().peekable();
        if fed {
            open.next_if(|(_, param)| matches!(param.means, Means::Input | Means::Inputs));
        }
        for arg in args {
            match name_and_value(arg) {
                (Some(name), value) => {
                    let index = row.params.iter().position(|param| super::has(param.names, name));
                    bound.put(index.ok_or_else(|| format!("what `{name}` means there is not known here"))?, value)?;
                }
                (None, value) => match open.peek() {
                    Some((_, param)) if matches!(param.means, Means::Rest) => bound.rest.push(Value::of(value)),
                    Some((_, param)) if param.by_name => {
                        return Err(format!("the meaning of `{value}` at this place is not plain"));
                    }
                    Some((index, _)) => {
                        bound.put(*index, value)?;
                        open.next();
                    }
                    None => return Err(format!("`{value}` is one argument more than it takes there")),
                },
            }
        }
        bound.doubtful |= !bound.rest.is_empty();
        let by_name = args.iter().all(|arg| name_and_value(arg).0.is_some());
        bound.check(fed, by_name)?;
        Ok(bound)
    }

    fn put(&mut self, index: usize, text: &'a str) -> Result<(), String> {
        let param = &self.row.params[index];
        match param.means {
            Means::Input => self.feed(text),
            Means::Inputs => self.feed(&listed(text).ok_or_else(|| format!("`{text}` is no list of tensors"))?),
            Means::Needless(_) | Means::NeedlessFlag(_) => {}
            Means::Same(_)
            | Means::Lost(_)
            | Means::Pad
            | Means::Axis(_)
            | Means::Axes(_)
            | Means::Words(..)
            | Means::InputSize
            | Means::Only(_)
            | Means::Activation
            | Means::Ruled
            | Means::Rest => self.doubtful = true,
        }
        if self.slots[index].replace(Value::of(text)).is_some() {
            return Err(format!("`{}` is given twice", first(param)));
        }
        Ok(())
    }

    fn feed(&mut self, more: &str) {
        let before = self.tensors.take().map_or(String::new(), |tensors| tensors + ", ");
        self.tensors = Some(before + more);
    }

    /// What must be given is given. Sizes of the input only stand before others, so that `by_name` they are not missed.
    fn check(&mut self, fed: bool, by_name: bool) -> Result<(), String> {
        for (param, slot) in self.row.params.iter().zip(&mut self.slots) {
            let given = match param.means {
                Means::Input | Means::Inputs => fed || slot.is_some(),
                Means::InputSize => by_name || slot.is_some(),
                _ => slot.is_some(),
            };
            if !given && param.default == Default::Required {
                return Err(format!("`{}` is not given, which it needs there", first(param)));
            }
            self.doubtful |= !given && param.default == Default::Batched;
            // `stride=None` leaves it to the default.
            if slot == &Some(Value::None) && param.default != Default::Required {
                *slot = None;
            }
        }
        Ok(())
    }

    /// The argument for a parameter of the row, else its default where that differs from ours.
    pub(super) fn get(&self, name: &str) -> Option<Value<'a>> {
        let index = self.row.params.iter().position(|param| super::has(param.names, name))?;
        self.value(index)
    }

    fn value(&self, index: usize) -> Option<Value<'a>> {
        match (&self.slots[index], self.row.params[index].default) {
            (Some(value), _) => Some(value.clone()),
            (None, Default::Theirs(text)) => Some(Value::of(text)),
            (None, Default::Required | Default::Alike | Default::Batched) => None,
        }
    }

    /// Whether a flag is given and true; one that is no plain flag is an error.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, String> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(other) => Err(format!("`{name}` is true or false there, not `{}`", other.written())),
        }
    }

    /// The operation with all arguments that need no rule, and the activation that follows.
    pub(super) fn plain(&self, keyword: &'static str) -> Result<Stages, String> {
        let mut stage = Stage::new(keyword);
        let mut activation = None;
        for (index, param) in self.row.params.iter().enumerate() {
            let Some(value) = self.value(index) else { continue };
            if let Means::Activation = param.means {
                activation = rule::activation(&value)?;
            } else if let Some((name, text)) = meant(param, &value, self.row.framework, self.shape)? {
                stage = stage.arg(name, text);
            }
        }
        let stages = Stages::from(stage);
        Ok(match activation {
            Some(activation) => stages.then(activation),
            None => stages,
        })
    }

    /// An axis as it is counted here.
    pub(super) fn axis(&self, value: &Value<'_>) -> Result<i64, String> {
        axis(value, self.row.framework, self.shape)
    }
}

/// An argument as it is written here, if it is written at all.
pub(super) fn meant(
    param: &Parameter,
    value: &Value<'_>,
    framework: Framework,
    shape: Option<&[u64]>,
) -> Result<Option<(&'static str, String)>, String> {
    let shown = first(param);
    Ok(match param.means {
        Means::Same(name) => Some((name, plain(shown, value)?)),
        Means::Pad => Some(("pad", padding(value)?)),
        // The channels are what is meant anyway where nothing is written.
        Means::Axis(name) => Some(axis(value, framework, shape)?).filter(|axis| *axis != 0).map(|axis| (name, axis.to_string())),
        Means::Axes(name) => {
            let axes = value.items().iter().map(|item| axis(item, framework, shape)).collect::<Result<Vec<_>, _>>()?;
            Some((name, format!("[{}]", axes.iter().map(i64::to_string).collect::<Vec<_>>().join(", "))))
        }
        Means::Words(name, words) => match value {
            Value::Word(word) if words.contains(word) => Some((name, value.written())),
            _ => return Err(format!("`{shown}={}` has no counterpart here", value.written())),
        },
        Means::Only(values) => {
            let one = values.iter().any(|only| alike(&Value::of(only), value));
            one.then_some(None).ok_or_else(|| format!("`{shown}={}` has no counterpart here", value.written()))?
        }
        Means::NeedlessFlag(_) => match value {
            Value::Bool(_) => None,
            _ => return Err(format!("`{shown}` is true or false there, not `{}`", value.written())),
        },
        Means::Input
        | Means::Inputs
        | Means::InputSize
        | Means::Needless(_)
        | Means::Lost(_)
        | Means::Activation
        | Means::Ruled
        | Means::Rest => None,
    })
}

/// A value that is the same here, which no word and nothing undefined is.
fn plain(name: &str, value: &Value<'_>) -> Result<String, String> {
    let is_strange = |item: &Value<'_>| matches!(item, Value::None | Value::Word(_));
    if is_strange(value) || value.items().iter().any(is_strange) {
        return Err(format!("`{name}={}` is not understood", value.written()));
    }
    Ok(value.written())
}

fn padding(value: &Value<'_>) -> Result<String, String> {
    match value {
        Value::Word(word) if word.eq_ignore_ascii_case("same") => Ok("same".to_owned()),
        Value::Word(word) if word.eq_ignore_ascii_case("valid") => Ok("0".to_owned()),
        Value::List(items) if items.len() != 2 => Err(format!("the order of `{}` is not plain", value.written())),
        Value::Word(_) | Value::None | Value::Bool(_) => Err(format!("`padding={}` has no counterpart here", value.written())),
        Value::Int(_) | Value::Number(_) | Value::List(_) | Value::Other(_) => Ok(value.written()),
    }
}

/// `1`, `1.0` and `(1, 1)` are one value of a pair.
fn alike(only: &Value<'_>, value: &Value<'_>) -> bool {
    only == value
        || match (only, value) {
            (Value::Int(number), _) if value.is_number(*number as f64) => true,
            (Value::Int(_), Value::List(items)) => !items.is_empty() && items.iter().all(|item| item == only),
            (_, _) => false,
        }
}

/// An axis that counts the batch as one that does not: `PyTorch`'s from the channels on, Keras' with the channels last.
pub(super) fn axis(value: &Value<'_>, framework: Framework, shape: Option<&[u64]>) -> Result<i64, String> {
    let Some(axis) = value.int() else { return Err(format!("the axis `{}` is no plain number", value.written())) };
    let batch = || Err(format!("axis {axis} is the batch there, which has no axis here"));
    let rank = shape.map(|shape| shape.len() as i64);
    if axis == 0 || rank.is_some_and(|rank| axis == -1 - rank) {
        return batch();
    }
    match framework {
        Framework::PyTorch => Ok(if axis > 0 { axis - 1 } else { axis }),
        Framework::Keras => {
            // Where the rank is not known, a map is taken for granted: on anything else the axis does not exist here.
            let last = rank.unwrap_or(3);
            let place = if axis > 0 { axis - 1 } else { last + axis };
            let sure = rank.is_some() || axis > -3;
            if !sure || !(0..last).contains(&place) {
                return Err(format!("which axis {axis} is cannot be told"));
            }
            Ok(if place == last - 1 { 0 } else { place + 1 })
        }
        Framework::Elsewhere => Err(format!("which axis {axis} is cannot be told")),
    }
}

/// `[a, b]` as the tensors of a call; one name may hold several.
pub(super) fn listed(text: &str) -> Option<String> {
    let inner = inside(text, '[', ']').or_else(|| inside(text, '(', ')'))?;
    let items = pieces(inner);
    (!items.is_empty()).then(|| items.join(", "))
}

fn first(param: &Parameter) -> &'static str {
    param.names.split(' ').next().unwrap_or(param.names)
}
