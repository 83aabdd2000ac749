//! A block or the net as a class: its constructor makes the modules that its body needs, at the places of their names.
//!
//! In: a body with all its uses. Out: a [`Class`] with the text of its constructor and how `forward` reaches each module.

use super::fit::{Params, Place};
use super::forms::{self, Form, Site};
use super::layout::Doc;
use super::python::{Arg, Kind, Py, Val, identifier, is_identifier, quoted};
use super::tree::{Key, Part, Tree, is_attribute, is_reserved};
use super::uses::{Made, Use};
use super::zip::Scene;
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
struct Made1 {
    choice: Option<usize>,
    /// The loop that it stands in.
    each: Option<String>,
    head: String,
    doc: Doc,
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
    made: Vec<Made1>,
}

/// What holds modules.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    Module,
    Dict,
    /// A module that does something itself.
    Layer,
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

    /// The constructor of a class that is a chain of numbered modules and nothing else.
    pub(super) fn chain(&mut self, tree: &Tree) -> Result<Option<String>, Stop> {
        let body = self.body;
        let is_whole = tree.is_dense() && tree.is_chain(body, &self.parts) && tree.steps.len() > 1;
        if !is_whole || body.inputs != 1 || body.results != [Ref::Step(body.steps.len() - 1)] {
            return Ok(None);
        }
        let Doc::Nest(_, items, close) = self.sequential(tree, "")? else { return Ok(None) };
        Ok(Some(Doc::Nest("super().__init__(".to_owned(), items, close).lines("", 8)))
    }

    /// Makes the modules of a tree, which is all of the class.
    pub(super) fn modules(&mut self, tree: &Tree) -> Result<&'static str, Stop> {
        let holder = if self.is_plain(tree) { Holder::Module } else { Holder::Dict };
        self.fill(tree, "self", "", holder)?;
        Ok(if holder == Holder::Module { "nn.Module" } else { "nn.ModuleDict" })
    }

    /// Whether everything in a place can be an attribute.
    fn is_plain(&self, tree: &Tree) -> bool {
        let fits = |(key, child): &(Key, Tree)| match key {
            Key::Name(name) => !child.holds(&self.parts) || is_attribute(name),
            Key::Run { .. } => true,
        };
        tree.children.iter().all(fits)
    }

    fn fill(&mut self, tree: &Tree, target: &str, path: &str, holder: Holder) -> Result<(), Stop> {
        for (key, child) in &tree.children {
            if !child.holds(&self.parts) {
                continue;
            }
            match key {
                Key::Name(name) => {
                    let place = Place1::new(target, name, holder);
                    self.child(child, &place, &join(path, name))?;
                }
                Key::Run { stem, from, turns } => {
                    let Some(step) = child.item else { continue };
                    let called = format!("f{}", quoted(&format!("{stem}{{i}}")));
                    self.run((target, &called), step, (*from, *turns))?;
                    self.held.push((join(path, stem), step));
                    self.reach[step] = Some(Reach::Turn(format!("getattr({target}, {called})")));
                }
            }
        }
        Ok(())
    }

    fn child(&mut self, child: &Tree, place: &Place1, path: &str) -> Result<(), Stop> {
        if let Some(step) = child.item.filter(|step| self.parts[*step].holds) {
            let doc = self.constructor(step)?;
            self.make(self.parts[step].choice, place, doc);
            for shared in &child.also {
                if self.forms[*shared] != self.forms[step] {
                    return Err(self.refuse(*shared, "it shares weights with a layer of other arguments"));
                }
            }
            for own in child.also.iter().chain([&step]) {
                self.reach[*own] = Some(Reach::One(place.access.clone()));
            }
            self.held.push((path.to_owned(), step));
            return self.fill(child, &place.access, path, Holder::Layer);
        }
        let (first, last) = (child.steps[0], child.steps[child.steps.len() - 1]);
        if child.is_row() && child.is_chain(self.body, &self.parts) {
            let doc = self.sequential(child, path)?;
            self.make(self.parts[first].choice, place, doc);
            self.reach[first] = Some(Reach::Chain(last + 1, place.access.clone()));
            return Ok(());
        }
        let holder = if self.is_plain(child) { Holder::Module } else { Holder::Dict };
        let bag = if holder == Holder::Module { "nn.Module()" } else { "nn.ModuleDict()" };
        self.make(None, place, Doc::Text(bag.to_owned()));
        self.fill(child, &place.access, path, holder)
    }

    fn make(&mut self, choice: Option<usize>, place: &Place1, doc: Doc) {
        let (head, doc) = match &place.within {
            None => (format!("{} = ", place.access), doc),
            Some((open, name)) => (String::new(), Doc::Nest(open.clone(), vec![Doc::Text(name.clone()), doc], ")".to_owned())),
        };
        self.made.push(Made1 { choice, each: None, head, doc });
    }

    /// `nn.Sequential` of a chain.
    fn sequential(&mut self, tree: &Tree, path: &str) -> Result<Doc, Stop> {
        let is_list = tree.is_list();
        let is_named = tree.children.iter().all(|(key, _)| matches!(key, Key::Name(name) if is_identifier(name)));
        let (mut items, mut next) = (Vec::new(), 0);
        for (key, child) in &tree.children {
            if let Some((from, turns)) = key.numbers().filter(|_| is_list) {
                items.extend((next..from).map(|_| Doc::Text("nn.Identity()".to_owned())));
                next = from + turns;
            }
            match key {
                Key::Name(name) => {
                    let doc = match child.item {
                        Some(step) => {
                            if self.parts[step].holds {
                                self.held.push((join(path, name), step));
                            }
                            self.constructor(step)?
                        }
                        None => self.sequential(child, &join(path, name))?,
                    };
                    items.push(if is_list {
                        doc
                    } else if is_named {
                        doc.headed(&format!("{name}="))
                    } else {
                        pair(&quoted(name), doc)
                    });
                }
                Key::Run { stem, from, turns } => {
                    let Some(step) = child.item else { continue };
                    self.held.push((join(path, stem), step));
                    for (first, count, doc, counts) in self.turns(step, *from, *turns)? {
                        let called = format!("f{}", quoted(&format!("{stem}{{i}}")));
                        let index = if counts || !is_list { "i" } else { "_" };
                        let own = if is_list { doc } else { pair(&called, doc) };
                        let range = if counts || !is_list { range(first, count) } else { range(0, count) };
                        items.push(match (count, is_list) {
                            (1, true) if !counts => own,
                            _ => starred(own, index, &range),
                        });
                    }
                }
            }
        }
        if is_list {
            return Ok(Doc::Nest("nn.Sequential(".to_owned(), items, ")".to_owned()));
        }
        let (open, close) = if is_named { ("(", "))") } else { ("([", "]))") };
        Ok(Doc::Nest(format!("nn.Sequential(OrderedDict{open}"), items, close.to_owned()))
    }

    /// What makes the module of a step.
    fn constructor(&mut self, step: usize) -> Result<Doc, Stop> {
        let name = self.body.steps[step].name.clone();
        let scene = Scene { place: Place::Init, ins: &[], name: &name };
        if let What::Call { .. } = self.body.steps[step].what {
            let calls = self.calls(step, 0);
            let calls: Vec<Option<&Py>> = calls.iter().map(Option::as_ref).collect();
            return self.params.zip(&calls, &scene).ok_or(Stop::Unlike);
        }
        let forms = self.forms[step].clone();
        let all: Vec<Option<&Py>> = forms.iter().map(|form| form.as_ref().and_then(Form::module)).collect();
        self.params.zip(&all, &scene).ok_or(Stop::Unlike)
    }

    /// The constructor of a block's class with what each use of this class gives it.
    fn calls(&self, step: usize, turn: usize) -> Vec<Option<Py>> {
        let (What::Call { block, .. } | What::Loop { block, .. } | What::Grow { block, .. }) = &self.body.steps[step].what else {
            return vec![None; self.uses.len()];
        };
        let class = &self.classes[*block];
        let call = |own: &Use| {
            let Made::Calls(places) = &own.steps[step] else { return None };
            let arg = |(param, is_named): (&super::fit::Param, bool)| Arg {
                key: is_named.then(|| param.name.clone()),
                value: Py::Val(param.values[places[turn]].clone(), if param.is_channels { Kind::Channels } else { Kind::Other }),
                default: param.default.clone(),
            };
            Some(Py::Call(class.name.clone(), class.params.signature().into_iter().map(arg).collect()))
        };
        self.uses.iter().map(call).collect()
    }

    /// The constructors of a loop's turns: from which number on, how many, and whether they count.
    fn turns(&mut self, step: usize, from: usize, turns: usize) -> Result<Vec<(usize, usize, Doc, bool)>, Stop> {
        let name = self.body.steps[step].name.clone();
        let scene = Scene { place: Place::Init, ins: &[], name: &name };
        let grown = matches!(self.body.steps[step].what, What::Grow { .. });
        let all: Vec<Vec<Option<Py>>> = (0..turns).map(|turn| self.calls(step, turn)).collect();
        if let Some(counted) = self.counted(&all, (from, grown), &name) {
            let own: Vec<Option<&Py>> = counted.iter().map(Option::as_ref).collect();
            let doc = self.params.zip(&own, &scene).ok_or(Stop::Unlike)?;
            return Ok(vec![(from, turns, doc, true)]);
        }
        let mut runs: Vec<(usize, usize, Doc, bool)> = Vec::new();
        for (turn, calls) in all.iter().enumerate() {
            let own: Vec<Option<&Py>> = calls.iter().map(Option::as_ref).collect();
            let doc = self.params.zip(&own, &scene).ok_or(Stop::Unlike)?;
            match runs.last_mut().filter(|(_, _, before, _)| before.flat() == doc.flat()) {
                Some((_, count, ..)) => *count += 1,
                None => runs.push((from + turn, 1, doc, false)),
            }
        }
        Ok(runs)
    }

    /// The constructor of all turns by their number, where its arguments grow by the same each time.
    fn counted(&mut self, all: &[Vec<Option<Py>>], (from, grown): (usize, bool), name: &str) -> Option<Vec<Option<Py>>> {
        let args = |turn: &[Option<Py>], of: usize| match &turn[of] {
            Some(Py::Call(_, args)) => Some(args.clone()),
            _ => None,
        };
        // Of what a list grows to, two turns say how; elsewhere they may be any two numbers.
        let fewest = if grown { 2 } else { 3 };
        let mut own = all[0].clone();
        let count = (0..own.len()).find_map(|of| args(&all[0], of))?.len();
        let mut grows = false;
        for at in 0..count {
            let value = |turn: &[Option<Py>], of: usize| match &args(turn, of)?[at].value {
                Py::Val(value, _) => Some(value.clone()),
                _ => None,
            };
            let rows: Vec<Option<Vec<Val>>> = (0..own.len()).map(|of| all.iter().map(|turn| value(turn, of)).collect()).collect();
            if rows.iter().flatten().all(|row| row.iter().all(|value| *value == row[0])) {
                continue;
            }
            let steps: Vec<Option<(i64, i64)>> =
                rows.iter().map(|row| row.as_ref().and_then(|row| super::fit::steps(row, fewest))).collect();
            let (_, step) = steps.iter().flatten().next().copied()?;
            if !rows.iter().zip(&steps).all(|(row, steps)| row.is_none() || steps.is_some_and(|(_, own)| own == step)) {
                return None;
            }
            let bases = steps.iter().map(|own| own.map(|(base, _)| Val::Int(base))).collect();
            let base = self.params.fit(&bases, Kind::Channels, Place::Init, &format!("{name}.in"));
            let turn = if from == 0 { "i".to_owned() } else { format!("(i - {from})") };
            let text = Py::Raw(format!("{base} + {step} * {turn}"));
            for call in own.iter_mut().flatten() {
                if let Py::Call(_, args) = call {
                    args[at].value = text.clone();
                }
            }
            grows = true;
        }
        grows.then_some(own)
    }

    /// The modules of a loop, one by one.
    fn run(&mut self, (target, called): (&str, &str), step: usize, (from, turns): (usize, usize)) -> Result<(), Stop> {
        for (first, count, doc, _) in self.turns(step, from, turns)? {
            let place = called.replace("{i}", &first.to_string());
            let name = place.trim_start_matches('f').trim_matches('"');
            if count == 1 && is_attribute(name) {
                self.made.push(Made1 { choice: self.parts[step].choice, each: None, head: format!("{target}.{name} = "), doc });
                continue;
            }
            let each = Some(format!("for i in {}:", range(first, count)));
            let doc = Doc::Nest(format!("{target}.add_module("), vec![Doc::Text(called.to_owned()), doc], ")".to_owned());
            self.made.push(Made1 { choice: self.parts[step].choice, each, head: String::new(), doc });
        }
        Ok(())
    }

    fn refuse(&self, step: usize, why: &str) -> Stop {
        let layer = self.layers(step).into_iter().flatten().next();
        let layer = layer.map_or_else(String::new, |layer| self.shaped.graph().node(layer).name.to_string());
        Stop::Refused(Refusal { layer, why: why.to_owned() })
    }

    /// The lines that make the modules; `flags` are what choices are called.
    pub(super) fn lines(&self, flags: &[String]) -> String {
        let (mut text, mut open) = (String::new(), None);
        for made in &self.made {
            let mut indent = 8;
            if let Some(choice) = made.choice {
                if open != Some(choice) {
                    text.push_str(&format!("        if self.{}:\n", flags[choice]));
                }
                indent += 4;
            }
            open = made.choice;
            if let Some(each) = &made.each {
                text.push_str(&format!("{}{each}\n", " ".repeat(indent)));
                indent += 4;
            }
            text.push_str(&made.doc.lines(&made.head, indent));
        }
        text
    }
}

/// Where a module is kept: how it is reached, and what puts it there where it is no assignment.
struct Place1 {
    access: String,
    within: Option<(String, String)>,
}

impl Place1 {
    fn new(target: &str, name: &str, holder: Holder) -> Self {
        let said = quoted(name);
        if is_attribute(name) {
            return Self { access: format!("{target}.{name}"), within: None };
        }
        match holder {
            _ if is_reserved(name) => Self { access: format!("{target}._modules[{said}]"), within: None },
            Holder::Dict => Self { access: format!("{target}[{said}]"), within: None },
            Holder::Module | Holder::Layer => {
                Self { access: format!("getattr({target}, {said})"), within: Some((format!("{target}.add_module("), said)) }
            }
        }
    }
}

fn is_sided(op: &Op) -> bool {
    match op {
        Op::Conv(conv) => !conv.pad.is_even(),
        Op::ConvTranspose(conv) => !conv.pad.is_even(),
        Op::Pool(pool) => !pool.pad.is_even(),
        _ => false,
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// `("name", module)`.
fn pair(name: &str, doc: Doc) -> Doc {
    Doc::Nest("(".to_owned(), vec![Doc::Text(name.to_owned()), doc], ")".to_owned())
}

pub(super) fn range(first: usize, count: usize) -> String {
    if first == 0 { format!("range({count})") } else { format!("range({first}, {})", first + count) }
}

/// `*[module for i in range(3)]`.
fn starred(doc: Doc, index: &str, range: &str) -> Doc {
    let tail = format!(" for {index} in {range}]");
    match doc {
        Doc::Text(text) => Doc::Text(format!("*[{text}{tail}")),
        Doc::Nest(open, items, close) => Doc::Nest(format!("*[{open}"), items, format!("{close}{tail}")),
    }
}

impl Params {
    /// The parameters that are used, in the order in which they are said, and whether by name.
    pub(super) fn signature(&self) -> Vec<(&super::fit::Param, bool)> {
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
