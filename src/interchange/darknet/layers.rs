//! Sections as operations.
//!
//! In: the text of a `.cfg`. Out: a [`Network`], or all problems. Where darknet computes otherwise than others do, this is the
//! place: how it pads and rounds pooling, when it adds a bias; `moves` has the layers that join and move.

use super::super::listed::Problem;
use super::config::{Section, sections};
use super::reader::{Made, Network, Reader, Stop};
use super::{moves, names};
use crate::graph::NodeId;
use crate::op::{
    Activation, BatchNorm, Conv, Coordinates, Dropout, GlobalPool, Linear, Op, Padding, Pool, PoolKind, ResizeTo, Rounding,
    Scalar, ScalarOp, Softmax, Upsample, UpsampleMode,
};

/// What darknet adds to variances, as its GPUs do and its CPUs since 2018.
const EPS: f64 = 1e-5;

/// Reads a network that is called `name`.
///
/// # Errors
/// Everything that is wrong with sections which read none that are wrong.
pub fn read(text: &str, name: &str) -> Result<Network, Vec<Problem>> {
    let sections = sections(text).map_err(|problem| vec![problem])?;
    let Some((first, rest)) = sections.split_first() else {
        return Err(vec![Problem::malformed(&(0..0), "this is no network of darknet: it has no sections")]);
    };
    let mut reader = Reader::new(name);
    input(&mut reader, first).map_err(|problem| vec![problem])?;
    reader.residuals = names::residuals(rest);
    let mut problems = Vec::new();
    for (number, section) in rest.iter().enumerate() {
        let made = layer(&mut reader, section, number).unwrap_or_else(|stop| {
            if let Stop::Problem(problem) = stop {
                problems.push(*problem);
            }
            Made::Lost
        });
        reader.layers.push(made);
        reader.passed_over(section);
    }
    if problems.is_empty() && rest.is_empty() {
        problems.push(Problem::malformed(&first.at, "there are no layers behind `[net]`"));
    }
    if problems.is_empty() { Ok(reader.done()) } else { Err(problems) }
}

fn input(reader: &mut Reader, section: &Section) -> Result<(), Problem> {
    if !matches!(section.word.as_str(), "net" | "network") {
        let problem = Problem::malformed(&section.at, format!("the first section is `[{}]`, not `[net]`", section.word));
        return Err(problem.help("a network of darknet begins with `[net]`, which gives `width`, `height` and `channels`"));
    }
    let dims = ["channels", "height", "width"].map(|key| section.count(key, 0, 1));
    let [channels, height, width] = dims;
    let dims = match [channels?, height?, width?] {
        [0, 0, 0] => vec![section.count("inputs", 0, 1)?],
        dims => dims.to_vec(),
    };
    if dims.contains(&0) {
        let problem = Problem::malformed(&section.at, "`[net]` does not say the size of its input");
        return Err(problem.help("give `width`, `height` and `channels`, or `inputs` for a vector"));
    }
    let image = reader.builder.input("image", &dims);
    image.map(|_| ()).map_err(|why| Problem::malformed(&section.at, why))
}

fn layer(reader: &mut Reader, section: &Section, number: usize) -> Result<Made, Stop> {
    let made = match section.word.as_str() {
        "convolutional" | "conv" => {
            let name = reader.residuals.get(&number).cloned().unwrap_or_else(|| format!("conv{number}"));
            convolutional(reader, section, &name)?
        }
        "connected" | "conn" => connected(reader, section, &format!("connected{number}"))?,
        "maxpool" | "max" => maxpool(reader, section, &format!("maxpool{number}"))?,
        "avgpool" | "avg" => one(reader, section, &format!("avgpool{number}"), Op::GlobalPool(GlobalPool::Avg))?,
        "shortcut" => moves::shortcut(reader, section, number)?,
        "route" => moves::route(reader, section, number)?,
        "scale_channels" | "sam" => moves::gate(reader, section, number)?,
        "reorg" => moves::reorg(reader, section, &format!("reorg{number}"))?,
        "reorg3d" => moves::reorg3d(reader, section, &format!("reorg{number}"))?,
        "upsample" => upsample(reader, section, &format!("upsample{number}"))?,
        "dropout" => {
            let p = section.number("probability", 0.2)?;
            if !(0.0..1.0).contains(&p) {
                let message = format!("`probability` is less than 1, not {p}");
                return Err(Problem::malformed(section.place("probability"), message).into());
            }
            one(reader, section, &format!("dropout{number}"), Op::Dropout(Dropout { p }))?
        }
        "softmax" | "soft" => softmax(reader, section, &format!("softmax{number}"))?,
        "crop" => moves::crop(reader, section, &format!("crop{number}"))?,
        "activation" => {
            let read = reader.previous(section)?;
            activated(reader, section, read, (&format!("activation{number}"), "linear"))?
        }
        "empty" | "silence" => reader.previous(section)?,
        "yolo" | "gaussian_yolo" | "region" | "detection" => return heads(reader, section, number),
        "cost" => return cost(reader, section),
        other => return Err(unknown(section, other).into()),
    };
    Ok(Made::Map(made))
}

/// A head's options say how boxes are made of its maps, which is none of the network.
fn heads(reader: &mut Reader, section: &Section, number: usize) -> Result<Made, Stop> {
    section.pass_over();
    reader.head(section, number)
}

/// A loss: what it reads is what the network is for.
fn cost(reader: &mut Reader, section: &Section) -> Result<Made, Stop> {
    section.pass_over();
    reader.previous(section).map(Made::Map)
}

fn unknown(section: &Section, word: &str) -> Problem {
    let help = match word {
        "local" => "a convolution whose kernels differ from place to place has no operation here: use `[convolutional]`",
        "normalization" | "lrn" => {
            "darknet's normalisation leaves out a channel in its sums, which no operation here does: leave it out, or use `batch_normalize`"
        }
        "batchnorm" => "give `batch_normalize=1` to the layer before it",
        "deconvolutional" => "write the network as `.net`, which has `conv_transpose`",
        "rnn" | "gru" | "lstm" | "crnn" | "conv_lstm" | "history" => {
            "what keeps a state from image to image is no network of images: only feed-forward layers are read"
        }
        "implicit" => "learned constants of darknet are not read: write the network as `.net` with `param`",
        "net" | "network" => "a file holds one network, whose `[net]` comes first",
        _ => {
            "look the section's name up in darknet's documentation: this program knows convolutional, connected, maxpool, avgpool, shortcut, route, reorg, upsample, dropout, softmax, crop, activation, scale_channels, sam and the heads"
        }
    };
    Problem::unsupported(&section.at, format!("there is no layer `[{word}]` here")).help(help)
}

/// An operation of the layer before.
fn one(reader: &mut Reader, section: &Section, name: &str, op: Op) -> Result<NodeId, Stop> {
    let read = reader.previous(section)?;
    reader.add(section, name, (op, &[read]))
}

/// Options whose meaning has no operation here.
pub(super) fn refuse(section: &Section, keys: &[&str]) -> Result<(), Problem> {
    for key in keys {
        if section.flag(key)? {
            let message = format!("`{key}` of `[{}]` is not had here", section.word);
            return Err(Problem::unsupported(section.place(key), message).help(format!("only `{key}=0` is read")));
        }
    }
    Ok(())
}

fn strides(section: &Section) -> Result<[u64; 2], Problem> {
    let stride = section.count("stride", 1, 1)?;
    Ok([section.count("stride_y", stride, 1)?, section.count("stride_x", stride, 1)?])
}

pub(super) fn map(reader: &Reader, section: &Section, id: NodeId) -> Result<(u64, [u64; 2]), Problem> {
    let shape = reader.shape(id);
    let found = (shape.rank() == 3).then(|| shape.hw()).flatten();
    let (height, width) = found.ok_or_else(|| {
        Problem::malformed(&section.at, format!("`[{}]` needs a map, and the layer before makes {shape}", section.word))
    })?;
    Ok((shape.channels(), [height, width]))
}

fn convolutional(reader: &mut Reader, section: &Section, name: &str) -> Result<NodeId, Stop> {
    refuse(
        section,
        &["flipped", "binary", "xnor", "bin_output", "antialiasing", "sway", "rotate", "stretch", "stretch_sway", "coordconv"],
    )?;
    if section.text("share_index").is_some() {
        return Err(Problem::unsupported(section.place("share_index"), "layers that share weights are not read").into());
    }
    let read = reader.previous(section)?;
    let (channels, size) = map(reader, section, read)?;
    let (out, groups) = (section.count("filters", 1, 1)?, section.count("groups", 1, 1)?);
    let (k, stride) = (section.count("size", 1, 1)?, strides(section)?);
    let dilation = if k == 1 { 1 } else { section.count("dilation", 1, 1)? };
    let padding = section.count("padding", 0, 0)?;
    let pad = if section.flag("pad")? { k / 2 } else { padding };
    let bn = section.flag("batch_normalize")? | section.flag("cbn")?;
    let depthwise = groups > 1 && groups == channels && out.is_multiple_of(channels);
    let [kernel, dilations] = [[k, k], [dilation, dilation]];
    let edge = pad.saturating_mul(dilation);
    let pads = Padding { top: edge, left: edge, bottom: edge, right: edge };
    let conv = Conv { out, kernel, stride, pad: pads, dilation: dilations, groups, bias: !bn, depthwise, line: false };
    let word = activation_word(section, "logistic");
    let op = Op::Conv(conv);
    let own = if bn || word != "linear" { format!("{name}.{}", op.keyword()) } else { name.to_owned() };
    let node = reader.add(section, &own, (op, &[read]))?;
    let expected = [0, 1].map(|axis| (size[axis] + 2 * pad).checked_sub(k).map(|rest| rest / stride[axis] + 1));
    let made = reader.shape(node).hw().map(|(h, w)| [Some(h), Some(w)]);
    if made != Some(expected) {
        let message = "with this dilation and padding darknet makes a map of another size than its own windows fill";
        return Err(Problem::unsupported(section.place("dilation"), message).help("give `pad=1` with an odd `size`").into());
    }
    let weights = [out, channels / groups, k, k];
    normalized(reader, section, (name, node), (bn, &weights, false))
        .and_then(|made| activated(reader, section, made, (name, "logistic")))
}

/// Batch normalisation where a layer has it, and the order of both's tensors in the file.
fn normalized(
    reader: &mut Reader,
    section: &Section,
    (name, node): (&str, NodeId),
    (bn, weights, is_matrix): (bool, &[u64], bool),
) -> Result<NodeId, Stop> {
    let out = &weights[..1];
    if !bn {
        reader.stores(node, "bias", (out, false));
        reader.stores(node, "weight", (weights, is_matrix));
        return Ok(node);
    }
    let norm = reader.add(section, &format!("{name}.bn"), (Op::BatchNorm(BatchNorm { eps: EPS, affine: true }), &[node]))?;
    reader.stores(norm, "bias", (out, false));
    // Of `[connected]` the weights stand before the statistics.
    if is_matrix {
        reader.stores(node, "weight", (weights, true));
        statistics(reader, norm, out);
    } else {
        statistics(reader, norm, out);
        reader.stores(node, "weight", (weights, false));
    }
    Ok(norm)
}

/// The other tensors of a batch norm, in the order of the file.
fn statistics(reader: &mut Reader, norm: NodeId, out: &[u64]) {
    for role in ["weight", "running_mean", "running_var"] {
        reader.stores(norm, role, (out, false));
    }
}

pub(super) fn activation_word<'s>(section: &'s Section, default: &'static str) -> &'s str {
    section.text("activation").unwrap_or(default)
}

/// What a layer's activation makes of a map; the map itself for none.
pub(super) fn activated(
    reader: &mut Reader,
    section: &Section,
    node: NodeId,
    (name, default): (&str, &'static str),
) -> Result<NodeId, Stop> {
    let word = activation_word(section, default);
    let Some(activation) = activation(section, word)? else { return Ok(node) };
    let op = Op::Activation(activation);
    let own = if section.word == "activation" { name.to_owned() } else { format!("{name}.{}", op.keyword()) };
    reader.add(section, &own, (op, &[node]))
}

fn activation(section: &Section, word: &str) -> Result<Option<Activation>, Problem> {
    Ok(Some(match word {
        "linear" => return Ok(None),
        "leaky" => Activation::LeakyRelu { slope: 0.1 },
        "relie" => Activation::LeakyRelu { slope: 0.01 },
        "relu" => Activation::Relu,
        "relu6" => Activation::Relu6,
        "logistic" => Activation::Sigmoid,
        "mish" => Activation::Mish,
        "swish" => Activation::Silu,
        "tanh" => Activation::Tanh,
        "elu" => Activation::Elu { alpha: 1.0 },
        "selu" => Activation::Selu,
        "gelu" => Activation::GeluTanh,
        other => {
            let message = format!("there is no activation `{other}` here");
            let help = "linear, leaky, relie, relu, relu6, logistic, mish, swish, tanh, elu, selu and gelu are read";
            return Err(Problem::unsupported(section.place("activation"), message).help(help));
        }
    }))
}

fn connected(reader: &mut Reader, section: &Section, name: &str) -> Result<NodeId, Stop> {
    let read = reader.previous(section)?;
    let out = section.count("output", 1, 1)?;
    let bn = section.flag("batch_normalize")?;
    let flat = flat(reader, section, (name, read))?;
    let inputs = reader.shape(flat).dim(0);
    let op = Op::Linear(Linear { out, bias: !bn });
    let is_alone = !bn && activation_word(section, "logistic") == "linear" && flat == read;
    let own = if is_alone { name.to_owned() } else { format!("{name}.linear") };
    let node = reader.add(section, &own, (op, &[flat]))?;
    let normalized = normalized(reader, section, (name, node), (bn, &[out, inputs], true))?;
    activated(reader, section, normalized, (name, "logistic"))
}

/// A vector of a map; each row of one is a step of its own elsewhere.
fn flat(reader: &mut Reader, section: &Section, (name, node): (&str, NodeId)) -> Result<NodeId, Stop> {
    let refuse = |why: String| Stop::from(Problem::malformed(&section.at, format!("`[{}]`: {why}", section.word)));
    reader.builder.flat(name, node).map_err(refuse)
}

/// `padding` rows and columns altogether, of which the smaller half stands in front; windows that are cut off at the end count.
fn maxpool(reader: &mut Reader, section: &Section, name: &str) -> Result<NodeId, Stop> {
    refuse(section, &["maxpool_depth", "antialiasing"])?;
    let read = reader.previous(section)?;
    let (_, size) = map(reader, section, read)?;
    let stride = strides(section)?;
    let k = section.count("size", section.count("stride", 1, 1)?, 1)?;
    let padding = section.count("padding", k - 1, 0)?;
    let too_large = || {
        Problem::malformed(
            &section.at,
            format!("a window of {k} does not fit into {} x {} and {padding} of padding", size[0], size[1]),
        )
    };
    let mut ends = [0; 2];
    for axis in 0..2 {
        let outputs = (size[axis] + padding).checked_sub(k).ok_or_else(too_large)? / stride[axis] + 1;
        // Rows behind the last window are in no one's way.
        ends[axis] = ((outputs - 1) * stride[axis] + k).saturating_sub(size[axis] + padding / 2);
    }
    let pad = Padding { top: padding / 2, left: padding / 2, bottom: ends[0], right: ends[1] };
    let pool = Pool { kind: PoolKind::Max, kernel: [k, k], stride, pad, dilation: [1, 1], ceil: false, line: false };
    reader.add(section, name, (Op::Pool(pool), &[read]))
}

fn upsample(reader: &mut Reader, section: &Section, name: &str) -> Result<NodeId, Stop> {
    let read = reader.previous(section)?;
    map(reader, section, read)?;
    let (factor, scale) = (section.count("stride", 2, 1)?, section.number("scale", 1.0)?);
    #[expect(clippy::cast_precision_loss, reason = "factors are below 2^31")]
    let to = ResizeTo::Factor([factor as f64, factor as f64]);
    let mode = UpsampleMode::Nearest(Rounding::Floor);
    let op = Op::Upsample(Upsample { to, mode, coordinates: Coordinates::Asymmetric, line: false });
    let node = reader.add(section, name, (op, &[read]))?;
    scaled(reader, section, (&format!("{name}.scale"), node), (ScalarOp::Mul, scale))
}

/// Arithmetic with a number that changes something.
pub(super) fn scaled(
    reader: &mut Reader,
    section: &Section,
    (name, node): (&str, NodeId),
    (op, value): (ScalarOp, f64),
) -> Result<NodeId, Stop> {
    let neutral = if matches!(op, ScalarOp::Mul | ScalarOp::Div) { 1.0 } else { 0.0 };
    #[expect(clippy::float_cmp, reason = "only the very number changes nothing")]
    if value == neutral {
        return Ok(node);
    }
    reader.add(section, name, (Op::Scalar(Scalar { op, value }), &[node]))
}

fn softmax(reader: &mut Reader, section: &Section, name: &str) -> Result<NodeId, Stop> {
    refuse(section, &["spatial"])?;
    if let Some(tree) = section.text("tree") {
        let message = format!("a softmax of each level of a tree (`{tree}`) is not had here");
        return Err(Problem::unsupported(section.place("tree"), message).into());
    }
    let groups = section.count("groups", 1, 1)?;
    if groups > 1 {
        return Err(Problem::unsupported(section.place("groups"), "a softmax of each of several groups is not had here").into());
    }
    let read = reader.previous(section)?;
    let flat = flat(reader, section, (name, read))?;
    let temperature = section.number("temperature", 1.0)?;
    let cooled = scaled(reader, section, (&format!("{name}.temperature"), flat), (ScalarOp::Div, temperature))?;
    let own = if cooled == read { name.to_owned() } else { format!("{name}.softmax") };
    reader.add(section, &own, (Op::Softmax(Softmax { axis: 0, log: false }), &[cooled]))
}
