//! The document of `convert x.json`: a graph with its shapes, for other programs.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::network::{Dims, Port, outermost};
use super::{SCHEMA_VERSION, TOOL_VERSION};
use crate::op::args::ArgValue;
use crate::op::table::all_args;
use crate::shape::Shaped;

/// A graph.
#[derive(Debug, Serialize)]
pub struct Document<'a> {
    /// The form of this document.
    pub schema_version: u32,
    /// The version of the program.
    pub tool_version: &'static str,
    /// The net's name.
    pub net: &'a str,
    /// Outputs: name, the node that makes it, shape.
    pub outputs: Vec<Output<'a>>,
    /// Inputs with their shapes.
    pub inputs: Vec<Port<'a>>,
    /// All nodes in order of execution, inputs included.
    pub nodes: Vec<Item<'a>>,
}

/// An output.
#[derive(Debug, Serialize)]
pub struct Output<'a> {
    /// Its name.
    pub name: &'a str,
    /// The node that makes it.
    pub node: &'a str,
    /// Its shape.
    pub shape: Dims,
}

/// A node.
#[derive(Debug, Serialize)]
pub struct Item<'a> {
    /// Its path.
    pub name: &'a str,
    /// The operation's word.
    pub op: &'static str,
    /// Every argument as `pointwise ops` lists them, also those left to their defaults; `null` is none.
    pub arguments: Map<String, Value>,
    /// Names of its inputs, in order.
    pub inputs: Vec<&'a str>,
    /// Its shape.
    pub output: Dims,
    /// The outermost block instance.
    pub block: Option<&'a str>,
    /// What its weights are called after, where other nodes use them too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared_weights: Option<&'a str>,
    /// The pass or statement that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_by: Option<&'static str>,
}

/// The document of a network.
#[must_use]
pub fn document(shaped: &Shaped) -> Document<'_> {
    let graph = shaped.graph();
    let name = |id| graph.node(id).name.as_str();
    let item = |id| {
        let node = graph.node(id);
        Item {
            name: &node.name,
            op: node.op.keyword(),
            arguments: all_args(&node.op).into_iter().map(|(key, arg)| (key.to_owned(), argument(arg.as_ref()))).collect(),
            inputs: node.inputs.iter().map(|input| name(*input)).collect(),
            output: Dims(shaped.shape(id)),
            block: outermost(graph, id),
            shared_weights: graph.shares_tensors(id).then(|| graph.tensor(node.tensors[0]).owner.as_str()),
            made_by: node.inserted_for().map(|part| part.by.word()),
        }
    };
    Document {
        schema_version: SCHEMA_VERSION,
        tool_version: TOOL_VERSION,
        net: graph.name(),
        inputs: graph.inputs().iter().map(|id| Port { name: name(*id), shape: shaped.shape(*id).to_vec() }).collect(),
        outputs: graph
            .outputs()
            .iter()
            .map(|(o, id)| Output { name: o, node: name(*id), shape: Dims(shaped.shape(*id)) })
            .collect(),
        nodes: shaped.order().iter().map(|id| item(*id)).collect(),
    }
}

fn argument(arg: Option<&ArgValue>) -> Value {
    arg.map_or(Value::Null, value)
}

fn value(arg: &ArgValue) -> Value {
    match arg {
        ArgValue::Int(n) => json!(n),
        ArgValue::Float(x) => json!(x),
        ArgValue::Bool(b) => json!(b),
        ArgValue::Str(s) => json!(s),
        ArgValue::List(items) => Value::Array(items.iter().map(value).collect()),
    }
}
