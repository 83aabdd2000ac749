//! `ops`: the reference of operations, from their table.

use std::fmt::Write as _;

use clap::Args;

use super::failure::Failure;
use super::session::Session;
use crate::op::table::{OPS, OpInfo, find};

/// Arguments of `ops`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// An operation; all are listed without one.
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let text = match &arguments.name {
        None => list(),
        Some(name) => {
            let unknown =
                || Failure::usage(format!("there is no operation `{name}`")).help("`pointwise ops` lists all operations");
            page(find(name).ok_or_else(unknown)?)
        }
    };
    Session::say(&text)?;
    Ok(0)
}

fn list() -> String {
    let width = OPS.iter().map(|op| signature(op).len()).max().unwrap_or(0).min(48);
    let mut text = String::new();
    let mut family = "";
    for op in OPS {
        if op.family != family {
            let gap = if family.is_empty() { "" } else { "\n" };
            family = op.family;
            let _ = writeln!(text, "{gap}\u{1b}[1m{family}\u{1b}[0m");
        }
        let _ = writeln!(text, "  {:<width$}  {}", signature(op), op.summary);
    }
    text
}

/// `conv(out, k=1, stride=1)`.
fn signature(op: &OpInfo) -> String {
    if op.params.is_empty() {
        return op.keyword.to_owned();
    }
    format!("{}({})", op.keyword, op.signature())
}

fn page(op: &OpInfo) -> String {
    let mut text = format!("\u{1b}[1m{}\u{1b}[0m\n\n{}\n\n", signature(op), op.summary);
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
        let _ = writeln!(text, "  {:<name$}  {:<kind$}  {} ({default})", p.name, p.kind, p.doc);
    }
    text
}
