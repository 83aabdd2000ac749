//! Reading files; all that the program reads goes through here, and is noted in the `ledger`. `-` is standard input.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::failure::{Failure, reason};
use super::ledger::{self, parent};
use super::room::Room;
use crate::code::Code;
use crate::source::MAX_SOURCE_BYTES;

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

/// The same, where whoever asked for the whole holds it against what is written.
pub(super) fn text(path: &Path) -> Result<String, Failure> {
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

/// The text of a network. What calls itself one and is a link to something else is not opened: whoever checks a stranger's
/// files by their names would show what stands there.
pub(super) fn read_network(path: &Path) -> Result<String, Failure> {
    let is_network = |path: &Path| has_extension(path, "net");
    if is_network(path) && fs::canonicalize(path).is_ok_and(|real| !is_network(&real)) {
        let message = format!("cannot read `{}`: it is a link to what is no `.net` file", shown(path));
        return Err(Failure::new(Code::UnreadableFile, message));
    }
    read_text(path)
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

/// A folder that is there, absolute and without links; for options that take one.
pub(super) fn existing_folder(text: &str) -> Result<PathBuf, String> {
    let path = fs::canonicalize(text).map_err(|error| reason(&error))?;
    if path.is_dir() { Ok(path) } else { Err("it is not a folder".to_owned()) }
}

/// The folder of a file, absolute and without links where it exists.
pub(super) fn folder(path: &Path) -> PathBuf {
    fs::canonicalize(parent(path)).unwrap_or_else(|_| parent(path).to_owned())
}
