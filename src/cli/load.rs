//! From a path to a network, with everything wrong about it shown.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::failure::{Failure, TROUBLE, exit_code};
use super::files::{self, Disk};
use super::options::NetOptions;
use super::session::Session;
use crate::analysis::{self, Analysis, Options};
use crate::code::Code;
use crate::compile::{self, Compiled, Network, Settings};
use crate::diagnostic::{Diagnostic, Severity};
use crate::lower::Limits;
use crate::shape::Shaped;
use crate::source::SourceSet;
use crate::syntax::{self, ast::Ast};

/// A network that was compiled.
#[derive(Debug)]
pub(super) struct Loaded {
    /// The file as it is shown.
    pub name: String,
    /// All texts, the main one first.
    pub sources: SourceSet,
    /// The main text's tree.
    pub ast: Ast,
    /// What the main text notes about its numbers.
    pub notes: Vec<String>,
    /// The network with its numbers for one image.
    pub network: Network,
    /// What the command must exit with at least: 1 where an assertion failed.
    pub code: u8,
}

impl Loaded {
    /// Graph and shapes.
    pub fn shaped(&self) -> &Shaped {
        &self.network.shaped
    }
}

/// Compiles a file without showing anything.
pub(super) fn compile(session: &Session, path: &Path, options: &NetOptions) -> Result<Compiled, Failure> {
    if files::has_extension(path, "onnx") {
        return Err(Failure::usage(format!("cannot read `{}`: this version does not read ONNX", files::shown(path))));
    }
    let text = files::read_text(path)?;
    Ok(compile_text(session, path, text, options))
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
    let errors: Vec<Diagnostic> = compiled.diagnostics.into_iter().filter(Diagnostic::is_error).collect();
    Session::show(&compiled.sources, &errors);
    let code = exit_code(&errors);
    match (compiled.network, compiled.asts.into_iter().next()) {
        (Some(network), Some(ast)) => {
            let notes = syntax::notes(compiled.sources.get(ast.source).text(), &ast);
            Ok(Loaded { name: files::shown(path), sources: compiled.sources, ast, notes, network, code })
        }
        (None, _) | (_, None) => Err(Failure::Reported(if code == 0 { TROUBLE } else { code })),
    }
}

/// Compiles several files; every one is tried, so that all errors are shown at once.
pub(super) fn load_all(session: &Session, paths: &[PathBuf], options: &NetOptions) -> Result<(Vec<Loaded>, u8), Failure> {
    let (mut all, mut code) = (Vec::new(), 0);
    for path in paths {
        match load(session, path, options) {
            Ok(loaded) => {
                code = code.max(loaded.code);
                all.push(loaded);
            }
            Err(Failure::Pipe) => return Err(Failure::Pipe),
            Err(failure) => code = code.max(failure.report()),
        }
    }
    Ok((all, code))
}

/// The numbers of a network under other options than the compiler's own.
pub(super) fn analysis(shaped: &Shaped, options: &Options) -> Result<Analysis, Failure> {
    analysis::analyze(shaped, options).map_err(|overflow| {
        let name = &shaped.graph().node(overflow.node).name;
        let message = format!("the {} at `{name}` do not fit in 64 bits", overflow.what);
        Diagnostic::bare(Code::CountOverflow, Severity::Error, message).into()
    })
}
