//! Networks from `.onnx` files: their text, and the weights in them.
//!
//! In: a path. Out: the network as the `.net` text that every command works on, and its weights under the names of that text.
//! Elements of weights are read when somebody asks for them only. Files that a model names are opened only where they are
//! regular files in the model's folder.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use super::failure::{Failure, reason};
use super::room::Room;
use super::{files, ledger};
use crate::code::Code;
use crate::compile::written;
use crate::diagnostic::{Diagnostic, Severity};
use crate::graph::TensorId;
use crate::interchange::naming::identifier;
use crate::interchange::onnx::{self, ArrayId, Bytes, Imported, Unsupported};
use crate::shape::infer;
use crate::tensor::Tensor;
use crate::weights::Weights;

/// So many nodes that are not had are shown.
const MOST_SHOWN: usize = 8;

/// What can be done about a node that is not had.
const ADVICE: &str = "write these parts in other operations before the export (`pointwise ops` lists what there is), or export the \
    network without them";
/// What exporters call every model; the file's name says more.
const NAMELESS: [&str; 6] = ["main_graph", "torch_jit", "torch_jit_export", "main", "graph", "model"];

/// Whether a path is one of these files by its name.
pub(super) fn is_model(path: &Path) -> bool {
    files::has_extension(path, "onnx")
}

/// The network as text.
pub(super) fn text(path: &Path) -> Result<String, Failure> {
    let shown = files::shown(path);
    let misfit = |_| Failure::new(Code::BadOnnx, format!("`{shown}`: its shapes do not fit"));
    let shaped = infer(imported(path)?.graph).map_err(misfit)?;
    super::fmt::layout("the imported network", &written(&shaped))
}

#[expect(clippy::disallowed_methods, reason = "the command line does the program's IO")]
fn open(path: &Path) -> Result<File, Failure> {
    let unreadable = |error: io::Error| {
        Failure::new(Code::UnreadableFile, format!("cannot read `{}`: {}", files::shown(path), reason(&error)))
    };
    ledger::reads(path);
    // Opening a pipe would wait for whoever writes to it.
    let is_file = std::fs::metadata(path).map_err(unreadable)?.is_file();
    if is_file { File::open(path).map_err(unreadable) } else { Err(unreadable(io::Error::other("it is no regular file"))) }
}

fn imported(path: &Path) -> Result<Imported, Failure> {
    let shown = files::shown(path);
    let model = onnx::read(open(path)?).map_err(|error| Failure::new(Code::BadOnnx, format!("`{shown}`: {error}")))?;
    let mut imported = onnx::import(&model).map_err(|problems| unsupported(&shown, &problems))?;
    let stem = path.file_stem().map(|stem| identifier(&stem.to_string_lossy()));
    if let Some(stem) = stem.filter(|_| !model.is_ours() && NAMELESS.contains(&imported.graph.name())) {
        imported.graph.rename(stem);
    }
    Ok(imported)
}

fn unsupported(file: &str, problems: &[Unsupported]) -> Failure {
    let mut diagnostic =
        Diagnostic::bare(Code::UnsupportedOnnx, Severity::Error, format!("`{file}` holds what cannot be said here"));
    for problem in problems.iter().take(MOST_SHOWN) {
        diagnostic = diagnostic.note(format!("{}: {}", problem.node, problem.why));
    }
    if problems.len() > MOST_SHOWN {
        diagnostic = diagnostic.note(format!("and {} more", problems.len() - MOST_SHOWN));
    }
    diagnostic.help(ADVICE).into()
}

/// The weights in the file, as far as there is room for them.
pub(super) fn weights(path: &Path, room: &Room) -> Result<Weights, Failure> {
    let (mut held, mut room) = (Weights::new(), *room);
    let mut reader = Reader::open(path)?;
    for name in reader.names() {
        let tensor = reader.tensor(&name, &room)?;
        room.hold(tensor.data().len() as u64 * 4, &reader.doing())?;
        held.insert(name, tensor);
    }
    Ok(held)
}

/// The weights of a model, one tensor at a time.
pub(super) struct Reader<'a> {
    model: &'a Path,
    imported: Imported,
    learned: BTreeMap<String, ArrayId>,
    files: Folder<'a>,
}

impl<'a> Reader<'a> {
    /// Reads the structure of a model.
    pub fn open(model: &'a Path) -> Result<Self, Failure> {
        let imported = imported(model)?;
        let name = |(tensor, array): (&TensorId, &ArrayId)| (imported.graph.tensor(*tensor).name(), *array);
        let learned = imported.learned.iter().map(name).collect();
        Ok(Self { model, imported, learned, files: Folder { model, files: BTreeMap::new() } })
    }

    /// Names and dimensions of its tensors.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        self.learned.iter().map(|(name, array)| (name.clone(), self.imported.arrays.get(*array).dims.clone())).collect()
    }

    fn names(&self) -> Vec<String> {
        self.learned.keys().cloned().collect()
    }

    fn doing(&self) -> String {
        format!("reading `{}`", files::shown(self.model))
    }

    /// A tensor of the network, as far as there is room for it.
    pub fn tensor(&mut self, name: &str, room: &Room) -> Result<Tensor, Failure> {
        let shown = files::shown(self.model);
        let wrong = |why: String| Failure::new(Code::BadOnnx, format!("`{shown}`: tensor `{name}`: {why}"));
        let array = *self.learned.get(name).ok_or_else(|| wrong("it is not there".to_owned()))?;
        let arrays = &self.imported.arrays;
        room.check(arrays.memory(array), &self.doing())?;
        let values = arrays.elements(array, &mut self.files).map_err(wrong)?;
        let values = values.floats().ok_or_else(|| wrong("it differs from batch to batch".to_owned()))?;
        Ok(Tensor::new(arrays.get(array).dims.clone(), values))
    }
}

/// The files that a model's elements stand in.
struct Folder<'a> {
    model: &'a Path,
    files: BTreeMap<Option<String>, File>,
}

impl Folder<'_> {
    /// The path of a file that the model names.
    fn path(&self, name: &str) -> Result<PathBuf, String> {
        let inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        if name.is_empty() || !Path::new(name).components().all(inside) {
            return Err(format!("it stands in `{name}`, which is not in the model's folder"));
        }
        let folder = self.model.parent().unwrap_or(Path::new(""));
        let path = folder.join(name);
        let real = |path: &Path| std::fs::canonicalize(path).map_err(|error| format!("`{}`: {}", path.display(), reason(&error)));
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        if real(&path)?.starts_with(real(folder)?) {
            Ok(path)
        } else {
            Err(format!("`{name}` is a link to what is not in the model's folder"))
        }
    }
}

impl Bytes for Folder<'_> {
    fn read(&mut self, file: Option<&str>, offset: u64, length: u64) -> Result<Vec<u8>, String> {
        let key = file.map(str::to_owned);
        if !self.files.contains_key(&key) {
            let path = match file {
                Some(name) => self.path(name)?,
                None => self.model.to_owned(),
            };
            let opened = open(&path).map_err(|_| format!("`{}` cannot be read", path.display()))?;
            self.files.insert(key.clone(), opened);
        }
        let opened = self.files.get_mut(&key).ok_or("the file is not open")?;
        let says = |error: io::Error| reason(&error);
        let there = opened.metadata().map_err(says)?.len();
        if offset.checked_add(length).is_none_or(|end| end > there) {
            return Err(format!("its {length} bytes from {offset} on go beyond the end of the file"));
        }
        opened.seek(SeekFrom::Start(offset)).map_err(says)?;
        let mut bytes = Vec::new();
        opened.take(length).read_to_end(&mut bytes).map_err(says)?;
        Ok(bytes)
    }
}
