//! Temporary files that vanish, also where the program is interrupted.
//!
//! In: the making of a temporary file. Out: [`Temporary`], gone when it is dropped and when SIGINT, SIGTERM or SIGHUP end the
//! program, which then ends as by the signal itself, so that a shell sees 130, 143 or 129. A signal that was ignored when the
//! program started, as under `nohup`, stays ignored.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;

/// Temporary files that are there now.
static OPEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn open() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does what must not be left half done: a signal that comes meanwhile ends the program afterwards. No [`Temporary`] is made, put
/// or dropped within.
pub(super) fn undisturbed<T>(work: impl FnOnce() -> T) -> T {
    watch::begin();
    let _open = open();
    work()
}

/// A temporary file.
#[derive(Debug)]
pub(super) struct Temporary(Option<NamedTempFile>);

impl Temporary {
    /// Makes one. No signal falls between making and noting it.
    pub fn make(make: impl FnOnce() -> io::Result<NamedTempFile>) -> io::Result<Self> {
        watch::begin();
        let mut open = open();
        let file = make()?;
        open.insert(file.path().to_owned());
        Ok(Self(Some(file)))
    }

    /// The open file.
    pub fn file(&self) -> &File {
        self.0.as_ref().expect("it is there until it is put in its place").as_file()
    }

    /// Puts it in its place; hands it back where that fails.
    pub fn put(mut self, place: &Path) -> Result<(), (io::Error, Self)> {
        let mut open = open();
        let file = self.0.take().expect("it is there until it is put in its place");
        let path = file.path().to_owned();
        match file.persist(place) {
            Ok(_) => {
                open.remove(&path);
                Ok(())
            }
            Err(error) => Err((error.error, Self(Some(error.file)))),
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(file) = self.0.take() {
            let mut open = open();
            open.remove(file.path());
            drop(file);
        }
    }
}

#[cfg(unix)]
mod watch {
    //! The thread that waits for signals.

    use std::sync::{Once, mpsc};

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    static BEGUN: Once = Once::new();

    /// Waits for signals from here on. Where the system gives no thread, signals end the program as they always do.
    pub(super) fn begin() {
        BEGUN.call_once(|| {
            let (ready, is_ready) = mpsc::channel();
            let waits = std::thread::Builder::new().spawn(move || {
                let heeded: Vec<i32> = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| !is_ignored(*signal)).collect();
                let signals = Signals::new(heeded);
                let _ = ready.send(());
                let Ok(mut signals) = signals else { return };
                if let Some(signal) = signals.forever().next() {
                    // Held to the end: nothing new is made meanwhile.
                    let open = super::open();
                    for path in open.iter() {
                        let _ = std::fs::remove_file(path);
                    }
                    let _ = emulate_default_handler(signal);
                }
            });
            if waits.is_ok() {
                let _ = is_ready.recv();
            }
        });
    }

    /// Whether the program was started with the signal ignored; said by Linux alone.
    #[expect(clippy::disallowed_methods, reason = "the command line looks at its own process")]
    fn is_ignored(signal: i32) -> bool {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
        mask >> (signal - 1) & 1 == 1
    }
}

#[cfg(not(unix))]
mod watch {
    //! Nothing to wait for.

    pub(super) fn begin() {}
}
