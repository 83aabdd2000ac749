//! Puts bottlenecks into a graph.
//!
//! In: a shaped graph and which layer gets which form. Out: a new graph, not yet shaped, in which the kxk keeps the layer's
//! name and its followers use the last node of the form. Lowering calls this for `refine` statements, the optimizer for its
//! plan: one meaning for both.

use std::collections::BTreeMap;

use super::chain::chain;
use super::forms::{Refusal, fits};
use super::neighbour::neighbourhood;
use super::rebuild::Rebuild;
use crate::graph::{Graph, Node, NodeId, Origin};
use crate::op::form::Refinement;
use crate::shape::Shaped;

/// What [`Origin::made_by`] says of inserted layers.
pub const MADE_BY: &str = "refine";

/// One layer and its new form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// The layer.
    pub node: NodeId,
    /// Its form.
    pub how: Refinement,
}

/// A request that cannot be met.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejected {
    /// Index into the requests.
    pub request: usize,
    /// Why.
    pub refusal: Refusal,
}

/// A copy of the graph with the requested bottlenecks. Node ids change, names of existing layers do not.
///
/// # Errors
/// The first request whose layer cannot take its form, is refined already, or is named twice.
pub fn refine(shaped: &Shaped, requests: &[Request]) -> Result<Graph, Rejected> {
    let mut wanted = BTreeMap::new();
    for (index, request) in requests.iter().enumerate() {
        let check = check(shaped.graph(), request);
        let twice = wanted.insert(request.node, request.how).is_some();
        check.and(if twice { Err(Refusal::Twice) } else { Ok(()) }).map_err(|refusal| Rejected { request: index, refusal })?;
    }
    let mut build = Rebuild::new(shaped);
    for &id in shaped.order() {
        match wanted.get(&id) {
            Some(how) => insert(&mut build, shaped.graph(), id, how),
            None => drop(build.keep(id)),
        }
    }
    Ok(build.finish())
}

fn check(graph: &Graph, request: &Request) -> Result<(), Refusal> {
    fits(request.how.form.kind(), &graph.node(request.node).op)?;
    if is_refined(graph, request.node) { Err(Refusal::Refined) } else { Ok(()) }
}

/// Whether a layer has a bottleneck already, or was inserted as part of one.
#[must_use]
pub fn is_refined(graph: &Graph, id: NodeId) -> bool {
    let inserted = |id: NodeId| graph.node(id).origin.made_by == Some(MADE_BY);
    let name = &graph.node(id).name;
    let has = |part: &str| graph.find(&format!("{name}.{part}")).is_some_and(inserted);
    inserted(id) || has("reduce") || has("expand") || has("vertical")
}

fn insert(build: &mut Rebuild<'_>, graph: &Graph, id: NodeId, how: &Refinement) {
    let layer = graph.node(id);
    let origin = Origin { made_by: Some(MADE_BY), keep: false, wish: None, ..layer.origin.clone() };
    let mut inputs = build.inputs(id);
    for step in chain(&layer.op, how, &neighbourhood(graph, id)) {
        let new = if step.suffix.is_empty() {
            build.replace_on(id, step.op, inputs)
        } else {
            let name = format!("{}{}", layer.name, step.suffix);
            build.insert(Node { name, op: step.op, inputs, origin: origin.clone() })
        };
        inputs = vec![new];
    }
    build.alias(id, inputs[0]);
}
