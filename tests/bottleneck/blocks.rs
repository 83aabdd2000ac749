//! Bottlenecks written as steps of blocks, with parameters where uses differ.

use pointwise::compile::{Compiled, NoFiles, Settings, compile};
use pointwise::optimize::{Given, Outcome, Task, optimize};
use pointwise::shape::Shaped;
use pointwise::weights::Weights;

use super::library::{loaded, quarter, task};
use super::{common, target};

/// A text optimized to a quarter, held against its plan: the same counts, and every layer that was there under its name.
fn quartered(text: &str) -> Outcome {
    let (config, target, before) = (quarter(), target(), loaded(text, &[]));
    let done = optimize(&before, &task(&config, &target), &NoFiles).expect("it is possible");
    assert!(!done.compiled.has_errors(), "{}\n{:?}", done.text, done.compiled.diagnostics);
    let network = done.compiled.network.as_ref().expect("it compiles");
    let price = done.plan.after.price;
    assert_eq!((network.analysis.totals.macs, network.analysis.totals.params), (price.macs, price.params), "{}", done.text);
    for id in before.shaped().order() {
        let name = &before.shaped().graph().node(*id).name;
        assert!(network.shaped.graph().find(name).is_some(), "`{name}` is gone\n{}", done.text);
    }
    done
}

fn with(text: &str, name: &str, value: &str) -> Compiled {
    let set = vec![(name.to_owned(), value.to_owned())];
    compile("small.net", text.to_owned(), &NoFiles, &Settings { set, ..Settings::default() })
}

/// Names and operations in order of execution.
fn layers(shaped: &Shaped) -> Vec<(String, String)> {
    let node = |id| shaped.graph().node(id);
    shaped.order().iter().map(|id| (node(*id).name.to_string(), format!("{:?}", node(*id).op))).collect()
}

fn has(text: &str, lines: &[&str]) {
    let mut all = text.lines();
    for line in lines {
        assert!(all.any(|other| other == *line), "there is no `{line}` where it is expected\n{text}");
    }
}

/// A net of the uses of a block `unit`.
fn net(block: &str, body: &str) -> String {
    let body: String = body.lines().flat_map(|line| ["    ", line.trim_end(), "\n"]).collect();
    format!("{block}\n\nnet n(deep=false) {{\n    input i: [256, 16, 16]\n{body}    output y = x -> relu\n}}\n")
}

const UNIT: &str = "# A unit.\nblock unit(width, last=64)(x) {\n    # The wide one.\n    a = x -> conv(width, 3, pad=1) -> relu\n    \
                    return a -> conv(last, 1) -> relu\n}";

#[test]
fn uses_that_differ_give_the_block_a_parameter() {
    let done = quartered(&net(UNIT, "x = i -> unit(128, 512)\nx = x -> unit(256, last=256)"));
    has(
        &done.text,
        &[
            "# A unit.",
            "#",
            "# Bottlenecks from a test:",
            "block unit(width_reduce, width, last=64)(x) {",
            "    # The wide one.",
            "    a_reduce = x -> conv(width_reduce, 1) -> relu",
            "    a = a_reduce -> conv(width, 3, pad=1) -> relu",
            "    return a -> conv(last, 1) -> relu",
            "    x = i -> unit(64, 128, 512)",
            "    x = x -> unit(128, 256, last=256)",
        ],
    );
    assert!(!done.text.contains("refine"), "{}", done.text);
    assert_eq!(done.inserted.get("x.a_reduce.conv").map(String::as_str), Some("x.a.conv"), "{:?}", done.inserted);
    assert!(done.inserted.keys().all(|name| done.text.contains("a_reduce") && name.contains("a_reduce")));
}

#[test]
fn uses_that_are_alike_need_no_parameter() {
    let done = quartered(&net(UNIT, "x = i -> unit(128, 256)\nx = x -> unit(128)"));
    has(
        &done.text,
        &["block unit(width, last=64)(x) {", "    a_reduce = x -> conv(64, 1) -> relu", "    x = i -> unit(128, 256)"],
    );
    assert!(!done.text.contains("refine"), "{}", done.text);
}

#[test]
fn calls_are_written_as_they_were() {
    let body = "x = i -> unit(width=128, last=512)\nx = unit(256)(x)\nx = x\n    -> unit(\n        128,\n        512,\n    )\n\
                x = unit(x, width=256)";
    let done = quartered(&net(&UNIT.replace("last=64", "last=256"), body));
    has(
        &done.text,
        &[
            "    x = i -> unit(width_reduce=64, width=128, last=512)",
            "    x = unit(128, 256)(x)",
            "        -> unit(",
            "            64,",
            "            128,",
            "            512,",
            "        )",
            "    x = unit(x, width_reduce=128, width=256)",
        ],
    );
}

#[test]
fn a_block_without_parameters_gets_a_list() {
    let block = "block unit(x) {\n    y = x -> conv(channels(x) // 2, 3, pad=1)\n    return y -> relu\n}";
    let done = quartered(&net(block, "x = i -> unit\nx = x -> conv(512, 1) -> unit()"));
    has(
        &done.text,
        &[
            "block unit(reduce_y)(x) {",
            "    y_reduce = x -> conv(reduce_y, 1) -> relu",
            "    y = y_reduce -> conv(channels(x) // 2, 3, pad=1)",
            "    x = i -> unit(64)",
            "    x = x -> conv(512, 1) -> unit(128)",
        ],
    );
}

#[test]
fn uses_that_do_not_have_the_same_between_are_refined_by_path() {
    // Only what follows the second use activates it.
    let block = "block unit(x) {\n    y = x -> conv(channels(x) // 2, 3, pad=1)\n    return y\n}";
    let done = quartered(&net(block, "x = i -> unit\nx = x -> conv(512, 1) -> unit()"));
    assert!(done.text.contains(block), "{}", done.text);
    has(&done.text, &["    refine x.y = reduce(64)", "    refine x.unit.y = reduce(128)"]);
}

#[test]
fn a_helper_makes_the_1x1_as_well() {
    let block = "block conv_bn(out, k, stride=1, act=\"relu\")(x) {\n    y = x -> conv(out, k, stride=stride, pad=k // 2, bias=false) \
                 -> bn(eps=1e-3)\n    return if act == \"relu\" { relu(y) } else { silu(y) }\n}\n\nblock unit(width)(x) {\n    \
                 a = x -> conv_bn(width, 3, stride=2, act=\"silu\")\n    return a -> conv_bn(512, 1)\n}";
    let done = quartered(&net(block, "x = i -> unit(128)\nx = x -> unit(256)"));
    has(
        &done.text,
        &[
            "    a_reduce = x -> conv_bn(width_reduce, 1, act=\"silu\")",
            "    a = a_reduce -> conv_bn(width, 3, stride=2, act=\"silu\")",
        ],
    );
    let around =
        "block unit(width)(x) {\n    c = x -> conv(width, 3, pad=1, bias=false)\n    return c -> bn(eps=0.01) -> relu6\n}";
    let done = quartered(&net(around, "x = i -> unit(128)"));
    has(
        &done.text,
        &[
            "    c_reduce = x -> conv(64, 1, bias=false) -> bn(eps=0.01) -> relu6",
            "    c = c_reduce -> conv(width, 3, pad=1, bias=false)",
        ],
    );
}

#[test]
fn a_note_above_a_block_stays_the_end_of_its_comment() {
    let done = quartered(&net(&UNIT.replace("# A unit.", "# Note: measured."), "x = i -> unit(128)"));
    has(&done.text, &["# Bottlenecks from a test:", "#", "# Note: measured.", "block unit(width, last=64)(x) {"]);
}

#[test]
fn names_that_are_taken_are_left_alone() {
    let block = "block unit(width, width_reduce)(x) {\n    a_reduce = x -> conv(width_reduce, 1) -> relu\n    a = a_reduce -> \
                 conv(4 * width, 1) -> relu\n    b = a -> conv(width, 3, pad=1) -> relu\n    a = b -> conv(4 * width, 1)\n    \
                 a = a -> conv(width, 3, pad=1) -> relu\n    return a -> conv(256, 1)\n}";
    let done = quartered(&net(block, "x = i -> unit(64, 8)\nx = x -> unit(128, 8)"));
    // Both layers are as wide, and so are their 1x1s: one parameter is enough.
    has(
        &done.text,
        &[
            "block unit(reduce_b, width, width_reduce)(x) {",
            "    a_reduce = x -> conv(width_reduce, 1) -> relu",
            "    b_reduce = a -> conv(reduce_b, 1) -> relu",
            "    b = b_reduce -> conv(width, 3, pad=1) -> relu",
            "    a_reduce_2 = a -> conv(reduce_b, 1) -> relu",
            "    a = a_reduce_2 -> conv(width, 3, pad=1) -> relu",
            "    x = i -> unit(64, 64, 8)",
            "    x = x -> unit(128, 128, 8)",
        ],
    );
}

#[test]
fn one_call_passes_one_width() {
    let looped = "x = i\nfor width in [512, 256] {\n    x = x -> unit(256, last=width)\n}";
    let done = quartered(&net(UNIT, looped));
    assert!(done.text.contains(UNIT) && done.text.contains("refine x.1.a = reduce(128)"), "{}", done.text);
    let alike = "x = i\nfor k in 0..3 {\n    x = x -> unit(256, last=256)\n}\nx = x -> unit(128, 512)\nx = x -> unit(128)";
    let done = quartered(&net(UNIT, alike));
    has(
        &done.text,
        &["        x = x -> unit(64, 256, last=256)", "    x = x -> unit(64, 128, 512)", "    x = x -> unit(128, 128)"],
    );
}

#[test]
fn a_call_in_another_block_passes_what_all_its_uses_need() {
    let outer = format!("{UNIT}\n\nblock outer(out)(x) {{\n    x = x -> unit(128, last=256)\n    return x -> conv(out, 1)\n}}");
    let done = quartered(&net(&outer, "x = i -> outer(256)\nx = x -> outer(256)\nx = x -> conv(512, 1) -> unit(256)"));
    has(&done.text, &["    x = x -> unit(64, 128, last=256)", "    x = x -> conv(512, 1) -> unit(128, 256)"]);
    let passed = format!("{UNIT}\n\nblock outer(out)(x) {{\n    return x -> unit(out, last=out)\n}}");
    let done = quartered(&net(&passed, "x = i -> outer(512)\nx = x -> outer(256)\nx = x -> outer(256)"));
    has(
        &done.text,
        &["block outer(out_reduce, out)(x) {", "    reduced = x -> conv(out_reduce, 1) -> relu", "    x = i -> outer(64, 512)"],
    );
}

#[test]
fn a_few_uses_may_stay_as_they_were() {
    let most = "x = i -> unit(128, 512)\nx = x -> unit(256, last=384)\nx = x -> unit(128, 8)\nx = x -> unit(8, 8)";
    let done = quartered(&net(UNIT, most));
    has(
        &done.text,
        &[
            "block unit(width, last=64, width_reduce=0)(x) {",
            "    a_reduce = if width_reduce > 0 {",
            "        x -> conv(width_reduce, 1) -> relu",
            "    } else {",
            "        x",
            "    }",
            "    a = a_reduce -> conv(width, 3, pad=1) -> relu",
            "    x = i -> unit(128, 512, width_reduce=64)",
            "    x = x -> unit(256, last=384, width_reduce=128)",
            "    x = x -> unit(128, 8, width_reduce=96)",
            "    x = x -> unit(8, 8)",
        ],
    );
    let half = "x = i -> unit(128, 512)\nx = x -> unit(256, last=8)\nx = x -> unit(8, 8)\nx = x -> unit(8, 8)";
    let done = quartered(&net(UNIT, half));
    assert!(done.text.contains(UNIT) && done.text.contains("    refine x.a = reduce(64)\n"), "{}", done.text);
}

#[test]
fn uses_that_only_other_values_make_stay_as_they_were() {
    let body = "x = i -> unit(128, 512)\nx = x -> unit(256, last=384)\nx = x -> unit(128, 256)\nif deep {\n    x = x -> unit(256, 256)\n}";
    let text = net(UNIT, body);
    let done = quartered(&text);
    has(&done.text, &["block unit(width, last=64, width_reduce=0)(x) {", "        x = x -> unit(256, 256)"]);
    let deep = with(&done.text, "deep", "true").network.expect("it compiles");
    let added = |name: &&(String, String)| name.0.contains("_reduce");
    let all = layers(&deep.shaped);
    assert_eq!(all.iter().filter(added).count(), 6, "three 1x1 with their activations: {all:?}");
    let old: Vec<_> = all.iter().filter(|layer| !added(layer)).cloned().collect();
    assert_eq!(old, layers(&with(&text, "deep", "true").network.expect("it compiles").shaped));
    assert!(done.notes.is_empty(), "{:?}", done.notes);
}

#[test]
fn layers_that_do_not_begin_their_statement_are_refined_by_path() {
    let block = "block unit(width)(x) {\n    a = x -> relu -> conv(width, 3, pad=1) -> relu\n    return a -> conv(256, 1)\n}";
    let done = quartered(&net(block, "x = i -> unit(128)\nx = x -> unit(256)"));
    assert!(done.text.contains(block) && done.text.contains("refine x"), "{}", done.text);
}

#[test]
fn marks_line_ends_and_one_line_blocks_are_followed() {
    let block = "block unit(width)(x) { return x -> conv(width, 3, pad=1) -> relu }  # all of it";
    let text = net(block, "x = i -> unit(128)").replace('\n', "\r\n");
    let done = quartered(&text);
    has(
        &done.text.replace("\r\n", "\n"),
        &[
            "block unit(width)(x) { reduced = x -> conv(64, 1) -> relu; return reduced -> conv(width, 3, pad=1) -> relu }  # all of it",
        ],
    );
    assert_eq!(done.text.matches('\n').count(), done.text.matches("\r\n").count());
    let marked = "block unit(width)(x) {\n    # Said of it.\n    @bottleneck(form=\"reduce\")\n    a = x -> conv(width, 3, pad=1)\n    return a\n}";
    let done = quartered(&net(marked, "x = i -> unit(128)"));
    assert!(done.text.contains(marked) && done.text.contains("refine x.a = reduce("), "{}", done.text);
}

#[test]
fn weights_follow_to_the_names_of_the_text() {
    let before = loaded(&net(UNIT, "x = i -> unit(128, 512)\nx = x -> unit(256, last=256)"), &[]);
    let old = Weights::init(&before.network.shaped, 3);
    let (config, target) = (quarter(), target());
    let given = Some(Given { weights: &old, seed: 7, max_bytes: 1 << 30 });
    let done = optimize(&before, &Task { weights: given, ..task(&config, &target) }, &NoFiles).expect("they fit");
    let (carried, network) = (done.weights.expect("weights were given"), done.compiled.network.expect("it compiles"));
    assert!(carried.weights.check(&network.shaped).is_ok());
    let fresh = Weights::init(&network.shaped, 7);
    assert_eq!(carried.weights.get("x.a_reduce.conv.weight"), fresh.get("x.a_reduce.conv.weight"));
    assert_eq!(carried.weights.get("x.conv.weight"), old.get("x.conv.weight"));
    assert_eq!((carried.kept, carried.initialised), (2, 4));
}

#[test]
fn assertions_of_a_block_follow_what_the_text_makes() {
    let text = net(
        UNIT,
        "x = i -> unit(128, 512)\nassert params(x.a) == 295_040\nassert params(x) == 361_088\nassert params == 361_088",
    );
    let done = quartered(&text);
    has(&done.text, &["    assert params(x.a) == 73_856", "    assert params(x) == 156_352", "    assert params == 156_352"]);
    assert_eq!(done.updated, 3);
}

#[test]
fn googlenet_gets_its_reductions_as_its_authors_wrote_them() {
    let compiled = common::model("googlenet_naive", &[]);
    let before = pointwise::compile::Loaded::new("models/googlenet_naive.net".to_owned(), compiled).expect("it has no errors");
    let (config, target) = (quarter(), target());
    let task = Task { name: "models/googlenet_naive.net", ..task(&config, &target) };
    let done = optimize(&before, &task, &common::Disk).expect("it is possible");
    has(
        &done.text,
        &[
            "# Four paths side by side, three of them on the whole input.",
            "#",
            "block inception(c1, c3_reduce, c3, c5_reduce, c5, proj)(x) {",
            "    conv1x1 = x -> conv(c1, 1) -> relu",
            "    conv3x3_reduce = x -> conv(c3_reduce, 1) -> relu",
            "    conv3x3 = conv3x3_reduce -> conv(c3, 3, pad=1) -> relu",
            "    conv5x5_reduce = x -> conv(c5_reduce, 1) -> relu",
            "    conv5x5 = conv5x5_reduce -> conv(c5, 5, pad=2) -> relu",
            "    inception_3a = pool2 -> inception(64, 48, 128, 48, 32, 32)",
        ],
    );
    let again = pointwise::compile::Loaded::new("new.net".to_owned(), done.compiled).expect("it has no errors");
    let again = optimize(&again, &Task { name: "new.net", ..task }, &common::Disk).expect("it is a network like any other");
    assert!(!again.compiled.has_errors(), "{:?}", again.compiled.diagnostics);
}
