//! `run`, `init` and `bench`: what is computed, and how fast.

use crate::cli_common::{Dir, SMALL, json, model, pointwise};

#[test]
fn init_and_run_are_reproducible() {
    let dir = Dir::new();
    let (net, weights) = (dir.write("small.net", SMALL), dir.path("w.safetensors"));
    assert_eq!(pointwise(&["init", &net, "-o", &weights, "--seed", "1"]).code, 0);
    let (one, two) = (dir.path("one.npy"), dir.path("two.npy"));
    for (out, threads) in [(&one, "1"), (&two, "2")] {
        let named = format!("y={out}");
        let run = pointwise(&["run", &net, "--weights", &weights, "--seed", "2", "--output", &named, "--threads", threads]);
        assert!(run.code == 0 && run.out.contains("y  [1, 10]"), "{}", run.err);
    }
    assert_eq!(dir.bytes("one.npy"), dir.bytes("two.npy"));
    assert!(dir.bytes("one.npy").starts_with(b"\x93NUMPY"));
    let again = pointwise(&["run", &net, "--weights", &weights, "--input", &format!("image={}", dir.path("x.npy"))]);
    assert_eq!(again.code, 2, "a missing input file is trouble");
}

#[test]
fn run_shows_classes_times_and_layers() {
    let dir = Dir::new();
    let net = dir.write("small.net", SMALL);
    let labels = dir.write("labels.txt", "zero\none\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n");
    let dump = dir.path("a.npy");
    let run = pointwise(&["run", &net, "--top", "2", "--labels", &labels, "--profile", "--dump", &format!("a.conv={dump}")]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("GMAC/s") && run.out.contains("a.conv"), "{}", run.out);
    let named = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    assert_eq!(run.out.lines().filter(|line| named.iter().any(|n| line.ends_with(n))).count(), 2, "{}", run.out);
    assert!(dir.bytes("a.npy").len() > 8 * 8 * 8 * 4);
    assert_eq!(pointwise(&["run", &net, "--dump", &format!("b.conv={dump}")]).code, 1);
    assert_eq!(pointwise(&["run", &net, "--engine", "reference"]).code, 0);
    assert_eq!(pointwise(&["run", &net, "--engine", "fast"]).code, 2);
    assert!(!pointwise(&["run", "--help"]).out.contains("fast"), "only what works is shown");
}

#[test]
fn too_much_memory_is_refused_with_the_number() {
    let run = pointwise(&["run", &model("vgg16"), "--max-memory", "100MiB"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("PW0706") && run.err.contains("100 MiB are allowed"), "{}", run.err);
}

#[test]
fn bench_gives_the_promised_keys() {
    let dir = Dir::new();
    let net = dir.write("small.net", SMALL);
    let got = json(&["bench", &net, "--runs", "3", "--format", "json"], 0);
    for key in
        ["schema_version", "net", "threads", "batch", "runs", "min_ms", "median_ms", "p90_ms", "p99_ms", "gmacs_per_s", "layers"]
    {
        assert!(got.get(key).is_some(), "{key} is missing");
    }
    assert_eq!(got["layers"].as_array().map(Vec::len), Some(4));
    assert_eq!(pointwise(&["bench", &net, &net, "--runs", "2"]).code, 0);
}
