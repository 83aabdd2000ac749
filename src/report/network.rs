//! The document of `analyze`: one network, its totals and its layers.
//!
//! In: a [`Shaped`] graph and its [`Analysis`]. Out: [`Network`], which serialises as the command line promises, and
//! [`grids`](super::columns) made from it. Keys say their units; shapes leave out the batch.

use std::collections::HashMap;

use serde::Serialize;

use super::training::Training;
use super::{SCHEMA_VERSION, TOOL_VERSION, naming};
use crate::analysis::rollup::{self, By};
use crate::analysis::roofline::Prediction;
use crate::analysis::{self, Analysis, Dtype, Layer, convention};
use crate::graph::{Graph, NodeId};
use crate::op::{Shape, Work};
use crate::shape::Shaped;
use crate::source::SourceSet;

/// What a document is made from.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The file as the user named it.
    pub source: &'a str,
    /// The texts that origins point into; a network without text has none.
    pub sources: Option<&'a SourceSet>,
    /// The network.
    pub shaped: &'a Shaped,
    /// Its numbers.
    pub analysis: &'a Analysis,
    /// What its file notes about its numbers.
    pub notes: &'a [String],
    /// Predicted time of each layer, if a target was asked for.
    pub forecast: Option<&'a Forecast>,
}

/// Predicted time on a target.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// The target's name.
    pub target: String,
    /// The times.
    pub times: Prediction,
}

/// One network.
#[derive(Debug, Serialize)]
pub struct Network<'a> {
    /// The form of this document.
    pub schema_version: u32,
    /// The version of the program.
    pub tool_version: &'static str,
    /// The net's name.
    pub net: &'a str,
    /// The file.
    pub source: &'a str,
    /// The net's documentation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<&'a str>,
    /// What the file notes about its numbers: comment paragraphs that begin with `Note:`.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub notes: &'a [String],
    /// Images at once.
    pub batch: u64,
    /// What `macs` counts.
    pub convention: &'static str,
    /// In words, where it is not the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub convention_note: Option<&'static str>,
    /// What elements are stored as: what bytes are counted for.
    pub dtype: &'static str,
    /// Inputs with their shapes.
    pub inputs: Vec<Port<'a>>,
    /// Outputs with their shapes.
    pub outputs: Vec<Port<'a>>,
    /// Sums.
    pub totals: Totals,
    /// The part of the sums that no output needs.
    pub dead: Dead,
    /// Where activation memory peaks.
    pub peak: Peak<'a>,
    /// The layer at which it peaks where element-wise work is done in place.
    pub fused_peak_at: &'a str,
    /// Predicted time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicted: Option<Predicted>,
    /// The memory of a training step, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training: Option<Training>,
    /// How much of the network the rows are, where not all of them were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<Excerpt>,
    /// Layers in order of execution.
    pub layers: Vec<Row<'a>>,
    /// Layers taken together, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<Group>>,
    /// What it was made from.
    #[serde(skip)]
    pub shaped: &'a Shaped,
}

/// An input or output.
#[derive(Debug, Serialize)]
pub struct Port<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its shape without the batch.
    pub shape: Vec<u64>,
}

/// Sums over a network.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Totals {
    /// Layers, inputs not counted.
    pub layers: u64,
    /// Learnable scalars.
    pub params: u64,
    /// Running statistics.
    pub buffers: u64,
    /// Multiply-accumulates in the chosen convention.
    pub macs: u64,
    /// `2 x MACs + bias additions`.
    pub flops: u64,
    /// Bytes of weights and buffers.
    pub weight_bytes: u64,
    /// Bytes of all outputs.
    pub activation_bytes: u64,
    /// Bytes alive at the peak.
    pub peak_activation_bytes: u64,
    /// Bytes alive at the peak where element-wise work is done in place.
    pub fused_peak_activation_bytes: u64,
    /// FLOPs for each byte read or written.
    pub flops_per_byte: f64,
    /// Other arithmetic.
    pub other_ops: OtherOps,
}

/// The part of the totals that no output needs: layers that could be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Dead {
    /// Layers.
    pub layers: u64,
    /// Learnable scalars that only such layers use.
    pub params: u64,
    /// Running statistics that only such layers use.
    pub buffers: u64,
    /// Multiply-accumulates in the chosen convention.
    pub macs: u64,
    /// `2 x MACs + bias additions`.
    pub flops: u64,
}

/// Some rows of more.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Excerpt {
    /// Rows that are shown.
    pub rows: usize,
    /// Rows that there are.
    pub of: usize,
    /// Their share of the learnable scalars, of one.
    pub params_share: f64,
    /// Their share of the multiply-accumulates, of one.
    pub macs_share: f64,
}

/// Arithmetic other than multiply-accumulates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct OtherOps {
    /// Additions, those of biases included.
    pub add: u64,
    /// Multiplications.
    pub mul: u64,
    /// Comparisons.
    pub compare: u64,
    /// Transcendental functions.
    pub exp: u64,
    /// Divisions.
    pub div: u64,
}

impl From<Work> for OtherOps {
    fn from(w: Work) -> Self {
        Self { add: w.add.saturating_add(w.bias_adds), mul: w.mul, compare: w.cmp, exp: w.exp, div: w.div }
    }
}

/// The memory peak.
#[derive(Debug, Serialize)]
pub struct Peak<'a> {
    /// The layer that is being computed.
    pub at: &'a str,
    /// Bytes alive then.
    pub bytes: u64,
    /// A bound that no order of execution beats.
    pub lower_bound_bytes: u64,
    /// What is alive.
    pub alive: Vec<Alive<'a>>,
}

/// A tensor that is alive at the peak.
#[derive(Debug, Serialize)]
pub struct Alive<'a> {
    /// The layer that made it.
    pub name: &'a str,
    /// Its bytes.
    pub bytes: u64,
}

/// Predicted time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Predicted {
    /// The target's name.
    pub target: String,
    /// Milliseconds.
    pub total_ms: f64,
}

/// One layer.
#[derive(Debug, Serialize)]
pub struct Row<'a> {
    /// Its path.
    pub name: &'a str,
    /// The outermost block instance that it belongs to.
    pub block: Option<&'a str>,
    /// The operation's word.
    pub op: &'static str,
    /// Input shapes.
    pub inputs: Vec<Dims>,
    /// Output shape.
    pub output: Dims,
    /// Size of the window, `[height, width]`; `null` where the operation has none, as for all attributes.
    pub kernel: Option<[u64; 2]>,
    /// Distance between windows, `[height, width]`.
    pub stride: Option<[u64; 2]>,
    /// Padding, `[top, left, bottom, right]`.
    pub pad: Option<[u64; 4]>,
    /// Distance between taps of the window, `[height, width]`.
    pub dilation: Option<[u64; 2]>,
    /// Groups of channels.
    pub groups: Option<u64>,
    /// Learnable scalars.
    pub params: u64,
    /// Running statistics.
    pub buffers: u64,
    /// Multiply-accumulates in the chosen convention.
    pub macs: u64,
    /// `2 x MACs + bias additions`.
    pub flops: u64,
    /// Bytes of weights and buffers.
    pub weight_bytes: u64,
    /// Bytes read: input maps, weights, buffers.
    pub read_bytes: u64,
    /// Bytes written: the output map.
    pub write_bytes: u64,
    /// Input pixels that one output pixel depends on, `[height, width]`.
    pub receptive_field: [u64; 2],
    /// Input pixels between neighbouring outputs, of height and width as a reduced fraction `[numerator, denominator]`;
    /// `[0, 1]` where every output sees the whole input.
    pub rf_stride: [(u64, u64); 2],
    /// Input row and column at which the first output's field starts, `[top, left]`; negative inside padding.
    pub rf_offset: [i64; 2],
    /// One-based line of the call in the source.
    pub line: Option<usize>,
    /// The file of that line, where it is another than `source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<&'a str>,
    /// Other arithmetic.
    pub other_ops: OtherOps,
    /// Bytes kept of the forward pass for the backward pass that this layer is the first to need.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_bytes: Option<u64>,
    /// That no output needs it; said where it is so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dead: bool,
    /// Predicted milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicted_ms: Option<f64>,
    /// The pass or statement that inserted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_by: Option<&'static str>,
    /// The refined layer that it was inserted for.
    #[serde(skip)]
    pub part_of: Option<&'a str>,
    /// The set of weights that it shares with other layers, which are counted where they are used first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared_weights: Option<&'a str>,
    /// The paths of all block instances that it stands in, outermost first.
    #[serde(skip)]
    pub blocks: Vec<&'a str>,
}

impl Row<'_> {
    /// FLOPs for each byte read or written.
    #[must_use]
    pub fn intensity(&self) -> f64 {
        intensity(self.flops, self.read_bytes.saturating_add(self.write_bytes))
    }
}

/// A shape that serialises as a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dims(pub Shape);

impl Serialize for Dims {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.dims().serialize(serializer)
    }
}

/// Layers taken together: those of a block or of an operation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// The block's path, a layer's name outside blocks; or the operation's word, of convolutions their kind.
    pub name: String,
    /// How many layers.
    pub layers: u64,
    /// Learnable scalars.
    pub params: u64,
    /// Running statistics.
    pub buffers: u64,
    /// Multiply-accumulates.
    pub macs: u64,
    /// `2 x MACs + bias additions`.
    pub flops: u64,
    /// Bytes of weights and buffers.
    pub weight_bytes: u64,
    /// Bytes read.
    pub read_bytes: u64,
    /// Bytes written.
    pub write_bytes: u64,
    /// Bytes kept of the forward pass for the backward pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_bytes: Option<u64>,
    /// Predicted milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicted_ms: Option<f64>,
}

impl<'a> Network<'a> {
    /// What elements are stored as, where it is not what everything is stored as by default.
    #[must_use]
    pub fn other_dtype(&self) -> Option<&'static str> {
        Some(self.dtype).filter(|name| *name != Dtype::default().name())
    }

    /// The document of a network.
    #[must_use]
    pub fn new(subject: &Subject<'a>) -> Self {
        let Subject { source, shaped, analysis, forecast, notes, .. } = *subject;
        let graph = shaped.graph();
        let port = |name: &'a str, id: NodeId| Port { name, shape: shaped.shape(id).to_vec() };
        let layers: Vec<_> = analysis.layers.iter().enumerate().map(|(i, layer)| row(subject, i, layer)).collect();
        Self {
            schema_version: SCHEMA_VERSION,
            tool_version: TOOL_VERSION,
            net: graph.name(),
            source,
            doc: graph.doc(),
            notes,
            batch: analysis.options.batch,
            convention: convention::name(analysis.options.convention),
            convention_note: naming::note(convention::name(analysis.options.convention)),
            dtype: analysis.options.dtype.name(),
            inputs: graph.inputs().iter().map(|id| port(&graph.node(*id).name, *id)).collect(),
            outputs: graph.outputs().iter().map(|(name, id)| port(name, *id)).collect(),
            totals: totals(analysis),
            dead: dead(analysis),
            peak: peak(graph, analysis),
            fused_peak_at: graph.node(analysis.fused_peak.at).name.as_str(),
            predicted: forecast.map(|f| Predicted { target: f.target.clone(), total_ms: f.times.total_ms }),
            training: None,
            shown: None,
            layers,
            groups: None,
            shaped,
        }
    }

    /// Fills in what a training step needs, in total and by layer; before [`Self::group`], which sums it.
    pub fn train(&mut self, training: &analysis::training::Training) {
        for (row, bytes) in self.layers.iter_mut().zip(&training.kept) {
            row.kept_bytes = Some(*bytes);
        }
        self.training = Some(training.into());
    }

    /// Fills [`Self::groups`], in order of first appearance.
    pub fn group(&mut self, subject: &Subject<'_>, by: By) {
        let places: HashMap<NodeId, usize> = subject.analysis.layers.iter().enumerate().map(|(i, l)| (l.node, i)).collect();
        let ms = |node: &NodeId| self.layers[places[node]].predicted_ms;
        let kept = |node: &NodeId| self.layers[places[node]].kept_bytes;
        let group = |row: rollup::Row| Group {
            layers: row.nodes.len() as u64,
            kept_bytes: row.nodes.iter().filter_map(kept).reduce(|a, b| a + b),
            predicted_ms: row.nodes.iter().filter_map(ms).reduce(|a, b| a + b),
            name: row.name,
            params: row.params,
            buffers: row.buffers,
            macs: row.macs,
            flops: row.flops,
            weight_bytes: row.weight_bytes,
            read_bytes: row.read_bytes,
            write_bytes: row.write_bytes,
        };
        let groups = rollup::rollup(subject.analysis, subject.shaped.graph(), by).into_iter().map(group).collect();
        self.groups = Some(groups);
    }
}

/// The path of the outermost block instance of a node.
pub(super) fn outermost(graph: &Graph, node: NodeId) -> Option<&str> {
    graph.enclosing(graph.node(node).origin.instance).last().map(|(_, instance)| instance.path.as_str())
}

fn row<'a>(subject: &Subject<'a>, index: usize, layer: &Layer) -> Row<'a> {
    let graph = subject.shaped.graph();
    let node = graph.node(layer.node);
    let mut blocks: Vec<_> = graph.enclosing(node.origin.instance).map(|(_, instance)| instance.path.as_str()).collect();
    blocks.reverse();
    let attributes = node.op.attributes();
    let place = node.origin.span.zip(subject.sources).map(|(span, sources)| {
        let source = sources.get(span.source);
        (source.line_index(span.start) + 1, source.name())
    });
    Row {
        name: &node.name,
        block: blocks.first().copied(),
        op: node.op.keyword(),
        inputs: layer.inputs.iter().copied().map(Dims).collect(),
        output: Dims(layer.output),
        kernel: attributes.kernel,
        stride: attributes.stride,
        pad: attributes.pad.map(|pad| [pad.top, pad.left, pad.bottom, pad.right]),
        dilation: attributes.dilation,
        groups: attributes.groups,
        params: layer.params,
        buffers: layer.buffers,
        macs: layer.macs,
        flops: layer.flops,
        weight_bytes: layer.weight_bytes,
        read_bytes: layer.read_bytes,
        write_bytes: layer.write_bytes,
        receptive_field: layer.receptive.field,
        rf_stride: layer.receptive.stride,
        rf_offset: layer.receptive.offset,
        line: place.map(|(line, _)| line),
        file: place.map(|(_, file)| file).filter(|file| *file != subject.source),
        other_ops: layer.work.into(),
        kept_bytes: None,
        dead: !layer.needed,
        predicted_ms: subject.forecast.and_then(|f| f.times.layers.get(index)).map(|time| time.total_us / 1e3),
        made_by: node.inserted_for().map(|part| part.by.word()),
        part_of: node.inserted_for().map(|part| part.of.as_str()),
        shared_weights: graph.shares_tensors(layer.node).then(|| graph.tensor(node.tensors[0]).owner.as_str()),
        blocks,
    }
}

/// The sums of an analysis.
#[must_use]
pub fn totals(analysis: &Analysis) -> Totals {
    let t = &analysis.totals;
    let traffic = analysis.layers.iter().fold(0u64, |sum, l| sum.saturating_add(l.read_bytes).saturating_add(l.write_bytes));
    Totals {
        layers: t.layers,
        params: t.params,
        buffers: t.buffers,
        macs: t.macs,
        flops: t.flops,
        weight_bytes: t.weight_bytes,
        activation_bytes: t.activation_bytes,
        peak_activation_bytes: t.peak_activation_bytes,
        fused_peak_activation_bytes: t.fused_peak_activation_bytes,
        flops_per_byte: intensity(t.flops, traffic),
        other_ops: t.work.into(),
    }
}

fn dead(analysis: &Analysis) -> Dead {
    let analysis::Dead { layers, params, buffers, macs, flops } = analysis.dead;
    Dead { layers, params, buffers, macs, flops }
}

fn intensity(flops: u64, bytes: u64) -> f64 {
    if bytes == 0 { 0.0 } else { flops as f64 / bytes as f64 }
}

fn peak<'a>(graph: &'a Graph, analysis: &Analysis) -> Peak<'a> {
    let name = |id: NodeId| graph.node(id).name.as_str();
    Peak {
        at: name(analysis.peak.at),
        bytes: analysis.peak.bytes,
        lower_bound_bytes: analysis.peak.lower_bound,
        alive: analysis.peak.alive.iter().map(|(id, bytes)| Alive { name: name(*id), bytes: *bytes }).collect(),
    }
}
