//! What layers and the scopes that hold them are called.
//!
//! A path is segments joined by dots: bindings, loop turns, block instances, and the operation's word (`layer2.0.conv1.conv`).
//! Segments may hold any characters but dots, so that names of other formats survive; the language writes those that are no
//! identifiers in backquotes. Nothing reads a meaning out of a spelling: what a layer is a part of is data of its node.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// The dotted path of a layer, or of a scope that holds layers. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LayerPath(Arc<str>);

impl LayerPath {
    /// The scope of everything: no segments.
    #[must_use]
    pub fn root() -> Self {
        Self(Arc::from(""))
    }

    /// The path that a text spells; a segment without characters becomes `_`, so that paths stay readable as such.
    #[must_use]
    pub fn new(text: &str) -> Self {
        if text.is_empty() || text.split('.').all(|segment| !segment.is_empty()) {
            return Self(Arc::from(text));
        }
        let segments: Vec<_> = text.split('.').map(|segment| if segment.is_empty() { "_" } else { segment }).collect();
        Self(Arc::from(segments.join(".")))
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A path within this scope; the path itself where `inner` is empty.
    #[must_use]
    pub fn join(&self, inner: &str) -> Self {
        match (self.0.is_empty(), inner.is_empty()) {
            (_, true) => self.clone(),
            (true, false) => Self(Arc::from(inner)),
            (false, false) => Self(Arc::from(format!("{}.{inner}", self.0))),
        }
    }

    /// The `n`th of several that would have this path: `conv_2`.
    #[must_use]
    pub fn numbered(&self, n: u64) -> Self {
        Self(Arc::from(format!("{}_{n}", self.0)))
    }

    /// The segments, outermost first; none of the root.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('.').filter(|segment| !segment.is_empty())
    }

    /// Every scope that this path lies in, outermost first, and the path itself.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        scopes(&self.0)
    }

    /// The scope and the last segment.
    #[must_use]
    pub fn split_last(&self) -> (&str, &str) {
        self.0.rsplit_once('.').unwrap_or(("", &self.0))
    }

    /// The first segment: the name that a statement of the net bound.
    #[must_use]
    pub fn first(&self) -> &str {
        self.0.split_once('.').map_or(&self.0, |(first, _)| first)
    }
}

/// Every scope that a path lies in, outermost first, and the path itself.
pub fn scopes(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('.').map(|(at, _)| at).chain([path.len()]).map(move |end| &path[..end])
}

impl Deref for LayerPath {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for LayerPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for LayerPath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for LayerPath {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for LayerPath {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl PartialEq<str> for LayerPath {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for LayerPath {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl PartialEq<String> for LayerPath {
    fn eq(&self, other: &String) -> bool {
        &*self.0 == other.as_str()
    }
}

impl fmt::Display for LayerPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for LayerPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_and_taken_apart() {
        let path = LayerPath::root().join("layer2").join("0").join("conv1.conv");
        assert_eq!(path, "layer2.0.conv1.conv");
        assert_eq!(path.scopes().collect::<Vec<_>>(), ["layer2", "layer2.0", "layer2.0.conv1", "layer2.0.conv1.conv"]);
        assert_eq!(path.split_last(), ("layer2.0.conv1", "conv"));
        assert_eq!((path.first(), LayerPath::new("x").first()), ("layer2", "x"));
        assert_eq!(LayerPath::new("x").split_last(), ("", "x"));
        assert_eq!(path.join(""), path);
        assert_eq!(LayerPath::new("a.conv").numbered(2), "a.conv_2");
        assert_eq!(LayerPath::root().segments().count(), 0);
    }

    #[test]
    fn names_of_other_formats_stay_paths() {
        assert_eq!(LayerPath::new("a..b."), "a._.b._");
    }
}
