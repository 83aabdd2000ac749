//! Weights under the names of torchvision and timm: which tensor is which of the zoo's networks, as `data/state_dicts/record.py`
//! found it by PyTorch's outputs; and that nothing is claimed where it is not certain.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod common;

use std::collections::BTreeMap;

use common::model;
use pointwise::compile::{NoFiles, Settings, compile};
use pointwise::shape::Shaped;
use pointwise::weights::foreign::{Matched, NameMap, Refusal, matched};

type Tensors = Vec<(String, Vec<u64>)>;

/// What a record says.
struct Record {
    name: String,
    shaped: Shaped,
    tensors: Tensors,
    /// The file's name of each of the network's.
    truth: BTreeMap<String, String>,
    /// Modules that the network has no place for.
    left: Vec<String>,
}

fn records() -> impl Iterator<Item = Record> {
    let mut files: Vec<_> =
        std::fs::read_dir("tests/data/state_dicts").expect("a folder").map(|e| e.expect("readable").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    assert!(files.len() >= 3, "records are there");
    files.into_iter().map(|path| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        record(name, &std::fs::read_to_string(&path).expect("readable text"))
    })
}

fn record(name: String, text: &str) -> Record {
    let (mut tensors, mut truth, mut left) = (Tensors::new(), BTreeMap::new(), Vec::new());
    for line in text.lines() {
        let mut words = line.split(' ');
        let (theirs, ours) = (words.next().expect("a path"), words.next().expect("a path"));
        if ours == "-" {
            left.push(theirs.to_owned());
        }
        for word in words {
            let (role, dims) = word.split_once(':').expect("a role");
            let dims = dims.split('x').map(|d| d.parse().expect("a number")).collect();
            let (their_name, our_name) = match role {
                "." => (theirs.to_owned(), format!("{ours}.weight")),
                role => (format!("{theirs}.{role}"), format!("{ours}.{role}")),
            };
            if ours != "-" {
                truth.insert(our_name, their_name.clone());
            }
            tensors.push((their_name, dims));
        }
    }
    let (_, net) = name.split_once('.').expect("library.net");
    let side = if net.starts_with("vgg") || net == "alexnet" { "224" } else { "128" };
    let shaped = model(net, &[("size", side)]).network.expect("it has no errors").shaped;
    Record { name, shaped, tensors, truth, left }
}

fn found(shaped: &Shaped, tensors: &Tensors) -> Result<Matched, Refusal> {
    matched(shaped, tensors, &NameMap::default())
}

fn truth_of(matched: Matched) -> BTreeMap<String, String> {
    matched.names.into_iter().collect()
}

#[test]
fn every_tensor_is_found() {
    for Record { name, shaped, tensors, truth, left } in records() {
        let matched = found(&shaped, &tensors).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        for scope in &left {
            assert!(matched.left.iter().any(|path| scope.starts_with(path.as_str())), "{name}: {scope}");
        }
        assert!(!matched.left.is_empty() || left.is_empty(), "{name}");
        assert_eq!(truth_of(matched), truth, "{name}");
    }
}

/// The same list under other names and in another order.
fn renamed(tensors: &Tensors, rename: &dyn Fn(&str) -> String) -> Tensors {
    let mut all: Tensors = tensors.iter().map(|(name, dims)| (rename(name), dims.clone())).collect();
    all.reverse();
    let middle = all.len() / 3;
    all.rotate_left(middle);
    all
}

#[test]
fn prefixes_and_order_change_nothing() {
    for Record { name, shaped, tensors, truth, .. } in records() {
        for prefix in ["model.", "module.backbone."] {
            let renamed = renamed(&tensors, &|name| format!("{prefix}{name}"));
            let found = truth_of(found(&shaped, &renamed).unwrap_or_else(|refusal| panic!("{name}: {refusal}")));
            let bare: BTreeMap<_, _> = found
                .into_iter()
                .map(|(ours, theirs)| (ours, theirs.strip_prefix(prefix).expect("it is there").to_owned()))
                .collect();
            assert_eq!(bare, truth, "{name}");
        }
    }
}

/// Words that say nothing, one for each: numbers stay.
fn mute(name: &str) -> String {
    let (path, role) = name.rsplit_once('.').unwrap_or(("", name));
    let mut said = String::new();
    let mut word = String::new();
    for c in path.chars().chain(['.']) {
        if c.is_alphabetic() || c == '_' {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            let hash = word.bytes().fold(7u64, |hash, byte| hash.wrapping_mul(131).wrapping_add(u64::from(byte)));
            let letters = (0..6).map(|i| char::from(b'g' + ((hash >> (4 * i)) % 16) as u8));
            said.extend(letters);
            word.clear();
        }
        said.push(c);
    }
    said + role
}

/// No scopes, only words and numbers.
fn flat(name: &str) -> String {
    let (path, role) = name.rsplit_once('.').unwrap_or(("", name));
    format!("{}.{role}", path.replace('.', "_"))
}

/// Scopes whose names say nothing but which comes first among all.
fn deep(name: &str) -> String {
    format!("net.wrapped.{}", name.replace('.', ".0."))
}

#[test]
fn names_that_say_less_are_refused_or_right() {
    for (rename, least) in [(mute as fn(&str) -> String, 90), (flat, 45), (deep, 95), (|name| flat(&mute(name)), 40)] {
        let (mut right, mut all) = (0, 0);
        for Record { name, shaped, tensors, truth, left } in records() {
            if !left.is_empty() {
                continue;
            }
            let back: BTreeMap<String, String> = tensors.iter().map(|(name, _)| (rename(name), name.clone())).collect();
            assert_eq!(back.len(), tensors.len(), "{name}: names stay different");
            all += 1;
            if let Ok(matched) = found(&shaped, &renamed(&tensors, &rename)) {
                let found: BTreeMap<_, _> =
                    matched.names.into_iter().map(|(ours, theirs)| (ours, back[&theirs].clone())).collect();
                assert_eq!(found, truth, "{name}");
                right += 1;
            }
        }
        assert!(100 * right >= least * all, "they settle {right} of {all}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    for Record { name, shaped, tensors, .. } in records() {
        for at in (0..tensors.len()).step_by(tensors.len() / 7) {
            let mut without = tensors.clone();
            let (gone, _) = without.remove(at);
            let is_spare = gone.to_lowercase().contains("aux");
            assert!(is_spare || matches!(found(&shaped, &without), Err(Refusal::Missing { .. })), "{name} without {gone}");
            let mut other = tensors.clone();
            other[at].1[0] += 1;
            assert!(is_spare || matches!(found(&shaped, &other), Err(Refusal::Missing { .. })), "{name} with another {gone}");
            let mut more = tensors.clone();
            let (path, role) = gone.rsplit_once('.').expect("a path");
            more.push((format!("{path}.copy.{role}"), tensors[at].1.clone()));
            let refusal = found(&shaped, &more);
            assert!(
                is_spare || matches!(refusal, Err(Refusal::LeftOver { .. } | Refusal::Missing { .. })),
                "{name} and {path}.copy"
            );
        }
    }
}

fn network(text: &str) -> Shaped {
    let compiled = compile("n.net", text.to_owned(), &NoFiles, &Settings::default());
    compiled.network.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics)).shaped
}

/// Convolutions of 8 channels without biases under these names.
fn convolutions(paths: &[&str]) -> Tensors {
    paths.iter().map(|path| (format!("{path}.weight"), vec![8, 8, 3, 3])).collect()
}

const BRANCHES: &str = "net n {
    input image: [8, 8, 8]
    left = image -> conv(8, 3, pad=1, bias=false)
    right = image -> conv(8, 3, pad=1, bias=false)
    output y = left + right
}
";

#[test]
fn branches_that_could_be_exchanged_are_told() {
    let shaped = network(BRANCHES);
    for names in [["one", "two"], ["branches.0", "branches.1"], ["conv1", "conv2"], ["b1.conv", "b2.conv"]] {
        let refusal = found(&shaped, &convolutions(&names)).expect_err("nothing says which is which");
        assert_eq!(
            refusal,
            Refusal::Ambiguous {
                theirs: names.map(str::to_owned).to_vec(),
                ours: ["left.conv", "right.conv"].map(str::to_owned).to_vec(),
                more: 0
            }
        );
    }
    let names = |found: Matched| found.names.into_iter().map(|(_, theirs)| theirs).collect::<Vec<_>>();
    // Words that both have say it.
    let said = found(&shaped, &convolutions(&["m.Right", "m.Left"])).expect("words say it");
    assert_eq!(names(said), ["m.Left.weight", "m.Right.weight"]);
    let map = NameMap::from_yaml("two: left\none.weight: right.conv.weight\n").expect("it is a map");
    let mapped = matched(&shaped, &convolutions(&["one", "two"]), &map).expect("the map says it");
    assert_eq!(names(mapped), ["two.weight", "one.weight"]);
    // The rest follows from one line.
    let map = NameMap::from_yaml("one: right\n").expect("it is a map");
    let mapped = matched(&shaped, &convolutions(&["one", "two"]), &map).expect("one is left");
    assert_eq!(names(mapped), ["two.weight", "one.weight"]);
}

#[test]
fn numbers_follow_the_flow_of_data() {
    let chain = network(
        "net n {
    input image: [8, 8, 8]
    b = image -> conv(8, 3, pad=1, bias=false)
    a = b -> conv(8, 3, pad=1, bias=false)
    output y = a -> conv(8, 3, pad=1, bias=false)
}
",
    );
    let found_names =
        |names: &[&str]| found(&chain, &convolutions(names)).map(|found| truth_of(found).into_values().collect::<Vec<_>>());
    // Ours by name: `a`, `b`, `y`; in order of execution `b`, `a`, `y`.
    assert_eq!(found_names(&["f.2", "f.10", "f.9"]).expect("numbers say it"), ["f.9.weight", "f.2.weight", "f.10.weight"]);
    assert!(matches!(found_names(&["first", "second", "third"]), Err(Refusal::Ambiguous { .. })));
    // Numbers and words that contradict each other say nothing.
    assert!(found_names(&["1.a", "2.b", "3.y"]).is_err());
}

#[test]
fn a_scope_that_holds_the_same_by_accident_is_not_believed() {
    // The end of the body is a scope here and none in the file; with the way around it is the other way round.
    let shaped = network(
        "net n {
    input image: [8, 8, 8]
    a = image -> conv(8, 3, pad=1, bias=false)
    b = a -> conv(8, 1, bias=false) -> bn
    p = image -> conv(8, 1, bias=false)
    q = p -> bn
    output y = q + b
}
",
    );
    let norm = |path: &str| ["weight", "bias", "running_mean", "running_var"].map(|role| (format!("{path}.{role}"), vec![8]));
    let file = |body: [&str; 2], around: [&str; 2]| {
        let mut tensors = convolutions(&["conv1"]);
        for [conv, bn] in [body, around] {
            tensors.push((format!("{conv}.weight"), vec![8, 8, 1, 1]));
            tensors.extend(norm(bn));
        }
        tensors
    };
    // `b` and `downsample` hold the same and nothing else does; but then `conv2` would not follow `conv1`.
    for around in [["downsample.0", "downsample.1"], ["z.0", "z.1"]] {
        let refusal = found(&shaped, &file(["conv2", "bn2"], around)).expect_err("it is not certain");
        assert!(matches!(refusal, Refusal::Doubted { .. }), "{refusal}");
    }
    let map = NameMap::from_yaml("conv2: b.conv\nbn2: b.bn\n").expect("it is a map");
    let settled = matched(&shaped, &file(["conv2", "bn2"], ["z.0", "z.1"]), &map).expect("the map says it");
    assert_eq!(truth_of(settled)["p.conv.weight"], "z.0.weight");
}

#[test]
fn a_map_must_fit_both_sides() {
    let shaped = network(BRANCHES);
    let refused = |map: &str, names: &[&str]| {
        let map = NameMap::from_yaml(map).expect("it is a map");
        matched(&shaped, &convolutions(names), &map).expect_err("it does not fit").to_string()
    };
    let names = ["one", "two"];
    assert!(refused("three: left", &names).contains("`three` names nothing in the file"));
    assert!(refused("one: middle", &names).contains("goes to `middle`, which names nothing in the network"));
    assert!(refused("one: left\ntwo: left", &names).contains("what other lines have named"));
    assert!(refused("one: null", &names).contains("1 layer of the network has no tensors"));
    assert!(refused("m: left", &["m.one", "m.two"]).contains("cannot be followed"));
    let map = NameMap::from_yaml("spare: ~\none: left").expect("it is a map");
    let found = matched(&shaped, &convolutions(&["one", "two", "spare"]), &map).expect("the rest fits");
    assert_eq!(found.left, ["spare"]);
}
