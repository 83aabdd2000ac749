//! Whether a text makes the network that was decided, but for the names of layers that were put in.
//!
//! In: the network as it was decided, and as a text makes it. Out: what the inserted layers are called in the text, or nothing
//! where anything else differs: operations, shapes, who reads whom, which tensors are shared, the names of all that existed.

use std::collections::BTreeMap;

use crate::graph::{Graph, NodeId, TensorId};
use crate::shape::Shaped;

/// What inserted layers are called in a text, by the names that they were decided under.
#[derive(Debug, Default)]
pub(super) struct Renamed {
    /// Layers.
    pub layers: BTreeMap<String, String>,
    /// Their tensors.
    pub tensors: BTreeMap<String, String>,
}

/// The names of inserted layers in the text, where it makes the same network.
pub(super) fn same(decided: &Shaped, written: &Shaped) -> Option<Renamed> {
    let (old, new) = (decided.graph(), written.graph());
    if decided.order().len() != written.order().len() || outputs(old).count() != outputs(new).count() {
        return None;
    }
    let mut renamed = Renamed::default();
    let (mut nodes, mut tensors) = (BTreeMap::new(), BTreeMap::new());
    for (&one, &other) in decided.order().iter().zip(written.order()) {
        nodes.insert(one, other);
        if !pair((decided, one), (written, other), &nodes, &mut renamed) {
            return None;
        }
        for (one, other) in old.node(one).tensors.iter().zip(&new.node(other).tensors) {
            if !alike((old, *one), (new, *other), &mut tensors, &mut renamed) {
                return None;
            }
        }
    }
    let mut ends = outputs(old).zip(outputs(new));
    ends.all(|((name, one), (other_name, other))| name == other_name && nodes.get(&one) == Some(&other)).then_some(renamed)
}

fn outputs(graph: &Graph) -> impl Iterator<Item = (&str, NodeId)> {
    graph.outputs().iter().map(|(name, node)| (name.as_str(), *node))
}

/// Whether two nodes are the same; an inserted one may have another name.
fn pair(
    (decided, one): (&Shaped, NodeId),
    (written, other): (&Shaped, NodeId),
    nodes: &BTreeMap<NodeId, NodeId>,
    renamed: &mut Renamed,
) -> bool {
    let (old, new) = (decided.graph().node(one), written.graph().node(other));
    if old.name != new.name {
        if old.inserted_for().is_none() {
            return false;
        }
        renamed.layers.insert(old.name.to_string(), new.name.to_string());
    }
    old.op == new.op
        && decided.shape(one) == written.shape(other)
        && old.directives.keep == new.directives.keep
        && old.inputs.len() == new.inputs.len()
        && old.inputs.iter().zip(&new.inputs).all(|(one, other)| nodes.get(one) == Some(other))
        && old.tensors.len() == new.tensors.len()
}

/// Whether two tensors are the same one wherever they are used; those of renamed layers have other names.
fn alike(
    (old, one): (&Graph, TensorId),
    (new, other): (&Graph, TensorId),
    tensors: &mut BTreeMap<TensorId, TensorId>,
    renamed: &mut Renamed,
) -> bool {
    if let Some(known) = tensors.get(&one) {
        return *known == other;
    }
    tensors.insert(one, other);
    let (info, other) = (old.tensor(one), new.tensor(other));
    let (name, other_name) = (info.name(), other.name());
    if name != other_name {
        let is_renamed = info.first.is_some_and(|id| old.node(id).inserted_for().is_some());
        if !is_renamed {
            return false;
        }
        renamed.tensors.insert(name, other_name);
    }
    info.users == other.users
}
