//! Kernels of the reference executor: hand-computed cases for every operation, and properties over random geometries.

#[path = "kernels/apply.rs"]
mod apply;
#[path = "kernels/cases.rs"]
mod cases;
#[path = "kernels/cases_maps.rs"]
mod cases_maps;
#[path = "kernels/convolution.rs"]
mod convolution;
#[path = "kernels/edges.rs"]
mod edges;
#[path = "kernels/elementwise.rs"]
mod elementwise;
#[path = "kernels/recorded.rs"]
mod recorded;

use std::collections::BTreeSet;

use pointwise::op::table::OPS;

use apply::{Case, check};

fn all() -> Vec<Case> {
    let mut all = cases::compute();
    all.extend(cases::activations());
    all.extend(cases_maps::pooling());
    all.extend(cases_maps::joining());
    all.extend(cases_maps::functions());
    all.extend(cases_maps::moving());
    all
}

#[test]
fn hand_computed_cases() {
    for case in all() {
        check(&case);
    }
}

#[test]
fn every_operation_has_a_hand_computed_case() {
    let covered: BTreeSet<_> = all().iter().map(|case| case.op.keyword()).collect();
    // A split becomes slices, and what takes axes of one away or adds some a reshape.
    let made_of_others = ["split", "squeeze", "unsqueeze"];
    let words = OPS.iter().map(|op| op.keyword).filter(|word| !made_of_others.contains(word));
    let missing: Vec<_> = words.filter(|word| !covered.contains(word)).collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
}
