//! The house plan held: who may import whom, who owns which dependency, how long a file may be, what the README shows.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Rooms by level; a room may import its own level and lower ones.
const LEVELS: &[&[&str]] = &[
    &[
        "source",
        "diagnostic",
        "code",
        "tensor",
        "metric",
        "digits",
        "quote",
        "random",
        "suggest",
        "foreign",
        "words",
        "units",
        "visible",
        "yaml",
    ],
    &["syntax", "op"],
    &["graph"],
    &["lower", "shape"],
    &["flow", "outline"],
    &["analysis", "rewrite", "weights"],
    &["interchange", "exec", "writeback", "pytorch"],
    &["compile", "report", "render"],
    &["optimize"],
    &["cli"],
];

/// Imports that the levels would allow and that are not wanted.
const FORBIDDEN: &[(&str, &str)] = &[
    ("syntax", "op"),
    ("op", "source"),
    ("op", "diagnostic"),
    ("exec", "syntax"),
    ("exec", "diagnostic"),
    ("interchange", "syntax"),
    ("interchange", "diagnostic"),
    ("graph", "syntax"),
    ("rewrite", "syntax"),
    ("writeback", "exec"),
    ("writeback", "interchange"),
    ("exec", "writeback"),
    ("interchange", "writeback"),
    ("compile", "report"),
    ("compile", "render"),
    ("optimize", "report"),
    ("optimize", "render"),
    ("flow", "lower"),
    ("pytorch", "lower"),
    ("pytorch", "rewrite"),
    ("pytorch", "exec"),
    ("pytorch", "interchange"),
    ("pytorch", "diagnostic"),
];

/// The only places that may name a dependency.
const OWNERS: &[(&str, &[&str])] = &[
    ("petgraph", &["src/graph/"]),
    ("nom", &["src/syntax/"]),
    ("thin_vec", &["src/syntax/"]),
    ("annotate_snippets", &["src/render"]),
    ("tabled", &["src/report/", "src/cli/"]),
    ("clap", &["src/cli/"]),
    ("clap_complete", &["src/cli/"]),
    ("image", &["src/interchange/"]),
    ("safetensors", &["src/interchange/"]),
    ("maud", &["src/report/"]),
    ("sha2", &["src/report/"]),
    ("tempfile", &["src/cli/"]),
    ("signal_hook", &["src/cli/"]),
    ("bytemuck", &["src/interchange/"]),
    ("prost", &["src/interchange/onnx/"]),
    ("bytes", &["src/interchange/onnx/"]),
];

fn files(dir: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::from(dir)];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).expect("a folder") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                open.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).expect("readable text")
}

/// The room of a file: `lower` for `src/lower/eval.rs`, `shape` for `src/shape.rs`.
fn room(path: &Path) -> String {
    let inside = path.strip_prefix("src").expect("under src");
    let first = inside.components().next().expect("a file").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// Lines of code, comments and tests left out.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().take_while(|line| line.trim() != "#[cfg(test)]").filter(|line| !line.trim_start().starts_with("//"))
}

#[test]
fn lower_rooms_do_not_import_higher_ones() {
    let level: BTreeMap<&str, usize> =
        LEVELS.iter().enumerate().flat_map(|(i, rooms)| rooms.iter().map(move |r| (*r, i))).collect();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for path in files("src", ".rs") {
        let from = room(&path);
        if from == "lib" || from == "main" {
            continue;
        }
        let own = level.get(from.as_str()).unwrap_or_else(|| panic!("{from} has no level"));
        for line in code(&text(&path)) {
            for (at, _) in line.match_indices("crate::") {
                let to: String = line[at + 7..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let Some(other) = level.get(to.as_str()) else { continue };
                seen += 1;
                if other > own || FORBIDDEN.contains(&(from.as_str(), to.as_str())) {
                    wrong.push(format!("{}: {}", path.display(), line.trim()));
                }
            }
        }
    }
    assert!(seen > 100, "imports were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_dependency_has_one_owner() {
    let mut wrong = Vec::new();
    for path in files("src", ".rs") {
        let shown = path.to_string_lossy().into_owned();
        for line in code(&text(&path)) {
            for (name, owners) in OWNERS {
                // Rooms of our own are called after what they read: there only `use image::` names the crate.
                let own = matches!(*name, "image" | "safetensors");
                let named = [format!(" {name}::"), format!("({name}::"), format!("#[{name}(")];
                let is_used = line.contains(&format!("use {name}::"))
                    || (!own && named.iter().any(|n| line.contains(n.as_str())))
                    || (!own && line.trim_start().starts_with(&format!("{name}::")));
                if is_used && !owners.iter().any(|owner| shown.starts_with(owner)) {
                    wrong.push(format!("{shown}: {}", line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_stay_small() {
    let mut lengths: Vec<(usize, PathBuf)> = files("src", ".rs").into_iter().map(|p| (text(&p).lines().count(), p)).collect();
    lengths.sort();
    let long: Vec<_> = lengths.iter().filter(|(lines, _)| *lines > 800).collect();
    assert!(long.is_empty(), "longer than 800 lines: {long:?}");
    let median = lengths[lengths.len() / 2].0;
    assert!(median < 250, "the median is {median} lines");
}

#[test]
fn every_module_says_what_it_is() {
    for path in files("src", ".rs") {
        assert!(text(&path).starts_with("//! "), "{} begins with what it is", path.display());
    }
}

#[test]
fn operations_are_matched_without_wildcards() {
    // Clippy holds this for whole files; files that are exempt from it must not match on operations.
    for path in files("src", ".rs") {
        let text = text(&path);
        if text.contains("#![expect(clippy::wildcard_enum_match_arm") {
            assert!(
                !text.contains("match &node.op") && !text.contains("match op {\n            Op::"),
                "{} matches on operations",
                path.display()
            );
        }
    }
}
