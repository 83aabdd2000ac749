//! Convolutions.

use super::super::attributes::Attributes;
use super::super::fold::Why;
use super::spatial::{Spatial, Windows, spatial};
use super::{Importer, Map, Use, Value};
use crate::op::error::Side;
use crate::op::{Conv, ConvTranspose, Op, Padding};

type Made = Result<Vec<Value>, Why>;

/// The weights' dimensions `[a, b, kh, kw]`, of a line `[a, b, k]`.
fn kernel_of(importer: &Importer<'_>, used: &Use<'_>, line: bool) -> Result<[u64; 4], Why> {
    let weights = used.array(1).ok_or_else(|| Why::from("its weights are computed from the input"))?;
    match (importer.arrays.get(weights).dims.as_slice(), line) {
        ([a, b, h, w], false) => Ok([*a as u64, *b as u64, *h as u64, *w as u64]),
        ([a, b, w], true) => Ok([*a as u64, *b as u64, 1, *w as u64]),
        (dims, _) => Err(Why(format!("its weights are {dims:?}, which is no kernel for its input"))),
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
    let input = spatial(importer, &map)?;
    let [out, _, kh, kw] = kernel_of(importer, used, input.line)?;
    let windows = input.windows(attributes, [kh, kw])?;
    let groups = u64::try_from(attributes.int_or("group", 1)).map_err(|_| Why::from("its group is negative"))?;
    let pad = input.padding(attributes, windows)?;
    let depthwise = groups == input.channels && groups > 1 && out.is_multiple_of(input.channels);
    let dims = input.sized(&map, out, windows.counts(input, pad, false))?;
    let Windows { kernel, stride, dilation } = windows;
    let op = Op::Conv(Conv { out, kernel, stride, pad, dilation, groups, bias: used.has(2), depthwise, line: input.line });
    let made = importer.add(used, op, &[map.node], dims)?;
    learned(importer, used, &made)?;
    Ok(vec![Value::Map(made)])
}

/// Positions along a side of what a transposed convolution makes, before its padding is taken off.
fn spread(windows: Windows, size: u64, (at, output_pad): (usize, u64)) -> i128 {
    i128::from(windows.stride[at]) * (i128::from(size) - 1)
        + i128::from(output_pad)
        + i128::from(windows.dilation[at]) * (i128::from(windows.kernel[at]) - 1)
        + 1
}

/// The padding of a transposed convolution, and what is added behind its output.
fn transposed_padding(attributes: &Attributes, windows: Windows, input: Spatial) -> Result<(Padding, [u64; 2]), Why> {
    let mut output_pad = input.pair(attributes, "output_padding", 0)?;
    let automatic = attributes.text_or("auto_pad", "NOTSET");
    let asked = attributes.ints("output_shape");
    if asked.is_none() && !automatic.starts_with("SAME") {
        return Ok((input.padding(attributes, windows)?, output_pad));
    }
    let mut sides = [(0, 0); 2];
    for (at, size) in input.size.iter().enumerate().skip(usize::from(input.line)) {
        // Of the output's shape the last ones are its sides, whether images and channels stand before them or not.
        let wanted = asked.map_or(i128::from(*size) * i128::from(windows.stride[at]), |asked| {
            asked.len().checked_sub(2 - at).map_or(0, |at| i128::from(asked[at]))
        });
        let total = spread(windows, *size, (at, output_pad[at])) - wanted;
        // What is missing is added behind.
        let total = u64::try_from(total).unwrap_or_else(|_| {
            output_pad[at] += u64::try_from(-total).unwrap_or(0);
            0
        });
        let (less, more) = (total / 2, total.div_ceil(2));
        sides[at] = if automatic == "SAME_UPPER" { (less, more) } else { (more, less) };
    }
    let [(top, bottom), (left, right)] = sides;
    Ok((Padding { top, left, bottom, right }, output_pad))
}

/// `ConvTranspose`.
pub(super) fn transposed<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let attributes = &used.node.attributes;
    let input = spatial(importer, &map)?;
    let [_, each, kh, kw] = kernel_of(importer, used, input.line)?;
    let windows = input.windows(attributes, [kh, kw])?;
    let groups = u64::try_from(attributes.int_or("group", 1)).map_err(|_| Why::from("its group is negative"))?;
    let (pad, output_pad) = transposed_padding(attributes, windows, input)?;
    let out = each.checked_mul(groups).ok_or_else(|| Why::from("it has too many channels"))?;
    let side = |at: usize, side: Side| {
        let (before, after) = pad.along(side);
        spread(windows, input.size[at], (at, output_pad[at])) - i128::from(before) - i128::from(after)
    };
    let dims = input.sized(&map, out, [side(0, Side::Height), side(1, Side::Width)])?;
    let Windows { kernel, stride, dilation } = windows;
    let (bias, line) = (used.has(2), input.line);
    let op = Op::ConvTranspose(ConvTranspose { out, kernel, stride, pad, output_pad, dilation, groups, bias, line });
    let made = importer.add(used, op, &[map.node], dims)?;
    learned(importer, used, &made)?;
    Ok(vec![Value::Map(made)])
}
