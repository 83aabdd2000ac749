//! Which normalisation and activation a layer's neighbourhood uses.
//!
//! In: a graph and a layer. Out: its [`Neighbourhood`], of which an inserted convolution takes over one part or the other.
//! The chain of single users after the layer is looked at first (`conv -> bn -> relu`), then what stands before it
//! (pre-activation networks: `bn -> relu -> conv`; a convolution before a residual sum: `relu -> conv -> bn -> add`).

use crate::flow::only_reader;
use crate::graph::{Graph, NodeId};
use crate::op::{Activation, Class, Op};

/// What a convolution is joined by.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Companions {
    /// The normalisation, as an operation on the layer's channels.
    pub norm: Option<Op>,
    /// The activation.
    pub activation: Option<Op>,
}

/// What stands round a layer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Neighbourhood {
    /// What the layer itself is joined by: nothing where no activation is meant for it, as for a linear bottleneck, a
    /// projection on a shortcut, or a convolution before a residual sum.
    pub own: Companions,
    /// What the network puts between convolutions near the layer, though it be another layer's.
    pub usual: Companions,
}

/// Looks at what stands round a layer.
#[must_use]
pub fn neighbourhood(graph: &Graph, layer: NodeId) -> Neighbourhood {
    let (after, before) = (following(graph, layer), preceding(graph, layer));
    Neighbourhood { own: own(&after, &before), usual: usual(after, before) }
}

fn own(after: &Companions, before: &Companions) -> Companions {
    match &after.activation {
        // A gate says what the output is for; the layer's own activation is the one that it reads through.
        Some(gate) if is_gate(gate) => Companions { norm: after.norm.clone(), ..before.clone() },
        Some(_) => after.clone(),
        // Normalised and activated before it, and by nothing after it: so is everything in a pre-activation network.
        None if after.norm.is_none() && before.norm.is_some() && before.activation.is_some() => before.clone(),
        None => Companions::default(),
    }
}

fn usual(after: Companions, before: Companions) -> Companions {
    // A network that normalises after its convolutions does so here too; one that has only an activation there does not.
    let norm = if after.activation.is_none() { after.norm.or(before.norm) } else { after.norm };
    // A gate (`conv -> sigmoid`) says what the layer's output is for, not what the network puts between convolutions.
    let activation = match (after.activation, before.activation) {
        (Some(gate), Some(other)) if is_gate(&gate) => Some(other),
        (Some(found), _) | (None, Some(found)) => Some(found),
        (None, None) => None,
    };
    Companions { norm, activation }
}

fn following(graph: &Graph, layer: NodeId) -> Companions {
    let mut found = Companions::default();
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

fn preceding(graph: &Graph, layer: NodeId) -> Companions {
    let mut found = Companions::default();
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
    matches!(op, Op::Activation(Activation::Sigmoid | Activation::HardSigmoid { .. }))
}

fn is_norm(op: &Op) -> bool {
    matches!(op.class(), Class::Norm(_))
}
