//! Networks to `.onnx` files, with their weights.
//!
//! In: a network and where its weights come from. Out: the model, or the model and the file of its weights beside it: both or
//! none. The weights of another model go through memory one tensor at a time.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use super::failure::Failure;
use super::files::shown;
use super::onnx::{self, Reader};
use super::output::Output;
use super::room::Room;
use super::session::Session;
use super::weights::{self, WeightFile};
use crate::code::Code;
use crate::digits::counted;
use crate::interchange::onnx::{Exported, Learned, MOST_BYTES, Placement, WeightSource, export as exported};
use crate::report::number;
use crate::shape::Shaped;
use crate::tensor::Tensor;
use crate::weights::{Weights, weight_bytes};

/// What a model is written with.
#[derive(Debug, Args)]
pub(super) struct ModelOptions {
    /// Seed of weights that are not given, for `.onnx`; 0 by default.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Write the weights of `.onnx` to a file beside it (`OUT.data`), as is always done where the model would pass 2 GiB.
    #[arg(long)]
    external_data: bool,
}

impl ModelOptions {
    /// Whether any was given.
    pub fn is_given(&self) -> bool {
        self.seed.is_some() || self.external_data
    }
}

/// Writes a network as a model.
pub(super) fn export(
    session: &Session,
    shaped: &Shaped,
    (from, output): ((&Path, Option<WeightFile<'_>>), &Output),
    (options, room): (&ModelOptions, &Room),
) -> Result<(), Failure> {
    let model = exported(shaped).map_err(|error| Failure::new(Code::TooLarge, error.to_string()))?;
    let beside = (options.external_data || model.bytes() > MOST_BYTES).then(|| data_path(output.path()));
    if let Some(path) = beside.as_deref().filter(|path| path.to_str().is_none()) {
        return Err(Failure::usage(format!("a model cannot name `{}`, which is not UTF-8", shown(path))));
    }
    let data = beside.as_deref().map(Output::claim).transpose()?;
    let mut source = Source::open(session, shaped, from, (options, room))?;
    write(session, (&model, output), data.as_ref(), &mut source)?;
    let (tensors, bytes) = (model.tensors(), number::bytes(model.bytes()));
    session.notice(&match beside {
        None => format!("{}: {}, {bytes}", shown(output.path()), counted(tensors.len(), "tensor")),
        Some(data) if options.external_data => format!("{}: {}, {bytes}", shown(&data), counted(tensors.len(), "tensor")),
        Some(data) => format!("the weights stand in `{}`: one file of {bytes} is more than ONNX allows", shown(&data)),
    });
    Ok(())
}

/// `OUT.data`, beside the model.
fn data_path(output: &Path) -> PathBuf {
    let mut name = output.file_name().unwrap_or_default().to_owned();
    name.push(".data");
    output.with_file_name(name)
}

fn write(
    session: &Session,
    (model, output): (&Exported, &Output),
    data: Option<&Output>,
    source: &mut Source<'_>,
) -> Result<(), Failure> {
    let weights = data.map(|data| stage(data, source, |out, source| model.write_data(out, source))).transpose()?;
    let name = data.and_then(|data| data.path().file_name()).and_then(|name| name.to_str());
    let placement = name.map_or(Placement::Inside, Placement::Apart);
    let network = stage(output, source, |out, source| model.write(out, placement, source))?;
    weights.map_or(Ok(()), |weights| weights.put(session))?;
    network.put(session)
}

/// Stages a file; where a tensor could not be had, that is the failure.
fn stage(
    output: &Output,
    source: &mut Source<'_>,
    fill: impl FnOnce(&mut dyn io::Write, &mut Source<'_>) -> io::Result<()>,
) -> Result<super::output::Staged, Failure> {
    let staged = output.stage(|out| fill(out, source));
    match source.failure.take() {
        Some(failure) => Err(failure),
        None => staged,
    }
}

/// Where elements come from.
struct Source<'a> {
    weights: From<'a>,
    /// The tensor that was asked for last.
    last: Option<Tensor>,
    /// Why a tensor could not be had.
    failure: Option<Failure>,
}

enum From<'a> {
    Memory(Weights),
    Model(Box<Reader<'a>>, Room),
}

impl<'a> Source<'a> {
    fn open(
        session: &Session,
        shaped: &Shaped,
        (input, named): (&'a Path, Option<WeightFile<'_>>),
        (options, room): (&ModelOptions, &Room),
    ) -> Result<Self, Failure> {
        let weights = if named.is_none() && onnx::is_model(input) {
            From::Model(Box::new(Reader::open(input)?), *room)
        } else {
            room.check(weight_bytes(shaped), "writing the weights")?;
            let seed = options.seed.unwrap_or(0);
            From::Memory(weights::weights(session, shaped, (input, named), (seed, room))?)
        };
        Ok(Self { weights, last: None, failure: None })
    }
}

impl WeightSource for Source<'_> {
    fn elements(&mut self, tensor: &Learned) -> io::Result<Cow<'_, [f32]>> {
        match &mut self.weights {
            From::Memory(weights) => {
                let known = weights.get(&tensor.name).map(|known| Cow::Borrowed(known.data()));
                known.ok_or_else(|| io::Error::other(format!("tensor `{}` is missing", tensor.name)))
            }
            From::Model(reader, room) => {
                // The one before gives its memory back first.
                self.last = None;
                match reader.tensor(&tensor.name, room) {
                    Ok(read) => Ok(Cow::Borrowed(self.last.insert(read).data())),
                    Err(failure) => {
                        self.failure = Some(failure);
                        Err(io::ErrorKind::Other.into())
                    }
                }
            }
        }
    }
}
