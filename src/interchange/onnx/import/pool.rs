//! Pooling and means.

use super::super::array;
use super::super::fold::Why;
use super::super::number::Number;
use super::conv::{image, padding, pair, windows};
use super::{Importer, Use, Value};
use crate::op::error::Side;
use crate::op::{GlobalPool, Op, Pool, PoolKind, Reduce, Reduction};

type Made = Result<Vec<Value>, Why>;

/// `MaxPool`, `AveragePool`.
pub(super) fn window<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let attributes = &used.node.attributes;
    let [channels, height, width] = image(importer, &map)?;
    if used.node.outputs.get(1).is_some_and(|indices| !indices.is_empty()) {
        return Err(Why::from("the places of its maxima are asked for, which are not had here"));
    }
    let kernel = pair(attributes, "kernel_shape", 1)?;
    let (stride, dilation) = (pair(attributes, "strides", 1)?, pair(attributes, "dilations", 1)?);
    let pad = padding(attributes, [kernel, stride, dilation], [height, width])?;
    let kind = if used.node.op == "MaxPool" {
        PoolKind::Max
    } else {
        PoolKind::Avg { count_include_pad: attributes.flag("count_include_pad") }
    };
    let ceil = attributes.flag("ceil_mode");
    let pool = Pool { kind, kernel, stride, pad, dilation, ceil, line: false };
    let count = |at: usize, size: u64, side: Side| {
        let (before, after) = pad.along(side);
        let slack = if ceil { stride[at].saturating_sub(1) } else { 0 };
        let count = windows(size, (kernel[at], stride[at], dilation[at]), (before, after + slack));
        // A window that begins behind the map and its padding in front is none.
        if ceil && (count - 1) * i128::from(stride[at]) >= i128::from(size) + i128::from(before) { count - 1 } else { count }
    };
    let size = [count(0, height, Side::Height), count(1, width, Side::Width)];
    let dims =
        [i128::from(channels), size[0], size[1]].map(|dim| i64::try_from(dim).ok().filter(|dim| *dim > 0).map(Number::from));
    let dims: Option<Vec<Number>> = dims.into_iter().collect();
    let dims = dims.ok_or_else(|| Why::from("it makes a map without pixels"))?;
    let dims = std::iter::once(map.dims[0]).chain(dims).collect();
    Ok(vec![Value::Map(importer.add(used, Op::Pool(pool), &[map.node], dims)?)])
}

/// `GlobalAveragePool`, `GlobalMaxPool`.
pub(super) fn global<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let [channels, ..] = image(importer, &map)?;
    let pool = if used.node.op == "GlobalMaxPool" { GlobalPool::Max } else { GlobalPool::Avg };
    let dims = [map.dims[0], Number::from(channels as i64), Number::from(1), Number::from(1)];
    Ok(vec![Value::Map(importer.add(used, Op::GlobalPool(pool), &[map.node], dims.to_vec())?)])
}

/// `ReduceMean` and its relatives; the mean over the pixels of an image is global pooling.
pub(super) fn reduce<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let attributes = &used.node.attributes;
    let given = match used.array(1) {
        Some(id) => importer.arrays.get(id).known_ints().ok_or_else(|| Why::from("its axes are not known"))?,
        None => attributes.ints("axes").unwrap_or_default().to_vec(),
    };
    if given.is_empty() {
        return Err(Why::from("it is over the images of a batch"));
    }
    let keep = attributes.int_or("keepdims", 1) != 0;
    let mut gone = vec![false; map.rank()];
    for axis in given {
        gone[array::axis(axis, map.rank()).ok_or_else(|| Why(format!("it has no axis {axis}")))?] = true;
    }
    let axes: Option<Vec<usize>> = (0..map.rank()).filter(|axis| gone[*axis]).map(|axis| map.axis(axis)).collect();
    let axes = axes.ok_or_else(|| Why::from("it is over the images of a batch"))?;
    let kept = map.dims.iter().zip(&gone).filter(|(_, gone)| keep || !**gone);
    let dims: Vec<Number> = kept.map(|(dim, gone)| if *gone { Number::from(1) } else { *dim }).collect();
    let kind = match used.node.op.as_str() {
        "ReduceMean" => Reduction::Mean,
        "ReduceSum" => Reduction::Sum,
        "ReduceMax" => Reduction::Amax,
        "ReduceMin" => Reduction::Amin,
        "ReduceProd" => Reduction::Prod,
        "ReduceL1" => Reduction::L1,
        "ReduceL2" => Reduction::L2,
        other => return Err(Why(format!("`{other}` is not had here"))),
    };
    let is_whole_map = axes == [1, 2] && importer.map_shape(&map).rank() == 3;
    if !is_whole_map || kind != Reduction::Mean {
        return Ok(vec![Value::Map(importer.add(used, Op::Reduce(Reduce { kind, axes, keep }), &[map.node], dims)?)]);
    }
    let pixel: Vec<Number> = map.dims.iter().zip(&gone).map(|(dim, gone)| if *gone { Number::from(1) } else { *dim }).collect();
    let pooled = importer.add(used, Op::GlobalPool(GlobalPool::Avg), &[map.node], pixel)?;
    Ok(vec![Value::Map(importer.reshaped(used, &pooled, dims)?)])
}
