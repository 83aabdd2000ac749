//! `run`: a network executed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::failure::{Failure, exit_code};
use super::files;
use super::load::{Loaded, load};
use super::options::NetOptions;
use super::session::Session;
use super::tensors::{self, EngineOptions, Named, PictureOptions};
use crate::code::Code;
use crate::digits::counted;
use crate::exec::{RunResult, prepare};
use crate::interchange::npy;
use crate::report::grid::{Cell, Grid, Heading};
use crate::report::number::{magnitude, milliseconds, share};
use crate::report::table;
use crate::shape::Shaped;
use crate::tensor::Tensor;

/// Arguments of `run`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The network; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    net: NetOptions,
    /// An input from an `.npy` file or a picture; seeded numbers stand in for what is not given.
    #[arg(short, long, value_name = "NAME=FILE", value_parser = tensors::named)]
    input: Vec<Named>,
    /// Write an output to an `.npy` file.
    #[arg(short, long, value_name = "NAME=FILE", value_parser = tensors::named)]
    output: Vec<Named>,
    /// Weights as safetensors; otherwise the file beside the network, otherwise seeded ones.
    #[arg(short, long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Seed of inputs and weights that are not given.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Images at once, where no input says so.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1 << 20))]
    batch: Option<u64>,
    /// Show the N largest elements of each output.
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    /// Names of classes, one a line, for `--top`.
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Show the time of each layer.
    #[arg(long)]
    profile: bool,
    /// Write the output of a layer to an `.npy` file.
    #[arg(long, value_name = "LAYER=FILE", value_parser = tensors::named)]
    dump: Vec<Named>,
    #[command(flatten)]
    engine: EngineOptions,
    #[command(flatten)]
    pictures: PictureOptions,
}

/// Runs the command.
pub(super) fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    arguments.output.iter().chain(&arguments.dump).try_for_each(|named| is_array(&named.path))?;
    let mut options = arguments.engine.run_options();
    let loaded = load(session, &arguments.file, &arguments.net)?;
    let shaped = loaded.shaped();
    let dumps = dumps(&arguments.dump)?;
    options.profile = arguments.profile;
    options.dump = dumps.keys().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let outputs = outputs(&loaded, &arguments.output)?;
    let labels = arguments.labels.as_deref().map(files::read_text).transpose()?;
    // Checked first for the batch that the options say; what the files say is checked by the run itself.
    tensors::allow(shaped, arguments.batch.unwrap_or(1), &options)?;
    let inputs = tensors::inputs(shaped, &arguments.input, &arguments.pictures, (arguments.batch, arguments.seed))?;
    tell_random(session, shaped, arguments);
    let batch = inputs.values().next().and_then(|t| t.dims().first().copied()).unwrap_or(1);
    tensors::allow(shaped, batch as u64, &options)?;
    let weights = tensors::weights(session, shaped, &arguments.file, arguments.weights.as_deref(), arguments.seed)?;
    let mut prepared = prepare(shaped, &weights, &options).map_err(|error| tensors::failed(&error))?;
    let start = Instant::now();
    let result = prepared.run(&inputs).map_err(|error| tensors::failed(&error))?;
    let took = start.elapsed().as_secs_f64() * 1e3;
    for (name, path) in dumps {
        save(path, &result.dumped[name])?;
    }
    for (name, tensor) in &result.outputs {
        if let Some(path) = outputs.get(name.as_str()) {
            save(path, tensor)?;
        }
    }
    session.notice(&format!(
        "ran in {} ({} MACs, {}/s)",
        milliseconds(took),
        magnitude(result.macs),
        magnitude((result.macs as f64 / took * 1e3) as u64)
    ));
    let mut text = String::new();
    for (name, tensor) in &result.outputs {
        describe(&mut text, name, tensor);
        if let Some(top) = arguments.top {
            if let Some(labels) = &labels {
                count_labels(session, labels, name, tensor);
            }
            largest(&mut text, tensor, top, labels.as_deref());
        }
    }
    if arguments.profile {
        let _ = write!(text, "\n{}", table::draw(&profile(&loaded, &result), Session::width()));
    }
    let to_stdout = outputs.values().any(|path| files::is_dash(path));
    if !to_stdout {
        Session::report(&text)?;
    }
    Ok(exit_code(&loaded.errors))
}

fn save(path: &std::path::Path, tensor: &Tensor) -> Result<(), Failure> {
    let bytes = npy::write(tensor);
    files::write(path, |out| out.write_all(&bytes))
}

/// Inputs that no file is given for are made from the seed, which is not to be taken for data.
fn tell_random(session: &Session, shaped: &Shaped, arguments: &Arguments) {
    // Where one is given without a name, there is only one.
    if arguments.input.iter().any(|given| given.name.is_none()) {
        return;
    }
    let is_given = |name: &str| arguments.input.iter().any(|given| given.name.as_deref() == Some(name));
    let graph = shaped.graph();
    let random: Vec<String> = graph
        .inputs()
        .iter()
        .map(|id| graph.node(*id).name.as_str())
        .filter(|name| !is_given(name))
        .map(|name| format!("`{name}`"))
        .collect();
    if !random.is_empty() {
        let (are, seed) = (if random.len() == 1 { "input is" } else { "inputs are" }, arguments.seed);
        session.notice(&format!("{are} random (seed {seed}): {}; give --input for real ones", random.join(", ")));
    }
}

/// Refuses names of files that are no arrays.
fn is_array(path: &std::path::Path) -> Result<(), Failure> {
    if files::is_dash(path) || files::has_extension(path, "npy") {
        return Ok(());
    }
    let failure = Failure::usage(format!("`{}` is not an `.npy` file", files::shown(path)));
    Err(failure.help("tensors are written as NumPy arrays: name a file that ends in `.npy`"))
}

fn dumps(given: &[Named]) -> Result<BTreeMap<&str, &std::path::Path>, Failure> {
    let one = |named: &'_ Named| named.name.is_some();
    if let Some(bare) = given.iter().find(|named| !one(named)) {
        return Err(Failure::usage(format!("which layer is to be written to `{}`?", files::shown(&bare.path)))
            .help("write `--dump LAYER=FILE`; a name with other characters stands in backquotes"));
    }
    Ok(given.iter().filter_map(|named| Some((named.name.as_deref()?, named.path.as_path()))).collect())
}

fn outputs<'a>(loaded: &'a Loaded, given: &'a [Named]) -> Result<BTreeMap<&'a str, &'a std::path::Path>, Failure> {
    let names: Vec<&str> = loaded.shaped().graph().outputs().iter().map(|(name, _)| name.as_str()).collect();
    let mut all = BTreeMap::new();
    for Named { name, path } in given {
        let name = match (name.as_deref(), names.as_slice()) {
            (Some(name), names) if names.contains(&name) => name,
            (None, [only]) => only,
            (Some(name), _) => {
                return Err(Failure::new(
                    Code::BadInput,
                    format!("the network has no output `{name}`; it has {}", names.join(", ")),
                ));
            }
            (None, _) => {
                let failure = Failure::usage(format!("which output is to be written to `{}`?", files::shown(path)));
                return Err(failure.help(format!("write `--output NAME=FILE`; outputs are {}", names.join(", "))));
            }
        };
        if all.insert(name, path.as_path()).is_some() {
            return Err(Failure::usage(format!("the output `{name}` is to be written twice")));
        }
    }
    Ok(all)
}

/// `logits  [1, 1000]  min -1.23  mean 0.01  max 2.31  3 NaN`, the numbers those of the finite elements.
fn describe(text: &mut String, name: &str, tensor: &Tensor) {
    let dims = tensor.dims().iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    let finite: Vec<f32> = tensor.data().iter().copied().filter(|x| x.is_finite()).collect();
    let _ = write!(text, "{name}  [{dims}]");
    if let Some(min) = finite.iter().copied().reduce(f32::min) {
        let max = finite.iter().copied().fold(min, f32::max);
        let mean = finite.iter().map(|x| f64::from(*x)).sum::<f64>() / finite.len() as f64;
        let _ = write!(text, "  min {min:.4}  mean {mean:.4}  max {max:.4}");
    }
    let nan = tensor.data().iter().filter(|x| x.is_nan()).count();
    let infinite = tensor.data().len() - finite.len() - nan;
    for (count, what) in [(nan, "NaN"), (infinite, "infinite")] {
        if count > 0 {
            let _ = write!(text, "  {count} {what}");
        }
    }
    text.push('\n');
}

/// Says where there are fewer names than classes.
fn count_labels(session: &Session, labels: &str, output: &str, tensor: &Tensor) {
    let classes = tensor.data().len() / tensor.dims().first().copied().unwrap_or(1).max(1);
    let names = labels.lines().count();
    if names < classes {
        session.notice(&format!("warning: `--labels` has {} for the {classes} elements of `{output}`", counted(names, "name")));
    }
}

/// The largest elements of each image.
fn largest(text: &mut String, tensor: &Tensor, top: usize, labels: Option<&str>) {
    let labels: Vec<&str> = labels.map(|text| text.lines().collect()).unwrap_or_default();
    let images = tensor.dims().first().copied().unwrap_or(1).max(1);
    let size = tensor.data().len() / images;
    for (image, data) in tensor.data().chunks(size.max(1)).enumerate() {
        if images > 1 {
            let _ = writeln!(text, "  image {image}");
        }
        let mut order: Vec<usize> = (0..data.len()).collect();
        order.sort_by(|a, b| data[*b].total_cmp(&data[*a]));
        for i in order.into_iter().take(top) {
            let label = labels.get(i).copied().unwrap_or("");
            let _ = writeln!(text, "  {i:>5}  {:>10.4}  {label}", data[i]);
        }
    }
}

/// A row a layer: its time, its share, its speed.
fn profile(loaded: &Loaded, result: &RunResult) -> Grid {
    let shaped = loaded.shaped();
    let heading = |key, title| Heading { key, title };
    let total: u128 = result.timings.iter().map(|(_, time)| time.as_nanos()).sum();
    let batch = result.outputs.first().and_then(|(_, t)| t.dims().first().copied()).unwrap_or(1) as u64;
    let row = |(id, time): &(crate::graph::NodeId, std::time::Duration)| {
        let node = shaped.graph().node(*id);
        let macs = loaded.network.analysis.layer(*id).map_or(0, |layer| layer.work.macs.saturating_mul(batch));
        let gmacs = if macs > 0 { Cell::Number(macs as f64 / time.as_secs_f64().max(1e-9) / 1e9) } else { Cell::Empty };
        vec![
            Cell::Name(node.name.to_string()),
            Cell::Text(node.op.keyword().to_owned()),
            Cell::Ms(time.as_secs_f64() * 1e3),
            Cell::Share(share(time.as_nanos() as u64, total as u64)),
            gmacs,
        ]
    };
    Grid {
        headings: vec![
            heading("name", "layer"),
            heading("op", "op"),
            heading("ms", "time"),
            heading("share", "share"),
            heading("gmacs_per_s", "GMAC/s"),
        ],
        rows: result.timings.iter().map(row).collect(),
        footer: Some(vec![Cell::Text("total".into()), Cell::Empty, Cell::Ms(total as f64 / 1e6), Cell::Empty, Cell::Empty]),
    }
}
