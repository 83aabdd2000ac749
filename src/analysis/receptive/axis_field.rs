//! The receptive field of each index of one axis, in pixels of an input axis: exact intervals, kept as a periodic table.
//!
//! Behind a 3x3 convolution with stride 2 and padding 1, index `i` sees the pixels `2i - 1 ..= 2i + 1`: an interval that moves two
//! pixels an index, said by the interval of index 0 and the advance 2. Behind a resize to twice the size, indices `2i` and
//! `2i + 1` share the interval of pixel `i`: the pattern repeats every two indices and advances one pixel, said by a table of
//! two. No graph and no operations here.

use std::rc::Rc;

/// The longest period, and the longest axis written out in full, before a join falls back to [`AxisField::Whole`].
const LONGEST: usize = 4096;

/// First and last pixel seen; both inclusive, negative or beyond the input inside padding.
pub(super) type Interval = (i64, i64);

/// The receptive field along one axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum AxisField {
    /// Every index sees the whole input.
    Whole,
    /// Every index sees an interval of its own.
    Periodic(Periodic),
}

/// Intervals that repeat, moved on: `at(i + period) = at(i) + advance`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Periodic {
    /// Pixels from one period to the next.
    advance: i64,
    /// The intervals of the first period.
    phases: Phases,
}

#[derive(Debug, Clone, PartialEq)]
enum Phases {
    /// A period of one, which nearly every layer has: no allocation.
    One(Interval),
    Many(Rc<[Interval]>),
}

impl AxisField {
    /// Index `i` sees pixel `i`.
    pub(super) fn identity() -> Self {
        Self::Periodic(Periodic { advance: 1, phases: Phases::One((0, 0)) })
    }

    /// After a window of `extent` indices that starts at `stride * i - before`.
    pub(super) fn window(&self, extent: i64, stride: i64, before: i64) -> Self {
        let Self::Periodic(intervals) = self else { return Self::Whole };
        let repeat = stride / gcd(stride, intervals.period());
        let period = (intervals.period() / gcd(stride, intervals.period())) as usize;
        let interval = |i: usize| {
            let from = (i as i64).saturating_mul(stride).saturating_sub(before);
            (intervals.at(from).0, intervals.at(from.saturating_add(extent - 1)).1)
        };
        Self::Periodic(Periodic { advance: intervals.advance.saturating_mul(repeat), phases: Phases::collect(period, interval) })
    }

    /// After an operation whose index `i` reads `reads(i)` of this axis, where `reads(i + outputs) = reads(i) + inputs`.
    pub(super) fn grid(&self, (outputs, inputs): (i64, i64), reads: impl Fn(i64) -> Interval) -> Self {
        let Self::Periodic(intervals) = self else { return Self::Whole };
        let common = gcd(inputs, intervals.period());
        let period = outputs.saturating_mul(intervals.period() / common);
        let Some(period) = usize::try_from(period).ok().filter(|p| *p <= LONGEST) else { return Self::Whole };
        let interval = |i: usize| {
            let (from, to) = reads(i as i64);
            (intervals.at(from).0, intervals.at(to).1)
        };
        let advance = intervals.advance.saturating_mul(inputs / common);
        Self::Periodic(Periodic { advance, phases: Phases::collect(period, interval) })
    }

    /// An axis of size one stretched over many indices.
    pub(super) fn stretched(&self) -> Self {
        match self {
            Self::Whole => Self::Whole,
            Self::Periodic(intervals) => Self::Periodic(Periodic { advance: 0, phases: Phases::One(intervals.at(0)) }),
        }
    }

    /// The union, index by index, over an axis of `length`.
    pub(super) fn union(&self, other: &Self, length: u64) -> Self {
        let (Self::Periodic(left), Self::Periodic(right)) = (self, other) else { return Self::Whole };
        if left == right {
            return self.clone();
        }
        let both = |i: usize| {
            let (a, b) = (left.at(i as i64), right.at(i as i64));
            (a.0.min(b.0), a.1.max(b.1))
        };
        let (p, q) = (left.period(), right.period());
        let same_pace = i128::from(left.advance) * i128::from(q) == i128::from(right.advance) * i128::from(p);
        let period = if same_pace { (p / gcd(p, q)).saturating_mul(q) } else { i64::try_from(length).unwrap_or(i64::MAX) };
        let Some(period) = usize::try_from(period).ok().filter(|n| *n <= LONGEST) else { return Self::Whole };
        let advance = left.pace_over(period as i64).max(right.pace_over(period as i64));
        Self::Periodic(Periodic { advance, phases: Phases::collect(period, both) })
    }

    /// Pieces joined end to end along this axis: each with its length.
    pub(super) fn joined(pieces: &[(Self, u64)]) -> Self {
        let mut table = Vec::new();
        for (reads, length) in pieces {
            let Self::Periodic(intervals) = reads else { return Self::Whole };
            if table.len() as u64 + length > LONGEST as u64 {
                return Self::Whole;
            }
            table.extend((0..*length as i64).map(|i| intervals.at(i)));
        }
        let Some((first, last)) = table.first().zip(table.last()) else { return Self::Whole };
        let advance = last.1.saturating_sub(first.0).saturating_add(1);
        Self::Periodic(Periodic { advance, phases: Phases::Many(table.into()) })
    }
}

impl Periodic {
    fn period(&self) -> i64 {
        match &self.phases {
            Phases::One(_) => 1,
            Phases::Many(table) => table.len() as i64,
        }
    }

    fn at(&self, index: i64) -> Interval {
        match &self.phases {
            Phases::One(interval) => shifted(*interval, index.saturating_mul(self.advance)),
            Phases::Many(table) => {
                let period = table.len() as i64;
                let interval = table[index.rem_euclid(period) as usize];
                shifted(interval, index.div_euclid(period).saturating_mul(self.advance))
            }
        }
    }

    /// Pixels advanced over `indices` that hold a whole number of periods, or about that where they do not.
    fn pace_over(&self, indices: i64) -> i64 {
        indices.saturating_mul(self.advance) / self.period()
    }

    /// Extent of the largest interval.
    pub(super) fn extent(&self) -> u64 {
        let extent = |(first, last): &Interval| last.saturating_sub(*first).saturating_add(1).max(0) as u64;
        match &self.phases {
            Phases::One(interval) => extent(interval),
            Phases::Many(table) => table.iter().map(extent).max().unwrap_or(0),
        }
    }

    /// Pixels between neighbouring indices, on average, as a reduced fraction.
    pub(super) fn stride(&self) -> (u64, u64) {
        let (advance, period) = (self.advance.max(0), self.period());
        let common = gcd(advance, period);
        ((advance / common) as u64, (period / common) as u64)
    }

    /// First pixel that index 0 sees.
    pub(super) fn offset(&self) -> i64 {
        self.at(0).0
    }
}

impl Phases {
    fn collect(period: usize, interval: impl Fn(usize) -> Interval) -> Self {
        if period == 1 { Self::One(interval(0)) } else { Self::Many((0..period).map(interval).collect()) }
    }
}

fn shifted((first, last): Interval, by: i64) -> Interval {
    (first.saturating_add(by), last.saturating_add(by))
}

/// Greatest common divisor, of which at least one argument is positive.
pub(super) fn gcd(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}
