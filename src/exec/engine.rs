//! What a prepared network computes with.

use super::{Memory, RunResult};
use crate::tensor::Tensor;

/// One network with its weights, ready to be computed: made by [`prepare`](super::prepare), asked by
/// [`Prepared`](super::Prepared), which checks all that can be wrong. An engine promises:
///
/// - *Nothing fails.* Every batch of at least one image, of inputs that fit, gives all outputs and dumps.
/// - *Memory is known.* A run allocates at most what [`Self::memory`] says, weights left out.
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
