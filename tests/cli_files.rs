//! What the program does to files: whole or not at all, with the mode and the owner that they had, never over what it reads, and
//! nothing left behind when it is interrupted.

#![cfg(target_os = "linux")]

mod cli_common;

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use cli_common::{Dir, MISTAKE, SMALL, command, finish, model, pointwise};

fn mode(path: impl AsRef<Path>) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o7777
}

fn set_mode(path: impl AsRef<Path>, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("the mode is set");
}

fn is_root() -> bool {
    fs::metadata("/proc/self").expect("there").uid() == 0
}

/// Temporary files in a folder.
fn temporary(dir: &Dir) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.join("")).expect("read").filter_map(Result::ok).map(|entry| entry.path());
    entries.filter(|path| path.to_string_lossy().contains(".pointwise-")).collect()
}

/// Says that a case was not tried here, and why, past the harness, which keeps what passing tests print to itself.
fn skipped(case: &str, why: &str) {
    writeln!(std::io::stderr(), "skipped: {case}: {why}").expect("there is a place for errors");
}

/// Sends a signal.
fn kill(signal: &str, child: &Child) {
    let status = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("there is a `kill`");
    assert!(status.success());
}

/// How often a run is started to catch it while it writes.
const MOST_STARTS: usize = 50;

/// A run that has begun to write its output and stands still.
fn in_the_middle_of_writing(dir: &Dir, shell: &str) -> (Child, PathBuf) {
    let net = dir.write("big.net", "net n {\n    input x: [32, 512, 512]\n    output y = x -> relu\n}\n");
    for _ in 0..MOST_STARTS {
        // What runs the tests may be in the background, where a shell has signals ignored.
        let mut sh = Command::new("env");
        sh.args([
            "--default-signal=HUP,INT,TERM",
            "sh",
            "-c",
            &format!("{shell} exec \"$0\" \"$@\""),
            env!("CARGO_BIN_EXE_pointwise"),
            "run",
            &net,
            "-o",
        ]);
        let mut child = sh.arg(dir.path("y.npy")).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        while child.try_wait().expect("it can be waited for").is_none() {
            let is_written = |path: &PathBuf| fs::metadata(path).is_ok_and(|meta| meta.len() > 0);
            if temporary(dir).iter().any(is_written) {
                kill("-STOP", &child);
                if let Some(path) = temporary(dir).into_iter().find(is_written) {
                    return (child, path);
                }
                kill("-CONT", &child);
            }
            std::thread::sleep(Duration::from_micros(200));
        }
    }
    panic!("no run was caught while it wrote, or `env` does not take `--default-signal` (GNU coreutils 8.31 does)");
}

#[test]
fn an_interrupted_run_leaves_nothing_and_dies_of_the_signal() {
    for (name, number) in [("-INT", 2), ("-TERM", 15), ("-HUP", 1)] {
        let dir = Dir::new();
        dir.write("y.npy", "old");
        set_mode(dir.join("y.npy"), 0o600);
        let (mut child, path) = in_the_middle_of_writing(&dir, "");
        assert_eq!(mode(&path), 0o600, "nobody else reads what is being written");
        kill(name, &child);
        kill("-CONT", &child);
        let status = child.wait().expect("it ends");
        assert_eq!(status.signal(), Some(number), "a shell sees {}", 128 + number);
        assert_eq!(temporary(&dir), Vec::<PathBuf>::new(), "{name}");
        assert_eq!(dir.read("y.npy"), "old");
    }
}

#[test]
fn a_signal_that_was_ignored_stays_ignored() {
    let dir = Dir::new();
    let (mut child, _) = in_the_middle_of_writing(&dir, "trap '' HUP;");
    kill("-HUP", &child);
    kill("-CONT", &child);
    assert!(child.wait().expect("it ends").success() && temporary(&dir).is_empty());
    assert!(dir.bytes("y.npy").len() > 32 << 20);
}

#[test]
fn modes_and_owners_stay() {
    let dir = Dir::new();
    let net = dir.write("a.net", SMALL);
    for bits in [0o600, 0o640, 0o666, 0o755] {
        let out = dir.write("out.json", "old");
        set_mode(&out, bits);
        assert_eq!(pointwise(&["convert", &net, &out]).code, 0);
        assert_eq!(mode(&out), bits);
        assert!(dir.read("out.json").starts_with('{'));
    }
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask 027; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_pointwise"), "convert", &net]);
    assert_eq!(finish(shell.arg(dir.join("new.json")), b"").code, 0);
    assert_eq!(mode(dir.join("new.json")), 0o640);
    if is_root() {
        chown(dir.join("out.json"), Some(1), Some(1)).expect("root may");
        assert_eq!(pointwise(&["convert", &net, &dir.path("out.json")]).code, 0);
        let meta = fs::metadata(dir.join("out.json")).expect("there");
        assert_eq!((meta.uid(), meta.gid(), meta.permissions().mode() & 0o777), (1, 1, 0o755));
    }
}

#[test]
fn links_stay_links() {
    let dir = Dir::new();
    let net = dir.write("a.net", SMALL);
    fs::create_dir(dir.join("there")).expect("made");
    symlink("there/new.json", dir.join("dangling.json")).expect("linked");
    symlink("dangling.json", dir.join("twice.json")).expect("linked");
    for _ in 0..2 {
        assert_eq!(pointwise(&["convert", &net, &dir.path("twice.json")]).code, 0);
        for link in ["dangling.json", "twice.json"] {
            assert!(fs::symlink_metadata(dir.join(link)).expect("there").is_symlink(), "{link}");
        }
        assert!(dir.read("there/new.json").starts_with('{'));
        dir.write("there/new.json", "old");
    }
}

#[test]
fn what_cannot_be_replaced_is_written_in_place_with_a_warning() {
    let dir = Dir::new();
    let net = dir.write("a.net", SMALL);
    fs::create_dir(dir.join("closed")).expect("made");
    let out = dir.write("closed/out.json", "something longer than nothing".repeat(1000));
    for path in [dir.join("").as_path(), Path::new(&net), Path::new(&out)] {
        set_mode(path, 0o777);
    }
    set_mode(dir.join("closed"), 0o555);
    let before = fs::metadata(&out).expect("there").ino();
    // Root may write everywhere, and goes as nobody.
    let program = dir.join("pointwise");
    // Another process copies it: what this one holds open for writing other tests would pass on to their own, and it could
    // not be run.
    let copied = Command::new("cp").args([Path::new(env!("CARGO_BIN_EXE_pointwise")), &program]).status();
    assert!(copied.expect("`cp` runs").success());
    let nobody = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command.args(arguments).current_dir(dir.join(""));
        if is_root() {
            command.uid(65534).gid(65534);
        }
        finish(&mut command, b"")
    };
    let run = nobody(&["convert", &net, &out]);
    assert!(run.code == 0 && run.err.contains("was written in place: permission is denied"), "{}", run.err);
    assert_eq!(fs::metadata(&out).expect("there").ino(), before);
    let document: serde_json::Value = serde_json::from_str(&dir.read("closed/out.json")).expect("all of it and no more");
    assert_eq!(document["net"], "small");
    assert_eq!(nobody(&["convert", &net, &out, "-q"]).err, "");
    let run = nobody(&["convert", &net, &dir.path("closed/new.json")]);
    assert!(run.code == 2 && run.err.contains("permission is denied"), "{}", run.err);
    set_mode(dir.join("closed"), 0o755);
    // What is written over is read before: a file that cannot be is refused before the work, here before the missing input.
    let several = dir.write("several.json", "old");
    fs::hard_link(&several, dir.join("again.json")).expect("linked");
    set_mode(&several, 0o222);
    let run = nobody(&["convert", &dir.path("missing.net"), &several]);
    assert!(run.code == 2 && run.err.contains("permission is denied"), "{}", run.err);
    if is_root() {
        // Another's file in one's own folder: only root could keep its owner in a new one.
        let other = dir.write("other.json", "old");
        set_mode(&other, 0o666);
        let run = nobody(&["convert", &net, &other]);
        assert!(run.code == 0 && run.err.contains("was written in place"), "{}", run.err);
        assert_eq!(fs::metadata(&other).expect("there").uid(), 0);
    }
}

/// What a shell script says that may mount; `None` where mounting is not allowed here, which is said.
fn mounting(case: &str, script: &str, words: &[&str]) -> Option<String> {
    let mut why = String::new();
    // As root, or as the root of a name space of its own.
    for how in ["-m", "-rm"] {
        let mut shell = Command::new("unshare");
        shell.args([how, "sh", "-c", script, env!("CARGO_BIN_EXE_pointwise")]).args(words);
        let Ok(done) = shell.output() else {
            skipped(case, "there is no `unshare`");
            return None;
        };
        let err = String::from_utf8_lossy(&done.stderr).into_owned();
        // The scripts end so where they cannot mount, and `unshare` where it may not.
        if done.status.code() != Some(77) && !err.starts_with("unshare:") {
            return Some(err);
        }
        why = err;
    }
    skipped(case, &format!("mounting is not allowed: {}", why.trim()));
    None
}

#[test]
fn a_mounted_file_is_written_in_place() {
    let dir = Dir::new();
    let (net, out, other) = (dir.write("a.net", SMALL), dir.write("out.json", "old"), dir.write("other.json", "mounted"));
    let script = "mount --bind \"$2\" \"$1\" || exit 77; \"$0\" convert \"$3\" \"$1\"";
    let Some(err) = mounting("a mounted file is written in place", script, &[&out, &other, &net]) else { return };
    assert!(err.contains("was written in place"), "{err}");
    assert!(dir.read("other.json").starts_with('{') && dir.read("out.json") == "old");
    assert_eq!(temporary(&dir), Vec::<PathBuf>::new());
}

#[test]
fn where_there_is_no_room_in_place_the_old_text_comes_back() {
    let dir = Dir::new();
    let (net, out, copy) = (model("googlenet"), dir.write("out.json", ""), dir.path("copy.json"));
    fs::create_dir(dir.join("small")).expect("made");
    // A file on a disk of 16 KiB, mounted where there is room for a temporary one.
    let script = "mount -t tmpfs -o size=16k none \"$2\" && seq 2000 >\"$2/x\" && mount --bind \"$2/x\" \"$1\" || exit 77
        \"$0\" convert \"$3\" \"$1\"; echo \"code $?\" >&2; cat \"$1\" >\"$4\"";
    let words = [out.as_str(), &dir.path("small"), &net, &copy];
    let Some(err) = mounting("a full disk leaves the old text", script, &words) else { return };
    assert!(err.contains("code 2") && err.contains("PW0710") && err.contains("the disk is full"), "{err}");
    let old = (1..=2000).map(|n| n.to_string()).collect::<Vec<_>>().join("\n") + "\n";
    assert!(dir.read("copy.json") == old, "{} bytes", dir.bytes("copy.json").len());
}

#[test]
fn a_file_of_several_names_stays_one() {
    let dir = Dir::new();
    let rough = "net n{input x:[3,8,8];output y=x->conv(64,3,pad=1)->ReLU}";
    let commands: [(&str, &[&str]); 3] =
        [("a.net", &["fmt"]), ("b.net", &["check", "--fix"]), ("c.json", &["convert", "models/lenet5.net"])];
    for (name, words) in commands {
        let text = if name == "a.net" { rough.replace("ReLU", "relu") } else { rough.to_owned() };
        let (file, other) = (dir.write(name, &text), dir.path(&format!("other_{name}")));
        fs::hard_link(&file, &other).expect("linked");
        let before = fs::metadata(&file).expect("there").ino();
        let run = pointwise(&[words, &[file.as_str()]].concat());
        let said = "could not be replaced and was written in place: it has 2 names (hard links), which stay one file";
        assert!(run.code == 0 && run.err.contains(said), "{words:?}: {}", run.err);
        assert_eq!(fs::metadata(&file).expect("there").ino(), before);
        assert_eq!(dir.read(name), dir.read(&format!("other_{name}")));
        assert_ne!(dir.read(name), text, "{words:?}");
        assert_eq!(temporary(&dir), Vec::<PathBuf>::new());
    }
}

/// A command that is refused before anything is done, with this word.
fn refused(arguments: &[&str], word: &str) {
    let run = pointwise(arguments);
    assert!(run.code == 2 && run.err.contains(word) && run.out.is_empty(), "{arguments:?}: {}{}", run.out, run.err);
    assert!(!run.err.contains("ran in") && !run.err.contains(" tensors, "), "{arguments:?}: {}", run.err);
}

#[test]
fn no_command_writes_over_what_it_reads() {
    let dir = Dir::new();
    let used = dir.write("part.net", "block part(x) {\n    return x -> conv(8, 3)\n}\n");
    let main = "use \"part.net\"\n\nnet n {\n    input x: [16, 8, 8]\n    output y = x -> part -> conv(8, 3)\n}\n";
    let net = dir.write("n.net", main);
    let config = dir.write("passes.yaml", "ratio: 4\n");
    let target = dir.write("t.yaml", pointwise(&["target", "show", "laptop"]).out);
    let (array, weights) = (dir.path("in.npy"), dir.path("w.safetensors"));
    assert_eq!(pointwise(&["run", &net, "--dump", &format!("x={array}")]).code, 0);
    assert_eq!(pointwise(&["init", &net, "-o", &weights]).code, 0);
    symlink("part.net", dir.join("link.net")).expect("linked");
    fs::hard_link(&array, dir.join("hard.npy")).expect("linked");
    let (link, hard, round) = (dir.path("link.net"), dir.path("hard.npy"), format!("{}/../", dir.path("x")));
    fs::create_dir(dir.join("x")).expect("made");
    let files = ["part.net", "n.net", "passes.yaml", "t.yaml", "in.npy", "w.safetensors"];
    let before = files.map(|name| dir.bytes(name));
    let is = "is the input";
    refused(&["convert", &net, &used], is);
    refused(&["convert", &net, &link], is);
    refused(&["convert", &net, &format!("{round}part.net")], is);
    refused(&["optimize", &net, "-o", &used], is);
    refused(&["optimize", &net, "-o", &net], is);
    refused(&["report", &net, "--config", &config, "-o", &config], is);
    refused(&["report", &net, "--target", &target, "-o", &target], is);
    refused(&["report", &net, "--pareto", "macs", "--target", &target, "-o", &target], is);
    refused(&["run", &net, "-i", &array, "-o", &array], is);
    refused(&["run", &net, "-i", &array, "--dump", &format!("y={hard}")], is);
    refused(&["init", &net, "-o", &used], is);
    refused(&["optimize", &net, "-w", &weights, "-o", &dir.path("w.net")], is);
    let labels = dir.write("labels.npy", "a\nb\n");
    refused(&["run", &net, "--labels", &labels, "--top", "1", "-o", &labels], is);
    // And no two outputs are one file.
    let (new, again) = (dir.path("new.npy"), format!("{round}new.npy"));
    refused(&["run", &net, "-o", &new, "--dump", &format!("y={again}")], "to be written twice");
    symlink("new.npy", dir.join("to_new.npy")).expect("linked");
    refused(&["run", &net, "-o", &new, "--dump", &format!("x={}", dir.path("to_new.npy"))], "to be written twice");
    assert_eq!(files.map(|name| dir.bytes(name)), before);
    assert!(!dir.join("new.npy").exists());
    // A device is no file to be lost.
    assert_eq!(pointwise(&["init", &net, "-o", "/dev/null"]).code, 0);
}

#[test]
fn outputs_are_tried_before_the_work() {
    let dir = Dir::new();
    // What is read first would be missed first.
    let missing = dir.path("missing.net");
    let there = dir.write("kept.json", "precious");
    set_mode(&there, 0o444);
    fs::create_dir(dir.join("folder.json")).expect("made");
    for (name, why) in
        [("no/such/x", "there is no such directory"), ("folder", "it is a directory"), ("kept", "permission is denied")]
    {
        let path = |extension: &str| dir.path(&format!("{name}.{extension}"));
        let json = path("json");
        refused(&["convert", &missing, &json], why);
        refused(&["report", &missing, "-o", &json], why);
        refused(&["init", &missing, "-o", &json], why);
        if name.contains('/') {
            refused(&["optimize", &missing, "-o", &path("net")], why);
            refused(&["run", &missing, "-o", &path("npy")], why);
            refused(&["run", &missing, "--dump", &format!("a={}", path("npy"))], why);
            refused(&["target", "measure", "-o", &path("yaml")], why);
        }
    }
    assert_eq!(dir.read("kept.json"), "precious");
    assert_eq!(temporary(&dir), Vec::<PathBuf>::new());
    // Where the work fails, nothing is left of the trial.
    assert_eq!(pointwise(&["convert", &dir.write("bad.net", MISTAKE), &dir.path("new.json")]).code, 1);
    assert!(!dir.join("new.json").exists() && temporary(&dir).is_empty());
}

#[test]
fn directories_are_searched_for_files_that_are_seen_and_regular() {
    let dir = Dir::new();
    let rough = "net n{input x:[3,8,8];output y=x->relu}";
    for folder in ["deep", "deep/er", ".hidden"] {
        fs::create_dir(dir.join(folder)).expect("made");
    }
    let shown = ["a.net", "deep/b.net", "deep/er/c.NET"];
    let passed_over = [".d.net", ".hidden/e.net", "f.txt", "outside"];
    for name in shown.iter().chain(&passed_over) {
        dir.write(name, rough);
    }
    symlink(dir.join("outside"), dir.join("link.net")).expect("linked");
    symlink(dir.join(".hidden"), dir.join("folder.net")).expect("linked");
    assert!(Command::new("mkfifo").arg(dir.join("pipe.net")).status().expect("there is a `mkfifo`").success());
    let run = pointwise(&["check", &dir.path("")]);
    assert!(run.code == 0 && run.err.contains("3 files checked"), "{}", run.err);
    let run = pointwise(&["fmt", "--check", &dir.path("")]);
    assert!(run.code == 1 && run.err.contains("3 of 3 files"), "{}", run.err);
    assert_eq!(pointwise(&["fmt", &dir.path("")]).code, 0);
    assert!(shown.iter().all(|name| dir.read(name) != rough));
    assert!(passed_over.iter().all(|name| dir.read(name) == rough));
    // What is named is meant.
    assert_eq!(pointwise(&["fmt", &dir.path(".d.net")]).code, 0);
    assert_ne!(dir.read(".d.net"), rough);
    dir.write("deep/bad.net", MISTAKE);
    assert_eq!(pointwise(&["check", &dir.path("deep")]).code, 1);
    fs::create_dir(dir.join("empty")).expect("made");
    let run = pointwise(&["check", &dir.path("empty")]);
    assert!(run.code == 2 && run.err.contains("no `.net` file"), "{}", run.err);
}

#[test]
fn a_directory_may_hold_blocks_and_networks_that_use_them() {
    let dir = Dir::new();
    for folder in ["nets", "blocks"] {
        fs::create_dir(dir.join(folder)).expect("made");
    }
    dir.write("blocks/unit.net", "block unit(x) {\n    return x -> relu\n}\n");
    let net =
        dir.write("nets/n.net", "use \"../blocks/unit.net\"\n\nnet n {\n    input x: [3, 8, 8]\n    output y = x -> unit\n}\n");
    let run = pointwise(&["check", &dir.path("")]);
    assert!(run.code == 0 && run.err.contains("2 files checked, nothing found"), "{}", run.err);
    // A file that is named is to be built, and stays in its own folder.
    assert_eq!(pointwise(&["check", &dir.path("blocks/unit.net")]).code, 1);
    assert_eq!(pointwise(&["check", &net]).code, 1);
    dir.write("blocks/empty.net", "");
    let run = pointwise(&["check", &dir.path("")]);
    assert!(run.code == 1 && run.err.contains("PW0214"), "{}", run.err);
    dir.write("blocks/empty.net", "block broken(x) {\n    return x ->\n}\n");
    let run = pointwise(&["check", &dir.path("")]);
    assert!(run.code == 1 && run.err.contains("PW0101") && run.err.contains("1 error"), "{}", run.err);
}

#[test]
fn what_cannot_be_said_is_a_failure_and_a_closed_pipe_is_none() {
    let words: &[&[&str]] = &[
        &["--help"],
        &["--version"],
        &["help", "run"],
        &["ops"],
        &["ops", "conv"],
        &["explain"],
        &["explain", "PW0302"],
        &["completions", "bash"],
        &["target", "list"],
        &["analyze", "models/lenet5.net"],
        &["check", "models/lenet5.net", "--output-format", "json"],
    ];
    for words in words {
        let full = OpenOptions::new().write(true).open("/dev/full").expect("there");
        let child = command(words).stdout(full).stderr(Stdio::piped()).spawn().expect("it starts");
        let done = child.wait_with_output().expect("it ends");
        let err = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.code() == Some(2) && err.contains("PW0710") && err.contains("the disk is full"), "{words:?}: {err}");
        let mut shell = Command::new("sh");
        let program = env!("CARGO_BIN_EXE_pointwise");
        // The reader is gone before anything is written.
        shell.args(["-c", "(sleep 0.2; \"$0\" \"$@\"; echo \"code $?\" >&2) | true", program]).args(*words);
        let done = shell.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("it ends");
        assert_eq!(String::from_utf8_lossy(&done.stderr), "code 0\n", "{words:?}");
    }
}
