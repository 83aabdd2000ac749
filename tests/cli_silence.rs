//! Silences from outside: what they hide, what still counts it, and what layout and fixes make of them.

mod cli_common;

use cli_common::{Dir, json, pointwise};

/// A silenced lint, one that is not, and a silence of nothing.
const NET: &str = "net n(width=18) {
    input x: [16, 56, 56]
    a = x -> conv(width, 3, pad=1) -> relu  # allow PW9002: as published
    b = a -> conv(32, 3, pad=1) -> bn -> relu
    output y = b -> relu  # allow PW9004: no use
}
";

fn codes(found: &serde_json::Value) -> Vec<&str> {
    found["diagnostics"].as_array().expect("a list").iter().map(|d| d["code"].as_str().expect("a code")).collect()
}

#[test]
fn what_is_silenced_is_counted_and_not_told() {
    let dir = Dir::new();
    let net = dir.write("n.net", NET);
    let run = pointwise(&["check", &net]);
    assert_eq!(run.code, 0);
    assert!(run.err.contains("1 file checked, 2 warnings, 1 silenced") && run.err.contains("the bias of"), "{}", run.err);
    assert!(!run.err.contains("18 channels"), "{}", run.err);
    let found = json(&["check", &net, "--output-format", "json"], 0);
    assert_eq!((codes(&found), &found["suppressed"]), (vec!["PW9003", "PW9013"], &1.into()));
    for format in ["concise", "github"] {
        let out = pointwise(&["check", &net, "--output-format", format]).out;
        assert!(out.contains("the bias of") && !out.contains("18 channels"), "{out}");
    }
}

#[test]
fn deny_does_not_bring_it_back() {
    let dir = Dir::new();
    let net = dir.write("n.net", NET.replace(" -> bn", "").replace("  # allow PW9004: no use", ""));
    assert_eq!(pointwise(&["check", &net, "--deny", "warnings"]).code, 0);
    assert_eq!(pointwise(&["check", &net, "--deny", "PW9002"]).code, 0);
    let bare = dir.write("bare.net", NET.replace("  # allow PW9002: as published", ""));
    assert_eq!(pointwise(&["check", &bare, "--deny", "PW9002"]).code, 1);
}

#[test]
fn sarif_has_it_with_its_reason() {
    let dir = Dir::new();
    let net = dir.write("n.net", NET);
    let sarif = json(&["check", &net, "--output-format", "sarif"], 0);
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    let suppressed: Vec<_> = results.iter().filter(|result| result.get("suppressions").is_some()).collect();
    assert_eq!((results.len(), suppressed.len()), (3, 1));
    assert_eq!(suppressed[0]["suppressions"][0]["kind"], "inSource");
    assert_eq!(suppressed[0]["suppressions"][0]["justification"], "as published");
}

/// What was not built was not looked at: whether a silence there is of use shows where it is.
#[test]
fn a_silence_in_what_is_not_built_stays() {
    let dir = Dir::new();
    let text = "# allow PW9008: kept for later
block unused(x) {
    return x -> conv(18, 3)  # allow PW9002: as published
}

net n(wide=false) {
    input x: [16, 56, 56]
    a = if wide {
        x -> conv(18, 3, pad=1)  # allow PW9002: as published
    } else {
        x -> conv(32, 3, pad=1)  # allow PW9002: no use
    }
    output y = a -> relu
}
";
    let net = dir.write("n.net", text);
    let run = pointwise(&["check", "--fix", &net]);
    assert!(run.code == 0 && run.err.contains("1 fix applied, nothing left, 1 silenced"), "{}", run.err);
    assert_eq!(dir.read("n.net"), text.replace("  # allow PW9002: no use", ""));
}

#[test]
fn a_silence_of_nothing_is_removed_by_fix_and_others_stay() {
    let dir = Dir::new();
    let net = dir.write("n.net", NET);
    assert_eq!(pointwise(&["check", "--fix", &net]).code, 0);
    let text = dir.read("n.net");
    assert_eq!(text, NET.replace("  # allow PW9004: no use", ""));
}

#[test]
fn other_values_of_the_knobs_are_no_measure() {
    let dir = Dir::new();
    let net = dir.write("n.net", NET);
    let found = json(&["check", &net, "--set", "width=32", "--output-format", "json"], 0);
    assert_eq!(codes(&found), ["PW9003"], "neither silence is called needless");
}

#[test]
fn layout_keeps_what_is_silenced_silent() {
    let dir = Dir::new();
    let name = "a_name_that_is_so_long_that_the_statement_does_not_fit_on_one_line_of_the_canonical_layout";
    let text = format!(
        "net n {{\n  input x: [16, 56, 56]\n  {name} = x->conv(18,3,pad=1)->bn->relu #allow PW9002,PW9003: both\n  # allow PW9002: again\n\
         \n  @keep\n  # allow PW9002: it\n  b = {name}->conv(18,3,pad=1,bias=false)->bn->conv(32,3,pad=1)->relu->conv(32,3,pad=1)->relu\n  output y = b\n}}\n"
    );
    let net = dir.write("n.net", &text);
    let before = json(&["check", &net, "--output-format", "json"], 0);
    assert_eq!((codes(&before), &before["suppressed"]), (vec!["PW9013"], &3.into()), "the one before an empty line does nothing");
    assert_eq!(pointwise(&["fmt", &net]).code, 0);
    assert_ne!(dir.read("n.net"), text);
    let after = json(&["check", &net, "--output-format", "json"], 0);
    assert_eq!((codes(&after), &after["suppressed"]), (vec!["PW9013"], &3.into()), "{}", dir.read("n.net"));
}
