//! Optimization, readable from top to bottom: passes and plan, the new text, the new network.
//!
//! In: a network, with its text and weights where it has them, and a [`Task`]. Out: an [`Outcome`]: the new text, what it
//! compiles to, its weights, and what was decided. The network before is untouched. This module does no IO itself and prints
//! nothing: it gives facts, of which reports make sentences.
//!
//! | what | module |
//! |---|---|
//! | the source with the bottlenecks and the new numbers | `edited`, with `claims` and `trials` |
//! | which of them are steps of blocks and which are `refine` lines | `manner`, with `same` |
//! | every layer written out | `written_out` |
//! | what a row of budgets reaches | [`pareto`](mod@pareto) |
//! | a network without what an earlier run wrote | [`replace`] |

mod claims;
mod edited;
mod manner;
pub mod pareto;
pub mod replace;
mod same;
mod trials;
mod written_out;

use std::collections::BTreeMap;
use std::path::Path;

use crate::analysis;
use crate::analysis::target::Target;
use crate::code::Code;
use crate::compile::{Compiled, Loaded, Loader, Network, Settings, analyze, compile};
use crate::diagnostic::{Diagnostic, Severity};
use crate::digits::grouped;
use crate::rewrite::config::Stages;
use crate::rewrite::refined;
use crate::rewrite::{Carried, Change, Config, OptimizeError, Plan, Sources, apply, bottlenecks, run_passes};
use crate::shape::Shaped;
use crate::weights::{WeightProblem, Weights, weight_bytes};
use crate::writeback::assertions::Numbers;

use edited::Origin;
use same::Renamed;

/// What is asked for, and what the new text is to be.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// Passes, budgets and rules.
    pub config: &'a Config,
    /// What time is predicted for.
    pub target: &'a Target,
    /// Writes every layer out, instead of adding bottlenecks to the source; what has no source is always written out.
    pub inline: bool,
    /// The values that the network was built with; they become the new text's defaults.
    pub set: &'a [(String, String)],
    /// What the new text is called.
    pub name: &'a str,
    /// The folders of the text before and of the new one, absolute and without links.
    pub folders: (&'a Path, &'a Path),
    /// What `use` may read, the same way; the text's folder where none is given.
    pub root: Option<&'a Path>,
    /// What asks for this, for comments in the text: "`pointwise optimize --ratio 4`".
    pub said: &'a str,
    /// The file that an earlier run's bottlenecks were taken out of, where the network is [`without`](replace::without) them: what
    /// it demands of its numbers holds on.
    pub replaces: Option<&'a Loaded>,
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
    /// How many assertions of the source have new numbers in the text.
    pub updated: usize,
    /// What a reader of the text should know, a sentence each.
    pub notes: Vec<String>,
}

/// A text, and what was done to it.
#[derive(Debug, Default)]
struct Written {
    text: String,
    updated: usize,
    notes: Vec<String>,
    /// What inserted layers are called in it.
    renamed: Renamed,
}

/// Optimizes a network.
///
/// # Errors
/// A budget cannot be met, a rule or mark cannot be followed, the plan breaks an assertion that is no record of a number (the
/// finding then points into the network's text), a count exceeds 64 bits, weights do not fit the network before, or the new
/// ones are too large.
pub fn optimize(before: &Loaded, task: &Task<'_>, loader: &dyn Loader) -> Result<Outcome, Box<Diagnostic>> {
    let rewritten = rewritten(before.shaped(), stages(task.config)?, task).map_err(|error| Box::new(error.diagnostic()))?;
    finished(before, rewritten, task, loader)
}

fn stages(config: &Config) -> Result<Stages<'_>, Box<Diagnostic>> {
    config.stages().map_err(|error| Box::new(error.diagnostic()))
}

/// The text of a rewritten network, what it compiles to, and its weights.
fn finished(before: &Loaded, rewritten: Rewritten, task: &Task<'_>, loader: &dyn Loader) -> Result<Outcome, Box<Diagnostic>> {
    let Rewritten { shaped, sources, plan, changes } = rewritten;
    let numbers = analyze(&shaped, &analysis::Options::default())?;
    let weights = task.weights.map(|given| carried(&before.network, given, (&sources, &shaped))).transpose()?;
    let new = Numbers { graph: shaped.graph(), analysis: &numbers };
    let origin = Origin::of_task(before, task, loader);
    let Written { text, updated, notes, renamed } = match &origin {
        Some(origin) if !task.inline && changes.is_empty() => {
            let edited = edited::edited(origin, &plan, (&shaped, new))?;
            if makes(&edited.text, (&plan, &shaped), (task, loader)) {
                edited
            } else {
                let out = written_out::written_out(Some(origin), task, &plan, new)?;
                let why = "lines on top of the `refine` statements that the text has would not make this network: every layer is \
                           written out; `--replace` takes back what an earlier run wrote, and plans anew";
                Written { notes: [vec![why.to_owned()], out.notes].concat(), ..out }
            }
        }
        _ => written_out::written_out(origin.as_ref(), task, &plan, new)?,
    };
    // What was set is in the text by now.
    let compiled = compile(task.name, text.clone(), loader, &Settings::default());
    let weights = weights.map(|weights| called(weights, &renamed, (task, &compiled)));
    fit(weights.as_ref(), &compiled)?;
    let inserted = refined::inserted(shaped.graph()).into_iter();
    let inserted = inserted.map(|(name, of)| (renamed.layers.get(&name).cloned().unwrap_or(name), of)).collect();
    Ok(Outcome { text, compiled, weights, plan, changes, inserted, updated, notes })
}

/// Whether a text makes the network that was decided; one without a change is as it was.
fn makes(text: &str, (plan, decided): (&Plan, &Shaped), (task, loader): (&Task<'_>, &dyn Loader)) -> bool {
    let network = || compile(task.name, text.to_owned(), loader, &Settings::default()).network;
    plan.changes.is_empty() || network().is_some_and(|network| same::same(decided, &network.shaped).is_some())
}

/// A network after the passes.
struct Rewritten {
    shaped: Shaped,
    sources: Sources,
    plan: Plan,
    changes: Vec<Change>,
}

/// The passes in their order, with the plan of the bottlenecks among them.
fn rewritten(before: &Shaped, stages: Stages<'_>, task: &Task<'_>) -> Result<Rewritten, OptimizeError> {
    let (start, mut sources, mut changes) = run_passes(before, stages.before);
    let (shaped, plan) = if stages.bottlenecks {
        let done = bottlenecks(&start, task.config, task.target)?;
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

/// The new weights under the names that the text has. What has another name there was put in, so that no given value led to it,
/// and it is initialised by the name that it has.
fn called(carried: Carried, renamed: &Renamed, (task, compiled): (&Task<'_>, &Compiled)) -> Carried {
    let Some((given, network)) = task.weights.zip(compiled.network.as_ref()).filter(|_| !renamed.tensors.is_empty()) else {
        return carried;
    };
    let mut weights = Weights::new();
    for (name, _) in carried.weights.iter().filter(|(name, _)| !renamed.tensors.contains_key(*name)) {
        weights.insert(name, carried.weights.share(name).expect("it was just listed"));
    }
    weights.complete(&network.shaped, given.seed);
    Carried { weights, ..carried }
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
