//! Exact pass: removes nodes that no output needs. Network inputs stay: they are part of its signature.

use super::rebuild::Rebuild;
use super::{Change, Rewrite};
use crate::flow::needed_by;
use crate::shape::Shaped;

/// Removes every node that reaches no output, with the tensors that nothing else uses.
#[must_use]
pub fn run(shaped: &Shaped) -> Rewrite {
    let graph = shaped.graph();
    let outputs = graph.outputs().iter().map(|(_, output)| *output);
    let live = needed_by(graph, outputs.chain(graph.inputs().iter().copied()));
    let mut build = Rebuild::new(shaped);
    let mut changes = Vec::new();
    for &id in shaped.order() {
        if live.contains(id) {
            build.keep(id);
        } else {
            changes.push(Change::exact("dead", [&graph.node(id).name], "no output needs it"));
        }
    }
    Rewrite::new(build.finish(), changes)
}
