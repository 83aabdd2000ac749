//! An outline as `.net` text.
//!
//! Layers keep their names by `as`; a map is called `x` where nothing else is called so at the time, as people do.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::body::{Block, Body, Choice, Outline, Step, Turn, What};
use super::classes::Ref;
use super::loops::needs_table;
use super::params::Param;
use super::values::Values;
use crate::graph::{Graph, print};
use crate::op::Op;
use crate::op::args::ArgValue;
use crate::{quote, words};

/// The text of a network; the layout is not this module's.
#[must_use]
pub fn print(graph: &Graph, outline: &Outline) -> String {
    let mut text = String::new();
    for block in &outline.blocks {
        let inputs: Vec<&str> = INPUTS[..block.body.inputs].to_vec();
        let _ = writeln!(text, "block {}{}({}) {{", block.name, parameters(&block.params), inputs.join(", "));
        let names = inputs.into_iter().map(str::to_owned).collect();
        text.push_str(&Printer::new(graph, outline, &block.body, &block.params, names).block());
        text.push_str("}\n\n");
    }
    for line in graph.doc().into_iter().flat_map(str::lines) {
        let _ = writeln!(text, "{}", format!("# {line}").trim_end());
    }
    let _ = writeln!(text, "net {} {{", print::quoted_whole(graph.name()));
    let mut names = Vec::new();
    for id in graph.inputs() {
        let node = graph.node(*id);
        if let Op::Input(shape) = &node.op {
            let _ = writeln!(text, "    input {}: {shape}", print::quoted_whole(&node.name));
        }
        names.push(node.name.to_string());
    }
    text.push('\n');
    text.push_str(&Printer::new(graph, outline, &outline.net, &[], names).net());
    text.push_str("}\n");
    text
}

/// What the maps that a block takes are called.
const INPUTS: [&str; 4] = ["x", "y", "z", "w"];

fn parameters(params: &[Param]) -> String {
    let all: Vec<String> = sorted(params)
        .map(|(_, param)| match &param.default {
            Some(default) => format!("{}={}", param.name, print::argument(default)),
            None => param.name.clone(),
        })
        .collect();
    if all.is_empty() { String::new() } else { format!("({})", all.join(", ")) }
}

/// Parameters in the order in which they are written, those that must be given first.
fn sorted(params: &[Param]) -> impl Iterator<Item = (usize, &Param)> {
    let required = params.iter().enumerate().filter(|(_, param)| param.default.is_none());
    required.chain(params.iter().enumerate().filter(|(_, param)| param.default.is_some()))
}

struct Printer<'a> {
    graph: &'a Graph,
    outline: &'a Outline,
    body: &'a Body,
    values: Values<'a>,
    /// Names that layers would have by themselves.
    asked: BTreeSet<String>,
    next_output: usize,
    text: String,
}

impl<'a> Printer<'a> {
    fn new(graph: &'a Graph, outline: &'a Outline, body: &'a Body, params: &'a [Param], inputs: Vec<String>) -> Self {
        let values = Values::new((graph, outline), body, params, inputs);
        Self { graph, outline, body, values, asked: BTreeSet::new(), next_output: 0, text: String::new() }
    }

    fn block(mut self) -> String {
        self.statements();
        if !self.text.contains("    return ") {
            let name = self.values.name(self.body.results[0]).into_owned();
            let _ = writeln!(self.text, "    return {name}");
        }
        self.text
    }

    fn net(mut self) -> String {
        self.values.is_net = true;
        self.statements();
        let rest = self.graph.outputs().iter().zip(&self.body.results).skip(self.next_output);
        let rest: Vec<(String, String)> =
            rest.map(|((name, _), from)| (name.clone(), self.values.name(*from).into_owned())).collect();
        if !rest.is_empty() {
            self.text.push('\n');
        }
        for (output, value) in rest {
            let output = print::quoted_whole(&output);
            let _ = if output == value {
                writeln!(self.text, "    output {output}")
            } else {
                writeln!(self.text, "    output {output} = {value}")
            };
        }
        self.text
    }

    fn statements(&mut self) {
        let mut at = 0;
        while at < self.body.steps.len() {
            let choice = self.body.choices.iter().find(|choice| choice.first == at);
            at = match (choice, &self.body.steps[at].what) {
                (Some(choice), _) => self.choice(choice),
                (None, What::Loop { block, args, from, turns }) => self.repeat(at, *block, args, *from..*from + *turns),
                (None, What::Grow { .. }) => self.grow(at),
                (None, What::Layer { .. } | What::Call { .. }) => self.pipe(at),
            };
        }
    }

    /// One statement from a step on; the step behind it.
    fn pipe(&mut self, first: usize) -> usize {
        let mut end = first + 1;
        while end < self.body.steps.len() && self.continues(end) {
            end += 1;
        }
        let binding = self.binding(first, end);
        let pipe = self.stages(first..end, binding.scope.as_deref());
        self.bind(&binding, end - 1, &pipe);
        end
    }

    /// Whether a step can stand behind the one before in one pipe.
    fn continues(&self, at: usize) -> bool {
        let step = &self.body.steps[at];
        let before = Ref::Step(at - 1);
        let is_stage = match &step.what {
            What::Layer { like, .. } => !matches!(self.graph.node(*like).op, Op::Scalar(_)),
            What::Call { .. } => true,
            What::Loop { .. } | What::Grow { .. } => false,
        };
        let begins = |choice: &Choice| choice.first == at;
        is_stage && step.inputs == [before] && self.values.is_read_once(before) && !self.body.choices.iter().any(begins)
    }

    /// The stages of a pipe; layers in it would be called after `scope`.
    fn stages(&mut self, steps: std::ops::Range<usize>, scope: Option<&str>) -> String {
        let mut text = String::new();
        for at in steps.clone() {
            let step = &self.body.steps[at];
            text = if at == steps.start { self.first_stage(step) } else { format!("{text} -> {}", self.call(step)) };
            text += &self.named(step, scope);
        }
        text
    }

    /// ` as name` where the layer would be called otherwise.
    fn named(&mut self, step: &Step, scope: Option<&str>) -> String {
        if let (What::Layer { like, .. }, Some(scope)) = (&step.what, scope) {
            let keyword = self.graph.node(*like).op.keyword();
            let own = if scope.is_empty() { keyword.to_owned() } else { format!("{scope}.{keyword}") };
            if self.asked.insert(own.clone()) && own == step.name {
                return String::new();
            }
        }
        format!(" as {}", quote::called(&step.name, words::is_reserved))
    }

    fn first_stage(&self, step: &Step) -> String {
        let inputs: Vec<_> = step.inputs.iter().map(|from| self.values.name(*from)).collect();
        if let What::Layer { like, .. } = &step.what
            && let Some(infix) = print::infix(&self.graph.node(*like).op, &inputs)
        {
            return infix;
        }
        let call = self.call(step);
        match inputs.as_slice() {
            [] => call,
            [one] => format!("{one} -> {call}"),
            many => format!("{call}({})", many.join(", ")),
        }
    }

    fn call(&self, step: &Step) -> String {
        match &step.what {
            What::Layer { like, args } => {
                let own = |name: &str| args.iter().find(|(own, _)| *own == name).map(|(_, expr)| self.values.expr(expr));
                print::call_where(&self.graph.node(*like).op, own)
            }
            What::Call { block, args } => {
                let args: Vec<String> = args.iter().map(|expr| self.values.expr(expr)).collect();
                called(&self.outline.blocks[*block], &args)
            }
            What::Loop { .. } | What::Grow { .. } => String::new(),
        }
    }

    fn choice(&mut self, choice: &Choice) -> usize {
        let end = choice.first + choice.count;
        let binding = self.binding(choice.first, end);
        let condition = self.values.condition(&choice.condition);
        let taken = self.stages(choice.first..end, None);
        let past = self.values.name(choice.past).into_owned();
        self.bind(&binding, end - 1, &format!("if {condition} {{ {taken} }} else {{ {past} }}"));
        end
    }

    fn repeat(&mut self, at: usize, block: usize, args: &[Turn], numbers: std::ops::Range<usize>) -> usize {
        let source = self.body.steps[at].inputs[0];
        let before = self.values.name(source).into_owned();
        let is_own = !matches!(source, Ref::Input(_)) && self.values.is_free(&before, at);
        let name = if is_own { before.clone() } else { self.values.fresh(at, at + 1) };
        if name != before {
            let _ = writeln!(self.text, "    {name} = {before}");
        }
        let called_block = &self.outline.blocks[block];
        let index = self.values.unused(["i", "n", "turn"]);
        let list = &self.body.steps[at].name;
        let whole = numbers.start == 0 && list.ends_with('.');
        let mut table = Table::new(numbers.len());
        if needs_table(args) && !whole {
            table.push(index.clone(), numbers.clone().map(|n| n.to_string()).collect());
        }
        let mut given = Vec::new();
        for (turn, param) in args.iter().zip(&called_block.params) {
            given.push(match turn {
                Turn::Same(expr) => self.values.expr(expr),
                Turn::First(first, later) if !needs_table(args) => {
                    let (first, later) = (print::argument(first), print::argument(later));
                    format!("if {index} == {} {{ {first} }} else {{ {later} }}", numbers.start)
                }
                Turn::First(..) | Turn::Each(_) => {
                    let column =
                        self.values.unused([&param.name, &format!("{}_", param.name), &format!("{}_of_turn", param.name)]);
                    table.push(column.clone(), (0..numbers.len()).map(|at| print::argument(turn.value(at))).collect());
                    column
                }
            });
        }
        let call = called(called_block, &given);
        let head = table.head().unwrap_or_else(|| format!("{index} in {}..{}", numbers.start, numbers.end));
        let path = if whole { quoted(list.trim_end_matches('.')).into_owned() } else { counted(list, &index, "") };
        let _ = writeln!(self.text, "    for {head} {{\n        {name} = {name} -> {call} as {path}\n    }}");
        self.values.bind(at, &name);
        at + 1
    }

    /// A list that grows by what a block makes of all of it.
    fn grow(&mut self, at: usize) -> usize {
        let step = &self.body.steps[at];
        let What::Grow { block, args, from, turns, join, joint } = &step.what else { return at + 1 };
        let name = self.values.list_name(at);
        let first: Vec<_> = step.inputs.iter().map(|from| self.values.name(*from)).collect();
        let args: Vec<String> = args.iter().map(|expr| self.values.expr(expr)).collect();
        let call = called(&self.outline.blocks[*block], &args);
        let join = print::call(&self.graph.node(*join).op);
        let index = self.values.unused(["i", "n", "turn"]);
        let (own, joint) = (counted(&step.name, &index, ""), counted(&step.name, &index, joint));
        let begin = format!("    {name} = [{}]\n", first.join(", "));
        let stages = format!("{join}({name}) as {joint} -> {call} as {own}");
        let body = format!("        {name} = {name} + [{stages}]\n");
        let _ = write!(self.text, "{begin}    for {index} in {from}..{} {{\n{body}    }}\n", from + turns);
        self.values.bind(at, &name);
        at + 1
    }

    /// How the value of steps is bound.
    fn binding(&self, first: usize, end: usize) -> Binding {
        let made = Ref::Step(end - 1);
        let once = self.values.is_read_once(made);
        if !self.values.is_net && self.body.results == [made] && end == self.body.steps.len() {
            return Binding { begin: "return ".to_owned(), name: None, scope: Some(String::new()), is_output: false };
        }
        if self.values.is_net && once && self.body.results.get(self.next_output) == Some(&made) {
            let name = &self.graph.outputs()[self.next_output].0;
            let begin = format!("output {} = ", print::quoted_whole(name));
            return Binding { begin, name: Some(name.clone()), scope: Some(name.clone()), is_output: true };
        }
        let name = self.values.fresh(first, end);
        let is_input = self.values.inputs.contains(&name);
        let scope = match (is_input, self.values.is_net) {
            (true, true) => None,
            (true, false) => Some(String::new()),
            (false, _) => Some(name.clone()),
        };
        Binding { begin: format!("{} = ", quoted(&name)), name: Some(name), scope, is_output: false }
    }

    fn bind(&mut self, binding: &Binding, made: usize, pipe: &str) {
        let _ = writeln!(self.text, "    {}{pipe}", binding.begin);
        self.next_output += usize::from(binding.is_output);
        if let Some(name) = &binding.name {
            self.values.bind(made, name);
        }
    }
}

struct Binding {
    /// What stands before the value.
    begin: String,
    /// What is bound.
    name: Option<String>,
    /// What begins the names of layers that have none of their own; `None` where that is not known.
    scope: Option<String>,
    is_output: bool,
}

/// A block with arguments for its parameters.
fn called(block: &Block, args: &[String]) -> String {
    let mut written = Vec::new();
    for (at, param) in sorted(&block.params) {
        let default = param.default.as_ref().map(print::argument);
        if default.is_none() {
            written.push(args[at].clone());
        } else if default.as_ref() != Some(&args[at]) {
            written.push(format!("{}={}", param.name, args[at]));
        }
    }
    if written.is_empty() { block.name.clone() } else { format!("{}({})", block.name, written.join(", ")) }
}

impl Turn {
    fn value(&self, at: usize) -> &ArgValue {
        match self {
            Self::First(first, later) => {
                if at == 0 {
                    first
                } else {
                    later
                }
            }
            Self::Each(values) => &values[at],
            Self::Same(_) => unreachable!("it is written for all turns"),
        }
    }
}

/// The columns of a loop.
struct Table {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn new(rows: usize) -> Self {
        Self { names: Vec::new(), rows: vec![Vec::new(); rows] }
    }

    fn push(&mut self, name: String, values: Vec<String>) {
        self.names.push(name);
        self.rows.iter_mut().zip(values).for_each(|(row, value)| row.push(value));
    }

    /// `[a, b] in [[1, 2], …]`; `None` without columns.
    fn head(&self) -> Option<String> {
        match self.names.as_slice() {
            [] => None,
            [one] => Some(format!("{one} in [{}]", self.rows.concat().join(", "))),
            many => {
                let rows: Vec<_> = self.rows.iter().map(|row| format!("        [{}],\n", row.join(", "))).collect();
                Some(format!("[{}] in [\n{}    ]", many.join(", "), rows.concat()))
            }
        }
    }
}

/// A path in which a loop's number stands.
fn counted(before: &str, index: &str, behind: &str) -> String {
    let literal = |text: &str| text.replace('{', "{{").replace('}', "}}");
    quoted(&format!("{}{{{index}}}{}", literal(before), literal(behind))).into_owned()
}

/// A name or path as the language writes it.
fn quoted(name: &str) -> Cow<'_, str> {
    quote::quoted(name, words::is_reserved)
}
