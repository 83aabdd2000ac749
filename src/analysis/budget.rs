//! The quantities that assertions are about.
//!
//! In: an [`Analysis`], a [`Metric`] and a path of layers. Out: one number, or what the path might have meant.

use std::cell::OnceCell;

use super::{Analysis, Layer};
use crate::graph::Graph;
use crate::graph::path::{Pattern, alike};
use crate::graph::scopes::Scopes;
pub use crate::metric::Metric;

/// A path that names no layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownPath {
    /// The path.
    pub path: String,
    /// Paths that are like it, best first, at most three.
    pub suggestions: Vec<String>,
}

/// The quantities of one network.
#[derive(Debug)]
pub struct Quantities<'a> {
    analysis: &'a Analysis,
    graph: &'a Graph,
    /// Made when the first path is asked for.
    scopes: OnceCell<Scopes<'a>>,
}

impl<'a> Quantities<'a> {
    /// The quantities of the network with this analysis and graph.
    #[must_use]
    pub fn new(analysis: &'a Analysis, graph: &'a Graph) -> Self {
        Self { analysis, graph, scopes: OnceCell::new() }
    }

    /// The value of a metric: of the whole network, or summed over the layers that `path` names.
    ///
    /// A path names the layer of that name and all layers in the scope of that name; `*` stands for one component.
    ///
    /// # Errors
    /// [`UnknownPath`] where no layer has the path, and for [`Metric::PeakMemory`] of any path, which has no meaning.
    pub fn metric(&self, metric: Metric, path: Option<&str>) -> Result<u64, UnknownPath> {
        let Some(path) = path else { return Ok(total(self.analysis, metric)) };
        let unknown = || UnknownPath { path: path.to_owned(), suggestions: alike(self.graph, path) };
        if !metric.takes_path() {
            return Err(UnknownPath { path: path.to_owned(), suggestions: Vec::new() });
        }
        let pattern = Pattern::parse(path).ok_or_else(unknown)?;
        let layers = || self.analysis.layers.iter().map(|layer| layer.node);
        let named = self.scopes.get_or_init(|| Scopes::new(self.graph, layers())).named(&pattern);
        if named.is_empty() {
            return Err(unknown());
        }
        let nodes = named.iter().flat_map(|(_, nodes)| nodes);
        Ok(nodes.filter_map(|id| self.analysis.layer(*id)).map(|layer| part(layer, metric)).sum())
    }
}

/// The value of a metric, for one question: as [`Quantities::metric`].
///
/// # Errors
/// As [`Quantities::metric`].
pub fn metric(analysis: &Analysis, graph: &Graph, metric: Metric, path: Option<&str>) -> Result<u64, UnknownPath> {
    Quantities::new(analysis, graph).metric(metric, path)
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
