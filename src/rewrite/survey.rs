//! Goes over a network's layers and finds what is asked of each: by a rule, a mark, or the options for all.
//!
//! Out: the layers that may change, and for every other convolution or linear layer why it may not. `@keep` always holds;
//! then the first rule that matches, then the layer's `@bottleneck` mark, then the options.

use super::candidates::{Demand, LEAST_CHANNELS, LEAST_SHARE, Layer};
use super::config::{Config, Rule};
use super::forms::{Refusal, geometry};
use super::insert::is_refined;
use super::path::Layers;
use super::plan::OptimizeError;
use crate::graph::{BottleneckMark, Node, NodeId};
use crate::op::form::{Between, Kind};
use crate::shape::Shaped;

/// One channel in so many is kept where a mark gives no number.
pub const RATIO_OF_MARKS: u64 = 4;

/// What is asked of a network's layers, in order of execution.
pub struct Survey {
    /// Layers that may change.
    pub layers: Vec<Layer>,
    /// Layers that stay, and why.
    pub refused: Vec<(NodeId, Refusal)>,
}

impl Survey {
    /// The layers that are to stay as they are.
    pub fn kept(&self) -> impl Iterator<Item = NodeId> {
        self.refused.iter().filter(|(_, why)| matches!(why, Refusal::Kept | Refusal::NotAsked)).map(|(id, _)| *id)
    }
}

/// Which forms a budget may choose of, where none is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freedom {
    /// Those that a designer would draw.
    Sane,
    /// All that fit.
    EveryForm,
    /// All that fit, however little they save and however few channels the layer reads: not to be chosen of, but to know what no
    /// choice reaches.
    Anything,
}

/// Goes over all convolutions and linear layers.
///
/// # Errors
/// A rule matches no layer.
pub fn survey(shaped: &Shaped, config: &Config, freedom: Freedom) -> Result<Survey, OptimizeError> {
    check_rules(shaped, config)?;
    let mut survey = Survey { layers: Vec::new(), refused: Vec::new() };
    for &id in shaped.order() {
        let node = shaped.graph().node(id);
        if node.op.is_layer() {
            match look(shaped, (config, freedom), id) {
                Ok(layer) => survey.layers.push(layer),
                Err(refusal) => survey.refused.push((id, refusal)),
            }
        }
    }
    Ok(survey)
}

fn check_rules(shaped: &Shaped, config: &Config) -> Result<(), OptimizeError> {
    let graph = shaped.graph();
    for rule in &config.rules {
        let matches = |id: &NodeId| rule.pattern.scope(&graph.node(*id).name).is_some();
        if !shaped.order().iter().any(matches) {
            let pattern = rule.pattern.to_string();
            let (nearest, users) = Layers::new(graph, shaped.order()).meant(&rule.pattern);
            return Err(OptimizeError::RuleMatchesNothing { pattern, nearest, users });
        }
    }
    Ok(())
}

fn look(shaped: &Shaped, (config, freedom): (&Config, Freedom), id: NodeId) -> Result<Layer, Refusal> {
    let graph = shaped.graph();
    let node = graph.node(id);
    let rule = config.rules.iter().find(|rule| rule.pattern.scope(&node.name).is_some());
    if is_refined(graph, id) {
        return Err(Refusal::Refined);
    }
    if graph.shares_tensors(id) {
        return Err(Refusal::Shared { uses: graph.tensor(node.tensors[0]).users });
    }
    if node.directives.keep || rule.is_some_and(|rule| rule.keep) {
        return Err(Refusal::Kept);
    }
    let geometry = geometry(&node.op, shaped.input_shapes(id)[0], shaped.shape(id))?;
    let few = geometry.input < LEAST_CHANNELS;
    let between = Between::from_linear(rule.and_then(|rule| rule.linear).or(config.linear));
    let layer = |demand| Layer { node: id, geometry, demand, between };
    match demand((config, freedom), rule, node) {
        None => Err(Refusal::NotAsked),
        Some(demand) if few && freedom != Freedom::Anything && !demand.is_regardless() => {
            Err(Refusal::FewChannels { channels: geometry.input })
        }
        Some(demand) => Ok(layer(demand)),
    }
}

fn demand((config, freedom): (&Config, Freedom), rule: Option<&Rule>, node: &Node) -> Option<Demand> {
    if let Some(demand) = rule.and_then(|rule| demand_of_rule(config, rule)) {
        return Some(demand);
    }
    match (&node.directives.bottleneck, rule) {
        (Some(mark), None) => Some(demand_of_mark(config, mark)),
        (_, rule) => demand_of_all(config, freedom, rule.and_then(|rule| rule.form).or(config.form)),
    }
}

/// What a rule with numbers asks for; one with only a form narrows what is asked of all.
fn demand_of_rule(config: &Config, rule: &Rule) -> Option<Demand> {
    let form = rule.form.or(config.form);
    if !rule.channels.is_empty() {
        return Some(Demand::Channels { kinds: by_width(form), ranks: rule.channels.clone(), regardless: true });
    }
    if let Some(ratio) = rule.ratio {
        return Some(Demand::Ratio { kinds: by_share(form), ratio });
    }
    let alone = config.budgets.is_empty() && config.ratio.is_none() && config.channels.is_none();
    (alone && rule.form.is_some()).then(|| Demand::Ratio { kinds: by_share(form), ratio: RATIO_OF_MARKS })
}

fn demand_of_mark(config: &Config, mark: &BottleneckMark) -> Demand {
    let form = mark.form.or(config.form);
    match mark.channels {
        Some(channels) => Demand::Channels { kinds: by_width(form), ranks: vec![channels.max(1)], regardless: true },
        None => Demand::Ratio { kinds: by_share(form), ratio: config.ratio.unwrap_or(RATIO_OF_MARKS) },
    }
}

fn demand_of_all(config: &Config, freedom: Freedom, form: Option<Kind>) -> Option<Demand> {
    if !config.budgets.is_empty() {
        let kinds = form.map_or_else(|| Kind::ALL.to_vec(), |form| vec![form]);
        let (ratio, sane) = (config.ratio.unwrap_or(LEAST_SHARE), freedom == Freedom::Sane && form.is_none());
        return Some(Demand::Free { kinds, channels: config.channels, ratio, sane });
    }
    if let Some(channels) = config.channels {
        return Some(Demand::Channels { kinds: by_width(form), ranks: vec![channels], regardless: false });
    }
    config.ratio.map(|ratio| Demand::Ratio { kinds: by_share(form), ratio })
}

/// Forms that compete at one width: those in which that width is a share of the layer's own channels.
fn by_width(form: Option<Kind>) -> Vec<Kind> {
    form.map_or_else(|| vec![Kind::Reduce, Kind::Expand], |form| vec![form])
}

/// Forms that compete at one share; `both` would keep that share twice.
fn by_share(form: Option<Kind>) -> Vec<Kind> {
    form.map_or_else(|| vec![Kind::Reduce, Kind::Expand, Kind::Spatial], |form| vec![form])
}
