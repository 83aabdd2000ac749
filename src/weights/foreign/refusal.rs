//! Why names are not matched.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::align::{Alignment, Group};
use super::modules::Module;
use crate::digits::counted;

/// So many names are told of a list.
const TOLD: usize = 3;

/// Why it is not certain which tensor of a file is which of the network.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The network needs what the file has not.
    #[error("{} of the network {} no tensors of {} form in the file{}{}",
        counted(*layers, "layer"), if *layers == 1 { "has" } else { "have" }, if *layers == 1 { "its" } else { "their" },
        among(named, *layers), spare_too(left, *spare))]
    Missing {
        /// How many layers lack tensors.
        layers: usize,
        /// The layers that it may be, each with a tensor and its shape.
        named: Vec<String>,
        /// How many modules of the file are left.
        spare: usize,
        /// Those that it may be, each with a tensor and its shape.
        left: Vec<String>,
    },
    /// The file has what the network has no place for.
    #[error("the network has no place for {} of the file{}", counted(*modules, "module"), among(names, *modules))]
    LeftOver {
        /// How many modules.
        modules: usize,
        /// Those that it may be.
        names: Vec<String>,
    },
    /// Modules that could be exchanged.
    #[error("{} of the file fit {} of the network alike{}", listed(theirs), listed(ours), and_more(*more))]
    Ambiguous {
        /// Paths in the file.
        theirs: Vec<String>,
        /// Paths in the network.
        ours: Vec<String>,
        /// How many more such groups there are.
        more: usize,
    },
    /// What was found contradicts names.
    #[error("shapes make {} of the file {} of the network, and names or numbers speak against it", listed(theirs), listed(ours))]
    Doubted {
        /// Paths in the file.
        theirs: Vec<String>,
        /// Paths in the network, in the same order.
        ours: Vec<String>,
    },
    /// A line of the map cannot be followed.
    #[error("the map's `{line}` {why}")]
    Map {
        /// The path in the file.
        line: String,
        /// As a clause.
        why: String,
    },
}

impl Refusal {
    /// The first group of what cannot be told apart.
    pub(super) fn ambiguous(alignment: &Alignment<'_>, groups: &[Group]) -> Self {
        let first = groups.iter().min_by_key(|group| group.ours.first().map(|scope| alignment.ours.modules_of(*scope)));
        let (ours, theirs) = first.map_or((&[][..], &[][..]), |group| (&group.ours, &group.theirs));
        Self::Ambiguous {
            theirs: theirs.iter().map(|scope| alignment.their_path(*scope).to_owned()).collect(),
            ours: ours.iter().map(|scope| alignment.our_path(*scope).to_owned()).collect(),
            more: groups.len().saturating_sub(1),
        }
    }

    /// Modules that were found, and are not believed.
    pub(super) fn doubted(alignment: &Alignment<'_>, doubts: &BTreeSet<usize>) -> Self {
        let ours = |module: &usize| alignment.ours.modules[alignment.image[module]].path.clone();
        Self::Doubted {
            theirs: doubts.iter().map(|module| alignment.theirs.modules[*module].path.clone()).collect(),
            ours: doubts.iter().map(ours).collect(),
        }
    }

    /// Scopes that are left.
    pub(super) fn spare(scopes: &[String]) -> Self {
        Self::LeftOver { modules: scopes.len(), names: scopes.iter().map(|scope| format!("`{scope}`")).collect() }
    }

    /// What is left of a file, of so many more of each form.
    pub(super) fn left_over<'m>(modules: impl Iterator<Item = &'m Module>, more: &BTreeMap<usize, i64>) -> Self {
        let count = more.values().map(|count| count.unsigned_abs() as usize).sum();
        let mut seen = BTreeSet::new();
        let names = modules.filter(|module| more.len() < 2 || seen.insert(module.form));
        Self::LeftOver { modules: count, names: names.map(|module| format!("`{}`", module.path)).collect() }
    }

    /// Lines of a map that would settle it, as a draft to be checked: for each path of the file one of the network.
    #[must_use]
    pub fn draft(&self) -> Vec<(&str, &str)> {
        match self {
            Self::Ambiguous { theirs, ours, .. } | Self::Doubted { theirs, ours } => {
                theirs.iter().map(String::as_str).zip(ours.iter().map(String::as_str)).take(TOLD).collect()
            }
            Self::Missing { .. } | Self::LeftOver { .. } | Self::Map { .. } => Vec::new(),
        }
    }
}

/// All names, or the first of them as examples of so many.
fn among(names: &[String], count: usize) -> String {
    let told = names[..names.len().min(TOLD)].join(", ");
    if names.len() == count && count <= TOLD { format!(": {told}") } else { format!(", like {told}") }
}

fn spare_too(left: &[String], count: usize) -> String {
    if count == 0 {
        return String::new();
    }
    format!("; the network has no place for {} of the file{}", counted(count, "module"), among(left, count))
}

fn listed(paths: &[String]) -> String {
    let quoted: Vec<String> = paths.iter().take(TOLD).map(|path| format!("`{path}`")).collect();
    match (quoted.as_slice(), paths.len().saturating_sub(TOLD)) {
        ([init @ .., last], 0) if !init.is_empty() => format!("{} and {last}", init.join(", ")),
        (all, 0) => all.join(""),
        (all, more) => format!("{} and {more} more", all.join(", ")),
    }
}

fn and_more(more: usize) -> String {
    match more {
        0 => String::new(),
        more => format!("; so do {}", counted(more, "other group")),
    }
}
