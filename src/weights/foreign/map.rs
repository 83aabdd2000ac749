//! A map of names, which settles what names and shapes leave open.
//!
//! In: YAML, `theirs: ours` a line. Both are paths: of tensors, of modules, or of scopes, whose modules are then matched among
//! themselves. `theirs: null` leaves out what the network has no place for. Out: the lines, or why they cannot be read. Which
//! paths there are is not known here.
//!
//! ```yaml
//! layer1.0.downsample: layer1.0.skip
//! aux1: null
//! ```

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use crate::yaml;

/// The lines of a map.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NameMap {
    /// The file's path, and the network's; the longer paths first.
    pub(super) lines: Vec<(String, Option<String>)>,
}

impl NameMap {
    /// Reads the lines of a map.
    ///
    /// # Errors
    /// Why the text cannot be read, as a clause.
    pub fn from_yaml(text: &str) -> Result<Self, String> {
        yaml::bounded(text).map_err(|error| error.to_string())?;
        let is_empty = text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
        if is_empty {
            return Ok(Self::default());
        }
        serde_yaml::from_str(text).map_err(|error| error.to_string())
    }
}

impl<'de> Deserialize<'de> for NameMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Lines)
    }
}

struct Lines;

impl<'de> Visitor<'de> for Lines {
    type Value = NameMap;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("lines `name in the file: name in the network`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<NameMap, A::Error> {
        let mut lines: Vec<(String, Option<String>)> = Vec::new();
        while let Some((theirs, ours)) = map.next_entry::<String, Option<String>>()? {
            if lines.iter().any(|(other, _)| *other == theirs) {
                return Err(A::Error::custom(format!("`{theirs}` stands there twice")));
            }
            lines.push((theirs, ours));
        }
        // What is said of a part counts before what is said of the whole.
        lines.sort_by_key(|(theirs, _)| std::cmp::Reverse(theirs.split('.').count()));
        Ok(NameMap { lines })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_as_they_are_written() {
        let map = NameMap::from_yaml("# a map\n1.10: 2.0\n'b.c': ~\na.b.c: d\n").expect("it is a map");
        let line = |theirs: &str, ours: Option<&str>| (theirs.to_owned(), ours.map(str::to_owned));
        assert_eq!(map.lines, [line("a.b.c", Some("d")), line("1.10", Some("2.0")), line("b.c", None)]);
        assert_eq!(NameMap::from_yaml("# nothing\n"), Ok(NameMap::default()));
        assert!(NameMap::from_yaml("a: b\na: c\n").expect_err("twice").contains("`a` stands there twice"));
        assert!(NameMap::from_yaml("- a\n- b\n").expect_err("a list").contains("name in the file"));
        assert!(NameMap::from_yaml("a: [b]\n").is_err());
    }
}
