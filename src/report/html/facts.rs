//! The data of the explorer: every layer with its numbers, every box with its place.
//!
//! In: networks with their numbers, their scenes, and what changed. Out: [`Data`], which serialises as one JSON object.

use std::collections::HashMap;

use serde::{Serialize, Serializer};

use crate::graph::print::call;
use crate::graph::{Graph, NodeId};
use crate::op::{Op, Padding};
use crate::report::network::Subject;
use crate::report::pieces::Mark;
use crate::report::savings::{ChangedLayer, Savings};
use crate::report::savings_tables::what;
use crate::report::scene::{Item, LayerRef, Scene, Scope};

/// The largest whole number up to which a script can count exactly; larger ones are written as text.
const EXACT: u64 = 1 << 53;

/// What became of each layer, by its name.
pub(super) struct Marks<'a> {
    before: HashMap<&'a str, Mark>,
    after: HashMap<&'a str, (Mark, &'a ChangedLayer)>,
}

impl<'a> Marks<'a> {
    pub(super) fn new(savings: &'a Savings) -> Self {
        let (mut before, mut after) = (HashMap::new(), HashMap::new());
        for change in &savings.changes {
            let layer = change.layer.as_str();
            match change.form.as_str() {
                "added" => {
                    after.insert(layer, (Mark::Inserted, change));
                }
                "renamed" => {}
                "removed" => {
                    before.insert(layer, Mark::Removed);
                }
                _ => {
                    before.insert(layer, Mark::Changed);
                    after.insert(change.renamed.as_deref().unwrap_or(layer), (Mark::Changed, change));
                }
            }
            before.extend(change.absorbed.iter().map(|name| (name.as_str(), Mark::Removed)));
            after.extend(change.inserted.iter().map(|name| (name.as_str(), (Mark::Inserted, change))));
        }
        Self { before, after }
    }

    /// How many layers have a mark; what is changed is counted once.
    pub(super) fn count(&self, mark: Mark) -> usize {
        match mark {
            Mark::Same => 0,
            Mark::Removed => self.before.values().filter(|it| **it == mark).count(),
            Mark::Changed | Mark::Inserted => self.after.values().filter(|it| it.0 == mark).count(),
        }
    }

    pub(super) fn before(&self, graph: &Graph, id: NodeId) -> Mark {
        self.before.get(graph.node(id).name.as_str()).copied().unwrap_or_default()
    }

    pub(super) fn after(&self, graph: &Graph, id: NodeId) -> Mark {
        self.after.get(graph.node(id).name.as_str()).map(|it| it.0).unwrap_or_default()
    }
}

/// A count; beyond what a script counts exactly it is text.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Count(u64);

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 <= EXACT { serializer.serialize_u64(self.0) } else { serializer.collect_str(&self.0) }
    }
}

/// All that the script knows.
#[derive(Serialize)]
pub(super) struct Data<'a> {
    /// What MACs are called in the convention.
    macs: &'static str,
    /// What time is predicted for.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    before: Side<'a>,
    after: Side<'a>,
    /// The network after with what was removed, where something was.
    #[serde(skip_serializing_if = "Option::is_none")]
    overlay: Option<Vec<Room<'a>>>,
}

#[derive(Serialize)]
struct Side<'a> {
    layers: Vec<Fact<'a>>,
    scopes: Vec<Room<'a>>,
}

/// A layer.
#[derive(Serialize)]
struct Fact<'a> {
    name: &'a str,
    call: String,
    #[serde(flatten)]
    geometry: Option<Geometry>,
    /// Places of the layers that it reads.
    from: Vec<usize>,
    #[serde(rename = "in")]
    inputs: Vec<Vec<u64>>,
    out: Vec<u64>,
    params: Count,
    macs: Count,
    flops: Count,
    weight_bytes: Count,
    write_bytes: Count,
    /// Receptive field, its stride (as text, it may be a fraction) and its offset, height before width.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<([u64; 2], [String; 2], [i64; 2])>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mark: Option<&'static str>,
    /// The form that it was given, `reduce 64`, or what else changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    form: Option<String>,
    /// The layer that it was inserted for.
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    part_of: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
}

/// The window of a layer, height before width.
#[derive(Serialize)]
struct Geometry {
    kernel: [u64; 2],
    stride: [u64; 2],
    /// Top, left, bottom, right.
    pad: [u64; 4],
    dilation: [u64; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<u64>,
}

impl Geometry {
    fn of(op: &Op) -> Option<Self> {
        let sides = |pad: Padding| [pad.top, pad.left, pad.bottom, pad.right];
        if let Op::Conv(it) = op {
            let (kernel, stride, dilation) = (it.kernel, it.stride, it.dilation);
            Some(Self { kernel, stride, pad: sides(it.pad), dilation, groups: Some(it.groups) })
        } else if let Op::ConvTranspose(it) = op {
            let (kernel, stride, dilation) = (it.kernel, it.stride, it.dilation);
            Some(Self { kernel, stride, pad: sides(it.pad), dilation, groups: Some(it.groups) })
        } else if let Op::Pool(it) = op {
            let (kernel, stride, dilation) = (it.kernel, it.stride, it.dilation);
            Some(Self { kernel, stride, pad: sides(it.pad), dilation, groups: None })
        } else {
            None
        }
    }
}

/// A scope with its boxes.
#[derive(Serialize)]
struct Room<'a> {
    rows: &'a [[i64; 2]],
    boxes: Vec<Place<'a>>,
    /// From, to, and where it passes the ranks between.
    edges: Vec<Vec<i64>>,
}

/// A box.
#[derive(Serialize)]
struct Place<'a> {
    key: &'a str,
    kind: &'static str,
    title: &'a str,
    lines: &'a [String],
    at: [i64; 2],
    size: [i64; 2],
    rank: usize,
    /// Places of its layers; those of the network before in an overlay as `-1 - place`.
    layers: Vec<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    block: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inner: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sum: Option<Sum>,
}

/// What a block's layers cost together.
#[derive(Serialize)]
struct Sum {
    layers: usize,
    params: Count,
    macs: Count,
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<f64>,
}

/// The data of two networks.
pub(super) fn facts<'a>(
    [before, after]: [&Subject<'a>; 2],
    (scenes, overlay): (&'a [Scene; 2], Option<&'a Scene>),
    (macs, target): (&'static str, Option<&'a str>),
    marks: &Marks<'a>,
) -> Data<'a> {
    let layers = [layers(before, marks, false), layers(after, marks, true)];
    let rooms = |scene: &'a Scene, is_overlay: bool| -> Vec<Room<'a>> {
        scene.scopes.iter().map(|scope| room(scope, &layers, is_overlay)).collect()
    };
    let (old, new, both) = (rooms(&scenes[0], false), rooms(&scenes[1], false), overlay.map(|scene| rooms(scene, true)));
    let [old_layers, new_layers] = layers;
    let (before, after) = (Side { layers: old_layers, scopes: old }, Side { layers: new_layers, scopes: new });
    Data { macs, target, before, after, overlay: both }
}

fn layers<'a>(subject: &Subject<'a>, marks: &Marks<'a>, is_after: bool) -> Vec<Fact<'a>> {
    let (shaped, graph) = (subject.shaped, subject.shaped.graph());
    let mut place = vec![0; graph.len()];
    for (at, id) in shaped.order().iter().enumerate() {
        place[id.to_usize()] = at;
    }
    let mut counted = subject.analysis.layers.iter().zip(0..).peekable();
    let mut all = Vec::with_capacity(place.len());
    for id in shaped.order() {
        let node = graph.node(*id);
        let numbers = counted.next_if(|(layer, _)| layer.node == *id);
        let layer = numbers.map(|(layer, _)| layer);
        let ms = numbers.zip(subject.forecast).and_then(|((_, at), forecast)| forecast.times.layers.get::<usize>(at));
        let change = marks.after.get(node.name.as_str()).filter(|_| is_after);
        let mark = if is_after { marks.after(graph, *id) } else { marks.before(graph, *id) };
        let count = |n: fn(&crate::analysis::Layer) -> u64| Count(layer.map_or(0, n));
        let known = change.filter(|(mark, it)| *mark == Mark::Inserted && it.layer != node.name.as_str());
        all.push(Fact {
            name: node.name.as_str(),
            call: if layer.is_some() { call(&node.op) } else { "input".to_owned() },
            geometry: Geometry::of(&node.op),
            from: node.inputs.iter().map(|input| place[input.to_usize()]).collect(),
            inputs: layer.map_or(Vec::new(), |it| it.inputs.iter().map(|shape| shape.to_vec()).collect()),
            out: shaped.shape(*id).to_vec(),
            params: count(|it| it.params),
            macs: count(|it| it.macs),
            flops: count(|it| it.flops),
            weight_bytes: count(|it| it.weight_bytes),
            write_bytes: count(|it| it.write_bytes),
            field: layer.map(|it| (it.receptive.field, it.receptive.stride.map(fraction), it.receptive.offset)),
            ms: ms.map(|time| rounded(time.total_us / 1e3)),
            mark: word(mark),
            form: change.filter(|it| it.0 == Mark::Changed).map(|it| what(it.1, &it.1.changed)),
            part_of: known.map(|it| it.1.layer.as_str()).or_else(|| node.inserted_for().map(|part| part.of.as_str())),
            line: node
                .origin
                .span
                .zip(subject.sources)
                .map(|(span, sources)| sources.get(span.source).line_index(span.start) + 1),
        });
    }
    all
}

fn word(mark: Mark) -> Option<&'static str> {
    match mark {
        Mark::Same => None,
        Mark::Changed => Some("changed"),
        Mark::Inserted => Some("inserted"),
        Mark::Removed => Some("removed"),
    }
}

fn fraction((numerator, denominator): (u64, u64)) -> String {
    if denominator == 1 { numerator.to_string() } else { format!("{numerator}/{denominator}") }
}

/// Six digits after the point say all there is to say.
fn rounded(ms: f64) -> f64 {
    (ms * 1e6).round() / 1e6
}

fn room<'a>(scope: &'a Scope, layers: &[Vec<Fact<'a>>; 2], is_overlay: bool) -> Room<'a> {
    let edge = |edge: &crate::report::scene::Edge| {
        let mut all = vec![edge.from as i64, edge.to as i64];
        all.extend(&edge.lanes);
        all
    };
    Room {
        rows: &scope.rows,
        boxes: scope.boxes.iter().map(|item| place(item, layers, is_overlay)).collect(),
        edges: scope.edges.iter().map(edge).collect(),
    }
}

fn place<'a>(item: &'a Item, layers: &[Vec<Fact<'a>>; 2], is_overlay: bool) -> Place<'a> {
    let number = |layer: &LayerRef| match *layer {
        LayerRef::Before(at) if is_overlay => -1 - at as i64,
        LayerRef::Before(at) | LayerRef::After(at) => at as i64,
    };
    Place {
        key: &item.key,
        kind: item.kind,
        title: &item.title,
        lines: &item.lines,
        at: item.centre,
        size: item.size,
        rank: item.rank,
        layers: item.layers.iter().map(number).collect(),
        block: item.block.as_deref(),
        inner: item.inner,
        sum: item.inner.map(|_| sum(&item.layers, layers, is_overlay)),
    }
}

/// Sums of a block's layers; in an overlay of those that are left.
fn sum(items: &[LayerRef], [before, after]: &[Vec<Fact<'_>>; 2], is_overlay: bool) -> Sum {
    let mut sum = Sum { layers: 0, params: Count(0), macs: Count(0), ms: None };
    for item in items {
        let fact = match *item {
            LayerRef::Before(_) if is_overlay => continue,
            LayerRef::Before(at) => &before[at],
            LayerRef::After(at) => &after[at],
        };
        sum.layers += usize::from(fact.field.is_some());
        // Totals were checked to fit; so do parts of them.
        sum.params.0 = sum.params.0.saturating_add(fact.params.0);
        sum.macs.0 = sum.macs.0.saturating_add(fact.macs.0);
        if let Some(ms) = fact.ms {
            *sum.ms.get_or_insert(0.0) += ms;
        }
    }
    sum.ms = sum.ms.map(rounded);
    sum
}
