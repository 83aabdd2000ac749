//! Running a network on CPU tensors.
//!
//! In: a [`Shaped`] network, its [`Weights`] and a tensor for each input, the batch first. Out: the outputs in order of
//! declaration, with the multiply-accumulates that were counted while they were computed. Two steps: [`prepare`] checks and
//! looks up all that does not hang on the inputs, [`Prepared::run`] does the rest as often as is wanted. What computes is an
//! [`Engine`]. What a run needs is known before it starts ([`required_memory`]); what fails is an [`ExecError`], without
//! places. Nothing here prints or reads files.

mod engine;
mod interpreter;
mod memory;
mod prepared;
mod reference;
mod schedule;
pub mod timing;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use thiserror::Error;

pub use engine::{Engine, EngineKind, Plan};
pub use memory::{Memory, required_memory};
pub use prepared::{Prepared, prepare};

use crate::graph::NodeId;
use crate::op::Shape;
use crate::random::Random;
use crate::shape::Shaped;
use crate::tensor::Tensor;
use crate::weights::{WeightProblem, Weights};
use reference::with_batch;

/// How to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunOptions {
    /// What computes.
    pub engine: EngineKind,
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
        Self { engine: EngineKind::default(), threads: 1, dump: BTreeSet::new(), profile: false, max_memory: None }
    }
}

impl RunOptions {
    /// The most bytes that a run may take: no allocation may exceed what an `isize` counts.
    #[must_use]
    pub fn allowed_bytes(&self) -> u64 {
        self.max_memory.unwrap_or(isize::MAX as u64)
    }
}

/// What a run computed.
#[derive(Debug, Clone, PartialEq)]
pub struct RunResult {
    /// The network's outputs in order of declaration, the batch first.
    pub outputs: Vec<(String, Tensor)>,
    /// Multiply-accumulates of convolutions, linear layers and matrix products, counted by the loops that did them, for the whole
    /// batch.
    pub macs: u64,
    /// Time of each node in order of execution, inputs left out; empty unless asked for.
    pub timings: Vec<(NodeId, Duration)>,
    /// The asked nodes' outputs by name.
    pub dumped: BTreeMap<String, Tensor>,
    /// The most bytes of tensors that were alive at once, inputs included; weights and scratch memory left out.
    pub peak_bytes: u64,
    /// The most bytes of tensors and of convolutions' and linear layers' scratch memory together, counted where they were
    /// allocated; weights left out.
    pub working_bytes: u64,
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
/// If it has more elements than the address space: callers have compared [`required_memory`] with the memory they allow.
#[must_use]
pub fn random_input(shape: Shape, batch: usize, seed: u64) -> Tensor {
    let mut random = Random::new(seed);
    let mut tensor = Tensor::zeros(with_batch(batch, shape));
    tensor.data_mut().iter_mut().for_each(|x| *x = random.normal() as f32);
    tensor
}

/// Prepares a network and runs it once.
///
/// # Errors
/// As [`prepare`] and [`Prepared::run`]; all of it before anything is computed.
pub fn run(
    shaped: &Shaped,
    weights: &Weights,
    inputs: &BTreeMap<String, Tensor>,
    options: &RunOptions,
) -> Result<RunResult, ExecError> {
    prepare(shaped, weights, options)?.run(inputs)
}
