//! Why a command ends early, and with which exit code.

use std::io;

use super::session::Session;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::SourceSet;

/// Clean.
pub(super) const CLEAN: u8 = 0;
/// A diagnostic error in the input, a failed assertion, a mismatch.
pub(super) const FINDINGS: u8 = 1;
/// Usage, IO or limits.
pub(super) const TROUBLE: u8 = 2;

/// Why a command ends early.
#[derive(Debug)]
pub(super) enum Failure {
    /// Something with a code.
    Diagnostic(Box<Diagnostic>),
    /// Arguments that make no sense together: one sentence, and advice.
    Usage(String, Option<String>),
    /// What was wrong has been shown already.
    Reported(u8),
    /// Whoever read our output has gone.
    Pipe,
}

impl Failure {
    /// A finding with a code and without a place.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self::Diagnostic(Box::new(Diagnostic::bare(code, Severity::Error, message)))
    }

    /// A sentence about the arguments.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into(), None)
    }

    /// Adds advice.
    pub fn help(self, text: impl Into<String>) -> Self {
        match self {
            Self::Diagnostic(diagnostic) => Self::Diagnostic(Box::new(diagnostic.help(text))),
            Self::Usage(message, _) => Self::Usage(message, Some(text.into())),
            Self::Reported(code) => Self::Reported(code),
            Self::Pipe => Self::Pipe,
        }
    }

    /// A failure to write to standard output.
    pub fn stdout(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::Pipe
        } else {
            Self::new(Code::UnwritableFile, format!("cannot write to standard output: {}", reason(error)))
        }
    }

    /// Shows what is to be shown; the exit code.
    pub fn report(self) -> u8 {
        match self {
            Self::Diagnostic(diagnostic) => {
                Session::show(&SourceSet::new(), std::slice::from_ref(&*diagnostic));
                exit_code(std::slice::from_ref(&*diagnostic))
            }
            Self::Usage(message, help) => {
                Session::complain(&message, help.as_deref());
                TROUBLE
            }
            Self::Reported(code) => code,
            Self::Pipe => CLEAN,
        }
    }
}

impl From<Box<Diagnostic>> for Failure {
    fn from(diagnostic: Box<Diagnostic>) -> Self {
        Self::Diagnostic(diagnostic)
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Diagnostic(Box::new(diagnostic))
    }
}

/// The exit code that findings call for.
pub(super) fn exit_code(diagnostics: &[Diagnostic]) -> u8 {
    const LIMITS_AND_IO: &[Code] = &[
        Code::UnknownKnob,
        Code::UnreadableFile,
        Code::TooLarge,
        Code::TooManyNodes,
        Code::TooManySteps,
        Code::TooMuchMemory,
        Code::UnwritableFile,
    ];
    let errors = || diagnostics.iter().filter(|d| d.is_error());
    if errors().any(|d| LIMITS_AND_IO.contains(&d.code)) {
        TROUBLE
    } else if errors().next().is_some() {
        FINDINGS
    } else {
        CLEAN
    }
}

/// An IO error as a clause: "there is no such file", not "No such file or directory (os error 2)".
pub(super) fn reason(error: &io::Error) -> String {
    const KNOWN: &[(io::ErrorKind, &str)] = &[
        (io::ErrorKind::NotFound, "there is no such file"),
        (io::ErrorKind::PermissionDenied, "permission is denied"),
        (io::ErrorKind::IsADirectory, "it is a directory"),
        (io::ErrorKind::NotADirectory, "a part of the path is not a directory"),
        (io::ErrorKind::StorageFull, "the disk is full"),
        (io::ErrorKind::ReadOnlyFilesystem, "the file system is read-only"),
    ];
    if let Some((_, clause)) = KNOWN.iter().find(|(kind, _)| *kind == error.kind()) {
        return (*clause).to_owned();
    }
    let text = error.to_string();
    text[..text.find(" (os error").unwrap_or(text.len())].to_lowercase()
}
