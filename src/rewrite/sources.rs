//! Where the tensors of a rewritten network come from, as data.
//!
//! Every rewrite says it for the tensors that it makes; all others are kept, values and identity. An id means the same tensor
//! in the graph before and in every graph that rewrites make of it, so the sources of several rewrites are one map, and
//! whatever a tensor is made of has a smaller id than its own. Nothing here holds or computes values: see
//! [`apply`](super::apply::apply).

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{Node, Role, TensorId};
use crate::op::Op;
use crate::op::form::Refinement;

/// The tensors of a convolution or linear layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter {
    /// `[out, in/groups, kh, kw]` or `[out, in]`.
    pub weight: TensorId,
    /// `[out]`.
    pub bias: Option<TensorId>,
}

/// Which tensor of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// Its weight.
    Weight,
    /// Its bias.
    Bias,
}

/// A batch normalisation by its tensors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Norm {
    /// The learned factor and shift, where it has them.
    pub affine: Option<[TensorId; 2]>,
    /// The running mean.
    pub mean: TensorId,
    /// The running variance.
    pub variance: TensorId,
    /// Added to the variance.
    pub eps: f64,
}

/// Where a tensor comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum TensorSource {
    /// A layer with the normalisations behind it in its weights.
    Folded {
        /// The layer.
        layer: Filter,
        /// What follows it, in order.
        norms: Vec<Norm>,
        /// Which of the layer's tensors this is.
        slot: Slot,
    },
    /// Two layers, of which at most one has more than one tap, as one.
    Composed {
        /// The layer that comes first.
        first: Filter,
        /// The layer that reads it.
        second: Filter,
        /// Which tensor of the one layer this is.
        slot: Slot,
    },
    /// A part of what a layer was refined to.
    Factorized {
        /// The layer as it was.
        layer: Filter,
        /// What it was refined to.
        how: Refinement,
        /// Which part.
        role: Role,
        /// Which of the part's tensors this is.
        slot: Slot,
    },
    /// Nothing: it was not there before.
    New,
}

/// The sources of all tensors that rewrites made; what is not in it is kept.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sources {
    of: BTreeMap<TensorId, TensorSource>,
}

impl Sources {
    /// The source of a tensor; `None` where it is kept.
    #[must_use]
    pub fn get(&self, id: TensorId) -> Option<&TensorSource> {
        self.of.get(&id)
    }

    /// All tensors that were made, each after what it is made of.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (TensorId, &TensorSource)> {
        self.of.iter().map(|(id, source)| (*id, source))
    }

    /// Whether every tensor is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// Adds the sources of a later rewrite.
    pub fn extend(&mut self, later: Self) {
        self.of.extend(later.of);
    }

    /// Says where a tensor comes from.
    pub(super) fn insert(&mut self, id: TensorId, source: TensorSource) {
        debug_assert!(source.operands().iter().all(|operand| *operand < id), "tensors are made of earlier ones");
        self.of.insert(id, source);
    }

    /// Says where the tensors of a new convolution or linear layer come from.
    pub(super) fn insert_layer(&mut self, node: &Node, source: impl Fn(Slot) -> TensorSource) {
        let filter = Filter::of(node);
        self.insert(filter.weight, source(Slot::Weight));
        if let Some(bias) = filter.bias {
            self.insert(bias, source(Slot::Bias));
        }
    }

    /// The tensors whose values no given value leads to: new ones, factors, and what is made of them.
    #[must_use]
    pub fn fresh(&self) -> BTreeSet<TensorId> {
        let mut fresh = BTreeSet::new();
        for (id, source) in self.iter() {
            let is_fresh = match source {
                // Factors follow from the layer once something decomposes it; until then they are trained anew.
                TensorSource::New | TensorSource::Factorized { .. } => true,
                TensorSource::Folded { .. } | TensorSource::Composed { .. } => {
                    source.operands().iter().any(|operand| fresh.contains(operand))
                }
            };
            if is_fresh {
                fresh.insert(id);
            }
        }
        fresh
    }
}

impl TensorSource {
    /// The tensors that it is made of.
    #[must_use]
    pub fn operands(&self) -> Vec<TensorId> {
        match self {
            Self::Folded { layer, norms, .. } => layer.tensors().chain(norms.iter().flat_map(Norm::tensors)).collect(),
            Self::Composed { first, second, .. } => first.tensors().chain(second.tensors()).collect(),
            Self::Factorized { layer, .. } => layer.tensors().collect(),
            Self::New => Vec::new(),
        }
    }
}

impl Filter {
    /// The tensors of a node.
    ///
    /// # Panics
    /// If the node is no convolution or linear layer.
    pub(super) fn of(node: &Node) -> Self {
        Self { weight: tensor(node, "weight").expect("the layer has a weight"), bias: tensor(node, "bias") }
    }

    fn tensors(&self) -> impl Iterator<Item = TensorId> + use<> {
        std::iter::once(self.weight).chain(self.bias)
    }
}

impl Norm {
    /// The tensors of a node; `None` where it is no batch normalisation.
    pub(super) fn of(node: &Node) -> Option<Self> {
        let Op::BatchNorm(norm) = &node.op else { return None };
        Some(Self {
            affine: tensor(node, "weight").zip(tensor(node, "bias")).map(<[TensorId; 2]>::from),
            mean: tensor(node, "running_mean")?,
            variance: tensor(node, "running_var")?,
            eps: norm.eps,
        })
    }

    fn tensors(&self) -> impl Iterator<Item = TensorId> + use<> {
        self.affine.into_iter().flatten().chain([self.mean, self.variance])
    }
}

fn tensor(node: &Node, role: &str) -> Option<TensorId> {
    node.op.roles().iter().position(|other| *other == role).map(|at| node.tensors[at])
}
