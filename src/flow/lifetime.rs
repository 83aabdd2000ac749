//! When each piece of memory is in use.
//!
//! *Steps* are the layers in order of execution; inputs take none, for they are there before the first, since the caller
//! brings them all at once. A *storage* is the memory of one value and of its views; it lives from the step that makes it to
//! the last step that reads it, an output to the end, and what nothing reads through the step that makes it (an unread input:
//! through the first). At each step a layer's inputs and its output are alive together: nothing is computed in place, unless
//! [`Lifetimes::fused`] is asked for.

use crate::graph::{NodeId, NodeMap};
use crate::op::Op;
use crate::shape::Shaped;

/// A piece of memory: an input, or the output of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Storage {
    /// The node that makes it, or is it.
    pub owner: NodeId,
    /// The step that makes it; 0 for inputs.
    pub born: u32,
    /// The last step at which it is alive.
    pub last: u32,
}

impl Storage {
    /// Whether it is alive during a step.
    #[must_use]
    pub fn alive_at(&self, step: usize) -> bool {
        self.born as usize <= step && step <= self.last as usize
    }
}

/// Steps, storages, and who reads what.
///
/// Steps and storages are numbered in 32 bits, as nodes are: touching memory is what this costs.
#[derive(Debug)]
pub struct Lifetimes {
    steps: Vec<NodeId>,
    storages: Vec<Storage>,
    /// The storage that holds each node's value.
    of: NodeMap<u32>,
    /// Distinct storages read at each step, flattened; `reads(i)` is `read[starts[i]..starts[i + 1]]`.
    read: Vec<u32>,
    starts: Vec<u32>,
}

impl Lifetimes {
    /// Of a network whose views (`flatten`, `reshape`, …) share the memory of their input.
    #[must_use]
    pub fn new(shaped: &Shaped) -> Self {
        Self::with_views(shaped, Op::is_view)
    }

    /// Of a network in which every node has memory of its own, as where views are copied.
    #[must_use]
    pub fn unshared(shaped: &Shaped) -> Self {
        Self::with_views(shaped, |_| false)
    }

    /// Of a network run by an engine that fuses: element-wise work is written over an input of its shape that nothing reads
    /// afterwards, as in the epilogue of a convolution. What the caller brings and what is stored with the network is never
    /// written over.
    #[must_use]
    pub fn fused(shaped: &Shaped) -> Self {
        let plain = Self::new(shaped);
        let graph = shaped.graph();
        let mut is_output = vec![false; plain.storages.len()];
        for (_, node) in graph.outputs() {
            is_output[plain.storage_of(*node)] = true;
        }
        let over = |step: usize, id: NodeId| {
            let node = graph.node(id);
            let is_free = |input: &&NodeId| {
                let storage = plain.storage_of(**input);
                let owner = &graph.node(plain.storages[storage].owner).op;
                let is_brought = matches!(owner, Op::Input(_)) || owner.is_stored();
                let dies = plain.dies_at(**input, step) && !is_output[storage];
                dies && !is_brought && shaped.shape(**input) == shaped.shape(id)
            };
            let input = node.op.class().is_elementwise().then(|| node.inputs.iter().find(is_free)).flatten()?;
            Some(plain.of[*input])
        };
        let over: Vec<_> = plain.steps.iter().enumerate().map(|(step, id)| over(step, *id)).collect();
        plain.written_over(&over)
    }

    /// The same with the storage of each step in `over` written over by what the step makes.
    fn written_over(mut self, over: &[Option<u32>]) -> Self {
        let maker: Vec<_> = (0..self.steps.len()).map(|step| self.made_at(step)).collect();
        let mut first: Vec<u32> = (0..self.storages.len() as u32).collect();
        for (made, over) in maker.iter().zip(over) {
            if let (Some(made), Some(over)) = (made, over) {
                first[*made] = first[*over as usize];
                let last = self.storages[*made].last;
                self.storages[first[*made] as usize].last = last;
            }
        }
        let mut kept = Vec::with_capacity(self.storages.len());
        let mut number = vec![0; self.storages.len()];
        for (storage, of) in first.iter().enumerate() {
            if *of as usize == storage {
                number[storage] = kept.len() as u32;
                kept.push(self.storages[storage]);
            } else {
                number[storage] = number[*of as usize];
            }
        }
        for storage in self.of.values_mut().chain(&mut self.read) {
            *storage = number[*storage as usize];
        }
        self.storages = kept;
        self
    }

    fn with_views(shaped: &Shaped, shares: impl Fn(&Op) -> bool) -> Self {
        let graph = shaped.graph();
        let mut life = Self {
            steps: Vec::with_capacity(graph.len()),
            storages: Vec::with_capacity(graph.len()),
            of: NodeMap::with_bound(graph.len()),
            read: Vec::new(),
            starts: vec![0],
        };
        for &id in shaped.order() {
            let node = graph.node(id);
            let step = life.steps.len() as u32;
            let is_input = matches!(node.op, Op::Input(_));
            if !is_input {
                life.read_at(step, &node.inputs);
                life.steps.push(id);
            }
            if shares(&node.op) {
                life.of.insert(id, life.of[node.inputs[0]]);
            } else {
                life.of.insert(id, life.storages.len() as u32);
                let born = if is_input { 0 } else { step };
                life.storages.push(Storage { owner: id, born, last: born });
            }
        }
        let end = life.steps.len().saturating_sub(1) as u32;
        for (_, node) in graph.outputs() {
            life.storages[life.of[*node] as usize].last = end;
        }
        life
    }

    /// Lets the storages of `inputs` live up to a new step, and notes each of them once.
    fn read_at(&mut self, step: u32, inputs: &[NodeId]) {
        let from = self.read.len();
        for input in inputs {
            let storage = self.of[*input];
            self.storages[storage as usize].last = step;
            self.read.push(storage);
        }
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
        self.starts.push(kept as u32);
    }

    /// The layers in order of execution: step `i` computes `steps()[i]`.
    #[must_use]
    pub fn steps(&self) -> &[NodeId] {
        &self.steps
    }

    /// All storages in order of their owners.
    #[must_use]
    pub fn storages(&self) -> &[Storage] {
        &self.storages
    }

    /// The storage that holds a node's value, as an index into [`Self::storages`].
    #[must_use]
    pub fn storage_of(&self, id: NodeId) -> usize {
        self.of[id] as usize
    }

    /// The storage that a step makes; `None` for views.
    #[must_use]
    pub fn made_at(&self, step: usize) -> Option<usize> {
        let id = self.steps[step];
        Some(self.storage_of(id)).filter(|storage| self.storages[*storage].owner == id)
    }

    /// The distinct storages that a step reads.
    pub fn read_at_step(&self, step: usize) -> impl Iterator<Item = usize> + '_ {
        let range = self.starts[step] as usize..self.starts[step + 1] as usize;
        self.read[range].iter().map(|storage| *storage as usize)
    }

    /// Whether this step is the last to need a node's value.
    #[must_use]
    pub fn dies_at(&self, id: NodeId, step: usize) -> bool {
        self.storages[self.storage_of(id)].last as usize == step
    }

    /// The bytes alive during each step, by a storage's index; one entry, of what is there at all, for a network without layers.
    #[must_use]
    pub fn live_bytes(&self, bytes: impl Fn(usize) -> u64) -> Vec<u128> {
        let length = self.steps.len().max(1);
        let mut change = vec![0i128; length + 1];
        for (i, storage) in self.storages.iter().enumerate() {
            let bytes = i128::from(bytes(i));
            change[storage.born as usize] += bytes;
            change[storage.last as usize + 1] -= bytes;
        }
        let mut live = 0;
        let sum = |change: &i128| {
            live += change;
            live as u128
        };
        change[..length].iter().map(sum).collect()
    }
}
