//! The file: what it says of itself, helpers, the classes and how to try it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::class::{Class, Writer};
use super::fit::{Param, Params, Place};
use super::forward::Forward;
use super::helpers::HELPERS;
use super::python::{Kind, Val, class_name, identifier, quoted};
use super::tree::Tree;
use super::uses::{Use, Uses, uses};
use super::{Module, Refusal, Stop};
use crate::graph::{Graph, NodeId};
use crate::op::Op;
use crate::op::args::ArgValue;
use crate::outline::{self, Body, Condition, Expr, Outline, Ref, Step, What};
use crate::shape::Shaped;

/// The network in the classes of its outline; `None` where it has none.
pub(super) fn outlined(shaped: &Shaped, weights: &str) -> Option<Result<Module, Stop>> {
    let outline = outline::of_layers(shaped)?;
    let uses = uses(shaped, &outline)?;
    Some(write(shaped, &outline, &uses, weights))
}

/// The network in one class, layer by layer.
pub(super) fn flat(shaped: &Shaped, weights: &str) -> Result<Module, Refusal> {
    let graph = shaped.graph();
    let outline = Outline { blocks: Vec::new(), net: flat_body(graph) };
    let whole = |stop: Stop| match stop {
        Stop::Refused(refusal) => refusal,
        Stop::Unlike => Refusal { layer: graph.name().to_owned(), why: "its layers cannot be told apart".to_owned() },
    };
    let uses = uses(shaped, &outline).ok_or(Stop::Unlike).map_err(whole)?;
    write(shaped, &outline, &uses, weights).map_err(whole)
}

/// Every layer as a step.
fn flat_body(graph: &Graph) -> Body {
    let mut places = std::collections::HashMap::new();
    for (at, id) in graph.inputs().iter().enumerate() {
        places.insert(*id, Ref::Input(at));
    }
    let mut steps = Vec::new();
    for id in graph.ids().filter(|id| !matches!(graph.node(*id).op, Op::Input(_))) {
        let node = graph.node(id);
        let inputs = node.inputs.iter().map(|input| places[input]).collect();
        places.insert(id, Ref::Step(steps.len()));
        steps.push(Step { name: node.name.to_string(), what: What::Layer { like: id, args: Vec::new() }, inputs });
    }
    let results = graph.outputs().iter().map(|(_, id)| places[id]).collect();
    Body { inputs: graph.inputs().len(), steps, choices: Vec::new(), results }
}

/// What the maps that a block takes are called.
const INPUTS: [&str; 4] = ["x", "y", "z", "w"];

fn write(shaped: &Shaped, outline: &Outline, uses: &Uses, weights: &str) -> Result<Module, Stop> {
    let graph = shaped.graph();
    let alone = alone(graph);
    let mut taken: BTreeSet<String> =
        HELPERS.iter().map(|(name, _)| name.trim_end_matches('(').to_owned()).chain(["OrderedDict".to_owned()]).collect();
    let mut named = |text: &str| {
        let own = class_name(text);
        let mut names = std::iter::once(own.clone()).chain((2..).map(|n| format!("{own}{n}")));
        let name = names.find(|name| !taken.contains(name)).unwrap_or(own);
        taken.insert(name.clone());
        name
    };
    let net_name = named(graph.name());
    let mut classes: Vec<Class> = Vec::new();
    for (block, own) in outline.blocks.iter().zip(&uses.blocks) {
        let name = named(&block.name);
        let inputs: Vec<String> = INPUTS[..block.body.inputs.min(4)].iter().map(|name| (*name).to_owned()).collect();
        let class =
            Text { shaped, alone: &alone, classes: &classes, name, inputs }.class(&block.body, own, &block.params, None)?;
        classes.push(class);
    }
    let inputs = input_names(graph);
    let net = Text { shaped, alone: &alone, classes: &classes, name: net_name, inputs };
    let inputs = net.inputs.clone();
    let net = net.class(&outline.net, std::slice::from_ref(&uses.net), &[], Some(graph))?;
    let tensors = tensors(shaped, outline, uses, &classes, &net);
    Ok(Module { text: text(shaped, &classes, &net, (weights, &inputs)), tensors })
}

/// What `forward` calls the net's inputs.
fn input_names(graph: &Graph) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for id in graph.inputs() {
        let own = identifier(&graph.node(*id).name);
        let mut all = std::iter::once(own.clone()).chain((2..).map(|n| format!("{own}_{n}")));
        names.push(all.find(|name| !names.contains(name)).unwrap_or(own));
    }
    names
}

/// Which layers do not depend on an input.
fn alone(graph: &Graph) -> Vec<bool> {
    let mut alone: Vec<bool> = Vec::with_capacity(graph.len());
    for id in graph.ids() {
        let node = graph.node(id);
        let own = !matches!(node.op, Op::Input(_)) && node.inputs.iter().all(|input| alone[input.to_usize()]);
        alone.push(own);
    }
    alone
}

/// What a class is written from.
struct Text<'a> {
    shaped: &'a Shaped,
    alone: &'a [bool],
    classes: &'a [Class],
    name: String,
    inputs: Vec<String>,
}

impl Text<'_> {
    fn class(self, body: &Body, uses: &[Use], own: &[outline::Param], net: Option<&Graph>) -> Result<Class, Stop> {
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
        let conditions = conditions(&mut writer, &flags)?;
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
        let mut push = |name: &str, default: Option<Val>, values: Vec<Val>, is_channels: bool| {
            let name = Params::called(name, tree);
            params.all.push(Param { name, default, values, is_channels, is_used: false, is_extra: false, is_kept: false });
        };
        if uses.len() > 1 {
            for at in 0..self.inputs.len().min(uses[0].inputs.len()) {
                let name = if at == 0 { "in_channels".to_owned() } else { format!("{}_channels", self.inputs[at]) };
                push(&name, None, channels(at), true);
            }
        }
        for (at, param) in own.iter().enumerate() {
            let values: Vec<Val> = uses.iter().map(|own| normal(&own.params[at])).collect();
            let is_int = values.iter().all(|value| matches!(value, Val::Int(_)));
            let other = ["k", "stride", "pad", "dilation", "axis", "factor", "size", "block"];
            let counts = is_int && !other.iter().any(|word| param.name == *word || param.name.ends_with(&format!("_{word}")));
            push(&param.name, param.default.as_ref().map(normal), values, counts);
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
    match Val::from(value) {
        Val::Tuple(all) if all.len() == 2 && all[0] == all[1] => all[0].clone(),
        other => other,
    }
}

/// What the conditions of a body are called.
fn flags(body: &Body) -> Vec<String> {
    let mut flags: Vec<String> = Vec::new();
    for choice in &body.choices {
        let name = body.steps[choice.first].name.split('.').next().unwrap_or_default();
        let own = if let Condition::Flag(_) = choice.condition { format!("has_{}", name) } else { format!("has_{name}") };
        let own = identifier(&own);
        let mut names = std::iter::once(own.clone()).chain((2..).map(|n| format!("{own}_{n}")));
        flags.push(names.find(|name| !flags.contains(name)).unwrap_or(own));
    }
    flags
}

/// The lines that say when choices are taken.
fn conditions(writer: &mut Writer<'_>, flags: &[String]) -> Result<String, Stop> {
    let mut text = String::new();
    for (at, choice) in writer.body.choices.iter().enumerate() {
        let shaped = writer.shaped;
        let value = |own: &Use, expr: &Expr| super::uses::value(shaped, expr, own).as_ref().map(normal);
        let of_expr = |uses: &[Use], expr: &Expr| uses.iter().map(|own| value(own, expr)).collect::<Vec<_>>();
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
    Ok(text)
}

/// What stands behind outputs that do not depend on the inputs, so that they have a batch too.
fn expands(graph: &Graph, alone: &[bool], shaped: &Shaped, inputs: &[String]) -> Vec<Option<String>> {
    let expand = |id: NodeId| {
        let kept = ", -1".repeat(shaped.shape(id).rank());
        (alone[id.to_usize()] && !inputs.is_empty()).then(|| format!(".expand({}.shape[0]{kept})", inputs[0]))
    };
    graph.outputs().iter().map(|(_, id)| expand(*id)).collect()
}

/// The names of the tensors of all modules.
fn tensors(shaped: &Shaped, outline: &Outline, uses: &Uses, classes: &[Class], net: &Class) -> Vec<String> {
    let mut names = BTreeSet::new();
    let mut open = vec![(String::new(), &outline.net, &uses.net, net)];
    while let Some((prefix, body, own, class)) = open.pop() {
        for (path, step) in &class.held {
            let name = format!("{prefix}{path}");
            match (&own.steps[*step], &body.steps[*step].what) {
                (super::uses::Made::Absent, _) => {}
                (super::uses::Made::Layer(layer), _) => {
                    names.extend(shaped.graph().node(*layer).op.roles().iter().map(|role| format!("{name}.{role}")));
                }
                (super::uses::Made::Calls(places), What::Call { block, .. }) => {
                    open.push((
                        format!("{name}."),
                        &outline.blocks[*block].body,
                        &uses.blocks[*block][places[0]],
                        &classes[*block],
                    ));
                }
                (super::uses::Made::Calls(places), What::Loop { block, from, .. } | What::Grow { block, from, .. }) => {
                    for (turn, place) in places.iter().enumerate() {
                        let called = format!("{name}{}.", from + turn);
                        open.push((called, &outline.blocks[*block].body, &uses.blocks[*block][*place], &classes[*block]));
                    }
                }
                (super::uses::Made::Calls(_), What::Layer { .. }) => {}
            }
        }
    }
    names.into_iter().collect()
}

fn text(shaped: &Shaped, classes: &[Class], net: &Class, (weights, inputs): (&str, &[String])) -> String {
    let graph = shaped.graph();
    let all: String = classes.iter().chain([net]).map(|class| format!("\n\n{}", class.text)).collect();
    let mut helpers: Vec<&str> = Vec::new();
    for (called, text) in HELPERS {
        let is_used = |place: &str| {
            place.match_indices(called).any(|(at, _)| !place[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        };
        if is_used(&all) || helpers.iter().any(|helper| is_used(helper)) {
            helpers.push(text);
        }
    }
    let shape = |id: &NodeId| {
        let dims: Vec<String> = shaped.shape(*id).dims().iter().map(u32::to_string).collect();
        format!("[batch, {}]", dims.join(", "))
    };
    let mut text = format!("\"\"\"{}", if graph.name().is_empty() { "A network" } else { graph.name() });
    let doc = graph.doc().unwrap_or_default().replace('\\', "\\\\").replace("\"\"\"", "'''");
    let _ = write!(text, "{}\n\n", if doc.is_empty() { ".".to_owned() } else { format!(".\n\n{}", doc.trim_end()) });
    for (name, id) in inputs.iter().zip(graph.inputs()) {
        let _ = writeln!(text, "Takes `{name}`: {}.", shape(id));
    }
    for (name, id) in graph.outputs() {
        let _ = writeln!(text, "Gives `{name}`: {}.", shape(id));
    }
    let _ = write!(text, "\nIts weights:\n\n    from safetensors.torch import load_file\n\n    model = {}()\n    ", net.name);
    let _ = write!(text, "model.load_state_dict(load_file({}))\n    model.eval()\n\"\"\"\n\n", quoted(weights));
    if all.contains("OrderedDict(") {
        text.push_str("from collections import OrderedDict\n\n");
    }
    text.push_str("import torch\n");
    let body = format!("{all}{}", helpers.concat());
    if body.contains("F.") {
        text.push_str("import torch.nn.functional as F\n");
    }
    text.push_str("from torch import nn\n");
    for helper in helpers {
        let _ = write!(text, "\n\n{helper}");
    }
    text.push_str(&all);
    text.push_str(&main(shaped, net));
    text
}

/// How to try it.
fn main(shaped: &Shaped, net: &Class) -> String {
    let given: Vec<String> = shaped
        .graph()
        .inputs()
        .iter()
        .map(|id| {
            format!("torch.randn(1, {})", shaped.shape(*id).dims().iter().map(u32::to_string).collect::<Vec<_>>().join(", "))
        })
        .collect();
    let outputs = shaped.graph().outputs().len();
    let shown = if outputs == 1 {
        format!("        print(model({}).shape)\n", given.join(", "))
    } else {
        format!("        print([output.shape for output in model({})])\n", given.join(", "))
    };
    format!("\n\nif __name__ == \"__main__\":\n    model = {}().eval()\n    with torch.no_grad():\n{shown}", net.name)
}
