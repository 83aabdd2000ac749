//! The source with a plan's bottlenecks, and its assertions brought up to date.
//!
//! In: a source, a plan, and the network that it makes. Out: the new text, in which every line is as it was but for changed
//! numbers and for blocks that got a step. It holds with the text's own values and with each boolean parameter turned round; where it cannot, a
//! note says so.

use std::path::Path;

use super::claims::{Claims, Pair};
use super::manner::Texts;
use super::trials::{Trial, trials};
use super::{Task, Written};
use crate::code::Code;
use crate::compile::{self, Asserted, Compiled, Loaded, Loader, Network, Settings, SourceTree, asserted, compile};
use crate::diagnostic::{Diagnostic, has_errors};
use crate::digits::counted;
use crate::lower::Value;
use crate::rewrite::Plan;
use crate::shape::Shaped;
use crate::source::SourceSet;
use crate::syntax;
use crate::syntax::ast::Net;
use crate::writeback::assertions::Numbers;
use crate::writeback::blocks::Blocks;
use crate::writeback::edit;
use crate::writeback::steps::Planned;
use crate::writeback::uses;

/// What a text is made from.
pub(super) struct Origin<'a> {
    /// The network before.
    pub before: &'a Loaded,
    /// Its text.
    pub source: &'a SourceTree,
    /// The values that it is to be for.
    pub set: &'a [(String, String)],
    /// What a text made from it is called.
    pub name: &'a str,
    /// The folders of the text and of what is made from it.
    pub folders: (&'a Path, &'a Path),
    /// What `use` may read.
    pub root: Option<&'a Path>,
    /// What asks for it.
    pub said: &'a str,
    /// The file that earlier bottlenecks were taken out of.
    pub replaces: Option<&'a Loaded>,
    /// Reads the files that texts use.
    pub loader: &'a dyn Loader,
}

impl<'a> Origin<'a> {
    /// What a task's text is made from; formats that are no text have none.
    pub fn of_task(before: &'a Loaded, task: &Task<'a>, loader: &'a dyn Loader) -> Option<Self> {
        let Task { set, name, folders, root, said, replaces, .. } = *task;
        Some(Self { before, source: before.source.as_ref()?, set, name, folders, root, said, replaces, loader })
    }
}

impl Origin<'_> {
    /// The text's net.
    pub fn net(&self) -> Option<&Net> {
        edit::net(&self.source.ast)
    }

    /// The numbers before.
    pub fn before_numbers(&self) -> Numbers<'_> {
        numbers(&self.before.network)
    }
}

pub(super) fn numbers(network: &Network) -> Numbers<'_> {
    Numbers { graph: network.shaped.graph(), analysis: &network.analysis }
}

/// The source with a plan's changes, and the network that they make.
///
/// # Errors
/// The plan breaks an assertion.
pub(super) fn edited(on: &Origin<'_>, plan: &Plan, after: (&Shaped, Numbers<'_>)) -> Result<Written, Box<Diagnostic>> {
    let (text, ast) = (on.source.text(), &on.source.ast);
    let mut edits = edit::defaults(ast, &literals(on.set));
    let asts = on.source.trees();
    let texts = uses::Texts { sources: &on.source.sources, asts: &asts, uses: &on.source.uses };
    let (moves, needs_root) = uses::moved(&texts, &uses::Move { from: on.folders.0, to: on.folders.1, root: on.root });
    edits.extend(moves);
    if plan.changes.is_empty() && on.set.is_empty() && on.replaces.is_none() {
        let new = edit::apply(text, &edits);
        let new = if edits.is_empty() { new } else { laid_out_as(text, new) };
        return Ok(Written { text: new, notes: needs_root.into_iter().collect(), ..Written::default() });
    }
    let (trials, mut notes) = trials(on);
    notes.extend(needs_root);
    let unless: Vec<String> = trials.iter().map(Trial::unless).collect();
    let planned = Planned { before: on.before.shaped(), after: after.0.graph(), changes: &plan.changes };
    let blocks = Blocks::new(&on.source.sources, &asts, &planned);
    let texts = Texts { on, plan, trials: &trials, unless: &unless, edits: &edits, blocks: blocks.as_ref() };
    let mut written = texts.asserted(after);
    if written.is_err() && blocks.is_some() {
        // A step of a block is outside of its layer's name, so that relations between counts may hold with lines alone.
        written = Texts { blocks: None, ..texts }.asserted(after);
    }
    let mut written = written?;
    notes.append(&mut written.notes);
    notes.extend(trials.iter().filter(|trial| trial.is_boolean).filter_map(|trial| fails(on, trial, &written.text)));
    Ok(Written { notes, ..written })
}

impl Texts<'_> {
    /// The text in its best manner, with its assertions brought up to date.
    fn asserted(&self, after: (&Shaped, Numbers<'_>)) -> Result<Written, Box<Diagnostic>> {
        let (on, text) = (self.on, self.on.source.text());
        let manner = self.best(after.0);
        let draft = || edit::apply(text, &[self.written(&manner, &[]), self.edits.to_vec()].concat());
        let draft = if self.trials.is_empty() { String::new() } else { draft() };
        let mut claims = Claims::new(on);
        let new = manner.network.as_ref().map_or(after.1, numbers);
        claims.hold(Pair { conditions: &on.before.network.conditions, before: on.before_numbers(), after: new }, None);
        let mut notes: Vec<String> = self.trials.iter().filter_map(|trial| tried(on, trial, &draft, &mut claims)).collect();
        notes.extend(unreached(&claims.unreached()));
        let (updates, updated) = claims.updates()?;
        let said: Vec<String> =
            (updated > 0).then(|| format!("Updated {} to the new counts.", counted(updated, "assertion"))).into_iter().collect();
        let lines = self.written(&manner, &said);
        let text = laid_out_as(text, edit::apply(text, &[self.edits.to_vec(), lines, updates].concat()));
        Ok(Written { text, updated, notes, renamed: manner.renamed })
    }
}

/// A text in canonical layout, where the one that it was made of is; otherwise as it is.
pub(super) fn laid_out_as(source: &str, text: String) -> String {
    match canonical(source) {
        Some(layout) if layout == source => canonical(&text).unwrap_or(text),
        Some(_) | None => text,
    }
}

/// The canonical layout of a text that can be read.
fn canonical(text: &str) -> Option<String> {
    let mut sources = SourceSet::new();
    let id = sources.add("", text);
    let (ast, found) = syntax::parse(&sources, id);
    (!has_errors(&found)).then(|| syntax::format(text, &ast))
}

/// Holds a text's assertions in a trial; what is to be said where the text makes no network there any more.
pub(super) fn tried(on: &Origin<'_>, trial: &Trial, draft: &str, claims: &mut Claims<'_>) -> Option<String> {
    let Compiled { network, diagnostics, .. } = with(on, trial, draft);
    let Some(after) = network else {
        let error = diagnostics.iter().find(|found| found.is_error())?;
        return Some(format!("with `{}` the new text makes no network: {}", trial.shown(), error.message));
    };
    let (before, conditions) = (numbers(&trial.before), &trial.before.conditions);
    claims.hold(Pair { conditions, before, after: numbers(&after) }, Some(trial));
    None
}

/// What is to be said where an assertion fails in a trial of the text, and none failed before: a last look at what was written.
fn fails(on: &Origin<'_>, trial: &Trial, written: &str) -> Option<String> {
    let held = |asserted: &[Asserted]| asserted.iter().all(|one| one.holds);
    let before = numbers(&trial.before);
    let failed = |found: &&Diagnostic| found.code == Code::AssertionFailed;
    let Compiled { network: Some(_), diagnostics, .. } = with(on, trial, written) else { return None };
    let failed = diagnostics.iter().find(failed)?;
    held(&asserted(&trial.before.conditions, before.graph, before.analysis))
        .then(|| format!("with `{}` {}", trial.shown(), failed.message))
}

pub(super) fn with(on: &Origin<'_>, trial: &Trial, text: &str) -> Compiled {
    let settings = Settings { set: trial.values.clone(), ..Settings::default() };
    compile(on.name, text.to_owned(), on.loader, &settings)
}

/// "The assertions on lines 3 and 7 are about values that were not tried, and stay as they were."
fn unreached(lines: &[usize]) -> Option<String> {
    let (last, rest) = lines.split_last()?;
    if rest.is_empty() {
        return Some(format!("the assertion on line {last} is about values that were not tried, and stays as it was"));
    }
    let rest = rest.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    Some(format!("the assertions on lines {rest} and {last} are about values that were not tried, and stay as they were"))
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
