//! The receptive field of each index of one axis, in pixels of an input axis: exact intervals, kept as a periodic table.
//!
//! Behind a 3x3 convolution with stride 2 and padding 1, index `i` sees the pixels `2i - 1 ..= 2i + 1`: an interval that moves two
//! pixels an index, said by the interval of index 0 and the advance 2. Behind a resize to twice the size, indices `2i` and
//! `2i + 1` share the interval of pixel `i`: the pattern repeats every two indices and advances one pixel, said by a table of
//! two. No graph and no operations here.

use std::rc::Rc;

use super::irregular::Irregular;

/// The longest period, and the longest axis written out in full, before a join falls back to [`AxisField::Whole`].
pub(super) const LONGEST: usize = 4096;

/// First and last pixel seen; both inclusive, negative or beyond the input inside padding.
pub(super) type Interval = (i64, i64);

/// The receptive field along one axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum AxisField {
    /// Every index sees the whole input.
    Whole,
    /// Every index sees an interval of its own, further on than the index before it.
    Periodic(Periodic),
    /// Every index sees an interval of its own, in no order: maps joined end to end, or channels shuffled.
    Irregular(Rc<Irregular>),
}

/// Intervals that repeat, moved on: `at(i + period) = at(i) + advance`. They advance: no interval begins or ends before one of
/// a lower index.
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

/// A part of an axis that is put together: what its indices see, and how many there are.
pub(super) type Piece = (AxisField, u64);

impl AxisField {
    /// Index `i` sees pixel `i`.
    pub(super) fn identity() -> Self {
        Self::Periodic(Periodic { advance: 1, phases: Phases::One((0, 0)) })
    }

    /// Every index sees nothing.
    pub(super) fn nothing() -> Self {
        Self::Periodic(Periodic { advance: 0, phases: Phases::One(NOTHING) })
    }

    /// After a window of `extent` indices that starts at `stride * i - before`, of which there are `outputs`.
    pub(super) fn window(&self, (extent, stride, before): (i64, i64, i64), outputs: u64) -> Self {
        let reads = |i: i64| {
            let from = i.saturating_mul(stride).saturating_sub(before);
            (from, from.saturating_add(extent - 1))
        };
        match self {
            Self::Whole => Self::Whole,
            Self::Periodic(intervals) => {
                let repeat = stride / gcd(stride, intervals.period());
                let period = (intervals.period() / gcd(stride, intervals.period())) as usize;
                let advance = intervals.advance.saturating_mul(repeat);
                Self::Periodic(Periodic { advance, phases: Phases::collect(period, |i| intervals.over(reads(i as i64))) })
            }
            Self::Irregular(table) => table.seen_through(outputs, (1, stride), reads),
        }
    }

    /// After an operation whose index `i` reads `reads(i)` of this axis, in order, where `reads(i + outputs) = reads(i) + inputs`;
    /// it has `length` indices.
    pub(super) fn grid(&self, (outputs, inputs): (i64, i64), length: u64, reads: impl Fn(i64) -> Interval) -> Self {
        let intervals = match self {
            Self::Whole => return Self::Whole,
            Self::Irregular(table) => return table.seen_through(length, (outputs, inputs), reads),
            Self::Periodic(intervals) => intervals,
        };
        let common = gcd(inputs, intervals.period());
        let period = outputs.saturating_mul(intervals.period() / common);
        let advance = intervals.advance.saturating_mul(inputs / common);
        let interval = |i: i64| intervals.over(reads(i));
        if let Some(period) = usize::try_from(period).ok().filter(|p| *p <= LONGEST) {
            return Self::Periodic(Periodic { advance, phases: Phases::collect(period, |i| interval(i as i64)) });
        }
        // A period that is longer than the axis need not be known to its end.
        if length > LONGEST as u64 {
            return Self::Whole;
        }
        Irregular::of((0..pixels(length)).map(interval).collect(), (advance, period))
    }

    /// An axis of size one stretched over many indices.
    pub(super) fn stretched(&self) -> Self {
        let one = |interval| Self::Periodic(Periodic { advance: 0, phases: Phases::One(interval) });
        match self {
            Self::Whole => Self::Whole,
            Self::Periodic(intervals) => one(intervals.at(0)),
            Self::Irregular(table) => one(table.at(0)),
        }
    }

    /// The union, index by index, over an axis of `length`.
    pub(super) fn union(&self, other: &Self, length: u64) -> Self {
        if self == other {
            return self.clone();
        }
        let (left, right) = match (self, other) {
            (Self::Whole, _) | (_, Self::Whole) => return Self::Whole,
            (Self::Periodic(left), Self::Periodic(right)) => (left, right),
            (Self::Irregular(_), Self::Periodic(_) | Self::Irregular(_)) | (Self::Periodic(_), Self::Irregular(_)) => {
                return self.united_in_full(other, length);
            }
        };
        let both = |i: usize| hull(left.at(i as i64), right.at(i as i64));
        let (p, q) = (left.period(), right.period());
        let same_pace = i128::from(left.advance) * i128::from(q) == i128::from(right.advance) * i128::from(p);
        let period = if same_pace { (p / gcd(p, q)).saturating_mul(q) } else { pixels(length) };
        let Some(period) = usize::try_from(period).ok().filter(|n| *n <= LONGEST) else { return Self::Whole };
        let advance = left.pace_over(period as i64).max(right.pace_over(period as i64));
        Self::Periodic(Periodic { advance, phases: Phases::collect(period, both) })
    }

    /// The union of fields of which one has no order.
    fn united_in_full(&self, other: &Self, length: u64) -> Self {
        if length > LONGEST as u64 {
            return Self::Whole;
        }
        let faster = |a: (i64, i64), b: (i64, i64)| {
            if i128::from(a.0) * i128::from(b.1) < i128::from(b.0) * i128::from(a.1) { b } else { a }
        };
        let table = (0..pixels(length)).map(|i| hull(self.at(i), other.at(i))).collect();
        Irregular::of(table, faster(self.pace(), other.pace()))
    }

    /// Pieces joined end to end along this axis.
    pub(super) fn joined(pieces: &[Piece]) -> Self {
        let length = pieces.iter().fold(0u64, |sum, (_, length)| sum.saturating_add(*length));
        if length > LONGEST as u64 || pieces.iter().any(|(field, _)| *field == Self::Whole) {
            return Self::Whole;
        }
        let table: Vec<_> = pieces.iter().flat_map(|(field, length)| (0..pixels(*length)).map(|i| field.at(i))).collect();
        if let Some(ordered) = Periodic::of(&table) {
            return Self::Periodic(ordered);
        }
        let mut seen = table.iter().copied().filter(|seen| !is_nothing(*seen));
        let first = seen.next();
        let ends = first.zip(seen.next_back().or(first));
        let advance = ends.map_or(0, |(first, last)| last.1.saturating_sub(first.0).saturating_add(1));
        let period = table.len() as i64;
        Irregular::of(table, (advance, period))
    }

    /// The indices of this axis in another order: `from(i)` is where index `i` comes from, and `speed` indices are passed for each.
    pub(super) fn permuted(&self, length: u64, from: impl Fn(i64) -> i64, speed: i64) -> Self {
        if length > LONGEST as u64 || *self == Self::Whole {
            return Self::Whole;
        }
        let table = (0..pixels(length)).map(|i| self.at(from(i))).collect();
        let (advance, period) = self.pace();
        Irregular::of(table, (advance.saturating_mul(speed), period))
    }

    /// The `size` indices of this axis again and again, until there are `length`.
    pub(super) fn repeated(&self, size: i64, length: u64) -> Self {
        match size {
            _ if pixels(length) == size => self.clone(),
            1 => self.stretched(),
            _ => self.permuted(length, |i| i.rem_euclid(size), 1),
        }
    }

    /// What an index sees; of a field of the whole nothing is known.
    fn at(&self, index: i64) -> Interval {
        match self {
            Self::Whole => NOTHING,
            Self::Periodic(intervals) => intervals.at(index),
            Self::Irregular(table) => table.at(index),
        }
    }

    /// Pixels advanced over indices.
    fn pace(&self) -> (i64, i64) {
        match self {
            Self::Whole => (0, 1),
            Self::Periodic(intervals) => (intervals.advance, intervals.period()),
            Self::Irregular(table) => table.pace(),
        }
    }
}

impl Periodic {
    /// Intervals at one distance, as what was cut and is put together again has them.
    fn of(table: &[Interval]) -> Option<Self> {
        let (first, second) = (*table.first()?, *table.get(1)?);
        let advance = second.0.checked_sub(first.0).filter(|advance| *advance >= 0)?;
        let even = |(i, seen): (usize, &Interval)| *seen == shifted(first, (i as i64).saturating_mul(advance));
        let ordered = !is_nothing(first) && table.iter().enumerate().all(even);
        ordered.then_some(Self { advance, phases: Phases::One(first) })
    }

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

    /// What the indices from the first to the last of a range see together.
    fn over(&self, (from, to): Interval) -> Interval {
        hull(self.at(from), self.at(to))
    }

    /// Pixels advanced over `indices` that hold a whole number of periods, or about that where they do not.
    fn pace_over(&self, indices: i64) -> i64 {
        indices.saturating_mul(self.advance) / self.period()
    }

    /// Extent of the largest interval.
    pub(super) fn extent(&self) -> u64 {
        match &self.phases {
            Phases::One(interval) => extent(*interval),
            Phases::Many(table) => table.iter().copied().map(extent).max().unwrap_or(0),
        }
    }

    /// Pixels between neighbouring indices, on average, as a reduced fraction.
    pub(super) fn stride(&self) -> (u64, u64) {
        pace(self.advance, self.period())
    }

    /// First pixel that index 0 sees.
    pub(super) fn offset(&self) -> i64 {
        offset(self.at(0))
    }
}

impl Phases {
    fn collect(period: usize, interval: impl Fn(usize) -> Interval) -> Self {
        if period == 1 { Self::One(interval(0)) } else { Self::Many((0..period).map(interval).collect()) }
    }
}

/// What sees no pixel: it begins behind its end, so that a union with it changes nothing.
const NOTHING: Interval = (i64::MAX, i64::MIN);

pub(super) fn is_nothing((first, last): Interval) -> bool {
    first > last
}

/// The smallest interval that holds both.
pub(super) fn hull(a: Interval, b: Interval) -> Interval {
    (a.0.min(b.0), a.1.max(b.1))
}

/// Pixels of an interval.
pub(super) fn extent((first, last): Interval) -> u64 {
    if is_nothing((first, last)) { 0 } else { last.saturating_sub(first).saturating_add(1) as u64 }
}

/// The first pixel of an interval; 0 where there is none.
pub(super) fn offset(interval: Interval) -> i64 {
    if is_nothing(interval) { 0 } else { interval.0 }
}

/// `advance` pixels in `period` indices, as a reduced fraction.
pub(super) fn pace(advance: i64, period: i64) -> (u64, u64) {
    let advance = advance.max(0);
    let common = gcd(advance, period);
    ((advance / common) as u64, (period / common) as u64)
}

pub(super) fn shifted((first, last): Interval, by: i64) -> Interval {
    if is_nothing((first, last)) { NOTHING } else { (first.saturating_add(by), last.saturating_add(by)) }
}

/// A size as a signed number of pixels; sizes beyond 63 bits do not occur in maps and saturate.
pub(super) fn pixels(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Greatest common divisor, of which at least one argument is positive.
pub(super) fn gcd(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}
