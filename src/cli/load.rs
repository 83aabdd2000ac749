//! From a path to a network, with everything wrong about it shown.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::failure::{Failure, TROUBLE, exit_code};
use super::files::{self, Disk};
use super::ledger;
use super::options::NetOptions;
use super::session::Session;
use crate::compile::{self, Compiled, Settings};
use crate::diagnostic::Diagnostic;
use crate::lower::Limits;

pub(super) use crate::compile::Loaded;

/// Reads the text of a network.
pub(super) fn read(path: &Path) -> Result<String, Failure> {
    if files::has_extension(path, "onnx") {
        return Err(Failure::usage(format!("cannot read `{}`: this version does not read ONNX", files::shown(path))));
    }
    files::read_text(path)
}

/// Compiles a file without showing anything.
pub(super) fn compile(session: &Session, path: &Path, options: &NetOptions) -> Result<Compiled, Failure> {
    let text = read(path)?;
    let mut compiled = compile_text(session, path, text, options);
    // The files that it uses were read on the way.
    ledger::check()?;
    if !files::is_dash(path) && !files::has_extension(path, "net") {
        foreign(path, &mut compiled.diagnostics);
    }
    Ok(compiled)
}

/// Of a file that is no network by its name and its syntax, the first error says enough.
fn foreign(path: &Path, diagnostics: &mut Vec<Diagnostic>) {
    let is_syntax = |d: &Diagnostic| d.is_error() && d.code.id().starts_with("PW01");
    if let Some(first) = diagnostics.iter().find(|d| is_syntax(d)).cloned() {
        *diagnostics = vec![first.note(format!("`{}` does not look like a network", files::shown(path)))];
    }
}

/// Compiles a text as if it stood at `path`.
pub(super) fn compile_text(session: &Session, path: &Path, text: String, options: &NetOptions) -> Compiled {
    let name = files::shown(path);
    let start = Instant::now();
    let settings = Settings { set: options.set.clone(), limits: Limits::default() };
    let compiled = compile::compile(&name, text, &Disk::new(&name, path), &settings);
    let layers = compiled.network.as_ref().map_or(0, |n| n.analysis.layers.len());
    session.detail(&format!("{name}: {layers} layers in {:.1} ms", start.elapsed().as_secs_f64() * 1e3));
    compiled
}

/// Compiles a file and shows its errors.
pub(super) fn load(session: &Session, path: &Path, options: &NetOptions) -> Result<Loaded, Failure> {
    show(path, compile(session, path, options)?)
}

/// Shows what is wrong with a compilation; what has no network is a failure.
pub(super) fn show(path: &Path, compiled: Compiled) -> Result<Loaded, Failure> {
    match Loaded::new(files::shown(path), compiled) {
        Ok(loaded) => {
            if let Some(sources) = loaded.sources() {
                Session::show(sources, &loaded.errors);
            }
            Ok(loaded)
        }
        Err((sources, errors)) => {
            Session::show(&sources, &errors);
            let code = exit_code(&errors);
            Err(Failure::Reported(if code == 0 { TROUBLE } else { code }))
        }
    }
}

/// Compiles several files; every one is tried, so that all errors are shown at once.
pub(super) fn load_all(session: &Session, paths: &[PathBuf], options: &NetOptions) -> Result<(Vec<Loaded>, u8), Failure> {
    let (mut all, mut code) = (Vec::new(), 0);
    for path in paths {
        match load(session, path, options) {
            Ok(loaded) => {
                code = code.max(exit_code(&loaded.errors));
                all.push(loaded);
            }
            Err(Failure::Pipe) => return Err(Failure::Pipe),
            Err(failure) => code = code.max(failure.report()),
        }
    }
    Ok((all, code))
}
