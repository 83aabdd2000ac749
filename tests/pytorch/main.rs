//! Networks as PyTorch modules: their text, and the names of their tensors.
//!
//! What they compute is compared with PyTorch by `check.py` beside this file, which a person runs.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

#[path = "../common/mod.rs"]
mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use common::{model, zoo};
use pointwise::compile::{self, NoFiles, Settings};
use pointwise::interchange::onnx;
use pointwise::op::table::OPS;
use pointwise::pytorch::{Module, Refusal, module};
use pointwise::{Shaped, infer};

fn paths(folder: &str, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<_> = entries.filter(|path| path.extension().is_some_and(|own| own == ending)).collect();
    paths.sort();
    paths
}

/// A network of the zoo.
fn network(name: &str) -> Shaped {
    model(name, &[]).network.expect("it compiles").shaped
}

fn compiled(path: &Path) -> Option<Shaped> {
    of_text(&std::fs::read_to_string(path).expect("readable text"))
}

/// The network of a text that uses no other file.
fn of_text(text: &str) -> Option<Shaped> {
    let compiled = compile::compile("a.net", text.to_owned(), &NoFiles, &Settings::default());
    if compiled.has_errors() { None } else { compiled.network.map(|network| network.shaped) }
}

fn written(shaped: &Shaped, from: &Path) -> Module {
    let refused = |refusal: Refusal| panic!("{}: `{}`: {}", from.display(), refusal.layer, refusal.why);
    module(shaped, "weights.safetensors").unwrap_or_else(refused)
}

/// The names of all tensors that layers use, ascending.
fn tensors(shaped: &Shaped) -> Vec<String> {
    let names: BTreeSet<String> = shaped.graph().tensors().map(|(_, tensor)| tensor.name()).collect();
    names.into_iter().collect()
}

#[test]
fn modules_have_the_tensors_of_the_network() {
    let mut seen = 0;
    let zoo = zoo().into_iter().map(|name| (PathBuf::from(&name), network(&name)));
    let tried =
        paths("tests/pytorch/operations", "net").into_iter().map(|path| (path.clone(), compiled(&path).expect("it compiles")));
    for (path, shaped) in zoo.chain(tried) {
        assert_eq!(written(&shaped, &path).tensors, tensors(&shaped), "{}", path.display());
        seen += 1;
    }
    for path in paths("tests/onnx/models", "onnx") {
        let model = onnx::read(std::fs::File::open(&path).expect("a file")).expect("a model");
        let imported = onnx::import(&model).unwrap_or_else(|problems| panic!("{}: {problems:?}", path.display()));
        let shaped = infer(imported.graph).expect("it fits");
        assert_eq!(written(&shaped, &path).tensors, tensors(&shaped), "{}", path.display());
        seen += 1;
    }
    assert!(seen > 60, "{seen} networks were read");
}

#[test]
fn every_operation_is_tried() {
    let mut missing: BTreeSet<&str> = OPS.iter().map(|op| op.keyword).collect();
    // Each of these is another operation once it is built.
    for word in ["split", "squeeze", "unsqueeze"] {
        missing.remove(word);
    }
    for path in paths("tests/pytorch/operations", "net") {
        let shaped = compiled(&path).expect("it compiles");
        for id in shaped.order() {
            missing.remove(shaped.graph().node(*id).op.keyword());
        }
    }
    assert!(missing.is_empty(), "no network in `operations` has {missing:?}");
}

#[test]
fn modules_read_as_they_did() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = Vec::new();
    for name in ["blocks", "names", "norms", "sources"] {
        let path = PathBuf::from(format!("tests/pytorch/operations/{name}.net"));
        let text = written(&compiled(&path).expect("it compiles"), &path).text;
        let kept = path.with_extension("py");
        if bless {
            std::fs::write(&kept, &text).expect("it is written");
        } else if std::fs::read_to_string(&kept).ok().as_ref() != Some(&text) {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?} are written in another way; `BLESS=1 cargo test --test pytorch` takes it");
}

#[test]
fn blocks_are_classes_and_loops_stay_loops() {
    let text = written(&network("resnet50"), Path::new("resnet50")).text;
    assert!(text.lines().count() < 100, "{text}");
    for part in ["class ConvBnRelu(nn.Module):", "*[Layer(1024, 256) for _ in range(5)]", "padding=k // 2, bias=False)"] {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
}

#[test]
fn weights_that_are_used_in_two_ways_are_refused() {
    let shared = |first: &str, second: &str| {
        let text = format!(
            "net n {{\n input a: [4, 5, 5]\n input b: {second}\n shared f = {first}\n output y = a -> f\n output z = b -> f\n}}\n"
        );
        module(&of_text(&text).expect("it compiles"), "n.safetensors")
    };
    assert!(shared("bn", "[4, 7, 3]").is_ok());
    let refusal = shared("bn", "[4, 7]").expect_err("one module does not do both");
    assert_eq!(refusal.why, "it shares weights with a layer of other arguments");
    assert!(refusal.layer.starts_with('z'), "{}", refusal.layer);
}

#[test]
fn marks_and_inserted_layers_do_not_stand_in_the_way() {
    let block = "block b(x) { return x -> conv(4, 3, pad=1) as conv -> relu as act -> conv(4, 1) as out }\n";
    let net =
        "net n {\n input x: [4, 5, 5]\n @keep\n y = x -> b as b0 -> b as b1\n output z = y\n refine b0.conv = reduce(2)\n}\n";
    let text = module(&of_text(&format!("{block}{net}")).expect("it compiles"), "n.safetensors").expect("it is written").text;
    assert!(text.matches("\nclass ").count() > 1, "blocks are classes:\n{text}");
}

#[test]
fn names_are_no_python() {
    let mut graph = pointwise::Graph::new("\"\"\"\nimport os\\", Some("\"\"\"doc\u{0}\"\"\"".to_owned()));
    let shape = pointwise::Shape::new(&[3, 4, 4]).expect("a shape");
    let input = graph.add(pointwise::graph::Node::new("x\"\"\"y", pointwise::Op::Input(shape), Vec::new()));
    let relu = pointwise::Op::Activation(pointwise::op::Activation::Relu);
    let out = graph.add(pointwise::graph::Node::new("a\"].b\n", relu, vec![input]));
    graph.add_output("o\"\"\"\n", out);
    let text = module(&infer(graph).expect("it fits"), "w\"\"\".safetensors").expect("it is written").text;
    assert_eq!(text.matches("\"\"\"").count(), 2, "a name ends the docstring:\n{text}");
    assert!(!text.contains('\u{0}') && text.contains("import os\\\\."), "{text}");
}

#[test]
fn modules_are_not_nested_without_end() {
    let mut graph = pointwise::Graph::new("n", None);
    let shape = pointwise::Shape::new(&[3, 4, 4]).expect("a shape");
    let input = graph.add(pointwise::graph::Node::new("x", pointwise::Op::Input(shape), Vec::new()));
    let relu = pointwise::Op::Activation(pointwise::op::Activation::Relu);
    let out = graph.add(pointwise::graph::Node::new("a.".repeat(100_000) + "b", relu, vec![input]));
    graph.add_output("y", out);
    assert!(module(&infer(graph).expect("it fits"), "w").expect_err("too deep").why.contains("64 parts"));
}
