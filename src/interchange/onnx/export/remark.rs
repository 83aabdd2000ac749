//! What is remarked of a layer beside its nodes, so that the layer is found again.
//!
//! In: an operation and its place. Out: a line of JSON, `{"layer": "conv1", "op": "conv", "arguments": {"out": 64, "k": 7}, "reads": ["image"]}`, and back.
//! Arguments are those that a call in the language would have. A remark says nothing that the nodes beside it do not compute:
//! who reads one writes the layer anew and compares.

use serde_json::{Map, Value};

use super::layer::Place;
use crate::op::args::ArgValue;
use crate::op::table::{self, Built};
use crate::op::{Op, Scalar, ScalarOp, Shape};

/// Arithmetic with a number is no call; these are its words.
const ARITHMETIC: [(&str, ScalarOp); 10] = [
    ("x + value", ScalarOp::Add),
    ("x - value", ScalarOp::Sub),
    ("value - x", ScalarOp::RevSub),
    ("x * value", ScalarOp::Mul),
    ("x / value", ScalarOp::Div),
    ("value / x", ScalarOp::RevDiv),
    ("x ** value", ScalarOp::Pow),
    ("value ** x", ScalarOp::RevPow),
    ("max(x, value)", ScalarOp::Max),
    ("min(x, value)", ScalarOp::Min),
];

const LAYER: &str = "layer";
const OP: &str = "op";
const ARGUMENTS: &str = "arguments";
const READS: &str = "reads";
const STORED: &str = "stored";
const TENSORS: &str = "tensors";
const PREFIX: &str = "values";

/// A remark as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Remark {
    /// The layer's name.
    pub layer: String,
    /// What names of values within it begin with.
    pub prefix: String,
    /// The names of the values that it reads.
    pub reads: Vec<String>,
    /// Which of these are the same for each image.
    pub stored: Vec<bool>,
    /// What its tensors are called after.
    pub owner: String,
    keyword: String,
    arguments: Map<String, Value>,
}

/// The remark of a layer whose tensors are called after `owner`; `None` where it would not be read as the same operation.
pub fn write(op: &Op, (layer, owner): (&str, &str), place: &Place) -> Option<String> {
    let mut map = Map::new();
    map.insert(LAYER.to_owned(), layer.into());
    let (keyword, arguments) = called(op)?;
    map.insert(OP.to_owned(), keyword.into());
    if !arguments.is_empty() {
        map.insert(ARGUMENTS.to_owned(), arguments.into());
    }
    let is_stored: Vec<Value> = place.inputs.iter().map(|input| input.is_stored.into()).collect();
    let reads: Vec<Value> = place.inputs.iter().map(|input| input.name.as_str().into()).collect();
    map.insert(READS.to_owned(), reads.into());
    if is_stored.contains(&Value::Bool(true)) {
        map.insert(STORED.to_owned(), is_stored.into());
    }
    if owner != layer {
        map.insert(TENSORS.to_owned(), owner.into());
    }
    if place.prefix != layer {
        map.insert(PREFIX.to_owned(), place.prefix.as_str().into());
    }
    let text = serde_json::to_string(&map).ok()?;
    let shapes: Vec<Shape> = place.inputs.iter().map(|input| input.shape).collect();
    (read(&text)?.op(&shapes)? == *op).then_some(text)
}

/// The word and the arguments of the call that an operation is.
fn called(op: &Op) -> Option<(&'static str, Map<String, Value>)> {
    if let Op::Scalar(scalar) = op {
        let word = ARITHMETIC.iter().find(|(_, own)| *own == scalar.op)?.0;
        let value = serde_json::Number::from_f64(scalar.value)?;
        return Some((word, Map::from_iter([("value".to_owned(), Value::Number(value))])));
    }
    let arguments = table::printed_args(op).into_iter().map(|(name, value)| Some((name.to_owned(), json(&value)?)));
    Some((op.keyword(), arguments.collect::<Option<_>>()?))
}

/// A remark, where a text is one.
pub fn read(text: &str) -> Option<Remark> {
    let mut map: Map<String, Value> = serde_json::from_str(text).ok()?;
    let layer = map.remove(LAYER)?.as_str()?.to_owned();
    let word = |value: Option<Value>| match value {
        Some(value) => value.as_str().map(str::to_owned),
        None => Some(layer.clone()),
    };
    let (owner, prefix) = (word(map.remove(TENSORS))?, word(map.remove(PREFIX))?);
    let list = |value: Value| if let Value::Array(all) = value { Some(all) } else { None };
    let reads = list(map.remove(READS)?)?.iter().map(|name| name.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()?;
    let stored = match map.remove(STORED) {
        Some(value) => list(value)?.iter().map(Value::as_bool).collect::<Option<Vec<_>>>()?,
        None => vec![false; reads.len()],
    };
    let keyword = map.remove(OP)?.as_str()?.to_owned();
    let arguments = match map.remove(ARGUMENTS) {
        Some(Value::Object(arguments)) => arguments,
        Some(_) => return None,
        None => Map::new(),
    };
    let is_whole = stored.len() == reads.len() && map.is_empty();
    is_whole.then_some(Remark { layer, prefix, reads, stored, owner, keyword, arguments })
}

impl Remark {
    /// The operation, for inputs of these shapes.
    pub fn op(&self, inputs: &[Shape]) -> Option<Op> {
        if let Some((_, op)) = ARITHMETIC.iter().find(|(word, _)| *word == self.keyword) {
            let value = self.arguments.get("value")?.as_f64()?;
            return Some(Op::Scalar(Scalar { op: *op, value }));
        }
        let info = table::find(&self.keyword)?;
        let known = |name: &str| info.params.iter().any(|param| param.name == name);
        if !self.arguments.keys().all(|name| known(name)) {
            return None;
        }
        let argument = |name: &str| self.arguments.get(name).map(value).map_or(Some(None), |value| value.map(Some));
        let arguments = info.params.iter().map(|param| argument(param.name)).collect::<Option<Vec<_>>>()?;
        let (least, most) = info.inputs;
        if inputs.len() < least || most.is_some_and(|most| inputs.len() > most) {
            return None;
        }
        match info.build(&arguments, inputs).ok()? {
            Built::One(op) => Some(op),
            Built::Pieces(_) => None,
        }
    }
}

fn json(value: &ArgValue) -> Option<Value> {
    Some(match value {
        ArgValue::Int(n) => (*n).into(),
        ArgValue::Float(x) => Value::Number(serde_json::Number::from_f64(*x)?),
        ArgValue::Bool(b) => (*b).into(),
        ArgValue::Str(text) => text.as_str().into(),
        ArgValue::List(items) => items.iter().map(json).collect::<Option<Vec<_>>>()?.into(),
    })
}

fn value(json: &Value) -> Option<ArgValue> {
    Some(match json {
        Value::Null | Value::Object(_) => return None,
        Value::Bool(b) => ArgValue::Bool(*b),
        Value::Number(number) => number.as_i64().map(ArgValue::Int).or_else(|| number.as_f64().map(ArgValue::Float))?,
        Value::String(text) => ArgValue::Str(text.clone()),
        Value::Array(items) => ArgValue::List(items.iter().map(value).collect::<Option<Vec<_>>>()?),
    })
}
