//! The analysis against numbers worked out by hand, brute force over all orders of execution, and what other tools print.

#![expect(clippy::disallowed_methods, reason = "networks and published numbers are read from disk")]

mod budget;
#[path = "../common/mod.rs"]
mod common;
mod conventions;
mod cost;
mod engines;
mod flow;
mod lints;
mod memory;
mod net;
mod receptive;
mod receptive_brute;
mod scale;
mod time;
mod training;

use pointwise::compile::{NoFiles, Settings, compile};
use pointwise::shape::Shaped;

/// A network of the zoo.
fn model(name: &str) -> Shaped {
    common::model(name, &[]).network.expect("a network without errors").shaped
}

/// A network from its text.
fn text(text: &str) -> Shaped {
    let compiled = compile("test.net", text.to_owned(), &NoFiles, &Settings::default());
    compiled.network.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics)).shaped
}
