//! Calls whose arguments depend on each other, one function each.
//!
//! In: the arguments of a call by the parameters of its row. Out: stages, or a clause. No rule knows the text around the call,
//! and none builds anything.
//!
//! A rule gives the calls that compute the same for every input that the pasted call takes, or a clause that says why there
//! are none. Where the shape of the input is not known, it may take one for granted only if the calls that it gives are
//! refused on any other.

#![expect(clippy::wildcard_enum_match_arm, reason = "every other value of an argument is refused alike")]

use super::bind::Bound;
use super::stages::{Stage, Stages};
use super::value::Value;
use super::{Means, Row, keras};

pub(super) type Told = Result<Stages, String>;

fn one(keyword: &'static str) -> Stages {
    Stage::new(keyword).into()
}

pub(super) fn list(numbers: impl IntoIterator<Item = i64>) -> String {
    format!("[{}]", numbers.into_iter().map(|n| n.to_string()).collect::<Vec<_>>().join(", "))
}

pub(super) fn texts(items: &[Value<'_>]) -> String {
    format!("[{}]", items.iter().map(Value::written).collect::<Vec<_>>().join(", "))
}

/// The whole numbers of a value.
pub(super) fn ints(value: &Value<'_>) -> Result<Vec<i64>, String> {
    let numbers: Option<Vec<i64>> = value.items().iter().map(Value::int).collect();
    numbers.filter(|numbers| !numbers.is_empty()).ok_or_else(|| format!("`{}` are not plain numbers", value.written()))
}

/// An activation by its name; `None` where it is none. Keras' as of version 3.
pub(super) fn activation(value: &Value<'_>) -> Result<Option<Stage>, String> {
    let name = match value {
        Value::None => return Ok(None),
        Value::Word(word) => *word,
        // `tf.nn.relu` without its call.
        Value::Other(text) if text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.') => {
            text.rsplit('.').next().unwrap_or(text)
        }
        _ => return Err(format!("the activation `{}` has no counterpart here", value.written())),
    };
    match name {
        "linear" => Ok(None),
        // As the name of an activation it is exact, whatever the function is in a module.
        "gelu" => Ok(Some(Stage::new("gelu"))),
        _ => function(name)
            .map(Some)
            .ok_or_else(|| format!("the activation `{name}` has no counterpart here, or another in each version")),
    }
}

/// The one operation that Keras' function of this name is with nothing but its input.
fn function(name: &str) -> Option<Stage> {
    let takes_one = |row: &&Row| row.params.first().is_some_and(|param| matches!(param.means, Means::Input));
    let row = keras::FUNCTIONS.iter().filter(takes_one).find(|row| row.is_called(name))?;
    let mut stages = row.made(&Bound::of(row, &[], true, None).ok()?).ok()?;
    stages.0.pop().filter(|_| stages.0.is_empty())
}

/// Whether it is approximate if nothing is said is another thing in `tf.nn` than in `keras.ops`.
pub(super) fn keras_gelu(bound: &Bound<'_>) -> Told {
    match bound.flag("approximate")? {
        Some(true) => Ok(Stage::new("gelu").arg("approximate", "tanh").into()),
        Some(false) => Ok(one("gelu")),
        None => {
            Err("whether it is approximate where `approximate` is not given hangs on the module there: `gelu` here is exact, \
                     and `gelu(tanh)` is not"
                .to_owned())
        }
    }
}

/// `Activation("relu")`.
pub(super) fn named_activation(bound: &Bound<'_>) -> Told {
    let name = bound.get("activation").unwrap_or(Value::None);
    Ok(activation(&name)?.map_or_else(|| one("identity"), Stages::from))
}

/// With running statistics it computes what batch normalisation does.
pub(super) fn instance_norm(bound: &Bound<'_>) -> Told {
    let running = bound.flag("track_running_stats")?.unwrap_or(false);
    if !running {
        return bound.plain("instance_norm");
    }
    let mut stages = bound.plain("bn")?;
    if bound.get("affine").is_none() {
        stages.0[0].args.push(("affine", "false".to_owned()));
    }
    Ok(stages)
}

/// Keras' `center` and `scale` are one flag here.
fn affine(bound: &Bound<'_>, keyword: &'static str) -> Told {
    let mut stages = bound.plain(keyword)?;
    match (bound.flag("center")?.unwrap_or(true), bound.flag("scale")?.unwrap_or(true)) {
        (true, true) => Ok(stages),
        (false, false) => {
            stages.0[0].args.push(("affine", "false".to_owned()));
            Ok(stages)
        }
        (_, _) => Err("a factor without a shift, or a shift without a factor, is not had here".to_owned()),
    }
}

/// The axis of a normalisation is the channels, which are last there.
fn over_channels(bound: &Bound<'_>) -> Result<(), String> {
    let axis = bound.get("axis").unwrap_or(Value::Int(-1));
    let channels = bound.axis(axis.items().first().filter(|_| axis.items().len() == 1).unwrap_or(&Value::None))?;
    if channels == 0 { Ok(()) } else { Err("it is normalised along another axis than the channels".to_owned()) }
}

pub(super) fn keras_bn(bound: &Bound<'_>) -> Told {
    over_channels(bound)?;
    affine(bound, "bn")
}

pub(super) fn keras_layer_norm(bound: &Bound<'_>) -> Told {
    over_channels(bound)?;
    affine(bound, "layer_norm")
}

/// As many groups as channels, which is -1 there, normalise each channel's map.
pub(super) fn keras_group_norm(bound: &Bound<'_>) -> Told {
    over_channels(bound)?;
    let mut stages = affine(bound, "group_norm")?;
    if bound.get("groups") == Some(Value::Int(-1)) {
        let stage = &mut stages.0[0];
        stage.keyword = "instance_norm";
        stage.args.retain(|(name, _)| *name != "groups");
        if !stage.args.iter().any(|(name, _)| *name == "affine") {
            stage.args.push(("affine", "true".to_owned()));
        }
    }
    Ok(stages)
}

/// One slope for all channels, or one each.
pub(super) fn prelu(bound: &Bound<'_>) -> Told {
    match bound.get("num_parameters") {
        None | Some(Value::Int(1)) => Ok(one("prelu")),
        Some(Value::Int(_)) => Ok(Stage::new("prelu").arg("shared", "false").into()),
        Some(other) => Err(format!("whether `{}` is 1 cannot be told", other.written())),
    }
}

/// Keras has a slope for each element unless told which axes share one: height and width are 1 and 2.
pub(super) fn keras_prelu(bound: &Bound<'_>) -> Told {
    match bound.get("shared_axes").map(|axes| ints(&axes)).transpose()?.as_deref() {
        Some([1, 2] | [2, 1]) => Ok(Stage::new("prelu").arg("shared", "false").into()),
        Some([1, 2, 3]) => Ok(one("prelu")),
        Some(_) | None => Err("a slope for each element is not had here".to_owned()),
    }
}

/// `None` among the sizes is the input's own there, which only a number says here.
pub(super) fn adaptive_avg(bound: &Bound<'_>) -> Told {
    adaptive(bound, "adaptive_avgpool")
}

/// To one pixel it is the whole map's.
pub(super) fn adaptive_max(bound: &Bound<'_>) -> Told {
    if bound.flag("return_indices")?.unwrap_or(false) {
        return Err("where the largest elements stood is not had here".to_owned());
    }
    let size = bound.get("output_size").unwrap_or(Value::None);
    let is_one = !size.items().is_empty() && size.items().iter().all(|n| *n == Value::Int(1));
    if is_one { Ok(one("global_maxpool")) } else { adaptive(bound, "adaptive_maxpool") }
}

fn adaptive(bound: &Bound<'_>, keyword: &'static str) -> Told {
    let size = bound.get("output_size").unwrap_or(Value::None);
    if !size.items().contains(&Value::None) {
        return bound.plain(keyword);
    }
    let own = match bound.shape {
        Some([_, height, width]) => [height.to_string(), width.to_string()],
        Some(_) | None => ["h".to_owned(), "w".to_owned()],
    };
    let known = own[0] != "h";
    // One `None` alone is both.
    let items = if let [Value::None] = size.items() { &[Value::None, Value::None] } else { size.items() };
    let texts = items.iter().zip(&own).map(|(item, own)| if *item == Value::None { own.clone() } else { item.written() });
    let text = format!("`{keyword}([{}])`", texts.collect::<Vec<_>>().join(", "));
    let how = if known { format!("write {text} for this map") } else { format!("write {text} with that number") };
    Err(format!("`None` is the size that the input has itself there, which is no size here: {how}"))
}

/// From -1 to 1 unless told otherwise.
#[expect(clippy::unnecessary_wraps, reason = "rules have one signature")]
pub(super) fn hardtanh(bound: &Bound<'_>) -> Told {
    let (low, high) = (bound.get("min_val").unwrap_or(Value::Int(-1)), bound.get("max_val").unwrap_or(Value::Int(1)));
    if low.is_number(0.0) && high.is_number(6.0) {
        return Ok(one("relu6"));
    }
    Ok(Stage::new("clamp").arg("min", low.written()).arg("max", high.written()).into())
}

/// `x.clamp(0, 6)`, `x.clamp(min=0)`.
pub(super) fn clamp(bound: &Bound<'_>) -> Told {
    match (bound.get("min"), bound.get("max")) {
        (Some(low), None) if low.is_number(0.0) => Ok(one("relu")),
        (Some(low), Some(high)) if low.is_number(0.0) && high.is_number(6.0) => Ok(one("relu6")),
        (None, None) => Err("without a limit it does nothing".to_owned()),
        (_, _) => bound.plain("clamp"),
    }
}

/// `F.threshold(x, 0.5, 0)`.
pub(super) fn threshold(bound: &Bound<'_>) -> Told {
    if bound.get("value").is_some_and(|value| value.is_number(0.0)) {
        bound.plain("thresholded_relu")
    } else {
        Err("only zero stands for what is not let through here, as in `thresholded_relu`".to_owned())
    }
}

/// The square root, and one over it.
#[expect(clippy::unnecessary_wraps, reason = "rules have one signature")]
pub(super) fn rsqrt(_: &Bound<'_>) -> Told {
    Ok(one("sqrt").then(Stage::new("reciprocal")))
}

/// A start and a length there, a start and an end here.
pub(super) fn narrow(bound: &Bound<'_>) -> Told {
    let axis = bound.axis(&bound.get("dim").unwrap_or(Value::None))?;
    let number = |name: &str| bound.get(name).and_then(|value| value.int()).filter(|number| *number >= 0);
    let range = number("start").and_then(|start| Some((start, start.checked_add(number("length")?)?)));
    let (start, end) = range.ok_or("its start and its length are not plain numbers")?;
    let stage = Stage::new("slice").arg("start", start.to_string()).arg("end", end.to_string());
    Ok(if axis == 0 { stage } else { stage.arg("axis", axis.to_string()) }.into())
}

/// Names that stand for the size of the batch.
const BATCH: &[&str] = &["b", "B", "n", "N", "bs", "batch", "batch_size"];

fn is_batch(value: &Value<'_>) -> bool {
    match value {
        // The batch is what is left: the other sizes are all given.
        Value::Int(-1) => true,
        Value::Other(text) => text.ends_with(".size(0)") || text.ends_with(".shape[0]") || BATCH.contains(text),
        Value::Int(_) | Value::Number(_) | Value::Bool(_) | Value::None | Value::Word(_) | Value::List(_) => false,
    }
}

/// `x.view(b, c, h, w)`, `x.view(-1)`, `x.reshape(x.size(0), -1)`.
pub(super) fn view(bound: &Bound<'_>) -> Told {
    let sizes = match bound.rest.as_slice() {
        [Value::List(items)] => items.as_slice(),
        items => items,
    };
    match sizes {
        [Value::Int(-1)] => Ok(one("flatten")),
        [batch, Value::Int(-1)] if is_batch(batch) && *batch != Value::Int(-1) => Ok(one("flatten")),
        [batch, rest @ ..] if !rest.is_empty() && is_batch(batch) => {
            let open = rest.iter().filter(|size| **size == Value::Int(-1)).count();
            let strange = rest.iter().any(|size| !matches!(size, Value::Int(_) | Value::Other(_)) || is_own(size));
            if open + usize::from(*batch == Value::Int(-1)) > 1 || strange {
                return Err(format!("the sizes `{}` are not plain", texts(sizes)));
            }
            Ok(Stage::new("reshape").arg("shape", texts(rest)).into())
        }
        _ => Err("which of its sizes is the batch cannot be told: it has none here".to_owned()),
    }
}

/// `x.size(1)`, which is asked for otherwise here.
fn is_own(value: &Value<'_>) -> bool {
    matches!(value, Value::Other(text) if text.contains(['.', '[']))
}

/// `torch.flatten(x)` takes the batch along, `flatten(x, 1)` does not: of one image they make the same.
pub(super) fn flatten(bound: &Bound<'_>) -> Told {
    let start = bound.get("start_dim").unwrap_or(Value::Int(1));
    let end = bound.get("end_dim").unwrap_or(Value::Int(-1));
    if let (Value::Int(0 | 1), Value::Int(-1)) = (&start, &end) {
        return Ok(one("flatten"));
    }
    let mut stage = Stage::new("flatten");
    // The batch stays in front.
    stage = stage.arg("from", bound.axis(&start)?.to_string());
    if end != Value::Int(-1) {
        stage = stage.arg("to", bound.axis(&end)?.to_string());
    }
    Ok(stage.into())
}

/// Channels are last there, so that they vary fastest.
#[expect(clippy::unnecessary_wraps, reason = "rules have one signature")]
pub(super) fn keras_flatten(bound: &Bound<'_>) -> Told {
    Ok(match bound.shape {
        Some([_]) => one("flatten"),
        Some(_) | None => Stages::from(Stage::new("transpose").arg("axes", "[1, 2, 0]")).then(Stage::new("flatten")),
    })
}

/// `permute(0, 2, 3, 1)`, or with one list.
pub(super) fn permute(bound: &Bound<'_>) -> Told {
    let axes = match bound.rest.as_slice() {
        [list @ Value::List(_)] => ints(list)?,
        items => ints(&Value::List(items.to_vec()))?,
    };
    let rank = axes.len() as i64;
    let counted: Vec<i64> = axes.iter().map(|axis| if *axis < 0 { axis + rank } else { *axis }).collect();
    match counted.as_slice() {
        [0, rest @ ..] if !rest.is_empty() && rest.iter().all(|axis| (1..rank).contains(axis)) => {
            Ok(Stage::new("transpose").arg("axes", list(rest.iter().map(|axis| axis - 1))).into())
        }
        _ => Err("the batch does not stay in front, and has no axis here".to_owned()),
    }
}

/// Two axes trade places. Without a shape a map is taken for granted: its axes are too many for anything smaller.
pub(super) fn swap(bound: &Bound<'_>) -> Told {
    let rank = bound.shape.map_or(3, <[u64]>::len) as i64;
    let mut axes: Vec<i64> = (0..rank).collect();
    let place = |name: &str| {
        let axis = bound.axis(&bound.get(name).unwrap_or(Value::None))?;
        let place = if axis < 0 { axis + rank } else { axis };
        usize::try_from(place).ok().filter(|place| *place < axes.len()).ok_or("the axes are not those of a map".to_owned())
    };
    let (a, b) = (place("dim0")?, place("dim1")?);
    axes.swap(a, b);
    Ok(Stage::new("transpose").arg("axes", list(axes)).into())
}

/// Keras drops height and width unless told to keep them.
fn global(bound: &Bound<'_>, keyword: &'static str) -> Told {
    let keep = bound.flag("keepdims")?.unwrap_or(false);
    Ok(if keep { one(keyword) } else { one(keyword).then(Stage::new("flatten")) })
}

pub(super) fn global_average(bound: &Bound<'_>) -> Told {
    global(bound, "global_avgpool")
}

pub(super) fn global_max(bound: &Bound<'_>) -> Told {
    global(bound, "global_maxpool")
}

/// The most parts that are written out.
const MOST_PARTS: u64 = 64;

/// A number is the size of a part there, and how many parts here.
pub(super) fn split(bound: &Bound<'_>) -> Told {
    let axis = bound.axis(&bound.get("dim").ok_or("without `dim` it cuts the batch there")?)?;
    let parts = match bound.get("split_size_or_sections").unwrap_or(Value::None) {
        sizes @ Value::List(_) => list(ints(&sizes)?),
        Value::Int(size) => sizes(size, axis, bound.shape)?,
        other => return Err(format!("whether `{}` is one size or several cannot be told", other.written())),
    };
    let stage = Stage::new("split").arg("parts", parts);
    Ok(if axis == 0 { stage } else { stage.arg("axis", axis.to_string()) }.into())
}

/// How long the input is along an axis.
fn extent(axis: i64, shape: Option<&[u64]>) -> Option<u64> {
    let shape = shape?;
    let at = usize::try_from(if axis < 0 { axis + shape.len() as i64 } else { axis }).ok()?;
    shape.get(at).copied()
}

fn sizes(size: i64, axis: i64, shape: Option<&[u64]>) -> Result<String, String> {
    let help = "it is the size of a part there, and how many parts here: write `split(parts)` or `split([size, …])`";
    let whole = extent(axis, shape).ok_or(help)?;
    let size = u64::try_from(size).ok().filter(|size| (1..=whole).contains(size)).ok_or(help)?;
    let parts = whole.div_ceil(size);
    if whole.is_multiple_of(size) {
        return Ok(parts.to_string());
    }
    if parts > MOST_PARTS {
        return Err(help.to_owned());
    }
    Ok(list((0..parts).map(|i| size.min(whole - i * size) as i64)))
}

/// PyTorch makes as many parts as there are of the rounded-up size, which are equal only where the number divides. Where the
/// shape is not known, it is taken for granted that it does.
pub(super) fn chunk(bound: &Bound<'_>) -> Told {
    let axis = bound.axis(&bound.get("dim").ok_or("without `dim` it cuts the batch there")?)?;
    let mut stages = bound.plain("split")?;
    let whole = extent(axis, bound.shape);
    let parts = bound.get("chunks").and_then(|parts| u64::try_from(parts.int()?).ok()).filter(|parts| *parts > 0);
    if let (Some(whole), Some(parts)) = (whole, parts)
        && let Some(arg) = stages.0[0].args.iter_mut().find(|(name, _)| *name == "parts")
    {
        arg.1 = sizes(whole.div_ceil(parts) as i64, axis, bound.shape)?;
    }
    Ok(stages)
}

/// The mean does not count what "same" adds.
pub(super) fn keras_avgpool(bound: &Bound<'_>) -> Told {
    let mut stages = bound.plain("avgpool")?;
    if matches!(bound.get("padding"), Some(Value::Word(word)) if word.eq_ignore_ascii_case("same")) {
        stages.0[0].args.push(("count_include_pad", "false".to_owned()));
    }
    Ok(stages)
}

/// A depthwise convolution without a bias, then a 1x1 with one.
pub(super) fn separable(bound: &Bound<'_>) -> Told {
    let plain = bound.plain("dwconv")?;
    let mut depthwise = plain.0.first().cloned().unwrap_or(Stage::new("dwconv"));
    let pointwise = ["out", "bias"];
    let mut second = Stage::new("conv");
    second.args = depthwise.args.iter().filter(|(name, _)| pointwise.contains(name)).cloned().collect();
    second.args.push(("k", "1".to_owned()));
    depthwise.args.retain(|(name, _)| !pointwise.contains(name));
    let mut stages = Stages::from(depthwise.arg("bias", "false")).then(second);
    stages.0.extend(plain.0.into_iter().skip(1));
    Ok(stages)
}

/// Where windows stand apart, Keras adds rows behind them that belong to no window.
pub(super) fn keras_transposed(bound: &Bound<'_>) -> Told {
    let pair = |name: &str| {
        let value = bound.get(name).unwrap_or(Value::Int(1));
        let numbers = ints(&value)?;
        Ok::<_, String>((numbers[0], *numbers.last().unwrap_or(&numbers[0])))
    };
    let (kernel, stride) = (pair("kernel_size")?, pair("strides")?);
    if kernel.0 < stride.0 || kernel.1 < stride.1 {
        return Err("a kernel smaller than the stride makes another size there".to_owned());
    }
    bound.plain("conv_transpose")
}

/// On a map Keras' works on the channels of each pixel, as a 1x1 convolution does.
pub(super) fn dense(bound: &Bound<'_>) -> Told {
    match bound.shape {
        Some([_]) => bound.plain("linear"),
        Some([_, _, _]) => {
            let mut stages = bound.plain("conv")?;
            stages.0[0].args.push(("k", "1".to_owned()));
            Ok(stages)
        }
        Some(_) => Err("its input is neither a vector nor a map".to_owned()),
        None => Err("it is `linear` on a vector and a 1x1 `conv` on a map, and its input is not known here".to_owned()),
    }
}

pub(super) fn keras_relu(bound: &Bound<'_>) -> Told {
    let number = |name: &str, default| bound.get(name).is_none_or(|value| value.is_number(default));
    if !number("threshold", 0.0) {
        return Err("a threshold is not had here".to_owned());
    }
    match (bound.get("max_value"), bound.get("negative_slope").filter(|slope| !slope.is_number(0.0))) {
        (None, None) => Ok(one("relu")),
        (Some(max), None) if max.is_number(6.0) => Ok(one("relu6")),
        (Some(max), None) => Ok(Stage::new("clamp").arg("min", "0").arg("max", max.written()).into()),
        (None, Some(slope)) => Ok(Stage::new("leaky_relu").arg("slope", slope.written()).into()),
        (_, _) => Err("a slope below zero with a largest value is not had here: write `leaky_relu` and `min(…)`".to_owned()),
    }
}

/// Without an axis it is the last, which are the channels; the table's default would be ours.
pub(super) fn keras_mean(bound: &Bound<'_>) -> Told {
    if bound.get("axis").is_none() {
        return Err("without axes it takes the mean over the batch too".to_owned());
    }
    bound.plain("mean")
}

/// `torch.cat`: without `dim` the batch is what grows.
pub(super) fn cat(bound: &Bound<'_>) -> Told {
    if bound.get("dim").is_none() {
        return Err("without `dim` it joins along the batch there".to_owned());
    }
    bound.plain("concat")
}
