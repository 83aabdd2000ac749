//! `run`: a network executed, in steps: where is written, what is read, the run, what is written and shown.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use super::elements::Top;
use super::failure::{Failure, exit_code};
use super::files;
use super::load::{Loaded, load};
use super::options::NetOptions;
use super::output::Output;
use super::room::Room;
use super::session::Session;
use super::tensors::{self, EngineOptions, Named, PictureOptions};
use super::weights::{self, MapOptions, WeightFile};
use crate::code::Code;
use crate::exec::{RunOptions, RunResult, prepare};
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
    /// Weights as safetensors, of a `.cfg` also as `.weights`; otherwise the file beside the network, otherwise seeded ones.
    #[arg(short, long, value_name = "FILE")]
    weights: Option<PathBuf>,
    #[command(flatten)]
    names: MapOptions,
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
    let written = Written::claim(arguments)?;
    let mut room = Room::new(arguments.engine.memory);
    let loaded = load(session, &arguments.file, &arguments.net)?;
    let outputs = outputs(&loaded, &arguments.output)?;
    let top = Top::read(arguments.top, arguments.labels.as_deref(), loaded.shaped(), &mut room)?;
    let result = execute(session, arguments, (&loaded, &written.options(arguments)), room)?;
    written.write(session, &result, &outputs)?;
    let is_quiet = outputs.values().any(|path| files::is_dash(path));
    top.show(session, &result.outputs, is_quiet)?;
    if arguments.profile && !is_quiet {
        Session::report(&format!("\n{}", table::draw(&profile(&loaded, &result), Session::width())))?;
    }
    Ok(exit_code(&loaded.errors))
}

/// The files that will be written, tried before the work.
struct Written<'a> {
    /// Layers by name, and where their output goes.
    dumps: BTreeMap<&'a str, &'a Path>,
    /// All files, those of outputs too.
    claims: Vec<Output>,
}

impl<'a> Written<'a> {
    fn claim(arguments: &'a Arguments) -> Result<Self, Failure> {
        let all = || arguments.output.iter().chain(&arguments.dump);
        all().try_for_each(|named| is_array(&named.path))?;
        let dumps = dumps(&arguments.dump)?;
        let claims = all().map(|named| Output::claim(&named.path)).collect::<Result<_, _>>()?;
        Ok(Self { dumps, claims })
    }

    /// The options of a run that keeps what is written.
    fn options(&self, arguments: &Arguments) -> RunOptions {
        let dump = self.dumps.keys().map(|name| (*name).to_owned()).collect();
        RunOptions { profile: arguments.profile, dump, ..arguments.engine.run_options() }
    }

    fn write(&self, session: &Session, result: &RunResult, outputs: &BTreeMap<&str, &Path>) -> Result<(), Failure> {
        let dumped = self.dumps.iter().map(|(name, path)| (*path, &result.dumped[*name]));
        let named = result.outputs.iter().filter_map(|(name, tensor)| Some((*outputs.get(name.as_str())?, tensor)));
        for (path, tensor) in dumped.chain(named) {
            let claimed = self.claims.iter().find(|output| output.path() == path).expect("every file was claimed");
            claimed.write(session, |out| npy::write_to(tensor, out))?;
        }
        Ok(())
    }
}

/// Reads or makes inputs and weights, runs the network on them, and says how long it took.
fn execute(
    session: &Session,
    arguments: &Arguments,
    (loaded, options): (&Loaded, &RunOptions),
    room: Room,
) -> Result<RunResult, Failure> {
    let shaped = loaded.shaped();
    let inputs = inputs(session, arguments, (shaped, options), &room)?;
    let weights = {
        let mut room = room;
        room.hold(tensors::bytes_of(inputs.values()), "running")?;
        let named = arguments.weights.as_deref().map(|path| WeightFile { path, map: arguments.names.map.as_deref() });
        weights::weights(session, shaped, (&arguments.file, named), (arguments.seed, &room))?
    };
    let mut prepared = prepare(shaped, &weights, options).map_err(|error| tensors::failed(&error))?;
    let start = Instant::now();
    let result = prepared.run(&inputs).map_err(|error| tensors::failed(&error))?;
    let took = start.elapsed().as_secs_f64() * 1e3;
    session.notice(&format!(
        "ran in {} ({} MACs, {}/s)",
        milliseconds(took),
        magnitude(result.macs),
        magnitude((result.macs as f64 / took * 1e3) as u64)
    ));
    Ok(result)
}

/// Every input of the network: from its file, or seeded.
fn inputs(
    session: &Session,
    arguments: &Arguments,
    (shaped, options): (&Shaped, &RunOptions),
    room: &Room,
) -> Result<BTreeMap<String, Tensor>, Failure> {
    // Checked first for the batch that the options say, then for the one that the files have.
    tensors::allow(&[shaped], arguments.batch.unwrap_or(1), options, room)?;
    let mut inputs = tensors::given(shaped, &arguments.input, &arguments.pictures, room)?;
    let batch = arguments.batch.or_else(|| tensors::batch(&inputs)).unwrap_or(1);
    tensors::allow(&[shaped], tensors::batch(&inputs).unwrap_or(batch), options, room)?;
    tell_random(session, shaped, arguments);
    tensors::fill(shaped, &mut inputs, (batch, arguments.seed), room)?;
    Ok(inputs)
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
fn is_array(path: &Path) -> Result<(), Failure> {
    if files::is_dash(path) || files::has_extension(path, "npy") {
        return Ok(());
    }
    let failure = Failure::usage(format!("`{}` is not an `.npy` file", files::shown(path)));
    Err(failure.help("tensors are written as NumPy arrays: name a file that ends in `.npy`"))
}

fn dumps(given: &[Named]) -> Result<BTreeMap<&str, &Path>, Failure> {
    let one = |named: &'_ Named| named.name.is_some();
    if let Some(bare) = given.iter().find(|named| !one(named)) {
        return Err(Failure::usage(format!("which layer is to be written to `{}`?", files::shown(&bare.path)))
            .help("write `--dump LAYER=FILE`; a name with other characters stands in backquotes"));
    }
    let mut all = BTreeMap::new();
    for (name, path) in given.iter().filter_map(|named| Some((named.name.as_deref()?, named.path.as_path()))) {
        if all.insert(name, path).is_some() {
            return Err(Failure::usage(format!("the layer `{name}` is to be written twice")));
        }
    }
    Ok(all)
}

fn outputs<'a>(loaded: &'a Loaded, given: &'a [Named]) -> Result<BTreeMap<&'a str, &'a Path>, Failure> {
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
