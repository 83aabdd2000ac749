//! The file: what it says of itself, helpers, the classes and how to try it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::body::Text;
use super::class::Class;
use super::helpers::HELPERS;
use super::python::{class_name, documented, identifier, quoted};
use super::uses::{Made, Uses, uses};
use super::{Module, Refusal, Stop};
use crate::graph::{Graph, NodeId};
use crate::op::Op;
use crate::outline::{self, Body, Outline, Ref, Step, What};
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
        Stop::Unlike => Refusal { layer: graph.name().to_owned(), why: "its layers cannot be told apart", help: RENAME },
    };
    let is_deep = |id: &NodeId| graph.node(*id).name.segments().count() > MOST_SCOPES;
    if let Some(deep) = graph.ids().find(is_deep) {
        let layer = graph.node(deep).name.to_string();
        return Err(Refusal { layer, why: "its name has more than 64 parts, each a module in another", help: RENAME });
    }
    let uses = uses(shaped, &outline).ok_or(Stop::Unlike).map_err(whole)?;
    write(shaped, &outline, &uses, weights).map_err(whole)
}

/// Modules within modules.
const MOST_SCOPES: usize = 64;

const RENAME: &str = "give it another name by `as`";

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

/// The names of the tensors of all modules.
fn tensors(shaped: &Shaped, outline: &Outline, uses: &Uses, classes: &[Class], net: &Class) -> Vec<String> {
    let mut names = BTreeSet::new();
    let mut open = vec![(String::new(), &outline.net, &uses.net, net)];
    while let Some((prefix, body, own, class)) = open.pop() {
        for (path, step) in &class.held {
            let name = format!("{prefix}{path}");
            match (&own.steps[*step], &body.steps[*step].what) {
                (Made::Layer(layer), _) => {
                    names.extend(shaped.graph().node(*layer).op.roles().iter().map(|role| format!("{name}.{role}")));
                }
                (Made::Calls(places), What::Call { block, .. }) => {
                    open.push((
                        format!("{name}."),
                        &outline.blocks[*block].body,
                        &uses.blocks[*block][places[0]],
                        &classes[*block],
                    ));
                }
                (Made::Calls(places), What::Loop { block, from, .. } | What::Grow { block, from, .. }) => {
                    for (turn, place) in places.iter().enumerate() {
                        let called = format!("{name}{}.", from + turn);
                        open.push((called, &outline.blocks[*block].body, &uses.blocks[*block][*place], &classes[*block]));
                    }
                }
                (Made::Absent, _) | (Made::Calls(_), What::Layer { .. }) => {}
            }
        }
    }
    names.into_iter().collect()
}

fn text(shaped: &Shaped, classes: &[Class], net: &Class, (weights, inputs): (&str, &[String])) -> String {
    let graph = shaped.graph();
    let all = classes.iter().chain([net]).fold(String::new(), |all, class| all + "\n\n" + &class.text);
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
    let mut text = format!("\"\"\"{}", if graph.name().is_empty() { "A network".to_owned() } else { documented(graph.name()) });
    let doc = documented(graph.doc().unwrap_or_default());
    let _ = write!(text, "{}\n\n", if doc.is_empty() { ".".to_owned() } else { format!(".\n\n{}", doc.trim_end()) });
    for (name, id) in inputs.iter().zip(graph.inputs()) {
        let _ = writeln!(text, "Takes `{name}`: {}.", shape(id));
    }
    for (name, id) in graph.outputs() {
        let _ = writeln!(text, "Gives `{}`: {}.", documented(name), shape(id));
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
