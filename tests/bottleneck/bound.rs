//! The bound and the choice, against trying every form at every rank.

use pointwise::analysis::{Options, analyze};
use pointwise::op::form_cost::Geometry;
use pointwise::rewrite::candidates::{LEAST_CHANNELS, LEAST_GAIN, LEAST_SHARE};
use pointwise::rewrite::model::{Seen, essential_rank};
use pointwise::rewrite::place::places;
use pointwise::rewrite::{Between, Config, ErrorModel, Form, KeptShares, Kind, Refinement, bottlenecks};
use pointwise::shape::Shaped;

use super::nets::{Net, conv};
use super::{arithmetic, geometry, within};

/// Error and MACs of each way to leave or change a layer.
fn all_ways(net: &Shaped, layer: &str) -> Vec<(f64, u64)> {
    let analysis = analyze(net, &Options::default()).expect("it is small");
    let places = places(net, &analysis);
    let node = net.graph().find(layer).expect("it is there");
    let geometry: Geometry = geometry(net, layer);
    let dense = geometry.dense().expect("it is small").macs;
    let error = |form| {
        let seen = Seen { shaped: net, node, geometry: &geometry, place: &places[node] };
        // All of it is trunk, where nothing comes between.
        KeptShares.error(&seen, Refinement { form, between: Between::Linear })
    };
    let mut ways = vec![(0.0, dense)];
    for kind in [Kind::Reduce, Kind::Expand, Kind::Both, Kind::Spatial] {
        let smaller = essential_rank(&geometry, kind);
        let floor = smaller.div_ceil(LEAST_SHARE).max(LEAST_CHANNELS.min(smaller));
        let full = geometry.full_ranks(kind);
        let first = if kind == Kind::Expand { full[0].min(smaller * 2 / 3 + 1) } else { full[0] };
        for r1 in floor..first {
            for r2 in if kind == Kind::Both { floor..full[1] } else { 0..1 } {
                let form = Form::new(kind, &[r1, r2][..kind.ranks()]).expect("ranks are positive");
                let macs = geometry.cost(form).expect("it is small").macs;
                if macs as f64 <= dense as f64 * (1.0 - LEAST_GAIN) {
                    ways.push((error(form), macs));
                }
            }
        }
    }
    ways
}

#[test]
fn no_choice_of_forms_and_ranks_is_below_the_bound() {
    let mut net = Net::new();
    let mut x = net.input(&[24, 16, 16]);
    let layers = [("a", 20), ("b", 36), ("c", 24)];
    for (name, width) in layers {
        x = net.conv_bn_relu(name, conv(width, 3, 1, 1), x);
    }
    net.graph.add_output("y", x);
    let net = net.finish();
    let ways: Vec<_> = layers.iter().map(|(name, _)| all_ways(&net, &format!("{name}.conv"))).collect();
    let total: u64 = ways.iter().map(|ways| ways[0].1).sum();
    for percent in [90, 75, 60, 45, 30] {
        let most = total * percent / 100;
        // The cheapest rest first: of the last layer the least error within what is left.
        let mut last = ways[2].clone();
        last.sort_by(|a, b| a.1.cmp(&b.1).then(a.0.total_cmp(&b.0)));
        let least: Vec<f64> = last
            .iter()
            .scan(f64::INFINITY, |least, way| {
                *least = least.min(way.0);
                Some(*least)
            })
            .collect();
        let mut best = f64::INFINITY;
        for a in &ways[0] {
            for b in &ways[1] {
                if a.1 + b.1 > most || a.0 + b.0 >= best {
                    continue;
                }
                let fitting = last.partition_point(|c| a.1 + b.1 + c.1 <= most);
                if fitting > 0 {
                    best = best.min(a.0 + b.0 + least[fitting - 1]);
                }
            }
        }
        let budget = within(&format!("macs={percent}%"));
        for config in
            [Config { align: Some(1), each_alone: true, ..budget.clone() }, Config { align: Some(1), ..budget.clone() }, budget]
        {
            // A ratio as by default: no other width for the whole network is looked at.
            let config = Config { ratio: Some(LEAST_SHARE), ..config };
            let plan = bottlenecks(&net, &config, &arithmetic()).expect("it can be met").plan;
            assert!(plan.bound <= best + 1e-9, "{percent} %: the bound {} is above {best}", plan.bound);
            assert!(plan.error >= best - 1e-9, "{percent} %: {} is below {best}, which was the least", plan.error);
            if config.each_alone {
                assert!(plan.error <= best * 1.03 + 1e-9, "{percent} %: {} where {best} is possible", plan.error);
                assert!(plan.bound >= best * 0.9, "{percent} %: the bound {} is far from {best}", plan.bound);
            }
        }
    }
}
