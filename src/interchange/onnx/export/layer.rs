//! The nodes of one layer as they are gathered.
//!
//! In: operators in order of execution. Out: nodes of which the last one is called as the layer, and the others as parts of it
//! (`norm/scaled`). The same layer gives the same nodes, so that who reads a file can see whether a layer is still what was
//! written. What is written out in numbers is counted against a budget before it is made.

use super::super::proto::{AttributeProto, AttributeType, NodeProto, TensorProto};
use crate::op::Shape;

/// What a layer reads.
#[derive(Debug, Clone)]
pub struct Operand {
    /// The value's name.
    pub name: String,
    /// Its shape for one image.
    pub shape: Shape,
    /// Whether it is the same for each image, so that its first dimension is 1.
    pub is_stored: bool,
}

/// What a layer stands between.
#[derive(Debug, Clone)]
pub struct Place {
    /// What names of the values within it begin with.
    pub prefix: String,
    /// What it reads, in order.
    pub inputs: Vec<Operand>,
    /// The names of its tensors, by role.
    pub tensors: Vec<(&'static str, String)>,
    /// The name of the value that it makes.
    pub result: String,
    /// The shape of what it makes.
    pub output: Shape,
}

/// A layer needs more numbers in the file than are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany;

/// The nodes of one layer.
#[derive(Debug)]
pub(super) struct Layer<'a> {
    pub place: &'a Place,
    nodes: Vec<NodeProto>,
    budget: &'a mut usize,
}

/// An integer attribute.
pub(super) fn int(name: &str, value: u64) -> AttributeProto {
    attribute(name, AttributeType::Int, |own| own.i = Some(value as i64))
}

/// An attribute of integers.
pub(super) fn ints(name: &str, values: impl IntoIterator<Item = u64>) -> AttributeProto {
    attribute(name, AttributeType::Ints, |own| own.ints = values.into_iter().map(|value| value as i64).collect())
}

/// A number as an attribute.
pub(super) fn float(name: &str, value: f64) -> AttributeProto {
    attribute(name, AttributeType::Float, |own| own.f = Some(value as f32))
}

/// A word as an attribute.
pub(super) fn word(name: &str, value: &str) -> AttributeProto {
    attribute(name, AttributeType::String, |own| own.s = Some(value.as_bytes().to_vec()))
}

fn attribute(name: &str, r#type: AttributeType, fill: impl FnOnce(&mut AttributeProto)) -> AttributeProto {
    let mut attribute = AttributeProto { name: name.to_owned(), r#type: r#type.into(), ..AttributeProto::default() };
    fill(&mut attribute);
    attribute
}

impl<'a> Layer<'a> {
    pub fn new(place: &'a Place, budget: &'a mut usize) -> Self {
        Self { place, nodes: Vec::new(), budget }
    }

    /// The first input.
    pub fn x(&self) -> String {
        self.place.inputs.first().map_or_else(String::new, |input| input.name.clone())
    }

    /// The shape of the first input; of a layer without inputs its own.
    pub fn shape(&self) -> Shape {
        self.place.inputs.first().map_or(self.place.output, |input| input.shape)
    }

    /// The tensor of a role.
    pub fn tensor(&self, role: &str) -> Option<String> {
        self.place.tensors.iter().find(|(own, _)| *own == role).map(|(_, name)| name.clone())
    }

    /// Adds an operator; what it makes is a part of the layer, or the whole where it is the last one.
    pub fn add(&mut self, op: &str, part: &str, inputs: &[&str], attributes: Vec<AttributeProto>) -> String {
        let name = format!("{}/{part}", self.place.prefix);
        self.nodes.push(NodeProto {
            input: inputs.iter().map(|input| (*input).to_owned()).collect(),
            output: vec![name.clone()],
            name: name.clone(),
            op_type: op.to_owned(),
            attribute: attributes,
            ..NodeProto::default()
        });
        name
    }

    /// Takes so much from the budget.
    pub fn spend(&mut self, count: u64) -> Result<(), TooMany> {
        let left = usize::try_from(count).ok().and_then(|count| self.budget.checked_sub(count));
        *self.budget = left.ok_or(TooMany)?;
        Ok(())
    }

    /// Integers in a row, as shapes and axes are.
    pub fn ints(&mut self, part: &str, values: impl IntoIterator<Item = i64>) -> String {
        let values = attribute("value_ints", AttributeType::Ints, |own| own.ints = values.into_iter().collect());
        self.add("Constant", part, &[], vec![values])
    }

    /// Numbers of a shape.
    pub fn floats(&mut self, part: &str, dims: &[u64], values: Vec<f32>) -> String {
        let values = attribute("value_floats", AttributeType::Floats, |own| own.floats = values);
        if dims.len() == 1 {
            return self.add("Constant", part, &[], vec![values]);
        }
        let flat = self.add("Constant", &format!("{part}/values"), &[], vec![values]);
        self.reshape(&flat, part, dims.iter().map(|dim| *dim as i64))
    }

    /// One number.
    pub fn number(&mut self, part: &str, value: f64) -> String {
        self.add("Constant", part, &[], vec![float("value_float", value)])
    }

    /// One number again and again.
    pub fn filled(&mut self, part: &str, dims: impl IntoIterator<Item = u64>, value: f64) -> String {
        let shape = self.ints(&format!("{part}/shape"), dims.into_iter().map(|dim| dim as i64));
        let tensor = TensorProto {
            dims: vec![1],
            data_type: 1,
            raw_data: Some((value as f32).to_le_bytes().to_vec().into()),
            ..TensorProto::default()
        };
        let value = attribute("value", AttributeType::Tensor, |own| own.t = Some(tensor));
        self.add("ConstantOfShape", part, &[&shape], vec![value])
    }

    /// The same elements under other dimensions; 0 keeps one.
    pub fn reshape(&mut self, x: &str, part: &str, dims: impl IntoIterator<Item = i64>) -> String {
        let shape = self.ints(&format!("{part}/shape"), dims);
        self.add("Reshape", part, &[x, &shape], vec![])
    }

    /// The shape of one image, whatever it was before.
    pub fn shaped(&mut self, x: &str, part: &str, shape: Shape) -> String {
        self.reshape(x, part, std::iter::once(0).chain(shape.dims().iter().map(|dim| i64::from(*dim))))
    }

    /// A vector of channels beside a map of this rank, its images not counted.
    pub fn by_channel(&mut self, tensor: &str, part: &str, rank: usize) -> String {
        if rank == 1 {
            return tensor.to_owned();
        }
        let axes = self.ints(&format!("{part}/axes"), 1..rank as i64);
        self.add("Unsqueeze", part, &[tensor, &axes], vec![])
    }

    /// Axes in another order, those of one image.
    pub fn transpose(&mut self, x: &str, part: &str, axes: &[usize]) -> String {
        let order = std::iter::once(0).chain(axes.iter().map(|axis| *axis as u64 + 1));
        self.add("Transpose", part, &[x], vec![ints("perm", order)])
    }

    /// An input with axes of 1 behind its images, so that it has as many as the output.
    pub fn aligned(&mut self, at: usize, rank: usize) -> String {
        let Operand { name, shape, .. } = &self.place.inputs[at];
        let missing = rank.saturating_sub(shape.rank());
        if missing == 0 {
            return name.clone();
        }
        let (name, part) = (name.clone(), format!("aligned{at}"));
        let axes = self.ints(&format!("{part}/axes"), 1..=missing as i64);
        self.add("Unsqueeze", &part, &[&name, &axes], vec![])
    }

    /// The nodes, of which the last one is the layer.
    pub fn done(mut self) -> Vec<NodeProto> {
        if let Some(last) = self.nodes.last_mut() {
            last.name.clone_from(&self.place.prefix);
            last.output = vec![self.place.result.clone()];
        }
        self.nodes
    }
}
