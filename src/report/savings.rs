//! The document of `report`: what one network costs less than another.
//!
//! In: the [`Network`] documents before and after, and what these do not say (forms, reasons, bounds). Out:
//! [`Savings`], from which tables, Markdown, CSV, JSON, YAML and HTML are made. Layers are matched by name; a layer that
//! was inserted says of itself, or the optimizer of it, which layer it belongs to.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;

use super::network::{Network, Predicted, Row, Totals};
use super::{SCHEMA_VERSION, TOOL_VERSION};
use crate::op::form::Form;

/// What changed between two networks.
#[derive(Debug, Clone, Serialize)]
pub struct Savings {
    /// The form of this document.
    pub schema_version: u32,
    /// The version of the program.
    pub tool_version: &'static str,
    /// The net's name.
    pub net: String,
    /// The net's documentation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// The file before.
    pub source_before: String,
    /// The file after, or how the network after came about.
    pub source_after: String,
    /// Images at once.
    pub batch: u64,
    /// What `macs` counts.
    pub convention: &'static str,
    /// In words, where it is not the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub convention_note: Option<&'static str>,
    /// Sums before.
    pub before: Totals,
    /// Sums after.
    pub after: Totals,
    /// What was saved in total.
    pub saved: Saved,
    /// Predicted time before and after.
    pub predicted: Option<PredictedPair>,
    /// Measured time before and after.
    pub measured: Option<Measured>,
    /// How the changes were chosen.
    pub plan: Option<Rationale>,
    /// Layers that changed.
    pub changes: Vec<ChangedLayer>,
    /// Layers that were considered and left alone.
    pub untouched: Vec<Untouched>,
    /// Every block before and after, as deep as there are few enough of them.
    pub blocks: Vec<BlockPair>,
}

/// What was saved; an absolute value below zero is an increase.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Saved {
    /// Learnable scalars.
    pub params: Saving,
    /// Multiply-accumulates.
    pub macs: Saving,
    /// FLOPs.
    pub flops: Saving,
    /// Bytes of weights and buffers.
    pub weight_bytes: Saving,
    /// Bytes of all maps.
    pub activation_bytes: Saving,
    /// Bytes alive at the peak.
    pub peak_activation_bytes: Saving,
    /// Bytes alive at the peak where element-wise work is done in place.
    pub fused_peak_activation_bytes: Saving,
}

/// A difference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Saving {
    /// `before - after`.
    pub absolute: i64,
    /// In percent of `before`.
    pub percent: f64,
}

impl Saving {
    /// The saving between two counts.
    #[must_use]
    pub fn between(before: u64, after: u64) -> Self {
        let absolute = i128::from(before) - i128::from(after);
        let clamped = absolute.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
        let percent = if before == 0 { 0.0 } else { absolute as f64 / before as f64 * 100.0 };
        // Six digits say all there is to say, and read better than sixteen.
        Self { absolute: clamped as i64, percent: (percent * 1e6).round() / 1e6 }
    }
}

/// Predicted time before and after, on one target.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PredictedPair {
    /// The target's name.
    pub target: String,
    /// Milliseconds before.
    pub before_ms: f64,
    /// Milliseconds after.
    pub after_ms: f64,
}

/// Measured time, runs of both networks in turn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    /// Threads used.
    pub threads: usize,
    /// Runs of each.
    pub runs: usize,
    /// Before.
    pub before: Times,
    /// After.
    pub after: Times,
}

/// Milliseconds of one network's runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Times {
    /// The fastest.
    pub min_ms: f64,
    /// The median.
    pub median_ms: f64,
    /// The 90th percentile.
    pub p90_ms: f64,
    /// The slowest.
    pub max_ms: f64,
}

/// How the changes were chosen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rationale {
    /// What was asked for: `macs=50%`, `ratio 4`.
    pub goal: String,
    /// Facts about the plan: the error model, the bound, the gap.
    pub facts: Vec<String>,
}

/// Costs of some layers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Cost {
    /// Layers.
    pub layers: u64,
    /// Learnable scalars.
    pub params: u64,
    /// Multiply-accumulates.
    pub macs: u64,
    /// Bytes of weights and buffers.
    pub weight_bytes: u64,
    /// Bytes of maps written.
    pub activation_bytes: u64,
    /// Predicted milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicted_ms: Option<f64>,
}

impl Cost {
    fn add(&mut self, row: &Row<'_>) {
        self.layers += 1;
        self.params += row.params;
        self.macs += row.macs;
        self.weight_bytes += row.weight_bytes;
        self.activation_bytes = self.activation_bytes.saturating_add(row.write_bytes);
        if let Some(ms) = row.predicted_ms {
            *self.predicted_ms.get_or_insert(0.0) += ms;
        }
    }
}

/// A layer that changed, with all that was inserted for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangedLayer {
    /// The layer's name.
    pub layer: String,
    /// The outermost block instance that it stands in.
    pub block: Option<String>,
    /// `reduce`, `expand`, `both`, `spatial`, `pointwise`; `changed`, `added` or `removed` where none of them.
    pub form: String,
    /// Channels between the new convolutions.
    pub channels: Vec<u64>,
    /// Layers that were inserted.
    pub inserted: Vec<String>,
    /// Costs before.
    pub before: Cost,
    /// Costs after, inserted layers included.
    pub after: Cost,
}

/// A layer that was left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Untouched {
    /// Its name.
    pub layer: String,
    /// Why.
    pub reason: String,
}

/// A block before and after.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BlockPair {
    /// The block instance, or the first part of a name outside blocks.
    pub name: String,
    /// Costs before.
    pub before: Cost,
    /// Costs after.
    pub after: Cost,
    /// How many layers were inserted in it.
    pub inserted: u64,
}

/// Forms of refined layers, by the layer's name.
pub type Forms = BTreeMap<String, Form>;

/// What two documents alone do not say.
#[derive(Debug, Clone, Default)]
pub struct Extras {
    /// The forms of layers after, by name.
    pub forms: Forms,
    /// Layers that were inserted, with the refined layer of each, where the network after does not say it itself.
    pub inserted: BTreeMap<String, String>,
    /// How the changes were chosen.
    pub plan: Option<Rationale>,
    /// Layers left alone.
    pub untouched: Vec<Untouched>,
    /// Measured times.
    pub measured: Option<Measured>,
}

impl Savings {
    /// Compares two networks.
    #[must_use]
    pub fn between(before: &Network<'_>, after: &Network<'_>, extras: Extras) -> Self {
        let (b, a) = (&before.totals, &after.totals);
        let changes = changes(before, after, &extras);
        let saving = |f: fn(&Totals) -> u64| Saving::between(f(b), f(a));
        Self {
            schema_version: SCHEMA_VERSION,
            tool_version: TOOL_VERSION,
            net: before.net.to_owned(),
            doc: before.doc.map(str::to_owned),
            source_before: before.source.to_owned(),
            source_after: after.source.to_owned(),
            batch: before.batch,
            convention: before.convention,
            convention_note: before.convention_note,
            before: *b,
            after: *a,
            saved: Saved {
                params: saving(|t| t.params),
                macs: saving(|t| t.macs),
                flops: saving(|t| t.flops),
                weight_bytes: saving(|t| t.weight_bytes),
                activation_bytes: saving(|t| t.activation_bytes),
                peak_activation_bytes: saving(|t| t.peak_activation_bytes),
                fused_peak_activation_bytes: saving(|t| t.fused_peak_activation_bytes),
            },
            predicted: before.predicted.as_ref().zip(after.predicted.as_ref()).map(pair),
            measured: extras.measured,
            plan: extras.plan,
            changes,
            untouched: extras.untouched,
            blocks: blocks(before, after),
        }
    }
}

fn pair((before, after): (&Predicted, &Predicted)) -> PredictedPair {
    PredictedPair { target: before.target.clone(), before_ms: before.total_ms, after_ms: after.total_ms }
}

/// The layer before that a layer after stands for: itself, or the refined layer that it was inserted for.
fn base<'a>(row: &Row<'a>, before: &HashMap<&str, &Row<'_>>, inserted: &'a BTreeMap<String, String>) -> Option<&'a str> {
    let known = inserted.get(row.name).map(String::as_str);
    [Some(row.name), row.part_of, known].into_iter().flatten().find(|name| before.contains_key(name))
}

fn changes(before: &Network<'_>, after: &Network<'_>, extras: &Extras) -> Vec<ChangedLayer> {
    let old: HashMap<&str, &Row<'_>> = before.layers.iter().map(|row| (row.name, row)).collect();
    let mut index: HashMap<&str, usize> = HashMap::new();
    let mut all: Vec<(Option<&Row<'_>>, Vec<&Row<'_>>)> = Vec::new();
    for row in &after.layers {
        let base = base(row, &old, &extras.inserted);
        let at = *index.entry(base.unwrap_or(row.name)).or_insert_with(|| {
            all.push((base.map(|name| old[name]), Vec::new()));
            all.len() - 1
        });
        all[at].1.push(row);
    }
    let mut changes: Vec<ChangedLayer> =
        all.into_iter().filter(|(old, rows)| differs(*old, rows)).map(|(old, rows)| change(old, &rows, &extras.forms)).collect();
    let kept: HashSet<&str> = after.layers.iter().map(|row| row.name).collect();
    for row in before.layers.iter().filter(|row| !kept.contains(row.name) && !index.contains_key(row.name)) {
        changes.push(change(Some(row), &[], &extras.forms));
    }
    changes
}

/// Whether a layer's own numbers changed or something was inserted; what only moved is no change.
fn differs(old: Option<&Row<'_>>, rows: &[&Row<'_>]) -> bool {
    let Some(old) = old else { return true };
    let [only] = rows else { return true };
    only.name != old.name || (only.params, only.macs, &only.output, only.op) != (old.params, old.macs, &old.output, old.op)
}

fn change(old: Option<&Row<'_>>, rows: &[&Row<'_>], forms: &Forms) -> ChangedLayer {
    let (mut before, mut after) = (Cost::default(), Cost::default());
    if let Some(row) = old {
        before.add(row);
    }
    for row in rows {
        after.add(row);
    }
    let layer = old.map_or_else(|| rows[0].name, |row| row.name);
    let inserted: Vec<&&Row<'_>> = rows.iter().filter(|row| row.name != layer).collect();
    let (form, channels) = form(old.is_some(), rows, inserted.len(), forms.get(layer).copied());
    ChangedLayer {
        layer: layer.to_owned(),
        block: old.or(rows.first().copied()).and_then(|row| row.block).map(str::to_owned),
        form: form.to_owned(),
        channels,
        inserted: if old.is_some() { inserted.iter().map(|row| row.name.to_owned()).collect() } else { Vec::new() },
        before,
        after,
    }
}

/// What became of a layer: the form that replaced it, with the channels between its convolutions, or what else.
fn form(old: bool, rows: &[&Row<'_>], inserted: usize, refined: Option<Form>) -> (&'static str, Vec<u64>) {
    match refined {
        _ if !old => ("added", Vec::new()),
        _ if rows.is_empty() => ("removed", Vec::new()),
        Some(form) if inserted > 0 => (form.kind().name(), form.ranks()),
        Some(_) | None => ("changed", Vec::new()),
    }
}

/// The most rows of [`Savings::blocks`], as far as nesting allows: what fits one chart.
const MOST_BLOCKS: usize = 32;

/// The block that a row is counted in: its instance `depth` deep at most, otherwise the first part of its name.
fn block_of<'a>(row: &Row<'a>, depth: usize) -> &'a str {
    let deepest = row.blocks.len().min(depth).checked_sub(1);
    deepest.map_or_else(|| row.name.split_once('.').map_or(row.name, |(first, _)| first), |at| row.blocks[at])
}

/// The deepest nesting at which there are at most [`MOST_BLOCKS`] blocks; 1 where even that has more.
fn depth(before: &Network<'_>, after: &Network<'_>) -> usize {
    let deepest = before.layers.iter().map(|row| row.blocks.len()).max().unwrap_or(1);
    let count = |depth| {
        let rows = before.layers.iter().chain(&after.layers).filter(|row| row.params + row.macs > 0);
        rows.map(|row| block_of(row, depth)).collect::<HashSet<_>>().len()
    };
    (2..=deepest).rev().find(|depth| count(*depth) <= MOST_BLOCKS).unwrap_or(1)
}

fn blocks(before: &Network<'_>, after: &Network<'_>) -> Vec<BlockPair> {
    let depth = depth(before, after);
    let mut pairs: Vec<BlockPair> = Vec::new();
    let mut index: HashMap<&str, usize> = HashMap::new();
    let old_names: HashSet<&str> = before.layers.iter().map(|row| row.name).collect();
    let rows = before.layers.iter().map(|row| (false, row)).chain(after.layers.iter().map(|row| (true, row)));
    for (is_after, row) in rows {
        let name = block_of(row, depth);
        let at = *index.entry(name).or_insert_with(|| {
            pairs.push(BlockPair { name: name.to_owned(), before: Cost::default(), after: Cost::default(), inserted: 0 });
            pairs.len() - 1
        });
        let pair = &mut pairs[at];
        if is_after {
            pair.after.add(row);
            pair.inserted += u64::from(!old_names.contains(row.name));
        } else {
            pair.before.add(row);
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Options, analyze};
    use crate::graph::Maker;
    use crate::op::form::{Between, Refinement};
    use crate::op::{Conv, Linear, Op, Padding, Shape};
    use crate::report::network::Subject;
    use crate::rewrite::refined::forms;
    use crate::rewrite::{Request, refine};
    use crate::shape::{Shaped, infer};

    /// Layers `wide` (3x3), `narrow` (1x1) and `head` (linear), each with 32 channels.
    fn net() -> Shaped {
        let mut graph = crate::graph::Graph::new("test", None);
        let conv = |k: u64| {
            let pad = Padding::even([k / 2, k / 2]);
            let kernel = [k, k];
            Op::Conv(Conv { out: 32, kernel, stride: [1, 1], pad, dilation: [1, 1], groups: 1, bias: true, depthwise: false })
        };
        let input = Op::Input(Shape::new(&[32, 8, 8]).expect("it is a shape"));
        let head = Op::Linear(Linear { out: 32, bias: true });
        let ops = [("image", input), ("wide", conv(3)), ("narrow", conv(1)), ("flatten", Op::Flatten), ("head", head)];
        let mut last = None;
        for (name, op) in ops {
            let inputs = last.into_iter().collect();
            last = Some(graph.add(crate::graph::Node::new(name, op, inputs)));
        }
        graph.add_output("y", last.expect("there are layers"));
        infer(graph).expect("it fits")
    }

    fn refined(net: &Shaped, layer: &str, form: Form) -> Shaped {
        let node = net.graph().find(layer).expect("it is there");
        infer(
            refine(net, &[Request { node, how: Refinement { form, between: Between::ByForm }, by: Maker::Optimizer }])
                .expect("it takes it")
                .graph,
        )
        .expect("it fits")
    }

    fn changed(before: &Shaped, after: &Shaped, forms: Forms) -> Vec<(String, String, Vec<u64>)> {
        let numbers = [before, after].map(|net| analyze(net, &Options::default()).expect("it is small"));
        let subject = |shaped, analysis| Subject { source: "", sources: None, shaped, analysis, notes: &[], forecast: None };
        let documents = [Network::new(&subject(before, &numbers[0])), Network::new(&subject(after, &numbers[1]))];
        let savings = Savings::between(&documents[0], &documents[1], Extras { forms, ..Extras::default() });
        savings.changes.into_iter().map(|change| (change.layer, change.form, change.channels)).collect()
    }

    #[test]
    fn every_form_is_named_with_its_channels() {
        let net = net();
        let all = [
            ("wide", Form::Reduce { r: 8 }, "reduce"),
            ("wide", Form::Expand { r: 9 }, "expand"),
            ("wide", Form::Both { r1: 8, r2: 9 }, "both"),
            ("wide", Form::Spatial { r: 7 }, "spatial"),
            ("narrow", Form::Pointwise { r: 6 }, "pointwise"),
            ("head", Form::Pointwise { r: 5 }, "pointwise"),
        ];
        for (layer, form, name) in all {
            let after = refined(&net, layer, form);
            assert_eq!(forms(after.graph()), BTreeMap::from([(layer.to_owned(), form)]));
            let expected = vec![(layer.to_owned(), name.to_owned(), form.ranks())];
            assert_eq!(changed(&net, &after, forms(after.graph())), expected);
        }
    }

    #[test]
    fn what_has_no_form_is_changed_added_or_removed() {
        let net = net();
        let form = Form::Reduce { r: 8 };
        let after = refined(&net, "wide", form);
        let layers = |found: &[(String, String, Vec<u64>)]| -> Vec<_> {
            found.iter().map(|(layer, form, ranks)| format!("{layer} {form} {}", ranks.len())).collect()
        };
        // Between a network and itself there is no change, also where it was refined before.
        assert!(changed(&after, &after, forms(after.graph())).is_empty());
        // Nothing is known of the form.
        assert_eq!(layers(&changed(&net, &after, Forms::new())), ["wide changed 0"]);
        // The other way round the layer was not refined, and what had been inserted is gone.
        let stale = Forms::from([("wide".to_owned(), form)]);
        assert_eq!(layers(&changed(&after, &net, stale)), ["wide changed 0", "wide.reduce removed 0"]);
        let mut graph = net.graph().clone();
        let image = graph.inputs()[0];
        let extra = graph.add(crate::graph::Node::new("extra", Op::Flatten, vec![image]));
        graph.add_output("z", extra);
        let more = infer(graph).expect("it fits");
        assert_eq!(layers(&changed(&net, &more, Forms::from([("extra".to_owned(), form)]))), ["extra added 0"]);
        assert_eq!(layers(&changed(&more, &net, Forms::from([("extra".to_owned(), form)]))), ["extra removed 0"]);
    }
}
