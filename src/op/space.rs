//! Operations on the grid of pixels: blocks between channels and space, shuffled channels.
//!
//! In: arguments and input shapes. Out: payloads with sizes resolved.

use super::Op;
use super::args::Printed;
use super::error::ShapeError;
use super::geometry::{at_least_one, first, map_of, map_shape};
use super::param_kind::ParamKind::Count;
use super::payload::Payload;
use super::shape::Shape;
use super::table::{Built, OpInfo, Output, required};
use super::work::{Window, Work};

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
    use super::super::tests::{shape, shape_error, told, window};
    use super::*;

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
        assert_eq!(window("space_to_depth(2)([3, 8, 8])"), strided([2, 2], [2, 2], [0, 0]));
        let blocks = Window::Fractional { extent: [1, 1], scale: [2, 2], before: [0, 0] };
        assert_eq!(window("depth_to_space(2)([4, 8, 8])"), blocks);
    }
}
