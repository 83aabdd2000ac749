//! The suite's files: the package that ONNX publishes them in, by name, held against its hash.
//!
//! In: nothing but the list of requirements. Out: the folder of the unpacked package under `target/`, which is kept; or why it
//! is not to be had, as where there is no network. What is fetched is checked by `pip`, which refuses any other hash.

use std::path::{Path, PathBuf};
use std::process::Command;

const REQUIREMENTS: &str = "tests/conformance/requirements.txt";

/// The folder that holds `node`, `light` and the others.
pub fn data() -> Result<PathBuf, String> {
    let wanted = std::fs::read_to_string(REQUIREMENTS).map_err(|error| error.to_string())?;
    let version = wanted.split_whitespace().next().unwrap_or_default().replace("==", "-");
    let whole = Path::new(env!("CARGO_TARGET_TMPDIR")).join(version);
    if !whole.is_dir() {
        let own = whole.with_extension(format!("{}.part", std::process::id()));
        let fetched = fetch(&own);
        if fetched.is_ok() {
            // Another run may have been faster; its files are the same.
            let _ = std::fs::rename(own.join("unpacked"), &whole);
        }
        let _ = std::fs::remove_dir_all(&own);
        fetched?;
    }
    let data = whole.join("onnx/backend/test/data");
    if data.is_dir() { Ok(data) } else { Err(format!("the package has no `{}`", data.display())) }
}

fn fetch(folder: &Path) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let path = folder.to_str().ok_or("the target folder's name is no text")?;
    let pip = "-m pip download --quiet --disable-pip-version-check --no-input --retries 0 --timeout 5 --no-deps --only-binary \
               :all: --platform manylinux_2_28_x86_64 --python-version 3.11 --implementation cp --require-hashes";
    python(pip.split_whitespace().chain(["-r", REQUIREMENTS, "--dest", path]))?;
    let entries = std::fs::read_dir(folder).map_err(|error| error.to_string())?;
    let wheel = entries.flatten().map(|entry| entry.path()).find(|path| path.extension().is_some_and(|end| end == "whl"));
    let wheel = wheel.ok_or("pip fetched no wheel")?;
    let unpacked = folder.join("unpacked");
    python(["-m", "zipfile", "-e", &wheel.to_string_lossy(), &unpacked.to_string_lossy()])
}

fn python<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Result<(), String> {
    let made = Command::new("python3").args(arguments).output().map_err(|error| format!("`python3` does not start: {error}"))?;
    if made.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&made.stderr);
    Err(said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("`python3` failed").to_owned())
}
