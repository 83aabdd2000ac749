//! Shapes of every node: the only maker of [`Shaped`].
//!
//! In: a [`Graph`]. Out: [`Shaped`], a graph of which every node is known to fit. Rewrites take `&Shaped` and return a
//! bare `Graph`, so re-verification cannot be skipped.

use std::collections::HashMap;
use std::fmt;

use crate::graph::{Graph, NodeId, NodeMap, TensorId};
use crate::op::{Dims, Shape, ShapeError};

/// A graph whose every node has a shape.
#[derive(Debug, Clone)]
pub struct Shaped {
    graph: Graph,
    order: Vec<NodeId>,
    shapes: NodeMap<Shape>,
}

/// A graph with a node that does not fit its inputs.
#[derive(Debug, Clone)]
pub struct Unfit {
    /// The graph.
    pub graph: Graph,
    /// The node.
    pub node: NodeId,
    /// Its inputs' shapes.
    pub inputs: Vec<Shape>,
    /// Why.
    pub reason: Reason,
}

/// Why a node does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Its operation does not take these inputs.
    Shape(ShapeError),
    /// It refers to another number of tensors than its operation needs.
    Tensors {
        /// How many it refers to.
        have: usize,
        /// How many are needed.
        need: usize,
    },
    /// A tensor that several nodes use would need two shapes.
    SharedTensor {
        /// `weight`, `bias`, `running_mean` or `running_var`.
        role: &'static str,
        /// Its dimensions in the first use.
        first: Dims,
        /// Those that this use needs.
        here: Dims,
    },
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` does not fit its inputs {:?}: {:?}", self.graph.node(self.node).name, self.inputs, self.reason)
    }
}

impl std::error::Error for Unfit {}

/// Infers the shape of every node.
///
/// # Errors
/// The first node, in order of execution, that does not fit its inputs.
pub fn infer(graph: Graph) -> Result<Shaped, Box<Unfit>> {
    let order: Vec<_> = graph.ids().collect();
    let mut shapes = NodeMap::with_bound(graph.len());
    let mut inputs = Vec::new();
    let mut tensors = SharedTensors::default();
    for &id in &order {
        let node = graph.node(id);
        inputs.clear();
        inputs.extend(node.inputs.iter().map(|i| shapes[*i]));
        match node.op.infer(&inputs) {
            Ok(shape) => {
                if let Some(reason) = tensors.misused(&graph, id, &inputs) {
                    return Err(Box::new(Unfit { node: id, inputs, reason, graph }));
                }
                shapes.insert(id, shape);
            }
            Err(error) => return Err(Box::new(Unfit { node: id, inputs, reason: Reason::Shape(error), graph })),
        }
    }
    Ok(Shaped { graph, order, shapes })
}

/// Dimensions of the tensors that several nodes use.
#[derive(Default)]
struct SharedTensors {
    dims: HashMap<TensorId, Dims>,
}

impl SharedTensors {
    /// Why a node cannot use its tensors: they are as many as its operation needs, of one shape for all who use them.
    fn misused(&mut self, graph: &Graph, id: NodeId, inputs: &[Shape]) -> Option<Reason> {
        let node = graph.node(id);
        let (have, need) = (node.tensors.len(), node.op.roles().len());
        if have != need {
            return Some(Reason::Tensors { have, need });
        }
        if !graph.shares_tensors(id) {
            return None;
        }
        for (tensor, spec) in node.tensors.iter().zip(node.op.weights(inputs)) {
            let first = *self.dims.entry(*tensor).or_insert(spec.dims);
            if first != spec.dims {
                return Some(Reason::SharedTensor { role: spec.name, first, here: spec.dims });
            }
        }
        None
    }
}

impl Shaped {
    /// The graph.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// All nodes in order of execution.
    #[must_use]
    pub fn order(&self) -> &[NodeId] {
        &self.order
    }

    /// The output shape of a node.
    #[must_use]
    pub fn shape(&self, id: NodeId) -> Shape {
        self.shapes[id]
    }

    /// The shapes of a node's inputs, in order.
    #[must_use]
    pub fn input_shapes(&self, id: NodeId) -> Vec<Shape> {
        self.graph.node(id).inputs.iter().map(|i| self.shapes[*i]).collect()
    }
}
