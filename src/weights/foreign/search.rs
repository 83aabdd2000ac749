//! The whole search: what a map says, what is left over, and then all that holds the same.
//!
//! In: the tensors of both sides. Out: pairs of them, or why there are none.

use std::collections::{BTreeMap, BTreeSet};

use super::align::{Alignment, Side};
use super::map::NameMap;
use super::modules::{self, Forms, Module, Needed};
use super::refusal::Refusal;
use super::surplus;
use super::tree::Keys;
use crate::shape::Shaped;

/// Pairs of the network's tensors, in order of execution, and the file's; and the scopes of the file that are left.
type Found = (BTreeMap<usize, usize>, Vec<String>);

/// What is found so far.
#[derive(Debug)]
pub(super) struct Search<'a> {
    shaped: &'a Shaped,
    needed: &'a [Needed],
    names: &'a [(String, Vec<u64>)],
    pairs: BTreeMap<usize, usize>,
    left: Vec<String>,
}

impl<'a> Search<'a> {
    /// Nothing is found yet.
    pub fn new(shaped: &'a Shaped, (needed, names): (&'a [Needed], &'a [(String, Vec<u64>)])) -> Self {
        Self { shaped, needed, names, pairs: BTreeMap::new(), left: Vec::new() }
    }

    /// Finds everything.
    pub fn run(mut self, map: &NameMap) -> Result<Found, Refusal> {
        let (needed, names) = (self.needed, self.names);
        let mut forms = Forms::default();
        let flat = modules::flattened(self.shaped, needed);
        let (mut ours, mut theirs): (Rest, Rest) = ((0..needed.len()).collect(), (0..names.len()).collect());
        for (line, to) in &map.lines {
            let (from, to) = self.line((line, to.as_deref()), (&mut ours, &mut theirs))?;
            let (from, to) = (forms.theirs(names, &from, &flat), forms.ours(needed, &to));
            if to.is_empty() {
                continue;
            }
            let fits = surplus::without(&to, from, (needed, names))
                .and_then(|(from, left)| if left.is_empty() { self.align(to, from) } else { Err(Refusal::spare(&left)) });
            fits.map_err(|why| Refusal::Map { line: line.clone(), why: format!("cannot be followed: {why}") })?;
        }
        let (ours, theirs) = (forms.ours(needed, &ours), forms.theirs(names, &theirs, &flat));
        let (theirs, left) = surplus::without(&ours, theirs, (needed, names))?;
        self.left.extend(left);
        self.align(ours, theirs)?;
        Ok((self.pairs, self.left))
    }

    /// Matches what holds the same.
    fn align(&mut self, ours: Vec<Module>, theirs: Vec<Module>) -> Result<(), Refusal> {
        if ours.is_empty() {
            return Ok(());
        }
        let mut keys = Keys::default();
        let (ours, theirs) = (Side::new(ours, &mut keys), Side::new(theirs, &mut keys));
        let mut alignment = Alignment::new(self.shaped.graph(), &ours, &theirs);
        if let Err(groups) = alignment.run() {
            return Err(Refusal::ambiguous(&alignment, &groups));
        }
        let doubts = alignment.doubts();
        if !doubts.is_empty() {
            return Err(Refusal::doubted(&alignment, &doubts));
        }
        for (theirs_at, ours_at) in &alignment.image {
            let (our, their) = (&ours.modules[*ours_at], &theirs.modules[*theirs_at]);
            self.pairs.extend(our.tensors.iter().map(|(role, tensor)| (*tensor, their.tensors[role])));
        }
        Ok(())
    }
}

/// Tensors of a side that are in no pair yet.
type Rest = BTreeSet<usize>;

impl Search<'_> {
    /// What a line of the map speaks of, which the rest loses: the file's tensors, and the network's. None of the network's where
    /// the line leaves the file's out, or has settled them.
    fn line(
        &mut self,
        (from, to): (&str, Option<&str>),
        (ours, theirs): (&mut Rest, &mut Rest),
    ) -> Result<(Rest, Rest), Refusal> {
        let wrong = |why: String| Refusal::Map { line: from.to_owned(), why };
        let chosen: Rest = theirs.iter().copied().filter(|i| lies_in(&self.names[*i].0, from)).collect();
        if chosen.is_empty() {
            return Err(wrong("names nothing in the file, or what other lines have named".to_owned()));
        }
        theirs.retain(|i| !chosen.contains(i));
        let Some(to) = to else {
            self.left.push(from.to_owned());
            return Ok((chosen, Rest::new()));
        };
        let needed: Rest = ours.iter().copied().filter(|i| lies_in(&self.needed[*i].name, to)).collect();
        if needed.is_empty() {
            return Err(wrong(format!("goes to `{to}`, which names nothing in the network, or what other lines have named")));
        }
        ours.retain(|i| !needed.contains(i));
        Ok((chosen, needed))
    }
}

/// Whether a tensor has a path, or lies in its scope.
fn lies_in(name: &str, path: &str) -> bool {
    name.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
