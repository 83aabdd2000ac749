//! Targets and predicted time.

use pointwise::analysis::roofline::{Bound, Cores, intensity, predict, ridge};
use pointwise::analysis::target::{MAX_BYTES, Target, TargetError};
use pointwise::analysis::{Options, analyze};

use crate::model;

fn target(name: &str) -> Target {
    Target::shipped(name).expect("a shipped target")
}

#[test]
fn shipped_targets_are_named_as_they_say_and_survive_a_round_trip() {
    for name in Target::shipped_names() {
        let target = target(name);
        assert_eq!(target.name, name);
        assert_eq!(Target::from_yaml(&target.to_yaml()), Ok(target));
    }
    assert_eq!(Target::shipped("nowhere"), None);
}

#[test]
fn bad_descriptions_are_refused() {
    let good = target("laptop").to_yaml();
    let malformed = |text: String| matches!(Target::from_yaml(&text), Err(TargetError::Malformed(_)));
    assert!(malformed(format!("{good}unknown: 1\n")));
    assert!(malformed(format!("{good}name: again\n")));
    assert!(malformed(String::new()));
    assert!(malformed("[".to_owned()));
    assert_eq!(Target::from_yaml(&" ".repeat(MAX_BYTES + 1)), Err(TargetError::TooLong(MAX_BYTES + 1)));
    for (key, replacement, complaint) in [
        ("overhead_us: 5.0", "overhead_us: -1", "`overhead_us` must be zero or a positive number, not -1"),
        ("simd_block: 8", "simd_block: 0", "`simd_block` must be a positive number, not 0"),
        ("one: 112.0", "one: .inf", "`peak_gflops.one` must be a positive number, not inf"),
        ("dense: 0.75", "dense: 1.5", "`efficiency.dense` must be above 0 and at most 1, not 1.5"),
    ] {
        let text = good.replacen(key, replacement, 1);
        assert_ne!(text, good, "{key}");
        assert_eq!(Target::from_yaml(&text).expect_err(complaint).to_string(), complaint);
    }
}

/// The model against what the fastest public engine measured on such machines with two threads (batch 1, f32, ms). Winograd
/// is not in the model, so VGG-16 on Zen 4 is held against direct engines.
#[test]
fn predictions_are_near_what_engines_reach() {
    let measured = [
        ("resnet50", 39.5, 25.5),
        ("googlenet", 14.0, 9.0),
        ("vgg16", 159.8, 107.7),
        ("mobilenet_v2", 4.6, 2.8),
        ("squeezenet1_1", 3.8, 2.2),
        ("densenet121", 27.8, 19.6),
        ("mnasnet1_0", 4.0, 2.5),
        ("alexnet", 13.6, 12.1),
        ("convnext_tiny", 49.8, 38.8),
    ];
    for (name, zen4, sapphire_rapids) in measured {
        let shaped = model(name);
        let analysis = analyze(&shaped, &Options::default()).expect("counts that fit");
        for (machine, ms) in [("zen4-2core", zen4), ("sapphire-rapids-2core", sapphire_rapids)] {
            let predicted = predict(&analysis, &shaped, &target(machine), Cores::All).total_ms;
            assert!((0.65..1.35).contains(&(predicted / ms)), "{name} on {machine}: {predicted:.1} ms predicted, {ms} measured");
        }
    }
}

#[test]
fn what_bounds_a_layer() {
    let shaped = model("vgg16");
    let graph = shaped.graph();
    let analysis = analyze(&shaped, &Options::default()).expect("counts that fit");
    let machine = target("zen4-2core");
    let prediction = predict(&analysis, &shaped, &machine, Cores::All);
    assert_eq!(prediction.layers.len(), analysis.layers.len());
    let mut seen = Vec::new();
    for (layer, time) in analysis.layers.iter().zip(&prediction.layers) {
        let node = graph.node(layer.node);
        if node.op.keyword() == "linear" {
            assert_eq!(time.bound, Bound::Memory, "{}", node.name);
            assert!(intensity(layer) < ridge(&machine, Cores::All));
        } else if node.op.keyword() == "conv" {
            assert_eq!(time.bound, Bound::Compute, "{}", node.name);
        } else if node.op.keyword() == "relu" {
            assert_eq!(time.bound, Bound::Free, "fused: {}", node.name);
        }
        seen.push(time.total_us);
    }
    assert!((prediction.total_ms - seen.iter().sum::<f64>() / 1000.0).abs() < 1e-9);
    let unfused = predict(&analysis, &shaped, &Target { fuses: false, ..machine.clone() }, Cores::All);
    assert!(unfused.total_ms > prediction.total_ms);
    let slower = predict(&analysis, &shaped, &machine.calibrated("reference", 2.0), Cores::One);
    assert!(slower.total_ms > 15_000.0, "15.5 GMACs at 2 GFLOP/s: {}", slower.total_ms);
}

/// This machine gives positive numbers that a file can hold; how large they are is no test's business.
#[test]
fn this_machine_can_be_measured() {
    let measured = pointwise::analysis::measure::measure_this_machine();
    assert_eq!(Target::from_yaml(&measured.to_yaml()), Ok(measured));
}
