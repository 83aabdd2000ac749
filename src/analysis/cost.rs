//! Parameters, operations and bytes of each layer, and their sums.
//!
//! In: a [`Shaped`] graph. Out: [`Layer`]s in order of execution and [`Totals`]. Every product and sum is checked: what
//! does not fit in 64 bits is an [`Overflow`], never a wrapped number. Linear in nodes and edges.

use super::receptive::Tracker;
use super::{Dtype, Layer, Options, Overflow, Receptive, Totals, convention};
use crate::flow::needed_by;
use crate::graph::{Graph, Node, NodeId};
use crate::op::{Op, Shape, ShapeError, Work};
use crate::shape::Shaped;

/// The layers of a network in order of execution, inputs left out.
///
/// # Errors
/// The first layer of which a count exceeds 64 bits.
pub fn layers(shaped: &Shaped, options: &Options) -> Result<Vec<Layer>, Overflow> {
    let graph = shaped.graph();
    let mut layers = Vec::with_capacity(graph.len());
    let mut tracker = Tracker::new(graph, shaped.order());
    let needed = needed_by(graph, graph.outputs().iter().map(|(_, id)| *id));
    for &id in shaped.order() {
        let (node, inputs, output) = (graph.node(id), shaped.input_shapes(id), shaped.shape(id));
        let receptive = tracker.visit(id, node, &inputs, output);
        if !matches!(node.op, Op::Input(_)) {
            let stored = stored(graph, id, (&inputs, options.dtype)).map_err(|what| Overflow { node: id, what })?;
            let counted = layer(graph, id, (inputs, output, stored), (options, receptive))?;
            layers.push(Layer { needed: needed.contains(id), ..counted });
        }
    }
    Ok(layers)
}

/// The numbers of one layer from its operation, its input and output shapes, and what is asked for.
fn layer(
    graph: &Graph,
    id: NodeId,
    (inputs, output, stored): (Vec<Shape>, Shape, Stored),
    (options, receptive): (&Options, Receptive),
) -> Result<Layer, Overflow> {
    let node = graph.node(id);
    let too_large = |what| Overflow { node: id, what };
    let one = node.op.work(&inputs, output).map_err(|shape_error| too_large(overflowing(&shape_error)))?;
    let work = scaled(&one, options.batch).ok_or(too_large("operations"))?;
    let flops = work.flops().ok_or(too_large("FLOPs"))?;
    let facts = convention::Facts { inputs: &inputs, output, work: &one, params: stored.params.used };
    let macs = convention::count(options.convention, &node.op, &facts)
        .and_then(|macs| macs.checked_mul(options.batch))
        .ok_or(too_large("MACs"))?;
    let (map_bytes_read, write_bytes) = traffic(graph, node, (&inputs, output), options).ok_or(too_large("activation bytes"))?;
    let read_bytes = map_bytes_read.checked_add(stored.bytes.used).ok_or(too_large("bytes read"))?;
    Ok(Layer {
        node: id,
        inputs,
        output,
        params: stored.params.first,
        buffers: stored.buffers.first,
        macs,
        flops,
        work,
        weight_bytes: stored.bytes.first,
        weight_bytes_read: stored.bytes.used,
        read_bytes,
        write_bytes,
        receptive,
        needed: true,
    })
}

/// A count over a layer's tensors: of all that it uses, and of those that no layer before it uses.
#[derive(Default, Clone, Copy)]
struct Count {
    used: u64,
    first: u64,
}

impl Count {
    fn add(&mut self, elements: u64, is_first: bool) -> Option<()> {
        self.used = self.used.checked_add(elements)?;
        self.first += if is_first { elements } else { 0 };
        Some(())
    }

    fn bytes(self, other: Self, dtype: Dtype) -> Option<Self> {
        let bytes = |a: u64, b: u64| a.checked_add(b)?.checked_mul(dtype.bytes());
        Some(Self { used: bytes(self.used, other.used)?, first: bytes(self.first, other.first)? })
    }
}

/// What a layer's tensors hold.
struct Stored {
    params: Count,
    buffers: Count,
    bytes: Count,
}

/// Learnable scalars and running statistics of a node's tensors; the error says which exceed 64 bits.
fn stored(graph: &Graph, id: NodeId, (inputs, dtype): (&[Shape], Dtype)) -> Result<Stored, &'static str> {
    let node = graph.node(id);
    let (mut params, mut buffers) = (Count::default(), Count::default());
    for (spec, tensor) in node.op.weights(inputs).iter().zip(&node.tensors) {
        let (sum, what) = if spec.learned { (&mut params, "parameters") } else { (&mut buffers, "buffers") };
        let is_first = graph.tensor(*tensor).first == Some(id);
        spec.elements().and_then(|n| sum.add(n, is_first)).ok_or(what)?;
    }
    let mut bytes = params.bytes(buffers, dtype).ok_or("weight bytes")?;
    if node.op.is_stored() {
        // Whoever uses it reads it.
        bytes.used = 0;
    }
    Ok(Stored { params, buffers, bytes })
}

/// Bytes of input maps read and of the output map written; `None` beyond 64 bits.
fn traffic(graph: &Graph, node: &Node, (inputs, output): (&[Shape], Shape), options: &Options) -> Option<(u64, u64)> {
    let Options { batch, dtype, .. } = *options;
    if node.op.is_view() || node.op.is_stored() {
        // Even a view's map must be countable: its size is what its input's memory holds.
        map_bytes(output, batch, dtype)?;
        return Some((0, 0));
    }
    let written = map_bytes(output, batch, dtype)?;
    // What takes elements out of an axis reads no others.
    if matches!(node.op, Op::Slice(_) | Op::Gather(_)) {
        return Some((written, written));
    }
    let mut seen: Vec<(NodeId, Shape)> = node.inputs.iter().copied().zip(inputs.iter().copied()).collect();
    if seen.len() > 1 {
        seen.sort_unstable_by_key(|(id, _)| *id);
        seen.dedup_by_key(|(id, _)| *id);
    }
    let mut read = 0u64;
    for (id, shape) in seen {
        // What is stored with the network is the same for every image.
        let images = if graph.node(id).op.is_stored() { 1 } else { batch };
        read = read.checked_add(map_bytes(shape, images, dtype)?)?;
    }
    Some((read, written))
}

/// Bytes of a map for `batch` images; `None` beyond 64 bits.
#[must_use]
pub fn map_bytes(shape: Shape, batch: u64, dtype: Dtype) -> Option<u64> {
    shape.elements()?.checked_mul(dtype.bytes())?.checked_mul(batch)
}

/// Bytes of the activation that a node makes; none for what is stored with the network. `None` beyond 64 bits.
#[must_use]
pub fn activation_bytes(shaped: &Shaped, id: NodeId, options: &Options) -> Option<u64> {
    let bytes = map_bytes(shaped.shape(id), options.batch, options.dtype)?;
    Some(if shaped.graph().node(id).op.is_stored() { 0 } else { bytes })
}

/// The sums over all layers, beside the peak as it is and fused.
///
/// # Errors
/// The layer at which a sum exceeds 64 bits.
pub fn totals(layers: &[Layer], [peak_activation_bytes, fused_peak_activation_bytes]: [u64; 2]) -> Result<Totals, Overflow> {
    let mut sum = Totals { peak_activation_bytes, fused_peak_activation_bytes, ..Totals::default() };
    for layer in layers {
        let add = |to: &mut u64, value: u64, what| {
            *to = to.checked_add(value).ok_or(Overflow { node: layer.node, what })?;
            Ok(())
        };
        sum.layers += 1;
        add(&mut sum.params, layer.params, "total parameters")?;
        add(&mut sum.buffers, layer.buffers, "total buffers")?;
        add(&mut sum.macs, layer.macs, "total MACs")?;
        add(&mut sum.flops, layer.flops, "total FLOPs")?;
        add(&mut sum.weight_bytes, layer.weight_bytes, "total weight bytes")?;
        add(&mut sum.activation_bytes, layer.write_bytes, "total activation bytes")?;
        sum.work = added(&sum.work, &layer.work).ok_or(Overflow { node: layer.node, what: "total operations" })?;
    }
    Ok(sum)
}

/// Work for `batch` images; `None` beyond 64 bits.
fn scaled(work: &Work, batch: u64) -> Option<Work> {
    Some(Work {
        macs: work.macs.checked_mul(batch)?,
        bias_adds: work.bias_adds.checked_mul(batch)?,
        mul: work.mul.checked_mul(batch)?,
        add: work.add.checked_mul(batch)?,
        cmp: work.cmp.checked_mul(batch)?,
        exp: work.exp.checked_mul(batch)?,
        div: work.div.checked_mul(batch)?,
    })
}

/// The sum of two counts; `None` beyond 64 bits.
#[must_use]
pub fn added(left: &Work, right: &Work) -> Option<Work> {
    Some(Work {
        macs: left.macs.checked_add(right.macs)?,
        bias_adds: left.bias_adds.checked_add(right.bias_adds)?,
        mul: left.mul.checked_add(right.mul)?,
        add: left.add.checked_add(right.add)?,
        cmp: left.cmp.checked_add(right.cmp)?,
        exp: left.exp.checked_add(right.exp)?,
        div: left.div.checked_add(right.div)?,
    })
}

/// What overflowed, of the one reason that `work` gives.
fn overflowing(shape_error: &ShapeError) -> &'static str {
    if let ShapeError::Overflow { what } = shape_error { what } else { "operations" }
}
