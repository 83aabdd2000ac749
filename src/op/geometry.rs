//! The arithmetic of windows on maps: one geometry for shapes, kernels, receptive fields and lints.
//!
//! In: sizes in pixels, possibly absurd. Out: sizes and positions, or the reason why they do not exist. Sizes are computed in
//! 128 bits, so that none that fits an operation's attributes can wrap; positions are asked for only of shapes that fit.

use std::ops::Range;

use super::error::{ShapeError, Side};
use super::shape::{MAX_DIM, Shape};

/// A window that slides over the rows or the columns of a map, which is padded before and after.
///
/// Positions of the *padded* map count from the first row of padding: window `i` begins at `i stride`, its tap `t` lies
/// `t dilation` behind, and `before` is the first row of the map itself. A transposed convolution spreads where a
/// convolution gathers: its windows slide over its *output*, and window `i` belongs to row `i` of its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlidingWindow {
    /// Rows or columns.
    pub side: Side,
    /// Size of the map.
    pub input: u64,
    /// Taps of the window.
    pub kernel: u64,
    /// Distance between windows.
    pub stride: u64,
    /// Distance between taps.
    pub dilation: u64,
    /// Padding before the map.
    pub before: u64,
    /// Padding after it.
    pub after: u64,
}

impl SlidingWindow {
    /// How many windows there are (PyTorch, `Conv2d` and `pooling_output_shape`): whole ones, and with `ceil` also those cut
    /// off by the end that begin inside the input or the padding before it.
    pub(super) fn outputs(&self, ceil: bool) -> Result<i128, ShapeError> {
        self.check()?;
        let stride = i128::from(self.stride);
        let begin_limit = i128::from(self.input) + i128::from(self.before);
        let room = begin_limit + i128::from(self.after) - self.wide_extent();
        let windows = if ceil {
            let partial = (room + stride - 1).div_euclid(stride) + 1;
            partial.min((begin_limit + stride - 1) / stride)
        } else if room < 0 {
            0
        } else {
            room / stride + 1
        };
        if windows < 1 { Err(self.too_large()) } else { Ok(windows) }
    }

    /// The size of the map that `windows` of them cover without padding, `extra` rows added behind (PyTorch,
    /// `ConvTranspose2d`); the size of the map that is there does not matter.
    pub(super) fn spread(&self, windows: u64, extra: u64) -> Result<i128, ShapeError> {
        self.check()?;
        let padding = i128::from(self.before) + i128::from(self.after);
        Ok(self.covered(windows).saturating_add(i128::from(extra)).saturating_sub(padding))
    }

    fn check(&self) -> Result<(), ShapeError> {
        at_least_one("kernel", self.kernel)?;
        at_least_one("stride", self.stride)?;
        at_least_one("dilation", self.dilation)
    }

    fn too_large(&self) -> ShapeError {
        ShapeError::Window {
            side: self.side,
            window: self.extent(),
            input: self.input,
            pad: self.before.saturating_add(self.after),
        }
    }

    /// Padding before and after for `ceil(input / stride)` windows, the odd one after (TensorFlow's `SAME`).
    pub(super) fn same(&self) -> (u64, u64) {
        let windows = (self.input.max(1) - 1) / self.stride.max(1) + 1;
        halves((self.covered(windows) - i128::from(self.input)).max(0))
    }

    /// Pixels from the first to the last tap, both included; those that do not fit in 64 bits never pass shape inference.
    #[must_use]
    pub fn extent(&self) -> u64 {
        narrow(self.wide_extent())
    }

    fn wide_extent(&self) -> i128 {
        (i128::from(self.kernel) - 1).saturating_mul(i128::from(self.dilation)).saturating_add(1)
    }

    /// Padded positions from the first tap of the first window to the last tap of the last.
    fn covered(&self, windows: u64) -> i128 {
        self.wide_extent().saturating_add((i128::from(windows) - 1) * i128::from(self.stride))
    }

    /// Where a window begins on the padded map.
    #[must_use]
    pub fn start(&self, window: u64) -> u64 {
        window * self.stride
    }

    /// How far a tap lies behind its window's start.
    #[must_use]
    pub fn tap(&self, tap: u64) -> u64 {
        tap * self.dilation
    }

    /// The position on the map of one on the padded map; `None` in the padding.
    #[must_use]
    pub fn unpadded(&self, padded: u64) -> Option<u64> {
        // What lies before the map wraps round to a huge position, which is outside as well.
        Some(padded.wrapping_sub(self.before)).filter(|position| *position < self.input)
    }

    /// The positions of the map that a window reads.
    pub fn reads(self, window: u64) -> impl Iterator<Item = u64> + Clone {
        let start = self.start(window);
        (0..self.kernel).filter_map(move |tap| self.unpadded(start + self.tap(tap)))
    }

    /// How many taps of a window lie on the padded map: what a mean with padding divides by. A window that rounding up lets hang
    /// over the padding is not filled up.
    #[must_use]
    pub fn padded_taps(&self, window: u64) -> u64 {
        let room = (self.input + self.before + self.after).saturating_sub(self.start(window));
        room.div_ceil(self.dilation.max(1)).min(self.kernel)
    }

    /// The first and the last window of an endless row of them whose taps lie round a position of the map. Where windows stand
    /// apart and none does, it is the one before the position.
    #[must_use]
    pub fn windows_over(&self, position: i64) -> (i64, i64) {
        let (place, stride) = (i128::from(position) + i128::from(self.before), i128::from(self.stride.max(1)));
        let last = place.div_euclid(stride);
        let first = ceil_div(place - self.wide_extent() + 1, stride).min(last);
        (narrow_signed(first), narrow_signed(last))
    }

    /// The most windows whose taps lie round one position.
    #[must_use]
    pub fn most_windows_over(&self) -> u64 {
        narrow((self.wide_extent() - 1) / i128::from(self.stride.max(1)) + 1)
    }

    /// How many of the first `windows` windows lie wholly in padding.
    #[must_use]
    pub fn windows_in_padding(&self, windows: u64) -> u64 {
        let (count, stride, before) = (i128::from(windows), i128::from(self.stride), i128::from(self.before));
        let leading = ceil_div(before - self.wide_extent() + 1, stride).clamp(0, count);
        let behind = count - ceil_div(i128::from(self.input) + before, stride).max(0);
        narrow(leading + behind.clamp(0, count - leading))
    }

    /// How many taps meet the map in some of the first `windows` windows; of kernels beyond 64 taps all are taken to.
    #[must_use]
    pub fn useful_taps(&self, windows: u64) -> u64 {
        if self.kernel > 64 {
            return self.kernel;
        }
        (0..self.kernel).filter(|tap| self.meets(*tap, windows)).count() as u64
    }

    /// The window of only those taps that meet the map in some of the first `windows` windows, which reads the same there; `None`
    /// where other taps lie between them, or where padding would have to be taken off the map.
    #[must_use]
    pub fn without_idle_taps(self, windows: u64) -> Option<Self> {
        if self.kernel > 64 {
            return None;
        }
        let useful: Vec<u64> = (0..self.kernel).filter(|tap| self.meets(*tap, windows)).collect();
        let (first, last) = (*useful.first()?, *useful.last()?);
        if last - first + 1 != useful.len() as u64 {
            return None;
        }
        let before = self.before.checked_sub(self.tap(first))?;
        let after = self.after.checked_sub(self.tap(self.kernel - 1 - last))?;
        Some(Self { kernel: useful.len() as u64, before, after, ..self })
    }

    /// Whether a tap meets the map in some of the first `windows` windows.
    fn meets(&self, tap: u64, windows: u64) -> bool {
        let stride = i128::from(self.stride);
        let start = i128::from(self.before) - i128::from(self.tap(tap));
        let first = ceil_div(start, stride).max(0);
        let last = (i128::from(self.input) - 1 + start).div_euclid(stride).min(i128::from(windows) - 1);
        first <= last
    }

    /// Positions of the map behind the last of `windows` windows.
    #[must_use]
    pub fn unread_behind(&self, windows: u64) -> u64 {
        // Windows that reach no further than the padding before leave all of it.
        narrow(i128::from(self.input) + i128::from(self.before) - self.covered(windows)).min(self.input)
    }

    /// Positions between `windows` windows that stand apart.
    #[must_use]
    pub fn unread_between(&self, windows: u64) -> u64 {
        narrow((i128::from(windows) - 1) * (i128::from(self.stride) - self.wide_extent()).max(0))
    }
}

/// The positions whose mean is output `index` of an adaptive pooling of `input` positions to `outputs` (PyTorch,
/// `AdaptiveAvgPool2d`): they may overlap by one.
#[must_use]
pub fn adaptive_window(index: u64, input: u64, outputs: u64) -> Range<u64> {
    index * input / outputs..((index + 1) * input).div_ceil(outputs)
}

/// Padding in two halves, the odd row after.
pub(super) fn halves(total: i128) -> (u64, u64) {
    (narrow(total / 2), narrow(total - total / 2))
}

fn ceil_div(a: i128, b: i128) -> i128 {
    (a + b - 1).div_euclid(b)
}

/// A size in 64 bits, 0 below it; those that do not fit never pass shape inference.
fn narrow(size: i128) -> u64 {
    u64::try_from(size.max(0)).unwrap_or(u64::MAX)
}

/// A signed offset in 64 bits; those that do not fit never pass shape inference.
pub(super) fn narrow_signed(offset: i128) -> i64 {
    i64::try_from(offset).unwrap_or(if offset < 0 { i64::MIN } else { i64::MAX })
}

/// Refuses an attribute of zero.
pub(super) fn at_least_one(what: &'static str, value: u64) -> Result<(), ShapeError> {
    if value == 0 { Err(ShapeError::Dimension { what, value: 0 }) } else { Ok(()) }
}

/// A dimension in `1..=MAX_DIM`.
pub(super) fn dimension(what: &'static str, value: i128) -> Result<u64, ShapeError> {
    u64::try_from(value).ok().filter(|v| (1..=MAX_DIM).contains(v)).ok_or(ShapeError::Dimension { what, value })
}

/// `[C, H, W]`, each checked.
pub(super) fn map_shape(channels: i128, height: i128, width: i128) -> Result<Shape, ShapeError> {
    let dims = [dimension("channels", channels)?, dimension("height", height)?, dimension("width", width)?];
    Ok(Shape::new(&dims).expect("three dimensions within bounds"))
}

/// A map `[C, H, W]`, or a line `[C, L]` as a map of one row: what slides over maps slides over lines alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Map {
    pub(super) channels: u64,
    /// `[h, w]`.
    pub(super) size: [u64; 2],
    pub(super) line: bool,
}

impl Map {
    /// The input of an operation that takes both.
    pub(super) fn of(inputs: &[Shape]) -> Result<Self, ShapeError> {
        let got = first(inputs)?;
        let (h, w) = got.grid().ok_or(ShapeError::Rank { input: 0, needed: "[C, H, W] or [C, L]", got })?;
        Ok(Self { channels: got.channels(), size: [h, w], line: got.rank() == 2 })
    }

    /// The input of an operation that was made for a line, or for a map.
    pub(super) fn like(inputs: &[Shape], line: bool) -> Result<Self, ShapeError> {
        let needed = if line { "[C, L]" } else { "[C, H, W]" };
        let map = Self::of(inputs)?;
        if map.line == line { Ok(map) } else { Err(ShapeError::Rank { input: 0, needed, got: first(inputs)? }) }
    }

    /// The shape of a map of its kind, each dimension checked; a line has no rows.
    pub(super) fn resized(self, channels: i128, [height, width]: [i128; 2]) -> Result<Shape, ShapeError> {
        if !self.line {
            return map_shape(channels, height, width);
        }
        let dims = [dimension("channels", channels)?, dimension("length", width)?];
        Ok(Shape::new(&dims).expect("two dimensions within bounds"))
    }
}

/// The only input, `[C, H, W]`, as three numbers.
pub(super) fn map_of(inputs: &[Shape]) -> Result<[u64; 3], ShapeError> {
    let got = first(inputs)?;
    let (h, w) = got.hw().ok_or(ShapeError::Rank { input: 0, needed: "[C, H, W]", got })?;
    Ok([got.channels(), h, w])
}

/// The first input.
pub(super) fn first(inputs: &[Shape]) -> Result<Shape, ShapeError> {
    inputs.first().copied().ok_or(ShapeError::Arity { min: 1, max: Some(1), got: 0 })
}

/// The name of an axis of a shape of this rank.
pub(super) fn axis_name(axis: usize, rank: usize) -> &'static str {
    match (axis, rank) {
        (0, 1) => "features",
        (0, 3) => "channels",
        (1, 3) => "height",
        (2, 3) => "width",
        (_, _) => "dimension",
    }
}

/// The error of an axis that is not there.
pub(super) fn no_axis(axis: usize, rank: usize) -> ShapeError {
    ShapeError::Axis { axis: i64::try_from(axis).unwrap_or(i64::MAX), rank }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Windows of every kind over maps of nine.
    fn all() -> impl Iterator<Item = SlidingWindow> {
        let window = |i: u64| SlidingWindow {
            side: Side::Height,
            input: 9,
            kernel: 1 + i % 4,
            stride: 1 + i / 4 % 5,
            dilation: 1 + i / 20 % 3,
            before: i / 60 % 7,
            after: i / 420 % 7,
        };
        (0..4 * 5 * 3 * 7 * 7).map(window)
    }

    /// The positions from the first to the last tap of a window, the map's first being 0.
    fn span(window: &SlidingWindow, index: i64) -> Range<i64> {
        let start = index * window.stride.cast_signed() - window.before.cast_signed();
        start..start + window.extent().cast_signed()
    }

    #[test]
    fn windows_are_counted_until_the_padded_map_ends() {
        for window in all() {
            let end = (window.input + window.after).cast_signed();
            let whole = (0..64).take_while(|i| span(&window, *i).end <= end).count();
            assert_eq!(window.outputs(false).unwrap_or(0), whole as i128, "{window:?}");
            if whole > 0 {
                // One more where the one before leaves a rest; none that begins in the padding behind the map.
                let counts =
                    |i: &i64| span(&window, *i).start < window.input.cast_signed() && (*i == 0 || span(&window, i - 1).end < end);
                let with_partial = (0..64).take_while(counts).count();
                assert_eq!(window.outputs(true), Ok(with_partial as i128), "{window:?}");
            }
        }
    }

    #[test]
    fn what_windows_read_is_what_their_taps_meet() {
        for window in all() {
            let Ok(count) = window.outputs(false).map(|count| count as u64) else { continue };
            let taps = |i: u64| {
                (0..window.kernel)
                    .map(move |t| (i * window.stride + t * window.dilation).cast_signed() - window.before.cast_signed())
            };
            let inside = |at: &i64| (0..window.input.cast_signed()).contains(at);
            for i in 0..count {
                let met: Vec<_> = taps(i).filter(inside).map(i64::cast_unsigned).collect();
                assert_eq!(window.reads(i).collect::<Vec<_>>(), met, "{window:?} at {i}");
            }
            let useful =
                (0..window.kernel as usize).filter(|t| (0..count).any(|i| taps(i).nth(*t).is_some_and(|at| inside(&at))));
            assert_eq!(window.useful_taps(count), useful.count() as u64, "{window:?}");
            if let Some(fewer) = window.without_idle_taps(count) {
                assert_eq!(fewer.outputs(false), Ok(i128::from(count)), "{window:?}");
                for i in 0..count {
                    assert_eq!(fewer.reads(i).collect::<Vec<_>>(), window.reads(i).collect::<Vec<_>>(), "{window:?} at {i}");
                }
            }
            let blind = (0..count.cast_signed()).filter(|i| !span(&window, *i).any(|at| inside(&at)));
            assert_eq!(window.windows_in_padding(count), blind.count() as u64, "{window:?}");
            let end = span(&window, count.cast_signed() - 1).end;
            assert_eq!(window.unread_behind(count), (end.max(0)..window.input.cast_signed()).count().min(9) as u64, "{window:?}");
            let between = (0..count.cast_signed() - 1).flat_map(|i| span(&window, i).end..span(&window, i + 1).start);
            assert_eq!(window.unread_between(count), between.count() as u64, "{window:?}");
        }
    }

    #[test]
    fn windows_over_a_position_are_those_that_hold_it() {
        for window in all() {
            for position in -9..18 {
                let over: Vec<_> = (-40..40).filter(|i| span(&window, *i).contains(&position)).collect();
                let before = (-40..40).rfind(|i| span(&window, *i).start <= position).expect("windows begin far before");
                let wanted = (over.first().copied().unwrap_or(before), over.last().copied().unwrap_or(before));
                assert_eq!(window.windows_over(position), wanted, "{window:?} at {position}");
                assert!(over.len() as u64 <= window.most_windows_over());
            }
        }
    }

    #[test]
    fn spreading_undoes_sliding() {
        for window in all() {
            let Ok(count) = window.outputs(false) else { continue };
            let rest = window.input + window.before + window.after - ((count as u64 - 1) * window.stride + window.extent());
            assert_eq!(window.spread(count as u64, rest), Ok(i128::from(window.input)), "{window:?}");
        }
    }

    #[test]
    fn adaptive_windows_cover_their_input() {
        let windows = |input, outputs| (0..outputs).map(|i| adaptive_window(i, input, outputs)).collect::<Vec<_>>();
        assert_eq!(windows(6, 3), [0..2, 2..4, 4..6]);
        assert_eq!(windows(5, 3), [0..2, 1..4, 3..5]);
        assert_eq!(windows(2, 3), [0..1, 0..2, 1..2]);
    }
}
