//! What is decided under budgets, rules and marks, and what is said of it.

use std::fmt::Write as _;

use pointwise::analysis::target::{Cache, Rate, Target};
use pointwise::analysis::{Options, analyze, budget};
use pointwise::graph::{Graph, Maker};
use pointwise::rewrite::candidates::LEAST_SHARE;
use pointwise::rewrite::config::Rule;
use pointwise::rewrite::path::Pattern;
use pointwise::rewrite::plan::{PlannedChange, Proof};
use pointwise::rewrite::price::Price;
use pointwise::rewrite::{
    Between, Config, Form, Kind, OptimizeError, Quantity, Refinement, Refusal, Request, bottlenecks, config, refine,
};
use pointwise::shape::Shaped;

use super::common;
use super::nets::{self, Net, conv, resnet50, single};
use super::{arithmetic, model, refined, target, within};

#[test]
fn half_of_resnet50_is_half_and_not_less() {
    let net = resnet50(224);
    let result = bottlenecks(&net, &within("macs=50%"), &target()).expect("it can be halved");
    let plan = &result.plan;
    let share = plan.after.price.macs as f64 / plan.before.price.macs as f64;
    assert_eq!(plan.before.price.macs, 4_089_184_256);
    assert!((0.495..=0.5).contains(&share), "{share}");
    assert!(plan.gap() <= 0.2, "{}", plan.gap());
    let analysis = analyze(&result.shaped, &Options::default()).expect("it is small");
    assert_eq!(analysis.totals.macs, plan.after.price.macs);
    let saved: u64 = plan.changes.iter().map(|change| change.before.macs - change.after.macs).sum();
    assert_eq!(plan.before.price.macs - saved, plan.after.price.macs);
    let params: u64 = plan.changes.iter().map(|change| change.before.params - change.after.params).sum();
    assert_eq!(plan.before.price.params - params, plan.after.price.params);
}

#[test]
fn a_second_run_leaves_bottlenecks_alone() {
    let ratio = Config { ratio: Some(4), ..Config::default() };
    let once = bottlenecks(&resnet50(64), &ratio, &target()).expect("it has 3x3 layers");
    let twice = bottlenecks(&once.shaped, &ratio, &target()).expect("leaving all alone is no error").plan;
    assert!(twice.changes.is_empty() && twice.nothing_to_do().is_some(), "{:?}", twice.changes);
    let untouched = twice.untouched;
    let why = |name: &str| untouched.iter().find(|u| u.layer == name).map(|u| u.why.clone());
    assert_eq!(why("layer1.0.conv2.conv"), Some(Refusal::Refined));
    assert_eq!(why("layer1.0.conv2.conv.reduce"), Some(Refusal::Refined));
    assert_eq!(why("stem.conv"), Some(Refusal::FewChannels { channels: 3 }));
}

#[test]
fn dearer_layers_stay_and_say_their_break_even() {
    let net = single(&[64, 14, 14], conv(8, 3, 1, 1), false, true);
    let config = Config { channels: Some(64), ..Config::default() };
    let plan = bottlenecks(&net, &config, &target()).expect("leaving all alone is no error").plan;
    assert!(plan.changes.is_empty(), "64 channels do not save");
    assert_eq!(
        plan.untouched[0].why.to_string(),
        "every form costs more: `reduce` breaks even at 33 channels, `expand` breaks even at 7 channels"
    );
    assert!(plan.nothing_to_do().expect("a warning").notes[0].contains("33 channels"));
}

#[test]
fn an_impossible_budget_says_what_is_possible() {
    let net = nets::basic(64);
    let Err(OptimizeError::Unreachable(miss)) = bottlenecks(&net, &within("macs=0.1%"), &target()) else {
        panic!("nobody can do this")
    };
    assert!(miss.proof == Proof::Alone && miss.least > miss.most && miss.budget.quantity == Quantity::Macs, "{miss:?}");
    let Err(OptimizeError::Unreachable(miss)) = bottlenecks(&net, &within("peak=10KiB"), &target()) else {
        panic!("nobody can do this")
    };
    assert!(miss.proof == Proof::Alone && miss.at.is_some() && miss.least > 10240.0, "{miss:?}");
    // Forms and narrower insides were not tried together, so nothing is proven where there are both.
    let Err(OptimizeError::Unreachable(miss)) = bottlenecks(&resnet50(64), &within("macs=0.1%"), &target()) else {
        panic!("nobody can do this")
    };
    assert_eq!(miss.proof, Proof::Open);
}

fn missed(net: &Shaped, budgets: &str) -> Box<pointwise::rewrite::BudgetUnreachable> {
    // Down to a single channel: what is impossible then is impossible.
    match bottlenecks(net, &Config { channels: Some(1), ..within(budgets) }, &target()) {
        Err(OptimizeError::Unreachable(miss)) => miss,
        Err(error) => panic!("`{budgets}`: {error}"),
        Ok(_) => panic!("`{budgets}` can be met"),
    }
}

#[test]
fn only_what_was_proven_is_called_impossible() {
    // With this stride `expand` has the fewest MACs, and `both` the fewest parameters.
    let net = single(&[64, 56, 56], conv(64, 3, 4, 1), false, false);
    let (fewest, least) = (missed(&net, "macs=101").least, missed(&net, "params=101").least);
    // The plan of fewest parameters misses the MACs by more; but it is the parameters that no plan reaches.
    let miss = missed(&net, &format!("macs={fewest} params={}", least - 1.0));
    assert_eq!((miss.budget.quantity, miss.least, miss.proof), (Quantity::Params, least, Proof::Alone));
    // Each can be had alone; that both cannot is no word against either.
    assert_eq!(missed(&net, &format!("macs={fewest} params={least}")).proof, Proof::Together);
    // With the floors that hold otherwise the option is named that lowers them.
    let Err(OptimizeError::Unreachable(floored)) = bottlenecks(&net, &within("params=1000"), &target()) else {
        panic!("eight channels need more")
    };
    assert!(matches!(floored.proof, Proof::Floor { narrower: Some(_), .. }), "{floored:?}");
    // Times of layers add up only nearly, so that nothing is proven of their sum.
    assert_eq!(missed(&net, "ms=0.001").proof, Proof::Open);
}

#[test]
fn several_budgets_hold_together() {
    let result = bottlenecks(&resnet50(224), &within("macs=60% params=50% ms=65%"), &target()).expect("it is possible");
    for met in &result.plan.budgets {
        assert!(met.reached <= met.most, "{met:?}");
    }
    assert!(result.plan.bound <= result.plan.error);
    let repeated = within("macs=90% macs=60% macs=70% params=90% params=50% ms=65% ms=90% peak=100%");
    let again = bottlenecks(&resnet50(224), &repeated, &target()).expect("the tightest of each count");
    assert_eq!((again.plan.changes, again.plan.budgets.len()), (result.plan.changes, 8));
}

#[test]
fn marks_and_rules_come_before_options() {
    let mut net = Net::new();
    let image = net.input(&[64, 16, 16]);
    let mut x = image;
    for name in ["a", "b", "c", "d"] {
        x = net.conv_bn_relu(name, conv(64, 3, 1, 1), x);
    }
    net.graph.add_output("y", x);
    let id = |graph: &Graph, name: &str| graph.find(name).expect("it is there");
    let (a, b) = (id(&net.graph, "a.conv"), id(&net.graph, "b.conv"));
    net.graph.directives_mut(a).keep = true;
    let mut sources = pointwise::source::SourceSet::new();
    let source = sources.add("test.net", "");
    let span = pointwise::source::Span { source, start: 0, end: 0 };
    net.graph.directives_mut(b).bottleneck =
        Some(pointwise::graph::BottleneckMark { channels: Some(24), form: Some(pointwise::rewrite::Kind::Expand), span });
    let yaml = "ratio: 4\nlayers:\n  - match: c\n    form: both\n    channels: [8, 12]\n";
    let config = config::parse(yaml).expect("it is well-formed");
    let plan = bottlenecks(&net.finish(), &config, &target()).expect("it is possible").plan;
    let hows: Vec<_> = plan.changes.iter().map(|change| (change.layer.as_str(), change.how.to_string())).collect();
    assert_eq!(
        hows,
        [("b.conv", "expand(24)".to_owned()), ("c.conv", "both(8, 12)".to_owned()), ("d.conv", "reduce(16)".to_owned())]
    );
    assert_eq!(plan.untouched[0].why, Refusal::Kept);
}

/// GoogLeNet's own story: the paper's reduction widths, given as rules, turn the naive network into the paper's, row by row.
#[test]
fn the_papers_widths_give_the_papers_costs() {
    let text = std::fs::read_to_string("tests/paper/papers.json").expect("the table is there");
    let table: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    let rows = table["googlenet_table1"]["rows"].as_array().expect("it has rows");
    let mut yaml = String::from("layers:\n");
    for row in rows {
        for (path, width) in [("conv3x3", "r3"), ("conv5x5", "r5")] {
            let name = row["name"].as_str().expect("rows have names");
            let _ = writeln!(
                yaml,
                "  - match: inception_{name}.{path}
    form: reduce
    channels: {}",
                row[width]
            );
        }
    }
    let config = config::parse(&yaml).expect("it is well-formed");
    let naive = common::model("googlenet_naive", &[]).network.expect("it has no errors");
    let result = bottlenecks(&naive.shaped, &config, &target()).expect("all rules fit");
    let after = analyze(&result.shaped, &Options::default()).expect("it is small");
    let macs = |analysis, graph, path: &str| {
        budget::metric(analysis, graph, pointwise::metric::Metric::Macs, Some(path)).expect("it is there")
    };
    let params = |path: &str| {
        budget::metric(&after, result.shaped.graph(), pointwise::metric::Metric::Params, Some(path)).expect("it is there")
    };
    for row in rows {
        let path = format!("inception_{}", row["name"].as_str().expect("rows have names"));
        let millions = |macs: u64| (macs as f64 / 1e4).round() / 100.0;
        let close = |macs: u64, key: &str, digits: f64| {
            let printed = row[key].as_f64().expect("it is a number");
            ((millions(macs) - printed) * digits).abs() < 0.51
        };
        assert!(close(macs(&naive.analysis, naive.shaped.graph(), &path), "naive_macs_m", 10.0), "{path}");
        assert!(close(macs(&after, result.shaped.graph(), &path), "macs_m", 100.0), "{path}");
        assert_eq!(Some(params(&path)), row["with_bias"].as_u64(), "{path}");
    }
    let paper = common::model("googlenet_paper", &[]).network.expect("it has no errors");
    assert_eq!((after.totals.params, after.totals.macs), (paper.analysis.totals.params, paper.analysis.totals.macs));
    assert_eq!(table["googlenet_table1"]["total_macs"].as_u64(), Some(after.totals.macs));
}

#[test]
fn a_network_of_many_layers_is_optimized_in_bounded_time() {
    let mut net = Net::new();
    let mut x = net.input(&[32, 8, 8]);
    for i in 0..3000 {
        x = net.conv_bn_relu(&format!("stage{}.{}", i / 1000, i % 1000), conv(32, 3, 1, 1), x);
    }
    net.graph.add_output("y", x);
    let net = net.finish();
    let result = bottlenecks(&net, &Config { ratio: Some(4), ..Config::default() }, &target()).expect("3x3 layers can");
    assert_eq!(edit_lines(&net, &result), 1, "one path names them all: `stage*.*`");
    let alone = Config { each_alone: true, ratio: Some(LEAST_SHARE), ..within("macs=50% params=55%") };
    let result = bottlenecks(&net, &alone, &arithmetic()).expect("it can be halved");
    assert!(result.plan.gap() < 0.01, "{}", result.plan.gap());
}

fn edit_lines(net: &Shaped, result: &pointwise::rewrite::Refined) -> usize {
    pointwise::writeback::address::lines(net, &result.plan.changes, &[]).len()
}

/// Times of layers are predicted with the network's own weights. On a machine that reads few weights slower than many, the
/// plan that looks best is too slow once it is made, and is tightened until the budget is met.
#[test]
fn a_missed_time_budget_is_repaired() {
    let mut net = Net::new();
    let mut x = net.input(&[64, 8, 8]);
    for i in 0..6 {
        x = net.conv(&format!("x{i}"), conv(64, 3, 1, 1), x);
    }
    net.graph.add_output("y", x);
    let rate = |all| Rate { one: all, all };
    // A cache that is slower than memory.
    let with_cache = |kib| {
        let caches = vec![Cache { kib, gbps: 70.0, shared: true }];
        Target { cores: 1, peak_gflops: rate(1e6), memory_gbps: rate(100.0), caches, overhead_us: 0.0, ..target() }
    };
    let net = net.finish();
    let config = Config { ratio: Some(8), ..within("ms=90%") };
    let plan_on = |target: &Target| bottlenecks(&net, &config, target).expect("narrower layers can").plan;
    // The weights need 864 KiB before, and less afterwards.
    let plan = plan_on(&with_cache(800));
    let met = plan.budgets[0];
    assert!(met.reached <= met.most, "{met:?}");
    let saved: f64 = plan.changes.iter().map(|change| change.before.ms - change.after.ms).sum();
    let added_up = plan.before.price.ms - saved;
    assert!(added_up < 0.9 * met.most, "the first plan, near {} by layers added up, came out slower: {added_up}", met.most);
    // Where only maps fit the cache the times are the same, and the first plan holds.
    let first = plan_on(&with_cache(64));
    assert!(first.error < plan.error, "{} {}", first.error, plan.error);
    assert_eq!(plan.bound, first.bound, "what no plan beats is a matter of the budget as it was given");
}

#[test]
fn a_layer_in_any_form_is_refined_once() {
    let forms = [Form::Reduce { r: 16 }, Form::Expand { r: 16 }, Form::Both { r1: 16, r2: 8 }, Form::Spatial { r: 16 }];
    for form in forms {
        let net = refined(&single(&[64, 8, 8], conv(64, 3, 1, 1), true, true), "x.conv", form, false);
        let plan = bottlenecks(&net, &Config { ratio: Some(2), ..Config::default() }, &target()).expect("it is possible").plan;
        assert!(plan.changes.is_empty(), "{form}: {:?}", plan.changes);
        assert!(plan.untouched.iter().all(|layer| layer.why == Refusal::Refined), "{form}: {:?}", plan.untouched);
        let node = net.graph().find("x.conv").expect("it keeps its name");
        let how = Refinement { form: Form::Expand { r: 4 }, between: Between::Nonlinear };
        assert_eq!(
            refine(&net, &[Request { node, how, by: Maker::Optimizer }]).expect_err("once is enough").refusal,
            Refusal::Refined,
            "{form}"
        );
    }
}

/// Naive GoogLeNet under GoogLeNet's MACs: the paper's own 1x1s come out, without being told any width.
#[test]
fn googlenets_reductions_are_found_again() {
    let naive = common::model("googlenet_naive", &[]).network.expect("it has no errors");
    let zen4 = Target::shipped("zen4-2core").expect("it is shipped");
    let plan = bottlenecks(&naive.shaped, &within("macs=1498376192"), &zen4).expect("it is possible").plan;
    let text = std::fs::read_to_string("tests/paper/papers.json").expect("the table is there");
    let table: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    let rows = table["googlenet_table1"]["rows"].as_array().expect("it has rows");
    let mut found = 0;
    for (row, (path, width)) in rows.iter().flat_map(|row| [("conv3x3", "r3"), ("conv5x5", "r5")].map(|pair| (row, pair))) {
        let layer = format!("inception_{}.{path}.conv", row["name"].as_str().expect("rows have names"));
        let paper = row[width].as_u64().expect("it is a number");
        let how = plan.changes.iter().find(|change| change.layer == layer).and_then(|change| change.how.form());
        if let Some(Refinement { form: Form::Reduce { r }, .. }) = how {
            assert!(paper <= 2 * r && r <= 2 * paper, "{layer}: {r} where the paper has {paper}");
            assert_eq!(r % 16, 0, "{layer}: whole blocks of channels");
            found += 1;
        }
    }
    assert!(found >= 16, "{found} of 18");
    assert!(plan.after.price.params <= 7_500_000, "{}", plan.after.price.params);
}

#[test]
fn residual_networks_keep_their_shortcuts_and_like_blocks_are_alike() {
    for name in ["resnet18", "resnet34"] {
        let plan = bottlenecks(&model(name), &within("macs=50%"), &target()).expect("it is reached").plan;
        assert!(plan.changes.iter().all(|change| change.how.form().is_some_and(|how| how.form.kind() == Kind::Reduce)), "{name}");
        let of = |stage: &str, conv: &str| {
            let in_stage = |layer: &str| layer.starts_with(stage) && layer.contains(conv);
            let hows: Vec<_> = plan.changes.iter().filter(|change| in_stage(&change.layer)).map(|change| change.how).collect();
            assert!(hows.windows(2).all(|pair| pair[0] == pair[1]), "{name} {stage}{conv}: {hows:?}");
            hows.len()
        };
        let changed: usize =
            (1..=4).map(|stage| format!("layer{stage}.")).map(|stage| of(&stage, ".conv1.") + of(&stage, ".conv2.")).sum();
        assert_eq!(changed, plan.changes.len(), "{name}: only the 3x3 of blocks change");
    }
}

#[test]
fn the_articles_layer_gets_the_articles_bottleneck() {
    let plan =
        bottlenecks(&model("article_direct"), &Config { ratio: Some(4), ..Config::default() }, &target()).expect("it can").plan;
    let [change] = &plan.changes[..] else { panic!("{:?}", plan.changes) };
    let how = change.how.form().expect("a form");
    assert!(matches!(how.form, Form::Reduce { r } if r <= 64), "{how}");
}

#[test]
fn one_width_for_the_network_certifies_nothing() {
    let plan = bottlenecks(&model("mobilenet_v2"), &within("macs=50%"), &target()).expect("it is reached").plan;
    assert!(plan.is_uniform && plan.claim().is_none() && plan.floors.is_none());
    assert!(plan.by_parts.is_some_and(|error| error > plan.error), "it is the plan because it errs less: {plan:?}");
}

#[test]
fn what_a_ratio_reaches_is_not_called_impossible() {
    // Narrower insides go below what forms of the same layers can.
    let mut net = Net::new();
    let mut x = net.input(&[16, 32, 32]);
    for i in 0..8 {
        let wide = net.conv_bn_relu(&format!("{i}.expand"), conv(96, 1, 1, 0), x);
        let deep = net.conv_bn_relu(&format!("{i}.deep"), conv(96, 7, 1, 3), wide);
        let thin = net.conv(&format!("{i}.project"), conv(16, 1, 1, 0), deep);
        x = net.sum(&format!("{i}.sum"), x, thin);
    }
    net.graph.add_output("y", x);
    let net = net.finish();
    let mut options = 0;
    for budget in ["macs=10%", "macs=5%", "macs=2%", "macs=1%", "macs=0.5%", "macs=0.1%"] {
        let Err(OptimizeError::Unreachable(miss)) = bottlenecks(&net, &within(budget), &target()) else { continue };
        options +=
            usize::from(matches!(miss.proof, Proof::Floor { reached: Some(_), .. } | Proof::Floor { narrower: Some(_), .. }));
        let by = |config: Config| bottlenecks(&net, &config, &target());
        let widest = Config { ratio: Some(1 << 40), channels: Some(1), align: Some(1), ..within(budget) };
        match miss.proof {
            Proof::Alone | Proof::Together => assert!(by(widest).is_err(), "{budget}: {miss:?}"),
            Proof::Floor { reached: Some(ratio), .. } => assert!(by(Config { ratio: Some(ratio), ..within(budget) }).is_ok()),
            Proof::Floor { narrower: Some((channels, any)), .. } => {
                let align = any.then_some(1);
                assert!(by(Config { channels: Some(channels), align, ..within(budget) }).is_ok(), "{budget}: {miss:?}");
            }
            Proof::Floor { .. } | Proof::Little { .. } | Proof::Width { .. } | Proof::Open => {}
        }
    }
    assert!(options > 1, "options were named, and tried");
}

/// What a layer needs in each form of each rank that can be asked for by number.
fn by_number(net: &Shaped) -> Vec<f64> {
    let mut all = Vec::new();
    for kind in [Kind::Reduce, Kind::Expand, Kind::Both, Kind::Spatial, Kind::Pointwise] {
        for (first, second) in
            (1..=12).flat_map(|first| (1..=if kind == Kind::Both { 12 } else { 1 }).map(move |second| (first, second)))
        {
            let channels = [first, second][..kind.ranks()].to_vec();
            let rule = Rule {
                pattern: Pattern::parse("x.conv").expect("a path"),
                keep: false,
                form: Some(kind),
                channels,
                ratio: None,
                linear: None,
            };
            let done = bottlenecks(net, &Config { rules: vec![rule], ..Config::default() }, &target());
            all.extend(done.ok().map(|done| done.plan.after.of(Quantity::Macs)));
        }
    }
    all
}

/// What is called impossible is out of reach for every form of every rank, and what is offered instead does it.
#[test]
fn what_is_called_impossible_is_so_for_whatever_can_be_asked() {
    let (mut alone, mut little) = (0, 0);
    for (input, out, kernel) in [(2, 9, 3), (6, 6, 3), (7, 12, 1), (8, 8, 1), (9, 9, 1), (10, 12, 3), (12, 3, 3), (12, 12, 1)] {
        let net = single(&[input, 10, 10], conv(out, kernel, 1, kernel / 2), false, false);
        let least = by_number(&net).into_iter().fold(f64::MAX, f64::min);
        for budget in [99, 95, 90, 85, 75, 60, 40, 25, 10].map(|share| within(&format!("macs={share}%"))) {
            let Err(OptimizeError::Unreachable(miss)) = bottlenecks(&net, &budget, &target()) else { continue };
            let asked = Config { channels: Some(1), ..Config::default() };
            let with_one = bottlenecks(&net, &asked, &target()).expect("nothing is limited").plan.after.of(Quantity::Macs);
            match miss.proof {
                Proof::Alone => {
                    alone += 1;
                    assert!(least > miss.most && with_one > miss.most, "{input} {out} {kernel}: {miss:?}");
                }
                Proof::Little { by_number } => {
                    little += 1;
                    assert!(least <= miss.most && by_number == (with_one <= miss.most), "{input} {out} {kernel}: {miss:?}");
                }
                Proof::Floor { .. } => assert!(least <= miss.most, "{input} {out} {kernel}: {miss:?}"),
                Proof::Together | Proof::Width { .. } | Proof::Open => panic!("counts of one layer are known: {miss:?}"),
            }
        }
    }
    assert!(alone > 2 && little > 2, "both are said: {alone} and {little}");
}

#[test]
fn macs_are_counted_as_the_convention_says() {
    let net = model("mobilenet_v2");
    for convention in pointwise::analysis::convention::ALL.iter().copied() {
        let config = Config { convention, ..within("macs=70%") };
        let done = bottlenecks(&net, &config, &target()).expect("it is reached");
        let count = |shaped: &Shaped| {
            let options = Options { convention, ..Options::default() };
            analyze(shaped, &options).expect("counts that fit").totals
        };
        let (before, after) = (count(&net), count(&done.shaped));
        let met = done.plan.budgets[0];
        assert_eq!((met.most, met.reached), ((before.macs * 7 / 10) as f64, after.macs as f64), "{convention:?}");
        assert!(met.reached <= met.most, "{convention:?}");
        assert_eq!(done.plan.after.price.macs, after.work.macs, "{convention:?}");
        // What layers are said to cost adds up to what the network does.
        let change = |of: fn(&Price) -> u64| {
            let one = |change: &PlannedChange| i128::from(of(&change.after)) - i128::from(of(&change.before));
            done.plan.changes.iter().map(one).sum::<i128>()
        };
        let total = i128::from(after.macs) - i128::from(before.macs);
        assert_eq!(change(|price| price.counted), total, "{convention:?}");
        assert_eq!(change(|price| price.flops), i128::from(after.flops) - i128::from(before.flops), "{convention:?}");
    }
}

#[test]
fn flops_are_limited_as_they_are_counted() {
    let net = model("squeezenet1_1");
    let done = bottlenecks(&net, &Config { form: Some(Kind::Reduce), ..within("flops=70%") }, &target()).expect("it is reached");
    let flops = analyze(&done.shaped, &Options::default()).expect("counts that fit").totals.flops;
    assert_eq!(done.plan.budgets[0].reached, flops as f64);
    assert!(done.plan.budgets[0].reached <= done.plan.budgets[0].most && done.plan.is_certified());
    // All that add up, at once.
    let all = within("macs=90% flops=80% params=90% ms=95%");
    let done = bottlenecks(&net, &all, &target()).expect("it is reached").plan;
    assert!(done.budgets.len() == 4 && done.budgets.iter().all(|met| met.reached <= met.most), "{:?}", done.budgets);
}

#[test]
fn a_number_that_is_meant_as_a_share_is_asked_for() {
    let net = model("squeezenet1_1");
    for (budget, meant) in [
        ("macs=50", "macs=50%"),
        ("flops=0.5", "flops=50%"),
        ("params=12.5", "params=12.5%"),
        ("peak=60", "peak=60%"),
        ("macs=0.07", "macs=7%"),
    ] {
        let error = bottlenecks(&net, &within(budget), &target()).expect_err("nothing is so small");
        assert!(matches!(error, OptimizeError::Share { .. }), "{error:?}");
        assert!(error.to_string().ends_with(&format!("was `{meant}` meant?")), "{error}");
    }
    // Where it can be meant, it is: milliseconds, and what is small beside what there is little of.
    assert!(bottlenecks(&net, &within("ms=50"), &target()).is_ok());
    for budget in ["params=500", "macs=1K", "params=100K"] {
        let error = bottlenecks(&net, &within(budget), &target()).err();
        assert!(!matches!(error, Some(OptimizeError::Share { .. })), "{budget}");
    }
}
