//! `target`: the machines that time is predicted for.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::failure::Failure;
use super::options::find_target;
use super::output::Output;
use super::session::Session;
use crate::analysis::measure::measure_this_machine;
use crate::analysis::target::Target;

/// Arguments of `target`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the targets that come with the program.
    List,
    /// Print a target's description, which can be edited and named by its file.
    Show {
        /// A target's name or file.
        #[arg(value_name = "NAME|FILE")]
        target: String,
    },
    /// Measure this machine; takes some seconds.
    Measure {
        /// Where to write the description.
        #[arg(short, long, value_name = "FILE", default_value = "-")]
        output: PathBuf,
    },
}

/// Runs the command.
pub(super) fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    match &arguments.action {
        Action::List => {
            let line = |name| {
                Target::shipped(name).map(|t| format!("{:<24} {} cores, {:.0} GFLOP/s\n", t.name, t.cores, t.peak_gflops.all))
            };
            let text: String = Target::shipped_names().filter_map(line).collect();
            Session::data(|out| out.write_all(text.as_bytes()))?;
        }
        Action::Show { target } => write(session, &Output::claim(Path::new("-"))?, &find_target(target)?)?,
        Action::Measure { output } => {
            let output = Output::claim(output)?;
            session.notice("measuring this machine; keep it otherwise idle");
            write(session, &output, &measure_this_machine())?;
        }
    }
    Ok(0)
}

fn write(session: &Session, output: &Output, target: &Target) -> Result<(), Failure> {
    let text = target.to_yaml();
    output.write(session, |out| out.write_all(text.as_bytes()))
}
