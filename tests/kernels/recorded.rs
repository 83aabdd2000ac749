//! Calls on tensors of any rank against what PyTorch made of them: see `tests/data/pytorch_values.py`.

use std::collections::BTreeMap;

use pointwise::compile::{NoFiles, Settings, compile};
use pointwise::exec::{RunOptions, run};
use pointwise::graph::print::print;
use pointwise::shape::Shaped;
use pointwise::tensor::Tensor;
use pointwise::weights::{Weights, specs};

/// PyTorch sums in 32 bits, and in another order.
const TOLERANCE: f64 = 2e-6;

/// `pytorch_values.py` says it alike.
fn tensor(dims: &[u64], batch: bool, salt: usize) -> Tensor {
    let number = |index: usize| (((index * 7919 + salt * 104_729) % 41) as f32 - 20.0) / 8.0;
    let own: Vec<usize> = dims.iter().map(|d| *d as usize).collect();
    let count = own.iter().product();
    let dims = if batch { [vec![1], own].concat() } else { own };
    Tensor::new(dims, (0..count).map(number).collect())
}

fn shaped(text: String) -> Shaped {
    let compiled = compile("recorded.net", text, &NoFiles, &Settings::default());
    let errors: Vec<_> = compiled.diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    compiled.network.expect("no errors").shaped
}

fn outputs(shaped: &Shaped, inputs: &BTreeMap<String, Tensor>) -> Tensor {
    let mut weights = Weights::new();
    for (tensor_id, spec) in shaped.order().iter().flat_map(|id| specs(shaped, *id)) {
        let salt = if spec.name == "bias" { 2 } else { 1 };
        weights.insert(shaped.graph().tensor(tensor_id).name(), tensor(&spec.dims, false, salt));
    }
    let ran = run(shaped, &weights, inputs, &RunOptions { threads: 1, ..RunOptions::default() }).expect("it runs");
    ran.outputs.into_iter().find(|(name, _)| name == "z").expect("the output").1
}

#[test]
fn values_are_those_of_pytorch() {
    let dims =
        |text: &str| -> Vec<u64> { text.trim_matches(['[', ']']).split(", ").map(|d| d.parse().expect("a dimension")).collect() };
    let mut compared = 0;
    for line in include_str!("../data/pytorch_values.txt").lines().filter(|line| !line.starts_with('#')) {
        let [call, x, y, out, values] = line.split(" | ").collect::<Vec<_>>()[..] else { panic!("five parts: {line}") };
        let text = format!(
            "net recorded {{\n    input x: {x}\n    input y: {y}\n    output z: {out} = {call}\n    output rest = y\n}}\n"
        );
        let inputs =
            BTreeMap::from([("x", x, 100), ("y", y, 101)].map(|(n, d, salt)| (n.to_owned(), tensor(&dims(d), true, salt))));
        let network = shaped(text);
        let z = outputs(&network, &inputs);
        for (i, (got, expected)) in z.data().iter().zip(values.split(' ')).enumerate() {
            let expected: f64 = expected.parse().expect("a value");
            let close = (f64::from(*got) - expected).abs() <= TOLERANCE * expected.abs().max(1.0);
            assert!(close, "{call} on {x}: element {i} is {got}, not {expected}");
        }
        assert_eq!(z.data().len(), values.split(' ').count(), "{call}");
        // What is printed computes the same bits.
        assert_eq!(outputs(&shaped(print(network.graph())), &inputs), z, "{call} as it is printed");
        compared += 1;
    }
    assert!(compared >= 60, "the table is there: {compared}");
}
