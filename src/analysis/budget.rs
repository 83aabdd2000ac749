//! The quantities that assertions are about.
//!
//! In: an [`Analysis`], a [`Metric`] and a path of layers. Out: one number, or what the path might have meant.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};

use super::{Analysis, Layer};
use crate::graph::path::Pattern;
use crate::graph::scopes::Scopes;
use crate::graph::{Graph, NodeId, TensorId};
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
    /// What was answered: loops ask the same again and again.
    answered: RefCell<HashMap<(Metric, String), Result<u64, UnknownPath>>>,
}

impl<'a> Quantities<'a> {
    /// The quantities of the network with this analysis and graph.
    #[must_use]
    pub fn new(analysis: &'a Analysis, graph: &'a Graph) -> Self {
        Self { analysis, graph, scopes: OnceCell::new(), answered: RefCell::default() }
    }

    /// The value of a metric: of the whole network, or summed over the layers that `path` names.
    ///
    /// A path names the layer of that name and all layers in the scope of that name; `*` stands for one component. It may name
    /// a set of shared weights too: every layer that uses them. Tensors that several of the layers use are counted once.
    ///
    /// # Errors
    /// [`UnknownPath`] where no layer has the path, and for [`Metric::PeakMemory`] of any path, which has no meaning.
    pub fn metric(&self, metric: Metric, path: Option<&str>) -> Result<u64, UnknownPath> {
        let Some(path) = path else { return Ok(total(self.analysis, metric)) };
        if !metric.takes_path() {
            return Err(UnknownPath { path: path.to_owned(), suggestions: Vec::new() });
        }
        let asked = (metric, path.to_owned());
        if let Some(answer) = self.answered.borrow().get(&asked) {
            return answer.clone();
        }
        let answer = self.sum(metric, path);
        self.answered.borrow_mut().insert(asked, answer.clone());
        answer
    }

    fn sum(&self, metric: Metric, path: &str) -> Result<u64, UnknownPath> {
        let layers = || self.analysis.layers.iter().map(|layer| layer.node);
        let scopes = self.scopes.get_or_init(|| Scopes::new(self.graph, layers()));
        let unknown = || UnknownPath { path: path.to_owned(), suggestions: scopes.alike(path) };
        let pattern = Pattern::parse(path).ok_or_else(unknown)?;
        let mut nodes: Vec<NodeId> = scopes.named(&pattern).into_iter().flat_map(|(_, nodes)| nodes).collect();
        if nodes.is_empty() {
            nodes = scopes.users(&pattern);
        }
        if nodes.is_empty() {
            return Err(unknown());
        }
        let mut counted = BTreeSet::new();
        let layers = nodes.iter().filter_map(|id| self.analysis.layer(*id));
        Ok(layers.map(|layer| self.part(layer, metric, &mut counted)).sum())
    }

    /// One layer's share of a quantity of several layers; the totals fit in 64 bits, so sums of shares do. Of shared tensors,
    /// those that have been counted for another layer are left out.
    fn part(&self, layer: &Layer, metric: Metric, counted: &mut BTreeSet<TensorId>) -> u64 {
        let stores = matches!(metric, Metric::Params | Metric::Buffers | Metric::WeightMemory);
        if !stores || !self.graph.shares_tensors(layer.node) {
            return part(layer, metric);
        }
        let node = self.graph.node(layer.node);
        let specs = node.op.weights(&layer.inputs).into_iter().zip(&node.tensors);
        let fresh = specs.filter(|(_, tensor)| counted.insert(**tensor)).map(|(spec, _)| spec);
        let wanted = fresh.filter(|spec| metric == Metric::WeightMemory || spec.learned == (metric == Metric::Params));
        let elements: u64 = wanted.filter_map(|spec| spec.elements()).sum();
        if metric == Metric::WeightMemory { elements * self.analysis.options.dtype.bytes() } else { elements }
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
