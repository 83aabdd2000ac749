//! Operations as they are gathered from a model, and the graph of those that outputs hang on.
//!
//! While a model is read nothing has a name yet, for what several nodes mean together may turn out to be one operation. The
//! graph gets what is left, in the order of the model.

use std::collections::BTreeMap;

use super::super::arrays::ArrayId;
use super::super::model::{Model, Node};
use super::names::{Names, identifier};
use crate::graph::{self, Graph, LayerPath, NodeId, TensorId};
use crate::op::{Op, Shape};

/// Names an operation among those that were gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct DraftId(pub usize);

/// An operation that has no name yet.
#[derive(Debug, Clone)]
pub(super) struct Draft<'m> {
    /// What it computes.
    pub op: Op,
    /// Its shape.
    pub shape: Shape,
    /// What it reads; earlier ones.
    pub inputs: Vec<DraftId>,
    /// The node that it stands for; none of an input.
    pub from: Option<&'m Node>,
    /// What an input is called.
    pub name: &'m str,
    /// The arrays that its tensors are, by role.
    pub learned: Vec<(&'static str, ArrayId)>,
}

/// The graph of what outputs hang on, and the array of each of its tensors. Inputs stay, read or not.
pub(super) fn graph(
    model: &Model,
    remark: Option<&str>,
    drafts: &[Draft<'_>],
    outputs: &[(String, DraftId)],
) -> (Graph, BTreeMap<TensorId, ArrayId>) {
    let name = if model.name.is_empty() { "model" } else { &model.name };
    let mut graph = Graph::new(identifier(name), remark.map(str::to_owned));
    let needed = needed(drafts, outputs);
    let kept = drafts.iter().zip(&needed).filter(|(_, needed)| **needed);
    let (mut names, mut learned) = (Names::new(kept.filter_map(|(draft, _)| draft.from), model), BTreeMap::new());
    let mut made: BTreeMap<DraftId, NodeId> = BTreeMap::new();
    for (at, draft) in drafts.iter().enumerate().filter(|(at, _)| needed[*at]) {
        let name = match draft.from {
            Some(node) => names.of(node, &draft.op, model),
            None => names.free(&identifier(draft.name)),
        };
        let inputs = draft.inputs.iter().map(|input| made[input]).collect();
        let id = graph.add(graph::Node::new(LayerPath::new(&name), draft.op.clone(), inputs));
        for tensor in graph.node(id).tensors.clone() {
            let role = graph.tensor(tensor).role;
            if let Some((_, array)) = draft.learned.iter().find(|(own, _)| *own == role) {
                learned.insert(tensor, *array);
            }
        }
        made.insert(DraftId(at), id);
    }
    for (name, draft) in outputs {
        graph.add_output(names.free_output(&identifier(name)), made[draft]);
    }
    (graph, learned)
}

fn needed(drafts: &[Draft<'_>], outputs: &[(String, DraftId)]) -> Vec<bool> {
    let mut needed: Vec<bool> = drafts.iter().map(|draft| draft.from.is_none()).collect();
    for (_, draft) in outputs {
        needed[draft.0] = true;
    }
    for at in (0..drafts.len()).rev().filter(|at| drafts[*at].from.is_some()) {
        if needed[at] {
            drafts[at].inputs.iter().for_each(|input| needed[input.0] = true);
        }
    }
    needed
}
