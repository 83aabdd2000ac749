//! What other frameworks and languages call things, and what that is here: the one table, and what reads its rows.
//!
//! In: a call as it was pasted, with the texts of its arguments and the shape of its input where that is known. Out: the
//! calls that compute the same here, or why there are none. Only what is understood in whole is translated: an argument
//! that a row does not know, or a value whose meaning is not plain, leaves the call as it is. It knows texts only, so that
//! the parser and the builder say the same, and never what an operation does.

mod axes;
mod bind;
mod elsewhere;
mod keras;
mod line;
mod pads;
mod pytorch;
mod resizes;
mod rule;
mod stages;
mod translate;
pub mod value;
mod words;

pub use stages::{Inputs, Written, leading};
pub use translate::{Argument, Call, Outcome, Translation, argument, is_of_others, ours, translate};
pub use words::{Word, is_module, word};

use bind::Bound;
use stages::Stages;

/// Whose way of writing it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framework {
    /// Its modules, the functions of `torch` and `torch.nn.functional`, and the methods of its tensors.
    PyTorch,
    /// Keras and TensorFlow: channels last.
    Keras,
    /// Papers, Caffe's layer types, and several frameworks alike.
    Elsewhere,
}

impl Framework {
    /// As messages name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PyTorch => "PyTorch",
            Self::Keras => "Keras",
            Self::Elsewhere => "other frameworks",
        }
    }
}

/// An operation elsewhere: one row of the table.
#[derive(Debug)]
pub struct Row {
    /// Whose it is.
    pub framework: Framework,
    /// What it is called there, with spaces between several spellings.
    pub spellings: &'static str,
    /// What it is here.
    pub here: Here,
    /// Its parameters in their order there.
    pub params: &'static [Parameter],
}

/// What an operation elsewhere is here.
#[derive(Debug, Clone, Copy)]
pub enum Here {
    /// One operation, whose arguments follow from the parameters one by one.
    Operation(&'static str),
    /// What this makes of all the arguments together, above all of the operation named.
    Ruled(&'static str, Rule),
    /// The same, where what it makes hangs on the shape of the input.
    Shaped(&'static str, Rule),
    /// What this makes of all the arguments, which none but a few values have here: there is no word for the others.
    Rarely(Rule),
    /// Nothing: what to do instead.
    Nothing(&'static str),
}

/// Writes a call whose arguments depend on each other, or says why it cannot.
type Rule = fn(&Bound<'_>) -> Result<Stages, String>;

/// A parameter elsewhere.
#[derive(Debug)]
pub struct Parameter {
    /// Its names, with spaces between.
    pub names: &'static str,
    /// What it is here.
    pub means: Means,
    /// What holds where it is not given.
    pub default: Default,
    /// Whether it is understood by name only.
    pub by_name: bool,
}

/// What holds where an argument is not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Default {
    /// It must be given.
    Required,
    /// What holds here as well, or what a rule knows.
    Alike,
    /// What holds here as well for one image, or in one of the library's modules; else it takes in the batch there, so that the
    /// call is a guess.
    Batched,
    /// This, which is not what holds here and is written out.
    Theirs(&'static str),
}

/// What an argument elsewhere is here.
#[derive(Debug, Clone, Copy)]
pub enum Means {
    /// The tensor that flows in.
    Input,
    /// The list of tensors that flow in.
    Inputs,
    /// The parameter of this name, with the same values.
    Same(&'static str),
    /// Padding on both sides alike, "same" or "valid".
    Pad,
    /// An axis, counted as the framework does.
    Axis(&'static str),
    /// Axes, counted as the framework does.
    Axes(&'static str),
    /// The parameter of this name, which takes these words only.
    Words(&'static str, &'static [&'static str]),
    /// A size of the input, which follows from the input.
    InputSize,
    /// Nothing, for this reason.
    Needless(&'static str),
    /// Nothing, for this reason, though it says something that is lost with it.
    Lost(&'static str),
    /// Nothing, for this reason, if it is true or false.
    NeedlessFlag(&'static str),
    /// Nothing as long as it has one of these values; other values are not had here.
    Only(&'static [&'static str]),
    /// The name of an activation that follows.
    Activation,
    /// Read by the row's rule.
    Ruled,
    /// All that is left of the arguments by position, read by the row's rule.
    Rest,
}

/// The whole table, PyTorch's rows first: the names and arguments of the language follow PyTorch.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    pytorch::MODULES.iter().chain(pytorch::FUNCTIONS).chain(keras::LAYERS).chain(keras::FUNCTIONS).chain(elsewhere::ROWS)
}

impl Row {
    /// The operation that is meant, if there is one.
    #[must_use]
    pub const fn keyword(&self) -> Option<&'static str> {
        match self.here {
            Here::Operation(keyword) | Here::Ruled(keyword, _) | Here::Shaped(keyword, _) => Some(keyword),
            Here::Rarely(_) | Here::Nothing(_) => None,
        }
    }

    /// Whether it is called so.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        has(self.spellings, name)
    }

    /// The calls that its arguments make here, or why there are none.
    fn made(&self, bound: &Bound<'_>) -> Result<Stages, String> {
        match self.here {
            Here::Operation(keyword) => bound.plain(keyword),
            Here::Ruled(_, rule) | Here::Shaped(_, rule) | Here::Rarely(rule) => rule(bound),
            Here::Nothing(help) => Err(help.to_owned()),
        }
    }

    /// Whether its input stands among its arguments, as a function's does.
    fn is_function(&self) -> bool {
        self.params.first().is_some_and(|param| matches!(param.means, Means::Input | Means::Inputs))
    }
}

/// A parameter that must be given.
const fn must(names: &'static str, means: Means) -> Parameter {
    Parameter { names, means, default: Default::Required, by_name: false }
}

/// A parameter whose default holds here as well.
const fn may(names: &'static str, means: Means) -> Parameter {
    Parameter { names, means, default: Default::Alike, by_name: false }
}

/// A parameter whose default takes in the batch there, at least in one of the modules.
const fn guess(names: &'static str, means: Means) -> Parameter {
    Parameter { names, means, default: Default::Batched, by_name: false }
}

/// A parameter whose default is another one here.
const fn else_(names: &'static str, theirs: &'static str, means: Means) -> Parameter {
    Parameter { names, means, default: Default::Theirs(theirs), by_name: false }
}

/// A parameter that is understood by name only.
const fn named(names: &'static str, means: Means) -> Parameter {
    Parameter { names, means, default: Default::Alike, by_name: true }
}

const fn row(framework: Framework, spellings: &'static str, here: Here, params: &'static [Parameter]) -> Row {
    Row { framework, spellings, here, params }
}

const VOLUME: &str = "3-D layers are not had: maps are `[C, H, W]` here, and lines `[C, L]`";
const TRAINING: Means = Means::Needless("it concerns training only");
const INITIAL_VALUE: Means = Means::Lost("values of weights are no part of a network: give them with the weights");
const PLANNED: Means = Means::NeedlessFlag("where a tensor lies in memory is planned by the compiler");
const NO_PROPERTY: Means = Means::Needless("layers have no such property");

fn has(spellings: &str, name: &str) -> bool {
    spellings.split(' ').any(|spelling| spelling == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spelling_of_a_framework_means_one_thing() {
        let all: Vec<&Row> = rows().collect();
        for (i, row) in all.iter().enumerate() {
            for spelling in row.spellings.split(' ') {
                let again = all[..i].iter().any(|other| {
                    // A module, a function and a method of one name differ in what stands among their arguments.
                    other.framework == row.framework && other.is_called(spelling) && other.is_function() == row.is_function()
                });
                assert!(!again, "{spelling}");
            }
        }
    }
}
