//! Operations that join tensors, and arithmetic with constants.
//!
//! In: arguments and input shapes. Out: payloads, broadcast and joined shapes, counts.

use super::Op;
use super::args::Printed;
use super::error::ShapeError;
use super::geometry::{axis_name, dimension, first, no_axis};
use super::param_kind::ParamKind::{Integer, Number, Operator};
use super::payload::Payload;
use super::shape::{MAX_RANK, Shape};
use super::source::no_call;
use super::table::DefaultValue::Int;
use super::table::{Build, Built, OpInfo, Output, optional, required};
use super::work::{Window, Work, elements};

pub(super) const CONCAT: OpInfo = OpInfo {
    keyword: "concat",
    family: "joining",
    summary: "joins tensors along an axis; the other dimensions are equal",
    params: &[optional("axis", Integer, Int(0), "axis along which they are joined; 0 is the channels")],
    inputs: (1, None),
    output: Output::Computed,
    shapes: "[C1, H, W], [C2, H, W] -> [C1 + C2, H, W]",
    onnx: "Concat",
    build: |read, inputs| {
        let axis = read.axis("axis", first(inputs)?.rank())?;
        Ok(Built::One(Op::Concat(Concat { axis })))
    },
};

const fn row(keyword: &'static str, summary: &'static str, onnx: &'static str, build: Build) -> OpInfo {
    OpInfo {
        keyword,
        family: "joining",
        summary,
        params: &[],
        inputs: (2, None),
        output: Output::Computed,
        shapes: "[...], [...] -> [...]",
        onnx,
        build,
    }
}

fn built(merge: Merge) -> Built {
    Built::One(Op::Elementwise(Elementwise { merge }))
}

pub(super) const ADD: OpInfo = row("add", "element-wise sum, with broadcasting", "Add", |_, _| Ok(built(Merge::Add)));
pub(super) const MUL: OpInfo = row("mul", "element-wise product, with broadcasting", "Mul", |_, _| Ok(built(Merge::Mul)));
pub(super) const SUB: OpInfo = row("sub", "element-wise difference, with broadcasting", "Sub", |_, _| Ok(built(Merge::Sub)));
pub(super) const DIV: OpInfo = row("div", "element-wise quotient, with broadcasting", "Div", |_, _| Ok(built(Merge::Div)));
pub(super) const POW: OpInfo =
    row("pow", "element-wise power, with broadcasting; counts one transcendental function an element", "Pow", |_, _| {
        Ok(built(Merge::Pow))
    });
pub(super) const MAX: OpInfo = row("max", "element-wise maximum, with broadcasting", "Max", |_, _| Ok(built(Merge::Max)));
pub(super) const MIN: OpInfo = row("min", "element-wise minimum, with broadcasting", "Min", |_, _| Ok(built(Merge::Min)));

/// What arithmetic with a constant is; an expression makes it, no call, so that it is not in the table of operations.
const SCALAR: OpInfo = OpInfo {
    keyword: "scalar",
    family: "joining",
    summary: "element-wise arithmetic with a constant",
    params: &[required("op", Operator, "which arithmetic"), required("value", Number, "the constant")],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[...] -> [...]",
    onnx: "Add, Sub, Mul, Div, Pow, Max or Min",
    build: no_call,
};

/// Joins tensors along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Concat {
    /// Axis of the batchless shape.
    pub axis: usize,
}

/// What an element-wise operation computes; more than two inputs are folded from the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Merge {
    /// Sum.
    Add,
    /// Product.
    Mul,
    /// Difference.
    Sub,
    /// Quotient.
    Div,
    /// Power.
    Pow,
    /// Maximum.
    Max,
    /// Minimum.
    Min,
}

/// Element-wise arithmetic of two or more tensors with broadcasting (aligned at the last axis, as in NumPy).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Elementwise {
    /// The operation.
    pub merge: Merge,
}

/// Which arithmetic a [`Scalar`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScalarOp {
    /// `x + value`.
    Add,
    /// `x - value`.
    Sub,
    /// `value - x`.
    RevSub,
    /// `x * value`.
    Mul,
    /// `x / value`.
    Div,
    /// `value / x`.
    RevDiv,
    /// `x ** value`.
    Pow,
    /// `value ** x`.
    RevPow,
    /// `max(x, value)`.
    Max,
    /// `min(x, value)`.
    Min,
}

/// Element-wise arithmetic with a constant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scalar {
    /// The arithmetic.
    pub op: ScalarOp,
    /// The constant.
    pub value: f64,
}

impl Payload for Concat {
    fn info(&self) -> &'static OpInfo {
        &CONCAT
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let lead = first(inputs)?;
        let (axis, rank) = (self.axis, lead.rank());
        if axis >= rank {
            return Err(no_axis(axis, rank));
        }
        let mut total = 0u128;
        for (right, input) in inputs.iter().enumerate() {
            let differs = if input.rank() == rank {
                (0..rank).find(|d| *d != axis && input.dim(*d) != lead.dim(*d)).map(Some)
            } else {
                Some(None)
            };
            if let Some(dim) = differs {
                return Err(ShapeError::Concat { axis, left: 0, right, dim });
            }
            total += u128::from(input.dim(axis));
        }
        let total = dimension(axis_name(axis, rank), i128::try_from(total).unwrap_or(i128::MAX))?;
        Ok(lead.with_dim(axis, total).expect("a checked dimension of an axis that is there"))
    }

    /// It moves elements and computes nothing.
    fn work(&self, _inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        Ok(Work::NONE)
    }

    /// The same pixel where channels are joined, else the whole map.
    fn window(&self, _map: Shape) -> Window {
        if self.axis == 0 { Window::Pixel } else { Window::Whole }
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed.arg("axis", self.axis)
    }
}

/// The shape of two tensors broadcast together, aligned at the last axis as in NumPy.
pub(super) fn broadcast(a: Shape, b: Shape) -> Option<Shape> {
    let rank = a.rank().max(b.rank());
    let mut dims = [1u64; MAX_RANK];
    for from_end in 1..=rank {
        let at = |s: Shape| if from_end <= s.rank() { s.dim(s.rank() - from_end) } else { 1 };
        dims[rank - from_end] = match (at(a), at(b)) {
            (m, n) if m == n => m,
            (1, n) | (n, 1) => n,
            (_, _) => return None,
        };
    }
    Shape::new(&dims[..rank])
}

impl Payload for Elementwise {
    fn info(&self) -> &'static OpInfo {
        match self.merge {
            Merge::Add => &ADD,
            Merge::Mul => &MUL,
            Merge::Sub => &SUB,
            Merge::Div => &DIV,
            Merge::Pow => &POW,
            Merge::Max => &MAX,
            Merge::Min => &MIN,
        }
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let mut shape = first(inputs)?;
        for (right, input) in inputs.iter().enumerate().skip(1) {
            let Some(joined) = broadcast(shape, *input) else {
                let left = inputs[..right].iter().position(|l| broadcast(*l, *input).is_none()).unwrap_or(0);
                return Err(ShapeError::Broadcast { left, right });
            };
            shape = joined;
        }
        Ok(shape)
    }

    /// One operation for each element of the shape that each fold from the left has.
    fn work(&self, inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        let each = match self.merge {
            Merge::Add | Merge::Sub => Work { add: 1, ..Work::NONE },
            Merge::Mul => Work { mul: 1, ..Work::NONE },
            Merge::Div => Work { div: 1, ..Work::NONE },
            Merge::Pow => Work { exp: 1, ..Work::NONE },
            Merge::Max | Merge::Min => Work { cmp: 1, ..Work::NONE },
        };
        let mut shape = first(inputs)?;
        let mut work = Work::NONE;
        for (right, input) in inputs.iter().enumerate().skip(1) {
            shape = broadcast(shape, *input).ok_or(ShapeError::Broadcast { left: 0, right })?;
            work = work.plus(each.times(elements(shape)?)?)?;
        }
        Ok(work)
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Pixel
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed
    }
}

impl ScalarOp {
    /// What sets it apart, as it stands before or behind the tensor.
    fn sign(self) -> &'static str {
        match self {
            Self::Add => "x +",
            Self::Sub => "x -",
            Self::RevSub => "- x",
            Self::Mul => "x *",
            Self::Div => "x /",
            Self::RevDiv => "/ x",
            Self::Pow => "x **",
            Self::RevPow => "** x",
            Self::Max => "max",
            Self::Min => "min",
        }
    }
}

impl Scalar {
    /// Whether it is `x ** 2`, which is `x * x` to whoever computes it.
    #[must_use]
    pub fn is_square(&self) -> bool {
        self.op == ScalarOp::Pow && self.value.to_bits() == 2f64.to_bits()
    }
}

impl Payload for Scalar {
    fn info(&self) -> &'static OpInfo {
        &SCALAR
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        first(inputs)
    }

    /// One operation an element; a square is a multiplication.
    fn work(&self, inputs: &[Shape], _output: Shape) -> Result<Work, ShapeError> {
        let input = inputs[0];
        match self.op {
            ScalarOp::Add | ScalarOp::Sub | ScalarOp::RevSub => Work { add: 1, ..Work::NONE },
            ScalarOp::Mul => Work { mul: 1, ..Work::NONE },
            ScalarOp::Div | ScalarOp::RevDiv => Work { div: 1, ..Work::NONE },
            ScalarOp::Pow if self.is_square() => Work { mul: 1, ..Work::NONE },
            ScalarOp::Pow | ScalarOp::RevPow => Work { exp: 1, ..Work::NONE },
            ScalarOp::Max | ScalarOp::Min => Work { cmp: 1, ..Work::NONE },
        }
        .times(elements(input)?)
    }

    fn window(&self, _map: Shape) -> Window {
        Window::Pixel
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed.arg("op", self.op.sign()).arg("value", self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{printed, shape, shape_error, told, window, work};
    use super::*;

    #[test]
    fn an_inception_module_adds_up() {
        let call = "concat()([64, 28, 28], [64, 28, 28], [16, 28, 28], [32, 28, 28])";
        assert_eq!(told(call), "[176, 28, 28]");
        assert_eq!(work(call), Work::NONE);
        assert_eq!(told("concat(axis=-1)([4, 2, 3], [4, 2, 5])"), "[4, 2, 8]");
        assert_eq!(told("concat()([7])"), "[7]");
        assert_eq!(printed("concat(-1)([4, 2, 3], [4, 2, 5])"), "axis=2");
    }

    #[test]
    fn concat_says_which_inputs_differ_and_where() {
        let inputs = "([64, 28, 28], [32, 28, 28], [32, 28, 24])";
        assert_eq!(shape_error(&format!("concat(){inputs}")), ShapeError::Concat { axis: 0, left: 0, right: 2, dim: Some(2) });
        assert_eq!(shape_error("concat()([64, 28, 28], [64])"), ShapeError::Concat { axis: 0, left: 0, right: 1, dim: None });
        assert_eq!(shape_error("concat(3)([64, 28, 28], [64])"), ShapeError::Axis { axis: 3, rank: 3 });
        let many = "concat()([2147483647], [2147483647])";
        assert_eq!(shape_error(many), ShapeError::Dimension { what: "features", value: 4_294_967_294 });
    }

    #[test]
    fn shapes_broadcast_from_the_last_axis() {
        for (call, expected) in [
            ("add()([64, 28, 28], [64, 28, 28])", "[64, 28, 28]"),
            ("mul()([64, 28, 28], [64, 1, 1])", "[64, 28, 28]"),
            ("mul()([64, 1, 1], [64, 28, 28])", "[64, 28, 28]"),
            ("mul()([64, 1, 28], [1, 28, 1])", "[64, 28, 28]"),
            ("add()([64, 28, 28], [28])", "[64, 28, 28]"),
            ("max()([1], [5], [4, 5])", "[4, 5]"),
            ("div()([7, 1, 5], [3, 1])", "[7, 3, 5]"),
            ("pow()([5], [2, 3, 4, 5])", "[2, 3, 4, 5]"),
            ("min()([4, 1], [1, 5], [2, 1, 1])", "[2, 4, 5]"),
        ] {
            assert_eq!(told(call), expected, "{call}");
        }
    }

    #[test]
    fn broadcasting_says_which_inputs_do_not_fit() {
        assert_eq!(shape_error("add()([64, 28, 28], [64])"), ShapeError::Broadcast { left: 0, right: 1 });
        let third = "add()([1, 28, 28], [64, 1, 1], [32, 28, 28])";
        assert_eq!(shape_error(third), ShapeError::Broadcast { left: 1, right: 2 });
    }

    #[test]
    fn each_fold_costs_its_own_shape() {
        assert_eq!(work("add()([4, 1], [4, 1], [4, 3])"), Work { add: 4 + 12, ..Work::NONE });
        assert_eq!(work("sub()([4], [4])"), Work { add: 4, ..Work::NONE });
        assert_eq!(work("mul()([4, 2, 2], [4, 1, 1])"), Work { mul: 16, ..Work::NONE });
        assert_eq!(work("max()([4], [4], [4])"), Work { cmp: 8, ..Work::NONE });
        assert_eq!(work("min()([4], [2, 4])"), Work { cmp: 8, ..Work::NONE });
        assert_eq!(work("div()([4], [4])"), Work { div: 4, ..Work::NONE });
        assert_eq!(work("pow()([4], [4])"), Work { exp: 4, ..Work::NONE });
    }

    #[test]
    fn constants_cost_one_operation_an_element() {
        for (op, expected) in [
            (ScalarOp::RevSub, Work { add: 6, ..Work::NONE }),
            (ScalarOp::Mul, Work { mul: 6, ..Work::NONE }),
            (ScalarOp::Div, Work { div: 6, ..Work::NONE }),
            (ScalarOp::Max, Work { cmp: 6, ..Work::NONE }),
            (ScalarOp::Min, Work { cmp: 6, ..Work::NONE }),
            (ScalarOp::RevDiv, Work { div: 6, ..Work::NONE }),
            (ScalarOp::Pow, Work { mul: 6, ..Work::NONE }),
            (ScalarOp::RevPow, Work { exp: 6, ..Work::NONE }),
        ] {
            assert_eq!(Scalar { op, value: 2.0 }.work(&[shape(&[6])], shape(&[6])), Ok(expected));
        }
        let cube = Scalar { op: ScalarOp::Pow, value: 3.0 };
        assert_eq!(cube.work(&[shape(&[6])], shape(&[6])), Ok(Work { exp: 6, ..Work::NONE }));
    }

    #[test]
    fn joined_maps_keep_their_pixels_only_along_channels() {
        assert_eq!(window("concat()([4, 2, 3], [4, 2, 3])"), Window::Pixel);
        assert_eq!(window("concat(1)([4, 2, 3], [4, 2, 3])"), Window::Whole);
        assert_eq!(window("mul()([4, 1, 1], [4, 2, 3])"), Window::Pixel);
    }
}
