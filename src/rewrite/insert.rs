//! Puts bottlenecks into a graph.
//!
//! In: a shaped graph and which layer gets which form. Out: a [`Rewrite`] in whose graph the kxk keeps the layer's
//! name and its followers use the last node of the form. Lowering calls this for `refine` statements, the optimizer for its
//! plan: one meaning for both. Layers that share weights are refined together and go on sharing, whichever was asked for.

use std::collections::BTreeMap;

use super::chain::{Step, chain};
use super::forms::{Refusal, fits};
use super::neighbour::neighbourhood;
use super::rebuild::Rebuild;
use super::sources::{Filter, Sources, TensorSource};
use super::{Change, Rewrite};
use crate::graph::{Directives, Graph, LayerPath, Maker, Node, NodeId, Origin, Part, Role, TensorId};
use crate::op::form::Refinement;
use crate::shape::Shaped;

/// One layer and its new form.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Request {
    /// The layer.
    pub node: NodeId,
    /// Its form.
    pub how: Refinement,
    /// Who asks.
    pub by: Maker,
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
pub fn refine(shaped: &Shaped, requests: &[Request]) -> Result<Rewrite, Rejected> {
    let graph = shaped.graph();
    let sharers = sharers(graph);
    let mut wanted: BTreeMap<NodeId, usize> = BTreeMap::new();
    for (index, request) in requests.iter().enumerate() {
        let rejected = |refusal| Rejected { request: index, refusal };
        check(graph, request).map_err(rejected)?;
        if let Some(other) = wanted.get(&request.node) {
            // A pattern names every use of shared weights, and the first of them stood for all.
            if graph.shares_tensors(request.node) && requests[*other].how == request.how {
                continue;
            }
            return Err(rejected(Refusal::Twice));
        }
        let weight = graph.node(request.node).tensors.first();
        let alone = [request.node];
        let together = weight.and_then(|weight| sharers.get(weight)).map_or(&alone[..], Vec::as_slice);
        wanted.extend(together.iter().map(|node| (*node, index)));
    }
    let build = Rebuild::new(shaped);
    let mut insertion = Insertion { graph, build, made: BTreeMap::new(), changes: Vec::new(), sources: Sources::default() };
    for &id in shaped.order() {
        match wanted.get(&id) {
            Some(index) => insertion.insert(id, *index, &requests[*index]),
            None => drop(insertion.build.keep(id)),
        }
    }
    let Insertion { build, changes, sources, .. } = insertion;
    Ok(Rewrite { graph: build.finish(), changes, sources })
}

/// The nodes of each tensor that several use.
fn sharers(graph: &Graph) -> BTreeMap<TensorId, Vec<NodeId>> {
    let mut sharers: BTreeMap<TensorId, Vec<NodeId>> = BTreeMap::new();
    for id in graph.ids() {
        if let Some(weight) = graph.node(id).tensors.first().filter(|weight| graph.tensor(**weight).users > 1) {
            sharers.entry(*weight).or_default().push(id);
        }
    }
    sharers
}

fn check(graph: &Graph, request: &Request) -> Result<(), Refusal> {
    fits(request.how.form.kind(), &graph.node(request.node).op)?;
    if is_refined(graph, request.node) { Err(Refusal::Refined) } else { Ok(()) }
}

/// Whether a layer has a bottleneck already, or was inserted as part of one.
#[must_use]
pub fn is_refined(graph: &Graph, id: NodeId) -> bool {
    graph.node(id).origin.part.is_some()
}

/// What is made for one request: the steps, and their tensors once the first of the layers that share weights has made them.
struct Made {
    steps: Vec<Step>,
    tensors: Vec<Vec<TensorId>>,
}

struct Insertion<'a> {
    graph: &'a Graph,
    build: Rebuild<'a>,
    made: BTreeMap<usize, Made>,
    changes: Vec<Change>,
    sources: Sources,
}

impl Insertion<'_> {
    fn insert(&mut self, id: NodeId, index: usize, request: &Request) {
        let layer = self.graph.node(id);
        let made = self.made.remove(&index);
        let is_first = made.is_none();
        let mut made = made.unwrap_or_else(|| Made {
            steps: chain(&layer.op, &request.how, &neighbourhood(self.graph, id)),
            tensors: Vec::new(),
        });
        let owner = self.build.owner(id).clone();
        let mut inputs = self.build.inputs(id);
        for (i, step) in made.steps.iter().enumerate() {
            let part = Part { of: layer.name.clone(), how: request.how, role: step.role, by: request.by };
            let node = Node {
                name: step.path(&layer.name),
                op: step.op.clone(),
                inputs,
                tensors: made.tensors.get(i).cloned().unwrap_or_default(),
                origin: Origin { part: Some(part), ..layer.origin.clone() },
                directives: if step.role == Role::Core { layer.directives } else { Directives::default() },
            };
            let new = self.add(id, node, step, &owner);
            if is_first {
                made.tensors.push(self.build.node(new).tensors.clone());
                self.note_sources(new, Filter::of(layer), request.how, step.role);
            }
            inputs = vec![new];
        }
        self.build.alias(id, inputs[0]);
        self.made.insert(index, made);
        let note = format!("`{}` becomes {}", layer.name, request.how);
        self.changes.push(Change { pass: "bottleneck", layers: vec![layer.name.to_string()], exact: false, note });
    }

    /// What the tensors of a new node are made of: convolutions and linear layers are factors of the layer, what is behind
    /// them was not there.
    fn note_sources(&mut self, new: NodeId, layer: Filter, how: Refinement, role: Role) {
        let node = self.build.node(new);
        match role {
            Role::Core | Role::Factor(_) => {
                self.sources.insert_layer(node, |slot| TensorSource::Factorized { layer, how, role, slot });
            }
            Role::Behind(_) | Role::BehindCore => {
                node.tensors.iter().for_each(|tensor| self.sources.insert(*tensor, TensorSource::New));
            }
        }
    }

    fn add(&mut self, id: NodeId, node: Node, step: &Step, owner: &LayerPath) -> NodeId {
        if step.role == Role::Core { self.build.put(id, node, owner) } else { self.build.insert(node, &step.path(owner)) }
    }
}
