//! Modules by the scopes that they lie in, and which scopes hold the same.
//!
//! In: the paths and forms of modules. Out: a tree in which every scope has at least two children, and for each scope a key that
//! is another's where both hold as many modules of each form.

use std::collections::{BTreeMap, HashMap};

use super::modules::Module;
use super::words::natural;

/// A scope, or a module.
#[derive(Debug)]
pub(super) struct Scope {
    /// Its whole path; of a scope with one child, the child's.
    pub path: String,
    /// What it holds, in the order of names.
    pub children: Vec<usize>,
    /// The modules in it.
    pub modules: Vec<usize>,
    /// What it holds.
    pub key: usize,
}

/// The scopes of one side; the root is the last.
#[derive(Debug)]
pub(super) struct Tree {
    pub scopes: Vec<Scope>,
    /// The scope that each lies in.
    pub parents: Vec<Option<usize>>,
}

/// Numbers for what scopes hold, shared by both sides.
#[derive(Debug, Default)]
pub(super) struct Keys(HashMap<Vec<usize>, usize>);

impl Keys {
    fn of(&mut self, modules: &[usize], all: &[Module]) -> usize {
        let mut forms: Vec<usize> = modules.iter().map(|module| all[*module].form).collect();
        forms.sort_unstable();
        let next = self.0.len();
        *self.0.entry(forms).or_insert(next)
    }
}

/// The deepest nesting that is kept; what lies deeper is taken for part of the last name.
const DEEPEST: usize = 64;

impl Tree {
    /// Of these modules.
    pub fn new(all: &[Module], keys: &mut Keys) -> Self {
        let mut tree = Self { scopes: Vec::new(), parents: Vec::new() };
        tree.grow(all, (0..all.len()).collect(), (0, keys));
        let paths: Vec<String> = tree.scopes.iter().map(|scope| scope.path.clone()).collect();
        tree.scopes.iter_mut().for_each(|scope| scope.children.sort_by(|one, other| natural(&paths[*one], &paths[*other])));
        tree.parents = vec![None; tree.scopes.len()];
        for (parent, scope) in tree.scopes.iter().enumerate() {
            scope.children.iter().for_each(|child| tree.parents[*child] = Some(parent));
        }
        tree
    }

    /// The scope of everything.
    pub fn root(&self) -> usize {
        self.scopes.len() - 1
    }

    /// Adds a scope whose modules share so many segments; its index.
    fn grow(&mut self, all: &[Module], modules: Vec<usize>, (depth, keys): (usize, &mut Keys)) -> usize {
        let segment = |module: &usize| all[*module].path.splitn(DEEPEST, '.').nth(depth);
        let mut index: BTreeMap<Option<&str>, usize> = BTreeMap::new();
        let mut parts: Vec<Vec<usize>> = Vec::new();
        for module in &modules {
            let at = *index.entry(segment(module)).or_insert(parts.len());
            if at == parts.len() {
                parts.push(Vec::new());
            }
            parts[at].push(*module);
        }
        let is_end = modules.iter().all(|module| segment(module).is_none());
        if !is_end && parts.len() == 1 {
            return self.grow(all, modules, (depth + 1, keys));
        }
        let children = if modules.len() < 2 {
            Vec::new()
        } else if is_end {
            // Modules of one path: a shared set used by layers of two kinds.
            modules.iter().map(|module| self.add(all, (vec![*module], Vec::new()), (usize::MAX, keys))).collect()
        } else {
            parts.into_iter().map(|part| self.grow(all, part, (depth + 1, keys))).collect()
        };
        self.add(all, (modules, children), (depth, keys))
    }

    fn add(&mut self, all: &[Module], (modules, children): (Vec<usize>, Vec<usize>), (depth, keys): (usize, &mut Keys)) -> usize {
        let path = modules.first().map_or("", |module| all[*module].path.as_str());
        let segments = if children.is_empty() { usize::MAX } else { depth };
        let path = path.splitn(DEEPEST, '.').take(segments).collect::<Vec<_>>().join(".");
        let key = keys.of(&modules, all);
        self.scopes.push(Scope { path, children, modules, key });
        self.scopes.len() - 1
    }

    /// A scope and all in it, the larger first and then as they stand.
    pub fn within(&self, scope: usize) -> Vec<usize> {
        let mut found = vec![scope];
        let mut next = 0;
        while let Some(at) = found.get(next).copied() {
            found.extend(&self.scopes[at].children);
            next += 1;
        }
        found
    }
}
