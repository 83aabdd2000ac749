//! What blocks are called, and what can be a name of the language.

use super::body::{Block, Body, What};
use super::classes::Class;
use super::units::Units;
use crate::graph::Graph;
use crate::op::{Merge, Op, table};
use crate::words;

/// A name that no other block has: what the block is known as, or else the scope that it came from.
pub(super) fn block(units: &Units<'_>, class: &Class, body: &Body, blocks: &[Block]) -> String {
    let path = &units.get(class.instances[0].unit).path;
    let own = known(units.graph(), body, blocks).unwrap_or_else(|| of_scope(path));
    let mut names = std::iter::once(own.clone()).chain((2..).map(|n| format!("{own}_{n}")));
    names.find(|name| !blocks.iter().any(|block| block.name == *name)).expect("numbers do not end")
}

/// The scope's name without its number; an element of a list is called after the list.
fn of_scope(path: &str) -> String {
    let is_number = |segment: &&str| segment.chars().all(|c| c.is_ascii_digit());
    let segment = path.rsplit('.').find(|segment| !is_number(segment)).unwrap_or("part");
    let is_element = path.rsplit('.').next().is_some_and(|last| is_number(&last));
    let stem = stem(segment);
    let stem = if is_element { stem.strip_suffix('s').unwrap_or(stem) } else { stem };
    identifier(&if stem.is_empty() { segment } else { stem }.to_lowercase())
}

/// A name without the number at its end: `inception` of `inception3a`, `mixed` of `mixed_5b`, `block` of `block1-0`.
fn stem(name: &str) -> &str {
    let mark = |c: char| c.is_ascii_digit() || matches!(c, '_' | '-');
    let letterless =
        name.strip_suffix(|c: char| c.is_ascii_lowercase()).filter(|rest| rest.ends_with(|c: char| c.is_ascii_digit()));
    letterless.unwrap_or(name).trim_end_matches(mark)
}

/// The layers of a body, those of the blocks that it uses among them.
fn layers<'g>(graph: &'g Graph, body: &Body, blocks: &[Block]) -> Vec<&'g Op> {
    let mut found = Vec::new();
    for step in &body.steps {
        match &step.what {
            What::Layer { like, .. } => found.push(&graph.node(*like).op),
            What::Call { block, .. } | What::Loop { block, .. } | What::Grow { block, .. } => {
                found.extend(layers(graph, &blocks[*block].body, blocks));
            }
        }
    }
    found
}

/// Blocks that the field has words for, by what they are made of.
fn known(graph: &Graph, body: &Body, blocks: &[Block]) -> Option<String> {
    let ops = layers(graph, body, blocks);
    let kernels: Vec<(bool, bool)> = ops
        .iter()
        .filter_map(|op| if let Op::Conv(conv) = op { Some((conv.depthwise, conv.kernel == [1, 1])) } else { None })
        .collect();
    let merges = |merge: Merge| ops.iter().any(|op| matches!(op, Op::Elementwise(own) if own.merge == merge));
    let has = |keyword: &str| ops.iter().any(|op| op.keyword() == keyword);
    let calls = body.steps.iter().any(|step| !matches!(step.what, What::Layer { .. }));
    let plain: Vec<bool> = kernels.iter().filter(|(depthwise, _)| !depthwise).map(|(_, pointwise)| *pointwise).collect();
    let depthwise = kernels.len() > plain.len();
    if merges(Merge::Mul) && has("global_avgpool") && !calls && plain.len() == 2 && !depthwise {
        return Some("squeeze_excite".to_owned());
    }
    let adds = body.steps.iter().any(|step| match &step.what {
        What::Layer { like, .. } => matches!(&graph.node(*like).op, Op::Elementwise(own) if own.merge == Merge::Add),
        What::Call { .. } | What::Loop { .. } | What::Grow { .. } => false,
    });
    if adds {
        let word = match plain.as_slice() {
            _ if depthwise => (plain.len() > 1).then_some("inverted_residual"),
            [true, false, true, ..] | [true, true, false, true, ..] => Some("bottleneck"),
            [false, false] | [false, false, true] => Some("basic"),
            _ => None,
        };
        return word.map(str::to_owned);
    }
    let pipe = body.steps.iter().all(|step| step.inputs.len() == 1);
    match (kernels.as_slice(), ops.as_slice()) {
        ([(depthwise, _)], [Op::Conv(_), rest @ ..]) if pipe && !calls && !rest.is_empty() && rest.len() < 3 => {
            let behind: Vec<&str> = rest.iter().map(|op| op.keyword()).collect();
            Some(format!("{}_{}", if *depthwise { "dwconv" } else { "conv" }, behind.join("_")))
        }
        _ => None,
    }
}

/// Whether a text can be bound as it is.
pub(super) fn is_plain(name: &str) -> bool {
    identifier(name) == name
}

/// A path as a single name.
pub(super) fn identifier(path: &str) -> String {
    let kept: String = path.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    let begins = kept.starts_with(|c: char| c.is_alphabetic());
    let own = if begins { kept } else { format!("_{kept}") };
    let means = words::is_reserved(&own) || words::stands_for_itself(&own) || words::FUNCTIONS.contains(&own.as_str());
    if means || table::find(&own).is_some() { format!("{own}_") } else { own }
}

/// A name, or another one where it is taken.
pub(super) fn free(wanted: &str, otherwise: &str, taken: &[&str]) -> String {
    let mut names = [wanted.to_owned(), otherwise.to_owned()].into_iter().chain((2..).map(|n| format!("{wanted}{n}")));
    names.find(|name| !taken.contains(&name.as_str())).expect("numbers do not end")
}
