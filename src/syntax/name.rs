//! Names and strings of a tree: small, and shared where they are alike.
//!
//! In: a text. Out: a [`Name`], which is a `str` to whoever reads it and costs a pointer. Those that come from the same
//! [`Names`] share one text; names of different files compare by their texts like any other.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A text that is never changed, and cheap to clone.
///
/// The box in between makes one pointer of it rather than a pointer and a length.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<Box<str>>);

impl Name {
    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The names of one file, each once.
#[derive(Debug, Default)]
pub struct Names(HashSet<Name>);

impl Names {
    /// The name that is this text.
    pub fn get(&mut self, text: &str) -> Name {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let new = Name::from(text);
        self.0.insert(new.clone());
        new
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        self
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        self
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self(Arc::new(text.into()))
    }
}

impl From<String> for Name {
    fn from(text: String) -> Self {
        Self(Arc::new(text.into()))
    }
}

impl From<&String> for Name {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.as_str().to_owned()
    }
}

impl From<&Name> for String {
    fn from(name: &Name) -> Self {
        name.as_str().to_owned()
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<String> for Name {
    fn eq(&self, other: &String) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<Name> for String {
    fn eq(&self, other: &Name) -> bool {
        self == other.as_str()
    }
}

impl PartialEq<Name> for str {
    fn eq(&self, other: &Name) -> bool {
        self == other.as_str()
    }
}

impl PartialEq<Name> for &str {
    fn eq(&self, other: &Name) -> bool {
        *self == other.as_str()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), out)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), out)
    }
}

#[cfg(test)]
mod tests {
    use super::{Name, Names};

    #[test]
    fn alike_names_share_a_text() {
        let mut names = Names::default();
        let (one, other) = (names.get("conv"), names.get("conv"));
        assert!(std::ptr::eq(one.as_str(), other.as_str()));
        assert!(!std::ptr::eq(one.as_str(), Name::from("conv").as_str()));
        assert_eq!((one.clone(), &*one, one.to_string()), (Name::from("conv"), "conv", "conv".to_owned()));
        assert_ne!(one, names.get("Conv"));
    }

    #[test]
    fn a_name_takes_a_pointer() {
        assert_eq!(size_of::<Option<Name>>(), size_of::<usize>());
    }
}
