//! Convolution: one geometry for shape, work and receptive field; padding, which other families use too.
//!
//! In: arguments and input shapes. Out: the payload, its shape, weights and counts as PyTorch defines them.

use super::Op;
use super::args::{ArgValue, BuildError, PadArg, Printed, Reader, ints, sides};
use super::error::{ShapeError, Side};
use super::geometry::{Map, SlidingWindow, at_least_one, narrow_signed};
use super::param_kind::ParamKind::{Count, Flag, PadsOrSame, Pair};
use super::payload::Payload;
use super::shape::{MAX_DIM, Shape};
use super::table::DefaultValue::{Bool, Int};
use super::table::{Built, OpInfo, Output, optional, required};
use super::weight::{Dims, Init, WeightSpec, with_bias};
use super::work::{Window, Work, elements, product};

pub(super) const CONV: OpInfo = OpInfo {
    keyword: "conv",
    family: "convolution",
    summary: "convolution; a 1x1 one mixes channels pixel by pixel",
    params: &[
        required("out", Count, "output channels"),
        optional("k", Pair, Int(1), "kernel size"),
        optional("stride", Pair, Int(1), "distance between windows"),
        optional("pad", PadsOrSame, Int(0), "zeros round the input"),
        optional("dilation", Pair, Int(1), "distance between taps of the kernel"),
        optional("groups", Count, Int(1), "channel groups that do not mix; divides input and output channels"),
        optional("bias", Flag, Bool(true), "whether a value per output channel is added"),
    ],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, H, W] -> [out, H', W'], [C, L] -> [out, L']",
    onnx: "Conv",
    build: build_conv,
};

pub(super) const DWCONV: OpInfo = OpInfo {
    keyword: "dwconv",
    family: "convolution",
    summary: "depthwise convolution: every channel has kernels of its own",
    params: &[
        required("k", Pair, "kernel size"),
        optional("stride", Pair, Int(1), "distance between windows"),
        optional("pad", PadsOrSame, Int(0), "zeros round the input"),
        optional("dilation", Pair, Int(1), "distance between taps of the kernel"),
        optional("multiplier", Count, Int(1), "output channels for each input channel"),
        optional("bias", Flag, Bool(true), "whether a value per output channel is added"),
    ],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, H, W] -> [C multiplier, H', W'], [C, L] -> [C multiplier, L']",
    onnx: "Conv",
    build: build_dwconv,
};

/// Rows and columns of zeros round a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Padding {
    /// Rows above.
    pub top: u64,
    /// Columns to the left.
    pub left: u64,
    /// Rows below.
    pub bottom: u64,
    /// Columns to the right.
    pub right: u64,
}

/// Convolution of `[C, H, W]`, or of a line `[C, L]`, which has the geometry of a map of one row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Conv {
    /// Output channels.
    pub out: u64,
    /// `[kh, kw]`.
    pub kernel: [u64; 2],
    /// `[sh, sw]`.
    pub stride: [u64; 2],
    /// Zeros round the input; `same` has been resolved.
    pub pad: Padding,
    /// `[dh, dw]`.
    pub dilation: [u64; 2],
    /// Channel groups; divides input and output channels.
    pub groups: u64,
    /// Whether a bias is added.
    pub bias: bool,
    /// Written as `dwconv`: groups equal the input channels.
    pub depthwise: bool,
    /// Whether its maps are lines `[C, L]`: its weights and its arguments then have no rows.
    pub line: bool,
}

impl Padding {
    /// The same on opposite sides, `[h, w]`.
    #[must_use]
    pub const fn even(pad: [u64; 2]) -> Self {
        Self { top: pad[0], left: pad[1], bottom: pad[0], right: pad[1] }
    }

    /// Padding before and after the rows or the columns.
    #[must_use]
    pub const fn along(self, side: Side) -> (u64, u64) {
        match side {
            Side::Height => (self.top, self.bottom),
            Side::Width => (self.left, self.right),
        }
    }

    /// Whether opposite sides are equal.
    #[must_use]
    pub const fn is_even(self) -> bool {
        self.top == self.bottom && self.left == self.right
    }

    /// The shortest argument that means this padding of a map, or of a line.
    pub(super) fn printed(self, line: bool) -> ArgValue {
        if self.is_even() { sides([self.top, self.left], line) } else { self.printed_sides(line) }
    }

    /// Each side as it is, or the most that is allowed, `[h, w]`.
    pub(super) fn at_most(self, [h, w]: [u64; 2]) -> Self {
        Self { top: self.top.min(h), left: self.left.min(w), bottom: self.bottom.min(h), right: self.right.min(w) }
    }

    /// As it is written: `1`, `[2, 0]`, `[0, 0, 1, 1]`; of a line `1`, `[0, 1]`.
    #[must_use]
    pub fn written(self, line: bool) -> String {
        match self {
            Self { left, right, .. } if line && left == right => left.to_string(),
            Self { left, right, .. } if line => format!("[{left}, {right}]"),
            Self { top, left, bottom, right } if (top, left) != (bottom, right) => format!("[{top}, {left}, {bottom}, {right}]"),
            Self { top, left, .. } if top == left => top.to_string(),
            Self { top, left, .. } => format!("[{top}, {left}]"),
        }
    }

    /// `[top, left, bottom, right]`; of a line `[left, right]`.
    pub(super) fn printed_sides(self, line: bool) -> ArgValue {
        if line { ints([self.left, self.right]) } else { ints([self.top, self.left, self.bottom, self.right]) }
    }
}

impl PadArg {
    /// The padding for windows over rows and columns, which hold all but their padding.
    pub(super) fn resolve(self, [rows, columns]: [SlidingWindow; 2]) -> Padding {
        match self {
            Self::Even(pad) | Self::Sided(pad) => pad,
            Self::Same => {
                let ((top, bottom), (left, right)) = (rows.same(), columns.same());
                Padding { top, left, bottom, right }
            }
        }
    }
}

fn build_conv(read: &Reader<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    let Map { size, line, .. } = Map::of(inputs)?;
    let mut conv = Conv {
        out: read.count("out")?,
        kernel: read.sides("k", line, (1, 1))?,
        stride: read.sides("stride", line, (1, 1))?,
        pad: Padding::default(),
        dilation: read.sides("dilation", line, (1, 1))?,
        groups: read.count("groups")?,
        bias: read.flag("bias")?,
        depthwise: false,
        line,
    };
    conv.pad = read.padding("pad", line)?.resolve(conv.windows(size));
    Ok(Built::One(Op::Conv(conv)))
}

fn build_dwconv(read: &Reader<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    let Map { channels, size, line } = Map::of(inputs)?;
    let multiplier = read.count("multiplier")?;
    let mut conv = Conv {
        // Both are below 2^31.
        out: channels * multiplier,
        kernel: read.sides("k", line, (1, 1))?,
        stride: read.sides("stride", line, (1, 1))?,
        pad: Padding::default(),
        dilation: read.sides("dilation", line, (1, 1))?,
        groups: channels,
        bias: read.flag("bias")?,
        depthwise: true,
        line,
    };
    if conv.out > MAX_DIM {
        return Err(ShapeError::Dimension { what: "channels", value: i128::from(conv.out) }.into());
    }
    conv.pad = read.padding("pad", line)?.resolve(conv.windows(size));
    Ok(Built::One(Op::Conv(conv)))
}

/// Windows over the rows and the columns of a map, from `[kernel, stride, dilation]`.
pub(super) fn windows([kernel, stride, dilation]: [[u64; 2]; 3], pad: Padding, map: [u64; 2]) -> [SlidingWindow; 2] {
    [(Side::Height, 0), (Side::Width, 1)].map(|(side, i)| {
        let (before, after) = pad.along(side);
        SlidingWindow { side, input: map[i], kernel: kernel[i], stride: stride[i], dilation: dilation[i], before, after }
    })
}

/// `out, kernel, …` that both convolutions have to get right before any arithmetic.
pub(super) fn check_groups(channels: u64, out: u64, groups: u64) -> Result<(), ShapeError> {
    at_least_one("groups", groups)?;
    at_least_one("channels", out)?;
    if !channels.is_multiple_of(groups) {
        return Err(ShapeError::Groups { output: false, channels, groups });
    }
    if !out.is_multiple_of(groups) {
        return Err(ShapeError::Groups { output: true, channels: out, groups });
    }
    Ok(())
}

/// Weight and bias; `fan_in` saturates only where the weight itself has more than 2^64 elements. Kernels have no rows where
/// lines are convolved.
pub(super) fn kernel_weights(
    [a, b]: [u64; 2],
    taps: (&[u64; 2], bool),
    fan_in: u64,
    (out, bias): (u64, bool),
) -> Vec<WeightSpec> {
    let mut weights = Vec::with_capacity(2);
    let ([kh, kw], line) = taps;
    let dims = if line { Dims::line_kernels([a, b, *kw]) } else { Dims::kernels([a, b, *kh, *kw]) };
    weights.push(WeightSpec::learned("weight", dims, Init::HeNormal { fan_in }));
    if bias {
        weights.push(WeightSpec::learned("bias", Dims::vector(out), Init::Uniform { fan_in }));
    }
    weights
}

impl Conv {
    /// The windows over the rows and the columns of a map of `[h, w]`.
    #[must_use]
    pub fn windows(&self, map: [u64; 2]) -> [SlidingWindow; 2] {
        windows([self.kernel, self.stride, self.dilation], self.pad, map)
    }
}

impl Payload for Conv {
    fn info(&self) -> &'static OpInfo {
        if self.depthwise { &DWCONV } else { &CONV }
    }

    /// `H' = floor((H + top + bottom - dilation (k - 1) - 1) / stride) + 1` (PyTorch, `Conv2d`).
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let map = Map::like(inputs, self.line)?;
        let channels = map.channels;
        check_groups(channels, self.out, self.groups)?;
        if self.depthwise && self.groups != channels {
            return Err(ShapeError::Groups { output: false, channels, groups: self.groups });
        }
        let [rows, columns] = self.windows(map.size);
        map.resized(i128::from(self.out), [rows.outputs(false)?, columns.outputs(false)?])
    }

    fn roles(&self) -> &'static [&'static str] {
        with_bias(self.bias)
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<WeightSpec> {
        let input = inputs[0];
        let per_group = input.channels() / self.groups.max(1);
        let fan_in = per_group.saturating_mul(self.kernel[0]).saturating_mul(self.kernel[1]);
        kernel_weights([self.out, per_group], (&self.kernel, self.line), fan_in, (self.out, self.bias))
    }

    /// `kh kw (cin / groups)` MACs for each output element, padding included; one addition each for the bias.
    fn work(&self, inputs: &[Shape], output: Shape) -> Result<Work, ShapeError> {
        let input = inputs[0];
        let per_group = input.channels() / self.groups.max(1);
        let elements = elements(output)?;
        Ok(Work {
            macs: product("MACs", &[self.kernel[0], self.kernel[1], per_group, elements])?,
            bias_adds: if self.bias { elements } else { 0 },
            ..Work::NONE
        })
    }

    fn window(&self, _map: Shape) -> Window {
        let windows = self.windows([0, 0]);
        Window::Strided {
            extent: windows.map(|window| window.extent()),
            stride: self.stride,
            before: windows.map(|window| narrow_signed(i128::from(window.before))),
        }
    }

    fn arguments(&self, printed: Printed) -> Printed {
        let printed = if self.depthwise { printed } else { printed.arg("out", self.out) };
        let printed = printed
            .arg("k", sides(self.kernel, self.line))
            .arg("stride", sides(self.stride, self.line))
            .arg("pad", self.pad.printed(self.line))
            .arg("dilation", sides(self.dilation, self.line));
        let printed = if self.depthwise {
            printed.arg("multiplier", self.out / self.groups.max(1))
        } else {
            printed.arg("groups", self.groups)
        };
        printed.arg("bias", self.bias)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{printed, shape, shape_error, told, weights, window, work};
    use super::*;

    /// A convolution that no builder would let pass.
    fn raw(change: impl FnOnce(&mut Conv)) -> Result<Shape, ShapeError> {
        let mut conv = Conv {
            out: 8,
            kernel: [3, 3],
            stride: [1, 1],
            pad: Padding::default(),
            dilation: [1, 1],
            groups: 1,
            bias: true,
            depthwise: false,
            line: false,
        };
        change(&mut conv);
        conv.infer(&[shape(&[4, 8, 8])])
    }

    #[test]
    fn sizes_round_down() {
        assert_eq!(told("conv(64, 7, stride=2, pad=3)([3, 224, 224])"), "[64, 112, 112]");
        assert_eq!(told("conv(64, 3, stride=2)([3, 224, 224])"), "[64, 111, 111]");
        assert_eq!(told("conv(8, [1, 7], pad=[0, 3])([3, 17, 17])"), "[8, 17, 17]");
        assert_eq!(told("conv(8, 3, dilation=2)([3, 5, 9])"), "[8, 1, 5]");
        assert_eq!(told("conv(8, 2, pad=[0, 0, 1, 1])([3, 28, 28])"), "[8, 28, 28]");
        assert_eq!(told("conv(8, 3, stride=2147483647, pad=1)([3, 8, 8])"), "[8, 1, 1]");
        assert_eq!(told("conv(16)([3, 8, 8])"), "[16, 8, 8]");
    }

    #[test]
    fn same_puts_the_odd_row_at_the_bottom_and_right() {
        for (call, size, pad) in [
            ("conv(8, 3, pad=same)([3, 7, 7])", "[8, 7, 7]", "out=8, k=3, pad=1"),
            ("conv(8, 4, pad=same)([3, 7, 7])", "[8, 7, 7]", "out=8, k=4, pad=[1, 1, 2, 2]"),
            ("conv(8, 3, stride=2, pad=same)([3, 224, 224])", "[8, 112, 112]", "out=8, k=3, stride=2, pad=[0, 0, 1, 1]"),
            ("conv(8, 3, stride=2, pad=same)([3, 225, 225])", "[8, 113, 113]", "out=8, k=3, stride=2, pad=1"),
            ("conv(8, 2, stride=2, pad=same)([3, 5, 6])", "[8, 3, 3]", "out=8, k=2, stride=2, pad=[0, 0, 1, 0]"),
            ("conv(8, 1, stride=2, pad=same)([3, 5, 5])", "[8, 3, 3]", "out=8, stride=2"),
            ("conv(8, 3, dilation=2, pad=same)([3, 7, 7])", "[8, 7, 7]", "out=8, k=3, pad=2, dilation=2"),
        ] {
            assert_eq!((told(call).as_str(), printed(call).as_str()), (size, pad), "{call}");
        }
    }

    #[test]
    fn shape_errors_have_reasons() {
        let window = ShapeError::Window { side: Side::Height, window: 5, input: 3, pad: 0 };
        assert_eq!(shape_error("conv(8, 5)([3, 3, 9])"), window);
        let window = ShapeError::Window { side: Side::Width, window: 5, input: 2, pad: 2 };
        assert_eq!(shape_error("conv(8, 3, dilation=2, pad=1)([3, 9, 2])"), window);
        assert_eq!(shape_error("conv(8, groups=3)([4, 8, 8])"), ShapeError::Groups { output: false, channels: 4, groups: 3 });
        assert_eq!(shape_error("conv(9, groups=4)([4, 8, 8])"), ShapeError::Groups { output: true, channels: 9, groups: 4 });
        let rank = ShapeError::Rank { input: 0, needed: "[C, H, W] or [C, L]", got: shape(&[10]) };
        assert_eq!(shape_error("conv(8)([10])"), rank);
        assert_eq!(shape_error("dwconv(3, pad=same)([10])"), rank);
    }

    #[test]
    fn absurd_sizes_are_refused_not_wrapped() {
        let huge = "conv(8, 2147483647, dilation=2147483647)([3, 8, 8])";
        let window = 2_147_483_646 * 2_147_483_647 + 1;
        assert_eq!(shape_error(huge), ShapeError::Window { side: Side::Height, window, input: 8, pad: 0 });
        let height = ShapeError::Dimension { what: "height", value: 2 * 2_147_483_647 + 8 };
        assert_eq!(shape_error("conv(8, pad=2147483647)([3, 8, 8])"), height);
        assert_eq!(
            shape_error("dwconv(1, multiplier=2147483647)([3, 8, 8])"),
            ShapeError::Dimension { what: "channels", value: 3 * 2_147_483_647 }
        );
        for zero in [
            raw(|c| c.stride[0] = 0),
            raw(|c| c.dilation[1] = 0),
            raw(|c| c.kernel[0] = 0),
            raw(|c| c.groups = 0),
            raw(|c| c.out = 0),
        ] {
            assert!(matches!(zero, Err(ShapeError::Dimension { value: 0, .. })), "{zero:?}");
        }
        let all = raw(|c| {
            (c.kernel, c.dilation) = ([u64::MAX; 2], [u64::MAX; 2]);
            c.pad = Padding { top: u64::MAX, left: u64::MAX, bottom: u64::MAX, right: u64::MAX };
        });
        assert!(matches!(all, Err(ShapeError::Window { window: u64::MAX, pad: u64::MAX, .. })), "{all:?}");
    }

    #[test]
    fn a_depthwise_convolution_keeps_its_channels() {
        assert_eq!(told("dwconv(3, stride=2, pad=1)([32, 112, 112])"), "[32, 56, 56]");
        assert_eq!(told("dwconv(3, multiplier=2)([32, 5, 5])"), "[64, 3, 3]");
        assert_eq!(printed("dwconv(3, pad=1, multiplier=2, bias=false)([32, 5, 5])"), "k=3, pad=1, multiplier=2, bias=false");
        let weight = ("weight", vec![64, 1, 3, 3], true);
        assert_eq!(weights("dwconv(3, multiplier=2)([32, 5, 5])"), [weight, ("bias", vec![64], true)]);
        let moved = raw(|c| (c.depthwise, c.groups, c.out) = (true, 2, 2));
        assert_eq!(moved, Err(ShapeError::Groups { output: false, channels: 4, groups: 2 }));
    }

    #[test]
    fn weights_are_laid_out_as_in_pytorch() {
        let weight = ("weight", vec![64, 128, 5, 3], true);
        assert_eq!(weights("conv(64, [5, 3], groups=2)([256, 14, 14])"), [weight.clone(), ("bias", vec![64], true)]);
        assert_eq!(weights("conv(64, [5, 3], groups=2, bias=false)([256, 14, 14])"), [weight]);
    }

    /// The bottleneck of the article on 1x1 convolutions: 3x3 from 256 channels, and from 64 after a 1x1.
    #[test]
    fn the_bottleneck_saves_what_it_saves() {
        let dense = work("conv(64, 3, pad=1)([256, 14, 14])");
        assert_eq!((dense.macs, dense.bias_adds), (147_456 * 196, 64 * 196));
        let reduce = work("conv(64)([256, 14, 14])");
        let after = work("conv(64, 3, pad=1)([64, 14, 14])");
        assert_eq!(reduce.macs + after.macs, 53_248 * 196);
        assert_eq!(work("conv(64, bias=false)([256, 14, 14])").bias_adds, 0);
    }

    #[test]
    fn macs_are_those_of_the_loops() {
        for (groups, stride, dilation) in [(1, 1, 1), (2, 2, 1), (4, 1, 2)] {
            let call = format!("conv(8, [3, 2], stride={stride}, pad=1, dilation={dilation}, groups={groups})([4, 7, 6])");
            let rows = (0..7 + 2).filter(|y| y % stride == 0 && y + dilation * 2 < 9).count() as u64;
            let columns = (0..6 + 2).filter(|x| x % stride == 0 && x + dilation < 8).count() as u64;
            let taps_for_each_pixel = (0..8).flat_map(|_| (0..4 / groups).flat_map(|_| 0..3 * 2)).count() as u64;
            assert_eq!(work(&call).macs, rows * columns * taps_for_each_pixel, "{call}");
        }
    }

    #[test]
    fn counts_beyond_64_bits_are_refused() {
        let wide = shape(&[2_147_483_647, 2_147_483_647, 1]);
        let conv = Conv { out: 2_147_483_647, ..expand() };
        let output = conv.infer(&[wide]).expect("the shape fits");
        assert_eq!(conv.work(&[wide], output), Err(ShapeError::Overflow { what: "MACs" }));
        assert_eq!(conv.weights(&[wide])[0].elements(), Some(2_147_483_647 * 2_147_483_647));
    }

    fn expand() -> Conv {
        Conv {
            out: 1,
            kernel: [1; 2],
            stride: [1; 2],
            pad: Padding::default(),
            dilation: [1; 2],
            groups: 1,
            bias: false,
            depthwise: false,
            line: false,
        }
    }

    #[test]
    fn windows_span_their_dilation() {
        let expected = Window::Strided { extent: [5, 1], stride: [2, 3], before: [1, 0] };
        assert_eq!(window("conv(8, [3, 1], stride=[2, 3], pad=[1, 0, 2, 0], dilation=2)([3, 9, 9])"), expected);
    }
}
