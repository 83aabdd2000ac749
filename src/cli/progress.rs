//! A bar on standard error for what takes a while; only where a person looks at it.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use super::session::Session;

/// How often it is drawn at most.
const PACE: Duration = Duration::from_millis(100);
/// Cells of the bar.
const CELLS: usize = 30;

/// How far something is; gone when dropped.
#[derive(Debug)]
pub(super) struct Progress {
    what: &'static str,
    total: usize,
    /// When it is drawn next; `None` where nobody looks.
    next: Option<Instant>,
}

impl Progress {
    /// Of `total` things, on a terminal, unless quiet. What is done within a tenth of a second shows none.
    pub fn new(session: &Session, total: usize, what: &'static str) -> Self {
        let watched = !session.quiet && io::stderr().is_terminal();
        Self { what, total, next: watched.then(|| Instant::now() + PACE) }
    }

    /// So many are done.
    pub fn at(&mut self, done: usize) {
        let now = Instant::now();
        if self.next.is_some_and(|next| now >= next) {
            self.next = Some(now + PACE);
            Self::draw(&bar(done, self.total, self.what));
        }
    }

    /// Standard error may be closed: there is no one left to tell.
    fn draw(line: &str) {
        let mut out = io::stderr().lock();
        let _ = out.write_all(format!("\r\u{1b}[K{line}").as_bytes()).and_then(|()| out.flush());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.next.is_some() {
            Self::draw("");
        }
    }
}

/// `[#####-----] 5 of 10 combinations`.
fn bar(done: usize, total: usize, what: &str) -> String {
    let full = CELLS * done.min(total) / total.max(1);
    format!("[{}{}] {done} of {total} {what}", "#".repeat(full), "-".repeat(CELLS - full))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_bar_is_as_full_as_what_is_done() {
        assert_eq!(super::bar(5, 10, "rows"), format!("[{}{}] 5 of 10 rows", "#".repeat(15), "-".repeat(15)));
        assert_eq!(super::bar(0, 0, "rows"), format!("[{}] 0 of 0 rows", "-".repeat(30)));
    }
}
