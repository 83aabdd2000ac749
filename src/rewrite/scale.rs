//! Gives layers other output channels, and everything that reads them what it then needs.
//!
//! In: a shaped network, and which layers get which [`Scale`]. Out: a [`Rewrite`] of the same operations with other channels.
//! Layers whose channels must stay equal ([`Channels`]) change together or not at all; input channels follow by themselves,
//! for no operation states them. Weights of what changed are new.

use std::collections::BTreeMap;

use super::budget::{Budget, Quantity};
use super::channels::{Channels, Fixed, Group};
use super::plan::{OptimizeError, Sums};
use super::rebuild::Rebuild;
use super::sources::{Sources, TensorSource};
use super::totals::Meter;
use super::{Change, Rewrite};
use crate::analysis::Analysis;
use crate::graph::{Graph, NodeId};
use crate::op::Op;
use crate::op::form::Scale;
use crate::shape::{Shaped, infer};

/// Why layers cannot be scaled as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unscalable {
    /// None of them makes channels that may change.
    Nothing {
        /// The first of them, and why.
        why: Option<(NodeId, Fixed)>,
        /// A layer that must keep as many channels as one of them, and is not among them.
        partner: Option<(NodeId, NodeId)>,
    },
    /// Two of them must have equally many channels and are asked for different ones.
    Apart {
        /// One.
        one: NodeId,
        /// The other.
        other: NodeId,
    },
    /// The network does not fit together with the new channels, where some operation counts them.
    Unfit {
        /// What does not fit, as a sentence.
        why: String,
    },
}

/// A network whose channels may be asked for at several widths: which of them change together is found once.
struct Scaling<'a> {
    shaped: &'a Shaped,
    channels: Channels,
}

impl<'a> Scaling<'a> {
    fn of(shaped: &'a Shaped) -> Self {
        Self { shaped, channels: Channels::new(shaped) }
    }

    /// See [`widths`].
    fn widths(&self, asked: &BTreeMap<NodeId, Scale>) -> Result<BTreeMap<NodeId, u64>, Unscalable> {
        let mut widths = BTreeMap::new();
        let (mut why, mut partner) = (None, None);
        let groups = self.channels.groups().map(|(_, group)| group);
        for group in groups.filter(|group| group.members.iter().any(|member| asked.contains_key(member))) {
            let named = group.members.iter().find(|member| asked.contains_key(member)).expect("one is asked for");
            let left = group.members.iter().find(|member| !asked.contains_key(member));
            if let Some(fixed) = group.fixed {
                why.get_or_insert((*named, fixed));
            } else if let Some(left) = left {
                partner.get_or_insert((*named, *left));
            } else {
                let scale = asked[named];
                if let Some(other) = group.members.iter().find(|member| asked[*member] != scale) {
                    return Err(Unscalable::Apart { one: *named, other: *other });
                }
                let width = width(group, scale);
                widths.extend(group.members.iter().map(|member| (*member, width)));
            }
        }
        if widths.is_empty() { Err(Unscalable::Nothing { why, partner }) } else { Ok(widths) }
    }

    /// The network at other widths, with all that is known of it but whose weights are whose.
    fn resized(&self, widths: &BTreeMap<NodeId, u64>) -> Result<Shaped, Unscalable> {
        infer(self.copy(widths, &|_| false).0).map_err(|unfit| Unscalable::Unfit { why: unfit.to_string() })
    }

    /// See [`scale`].
    fn rewrite(&self, asked: &BTreeMap<NodeId, Scale>) -> Result<Rewrite, Unscalable> {
        let (shaped, graph) = (self.shaped, self.shaped.graph());
        let widths = self.widths(asked)?;
        let wide = self.resized(&widths)?;
        // Ids of the copy are in the order in which the old nodes were copied.
        let copies: BTreeMap<NodeId, NodeId> = shaped.order().iter().copied().zip(wide.order().iter().copied()).collect();
        let needs_weights = |id: NodeId| {
            let (op, copy) = (&graph.node(id).op, copies[&id]);
            op.weights(&shaped.input_shapes(id)) != wide.graph().node(copy).op.weights(&wide.input_shapes(copy))
        };
        let (graph_after, sources) = self.copy(&widths, &needs_weights);
        let changes = widths.iter().map(|(id, width)| {
            let (name, before) = (&graph.node(*id).name, shaped.shape(*id).channels());
            let note = format!("`{name}` has {width} output channels instead of {before}");
            Change { pass: Scale::NAME, layers: vec![name.to_string()], exact: false, note }
        });
        let changes = changes.collect();
        Ok(Rewrite { graph: graph_after, changes, sources })
    }

    /// The copy, where new weights are made for what needs them.
    fn copy(&self, widths: &BTreeMap<NodeId, u64>, needs_weights: &dyn Fn(NodeId) -> bool) -> (Graph, Sources) {
        let (channels, graph) = (&self.channels, self.shaped.graph());
        let of_group: BTreeMap<usize, u64> = widths.iter().filter_map(|(id, width)| Some((channels.of(*id)?, *width))).collect();
        let mut build = Rebuild::new(self.shaped);
        let mut sources = Sources::default();
        for &id in self.shaped.order() {
            let op =
                channels.of(id).and_then(|group| of_group.get(&group)).map(|width| with_channels(&graph.node(id).op, *width));
            let is_new = needs_weights(id);
            let new = match op {
                Some(op) if is_new => build.replace(id, op),
                Some(op) => build.keep_as(id, op),
                None if is_new => build.replace(id, graph.node(id).op.clone()),
                None => build.keep(id),
            };
            if is_new {
                build.node(new).tensors.iter().for_each(|tensor| sources.insert(*tensor, TensorSource::New));
            }
        }
        (build.finish(), sources)
    }

    /// The same share of the channels of every layer.
    fn share(&self, share: f64, block: u64) -> Option<BTreeMap<NodeId, Scale>> {
        let scale = Scale::new(share, block)?;
        let graph = self.shaped.graph();
        let layers = self.shaped.order().iter().filter(|id| graph.node(**id).op.is_layer());
        Some(layers.map(|id| (*id, scale)).collect())
    }

    /// What the network costs at a share; `None` where no channels may change.
    fn sums_at(&self, share: f64, (block, meter): (u64, Meter<'_>)) -> Result<Option<Sums>, OptimizeError> {
        let widths = self.share(share, block).and_then(|asked| self.widths(&asked).ok());
        let Some(wide) = widths.and_then(|widths| self.resized(&widths).ok()) else { return Ok(None) };
        Ok(Some(meter.sums(&wide)?.0))
    }

    /// See [`at_share`].
    fn at_share(&self, share: f64, (block, meter): (u64, Meter<'_>)) -> Result<Option<Uniform>, OptimizeError> {
        let Some(scale) = Scale::new(share, block) else { return Ok(None) };
        let rewrite = self.share(share, block).and_then(|asked| self.rewrite(&asked).ok());
        let Some(Rewrite { graph, sources, .. }) = rewrite else { return Ok(None) };
        let shaped = super::reinfer(graph);
        let (sums, analysis) = meter.sums(&shaped)?;
        Ok(Some(Uniform { scale, shaped, sources, sums, analysis }))
    }
}

/// The new channels of every layer whose group is asked for whole: groups that reach beyond the layers asked for stay as they are.
///
/// # Errors
/// None of the channels may change, or two must be equal and are not asked to be.
pub fn widths(shaped: &Shaped, asked: &BTreeMap<NodeId, Scale>) -> Result<BTreeMap<NodeId, u64>, Unscalable> {
    Scaling::of(shaped).widths(asked)
}

/// A group's new width: a multiple of what its operations need, and of what is asked for where that fits as well.
pub(super) fn width(group: &Group, scale: Scale) -> u64 {
    let needed = group.multiple.max(1);
    let asked = Scale::new(scale.share(), scale.multiple().div_ceil(needed).saturating_mul(needed)).unwrap_or(scale);
    let width = asked.width(group.width);
    if width.is_multiple_of(needed) { width } else { group.width }
}

/// A copy of the network in which layers have other channels. Names stay.
///
/// # Errors
/// None of the channels may change, two must be equal and are not asked to be, or an operation counts them.
pub fn scale(shaped: &Shaped, asked: &BTreeMap<NodeId, Scale>) -> Result<Rewrite, Unscalable> {
    Scaling::of(shaped).rewrite(asked)
}

/// An operation that makes, or passes on, so many channels.
pub(super) fn with_channels(op: &Op, width: u64) -> Op {
    let mut op = op.clone();
    if let Op::Conv(conv) = &mut op {
        conv.out = width;
        if conv.depthwise {
            conv.groups = width;
        }
    } else if let Op::ConvTranspose(conv) = &mut op {
        conv.out = width;
    } else if let Op::Linear(linear) = &mut op {
        linear.out = width;
    }
    op
}

/// The network at one width for all of it.
#[derive(Debug, Clone)]
pub struct Uniform {
    /// The share of all channels that may change.
    pub scale: Scale,
    /// What the network then is.
    pub shaped: Shaped,
    /// Where its tensors come from.
    pub sources: Sources,
    /// What it then costs.
    pub sums: Sums,
    /// That, layer by layer.
    pub analysis: Analysis,
}

/// How finely uniform widths are looked for.
const STEPS: u32 = 100;

/// The widest network within limits, of all that are the same share of this one in every layer, in hundredths; `None` where
/// not even the narrowest is, or nothing may change.
///
/// # Errors
/// A count exceeds 64 bits.
pub fn uniform(
    shaped: &Shaped,
    limits: &[(Budget, f64)],
    (block, meter): (u64, Meter<'_>),
) -> Result<Option<Uniform>, OptimizeError> {
    let scaling = Scaling::of(shaped);
    let share = |step: u32| f64::from(step) / f64::from(STEPS);
    let is_within = |sums: &Sums| limits.iter().all(|(budget, most)| sums.of(budget.quantity) <= *most);
    let (mut low, mut high) = (0, STEPS);
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        match scaling.sums_at(share(middle), (block, meter))? {
            Some(sums) if is_within(&sums) => low = middle,
            Some(_) => high = middle,
            None => break,
        }
    }
    if low > 0 { scaling.at_share(share(low), (block, meter)) } else { Ok(None) }
}

/// The network with such a share of all channels that may change; `None` where none may.
///
/// # Errors
/// A count exceeds 64 bits.
pub fn at_share(shaped: &Shaped, share: f64, how: (u64, Meter<'_>)) -> Result<Option<Uniform>, OptimizeError> {
    Scaling::of(shaped).at_share(share, how)
}

/// A limit on MACs: what a plan without a budget is compared at.
#[must_use]
pub fn as_many_macs(sums: &Sums) -> Vec<(Budget, f64)> {
    let most = sums.of(Quantity::Macs);
    vec![(Budget { quantity: Quantity::Macs, limit: super::Limit::Absolute(most) }, most)]
}
