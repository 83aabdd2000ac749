//! Published numbers against the zoo: parameters, buffers, MACs and per-layer tables, exactly.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod common;

use std::collections::BTreeMap;

use common::{model, zoo};
use pointwise::analysis::Analysis;
use pointwise::op::Op;
use serde_json::Value;

fn data(name: &str) -> Value {
    let text = std::fs::read_to_string(format!("tests/paper/{name}")).expect("the data is there");
    serde_json::from_str(&text).expect("it is JSON")
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("an integer")
}

#[test]
fn torchvision_totals_are_exact() {
    let data = data("torchvision.json");
    let mut checked = 0;
    for (name, want) in data["models"].as_object().expect("models") {
        if want["zoo"] != true {
            continue;
        }
        let compiled = model(name, &[]);
        let totals = compiled.network.expect("it has no errors").analysis.totals;
        let got = [totals.params, totals.buffers, totals.macs];
        assert_eq!(got, [number(&want["params"]), number(&want["buffers"]), number(&want["macs"])], "{name}");
        checked += 1;
    }
    assert_eq!(checked, 31, "every network that torchvision.json lists for the zoo");
}

#[test]
fn layers_equal_the_tables() {
    type Bag = BTreeMap<(Vec<u64>, u64, u64), i64>;
    let mut files: Vec<_> =
        std::fs::read_dir("tests/paper/layers").expect("tables").map(|e| e.expect("readable").path()).collect();
    files.sort();
    assert_eq!(files.len(), 9);
    for file in files {
        let name = file.file_stem().expect("a file").to_string_lossy().into_owned();
        let rows = data(&format!("layers/{name}.json"));
        let compiled = model(&name, &[]);
        let network = compiled.network.expect("it has no errors");
        let mut bags: [Bag; 2] = [Bag::new(), Bag::new()];
        for row in rows.as_array().expect("rows") {
            let shape = row["output"].as_array().expect("a shape").iter().map(number).collect();
            let key = (shape, number(&row["params"]), number(&row["macs"]));
            if key.2 > 0 {
                *bags[0].entry(key).or_default() += 1;
            } else if row["class"] == "BatchNorm2d" {
                *bags[1].entry(key).or_default() += 1;
            }
        }
        for layer in &network.analysis.layers {
            let key = (layer.output.to_vec(), layer.params, layer.macs);
            if layer.macs > 0 {
                *bags[0].entry(key).or_default() -= 1;
            } else if matches!(network.shaped.graph().node(layer.node).op, Op::BatchNorm(_)) {
                *bags[1].entry(key).or_default() -= 1;
            }
        }
        for bag in &bags {
            let wrong: Vec<_> = bag.iter().filter(|(_, count)| **count != 0).collect();
            assert!(wrong.is_empty(), "{name}: {wrong:?}");
        }
    }
}

#[test]
fn every_model_compiles() {
    let names = zoo();
    assert_eq!(names.len(), 45, "{names:?}");
    for name in names {
        assert!(model(&name, &[]).network.is_some(), "{name}");
    }
}

fn analysis(name: &str, set: &[(&str, &str)]) -> (Analysis, Vec<String>) {
    let network = model(name, set).network.expect("it has no errors");
    let names = network.analysis.layers.iter().map(|l| network.shaped.graph().node(l.node).name.to_string()).collect();
    (network.analysis, names)
}

/// Rounded as the tables print it.
fn millions(macs: u64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (macs as f64 / 1e6 * scale).round() / scale
}

#[test]
fn googlenet_rows_are_the_papers() {
    let papers = data("papers.json");
    let table = &papers["googlenet_table1"];
    for (net, key, digits) in [("googlenet_paper", "macs_m", 2), ("googlenet_naive", "naive_macs_m", 1)] {
        let (analysis, names) = analysis(net, &[]);
        for row in table["rows"].as_array().expect("rows") {
            let scope = format!("inception_{}.", row["name"].as_str().expect("a name"));
            let macs: u64 = analysis.layers.iter().zip(&names).filter(|(_, n)| n.starts_with(&scope)).map(|(l, _)| l.macs).sum();
            assert!((millions(macs, digits) - row[key].as_f64().expect("a number")).abs() < 1e-9, "{net} {scope} {macs}");
        }
    }
    let (analysis, _) = analysis("googlenet_paper", &[]);
    assert_eq!(analysis.totals.params, number(&table["total_params_with_bias"]));
    assert_eq!(analysis.totals.macs, number(&table["total_macs"]));
}

#[test]
fn mobilenet_v1_scales_as_in_the_paper() {
    let papers = data("papers.json");
    for (kind, knob) in [("width", "width"), ("resolution", "size")] {
        for (value, want) in papers["mobilenet_v1"][kind].as_object().expect("rows") {
            let (analysis, _) = analysis("mobilenet_v1", &[(knob, value)]);
            assert!(
                (millions(analysis.totals.macs, 2) - want["macs_m"].as_f64().expect("a number")).abs() < 1e-9,
                "{knob}={value}"
            );
            if let Some(params) = want["params_m"].as_f64() {
                assert!((millions(analysis.totals.params, 3) - params).abs() < 1e-9, "{knob}={value}");
            }
        }
    }
}

#[test]
fn resnets_are_v1_5_and_by_a_knob_v1() {
    let papers = data("papers.json");
    for (name, want) in papers["resnet"].as_object().expect("rows") {
        let giga = |macs: u64| (macs as f64 / 1e5).round() / 1e4;
        if let Some(v1) = want["v1_gmacs"].as_f64() {
            assert!((giga(analysis(name, &[("v1", "true")]).0.totals.macs) - v1).abs() < 1e-9, "{name} v1");
        }
        if let Some(plain) = want.get("v1_5_gmacs").or(want.get("gmacs")).and_then(Value::as_f64) {
            assert!((giga(analysis(name, &[]).0.totals.macs) - plain).abs() < 1e-9, "{name}");
        }
    }
}

#[test]
fn squeezenet_modules_have_the_papers_parameters() {
    let papers = data("papers.json");
    let (analysis, names) = analysis("squeezenet1_0", &[]);
    let mut checked = 0;
    for (module, want) in papers["squeezenet1_0"].as_object().expect("rows") {
        let total: u64 = if module == "total_params" {
            analysis.totals.params
        } else if module == "conv10" {
            analysis.layers.iter().rev().find(|l| l.params > 0).expect("a last convolution").params
        } else {
            let inside = |name: &str| name.split('.').next() == Some(module);
            analysis.layers.iter().zip(&names).filter(|(_, n)| inside(n)).map(|(l, _)| l.params).sum()
        };
        assert_eq!(total, number(want), "{module}");
        checked += 1;
    }
    assert_eq!(checked, 11);
}

#[test]
fn the_articles_examples_have_the_right_numbers() {
    let papers = data("papers.json");
    let article = &papers["article"];
    let (reduction, _) = analysis("article_dimension_reduction", &[]);
    assert_eq!(reduction.totals.macs, number(&article["dimension_reduction"]["macs"]));
    let fewer = &article["parameter_reduction"];
    assert_eq!(analysis("article_direct", &[]).0.totals.params, number(&fewer["direct_weights"]));
    assert_eq!(analysis("article_bottleneck", &[]).0.totals.params, number(&fewer["bottleneck_total"]));
    let (paths, _) = analysis("article_inception_paths", &[]);
    assert!(paths.layers.iter().any(|l| l.output.channels() == number(&article["inception_paths"]["out_channels"])));
}
