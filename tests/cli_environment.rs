//! What the world does to a program: files that are not there, disks that are full, pipes that close, names that are no text.
//! Each ends in a diagnostic and the right exit code, never in a panic, a hang or a lost file.

#![cfg(unix)]

mod cli_common;

use std::ffi::OsStr;
use std::fs;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Stdio;

use cli_common::{Dir, MISTAKE, SMALL, command, finish, json, model, pointwise};

#[test]
fn files_that_cannot_be_read() {
    let dir = Dir::new();
    let there = dir.write("ok.net", SMALL);
    for (file, word) in
        [(dir.path("none.net"), "no such file"), (dir.path(""), "directory"), (format!("{there}/x"), "not a directory")]
    {
        for verb in ["check", "analyze", "run", "fmt"] {
            let run = pointwise(&[verb, &file]);
            if ["check", "fmt"].contains(&verb) && word == "directory" {
                continue;
            }
            assert!(run.code == 2 && run.err.contains("PW0701") && run.err.contains(word), "{verb} {file}: {}", run.err);
        }
    }
    // One bad file among several does not hide the others.
    let run = pointwise(&["analyze", &dir.path("none.net"), &there]);
    assert!(run.code == 2 && run.out.contains("small"), "{}", run.out);
}

#[test]
fn text_that_is_no_text() {
    let dir = Dir::new();
    let invalid = dir.write("a.net", b"net n {\n  \xff }");
    let run = pointwise(&["check", &invalid]);
    assert!(run.code == 1 && run.err.contains("PW0702") && run.err.contains("line 2"), "{}", run.err);
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(SMALL.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let run = pointwise(&["check", &dir.write("b.net", wide)]);
    assert!(run.code == 1 && run.err.contains("UTF-16"), "{}", run.err);
    let run = pointwise(&["check", &dir.write("c.net", SMALL.replace("image:", "image\0:"))]);
    assert!(run.code == 1 && run.err.contains('␀'), "{}", run.err);
    for (name, text) in [("empty.net", ""), ("comments.net", "# nothing\n# here\n"), ("open.net", "net n { input x: [3, (")] {
        assert_eq!(pointwise(&["check", &dir.write(name, text)]).code, 1, "{name}");
    }
    let bom = format!("\u{feff}{}", SMALL.replace('\n', "\r\n"));
    assert_eq!(pointwise(&["check", &dir.write("bom.net", bom)]).code, 0);
}

#[test]
fn a_line_of_100_megabytes() {
    let dir = Dir::new();
    let run = pointwise(&["check", &dir.write("long.net", "x".repeat(100_000_000))]);
    assert!(run.code == 2 && run.err.contains("PW0703"), "{}", run.err);
    let run = pointwise(&["check", &dir.write("line.net", format!("{} ?", "x".repeat(20_000_000)))]);
    assert!(run.code == 1 && run.err.len() < 20_000, "{} bytes", run.err.len());
}

#[test]
fn ten_thousand_errors() {
    let dir = Dir::new();
    let body = "    a = x -> conv(8, 99)\n".repeat(10_000);
    let net = dir.write("many.net", format!("net n {{\n    input x: [3, 8, 8]\n{body}    output y = x\n}}\n"));
    let run = pointwise(&["check", &net]);
    assert!(run.code == 1 && run.err.contains("PW0304") && run.err.len() < 1_000_000, "{} bytes", run.err.len());
}

#[test]
fn paths_that_are_no_text() {
    let dir = Dir::new();
    let name = OsStr::from_bytes(b"n\xe9t.net");
    dir.write_os(name, "use \"part.net\"\n\nnet n {\n    input x: [3, 8, 8]\n    output y = x -> part\n}\n");
    dir.write("part.net", "block part(x) {\n    return x -> relu\n}\n");
    let run = finish(command(&["check"]).arg(dir.join(name)), b"");
    assert_eq!(run.code, 0, "{}", run.err);
    let out = dir.join(OsStr::from_bytes(b"\xfe.json"));
    let run = finish(command(&["convert"]).arg(dir.join(name)).arg(&out), b"");
    assert!(run.code == 0 && out.exists(), "{}", run.err);
    fs::remove_file(dir.join("part.net")).expect("removed");
    let run = finish(command(&["check"]).arg(dir.join(name)), b"");
    assert!(run.code == 1 && run.err.contains("PW0213") && run.err.contains("no such file"), "{}", run.err);
}

#[test]
fn files_that_cannot_be_written() {
    let dir = Dir::new();
    let net = dir.write("a.net", SMALL);
    for out in ["/nonexistent/x.json", "/proc/x.json", "/dev/full"] {
        let arguments = if out == "/dev/full" { ["init", &net, "-o", out] } else { ["convert", &net, out, "-q"] };
        let run = pointwise(&arguments);
        assert!(run.code == 2 && run.err.contains("PW0710"), "{out}: {}", run.err);
    }
    fs::create_dir(dir.join("d.json")).expect("made");
    assert_eq!(pointwise(&["convert", &net, &dir.path("d.json")]).code, 2);
    let kept = dir.write("kept.json", "precious");
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o444)).expect("set");
    let run = pointwise(&["convert", &net, &kept]);
    assert!(run.code == 2 && run.err.contains("permission"), "{}", run.err);
    assert_eq!(dir.read("kept.json"), "precious");
    assert_eq!(pointwise(&["convert", &net, &net]).code, 2);
    assert_eq!(dir.read("a.net"), SMALL);
    // A failure leaves nothing behind.
    let left: Vec<_> = fs::read_dir(dir.join("")).expect("read").filter_map(Result::ok).map(|e| e.file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("tmp")), "{left:?}");
}

#[test]
fn a_failed_command_leaves_the_old_output() {
    let dir = Dir::new();
    let bad = dir.write("bad.net", MISTAKE);
    let out = dir.write("out.net", "old");
    assert_eq!(pointwise(&["optimize", &bad, "--ratio", "4", "-o", &out]).code, 1);
    assert_eq!(pointwise(&["convert", &bad, &out]).code, 1);
    assert_eq!(pointwise(&["optimize", &model("vgg11"), "--budget", "macs=1%", "-o", &out]).code, 1);
    assert_eq!(dir.read("out.net"), "old");
}

#[test]
fn written_files_have_the_usual_permissions() {
    let dir = Dir::new();
    let net = dir.write("a.net", SMALL);
    let plain = fs::metadata(&net).expect("there").permissions().mode();
    assert_eq!(pointwise(&["convert", &net, &dir.path("new.json")]).code, 0);
    assert_eq!(fs::metadata(dir.join("new.json")).expect("there").permissions().mode(), plain);
    fs::set_permissions(dir.join("new.json"), fs::Permissions::from_mode(0o600)).expect("set");
    symlink(dir.join("new.json"), dir.join("link.json")).expect("linked");
    assert_eq!(pointwise(&["convert", &net, &dir.path("link.json")]).code, 0);
    assert!(fs::symlink_metadata(dir.join("link.json")).expect("there").is_symlink(), "a link stays one");
    assert_eq!(fs::metadata(dir.join("new.json")).expect("there").permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_closed_pipe_is_silent() {
    let mut child = command(&["analyze", &model("densenet121"), "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut err).expect("read");
    assert!(child.wait().expect("it ends").success() && err.is_empty(), "{err}");
}

#[test]
fn two_writers_leave_one_whole_file() {
    let dir = Dir::new();
    let out = dir.path("out.json");
    let spawn = |name: &str| command(&["convert", &model(name), &out]).spawn().expect("the program starts");
    let mut children: Vec<_> = (0..6).map(|i| spawn(if i % 2 == 0 { "vgg11" } else { "densenet121" })).collect();
    for child in &mut children {
        assert!(child.wait().expect("it ends").success());
    }
    let net = serde_json::from_str::<serde_json::Value>(&dir.read("out.json")).expect("one whole document")["net"].clone();
    assert!(net == "vgg11" || net == "densenet121");
}

#[test]
fn standard_input_and_output() {
    let run = finish(&mut command(&["analyze", "-", "--format", "json"]), SMALL.as_bytes());
    assert!(run.code == 0 && run.out.contains("\"source\": \"<stdin>\""), "{}", run.err);
    let run = finish(&mut command(&["fmt", "-"]), b"net n{input x:[3,8,8];output y=x->relu}");
    assert!(run.code == 0 && run.out.starts_with("net n {\n    input x: [3, 8, 8]\n"), "{}", run.out);
    assert_eq!(finish(&mut command(&["check", "-"]), MISTAKE.as_bytes()).code, 1);
}

#[test]
fn colours_are_for_those_who_want_them() {
    let dir = Dir::new();
    let bad = dir.write("bad.net", MISTAKE);
    assert!(!pointwise(&["check", &bad]).err.contains('\u{1b}'), "a pipe gets none");
    assert!(pointwise(&["check", &bad, "--color", "always"]).err.contains("\u{1b}["));
    let never = finish(command(&["check", &bad]).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1"), b"");
    assert!(!never.err.contains('\u{1b}'), "{}", never.err);
}

#[test]
fn names_from_files_cannot_steer_the_terminal() {
    let dir = Dir::new();
    let bad = dir.write("esc.net", MISTAKE.replace("concat(a, b)", "concat(a, b) # \u{1b}[31m \u{202e}"));
    let run = pointwise(&["check", &bad]);
    assert!(!run.err.contains('\u{1b}') && !run.err.contains('\u{202e}'), "{:?}", run.err);
}

#[test]
fn weights_and_arrays_that_do_not_fit() {
    let dir = Dir::new();
    let net = dir.write("a.net", SMALL);
    let garbage = dir.write("w.safetensors", b"\xff\xff\xff\xff\xff\xff\xff\x7f{");
    let run = pointwise(&["run", &net, "--weights", &garbage]);
    assert!(run.code == 1 && run.err.contains("PW0405"), "{}", run.err);
    let other = dir.write("b.net", SMALL.replace("conv(8", "conv(4"));
    let weights = dir.path("other.safetensors");
    assert_eq!(pointwise(&["init", &other, "-o", &weights]).code, 0);
    let run = pointwise(&["run", &net, "--weights", &weights]);
    assert!(run.code == 1 && run.err.contains("PW0402"), "{}", run.err);
    let npy = dir.write("x.npy", b"\x93NUMPY\x01\x00\xff");
    let run = pointwise(&["run", &net, "--input", &format!("image={npy}")]);
    assert!(run.code == 1 && run.err.contains("PW0707"), "{}", run.err);
    let png = dir.write("x.png", b"\x89PNG\r\n\x1a\n");
    let run = pointwise(&["run", &net, "--input", &png]);
    assert!(run.code == 1 && run.err.contains("PW0708"), "{}", run.err);
    assert_eq!(pointwise(&["run", &net, "--input", &format!("picture={png}")]).code, 1);
}

#[test]
fn configurations_that_cannot_be_used() {
    let dir = Dir::new();
    for (text, word) in
        [("bugdet:\n  macs: 50%\n", "bugdet"), ("passes: [fuse]\n", "fuse"), ("form: [\n", "PW0603"), ("ratio: 0\n", "ratio")]
    {
        let config = dir.write("p.yaml", text);
        let run = pointwise(&["optimize", &model("vgg11"), "--config", &config, "--dry-run"]);
        assert!(run.code == 1 && run.err.contains("PW0603") && run.err.contains(word), "{text}: {}", run.err);
    }
    let target = dir.write("t.yaml", "name: x\n");
    assert_eq!(pointwise(&["analyze", &model("vgg11"), "--target", &target]).code, 1);
}

#[test]
fn analysis_is_the_same_with_one_thread_and_twice() {
    let one = json(&["analyze", &model("googlenet"), "--format", "json"], 0);
    let two = json(&["analyze", &model("googlenet"), "--format", "json"], 0);
    assert_eq!(one, two);
}
