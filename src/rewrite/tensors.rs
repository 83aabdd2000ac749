//! Weights in f64 for the passes that compute with them.

use crate::graph::Graph;
use crate::weights::Weights;

/// A tensor of a node in f64, or `None` where it is missing.
pub(super) fn values(weights: &Weights, node: &str, tensor: &str) -> Option<Vec<f64>> {
    let tensor = weights.get(&format!("{node}.{tensor}"))?;
    Some(tensor.data().iter().map(|x| f64::from(*x)).collect())
}

/// The nearest f32.
#[expect(clippy::cast_possible_truncation, reason = "weights are f32; rounding once, at the end, is meant")]
pub(super) fn to_f32(value: f64) -> f32 {
    value as f32
}

/// Only the tensors that the nodes of a graph own.
pub(super) fn owned(weights: &Weights, graph: &Graph) -> Weights {
    let mut left = Weights::new();
    for (name, tensor) in weights.iter() {
        let node = name.rsplit_once('.').map_or("", |(node, _)| node);
        if graph.find(node).is_some() {
            left.insert(name, tensor.clone());
        }
    }
    left
}
