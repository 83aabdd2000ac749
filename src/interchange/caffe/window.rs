//! Layers with windows: convolutions and pooling.
//!
//! In: a layer. Out: its operation. Convolutions round down; pooling rounds up and leaves out a last window that would begin
//! in the padding behind the map, and a mean counts padding, but not what lies beyond it.

use super::super::listed::Problem;
use super::phase::Layer;
use super::reader::{Made, Reader};
use super::text::Message;
use crate::op::{Conv, ConvTranspose, GlobalPool, Op, Padding, Pool, PoolKind};

/// A pair of numbers, `[h, w]`: one for both, one each, or by names of their own.
fn pair(params: &Message, (both, tall, wide): (&str, &str, &str), default: Option<u64>, least: i64) -> Result<[u64; 2], Problem> {
    let own = [params.field(tall).is_some(), params.field(wide).is_some()];
    let all = params.integers(both, least)?;
    let shared = match all.as_slice() {
        [] => default.map(|n| [n, n]),
        [n] => Some([n.unsigned_abs(); 2]),
        [h, w] => Some([h.unsigned_abs(), w.unsigned_abs()]),
        _ => None,
    };
    let [h, w] = shared.unwrap_or([0, 0]);
    let found = [params.count(tall, h, least)?, params.count(wide, w, least)?];
    let is_whole = shared.is_some() || own == [true, true];
    let at = params
        .fields
        .iter()
        .find(|field| [both, tall, wide].contains(&field.name.as_str()))
        .map_or(0..0, |field| field.at.clone());
    if is_whole {
        Ok(found)
    } else {
        Err(Problem::malformed(&at, format!("`{both}` is one number, or one for rows and one for columns")))
    }
}

struct Windows {
    kernel: [u64; 2],
    stride: [u64; 2],
    pad: [u64; 2],
}

fn windows(layer: &Layer<'_>, params: &Message) -> Result<Windows, Problem> {
    let kernel = pair(params, ("kernel_size", "kernel_h", "kernel_w"), None, 1).map_err(|problem| Problem {
        at: if problem.at.is_empty() { layer.at.clone() } else { problem.at.clone() },
        ..problem
    })?;
    let stride = pair(params, ("stride", "stride_h", "stride_w"), Some(1), 1)?;
    let pad = pair(params, ("pad", "pad_h", "pad_w"), Some(0), 0)?;
    Ok(Windows { kernel, stride, pad })
}

/// `Convolution`, `Deconvolution` and `DepthwiseConvolution`.
pub(super) fn convolution(reader: &mut Reader<'_>, layer: &Layer<'_>) -> Made {
    let read = reader.bottom(layer, 0)?;
    let params = layer.params("convolution_param");
    for ignored in ["engine", "force_nd_im2col", "weight_filler", "bias_filler"] {
        params.all(ignored).for_each(drop);
    }
    if !matches!(params.integer("axis", 1, -8)?, 1 | -3) {
        return Err(
            Problem::unsupported(&layer.at, "a convolution along other axes than rows and columns is not had here").into()
        );
    }
    let Some(out) = params.field("num_output").map(|_| params.count("num_output", 1, 1)).transpose()? else {
        return Err(Problem::malformed(&layer.at, "this layer has no `num_output`").into());
    };
    let Windows { kernel, stride, pad } = windows(layer, params)?;
    let dilations = params.integers("dilation", 1)?;
    let dilation = match dilations.as_slice() {
        [] => [1, 1],
        [n] => [n.unsigned_abs(); 2],
        [h, w, ..] => [h.unsigned_abs(), w.unsigned_abs()],
    };
    let channels = reader.shape(read).channels();
    let own = if layer.kind.contains("epthwise") && out == channels { channels } else { 1 };
    let (groups, bias) = (params.count("group", own, 1)?, params.flag("bias_term", true)?);
    let pad = Padding { top: pad[0], left: pad[1], bottom: pad[0], right: pad[1] };
    let op = if layer.kind == "Deconvolution" {
        Op::ConvTranspose(ConvTranspose { out, kernel, stride, pad, output_pad: [0, 0], dilation, groups, bias, line: false })
    } else {
        let depthwise = groups > 1 && groups == channels && out.is_multiple_of(channels);
        Op::Conv(Conv { out, kernel, stride, pad, dilation, groups, bias, depthwise, line: false })
    };
    reader.one(layer, op, read)
}

/// Windows along a side, as Caffe counts them.
fn outputs(size: u64, (kernel, stride, pad): (u64, u64, u64), rounds_up: bool) -> Option<u64> {
    let rest = (size + 2 * pad).checked_sub(kernel);
    // Rounded up, a window that is a little too large still counts.
    let steps = match rest {
        Some(rest) if rounds_up => rest.div_ceil(stride),
        Some(rest) => rest / stride,
        None if rounds_up && kernel - size - 2 * pad < stride => 0,
        None => return None,
    };
    let begins_behind = pad > 0 && steps * stride >= size + pad;
    Some(steps + u64::from(!begins_behind))
}

/// `Pooling`.
pub(super) fn pooling(reader: &mut Reader<'_>, layer: &Layer<'_>) -> Made {
    let read = reader.bottom(layer, 0)?;
    let params = layer.params("pooling_param");
    params.all("engine").for_each(drop);
    let is_max = match params.text("pool") {
        None | Some("MAX" | "0") => true,
        Some("AVE" | "1") => false,
        Some(other) => {
            let message = format!("pooling by `{other}` is not had here");
            return Err(Problem::unsupported(&layer.at, message).help("MAX and AVE are read").into());
        }
    };
    if params.flag("global_pooling", false)? {
        return reader.one(layer, Op::GlobalPool(if is_max { GlobalPool::Max } else { GlobalPool::Avg }), read);
    }
    let Some((height, width)) = reader.shape(read).hw() else {
        return Err(Problem::malformed(&layer.at, format!("pooling needs a map, not {}", reader.shape(read))).into());
    };
    let Windows { kernel, stride, pad } = windows(layer, params)?;
    let rounds_up = !matches!(params.text("round_mode"), Some("FLOOR" | "1")) && params.flag("ceil_mode", true)?;
    let size = [height, width];
    let counts = |up| [0, 1].map(|at| outputs(size[at], (kernel[at], stride[at], pad[at]), up));
    let wanted = counts(rounds_up);
    let pads = Padding { top: pad[0], left: pad[1], bottom: pad[0], right: pad[1] };
    let kind = if is_max { PoolKind::Max } else { PoolKind::Avg { count_include_pad: true } };
    // Where every window fills its map, rounding says nothing.
    let ceil = rounds_up && counts(false) != wanted;
    let op = Op::Pool(Pool { kind, kernel, stride, pad: pads, dilation: [1, 1], ceil, line: false });
    let node = reader.one(layer, op, read)?;
    if reader.shape(node).hw().map(|(h, w)| [Some(h), Some(w)]) != Some(wanted) {
        return Err(
            Problem::unsupported(&layer.at, "its last window begins behind its map, and Caffe makes no number of it").into()
        );
    }
    Ok(node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_counted_as_caffe_does() {
        for (size, window, rounds_up, expected) in [
            (112, (3, 2, 0), true, Some(56)),
            (112, (3, 2, 0), false, Some(55)),
            (113, (3, 2, 1), true, Some(57)),
            // The third window would begin in the padding behind.
            (4, (2, 2, 1), true, Some(3)),
            (3, (2, 2, 1), true, Some(2)),
            (6, (7, 2, 0), true, Some(1)),
            (5, (7, 2, 0), true, None),
        ] {
            assert_eq!(outputs(size, window, rounds_up), expected, "{size} {window:?}");
        }
    }
}
