//! A network that was checked once and runs many times.
//!
//! In: a network, weights, options. Out: [`Prepared`], which takes inputs and gives outputs. All that can be wrong is found
//! here, so that every engine refuses the same things with the same words, and none has to look.

use std::collections::{BTreeMap, BTreeSet};

use super::engine::Engine;
use super::{ExecError, Memory, RunOptions, RunResult};
use crate::graph::NodeId;
use crate::op::Op;
use crate::shape::Shaped;
use crate::suggest::nearest;
use crate::tensor::Tensor;
use crate::weights::Weights;

/// A network with its weights and all that runs of it have in common.
#[derive(Debug)]
pub struct Prepared<'a> {
    shaped: &'a Shaped,
    engine: Box<dyn Engine + 'a>,
    /// Bytes that a run may take.
    allowed: u64,
    /// The last batch of which it is known that it fits.
    fits: usize,
}

/// Checks weights and options, and plans the run.
///
/// # Errors
/// Dumps that name no layer, more memory than allowed for one image, weights that do not fit the network.
pub fn prepare<'a>(shaped: &'a Shaped, weights: &'a Weights, options: &RunOptions) -> Result<Prepared<'a>, ExecError> {
    let dumps = find_dumps(shaped, &options.dump)?;
    let plan = options.engine.plan(shaped, dumps, options);
    let allowed = options.allowed_bytes();
    allow(&plan.memory(1), allowed)?;
    weights.check(shaped).map_err(ExecError::Weights)?;
    Ok(Prepared { shaped, engine: plan.bind(weights), allowed, fits: 1 })
}

impl Prepared<'_> {
    /// Runs the network on a tensor for each of its inputs.
    ///
    /// # Errors
    /// Inputs that do not fit, and more memory than allowed; all of it before anything is computed.
    pub fn run(&mut self, inputs: &BTreeMap<String, Tensor>) -> Result<RunResult, ExecError> {
        let (tensors, batch) = check_inputs(self.shaped, inputs)?;
        if batch != self.fits {
            allow(&self.engine.memory(batch as u64), self.allowed)?;
            self.fits = batch;
        }
        Ok(self.engine.run(&tensors, batch))
    }
}

fn allow(memory: &Memory, allowed: u64) -> Result<(), ExecError> {
    let needed = memory.total();
    if needed > allowed { Err(ExecError::TooMuchMemory { needed, allowed }) } else { Ok(()) }
}

fn find_dumps(shaped: &Shaped, names: &BTreeSet<String>) -> Result<Vec<(String, NodeId)>, ExecError> {
    let graph = shaped.graph();
    let unknown = |name: &String| {
        let known = shaped.order().iter().map(|id| graph.node(*id).name.as_str());
        ExecError::UnknownDump { name: name.clone(), similar: nearest(name, known).map(str::to_owned) }
    };
    names.iter().map(|name| graph.find(name).map(|id| (name.clone(), id)).ok_or_else(|| unknown(name))).collect()
}

/// The inputs in order of declaration, and their batch.
fn check_inputs<'t>(shaped: &Shaped, inputs: &'t BTreeMap<String, Tensor>) -> Result<(Vec<&'t Tensor>, usize), ExecError> {
    let graph = shaped.graph();
    let is_input = |id: NodeId| matches!(graph.node(id).op, Op::Input(_));
    if let Some(name) = inputs.keys().find(|name| !graph.find(name).is_some_and(is_input)) {
        let known = graph.inputs().iter().map(|id| graph.node(*id).name.to_string()).collect();
        return Err(ExecError::UnknownInput { name: name.clone(), known });
    }
    let mut tensors = Vec::with_capacity(inputs.len());
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
        tensors.push(tensor);
    }
    match first {
        Some((name, 0)) => Err(ExecError::EmptyBatch { name: name.to_owned() }),
        // A network without inputs has nothing to compute on; its batch is of no consequence.
        None => Ok((tensors, 1)),
        Some((_, batch)) => Ok((tensors, batch)),
    }
}
