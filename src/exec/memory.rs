//! What a run needs, before anything is allocated.

use super::reference::scratch_bytes;
use super::schedule::{Schedule, Source};
use super::{EngineKind, RunOptions};
use crate::graph::NodeId;
use crate::op::{Op, Shape};
use crate::shape::Shaped;
use crate::weights::weight_bytes;

/// Bytes that a run takes; `u64::MAX` stands for anything larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Weights and running statistics.
    pub weights: u64,
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

/// The memory of a run on `batch` images; dumps that name no node are left out.
#[must_use]
pub fn required_memory(shaped: &Shaped, batch: u64, options: &RunOptions) -> Memory {
    let find = |name: &String| shaped.graph().find(name).map(|id| (name.clone(), id));
    let dumps: Vec<_> = options.dump.iter().filter_map(find).collect();
    of_schedule(shaped, &Schedule::new(shaped, &dumps), batch, (options.engine, options.threads))
}

/// All bytes of a run on `batch` images with one thread and no dumps; `u64::MAX` stands for anything larger.
#[must_use]
pub fn required_bytes(shaped: &Shaped, batch: u64) -> u64 {
    required_memory(shaped, batch, &RunOptions::default()).total()
}

/// The memory of a run that follows `schedule` on an engine with so many threads.
pub(super) fn of_schedule(shaped: &Shaped, schedule: &Schedule, batch: u64, (engine, threads): (EngineKind, usize)) -> Memory {
    let scratch_bytes = |op: &Op, inputs: &[Shape], output| match engine {
        EngineKind::Reference => scratch_bytes(op, inputs, output, batch, threads.max(1)),
    };
    let bytes = |shape: Shape| shape.elements().unwrap_or(u64::MAX).saturating_mul(4).saturating_mul(batch);
    let of = |id: NodeId| bytes(shaped.shape(id));
    // Wide enough that sums of saturated numbers can be taken back exactly.
    let mut live: u128 = shaped.graph().inputs().iter().map(|id| u128::from(of(*id))).sum();
    let (mut tensors, mut working, mut at) = (live, live, None);
    for step in &schedule.steps {
        let node = shaped.graph().node(step.node);
        let scratch = match step.source {
            Source::TakenOver => {
                live -= u128::from(of(node.inputs[0]));
                0
            }
            Source::Computed => {
                let inputs = shaped.input_shapes(step.node);
                scratch_bytes(&node.op, &inputs, shaped.shape(step.node))
            }
        };
        live += u128::from(of(step.node));
        tensors = tensors.max(live);
        if live + u128::from(scratch) > working {
            (working, at) = (live + u128::from(scratch), Some(step.node));
        }
        live -= step.frees.iter().map(|id| u128::from(of(*id))).sum::<u128>();
    }
    // Handing a tensor back twice, or one that is the caller's, takes a copy.
    for (id, times) in &schedule.asks {
        let copies = if matches!(shaped.graph().node(*id).op, Op::Input(_)) { *times } else { times - 1 };
        live += u128::from(of(*id)) * copies as u128;
    }
    tensors = tensors.max(live);
    if live > working {
        (working, at) = (live, None);
    }
    let narrow = |bytes: u128| u64::try_from(bytes).unwrap_or(u64::MAX);
    Memory { weights: weight_bytes(shaped), tensors: narrow(tensors), working: narrow(working), at }
}
