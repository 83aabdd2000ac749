//! Which layers an engine can run in the epilogue of another.
//!
//! A group begins with a convolution or linear layer. A normalisation that is a factor and a shift, an activation, a constant
//! or a sum joins the group of an input if it is the only reader of that input and has its shape: it then works on values that
//! are still in registers. A group runs where its last member stands, for nothing else reads what it makes on the way.

use crate::graph::{NodeId, NodeMap};
use crate::op::Op;
use crate::shape::Shaped;

/// The groups of a network.
#[derive(Debug)]
pub struct Fusion {
    head: NodeMap<NodeId>,
}

impl Fusion {
    /// Finds the groups.
    #[must_use]
    pub fn new(shaped: &Shaped) -> Self {
        let graph = shaped.graph();
        let mut head: NodeMap<NodeId> = NodeMap::with_bound(graph.bound());
        for &id in shaped.order() {
            let node = graph.node(id);
            match role(&node.op) {
                Role::Head => head.insert(id, id),
                Role::Epilogue => {
                    let joins = |input: &&NodeId| graph.uses(**input) == 1 && shaped.shape(**input) == shaped.shape(id);
                    let of = node.inputs.iter().filter(joins).find_map(|input| head.get(*input).copied());
                    if let Some(of) = of {
                        head.insert(id, of);
                    }
                }
                Role::Apart => {}
            }
        }
        Self { head }
    }

    /// The convolution or linear layer whose group a node is in; itself for those, `None` for what runs on its own.
    #[must_use]
    pub fn head(&self, id: NodeId) -> Option<NodeId> {
        self.head.get(id).copied()
    }

    /// Whether a node runs in the epilogue of another.
    #[must_use]
    pub fn is_epilogue(&self, id: NodeId) -> bool {
        self.head(id).is_some_and(|head| head != id)
    }
}

enum Role {
    Head,
    Epilogue,
    Apart,
}

fn role(op: &Op) -> Role {
    match op {
        Op::Conv(_) | Op::ConvTranspose(_) | Op::Linear(_) => Role::Head,
        Op::BatchNorm(_) | Op::Scale(_) | Op::Activation(_) | Op::Scalar(_) | Op::Elementwise(_) => Role::Epilogue,
        Op::Input(_)
        | Op::Param(_)
        | Op::Constant(_)
        | Op::GroupNorm(_)
        | Op::LayerNorm(_)
        | Op::InstanceNorm(_)
        | Op::Lrn(_)
        | Op::Softmax(_)
        | Op::Pool(_)
        | Op::GlobalPool(_)
        | Op::AdaptiveAvgPool(_)
        | Op::Concat(_)
        | Op::Flatten
        | Op::Reshape(_)
        | Op::Transpose(_)
        | Op::Slice(_)
        | Op::Pad(_)
        | Op::Upsample(_)
        | Op::DepthToSpace(_)
        | Op::SpaceToDepth(_)
        | Op::ChannelShuffle(_)
        | Op::Mean(_)
        | Op::Dropout(_)
        | Op::Identity => Role::Apart,
    }
}
