//! The files of a program: the main one and those that it uses, each read and parsed once.

use std::collections::BTreeMap;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{MAX_SOURCE_BYTES, SourceSet};
use crate::syntax;
use crate::syntax::ast::{Ast, Item, Use};

/// The most files of one program.
const MAX_FILES: usize = 256;

/// Why a used file cannot be had: a clause, "there is no such file".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError(pub String);

/// Gives the text of used files. The caller owns all IO.
pub trait Loader {
    /// The canonical name and the text of `path` as written in the file `from`.
    ///
    /// # Errors
    /// A clause that says why there is no text.
    fn load(&self, path: &str, from: &str) -> Result<(String, String), LoadError>;
}

/// A loader without files, for text that stands alone.
#[derive(Debug, Clone, Copy)]
pub struct NoFiles;

impl Loader for NoFiles {
    fn load(&self, _path: &str, _from: &str) -> Result<(String, String), LoadError> {
        Err(LoadError("this text stands alone and cannot use files".to_owned()))
    }
}

/// Trees of all files, and which file uses which.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) asts: Vec<Ast>,
    /// For each file, the `use` items that could be read: index of the item, index of the file.
    pub(super) uses: Vec<Vec<(usize, usize)>>,
}

/// Reads the main file and, breadth first, all that it uses.
pub(super) fn read(
    sources: &mut SourceSet,
    name: &str,
    text: String,
    loader: &dyn Loader,
    diagnostics: &mut Vec<Diagnostic>,
) -> Files {
    let mut files = Files { asts: Vec::new(), uses: Vec::new() };
    let mut known = BTreeMap::from([(name.to_owned(), 0)]);
    let text = if text.len() > MAX_SOURCE_BYTES {
        let message = format!("`{name}` is larger than {} MiB", MAX_SOURCE_BYTES >> 20);
        diagnostics.push(Diagnostic::bare(Code::TooLarge, Severity::Error, message));
        String::new()
    } else {
        text
    };
    add(sources, &mut files, name, text, diagnostics);
    let mut at = 0;
    while at < files.asts.len() {
        let from = sources.get(files.asts[at].source).name().to_owned();
        let uses: Vec<(usize, Use)> =
            files.asts[at].items.iter().enumerate().filter_map(|(i, item)| used(item).map(|u| (i, u.clone()))).collect();
        for (item, used) in uses {
            match loader.load(&used.path, &from) {
                Ok((name, text)) => {
                    let index = match known.get(&name) {
                        Some(index) => *index,
                        None if text.len() > MAX_SOURCE_BYTES || files.asts.len() >= MAX_FILES => {
                            diagnostics.push(refused(&used, files.asts.len() >= MAX_FILES));
                            continue;
                        }
                        None => {
                            known.insert(name.clone(), files.asts.len());
                            add(sources, &mut files, &name, text, diagnostics)
                        }
                    };
                    files.uses[at].push((item, index));
                }
                Err(LoadError(why)) => {
                    let message = format!("cannot read the used file `{}`: {why}", used.path);
                    let diagnostic = Diagnostic::error(Code::UnreadableUse, message, used.path_span, "");
                    diagnostics.push(diagnostic.help(format!("paths are relative to the file that uses them, here {from}")));
                }
            }
        }
        at += 1;
    }
    cycles(sources, &mut files, diagnostics);
    files
}

fn used(item: &Item) -> Option<&Use> {
    match item {
        Item::Use(used) => Some(used),
        Item::Block(_) | Item::Net(_) => None,
    }
}

fn add(sources: &mut SourceSet, files: &mut Files, name: &str, text: String, diagnostics: &mut Vec<Diagnostic>) -> usize {
    let id = sources.add(name, text);
    let (ast, found) = syntax::parse(sources, id);
    diagnostics.extend(found);
    files.asts.push(ast);
    files.uses.push(Vec::new());
    files.asts.len() - 1
}

fn refused(used: &Use, many: bool) -> Diagnostic {
    let message = if many {
        format!("a program has at most {MAX_FILES} files")
    } else {
        format!("`{}` is larger than {} MiB", used.path, MAX_SOURCE_BYTES >> 20)
    };
    Diagnostic::error(Code::TooLarge, message, used.span, "")
}

/// Reports each `use` that closes a circle, and forgets it.
fn cycles(sources: &SourceSet, files: &mut Files, diagnostics: &mut Vec<Diagnostic>) {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut states = vec![State::New; files.asts.len()];
    let mut closing = Vec::new();
    // Depth first with an explicit stack: (file, next use).
    let mut stack = vec![(0, 0)];
    states[0] = State::Open;
    while let Some((file, next)) = stack.pop() {
        let Some(&(item, to)) = files.uses[file].get(next) else {
            states[file] = State::Done;
            continue;
        };
        stack.push((file, next + 1));
        match states[to] {
            State::New => {
                states[to] = State::Open;
                stack.push((to, 0));
            }
            State::Open => {
                let from = stack.iter().position(|(f, _)| *f == to).unwrap_or(0);
                let names: Vec<&str> =
                    stack[from..].iter().map(|(f, _)| *f).chain([to]).map(|f| sources.get(files.asts[f].source).name()).collect();
                let span = used(&files.asts[file].items[item]).map(|u| u.span).expect("the index of a use item");
                let message = format!("files use each other in a circle: {}", names.join(" -> "));
                diagnostics.push(
                    Diagnostic::error(Code::UseCycle, message, span, "this closes the circle")
                        .help("move what both need to a third file"),
                );
                closing.push((file, item));
            }
            State::Done => {}
        }
    }
    for (file, item) in closing {
        files.uses[file].retain(|(i, _)| *i != item);
    }
}
