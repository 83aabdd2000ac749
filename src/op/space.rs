//! Operations on the grid of pixels: padding, blocks between channels and space, shuffled channels.
//!
//! In: arguments and input shapes. Out: payloads with sizes resolved.

use super::Op;
use super::args::{BuildError, PadArg, Printed, Reader};
use super::conv::Padding;
use super::error::{ShapeError, Side};
use super::geometry::{at_least_one, first, map_of, map_shape, narrow_signed};
use super::param_kind::ParamKind::{Count, Number, Pads, Words};
use super::payload::Payload;
use super::shape::Shape;
use super::table::DefaultValue::{Float, Word};
use super::table::{Built, OpInfo, Output, optional, required};
use super::work::{Window, Work};

pub(super) const PAD: OpInfo = OpInfo {
    keyword: "pad",
    family: "shape",
    summary: "adds rows and columns round a map",
    params: &[
        required("pad", Pads, "how many"),
        optional("value", Number, Float(0.0), "what mode zero fills them with"),
        optional(
            "mode",
            Words(&["zero", "reflect", "replicate"]),
            Word("zero"),
            "a constant, the map mirrored without its edge, or its edge",
        ),
    ],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, H, W] -> [C, H + top + bottom, W + left + right]",
    onnx: "Pad",
    build: build_pad,
};

pub(super) const DEPTH_TO_SPACE: OpInfo = OpInfo {
    keyword: "depth_to_space",
    family: "shape",
    summary: "blocks of channels to blocks of pixels (PyTorch's PixelShuffle)",
    params: &[required("block", Count, "side of a block; its square divides the channels")],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C block^2, H, W] -> [C, H block, W block]",
    onnx: "DepthToSpace",
    build: |read, _| {
        let block = read.count("block")?;
        Ok(Built::One(Op::DepthToSpace(DepthToSpace { block })))
    },
};

pub(super) const SPACE_TO_DEPTH: OpInfo = OpInfo {
    keyword: "space_to_depth",
    family: "shape",
    summary: "blocks of pixels to blocks of channels (PyTorch's PixelUnshuffle)",
    params: &[required("block", Count, "side of a block; divides height and width")],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, H block, W block] -> [C block^2, H, W]",
    onnx: "SpaceToDepth",
    build: |read, _| {
        let block = read.count("block")?;
        Ok(Built::One(Op::SpaceToDepth(SpaceToDepth { block })))
    },
};

pub(super) const CHANNEL_SHUFFLE: OpInfo = OpInfo {
    keyword: "channel_shuffle",
    family: "shape",
    summary: "interleaves groups of channels (Zhang et al., 2018)",
    params: &[required("groups", Count, "groups; divides the channels")],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, ...] -> [C, ...]",
    onnx: "Reshape, Transpose, Reshape",
    build: |read, _| {
        let groups = read.count("groups")?;
        Ok(Built::One(Op::ChannelShuffle(ChannelShuffle { groups })))
    },
};

/// What padding is filled with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PadMode {
    /// A constant.
    Constant(f64),
    /// Mirror without the edge.
    Reflect,
    /// The edge.
    Replicate,
}

/// Padding of `[C, H, W]` in space.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pad {
    /// How much.
    pub pad: Padding,
    /// With what.
    pub mode: PadMode,
}

/// `[C b², H, W]` to `[C, H b, W b]` (PyTorch's `PixelShuffle`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DepthToSpace {
    /// Block size `b`.
    pub block: u64,
}

/// `[C, H b, W b]` to `[C b², H, W]` (PyTorch's `PixelUnshuffle`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpaceToDepth {
    /// Block size `b`.
    pub block: u64,
}

/// Interleaves `groups` groups of channels (Zhang et al., 2018).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChannelShuffle {
    /// Groups; divides the channels.
    pub groups: u64,
}

fn build_pad(read: &Reader<'_>, _inputs: &[Shape]) -> Result<Built, BuildError> {
    let written = read.given("pad").ok_or_else(|| read.invalid("pad", "pad must be given".to_owned()))?;
    let pad = match read.padding("pad")? {
        PadArg::Even(pad) | PadArg::Sided(pad) => pad,
        PadArg::Same => return Err(read.mistyped("pad", written)),
    };
    let value = read.number("value")?;
    let mode = match read.word("mode")? {
        "reflect" => PadMode::Reflect,
        "replicate" => PadMode::Replicate,
        _ => PadMode::Constant(value),
    };
    if value != 0.0 && !matches!(mode, PadMode::Constant(_)) {
        return Err(read.invalid("value", "value is used by mode zero only".to_owned()));
    }
    Ok(Built::One(Op::Pad(Pad { pad, mode })))
}

impl Payload for Pad {
    fn info(&self) -> &'static OpInfo {
        &PAD
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let [channels, h, w] = map_of(inputs)?;
        let padded = |side, size: u64| {
            let (before, after) = self.pad.along(side);
            // A mirror without the edge shows at most the other pixels.
            let most = match self.mode {
                PadMode::Reflect => size - 1,
                PadMode::Constant(_) | PadMode::Replicate => u64::MAX,
            };
            let pad = before.max(after);
            if pad > most {
                Err(ShapeError::Padding { side, pad, most, allowed: self.pad.at_most([h - 1, w - 1]) })
            } else {
                Ok(i128::from(size) + i128::from(before) + i128::from(after))
            }
        };
        map_shape(i128::from(channels), padded(Side::Height, h)?, padded(Side::Width, w)?)
    }

    /// It moves elements and computes nothing.
    fn work(&self, _inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        Ok(Work::NONE)
    }

    fn window(&self, _map: Shape) -> Window {
        let before = [self.pad.top, self.pad.left].map(|p| narrow_signed(i128::from(p)));
        Window::Strided { extent: [1, 1], stride: [1, 1], before }
    }

    fn arguments(&self, printed: Printed) -> Printed {
        let printed = printed.arg("pad", self.pad.printed());
        match self.mode {
            PadMode::Constant(value) => printed.arg("value", value),
            PadMode::Reflect => printed.arg("mode", "reflect"),
            PadMode::Replicate => printed.arg("mode", "replicate"),
        }
    }
}

impl Payload for DepthToSpace {
    fn info(&self) -> &'static OpInfo {
        &DEPTH_TO_SPACE
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let [channels, h, w] = map_of(inputs)?;
        at_least_one("block", self.block)?;
        let area = self.block.checked_mul(self.block).filter(|area| channels.is_multiple_of(*area));
        let Some(area) = area else {
            return Err(ShapeError::Divide { what: "channels", value: channels, by: self.block.saturating_mul(self.block) });
        };
        let block = i128::from(self.block);
        map_shape(i128::from(channels / area), i128::from(h) * block, i128::from(w) * block)
    }

    /// It moves elements and computes nothing.
    fn work(&self, _inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        Ok(Work::NONE)
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Fractional { extent: [1, 1], scale: [self.block; 2], before: [0, 0] }
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed.arg("block", self.block)
    }
}

impl Payload for SpaceToDepth {
    fn info(&self) -> &'static OpInfo {
        &SPACE_TO_DEPTH
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let [channels, h, w] = map_of(inputs)?;
        at_least_one("block", self.block)?;
        for (what, value) in [("height", h), ("width", w)] {
            if !value.is_multiple_of(self.block) {
                return Err(ShapeError::Divide { what, value, by: self.block });
            }
        }
        // The block is at most a side, below 2^31.
        let area = i128::from(self.block) * i128::from(self.block);
        map_shape(i128::from(channels) * area, i128::from(h / self.block), i128::from(w / self.block))
    }

    /// It moves elements and computes nothing.
    fn work(&self, _inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        Ok(Work::NONE)
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Strided { extent: [self.block; 2], stride: [self.block; 2], before: [0, 0] }
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed.arg("block", self.block)
    }
}

impl Payload for ChannelShuffle {
    fn info(&self) -> &'static OpInfo {
        &CHANNEL_SHUFFLE
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let input = first(inputs)?;
        at_least_one("groups", self.groups)?;
        if input.channels().is_multiple_of(self.groups) {
            Ok(input)
        } else {
            Err(ShapeError::Groups { output: false, channels: input.channels(), groups: self.groups })
        }
    }

    /// It moves elements and computes nothing.
    fn work(&self, _inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        Ok(Work::NONE)
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Pixel
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed.arg("groups", self.groups)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{printed, shape, shape_error, told, window};
    use super::*;

    #[test]
    fn padding_grows_the_map() {
        assert_eq!(told("pad(2)([3, 8, 8])"), "[3, 12, 12]");
        assert_eq!(told("pad([1, 2])([3, 8, 8])"), "[3, 10, 12]");
        assert_eq!(told("pad([0, 1, 2, 3], mode=reflect)([3, 8, 8])"), "[3, 10, 12]");
        assert_eq!(printed("pad([0, 1, 2, 3], 0.5)([3, 8, 8])"), "pad=[0, 1, 2, 3], value=0.5");
        assert_eq!(printed("pad(1, mode=\"replicate\")([3, 8, 8])"), "pad=1, mode=replicate");
        let refused = "pad takes an integer, [height, width] or [top, left, bottom, right], not the string \"same\"";
        assert_eq!(told("pad(same)([3, 8, 8])"), refused);
        assert_eq!(told("pad(1, 0.5, mode=reflect)([3, 8, 8])"), "value is used by mode zero only");
        let pad = Padding { top: u64::MAX, left: 0, bottom: u64::MAX, right: 0 };
        let huge = Pad { pad, mode: PadMode::Replicate }.infer(&[shape(&[3, 8, 8])]);
        assert_eq!(huge, Err(ShapeError::Dimension { what: "height", value: 2 * i128::from(u64::MAX) + 8 }));
    }

    #[test]
    fn a_mirror_is_no_larger_than_the_map() {
        assert_eq!(told("pad(7, mode=reflect)([3, 8, 8])"), "[3, 22, 22]");
        assert_eq!(
            shape_error("pad(8, mode=reflect)([3, 8, 9])"),
            ShapeError::Padding { side: Side::Height, pad: 8, most: 7, allowed: Padding::even([7, 8]) }
        );
        assert_eq!(told("pad(8, mode=replicate)([3, 8, 8])"), "[3, 24, 24]");
    }

    #[test]
    fn blocks_move_between_channels_and_space() {
        assert_eq!(told("depth_to_space(2)([12, 4, 5])"), "[3, 8, 10]");
        assert_eq!(told("space_to_depth(2)([3, 8, 10])"), "[12, 4, 5]");
        assert_eq!(shape_error("depth_to_space(2)([6, 4, 5])"), ShapeError::Divide { what: "channels", value: 6, by: 4 });
        assert_eq!(shape_error("space_to_depth(2)([3, 8, 9])"), ShapeError::Divide { what: "width", value: 9, by: 2 });
        assert_eq!(told("space_to_depth(8)([3, 8, 8])"), "[192, 1, 1]");
        let many = ShapeError::Dimension { what: "channels", value: 2_147_483_647 * 4 };
        assert_eq!(shape_error("space_to_depth(2)([2147483647, 2, 2])"), many);
        let tall = ShapeError::Dimension { what: "height", value: 2 * 2_147_483_647 };
        assert_eq!(shape_error("depth_to_space(2)([4, 2147483647, 2])"), tall);
        for block in [0, u64::MAX] {
            assert!(DepthToSpace { block }.infer(&[shape(&[4, 2, 2])]).is_err());
            assert!(SpaceToDepth { block }.infer(&[shape(&[4, 2, 2])]).is_err());
        }
    }

    #[test]
    fn shuffled_groups_divide_the_channels() {
        assert_eq!(told("channel_shuffle(3)([12, 4, 5])"), "[12, 4, 5]");
        assert_eq!(shape_error("channel_shuffle(5)([12, 4, 5])"), ShapeError::Groups { output: false, channels: 12, groups: 5 });
        let none = ChannelShuffle { groups: 0 }.infer(&[shape(&[4])]);
        assert_eq!(none, Err(ShapeError::Dimension { what: "groups", value: 0 }));
    }

    #[test]
    fn windows_follow_the_grid() {
        let strided = |extent, stride, before| Window::Strided { extent, stride, before };
        assert_eq!(window("pad([1, 2, 0, 0])([3, 8, 8])"), strided([1, 1], [1, 1], [1, 2]));
        assert_eq!(window("space_to_depth(2)([3, 8, 8])"), strided([2, 2], [2, 2], [0, 0]));
        let blocks = Window::Fractional { extent: [1, 1], scale: [2, 2], before: [0, 0] };
        assert_eq!(window("depth_to_space(2)([4, 8, 8])"), blocks);
    }
}
