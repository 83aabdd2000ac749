//! Networks of repeated parts in scopes of any kind are said whole by their outlines.
//!
//! Parts are made from a few templates, with other numbers, layers left out and detours, under names that lists, blocks and
//! nothing of the kind have; their layers may be read from anywhere.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use pointwise::graph::same::same;
use pointwise::outline;
use proptest::prelude::*;

use super::compiled;

/// A layer of a template: what it computes, which of the maps before it reads, and its name within the part.
#[derive(Debug, Clone)]
struct Layer {
    kind: usize,
    reads: [usize; 2],
    name: usize,
}

/// A use of a template.
#[derive(Debug, Clone)]
struct Part {
    template: usize,
    scope: (usize, usize, usize),
    numbers: [usize; 2],
    /// A layer that it leaves out.
    without: usize,
    /// Which of the maps before it reads.
    reads: usize,
}

const NAMES: [&str; 12] =
    ["conv", "bn", "act", "0", "1", "2", "sub.conv", "sub.act", "sub.0.conv", "sub.1.conv", "down.0", "a b.c"];

fn scope((kind, one, two): (usize, usize, usize)) -> String {
    match kind {
        0 => format!("layer{one}.{two}."),
        1 => format!("b{two}."),
        2 => format!("stage.{two}."),
        3 => format!("stage.{one}.blocks.{two}."),
        4 => format!("{}.", ["head", "tail", "x", "net", "i", "conv", "{a}"][(one + two) % 7]),
        5 => format!("a.b{one}c{two}.d."),
        6 => format!("{two}."),
        _ => String::new(),
    }
}

fn layer() -> impl Strategy<Value = Layer> {
    (0..12usize, [0..4usize, 0..4], 0..NAMES.len()).prop_map(|(kind, reads, name)| Layer { kind, reads, name })
}

fn part() -> impl Strategy<Value = Part> {
    (0..3usize, (0..8usize, 0..3usize, 0..5usize), [0..4usize, 0..4], 0..9usize, 0..6usize)
        .prop_map(|(template, scope, numbers, without, reads)| Part { template, scope, numbers, without, reads })
}

/// The call of a layer that reads one or two maps of 8 channels, and of one that makes 8 channels of what it makes.
fn call(layer: &Layer, maps: [&str; 2], [one, two]: [usize; 2]) -> (String, Option<String>) {
    let [x, y] = maps;
    let kernel = [1, 3, 5, 3][one];
    let width = [4, 8, 16, 24][two];
    match layer.kind {
        0 | 1 => (format!("{x} -> conv(8, {kernel}, pad={})", kernel / 2), None),
        2 => (format!("{x} -> conv(8, 3, pad=1, groups={})", [1, 2, 4, 8][two]), None),
        3 => (format!("{x} -> bn"), None),
        4 | 5 => (format!("{x} -> relu"), None),
        6 => (format!("{x} -> maxpool({kernel}, 1, pad={})", kernel / 2), None),
        7 => (format!("{x} + {y}"), None),
        8 => (format!("concat({x}, {y})"), Some("conv(8, 1)".to_owned())),
        9 => (format!("concat({x}, {y}, {x})"), Some("conv(8, 1)".to_owned())),
        10 => (format!("{x} -> conv({width}, 1)"), Some("conv(8, 1)".to_owned())),
        _ => (format!("{x} * {y}"), None),
    }
}

/// The network as text, layer by layer.
fn flat(templates: &[Vec<Layer>], parts: &[Part], outputs: &[usize]) -> String {
    let mut text = String::from("net random {\n    input image: [8, 5, 5]\n");
    let (mut maps, mut taken) = (vec!["image".to_owned()], BTreeSet::new());
    let mut add = |text: &mut String, (call, name): (String, String)| {
        let mut free = name.clone();
        let mut number = 2;
        while !taken.insert(free.clone()) {
            free = format!("{name}_{number}");
            number += 1;
        }
        let map = format!("m{}", taken.len());
        let quoted: Vec<String> = free.split('.').map(|segment| format!("`{segment}`")).collect();
        let _ = writeln!(text, "    {map} = {call} as {}", quoted.join(".").replace('{', "{{").replace('}', "}}"));
        map
    };
    for part in parts {
        let template = &templates[part.template % templates.len()];
        let mut own = vec![maps[maps.len() - 1 - part.reads.min(maps.len() - 1) % maps.len().min(4)].clone()];
        for (at, layer) in template.iter().enumerate() {
            if at == part.without {
                continue;
            }
            let read = |at: usize| own[own.len() - 1 - layer.reads[at] % own.len()].clone();
            let (first, second) = call(layer, [&read(0), &read(1)], part.numbers);
            let name = format!("{}{}", scope(part.scope), NAMES[layer.name]);
            let mut map = add(&mut text, (first, name.clone()));
            if let Some(second) = second {
                map = add(&mut text, (format!("{map} -> {second}"), format!("{name}_out")));
            }
            own.push(map);
        }
        maps.extend(own.pop());
    }
    for (at, output) in outputs.iter().enumerate() {
        let _ = writeln!(text, "    output y{at} = {}", maps[maps.len() - 1 - output % maps.len()]);
    }
    text + "}\n"
}

fn network() -> impl Strategy<Value = String> {
    let templates = prop::collection::vec(prop::collection::vec(layer(), 1..6), 1..3);
    let outputs = prop::collection::vec(0..6usize, 0..2).prop_map(|more| [vec![0], more].concat());
    (templates, prop::collection::vec(part(), 1..10), outputs)
        .prop_map(|(templates, parts, outputs)| flat(&templates, &parts, &outputs))
}

/// The text of an outline that says another network, and what it says.
fn unsaid(source: String) -> Result<(), String> {
    // Names of one may be scopes of others, which no network has.
    let Ok(shaped) = compiled(source) else { return Ok(()) };
    let found = outline::outline(&shaped).ok_or("it is plain and small")?;
    let text = outline::print(shaped.graph(), &found);
    let again = compiled(text.clone()).map_err(|errors| format!("{errors}\n{text}"))?;
    if same(shaped.graph(), again.graph()) { Ok(()) } else { Err(format!("another network\n{text}")) }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_outline_says_the_same_network(source in network()) {
        if let Err(why) = unsaid(source.clone()) {
            prop_assert!(false, "{why}\nfor\n{source}");
        }
    }
}

#[test]
fn most_of_these_are_networks() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let sources = (0..100).map(|_| network().new_tree(&mut runner).expect("a network").current());
    let good = sources.filter(|source| compiled(source.clone()).is_ok()).count();
    assert!(good > 70, "{good}");
}
