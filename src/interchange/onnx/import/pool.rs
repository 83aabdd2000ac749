//! Pooling and means.

use super::super::array;
use super::super::fold::Why;
use super::super::number::Number;
use super::spatial::{Windows, spatial};
use super::{Importer, Map, Use, Value};
use crate::op::{GlobalPool, Merge, Op, Pad, PadMode, Padding, Pool, PoolKind, Reduce, Reduction, ScalarOp, Unary};

type Made = Result<Vec<Value>, Why>;

/// `MaxPool`, `AveragePool`.
pub(super) fn window<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    if used.node.outputs.get(1).is_some_and(|indices| !indices.is_empty()) {
        return Err(Why::from("the places of its maxima are asked for, which are not had here"));
    }
    let kind = if used.node.op == "MaxPool" {
        PoolKind::Max
    } else {
        PoolKind::Avg { count_include_pad: used.node.attributes.flag("count_include_pad") }
    };
    let map = used.map(0)?.clone();
    Ok(vec![Value::Map(pooled(importer, used, &map, kind)?)])
}

fn pooled<'m>(importer: &mut Importer<'m>, used: &Use<'m>, map: &Map, kind: PoolKind) -> Result<Map, Why> {
    let attributes = &used.node.attributes;
    let input = spatial(importer, map)?;
    let windows = input.windows(attributes, input.pair(attributes, "kernel_shape", 1)?)?;
    let pad = input.padding(attributes, windows)?;
    let ceil = attributes.flag("ceil_mode");
    let dims = input.sized(map, input.channels, windows.counts(input, pad, ceil))?;
    let Windows { kernel, stride, dilation } = windows;
    let pool = Pool { kind, kernel, stride, pad, dilation, ceil, line: input.line };
    let is_fit = Op::Pool(pool.clone()).infer(&[importer.map_shape(map)]).is_ok();
    let value = match kind {
        // The least number there is: a `.net` has no infinity.
        PoolKind::Max => f64::from(f32::MIN),
        PoolKind::Avg { .. } => 0.0,
    };
    if is_fit || ceil {
        return importer.add(used, Op::Pool(pool), &[map.node], dims);
    }
    // More padding than pooling takes stands before it.
    let side = |[before, size, after]: [u64; 3]| i128::from(before) + i128::from(size) + i128::from(after);
    let size = [side([pad.top, input.size[0], pad.bottom]), side([pad.left, input.size[1], pad.right])];
    let padded = Pad { pad, crop: Padding::default(), mode: PadMode::Constant(value), line: input.line };
    let padded = importer.add(used, Op::Pad(padded), &[map.node], input.sized(map, input.channels, size)?)?;
    let alone = Pool { pad: Padding::default(), ..pool };
    let pooled = importer.add(used, Op::Pool(alone), &[padded.node], dims)?;
    if !matches!(kind, PoolKind::Avg { count_include_pad: false }) {
        return Ok(pooled);
    }
    let shares = importer.arrays.known(windows.shares(input, pad)?);
    importer.combined(used, (Value::Map(pooled), Value::Array(shares)), Merge::Mul)
}

/// `LpPool`: the root of the sum of powers in each window, which is their mean times how many they are.
pub(super) fn lp<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let attributes = &used.node.attributes;
    if attributes.flag("ceil_mode") {
        return Err(Why::from("windows that overhang are not had here for it"));
    }
    let map = used.map(0)?.clone();
    let input = spatial(importer, &map)?;
    let [h, w] = input.pair(attributes, "kernel_shape", 1)?;
    // Version 1 has a number with a fraction there.
    let p = attributes.int("p").map_or_else(|| f64::from(attributes.float_or("p", 2.0)), |p| p as f64);
    let absolute = importer.mapped(used, &map, Op::Unary(Unary::Abs))?;
    let powers = importer.scalar(used, &absolute, (ScalarOp::Pow, p))?;
    let means = pooled(importer, used, &powers, PoolKind::Avg { count_include_pad: true })?;
    let sums = importer.scalar(used, &means, (ScalarOp::Mul, h as f64 * w as f64))?;
    Ok(vec![Value::Map(importer.scalar(used, &sums, (ScalarOp::Pow, 1.0 / p))?)])
}

/// `GlobalAveragePool`, `GlobalMaxPool`.
pub(super) fn global<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let input = spatial(importer, &map)?;
    let pool = if used.node.op == "GlobalMaxPool" { GlobalPool::Max } else { GlobalPool::Avg };
    let dims = input.sized(&map, input.channels, [1, 1])?;
    Ok(vec![Value::Map(importer.add(used, Op::GlobalPool(pool), &[map.node], dims)?)])
}

/// `ReduceMean` and its relatives; the mean over the pixels of an image is global pooling.
pub(super) fn reduce<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let mut map = used.map(0)?.clone();
    let attributes = &used.node.attributes;
    let given = super::movement::ints(importer, used, ("axes", 1))?.unwrap_or_default();
    if given.is_empty() && attributes.flag("noop_with_empty_axes") {
        return Ok(vec![Value::Map(before(importer, used, &map)?.1)]);
    }
    let mut gone = vec![given.is_empty(); map.rank()];
    for axis in given {
        gone[array::axis(axis, map.rank()).ok_or_else(|| Why(format!("it has no axis {axis}")))?] = true;
    }
    let kind;
    (kind, map) = before(importer, used, &map)?;
    let reduced = reduced(importer, used, (&map, kind), (&gone, attributes.int_or("keepdims", 1) != 0))?;
    let made = if matches!(used.node.op.as_str(), "ReduceLogSum" | "ReduceLogSumExp") {
        importer.mapped(used, &reduced, Op::Unary(Unary::Log))?
    } else {
        reduced
    };
    Ok(vec![Value::Map(made)])
}

/// What is reduced, and by which reduction: some reduce a function of what they get.
fn before<'m>(importer: &mut Importer<'m>, used: &Use<'m>, map: &Map) -> Result<(Reduction, Map), Why> {
    let kind = match used.node.op.as_str() {
        "ReduceMean" => Reduction::Mean,
        "ReduceMax" => Reduction::Amax,
        "ReduceMin" => Reduction::Amin,
        "ReduceProd" => Reduction::Prod,
        "ReduceL1" => Reduction::L1,
        "ReduceL2" => Reduction::L2,
        "ReduceSum" | "ReduceLogSum" => Reduction::Sum,
        "ReduceSumSquare" => {
            return Ok((Reduction::Sum, importer.scalar(used, map, (ScalarOp::Pow, 2.0))?));
        }
        "ReduceLogSumExp" => return Ok((Reduction::Sum, importer.mapped(used, map, Op::Unary(Unary::Exp))?)),
        other => return Err(Why(format!("`{other}` is not had here"))),
    };
    Ok((kind, map.clone()))
}

/// A map reduced over axes of the model.
pub(super) fn reduced<'m>(
    importer: &mut Importer<'m>,
    used: &Use<'m>,
    (map, kind): (&Map, Reduction),
    (gone, keep): (&[bool], bool),
) -> Result<Map, Why> {
    let axes: Option<Vec<usize>> = (0..map.rank()).filter(|axis| gone[*axis]).map(|axis| map.axis(axis)).collect();
    let axes = axes.ok_or_else(|| Why::from("it is over the images of a batch"))?;
    let dims = |keep: bool| -> Vec<Number> {
        let kept = map.dims.iter().zip(gone).filter(|(_, gone)| keep || !**gone);
        kept.map(|(dim, gone)| if *gone { Number::from(1) } else { *dim }).collect()
    };
    let is_whole_map = axes == [1, 2] && importer.map_shape(map).rank() == 3 && map.leads();
    if !is_whole_map || kind != Reduction::Mean {
        return importer.add(used, Op::Reduce(Reduce { kind, axes, keep }), &[map.node], dims(keep));
    }
    let pooled = importer.add(used, Op::GlobalPool(GlobalPool::Avg), &[map.node], dims(true))?;
    importer.reshaped(used, &pooled, dims(keep))
}
