//! Element-wise operators.

use super::super::array::{Array, Values};
use super::super::arrays::ArrayId;
use super::super::attributes::Attributes;
use super::super::fold::Why;
use super::super::number::Number;
use super::{Importer, Map, Use, Value, shape_of};
use crate::op::{Activation, Constant, Elementwise, Merge, Op, Param, Scalar, ScalarOp, Softmax, Unary};

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
        "Selu" if !attributes.has("alpha") && !attributes.has("gamma") => Activation::Selu,
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
    let slope = used.array(1).ok_or_else(|| Why::from("its slope is computed from the input"))?;
    let count = importer.arrays.get(slope).len();
    let channels = importer.map_shape(&map).channels();
    let dims = &importer.arrays.get(slope).dims;
    let is_each = dims.len() + 1 >= map.rank().min(2) && count as u64 == channels && dims.iter().skip(1).all(|dim| *dim == 1);
    if count != 1 && !is_each {
        return Err(Why(format!("slopes of {dims:?} are neither one for all channels nor one for each")));
    }
    let op = Op::Activation(Activation::Prelu { shared: count == 1 });
    let made = importer.add(used, op, &[map.node], map.dims.clone())?;
    let slope = importer.vector(slope)?;
    importer.learns(&made, "weight", slope);
    Ok(vec![Value::Map(made)])
}

/// `Softmax`: over all axes from one on before version 13, over one axis since.
pub(super) fn softmax<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let is_old = importer.model.opset < 13;
    let at = used.axis("axis", if is_old { 1 } else { -1 }, map.rank())?;
    if is_old && at + 1 != map.rank() && map.dims[at + 1..].iter().any(|dim| *dim != Number::from(1)) {
        return Err(Why::from("it is over several axes at once, as versions before 13 have it"));
    }
    let axis = map.axis(at).ok_or_else(|| Why::from("it is over the images of a batch"))?;
    let made =
        importer.add(used, Op::Softmax(Softmax { axis, log: used.node.op == "LogSoftmax" }), &[map.node], map.dims.clone())?;
    Ok(vec![Value::Map(made)])
}

/// Sums, products and the like of any number of operands.
pub(super) fn merge<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let mut operands = used.inputs.iter().flatten().cloned();
    let mut sum = operands.next().ok_or_else(|| Why::from("it has no operands"))?;
    for next in operands {
        sum = Value::Map(combine(importer, used, (sum, next))?);
    }
    Ok(vec![sum])
}

fn combine<'m>(importer: &mut Importer<'m>, used: &Use<'m>, operands: (Value, Value)) -> Result<Map, Why> {
    match operands {
        (Value::Map(a), Value::Map(b)) => two_maps(importer, used, &a, &b),
        (Value::Map(map), Value::Array(array)) => with_array(importer, used, (&map, array), false),
        (Value::Array(array), Value::Map(map)) => with_array(importer, used, (&map, array), true),
        (Value::Array(_) | Value::Lost, Value::Array(_) | Value::Lost) | (Value::Lost, _) | (_, Value::Lost) => {
            Err(Why::from("no operand of it flows"))
        }
    }
}

fn merge_of(op: &str) -> Result<Merge, Why> {
    Ok(match op {
        "Add" | "Sum" => Merge::Add,
        "Sub" => Merge::Sub,
        "Mul" => Merge::Mul,
        "Div" => Merge::Div,
        "Pow" => Merge::Pow,
        "Max" => Merge::Max,
        "Min" => Merge::Min,
        other => return Err(Why(format!("`{other}` of two tensors is not had here"))),
    })
}

fn two_maps<'m>(importer: &mut Importer<'m>, used: &Use<'m>, a: &Map, b: &Map) -> Result<Map, Why> {
    let dims = broadcast(&a.dims, &b.dims)?;
    let op = Op::Elementwise(Elementwise { merge: merge_of(&used.node.op)? });
    let [a, b] = [a, b].map(|map| importer.aligned(used, map, &dims));
    importer.add(used, op, &[a?.node, b?.node], dims)
}

/// The dimensions of two maps combined.
fn broadcast(a: &[Number], b: &[Number]) -> Result<Vec<Number>, Why> {
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

fn with_array<'m>(
    importer: &mut Importer<'m>,
    used: &Use<'m>,
    (map, array): (&Map, ArrayId),
    is_first: bool,
) -> Result<Map, Why> {
    if let Some(number) = importer.arrays.get(array).scalar()
        && importer.arrays.get(array).dims.len() <= map.rank()
        && let Some(op) = scalar_of(&used.node.op, is_first)
    {
        let op = Op::Scalar(Scalar { op, value: exact(number) });
        return importer.add(used, op, &[map.node], map.dims.clone());
    }
    let other = importer.given(used, array, map)?;
    if is_first { two_maps(importer, used, &other, map) } else { two_maps(importer, used, map, &other) }
}

fn scalar_of(op: &str, is_first: bool) -> Option<ScalarOp> {
    Some(match (op, is_first) {
        ("Add" | "Sum", _) => ScalarOp::Add,
        ("Mul", _) => ScalarOp::Mul,
        ("Max", _) => ScalarOp::Max,
        ("Sub", false) => ScalarOp::Sub,
        ("Sub", true) => ScalarOp::RevSub,
        ("Div", false) => ScalarOp::Div,
        ("Div", true) => ScalarOp::RevDiv,
        ("Pow", false) => ScalarOp::Pow,
        ("Pow", true) => ScalarOp::RevPow,
        ("Min", _) => ScalarOp::Min,
        _ => return None,
    })
}

impl<'m> Importer<'m> {
    /// An array as a tensor that stands beside a map: written where it is small, otherwise learned.
    fn given(&mut self, used: &Use<'m>, array: ArrayId, beside: &Map) -> Result<Map, Why> {
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
        if let Some(values) = values.filter(|values| values.len() <= MOST_WRITTEN && !self.is_tensor(used, array)) {
            let values = values.iter().map(|value| exact(*value)).collect();
            return self.add(used, Op::Constant(Constant { shape, values }), &[], numbers);
        }
        let map = self.add(used, Op::Param(Param { shape, init: 0.0 }), &[], numbers)?;
        let flat = self.shaped(array, if kept.is_empty() { &[1] } else { &kept })?;
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
    fn aligned(&mut self, used: &Use<'m>, map: &Map, dims: &[Number]) -> Result<Map, Why> {
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
        let count = self.arrays.get(array).len();
        self.shaped(array, &[count])
    }

    /// An array under other dimensions.
    pub(super) fn shaped(&mut self, array: ArrayId, dims: &[usize]) -> Result<ArrayId, Why> {
        if self.arrays.get(array).dims == dims {
            return Ok(array);
        }
        let shape = Array::ints(dims.iter().map(|dim| Number::from(*dim as i64)).collect());
        let shape = self.arrays.known(shape);
        let made = self.arrays.made("Reshape", &Attributes::default(), &[Some(array), Some(shape)], 1)?;
        made.first().copied().ok_or_else(|| Why::from("nothing is made"))
    }
}
