//! What a file may cost: time and memory of the process, for files made to take much of both.
//!
//! Bounds are for an unoptimized build on a busy machine: an order of magnitude above what is needed there, and an order below
//! what the same files took without limits. Times are those of the processor, so that other work on the machine does not count.
#![cfg(target_os = "linux")]
#![expect(clippy::disallowed_methods, reason = "a test reads what the kernel says of a process")]

mod cli_common;

use std::fmt::Write as _;

use cli_common::{Dir, command};
use wait4::Wait4 as _;

/// What a run took.
struct Cost {
    code: i32,
    text: String,
    seconds: f64,
    mib: u64,
}

/// Runs the program and asks the kernel what it took.
fn cost(arguments: &[&str]) -> Cost {
    let program = command(arguments);
    // `ulimit -t` ends what would take minutes; the peak is that of the only child.
    let script = "ulimit -t 120; exec \"$@\"";
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", script, "sh"]).arg(program.get_program()).args(program.get_args());
    shell.current_dir(env!("CARGO_MANIFEST_DIR")).stdin(std::process::Stdio::null());
    let output = tempfile::tempdir().expect("there is room");
    let (out, err) = (output.path().join("out"), output.path().join("err"));
    shell.stdout(std::fs::File::create(&out).expect("it is new")).stderr(std::fs::File::create(&err).expect("it is new"));
    let mut child = shell.spawn().expect("the program starts");
    let ended = child.wait4().expect("it can be waited for");
    let read = |path| String::from_utf8_lossy(&std::fs::read(path).expect("it was made")).into_owned();
    let text = read(out) + &read(err);
    assert!(!text.contains("panicked"), "{arguments:?}: {text}");
    let seconds = (ended.rusage.utime + ended.rusage.stime).as_secs_f64();
    Cost { code: ended.status.code().unwrap_or(-1), text, seconds, mib: ended.rusage.maxrss >> 20 }
}

/// A net with a body.
fn net(body: &str) -> String {
    format!("net bad {{\n    input x: [8, 16, 16]\n{body}\n    output y = x -> relu\n}}\n")
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut all, i| {
        let _ = writeln!(all, "{}", line(i));
        all
    })
}

/// `check` of a text ends with this code, in so many seconds and MiB.
fn check(name: &str, text: &str, (code, seconds, mib): (i32, f64, u64)) -> String {
    holds(&["check"], name, text, (code, seconds, mib))
}

fn holds(words: &[&str], name: &str, text: &str, (code, seconds, mib): (i32, f64, u64)) -> String {
    let dir = Dir::new();
    let path = dir.write(&format!("{name}.net"), text);
    let cost = cost(&[words, &[&path]].concat());
    let head: String = cost.text.chars().take(400).collect();
    assert_eq!(cost.code, code, "{name}: {head}");
    assert!(cost.seconds < seconds, "{name} took {:.1} s: {head}", cost.seconds);
    assert!(cost.mib < mib, "{name} took {} MiB: {head}", cost.mib);
    assert!(cost.text.len() < 8 << 20, "{name} says {} bytes", cost.text.len());
    cost.text
}

/// What is only warned of stops nothing: all turns are made, however often the same is said of them.
#[test]
fn loops_that_repeat_a_warning_go_on() {
    for (name, turn) in [("apart", "y = x -> conv(8, 4, 1, pad=same)"), ("chained", "x = x -> conv(8, 4, 1, pad=same)")] {
        let assertion = format!("    assert params == {}", 1500 * (8 * 8 * 4 * 4 + 8));
        let text = net(&format!("    for i in 0..1500 {{ {turn} }}\n{assertion}"));
        let said = holds(&["check"], name, &text, (0, 2.0, 100));
        assert!(said.contains("PW9014"), "{said}");
    }
}

#[test]
fn silences_take_time_by_the_line() {
    let text = lines(3500, |_| "    # allow PW9002: r".to_owned());
    check("silences", &net(&text), (0, 3.0, 100));
}

#[test]
fn loops_that_repeat_an_error_stop() {
    let turns = [
        ("operation", "a = x -> foo", "PW0202"),
        ("name", "a = foo + 1", "PW0201"),
        ("argument", "a = x -> conv(8, 3, strid=2)", "PW0204"),
        ("window", "a = x -> conv(8, 33)", "PW0304"),
        ("types", "a = 1 + true", "PW0207"),
        ("nested", "for j in 0..10_000_000 { for k in 0..10_000_000 { a = x -> foo } }", "PW0202"),
    ];
    for (name, turn, code) in turns {
        let said = check(name, &net(&format!("    for i in 0..10_000_000 {{ {turn} }}")), (1, 3.0, 100));
        assert!(said.contains(code) && said.contains("the same happens in more than 1000 instances"), "{name}: {said}");
    }
    let blocks = lines(3000, |i| format!("block fob{i}(x) {{ return x -> relu }}"));
    check("many_like_it", &(blocks + &net("    for i in 0..10_000_000 { a = x -> foo }")), (1, 3.0, 150));
}

#[test]
fn a_loop_that_stops_hides_no_other_error() {
    let body = "    for i in 0..100_000 { a = x -> foo }\n    for i in 0..100_000 {\n        b = x -> bar\n        c = x -> baz\n    }\n    for j in 0..100_000 {\n        for i in 0..5000 { a = zap }\n        for i in 0..5000 { a = zip }\n    }";
    let said = check("several", &net(body), (1, 2.0, 100));
    for name in ["foo", "bar", "baz", "zap", "zip"] {
        assert!(said.contains(&format!("`{name}`")), "{name}: {said}");
    }
    // What the rest of the turns would have made is not guessed at.
    let said = check(
        "counted",
        &net(
            "    n = 0\n    for i in 0..100_000 {\n        n = n + 1\n        a = x -> foo\n    }\n    b = x -> conv(n, 1)\n    assert n == 100_000",
        ),
        (1, 2.0, 100),
    );
    assert_eq!(said.matches("error[").count(), 1, "{said}");
}

#[test]
fn blocks_that_double_end_small() {
    let double = |first: &str, name: &str| {
        let head = format!("block b0(x) {{ return {first} }}\n");
        head + &lines(40, |i| format!("block b{}(x) {{ {name} = x -> b{i}; return {name} -> b{i} }}", i + 1))
            + &net("    a = x -> b40")
    };
    for first in ["x", "x -> relu"] {
        let said = check("doubling", &double(first, "x"), (2, 4.0, 150));
        assert!(said.contains("PW0704"), "{said}");
    }
    check("long_names", &double("x", &"n".repeat(200)), (2, 4.0, 250));
    let name = "b".repeat(40_000);
    let block = format!("block {name}(x) {{ return x -> relu }}\n");
    check("long_block", &(block + &net(&format!("    for i in 0..100_000 {{ x = x -> {name} }}"))), (2, 3.0, 250));
}

#[test]
fn values_that_grow_end_small() {
    let grown = [
        ("strings", "    s = \"a\"\n    for i in 0..1_000_000 { s = s + s }", 1),
        ("lists", "    s = [1]\n    for i in 0..1_000_000 { s = s + s }", 1),
        ("groups", "    s = (x, x)\n    for i in 0..100 { s = (s, s) }", 1),
        ("integers", "    a = 2\n    for i in 0..1_000_000 { a = a * a }", 1),
        ("turns", "    for i in 0..1_000_000 { for j in 0..1_000_000 { a = i } }", 2),
    ];
    for (name, body, code) in grown {
        check(name, &net(body), (code, 60.0, 200));
    }
    let long = "a".repeat(90_000);
    check("long_name", &net(&format!("    for i in 0..10_000_000 {{ {long} = 1 }}")), (2, 8.0, 150));
    let body = format!("    for j in 0..1_000_000 {{ if zz {{ {} }} }}", "a = 1; ".repeat(5000));
    check("poison", &net(&body), (1, 8.0, 150));
}

/// What an assertion's sides are numbers of, and whether they are constant, is told once of each part.
#[test]
fn deep_sums_are_walked_once_each_turn() {
    for (name, innermost) in [("names", "k"), ("numbers", "3")] {
        let sum = format!("{}{innermost}{}", "(".repeat(60), " + 1)".repeat(60));
        let body = format!("    k = 3\n    for i in 0..3_000_000 {{ assert {sum} > 0 }}");
        let said = check(name, &net(&body), (2, 5.0, 150));
        assert!(said.contains("PW0705"), "{name}: {said}");
    }
    // A branch that is never taken is read for its units.
    let sum = format!("if false {{ {}k{} }} else {{ 1 }}", "(".repeat(60), " + 1)".repeat(60));
    let body = format!("    k = 3\n    for i in 0..3_000_000 {{ a = {sum} }}");
    let said = check("untaken", &net(&body), (2, 5.0, 150));
    assert!(said.contains("PW0705"), "{said}");
}

#[test]
fn a_text_takes_memory_in_proportion() {
    let small = "x=x\n".repeat(1 << 18);
    let text = format!("net n {{\ninput x: [1]\n{small}output y = x\n}}\n");
    holds(&["check"], "statements", &text, (0, 4.0, 75));
    holds(&["fmt", "--check"], "statements", &text, (1, 4.0, 75));
    // One statement takes no more than many do.
    for (name, value) in [("list", format!("[{}]", "1,".repeat(1 << 19))), ("calls", format!("[{}]", "f(1),".repeat(1 << 18)))] {
        let text = net(&format!("    a = {value}"));
        holds(&["check"], name, &text, (1, 4.0, 120));
        holds(&["fmt", "--check"], name, &text, (1, 4.0, 120));
    }
    let text = format!("net n {{\ninput x: [1]\n{}output y = x\n}}\n", small.repeat(16));
    for (words, mib) in [(&["check"][..], 130), (&["fmt", "--check"], 200)] {
        let said = holds(words, "tokens", &text, (2, 40.0, mib));
        assert!(said.contains("PW0703"), "{said}");
    }
}

#[test]
fn many_findings_are_cut() {
    let layers = "    for i in 0..20_000 { x = x -> relu }\n";
    let asserts = lines(3500, |i| format!("    assert macs(z{i}.relu) == {i}"));
    check("asserts", &net(&(layers.to_owned() + &asserts)), (1, 6.0, 150));
    let refines = lines(3500, |i| format!("    refine x.{i}.cnv = reduce(4)"));
    let convs = "    for i in 0..20_000 { x = x -> conv(8, 3, pad=1) }\n";
    check("refines", &net(&(convs.to_owned() + &refines)), (1, 5.0, 100));
    let names = lines(4000, |i| format!("    {}{i} = {}{i} + 1", "a".repeat(200), "b".repeat(200)));
    check("names", &net(&names), (1, 5.0, 100));
    check("uses", &(lines(8000, |i| format!("use \"f{i}.net\"")) + &net("")), (1, 2.0, 100));
}

#[test]
fn nesting_without_brackets_ends() {
    for word in ["if ", "x = if ", "assert if "] {
        let said = check("nested", &net(&format!("    {word}{}", "if ".repeat(30_000))), (1, 2.0, 100));
        assert!(said.contains("PW0106"), "{word}: {said}");
    }
}

#[test]
fn errors_on_one_line_read_it_once() {
    let said = check("line", &net(&format!("    a = {}true", "true||".repeat(16_000))), (1, 4.0, 150));
    assert!(said.contains("only the first 100 syntax errors are shown"), "{said}");
}

#[test]
fn silences_by_the_thousand() {
    let silence = |_| "    # allow PW9002: why".to_owned();
    let said = check("above_each_other", &net(&lines(4000, silence)), (0, 4.0, 150));
    assert!(said.contains("only the first 100 silences that are not in order are shown"), "{said}");
}

#[test]
fn many_unknown_names_among_many_names() {
    let list = |letter: &str| lines(5000, |i| format!("{letter}{i}=1,"));
    let text = format!("block b({})(x) {{ return x }}\n", list("p"));
    check("parameters", &(text + &net(&format!("    a = x -> b({})", list("q")))), (1, 4.0, 150));
    let blocks = lines(1500, |i| format!("block bl{i}(x) {{ return x }}"));
    check("blocks", &(blocks + &net(&lines(3000, |i| format!("    x = x -> blk{i}")))), (1, 6.0, 150));
}

#[test]
fn refinements_of_all_layers_by_the_thousand() {
    let convs = "    for i in 0..5000 { x = x -> conv(64, 3, pad=1) }\n    output z = x\n";
    let twice = lines(4000, |_| "    refine ** = reduce(4)".to_owned());
    let said = check("twice", &net(&(convs.to_owned() + &twice)), (1, 5.0, 100));
    assert!(said.contains("it is refined twice"), "{said}");
    for path in ["*.", "**.", "**.a."] {
        let refine = format!("    refine {}c = reduce(4)", path.repeat(90_000 / path.len()));
        check("long_path", &net(&(convs.to_owned() + &refine)), (1, 3.0, 100));
    }
}

#[test]
fn assertions_in_loops_end_small() {
    let turns = |count: u32, condition: &str| net(&format!("    for i in 0..{count} {{ assert {condition} }}"));
    let long = turns(900_000, "params < 5 + i + 100_000 and macs > 0 and layers < 100 and params > 1");
    let paths = turns(10_000, &format!("params({}) > 0", vec!["a"; 10_000].join(".")));
    let lists = turns(100_000, &format!("layers != [{}]", "i, ".repeat(1000)));
    for (name, text) in [("long", &long), ("short", &turns(1_200_000, "params < 5 + i")), ("paths", &paths), ("lists", &lists)] {
        let said = check(name, text, (2, 3.0, 100));
        assert!(said.contains("PW0704"), "{name}: {said}");
    }
    let said = check("true", &turns(1_500_000, "true"), (0, 4.0, 100));
    assert_eq!(said.matches("PW9").count(), 1, "{said}");
}

#[test]
fn wide_mismatches_end() {
    let body = format!("    z = x -> maxpool(2)\n    a = concat({})", "x,z,".repeat(24_000));
    let said = check("wide", &net(&body), (1, 4.0, 150));
    assert!(said.contains("PW0302"), "{said}");
}

#[test]
fn fixes_one_after_the_other_stop_and_say_so() {
    // Each round mends the first hundred errors of what may be thousands.
    let line = format!("    {}", "`".repeat(90_000));
    let said = holds(&["check", "--diff", "--unsafe-fixes"], "quotes", &net(&line), (1, 6.0, 150));
    assert!(said.contains("fixing stopped early, and there may be more to fix"), "{said}");
    let few = holds(&["check", "--diff", "--unsafe-fixes"], "few", &net("    a = x -> conv(8, 3, strid=1)"), (1, 1.0, 100));
    assert!(few.contains("1 fix to apply") && !few.contains("stopped early"), "{few}");
}

#[test]
fn fixing_says_whether_another_run_goes_on() {
    let line = format!("    {}", "`".repeat(90_000));
    let dir = Dir::new();
    let goes_on = "`check --fix` goes on when it is run again";
    for format in ["full", "concise"] {
        let path = dir.write("quotes.net", net(&line));
        let run = cost(&["check", "--fix", "--unsafe-fixes", "--output-format", format, &path]);
        assert!(run.text.contains(goes_on), "{format}: {}", run.text);
    }
    let path = dir.write("quotes.net", net(&line));
    let run = cost(&["check", "--diff", "--unsafe-fixes", &path]);
    assert!(!run.text.contains(goes_on) && run.text.contains("more to fix; the rest is left"), "{}", run.text);
}

#[test]
fn a_text_is_read_once_for_all_its_fixes() {
    let fixes = lines(120, |i| format!("    a{i} = x -> conv(8, 3, strid=1)"));
    let text = net(&format!("    b = 1 + true\n{fixes}{}", "    z = x\n".repeat(100_000)));
    let dir = Dir::new();
    let path = dir.write("many.net", &text);
    let [plain, fixing] = [&["check", &path][..], &["check", "--diff", "--unsafe-fixes", &path]].map(cost);
    assert!(fixing.text.contains("120 fixes to apply"), "{}", fixing.text);
    assert!(fixing.seconds < 3.0 * plain.seconds + 1.0, "{:.1} s, and {:.1} s without", fixing.seconds, plain.seconds);
}

#[test]
fn a_comment_far_above_is_looked_at_once() {
    let text = net(&lines(4000, |_| "    assert macs < 10KiB".to_owned()));
    let said = check("comment", &format!("# above\n\n{text}"), (1, 4.0, 100));
    assert!(said.contains("PW0207"), "{said}");
}

#[test]
fn a_call_of_a_thousand_arguments_ends() {
    let list = (0..9000).fold(String::new(), |list, i| format!("{list}, pac{i}=1"));
    let body = format!("    a = x -> conv(8, 1{list})");
    let said = holds(&["check", "--diff", "--unsafe-fixes"], "arguments", &net(&body), (1, 5.0, 100));
    assert!(said.contains("200 errors left"), "{said}");
}

#[test]
fn paths_by_the_thousand_end() {
    let convs = "    for i in 0..5000 { x = x -> conv(8, 3, pad=1) }\n";
    for (name, line, code) in [("again", "assert params(x) > 1", 0), ("none", "assert params(*c*o*n*z) > 1", 1)] {
        check(name, &net(&(convs.to_owned() + &lines(3000, |_| format!("    {line}")))), (code, 3.0, 150));
    }
    for form in ["assert params(x1.{i}.cnv) > 1", "refine x1.{i}.cnv = reduce(4)"] {
        let asked = lines(3000, |i| format!("    {}", form.replace("{i}", &i.to_string())));
        let said = holds(&["check", "--diff"], "unknown", &net(&(convs.to_owned() + &asked)), (1, 8.0, 150));
        assert!(said.contains("errors left"), "{said}");
    }
    let refine = format!("    output z = x\n    refine {} = reduce(4)", "*a".repeat(40_000));
    check("stars", &net(&(convs.to_owned() + &refine)), (1, 6.0, 150));
}

#[test]
fn what_is_read_by_thousands_is_no_slower() {
    let dir = Dir::new();
    let page = dir.path("page.html");
    let [some, many] = [5000, 20_000].map(|count| {
        let text = format!("net sums {{\n    input x: [8, 16, 16]\n    output y = x{}\n}}\n", " + x".repeat(count));
        let cost = cost(&["report", "-o", &page, &dir.write("sums.net", text)]);
        assert_eq!(cost.code, 0, "{}", cost.text);
        cost.seconds
    });
    assert!(many < 7.0 * some, "four times as many take {many:.1} s, and a quarter of them {some:.1} s");
}

#[test]
fn a_network_at_the_limit_takes_what_may_be_had() {
    let said = check("layers", &net("    for i in 0..1_000_000 { x = x -> relu }"), (2, 6.0, 400));
    assert!(said.contains("PW0704"), "{said}");
    let blocks =
        "block b0(x) { return x -> relu }\n".to_owned() + &lines(3, |i| format!("block b{}(x) {{ return x -> b{i} }}", i + 1));
    let said = check("uses", &(blocks + &net("    for i in 0..100_000 { x = x -> b3 }")), (2, 5.0, 150));
    assert!(said.contains("PW0704"), "{said}");
}
