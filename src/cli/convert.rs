//! `convert`: a network in another form.

use std::path::{Path, PathBuf};

use clap::Args;

use super::failure::{Failure, exit_code};
use super::load::{Loaded, load};
use super::options::NetOptions;
use super::output::Output;
use super::room::{MemoryOptions, Room};
use super::session::Session;
use super::{files, onnx, tensors};
use crate::graph::{dot, print};
use crate::pytorch;
use crate::report::drawing::is_inserted;
use crate::report::{drawing, graph, serial};

/// Arguments of `convert`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The network, a `.net` or `.onnx` file; `-` is standard input.
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// The output: `.net` or `.py`, a PyTorch module (with weights beside them, of an ONNX model), `.dot`, `.json`, `.yaml` or
    /// `.svg`.
    #[arg(value_name = "OUT")]
    output: PathBuf,
    #[command(flatten)]
    net: NetOptions,
    #[command(flatten)]
    memory: MemoryOptions,
}

/// Forms that are written.
#[derive(Debug, Clone, Copy)]
enum Form {
    Net,
    Py,
    Dot,
    Json,
    Yaml,
    Svg,
}

/// Runs the command.
pub(super) fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    let form = form(&arguments.output)?;
    let output = Output::claim(&arguments.output)?;
    // What a model learned is written beside the text, which holds no weights.
    let is_model = onnx::is_model(&arguments.input) && matches!(form, Form::Net | Form::Py);
    let beside = is_model.then(|| Output::claim(&arguments.output.with_extension("safetensors"))).transpose()?;
    let loaded = load(session, &arguments.input, &arguments.net)?;
    let text = |text: &str| output.write(session, |out| out.write_all(text.as_bytes()));
    match form {
        Form::Net => {
            // A model was read as text already, with its blocks.
            let printed = match loaded.source.as_ref().filter(|_| is_model) {
                Some(tree) => tree.sources.get(tree.ast.source).text().to_owned(),
                None => super::fmt::layout("the printed graph", &print::print(loaded.shaped().graph()))?,
            };
            write(session, arguments, (&output, &printed), beside.as_ref())?;
        }
        Form::Py => {
            let module = to_module(&loaded, &arguments.output)?;
            write(session, arguments, (&output, &module), beside.as_ref())?;
        }
        Form::Dot => text(&to_dot(&loaded))?,
        Form::Svg => text(&drawing::svg(loaded.shaped()))?,
        Form::Json => output.write(session, |out| serial::json(out, &graph::document(loaded.shaped())))?,
        Form::Yaml => output.write(session, |out| serial::yaml(out, &graph::document(loaded.shaped())))?,
    }
    Ok(exit_code(&loaded.errors))
}

/// Writes a network, and a model's weights beside it.
fn write(
    session: &Session,
    arguments: &Arguments,
    network: (&Output, &str),
    beside: Option<&Output>,
) -> Result<(), Failure> {
    let weights = beside.map(|_| onnx::weights(&arguments.input, &Room::new(arguments.memory))).transpose()?;
    tensors::write_pair(session, network, beside.zip(weights.as_ref()))
}

/// The network as a PyTorch module, which names the file that its weights stand in.
fn to_module(loaded: &Loaded, output: &Path) -> Result<String, Failure> {
    let weights = output.with_extension("safetensors");
    let weights = weights.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let module = pytorch::module(loaded.shaped(), &weights);
    module.map(|module| module.text).map_err(|refusal| {
        Failure::usage(format!("layer `{}` cannot be written as a PyTorch module: {}", refusal.layer, refusal.why))
    })
}

fn form(output: &Path) -> Result<Form, Failure> {
    let extension = output.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let refuse = |message: String| Err(Failure::usage(message).help("it writes .net, .py, .dot, .json, .yaml and .svg"));
    match extension.as_str() {
        "net" => Ok(Form::Net),
        "py" => Ok(Form::Py),
        "dot" | "gv" => Ok(Form::Dot),
        "json" => Ok(Form::Json),
        "yaml" | "yml" => Ok(Form::Yaml),
        "svg" => Ok(Form::Svg),
        "onnx" => refuse("this version does not write ONNX".to_owned()),
        "" => refuse(format!("the extension of `{}` does not say what to convert to", files::shown(output))),
        other => refuse(format!("`.{other}` is not a form that this program writes")),
    }
}

fn to_dot(loaded: &Loaded) -> String {
    let shaped = loaded.shaped();
    let detail = |id| format!("{}\n{}", print::call(&shaped.graph().node(id).op), shaped.shape(id));
    dot::dot(shaped.graph(), detail, |id| is_inserted(shaped.graph(), id))
}
