//! Bottlenecks: what they cost, where they go, which a budget chooses, and how they are written down.
#![expect(clippy::disallowed_methods, reason = "tests read models and tables")]
#![expect(clippy::float_cmp, reason = "budgets are exact")]

mod asserted;
mod blocks;
mod bound;
#[path = "../common/mod.rs"]
mod common;
mod config;
mod forms;
mod knapsack;
mod library;
#[path = "../nets/mod.rs"]
mod nets;
mod pareto;
mod paths;
mod peak;
mod plan;
mod replace;
mod scale;
mod writeback;

use pointwise::analysis::target::{Rate, Target};
use pointwise::graph::{Graph, Maker};
use pointwise::op::form_cost::Geometry;
use pointwise::rewrite::{Between, Budget, Config, Form, Refinement, Request, refine};
use pointwise::shape::{Shaped, infer};

/// A network of the zoo.
fn model(name: &str) -> Shaped {
    common::model(name, &[]).network.expect("models have no errors").shaped
}

fn target() -> Target {
    Target::shipped("laptop").expect("it is shipped")
}

/// A machine that does nothing but arithmetic, so that no form with less of it is slower than its layer.
fn arithmetic() -> Target {
    let shipped = Target::shipped("cortex-a76").expect("it is shipped");
    let instant = Rate { one: f64::MAX, all: f64::MAX };
    Target { overhead_us: 0.0, output_macs: 0.0, memory_gbps: instant, caches: Vec::new(), simd_block: 1, ..shipped }
}

fn shaped(graph: Graph) -> Shaped {
    infer(graph).expect("it fits")
}

fn refined(net: &Shaped, layer: &str, form: Form, linear: bool) -> Shaped {
    let node = net.graph().find(layer).expect("the layer is there");
    shaped(
        refine(
            net,
            &[Request { node, how: Refinement { form, between: Between::from_linear(Some(linear)) }, by: Maker::Optimizer }],
        )
        .expect("the form fits")
        .graph,
    )
}

fn geometry(net: &Shaped, layer: &str) -> Geometry {
    let id = net.graph().find(layer).expect("the layer is there");
    Geometry::of(&net.graph().node(id).op, net.input_shapes(id)[0], net.shape(id)).expect("it is a plain convolution")
}

fn names(net: &Shaped) -> Vec<&str> {
    net.order().iter().map(|id| net.graph().node(*id).name.as_str()).collect()
}

fn within(text: &str) -> Config {
    let budgets = text.split(' ').map(|one| Budget::parse(one).expect("it is a budget")).collect();
    Config { budgets, ..Config::default() }
}
