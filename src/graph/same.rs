//! Whether two graphs are one network: the same layers under the same names, in whatever order.

use std::collections::HashSet;

use super::{Graph, NodeId};

/// Whether both have the same layers with the same operations, read the same and under the same names give the same outputs,
/// and use the same tensors. What the author asked for and where nodes came from is not looked at.
#[must_use]
pub fn same(one: &Graph, other: &Graph) -> bool {
    let names = |graph: &Graph| graph.inputs().iter().map(|id| graph.node(*id).name.clone()).collect::<Vec<_>>();
    let outputs = |graph: &Graph| -> Vec<(String, String)> {
        graph.outputs().iter().map(|(name, id)| (name.clone(), graph.node(*id).name.to_string())).collect()
    };
    let tensors = |graph: &Graph| graph.tensors().map(|(_, tensor)| tensor.name()).collect::<HashSet<_>>();
    let is_there = |id: NodeId| other.find(&one.node(id).name).is_some_and(|twin| alike((one, id), (other, twin)));
    one.len() == other.len()
        && names(one) == names(other)
        && outputs(one) == outputs(other)
        && tensors(one) == tensors(other)
        && one.ids().all(is_there)
}

fn alike((one, id): (&Graph, NodeId), (other, twin): (&Graph, NodeId)) -> bool {
    let (left, right) = (one.node(id), other.node(twin));
    let mut inputs = left.inputs.iter().zip(&right.inputs);
    let mut tensors = left.tensors.iter().zip(&right.tensors);
    left.op == right.op
        && left.inputs.len() == right.inputs.len()
        && left.tensors.len() == right.tensors.len()
        && inputs.all(|(a, b)| one.node(*a).name == other.node(*b).name)
        && tensors.all(|(a, b)| one.tensor(*a).name() == other.tensor(*b).name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Node;
    use crate::op::{Activation, Op, Shape};

    fn graph(names: [&str; 2], twice: bool) -> Graph {
        let mut graph = Graph::new("net", None);
        let input = graph.add(Node::new("x", Op::Input(Shape::new(&[3, 4, 4]).expect("a shape")), vec![]));
        let ids = names.map(|name| graph.add(Node::new(name, Op::Activation(Activation::Relu), vec![input])));
        graph.add_output("y", ids[usize::from(twice)]);
        graph
    }

    #[test]
    fn order_does_not_count_and_names_do() {
        assert!(same(&graph(["a", "b"], false), &graph(["b", "a"], true)));
        assert!(!same(&graph(["a", "b"], false), &graph(["b", "a"], false)));
        assert!(!same(&graph(["a", "b"], false), &graph(["a", "c"], false)));
    }
}
