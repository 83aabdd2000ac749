//! What other frameworks and languages call things, and what that is here: the one table, and what reads its rows.
//!
//! In: a name with or without its module, and the texts of the arguments. Out: what stands for it here, and whether that
//! is beyond doubt. It knows texts only, so that the parser and the builder say the same, and never what an operation does.

pub mod table;

use crate::diagnostic::Applicability;
use table::{CALLS, MODULES, PARAMETERS, WORDS};

/// Who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framework {
    /// Its modules, and the functions of `torch` and `torch.nn.functional`.
    PyTorch,
    /// Keras and TensorFlow.
    Keras,
    /// Caffe's layer types.
    Caffe,
    /// Papers, and several frameworks alike.
    Papers,
}

/// An operation elsewhere.
#[derive(Debug)]
pub struct Call {
    /// Whose it is.
    pub framework: Framework,
    /// What it is called there.
    pub spelling: &'static str,
    /// The operation that it is here.
    pub here: &'static str,
    /// Its parameters in order, as [`table`] says.
    pub signature: &'static str,
}

/// What an argument of another framework is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// A parameter by another name.
    Called(&'static str),
    /// A number of an axis, where the batch counts as the first.
    Axis(&'static str),
    /// A size of the input, which follows from the input.
    InputSize,
    /// Nothing, for this reason.
    Needless(&'static str),
}

impl Meaning {
    /// The parameter here, if there is one.
    #[must_use]
    pub fn here(self) -> Option<&'static str> {
        match self {
            Self::Called(name) | Self::Axis(name) => Some(name),
            Self::InputSize | Self::Needless(_) => None,
        }
    }
}

/// An argument by name.
#[derive(Debug)]
pub struct Parameter {
    /// Its names elsewhere, with spaces between.
    pub spellings: &'static str,
    /// What it is here.
    pub meaning: Meaning,
}

/// A word that begins a statement or an item elsewhere.
#[derive(Debug)]
pub struct Word {
    /// The words, with spaces between.
    pub spellings: &'static str,
    /// The word that stands for them here, empty if none is needed.
    pub here: Option<&'static str>,
    /// Advice.
    pub help: &'static str,
}

/// The operation that is known elsewhere as `name`: by its exact spelling, else whatever its case.
#[must_use]
pub fn operation(name: &str) -> Option<&'static Call> {
    let alike = |call: &&Call| call.spelling.eq_ignore_ascii_case(name);
    CALLS.iter().find(|call| call.spelling == name).or_else(|| CALLS.iter().find(alike))
}

/// The argument that is known elsewhere as `name`.
#[must_use]
pub fn parameter(name: &str) -> Option<Meaning> {
    let name = name.to_lowercase();
    PARAMETERS.iter().find(|row| has(row.spellings, &name)).map(|row| row.meaning)
}

/// The word of another language that begins a statement or an item.
#[must_use]
pub fn word(name: &str) -> Option<&'static Word> {
    WORDS.iter().find(|word| has(word.spellings, name))
}

/// Whether operations of a library are called through this.
#[must_use]
pub fn is_module(path: &str) -> bool {
    MODULES.contains(&path)
}

fn has(spellings: &str, name: &str) -> bool {
    spellings.split(' ').any(|spelling| spelling == name)
}

/// The arguments of a call as they are written here.
#[derive(Debug, PartialEq, Eq)]
pub struct Arguments {
    /// What stands in place of the list; `None` where it stays as it is.
    pub text: Option<String>,
    /// Safe where no argument is left whose meaning could differ.
    pub applicability: Applicability,
}

/// The arguments of `name`, among them the tensors of a function unless they are piped into it.
///
/// `Conv2d(3, 16, 3)` becomes `conv(16, 3)`, so that `(16, 3)` is given; `cat([a, b], 1)` becomes `(a, b)`, and
/// `max_pool2d(x, 2)` becomes `(2)(x)`.
#[must_use]
pub fn arguments(name: &str, args: &[&str], piped: bool) -> Arguments {
    // Only by its exact spelling: `linear(10)` of our own has no input channels to drop.
    let call = CALLS.iter().find(|call| call.spelling == name && !call.signature.is_empty() && !args.is_empty());
    match call.and_then(|call| Translation::of(call.signature, args, piped)) {
        Some(translation) => translation.finish(args),
        None => Arguments { text: None, applicability: Applicability::safe_if(args.is_empty()) },
    }
}

/// A list of arguments on its way from one order to another.
#[derive(Default)]
struct Translation {
    /// The tensors, if they stand among the arguments.
    tensors: Option<String>,
    /// What is left of the parameters.
    kept: Vec<String>,
    /// Whether something was given whose meaning could differ.
    doubtful: bool,
}

impl Translation {
    /// `None` where an argument cannot be said here.
    fn of(signature: &str, args: &[&str], piped: bool) -> Option<Self> {
        // `Linear(10)` names what comes out: the size of the input is left out rather than that.
        if args.len() == 1 && signature.starts_with("in out") {
            return None;
        }
        let mut words = signature.split(' ').peekable();
        if piped {
            words.next_if_eq(&"*");
        }
        let mut translation = Self::default();
        for arg in args {
            match name_and_value(arg) {
                (Some(name), value) => translation.by_name(name, value)?,
                (None, value) => translation.by_position(words.next(), value)?,
            }
        }
        Some(translation)
    }

    fn by_position(&mut self, word: Option<&str>, value: &str) -> Option<()> {
        match word {
            Some("*") => self.tensors = Some(value.to_owned()),
            Some("[*]") => self.tensors = Some(inside(value)?.trim_end_matches(',').to_owned()),
            Some("-") => {}
            Some("in") => self.doubtful = true,
            Some("axis") if self.kept.is_empty() => self.axis("axis", value)?,
            Some("axis") => self.keep(without_batch(value)?),
            Some(word) if word.starts_with('=') => self.keep(format!("{}={}", &word[1..], said(value))),
            Some(_) | None => self.keep(said(value)),
        }
        Some(())
    }

    fn by_name(&mut self, name: &str, value: &str) -> Option<()> {
        match parameter(name) {
            Some(Meaning::Called(here)) => self.keep(format!("{here}={}", said(value))),
            Some(Meaning::Axis(here)) => self.axis(here, value)?,
            Some(Meaning::InputSize) => self.doubtful = true,
            Some(Meaning::Needless(_)) => {}
            None if name == "axis" => self.axis(name, value)?,
            None => self.keep(format!("{name}={}", said(value))),
        }
        Some(())
    }

    /// An axis, or nothing where it is the channels, which are what is meant here anyway.
    fn axis(&mut self, here: &str, value: &str) -> Option<()> {
        let axis = without_batch(value)?;
        self.doubtful = true;
        if axis != "0" {
            self.kept.push(format!("{here}={axis}"));
        }
        Some(())
    }

    fn keep(&mut self, text: String) {
        self.doubtful = true;
        self.kept.push(text);
    }

    fn finish(self, args: &[&str]) -> Arguments {
        let kept = self.kept.join(", ");
        // Tensors and arguments by name may share a list.
        let named = self.kept.iter().all(|arg| name_and_value(arg).0.is_some());
        let text = match self.tensors {
            None if kept.is_empty() => kept,
            None => format!("({kept})"),
            Some(tensors) if kept.is_empty() => format!("({tensors})"),
            Some(tensors) if named => format!("({tensors}, {kept})"),
            Some(tensors) => format!("({kept})({tensors})"),
        };
        let changed = text != format!("({})", args.join(", "));
        Arguments { text: changed.then_some(text), applicability: Applicability::safe_if(!self.doubtful) }
    }
}

/// An axis that counts the batch as one that does not. The batch itself has none here; those from the end are the same.
#[must_use]
pub fn without_batch(axis: &str) -> Option<String> {
    match axis.trim().parse::<i8>().ok()? {
        0 => None,
        axis => Some((axis - i8::from(axis > 0)).to_string()),
    }
}

/// A value as it is written here: `(3, 5)` is `[3, 5]`, `True` is `true`.
fn said(value: &str) -> String {
    let tuple = inside(value).filter(|inner| value.starts_with('(') && inner.contains(','));
    match (tuple, value) {
        (Some(inner), _) => format!("[{}]", inner.trim_end_matches(',')),
        (None, "True" | "False") => value.to_lowercase(),
        (None, _) => value.to_owned(),
    }
}

/// What stands between the brackets round a value.
fn inside(value: &str) -> Option<&str> {
    let strip = |open, close| value.strip_prefix(open).and_then(|text: &str| text.strip_suffix(close));
    let inner = strip('[', ']').or_else(|| strip('(', ')'))?.trim();
    // The first bracket is closed by the last, not before: `(a) + (b)` stands in none.
    let mut depth = 0i32;
    let closed = inner.chars().all(|c| {
        depth += i32::from(matches!(c, '(' | '[')) - i32::from(matches!(c, ')' | ']'));
        depth >= 0
    });
    closed.then_some(inner)
}

/// `name=value` in its two parts.
fn name_and_value(arg: &str) -> (Option<&str>, &str) {
    match arg.split_once('=') {
        Some((name, value)) if !value.starts_with('=') && is_name(name.trim()) => (Some(name.trim()), value.trim()),
        Some(_) | None => (None, arg),
    }
}

fn is_name(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str, args: &[&str]) -> Option<String> {
        arguments(name, args, false).text
    }

    #[test]
    fn input_channels_are_dropped_from_classes_only() {
        assert_eq!(written("Conv2d", &["3", "16", "3", "padding=1"]).as_deref(), Some("(16, 3, pad=1)"));
        assert_eq!(written("BatchNorm2d", &["64"]).as_deref(), Some(""));
        assert_eq!(written("Linear", &["512", "10"]).as_deref(), Some("(10)"));
        assert_eq!(written("Linear", &["10"]), None);
        assert_eq!(written("conv2d", &["16", "3"]), None);
        assert_eq!(written("GroupNorm", &["8", "64"]).as_deref(), Some("(8)"));
        assert_eq!(written("Conv2D", &["64", "3"]), None, "Keras begins with what comes out");
    }

    #[test]
    fn lists_of_tensors_are_opened() {
        assert_eq!(written("cat", &["[a, b]", "1"]).as_deref(), Some("(a, b)"));
        assert_eq!(written("cat", &["(a, f(b))", "dim=2"]).as_deref(), Some("(a, f(b), axis=1)"));
        assert_eq!(written("cat", &["[a, b]", "0"]), None, "the batch has no axis here");
        assert_eq!(written("max_pool2d", &["x", "2"]).as_deref(), Some("(2)(x)"));
        assert_eq!(arguments("max_pool2d", &["2"], true).text, None, "the tensor is piped in");
        assert_eq!(written("relu", &["x"]), None);
        assert_eq!(operation("MaxPool2d").map(|call| call.here), Some("maxpool"));
    }

    #[test]
    fn names_order_and_tuples_are_those_of_here() {
        assert_eq!(written("MaxPool2d", &["3", "2", "ceil_mode=True"]).as_deref(), Some("(3, 2, ceil=true)"));
        assert_eq!(written("Conv2d", &["3", "8", "(3, 5)", "1", "(1, 2)"]).as_deref(), Some("(8, [3, 5], 1, [1, 2])"));
        assert_eq!(written("Conv2D", &["64", "3", "padding=\"same\""]).as_deref(), Some("(64, 3, pad=\"same\")"));
        let transposed = written("ConvTranspose2d", &["8", "4", "2", "2", "0", "0", "1", "False"]);
        assert_eq!(transposed.as_deref(), Some("(4, 2, 2, 0, 0, groups=1, bias=false)"));
        assert_eq!(written("softmax", &["x", "dim=1"]).as_deref(), Some("(x)"));
        assert_eq!(written("softmax", &["x", "dim=-1"]).as_deref(), Some("(x, axis=-1)"));
    }

    #[test]
    fn only_what_is_left_can_differ() {
        let applicability = |name, args: &[&str]| arguments(name, args, false).applicability;
        assert_eq!(applicability("ReLU", &[]), Applicability::Safe);
        assert_eq!(applicability("ReLU", &["inplace=True"]), Applicability::Safe);
        assert_eq!(applicability("relu", &["x"]), Applicability::Safe);
        assert_eq!(applicability("BatchNorm2d", &["64"]), Applicability::Unsafe);
        assert_eq!(applicability("BatchNorm2d", &["num_features=64"]), Applicability::Unsafe);
        assert_eq!(applicability("conv2d", &["8", "3"]), Applicability::Unsafe);
    }

    #[test]
    fn a_spelling_means_one_thing() {
        for (i, call) in CALLS.iter().enumerate() {
            assert!(CALLS[..i].iter().all(|other| other.spelling != call.spelling), "{}", call.spelling);
        }
    }
}
