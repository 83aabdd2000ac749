//! Where a layer stands in its network: on the trunk or on a branch, how much of the work it does, what is right before and
//! behind it.
//!
//! In: a shaped network. Out: a [`Place`] for each convolution and linear layer. Nothing is decided here.

use super::neighbour::neighbourhood;
use crate::analysis::Analysis;
use crate::flow::{ahead, behind, only_reader};
use crate::graph::{NodeId, NodeMap};
use crate::op::{Class, ConvKind, Op};
use crate::shape::Shaped;

/// Where a layer stands.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Place {
    /// The share of the channels behind the layer that it makes, of all that are made before or beside it and are read later:
    /// 1 on the trunk of a chain, 1/2 beside a shortcut of its own width, less on one of the paths of an Inception module.
    pub crossing: f64,
    /// The share of the network's MACs that are the layer's.
    pub work: f64,
    /// A 1x1 stands right before it, with at most normalisation and activation between, and makes its channels for it alone.
    pub after_point: bool,
    /// A 1x1 stands right behind it, alone reads its channels and makes no fewer of them, as at the end of a bottleneck.
    pub before_point: bool,
    /// It is joined by an activation of its own.
    pub activated: bool,
}

impl Place {
    /// Whether at least half of the channels behind the layer are its own: on the trunk, or beside a shortcut as wide as it is.
    #[must_use]
    pub fn carries_most(&self) -> bool {
        self.crossing >= 0.5
    }
}

/// The places of all convolutions and linear layers; `analysis` is the network's.
#[must_use]
pub fn places(shaped: &Shaped, analysis: &Analysis) -> NodeMap<Place> {
    let graph = shaped.graph();
    let total = analysis.totals.work.macs.max(1) as f64;
    let crossings = crossings(shaped);
    let mut places = NodeMap::with_bound(graph.len());
    for layer in analysis.layers.iter().filter(|layer| graph.node(layer.node).op.is_layer()) {
        let id = layer.node;
        let place = Place {
            crossing: crossings[id],
            work: layer.work.macs as f64 / total,
            after_point: is_point_before(shaped, id),
            before_point: is_point_behind(shaped, id),
            activated: neighbourhood(graph, id).own.activation.is_some(),
        };
        places.insert(id, place);
    }
    places
}

/// For each node its share of the channels that cross the cut behind it. Cuts are drawn by depth, the longest way from an
/// input, and not by order of execution, so that paths that lie side by side are seen together.
fn crossings(shaped: &Shaped) -> NodeMap<f64> {
    let graph = shaped.graph();
    let mut depth: NodeMap<usize> = NodeMap::with_bound(graph.len());
    let mut last: NodeMap<usize> = NodeMap::with_bound(graph.len());
    for &id in shaped.order() {
        let inputs = &graph.node(id).inputs;
        let own = inputs.iter().map(|input| depth[*input] + 1).max().unwrap_or(0);
        depth.insert(id, own);
        // What nothing reads is seen behind itself alone.
        last.insert(id, own + 1);
        for input in inputs {
            let sooner = last[*input];
            last.insert(*input, sooner.max(own));
        }
    }
    let deepest = shaped.order().iter().map(|id| last[*id]).max().unwrap_or(0);
    let mut change = vec![0i128; deepest + 1];
    for &id in shaped.order().iter().filter(|id| !graph.node(**id).op.is_stored()) {
        let channels = i128::from(shaped.shape(id).channels());
        change[depth[id]] += channels;
        change[last[id]] -= channels;
    }
    let mut crossing = 0;
    let cuts: Vec<i128> = change
        .iter()
        .map(|change| {
            crossing += change;
            crossing
        })
        .collect();
    let mut shares = NodeMap::with_bound(graph.len());
    for &id in shaped.order() {
        shares.insert(id, shaped.shape(id).channels() as f64 / cuts[depth[id]].max(1) as f64);
    }
    shares
}

/// Whether a layer mixes the channels of each place and nothing else.
pub(super) fn is_point(shaped: &Shaped, id: NodeId) -> bool {
    let op = &shaped.graph().node(id).op;
    matches!(op, Op::Linear(_)) || op.conv_kind(&shaped.input_shapes(id)) == Some(ConvKind::Pointwise)
}

fn is_point_before(shaped: &Shaped, id: NodeId) -> bool {
    let graph = shaped.graph();
    let Some(&input) = graph.node(id).inputs.first() else { return false };
    let Some(maker) = behind(graph, input, Class::is_companion) else { return false };
    is_point(shaped, maker) && only_reader(graph, ahead(graph, maker, Class::is_companion)) == Some(id)
}

fn is_point_behind(shaped: &Shaped, id: NodeId) -> bool {
    let graph = shaped.graph();
    let reader = only_reader(graph, ahead(graph, id, Class::is_companion));
    reader.is_some_and(|reader| is_point(shaped, reader) && shaped.shape(reader).channels() >= shaped.shape(id).channels())
}
