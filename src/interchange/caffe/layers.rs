//! Layers by type.
//!
//! In: a layer and the maps that it reads. Out: what its tops are. A type that is not had is refused with what to do.

use super::super::listed::Problem;
use super::phase::Layer;
use super::reader::{Blob, Made, Reader, Stop};
use super::text::Message;
use super::{merge, reshape, window};
use crate::graph::NodeId;
use crate::op::{Activation, Dropout, Linear, Lrn, Op, Scalar, ScalarOp, Softmax, Unary};

/// Whether a layer is a loss or a measure.
pub(super) fn is_for_training(kind: &str) -> bool {
    kind.ends_with("Loss") || matches!(kind, "Accuracy" | "Silence")
}

/// What the tops of a layer are.
pub(super) fn tops(reader: &mut Reader<'_>, layers: &[Layer<'_>], at: usize) -> Result<Vec<Blob>, Stop> {
    let layer = &layers[at];
    let made = match layer.kind.as_str() {
        "Input" => return input(reader, layer),
        "Data" | "ImageData" | "MemoryData" | "HDF5Data" | "DummyData" | "WindowData" | "AnnotatedData" => {
            return data(reader, layer);
        }
        "Split" => return reader.bottom(layer, 0).map(|id| vec![Blob::Map(id); layer.tops.len()]),
        "Slice" => return reshape::slice(reader, layer),
        "BatchNorm" => merge::batch_norm(reader, layers, at)?,
        "Scale" => merge::scale(reader, layer, at)?,
        "Eltwise" => merge::eltwise(reader, layer)?,
        "Concat" => merge::concat(reader, layer)?,
        "Convolution" | "Deconvolution" | "DepthwiseConvolution" | "ConvolutionDepthwise" => window::convolution(reader, layer)?,
        "Pooling" => window::pooling(reader, layer)?,
        "InnerProduct" => inner_product(reader, layer)?,
        "LRN" => lrn(reader, layer)?,
        "Dropout" => dropout(reader, layer)?,
        "Softmax" => softmax(reader, layer)?,
        "Flatten" => reshape::flatten(reader, layer)?,
        "Reshape" => reshape::reshape(reader, layer)?,
        "Permute" => reshape::permute(reader, layer)?,
        "Crop" => reshape::crop(reader, layer)?,
        "Interp" => reshape::interp(reader, layer)?,
        "Upsample" => reshape::upsample(reader, layer)?,
        "ShuffleChannel" => reshape::shuffle(reader, layer)?,
        "Power" => power(reader, layer)?,
        "Exp" | "Log" => exponential(reader, layer)?,
        _ => plain(reader, layer)?,
    };
    Ok(vec![Blob::Map(made)])
}

fn input(reader: &mut Reader<'_>, layer: &Layer<'_>) -> Result<Vec<Blob>, Stop> {
    let shapes: Vec<Vec<i64>> = {
        let params = layer.params("input_param");
        params.messages("shape").map(|shape| shape.integers("dim", 1)).collect::<Result<_, _>>()?
    };
    let shape = |at: usize| shapes.get(at).or(if shapes.len() == 1 { shapes.first() } else { None });
    let missing = || Problem::malformed(&layer.at, format!("the shape of `{}` is not said", layer.name));
    let tops = layer.tops.iter().enumerate();
    tops.map(|(at, top)| Ok(reader.input(top, shape(at).ok_or_else(missing)?, &layer.at)?)).collect()
}

/// The images of a data layer, where the file says their size; labels are for training.
fn data(reader: &mut Reader<'_>, layer: &Layer<'_>) -> Result<Vec<Blob>, Stop> {
    let dims = data_dims(layer)?;
    layer.message.pass_over();
    let Some(top) = layer.tops.first() else { return Ok(Vec::new()) };
    let Some(dims) = dims else {
        let problem =
            Problem::malformed(&layer.at, format!("the size of the images that `{}` reads is not in the file", layer.name));
        let help = "put an input in its place: `layer { name: \"data\" type: \"Input\" top: \"data\" input_param { shape { dim: 1 dim: 3 dim: 224 dim: 224 } } }`";
        return Err(problem.help(help).into());
    };
    let mut blobs = vec![reader.input(top, &dims, &layer.at)?];
    blobs.resize(layer.tops.len(), Blob::Left);
    Ok(blobs)
}

/// A size that a data layer says: that of memory or of crops, or of scaled images.
fn data_dims(layer: &Layer<'_>) -> Result<Option<Vec<i64>>, Problem> {
    let message = layer.message;
    let own = |params: &Message| -> Result<Option<Vec<i64>>, Problem> {
        let sizes = [params.integer("channels", 0, 1)?, params.integer("height", 0, 1)?, params.integer("width", 0, 1)?];
        Ok((!sizes.contains(&0)).then(|| vec![1, sizes[0], sizes[1], sizes[2]]))
    };
    if let Some(dims) = message.message("memory_data_param").map(own).transpose()?.flatten() {
        return Ok(Some(dims));
    }
    if let Some(shape) = message.message("dummy_data_param").and_then(|params| params.messages("shape").next()) {
        return shape.integers("dim", 1).map(|dims| (dims.len() > 1).then_some(dims));
    }
    let crop = |params: &Message| params.integer("crop_size", 0, 0);
    let sides = ["transform_param", "data_param", "image_data_param", "window_data_param"]
        .into_iter()
        .filter_map(|name| message.message(name));
    let side = sides.map(crop).collect::<Result<Vec<_>, _>>()?.into_iter().max().unwrap_or(0);
    // Images have three colours where nothing says otherwise.
    Ok((side > 0).then(|| vec![1, 3, side, side]))
}

/// Types of one map and few numbers.
fn plain(reader: &mut Reader<'_>, layer: &Layer<'_>) -> Made {
    let number = |params: &str, name: &str, default: f64| {
        layer.message.message(params).map_or(Ok(default), |params| params.number(name, default))
    };
    let activation = match layer.kind.as_str() {
        "ReLU" => match number("relu_param", "negative_slope", 0.0)? {
            0.0 => Activation::Relu,
            slope => Activation::LeakyRelu { slope },
        },
        "PReLU" => {
            let shared = layer.message.message("prelu_param").map_or(Ok(false), |params| params.flag("channel_shared", false))?;
            Activation::Prelu { shared }
        }
        "ELU" => Activation::Elu { alpha: number("elu_param", "alpha", 1.0)? },
        "Sigmoid" => Activation::Sigmoid,
        "TanH" => Activation::Tanh,
        "BNLL" => Activation::Softplus { beta: 1.0, threshold: 20.0 },
        "ReLU6" => Activation::Relu6,
        "Mish" => Activation::Mish,
        "AbsVal" => return reader.bottom(layer, 0).and_then(|read| reader.one(layer, Op::Unary(Unary::Abs), read)),
        "Clip" => {
            let (min, max) = (number("clip_param", "min", 0.0)?, number("clip_param", "max", 0.0)?);
            let clamp = Op::Unary(Unary::Clamp { min: Some(min), max: Some(max) });
            let op = if (min, max) == (0.0, 6.0) { Op::Activation(Activation::Relu6) } else { clamp };
            return reader.bottom(layer, 0).and_then(|read| reader.one(layer, op, read));
        }
        other => return Err(unknown(layer, other).into()),
    };
    let read = reader.bottom(layer, 0)?;
    reader.one(layer, Op::Activation(activation), read)
}

fn unknown(layer: &Layer<'_>, kind: &str) -> Problem {
    let help = match kind {
        "PriorBox" | "DetectionOutput" | "Proposal" | "ROIPooling" | "PSROIPooling" | "NormalizedBBox" => {
            "what finds boxes is no part of a network of maps: end the file before it, and its inputs are outputs"
        }
        "ArgMax" | "Filter" | "BatchReindex" => "take the layer out: what it reads is then the output",
        "Python" => "a layer that is a program of its own cannot be read: write in its place what it computes",
        "RNN" | "LSTM" | "Recurrent" => "only feed-forward networks of images are read",
        "BN" => "write it as `BatchNorm` and `Scale`",
        "Axpy" => "write it as `Scale` with two bottoms and `axis: 0`, and `Eltwise`",
        "Bias" => "a `Scale` with `bias_term: true` and factors of 1 computes the same",
        _ => "convert the file as far as it can be said, and write this layer in the `.net`",
    };
    Problem::unsupported(&layer.at, format!("layer `{}`: there is no `{kind}` here", layer.name)).help(help)
}

fn inner_product(reader: &mut Reader<'_>, layer: &Layer<'_>) -> Made {
    let read = reader.bottom(layer, 0)?;
    let Some(params) = layer.message.message("inner_product_param") else {
        return Err(Problem::malformed(&layer.at, "this layer has no `inner_product_param`").into());
    };
    params.all("transpose").for_each(drop);
    if params.integer("axis", 1, -8)? != 1 {
        return Err(Problem::unsupported(&layer.at, "an inner product along other axes than all is not had here").into());
    }
    let (out, bias) = (params.count("num_output", 0, 1)?, params.flag("bias_term", true)?);
    if out == 0 {
        return Err(Problem::malformed(&layer.at, "this layer has no `num_output`").into());
    }
    let flat = reshape::flat(reader, layer, read)?;
    let suffix = if flat == read { "" } else { "linear" };
    reader.part(layer, suffix, (Op::Linear(Linear { out, bias }), &[flat]))
}

fn lrn(reader: &mut Reader<'_>, layer: &Layer<'_>) -> Made {
    let read = reader.bottom(layer, 0)?;
    let params = layer.params("lrn_param");
    if matches!(params.text("norm_region"), Some("WITHIN_CHANNEL" | "1")) {
        let problem = Problem::unsupported(&layer.at, "response normalisation within a channel is not had here");
        return Err(problem.help("only ACROSS_CHANNELS is read").into());
    }
    let size = params.count("local_size", 5, 1)?;
    if size.is_multiple_of(2) {
        return Err(Problem::malformed(&layer.at, format!("`local_size` is odd, not {size}")).into());
    }
    let (alpha, beta, k) = (params.number("alpha", 1.0)?, params.number("beta", 0.75)?, params.number("k", 1.0)?);
    reader.one(layer, Op::Lrn(Lrn { size, alpha, beta, k }), read)
}

fn dropout(reader: &mut Reader<'_>, layer: &Layer<'_>) -> Made {
    let read = reader.bottom(layer, 0)?;
    let p = layer.message.message("dropout_param").map_or(Ok(0.5), |params| params.number("dropout_ratio", 0.5))?;
    if !(0.0..1.0).contains(&p) {
        return Err(Problem::malformed(&layer.at, format!("`dropout_ratio` is less than 1, not {p}")).into());
    }
    reader.one(layer, Op::Dropout(Dropout { p }), read)
}

fn softmax(reader: &mut Reader<'_>, layer: &Layer<'_>) -> Made {
    let read = reader.bottom(layer, 0)?;
    let axis = layer.params("softmax_param").integer("axis", 1, -8)?;
    let axis = reshape::axis(reader, layer, (read, axis))?;
    reader.one(layer, Op::Softmax(Softmax { axis, log: false }), read)
}

/// Arithmetic with a number that changes something.
pub(super) fn scaled(
    reader: &mut Reader<'_>,
    layer: &Layer<'_>,
    (suffix, read): (&str, NodeId),
    (op, value): (ScalarOp, f64),
) -> Made {
    let neutral = if matches!(op, ScalarOp::Add | ScalarOp::Sub) { 0.0 } else { 1.0 };
    #[expect(clippy::float_cmp, reason = "only the very number changes nothing")]
    if value == neutral {
        return Ok(read);
    }
    reader.part(layer, suffix, (Op::Scalar(Scalar { op, value }), &[read]))
}

/// `(shift + scale x)`, of which the other steps are parts.
fn affine(reader: &mut Reader<'_>, layer: &Layer<'_>, (read, params): (NodeId, [f64; 2])) -> Made {
    let scaled_by = scaled(reader, layer, ("mul", read), (ScalarOp::Mul, params[0]))?;
    scaled(reader, layer, ("add", scaled_by), (ScalarOp::Add, params[1]))
}

/// `(shift + scale x) ** power`.
fn power(reader: &mut Reader<'_>, layer: &Layer<'_>) -> Made {
    let read = reader.bottom(layer, 0)?;
    let params = layer.params("power_param");
    let (power, scale, shift) = (params.number("power", 1.0)?, params.number("scale", 1.0)?, params.number("shift", 0.0)?);
    let inner = affine(reader, layer, (read, [scale, shift]))?;
    scaled(reader, layer, ("pow", inner), (ScalarOp::Pow, power))
}

/// `base ** (shift + scale x)`, and the logarithm; without a base it is e.
fn exponential(reader: &mut Reader<'_>, layer: &Layer<'_>) -> Made {
    let read = reader.bottom(layer, 0)?;
    let is_log = layer.kind == "Log";
    let params = layer.params(if is_log { "log_param" } else { "exp_param" });
    let (base, scale, shift) = (params.number("base", -1.0)?, params.number("scale", 1.0)?, params.number("shift", 0.0)?);
    #[expect(clippy::float_cmp, reason = "-1 is the word for none")]
    let is_natural = base == -1.0;
    if !is_natural && (base <= 0.0 || (is_log && (base - 1.0).abs() < f64::EPSILON)) {
        return Err(Problem::malformed(&layer.at, format!("`base` is positive, not {base}")).into());
    }
    let inner = affine(reader, layer, (read, [scale, shift]))?;
    if is_log {
        let log = reader.part(layer, if inner == read && is_natural { "" } else { "log" }, (Op::Unary(Unary::Log), &[inner]))?;
        return if is_natural { Ok(log) } else { scaled(reader, layer, ("base", log), (ScalarOp::Div, libm::log(base))) };
    }
    if is_natural {
        return reader.part(layer, if inner == read { "" } else { "exp" }, (Op::Unary(Unary::Exp), &[inner]));
    }
    reader.part(layer, "exp", (Op::Scalar(Scalar { op: ScalarOp::RevPow, value: base }), &[inner]))
}
