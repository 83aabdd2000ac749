//! When each tensor is made and freed: known before a run, and followed by it.
//!
//! In: a network and the nodes whose outputs are asked for besides its own. Out: [`Schedule`], from which memory is computed and
//! by which the run proceeds, so that the two cannot differ.

use std::collections::BTreeMap;

use crate::flow::Lifetimes;
use crate::graph::NodeId;
use crate::op::Op;
use crate::shape::Shaped;

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
}
