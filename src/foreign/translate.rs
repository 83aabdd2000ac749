//! Reading the table: which rows a pasted call may be, and what each makes of it.

use super::bind::{Bound, listed, meant, name_and_value};
use super::stages::{Inputs, Stages, Written};
use super::value::{Value, inside};
use super::{Framework, Here, Means, Parameter, Row, rows, words};
use crate::diagnostic::Applicability;

/// A call as it was pasted.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// What it was called through, such as `nn`.
    pub module: Option<&'a str>,
    /// Its name without that.
    pub name: &'a str,
    /// The texts between the commas of its list, without comments.
    pub args: &'a [&'a str],
    /// Where its tensors stand.
    pub inputs: Inputs<'a>,
    /// The shape of its first input without the batch, where it is known.
    pub shape: Option<&'a [u64]>,
}

/// The same call as it is written here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translation {
    /// Whose way of writing was read.
    pub framework: Framework,
    /// The operations that it is here: `conv(64, 3) -> relu`.
    pub shown: String,
    /// What stands in its place.
    pub written: Written,
    /// Safe where no argument is left whose meaning could differ.
    pub applicability: Applicability,
}

/// What is known of a pasted call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The operation that is meant, if there is one.
    pub keyword: Option<&'static str>,
    /// Ways to write it here, the likeliest first; several where frameworks differ.
    pub translations: Vec<Translation>,
    /// Why there are none, or what to do instead.
    pub why: String,
    /// Whether there are some once the shape of the input is known.
    pub needs_shape: bool,
}

/// What a call is here; `None` where no framework is known to have it.
#[must_use]
pub fn translate(call: Call<'_>) -> Option<Outcome> {
    let exact: Vec<&'static Row> = candidates(call, |row| row.is_called(call.name)).collect();
    let alike = |row: &Row| row.spellings.split(' ').any(|spelling| spelling.eq_ignore_ascii_case(call.name));
    let found = if exact.is_empty() { candidates(call, alike).collect() } else { exact };
    outcome(call, &found)
}

/// What a call is whose name is an operation's of our own, but which is written as elsewhere: what a framework has by just
/// this name, or else what it has for this operation, if all arguments have names or the first is surely (`leads`) the
/// input's channels.
///
/// # Errors
/// The name is known elsewhere, and this call is not understood: why.
pub fn ours(call: Call<'_>, leads: bool) -> Result<Option<Translation>, String> {
    let exact: Vec<&Row> = rows().filter(|row| row.framework != Framework::Elsewhere && row.is_called(call.name)).collect();
    let mut why = None;
    for row in &exact {
        match attempt(row, call) {
            Ok(translation) => return Ok(Some(translation)),
            Err(reason) => why = why.or(Some(reason)),
        }
    }
    let by_name = call.args.iter().all(|arg| name_and_value(arg).0.is_some());
    let sized = |row: &Row| matches!(row.params.first(), Some(Parameter { means: Means::InputSize, .. }));
    let other = rows().filter(|row| row.keyword() == Some(call.name) && (by_name || leads && sized(row)));
    let found = other.map(|row| attempt(row, call)).find_map(Result::ok);
    match (found, why) {
        (None, Some(why)) => Err(why),
        (found, _) => Ok(found),
    }
}

fn candidates<'a>(call: Call<'a>, named: impl Fn(&Row) -> bool + 'a) -> impl Iterator<Item = &'static Row> + 'a {
    let whose = call.module.and_then(words::framework);
    let is_method = matches!(call.inputs, Inputs::Method(_));
    rows().filter(move |row| {
        let framework = whose.is_none_or(|whose| row.framework == whose);
        // Tensors have methods in one framework only.
        let fits = !is_method || row.framework == Framework::PyTorch && row.is_function();
        framework && fits && named(row)
    })
}

fn outcome(call: Call<'_>, rows: &[&'static Row]) -> Option<Outcome> {
    rows.first()?;
    let keyword = rows.iter().find_map(|row| row.keyword());
    let mut found: Vec<Translation> = Vec::new();
    let mut why = None;
    for row in rows {
        match attempt(row, call) {
            Ok(translation) if found.iter().any(|other| other.written == translation.written) => {}
            Ok(translation) => found.push(translation),
            // What is had here is told before what is not.
            Err(reason) if why.is_none() || !matches!(row.here, Here::Nothing(_)) => why = Some(reason),
            Err(_) => {}
        }
    }
    // Where frameworks read it differently, one of the readings is a guess, also if only one is had here.
    if found.len() > 1 || why.is_some() {
        for translation in &mut found {
            translation.applicability = Applicability::Unsafe;
        }
    }
    let needs_shape = found.is_empty() && call.shape.is_none() && rows.iter().any(|row| matches!(row.here, Here::Shaped(..)));
    Some(Outcome { keyword, translations: found, why: why.unwrap_or_default(), needs_shape })
}

fn attempt(row: &'static Row, call: Call<'_>) -> Result<Translation, String> {
    if let Here::Nothing(help) = row.here {
        return Err(help.to_owned());
    }
    let fed = !matches!(call.inputs, Inputs::Inside);
    let bound = Bound::of(row, call.args, fed, call.shape)?;
    let stages = row.made(&bound)?;
    // Layers take the list of their tensors in a list of its own: `Add()([a, b])`.
    let opened = match call.inputs {
        Inputs::Apart(list) => inside(list, '(', ')').and_then(listed).map(|tensors| format!("({tensors})")),
        Inputs::Piped | Inputs::Inside | Inputs::Method(_) => None,
    };
    finish(row, &bound, &stages, (call.inputs, opened))
}

fn finish(
    row: &Row,
    bound: &Bound<'_>,
    stages: &Stages,
    (inputs, opened): (Inputs<'_>, Option<String>),
) -> Result<Translation, String> {
    let written = stages.round(inputs, bound.tensors.as_deref(), opened);
    Ok(Translation {
        framework: row.framework,
        shown: stages.text(),
        written: written.ok_or("it is several operations here, which need its input")?,
        applicability: Applicability::safe_if(!bound.doubtful),
    })
}

/// What an argument by name is at an operation of our own, or at a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// A parameter by another name and with this value; whether the value says the same is beyond doubt.
    Is(&'static str, String, bool),
    /// Nothing, for this reason, and whether that is beyond doubt.
    Needless(&'static str, bool),
    /// It means something that cannot be said by one argument.
    Unclear(String),
}

impl Argument {
    /// Whether it is one of these parameters.
    #[must_use]
    pub fn is_one_of(&self, names: &[&str]) -> bool {
        matches!(self, Self::Is(here, ..) if names.contains(here))
    }
}

/// What the argument `name=value` of `keyword` is: as frameworks have it at this operation, else as they have it anywhere.
#[must_use]
pub fn argument(keyword: Option<&str>, name: &str, value: &str, shape: Option<&[u64]>) -> Option<Argument> {
    let of = |row: &'static Row| row.params.iter().find(|param| super::has(param.names, name)).map(|param| (row, param));
    let own: Vec<_> = rows().filter(|row| keyword.is_some() && row.keyword() == keyword).filter_map(of).collect();
    let any = || rows().filter(|row| row.framework != Framework::Keras).filter_map(of).collect();
    let found: Vec<(&Row, &Parameter)> = if own.is_empty() { any() } else { own };
    let said: Vec<Argument> = found.iter().map(|(row, param)| said(row, param, value, shape)).collect();
    let is_clear = |argument: &&Argument| !matches!(argument, Argument::Unclear(_));
    said.iter().find(is_clear).or(said.first()).cloned()
}

/// Whether this argument of `keyword` tells that the whole call is written for a framework whose defaults and axes are others
/// than here: PyTorch does not know it.
#[must_use]
pub fn is_of_others(keyword: &str, name: &str) -> bool {
    let knows = |row: &&Row| row.keyword() == Some(keyword) && row.params.iter().any(|param| super::has(param.names, name));
    let of = |framework: Framework| rows().filter(knows).any(|row| row.framework == framework);
    of(Framework::Keras) && !of(Framework::PyTorch)
}

fn said(row: &Row, param: &Parameter, text: &str, shape: Option<&[u64]>) -> Argument {
    let value = Value::of(text);
    let sure = !matches!(param.means, Means::Axis(_) | Means::Axes(_));
    let whole = || Argument::Unclear("what it means hangs on the rest of the call".to_owned());
    match (param.means, meant(param, &value, row.framework, shape)) {
        // What "same" adds does not count in a mean there, and what is normalised is the shape that is given.
        (Means::Pad, Ok(_)) if matches!(row.here, Here::Ruled(..) | Here::Shaped(..)) && matches!(value, Value::Word(_)) => {
            whole()
        }
        (Means::InputSize, Ok(_)) if matches!(row.here, Here::Shaped(..)) => whole(),
        (Means::Needless(why) | Means::NeedlessFlag(why), Ok(None)) => Argument::Needless(why, true),
        (Means::Lost(why), Ok(None)) => Argument::Needless(why, false),
        (Means::InputSize, Ok(None)) => Argument::Needless("sizes of the input follow from the input", false),
        (Means::Only(_), Ok(None)) => Argument::Needless("it is so here anyway", true),
        // The channels, which are what is meant anyway.
        (Means::Axis(here), Ok(None)) => Argument::Is(here, "0".to_owned(), false),
        (_, Ok(Some((here, text)))) => Argument::Is(here, text, sure),
        (_, Ok(None)) => whole(),
        (_, Err(why)) => Argument::Unclear(why),
    }
}
