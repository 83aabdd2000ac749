//! `run`: a network executed.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::failure::{Failure, exit_code};
use super::files;
use super::load::{Loaded, load};
use super::options::NetOptions;
use super::output::Output;
use super::room::Room;
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
use crate::visible::in_a_line;

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
    let dumps = dumps(&arguments.dump)?;
    let claims = claims(arguments.output.iter().chain(&arguments.dump))?;
    let mut options = arguments.engine.run_options();
    let mut room = Room::new(arguments.engine.memory);
    let loaded = load(session, &arguments.file, &arguments.net)?;
    let shaped = loaded.shaped();
    options.profile = arguments.profile;
    options.dump = dumps.keys().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let outputs = outputs(&loaded, &arguments.output)?;
    let labels = labels(arguments, shaped, &mut room)?;
    // Checked first for the batch that the options say, then for the one that the files have.
    tensors::allow(&[shaped], arguments.batch.unwrap_or(1), &options, &room)?;
    let mut inputs = tensors::given(shaped, &arguments.input, &arguments.pictures, &room)?;
    let batch = arguments.batch.or_else(|| tensors::batch(&inputs)).unwrap_or(1);
    tensors::allow(&[shaped], tensors::batch(&inputs).unwrap_or(batch), &options, &room)?;
    tell_random(session, shaped, arguments);
    tensors::fill(shaped, &mut inputs, (batch, arguments.seed), &room)?;
    let weights = {
        let mut room = room;
        room.hold(tensors::bytes_of(inputs.values()), "running")?;
        tensors::weights(session, shaped, &arguments.file, arguments.weights.as_deref(), (arguments.seed, &room))?
    };
    let mut prepared = prepare(shaped, &weights, &options).map_err(|error| tensors::failed(&error))?;
    let start = Instant::now();
    let result = prepared.run(&inputs).map_err(|error| tensors::failed(&error))?;
    let took = start.elapsed().as_secs_f64() * 1e3;
    let dumped = dumps.into_iter().map(|(name, path)| (path, &result.dumped[name]));
    let named = result.outputs.iter().filter_map(|(name, tensor)| Some((*outputs.get(name.as_str())?, tensor)));
    for (path, tensor) in dumped.chain(named) {
        let claimed = claims.iter().find(|output| output.path() == path).expect("every file was claimed");
        claimed.write(session, |out| npy::write_to(tensor, out))?;
    }
    session.notice(&format!(
        "ran in {} ({} MACs, {}/s)",
        milliseconds(took),
        magnitude(result.macs),
        magnitude((result.macs as f64 / took * 1e3) as u64)
    ));
    let is_quiet = outputs.values().any(|path| files::is_dash(path));
    let names = labels.as_deref().map(|text| text.lines().take(classes(shaped)).collect::<Vec<&str>>());
    for (name, tensor) in &result.outputs {
        if let Some(names) = names.as_deref().filter(|_| arguments.top.is_some()) {
            count_labels(session, names, name, tensor);
        }
        if !is_quiet {
            tell(name, tensor, arguments.top, names.as_deref().unwrap_or_default())?;
        }
    }
    if arguments.profile && !is_quiet {
        Session::report(&format!("\n{}", table::draw(&profile(&loaded, &result), Session::width())))?;
    }
    Ok(exit_code(&loaded.errors))
}

/// The files that are written, each once.
fn claims<'a>(named: impl Iterator<Item = &'a Named>) -> Result<Vec<Output>, Failure> {
    named.map(|named| Output::claim(&named.path)).collect()
}

/// The most elements that an output has for one image.
fn classes(shaped: &Shaped) -> usize {
    let elements = shaped.graph().outputs().iter().filter_map(|(_, id)| shaped.shape(*id).elements());
    elements.max().and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX)
}

/// The text of the labels, held with what is kept to show the largest elements.
fn labels(arguments: &Arguments, shaped: &Shaped, room: &mut Room) -> Result<Option<String>, Failure> {
    let text = arguments.labels.as_deref().map(files::read_text).transpose()?;
    let (classes, bytes) = (classes(shaped) as u64, text.as_ref().map_or(0, String::len) as u64);
    let ranks = (arguments.top.unwrap_or(0) as u64).min(classes).saturating_mul(RANK_BYTES);
    let names = bytes.saturating_add(classes.min(bytes).saturating_mul(size_of::<&str>() as u64));
    room.hold(names.saturating_add(ranks), "showing the largest elements with their labels")?;
    Ok(text)
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

/// Text that is written at once.
const CHUNK: usize = 1 << 16;

/// Shows an output and its largest elements, as they are found: all of them may be many more bytes than the tensor.
fn tell(name: &str, tensor: &Tensor, top: Option<usize>, labels: &[&str]) -> Result<(), Failure> {
    let mut text = describe(name, tensor);
    let images = tensor.dims().first().copied().unwrap_or(1).max(1);
    let size = (tensor.data().len() / images).max(1);
    for (image, data) in tensor.data().chunks(size).enumerate().take(top.map_or(0, |_| usize::MAX)) {
        if images > 1 {
            let _ = writeln!(text, "  image {image}");
        }
        for i in largest(data, top.unwrap_or(0)) {
            let label = labels.get(i).map_or(Cow::Borrowed(""), |label| in_a_line(label));
            let _ = writeln!(text, "  {i:>5}  {:>10.4}  {label}", data[i]);
            if text.len() > CHUNK {
                Session::say(&text)?;
                text.clear();
            }
        }
    }
    Session::say(&text)
}

/// `logits  [1, 1000]  min -1.23  mean 0.01  max 2.31  3 NaN`, the numbers those of the finite elements.
fn describe(name: &str, tensor: &Tensor) -> String {
    let dims = tensor.dims().iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    let finite = || tensor.data().iter().copied().filter(|x| x.is_finite());
    let count = finite().count();
    let mut text = format!("{}  [{dims}]", in_a_line(name));
    if let Some(min) = finite().reduce(f32::min) {
        let max = finite().fold(min, f32::max);
        let mean = finite().map(f64::from).sum::<f64>() / count as f64;
        let _ = write!(text, "  min {min:.4}  mean {mean:.4}  max {max:.4}");
    }
    let nan = tensor.data().iter().filter(|x| x.is_nan()).count();
    let infinite = tensor.data().len() - count - nan;
    for (count, what) in [(nan, "NaN"), (infinite, "infinite")] {
        if count > 0 {
            let _ = write!(text, "  {count} {what}");
        }
    }
    text.push('\n');
    text
}

/// Says where there are fewer names than classes.
fn count_labels(session: &Session, names: &[&str], output: &str, tensor: &Tensor) {
    let classes = tensor.data().len() / tensor.dims().first().copied().unwrap_or(1).max(1);
    if names.len() < classes {
        let names = counted(names.len(), "name");
        session.notice(&format!("warning: `--labels` has {names} for the {classes} elements of `{output}`"));
    }
}

/// What an element takes among the largest, with as much again while they are sorted.
const RANK_BYTES: u64 = 48;

/// Where the largest elements are, the largest first; of equal ones the first. Holds no more than are asked for.
fn largest(data: &[f32], top: usize) -> Vec<usize> {
    let before = |a: usize, b: usize| data[b].total_cmp(&data[a]).then(a.cmp(&b));
    let (top, mut found) = (top.min(data.len()), Vec::new());
    for i in 0..data.len() {
        // Twice as many as are asked for are gathered before the lesser half is given up.
        if found.len() == 2 * top {
            if top == 0 {
                break;
            }
            found.select_nth_unstable_by(top - 1, |a, b| before(*a, *b));
            found.truncate(top);
        }
        found.push(i);
    }
    found.sort_unstable_by(|a, b| before(*a, *b));
    found.truncate(top);
    found
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

#[cfg(test)]
mod tests {
    use super::largest;

    #[test]
    fn the_largest_are_those_of_a_sort() {
        let data: Vec<f32> = (0..997).map(|i| ((i * 7919) % 101) as f32 - 50.0).chain([f32::NAN, f32::NEG_INFINITY]).collect();
        let mut all: Vec<usize> = (0..data.len()).collect();
        all.sort_by(|a, b| data[*b].total_cmp(&data[*a]));
        for top in [0, 1, 2, 5, 100, 998, 999, 5000, usize::MAX] {
            assert_eq!(largest(&data, top), all[..top.min(data.len())], "{top}");
        }
        assert!(largest(&[], 3).is_empty());
    }
}
