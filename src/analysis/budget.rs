//! The quantities that assertions are about.
//!
//! In: an [`Analysis`], a [`Metric`] and a path of layers. Out: one number, or what the path might have meant.

use super::{Analysis, Layer};
use crate::graph::Graph;
use crate::graph::path::{Pattern, alike};
pub use crate::metric::Metric;

/// A path that names no layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownPath {
    /// The path.
    pub path: String,
    /// Paths that are like it, best first, at most three.
    pub suggestions: Vec<String>,
}

/// The value of a metric: of the whole network, or summed over the layers that `path` names.
///
/// A path names the layer of that name and all layers in the scope of that name; `*` stands for one component.
///
/// # Errors
/// [`UnknownPath`] where no layer has the path, and for [`Metric::PeakMemory`] of any path, which has no meaning.
pub fn metric(analysis: &Analysis, graph: &Graph, metric: Metric, path: Option<&str>) -> Result<u64, UnknownPath> {
    let Some(path) = path else { return Ok(total(analysis, metric)) };
    let unknown = || UnknownPath { path: path.to_owned(), suggestions: alike(graph, path) };
    if !metric.takes_path() {
        return Err(UnknownPath { path: path.to_owned(), suggestions: Vec::new() });
    }
    let pattern = Pattern::parse(path).ok_or_else(unknown)?;
    let named = |layer: &&Layer| pattern.scope(&graph.node(layer.node).name).is_some();
    let mut matched = analysis.layers.iter().filter(named).peekable();
    matched.peek().ok_or_else(unknown)?;
    Ok(matched.map(|layer| part(layer, metric)).sum())
}

fn total(analysis: &Analysis, metric: Metric) -> u64 {
    let totals = &analysis.totals;
    match metric {
        Metric::Params => totals.params,
        Metric::Buffers => totals.buffers,
        Metric::Macs => totals.macs,
        Metric::Flops => totals.flops,
        Metric::Layers => totals.layers,
        Metric::WeightMemory => totals.weight_bytes,
        Metric::ActivationMemory => totals.activation_bytes,
        Metric::PeakMemory => totals.peak_activation_bytes,
    }
}

/// One layer's share of a total; the totals fit in 64 bits, so sums of shares do.
fn part(layer: &Layer, metric: Metric) -> u64 {
    match metric {
        Metric::Params => layer.params,
        Metric::Buffers => layer.buffers,
        Metric::Macs => layer.macs,
        Metric::Flops => layer.flops,
        Metric::Layers => 1,
        Metric::WeightMemory => layer.weight_bytes,
        Metric::ActivationMemory => layer.write_bytes,
        Metric::PeakMemory => 0,
    }
}
