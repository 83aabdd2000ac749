//! Functions that are made of several operations here.
//!
//! In: a node whose operator has no operation of its own. Out: the operations that compute the same.

use super::super::array::{Array, Values, axis};
use super::super::fold::Why;
use super::arithmetic::exact;
use super::pool::reduced;
use super::{Importer, Map, Use, Value};
use crate::op::{Activation, Merge, Op, Reduction, ScalarOp, Unary};

type Made = Result<Vec<Value>, Why>;

/// What is added where a divisor may be 0: the smallest number that is not rounded away.
const LEAST: f64 = 1.175_494_4e-38;

/// Elements that are told apart by their rank at most: more are no integers in single precision.
const MOST_RANKED: usize = 1 << 20;

fn one(map: Map) -> Vec<Value> {
    vec![Value::Map(map)]
}

/// `Swish`: `x * sigmoid(alpha * x)`.
pub(super) fn swish<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let alpha = exact(used.node.attributes.float_or("alpha", 1.0));
    if (alpha - 1.0).abs() < f64::EPSILON {
        return Ok(one(importer.mapped(used, &map, Op::Activation(Activation::Silu))?));
    }
    let scaled = importer.scalar(used, &map, (ScalarOp::Mul, alpha))?;
    let gate = importer.mapped(used, &scaled, Op::Activation(Activation::Sigmoid))?;
    Ok(one(importer.merged(used, [&map, &gate], Merge::Mul)?))
}

/// `Shrink`: what lies within `lambd` of 0 becomes 0, and the rest comes `bias` closer to it.
pub(super) fn shrink<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let attributes = &used.node.attributes;
    let (bias, lambda) = (exact(attributes.float_or("bias", 0.0)), exact(attributes.float_or("lambd", 0.5)));
    let within = importer.mapped(used, &map, Op::Unary(Unary::Clamp { min: Some(-lambda), max: Some(lambda) }))?;
    let soft = importer.merged(used, [&map, &within], Merge::Sub)?;
    if (bias - lambda).abs() < f64::EPSILON {
        return Ok(one(soft));
    }
    let sign = importer.mapped(used, &soft, Op::Unary(Unary::Sign))?;
    let size = importer.mapped(used, &map, Op::Unary(Unary::Abs))?;
    let closer = importer.scalar(used, &size, (ScalarOp::Sub, bias))?;
    Ok(one(importer.merged(used, [&sign, &closer], Merge::Mul)?))
}

/// `Tan`.
pub(super) fn tan<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let [sin, cos] = [Unary::Sin, Unary::Cos].map(|function| importer.mapped(used, &map, Op::Unary(function)));
    Ok(one(importer.merged(used, [&sin?, &cos?], Merge::Div)?))
}

/// `Selu` with numbers of its own: `gamma` times an `Elu`.
pub(super) fn selu<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let attributes = &used.node.attributes;
    let is_near = |name: &str, usual: f32| (attributes.float_or(name, usual) - usual).abs() < 1e-4;
    if is_near("alpha", 1.673_263_2) && is_near("gamma", 1.050_701) {
        return Ok(one(importer.mapped(used, &map, Op::Activation(Activation::Selu))?));
    }
    let alpha = exact(attributes.float_or("alpha", 1.673_263_2));
    let elu = importer.mapped(used, &map, Op::Activation(Activation::Elu { alpha }))?;
    Ok(one(importer.scalar(used, &elu, (ScalarOp::Mul, exact(attributes.float_or("gamma", 1.050_701))))?))
}

/// Which axes of a map are meant: those from one on, or those that are named.
pub(super) fn from_axis(used: &Use<'_>, map: &Map, default: i64) -> Result<Vec<bool>, Why> {
    let first = used.axis("axis", default, map.rank())?;
    Ok((0..map.rank()).map(|axis| axis >= first).collect())
}

/// `LpNormalization`: through the norm along an axis; what is 0 stays so.
pub(super) fn lp<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let at = used.axis("axis", -1, map.rank())?;
    let kind = match used.node.attributes.int_or("p", 2) {
        1 => Reduction::L1,
        2 => Reduction::L2,
        other => return Err(Why(format!("the norm with `p` {other} is not had here"))),
    };
    let gone: Vec<bool> = (0..map.rank()).map(|axis| axis == at).collect();
    let norm = reduced(importer, used, (&map, kind), (&gone, true))?;
    let norm = importer.scalar(used, &norm, (ScalarOp::Max, LEAST))?;
    Ok(one(importer.merged(used, [&map, &norm], Merge::Div)?))
}

/// What a map is apart from its means, and the means of the squares of that.
fn deviations<'m>(importer: &mut Importer<'m>, used: &Use<'m>, map: &Map, gone: &[bool]) -> Result<[Map; 3], Why> {
    let mean = reduced(importer, used, (map, Reduction::Mean), (gone, true))?;
    let centred = importer.merged(used, [map, &mean], Merge::Sub)?;
    let squares = importer.scalar(used, &centred, (ScalarOp::Pow, 2.0))?;
    let variance = reduced(importer, used, (&squares, Reduction::Mean), (gone, true))?;
    Ok([mean, centred, variance])
}

/// `MeanVarianceNormalization`, over images and pixels unless it says otherwise.
pub(super) fn mean_variance<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let mut gone = vec![false; map.rank()];
    for given in used.node.attributes.ints("axes").unwrap_or(&[0, 2, 3]) {
        let at = axis(*given, map.rank()).ok_or_else(|| Why(format!("it has no axis {given}")))?;
        gone[at] = true;
    }
    let [_, centred, variance] = deviations(importer, used, &map, &gone)?;
    let deviation = importer.mapped(used, &variance, Op::Unary(Unary::Sqrt))?;
    let deviation = importer.scalar(used, &deviation, (ScalarOp::Add, 1e-9))?;
    Ok(one(importer.merged(used, [&centred, &deviation], Merge::Div)?))
}

/// `RMSNormalization`: through the root of the mean of the squares.
pub(super) fn root_mean_square<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let gone = from_axis(used, &map, -1)?;
    let squares = importer.scalar(used, &map, (ScalarOp::Pow, 2.0))?;
    let mean = reduced(importer, used, (&squares, Reduction::Mean), (&gone, true))?;
    let shifted = importer.scalar(used, &mean, (ScalarOp::Add, exact(used.node.attributes.float_or("epsilon", 1e-5))))?;
    let root = importer.mapped(used, &shifted, Op::Unary(Unary::Sqrt))?;
    let normal = importer.merged(used, [&map, &root], Merge::Div)?;
    let scale = used.inputs.get(1).cloned().flatten().ok_or_else(|| Why::from("its scale is missing"))?;
    Ok(one(importer.combined(used, (Value::Map(normal), scale), Merge::Mul)?))
}

/// The means and the inverse deviations that a `LayerNormalization` gives beside what it is for.
pub(super) fn layer_statistics<'m>(importer: &mut Importer<'m>, used: &Use<'m>, map: &Map) -> Result<[Map; 2], Why> {
    let gone = from_axis(used, map, -1)?;
    let [mean, _, variance] = deviations(importer, used, map, &gone)?;
    let shifted = importer.scalar(used, &variance, (ScalarOp::Add, exact(used.node.attributes.float_or("epsilon", 1e-5))))?;
    let deviation = importer.mapped(used, &shifted, Op::Unary(Unary::Sqrt))?;
    Ok([mean, importer.mapped(used, &deviation, Op::Unary(Unary::Reciprocal))?])
}

/// `PRelu` with slopes of any dimensions: `max(x, 0) + slope * min(x, 0)`.
pub(super) fn sloped<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let slope = used.inputs.get(1).cloned().flatten().ok_or_else(|| Why::from("its slope is missing"))?;
    let above = importer.mapped(used, &map, Op::Activation(Activation::Relu))?;
    let below = importer.scalar(used, &map, (ScalarOp::Min, 0.0))?;
    let below = importer.combined(used, (Value::Map(below), slope), Merge::Mul)?;
    Ok(one(importer.merged(used, [&above, &below], Merge::Add)?))
}

/// `Hardmax`: 1 where the first of the largest stands along an axis, and 0 elsewhere.
pub(super) fn hardmax<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    if importer.model.opset < 13 {
        return Err(Why::from("it is over several axes at once, as versions before 13 have it"));
    }
    let map = used.map(0)?.clone();
    let at = used.axis("axis", -1, map.rank())?;
    let gone: Vec<bool> = (0..map.rank()).map(|axis| axis == at).collect();
    let largest = |importer: &mut Importer<'m>, of: &Map| {
        let most = reduced(importer, used, (of, Reduction::Amax), (&gone, true))?;
        let below = importer.merged(used, [&most, of], Merge::Sub)?;
        let is_below = importer.mapped(used, &below, Op::Unary(Unary::Sign))?;
        importer.scalar(used, &is_below, (ScalarOp::RevSub, 1.0))
    };
    let is_largest = largest(importer, &map)?;
    let count = map.dims[at].known().and_then(|count| usize::try_from(count).ok()).filter(|count| *count <= MOST_RANKED);
    let count = count.ok_or_else(|| Why(format!("it is along more than {MOST_RANKED} elements")))?;
    // Of several the first: those that come earlier count more.
    let mut dims = vec![1; map.rank() - at];
    dims[0] = count;
    let order = Values::Float((0..count).rev().map(|place| (place + 1) as f32).collect());
    let order = importer.arrays.known(Array::of(dims, order));
    let ranked = importer.combined(used, (Value::Map(is_largest), Value::Array(order)), Merge::Mul)?;
    Ok(one(largest(importer, &ranked)?))
}

/// Operators whose outputs are integers.
pub(super) fn integers<'m>(_: &mut Importer<'m>, _: &Use<'m>) -> Made {
    Err(Why::from("it makes integers, and tensors that flow have fractions: end the model before it"))
}
