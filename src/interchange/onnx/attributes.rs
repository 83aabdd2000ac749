//! Attributes of a node, by name and type.

use super::error::FormatError;
use super::proto::{AttributeProto, GraphProto};
use super::tensor::Stored;

/// The attributes of a node.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Attributes(Vec<AttributeProto>);

impl Attributes {
    pub(super) fn new(all: Vec<AttributeProto>) -> Self {
        Self(all)
    }

    /// Whether these are the attributes that a node is written with.
    pub(super) fn are(&self, written: &[AttributeProto]) -> bool {
        self.0 == written
    }

    fn find(&self, name: &str) -> Option<&AttributeProto> {
        self.0.iter().find(|attribute| attribute.name == name)
    }

    /// Whether it is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// An integer.
    #[must_use]
    pub fn int(&self, name: &str) -> Option<i64> {
        self.find(name)?.i
    }

    /// An integer, or its default.
    #[must_use]
    pub fn int_or(&self, name: &str, default: i64) -> i64 {
        self.int(name).unwrap_or(default)
    }

    /// Whether an integer is there that is not 0.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        self.int_or(name, 0) != 0
    }

    /// Integers.
    #[must_use]
    pub fn ints(&self, name: &str) -> Option<&[i64]> {
        self.find(name).map(|attribute| attribute.ints.as_slice())
    }

    /// A number.
    #[must_use]
    pub fn float(&self, name: &str) -> Option<f32> {
        self.find(name)?.f
    }

    /// A number, or its default.
    #[must_use]
    pub fn float_or(&self, name: &str, default: f32) -> f32 {
        self.float(name).unwrap_or(default)
    }

    /// Numbers.
    #[must_use]
    pub fn floats(&self, name: &str) -> Option<&[f32]> {
        self.find(name).map(|attribute| attribute.floats.as_slice())
    }

    /// A text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.find(name)?.s.as_deref()?).ok()
    }

    /// A text, or its default.
    #[must_use]
    pub fn text_or<'a>(&'a self, name: &str, default: &'a str) -> &'a str {
        self.text(name).unwrap_or(default)
    }

    /// A tensor.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn tensor(&self, name: &str) -> Result<Option<Stored>, FormatError> {
        self.find(name).and_then(|attribute| attribute.t.as_ref()).map(Stored::read).transpose()
    }

    /// A graph.
    #[must_use]
    pub fn graph(&self, name: &str) -> Option<&GraphProto> {
        self.find(name)?.g.as_deref()
    }
}
