//! A network as a PyTorch module that a person can read.
//!
//! In: a [`Shaped`] network. Out: the text of a Python file: a class for each block that the network's outline has and one for
//! the net, whose `state_dict` has the names, shapes and values of our weights. What operations are there is the word of
//! `forms`; which arguments the classes take follows from comparing all their uses (`uses`, `fit`, `zip`), so that nothing is
//! written that does not hold in each of them. Where the outline does not say the network, it is one class, layer by layer.
//!
//! It must not know files: who writes them names the one that the weights stand in.

mod body;
mod class;
mod file;
mod fit;
mod forms;
mod forward;
mod helpers;
mod layout;
mod modules;
mod python;
mod tree;
mod turns;
mod uses;
mod zip;

use crate::shape::Shaped;

/// An operation that cannot be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The layer.
    pub layer: String,
    /// Why.
    pub why: &'static str,
    /// What to do.
    pub help: &'static str,
}

/// A module that is written.
#[derive(Debug, Clone)]
pub struct Module {
    /// The Python file.
    pub text: String,
    /// The names of its `state_dict`, ascending; `num_batches_tracked` is left out.
    pub tensors: Vec<String>,
}

/// Why a class is not written.
#[derive(Debug)]
enum Stop {
    /// Uses of a block are not written alike.
    Unlike,
    Refused(Refusal),
}

/// The network as a module, whose weights stand in `weights`, a file beside it.
///
/// # Errors
/// The first layer that PyTorch has no way to write here.
pub fn module(shaped: &Shaped, weights: &str) -> Result<Module, Refusal> {
    match file::outlined(shaped, weights) {
        Some(Ok(module)) => Ok(module),
        Some(Err(Stop::Refused(_) | Stop::Unlike)) | None => file::flat(shaped, weights),
    }
}
