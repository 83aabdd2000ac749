//! What layers are called here.
//!
//! In: the layers of prediction. Out: the path of each. Slashes make scopes; so does an underscore behind the name of another
//! layer (`res2a_branch1` beside `res2a`), for files without slashes are scoped so. A layer in place, but for dropout, is a part of the one
//! whose blob it changes: `conv1` with `bn_conv1` and `relu1` in place is `conv1.conv`, `conv1.bn` and `conv1.relu`.

use std::collections::{HashMap, HashSet};

use super::super::naming::path;
use super::phase::Layer;

/// Gives each layer its path.
pub(super) fn name(layers: &mut [Layer<'_>]) {
    let names: HashSet<String> = layers.iter().map(|layer| layer.name.clone()).collect();
    // Who made a blob that carries its maker's name.
    let mut makers: HashMap<&str, String> = HashMap::new();
    for layer in layers {
        let is_in_place = matches!((layer.bottoms.first(), layer.tops.as_slice()), (Some(bottom), [top]) if bottom == top);
        let is_part = is_in_place && layer.kind != "Dropout";
        let maker = if is_part { layer.tops.first().and_then(|top| makers.get(top)) } else { None };
        layer.path = maker.cloned().unwrap_or_else(|| scoped(&layer.name, &names));
        if let Some(top) = layer.tops.first().filter(|top| !is_in_place && **top == layer.name) {
            makers.insert(top, layer.path.clone());
        }
    }
}

fn scoped(name: &str, names: &HashSet<String>) -> String {
    let is_scope = |at: &usize| {
        let rest = &name[at + 1..];
        rest.starts_with(|c: char| c.is_ascii_alphabetic()) && names.contains(&name[..*at])
    };
    if name.contains('/') {
        return path(name);
    }
    let split = name.match_indices('_').map(|(at, _)| at).rfind(is_scope);
    split.map_or_else(|| path(name), |at| format!("{}.{}", path(&name[..at]), path(&name[at + 1..])))
}
