//! Windows over maps: kernels, strides and paddings as attributes say them.
//!
//! In: attributes and a map of the model, `[n, C, H, W]`, or a line `[n, C, L]`, which has the geometry of a map of one row.
//! Out: numbers for height and width, and the dimensions of what windows make.

use super::super::array::{Array, Values};
use super::super::attributes::Attributes;
use super::super::fold::Why;
use super::super::number::Number;
use super::{Importer, Map};
use crate::op::Padding;
use crate::op::error::Side;

/// Windows of a map whose parts on its padding are written at most.
const MOST_SHARES: i128 = 1 << 20;

/// A map of channels and pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spatial {
    /// How many channels.
    pub channels: u64,
    /// Height and width.
    pub size: [u64; 2],
    /// Whether it is a line, of height 1.
    pub line: bool,
}

/// Kernel, stride and dilation of windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Windows {
    /// Height and width.
    pub kernel: [u64; 2],
    /// From one to the next.
    pub stride: [u64; 2],
    /// Between the elements of one.
    pub dilation: [u64; 2],
}

/// What stands in the way of a map of so many dimensions.
fn other_rank(rank: usize) -> Why {
    Why(match rank {
        5 => "it is of volumes, and maps have two dimensions here".to_owned(),
        rank => format!("its input has {rank} dimensions where images have 4, and lines 3"),
    })
}

/// The channels, height and width of a map of the model.
pub(super) fn spatial(importer: &Importer<'_>, map: &Map) -> Result<Spatial, Why> {
    let shape = importer.map_shape(map);
    match (shape.dims(), map.rank(), map.leads()) {
        ([c, h, w], 4, true) => Ok(Spatial { channels: (*c).into(), size: [(*h).into(), (*w).into()], line: false }),
        ([c, w], 3, true) => Ok(Spatial { channels: (*c).into(), size: [1, (*w).into()], line: true }),
        (_, 3 | 4, false) => Err(Why::from("its first axis is not that of the images")),
        (_, rank, _) => Err(other_rank(rank)),
    }
}

impl Spatial {
    /// Two numbers for height and width of an attribute; `default` for what is not said, and for the height of a line.
    pub(super) fn pair(self, attributes: &Attributes, name: &str, default: u64) -> Result<[u64; 2], Why> {
        let all = attributes.ints(name).unwrap_or_default();
        let all: Result<Vec<u64>, _> = all.iter().map(|n| u64::try_from(*n)).collect();
        match (all.map_err(|_| Why(format!("its {name} are negative")))?.as_slice(), self.line) {
            ([], _) => Ok([default; 2]),
            ([h, w], false) => Ok([*h, *w]),
            ([w], true) => Ok([default, *w]),
            (other, _) => Err(Why(format!("its {name} are {} numbers, not one for each side", other.len()))),
        }
    }

    /// Windows with this kernel.
    pub(super) fn windows(self, attributes: &Attributes, kernel: [u64; 2]) -> Result<Windows, Why> {
        let (stride, dilation) = (self.pair(attributes, "strides", 1)?, self.pair(attributes, "dilations", 1)?);
        Ok(Windows { kernel, stride, dilation })
    }

    /// The padding of windows, as `auto_pad` and `pads` ask for it.
    pub(super) fn padding(self, attributes: &Attributes, windows: Windows) -> Result<Padding, Why> {
        let automatic = attributes.text_or("auto_pad", "NOTSET");
        let same = |at: usize| {
            let total = windows.missing(at, self.size[at]);
            let (less, more) = (total / 2, total.div_ceil(2));
            if automatic == "SAME_LOWER" { (more, less) } else { (less, more) }
        };
        match automatic {
            "NOTSET" | "" => self.pads(attributes),
            "VALID" => Ok(Padding::default()),
            "SAME_UPPER" | "SAME_LOWER" => {
                let ((top, bottom), (left, right)) = (same(0), same(1));
                Ok(Padding { top, left, bottom, right })
            }
            other => Err(Why(format!("`auto_pad` `{other}` is not known"))),
        }
    }

    /// `pads` as ONNX orders them: before each side, then behind each.
    fn pads(self, attributes: &Attributes) -> Result<Padding, Why> {
        let all: Result<Vec<u64>, _> =
            attributes.ints("pads").unwrap_or_default().iter().map(|pad| u64::try_from(*pad)).collect();
        let all = all.map_err(|_| Why::from("its pads are negative: write them as a `Pad` before it"))?;
        match (all.as_slice(), self.line) {
            ([], _) => Ok(Padding::default()),
            ([top, left, bottom, right], false) => Ok(Padding { top: *top, left: *left, bottom: *bottom, right: *right }),
            ([left, right], true) => Ok(Padding { left: *left, right: *right, ..Padding::default() }),
            (other, _) => Err(Why(format!("its pads are {} numbers, not two for each side", other.len()))),
        }
    }

    /// The dimensions of a map of the model with these channels and this size, its images as before.
    pub(super) fn sized(self, map: &Map, channels: u64, size: [i128; 2]) -> Result<Vec<Number>, Why> {
        let number = |value: i128| i64::try_from(value).ok().filter(|size| *size > 0).map(Number::from);
        let sides = if self.line { &size[1..] } else { &size[..] };
        let all = std::iter::once(i128::from(channels)).chain(sides.iter().copied()).map(number);
        let all: Option<Vec<Number>> = all.collect();
        let all = all.ok_or_else(|| Why::from("it makes a map without pixels"))?;
        Ok(std::iter::once(map.dims[0]).chain(all).collect())
    }
}

impl Windows {
    fn reach(self, at: usize) -> i128 {
        i128::from(self.dilation[at]) * (i128::from(self.kernel[at]) - 1) + 1
    }

    /// What is missing for as many windows as a side of `size` has strides.
    fn missing(self, at: usize, size: u64) -> u64 {
        let steps = i128::from(size.div_ceil(self.stride[at].max(1))) - 1;
        u64::try_from(steps * i128::from(self.stride[at]) + self.reach(at) - i128::from(size)).unwrap_or(0)
    }

    /// How many windows there are along a side of `size`, padded before and after.
    fn count(self, at: usize, size: u64, (before, after): (u64, u64)) -> i128 {
        let room = i128::from(size) + i128::from(before) + i128::from(after) - self.reach(at);
        room.div_euclid(i128::from(self.stride[at].max(1))) + 1
    }

    /// How many windows a map has in each direction; with `ceil` the last one may overhang, but begins before the map ends.
    pub(super) fn counts(self, map: Spatial, pad: Padding, ceil: bool) -> [i128; 2] {
        [(0, Side::Height), (1, Side::Width)].map(|(at, side)| {
            let (before, after) = pad.along(side);
            let (size, stride) = (map.size[at], self.stride[at]);
            let slack = if ceil { stride.saturating_sub(1) } else { 0 };
            let count = self.count(at, size, (before, after.saturating_add(slack)));
            let is_behind = (count - 1) * i128::from(stride) >= i128::from(size) + i128::from(before);
            if ceil && is_behind { count - 1 } else { count }
        })
    }

    /// How many elements a window has for each that stands on the map and not on its padding.
    pub(super) fn shares(self, map: Spatial, pad: Padding) -> Result<Array, Why> {
        let along = |at: usize, side: Side| -> Vec<u64> {
            let (before, size) = (i128::from(pad.along(side).0), i128::from(map.size[at]));
            let count = u64::try_from(self.counts(map, pad, false)[at]).unwrap_or(0);
            let on_map = |window: u64| {
                let start = i128::from(window) * i128::from(self.stride[at]) - before;
                let step = i128::from(self.dilation[at].max(1));
                let first = (-start).max(0).div_euclid(step) + i128::from((-start).max(0).rem_euclid(step) > 0);
                let last = (size - 1 - start).div_euclid(step).min(i128::from(self.kernel[at]) - 1);
                u64::try_from(last - first + 1).unwrap_or(0)
            };
            (0..count).map(on_map).collect()
        };
        let [height, width] = self.counts(map, pad, false);
        if height.saturating_mul(width) > MOST_SHARES {
            return Err(Why::from("it has more padding than half of its window, on a map too large to say how much"));
        }
        let (rows, columns) = (along(0, Side::Height), along(1, Side::Width));
        if rows.iter().chain(&columns).any(|count| *count == 0) {
            return Err(Why::from("a window of it has nothing but padding"));
        }
        let whole = self.kernel[0] as f64 * self.kernel[1] as f64;
        let all = rows.iter().flat_map(|row| columns.iter().map(move |column| (whole / (row * column) as f64) as f32));
        let values = Values::Float(all.collect());
        let dims = if map.line { vec![columns.len()] } else { vec![rows.len(), columns.len()] };
        Ok(Array::of(dims, values))
    }
}
