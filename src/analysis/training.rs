//! The memory that a training step needs at least: weights, gradients, the optimizer's state, and what of the forward pass is
//! kept for the backward pass.
//!
//! In: an [`Analysis`], its network and an [`Optimizer`]. Out: [`Training`], exact bytes. What an operation keeps is said by
//! [`Op::kept_for_backward`](crate::op::Op::kept_for_backward); each distinct tensor counts once, views share the tensor of their input, and what has no learned
//! tensor behind it or reaches no output keeps nothing. All of it is of the analysis' type.
//!
//! Left out: gradients of activations, of which a few are alive at a time; workspaces of kernels; what an allocator rounds up
//! or holds back; the loss; and the second, f32 copy of the weights that mixed precision keeps.

use super::cost::map_bytes;
use super::{Analysis, Options, Overflow};
use crate::graph::{NodeId, NodeMap};
use crate::op::backward::{Maps, Own};
use crate::shape::Shaped;

/// What updates the weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Optimizer {
    /// Gradient descent without memory.
    Sgd,
    /// Gradient descent with momentum, as the classification networks of the zoo were trained.
    #[default]
    Momentum,
    /// Adam and `AdamW`.
    Adam,
}

impl Optimizer {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Sgd, Self::Momentum, Self::Adam];

    /// Its name as the command line takes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sgd => "sgd",
            Self::Momentum => "momentum",
            Self::Adam => "adam",
        }
    }

    /// The optimizer of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|optimizer| optimizer.name() == name)
    }

    /// Numbers that it keeps for each parameter.
    #[must_use]
    pub const fn state(self) -> u64 {
        match self {
            Self::Sgd => 0,
            Self::Momentum => 1,
            Self::Adam => 2,
        }
    }
}

/// The memory of a training step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Training {
    /// What updates the weights.
    pub optimizer: Optimizer,
    /// Bytes of weights and running statistics.
    pub weight_bytes: u64,
    /// Bytes of the gradients of the parameters that an output needs.
    pub gradient_bytes: u64,
    /// Bytes of the optimizer's state for these parameters.
    pub optimizer_bytes: u64,
    /// Bytes that are kept of the forward pass, masks, indices and statistics included.
    pub activation_bytes: u64,
    /// How many tensors that are.
    pub activation_tensors: u64,
    /// The sum.
    pub total_bytes: u64,
    /// Bytes of `activation_bytes` by the layer that is the first to need them, in the order of `Analysis::layers`.
    pub kept: Vec<u64>,
}

/// Counts the memory of a training step for the analysis' batch and type.
///
/// # Errors
/// The layer at which a count exceeds 64 bits.
///
/// # Panics
/// If the analysis is of another network.
pub fn training(shaped: &Shaped, analysis: &Analysis, optimizer: Optimizer) -> Result<Training, Overflow> {
    let last = analysis.peak.at;
    let too_large = |what| Overflow { node: last, what };
    let mut keeper = Keeper::new(shaped, &analysis.options);
    let mut kept = Vec::with_capacity(analysis.layers.len());
    for layer in &analysis.layers {
        let overflow = Overflow { node: layer.node, what: "bytes kept for the backward pass" };
        kept.push(keeper.visit(layer.node, layer.needed).ok_or(overflow)?);
    }
    let sum = |bytes: &[u64]| bytes.iter().try_fold(0u64, |sum, bytes| sum.checked_add(*bytes));
    let activation_bytes = sum(&kept).ok_or(too_large("total bytes kept for the backward pass"))?;
    let weight_bytes = analysis.totals.weight_bytes;
    // A part of the weights, whose bytes fit.
    let gradient_bytes = (analysis.totals.params - analysis.dead.params) * analysis.options.dtype.bytes();
    let optimizer_bytes = gradient_bytes.checked_mul(optimizer.state()).ok_or(too_large("optimizer state"))?;
    let parts = [weight_bytes, gradient_bytes, optimizer_bytes, activation_bytes];
    let total_bytes = sum(&parts).ok_or(too_large("bytes of a training step"))?;
    let activation_tensors = keeper.tensors;
    Ok(Training {
        optimizer,
        weight_bytes,
        gradient_bytes,
        optimizer_bytes,
        activation_bytes,
        activation_tensors,
        total_bytes,
        kept,
    })
}

/// Walks through a network in order of execution and notes what is kept.
struct Keeper<'a> {
    shaped: &'a Shaped,
    options: &'a Options,
    /// The node whose tensor holds each node's value.
    holder: NodeMap<NodeId>,
    /// Nodes whose value depends on something learned: only they have a gradient.
    learned: NodeMap<()>,
    /// Tensors that are kept, by their holders.
    kept: NodeMap<()>,
    tensors: u64,
}

impl<'a> Keeper<'a> {
    fn new(shaped: &'a Shaped, options: &'a Options) -> Self {
        let bound = shaped.graph().len();
        let mut holder = NodeMap::with_bound(bound);
        for input in shaped.graph().inputs() {
            holder.insert(*input, *input);
        }
        Self { shaped, options, holder, learned: NodeMap::with_bound(bound), kept: NodeMap::with_bound(bound), tensors: 0 }
    }

    /// The bytes that this layer is the first to need; `None` beyond 64 bits.
    fn visit(&mut self, id: NodeId, needed: bool) -> Option<u64> {
        let node = self.shaped.graph().node(id);
        let holder = if node.op.is_view_in_training() { self.holder[node.inputs[0]] } else { id };
        self.holder.insert(id, holder);
        let inputs = self.shaped.input_shapes(id);
        let learns = node.op.weights(&inputs).iter().any(|spec| spec.learned);
        if !learns && !node.inputs.iter().any(|input| self.has_gradient(*input)) {
            return Some(0);
        }
        self.learned.insert(id, ());
        if !needed {
            return Some(0);
        }
        let kept = node.op.kept_for_backward(&inputs, self.shaped.shape(id))?;
        let maps = match kept.maps {
            Maps::None => 0,
            Maps::Input => self.keep(node.inputs[0])?,
            Maps::Output => self.keep(id)?,
            Maps::OtherInputs => self.keep_others(&node.inputs)?,
            Maps::Divisors => {
                let (_, divisors) = node.inputs.split_first()?;
                let all = divisors.iter().any(|divisor| self.has_gradient(*divisor));
                self.keep_all(if all { &node.inputs } else { divisors })?
            }
            Maps::Inputs => self.keep_all(&node.inputs)?,
        };
        maps.checked_add(self.keep_own(kept.own)?)
    }

    fn has_gradient(&self, id: NodeId) -> bool {
        self.learned.get(id).is_some()
    }

    /// The inputs of a product: each one where another has a gradient.
    fn keep_others(&mut self, inputs: &[NodeId]) -> Option<u64> {
        let with_gradient = inputs.iter().filter(|input| self.has_gradient(**input)).count();
        let mut bytes = 0u64;
        for input in inputs {
            if with_gradient > usize::from(self.has_gradient(*input)) {
                bytes = bytes.checked_add(self.keep(*input)?)?;
            }
        }
        Some(bytes)
    }

    fn keep_all(&mut self, inputs: &[NodeId]) -> Option<u64> {
        inputs.iter().try_fold(0u64, |sum, input| sum.checked_add(self.keep(*input)?))
    }

    /// Keeps the tensor that holds a value; nothing where it is kept already, or stored with the network.
    fn keep(&mut self, id: NodeId) -> Option<u64> {
        let holder = self.holder[id];
        if self.shaped.graph().node(holder).op.is_stored() || self.kept.get(holder).is_some() {
            return Some(0);
        }
        self.kept.insert(holder, ());
        self.tensors += 1;
        map_bytes(self.shaped.shape(holder), self.options.batch, self.options.dtype)
    }

    fn keep_own(&mut self, own: Own) -> Option<u64> {
        let Options { batch, dtype, .. } = *self.options;
        self.tensors += u64::from(own != Own::None);
        match own {
            Own::None => Some(0),
            Own::Once(numbers) => numbers.checked_mul(dtype.bytes()),
            Own::Each(numbers) => numbers.checked_mul(dtype.bytes())?.checked_mul(batch),
            Own::Bytes(bytes) => bytes.checked_mul(batch),
        }
    }
}
