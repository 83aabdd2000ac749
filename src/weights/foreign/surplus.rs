//! What one side has and the other has not.
//!
//! In: the modules of both sides. Out: the file's modules without those that the network has no place for, or why they do not
//! fit each other. Left out are whole outermost scopes that hold just what is too much and say by their names that a network
//! can do without them: auxiliary classifiers and heads. Whatever lies deeper would make it another network.

use std::collections::{BTreeMap, BTreeSet};

use super::modules::{Module, Needed};
use super::refusal::Refusal;
use super::words::words;

/// The tensors of both sides.
type Tensors<'a> = (&'a [Needed], &'a [(String, Vec<u64>)]);

/// The file's modules that the network has a place for, and the scopes of the others.
pub(super) fn without(ours: &[Module], theirs: Vec<Module>, tensors: Tensors<'_>) -> Result<(Vec<Module>, Vec<String>), Refusal> {
    let mut more: BTreeMap<usize, i64> = BTreeMap::new();
    for (modules, sign) in [(theirs.as_slice(), 1), (ours, -1)] {
        for module in modules {
            *more.entry(module.form).or_default() += sign;
        }
    }
    more.retain(|_, count| *count != 0);
    if more.values().any(|count| *count < 0) {
        return Err(missing((ours, &theirs), &more, tensors));
    }
    if more.is_empty() {
        return Ok((theirs, Vec::new()));
    }
    let scopes = outermost(&theirs);
    // What only training uses, before heads: an auxiliary classifier may end as the network does.
    let spare = [is_auxiliary as fn(&str) -> bool, is_spare].into_iter().find_map(|is_named| {
        let fits = |(scope, modules): &(&&str, &Vec<usize>)| {
            is_named(scope)
                && counted(&theirs, modules).iter().all(|(form, count)| more.get(form).is_some_and(|most| count <= most))
        };
        let spare: BTreeMap<&str, &Vec<usize>> = scopes.iter().filter(fits).map(|(scope, modules)| (*scope, modules)).collect();
        let all: Vec<usize> = spare.values().flat_map(|modules| *modules).copied().collect();
        (counted(&theirs, &all) == more).then_some((spare.keys().map(|scope| (*scope).to_owned()).collect(), all))
    });
    let Some((left, out)) = spare else {
        return Err(Refusal::left_over(theirs.iter().filter(|module| more.contains_key(&module.form)), &more));
    };
    let out: BTreeSet<usize> = out.into_iter().collect();
    Ok((theirs.into_iter().enumerate().filter(|(i, _)| !out.contains(i)).map(|(_, module)| module).collect(), left))
}

/// How many of these modules have each form.
fn counted(all: &[Module], modules: &[usize]) -> BTreeMap<usize, i64> {
    let mut counts = BTreeMap::new();
    for module in modules {
        *counts.entry(all[*module].form).or_default() += 1;
    }
    counts
}

/// The modules by the first segment in which any differ.
fn outermost(modules: &[Module]) -> BTreeMap<&str, Vec<usize>> {
    let mut depth = 1;
    loop {
        let mut scopes: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (i, module) in modules.iter().enumerate() {
            let end = module.path.match_indices('.').nth(depth - 1).map_or(module.path.len(), |(at, _)| at);
            scopes.entry(&module.path[..end]).or_default().push(i);
        }
        let goes_deeper = modules.iter().any(|module| module.path.matches('.').count() >= depth);
        if scopes.len() > 1 || !goes_deeper {
            return scopes;
        }
        depth += 1;
    }
}

/// Whether a scope's name says that only training uses it.
fn is_auxiliary(scope: &str) -> bool {
    let last = scope.rsplit('.').next().unwrap_or(scope);
    words(last).iter().any(|word| word.contains("aux"))
}

/// Whether a scope's name says that a network can do without it.
fn is_spare(scope: &str) -> bool {
    is_auxiliary(scope) || words(scope.rsplit('.').next().unwrap_or(scope)).contains("head")
}

fn missing((ours, theirs): (&[Module], &[Module]), more: &BTreeMap<usize, i64>, (needed, names): Tensors<'_>) -> Refusal {
    let one = |name: &str, dims: &[u64]| format!("`{name}` {dims:?}");
    let our = |module: &Module| module.tensors.values().last().map(|tensor| one(&needed[*tensor].name, &needed[*tensor].dims));
    let their = |module: &Module| module.tensors.values().last().map(|tensor| one(&names[*tensor].0, &names[*tensor].1));
    let sum =
        |is_less: bool| more.values().filter(|count| (**count < 0) == is_less).map(|count| count.unsigned_abs() as usize).sum();
    Refusal::Missing {
        layers: sum(true),
        named: examples((ours, theirs), |form| more.get(&form).is_some_and(|count| *count < 0)).filter_map(our).collect(),
        spare: sum(false),
        left: examples((theirs, ours), |form| more.get(&form).is_some_and(|count| *count > 0)).filter_map(their).collect(),
    }
}

/// The first module of each form that is wanted; those of which the other side has none before the others.
fn examples<'m>((own, other): (&'m [Module], &[Module]), is_wanted: impl Fn(usize) -> bool) -> impl Iterator<Item = &'m Module> {
    let there: BTreeSet<usize> = other.iter().map(|module| module.form).collect();
    let mut seen = BTreeSet::new();
    let first: Vec<&Module> = own.iter().filter(|module| is_wanted(module.form) && seen.insert(module.form)).collect();
    let (shared, alone): (Vec<_>, Vec<_>) = first.into_iter().partition(|module| there.contains(&module.form));
    alone.into_iter().chain(shared)
}
