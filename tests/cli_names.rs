//! Weights under other programs' names on the command line: what is matched, what is told, and a map of names.

#[path = "cli_common/mod.rs"]
mod cli_common;

use cli_common::{Dir, Run, model, pointwise};
use pointwise::interchange::safetensors;
use pointwise::weights::Weights;

/// A residual block, as one would write it.
const NET: &str = "net n {
    input image: [4, 8, 8]
    stem = image -> conv(8, 3, pad=1, bias=false) -> bn -> relu
    a = stem -> conv(8, 3, pad=1, bias=false) -> bn -> relu
    b = a -> conv(16, 3, pad=1, bias=false) -> bn
    skip = stem -> conv(16, 1, bias=false) -> bn
    output y = b + skip -> relu -> global_avgpool -> flatten -> linear(5)
}
";

/// The same layers as PyTorch's modules call them.
const NAMES: &[(&str, &str)] = &[
    ("stem.conv", "conv1"),
    ("stem.bn", "bn1"),
    ("a.conv", "layer1.0.conv1"),
    ("a.bn", "layer1.0.bn1"),
    ("b.conv", "layer1.0.conv2"),
    ("b.bn", "layer1.0.bn2"),
    ("skip.conv", "layer1.0.downsample.0"),
    ("skip.bn", "layer1.0.downsample.1"),
    ("y.linear", "fc"),
];

fn ok(arguments: &[&str]) -> Run {
    let run = pointwise(arguments);
    assert_eq!(run.code, 0, "{arguments:?}: {}", run.err);
    run
}

/// The bytes of what a network computes.
fn outputs(dir: &Dir, net: &str, weights: &[&str]) -> Vec<u8> {
    ok(&[&["run", net, "--seed", "5", "-o", &format!("y={}", dir.path("y.npy"))], weights].concat());
    dir.bytes("y.npy")
}

/// Writes weights under other names; returns the path.
fn renamed(dir: &Dir, name: &str, rename: &dyn Fn(&str) -> String) -> String {
    let own = safetensors::load(&dir.bytes("own.safetensors")).expect("it was just written");
    let mut weights = Weights::new();
    for (name, tensor) in own.iter() {
        let (layer, role) = name.rsplit_once('.').expect("a layer");
        weights.insert(format!("{}.{role}", rename(layer)), tensor.clone());
    }
    dir.write(name, safetensors::save(&weights).expect("it fits"))
}

fn pytorch(layer: &str) -> String {
    NAMES.iter().find(|(ours, _)| *ours == layer).expect("all are named").1.to_owned()
}

/// A network with weights of its own names.
fn made(text: &str) -> (Dir, String) {
    let dir = Dir::new();
    let net = dir.write("n.net", text);
    ok(&["init", &net, "-o", &dir.path("own.safetensors"), "--seed", "3"]);
    (dir, net)
}

#[test]
fn names_of_pytorch_compute_the_same_wherever_weights_are_taken() {
    let (dir, net) = made(NET);
    let own = outputs(&dir, &net, &["-w", &dir.path("own.safetensors")]);
    let theirs = renamed(&dir, "theirs.safetensors", &|layer| format!("model.{}", pytorch(layer)));
    assert!(outputs(&dir, &net, &["-w", &theirs]) == own);
    let run = ok(&["run", &net, "-w", &theirs]);
    let said = "theirs.safetensors: 22 tensors under other names, matched by shape, scope and order\n";
    assert!(run.err.contains(said), "{}", run.err);
    // Kept under the network's names: the same bytes that `init` wrote.
    ok(&["convert", &net, &dir.path("kept.safetensors"), "-w", &theirs]);
    assert!(dir.bytes("kept.safetensors") == dir.bytes("own.safetensors"));
    ok(&["convert", &net, &dir.path("flat.net"), "-w", &theirs]);
    assert!(outputs(&dir, &dir.path("flat.net"), &[]) == own);
    assert!(ok(&["bench", &net, "-w", &theirs, "--runs", "1"]).err.contains(said));
    let run = ok(&["optimize", &net, "-w", &theirs, "--ratio", "4", "-o", &dir.path("new.net")]);
    assert!(run.err.contains(said) && dir.join("new.safetensors").exists(), "{}", run.err);
    // What it wrote for the refined network is of the network with its lines; their file is of the one without.
    ok(&["optimize", &dir.path("new.net"), "-w", &theirs, "--ratio", "4", "--dry-run"]);
}

#[test]
fn what_does_not_fit_is_told_in_a_sentence() {
    let (dir, net) = made(NET);
    let theirs = renamed(&dir, "theirs.safetensors", &pytorch);
    let other = dir.write("other.net", NET.replace("linear(5)", "linear(7)"));
    let run = pointwise(&["run", &other, "-w", &theirs]);
    let said = "1 layer of the network has no tensors of its form in the file: `y.linear.weight` [7, 16]; the network has no place for \
        1 module of the file: `fc.weight` [5, 16]";
    assert!(run.code == 1 && run.err.contains("error[PW0401]") && run.err.contains(said), "{}", run.err);
    // A head that training adds, and a module in the middle.
    let with = |name: &str, to: &str| {
        let mut weights = safetensors::load(&dir.bytes("theirs.safetensors")).expect("it was just written");
        weights.insert(name, weights.share("fc.weight").expect("it is there"));
        dir.write(to, safetensors::save(&weights).expect("it fits"))
    };
    let aux = with("aux1.fc.weight", "aux.safetensors");
    let run = ok(&["run", &net, "-w", &aux]);
    assert!(run.err.contains("order; the network has no place for `aux1`\n"), "{}", run.err);
    let inner = with("layer1.0.se.weight", "inner.safetensors");
    let run = pointwise(&["run", &net, "-w", &inner]);
    assert!(run.code == 1 && run.err.contains("error[PW0404]"), "{}", run.err);
    assert!(run.err.contains("no place for 1 module of the file: `layer1.0.se`"), "{}", run.err);
    let map = dir.write("map.yaml", "layer1.0.se: null\n");
    ok(&["run", &net, "-w", &inner, "--map", &map]);
}

#[test]
fn a_map_settles_what_could_be_exchanged() {
    let (dir, net) = made(
        "net n {
    input image: [4, 8, 8]
    left = image -> conv(8, 3, pad=1) -> relu
    right = image -> conv(8, 3, pad=1)
    output y = left + right -> global_avgpool -> flatten
}
",
    );
    let theirs = renamed(&dir, "theirs.safetensors", &|layer| if layer == "left.conv" { "p.1".into() } else { "p.0".into() });
    let run = pointwise(&["run", &net, "-w", &theirs]);
    assert!(run.code == 1 && run.err.contains("error[PW0406]"), "{}", run.err);
    assert!(run.err.contains("`p.0` and `p.1` of the file fit `left.conv` and `right.conv` of the network alike"), "{}", run.err);
    // The lines have the form of a map, and are read as they are printed.
    let lines: Vec<&str> = run.err.lines().map(str::trim).filter(|line| line.starts_with("p.")).collect();
    assert_eq!(lines, ["p.0: left.conv", "p.1: right.conv"]);
    let printed = dir.write("printed.yaml", lines.join("\n"));
    ok(&["run", &net, "-w", &theirs, "--map", &printed]);
    let map = dir.write("map.yaml", "# which is which\np.1: left\n");
    let own = outputs(&dir, &net, &["-w", &dir.path("own.safetensors")]);
    assert!(outputs(&dir, &net, &["-w", &theirs, "--map", &map]) == own);
    assert!(outputs(&dir, &net, &["-w", &theirs, "--map", &printed]) != own, "the map is followed");
    for (text, said) in
        [("p.2: left", "`p.2` names nothing in the file"), ("- p.1", "name in the file"), ("p.1: [a]", "map.yaml`: ")]
    {
        let map = dir.write("map.yaml", text);
        let run = pointwise(&["run", &net, "-w", &theirs, "--map", &map]);
        assert!(run.code == 1 && run.err.contains("error[PW0407]") && run.err.contains(said), "{text}: {}", run.err);
    }
    assert_eq!(pointwise(&["run", &net, "--map", &map]).code, 2, "a map is of weights");
}

#[test]
fn pickles_are_named_and_not_opened() {
    let (dir, net) = made(NET);
    for (name, bytes) in [
        ("w.pth", &b"PK\x03\x04rest of a zip"[..]),
        ("pytorch_model.bin", b"\x80\x02}q\x00."),
        ("w.safetensors", b"\x80\x04\x95\x00"),
    ] {
        let file = dir.write(name, bytes);
        let run = pointwise(&["run", &net, "-w", &file]);
        assert!(run.code == 1 && run.err.contains("error[PW0408]") && run.err.contains("torch.load"), "{}", run.err);
        let to = file.rsplit_once('.').expect("an extension").0.to_owned() + ".safetensors";
        assert!(run.err.contains(&format!("{file} {to}")), "{}", run.err);
    }
    // A header of 640 bytes begins as a pickle does.
    let mut bytes = safetensors::save(&Weights::new()).expect("it is empty");
    bytes[..8].copy_from_slice(&640u64.to_le_bytes());
    bytes.resize(648, b' ');
    let empty = dir.write("empty.safetensors", bytes);
    assert!(pointwise(&["run", &net, "-w", &empty]).err.contains("error[PW0401]"));
}

#[test]
fn own_names_are_taken_as_ever() {
    let (dir, net) = made(NET);
    let misspelt = renamed(&dir, "misspelt.safetensors", &|layer| layer.replace("skip", "skipp"));
    let run = pointwise(&["run", &net, "-w", &misspelt]);
    assert!(run.code == 1 && run.err.contains("did you mean `skipp.conv.weight`?"), "{}", run.err);
    let run = pointwise(&["bench", &net, &model("lenet5"), "-w", &misspelt]);
    assert!(run.code == 2 && run.err.contains("`--weights` is of one network"), "{}", run.err);
    let run = pointwise(&["convert", &net, &dir.path("none.safetensors")]);
    assert!(run.code == 2 && run.err.contains("has no weights to write"), "{}", run.err);
}
