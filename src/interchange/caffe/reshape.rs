//! Layers that move elements.
//!
//! In: a layer. Out: its operations. Axes count the images as Caffe does, and those are never moved.

use super::super::listed::Problem;
use super::phase::Layer;
use super::reader::{Blob, Made, Reader, Stop};
use crate::graph::NodeId;
use crate::op::{ChannelShuffle, Coordinates, Op, Reshape, ResizeTo, Rounding, Shape, Slice, Transpose, Upsample, UpsampleMode};

/// An axis here of one of Caffe's.
pub(super) fn axis(reader: &Reader<'_>, layer: &Layer<'_>, (id, axis): (NodeId, i64)) -> Result<usize, Problem> {
    let rank = reader.shape(id).rank() + 1;
    let own = if axis < 0 {
        usize::try_from(axis.unsigned_abs()).ok().and_then(|back| rank.checked_sub(back))
    } else {
        usize::try_from(axis).ok()
    };
    match own.filter(|own| *own < rank) {
        Some(0) => {
            Err(Problem::unsupported(&layer.at, format!("layer `{}` works along the images, which are no axis here", layer.name)))
        }
        Some(own) => Ok(own - 1),
        None => Err(Problem::malformed(&layer.at, format!("layer `{}` has no axis {axis}: there are {rank}", layer.name))),
    }
}

/// A blob as a vector.
pub(super) fn flat(reader: &mut Reader<'_>, layer: &Layer<'_>, read: NodeId) -> Made {
    if reader.shape(read).rank() == 1 { Ok(read) } else { reader.part(layer, "flatten", (Op::Flatten, &[read])) }
}

fn reshaped(reader: &mut Reader<'_>, layer: &Layer<'_>, (read, dims): (NodeId, &[u64])) -> Made {
    let same = Shape::new(dims).filter(|shape| shape.elements() == reader.shape(read).elements());
    let Some(shape) = same else {
        let message = format!("layer `{}`: {} elements are no {dims:?}", layer.name, reader.shape(read));
        return Err(Problem::malformed(&layer.at, message).into());
    };
    if shape == reader.shape(read) {
        return Ok(read);
    }
    reader.one(layer, if shape.rank() == 1 { Op::Flatten } else { Op::Reshape(Reshape { shape }) }, read)
}

/// `Flatten`.
pub(super) fn flatten(reader: &mut Reader<'_>, layer: &Layer<'_>) -> Made {
    let read = reader.bottom(layer, 0)?;
    let params = layer.params("flatten_param");
    let (first, last) = (params.integer("axis", 1, -8)?, params.integer("end_axis", -1, -8)?);
    let (first, last) = (axis(reader, layer, (read, first))?, axis(reader, layer, (read, last))?);
    let dims = reader.shape(read).to_vec();
    if first > last {
        return Err(Problem::malformed(&layer.at, "`axis` does not stand behind `end_axis`").into());
    }
    let joined = dims[first..=last].iter().try_fold(1_u64, |product, dim| product.checked_mul(*dim)).unwrap_or(u64::MAX);
    let dims: Vec<u64> = dims[..first].iter().copied().chain([joined]).chain(dims[last + 1..].iter().copied()).collect();
    reshaped(reader, layer, (read, &dims))
}

/// `Reshape`: 0 keeps a dimension, -1 takes what is left.
pub(super) fn reshape(reader: &mut Reader<'_>, layer: &Layer<'_>) -> Made {
    let read = reader.bottom(layer, 0)?;
    let params = layer.params("reshape_param");
    let wanted = params.message("shape").map_or(Ok(Vec::new()), |shape| shape.integers("dim", -1))?;
    let (first, many) = (params.integer("axis", 0, -8)?, params.integer("num_axes", -1, -1)?);
    let own = reader.shape(read).to_vec();
    let wanted = match (first, many) {
        (0, -1) if wanted.first() == Some(&0) => wanted[1..].to_vec(),
        (1, -1) => wanted,
        _ => {
            let problem = Problem::unsupported(&layer.at, format!("layer `{}` changes the axis of the images", layer.name));
            return Err(problem.help("its shape begins with `dim: 0`, which keeps it").into());
        }
    };
    let mut dims = Vec::new();
    for (at, dim) in wanted.iter().enumerate() {
        let kept = own.get(at).copied().unwrap_or(0);
        dims.push(match dim {
            0 => kept,
            dim if *dim > 0 => dim.unsigned_abs(),
            _ => 0,
        });
    }
    if let Some(open) = wanted.iter().position(|dim| *dim == -1) {
        let product =
            |dims: &[u64]| dims.iter().try_fold(1_u64, |product, dim| product.checked_mul(*dim)).filter(|product| *product > 0);
        let others: Vec<u64> = dims.iter().enumerate().filter(|(at, _)| *at != open).map(|(_, dim)| *dim).collect();
        dims[open] = product(&own).zip(product(&others)).map_or(0, |(whole, others)| whole / others);
    }
    reshaped(reader, layer, (read, &dims))
}

/// `Permute`.
pub(super) fn permute(reader: &mut Reader<'_>, layer: &Layer<'_>) -> Made {
    let read = reader.bottom(layer, 0)?;
    let mut order = layer.params("permute_param").integers("order", 0)?;
    let rank = reader.shape(read).rank() + 1;
    let every = 0..i64::try_from(rank).unwrap_or(0);
    // Axes that are not told stand behind.
    every.clone().for_each(|axis| {
        if !order.contains(&axis) {
            order.push(axis);
        }
    });
    let axes: Option<Vec<usize>> = order.iter().skip(1).map(|axis| usize::try_from(axis - 1).ok()).collect();
    match axes {
        Some(axes) if order.first() == Some(&0) && order.len() == rank && order.iter().all(|axis| every.contains(axis)) => {
            if axes.is_sorted() { Ok(read) } else { reader.one(layer, Op::Transpose(Transpose { axes }), read) }
        }
        Some(_) | None => {
            let problem =
                Problem::unsupported(&layer.at, format!("layer `{}` has no order of {rank} axes that begins with 0", layer.name));
            Err(problem.help("the images stay in front").into())
        }
    }
}

fn part(axis: usize, start: u64, end: u64) -> Op {
    Op::Slice(Slice { axis, start, end: i64::try_from(end).unwrap_or(i64::MAX), step: 1 })
}

/// `Slice`: equal parts, or parts that begin where the file says.
pub(super) fn slice(reader: &mut Reader<'_>, layer: &Layer<'_>) -> Result<Vec<Blob>, Stop> {
    let read = reader.bottom(layer, 0)?;
    let params = layer.params("slice_param");
    let along = params.integer("slice_dim", 1, 0)?;
    let along = params.integer("axis", along, -8)?;
    let points = params.integers("slice_point", 1)?;
    let axis = axis(reader, layer, (read, along))?;
    let (dim, many) = (reader.shape(read).dim(axis), layer.tops.len() as u64);
    let mut ends: Vec<u64> = points.iter().map(|point| point.unsigned_abs()).collect();
    if ends.is_empty() && many > 0 && dim.is_multiple_of(many) {
        ends = (1..many).map(|at| at * (dim / many)).collect();
    }
    ends.push(dim);
    if ends.len() as u64 != many || !ends.is_sorted_by(|a, b| a < b) {
        let message = format!("layer `{}` does not cut {dim} into {many} parts", layer.name);
        return Err(Problem::malformed(&layer.at, message).into());
    }
    let (mut blobs, mut start) = (Vec::new(), 0);
    for (at, end) in ends.into_iter().enumerate() {
        blobs.push(Blob::Map(reader.part(layer, &format!("{at}"), (part(axis, start, end), &[read]))?));
        start = end;
    }
    Ok(blobs)
}

/// `Crop`: the first blob, as large as the second from an axis on.
pub(super) fn crop(reader: &mut Reader<'_>, layer: &Layer<'_>) -> Made {
    let (mut read, like) = (reader.bottom(layer, 0)?, reader.bottom(layer, 1)?);
    let params = layer.params("crop_param");
    let (first, offsets) = (params.integer("axis", 2, -8)?, params.integers("offset", 0)?);
    let first = axis(reader, layer, (read, first))?;
    let rank = reader.shape(read).rank();
    for at in first..rank.min(reader.shape(like).rank()) {
        let offset = offsets.get(at - first).or(offsets.first()).map_or(0, |offset| offset.unsigned_abs());
        let (whole, kept) = (reader.shape(read).dim(at), reader.shape(like).dim(at));
        if offset + kept > whole {
            let message = format!("layer `{}` takes {kept} from {offset} on, and there are {whole}", layer.name);
            return Err(Problem::malformed(&layer.at, message).into());
        }
        if kept < whole {
            read = reader.part(layer, "slice", (part(at, offset, offset + kept), &[read]))?;
        }
    }
    Ok(read)
}

fn size(reader: &Reader<'_>, layer: &Layer<'_>, id: NodeId) -> Result<[u64; 2], Problem> {
    let found = reader.shape(id).hw().map(|(height, width)| [height, width]);
    found.ok_or_else(|| Problem::malformed(&layer.at, format!("layer `{}` needs a map, not {}", layer.name, reader.shape(id))))
}

/// `Interp`: bilinear, corners on corners, to a size or by `in + (in - 1) (zoom - 1)`.
pub(super) fn interp(reader: &mut Reader<'_>, layer: &Layer<'_>) -> Made {
    let read = reader.bottom(layer, 0)?;
    let params = layer.params("interp_param");
    if params.integer("pad_beg", 0, -8)? != 0
        || params.integer("pad_end", 0, -8)? != 0
        || params.count("shrink_factor", 1, 1)? != 1
    {
        return Err(Problem::unsupported(&layer.at, "`Interp` with pads or `shrink_factor` is not had here").into());
    }
    let own = size(reader, layer, read)?;
    let zoom = params.count("zoom_factor", 0, 1)?;
    let to = if zoom > 0 {
        own.map(|side| side + (side - 1) * (zoom - 1))
    } else {
        [params.count("height", 0, 1)?, params.count("width", 0, 1)?]
    };
    if to.contains(&0) {
        return Err(Problem::malformed(&layer.at, "`Interp` needs `height` and `width`, or `zoom_factor`").into());
    }
    let (to, coordinates) = (ResizeTo::Size(to), Coordinates::AlignCorners);
    reader.one(layer, Op::Upsample(Upsample { to, mode: UpsampleMode::Linear, coordinates, line: false }), read)
}

/// `Upsample`: every pixel several times.
pub(super) fn upsample(reader: &mut Reader<'_>, layer: &Layer<'_>) -> Made {
    let read = reader.bottom(layer, 0)?;
    size(reader, layer, read)?;
    let scale = layer.params("upsample_param").count("scale", 2, 1)?;
    if layer.bottoms.len() > 1 {
        let message = "upsampling to where a pooling found its largest elements is not had here";
        return Err(Problem::unsupported(&layer.at, message).into());
    }
    #[expect(clippy::cast_precision_loss, reason = "factors are below 2^31")]
    let to = ResizeTo::Factor([scale as f64, scale as f64]);
    let (mode, coordinates) = (UpsampleMode::Nearest(Rounding::Floor), Coordinates::Asymmetric);
    reader.one(layer, Op::Upsample(Upsample { to, mode, coordinates, line: false }), read)
}

/// `ShuffleChannel`.
pub(super) fn shuffle(reader: &mut Reader<'_>, layer: &Layer<'_>) -> Made {
    let read = reader.bottom(layer, 0)?;
    let groups = layer.params("shuffle_channel_param").count("group", 1, 1)?;
    reader.one(layer, Op::ChannelShuffle(ChannelShuffle { groups }), read)
}
