//! Which layers must have equally many channels, and which may have other ones.
//!
//! In: a shaped network. Out: [`Channels`]: every layer that decides how many channels a map has, in [`Group`]s that change
//! together, as the two sides of a residual sum do. Channels that something else than the layer decides (the input's, an
//! output's, those that a reshape or a slice counts) are fixed. Nothing is changed here: see [`scale`](super::scale).

use crate::graph::{Graph, NodeId, NodeMap};
use crate::op::{Concat, Conv, ConvTranspose, Dense, Op};
use crate::shape::Shaped;

/// Layers whose channels change together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Group {
    /// The layers that make these channels, in order of execution.
    pub members: Vec<NodeId>,
    /// Convolutions and linear layers that read them, in order of execution.
    pub readers: Vec<NodeId>,
    /// How many there are.
    pub width: u64,
    /// What any other number must be a multiple of, as groups of a convolution ask.
    pub multiple: u64,
    /// Why the number cannot change.
    pub fixed: Option<Fixed>,
}

/// Why channels cannot change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fixed {
    /// They are the network's output.
    Output,
    /// They are joined element by element with what is given: an input, a learned tensor.
    Given,
    /// An operation states or counts them.
    Stated(NodeId),
    /// Their layer has a bottleneck.
    Refined,
    /// Their layer shares its weights.
    Shared,
    /// Their layer is kept by request.
    Kept,
}

/// The channels of a network.
#[derive(Debug, Clone)]
pub struct Channels {
    groups: Vec<Group>,
    parent: Vec<usize>,
    values: NodeMap<Value>,
}

/// What channels a value has.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    /// Those of groups, one after the other.
    Of(Vec<usize>),
    /// Nothing that could change.
    Given,
}

impl Channels {
    /// Of a network.
    #[must_use]
    pub fn new(shaped: &Shaped) -> Self {
        let graph = shaped.graph();
        let mut channels = Self { groups: Vec::new(), parent: Vec::new(), values: NodeMap::with_bound(graph.len()) };
        for &id in shaped.order() {
            let value = channels.value(shaped, id);
            channels.values.insert(id, value);
        }
        for (_, id) in graph.outputs() {
            channels.fix(*id, Fixed::Output);
        }
        for group in &mut channels.groups {
            group.members.sort_unstable();
            group.readers.sort_unstable();
        }
        channels
    }

    /// The group that a layer makes; `None` where it makes none.
    #[must_use]
    pub fn made_by(&self, layer: NodeId) -> Option<usize> {
        self.of(layer).filter(|group| self.groups[*group].members.contains(&layer))
    }

    /// The groups in order of their first layers.
    pub fn groups(&self) -> impl Iterator<Item = (usize, &Group)> {
        self.groups.iter().enumerate().filter(|(at, _)| self.parent[*at] == *at)
    }

    /// The group whose channels, alone, a value has.
    #[must_use]
    pub fn of(&self, id: NodeId) -> Option<usize> {
        match &self.values[id] {
            Value::Of(groups) if groups.len() == 1 => Some(self.root(groups[0])),
            Value::Of(_) | Value::Given => None,
        }
    }

    fn value(&mut self, shaped: &Shaped, id: NodeId) -> Value {
        let (graph, op) = (shaped.graph(), &shaped.graph().node(id).op);
        match op.as_dense() {
            Some(Dense::Conv(conv)) if conv.depthwise => return self.depthwise(graph, id, conv.out == conv.groups),
            Some(Dense::Conv(Conv { groups, .. }) | Dense::ConvTranspose(ConvTranspose { groups, .. })) => {
                return self.layer(shaped, id, *groups);
            }
            Some(Dense::Linear(_)) if shaped.shape(id).rank() == 1 => return self.layer(shaped, id, 1),
            Some(Dense::Linear(_)) | None => {}
        }
        let keeps = op.keeps_channels() || matches!(op, Op::Reduce(reduce) if !reduce.axes.contains(&0));
        if keeps {
            self.values[graph.node(id).inputs[0]].clone()
        } else if let Op::GroupNorm(norm) = op {
            self.divided(graph, id, norm.groups)
        } else if let Op::Elementwise(_) = op {
            self.joined(shaped, id)
        } else if matches!(op, Op::Concat(Concat { axis: 0 })) && shaped.shape(id).rank() != 2 {
            self.concatenated(graph, id)
        } else {
            // What else has inputs counts on their channels.
            graph.node(id).inputs.iter().for_each(|input| self.fix(*input, Fixed::Stated(id)));
            Value::Given
        }
    }

    /// A layer that makes channels of its own.
    fn layer(&mut self, shaped: &Shaped, id: NodeId, parts: u64) -> Value {
        let (graph, node) = (shaped.graph(), shaped.graph().node(id));
        let input = node.inputs[0];
        let fixed = if node.origin.part.is_some() {
            Some(Fixed::Refined)
        } else if graph.shares_tensors(id) {
            Some(Fixed::Shared)
        } else {
            node.directives.keep.then_some(Fixed::Kept)
        };
        // A kept layer may read other channels; one whose weights are spoken for elsewhere may not.
        if let Some(why @ (Fixed::Refined | Fixed::Shared)) = fixed {
            self.fix(input, why);
        }
        if parts > 1 {
            self.divide(input, parts, id);
        }
        if let Value::Of(groups) = self.values[input].clone() {
            for group in groups {
                let root = self.root(group);
                self.groups[root].readers.push(id);
            }
        }
        let group = Group { members: vec![id], readers: Vec::new(), width: shaped.shape(id).channels(), multiple: parts, fixed };
        self.groups.push(group);
        self.parent.push(self.groups.len() - 1);
        Value::Of(vec![self.groups.len() - 1])
    }

    /// A filter for each channel, which follows its input where it makes just one channel of each.
    fn depthwise(&mut self, graph: &Graph, id: NodeId, one_each: bool) -> Value {
        let input = graph.node(id).inputs[0];
        if !one_each || self.of(input).is_none() || graph.shares_tensors(id) {
            self.fix(input, Fixed::Stated(id));
            return Value::Given;
        }
        self.values[input].clone()
    }

    fn divided(&mut self, graph: &Graph, id: NodeId, parts: u64) -> Value {
        let input = graph.node(id).inputs[0];
        self.divide(input, parts, id);
        self.values[input].clone()
    }

    /// Asks that the channels of a value stay a multiple.
    fn divide(&mut self, input: NodeId, parts: u64, by: NodeId) {
        match self.of(input) {
            Some(group) => self.groups[group].multiple = lcm(self.groups[group].multiple, parts),
            None => self.fix(input, Fixed::Stated(by)),
        }
    }

    /// Element by element: operands of as many channels as the result change together.
    fn joined(&mut self, shaped: &Shaped, id: NodeId) -> Value {
        let (width, rank) = (shaped.shape(id).channels(), shaped.shape(id).rank());
        let inputs = &shaped.graph().node(id).inputs;
        // Axes are aligned at the last one: what has fewer of them has its channels beside another axis than the channels.
        let (inputs, beside): (Vec<_>, Vec<_>) = inputs.iter().partition(|input| shaped.shape(**input).rank() == rank);
        for input in beside {
            self.fix(input, Fixed::Stated(id));
        }
        let inputs = inputs.into_iter();
        let operands: Vec<_> = inputs.filter(|input| shaped.shape(*input).channels() == width).collect();
        let lists: Option<Vec<Vec<usize>>> = operands
            .iter()
            .map(|input| match &self.values[*input] {
                Value::Of(groups) => Some(groups.clone()),
                Value::Given => None,
            })
            .collect();
        let fits = |a: &[usize], b: &[usize]| {
            a.len() == b.len()
                && a.iter().zip(b).all(|(a, b)| self.groups[self.root(*a)].width == self.groups[self.root(*b)].width)
        };
        match lists {
            Some(lists) if !lists.is_empty() && lists.windows(2).all(|pair| fits(&pair[0], &pair[1])) => {
                for other in &lists[1..] {
                    lists[0].iter().zip(other).for_each(|(a, b)| self.union(*a, *b));
                }
                Value::Of(lists[0].clone())
            }
            _ => {
                for input in operands {
                    self.fix(input, Fixed::Given);
                }
                Value::Given
            }
        }
    }

    fn concatenated(&mut self, graph: &Graph, id: NodeId) -> Value {
        let inputs = &graph.node(id).inputs;
        let mut all = Vec::new();
        for input in inputs {
            match &self.values[*input] {
                Value::Of(groups) => all.extend(groups.iter().copied()),
                // Given channels stay; the others may change beside them. They count as a group that never does.
                Value::Given => {
                    self.groups.push(Group { fixed: Some(Fixed::Given), multiple: 1, ..Group::default() });
                    self.parent.push(self.groups.len() - 1);
                    all.push(self.groups.len() - 1);
                }
            }
        }
        Value::Of(all)
    }

    fn fix(&mut self, value: NodeId, why: Fixed) {
        if let Value::Of(groups) = self.values[value].clone() {
            for group in groups {
                let root = self.root(group);
                self.groups[root].fixed.get_or_insert(why);
            }
        }
    }

    fn root(&self, of: usize) -> usize {
        let mut at = of;
        while self.parent[at] != at {
            at = self.parent[at];
        }
        at
    }

    fn union(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        let (kept, gone) = (a.min(b), a.max(b));
        if kept == gone {
            return;
        }
        self.parent[gone] = kept;
        let other = std::mem::take(&mut self.groups[gone]);
        let group = &mut self.groups[kept];
        group.members.extend(other.members);
        group.readers.extend(other.readers);
        group.multiple = lcm(group.multiple, other.multiple);
        group.fixed = group.fixed.or(other.fixed);
    }
}

fn lcm(a: u64, b: u64) -> u64 {
    let gcd = |mut a: u64, mut b: u64| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let divisor = gcd(a, b).max(1);
    (a / divisor).saturating_mul(b).max(1)
}
