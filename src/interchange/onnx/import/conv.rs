//! Convolutions and products with weights.

use super::super::attributes::Attributes;
use super::super::fold::Why;
use super::super::number::Number;
use super::super::proto::AttributeProto;
use super::{Importer, Map, Use, Value};
use crate::op::error::Side;
use crate::op::{Conv, ConvTranspose, Linear, Op, Padding};

type Made = Result<Vec<Value>, Why>;

/// Two numbers for height and width of an attribute, or a default.
pub(super) fn pair(attributes: &Attributes, name: &str, default: u64) -> Result<[u64; 2], Why> {
    match attributes.ints(name) {
        None | Some([]) => Ok([default; 2]),
        Some([h, w]) => match [*h, *w].map(u64::try_from) {
            [Ok(h), Ok(w)] => Ok([h, w]),
            _ => Err(Why(format!("its {name} are negative"))),
        },
        Some([_]) => Err(Why::from("it is along one dimension, and maps have two here")),
        Some([_, _, _, ..]) => Err(Why::from("it is of volumes, and maps have two dimensions here")),
    }
}

/// `pads` as ONNX orders them: before height and width, then behind them.
fn pads(attributes: &Attributes) -> Result<Padding, Why> {
    let all = attributes.ints("pads").unwrap_or_default();
    if all.is_empty() {
        return Ok(Padding::default());
    }
    let all: Vec<u64> =
        all.iter().map(|pad| u64::try_from(*pad)).collect::<Result<_, _>>().map_err(|_| Why::from("its pads are negative"))?;
    match all.as_slice() {
        [top, left, bottom, right] => Ok(Padding { top: *top, left: *left, bottom: *bottom, right: *right }),
        _ => Err(Why::from("its pads are not those of height and width")),
    }
}

/// The padding of windows over a map, as `auto_pad` and `pads` ask for it.
pub(super) fn padding(
    attributes: &Attributes,
    [kernel, stride, dilation]: [[u64; 2]; 3],
    size: [u64; 2],
) -> Result<Padding, Why> {
    let automatic = attributes.text_or("auto_pad", "NOTSET");
    let same = |at: usize| {
        let reach = dilation[at].saturating_mul(kernel[at].saturating_sub(1)).saturating_add(1);
        let steps = size[at].div_ceil(stride[at].max(1)).saturating_sub(1);
        let total = steps.saturating_mul(stride[at]).saturating_add(reach).saturating_sub(size[at]);
        let (less, more) = (total / 2, total.div_ceil(2));
        if automatic == "SAME_LOWER" { (more, less) } else { (less, more) }
    };
    match automatic {
        "NOTSET" | "" => pads(attributes),
        "VALID" => Ok(Padding::default()),
        "SAME_UPPER" | "SAME_LOWER" => {
            let ((top, bottom), (left, right)) = (same(0), same(1));
            Ok(Padding { top, left, bottom, right })
        }
        other => Err(Why(format!("`auto_pad` `{other}` is not known"))),
    }
}

/// The channels, height and width of a map of the model, `[n, C, H, W]`.
pub(super) fn image(importer: &Importer<'_>, map: &Map) -> Result<[u64; 3], Why> {
    let shape = importer.map_shape(map);
    let is_image = map.rank() == 4 && map.axis(0).is_none() && shape.rank() == 3;
    match (shape.dims(), is_image) {
        ([c, h, w], true) => Ok([(*c).into(), (*h).into(), (*w).into()]),
        _ => Err(Why(match map.rank() {
            3 => "it is along one dimension, and maps have two here".to_owned(),
            5 => "it is of volumes, and maps have two dimensions here".to_owned(),
            rank => format!("its input has {rank} dimensions where images have 4"),
        })),
    }
}

fn sized(dims: &[Number], channels: u64, size: [i128; 2]) -> Result<Vec<Number>, Why> {
    let number = |value: i128| i64::try_from(value).ok().filter(|size| *size > 0).map(Number::from);
    let all = [number(channels.into()), number(size[0]), number(size[1])];
    let all: Option<Vec<Number>> = all.into_iter().collect();
    let all = all.ok_or_else(|| Why::from("it makes a map without pixels"))?;
    Ok(std::iter::once(dims[0]).chain(all).collect())
}

/// Pixels along a side of windows over a map.
pub(super) fn windows(size: u64, (kernel, stride, dilation): (u64, u64, u64), (before, after): (u64, u64)) -> i128 {
    let reach = i128::from(dilation) * (i128::from(kernel) - 1) + 1;
    (i128::from(size) + i128::from(before) + i128::from(after) - reach).div_euclid(i128::from(stride.max(1))) + 1
}

/// The weights' dimensions `[a, b, kh, kw]`.
fn kernel_of(importer: &Importer<'_>, used: &Use<'_>) -> Result<[u64; 4], Why> {
    let weights = used.array(1).ok_or_else(|| Why::from("its weights are computed from the input"))?;
    match importer.arrays.get(weights).dims.as_slice() {
        [a, b, h, w] => Ok([*a as u64, *b as u64, *h as u64, *w as u64]),
        dims => Err(Why(format!("its weights are {dims:?}, and kernels have height and width here"))),
    }
}

fn learned<'m>(importer: &mut Importer<'m>, used: &Use<'m>, map: &Map) -> Result<(), Why> {
    for (at, role) in [(1, "weight"), (2, "bias")] {
        if used.has(at) {
            let array = used.array(at).ok_or_else(|| Why(format!("its {role} is computed from the input")))?;
            importer.learns(map, role, array);
        }
    }
    Ok(())
}

/// `Conv`.
pub(super) fn conv<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let attributes = &used.node.attributes;
    let [channels, height, width] = image(importer, &map)?;
    let [out, _, kh, kw] = kernel_of(importer, used)?;
    let (kernel, stride, dilation) = ([kh, kw], pair(attributes, "strides", 1)?, pair(attributes, "dilations", 1)?);
    let groups = u64::try_from(attributes.int_or("group", 1)).map_err(|_| Why::from("its group is negative"))?;
    let pad = padding(attributes, [kernel, stride, dilation], [height, width])?;
    let depthwise = groups == channels && groups > 1 && out.is_multiple_of(channels);
    let side = |at: usize, size: u64, side: Side| windows(size, (kernel[at], stride[at], dilation[at]), pad.along(side));
    let dims = sized(&map.dims, out, [side(0, height, Side::Height), side(1, width, Side::Width)])?;
    let op = Op::Conv(Conv { out, kernel, stride, pad, dilation, groups, bias: used.has(2), depthwise, line: false });
    let made = importer.add(used, op, &[map.node], dims)?;
    learned(importer, used, &made)?;
    Ok(vec![Value::Map(made)])
}

/// `ConvTranspose`.
pub(super) fn transposed<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let attributes = &used.node.attributes;
    let [_, height, width] = image(importer, &map)?;
    let [_, each, kh, kw] = kernel_of(importer, used)?;
    let (kernel, stride, dilation) = ([kh, kw], pair(attributes, "strides", 1)?, pair(attributes, "dilations", 1)?);
    let groups = u64::try_from(attributes.int_or("group", 1)).map_err(|_| Why::from("its group is negative"))?;
    let mut output_pad = pair(attributes, "output_padding", 0)?;
    let size = [height, width];
    let whole = |at: usize, output_pad: u64| {
        i128::from(stride[at]) * (i128::from(size[at]) - 1)
            + i128::from(output_pad)
            + i128::from(dilation[at]) * (i128::from(kernel[at]) - 1)
            + 1
    };
    let automatic = attributes.text_or("auto_pad", "NOTSET").to_owned();
    let asked = attributes.ints("output_shape").map(<[i64]>::to_vec);
    let mut pad = padding(attributes, [kernel, stride, dilation], size)?;
    if asked.is_some() || automatic.starts_with("SAME") {
        let wanted = |at: usize| match asked.as_deref() {
            Some([.., h, w]) => i128::from([*h, *w][at]),
            _ => i128::from(size[at]) * i128::from(stride[at]),
        };
        let mut sides = [(0, 0); 2];
        for at in 0..2 {
            let total = whole(at, output_pad[at]) - wanted(at);
            // What is missing is added behind.
            let total = u64::try_from(total).unwrap_or_else(|_| {
                output_pad[at] += u64::try_from(-total).unwrap_or(0);
                0
            });
            let (less, more) = (total / 2, total.div_ceil(2));
            sides[at] = if automatic == "SAME_UPPER" { (less, more) } else { (more, less) };
        }
        let [(top, bottom), (left, right)] = sides;
        pad = Padding { top, left, bottom, right };
    }
    let out = each.checked_mul(groups).ok_or_else(|| Why::from("it has too many channels"))?;
    let side = |at: usize, side: Side| {
        let (before, after) = pad.along(side);
        whole(at, output_pad[at]) - i128::from(before) - i128::from(after)
    };
    let dims = sized(&map.dims, out, [side(0, Side::Height), side(1, Side::Width)])?;
    let op = Op::ConvTranspose(ConvTranspose {
        out,
        kernel,
        stride,
        pad,
        output_pad,
        dilation,
        groups,
        bias: used.has(2),
        line: false,
    });
    let made = importer.add(used, op, &[map.node], dims)?;
    learned(importer, used, &made)?;
    Ok(vec![Value::Map(made)])
}

/// The attributes that turn rows and columns round.
fn turned() -> Attributes {
    Attributes::new(vec![AttributeProto { name: "perm".to_owned(), ints: vec![1, 0], ..AttributeProto::default() }])
}

/// `Gemm` with weights: a linear layer.
pub(super) fn gemm<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let attributes = &used.node.attributes;
    let plain = ["alpha", "beta"].iter().all(|name| (attributes.float_or(name, 1.0) - 1.0).abs() < f32::EPSILON)
        && !attributes.flag("transA");
    if !plain {
        return Err(Why::from("a factor, or a transposed input, is not had here"));
    }
    let weights = used.array(1).ok_or_else(|| Why::from("both its factors are computed from the input"))?;
    let weights = if attributes.flag("transB") { weights } else { importer.folded("Transpose", &turned(), weights)? };
    let out = importer.arrays.get(weights).dims.first().copied().unwrap_or(0);
    let bias = used.has(2);
    let made = linear(importer, used, &map, (out, bias))?;
    importer.learns(&made, "weight", weights);
    if bias {
        let array = used.array(2).ok_or_else(|| Why::from("its summand is computed from the input"))?;
        if importer.arrays.get(array).len() != out {
            return Err(Why::from("its summand is not one number for each output"));
        }
        let array = importer.vector(array)?;
        importer.learns(&made, "bias", array);
    }
    Ok(vec![Value::Map(made)])
}

fn linear<'m>(importer: &mut Importer<'m>, used: &Use<'m>, map: &Map, (out, bias): (usize, bool)) -> Result<Map, Why> {
    let last = map.rank().checked_sub(1).filter(|last| map.axis(*last).is_some());
    let last = last.ok_or_else(|| Why::from("it is over the images of a batch"))?;
    let mut dims = map.dims.clone();
    dims[last] = Number::from(out as i64);
    importer.add(used, Op::Linear(Linear { out: out as u64, bias }), &[map.node], dims)
}

/// `MatMul`: with a matrix of weights a linear layer.
pub(super) fn matmul<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let Some(weights) = used.array(1) else {
        let other = used.map(1)?.clone();
        return product(importer, used, [&map, &other]);
    };
    if importer.arrays.get(weights).dims.len() != 2 {
        return Err(Why::from("its weights are no matrix"));
    }
    let weights = importer.folded("Transpose", &turned(), weights)?;
    let out = importer.arrays.get(weights).dims[0];
    let made = linear(importer, used, &map, (out, false))?;
    importer.learns(&made, "weight", weights);
    Ok(vec![Value::Map(made)])
}

/// The product of two tensors that flow, their images at the same axis.
fn product<'m>(importer: &mut Importer<'m>, used: &Use<'m>, [a, b]: [&Map; 2]) -> Made {
    let rank = a.rank();
    if b.rank() != rank || rank < 3 {
        return Err(Why::from("its factors have different numbers of axes"));
    }
    let rows = |map: &Map| map.axis(rank - 2).zip(map.axis(rank - 1));
    if rows(a).is_none() || rows(b).is_none() {
        return Err(Why::from("it is over the images of a batch"));
    }
    let one = Number::from(1);
    let outer = a.dims[..rank - 2].iter().zip(&b.dims[..rank - 2]).map(|(a, b)| match (*a, *b) {
        (a, b) if a == b || b == one => Ok(a),
        (a, b) if a == one => Ok(b),
        _ => Err(Why::from("its factors do not go together")),
    });
    let mut dims = outer.collect::<Result<Vec<_>, _>>()?;
    dims.extend([a.dims[rank - 2], b.dims[rank - 1]]);
    Ok(vec![Value::Map(importer.add(used, Op::MatMul, &[a.node, b.node], dims)?)])
}
