//! When each tensor is made and freed: known before a run, and followed by it.
//!
//! In: a network and the nodes whose outputs are asked for besides its own. Out: [`Schedule`], from which memory is computed and
//! by which the run proceeds, so that the two cannot differ.

use std::collections::BTreeMap;

use super::Memory;
use super::reference::scratch_bytes;
use crate::flow::Lifetimes;
use crate::graph::NodeId;
use crate::op::{Op, Shape};
use crate::shape::Shaped;
use crate::weights::weight_bytes;

/// Where a node's tensor comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// It is its dying input under other dimensions.
    TakenOver,
    /// From a kernel, in memory of its own.
    Computed,
}

/// One layer's turn; inputs have none, for they are the caller's, who keeps them.
#[derive(Debug)]
pub(super) struct Step {
    pub node: NodeId,
    pub source: Source,
    /// Tensors that nothing needs afterwards, this node's own included.
    pub frees: Vec<NodeId>,
}

/// All steps in order of execution.
#[derive(Debug)]
pub(super) struct Schedule {
    pub steps: Vec<Step>,
    /// How often each node's tensor is handed back after the last step.
    pub asks: BTreeMap<NodeId, usize>,
}

impl Schedule {
    /// The schedule of a run that hands back the outputs and `dumps`.
    pub(super) fn new(shaped: &Shaped, dumps: &[(String, NodeId)]) -> Self {
        let graph = shaped.graph();
        let mut asks = BTreeMap::new();
        for (_, id) in dumps.iter().chain(graph.outputs()) {
            *asks.entry(*id).or_insert(0) += 1;
        }
        let is_input = |id: &NodeId| matches!(graph.node(*id).op, Op::Input(_));
        // A view of what lives on is copied, so every node has memory of its own.
        let life = Lifetimes::unshared(shaped);
        let mut steps = Vec::with_capacity(life.steps().len());
        for (position, id) in life.steps().iter().enumerate() {
            let node = graph.node(*id);
            let dies = |id: &NodeId| life.dies_at(*id, position) && !asks.contains_key(id) && !is_input(id);
            let source = if node.op.is_view() && dies(&node.inputs[0]) { Source::TakenOver } else { Source::Computed };
            let mut frees: Vec<NodeId> = node.inputs.iter().chain([id]).filter(|id| dies(id)).copied().collect();
            frees.sort_unstable();
            frees.dedup();
            if source == Source::TakenOver {
                frees.retain(|id| *id != node.inputs[0]);
            }
            steps.push(Step { node: *id, source, frees });
        }
        Self { steps, asks }
    }

    /// The memory of a run on `batch` images with so many threads, at least one.
    pub(super) fn memory(&self, shaped: &Shaped, batch: u64, threads: usize) -> Memory {
        let bytes = |shape: Shape| shape.elements().unwrap_or(u64::MAX).saturating_mul(4).saturating_mul(batch);
        let of = |id: NodeId| bytes(shaped.shape(id));
        // Wide enough that sums of saturated numbers can be taken back exactly.
        let mut live: u128 = shaped.graph().inputs().iter().map(|id| u128::from(of(*id))).sum();
        let inputs = live;
        let (mut tensors, mut working, mut at) = (live, live, None);
        for step in &self.steps {
            let node = shaped.graph().node(step.node);
            let scratch = match step.source {
                Source::TakenOver => {
                    live -= u128::from(of(node.inputs[0]));
                    0
                }
                Source::Computed => {
                    let inputs = shaped.input_shapes(step.node);
                    scratch_bytes(&node.op, &inputs, shaped.shape(step.node), batch, threads)
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
        for (id, times) in &self.asks {
            let copies = if matches!(shaped.graph().node(*id).op, Op::Input(_)) { *times } else { times - 1 };
            live += u128::from(of(*id)) * copies as u128;
        }
        tensors = tensors.max(live);
        if live > working {
            (working, at) = (live, None);
        }
        let narrow = |bytes: u128| u64::try_from(bytes).unwrap_or(u64::MAX);
        let [inputs, tensors, working] = [inputs, tensors, working].map(narrow);
        Memory { weights: weight_bytes(shaped), inputs, tensors, working, at }
    }
}
