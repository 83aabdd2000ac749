//! `convert` and `fmt`: networks in other forms and in their own.

use serde_json::Value;

use crate::cli_common::{Dir, json, model, pointwise};

#[test]
fn convert_writes_every_form() {
    let dir = Dir::new();
    for extension in ["dot", "json", "yaml", "svg", "net", "py"] {
        let out = dir.path(&format!("g.{extension}"));
        assert_eq!(pointwise(&["convert", &model("googlenet"), &out]).code, 0, "{extension}");
    }
    assert!(dir.read("g.dot").starts_with("digraph \"googlenet\" {") && dir.read("g.svg").starts_with("<svg"));
    let graph: Value = serde_json::from_str(&dir.read("g.json")).expect("it is JSON");
    assert_eq!(graph["nodes"][0]["op"], "input");
    for (file, word) in [("x.txt", ".txt"), ("x", "extension")] {
        let run = pointwise(&["convert", &model("googlenet"), &dir.path(file)]);
        assert!(run.code == 2 && run.err.contains(word), "{}", run.err);
    }
}

#[test]
fn a_module_names_the_weights_beside_it() {
    let dir = Dir::new();
    let (net, module) = (dir.write("n.net", NET), dir.path("m.py"));
    let run = pointwise(&["convert", &net, &module]);
    assert!(run.code == 0 && run.err.is_empty() && run.out.is_empty(), "{}", run.err);
    assert!(dir.read("m.py").contains("load_file(\"m.safetensors\")"));
    let weights = dir.path("w.safetensors");
    assert_eq!(pointwise(&["init", &net, "-o", &weights]).code, 0);
    let run = pointwise(&["convert", &net, &module, "-w", &weights]);
    assert!(run.code == 0 && run.err.contains("m.safetensors: 8 tensors"), "{}", run.err);
    assert_eq!(dir.bytes("m.safetensors"), dir.bytes("w.safetensors"));
    let shared = "net n {\n input a: [4, 5, 5]\n input b: [4, 7]\n shared f = bn\n output y = a -> f\n output z = b -> f\n}\n";
    let run = pointwise(&["convert", &dir.write("s.net", shared), &dir.path("s.py")]);
    assert!(run.code == 1 && run.err.contains("error[PW0503]: layer `z"), "{}", run.err);
}

const NET: &str = "net n {
    input image: [3, 16, 16]
    a = image -> conv(8, 3, pad=1) -> bn -> gelu
    output y = a -> channel_shuffle(4) -> global_avgpool -> flatten -> linear(10)
}
";

/// What a network computes, as the bytes of an array.
fn outputs(dir: &Dir, net: &str) -> Vec<u8> {
    let run = pointwise(&["run", net, "-o", &format!("y={}", dir.path("y.npy"))]);
    assert_eq!(run.code, 0, "{}", run.err);
    dir.bytes("y.npy")
}

#[test]
fn a_model_has_the_weights_of_its_network() {
    let dir = Dir::new();
    let (net, model) = (dir.write("n.net", NET), dir.path("n.onnx"));
    let run = pointwise(&["convert", &net, &model]);
    assert!(run.code == 0 && run.err.contains("weights are random (seed 0)"), "{}", run.err);
    assert!(run.err.contains("n.onnx: 8 tensors, 3.") && run.out.is_empty(), "{}", run.err);
    assert_eq!(outputs(&dir, &model), outputs(&dir, &net));
    // Those of a seed, those of a file, those beside the network.
    let [other, given, beside] = ["other.onnx", "given.onnx", "beside.onnx"].map(|file| dir.path(file));
    assert_eq!(pointwise(&["convert", &net, &other, "--seed", "7"]).code, 0);
    assert!(dir.bytes("other.onnx") != dir.bytes("n.onnx"));
    let weights = dir.path("w.safetensors");
    assert_eq!(pointwise(&["init", &net, "-o", &weights, "--seed", "7"]).code, 0);
    let run = pointwise(&["convert", &net, &given, "-w", &weights]);
    assert!(run.code == 0 && !run.err.contains("random"), "{}", run.err);
    assert!(dir.bytes("given.onnx") == dir.bytes("other.onnx"));
    dir.write("n.safetensors", dir.bytes("w.safetensors"));
    assert_eq!(pointwise(&["convert", &net, &beside]).code, 0);
    assert!(dir.bytes("beside.onnx") == dir.bytes("other.onnx"));
    // A model of a model is the same model.
    let again = dir.path("again.onnx");
    assert_eq!(pointwise(&["convert", &given, &again]).code, 0);
    assert!(dir.bytes("again.onnx") == dir.bytes("given.onnx"));
}

#[test]
fn weights_of_a_model_may_stand_beside_it() {
    let dir = Dir::new();
    let (net, model) = (dir.write("n.net", NET), dir.path("m.onnx"));
    let run = pointwise(&["convert", &net, &model, "--external-data"]);
    assert!(run.code == 0 && run.err.contains("m.onnx.data: 8 tensors, "), "{}", run.err);
    assert!(dir.bytes("m.onnx").len() < 4096 && dir.bytes("m.onnx.data").len() > 1000);
    assert_eq!(outputs(&dir, &model), outputs(&dir, &net));
    // Without them there is a structure to analyze, and nothing to run.
    std::fs::remove_file(dir.join("m.onnx.data")).expect("it is there");
    assert_eq!(pointwise(&["analyze", &model]).code, 0);
    assert_eq!(pointwise(&["run", &model]).code, 1);
    // Both are written or none.
    std::fs::create_dir(dir.join("other.onnx.data")).expect("a folder");
    let run = pointwise(&["convert", &net, &dir.path("other.onnx"), "--external-data"]);
    assert!(run.code == 2 && run.err.contains("other.onnx.data"), "{}", run.err);
    assert!(!dir.join("other.onnx").exists());
    let lost = pointwise(&["convert", &model, &dir.path("lost.onnx")]);
    assert!(lost.code == 1 && lost.err.contains("m.onnx.data") && !dir.join("lost.onnx").exists(), "{}", lost.err);
    for more in [&["--external-data"][..], &["-w", "x.safetensors"], &["--seed", "1"]] {
        let run = pointwise(&[&["convert", &net, &dir.path("x.svg")], more].concat());
        assert!(run.code == 2 && run.err.contains("with weights"), "{}", run.err);
    }
    let run = pointwise(&["convert", &model, &model]);
    assert!(run.code == 2, "{}", run.err);
}

#[test]
fn what_takes_too_many_numbers_is_refused_by_name() {
    let dir = Dir::new();
    let net = dir.write("n.net", "net n {\n    input x: [1, 5000]\n    output y = x -> adaptive_avgpool(4999)\n}\n");
    let run = pointwise(&["convert", &net, &dir.path("n.onnx")]);
    assert!(run.code == 2 && run.err.contains("PW0703") && run.err.contains("`y.adaptive_avgpool`"), "{} {}", run.code, run.err);
    assert!(!dir.join("n.onnx").exists());
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
