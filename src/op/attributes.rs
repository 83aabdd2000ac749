//! How an operation slides over its input, in one form for all operations: what tables show beside shapes.
//!
//! In: an operation. Out: its kernel, stride, padding, dilation and groups, each where it has one. Positions and sizes that
//! follow from them are [`geometry`](super::geometry)'s.

use super::conv::Padding;
use super::{Op, Shape};

/// The attributes that several operations have in common; `None` where an operation has none of that kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attributes {
    /// Size of the window, `[h, w]`.
    pub kernel: Option<[u64; 2]>,
    /// Distance between windows, `[h, w]`; of a transposed convolution in its output.
    pub stride: Option<[u64; 2]>,
    /// Padding round the input; of a transposed convolution what is taken off its output.
    pub pad: Option<Padding>,
    /// Distance between taps of the window, `[h, w]`.
    pub dilation: Option<[u64; 2]>,
    /// Groups of channels that do not mix, or that are normalised or shuffled together.
    pub groups: Option<u64>,
}

impl Attributes {
    const NONE: Self = Self { kernel: None, stride: None, pad: None, dilation: None, groups: None };

    const fn sliding([kernel, stride, dilation]: [[u64; 2]; 3], pad: Padding) -> Self {
        Self { kernel: Some(kernel), stride: Some(stride), pad: Some(pad), dilation: Some(dilation), groups: None }
    }

    const fn in_groups(self, groups: u64) -> Self {
        Self { groups: Some(groups), ..self }
    }
}

/// The kinds of convolutions that people tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConvKind {
    /// Ungrouped, with a kernel of one pixel.
    Pointwise,
    /// Ungrouped, with a larger kernel.
    Dense,
    /// As many groups as input channels, more than one.
    Depthwise,
    /// Some other number of groups above one.
    Grouped,
    /// Transposed, grouped or not.
    Transposed,
}

impl ConvKind {
    /// In a table: `conv 1x1`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pointwise => "conv 1x1",
            Self::Dense => "conv kxk",
            Self::Depthwise => "conv depthwise",
            Self::Grouped => "conv grouped",
            Self::Transposed => "conv transposed",
        }
    }
}

impl Op {
    /// How it slides over its input.
    #[must_use]
    pub fn attributes(&self) -> Attributes {
        match self {
            Self::Conv(conv) => Attributes::sliding([conv.kernel, conv.stride, conv.dilation], conv.pad).in_groups(conv.groups),
            Self::ConvTranspose(conv) => {
                Attributes::sliding([conv.kernel, conv.stride, conv.dilation], conv.pad).in_groups(conv.groups)
            }
            Self::Pool(pool) => Attributes::sliding([pool.kernel, pool.stride, pool.dilation], pool.pad),
            // What is taken off is no padding.
            Self::Pad(pad) => Attributes { pad: (pad.crop == Padding::default()).then_some(pad.pad), ..Attributes::NONE },
            Self::GroupNorm(norm) => Attributes::NONE.in_groups(norm.groups),
            Self::ChannelShuffle(shuffle) => Attributes::NONE.in_groups(shuffle.groups),
            Self::Input(_)
            | Self::Param(_)
            | Self::Constant(_)
            | Self::Linear(_)
            | Self::MatMul
            | Self::BatchNorm(_)
            | Self::LayerNorm(_)
            | Self::InstanceNorm(_)
            | Self::Lrn(_)
            | Self::Scale(_)
            | Self::Activation(_)
            | Self::Softmax(_)
            | Self::GlobalPool(_)
            | Self::AdaptivePool(_)
            | Self::Concat(_)
            | Self::Elementwise(_)
            | Self::Scalar(_)
            | Self::Unary(_)
            | Self::Flatten
            | Self::Reshape(_)
            | Self::Transpose(_)
            | Self::Slice(_)
            | Self::Upsample(_)
            | Self::DepthToSpace(_)
            | Self::SpaceToDepth(_)
            | Self::Reduce(_)
            | Self::Gather(_)
            | Self::Repeat(_)
            | Self::Dropout(_)
            | Self::Identity => Attributes::NONE,
        }
    }

    /// Which kind of convolution of `inputs` it is; `None` where it is none.
    #[must_use]
    pub fn conv_kind(&self, inputs: &[Shape]) -> Option<ConvKind> {
        if let Self::Conv(conv) = self {
            let channels = inputs.first().map_or(1, |map| map.channels());
            return Some(match conv.groups {
                1 if conv.kernel == [1, 1] => ConvKind::Pointwise,
                1 => ConvKind::Dense,
                groups if groups == channels => ConvKind::Depthwise,
                _ => ConvKind::Grouped,
            });
        }
        matches!(self, Self::ConvTranspose(_)).then_some(ConvKind::Transposed)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::op;
    use super::*;

    #[test]
    fn every_kind_of_convolution_is_told_apart() {
        let kind = |call: &str| {
            let (op, inputs) = op(call);
            op.conv_kind(&inputs)
        };
        for (call, wanted) in [
            ("conv(8)([4, 8, 8])", Some(ConvKind::Pointwise)),
            ("conv(8, [1, 3])([4, 8, 8])", Some(ConvKind::Dense)),
            ("conv(8, 1, groups=2)([4, 8, 8])", Some(ConvKind::Grouped)),
            ("conv(8, 3, groups=4)([4, 8, 8])", Some(ConvKind::Depthwise)),
            ("dwconv(3)([4, 8, 8])", Some(ConvKind::Depthwise)),
            ("dwconv(1)([1, 8, 8])", Some(ConvKind::Pointwise)),
            ("conv_transpose(8, 2, stride=2, groups=4)([4, 8, 8])", Some(ConvKind::Transposed)),
            ("linear(8)([4])", None),
            ("maxpool(2)([4, 8, 8])", None),
        ] {
            assert_eq!(kind(call), wanted, "{call}");
        }
    }

    #[test]
    fn attributes_are_those_of_the_call() {
        let told = |call: &str| op(call).0.attributes();
        let sides = Padding { top: 0, left: 1, bottom: 2, right: 3 };
        let conv = told("conv(8, [1, 3], stride=[2, 1], pad=[0, 1, 2, 3], dilation=[1, 2], groups=2)([4, 9, 9])");
        assert_eq!(conv, Attributes::sliding([[1, 3], [2, 1], [1, 2]], sides).in_groups(2));
        assert_eq!(told("conv(8, 2, pad=same)([4, 8, 8])").pad, Some(Padding { top: 0, left: 0, bottom: 1, right: 1 }));
        assert_eq!(told("dwconv(3, pad=1)([4, 8, 8])").groups, Some(4));
        let spread = told("conv_transpose(8, 4, stride=2, pad=1)([4, 8, 8])");
        assert_eq!((spread.kernel, spread.stride, spread.groups), (Some([4, 4]), Some([2, 2]), Some(1)));
        let pool = told("maxpool(3, stride=2, pad=1)([4, 8, 8])");
        assert_eq!(pool, Attributes::sliding([[3; 2], [2; 2], [1; 2]], Padding::even([1, 1])));
        assert_eq!(told("pad([0, 1, 2, 3])([4, 8, 8])"), Attributes { pad: Some(sides), ..Attributes::NONE });
        assert_eq!(told("group_norm(2)([4, 8, 8])"), Attributes::NONE.in_groups(2));
        assert_eq!(told("global_avgpool()([4, 8, 8])"), Attributes::NONE);
    }
}
