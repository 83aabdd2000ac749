//! Where the output positions of a resize lie in its input: one geometry for the kernel and for receptive fields.
//!
//! In: sizes, a factor, and which points of the two grids lie on each other, in ONNX's words. Out: positions as fractions, so
//! that no rounding decides which pixel is the nearest. It knows no payload and no shape.

use super::geometry::narrow_signed;

/// Which points of the output lie on which of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Coordinates {
    /// Centres on centres: `(i + 0.5) / scale - 0.5`, PyTorch's `align_corners=False`.
    HalfPixel,
    /// The same about the middle of the map, where rounding made the output smaller than the factor says.
    HalfPixelSymmetric,
    /// The same, and an output of one position lies on the first.
    PytorchHalfPixel,
    /// Corner pixels on corner pixels.
    AlignCorners,
    /// First on first: `i / scale`.
    Asymmetric,
    /// `(i + 0.5) / scale`: half a pixel further on than centres.
    TfHalfPixel,
}

/// Which pixel is the nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// The one at or before the position.
    Floor,
    /// The one at or behind it.
    Ceil,
    /// The nearest, and of two the one before.
    PreferFloor,
    /// The nearest, and of two the one behind.
    PreferCeil,
}

/// Which pixels a position reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    Nearest(Rounding),
    /// The two that it lies between.
    Linear,
    /// Those and one more on each side.
    Cubic,
}

/// What is known of one axis: positions of input and output, and outputs every so many inputs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    pub input: i128,
    pub output: i128,
    /// As a fraction.
    pub scale: (i128, i128),
}

/// Where the output positions along one axis lie in the input: output `i` at `(i slope + start) / whole`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AxisScale {
    slope: i128,
    start: i128,
    whole: i128,
    reads: Reads,
}

impl AxisScale {
    pub(super) fn of(axis: Axis, coordinates: Coordinates, reads: Reads) -> Self {
        let Axis { input, output, scale: (outputs, inputs) } = axis;
        let centred = |shift: i128| Self { slope: 2 * inputs, start: inputs + shift, whole: 2 * outputs, reads };
        let cornered = |outputs, inputs| Self { slope: inputs, start: 0, whole: outputs, reads };
        match coordinates {
            // ONNX: moved by `input / 2 * (1 - output / (scale input))`.
            Coordinates::HalfPixelSymmetric => centred(input * outputs - output * inputs - outputs),
            Coordinates::PytorchHalfPixel | Coordinates::AlignCorners if output == 1 => cornered(1, input),
            Coordinates::HalfPixel | Coordinates::PytorchHalfPixel => centred(-outputs),
            Coordinates::AlignCorners => cornered(output - 1, input - 1),
            Coordinates::Asymmetric => cornered(outputs, inputs),
            Coordinates::TfHalfPixel => centred(0),
        }
    }

    /// The period: output positions, and the input positions that they advance.
    #[must_use]
    pub fn period(self) -> (i64, i64) {
        let common = gcd(self.whole, self.slope);
        (narrow_signed(self.whole / common), narrow_signed(self.slope / common))
    }

    /// Whether each output position is the input's of the same index.
    #[must_use]
    pub fn copies(self) -> bool {
        self.slope == self.whole && self.position(0) == (0, 0.0)
    }

    /// The pixel at or before an output position on the endless input, and how far the position lies behind it, in `0..1`. Of
    /// the nearest pixel the distance is no matter, and 0.
    #[must_use]
    pub fn position(self, index: i64) -> (i64, f64) {
        let (at, whole) = (i128::from(index) * self.slope + self.start, self.whole);
        let behind = || at.rem_euclid(whole) as f64 / whole as f64;
        let (pixel, behind) = match self.reads {
            Reads::Nearest(rounding) => (nearest(at, whole, rounding), 0.0),
            Reads::Linear | Reads::Cubic => (at.div_euclid(whole), behind()),
        };
        (narrow_signed(pixel), behind)
    }

    /// The first and the last pixel that an output position reads on the endless input.
    #[must_use]
    pub fn reads(self, index: i64) -> (i64, i64) {
        let (low, behind) = self.position(index);
        let (before, after) = match self.reads {
            Reads::Linear if behind > 0.0 => (0, 1),
            Reads::Cubic if behind > 0.0 => (1, 2),
            Reads::Nearest(_) | Reads::Linear | Reads::Cubic => (0, 0),
        };
        (low - before, low + after)
    }
}

/// The pixel nearest to `at / whole`.
fn nearest(at: i128, whole: i128, rounding: Rounding) -> i128 {
    let floor = |at: i128, whole: i128| at.div_euclid(whole);
    let ceil = |at: i128, whole: i128| -(-at).div_euclid(whole);
    match rounding {
        Rounding::Floor => floor(at, whole),
        Rounding::Ceil => ceil(at, whole),
        Rounding::PreferFloor => ceil(2 * at - whole, 2 * whole),
        Rounding::PreferCeil => floor(2 * at + whole, 2 * whole),
    }
}

/// The fraction of smallest terms that is this number in 64 bits (its continued fraction, ended as soon as it is exact), so that
/// 1.6 is 8 / 5; `None` for what resizes no map to another.
pub(super) fn fraction(number: f64) -> Option<(i128, i128)> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(input: i128, output: i128) -> Axis {
        Axis { input, output, scale: (output, input) }
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

    /// ONNX's formulas in floating point, on sizes that these hold exactly.
    #[test]
    fn positions_are_those_of_the_formulas() {
        for (input, output) in [(4, 8), (8, 4), (8, 16), (2, 1), (16, 8), (5, 9), (9, 5)] {
            let (size, resized) = (input as f64, output as f64);
            let scale = resized / size;
            for i in 0..output as i64 {
                let at = i as f64;
                for (coordinates, wanted) in [
                    (Coordinates::HalfPixel, (at + 0.5) / scale - 0.5),
                    (Coordinates::HalfPixelSymmetric, (at + 0.5) / scale - 0.5),
                    (Coordinates::PytorchHalfPixel, if output > 1 { (at + 0.5) / scale - 0.5 } else { 0.0 }),
                    (Coordinates::AlignCorners, if output > 1 { at * (size - 1.0) / (resized - 1.0) } else { 0.0 }),
                    (Coordinates::Asymmetric, at / scale),
                    (Coordinates::TfHalfPixel, (at + 0.5) / scale),
                ] {
                    let (low, behind) = AxisScale::of(axis(input, output), coordinates, Reads::Linear).position(i);
                    assert!((low as f64 + behind - wanted).abs() < 1e-9, "{coordinates:?}, {input} to {output}, {i}");
                }
            }
        }
        // The factor 2.75 makes 11 of 4 and loses nothing; 2.6 makes 10 and loses 0.4, half of it before the first.
        let lost = Axis { input: 4, output: 10, scale: (13, 5) };
        let (low, behind) = AxisScale::of(lost, Coordinates::HalfPixelSymmetric, Reads::Linear).position(0);
        assert!((low as f64 + behind - (2.0 * (1.0 - 10.0 / 10.4) + 0.5 / 2.6 - 0.5)).abs() < 1e-9);
    }

    #[test]
    fn a_tie_is_rounded_as_it_is_told() {
        // Positions 0.5, 2.5 of an asymmetric half: (2 i + 1) / 2.
        let at = |rounding, numerator| nearest(numerator, 4, rounding);
        assert_eq!([2, 6, -2, 1, 3, 5].map(|n| at(Rounding::PreferFloor, n)), [0, 1, -1, 0, 1, 1]);
        assert_eq!([2, 6, -2, 1, 3, 5].map(|n| at(Rounding::PreferCeil, n)), [1, 2, 0, 0, 1, 1]);
        assert_eq!([2, 6, -2, 1, 3, 4].map(|n| at(Rounding::Ceil, n)), [1, 2, 0, 1, 1, 1]);
        assert_eq!([2, 6, -2, 1, 3, 4].map(|n| at(Rounding::Floor, n)), [0, 1, -1, 0, 0, 1]);
    }

    #[test]
    fn a_position_reads_what_has_a_weight() {
        let of = |reads| AxisScale::of(axis(4, 8), Coordinates::AlignCorners, reads);
        assert_eq!((of(Reads::Cubic).reads(0), of(Reads::Cubic).reads(1)), ((0, 0), (-1, 2)));
        assert_eq!((of(Reads::Linear).reads(0), of(Reads::Linear).reads(1)), ((0, 0), (0, 1)));
        assert_eq!(of(Reads::Linear).period(), (7, 3));
        assert!(AxisScale::of(axis(4, 4), Coordinates::HalfPixel, Reads::Cubic).copies());
        assert!(!AxisScale::of(axis(4, 4), Coordinates::TfHalfPixel, Reads::Linear).copies());
        assert!(AxisScale::of(axis(4, 4), Coordinates::TfHalfPixel, Reads::Nearest(Rounding::Floor)).copies());
    }
}
