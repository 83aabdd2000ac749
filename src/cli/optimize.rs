//! `optimize`: bottlenecks inserted, and what they save.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::failure::Failure;
use super::files;
use super::load::{self, Loaded, compile_text, load};
use super::options::{CountOptions, DEFAULT_TARGET, NetOptions, find_target};
use super::report::{Pair, savings};
use super::session::Session;
use crate::analysis::target::Target;
use crate::code::Code;
use crate::diagnostic::Edit;
use crate::graph::print;
use crate::report::savings::{Extras, Plan as PlanFacts, Untouched};
use crate::report::{number, savings_text};
use crate::rewrite::assertions::{self, Numbers};
use crate::rewrite::budget::{Budget, Metric};
use crate::rewrite::plan::Plan;
use crate::rewrite::{self, Config, Pass, config, edit};
use crate::shape::Shaped;
use crate::syntax::ast::Item;

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
    #[arg(long, value_name = "METRIC=LIMIT", value_parser = Budget::parse, help_heading = "Goals")]
    budget: Vec<Budget>,
    /// Use one form only: `reduce`, `expand`, `both`, `spatial`, `pointwise`; `auto` chooses for each layer.
    #[arg(long, value_name = "FORM", help_heading = "Goals")]
    form: Option<String>,
    /// Passes, budgets and rules for single layers from a YAML file; options here come on top.
    #[arg(long, value_name = "FILE", help_heading = "Goals")]
    config: Option<PathBuf>,
    /// Write every layer out, instead of adding `refine` lines to the source.
    #[arg(long, help_heading = "Goals")]
    inline: bool,
}

impl Goals {
    /// Whether anything was asked for.
    fn any(&self) -> bool {
        self.ratio.is_some() || self.channels.is_some() || !self.budget.is_empty() || self.config.is_some() || self.form.is_some()
    }

    /// As it was written on the command line.
    fn said(&self) -> String {
        let mut words = Vec::new();
        words.extend(self.ratio.map(|n| format!("--ratio {n}")));
        words.extend(self.channels.map(|n| format!("--channels {n}")));
        words.extend(self.budget.iter().map(|b| format!("--budget {b}")));
        words.extend(self.form.iter().map(|f| format!("--form {f}")));
        words.extend(self.config.iter().map(|c| format!("--config {}", c.display())));
        words.join(" ")
    }

    fn config(&self) -> Result<Config, Failure> {
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
    let place = output.unwrap_or(&arguments.input);
    let outcome = optimize(session, &before, (&arguments.input, place), (&arguments.goals, &arguments.net, &arguments.count))?;
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
    let words: Vec<_> = net.set.iter().map(|(name, value)| format!("--set {name}={value}")).chain([goals.said()]).collect();
    let said = format!("`{}`", format!("pointwise optimize {}", words.join(" ")).trim_end());
    if !goals.inline && !changes.is_empty() {
        session.notice("exact passes change more than single layers: the network is written out, as with `--inline`");
    }
    let text = if goals.inline || !changes.is_empty() {
        super::fmt::layout("the printed graph", &print::print(shaped.graph()))?
    } else {
        let source = before.sources.get(before.ast.source).text();
        let mut edits = edit::refinements(source, &before.ast, before.shaped(), &plan, &said);
        edits.extend(moved_uses(&before.ast.items, input, output));
        let numbers = load::analysis(&shaped, &crate::analysis::Options::default())?;
        let old = Numbers { graph: before.shaped().graph(), analysis: &before.network.analysis };
        edits.extend(assertions::updates(source, &before.ast, old, Numbers { graph: shaped.graph(), analysis: &numbers }));
        super::fmt::layout(&before.name, &edit::apply(source, &edits))?
    };
    let after = load::show(output, compile_text(session, output, text.clone(), net))?;
    let extras = Extras { plan: Some(facts(&goals, &plan, &changes)), untouched: untouched(&plan), measured: None };
    Ok(Outcome { text, after, extras, target })
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

/// `use` paths are relative to their file: where the output lies elsewhere, they are rewritten.
fn moved_uses(items: &[Item], input: &Path, output: &Path) -> Vec<Edit> {
    if files::is_dash(output) || files::is_dash(input) {
        return Vec::new();
    }
    let (from, to) = (files::folder(input), files::folder(output));
    if from == to {
        return Vec::new();
    }
    let edit = |item: &Item| match item {
        Item::Use(used) => {
            let path = files::relative(&to, &from.join(&used.path));
            let quoted = path.display().to_string().replace('\\', "\\\\").replace('"', "\\\"");
            Some(Edit { span: used.path_span, replacement: format!("\"{quoted}\"") })
        }
        Item::Block(_) | Item::Net(_) => None,
    };
    items.iter().filter_map(edit).collect()
}
