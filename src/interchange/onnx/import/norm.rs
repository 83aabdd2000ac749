//! Normalisations.

use super::super::fold::Why;
use super::super::number::Number;
use super::arithmetic::exact;
use super::{Importer, Use, Value};
use crate::op::{BatchNorm, GroupNorm, InstanceNorm, LayerNorm, Lrn, Op};

type Made = Result<Vec<Value>, Why>;

/// The layer's own images stand at the first axis.
fn leads(used: &Use<'_>) -> Result<super::Map, Why> {
    let map = used.map(0)?.clone();
    if !map.leads() || map.rank() < 2 { Err(Why::from("its first axis is not that of the images")) } else { Ok(map) }
}

fn affine<'m>(importer: &mut Importer<'m>, used: &Use<'m>, op: Op, roles: &[(usize, &'static str)]) -> Made {
    let map = leads(used)?;
    let made = importer.add(used, op, &[map.node], map.dims.clone())?;
    for (at, role) in roles {
        let array = used.array(*at).ok_or_else(|| Why(format!("its {role} is computed from the input")))?;
        importer.learns(&made, role, array);
    }
    Ok(vec![Value::Map(made)])
}

/// `BatchNormalization`, as it is when a network is run.
pub(super) fn batch<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let attributes = &used.node.attributes;
    // Before version 14 the number of outputs says so.
    if attributes.flag("training_mode") || used.node.outputs.iter().skip(1).any(|name| !name.is_empty()) {
        return Err(Why::from("it normalises by the batch, as in training"));
    }
    let eps = exact(attributes.float_or("epsilon", 1e-5));
    let op = Op::BatchNorm(BatchNorm { eps, affine: true });
    affine(importer, used, op, &[(1, "weight"), (2, "bias"), (3, "running_mean"), (4, "running_var")])
}

/// `InstanceNormalization`.
pub(super) fn instance<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let eps = exact(used.node.attributes.float_or("epsilon", 1e-5));
    affine(importer, used, Op::InstanceNorm(InstanceNorm { eps, affine: true }), &[(1, "weight"), (2, "bias")])
}

/// `GroupNormalization`; before version 21 it has a factor for each group.
pub(super) fn group<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let attributes = &used.node.attributes;
    let groups = attributes.int("num_groups").and_then(|groups| u64::try_from(groups).ok());
    let groups = groups.ok_or_else(|| Why::from("it does not say how many groups"))?;
    let eps = exact(attributes.float_or("epsilon", 1e-5));
    let op = Op::GroupNorm(GroupNorm { groups, eps, affine: true });
    let map = leads(used)?;
    let channels = importer.map_shape(&map).channels();
    let made = importer.add(used, op, &[map.node], map.dims.clone())?;
    for (at, role) in [(1, "weight"), (2, "bias")] {
        let array = used.array(at).ok_or_else(|| Why(format!("its {role} is computed from the input")))?;
        let count = importer.arrays.get(array).len() as u64;
        let is_each = count == channels;
        if !is_each && count != groups {
            return Err(Why(format!("its {role} is {count} numbers, neither one for each channel nor one for each group")));
        }
        let array = if is_each { array } else { importer.for_each(array, (channels / groups.max(1)) as usize)? };
        importer.learns(&made, role, array);
    }
    Ok(vec![Value::Map(made)])
}

/// `LayerNormalization` over the last axes.
pub(super) fn layer<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let at = used.axis("axis", -1, map.rank())?;
    let axes: Option<Vec<usize>> = (at..map.rank()).map(|axis| map.axis(axis)).collect();
    let axes = axes.ok_or_else(|| Why::from("it is over the images of a batch"))?;
    let bias = used.has(2);
    let eps = exact(used.node.attributes.float_or("epsilon", 1e-5));
    let made = importer.add(used, Op::LayerNorm(LayerNorm { eps, affine: true, axes, bias }), &[map.node], map.dims.clone())?;
    for (at, role) in [(1, "weight"), (2, "bias")].into_iter().filter(|(at, _)| used.has(*at)) {
        let array = used.array(at).ok_or_else(|| Why(format!("its {role} is computed from the input")))?;
        importer.learns(&made, role, array);
    }
    let mut all = vec![Value::Map(made)];
    if used.node.outputs.iter().skip(1).any(|name| !name.is_empty()) {
        all.extend(super::function::layer_statistics(importer, used, &map)?.map(Value::Map));
    }
    Ok(all)
}

/// `LRN`.
pub(super) fn lrn<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = leads(used)?;
    let attributes = &used.node.attributes;
    let size =
        attributes.int("size").and_then(|size| u64::try_from(size).ok()).ok_or_else(|| Why::from("its size is missing"))?;
    let op = Op::Lrn(Lrn {
        size,
        alpha: exact(attributes.float_or("alpha", 1e-4)),
        beta: exact(attributes.float_or("beta", 0.75)),
        k: exact(attributes.float_or("bias", 1.0)),
    });
    let dims: Vec<Number> = map.dims.clone();
    Ok(vec![Value::Map(importer.add(used, op, &[map.node], dims)?)])
}
