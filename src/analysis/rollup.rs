//! Sums of layers by block or by kind of operation, because a user thinks in `inception_3a`, not in `conv_17`.
//!
//! In: an [`Analysis`] and its graph. Out: [`Row`]s in order of first appearance, whose sums are the totals.

use std::collections::HashMap;

use super::{Analysis, Layer};
use crate::graph::{Graph, NodeId};
use crate::op::{ConvKind, Op, Shape, Work};

/// What one row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// One layer.
    Layer,
    /// One block instance, at most `depth` instances deep (1: the outermost); layers outside blocks are summed by the
    /// name that they were bound to.
    Block {
        /// How many nested instances are told apart.
        depth: usize,
    },
    /// One kind of operation; convolutions are told apart by [`ConvKind`].
    Op,
}

/// The sum of some layers.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The layer, the block instance's path, the operation's keyword or the kind of convolution.
    pub name: String,
    /// Its layers, in order of execution.
    pub nodes: Vec<NodeId>,
    /// Learnable scalars.
    pub params: u64,
    /// Running statistics.
    pub buffers: u64,
    /// MACs in the analysis' convention.
    pub macs: u64,
    /// `2 x MACs + bias additions`.
    pub flops: u64,
    /// Every kind of operation.
    pub work: Work,
    /// Bytes of weights and buffers.
    pub weight_bytes: u64,
    /// Bytes read.
    pub read_bytes: u64,
    /// Bytes written.
    pub write_bytes: u64,
}

/// Sums layers into rows, in order of first appearance.
#[must_use]
pub fn rollup(analysis: &Analysis, graph: &Graph, by: By) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for layer in &analysis.layers {
        let name = match by {
            By::Layer => graph.node(layer.node).name.as_str(),
            By::Block { depth } => block(graph, layer.node, depth).unwrap_or_else(|| binding(&graph.node(layer.node).name)),
            By::Op => kind(&graph.node(layer.node).op, &layer.inputs),
        };
        let place = *places.entry(name).or_insert_with(|| {
            rows.push(Row::empty(name));
            rows.len() - 1
        });
        rows[place].add(layer);
    }
    rows
}

/// The path of the block instance that a node stands in, `depth` instances deep at most (1: the outermost); `None`
/// outside blocks.
#[must_use]
pub fn block(graph: &Graph, node: NodeId, depth: usize) -> Option<&str> {
    let chain: Vec<_> = graph.enclosing(graph.node(node).origin.instance).collect();
    let outermost = chain.len().checked_sub(1)?;
    Some(&chain[outermost.saturating_sub(depth.saturating_sub(1))].1.path)
}

/// The kind of convolution on inputs of these shapes, or the operation's keyword.
#[must_use]
pub fn kind(op: &Op, inputs: &[Shape]) -> &'static str {
    op.conv_kind(inputs).map_or_else(|| op.keyword(), ConvKind::name)
}

/// The first component of a path: the name that the layers of one statement were bound to.
fn binding(name: &str) -> &str {
    name.split_once('.').map_or(name, |(binding, _)| binding)
}

impl Row {
    fn empty(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            nodes: Vec::new(),
            params: 0,
            buffers: 0,
            macs: 0,
            flops: 0,
            work: Work::default(),
            weight_bytes: 0,
            read_bytes: 0,
            write_bytes: 0,
        }
    }

    /// Adds a layer. Bytes read have no total that was checked, so that sum saturates; all others fit, being parts of
    /// [`super::Totals`].
    fn add(&mut self, layer: &Layer) {
        self.nodes.push(layer.node);
        self.params += layer.params;
        self.buffers += layer.buffers;
        self.macs += layer.macs;
        self.flops += layer.flops;
        self.work = super::cost::added(&self.work, &layer.work).expect("part of a total that fits");
        self.weight_bytes += layer.weight_bytes;
        self.read_bytes = self.read_bytes.saturating_add(layer.read_bytes);
        self.write_bytes += layer.write_bytes;
    }
}
