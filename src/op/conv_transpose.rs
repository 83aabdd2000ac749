//! Transposed convolution.
//!
//! In: arguments and input shapes. Out: the payload, its shape, weights and counts as PyTorch defines them.

use super::Op;
use super::args::{BuildError, PadArg, Printed, Reader, sides};
use super::conv::{Padding, check_groups, kernel_weights, windows};
use super::error::ShapeError;
use super::geometry::{Map, SlidingWindow, halves};
use super::param_kind::ParamKind::{Count, Flag, PadsOrSame, Pair};
use super::payload::Payload;
use super::shape::Shape;
use super::table::DefaultValue::{Bool, Int};
use super::table::{Built, OpInfo, Output, optional, required};
use super::weight::{WeightSpec, with_bias};
use super::work::{Window, Work, elements, product};

pub(super) const CONV_TRANSPOSE: OpInfo = OpInfo {
    keyword: "conv_transpose",
    family: "convolution",
    summary: "transposed convolution: spreads every input pixel over a window of the output",
    params: &[
        required("out", Count, "output channels"),
        required("k", Pair, "kernel size"),
        optional("stride", Pair, Int(1), "distance between windows in the output"),
        optional("pad", PadsOrSame, Int(0), "rows and columns taken off the output"),
        optional(
            "output_pad",
            Pair,
            Int(0),
            "rows and columns added at the bottom and right; less than the stride or the dilation",
        ),
        optional("dilation", Pair, Int(1), "distance between taps of the kernel"),
        optional("groups", Count, Int(1), "channel groups that do not mix; divides input and output channels"),
        optional("bias", Flag, Bool(true), "whether a value per output channel is added"),
    ],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, H, W] -> [out, H', W'], [C, L] -> [out, L']",
    onnx: "ConvTranspose",
    build: build_transpose,
};

/// Transposed convolution of `[C, H, W]`, or of a line `[C, L]`, which has the geometry of a map of one row.
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
    /// Whether its maps are lines `[C, L]`: its weights and its arguments then have no rows.
    pub line: bool,
}

fn build_transpose(read: &Reader<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    let Map { line, .. } = Map::of(inputs)?;
    let mut conv = ConvTranspose {
        out: read.count("out")?,
        kernel: read.sides("k", line, (1, 1))?,
        stride: read.sides("stride", line, (1, 1))?,
        pad: Padding::default(),
        output_pad: read.sides("output_pad", line, (0, 0))?,
        dilation: read.sides("dilation", line, (1, 1))?,
        groups: read.count("groups")?,
        bias: read.flag("bias")?,
        line,
    };
    conv.pad = match read.padding("pad", line)? {
        PadArg::Even(pad) | PadArg::Sided(pad) => pad,
        PadArg::Same => conv.same(read)?,
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
        for ((i, pad), window) in pads.iter_mut().enumerate().zip(self.windows([0, 0])) {
            let total = i128::from(window.extent()) + i128::from(self.output_pad[i]) - i128::from(self.stride[i]);
            if total < 0 {
                return Err(read.invalid("pad", "pad=same needs a kernel that is at least as large as the stride".to_owned()));
            }
            *pad = halves(total);
        }
        let [(top, bottom), (left, right)] = pads;
        Ok(Padding { top, left, bottom, right })
    }

    /// The windows over the rows and the columns of its output `[h, w]`, one for each row and column of the input.
    #[must_use]
    pub fn windows(&self, output: [u64; 2]) -> [SlidingWindow; 2] {
        windows([self.kernel, self.stride, self.dilation], self.pad, output)
    }
}

impl Payload for ConvTranspose {
    fn info(&self) -> &'static OpInfo {
        &CONV_TRANSPOSE
    }

    /// `H' = (H - 1) stride - top - bottom + dilation (k - 1) + output_pad + 1` (PyTorch, `ConvTranspose2d`).
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let map = Map::like(inputs, self.line)?;
        let [h, w] = map.size;
        check_groups(map.channels, self.out, self.groups)?;
        let [rows, columns] = self.windows([0, 0]);
        let [below, right] = self.output_pad;
        map.resized(i128::from(self.out), [rows.spread(h, below)?, columns.spread(w, right)?])
    }

    fn roles(&self) -> &'static [&'static str] {
        with_bias(self.bias)
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<WeightSpec> {
        let input = inputs[0];
        let [kh, kw] = self.kernel;
        let groups = self.groups.max(1);
        let fan_in = (input.channels() / groups).saturating_mul(kh).saturating_mul(kw);
        kernel_weights([input.channels(), self.out / groups], (&self.kernel, self.line), fan_in, (self.out, self.bias))
    }

    /// `kh kw (cout / groups)` MACs for each input element, those that padding takes off included; one addition for each
    /// output element for the bias.
    fn work(&self, inputs: &[Shape], output: Shape) -> Result<Work, ShapeError> {
        let input = inputs[0];
        let per_group = self.out / self.groups.max(1);
        Ok(Work {
            macs: product("MACs", &[self.kernel[0], self.kernel[1], per_group, elements(input)?])?,
            bias_adds: if self.bias { elements(output)? } else { 0 },
            ..Work::NONE
        })
    }

    /// Exact for output pixels at multiples of the stride; the others see as many input pixels or one fewer.
    fn window(&self, _map: Shape) -> Window {
        let windows = self.windows([0, 0]);
        Window::Fractional {
            extent: windows.map(|window| window.most_windows_over()),
            scale: self.stride,
            before: windows.map(|window| window.windows_over(0).0.saturating_neg()),
        }
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed
            .arg("out", self.out)
            .arg("k", sides(self.kernel, self.line))
            .arg("stride", sides(self.stride, self.line))
            .arg("pad", self.pad.printed(self.line))
            .arg("output_pad", sides(self.output_pad, self.line))
            .arg("dilation", sides(self.dilation, self.line))
            .arg("groups", self.groups)
            .arg("bias", self.bias)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{printed, shape, shape_error, told, weights, window, work};
    use super::*;

    #[test]
    fn sizes_undo_a_convolution() {
        assert_eq!(told("conv_transpose(8, 2, stride=2)([16, 14, 14])"), "[8, 28, 28]");
        assert_eq!(told("conv_transpose(8, 4, stride=2, pad=1)([16, 14, 14])"), "[8, 28, 28]");
        assert_eq!(told("conv_transpose(8, 3, stride=2, pad=1, output_pad=1)([16, 14, 14])"), "[8, 28, 28]");
        assert_eq!(told("conv_transpose(8, 3, dilation=3, output_pad=2)([16, 4, 4])"), "[8, 12, 12]");
    }

    #[test]
    fn same_multiplies_by_the_stride() {
        assert_eq!(told("conv_transpose(8, 4, stride=2, pad=same)([16, 7, 7])"), "[8, 14, 14]");
        assert_eq!(told("conv_transpose(8, 3, stride=2, pad=same)([16, 7, 7])"), "[8, 14, 14]");
        assert_eq!(printed("conv_transpose(8, 3, stride=2, pad=same)([16, 7, 7])"), "out=8, k=3, stride=2, pad=[0, 0, 1, 1]");
        let refused = "pad=same needs a kernel that is at least as large as the stride";
        assert_eq!(told("conv_transpose(8, 2, stride=3, pad=same)([16, 7, 7])"), refused);
    }

    #[test]
    fn output_padding_is_less_than_stride_or_dilation() {
        let refused = "output_pad must be less than 2 (the larger of stride and dilation), not 2";
        assert_eq!(told("conv_transpose(8, 3, stride=2, output_pad=2)([16, 7, 7])"), refused);
    }

    #[test]
    fn shape_errors_have_reasons() {
        let gone = ShapeError::Dimension { what: "height", value: -1 };
        assert_eq!(shape_error("conv_transpose(8, 1, pad=1)([16, 1, 9])"), gone);
        let groups = ShapeError::Groups { output: true, channels: 9, groups: 2 };
        assert_eq!(shape_error("conv_transpose(9, 3, groups=2)([16, 9, 9])"), groups);
        let large = ShapeError::Dimension { what: "height", value: 6 * 2_147_483_647 + 3 };
        assert_eq!(shape_error("conv_transpose(8, 3, stride=2147483647)([16, 7, 7])"), large);
        let mut conv = ConvTranspose {
            out: 8,
            kernel: [u64::MAX; 2],
            stride: [u64::MAX; 2],
            pad: Padding::default(),
            output_pad: [u64::MAX; 2],
            dilation: [u64::MAX; 2],
            groups: 1,
            bias: true,
            line: false,
        };
        assert!(matches!(conv.infer(&[shape(&[16, 7, 7])]), Err(ShapeError::Dimension { .. })));
        conv.stride = [0; 2];
        assert_eq!(conv.infer(&[shape(&[16, 7, 7])]), Err(ShapeError::Dimension { what: "stride", value: 0 }));
    }

    #[test]
    fn work_is_done_for_each_input_pixel() {
        let call = "conv_transpose(8, [3, 2], stride=2, groups=2)([16, 5, 7])";
        let work = work(call);
        assert_eq!(work.macs, 3 * 2 * 16 * (8 / 2) * 5 * 7);
        assert_eq!(work.bias_adds, 8 * 11 * 14);
        assert_eq!(weights(call), [("weight", vec![16, 4, 3, 2], true), ("bias", vec![8], true)]);
    }

    /// Input pixels that reach an output pixel, by trying all.
    #[test]
    fn windows_are_those_of_the_sums() {
        for (kernel, stride, pad, dilation) in
            [(2, 2, 0, 1), (4, 2, 1, 1), (3, 2, 1, 1), (5, 3, 2, 1), (3, 1, 1, 2), (3, 4, 0, 1)]
        {
            let call = format!("conv_transpose(8, {kernel}, stride={stride}, pad={pad}, dilation={dilation})([1, 20, 20])");
            let Window::Fractional { extent, scale, before } = window(&call) else { panic!("{call}") };
            let reached = |o: i64| {
                let reaches = |i: &i64| (0..kernel).any(|j| i * stride + j * dilation - pad == o);
                (-40..60).filter(reaches).collect::<Vec<i64>>()
            };
            let most =
                (0..stride).map(|r| reached(5 * stride + r)).map(|i| i.last().zip(i.first()).map_or(0, |(l, f)| l - f + 1)).max();
            assert!(most.is_some_and(|most| most <= extent[0].cast_signed()), "{call}: {most:?} of {extent:?}");
            if dilation == 1 {
                assert_eq!(most, Some(extent[0].cast_signed()), "{call}");
                if let Some(first) = reached(5 * stride).first() {
                    assert_eq!(5 - before[0], *first, "{call}");
                }
            }
            assert_eq!(scale, [stride.cast_unsigned(); 2]);
        }
    }
}
