//! Operations that read no tensor: inputs, learned tensors and constants.
//!
//! In: attributes alone. Out: shapes and weights. Nothing here depends on an image: a learned tensor and a constant are the
//! same for each, and stand where a tensor stands.

use std::sync::Arc;

use super::Op;
use super::args::{ArgValue, BuildError, Printed, Reader, ints};
use super::error::ShapeError;
use super::param_kind::ParamKind::{IntegerOrList, Integers, NestedNumbers, Number};
use super::payload::Payload;
use super::shape::{MAX_DIM, MAX_RANK, Shape};
use super::table::DefaultValue::{Absent, Float};
use super::table::{Built, OpInfo, Output, optional, required};
use super::weight::{Dims, Init, WeightSpec};
use super::work::{Window, Work, elements};

/// The most values of a constant: what is larger is a weight.
pub const MAX_VALUES: u64 = 65_536;

/// What an input is; a statement makes it, no call, so that it is not in the table of operations.
pub(super) const INPUT: OpInfo = OpInfo {
    keyword: "input",
    family: "source",
    summary: "a network input",
    params: &[required("shape", Integers, "its shape")],
    inputs: (0, Some(0)),
    output: Output::Computed,
    shapes: "no input -> [shape]",
    onnx: "graph input",
    build: no_call,
};

pub(super) const PARAM: OpInfo = OpInfo {
    keyword: "param",
    family: "source",
    summary: "a learned tensor, the same for each image; `x * param([96, 1, 1])` is a layer scale",
    params: &[
        required("shape", IntegerOrList, "its shape, of 1 to 6 dimensions"),
        optional("init", Number, Float(0.0), "value that training starts from"),
    ],
    inputs: (0, Some(0)),
    output: Output::Stored,
    shapes: "no input -> [shape]",
    onnx: "initializer",
    build: build_param,
};

pub(super) const CONSTANT: OpInfo = OpInfo {
    keyword: "constant",
    family: "source",
    summary: "given numbers, the same for each image; at most 65,536",
    params: &[
        required("values", NestedNumbers, "one number, or as many as the shape holds, the last axis varying fastest"),
        optional("shape", Integers, Absent, "its shape, which one number fills; that of the lists where it is not given"),
    ],
    inputs: (0, Some(0)),
    output: Output::Stored,
    shapes: "no input -> [shape]",
    onnx: "Constant",
    build: build_constant,
};

/// A learned tensor of any shape.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Param {
    /// Its shape.
    pub shape: Shape,
    /// Value that training starts from.
    pub init: f64,
}

/// A tensor of given numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant {
    /// Its shape.
    pub shape: Shape,
    /// As many numbers as the shape has elements, the last axis varying fastest; computed with as f32.
    pub values: Arc<[f64]>,
}

/// The builder of what is not written as a call, and so never asked for.
pub(super) fn no_call(_read: &Reader<'_>, _inputs: &[Shape]) -> Result<Built, BuildError> {
    unreachable!("only rows of the table are called")
}

fn build_param(read: &Reader<'_>, _inputs: &[Shape]) -> Result<Built, BuildError> {
    let shape = read_shape(read)?;
    Ok(Built::One(Op::Param(Param { shape, init: read.number("init")? })))
}

fn build_constant(read: &Reader<'_>, _inputs: &[Shape]) -> Result<Built, BuildError> {
    let written = read.value("values")?;
    let mut values = Vec::new();
    let own = lengths(read, &written)?;
    collect(read, (&written, &written), &own, &mut values)?;
    let shape = match read.given("shape") {
        Some(_) => read_shape(read)?,
        // A lone number is a vector of one.
        None => Shape::new(if own.is_empty() { &[1] } else { &own }).expect("lengths of lists within bounds"),
    };
    let want = elements(shape)?;
    if want > MAX_VALUES {
        return Err(read.invalid("shape", format!("a constant has at most {MAX_VALUES} values, and {shape} holds {want}")));
    }
    if own.is_empty() {
        values.resize(usize::try_from(want).expect("at most MAX_VALUES"), values[0]);
    }
    if values.len() as u64 != want {
        return Err(read.invalid("shape", format!("shape {shape} holds {want} values, and {} are given", values.len())));
    }
    Ok(Built::One(Op::Constant(Constant { shape, values: values.into() })))
}

/// The parameter `shape`.
fn read_shape(read: &Reader<'_>) -> Result<Shape, BuildError> {
    let written = read.integers("shape", true)?;
    if written.is_empty() || written.len() > MAX_RANK {
        let got = written.len();
        return Err(read.invalid("shape", format!("this shape has 1 to {MAX_RANK} dimensions, not {got}")));
    }
    let bounded = |dim: &i64| {
        let outside = || read.invalid("shape", format!("a dimension is from 1 to {MAX_DIM}, not {dim}"));
        u64::try_from(*dim).ok().filter(|d| (1..=MAX_DIM).contains(d)).ok_or_else(outside)
    };
    let dims = written.iter().map(bounded).collect::<Result<Vec<_>, _>>()?;
    Ok(Shape::new(&dims).expect("dimensions within bounds"))
}

/// The lengths of nested lists, from their first elements; none for a number.
fn lengths(read: &Reader<'_>, mut value: &ArgValue) -> Result<Vec<u64>, BuildError> {
    let mut dims = Vec::new();
    while let ArgValue::List(items) = value {
        dims.push(items.len() as u64);
        if dims.len() > MAX_RANK {
            return Err(read.invalid("values", format!("values is nested at most {MAX_RANK} deep")));
        }
        value = items.first().ok_or_else(|| read.invalid("values", "values has no empty list".to_owned()))?;
    }
    Ok(dims)
}

/// The numbers of nested lists that all have the lengths `dims`.
fn collect(
    read: &Reader<'_>,
    (whole, value): (&ArgValue, &ArgValue),
    dims: &[u64],
    into: &mut Vec<f64>,
) -> Result<(), BuildError> {
    match (dims, value) {
        ([length, inner @ ..], ArgValue::List(items)) if items.len() as u64 == *length => {
            items.iter().try_for_each(|item| collect(read, (whole, item), inner, into))
        }
        ([_, ..], _) | ([], ArgValue::List(_)) => {
            Err(read.invalid("values", "lists that stand beside each other in values have one length".to_owned()))
        }
        ([], number) => {
            into.push(read.number_of("values", whole, number)?);
            Ok(())
        }
    }
}

/// An input is its shape.
impl Payload for Shape {
    fn info(&self) -> &'static OpInfo {
        &INPUT
    }

    fn infer(&self, _inputs: &[Shape]) -> Result<Shape, ShapeError> {
        Ok(*self)
    }

    fn work(&self, _inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        Ok(Work::NONE)
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Whole
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed.arg("shape", ints(self.to_vec()))
    }
}

impl Payload for Param {
    fn info(&self) -> &'static OpInfo {
        &PARAM
    }

    fn infer(&self, _inputs: &[Shape]) -> Result<Shape, ShapeError> {
        Ok(self.shape)
    }

    fn roles(&self) -> &'static [&'static str] {
        &["weight"]
    }

    fn weights(&self, _inputs: &[Shape]) -> Vec<WeightSpec> {
        vec![WeightSpec::learned("weight", Dims::of(self.shape), Init::Constant(self.init))]
    }

    fn work(&self, _inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        Ok(Work::NONE)
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Whole
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed.arg("shape", ints(self.shape.to_vec())).arg("init", self.init)
    }
}

impl Payload for Constant {
    fn info(&self) -> &'static OpInfo {
        &CONSTANT
    }

    fn infer(&self, _inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let (have, want) = (self.values.len() as u64, elements(self.shape)?);
        if have == want { Ok(self.shape) } else { Err(ShapeError::Elements { from: self.shape, have, want }) }
    }

    fn work(&self, _inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        Ok(Work::NONE)
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Whole
    }

    /// One number and the shape that it fills, or all of them in a row.
    fn arguments(&self, printed: Printed) -> Printed {
        let (shape, first) = (ints(self.shape.to_vec()), self.values.first().copied().unwrap_or_default());
        let one = self.values.iter().all(|value| value.to_bits() == first.to_bits());
        if self.shape.to_vec() == [1] {
            return printed.arg("values", first);
        }
        if one {
            return printed.arg("values", first).arg("shape", shape);
        }
        let values = ArgValue::List(self.values.iter().map(|value| ArgValue::Float(*value)).collect());
        let printed = printed.arg("values", values);
        if self.shape.rank() == 1 { printed } else { printed.arg("shape", shape) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{op, printed, shape, shape_error, told, weights, work};
    use super::*;

    #[test]
    fn learned_tensors_have_the_shape_that_is_written() {
        assert_eq!(told("param([96, 1, 1], init=1e-6)()"), "[96, 1, 1]");
        assert_eq!(told("param(96)()"), "[96]");
        assert_eq!(weights("param([96, 1, 1])()"), [("weight", vec![96, 1, 1], true)]);
        assert_eq!((printed("param([4, 1], 0.5)()").as_str(), work("param(4)()")), ("shape=[4, 1], init=0.5", Work::NONE));
        assert_eq!(weights("param([1, 2, 3, 4, 5, 6])()"), [("weight", vec![1, 2, 3, 4, 5, 6], true)]);
        assert_eq!(told("param([1, 2, 3, 4, 5, 6, 7])()"), "this shape has 1 to 6 dimensions, not 7");
        assert_eq!(told("param([4, 0])()"), "a dimension is from 1 to 2147483647, not 0");
        assert_eq!(told("param([4, -1])()"), "a dimension is from 1 to 2147483647, not -1");
        assert_eq!(
            Op::Param(Param { shape: shape(&[1]), init: 0.0 }).infer(&[shape(&[1])]),
            Err(ShapeError::Arity { min: 0, max: Some(0), got: 1 })
        );
    }

    #[test]
    fn constants_take_the_shape_of_their_lists_or_the_one_that_is_written() {
        let values = |call: &str| {
            let Op::Constant(constant) = op(call).0 else { panic!("{call}") };
            (constant.shape.to_string(), constant.values.to_vec())
        };
        assert_eq!(values("constant(2)()"), ("[1]".to_owned(), vec![2.0]));
        assert_eq!(values("constant([1, -2.5])()"), ("[2]".to_owned(), vec![1.0, -2.5]));
        assert_eq!(values("constant([[1, 2, 3], [4, 5, 6]])()"), ("[2, 3]".to_owned(), vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
        assert_eq!(values("constant([1, 2, 3, 4], [2, 1, 2])()"), ("[2, 1, 2]".to_owned(), vec![1.0, 2.0, 3.0, 4.0]));
        assert_eq!(values("constant(0.5, shape=[3, 1])()"), ("[3, 1]".to_owned(), vec![0.5; 3]));
        assert_eq!(values("constant([[7]])()"), ("[1, 1]".to_owned(), vec![7.0]));
    }

    #[test]
    fn constants_that_do_not_fit_are_told() {
        let ragged = "lists that stand beside each other in values have one length";
        for call in ["constant([[1, 2], [3]])()", "constant([[1], 2])()", "constant([1, [2]])()"] {
            assert_eq!(told(call), ragged, "{call}");
        }
        assert_eq!(told("constant([])()"), "values has no empty list");
        assert_eq!(told("constant([1, half])()"), "values takes a number or nested list of numbers, not the list [1, \"half\"]");
        assert_eq!(told("constant([1, 2, 3], shape=[2, 2])()"), "shape [2, 2] holds 4 values, and 3 are given");
        assert_eq!(told("constant(1, shape=[65537])()"), "a constant has at most 65536 values, and [65537] holds 65537");
        assert_eq!(told("constant(1, shape=[65536])()"), "[65536]");
        assert_eq!(told("constant([[[[[[[1]]]]]]])()"), "values is nested at most 6 deep");
        let wide = "constant(1, shape=[2147483647, 2147483647, 2147483647])()";
        assert_eq!(shape_error(wide), ShapeError::Overflow { what: "elements" });
        let short = Op::Constant(Constant { shape: shape(&[3]), values: [1.0].into() });
        assert_eq!(short.infer(&[]), Err(ShapeError::Elements { from: shape(&[3]), have: 1, want: 3 }));
    }

    #[test]
    fn constants_are_printed_as_short_as_they_can_be() {
        assert_eq!(printed("constant(2)()"), "values=2.0");
        assert_eq!(printed("constant([2, 2])()"), "values=2.0, shape=[2]");
        assert_eq!(printed("constant([1, 2])()"), "values=[1.0, 2.0]");
        assert_eq!(printed("constant([0.0, -0.0])()"), "values=[0.0, -0.0]");
    }
}
