//! What a prepared network computes with. A kind of engine first makes a [`Plan`], which knows what a run takes before there
//! are weights; with weights the plan becomes an [`Engine`].

use super::interpreter;
use super::{Memory, RunOptions, RunResult};
use crate::graph::NodeId;
use crate::shape::Shaped;
use crate::tensor::Tensor;
use crate::weights::Weights;

/// Which engine computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum EngineKind {
    /// The interpreter: slow, and obvious enough to hold others against.
    #[default]
    Reference,
}

impl EngineKind {
    /// All engines.
    pub const ALL: &[Self] = &[Self::Reference];

    /// As the command line calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reference => "reference",
        }
    }

    /// The engine of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Plans the runs of a network that hand back `dumps` besides its outputs; the options say threads and what is timed.
    #[must_use]
    pub fn plan<'a>(self, shaped: &'a Shaped, dumps: Vec<(String, NodeId)>, options: &RunOptions) -> Box<dyn Plan<'a> + 'a> {
        match self {
            Self::Reference => Box::new(interpreter::Plan::new(shaped, dumps, options)),
        }
    }
}

/// How an engine will run one network: all that is decided before its weights are there.
pub trait Plan<'a>: std::fmt::Debug {
    /// What a run on `batch` images takes.
    fn memory(&self, batch: u64) -> Memory;

    /// The engine with weights that were found to fit the network.
    fn bind(self: Box<Self>, weights: &'a Weights) -> Box<dyn Engine + 'a>;
}

/// One network with its weights, ready to be computed; [`Prepared`](super::Prepared) asks it and checks all that can be wrong.
/// An engine promises:
///
/// - *Nothing fails.* Every batch of at least one image, of inputs that fit, gives all outputs and dumps.
/// - *Memory is known.* A run allocates at most the working memory that [`Self::memory`] says, as its plan did; the weights are there before.
/// - *Runs do not know of each other.* The same inputs give the same bits, whatever ran before, however many threads there
///   are, and whatever else is in the batch. Between engines, outputs differ by rounding alone.
/// - *Counts are honest.* [`RunResult::macs`] are those that were done, [`RunResult::timings`] have each layer once, in order
///   of execution; the time of what runs as part of another layer is in that one's.
pub trait Engine: std::fmt::Debug {
    /// What a run on `batch` images takes.
    fn memory(&self, batch: u64) -> Memory;

    /// Computes `batch` images; `inputs` are the network's in order of declaration.
    fn run(&mut self, inputs: &[&Tensor], batch: usize) -> RunResult;
}
