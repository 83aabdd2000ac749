//! Tree to graph: names, constants, loops and blocks are evaluated away.
//!
//! In: the parsed files (the main one first), the values set for the net's parameters, limits. Out: a [`Shaped`](crate::shape::Shaped)-ready
//! graph whose nodes all have shapes, the requests that need the whole graph (refinements, assertions), and diagnostics.
//! Every node is inferred as it is added, because the language may ask for shapes (`channels(x)`) while it builds; a node
//! that does not fit poisons what depends on it, silently, so that one run reports every independent error.
//! This module does no IO and knows neither analysis nor rewriting.

mod argument;
mod assertion;
mod body;
mod builtin;
mod call;
mod callee;
mod eval;
mod fix;
mod habit;
mod instance;
mod naming;
mod operator;
mod pasted;
mod program;
mod projection;
mod refine;
mod repeat;
mod shape_error;
mod shared;
mod together;
mod tuple;
mod unused;
mod value;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::digits::counted;
use crate::graph::{Directives, Graph, InstanceId, LayerPath, NodeMap};
use crate::op::Shape;
use crate::op::form::How;
use crate::source::{SourceSet, Span};
use crate::syntax::ast::{Ast, Body, Expr, Net, Path};

use naming::{Place, Scope, UseCounts};
use shared::{MadeTensors, SharedSet};

pub use assertion::{Condition, Symbolic};
pub use operator::{Folded, fold};
pub use program::Program;
pub use value::Value;

/// What building a network may cost at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Nodes of the graph.
    pub nodes: usize,
    /// Evaluated expressions and statements.
    pub steps: u64,
    /// Depth of nested expressions and block instances together.
    pub depth: u32,
    /// Errors that are reported before building stops.
    pub errors: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { nodes: 1 << 20, steps: 20_000_000, depth: 200, errors: 200 }
    }
}

/// A `refine` statement, to be applied when the body is built.
#[derive(Debug, Clone, PartialEq)]
pub struct Refinement {
    /// The layers addressed.
    pub path: Path,
    /// What is to be done to them.
    pub how: How,
    /// Where that stands.
    pub span: Span,
}

/// What lowering made of a net.
#[derive(Debug)]
pub struct Lowered {
    /// The graph; complete only if no error was reported.
    pub graph: Graph,
    /// `refine` statements in order.
    pub refinements: Vec<Refinement>,
    /// `assert` statements in order, evaluated as far as possible.
    pub conditions: Vec<Condition>,
    /// Errors and lints.
    pub diagnostics: Vec<Diagnostic>,
}

/// Builds the graph of a program's net; `None` where it has no usable net, which the diagnostics then say.
#[must_use]
pub fn lower(
    sources: &SourceSet,
    asts: &[Ast],
    program: &Program<'_>,
    set: &[(String, Value)],
    limits: Limits,
) -> (Option<Lowered>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let Some(net) = program::only_net(asts, &mut diagnostics) else {
        return (None, diagnostics);
    };
    let mut builder = Builder::new(sources, program, net, limits);
    builder.net(net, set);
    let mut lowered = builder.finish();
    lowered.diagnostics.extend(unused::lint(asts));
    (Some(lowered), diagnostics)
}

/// Instances that are told round a finding.
const MAX_HISTORY: usize = 4;
/// Characters of an instance's path that are shown.
const MAX_PATH: usize = 60;

/// A long path without its middle: "stage.0.unit…unit.conv".
fn shortened(path: &str) -> String {
    let count = path.chars().count();
    if count <= MAX_PATH {
        return path.to_owned();
    }
    let half = MAX_PATH / 2 - 1;
    let (head, tail) = (path.chars().take(half), path.chars().skip(count - half));
    head.chain(std::iter::once('…')).chain(tail).collect()
}

/// A name's value and where it was bound.
#[derive(Debug, Clone)]
struct Binding {
    value: Value,
    span: Span,
    /// Whether it is an input of the block, which names no layers of its own.
    is_input: bool,
}

/// One activation: the net's body or a block instance.
struct Frame<'a> {
    names: HashMap<&'a str, Binding>,
    /// Path of the instance; empty for the net.
    prefix: Place,
    /// Indices of the loops that are under way: `0.1`.
    turns: LayerPath,
    /// The statements under evaluation, and the names that they bind, once these are asked for.
    body: &'a Body,
    written: Option<HashSet<&'a str>>,
    instance: Option<InstanceId>,
    /// Index of the file whose blocks are in reach.
    file: usize,
    in_net: bool,
    directives: Directives,
    returned: Option<Value>,
}

/// The state of one lowering.
struct Builder<'a> {
    sources: &'a SourceSet,
    program: &'a Program<'a>,
    limits: Limits,
    graph: Graph,
    shapes: NodeMap<Shape>,
    /// The call that made a node, or the shape of an input, for edits.
    calls: NodeMap<&'a Expr>,
    /// Paths of instances and of sets of shared weights, with the last number that was appended to each.
    scopes: HashMap<LayerPath, u64>,
    shared_sets: Vec<Rc<SharedSet<'a>>>,
    shared_tensors: HashMap<LayerPath, MadeTensors>,
    /// The uses of shared weights that are under evaluation, innermost last.
    uses: Vec<UseCounts>,
    /// Blocks whose bodies are being evaluated, outermost first.
    active: Vec<(usize, &'a str)>,
    diagnostics: Vec<Diagnostic>,
    /// Index of each finding, to count its repetitions in other instances; those without a place differ by their message.
    seen: HashMap<(Code, Result<Span, String>), (usize, u64)>,
    /// The instance that the finding at hand is about, against which other places are told.
    here: Option<InstanceId>,
    refinements: Vec<Refinement>,
    conditions: Vec<Condition>,
    steps: u64,
    depth: u32,
    stopped: bool,
    errors: usize,
}

impl<'a> Builder<'a> {
    fn new(sources: &'a SourceSet, program: &'a Program<'a>, net: &Net, limits: Limits) -> Self {
        Self {
            sources,
            program,
            limits,
            graph: Graph::new(&net.name.text, net.doc.clone()),
            shapes: NodeMap::default(),
            calls: NodeMap::default(),
            scopes: HashMap::new(),
            shared_sets: Vec::new(),
            shared_tensors: HashMap::new(),
            uses: Vec::new(),
            active: Vec::new(),
            diagnostics: Vec::new(),
            seen: HashMap::new(),
            here: None,
            refinements: Vec::new(),
            conditions: Vec::new(),
            steps: 0,
            depth: 0,
            stopped: false,
            errors: 0,
        }
    }

    fn finish(mut self) -> Lowered {
        for (index, times) in self.seen.into_values() {
            if times > 1 {
                self.diagnostics[index]
                    .notes
                    .push(format!("the same happens in {}", counted(times as usize - 1, "more instance")));
            }
        }
        Lowered { graph: self.graph, refinements: self.refinements, conditions: self.conditions, diagnostics: self.diagnostics }
    }

    /// Reports a finding, once for all instances of a block; says through which instances it came.
    fn report(&mut self, frame: &Frame<'a>, mut diagnostic: Diagnostic) {
        if self.stopped {
            return;
        }
        let key =
            (diagnostic.code, diagnostic.primary.as_ref().map(|label| label.span).ok_or_else(|| diagnostic.message.clone()));
        if let Some((_, times)) = self.seen.get_mut(&key) {
            *times += 1;
            return;
        }
        diagnostic.notes.extend(self.history(frame.instance));
        self.seen.insert(key, (self.diagnostics.len(), 1));
        self.errors += usize::from(diagnostic.is_error());
        self.diagnostics.push(diagnostic);
        if self.errors >= self.limits.errors {
            self.stopped = true;
        }
    }

    /// Reports a finding that ends the building: a limit.
    fn stop(&mut self, frame: &Frame<'a>, diagnostic: Diagnostic) {
        self.report(frame, diagnostic);
        self.stopped = true;
    }

    /// "in block `inception`, used at googlenet.net:31", innermost first.
    fn history(&self, mut instance: Option<InstanceId>) -> Vec<String> {
        let mut notes = Vec::new();
        while let Some(id) = instance {
            let at = self.graph.instance(id);
            let source = self.sources.get(at.call.source);
            let (line, _) = source.line_column(at.call.start);
            notes.push(format!("in block `{}`, used as `{}` at {}:{line}", at.block, shortened(&at.path), source.name()));
            instance = at.parent;
            if notes.len() == MAX_HISTORY && instance.is_some() {
                notes.push("… and in further blocks around it".to_owned());
                break;
            }
        }
        notes
    }

    /// Counts a step; false when building has stopped.
    fn step(&mut self, frame: &Frame<'a>, span: Span) -> bool {
        if self.stopped {
            return false;
        }
        self.steps += 1;
        if self.steps > self.limits.steps {
            let message = format!("building the network takes more than {} steps", self.limits.steps);
            self.stop(
                frame,
                Diagnostic::error(Code::TooManySteps, message, span, "here").note("a loop turns too often, or blocks multiply"),
            );
            return false;
        }
        true
    }
}
