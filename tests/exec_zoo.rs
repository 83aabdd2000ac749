//! The zoo is run: multiply-accumulates counted while executing equal the static count, memory is what was foretold.

mod common;

use std::collections::BTreeMap;

use common::{compile_file, zoo};
use pointwise::compile::Network;
use pointwise::exec::{RunOptions, random_input, required_memory, run};
use pointwise::tensor::Tensor;
use pointwise::weights::{Weights, specs};

/// Parameters beyond which random weights take too long in a test; a constant counts as well.
const MANY: u64 = 30_000_000;

/// A network at the first of a few small sizes that it can be built for, or at its own.
fn smallest(name: &str) -> Network {
    let path = std::path::PathBuf::from(format!("models/{name}.net"));
    let sizes = ["28", "32", "64", "75", "96"].map(|size| vec![("size", size)]);
    let mut tries = sizes.into_iter().chain([Vec::new()]).map(|set| compile_file(&path, &set));
    tries.find(|compiled| !compiled.has_errors()).and_then(|compiled| compiled.network).expect("it can be built")
}

fn weights(network: &Network) -> Weights {
    if network.analysis.totals.params < MANY {
        return Weights::init(&network.shaped, 1);
    }
    let mut weights = Weights::new();
    for id in network.shaped.order() {
        for (tensor, spec) in specs(&network.shaped, *id) {
            let dims: Vec<usize> = spec.dims.iter().map(|d| *d as usize).collect();
            let count = dims.iter().product();
            weights.insert(network.shaped.graph().tensor(tensor).name(), Tensor::new(dims, vec![1e-3; count]));
        }
    }
    weights
}

#[test]
fn counted_macs_equal_the_static_count() {
    let mut held = 0;
    for name in zoo() {
        let network = smallest(&name);
        let shaped = &network.shaped;
        let inputs: BTreeMap<String, Tensor> = shaped
            .graph()
            .inputs()
            .iter()
            .map(|id| (shaped.graph().node(*id).name.to_string(), random_input(shaped.shape(*id), 1, 3)))
            .collect();
        let options = RunOptions { threads: 2, ..RunOptions::default() };
        let result = run(shaped, &weights(&network), &inputs, &options).expect("it runs");
        assert_eq!(result.macs, network.analysis.totals.macs, "{name}");
        let memory = required_memory(shaped, 1, &options);
        assert_eq!(result.peak_bytes, memory.tensors, "{name}");
        assert!(result.working_bytes <= memory.working, "{name}");
        for (output, tensor) in &result.outputs {
            assert!(tensor.data().iter().all(|x| x.is_finite()), "{name}: {output} overflows");
        }
        held += 1;
    }
    assert!(held >= 45, "{held}");
}
