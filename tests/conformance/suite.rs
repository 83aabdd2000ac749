//! Which tests there are.
//!
//! In: the suite's folder. Out: its tests in order of name, each with its model, its data and the operator that it is of.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pointwise::interchange::onnx;

/// A part of the suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Of one operator, as it is or written out in others.
    Node,
    /// A layer of PyTorch's as an exporter of old wrote it.
    Layer,
    /// A function of PyTorch's, likewise.
    Function,
    /// A whole network.
    Network,
}

impl Part {
    /// What the table calls its tests where they are of no operator.
    pub fn title(self) -> &'static str {
        match self {
            Self::Node => "Operators",
            Self::Layer => "Layers of PyTorch",
            Self::Function => "Functions of PyTorch",
            Self::Network => "Networks",
        }
    }
}

/// A test.
pub struct Case {
    /// Its name.
    pub name: String,
    /// Where it belongs.
    pub part: Part,
    /// What the table counts it under.
    pub group: String,
    /// The model's file.
    pub model: PathBuf,
    /// Folders of inputs and outputs; none of a network, whose input is made.
    pub sets: Vec<PathBuf>,
}

/// The tests of the suite that are of convolutional networks.
pub fn cases(data: &Path) -> Vec<Case> {
    let operators = operators();
    let mut cases = Vec::new();
    for (folder, part) in
        [("node", Part::Node), ("pytorch-converted", Part::Layer), ("pytorch-operator", Part::Function), ("light", Part::Network)]
    {
        for path in sorted(&data.join(folder)) {
            cases.extend(if part == Part::Network { network(&path) } else { case(&path, part, &operators) });
        }
    }
    cases
}

fn operators() -> BTreeSet<String> {
    let text = std::fs::read_to_string("tests/conformance/operators.txt").expect("readable");
    text.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace).map(str::to_owned).collect()
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the suite has it").map(|entry| entry.expect("readable").path()).collect();
    all.sort();
    all
}

fn network(path: &Path) -> Option<Case> {
    let name = path.file_name()?.to_string_lossy().strip_suffix(".onnx")?.to_owned();
    Some(Case { name, part: Part::Network, group: Part::Network.title().to_owned(), model: path.to_owned(), sets: Vec::new() })
}

/// The operator that a test is of: its only one, or the one that its nodes are written out from, which begins their names.
fn operator(nodes: &[onnx::Node]) -> Option<String> {
    match nodes {
        [] => None,
        [only] => Some(only.op.clone()),
        [first, ..] => first.name.split_once("_test_").map(|(operator, _)| operator.to_owned()),
    }
}

fn case(folder: &Path, part: Part, operators: &BTreeSet<String>) -> Option<Case> {
    let name = folder.file_name()?.to_string_lossy().into_owned();
    let model = folder.join("model.onnx");
    let mut group = part.title().to_owned();
    if part == Part::Node {
        let read = onnx::read(std::fs::File::open(&model).ok()?).ok()?;
        let operator = operator(&read.nodes)?;
        if !operators.contains(&operator) {
            return None;
        }
        group = operator;
    }
    let sets = sorted(folder).into_iter().filter(|path| path.is_dir()).collect();
    Some(Case { name, part, group, model, sets })
}
