//! Blobs by name, layer by layer.
//!
//! In: the layers of prediction. Out: a [`Listed`] network. A blob is a map, or what only training has (labels, losses); a layer
//! whose top is its bottom gives the blob a new meaning. Blobs that nothing reads are outputs.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use super::super::listed::{Builder, Listed, Problem, told};
use super::layers;
use super::phase::{self, Layer};
use super::text::{Message, parse};
use crate::graph::NodeId;
use crate::op::{Op, Shape};

/// What a blob is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blob {
    Map(NodeId),
    /// What only training has.
    Left,
    /// Nothing, for an error has been reported.
    Lost,
}

/// Why a layer makes nothing.
pub(super) enum Stop {
    Problem(Box<Problem>),
    /// It reads what was lost.
    Lost,
    /// It is for training, or reads what is.
    Left,
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

/// What a layer with one top makes.
pub(super) type Made = Result<NodeId, Stop>;

struct State {
    blob: Blob,
    is_read: bool,
    /// Order of outputs.
    order: usize,
}

/// The network as it grows.
pub(super) struct Reader<'m> {
    pub builder: Builder,
    blobs: HashMap<String, State>,
    /// Scopes of names of layers: no layer is called like one.
    scopes: HashSet<String>,
    /// Layers by the names of the blobs that they read.
    pub readers: HashMap<&'m str, Vec<usize>>,
    /// Layers that are a part of one before them.
    pub merged: HashSet<usize>,
    pub left: BTreeSet<String>,
}

/// Reads a network that is called `name` where the file does not say.
///
/// # Errors
/// Everything that is wrong with layers which read none that are wrong.
pub fn read(text: &str, name: &str) -> Result<Listed, Vec<Problem>> {
    let file = parse(text).map_err(|problem| vec![problem])?;
    let layers = phase::layers(&file).map_err(|problem| vec![problem])?;
    if layers.is_empty() {
        return Err(vec![Problem::malformed(&(0..0), "this is no network of Caffe: it has no layers for prediction")]);
    }
    let mut reader = Reader::new(file.text("name").filter(|name| !name.is_empty()).unwrap_or(name), &layers);
    reader.inputs(&file).map_err(|problem| vec![problem])?;
    let mut problems = Vec::new();
    for (at, layer) in layers.iter().enumerate() {
        let made = reader.bottoms(layer).and_then(|()| layers::tops(&mut reader, &layers, at));
        let blobs = match made {
            Ok(blobs) => blobs,
            Err(Stop::Left) => {
                reader.left.insert(layer.name.clone());
                vec![Blob::Left; layer.tops.len()]
            }
            Err(Stop::Lost) => vec![Blob::Lost; layer.tops.len()],
            Err(Stop::Problem(problem)) => {
                problems.push(*problem);
                vec![Blob::Lost; layer.tops.len()]
            }
        };
        let missing = std::iter::repeat(Blob::Left);
        layer.tops.iter().zip(blobs.into_iter().chain(missing)).for_each(|(top, blob)| reader.bind(top, blob));
    }
    let unread = unread(&file);
    reader.done(problems, &unread)
}

/// Fields for training, and how arithmetic is done.
const FOR_TRAINING: &[&str] = &[
    "param",
    "blobs_lr",
    "weight_decay",
    "loss_weight",
    "propagate_down",
    "engine",
    "weight_filler",
    "bias_filler",
    "filler",
    "phase",
    "force_backward",
    "debug_info",
    "state",
    "loss_param",
    "transform_param",
    "data_param",
    "image_data_param",
    "accuracy_param",
    "moving_average_fraction",
    "scale_train",
    "include",
    "exclude",
    "dropout_param",
    "share_mode",
    "blob_share_mode",
    "layer",
    "layers",
];

fn unread(file: &Message) -> BTreeSet<String> {
    let mut found = Vec::new();
    file.unread(&mut found);
    found.into_iter().filter(|name| !FOR_TRAINING.contains(name)).map(str::to_owned).collect()
}

impl<'m> Reader<'m> {
    fn new(name: &str, layers: &[Layer<'m>]) -> Self {
        let mut readers: HashMap<&str, Vec<usize>> = HashMap::new();
        let (mut scopes, mut paths) = (HashSet::new(), HashSet::new());
        for (at, layer) in layers.iter().enumerate() {
            layer.bottoms.iter().for_each(|bottom| readers.entry(bottom).or_default().push(at));
            let path = layer.path.as_str();
            scopes.extend(path.match_indices('.').map(|(end, _)| path[..end].to_owned()));
            scopes.extend((!paths.insert(path)).then(|| path.to_owned()));
        }
        Self {
            builder: Builder::new(name),
            blobs: HashMap::new(),
            scopes,
            readers,
            merged: HashSet::new(),
            left: BTreeSet::new(),
        }
    }

    /// Inputs that the file names at its beginning.
    fn inputs(&mut self, file: &Message) -> Result<(), Problem> {
        let names: Vec<_> = file.all("input").collect();
        let dims = file.integers("input_dim", 1)?;
        let shapes: Vec<Vec<i64>> =
            file.messages("input_shape").map(|shape| shape.integers("dim", 1)).collect::<Result<_, _>>()?;
        for (at, field) in names.into_iter().enumerate() {
            let name = field.text().unwrap_or_default();
            let dims = shapes.get(at).map(Vec::as_slice).or_else(|| dims.get(4 * at..4 * at + 4));
            let Some(dims) = dims else {
                let problem = Problem::malformed(&field.at, format!("the shape of input `{name}` is not said"));
                return Err(problem.help("give it behind the name: `input_shape { dim: 1 dim: 3 dim: 224 dim: 224 }`"));
            };
            let blob = self.input(name, dims, &field.at)?;
            self.bind(name, blob);
        }
        Ok(())
    }

    /// An input of these dimensions, the first of which counts images.
    pub(super) fn input(&mut self, name: &str, dims: &[i64], at: &Range<usize>) -> Result<Blob, Problem> {
        let own: Vec<u64> = dims.iter().skip(1).map(|dim| dim.unsigned_abs()).collect();
        if own.is_empty() {
            return Err(Problem::malformed(at, format!("input `{name}` has no dimensions beside the number of images")));
        }
        let id = self.builder.input(name, &own).map_err(|why| Problem::malformed(at, why))?;
        Ok(Blob::Map(id))
    }

    fn bind(&mut self, name: &str, blob: Blob) {
        let order = self.blobs.len();
        let state = self.blobs.entry(name.to_owned()).or_insert(State { blob, is_read: false, order });
        *state = State { blob, is_read: false, order: state.order };
    }

    /// Notes what a layer reads; what is for training, lost or missing ends it.
    fn bottoms(&mut self, layer: &Layer<'_>) -> Result<(), Stop> {
        if layers::is_for_training(&layer.kind) {
            layer.message.pass_over();
            return Err(Stop::Left);
        }
        let mut stop = Ok(());
        for bottom in &layer.bottoms {
            let Some(state) = self.blobs.get_mut(*bottom) else {
                let message = format!("layer `{}` reads `{bottom}`, which no layer before it makes", layer.name);
                let help = "a layer stands behind those that it reads, and inputs have shapes";
                return Err(Problem::malformed(&layer.at, message).help(help).into());
            };
            state.is_read = true;
            match state.blob {
                Blob::Map(_) => {}
                Blob::Left => stop = stop.and(Err(Stop::Left)),
                Blob::Lost => stop = Err(Stop::Lost),
            }
        }
        stop
    }

    /// A map that a layer reads.
    pub(super) fn bottom(&self, layer: &Layer<'_>, at: usize) -> Made {
        match layer.bottoms.get(at).and_then(|name| self.blobs.get(*name)).map(|state| state.blob) {
            Some(Blob::Map(id)) => Ok(id),
            Some(Blob::Left) => Err(Stop::Left),
            Some(Blob::Lost) => Err(Stop::Lost),
            None => Err(Problem::malformed(&layer.at, format!("layer `{}` reads too few blobs", layer.name)).into()),
        }
    }

    /// All maps that a layer reads.
    pub(super) fn all(&self, layer: &Layer<'_>) -> Result<Vec<NodeId>, Stop> {
        (0..layer.bottoms.len().max(1)).map(|at| self.bottom(layer, at)).collect()
    }

    pub(super) fn shape(&self, id: NodeId) -> Shape {
        self.builder.shape(id)
    }

    /// What a layer is called here, where `suffix` says a part of it.
    pub(super) fn name(&self, layer: &Layer<'_>, (op, suffix): (&Op, &str)) -> String {
        let own = if layer.path.is_empty() { op.keyword() } else { &layer.path };
        match suffix {
            "" if self.scopes.contains(own) => format!("{own}.{}", op.keyword()),
            "" => own.to_owned(),
            _ => format!("{own}.{suffix}"),
        }
    }

    /// Adds a part of a layer.
    pub(super) fn part(&mut self, layer: &Layer<'_>, suffix: &str, (op, inputs): (Op, &[NodeId])) -> Made {
        let name = self.name(layer, (&op, suffix));
        let refuse = |why: String| Stop::from(Problem::malformed(&layer.at, format!("layer `{}`: {why}", layer.name)));
        self.builder.add(&name, op, inputs).map_err(refuse)
    }

    /// Adds what a layer makes of one map.
    pub(super) fn one(&mut self, layer: &Layer<'_>, op: Op, read: NodeId) -> Made {
        self.part(layer, "", (op, &[read]))
    }

    fn done(mut self, mut problems: Vec<Problem>, unread: &BTreeSet<String>) -> Result<Listed, Vec<Problem>> {
        let mut ends: Vec<(&String, &State)> = self.blobs.iter().filter(|(_, state)| !state.is_read).collect();
        ends.sort_by_key(|(_, state)| state.order);
        let inputs = self.builder.graph().inputs().to_vec();
        let outputs: Vec<(String, NodeId)> = ends
            .into_iter()
            .filter_map(|(name, state)| if let Blob::Map(id) = state.blob { Some((name.clone(), id)) } else { None })
            .filter(|(_, id)| !inputs.contains(id))
            .collect();
        let is_empty = outputs.is_empty();
        for (name, id) in outputs {
            self.builder.output(&name, id);
        }
        if problems.is_empty() && is_empty {
            problems.push(Problem::malformed(&(0..0), "no layer makes a map that is left at the end"));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut notes = Vec::new();
        if !self.left.is_empty() {
            notes.push(format!("layers that only training has are left out: {}", told(&self.left)));
        }
        if !unread.is_empty() {
            notes.push(format!("fields that are not known here were passed over: {}", told(unread)));
        }
        Ok(self.builder.done(notes))
    }
}
