//! Running a network on CPU tensors.
//!
//! In: a [`Shaped`] network, its [`Weights`] and a tensor for each input, the batch first. Out: the outputs in order of
//! declaration, with the multiply-accumulates that were counted while they were computed. What a run needs is known before it
//! starts ([`required_memory`]); what fails is an [`ExecError`], without places. Nothing here prints or reads files.

mod memory;
mod reference;
mod schedule;
pub mod timing;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use thiserror::Error;

pub use memory::{Memory, required_bytes, required_memory};

use crate::graph::{NodeId, NodeMap};
use crate::op::{Op, Shape};
use crate::random::Random;
use crate::shape::Shaped;
use crate::suggest::nearest;
use crate::tensor::Tensor;
use crate::weights::{WeightProblem, Weights, specs};
use reference::{Owned, execute, with_batch};
use schedule::{Schedule, Source};

/// How to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunOptions {
    /// Threads, this one included; 0 counts as 1. Results do not depend on it.
    pub threads: usize,
    /// Names of nodes whose outputs are handed back too.
    pub dump: BTreeSet<String>,
    /// Whether the time of each node is measured.
    pub profile: bool,
    /// Bytes that the run may take, weights included; `None` is the whole address space.
    pub max_memory: Option<u64>,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self { threads: 1, dump: BTreeSet::new(), profile: false, max_memory: None }
    }
}

/// What a run computed.
#[derive(Debug, Clone, PartialEq)]
pub struct RunResult {
    /// The network's outputs in order of declaration, the batch first.
    pub outputs: Vec<(String, Tensor)>,
    /// Multiply-accumulates of convolutions and linear layers, counted by the loops that did them, for the whole batch.
    pub macs: u64,
    /// Time of each node in order of execution, inputs left out; empty unless asked for.
    pub timings: Vec<(NodeId, Duration)>,
    /// The asked nodes' outputs by name.
    pub dumped: BTreeMap<String, Tensor>,
    /// The most bytes of tensors that were alive at once, inputs included; weights and scratch memory left out.
    pub peak_bytes: u64,
}

/// Why a network cannot be run.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ExecError {
    /// No tensor is given for an input.
    #[error("input `{name}` of shape {shape} is not given")]
    MissingInput {
        /// The input.
        name: String,
        /// Its shape without the batch.
        shape: Shape,
    },
    /// A tensor is given for an input that the network does not have.
    #[error("the network has no input `{name}`; it has {}", list(known))]
    UnknownInput {
        /// The name.
        name: String,
        /// The network's inputs.
        known: Vec<String>,
    },
    /// A tensor does not fit its input.
    #[error("input `{name}` needs [batch] + {needed}, not {got:?}")]
    InputShape {
        /// The input.
        name: String,
        /// The shape without the batch.
        needed: Shape,
        /// The tensor's dimensions.
        got: Vec<usize>,
    },
    /// Inputs have different batches.
    #[error("input `{first}` has a batch of {first_batch}, but `{second}` has one of {second_batch}")]
    BatchMismatch {
        /// An input.
        first: String,
        /// Its batch.
        first_batch: usize,
        /// Another input.
        second: String,
        /// Its batch.
        second_batch: usize,
    },
    /// A batch of no images.
    #[error("input `{name}` has a batch of 0")]
    EmptyBatch {
        /// The input.
        name: String,
    },
    /// Weights do not fit the network.
    #[error("the weights do not fit the network: {}", problems(.0))]
    Weights(Vec<WeightProblem>),
    /// The run would take more memory than it may.
    #[error("running needs {needed} bytes, {allowed} are allowed")]
    TooMuchMemory {
        /// Bytes that it needs; `u64::MAX` stands for anything larger.
        needed: u64,
        /// Bytes that it may take.
        allowed: u64,
    },
    /// A node is asked for that the network does not have.
    #[error("the network has no layer `{name}`")]
    UnknownDump {
        /// The name.
        name: String,
        /// A layer of a name like it.
        similar: Option<String>,
    },
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn problems(problems: &[WeightProblem]) -> String {
    match problems {
        [] => "no reason is given".to_owned(),
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first}, and {} more", rest.len()),
    }
}

/// A reproducible input: `batch` images of `shape`, standard normal, from a stream of `seed` alone.
///
/// # Panics
/// If it has more elements than the address space: callers have compared [`required_bytes`] with the memory they allow.
#[must_use]
pub fn random_input(shape: Shape, batch: usize, seed: u64) -> Tensor {
    let mut random = Random::new(seed);
    let mut tensor = Tensor::zeros(with_batch(batch, shape));
    tensor.data_mut().iter_mut().for_each(|x| *x = random.normal() as f32);
    tensor
}

/// Runs a network.
///
/// # Errors
/// Inputs, weights or dumps that do not fit, and more memory than allowed; all of it before anything is computed.
pub fn run(
    shaped: &Shaped,
    weights: &Weights,
    inputs: &BTreeMap<String, Tensor>,
    options: &RunOptions,
) -> Result<RunResult, ExecError> {
    let dumps = find_dumps(shaped, &options.dump)?;
    let batch = check_inputs(shaped, inputs)?;
    let schedule = Schedule::new(shaped, &dumps);
    let needed = memory::of_schedule(shaped, &schedule, batch as u64, options.threads.max(1)).total();
    // No allocation may exceed what an isize counts.
    let allowed = options.max_memory.unwrap_or(isize::MAX as u64);
    if needed > allowed {
        return Err(ExecError::TooMuchMemory { needed, allowed });
    }
    weights.check(shaped).map_err(ExecError::Weights)?;
    let mut run = Run::new(shaped, inputs, options, batch);
    for step in 0..schedule.steps.len() {
        run.step(&schedule, step, weights);
    }
    Ok(run.finish(&schedule, &dumps))
}

fn find_dumps(shaped: &Shaped, names: &BTreeSet<String>) -> Result<Vec<(String, NodeId)>, ExecError> {
    let graph = shaped.graph();
    let unknown = |name: &String| {
        let known = shaped.order().iter().map(|id| graph.node(*id).name.as_str());
        ExecError::UnknownDump { name: name.clone(), similar: nearest(name, known).map(str::to_owned) }
    };
    names.iter().map(|name| graph.find(name).map(|id| (name.clone(), id)).ok_or_else(|| unknown(name))).collect()
}

/// The batch of all inputs.
fn check_inputs(shaped: &Shaped, inputs: &BTreeMap<String, Tensor>) -> Result<usize, ExecError> {
    let graph = shaped.graph();
    let known = || graph.inputs().iter().map(|id| graph.node(*id).name.to_string()).collect::<Vec<_>>();
    if let Some(name) = inputs.keys().find(|name| !graph.inputs().iter().any(|id| graph.node(*id).name == **name)) {
        return Err(ExecError::UnknownInput { name: name.clone(), known: known() });
    }
    let mut first: Option<(&str, usize)> = None;
    for id in graph.inputs() {
        let (name, needed) = (&graph.node(*id).name, shaped.shape(*id));
        let tensor =
            inputs.get(name.as_str()).ok_or_else(|| ExecError::MissingInput { name: name.to_string(), shape: needed })?;
        let got = tensor.dims();
        if got.len() != needed.rank() + 1 || got[1..].iter().zip(needed.dims()).any(|(a, b)| *a as u64 != u64::from(*b)) {
            return Err(ExecError::InputShape { name: name.to_string(), needed, got: got.to_vec() });
        }
        match first {
            None => first = Some((name, got[0])),
            Some((other, batch)) if batch != got[0] => {
                return Err(ExecError::BatchMismatch {
                    first: other.to_owned(),
                    first_batch: batch,
                    second: name.to_string(),
                    second_batch: got[0],
                });
            }
            Some(_) => {}
        }
    }
    match first {
        Some((name, 0)) => Err(ExecError::EmptyBatch { name: name.to_owned() }),
        // A network without inputs has nothing to compute on; its batch is of no consequence.
        None => Ok(1),
        Some((_, batch)) => Ok(batch),
    }
}

/// A run under way.
struct Run<'a> {
    shaped: &'a Shaped,
    inputs: NodeMap<&'a Tensor>,
    batch: usize,
    options: &'a RunOptions,
    live: NodeMap<Tensor>,
    live_bytes: u64,
    peak_bytes: u64,
    macs: u64,
    timings: Vec<(NodeId, Duration)>,
}

impl<'a> Run<'a> {
    fn new(shaped: &'a Shaped, inputs: &'a BTreeMap<String, Tensor>, options: &'a RunOptions, batch: usize) -> Self {
        let graph = shaped.graph();
        let mut given = NodeMap::with_bound(graph.bound());
        let mut live_bytes = 0;
        for id in graph.inputs() {
            let tensor = &inputs[graph.node(*id).name.as_str()];
            live_bytes += tensor_bytes(tensor);
            given.insert(*id, tensor);
        }
        let live = NodeMap::with_bound(graph.bound());
        Self { shaped, inputs: given, batch, options, live, live_bytes, peak_bytes: live_bytes, macs: 0, timings: Vec::new() }
    }

    fn tensor(&self, id: NodeId) -> &Tensor {
        self.inputs.get(id).copied().unwrap_or_else(|| &self.live[id])
    }

    fn step(&mut self, schedule: &Schedule, step: usize, weights: &Weights) {
        let step = &schedule.steps[step];
        let node = self.shaped.graph().node(step.node);
        let start = self.options.profile.then(Instant::now);
        let output = match step.source {
            Source::TakenOver => {
                let input = self.live.take(node.inputs[0]).expect("the input is alive");
                self.live_bytes -= tensor_bytes(&input);
                let dims = with_batch(input.dims()[0], self.shaped.shape(step.node));
                input.reshaped(dims)
            }
            Source::Computed => self.compute(step.node, &node.op, &node.inputs, weights),
        };
        if let Some(start) = start {
            self.timings.push((step.node, start.elapsed()));
        }
        self.live_bytes += tensor_bytes(&output);
        self.peak_bytes = self.peak_bytes.max(self.live_bytes);
        self.live.insert(step.node, output);
        for id in &step.frees {
            let freed = self.live.take(*id).expect("what is freed is alive");
            self.live_bytes -= tensor_bytes(&freed);
        }
    }

    fn compute(&mut self, id: NodeId, op: &Op, inputs: &[NodeId], weights: &Weights) -> Tensor {
        let inputs: Vec<&Tensor> = inputs.iter().map(|id| self.tensor(*id)).collect();
        let owned = owned_weights(self.shaped, id, weights);
        let (output, macs) = execute(op, &inputs, &owned, (self.batch, self.shaped.shape(id)), self.options.threads.max(1));
        self.macs += macs;
        output
    }

    /// Takes the asked tensors out; what is asked for again later is copied.
    fn finish(mut self, schedule: &Schedule, dumps: &[(String, NodeId)]) -> RunResult {
        let mut asks = schedule.asks.clone();
        let mut hand_over = |run: &mut Self, id: NodeId| {
            let left = asks.get_mut(&id).expect("every asked node was counted");
            *left -= 1;
            match run.live.get(id) {
                Some(_) if *left == 0 => run.live.take(id).expect("it is alive"),
                _ => {
                    let copy = run.tensor(id).clone();
                    run.live_bytes += tensor_bytes(&copy);
                    run.peak_bytes = run.peak_bytes.max(run.live_bytes);
                    copy
                }
            }
        };
        let dumped = dumps.iter().map(|(name, id)| (name.clone(), hand_over(&mut self, *id))).collect();
        let named = self.shaped.graph().outputs().iter();
        let outputs = named.map(|(name, id)| (name.clone(), hand_over(&mut self, *id))).collect();
        RunResult { outputs, macs: self.macs, timings: self.timings, dumped, peak_bytes: self.peak_bytes }
    }
}

fn tensor_bytes(tensor: &Tensor) -> u64 {
    tensor.data().len() as u64 * 4
}

/// The tensors of a node; all are there, since the weights were checked.
fn owned_weights<'a>(shaped: &Shaped, id: NodeId, weights: &'a Weights) -> Owned<'a> {
    let mut owned = Owned::default();
    for (tensor, spec) in specs(shaped, id) {
        let data = weights.get(&shaped.graph().tensor(tensor).name()).expect("the weights were checked").data();
        match spec.name {
            "weight" => owned.weight = data,
            "bias" => owned.bias = Some(data),
            "running_mean" => owned.running_mean = data,
            "running_var" => owned.running_var = data,
            other => unreachable!("an operation owns a tensor `{other}` that kernels do not know"),
        }
    }
    owned
}
