//! What changed between two analyses, by layer and by block: the input of the savings report.
//!
//! In: two analyses with their graphs. Out: [`Change`]s, matched by name, in an order that reads along both networks.
//! Nothing is judged here; a change of cost may go either way.

use std::collections::HashMap;

use super::Analysis;
use super::rollup::{By, Row, rollup};
use crate::graph::Graph;
use crate::op::Shape;

/// Numbers of a layer or a block that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Numbers {
    /// Layers summed.
    pub layers: u64,
    /// Learnable scalars.
    pub params: u64,
    /// Running statistics.
    pub buffers: u64,
    /// MACs in the analyses' convention.
    pub macs: u64,
    /// `2 x MACs + bias additions`.
    pub flops: u64,
    /// Bytes of weights and buffers.
    pub weight_bytes: u64,
    /// Bytes read.
    pub read_bytes: u64,
    /// Bytes written.
    pub write_bytes: u64,
}

/// What became of a layer or block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Only in the network before.
    Removed,
    /// Only in the network after.
    Added,
    /// In both, with other numbers or other shapes.
    Changed,
    /// In both, the same.
    Same,
}

/// One layer or block before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Its name in the network (or networks) that have it.
    pub name: String,
    /// What became of it.
    pub status: Status,
    /// Its numbers before, if it was there.
    pub before: Option<Numbers>,
    /// Its numbers after, if it is there.
    pub after: Option<Numbers>,
}

/// Compares two networks, one row a layer, block or operation.
///
/// Rows follow the network after; what was removed stands where it was.
#[must_use]
pub fn diff(before: (&Analysis, &Graph), after: (&Analysis, &Graph), by: By) -> Vec<Change> {
    let (old, new) = (rollup(before.0, before.1, by), rollup(after.0, after.1, by));
    let old_place: HashMap<&str, usize> = old.iter().enumerate().map(|(i, row)| (row.name.as_str(), i)).collect();
    let new_names: HashMap<&str, usize> = new.iter().enumerate().map(|(i, row)| (row.name.as_str(), i)).collect();
    let mut changes = Vec::with_capacity(new.len());
    let mut next_old = 0;
    for row in &new {
        let place = old_place.get(row.name.as_str()).copied();
        if let Some(place) = place {
            removed(&old, next_old..place, &new_names, &mut changes);
            next_old = next_old.max(place + 1);
        }
        changes.push(change(place.map(|i| &old[i]), row, (before.0, after.0)));
    }
    removed(&old, next_old..old.len(), &new_names, &mut changes);
    changes
}

/// Adds the rows of a range that are no longer there.
fn removed(old: &[Row], range: std::ops::Range<usize>, kept: &HashMap<&str, usize>, changes: &mut Vec<Change>) {
    let gone = old.get(range).unwrap_or_default().iter().filter(|row| !kept.contains_key(row.name.as_str()));
    changes.extend(gone.map(|row| Change {
        name: row.name.clone(),
        status: Status::Removed,
        before: Some(Numbers::of(row)),
        after: None,
    }));
}

fn change(before: Option<&Row>, after: &Row, analyses: (&Analysis, &Analysis)) -> Change {
    let numbers = Numbers::of(after);
    let status = match before {
        None => Status::Added,
        Some(row) if Numbers::of(row) == numbers && shapes(row, analyses.0).eq(shapes(after, analyses.1)) => Status::Same,
        Some(_) => Status::Changed,
    };
    Change { name: after.name.clone(), status, before: before.map(Numbers::of), after: Some(numbers) }
}

/// What must be equal besides the numbers, layer by layer.
fn shapes<'a>(row: &'a Row, analysis: &'a Analysis) -> impl Iterator<Item = Shape> + 'a {
    row.nodes.iter().filter_map(|node| analysis.layer(*node)).map(|layer| layer.output)
}

impl Numbers {
    fn of(row: &Row) -> Self {
        Self {
            layers: row.nodes.len() as u64,
            params: row.params,
            buffers: row.buffers,
            macs: row.macs,
            flops: row.flops,
            weight_bytes: row.weight_bytes,
            read_bytes: row.read_bytes,
            write_bytes: row.write_bytes,
        }
    }
}
