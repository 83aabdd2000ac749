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
use crate::report::drawing::is_inserted;
use crate::report::{drawing, graph, serial};

/// Arguments of `convert`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The network, a `.net` or `.onnx` file; `-` is standard input.
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// The output: `.net` (with weights beside it, of an ONNX model), `.dot`, `.json`, `.yaml` or `.svg`.
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
    let is_model = onnx::is_model(&arguments.input) && matches!(form, Form::Net);
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
            let weights = beside.as_ref().map(|_| onnx::weights(&arguments.input, &Room::new(arguments.memory))).transpose()?;
            tensors::write_pair(session, (&output, &printed), beside.as_ref().zip(weights.as_ref()))?;
        }
        Form::Dot => text(&to_dot(&loaded))?,
        Form::Svg => text(&drawing::svg(loaded.shaped()))?,
        Form::Json => output.write(session, |out| serial::json(out, &graph::document(loaded.shaped())))?,
        Form::Yaml => output.write(session, |out| serial::yaml(out, &graph::document(loaded.shaped())))?,
    }
    Ok(exit_code(&loaded.errors))
}

fn form(output: &Path) -> Result<Form, Failure> {
    let extension = output.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let refuse = |message: String| Err(Failure::usage(message).help("it writes .net, .dot, .json, .yaml and .svg"));
    match extension.as_str() {
        "net" => Ok(Form::Net),
        "dot" | "gv" => Ok(Form::Dot),
        "json" => Ok(Form::Json),
        "yaml" | "yml" => Ok(Form::Yaml),
        "svg" => Ok(Form::Svg),
        "onnx" => refuse("this version does not write ONNX".to_owned()),
        "py" => refuse("this version does not write PyTorch modules".to_owned()),
        "" => refuse(format!("the extension of `{}` does not say what to convert to", files::shown(output))),
        other => refuse(format!("`.{other}` is not a form that this program writes")),
    }
}

fn to_dot(loaded: &Loaded) -> String {
    let shaped = loaded.shaped();
    let detail = |id| format!("{}\n{}", print::call(&shaped.graph().node(id).op), shaped.shape(id));
    dot::dot(shaped.graph(), detail, |id| is_inserted(shaped.graph(), id))
}
