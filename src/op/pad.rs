//! Padding of maps, and cropping, which is padding by less than nothing.
//!
//! In: arguments and input shapes. Out: the payload with its sides resolved; what each mode allows is what PyTorch's `F.pad` does.

use super::Op;
use super::args::{ArgValue, BuildError, Printed, Reader};
use super::conv::Padding;
use super::error::{ShapeError, Side};
use super::geometry::{Map, narrow_signed};
use super::param_kind::ParamKind::{Number, Pads, Words};
use super::payload::Payload;
use super::shape::Shape;
use super::table::DefaultValue::{Float, Word};
use super::table::{Built, OpInfo, Output, optional, required};
use super::work::{Window, Work};

pub(super) const PAD: OpInfo = OpInfo {
    keyword: "pad",
    family: "shape",
    summary: "adds rows and columns round a map, or takes them off",
    params: &[
        required("pad", Pads, "how many; negative ones are taken off"),
        optional("value", Number, Float(0.0), "what mode zero fills them with"),
        optional(
            "mode",
            Words(&["zero", "reflect", "replicate", "circular"]),
            Word("zero"),
            "a constant, the map mirrored without its edge, its edge, or the map from its other end on",
        ),
    ],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, H, W] -> [C, H + top + bottom, W + left + right], [C, L] -> [C, L + left + right]",
    onnx: "Pad",
    build: build_pad,
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
    /// The other end of the map, as if it went round.
    Circular,
}

/// Padding of `[C, H, W]` or `[C, L]` in space. A side is padded or cropped, not both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pad {
    /// How much is added.
    pub pad: Padding,
    /// How much is taken off.
    pub crop: Padding,
    /// With what.
    pub mode: PadMode,
    /// Whether its maps are lines `[C, L]`.
    pub line: bool,
}

fn build_pad(read: &Reader<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    let Map { line, .. } = Map::of(inputs)?;
    let margins = read.margins("pad", line)?;
    let value = read.number("value")?;
    let mode = match read.word("mode")? {
        "reflect" => PadMode::Reflect,
        "replicate" => PadMode::Replicate,
        "circular" => PadMode::Circular,
        _ => PadMode::Constant(value),
    };
    if value != 0.0 && !matches!(mode, PadMode::Constant(_)) {
        return Err(read.invalid("value", "value is used by mode zero only".to_owned()));
    }
    let [pad, crop] = [1, -1].map(|sign| {
        let [top, left, bottom, right] = margins.map(|n| (n * sign).max(0).unsigned_abs());
        Padding { top, left, bottom, right }
    });
    if mode == PadMode::Circular && crop != Padding::default() {
        let message = "mode circular adds rows and columns, and takes none off: another `pad` before it does";
        return Err(read.invalid("pad", message.to_owned()));
    }
    Ok(Built::One(Op::Pad(Pad { pad, crop, mode, line })))
}

impl Pad {
    /// Positions added before and after along one side: negative where they are taken off.
    #[must_use]
    pub fn along(&self, side: Side) -> (i64, i64) {
        let (pad, crop) = (self.pad.along(side), self.crop.along(side));
        let signed = |pad: u64, crop: u64| narrow_signed(i128::from(pad) - i128::from(crop));
        (signed(pad.0, crop.0), signed(pad.1, crop.1))
    }

    /// The most that a mode adds on a side of `size`: a mirror without the edge shows the other pixels, and what goes round
    /// does so once.
    fn most(&self, size: u64) -> u64 {
        match self.mode {
            PadMode::Reflect => size - 1,
            PadMode::Circular => size,
            PadMode::Constant(_) | PadMode::Replicate => u64::MAX,
        }
    }

    /// The size of a side of `map` when it is padded.
    fn padded(&self, side: Side, map: Map) -> Result<i128, ShapeError> {
        let (at, axis) = match side {
            Side::Height => (0, 1),
            Side::Width => (1, if map.line { 1 } else { 2 }),
        };
        let size = map.size[at];
        let ((before, after), (first, last)) = (self.pad.along(side), self.crop.along(side));
        let (pad, most) = (before.max(after), self.most(size));
        if pad > most {
            let allowed = self.pad.at_most(map.size.map(|size| self.most(size)));
            return Err(ShapeError::Padding { side, pad, most, allowed });
        }
        let crop = first.max(last);
        if crop > size {
            return Err(ShapeError::Extent { axis, dim: size, why: format!("it cannot take off {crop}") });
        }
        Ok(i128::from(size) + i128::from(before) + i128::from(after) - i128::from(first) - i128::from(last))
    }
}

impl Payload for Pad {
    fn info(&self) -> &'static OpInfo {
        &PAD
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let map = Map::like(inputs, self.line)?;
        map.resized(i128::from(map.channels), [self.padded(Side::Height, map)?, self.padded(Side::Width, map)?])
    }

    /// It moves elements and computes nothing.
    fn work(&self, _inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        Ok(Work::NONE)
    }

    fn window(&self, _map: Shape) -> Window {
        let before = [Side::Height, Side::Width].map(|side| self.along(side).0);
        Window::Strided { extent: [1, 1], stride: [1, 1], before }
    }

    fn arguments(&self, printed: Printed) -> Printed {
        let printed = printed.arg("pad", self.written());
        match self.mode {
            PadMode::Constant(value) => printed.arg("value", value),
            PadMode::Reflect => printed.arg("mode", "reflect"),
            PadMode::Replicate => printed.arg("mode", "replicate"),
            PadMode::Circular => printed.arg("mode", "circular"),
        }
    }
}

impl Pad {
    /// The shortest argument that means its sides.
    fn written(&self) -> ArgValue {
        if self.crop == Padding::default() {
            return self.pad.printed(self.line);
        }
        let ((top, bottom), (left, right)) = (self.along(Side::Height), self.along(Side::Width));
        let list = |sides: &[i64]| ArgValue::List(sides.iter().map(|n| ArgValue::Int(*n)).collect());
        match (self.line, (top, left) == (bottom, right)) {
            (true, true) => ArgValue::Int(left),
            (true, false) => list(&[left, right]),
            (false, true) if top == left => ArgValue::Int(top),
            (false, true) => list(&[top, left]),
            (false, false) => list(&[top, left, bottom, right]),
        }
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
        let huge = Pad { pad, crop: Padding::default(), mode: PadMode::Replicate, line: false }.infer(&[shape(&[3, 8, 8])]);
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
    fn what_goes_round_does_so_once() {
        assert_eq!(told("pad([8, 9], mode=circular)([3, 8, 9])"), "[3, 24, 27]");
        assert_eq!(
            shape_error("pad(9, mode=circular)([3, 8, 9])"),
            ShapeError::Padding { side: Side::Height, pad: 9, most: 8, allowed: Padding::even([8, 9]) }
        );
        let refused = "mode circular adds rows and columns, and takes none off: another `pad` before it does";
        assert_eq!(told("pad([1, -1], mode=circular)([3, 8, 8])"), refused);
    }

    #[test]
    fn negative_sides_are_taken_off() {
        for (call, size, written) in [
            ("pad(-1)([3, 8, 9])", "[3, 6, 7]", "pad=-1"),
            ("pad([-1, 2])([3, 8, 9])", "[3, 6, 13]", "pad=[-1, 2]"),
            ("pad([0, -8, 1, 2])([3, 8, 8])", "[3, 9, 2]", "pad=[0, -8, 1, 2]"),
            ("pad([-1, 2], mode=reflect)([3, 5])", "[3, 6]", "pad=[-1, 2], mode=reflect"),
            ("pad(-2)([3, 5])", "[3, 1]", "pad=-2"),
            ("pad([2, 2])([3, 5])", "[3, 9]", "pad=2"),
        ] {
            assert_eq!((told(call).as_str(), printed(call).as_str()), (size, written), "{call}");
        }
        let gone = ShapeError::Dimension { what: "height", value: 0 };
        assert_eq!(shape_error("pad([-4, 0])([3, 8, 8])"), gone);
        let why = "it cannot take off 9".to_owned();
        assert_eq!(shape_error("pad([0, -9, 0, 9])([3, 8, 8])"), ShapeError::Extent { axis: 2, dim: 8, why });
        assert_eq!(
            told("pad([0, 1, 0, 1])([3, 5])"),
            "pad is one number or [left, right] on a line [C, L], not the list [0, 1, 0, 1]"
        );
    }

    #[test]
    fn windows_follow_the_grid() {
        let moved = |before| Window::Strided { extent: [1, 1], stride: [1, 1], before };
        assert_eq!(window("pad([1, 2, 0, 0])([3, 8, 8])"), moved([1, 2]));
        assert_eq!(window("pad([-1, 2])([3, 8])"), moved([0, -1]));
    }
}
