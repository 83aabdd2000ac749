//! `optimize`: bottlenecks inserted, and what they save.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use super::failure::{Failure, exit_code};
use super::files::{self, Disk};
use super::load::{self, Loaded, load};
use super::options::{CountOptions, DEFAULT_TARGET, NetOptions, budget, find_target};
use super::report::{Pair, savings};
use super::session::Session;
use crate::analysis::target::Target;
use crate::code::Code;
use crate::optimize::{self, Task};
use crate::report::rationale::rationale;
use crate::report::savings::Extras;
use crate::report::savings_text;
use crate::rewrite::budget::Budget;
use crate::rewrite::{Config, Pass, config};
use crate::source::SourceSet;

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

/// An optimized network, with its text and what the report says about the choice.
pub(super) struct Optimized {
    /// The new text.
    pub text: String,
    /// What it compiles to.
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
        for (_, used) in before.sources().into_iter().flat_map(SourceSet::iter) {
            files::keep_input(output, Path::new(used.name()))?;
        }
    }
    let place = output.unwrap_or(&arguments.input);
    let mut done = optimize(session, &before, (&arguments.input, place), (&arguments.goals, &arguments.net, &arguments.count))?;
    if output.is_some_and(files::is_dash) {
        "<stdout>".clone_into(&mut done.after.name);
    }
    if let Some(output) = output {
        files::write(output, |out| out.write_all(done.text.as_bytes()))?;
    }
    let pair = Pair { before: &before, after: &done.after, target: Some(&done.target) };
    let report = savings_text::terminal(&savings(&pair, &arguments.count, done.extras)?, Session::width());
    // The network goes to standard output where `-` was asked for, and the report then stays out of its way.
    if output.is_some_and(files::is_dash) {
        let _ = anstream::stderr().lock().write_all(report.as_bytes());
    } else {
        Session::say(&report)?;
    }
    Ok(exit_code(&before.errors))
}

/// Optimizes a network that was read from `input`, and says on the way what is worth knowing; the new text is one that may
/// stand at `output`.
pub(super) fn optimize(
    session: &Session,
    before: &Loaded,
    (input, output): (&Path, &Path),
    (goals, net, count): (&Goals, &NetOptions, &CountOptions),
) -> Result<Optimized, Failure> {
    let mut goals = goals.clone();
    if !goals.any() && !is_marked(before) {
        session.notice("no goal is given: taking `--ratio 4`");
        goals.ratio = Some(4);
    }
    let config = goals.config()?;
    let target = find_target(count.target.as_deref().unwrap_or(DEFAULT_TARGET))?;
    let name = files::shown(output);
    let task = Task {
        config: &config,
        target: &target,
        inline: goals.inline,
        set: &net.set,
        name: &name,
        folders: (&files::folder(input), &files::folder(output)),
        said: &format!("`{}`", format!("pointwise optimize {}{}", set(net), goals.said()).trim_end()),
    };
    let start = Instant::now();
    let done = optimize::optimize(before, &task, &Disk::new(&before.name, input).and(&name, output))?;
    if let Some(warning) = done.plan.nothing_to_do().filter(|_| config.passes.contains(&Pass::Bottleneck)) {
        session.warn(warning);
    }
    if !goals.inline && !done.changes.is_empty() {
        session.notice("exact passes change more than single layers: every layer is written out, as with `--inline`");
    }
    done.notes.iter().for_each(|note| session.notice(note));
    session.detail(&format!("{name}: optimized in {:.1} ms", start.elapsed().as_secs_f64() * 1e3));
    let after = load::show(output, done.compiled)?;
    let extras = rationale(goals.said(), &done.plan, &done.changes);
    Ok(Optimized { text: done.text, after, extras, target })
}

/// Whether the source marks a layer with `@bottleneck`.
fn is_marked(loaded: &Loaded) -> bool {
    loaded.shaped().order().iter().any(|id| loaded.shaped().graph().node(*id).directives.bottleneck.is_some())
}

/// `--set width=0.5 `, as it was given.
fn set(net: &NetOptions) -> String {
    net.set.iter().flat_map(|(name, value)| ["--set ", name, "=", value, " "]).collect()
}
