//! `convert`: a network in another form.
//!
//! In: a network. Out: its text, a drawing, a listing, or a model with weights; a file and what stands beside it are both written
//! or none.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use clap::Args;

use super::export::ModelOptions;
use super::failure::{Failure, exit_code};
use super::load::{Loaded, load};
use super::options::NetOptions;
use super::output::Output;
use super::room::{MemoryOptions, Room};
use super::session::Session;
use super::tensors::Learned;
use super::weights::{self, MapOptions, WeightFile};
use super::{export, files, models, onnx, tensors};
use crate::code::Code;
use crate::graph::{dot, print};
use crate::pytorch;
use crate::report::drawing::is_inserted;
use crate::report::{drawing, graph, serial};

/// Arguments of `convert`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The network: a `.net`, `.onnx`, darknet's `.cfg` or Caffe's `.prototxt`; `-` is standard input.
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// The output: `.net` or `.py`, a PyTorch module (with weights beside them, of the model or `--weights`), `.onnx` (with
    /// weights inside), `.safetensors` (the weights alone, under the network's names), `.dot`, `.json`, `.yaml` or `.svg`.
    #[arg(value_name = "OUT")]
    output: PathBuf,
    /// Weights as safetensors, under the network's names or those of torchvision, timm or other programs; of a `.cfg` also
    /// `.weights`.
    #[arg(short, long, value_name = "FILE")]
    weights: Option<PathBuf>,
    #[command(flatten)]
    names: MapOptions,
    #[command(flatten)]
    net: NetOptions,
    #[command(flatten)]
    model: ModelOptions,
    #[command(flatten)]
    memory: MemoryOptions,
}

/// Forms that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Net,
    Py,
    Onnx,
    Weights,
    Dot,
    Json,
    Yaml,
    Svg,
}

/// Runs the command.
pub(super) fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    let form = form(&arguments.output)?;
    if form != Form::Onnx && arguments.model.is_given() {
        let failure = Failure::usage("`--seed` and `--external-data` are for a model with weights");
        return Err(failure.help("name an output that ends in `.onnx`"));
    }
    if arguments.weights.is_some() && !form.has_weights() {
        let failure = Failure::usage("`--weights` is for an output with weights");
        return Err(failure.help("name an output that ends in `.net`, `.py`, `.onnx` or `.safetensors`"));
    }
    let output = Output::claim(&arguments.output)?;
    // What a model learned is written beside the text, which holds no weights.
    let has_weights = models::has_weights(&arguments.input) || arguments.weights.is_some();
    let is_pair = has_weights && matches!(form, Form::Net | Form::Py);
    let beside = is_pair.then(|| Output::claim(&arguments.output.with_extension("safetensors"))).transpose()?;
    let loaded = load(session, &arguments.input, &arguments.net)?;
    let text = |text: &str| output.write(session, |out| out.write_all(text.as_bytes()));
    match form {
        Form::Net => {
            // A model was read as text already, with its blocks.
            let printed = match loaded.source.as_ref().filter(|_| models::is_model(&arguments.input)) {
                Some(tree) => tree.sources.get(tree.ast.source).text().to_owned(),
                None => super::fmt::layout("the printed graph", &print::print(loaded.shaped().graph()))?,
            };
            let weights = if is_pair { trained(session, &loaded, arguments)? } else { None };
            tensors::write_pair(session, (&output, &printed), beside.as_ref().zip(weights))?;
        }
        Form::Py => {
            let module = to_module(&loaded, &arguments.output)?;
            let weights = if is_pair { trained(session, &loaded, arguments)? } else { None };
            tensors::write_pair(session, (&output, &module), beside.as_ref().zip(weights))?;
        }
        Form::Onnx => {
            let from = (arguments.input.as_path(), arguments.named());
            export::export(session, loaded.shaped(), (from, &output), (&arguments.model, &Room::new(arguments.memory)))?;
        }
        Form::Weights => {
            let Some(weights) = trained(session, &loaded, arguments)? else {
                let failure = Failure::usage(format!("{} has no weights to write", loaded.name));
                return Err(failure.help("name them with `--weights`; `init` makes random ones"));
            };
            let (staged, said) = weights.stage(&output)?;
            staged.put(session)?;
            session.notice(&format!("{}: {said}", files::shown(&arguments.output)));
        }
        Form::Dot => text(&to_dot(&loaded))?,
        Form::Svg => text(&drawing::svg(loaded.shaped()))?,
        Form::Json => output.write(session, |out| serial::json(out, &graph::document(loaded.shaped())))?,
        Form::Yaml => output.write(session, |out| serial::yaml(out, &graph::document(loaded.shaped())))?,
    }
    Ok(exit_code(&loaded.errors))
}

/// The network's weights; a model's own stay in it until they are written.
fn trained<'a>(session: &Session, loaded: &Loaded, arguments: &'a Arguments) -> Result<Option<Learned<'a>>, Failure> {
    let (input, room) = (arguments.input.as_path(), Room::new(arguments.memory));
    if arguments.weights.is_none() && onnx::is_model(input) {
        return Ok(Some(Learned::Model(Box::new(onnx::Reader::open(input)?), room)));
    }
    let weights = weights::trained(session, loaded.shaped(), (input, arguments.named()), &room)?;
    Ok(weights.map(|weights| Learned::Held(Cow::Owned(weights))))
}

impl Arguments {
    /// The weights that are named.
    fn named(&self) -> Option<WeightFile<'_>> {
        self.weights.as_deref().map(|path| WeightFile { path, map: self.names.map.as_deref() })
    }
}

impl Form {
    fn has_weights(self) -> bool {
        match self {
            Self::Net | Self::Py | Self::Onnx | Self::Weights => true,
            Self::Dot | Self::Json | Self::Yaml | Self::Svg => false,
        }
    }
}

/// The network as a PyTorch module, which names the file that its weights stand in.
fn to_module(loaded: &Loaded, output: &Path) -> Result<String, Failure> {
    let beside = output.with_extension("safetensors");
    let weights = beside.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    pytorch::module(loaded.shaped(), &weights).map(|module| module.text).map_err(|refusal| {
        let message = format!("layer `{}` cannot be written as a PyTorch module: {}", refusal.layer, refusal.why);
        Failure::new(Code::UnsupportedModule, message).help(refusal.help)
    })
}

fn form(output: &Path) -> Result<Form, Failure> {
    let extension = output.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let refuse = |message: String| {
        Err(Failure::usage(message).help("it writes .net, .py, .onnx, .safetensors, .dot, .json, .yaml and .svg"))
    };
    match extension.as_str() {
        "net" => Ok(Form::Net),
        "py" => Ok(Form::Py),
        "onnx" => Ok(Form::Onnx),
        "safetensors" => Ok(Form::Weights),
        "dot" | "gv" => Ok(Form::Dot),
        "json" => Ok(Form::Json),
        "yaml" | "yml" => Ok(Form::Yaml),
        "svg" => Ok(Form::Svg),
        "" => refuse(format!("the extension of `{}` does not say what to convert to", files::shown(output))),
        other => refuse(format!("`.{other}` is not a form that this program writes")),
    }
}

fn to_dot(loaded: &Loaded) -> String {
    let shaped = loaded.shaped();
    let detail = |id| format!("{}\n{}", print::call(&shaped.graph().node(id).op), shaped.shape(id));
    dot::dot(shaped.graph(), detail, |id| is_inserted(shaped.graph(), id))
}
