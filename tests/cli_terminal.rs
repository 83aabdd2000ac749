//! Nothing that stands in a file steers the terminal: whatever comments, names, labels, paths and configurations hold, what is
//! shown has no control character of theirs.

#![cfg(unix)]

mod cli_common;

use std::fs;

use cli_common::{Dir, Run, command, finish};

/// Sequences that clear, colour, hide, retitle, and turn text round; each is marked by a word.
const HOSTILE: &str = "\u{1b}[2Jevil\u{1b}[8mevil\u{1b}]0;evil\u{7}\u{9b}31mevil\u{202e}evil\u{2066}\u{200b}\u{8}\rx";

/// What is not seen, but line ends, tabs and the program's own colours.
fn unseen(text: &str) -> Vec<char> {
    let hides = |c: &char| {
        let marks = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
        (c.is_control() && !matches!(c, '\n' | '\t')) || marks
    };
    text.chars().filter(hides).collect()
}

/// Runs a command with and without colours, and holds what it says to what may be said.
fn harmless(arguments: &[&str]) -> Run {
    let colours = finish(command(arguments).args(["--color", "always"]), b"");
    for text in [&colours.out, &colours.err] {
        for part in text.split('\u{1b}').skip(1) {
            let end = part.find('m').unwrap_or(0);
            assert!(part.starts_with('[') && end > 0, "{arguments:?} passes on {:?}", &part[..part.len().min(20)]);
            let of_theirs = ["evil", "8m", "2J", "]0"];
            assert!(!of_theirs.iter().any(|word| part.starts_with(&format!("[{word}"))), "{arguments:?} passes on {part:?}");
        }
        let rest: Vec<char> = unseen(text).into_iter().filter(|c| *c != '\u{1b}').collect();
        assert!(rest.is_empty(), "{arguments:?} says {rest:?} in\n{text}");
    }
    let run = finish(command(arguments).args(["--color", "never"]), b"");
    for text in [&run.out, &run.err] {
        assert!(unseen(text).is_empty(), "{arguments:?} says {:?} in\n{text}", unseen(text));
    }
    assert!(!(run.out.contains("panicked") || run.err.contains("panicked")));
    run
}

/// A folder whose every name and text is hostile.
struct Trap {
    dir: Dir,
    net: String,
    other: String,
    bad: String,
}

fn trap() -> Trap {
    let dir = Dir::new();
    // A path cannot hold a slash; all else it may.
    let name = |stem: &str| format!("{stem}{HOSTILE}.net");
    let text = |body: &str| format!("# {HOSTILE}\nnet n {{ # {HOSTILE}\n    input x: [16, 8, 8]\n{body}}} # {HOSTILE}\n");
    let net = dir.write(&name("a"), text("    a = x -> conv(16, 3) # half\n    output y=a -> conv(16,3)\n"));
    let other = dir.write(&name("b"), text("    output y = x -> conv(16, 3) -> conv(8, 3)\n"));
    let bad = dir.write(
        &name("bad"),
        format!("net n {{\n    input x: [3, 8, 8] # {HOSTILE}\n    a = x -> conv(8, 30) # {HOSTILE}\n    b = y + \"{HOSTILE}\" {HOSTILE}\n    `{HOSTILE}` = x -> relu\n    output y = a\n}}\n"),
    );
    Trap { dir, net, other, bad }
}

#[test]
fn findings() {
    let Trap { dir, net, other, bad } = trap();
    for format in ["full", "concise", "github", "sarif", "json"] {
        for file in [&net, &bad] {
            let run = harmless(&["check", file, "--output-format", format]);
            assert!(*file == net || run.out.contains("evil") || run.err.contains("evil"), "{format}: {}{}", run.out, run.err);
        }
    }
    harmless(&["check", &dir.path("")]);
    harmless(&["check", &bad, "--diff"]);
    for word in ["check", "analyze", "optimize", "report", "run", "bench", "fmt"] {
        harmless(&[word, &dir.path(&format!("missing{HOSTILE}.net")), "-v"]);
        harmless(&[word, &bad]);
        harmless(&[word, &net, &format!("--{HOSTILE}")]);
    }
    harmless(&["check", &net, "--select", HOSTILE]);
    harmless(&["explain", HOSTILE]);
    harmless(&["ops", HOSTILE]);
    harmless(&["convert", &other, &dir.path(&format!("x.{HOSTILE}"))]);
}

#[test]
fn tables_and_reports() {
    let Trap { dir, net, other, .. } = trap();
    for format in ["table", "markdown", "csv", "json"] {
        harmless(&["analyze", &net, "--format", format]);
        harmless(&["analyze", &net, &other, "--format", format]);
        harmless(&["optimize", &net, "--ratio", "4", "--dry-run", "--format", format]);
    }
    let run = harmless(&["analyze", &net]);
    assert!(run.out.contains("\\u{1b}[2Jevil"), "what is hidden is shown: {}", run.out);
    harmless(&["report", &net, "--ratio", "4"]);
    harmless(&["report", &net, &other, "-v"]);
    harmless(&["report", &net, "--pareto", "macs=80%"]);
    harmless(&["bench", &net, &other, "--runs", "1"]);
    harmless(&["optimize", &net, "--ratio", "4", "-o", &dir.path(&format!("new{HOSTILE}.net")), "-v"]);
    harmless(&["fmt", "--diff", &net]);
    harmless(&["fmt", "--check", &net]);
    harmless(&["check", "--diff", &net]);
    harmless(&["init", &net, "-o", &dir.path(&format!("w{HOSTILE}.safetensors"))]);
}

#[test]
fn configurations_targets_labels_and_tensors() {
    let Trap { dir, net, .. } = trap();
    let quoted = HOSTILE.replace('\u{1b}', "\\e").replace('\u{7}', "\\a").replace('\u{8}', "\\b").replace('\r', "\\r");
    for text in [format!("form: \"{quoted}\"\n"), format!("{HOSTILE}: 1\n"), format!("layers:\n  \"{quoted}\": {{ratio: 2}}\n")] {
        let config = dir.write(&format!("c{HOSTILE}.yaml"), text);
        harmless(&["optimize", &net, "--config", &config, "--dry-run"]);
        harmless(&["report", &net, "--config", &config]);
    }
    let laptop = finish(&mut command(&["target", "show", "laptop"]), b"").out;
    let target = dir.write("t.yaml", laptop.replacen("laptop", &format!("\"{quoted}\""), 1));
    assert_eq!(harmless(&["analyze", &net, "--target", &target]).code, 1);
    harmless(&["target", "show", &target]);
    let labels = dir.write(&format!("labels{HOSTILE}.txt"), format!("{HOSTILE}\n").repeat(400));
    let run = harmless(&["run", &net, "--top", "3", "--labels", &labels]);
    assert!(run.code == 0 && run.out.contains("\\u{1b}[2Jevil"), "{}{}", run.out, run.err);
    let header = serde_json::json!({ HOSTILE: { "dtype": "F32", "shape": [1], "data_offsets": [0, 4] } }).to_string();
    let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 4]].concat();
    let weights = dir.write(&format!("w{HOSTILE}.safetensors"), bytes);
    let run = harmless(&["run", &net, "-w", &weights]);
    assert!(run.code == 1 && run.err.contains("evil"), "{}", run.err);
    harmless(&["run", &net, "-i", &dir.write(&format!("p{HOSTILE}.png"), "no picture")]);
    harmless(&["run", &net, "-i", &format!("{HOSTILE}={labels}")]);
    fs::create_dir(dir.join(format!("folder{HOSTILE}"))).expect("made");
    harmless(&["check", &dir.path(&format!("folder{HOSTILE}"))]);
}
