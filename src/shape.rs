//! Shapes of every node: the only maker of [`Shaped`].
//!
//! In: a [`Graph`]. Out: [`Shaped`], a graph of which every node is known to fit. Rewrites take `&Shaped` and return a
//! bare `Graph`, so re-verification cannot be skipped.

use std::fmt;

use crate::graph::{Graph, NodeId, NodeMap};
use crate::op::{Shape, ShapeError};

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
    pub shape_error: ShapeError,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` does not fit its inputs {:?}: {:?}", self.graph.node(self.node).name, self.inputs, self.shape_error)
    }
}

impl std::error::Error for Unfit {}

/// Infers the shape of every node.
///
/// # Errors
/// The first node, in order of execution, that does not fit its inputs.
pub fn infer(graph: Graph) -> Result<Shaped, Box<Unfit>> {
    let order = graph.order();
    let mut shapes = NodeMap::with_bound(graph.bound());
    let mut inputs = Vec::new();
    for &id in &order {
        let node = graph.node(id);
        inputs.clear();
        inputs.extend(node.inputs.iter().map(|i| shapes[*i]));
        match node.op.infer(&inputs) {
            Ok(shape) => shapes.insert(id, shape),
            Err(shape_error) => return Err(Box::new(Unfit { node: id, inputs, shape_error, graph })),
        }
    }
    Ok(Shaped { graph, order, shapes })
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
