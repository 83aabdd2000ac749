//! `bench`: the latency of networks, measured in turn.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::failure::Failure;
use super::load::{Loaded, load_all};
use super::options::{DataFormat, NetOptions, find_target};
use super::room::Room;
use super::session::Session;
use super::tensors::{self, EngineOptions};
use super::weights::{self, MapOptions, WeightFile};
use crate::analysis::target::Target;
use crate::exec::timing::{Stats, stats};
use crate::exec::{self, RunOptions};
use crate::report::grid::{Cell, Grid, Heading};
use crate::report::{SCHEMA_VERSION, serial, table};
use crate::shape::Shaped;
use crate::tensor::Tensor;
use crate::weights::Weights;

/// Arguments of `bench`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Networks; several are run in turn.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    net: NetOptions,
    /// Weights as safetensors, of a `.cfg` also as `.weights`, of one network; without them seeded ones, which take as long.
    #[arg(short, long, value_name = "FILE")]
    weights: Option<PathBuf>,
    #[command(flatten)]
    names: MapOptions,
    #[command(flatten)]
    engine: EngineOptions,
    /// Images at once.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    batch: u64,
    /// Measured runs of each network.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    runs: u32,
    /// The machine whose roof layers are compared with.
    #[arg(long, value_name = "NAME|FILE")]
    target: Option<String>,
    /// How it is written.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: DataFormat,
}

/// Measured times of one network.
#[derive(Debug, Serialize)]
struct Document<'a> {
    schema_version: u32,
    net: &'a str,
    source: &'a str,
    engine: &'a str,
    threads: usize,
    batch: u64,
    runs: usize,
    min_ms: f64,
    median_ms: f64,
    p90_ms: f64,
    p99_ms: f64,
    images_per_s: f64,
    gmacs_per_s: f64,
    layers: Vec<LayerRow<'a>>,
}

/// One layer of a profiled run.
#[derive(Debug, Serialize)]
struct LayerRow<'a> {
    name: &'a str,
    op: &'static str,
    ms: f64,
    gflops_per_s: f64,
    /// Share of the target's peak; absent without a target.
    #[serde(skip_serializing_if = "Option::is_none")]
    share_of_roof: Option<f64>,
}

/// What the time of a run takes, with as much again while they are sorted.
const SAMPLE_BYTES: u64 = 4 * size_of::<Duration>() as u64;

/// Runs the command.
pub(super) fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    if arguments.weights.is_some() && arguments.files.len() > 1 {
        let failure = Failure::usage(format!("`--weights` is of one network, and {} are given", arguments.files.len()));
        return Err(failure.help("leave it out: how long a network takes does not depend on its weights"));
    }
    let options = arguments.engine.run_options();
    let target = arguments.target.as_deref().map(find_target).transpose()?;
    let (loaded, code) = load_all(session, &arguments.files, &arguments.net)?;
    if loaded.is_empty() && matches!(arguments.format, DataFormat::Table | DataFormat::Markdown) {
        return Ok(code);
    }
    let shaped: Vec<&Shaped> = loaded.iter().map(Loaded::shaped).collect();
    let samples = u64::from(arguments.runs).saturating_mul(SAMPLE_BYTES).saturating_mul(loaded.len() as u64);
    let mut room = Room::new(arguments.engine.memory);
    room.hold(samples, "measuring")?;
    tensors::allow(&shaped, arguments.batch, &options, &room)?;
    let mut ready = shaped.iter().map(|shaped| tensors::seeded(shaped, arguments.batch, &room)).collect::<Result<Vec<_>, _>>()?;
    if let (Some(path), [(weights, _)], [shaped]) = (&arguments.weights, ready.as_mut_slice(), shaped.as_slice()) {
        let named = WeightFile { path, map: arguments.names.map.as_deref() };
        if let Some(trained) = weights::trained(session, shaped, (&arguments.files[0], Some(named)), &room)? {
            *weights = trained;
        }
    }
    let networks: Vec<_> = loaded.iter().zip(&ready).map(|(one, (weights, inputs))| (one.shaped(), weights, inputs)).collect();
    let samples = tensors::measured(&networks, arguments.runs, &options)?;
    let mut documents = Vec::new();
    for ((one, ready), samples) in loaded.iter().zip(&ready).zip(&samples) {
        let Some(stats) = stats(samples) else { continue };
        let layers = layers(one, ready, &options, target.as_ref())?;
        documents.push(document(one, arguments, &options, (stats, layers)));
    }
    match arguments.format {
        DataFormat::Json => Session::data(|out| match documents.as_slice() {
            [one] if arguments.files.len() == 1 => serial::json(out, one),
            many => serial::json(out, many),
        })?,
        DataFormat::Yaml => Session::data(|out| match documents.as_slice() {
            [one] if arguments.files.len() == 1 => serial::yaml(out, one),
            many => serial::yaml(out, many),
        })?,
        DataFormat::Table => Session::report(&tables(&documents))?,
        DataFormat::Markdown => Session::data(|out| out.write_all(summary(&documents).markdown().as_bytes()))?,
        DataFormat::Csv => Session::data(|out| out.write_all(summary(&documents).csv().as_bytes()))?,
    }
    Ok(code)
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn document<'a>(
    one: &'a Loaded,
    arguments: &'a Arguments,
    options: &RunOptions,
    (stats, layers): (Stats, Vec<LayerRow<'a>>),
) -> Document<'a> {
    let macs =
        one.network.analysis.layers.iter().fold(0u64, |sum, l| sum.saturating_add(l.work.macs)) as f64 * arguments.batch as f64;
    let median = stats.median.as_secs_f64().max(1e-9);
    Document {
        schema_version: SCHEMA_VERSION,
        net: one.shaped().graph().name(),
        source: &one.name,
        engine: options.engine.name(),
        threads: options.threads,
        batch: arguments.batch,
        runs: stats.runs,
        min_ms: ms(stats.min),
        median_ms: ms(stats.median),
        p90_ms: ms(stats.p90),
        p99_ms: ms(stats.p99),
        images_per_s: arguments.batch as f64 / median,
        gmacs_per_s: macs / median / 1e9,
        layers,
    }
}

/// One profiled run, a row a layer.
fn layers<'a>(
    one: &'a Loaded,
    (weights, inputs): &(Weights, BTreeMap<String, Tensor>),
    options: &RunOptions,
    target: Option<&Target>,
) -> Result<Vec<LayerRow<'a>>, Failure> {
    let options = RunOptions { profile: true, ..options.clone() };
    let result = exec::run(one.shaped(), weights, inputs, &options).map_err(|error| tensors::failed(&error))?;
    let batch = inputs.values().next().and_then(|t| t.dims().first().copied()).unwrap_or(1) as f64;
    let row = |(id, time): &(crate::graph::NodeId, Duration)| {
        let node = one.shaped().graph().node(*id);
        let flops = one.network.analysis.layer(*id).map_or(0.0, |layer| layer.flops as f64 * batch);
        let gflops = flops / time.as_secs_f64().max(1e-9) / 1e9;
        let peak = |t: &Target| if options.threads == 1 { t.peak_gflops.one } else { t.peak_gflops.all };
        LayerRow {
            name: &node.name,
            op: node.op.keyword(),
            ms: ms(*time),
            gflops_per_s: gflops,
            share_of_roof: target.map(|t| gflops / peak(t)),
        }
    };
    Ok(result.timings.iter().map(row).collect())
}

/// A row a network.
fn summary(documents: &[Document<'_>]) -> Grid {
    let heading = |key, title| Heading { key, title };
    let headings = vec![
        heading("net", "net"),
        heading("min_ms", "fastest"),
        heading("median_ms", "median"),
        heading("p90_ms", "90 %"),
        heading("p99_ms", "99 %"),
        heading("images_per_s", "images/s"),
        heading("gmacs_per_s", "GMAC/s"),
    ];
    let row = |d: &Document<'_>| {
        let times = [d.min_ms, d.median_ms, d.p90_ms, d.p99_ms].map(Cell::Ms);
        let mut row = vec![Cell::Name(d.net.to_owned())];
        row.extend(times);
        row.extend([Cell::Number(d.images_per_s), Cell::Number(d.gmacs_per_s)]);
        row
    };
    Grid { headings, rows: documents.iter().map(row).collect(), footer: None }
}

fn tables(documents: &[Document<'_>]) -> String {
    let mut text = table::draw(&summary(documents), Session::width());
    if let Some(d) = documents.first() {
        let _ =
            writeln!(text, "\n{} runs of each in turn, {} threads, batch {}, engine {}", d.runs, d.threads, d.batch, d.engine);
    }
    if let [only] = documents {
        let _ = write!(text, "\n{}", table::draw(&layer_grid(only), Session::width()));
    }
    text
}

/// Layers of a profiled run, slowest first.
fn layer_grid(d: &Document<'_>) -> Grid {
    let heading = |key, title| Heading { key, title };
    let roofed = d.layers.iter().any(|l| l.share_of_roof.is_some());
    let mut headings =
        vec![heading("name", "slowest layers"), heading("op", "op"), heading("ms", "time"), heading("gflops_per_s", "GFLOP/s")];
    if roofed {
        headings.push(heading("share_of_roof", "of the roof"));
    }
    let mut layers: Vec<&LayerRow<'_>> = d.layers.iter().collect();
    layers.sort_by(|a, b| b.ms.total_cmp(&a.ms));
    let row = |l: &&LayerRow<'_>| {
        let speed = if l.gflops_per_s > 0.0 { Cell::Number(l.gflops_per_s) } else { Cell::Empty };
        let mut row = vec![Cell::Name(l.name.to_owned()), Cell::Text(l.op.to_owned()), Cell::Ms(l.ms), speed];
        if roofed {
            row.push(l.share_of_roof.map_or(Cell::Empty, Cell::Share));
        }
        row
    };
    Grid { headings, rows: layers.iter().take(15).map(row).collect(), footer: None }
}
