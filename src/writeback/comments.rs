//! What a text says of the bottlenecks in it: the plan once, and one line for layers that are changed alike.
//!
//! In: a plan and its changes. Out: lines of comments, without their marks. What is written here is read again by
//! [`sentences`](super::sentences), which takes it back: both keep to the words below.

use std::fmt::Write as _;

use crate::digits::{first_names, grouped};
use crate::op::form::{How, Scale};
use crate::rewrite::plan::{Plan, PlannedChange};

/// What a plan is told under.
pub(super) const HEADING: &str = "Bottlenecks from ";

/// What its claim begins with.
pub(super) const CLAIM: &str = "The plan is ";

/// What a network that is at one width everywhere is told with, before and behind the width.
pub(super) const EVERYTHING: [&str; 2] = ["The whole network at ", " of its width:"];

/// What steps are named behind: all of them, so that they are known again.
pub(super) const BEHIND: &str = ", behind ";

/// What layers are told with that must stay as wide as others.
pub(super) const JOINED: &str = "as wide as what they are joined with.";

/// What savings end with: of one layer, of layers that are alike, of others, of narrower ones with what fewer channels save behind
/// them.
pub(super) const SAVED: [&str; 4] =
    [" parameters.", " parameters each.", " parameters together.", " parameters together with what reads them."];

/// The longest line of a comment, where words allow.
const WIDTH: usize = 94;

/// What the plan is, what made it, and what it comes to.
pub(super) fn heading(plan: &Plan, made_by: &str, notes: &[String]) -> Vec<String> {
    let (before, after) = (plan.before.price, plan.after.price);
    let counts = format!(
        "{} -> {} MACs, {} -> {} parameters.",
        grouped(before.macs),
        grouped(after.macs),
        grouped(before.params),
        grouped(after.params)
    );
    let mut heading = vec![format!("{HEADING}{made_by}:"), counts];
    heading.extend(plan.claim().iter().flat_map(|claim| wrapped(&format!("{CLAIM}{claim}."))));
    heading.extend(notes.iter().flat_map(|note| wrapped(note)));
    heading
}

/// A sentence in lines of at most [`WIDTH`] characters.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// "3 layers, 3x3, 64 to 64 channels at 56x56: 115,605,504 -> 32,112,640 MACs, 36,864 -> 10,272 parameters each."
pub(super) fn of_lines(changes: &[&PlannedChange]) -> Vec<String> {
    // Costs of what must stay as wide as others are told with these.
    if changes.iter().all(|change| (change.before, change.after) == Default::default()) {
        return wrapped(&format!("{}, {JOINED}", described(changes)));
    }
    told(&described(changes), changes)
}

/// What layers are, and what they save: on one line or on two.
fn told(what: &str, changes: &[&PlannedChange]) -> Vec<String> {
    let savings = savings(changes);
    if what.chars().count() + savings.len() + 2 <= WIDTH {
        return vec![format!("{what}: {savings}")];
    }
    [wrapped(&format!("{what}:")), wrapped(&savings)].concat()
}

/// "9 layers, 3x3, behind `conv3x3_reduce`: 1,000 -> 500 MACs, 200 -> 100 parameters together."
pub(super) fn of_steps(names: &[String], changes: &[&PlannedChange]) -> Vec<String> {
    told(&format!("{}{BEHIND}{}", described(changes), first_names(names, names.len())), changes)
}

/// "The whole network at 0.69 of its width:"
pub(super) fn of_everything(scale: Scale) -> String {
    let [before, behind] = EVERYTHING;
    format!("{before}{}{behind}", scale.share())
}

/// "4 layers, 3x3, 256 to 256 channels at 14x14", as far as they agree; all have one kernel.
fn described(changes: &[&PlannedChange]) -> String {
    let first = changes[0].geometry;
    let all = |same: &dyn Fn(&PlannedChange) -> bool| changes.iter().all(|change| same(change));
    let [kh, kw] = first.kernel;
    let mut text = if changes.len() == 1 { String::new() } else { format!("{} layers, ", changes.len()) };
    let _ = write!(text, "{kh}x{kw}");
    if all(&|change| (change.geometry.input, change.geometry.output) == (first.input, first.output)) {
        let _ = write!(text, ", {} to {} channels", first.input, first.output);
    }
    let [h, w] = first.output_map;
    if all(&|change| change.geometry.output_map == first.output_map) && h * w > 1 {
        let _ = write!(text, " at {h}x{w}");
    }
    let width = changes[0].width;
    if matches!(changes[0].how, How::Scale(_)) && all(&|change| change.geometry.output == first.output && change.width == width) {
        let _ = write!(text, ", now to {width}");
    }
    text
}

fn savings(changes: &[&PlannedChange]) -> String {
    let macs = |change: &PlannedChange| (change.before.macs, change.after.macs);
    let params = |change: &PlannedChange| (change.before.params, change.after.params);
    let same = |what: fn(&PlannedChange) -> (u64, u64)| changes.iter().all(|change| what(change) == what(changes[0]));
    let is_narrower = changes.iter().any(|change| matches!(change.how, How::Scale(_)));
    let alike = same(macs) && same(params) && !is_narrower;
    let sum = |what: fn(&PlannedChange) -> (u64, u64)| {
        let pairs = changes.iter().map(|change| what(change));
        if alike { what(changes[0]) } else { pairs.fold((0, 0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1)) }
    };
    let ((work, less_work), (weights, fewer)) = (sum(macs), sum(params));
    let saved = SAVED[match (changes.len(), alike) {
        _ if is_narrower => 3,
        (1, _) => 0,
        (_, true) => 1,
        (_, false) => 2,
    }];
    format!("{} -> {} MACs, {} -> {}{saved}", grouped(work), grouped(less_work), grouped(weights), grouped(fewer))
}
