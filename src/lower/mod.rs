//! Tree to graph: names, constants, loops and blocks are evaluated away.
//!
//! In: the parsed files (the main one first), the values set for the net's parameters, limits. Out: a [`Shaped`](crate::shape::Shaped)-ready
//! graph whose nodes all have shapes, the requests that need the whole graph (refinements, assertions), and diagnostics.
//! Every node is inferred as it is added, because the language may ask for shapes (`channels(x)`) while it builds; a node
//! that does not fit poisons what depends on it, silently, so that one run reports every independent error.
//! This module does no IO and knows neither analysis nor rewriting.

mod argument;
mod assertion;
mod bind;
mod body;
mod builtin;
mod call;
mod callee;
mod eval;
mod fix;
mod flowing;
mod gate;
mod habit;
mod instance;
mod leading;
mod limit;
mod mark;
mod measure;
mod naming;
mod operator;
mod pasted;
mod product;
mod program;
mod projection;
mod refine;
mod repeat;
mod resampled;
mod setting;
mod shape_error;
mod shared;
mod together;
mod tuple;
mod unused;
mod value;
mod volume;
mod word;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::graph::{Directives, Graph, InstanceId, LayerPath, NodeMap};
use crate::op::Shape;
use crate::op::form::How;
use crate::source::{SourceSet, Span};
use crate::syntax::ast::{Ast, Body, Expr, Net, Path};

use bind::Discards;
use naming::{Place, Scope, UseCounts};
use setting::Use;
use shared::{MadeTensors, SharedSet};

pub use assertion::{Condition, Symbolic};
pub use limit::Limits;
pub use operator::{Folded, fold};
pub use program::Program;
pub use value::Value;

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
    /// How many expressions and statements were evaluated.
    pub steps: u64,
    /// Where layers are missing because of errors; the graph is whole where there are none. The root stands for anywhere.
    pub missing: Vec<LayerPath>,
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
    /// The amount with a unit of bytes that it was bound to, or made of: it is a number of bytes.
    bytes: Option<Span>,
    /// The tuple of numbers that it was bound to, where that is written as one.
    tuple: Option<Span>,
}

impl Binding {
    /// A value that is no input.
    fn of(value: Value, span: Span) -> Self {
        Self { value, span, is_input: false, bytes: None, tuple: None }
    }
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
    /// What each instance of a block is the use of; shared weights have theirs where they are declared.
    uses_of_blocks: HashMap<InstanceId, Use<'a>>,
    /// Paths of instances and of sets of shared weights, with the last number that was appended to each.
    scopes: HashMap<LayerPath, u64>,
    shared_sets: Vec<Rc<SharedSet<'a>>>,
    shared_tensors: HashMap<LayerPath, MadeTensors>,
    /// The uses of shared weights that are under evaluation, innermost last.
    uses: Vec<UseCounts>,
    /// What the statement under evaluation discards of its value.
    discards: Option<Discards>,
    /// Blocks whose bodies are being evaluated, outermost first.
    active: Vec<(usize, &'a str)>,
    diagnostics: Vec<Diagnostic>,
    /// Index of each finding, to count its repetitions in other instances; those without a place differ by their message.
    seen: HashMap<(Code, Result<Span, String>), (usize, u64)>,
    /// The call of the operation that is built at the moment, or was last.
    calling: Option<&'a Expr>,
    /// The instance that the finding at hand is about, against which other places are told.
    here: Option<InstanceId>,
    refinements: Vec<Refinement>,
    conditions: Vec<Condition>,
    /// Where those stand that were true in a turn, and how large all conditions are together.
    decided: HashSet<Span>,
    condition_size: usize,
    /// Paths under which something could not be built.
    missing: BTreeSet<LayerPath>,
    /// Blocks that were entered, whose bodies need not be looked at for their own sake.
    entered: HashSet<(usize, &'a str)>,
    steps: u64,
    /// Uses of blocks so far, and bytes of the names so far.
    instances: usize,
    name_bytes: usize,
    /// Names that unknown ones were compared with so far.
    compared: usize,
    /// Findings since the last new one that were reported before, within the outermost loop that is under way.
    repeats: u64,
    /// Loops around the place.
    loops: u32,
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
            graph: Graph::new(&net.name.text, net.doc.as_deref().map(str::to_owned)),
            shapes: NodeMap::default(),
            calls: NodeMap::default(),
            uses_of_blocks: HashMap::new(),
            scopes: HashMap::new(),
            shared_sets: Vec::new(),
            shared_tensors: HashMap::new(),
            uses: Vec::new(),
            discards: None,
            active: Vec::new(),
            diagnostics: Vec::new(),
            seen: HashMap::new(),
            calling: None,
            here: None,
            refinements: Vec::new(),
            conditions: Vec::new(),
            decided: HashSet::new(),
            condition_size: 0,
            missing: BTreeSet::new(),
            entered: HashSet::new(),
            steps: 0,
            instances: 0,
            name_bytes: 0,
            repeats: 0,
            loops: 0,
            depth: 0,
            stopped: false,
            compared: 0,
            errors: 0,
        }
    }

    fn finish(mut self) -> Lowered {
        for (index, times) in self.seen.into_values() {
            if times > 1 {
                self.diagnostics[index].notes.push(limit::repeated(times));
            }
        }
        if self.stopped {
            self.missing.insert(LayerPath::root());
        }
        // Uses of shared weights may be missing wherever they stand.
        if !self.missing.is_empty() {
            self.missing.extend(self.shared_sets.iter().map(|set| set.root.clone()));
        }
        Lowered {
            graph: self.graph,
            refinements: self.refinements,
            conditions: self.conditions,
            diagnostics: self.diagnostics,
            steps: self.steps,
            missing: self.missing.into_iter().collect(),
        }
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
            // A network with warnings is built to its end.
            self.repeats += u64::from(diagnostic.is_error());
            return;
        }
        self.repeats = 0;
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
}
