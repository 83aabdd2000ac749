//! Reading files; all that the program reads goes through here, and is noted in the `ledger`. `-` is standard input.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::failure::{Failure, reason};
use super::ledger::{self, parent};
use super::room::Room;
use crate::code::Code;
use crate::compile::{LoadError, Loader};
use crate::source::MAX_SOURCE_BYTES;
use crate::writeback::uses::tidy;

/// The largest binary file that is read: six times the weights of the zoo's largest network, and an end to endless devices.
const MAX_BINARY_BYTES: u64 = 4 << 30;

/// Whether a path means standard input or output.
pub(super) fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// A path as it is shown.
pub(super) fn shown(path: &Path) -> String {
    if is_dash(path) { "<stdin>".to_owned() } else { path.display().to_string() }
}

/// Reads at most `limit` bytes.
#[expect(clippy::disallowed_methods, reason = "the command line does the program's IO")]
fn read(path: &Path, limit: u64, too_large: &dyn Fn() -> Failure) -> Result<Vec<u8>, Failure> {
    let unreadable =
        |error: &io::Error| Failure::new(Code::UnreadableFile, format!("cannot read `{}`: {}", shown(path), reason(error)));
    let mut bytes = Vec::new();
    if is_dash(path) {
        io::stdin().lock().take(limit + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    } else {
        ledger::reads(path);
        let file = File::open(path).map_err(|error| unreadable(&error))?;
        let meta = file.metadata().map_err(|error| unreadable(&error))?;
        if meta.is_dir() {
            return Err(unreadable(&io::ErrorKind::IsADirectory.into()));
        }
        if meta.len() > limit {
            return Err(too_large());
        }
        bytes.reserve_exact(usize::try_from(meta.len()).unwrap_or(0) + 1);
        file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    }
    if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(bytes) }
}

fn too_large(path: &Path, limit: u64) -> Failure {
    Failure::new(Code::TooLarge, format!("`{}` is larger than {} MiB", shown(path), limit >> 20))
}

/// The text of a `.net` or YAML file, which the command does not write.
pub(super) fn read_text(path: &Path) -> Result<String, Failure> {
    let text = text(path)?;
    ledger::check().map(|()| text)
}

fn text(path: &Path) -> Result<String, Failure> {
    let bytes = read(path, MAX_SOURCE_BYTES as u64, &|| too_large(path, MAX_SOURCE_BYTES as u64))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let line = bytes[..at].split(|b| *b == b'\n').count();
        let message =
            format!("`{}` is not UTF-8 text: line {line} has a byte 0x{:02x} that cannot stand there", shown(path), bytes[at]);
        let failure = Failure::new(Code::NotText, message);
        match bytes {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => failure.help("it looks like UTF-16: save it as UTF-8"),
            _ => failure,
        }
    })
}

/// The bytes of a file, which the command does not write, as far as there is room for them.
pub(super) fn read_bytes(path: &Path, room: &Room) -> Result<Vec<u8>, Failure> {
    let limit = room.left().min(MAX_BINARY_BYTES);
    let refuse = || {
        let length = fs::metadata(path).map_or(0, |meta| meta.len()).max(limit + 1);
        let refusal = room.check(length, &format!("reading `{}`", shown(path)));
        refusal.err().unwrap_or_else(|| too_large(path, MAX_BINARY_BYTES))
    };
    let bytes = read(path, limit, &refuse)?;
    ledger::check().map(|()| bytes)
}

/// All `.net` files in a directory, recursively, in order of name; a file is itself. What is hidden is passed over, and so is
/// what is no regular file: reading a pipe would wait for ever, and a link may lead out of the directory.
pub(super) fn net_files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if is_dash(path) || !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let (mut files, mut folders) = (Vec::new(), vec![path.to_owned()]);
    while let Some(folder) = folders.pop() {
        let unreadable = |error: io::Error| {
            Failure::new(Code::UnreadableFile, format!("cannot read `{}`: {}", shown(&folder), reason(&error)))
        };
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let (path, kind) = (entry.path(), entry.file_type().map_err(unreadable)?);
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if hidden {
                continue;
            }
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() && has_extension(&path, "net") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Whether a path has an extension, in any case.
pub(super) fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|own| own.eq_ignore_ascii_case(extension))
}

/// Loads the files that a `.net` file uses, relative to the file that uses them.
#[derive(Debug)]
pub(super) struct Disk {
    /// Real paths of the names that were given out.
    paths: RefCell<BTreeMap<String, PathBuf>>,
}

impl Disk {
    /// A loader for the main file `path`, shown as `name`.
    pub fn new(name: &str, path: &Path) -> Self {
        let path = if is_dash(path) { PathBuf::from("stdin") } else { path.to_owned() };
        Self { paths: RefCell::new(BTreeMap::from([(name.to_owned(), path)])) }
    }

    /// With another main file, such as one that is yet to be written.
    pub fn and(self, name: &str, path: &Path) -> Self {
        let other = Self::new(name, path);
        self.paths.borrow_mut().append(&mut other.paths.borrow_mut());
        self
    }
}

impl Loader for Disk {
    fn load(&self, path: &str, from: &str) -> Result<(String, String), LoadError> {
        let base = self.paths.borrow().get(from).cloned().unwrap_or_default();
        let full = tidy(&base.parent().unwrap_or(Path::new("")).join(path));
        let name = full.display().to_string();
        let text = text(&full).map_err(|failure| LoadError(clause(&failure)))?;
        self.paths.borrow_mut().insert(name.clone(), full);
        Ok((name, text))
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

/// The folder of a file, absolute and without links where it exists.
pub(super) fn folder(path: &Path) -> PathBuf {
    fs::canonicalize(parent(path)).unwrap_or_else(|_| parent(path).to_owned())
}
