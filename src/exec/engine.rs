//! What a prepared network computes with. An engine is made by [`prepare`](super::prepare), which tells it all that runs have
//! in common: weights, threads, what is timed and what is handed back.

use super::{Memory, RunResult};
use crate::tensor::Tensor;

/// Which engine computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum EngineKind {
    /// The interpreter: slow, and obvious enough to hold others against.
    #[default]
    Reference,
}

impl EngineKind {
    /// All engines.
    pub const ALL: &[Self] = &[Self::Reference];

    /// As the command line calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reference => "reference",
        }
    }

    /// The engine of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// One network with its weights, ready to be computed; [`Prepared`](super::Prepared) asks it and checks all that can be wrong.
/// An engine promises:
///
/// - *Nothing fails.* Every batch of at least one image, of inputs that fit, gives all outputs and dumps.
/// - *Memory is known.* A run allocates at most the working memory that [`Self::memory`] says; the weights are there before.
/// - *Runs do not know of each other.* The same inputs give the same bits, whatever ran before, however many threads there
///   are, and whatever else is in the batch. Between engines, outputs differ by rounding alone.
/// - *Counts are honest.* [`RunResult::macs`] are those that were done, [`RunResult::timings`] have each layer once, in order
///   of execution; the time of what runs as part of another layer is in that one's.
pub trait Engine: std::fmt::Debug {
    /// What a run on `batch` images takes.
    fn memory(&self, batch: u64) -> Memory;

    /// Computes `batch` images; `inputs` are the network's in order of declaration.
    fn run(&mut self, inputs: &[&Tensor], batch: usize) -> RunResult;
}
