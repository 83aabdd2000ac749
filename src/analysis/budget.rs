//! The quantities that assertions are about.
//!
//! In: an [`Analysis`], a [`Metric`] and a path of layers. Out: one number, or what the path might have meant.

use super::{Analysis, Layer};
use crate::graph::Graph;
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
    let unknown = || UnknownPath { path: path.to_owned(), suggestions: suggestions(analysis, graph, path) };
    if !metric.takes_path() {
        return Err(UnknownPath { path: path.to_owned(), suggestions: Vec::new() });
    }
    let mut matched = analysis.layers.iter().filter(|layer| matches_path(path, &graph.node(layer.node).name)).peekable();
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

/// Whether `pattern` is the name or an ancestor scope of it, component by component, `*` standing for any one.
#[must_use]
pub fn matches_path(pattern: &str, name: &str) -> bool {
    let mut components = name.split('.');
    pattern.split('.').all(|wanted| components.next().is_some_and(|component| wanted == "*" || wanted == component))
}

/// At most three scopes or layers whose path is like `path`, best first.
fn suggestions(analysis: &Analysis, graph: &Graph, path: &str) -> Vec<String> {
    let depth = path.split('.').count();
    let limit = (path.len() / 3).max(1);
    let mut candidates: Vec<(usize, &str)> = Vec::new();
    let mut last = "";
    for layer in &analysis.layers {
        let name = graph.node(layer.node).name.as_str();
        for candidate in [scope(name, depth), name] {
            if candidate != last && candidate.len().abs_diff(path.len()) <= limit {
                candidates.push((distance(path, candidate), candidate));
            }
            last = candidate;
        }
    }
    candidates.retain(|(distance, _)| *distance <= limit);
    candidates.sort_unstable();
    candidates.dedup();
    candidates.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

/// The first `depth` components of a path.
fn scope(name: &str, depth: usize) -> &str {
    name.match_indices('.').nth(depth - 1).map_or(name, |(end, _)| &name[..end])
}

/// Levenshtein distance in bytes.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, r) in right.bytes().enumerate() {
            let substituted = diagonal + usize::from(l != r);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}
