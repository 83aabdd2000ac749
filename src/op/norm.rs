//! Normalisations; that over axes of one's choice is [`layer_norm`](super::layer_norm).
//!
//! In: arguments and input shapes. Out: payloads, weights and counts. Shapes never change here. `E` stands for the number of
//! elements in the formulas of work.

use super::Op;
use super::args::{BuildError, Printed, Reader};
use super::error::ShapeError;
use super::geometry::{Map, at_least_one, first, map_of};
use super::param_kind::ParamKind::{Count, Flag, Number};
use super::payload::Payload;
use super::shape::Shape;
use super::table::DefaultValue::{Bool, Float};
use super::table::{Built, OpInfo, Output, ParamInfo, optional, required};
use super::weight::{Dims, Init, WeightSpec, if_affine};
use super::work::{Window, Work, elements};

pub(super) const EPS: ParamInfo = optional("eps", Number, Float(1e-5), "added to the variance");
const AFFINE: ParamInfo = optional("affine", Flag, Bool(true), "whether a factor and a shift per channel are learned");

pub(super) const BN: OpInfo = OpInfo {
    keyword: "bn",
    family: "normalisation",
    summary: "batch normalisation over axis 0 with running statistics",
    params: &[EPS, AFFINE],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, ...] -> [C, ...]",
    onnx: "BatchNormalization",
    build: |read, _| {
        let (eps, affine) = read_norm(read)?;
        Ok(Built::One(Op::BatchNorm(BatchNorm { eps, affine })))
    },
};

pub(super) const GROUP_NORM: OpInfo = OpInfo {
    keyword: "group_norm",
    family: "normalisation",
    summary: "normalises groups of channels over the whole map",
    params: &[required("groups", Count, "channel groups; divides the channels"), EPS, AFFINE],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, ...] -> [C, ...]",
    onnx: "GroupNormalization",
    build: |read, _| {
        let (eps, affine) = read_norm(read)?;
        Ok(Built::One(Op::GroupNorm(GroupNorm { groups: read.count("groups")?, eps, affine })))
    },
};

pub(super) const INSTANCE_NORM: OpInfo = OpInfo {
    keyword: "instance_norm",
    family: "normalisation",
    summary: "normalises each channel's map on its own",
    params: &[EPS, optional("affine", Flag, Bool(false), "whether a factor and a shift per channel are learned")],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, H, W] -> [C, H, W], [C, L] -> [C, L]",
    onnx: "InstanceNormalization",
    build: |read, _| {
        let (eps, affine) = read_norm(read)?;
        Ok(Built::One(Op::InstanceNorm(InstanceNorm { eps, affine })))
    },
};

pub(super) const LRN: OpInfo = OpInfo {
    keyword: "lrn",
    family: "normalisation",
    summary: "local response normalisation across neighbouring channels, as in AlexNet",
    params: &[
        required("size", Count, "channels in the window"),
        optional("alpha", Number, Float(1e-4), "factor of the mean square"),
        optional("beta", Number, Float(0.75), "exponent"),
        optional("k", Number, Float(1.0), "constant added before the power"),
    ],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, H, W] -> [C, H, W]",
    onnx: "LRN",
    build: build_lrn,
};

/// Batch normalisation over axis 0 with running statistics.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchNorm {
    /// Added to the variance.
    pub eps: f64,
    /// Whether scale and shift are learned.
    pub affine: bool,
}

/// Group normalisation (Wu & He, 2018).
#[derive(Debug, Clone, PartialEq)]
pub struct GroupNorm {
    /// Channel groups.
    pub groups: u64,
    /// Added to the variance.
    pub eps: f64,
    /// Whether scale and shift are learned.
    pub affine: bool,
}

/// Instance normalisation over each channel's map.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceNorm {
    /// Added to the variance.
    pub eps: f64,
    /// Whether scale and shift are learned.
    pub affine: bool,
}

/// Local response normalisation across channels, PyTorch's definition: `x / (k + alpha / size * sum x^2)^beta`.
#[derive(Debug, Clone, PartialEq)]
pub struct Lrn {
    /// Channels in the window.
    pub size: u64,
    /// Factor of the mean square.
    pub alpha: f64,
    /// Exponent.
    pub beta: f64,
    /// Constant.
    pub k: f64,
}

pub(super) fn read_norm(read: &Reader<'_>) -> Result<(f64, bool), BuildError> {
    let eps = read.positive("eps")?;
    // `bn(64)`, as PyTorch writes it, would be a network that runs and computes something else.
    if eps >= 1.0 {
        return Err(read.invalid("eps", format!("eps must be less than 1, not {eps}; channels follow from the input")));
    }
    Ok((eps, read.flag("affine")?))
}

fn build_lrn(read: &Reader<'_>, _inputs: &[Shape]) -> Result<Built, BuildError> {
    Ok(Built::One(Op::Lrn(Lrn {
        size: read.count("size")?,
        alpha: read.number("alpha")?,
        beta: read.number("beta")?,
        k: read.number("k")?,
    })))
}

pub(super) fn print_norm(printed: Printed, eps: f64, affine: bool) -> Printed {
    printed.arg("eps", eps).arg("affine", affine)
}

/// Factor and shift of each channel.
fn affine_weights(affine: bool, channels: u64) -> Vec<WeightSpec> {
    if !affine {
        return Vec::new();
    }
    let dims = Dims::vector(channels);
    vec![WeightSpec::learned("weight", dims, Init::AroundOne), WeightSpec::learned("bias", dims, Init::AroundZero)]
}

/// Normalisation whose statistics come from the input, over `groups` sets of elements. Mean: `E - groups` additions and a
/// division each; variance: `E` subtractions, `E` squares, `E - groups` additions and a division each; then each adds eps, takes
/// a root and inverts it; then `E` multiplications (the differences are kept). Affine: one more of both an element.
pub(super) fn statistics(input: Shape, groups: u64, affine: bool) -> Result<Work, ShapeError> {
    let count = elements(input)?;
    let per_element = Work { mul: 2 + u64::from(affine), add: 3 + u64::from(affine), ..Work::NONE };
    let mut work = per_element.times(count)?.plus(Work { exp: 1, div: 3, ..Work::NONE }.times(groups)?)?;
    work.add -= groups.min(work.add);
    Ok(work)
}

impl Payload for BatchNorm {
    fn info(&self) -> &'static OpInfo {
        &BN
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        first(inputs)
    }

    fn roles(&self) -> &'static [&'static str] {
        if self.affine { &["weight", "bias", "running_mean", "running_var"] } else { &["running_mean", "running_var"] }
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<WeightSpec> {
        let input = inputs[0];
        let dims = Dims::vector(input.channels());
        let mut weights = Vec::with_capacity(4);
        if self.affine {
            weights.push(WeightSpec::learned("weight", dims, Init::AroundOne));
            weights.push(WeightSpec::learned("bias", dims, Init::AroundZero));
        }
        weights.push(WeightSpec::buffer("running_mean", dims, Init::AroundZero));
        weights.push(WeightSpec::buffer("running_var", dims, Init::Variance));
        weights
    }

    /// One multiplication and one addition an element: the statistics are constants, folded into a factor and a shift per
    /// channel once, before any image.
    fn work(&self, inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        let input = inputs[0];
        Work { mul: 1, add: 1, ..Work::NONE }.times(elements(input)?)
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Pixel
    }

    fn arguments(&self, printed: Printed) -> Printed {
        print_norm(printed, self.eps, self.affine)
    }
}

impl Payload for GroupNorm {
    fn info(&self) -> &'static OpInfo {
        &GROUP_NORM
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

    fn roles(&self) -> &'static [&'static str] {
        if_affine(self.affine)
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<WeightSpec> {
        let input = inputs[0];
        affine_weights(self.affine, input.channels())
    }

    /// Statistics of each group: with the affine part `3E` multiplications and `4E - groups` additions.
    fn work(&self, inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        let input = inputs[0];
        statistics(input, self.groups, self.affine)
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Whole
    }

    fn arguments(&self, printed: Printed) -> Printed {
        print_norm(printed.arg("groups", self.groups), self.eps, self.affine)
    }
}

impl Payload for InstanceNorm {
    fn info(&self) -> &'static OpInfo {
        &INSTANCE_NORM
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        Map::of(inputs)?;
        first(inputs)
    }

    fn roles(&self) -> &'static [&'static str] {
        if_affine(self.affine)
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<WeightSpec> {
        let input = inputs[0];
        affine_weights(self.affine, input.channels())
    }

    /// Statistics of each channel.
    fn work(&self, inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        let input = inputs[0];
        statistics(input, input.channels(), self.affine)
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Whole
    }

    fn arguments(&self, printed: Printed) -> Printed {
        print_norm(printed, self.eps, self.affine)
    }
}

impl Payload for Lrn {
    fn info(&self) -> &'static OpInfo {
        &LRN
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        at_least_one("size", self.size)?;
        map_of(inputs)?;
        first(inputs)
    }

    /// Each element: a square, `size - 1` additions over the window (channels beyond the ends included), the factor, the
    /// constant, a power and a division.
    fn work(&self, inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        let input = inputs[0];
        Work { mul: 2, add: self.size, exp: 1, div: 1, ..Work::NONE }.times(elements(input)?)
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Pixel
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed.arg("size", self.size).arg("alpha", self.alpha).arg("beta", self.beta).arg("k", self.k)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{printed, shape_error, told, weights, window, work};
    use super::super::work::Window;
    use super::*;

    #[test]
    fn shapes_stay() {
        for call in ["bn()", "group_norm(2)", "layer_norm()", "instance_norm()", "lrn(5)"] {
            assert_eq!(told(&format!("{call}([4, 8, 9])")), "[4, 8, 9]", "{call}");
        }
        for call in ["bn()", "group_norm(2)", "layer_norm()"] {
            assert_eq!(told(&format!("{call}([4])")), "[4]", "{call}");
        }
    }

    #[test]
    fn shape_errors_have_reasons() {
        assert_eq!(shape_error("group_norm(3)([4, 8, 8])"), ShapeError::Groups { output: false, channels: 4, groups: 3 });
        assert!(matches!(shape_error("instance_norm()([4])"), ShapeError::Rank { needed: "[C, H, W] or [C, L]", .. }));
        assert!(matches!(shape_error("lrn(5)([4])"), ShapeError::Rank { needed: "[C, H, W]", .. }));
        let none = GroupNorm { groups: 0, eps: 0.0, affine: false };
        let input = Shape::new(&[4]).expect("a shape");
        assert_eq!(none.infer(&[input]), Err(ShapeError::Dimension { what: "groups", value: 0 }));
    }

    #[test]
    fn running_statistics_are_buffers() {
        let learned = [("weight", vec![4], true), ("bias", vec![4], true)];
        let kept = [("running_mean", vec![4], false), ("running_var", vec![4], false)];
        assert_eq!(weights("bn()([4, 8, 8])"), [learned.clone(), kept.clone()].concat());
        assert_eq!(weights("bn(affine=false)([4, 8, 8])"), kept);
        assert_eq!(weights("group_norm(2)([4, 8, 8])"), learned);
        assert_eq!(weights("layer_norm()([4, 8, 8])"), learned);
        assert_eq!(weights("instance_norm()([4, 8, 8])"), []);
        assert_eq!(weights("lrn(5)([4, 8, 8])"), []);
    }

    #[test]
    fn folded_normalisation_costs_two_operations_an_element() {
        assert_eq!(work("bn()([4, 3, 2])"), Work { mul: 24, add: 24, ..Work::NONE });
        assert_eq!(work("lrn(5)([4, 3, 2])"), Work { mul: 48, add: 120, exp: 24, div: 24, ..Work::NONE });
    }

    /// Two groups of twelve: means 2 x 11 additions, differences 24, squares 24, sums 2 x 11, eps 2, and the affine part.
    #[test]
    fn statistics_cost_what_their_steps_cost() {
        let group = work("group_norm(2)([4, 3, 2])");
        assert_eq!(group, Work { mul: 24 + 24 + 24, add: 22 + 24 + 22 + 2 + 24, exp: 2, div: 6, ..Work::NONE });
        let layer = work("layer_norm(affine=false)([4, 3, 2])");
        assert_eq!(layer, Work { mul: 48, add: 3 * 24 - 6, exp: 6, div: 18, ..Work::NONE });
        let instance = work("instance_norm()([4, 3, 2])");
        assert_eq!(instance, Work { mul: 48, add: 3 * 24 - 4, exp: 4, div: 12, ..Work::NONE });
    }

    #[test]
    fn only_what_differs_is_printed() {
        assert_eq!(printed("bn(1e-3)([4])"), "eps=0.001");
        assert_eq!(printed("instance_norm(affine=true)([4, 8, 8])"), "affine=true");
        assert_eq!(printed("lrn(5, k=2)([4, 8, 8])"), "size=5, k=2.0");
    }

    #[test]
    fn statistics_of_a_map_see_the_whole_map() {
        assert_eq!(window("bn()([4, 8, 8])"), Window::Pixel);
        assert_eq!(window("layer_norm()([4, 8, 8])"), Window::Pixel);
        assert_eq!(window("group_norm(2)([4, 8, 8])"), Window::Whole);
        assert_eq!(window("bn()([4])"), Window::Whole);
    }
}
