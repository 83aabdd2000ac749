//! An outline as `.net` text.
//!
//! Layers keep their names by `as`; a map is called `x` where nothing else is called so at the time, as people do.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use super::body::{Block, Body, Choice, Outline, Step, Turn, What};
use super::classes::Ref;
use super::params::{Condition, Expr, Param, Quantity, is_plain};
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

/// What maps are called that nothing else gives a name.
const LETTERS: [&str; 8] = ["y", "z", "a", "b", "c", "d", "e", "f"];

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
    params: &'a [Param],
    is_net: bool,
    /// What each map is called, where it is.
    inputs: Vec<String>,
    made: Vec<Option<String>>,
    /// What each name stands for.
    bound: HashMap<String, Ref>,
    /// The last step that reads each map, and how often it is read.
    last_read: HashMap<Ref, usize>,
    reads: HashMap<Ref, usize>,
    /// Names that layers would have by themselves.
    asked: BTreeSet<String>,
    next_output: usize,
    text: String,
}

impl<'a> Printer<'a> {
    fn new(graph: &'a Graph, outline: &'a Outline, body: &'a Body, params: &'a [Param], inputs: Vec<String>) -> Self {
        let bound = inputs.iter().enumerate().map(|(at, name)| (name.clone(), Ref::Input(at))).collect();
        let (mut last_read, mut reads) = (HashMap::new(), HashMap::new());
        let mut read = |from: Ref, at: usize| {
            let last = last_read.entry(from).or_insert(at);
            *last = at.max(*last);
            *reads.entry(from).or_default() += 1;
        };
        for (at, step) in body.steps.iter().enumerate() {
            step.inputs.iter().for_each(|from| read(*from, at));
            step.exprs().flat_map(Expr::maps).for_each(|from| read(from, at));
        }
        for choice in &body.choices {
            let end = choice.first + choice.count - 1;
            read(choice.past, end);
            choice.condition.maps().into_iter().for_each(|from| read(from, end));
        }
        body.results.iter().for_each(|from| read(*from, usize::MAX));
        Self {
            graph,
            outline,
            body,
            params,
            is_net: false,
            inputs,
            made: vec![None; body.steps.len()],
            bound,
            last_read,
            reads,
            asked: BTreeSet::new(),
            next_output: 0,
            text: String::new(),
        }
    }

    fn block(mut self) -> String {
        self.statements();
        if !self.text.contains("    return ") {
            let name = self.name(self.body.results[0]).into_owned();
            let _ = writeln!(self.text, "    return {name}");
        }
        self.text
    }

    fn net(mut self) -> String {
        self.is_net = true;
        self.statements();
        let rest = self.graph.outputs().iter().zip(&self.body.results).skip(self.next_output);
        let rest: Vec<(String, Cow<'static, str>)> =
            rest.map(|((name, _), from)| (name.clone(), Cow::Owned(self.name(*from).into_owned()))).collect();
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
                (None, What::Loop { block, args, turns }) => self.repeat(at, *block, args, *turns),
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
            What::Loop { .. } => false,
        };
        let begins = |choice: &Choice| choice.first == at;
        is_stage && step.inputs == [before] && self.reads.get(&before) == Some(&1) && !self.body.choices.iter().any(begins)
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
        format!(" as {}", quoted(&step.name))
    }

    fn first_stage(&self, step: &Step) -> String {
        let inputs: Vec<_> = step.inputs.iter().map(|from| self.name(*from)).collect();
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
                let own = |name: &str| args.iter().find(|(own, _)| *own == name).map(|(_, expr)| self.expr(expr));
                print::call_where(&self.graph.node(*like).op, own)
            }
            What::Call { block, args } => {
                let args: Vec<String> = args.iter().map(|expr| self.expr(expr)).collect();
                called(&self.outline.blocks[*block], &args)
            }
            What::Loop { .. } => String::new(),
        }
    }

    fn expr(&self, expr: &Expr) -> String {
        match expr {
            Expr::Value(value) => print::argument(value),
            Expr::List(all) => format!("[{}]", all.iter().map(|expr| self.expr(expr)).collect::<Vec<_>>().join(", ")),
            Expr::Of { of, times, over } => {
                let of = match of {
                    Quantity::Param(at) => self.params[*at].name.clone(),
                    Quantity::Channels(map) => format!("channels({})", self.name(*map)),
                };
                let times = if *times == 1 { String::new() } else { format!(" * {times}") };
                let over = if *over == 1 { String::new() } else { format!(" // {over}") };
                format!("{of}{times}{over}")
            }
        }
    }

    fn condition(&self, condition: &Condition) -> String {
        let both = |stride: &Option<Expr>, channels: &Option<(Ref, Expr)>, sign: &str, word: &str| {
            let stride = stride.as_ref().map(|stride| format!("{} {sign} 1", self.expr(stride)));
            let channels = channels.as_ref().map(|(of, out)| format!("channels({}) {sign} {}", self.name(*of), self.expr(out)));
            channels.into_iter().chain(stride).collect::<Vec<_>>().join(word)
        };
        match condition {
            Condition::Flag(expr) => self.expr(expr),
            Condition::Keeps { stride, channels } => both(stride, channels, "==", " and "),
            Condition::Changes { stride, channels } => both(stride, channels, "!=", " or "),
        }
    }

    fn choice(&mut self, choice: &Choice) -> usize {
        let end = choice.first + choice.count;
        let binding = self.binding(choice.first, end);
        let condition = self.condition(&choice.condition);
        let taken = self.stages(choice.first..end, None);
        let past = self.name(choice.past).into_owned();
        self.bind(&binding, end - 1, &format!("if {condition} {{ {taken} }} else {{ {past} }}"));
        end
    }

    fn repeat(&mut self, at: usize, block: usize, args: &[Turn], turns: usize) -> usize {
        let from = self.body.steps[at].inputs[0];
        let before = self.name(from).into_owned();
        let is_own = !matches!(from, Ref::Input(_)) && self.is_free(&before, at);
        let name = if is_own { before.clone() } else { self.fresh(at, at + 1) };
        if name != before {
            let _ = writeln!(self.text, "    {name} = {before}");
        }
        let differ = args.iter().filter(|turn| !matches!(turn, Turn::Same(_))).count();
        let table = differ > 1 || args.iter().any(|turn| matches!(turn, Turn::Each(_)));
        let index = self.unused(["i", "n", "turn"]);
        let called_block = &self.outline.blocks[block];
        let (mut columns, mut rows): (Vec<String>, Vec<Vec<String>>) = (Vec::new(), vec![Vec::new(); turns]);
        let mut given = Vec::new();
        for (turn, param) in args.iter().zip(&called_block.params) {
            given.push(match turn {
                Turn::Same(expr) => self.expr(expr),
                Turn::First(first, later) if !table => {
                    format!("if {index} == 0 {{ {} }} else {{ {} }}", print::argument(first), print::argument(later))
                }
                Turn::First(..) | Turn::Each(_) => {
                    columns.push(self.unused([&param.name, &format!("{}_", param.name), &format!("{}_of_turn", param.name)]));
                    rows.iter_mut().enumerate().for_each(|(at, row)| row.push(print::argument(turn.value(at))));
                    columns[columns.len() - 1].clone()
                }
            });
        }
        let call = called(called_block, &given);
        let head = match columns.as_slice() {
            [] => format!("{index} in 0..{turns}"),
            [one] => format!("{one} in [{}]", rows.concat().join(", ")),
            many => {
                let rows: Vec<_> = rows.iter().map(|row| format!("        [{}],\n", row.join(", "))).collect();
                format!("[{}] in [\n{}    ]", many.join(", "), rows.concat())
            }
        };
        let list = quoted(&self.body.steps[at].name).into_owned();
        let _ = writeln!(self.text, "    for {head} {{\n        {name} = {name} -> {call} as {list}\n    }}");
        self.bound.insert(name.clone(), Ref::Step(at));
        self.made[at] = Some(name);
        at + 1
    }

    /// How the value of steps is bound.
    fn binding(&self, first: usize, end: usize) -> Binding {
        let made = Ref::Step(end - 1);
        let once = self.reads.get(&made) == Some(&1);
        if !self.is_net && self.body.results == [made] && end == self.body.steps.len() {
            return Binding { begin: "return ".to_owned(), name: None, scope: Some(String::new()), is_output: false };
        }
        if self.is_net && once && self.body.results.get(self.next_output) == Some(&made) {
            let name = &self.graph.outputs()[self.next_output].0;
            let begin = format!("output {} = ", print::quoted_whole(name));
            return Binding { begin, name: Some(name.clone()), scope: Some(name.clone()), is_output: true };
        }
        let name = self.fresh(first, end);
        let is_input = self.inputs.contains(&name);
        let scope = match (is_input, self.is_net) {
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
            self.bound.insert(name.clone(), Ref::Step(made));
            self.made[made] = Some(name.clone());
        }
    }

    /// A name for what steps make: what is joined with others is called after where it stands, anything else `x` where that is
    /// free.
    fn fresh(&self, first: usize, end: usize) -> String {
        let scope = self.common(first, end);
        let shorts = (0..=scope.matches('.').count()).rev().map(|skip| {
            let segments: Vec<&str> = scope.split('.').skip(skip).collect();
            segments.join("_")
        });
        let speaks = !scope.ends_with(|c: char| c.is_ascii_digit() || !c.is_alphanumeric());
        let speaks = speaks || !scope.rsplit('.').next().is_some_and(|last| last.chars().all(|c| c.is_ascii_digit()));
        let scoped: Vec<String> = shorts.filter(|name| speaks && is_plain(name)).collect();
        let (x, letters) = (vec!["x".to_owned()], LETTERS.map(str::to_owned).to_vec());
        let wanted = match self.joined(end - 1) {
            Some(true) => [scoped, letters, x].concat(),
            Some(false) => [scoped, x, letters].concat(),
            None => [x, scoped, letters].concat(),
        };
        let numbered = (2..).map(|n| format!("x{n}"));
        wanted.into_iter().chain(numbered).find(|name| self.is_free(name, first)).expect("numbers do not end")
    }

    /// Whether a concatenation reads this step's result; `None` where nothing reads it together with another map.
    fn joined(&self, made: usize) -> Option<bool> {
        let joins = |step: &&Step| step.inputs.len() > 1 && step.inputs.contains(&Ref::Step(made));
        let kinds = self.body.steps.iter().filter(joins).map(|step| match &step.what {
            What::Layer { like, .. } => matches!(self.graph.node(*like).op, Op::Concat(_)),
            What::Call { .. } | What::Loop { .. } => false,
        });
        kinds.reduce(|one, other| one || other)
    }

    /// The scope that all of these steps stand in, or the only one's name.
    fn common(&self, first: usize, end: usize) -> &'a str {
        let names = &self.body.steps[first..end];
        if let [one] = names {
            return &one.name;
        }
        let mut scope = self.body.steps[first].name.rsplit_once('.').map_or("", |(scope, _)| scope);
        let holds = |scope: &str, name: &str| name.strip_prefix(scope).is_some_and(|rest| rest.starts_with('.'));
        while !scope.is_empty() && !names.iter().all(|step| holds(scope, &step.name)) {
            scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
        scope
    }

    /// Whether a name can be bound by a statement that begins with this step.
    fn is_free(&self, name: &str, first: usize) -> bool {
        let is_read = |from: &Ref| self.last_read.get(from).is_some_and(|last| *last > first);
        let output = self.is_net && self.graph.has_output(name);
        let is_input = self.is_net && self.inputs.iter().any(|input| input == name);
        let meant = words::stands_for_itself(name) || self.outline.blocks.iter().any(|block| block.name == name);
        let param = self.params.iter().any(|param| param.name == name);
        !output && !is_input && !meant && !param && !self.bound.get(name).is_some_and(is_read)
    }

    /// One of these names that nothing is called.
    fn unused(&self, names: [&str; 3]) -> String {
        let is_taken = |name: &str| self.bound.contains_key(name) || self.params.iter().any(|param| param.name == name);
        names.iter().find(|name| !is_taken(name)).unwrap_or(&names[2]).to_string()
    }

    /// What a map is called.
    fn name(&self, from: Ref) -> Cow<'_, str> {
        match from {
            Ref::Input(at) => quoted(&self.inputs[at]),
            Ref::Step(at) => quoted(self.made[at].as_deref().unwrap_or_default()),
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

impl Step {
    fn exprs(&self) -> impl Iterator<Item = &Expr> {
        let own: Vec<&Expr> = match &self.what {
            What::Layer { args, .. } => args.iter().map(|(_, expr)| expr).collect(),
            What::Call { args, .. } => args.iter().collect(),
            What::Loop { args, .. } => {
                args.iter().filter_map(|turn| if let Turn::Same(expr) = turn { Some(expr) } else { None }).collect()
            }
        };
        own.into_iter()
    }
}

impl Expr {
    /// The maps that it asks for their channels.
    fn maps(&self) -> Vec<Ref> {
        match self {
            Self::Of { of: Quantity::Channels(map), .. } => vec![*map],
            Self::List(all) => all.iter().flat_map(Self::maps).collect(),
            Self::Of { of: Quantity::Param(_), .. } | Self::Value(_) => Vec::new(),
        }
    }
}

impl Condition {
    /// The maps that it asks for their channels.
    fn maps(&self) -> Vec<Ref> {
        match self {
            Self::Flag(expr) => expr.maps(),
            Self::Keeps { stride, channels } | Self::Changes { stride, channels } => {
                let own = channels.iter().flat_map(|(of, out)| out.maps().into_iter().chain([*of]));
                own.chain(stride.iter().flat_map(Expr::maps)).collect()
            }
        }
    }
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

/// A name or path as the language writes it.
fn quoted(name: &str) -> Cow<'_, str> {
    quote::quoted(name, words::is_reserved)
}
