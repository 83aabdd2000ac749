//! The document of `report`: what one network costs less than another.
//!
//! In: the [`Network`] documents before and after, and what these do not say (forms, reasons, bounds). Out:
//! [`Savings`], from which tables, Markdown, CSV, JSON, YAML and HTML are made. Which layer is which says `correspondence`,
//! what became of it `changed`, and which changes are told together `alike`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::alike::{self, Alike};
use super::blocks::{self, By};
use super::changed::{RENAMED, changes};
use super::correspondence::{Correspondence, Known};
use super::network::{Network, Predicted, Row, Totals};
use super::rationale::Rationale;
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
    /// The keys of `saved`, and `predicted`, of which there is more than before.
    pub worse: Vec<&'static str>,
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
    /// Every block before and after, as deep as there are few enough of them, in order of execution.
    pub blocks: Vec<BlockPair>,
    /// Layers of both networks that are no part of a change.
    pub unchanged: u64,
    /// Layers before and after taken together, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Groups>,
    /// Changes that are told together; what is only called otherwise is not told.
    #[serde(skip)]
    pub alike: Vec<Alike>,
}

/// What was saved; an absolute value below zero is an increase.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Saved {
    /// Layers.
    pub layers: Saving,
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
    /// The same on a target that fuses.
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

impl Saved {
    fn between(b: &Totals, a: &Totals) -> Self {
        let saving = |f: fn(&Totals) -> u64| Saving::between(f(b), f(a));
        Self {
            layers: saving(|t| t.layers),
            params: saving(|t| t.params),
            macs: saving(|t| t.macs),
            flops: saving(|t| t.flops),
            weight_bytes: saving(|t| t.weight_bytes),
            activation_bytes: saving(|t| t.activation_bytes),
            peak_activation_bytes: saving(|t| t.peak_activation_bytes),
            fused_peak_activation_bytes: saving(|t| t.fused_peak_activation_bytes),
        }
    }

    /// The keys of what grew.
    fn worse(&self) -> impl Iterator<Item = &'static str> {
        let all = [
            ("layers", self.layers),
            ("params", self.params),
            ("macs", self.macs),
            ("flops", self.flops),
            ("weight_bytes", self.weight_bytes),
            ("activation_bytes", self.activation_bytes),
            ("peak_activation_bytes", self.peak_activation_bytes),
            ("fused_peak_activation_bytes", self.fused_peak_activation_bytes),
        ];
        all.into_iter().filter(|(_, saving)| saving.absolute < 0).map(|(key, _)| key)
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

/// Costs of some layers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Cost {
    /// Layers.
    pub layers: u64,
    /// Learnable scalars.
    pub params: u64,
    /// Multiply-accumulates.
    pub macs: u64,
    /// `2 x MACs + bias additions`.
    pub flops: u64,
    /// Bytes of weights and buffers.
    pub weight_bytes: u64,
    /// Bytes of maps written.
    pub activation_bytes: u64,
    /// Predicted milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicted_ms: Option<f64>,
}

impl Cost {
    /// The sum of two.
    #[must_use]
    pub fn plus(self, other: &Self) -> Self {
        Self {
            layers: self.layers + other.layers,
            params: self.params + other.params,
            macs: self.macs + other.macs,
            flops: self.flops + other.flops,
            weight_bytes: self.weight_bytes + other.weight_bytes,
            activation_bytes: self.activation_bytes.saturating_add(other.activation_bytes),
            predicted_ms: self.predicted_ms.into_iter().chain(other.predicted_ms).reduce(|a, b| a + b),
        }
    }

    /// That of a whole network; its time is told elsewhere.
    pub(super) fn of(totals: &Totals) -> Self {
        let Totals { layers, params, macs, flops, weight_bytes, activation_bytes, .. } = *totals;
        Self { layers, params, macs, flops, weight_bytes, activation_bytes, predicted_ms: None }
    }

    /// Adds a layer's.
    pub(super) fn add(&mut self, row: &Row<'_>) {
        self.layers += 1;
        self.params += row.params;
        self.macs += row.macs;
        self.flops += row.flops;
        self.weight_bytes += row.weight_bytes;
        self.activation_bytes = self.activation_bytes.saturating_add(row.write_bytes);
        if let Some(ms) = row.predicted_ms {
            *self.predicted_ms.get_or_insert(0.0) += ms;
        }
    }
}

/// A layer that changed, with all that was inserted for it and all that it took up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangedLayer {
    /// The layer's name.
    pub layer: String,
    /// The outermost block instance that it stands in.
    pub block: Option<String>,
    /// `reduce`, `expand`, `both`, `spatial`, `pointwise`; `changed`, `renamed`, `added` or `removed` where none of them.
    pub form: String,
    /// Channels between the new convolutions.
    pub channels: Vec<u64>,
    /// Layers that were inserted.
    pub inserted: Vec<String>,
    /// Costs before, with those of layers that it took up.
    pub before: Cost,
    /// Costs after, inserted layers included.
    pub after: Cost,
    /// What changed, a clause each: `out 64 -> 32`, "`conv1.bn` folded into it", or why it was removed.
    pub changed: Vec<String>,
    /// Layers that are gone because they became part of it.
    pub absorbed: Vec<String>,
    /// Its name after, where that is another one.
    pub renamed: Option<String>,
    /// Its share of the plan's error, where a plan changed it.
    pub error: Option<f64>,
}

/// A layer that was left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Untouched {
    /// Its name.
    pub layer: String,
    /// Why.
    pub reason: String,
}

/// Layers before and after by what they were taken together for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Groups {
    /// `block`, `op` or `layer`.
    pub by: &'static str,
    /// In order of execution.
    pub rows: Vec<BlockPair>,
}

/// A block before and after; or the layers of an operation, or a layer with what was inserted for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BlockPair {
    /// The block instance, or the first part of a name outside blocks; the operation's word, of convolutions their kind; or
    /// the layer's name.
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
    /// Layers whose channels a plan changed, by name; those that only read other channels are not among them.
    pub scaled: BTreeSet<String>,
    /// What is known of the layers that were inserted or joined.
    pub known: Known,
    /// Why layers were removed, by name.
    pub reasons: BTreeMap<String, String>,
    /// What refined layers add to the plan's error, by name.
    pub errors: BTreeMap<String, f64>,
    /// How the changes were chosen.
    pub plan: Option<Rationale>,
    /// Layers left alone.
    pub untouched: Vec<Untouched>,
    /// Measured times.
    pub measured: Option<Measured>,
    /// How to group all layers, where that was asked for.
    pub by: Option<By>,
}

impl Savings {
    /// Compares two networks.
    #[must_use]
    pub fn between(before: &Network<'_>, after: &Network<'_>, extras: Extras) -> Self {
        let found = Correspondence::new(before.shaped, after.shaped, &extras.known);
        let sides = blocks::Sides::new(before, after, &found);
        let changes = changes(&sides, &extras);
        let saved = Saved::between(&before.totals, &after.totals);
        let predicted = before.predicted.as_ref().zip(after.predicted.as_ref()).map(pair);
        let slower = predicted.iter().filter(|pair| pair.after_ms > pair.before_ms).map(|_| "predicted");
        let differing = changes.iter().filter(|change| change.form != RENAMED);
        let part_of_change = differing.map(|change| change.before.layers).sum();
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
            before: before.totals,
            after: after.totals,
            saved,
            worse: saved.worse().chain(slower).collect(),
            predicted,
            measured: extras.measured,
            plan: extras.plan,
            alike: alike::alike(before, after, &changes),
            changes,
            untouched: extras.untouched,
            blocks: blocks::blocks(&sides),
            unchanged: before.totals.layers.saturating_sub(part_of_change),
            groups: extras.by.map(|by| Groups { by: by.word(), rows: blocks::groups(&sides, by) }),
        }
    }

    /// How many layers were inserted for others.
    #[must_use]
    pub fn inserted(&self) -> usize {
        self.changes.iter().map(|change| change.inserted.len()).sum()
    }

    /// How many layers became part of others.
    #[must_use]
    pub fn absorbed(&self) -> usize {
        self.changes.iter().map(|change| change.absorbed.len()).sum()
    }
}

fn pair((before, after): (&Predicted, &Predicted)) -> PredictedPair {
    PredictedPair { target: before.target.clone(), before_ms: before.total_ms, after_ms: after.total_ms }
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
            Op::Conv(Conv {
                out: 32,
                kernel,
                stride: [1, 1],
                pad,
                dilation: [1, 1],
                groups: 1,
                bias: true,
                depthwise: false,
                line: false,
            })
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
        // Where nothing is known of the form, the convolutions tell it.
        assert_eq!(layers(&changed(&net, &after, Forms::new())), ["wide reduce 1"]);
        // The other way round the layer was not refined, and what had been inserted is gone.
        let stale = Forms::from([("wide".to_owned(), form)]);
        assert_eq!(layers(&changed(&after, &net, stale)), ["wide.reduce removed 0", "wide changed 0"]);
        let mut graph = net.graph().clone();
        let image = graph.inputs()[0];
        let extra = graph.add(crate::graph::Node::new("extra", Op::Flatten, vec![image]));
        graph.add_output("z", extra);
        let more = infer(graph).expect("it fits");
        assert_eq!(layers(&changed(&net, &more, Forms::from([("extra".to_owned(), form)]))), ["extra added 0"]);
        assert_eq!(layers(&changed(&more, &net, Forms::from([("extra".to_owned(), form)]))), ["extra removed 0"]);
    }
}
