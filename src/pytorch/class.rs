//! A block or the net as a class: its constructor makes the modules that its body needs, at the places of their names.
//!
//! In: a body with all its uses. Out: a [`Class`] with the text of its constructor and how `forward` reaches each module.

use std::fmt::Write as _;

use super::fit::{self, Params};
use super::forms::{self, Form, Site};
use super::layout::Doc;
use super::python::identifier;
use super::tree::{Key, Part, Tree, is_reserved};
use super::uses::{Made, Use};
use super::{Refusal, Stop};
use crate::graph::NodeId;
use crate::op::Op;
use crate::outline::{Body, Ref, What};
use crate::shape::Shaped;

/// A class that is written.
#[derive(Debug)]
pub(super) struct Class {
    pub name: String,
    pub params: Params,
    /// The modules that it makes: paths within it, and the steps that they are.
    pub held: Vec<(String, usize)>,
    pub text: String,
}

/// How `forward` reaches the module of a step.
#[derive(Debug, Clone)]
pub(super) enum Reach {
    /// By this expression.
    One(String),
    /// For each turn `i` by this one.
    Turn(String),
    /// Steps up to this one are one module.
    Chain(usize, String),
}

/// A statement of the constructor.
pub(super) struct Statement {
    pub choice: Option<usize>,
    /// The loop that it stands in.
    pub each: Option<String>,
    pub head: String,
    pub doc: Doc,
}

/// What writes a class.
pub(super) struct Writer<'a> {
    pub shaped: &'a Shaped,
    /// Which layers do not depend on the net's inputs.
    pub alone: &'a [bool],
    pub classes: &'a [Class],
    pub body: &'a Body,
    pub uses: &'a [Use],
    pub params: Params,
    /// The form of each layer in each use.
    pub forms: Vec<Vec<Option<Form>>>,
    pub parts: Vec<Part>,
    pub reach: Vec<Option<Reach>>,
    pub held: Vec<(String, usize)>,
    pub made: Vec<Statement>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        (shaped, alone): (&'a Shaped, &'a [bool]),
        classes: &'a [Class],
        (body, uses): (&'a Body, &'a [Use]),
        params: Params,
    ) -> Self {
        let mut own = Self {
            shaped,
            alone,
            classes,
            body,
            uses,
            params,
            forms: Vec::new(),
            parts: Vec::new(),
            reach: vec![None; body.steps.len()],
            held: Vec::new(),
            made: Vec::new(),
        };
        own.forms = (0..body.steps.len()).map(|step| own.forms_of(step)).collect();
        own.parts = (0..body.steps.len()).map(|step| own.part(step)).collect();
        own
    }

    /// The layers that a step is in each use.
    fn layers(&self, step: usize) -> Vec<Option<NodeId>> {
        let layer = |own: &Use| match &own.steps[step] {
            Made::Layer(layer) => Some(*layer),
            Made::Absent | Made::Calls(_) => None,
        };
        self.uses.iter().map(layer).collect()
    }

    fn forms_of(&self, step: usize) -> Vec<Option<Form>> {
        let graph = self.shaped.graph();
        let layers = self.layers(step);
        let sided = layers.iter().flatten().any(|layer| is_sided(&graph.node(*layer).op));
        let form = |layer: Option<NodeId>| -> Option<Form> {
            let layer = layer?;
            let node = graph.node(layer);
            let site = Site {
                op: &node.op,
                inputs: self.shaped.input_shapes(layer),
                output: self.shaped.shape(layer),
                alone: node.inputs.iter().map(|input| self.alone[input.to_usize()]).collect(),
                sided,
            };
            Some(forms::form(&site))
        };
        layers.into_iter().map(form).collect()
    }

    fn part(&self, step: usize) -> Part {
        let body = self.body;
        let forms = self.forms[step].iter().flatten();
        let (holds, is_stage) = match &body.steps[step].what {
            What::Layer { .. } => {
                let holds = forms.clone().any(|form| matches!(form, Form::Module(_)));
                (holds, forms.clone().all(|form| form.module().is_some()))
            }
            What::Call { .. } | What::Loop { .. } => (true, true),
            What::Grow { .. } => (true, false),
        };
        let choice = body.choices.iter().position(|choice| (choice.first..choice.first + choice.count).contains(&step));
        let inputs = body.steps.iter().flat_map(|step| &step.inputs);
        let past = body.choices.iter().map(|choice| &choice.past);
        let reads = inputs.chain(&body.results).chain(past).filter(|from| **from == Ref::Step(step)).count();
        Part { holds, is_stage: is_stage && body.steps[step].inputs.len() == 1, choice, is_read_once: reads == 1 }
    }

    pub(super) fn refuse(&self, step: usize, (why, help): (&'static str, &'static str)) -> Stop {
        let layer = self.layers(step).into_iter().flatten().next();
        let layer = layer.map_or_else(String::new, |layer| self.shaped.graph().node(layer).name.to_string());
        Stop::Refused(Refusal { layer, why, help })
    }

    /// The lines that make the modules; `flags` are what choices are called.
    pub(super) fn lines(&self, flags: &[String]) -> String {
        let (mut text, mut open) = (String::new(), None);
        for made in &self.made {
            let mut indent = 8;
            if let Some(choice) = made.choice {
                if open != Some(choice) {
                    let _ = writeln!(text, "        if self.{}:", flags[choice]);
                }
                indent += 4;
            }
            open = made.choice;
            if let Some(each) = &made.each {
                let _ = writeln!(text, "{}{each}", " ".repeat(indent));
                indent += 4;
            }
            text.push_str(&made.doc.lines(&made.head, indent));
        }
        text
    }
}

fn is_sided(op: &Op) -> bool {
    let pad = if let Op::Conv(conv) = op {
        Some(conv.pad)
    } else if let Op::ConvTranspose(conv) = op {
        Some(conv.pad)
    } else if let Op::Pool(pool) = op {
        Some(pool.pad)
    } else {
        None
    };
    pad.is_some_and(|pad| !pad.is_even())
}

impl Params {
    /// The parameters that are used, in the order in which they are said, and whether by name.
    pub(super) fn signature(&self) -> Vec<(&fit::Param, bool)> {
        let used = || self.all.iter().filter(|param| param.is_used);
        let given = used().filter(|param| param.default.is_none() && !param.is_extra).map(|param| (param, false));
        let extra = used().filter(|param| param.is_extra).map(|param| (param, true));
        given.chain(extra).chain(used().filter(|param| param.default.is_some()).map(|param| (param, true))).collect()
    }

    /// A name for a parameter, which no module of the class has.
    pub(super) fn called(name: &str, tree: &Tree) -> String {
        // The language has words that Python leaves free.
        let name = identifier(name.trim_end_matches('_'));
        let is_module = tree.children.iter().any(|(key, _)| matches!(key, Key::Name(own) if *own == name));
        if is_module || (is_reserved(&name) && name != "stride" && name != "groups" && name != "in_channels") {
            format!("{name}_")
        } else {
            name
        }
    }
}
