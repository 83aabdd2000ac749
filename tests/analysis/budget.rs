//! Metrics by path, sums by block, and differences.

use pointwise::analysis::budget::{Metric, metric};
use pointwise::analysis::rollup::{By, rollup};
use pointwise::analysis::{Analysis, Options, analyze};
use pointwise::graph::path::Pattern;
use pointwise::shape::Shaped;

use crate::{model, text};

fn analyzed(shaped: &Shaped) -> Analysis {
    analyze(shaped, &Options::default()).expect("counts that fit")
}

#[test]
fn metrics_of_a_network_and_of_its_parts() {
    let shaped = model("googlenet_paper");
    let (analysis, graph) = (analyzed(&shaped), shaped.graph());
    let of = |what, path| metric(&analysis, graph, what, path).expect("a known path");
    assert_eq!(of(Metric::Params, None), 6_998_552);
    assert_eq!(of(Metric::Macs, None), 1_582_671_872);
    assert_eq!(of(Metric::Params, Some("inception_3a")), 163_696);
    assert_eq!(of(Metric::Macs, Some("inception_3a")), 128_049_152);
    let branches: u64 =
        analysis.layers.iter().filter(|l| graph.node(l.node).name.starts_with("inception_3a.")).map(|l| l.macs).sum();
    assert_eq!(branches, 128_049_152);
    assert_eq!(of(Metric::WeightMemory, None), 4 * 6_998_552);
    assert_eq!(of(Metric::Layers, None), analysis.layers.len() as u64);
    assert_eq!(of(Metric::PeakMemory, None), analysis.peak.bytes);
    assert!(metric(&analysis, graph, Metric::PeakMemory, Some("inception_3a")).is_err());
}

#[test]
fn an_unknown_path_suggests_what_is_near() {
    let shaped = model("googlenet_paper");
    let analysis = analyzed(&shaped);
    let unknown = metric(&analysis, shaped.graph(), Metric::Macs, Some("inception_3aa")).expect_err("no such block");
    assert_eq!(unknown.suggestions.first().map(String::as_str), Some("inception_3a"));
    let unknown = metric(&analysis, shaped.graph(), Metric::Macs, Some("zzz")).expect_err("nothing like it");
    assert!(unknown.suggestions.is_empty(), "{:?}", unknown.suggestions);
}

#[test]
fn paths_match_by_component() {
    for (pattern, name, fits) in [
        ("layer1", "layer1.0.conv", true),
        ("layer1", "layer10.conv", false),
        ("layer1.*.conv", "layer1.0.conv", true),
        ("layer1.*.conv", "layer1.0.bn", false),
        ("*.0", "layer1.0.conv", true),
        ("layer1.0.conv.more", "layer1.0.conv", false),
    ] {
        let named = Pattern::parse(pattern).expect("a pattern").scope(name).is_some();
        assert_eq!(named, fits, "{pattern} and {name}");
    }
}

#[test]
fn every_rollup_adds_up_to_the_totals() {
    let shaped = model("resnet50");
    let analysis = analyzed(&shaped);
    for by in [By::Layer, By::Block { depth: 1 }, By::Block { depth: 2 }, By::Block { depth: 9 }, By::Op] {
        let rows = rollup(&analysis, shaped.graph(), by);
        let sum = |of: fn(&pointwise::analysis::rollup::Row) -> u64| rows.iter().map(of).sum::<u64>();
        let totals = &analysis.totals;
        assert_eq!(
            [sum(|r| r.params), sum(|r| r.macs), sum(|r| r.flops), sum(|r| r.write_bytes), sum(|r| r.nodes.len() as u64)],
            [totals.params, totals.macs, totals.flops, totals.activation_bytes, totals.layers],
            "{by:?}"
        );
    }
    let blocks = rollup(&analysis, shaped.graph(), By::Block { depth: 1 });
    let names: Vec<_> = blocks.iter().map(|row| row.name.as_str()).filter(|name| name.starts_with("layer")).collect();
    assert_eq!(names, ["layer1", "layer2", "layer3", "layer4"]);
    let deeper = rollup(&analysis, shaped.graph(), By::Block { depth: 2 });
    let names: Vec<_> = deeper.iter().map(|row| row.name.as_str()).filter(|name| name.starts_with("layer1")).collect();
    assert_eq!(names, ["layer1.0", "layer1.1", "layer1.2"]);
}

/// A path asks for what its layers use, whichever layer used it first.
#[test]
fn a_path_counts_the_shared_tensors_of_its_layers_once() {
    let shaped = text(
        "net n {\n    input x: [4, 2, 2]\n    shared s = conv(4, 1)\n    a = x -> s\n    b = a -> s -> relu -> s\n    output y = b\n}\n",
    );
    let (analysis, graph) = (analyzed(&shaped), shaped.graph());
    for path in ["s", "a", "b", "b.conv_2"] {
        let of = |what| metric(&analysis, graph, what, Some(path)).expect("a known path");
        assert_eq!((of(Metric::Params), of(Metric::WeightMemory), of(Metric::Buffers)), (20, 80, 0), "{path}");
    }
}
