//! Networks of this program as models, and back.
//!
//! `nets/` holds every operation in every form. What the checker and the runtime of other programs say of the models is not
//! tested here: `check.py` beside this file asks them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};

use pointwise::exec::{RunOptions, random_input, run};
use pointwise::graph::Graph;
use pointwise::graph::print::call;
use pointwise::interchange::onnx::{
    DATA_ALIGNMENT, Exported, Imported, Learned, Placement, Unsupported, WeightSource, export, import, read,
};
use pointwise::op::{Op, table};
use pointwise::shape::{Shaped, infer};
use pointwise::{Tensor, Weights};

use crate::build::{field, model, node, text};
use crate::common::{compile_file, zoo};

/// The elements of weights, and which were asked for.
struct From<'a>(&'a Weights, Vec<String>);

impl WeightSource for From<'_> {
    fn elements(&mut self, tensor: &Learned) -> io::Result<Cow<'_, [f32]>> {
        self.1.push(tensor.name.clone());
        let tensor = self.0.get(&tensor.name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Cow::Borrowed(tensor.data()))
    }
}

/// The files under `nets/`.
fn nets() -> Vec<PathBuf> {
    let folder = std::fs::read_dir("tests/onnx/nets").expect("a folder");
    let mut files: Vec<PathBuf> = folder.map(|entry| entry.expect("readable").path()).collect();
    files.sort();
    files
}

fn shaped(path: &Path) -> Shaped {
    let compiled = compile_file(path, &[]);
    let errors: Vec<_> = compiled.diagnostics.iter().filter(|found| found.is_error()).collect();
    assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
    compiled.network.expect("no errors").shaped
}

fn exported(shaped: &Shaped) -> Exported {
    export(shaped).expect("all of it can be written")
}

/// A model without the elements of its weights, which are said to stand in a file.
fn structure(shaped: &Shaped) -> Vec<u8> {
    let (weights, mut bytes) = (Weights::new(), Vec::new());
    let mut none = From(&weights, Vec::new());
    exported(shaped).write(&mut bytes, Placement::Apart("weights"), &mut none).expect("memory is written");
    assert!(none.1.is_empty(), "no elements are asked for");
    bytes
}

fn whole(shaped: &Shaped, weights: &Weights) -> Vec<u8> {
    let mut bytes = Vec::new();
    exported(shaped).write(&mut bytes, Placement::Inside, &mut From(weights, Vec::new())).expect("memory is written");
    bytes
}

fn imported(bytes: &[u8]) -> Result<Imported, Vec<Unsupported>> {
    import(&read(Cursor::new(bytes)).expect("a model"))
}

/// Everything that a graph says of its layers, a line each.
fn told(graph: &Graph) -> Vec<String> {
    let name = |id| graph.node(id).name.as_str();
    let layer = |id| {
        let node = graph.node(id);
        let inputs: Vec<&str> = node.inputs.iter().map(|input| name(*input)).collect();
        let tensors: Vec<String> = node.tensors.iter().map(|tensor| graph.tensor(*tensor).name()).collect();
        let op = if let Op::Scalar(scalar) = &node.op { format!("{scalar:?}") } else { call(&node.op) };
        format!("{} = {op} {:?} of {inputs:?} with {tensors:?}", node.name, node.op)
    };
    let inputs = graph.inputs().iter().map(|id| format!("input {}", name(*id)));
    let outputs = graph.outputs().iter().map(|(output, id)| format!("output {output} = {}", name(*id)));
    let own = [format!("{}: {:?}", graph.name(), graph.doc())];
    // Inputs come first in a model; where they stand among the layers says nothing.
    let layers = graph.ids().filter(|id| !matches!(graph.node(*id).op, Op::Input(_))).map(layer);
    own.into_iter().chain(inputs).chain(layers).chain(outputs).collect()
}

#[test]
fn a_network_comes_back_as_it_was() {
    let models = zoo().into_iter().map(|name| Path::new("models").join(format!("{name}.net")));
    for path in models.chain(nets()) {
        let network = shaped(&path);
        let back = imported(&structure(&network)).unwrap_or_else(|problems| panic!("{}: {problems:#?}", path.display()));
        assert_eq!(told(&back.graph), told(network.graph()), "{}", path.display());
        assert!(infer(back.graph).is_ok(), "{}", path.display());
    }
}

#[test]
fn every_operation_is_among_the_networks() {
    let text: String = nets().iter().map(|path| std::fs::read_to_string(path).expect("readable")).collect();
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let infix = ["add", "sub", "mul", "div", "pow"];
    let missing: Vec<&str> =
        table::OPS.iter().map(|op| op.keyword).filter(|op| !words.contains(op) && !infix.contains(op)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn weights_are_written_once_and_read_back() {
    let network = shaped(Path::new("tests/onnx/nets/values.net"));
    let weights = Weights::init(&network, 3);
    let (model, mut bytes, mut source) = (exported(&network), Vec::new(), From(&weights, Vec::new()));
    model.write(&mut bytes, Placement::Inside, &mut source).expect("memory is written");
    assert_eq!(bytes.len() as u64, model.bytes(), "the length was known");
    let names: Vec<&str> = weights.iter().map(|(name, _)| name).collect();
    source.1.sort();
    assert_eq!(source.1, names, "each once");
    let back = imported(&bytes).expect("it is read");
    assert_eq!(read_weights(&back, &bytes), weights);
    // The same in a file of its own.
    let (mut apart, mut data) = (Vec::new(), Vec::new());
    model.write(&mut apart, Placement::Apart("w.data"), &mut source).expect("memory is written");
    model.write_data(&mut data, &mut source).expect("memory is written");
    let back = imported(&apart).expect("it is read");
    assert_eq!(read_weights(&back, &data), weights);
    assert!(data.len() as u64 > 4 * DATA_ALIGNMENT && apart.len() < bytes.len());
}

/// Reads elements, all from one file, and notes where they begin.
struct OneFile<'a>(&'a [u8], Vec<(bool, u64)>);

impl pointwise::interchange::onnx::Bytes for OneFile<'_> {
    fn read(&mut self, file: Option<&str>, offset: u64, length: u64) -> Result<Vec<u8>, String> {
        self.1.push((file.is_some(), offset));
        Ok(self.0[offset as usize..][..length as usize].to_vec())
    }
}

fn read_weights(imported: &Imported, bytes: &[u8]) -> Weights {
    let (mut weights, mut file) = (Weights::new(), OneFile(bytes, Vec::new()));
    for (tensor, array) in &imported.learned {
        let values = imported.arrays.elements(*array, &mut file).expect("its bytes are there").floats().expect("numbers");
        weights.insert(imported.graph.tensor(*tensor).name(), Tensor::new(imported.arrays.get(*array).dims.clone(), values));
    }
    assert!(file.1.iter().all(|(is_apart, offset)| !is_apart || offset.is_multiple_of(DATA_ALIGNMENT)), "{:?}", file.1);
    weights
}

#[test]
fn tensors_of_other_lengths_are_not_written() {
    let network = shaped(Path::new("tests/onnx/nets/values.net"));
    let mut weights = Weights::init(&network, 0);
    let name = weights.iter().map(|(name, _)| name.to_owned()).next().expect("some");
    weights.insert(name, Tensor::zeros(vec![1]));
    let written = exported(&network).write(&mut Vec::new(), Placement::Inside, &mut From(&weights, Vec::new()));
    assert!(written.is_err());
}

/// The same bytes with other text, as long as the old.
fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut out = bytes.to_vec();
    let places: Vec<usize> =
        (0..bytes.len().saturating_sub(from.len())).filter(|at| bytes[*at..].starts_with(from.as_bytes())).collect();
    assert!(!places.is_empty(), "`{from}` is there");
    for at in places {
        out[at..at + from.len()].copy_from_slice(to.as_bytes());
    }
    out
}

/// Runs a graph and the network that it was made from on the same input.
fn apart(network: &Shaped, weights: &Weights, back: Imported, bytes: &[u8]) -> f32 {
    let inputs: BTreeMap<String, Tensor> = network
        .graph()
        .inputs()
        .iter()
        .map(|id| (network.graph().node(*id).name.to_string(), random_input(network.shape(*id), 2, 1)))
        .collect();
    let options = RunOptions::default();
    let own = read_weights(&back, bytes);
    let back = infer(back.graph).expect("it fits");
    let expected = run(network, weights, &inputs, &options).expect("it runs");
    let found = run(&back, &own, &inputs, &options).expect("it runs");
    let difference = |((a, x), (b, y)): (&(String, Tensor), &(String, Tensor))| {
        assert_eq!((a, x.dims()), (b, y.dims()));
        let scale = x.data().iter().filter(|x| x.is_finite()).fold(1e-6f32, |most, x| most.max(x.abs()));
        let each = x.data().iter().zip(y.data()).filter(|(x, y)| x.is_finite() || y.is_finite());
        each.map(|(x, y)| (x - y).abs() / scale)
            .fold(0f32, |most, apart| if apart > most || apart.is_nan() { apart } else { most })
    };
    expected.outputs.iter().zip(&found.outputs).map(difference).fold(0.0, f32::max)
}

#[test]
fn without_remarks_operators_say_the_same() {
    for path in nets() {
        let (network, name) = (shaped(&path), path.display());
        let weights = Weights::init(&network, 5);
        let bytes = replaced(&whole(&network, &weights), "{\"layer\":", "[\"layer\":");
        match imported(&bytes) {
            Ok(back) => {
                assert!(told(&back.graph) != told(network.graph()), "{name}: names are not known without");
                let apart = apart(&network, &weights, back, &bytes);
                assert!(apart < 1e-5, "{name}: {apart}");
            }
            // Not every operator that is written is read where nothing says what it is a part of.
            Err(problems) => assert!(!path.ends_with("classifier.net"), "{problems:#?}"),
        }
    }
}

#[test]
fn a_remark_that_is_false_is_not_believed() {
    let network = shaped(Path::new("tests/onnx/nets/classifier.net"));
    let weights = Weights::init(&network, 5);
    let bytes = whole(&network, &weights);
    for (from, to) in [
        ("\"slope\":0.2", "\"slope\":0.3"),
        ("\"op\":\"gelu\"", "\"op\":\"silu\""),
        ("\"groups\":4", "\"groups\":2"),
        ("\"reads\":[\"image\"]", "\"reads\":[\"imago\"]"),
    ] {
        let changed = replaced(&bytes, from, to);
        let back = imported(&changed).unwrap_or_else(|problems| panic!("{to}: {problems:#?}"));
        let apart = apart(&network, &weights, back, &changed);
        assert!(apart < 1e-5, "{to}: {apart}");
    }
}

/// A node with a remark.
fn remarked(op: &str, inputs: &[&str], output: &str, remark: &str) -> Vec<u8> {
    let inputs: Vec<u8> = inputs.iter().flat_map(|input| text(1, input)).collect();
    let entry = [text(1, "pointwise"), text(2, remark)].concat();
    field(1, &[inputs, text(2, output), text(4, op), field(9, &entry)].concat())
}

#[test]
fn a_layer_that_others_look_into_is_no_layer() {
    let silu = remarked("Sigmoid", &["x"], "gated/gate", "{\"layer\": \"gated\", \"op\": \"silu\", \"reads\": [\"x\"]}");
    let product = node("Mul", &["x", "gated/gate"], "gated");
    let names = |nodes: &[Vec<u8>]| {
        let back = imported(&model(&[1, 2, 3, 3], nodes)).expect("it is read");
        back.graph.ids().map(|id| back.graph.node(id).name.to_string()).collect::<Vec<_>>()
    };
    let closed = [silu.clone(), product.clone(), node("Relu", &["gated"], "y")];
    assert_eq!(names(&closed), ["x", "gated", "relu"]);
    let open = [silu.clone(), product.clone(), node("Add", &["gated", "gated/gate"], "y")];
    assert_eq!(names(&open), ["x", "sigmoid", "silu", "add"]);
    // Nor is one whose nodes are not all there.
    assert_eq!(names(&[silu, node("Add", &["x", "gated/gate"], "y")]), ["x", "sigmoid", "add"]);
    // Two layers of one name are two, and a name that none can have is not taken.
    let relu = |from, to, layer| {
        remarked("Relu", &[from], to, &format!("{{\"layer\": \"{layer}\", \"op\": \"relu\", \"reads\": [\"{from}\"]}}"))
    };
    assert_eq!(names(&[relu("x", "a", "same"), relu("a", "y", "same")]), ["x", "same", "same_2"]);
    assert_eq!(names(&[relu("x", "a", "a..b"), relu("a", "y", "")]), ["x", "relu", "relu_2"]);
}
