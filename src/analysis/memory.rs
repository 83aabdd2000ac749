//! Peak activation memory by liveness over the order of execution, and a bound that no order beats.
//!
//! In: a [`Shaped`] graph. Out: [`Peak`]. Linear in nodes and edges. Nothing is computed in place and nothing is fused,
//! so this is the memory of running the layers one after another.
//!
//! **Liveness.** The network's inputs are there before the first step, since the caller brings them all at once. A
//! tensor lives from the step that makes it to the last step that reads it, an output to the end. Views share the tensor
//! of their input. At each step the layer's inputs and its output are alive together.
//!
//! **The bound.** Call a layer *pinned* if every other layer is an ancestor or a descendant of it. In any order its
//! ancestors come before it and its descendants after, so the tensors alive at its step are the same in every order: its
//! live bytes bound every order's peak. A tensor made by a pinned layer (or brought as an input) and last read by a pinned
//! layer (or an output) is alive, in any order, at every layer between the two. So any other layer needs, in
//! any order, at least those tensors, its inputs and its output. The bound is the largest of all these.
//!
//! Pinned layers are found in linear time. Layer `p` reaches all later ones exactly if each later layer has an
//! input at position `>= p` (by induction over positions that input is `p` or reached from it), and is reached from all
//! earlier ones exactly if each earlier layer has a user at a position `<= p`.

use super::{Overflow, Peak, cost};
use crate::graph::{Graph, NodeId, NodeMap};
use crate::op::Op;
use crate::shape::Shaped;

/// One allocation: an input or the output of a layer that is not a view.
struct Tensor {
    node: NodeId,
    bytes: u64,
    /// Step that makes it; 0 for inputs, which are there from the start.
    born: u32,
    /// Last step at which it is alive.
    last: u32,
    /// Whether it is alive, whatever the order, at every step strictly between `born` and `last`.
    spans: bool,
}

impl Tensor {
    fn alive_at(&self, step: usize) -> bool {
        self.born as usize <= step && step <= self.last as usize
    }
}

/// Steps, tensors and who reads what; steps count layers, not inputs.
///
/// Steps and tensors are numbered in 32 bits, as nodes are: touching memory is what this costs.
struct Liveness {
    steps: Vec<NodeId>,
    tensors: Vec<Tensor>,
    /// Tensor made at each step; `None` at views.
    made: Vec<Option<u32>>,
    /// Distinct tensors read at each step, flattened; `reads[i]` is `read[starts[i]..starts[i + 1]]`.
    read: Vec<u32>,
    starts: Vec<u32>,
    pinned: Vec<bool>,
}

/// The memory peak for `batch` images, with the tensors alive then and the bound.
///
/// # Errors
/// The layer at which live bytes exceed 64 bits.
pub fn peak(shaped: &Shaped, batch: u64) -> Result<Peak, Overflow> {
    let live = liveness(shaped, batch)?;
    let Some(first) = shaped.order().first().copied() else {
        unreachable!("a network has an input");
    };
    let sums = live.sums(|_| true)?;
    let (at, bytes) = sums.iter().enumerate().fold((0, 0), |best, (step, sum)| if *sum > best.1 { (step, *sum) } else { best });
    let alive = live.tensors.iter().filter(|t| t.alive_at(at) && t.bytes > 0).map(|t| (t.node, t.bytes)).collect();
    let lower_bound = live.bound(&sums)?;
    Ok(Peak { at: live.steps.get(at).copied().unwrap_or(first), bytes, alive, lower_bound })
}

fn liveness(shaped: &Shaped, batch: u64) -> Result<Liveness, Overflow> {
    let graph = shaped.graph();
    let mut live = Liveness {
        steps: Vec::with_capacity(graph.len()),
        tensors: Vec::with_capacity(graph.len()),
        made: Vec::with_capacity(graph.len()),
        read: Vec::new(),
        starts: vec![0],
        pinned: Vec::new(),
    };
    let mut tensor_of: NodeMap<u32> = NodeMap::with_bound(graph.bound());
    for &id in shaped.order() {
        live.visit(shaped, (id, batch), &mut tensor_of)?;
    }
    let end = live.steps.len().saturating_sub(1) as u32;
    for (_, node) in graph.outputs() {
        live.tensors[tensor_of[*node] as usize].last = end;
    }
    live.pinned = pinned(graph, &live.steps);
    live.mark_spans(graph, &tensor_of);
    Ok(live)
}

impl Liveness {
    /// Adds a node's step and tensor, and lets the tensors that it reads live up to this step.
    fn visit(&mut self, shaped: &Shaped, (id, batch): (NodeId, u64), tensor_of: &mut NodeMap<u32>) -> Result<(), Overflow> {
        let node = shaped.graph().node(id);
        let step = self.steps.len() as u32;
        let is_input = matches!(node.op, Op::Input(_));
        if !is_input {
            let from = self.read.len();
            self.read.extend(node.inputs.iter().map(|input| tensor_of[*input]));
            self.read[from..].sort_unstable();
            // Only the new tail is sorted, and an earlier step's last entry must not swallow its first.
            let mut kept = from;
            for i in from..self.read.len() {
                if i == from || self.read[i] != self.read[kept - 1] {
                    self.read[kept] = self.read[i];
                    kept += 1;
                }
            }
            self.read.truncate(kept);
            for &tensor in &self.read[from..] {
                self.tensors[tensor as usize].last = step;
            }
            self.steps.push(id);
            self.starts.push(self.read.len() as u32);
        }
        if node.op.is_view() {
            tensor_of.insert(id, tensor_of[node.inputs[0]]);
            self.made.push(None);
            return Ok(());
        }
        let bytes = cost::map_bytes(shaped.shape(id), batch).ok_or(Overflow { node: id, what: "activation bytes" })?;
        // What is stored with the network is no activation.
        let bytes = if node.op.is_stored() { 0 } else { bytes };
        let tensor = self.tensors.len() as u32;
        tensor_of.insert(id, tensor);
        if !is_input {
            self.made.push(Some(tensor));
        }
        let born = if is_input { 0 } else { step };
        self.tensors.push(Tensor { node: id, bytes, born, last: born, spans: is_input });
        Ok(())
    }

    /// Tensors read at a step.
    fn reads(&self, step: usize) -> &[u32] {
        &self.read[self.starts[step] as usize..self.starts[step + 1] as usize]
    }

    /// Keeps `spans` on tensors whose maker and last reader are pinned (inputs and outputs count as such).
    fn mark_spans(&mut self, graph: &Graph, tensor_of: &NodeMap<u32>) {
        for step in 0..self.steps.len() {
            if let Some(tensor) = self.made[step] {
                self.tensors[tensor as usize].spans = self.pinned[step];
            }
        }
        let mut is_output = vec![false; self.tensors.len()];
        for (_, node) in graph.outputs() {
            is_output[tensor_of[*node] as usize] = true;
        }
        for (tensor, output) in self.tensors.iter_mut().zip(is_output) {
            tensor.spans &= output || self.pinned.get(tensor.last as usize).copied().unwrap_or(false);
        }
    }

    /// Live bytes of each step, of the tensors that `counts`.
    fn sums(&self, counts: impl Fn(&Tensor) -> bool) -> Result<Vec<u64>, Overflow> {
        let length = self.steps.len().max(1);
        let (mut births, mut deaths) = (vec![0u64; length], vec![0u64; length + 1]);
        for tensor in self.tensors.iter().filter(|t| counts(t)) {
            let overflow = Overflow { node: tensor.node, what: "live activation bytes" };
            let (born, dead) = (tensor.born as usize, tensor.last as usize + 1);
            births[born] = births[born].checked_add(tensor.bytes).ok_or(overflow)?;
            deaths[dead] = deaths[dead].checked_add(tensor.bytes).ok_or(overflow)?;
        }
        let mut now = 0u64;
        let mut sums = Vec::with_capacity(length);
        for (step, birth) in births.iter().enumerate() {
            let left = now - deaths[step];
            now = left.checked_add(*birth).ok_or_else(|| self.overflow(step))?;
            sums.push(now);
        }
        Ok(sums)
    }

    fn overflow(&self, step: usize) -> Overflow {
        let node = self.steps.get(step).copied().unwrap_or(self.tensors[0].node);
        Overflow { node, what: "live activation bytes" }
    }

    /// The largest need of one step that holds in every order.
    fn bound(&self, sums: &[u64]) -> Result<u64, Overflow> {
        if self.steps.is_empty() {
            return Ok(sums[0]);
        }
        let spanning = self.sums(|t| t.spans)?;
        let mut bound = 0u64;
        for step in 0..self.steps.len() {
            let need = if self.pinned[step] { Some(sums[step]) } else { self.need(step, spanning[step]) };
            bound = bound.max(need.ok_or_else(|| self.overflow(step))?);
        }
        Ok(bound)
    }

    /// What an unpinned step needs in any order: spanning tensors, and its inputs and output that are not among them.
    fn need(&self, step: usize, spanning: u64) -> Option<u64> {
        let mut need = spanning;
        for &tensor in self.reads(step).iter().chain(&self.made[step]) {
            let tensor = &self.tensors[tensor as usize];
            if !(tensor.spans && tensor.alive_at(step)) {
                need = need.checked_add(tensor.bytes)?;
            }
        }
        Some(need)
    }
}

/// Which steps are comparable with all others.
fn pinned(graph: &Graph, steps: &[NodeId]) -> Vec<bool> {
    let count = steps.len();
    let mut position: NodeMap<u32> = NodeMap::with_bound(graph.bound());
    let mut first_user = vec![u32::MAX; count];
    let mut last_input = vec![None; count];
    for (step, id) in (0u32..).zip(steps) {
        position.insert(*id, step);
        for input in graph.node(*id).inputs.iter().filter_map(|input| position.get(*input).copied()) {
            let user = &mut first_user[input as usize];
            *user = (*user).min(step);
            last_input[step as usize] = last_input[step as usize].max(Some(input));
        }
    }
    let mut result = vec![true; count];
    let mut latest = 0;
    for (step, (pinned, user)) in (0u32..).zip(result.iter_mut().zip(&first_user)) {
        *pinned &= latest <= step;
        latest = latest.max(*user);
    }
    let mut earliest = Some(u32::MAX);
    for (step, (pinned, input)) in (0..count as u32).rev().zip(result.iter_mut().zip(&last_input).rev()) {
        *pinned &= earliest >= Some(step);
        earliest = earliest.min(*input);
    }
    result
}
