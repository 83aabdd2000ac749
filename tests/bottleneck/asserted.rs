//! What a source asserts and which parameters it has, after a plan: numbers follow, demands hold, paths mean the same.

use pointwise::Diagnostic;
use pointwise::code::Code;
use pointwise::compile::{NoFiles, Settings, compile};
use pointwise::optimize::{Outcome, Task, optimize};

use super::library::{loaded, quarter, task};
use super::target;

fn optimized(text: &str) -> Result<Outcome, Box<Diagnostic>> {
    let (config, target) = (quarter(), target());
    optimize(&loaded(text, &[]), &task(&config, &target), &NoFiles)
}

/// The new text; it has no errors with any of these values.
fn holds(text: &str, values: &[&str]) -> String {
    let done = optimized(text).unwrap_or_else(|error| panic!("{error:?}"));
    assert!(done.notes.is_empty() && !done.compiled.has_errors(), "{:?} {:?}", done.notes, done.compiled.diagnostics);
    for value in values {
        let (name, value) = value.split_once('=').expect("a value");
        let set = vec![(name.to_owned(), value.to_owned())];
        let again = compile("new.net", done.text.clone(), &NoFiles, &Settings { set, ..Settings::default() });
        assert!(!again.has_errors(), "{name}={value}: {:?}\n{}", again.diagnostics, done.text);
    }
    done.text
}

/// A net of one or, with `v1`, another convolution, and what is asserted of it.
fn net(asserts: &str) -> String {
    format!(
        "net n(v1=false, n=64) {{\n    input i: [64, 8, 8]\n    a = i -> conv(64, if v1 {{ 5 }} else {{ 3 }}, pad=same)\n    \
         output y = a -> relu\n{asserts}\n}}\n"
    )
}

/// What an assertion of the net becomes.
fn becomes(assert: &str, expected: &str) {
    let text = holds(&net(&format!("    {assert}  # as counted")), &["v1=true"]);
    assert!(text.contains(&format!("    {expected}  # as counted\n")), "{assert}\n{text}");
}

#[test]
fn every_branch_follows_under_its_own_values() {
    becomes("assert params == if v1 { 102_464 } else { 36_928 }", "assert params == if v1 { 26_704 } else { 10_320 }");
    becomes("if v1 { assert params == 102464 }", "if v1 { assert params == 26704 }");
    becomes(
        "if not v1 and n == 64 { assert 36_928 == params } else if v1 { assert 102_464 == params(a) }",
        "if not v1 and n == 64 { assert 10_320 == params } else if v1 { assert 26_704 == params(a) }",
    );
    becomes("assert (v1 or params == 36_928) and layers == 2", "assert (v1 or params == 10_320) and layers == 4");
    becomes("for k in 0..2 { if not v1 { assert params == 36_928 } }", "for k in 0..2 { if not v1 { assert params == 10_320 } }");
}

#[test]
fn a_computed_number_is_written_out() {
    becomes("if not v1 { assert params == 2 * 18_000 + 928 }", "if not v1 { assert params == 10_320 }");
    becomes(
        "assert params == (if v1 { 102_464 } else { 9 * 64 * 64 + 64 })",
        "assert params == (if v1 { 26_704 } else { 10_320 })",
    );
    becomes("if not v1 { assert params - 64 == 4096 * 9 }", "if not v1 { assert params - 64 == 10_256 }");
    // What was right before and is right still is left alone.
    becomes(
        "if not v1 { assert 2 * height(y) == 4 * 4 and buffers == 2 - 2 }",
        "if not v1 { assert 2 * height(y) == 4 * 4 and buffers == 2 - 2 }",
    );
}

#[test]
fn a_number_that_comes_to_depend_on_a_parameter_says_so() {
    let text = "net n(v1=false) {\n    input i: [64, 8, 8]\n    x = i\n    if v1 { r = x -> conv(64, 3, pad=1); x = r -> relu } \
                else { s = x -> conv(64, 3, pad=1); x = s -> relu }\n    output y = x\n    assert params == 36_928 and buffers == 0\n    \
                assert macs == 2359296\n}\n";
    let after = holds(text, &["v1=true"]);
    assert!(after.contains("    assert params == (if v1 { 36_928 } else { 10_320 }) and buffers == 0\n"), "{after}");
    assert!(after.contains("    assert macs == if v1 { 2359296 } else { 655360 }\n"), "{after}");
    assert!(
        after.contains("    if not v1 {\n        # 3x3, 64 to 64") && after.contains("        refine s = reduce(16)\n    }\n}"),
        "{after}"
    );
}

#[test]
fn values_that_guard_assertions_are_tried() {
    let text = "net n(width=1.0, mode=\"a\") {\n    input i: [64, 8, 8]\n    a = i -> conv(floor(64 * width), 3, pad=1)\n    output y = a\n    \
                if width == 0.5 and mode == \"a\" { assert params == 18_464 }\n    if width == 1.0 { assert params == 36_928 }\n    \
                if mode == \"b\" { if width == 2.0 { assert params == 73_856 } }\n}\n";
    let after = holds(text, &["width=0.5", "width=2.0"]);
    for expected in ["assert params == 5_664 }", "assert params == 10_304 }", "assert params == 19_584 } }"] {
        assert!(after.contains(expected), "{expected}\n{after}");
    }
}

#[test]
fn what_no_value_leads_to_is_told() {
    let asserts = "    if n > 70 { assert params == 5 }\n    if n // 2 == 7 { assert macs < 3 }\n    if n > 80 { assert n > 90 }";
    let done = optimized(&net(asserts)).expect("it is possible");
    assert_eq!(done.notes, ["the assertions on lines 5 and 6 are about values that were not tried, and stay as they were"]);
    // With 16 channels no `reduce(16)` can be put in, and a value that makes no network is no reason to stop.
    let text = "net n(n=64) {\n    input i: [64, 8, 8]\n    a = i -> conv(n, if n == 1 { 1 } else { 3 }, pad=same)\n    output y = a\n    \
                if n == 1 { assert params == 65 }\n    if n == 0 { assert params == 0 }\n}\n";
    let done = optimized(text).expect("it is possible");
    assert!(done.notes[0].starts_with("with `n=1` the new text makes no network: "), "{:?}", done.notes);
}

#[test]
fn what_was_wrong_before_stays_wrong() {
    let text = net("    assert params == 7\n    assert macs < 5");
    let compiled = compile("n.net", text.clone(), &NoFiles, &Settings::default());
    assert_eq!(compiled.diagnostics.iter().filter(|found| found.code == Code::AssertionFailed).count(), 2);
    let done = optimized(&text).expect("no plan is to blame");
    assert!(done.text.contains("assert params == 7\n    assert macs < 5\n") && done.updated == 0, "{}", done.text);
}

#[test]
fn a_demand_that_the_plan_breaks_is_an_error() {
    for (assert, said) in [
        ("assert params > 30K", "`params` would be 10,320"),
        ("assert layers == 2 and params >= 36_928", "`layers` would be 4"),
        ("assert not params < 30_000", "`params` would be 10,320"),
        ("assert layers < 3", "`layers` would be 4"),
        ("assert params != 10_320", "`params` would be 10,320"),
        ("assert params == 577 * n", "`params` would be 10,320"),
        ("assert params == 9 * macs // 576 + 64", "`params` would be 10,320, `macs` would be 655,360"),
        ("if v1 { assert params > 100_000 }", "`params` would be 26,704"),
    ] {
        let error = optimized(&net(&format!("    {assert}"))).expect_err(assert);
        assert_eq!(error.code, Code::AssertionFailed);
        let condition = assert.split("assert ").last().expect("a condition").trim_end_matches(" }");
        assert_eq!(error.message, format!("the plan breaks the assertion `{condition}`"));
        assert_eq!(error.primary.as_ref().expect("it has a place").text, said, "{assert}");
        assert!(error.help[0].starts_with("change it in the source"), "{:?}", error.help);
        assert_eq!(error.notes.contains(&"with `v1=true`".to_owned()), assert.contains("if v1"), "{:?}", error.notes);
    }
    let both = optimized(&net("    assert params > 30K\n    assert layers < 3")).expect_err("both are broken");
    assert_eq!(both.secondary.len(), 1, "the other one is shown too");
}

#[test]
fn a_demand_holds_of_what_is_written_out_too() {
    let text = net("    assert params > 30K\n    assert params == 36_928");
    let (config, target) = (quarter(), target());
    let inline = Task { inline: true, ..task(&config, &target) };
    let error = optimize(&loaded(&text, &[]), &inline, &NoFiles).expect_err("it is broken");
    assert_eq!(error.message, "the plan breaks the assertion `params > 30K`");
    let kept = optimize(&loaded(&text.replace("30K", "10K"), &[]), &inline, &NoFiles).expect("it holds");
    assert!(kept.text.contains("assert params == 10_320"), "{}", kept.text);
}

/// A net of a block whose parts depend on a parameter.
fn with_block(block: &str) -> String {
    format!(
        "block b(v1)(x) {{\n{block}\n}}\n\nnet n(v1=false) {{\n    input i: [64, 8, 8]\n    a = i -> b(v1)\n    output y = a -> relu\n}}\n"
    )
}

#[test]
fn a_path_names_the_same_layers_with_other_values() {
    // The only one in its scope, and one of two with `v1`.
    let two = with_block("    first = x -> conv(64, 3, pad=1)\n    return if v1 { first -> conv(64, 3, pad=1) } else { first }");
    assert!(holds(&two, &["v1=true"]).contains("\n    refine a.first = reduce(16)\n"), "its own scope says which");
    // Not there with `v1`, or there and no longer a kxk.
    for other in ["x -> relu", "x -> conv(64, 1)", "x -> dwconv(3, pad=1) -> conv(64, 1)"] {
        let text = with_block(&format!("    return if v1 {{ {other} }} else {{ x -> conv(64, 3, pad=1) }}"));
        let after = holds(&text, &["v1=true"]);
        assert!(
            after.contains("\n    if not v1 {\n        # 3x3") && after.contains("\n        refine a = reduce(16)\n    }\n}"),
            "{after}"
        );
    }
    let opposite = with_block("    return if v1 { x -> conv(64, 3, pad=1) } else { x }").replace("v1=false", "v1=true");
    assert!(holds(&opposite, &["v1=false"]).contains("\n    if v1 {\n"));
}

/// A net of a loop whose turns depend on parameters.
fn with_loop(turns: &str) -> String {
    format!(
        "net n(long=false, short=false) {{\n    input i: [64, 8, 8]\n    x = i -> relu\n    \
         for k in 0..{turns} {{ x = x -> conv(64, 3, pad=1) -> relu }}\n    output y = x\n}}\n"
    )
}

#[test]
fn a_path_with_a_star_speaks_of_the_turns_that_there_are() {
    let after = holds(&with_loop("(if long { 5 } else if short { 2 } else { 3 })"), &["long=true", "short=true"]);
    assert!(after.contains("\n    refine x.* = reduce(16)\n}"), "{after}");
    let after = holds(&with_loop("(if short { 0 } else { 3 })"), &["short=true"]);
    assert!(
        after.contains("\n    if not short {\n        # 3 layers")
            && after.contains("\n        refine x.* = reduce(16)\n    }\n"),
        "{after}"
    );
    let after = holds(&with_loop("(if short or long { 0 } else { 3 })"), &["short=true", "long=true"]);
    assert!(after.contains("\n    if not long and not short {\n"), "{after}");
}

#[test]
fn what_cannot_hold_with_a_value_is_told() {
    // The parameter's name means something else where the condition stands.
    let text = "net n(v1=false) {\n    input i: [64, 8, 8]\n    a = if v1 { i } else { i -> conv(64, 3, pad=1) }\n    v1 = a -> relu\n    \
                output y = v1\n}\n";
    let done = optimized(text).expect("there is a plan");
    assert!(!done.compiled.has_errors() && done.text.contains("\n    refine a = reduce(16)\n"), "{}", done.text);
    assert_eq!(done.notes, ["the net binds `v1` anew: the text may not hold with another value of that parameter"]);
}
