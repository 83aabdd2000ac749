//! The files of a program and what each can see.

use std::collections::{BTreeMap, HashMap};

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::op::table;
use crate::source::{SourceSet, Span};
use crate::syntax::ast::{Ast, Block, Ident, Item, Net, Use};
use crate::words;

use super::builtin;

/// A block and the index of the file that defines it.
pub(super) type Found<'a> = (usize, &'a Block);

/// All files with the blocks that are in reach in each: its own and those of the files that it uses.
#[derive(Debug)]
pub struct Program<'a> {
    asts: &'a [Ast],
    uses: Vec<Vec<(usize, usize)>>,
    reach: Vec<HashMap<&'a str, Found<'a>>>,
}

impl<'a> Program<'a> {
    /// Collects the blocks. `uses[i]` are the indices of the files that file `i` uses, with the index of the `use` item.
    #[must_use]
    pub fn new(sources: &SourceSet, asts: &'a [Ast], uses: &[Vec<(usize, usize)>]) -> (Self, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let own: Vec<BTreeMap<&str, &Block>> = asts.iter().map(|ast| own_blocks(ast, &mut diagnostics)).collect();
        let mut reach = Vec::with_capacity(asts.len());
        for (file, ast) in asts.iter().enumerate() {
            let mut names: HashMap<&str, Found<'_>> = own[file].iter().map(|(name, block)| (*name, (file, *block))).collect();
            for &(item, used) in &uses[file] {
                for (name, block) in &own[used] {
                    if let Some((other, first)) = names.insert(name, (used, block)).filter(|(other, _)| *other != used) {
                        diagnostics.push(clash(sources, ast, item, first, other == file, block));
                    }
                }
            }
            reach.push(names);
        }
        (Self { asts, uses: uses.to_vec(), reach }, diagnostics)
    }

    /// The block that `name` means in a file.
    pub(super) fn block(&self, file: usize, name: &str) -> Option<Found<'a>> {
        self.reach[file].get(name).copied()
    }

    /// Where a block is that a used file has from another: the path to `use`, and the last `use` item of the file.
    ///
    /// What a file uses is not passed on to those who use it.
    pub(super) fn behind(&self, file: usize, name: &str) -> Option<(String, Span)> {
        let last = self.asts[file].items.iter().filter_map(used).next_back()?;
        for &(item, between) in &self.uses[file] {
            let Some(first) = used(&self.asts[file].items[item]) else { continue };
            for &(item, target) in &self.uses[between] {
                let Some(second) = used(&self.asts[between].items[item]) else { continue };
                let defines = |item: &Item| matches!(item, Item::Block(block) if block.name.text == name);
                if self.asts[target].items.iter().any(defines) {
                    return Some((joined(&first.path, &second.path), last.span));
                }
            }
        }
        None
    }

    /// All block names in reach of a file.
    pub(super) fn block_names(&self, file: usize) -> impl Iterator<Item = &'a str> + '_ {
        self.reach[file].keys().copied()
    }
}

fn used(item: &Item) -> Option<&Use> {
    match item {
        Item::Use(used) => Some(used),
        Item::Block(_) | Item::Net(_) => None,
    }
}

/// `b.net` as used in `parts/a.net`: `parts/b.net`.
fn joined(first: &str, second: &str) -> String {
    match first.rsplit_once('/') {
        Some((folder, _)) if !second.starts_with('/') => format!("{folder}/{second}"),
        _ => second.to_owned(),
    }
}

fn own_blocks<'a>(ast: &'a Ast, diagnostics: &mut Vec<Diagnostic>) -> BTreeMap<&'a str, &'a Block> {
    let mut blocks: BTreeMap<&str, &Block> = BTreeMap::new();
    for item in &ast.items {
        let Item::Block(block) = item else { continue };
        let name = &block.name;
        if table::find(&name.text).is_some() || builtin::is_builtin(&name.text) {
            diagnostics.push(
                Diagnostic::error(
                    Code::DuplicateDefinition,
                    format!("`{}` is an operation of the language", name.text),
                    name.span,
                    "this block needs another name",
                )
                .help(format!("call it `my_{}`, or what it is for", name.text)),
            );
        }
        if let Some(first) = blocks.insert(&name.text, block) {
            diagnostics.push(duplicate("block", name, &first.name));
        }
        let params = block.params.iter().map(|param| ("parameter", &param.name));
        let head: Vec<_> = params.chain(block.inputs.iter().map(|input| ("input", input))).collect();
        diagnostics.extend(std::iter::once(name).chain(head.iter().map(|(_, name)| *name)).filter_map(refused));
        diagnostics.extend(twice(head.into_iter()));
    }
    blocks
}

/// Names that stand in a head a second time.
pub(super) fn twice<'a>(head: impl Iterator<Item = (&'static str, &'a Ident)>) -> Vec<Diagnostic> {
    let mut firsts: BTreeMap<&str, &Ident> = BTreeMap::new();
    let mut found = Vec::new();
    for (what, name) in head {
        match firsts.get(name.text.as_str()) {
            Some(first) => found.push(duplicate(what, name, first)),
            None => drop(firsts.insert(&name.text, name)),
        }
    }
    found
}

/// Refuses a name that stands for itself in arguments: bound, it would mean something else from there on.
pub(super) fn refused(name: &Ident) -> Option<Diagnostic> {
    words::stands_for_itself(&name.text).then(|| {
        let message = format!("`{}` is a word of the language and cannot be bound", name.text);
        Diagnostic::error(Code::DuplicateDefinition, message, name.span, "choose another name")
    })
}

/// One name for two things, or for the same thing in each turn of a loop.
pub(super) fn duplicate(what: &str, second: &Ident, first: &Ident) -> Diagnostic {
    if second.span == first.span {
        let message = format!("{what} `{}` is defined again in each turn of a loop", second.text);
        return Diagnostic::error(Code::DuplicateDefinition, message, second.span, "");
    }
    Diagnostic::error(
        Code::DuplicateDefinition,
        format!("{what} `{}` is defined twice", second.text),
        second.span,
        "defined again here",
    )
    .label(first.span, "first defined here")
}

fn clash(sources: &SourceSet, ast: &Ast, item: usize, first: &Block, own: bool, second: &Block) -> Diagnostic {
    let Item::Use(used) = &ast.items[item] else { unreachable!("the index of a use item") };
    let file = sources.get(second.name.span.source).name();
    let message = if own {
        format!("block `{}` is defined here and in {file} too", first.name.text)
    } else {
        format!("two used files define block `{}`", first.name.text)
    };
    Diagnostic::error(Code::DuplicateDefinition, message, used.span, "brought in here")
        .label(first.name.span, "one definition")
        .label(second.name.span, "the other")
        .help("rename one of the two blocks")
}

/// The only net of the main file.
pub(super) fn only_net<'a>(asts: &'a [Ast], diagnostics: &mut Vec<Diagnostic>) -> Option<&'a Net> {
    let main = asts.first()?;
    let nets: Vec<&Net> = main
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Net(net) => Some(net),
            Item::Block(_) | Item::Use(_) => None,
        })
        .collect();
    match nets.as_slice() {
        [net] => Some(net),
        [] => {
            let span = crate::source::Span { source: main.source, start: 0, end: 0 };
            let blocks = main.items.iter().any(|item| matches!(item, Item::Block(_)));
            let mut diagnostic = Diagnostic::error(Code::NoNet, "the file has no `net`", span, "");
            diagnostic = if blocks {
                diagnostic.help("this file only defines blocks: `use` it from a file with a `net`")
            } else {
                diagnostic.help("begin with `net name { input image: [3, 224, 224] … output y = … }`")
            };
            diagnostics.push(diagnostic);
            None
        }
        [first, rest @ ..] => {
            let mut diagnostic = Diagnostic::error(
                Code::NoNet,
                format!("a file describes one net, and this one has {}", nets.len()),
                rest[0].name.span,
                "a second net",
            )
            .label(first.name.span, "the first net");
            diagnostic = diagnostic.help("give each net a file of its own and share blocks with `use`");
            diagnostics.push(diagnostic);
            None
        }
    }
}
