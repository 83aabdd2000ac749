//! `optimize`: bottlenecks inserted, and what they save.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::failure::Failure;
use super::files;
use super::load::{self, Loaded, compile_text, load};
use super::options::{CountOptions, DEFAULT_TARGET, NetOptions, budget, find_target};
use super::report::{Pair, savings};
use super::session::Session;
use crate::analysis::target::Target;
use crate::code::Code;
use crate::compile;
use crate::diagnostic::Edit;
use crate::graph::print;
use crate::lower::Value;
use crate::report::savings::{Extras, Plan as PlanFacts, Untouched};
use crate::report::{number, savings_text};
use crate::rewrite::budget::{Budget, Metric};
use crate::rewrite::plan::Plan;
use crate::rewrite::{self, Config, Pass, config};
use crate::shape::Shaped;
use crate::writeback::assertions::{self, Numbers, Stated};
use crate::writeback::{edit, uses};

/// Arguments of `optimize`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The network; `-` is standard input.
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// The network after, a `.net` file; `-` is standard output.
    #[arg(short, long, value_name = "OUT", required_unless_present = "dry_run")]
    output: Option<PathBuf>,
    /// Write nothing, only report.
    #[arg(long, conflicts_with = "output")]
    dry_run: bool,
    #[command(flatten)]
    net: NetOptions,
    #[command(flatten)]
    count: CountOptions,
    #[command(flatten)]
    goals: Goals,
}

/// What the optimizer is asked for.
#[derive(Debug, Clone, Args)]
pub(super) struct Goals {
    /// Keep one channel in so many between the new convolutions.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Goals")]
    ratio: Option<u64>,
    /// So many channels between the new convolutions.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Goals")]
    channels: Option<u64>,
    /// Stay within a budget: `macs=50%`, `params=2M`, `ms=20`, `peak=4MiB`; several hold together.
    #[arg(long, value_name = "METRIC=LIMIT", value_parser = budget, help_heading = "Goals")]
    budget: Vec<Budget>,
    /// Use one form only: `reduce`, `expand`, `both`, `spatial`, `pointwise`; `auto` chooses for each layer.
    #[arg(long, value_name = "FORM", help_heading = "Goals")]
    form: Option<String>,
    /// Passes, budgets and rules for single layers from a YAML file; options here come on top. `pointwise explain PW0603`
    /// shows its format.
    #[arg(long, value_name = "FILE", help_heading = "Goals")]
    config: Option<PathBuf>,
    /// Write every layer out, instead of adding `refine` lines to the source; the dots of names become `_`.
    #[arg(long, help_heading = "Goals")]
    inline: bool,
}

impl Goals {
    /// Whether anything was asked for.
    pub(super) fn any(&self) -> bool {
        self.ratio.is_some() || self.channels.is_some() || !self.budget.is_empty() || self.config.is_some() || self.form.is_some()
    }

    /// As it was written on the command line.
    pub(super) fn said(&self) -> String {
        let mut words = Vec::new();
        words.extend(self.ratio.map(|n| format!("--ratio {n}")));
        words.extend(self.channels.map(|n| format!("--channels {n}")));
        words.extend(self.budget.iter().map(|b| format!("--budget {b}")));
        words.extend(self.form.iter().map(|f| format!("--form {f}")));
        words.extend(self.config.iter().map(|c| format!("--config {}", c.display())));
        words.join(" ")
    }

    fn config(&self) -> Result<Config, Failure> {
        if self.ratio.is_some() && self.channels.is_some() && self.budget.is_empty() {
            return Err(Failure::usage("`--ratio` and `--channels` both say how narrow a layer becomes: give one of them"));
        }
        let mut all = match &self.config {
            None => Config::default(),
            Some(path) => {
                let text = files::read_text(path)?;
                config::parse(&text).map_err(|error| bad_config(path, &text, &error))?
            }
        };
        all.budgets.extend(&self.budget);
        all.ratio = self.ratio.or(all.ratio);
        all.channels = self.channels.or(all.channels);
        if let Some(form) = &self.form {
            all.form = config::form(Some(form)).map_err(|error| Failure::usage(error.message))?;
        }
        Ok(all)
    }
}

fn bad_config(path: &Path, text: &str, error: &config::ConfigError) -> Failure {
    let place = error.place.map_or(String::new(), |(line, column)| format!(":{line}:{column}"));
    let failure = Failure::new(Code::BadConfig, format!("{}{place}: {error}", files::shown(path)));
    match error.place.and_then(|(line, _)| text.lines().nth(line.saturating_sub(1))) {
        Some(line) => failure.help(format!("the line is `{}`", line.trim())),
        None => failure,
    }
}

/// A network optimized: its text and the network that it compiles to.
pub(super) struct Outcome {
    /// The new text.
    pub text: String,
    /// The new network.
    pub after: Loaded,
    /// What the report says about the choice.
    pub extras: Extras,
    /// The target that time was predicted for.
    pub target: Target,
}

/// Runs the command.
pub(super) fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    let output = arguments.output.as_deref();
    if let Some(output) = output {
        files::keep_input(output, &arguments.input)?;
        if !files::is_dash(output) && !files::has_extension(output, "net") {
            return Err(Failure::usage(format!("`{}` is not a `.net` file", files::shown(output))));
        }
    }
    let before = load(session, &arguments.input, &arguments.net)?;
    if let Some(output) = output {
        for (_, used) in before.sources.iter() {
            files::keep_input(output, Path::new(used.name()))?;
        }
    }
    let place = output.unwrap_or(&arguments.input);
    let mut outcome =
        optimize(session, &before, (&arguments.input, place), (&arguments.goals, &arguments.net, &arguments.count))?;
    if output.is_some_and(files::is_dash) {
        "<stdout>".clone_into(&mut outcome.after.name);
    }
    if let Some(output) = output {
        files::write(output, |out| out.write_all(outcome.text.as_bytes()))?;
    }
    let pair = Pair { before: &before, after: &outcome.after, target: Some(&outcome.target) };
    let report = savings_text::terminal(&savings(&pair, &arguments.count, outcome.extras)?, Session::width());
    // The network goes to standard output where `-` was asked for, and the report then stays out of its way.
    if output.is_some_and(files::is_dash) {
        let _ = anstream::stderr().lock().write_all(report.as_bytes());
    } else {
        Session::say(&report)?;
    }
    Ok(before.code)
}

/// Optimizes a network that was read from `input`; the new text is one that may stand at `output`.
pub(super) fn optimize(
    session: &Session,
    before: &Loaded,
    (input, output): (&Path, &Path),
    (goals, net, count): (&Goals, &NetOptions, &CountOptions),
) -> Result<Outcome, Failure> {
    let mut goals = goals.clone();
    let wishes = before.shaped().order().iter().any(|id| before.shaped().graph().node(*id).origin.wish.is_some());
    if !goals.any() && !wishes {
        session.notice("no goal is given: taking `--ratio 4`");
        goals.ratio = Some(4);
    }
    let config = goals.config()?;
    let target = find_target(count.target.as_deref().unwrap_or(DEFAULT_TARGET))?;
    let (plan, shaped, changes) = rewritten(before, &config, &target)?;
    if let Some(warning) = plan.nothing_to_do().filter(|_| config.passes.contains(&Pass::Bottleneck)) {
        session.warn(&before.sources, warning);
    }
    if !goals.inline && !changes.is_empty() {
        session.notice("exact passes change more than single layers: every layer is written out, as with `--inline`");
    }
    let said = format!("`{}`", format!("pointwise optimize {}{}", set(net), goals.said()).trim_end());
    let numbers = load::analysis(&shaped, &crate::analysis::Options::default())?;
    let new = Numbers { graph: shaped.graph(), analysis: &numbers };
    let text = if goals.inline || !changes.is_empty() {
        super::fmt::layout("the printed graph", &flat(before, &said, new))?
    } else {
        let source = before.sources.get(before.ast.source).text();
        let old = Numbers { graph: before.shaped().graph(), analysis: &before.network.analysis };
        let stated = if net.set.is_empty() { Stated::Held } else { Stated::Reset };
        let mut updates = assertions::updates(source, &before.ast, old, new, stated);
        let mut others = edit::defaults(&before.ast, &literals(net));
        others.extend(uses::moved(&before.ast, (&files::folder(input), &files::folder(output))));
        if !net.set.is_empty() {
            let plan = edit::refinements(source, &before.ast, before.shaped(), &plan, (&said, &[]));
            let text = edit::apply(source, &[plan, others.clone()].concat());
            let found = of_old_defaults(session, before, (input, output), (text, net));
            updates.extend(
                found
                    .unwrap_or_default()
                    .into_iter()
                    .filter(|edit| updates.iter().all(|other| other.span != edit.span))
                    .collect::<Vec<_>>(),
            );
        }
        let notes = updated(updates.len());
        for note in &notes {
            session.notice(note);
        }
        let mut edits = edit::refinements(source, &before.ast, before.shaped(), &plan, (&said, &notes));
        edits.extend(others);
        edits.extend(updates);
        super::fmt::layout(&before.name, &edit::apply(source, &edits))?
    };
    // What was set is in the text by now.
    let after = load::show(output, compile_text(session, output, text.clone(), &NetOptions { set: Vec::new() }))?;
    let extras = Extras { plan: Some(facts(&goals, &plan, &changes)), untouched: untouched(&plan), measured: None };
    Ok(Outcome { text, after, extras, target })
}

/// `--set width=0.5 `, as it was given.
fn set(net: &NetOptions) -> String {
    net.set.iter().flat_map(|(name, value)| ["--set ", name, "=", value, " "]).collect()
}

/// The values that were set, as the language writes them.
fn literals(net: &NetOptions) -> Vec<(String, String)> {
    net.set.iter().map(|(name, text)| (name.clone(), written(&compile::literal(text)).unwrap_or_else(|| text.clone()))).collect()
}

fn written(value: &Value) -> Option<String> {
    match value {
        Value::Int(i) => Some(i.to_string()),
        Value::Float(x) => Some(format!("{x:?}")),
        Value::Bool(b) => Some(b.to_string()),
        Value::Str(text) => Some(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))),
        Value::List(items) => Some(format!("[{}]", items.iter().map(written).collect::<Option<Vec<_>>>()?.join(", "))),
        Value::Tensor(_) | Value::Tuple(_) | Value::Nothing | Value::Poison => None,
    }
}

/// What guarded assertions state of the old defaults (`if width == 1.0 { … }`), brought up to date by building the file and
/// its new text with these; `None` where one of them cannot be built.
fn of_old_defaults(
    session: &Session,
    before: &Loaded,
    (input, output): (&Path, &Path),
    (text, net): (String, &NetOptions),
) -> Option<Vec<Edit>> {
    let source = before.sources.get(before.ast.source).text();
    let defaults = edit::stated_defaults(source, &before.ast);
    let set = defaults.into_iter().filter(|(name, _)| net.set.iter().any(|(other, _)| other == name)).collect();
    let old = compile_text(session, input, source.to_owned(), &NetOptions { set: Vec::new() }).network?;
    let new = compile_text(session, output, text, &NetOptions { set }).network?;
    let old = Numbers { graph: old.shaped.graph(), analysis: &old.analysis };
    let new = Numbers { graph: new.shaped.graph(), analysis: &new.analysis };
    Some(assertions::updates(source, &before.ast, old, new, Stated::Guarded))
}

/// "Updated 2 assertions to the new counts."
fn updated(count: usize) -> Vec<String> {
    let line = || format!("Updated {} to the new counts.", savings_text::counted(count, "assertion"));
    (count > 0).then(line).into_iter().collect()
}

/// The graph written out, under the head comment of the source, with what the source asserts of the whole network.
fn flat(before: &Loaded, said: &str, new: Numbers<'_>) -> String {
    let source = before.sources.get(before.ast.source).text();
    let head: String = source.lines().take_while(|line| line.starts_with('#')).flat_map(|line| [line, "\n"]).collect();
    let printed = print::print(new.graph);
    // Directly above the net it is the net's own comment, which is printed anyway.
    let head = if printed.starts_with(&head) { String::new() } else { format!("{head}\n") };
    let note = format!("# Written out by {said}: each dot in a layer's name is a `_` here, up to the operation's word.\n\n");
    let totals = assertions::totals(&before.ast, new);
    let asserts: String = totals.iter().flat_map(|line| ["    ", line, "\n"]).collect();
    let body = printed.strip_suffix("}\n").unwrap_or(&printed);
    let gap = if asserts.is_empty() { "" } else { "\n" };
    format!("{head}{note}{body}{gap}{asserts}}}\n")
}

/// The passes in their order, with the plan of the bottlenecks among them.
fn rewritten(before: &Loaded, config: &Config, target: &Target) -> Result<(Plan, Shaped, Vec<rewrite::Change>), Failure> {
    let at = config.passes.iter().position(|pass| *pass == Pass::Bottleneck);
    let (earlier, later) = config.passes.split_at(at.unwrap_or(config.passes.len()));
    let (start, _, mut changes) = rewrite::run_passes(before.shaped(), None, earlier);
    let (plan, shaped) = if at.is_some() {
        let done = rewrite::optimize(&start, config, target).map_err(|error| error.diagnostic())?;
        (done.plan, done.shaped)
    } else {
        (Plan::default(), start)
    };
    let (shaped, _, more) = rewrite::run_passes(&shaped, None, later);
    changes.extend(more);
    Ok((plan, shaped, changes))
}

fn untouched(plan: &Plan) -> Vec<Untouched> {
    plan.untouched.iter().map(|u| Untouched { layer: u.layer.clone(), reason: u.why.to_string() }).collect()
}

fn facts(goals: &Goals, plan: &Plan, changes: &[rewrite::Change]) -> PlanFacts {
    let mut facts = Vec::new();
    for met in &plan.budgets {
        let amount = |value| amount(met.budget.metric, value);
        facts.push(format!("budget {}: at most {}, reached {}", met.budget, amount(met.most), amount(met.reached)));
    }
    facts.extend(plan.claim().map(|claim| format!("{claim} (a proxy: no weights were looked at)")));
    for pass in changes.iter().map(|change| change.pass).collect::<std::collections::BTreeSet<_>>() {
        let count = changes.iter().filter(|change| change.pass == pass).count();
        facts.push(format!("pass {pass}: {}", savings_text::counted(count, "change")));
    }
    let goal = goals.said();
    PlanFacts { goal: if goal.is_empty() { "the marks in the source".to_owned() } else { goal }, facts }
}

fn amount(metric: Metric, value: f64) -> String {
    match metric {
        Metric::Macs => format!("{} MACs", number::grouped(value as u64)),
        Metric::Params => format!("{} parameters", number::grouped(value as u64)),
        Metric::Peak => number::bytes(value as u64),
        Metric::Ms => number::milliseconds(value),
    }
}
