//! The text of a class: its constructor and `forward`.
//!
//! In: a body with all its uses, and the classes of the blocks that it calls. Out: the class. What the constructor may be told are
//! the channels of the maps that the block takes and the block's parameters; which of them it is told follows from the text.

use std::fmt::Write as _;

use super::Stop;
use super::class::{Class, Writer};
use super::fit::{Param, Params, Place};
use super::forward::Forward;
use super::python::{Kind, Val, identifier};
use super::tree::Tree;
use super::uses::{Use, value};
use crate::graph::{Graph, NodeId};
use crate::op::args::ArgValue;
use crate::outline::{self, Body, Condition, Expr, What};
use crate::shape::Shaped;

/// What a class is written from.
pub(super) struct Text<'a> {
    pub shaped: &'a Shaped,
    pub alone: &'a [bool],
    pub classes: &'a [Class],
    pub name: String,
    /// What `forward` calls the maps that it takes.
    pub inputs: Vec<String>,
}

impl Text<'_> {
    pub(super) fn class(self, body: &Body, uses: &[Use], own: &[outline::Param], net: Option<&Graph>) -> Result<Class, Stop> {
        let graph = self.shaped.graph();
        let paths: Vec<String> = body
            .steps
            .iter()
            .map(|step| match &step.what {
                // Weights may be called after the layer that they are shared with.
                What::Layer { like, .. } if net.is_some() => {
                    graph.owner(*like).map_or_else(|| step.name.clone(), std::string::ToString::to_string)
                }
                What::Layer { .. } | What::Call { .. } | What::Loop { .. } | What::Grow { .. } => step.name.clone(),
            })
            .collect();
        let tree = Tree::new(body, &paths);
        let params = self.params(uses, own, &tree);
        let mut writer = Writer::new((self.shaped, self.alone), self.classes, (body, uses), params);
        let flags = flags(body);
        let conditions = conditions(&mut writer, &flags);
        if net.is_none()
            && let Some(made) = writer.chain(&tree)?
        {
            let text = format!("class {}(nn.Sequential):\n    def __init__({}):\n{made}", self.name, signature(&writer.params));
            return Ok(Class { name: self.name, params: writer.params, held: writer.held, text });
        }
        let base = writer.modules(&tree)?;
        let mut forward = Forward::new(&writer, &self.inputs);
        forward.write(&mut writer, &flags)?;
        let expands = match net {
            Some(graph) => expands(graph, self.alone, self.shaped, &self.inputs),
            None => vec![None; body.results.len()],
        };
        forward.finish(&writer, &expands);
        let kept: String = writer.params.all.iter().filter(|param| param.is_kept).fold(String::new(), |mut text, param| {
            let _ = writeln!(text, "        self.{0} = {0}", param.name);
            text
        });
        let made = kept + &conditions + &writer.lines(&flags);
        let mut text = format!("class {}({base}):\n", self.name);
        if !made.is_empty() {
            let given = signature(&writer.params);
            let _ = write!(text, "    def __init__({given}):\n        super().__init__()\n{made}\n");
        }
        let inputs: Vec<&str> = std::iter::once("self").chain(self.inputs.iter().map(String::as_str)).collect();
        let _ = write!(text, "    def forward({}):\n{}", inputs.join(", "), forward.text);
        Ok(Class { name: self.name, params: writer.params, held: writer.held, text })
    }

    /// What the class may be told: the channels of what it takes, and the block's parameters.
    fn params(&self, uses: &[Use], own: &[outline::Param], tree: &Tree) -> Params {
        let channels = |at: usize| {
            let of = |own: &Use| self.shaped.shape(own.inputs[at][0]).channels();
            uses.iter().map(|own| Val::from(of(own))).collect::<Vec<_>>()
        };
        let mut params = Params::default();
        let mut push = |name: &str, default: Option<Val>, values: Vec<Val>, kind: Kind| {
            let name = Params::called(name, tree);
            params.all.push(Param { name, default, values, kind, is_used: false, is_extra: false, is_kept: false });
        };
        if uses.len() > 1 {
            for at in 0..self.inputs.len().min(uses[0].inputs.len()) {
                let name = if at == 0 { "in_channels".to_owned() } else { format!("{}_channels", self.inputs[at]) };
                push(&name, None, channels(at), Kind::Channels);
            }
        }
        for (at, param) in own.iter().enumerate() {
            let values: Vec<Val> = uses.iter().map(|own| normal(&own.params[at])).collect();
            let is_int = values.iter().all(|value| matches!(value, Val::Int(_)));
            let other = ["k", "stride", "pad", "dilation", "axis", "factor", "size", "block"];
            let counts = is_int && !other.iter().any(|word| param.name == *word || param.name.ends_with(&format!("_{word}")));
            push(&param.name, param.default.as_ref().map(normal), values, if counts { Kind::Channels } else { Kind::Other });
        }
        params
    }
}

/// What a constructor takes.
fn signature(params: &Params) -> String {
    let given = params.signature().into_iter().map(|(param, _)| match &param.default {
        Some(default) => format!("{}={default}", param.name),
        None => param.name.clone(),
    });
    std::iter::once("self".to_owned()).chain(given).collect::<Vec<_>>().join(", ")
}

/// A value as operations here give it: one number for two equal sides.
fn normal(value: &ArgValue) -> Val {
    let value = Val::from(value);
    if let Val::Tuple(all) = &value
        && let [one, other] = all.as_slice()
        && one == other
    {
        return one.clone();
    }
    value
}

/// What the conditions of a body are called.
fn flags(body: &Body) -> Vec<String> {
    let mut flags: Vec<String> = Vec::new();
    for choice in &body.choices {
        let name = body.steps[choice.first].name.split('.').next().unwrap_or_default();
        let own = identifier(&format!("has_{name}"));
        let mut names = std::iter::once(own.clone()).chain((2..).map(|n| format!("{own}_{n}")));
        flags.push(names.find(|name| !flags.contains(name)).unwrap_or(own));
    }
    flags
}

/// The lines that say when choices are taken.
fn conditions(writer: &mut Writer<'_>, flags: &[String]) -> String {
    let mut text = String::new();
    for (at, choice) in writer.body.choices.iter().enumerate() {
        let shaped = writer.shaped;
        let told = |own: &Use, expr: &Expr| value(shaped, expr, own).as_ref().map(normal);
        let of_expr = |uses: &[Use], expr: &Expr| uses.iter().map(|own| told(own, expr)).collect::<Vec<_>>();
        let (stride, channels, sign, word) = match &choice.condition {
            Condition::Flag(_) => (None, None, "", ""),
            Condition::Keeps { stride, channels } => (stride.as_ref(), channels.as_ref(), "==", " and "),
            Condition::Changes { stride, channels } => (stride.as_ref(), channels.as_ref(), "!=", " or "),
        };
        let mut said = Vec::new();
        if let Some((of, out)) = channels {
            let have: Vec<Option<Val>> =
                writer.uses.iter().map(|own| own.maps(*of).first().map(|map| Val::from(shaped.shape(*map).channels()))).collect();
            let made = of_expr(writer.uses, out);
            let have = writer.params.fit(&have, Kind::Channels, Place::Init, "channels");
            let made = writer.params.fit(&made, Kind::Channels, Place::Init, "out");
            said.push(format!("{have} {sign} {made}"));
        }
        if let Some(stride) = stride {
            let values = of_expr(writer.uses, stride);
            said.push(format!("{} {sign} 1", writer.params.fit(&values, Kind::Other, Place::Init, "stride")));
        }
        if said.is_empty() {
            let taken = writer.uses.iter().map(|own| Some(Val::Bool(own.taken[at]))).collect();
            said.push(writer.params.fit(&taken, Kind::Other, Place::Init, &flags[at]));
        }
        let _ = writeln!(text, "        self.{} = {}", flags[at], said.join(word));
    }
    text
}

/// What stands behind outputs that do not depend on the inputs, so that they have a batch too.
fn expands(graph: &Graph, alone: &[bool], shaped: &Shaped, inputs: &[String]) -> Vec<Option<String>> {
    let expand = |id: NodeId| {
        let kept = ", -1".repeat(shaped.shape(id).rank());
        (alone[id.to_usize()] && !inputs.is_empty()).then(|| format!(".expand({}.shape[0]{kept})", inputs[0]))
    };
    graph.outputs().iter().map(|(_, id)| expand(*id)).collect()
}
