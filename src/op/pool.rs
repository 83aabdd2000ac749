//! Pooling.

use super::conv::Padding;

/// What pooling does with a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PoolKind {
    /// The largest element; padding counts as minus infinity.
    Max,
    /// The mean; `count_include_pad` says whether padding counts.
    Avg {
        /// Whether padded zeros are part of the mean.
        count_include_pad: bool,
    },
}

/// Pooling with a window over `[C, H, W]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pool {
    /// Max or average.
    pub kind: PoolKind,
    /// `[kh, kw]`.
    pub kernel: [u64; 2],
    /// `[sh, sw]`.
    pub stride: [u64; 2],
    /// Padding round the input.
    pub pad: Padding,
    /// `[dh, dw]`; 1 for average pooling.
    pub dilation: [u64; 2],
    /// Whether the output size rounds up; the last window must start inside the input or its left padding (PyTorch's rule).
    pub ceil: bool,
}

/// Pooling over the whole map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GlobalPool {
    /// The largest element.
    Max,
    /// The mean.
    Avg,
}

/// Average pooling to `out`, windows as PyTorch chooses them: from `floor(i * H / h)` to `ceil((i + 1) * H / h)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AdaptiveAvgPool {
    /// `[h, w]`.
    pub out: [u64; 2],
}
