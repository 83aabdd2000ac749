//! `optimize`: bottlenecks inserted, and what they save.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use super::failure::{Failure, exit_code};
use super::files;
use super::load::{self, Loaded, load};
use super::models;
use super::options::{CountOptions, DEFAULT_TARGET, DataFormat, NetOptions, budget, find_target};
use super::output::Output;
use super::pareto;
use super::replace::{Start, read_weights, start};
use super::report::{self, Form, Pair, Shown, savings};
use super::room::{MemoryOptions, Room};
use super::session::Session;
use super::tensors::{self, Learned};
use super::uses::Disk;
use super::weights::{MapOptions, WeightFile};
use crate::analysis::target::Target;
use crate::analysis::{Convention, convention};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::digits::counted;
use crate::op::form::Scale;
use crate::optimize::{self, Given, Task};
use crate::report::rationale::rationale;
use crate::report::savings::Extras;
use crate::report::savings_text;
use crate::rewrite::budget::{Budget, Quantity, Steps};
use crate::rewrite::{Carried, Config, Pass, advice, config};
use crate::visible::in_a_line;

/// Arguments of `optimize`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The network; `-` is standard input.
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// The network after, a `.net` file; `-` is standard output.
    #[arg(short, long, value_name = "OUT", required_unless_present_any = ["dry_run", "pareto"])]
    output: Option<PathBuf>,
    /// Write nothing, only report.
    #[arg(long, conflicts_with = "output")]
    dry_run: bool,
    /// The network's weights as safetensors, or those of the network without its `refine` lines: the new network's are written
    /// beside it.
    #[arg(short, long, value_name = "FILE")]
    weights: Option<PathBuf>,
    #[command(flatten)]
    names: MapOptions,
    /// Seed of new and changed layers' weights.
    #[arg(long, value_name = "N", default_value_t = 0, requires = "weights")]
    seed: u64,
    #[command(flatten)]
    net: NetOptions,
    #[command(flatten)]
    count: CountOptions,
    #[command(flatten)]
    goals: Goals,
    #[command(flatten)]
    shown: Shown,
    #[command(flatten)]
    memory: MemoryOptions,
    /// How the report is written; as data it holds the plan in numbers: error, bound, gap, floors, budgets, alternatives.
    #[arg(long, value_name = "FORMAT", default_value = "table", help_heading = "Output")]
    format: DataFormat,
}

/// What the optimizer is asked for.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct Goals {
    /// Keep one channel in so many between the new convolutions; under a budget, at least one in so many.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Goals")]
    ratio: Option<u64>,
    /// So many channels between the new convolutions; under a budget, at least so many.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Goals")]
    channels: Option<u64>,
    /// Stay within a budget: `macs=50%`, `flops=900M`, `params=2M`, `ms=20`, `peak=4MiB`; several hold together, also of one
    /// metric. MACs are counted as `--convention` says.
    #[arg(long, value_name = "METRIC=LIMIT", value_parser = budget, help_heading = "Goals")]
    budget: Vec<Budget>,
    /// Show the curve of budgets on a metric instead of one plan: what each of 90 %, 80 %, … 10 % of the network reaches, or
    /// each of `macs=80%,60%,900M`, with all other goals as they are. No network is written.
    #[arg(long, value_name = "METRIC[=LIMITS]", value_parser = Steps::parse, help_heading = "Goals")]
    pub(super) pareto: Option<Steps>,
    /// Use one form only: `reduce`, `expand`, `both`, `spatial`, `pointwise`, or `scale`, one width for the whole network; `auto`
    /// chooses for each layer.
    #[arg(long, value_name = "FORM", help_heading = "Goals")]
    form: Option<String>,
    /// Widths are multiples of this, or of its half or quarter where that serves a budget better: by default of the target's channel
    /// block, and with 1 any width will do.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Goals")]
    align: Option<u64>,
    /// Nothing between the convolutions of a form. Without this or `--nonlinear`, a 1x1 before a kxk carries the layer's own
    /// normalisation and activation, and nothing stands between other factors.
    #[arg(long, conflicts_with = "nonlinear", help_heading = "Goals")]
    linear: bool,
    /// The neighbourhood's normalisation and activation between all convolutions of a form.
    #[arg(long, help_heading = "Goals")]
    nonlinear: bool,
    /// Passes, budgets and rules for single layers from a YAML file; options here come on top. `pointwise explain PW0603`
    /// shows its format.
    #[arg(long, value_name = "FILE", help_heading = "Goals")]
    config: Option<PathBuf>,
    /// Write every layer out, instead of adding bottlenecks to the source; layers keep their names.
    #[arg(long, help_heading = "Goals")]
    pub(super) inline: bool,
    /// Take back what an earlier `pointwise optimize` wrote into the network, and plan anew: before is the network without it.
    #[arg(long, help_heading = "Goals")]
    pub(super) replace: bool,
}

impl Goals {
    /// Whether nothing was asked for.
    pub(super) fn is_empty(&self) -> bool {
        let no_numbers = self.ratio.is_none() && self.channels.is_none() && self.budget.is_empty() && self.pareto.is_none();
        no_numbers && self.config.is_none() && self.form.is_none()
    }

    /// What all budgets of a curve have in common.
    pub(super) fn common(&self) -> Self {
        Self { pareto: None, ..self.clone() }
    }

    /// As it was written on the command line.
    pub(super) fn said(&self) -> String {
        let mut words = Vec::new();
        words.extend(self.ratio.map(|n| format!("--ratio {n}")));
        words.extend(self.channels.map(|n| format!("--channels {n}")));
        words.extend(self.pareto.iter().map(|steps| format!("--pareto {steps}")));
        words.extend(self.budget.iter().map(|b| format!("--budget {b}")));
        words.extend(self.form.iter().map(|f| format!("--form {f}")));
        words.extend(self.align.map(|n| format!("--align {n}")));
        words.extend(self.linear.then(|| "--linear".to_owned()));
        words.extend(self.nonlinear.then(|| "--nonlinear".to_owned()));
        words.extend(self.config.iter().map(|c| format!("--config {}", in_a_line(&c.display().to_string()))));
        words.join(" ")
    }

    /// Whether a form is asked for and nothing says how much of it.
    fn is_form_alone(&self) -> bool {
        self.form.is_some() && Self { form: None, ..self.clone() }.is_empty()
    }

    pub(super) fn config(&self) -> Result<Config, Failure> {
        if self.ratio.is_some() && self.channels.is_some() && self.budget.is_empty() && self.pareto.is_none() {
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
        all.align = self.align.or(all.align);
        all.linear = (self.linear || self.nonlinear).then_some(self.linear).or(all.linear);
        if let Some(form) = &self.form {
            all.uniform = form == Scale::NAME;
            let one = Some(form.as_str()).filter(|_| !all.uniform);
            all.form = config::form(one).map_err(|error| Failure::usage(error.message))?;
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
    /// Its weights, where those of the network before were given.
    pub weights: Option<Carried>,
    /// How many assertions have new numbers.
    pub updated: usize,
}

/// What is to be optimized for, and with.
pub(super) struct Order<'a> {
    /// What the optimizer is asked for.
    pub goals: &'a Goals,
    /// Values for the network's parameters.
    pub net: &'a NetOptions,
    /// How is counted, and for which target.
    pub count: &'a CountOptions,
    /// The network's weights, and what the new ones may take.
    pub weights: Option<Given<'a>>,
    /// The file that earlier bottlenecks were taken out of.
    pub replaces: Option<&'a Loaded>,
}

/// Runs the command.
pub(super) fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    if let Some(steps) = &arguments.goals.pareto {
        return curve(session, arguments, steps);
    }
    let output = arguments.output.as_deref();
    let form = form(arguments)?;
    if let Some(output) = output.filter(|output| !files::is_dash(output) && !files::has_extension(output, "net")) {
        return Err(Failure::usage(format!("`{}` is not a `.net` file", files::shown(output))));
    }
    let places = places(arguments)?;
    let before = load(session, &arguments.input, &arguments.net)?;
    let Start { before, file } = start(session, before, (&arguments.input, &arguments.net), &arguments.goals)?;
    let mut room = Room::new(arguments.memory);
    let weights = match named(arguments) {
        Some(named) => Some(read_weights(session, named, &room, (&before, file.as_ref()))?),
        None if writes_weights(arguments) => models::weights(&arguments.input, None, &room)?,
        None => None,
    };
    if let Some(weights) = &weights {
        room.hold(tensors::bytes_of(weights.iter().map(|(_, tensor)| tensor)), "optimizing with weights")?;
    }
    let given = |weights| Given { weights, seed: arguments.seed, max_bytes: room.left() };
    let weights = weights.as_ref().map(given);
    let order = Order { goals: &arguments.goals, net: &arguments.net, count: &arguments.count, weights, replaces: file.as_ref() };
    let place = output.unwrap_or(&arguments.input);
    let errors = &file.as_ref().unwrap_or(&before).errors;
    let mut done = optimize(session, &before, (&arguments.input, place), &order)?;
    if output.is_some_and(files::is_dash) {
        "<stdout>".clone_into(&mut done.after.name);
    }
    if let Some(places) = &places {
        write(session, places, (&done.text, done.weights.as_ref()))?;
    }
    if done.updated > 0 {
        let did = if output.is_some() { "Updated" } else { "Would update" };
        session.notice(&format!("{did} {} to the new counts.", counted(done.updated, "assertion")));
    }
    if let Some(carried) = &done.weights {
        tell_weights(session, carried, arguments.seed);
    }
    let pair = Pair { before: &before, after: &done.after, target: Some(&done.target) };
    let extras = Extras { by: arguments.shown.by(), ..done.extras };
    let document = savings(&pair, &arguments.count, extras)?;
    if let Some(text) = report::text(form, &document, arguments.shown, None) {
        Session::data(|out| out.write_all(text.as_bytes()))?;
        return Ok(exit_code(errors));
    }
    let report = savings_text::terminal(&document, arguments.shown.view(Session::width()));
    // The network goes to standard output where `-` was asked for, and the report then stays out of its way.
    if output.is_some_and(files::is_dash) {
        Session::report_aside(&report);
    } else {
        Session::report(&report)?;
    }
    Ok(exit_code(errors))
}

/// Shows the curve of budgets, which is of many networks: none is written.
fn curve(session: &Session, arguments: &Arguments, steps: &Steps) -> Result<u8, Failure> {
    let Arguments { input, goals, net, count, .. } = arguments;
    if let Some(output) = &arguments.output {
        let message = format!("`--pareto` writes no network, and `-o {}` asks for one", files::shown(output));
        let budget = steps.budgets().next().map_or_else(String::new, |budget| budget.to_string());
        return Err(Failure::usage(message).help(format!(
            "choose a row of the curve and give its budget, as in `--budget {budget} -o {0}`; `report IN --pareto {steps} -o              curve.html` writes the curve",
            files::shown(output)
        )));
    }
    if let Some(weights) = &arguments.weights {
        let message = format!("`--pareto` writes no weights, and `--weights {}` gives some", files::shown(weights));
        return Err(Failure::usage(message).help("give them with the `--budget` of a row"));
    }
    pareto::refuse_rows(arguments.shown)?;
    let Start { before, file } = start(session, load(session, input, net)?, (input, net), goals)?;
    let order = Order { goals, net, count, weights: None, replaces: file.as_ref() };
    let document = pareto::curve(session, (&before, input), &order, steps)?;
    pareto::write(session, &document, form(arguments)?, &Output::claim(Path::new("-"))?)?;
    Ok(exit_code(&file.as_ref().unwrap_or(&before).errors))
}

/// How the report is written; data goes to standard output, which then takes no network.
fn form(arguments: &Arguments) -> Result<Form, Failure> {
    let (form, word) = match arguments.format {
        DataFormat::Table => return Ok(Form::Terminal),
        DataFormat::Markdown => (Form::Markdown, "markdown"),
        DataFormat::Csv => (Form::Csv, "csv"),
        DataFormat::Json => (Form::Json, "json"),
        DataFormat::Yaml => (Form::Yaml, "yaml"),
    };
    if arguments.output.as_deref().is_some_and(files::is_dash) {
        let failure =
            Failure::usage(format!("`-o -` writes the network to standard output, and so does `--format {word}` its report"));
        return Err(failure.help("name a file for the network, or leave it out with `--dry-run`"));
    }
    Ok(form)
}

/// The file of the network's weights.
fn named(arguments: &Arguments) -> Option<WeightFile<'_>> {
    arguments.weights.as_deref().map(|path| WeightFile { path, map: arguments.names.map.as_deref() })
}

/// Where the network and its weights are written.
struct Places {
    network: Output,
    weights: Option<Output>,
}

/// Whether weights are written: those that are named, or those of a model, where there is a place beside the network.
fn writes_weights(arguments: &Arguments) -> bool {
    let is_beside = arguments.output.as_deref().is_some_and(|output| !files::is_dash(output));
    is_beside && (arguments.weights.is_some() || models::has_weights(&arguments.input))
}

/// Where the network goes, if anywhere, and beside it its weights, if there are any: never over anything that is read.
fn places(arguments: &Arguments) -> Result<Option<Places>, Failure> {
    let Some(output) = arguments.output.as_deref() else { return Ok(None) };
    if arguments.weights.is_some() && files::is_dash(output) {
        let failure = Failure::usage("weights are written beside the network, and standard output has no place beside it");
        return Err(failure.help("name a file: `-o new.net` writes `new.safetensors` too"));
    }
    let network = Output::claim(output)?;
    let beside = writes_weights(arguments).then(|| Output::claim(&output.with_extension("safetensors"))).transpose()?;
    Ok(Some(Places { network, weights: beside }))
}

/// What lossy forms leave to be trained.
fn tell_weights(session: &Session, carried: &Carried, seed: u64) {
    let Carried { kept, initialised, .. } = *carried;
    if initialised > 0 {
        let keep = if kept == 1 { "keeps its" } else { "keep their" };
        let (are, them) = if initialised == 1 { ("is", "it") } else { ("are", "them") };
        session.notice(&format!(
            "{} {keep} weights; {} {are} initialised with seed {seed}: train {them} before use",
            counted(kept, "layer"),
            counted(initialised, "new or changed layer"),
        ));
    }
}

/// Writes the network, and its weights where there are any: both or none.
fn write(session: &Session, places: &Places, (text, carried): (&str, Option<&Carried>)) -> Result<(), Failure> {
    let weights = places.weights.as_ref().zip(carried.map(|carried| Learned::Held(Cow::Borrowed(&carried.weights))));
    tensors::write_pair(session, (&places.network, text), weights)
}

/// Optimizes a network that was read from `input`, and says on the way what is worth knowing; the new text is one that may
/// stand at `output`.
pub(super) fn optimize(
    session: &Session,
    before: &Loaded,
    (input, output): (&Path, &Path),
    order: &Order<'_>,
) -> Result<Optimized, Failure> {
    let (mut goals, net) = (order.goals.clone(), order.net);
    if goals.is_empty() && !is_marked(before) {
        session.notice("no goal is given: taking `--ratio 4`");
        goals.ratio = Some(RATIO);
    } else if goals.is_form_alone() {
        session.notice("only a form is given: taking `--ratio 4` of it");
        goals.ratio = Some(RATIO);
    }
    let config = Config { convention: order.count.options().convention, ..goals.config()? };
    keep_to_what_is_reported(&config.budgets, order.count)?;
    let target = find_target(order.count.target.as_deref().unwrap_or(DEFAULT_TARGET))?;
    let said = [goals.said()].into_iter().chain(convention(&config)).collect::<Vec<_>>().join(" ");
    let name = files::shown(output);
    let task = Task {
        config: &config,
        target: &target,
        inline: goals.inline,
        set: &net.set,
        name: &name,
        folders: (&files::folder(input), &files::folder(output)),
        root: net.root.as_deref(),
        said: &format!("`{}`", format!("pointwise optimize {}{said}", set(net)).trim_end()),
        replaces: order.replaces,
        weights: order.weights,
    };
    let start = Instant::now();
    let done = optimize::optimize(before, &task, &Disk::new(&before.name, input, net.root.as_deref()).and(&name, output))
        .map_err(|finding| refused((before, order.replaces), finding))?;
    if let Some(warning) = done.plan.nothing_to_do().filter(|_| config.passes.contains(&Pass::Bottleneck)) {
        session.warn(warning);
    }
    for warning in advice::warnings(&done.plan, &config) {
        session.warn(warning);
    }
    if !goals.inline && !done.changes.is_empty() {
        session.notice("exact passes change more than single layers: every layer is written out, as with `--inline`");
    }
    done.plan.met_before().iter().chain(&done.notes).for_each(|note| session.notice(note));
    session.detail(&format!("{name}: optimized in {:.1} ms", start.elapsed().as_secs_f64() * 1e3));
    let after = load::show(output, done.compiled)?;
    let mut extras = rationale(said, &done.plan, &done.changes);
    extras.known.inserted = done.inserted;
    Ok(Optimized { text: done.text, after, extras, target, weights: done.weights, updated: done.updated })
}

/// What `--ratio` is where only a form is asked for, or nothing.
const RATIO: u64 = 4;

/// Budgets speak of one image: a report of other numbers beside them would mislead.
pub(super) fn keep_to_what_is_reported(budgets: &[Budget], count: &CountOptions) -> Result<(), Failure> {
    let batch = count.options().batch;
    let is_by_image = |budget: &&Budget| match budget.quantity {
        Quantity::Macs | Quantity::Flops | Quantity::Ms | Quantity::Peak => true,
        Quantity::Params => false,
    };
    let Some(budget) = budgets.iter().find(is_by_image).filter(|_| batch != 1) else { return Ok(()) };
    let option = format!("--batch {batch}");
    let message = format!("the budget `{budget}` is one for a single image, and `{option}` reports {batch} of them");
    let help = format!("leave out `{option}`; `pointwise report BEFORE AFTER {option}` compares what comes of it");
    Err(Failure::usage(message).help(help))
}

/// `--convention fvcore `, where budgets are counted by it.
pub(super) fn convention(config: &Config) -> Option<String> {
    let convention = config.counting();
    (convention != Convention::Default).then(|| format!("--convention {}", convention::name(convention)))
}

/// A finding that nothing is optimized for, shown where it points to.
///
/// Where earlier bottlenecks were taken out of a file, what it asserts is shown there.
pub(super) fn refused((before, file): (&Loaded, Option<&Loaded>), finding: Box<Diagnostic>) -> Failure {
    let shown = file.filter(|_| finding.code == Code::AssertionFailed).unwrap_or(before);
    let is_moved = file.is_some() && finding.code != Code::AssertionFailed && finding.primary.is_some();
    let finding = if is_moved { Box::new(finding.note("lines are counted without the earlier bottlenecks")) } else { finding };
    match shown.sources().filter(|_| finding.primary.is_some()) {
        Some(sources) => {
            Session::show(sources, std::slice::from_ref(&*finding));
            Failure::Reported(exit_code(std::slice::from_ref(&*finding)))
        }
        None => Failure::Diagnostic(finding),
    }
}

/// Whether the source marks a layer with `@bottleneck`.
fn is_marked(loaded: &Loaded) -> bool {
    loaded.shaped().order().iter().any(|id| loaded.shaped().graph().node(*id).directives.bottleneck.is_some())
}

/// `--set width=0.5 `, as it was given.
fn set(net: &NetOptions) -> String {
    net.set.iter().flat_map(|(name, value)| ["--set ", name, "=", value, " "]).collect()
}
