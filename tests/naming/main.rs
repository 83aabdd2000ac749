//! What layers and their tensors are called: stable under edits, one path for one instance, and kept when a graph is printed.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

#[path = "../common/mod.rs"]
mod common;
mod printed;
mod program;
mod shared;
mod stable;

use std::collections::BTreeMap;

use pointwise::compile::{Compiled, Network, NoFiles, Settings, compile};
use pointwise::op::Op;
use pointwise::weights::specs;

/// Compiles a text.
fn compiled(text: &str) -> Compiled {
    compile("test.net", text.to_owned(), &NoFiles, &Settings::default())
}

/// Compiles a text that has no errors.
#[track_caller]
fn network(text: &str) -> Network {
    let compiled = compiled(text);
    let errors: Vec<_> = compiled.diagnostics.iter().filter(|d| d.is_error()).map(|d| &d.message).collect();
    assert!(errors.is_empty(), "{errors:?} in\n{text}");
    compiled.network.expect("it has no errors")
}

/// Every layer by its name: its operation and what its tensors are called.
fn layers(network: &Network) -> BTreeMap<String, (Op, Vec<String>)> {
    let graph = network.shaped.graph();
    let named = |id: &pointwise::graph::NodeId| {
        let node = graph.node(*id);
        let tensors = specs(&network.shaped, *id).into_iter().map(|(tensor, _)| graph.tensor(tensor).name());
        (node.name.to_string(), (node.op.clone(), tensors.collect()))
    };
    network.shaped.order().iter().map(named).collect()
}
