//! A network as a model of ONNX, version 17 of its operators.
//!
//! ```text
//! Shaped ─layer by layer→ nodes, each with a remark ─file(tensors one by one)→ bytes of the model (and of its weights' file)
//! ```
//!
//! In: a network. Out: an [`Exported`] model without the elements of its tensors, which are asked for one at a time when it is
//! written. Every value has the images of a batch as its first axis, of a free size; what is the same for each image has 1 there.
//! A layer is one node or several, of which the first bears a [`remark`] that says what was written, so that the same network
//! is read back; other programs need no remarks. Nothing here opens files.

mod activation;
mod conv;
mod file;
mod layer;
mod movement;
mod names;
mod norm;
mod operators;
mod pool;
pub(super) mod remark;
mod resize;

use std::collections::BTreeSet;

pub use file::{DATA_ALIGNMENT, MOST_BYTES, Placement, WeightSource};
pub(super) use layer::{Operand, Place};
pub(super) use operators::nodes;

use super::proto::{
    DimensionProto, Extent, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto, TensorShapeProto,
    TensorTypeProto, TypeProto, ValueInfoProto,
};
use crate::graph::{NodeId, NodeMap};
use crate::op::{Op, Shape};
use crate::shape::Shaped;
use layer::Layer;
use names::Names;

/// The version of ONNX's operators that is written.
pub const OPSET: i64 = 17;
/// The version of the format that came with these operators.
const IR_VERSION: i64 = 8;
/// The key of a layer's remark.
pub(super) const REMARK: &str = "pointwise";
/// Who writes.
pub(super) const PRODUCER: &str = "pointwise";
/// So many numbers are written out for one layer at most: what is more is a weight.
const MOST_NUMBERS: usize = 1 << 24;
/// A float in the format's words.
const FLOAT: i32 = 1;

/// A tensor of the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    /// Its name.
    pub name: String,
    /// Its dimensions.
    pub dims: Vec<u64>,
}

impl Learned {
    /// Bytes of its elements; `u64::MAX` stands for anything larger.
    fn bytes(&self) -> u64 {
        self.dims.iter().fold(4u64, |bytes, dim| bytes.saturating_mul(*dim))
    }
}

/// A model that can be written, its tensors apart.
#[derive(Debug, Clone)]
pub struct Exported {
    model: ModelProto,
    graph: GraphProto,
    tensors: Vec<Learned>,
}

/// A layer that ONNX has no operators for without writing out more numbers than a file should hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("layer `{layer}`: ONNX {OPSET} has no operator for this `{op}`, and written out it takes over {MOST_NUMBERS} numbers")]
pub struct Unwritable {
    /// The layer.
    pub layer: String,
    /// Its operation's word.
    pub op: &'static str,
}

/// Makes a model of a network.
///
/// # Errors
/// A layer cannot be written.
pub fn export(shaped: &Shaped) -> Result<Exported, Unwritable> {
    let graph = shaped.graph();
    let stored = stored(shaped);
    let is_stored = |id| stored.get(id).copied().unwrap_or(false);
    let mut exporter = Exporter { shaped, names: Names::new(graph, is_stored), stored, nodes: Vec::new() };
    let (mut tensors, mut seen) = (Vec::new(), BTreeSet::new());
    for id in shaped.order() {
        exporter.layer(*id)?;
        for (tensor, spec) in crate::weights::specs(shaped, *id) {
            if seen.insert(tensor) {
                tensors.push(Learned { name: graph.tensor(tensor).name(), dims: spec.dims.to_vec() });
            }
        }
    }
    let outputs = exporter.outputs();
    let inputs = graph.inputs().iter().map(|id| value_info(&exporter.names.value(*id), shaped.shape(*id))).collect();
    let own = GraphProto {
        node: exporter.nodes,
        name: graph.name().to_owned(),
        doc_string: graph.doc().unwrap_or_default().to_owned(),
        input: inputs,
        output: outputs,
        ..GraphProto::default()
    };
    let model = ModelProto {
        ir_version: IR_VERSION,
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPSET }],
        producer_name: PRODUCER.to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        ..ModelProto::default()
    };
    Ok(Exported { model, graph: own, tensors })
}

/// Which values are the same for each image: those that no input is behind.
fn stored(shaped: &Shaped) -> NodeMap<bool> {
    let mut stored = NodeMap::with_bound(shaped.graph().len());
    for id in shaped.order() {
        let node = shaped.graph().node(*id);
        let is_stored = |id: &NodeId| stored.get(*id).copied().unwrap_or(false);
        let own = !matches!(node.op, Op::Input(_)) && node.inputs.iter().all(is_stored);
        stored.insert(*id, own);
    }
    stored
}

/// A value's name and type: floats for any number of images.
fn value_info(name: &str, shape: Shape) -> ValueInfoProto {
    let known = |dim: &u32| DimensionProto { value: Some(Extent::DimValue(i64::from(*dim))) };
    let images = DimensionProto { value: Some(Extent::DimParam("batch".to_owned())) };
    let dims = std::iter::once(images).chain(shape.dims().iter().map(known)).collect();
    let tensor = TensorTypeProto { elem_type: FLOAT, shape: Some(TensorShapeProto { dim: dims }) };
    ValueInfoProto { name: name.to_owned(), r#type: Some(TypeProto { tensor_type: Some(tensor) }) }
}

struct Exporter<'a> {
    shaped: &'a Shaped,
    names: Names,
    /// Whether a node's value is the same for each image.
    stored: NodeMap<bool>,
    nodes: Vec<NodeProto>,
}

impl Exporter<'_> {
    fn is_stored(&self, id: NodeId) -> bool {
        self.stored.get(id).copied().unwrap_or(false)
    }

    fn layer(&mut self, id: NodeId) -> Result<(), Unwritable> {
        let graph = self.shaped.graph();
        let node = graph.node(id);
        if matches!(node.op, Op::Input(_)) {
            return Ok(());
        }
        let operand =
            |id: &NodeId| Operand { name: self.names.value(*id), shape: self.shaped.shape(*id), is_stored: self.is_stored(*id) };
        let inputs = node.inputs.iter().map(operand).collect();
        let tensors =
            node.tensors.iter().map(|tensor| graph.tensor(*tensor)).map(|tensor| (tensor.role, tensor.name())).collect();
        let (result, output) = (self.names.value(id), self.shaped.shape(id));
        let place = Place { prefix: self.names.prefix(&node.name), inputs, tensors, result, output };
        let mut budget = MOST_NUMBERS;
        let mut written = nodes(&node.op, &place, &mut budget)
            .map_err(|_| Unwritable { layer: node.name.to_string(), op: node.op.keyword() })?;
        let owner = graph.owner(id).map_or(&*node.name, |owner| owner);
        if let (Some(first), Some(text)) = (written.first_mut(), remark::write(&node.op, (&node.name, owner), &place)) {
            first.metadata_props.push(StringStringEntryProto { key: REMARK.to_owned(), value: text });
        }
        self.nodes.extend(written);
        Ok(())
    }

    /// The outputs, of which each is a value of its own and is there for each image.
    fn outputs(&mut self) -> Vec<ValueInfoProto> {
        let outputs = std::mem::take(&mut self.names.outputs);
        for (name, id) in &outputs {
            let value = self.names.value(*id);
            if value != *name {
                self.copy((*id, &value), name);
            }
        }
        outputs.iter().map(|(name, id)| value_info(name, self.shaped.shape(*id))).collect()
    }

    /// A value by another name, and for each image.
    fn copy(&mut self, (id, value): (NodeId, &str), name: &str) {
        let shape = self.shaped.shape(id);
        let prefix = self.names.prefix(name);
        let operand = Operand { name: value.to_owned(), shape, is_stored: self.is_stored(id) };
        let place = Place { prefix, inputs: vec![operand], tensors: Vec::new(), result: name.to_owned(), output: shape };
        let mut budget = MOST_NUMBERS;
        let mut layer = Layer::new(&place, &mut budget);
        let images = self.shaped.graph().inputs().first().map(|input| self.names.value(*input));
        match images {
            Some(images) if self.is_stored(id) => movement::repeated(&mut layer, (&images, value), shape, "y"),
            Some(_) | None => layer.add("Identity", "y", &[value], vec![]),
        };
        self.nodes.extend(layer.done());
    }
}
