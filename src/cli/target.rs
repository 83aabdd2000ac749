//! `target`: the machines that time is predicted for.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::failure::Failure;
use super::options::{DataFormat, find_target};
use super::output::Output;
use super::session::Session;
use crate::analysis::measure::measure_this_machine;
use crate::analysis::target::Target;
use crate::report::grid::{Cell, Grid, Heading};
use crate::report::{serial, table};

/// Arguments of `target`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the targets that come with the program.
    List {
        /// How it is written.
        #[arg(long, value_name = "FORMAT", default_value = "table")]
        format: DataFormat,
    },
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
        Action::List { format } => list(*format)?,
        Action::Show { target } => write(session, &Output::claim(Path::new("-"))?, &find_target(target)?)?,
        Action::Measure { output } => {
            let output = Output::claim(output)?;
            session.notice("measuring this machine; keep it otherwise idle");
            write(session, &output, &measure_this_machine())?;
        }
    }
    Ok(0)
}

fn list(format: DataFormat) -> Result<(), Failure> {
    let targets: Vec<Target> = Target::shipped_names().filter_map(Target::shipped).collect();
    let row = |t: &Target| {
        vec![
            Cell::Name(t.name.clone()),
            Cell::Count(u64::from(t.cores)),
            Cell::Number(t.peak_gflops.all),
            Cell::Number(t.memory_gbps.all),
        ]
    };
    let headings = [("name", "target"), ("cores", "cores"), ("peak_gflops", "GFLOP/s"), ("memory_gbps", "GB/s")];
    let headings = headings.map(|(key, title)| Heading { key, title }).into();
    let grid = || Grid { headings, rows: targets.iter().map(row).collect(), footer: None };
    let data = |text: String| Session::data(|out| out.write_all(text.as_bytes()));
    match format {
        DataFormat::Table => Session::report(&table::draw(&grid(), Session::width())),
        DataFormat::Markdown => data(grid().markdown()),
        DataFormat::Csv => data(grid().csv()),
        DataFormat::Json => Session::data(|out| serial::json(out, &targets)),
        DataFormat::Yaml => Session::data(|out| serial::yaml(out, &targets)),
    }
}

fn write(session: &Session, output: &Output, target: &Target) -> Result<(), Failure> {
    output.write(session, |out| serial::yaml(out, target))
}
