//! One test: its model is read and run, and what it makes is held against what the suite says.
//!
//! The suite hands in as inputs what a model of a network stores: kernels, shapes, axes. Integers are therefore taken for what
//! they are, constants; numbers with a fraction flow, and where the model is refused for that, all but the first are constants
//! too. A wrong value fails a test at once; no other way is tried then.

use std::collections::BTreeMap;
use std::path::Path;

use pointwise::exec::{RunOptions, run};
use pointwise::interchange::onnx::{self, Bytes, Data, Elements, Imported, Model, Stored};
use pointwise::{Tensor, Weights, infer};

use crate::suite::Case;

/// What the suite's own runner allows.
const RELATIVE: f32 = 1e-3;
const ABSOLUTE: f32 = 1e-7;

/// Runs a test.
pub fn check(case: &Case) -> Result<(), String> {
    let model = || onnx::read(std::fs::File::open(&case.model).map_err(|error| error.to_string())?).map_err(|e| e.to_string());
    if case.sets.is_empty() {
        return network(case, &model()?);
    }
    for set in &case.sets {
        let model = model()?;
        let given = tensors(set, "input")?;
        let wanted = tensors(set, "output")?;
        let found = outputs(case, &model, given)?;
        compare(&found, &wanted)?;
    }
    Ok(())
}

fn tensors(set: &Path, kind: &str) -> Result<Vec<Stored>, String> {
    let mut all = Vec::new();
    while let Ok(bytes) = std::fs::read(set.join(format!("{kind}_{}.pb", all.len()))) {
        all.push(onnx::read_tensor(&bytes).map_err(|error| error.to_string())?);
    }
    Ok(all)
}

/// What a model makes of inputs.
fn outputs(case: &Case, model: &Model, given: Vec<Stored>) -> Result<Vec<Tensor>, String> {
    let named: Vec<(String, Stored)> = model.inputs.iter().map(|input| input.name.clone()).zip(given).collect();
    let is_float: Vec<bool> = named.iter().map(|(_, stored)| stored.element.is_float()).collect();
    let first: Vec<bool> = (0..named.len()).map(|at| Some(at) == is_float.iter().position(|is_float| *is_float)).collect();
    let none = vec![false; named.len()];
    let mut refused = None;
    for flows in [is_float, first, none] {
        let mut model = model.clone();
        let mut inputs = BTreeMap::new();
        for ((name, stored), flows) in named.iter().zip(&flows) {
            if *flows {
                inputs.insert(name.clone(), tensor(stored)?);
            } else {
                model.give(name, stored.clone());
            }
        }
        match onnx::import(&model) {
            Ok(imported) => return computed(case, &imported, (&model, &inputs)),
            Err(problems) if inputs.is_empty() => drop(problems),
            Err(problems) => refused = Some(format!("{}: {}", problems[0].node, problems[0].why)),
        }
    }
    Err(refused.unwrap_or_else(|| "nothing flows".to_owned()))
}

fn computed(
    case: &Case,
    imported: &Imported,
    (model, given): (&Model, &BTreeMap<String, Tensor>),
) -> Result<Vec<Tensor>, String> {
    let mut bytes = One(std::fs::read(&case.model).map_err(|error| error.to_string())?);
    let mut weights = Weights::new();
    for (tensor, array) in &imported.learned {
        let values = imported.arrays.elements(*array, &mut bytes)?.floats().ok_or("it counts images")?;
        weights.insert(imported.graph.tensor(*tensor).name(), Tensor::new(imported.arrays.get(*array).dims.clone(), values));
    }
    let shaped = infer(imported.graph.clone()).map_err(|error| format!("{error:?}"))?;
    let mut inputs = BTreeMap::new();
    // Inputs stand in the graph in the model's order; names may be written in another way there.
    let graph = shaped.graph();
    for ((_, tensor), id) in model.inputs.iter().filter_map(|input| given.get_key_value(&input.name)).zip(graph.inputs()) {
        let (name, shape) = (graph.node(*id).name.to_string(), shaped.shape(*id));
        let one: usize = shape.dims().iter().map(|dim| *dim as usize).product();
        let batch = tensor.data().len() / one.max(1);
        let dims = std::iter::once(batch).chain(shape.dims().iter().map(|dim| *dim as usize)).collect();
        inputs.insert(name, tensor.clone().reshaped(dims));
    }
    let result = run(&shaped, &weights, &inputs, &RunOptions::default()).map_err(|error| error.to_string())?;
    Ok(result.outputs.into_iter().map(|(_, tensor)| tensor).collect())
}

fn tensor(stored: &Stored) -> Result<Tensor, String> {
    let dims = stored.dims.iter().map(|dim| *dim as usize).collect();
    match &stored.data {
        Data::Known(Elements::Float(all)) => Ok(Tensor::new(dims, all.clone())),
        Data::Known(Elements::Int(all)) => Ok(Tensor::new(dims, all.iter().map(|n| *n as f32).collect())),
        Data::Apart { .. } => Err("its elements stand elsewhere".to_owned()),
    }
}

/// Elements are compared in order; the count must agree, and the dimensions but for those of 1.
fn compare(found: &[Tensor], wanted: &[Stored]) -> Result<(), String> {
    if found.len() != wanted.len() {
        return Err(format!("{} outputs, not {}", found.len(), wanted.len()));
    }
    for (found, wanted) in found.iter().zip(wanted) {
        let wanted = tensor(wanted)?;
        let plain = |tensor: &Tensor| tensor.dims().iter().copied().filter(|dim| *dim != 1).collect::<Vec<_>>();
        if plain(found) != plain(&wanted) {
            return Err(format!("WRONG: it makes {:?}, not {:?}", found.dims(), wanted.dims()));
        }
        let near = |a: f32, b: f32| {
            let same = a.is_nan() && b.is_nan() || a.to_bits() == b.to_bits();
            same || (a - b).abs() <= ABSOLUTE + RELATIVE * b.abs()
        };
        if let Some(at) = (0..wanted.data().len()).find(|at| !near(found.data()[*at], wanted.data()[*at])) {
            return Err(format!("WRONG: element {at} is {}, not {}", found.data()[at], wanted.data()[at]));
        }
    }
    Ok(())
}

/// A network of the suite: its input is `arange(n) / n`, its output stands beside it.
fn network(case: &Case, model: &Model) -> Result<(), String> {
    let imported = onnx::import(model).map_err(|problems| format!("{}: {}", problems[0].node, problems[0].why))?;
    let input = &model.inputs[0];
    let shape = imported.graph.inputs().first().map(|id| imported.graph.node(*id).op.infer(&[]));
    let dims: Vec<usize> =
        shape.ok_or("it has no input")?.map_err(|error| format!("{error:?}"))?.dims().iter().map(|dim| *dim as usize).collect();
    let count: usize = dims.iter().product();
    let values = (0..count).map(|at| (at as f64 / count as f64) as f32).collect();
    let given = BTreeMap::from([(input.name.clone(), Tensor::new(dims, values))]);
    let wanted = case.model.to_string_lossy().replace(".onnx", "_output_0.pb");
    let wanted = std::fs::read(wanted).map_err(|error| error.to_string())?;
    compare(&computed(case, &imported, (model, &given))?, &[onnx::read_tensor(&wanted).map_err(|error| error.to_string())?])
}

/// Reads from one file.
struct One(Vec<u8>);

impl Bytes for One {
    fn read(&mut self, file: Option<&str>, offset: u64, length: u64) -> Result<Vec<u8>, String> {
        let part = self.0.get(offset as usize..(offset + length) as usize).filter(|_| file.is_none());
        part.map(<[u8]>::to_vec).ok_or_else(|| "its bytes are not there".to_owned())
    }
}
