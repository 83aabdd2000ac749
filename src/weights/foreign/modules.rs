//! Modules of both sides: the tensors that belong together, and their form.
//!
//! In: tensors with names and dimensions. Out: modules, a path and tensors by role each. Two modules have the same form where
//! every tensor of one could stand for one of the other: the same roles, and values that lie in the same order.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::graph::{Graph, NodeId};
use crate::op::Op;
use crate::shape::Shaped;
use crate::weights::for_each_tensor;

/// A tensor that the network needs.
#[derive(Debug)]
pub(super) struct Needed {
    pub name: String,
    pub dims: Vec<u64>,
    /// The layer that it belongs to.
    pub owner: String,
    role: &'static str,
    at: NodeId,
}

/// A module.
#[derive(Debug, Clone)]
pub(super) struct Module {
    /// Where it stands: the tensors' names without their roles.
    pub path: String,
    /// Its tensors by role, as indices into the side's tensors.
    pub tensors: BTreeMap<String, usize>,
    /// What it can be exchanged with.
    pub form: usize,
    /// The first node that uses it; of the network's modules only.
    pub at: Option<NodeId>,
}

/// The roles that a module may have more than one of; a tensor with any other last name is a module by itself.
const ROLES: &[&str] = &["weight", "bias", "running_mean", "running_var"];

/// Dimensions of a tensor whose values lie in the same order: a matrix is a 1x1 convolution, and a factor a channel may be
/// `[channels, 1, 1]`.
fn canonical(dims: &[u64]) -> Vec<u64> {
    match dims {
        [rows, columns] => vec![*rows, *columns, 1, 1],
        [channels, 1, 1] | [1, channels, 1, 1] => vec![*channels],
        other => other.to_vec(),
    }
}

/// A tensor that is a module by itself has no role beside others.
fn alone(tensors: BTreeMap<String, usize>) -> BTreeMap<String, usize> {
    let is_alone = tensors.len() == 1 && !tensors.contains_key("bias");
    tensors.into_iter().map(|(role, tensor)| (if is_alone { "weight".to_owned() } else { role }, tensor)).collect()
}

/// All tensors of a network, in order of execution.
pub(super) fn needed(shaped: &Shaped) -> Vec<Needed> {
    let mut all = Vec::new();
    for_each_tensor(shaped, |at, info, spec| {
        all.push(Needed { name: info.name(), dims: spec.dims.to_vec(), owner: info.owner.to_string(), role: info.role, at });
    });
    all
}

/// The modules of both sides, under one numbering of forms.
#[derive(Debug, Default)]
pub(super) struct Forms {
    known: HashMap<Vec<(String, Vec<u64>)>, usize>,
}

impl Forms {
    fn of(&mut self, form: Vec<(String, Vec<u64>)>) -> usize {
        let next = self.known.len();
        *self.known.entry(form).or_insert(next)
    }

    /// The network's modules, in order of execution.
    pub fn ours(&mut self, needed: &[Needed], chosen: &BTreeSet<usize>) -> Vec<Module> {
        let mut index: HashMap<(&str, NodeId), usize> = HashMap::new();
        let mut modules: Vec<Module> = Vec::new();
        for i in chosen {
            let tensor = &needed[*i];
            let at = *index.entry((&tensor.owner, tensor.at)).or_insert_with(|| {
                let (path, at) = (tensor.owner.clone(), Some(tensor.at));
                modules.push(Module { path, tensors: BTreeMap::new(), form: 0, at });
                modules.len() - 1
            });
            modules[at].tensors.insert(tensor.role.to_owned(), *i);
        }
        for module in &mut modules {
            module.tensors = alone(std::mem::take(&mut module.tensors));
            module.form = self.of(module.tensors.iter().map(|(role, i)| (role.clone(), canonical(&needed[*i].dims))).collect());
        }
        modules
    }

    /// A file's modules, in the order of their names. `flat` are the kernels that a `linear` after a `flatten` stands for.
    pub fn theirs(&mut self, tensors: &[(String, Vec<u64>)], chosen: &BTreeSet<usize>, flat: &HashSet<[u64; 4]>) -> Vec<Module> {
        let mut modules: BTreeMap<(&str, bool), BTreeMap<String, usize>> = BTreeMap::new();
        for i in chosen {
            let name = tensors[*i].0.as_str();
            let (path, role) = name.rsplit_once('.').unwrap_or(("", name));
            let (key, role) = if ROLES.contains(&role) { ((path, true), role) } else { ((name, false), "weight") };
            modules.entry(key).or_default().insert(role.to_owned(), *i);
        }
        let form = |(role, i): (&String, &usize)| {
            let dims = &tensors[*i].1;
            let is_flat = <[u64; 4]>::try_from(dims.as_slice()).is_ok_and(|kernels| flat.contains(&kernels));
            let dims = if is_flat { vec![dims[0], dims[1..].iter().product(), 1, 1] } else { canonical(dims) };
            (role.clone(), dims)
        };
        let module = |((path, _), tensors): ((&str, bool), BTreeMap<String, usize>)| {
            let tensors = alone(tensors);
            let form = self.of(tensors.iter().map(form).collect());
            Module { path: path.to_owned(), tensors, form, at: None }
        };
        modules.into_iter().map(module).collect()
    }
}

/// Kernels as large as their map, which a `linear` after a `flatten` computes as well: some libraries write the first one so.
pub(super) fn flattened(shaped: &Shaped, needed: &[Needed]) -> HashSet<[u64; 4]> {
    let graph: &Graph = shaped.graph();
    let mut kernels = HashSet::new();
    for tensor in needed.iter().filter(|tensor| tensor.dims.len() == 2) {
        let mut from = graph.node(tensor.at).inputs.first().copied();
        while let Some(id) = from {
            let node = graph.node(id);
            if matches!(node.op, Op::Flatten) {
                let map = node.inputs.first().map(|input| shaped.shape(*input));
                if let Some([c, h, w]) = map.and_then(|map| <[u64; 3]>::try_from(map.to_vec()).ok()) {
                    let fits = c.checked_mul(h).and_then(|ch| ch.checked_mul(w)) == Some(tensor.dims[1]);
                    kernels.extend((h > 1 || w > 1).then_some([tensor.dims[0], c, h, w]).filter(|_| fits));
                }
            }
            from = node.inputs.first().copied().filter(|_| matches!(node.op.keyword(), "dropout" | "identity"));
        }
    }
    // Where the network has a convolution with such kernels, they are its.
    for tensor in needed {
        if let Ok(own) = <[u64; 4]>::try_from(tensor.dims.as_slice()) {
            kernels.remove(&own);
        }
    }
    kernels
}
