//! Weights under the names of another program, brought under those of the network.
//!
//! In: tensors with the names that torchvision, timm or somebody's training script gave them, a network, and a map of names
//! where there is one. Out: the same tensors under the network's names, or why it is not certain which is which. A wrong match
//! would run without a word, so that every match must follow from shapes, scopes and order, or from words; where two modules
//! could be exchanged, or names contradict what was found, nothing is claimed.
//!
//! Names are all there is to go by: a safetensors file has no order of its own. They are taken as a tree of scopes, as the
//! network's are (`tree`); scopes that hold the same are found in each other (`align`), series of numbers follow the flow of
//! data (`series`), a normalisation stands near its convolution (`companion`), and what was found is held against names and
//! flow once more (`doubt`).

mod align;
mod companion;
mod doubt;
mod map;
mod modules;
mod refusal;
mod search;
mod series;
mod surplus;
mod tree;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use map::NameMap;
pub use refusal::Refusal;
use search::Search;

use super::Weights;
use crate::shape::Shaped;
use crate::tensor::Tensor;

/// Which tensor is which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// Each tensor's name in the network and in the file, in order of execution.
    pub names: Vec<(String, String)>,
    /// The scopes of the file that the network has no place for.
    pub left: Vec<String>,
}

/// How many of a network's tensors weights have under its own names, in percent.
#[must_use]
pub fn own_names(shaped: &Shaped, weights: &Weights) -> usize {
    let (mut all, mut there) = (0usize, 0usize);
    super::for_each_spec(shaped, |name, _| {
        all += 1;
        there += usize::from(weights.get(&name).is_some());
    });
    (100 * there).checked_div(all).unwrap_or(100)
}

/// Finds the network's tensors among a file's, of which names and dimensions are given, in any order.
///
/// # Errors
/// Why it is not certain which tensor is which.
pub fn matched(shaped: &Shaped, file: &[(String, Vec<u64>)], map: &NameMap) -> Result<Matched, Refusal> {
    let needed = modules::needed(shaped);
    let (pairs, left) = Search::new(shaped, (&needed, file)).run(map)?;
    let name = |(ours, theirs): (usize, usize)| (needed[ours].name.clone(), file[theirs].0.clone());
    Ok(Matched { names: pairs.into_iter().map(name).collect(), left })
}

/// Brings weights under the network's names.
///
/// # Errors
/// As [`matched`].
pub fn renamed(shaped: &Shaped, mut weights: Weights, map: &NameMap) -> Result<(Weights, Matched), Refusal> {
    let dims = |tensor: &Tensor| tensor.dims().iter().map(|d| *d as u64).collect();
    let file: Vec<(String, Vec<u64>)> = weights.iter().map(|(name, tensor)| (name.to_owned(), dims(tensor))).collect();
    let matched = matched(shaped, &file, map)?;
    let theirs: BTreeMap<&str, &str> = matched.names.iter().map(|(ours, theirs)| (ours.as_str(), theirs.as_str())).collect();
    let mut named = Weights::new();
    super::for_each_spec(shaped, |name, spec| {
        let Some(tensor) = theirs.get(name.as_str()).and_then(|theirs| weights.remove(theirs)) else { return };
        let dims: Vec<usize> = spec.dims.iter().map(|d| *d as usize).collect();
        // The same values in the same order, where another program has them as another form.
        let tensor = if tensor.dims() == dims { tensor } else { Arc::new(Arc::unwrap_or_clone(tensor).reshaped(dims)) };
        named.insert(name, tensor);
    });
    Ok((named, matched))
}
