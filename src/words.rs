//! The words that the language keeps for itself: the one list that lexer, lowering, printer and editor grammars share.
//!
//! In: nothing. Out: the words by what they are for. Operations and metrics are not among them: their words are their
//! tables' and may be bound.

/// Words that begin what stands outside bodies.
pub const ITEMS: &[&str] = &["block", "net", "use"];

/// Words that begin a statement.
pub const STATEMENTS: &[&str] = &["input", "output", "return", "assert", "refine", "shared", "for"];

/// Words that join the parts of a statement or an expression.
pub const CLAUSES: &[&str] = &["in", "if", "else", "as"];

/// Words that are operators.
pub const OPERATORS: &[&str] = &["and", "or", "not"];

/// Words that are values.
pub const LITERALS: &[&str] = &["true", "false"];

/// Words that stand for themselves in arguments: `pad=same`. The parser takes them for names, so that no binder may.
pub const ARGUMENTS: &[&str] = &["same", "none", "nearest", "bilinear", "zero", "reflect", "replicate"];

/// Words that stand for themselves where the parameter of an operation takes them, and are names elsewhere, since operations
/// are called so: `gelu(tanh)`.
pub const OPERATIONS_TOO: &[&str] = &["tanh"];

/// Functions on constants, and questions to tensors; those on constants are operations on tensors as well.
pub const FUNCTIONS: &[&str] =
    &["min", "max", "abs", "ceil", "floor", "round", "sqrt", "len", "channels", "height", "width", "rank"];

/// What is bound to this name is discarded, and it cannot be read.
pub const DISCARD: &str = "_";

/// Words that the parser never takes for a name.
pub fn reserved() -> impl Iterator<Item = &'static str> {
    [ITEMS, STATEMENTS, CLAUSES, OPERATORS, LITERALS].into_iter().flatten().copied()
}

/// Whether the parser never takes a word for a name.
#[must_use]
pub fn is_reserved(word: &str) -> bool {
    reserved().any(|other| other == word)
}

/// Whether a word stands for itself in arguments, and so cannot be bound.
#[must_use]
pub fn stands_for_itself(word: &str) -> bool {
    ARGUMENTS.contains(&word)
}
