//! `--replace`: what an earlier run wrote is taken back, and the network without it is planned anew.

#[path = "cli_common/mod.rs"]
mod cli_common;

use cli_common::{Dir, Run, json, pointwise};

/// A step of a block, a line, and what is asserted.
const NET: &str = "block unit(width, last)(x) {
    a = x -> conv(width, 3, pad=1) -> relu
    return a -> conv(last, 1) -> relu
}

net n {
    input image: [256, 8, 8]
    x = image -> unit(128, 512)
    x = x -> unit(256, 256)
    x = x -> relu -> conv(256, 3, pad=1) -> relu
    output y = x -> global_avgpool -> flatten -> linear(10)
    assert params == 2_199_434
}
";

fn ok(arguments: &[&str]) -> Run {
    let run = pointwise(arguments);
    assert_eq!(run.code, 0, "{arguments:?}: {}", run.err);
    run
}

/// The network, and what `--ratio 4` makes of it.
fn files(dir: &Dir) -> (String, String) {
    let (net, first) = (dir.write("n.net", NET), dir.path("first.net"));
    ok(&["optimize", &net, "--ratio", "4", "-o", &first]);
    let text = text(dir, "first.net");
    assert!(text.contains("a_reduce = x -> conv(width_reduce, 1)") && text.contains("    refine "), "{text}");
    (net, first)
}

fn text(dir: &Dir, name: &str) -> String {
    String::from_utf8(dir.bytes(name)).expect("a text")
}

#[test]
fn a_network_is_planned_anew() {
    let dir = Dir::new();
    let (net, first) = files(&dir);
    let (new, again, fresh) = (dir.path("new.net"), dir.path("again.net"), dir.path("fresh.net"));
    let run = ok(&["optimize", &first, "--replace", "--budget", "macs=60%", "-o", &new]);
    assert!(run.err.contains("first.net: replacing 1 `refine` line and 1 step of an earlier run\n"), "{}", run.err);
    assert_eq!(run.err.matches("assertion").count(), 1, "one count, and no failure on the way: {}", run.err);
    ok(&["optimize", &net, "--budget", "macs=60%", "-o", &fresh]);
    assert_eq!(text(&dir, "new.net"), text(&dir, "fresh.net"), "as if the first had never been");
    ok(&["optimize", &new, "--replace", "--budget", "macs=60%", "-o", &again]);
    assert_eq!(text(&dir, "again.net"), text(&dir, "new.net"));
}

#[test]
fn before_is_the_network_without() {
    let dir = Dir::new();
    let (net, first) = files(&dir);
    let before = |arguments: &[&str]| json(arguments, 0)["before"]["params"].clone();
    let plain = before(&["optimize", &net, "--ratio", "2", "--dry-run", "--format", "json"]);
    assert_eq!(before(&["optimize", &first, "--replace", "--ratio", "2", "--dry-run", "--format", "json"]), plain);
    assert!(plain.is_u64(), "{plain}");
    assert_ne!(before(&["optimize", &first, "--ratio", "2", "--dry-run", "--format", "json"]), plain);
    let report = dir.path("r.json");
    ok(&["report", &first, "--replace", "--ratio", "2", "-o", &report]);
    let report: serde_json::Value = serde_json::from_str(&text(&dir, "r.json")).expect("it is JSON");
    assert_eq!(report["before"]["params"], plain);
    let curve = |file: &str, more: &[&str]| ok(&[&["optimize", file, "--pareto", "macs=80%,60%"], more].concat()).out;
    let table = |text: String| text.lines().filter(|line| line.contains('%')).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(table(curve(&first, &["--replace"]))[..2], table(curve(&net, &[]))[..2]);
}

#[test]
fn where_nothing_was_written_it_says_so_and_goes_on() {
    let dir = Dir::new();
    let (net, _) = files(&dir);
    let (new, inline) = (dir.path("new.net"), dir.path("inline.net"));
    let run = ok(&["optimize", &net, "--replace", "--ratio", "4", "-o", &new]);
    assert!(run.err.contains("n.net has nothing that an earlier run wrote: there is nothing to replace"), "{}", run.err);
    assert_eq!(text(&dir, "new.net"), text(&dir, "first.net"));
    ok(&["optimize", &net, "--inline", "--ratio", "4", "-o", &inline]);
    let run = pointwise(&["optimize", &inline, "--replace", "--ratio", "2", "--dry-run"]);
    assert!(run.err.contains("optimize the file that it was made from"), "{}", run.err);
    assert_eq!(run.code, 0, "{}", run.err);
}

#[test]
fn what_was_changed_is_told_or_refused() {
    let dir = Dir::new();
    let _ = files(&dir);
    let first = text(&dir, "first.net");
    let narrower = dir.write("narrower.net", first.replace("= reduce(64)", "= reduce(32)"));
    let run = pointwise(&["optimize", &narrower, "--replace", "--ratio", "4", "--dry-run"]);
    assert!(run.err.contains("they have been changed since they were written"), "{}", run.err);
    let gone = dir.write("gone.net", first.replace("a_reduce =", "mine =").replace("= a_reduce", "= mine"));
    let run = pointwise(&["optimize", &gone, "--replace", "--ratio", "4", "--dry-run"]);
    assert!(run.code == 1 && run.err.contains("error[PW0606]: `a_reduce` is not in the block `unit` any more"), "{}", run.err);
    assert!(run.err.contains("gone.net:") && run.err.contains("help: optimize the file"), "{}", run.err);
}

#[test]
fn weights_are_those_of_the_network_without() {
    let dir = Dir::new();
    let (net, first) = files(&dir);
    let (given, other, new) = (dir.path("given.safetensors"), dir.path("other.safetensors"), dir.path("new.net"));
    ok(&["init", &net, "-o", &given]);
    ok(&["init", &first, "-o", &other]);
    let run = ok(&["optimize", &first, "--replace", "--budget", "macs=60%", "-w", &given, "-o", &new]);
    assert!(run.err.contains("keep their weights") || run.err.contains("keeps its weights"), "{}", run.err);
    ok(&["run", &new, "--seed", "1"]);
    let run = pointwise(&["optimize", &first, "--replace", "--budget", "macs=60%", "-w", &other, "-o", &new]);
    assert!(run.code == 2 && run.err.contains("are those of the network with its earlier bottlenecks"), "{}", run.err);
}

#[test]
fn a_report_of_two_networks_replaces_nothing() {
    let dir = Dir::new();
    let (net, first) = files(&dir);
    let run = pointwise(&["report", &net, &first, "--replace"]);
    assert!(run.code == 2 && run.err.contains("a report of two networks plans nothing"), "{}", run.err);
}
