//! What maps are called in a body's text, and what quantities are by these names.
//!
//! In: a body, step by step. Out: names that mean one map as long as it is read. What is joined with others is called after where
//! it stands, anything else `x` where nothing else is called so at the time, as people do.

use std::borrow::Cow;
use std::collections::HashMap;

use super::body::{Body, Outline, Step, Turn, What};
use super::classes::Ref;
use super::names::is_plain;
use super::params::{Condition, Expr, Param, Quantity};
use crate::graph::{Graph, print};
use crate::op::Op;
use crate::{quote, words};

/// What maps are called that nothing else gives a name.
const LETTERS: [&str; 8] = ["y", "z", "a", "b", "c", "d", "e", "f"];

/// The names of a body's maps.
pub(super) struct Values<'a> {
    graph: &'a Graph,
    outline: &'a Outline,
    body: &'a Body,
    params: &'a [Param],
    pub is_net: bool,
    /// What each map is called, where it is.
    pub inputs: Vec<String>,
    made: Vec<Option<String>>,
    /// What each name stands for.
    bound: HashMap<String, Ref>,
    /// The last step that reads each map, and how often it is read.
    last_read: HashMap<Ref, usize>,
    reads: HashMap<Ref, usize>,
}

impl<'a> Values<'a> {
    pub(super) fn new(
        (graph, outline): (&'a Graph, &'a Outline),
        body: &'a Body,
        params: &'a [Param],
        inputs: Vec<String>,
    ) -> Self {
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
        let made = vec![None; body.steps.len()];
        Self { graph, outline, body, params, is_net: false, inputs, made, bound, last_read, reads }
    }

    /// Calls what a step makes.
    pub(super) fn bind(&mut self, step: usize, name: &str) {
        self.bound.insert(name.to_owned(), Ref::Step(step));
        self.made[step] = Some(name.to_owned());
    }

    pub(super) fn is_read_once(&self, map: Ref) -> bool {
        self.reads.get(&map) == Some(&1)
    }

    pub(super) fn expr(&self, expr: &Expr) -> String {
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

    pub(super) fn condition(&self, condition: &Condition) -> String {
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

    /// A name for a list that begins at a step.
    pub(super) fn list_name(&self, at: usize) -> String {
        let names = ["maps", "features", "parts", "all"].into_iter().map(str::to_owned);
        let mut names = names.chain((2..).map(|n| format!("maps{n}")));
        names.find(|name| self.is_free(name, at)).expect("numbers do not end")
    }

    /// A name for what steps make: what is joined with others is called after where it stands, anything else `x` where that is
    /// free.
    pub(super) fn fresh(&self, first: usize, end: usize) -> String {
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
            What::Call { .. } | What::Loop { .. } | What::Grow { .. } => false,
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
    pub(super) fn is_free(&self, name: &str, first: usize) -> bool {
        let is_read = |from: &Ref| self.last_read.get(from).is_some_and(|last| *last > first);
        let output = self.is_net && self.graph.has_output(name);
        let is_input = self.is_net && self.inputs.iter().any(|input| input == name);
        let meant = words::stands_for_itself(name) || self.outline.blocks.iter().any(|block| block.name == name);
        let param = self.params.iter().any(|param| param.name == name);
        !output && !is_input && !meant && !param && !self.bound.get(name).is_some_and(is_read)
    }

    /// One of these names that nothing is called.
    pub(super) fn unused(&self, names: [&str; 3]) -> String {
        let is_taken = |name: &str| self.bound.contains_key(name) || self.params.iter().any(|param| param.name == name);
        names.iter().find(|name| !is_taken(name)).unwrap_or(&names[2]).to_string()
    }

    /// What a map is called.
    pub(super) fn name(&self, from: Ref) -> Cow<'_, str> {
        match from {
            Ref::Input(at) => quoted(&self.inputs[at]),
            Ref::Step(at) => quoted(self.made[at].as_deref().unwrap_or_default()),
        }
    }
}

impl Step {
    fn exprs(&self) -> impl Iterator<Item = &Expr> {
        let own: Vec<&Expr> = match &self.what {
            What::Layer { args, .. } => args.iter().map(|(_, expr)| expr).collect(),
            What::Call { args, .. } | What::Grow { args, .. } => args.iter().collect(),
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

/// A name or path as the language writes it.
fn quoted(name: &str) -> Cow<'_, str> {
    quote::quoted(name, words::is_reserved)
}
