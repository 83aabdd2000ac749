//! The values that a network learned: named tensors, laid out as in PyTorch.
//!
//! A tensor is named `<layer>.weight`, `.bias`, `.running_mean` or `.running_var`, after the layer or the set of shared weights
//! that it belongs to. In: tensors from a file, or a seed. Out: [`Weights`]. Which tensors a network needs is the word of its
//! operations ([`crate::op::WeightSpec`]); this module adds no rule of its own and reads no files.

pub mod foreign;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use thiserror::Error;

use crate::graph::tensor::TensorInfo;
use crate::graph::{NodeId, TensorId};
use crate::op::{Init, WeightSpec};
use crate::random::Random;
use crate::shape::Shaped;
use crate::suggest::nearest;
use crate::tensor::Tensor;

/// Named tensors in ascending order of name. Copies share the values of tensors.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Weights {
    tensors: BTreeMap<String, Arc<Tensor>>,
}

/// One way in which weights do not fit a network; dimensions as in PyTorch.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WeightProblem {
    /// The network needs a tensor that is not there.
    #[error("tensor `{name}` of shape {dims:?} is missing{}", did_you_mean(similar.as_ref()))]
    Missing {
        /// The tensor.
        name: String,
        /// The shape that it should have.
        dims: Vec<u64>,
        /// A tensor that no layer uses, with a name like this one.
        similar: Option<String>,
    },
    /// A tensor has another shape than its layer needs.
    #[error("tensor `{name}` has shape {got:?} where the layer needs {needed:?}")]
    Shape {
        /// The tensor.
        name: String,
        /// The shape that it should have.
        needed: Vec<u64>,
        /// The shape that it has.
        got: Vec<usize>,
    },
    /// A tensor belongs to no layer.
    #[error("tensor `{name}` belongs to no layer{}", did_you_mean(similar.as_ref()))]
    Unused {
        /// The tensor.
        name: String,
        /// A tensor that is missing, with a name like this one.
        similar: Option<String>,
    },
}

fn did_you_mean(similar: Option<&String>) -> String {
    similar.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

impl Weights {
    /// No tensors.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tensor, or replaces the one of that name.
    pub fn insert(&mut self, name: impl Into<String>, tensor: impl Into<Arc<Tensor>>) {
        self.tensors.insert(name.into(), tensor.into());
    }

    /// The tensor of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.get(name).map(Arc::as_ref)
    }

    /// The tensor of a name, to be shared with other weights.
    #[must_use]
    pub fn share(&self, name: &str) -> Option<Arc<Tensor>> {
        self.tensors.get(name).cloned()
    }

    /// Takes a tensor out.
    pub fn remove(&mut self, name: &str) -> Option<Arc<Tensor>> {
        self.tensors.remove(name)
    }

    /// All tensors, ascending by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor.as_ref()))
    }

    /// How many tensors.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tensors.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tensors.is_empty()
    }

    /// Weights for a network that has none, the same bits for a seed on every machine.
    ///
    /// Every tensor has its own stream, seeded by `seed` and its name: a layer that is added leaves the others as they are.
    /// How a tensor is filled is its [`Init`].
    ///
    /// # Panics
    /// If a tensor has more elements than the address space: callers have compared [`weight_bytes`] with the memory they allow.
    #[must_use]
    pub fn init(shaped: &Shaped, seed: u64) -> Self {
        let mut weights = Self::new();
        weights.complete(shaped, seed);
        weights
    }

    /// Adds what the network needs and is not there, as [`init`](Self::init) does.
    ///
    /// # Panics
    /// As [`init`](Self::init).
    pub fn complete(&mut self, shaped: &Shaped, seed: u64) {
        for_each_spec(shaped, |name, spec| {
            if self.get(&name).is_none() {
                let tensor = fill(&spec, Random::named(seed, &name));
                self.insert(name, tensor);
            }
        });
    }

    /// Whether every tensor that the network needs is there with its shape, and no others.
    ///
    /// # Errors
    /// Every problem: missing tensors and wrong shapes in order of execution, then unused tensors by name.
    pub fn check(&self, shaped: &Shaped) -> Result<(), Vec<WeightProblem>> {
        let mut problems = Vec::new();
        let mut unused: BTreeSet<&str> = self.tensors.keys().map(String::as_str).collect();
        for_each_spec(shaped, |name, spec| {
            unused.remove(name.as_str());
            match self.get(&name) {
                None => problems.push(WeightProblem::Missing { name, dims: spec.dims.to_vec(), similar: None }),
                Some(tensor) if !same_dims(&spec.dims, tensor.dims()) => {
                    problems.push(WeightProblem::Shape { name, needed: spec.dims.to_vec(), got: tensor.dims().to_vec() });
                }
                Some(_) => {}
            }
        });
        problems.extend(unused.iter().map(|name| WeightProblem::Unused { name: (*name).to_owned(), similar: None }));
        suggest(&mut problems);
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

/// A node's tensors with what they are, in PyTorch's order.
#[must_use]
pub fn specs(shaped: &Shaped, id: NodeId) -> Vec<(TensorId, WeightSpec)> {
    let node = shaped.graph().node(id);
    node.tensors.iter().copied().zip(node.op.weights(&shaped.input_shapes(id))).collect()
}

/// Bytes of all the tensors that a network needs, as f32; `u64::MAX` stands for anything larger.
#[must_use]
pub fn weight_bytes(shaped: &Shaped) -> u64 {
    let mut bytes = 0u64;
    for_each_spec(shaped, |_, spec| bytes = bytes.saturating_add(spec.elements().unwrap_or(u64::MAX).saturating_mul(4)));
    bytes
}

/// Every tensor once, by the first node that uses it.
fn for_each_spec(shaped: &Shaped, mut each: impl FnMut(String, WeightSpec)) {
    for_each_tensor(shaped, |_, info, spec| each(info.name(), spec));
}

/// The same with the node and what is known of the tensor.
fn for_each_tensor(shaped: &Shaped, mut each: impl FnMut(NodeId, &TensorInfo, WeightSpec)) {
    for id in shaped.order() {
        for (tensor, spec) in specs(shaped, *id) {
            let info = shaped.graph().tensor(tensor);
            if info.first == Some(*id) {
                each(*id, info, spec);
            }
        }
    }
}

fn same_dims(needed: &[u64], got: &[usize]) -> bool {
    needed.len() == got.len() && needed.iter().zip(got).all(|(a, b)| u64::try_from(*b) == Ok(*a))
}

fn fill(spec: &WeightSpec, mut random: Random) -> Tensor {
    let dims: Vec<usize> =
        spec.dims.iter().map(|d| usize::try_from(*d).expect("weights were compared with the memory")).collect();
    let mut tensor = Tensor::zeros(dims);
    let mut draw = |next: &dyn Fn(&mut Random) -> f64| tensor.data_mut().iter_mut().for_each(|x| *x = next(&mut random) as f32);
    match spec.init {
        Init::HeNormal { fan_in } => {
            let deviation = (2.0 / fan_in.max(1) as f64).sqrt();
            draw(&|r| r.normal() * deviation);
        }
        Init::Uniform { fan_in } => {
            let bound = 1.0 / (fan_in.max(1) as f64).sqrt();
            draw(&|r| r.uniform(-bound, bound));
        }
        Init::AroundOne | Init::Variance => draw(&|r| r.uniform(0.5, 1.5)),
        Init::AroundZero => draw(&|r| r.normal() * 0.1),
        Init::Constant(value) => draw(&|_| value),
    }
    tensor
}

/// The most names of each kind that are compared with each other, since the work is their product.
const MOST_COMPARED: usize = 200;

/// Fills in the `similar` of missing and unused tensors from each other.
fn suggest(problems: &mut [WeightProblem]) {
    let (mut missing, mut unused) = (Vec::new(), Vec::new());
    for problem in problems.iter() {
        match problem {
            WeightProblem::Missing { name, .. } => missing.push(name.clone()),
            WeightProblem::Unused { name, .. } => unused.push(name.clone()),
            WeightProblem::Shape { .. } => {}
        }
    }
    if missing.len() > MOST_COMPARED || unused.len() > MOST_COMPARED {
        return;
    }
    for problem in problems {
        match problem {
            WeightProblem::Missing { name, similar, .. } => *similar = like(name, &unused),
            WeightProblem::Unused { name, similar } => *similar = like(name, &missing),
            WeightProblem::Shape { .. } => {}
        }
    }
}

fn like(name: &str, among: &[String]) -> Option<String> {
    nearest(name, among.iter().map(String::as_str)).map(str::to_owned)
}
