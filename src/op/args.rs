//! Evaluated arguments, without places.

use super::misfit::Misfit;

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
    Misfit(Misfit),
}

impl From<Misfit> for BuildError {
    fn from(misfit: Misfit) -> Self {
        Self::Misfit(misfit)
    }
}
