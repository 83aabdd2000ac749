//! Weights on their way through `init`, `optimize` and `run`.

#[path = "cli_common/mod.rs"]
mod cli_common;

use cli_common::{Dir, Run, model, pointwise};

/// A normalisation to fold, a sum, and a head.
const NET: &str = "net n {
    input image: [16, 8, 8]
    a = image -> conv(64, 3, pad=1, bias=false) -> bn -> relu
    b = a -> conv(64, 3, pad=1) -> relu
    output y = a + b -> global_avgpool -> flatten -> linear(10)
}
";

fn ok(arguments: &[&str]) -> Run {
    let run = pointwise(arguments);
    assert_eq!(run.code, 0, "{arguments:?}: {}", run.err);
    run
}

/// What a network computes, as the bytes of an array.
fn outputs(dir: &Dir, net: &str, more: &[&str]) -> Vec<u8> {
    let array = dir.path("y.npy");
    ok(&[&["run", net, "--seed", "5", "-o", &format!("y={array}")], more].concat());
    dir.bytes("y.npy")
}

fn floats(array: &[u8]) -> Vec<f32> {
    let data = &array[array.len() - 40..];
    data.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

#[test]
fn exact_passes_write_weights_that_compute_the_same() {
    let dir = Dir::new();
    let (net, given, new) = (dir.write("n.net", NET), dir.path("given.safetensors"), dir.path("new.net"));
    let config = dir.write("passes.yaml", "passes: [identity, fold-norm, merge-conv, dead]\n");
    ok(&["init", &net, "-o", &given, "--seed", "3"]);
    let run = ok(&["optimize", &net, "-w", &given, "--config", &config, "-o", &new]);
    assert!(run.err.contains("new.safetensors: 6 tensors, ") && !run.err.contains("seed"), "{}", run.err);
    let [before, after] = [outputs(&dir, &net, &["-w", &given]), outputs(&dir, &new, &[])].map(|array| floats(&array));
    let scale = before.iter().fold(0f32, |most, x| most.max(x.abs()));
    assert!(before.iter().zip(&after).all(|(a, b)| (a - b).abs() < 1e-5 * scale), "{before:?} {after:?}");
    // Nothing to fold is left: the weights are passed on as they are.
    let again = dir.path("again.net");
    ok(&["optimize", &new, "-w", &dir.path("new.safetensors"), "--config", &config, "-o", &again]);
    assert!(dir.bytes("new.safetensors") == dir.bytes("again.safetensors"));
}

#[test]
fn lossy_forms_say_what_is_to_be_trained() {
    let dir = Dir::new();
    let (net, given, new) = (dir.write("n.net", NET), dir.path("given.safetensors"), dir.path("new.net"));
    ok(&["init", &net, "-o", &given, "--seed", "3"]);
    let arguments = ["optimize", &net, "-w", &given, "--ratio", "4", "--form", "reduce", "-o", &new, "--seed", "7"];
    let sentence = "2 layers keep their weights; 5 new or changed layers are initialised with seed 7: train them before use\n";
    let run = ok(&arguments);
    assert!(run.err.contains(sentence), "{}", run.err);
    let first = outputs(&dir, &new, &[]);
    // The same for the same seed, for the flat file too.
    ok(&[&arguments[..], &["--inline"]].concat());
    assert_eq!(outputs(&dir, &new, &[]), first);
    let dry = ok(&["optimize", &net, "-w", &given, "--ratio", "4", "--form", "reduce", "--dry-run", "--seed", "7"]);
    assert!(dry.err.contains(sentence), "{}", dry.err);
    let unasked = dir.path("unasked.net");
    std::fs::copy(&given, dir.path("n.safetensors")).expect("there is room");
    ok(&["optimize", &net, "--ratio", "4", "-o", &unasked]);
    assert!(!dir.join("unasked.safetensors").exists(), "only `-w` writes weights");
}

#[test]
fn weights_of_a_refined_file_fit_its_flat_form() {
    let dir = Dir::new();
    let (lines, flat, given) = (dir.path("lines.net"), dir.path("flat.net"), dir.path("w.safetensors"));
    for (net, set) in [(dir.write("n.net", NET), "n=1"), (model("squeezenet1_1"), "size=64"), (model("resnet18"), "size=32")] {
        let set: &[&str] = if set == "n=1" { &[] } else { &["--set", set] };
        ok(&[&["optimize", &net, "--ratio", "4", "-o", &lines], set].concat());
        ok(&[&["optimize", &net, "--ratio", "4", "--inline", "-o", &flat], set].concat());
        assert!(dir.read("lines.net").contains("refine ") && !dir.read("flat.net").contains("refine "));
        ok(&["init", &lines, "-o", &given, "--seed", "3"]);
        let outputs = [&lines, &flat].map(|file| {
            let name = if set.is_empty() { "y" } else { "logits" };
            ok(&["run", file, "-w", &given, "--seed", "5", "-o", &format!("{name}={}", dir.path("z.npy"))]);
            dir.bytes("z.npy")
        });
        assert!(outputs[0] == outputs[1], "{net}");
    }
}

#[test]
fn weights_are_never_written_over_what_is_read() {
    let dir = Dir::new();
    let (net, given) = (dir.write("n.net", NET), dir.path("new.safetensors"));
    ok(&["init", &net, "-o", &given]);
    let bytes = dir.bytes("new.safetensors");
    let run = pointwise(&["optimize", &net, "-w", &given, "-o", &dir.path("new.net")]);
    assert!(run.code == 2 && dir.bytes("new.safetensors") == bytes, "{}", run.err);
    assert!(run.err.contains("new.safetensors` is the input") && !dir.join("new.net").exists());
    let run = pointwise(&["optimize", &net, "-w", &given, "-o", "-"]);
    assert!(run.code == 2 && run.out.is_empty() && run.err.contains("`-o new.net` writes `new.safetensors` too"), "{}", run.err);
    let run = pointwise(&["optimize", &net, "--seed", "3", "-o", &dir.path("new.net")]);
    assert_eq!(run.code, 2, "a seed without weights does nothing: {}", run.err);
}

#[test]
fn weights_of_another_network_write_nothing() {
    let dir = Dir::new();
    let (net, given, new) = (dir.write("n.net", NET), dir.path("given.safetensors"), dir.path("new.net"));
    let other = dir.write("other.net", NET.replace("linear(10)", "linear(11)"));
    ok(&["init", &other, "-o", &given]);
    let run = pointwise(&["optimize", &net, "-w", &given, "-o", &new]);
    assert!(run.code == 1 && run.err.contains("`y.linear.weight` has shape [11, 64]"), "{} {}", run.code, run.err);
    // Both files or none: where the second cannot be written, the first is not either.
    ok(&["init", &net, "-o", &given]);
    std::fs::create_dir(dir.path("new.safetensors")).expect("it is free");
    let run = pointwise(&["optimize", &net, "-w", &given, "-o", &new]);
    assert!(run.code == 2 && run.err.contains("cannot write"), "{} {}", run.code, run.err);
    assert!(!dir.join("new.net").exists());
}
