//! A graph in Graphviz's DOT language, a cluster for each block instance.
//!
//! In: a [`Graph`] and what to write in each node. Out: DOT text, top to bottom. Nothing here knows shapes or counts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Graph, InstanceId, NodeId};
use crate::op::Op;

/// The graph as DOT; `detail` gives the second line of a node, `mark` whether it is drawn as inserted.
#[must_use]
pub fn dot(graph: &Graph, detail: impl Fn(NodeId) -> String, mark: impl Fn(NodeId) -> bool) -> String {
    let mut text = format!("digraph {} {{\n", quoted(graph.name()));
    text.push_str("  graph [rankdir=TB, fontname=\"Helvetica\", fontsize=11, style=rounded, color=\"#b8c0cc\"];\n");
    text.push_str("  node [shape=box, style=\"rounded,filled\", fillcolor=\"#f5f7fa\", color=\"#8a94a6\", fontname=\"Helvetica\", fontsize=10];\n");
    text.push_str("  edge [color=\"#8a94a6\", arrowsize=0.7];\n");
    clusters(&mut text, graph, &|text: &mut String, id: NodeId, indent: &str| {
        let node = graph.node(id);
        let label = format!("{}\n{}", node.name, detail(id));
        let style = match (&node.op, mark(id)) {
            (_, true) => ", fillcolor=\"#d9f2e3\", color=\"#1a7f4b\"",
            (Op::Input(_), false) => ", fillcolor=\"#e3edfb\"",
            (_, false) => "",
        };
        let _ = writeln!(text, "{indent}n{} [label={}{style}];", id.to_usize(), quoted(label.trim_end()));
    });
    for id in graph.ids() {
        for input in &graph.node(id).inputs {
            let _ = writeln!(text, "  n{} -> n{};", input.to_usize(), id.to_usize());
        }
    }
    for (i, (name, id)) in graph.outputs().iter().enumerate() {
        let _ = writeln!(text, "  out{i} [label={}, fillcolor=\"#e3edfb\"];\n  n{} -> out{i};", quoted(name), id.to_usize());
    }
    text.push_str("}\n");
    text
}

/// Writes every node inside the clusters of its instances, outermost first.
fn clusters(text: &mut String, graph: &Graph, write: &dyn Fn(&mut String, NodeId, &str)) {
    let mut nodes: BTreeMap<Option<InstanceId>, Vec<NodeId>> = BTreeMap::new();
    for id in graph.ids() {
        nodes.entry(graph.node(id).origin.instance).or_default().push(id);
    }
    let mut children: BTreeMap<Option<InstanceId>, Vec<InstanceId>> = BTreeMap::new();
    for (id, instance) in graph.instances() {
        children.entry(instance.parent).or_default().push(id);
    }
    let mut stack = vec![Step::Open(None)];
    let mut depth = 0;
    while let Some(step) = stack.pop() {
        match step {
            Step::Open(at) => {
                if let Some(id) = at {
                    let indent = "  ".repeat(depth);
                    let label = format!("{} ({})", graph.instance(id).path, graph.instance(id).block);
                    let _ = writeln!(text, "{indent}subgraph cluster_{} {{\n{indent}  label={};", id.to_usize(), quoted(&label));
                }
                depth += 1;
                for id in nodes.get(&at).into_iter().flatten() {
                    write(text, *id, &"  ".repeat(depth));
                }
                stack.push(Step::Close(at));
                stack.extend(children.get(&at).into_iter().flatten().rev().map(|id| Step::Open(Some(*id))));
            }
            Step::Close(at) => {
                depth -= 1;
                if at.is_some() {
                    let _ = writeln!(text, "{}}}", "  ".repeat(depth));
                }
            }
        }
    }
}

enum Step {
    Open(Option<InstanceId>),
    Close(Option<InstanceId>),
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
