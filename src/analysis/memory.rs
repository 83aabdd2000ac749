//! Peak activation memory by liveness over the order of execution, and a bound that no order beats.
//!
//! In: a [`Shaped`] graph. Out: [`Peak`]. Linear in nodes and edges. Nothing is computed in place and nothing is fused,
//! so this is the memory of running the layers one after another. [`fused`] is that of an engine that writes element-wise work
//! over its input, as [`Lifetimes::fused`] says where.
//!
//! **Liveness** is that of [`Lifetimes`]: inputs are there from the start, a tensor lives to its last reader, an output to the
//! end, and views share the tensor of their input.
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

use super::{FusedPeak, Options, Overflow, Peak, cost};
use crate::flow::{Lifetimes, Storage};
use crate::graph::{Graph, NodeId, NodeMap};
use crate::op::Op;
use crate::shape::Shaped;

/// The memory peak, with the tensors alive then and the bound.
///
/// # Errors
/// The layer at which live bytes exceed 64 bits.
pub fn peak(shaped: &Shaped, options: &Options) -> Result<Peak, Overflow> {
    let live = Liveness::new(shaped, options)?;
    let Some(first) = shaped.order().first().copied() else {
        unreachable!("a network has an input");
    };
    let sums = live.sums(|_| true)?;
    let (at, bytes) = sums.iter().enumerate().fold((0, 0), |best, (step, sum)| if *sum > best.1 { (step, *sum) } else { best });
    let tensors = live.life.storages().iter().zip(&live.bytes).filter(|(tensor, bytes)| tensor.alive_at(at) && **bytes > 0);
    let alive = tensors.map(|(tensor, bytes)| (tensor.owner, *bytes)).collect();
    let lower_bound = live.bound(&sums)?;
    Ok(Peak { at: live.life.steps().get(at).copied().unwrap_or(first), bytes, alive, lower_bound })
}

/// The memory peak where element-wise work is done in place: never more than [`peak`]'s.
///
/// # Errors
/// The layer at which live bytes exceed 64 bits.
pub fn fused(shaped: &Shaped, options: &Options) -> Result<FusedPeak, Overflow> {
    let life = Lifetimes::fused(shaped);
    let bytes = sizes(&life, shaped, options)?;
    let Some(first) = shaped.order().first().copied() else {
        unreachable!("a network has an input");
    };
    let live = life.live_bytes(|tensor| bytes[tensor]);
    let (step, most) = live.iter().enumerate().fold((0, 0), |best, (step, sum)| if *sum > best.1 { (step, *sum) } else { best });
    let at = life.steps().get(step).copied().unwrap_or(first);
    let bytes = u64::try_from(most).map_err(|_| Overflow { node: at, what: "live activation bytes" })?;
    Ok(FusedPeak { at, bytes })
}

/// Bytes of each storage.
fn sizes(life: &Lifetimes, shaped: &Shaped, options: &Options) -> Result<Vec<u64>, Overflow> {
    let size = |owner| cost::activation_bytes(shaped, owner, options).ok_or(Overflow { node: owner, what: "activation bytes" });
    life.storages().iter().map(|tensor| size(tensor.owner)).collect()
}

/// Lifetimes with sizes, and what holds of them in every order.
struct Liveness {
    life: Lifetimes,
    /// Bytes of each tensor.
    bytes: Vec<u64>,
    /// Whether each tensor is alive, whatever the order, at every step strictly between its birth and its last reader.
    spans: Vec<bool>,
    pinned: Vec<bool>,
}

impl Liveness {
    fn new(shaped: &Shaped, options: &Options) -> Result<Self, Overflow> {
        let life = Lifetimes::new(shaped);
        let bytes = sizes(&life, shaped, options)?;
        let pinned = pinned(shaped.graph(), life.steps());
        let spans = spans(shaped.graph(), &life, &pinned);
        Ok(Self { life, bytes, spans, pinned })
    }

    /// Live bytes of each step, of the tensors that `counts`.
    fn sums(&self, counts: impl Fn(usize) -> bool) -> Result<Vec<u64>, Overflow> {
        let live = self.life.live_bytes(|tensor| if counts(tensor) { self.bytes[tensor] } else { 0 });
        let narrow = |(step, sum): (usize, u128)| u64::try_from(sum).map_err(|_| self.overflow(step));
        live.into_iter().enumerate().map(narrow).collect()
    }

    fn overflow(&self, step: usize) -> Overflow {
        let node = self.life.steps().get(step).copied().unwrap_or(self.life.storages()[0].owner);
        Overflow { node, what: "live activation bytes" }
    }

    /// The largest need of one step that holds in every order.
    fn bound(&self, sums: &[u64]) -> Result<u64, Overflow> {
        if self.life.steps().is_empty() {
            return Ok(sums[0]);
        }
        let spanning = self.sums(|tensor| self.spans[tensor])?;
        let mut bound = 0u64;
        for step in 0..self.life.steps().len() {
            let need = if self.pinned[step] { Some(sums[step]) } else { self.need(step, spanning[step]) };
            bound = bound.max(need.ok_or_else(|| self.overflow(step))?);
        }
        Ok(bound)
    }

    /// What an unpinned step needs in any order: spanning tensors, and its inputs and output that are not among them.
    fn need(&self, step: usize, spanning: u64) -> Option<u64> {
        let mut need = spanning;
        for tensor in self.life.read_at_step(step).chain(self.life.made_at(step)) {
            if !(self.spans[tensor] && self.life.storages()[tensor].alive_at(step)) {
                need = need.checked_add(self.bytes[tensor])?;
            }
        }
        Some(need)
    }
}

/// Which tensors have a pinned maker and a pinned last reader; inputs and outputs count as pinned.
fn spans(graph: &Graph, life: &Lifetimes, pinned: &[bool]) -> Vec<bool> {
    let mut is_output = vec![false; life.storages().len()];
    for (_, node) in graph.outputs() {
        is_output[life.storage_of(*node)] = true;
    }
    let at = |step: u32| pinned.get(step as usize).copied().unwrap_or(false);
    let spans = |(tensor, is_output): (&Storage, bool)| {
        let made = matches!(graph.node(tensor.owner).op, Op::Input(_)) || at(tensor.born);
        made && (is_output || at(tensor.last))
    };
    life.storages().iter().zip(is_output).map(spans).collect()
}

/// Which steps are comparable with all others.
fn pinned(graph: &Graph, steps: &[NodeId]) -> Vec<bool> {
    let count = steps.len();
    let mut position: NodeMap<u32> = NodeMap::with_bound(graph.len());
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
