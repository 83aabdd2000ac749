//! Element-wise operators.

use super::super::array::{Array, Values};
use super::super::arrays::ArrayId;
use super::super::attributes::Attributes;
use super::super::fold::Why;
use super::super::number::Number;
use super::{Importer, Map, Use, Value, shape_of};
use crate::op::{Activation, Constant, Elementwise, Merge, Op, Param, ScalarOp, Softmax, Unary};

type Made = Result<Vec<Value>, Why>;

/// Constants of more elements are weights: text is no place for them.
const MOST_WRITTEN: usize = 64;

/// One operation, the same shape.
fn same_shape<'m>(importer: &mut Importer<'m>, used: &Use<'m>, op: Op) -> Made {
    let map = used.map(0)?.clone();
    Ok(vec![Value::Map(importer.add(used, op, &[map.node], map.dims.clone())?)])
}

/// Operators that are one of our activations.
pub(super) fn activation<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let attributes = &used.node.attributes;
    let alpha = |default| exact(attributes.float_or("alpha", default));
    let activation = match used.node.op.as_str() {
        "Relu" => Activation::Relu,
        "Sigmoid" => Activation::Sigmoid,
        "Tanh" => Activation::Tanh,
        "Softplus" => Activation::SOFTPLUS,
        "Softsign" => Activation::Softsign,
        "Mish" => Activation::Mish,
        "HardSwish" => Activation::HardSwish,
        "LeakyRelu" => Activation::LeakyRelu { slope: alpha(0.01) },
        "Elu" => Activation::Elu { alpha: alpha(1.0) },
        "Celu" => Activation::Celu { alpha: alpha(1.0) },
        "ThresholdedRelu" => Activation::ThresholdedRelu { alpha: alpha(1.0) },
        "HardSigmoid" => {
            let (slope, beta) = (attributes.float_or("alpha", 0.2), exact(attributes.float_or("beta", 0.5)));
            Activation::HardSigmoid { alpha: if is_sixth(slope) { 1.0 / 6.0 } else { exact(slope) }, beta }
        }
        "Gelu" if attributes.text_or("approximate", "none") == "tanh" => Activation::GeluTanh,
        "Gelu" => Activation::Gelu,
        other => return Err(Why(format!("`{other}` with these attributes is not had here"))),
    };
    same_shape(importer, used, Op::Activation(activation))
}

/// Functions of each element.
pub(super) fn unary<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let function = match used.node.op.as_str() {
        "Abs" => Unary::Abs,
        "Ceil" => Unary::Ceil,
        "Cos" => Unary::Cos,
        "Erf" => Unary::Erf,
        "Exp" => Unary::Exp,
        "Floor" => Unary::Floor,
        "Log" => Unary::Log,
        "Neg" => Unary::Neg,
        "Reciprocal" => Unary::Reciprocal,
        "Round" => Unary::Round,
        "Sign" => Unary::Sign,
        "Sin" => Unary::Sin,
        "Sqrt" => Unary::Sqrt,
        other => return Err(Why(format!("`{other}` is not had here"))),
    };
    same_shape(importer, used, Op::Unary(function))
}

fn is_sixth(alpha: f32) -> bool {
    (alpha - 1.0 / 6.0).abs() < 1e-6
}

/// The shortest decimal that is this number in single precision: 0.1 rather than 0.10000000149011612.
pub(super) fn exact(number: f32) -> f64 {
    number.to_string().parse().unwrap_or_else(|_| f64::from(number))
}

/// `Clip`.
pub(super) fn clip<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let bound = |importer: &Importer<'_>, name: &str, at: usize| match used.array(at) {
        Some(id) => importer.arrays.get(id).scalar().map(Some).ok_or_else(|| Why(format!("its {name} is not one known number"))),
        None if used.has(at) => Err(Why(format!("its {name} is computed from the input"))),
        None => Ok(used.node.attributes.float(name)),
    };
    let (low, high) = (bound(importer, "min", 1)?, bound(importer, "max", 2)?);
    let low = low.filter(|low| *low > f32::MIN);
    let high = high.filter(|high| *high < f32::MAX);
    match (low, high) {
        (Some(0.0), Some(6.0)) => same_shape(importer, used, Op::Activation(Activation::Relu6)),
        (Some(0.0), None) => same_shape(importer, used, Op::Activation(Activation::Relu)),
        (None, None) => super::movement::same(importer, used),
        (low, high) => same_shape(importer, used, Op::Unary(Unary::Clamp { min: low.map(exact), max: high.map(exact) })),
    }
}

/// `PRelu`.
pub(super) fn prelu<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let Some(slope) = used.array(1) else { return super::function::sloped(importer, used) };
    let count = importer.arrays.get(slope).len();
    let channels = importer.map_shape(&map).channels();
    let dims = &importer.arrays.get(slope).dims;
    // The slopes are broadcast from the last axis, so that of channels has the others behind it.
    let is_each =
        map.leads() && count as u64 == channels && dims.len() + 1 == map.rank() && dims.iter().skip(1).all(|dim| *dim == 1);
    // What PyTorch wrote before the slopes had their axes.
    let is_vector = map.leads() && dims.len() == 1 && count as u64 == channels && importer.model.opset < 7;
    if count != 1 && !is_each && !is_vector {
        return super::function::sloped(importer, used);
    }
    let op = Op::Activation(Activation::Prelu { shared: count == 1 });
    let made = importer.add(used, op, &[map.node], map.dims.clone())?;
    let slope = importer.vector(slope)?;
    importer.learns(&made, "weight", slope);
    Ok(vec![Value::Map(made)])
}

/// `Softmax`: over all axes from one on, taken for one, before version 13, over one axis since.
pub(super) fn softmax<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let is_old = importer.model.opset < 13;
    let at = used.axis("axis", if is_old { 1 } else { -1 }, map.rank())?;
    let log = used.node.op == "LogSoftmax";
    let is_several = is_old && map.dims[at + 1..].iter().any(|dim| *dim != Number::from(1));
    let mut flat = map.clone();
    if is_several {
        let last = map.dims[at..].iter().try_fold(Number::from(1), |all, dim| all.mul(*dim));
        let last = last.ok_or_else(|| Why::from("images are mixed with what is in them"))?;
        flat = importer.reshaped(used, &map, map.dims[..at].iter().copied().chain([last]).collect())?;
    }
    let axis = flat.axis(at).ok_or_else(|| Why::from("it is over the images of a batch"))?;
    let made = importer.mapped(used, &flat, Op::Softmax(Softmax { axis, log }))?;
    Ok(vec![Value::Map(if is_several { importer.reshaped(used, &made, map.dims.clone())? } else { made })])
}

/// Sums, products and the like of any number of operands.
pub(super) fn merge<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let merge = merge_of(&used.node.op)?;
    let mut operands = used.inputs.iter().flatten().cloned();
    let mut sum = operands.next().ok_or_else(|| Why::from("it has no operands"))?;
    for next in operands {
        let next = importer.at_axis(used, &sum, next)?;
        sum = Value::Map(importer.combined(used, (sum, next), merge)?);
    }
    if let ("Mean", Value::Map(map)) = (used.node.op.as_str(), &sum) {
        let count = used.inputs.iter().flatten().count();
        sum = Value::Map(importer.scalar(used, map, (ScalarOp::Div, count as f64))?);
    }
    Ok(vec![sum])
}

fn merge_of(op: &str) -> Result<Merge, Why> {
    Ok(match op {
        "Add" | "Sum" | "Mean" => Merge::Add,
        "Sub" => Merge::Sub,
        "Mul" => Merge::Mul,
        "Div" => Merge::Div,
        "Pow" => Merge::Pow,
        "Max" => Merge::Max,
        "Min" => Merge::Min,
        other => return Err(Why(format!("`{other}` of two tensors is not had here"))),
    })
}

/// The dimensions of two maps combined.
pub(super) fn broadcast(a: &[Number], b: &[Number]) -> Result<Vec<Number>, Why> {
    let rank = a.len().max(b.len());
    let one = Number::from(1);
    let dim = |dims: &[Number], axis: usize| (axis + dims.len()).checked_sub(rank).map_or(one, |own| dims[own]);
    let both = |axis| match (dim(a, axis), dim(b, axis)) {
        (x, y) if x == y => Ok(x),
        (x, y) if x == one => Ok(y),
        (x, y) if y == one => Ok(x),
        _ => Err(Why::from("its operands do not go together")),
    };
    (0..rank).map(both).collect()
}

/// Arithmetic with a constant, which stands in front or behind.
fn scalar_of(merge: Merge, is_first: bool) -> ScalarOp {
    match (merge, is_first) {
        (Merge::Add, _) => ScalarOp::Add,
        (Merge::Mul, _) => ScalarOp::Mul,
        (Merge::Max, _) => ScalarOp::Max,
        (Merge::Min, _) => ScalarOp::Min,
        (Merge::Sub, false) => ScalarOp::Sub,
        (Merge::Sub, true) => ScalarOp::RevSub,
        (Merge::Div, false) => ScalarOp::Div,
        (Merge::Div, true) => ScalarOp::RevDiv,
        (Merge::Pow, false) => ScalarOp::Pow,
        (Merge::Pow, true) => ScalarOp::RevPow,
    }
}

impl<'m> Importer<'m> {
    /// A second operand as versions before 7 place it: its axes begin at one of the first's, and are not its last ones.
    fn at_axis(&mut self, used: &Use<'m>, first: &Value, second: Value) -> Result<Value, Why> {
        let Some(axis) = used.node.attributes.int("axis").filter(|_| self.model.opset < 7) else { return Ok(second) };
        let rank = |value: &Value| match value {
            Value::Map(map) => map.rank(),
            Value::Array(array) => self.arrays.get(*array).dims.len(),
            Value::Lost => 0,
        };
        let behind =
            super::super::array::axis(axis, rank(first).max(1)).and_then(|at| rank(first).checked_sub(at + rank(&second)));
        let behind = behind.ok_or_else(|| Why(format!("its second operand does not fit at axis {axis}")))?;
        Ok(match second {
            Value::Map(map) => {
                let dims = map.dims.iter().copied().chain(std::iter::repeat_n(Number::from(1), behind)).collect();
                Value::Map(self.viewed(used, &map, dims)?)
            }
            Value::Array(array) => {
                let dims: Vec<usize> =
                    self.arrays.get(array).dims.iter().copied().chain(std::iter::repeat_n(1, behind)).collect();
                Value::Array(self.arrays.shaped(array, &dims)?)
            }
            Value::Lost => Value::Lost,
        })
    }

    /// Two operands, of which one flows at least, combined.
    pub(super) fn combined(&mut self, used: &Use<'m>, operands: (Value, Value), merge: Merge) -> Result<Map, Why> {
        match operands {
            (Value::Map(a), Value::Map(b)) => self.merged(used, [&a, &b], merge),
            (Value::Map(map), Value::Array(array)) => self.with_array(used, (&map, array), (merge, false)),
            (Value::Array(array), Value::Map(map)) => self.with_array(used, (&map, array), (merge, true)),
            (Value::Array(_) | Value::Lost, Value::Array(_) | Value::Lost) | (Value::Lost, _) | (_, Value::Lost) => {
                Err(Why::from("no operand of it flows"))
            }
        }
    }

    /// Two tensors that flow, combined.
    pub(super) fn merged(&mut self, used: &Use<'m>, [a, b]: [&Map; 2], merge: Merge) -> Result<Map, Why> {
        let dims = broadcast(&a.dims, &b.dims)?;
        let [a, b] = [a, b].map(|map| self.aligned(used, map, &dims));
        self.add(used, Op::Elementwise(Elementwise { merge }), &[a?.node, b?.node], dims)
    }

    fn with_array(
        &mut self,
        used: &Use<'m>,
        (map, array): (&Map, ArrayId),
        (merge, is_first): (Merge, bool),
    ) -> Result<Map, Why> {
        let known = self.arrays.get(array);
        if let Some(number) = known.scalar().filter(|number| number.is_finite() && known.dims.len() <= map.rank()) {
            return self.scalar(used, map, (scalar_of(merge, is_first), exact(number)));
        }
        let other = self.given(used, array, map)?;
        if is_first { self.merged(used, [&other, map], merge) } else { self.merged(used, [map, &other], merge) }
    }

    /// An array as a tensor that stands beside a map: written where it is small, otherwise learned.
    pub(super) fn given(&mut self, used: &Use<'m>, array: ArrayId, beside: &Map) -> Result<Map, Why> {
        let dims = self.arrays.get(array).dims.clone();
        // Its axis of images, if it reaches so far, is one that all of them share.
        let images = beside.dims.iter().position(|dim| *dim == Number::of_batch(1));
        let from_end = images.map(|at| beside.rank() - at);
        let own = from_end.and_then(|from_end| dims.len().checked_sub(from_end));
        if own.is_some_and(|at| dims[at] != 1) {
            return Err(Why::from("a constant differs from image to image"));
        }
        let kept: Vec<usize> = dims.iter().enumerate().filter(|(at, _)| Some(*at) != own).map(|(_, dim)| *dim).collect();
        let numbers: Vec<Number> = dims
            .iter()
            .enumerate()
            .map(|(at, dim)| if Some(at) == own { Number::of_batch(1) } else { Number::from(*dim as i64) })
            .collect();
        let shape = shape_of(&numbers)?;
        let values = self.arrays.get(array).values.as_ref().and_then(Values::floats);
        if let Some(values) = values.filter(|values| {
            values.len() <= MOST_WRITTEN && !self.is_tensor(used, array) && values.iter().all(|value| value.is_finite())
        }) {
            let values = values.iter().map(|value| exact(*value)).collect();
            let map = self.add(used, Op::Constant(Constant { shape, values }), &[], numbers)?;
            let flat = self.arrays.shaped(array, if kept.is_empty() { &[1] } else { &kept })?;
            self.learns(&map, "value", flat);
            return Ok(map);
        }
        let map = self.add(used, Op::Param(Param { shape, init: 0.0 }), &[], numbers)?;
        let flat = self.arrays.shaped(array, if kept.is_empty() { &[1] } else { &kept })?;
        self.learns(&map, "weight", flat);
        Ok(map)
    }

    /// Whether an array is a tensor that the model stores by name, as what was learned is.
    fn is_tensor(&self, used: &Use<'m>, array: ArrayId) -> bool {
        let place = (0..used.inputs.len()).find(|at| used.array(*at) == Some(array));
        let name = place.and_then(|at| used.node.inputs.get(at)?.as_ref());
        name.is_some_and(|name| self.model.tensors.contains_key(name))
    }

    /// A map with dimensions of 1 in front, so that its images stand where those of the result do.
    pub(super) fn aligned(&mut self, used: &Use<'m>, map: &Map, dims: &[Number]) -> Result<Map, Why> {
        let images = |dims: &[Number]| dims.iter().position(|dim| *dim == Number::of_batch(1)).map(|at| dims.len() - at);
        let (own, whole) = (images(&map.dims), images(dims));
        if own.is_some() && own != whole {
            return Err(Why::from("an operand's images stand at another axis than those of the other"));
        }
        // Behind the images both have the same axes; before them the shorter one has axes of 1.
        let missing = dims.len() - map.rank();
        if missing == 0 || own.is_none() {
            return Ok(map.clone());
        }
        let padded = std::iter::repeat_n(Number::from(1), missing).chain(map.dims.iter().copied()).collect();
        self.reshaped(used, map, padded)
    }

    /// An array of one dimension.
    pub(super) fn vector(&mut self, array: ArrayId) -> Result<ArrayId, Why> {
        self.arrays.vector(array)
    }

    /// Each element of an array so many times.
    pub(super) fn for_each(&mut self, array: ArrayId, times: usize) -> Result<ArrayId, Why> {
        let count = self.arrays.get(array).len();
        let column = self.arrays.shaped(array, &[count, 1])?;
        let whole = Array::ints([count, times].map(|dim| Number::from(dim as i64)).to_vec());
        let whole = self.arrays.known(whole);
        let made = self.arrays.made("Expand", &Attributes::default(), &[Some(column), Some(whole)], 1)?;
        let made = made.first().copied().ok_or_else(|| Why::from("nothing is made"))?;
        self.vector(made)
    }
}
