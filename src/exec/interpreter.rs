//! The reference interpreter: one kernel a layer, in order of execution, each output in memory of its own.
//!
//! In: a network, then weights that fit it. Out: a [`Plan`] by a [`Schedule`], which memory is counted by as well, then an
//! [`Engine`].

use std::time::{Duration, Instant};

use super::engine::{self, Engine};
use super::reference::{Owned, Tally, execute, with_batch};
use super::schedule::{Schedule, Source, Step};
use super::{Memory, RunOptions, RunResult};
use crate::graph::{Node, NodeId, NodeMap};
use crate::op::Shape;
use crate::shape::Shaped;
use crate::tensor::Tensor;
use crate::weights::{Weights, specs};

/// All that runs have in common but weights.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    shaped: &'a Shaped,
    schedule: Schedule,
    dumps: Vec<(String, NodeId)>,
    threads: usize,
    profile: bool,
}

/// All that runs have in common.
#[derive(Debug)]
struct Interpreter<'a> {
    plan: Plan<'a>,
    /// The tensors of each step.
    owned: Vec<Owned<'a>>,
}

impl<'a> Plan<'a> {
    /// Orders the steps.
    pub(super) fn new(shaped: &'a Shaped, dumps: Vec<(String, NodeId)>, options: &RunOptions) -> Self {
        let schedule = Schedule::new(shaped, &dumps);
        Self { shaped, schedule, dumps, threads: options.threads.max(1), profile: options.profile }
    }
}

impl<'a> engine::Plan<'a> for Plan<'a> {
    fn memory(&self, batch: u64) -> Memory {
        self.schedule.memory(self.shaped, batch, self.threads)
    }

    fn bind(self: Box<Self>, weights: &'a Weights) -> Box<dyn Engine + 'a> {
        let owned = self.schedule.steps.iter().map(|step| owned_weights(self.shaped, step.node, weights)).collect();
        Box::new(Interpreter { plan: *self, owned })
    }
}

impl Engine for Interpreter<'_> {
    fn memory(&self, batch: u64) -> Memory {
        engine::Plan::memory(&self.plan, batch)
    }

    fn run(&mut self, inputs: &[&Tensor], batch: usize) -> RunResult {
        let mut run = Run::new(&self.plan, inputs, batch);
        for (step, owned) in self.plan.schedule.steps.iter().zip(&self.owned) {
            run.step(step, owned);
        }
        run.finish()
    }
}

/// A run under way.
struct Run<'a> {
    plan: &'a Plan<'a>,
    inputs: NodeMap<&'a Tensor>,
    batch: usize,
    live: NodeMap<Tensor>,
    live_bytes: u64,
    peak_bytes: u64,
    working_bytes: u64,
    macs: u64,
    timings: Vec<(NodeId, Duration)>,
}

impl<'a> Run<'a> {
    fn new(plan: &'a Plan<'a>, inputs: &[&'a Tensor], batch: usize) -> Self {
        let graph = plan.shaped.graph();
        let mut given = NodeMap::with_bound(graph.len());
        let mut live_bytes = 0;
        for (id, tensor) in graph.inputs().iter().zip(inputs) {
            live_bytes += tensor_bytes(tensor);
            given.insert(*id, *tensor);
        }
        let live = NodeMap::with_bound(graph.len());
        Self {
            plan,
            inputs: given,
            batch,
            live,
            live_bytes,
            peak_bytes: live_bytes,
            working_bytes: live_bytes,
            macs: 0,
            timings: Vec::new(),
        }
    }

    fn tensor(&self, id: NodeId) -> &Tensor {
        self.inputs.get(id).copied().unwrap_or_else(|| &self.live[id])
    }

    fn step(&mut self, step: &Step, owned: &Owned<'_>) {
        let shaped = self.plan.shaped;
        let node = shaped.graph().node(step.node);
        let start = self.plan.profile.then(Instant::now);
        let mut scratch = 0;
        let output = match step.source {
            Source::TakenOver => {
                let input = self.live.take(node.inputs[0]).expect("the input is alive");
                self.live_bytes -= tensor_bytes(&input);
                input.reshaped(with_batch(self.batch, shaped.shape(step.node)))
            }
            Source::Computed => {
                let (output, done) = self.compute(node, owned, shaped.shape(step.node));
                self.macs += done.macs;
                scratch = done.scratch;
                output
            }
        };
        if let Some(start) = start {
            self.timings.push((step.node, start.elapsed()));
        }
        self.grow(&output, scratch);
        self.live.insert(step.node, output);
        for id in &step.frees {
            let freed = self.live.take(*id).expect("what is freed is alive");
            self.live_bytes -= tensor_bytes(&freed);
        }
    }

    /// Counts a new tensor, and what was there only while it was made.
    fn grow(&mut self, tensor: &Tensor, scratch: u64) {
        self.live_bytes += tensor_bytes(tensor);
        self.peak_bytes = self.peak_bytes.max(self.live_bytes);
        self.working_bytes = self.working_bytes.max(self.live_bytes + scratch);
    }

    fn compute(&self, node: &Node, owned: &Owned<'_>, out: Shape) -> (Tensor, Tally) {
        let inputs: Vec<&Tensor> = node.inputs.iter().map(|id| self.tensor(*id)).collect();
        execute(&node.op, &inputs, owned, (self.batch, out), self.plan.threads)
    }

    /// Takes the asked tensors out; what is asked for again later is copied.
    fn finish(mut self) -> RunResult {
        let plan = self.plan;
        let mut asks = plan.schedule.asks.clone();
        let mut hand_over = |run: &mut Self, id: NodeId| {
            let left = asks.get_mut(&id).expect("every asked node was counted");
            *left -= 1;
            match run.live.get(id) {
                Some(_) if *left == 0 => run.live.take(id).expect("it is alive"),
                _ => {
                    let copy = run.tensor(id).clone();
                    run.grow(&copy, 0);
                    copy
                }
            }
        };
        let dumped = plan.dumps.iter().map(|(name, id)| (name.clone(), hand_over(&mut self, *id))).collect();
        let named = plan.shaped.graph().outputs().iter();
        let outputs = named.map(|(name, id)| (name.clone(), hand_over(&mut self, *id))).collect();
        let Self { macs, timings, peak_bytes, working_bytes, .. } = self;
        RunResult { outputs, macs, timings, dumped, peak_bytes, working_bytes }
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
