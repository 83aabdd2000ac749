//! A flat graph as a person would write it: blocks for what is there several times, loops for chains of one block.
//!
//! In: a [`Shaped`] network whose layers are called by paths, as other programs and our own blocks give them. Out: an
//! [`Outline`], of which the text of a net or a module of another framework can be written. Scopes of names that hold the same
//! layers but for numbers are one [`Block`], the numbers its parameters; what they have besides is taken under a condition.
//! An outline says the same network with the same names of layers; where that cannot be said, layers stand where they are used.
//!
//! Steps: `units` (scopes), `classes` and `embed` (which are alike), `params` and `compared` (in what they differ), `body` (what is a block),
//! `growing` and `loops`, `print` with `values` (what maps are called).

mod body;
mod classes;
mod compared;
mod embed;
mod growing;
mod loops;
mod names;
mod params;
mod print;
mod units;
mod values;

pub use body::{Block, Body, Choice, Outline, Step, Turn, What};
pub use classes::Ref;
pub(crate) use compared::quotient;
pub use params::{Condition, Expr, Param, Quantity};
pub use print::print;

use crate::graph::{Graph, NodeId};
use crate::shape::Shaped;

/// Larger networks are not looked through.
const MOST_LAYERS: usize = 20_000;
/// Scopes within scopes.
const MOST_SCOPES: usize = 32;

/// The outline of a network; `None` where it is too large to look for one, and where layers share weights or are marked, which
/// an outline does not say.
#[must_use]
pub fn outline(shaped: &Shaped) -> Option<Outline> {
    let graph = shaped.graph();
    if graph.ids().any(|id| is_marked(graph, id)) { None } else { of_layers(shaped) }
}

/// The same of a network whose marks are no matter.
#[must_use]
pub fn of_layers(shaped: &Shaped) -> Option<Outline> {
    let graph = shaped.graph();
    let is_deep = |id| graph.node(id).name.segments().count() > MOST_SCOPES;
    if graph.len() > MOST_LAYERS || graph.ids().any(|id| is_deep(id) || !is_plain(graph, id)) {
        return None;
    }
    let units = units::Units::new(graph);
    let classes = classes::Classes::new(graph, &units);
    let numbers = params::numbers(shaped, &classes);
    let mut outline = body::outline(&units, &classes, &numbers);
    let folded = |body: &mut Body| *body = loops::fold(growing::fold(graph, std::mem::take(body)));
    outline.blocks.iter_mut().for_each(|block| folded(&mut block.body));
    folded(&mut outline.net);
    Some(outline)
}

/// Whether a layer's weights are its own.
fn is_plain(graph: &Graph, id: NodeId) -> bool {
    graph.owner(id).is_none_or(|owner| *owner == graph.node(id).name) && !graph.shares_tensors(id)
}

/// Whether something is asked for a layer, or was done for it.
fn is_marked(graph: &Graph, id: NodeId) -> bool {
    let node = graph.node(id);
    node.origin.part.is_some() || node.directives.bottleneck.is_some() || node.directives.keep
}
