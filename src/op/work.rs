//! Exact counts of arithmetic, and the window of an output pixel.

use super::error::ShapeError;
use super::shape::Shape;

/// Exact operation counts for one image. A multiply-accumulate is counted in `macs` alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// Multiply-accumulates of convolutions, transposed convolutions, linear layers and matrix products, without bias.
    pub macs: u64,
    /// Additions of a convolution's or linear layer's bias.
    pub bias_adds: u64,
    /// Other multiplications.
    pub mul: u64,
    /// Other additions and subtractions.
    pub add: u64,
    /// Comparisons (max, min, thresholds).
    pub cmp: u64,
    /// Transcendental functions (exp, tanh, erf, log, pow, sqrt).
    pub exp: u64,
    /// Divisions.
    pub div: u64,
}

impl Work {
    /// `2 x MACs + bias additions` (one FLOP for each multiplication and addition), or `None` beyond 64 bits.
    #[must_use]
    pub fn flops(&self) -> Option<u64> {
        self.macs.checked_mul(2)?.checked_add(self.bias_adds)
    }

    /// No arithmetic.
    pub(super) const NONE: Self = Self { macs: 0, bias_adds: 0, mul: 0, add: 0, cmp: 0, exp: 0, div: 0 };

    /// This work for each of `n` elements.
    pub(super) fn times(self, n: u64) -> Result<Self, ShapeError> {
        let each = |count: u64, what| count.checked_mul(n).ok_or(ShapeError::Overflow { what });
        Ok(Self {
            macs: each(self.macs, "MACs")?,
            bias_adds: each(self.bias_adds, "bias additions")?,
            mul: each(self.mul, "multiplications")?,
            add: each(self.add, "additions")?,
            cmp: each(self.cmp, "comparisons")?,
            exp: each(self.exp, "transcendental functions")?,
            div: each(self.div, "divisions")?,
        })
    }

    /// This work and another.
    pub(super) fn plus(self, other: Self) -> Result<Self, ShapeError> {
        let sum = |a: u64, b: u64, what| a.checked_add(b).ok_or(ShapeError::Overflow { what });
        Ok(Self {
            macs: sum(self.macs, other.macs, "MACs")?,
            bias_adds: sum(self.bias_adds, other.bias_adds, "bias additions")?,
            mul: sum(self.mul, other.mul, "multiplications")?,
            add: sum(self.add, other.add, "additions")?,
            cmp: sum(self.cmp, other.cmp, "comparisons")?,
            exp: sum(self.exp, other.exp, "transcendental functions")?,
            div: sum(self.div, other.div, "divisions")?,
        })
    }
}

/// A product of counts.
pub(super) fn product(what: &'static str, factors: &[u64]) -> Result<u64, ShapeError> {
    factors.iter().try_fold(1u64, |product, f| product.checked_mul(*f)).ok_or(ShapeError::Overflow { what })
}

/// The elements of a tensor.
pub(super) fn elements(shape: Shape) -> Result<u64, ShapeError> {
    shape.elements().ok_or(ShapeError::Overflow { what: "elements" })
}

/// What an output pixel sees of its input map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Window {
    /// The same pixel (element-wise, channel operations).
    Pixel,
    /// A strided window: per side `extent` pixels, `stride` apart, the first one `before` pixels before the output's own.
    Strided {
        /// Extent of the window, `[h, w]`, dilation included.
        extent: [u64; 2],
        /// Stride, `[h, w]`.
        stride: [u64; 2],
        /// Padding at top and left, `[h, w]`: the window starts that far before `stride * index`; negative after a crop.
        before: [i64; 2],
    },
    /// A window in a finer output grid: `scale` output pixels for one input pixel (upsampling, transposed convolution).
    Fractional {
        /// Input pixels that an output pixel sees at most, `[h, w]`.
        extent: [u64; 2],
        /// Output pixels an input pixel, `[h, w]`.
        scale: [u64; 2],
        /// Offset as for `Strided`, in input pixels.
        before: [i64; 2],
    },
    /// The whole map, or no map.
    Whole,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flops_are_two_a_mac_and_one_a_bias() {
        assert_eq!(Work { macs: 10, bias_adds: 3, mul: 99, ..Work::NONE }.flops(), Some(23));
        assert_eq!(Work { macs: 1 << 63, ..Work::NONE }.flops(), None);
    }

    #[test]
    fn counts_do_not_wrap() {
        let large = Work { div: u64::MAX, ..Work::NONE };
        assert_eq!(large.times(2), Err(ShapeError::Overflow { what: "divisions" }));
        assert_eq!(large.plus(large), Err(ShapeError::Overflow { what: "divisions" }));
        assert_eq!(product("MACs", &[u64::MAX, 2]), Err(ShapeError::Overflow { what: "MACs" }));
    }
}
