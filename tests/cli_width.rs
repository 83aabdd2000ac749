//! What a terminal of 40 columns is shown: no table, list or page has a longer line.

#![cfg(unix)]

mod cli_common;

use std::fs::OpenOptions;
use std::io::Read as _;
use std::process::Stdio;

use cli_common::{Dir, command, model, pointwise};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

const COLUMNS: usize = 40;

/// What the program shows on standard output where that is a terminal of so many columns.
fn shown(arguments: &[&str], columns: usize) -> String {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("there are terminals");
    grantpt(&terminal).and_then(|()| unlockpt(&terminal)).expect("it may be used");
    let name = ptsname(&terminal, Vec::new()).expect("it has a name").into_string().expect("it is text");
    let screen = OpenOptions::new().read(true).write(true).open(name).expect("it can be opened");
    let mut command = command(arguments);
    command.env("COLUMNS", columns.to_string()).env("NO_COLOR", "1").env("LC_ALL", "C.UTF-8");
    let mut child = command.stdin(Stdio::null()).stdout(screen).stderr(Stdio::null()).spawn().expect("the program starts");
    // Only the program holds the terminal then, and its end is the end of what is read.
    drop(command);
    let (mut text, mut part) = (Vec::new(), [0; 4096]);
    let mut terminal = std::fs::File::from(terminal);
    while let Ok(length @ 1..) = terminal.read(&mut part) {
        text.extend(&part[..length]);
    }
    assert!(child.wait().expect("it ends").code().is_some_and(|code| code < 2), "{arguments:?}");
    let text = String::from_utf8(text).expect("it is text").replace("\r\n", "\n");
    assert!(!text.trim().is_empty(), "{arguments:?} shows something");
    text
}

/// Whether a line is longer for a reason: there is nothing in it to break it at, or whoever reads it needs it as it is.
fn is_excused(line: &str) -> bool {
    let word = line.trim().trim_start_matches("- ");
    // A name, a path, a sum of code that stands on a line of its own.
    !word.contains(' ')
}

fn too_long(text: &str, columns: usize) -> Vec<String> {
    let lines = text.lines().filter(|line| line.chars().count() > columns && !is_excused(line));
    lines.map(|line| format!("{}: {line}", line.chars().count())).collect()
}

/// Every command that shows tables or lists; the first word is the command.
fn tables(dir: &Dir) -> Vec<Vec<String>> {
    let (net, other) = (model("googlenet_naive"), model("googlenet"));
    let (lenet, weights) = (model("lenet5"), dir.path("w.safetensors"));
    let lines = [
        format!("analyze {net}"),
        format!("analyze {net} --by op --target laptop"),
        format!("analyze {net} --training --dtype f16"),
        format!("analyze {net} {lenet} --target laptop"),
        format!("analyze {lenet} --set classes=10,20"),
        format!("optimize {net} --ratio 4 --dry-run"),
        format!("optimize {lenet} --pareto params=80%,50%"),
        format!("report {net} --ratio 4 --by layer"),
        format!("report {net} {other} --by block --all"),
        format!("report {lenet} --pareto params"),
        format!("run {lenet} --top 3 --profile"),
        format!("bench {lenet} --runs 1"),
        format!("bench {lenet} {lenet} --runs 1"),
        "ops".to_owned(),
        "target list".to_owned(),
        "explain".to_owned(),
        "explain PW9".to_owned(),
    ];
    assert_eq!(pointwise(&["init", &lenet, "-o", &weights]).code, 0);
    lines.iter().map(|line| line.split(' ').map(str::to_owned).collect()).collect()
}

/// Commands that write no table to standard output, with what they write.
const OTHERS: &[(&str, &str)] = &[
    ("check", "findings, to standard error"),
    ("init", "a file"),
    ("convert", "a file, or data to standard output"),
    ("fmt", "the files"),
    ("completions", "a script"),
    ("help", "the help, which is laid out by its own width"),
];

#[test]
fn tables_and_lists_fit_forty_columns() {
    let dir = Dir::new();
    let all = tables(&dir);
    for words in &all {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        for columns in [COLUMNS, 57] {
            let long = too_long(&shown(&words, columns), columns);
            assert!(long.is_empty(), "{words:?} on {columns} columns:\n{}", long.join("\n"));
        }
    }
    let help = pointwise(&["--help"]).out;
    let (_, list) = help.split_once("Commands:\n").expect("there are commands");
    for name in list.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next()) {
        let is_known = all.iter().any(|words| words[0] == name) || OTHERS.iter().any(|(other, _)| *other == name);
        assert!(is_known, "`{name}` is tried here, or among those that write no table");
    }
}

#[test]
fn the_help_of_every_command_fits_forty_columns() {
    let help = pointwise(&["--help"]).out;
    let (_, list) = help.split_once("Commands:\n").expect("there are commands");
    let names: Vec<&str> =
        list.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.contains(&"check") && names.contains(&"init"));
    let long = |arguments: &[&str]| {
        let run = command(arguments).env("COLUMNS", COLUMNS.to_string()).env("NO_COLOR", "1").output().expect("it runs");
        too_long(&String::from_utf8(run.stdout).expect("it is text"), COLUMNS)
    };
    assert!(long(&["--help"]).is_empty());
    for name in names.into_iter().filter(|name| *name != "help") {
        let long = long(&[name, "--help"]);
        assert!(long.is_empty(), "{name}:\n{}", long.join("\n"));
    }
}

#[test]
fn every_operation_fits_forty_columns() {
    for name in pointwise::op::table::OPS.iter().map(|op| op.keyword) {
        let long = too_long(&shown(&["ops", name], COLUMNS), COLUMNS);
        assert!(long.is_empty(), "{name}:\n{}", long.join("\n"));
    }
}

#[test]
fn every_page_fits_but_for_its_code() {
    let list = pointwise(&["explain"]).out;
    let names: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 60 && names.contains(&"numerics"));
    for name in names {
        let page = shown(&["explain", name], COLUMNS);
        // Code is read and copied as it is.
        let prose = |page: &str| page.split("```").step_by(2).collect::<String>();
        let long = too_long(&prose(&page), COLUMNS);
        assert!(long.is_empty(), "{name}:\n{}", long.join("\n"));
        let code = |text: &str| text.split("```").skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        let piped = pointwise(&["explain", name]).out;
        assert_eq!(code(&page), code(&piped), "{name}");
        let wide = shown(&["explain", name], 400);
        assert!(too_long(&prose(&wide), 100).iter().all(|line| line.contains(": |")), "{name}: {wide}");
    }
}
