//! Products of matrices.
//!
//! In: `Gemm` and `MatMul`. Out: a linear layer where one factor is a matrix of weights, otherwise a product of two tensors.

use super::super::array::{Array, Values};
use super::super::arrays::ArrayId;
use super::super::attributes::Attributes;
use super::super::fold::Why;
use super::super::number::Number;
use super::super::proto::AttributeProto;
use super::arithmetic::{broadcast, exact};
use super::{Importer, Map, Use, Value};
use crate::op::{Linear, Merge, Op, ScalarOp};

type Made = Result<Vec<Value>, Why>;

/// The attributes that turn rows and columns round.
fn turned() -> Attributes {
    Attributes::new(vec![AttributeProto { name: "perm".to_owned(), ints: vec![1, 0], ..AttributeProto::default() }])
}

fn linear<'m>(importer: &mut Importer<'m>, used: &Use<'m>, map: &Map, (out, bias): (usize, bool)) -> Result<Map, Why> {
    let last = map.rank().checked_sub(1).filter(|last| map.axis(*last).is_some());
    let last = last.ok_or_else(|| Why::from("it is over the images of a batch"))?;
    let mut dims = map.dims.clone();
    dims[last] = Number::from(out as i64);
    importer.add(used, Op::Linear(Linear { out: out as u64, bias }), &[map.node], dims)
}

/// A factor of `Gemm`.
fn factor(used: &Use<'_>, name: &str) -> f32 {
    used.node.attributes.float_or(name, 1.0)
}

#[expect(clippy::float_cmp, reason = "a factor of exactly 1 does nothing")]
fn is_one(factor: f32) -> bool {
    factor == 1.0
}

/// An array times a number.
fn scaled(importer: &mut Importer<'_>, array: ArrayId, by: f32) -> Result<ArrayId, Why> {
    if is_one(by) {
        return Ok(array);
    }
    let by = importer.arrays.known(Array::of(Vec::new(), Values::Float(vec![by])));
    let made = importer.arrays.made("Mul", &Attributes::default(), &[Some(array), Some(by)], 1)?;
    made.first().copied().ok_or_else(|| Why::from("nothing is made"))
}

/// `Gemm`: with weights a linear layer.
pub(super) fn gemm<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let attributes = &used.node.attributes;
    let (Ok(map), Some(weights), false) = (used.map(0), used.array(1), attributes.flag("transA")) else {
        return general(importer, used);
    };
    let map = map.clone();
    let weights = if attributes.flag("transB") { weights } else { importer.folded("Transpose", &turned(), weights)? };
    let weights = scaled(importer, weights, factor(used, "alpha"))?;
    let out = importer.arrays.get(weights).dims.first().copied().unwrap_or(0);
    let bias = used.array(2).filter(|array| {
        let dims = &importer.arrays.get(*array).dims;
        dims.last() == Some(&out) && dims.iter().rev().skip(1).all(|dim| *dim == 1)
    });
    let mut made = linear(importer, used, &map, (out, bias.is_some()))?;
    importer.learns(&made, "weight", weights);
    if let Some(bias) = bias {
        let array = scaled(importer, bias, factor(used, "beta"))?;
        let array = importer.vector(array)?;
        importer.learns(&made, "bias", array);
    } else {
        made = shifted(importer, used, made)?;
    }
    Ok(vec![Value::Map(made)])
}

/// What `Gemm` makes with its summand.
fn shifted<'m>(importer: &mut Importer<'m>, used: &Use<'m>, made: Map) -> Result<Map, Why> {
    let by = factor(used, "beta");
    let summand = match used.inputs.get(2).cloned().flatten() {
        None => return Ok(made),
        Some(Value::Array(array)) => Value::Array(scaled(importer, array, by)?),
        Some(Value::Map(map)) if is_one(by) => Value::Map(map),
        Some(Value::Map(map)) => Value::Map(importer.scalar(used, &map, (ScalarOp::Mul, exact(by)))?),
        Some(Value::Lost) => return Err(Why::from("its summand is lost")),
    };
    importer.combined(used, (Value::Map(made), summand), Merge::Add)
}

/// `Gemm` of two tensors that flow, or of one that is turned.
fn general<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let mut factors = operands(importer, used)?;
    for (map, name) in factors.iter_mut().zip(["transA", "transB"]) {
        if map.rank() != 2 {
            return Err(Why::from("a factor of it is no matrix"));
        }
        if used.node.attributes.flag(name) {
            *map = importer.transposed(used, map, &[1, 0])?;
        }
    }
    let mut made = multiplied(importer, used, &factors)?;
    if !is_one(factor(used, "alpha")) {
        made = importer.scalar(used, &made, (ScalarOp::Mul, exact(factor(used, "alpha"))))?;
    }
    Ok(vec![Value::Map(shifted(importer, used, made)?)])
}

/// Two factors, of which one flows at least, as tensors that flow.
fn operands<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Result<[Map; 2], Why> {
    Ok(match (used.map(0), used.map(1)) {
        (Ok(a), Ok(b)) => [a.clone(), b.clone()],
        (Ok(a), Err(_)) => [a.clone(), given(importer, used, (1, a))?],
        (Err(_), Ok(b)) => [given(importer, used, (0, b))?, b.clone()],
        (Err(why), Err(_)) => return Err(why),
    })
}

fn given<'m>(importer: &mut Importer<'m>, used: &Use<'m>, (at, beside): (usize, &Map)) -> Result<Map, Why> {
    let array = used.array(at).ok_or_else(|| Why(format!("input {} is missing", at + 1)))?;
    importer.given(used, array, beside)
}

/// `MatMul`: with a matrix of weights a linear layer.
pub(super) fn matmul<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    if let (Ok(map), Some(weights)) = (used.map(0), used.array(1))
        && importer.arrays.get(weights).dims.len() == 2
    {
        let map = map.clone();
        let weights = importer.folded("Transpose", &turned(), weights)?;
        let out = importer.arrays.get(weights).dims[0];
        let made = linear(importer, used, &map, (out, false))?;
        importer.learns(&made, "weight", weights);
        return Ok(vec![Value::Map(made)]);
    }
    let factors = operands(importer, used)?;
    Ok(vec![Value::Map(multiplied(importer, used, &factors)?)])
}

/// The product of two tensors that flow; a vector is a row on the left and a column on the right.
pub(super) fn multiplied<'m>(importer: &mut Importer<'m>, used: &Use<'m>, [a, b]: &[Map; 2]) -> Result<Map, Why> {
    let one = Number::from(1);
    let vectors = [a.rank() == 1, b.rank() == 1];
    let [a, b] = [
        if vectors[0] { importer.viewed(used, a, vec![one, a.dims[0]])? } else { a.clone() },
        if vectors[1] { importer.viewed(used, b, vec![b.dims[0], one])? } else { b.clone() },
    ];
    let matrix = |map: &Map| map.rank().checked_sub(2).ok_or_else(|| Why::from("a factor of it is no matrix"));
    let (left, right) = (matrix(&a)?, matrix(&b)?);
    let is_whole = |map: &Map, at: usize| map.axis(at).is_some() && map.axis(at + 1).is_some();
    if !is_whole(&a, left) || !is_whole(&b, right) {
        return Err(Why::from("it is over the images of a batch"));
    }
    let mut dims = broadcast(&a.dims[..left], &b.dims[..right])?;
    dims.extend([a.dims[left], b.dims[right + 1]]);
    let [x, y] = [&a, &b].map(|map| importer.aligned(used, map, &dims));
    let made = importer.add(used, Op::MatMul, &[x?.node, y?.node], dims.clone())?;
    if vectors == [false; 2] {
        return Ok(made);
    }
    let rows = dims.len() - 2;
    let kept = dims.iter().enumerate().filter(|(at, _)| !(*at == rows && vectors[0] || *at == rows + 1 && vectors[1]));
    let kept = kept.map(|(_, dim)| *dim).collect();
    importer.reshaped(used, &made, kept)
}
