//! Networks written with the blocks and loops that are found in them again.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod common;
#[path = "outline/random.rs"]
mod random;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use pointwise::compile::{self, NoFiles, Settings};
use pointwise::graph::print::print;
use pointwise::graph::same::same;
use pointwise::interchange::onnx;
use pointwise::{Shaped, infer, outline};

fn models(folder: &str, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<_> = entries.filter(|path| path.extension().is_some_and(|own| own == ending)).collect();
    paths.sort();
    paths
}

/// The network of a text without other files.
fn compiled(text: String) -> Result<Shaped, String> {
    let compiled = compile::compile("a.net", text, &NoFiles, &Settings::default());
    let errors: Vec<_> = compiled.diagnostics.iter().filter(|found| found.is_error()).map(|found| &found.message).collect();
    if errors.is_empty() { Ok(compiled.network.expect("no errors").shaped) } else { Err(format!("{errors:?}")) }
}

/// The outline of a network as text; asserts that it says the same network.
fn outlined(shaped: &Shaped, from: &Path) -> String {
    let found = outline::outline(shaped).expect("it is not too large");
    let text = outline::print(shaped.graph(), &found);
    let again = compiled(text.clone()).unwrap_or_else(|errors| panic!("{}: {errors}\n{text}", from.display()));
    assert!(same(shaped.graph(), again.graph()), "{}: another network\n{text}", from.display());
    assert_eq!(compile::written(shaped), text, "{}", from.display());
    text
}

fn imported(path: &Path) -> Shaped {
    let model = onnx::read(std::fs::File::open(path).expect("there")).expect("a model");
    let imported = onnx::import(&model).unwrap_or_else(|problems| panic!("{}: {problems:?}", path.display()));
    infer(imported.graph).expect("it fits")
}

/// Statements, so that the layout does not count.
fn lines(text: &str) -> usize {
    text.lines().filter(|line| !line.trim().is_empty()).count()
}

#[test]
fn exported_networks_are_said_by_blocks() {
    let mut shorter = 0;
    for path in models("tests/onnx/models", "onnx") {
        let shaped = imported(&path);
        let text = outlined(&shaped, &path);
        shorter += usize::from(lines(&text) * 2 < shaped.graph().len());
    }
    assert!(shorter > 6, "{shorter}");
}

#[test]
fn the_zoo_is_said_by_blocks_again() {
    for path in models("models", "net") {
        let shaped = common::compile_file(&path, &[]).network.expect("the zoo compiles").shaped;
        let whole = shaped.graph().ids().all(|id| !shaped.graph().shares_tensors(id) && !shaped.graph().node(id).directives.keep);
        if whole {
            outlined(&shaped, &path);
        }
    }
}

fn text(source: &str) -> String {
    outlined(&compiled(source.to_owned()).expect("a network"), Path::new("case"))
}

/// A net of one input, with these statements, that gives `x`.
fn net(statements: &str) -> String {
    text(&format!("net case {{\n    input image: [8, 16, 16]\n    x = image\n{statements}\n    output y = x\n}}\n"))
}

#[test]
fn equal_scopes_in_a_list_are_a_loop() {
    let unit = |at: usize| {
        format!("    x = x -> conv(8, 3, pad=1) as stage.{at}.conv -> bn as stage.{at}.bn -> relu as stage.{at}.act\n")
    };
    let chain = net(&(0..4).map(unit).collect::<String>());
    assert!(chain.contains("for i in 0..4 {"), "{chain}");
    assert_eq!(chain.matches("conv(").count(), 1, "{chain}");
}

#[test]
fn elements_from_the_middle_of_a_list_are_a_loop_where_there_are_many() {
    let unit = |at: usize| format!("    x = x -> conv(8, 3, pad=1) as block{at}.conv -> relu as block{at}.act\n");
    let chain = net(&(3..8).map(unit).collect::<String>());
    assert!(chain.contains("for i in 3..8 {") && chain.contains("as `block{i}`"), "{chain}");
    let few = net(&(3..6).map(unit).collect::<String>());
    assert!(!few.contains("for "), "{few}");
}

#[test]
fn lists_that_grow_are_loops() {
    let mut statements = String::from("    m0 = x\n");
    for at in 1..6 {
        let maps: Vec<_> = (0..at).map(|m| format!("m{m}")).collect();
        let join = format!("concat({}) as dense.layer{at}.concat", maps.join(", "));
        let _ = writeln!(statements, "    m{at} = {join} -> conv(4, 1) as dense.layer{at}.conv -> relu as dense.layer{at}.act");
    }
    statements += "    x = concat(m0, m1, m2, m3, m4, m5) as dense.concat";
    let chain = net(&statements);
    assert!(chain.contains("for i in 1..6 {") && chain.matches("conv(").count() == 1, "{chain}");
    // What is read once more outside stays a name.
    let leaking = net(&format!("{statements}\n    x = concat(x, m2) as more"));
    assert!(!leaking.contains("for i in 1..6"), "{leaking}");
}

#[test]
fn braces_in_names_stay() {
    let braces = net("    x = x -> conv(8, 1) as `{{a}}.b}}`");
    assert!(braces.contains("as `{{a}}`.`b}}`"), "{braces}");
}

#[test]
fn numbers_that_differ_are_parameters() {
    let chain = net("\
    x = x -> conv(16, 1) as a.conv -> relu as a.act
    x = x -> conv(24, 1) as b.conv -> relu as b.act
    x = x -> conv(32, 1) as c.conv -> relu as c.act");
    assert!(chain.contains("block conv_relu(out)(x)"), "{chain}");
    assert!(chain.contains("conv_relu(24) as b"), "{chain}");
}

#[test]
fn channels_that_follow_from_others_are_no_parameters() {
    let unit = |scope: &str, width: usize| {
        format!(
            "    x = x -> conv({width}, 1) as {scope}.reduce -> conv({width}, 3, pad=1) as {scope}.core -> conv({}, 1) as {scope}.expand\n",
            width * 4
        )
    };
    let chain = net(&[unit("a", 4), unit("b", 6), unit("c", 10)].concat());
    assert!(chain.contains("(width)(x)") && chain.contains("conv(width * 4, 1)"), "{chain}");
}

#[test]
fn what_some_scopes_leave_out_is_taken_under_a_condition() {
    let unit = |scope: &str, out: usize, stride: usize, projects: bool| {
        let skip = if projects { format!("x -> conv({out}, 1, stride={stride}) as {scope}.downsample") } else { "x".to_owned() };
        format!(
            "    y = x -> conv({out}, 3, stride={stride}, pad=1) as {scope}.conv1 -> relu as {scope}.act -> conv({out}, 3, pad=1) as {scope}.conv2\n    z = {skip}\n    x = y + z as {scope}.add\n"
        )
    };
    let chain =
        net(&[unit("u0", 8, 1, false), unit("u1", 16, 2, true), unit("u2", 16, 1, false), unit("u3", 16, 2, true)].concat());
    assert!(chain.contains("if stride != 1 {") && chain.contains("block basic(out, stride="), "{chain}");
    // Where neither the stride nor the channels tell, it is said.
    let odd = net(&[unit("u0", 8, 1, false), unit("u1", 8, 1, true), unit("u2", 8, 1, false), unit("u3", 8, 1, true)].concat());
    assert!(odd.contains("downsample=") && odd.contains("if downsample {"), "{odd}");
}

#[test]
fn scopes_that_are_used_once_stand_where_they_are_used() {
    let chain = net("    x = x -> conv(16, 1) as head.conv -> relu as head.act");
    assert!(!chain.contains("block "), "{chain}");
}

#[test]
fn scopes_that_cannot_stand_apart_are_taken_apart() {
    // Each of the two scopes reads what the other makes.
    let chain = net("\
    a = x -> conv(8, 1) as p.one
    b = a -> conv(8, 1) as q.one
    c = b -> conv(8, 1) as p.two
    x = c -> conv(8, 1) as q.two");
    assert!(!chain.contains("block "), "{chain}");
}

#[test]
fn shared_weights_are_said_layer_by_layer() {
    let source = "net case {
    input a: [8, 4, 4]
    shared w = conv(8, 1)
    x = a -> w as s.0 -> relu as s.1
    output z = x -> w as t.0 -> relu as t.1
}
";
    let shaped = compiled(source.to_owned()).expect("a network");
    assert!(outline::outline(&shaped).is_none());
    assert_eq!(compile::written(&shaped), print(shaped.graph()));
}
