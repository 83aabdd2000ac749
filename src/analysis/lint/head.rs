//! Lints of the layers behind the last map.

use super::{Context, Finding, edit};
use crate::diagnostic::Fix;
use crate::digits::grouped;
use crate::flow::behind;
use crate::graph::NodeId;
use crate::op::{Class, Op};
use crate::source::Span;

/// PW9011: a linear layer that takes a map as it comes from a convolution, and so works along its rows.
///
/// After a transpose or a reshape the last axis was chosen, and nothing is said.
pub(super) fn linear_on_map(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (layer, node) in context.layers() {
        let Some(&input) = layer.inputs.first() else { continue };
        let pixels = input.hw().map_or(1, |(height, width)| height.saturating_mul(width));
        if !matches!(node.op, Op::Linear(_)) || pixels <= 1 || !is_map(context, node.inputs[0]) {
            continue;
        }
        let (height, width) = input.hw().unwrap_or((1, 1));
        findings.push(Finding {
            node: layer.node,
            weight: layer.work.macs,
            message: format!(
                "`{}` works along the rows of {input}: each of {} rows of {width} is mapped alone",
                node.name,
                grouped(input.channels().saturating_mul(height)),
            ),
            label: format!("makes {}, not a vector", layer.output),
            help: vec![
                "`global_avgpool -> flatten` before it makes one number a channel; `transpose` before it says that an axis is meant"
                    .to_owned(),
            ],
            fix: context.text(node).and_then(|(span, _)| flatten_before(context, span)),
        });
    }
    findings
}

/// Whether a value is a convolution's or a pooling's map, normalised and activated or not.
fn is_map(context: &Context<'_>, id: NodeId) -> bool {
    let keeps_map = |class| matches!(class, Class::Norm(_) | Class::Scale | Class::Activation | Class::Nothing);
    behind(context.graph, id, keeps_map).is_some_and(|maker| {
        matches!(context.graph.node(maker).op, Op::Conv(_) | Op::ConvTranspose(_) | Op::Pool(_) | Op::AdaptivePool(_))
    })
}

/// `flatten -> ` before a stage of a pipe.
fn flatten_before(context: &Context<'_>, stage: Span) -> Option<Fix> {
    let text = context.sources.get(stage.source).text();
    let piped = text[..stage.start as usize].trim_end().ends_with("->");
    let place = Span { end: stage.start, ..stage };
    piped.then(|| edit("`flatten` before `linear` makes one vector of the map", place, "flatten -> "))
}
