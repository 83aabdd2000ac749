//! Spatial resizing: to a size, or by a factor that need not be whole.
//!
//! In: arguments and input shapes. Out: the payload, its shape and counts. As in PyTorch (`interpolate` with
//! `recompute_scale_factor` unset) and in ONNX, a factor that was given is the distance between positions, whatever size rounding
//! leaves; a size that was given makes the distance of the two sizes. Where positions lie is [`resample`](super::resample)'s.

use super::Op;
use super::args::{ArgValue, BuildError, Printed, Reader, sides};
use super::error::ShapeError;
use super::geometry::{Map, dimension, narrow_signed};
use super::param_kind::ParamKind::{Flag, Number, NumberPair, Pair, Words};
use super::payload::Payload;
use super::resample::{Axis, AxisScale, Coordinates, Reads, Rounding, fraction};
use super::shape::Shape;
use super::table::DefaultValue::{Absent, Bool, Float, Word};
use super::table::{Built, OpInfo, Output, optional};
use super::work::{Window, Work, elements};

pub(super) const UPSAMPLE: OpInfo = OpInfo {
    keyword: "upsample",
    family: "shape",
    summary: "resizes a map by a factor or to a size",
    params: &[
        optional("factor", NumberPair, Absent, "how many times as large; sizes are rounded down, the factor is kept"),
        optional("size", Pair, Absent, "size of the output, instead of a factor"),
        optional(
            "mode",
            Words(&["nearest", "bilinear", "bicubic", "linear", "cubic"]),
            Word("nearest"),
            "how pixels in between are made; `linear` and `cubic` on a line",
        ),
        optional("align_corners", Flag, Bool(false), "whether corner pixels keep their values; not with nearest"),
        optional(
            "coordinates",
            Words(COORDINATES),
            Absent,
            "which points lie on each other, in ONNX's words; `asymmetric` for nearest, else `half_pixel`",
        ),
        optional(
            "rounding",
            Words(ROUNDINGS),
            Word("floor"),
            "which pixel is the nearest; PyTorch's nearest-exact is \
            `coordinates=half_pixel, rounding=round_prefer_ceil`",
        ),
        optional("cubic_a", Number, Float(DEFAULT_A), "slope of the cubic weights one pixel away; cubic only"),
        optional("exclude_outside", Flag, Bool(false), "whether pixels beyond the border have no weight; cubic only"),
    ],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, H, W] -> [C, H factor, W factor], [C, L] -> [C, L factor]",
    onnx: "Resize",
    build: build_upsample,
};

/// PyTorch's and ONNX's.
const DEFAULT_A: f64 = -0.75;

/// ONNX's words, in the order of [`coordinates`].
const COORDINATES: &[&str] =
    &["half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_half_pixel_for_nn"];

const ROUNDINGS: &[&str] = &["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"];

/// How a resize interpolates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum UpsampleMode {
    /// Nearest neighbour.
    Nearest(Rounding),
    /// Between the two pixels that a position lies between, in each direction.
    Linear,
    /// Cubic convolution (Keys, 1981) of four pixels in each direction.
    Cubic {
        /// The slope of the weights one pixel away.
        a: f64,
        /// Whether pixels beyond the border have no weight; else they are the border's.
        exclude_outside: bool,
    },
}

/// What a resize was told, `[h, w]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ResizeTo {
    /// The size of the output.
    Size([u64; 2]),
    /// How many times as large the output is, rounded down.
    Factor([f64; 2]),
}

/// Resize of `[C, H, W]`, or of a line `[C, L]`, which has the geometry of a map of one row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Upsample {
    /// To which size.
    pub to: ResizeTo,
    /// Interpolation.
    pub mode: UpsampleMode,
    /// Which points lie on each other.
    pub coordinates: Coordinates,
    /// Whether its maps are lines `[C, L]`: its arguments then have no rows.
    pub line: bool,
}

impl UpsampleMode {
    /// Which points lie on each other where nothing says so: PyTorch's choice.
    #[must_use]
    pub fn default_coordinates(self) -> Coordinates {
        match self {
            Self::Nearest(_) => Coordinates::Asymmetric,
            Self::Linear | Self::Cubic { .. } => Coordinates::HalfPixel,
        }
    }

    fn reads(self) -> Reads {
        match self {
            Self::Nearest(rounding) => Reads::Nearest(rounding),
            Self::Linear => Reads::Linear,
            Self::Cubic { .. } => Reads::Cubic,
        }
    }

    /// Pixels in each direction that an output position reads at most.
    fn taps(self) -> u64 {
        match self {
            Self::Nearest(_) => 1,
            Self::Linear => 2,
            Self::Cubic { .. } => 4,
        }
    }
}

impl Upsample {
    /// Nearest neighbours of a map, as PyTorch's `nearest` chooses them.
    #[must_use]
    pub const fn nearest(to: ResizeTo) -> Self {
        let mode = UpsampleMode::Nearest(Rounding::Floor);
        Self { to, mode, coordinates: Coordinates::Asymmetric, line: false }
    }

    /// Bilinear interpolation of a map, as PyTorch's.
    #[must_use]
    pub const fn bilinear(to: ResizeTo, align_corners: bool) -> Self {
        let coordinates = if align_corners { Coordinates::AlignCorners } else { Coordinates::HalfPixel };
        Self { to, mode: UpsampleMode::Linear, coordinates, line: false }
    }

    /// The geometry along height (0) or width (1) of an input of that many positions.
    #[must_use]
    pub fn axis(&self, axis: usize, input: u64) -> AxisScale {
        let output = self.extent(axis, input).max(1);
        let input = i128::from(input);
        let scale = match (self.mode, self.coordinates, self.to) {
            // PyTorch: what keeps its size is copied, and the nearest of twice as many are pairs, whatever the factor.
            (UpsampleMode::Nearest(Rounding::Floor), Coordinates::Asymmetric, _)
            | (UpsampleMode::Linear | UpsampleMode::Cubic { .. }, Coordinates::HalfPixel, _)
                if output == input =>
            {
                (1, 1)
            }
            (UpsampleMode::Nearest(Rounding::Floor), Coordinates::Asymmetric, _) if output == 2 * input => (2, 1),
            (_, _, ResizeTo::Factor(factors)) => fraction(factors[axis]).unwrap_or((output, input)),
            (_, _, ResizeTo::Size(_)) => (output, input),
        };
        AxisScale::of(Axis { input, output, scale }, self.coordinates, self.mode.reads())
    }

    /// Whether a map of this size is copied as it is.
    #[must_use]
    pub fn copies(&self, size: [u64; 2]) -> bool {
        (0..2).all(|axis| self.extent(axis, size[axis]) == i128::from(size[axis]) && self.axis(axis, size[axis]).copies())
    }

    /// Positions of the output along one axis of `input` positions.
    fn extent(&self, axis: usize, input: u64) -> i128 {
        match self.to {
            ResizeTo::Size(size) => i128::from(size[axis]),
            // A side is below 2^31, so it is exact; the cast back saturates.
            ResizeTo::Factor(factors) => (input as f64 * factors[axis]).floor() as i128,
        }
    }
}

fn build_upsample(read: &Reader<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    let Map { line, .. } = Map::of(inputs)?;
    let to = match (read.given("factor"), read.given("size")) {
        (Some(factor), None) => ResizeTo::Factor(factors(read, factor, line)?),
        (None, Some(_)) => ResizeTo::Size(read.sides("size", line, (1, 1))?),
        (Some(_), Some(_)) => return Err(read.invalid("size", "upsample takes a factor or a size, not both".to_owned())),
        (None, None) => return Err(read.invalid("factor", "upsample needs a factor or a size".to_owned())),
    };
    let mode = read_mode(read, line)?;
    let coordinates = read_coordinates(read, mode)?;
    Ok(Built::One(Op::Upsample(Upsample { to, mode, coordinates, line })))
}

/// The mode, and what only one of them takes.
fn read_mode(read: &Reader<'_>, line: bool) -> Result<UpsampleMode, BuildError> {
    let (rounding, a, exclude_outside) = (read.word("rounding")?, read.number("cubic_a")?, read.flag("exclude_outside")?);
    let word = read.word("mode")?;
    let mode = match word {
        "linear" | "bilinear" => UpsampleMode::Linear,
        "cubic" | "bicubic" => UpsampleMode::Cubic { a, exclude_outside },
        _ => UpsampleMode::Nearest(match rounding {
            "ceil" => Rounding::Ceil,
            "round_prefer_floor" => Rounding::PreferFloor,
            "round_prefer_ceil" => Rounding::PreferCeil,
            _ => Rounding::Floor,
        }),
    };
    let named = mode_word(mode, line);
    if word != named {
        let what = if line { "a line [C, L]" } else { "a map [C, H, W]" };
        return Err(read.invalid("mode", format!("of {what} mode={word} is mode={named}")));
    }
    let needs = |name: &str, mode: &str| Err(read.invalid(name, format!("{name} needs mode={mode}")));
    let (is_nearest, is_cubic) = (matches!(mode, UpsampleMode::Nearest(_)), matches!(mode, UpsampleMode::Cubic { .. }));
    if rounding != "floor" && !is_nearest {
        return needs("rounding", "nearest");
    }
    let cubic = mode_word(UpsampleMode::Cubic { a, exclude_outside }, line);
    if a != DEFAULT_A && !is_cubic {
        return needs("cubic_a", cubic);
    }
    if exclude_outside && !is_cubic { needs("exclude_outside", cubic) } else { Ok(mode) }
}

fn read_coordinates(read: &Reader<'_>, mode: UpsampleMode) -> Result<Coordinates, BuildError> {
    let given = read.word_if_given("coordinates")?.map(coordinates);
    if !read.flag("align_corners")? {
        return Ok(given.unwrap_or(mode.default_coordinates()));
    }
    match (mode, given) {
        (UpsampleMode::Nearest(_), _) => {
            Err(read.invalid("align_corners", "align_corners needs mode=bilinear or mode=bicubic".to_owned()))
        }
        (_, None | Some(Coordinates::AlignCorners)) => Ok(Coordinates::AlignCorners),
        (_, Some(_)) => {
            let message = "align_corners=true is coordinates=align_corners, and other coordinates are given";
            Err(read.invalid("align_corners", message.to_owned()))
        }
    }
}

fn coordinates(word: &str) -> Coordinates {
    match word {
        "half_pixel_symmetric" => Coordinates::HalfPixelSymmetric,
        "pytorch_half_pixel" => Coordinates::PytorchHalfPixel,
        "align_corners" => Coordinates::AlignCorners,
        "asymmetric" => Coordinates::Asymmetric,
        "tf_half_pixel_for_nn" => Coordinates::TfHalfPixel,
        _ => Coordinates::HalfPixel,
    }
}

fn coordinates_word(coordinates: Coordinates) -> &'static str {
    match coordinates {
        Coordinates::HalfPixel => "half_pixel",
        Coordinates::HalfPixelSymmetric => "half_pixel_symmetric",
        Coordinates::PytorchHalfPixel => "pytorch_half_pixel",
        Coordinates::AlignCorners => "align_corners",
        Coordinates::Asymmetric => "asymmetric",
        Coordinates::TfHalfPixel => "tf_half_pixel_for_nn",
    }
}

fn mode_word(mode: UpsampleMode, line: bool) -> &'static str {
    match (mode, line) {
        (UpsampleMode::Nearest(_), _) => "nearest",
        (UpsampleMode::Linear, false) => "bilinear",
        (UpsampleMode::Linear, true) => "linear",
        (UpsampleMode::Cubic { .. }, false) => "bicubic",
        (UpsampleMode::Cubic { .. }, true) => "cubic",
    }
}

fn rounding_word(rounding: Rounding) -> &'static str {
    match rounding {
        Rounding::Floor => "floor",
        Rounding::Ceil => "ceil",
        Rounding::PreferFloor => "round_prefer_floor",
        Rounding::PreferCeil => "round_prefer_ceil",
    }
}

/// One factor for both sides, or one for each; of a line one.
fn factors(read: &Reader<'_>, factor: &ArgValue, line: bool) -> Result<[f64; 2], BuildError> {
    let written = match factor {
        ArgValue::List(_) if line => {
            return Err(read.invalid("factor", "factor is one number on a line [C, L], not a list".to_owned()));
        }
        ArgValue::List(items) => match items.as_slice() {
            [h, w] => [h, w],
            other => return Err(read.invalid("factor", format!("a list for factor has 2 elements, not {}", other.len()))),
        },
        ArgValue::Int(_) | ArgValue::Float(_) | ArgValue::Bool(_) | ArgValue::Str(_) => [factor, factor],
    };
    let mut factors = [0.0; 2];
    for (to, written) in factors.iter_mut().zip(written) {
        *to = read.number_of("factor", factor, written)?;
        if *to <= 0.0 {
            return Err(read.invalid("factor", format!("factor must be more than 0, not {to}")));
        }
    }
    Ok(if line { [1.0, factors[1]] } else { factors })
}

/// A factor as it is written: whole ones without a point.
fn written(factor: f64) -> ArgValue {
    if factor.fract() == 0.0 && factor.abs() < 1e15 { ArgValue::Int(factor as i64) } else { ArgValue::Float(factor) }
}

impl Payload for Upsample {
    fn info(&self) -> &'static OpInfo {
        &UPSAMPLE
    }

    /// `floor(size * factor)` (PyTorch, `interpolate`; ONNX, `Resize`).
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let map = Map::like(inputs, self.line)?;
        let size = [self.extent(0, map.size[0]), self.extent(1, map.size[1])];
        // An absurd factor is told as a size, before it is one of a shape.
        if !map.line {
            dimension("height", size[0])?;
        }
        map.resized(i128::from(map.channels), size)
    }

    /// Nearest: none. Else for each output element a multiplication for each pixel that it reads, and an addition for each but
    /// the first: four and three of a bilinear one. The weights depend on the sizes alone.
    fn work(&self, _inputs: &[Shape], output: Shape) -> Result<Work, ShapeError> {
        let taps = self.mode.taps();
        let read = if self.line { taps } else { taps * taps };
        match self.mode {
            UpsampleMode::Nearest(_) => Ok(Work::NONE),
            UpsampleMode::Linear | UpsampleMode::Cubic { .. } => {
                Work { mul: read, add: read - 1, ..Work::NONE }.times(elements(output)?)
            }
        }
    }

    /// Exact for whole factors; others are rounded towards the larger receptive field.
    fn window(&self, input: Shape) -> Window {
        let Some((h, w)) = input.grid() else { return Window::Whole };
        let [to_h, to_w] = [(0, h), (1, w)].map(|(axis, side)| u64::try_from(self.extent(axis, side)).unwrap_or(1).max(1));
        let reach = |from: u64| from.min(self.mode.taps());
        let extent = [reach(h), reach(w)];
        // Half-pixel centres: an output pixel starts up to one input pixel before its own, and a cubic one more.
        let before = extent.map(|e| narrow_signed(i128::from(e / 2)));
        if to_h < h || to_w < w {
            let stride = [h.div_ceil(to_h), w.div_ceil(to_w)];
            return Window::Strided { extent, stride, before: [0, 0] };
        }
        Window::Fractional { extent, scale: [to_h / h, to_w / w], before }
    }

    fn arguments(&self, printed: Printed) -> Printed {
        let printed = match self.to {
            ResizeTo::Size(size) => printed.arg("size", sides(size, self.line)),
            ResizeTo::Factor([h, w]) if self.line || h.to_bits() == w.to_bits() => printed.arg("factor", written(w)),
            ResizeTo::Factor(factors) => printed.arg("factor", ArgValue::List(factors.map(written).to_vec())),
        };
        let printed = printed.arg("mode", mode_word(self.mode, self.line));
        let is_nearest = matches!(self.mode, UpsampleMode::Nearest(_));
        let printed = if self.coordinates == self.mode.default_coordinates() {
            printed
        } else if self.coordinates == Coordinates::AlignCorners && !is_nearest {
            printed.arg("align_corners", true)
        } else {
            printed.arg("coordinates", coordinates_word(self.coordinates))
        };
        match self.mode {
            UpsampleMode::Nearest(rounding) => printed.arg("rounding", rounding_word(rounding)),
            UpsampleMode::Linear => printed,
            UpsampleMode::Cubic { a, exclude_outside } => printed.arg("cubic_a", a).arg("exclude_outside", exclude_outside),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{printed, shape_error, told, window, work};
    use super::*;

    #[test]
    fn resizes_take_a_factor_or_a_size() {
        assert_eq!(told("upsample(2)([3, 7, 5])"), "[3, 14, 10]");
        assert_eq!(told("upsample(1.5)([3, 7, 5])"), "[3, 10, 7]");
        assert_eq!(told("upsample([2, 0.5])([3, 7, 5])"), "[3, 14, 2]");
        assert_eq!(told("upsample(size=[9, 4])([3, 7, 5])"), "[3, 9, 4]");
        assert_eq!(told("upsample()([3, 7, 5])"), "upsample needs a factor or a size");
        assert_eq!(told("upsample(2, 14)([3, 7, 5])"), "upsample takes a factor or a size, not both");
        assert_eq!(told("upsample(none, 14)([3, 7, 5])"), "[3, 14, 14]");
        assert_eq!(told("upsample(2, align_corners=true)([3, 7, 5])"), "align_corners needs mode=bilinear or mode=bicubic");
        assert_eq!(told("upsample(0)([3, 7, 5])"), "factor must be more than 0, not 0");
        assert_eq!(told("upsample(nan)([3, 7, 5])"), "factor must be a finite number, not NaN");
        assert_eq!(shape_error("upsample(0.1)([3, 7, 5])"), ShapeError::Dimension { what: "height", value: 0 });
        assert!(matches!(shape_error("upsample(1e30)([3, 7, 5])"), ShapeError::Dimension { what: "height", .. }));
        assert!(matches!(shape_error("upsample(9223372036854775807)([3, 7, 5])"), ShapeError::Dimension { what: "height", .. }));
    }

    #[test]
    fn what_was_told_is_what_is_printed() {
        for (call, wanted) in [
            ("upsample(2, mode=bilinear, align_corners=true)", "factor=2, mode=bilinear, align_corners=true"),
            ("upsample(2.0)", "factor=2"),
            ("upsample(1.6)", "factor=1.6"),
            ("upsample([1, 1.25])", "factor=[1, 1.25]"),
            ("upsample(size=[14, 9])", "size=[14, 9]"),
        ] {
            assert_eq!(printed(&format!("{call}([3, 7, 7])")), wanted);
        }
    }

    #[test]
    fn positions_follow_the_factor_and_not_the_size() {
        let lows = |upsample: Upsample, input: u64, outputs: i64| -> Vec<i64> {
            (0..outputs).map(|j| upsample.axis(1, input).position(j).0).collect()
        };
        let by = |factor: f64| Upsample::nearest(ResizeTo::Factor([1.0, factor]));
        assert_eq!(lows(by(1.6), 4, 6), [0, 0, 1, 1, 2, 3]);
        assert_eq!(lows(Upsample::nearest(ResizeTo::Size([1, 6])), 4, 6), [0, 0, 1, 2, 2, 3]);
        // PyTorch copies what keeps its size, and doubles what has twice the size.
        assert_eq!(lows(by(1.05), 10, 10), (0..10).collect::<Vec<_>>());
        assert_eq!(lows(by(2.1), 4, 8), [0, 0, 1, 1, 2, 2, 3, 3]);
        let between = Upsample::bilinear(ResizeTo::Factor([1.0, 1.25]), false).axis(1, 5);
        let positions: Vec<(i64, f64)> = (0..3).map(|j| between.position(j)).collect();
        assert_eq!(positions, [(-1, 0.9), (0, 0.7), (1, 0.5)]);
        assert_eq!((between.period(), between.reads(1)), ((5, 4), (0, 1)));
    }

    #[test]
    fn lines_have_modes_of_their_own() {
        assert_eq!(told("upsample(2)([3, 7])"), "[3, 14]");
        assert_eq!(told("upsample(size=5, mode=linear)([3, 7])"), "[3, 5]");
        assert_eq!(printed("upsample(1.5, mode=cubic)([3, 7])"), "factor=1.5, mode=cubic");
        assert_eq!(
            printed("upsample(size=5, mode=linear, align_corners=true)([3, 7])"),
            "size=5, mode=linear, align_corners=true"
        );
        assert_eq!(told("upsample(2, mode=bilinear)([3, 7])"), "of a line [C, L] mode=bilinear is mode=linear");
        assert_eq!(told("upsample(2, mode=cubic)([3, 7, 7])"), "of a map [C, H, W] mode=cubic is mode=bicubic");
        assert_eq!(told("upsample([1, 2])([3, 7])"), "factor is one number on a line [C, L], not a list");
        assert_eq!(told("upsample(size=[1, 2])([3, 7])"), "size is one number on a line [C, L], not the list [1, 2]");
        assert_eq!(work("upsample(2, mode=linear)([1, 7])"), Work { mul: 2 * 14, add: 14, ..Work::NONE });
    }

    #[test]
    fn words_that_say_the_default_are_not_printed() {
        for (call, wanted) in [
            ("upsample(2, coordinates=asymmetric, rounding=floor)", "factor=2"),
            (
                "upsample(2, coordinates=half_pixel, rounding=round_prefer_ceil)",
                "factor=2, coordinates=half_pixel, rounding=round_prefer_ceil",
            ),
            ("upsample(2, mode=bilinear, coordinates=half_pixel)", "factor=2, mode=bilinear"),
            ("upsample(2, mode=bicubic, coordinates=align_corners)", "factor=2, mode=bicubic, align_corners=true"),
            (
                "upsample(2, mode=bicubic, cubic_a=-0.5, exclude_outside=true)",
                "factor=2, mode=bicubic, cubic_a=-0.5, exclude_outside=true",
            ),
            ("upsample(2, coordinates=align_corners)", "factor=2, coordinates=align_corners"),
        ] {
            assert_eq!(printed(&format!("{call}([3, 7, 7])")), wanted);
        }
        let twice = "align_corners=true is coordinates=align_corners, and other coordinates are given";
        assert_eq!(told("upsample(2, mode=bilinear, align_corners=true, coordinates=asymmetric)([3, 7, 7])"), twice);
        assert_eq!(told("upsample(2, mode=bilinear, rounding=ceil)([3, 7, 7])"), "rounding needs mode=nearest");
        assert_eq!(told("upsample(2, cubic_a=-0.5)([3, 7, 7])"), "cubic_a needs mode=bicubic");
        assert_eq!(told("upsample(2, exclude_outside=true)([3, 7])"), "exclude_outside needs mode=cubic");
    }

    #[test]
    fn interpolation_is_counted() {
        assert_eq!(work("upsample(2)([3, 7, 5])"), Work::NONE);
        assert_eq!(work("upsample(2, mode=bilinear)([1, 7, 5])"), Work { mul: 4 * 140, add: 3 * 140, ..Work::NONE });
        assert_eq!(work("upsample(2, mode=bicubic)([1, 7, 5])"), Work { mul: 16 * 140, add: 15 * 140, ..Work::NONE });
    }

    #[test]
    fn windows_follow_the_grid() {
        let blocks = Window::Fractional { extent: [1, 1], scale: [2, 2], before: [0, 0] };
        assert_eq!(window("upsample(2)([4, 8, 8])"), blocks);
        assert_eq!(window("upsample(size=4)([4, 8, 8])"), Window::Strided { extent: [1, 1], stride: [2, 2], before: [0, 0] });
        let bilinear = Window::Fractional { extent: [2, 2], scale: [2, 2], before: [1, 1] };
        assert_eq!(window("upsample(2, mode=bilinear)([4, 8, 8])"), bilinear);
        let bicubic = Window::Fractional { extent: [4, 4], scale: [2, 2], before: [2, 2] };
        assert_eq!(window("upsample(2, mode=bicubic)([4, 8, 8])"), bicubic);
    }
}
