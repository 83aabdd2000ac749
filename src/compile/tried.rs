//! Fixes tried before they are offered.
//!
//! In: what was compiled. Out: the same, where each fix that a finding offers was applied and the texts compiled again, and
//! those are left out that do not mend what they are offered for. Whoever shows fixes asks here; who only wants a network
//! does not, since each trial is a compilation. The work is bounded: what was not tried is not offered.

use super::files::{LoadError, Loader};
use super::{Compiled, Settings, compile};
use crate::diagnostic::{Diagnostic, Fix};
use crate::lower::Limits;
use crate::source::{SourceId, SourceSet};
use crate::writeback::edit::apply;
use crate::writeback::proof::mends;
use crate::writeback::work::Work;

/// What a step of building costs, in bytes read.
const STEP: u64 = 8;

/// Steps for one of which a finding counts a byte.
const TOLD: u64 = 16;

/// Steps from which on a finding costs no more: in a larger graph not all is looked through.
const COMPARED: u64 = 1 << 14;

/// A fix may bring what was hidden to light, so that its trial takes more steps than there were, but not without end.
const MORE_STEPS: u64 = 10_000;

/// Leaves out each fix after which its finding is still there, or the text reads worse.
pub fn tried(compiled: &mut Compiled, loader: &dyn Loader, settings: &Settings) {
    if compiled.diagnostics.iter().all(|found| found.fixes.is_empty()) {
        return;
    }
    let sources = std::mem::take(&mut compiled.sources);
    let mut before = (sources, std::mem::take(&mut compiled.diagnostics));
    let steps = (4 * compiled.steps).saturating_add(MORE_STEPS).min(settings.limits.steps);
    // What a trial's own findings would offer is of no use.
    let settings = Settings { limits: Limits { steps, compared: 0, ..settings.limits }, ..settings.clone() };
    let trial = Trial { loader, settings: &settings };
    let work = Work::default();
    let kept: Vec<Vec<Fix>> = before.1.iter().map(|found| trial.kept(found, &before, &work)).collect();
    for (found, fixes) in before.1.iter_mut().zip(kept) {
        found.fixes = fixes;
    }
    (compiled.sources, compiled.diagnostics) = before;
}

impl Compiled {
    /// The texts and what was found in them. What was made of them is given back.
    #[must_use]
    pub fn findings(self) -> (SourceSet, Vec<Diagnostic>) {
        (self.sources, self.diagnostics)
    }

    /// What this compilation has cost: a byte of text counts one, a step of building `STEP`, a finding as much as looking
    /// through what was built for what comes near to it, a `TOLD`th of the steps.
    #[must_use]
    pub fn work(&self) -> u64 {
        let read: usize = self.sources.iter().map(|(_, source)| source.text().len()).sum();
        let told = self.diagnostics.len() as u64 * self.steps.min(COMPARED) / TOLD;
        read as u64 + STEP * self.steps + told
    }
}

struct Trial<'a> {
    loader: &'a dyn Loader,
    settings: &'a Settings,
}

impl Trial<'_> {
    /// The fixes of a finding that do what they say. Of changes to one shape or another those that leave errors which others do not
    /// leave are contrary to what stands round them.
    fn kept(&self, found: &Diagnostic, before: &(SourceSet, Vec<Diagnostic>), work: &Work) -> Vec<Fix> {
        let errors_left = |fix: &Fix| {
            let (main, _) = before.0.iter().next().filter(|_| work.is_left())?;
            let texts = edited(&before.0, fix);
            let text = texts.iter().find(|(id, _)| *id == main).map_or_else(|| before.0.get(main).text(), |(_, text)| text);
            let loader = Edited { loader: self.loader, sources: &before.0, texts: &texts };
            let after = compile(before.0.get(main).name(), text.to_owned(), &loader, self.settings);
            work.spend(after.work());
            let after = after.findings();
            let left = after.1.iter().filter(|other| other.is_error()).count();
            mends(&[(found, fix)], before, &after).then_some(left)
        };
        let kept: Vec<(&Fix, usize)> = found.fixes.iter().filter_map(|fix| Some((fix, errors_left(fix)?))).collect();
        let least = kept.iter().map(|(_, left)| *left).min();
        let is_best = |(_, left): &&(&Fix, usize)| !found.code.is_of_shapes() || Some(*left) == least;
        kept.iter().filter(is_best).map(|(fix, _)| (*fix).clone()).collect()
    }
}

/// The texts that a fix changes, as they are then.
fn edited(sources: &SourceSet, fix: &Fix) -> Vec<(SourceId, String)> {
    let changed = sources.iter().filter(|(id, _)| fix.edits.iter().any(|edit| edit.span.source == *id));
    let text = |(id, source): (SourceId, &crate::source::Source)| {
        let edits: Vec<_> = fix.edits.iter().filter(|edit| edit.span.source == id).cloned().collect();
        (id, apply(source.text(), &edits))
    };
    changed.map(text).collect()
}

/// Used files as they are after a fix.
struct Edited<'a> {
    loader: &'a dyn Loader,
    sources: &'a SourceSet,
    texts: &'a [(SourceId, String)],
}

impl Loader for Edited<'_> {
    fn find(&self, path: &str, from: &str) -> Result<String, LoadError> {
        self.loader.find(path, from)
    }

    fn read(&self, name: &str) -> Result<String, LoadError> {
        match self.texts.iter().find(|(id, _)| self.sources.get(*id).name() == name) {
            Some((_, text)) => Ok(text.clone()),
            None => self.loader.read(name),
        }
    }
}
