//! Convolution: one geometry for shape, work and receptive field; padding, which other families use too.
//!
//! In: arguments and input shapes. Out: the payload, its shape, weights and counts as PyTorch defines them.

use super::Op;
use super::args::{ArgValue, Args, BuildError, PadArg, Printed, Reader, int, ints, pair};
use super::geometry::{Sweep, at_least_one, extent, map_of, map_shape, narrow, narrow_signed};
use super::misfit::{Misfit, Side};
use super::shape::{MAX_DIM, Shape};
use super::table::{Built, FLAG, INTEGER, OpInfo, PAD, PAIR, optional, required};
use super::weight::{Dims, Init, WeightSpec};
use super::work::{Window, Work, elements, product};

pub(super) const CONV: OpInfo = OpInfo {
    keyword: "conv",
    family: "convolution",
    summary: "2-D convolution; a 1x1 one mixes channels pixel by pixel",
    params: &[
        required("out", INTEGER, "output channels"),
        optional("k", PAIR, "1", "kernel size"),
        optional("stride", PAIR, "1", "distance between windows"),
        optional("pad", PAD, "0", "zeros round the input"),
        optional("dilation", PAIR, "1", "distance between taps of the kernel"),
        optional("groups", INTEGER, "1", "channel groups that do not mix; divides input and output channels"),
        optional("bias", FLAG, "true", "whether a value per output channel is added"),
    ],
    inputs: (1, Some(1)),
    shapes: "[C, H, W] -> [out, H', W']",
    onnx: "Conv",
    build: build_conv,
};

pub(super) const DWCONV: OpInfo = OpInfo {
    keyword: "dwconv",
    family: "convolution",
    summary: "depthwise convolution: every channel has kernels of its own",
    params: &[
        required("k", PAIR, "kernel size"),
        optional("stride", PAIR, "1", "distance between windows"),
        optional("pad", PAD, "0", "zeros round the input"),
        optional("dilation", PAIR, "1", "distance between taps of the kernel"),
        optional("multiplier", INTEGER, "1", "output channels for each input channel"),
        optional("bias", FLAG, "true", "whether a value per output channel is added"),
    ],
    inputs: (1, Some(1)),
    shapes: "[C, H, W] -> [C multiplier, H', W']",
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

/// 2-D convolution of `[C, H, W]`.
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

    /// The shortest argument that means this padding.
    pub(super) fn printed(self) -> ArgValue {
        if self.is_even() { pair([self.top, self.left]) } else { self.printed_sides() }
    }

    /// `[top, left, bottom, right]`.
    pub(super) fn printed_sides(self) -> ArgValue {
        ints([self.top, self.left, self.bottom, self.right])
    }
}

impl PadArg {
    /// The padding for two sweeps, of rows and of columns, which hold all but their padding.
    pub(super) fn resolve(self, [rows, columns]: [Sweep; 2]) -> Padding {
        match self {
            Self::Even(pad) | Self::Sided(pad) => pad,
            Self::Same => {
                let ((top, bottom), (left, right)) = (rows.same(), columns.same());
                Padding { top, left, bottom, right }
            }
        }
    }
}

fn build_conv(args: Args<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    let read = Reader::new(CONV.params, args);
    let [_, h, w] = map_of(inputs)?;
    let mut conv = Conv {
        out: read.count("out")?,
        kernel: read.pair_or("k", [1, 1], 1)?,
        stride: read.pair_or("stride", [1, 1], 1)?,
        pad: Padding::default(),
        dilation: read.pair_or("dilation", [1, 1], 1)?,
        groups: read.count_or("groups", 1)?,
        bias: read.flag_or("bias", true)?,
        depthwise: false,
    };
    conv.pad = read.padding("pad")?.resolve(conv.sweeps(h, w));
    Ok(Built::One(Op::Conv(conv)))
}

fn build_dwconv(args: Args<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    let read = Reader::new(DWCONV.params, args);
    let [channels, h, w] = map_of(inputs)?;
    let multiplier = read.count_or("multiplier", 1)?;
    let mut conv = Conv {
        // Both are below 2^31.
        out: channels * multiplier,
        kernel: read.pair("k")?,
        stride: read.pair_or("stride", [1, 1], 1)?,
        pad: Padding::default(),
        dilation: read.pair_or("dilation", [1, 1], 1)?,
        groups: channels,
        bias: read.flag_or("bias", true)?,
        depthwise: true,
    };
    if conv.out > MAX_DIM {
        return Err(Misfit::Dimension { what: "channels", value: i128::from(conv.out) }.into());
    }
    conv.pad = read.padding("pad")?.resolve(conv.sweeps(h, w));
    Ok(Built::One(Op::Conv(conv)))
}

/// `out, kernel, …` that both convolutions have to get right before any arithmetic.
pub(super) fn check_groups(channels: u64, out: u64, groups: u64) -> Result<(), Misfit> {
    at_least_one("groups", groups)?;
    at_least_one("channels", out)?;
    if !channels.is_multiple_of(groups) {
        return Err(Misfit::Groups { output: false, channels, groups });
    }
    if !out.is_multiple_of(groups) {
        return Err(Misfit::Groups { output: true, channels: out, groups });
    }
    Ok(())
}

/// Weight and bias; `fan_in` saturates only where the weight itself has more than 2^64 elements.
pub(super) fn kernel_weights(dims: [u64; 4], fan_in: u64, out: u64, bias: bool) -> Vec<WeightSpec> {
    let mut weights = Vec::with_capacity(2);
    weights.push(WeightSpec::learned("weight", Dims::kernels(dims), Init::HeNormal { fan_in }));
    if bias {
        weights.push(WeightSpec::learned("bias", Dims::vector(out), Init::Uniform { fan_in }));
    }
    weights
}

impl Conv {
    /// The sweeps over the rows and the columns of a map of `h` x `w`.
    fn sweeps(&self, h: u64, w: u64) -> [Sweep; 2] {
        [(Side::Height, h, 0), (Side::Width, w, 1)].map(|(side, input, i)| {
            let (before, after) = self.pad.along(side);
            Sweep { side, input, kernel: self.kernel[i], stride: self.stride[i], dilation: self.dilation[i], before, after }
        })
    }

    /// `H' = floor((H + top + bottom - dilation (k - 1) - 1) / stride) + 1` (PyTorch, `Conv2d`).
    pub(super) fn infer(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        let [channels, h, w] = map_of(inputs)?;
        check_groups(channels, self.out, self.groups)?;
        if self.depthwise && self.groups != channels {
            return Err(Misfit::Groups { output: false, channels, groups: self.groups });
        }
        let [rows, columns] = self.sweeps(h, w);
        map_shape(i128::from(self.out), rows.outputs(false)?, columns.outputs(false)?)
    }

    pub(super) fn weights(&self, input: Shape) -> Vec<WeightSpec> {
        let per_group = input.channels() / self.groups.max(1);
        let fan_in = per_group.saturating_mul(self.kernel[0]).saturating_mul(self.kernel[1]);
        kernel_weights([self.out, per_group, self.kernel[0], self.kernel[1]], fan_in, self.out, self.bias)
    }

    /// `kh kw (cin / groups)` MACs for each output element, padding included; one addition each for the bias.
    pub(super) fn work(&self, input: Shape, output: Shape) -> Result<Work, Misfit> {
        let per_group = input.channels() / self.groups.max(1);
        let elements = elements(output)?;
        Ok(Work {
            macs: product("MACs", &[self.kernel[0], self.kernel[1], per_group, elements])?,
            bias_adds: if self.bias { elements } else { 0 },
            ..Work::NONE
        })
    }

    pub(super) fn window(&self) -> Window {
        let side = |i: usize| narrow(extent(self.kernel[i], self.dilation[i]));
        let before = [self.pad.top, self.pad.left].map(|p| narrow_signed(i128::from(p)));
        Window::Strided { extent: [side(0), side(1)], stride: self.stride, before }
    }

    pub(super) fn printed(&self) -> Vec<(&'static str, ArgValue)> {
        let one = int(1);
        let mut printed = Printed::default();
        printed = if self.depthwise {
            printed.always("k", pair(self.kernel))
        } else {
            printed.always("out", int(self.out)).unless("k", pair(self.kernel), &one)
        };
        printed = printed.unless("stride", pair(self.stride), &one).unless("pad", self.pad.printed(), &int(0)).unless(
            "dilation",
            pair(self.dilation),
            &one,
        );
        printed = if self.depthwise {
            printed.unless("multiplier", int(self.out / self.groups.max(1)), &one)
        } else {
            printed.unless("groups", int(self.groups), &one)
        };
        printed.unless("bias", ArgValue::Bool(self.bias), &ArgValue::Bool(true)).done()
    }
}
