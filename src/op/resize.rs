//! Spatial resizing: to a size, or by a factor that need not be whole.
//!
//! In: arguments and input shapes. Out: the payload, its shape and counts, and where each output position lies in the input: one
//! geometry for the kernel and for receptive fields. As in PyTorch (`interpolate` with `recompute_scale_factor` unset) and in
//! ONNX, a factor that was given is the distance between positions, whatever size rounding leaves; a size that was given makes
//! the distance of the two sizes. Positions are fractions, so that no rounding decides which pixel is the nearest.

use super::Op;
use super::args::{ArgValue, BuildError, Printed, Reader, pair};
use super::error::ShapeError;
use super::geometry::{dimension, map_of, map_shape, narrow_signed};
use super::param_kind::ParamKind::{Flag, NumberPair, Pair, Words};
use super::payload::Payload;
use super::shape::Shape;
use super::table::DefaultValue::{Absent, Bool, Word};
use super::table::{Built, OpInfo, Output, optional};
use super::work::{Window, Work, elements};

pub(super) const UPSAMPLE: OpInfo = OpInfo {
    keyword: "upsample",
    family: "shape",
    summary: "resizes a map by a factor or to a size",
    params: &[
        optional("factor", NumberPair, Absent, "how many times as large; sizes are rounded down, the factor is kept"),
        optional("size", Pair, Absent, "size of the output, instead of a factor"),
        optional("mode", Words(&["nearest", "bilinear"]), Word("nearest"), "how pixels in between are made"),
        optional("align_corners", Flag, Bool(false), "whether corner pixels keep their values; bilinear only"),
    ],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, H, W] -> [C, H factor, W factor]",
    onnx: "Resize",
    build: build_upsample,
};

/// How a resize interpolates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UpsampleMode {
    /// Nearest neighbour: the input position rounded down.
    Nearest,
    /// Bilinear; half-pixel centres unless `align_corners`.
    Bilinear {
        /// Whether corner pixels keep their values.
        align_corners: bool,
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

/// Resize of `[C, H, W]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Upsample {
    /// To which size.
    pub to: ResizeTo,
    /// Interpolation.
    pub mode: UpsampleMode,
}

/// Where the output positions along one axis lie in the input: `inputs` positions further every `outputs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AxisScale {
    outputs: i128,
    inputs: i128,
    /// Whether positions are pixels' centres.
    centred: bool,
    /// Whether a position between two pixels reads both.
    blends: bool,
}

impl AxisScale {
    /// The period: output positions, and the input positions that they advance.
    #[must_use]
    pub fn period(self) -> (i64, i64) {
        (narrow_signed(self.outputs), narrow_signed(self.inputs))
    }

    /// The pixel at or before an output position on the endless input, and how far the position lies behind it, in `0..1`.
    #[must_use]
    pub fn position(self, index: i64) -> (i64, f64) {
        let index = i128::from(index);
        let (numerator, denominator) = if self.centred {
            ((2 * index + 1) * self.inputs - self.outputs, 2 * self.outputs)
        } else {
            (index * self.inputs, self.outputs)
        };
        let behind = if self.blends { numerator.rem_euclid(denominator) as f64 / denominator as f64 } else { 0.0 };
        (narrow_signed(numerator.div_euclid(denominator)), behind)
    }

    /// The first and the last pixel that an output position reads on the endless input.
    #[must_use]
    pub fn reads(self, index: i64) -> (i64, i64) {
        let (low, behind) = self.position(index);
        (low, low + i64::from(behind > 0.0))
    }
}

impl Upsample {
    /// The geometry along height (0) or width (1) of an input of that many positions.
    #[must_use]
    pub fn axis(&self, axis: usize, input: u64) -> AxisScale {
        let output = self.extent(axis, input).max(1);
        let input = i128::from(input);
        let (outputs, inputs) = match (self.mode, self.to) {
            // PyTorch: what keeps its size is copied, and the nearest of twice as many are pairs, whatever the factor.
            (UpsampleMode::Nearest | UpsampleMode::Bilinear { align_corners: false }, _) if output == input => (1, 1),
            (UpsampleMode::Nearest, _) if output == 2 * input => (2, 1),
            (UpsampleMode::Bilinear { align_corners: true }, _) if output == 1 => (1, input),
            (UpsampleMode::Bilinear { align_corners: true }, _) => (output - 1, input - 1),
            (_, ResizeTo::Factor(factors)) => fraction(factors[axis]).unwrap_or((output, input)),
            (_, ResizeTo::Size(_)) => (output, input),
        };
        let common = gcd(outputs, inputs);
        let blends = matches!(self.mode, UpsampleMode::Bilinear { .. });
        let centred = matches!(self.mode, UpsampleMode::Bilinear { align_corners: false });
        AxisScale { outputs: outputs / common, inputs: inputs / common, centred, blends }
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

/// The fraction of smallest terms that is this number in 64 bits (its continued fraction, ended as soon as it is exact), so that
/// 1.6 is 8 / 5; `None` for what resizes no map to another.
fn fraction(number: f64) -> Option<(i128, i128)> {
    const LIMIT: f64 = 4_294_967_296.0;
    if !(1.0 / LIMIT..=LIMIT).contains(&number) {
        return None;
    }
    // A power of two below 2^-84 is no part of a number of 53 bits that is at least 2^-32.
    let unit = 1i128 << 84;
    let (mut rest, mut part) = ((number * 2f64.powi(84)) as i128, unit);
    let (mut before, mut last) = ((0, 1), (1, 0));
    while part != 0 {
        let whole = rest / part;
        let next: (i128, i128) = (whole * last.0 + before.0, whole * last.1 + before.1);
        (before, last) = (last, next);
        #[expect(clippy::float_cmp, reason = "the fraction is found when it is the number itself")]
        if last.0 as f64 / last.1 as f64 == number {
            break;
        }
        (rest, part) = (part, rest % part);
    }
    Some(last)
}

/// Greatest common divisor, of which the first argument is positive.
fn gcd(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn build_upsample(read: &Reader<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    map_of(inputs)?;
    let to = match (read.given("factor"), read.given("size")) {
        (Some(factor), None) => ResizeTo::Factor(factors(read, factor)?),
        (None, Some(_)) => ResizeTo::Size(read.pair("size", 1)?),
        (Some(_), Some(_)) => return Err(read.invalid("size", "upsample takes a factor or a size, not both".to_owned())),
        (None, None) => return Err(read.invalid("factor", "upsample needs a factor or a size".to_owned())),
    };
    let align_corners = read.flag("align_corners")?;
    let mode = match read.word("mode")? {
        "bilinear" => UpsampleMode::Bilinear { align_corners },
        _ if align_corners => return Err(read.invalid("align_corners", "align_corners needs mode=bilinear".to_owned())),
        _ => UpsampleMode::Nearest,
    };
    Ok(Built::One(Op::Upsample(Upsample { to, mode })))
}

/// One factor for both sides, or one for each.
fn factors(read: &Reader<'_>, factor: &ArgValue) -> Result<[f64; 2], BuildError> {
    let written = match factor {
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
    Ok(factors)
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
        let [channels, h, w] = map_of(inputs)?;
        let (height, width) = (self.extent(0, h), self.extent(1, w));
        map_shape(i128::from(channels), i128::from(dimension("height", height)?), i128::from(dimension("width", width)?))
    }

    /// Nearest: none. Bilinear: four multiplications and three additions for each output element; the weights depend on the
    /// sizes alone.
    fn work(&self, _inputs: &[Shape], output: Shape) -> Result<Work, ShapeError> {
        match self.mode {
            UpsampleMode::Nearest => Ok(Work::NONE),
            UpsampleMode::Bilinear { .. } => Work { mul: 4, add: 3, ..Work::NONE }.times(elements(output)?),
        }
    }

    /// Exact for whole factors; others are rounded towards the larger receptive field.
    fn window(&self, input: Shape) -> Window {
        let Some((h, w)) = input.hw() else { return Window::Whole };
        let [to_h, to_w] = [(0, h), (1, w)].map(|(axis, side)| u64::try_from(self.extent(axis, side)).unwrap_or(1).max(1));
        let reach = |from: u64| match self.mode {
            UpsampleMode::Nearest => 1,
            UpsampleMode::Bilinear { .. } => from.min(2),
        };
        let extent = [reach(h), reach(w)];
        // Half-pixel centres: an output pixel starts up to one input pixel before its own.
        let before = extent.map(|e| narrow_signed(i128::from(e) - 1));
        if to_h < h || to_w < w {
            let stride = [h.div_ceil(to_h), w.div_ceil(to_w)];
            return Window::Strided { extent, stride, before: [0, 0] };
        }
        Window::Fractional { extent, scale: [to_h / h, to_w / w], before }
    }

    fn arguments(&self, printed: Printed) -> Printed {
        let printed = match self.to {
            ResizeTo::Size(size) => printed.arg("size", pair(size)),
            ResizeTo::Factor([h, w]) if h.to_bits() == w.to_bits() => printed.arg("factor", written(h)),
            ResizeTo::Factor(factors) => printed.arg("factor", ArgValue::List(factors.map(written).to_vec())),
        };
        match self.mode {
            UpsampleMode::Nearest => printed,
            UpsampleMode::Bilinear { align_corners } => printed.arg("mode", "bilinear").arg("align_corners", align_corners),
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
        assert_eq!(told("upsample(2, align_corners=true)([3, 7, 5])"), "align_corners needs mode=bilinear");
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
    fn factors_are_the_fractions_that_were_meant() {
        for (number, wanted) in
            [(1.6, (8, 5)), (1.1, (11, 10)), (1.0 / 3.0, (1, 3)), (2.0, (2, 1)), (0.75, (3, 4)), (2.7, (27, 10))]
        {
            assert_eq!(fraction(number), Some(wanted));
        }
        for bits in (0..4000u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15)) {
            let number = 2f64.powi((bits % 64) as i32 - 32) * (1.0 + (bits >> 12) as f64 / 2f64.powi(52));
            let Some((p, q)) = fraction(number) else { continue };
            assert_eq!((p as f64 / q as f64).to_bits(), number.to_bits(), "{number}: {p}/{q}");
        }
        assert_eq!([0.0, -1.0, f64::NAN, 1e300, 1e-300].map(fraction), [None; 5]);
    }

    #[test]
    fn positions_follow_the_factor_and_not_the_size() {
        let upsample = |to, mode| Upsample { to, mode };
        let lows = |upsample: Upsample, input: u64, outputs: i64| -> Vec<i64> {
            (0..outputs).map(|j| upsample.axis(1, input).position(j).0).collect()
        };
        let by = |factor: f64| upsample(ResizeTo::Factor([1.0, factor]), UpsampleMode::Nearest);
        assert_eq!(lows(by(1.6), 4, 6), [0, 0, 1, 1, 2, 3]);
        assert_eq!(lows(upsample(ResizeTo::Size([1, 6]), UpsampleMode::Nearest), 4, 6), [0, 0, 1, 2, 2, 3]);
        // PyTorch copies what keeps its size, and doubles what has twice the size.
        assert_eq!(lows(by(1.05), 10, 10), (0..10).collect::<Vec<_>>());
        assert_eq!(lows(by(2.1), 4, 8), [0, 0, 1, 1, 2, 2, 3, 3]);
        let between = upsample(ResizeTo::Factor([1.0, 1.25]), UpsampleMode::Bilinear { align_corners: false }).axis(1, 5);
        let positions: Vec<(i64, f64)> = (0..3).map(|j| between.position(j)).collect();
        assert_eq!(positions, [(-1, 0.9), (0, 0.7), (1, 0.5)]);
        assert_eq!((between.period(), between.reads(1)), ((5, 4), (0, 1)));
    }

    #[test]
    fn interpolation_is_counted() {
        assert_eq!(work("upsample(2)([3, 7, 5])"), Work::NONE);
        assert_eq!(work("upsample(2, mode=bilinear)([1, 7, 5])"), Work { mul: 4 * 140, add: 3 * 140, ..Work::NONE });
    }

    #[test]
    fn windows_follow_the_grid() {
        let blocks = Window::Fractional { extent: [1, 1], scale: [2, 2], before: [0, 0] };
        assert_eq!(window("upsample(2)([4, 8, 8])"), blocks);
        assert_eq!(window("upsample(size=4)([4, 8, 8])"), Window::Strided { extent: [1, 1], stride: [2, 2], before: [0, 0] });
        let bilinear = Window::Fractional { extent: [2, 2], scale: [2, 2], before: [1, 1] };
        assert_eq!(window("upsample(2, mode=bilinear)([4, 8, 8])"), bilinear);
    }
}
