//! What several test files share: compiling from disk.

#![allow(clippy::disallowed_methods, reason = "tests read files")]
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::{Path, PathBuf};

use pointwise::compile::{Compiled, LoadError, Loader, Settings, compile};

/// Reads used files from disk, relative to the file that uses them.
pub struct Disk;

impl Loader for Disk {
    fn find(&self, path: &str, from: &str) -> Result<String, LoadError> {
        let mut joined = PathBuf::from(from);
        joined.pop();
        for part in path.split('/') {
            match part {
                "." => {}
                ".." => drop(joined.pop()),
                part => joined.push(part),
            }
        }
        Ok(joined.to_string_lossy().into_owned())
    }

    fn read(&self, name: &str) -> Result<String, LoadError> {
        std::fs::read_to_string(name).map_err(|error| LoadError::new(error.to_string()))
    }
}

/// Compiles a file with `--set` values.
pub fn compile_file(path: &Path, set: &[(&str, &str)]) -> Compiled {
    let text = std::fs::read_to_string(path).expect("the file is there");
    let set = set.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    compile(&path.to_string_lossy(), text, &Disk, &Settings { set, ..Settings::default() })
}

/// Compiles a model of the zoo; panics with the findings if it has errors.
pub fn model(name: &str, set: &[(&str, &str)]) -> Compiled {
    let compiled = compile_file(&Path::new("models").join(format!("{name}.net")), set);
    let errors: Vec<_> = compiled.diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
    compiled
}

/// The names of all nets under `models/`, sorted.
pub fn zoo() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir("models")
        .expect("the zoo is there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|e| e == "net"))
        .map(|path| path.file_stem().expect("a file").to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
