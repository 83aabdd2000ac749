//! What must hold of any input, a function for each fuzz target.
//!
//! In: bytes. Out: nothing, or a panic where something does not hold. Networks are built within small limits, so that an input
//! takes milliseconds; the limits themselves are the matter of `tests/limits.rs`.

#[path = "../../onnx/arbitrary.rs"]
mod arbitrary;
#[path = "../../onnx/build.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod build;
#[path = "../../onnx/held.rs"]
mod held;

use std::cell::Cell;
use std::path::Path;

use pointwise::analysis::target::Target;
use pointwise::compile::{Compiled, Loaded, NoFiles, Settings, compile as compiled, tried};
use pointwise::diagnostic::{Applicability, Diagnostic, has_errors};
use pointwise::graph::print;
use pointwise::interchange::image::{self, ImageOptions};
use pointwise::interchange::{npy, safetensors};
use pointwise::lower::Limits;
use pointwise::optimize::{Task, optimize as optimized};
use pointwise::render::{Findings, Format, render};
use pointwise::report::serial;
use pointwise::rewrite::{Config, config};
use pointwise::source::SourceSet;
use pointwise::syntax::{self, ast::Ast};
use pointwise::writeback::edit;
use pointwise::writeback::fix;
use pointwise::writeback::proof::syntax_errors;
use pointwise::writeback::work::Work;

fn settings() -> Settings {
    let limits = Limits { nodes: 2000, instances: 2000, name_bytes: 1 << 20, steps: 50_000, ..Limits::default() };
    Settings { limits, ..Settings::default() }
}

fn build(text: &str) -> Compiled {
    compiled("main.net", text.to_owned(), &NoFiles, &settings())
}

fn parse(text: &str) -> (Ast, Vec<Diagnostic>) {
    let mut sources = SourceSet::new();
    let id = sources.add("main.net", text);
    syntax::parse(&sources, id)
}

/// A tree without its places.
fn shape(ast: &Ast) -> String {
    let text = format!("{:?}", ast.items);
    let mut parts = text.split("Span { ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + part.split_once('}').map_or("", |(_, rest)| rest))
}

/// Whatever parses is laid out, reads the same afterwards, and is laid out once.
pub fn text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (ast, found) = parse(text);
    if has_errors(&found) {
        return;
    }
    let laid_out = syntax::format(text, &ast);
    let (again, found) = parse(&laid_out);
    assert!(!has_errors(&found), "the layout does not parse: {found:?}\n{laid_out}");
    assert_eq!(shape(&ast), shape(&again), "the layout means something else:\n{laid_out}");
    assert_eq!(syntax::format(&laid_out, &again), laid_out, "the layout is not settled");
}

/// Any text is compiled, what is found is shown in every form, and the graph is a text that makes the same layers.
pub fn compile(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let made = build(text);
    let found = Findings { sources: &made.sources, diagnostics: &made.diagnostics };
    for format in [Format::Full, Format::Concise, Format::Json, Format::Sarif, Format::Github] {
        let _ = render(&[found], format, 80);
    }
    let Some(network) = made.network else { return };
    let printed = print::print(network.shaped.graph());
    let again = build(&printed);
    let Some(other) = again.network else { panic!("the printed graph makes no network: {:?}\n{printed}", again.diagnostics) };
    assert_eq!(network.analysis.totals, other.analysis.totals, "the printed graph makes another network:\n{printed}");
}

/// Every fix that is offered leaves the text no worse to read, and rounds of fixes come to an end by themselves.
pub fn fixes(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut made = build(text);
    let found = (made.sources.clone(), made.diagnostics.clone());
    // What nobody is offered is not judged: a fix that does harm is left out by its trial.
    tried(&mut made, &NoFiles, &settings());
    let before = syntax_errors(&made.diagnostics);
    for offered in made.diagnostics.iter().flat_map(|found| &found.fixes) {
        let new = edit::apply(text, &offered.edits);
        let after = build(&new);
        assert!(syntax_errors(&after.diagnostics) <= before, "{offered:?} makes it worse: {:?}\n{new}", after.diagnostics);
    }
    for most in [Applicability::Safe, Applicability::Unsafe] {
        let rounds = Cell::new(0);
        let find = |text: String| {
            rounds.set(rounds.get() + 1);
            let Compiled { sources, diagnostics, .. } = build(&text);
            (sources, diagnostics)
        };
        let fixed = fix::fixed(found.clone(), most, &Work::default(), find);
        assert!(rounds.get() < fix::MOST_ROUNDS, "rounds of fixes do not end:\n{}", fixed.text);
        let after = syntax_errors(&fixed.found.1);
        assert!(after <= before, "fixes make it worse: {:?}\n{}", fixed.found.1, fixed.text);
    }
}

/// A network is made narrower, and what is written down makes a network. The first byte says how.
pub fn optimize(data: &[u8]) {
    let Some((how, data)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(before) = Loaded::new("main.net".to_owned(), build(text)) else { return };
    let target = Target::shipped("laptop").expect("a shipped target");
    let config = Config { ratio: Some(u64::from(how % 8) + 1), ..Config::default() };
    let here = Path::new("/here");
    let task = Task {
        config: &config,
        target: &target,
        inline: how & 8 != 0,
        set: &[],
        name: "new.net",
        folders: (here, here),
        root: None,
        said: "a test",
        replaces: None,
        weights: None,
    };
    if let Ok(done) = optimized(&before, &task, &NoFiles) {
        assert!(done.compiled.network.is_some(), "the new text makes no network: {:?}\n{}", done.compiled.diagnostics, done.text);
    }
}

/// What the optimizer is asked for, and machines.
pub fn yaml(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = config::parse(text);
    if let Ok(target) = Target::from_yaml(text) {
        let mut written = Vec::new();
        serial::yaml(&mut written, &target).expect("a vector takes all");
        let written = String::from_utf8(written).expect("text");
        assert_eq!(Target::from_yaml(&written).as_ref(), Ok(&target), "read back:\n{written}");
    }
}

/// Arrays; what is read is written and read again.
pub fn npy(data: &[u8]) {
    if let Ok(tensor) = npy::read(data) {
        let again = npy::read(&npy::write(&tensor)).map(|again| again.dims().to_vec());
        assert_eq!(again.ok(), Some(tensor.dims().to_vec()));
    }
}

/// Weights; what is read is written.
pub fn safetensors(data: &[u8]) {
    if let Ok(weights) = safetensors::load(data) {
        let _ = safetensors::save(&weights);
    }
}

/// Pictures of any format, brought to a network's size.
pub fn image(data: &[u8]) {
    let _ = image::load(data, &ImageOptions::for_input(3, 8, 8));
}

/// A model of ONNX: refused, or a network that says itself as text and as a model again.
pub fn onnx(data: &[u8]) {
    held::holds(data);
}

/// The same of models whose operators these bytes choose.
pub fn models(data: &[u8]) {
    held::holds(&arbitrary::grown(data));
}
