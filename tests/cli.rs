//! The program from outside: every command, its exit codes, its data on standard output.

mod cli_common;

#[path = "cli/analyze.rs"]
mod analyze;
#[path = "cli/check.rs"]
mod check;
#[path = "cli/convert.rs"]
mod convert;
#[path = "cli/explain.rs"]
mod explain;
#[path = "cli/optimize.rs"]
mod optimize;
#[path = "cli/report.rs"]
mod report;
#[path = "cli/run.rs"]
mod run;
