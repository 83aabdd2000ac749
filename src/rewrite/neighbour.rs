//! Which normalisation and activation a layer's neighbourhood uses.
//!
//! In: a graph and a layer. Out: the [`Neighbourhood`] that an inserted convolution takes over. The chain of single users
//! after the layer is looked at first (`conv -> bn -> relu`), then what stands before it (pre-activation networks:
//! `bn -> relu -> conv`; a convolution before a residual sum: `relu -> conv -> bn -> add`).

use crate::flow::only_reader;
use crate::graph::{Graph, NodeId};
use crate::op::{Activation, Class, Op};

/// What stands round a layer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Neighbourhood {
    /// The normalisation, as an operation on the layer's channels.
    pub norm: Option<Op>,
    /// The activation.
    pub activation: Option<Op>,
}

/// Looks at what stands round a layer.
#[must_use]
pub fn neighbourhood(graph: &Graph, layer: NodeId) -> Neighbourhood {
    let after = following(graph, layer);
    let before = preceding(graph, layer);
    // A network that normalises after its convolutions does so here too; one that has only an activation there does not.
    let norm = if after.activation.is_none() { after.norm.or(before.norm) } else { after.norm };
    // A gate (`conv -> sigmoid`) says what the layer's output is for, not what the network puts between convolutions.
    let activation = match (after.activation, before.activation) {
        (Some(gate), Some(other)) if is_gate(&gate) => Some(other),
        (Some(found), _) | (None, Some(found)) => Some(found),
        (None, None) => None,
    };
    Neighbourhood { norm, activation }
}

fn following(graph: &Graph, layer: NodeId) -> Neighbourhood {
    let mut found = Neighbourhood::default();
    let mut next = only_reader(graph, layer);
    if let Some(id) = next
        && is_norm(&graph.node(id).op)
    {
        found.norm = Some(graph.node(id).op.clone());
        next = only_reader(graph, id);
    }
    if let Some(id) = next
        && matches!(graph.node(id).op, Op::Activation(_))
    {
        found.activation = Some(graph.node(id).op.clone());
    }
    found
}

fn preceding(graph: &Graph, layer: NodeId) -> Neighbourhood {
    let mut found = Neighbourhood::default();
    let mut before = graph.node(layer).inputs.first().copied();
    if let Some(id) = before
        && matches!(graph.node(id).op, Op::Activation(_))
    {
        found.activation = Some(graph.node(id).op.clone());
        before = graph.node(id).inputs.first().copied();
    }
    if let Some(id) = before
        && is_norm(&graph.node(id).op)
    {
        found.norm = Some(graph.node(id).op.clone());
    }
    found
}

fn is_gate(op: &Op) -> bool {
    matches!(op, Op::Activation(Activation::Sigmoid | Activation::HardSigmoid))
}

fn is_norm(op: &Op) -> bool {
    matches!(op.class(), Class::Norm(_))
}
