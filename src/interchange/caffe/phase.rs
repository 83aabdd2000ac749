//! Which layers of a file are for prediction, and what they are called in either version of the format.
//!
//! In: the messages of a file. Out: its layers of the test phase, each with its type as the newer version names it.

use std::ops::Range;

use super::super::listed::{MOST_LAYERS, Problem};
use super::names;
use super::text::{Field, Message, Value};

/// A layer.
pub(super) struct Layer<'m> {
    pub name: String,
    /// What it is called here.
    pub path: String,
    /// Its type as the newer version names it.
    pub kind: String,
    pub message: &'m Message,
    /// Where it says its type, or else where it begins.
    pub at: Range<usize>,
    pub bottoms: Vec<&'m str>,
    pub tops: Vec<&'m str>,
    /// The parameters of a layer that gives none.
    none: Message,
}

impl Layer<'_> {
    /// The parameters of a layer; none where all are left to their defaults.
    pub(super) fn params(&self, name: &str) -> &Message {
        self.message.message(name).unwrap_or(&self.none)
    }
}

/// Types of the older version whose names are not those of the newer one in other letters.
const OLDER: &[(&str, &str)] = &[
    ("ABSVAL", "AbsVal"),
    ("BNLL", "BNLL"),
    ("CONTRASTIVE_LOSS", "ContrastiveLoss"),
    ("HDF5_DATA", "HDF5Data"),
    ("INFOGAIN_LOSS", "InfogainLoss"),
    ("INNER_PRODUCT", "InnerProduct"),
    ("LRN", "LRN"),
    ("MVN", "MVN"),
    ("PRELU", "PReLU"),
    ("RELU", "ReLU"),
    ("SIGMOID_CROSS_ENTROPY_LOSS", "SigmoidCrossEntropyLoss"),
    ("SOFTMAX_LOSS", "SoftmaxWithLoss"),
    ("TANH", "TanH"),
];

/// The layers of prediction.
pub(super) fn layers(file: &Message) -> Result<Vec<Layer<'_>>, Problem> {
    let mut layers = Vec::new();
    for field in &file.fields {
        let is_old = field.name == "layers";
        if !is_old && field.name != "layer" {
            continue;
        }
        field.read.set(true);
        let Value::Message(message) = &field.value else {
            return Err(Problem::malformed(&field.at, format!("`{}` is a message, `{} {{ … }}`", field.name, field.name)));
        };
        if layers.len() == MOST_LAYERS {
            return Err(Problem::malformed(&field.at, format!("there are more than {MOST_LAYERS} layers")));
        }
        if is_for_prediction(message) {
            layers.push(layer(field, message, is_old)?);
        } else {
            message.pass_over();
        }
    }
    names::name(&mut layers);
    Ok(layers)
}

fn layer<'m>(field: &'m Field, message: &'m Message, is_old: bool) -> Result<Layer<'m>, Problem> {
    if message.field("layer").is_some() {
        let problem = Problem::unsupported(&field.at, "this is a file of Caffe's first version, of 2013");
        return Err(problem.help("make a newer one of it with Caffe's `upgrade_net_proto_text`"));
    }
    let Some(kind) = message.field("type") else {
        return Err(Problem::malformed(&field.at, "this layer has no `type`"));
    };
    let name = message.text("name").unwrap_or_default().to_owned();
    let word = kind.text().unwrap_or_default();
    let older = OLDER.iter().find(|(old, _)| *old == word).map(|(_, new)| (*new).to_owned());
    let kind_name = if is_old { older.unwrap_or_else(|| camel(word)) } else { word.to_owned() };
    let (bottoms, tops) = (message.texts("bottom").collect(), message.texts("top").collect());
    Ok(Layer {
        name,
        path: String::new(),
        kind: kind_name,
        message,
        at: kind.at.clone(),
        bottoms,
        tops,
        none: Message::default(),
    })
}

/// `IMAGE_DATA` as `ImageData`.
fn camel(word: &str) -> String {
    let part = |part: &str| {
        let mut chars = part.chars();
        chars.next().map_or(String::new(), |first| format!("{first}{}", chars.as_str().to_lowercase()))
    };
    word.split('_').map(part).collect()
}

/// As Caffe decides it: a layer is in unless no `include` fits, or an `exclude` does.
fn is_for_prediction(layer: &Message) -> bool {
    let mut includes = layer.messages("include").peekable();
    let is_included = includes.peek().is_none() || includes.any(fits);
    is_included && !layer.messages("exclude").any(fits)
}

/// Whether a rule fits the test phase, without stages.
fn fits(rule: &Message) -> bool {
    let of_phase = matches!(rule.text("phase"), None | Some("TEST" | "1"));
    let level = |name: &str| rule.integer(name, 0, i64::MIN).unwrap_or(0);
    rule.pass_over();
    of_phase && rule.field("stage").is_none() && level("min_level") <= 0 && level("max_level") >= 0
}
