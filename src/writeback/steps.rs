//! Which bottlenecks can be steps of the blocks that hold their layers: a 1x1 in a statement of its own, as a person writes it.
//!
//! In: the trees, the networks before and after, and the changes. Out: [`Step`]s. A step takes part where every use of the block
//! gets a 1x1 before this layer, with the same between the two, and where the layer begins its statement, so that nothing that
//! is there gets another name. Uses of different widths give the block a parameter, which needs one width for each call. A few
//! uses may stay without, by a parameter whose default is the block as it was. Whether the text then means the plan is not
//! decided here: who writes it down compares.

use std::collections::{BTreeMap, BTreeSet};

use super::style::ways;
use super::widths::{Sources, bound, param_of};
use crate::graph::{Graph, InstanceId, NodeId};
use crate::op::form::{Between, Form};
use crate::rewrite::plan::PlannedChange;
use crate::shape::Shaped;
use crate::source::Span;
use crate::syntax::ast::{Ast, Block, Expr, ExprKind, Item, Pipe, Statement, StatementKind};
use crate::words::{is_reserved, stands_for_itself};

use super::calls::{Added, unnamed};

/// A few uses of a block stay without the 1x1 where this share of them has it, in thirds.
const MOST_OF_THREE: usize = 2;

/// The fewest widths for which a parameter that most uses pass is shorter than lines at the net's end.
const FEWEST: usize = 3;

/// What a plan does to a network.
#[derive(Clone, Copy)]
pub struct Planned<'a> {
    /// The network before.
    pub before: &'a Shaped,
    /// The graph after.
    pub after: &'a Graph,
    /// What is changed.
    pub changes: &'a [PlannedChange],
}

/// A 1x1 as a step of a block.
#[derive(Debug, Clone)]
pub struct Step<'a> {
    /// The changes that it makes, by their places in the plan.
    pub changes: Vec<usize>,
    /// How the 1x1 may be written, the best first.
    pub ways: Vec<String>,
    /// What the step is called.
    pub name: String,
    pub(super) block: &'a Block,
    pub(super) place: Place<'a>,
    pub(super) width: Width,
}

/// How many channels a 1x1 has.
#[derive(Debug, Clone)]
pub(super) enum Width {
    /// So many in every use.
    Fixed(u64),
    /// What each call of the block says.
    Passed(Added, BTreeMap<Span, u64>),
}

/// A statement whose pipe begins with a call on something that has a name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub statement: &'a Statement,
    /// What flows into the call.
    pub source: &'a Expr,
    /// The call and what follows it.
    pub stages: &'a [Expr],
}

/// A layer that stands first in the call of a place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub node: NodeId,
    /// The instance of the place's block.
    pub instance: InstanceId,
    /// The instance that the call makes, if it makes one.
    pub inner: Option<InstanceId>,
    depth: usize,
}

/// The bottlenecks that can be steps of blocks; no change is in two of them.
pub(super) fn steps<'a>(sources: &Sources<'a>, planned: &Planned<'_>) -> Vec<Step<'a>> {
    let places = places(sources.main);
    let mut found: Vec<(Span, Vec<Found>)> = layers_at(planned.before, &places).into_iter().collect();
    // A block that only holds the layer comes before those that it is called in.
    found.sort_by_key(|(span, found)| (found.iter().map(|one| one.depth).max(), *span));
    let (taken, passed) = (BTreeMap::new(), Vec::new());
    let mut search = Search { sources, planned, changes: planned_layers(planned), taken, passed };
    let mut steps = Vec::new();
    let mut done: BTreeSet<usize> = BTreeSet::new();
    for (span, found) in found {
        let (block, place) = places[&span];
        let Some(step) = search.step((block, place), &found, &done) else { continue };
        done.extend(&step.changes);
        steps.push(step);
    }
    steps.sort_by_key(|step| step.place.statement.span);
    steps
}

/// The places of a file's blocks, by the spans of their calls.
fn places(ast: &Ast) -> BTreeMap<Span, (&Block, Place<'_>)> {
    let blocks = ast.items.iter().filter_map(|item| if let Item::Block(block) = item { Some(block) } else { None });
    let mut places = BTreeMap::new();
    for block in blocks {
        for statement in block.body.all_statements() {
            let value = match &statement.kind {
                StatementKind::Bind { targets, value } if targets.len() == 1 => value,
                StatementKind::Return(values) if values.len() == 1 => &values[0],
                StatementKind::Bind { .. }
                | StatementKind::Return(_)
                | StatementKind::Input { .. }
                | StatementKind::Output { .. }
                | StatementKind::Shared { .. }
                | StatementKind::For { .. }
                | StatementKind::Assert(_)
                | StatementKind::Refine { .. }
                | StatementKind::Expr(_) => continue,
            };
            let ExprKind::Pipe(pipe) = &value.kind else { continue };
            let Pipe { first, stages } = &**pipe;
            if let (ExprKind::Name(_), Some(call)) = (&first.kind, stages.first()) {
                places.insert(unnamed(call).span, (block, Place { statement, source: first, stages }));
            }
        }
    }
    places
}

/// The layers that stand first in the calls of places.
fn layers_at(before: &Shaped, places: &BTreeMap<Span, (&Block, Place<'_>)>) -> BTreeMap<Span, Vec<Found>> {
    let graph = before.graph();
    let mut found: BTreeMap<Span, Vec<Found>> = BTreeMap::new();
    for &id in before.order() {
        let node = graph.node(id);
        let Some(mut span) = node.origin.span.filter(|_| node.op.is_layer() && node.inserted_for().is_none()) else { continue };
        let mut inner = None;
        for (depth, (instance, data)) in graph.enclosing(node.origin.instance).enumerate() {
            if places.contains_key(&span) && reads_from_outside(graph, id, inner) {
                found.entry(span).or_default().push(Found { node: id, instance, inner, depth });
            }
            (inner, span) = (Some(instance), data.call);
        }
    }
    found
}

fn reads_from_outside(graph: &Graph, id: NodeId, inner: Option<InstanceId>) -> bool {
    let Some(inner) = inner else { return true };
    let inputs = &graph.node(id).inputs;
    !inputs.iter().any(|input| graph.enclosing(graph.node(*input).origin.instance).any(|(around, _)| around == inner))
}

/// The `reduce` of each layer that gets one, with its change.
fn planned_layers(planned: &Planned<'_>) -> BTreeMap<NodeId, (usize, u64, Between)> {
    let graph = planned.before.graph();
    let reduced = planned.changes.iter().enumerate().filter_map(|(at, change)| {
        let how = change.how.form()?;
        let Form::Reduce { r } = how.form else { return None };
        let id = graph.find(&change.layer)?;
        let is_free = graph.node(id).directives.bottleneck.is_none() && !graph.shares_tensors(id);
        is_free.then_some((id, (at, r, how.between)))
    });
    reduced.collect()
}

struct Search<'s, 'a> {
    sources: &'s Sources<'a>,
    planned: &'s Planned<'s>,
    changes: BTreeMap<NodeId, (usize, u64, Between)>,
    /// The names that are taken in each block.
    taken: BTreeMap<Span, BTreeSet<String>>,
    /// The parameters that blocks get, with what they are the width of and what calls pass.
    passed: Vec<(Span, usize, Added, BTreeMap<Span, u64>)>,
}

impl<'a> Search<'_, 'a> {
    /// The step at a place, where there is one to be had.
    fn step(&mut self, (block, place): (&'a Block, Place<'a>), found: &[Found], done: &BTreeSet<usize>) -> Option<Step<'a>> {
        let of = |one: &&Found| self.changes.get(&one.node).filter(|(at, ..)| !done.contains(at));
        let with: Vec<Found> = found.iter().filter(|one| of(one).is_some()).copied().collect();
        let first = with.first()?;
        let planned: Vec<_> = with.iter().filter_map(|one| self.changes.get(&one.node)).copied().collect();
        if planned.iter().any(|(_, _, between)| *between != planned[0].2) {
            return None;
        }
        let is_everywhere = with.len() == found.len();
        let widths = if is_everywhere && planned.iter().all(|(_, width, _)| *width == planned[0].1) {
            None
        } else {
            Some(self.by_call(&with)?)
        };
        let ways = ways(self.sources, self.planned, &place, first);
        let graph = self.planned.before.graph();
        let mut own = self.sources.argument(graph, graph.node(first.node), "out").into_iter();
        let own = own.rfind(|argument| argument.instance == Some(first.instance));
        let name = self.name(block, &place);
        let width = match widths {
            None => Width::Fixed(planned[0].1),
            Some(widths) => {
                let calls: Vec<Span> = self.sources.calls_of(&block.name.text).map(|call| call.span).collect();
                let is_total = is_everywhere && calls.iter().all(|call| widths.contains_key(call));
                let is_known = widths.keys().all(|call| calls.contains(call));
                let most = widths.len() >= FEWEST && with.len() * 3 >= found.len() * MOST_OF_THREE;
                if !is_known || !(is_total || most) {
                    return None;
                }
                let own = own.and_then(|own| param_of(block, own.expr));
                Width::Passed(self.parameter((block, &place), own, is_total, &widths), widths)
            }
        };
        Some(Step { changes: planned.iter().map(|(at, ..)| *at).collect(), ways, name, block, place, width })
    }

    /// The width that each call of the block is to pass; `None` where one of them would have to pass several.
    fn by_call(&self, with: &[Found]) -> Option<BTreeMap<Span, u64>> {
        let graph = self.planned.before.graph();
        let mut widths = BTreeMap::new();
        for one in with {
            let (_, width, _) = self.changes[&one.node];
            if *widths.entry(graph.instance(one.instance).call).or_insert(width) != width {
                return None;
            }
        }
        Some(widths)
    }

    /// What the 1x1 before a layer is called: after what the layer's statement binds.
    fn name(&mut self, block: &Block, place: &Place<'_>) -> String {
        let wanted = match target(place) {
            Some(target) => format!("{target}_reduce"),
            None => "reduced".to_owned(),
        };
        self.free(block, &wanted)
    }

    /// The parameter for its width: before that of the layer's own width, and named after it. Layers of one width before which
    /// every call has 1x1s of one width share it.
    fn parameter(
        &mut self,
        (block, place): (&Block, &Place<'_>),
        own: Option<usize>,
        is_total: bool,
        widths: &BTreeMap<Span, u64>,
    ) -> Added {
        let alike = |(of, at, added, other): &&(Span, usize, Added, BTreeMap<Span, u64>)| {
            *of == block.span && Some(*at) == own && other == widths && added.default.is_none() == is_total
        };
        if let Some((.., added, _)) = self.passed.iter().find(alike) {
            return added.clone();
        }
        let named = own.map(|at| format!("{}_reduce", block.params[at].name.text));
        let taken = |name: &String| self.taken.get(&block.span).is_some_and(|taken| taken.contains(name));
        let after_layer = || match target(place) {
            Some(target) => format!("reduce_{}", target.replace('.', "_")),
            None => "reduce_width".to_owned(),
        };
        let wanted = named.filter(|name| !taken(name)).unwrap_or_else(after_layer);
        let needed = block.params.iter().position(|param| param.default.is_some()).unwrap_or(block.params.len());
        let at = if is_total { own.unwrap_or(needed) } else { block.params.len() };
        let added = Added { name: self.free(block, &wanted), at, default: (!is_total).then(|| "0".to_owned()) };
        self.passed.extend(own.map(|own| (block.span, own, added.clone(), widths.clone())));
        added
    }

    /// A name that nothing in a block has yet.
    fn free(&mut self, block: &Block, wanted: &str) -> String {
        let taken = self.taken.entry(block.span).or_insert_with(|| names(block));
        let is_free = |name: &String| !taken.contains(name) && !is_reserved(name) && !stands_for_itself(name);
        let numbered = (2..).map(|n| format!("{wanted}_{n}"));
        let free = std::iter::once(wanted.to_owned()).chain(numbered).find(is_free).expect("names do not end");
        taken.insert(free.clone());
        free
    }
}

fn target<'a>(place: &Place<'a>) -> Option<&'a str> {
    let StatementKind::Bind { targets, .. } = &place.statement.kind else { return None };
    targets.first().map(|target| target.name.text.as_str())
}

/// Every name that a block binds or uses.
fn names(block: &Block) -> BTreeSet<String> {
    let head = block.params.iter().map(|param| &param.name).chain(&block.inputs).map(|name| name.text.to_string());
    let exprs = block.body.all_statements().into_iter().flat_map(|statement| statement.exprs()).flat_map(Expr::all);
    let used = exprs.filter_map(|expr| {
        if let ExprKind::As(named) = &expr.kind { Some(named.name.text.as_str()) } else { expr.named() }.map(str::to_owned)
    });
    head.chain(used).chain(bound(block).into_iter().map(str::to_owned)).collect()
}
