//! Parts of a network that a designer would make narrower, instead of putting another 1x1 into them.
//!
//! In: a shaped network. Out: [`Region`]s: channels inside bottlenecks, between a 1x1 and the convolutions that it belongs with.
//! Nothing else reads them, so a region at another width costs and errs on its own, as a layer in a form does. Residual
//! sums, concatenations, inputs and outputs lie outside. Nothing is decided here.

use std::collections::{BTreeMap, BTreeSet};

use super::channels::{Channels, Group};
use super::live::Moment;
use super::place::{Place, is_point};
use super::price::{Clock, Price, of_part};
use super::scale::{width, with_channels};
use crate::graph::{Graph, InstanceId, NodeId, NodeMap};
use crate::op::form::Scale;
use crate::op::{Op, Shape};
use crate::shape::Shaped;

/// The most layers that make one group of a region: a convolution, and the gate that is multiplied to it.
const MOST_MEMBERS: usize = 2;

/// Channels that change together without anything else noticing.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// The layers that make them, in order of execution.
    pub members: Vec<NodeId>,
    /// Every node that costs something else then, in order of execution.
    pub nodes: Vec<NodeId>,
    /// The widest of them.
    pub width: u64,
    /// No narrower than this: where nothing passes beside it, fewer channels than before it are a choke.
    pub least: u64,
    /// The group of each member.
    groups: BTreeMap<NodeId, Group>,
    /// The group that each node's channels are, or for a reader that it reads.
    of: BTreeMap<NodeId, usize>,
}

/// A group inside a bottleneck, and every node that makes its channels, passes them on or reads them, by step.
type Inner<'a> = (&'a Group, Vec<(usize, NodeId)>);

/// The regions of a network, in the order of their first members.
#[must_use]
pub fn regions(shaped: &Shaped, places: &NodeMap<Place>) -> Vec<Region> {
    let graph = shaped.graph();
    let homes = Homes::new(graph);
    let channels = Channels::new(shaped);
    let concatenated: BTreeSet<usize> = shaped
        .order()
        .iter()
        .filter(|id| matches!(graph.node(**id).op, Op::Concat(_)))
        .flat_map(|id| graph.node(*id).inputs.iter().filter_map(|input| channels.of(*input)))
        .collect();
    let inner = |(at, group): &(usize, &Group)| {
        let reads_all = group.readers.iter().all(|reader| channels.of(graph.node(*reader).inputs[0]) == Some(*at));
        let few = group.members.len() <= MOST_MEMBERS && !group.readers.is_empty();
        group.fixed.is_none()
            && few
            && reads_all
            && !concatenated.contains(at)
            && is_in_bottleneck(shaped, group, (&homes, places))
    };
    let mut inner: BTreeMap<usize, Inner<'_>> =
        channels.groups().filter(inner).map(|(at, group)| (at, (group, Vec::new()))).collect();
    for (step, &id) in shaped.order().iter().enumerate() {
        let read = graph.node(id).inputs.iter().filter_map(|input| channels.of(*input));
        for group in channels.of(id).into_iter().chain(read) {
            if let Some((_, touching)) = inner.get_mut(&group) {
                touching.push((step, id));
            }
        }
    }
    let joined = joined(&inner);
    let mut regions: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, root) in joined {
        regions.entry(root).or_default().push(at);
    }
    let mut regions: Vec<_> =
        regions.into_values().map(|groups| region(shaped, (&channels, places), (&inner, &groups))).collect();
    regions.sort_by_key(|region| region.members.first().copied());
    regions
}

/// Whether the channels lie inside a bottleneck: a 1x1 makes them, or one reads them and makes no fewer; and all of that is in
/// one block, or, where the network has none, beside other channels.
fn is_in_bottleneck(shaped: &Shaped, group: &Group, (homes, places): (&Homes, &NodeMap<Place>)) -> bool {
    let op = |id: &NodeId| &shaped.graph().node(*id).op;
    let is_conv = |id: &NodeId| matches!(op(id), Op::Conv(_));
    let is_point = |id: &NodeId| is_point(shaped, *id);
    let widens = |id: &NodeId| is_point(id) && shaped.shape(*id).channels() >= group.width;
    let mut all = group.members.iter().chain(&group.readers);
    if !all.clone().all(is_conv) {
        return false;
    }
    let on_trunk = |id: &NodeId| is_on_trunk(*id, places);
    let is_inside = match homes.of(shaped.graph(), group.members[0]) {
        Some(home) => all.all(|id| shaped.graph().enclosing(shaped.graph().node(*id).origin.instance).any(|(at, _)| at == home)),
        None => !group.members.iter().any(on_trunk),
    };
    is_inside && (group.members.iter().any(is_point) || matches!(&group.readers[..], [one] if widens(one)))
}

/// A layer that makes this share of all channels behind it stands on the trunk.
const TRUNK: f64 = 0.9;

fn is_on_trunk(id: NodeId, places: &NodeMap<Place>) -> bool {
    places.get(id).is_some_and(|place| place.crossing >= TRUNK)
}

/// How many layers each block instance holds.
struct Homes {
    layers: BTreeMap<InstanceId, u32>,
}

impl Homes {
    fn new(graph: &Graph) -> Self {
        let mut layers = BTreeMap::new();
        for id in graph.ids().filter(|id| graph.node(*id).op.is_layer()) {
            for (instance, _) in graph.enclosing(graph.node(id).origin.instance) {
                *layers.entry(instance).or_default() += 1;
            }
        }
        Self { layers }
    }

    /// The innermost block instance round a layer that holds more than this layer: of a bottleneck, not of a `conv_bn`.
    fn of(&self, graph: &Graph, id: NodeId) -> Option<InstanceId> {
        let mut around = graph.enclosing(graph.node(id).origin.instance).map(|(instance, _)| instance);
        around.find(|instance| self.layers.get(instance).is_some_and(|count| *count > 1))
    }
}

/// Groups that one layer makes and reads belong together: to each the least of those that it belongs with.
fn joined(inner: &BTreeMap<usize, Inner<'_>>) -> BTreeMap<usize, usize> {
    let makers: BTreeMap<NodeId, usize> =
        inner.iter().flat_map(|(at, (group, _))| group.members.iter().map(move |member| (*member, *at))).collect();
    let mut root: BTreeMap<usize, usize> = inner.keys().map(|at| (*at, *at)).collect();
    let find = |root: &BTreeMap<usize, usize>, mut at: usize| {
        while root[&at] != at {
            at = root[&at];
        }
        at
    };
    for (at, (group, _)) in inner {
        // Two groups with a reader in common are parts of what it costs as well.
        for other in group.readers.iter().filter_map(|reader| makers.get(reader)) {
            let (a, b) = (find(&root, *at), find(&root, *other));
            root.insert(a.max(b), a.min(b));
        }
    }
    inner.keys().map(|at| (*at, find(&root, *at))).collect()
}

fn region(
    shaped: &Shaped,
    (channels, places): (&Channels, &NodeMap<Place>),
    (inner, groups): (&BTreeMap<usize, Inner<'_>>, &[usize]),
) -> Region {
    let own: BTreeSet<usize> = groups.iter().copied().collect();
    let mut of: BTreeMap<NodeId, usize> = BTreeMap::new();
    for group in groups {
        of.extend(inner[group].0.readers.iter().map(|reader| (*reader, *group)));
    }
    let mut touching: Vec<(usize, NodeId)> = groups.iter().flat_map(|group| inner[group].1.iter().copied()).collect();
    touching.sort_unstable();
    touching.dedup();
    let nodes: Vec<NodeId> = touching.into_iter().map(|(_, id)| id).collect();
    // What makes channels of the region is its own group's; what only reads some is that group's.
    for &id in &nodes {
        if let Some(group) = channels.of(id).filter(|group| own.contains(group)) {
            of.insert(id, group);
        }
    }
    let members =
        |group: &usize| inner[group].0.members.iter().map(|member| (*member, inner[group].0.clone())).collect::<Vec<_>>();
    let groups: BTreeMap<NodeId, Group> = own.iter().flat_map(members).collect();
    let mut members: Vec<NodeId> = groups.keys().copied().collect();
    members.sort_unstable();
    let on_trunk = members.iter().filter(|member| is_on_trunk(**member, places));
    let least = on_trunk.map(|member| shaped.input_shapes(*member)[0].channels()).max().unwrap_or(1);
    Region { members, nodes, width: groups.values().map(|group| group.width).max().unwrap_or(0), least, groups, of }
}

impl Region {
    /// The channels of a member at a width.
    #[must_use]
    pub fn channels(&self, member: NodeId, at: Option<Scale>) -> u64 {
        let group = &self.groups[&member];
        at.map_or(group.width, |scale| width(group, scale))
    }

    /// The operations of its nodes at a width.
    fn ops(&self, graph: &Graph, at: Option<Scale>) -> NodeMap<Op> {
        let of_group: BTreeMap<usize, u64> =
            self.members.iter().map(|member| (self.of[member], self.channels(*member, at))).collect();
        let mut ops = NodeMap::with_bound(graph.len());
        for id in &self.nodes {
            let node = graph.node(*id);
            let width = self.of.get(id).filter(|_| self.is_own(graph, *id)).map(|group| of_group[group]);
            ops.insert(*id, width.map_or_else(|| node.op.clone(), |width| with_channels(&node.op, width)));
        }
        ops
    }

    /// The nodes that make its channels or pass them on.
    #[must_use]
    pub fn makers(&self, graph: &Graph) -> BTreeSet<NodeId> {
        self.nodes.iter().copied().filter(|id| self.is_own(graph, *id)).collect()
    }

    /// Whether a node's channels are the region's; a reader keeps what it makes.
    fn is_own(&self, graph: &Graph, id: NodeId) -> bool {
        let op = &graph.node(id).op;
        self.groups.contains_key(&id) || !op.is_layer() || matches!(op, Op::Conv(conv) if conv.depthwise)
    }

    /// The most that is alive at one of its moments at a width, in bytes for one image.
    #[must_use]
    pub fn peak(&self, moments: &[Moment], at: Option<Scale>) -> u64 {
        let left = |(owner, bytes): &(NodeId, u64)| {
            let told = self.told_with(*owner);
            let (now, then) = (self.channels(told, None).max(1), self.channels(told, at));
            // Whole maps go.
            bytes - bytes / now * (now - then.min(now))
        };
        let saved = |moment: &Moment| moment.own.iter().map(|own| own.1 - left(own)).sum();
        moments.iter().map(|moment| moment.all.saturating_sub(saved(moment))).max().unwrap_or(0)
    }

    /// What it costs at a width, by node in the order of [`Self::nodes`]; `None` where the network would not fit together.
    #[must_use]
    pub fn prices(&self, shaped: &Shaped, at: Option<Scale>, clock: &Clock<'_>) -> Option<Vec<Price>> {
        of_part(shaped, &self.nodes, &self.ops(shaped.graph(), at), clock)
    }

    /// The member that a node's cost is told with.
    #[must_use]
    pub fn told_with(&self, node: NodeId) -> NodeId {
        let group = self.of.get(&node);
        let first = self.members.iter().find(|member| group.is_some_and(|group| self.of[*member] == *group));
        first.copied().unwrap_or(self.members[0])
    }

    /// What makes regions cost the same: operations and what they read.
    #[must_use]
    pub fn signature(&self, shaped: &Shaped) -> String {
        let graph = shaped.graph();
        let inputs = |id: &NodeId| shaped.input_shapes(*id).iter().map(Shape::to_string).collect::<Vec<_>>().join(" ");
        let told: Vec<_> = self.nodes.iter().map(|id| format!("{:?} {}", graph.node(*id).op.key(), inputs(id))).collect();
        told.join(";")
    }
}
