//! A graph as text that a person would write, where reading that text gives the graph again.

use super::{NoFiles, Settings, compile};
use crate::graph::print::print;
use crate::graph::same::same;
use crate::outline;
use crate::shape::Shaped;

/// The network with blocks and loops where it has them; layer by layer where they cannot say it. The layout is the
/// formatter's.
#[must_use]
pub fn written(shaped: &Shaped) -> String {
    let outlined = outline::outline(shaped).map(|outline| outline::print(shaped.graph(), &outline));
    outlined.filter(|text| says(text, shaped)).unwrap_or_else(|| print(shaped.graph()))
}

/// Whether a text makes this network.
fn says(text: &str, shaped: &Shaped) -> bool {
    let compiled = compile("", text.to_owned(), &NoFiles, &Settings::default());
    !compiled.has_errors() && compiled.network.is_some_and(|network| same(shaped.graph(), network.shaped.graph()))
}
