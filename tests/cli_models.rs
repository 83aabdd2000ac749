//! darknet's and Caffe's files at the command line: every command takes them, weights come along, what is wrong shows its line.

mod cli_common;

use cli_common::{Dir, json, pointwise};

const CFG: &str = "# A small detector.
[net]
batch=64
width=16
height=16
channels=3

[convolutional]
batch_normalize=1
filters=4
size=3
stride=1
pad=1
activation=leaky

[maxpool]
size=2
stride=1

[convolutional]
filters=6
size=1
activation=linear

[yolo]
classes=1
";

/// Numbers of `CFG`: four of a channel and a kernel; a bias and a kernel.
const NUMBERS: usize = 4 * 4 + 4 * 27 + 6 + 6 * 4;

fn weights(numbers: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = [0_i32, 2, 5, 0, 0].iter().flat_map(|n| n.to_le_bytes()).collect();
    bytes.extend((0..numbers).flat_map(|n| (0.01 * (n % 17) as f32 + 0.1).to_le_bytes()));
    bytes
}

fn output(dir: &Dir, arguments: &[&str]) -> Vec<u8> {
    let to = format!("yolo3={}", dir.path("y.npy"));
    let run = pointwise(&[arguments, &["-o", &to]].concat());
    assert!(run.code == 0 && !run.err.contains("weights are random"), "{}", run.err);
    dir.bytes("y.npy")
}

#[test]
fn a_cfg_and_its_weights_become_a_pair_that_computes_the_same() {
    let dir = Dir::new();
    let (cfg, net) = (dir.write("small.cfg", CFG), dir.path("small.net"));
    dir.write("small.weights", weights(NUMBERS));
    let expected = output(&dir, &["run", &cfg]);
    let run = pointwise(&["convert", &cfg, &net]);
    assert!(run.code == 0 && run.err.contains("heads are left out, and what they read are outputs: `yolo3`"), "{}", run.err);
    assert_eq!(
        dir.read("small.net"),
        "net small {
    input image: [3, 16, 16]

    output yolo3 = image
        -> conv(4, 3, pad=1, bias=false) as conv0.conv
        -> bn as conv0.bn
        -> leaky_relu(0.1) as conv0.leaky_relu
        -> maxpool(2, 1, pad=[0, 0, 1, 1]) as maxpool1
        -> conv(6, 1) as conv2
}
"
    );
    assert_eq!(output(&dir, &["run", &net]), expected);
    // Named where they do not stand beside it.
    let named = dir.write("other.weights", weights(NUMBERS));
    let alone = dir.write("alone.cfg", CFG);
    assert_eq!(output(&dir, &["run", &alone, "-w", &named]), expected);
    assert!(pointwise(&["run", &alone]).err.contains("weights are random"));
    assert_eq!(pointwise(&["bench", &alone, "-w", &named, "--runs", "2", "--format", "json"]).code, 0);
    assert_eq!(pointwise(&["convert", &alone, &dir.path("alone.onnx"), "-w", &named]).code, 0);
    let to = format!("yolo3={}", dir.path("z.npy"));
    assert_eq!(pointwise(&["run", &dir.path("alone.onnx"), "-o", &to]).code, 0);
    assert_eq!(dir.bytes("z.npy"), expected);
}

#[test]
fn weights_that_do_not_fit_are_refused() {
    let dir = Dir::new();
    let (cfg, net) = (dir.write("small.cfg", CFG), dir.path("small.net"));
    for (numbers, words) in
        [(NUMBERS - 1, "it ends within `conv2.weight`"), (NUMBERS + 2, "2 are left over"), (0, "within `conv0.bn.bias`")]
    {
        let file = dir.write("w.weights", weights(numbers));
        let run = pointwise(&["run", &cfg, "-w", &file]);
        assert!(run.code == 1 && run.err.contains("PW0505") && run.err.contains(words), "{}", run.err);
    }
    assert_eq!(pointwise(&["convert", &cfg, &net]).code, 0);
    let run = pointwise(&["run", &net, "-w", &dir.write("w.weights", weights(NUMBERS))]);
    assert!(run.code == 1 && run.err.contains("numbers without names") && run.err.contains("-w x.weights"), "{}", run.err);
}

const PROTOTXT: &str = "name: 'small'
layer { name: 'data' type: 'Input' top: 'data' input_param { shape: { dim: 1 dim: 3 dim: 16 dim: 16 } } }
layer { name: 'conv1' type: 'Convolution' bottom: 'data' top: 'conv1' convolution_param { num_output: 32 kernel_size: 3 pad: 1 } }
layer { name: 'conv2' type: 'Convolution' bottom: 'conv1' top: 'conv2' convolution_param { num_output: 32 kernel_size: 3 pad: 1 new: 1 } }
";

#[test]
fn every_command_takes_them() {
    let dir = Dir::new();
    for (name, text) in [("small.cfg", CFG), ("small.prototxt", PROTOTXT)] {
        let file = dir.write(name, text);
        let got = json(&["analyze", &file, "--format", "json"], 0);
        assert_eq!(got["net"], "small", "{got}");
        for arguments in [vec!["check"], vec!["run"], vec!["report"], vec!["bench", "--runs", "2"]] {
            let run = pointwise(&[&arguments[..], &[&file]].concat());
            assert_eq!(run.code, 0, "{arguments:?} {}", run.err);
        }
        assert_eq!(pointwise(&["convert", &file, &dir.path("small.svg")]).code, 0);
    }
    let (file, half) = (dir.path("small.prototxt"), dir.path("half.net"));
    assert_eq!(pointwise(&["optimize", &file, "-o", &half, "--ratio", "2"]).code, 0);
    assert!(dir.read("half.net").contains("reduce("), "{}", dir.read("half.net"));
    let run = pointwise(&["run", &file, "-w", &dir.write("small.caffemodel", "x")]);
    assert!(run.code == 1 && run.err.contains("holds Caffe's weights, which are not read"), "{}", run.err);
    let told = pointwise(&["check", &file]).err;
    assert!(told.contains("fields that are not known here were passed over: `new`"), "{told}");
    assert!(!pointwise(&["check", &file, "--quiet"]).err.contains("passed over"));
}

#[test]
fn what_is_wrong_shows_its_line() {
    let dir = Dir::new();
    let file = dir.write("x.cfg", CFG.replace("[maxpool]", "[local]").replace("filters=6", "filters=six"));
    let run = pointwise(&["check", &file]);
    assert!(run.code == 1 && run.err.contains("x.cfg:16:1") && run.err.contains("PW0502"), "{}", run.err);
    // What reads the layer that is not had is not looked at.
    assert!(!run.err.contains("filters=six"), "{}", run.err);
    let file = dir.write("x.cfg", CFG.replace("filters=4", "filters=four"));
    let run = pointwise(&["analyze", &file]);
    assert!(run.code == 1 && run.err.contains("x.cfg:10:1") && run.err.contains("PW0504"), "{}", run.err);
    let file = dir.write("x.prototxt", PROTOTXT.replace("bottom: 'conv1'", "bottom: 'conv0'"));
    let run = pointwise(&["convert", &file, &dir.path("x.net")]);
    assert!(run.code == 1 && run.err.contains("x.prototxt:4:") && run.err.contains("reads `conv0`"), "{}", run.err);
    assert!(!dir.join("x.net").exists());
}
