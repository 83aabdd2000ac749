//! What is pasted from PyTorch and Keras computes here what it computes there, once the offered fixes are applied.
//!
//! `data/foreign/record.py` has run each call and recorded its output; here its text stands in a network, each of the fixes is
//! applied, until there are none, and the interpreter has to give the same numbers. Where a row has no counterpart, nothing may
//! be offered. Every row of the table has a case.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::Disk;
use pointwise::compile::{Compiled, Settings, compile, tried};
use pointwise::diagnostic::{Applicability, Diagnostic, Fix};
use pointwise::exec::{RunOptions, run};
use pointwise::foreign::{leading, rows};
use pointwise::op::table::{OPS, find};
use pointwise::shape::Shaped;
use pointwise::tensor::Tensor;
use pointwise::weights::{Weights, specs};
use pointwise::writeback::edit::apply;
use serde_json::Value;

/// More rounds than any pasted line needs.
const ROUNDS: usize = 12;
/// Outputs are recorded with five digits, of which rounding takes half of the last.
const TOLERANCE: f32 = 5e-5;

struct Case {
    row: String,
    texts: Vec<String>,
    net: String,
    shape: Vec<usize>,
    /// Shape and values; `None` where an error must be left.
    output: Option<(Vec<usize>, Vec<f32>)>,
}

fn cases() -> Vec<Case> {
    let text = std::fs::read_to_string("tests/data/foreign/recorded.json").expect("recorded");
    let all: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    all.iter().map(case).collect()
}

fn case(value: &Value) -> Case {
    let text = |key: &str| value[key].as_str().expect("a text").to_owned();
    let sizes = |value: &Value| value.as_array().expect("sizes").iter().map(|n| n.as_u64().expect("a size") as usize).collect();
    let numbers = |value: &Value| value.as_array().expect("values").iter().map(|n| n.as_f64().expect("a value") as f32).collect();
    let output = &value["output"];
    Case {
        row: text("row"),
        texts: value["texts"].as_array().expect("texts").iter().map(|t| t.as_str().expect("a text").to_owned()).collect(),
        net: text("net"),
        shape: sizes(&value["shape"]),
        output: (!output.is_null()).then(|| (sizes(&output["shape"]), numbers(&output["values"]))),
    }
}

/// `record.py` says it alike.
fn number(index: usize, salt: usize) -> f32 {
    let step = (index * 7919 + salt * 104_729) % 41;
    (step as f32 - 20.0) / 8.0
}

fn tensor(dims: Vec<usize>, salt: usize) -> Tensor {
    let count = dims.iter().product();
    Tensor::new(dims, (0..count).map(|i| number(i, salt)).collect())
}

fn weights(shaped: &Shaped) -> Weights {
    let (mut weights, mut seen) = (Weights::new(), BTreeMap::<&str, usize>::new());
    for id in shaped.order().iter().copied() {
        for (tensor_id, spec) in specs(shaped, id) {
            let salt = match spec.name {
                "weight" => 1,
                "bias" => 2,
                "running_mean" => 3,
                "running_var" => 4,
                other => panic!("no salt for {other}"),
            };
            let nth = seen.entry(spec.name).and_modify(|n| *n += 1).or_insert(0);
            let mut values = tensor(spec.dims.iter().map(|d| *d as usize).collect(), salt + 10 * *nth);
            if spec.name == "running_var" {
                values.data_mut().iter_mut().for_each(|v| *v = v.abs() + 0.5);
            }
            weights.insert(shaped.graph().tensor(tensor_id).name(), values);
        }
    }
    weights
}

/// A text after some of the fixes that were offered for it, none of which is left, and whose way of writing they took it for.
struct Mended {
    text: String,
    compiled: Compiled,
    means: Option<String>,
}

/// "as Keras means it" of a fix's message.
fn framework(fix: &Fix) -> Option<String> {
    let (before, _) = fix.message.split_once(" means it")?;
    Some(before.rsplit("as ").next()?.to_owned())
}

/// What becomes of a text by every choice of fixes, round by round: those of the first error that has some.
fn mended(text: String, means: Option<&str>, rounds: usize, all: &mut Vec<Mended>) {
    assert!(rounds > 0, "fixes without end:\n{text}");
    let settings = Settings::default();
    let mut compiled = compile("pasted.net", text.clone(), &Disk, &settings);
    tried(&mut compiled, &Disk, &settings);
    let error = compiled.diagnostics.iter().find(|d| d.is_error() && !d.fixes.is_empty());
    let fixes = error.map_or(Vec::new(), |error| error.fixes.clone());
    if fixes.is_empty() {
        all.push(Mended { text, compiled, means: means.map(str::to_owned) });
        return;
    }
    for fix in fixes {
        mended(apply(&text, &fix.edits), framework(&fix).as_deref().or(means), rounds - 1, all);
    }
}

fn pasted(case: &Case, text: &str) -> String {
    let body = case.net.replace("{}", text);
    format!("net pasted {{\n    input x: {0:?}\n    input y: {0:?}\n    {body}\n    output rest = y\n}}\n", case.shape)
}

/// What is wrong with one of the ways to mend a text, or with there being none.
fn problems(case: &Case, text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let whole = pasted(case, text);
    mended(whole.clone(), None, ROUNDS, &mut all);
    // Where a fix says that it takes the call for another framework's, it need not compute what this one does.
    let name = case.row.split(' ').next().unwrap_or_default();
    let own = |one: &&Mended| one.means.as_deref().is_none_or(|means| means == name || name == "Elsewhere");
    let any = all.iter().any(|one| own(&one));
    let judged = all.iter().filter(|one| !any || own(one));
    judged.filter_map(|one| problem(case, one, literals(&one.text) == literals(&whole))).collect()
}

/// A text with Python's literals as they are written here, which says nothing of what a call means.
fn literals(text: &str) -> String {
    [("'", "\""), ("True", "true"), ("False", "false"), ("None", "none")]
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

fn problem(case: &Case, mended: &Mended, is_untouched: bool) -> Option<String> {
    let line = mended.text.lines().nth(3).unwrap_or_default().trim();
    let errors: Vec<&Diagnostic> = mended.compiled.diagnostics.iter().filter(|d| d.is_error()).collect();
    match (&case.output, &mended.compiled.network) {
        (None, None) if is_untouched => None,
        (None, _) => Some(format!("has no counterpart, and became: {line}")),
        (Some(_), None) => {
            let said = errors.iter().map(|d| format!("{}: {:?}", d.message, d.help)).collect::<Vec<_>>().join("; ");
            Some(format!("stays wrong at: {line} ({said})"))
        }
        (Some((dims, wanted)), Some(network)) => {
            let difference = differs(case, &network.shaped, dims, wanted)?;
            Some(format!("became: {line}, and {difference}"))
        }
    }
}

fn differs(case: &Case, shaped: &Shaped, dims: &[usize], wanted: &[f32]) -> Option<String> {
    let batch = |salt| tensor([1].into_iter().chain(case.shape.iter().copied()).collect(), salt);
    let inputs = [("x".to_owned(), batch(100)), ("y".to_owned(), batch(101))].into();
    let result = run(shaped, &weights(shaped), &inputs, &RunOptions::default()).expect("it runs");
    let got = &result.outputs[0].1;
    if got.dims()[1..] != *dims {
        return Some(format!("is {:?}, not {dims:?}", &got.dims()[1..]));
    }
    let largest = wanted.iter().fold(1.0f32, |most, value| most.max(value.abs()));
    let apart = got.data().iter().zip(wanted).map(|(a, b)| (a - b).abs() / largest).fold(0.0, f32::max);
    // A number that is none is no difference that could be small.
    (apart.is_nan() || apart > TOLERANCE).then(|| format!("differs by {apart}"))
}

#[test]
fn what_is_pasted_computes_the_same() {
    let cases = cases();
    let problems: Vec<String> = cases
        .iter()
        .flat_map(|case| case.texts.iter().map(move |text| (case, text)))
        .flat_map(|(case, text)| problems(case, text).into_iter().map(move |it| format!("{}: `{text}` {it}", case.row)))
        .collect();
    assert!(problems.is_empty(), "{} of {}:\n{}", problems.len(), cases.len(), problems.join("\n"));
}

#[test]
fn every_row_has_a_case() {
    let cases = cases();
    let names = |text: &str| -> BTreeSet<String> {
        text.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_lowercase).collect()
    };
    let mut missing = Vec::new();
    for row in rows() {
        let first = row.spellings.split(' ').next().expect("a spelling");
        let name = format!("{:?} {first}", row.framework);
        let spelt = |text: &String| names(text).iter().any(|word| row.spellings.to_lowercase().split(' ').any(|s| s == word));
        if !cases.iter().any(|case| case.row == name && case.texts.iter().any(spelt)) {
            missing.push(name);
        }
    }
    assert!(missing.is_empty(), "no recorded case for {missing:?}");
    let known = |case: &&Case| {
        rows().any(|row| format!("{:?} {}", row.framework, row.spellings.split(' ').next().unwrap_or_default()) == case.row)
    };
    let strange: Vec<&str> = cases.iter().filter(|case| !known(case)).map(|case| case.row.as_str()).collect();
    assert!(strange.is_empty(), "no row for {strange:?}");
}

#[test]
fn what_is_written_by_position_leads_the_parameters() {
    for op in OPS {
        let params: Vec<&str> = op.params.iter().map(|param| param.name).collect();
        assert!(params.starts_with(leading(op.keyword)), "{}", op.keyword);
    }
    for keyword in rows().filter_map(pointwise::foreign::Row::keyword) {
        assert!(find(keyword).is_some(), "{keyword} is an operation");
    }
}

#[test]
fn what_takes_in_the_batch_if_nothing_is_said_is_a_guess() {
    let safe = |line: &str| {
        let text = format!("net pasted {{\n    input x: [4, 6, 5]\n    output z = {line}\n}}\n");
        let compiled = compile("pasted.net", text, &Disk, &Settings::default());
        let fixes: Vec<&Fix> = compiled.diagnostics.iter().flat_map(|d| &d.fixes).collect();
        assert_eq!(fixes.len(), 1, "{line}");
        fixes[0].applicability == Applicability::Safe
    };
    for line in ["torch.flatten(x)", "x.flatten()", "x.flatten(1)", "x.view(-1)", "x -> nn.Flatten(1)"] {
        assert!(!safe(line), "{line}");
    }
    // Where one module joins the channels and another the batch, and where an initial value is lost.
    for line in ["tf.concat([x, x])", "concatenate([x, x])", "x -> prelu(init=0.1)", "x -> nn.PReLU(init=0.1)"] {
        assert!(!safe(line), "{line}");
    }
    for line in ["x -> nn.Flatten()", "torch.relu(x)", "x.relu_()", "x -> nn.PReLU()"] {
        assert!(safe(line), "{line}");
    }
}

#[test]
fn calls_in_each_other_are_put_into_words_together() {
    for (pasted, here) in [
        ("F.relu(F.max_pool2d(x, 2))", "relu(maxpool(2)(x))"),
        ("x.mul(x.sigmoid())", "mul(x, sigmoid(x))"),
        ("torch.cat([x, F.relu(y)], dim=1)", "concat(x, relu(y))"),
        ("torch.cat((F.max_pool2d(x, 2), F.avg_pool2d(y, 2)), dim=1)", "concat(maxpool(2)(x), avgpool(2)(y))"),
        ("F.relu(nn.Conv2d(4, 8, 3)(F.relu(x)))", "relu(conv(8, 3)(relu(x)))"),
        ("F.relu(x + F.dropout(y, p=0.2))", "relu(x + dropout(0.2)(y))"),
        ("F.relu(torch.sigmoid(x).mul(x.tanh()).add(y))", "relu(add(mul(sigmoid(x), tanh(x)), y))"),
        ("tf.nn.relu(keras.layers.Conv2D(8, 3, padding='same')(x))", "relu(conv(8, 3, pad=same)(x))"),
    ] {
        let text = |line: &str| {
            format!(
                "net pasted {{\n    input x: [4, 6, 5]\n    input y: [4, 6, 5]\n    output z = {line}\n    output rest = y\n}}\n"
            )
        };
        let mut all = Vec::new();
        mended(text(pasted), None, ROUNDS, &mut all);
        assert!(
            all.iter().any(|one| one.text == text(here)),
            "{pasted}: {:?}",
            all.iter().map(|one| &one.text).collect::<Vec<_>>()
        );
    }
}

#[test]
fn deep_calls_are_left_alone() {
    let deep = "F.relu(".repeat(5000) + "x" + &")".repeat(5000);
    let text = format!("net pasted {{\n    input x: [4, 6, 5]\n    output z = {deep}\n}}\n");
    let compiled = compile("pasted.net", text, &Disk, &Settings::default());
    assert!(compiled.diagnostics.iter().any(Diagnostic::is_error));
}
