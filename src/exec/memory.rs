//! What a run needs, before anything is allocated.

use super::RunOptions;
use crate::graph::NodeId;
use crate::shape::Shaped;

/// Bytes that a run takes; `u64::MAX` stands for anything larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Memory {
    /// Weights and running statistics.
    pub weights: u64,
    /// The caller's inputs.
    pub inputs: u64,
    /// The most bytes of tensors that are alive at once, the caller's inputs included.
    pub tensors: u64,
    /// The most bytes of tensors and of kernels' scratch memory together.
    pub working: u64,
    /// The node during which that is; `None` where it is before the first or after the last.
    pub at: Option<NodeId>,
}

impl Memory {
    /// Weights and working memory together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.weights.saturating_add(self.working)
    }
}

/// The memory of a run on `batch` images, as the engine plans it; dumps that name no node are left out.
#[must_use]
pub fn required_memory(shaped: &Shaped, batch: u64, options: &RunOptions) -> Memory {
    let find = |name: &String| shaped.graph().find(name).map(|id| (name.clone(), id));
    options.engine.plan(shaped, options.dump.iter().filter_map(find).collect(), options).memory(batch)
}
