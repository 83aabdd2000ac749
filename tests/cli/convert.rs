//! `convert` and `fmt`: networks in other forms and in their own.

use serde_json::Value;

use crate::cli_common::{Dir, json, model, pointwise};

#[test]
fn convert_writes_every_form() {
    let dir = Dir::new();
    for extension in ["dot", "json", "yaml", "svg", "net"] {
        let out = dir.path(&format!("g.{extension}"));
        assert_eq!(pointwise(&["convert", &model("googlenet"), &out]).code, 0, "{extension}");
    }
    assert!(dir.read("g.dot").starts_with("digraph \"googlenet\" {") && dir.read("g.svg").starts_with("<svg"));
    let graph: Value = serde_json::from_str(&dir.read("g.json")).expect("it is JSON");
    assert_eq!(graph["nodes"][0]["op"], "input");
    for (file, word) in [("x.onnx", "ONNX"), ("x.py", "PyTorch"), ("x.txt", ".txt"), ("x", "extension")] {
        let run = pointwise(&["convert", &model("googlenet"), &dir.path(file)]);
        assert!(run.code == 2 && run.err.contains(word), "{}", run.err);
    }
}

#[test]
fn a_printed_graph_is_the_same_graph() {
    let dir = Dir::new();
    for name in
        ["googlenet", "densenet121", "mobilenet_v3_large", "shufflenet_v2_x1_0", "resnet18", "efficientnet_b0", "convnext_tiny"]
    {
        let flat = dir.path("flat.net");
        assert_eq!(pointwise(&["convert", &model(name), &flat]).code, 0, "{name}");
        let layers = |file: &str| {
            let got = json(&["analyze", file, "--format", "json"], 0);
            let layers = got["layers"].as_array().cloned().unwrap_or_default();
            let row = |l: &Value| {
                format!("{} {} {} {} {} {}", l["op"], l["inputs"], l["output"], l["params"], l["macs"], l["receptive_field"])
            };
            layers.iter().map(row).collect::<Vec<_>>()
        };
        assert_eq!(layers(&flat), layers(&model(name)), "{name}");
        let again = dir.path("again.net");
        assert_eq!(pointwise(&["convert", &flat, &again]).code, 0);
        assert_eq!(layers(&again), layers(&flat), "{name}");
        assert_eq!(pointwise(&["fmt", "--check", &flat]).code, 0, "{name}");
    }
}

#[test]
fn fmt_checks_shows_and_lays_out() {
    let dir = Dir::new();
    let crooked = dir.write("c.net", "net n{\n input x:[3,8,8] # in\n output y=x->relu\n}\n");
    assert_eq!(pointwise(&["fmt", "--check", &crooked]).code, 1);
    let shown = pointwise(&["fmt", "--diff", &crooked]);
    assert!(shown.code == 1 && shown.out.contains("+net n {") && shown.out.contains("-net n{"), "{}", shown.out);
    assert!(dir.read("c.net").starts_with("net n{"), "neither changes the file");
    assert_eq!(pointwise(&["fmt", &dir.path("")]).code, 0);
    let once = dir.read("c.net");
    assert!(once.contains("# in") && once.starts_with("net n {"), "{once}");
    assert_eq!(pointwise(&["fmt", "--check", &crooked]).code, 0);
    let broken = dir.write("b.net", "net n {\n");
    assert_eq!(pointwise(&["fmt", &broken]).code, 1);
    assert_eq!(dir.read("b.net"), "net n {\n");
}
