//! Layers before and after, taken together by block, by operation or one by one.
//!
//! In: two networks with their correspondence. Out: [`BlockPair`]s in order of execution. A layer after is counted where the
//! layer before stands that it is or belongs to, so that a text which is written out, and has no blocks, is told by the
//! blocks of its source.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::correspondence::Correspondence;
use super::network::{Network, Row};
use super::savings::{BlockPair, Cost};
use crate::analysis::rollup;
use crate::graph::NodeId;
use crate::op::{Op, Shape};

/// What is compared.
pub(super) struct Sides<'a> {
    /// Before.
    pub before: &'a Network<'a>,
    /// After.
    pub after: &'a Network<'a>,
    /// Which layer is which.
    pub found: &'a Correspondence,
    /// Of layers before, by node: their place among the rows.
    places: HashMap<NodeId, usize>,
}

impl<'a> Sides<'a> {
    /// Two networks and which of their layers are which.
    pub fn new(before: &'a Network<'a>, after: &'a Network<'a>, found: &'a Correspondence) -> Self {
        let graph = before.shaped.graph();
        let place = |(at, row): (usize, &Row<'_>)| Some((graph.find(row.name)?, at));
        Self { before, after, found, places: before.layers.iter().enumerate().filter_map(place).collect() }
    }

    /// The place of the row before that a row after is or belongs to.
    pub fn base(&self, after: &Row<'_>) -> Option<usize> {
        let base = self.found.base(self.after.shaped.graph().find(after.name)?)?;
        self.places.get(&base).copied()
    }

    /// Of each row after, the place before at which it stands: that of its base, or of the next row's that has one.
    pub fn upcoming(&self) -> Vec<usize> {
        let mut next = self.before.layers.len();
        let mut all: Vec<usize> = self
            .after
            .layers
            .iter()
            .rev()
            .map(|row| {
                next = self.base(row).unwrap_or(next);
                next
            })
            .collect();
        all.reverse();
        all
    }

    /// The place of the row before that took another one up, and how.
    pub fn host(&self, before: &Row<'_>) -> Option<(usize, &'static str)> {
        let (host, how) = self.found.host(self.before.shaped.graph().find(before.name)?)?;
        Some((self.places.get(&host).copied()?, how))
    }

    /// The name after of a row before.
    pub fn twin(&self, before: &Row<'_>) -> Option<&'a str> {
        let twin = self.found.twin(self.before.shaped.graph().find(before.name)?)?;
        Some(self.after.shaped.graph().node(twin).name.as_str())
    }

    /// The operation of a row before.
    pub fn old_op(&self, row: &Row<'_>) -> &'a Op {
        op(self.before, row)
    }

    /// The operation of a row after.
    pub fn new_op(&self, row: &Row<'_>) -> &'a Op {
        op(self.after, row)
    }
}

fn op<'a>(network: &Network<'a>, row: &Row<'_>) -> &'a Op {
    let graph = network.shaped.graph();
    // Rows are made of the graph's nodes, so each is found; an identity stands for what cannot be.
    graph.find(row.name).map_or(&Op::Identity, |id| &graph.node(id).op)
}

/// What layers are taken together by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A row for each layer, with what was inserted for it and what it took up.
    Layer,
    /// A row for each block instance, as deep as there are few enough of them.
    Block,
    /// A row for each operation; convolutions are told apart by their kind.
    Op,
}

impl By {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Layer => "layer",
            Self::Block => "block",
            Self::Op => "op",
        }
    }
}

/// The most rows of [`blocks`], as far as nesting allows: what fits one chart.
const MOST_BLOCKS: usize = 32;

/// The block that a row is counted in: its instance `depth` deep at most, otherwise the first part of its name.
fn block_of<'a>(row: &Row<'a>, depth: usize) -> &'a str {
    let deepest = row.blocks.len().min(depth).checked_sub(1);
    deepest.map_or_else(|| row.name.split_once('.').map_or(row.name, |(first, _)| first), |at| row.blocks[at])
}

/// The deepest nesting at which there are at most [`MOST_BLOCKS`] blocks; 1 where even that has more.
fn depth(sides: &Sides<'_>) -> usize {
    let (before, after) = (&sides.before.layers, &sides.after.layers);
    let deepest = before.iter().map(|row| row.blocks.len()).max().unwrap_or(1);
    let count = |depth| {
        let new = after.iter().filter(|row| sides.base(row).is_none());
        let rows = before.iter().chain(new).filter(|row| row.params + row.macs > 0);
        rows.map(|row| block_of(row, depth)).collect::<HashSet<_>>().len()
    };
    (2..=deepest).rev().find(|depth| count(*depth) <= MOST_BLOCKS).unwrap_or(1)
}

/// Every block before and after.
pub(super) fn blocks(sides: &Sides<'_>) -> Vec<BlockPair> {
    let depth = depth(sides);
    taken(sides, |it| block_of(it.base.unwrap_or(it.row), depth))
}

/// All layers before and after, taken together.
pub(super) fn groups(sides: &Sides<'_>, by: By) -> Vec<BlockPair> {
    match by {
        By::Block => blocks(sides),
        By::Layer => taken(sides, |it| it.base.unwrap_or(it.row).name),
        By::Op => taken(sides, |it| {
            let shapes: Vec<Shape> = it.row.inputs.iter().map(|dims| dims.0).collect();
            rollup::kind(it.op, &shapes)
        }),
    }
}

/// A layer, before or after.
struct Item<'a> {
    row: &'a Row<'a>,
    op: &'a Op,
    /// The layer before that it belongs to, where that is another one.
    base: Option<&'a Row<'a>>,
}

/// Sums by name, in order of execution: what is new stands before what is executed next.
fn taken<'a>(sides: &Sides<'a>, name: impl Fn(&Item<'a>) -> &'a str) -> Vec<BlockPair> {
    let (before, after) = (&sides.before.layers, &sides.after.layers);
    let mut rows: HashMap<&str, BlockPair> = HashMap::new();
    let mut places: BTreeMap<(usize, usize), &str> = BTreeMap::new();
    let empty = |name: &str| BlockPair { name: name.to_owned(), before: Cost::default(), after: Cost::default(), inserted: 0 };
    for (at, row) in before.iter().enumerate() {
        let base = sides.host(row).map(|(host, _)| &before[host]);
        let name = name(&Item { row, op: sides.old_op(row), base });
        let pair = rows.entry(name).or_insert_with(|| {
            places.insert((at, usize::MAX), name);
            empty(name)
        });
        pair.before.add(row);
    }
    for ((at, row), next) in after.iter().enumerate().zip(sides.upcoming()) {
        let base = sides.base(row);
        let name = name(&Item { row, op: sides.new_op(row), base: base.map(|base| &before[base]) });
        let pair = rows.entry(name).or_insert_with(|| {
            places.insert((next, at), name);
            empty(name)
        });
        pair.after.add(row);
        let is_itself = base.is_some_and(|base| sides.twin(&before[base]) == Some(row.name));
        pair.inserted += u64::from(!is_itself);
    }
    places.into_values().filter_map(|name| rows.remove(name)).collect()
}
