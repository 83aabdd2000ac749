//! Which form a layer of a finished network has.
//!
//! In: a graph. Out: the [`Form`] of each layer that a refinement replaced. This is the one place that knows how a refined
//! layer is told from others.

use std::collections::BTreeMap;

use super::insert::MADE_BY;
use crate::graph::Graph;
use crate::op::Op;
use crate::op::form::Form;

/// The form of a layer, by the name that it had before the refinement; `None` where it is as it was written.
#[must_use]
pub fn form_of(graph: &Graph, layer: &str) -> Option<Form> {
    let core = &graph.node(graph.find(layer)?).op;
    let inserted = |part: &str| {
        let node = graph.node(graph.find(&format!("{layer}.{part}"))?);
        if node.origin.made_by == Some(MADE_BY) { channels(&node.op) } else { None }
    };
    let own = channels(core)?;
    match (inserted("reduce"), inserted("expand"), inserted("vertical")) {
        // A 1x1 takes no other form.
        (Some(r), None, None) if is_one_by_one(core) => Some(Form::Pointwise { r }),
        (Some(r), None, None) => Some(Form::Reduce { r }),
        (None, Some(_), None) => Some(Form::Expand { r: own }),
        (Some(r1), Some(_), None) => Some(Form::Both { r1, r2: own }),
        (None, None, Some(r)) => Some(Form::Spatial { r }),
        (_, _, _) => None,
    }
}

/// The forms of all refined layers of a graph, by name.
#[must_use]
pub fn forms(graph: &Graph) -> BTreeMap<String, Form> {
    let names = graph.ids().map(|id| &graph.node(id).name);
    names.filter_map(|name| Some((name.clone(), form_of(graph, name)?))).collect()
}

fn channels(op: &Op) -> Option<u64> {
    if let Op::Conv(conv) = op {
        Some(conv.out)
    } else if let Op::Linear(linear) = op {
        Some(linear.out)
    } else {
        None
    }
}

fn is_one_by_one(op: &Op) -> bool {
    matches!(op, Op::Linear(_)) || matches!(op, Op::Conv(conv) if conv.kernel == [1, 1])
}
