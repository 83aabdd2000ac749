//! Tensors from and to files: inputs, outputs and weights.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::failure::Failure;
use super::files;
use super::machine;
use super::onnx;
use super::output::{Output, Staged};
use super::room::{MemoryOptions, Room};
use super::session::Session;
use crate::code::Code;
use crate::digits::counted;
use crate::exec::timing::measure;
use crate::exec::{EngineKind, ExecError, Memory, RunOptions, prepare, random_input, required_memory};
use crate::interchange::image::{self, ImageFault, ImageOptions, Resize};
use crate::interchange::npy;
use crate::interchange::safetensors;
use crate::op::{Op, Shape};
use crate::quote::{bare, unquoted};
use crate::report::number;
use crate::shape::Shaped;
use crate::tensor::Tensor;
use crate::weights::Weights;

/// How a network is executed.
#[derive(Debug, Clone, Args)]
pub(super) struct EngineOptions {
    /// Threads; all of the machine's by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), help_heading = "Execution")]
    pub threads: Option<u16>,
    #[command(flatten)]
    pub memory: MemoryOptions,
    /// The engine.
    #[arg(long, value_name = "ENGINE", default_value = EngineKind::default().name(), value_parser = engines(), help_heading = "Execution")]
    pub engine: EngineKind,
}

impl EngineOptions {
    /// Options of a run without dumps and profile.
    pub fn run_options(&self) -> RunOptions {
        let threads = self.threads.map_or_else(machine::threads, usize::from);
        RunOptions { engine: self.engine, threads, max_memory: Some(Room::new(self.memory).allowed()), ..RunOptions::default() }
    }
}

/// The engines by name, which help and completion list.
fn engines() -> impl TypedValueParser<Value = EngineKind> {
    let known = PossibleValuesParser::new(EngineKind::ALL.iter().map(|kind| kind.name()));
    known.map(|name| EngineKind::from_name(&name).expect("only known names are let through"))
}

/// How pictures become tensors.
#[derive(Debug, Clone, Args)]
pub(super) struct PictureOptions {
    /// Subtracted from samples in 0..1, one value a channel; `ImageNet`'s by default.
    #[arg(long, value_name = "R,G,B", value_delimiter = ',', help_heading = "Pictures")]
    pub mean: Vec<f32>,
    /// Then divided by, one value a channel; `ImageNet`'s by default.
    #[arg(long, value_name = "R,G,B", value_delimiter = ',', help_heading = "Pictures")]
    pub std: Vec<f32>,
    /// `crop` scales and cuts out the centre as torchvision does, `crop=0.875` keeping that share; `stretch` ignores the aspect.
    #[arg(long, value_name = "HOW", default_value = "crop", value_parser = resize, help_heading = "Pictures")]
    pub resize: Resize,
}

fn resize(text: &str) -> Result<Resize, String> {
    match text.split_once('=') {
        None if text == "stretch" => Ok(Resize::Stretch),
        None if text == "crop" => Ok(Resize::Crop { keep: 0.875 }),
        Some(("crop", keep)) => {
            let keep: f64 = keep.parse().map_err(|_| format!("`{keep}` is not a number"))?;
            if keep > 0.0 && keep <= 1.0 {
                Ok(Resize::Crop { keep })
            } else {
                Err("the share must be over 0 and at most 1".to_owned())
            }
        }
        None | Some(_) => Err("write `crop`, `crop=0.875` or `stretch`".to_owned()),
    }
}

/// `name=path`, or a path alone.
#[derive(Debug, Clone)]
pub(super) struct Named {
    /// The name, if one was given.
    pub name: Option<String>,
    /// The file.
    pub path: PathBuf,
}

/// Reads `name=path` or `path`; names that are no identifiers stand in backquotes, as in the language.
pub(super) fn named(text: &str) -> Result<Named, String> {
    let is_name = |name: &str| !name.is_empty() && bare(name).chars().all(|c| c.is_alphanumeric() || "_.".contains(c));
    let mut is_quoted = false;
    let equals = text.char_indices().find(|(_, c)| {
        is_quoted ^= *c == '`';
        *c == '=' && !is_quoted
    });
    match equals.map(|(at, _)| (&text[..at], &text[at + 1..])) {
        Some((name, path)) if is_name(name) && !path.is_empty() => {
            Ok(Named { name: Some(unquoted(name).into_owned()), path: path.into() })
        }
        Some(_) | None if !text.is_empty() => Ok(Named { name: None, path: text.into() }),
        Some(_) | None => Err("write `name=file`".to_owned()),
    }
}

/// The tensors of a network's inputs that are given as files.
pub(super) fn given(
    shaped: &Shaped,
    files: &[Named],
    pictures: &PictureOptions,
    room: &Room,
) -> Result<BTreeMap<String, Tensor>, Failure> {
    let graph = shaped.graph();
    let names: Vec<&str> = graph.inputs().iter().map(|id| graph.node(*id).name.as_str()).collect();
    let (mut tensors, mut room) = (BTreeMap::new(), *room);
    for Named { name, path } in files {
        let name = match (name, names.as_slice()) {
            (Some(name), _) => name.as_str(),
            (None, [only]) => only,
            (None, many) => {
                let failure = Failure::usage(format!("which input is `{}` for?", files::shown(path)));
                return Err(failure.help(format!("write `--input NAME={}`; inputs are {}", files::shown(path), many.join(", "))));
            }
        };
        let Some(id) = graph.find(name).filter(|id| matches!(graph.node(*id).op, Op::Input(_))) else {
            return Err(Failure::new(Code::BadInput, format!("the network has no input `{name}`; it has {}", names.join(", "))));
        };
        if tensors.contains_key(name) {
            return Err(Failure::usage(format!("the input `{name}` is given twice")));
        }
        let tensor = read(path, shaped.shape(id), pictures, &room)?;
        room.hold(bytes_of(std::iter::once(&tensor)), &reading(path))?;
        tensors.insert(name.to_owned(), tensor);
    }
    Ok(tensors)
}

/// The images that the first of these tensors holds.
pub(super) fn batch(tensors: &BTreeMap<String, Tensor>) -> Option<u64> {
    tensors.values().next().and_then(|t| t.dims().first().map(|n| *n as u64))
}

/// Bytes of tensors.
pub(super) fn bytes_of<'a>(tensors: impl Iterator<Item = &'a Tensor>) -> u64 {
    tensors.map(|tensor| size_of_val(tensor.data()) as u64).sum()
}

/// Adds seeded numbers for the inputs that are not given, as far as there is room for all.
pub(super) fn fill(
    shaped: &Shaped,
    tensors: &mut BTreeMap<String, Tensor>,
    (batch, seed): (u64, u64),
    room: &Room,
) -> Result<(), Failure> {
    let graph = shaped.graph();
    let missing = graph.inputs().iter().filter(|id| !tensors.contains_key(graph.node(**id).name.as_str()));
    let elements = missing.map(|id| shaped.shape(*id).elements().unwrap_or(u64::MAX)).fold(0, u64::saturating_add);
    let needed = elements.saturating_mul(4).saturating_mul(batch).saturating_add(bytes_of(tensors.values()));
    room.check(needed, "running")?;
    for (i, id) in graph.inputs().iter().enumerate() {
        let name = &graph.node(*id).name;
        if !tensors.contains_key(name.as_str()) {
            tensors.insert(name.to_string(), random_input(shaped.shape(*id), batch as usize, seed.wrapping_add(i as u64)));
        }
    }
    Ok(())
}

/// Weights and inputs for measuring: speed does not depend on their values.
pub(super) fn seeded(shaped: &Shaped, batch: u64, room: &Room) -> Result<(Weights, BTreeMap<String, Tensor>), Failure> {
    let mut inputs = BTreeMap::new();
    fill(shaped, &mut inputs, (batch, 0), room)?;
    Ok((Weights::init(shaped, 0), inputs))
}

/// What is being done, for a refusal.
pub(super) fn reading(path: &Path) -> String {
    format!("reading `{}`", files::shown(path))
}

/// A tensor from an array or a picture, as far as there is room for it and its file.
fn read(path: &Path, shape: Shape, pictures: &PictureOptions, room: &Room) -> Result<Tensor, Failure> {
    let (bytes, shown, mut room) = (files::read_bytes(path, room)?, files::shown(path), *room);
    room.hold(bytes.len() as u64, &reading(path))?;
    if bytes.starts_with(b"\x93NUMPY") || files::has_extension(path, "npy") {
        let unreadable = |error| Failure::new(Code::BadArray, format!("`{shown}`: {error}"));
        room.check(npy::needed_bytes(&bytes).map_err(unreadable)?, &reading(path))?;
        let tensor = npy::read(&bytes).map_err(unreadable)?;
        // One image may leave its batch out.
        let alone = tensor.dims().iter().map(|d| *d as u64).eq(shape.to_vec());
        let dims = std::iter::once(1).chain(tensor.dims().iter().copied()).collect();
        return Ok(if alone { tensor.reshaped(dims) } else { tensor });
    }
    let Some((height, width)) = shape.hw() else {
        return Err(Failure::new(Code::BadInput, format!("`{shown}` is a picture, and the input has the shape {shape}")));
    };
    let mut options = ImageOptions::for_input(shape.channels() as usize, height as usize, width as usize);
    options.resize = pictures.resize;
    options.max_bytes = room.left();
    if !pictures.mean.is_empty() {
        options.mean.clone_from(&pictures.mean);
    }
    if !pictures.std.is_empty() {
        options.std.clone_from(&pictures.std);
    }
    image::load(&bytes, &options).map_err(|fault| {
        if let ImageFault::Memory { needed, .. } = fault {
            return room.refuse(needed, &reading(path)).into();
        }
        Failure::new(Code::BadImage, format!("`{shown}`: {fault}"))
    })
}

/// Weights that are written: in memory, or in a model, of which one tensor is in memory at a time.
pub(super) enum Learned<'a> {
    Held(Cow<'a, Weights>),
    Model(Box<onnx::Reader<'a>>, Room),
}

impl Learned<'_> {
    fn layout(&self) -> Result<safetensors::Layout, Failure> {
        let tensors = match self {
            Self::Held(weights) => weights.iter().map(|(name, tensor)| (name.to_owned(), tensor.dims().to_vec())).collect(),
            Self::Model(reader, _) => reader.tensors(),
        };
        safetensors::Layout::new(tensors).map_err(|error| Failure::new(Code::TooLarge, error.to_string()))
    }

    /// Writes nothing yet: the bytes of a file stand ready beside it.
    pub fn stage(self, output: &Output) -> Result<(Staged, String), Failure> {
        let layout = self.layout()?;
        let said = format!("{}, {}", counted(layout.count(), "tensor"), number::bytes(layout.bytes()));
        let staged = match self {
            Self::Held(weights) => {
                let none = || io::Error::from(io::ErrorKind::NotFound);
                let elements = |name: &str| weights.get(name).map(|tensor| Cow::Borrowed(tensor.data())).ok_or_else(none);
                output.stage(|out| layout.write(out, elements))?
            }
            Self::Model(mut reader, room) => {
                let mut failure = None;
                let elements = |name: &str| match reader.tensor(name, &room) {
                    Ok(tensor) => Ok(Cow::Owned(tensor.into_data())),
                    Err(why) => {
                        failure = Some(why);
                        Err(io::ErrorKind::Other.into())
                    }
                };
                let staged = output.stage(|out| layout.write(out, elements));
                // What could not be read is the reason why nothing was written.
                failure.map_or(staged, Err)?
            }
        };
        Ok((staged, said))
    }
}

/// Writes a network, and its weights where there are any: both or none.
pub(super) fn write_pair(
    session: &Session,
    (network, text): (&Output, &str),
    weights: Option<(&Output, Learned<'_>)>,
) -> Result<(), Failure> {
    let tensors = weights.map(|(output, weights)| weights.stage(output)).transpose()?;
    let network = network.stage(|out| out.write_all(text.as_bytes()))?;
    let Some((tensors, said)) = tensors else { return network.put(session) };
    let shown = files::shown(tensors.path());
    tensors.put(session)?;
    network.put(session)?;
    session.notice(&format!("{shown}: {said}"));
    Ok(())
}

/// Stacks of threads, as far as kernels use them.
const STACK_BYTES: u64 = 16 << 10;

/// Bytes that runs of these networks in turn need: the weights and inputs of all are there together.
fn needed(networks: &[&Shaped], batch: u64, options: &RunOptions) -> Memory {
    let all = networks.iter().map(|shaped| required_memory(shaped, batch, options));
    let together = |sum: Memory, one: Memory| {
        let inputs = sum.inputs.saturating_add(one.inputs);
        let own = |memory: Memory| memory.working.saturating_sub(memory.inputs);
        Memory {
            weights: sum.weights.saturating_add(one.weights),
            inputs,
            tensors: sum.tensors.max(one.tensors),
            working: inputs.saturating_add(own(sum).max(own(one))),
            at: if own(one) > own(sum) { one.at } else { sum.at },
        }
    };
    let mut memory = all.reduce(together).unwrap_or_default();
    let stacks = STACK_BYTES.saturating_mul(options.threads.saturating_sub(1) as u64);
    memory.working = memory.working.saturating_add(stacks);
    memory
}

/// Refuses runs that need more memory than is left, before anything is allocated for them.
pub(super) fn allow(networks: &[&Shaped], batch: u64, options: &RunOptions, room: &Room) -> Result<(), Failure> {
    let needed = needed(networks, batch, options);
    if needed.total() <= room.left() {
        return Ok(());
    }
    let mut diagnostic = room.refuse(needed.total(), "running").note(format!(
        "weights take {}, tensors and scratch memory {}",
        number::bytes(needed.weights),
        number::bytes(needed.working)
    ));
    match (networks, needed.at) {
        ([shaped], Some(at)) => {
            diagnostic = diagnostic.note(format!("the most at once is needed at `{}`", shaped.graph().node(at).name));
        }
        ([_], None) => {}
        _ => diagnostic = diagnostic.note(format!("{} are in memory together", counted(networks.len(), "network"))),
    }
    Err(diagnostic.help("run a smaller batch, or allow more with `--max-memory`, up to what the machine has available").into())
}

/// Times of so many runs of each network, measured in turn.
pub(super) fn measured(
    networks: &[(&Shaped, &Weights, &BTreeMap<String, Tensor>)],
    runs: u32,
    options: &RunOptions,
) -> Result<Vec<Vec<Duration>>, Failure> {
    let ready = networks.iter().map(|(shaped, weights, inputs)| Ok((prepare(shaped, weights, options)?, *inputs)));
    let mut ready: Vec<_> = ready.collect::<Result<_, _>>().map_err(|error| failed(&error))?;
    measure(&mut ready, runs as usize).map_err(|error| failed(&error))
}

/// A failed run as a finding.
pub(super) fn failed(error: &ExecError) -> Failure {
    let code = match error {
        ExecError::MissingInput { .. }
        | ExecError::UnknownInput { .. }
        | ExecError::InputShape { .. }
        | ExecError::BatchMismatch { .. }
        | ExecError::EmptyBatch { .. } => Code::BadInput,
        ExecError::Weights(_) => Code::MissingWeight,
        ExecError::TooMuchMemory { .. } => Code::TooMuchMemory,
        ExecError::UnknownDump { .. } => Code::UnknownPath,
    };
    Failure::new(code, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_other_characters_stand_in_backquotes() {
        let read = |text: &str| named(text).map(|named| (named.name, named.path.display().to_string()));
        let with = |name: &str, path: &str| Ok((Some(name.to_owned()), path.to_owned()));
        assert_eq!(read("a.b=c=d.npy"), with("a.b", "c=d.npy"));
        assert_eq!(read("`/a=1/Conv`.relu=d.npy"), with("/a=1/Conv.relu", "d.npy"));
        assert_eq!(read("a/b=c.npy"), Ok((None, "a/b=c.npy".to_owned())));
        assert_eq!(read("`a.npy"), Ok((None, "`a.npy".to_owned())));
        assert!(read("").is_err());
    }
}
