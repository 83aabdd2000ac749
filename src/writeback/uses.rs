//! `use` paths of a text that moves to another folder: they are relative to the file that they stand in.
//!
//! In: a tree, and the folders before and after. Out: edits. Paths are only taken apart; no file is looked for.

use std::path::{Component, Path, PathBuf};

use crate::diagnostic::Edit;
use crate::syntax::ast::{Ast, Item};

/// The edits that make a file's `use` paths name, from the folder `to`, the files that they named from `from`; both folders
/// absolute and without links.
#[must_use]
pub fn moved(ast: &Ast, (from, to): (&Path, &Path)) -> Vec<Edit> {
    if from == to {
        return Vec::new();
    }
    let edit = |item: &Item| match item {
        Item::Use(used) => {
            let path = relative(to, &from.join(&used.path));
            let quoted = path.display().to_string().replace('\\', "\\\\").replace('"', "\\\"");
            Some(Edit { span: used.path_span, replacement: format!("\"{quoted}\"") })
        }
        Item::Block(_) | Item::Net(_) => None,
    };
    ast.items.iter().filter_map(edit).collect()
}

/// `path` as seen from the folder `base`; absolute where the two have nothing in common.
fn relative(base: &Path, path: &Path) -> PathBuf {
    let path = tidy(path);
    let shared = base.components().zip(path.components()).take_while(|(a, b)| a == b).count();
    if shared <= 1 {
        return path;
    }
    let up = base.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(path.components().skip(shared)).collect()
}

/// A path without `.` and `dir/..`, so that one file has one name.
#[must_use]
pub fn tidy(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            Component::ParentDir | Component::Prefix(_) | Component::RootDir | Component::Normal(_) => out.push(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths() {
        let relative = |base: &str, path: &str| relative(Path::new(base), Path::new(path)).display().to_string();
        assert_eq!(relative("/a/b/out", "/a/b/models/blocks/x.net"), "../models/blocks/x.net");
        assert_eq!(relative("/b/t", "/a/x.net"), "/a/x.net");
        assert_eq!(relative("/a/b", "/a/b/../b/x.net"), "x.net");
    }
}
