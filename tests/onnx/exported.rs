//! Networks as PyTorch's exporters write them.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use pointwise::compile::{NoFiles, Settings, compile};
use pointwise::exec::{RunOptions, run};
use pointwise::graph::print::print;
use pointwise::interchange::npy;
use pointwise::interchange::onnx::{Bytes, Imported, import, read};
use pointwise::{Tensor, Weights, infer};

/// Networks with the MACs of their convolutions and linear layers, by forward hooks, and the ways in which they are read.
const NETWORKS: &[(&str, u64, &[&str])] = &[
    ("inception_mini", 5_192_784, &["folded", "kept", "dynamo"]),
    ("densenet_tiny", 4_952_808, &["folded", "kept", "dynamo"]),
    ("regnet_mini", 3_544_768, &["folded", "kept", "dynamo"]),
    ("mobilenet_v3_small_035", 1_038_336, &["kept"]),
    ("unet_mini", 16_545_568, &["folded", "kept", "dynamo"]),
    ("yolo_mini", 9_523_200, &["folded", "kept", "dynamo"]),
    ("convnext_mini", 2_963_712, &["folded", "kept", "dynamo"]),
];

fn path(file: &str) -> PathBuf {
    PathBuf::from("tests/onnx/models").join(file)
}

/// Reads from one file.
struct One(Vec<u8>);

impl Bytes for One {
    fn read(&mut self, file: Option<&str>, offset: u64, length: u64) -> Result<Vec<u8>, String> {
        assert_eq!(file, None);
        Ok(self.0[offset as usize..][..length as usize].to_vec())
    }
}

fn imported(file: &str) -> Imported {
    let model = read(File::open(path(file)).expect("there")).expect("a model");
    import(&model).unwrap_or_else(|problems| panic!("{file}: {problems:#?}"))
}

fn weights(imported: &Imported, file: &str) -> Weights {
    let mut bytes = One(std::fs::read(path(file)).expect("there"));
    let mut weights = Weights::new();
    for (tensor, array) in &imported.learned {
        let values = imported.arrays.elements(*array, &mut bytes).expect("its bytes are there").floats().expect("numbers");
        weights.insert(imported.graph.tensor(*tensor).name(), Tensor::new(imported.arrays.get(*array).dims.clone(), values));
    }
    weights
}

fn array(file: &str) -> Tensor {
    npy::read(&std::fs::read(path(file)).expect("there")).expect("an array")
}

fn apart(a: &Tensor, b: &Tensor) -> f32 {
    assert_eq!(a.dims(), b.dims());
    a.data().iter().zip(b.data()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn exported_networks_count_and_compute_as_in_pytorch() {
    for (name, macs, ways) in NETWORKS {
        let inputs = BTreeMap::from([("input".to_owned(), array(&format!("{name}.input.npy")))]);
        for way in *ways {
            let file = format!("{name}.{way}.onnx");
            let imported = imported(&file);
            let weights = weights(&imported, &file);
            // What is printed is the same network, with the same names.
            let text = print(&imported.graph);
            let compiled = compile("a.net", text, &NoFiles, &Settings::default());
            let errors: Vec<_> = compiled.diagnostics.iter().filter(|found| found.is_error()).collect();
            assert!(errors.is_empty(), "{file}: {errors:#?}");
            let network = compiled.network.expect("no errors");
            assert_eq!(network.analysis.totals.macs, *macs, "{file}");
            for shaped in [infer(imported.graph).expect("it fits"), network.shaped] {
                assert_eq!(weights.check(&shaped), Ok(()), "{file}");
                let result = run(&shaped, &weights, &inputs, &RunOptions::default()).expect("it runs");
                for (output, tensor) in &result.outputs {
                    let apart = apart(tensor, &array(&format!("{name}.{output}.npy")));
                    assert!(apart < 1e-4, "{file}: `{output}` is {apart} apart");
                }
            }
        }
    }
}

#[test]
fn what_exporters_took_apart_is_one_layer_again() {
    let count = |file: &str, keyword: &str| {
        let graph = imported(file).graph;
        graph.ids().filter(|id| graph.node(*id).op.keyword() == keyword).count()
    };
    for file in ["convnext_mini.folded.onnx", "convnext_mini.kept.onnx"] {
        let found = ["gelu", "layer_norm", "linear", "erf", "sqrt"].map(|keyword| count(file, keyword));
        assert_eq!(found, [4, 8, 9, 0, 0], "{file}");
    }
    assert_eq!(["hard_swish", "hard_sigmoid"].map(|keyword| count("mobilenet_v3_small_035.kept.onnx", keyword)), [19, 9]);
}

#[test]
fn layers_have_the_names_of_pytorchs_weights() {
    let imported = imported("regnet_mini.kept.onnx");
    for name in ["stem.0", "stem.1", "trunk_output.block1.block1-0.f.a.0", "fc"] {
        assert!(imported.graph.find(name).is_some(), "{name}");
    }
}
