//! From a path to a network, with everything wrong about it shown.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::failure::{Failure, TROUBLE, exit_code};
use super::options::{NetOptions, in_a_shell};
use super::session::Session;
use super::sweep;
use super::uses::Disk;
use super::{files, ledger, models};
use crate::compile::{self, Compiled, Settings};
use crate::diagnostic::{Diagnostic, has_errors};
use crate::lower::Limits;

pub(super) use crate::compile::Loaded;

/// Reads the text of a network.
pub(super) fn read(session: &Session, path: &Path) -> Result<String, Failure> {
    if models::is_model(path) { models::text(session, path) } else { files::read_network(path) }
}

/// Compiles a file without showing anything.
pub(super) fn compile(session: &Session, path: &Path, options: &NetOptions) -> Result<Compiled, Failure> {
    one_value_each(path, options)?;
    let text = read(session, path)?;
    let mut compiled = compile_text(session, path, text, options);
    // The files that it uses were read on the way.
    ledger::check()?;
    if !files::is_dash(path) && !files::has_extension(path, "net") && !models::is_model(path) {
        foreign(path, &mut compiled.diagnostics);
    }
    if models::is_model(path) {
        read_as_text(path, &mut compiled.diagnostics);
    }
    Ok(compiled)
}

/// Refuses several values of a parameter: a sweep is for `analyze`, which has taken them apart before it comes here.
fn one_value_each(path: &Path, options: &NetOptions) -> Result<(), Failure> {
    sweep::each_once(&options.set)?;
    let Some((name, text)) = options.set.iter().find(|(_, text)| sweep::split(text).len() > 1) else { return Ok(()) };
    let message = format!("`--set {name}={text}` gives several values, and only `analyze` goes through them");
    let [file, set] = [files::shown(path), format!("{name}={text}")].map(|word| in_a_shell(&word));
    let list = in_a_shell(&format!("{name}=[{text}]"));
    Err(Failure::usage(message)
        .help(format!("give one, or see all of them with `pointwise analyze {file} --set {set}`; one list is `--set {list}`")))
}

/// Of a file that is no network by its name and its syntax, the first error says enough.
fn foreign(path: &Path, diagnostics: &mut Vec<Diagnostic>) {
    let is_syntax = |d: &Diagnostic| d.is_error() && d.code.is_syntax();
    if let Some(first) = diagnostics.iter().find(|d| is_syntax(d)).cloned() {
        *diagnostics = vec![first.note(format!("`{}` does not look like a network", files::shown(path)))];
    }
}

/// Says at the first finding with a place what its lines are of, which nobody has seen.
fn read_as_text(path: &Path, diagnostics: &mut [Diagnostic]) {
    if has_errors(diagnostics) {
        return;
    }
    if let Some(first) = diagnostics.iter_mut().find(|found| found.primary.is_some()) {
        let [from, to] = [path.to_owned(), path.with_extension("net")].map(|path| in_a_shell(&files::shown(&path)));
        let note = "the lines are of the network as it was read from the model";
        *first = first.clone().note(format!("{note}: `pointwise convert {from} {to}` writes it"));
    }
}

/// Compiles a text as if it stood at `path`.
pub(super) fn compile_text(session: &Session, path: &Path, text: String, options: &NetOptions) -> Compiled {
    let name = files::shown(path);
    let start = Instant::now();
    let compiled = compile::compile(&name, text, &Disk::new(&name, path, options.root.as_deref()), &settings(options));
    let layers = compiled.network.as_ref().map_or(0, |n| n.analysis.layers.len());
    session.detail(&format!("{name}: {layers} layers in {:.1} ms", start.elapsed().as_secs_f64() * 1e3));
    compiled
}

/// Leaves fixes out that do not mend what they are offered for.
pub(super) fn tried(path: &Path, compiled: &mut Compiled, options: &NetOptions) {
    compile::tried(compiled, &Disk::new(&files::shown(path), path, options.root.as_deref()), &settings(options));
}

/// Errors of a text's syntax with those of their fixes that mend them.
pub(super) fn with_tried_fixes(name: &str, text: &str, mut errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let settings = Settings::default();
    let mut compiled = compile::compile(name, text.to_owned(), &compile::NoFiles, &settings);
    // Trials make others.
    (compiled.asts, compiled.network) = (Vec::new(), None);
    compile::tried(&mut compiled, &compile::NoFiles, &settings);
    for error in &mut errors {
        let same = |other: &&Diagnostic| other.message == error.message && other.primary == error.primary;
        error.fixes = compiled.diagnostics.iter().find(same).map_or(Vec::new(), |found| found.fixes.clone());
    }
    errors
}

fn settings(options: &NetOptions) -> Settings {
    Settings { set: options.set.clone(), limits: Limits::default() }
}

/// Compiles a file and shows its errors.
pub(super) fn load(session: &Session, path: &Path, options: &NetOptions) -> Result<Loaded, Failure> {
    let mut compiled = compile(session, path, options)?;
    if compiled.has_errors() {
        if compiled.network.is_none() {
            // Trials make others, and nothing is left to be done with these.
            compiled.asts = Vec::new();
        }
        tried(path, &mut compiled, options);
    }
    show(path, compiled)
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
