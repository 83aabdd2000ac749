//! Budgets of the peak of activation memory, and the peak that the optimizer counts with.

use pointwise::analysis::target::Target;
use pointwise::analysis::{Options, analyze};
use pointwise::rewrite::candidates::LEAST_SHARE;
use pointwise::rewrite::live;
use pointwise::rewrite::plan::Proof;
use pointwise::rewrite::{Config, Form, OptimizeError, bottlenecks};

use super::common;
use super::nets::{self, Net, conv};
use super::{model, refined, target, within};

#[test]
fn a_peak_budget_changes_the_layers_at_the_peak() {
    let mut net = Net::new();
    let image = net.input(&[16, 32, 32]);
    let mut x = image;
    for (name, width) in [("a", 64), ("b", 64), ("c", 16)] {
        x = net.conv(name, conv(width, 3, 1, 1), x);
    }
    net.graph.add_output("y", x);
    let net = net.finish();
    let before = analyze(&net, &Options::default()).expect("it is small").totals.peak_activation_bytes;
    assert_eq!(before, 4 * 32 * 32 * 128);
    // With a ratio, even the usual one, no other width for the whole network is looked at.
    let by_forms = Config { ratio: Some(LEAST_SHARE), ..within("peak=85%") };
    let plan = bottlenecks(&net, &by_forms, &target()).expect("`b` can pass through fewer channels").plan;
    let changed: Vec<_> = plan.changes.iter().map(|change| change.layer.as_str()).collect();
    assert_eq!((changed, plan.after.peak <= before * 85 / 100), (vec!["b.conv"], true), "{:?}", plan.after);
    let Err(OptimizeError::Unreachable(miss)) = bottlenecks(&net, &within("peak=50%"), &target()) else {
        panic!("`b` writes half of it")
    };
    assert_eq!((miss.least, miss.proof), (f64::from(4 * 32 * 32 * 72), Proof::Alone));
}

#[test]
fn the_peak_of_every_candidate_is_the_peak_that_analysis_finds() {
    let net = nets::basic(16);
    for (layer, form) in [
        ("layer1.0.conv1.conv", Form::Reduce { r: 8 }),
        ("layer2.0.conv1.conv", Form::Both { r1: 4, r2: 24 }),
        ("layer1.1.conv2.conv", Form::Spatial { r: 200 }),
        ("layer2.1.conv1.conv", Form::Expand { r: 100 }),
        ("stem.conv", Form::Expand { r: 64 }),
    ] {
        let id = net.graph().find(layer).expect("it is there");
        let after = refined(&net, layer, form, false);
        let analysis = analyze(&after, &Options::default()).expect("it is small");
        let totals = analysis.totals;
        for (fused, peak) in [(false, totals.peak_activation_bytes), (true, totals.fused_peak_activation_bytes)] {
            let around = live::around(&net, &live::lifetimes(&net, fused));
            let own: Vec<_> = after
                .order()
                .iter()
                .filter(|id| {
                    let node = after.graph().node(**id);
                    let is_own = node.name == *layer || node.name.starts_with(&format!("{layer}."));
                    is_own && !(fused && node.op.class().is_elementwise())
                })
                .map(|id| after.shape(*id))
                .collect();
            let others = net.order().iter().filter(|other| **other != id).filter_map(|other| around.get(*other)).map(|a| a.all);
            assert_eq!(others.chain([around[id].peak(&own)]).max(), Some(peak), "{layer} {form} fused: {fused}");
        }
    }
}

/// A convolution and its norm and activation hold one map on a target that fuses, and two elsewhere.
#[test]
fn a_peak_budget_speaks_of_the_target() {
    let mut net = Net::new();
    let image = net.input(&[16, 32, 32]);
    let a = net.conv_bn_relu("a", conv(64, 3, 1, 1), image);
    let b = net.conv_bn_relu("b", conv(64, 3, 1, 1), a);
    let c = net.conv_bn_relu("c", conv(16, 3, 1, 1), b);
    net.graph.add_output("y", c);
    let net = net.finish();
    let totals = analyze(&net, &Options::default()).expect("it is small").totals;
    assert_eq!((totals.peak_activation_bytes, totals.fused_peak_activation_bytes), (4 * 1024 * 128, 4 * 1024 * 128));
    let plan = bottlenecks(&net, &within("peak=85%"), &target()).expect("`b` can pass through fewer channels").plan;
    assert!(plan.after.fused && plan.after.peak * 100 <= plan.before.peak * 85, "{:?}", plan.after);
    let facts = pointwise::report::rationale::rationale(String::new(), &plan, &[]).plan.expect("there is one").facts;
    assert!(facts[0].starts_with("budget peak=85% (fused): at most "), "{facts:?}");
    let apart = Target { fuses: false, ..target() };
    let Err(OptimizeError::Unreachable(miss)) = bottlenecks(&net, &within("peak=85%"), &apart) else {
        panic!("the norm of `a` holds two maps of 64 channels")
    };
    assert_eq!((miss.least, miss.fused, miss.at.as_deref()), (totals.peak_activation_bytes as f64, false, Some("a.bn")));
    let Err(error) = bottlenecks(&net, &within("peak=50%"), &target()) else { panic!("`b` writes half of it") };
    assert!(error.to_string().contains("bytes (fused), and the least that was found is "), "{error}");
}

/// An input that nothing reads is there while the first layer runs, for the optimizer as for the analysis.
#[test]
fn an_unread_input_counts_in_a_peak_budget() {
    let mut net = Net::new();
    let image = net.input(&[16, 32, 32]);
    net.add("unread", pointwise::op::Op::Input(pointwise::op::Shape::new(&[64, 32, 32]).expect("a shape")), &[]);
    let a = net.conv("a", conv(64, 3, 1, 1), image);
    let b = net.conv("b", conv(16, 3, 1, 1), a);
    net.graph.add_output("y", b);
    let net = net.finish();
    let map = 4 * 32 * 32;
    let before = analyze(&net, &Options::default()).expect("it is small").totals.peak_activation_bytes;
    assert_eq!(before, map * (16 + 64 + 64));
    let Err(OptimizeError::Unreachable(miss)) = bottlenecks(&net, &within("peak=85%"), &target()) else {
        panic!("the first layer needs more, whatever its form")
    };
    // Through eight channels: the unread input, the eight and what the layer makes.
    assert_eq!((miss.at.as_deref(), miss.proof), (Some("a.conv"), Proof::Alone));
    assert_eq!(miss.least, (map * (64 + 8 + 64)) as f64);
}

#[test]
fn what_is_stored_takes_no_part_in_the_peak() {
    let mut net = Net::new();
    let x = net.input(&[16, 8, 8]);
    let x = net.conv("a", conv(16, 3, 1, 1), x);
    let gamma =
        net.add("gamma", pointwise::op::Op::Param(pointwise::op::Param { shape: nets::shape(&[16, 8, 8]), init: 1.0 }), &[]);
    let flat = net.add("flat", pointwise::op::Op::Identity, &[gamma]);
    let x = net.sum("b", x, flat);
    let x = net.conv("c", conv(16, 3, 1, 1), x);
    net.graph.add_output("y", x);
    let net = net.finish();
    let around = live::around(&net, &live::lifetimes(&net, false));
    let peak = analyze(&net, &Options::default()).expect("it is small").totals.peak_activation_bytes;
    assert_eq!(peak, 2 * 4 * 16 * 64);
    assert_eq!(net.order().iter().filter_map(|id| around.get(*id)).map(|a| a.all).max(), Some(peak));
    let c = net.graph().find("c.conv").expect("it is there");
    assert_eq!(around[c].peak(&[nets::shape(&[16, 8, 8])]), peak);
}

#[test]
fn the_readme_says_how_many_networks_can_come_under_their_peak() {
    let can = |name: &String| bottlenecks(&model(name), &within("peak=99%"), &target()).is_ok();
    let (zoo, readme) = (common::zoo(), include_str!("../../README.md"));
    let count = zoo.iter().filter(|name| can(name)).count();
    let said = format!("Of the {} networks, {count} can come under 99 % of", zoo.len());
    assert!(readme.contains(&said), "{said}");
}
