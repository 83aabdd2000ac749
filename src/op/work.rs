//! Exact counts of arithmetic, and the window of an output pixel.

/// Exact operation counts for one image. A multiply-accumulate is counted in `macs` alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// Multiply-accumulates of convolutions, transposed convolutions and linear layers, without bias.
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
