//! The rules of layers of lines, `[C, L]` here: the frameworks have words of their own for them, and here a layer sees it from
//! its input.
//!
//! In: the arguments of a pasted call. Out: the call of the layer, where the input is known to be a line; or a clause that says
//! why not. On a map the layer here would be another one.

use super::bind::Bound;
use super::rule::{self, Told};
use super::stages::Stage;

/// That the input is a line.
fn on_line(bound: &Bound<'_>) -> Result<(), String> {
    match bound.shape {
        Some([_, _]) => Ok(()),
        Some([_, _, _]) => Err("it is a layer of lines `[C, L]`, and its input is a map `[C, H, W]`".to_owned()),
        Some(_) => Err("it is a layer of lines `[C, L]`, and its input is none".to_owned()),
        None => Err("it is a layer of lines `[C, L]`, and its input is not known here".to_owned()),
    }
}

fn plain(bound: &Bound<'_>, keyword: &'static str) -> Told {
    on_line(bound)?;
    bound.plain(keyword)
}

pub(super) fn conv(bound: &Bound<'_>) -> Told {
    plain(bound, "conv")
}

pub(super) fn conv_transpose(bound: &Bound<'_>) -> Told {
    plain(bound, "conv_transpose")
}

pub(super) fn dwconv(bound: &Bound<'_>) -> Told {
    plain(bound, "dwconv")
}

pub(super) fn maxpool(bound: &Bound<'_>) -> Told {
    plain(bound, "maxpool")
}

pub(super) fn avgpool(bound: &Bound<'_>) -> Told {
    plain(bound, "avgpool")
}

pub(super) fn adaptive_avg(bound: &Bound<'_>) -> Told {
    plain(bound, "adaptive_avgpool")
}

pub(super) fn adaptive_max(bound: &Bound<'_>) -> Told {
    on_line(bound)?;
    rule::adaptive_max(bound)
}

pub(super) fn instance_norm(bound: &Bound<'_>) -> Told {
    on_line(bound)?;
    rule::instance_norm(bound)
}

pub(super) fn upsample(bound: &Bound<'_>) -> Told {
    plain(bound, "upsample")
}

pub(super) fn separable(bound: &Bound<'_>) -> Told {
    on_line(bound)?;
    rule::separable(bound)
}

pub(super) fn keras_avgpool(bound: &Bound<'_>) -> Told {
    on_line(bound)?;
    rule::keras_avgpool(bound)
}

pub(super) fn global_average(bound: &Bound<'_>) -> Told {
    on_line(bound)?;
    rule::global_average(bound)
}

pub(super) fn global_max(bound: &Bound<'_>) -> Told {
    on_line(bound)?;
    rule::global_max(bound)
}

/// `int`, or `(left, right)`.
pub(super) fn zero_pad(bound: &Bound<'_>) -> Told {
    on_line(bound)?;
    let padding = bound.get("padding").map_or("1".to_owned(), |padding| padding.written());
    let stage = Stage::new("pad").arg("pad", padding);
    Ok(match bound.get("value") {
        Some(value) => stage.arg("value", value.written()),
        None => stage,
    }
    .into())
}

fn padded(bound: &Bound<'_>, mode: &'static str) -> Told {
    let mut stages = zero_pad(bound)?;
    stages.0[0].args.push(("mode", mode.to_owned()));
    Ok(stages)
}

pub(super) fn reflection_pad(bound: &Bound<'_>) -> Told {
    padded(bound, "reflect")
}

pub(super) fn replication_pad(bound: &Bound<'_>) -> Told {
    padded(bound, "replicate")
}

pub(super) fn circular_pad(bound: &Bound<'_>) -> Told {
    padded(bound, "\"circular\"")
}
