//! Writing files: whole or not at all.
//!
//! In: where to write, before the work begins; what to write, when it is done. Out: the file, written beside its place and then
//! put into it, with the mode and the owner of the one that was there; a link stays a link. Where nothing can be put into the
//! place (it is mounted, its folder is read-only, the owner could not be kept, the file has other names that would stay with the
//! old text) the file is written in place, with a warning. What is promised then is less: where writing fails the old text comes
//! back, signals wait for its end, and only a lost machine or process leaves a mixture.
//! `-` is standard output; devices and pipes are written as they are.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, Write};
use std::path::{Path, PathBuf};

use super::failure::{Failure, reason};
use super::files::{is_dash, shown};
use super::ledger::{self, parent};
use super::session::Session;
use super::signals::{Temporary, undisturbed};
use crate::code::Code;

/// Bytes that are written at once.
const CHUNK: usize = 1 << 16;

/// A place where a command will write.
#[derive(Debug, Clone)]
pub(super) struct Output {
    /// As it was named.
    path: PathBuf,
}

impl Output {
    /// A file that the command makes: not one that it reads or writes besides, and one that can be written.
    pub fn claim(path: &Path) -> Result<Self, Failure> {
        ledger::writes(path)?;
        if !is_dash(path) {
            prepare(path).map_err(|error| unwritable(path, &error))?;
        }
        Ok(Self { path: path.to_owned() })
    }

    /// A file that the command reads and changes.
    pub fn change(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// As it was named.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the whole file, or standard output for `-`.
    pub fn write(&self, session: &Session, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        self.stage(fill)?.put(session)
    }

    /// Writes the whole file, without putting it in its place.
    pub fn stage(&self, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Staged, Failure> {
        let waiting = if is_dash(&self.path) {
            Session::data(fill)?;
            None
        } else {
            stage(&self.path, fill).map_err(|error| unwritable(&self.path, &error))?
        };
        Ok(Staged { path: self.path.clone(), waiting })
    }
}

/// What is written whole and waits to be put in its place, so that of several files all are written or none; gone where it is
/// dropped before.
#[derive(Debug)]
pub(super) struct Staged {
    /// The file as it was named.
    path: PathBuf,
    /// What takes which place; `None` where it went to a stream, which cannot wait.
    waiting: Option<(Spare, PathBuf)>,
}

/// Where the bytes are until then.
#[derive(Debug)]
enum Spare {
    /// In a file beside the place, to be renamed.
    Beside(Temporary),
    /// In a file that cannot take the place, to be copied; with the reason.
    Apart(File, io::Error),
}

impl Staged {
    /// As it was named.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts it in its place.
    pub fn put(self, session: &Session) -> Result<(), Failure> {
        let Some((spare, place)) = self.waiting else { return Ok(()) };
        let failed = |error: io::Error| unwritable(&self.path, &error);
        let (from, why) = match spare {
            Spare::Apart(file, why) => (file, why),
            Spare::Beside(temporary) => match temporary.put(&place) {
                Ok(()) => return Ok(()),
                Err((error, temporary)) if forbids_renaming(&error) && place.is_file() => {
                    (temporary.file().try_clone().map_err(failed)?, error)
                }
                Err((error, _)) => return Err(failed(error)),
            },
        };
        undisturbed(|| replace_text(&from, &place)).map_err(failed)?;
        let text = format!("warning: `{}` could not be replaced and was written in place: {}", shown(&self.path), reason(&why));
        session.notice(&text);
        Ok(())
    }
}

/// Writes over a file without making a new one. The old text is kept meanwhile, and put back where the new one has no room.
fn replace_text(from: &File, place: &Path) -> io::Result<()> {
    let to = in_place(place)?;
    let old = tempfile::tempfile()?;
    copy(&to, &old)?;
    copy(from, &to).inspect_err(|_| {
        let _ = copy(&old, &to);
    })
}

/// A file that is to be written over, and read before.
fn in_place(place: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(place)
}

/// What waits apart to be copied over a file, which is known before the work to let itself be read and written.
fn apart(file: File, why: io::Error, place: &Path) -> io::Result<Spare> {
    in_place(place)?;
    Ok(Spare::Apart(file, why))
}

/// Makes the text of a file that of another. Its end is cut last: what was longer keeps its room until then.
fn copy(mut from: &File, mut to: &File) -> io::Result<()> {
    from.rewind()?;
    to.rewind()?;
    let length = io::copy(&mut from, &mut to)?;
    to.set_len(length)
}

/// Whether a file cannot be renamed to its place, which may be written nevertheless: a mounted file is busy, a folder read-only.
fn forbids_renaming(error: &io::Error) -> bool {
    use io::ErrorKind::{CrossesDevices, PermissionDenied, ReadOnlyFilesystem, ResourceBusy};
    [CrossesDevices, PermissionDenied, ReadOnlyFilesystem, ResourceBusy].contains(&error.kind())
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    let why = if error.kind() == io::ErrorKind::NotFound { "there is no such directory".to_owned() } else { reason(error) };
    Failure::new(Code::UnwritableFile, format!("cannot write `{}`: {why}", shown(path)))
}

fn stage(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<Option<(Spare, PathBuf)>> {
    let Some((spare, place)) = prepare(path)? else {
        let mut out = io::BufWriter::with_capacity(CHUNK, OpenOptions::new().write(true).open(path)?);
        return fill(&mut out).and_then(|()| out.flush()).map(|()| None);
    };
    let file = match &spare {
        Spare::Beside(temporary) => temporary.file(),
        Spare::Apart(file, _) => file,
    };
    let mut out = io::BufWriter::with_capacity(CHUNK, file);
    fill(&mut out).and_then(|()| out.flush())?;
    drop(out);
    Ok(Some((spare, place)))
}

/// An empty file for what is to be written, with the place that it is for; `None` for a device or a pipe, which cannot be
/// replaced.
fn prepare(path: &Path) -> io::Result<Option<(Spare, PathBuf)>> {
    let place = ledger::place(path);
    let Ok(old) = fs::metadata(&place) else {
        let temporary = Temporary::make(|| builder(true).tempfile_in(parent(&place)))?;
        return Ok(Some((Spare::Beside(temporary), place)));
    };
    if old.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !old.is_file() {
        return Ok(None);
    }
    // Renaming over a read-only file would work, and surprise; root may even write it.
    if old.permissions().readonly() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    OpenOptions::new().write(true).open(&place)?;
    if names(&old) > 1 {
        let why = format!("it has {} names (hard links), which stay one file", names(&old));
        let spare = apart(tempfile::tempfile()?, io::Error::other(why), &place)?;
        return Ok(Some((spare, place)));
    }
    let spare = match Temporary::make(|| builder(false).tempfile_in(parent(&place))) {
        Ok(temporary) => match keep_owner(temporary.file(), &old) {
            Ok(()) => {
                temporary.file().set_permissions(old.permissions())?;
                Spare::Beside(temporary)
            }
            Err(error) => apart(temporary.file().try_clone()?, error, &place)?,
        },
        Err(error) if forbids_renaming(&error) => apart(tempfile::tempfile()?, error, &place)?,
        Err(error) => return Err(error),
    };
    Ok(Some((spare, place)))
}

/// New files get what the user's umask leaves, as from any other program; those that take an old one's place are the user's alone
/// until they get its owner and its mode.
fn builder(is_new: bool) -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".pointwise-").suffix(".tmp");
    if is_new {
        permissions(&mut builder);
    }
    builder
}

#[cfg(unix)]
fn permissions(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt as _;
    builder.permissions(fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn permissions(_builder: &mut tempfile::Builder<'_, '_>) {}

/// How many names a file has.
#[cfg(unix)]
fn names(file: &fs::Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    file.nlink()
}

#[cfg(not(unix))]
fn names(_file: &fs::Metadata) -> u64 {
    1
}

/// Gives the owner and the group of the old file to the new one.
#[cfg(unix)]
fn keep_owner(new: &File, old: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let is = new.metadata()?;
    let (user, group) = (old.uid(), old.gid());
    if (is.uid(), is.gid()) == (user, group) { Ok(()) } else { fchown(new, Some(user), Some(group)) }
}

#[cfg(not(unix))]
fn keep_owner(_new: &File, _old: &fs::Metadata) -> io::Result<()> {
    Ok(())
}
