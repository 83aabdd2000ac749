//! The arithmetic of windows on maps: one geometry for convolution, pooling and their receptive fields.
//!
//! In: sizes in pixels, possibly absurd. Out: sizes, or the reason why they do not exist. All of it is done in 128 bits, so
//! that no size that fits an operation's attributes can wrap.

use super::error::{ShapeError, Side};
use super::shape::{MAX_DIM, Shape};

/// A window that is swept over rows or columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sweep {
    pub(super) side: Side,
    pub(super) input: u64,
    pub(super) kernel: u64,
    pub(super) stride: u64,
    pub(super) dilation: u64,
    pub(super) before: u64,
    pub(super) after: u64,
}

impl Sweep {
    /// How many windows there are (PyTorch, `Conv2d` and `pooling_output_shape`): whole ones, and with `ceil` also those cut
    /// off by the end that begin inside the input or the padding before it.
    pub(super) fn outputs(&self, ceil: bool) -> Result<i128, ShapeError> {
        at_least_one("kernel", self.kernel)?;
        at_least_one("stride", self.stride)?;
        at_least_one("dilation", self.dilation)?;
        let stride = i128::from(self.stride);
        let begin_limit = i128::from(self.input) + i128::from(self.before);
        let room = begin_limit + i128::from(self.after) - extent(self.kernel, self.dilation);
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

    fn too_large(&self) -> ShapeError {
        ShapeError::Window {
            side: self.side,
            window: narrow(extent(self.kernel, self.dilation)),
            input: self.input,
            pad: self.before.saturating_add(self.after),
        }
    }

    /// Padding before and after for `ceil(input / stride)` windows, the odd one after (TensorFlow's `SAME`).
    pub(super) fn same(&self) -> (u64, u64) {
        let stride = self.stride.max(1);
        let last = i128::from((self.input.max(1) - 1) / stride) * i128::from(stride);
        let total = (last + extent(self.kernel, self.dilation) - i128::from(self.input)).max(0);
        (narrow(total / 2), narrow(total - total / 2))
    }
}

/// Pixels from the first to the last tap of a window, both included.
pub(super) fn extent(kernel: u64, dilation: u64) -> i128 {
    (i128::from(kernel) - 1).saturating_mul(i128::from(dilation)).saturating_add(1)
}

/// An extent in 64 bits; those that do not fit never pass shape inference.
pub(super) fn narrow(extent: i128) -> u64 {
    u64::try_from(extent.max(0)).unwrap_or(u64::MAX)
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
