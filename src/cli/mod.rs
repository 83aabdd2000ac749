//! The command line: one file a command, each thin over the library.
//!
//! In: arguments, files, standard input. Out: data on standard output, diagnostics and progress on standard error, an
//! exit code: 0 clean, 1 findings, 2 usage, IO or limits. All IO of the program is here, most of it in `files`.

mod analyze;
mod bench;
mod check;
mod completions;
mod convert;
mod diff;
mod elements;
mod explain;
mod export;
mod failure;
mod files;
mod fmt;
mod init;
mod ledger;
mod load;
mod locale;
mod machine;
mod models;
mod onnx;
mod ops;
mod optimize;
mod options;
mod output;
mod pareto;
mod progress;
mod replace;
mod report;
mod room;
mod run;
mod session;
mod signals;
mod sweep;
mod target;
mod tensors;
mod usage;
mod uses;
mod weights;

use std::process::ExitCode;

use clap::{Args, ColorChoice, CommandFactory, Parser, Subcommand};

use failure::Failure;
use session::Session;

use crate::visible;

/// A compiler and static analyzer for convolutional networks.
#[derive(Debug, Parser)]
#[command(name = "pointwise", version, about, max_term_width = 100, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
struct Global {
    /// When to use colours.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    color: ColorChoice,
    /// Say nothing but what was asked for: no warnings, no progress.
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Output")]
    quiet: bool,
    /// Say more about what is done.
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Output")]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check networks: syntax, shapes, assertions, lints.
    Check(check::Arguments),
    /// Count parameters, MACs, bytes, receptive fields: per layer and in total.
    Analyze(analyze::Arguments),
    /// Insert 1x1 bottlenecks and report what they save.
    Optimize(optimize::Arguments),
    /// Report what optimizing would save, or what changed between two networks.
    Report(report::Arguments),
    /// Execute a network.
    Run(run::Arguments),
    /// Measure the latency of networks.
    Bench(bench::Arguments),
    /// Make weights for a network that has none.
    Init(init::Arguments),
    /// Convert a network to another form, by the extension of the output.
    Convert(convert::Arguments),
    /// Lay out `.net` files in their canonical form.
    Fmt(fmt::Arguments),
    /// Explain a diagnostic's code.
    Explain(explain::Arguments),
    /// The reference of operations.
    Ops(ops::Arguments),
    /// Describe or measure the machines that time is predicted for.
    Target(target::Arguments),
    /// Print a completion script for a shell.
    Completions(completions::Arguments),
}

/// Runs the program with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(told(&error)),
    };
    let session = Session::new(&cli.global);
    let result = dispatch(&session, &cli.command);
    ExitCode::from(match result {
        Ok(code) => code,
        Err(failure) => failure.report(),
    })
}

/// Shows what is wrong with the arguments, or the help or version that they ask for; the exit code.
fn told(error: &clap::Error) -> u8 {
    let text = error.render();
    // A name of a file that a shell put in is not the user's word, and must not steer the terminal.
    let is_plain = std::env::args_os().all(|word| !word.to_string_lossy().contains(visible::is_unseen));
    let text = if is_plain { text.ansi().to_string() } else { visible::visible(&text.to_string()).into_owned() };
    let text = usage::fitted(&text, Session::help_width());
    if error.use_stderr() {
        Session::tell(&text);
        return failure::TROUBLE;
    }
    Session::say(&text).map_or_else(Failure::report, |()| failure::CLEAN)
}

fn dispatch(session: &Session, command: &Command) -> Result<u8, Failure> {
    match command {
        Command::Check(arguments) => check::run(session, arguments),
        Command::Analyze(arguments) => analyze::run(session, arguments),
        Command::Optimize(arguments) => optimize::run(session, arguments),
        Command::Report(arguments) => report::run(session, arguments),
        Command::Run(arguments) => run::run(session, arguments),
        Command::Bench(arguments) => bench::run(session, arguments),
        Command::Init(arguments) => init::run(session, arguments),
        Command::Convert(arguments) => convert::run(session, arguments),
        Command::Fmt(arguments) => fmt::run(session, arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Ops(arguments) => ops::run(arguments),
        Command::Target(arguments) => target::run(session, arguments),
        Command::Completions(arguments) => completions::run(arguments, &mut Cli::command()),
    }
}
