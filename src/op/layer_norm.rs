//! Layer normalisation, over axes of one's choice.
//!
//! In: arguments and input shapes. Out: the payload, with negative axes resolved, its weights and counts. The axes follow each
//! other, so that weights have their dimensions in the order that PyTorch's `normalized_shape` has them.

use super::args::{BuildError, Printed, Reader};
use super::error::ShapeError;
use super::geometry::{first, no_axis};
use super::norm::{EPS, print_norm, read_norm, statistics};
use super::param_kind::ParamKind::{Flag, IntegerOrList};
use super::payload::Payload;
use super::shape::Shape;
use super::table::DefaultValue::{Bool, Int};
use super::table::{Built, OpInfo, Output, optional};
use super::weight::{Dims, Init, WeightSpec, with_bias};
use super::work::{Window, Work, elements};
use super::{Op, axes};

pub(super) const LAYER_NORM: OpInfo = OpInfo {
    keyword: "layer_norm",
    family: "normalisation",
    summary: "normalises the channels of each position on its own, as in ConvNeXt; or what lies along other axes",
    params: &[
        EPS,
        optional("affine", Flag, Bool(true), "whether factors and shifts are learned, of the dimensions of these axes"),
        optional("axes", IntegerOrList, Int(0), "axes over which it normalises, one after the other; 0 is the channels"),
        optional("bias", Flag, Bool(true), "whether there are shifts beside the factors"),
    ],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[...] -> [...]",
    onnx: "LayerNormalization",
    build: build_layer_norm,
};

/// Layer normalisation over some axes: over axis 0 it is `ConvNeXt`'s, which has the channels of each position.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerNorm {
    /// Added to the variance.
    pub eps: f64,
    /// Whether a scale is learned, of the dimensions of the axes.
    pub affine: bool,
    /// Consecutive axes, ascending.
    pub axes: Vec<usize>,
    /// Whether a shift is learned beside the scale.
    pub bias: bool,
}

impl LayerNorm {
    /// Over the channels of each position, with a shift where there is a scale.
    #[must_use]
    pub fn of_channels(eps: f64, affine: bool) -> Self {
        Self { eps, affine, axes: vec![0], bias: true }
    }

    /// The dimensions of its axes.
    fn normalized(&self, input: Shape) -> Shape {
        let dims: Vec<u64> = self.axes.iter().map(|axis| input.dim(*axis)).collect();
        Shape::new(&dims).expect("dimensions of the input")
    }
}

fn build_layer_norm(read: &Reader<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
    let (eps, affine) = read_norm(read)?;
    let axes = axes::ascending(read, "axes", first(inputs)?.rank())?;
    if !is_consecutive(&axes) {
        let message = "axes must follow each other; `transpose` the others between them away first, and back behind".to_owned();
        return Err(read.invalid("axes", message));
    }
    // Without factors there are no shifts either, whatever is said of them.
    let bias = read.flag("bias")? || !affine;
    Ok(Built::One(Op::LayerNorm(LayerNorm { eps, affine, axes, bias })))
}

fn is_consecutive(axes: &[usize]) -> bool {
    axes.windows(2).all(|pair| pair[1] == pair[0] + 1)
}

impl Payload for LayerNorm {
    fn info(&self) -> &'static OpInfo {
        &LAYER_NORM
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let input = first(inputs)?;
        let bad = axes::bad(&self.axes, input.rank()).or_else(|| self.axes.is_empty().then_some(0));
        match bad.or_else(|| self.axes.last().copied().filter(|_| !is_consecutive(&self.axes))) {
            Some(axis) => Err(no_axis(axis, input.rank())),
            None => Ok(input),
        }
    }

    fn roles(&self) -> &'static [&'static str] {
        if self.affine { with_bias(self.bias) } else { &[] }
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<WeightSpec> {
        let dims = Dims::of(self.normalized(inputs[0]));
        let init = |name: &&'static str| if *name == "bias" { Init::AroundZero } else { Init::AroundOne };
        self.roles().iter().map(|name| WeightSpec::learned(name, dims, init(name))).collect()
    }

    /// Statistics of each place along the other axes. Without shifts each element has an addition less.
    fn work(&self, inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        let input = inputs[0];
        let count = elements(input)?;
        let mut work = statistics(input, count / elements(self.normalized(input))?, self.affine)?;
        if self.affine && !self.bias {
            work.add -= count.min(work.add);
        }
        Ok(work)
    }

    fn window(&self, _map: Shape) -> Window {
        if self.axes == [0] { Window::Pixel } else { Window::Whole }
    }

    fn arguments(&self, printed: Printed) -> Printed {
        let printed = print_norm(printed, self.eps, self.affine);
        match self.axes.as_slice() {
            [axis] => printed.arg("axes", *axis),
            axes => printed.arg("axes", axes::listed(axes)),
        }
        .arg("bias", self.bias)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{printed, shape_error, told, weights, window, work};
    use super::*;

    #[test]
    fn layers_normalise_over_the_axes_that_are_named() {
        for (call, dims, groups) in [
            ("layer_norm(axes=-1)([49, 64])", vec![64], 49),
            ("layer_norm(axes=[1, 2])([4, 3, 2])", vec![3, 2], 4),
            ("layer_norm(axes=[-1, 0, 1])([4, 3, 2])", vec![4, 3, 2], 1),
            ("layer_norm(axes=[2, 3, 4, 5])([2, 3, 1, 2, 3, 4])", vec![1, 2, 3, 4], 6),
            ("layer_norm()([4, 3, 2])", vec![4], 6),
        ] {
            assert_eq!(weights(call), [("weight", dims.clone(), true), ("bias", dims, true)], "{call}");
            assert_eq!(work(call).exp, groups, "{call}");
        }
        assert_eq!(weights("layer_norm(axes=1, bias=false)([4, 3])"), [("weight", vec![3], true)]);
        let (with, without) = (work("layer_norm(axes=1)([4, 3])"), work("layer_norm(axes=1, bias=false)([4, 3])"));
        assert_eq!((with.mul, with.add - 12), (without.mul, without.add));
        assert_eq!(printed("layer_norm(axes=[-2])([4, 3])"), "");
        assert_eq!(printed("layer_norm(1e-6, axes=[-1, 1], bias=false)([4, 3, 2])"), "eps=1e-6, axes=[1, 2], bias=false");
        assert_eq!(window("layer_norm(axes=[0, 1])([4, 8, 8])"), Window::Whole);
    }

    #[test]
    fn axes_of_a_layer_norm_follow_each_other() {
        let told_ = |axes: &str| told(&format!("layer_norm(axes={axes})([4, 3, 2])"));
        assert!(told_("[0, 2]").starts_with("axes must follow each other; `transpose`"));
        assert_eq!(told_("[1, 1]"), "axes must name no axis twice");
        assert_eq!(told_("[]"), "axes must name at least one axis");
        assert_eq!(shape_error("layer_norm(axes=3)([4, 3, 2])"), ShapeError::Axis { axis: 3, rank: 3 });
        assert_eq!(printed("layer_norm(affine=false, bias=false)([4])"), "affine=false");
        for axes in [vec![], vec![3], vec![0, 2], vec![1, 0], vec![1, 1]] {
            let raw = LayerNorm { eps: 1e-5, affine: true, axes, bias: true };
            let input = Shape::new(&[4, 3, 2]).expect("a shape");
            assert!(matches!(raw.infer(&[input]), Err(ShapeError::Axis { rank: 3, .. })), "{raw:?}");
        }
    }
}
