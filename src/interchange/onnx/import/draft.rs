//! Operations as they are gathered from a model, and the graph of those that outputs hang on.
//!
//! While a model is read nothing has a name yet, for what several nodes mean together may turn out to be one operation. The
//! graph gets what is left, in the order of the model.

use std::collections::{BTreeMap, HashMap};

use super::super::arrays::{ArrayId, Arrays};
use super::super::model::{Model, Node};
use super::Unsupported;
use super::names::Names;
use crate::graph::{self, Graph, LayerPath, NodeId, TensorId};
use crate::interchange::naming::identifier;
use crate::op::{Op, Shape};
use crate::visible::is_unseen;

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
    /// What is known of it by a remark.
    pub told: Option<Told>,
}

/// What a remark of this program's tells of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    /// Its name.
    pub name: String,
    /// What its tensors are called after.
    pub owner: String,
}

/// The graph of what outputs hang on, and the array of each of its tensors. Inputs stay, read or not.
pub(super) fn graph(
    model: &Model,
    remark: Option<&str>,
    drafts: &[Draft<'_>],
    outputs: &[(String, DraftId)],
) -> (Graph, BTreeMap<TensorId, ArrayId>) {
    let name = if model.name.is_empty() { "model" } else { &model.name };
    let spelled = Spelling::of(model);
    let own = Some(model.doc.as_str()).filter(|doc| spelled.is_ours && !doc.is_empty());
    let mut graph = Graph::new(spelled.name(name), own.or(remark).map(str::to_owned));
    let needed = needed(drafts, outputs);
    let kept = drafts.iter().zip(&needed).filter(|(_, needed)| **needed);
    let (mut names, mut learned) =
        (Names::new(kept.filter_map(|(draft, _)| Some((draft.from?, &draft.op))), model), BTreeMap::new());
    let mut made: BTreeMap<DraftId, NodeId> = BTreeMap::new();
    let mut shared = Shared::default();
    for (at, draft) in drafts.iter().enumerate().filter(|(at, _)| needed[*at]) {
        let name = match (&draft.told, draft.from) {
            (Some(told), _) => names.told(&told.name),
            (None, Some(node)) => names.of(node, &draft.op, model),
            (None, None) => names.free(&spelled.name(draft.name)),
        };
        let inputs = draft.inputs.iter().map(|input| made[input]).collect();
        let id = shared.add(&mut graph, graph::Node::new(LayerPath::new(&name), draft.op.clone(), inputs), draft);
        for tensor in graph.node(id).tensors.clone() {
            let role = graph.tensor(tensor).role;
            if let Some((_, array)) = draft.learned.iter().find(|(own, _)| *own == role) {
                learned.insert(tensor, *array);
            }
        }
        made.insert(DraftId(at), id);
    }
    for (name, draft) in outputs {
        graph.add_output(names.free_output(&spelled.name(name)), made[draft]);
    }
    (graph, learned)
}

/// How names of a file are spelled here: those that this program wrote as they are, others as identifiers.
struct Spelling {
    is_ours: bool,
}

impl Spelling {
    fn of(model: &Model) -> Self {
        Self { is_ours: model.is_ours() }
    }

    fn name(&self, text: &str) -> String {
        if self.is_ours && is_path(text) { text.to_owned() } else { identifier(text) }
    }
}

/// Whether a text can be the name of a layer as it is.
pub(super) fn is_path(text: &str) -> bool {
    text.split('.').all(|segment| !segment.is_empty()) && !text.contains(['`', '*']) && !text.contains(is_unseen)
}

/// The tensors of layers that remarks tell to be shared, with their arrays, by what they are called after.
#[derive(Default)]
struct Shared {
    by_owner: HashMap<String, Set>,
}

/// Tensors of one owner.
struct Set {
    arrays: Vec<(&'static str, ArrayId)>,
    tensors: Vec<TensorId>,
}

impl Shared {
    fn add(&mut self, graph: &mut Graph, mut node: graph::Node, draft: &Draft<'_>) -> NodeId {
        let Some(told) = draft.told.as_ref().filter(|_| !draft.learned.is_empty()) else { return graph.add(node) };
        if let Some(set) = self.by_owner.get(&told.owner) {
            if set.arrays == draft.learned {
                node.tensors.clone_from(&set.tensors);
            }
            return graph.add(node);
        }
        let owner = LayerPath::new(&told.owner);
        let id = if graph.is_free(&owner) { graph.add_owned(node, &owner) } else { graph.add(node) };
        let set = Set { arrays: draft.learned.clone(), tensors: graph.node(id).tensors.clone() };
        self.by_owner.insert(told.owner.clone(), set);
        id
    }
}

/// Layers whose tensors have other dimensions than they need.
pub(super) fn misfits(drafts: &[Draft<'_>], arrays: &Arrays, outputs: &[(String, DraftId)]) -> Vec<Unsupported> {
    let mut found = Vec::new();
    let needed = needed(drafts, outputs);
    for draft in
        drafts.iter().zip(&needed).filter(|(draft, needed)| **needed && !draft.learned.is_empty()).map(|(draft, _)| draft)
    {
        let shapes: Vec<Shape> = draft.inputs.iter().map(|input| drafts[input.0].shape).collect();
        for spec in draft.op.weights(&shapes) {
            let Some((_, array)) = draft.learned.iter().find(|(role, _)| *role == spec.name) else { continue };
            let (there, wanted) = (&arrays.get(*array).dims, spec.dims.to_vec());
            if !there.iter().map(|dim| *dim as u64).eq(wanted.iter().copied()) {
                let node = draft.from.map_or_else(String::new, Node::shown);
                let why = format!("its `{}` is {there:?}, and its input needs {wanted:?}", spec.name);
                found.push(Unsupported { node, why });
            }
        }
    }
    found
}

fn needed(drafts: &[Draft<'_>], outputs: &[(String, DraftId)]) -> Vec<bool> {
    // A layer that was written with nobody reading it stays.
    let mut needed: Vec<bool> = drafts.iter().map(|draft| draft.from.is_none() || draft.told.is_some()).collect();
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
