//! What `use` reads: `.net` files in the network's folder or under `--root`, and nothing else. Whoever runs the program on a
//! stranger's files relies on it.
#![cfg(unix)]

mod cli_common;

use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use cli_common::{Dir, command, finish, pointwise};

/// What must never be seen.
const SECRET: &str = "hunter2-of-the-build";

const UNIT: &str = "block unit(x) {\n    return x -> relu\n}\n";

fn main_text(path: &str) -> String {
    format!("use \"{path}\"\n\nnet n {{\n    input x: [8, 4, 4]\n    output y = x -> unit\n}}\n")
}

/// A folder with a network's own, `net/`, and what a stranger would like to see beside it.
fn place() -> Dir {
    let dir = Dir::new();
    for folder in ["net", "net/parts", "beside"] {
        std::fs::create_dir(dir.join(folder)).expect("it is new");
    }
    dir.write("net/parts/unit.net", UNIT);
    dir.write("beside/unit.net", UNIT);
    dir.write("beside/secret.net", SECRET);
    dir.write("net/secrets.env", SECRET);
    dir.write("beside/key.txt", SECRET);
    dir
}

/// What every command says of a network with this `use`, which it cannot read.
fn refused(dir: &Dir, path: &str) -> String {
    let net = dir.write("net/main.net", main_text(path));
    let out = dir.path("out.net");
    let commands: [&[&str]; 6] = [
        &["check", &net],
        &["check", "--output-format", "json", &net],
        &["analyze", &net],
        &["convert", &net, &out],
        &["optimize", &net, "--ratio", "4", "-o", &out],
        &["run", &net],
    ];
    let mut said = String::new();
    for arguments in commands {
        let start = Instant::now();
        let run = finish(command(arguments).env("TOKEN", SECRET).stdin(std::process::Stdio::null()), SECRET.as_bytes());
        assert!(start.elapsed() < Duration::from_secs(10), "{path}: {arguments:?} waits");
        assert_eq!(run.code, 1, "{path}: {arguments:?}: {}", run.err);
        assert!(!run.err.contains(SECRET) && !run.out.contains(SECRET), "{path}: {arguments:?}: {}{}", run.out, run.err);
        said.push_str(&run.err);
    }
    assert!(said.contains("PW0213"), "{path}: {said}");
    said
}

#[test]
fn files_of_the_networks_own_folder_are_read() {
    let dir = place();
    for path in [
        "parts/unit.net",
        "./parts/../parts/unit.net",
        &dir.join("net/parts/unit.net").canonicalize().unwrap().display().to_string(),
    ] {
        let net = dir.write("net/main.net", main_text(path));
        let run = pointwise(&["check", &net]);
        assert_eq!(run.code, 0, "{path}: {}", run.err);
    }
    let run = finish(command(&["check", "-"]).current_dir(dir.join("net")), main_text("parts/unit.net").as_bytes());
    assert_eq!(run.code, 0, "standard input stands in the current folder: {}", run.err);
    let run = finish(command(&["check", "-"]).current_dir(dir.join("net")), main_text("../beside/unit.net").as_bytes());
    assert_eq!(run.code, 1, "{}", run.err);
}

#[test]
fn what_is_no_network_is_not_opened() {
    let dir = place();
    for path in ["/proc/self/environ", "secrets.env", "../beside/key.txt", "-", "/dev/stdin", "/dev/zero", "", "parts", "."] {
        let said = refused(&dir, path);
        assert!(said.contains("`use` reads `.net` files only"), "{path}: {said}");
    }
    std::fs::create_dir(dir.join("net/folder.net")).expect("it is new");
    assert!(refused(&dir, "folder.net").contains("it is a directory"));
}

#[test]
fn what_lies_elsewhere_is_not_opened_and_not_told_of() {
    let dir = place();
    let secret = dir.path("beside/secret.net");
    for path in ["../beside/secret.net", "parts/../../beside/secret.net", &secret] {
        let said = refused(&dir, path);
        assert!(said.contains("it lies outside of") && said.contains("--root "), "{path}: {said}");
        // Whether a file is there is nobody's business.
        let absent = refused(&dir, &path.replace("secret", "absent"));
        assert_eq!(said.replace("secret", "absent"), absent);
    }
}

#[test]
fn links_out_of_the_folder_are_not_followed() {
    let dir = place();
    let link = |to: &str, at: &str| symlink(to, dir.join(at)).expect("links can be made");
    link("../beside/secret.net", "net/file.net");
    link("../beside", "net/folder");
    link("/proc/self/environ", "net/environ.net");
    link("secrets.env", "net/inside.net");
    assert!(refused(&dir, "file.net").contains("a link that leads to no file in"));
    assert!(refused(&dir, "folder/secret.net").contains("a link that leads to no file in"));
    assert!(refused(&dir, "environ.net").contains("a link that leads to no file in"));
    // Whether anything is there is not told either.
    link("../beside/absent.net", "net/gone.net");
    assert_eq!(refused(&dir, "gone.net"), refused(&dir, "file.net").replace("file.net", "gone.net"));
    assert_eq!(refused(&dir, "folder/absent.net"), refused(&dir, "folder/secret.net").replace("secret.net", "absent.net"));
    assert!(refused(&dir, "inside.net").contains("a link to what is no `.net` file"));
    // A network that is such a link itself, as one that a change to a zoo adds.
    for arguments in [&["check"][..], &["fmt", "--diff"]] {
        let run = finish(command(arguments).arg(dir.join("net/environ.net")).env("TOKEN", SECRET), b"");
        assert!(run.code == 2 && !run.err.contains(SECRET) && !run.out.contains(SECRET), "{arguments:?}: {}", run.err);
    }
    // Links within the folder are as good as what they lead to.
    link("parts/unit.net", "net/alias.net");
    let net = dir.write("net/main.net", main_text("alias.net"));
    assert_eq!(pointwise(&["check", &net]).code, 0);
}

#[test]
fn pipes_and_devices_are_not_opened() {
    let dir = place();
    let pipe = dir.join("net/pipe.net");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo starts");
    assert!(made.success());
    assert!(refused(&dir, "pipe.net").contains("it is a device or a pipe"));
}

#[test]
fn what_a_used_file_uses_is_held_to_the_same_folder() {
    let dir = place();
    dir.write("net/parts/between.net", format!("use \"../../beside/secret.net\"\n\n{UNIT}"));
    let said = refused(&dir, "parts/between.net");
    assert!(said.contains("it lies outside of"), "{said}");
    dir.write("net/parts/between.net", "use \"../secrets.env\"\n\nblock unit(x) {\n    return x -> relu\n}\n");
    refused(&dir, "parts/between.net");
}

#[test]
fn a_root_widens_and_narrows_and_the_help_names_it() {
    let dir = place();
    let net = dir.write("net/main.net", main_text("../beside/unit.net"));
    let run = pointwise(&["check", &net]);
    assert_eq!(run.code, 1);
    let root = run.err.split("`--root ").nth(1).and_then(|rest| rest.split('`').next()).expect("a root is named");
    let commands: [&[&str]; 5] = [
        &["check", &net],
        &["analyze", &net],
        &["optimize", &net, "--ratio", "2", "--dry-run"],
        &["report", &net, "--ratio", "2"],
        &["run", &net],
    ];
    for arguments in commands {
        let run = pointwise(&[arguments, &["--root", root]].concat());
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.err);
    }
    let net = dir.write("net/main.net", main_text("parts/unit.net"));
    let run = pointwise(&["check", &net, "--root", &dir.path("beside")]);
    assert!(run.code == 1 && run.err.contains("it lies outside of"), "{}", run.err);
    let run = pointwise(&["check", &net, "--root", &dir.path("absent")]);
    assert!(run.code == 2 && run.err.contains("there is no such file"), "{}", run.err);
}

#[test]
fn one_file_is_read_once_by_whatever_path() {
    let dir = place();
    // Blocks of one name from two files clash; from one file they are the same.
    std::fs::hard_link(dir.join("net/parts/unit.net"), dir.join("net/parts/same.net")).expect("links can be made");
    symlink("unit.net", dir.join("net/parts/link.net")).expect("links can be made");
    let uses = "use \"parts/unit.net\"\nuse \"parts/same.net\"\nuse \"parts/link.net\"\nuse \"./parts/unit.net\"\n";
    let net = dir.write("net/main.net", main_text("parts/unit.net").replacen("use", &format!("{uses}use"), 1));
    let run = pointwise(&["check", &net]);
    assert_eq!(run.code, 0, "{}", run.err);
    // A file of 8 MiB, a thousand times, is no more than once.
    let large = format!("{UNIT}{}", "# a comment that fills a line and says nothing\n".repeat(8 << 20 >> 6));
    dir.write("net/parts/unit.net", large);
    let lines = (0..1000).fold(String::new(), |all, i| all + "use \"" + &"./".repeat(i % 40) + "parts/unit.net\"\n");
    let net = dir.write("net/main.net", main_text("parts/unit.net").replacen("use", &format!("{lines}use"), 1));
    let start = Instant::now();
    assert_eq!(pointwise(&["check", &net]).code, 0);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn what_is_written_elsewhere_takes_its_blocks_along() {
    let dir = place();
    dir.write("net/parts/unit.net", "# Said of it.\nblock unit(x) {\n    return x -> inner\n}\n\nblock inner(x) {\n    return x -> conv(64, 3, pad=1)\n}\n\nblock other(x) {\n    return x -> relu\n}\n");
    let text = main_text("parts/unit.net").replace("[8, 4, 4]", "[64, 4, 4]");
    let net = dir.write("net/main.net", text);
    let out = dir.path("beside/new.net");
    let run = pointwise(&["optimize", &net, "--ratio", "4", "-o", &out]);
    assert_eq!(run.code, 0, "{}", run.err);
    let new = dir.read("beside/new.net");
    assert!(
        new.contains("# Said of it.\nblock unit(x)")
            && new.contains("block inner")
            && !new.contains("other")
            && !new.contains("use "),
        "{new}"
    );
    assert_eq!(pointwise(&["check", &out, "--deny", "warnings"]).code, 0);
    assert_eq!(pointwise(&["fmt", "--check", &out]).code, 0, "{new}");
    // Two blocks of one name cannot stand in one file.
    dir.write("net/parts/inner.net", "block inner(x) {\n    return x -> relu\n}\n");
    dir.write(
        "net/main.net",
        dir.read("net/main.net").replace("-> unit", "-> unit -> inner").replacen("use", "use \"parts/inner.net\"\nuse", 1),
    );
    dir.write("net/parts/unit.net", "use \"deep.net\"\n\nblock unit(x) {\n    return x -> inner\n}\n");
    dir.write("net/parts/deep.net", "block inner(x) {\n    return x -> conv(64, 3, pad=1)\n}\n");
    let run = pointwise(&["optimize", &net, "--ratio", "4", "-o", &out]);
    assert_eq!(run.code, 0, "{}", run.err);
    let root = run.err.split("`--root ").nth(1).and_then(|rest| rest.split('`').next()).expect("a root is named");
    assert_eq!(pointwise(&["check", &out]).code, 1);
    assert_eq!(pointwise(&["check", &out, "--root", root]).code, 0, "{}", dir.read("beside/new.net"));
}
