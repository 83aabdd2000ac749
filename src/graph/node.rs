//! Nodes, what they are part of, and block instances.

use petgraph::graph::NodeIndex;

use super::name::LayerPath;
use super::tensor::TensorId;
use crate::op::Op;
use crate::op::form::{Kind, Refinement};
use crate::source::Span;

/// Names a node of one graph: how many were added before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

impl NodeId {
    pub(super) fn from_index(index: NodeIndex) -> Self {
        Self(index.index() as u32)
    }

    pub(super) fn index(self) -> NodeIndex {
        NodeIndex::new(self.0 as usize)
    }

    /// The id as an index into tables.
    #[must_use]
    pub fn to_usize(self) -> usize {
        self.0 as usize
    }
}

/// Names a block instance of one graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceId(pub(super) u32);

impl InstanceId {
    /// The id as an index into tables.
    #[must_use]
    pub fn to_usize(self) -> usize {
        self.0 as usize
    }
}

/// One use of a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// Its path, which no other instance has: `layer2.0`.
    pub path: LayerPath,
    /// The block's name: `bottleneck`.
    pub block: String,
    /// The call.
    pub call: Span,
    /// The instance that the call stands in.
    pub parent: Option<InstanceId>,
}

/// One operation of the network.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Unique, stable path: `fire2.b.conv`.
    pub name: LayerPath,
    /// What it computes.
    pub op: Op,
    /// Its inputs in order.
    pub inputs: Vec<NodeId>,
    /// The tensors that it uses, in the order of [`Op::roles`]; other nodes may use them too.
    pub tensors: Vec<TensorId>,
    /// Where it came from.
    pub origin: Origin,
    /// What the author asks of the optimizer.
    pub directives: Directives,
}

impl Node {
    /// A node that nothing more is known of; its tensors are its own, made when it is added.
    #[must_use]
    pub fn new(name: impl Into<LayerPath>, op: Op, inputs: Vec<NodeId>) -> Self {
        let (origin, directives) = (Origin::default(), Directives::default());
        Self { name: name.into(), op, inputs, tensors: Vec::new(), origin, directives }
    }

    /// The refined layer that this was inserted for; `None` for the layer itself and everything else.
    #[must_use]
    pub fn inserted_for(&self) -> Option<&Part> {
        self.origin.part.as_ref().filter(|part| part.role != Role::Core)
    }
}

/// Where a node came from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Origin {
    /// The call (or operator) in the source; the refined layer's call for inserted nodes.
    pub span: Option<Span>,
    /// The innermost block instance.
    pub instance: Option<InstanceId>,
    /// The refined layer that it is a part of.
    pub part: Option<Part>,
}

impl Origin {
    /// An origin at a call.
    #[must_use]
    pub fn at(span: Span, instance: Option<InstanceId>) -> Self {
        Self { span: Some(span), instance, part: None }
    }
}

/// A node's part in a refined layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The layer that was refined, whose name its core keeps.
    pub of: LayerPath,
    /// What it was refined to.
    pub how: Refinement,
    /// What the node does in it.
    pub role: Role,
    /// Who refined it.
    pub by: Maker,
}

/// What a node does in a refined layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The convolution or linear layer that keeps the layer's name.
    Core,
    /// A convolution or linear layer that was inserted.
    Factor(Factor),
    /// The normalisation or activation behind an inserted one.
    Behind(Factor),
    /// The normalisation or activation that was inserted behind the core, where another factor follows.
    BehindCore,
}

/// The layers that forms insert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Factor {
    /// To fewer channels, before the core.
    Reduce,
    /// Back to the layer's channels, behind the core.
    Expand,
    /// The column of a column and a row.
    Vertical,
}

impl Factor {
    /// The segment that its name has behind the layer's.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Reduce => "reduce",
            Self::Expand => "expand",
            Self::Vertical => "vertical",
        }
    }
}

/// Who refined a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// A `refine` statement.
    Statement,
    /// The optimizer's plan.
    Optimizer,
}

impl Maker {
    /// The statement's word, or the name of the pass.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Statement => "refine",
            Self::Optimizer => "bottleneck",
        }
    }
}

/// What the author of a network asks of the optimizer for a layer; marks in the language.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Directives {
    /// `@keep`: leave it as it is.
    pub keep: bool,
    /// `@bottleneck(...)`: put one here.
    pub bottleneck: Option<BottleneckMark>,
    /// Its shape is written beside a name, and is to stay so.
    pub has_written_shape: bool,
}

/// What a `@bottleneck` mark asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BottleneckMark {
    /// Channels between the convolutions.
    pub channels: Option<u64>,
    /// The form; chosen where it is not given.
    pub form: Option<Kind>,
    /// The mark.
    pub span: Span,
}
