//! `check`: findings, lints and fixes.

use crate::cli_common::{Dir, MISTAKE, SMALL, command, finish, json, pointwise};

#[test]
fn check_says_both_shapes_and_exits_with_one() {
    let dir = Dir::new();
    let bad = dir.write("bad.net", MISTAKE);
    let run = pointwise(&["check", &bad]);
    assert_eq!(run.code, 1);
    for part in ["error[PW0302]", "[8, 30, 30]", "[8, 28, 28]", "bad.net:5:"] {
        assert!(run.err.contains(part), "{part} is missing in\n{}", run.err);
    }
    assert!(run.out.is_empty());
}

#[test]
fn check_writes_for_programs_to_standard_output() {
    let dir = Dir::new();
    let (good, bad) = (dir.write("good.net", SMALL), dir.write("bad.net", MISTAKE));
    let found = json(&["check", &good, &bad, "--output-format", "json"], 1);
    assert_eq!(found["diagnostics"][0]["code"], "PW0302");
    assert_eq!(found["diagnostics"][0]["line"], 5);
    let sarif = json(&["check", &bad, "--output-format", "sarif"], 1);
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "PW0302");
    assert!(pointwise(&["check", &bad, "--output-format", "github"]).out.starts_with("::error file="));
    assert!(pointwise(&["check", &bad, "--output-format", "concise"]).out.contains("bad.net:5:"));
}

#[test]
fn lints_are_warnings_until_denied() {
    let dir = Dir::new();
    let net = dir.write("bias.net", "net n {\n    input x: [3, 8, 8]\n    output y = x -> conv(8, 3, pad=1) -> bn\n}\n");
    let run = pointwise(&["check", &net]);
    assert!(run.code == 0 && run.err.contains("warning[PW9003]"), "{}", run.err);
    assert_eq!(pointwise(&["check", &net, "--deny", "warnings"]).code, 1);
    assert_eq!(pointwise(&["check", &net, "--deny", "PW9003"]).code, 1);
    assert_eq!(pointwise(&["check", &net, "--ignore", "PW9003", "--deny", "warnings"]).code, 0);
    assert!(!pointwise(&["check", &net, "--select", "PW9001"]).err.contains("PW9003"));
    assert_eq!(pointwise(&["check", &net, "--deny", "PW1"]).code, 2);
    assert!(pointwise(&["check", "--quiet", &net]).err.is_empty());
}

/// Mistakes whose fixes are safe in three rounds (the syntax hides the rest), and one whose fix is a guess.
const FIXABLE: &str = "net n {\n    inptu x: [3, 8, 8]\n    a = x -> ReLU() -> conv(8, kernel_size=3, padding=1, bias=True)\n    output y = x + a\n}\n";
const FIXED: &str =
    "net n {\n    input x: [3, 8, 8]\n    a = x -> relu -> conv(8, k=3, pad=1, bias=true)\n    output y = x + a\n}\n";

#[test]
fn check_applies_what_is_safe_and_leaves_what_is_a_guess() {
    let dir = Dir::new();
    let net = dir.write("n.net", FIXABLE);
    let run = pointwise(&["check", "--fix", &net]);
    assert_eq!(dir.read("n.net"), FIXED, "{}", run.err);
    assert_eq!(run.code, 1, "the code is that of what is left");
    assert!(run.err.ends_with("1 file checked, 5 fixes applied, 1 error left\n") && run.out.is_empty(), "{}", run.err);
    assert!(run.err.contains("PW0303") && !run.err.contains("PW01"), "{}", run.err);
    assert!(run.err.contains("1 unsafe fix is left: "), "{}", run.err);
    let again = pointwise(&["check", "--fix", &net]);
    assert!(again.err.contains("0 fixes applied, 1 error left") && dir.read("n.net") == FIXED, "{}", again.err);
    let clean = dir.write("c.net", SMALL.replace("-> relu", "-> ReLU"));
    let run = pointwise(&["check", "--fix", &clean]);
    assert!(run.code == 0 && run.err == "1 file checked, 1 fix applied, nothing left\n", "{}", run.err);
    assert_eq!(dir.read("c.net"), SMALL);
}

#[test]
fn check_shows_what_it_would_fix() {
    let dir = Dir::new();
    let net = dir.write("n.net", FIXABLE);
    let run = pointwise(&["check", "--diff", &net]);
    assert!(run.code == 1 && dir.read("n.net") == FIXABLE, "{}", run.err);
    assert!(run.out.contains("+    input x: [3, 8, 8]\n") && run.out.contains("-    inptu x: [3, 8, 8]\n"), "{}", run.out);
    let left = "1 unsafe fix is left: `--diff --unsafe-fixes` shows it, `--fix --unsafe-fixes` applies it\n";
    assert_eq!(run.err, format!("{left}1 file checked, 5 fixes to apply, 1 error left then\n"));
    let all = pointwise(&["check", "--diff", "--unsafe-fixes", &net]);
    assert!(all.code == 1 && all.out.contains("+    output y = ") && dir.read("n.net") == FIXABLE, "{}", all.out);
    assert_eq!(all.err, "1 file checked, 6 fixes to apply, nothing left then\n");
    let clean = dir.write("c.net", SMALL);
    let run = pointwise(&["check", "--diff", &clean]);
    assert!(run.code == 0 && run.out.is_empty(), "{}", run.out);
}

#[test]
fn guesses_are_applied_where_they_are_asked_for() {
    let dir = Dir::new();
    let net = dir.write("n.net", FIXED);
    assert_eq!(pointwise(&["check", "--unsafe-fixes", &net]).code, 2, "it says which fixes are meant, not that they are made");
    let shown = pointwise(&["check", &net]);
    assert!(shown.err.contains("help: ") && !shown.err.contains("(safe: "), "{}", shown.err);
    let run = pointwise(&["check", "--fix", "--unsafe-fixes", &net]);
    assert!(run.code == 0 && run.err == "1 file checked, 1 fix applied, nothing left\n", "{}", run.err);
    assert_eq!(pointwise(&["check", &net]).code, 0);
    let safe = dir.write("s.net", FIXABLE);
    assert!(pointwise(&["check", &safe]).err.contains("help: did you mean `input`? (safe: `check --fix` applies it)"));
}

#[test]
fn fixes_go_where_they_were_asked_for() {
    let dir = Dir::new();
    let piped = finish(command(&["check", "--fix", "-"]).stdin(std::process::Stdio::piped()), FIXABLE.as_bytes());
    assert_eq!((piped.out.as_str(), piped.code), (FIXED, 1), "{}", piped.err);
    let script = dir.write("n.py", FIXABLE);
    assert_eq!(pointwise(&["check", "--fix", &script]).code, 1);
    assert_eq!(dir.read("n.py"), FIXABLE, "what is no network is not rewritten");
    let parts = "block f(x) {\n    return x -> ReLU\n}\n";
    dir.write("parts.net", parts);
    let user = dir.write("u.net", "use \"parts.net\"\nnet n {\n    input x: [3, 8, 8]\n    output y = x -> f\n}\n");
    let run = pointwise(&["check", "--fix", &user]);
    assert!(run.code == 1 && run.err.contains("0 fixes applied, 1 error left"), "{}", run.err);
    assert_eq!(dir.read("parts.net"), parts, "only files that were named are changed");
    let refused = [&["check", "--fix", "--diff", &user][..], &["check", "--diff", "--output-format", "json", &user]];
    for arguments in refused.into_iter().chain([&["check", "--fix", "--output-format", "json", "-"][..]]) {
        assert_eq!(pointwise(arguments).code, 2, "{arguments:?}");
    }
}

#[test]
fn fixes_say_how_sure_they_are() {
    let dir = Dir::new();
    let net = dir.write("n.net", FIXABLE);
    let found = json(&["check", &net, "--output-format", "json"], 1);
    assert_eq!(found["diagnostics"][0]["fixes"][0]["applicability"], "safe");
    let fixed = json(&["check", "--fix", &net, "--output-format", "json"], 1);
    assert_eq!(fixed["diagnostics"][0]["fixes"][0]["applicability"], "unsafe", "the findings are those that are left");
    let sarif = json(&["check", &net, "--output-format", "sarif"], 1);
    assert_eq!(sarif["runs"][0]["results"][0]["fixes"][0]["properties"]["applicability"], "unsafe");
}

#[test]
fn a_failed_assertion_exits_with_one_and_the_numbers_still_come() {
    let dir = Dir::new();
    let net = dir.write("over.net", SMALL.replace("    output", "    assert params < 10\n    output"));
    assert_eq!(pointwise(&["check", &net]).code, 1);
    let run = pointwise(&["analyze", &net]);
    assert!(run.code == 1 && run.err.contains("PW0601") && run.out.contains("parameters"), "{}", run.err);
}
