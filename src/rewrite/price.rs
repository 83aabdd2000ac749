//! What a layer costs, alone or as the steps of a form, with everything that stands between them.
//!
//! In: operations and the shape that flows in. Out: a [`Price`]: MACs, FLOPs, parameters, predicted time, and the maps in between.
//! The steps are counted as a small network of their own, so a price is what analysis counts afterwards.

use std::collections::BTreeMap;

use super::chain::Step;
use super::totals::counting;

use crate::analysis::roofline::{Cores, bandwidth, predict_within};
use crate::analysis::target::Target;
use crate::analysis::{Analysis, Convention, Layer, analyze};
use crate::graph::{Graph, Node, NodeId, NodeMap};
use crate::op::{Op, Shape};
use crate::shape::{Shaped, infer};

/// Cost of a layer for one image.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Price {
    /// Multiply-accumulates, in the default convention.
    pub macs: u64,
    /// What a budget on MACs counts: those, or what another tool calls so.
    pub counted: u64,
    /// `2 x MACs + bias additions`.
    pub flops: u64,
    /// Learnable scalars: weights, biases, scales and shifts.
    pub params: u64,
    /// Predicted milliseconds.
    pub ms: f64,
}

impl Price {
    /// That of a layer that was counted as budgets are, with its time.
    #[must_use]
    pub fn of(layer: &Layer, ms: f64) -> Self {
        Self { macs: layer.work.macs, counted: layer.macs, flops: layer.flops, params: layer.params, ms }
    }

    /// The sum; counts beyond 64 bits stay at the largest, and the network's own analysis reports them.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            macs: self.macs.saturating_add(other.macs),
            counted: self.counted.saturating_add(other.counted),
            flops: self.flops.saturating_add(other.flops),
            params: self.params.saturating_add(other.params),
            ms: self.ms + other.ms,
        }
    }
}

/// How prices are worked out: the machine, how fast a network's weights reach it, and what is counted.
#[derive(Debug, Clone, Copy)]
pub struct Clock<'a> {
    target: &'a Target,
    cores: Cores,
    weight_rate: f64,
    convention: Convention,
}

impl<'a> Clock<'a> {
    /// The clock for the layers of a network that was counted as budgets are.
    #[must_use]
    pub fn new(target: &'a Target, cores: Cores, network: &Analysis) -> Self {
        let weight_rate = bandwidth(target, cores, network.totals.weight_bytes);
        Self { target, cores, weight_rate, convention: network.options.convention }
    }

    /// Milliseconds of a part of the network; the target fuses in it what it fuses anywhere.
    fn ms(&self, part: &Shaped, analysis: &Analysis) -> f64 {
        predict_within(analysis, part, (self.target, self.cores), self.weight_rate).total_ms
    }

    /// Milliseconds of each layer of a part.
    fn layers_ms(&self, part: &Shaped, analysis: &Analysis) -> Vec<f64> {
        let predicted = predict_within(analysis, part, (self.target, self.cores), self.weight_rate);
        predicted.layers.iter().map(|layer| layer.total_us / 1000.0).collect()
    }
}

/// The price of steps after each other, and the map that each makes unless the target writes it over the one before; `None`
/// where one does not fit or overflows.
#[must_use]
pub fn of_steps(steps: &[Step], input: Shape, clock: &Clock<'_>) -> Option<(Price, Vec<Shape>)> {
    let mut graph = Graph::new("steps", None);
    let mut last = graph.add(Node::new("input", Op::Input(input), Vec::new()));
    for step in steps {
        last = graph.add(Node::new("step", step.op.clone(), vec![last]));
    }
    graph.add_output("output", last);
    let shaped = infer(graph).ok()?;
    let analysis = analyze(&shaped, &counting(clock.convention)).ok()?;
    let in_place = |step: &Step| clock.target.fuses && step.op.class().is_elementwise();
    let maps = analysis.layers.iter().zip(steps).filter(|(_, step)| !in_place(step)).map(|(layer, _)| layer.output);
    let steps = analysis.layers.iter().fold(Price::default(), |sum, layer| sum.plus(Price::of(layer, 0.0)));
    let price = Price { ms: clock.ms(&shaped, &analysis), ..steps };
    Some((price, maps.collect()))
}

/// The prices of nodes of a network with other operations, in order of execution; what they read from elsewhere has the shape
/// that it has. `None` where they do not fit together or overflow.
#[must_use]
pub fn of_part(shaped: &Shaped, nodes: &[NodeId], ops: &NodeMap<Op>, clock: &Clock<'_>) -> Option<Vec<Price>> {
    let whole = shaped.graph();
    let mut graph = Graph::new("part", None);
    let mut copies: NodeMap<NodeId> = NodeMap::with_bound(whole.len());
    for &id in nodes {
        let node = whole.node(id);
        let inputs = node.inputs.iter().map(|input| {
            if let Some(copy) = copies.get(*input) {
                return *copy;
            }
            let copy = graph.add(Node::new("input", Op::Input(shaped.shape(*input)), Vec::new()));
            copies.insert(*input, copy);
            copy
        });
        let inputs = inputs.collect();
        copies.insert(id, graph.add(Node::new("node", ops[id].clone(), inputs)));
    }
    graph.add_output("output", copies[*nodes.last()?]);
    let shaped = infer(graph).ok()?;
    let analysis = analyze(&shaped, &counting(clock.convention)).ok()?;
    let times = clock.layers_ms(&shaped, &analysis);
    let priced = analysis.layers.iter().zip(times).map(|(layer, ms)| (layer.node, Price::of(layer, ms)));
    let price: BTreeMap<NodeId, Price> = priced.collect();
    Some(nodes.iter().map(|id| price.get(&copies[*id]).copied().unwrap_or_default()).collect())
}
