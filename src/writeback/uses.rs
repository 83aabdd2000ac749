//! `use` lines of a text that moves to another folder.
//!
//! In: the text's tree and those of the files that it uses, the folders before and after. Out: edits. A path that still lies
//! in the new folder, or in the root that was given, is written anew, for paths are relative to the file that they stand in;
//! of other files the blocks that are called come into the text, since `use` does not reach them from there. Paths are only
//! taken apart; no file is looked for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use crate::diagnostic::Edit;
use crate::source::{SourceSet, Span};
use crate::syntax::ast::{Ast, Block, Body, Expr, Item, Param, Use};

/// A program, as it was read.
#[derive(Debug, Clone, Copy)]
pub struct Texts<'a> {
    /// All texts, the main one first.
    pub sources: &'a SourceSet,
    /// Their trees.
    pub asts: &'a [Ast],
    /// For each, the `use` items and the texts that they lead to.
    pub uses: &'a [Vec<(usize, usize)>],
}

/// Where a text stands, and where it goes.
#[derive(Debug, Clone, Copy)]
pub struct Move<'a> {
    /// The folder before, absolute and without links, as the others.
    pub from: &'a Path,
    /// The folder after.
    pub to: &'a Path,
    /// What `use` may read there; `to` where none is given.
    pub root: Option<&'a Path>,
}

/// The edits that let a text have, in another folder, the blocks that it has; and a note where `use` needs a root for that.
#[must_use]
pub fn moved(texts: &Texts<'_>, way: &Move<'_>) -> (Vec<Edit>, Option<String>) {
    let Some(main) = texts.asts.first().filter(|_| way.from != way.to) else { return (Vec::new(), None) };
    let (near, far): (Vec<Placed<'_>>, Vec<Placed<'_>>) = uses(main).partition(|(_, used)| way.reaches(used));
    let mut edits: Vec<Edit> = near.iter().map(|(_, used)| way.renamed(used)).collect();
    let copied = blocks(texts, &near.iter().map(|(item, _)| *item).collect());
    match copied {
        Some(blocks) if !far.is_empty() => {
            let text = blocks.iter().map(|block| written(texts.sources, block)).collect::<Vec<_>>().join("\n\n");
            let gap = if far[0].0 > 0 && matches!(main.items[far[0].0 - 1], Item::Use(_)) { "\n" } else { "" };
            let source = texts.sources.get(main.source).text();
            edits.push(Edit::replace(far[0].1.span, format!("{gap}{text}")));
            edits.extend(far[1..].iter().map(|(_, used)| Edit::replace(with_line_end(source, used.span), "")));
            (edits, None)
        }
        Some(_) => (edits, None),
        None => {
            edits.extend(far.iter().map(|(_, used)| way.renamed(used)));
            let all = far.iter().fold(way.to.to_owned(), |all, (_, used)| common_folder(&all, &way.target(used)));
            let note = format!("the new text uses files outside of its folder: `--root {}` lets `use` read them", all.display());
            (edits, Some(note))
        }
    }
}

impl Move<'_> {
    fn target(&self, used: &Use) -> PathBuf {
        tidy(&self.from.join(&used.path))
    }

    fn reaches(&self, used: &Use) -> bool {
        self.target(used).starts_with(self.root.unwrap_or(self.to))
    }

    fn renamed(&self, used: &Use) -> Edit {
        let quoted = relative(self.to, &self.target(used)).display().to_string().replace('\\', "\\\\").replace('"', "\\\"");
        Edit { span: used.path_span, replacement: format!("\"{quoted}\"") }
    }
}

/// A `use` with its place among the items.
type Placed<'a> = (usize, &'a Use);

fn uses(ast: &Ast) -> impl Iterator<Item = Placed<'_>> {
    ast.items.iter().enumerate().filter_map(|(at, item)| match item {
        Item::Use(used) => Some((at, used)),
        Item::Block(_) | Item::Net(_) => None,
    })
}

fn own_blocks(ast: &Ast) -> impl Iterator<Item = &Block> {
    ast.items.iter().filter_map(|item| match item {
        Item::Block(block) => Some(block),
        Item::Use(_) | Item::Net(_) => None,
    })
}

/// The blocks of other files that the main text calls, through whatever others, and that the `use` items that it keeps do not
/// bring: in order of their files. `None` where two of them, or one and what is there, have one name.
fn blocks<'a>(texts: &Texts<'a>, kept: &BTreeSet<usize>) -> Option<Vec<&'a Block>> {
    let main = texts.asts.first()?;
    let brought = texts.uses.first()?.iter().filter(|(item, _)| kept.contains(item)).map(|(_, file)| *file);
    let mut there: BTreeMap<&str, usize> = BTreeMap::new();
    for file in std::iter::once(0).chain(brought) {
        there.extend(own_blocks(&texts.asts[file]).map(|block| (block.name.text.as_str(), file)));
    }
    let mut copied: BTreeMap<(usize, u32), &Block> = BTreeMap::new();
    let mut open: Vec<(usize, &str)> = Vec::new();
    for item in &main.items {
        match item {
            Item::Use(_) => {}
            Item::Block(block) => open.extend(called(&block.params, &block.body).map(|name| (0, name))),
            Item::Net(net) => open.extend(called(&net.params, &net.body).map(|name| (0, name))),
        }
    }
    let mut met = BTreeSet::new();
    while let Some((file, name)) = open.pop().filter(|_| met.len() < 1 << 16) {
        let Some((owner, block)) = meant(texts, file, name).filter(|_| met.insert((file, name))) else { continue };
        match there.get(name) {
            Some(other) if *other != owner => return None,
            // What the main text says was asked above; what a kept file says stands where it stood.
            Some(_) if !copied.contains_key(&(owner, block.span.start)) => {}
            _ => {
                there.insert(name, owner);
                copied.insert((owner, block.span.start), block);
                open.extend(called(&block.params, &block.body).map(|name| (owner, name)));
            }
        }
    }
    Some(copied.into_values().collect())
}

/// The block that a name means in a file, with the file that it stands in.
fn meant<'a>(texts: &Texts<'a>, file: usize, name: &str) -> Option<(usize, &'a Block)> {
    let files = std::iter::once(file).chain(texts.uses[file].iter().map(|(_, used)| *used));
    files.into_iter().find_map(|file| Some((file, own_blocks(&texts.asts[file]).find(|block| block.name.text == name)?)))
}

/// Every name that may be that of a block.
fn called<'a>(params: &'a [Param], body: &'a Body) -> impl Iterator<Item = &'a str> {
    let defaults = params.iter().filter_map(|param| param.default.as_ref());
    let exprs = body.all_statements().into_iter().flat_map(|statement| statement.exprs());
    exprs.chain(defaults).flat_map(Expr::all).filter_map(Expr::named)
}

/// A block as it stands in its file, with the comment directly above it.
fn written<'a>(sources: &'a SourceSet, block: &Block) -> &'a str {
    let source = sources.get(block.span.source);
    let mut line = source.line_index(block.span.start);
    let above = |line: usize| source.text()[source.line_range(line)].trim_start().starts_with('#');
    while line > 0 && above(line - 1) {
        line -= 1;
    }
    &source.text()[source.line_range(line).start..block.span.end as usize]
}

/// A span with what follows it up to the next line.
fn with_line_end(text: &str, span: Span) -> Span {
    let rest = &text[span.end as usize..];
    let gap = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
    let end = if rest[gap..].starts_with('\n') { gap + 1 } else { 0 };
    Span { end: span.end + end as u32, ..span }
}

/// The deepest folder that both paths lie in.
#[must_use]
pub fn common_folder(folder: &Path, path: &Path) -> PathBuf {
    let parents = path.parent().unwrap_or(path).components();
    folder.components().zip(parents).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
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
