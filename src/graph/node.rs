//! Nodes, where they came from, and block instances.

use petgraph::stable_graph::NodeIndex;

use crate::op::Op;
use crate::source::Span;

/// Names a node of one graph; stays valid while others are added or removed.
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
    /// Its path: `layer2.0`.
    pub path: String,
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
    pub name: String,
    /// What it computes.
    pub op: Op,
    /// Its inputs in order.
    pub inputs: Vec<NodeId>,
    /// Where it came from.
    pub origin: Origin,
}

/// Where a node came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// The call (or operator) in the source; the refined layer's call for inserted nodes.
    pub span: Option<Span>,
    /// The innermost block instance.
    pub instance: Option<InstanceId>,
    /// The pass or statement that made it, other than plain lowering: "refine", "fold-norm".
    pub made_by: Option<&'static str>,
    /// Marked `@keep`.
    pub keep: bool,
    /// `@bottleneck(...)` as written, if marked.
    pub wish: Option<Wish>,
}

/// What a `@bottleneck` mark asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    /// Channels between the two convolutions.
    pub channels: Option<u64>,
    /// The form: "reduce", "expand", ….
    pub form: Option<String>,
    /// The mark.
    pub span: Span,
}

impl Origin {
    /// An origin at a call.
    #[must_use]
    pub fn at(span: Span, instance: Option<InstanceId>) -> Self {
        Self { span: Some(span), instance, made_by: None, keep: false, wish: None }
    }
}
