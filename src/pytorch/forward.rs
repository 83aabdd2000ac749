//! `forward` of a class: what its modules and functions are called with, line by line.
//!
//! In: a body and how its modules are reached. Out: lines. A map is called `x` where nothing else is called so as long as it is
//! read; calls that follow one another stand in one line where that is short.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::Stop;
use super::class::{Reach, Writer};
use super::fit::Place;
use super::forms::Form;
use super::modules::range;
use super::python::{Py, identifier};
use super::zip::Scene;
use crate::op::Op;
use crate::outline::{Ref, Step, What};

/// What maps are called that nothing else gives a name.
const LETTERS: [&str; 8] = ["x", "y", "z", "a", "b", "c", "d", "e"];
/// The longest line of calls within calls, and how many they are.
const WIDTH: usize = 88;
const DEPTH: usize = 3;

/// The names of maps.
pub(super) struct Names {
    bound: HashMap<String, Ref>,
    made: HashMap<Ref, String>,
    last_read: HashMap<Ref, usize>,
}

/// Lines that are written.
pub(super) struct Forward {
    names: Names,
    pub text: String,
    indent: usize,
    /// What the last line computes, and how deep its calls are: a call behind it may take it in.
    pending: Option<Pending>,
    /// Results that are returned.
    results: Vec<Ref>,
}

struct Pending {
    made: Ref,
    expr: String,
    depth: usize,
    /// The step that it began with.
    first: usize,
    /// A name that it has in any case.
    name: Option<String>,
}

impl Forward {
    pub(super) fn new(writer: &Writer<'_>, inputs: &[String]) -> Self {
        let body = writer.body;
        let mut last_read = HashMap::new();
        let mut read = |from: Ref, at: usize| {
            let last = last_read.entry(from).or_insert(at);
            *last = at.max(*last);
        };
        for (at, step) in body.steps.iter().enumerate() {
            step.inputs.iter().for_each(|from| read(*from, at));
        }
        body.choices.iter().for_each(|choice| read(choice.past, choice.first));
        body.results.iter().for_each(|from| read(*from, usize::MAX));
        let each = || inputs.iter().enumerate().map(|(at, name)| (name.clone(), Ref::Input(at)));
        let names = Names { bound: each().collect(), made: each().map(|(name, at)| (at, name)).collect(), last_read };
        Self { names, text: String::new(), indent: 8, pending: None, results: body.results.clone() }
    }

    /// Writes all steps.
    pub(super) fn write(&mut self, writer: &mut Writer<'_>, flags: &[String]) -> Result<(), Stop> {
        let mut at = 0;
        let mut open: Option<(usize, usize, String)> = None;
        while at < writer.body.steps.len() {
            if let Some(choice) = writer.body.choices.iter().position(|choice| choice.first == at) {
                self.flush(writer);
                let end = at + writer.body.choices[choice].count;
                let past = self.names.made.get(&writer.body.choices[choice].past).cloned().unwrap_or_default();
                let name = if self.names.is_free(&past, at) { past } else { self.names.fresh(writer, at, end) };
                self.line(&format!("if self.{}:", flags[choice]));
                self.indent += 4;
                open = Some((choice, end, name));
            }
            let last = open.as_ref().map(|(_, end, name)| (*end, name.clone()));
            at = self.step(writer, at, last.as_ref())?;
            if let Some((choice, _, name)) = open.take_if(|(_, end, _)| *end == at) {
                self.flush(writer);
                self.indent -= 4;
                let past = self.names.made.get(&writer.body.choices[choice].past).cloned().unwrap_or_default();
                if past != name {
                    self.line("else:");
                    self.indent += 4;
                    self.line(&format!("{name} = {past}"));
                    self.indent -= 4;
                }
                self.names.bind(Ref::Step(at - 1), &name);
            }
        }
        Ok(())
    }

    /// Writes `return`; `results` are the names of what is returned where it is not what the body says.
    pub(super) fn finish(&mut self, writer: &Writer<'_>, alone: &[Option<String>]) {
        if let (Some(pending), [result], [None]) = (&self.pending, self.results.as_slice(), alone)
            && pending.made == *result
            && pending.name.is_none()
        {
            let line = format!("return {}", pending.expr);
            self.pending = None;
            self.line(&line);
            return;
        }
        self.flush(writer);
        let name = |(from, alone): (&Ref, &Option<String>)| {
            let own = self.names.made.get(from).cloned().unwrap_or_default();
            alone.as_ref().map_or(own.clone(), |expand| format!("{own}{expand}"))
        };
        let all: Vec<String> = self.results.iter().zip(alone).map(name).collect();
        self.line(&format!("return {}", all.join(", ")));
    }

    fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "{}{line}", " ".repeat(self.indent));
    }

    /// Writes what waits for a call that takes it in.
    fn flush(&mut self, writer: &Writer<'_>) {
        let Some(pending) = self.pending.take() else { return };
        let Ref::Step(step) = pending.made else { return };
        let name = pending.name.unwrap_or_else(|| self.names.fresh(writer, pending.first, step + 1));
        self.line(&format!("{name} = {}", pending.expr));
        self.names.bind(pending.made, &name);
    }

    /// Writes a step, or a chain of steps; the step behind.
    fn step(&mut self, writer: &mut Writer<'_>, at: usize, last: Option<&(usize, String)>) -> Result<usize, Stop> {
        let step = &writer.body.steps[at];
        if let What::Grow { .. } = step.what {
            self.flush(writer);
            return self.grow(writer, at).map(|()| at + 1);
        }
        if let (What::Loop { from, turns, .. }, Some(Reach::Turn(text))) = (&step.what, writer.reach[at].clone()) {
            self.flush(writer);
            let before = self.names.made.get(&step.inputs[0]).cloned().unwrap_or_default();
            let name = self.names.fresh(writer, at, at + 1);
            if name != before {
                self.line(&format!("{name} = {before}"));
            }
            self.line(&format!("for i in {}:", range(*from, *turns)));
            self.line(&format!("    {name} = {text}({name})"));
            self.names.bind(Ref::Step(at), &name);
            return Ok(at + 1);
        }
        let (end, access) = match &writer.reach[at] {
            Some(Reach::Chain(end, access)) => (*end, Some(access.clone())),
            Some(Reach::One(access)) => (at + 1, Some(access.clone())),
            Some(Reach::Turn(_)) | None => (at + 1, None),
        };
        let inputs = writer.body.steps[at].inputs.clone();
        let nested = self.nests(writer, at, &inputs);
        if !nested {
            self.flush(writer);
        }
        let pending = self.pending.take();
        let ins: Vec<String> = inputs
            .iter()
            .map(|from| match &pending {
                Some(pending) if pending.made == *from => pending.expr.clone(),
                Some(_) | None => self.names.made.get(from).cloned().unwrap_or_default(),
            })
            .collect();
        let expr = match access {
            Some(access) => format!("{access}({})", ins.join(", ")),
            None => plain(writer, at, &ins)?,
        };
        let (depth, first) = pending.as_ref().map_or((1, at), |pending| (pending.depth + 1, pending.first));
        if let Some(pending) = pending.filter(|_| expr.chars().count() > WIDTH) {
            // It grew too long: the line before stands for itself.
            self.pending = Some(pending);
            self.flush(writer);
            return self.step(writer, at, last);
        }
        let name = last.filter(|(own, _)| *own == end).map(|(_, name)| name.clone());
        self.pending = Some(Pending { made: Ref::Step(end - 1), expr, depth, first, name });
        Ok(end)
    }

    /// Whether a step takes in what waits: it reads that once, as its first argument, and nothing else does.
    fn nests(&self, writer: &Writer<'_>, at: usize, inputs: &[Ref]) -> bool {
        let Some(pending) = &self.pending else { return false };
        let Ref::Step(made) = pending.made else { return false };
        let is_call = !matches!(writer.forms[at].iter().flatten().next(), Some(Form::Plain { expr, .. }) if !takes_first(expr))
            || writer.reach[at].is_some();
        let alone = pending.expr.ends_with(')') && !pending.expr.contains(") + ") && !pending.expr.starts_with('(');
        inputs == [pending.made]
            && pending.name.is_none()
            && writer.parts[made].is_read_once
            && pending.depth < DEPTH
            && is_call
            && alone
            && !pending.expr.starts_with("F.")
    }

    /// A list that grows by what a class makes of all of it.
    fn grow(&mut self, writer: &mut Writer<'_>, at: usize) -> Result<(), Stop> {
        let What::Grow { from, turns, join, .. } = &writer.body.steps[at].what else { return Ok(()) };
        let Some(Reach::Turn(text)) = writer.reach[at].clone() else { return Err(Stop::Unlike) };
        let name = self.names.list(writer, at);
        let inputs = writer.body.steps[at].inputs.iter();
        let first: Vec<String> = inputs.map(|from| self.names.made.get(from).cloned().unwrap_or_default()).collect();
        let Op::Concat(concat) = &writer.shaped.graph().node(*join).op else { return Err(Stop::Unlike) };
        let axis = concat.axis + 1;
        self.line(&format!("{name} = [{}]", first.join(", ")));
        self.line(&format!("for i in {}:", range(*from, *turns)));
        self.line(&format!("    {name}.append({text}(torch.cat({name}, {axis})))"));
        self.names.bind(Ref::Step(at), &name);
        Ok(())
    }
}

/// Whether an expression is a call whose first argument, and nothing else, is the input.
fn takes_first(expr: &Py) -> bool {
    match expr {
        Py::Call(name, args) => !name.is_empty() && args.first().is_some_and(|arg| arg.value == Py::In(0)),
        Py::Method(of, ..) => **of == Py::In(0),
        Py::In(_) | Py::Ins | Py::Val(..) | Py::Raw(_) | Py::Index(..) | Py::Slice(_) | Py::Infix(..) | Py::Group(_) => false,
    }
}

/// An operation without a module.
fn plain(writer: &mut Writer<'_>, at: usize, ins: &[String]) -> Result<String, Stop> {
    let forms = writer.forms[at].clone();
    let expr = |form: &Option<Form>| match form {
        Some(Form::Plain { expr, .. }) => Some(expr.clone()),
        Some(Form::Module(_)) | None => None,
    };
    let own: Vec<Option<Py>> = forms.iter().map(expr).collect();
    let all: Vec<Option<&Py>> = own.iter().map(Option::as_ref).collect();
    let name = writer.body.steps[at].name.clone();
    let scene = Scene { place: Place::Forward, ins, name: &name };
    writer.params.zip(&all, &scene).map(|doc| doc.flat()).ok_or(Stop::Unlike)
}

impl Names {
    fn bind(&mut self, map: Ref, name: &str) {
        self.bound.insert(name.to_owned(), map);
        self.made.insert(map, name.to_owned());
    }

    /// Whether a name can be given to what begins with this step.
    fn is_free(&self, name: &str, first: usize) -> bool {
        let is_read = |from: &Ref| self.last_read.get(from).is_some_and(|last| *last > first);
        !self.bound.get(name).is_some_and(is_read)
    }

    /// A name for what steps make.
    fn fresh(&self, writer: &Writer<'_>, first: usize, end: usize) -> String {
        let step = &writer.body.steps[first];
        let scope = identifier(step.name.split('.').next().unwrap_or_default());
        let speaks = scope.len() > 1 && !scope.starts_with("n0") && step.name.contains('.') && scope.len() < 16;
        let joined = |step: &Step| match &step.what {
            What::Layer { like, .. } => {
                step.inputs.contains(&Ref::Step(end - 1)) && matches!(writer.shaped.graph().node(*like).op, Op::Concat(_))
            }
            What::Call { .. } | What::Loop { .. } | What::Grow { .. } => false,
        };
        let is_joined = writer.body.steps.iter().any(joined);
        let own = (speaks && is_joined).then_some(scope);
        let letters = LETTERS.iter().map(|letter| (*letter).to_owned());
        let mut names = own.into_iter().chain(letters).chain((2..).map(|n| format!("x{n}")));
        names.find(|name| self.is_free(name, first)).unwrap_or_default()
    }

    /// A name for a list.
    fn list(&self, _writer: &Writer<'_>, at: usize) -> String {
        let names = ["maps", "features", "parts"].into_iter().map(str::to_owned);
        let mut names = names.chain((2..).map(|n| format!("maps{n}")));
        names.find(|name| self.is_free(name, at)).unwrap_or_default()
    }
}
