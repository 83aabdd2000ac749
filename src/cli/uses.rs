//! The files that a network uses, from disk: `.net` files in one folder, and nothing else.
//!
//! In: a path as a `use` has it, and the file that it stands in. Out: the file's name and text, or why it is not read. Whoever
//! analyzes a stranger's network runs `use` lines that the stranger wrote, so nothing outside the folder is opened, asked
//! for or told of, and of what is no `.net` file not a byte is shown.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::failure::{Failure, reason};
use super::files;
use crate::compile::{LoadError, Loader};
use crate::writeback::uses::{common_folder, tidy};

/// Loads the files that a `.net` file uses, relative to the file that uses them.
#[derive(Debug)]
pub(super) struct Disk {
    /// What `use` may open lies in here, absolute and without links.
    root: PathBuf,
    known: RefCell<Known>,
}

/// The files that were met.
#[derive(Debug, Default)]
struct Known {
    /// By the names that were given out.
    places: BTreeMap<String, Place>,
    /// Names by what each file is: one that has several paths is read once.
    names: BTreeMap<Identity, String>,
}

#[derive(Debug, Clone, Default)]
struct Place {
    /// The path as it is shown, from which those of used files are.
    shown: PathBuf,
    /// Where the file stands, absolute and without links.
    folder: PathBuf,
    /// The file itself; `None` for standard input and for what is yet to be written.
    real: Option<PathBuf>,
}

/// What makes a file the same file: its number on the disk, where there is one, and the folder that its own `use` starts from, which
/// is part of what its text means. Of a used file that is the folder where it stands, whatever links lead there; of a main file that
/// is named by a link it is the folder of the link, as whoever named it sees it.
type Identity = (u64, u64, PathBuf);

impl Disk {
    /// A loader for the main file `path`, shown as `name`; what is used lies in `root`, or in the main file's folder.
    pub fn new(name: &str, path: &Path, root: Option<&Path>) -> Self {
        let root = root.map_or_else(|| files::folder(path), Path::to_owned);
        Self { root, known: RefCell::default() }.and(name, path)
    }

    /// With another main file, such as one that is yet to be written.
    pub fn and(self, name: &str, path: &Path) -> Self {
        let shown = if files::is_dash(path) { PathBuf::from("stdin") } else { path.to_owned() };
        let real = (!files::is_dash(path)).then(|| fs::canonicalize(path).ok()).flatten();
        let folder = files::folder(&shown);
        let identity = real.as_deref().and_then(|real| identity(real, &folder));
        let place = Place { shown, folder, real };
        let mut known = self.known.borrow_mut();
        if let Some(identity) = identity {
            known.names.entry(identity).or_insert_with(|| name.to_owned());
        }
        known.places.insert(name.to_owned(), place);
        drop(known);
        self
    }

    /// The file that a path means, absolute and without links.
    fn real(&self, path: &str, from: &Place) -> Result<PathBuf, LoadError> {
        if !files::has_extension(Path::new(path), "net") {
            return Err(LoadError::new("`use` reads `.net` files only"));
        }
        // Whether something is there is not asked before the place is one that may be read.
        let full = tidy(&from.folder.join(path));
        if !full.starts_with(&self.root) {
            let why = format!("it lies outside of `{}`", shown(&self.root));
            let root = shown(&common_folder(&self.root, &full));
            return Err(LoadError::new(why).help(format!("`--root {root}` lets `use` read there")));
        }
        // Of a link that leads elsewhere the same is said whether something is there or not.
        let astray = || LoadError::new(format!("it is a link that leads to no file in `{}`", shown(&self.root)));
        let real = fs::canonicalize(&full)
            .map_err(|error| if self.goes_by_a_link(&full) { astray() } else { LoadError::new(reason(&error)) })?;
        if !real.starts_with(&self.root) {
            return Err(astray());
        }
        let meta = fs::metadata(&real).map_err(|error| LoadError::new(reason(&error)))?;
        if meta.is_dir() {
            return Err(LoadError::new("it is a directory"));
        }
        if !meta.is_file() {
            return Err(LoadError::new("it is a device or a pipe"));
        }
        if files::has_extension(&real, "net") { Ok(real) } else { Err(LoadError::new("it is a link to what is no `.net` file")) }
    }
}

impl Disk {
    /// Whether a path below the root is a link, or passes one.
    fn goes_by_a_link(&self, full: &Path) -> bool {
        let below = full.ancestors().take_while(|place| *place != self.root);
        below.into_iter().any(|place| fs::symlink_metadata(place).is_ok_and(|meta| meta.is_symlink()))
    }
}

impl Loader for Disk {
    fn find(&self, path: &str, from: &str) -> Result<String, LoadError> {
        let from = self.known.borrow().places.get(from).cloned().unwrap_or_default();
        let real = self.real(path, &from)?;
        let identity = identity(&real, &files::folder(&real)).ok_or_else(|| LoadError::new("there is no such file"))?;
        let known = &mut *self.known.borrow_mut();
        if let Some(name) = known.names.get(&identity) {
            return Ok(name.clone());
        }
        let beside = tidy(&from.shown.parent().unwrap_or(Path::new("")).join(path));
        // Where links stand between, the path as it reads may be that of another file.
        let is_right = fs::canonicalize(&beside).is_ok_and(|other| other == real);
        let shown = if is_right { beside } else { real.clone() };
        let name = shown.display().to_string();
        known.names.insert(identity, name.clone());
        known.places.insert(name.clone(), Place { shown, folder: files::folder(&real), real: Some(real) });
        Ok(name)
    }

    fn read(&self, name: &str) -> Result<String, LoadError> {
        let real = self.known.borrow().places.get(name).and_then(|place| place.real.clone());
        let real = real.ok_or_else(|| LoadError::new("there is no such file"))?;
        files::text(&real).map_err(|failure| LoadError::new(clause(&failure)))
    }
}

#[cfg(unix)]
fn identity(real: &Path, folder: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    let meta = fs::metadata(real).ok()?;
    Some((meta.dev(), meta.ino(), folder.to_owned()))
}

#[cfg(not(unix))]
fn identity(real: &Path, _folder: &Path) -> Option<Identity> {
    Some((0, 0, real.to_owned()))
}

/// A folder as one would type it: from the folder that the command runs in, where it lies there.
fn shown(folder: &Path) -> String {
    let here = files::folder(Path::new("stdin"));
    match folder.strip_prefix(&here) {
        Ok(inside) if inside.as_os_str().is_empty() => ".".to_owned(),
        Ok(inside) => inside.display().to_string(),
        Err(_) => folder.display().to_string(),
    }
}

fn clause(failure: &Failure) -> String {
    match failure {
        Failure::Diagnostic(diagnostic) => {
            diagnostic.message.split_once("`: ").map_or(diagnostic.message.clone(), |(_, reason)| reason.to_owned())
        }
        Failure::Usage(message, _) => message.clone(),
        Failure::Reported(_) | Failure::Pipe => "it cannot be read".to_owned(),
    }
}
