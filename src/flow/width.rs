//! Whether a layer's channels are its own to choose, or something that follows counts on how many there are.

use std::collections::BTreeSet;

use crate::graph::NodeId;
use crate::op::{Concat, Conv, ConvTranspose, Dense, Op};
use crate::shape::Shaped;

/// Whether another number of channels would change nothing but the weights of layers that read them: every way ahead ends in
/// layers that take any number. Outputs, sums, groups, cuts, rearrangements and shapes that are written down fix it; so do
/// shared weights, and a part of a refined layer. Where it is not certain, it is taken to be fixed.
#[must_use]
pub fn is_free_width(shaped: &Shaped, layer: NodeId) -> bool {
    let graph = shaped.graph();
    let is_vector = |id: NodeId| shaped.shape(id).rank() == 1;
    let node = graph.node(layer);
    if node.origin.part.is_some() || graph.shares_tensors(layer) {
        return false;
    }
    let (mut seen, mut open) = (BTreeSet::from([layer]), vec![layer]);
    while let Some(id) = open.pop() {
        if graph.is_output(id) || graph.node(id).directives.has_written_shape {
            return false;
        }
        for reader in graph.readers(id) {
            match taken(&graph.node(reader).op, is_vector(id)) {
                Taken::Any => {}
                Taken::PassedOn => open.extend(seen.insert(reader).then_some(reader)),
                Taken::Fixed => return false,
            }
        }
    }
    true
}

/// What an operation does with the channels of an input.
enum Taken {
    /// It takes any number, and makes its own.
    Any,
    /// It takes any number, and its output has as many or a multiple.
    PassedOn,
    /// It counts on them.
    Fixed,
}

fn taken(op: &Op, of_vector: bool) -> Taken {
    let passes_on = op.keeps_channels() || matches!(op, Op::Concat(Concat { axis: 0 }) | Op::SpaceToDepth(_));
    match op.as_dense() {
        // On a map it works along the rows.
        Some(Dense::Linear(_)) if !of_vector => Taken::PassedOn,
        Some(Dense::Conv(conv)) if conv.depthwise => Taken::PassedOn,
        None if passes_on => Taken::PassedOn,
        Some(Dense::Linear(_) | Dense::Conv(Conv { groups: 1, .. }) | Dense::ConvTranspose(ConvTranspose { groups: 1, .. })) => {
            Taken::Any
        }
        Some(Dense::Conv(_) | Dense::ConvTranspose(_)) | None => Taken::Fixed,
    }
}
