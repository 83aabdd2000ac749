//! Pictures of the zoo: every edge goes down, and the picture has a size that can be read.

mod common;

use common::{Disk, model, zoo};
use pointwise::compile::{Settings, compile};
use pointwise::report::drawing::{MOST_BOXES, strips, svg};
use pointwise::report::pieces::Mark;

/// The numbers of an attribute's text.
fn numbers(text: &str) -> Vec<f64> {
    text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).filter_map(|n| n.parse().ok()).collect()
}

fn attribute<'a>(line: &'a str, key: &str) -> &'a str {
    let rest = line.split_once(&format!(" {key}=\"")).map_or("", |(_, rest)| rest);
    rest.split_once('"').map_or("", |(value, _)| value)
}

/// Holds a picture to what its reader expects; returns its number of boxes.
fn hold(name: &str, picture: &str) -> usize {
    let size = numbers(attribute(picture.lines().next().expect("a line"), "viewBox"));
    assert!(size[2] < 3000.0 && size[3] > size[2] / 3.0, "{name}: {size:?}");
    let edges: Vec<&str> = picture.lines().filter(|line| line.starts_with("<path")).collect();
    assert!(edges.len() > 1, "{name} has {} edges", edges.len());
    for edge in edges {
        let points = numbers(attribute(edge, "d"));
        assert!(points[1] < points[points.len() - 1], "{name}: {edge}");
    }
    // Inputs and outputs may be called as a box is.
    let boxes = picture.lines().filter(|line| !line.starts_with("<g class=\"port\""));
    let titles = boxes.filter_map(|line| line.split_once("class=\"t\"")?.1.split(['>', '<']).nth(1));
    let mut titles: Vec<&str> = titles.collect();
    let count = titles.len();
    assert!(count > 0, "{name}");
    titles.sort_unstable();
    titles.dedup();
    assert_eq!(titles.len(), count, "{name} has boxes of one title: {titles:?}");
    assert!(!picture.contains(" 1 layers"), "{name}");
    count
}

#[test]
fn every_edge_of_the_zoo_goes_down() {
    for name in zoo() {
        let compiled = model(&name, &[]);
        let boxes = hold(&name, &svg(&compiled.network.expect("it compiles").shaped));
        assert!(boxes <= 130, "{name} has {boxes} boxes");
    }
}

#[test]
fn a_block_round_other_boxes_is_drawn_in_parts() {
    let text = "block gate(w)(x) {\n    y = x -> conv(w) -> relu -> conv(w) -> sigmoid\n    return x * y\n}\n\n\
        block trunk(w)(x) {\n    for i in 0..40 { x = x -> conv(w, 3, pad=1) -> maxpool(3, 1, pad=1) -> gate(w) }\n    return x\n}\n\n\
        net n {\n    input image: [8, 8, 8]\n    t = image -> trunk(8)\n    output y = t -> conv(4)\n}\n";
    let compiled = compile("n.net", text.to_owned(), &Disk, &Settings::default());
    let shaped = compiled.network.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics)).shaped;
    let picture = svg(&shaped);
    assert!(picture.contains("t (1 of 40)") && picture.contains("trunk, 2 layers"), "{picture}");
    assert_eq!(hold("trunk", &picture), 81);
}

/// A chain of so many convolutions.
fn chain(count: usize) -> pointwise::shape::Shaped {
    let text =
        format!("net n {{\n    input x: [1, 4, 4]\n    for i in 0..{count} {{ x = x -> conv(1) }}\n    output y = x\n}}\n");
    let compiled = compile("n.net", text, &Disk, &Settings::default());
    compiled.network.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics)).shaped
}

#[test]
fn strips_hold_each_box_once_and_each_line_where_it_passes() {
    let strips = strips(&chain(300), |_| Mark::Same).expect("few boxes");
    let count = |of: &str| strips.iter().map(|strip| strip.matches(of).count()).sum::<usize>();
    assert!(strips.len() > 5, "{}", strips.len());
    // An input, the layers, an output; a line that crosses a cut is shown on both sides of it.
    assert_eq!(count("<rect"), 302);
    assert_eq!(count("<path d="), 301 + strips.len() - 1);
}

#[test]
fn what_nobody_looks_through_is_not_drawn() {
    assert!(strips(&chain(MOST_BOXES - 2), |_| Mark::Same).is_some());
    assert!(strips(&chain(MOST_BOXES - 1), |_| Mark::Same).is_none());
}
