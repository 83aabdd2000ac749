//! `--max-memory` bounds what a run takes, or the run is refused with the number before the work: measured on the program
//! itself. So do the limits that a shell sets.

#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "tests read and write files")]

#[path = "onnx/build.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod build;
mod cli_common;

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use cli_common::{Dir, Run, command, finish, pointwise};
use wait4::Wait4 as _;

/// What comes on top of what is allowed: the program, the graph, what the allocator keeps.
const BASE: u64 = 64 << 20;

const MIB: u64 = 1 << 20;

/// Runs a command to its end; with the most memory that it had at once.
fn measured(mut command: Command) -> (Run, u64) {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let drain = |mut pipe: Box<dyn std::io::Read + Send>| {
        std::thread::spawn(move || {
            let mut text = String::new();
            pipe.read_to_string(&mut text).expect("it is text");
            text
        })
    };
    let out = drain(Box::new(child.stdout.take().expect("piped")));
    let err = drain(Box::new(child.stderr.take().expect("piped")));
    let ended = child.wait4().expect("it can be waited for");
    let code = ended.status.code().expect("no signal ended it");
    let (out, err) = (out.join().expect("read"), err.join().expect("read"));
    assert!(!err.contains("panicked"), "a panic: {err}");
    (Run { code, out, err }, ended.rusage.maxrss)
}

/// Holds a command that may take `allowed` to it; the number that it needs where it is refused.
fn bounded(arguments: &[&str], allowed: u64) -> Option<String> {
    let limit = allowed.to_string();
    let (run, peak) = measured(command(&[arguments, &["--max-memory", &limit]].concat()));
    assert!(peak > 0 && peak <= allowed + BASE, "{arguments:?} took {} MiB of {} MiB", peak / MIB, allowed / MIB);
    if run.code == 0 {
        return None;
    }
    assert!(run.code == 2 && run.err.contains("PW0706") && run.err.contains("are allowed"), "{arguments:?}: {}", run.err);
    assert!(peak <= BASE + 2 * MIB || run.err.contains("reading"), "{arguments:?} was refused after {} MiB", peak / MIB);
    let needs = run.err.split("needs ").nth(1).and_then(|rest| rest.split(',').next());
    Some(needs.expect("a number is said").to_owned())
}

/// A file with a beginning and so many zeros, which take no room.
fn zeros(dir: &Dir, name: &str, head: &[u8], bytes: u64) -> String {
    let mut file = File::create(dir.join(name)).expect("made");
    file.write_all(head).expect("written");
    file.set_len(head.len() as u64 + bytes).expect("grown");
    dir.path(name)
}

/// Whether two files hold the same, a piece at a time: what is in memory here counts for programs that are started meanwhile.
fn are_same(dir: &Dir, names: [&str; 2]) -> bool {
    let [mut one, mut other] = names.map(|name| File::open(dir.join(name)).expect("there"));
    let piece = |file: &mut File| {
        let mut piece = Vec::new();
        file.take(1 << 20).read_to_end(&mut piece).expect("read");
        piece
    };
    loop {
        let pieces = [piece(&mut one), piece(&mut other)];
        if pieces[0] != pieces[1] || pieces[0].is_empty() {
            return pieces[0] == pieces[1];
        }
    }
}

/// A network of so many MiB of input and little else.
fn wide(dir: &Dir, mib: u64) -> String {
    let text = format!("net wide {{\n    input x: [{mib}, 512, 512]\n    output y = x -> global_avgpool\n}}\n");
    dir.write(&format!("wide{mib}.net"), text)
}

#[test]
fn a_run_takes_what_it_says_or_is_refused() {
    let dir = Dir::new();
    let text =
        "net n {\n    input x: [16, 512, 512]\n    a = x -> relu\n    b = concat(a, x) -> relu\n    output y = concat(b, a)\n}\n";
    let net = dir.write("n.net", text);
    let out = dir.path("y.npy");
    let run = ["run", &net, "-o", &out, "--top", "3"];
    assert_eq!(bounded(&run, 64 * MIB).as_deref(), Some("112 MiB"));
    assert!(!dir.join("y.npy").exists());
    assert_eq!(bounded(&run, 113 * MIB), None);
    assert!(dir.join("y.npy").metadata().expect("written").len() > 48 * MIB);
}

#[test]
fn weights_of_a_file_count_with_the_file() {
    let dir = Dir::new();
    let net = dir.write("n.net", "net n {\n    input x: [4096]\n    output y = x -> linear(4096, bias=false)\n}\n");
    let bytes = 4096 * 4096 * 8;
    let header = format!("{{\"y.linear.weight\":{{\"dtype\":\"F64\",\"shape\":[4096,4096],\"data_offsets\":[0,{bytes}]}}}}");
    let head = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes()].concat();
    let weights = zeros(&dir, "w.safetensors", &head, bytes);
    let run = ["run", &net, "-w", &weights];
    // The file alone is too large, then the file with the tensors; the run itself would need 64 MiB.
    assert_eq!(bounded(&run, 100 * MIB).as_deref(), Some("128 MiB"));
    assert_eq!(bounded(&run, 160 * MIB).as_deref(), Some("192 MiB"));
    assert_eq!(bounded(&run, 200 * MIB), None);
    let beside = zeros(&dir, "n.safetensors", &head, bytes);
    assert!(bounded(&["run", &net], 100 * MIB).is_some(), "{beside} is read too");
    let optimize = ["optimize", &net, "-w", &weights, "--ratio", "4", "-o", &dir.path("new.net")];
    assert!(bounded(&optimize, 100 * MIB).is_some() && !dir.join("new.net").exists());
    let init = ["init", &net, "-o", &dir.path("made.safetensors")];
    assert_eq!(bounded(&init, 50 * MIB).as_deref(), Some("64.0 MiB"));
    assert_eq!(bounded(&init, 70 * MIB), None, "the file is written as the tensors stand in memory");
}

#[test]
fn arrays_and_pictures_count_while_they_are_read() {
    let dir = Dir::new();
    let net = wide(&dir, 16);
    let npy = |name: &str, kind: &str, bytes: u64, order: &str| {
        let header = format!("{{'descr': '{kind}', 'fortran_order': {order}, 'shape': (1, 16, 512, 512), }}");
        let head = [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes()].concat();
        zeros(&dir, name, &head, bytes * 16 * 512 * 512)
    };
    let wide = npy("f8.npy", "<f8", 8, "False");
    assert_eq!(bounded(&["run", &net, "-i", &wide], 40 * MIB).as_deref(), Some("48.0 MiB"));
    assert_eq!(bounded(&["run", &net, "-i", &wide], 50 * MIB), None);
    let turned = npy("f4.npy", "<f4", 4, "True");
    assert_eq!(bounded(&["run", &net, "-i", &turned], 40 * MIB).as_deref(), Some("48.0 MiB"));
    let small = dir.write("small.net", "net n {\n    input x: [1, 8, 8]\n    output y = x -> relu\n}\n");
    let picture = zeros(&dir, "p.pgm", b"P5 6000 6000 255\n", 36_000_000);
    // The file, its samples, and as many f32.
    let needs = bounded(&["run", &small, "-i", &picture], 100 * MIB);
    assert_eq!(needs.as_deref(), Some("206 MiB"));
    assert!(bounded(&["run", &small, "-i", &picture], 30 * MIB).is_some(), "the file alone is too large");
    assert_eq!(bounded(&["run", &small, "-i", &picture], 220 * MIB), None);
}

#[test]
fn networks_that_are_measured_together_count_together() {
    let dir = Dir::new();
    let nets: Vec<String> = (8..14).map(|mib| wide(&dir, mib)).collect();
    let mut bench: Vec<&str> = vec!["bench", "--runs", "1"];
    bench.extend(nets.iter().map(String::as_str));
    assert_eq!(bounded(&bench, 40 * MIB).as_deref(), Some("63.0 MiB"));
    assert_eq!(bounded(&bench, 64 * MIB), None);
    let report = ["report", &nets[0], &nets[1], "--measure", "--runs", "1"];
    assert_eq!(bounded(&report, 10 * MIB).as_deref(), Some("17.0 MiB"));
    assert!(bounded(&["bench", &nets[0], "--runs", "1000000"], 20 * MIB).is_some(), "a million times are counted too");
}

#[test]
fn labels_and_many_ranks_count() {
    let dir = Dir::new();
    let net = dir.write("n.net", "net n {\n    input x: [64, 64, 64]\n    output y = x -> relu\n}\n");
    let labels = dir.write("labels.txt", "\n".repeat(1_000_000));
    assert!(bounded(&["run", &net, "--labels", &labels, "--top", "1"], 5 * MIB).is_some());
    assert!(bounded(&["run", &net, "--top", "1000000000"], 10 * MIB).is_some());
    assert_eq!(bounded(&["run", &net, "--labels", &labels, "--top", "1"], 10 * MIB), None);
}

#[test]
fn a_shells_limit_is_the_machine() {
    let dir = Dir::new();
    let net = wide(&dir, 256);
    let mut shell = Command::new("sh");
    let program = env!("CARGO_BIN_EXE_pointwise");
    shell.args(["-c", "ulimit -v 300000; exec \"$0\" \"$@\"", program, "run", &net]);
    let (run, peak) = measured(shell);
    assert!(run.code == 2 && run.err.contains("PW0706") && run.err.contains("needs 256 MiB"), "{}", run.err);
    assert!(peak <= BASE, "{} MiB", peak / MIB);
}

#[test]
fn threads_that_the_system_refuses_are_done_without() {
    let dir = Dir::new();
    let text = "net n {\n    input x: [8, 64, 64]\n    output y = x -> conv(8, 3, pad=1) -> conv(8, 3, pad=1, groups=8)\n}\n";
    let net = dir.write("n.net", text);
    let outputs = ["1", "2", "7"].map(|threads| {
        let out = dir.path(&format!("{threads}.npy"));
        // A stack that no address space holds.
        let mut command = command(&["run", &net, "--threads", threads, "-o", &out]);
        let run = finish(command.env("RUST_MIN_STACK", "1000000000000000"), b"");
        assert_eq!(run.code, 0, "{}", run.err);
        dir.bytes(&format!("{threads}.npy"))
    });
    let with = dir.path("with.npy");
    assert_eq!(pointwise(&["run", &net, "--threads", "7", "-o", &with]).code, 0);
    assert!(outputs.iter().all(|bytes| *bytes == dir.bytes("with.npy")), "the bits do not depend on the threads");
}

#[test]
fn a_stream_is_read_as_far_as_there_is_room() {
    let dir = Dir::new();
    let net = wide(&dir, 1);
    let endless = OpenOptions::new().read(true).open("/dev/zero").expect("there");
    let mut command = command(&["run", &net, "-i", "x=-", "--max-memory", "30MiB"]);
    command.stdin(endless).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut err = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut err).expect("read");
    assert!(child.wait().expect("it ends").code() == Some(2) && err.contains("PW0706"), "{err}");
}

#[test]
fn weights_go_from_model_to_model_one_tensor_at_a_time() {
    let dir = Dir::new();
    let layers = "    for i in 0..16 { x = x -> linear(1024, bias=false) }\n";
    let net = dir.write("n.net", format!("net n {{\n    input x: [1024]\n{layers}    output y = x\n}}\n"));
    let [inside, apart, back] = ["inside.onnx", "apart.onnx", "back.onnx"].map(|file| dir.path(file));
    assert_eq!(bounded(&["convert", &net, &inside], 32 * MIB).as_deref(), Some("64.0 MiB"), "seeded ones are made together");
    assert_eq!(bounded(&["convert", &net, &inside], 72 * MIB), None);
    // 64 MiB of weights go through room for two tensors and what reads them.
    assert_eq!(bounded(&["convert", &inside, &apart, "--external-data"], 9 * MIB), None);
    assert_eq!(bounded(&["convert", &apart, &back], 9 * MIB), None);
    assert!(bounded(&["convert", &inside, &dir.path("refused.onnx")], 4 * MIB).is_some());
    assert_eq!(bounded(&["convert", &apart, &dir.path("read.net")], 9 * MIB), None);
    assert!(bounded(&["convert", &inside, &dir.path("refused.net")], 4 * MIB).is_some() && !dir.join("refused.net").exists());
    assert_eq!(bounded(&["convert", &inside, &dir.path("alone.safetensors")], 9 * MIB), None);
    assert!(are_same(&dir, ["alone.safetensors", "read.safetensors"]));
    let data = dir.join("apart.onnx.data").metadata().expect("written").len();
    assert!(are_same(&dir, ["back.onnx", "inside.onnx"]) && data >= 64 << 20);
}

#[test]
fn a_model_is_run_with_its_weights_in_memory_once() {
    let dir = Dir::new();
    let layers = "    for i in 0..16 { x = x -> linear(1024, bias=false) }\n";
    let net = dir.write("n.net", format!("net n {{\n    input x: [1024]\n{layers}    output y = x\n}}\n"));
    let model = dir.path("n.onnx");
    assert_eq!(pointwise(&["convert", &net, &model]).code, 0);
    // 64 MiB of weights, twice that while one of them is read.
    assert_eq!(bounded(&["run", &model], 74 * MIB), None);
}

#[test]
fn weights_of_a_model_that_is_analyzed_are_not_touched() {
    let dir = Dir::new();
    // 2 GiB that are nothing but a length, and a model whose weights they are.
    let apart = build::apart(&[("location", "m.data"), ("offset", "0"), ("length", "2147483648")]);
    let layer = [build::node("MatMul", &["x", "w"], "y"), build::tensor("w", &[16384, 32768], &apart)];
    let model = dir.write("m.onnx", build::model(&[1, 16384], &layer));
    zeros(&dir, "m.data", b"", 2 << 30);
    for command in [&["analyze", &model][..], &["check", &model], &["report", &model, "-o", &dir.path("m.html")]] {
        let started = std::time::Instant::now();
        let (run, peak) = measured(self::command(command));
        assert_eq!(run.code, 0, "{command:?}: {}", run.err);
        assert!(peak <= BASE && started.elapsed().as_secs() < 10, "{command:?} took {} MiB", peak / MIB);
    }
    assert_eq!(bounded(&["run", &model], 1 << 30).as_deref(), Some("2.00 GiB"));
    // Where the file is not even there, its network still is.
    std::fs::remove_file(dir.join("m.data")).expect("removed");
    assert_eq!(pointwise(&["analyze", &model]).code, 0);
    let run = pointwise(&["run", &model]);
    assert!(run.code == 1 && run.err.contains("m.data"), "{}", run.err);
}
