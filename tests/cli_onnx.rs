//! Commands take models as they are, and refuse what is wrong with their files in a sentence.

#![allow(clippy::disallowed_methods, reason = "tests read and write files")]

#[path = "onnx/build.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod build;
mod cli_common;

use build::{apart, field, floats, model, node, number, tensor, text};
use cli_common::{Dir, Run, pointwise};

/// A model that exporters wrote, copied to where nothing stands beside it.
fn exported(dir: &Dir, name: &str) -> String {
    let bytes = std::fs::read(format!("tests/onnx/models/{name}.onnx")).expect("there");
    dir.write("m.onnx", bytes)
}

fn ran(arguments: &[&str]) -> Run {
    let run = pointwise(arguments);
    assert_eq!(run.code, 0, "{arguments:?}: {}{}", run.out, run.err);
    run
}

#[test]
fn every_command_takes_a_model() {
    for name in ["densenet_tiny.kept", "convnext_mini.dynamo"] {
        let dir = Dir::new();
        let model = exported(&dir, name);
        let page = dir.path("page.html");
        assert!(ran(&["analyze", &model]).out.contains("m.onnx"));
        ran(&["check", &model]);
        ran(&["run", &model]);
        ran(&["bench", &model, "--runs", "1"]);
        ran(&["report", &model, "-o", &page]);
        assert!(dir.read("page.html").starts_with("<!DOCTYPE html>"));
        ran(&["convert", &model, &dir.path("graph.svg")]);
        ran(&["report", &model, &model]);
        assert_eq!(ran(&["optimize", &model, "--ratio", "4", "-o", "-"]).out.matches("net ").count(), 1);
        assert!(!dir.join("m.safetensors").exists(), "nothing was written beside it");
    }
}

#[test]
fn an_optimized_model_has_its_weights() {
    let dir = Dir::new();
    let model = exported(&dir, "densenet_tiny.kept");
    let config = dir.write("exact.yaml", "passes: [fold-norm]\n");
    let small = dir.path("small.net");
    ran(&["optimize", &model, "--config", &config, "-o", &small]);
    assert!(dir.join("small.safetensors").exists());
    let input = "tests/onnx/models/densenet_tiny.input.npy";
    let [before, after] = [(&model, "before.npy"), (&small, "after.npy")].map(|(network, file)| {
        ran(&["run", network, "-i", input, "-o", &dir.path(file)]);
        pointwise::interchange::npy::read(&dir.bytes(file)).expect("an array")
    });
    let apart = before.data().iter().zip(after.data()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(apart < 1e-4, "{apart}");
    let text = dir.read("small.net");
    assert!(!text.contains("bn("), "{text}");
    // What is lossy keeps the weights of what stays.
    let run = ran(&["optimize", &model, "--ratio", "4", "-o", &dir.path("narrow.net")]);
    assert!(run.err.contains("weights") && dir.join("narrow.safetensors").exists(), "{}", run.err);
    ran(&["run", &dir.path("narrow.net"), "-i", input]);
    // Without a place to write to they are not read.
    std::fs::write(dir.join("gone.onnx"), without_weights()).expect("written");
    ran(&["optimize", &dir.path("gone.onnx"), "--ratio", "2", "--dry-run"]);
}

/// A 3x3 convolution whose weights stand in a file that is not there.
fn without_weights() -> Vec<u8> {
    let kernel = tensor("w", &[64, 64, 3, 3], &apart(&[("location", "gone.data")]));
    model(&[1, 64, 8, 8], &[node("Conv", &["x", "w"], "y"), kernel])
}

#[test]
fn lines_of_a_model_are_said_to_be_of_the_network_that_was_read() {
    let dir = Dir::new();
    let five = ["gamma", "beta", "mean", "var"].map(|name| floats(name, &[4], &[1.0; 4]));
    let conv = [floats("w", &[4, 4, 1, 1], &[0.5; 16]), floats("b", &[4], &[0.5; 4]), node("Conv", &["x", "w", "b"], "a")];
    let norm = node("BatchNormalization", &["a", "gamma", "beta", "mean", "var"], "y");
    let model = dir.write("m.onnx", model(&[1, 4, 8, 8], &[five.concat(), conv.concat(), norm]));
    let run = pointwise(&["check", &model]);
    assert!(run.err.contains("PW"), "{}{}", run.out, run.err);
    assert_eq!(run.err.matches("the lines are of the network as it was read from the model").count(), 1, "{}", run.err);
    assert!(run.err.contains("pointwise convert") && run.err.contains("m.net"), "{}", run.err);
    for how in ["--fix", "--diff"] {
        let before = dir.bytes("m.onnx");
        let run = pointwise(&["check", how, &model]);
        assert!(run.code == 2 && run.err.contains("no text to fix"), "{}", run.err);
        assert!(dir.bytes("m.onnx") == before);
    }
}

/// A 1x1 convolution with weights in a file that these entries tell of.
fn elsewhere(entries: &[(&str, &str)]) -> Vec<u8> {
    model(&[1, 2, 1, 1], &[node("Conv", &["x", "w"], "y"), tensor("w", &[2, 2, 1, 1], &apart(entries))])
}

/// Analyzes a model, which goes well, and runs it, which ends with this complaint.
fn refused(dir: &Dir, entries: &[(&str, &str)], said: &str) {
    let model = dir.write("m.onnx", elsewhere(entries));
    ran(&["analyze", &model]);
    let convert = ["convert", &model, &dir.path("out.net")];
    for arguments in [&["run", &model][..], &convert] {
        let run = pointwise(arguments);
        assert!(run.code != 0 && run.err.contains("PW") && run.err.contains(said), "{entries:?}, {said}: {}", run.err);
    }
    assert!(!dir.join("out.net").exists() && !dir.join("out.safetensors").exists());
}

#[test]
fn data_apart_stays_within_the_models_folder() {
    let dir = Dir::new();
    let weights: Vec<u8> = [1.0f32, 2.0, 3.0, 4.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let outside = Dir::new();
    let secret = outside.write("w.bin", &weights);
    dir.write("w.bin", &weights);
    let model = dir.write("m.onnx", elsewhere(&[("location", "w.bin")]));
    assert!(ran(&["run", &model]).out.contains("[1, 2, 1, 1]"));
    std::fs::create_dir(dir.join("in")).expect("made");
    dir.write("in/w.bin", &weights);
    dir.write("m.onnx", elsewhere(&[("location", "./in/w.bin")]));
    ran(&["run", &model]);
    let folder = "which is not in the model's folder";
    refused(&dir, &[("location", &secret)], folder);
    refused(&dir, &[("location", "../w.bin")], folder);
    refused(&dir, &[("location", "in/../../w.bin")], folder);
    refused(&dir, &[("location", "in/../w.bin")], folder);
    refused(&dir, &[("location", "in")], "cannot be read");
    refused(&dir, &[("location", "absent.bin")], "absent.bin");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&secret, dir.join("link.bin")).expect("made");
        std::os::unix::fs::symlink(outside.join(""), dir.join("folder")).expect("made");
        refused(&dir, &[("location", "link.bin")], "is a link to what is not in the model's folder");
        refused(&dir, &[("location", "folder/w.bin")], "is a link to what is not in the model's folder");
        std::os::unix::fs::symlink(dir.join("w.bin"), dir.join("own.bin")).expect("made");
        dir.write("m.onnx", elsewhere(&[("location", "own.bin")]));
        ran(&["run", &model]);
    }
}

#[test]
fn places_beyond_a_file_are_refused() {
    let dir = Dir::new();
    dir.write("w.bin", [0; 20]);
    let end = "go beyond the end of the file";
    refused(&dir, &[("location", "w.bin"), ("offset", "8")], end);
    refused(&dir, &[("location", "w.bin"), ("offset", "4096"), ("length", "16")], end);
    refused(&dir, &[("location", "w.bin"), ("offset", "9223372036854775800")], end);
    // What is wrong without a look at the file is refused by all commands.
    for (key, value, said) in [
        ("offset", "-1", "no number of bytes"),
        ("length", "-16", "no number of bytes"),
        ("length", "17", "16 bytes"),
        ("offset", "18446744073709551615", "which no file has"),
        ("length", "99999999999999999999999", "no number of bytes"),
    ] {
        let model = dir.write("m.onnx", elsewhere(&[("location", "w.bin"), (key, value)]));
        let run = pointwise(&["analyze", &model]);
        assert!(run.code != 0 && run.err.contains("PW") && run.err.contains(said), "{key} {value}: {}", run.err);
    }
    // Elements of the model's own file are there or the file is cut off.
    let whole = model(&[1, 64], &[node("MatMul", &["x", "w"], "y"), floats("w", &[64, 64], &[0.5; 4096])]);
    let cut = dir.write("cut.onnx", &whole[..whole.len() - 6000]);
    let run = pointwise(&["analyze", &cut]);
    assert!(run.code != 0 && run.err.contains("cut"), "{}", run.err);
}

/// A function of a model: its name, what it reads and makes, and nodes as they stand in a graph.
fn function(name: &str, nodes: &[Vec<u8>]) -> Vec<u8> {
    // In functions nodes have another field than in graphs.
    let nodes: Vec<u8> = nodes.iter().flat_map(|node| [&[7 << 3 | 2], &node[1..]].concat()).collect();
    field(25, &[text(1, name), text(4, "in"), text(5, "out"), text(10, "own"), nodes].concat())
}

fn call(name: &str, input: &str, output: &str) -> Vec<u8> {
    field(1, &[text(1, input), text(2, output), text(4, name), text(7, "own")].concat())
}

#[test]
fn functions_stand_in_place_of_their_calls_and_end() {
    let dir = Dir::new();
    let graph = || model(&[1, 4, 2, 2], &[call("twice", "x", "y")]);
    let once = function("once", &[node("Relu", &["in"], "v"), node("Neg", &["v"], "out")]);
    let twice = function("twice", &[call("once", "in", "v"), call("once", "v", "out")]);
    let nested = dir.write("nested.onnx", [graph(), once, twice].concat());
    ran(&["convert", &nested, &dir.path("nested.net")]);
    let written = dir.read("nested.net");
    assert!(["x -> relu", "neg as neg", "relu as relu_2", "neg as neg_2"].iter().all(|part| written.contains(part)), "{written}");
    let round = [function("twice", &[call("once", "in", "out")]), function("once", &[call("twice", "in", "out")])].concat();
    let run = pointwise(&["analyze", &dir.write("round.onnx", [graph(), round].concat())]);
    assert!(run.code != 0 && run.err.contains("calls functions more than 64 deep"), "{}", run.err);
    let same = [function("twice", &[node("Relu", &["in"], "out")]), function("twice", &[node("Neg", &["in"], "out")])].concat();
    let run = pointwise(&["analyze", &dir.write("same.onnx", [graph(), same].concat())]);
    assert!(run.code != 0 && run.err.contains("the function `twice` is there twice"), "{}", run.err);
    // Each function calls the one before twice: as many nodes as no memory holds.
    let mut doubled = vec![function("f0", &[node("Relu", &["in"], "out")])];
    doubled.extend((1..60).map(|at| {
        let inner = format!("f{}", at - 1);
        function(&format!("f{at}"), &[call(&inner, "in", "v"), call(&inner, "v", "out")])
    }));
    let bytes = [model(&[1, 4], &[call("f59", "x", "y")]), doubled.concat()].concat();
    let run = pointwise(&["analyze", &dir.write("doubled.onnx", bytes)]);
    assert!(run.code != 0 && run.err.contains("PW"), "{}", run.err);
}

#[test]
fn functions_take_no_more_memory_than_their_file_warrants() {
    // Ten functions of ten calls each, and in the last a node with a megabyte of numbers.
    let dir = Dir::new();
    let values = field(7, &vec![0; 1 << 20]);
    let heavy = build::with("Constant", &[], "c", &[("value_floats", values)]);
    let mut functions = vec![function("f0", &[heavy, node("Relu", &["in"], "out")])];
    for at in 1..10 {
        let names: Vec<String> = std::iter::once("in".to_owned()).chain((1..10).map(|n| format!("v{n}"))).collect();
        let outputs = names[1..].iter().map(String::as_str).chain(["out"]);
        let calls: Vec<Vec<u8>> = names.iter().zip(outputs).map(|(from, to)| call(&format!("f{}", at - 1), from, to)).collect();
        functions.push(function(&format!("f{at}"), &calls));
    }
    let bytes = [model(&[1, 4], &[call("f9", "x", "y")]), functions.concat()].concat();
    let started = std::time::Instant::now();
    let run = pointwise(&["analyze", &dir.write("m.onnx", bytes)]);
    assert!(run.code != 0 && run.err.contains("PW0501"), "{}", run.err);
    assert!(started.elapsed().as_secs() < 20);
}

#[test]
fn what_is_not_had_is_named() {
    let dir = Dir::new();
    let custom = field(1, &[text(1, "x"), text(2, "y"), text(3, "/head/Nms"), text(4, "Nms"), text(7, "com.example")].concat());
    let run = pointwise(&["analyze", &dir.write("m.onnx", model(&[1, 4], &[custom]))]);
    assert!(run.code != 0 && ["/head/Nms", "`Nms`", "`com.example`"].iter().all(|word| run.err.contains(word)), "{}", run.err);
    let graph = [node("Relu", &["x"], "y"), field(11, &build::value("x", &[1, 4])), field(12, &build::value("y", &[]))].concat();
    for version in [0, 99] {
        let bytes = [number(1, 8), field(8, &number(2, version)), field(7, &graph)].concat();
        let run = pointwise(&["analyze", &dir.write("m.onnx", bytes)]);
        assert!(run.code != 0 && run.err.contains(&format!(" {version}")), "{version}: {}", run.err);
    }
    for (bytes, said) in [(&b"\x89PNG\r\n\x1a\n"[..], "m.onnx"), (b"", "m.onnx"), (&[0xff; 4096], "m.onnx")] {
        let run = pointwise(&["analyze", &dir.write("m.onnx", bytes)]);
        assert!(run.code != 0 && run.err.contains("PW") && run.err.contains(said), "{}", run.err);
    }
}
