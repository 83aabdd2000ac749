//! What has been read of a network so far: its layers by number, its heads, the order of its weights.
//!
//! In: nodes that [`layers`](super::layers) makes of sections. Out: a [`Network`]. A layer of which something is wrong is lost,
//! and so, silently, is what reads it.

use std::collections::{BTreeSet, HashMap};

use super::super::listed::{Builder, Listed, Problem, told};
use super::config::Section;
use super::weights::{Layout, Slot};
use crate::graph::NodeId;
use crate::op::{Op, Shape};

/// A network that was read.
#[derive(Debug, Clone)]
pub struct Network {
    /// The network.
    pub listed: Listed,
    /// Its tensors in the order of a `.weights` file.
    pub layout: Layout,
}

/// What a section made.
#[derive(Debug, Clone)]
pub(super) enum Made {
    /// A map.
    Map(NodeId),
    /// Nothing that is had here: a head or a loss.
    Head,
    /// Nothing, for an error has been reported.
    Lost,
}

/// What a section cannot be made of: a problem, or something lost.
pub(super) enum Stop {
    Problem(Box<Problem>),
    Lost,
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

/// Names options that are for training, and those that say how a picture is drawn.
const FOR_TRAINING: &[&str] = &[
    "assisted_excitation",
    "dot",
    "grad_centr",
    "stream",
    "wait_stream",
    "stopbackward",
    "dontload",
    "dontloadscales",
    "onlyforward",
    "train_only_bn",
    "learning_rate",
    "burn_in",
    "clip",
    "numload",
    "rev",
    "angle",
    "flip",
    "shift",
    "saturation",
    "exposure",
    "maxpool_zero_nonmax",
    "learning_rate_scale",
    "try_fix_nan",
    "dropblock",
    "dropblock_size_rel",
    "dropblock_size_abs",
    "noloss",
];

/// The network as it grows.
pub(super) struct Reader {
    pub builder: Builder,
    pub layers: Vec<Made>,
    /// Names of layers that are parts of a residual.
    pub residuals: HashMap<usize, String>,
    layout: Layout,
    heads: Vec<String>,
    unknown: BTreeSet<String>,
}

impl Reader {
    pub(super) fn new(name: &str) -> Self {
        Self {
            builder: Builder::new(name),
            layers: Vec::new(),
            residuals: HashMap::new(),
            layout: Layout::default(),
            heads: Vec::new(),
            unknown: BTreeSet::new(),
        }
    }

    /// A layer by its position, for a section.
    pub(super) fn layer(&self, section: &Section, position: usize) -> Result<NodeId, Stop> {
        match self.layers.get(position) {
            Some(Made::Map(id)) => Ok(*id),
            Some(Made::Head) => {
                let message = format!("layer {position} is a head, and what a head makes is not had here");
                let help = "end the file before what reads it, or read the layer before the head";
                Err(Problem::unsupported(&section.at, message).help(help).into())
            }
            Some(Made::Lost) | None => Err(Stop::Lost),
        }
    }

    /// The layer before.
    pub(super) fn previous(&self, section: &Section) -> Result<NodeId, Stop> {
        // The input stands before the first one.
        match self.layers.len().checked_sub(1) {
            Some(last) => self.layer(section, last),
            None => self.builder.graph().inputs().first().copied().ok_or(Stop::Lost),
        }
    }

    /// Adds an operation of a section.
    pub(super) fn add(&mut self, section: &Section, name: &str, (op, inputs): (Op, &[NodeId])) -> Result<NodeId, Stop> {
        let refuse = |why: String| Stop::from(Problem::malformed(&section.at, format!("`[{}]`: {why}", section.word)));
        self.builder.add(name, op, inputs).map_err(refuse)
    }

    pub(super) fn shape(&self, id: NodeId) -> Shape {
        self.builder.shape(id)
    }

    /// Notes where the file of weights has a tensor of a node.
    pub(super) fn stores(&mut self, node: NodeId, role: &str, (dims, is_matrix): (&[u64], bool)) {
        let graph = self.builder.graph();
        let tensor = graph.node(node).tensors.iter().map(|id| graph.tensor(*id)).find(|tensor| tensor.role == role);
        if let Some(tensor) = tensor {
            self.layout.slots.push(Slot { tensor: tensor.name(), dims: dims.to_vec(), is_matrix });
        }
    }

    /// A head: what it reads is an output.
    pub(super) fn head(&mut self, section: &Section, number: usize) -> Result<Made, Stop> {
        let read = self.previous(section)?;
        let name = format!("{}{number}", section.word);
        self.builder.output(&name, read);
        self.heads.push(name);
        Ok(Made::Head)
    }

    /// Notes options that mean nothing here.
    pub(super) fn passed_over(&mut self, section: &Section) {
        let unknown = section.unread().filter(|key| !FOR_TRAINING.contains(key));
        self.unknown.extend(unknown.map(|key| format!("{key}` of `[{}]", section.word)));
    }

    /// The network, whose last layer is an output unless it is a head.
    pub(super) fn done(mut self) -> Network {
        if let Some(Made::Map(last)) = self.layers.last() {
            self.builder.output("result", *last);
        }
        let mut notes = Vec::new();
        if !self.heads.is_empty() {
            notes.push(format!("heads are left out, and what they read are outputs: {}", told(&self.heads)));
        }
        if !self.unknown.is_empty() {
            notes.push(format!("options that are not known here were passed over: {}", told(&self.unknown)));
        }
        Network { listed: self.builder.done(notes), layout: self.layout }
    }
}
