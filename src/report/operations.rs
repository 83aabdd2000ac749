//! The reference of operations as data: what `pointwise ops` says, for programs.
//!
//! In: the table of operations. Out: a document that serialises, and grids.

use serde::Serialize;

use super::grid::{Cell, Grid, Heading};
use super::{SCHEMA_VERSION, TOOL_VERSION};
use crate::op::table::{OPS, OpInfo};

/// Operations.
#[derive(Debug, Serialize)]
pub struct Document {
    /// The form of this document.
    pub schema_version: u32,
    /// The version of the program.
    pub tool_version: &'static str,
    /// All of them, by family, or the one that was asked for.
    pub operations: Vec<Operation>,
}

/// One operation.
#[derive(Debug, Serialize)]
pub struct Operation {
    /// The word that calls it.
    pub name: &'static str,
    /// What it belongs to.
    pub family: &'static str,
    /// What it computes.
    pub summary: &'static str,
    /// As it is called, with all parameters.
    pub signature: String,
    /// Least number of tensors.
    pub least_inputs: usize,
    /// Most tensors; `null` without a limit.
    pub most_inputs: Option<usize>,
    /// Shapes in words.
    pub shapes: &'static str,
    /// The ONNX operator of the same meaning.
    pub onnx: &'static str,
    /// Its parameters in order.
    pub parameters: Vec<Parameter>,
}

/// One parameter.
#[derive(Debug, Serialize)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub takes: String,
    /// As it is written; `null` where it must be given.
    pub default: Option<String>,
    /// What it means.
    pub doc: &'static str,
}

/// `conv(out, k=1, stride=1)`.
#[must_use]
pub fn signature(op: &OpInfo) -> String {
    if op.params.is_empty() { op.keyword.to_owned() } else { format!("{}({})", op.keyword, op.signature()) }
}

/// The document of one operation, or of all.
#[must_use]
pub fn document(one: Option<&OpInfo>) -> Document {
    let operations = one.map_or_else(|| OPS.iter().map(operation).collect(), |op| vec![operation(op)]);
    Document { schema_version: SCHEMA_VERSION, tool_version: TOOL_VERSION, operations }
}

fn operation(op: &OpInfo) -> Operation {
    let parameter = |p: &crate::op::table::ParamInfo| Parameter {
        name: p.name,
        takes: p.kind.to_string(),
        default: p.default_text(),
        doc: p.doc,
    };
    Operation {
        name: op.keyword,
        family: op.family,
        summary: op.summary,
        signature: signature(op),
        least_inputs: op.inputs.0,
        most_inputs: op.inputs.1,
        shapes: op.shapes,
        onnx: op.onnx,
        parameters: op.params.iter().map(parameter).collect(),
    }
}

/// A row an operation.
#[must_use]
pub fn list() -> Grid {
    let row = |op: &OpInfo| [op.keyword, &signature(op), op.family, op.summary].map(|text| Cell::Text(text.to_owned())).into();
    let titles = [("name", "operation"), ("signature", "call"), ("family", "family"), ("summary", "computes")];
    Grid { headings: titles.map(|(key, title)| Heading { key, title }).into(), rows: OPS.iter().map(row).collect(), footer: None }
}

/// A row a parameter of an operation.
#[must_use]
pub fn parameters(op: &OpInfo) -> Grid {
    let row = |p: Parameter| {
        let default = p.default.unwrap_or_default();
        [p.name.to_owned(), p.takes, default, p.doc.to_owned()].map(Cell::Text).into()
    };
    let titles = [("name", "parameter"), ("takes", "takes"), ("default", "default"), ("doc", "meaning")];
    let rows = operation(op).parameters.into_iter().map(row).collect();
    Grid { headings: titles.map(|(key, title)| Heading { key, title }).into(), rows, footer: None }
}
