//! A model's nodes as operations of ours.
//!
//! In: a [`Model`]. Out: an [`Imported`] network for one image, or every node that cannot be said here, with what to do.
//! Each value of the model is either an array, known without running it, or a map that flows. Dimensions count the batch as
//! [`Number`]s do; a map's node has them without it. A node is handled by the function that [`handlers`] names for its
//! operator, which says what it means and adds what computes that; every shape that it claims is compared with the one that
//! the operation infers.

mod arithmetic;
mod branch;
mod choose;
mod conv;
mod draft;
mod einsum;
mod function;
mod handlers;
mod movement;
mod names;
mod norm;
mod pool;
mod product;
mod reading;
mod recognise;
mod repeat;
mod resample;
mod shares;
mod spatial;
mod told;

use std::collections::{BTreeMap, HashMap};

use super::array::Array;
use super::arrays::{ArrayId, Arrays};
use super::fold::{self, Why};
use super::model::{self, Model, Node};
use super::number::Number;
use crate::graph::{Graph, TensorId};
use crate::op::{Op, Scalar, ScalarOp, Shape, table};
use draft::{Draft, DraftId};
use reading::Reading;

/// A network made of a model.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The network, for one image.
    pub graph: Graph,
    /// The arrays that its tensors are made of.
    pub arrays: Arrays,
    /// The array of each learned tensor.
    pub learned: BTreeMap<TensorId, ArrayId>,
    /// How many images the model was made for, where it says so.
    pub batch: Option<u64>,
    /// Whether the first axes of inputs are no images: the model is taken as it stands.
    pub is_whole: bool,
}

/// A node that cannot be said here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    /// The node, as a message names it.
    pub node: String,
    /// What is not had, as a clause.
    pub why: String,
}

/// What a value of the model is.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    /// Something that flows.
    Map(Map),
    /// Something known.
    Array(ArrayId),
    /// What nothing is said of, for an error has been reported.
    Lost,
}

/// A tensor that flows.
#[derive(Debug, Clone, PartialEq)]
struct Map {
    /// What makes it.
    node: DraftId,
    /// Its dimensions in the model, the batch among them.
    dims: Vec<Number>,
}

/// The dimensions that a map has here, for one image; `None` where the batch stands in them in another way than as a factor.
fn without_batch(dims: &[Number]) -> Option<Vec<u64>> {
    let mut kept = Vec::new();
    for dim in dims {
        match (dim.fixed, dim.batch) {
            (0, 1) => {}
            (0, many) => kept.push(u64::try_from(many).ok()?),
            (fixed, 0) => kept.push(u64::try_from(fixed).ok()?),
            _ => return None,
        }
    }
    Some(if kept.is_empty() { vec![1] } else { kept })
}

/// The shape here of dimensions of the model.
fn shape_of(dims: &[Number]) -> Result<Shape, Why> {
    let own = without_batch(dims).ok_or_else(|| Why::from("images and other things share an axis of it"))?;
    Shape::new(&own).ok_or_else(|| Why(format!("{own:?} is no shape here: 1 to 6 dimensions, each from 1 to 2,147,483,647")))
}

/// Whether a dimension is that of the images, which is none here.
fn is_images(dim: Number) -> bool {
    dim == Number::of_batch(1)
}

impl Map {
    /// The axis here of an axis of the model; `None` for that of the images, alone or with others in it.
    fn axis(&self, axis: usize) -> Option<usize> {
        let dim = self.dims.get(axis)?;
        (dim.batch == 0).then(|| self.dims[..axis].iter().filter(|dim| !is_images(**dim)).count())
    }

    /// Whether its images stand in front, each by itself.
    fn leads(&self) -> bool {
        self.dims.first().copied().is_some_and(is_images)
    }

    fn rank(&self) -> usize {
        self.dims.len()
    }
}

/// A node and what it reads.
struct Use<'m> {
    node: &'m Node,
    inputs: Vec<Option<Value>>,
}

impl Use<'_> {
    /// An input that flows.
    fn map(&self, at: usize) -> Result<&Map, Why> {
        match self.inputs.get(at) {
            Some(Some(Value::Map(map))) => Ok(map),
            Some(Some(Value::Array(_) | Value::Lost) | None) | None => {
                Err(Why(format!("input {} is no tensor that flows", at + 1)))
            }
        }
    }

    /// An input that is known.
    fn array(&self, at: usize) -> Option<ArrayId> {
        match self.inputs.get(at) {
            Some(Some(Value::Array(id))) => Some(*id),
            Some(Some(Value::Map(_) | Value::Lost) | None) | None => None,
        }
    }

    /// Whether an input is there.
    fn has(&self, at: usize) -> bool {
        matches!(self.inputs.get(at), Some(Some(_)))
    }

    /// An axis attribute, counted from the front.
    fn axis(&self, name: &str, default: i64, rank: usize) -> Result<usize, Why> {
        let given = self.node.attributes.int_or(name, default);
        super::array::axis(given, rank).ok_or_else(|| Why(format!("it has no axis {given}: there are {rank}")))
    }
}

/// Makes a network of a model: of one image where its first axes are those of images, otherwise of the whole as it stands.
///
/// # Errors
/// Every node that cannot be said here and reads none that cannot.
pub fn import(model: &Model) -> Result<Imported, Vec<Unsupported>> {
    read_as(model, Reading::Images)
        .or_else(|problems| read_as(model, Reading::One).map_err(|own| if own.len() < problems.len() { own } else { problems }))
}

fn read_as(model: &Model, reading: Reading) -> Result<Imported, Vec<Unsupported>> {
    let mut importer = Importer::new(model, reading);
    importer.inputs();
    importer.tensors();
    let mut reader = told::Reader::new(model);
    let mut at = 0;
    while let Some(node) = model.nodes.get(at) {
        if let Some(nodes) = reader.layer(&mut importer, at) {
            at += nodes;
        } else {
            importer.node(node);
            at += 1;
        }
    }
    importer.outputs();
    let Importer { mut drafts, outputs, mut arrays, problems, batch, .. } = importer;
    if !problems.is_empty() {
        return Err(problems);
    }
    recognise::recognise(&mut drafts, &mut arrays, &outputs);
    let misfits = draft::misfits(&drafts, &arrays, &outputs);
    if !misfits.is_empty() {
        return Err(misfits);
    }
    let (graph, learned) = draft::graph(model, reading.remark(), &drafts, &outputs);
    Ok(Imported { graph, arrays, learned, batch, is_whole: reading == Reading::One })
}

struct Importer<'m> {
    model: &'m Model,
    reading: Reading,
    drafts: Vec<Draft<'m>>,
    outputs: Vec<(String, DraftId)>,
    arrays: Arrays,
    values: HashMap<&'m str, Value>,
    problems: Vec<Unsupported>,
    batch: Option<u64>,
    /// Outputs that nodes do not make here.
    unmade: HashMap<&'m str, &'m Node>,
}

impl<'m> Importer<'m> {
    fn new(model: &'m Model, reading: Reading) -> Self {
        Self {
            model,
            reading,
            drafts: Vec::new(),
            outputs: Vec::new(),
            arrays: Arrays::default(),
            values: HashMap::new(),
            problems: Vec::new(),
            batch: None,
            unmade: HashMap::new(),
        }
    }

    fn problem(&mut self, node: impl Into<String>, why: impl Into<String>) {
        self.problems.push(Unsupported { node: node.into(), why: why.into() });
    }

    fn inputs(&mut self) {
        for input in &self.model.inputs {
            let value = match self.input(input) {
                Ok(map) => Value::Map(map),
                Err(why) => {
                    self.problem(format!("input `{}`", input.name), why.0);
                    Value::Lost
                }
            };
            self.values.insert(&input.name, value);
        }
    }

    fn input(&mut self, input: &'m model::Input) -> Result<Map, Why> {
        if !input.element.is_float() {
            return Err(Why::from("its elements are integers, and tensors here have fractions"));
        }
        let extents = input.dims.as_ref().ok_or_else(|| Why::from("its shape is not said"))?;
        let dims = self.input_dims(extents)?;
        let shape = shape_of(&dims)?;
        let draft = Draft {
            op: Op::Input(shape),
            shape,
            inputs: Vec::new(),
            from: None,
            name: &input.name,
            learned: Vec::new(),
            told: None,
        };
        Ok(Map { node: self.push(draft), dims })
    }

    fn tensors(&mut self) {
        // In order of name, so that the same file gives the same network.
        let sorted: BTreeMap<_, _> = self.model.tensors.iter().collect();
        for (name, stored) in sorted {
            let value = match self.arrays.stored(stored.clone()) {
                Ok(id) => Value::Array(id),
                Err(why) => {
                    self.problem(format!("tensor `{name}`"), why.0);
                    Value::Lost
                }
            };
            self.values.insert(name, value);
        }
    }

    fn node(&mut self, node: &'m Node) {
        let inputs: Vec<Option<Value>> = node
            .inputs
            .iter()
            .map(|name| name.as_ref().map(|name| self.values.get(name.as_str()).cloned().unwrap_or(Value::Lost)))
            .collect();
        node.inputs.iter().flatten().for_each(|name| self.is_made(name));
        let mut is_lost = inputs.iter().flatten().any(|value| *value == Value::Lost);
        let made = if is_lost {
            Vec::new()
        } else {
            match self.made(&Use { node, inputs }) {
                Ok(made) => made,
                Err(why) => {
                    is_lost = true;
                    self.problem(node.shown(), why.0);
                    Vec::new()
                }
            }
        };
        let made = made.into_iter().map(Some).chain(std::iter::repeat(None));
        for (name, value) in node.outputs.iter().zip(made) {
            if value.is_none() && !is_lost {
                self.unmade.insert(name, node);
            }
            self.values.insert(name, value.unwrap_or(Value::Lost));
        }
    }

    /// Says of an output that a node does not make here, once somebody asks for it.
    fn is_made(&mut self, name: &str) {
        if let Some(maker) = self.unmade.remove(name) {
            self.problem(maker.shown(), format!("its output `{name}` is not had here"));
        }
    }

    fn handle(&mut self, used: &Use<'m>) -> Result<Vec<Value>, Why> {
        let node = used.node;
        if !model::is_own(&node.domain) {
            return Err(Why(format!("operators of `{}` are not known", node.domain)));
        }
        if node.op == "Constant" {
            return self.constant(node);
        }
        if node.op == "If" {
            return self.taken_branch(used);
        }
        let arrays: Vec<Option<ArrayId>> = (0..used.inputs.len()).map(|at| used.array(at)).collect();
        let is_constant = used.inputs.iter().zip(&arrays).all(|(value, array)| value.is_none() || array.is_some());
        if is_constant && fold::is_known(&node.op) {
            let made = self.arrays.made(&node.op, &node.attributes, &arrays, node.outputs.len())?;
            return Ok(made.into_iter().map(Value::Array).collect());
        }
        handlers::of(&node.op).ok_or_else(|| Why(format!("`{}` is not had here", node.op)))?(self, used)
    }

    fn constant(&mut self, node: &Node) -> Result<Vec<Value>, Why> {
        let attributes = &node.attributes;
        if let Some(stored) = attributes.tensor("value").map_err(|error| Why(error.to_string()))? {
            return Ok(vec![Value::Array(self.arrays.stored(stored)?)]);
        }
        let ints = |all: &[i64]| super::array::Values::Int(all.iter().map(|n| Number::from(*n)).collect());
        let (dims, values) = if let Some(number) = attributes.float("value_float") {
            (vec![], super::array::Values::Float(vec![number]))
        } else if let Some(number) = attributes.int("value_int") {
            (vec![], ints(&[number]))
        } else if let Some(all) = attributes.floats("value_floats") {
            (vec![all.len()], super::array::Values::Float(all.to_vec()))
        } else if let Some(all) = attributes.ints("value_ints") {
            (vec![all.len()], ints(all))
        } else {
            return Err(Why::from("its value is no dense tensor of numbers"));
        };
        Ok(vec![Value::Array(self.arrays.known(Array::of(dims, values)))])
    }

    fn outputs(&mut self) {
        if self.model.outputs.is_empty() {
            self.problem("the graph", "it has no outputs");
        }
        for name in &self.model.outputs {
            self.is_made(name);
            match self.values.get(name.as_str()).cloned() {
                Some(Value::Map(map)) if !self.is_in_front(&map) => {
                    self.problem(format!("output `{name}`"), "its images do not stand at its first axis");
                }
                Some(Value::Map(map)) => self.outputs.push((name.clone(), map.node)),
                Some(Value::Array(_)) => self.problem(format!("output `{name}`"), "it is the same for every input"),
                Some(Value::Lost) if self.problems.is_empty() => {
                    self.problem(format!("output `{name}`"), "what makes it is not read");
                }
                Some(Value::Lost) => {}
                None => self.problem(format!("output `{name}`"), "nothing makes it"),
            }
        }
    }

    /// Whether images stand where those of an output do.
    fn is_in_front(&self, map: &Map) -> bool {
        self.reading == Reading::One || (map.leads() && map.dims[1..].iter().all(|dim| dim.batch == 0))
    }

    fn push(&mut self, draft: Draft<'m>) -> DraftId {
        self.drafts.push(draft);
        DraftId(self.drafts.len() - 1)
    }

    /// Adds an operation that a node means, whose result has these dimensions in the model.
    fn add(&mut self, used: &Use<'m>, op: Op, inputs: &[DraftId], dims: Vec<Number>) -> Result<Map, Why> {
        let shapes: Vec<Shape> = inputs.iter().map(|id| self.drafts[id.0].shape).collect();
        let shape = op.infer(&shapes).map_err(|_| {
            let shapes: Vec<String> = shapes.iter().map(ToString::to_string).collect();
            Why(format!("`{}` does not take {} here", op.keyword(), shapes.join(" and ")))
        })?;
        let claimed = shape_of(&dims)?;
        if shape != claimed {
            return Err(Why(format!("it makes {claimed} there, and `{}` makes {shape} here", op.keyword())));
        }
        table::check_call(&op, &shapes).map_err(|why| Why(format!("no `{}` says it: {why}", op.keyword())))?;
        let (inputs, from) = (inputs.to_vec(), Some(used.node));
        let node = self.push(Draft { op, shape, inputs, from, name: "", learned: Vec::new(), told: None });
        Ok(Map { node, dims })
    }

    /// The same map under these dimensions of the model.
    fn viewed(&mut self, used: &Use<'m>, map: &Map, dims: Vec<Number>) -> Result<Map, Why> {
        let shape = shape_of(&dims)?;
        if shape == self.map_shape(map) {
            return Ok(Map { node: map.node, dims });
        }
        // A view of a view may be what was there before.
        let draft = &self.drafts[map.node.0];
        if let (Op::Flatten | Op::Reshape(_), [before]) = (&draft.op, draft.inputs.as_slice())
            && self.drafts[before.0].shape == shape
        {
            return Ok(Map { node: *before, dims });
        }
        let op = if shape.rank() == 1 { Op::Flatten } else { Op::Reshape(crate::op::Reshape { shape }) };
        self.add(used, op, &[map.node], dims)
    }

    /// What an operation of one input makes that keeps its shape.
    fn mapped(&mut self, used: &Use<'m>, map: &Map, op: Op) -> Result<Map, Why> {
        self.add(used, op, &[map.node], map.dims.clone())
    }

    /// Arithmetic with a number.
    fn scalar(&mut self, used: &Use<'m>, map: &Map, (op, value): (ScalarOp, f64)) -> Result<Map, Why> {
        self.mapped(used, map, Op::Scalar(Scalar { op, value }))
    }

    /// Says which array a learned tensor of a node is.
    fn learns(&mut self, map: &Map, role: &'static str, array: ArrayId) {
        self.drafts[map.node.0].learned.push((role, array));
    }

    /// A known array, moved: what an operator makes of it.
    fn folded(&mut self, op: &str, attributes: &super::attributes::Attributes, array: ArrayId) -> Result<ArrayId, Why> {
        let made = self.arrays.made(op, attributes, &[Some(array)], 1)?;
        made.first().copied().ok_or_else(|| Why::from("nothing is made"))
    }

    fn map_shape(&self, map: &Map) -> Shape {
        self.drafts[map.node.0].shape
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_batch_is_no_dimension_here() {
        let dims = [Number::from(3), Number::of_batch(1), Number::from(5)];
        assert_eq!(without_batch(&dims), Some(vec![3, 5]));
        assert_eq!(without_batch(&[Number::of_batch(49), Number::from(2)]), Some(vec![49, 2]));
        assert_eq!(without_batch(&[Number { fixed: 1, batch: 1 }]), None);
    }
}
