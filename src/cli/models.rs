//! Networks from files of other programs: ONNX, darknet and Caffe.
//!
//! In: a path, whose ending says what it is. Out: the network as the `.net` text that every command works on, and its weights
//! under the names of that text. What is wrong with a text is shown at its place.

use std::path::{Path, PathBuf};

use super::failure::{FINDINGS, Failure};
use super::room::Room;
use super::session::Session;
use super::{files, onnx};
use crate::code::Code;
use crate::compile::written;
use crate::diagnostic::Diagnostic;
use crate::graph::Graph;
use crate::interchange::listed::{Kind, Listed, Problem};
use crate::interchange::{caffe, darknet};
use crate::shape::infer;
use crate::source::{SourceSet, Span};
use crate::weights::Weights;

/// Files of other programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Onnx,
    Darknet,
    Caffe,
}

/// What a path is by its ending; `None` for our own.
fn format(path: &Path) -> Option<Format> {
    [("onnx", Format::Onnx), ("cfg", Format::Darknet), ("prototxt", Format::Caffe)]
        .into_iter()
        .find_map(|(ending, format)| files::has_extension(path, ending).then_some(format))
}

/// Whether a path is one of these files by its name.
pub(super) fn is_model(path: &Path) -> bool {
    format(path).is_some()
}

/// The network as text, what is left out told.
pub(super) fn text(session: &Session, path: &Path) -> Result<String, Failure> {
    let Listed { graph, notes } = match format(path) {
        Some(Format::Darknet) => network(path)?.listed,
        Some(Format::Caffe) => listed(path, caffe::read)?,
        Some(Format::Onnx) | None => return onnx::text(path),
    };
    for note in notes {
        session.notice(&format!("{}: {note}", files::shown(path)));
    }
    printed(path, graph)
}

fn printed(path: &Path, graph: Graph) -> Result<String, Failure> {
    let misfit = |_| Failure::new(Code::BadModelText, format!("`{}`: its shapes do not fit", files::shown(path)));
    let shaped = infer(graph).map_err(misfit)?;
    super::fmt::layout("the imported network", &written(&shaped))
}

/// What a reader makes of a file's text; what is wrong is shown at its place.
fn listed<T>(path: &Path, read: fn(&str, &str) -> Result<T, Vec<Problem>>) -> Result<T, Failure> {
    let text = files::read_text(path)?;
    let stem = path.file_stem().map_or_else(|| "model".into(), |stem| stem.to_string_lossy());
    read(&text, &stem).map_err(|problems| {
        let mut sources = SourceSet::new();
        let source = sources.add(files::shown(path), text.as_str());
        let place = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        let finding = |problem: &Problem| {
            let code = match problem.kind {
                Kind::Malformed => Code::BadModelText,
                Kind::Unsupported => Code::UnsupportedOnnx,
            };
            let span = Span { source, start: place(problem.at.start), end: place(problem.at.end) };
            let diagnostic = Diagnostic::error(code, problem.message.clone(), span, "");
            problem.help.iter().fold(diagnostic, Diagnostic::help)
        };
        let findings: Vec<Diagnostic> = problems.iter().take(MOST_SHOWN).map(finding).collect();
        Session::show(&sources, &findings);
        if problems.len() > MOST_SHOWN {
            Session::tell(&format!("and {} more in `{}`\n", problems.len() - MOST_SHOWN, files::shown(path)));
        }
        Failure::Reported(FINDINGS)
    })
}

/// So many problems of a file are shown.
const MOST_SHOWN: usize = 20;

fn network(path: &Path) -> Result<darknet::Network, Failure> {
    listed(path, darknet::read)
}

/// Whether a file holds numbers of darknet's.
fn is_darknet_weights(path: &Path) -> bool {
    files::has_extension(path, "weights")
}

/// Why weights of another program cannot be read without its description of the network.
pub(super) fn without_names(path: &Path) -> Option<Failure> {
    let shown = files::shown(path);
    if is_darknet_weights(path) {
        let message = format!("`{shown}` holds numbers without names, and only the `.cfg` of its network says whose they are");
        let help =
            "give the `.cfg` as the network, or make a `.net` with weights of both: `pointwise convert x.cfg x.net -w x.weights`";
        return Some(Failure::new(Code::BadDarknetWeights, message).help(help));
    }
    files::has_extension(path, "caffemodel").then(|| {
        let message = format!("`{shown}` holds Caffe's weights, which are not read");
        Failure::new(Code::BadSafetensors, message)
            .help("write them as safetensors under the names that `convert` gives to the layers")
    })
}

/// The file that a model's weights stand in: itself, or darknet's beside it; `None` where there is none of the kind.
fn weights_file(path: &Path, named: Option<&Path>) -> Option<PathBuf> {
    match (format(path), named) {
        (Some(Format::Onnx), None) => Some(path.to_owned()),
        (Some(Format::Darknet), Some(named)) => is_darknet_weights(named).then(|| named.to_owned()),
        (Some(Format::Darknet), None) => Some(path.with_extension("weights")).filter(|beside| beside.is_file()),
        (Some(Format::Onnx), Some(_)) | (Some(Format::Caffe) | None, _) => None,
    }
}

/// Whether a model comes with weights.
pub(super) fn has_weights(path: &Path) -> bool {
    weights_file(path, None).is_some()
}

/// The weights that come with a model or are named in its own format, as far as there is room for them.
pub(super) fn weights(path: &Path, named: Option<&Path>, room: &Room) -> Result<Option<Weights>, Failure> {
    let Some(file) = weights_file(path, named) else { return Ok(None) };
    if format(path) == Some(Format::Onnx) {
        return onnx::weights(path, room).map(Some);
    }
    let shown = files::shown(&file);
    let wrong = |why: String| Failure::new(Code::BadDarknetWeights, format!("`{shown}`: {why}"));
    let layout = network(path)?.layout;
    let bytes = files::read_bytes(&file, room)?;
    // The file and what is made of it.
    room.check((bytes.len() as u64).saturating_mul(2), &format!("reading `{shown}`"))?;
    darknet::load(&bytes, &layout).map(Some).map_err(wrong)
}
