//! Normalisation, and layers of several maps.
//!
//! In: a layer. Out: its operation. Caffe's `BatchNorm` has no factor and no shift; a `Scale` that alone reads it is them.

use super::super::listed::Problem;
use super::layers::scaled;
use super::phase::Layer;
use super::reader::{Made, Reader};
use super::reshape::axis;
use crate::op::{BatchNorm, Concat, Elementwise, Merge, Op, Reshape, Scalar, ScalarOp, Scale, Shape};

/// The `Scale` that is a batch norm's factor and shift.
fn follower(reader: &Reader<'_>, layers: &[Layer<'_>], at: usize) -> Option<usize> {
    let top = *layers[at].tops.first()?;
    let mut later = reader.readers.get(top)?.iter().copied().filter(|reads| *reads > at);
    let next = later.next()?;
    let scale = &layers[next];
    let params = scale.message.message("scale_param");
    let is_plain = scale.kind == "Scale" && scale.bottoms.len() == 1;
    let has_shift = params.is_some_and(|params| params.flag("bias_term", false) == Ok(true));
    let is_usual =
        params.is_some_and(|params| params.integer("axis", 1, -8) == Ok(1) && params.integer("num_axes", 1, -1) == Ok(1));
    let is_alone = scale.tops.first() == Some(&top) || later.next().is_none();
    (is_plain && has_shift && is_usual && is_alone).then_some(next)
}

/// `BatchNorm`.
pub(super) fn batch_norm(reader: &mut Reader<'_>, layers: &[Layer<'_>], at: usize) -> Made {
    let layer = &layers[at];
    let read = reader.bottom(layer, 0)?;
    let params = layer.params("batch_norm_param");
    if !params.flag("use_global_stats", true)? {
        let problem = Problem::unsupported(&layer.at, "statistics of the batch itself are not had here");
        return Err(problem.help("a network for prediction has `use_global_stats: true`").into());
    }
    let eps = params.number("eps", 1e-5)?;
    if !(eps > 0.0 && eps < 1.0) {
        return Err(Problem::malformed(&layer.at, format!("`eps` lies between 0 and 1, and is not {eps}")).into());
    }
    let scale = follower(reader, layers, at);
    let node = reader.one(layer, Op::BatchNorm(BatchNorm { eps, affine: scale.is_some() }), read)?;
    reader.merged.extend(scale);
    Ok(node)
}

/// `Scale`: a factor of each channel, learned or the second blob.
pub(super) fn scale(reader: &mut Reader<'_>, layer: &Layer<'_>, at: usize) -> Made {
    let read = reader.bottom(layer, 0)?;
    if reader.merged.contains(&at) {
        return Ok(read);
    }
    let params = layer.params("scale_param");
    params.all("filler").for_each(drop);
    let (first, bias) = (params.integer("axis", 1, -8)?, params.flag("bias_term", false)?);
    if layer.bottoms.len() < 2 {
        if first != 1 || params.integer("num_axes", 1, -1)? != 1 {
            return Err(Problem::unsupported(&layer.at, "factors of other axes than the channels are not had here").into());
        }
        return reader.one(layer, Op::Scale(Scale { init: 1.0, bias }), read);
    }
    let factor = reader.bottom(layer, 1)?;
    let (map, own) = (reader.shape(read).to_vec(), reader.shape(factor).to_vec());
    if first != 0 || bias || !map.starts_with(&own) {
        let message =
            format!("a `Scale` of {} by {} with `axis: {first}` is not had here", reader.shape(read), reader.shape(factor));
        return Err(Problem::unsupported(&layer.at, message).help("`axis: 0` and no `bias_term` are read").into());
    }
    let mut dims = own.clone();
    dims.resize(map.len(), 1);
    let shape = Shape::new(&dims).filter(|_| dims != own);
    let factor = match shape {
        Some(shape) => reader.part(layer, "reshape", (Op::Reshape(Reshape { shape }), &[factor]))?,
        None => factor,
    };
    let suffix = if shape.is_some() { "mul" } else { "" };
    reader.part(layer, suffix, (Op::Elementwise(Elementwise { merge: Merge::Mul }), &[read, factor]))
}

/// `Eltwise`.
pub(super) fn eltwise(reader: &mut Reader<'_>, layer: &Layer<'_>) -> Made {
    let mut read = reader.all(layer)?;
    let params = layer.params("eltwise_param");
    params.all("stable_prod_grad").for_each(drop);
    let mut merge = match params.text("operation") {
        None | Some("SUM" | "1") => Merge::Add,
        Some("PROD" | "0") => Merge::Mul,
        Some("MAX" | "2") => Merge::Max,
        Some(other) => return Err(Problem::unsupported(&layer.at, format!("`Eltwise` by `{other}` is not had here")).into()),
    };
    let first = reader.shape(read[0]);
    if let Some(other) = read.iter().map(|id| reader.shape(*id)).find(|shape| *shape != first) {
        return Err(Problem::malformed(&layer.at, format!("`Eltwise` needs blobs of one shape, not {first} and {other}")).into());
    }
    let factors = params.numbers("coeff")?;
    if !factors.is_empty() && (factors.len() != read.len() || merge != Merge::Add) {
        return Err(Problem::malformed(&layer.at, "`coeff` is a number for each blob of a sum").into());
    }
    if factors == [1.0, -1.0] {
        merge = Merge::Sub;
    } else {
        for (id, factor) in read.iter_mut().zip(factors) {
            *id = scaled(reader, layer, ("coeff", *id), (ScalarOp::Mul, factor))?;
        }
    }
    match read.as_slice() {
        [one] => Ok(*one),
        [one, other] if one == other && merge == Merge::Add => {
            reader.one(layer, Op::Scalar(Scalar { op: ScalarOp::Mul, value: 2.0 }), *one)
        }
        several => reader.part(layer, "", (Op::Elementwise(Elementwise { merge }), several)),
    }
}

/// `Concat`.
pub(super) fn concat(reader: &mut Reader<'_>, layer: &Layer<'_>) -> Made {
    let read = reader.all(layer)?;
    let params = layer.params("concat_param");
    let along = params.integer("concat_dim", 1, 0)?;
    let along = params.integer("axis", along, -8)?;
    let axis = axis(reader, layer, (read[0], along))?;
    match read.as_slice() {
        [one] => Ok(*one),
        several => reader.part(layer, "", (Op::Concat(Concat { axis }), several)),
    }
}
