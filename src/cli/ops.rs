//! `ops`: the reference of operations, from their table.

use std::fmt::Write as _;

use clap::Args;

use super::failure::Failure;
use super::options::DataFormat;
use super::session::Session;
use crate::op::table::{OPS, OpInfo, find};
use crate::report::fit::wrapped;
use crate::report::operations::{self, signature};
use crate::report::serial;

/// Arguments of `ops`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// An operation; all are listed without one.
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// How it is written.
    #[arg(long, value_name = "FORMAT", default_value = "table", help_heading = "Output")]
    format: DataFormat,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let one = match &arguments.name {
        None => None,
        Some(name) => {
            let unknown =
                || Failure::usage(format!("there is no operation `{name}`")).help("`pointwise ops` lists all operations");
            Some(find(name).ok_or_else(unknown)?)
        }
    };
    let data = |text: String| Session::data(|out| out.write_all(text.as_bytes()));
    let grid = || one.map_or_else(operations::list, operations::parameters);
    match arguments.format {
        DataFormat::Table => Session::report(&one.map_or_else(|| list(Session::width()), |op| page(op, Session::width())))?,
        DataFormat::Markdown => data(grid().markdown())?,
        DataFormat::Csv => data(grid().csv())?,
        DataFormat::Json => Session::data(|out| serial::json(out, &operations::document(one)))?,
        DataFormat::Yaml => Session::data(|out| serial::yaml(out, &operations::document(one)))?,
    }
    Ok(0)
}

fn list(columns: Option<usize>) -> String {
    let width = OPS.iter().map(|op| signature(op).len()).max().unwrap_or(0).min(48);
    let mut text = String::new();
    let mut family = "";
    for op in OPS {
        if op.family != family {
            let gap = if family.is_empty() { "" } else { "\n" };
            family = op.family;
            let _ = writeln!(text, "{gap}\u{1b}[1m{family}\u{1b}[0m");
        }
        let line = format!("  {:<width$}  {}", signature(op), op.summary);
        match columns.filter(|columns| line.chars().count() > *columns) {
            Some(columns) => {
                // The spaces before the first word are lost in wrapping.
                let (call, summary) = (wrapped(&signature(op), columns - 2, 4), wrapped(op.summary, columns - 6, 0));
                let _ = writeln!(text, "  {call}\n      {}", summary.replace('\n', "\n      "));
            }
            None => {
                let _ = writeln!(text, "{line}");
            }
        }
    }
    text
}

fn page(op: &OpInfo, columns: Option<usize>) -> String {
    let mut text = format!(
        "\u{1b}[1m{}\u{1b}[0m\n\n{}\n\n",
        columns.map_or(signature(op), |columns| wrapped(&signature(op), columns, 4)),
        op.summary
    );
    let inputs = match op.inputs {
        (least, Some(most)) if least == most => format!("{least}"),
        (least, Some(most)) => format!("{least} to {most}"),
        (least, None) => format!("{least} or more"),
    };
    let _ = writeln!(text, "family  {}\ninputs  {inputs}\nshapes  {}\nONNX    {}", op.family, op.shapes, op.onnx);
    if !op.params.is_empty() {
        text.push('\n');
    }
    let name = op.params.iter().map(|p| p.name.len()).max().unwrap_or(0);
    let kind = op.params.iter().map(|p| p.kind.text().chars().count()).max().unwrap_or(0);
    for p in op.params {
        let default = p.default_text().map_or("must be given".to_owned(), |d| format!("default {d}"));
        let line = format!("  {:<name$}  {:<kind$}  {} ({default})", p.name, p.kind, p.doc);
        match columns.filter(|columns| line.chars().count() > *columns) {
            Some(columns) => {
                let said = wrapped(&format!("{}: {}; {} ({default})", p.name, p.kind, p.doc), columns - 2, 4);
                let _ = writeln!(text, "  {said}");
            }
            None => {
                let _ = writeln!(text, "{line}");
            }
        }
    }
    text
}
