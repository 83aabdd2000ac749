//! Which convolutions are parts of a residual.
//!
//! In: the sections. Out: names for those that a `[shortcut]` goes round and nothing else reads, so that like residuals are one
//! block.

use std::collections::{HashMap, HashSet};

use super::config::Section;

/// Convolutions that a residual has at most.
const MOST: usize = 4;

/// The names of parts of residuals, by number.
pub(super) fn residuals(sections: &[Section]) -> HashMap<usize, String> {
    let mut others = HashSet::new();
    let mut shortcuts = Vec::new();
    for (number, section) in sections.iter().enumerate() {
        match section.word.as_str() {
            "shortcut" => {
                let from = section.layers("from", number).unwrap_or_default();
                shortcuts.extend(from.first().filter(|_| from.len() == 1).map(|from| (number, *from)));
                others.extend(from);
            }
            "route" => others.extend(section.layers("layers", number).unwrap_or_default()),
            "scale_channels" | "sam" => others.extend(section.layers("from", number).unwrap_or_default()),
            _ => {}
        }
    }
    let mut names = HashMap::new();
    for (number, from) in shortcuts {
        let parts = from + 1..number;
        let is_part = |at: usize| matches!(sections[at].word.as_str(), "convolutional" | "conv") && !others.contains(&at);
        if (1..=MOST).contains(&parts.len()) && parts.clone().all(is_part) {
            names.extend(parts.zip('a'..).map(|(at, letter)| (at, format!("shortcut{number}.{letter}"))));
        }
    }
    names
}
