//! Receptive fields along one axis that follow no order: one interval an index, written out.
//!
//! Where maps are joined end to end, the first rows of the second follow the last rows of the first and may see the same pixels
//! again; a window over the seam sees what all its indices see, and not just its first and its last. Beyond the axis, in the
//! padding of what follows, indices see on from the first and the last interval. No graph and no operations here.

use std::rc::Rc;

use super::axis_field::{AxisField, Interval, LONGEST, extent, hull, offset, pace, pixels, shifted};

/// An interval for every index of an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Irregular {
    /// At least one.
    table: Vec<Interval>,
    /// Pixels advanced over indices, on the whole.
    pace: (i64, i64),
}

impl Irregular {
    /// A field of these intervals.
    pub(super) fn of(table: Vec<Interval>, pace: (i64, i64)) -> AxisField {
        if table.is_empty() { AxisField::nothing() } else { AxisField::Irregular(Rc::new(Self { table, pace })) }
    }

    /// What an index sees.
    pub(super) fn at(&self, index: i64) -> Interval {
        let last = self.table.len() - 1;
        let Ok(inside) = usize::try_from(index) else {
            let step = self.table.get(1).map_or(1, |next| step(self.table[0], *next));
            return shifted(self.table[0], step.saturating_mul(index));
        };
        if inside <= last {
            return self.table[inside];
        }
        let step = last.checked_sub(1).map_or(1, |before| step(self.table[before], self.table[last]));
        shifted(self.table[last], step.saturating_mul(index.saturating_sub(last as i64)))
    }

    pub(super) fn pace(&self) -> (i64, i64) {
        self.pace
    }

    /// Extent of the largest interval.
    pub(super) fn extent(&self) -> u64 {
        self.table.iter().copied().map(extent).max().unwrap_or(0)
    }

    /// Pixels between neighbouring indices, on average, as a reduced fraction.
    pub(super) fn stride(&self) -> (u64, u64) {
        pace(self.pace.0, self.pace.1)
    }

    /// First pixel that index 0 sees.
    pub(super) fn offset(&self) -> i64 {
        offset(self.table[0])
    }

    /// After an operation of `length` indices, of which `i` reads `reads(i)`; `inputs` indices further every `outputs`.
    pub(super) fn seen_through(&self, length: u64, (outputs, inputs): (i64, i64), reads: impl Fn(i64) -> Interval) -> AxisField {
        if length > LONGEST as u64 {
            return AxisField::Whole;
        }
        let hulls = Hulls::over(&self.table);
        let table = (0..pixels(length)).map(|i| self.over(&hulls, reads(i))).collect();
        let pace = (self.pace.0.saturating_mul(inputs), self.pace.1.saturating_mul(outputs));
        Self::of(table, pace)
    }

    /// What a range of indices sees together, those beyond the axis among them.
    fn over(&self, hulls: &Hulls, (from, to): Interval) -> Interval {
        let last = self.table.len() as i64 - 1;
        let ends = hull(self.at(from), self.at(to));
        let (from, to) = (from.max(0), to.min(last));
        if from > to { ends } else { hull(ends, hulls.of(from as usize, to as usize)) }
    }
}

/// Pixels from one index to the next, by which indices beyond the axis go on.
fn step(before: Interval, after: Interval) -> i64 {
    after.0.saturating_sub(before.0).clamp(0, i64::from(u32::MAX))
}

/// Hulls of all ranges whose lengths are powers of two: any range is two of them.
struct Hulls(Vec<Vec<Interval>>);

impl Hulls {
    fn over(table: &[Interval]) -> Self {
        let mut levels = vec![table.to_vec()];
        let mut length = 1;
        while 2 * length <= table.len() {
            let below = &levels[levels.len() - 1];
            levels.push((0..=table.len() - 2 * length).map(|i| hull(below[i], below[i + length])).collect());
            length *= 2;
        }
        Self(levels)
    }

    /// The hull of the indices from the first to the last.
    fn of(&self, first: usize, last: usize) -> Interval {
        let level = (last - first + 1).ilog2() as usize;
        hull(self.0[level][first], self.0[level][last + 1 - (1 << level)])
    }
}
