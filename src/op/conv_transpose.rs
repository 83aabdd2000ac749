//! Transposed convolution.
//!
//! In: arguments and input shapes. Out: the payload, its shape, weights and counts as PyTorch defines them.

use super::Op;
use super::args::{ArgValue, Args, BuildError, PadArg, Printed, Reader, int, pair};
use super::conv::{Padding, check_groups, kernel_weights};
use super::geometry::{at_least_one, extent, map_of, map_shape, narrow, narrow_signed};
use super::misfit::{Misfit, Side};
use super::shape::Shape;
use super::table::{Built, FLAG, INTEGER, OpInfo, PAD, PAIR, optional, required};
use super::weight::WeightSpec;
use super::work::{Window, Work, elements, product};

pub(super) const CONV_TRANSPOSE: OpInfo = OpInfo {
    keyword: "conv_transpose",
    family: "convolution",
    summary: "2-D transposed convolution: spreads every input pixel over a window of the output",
    params: &[
        required("out", INTEGER, "output channels"),
        required("k", PAIR, "kernel size"),
        optional("stride", PAIR, "1", "distance between windows in the output"),
        optional("pad", PAD, "0", "rows and columns taken off the output"),
        optional("output_pad", PAIR, "0", "rows and columns added at the bottom and right; less than the stride or the dilation"),
        optional("dilation", PAIR, "1", "distance between taps of the kernel"),
        optional("groups", INTEGER, "1", "channel groups that do not mix; divides input and output channels"),
        optional("bias", FLAG, "true", "whether a value per output channel is added"),
    ],
    inputs: (1, Some(1)),
    shapes: "[C, H, W] -> [out, H', W']",
    onnx: "ConvTranspose",
    build: build_transpose,
};

/// 2-D transposed convolution of `[C, H, W]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConvTranspose {
    /// Output channels.
    pub out: u64,
    /// `[kh, kw]`.
    pub kernel: [u64; 2],
    /// `[sh, sw]`.
    pub stride: [u64; 2],
    /// Rows and columns taken off the output.
    pub pad: Padding,
    /// Rows and columns added at the bottom and right, `[h, w]`.
    pub output_pad: [u64; 2],
    /// `[dh, dw]`.
    pub dilation: [u64; 2],
    /// Channel groups.
    pub groups: u64,
    /// Whether a bias is added.
    pub bias: bool,
}

fn build_transpose(args: Args<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    let read = Reader::new(CONV_TRANSPOSE.params, args);
    map_of(inputs)?;
    let mut conv = ConvTranspose {
        out: read.count("out")?,
        kernel: read.pair("k")?,
        stride: read.pair_or("stride", [1, 1], 1)?,
        pad: Padding::default(),
        output_pad: read.pair_or("output_pad", [0, 0], 0)?,
        dilation: read.pair_or("dilation", [1, 1], 1)?,
        groups: read.count_or("groups", 1)?,
        bias: read.flag_or("bias", true)?,
    };
    conv.pad = match read.padding("pad")? {
        PadArg::Even(pad) | PadArg::Sided(pad) => pad,
        PadArg::Same => conv.same(&read)?,
    };
    for i in 0..2 {
        let most = conv.stride[i].max(conv.dilation[i]);
        if conv.output_pad[i] >= most {
            let got = conv.output_pad[i];
            return Err(read.invalid(
                "output_pad",
                format!("output_pad must be less than {most} (the larger of stride and dilation), not {got}"),
            ));
        }
    }
    Ok(Built::One(Op::ConvTranspose(conv)))
}

impl ConvTranspose {
    /// Padding that makes the output `stride` times as large as the input.
    fn same(&self, read: &Reader<'_>) -> Result<Padding, BuildError> {
        let mut pads = [(0, 0); 2];
        for (i, pad) in pads.iter_mut().enumerate() {
            let total = extent(self.kernel[i], self.dilation[i]) + i128::from(self.output_pad[i]) - i128::from(self.stride[i]);
            if total < 0 {
                return Err(read.invalid("pad", "pad=same needs a kernel that is at least as large as the stride".to_owned()));
            }
            *pad = (narrow(total / 2), narrow(total - total / 2));
        }
        let [(top, bottom), (left, right)] = pads;
        Ok(Padding { top, left, bottom, right })
    }

    /// `H' = (H - 1) stride - top - bottom + dilation (k - 1) + output_pad + 1` (PyTorch, `ConvTranspose2d`).
    pub(super) fn infer(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        let [channels, h, w] = map_of(inputs)?;
        check_groups(channels, self.out, self.groups)?;
        map_shape(i128::from(self.out), self.extent_of(Side::Height, h)?, self.extent_of(Side::Width, w)?)
    }

    fn extent_of(&self, side: Side, input: u64) -> Result<i128, Misfit> {
        let i = match side {
            Side::Height => 0,
            Side::Width => 1,
        };
        at_least_one("kernel", self.kernel[i])?;
        at_least_one("stride", self.stride[i])?;
        at_least_one("dilation", self.dilation[i])?;
        let (before, after) = self.pad.along(side);
        let spread = (i128::from(input) - 1) * i128::from(self.stride[i]);
        Ok(extent(self.kernel[i], self.dilation[i])
            .saturating_add(spread)
            .saturating_add(i128::from(self.output_pad[i]))
            .saturating_sub(i128::from(before) + i128::from(after)))
    }

    pub(super) fn weights(&self, input: Shape) -> Vec<WeightSpec> {
        let [kh, kw] = self.kernel;
        let groups = self.groups.max(1);
        let fan_in = (input.channels() / groups).saturating_mul(kh).saturating_mul(kw);
        kernel_weights([input.channels(), self.out / groups, kh, kw], fan_in, self.out, self.bias)
    }

    /// `kh kw (cout / groups)` MACs for each input element, those that padding takes off included; one addition for each
    /// output element for the bias.
    pub(super) fn work(&self, input: Shape, output: Shape) -> Result<Work, Misfit> {
        let per_group = self.out / self.groups.max(1);
        Ok(Work {
            macs: product("MACs", &[self.kernel[0], self.kernel[1], per_group, elements(input)?])?,
            bias_adds: if self.bias { elements(output)? } else { 0 },
            ..Work::NONE
        })
    }

    /// Exact for output pixels at multiples of the stride; the others see as many input pixels or one fewer.
    pub(super) fn window(&self) -> Window {
        let span = |i: usize| extent(self.kernel[i], self.dilation[i]);
        let stride = |i: usize| i128::from(self.stride[i].max(1));
        let seen = |i: usize| narrow((span(i) - 1) / stride(i) + 1);
        let before = |i: usize, pad: u64| narrow_signed((span(i) - 1 - i128::from(pad)).div_euclid(stride(i)));
        Window::Fractional {
            extent: [seen(0), seen(1)],
            scale: self.stride,
            before: [before(0, self.pad.top), before(1, self.pad.left)],
        }
    }

    pub(super) fn printed(&self) -> Vec<(&'static str, ArgValue)> {
        let (zero, one) = (int(0), int(1));
        Printed::default()
            .always("out", int(self.out))
            .always("k", pair(self.kernel))
            .unless("stride", pair(self.stride), &one)
            .unless("pad", self.pad.printed(), &zero)
            .unless("output_pad", pair(self.output_pad), &zero)
            .unless("dilation", pair(self.dilation), &one)
            .unless("groups", int(self.groups), &one)
            .unless("bias", ArgValue::Bool(self.bias), &ArgValue::Bool(true))
            .done()
    }
}
