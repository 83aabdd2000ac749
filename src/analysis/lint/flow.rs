//! Lints of how values flow: what nothing reads, and what stands last.

use super::{Context, Finding, edit};
use crate::diagnostic::Fix;
use crate::digits::count_of;
use crate::flow::{behind, needed_by};
use crate::graph::NodeId;
use crate::op::{Activation, Class, Op};
use crate::source::Span;

/// PW9005: a value that reaches no output; said where it ends, with all that was computed only for it.
pub(super) fn dead_branch(context: &Context<'_>) -> Vec<Finding> {
    let graph = context.graph;
    let mut alive = needed_by(graph, graph.outputs().iter().map(|(_, id)| *id));
    let is_end = |id: &NodeId| graph.uses(*id) == 0;
    let mut findings = Vec::new();
    for end in context.shaped.order().iter().copied().filter(is_end) {
        let node = graph.node(end);
        let layers: Vec<_> = alive.add(end).into_iter().filter_map(|id| context.analysis.layer(id)).collect();
        let params = layers.iter().map(|layer| layer.params).sum::<u64>();
        let message = if layers.is_empty() {
            format!("input `{}` is never used", node.name)
        } else {
            let costs = if params > 0 { format!(" with {}", count_of(params, "parameter")) } else { String::new() };
            format!("`{}` reaches no output: {}{costs} for nothing", node.name, count_of(layers.len() as u64, "layer"))
        };
        let is_part = matches!(node.op, Op::Slice(_)) && context.text(node).is_some_and(|(_, call)| call.starts_with("split"));
        let help =
            if is_part { "bind the part that is not needed to `_`: `_, b = x -> split(2)`" } else { "use it, or remove it" };
        let help = vec![help.to_owned()];
        findings.push(Finding { node: end, weight: params, message, label: "never used".to_owned(), help, fix: None });
    }
    findings
}

/// PW9007: an activation between the last linear layer or convolution and an output of logits.
///
/// Only vectors count, since a map may well be an image; and only activations that cut values off, since a sigmoid or
/// tanh bounds what the task bounds.
pub(super) fn logit_activation(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, output) in context.graph.outputs() {
        let shape = context.shaped.shape(*output);
        if shape.elements() != Some(shape.channels()) || shape.channels() == 1 {
            continue;
        }
        let made = |id| behind(context.graph, id, |class| matches!(class, Class::Reshape | Class::Nothing));
        let Some((last, node)) = made(*output).map(|id| (id, context.graph.node(id))) else { continue };
        let Op::Activation(activation) = &node.op else { continue };
        let Some(maker) = made(node.inputs[0]).map(|id| context.graph.node(id)) else { continue };
        if !cuts_off(activation) || !maker.op.is_layer() {
            continue;
        }
        findings.push(Finding {
            node: last,
            weight: shape.channels(),
            message: format!("`{}` cuts off the logits of output `{name}`", node.op.keyword()),
            label: format!("after `{}`, the last layer", maker.name),
            help: vec!["leave logits as they are: losses and softmax need negative values too".to_owned()],
            fix: context.text(node).and_then(|(span, _)| without_stage(context, span)),
        });
    }
    findings
}

fn cuts_off(activation: &Activation) -> bool {
    match activation {
        Activation::Relu
        | Activation::Relu6
        | Activation::LeakyRelu { .. }
        | Activation::Prelu { .. }
        | Activation::Elu { .. }
        | Activation::Silu
        | Activation::HardSwish
        | Activation::Gelu
        | Activation::GeluTanh
        | Activation::Selu
        | Activation::Celu { .. }
        | Activation::ThresholdedRelu { .. }
        | Activation::Mish => true,
        Activation::Sigmoid
        | Activation::HardSigmoid { .. }
        | Activation::Tanh
        | Activation::Softplus { .. }
        | Activation::Softsign => false,
    }
}

/// Removes a stage of a pipe with the arrow before it.
fn without_stage(context: &Context<'_>, stage: Span) -> Option<Fix> {
    let text = context.sources.get(stage.source).text();
    let before = text[..stage.start as usize].trim_end().strip_suffix("->")?.trim_end();
    let start = u32::try_from(before.len()).ok()?;
    Some(edit("remove it", Span { start, ..stage }, ""))
}
