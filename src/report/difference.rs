//! What differs between a layer before and after, in words: `out 64 -> 32`, `kernel 5 -> 3`, `input channels 64 -> 16`.
//!
//! In: the operation and the row of each. Out: a clause for each difference, in the order of the operation's arguments.

use super::network::Row;
use crate::graph::print::{argument as written, call};
use crate::op::Op;
use crate::op::table::printed_args;

/// The differences of a layer; none where it only moved.
pub(super) fn differences((old, before): (&Op, &Row<'_>), (new, after): (&Op, &Row<'_>)) -> Vec<String> {
    let mut all = if old.keyword() == new.keyword() { arguments(old, new) } else { vec![arrow(&call(old), &call(new))] };
    if before.inputs.len() == after.inputs.len() {
        all.extend(inputs(before, after));
    } else {
        all.push(format!("inputs {}", arrow(&before.inputs.len().to_string(), &after.inputs.len().to_string())));
    }
    if all.is_empty() && before.output != after.output {
        all.push(format!("output {}", arrow(&before.output.0.to_string(), &after.output.0.to_string())));
    }
    if all.is_empty() && (before.params, before.macs) != (after.params, after.macs) {
        all.push("weights shared differently".to_owned());
    }
    all
}

fn arrow(before: &str, after: &str) -> String {
    format!("{before} -> {after}")
}

/// Arguments that are not what they were.
fn arguments(old: &Op, new: &Op) -> Vec<String> {
    if old == new {
        return Vec::new();
    }
    let (before, after) = (printed_args(old), printed_args(new));
    let text = |args: &[(&'static str, _)], name: &str, default: Option<String>| {
        let given = args.iter().find(|(other, _)| *other == name).map(|(_, given)| written(given));
        given.or(default).unwrap_or_else(|| "none".to_owned())
    };
    let changed = old.info().params.iter().filter_map(|param| {
        let of = |args: &[_]| text(args, param.name, param.default_text());
        let (before, after) = (of(&before), of(&after));
        (before != after).then(|| argument(param.name, &before, &after))
    });
    let changed: Vec<String> = changed.collect();
    // What is no call has no arguments: `x + 1`, a constant.
    if changed.is_empty() { vec!["other values".to_owned()] } else { changed }
}

fn argument(name: &str, before: &str, after: &str) -> String {
    // What the language calls `k` is the kernel to people.
    let name = if name == "k" { "kernel" } else { name };
    match (before, after) {
        ("false", "true") => format!("{name} added"),
        ("true", "false") => format!("{name} removed"),
        _ => format!("{name} {}", arrow(before, after)),
    }
}

/// What the clause on a map with other channels begins with.
pub(super) const INPUT_CHANNELS: &str = "input channels";

/// Channels and sizes of what is read, of the first input where they differ.
fn inputs(before: &Row<'_>, after: &Row<'_>) -> Option<String> {
    let (old, new) = before.inputs.iter().zip(&after.inputs).map(|(old, new)| (old.0, new.0)).find(|(old, new)| old != new)?;
    if old.rank() == new.rank() && old.dims()[1..] == new.dims()[1..] {
        let what = if old.rank() == 1 { "input features" } else { INPUT_CHANNELS };
        return Some(format!("{what} {}", arrow(&old.channels().to_string(), &new.channels().to_string())));
    }
    Some(format!("input {}", arrow(&old.to_string(), &new.to_string())))
}
