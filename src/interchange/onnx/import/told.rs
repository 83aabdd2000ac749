//! Layers that this program wrote, read back as they were.
//!
//! In: the nodes of a model, some with a remark. Out: the operation, the name and the tensors of the layer that the remark tells
//! of, where the nodes are exactly those that this layer is written as, and nothing else reads what is within it. What was
//! changed since is read as any other model's, so that a remark can be stale or false and the network still be right.

use std::collections::HashMap;

use super::super::export::remark::{self, Remark};
use super::super::export::{OPSET, Operand, Place, nodes};
use super::super::model::{Model, Node};
use super::super::number::Number;
use super::super::proto::NodeProto;
use super::draft::{Draft, Told, is_path};
use super::{Importer, Map, Value};
use crate::op::{Op, Shape};

/// So many numbers are written out in all to compare layers with what stands in the file.
const MOST_NUMBERS: usize = 1 << 24;

/// Reads the layers of a model.
pub(super) struct Reader<'m> {
    model: &'m Model,
    /// How often each value is read.
    reads: HashMap<&'m str, usize>,
    budget: usize,
}

impl<'m> Reader<'m> {
    pub(super) fn new(model: &'m Model) -> Self {
        let mut reads: HashMap<&str, usize> = HashMap::new();
        let inputs = model.nodes.iter().flat_map(|node| node.inputs.iter().flatten());
        inputs.chain(&model.outputs).for_each(|name| *reads.entry(name).or_default() += 1);
        Self { model, reads, budget: MOST_NUMBERS }
    }

    /// Adds the layer that begins at a node, if one does: how many nodes it is.
    pub(super) fn layer(&mut self, importer: &mut Importer<'m>, at: usize) -> Option<usize> {
        let node = &self.model.nodes[at];
        let remark = remark::read(node.remark.as_deref()?)?;
        if self.model.opset != OPSET || ![&remark.layer, &remark.owner].into_iter().all(|name| is_path(name)) {
            return None;
        }
        let inputs = remark.reads.iter().map(|name| read(importer, name)).collect::<Option<Vec<_>>>()?;
        let shapes: Vec<Shape> = inputs.iter().map(|map| importer.map_shape(map)).collect();
        let op = remark.op(&shapes)?;
        let output = op.infer(&shapes).ok()?;
        let learned = learned(importer, &op, &remark, &shapes)?;
        let written = self.written(at, (&remark, &op), (&shapes, output))?;
        let dims = dims(output);
        let told = Some(Told { name: remark.layer, owner: remark.owner });
        let inputs = inputs.iter().map(|map| map.node).collect();
        let draft = Draft { op, shape: output, inputs, from: Some(node), name: "", learned, told };
        let map = Map { node: importer.push(draft), dims };
        let last = &self.model.nodes[at + written - 1];
        importer.values.insert(last.outputs.first()?, Value::Map(map));
        Some(written)
    }

    /// How many nodes the layer is written as, where they stand here.
    fn written(&mut self, at: usize, (remark, op): (&Remark, &Op), (shapes, output): (&[Shape], Shape)) -> Option<usize> {
        let operands = remark.reads.iter().zip(shapes).zip(&remark.stored);
        let tensors = op.roles().iter().map(|role| (*role, tensor(remark, role)));
        let mut place = Place {
            prefix: remark.prefix.clone(),
            inputs: operands
                .map(|((name, shape), stored)| Operand { name: name.clone(), shape: *shape, is_stored: *stored })
                .collect(),
            tensors: tensors.collect(),
            result: String::new(),
            output,
        };
        let count = nodes(op, &place, &mut self.budget).ok()?.len();
        let there = self.model.nodes.get(at..at.checked_add(count)?)?;
        place.result = there.last()?.outputs.first()?.clone();
        let written = nodes(op, &place, &mut self.budget).ok()?;
        let is_same = there.iter().zip(&written).all(|(there, written)| is_written(there, written));
        (is_same && self.is_closed(there)).then_some(count)
    }

    /// Whether nothing else reads what is within.
    fn is_closed(&self, nodes: &[Node]) -> bool {
        let mut within: HashMap<&str, usize> = HashMap::new();
        nodes.iter().flat_map(|node| node.inputs.iter().flatten()).for_each(|name| *within.entry(name).or_default() += 1);
        let Some((_, inner)) = nodes.split_last() else { return false };
        let mut values = inner.iter().flat_map(|node| &node.outputs);
        values.all(|name| self.reads.get(name.as_str()) == within.get(name.as_str()))
    }
}

/// A tensor of a layer.
fn tensor(remark: &Remark, role: &str) -> String {
    format!("{}.{role}", remark.owner)
}

/// The dimensions in a model of a value of this shape.
fn dims(shape: Shape) -> Vec<Number> {
    std::iter::once(Number::of_batch(1)).chain(shape.dims().iter().map(|dim| Number::from(i64::from(*dim)))).collect()
}

/// A map that has its images first and nowhere else.
fn read(importer: &Importer<'_>, name: &str) -> Option<Map> {
    match importer.values.get(name)? {
        Value::Map(map) => (map.dims == dims(importer.map_shape(map))).then(|| map.clone()),
        Value::Array(_) | Value::Lost => None,
    }
}

/// The arrays of the layer's tensors, where they are there with its dimensions.
fn learned(
    importer: &Importer<'_>,
    op: &Op,
    remark: &Remark,
    shapes: &[Shape],
) -> Option<Vec<(&'static str, super::super::arrays::ArrayId)>> {
    let array = |spec: crate::op::WeightSpec| {
        let Value::Array(id) = importer.values.get(tensor(remark, spec.name).as_str())? else { return None };
        let dims = &importer.arrays.get(*id).dims;
        let is_same = dims.iter().map(|dim| *dim as u64).eq(spec.dims.to_vec());
        is_same.then_some((spec.name, *id))
    };
    op.weights(shapes).into_iter().map(array).collect()
}

fn is_written(there: &Node, written: &NodeProto) -> bool {
    let inputs = || there.inputs.iter().map(|name| name.as_deref().unwrap_or(""));
    there.op == written.op_type
        && there.domain.is_empty()
        && inputs().eq(written.input.iter().map(String::as_str))
        && there.outputs == written.output
        && there.attributes.are(&written.attribute)
}
