//! The memory that a command may take: `--max-memory`, or what the machine has.
//!
//! In: bytes that something will take, before it is made. Out: nothing, or a refusal with both numbers. What counts is what
//! grows with the files: weights, tensors, pictures, texts of labels, what is written. The program itself, the graph of a
//! network and what the allocator keeps between two tensors come on top, together at most some 64 MiB.

use clap::Args;

use super::failure::Failure;
use super::machine;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::report::number;

/// How much memory a command may take.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct MemoryOptions {
    /// Bytes that weights, tensors, pictures and outputs may take together, such as 2GiB; what the machine has available by
    /// default, and at most.
    #[arg(long, value_name = "BYTES", value_parser = machine::bytes, help_heading = "Execution")]
    pub max_memory: Option<u64>,
}

/// Memory that is left to a command; copies are for what does not outlive a part of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    allowed: u64,
    held: u64,
}

impl Room {
    /// All that is allowed.
    pub fn new(options: MemoryOptions) -> Self {
        // More than there is would end in an allocation that fails; no allocation may exceed what an `isize` counts.
        let most = [options.max_memory, machine::available_memory(), Some(isize::MAX as u64)];
        Self { allowed: most.into_iter().flatten().min().unwrap_or(0), held: 0 }
    }

    /// All that is allowed, what is held included.
    pub fn allowed(&self) -> u64 {
        self.allowed
    }

    /// What is not held.
    pub fn left(&self) -> u64 {
        self.allowed.saturating_sub(self.held)
    }

    /// Whether so much more fits; `what` says what for, as in "reading `x.npy`".
    pub fn check(&self, bytes: u64, what: &str) -> Result<(), Failure> {
        if bytes <= self.left() { Ok(()) } else { Err(self.refuse(bytes, what).into()) }
    }

    /// Holds so much more, if it fits.
    pub fn hold(&mut self, bytes: u64, what: &str) -> Result<(), Failure> {
        self.check(bytes, what)?;
        self.held += bytes;
        Ok(())
    }

    /// The refusal of so much more.
    pub fn refuse(&self, bytes: u64, what: &str) -> Diagnostic {
        let (needed, allowed) = (number::bytes(self.held.saturating_add(bytes)), number::bytes(self.allowed));
        let diagnostic =
            Diagnostic::bare(Code::TooMuchMemory, Severity::Error, format!("{what} needs {needed}, and {allowed} are allowed"));
        if self.held == 0 {
            return diagnostic;
        }
        diagnostic.note(format!("{} of that are taken already", number::bytes(self.held)))
    }
}
