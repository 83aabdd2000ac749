//! What `macs` is called for people: a count by another convention is never shown under the default's name.

use crate::analysis::{Convention, convention};

/// The heading over `macs` in a convention of this name.
#[must_use]
pub fn macs(name: &str) -> &'static str {
    convention::word(convention::from_name(name).unwrap_or(Convention::Default))
}

/// What the key `macs` holds under a convention other than the default.
#[must_use]
pub fn note(name: &str) -> Option<&'static str> {
    match convention::from_name(name).unwrap_or(Convention::Default) {
        Convention::Default => None,
        Convention::Fvcore | Convention::Ptflops | Convention::Torchinfo | Convention::Thop => {
            Some("`macs` holds what this tool calls MACs; `flops` is 2 x MACs + biases by the default convention")
        }
        Convention::Paper2Flops => Some("`macs` holds 2 x MACs; `flops` is 2 x MACs + biases by the default convention"),
    }
}
