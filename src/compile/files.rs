//! The files of a program: the main one and those that it uses, each read and parsed once.

use std::collections::BTreeMap;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{MAX_SOURCE_BYTES, SourceSet};
use crate::syntax;
use crate::syntax::ast::{Ast, Item, Use};

/// The most files of one program.
const MAX_FILES: usize = 256;

/// The most `use` lines of one program that lead to different paths, and those that may lead nowhere: each asks the disk.
const MAX_USES: usize = 4096;
const MAX_REFUSED: usize = 100;

/// Why a used file cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    /// A clause: "there is no such file".
    pub why: String,
    /// What would let it be read; without it, where paths start from is said.
    pub help: Option<String>,
}

impl LoadError {
    /// With its reason, a clause.
    pub fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), help: None }
    }

    /// With what would let the file be read.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// Gives the text of used files. The caller owns all IO.
pub trait Loader {
    /// The name of what `path` means in the file `from`: one name for one file, by whatever path it is reached.
    ///
    /// # Errors
    /// There is no such file, or it may not be read.
    fn find(&self, path: &str, from: &str) -> Result<String, LoadError>;

    /// The text of a file that was found; asked for once.
    ///
    /// # Errors
    /// It cannot be read.
    fn read(&self, name: &str) -> Result<String, LoadError>;
}

/// A loader without files, for text that stands alone.
#[derive(Debug, Clone, Copy)]
pub struct NoFiles;

impl Loader for NoFiles {
    fn find(&self, _path: &str, _from: &str) -> Result<String, LoadError> {
        Err(LoadError::new("this text stands alone and cannot use files"))
    }

    fn read(&self, _name: &str) -> Result<String, LoadError> {
        Err(LoadError::new("this text stands alone and cannot use files"))
    }
}

/// For each file, the `use` items that could be read: index of the item, index of the file.
pub type Uses = Vec<Vec<(usize, usize)>>;

/// Trees of all files, and which file uses which.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) asts: Vec<Ast>,
    pub(super) uses: Uses,
}

/// Reads the main file and, breadth first, all that it uses.
pub(super) fn read(
    sources: &mut SourceSet,
    name: &str,
    text: String,
    loader: &dyn Loader,
    diagnostics: &mut Vec<Diagnostic>,
) -> Files {
    let mut reader = Reader {
        loader,
        files: Files { asts: Vec::new(), uses: Vec::new() },
        known: BTreeMap::from([(name.to_owned(), Ok(0))]),
        bytes: 0,
        asked: 0,
        refused: 0,
        diagnostics,
    };
    let text = if text.len() > MAX_SOURCE_BYTES {
        let message = format!("`{name}` is larger than {} MiB", MAX_SOURCE_BYTES >> 20);
        reader.diagnostics.push(Diagnostic::bare(Code::TooLarge, Severity::Error, message));
        String::new()
    } else {
        text
    };
    reader.add(sources, name, text);
    let mut at = 0;
    while at < reader.files.asts.len() && reader.used_by(sources, at) {
        at += 1;
    }
    let mut files = reader.files;
    cycles(sources, &mut files, diagnostics);
    files
}

/// The files of a program while they are read.
struct Reader<'r> {
    loader: &'r dyn Loader,
    files: Files,
    /// Indices of the files that were met, by name, or why there is no text.
    known: BTreeMap<String, Result<usize, LoadError>>,
    /// Bytes of all texts.
    bytes: usize,
    /// How many paths were looked up, and how many led to nothing.
    asked: usize,
    refused: usize,
    diagnostics: &'r mut Vec<Diagnostic>,
}

impl Reader<'_> {
    /// Reads what a file uses; false where that is too much for one program.
    fn used_by(&mut self, sources: &mut SourceSet, at: usize) -> bool {
        let from = sources.get(self.files.asts[at].source).name().to_owned();
        let uses: Vec<(usize, Use)> =
            self.files.asts[at].items.iter().enumerate().filter_map(|(i, item)| used(item).map(|u| (i, u.clone()))).collect();
        let mut met: BTreeMap<String, Option<usize>> = BTreeMap::new();
        for (item, used) in uses {
            let found = if let Some(found) = met.get(&used.path) {
                *found
            } else {
                let found = self.file(sources, &used, &from);
                met.insert(used.path.clone(), found);
                found
            };
            if self.asked > MAX_USES || self.refused > MAX_REFUSED {
                return false;
            }
            // What is brought in is brought in once.
            let uses = &mut self.files.uses[at];
            if let Some(index) = found.filter(|index| uses.iter().all(|(_, other)| other != index)) {
                uses.push((item, index));
            }
        }
        true
    }

    /// The index of a used file, which is read where it is met for the first time.
    fn file(&mut self, sources: &mut SourceSet, used: &Use, from: &str) -> Option<usize> {
        self.asked += 1;
        if self.asked > MAX_USES {
            let message = format!("a program uses at most {MAX_USES} paths");
            self.diagnostics.push(Diagnostic::error(Code::TooLarge, message, used.span, "here"));
            return None;
        }
        let found = self.loader.find(&used.path, from).and_then(|name| match self.known.get(&name) {
            Some(known) => known.clone().map(Ok),
            None => self.loader.read(&name).map(|text| Err((name, text))),
        });
        match found {
            Ok(Ok(index)) => Some(index),
            Ok(Err((name, text))) => self.take(sources, used, &name, text),
            Err(error) => {
                self.refused += 1;
                self.diagnostics.push(unreadable(used, error, from));
                None
            }
        }
    }

    /// Adds a text that was read, if the program has room for it.
    fn take(&mut self, sources: &mut SourceSet, used: &Use, name: &str, text: String) -> Option<usize> {
        let message = if self.files.asts.len() >= MAX_FILES {
            format!("a program has at most {MAX_FILES} files")
        } else if text.len() > MAX_SOURCE_BYTES {
            format!("`{}` is larger than {} MiB", used.path, MAX_SOURCE_BYTES >> 20)
        } else if self.bytes + text.len() > MAX_SOURCE_BYTES {
            format!("with `{}` the files of this program are larger than {} MiB together", used.path, MAX_SOURCE_BYTES >> 20)
        } else {
            let index = self.files.asts.len();
            self.known.insert(name.to_owned(), Ok(index));
            self.add(sources, name, text);
            return Some(index);
        };
        self.refused += 1;
        self.known.insert(name.to_owned(), Err(LoadError::new("it is too large")));
        self.diagnostics.push(Diagnostic::error(Code::TooLarge, message, used.span, ""));
        None
    }

    fn add(&mut self, sources: &mut SourceSet, name: &str, text: String) {
        self.bytes += text.len();
        let id = sources.add(name, text);
        let (ast, found) = syntax::parse(sources, id);
        self.diagnostics.extend(found);
        self.files.asts.push(ast);
        self.files.uses.push(Vec::new());
    }
}

fn unreadable(used: &Use, LoadError { why, help }: LoadError, from: &str) -> Diagnostic {
    let message = format!("cannot read the used file `{}`: {why}", used.path);
    let help = help.unwrap_or_else(|| format!("paths are relative to the file that uses them, here {from}"));
    Diagnostic::error(Code::UnreadableUse, message, used.path_span, "").help(help)
}

fn used(item: &Item) -> Option<&Use> {
    match item {
        Item::Use(used) => Some(used),
        Item::Block(_) | Item::Net(_) => None,
    }
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
