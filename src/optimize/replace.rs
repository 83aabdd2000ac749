//! A network without the bottlenecks that an earlier run wrote into its text, so that it can be planned anew.
//!
//! In: a network with its text. Out: [`Without`]: the text with them taken back, its asserted numbers those of the network
//! without, and what it compiles to. Nothing is guessed: where the counts that the text gives for itself do not come out, it is
//! refused.

use std::path::Path;

use super::claims::{Claims, Pair};
use super::edited::{Origin, laid_out_as, numbers, tried};
use super::trials::trials;
use super::written_out::WRITTEN_OUT;
use crate::code::Code;
use crate::compile::{Compiled, Loaded, Loader, Network, Settings, compile};
use crate::diagnostic::{Diagnostic, Edit, Severity};
use crate::digits::grouped;
use crate::syntax::ast::Comment;
use crate::writeback::edit;
use crate::writeback::undo::{Undone, undone};

/// A network without earlier bottlenecks.
#[derive(Debug)]
pub struct Without {
    /// The network, with its text.
    pub loaded: Loaded,
    /// How many `refine` statements were taken out.
    pub lines: usize,
    /// How many steps of blocks were taken out.
    pub steps: usize,
    /// Whether what was taken out was changed after it had been written: it is gone all the same.
    pub was_changed: bool,
}

/// The network of a file without what an earlier run wrote there, under the same values; `None` where there is nothing of it.
/// Assertions that failed in the file do so still.
///
/// # Errors
/// What was written has been changed so that it cannot be taken back.
pub fn without(file: &Loaded, set: &[(String, String)], loader: &dyn Loader) -> Result<Option<Without>, Box<Diagnostic>> {
    let Some(source) = &file.source else { return Ok(None) };
    let undone = undone(source.text(), &source.ast)?;
    if undone.edits.is_empty() {
        return Ok(None);
    }
    let compiled = |text: String, set: &[(String, String)]| {
        compile(&file.name, text, loader, &Settings { set: set.to_vec(), ..Settings::default() })
    };
    // What a text says of itself is about its own values.
    let plain = Loaded::new(file.name.clone(), compiled(source.text().to_owned(), &[])).ok();
    let (own, own_set) = plain.as_ref().map_or((file, set), |plain| (plain, &[]));
    let draft = edit::apply(source.text(), &undone.edits);
    let network = network(compiled(draft.clone(), own_set))?;
    let was_changed = if plain.is_some() { is_changed(&undone, &own.network, &network)? } else { false };
    let text = edit::apply(source.text(), &[undone.edits, records((own, own_set), &network, &draft, loader)].concat());
    let compiled = compiled(laid_out_as(source.text(), text), set);
    let loaded = Loaded::new(file.name.clone(), compiled).map_err(|(_, errors)| unmade(errors.first()))?;
    Ok(Some(Without { loaded, lines: undone.lines, steps: undone.steps, was_changed }))
}

/// Whether an earlier run wrote a file out with all its layers.
#[must_use]
pub fn written_out(file: &Loaded) -> bool {
    let Some(source) = &file.source else { return false };
    let said = |comment: &Comment| source.text().get(comment.span.start as usize..comment.span.end as usize);
    source.ast.comments.iter().filter_map(said).any(|line| line.trim_start_matches(['#', ' ']).starts_with(WRITTEN_OUT))
}

fn network(compiled: Compiled) -> Result<Network, Box<Diagnostic>> {
    let Compiled { network, diagnostics, .. } = compiled;
    network.ok_or_else(|| unmade(diagnostics.iter().find(|found| found.is_error())))
}

fn unmade(error: Option<&Diagnostic>) -> Box<Diagnostic> {
    let reason = error.map_or("nothing is left of it", |error| error.message.as_str());
    refused(format!("without the earlier bottlenecks the text makes no network: {reason}"))
}

fn refused(message: String) -> Box<Diagnostic> {
    let help =
        "optimize the file that this one was made from, or write the bottlenecks there by hand and take their comment away";
    Box::new(Diagnostic::bare(Code::EarlierBottlenecks, Severity::Error, message).help(help))
}

/// Whether what an earlier run wrote has been changed since, and nothing else. Headings say what the network came to before and
/// after: where it still comes to the one, it must come to the other without.
fn is_changed(undone: &Undone, with: &Network, without: &Network) -> Result<bool, Box<Diagnostic>> {
    let Some((before, after)) = undone.counts() else { return Ok(false) };
    let counts = |network: &Network| [network.analysis.totals.macs, network.analysis.totals.params];
    let (with, without) = (counts(with), counts(without));
    if with == after && without != before {
        let [said, made] =
            [before, without].map(|[macs, params]| format!("{} MACs and {} parameters", grouped(macs), grouped(params)));
        let message =
            format!("the earlier bottlenecks were made from a network of {said}, and without them the text makes one of {made}");
        return Err(refused(message));
    }
    Ok(with != after && without == before)
}

/// The edits that make the file's records of its numbers those of the network without.
fn records((own, set): (&Loaded, &[(String, String)]), network: &Network, draft: &str, loader: &dyn Loader) -> Vec<Edit> {
    let Some(source) = &own.source else { return Vec::new() };
    let folders = (Path::new(""), Path::new(""));
    let on = Origin { before: own, source, set, name: &own.name, folders, root: None, said: "", replaces: None, loader };
    let mut claims = Claims::new(&on);
    let conditions = &own.network.conditions;
    claims.hold(Pair { conditions, before: numbers(&own.network), after: numbers(network) }, None);
    for trial in trials(&on).0 {
        // Where there is nothing to compare with, nothing is compared.
        let _ = tried(&on, &trial, draft, &mut claims);
    }
    claims.records()
}
