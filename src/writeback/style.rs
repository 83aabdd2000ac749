//! How the 1x1 before a layer is written: as the block writes the layer itself.
//!
//! In: a place and a layer of it. Out: what may stand behind the arrow, the best first, with a [`HOLE`] for the width. A helper
//! that the layer is made by (`conv_bn(64, 3)`) makes the 1x1 as well; stages that normalise and activate the layer are
//! repeated; otherwise the operations are written out.

use super::calls::unnamed;
use super::steps::{Found, Place, Planned};
use super::widths::{Argument, Sources, param_of};
use crate::flow::only_reader;
use crate::graph::print::call;
use crate::graph::{Graph, InstanceId, Node, NodeId};
use crate::op::Op;
use crate::source::Span;
use crate::syntax::ast::Block;

/// Stands for the width, which no text of the language does.
pub(super) const HOLE: &str = "\u{0}";

/// Arguments of a convolution that its kernel does not make: a 1x1 has none of them.
const OF_WINDOW: [(&str, &str); 4] = [("stride", "1"), ("pad", "0"), ("dilation", "1"), ("groups", "1")];

/// What may stand behind the arrow.
pub(super) fn ways(sources: &Sources<'_>, planned: &Planned<'_>, place: &Place<'_>, found: &Found) -> Vec<String> {
    let graph = planned.before.graph();
    let ops = inserted(planned.after, &graph.node(found.node).name);
    let Some((conv, behind)) = ops.split_first() else { return Vec::new() };
    let Some(conv) = with_hole(conv) else { return Vec::new() };
    let chain = |first: &str, stages: Vec<String>| [&[first.to_owned()], &stages[..]].concat().join(" -> ");
    let mut ways = Vec::new();
    if let Some(covered) = calls_behind(graph, place, found, behind) {
        let stages: Vec<String> = covered.calls.iter().map(|span| sources.text(*span).to_owned()).collect();
        if let Some(helper) = helper(sources, graph, place, found) {
            ways.push(chain(&helper, stages.clone()));
        }
        if !covered.in_call {
            ways.push(chain(&conv, stages));
        }
    }
    ways.push(chain(&conv, behind.iter().map(|op| call(op)).collect()));
    ways.dedup();
    ways
}

/// The operations that were inserted before a layer, in order.
fn inserted<'g>(after: &'g Graph, layer: &str) -> Vec<&'g Op> {
    let before = |node: &'g Node| node.inputs.first().map(|id| after.node(*id));
    let core = after.find(layer).map(|id| after.node(id));
    let chain = std::iter::successors(core.and_then(before), |node| before(node));
    let own = |node: &&Node| node.inserted_for().is_some_and(|part| part.of == *layer);
    let mut ops: Vec<&Op> = chain.take_while(own).map(|node| &node.op).collect();
    ops.reverse();
    ops
}

/// A convolution as a call, with a hole for its channels.
fn with_hole(conv: &Op) -> Option<String> {
    let Op::Conv(own) = conv else { return None };
    let written = call(conv);
    let rest = written.strip_prefix(&format!("{}({}", conv.keyword(), own.out))?;
    Some(format!("{}({HOLE}{rest}", conv.keyword()))
}

/// The calls of a block that make what follows a layer.
struct Behind {
    calls: Vec<Span>,
    /// Whether the layer's own call makes some of it.
    in_call: bool,
}

/// `None` where something else follows.
fn calls_behind(graph: &Graph, place: &Place<'_>, found: &Found, ops: &[&Op]) -> Option<Behind> {
    let own = unnamed(place.stages.first()?).span;
    let mut behind = Behind { calls: Vec::new(), in_call: false };
    let mut at = found.node;
    for op in ops {
        at = only_reader(graph, at).filter(|next| graph.node(*next).op.keyword() == op.keyword())?;
        let span = span_in(graph, at, found.instance)?;
        behind.in_call |= span == own;
        if span != own && behind.calls.last() != Some(&span) {
            behind.calls.push(span);
        }
    }
    Some(behind)
}

/// The call in an instance's block that makes a node.
fn span_in(graph: &Graph, id: NodeId, instance: InstanceId) -> Option<Span> {
    let origin = &graph.node(id).origin;
    let mut span = origin.span?;
    for (around, data) in graph.enclosing(origin.instance) {
        if around == instance {
            return Some(span);
        }
        span = data.call;
    }
    None
}

/// The helper's call for a 1x1 of its own: another width, one tap, and of the rest what has nothing to do with its window.
fn helper(sources: &Sources<'_>, graph: &Graph, place: &Place<'_>, found: &Found) -> Option<String> {
    found.inner?;
    let call = sources.call(unnamed(place.stages.first()?).span)?;
    let param = |name: &str| {
        let mut all = sources.argument(graph, graph.node(found.node), name).into_iter();
        all.find(|argument: &Argument<'_>| argument.instance == Some(found.instance)).and_then(|argument| argument.of)
    };
    // A call may leave a parameter at its default, and then only the helper's own text names it.
    let left = |name: &str| {
        let last = sources.argument(graph, graph.node(found.node), name).into_iter().last()?;
        let block = sources.block_at(last.expr.span).filter(|_| last.instance == found.inner)?;
        Some((block, param_of(block, last.expr)?))
    };
    let stated = |name: &str| param(name).or_else(|| left(name));
    let (block, out) = param("out")?;
    let (_, kernel) = stated("k")?;
    let window: Vec<(usize, &str)> = OF_WINDOW.iter().filter_map(|(name, plain)| Some((stated(name)?.1, *plain))).collect();
    let params: Vec<&str> = block.params.iter().map(|param| param.name.text.as_str()).collect();
    let value = |at: usize| {
        if at == out {
            return Some(HOLE.to_owned());
        }
        if at == kernel {
            return Some("1".to_owned());
        }
        if let Some((_, plain)) = window.iter().find(|(of, _)| *of == at) {
            return block.params[at].default.is_none().then(|| (*plain).to_owned());
        }
        call.argument(&params, params[at]).map(|expr| sources.text(expr.span).to_owned())
    };
    Some(format!("{}({})", call.callee, arguments(block, value)))
}

/// Arguments by position while there is one for each parameter, then by name.
fn arguments(block: &Block, value: impl Fn(usize) -> Option<String>) -> String {
    let mut written = Vec::new();
    for (at, param) in block.params.iter().enumerate() {
        let Some(value) = value(at) else { continue };
        written.push(if written.len() == at { value } else { format!("{}={value}", param.name.text) });
    }
    written.join(", ")
}
