//! Calls that name axes of a tensor, or have a number for each of them: their axes count the batch, ours do not.
//!
//! In: the arguments of a call by the parameters of its row. Out: stages, or a clause, as from [`super::rule`].

use super::bind::Bound;
use super::rule::{Told, ints, list};
use super::stages::{Stage, Stages};
use super::value::Value;

/// Over the trailing axes, which have the sizes that are given, or it is another order of axes that was meant.
pub(super) fn layer_norm(bound: &Bound<'_>) -> Told {
    let sizes = bound.get("normalized_shape").and_then(|sizes| ints(&sizes).ok());
    let trailing = |shape: &[u64]| {
        let sizes: Vec<u64> = sizes.as_ref()?.iter().map(|size| u64::try_from(*size).ok()).collect::<Option<_>>()?;
        // As many columns as channels: either may be meant.
        let is_doubtful = sizes.len() < shape.len() && sizes.as_slice() == &shape[..1];
        (shape.ends_with(&sizes) && !is_doubtful).then_some(sizes.len() as i64)
    };
    match (bound.shape, bound.shape.and_then(trailing)) {
        // On a vector they are the channels.
        (Some([_]), _) => bound.plain("layer_norm"),
        (Some(_), Some(count)) => {
            let mut stages = bound.plain("layer_norm")?;
            let axes = if count == 1 { "-1".to_owned() } else { list(-count..0) };
            stages.0[0].args.push(("axes", axes));
            Ok(stages)
        }
        (Some(_) | None, _) => Err("PyTorch's normalises the trailing axes of a tensor, and `layer_norm` the channels of each \
                                    position: where the channels were last, as in ConvNeXt, write `layer_norm`, and for the \
                                    last axis here `layer_norm(axes=-1)`"
            .to_owned()),
    }
}

/// The norms of vectors that are had here.
pub(super) fn norm(bound: &Bound<'_>) -> Told {
    let keyword = match bound.get("p") {
        None => "l2",
        Some(p) if p.is_number(2.0) => "l2",
        Some(p) if p.is_number(1.0) => "l1",
        Some(p) => return Err(format!("of norms `l1` and `l2` are had here, not that of `{}`", p.written())),
    };
    bound.plain(keyword)
}

/// Numbers for the batch and for each axis of the input; the batch is left alone.
fn for_each_axis(bound: &Bound<'_>, alone: &[i64]) -> Result<Vec<i64>, String> {
    let numbers = match bound.rest.as_slice() {
        [list @ Value::List(_)] => ints(list)?,
        items => ints(&Value::List(items.to_vec()))?,
    };
    let rank = bound.shape.ok_or("how many axes its input has is not known here")?.len();
    match numbers.split_first() {
        Some((batch, rest)) if rest.len() == rank && alone.contains(batch) => Ok(rest.to_vec()),
        _ => Err("the batch does not stay as it is in front, and has no axis here".to_owned()),
    }
}

/// `x.repeat(1, 2, 1, 1)`.
pub(super) fn repeat(bound: &Bound<'_>) -> Told {
    Ok(Stage::new("repeat").arg("times", list(for_each_axis(bound, &[1])?)).into())
}

/// `x.expand(-1, -1, 7, 7)`.
pub(super) fn expand(bound: &Bound<'_>) -> Told {
    Ok(Stage::new("expand").arg("shape", list(for_each_axis(bound, &[-1])?)).into())
}

/// `x.flip(2, 3)`, or with one list: a slice backwards along each axis.
pub(super) fn flip(bound: &Bound<'_>) -> Told {
    let axes = match bound.rest.as_slice() {
        [list @ Value::List(_)] => list.items().to_vec(),
        items => items.to_vec(),
    };
    let stage = |axis: &Value<'_>| {
        let axis = bound.axis(axis)?;
        let stage = Stage::new("slice");
        let stage = if axis == 0 { stage } else { stage.arg("axis", axis.to_string()) };
        Ok::<_, String>(stage.arg("step", "-1"))
    };
    let stages = axes.iter().map(stage).collect::<Result<Vec<_>, _>>()?;
    if stages.is_empty() { Err("which axes it turns is not said".to_owned()) } else { Ok(Stages(stages)) }
}
