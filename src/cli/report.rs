//! `report`: what optimizing would save, what budgets reach, or what changed between two networks.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::failure::{Failure, exit_code};
use super::files;
use super::load::{Loaded, load};
use super::optimize::{Goals, Order, optimize};
use super::options::{CountOptions, DEFAULT_TARGET, DataFormat, NetOptions, find_target};
use super::output::Output;
use super::pareto;
use super::replace::{Start, start};
use super::room::Room;
use super::session::Session;
use super::tensors::{self, EngineOptions};
use crate::analysis::Analysis;
use crate::analysis::roofline::{Cores, predict};
use crate::analysis::target::Target;
use crate::exec::timing::stats;
use crate::report::blocks::By;
use crate::report::html::Networks;
use crate::report::network::{Forecast, Network, Subject};
use crate::report::savings::{Extras, Measured, Savings, Times};
use crate::report::savings_text::View;
use crate::report::{html, savings_text, serial};
use crate::rewrite::budget::Steps;
use crate::rewrite::refined::forms;

/// Arguments of `report`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The network before, or the only one.
    #[arg(value_name = "BEFORE")]
    before: PathBuf,
    /// The network after; without it, what `optimize` would make.
    #[arg(value_name = "AFTER")]
    after: Option<PathBuf>,
    /// Where to write it: `.html`, `.md`, `.json`, `.csv` or `.yaml`; a table for the terminal without it.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How it is written, where no file says so by its extension.
    #[arg(long, value_name = "FORMAT", help_heading = "Output")]
    format: Option<DataFormat>,
    /// Run both networks in turn and report the times.
    #[arg(long)]
    measure: bool,
    /// Measured runs of each network.
    #[arg(long, value_name = "N", default_value_t = 5, requires = "measure", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    runs: u32,
    #[command(flatten)]
    shown: Shown,
    #[command(flatten)]
    net: NetOptions,
    #[command(flatten)]
    count: CountOptions,
    #[command(flatten)]
    goals: Goals,
    #[command(flatten)]
    engine: EngineOptions,
}

/// Which rows the report has.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Shown {
    /// Add a row for each block, kind of operation or layer, before and after, in order of execution.
    #[arg(long, value_name = "WHAT", help_heading = "Rows")]
    by: Option<Rows>,
    /// Give each changed layer a row of its own, where tables have one for all that changed alike.
    #[arg(long, help_heading = "Rows")]
    all: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Rows {
    Layer,
    Block,
    Op,
}

impl Shown {
    /// What layers are taken together by.
    pub(super) fn by(self) -> Option<By> {
        self.by.map(|rows| match rows {
            Rows::Layer => By::Layer,
            Rows::Block => By::Block,
            Rows::Op => By::Op,
        })
    }

    /// The first option that was given.
    pub(super) fn chosen(self) -> Option<&'static str> {
        [("--by", self.by.is_some()), ("--all", self.all)].iter().find(|(_, given)| *given).map(|(option, _)| *option)
    }

    /// For a terminal.
    pub(super) fn view(self, width: Option<usize>) -> View {
        View { width, all: self.all }
    }
}

/// Forms of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// For a terminal.
    Terminal,
    /// For a browser.
    Html,
    /// For a pull request.
    Markdown,
    /// For a spreadsheet.
    Csv,
    /// For programs.
    Json,
    /// For programs and people.
    Yaml,
}

/// Two networks to compare.
pub(super) struct Pair<'a> {
    /// Before.
    pub before: &'a Loaded,
    /// After.
    pub after: &'a Loaded,
    /// What time is predicted for.
    pub target: Option<&'a Target>,
}

/// Runs the command.
pub(super) fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    if arguments.after.is_some() && !arguments.goals.is_empty() {
        let failure = Failure::usage(format!("a report of two networks takes no goals: `{}`", arguments.goals.said()));
        return Err(failure.help("leave the second network out to see what `optimize` would make of the first"));
    }
    if arguments.after.is_some() && arguments.goals.replace {
        let failure = Failure::usage("a report of two networks plans nothing: `--replace` is for the one that is planned for");
        return Err(failure.help("leave the second network out to see what `optimize --replace` would make of the first"));
    }
    let form = form(arguments)?;
    let output = Output::claim(arguments.output.as_deref().unwrap_or(Path::new("-")))?;
    if let Some(steps) = &arguments.goals.pareto {
        return curve(session, arguments, steps, (form, &output));
    }
    let before = load(session, &arguments.before, &arguments.net)?;
    let Start { before, file } = start(session, before, (&arguments.before, &arguments.net), &arguments.goals)?;
    let (after, mut extras, target) = if let Some(path) = &arguments.after {
        let after = load(session, path, &arguments.net)?;
        let extras = Extras { forms: forms(after.shaped().graph()), ..Extras::default() };
        (after, extras, find_target(arguments.count.target.as_deref().unwrap_or(DEFAULT_TARGET))?)
    } else {
        let order = order(arguments, file.as_ref());
        let paths = (arguments.before.as_path(), arguments.before.as_path());
        let mut outcome = optimize(session, &before, paths, &order)?;
        "optimized".clone_into(&mut outcome.after.name);
        (outcome.after, outcome.extras, outcome.target)
    };
    extras.by = arguments.shown.by();
    if arguments.measure {
        extras.measured = Some(measured(session, arguments, [&before, &after])?);
    }
    let pair = Pair { before: &before, after: &after, target: Some(&target) };
    let numbers = numbers(&pair, &arguments.count)?;
    let document = compared(&pair, &numbers, extras);
    match text(form, &document, arguments.shown, Some(&subjects(&pair, &numbers))) {
        Some(text) => output.write(session, |out| out.write_all(text.as_bytes()))?,
        None => Session::report(&savings_text::terminal(&document, arguments.shown.view(Session::width())))?,
    }
    Ok(exit_code(&file.as_ref().unwrap_or(&before).errors).max(exit_code(&after.errors)))
}

/// What is planned, of the file that earlier bottlenecks were taken out of.
fn order<'a>(arguments: &'a Arguments, replaces: Option<&'a Loaded>) -> Order<'a> {
    Order { goals: &arguments.goals, net: &arguments.net, count: &arguments.count, weights: None, replaces }
}

/// Reports the curve of budgets.
fn curve(session: &Session, arguments: &Arguments, steps: &Steps, (form, output): (Form, &Output)) -> Result<u8, Failure> {
    if arguments.measure {
        let failure = Failure::usage("`--measure` runs one plan, and `--pareto` makes many");
        return Err(failure.help("give the `--budget` of a row instead of `--pareto`"));
    }
    pareto::refuse_rows(arguments.shown)?;
    let before = load(session, &arguments.before, &arguments.net)?;
    let Start { before, file } = start(session, before, (&arguments.before, &arguments.net), &arguments.goals)?;
    let order = order(arguments, file.as_ref());
    let document = pareto::curve(session, (&before, &arguments.before), &order, steps)?;
    pareto::write(session, &document, form, output)?;
    Ok(exit_code(&file.as_ref().unwrap_or(&before).errors))
}

/// The report as a file; `None` for a terminal.
pub(super) fn text(form: Form, document: &Savings, shown: Shown, networks: Option<&Networks<'_>>) -> Option<String> {
    let data = |write: fn(&mut Vec<u8>, &Savings) -> std::io::Result<()>| {
        let mut bytes = Vec::new();
        // Memory takes everything, and the document has no key that is no text.
        write(&mut bytes, document).ok().and_then(|()| String::from_utf8(bytes).ok())
    };
    match form {
        Form::Terminal => None,
        Form::Json => data(|out, document| serial::json(out, document)),
        Form::Yaml => data(|out, document| serial::yaml(out, document)),
        Form::Html => Some(html::page(document, networks)),
        Form::Markdown => Some(savings_text::markdown(document, shown.all)),
        Form::Csv => Some(savings_text::csv(document)),
    }
}

/// How the report is written: as `--format` says, or the extension of the file.
fn form(arguments: &Arguments) -> Result<Form, Failure> {
    let Some(output) = arguments.output.as_deref().filter(|output| !files::is_dash(output)) else {
        return Ok(arguments.format.map_or(Form::Terminal, Form::from));
    };
    let extension = output.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let by_name = match extension.as_str() {
        "html" | "htm" => Some(Form::Html),
        "md" | "markdown" => Some(Form::Markdown),
        "json" => Some(Form::Json),
        "csv" => Some(Form::Csv),
        "yaml" | "yml" => Some(Form::Yaml),
        _ => None,
    };
    match (by_name, arguments.format.map(Form::from)) {
        (Some(one), Some(other)) if one != other => {
            let message = format!("`{}` says one form of report by its extension, and `--format` another", files::shown(output));
            Err(Failure::usage(message).help("leave `--format` out, or name the file by it"))
        }
        (None, Some(Form::Terminal)) => {
            Err(Failure::usage("`--format table` is for a terminal, and `-o` names a file").help("leave one of them out"))
        }
        (Some(form), _) | (None, Some(form)) => Ok(form),
        (None, None) => {
            let message = format!("the extension of `{}` does not say how to write the report", files::shown(output));
            Err(Failure::usage(message).help("it writes .html, .md, .json, .csv and .yaml; `--format` says it for other names"))
        }
    }
}

impl From<DataFormat> for Form {
    fn from(format: DataFormat) -> Self {
        match format {
            DataFormat::Table => Self::Terminal,
            DataFormat::Markdown => Self::Markdown,
            DataFormat::Csv => Self::Csv,
            DataFormat::Json => Self::Json,
            DataFormat::Yaml => Self::Yaml,
        }
    }
}

/// The savings document of two networks.
pub(super) fn savings(pair: &Pair<'_>, count: &CountOptions, extras: Extras) -> Result<Savings, Failure> {
    Ok(compared(pair, &numbers(pair, count)?, extras))
}

/// The numbers of a network, with times where a target is known.
type Numbers = (Analysis, Option<Forecast>);

/// The numbers of both networks.
fn numbers(pair: &Pair<'_>, count: &CountOptions) -> Result<[Numbers; 2], Failure> {
    let of = |loaded: &Loaded| -> Result<Numbers, Failure> {
        let analysis = count.analyze(loaded.shaped(), &loaded.network.analysis)?;
        let forecast = pair.target.map(|target| Forecast {
            target: target.name.clone(),
            times: predict(&analysis, loaded.shaped(), target, Cores::All),
        });
        Ok((analysis, forecast))
    };
    Ok([of(pair.before)?, of(pair.after)?])
}

fn subjects<'a>(pair: &Pair<'a>, [before, after]: &'a [Numbers; 2]) -> Networks<'a> {
    let of = |loaded: &'a Loaded, (analysis, forecast): &'a Numbers| {
        let (source, sources, shaped) = (loaded.name.as_str(), loaded.sources(), loaded.shaped());
        Subject { source, sources, shaped, analysis, notes: loaded.notes(), forecast: forecast.as_ref() }
    };
    Networks { before: of(pair.before, before), after: of(pair.after, after) }
}

fn compared(pair: &Pair<'_>, numbers: &[Numbers; 2], extras: Extras) -> Savings {
    let Networks { before, after } = subjects(pair, numbers);
    Savings::between(&Network::new(&before), &Network::new(&after), extras)
}

/// Runs both networks in turn, with seeded weights and inputs.
fn measured(session: &Session, arguments: &Arguments, networks: [&Loaded; 2]) -> Result<Measured, Failure> {
    let options = arguments.engine.run_options();
    let batch = arguments.count.batch;
    let room = Room::new(arguments.engine.memory);
    tensors::allow(&networks.map(Loaded::shaped), batch, &options, &room)?;
    let ready = networks.iter().map(|loaded| tensors::seeded(loaded.shaped(), batch, &room)).collect::<Result<Vec<_>, _>>()?;
    session.notice(&format!("running each network {} times", arguments.runs + 1));
    let ready: Vec<_> =
        networks.iter().zip(&ready).map(|(loaded, (weights, inputs))| (loaded.shaped(), weights, inputs)).collect();
    let samples = tensors::measured(&ready, arguments.runs, &options)?;
    let times = |samples: &[std::time::Duration]| {
        let ms = |time: std::time::Duration| time.as_secs_f64() * 1e3;
        let stats = stats(samples).expect("at least one run was asked for");
        let max = samples.iter().copied().max().unwrap_or_default();
        Times { min_ms: ms(stats.min), median_ms: ms(stats.median), p90_ms: ms(stats.p90), max_ms: ms(max) }
    };
    Ok(Measured {
        threads: options.threads,
        runs: arguments.runs as usize,
        before: times(&samples[0]),
        after: times(&samples[1]),
    })
}
