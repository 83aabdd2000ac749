//! Tensors from and to files: inputs, outputs and weights.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::failure::Failure;
use super::files;
use super::machine;
use super::session::Session;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::digits::counted;
use crate::exec::timing::measure;
use crate::exec::{EngineKind, ExecError, RunOptions, prepare, random_input, required_memory};
use crate::interchange::image::{self, ImageOptions, Resize};
use crate::interchange::{npy, safetensors};
use crate::op::{Op, Shape};
use crate::quote::{bare, unquoted};
use crate::report::number;
use crate::shape::Shaped;
use crate::tensor::Tensor;
use crate::weights::{WeightProblem, Weights, weight_bytes};

/// How a network is executed.
#[derive(Debug, Clone, Args)]
pub(super) struct EngineOptions {
    /// Threads; all of the machine's by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), help_heading = "Execution")]
    pub threads: Option<u16>,
    /// Bytes that a run may take, such as 2GiB; what the machine has available by default.
    #[arg(long, value_name = "BYTES", value_parser = machine::bytes, help_heading = "Execution")]
    pub max_memory: Option<u64>,
    /// The engine.
    #[arg(long, value_name = "ENGINE", default_value = EngineKind::default().name(), value_parser = engines(), help_heading = "Execution")]
    pub engine: EngineKind,
}

impl EngineOptions {
    /// Options of a run without dumps and profile.
    pub fn run_options(&self) -> RunOptions {
        let threads = self.threads.map_or_else(machine::threads, usize::from);
        // More than there is would end in an allocation that fails.
        let max_memory = [self.max_memory, machine::available_memory()].into_iter().flatten().min();
        RunOptions { engine: self.engine, threads, max_memory, ..RunOptions::default() }
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

/// A tensor for each input of a network: from files where given, otherwise from a seed.
pub(super) fn inputs(
    shaped: &Shaped,
    given: &[Named],
    pictures: &PictureOptions,
    (batch, seed): (Option<u64>, u64),
) -> Result<BTreeMap<String, Tensor>, Failure> {
    let graph = shaped.graph();
    let names: Vec<&str> = graph.inputs().iter().map(|id| graph.node(*id).name.as_str()).collect();
    let mut tensors = BTreeMap::new();
    for Named { name, path } in given {
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
        tensors.insert(name.to_owned(), read(path, shaped.shape(id), pictures)?);
    }
    let batch = batch.or_else(|| tensors.values().next().and_then(|t| t.dims().first().map(|n| *n as u64))).unwrap_or(1);
    for (i, id) in graph.inputs().iter().enumerate() {
        let name = &graph.node(*id).name;
        if !tensors.contains_key(name.as_str()) {
            tensors.insert(name.to_string(), random_input(shaped.shape(*id), batch as usize, seed.wrapping_add(i as u64)));
        }
    }
    Ok(tensors)
}

/// The batch that the given files will have, without the memory for anything else; 1 where none is given.
pub(super) fn read(path: &Path, shape: Shape, pictures: &PictureOptions) -> Result<Tensor, Failure> {
    let bytes = files::read_bytes(path)?;
    let shown = files::shown(path);
    if bytes.starts_with(b"\x93NUMPY") || files::has_extension(path, "npy") {
        let tensor = npy::read(&bytes).map_err(|error| Failure::new(Code::BadArray, format!("`{shown}`: {error}")))?;
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
    if !pictures.mean.is_empty() {
        options.mean.clone_from(&pictures.mean);
    }
    if !pictures.std.is_empty() {
        options.std.clone_from(&pictures.std);
    }
    image::load(&bytes, &options).map_err(|error| Failure::new(Code::BadImage, format!("`{shown}`: {error}")))
}

/// Weights: named, or beside the network, or made from a seed.
pub(super) fn weights(
    session: &Session,
    shaped: &Shaped,
    network: &Path,
    named: Option<&Path>,
    seed: u64,
) -> Result<Weights, Failure> {
    let beside = network.with_extension("safetensors");
    let path = match named {
        Some(path) => Some(path),
        None if !files::is_dash(network) && beside.is_file() => Some(beside.as_path()),
        None => None,
    };
    let Some(path) = path else {
        if weight_bytes(shaped) > 0 {
            session.notice(&format!("weights are random (seed {seed}): give --weights for trained ones"));
        }
        return Ok(Weights::init(shaped, seed));
    };
    read_weights(path, |weights| weights.check(shaped))
}

/// Weights from a file that `check` finds to fit.
pub(super) fn read_weights(
    path: &Path,
    check: impl FnOnce(&Weights) -> Result<(), Vec<WeightProblem>>,
) -> Result<Weights, Failure> {
    let shown = files::shown(path);
    let bytes = files::read_bytes(path)?;
    let weights = safetensors::load(&bytes).map_err(|error| Failure::new(Code::BadSafetensors, format!("`{shown}`: {error}")))?;
    check(&weights).map_err(|problems| unfit(&problems, &shown))?;
    Ok(weights)
}

/// Writes nothing yet: the bytes of a file for these weights stand ready beside it.
pub(super) fn stage_weights(path: &Path, weights: &Weights) -> Result<(files::Staged, String), Failure> {
    let bytes = safetensors::save(weights).map_err(|error| Failure::new(Code::TooLarge, error.to_string()))?;
    let said = format!("{}, {}", counted(weights.len(), "tensor"), number::bytes(bytes.len() as u64));
    Ok((files::stage(path, |out| out.write_all(&bytes))?, said))
}

/// Refuses a run that needs more memory than allowed, before anything is allocated for it.
pub(super) fn allow(shaped: &Shaped, batch: u64, options: &RunOptions) -> Result<(), Failure> {
    let needed = required_memory(shaped, batch, options);
    let allowed = options.allowed_bytes();
    if needed.total() <= allowed {
        return Ok(());
    }
    let message = format!("running needs {}, and {} are allowed", number::bytes(needed.total()), number::bytes(allowed));
    let mut diagnostic = Diagnostic::bare(Code::TooMuchMemory, Severity::Error, message).note(format!(
        "weights take {}, tensors and scratch memory {}",
        number::bytes(needed.weights),
        number::bytes(needed.working)
    ));
    if let Some(at) = needed.at {
        diagnostic = diagnostic.note(format!("the most at once is needed at `{}`", shaped.graph().node(at).name));
    }
    Err(diagnostic.help("run a smaller batch, or allow more with `--max-memory`, up to what the machine has available").into())
}

fn unfit(problems: &[WeightProblem], file: &str) -> Failure {
    let code = match problems.first() {
        Some(WeightProblem::Missing { .. }) | None => Code::MissingWeight,
        Some(WeightProblem::Shape { .. }) => Code::WeightShape,
        Some(WeightProblem::Unused { .. }) => Code::UnusedWeight,
    };
    let mut diagnostic = Diagnostic::bare(code, Severity::Error, format!("the weights in `{file}` do not fit the network"));
    for problem in problems.iter().take(8) {
        diagnostic = diagnostic.note(problem.to_string());
    }
    if problems.len() > 8 {
        diagnostic = diagnostic.note(format!("and {} more", problems.len() - 8));
    }
    diagnostic.into()
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
