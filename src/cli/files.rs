//! Reading and writing files; all other files of the program go through here.
//!
//! Files are written whole or not at all: into a temporary file beside the target, then renamed. `-` is standard input
//! or output.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::failure::{Failure, reason};
use super::session::Session;
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
fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
    let unreadable =
        |error: &io::Error| Failure::new(Code::UnreadableFile, format!("cannot read `{}`: {}", shown(path), reason(error)));
    let too_large = || Failure::new(Code::TooLarge, format!("`{}` is larger than {} MiB", shown(path), limit >> 20));
    let mut bytes = Vec::new();
    if is_dash(path) {
        io::stdin().lock().take(limit + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    } else {
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

/// The text of a `.net` or YAML file.
pub(super) fn read_text(path: &Path) -> Result<String, Failure> {
    let bytes = read(path, MAX_SOURCE_BYTES as u64)?;
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

/// The bytes of a file.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    read(path, MAX_BINARY_BYTES)
}

/// Writes a whole file, or standard output for `-`.
pub(super) fn write(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    stage(path, fill)?.put()
}

/// What is written whole and waits to be put in its place, so that of several files all are written or none; gone where it is
/// dropped before.
#[derive(Debug)]
pub(super) struct Staged {
    /// The file as it was named.
    path: PathBuf,
    /// What takes which place; `None` where it went to a stream, which cannot wait.
    waiting: Option<(tempfile::NamedTempFile, PathBuf)>,
}

/// Writes a whole file, without putting it in its place.
pub(super) fn stage(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Staged, Failure> {
    let waiting = if is_dash(path) {
        Session::data(fill)?;
        None
    } else {
        stage_file(path, fill).map_err(|error| unwritable(path, &error))?
    };
    Ok(Staged { path: path.to_owned(), waiting })
}

impl Staged {
    /// Puts it in its place.
    pub fn put(self) -> Result<(), Failure> {
        let Some((temporary, place)) = self.waiting else { return Ok(()) };
        temporary.persist(place).map(drop).map_err(|error| unwritable(&self.path, &error.error))
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    let why = if error.kind() == io::ErrorKind::NotFound { "there is no such directory".to_owned() } else { reason(error) };
    Failure::new(Code::UnwritableFile, format!("cannot write `{}`: {why}", shown(path)))
}

fn stage_file(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<Option<(tempfile::NamedTempFile, PathBuf)>> {
    // A link is written through, so that it stays one.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let old = fs::metadata(&path).ok();
    if old.as_ref().is_some_and(fs::Metadata::is_dir) {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    // A device or pipe cannot be replaced.
    if old.as_ref().is_some_and(|meta| !meta.is_file()) {
        let mut out = io::BufWriter::new(fs::OpenOptions::new().write(true).open(&path)?);
        return fill(&mut out).and_then(|()| out.flush()).map(|()| None);
    }
    // Renaming over a read-only file would work, and surprise.
    if old.as_ref().is_some_and(|meta| meta.permissions().readonly()) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".pointwise-").suffix(".tmp");
    permissions(&mut builder);
    let temporary = builder.tempfile_in(parent)?;
    let mut out = io::BufWriter::with_capacity(1 << 16, temporary);
    fill(&mut out)?;
    let temporary = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    if let Some(meta) = old {
        temporary.as_file().set_permissions(meta.permissions())?;
    }
    Ok(Some((temporary, path)))
}

/// New files get what the user's umask leaves, as from any other program.
#[cfg(unix)]
fn permissions(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt as _;
    builder.permissions(fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn permissions(_builder: &mut tempfile::Builder<'_, '_>) {}

/// Refuses to write where one of the inputs is read.
pub(super) fn keep_input(output: &Path, input: &Path) -> Result<(), Failure> {
    let same = |a: &Path, b: &Path| fs::canonicalize(a).ok().zip(fs::canonicalize(b).ok()).is_some_and(|(a, b)| a == b);
    if !is_dash(output) && same(output, input) {
        let message = format!("the output `{}` is the input", shown(output));
        return Err(Failure::Usage(message, Some("name another file".to_owned())));
    }
    Ok(())
}

/// All `.net` files in a directory, recursively, in order of name; a file is itself.
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
            if kind.is_dir() && !hidden {
                folders.push(path);
            } else if !kind.is_dir() && has_extension(&path, "net") {
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
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::canonicalize(parent).unwrap_or_else(|_| parent.to_owned())
}
