//! A value for each node, beside the graph.

use super::NodeId;

/// A table from node to value.
#[derive(Debug, Clone)]
pub struct NodeMap<T> {
    values: Vec<Option<T>>,
}

impl<T> Default for NodeMap<T> {
    fn default() -> Self {
        Self { values: Vec::new() }
    }
}

impl<T> NodeMap<T> {
    /// An empty table with room for ids below `bound`.
    #[must_use]
    pub fn with_bound(bound: usize) -> Self {
        Self { values: std::iter::repeat_with(|| None).take(bound).collect() }
    }

    /// Sets a node's value.
    pub fn insert(&mut self, id: NodeId, value: T) {
        let index = id.to_usize();
        if index >= self.values.len() {
            self.values.resize_with(index + 1, || None);
        }
        self.values[index] = Some(value);
    }

    /// A node's value, if set.
    #[must_use]
    pub fn get(&self, id: NodeId) -> Option<&T> {
        self.values.get(id.to_usize()).and_then(Option::as_ref)
    }

    /// A node's value, writable.
    pub fn get_mut(&mut self, id: NodeId) -> Option<&mut T> {
        self.values.get_mut(id.to_usize()).and_then(Option::as_mut)
    }

    /// All values, writable, by the nodes' numbers.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.values.iter_mut().flatten()
    }

    /// Takes a node's value out.
    pub fn take(&mut self, id: NodeId) -> Option<T> {
        self.values.get_mut(id.to_usize()).and_then(Option::take)
    }
}

impl<T> std::ops::Index<NodeId> for NodeMap<T> {
    type Output = T;

    fn index(&self, id: NodeId) -> &T {
        self.get(id).expect("every node of the graph has a value")
    }
}
