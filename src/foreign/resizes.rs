//! The rules of resizes: which pixels lie on each other is said by other words in each framework.
//!
//! In: the arguments of a pasted call. Out: `upsample`, or a clause that says why there is none.

use super::bind::Bound;
use super::rule::{Told, ints};
use super::value::Value;

/// The nearest of centres has words of its own here.
pub(super) fn interpolate(bound: &Bound<'_>) -> Told {
    let mut stages = bound.plain("upsample")?;
    let args = &mut stages.0[0].args;
    match bound.get("mode") {
        None => {}
        Some(Value::Word("nearest-exact")) => {
            args.extend([("coordinates", "half_pixel".to_owned()), ("rounding", "round_prefer_ceil".to_owned())]);
        }
        Some(Value::Word(mode @ ("nearest" | "bilinear" | "bicubic" | "linear"))) => args.push(("mode", format!("\"{mode}\""))),
        Some(other) => return Err(format!("`mode={}` has no counterpart here", other.written())),
    }
    Ok(stages)
}

/// `tf.image.resize`: bilinear unless told otherwise.
pub(super) fn resize(bound: &Bound<'_>) -> Told {
    let mode = match bound.get("method") {
        None | Some(Value::Word("bilinear")) => "bilinear",
        Some(Value::Word("nearest")) => {
            whole_factors(bound)?;
            "nearest"
        }
        Some(other) => return Err(format!("`method={}` has no counterpart here", other.written())),
    };
    let mut stages = bound.plain("upsample")?;
    stages.0[0].args.push(("mode", mode.to_owned()));
    Ok(stages)
}

/// The nearest pixels are those of centres in TensorFlow and of corners here: the same where each pixel is repeated alike.
fn whole_factors(bound: &Bound<'_>) -> Result<(), String> {
    let size = bound.get("size").map_or(Ok(Vec::new()), |size| ints(&size))?;
    let from = match bound.shape {
        Some([_, height, width]) => [*height, *width],
        Some(_) => return Err("its input is no map".to_owned()),
        None => return Err("the nearest pixels hang on the size of its input, which is not known here".to_owned()),
    };
    let is_whole = size.len() == 2 && size.iter().zip(from).all(|(to, from)| u64::try_from(*to).is_ok_and(|to| to % from == 0));
    if is_whole { Ok(()) } else { Err("the nearest pixels are others there unless each is repeated alike".to_owned()) }
}

/// Corners are aligned, unlike in `Upsample`.
pub(super) fn bilinear2d(bound: &Bound<'_>) -> Told {
    let mut stages = bound.plain("upsample")?;
    stages.0[0].args.extend([("mode", "bilinear".to_owned()), ("align_corners", "true".to_owned())]);
    Ok(stages)
}
