//! Modules of libraries, and words that begin statements and items in other languages.
//!
//! In: a path before a name, or a word at the beginning of a statement. Out: whose library it is, or what stands for the word
//! here and advice. What a library has is not known here, and no text is changed.

use super::Framework::{self, Keras, PyTorch};
use super::has;

/// A word that begins a statement or an item elsewhere.
#[derive(Debug)]
pub struct Word {
    /// The words, with spaces between.
    spellings: &'static str,
    /// The word that stands for them here, empty if none is needed.
    pub here: Option<&'static str>,
    /// Advice.
    pub help: &'static str,
}

/// The word of another language that begins a statement or an item.
#[must_use]
pub fn word(name: &str) -> Option<&'static Word> {
    WORDS.iter().find(|word| has(word.spellings, name))
}

/// What operations of a library are called through, and whose it is; `self` may be anybody's.
const MODULES: &[(&str, Option<Framework>)] = &[
    ("self", None),
    ("nn", Some(PyTorch)),
    ("F", Some(PyTorch)),
    ("torch", Some(PyTorch)),
    ("tf", Some(Keras)),
    ("keras", Some(Keras)),
    ("activations", Some(Keras)),
    ("layers", Some(Keras)),
    ("ops", Some(Keras)),
];

/// Those that hold modules of their own; names of tensors are hardly like them.
const LIBRARIES: &[&str] = &["self", "nn", "torch", "tf", "keras"];

/// Whether operations of a library are called through this.
#[must_use]
pub fn is_module(path: &str) -> bool {
    root(path).is_some()
}

/// Whose library it is.
pub(super) fn framework(module: &str) -> Option<Framework> {
    root(module).and_then(|(_, framework)| *framework)
}

/// The module, or the library that it is within.
fn root(path: &str) -> Option<&'static (&'static str, Option<Framework>)> {
    let library = path.split('.').next().filter(|library| LIBRARIES.contains(library));
    MODULES.iter().find(|(module, _)| *module == path || Some(*module) == library)
}

const fn row(spellings: &'static str, here: Option<&'static str>, help: &'static str) -> Word {
    Word { spellings, here, help }
}

const BLOCK: &str = "a block is defined with `block name(parameters)(inputs) { … }`";
const USE: &str = "another file's blocks are brought in with `use \"file.net\"`";

const WORDS: &[Word] = &[
    row("def fn func function", Some("block"), BLOCK),
    row("module", Some("block"), BLOCK),
    row("class", None, BLOCK),
    row("network model", Some("net"), "a network is defined with `net name(parameters) { … }`"),
    row("import include", Some("use"), USE),
    row("from", None, USE),
    row("let var val const", Some(""), "a name is bound with `name = value`"),
    row("while repeat loop", None, "loops walk a range or a list: `for i in 0..n { … }`"),
    row("elif", None, "`else if` follows the `}` of an `if`"),
    row("pass", None, "an empty body is `{ }`"),
];
