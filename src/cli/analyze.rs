//! `analyze`: the numbers of networks.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::failure::{FINDINGS, Failure, TROUBLE, exit_code};
use super::files;
use super::load::{self, Loaded, load_all};
use super::options::{CountOptions, DataFormat, NetOptions, count};
use super::progress::Progress;
use super::session::Session;
use super::sweep::Sweep;
use crate::analysis::rollup::By;
use crate::analysis::training::{Optimizer, Training};
use crate::analysis::{Analysis, Dtype, Options, convention};
use crate::code::Code;
use crate::compile;
use crate::diagnostic::Diagnostic;
use crate::lower::Value;
use crate::report::columns::{self, Medium, NoColumn, Order, View};
use crate::report::grid::{Grid, escape_markdown};
use crate::report::network::{Forecast, Network, Subject};
use crate::report::sweep::Combination;
use crate::report::{self, network_text, serial, summary, table, training};

/// Arguments of `analyze`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Networks; several give one line each, and so do the combinations of several values, as in `--set size=160,192,224`.
    /// `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    net: NetOptions,
    #[command(flatten)]
    count: CountOptions,
    /// Count bytes, and the time to move them, as if weights, biases, statistics and activations were all of this type; the
    /// arithmetic is predicted as that of f32.
    #[arg(long, value_name = "TYPE", default_value = "f32", value_parser = dtype_names(), help_heading = "Counting")]
    dtype: String,
    /// Count the memory of a training step too: weights, gradients, the optimizer's state, and what of the forward pass is
    /// kept for the backward pass, at `--batch` images. Left out: gradients of activations in flight, workspaces, the
    /// allocator, the loss, mixed precision.
    #[arg(long, help_heading = "Counting")]
    training: bool,
    /// What updates the weights with `--training`: momentum keeps one number a parameter, adam two, sgd none.
    #[arg(long, value_name = "NAME", default_value = "momentum", value_parser = optimizer_names(), requires = "training", help_heading = "Counting")]
    optimizer: String,
    /// One row a layer (as without it), a block or a kind of operation; convolutions are split into 1x1, kxk, depthwise,
    /// grouped and transposed.
    #[arg(long, value_name = "WHAT", help_heading = "Rows and columns")]
    by: Option<Rows>,
    /// One row a block, telling nested blocks apart down to this depth.
    #[arg(long, value_name = "N", conflicts_with = "by", value_parser = clap::value_parser!(u16).range(1..), help_heading = "Rows and columns")]
    depth: Option<u16>,
    /// Columns to show, by their keys in JSON: `kernel`, `stride`, `pad`, `dilation`, `groups`, `rf_stride`, `rf_offset`, ….
    /// A wrong one lists all.
    #[arg(long, value_name = "KEY", value_delimiter = ',', help_heading = "Rows and columns")]
    columns: Vec<String>,
    /// Sort by a column, largest first.
    #[arg(long, value_name = "KEY", help_heading = "Rows and columns")]
    sort: Option<String>,
    /// Show this many rows.
    #[arg(long, value_name = "N", help_heading = "Rows and columns")]
    top: Option<usize>,
    /// How it is written.
    #[arg(long, value_name = "FORMAT", default_value = "table", help_heading = "Output")]
    format: DataFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Rows {
    Layer,
    Block,
    Op,
}

/// What was counted of a network.
struct Numbers {
    analysis: Analysis,
    forecast: Option<Forecast>,
    training: Option<Training>,
}

impl Arguments {
    /// What to count for.
    fn options(&self) -> Options {
        Options { dtype: Dtype::from_name(&self.dtype).unwrap_or_default(), ..self.count.options() }
    }

    fn by(&self) -> Option<By> {
        match (self.depth, self.by) {
            (Some(depth), _) => Some(By::Block { depth: usize::from(depth) }),
            (None, None | Some(Rows::Layer)) => None,
            (None, Some(Rows::Block)) => Some(By::Block { depth: 1 }),
            (None, Some(Rows::Op)) => Some(By::Op),
        }
    }

    /// All that is asked of a network.
    fn count(&self, network: &compile::Network) -> Result<Numbers, Failure> {
        let shaped = &network.shaped;
        let analysis = count(shaped, &network.analysis, &self.options())?;
        let forecast = self.count.forecast(shaped, &analysis)?;
        let optimizer = Optimizer::from_name(&self.optimizer).unwrap_or_default();
        let training = if self.training { Some(compile::training(shaped, &analysis, optimizer)?) } else { None };
        Ok(Numbers { analysis, forecast, training })
    }

    /// Refuses what chooses rows or columns where each network gets one line.
    fn fit(&self) -> Result<(), Failure> {
        if self.training && !self.options().dtype.is_float() {
            return Err(Failure::usage(format!("`--training` needs floats, and `{}` is a type of integers", self.dtype))
                .help("choose another `--dtype`"));
        }
        let lines = match self.format {
            DataFormat::Table | DataFormat::Markdown | DataFormat::Csv => self.files.len() > 1,
            DataFormat::Json | DataFormat::Yaml => false,
        };
        let Some(option) = self.chosen().filter(|_| lines) else { return Ok(()) };
        Err(Failure::usage(format!("`{option}` is for one network: several give one line each"))
            .help("analyze them one by one, or write `--format json`"))
    }

    /// The first option that chooses rows or columns.
    fn chosen(&self) -> Option<&'static str> {
        let given = [
            ("--by", self.by.is_some()),
            ("--depth", self.depth.is_some()),
            ("--columns", !self.columns.is_empty()),
            ("--sort", self.sort.is_some()),
            ("--top", self.top.is_some()),
        ];
        given.iter().find(|(_, given)| *given).map(|(option, _)| *option)
    }

    fn view(&self, medium: Medium) -> View {
        View { columns: self.columns.clone(), medium }
    }

    /// The table of one network; of columns that may be left out, only those that need no name shortened.
    fn table(&self, network: &Network<'_>, width: Option<usize>) -> Result<Grid, Failure> {
        let grid = |medium| columns::table(network, &self.view(medium)).map_err(|error| no_column(&error));
        let wide = grid(if self.format == DataFormat::Csv { Medium::Data } else { Medium::Wide })?;
        if width.is_some_and(|width| table::width(&wide) > width) { grid(Medium::Narrow) } else { Ok(wide) }
    }
}

/// Runs the command.
pub(super) fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    arguments.fit()?;
    if let Some(combinations) = Sweep::new(&arguments.net.set)? {
        return sweep(session, arguments, &combinations);
    }
    let (loaded, code) = load_all(session, &arguments.files, &arguments.net)?;
    let numbers = loaded.iter().map(|one| arguments.count(&one.network)).collect::<Result<Vec<_>, _>>()?;
    let mut networks: Vec<Network<'_>> =
        loaded.iter().zip(&numbers).map(|(one, numbers)| document(one, numbers, arguments.by())).collect();
    let order = Order { sort: arguments.sort.clone(), top: arguments.top };
    for network in &mut networks {
        columns::arrange(network, &order).map_err(|error| no_column(&error))?;
    }
    if !networks.is_empty() {
        write(arguments, &networks)?;
    }
    Ok(code)
}

/// Counts each file under each combination of parameters; one that fails is a line too.
fn sweep(session: &Session, arguments: &Arguments, combinations: &Sweep) -> Result<u8, Failure> {
    if let Some(option) = arguments.chosen() {
        return Err(Failure::usage(format!("`{option}` is for one network: combinations give one line each"))
            .help("give each parameter one value"));
    }
    let mut progress = Progress::new(session, combinations.count(arguments.files.len())?, "combinations");
    let options = arguments.options();
    let parameters = combinations.names().map(str::to_owned).collect();
    let asked = (options.batch, convention::name(options.convention), options.dtype.name());
    let (mut document, mut code) = (report::sweep::Sweep::new(asked, parameters), 0);
    for path in &arguments.files {
        let text = match load::read(session, path) {
            Ok(text) => text,
            Err(failure) => {
                code = code.max(failure.report());
                continue;
            }
        };
        for set in combinations.combinations() {
            let (row, own) = combination(session, arguments, (path, &text), set)?;
            code = code.max(own);
            document.combinations.push(row);
            progress.at(document.combinations.len());
        }
    }
    drop(progress);
    if !document.combinations.is_empty() {
        write_sweep(arguments, &document)?;
    }
    Ok(code)
}

/// One combination, and the exit code that it calls for. A parameter that the net does not have is wrong in all of them.
fn combination(
    session: &Session,
    arguments: &Arguments,
    (path, text): (&Path, &str),
    set: Vec<(String, String)>,
) -> Result<(Combination, u8), Failure> {
    let values = set.iter().map(|(name, text)| (name.clone(), json_value(&compile::literal(text)))).collect();
    let row = Combination::new(files::shown(path), values);
    let compiled = load::compile_text(session, path, text.to_owned(), &NetOptions { set, root: arguments.net.root.clone() });
    if compiled.diagnostics.iter().any(|found| found.is_error() && found.code == Code::UnknownKnob) {
        return load::show(path, compiled).map(|_| (row, TROUBLE));
    }
    let said = |found: &Diagnostic| format!("{}: {}", found.code.id(), found.message);
    let loaded = match Loaded::new(files::shown(path), compiled) {
        Ok(loaded) => loaded,
        Err((_, errors)) => {
            return Ok((Combination { error: errors.first().map(said), ..row }, exit_code(&errors).max(FINDINGS)));
        }
    };
    let row = Combination { error: loaded.errors.first().map(said), ..row };
    match arguments.count(&loaded.network) {
        Ok(numbers) => Ok((row.counted(&document(&loaded, &numbers, None)), exit_code(&loaded.errors))),
        Err(Failure::Diagnostic(found)) if found.code == Code::CountOverflow => {
            Ok((Combination { error: Some(said(&found)), ..row }, FINDINGS))
        }
        Err(failure) => Err(failure),
    }
}

/// A value as data; what only a program can hold does not come from the command line.
fn json_value(value: &Value) -> serde_json::Value {
    match value {
        Value::Int(n) => (*n).into(),
        Value::Float(x) => (*x).into(),
        Value::Bool(b) => (*b).into(),
        Value::Str(text) => text.as_ref().into(),
        Value::List(items) => items.iter().map(json_value).collect(),
        Value::Tensor(_) | Value::Tuple(_) | Value::Shared(_) | Value::Nothing | Value::Poison => serde_json::Value::Null,
    }
}

fn write_sweep(arguments: &Arguments, document: &report::sweep::Sweep) -> Result<(), Failure> {
    match arguments.format {
        DataFormat::Table => {
            let grid = table::draw(&document.grid(false), Session::width());
            Session::report(&format!("{}\n\n{grid}", document.title()))
        }
        DataFormat::Markdown => {
            let grid = document.grid(false).markdown();
            Session::data(|out| write!(out, "# {}\n\n{grid}", escape_markdown(&document.title())))
        }
        DataFormat::Csv => {
            let text = document.grid(true).csv();
            Session::data(|out| out.write_all(text.as_bytes()))
        }
        DataFormat::Json => Session::data(|out| serial::json(out, document)),
        DataFormat::Yaml => Session::data(|out| serial::yaml(out, document)),
    }
}

fn document<'a>(loaded: &'a Loaded, numbers: &'a Numbers, by: Option<By>) -> Network<'a> {
    let subject = Subject {
        source: &loaded.name,
        sources: loaded.sources(),
        shaped: loaded.shaped(),
        analysis: &numbers.analysis,
        notes: loaded.notes(),
        forecast: numbers.forecast.as_ref(),
    };
    let mut network = Network::new(&subject);
    if let Some(training) = &numbers.training {
        network.train(training);
    }
    if let Some(by) = by {
        network.group(&subject, by);
    }
    network
}

fn write(arguments: &Arguments, networks: &[Network<'_>]) -> Result<(), Failure> {
    let several = arguments.files.len() > 1;
    let width = if arguments.format == DataFormat::Table { Session::width() } else { None };
    let grid = || match networks {
        [one] if !several => arguments.table(one, width),
        many => Ok(summary::summary(many)),
    };
    match arguments.format {
        DataFormat::Table => {
            let mut text = table::draw(&grid()?, width);
            if let [one] = networks
                && !several
            {
                text = format!("{}\n\n{text}\n{}", network_text::title(one), network_text::terminal(one, width));
                if let Some(step) = &one.training {
                    text = format!("{text}\n{}{}\n", table::draw(&training::grid(step), width), training::LEFT_OUT);
                }
            }
            Session::report(&text)
        }
        DataFormat::Markdown => {
            let mut text = grid()?.markdown();
            if let [one] = networks
                && !several
            {
                text = format!("# {}\n\n{text}\n{}", one.net, network_text::markdown(one));
                if let Some(step) = &one.training {
                    text = format!("{text}\n{}\n{}\n", training::grid(step).markdown(), training::LEFT_OUT);
                }
            }
            Session::data(|out| out.write_all(text.as_bytes()))
        }
        DataFormat::Csv => {
            let text = grid()?.csv();
            Session::data(|out| out.write_all(text.as_bytes()))
        }
        DataFormat::Json => Session::data(|out| match networks {
            [one] if !several => serial::json(out, one),
            many => serial::json(out, many),
        }),
        DataFormat::Yaml => Session::data(|out| match networks {
            [one] if !several => serial::yaml(out, one),
            many => serial::yaml(out, many),
        }),
    }
}

fn dtype_names() -> clap::builder::PossibleValuesParser {
    Dtype::ALL.iter().map(|dtype| dtype.name()).collect::<Vec<_>>().into()
}

fn optimizer_names() -> clap::builder::PossibleValuesParser {
    Optimizer::ALL.iter().map(|optimizer| optimizer.name()).collect::<Vec<_>>().into()
}

fn no_column(error: &NoColumn) -> Failure {
    Failure::usage(format!("there is no column `{}`", error.key)).help(format!("columns are {}", error.known.join(", ")))
}
