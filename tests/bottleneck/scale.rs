//! Other widths: what changes together, what stays, and what the narrower network is.

use std::collections::BTreeMap;

use pointwise::analysis::{Convention, Options, analyze};
use pointwise::compile::{Settings, compile};
use pointwise::graph::NodeId;
use pointwise::rewrite::channels::Channels;
use pointwise::rewrite::plan::Proof;
use pointwise::rewrite::scale::{Unscalable, scale, uniform};
use pointwise::rewrite::totals::Meter;
use pointwise::rewrite::{Budget, How, OptimizeError, Scale, bottlenecks};
use pointwise::shape::Shaped;

use super::common;
use super::{model, shaped, target};

fn of_all(net: &Shaped, share: f64, multiple: u64) -> BTreeMap<NodeId, Scale> {
    let scale = Scale::new(share, multiple).expect("it is a share");
    net.order().iter().filter(|id| net.graph().node(**id).op.is_layer()).map(|id| (*id, scale)).collect()
}

fn totals(net: &Shaped) -> (u64, u64) {
    let totals = analyze(net, &Options::default()).expect("models are small").totals;
    (totals.params, totals.macs)
}

/// Width multipliers that networks have themselves are the measure: a network built narrower is the network scaled.
#[test]
fn a_scaled_network_is_the_network_built_narrower() {
    let text = |width: f64| {
        format!(
            "block res(w, stride=1)(x) {{\n    a = x -> conv(w, 3, stride=stride, pad=1, bias=false) -> bn -> relu\n    \
             b = a -> conv(w, 3, pad=1, bias=false) -> bn\n    \
             s = if channels(x) == w and stride == 1 {{ x }} else {{ x -> conv(w, 1, stride=stride) }}\n    \
             return b + s -> relu\n}}\nnet n {{\n    input image: [3, 32, 32]\n    \
             x = image -> conv({0}, 3, pad=1) -> dwconv(3, pad=1) -> res({0}) -> res({0})\n    \
             y = concat(x, x -> conv({1}, 1), image) -> res({1}, 2)\n    \
             output z = y -> global_avgpool -> flatten -> linear(10)\n}}\n",
            (32.0 * width) as u64,
            (64.0 * width) as u64
        )
    };
    let build = |width| {
        let compiled = compile("n.net", text(width), &common::Disk, &Settings::default());
        compiled.network.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics)).shaped
    };
    let (wide, narrow) = (build(1.0), build(0.75));
    let scaled = shaped(scale(&wide, &of_all(&wide, 0.75, 1)).expect("all but the ends can change").graph);
    assert_eq!(totals(&scaled), totals(&narrow));
    let shapes = |net: &Shaped| net.order().iter().map(|id| net.shape(*id)).collect::<Vec<_>>();
    assert_eq!(shapes(&scaled), shapes(&narrow));
    let wider = shaped(scale(&narrow, &of_all(&narrow, 4.0 / 3.0, 1)).expect("wider is a share too").graph);
    assert_eq!(totals(&wider), totals(&wide));
}

#[test]
fn every_model_can_be_half_as_wide() {
    for name in common::zoo() {
        let net = model(&name);
        match scale(&net, &of_all(&net, 0.5, 1)) {
            Ok(done) => {
                let half = shaped(done.graph);
                let ((params, macs), (fewer, less)) = (totals(&net), totals(&half));
                assert!(fewer < params && less < macs, "{name}: {fewer} of {params}, {less} of {macs}");
                for (before, after) in net.graph().outputs().iter().zip(half.graph().outputs()) {
                    assert_eq!(net.shape(before.1), half.shape(after.1), "{name}: outputs stay");
                }
            }
            // One is a single layer, whose channels are the output; in the others all that could change is shared.
            Err(why) => {
                let is_known = name.starts_with("article") || ["siamese", "retinanet_head"].contains(&name.as_str());
                assert!(is_known && matches!(why, Unscalable::Nothing { .. }), "{name}: {why:?}");
            }
        }
    }
}

/// A vector goes along the columns of a map, however many channels that has.
#[test]
fn what_goes_along_another_axis_than_the_channels_stays() {
    for sign in ["+", "/", "**"] {
        let text = format!(
            "net n {{\n    input image: [3, 6, 8]\n    row = image -> flatten -> linear(8)\n    \
             maps = image -> conv(8, 3, pad=1)\n    output y = (maps {sign} row) -> conv(4, 1)\n}}\n"
        );
        let compiled = compile("n.net", text, &common::Disk, &Settings::default());
        let net = compiled.network.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics)).shaped;
        let half = shaped(scale(&net, &of_all(&net, 0.5, 1)).expect("the map's channels can change").graph);
        let shapes: Vec<_> = half.order().iter().map(|id| half.shape(*id).to_string()).collect();
        assert!(shapes.contains(&"[4, 6, 8]".to_owned()) && shapes.contains(&"[8]".to_owned()), "{sign}: {shapes:?}");
    }
}

#[test]
fn what_is_added_changes_together_or_not_at_all() {
    let net = model("resnet18");
    let id = |name: &str| net.graph().find(name).expect("it is there");
    let half = Scale::new(0.5, 1).expect("it is a share");
    let of = |names: &[&str]| scale(&net, &names.iter().map(|name| (id(name), half)).collect());
    let channels = Channels::new(&net);
    let trunk = ["conv1.conv", "layer1.0.conv2.conv", "layer1.1.conv2.conv"];
    assert!(trunk.iter().all(|name| channels.made_by(id(name)) == channels.made_by(id(trunk[0]))));
    let Err(Unscalable::Nothing { partner: Some((one, other)), .. }) = of(&trunk[1..]) else { panic!("one is missing") };
    assert_eq!((one, other), (id(trunk[1]), id(trunk[0])));
    assert!(of(&trunk).is_ok());
    let inner = shaped(of(&["layer1.0.conv1.conv", "layer1.0.conv2.conv"]).expect("one of them can").graph);
    let width = |name: &str| inner.shape(inner.graph().find(name).expect("names stay")).channels();
    assert_eq!((width("layer1.0.conv1.conv"), width("layer1.0.conv2.conv")), (32, 64));
    let apart: BTreeMap<_, _> =
        trunk.iter().zip([0.5, 0.5, 0.75]).map(|(name, share)| (id(name), Scale::new(share, 1).expect("a share"))).collect();
    assert!(matches!(scale(&net, &apart), Err(Unscalable::Apart { .. })));
}

#[test]
fn the_uniform_width_is_the_widest_within_the_budget() {
    let net = model("resnet50");
    let budget = Budget::parse("macs=50%").expect("it is a budget");
    let target = target();
    let meter = Meter { target: &target, convention: Convention::Default };
    let (_, macs) = totals(&net);
    let most = (macs / 2) as f64;
    let found = uniform(&net, &[(budget, most)], (16, meter)).expect("nothing overflows").expect("it is reached");
    assert!(found.sums.price.macs as f64 <= most);
    let wider = Scale::new(found.scale.share() + 0.01, 16).expect("a share");
    let all = net.order().iter().filter(|id| net.graph().node(**id).op.is_layer());
    let (_, more) = totals(&shaped(scale(&net, &all.map(|id| (*id, wider)).collect()).expect("it can").graph));
    assert!(more as f64 > most, "{} is not the widest", found.scale);
    assert!(uniform(&net, &[(budget, 1.0)], (16, meter)).expect("nothing overflows").is_none());
}

#[test]
fn one_width_for_all_certifies_nothing_and_says_what_it_cannot_do() {
    let net = model("resnet18");
    let uniform = |text: &str| pointwise::rewrite::Config { uniform: true, ..super::within(text) };
    let plan = bottlenecks(&net, &uniform("macs=50%"), &target()).expect("it is reached").plan;
    assert!(plan.claim().is_none() && plan.error > 0.0, "nothing was searched");
    let saved: u64 = plan.changes.iter().map(|change| change.before.macs - change.after.macs).sum();
    assert_eq!(plan.before.price.macs - saved, plan.after.price.macs);
    let error: f64 = plan.changes.iter().map(|change| change.error).sum();
    assert!((error - plan.error).abs() < 1e-9, "{error} {}", plan.error);
    let Err(OptimizeError::Unreachable(miss)) = bottlenecks(&net, &uniform("params=1000"), &target()) else {
        panic!("its classifier alone has more")
    };
    assert!(matches!(miss.proof, Proof::Width { unaligned: false, .. }), "{miss:?}");
    // What forms cannot reach a narrower network can, and that is said.
    let Err(OptimizeError::Unreachable(miss)) = bottlenecks(&net, &super::within("macs=3%"), &target()) else {
        panic!("no form leaves so little")
    };
    let share = miss.uniform.expect("it can be as narrow as that");
    let found = bottlenecks(&net, &uniform("macs=3%"), &target()).expect("as was said").plan;
    assert!(found.changes.iter().all(|change| matches!(change.how, How::Scale(scale) if (scale.share() - share).abs() < 1e-9)));
    let channels = pointwise::rewrite::Config { channels: Some(8), ..uniform("macs=50%") };
    assert!(channels.stages().is_err(), "one width has no channels between");
}

#[test]
fn the_line_of_a_uniform_width_is_one() {
    let net = model("resnet18");
    let config = pointwise::rewrite::Config { uniform: true, ..super::within("macs=50%") };
    let plan = bottlenecks(&net, &config, &target()).expect("it is reached").plan;
    let lines = pointwise::writeback::address::lines(&net, &plan.changes, &[]);
    assert_eq!(lines.iter().map(|line| line.path.as_str()).collect::<Vec<_>>(), ["**"]);
}

#[test]
fn bottlenecks_get_narrower_instead_of_more_1x1s() {
    for (name, budget, most) in [("resnet50", "macs=70%", 8), ("densenet121", "macs=60%", 4)] {
        let net = model(name);
        let plan = bottlenecks(&net, &super::within(budget), &target()).expect("it is reached").plan;
        assert!(plan.changes.iter().all(|change| matches!(change.how, How::Scale(_))), "{name}: {:?}", plan.changes);
        let lines = pointwise::writeback::address::lines(&net, &plan.changes, &[]).len();
        assert!((1..=most).contains(&lines), "{name}: {lines}");
        assert!(plan.changes.iter().all(|change| !change.layer.contains("skip")), "{name}: shortcuts stay");
    }
}
