//! What this command reads and what it writes: no file is both, and none is written twice.
//!
//! In: every file that is read, from `files`, and every file that is to be written, from `output`, which names them before the
//! work begins. Out: a refusal as soon as two are one file, by whatever names, links included. Devices and streams are no
//! files in this sense. The one place of the program's state beside the arguments: reading happens deep inside, where a network
//! `use`s another.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use super::failure::Failure;
use super::files::{is_dash, shown};

/// Which file it is, whatever it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Identity {
    /// A file that is there, by device and number.
    #[cfg(unix)]
    There(u64, u64),
    /// One that may not be there yet, by its place.
    Place(PathBuf),
}

#[derive(Debug)]
struct Ledger {
    reads: Vec<Identity>,
    writes: Vec<(Identity, PathBuf)>,
}

static LEDGER: Mutex<Ledger> = Mutex::new(Ledger { reads: Vec::new(), writes: Vec::new() });

fn ledger() -> MutexGuard<'static, Ledger> {
    LEDGER.lock().expect("nothing panics with the ledger in hand")
}

/// Notes a file that is read.
pub(super) fn reads(path: &Path) {
    let Some(identity) = identity(path) else { return };
    let mut ledger = ledger();
    if !ledger.reads.contains(&identity) {
        ledger.reads.push(identity);
    }
}

/// Notes a file that is to be written, and refuses it where it is read or written already.
pub(super) fn writes(path: &Path) -> Result<(), Failure> {
    if let Some(identity) = identity(path) {
        let mut ledger = ledger();
        if ledger.writes.iter().any(|(known, _)| *known == identity) {
            let failure = Failure::usage(format!("`{}` is to be written twice", shown(path)));
            return Err(failure.help("name another file for one of them"));
        }
        ledger.writes.push((identity, path.to_owned()));
    }
    check()
}

/// Refuses what is read and written.
pub(super) fn check() -> Result<(), Failure> {
    let ledger = ledger();
    match ledger.writes.iter().find(|(output, _)| ledger.reads.contains(output)) {
        Some((_, output)) => {
            let failure = Failure::usage(format!("the output `{}` is the input", shown(output)));
            Err(failure.help("this command reads it: name another file"))
        }
        None => Ok(()),
    }
}

/// Which file a path means; `None` for streams and devices.
fn identity(path: &Path) -> Option<Identity> {
    if is_dash(path) {
        return None;
    }
    match fs::metadata(path) {
        Ok(meta) if !meta.is_file() => None,
        Ok(meta) => Some(there(&meta, path)),
        Err(_) => Some(Identity::Place(place(path))),
    }
}

#[cfg(unix)]
fn there(meta: &fs::Metadata, _path: &Path) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    Identity::There(meta.dev(), meta.ino())
}

#[cfg(not(unix))]
fn there(_meta: &fs::Metadata, path: &Path) -> Identity {
    Identity::Place(place(path))
}

/// How many links are followed at most, as by the system.
const MOST_LINKS: usize = 40;

/// Where a file stands or would be made: links are followed, the last one too where it points to nothing yet.
pub(super) fn place(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(target) = fs::read_link(&path) else { break };
        path = parent(&path).join(target);
    }
    match (fs::canonicalize(parent(&path)), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path,
    }
}

/// The folder that a path stands in.
pub(super) fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
