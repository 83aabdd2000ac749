//! Runs the program, in a directory of its own.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A network of four layers.
pub const SMALL: &str = "net small {\n    input image: [3, 8, 8]\n    a = image -> conv(8, 3, pad=1) -> relu\n    output y: [10] = a -> flatten -> linear(10)\n}\n";

/// A network with a mistake in line 5.
pub const MISTAKE: &str =
    "net n {\n    input x: [3, 32, 32]\n    a = x -> conv(8, 3)\n    b = x -> conv(8, 5)\n    output y = concat(a, b)\n}\n";

/// What a run left behind.
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// The program, not yet started, in the root of the project.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pointwise"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    // What is expected does not depend on who runs the tests.
    for name in ["LC_ALL", "LC_CTYPE", "LANG", "COLUMNS"] {
        command.env_remove(name);
    }
    command
}

/// Runs the program without input.
pub fn pointwise(arguments: &[&str]) -> Run {
    finish(command(arguments).stdin(Stdio::null()), b"")
}

/// Runs a prepared command with this on its standard input.
pub fn finish(command: &mut Command, input: &[u8]) -> Run {
    let stdin = if input.is_empty() { Stdio::null() } else { Stdio::piped() };
    let mut child = command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read its input to the end is no reason to fail here.
        let _ = stdin.write_all(input);
    }
    let output = child.wait_with_output().expect("the program ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(!err.contains("panicked"), "a panic: {err}");
    Run { code: output.status.code().expect("no signal ended it"), out, err }
}

/// Standard output as JSON, after this exit code.
pub fn json(arguments: &[&str], code: i32) -> serde_json::Value {
    let run = pointwise(arguments);
    assert_eq!(run.code, code, "{arguments:?}: {}", run.err);
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{arguments:?}: {error} in {}", run.out))
}

/// The file of a network in the zoo.
pub fn model(name: &str) -> String {
    format!("models/{name}.net")
}

/// A directory that goes away.
pub struct Dir(tempfile::TempDir);

impl Dir {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("there is room for a directory"))
    }

    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn path(&self, name: &str) -> String {
        self.join(name).display().to_string()
    }

    #[expect(clippy::disallowed_methods, reason = "a test does its own IO")]
    pub fn write_os(&self, name: impl AsRef<Path>, text: impl AsRef<[u8]>) {
        std::fs::write(self.join(name), text).expect("the directory can be written");
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        self.write_os(name, text);
        self.path(name)
    }

    #[expect(clippy::disallowed_methods, reason = "a test does its own IO")]
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn read(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).expect("it is text")
    }
}
