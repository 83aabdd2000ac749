//! Optimization, readable from top to bottom: passes and plan, the edits on the source, the new network.
//!
//! In: a network, with its text and weights where it has them, and a [`Task`]. Out: an [`Outcome`]: the new text, what it
//! compiles to, its weights, and what was decided. The network before is untouched. This module does no IO itself and prints
//! nothing: it gives facts, of which reports make sentences.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::analysis;
use crate::analysis::target::Target;
use crate::code::Code;
use crate::compile::{self, Compiled, Loaded, Loader, Network, Settings, SourceTree, analyze, compile};
use crate::diagnostic::{Diagnostic, Edit, Severity, has_errors};
use crate::digits::{counted, grouped};
use crate::graph::print;
use crate::lower::Value;
use crate::rewrite::refined;
use crate::rewrite::{Carried, Change, Config, Plan, Sources, apply, bottlenecks, run_passes};
use crate::shape::Shaped;
use crate::source::SourceSet;
use crate::syntax;
use crate::weights::{WeightProblem, Weights, weight_bytes};
use crate::writeback::assertions::{self, Numbers, Stated};
use crate::writeback::{edit, knobs, uses};

/// What is asked for, and what the new text is to be.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// Passes, budgets and rules.
    pub config: &'a Config,
    /// What time is predicted for.
    pub target: &'a Target,
    /// Writes every layer out, instead of adding `refine` lines to the source; what has no source is always written out.
    pub inline: bool,
    /// The values that the network was built with; they become the new text's defaults.
    pub set: &'a [(String, String)],
    /// What the new text is called.
    pub name: &'a str,
    /// The folders of the text before and of the new one, absolute and without links.
    pub folders: (&'a Path, &'a Path),
    /// What asks for this, for comments in the text: "`pointwise optimize --ratio 4`".
    pub said: &'a str,
    /// The network's weights, where the new one is to have weights too.
    pub weights: Option<Given<'a>>,
}

/// Weights that are to be carried over.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// They fit the network before, or what it is before its `refine` statements.
    pub weights: &'a Weights,
    /// What tensors are initialised with that no weights lead to.
    pub seed: u64,
    /// The most bytes that the new weights may take.
    pub max_bytes: u64,
}

/// An optimized network.
#[derive(Debug)]
pub struct Outcome {
    /// The new text.
    pub text: String,
    /// What it compiles to.
    pub compiled: Compiled,
    /// Its weights, where those of the network before were given.
    pub weights: Option<Carried>,
    /// Which bottlenecks were put in, and why; empty where the passes have none.
    pub plan: Plan,
    /// What exact passes changed.
    pub changes: Vec<Change>,
    /// The inserted layers, with the refined layer of each: a text that is written out does not say it.
    pub inserted: BTreeMap<String, String>,
    /// Facts about the text, a sentence each.
    pub notes: Vec<String>,
}

/// Optimizes a network.
///
/// # Errors
/// A budget cannot be met, a rule or mark cannot be followed, a count exceeds 64 bits, weights do not fit the network before,
/// or the new ones are too large.
pub fn optimize(before: &Loaded, task: &Task<'_>, loader: &dyn Loader) -> Result<Outcome, Box<Diagnostic>> {
    let Rewritten { shaped, sources, plan, changes } = rewritten(before.shaped(), task)?;
    let numbers = analyze(&shaped, &analysis::Options::default())?;
    let weights = task.weights.map(|given| carried(&before.network, given, (&sources, &shaped))).transpose()?;
    let new = Numbers { graph: shaped.graph(), analysis: &numbers };
    let (text, notes) = match &before.source {
        Some(source) if !task.inline && changes.is_empty() => edited(&Edited { before, source, task, loader }, &plan, new),
        source => {
            let kept = source.as_ref().filter(|_| plan.changes.is_empty());
            let signature = kept.map(|source| signature(&Edited { before, source, task, loader }, new)).unwrap_or_default();
            (written_out(source.as_ref(), task.said, new, &signature), Vec::new())
        }
    };
    let text = laid_out(text);
    // What was set is in the text by now.
    let compiled = compile(task.name, text.clone(), loader, &Settings::default());
    fit(weights.as_ref(), &compiled)?;
    let inserted = refined::inserted(shaped.graph());
    Ok(Outcome { text, compiled, weights, plan, changes, inserted, notes })
}

/// A network after the passes.
struct Rewritten {
    shaped: Shaped,
    sources: Sources,
    plan: Plan,
    changes: Vec<Change>,
}

/// The passes in their order, with the plan of the bottlenecks among them.
fn rewritten(before: &Shaped, task: &Task<'_>) -> Result<Rewritten, Box<Diagnostic>> {
    let stages = task.config.stages().map_err(|error| Box::new(error.diagnostic()))?;
    let (start, mut sources, mut changes) = run_passes(before, stages.before);
    let (shaped, plan) = if stages.bottlenecks {
        let done = bottlenecks(&start, task.config, task.target).map_err(|error| Box::new(error.diagnostic()))?;
        sources.extend(done.sources);
        (done.shaped, done.plan)
    } else {
        (start, Plan::default())
    };
    let (shaped, later, more) = run_passes(&shaped, stages.after);
    sources.extend(later);
    changes.extend(more);
    Ok(Rewritten { shaped, sources, plan, changes })
}

/// The weights of the new network.
fn carried(before: &Network, given: Given<'_>, (made, after): (&Sources, &Shaped)) -> Result<Carried, Box<Diagnostic>> {
    let needed = weight_bytes(after);
    if needed > given.max_bytes {
        let message = format!("the new weights take {} bytes, {} are allowed", grouped(needed), grouped(given.max_bytes));
        return Err(Box::new(Diagnostic::bare(Code::TooMuchMemory, Severity::Error, message)));
    }
    let unfit = |problems: Vec<WeightProblem>| unfit("the weights do not fit the network", &problems);
    let (origin, mut sources) = before.origin_of(given.weights).map_err(unfit)?;
    sources.extend(made.clone());
    apply(&sources, (origin, given.weights), after, given.seed).map_err(unfit)
}

/// Holds the new weights to the new text: it compiles to layers and tensors of the same names.
fn fit(weights: Option<&Carried>, compiled: &Compiled) -> Result<(), Box<Diagnostic>> {
    let Some((carried, network)) = weights.zip(compiled.network.as_ref()) else { return Ok(()) };
    carried.weights.check(&network.shaped).map_err(|problems| unfit("the new weights do not fit the new text", &problems))
}

fn unfit(what: &str, problems: &[WeightProblem]) -> Box<Diagnostic> {
    let first = problems.first().map_or_else(String::new, ToString::to_string);
    Box::new(Diagnostic::bare(Code::MissingWeight, Severity::Error, format!("{what}: {first}")))
}

/// What a text is edited with.
struct Edited<'a> {
    before: &'a Loaded,
    source: &'a SourceTree,
    task: &'a Task<'a>,
    loader: &'a dyn Loader,
}

/// The source with a plan's `refine` lines, and its assertions brought up to date; and what is to be said of it.
fn edited(on: &Edited<'_>, plan: &Plan, new: Numbers<'_>) -> (String, Vec<String>) {
    let (text, ast, said) = (on.source.text(), &on.source.ast, on.task.said);
    let old = Numbers { graph: on.before.shaped().graph(), analysis: &on.before.network.analysis };
    let mut edits = edit::defaults(ast, &literals(on.task.set));
    edits.extend(uses::moved(ast, on.task.folders));
    let stated = if on.task.set.is_empty() { Stated::Held } else { Stated::Reset };
    let mut updates = assertions::updates(text, ast, old, new, stated);
    if !on.task.set.is_empty() {
        let refined = edit::refinements(text, ast, on.before.shaped(), plan, (said, &[]));
        let found = of_old_defaults(on, edit::apply(text, &[refined, edits.clone()].concat())).unwrap_or_default();
        let others: Vec<_> = found.into_iter().filter(|one| updates.iter().all(|other| other.span != one.span)).collect();
        updates.extend(others);
    }
    let notes = updated(updates.len());
    edits.extend(edit::refinements(text, ast, on.before.shaped(), plan, (said, &notes)));
    edits.extend(updates);
    (edit::apply(text, &edits), notes)
}

/// What guarded assertions state of the old defaults (`if width == 1.0 { … }`), brought up to date by building the file and
/// its new text with these; `None` where one of them cannot be built.
fn of_old_defaults(on: &Edited<'_>, new_text: String) -> Option<Vec<Edit>> {
    let (text, ast) = (on.source.text(), &on.source.ast);
    let was_set = |name: &String| on.task.set.iter().any(|(other, _)| other == name);
    let set = edit::stated_defaults(text, ast).into_iter().filter(|(name, _)| was_set(name)).collect();
    let old = compile(&on.before.name, text.to_owned(), on.loader, &Settings::default()).network?;
    let new = compile(on.task.name, new_text, on.loader, &Settings { set, ..Settings::default() }).network?;
    let old = Numbers { graph: old.shaped.graph(), analysis: &old.analysis };
    let new = Numbers { graph: new.shaped.graph(), analysis: &new.analysis };
    Some(assertions::updates(text, ast, old, new, Stated::Guarded))
}

/// "Updated 2 assertions to the new counts."
fn updated(count: usize) -> Vec<String> {
    let line = || format!("Updated {} to the new counts.", counted(count, "assertion"));
    (count > 0).then(line).into_iter().collect()
}

/// The values that were set, as the language writes them.
fn literals(set: &[(String, String)]) -> Vec<(String, String)> {
    set.iter().map(|(name, text)| (name.clone(), literal(&compile::literal(text)).unwrap_or_else(|| text.clone()))).collect()
}

fn literal(value: &Value) -> Option<String> {
    match value {
        Value::Int(i) => Some(i.to_string()),
        Value::Float(x) => Some(format!("{x:?}")),
        Value::Bool(b) => Some(b.to_string()),
        Value::Str(text) => Some(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))),
        Value::List(items) => Some(format!("[{}]", items.iter().map(literal).collect::<Option<Vec<_>>>()?.join(", "))),
        Value::Tensor(_) | Value::Tuple(_) | Value::Shared(_) | Value::Nothing | Value::Poison => None,
    }
}

/// How far from its value a parameter is tried, besides half and double.
const TRIED: [i64; 10] = [-8, -4, -3, -2, -1, 1, 2, 3, 4, 8];

/// The parameters that the network written out can keep: those that only say how large inputs are, where passes make the same
/// layers of the network built with other values. Values with which it cannot be built are no matter; one must do.
fn signature(on: &Edited<'_>, new: Numbers<'_>) -> print::Signature {
    let (text, ast) = (on.source.text(), &on.source.ast);
    let set = |name: &str| on.task.set.iter().rev().find(|(other, _)| other == name).map(|(_, value)| value.parse());
    let value = |knob: knobs::Knob| Some((set(&knob.name).unwrap_or(Ok(knob.value)).ok()?, knob.name));
    let body = layers(&print::print(new.graph));
    let is_kept = |(value, name): &(i64, String)| {
        let others = TRIED.map(|step| value + step).into_iter().chain([value * 2, value / 2]).filter(|other| *other > 0);
        let mut made = others.filter_map(|other| rebuilt(on, name, other)).peekable();
        made.peek().is_some() && made.all(|other| other == body)
    };
    let params: Vec<_> = knobs::of_inputs(text, ast).into_iter().filter_map(value).filter(is_kept).collect();
    let names: Vec<&str> = params.iter().map(|(_, name)| name.as_str()).collect();
    let mut shapes = BTreeMap::new();
    for input in new.graph.inputs().iter().map(|id| &new.graph.node(*id).name) {
        match knobs::written_shape(text, ast, input, &names) {
            Ok(shape) => shapes.extend(shape.map(|shape| (input.to_string(), shape))),
            Err(knobs::Mixed) => return print::Signature::default(),
        }
    }
    print::Signature { params: params.into_iter().map(|(value, name)| (name, value)).collect(), shapes }
}

/// The layers that passes make of the network built with another value, as text.
fn rebuilt(on: &Edited<'_>, name: &str, value: i64) -> Option<Vec<String>> {
    let mut set = on.task.set.to_vec();
    set.push((name.to_owned(), value.to_string()));
    let network =
        compile(&on.before.name, on.source.text().to_owned(), on.loader, &Settings { set, ..Settings::default() }).network?;
    let stages = on.task.config.stages().ok()?;
    let (before, _, _) = run_passes(&network.shaped, stages.before);
    let (after, _, _) = run_passes(&before, stages.after);
    Some(layers(&print::print(after.graph())))
}

/// The lines of a printed graph but its inputs.
fn layers(printed: &str) -> Vec<String> {
    printed.lines().filter(|line| !line.starts_with("    input ")).map(str::to_owned).collect()
}

/// The graph written out, under the head comment of the source, with what the source asserts of the whole network; where a
/// parameter is kept, what depends on it is asserted of its default.
fn written_out(source: Option<&SourceTree>, said: &str, new: Numbers<'_>, signature: &print::Signature) -> String {
    let comments = source.map_or("", SourceTree::text).lines().take_while(|line| line.starts_with('#'));
    let head: String = comments.flat_map(|line| [line, "\n"]).collect();
    let printed = print::print_as(new.graph, signature);
    // Directly above the net it is the net's own comment, which is printed anyway.
    let head = if printed.starts_with(&head) { String::new() } else { format!("{head}\n") };
    let note = format!("# Written out by {said}: layers keep their names, so weights fit.\n\n");
    let totals = source.map_or_else(Vec::new, |source| assertions::totals(&source.ast, new));
    let defaults: Vec<_> = signature.params.iter().map(|(name, value)| format!("{name} == {value}")).collect();
    let (always, at_default): (Vec<_>, Vec<_>) =
        totals.into_iter().partition(|(metric, _)| defaults.is_empty() || !metric.depends_on_size());
    let mut asserts: String = always.iter().flat_map(|(_, line)| ["    ", line, "\n"]).collect();
    if !at_default.is_empty() {
        let lines: String = at_default.iter().flat_map(|(_, line)| ["        ", line, "\n"]).collect();
        let _ = write!(asserts, "    if {} {{\n{lines}    }}\n", defaults.join(" and "));
    }
    let body = printed.strip_suffix("}\n").unwrap_or(&printed);
    let gap = if asserts.is_empty() { "" } else { "\n" };
    format!("{head}{note}{body}{gap}{asserts}}}\n")
}

/// The canonical layout; a text that cannot be read stays as it is, for its compilation to say why.
fn laid_out(text: String) -> String {
    let mut sources = SourceSet::new();
    let id = sources.add("", text.as_str());
    let (ast, diagnostics) = syntax::parse(&sources, id);
    if has_errors(&diagnostics) { text } else { syntax::format(&text, &ast) }
}
