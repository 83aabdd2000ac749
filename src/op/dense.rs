//! Fully connected layers.

use super::Op;
use super::args::{BuildError, Printed, Reader};
use super::error::ShapeError;
use super::geometry::{axis_name, dimension, first};
use super::param_kind::ParamKind::{Count, Flag};
use super::payload::Payload;
use super::shape::Shape;
use super::table::DefaultValue::Bool;
use super::table::{Built, OpInfo, Output, optional, required};
use super::weight::{Dims, Init, WeightSpec, with_bias};
use super::work::{Window, Work, elements, product};

pub(super) const LINEAR: OpInfo = OpInfo {
    keyword: "linear",
    family: "dense",
    summary: "fully connected layer over the last axis",
    params: &[
        required("out", Count, "output features"),
        optional("bias", Flag, Bool(true), "whether a value per output is added"),
    ],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[..., F] -> [..., out]",
    onnx: "Gemm",
    build,
};

/// `y = x W^T + b` over the last axis.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Linear {
    /// Output features.
    pub out: u64,
    /// Whether a bias is added.
    pub bias: bool,
}

fn build(read: &Reader<'_>, _inputs: &[Shape]) -> Result<Built, BuildError> {
    Ok(Built::One(Op::Linear(Linear { out: read.count("out")?, bias: read.flag("bias")? })))
}

fn features(input: Shape) -> u64 {
    input.dim(input.rank() - 1)
}

impl Payload for Linear {
    fn info(&self) -> &'static OpInfo {
        &LINEAR
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let input = first(inputs)?;
        let axis = input.rank() - 1;
        let out = dimension(axis_name(axis, input.rank()), i128::from(self.out))?;
        Ok(input.with_dim(axis, out).expect("a checked dimension of an axis that is there"))
    }

    fn roles(&self) -> &'static [&'static str] {
        with_bias(self.bias)
    }

    fn weights(&self, inputs: &[Shape]) -> Vec<WeightSpec> {
        let input = inputs[0];
        let fan_in = features(input);
        let mut weights = Vec::with_capacity(2);
        weights.push(WeightSpec::learned("weight", Dims::matrix(self.out, fan_in), Init::HeNormal { fan_in }));
        if self.bias {
            weights.push(WeightSpec::learned("bias", Dims::vector(self.out), Init::Uniform { fan_in }));
        }
        weights
    }

    /// `F` MACs for each output element; one addition each for the bias.
    fn work(&self, inputs: &[Shape], output: Shape) -> Result<Work, ShapeError> {
        let input = inputs[0];
        let elements = elements(output)?;
        let macs = product("MACs", &[features(input), elements])?;
        Ok(Work { macs, bias_adds: if self.bias { elements } else { 0 }, ..Work::NONE })
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Whole
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed.arg("out", self.out).arg("bias", self.bias)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{printed, shape, told, weights, work};
    use super::*;

    #[test]
    fn the_last_axis_is_replaced() {
        assert_eq!(told("linear(10)([512])"), "[10]");
        assert_eq!(told("linear(10)([49, 512])"), "[49, 10]");
        assert_eq!(told("linear(10)([2, 3, 4, 5])"), "[2, 3, 4, 10]");
        let too_wide = Linear { out: 1 << 31, bias: false }.infer(&[shape(&[3])]);
        assert_eq!(too_wide, Err(ShapeError::Dimension { what: "features", value: 1 << 31 }));
        assert_eq!(Linear { out: 0, bias: false }.infer(&[]), Err(ShapeError::Arity { min: 1, max: Some(1), got: 0 }));
    }

    #[test]
    fn counts_and_weights_are_those_of_a_matrix() {
        let work = work("linear(10)([49, 512])");
        assert_eq!((work.macs, work.bias_adds), (49 * 512 * 10, 49 * 10));
        assert_eq!(weights("linear(10)([49, 512])"), [("weight", vec![10, 512], true), ("bias", vec![10], true)]);
        assert_eq!(weights("linear(10, bias=false)([512])"), [("weight", vec![10, 512], true)]);
        assert_eq!(printed("linear(10, bias=false)([512])"), "out=10, bias=false");
    }

    #[test]
    fn counts_beyond_64_bits_are_refused() {
        let wide = shape(&[2_147_483_647, 2_147_483_647]);
        let linear = Linear { out: 2_147_483_647, bias: false };
        let output = linear.infer(&[wide]).expect("the shape fits");
        assert_eq!(linear.work(&[wide], output), Err(ShapeError::Overflow { what: "MACs" }));
    }
}
