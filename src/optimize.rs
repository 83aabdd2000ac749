//! Optimization, readable from top to bottom: passes and plan, the edits on the source, the new network.
//!
//! In: a network, with its text and weights where it has them, and a [`Task`]. Out: an [`Outcome`]: the new text, what it
//! compiles to, its weights, and what was decided. The network before is untouched. This module does no IO itself and prints nothing: it gives facts,
//! of which reports make sentences.

use std::path::Path;

use crate::analysis;
use crate::analysis::target::Target;
use crate::code::Code;
use crate::compile::{self, Compiled, Loaded, Loader, Settings, SourceTree, analyze, compile};
use crate::diagnostic::{Diagnostic, Edit, Severity, has_errors};
use crate::digits::{counted, grouped};
use crate::graph::print;
use crate::lower::Value;
use crate::rewrite::{Carried, Change, Config, Plan, Sources, apply, bottlenecks, run_passes};
use crate::shape::Shaped;
use crate::source::SourceSet;
use crate::syntax;
use crate::weights::{Weights, weight_bytes};
use crate::writeback::assertions::{self, Numbers, Stated};
use crate::writeback::{edit, uses};

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
    /// They fit the network before.
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
    /// Facts about the text, a sentence each.
    pub notes: Vec<String>,
}

/// Optimizes a network.
///
/// # Errors
/// A budget cannot be met, a rule or mark cannot be followed, a count exceeds 64 bits, weights do not fit the network before, or
/// the new ones are too large.
pub fn optimize(before: &Loaded, task: &Task<'_>, loader: &dyn Loader) -> Result<Outcome, Box<Diagnostic>> {
    let Rewritten { shaped, sources, plan, changes } = rewritten(before.shaped(), task)?;
    let numbers = analyze(&shaped, &analysis::Options::default())?;
    let weights = task.weights.map(|given| carried(&sources, (before.shaped(), given), &shaped)).transpose()?;
    let new = Numbers { graph: shaped.graph(), analysis: &numbers };
    let (text, notes) = match &before.source {
        Some(source) if !task.inline && changes.is_empty() => edited(&Edited { before, source, task, loader }, &plan, new),
        source => (written_out(source.as_ref(), task.said, new), Vec::new()),
    };
    let text = laid_out(text);
    // What was set is in the text by now.
    let compiled = compile(task.name, text.clone(), loader, &Settings::default());
    Ok(Outcome { text, compiled, weights, plan, changes, notes })
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

/// The weights of the new network. Its text compiles to layers and tensors of the same names, so they fit that too.
fn carried(sources: &Sources, (before, given): (&Shaped, Given<'_>), after: &Shaped) -> Result<Carried, Box<Diagnostic>> {
    let failed = |code, message| Box::new(Diagnostic::bare(code, Severity::Error, message));
    let needed = weight_bytes(after);
    if needed > given.max_bytes {
        let message = format!("the new weights take {} bytes, {} are allowed", grouped(needed), grouped(given.max_bytes));
        return Err(failed(Code::TooMuchMemory, message));
    }
    apply(sources, (before, given.weights), after, given.seed).map_err(|problems| {
        let first = problems.first().map_or_else(String::new, ToString::to_string);
        failed(Code::MissingWeight, format!("the weights do not fit the network: {first}"))
    })
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

/// The graph written out, under the head comment of the source, with what the source asserts of the whole network.
fn written_out(source: Option<&SourceTree>, said: &str, new: Numbers<'_>) -> String {
    let comments = source.map_or("", SourceTree::text).lines().take_while(|line| line.starts_with('#'));
    let head: String = comments.flat_map(|line| [line, "\n"]).collect();
    let printed = print::print(new.graph);
    // Directly above the net it is the net's own comment, which is printed anyway.
    let head = if printed.starts_with(&head) { String::new() } else { format!("{head}\n") };
    let note = format!("# Written out by {said}: layers keep their names, so weights fit.\n\n");
    let totals = source.map_or_else(Vec::new, |source| assertions::totals(&source.ast, new));
    let asserts: String = totals.iter().flat_map(|line| ["    ", line, "\n"]).collect();
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
