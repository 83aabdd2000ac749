//! Modules of libraries, and words that begin statements and items in other languages.

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
    ("torch.nn", Some(PyTorch)),
    ("torch.nn.functional", Some(PyTorch)),
    ("nn.functional", Some(PyTorch)),
    ("tf", Some(Keras)),
    ("tf.nn", Some(Keras)),
    ("tf.image", Some(Keras)),
    ("tf.math", Some(Keras)),
    ("tf.keras.layers", Some(Keras)),
    ("keras.layers", Some(Keras)),
    ("keras.activations", Some(Keras)),
    ("keras.ops", Some(Keras)),
    ("layers", Some(Keras)),
    ("ops", Some(Keras)),
];

/// Whether operations of a library are called through this.
#[must_use]
pub fn is_module(path: &str) -> bool {
    MODULES.iter().any(|(module, _)| *module == path)
}

/// Whose library it is.
pub(super) fn framework(module: &str) -> Option<Framework> {
    MODULES.iter().find(|(name, _)| *name == module).and_then(|(_, framework)| *framework)
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
