//! The identity of learned tensors: nodes refer to them, and several nodes may refer to one.
//!
//! A tensor is called after the layer that it was made for (`conv1.weight`), or after the set of shared weights that it
//! belongs to. Its dimensions follow from what uses it and are not stored here; its values are not the graph's.

use super::name::LayerPath;
use super::node::NodeId;

/// Names a tensor of one graph, and the same tensor of the graphs that rewrites make of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TensorId(pub(super) u32);

impl TensorId {
    /// The id as an index into tables.
    #[must_use]
    pub fn to_usize(self) -> usize {
        self.0 as usize
    }
}

/// A tensor that nodes use.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorInfo {
    /// The layer, or the set of shared weights, that it is called after.
    pub owner: LayerPath,
    /// What it is there: `weight`, `bias`, `running_mean` or `running_var`.
    pub role: &'static str,
    /// The first node that uses it, in order of execution; `None` where none does.
    pub first: Option<NodeId>,
    /// How many nodes use it.
    pub users: u32,
}

impl TensorInfo {
    /// Its full name: `conv1.weight`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}.{}", self.owner, self.role)
    }
}
