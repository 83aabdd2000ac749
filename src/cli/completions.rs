//! `completions`: a completion script for a shell.

use clap::Args;
use clap_complete::Shell;

use super::failure::Failure;
use super::session::Session;

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The shell.
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, command: &mut clap::Command) -> Result<u8, Failure> {
    // The generator panics where a write fails, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, command, "pointwise", &mut script);
    Session::data(|out| out.write_all(&script))?;
    Ok(0)
}
