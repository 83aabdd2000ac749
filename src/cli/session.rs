//! What is shown to the person at the terminal: diagnostics, notices, and the width and colours of it all.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

use anstream::ColorChoice;

use super::Global;
use super::failure::Failure;
use super::locale;
use crate::diagnostic::Diagnostic;
use crate::render::{self, Findings, Format};
use crate::report::fit::wrapped_lines;
use crate::source::SourceSet;
use crate::visible::{styled, visible};

/// Width where there is no terminal.
const PLAIN_WIDTH: usize = 120;
/// Width that tables need.
const LEAST_WIDTH: usize = 40;

/// How this process talks.
#[derive(Debug)]
pub(super) struct Session {
    /// No warnings, no notices.
    pub quiet: bool,
    /// How often `-v` was given.
    pub verbose: u8,
}

impl Session {
    /// Sets the colours of the whole process.
    pub fn new(global: &Global) -> Self {
        match global.color {
            clap::ColorChoice::Auto => ColorChoice::Auto,
            clap::ColorChoice::Always => ColorChoice::Always,
            clap::ColorChoice::Never => ColorChoice::Never,
        }
        .write_global();
        Self { quiet: global.quiet, verbose: global.verbose }
    }

    /// The width of the terminal behind standard output, if it is one.
    pub fn width() -> Option<usize> {
        io::stdout().is_terminal().then(terminal_width)
    }

    /// The width that the help is laid out by: the terminal's, or else what `COLUMNS` says; tables of options need 40.
    pub fn help_width() -> usize {
        let measured = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        measured.or_else(columns).map_or(PLAIN_WIDTH, |width| width.max(LEAST_WIDTH))
    }

    /// Writes text for people to standard output; colours are left out where they are not wanted.
    pub fn say(text: &str) -> Result<(), Failure> {
        let mut out = anstream::stdout().lock();
        out.write_all(styled(text).as_bytes()).and_then(|()| out.flush()).map_err(|error| Failure::stdout(&error))
    }

    /// Writes a report with tables to standard output, with characters that the locale has.
    pub fn report(text: &str) -> Result<(), Failure> {
        let text = Self::width().map_or(Cow::Borrowed(text), |width| Cow::Owned(wrapped_lines(text, width)));
        if is_unicode() { Self::say(&text) } else { Self::say(&locale::in_ascii(&text)) }
    }

    /// A report with tables on standard error, where standard output is for something else.
    pub fn report_aside(text: &str) {
        if is_unicode() { Self::tell(text) } else { Self::tell(&locale::in_ascii(text)) }
    }

    /// Writes data to standard output as it is; to a terminal so that it steers nothing.
    pub fn data(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        if io::stdout().is_terminal() {
            let mut bytes = Vec::new();
            write(&mut bytes).map_err(|error| Failure::stdout(&error))?;
            return Self::say(&visible(&String::from_utf8_lossy(&bytes)));
        }
        let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
        write(&mut out).and_then(|()| out.flush()).map_err(|error| Failure::stdout(&error))
    }

    /// Shows diagnostics on standard error.
    pub fn show(sources: &SourceSet, diagnostics: &[Diagnostic]) {
        let width = if io::stderr().is_terminal() { terminal_width() } else { PLAIN_WIDTH };
        let text = render::render(&[Findings { sources, diagnostics }], Format::Full, width);
        Self::tell(&if is_unicode() { text } else { locale::with_ascii_borders(&text) });
    }

    /// Shows a warning without a place, unless quiet.
    pub fn warn(&self, warning: Diagnostic) {
        if !self.quiet {
            Self::show(&SourceSet::new(), &[warning]);
        }
    }

    /// One line on standard error, unless quiet.
    pub fn notice(&self, text: &str) {
        if !self.quiet {
            Self::tell(&format!("{}\n", visible(text)));
        }
    }

    /// One line on standard error where more was asked for.
    pub fn detail(&self, text: &str) {
        if self.verbose > 0 {
            Self::tell(&format!("{}\n", visible(text)));
        }
    }

    /// An error without a code: something about the arguments.
    pub fn complain(message: &str, help: Option<&str>) {
        let help = help.map_or(String::new(), |help| format!("\u{1b}[1;96mhelp\u{1b}[0m: {}\n", visible(help)));
        Self::tell(&format!("\u{1b}[1;91merror\u{1b}[0m: {}\n{help}", visible(message)));
    }

    /// Text for people on standard error, which may be closed: there is no one left to tell.
    pub fn tell(text: &str) {
        let _ = anstream::stderr().lock().write_all(styled(text).as_bytes());
    }
}

/// What the environment says of this process' terminal.
#[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn is_unicode() -> bool {
    locale::is_unicode(variable)
}

/// Columns of the terminal, or as many as `COLUMNS` says.
fn terminal_width() -> usize {
    let measured = || terminal_size::terminal_size().map_or(PLAIN_WIDTH, |(width, _)| usize::from(width.0));
    columns().unwrap_or_else(measured).max(LEAST_WIDTH)
}

fn columns() -> Option<usize> {
    variable("COLUMNS").and_then(|columns| columns.trim().parse().ok()).filter(|columns| *columns > 0)
}
