//! Hostile `.net` text through the library: every input ends in a diagnostic, soon, and on a small stack.
//!
//! Each case runs in a thread with 2 MiB of stack, which is what `std` gives to threads, so that a recursion that grows with
//! the input overflows here and not at a user's. Times are generous: they tell a hang from a slow machine.

#![expect(clippy::disallowed_methods, reason = "models are read from disk")]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use pointwise::code::Code;
use pointwise::compile::{Compiled, NoFiles, Settings, compile};
use pointwise::lower::Limits;
use pointwise::render::{Findings, Format, render};

mod common;

const STACK: usize = 2 << 20;
const LONGEST: Duration = Duration::from_secs(60);

/// The codes that one compilation finds, rendered as well, because that too must stand any input.
fn findings(name: &str, text: String, limits: Limits) -> Vec<Code> {
    let name = name.to_owned();
    let run = move || {
        let start = Instant::now();
        let compiled: Compiled = compile(&name, text, &NoFiles, &Settings { limits, ..Settings::default() });
        let found = Findings { sources: &compiled.sources, diagnostics: &compiled.diagnostics };
        for format in [Format::Full, Format::Concise, Format::Json, Format::Sarif, Format::Github] {
            let shown = render(&[found], format, 100);
            assert!(shown.len() < 64 << 20, "{name}: {format:?} shows {} bytes", shown.len());
        }
        assert!(start.elapsed() < LONGEST, "{name} took {:?}", start.elapsed());
        compiled.diagnostics.into_iter().map(|d| d.code).collect()
    };
    std::thread::Builder::new().stack_size(STACK).spawn(run).expect("a thread").join().expect("no panic")
}

fn codes(name: &str, text: impl Into<String>) -> Vec<Code> {
    findings(name, text.into(), Limits::default())
}

/// The same within a hundredth of the usual limits, for what only ends at them.
fn soon(name: &str, text: impl Into<String>) -> Vec<Code> {
    let limits = Limits::default();
    findings(name, text.into(), Limits { nodes: limits.nodes / 100, steps: limits.steps / 100, ..limits })
}

/// A net with a body.
fn net(body: &str) -> String {
    format!("net bad {{\n    input x: [8, 16, 16]\n{body}\n}}\n")
}

/// `line(0)`, `line(1)`, … one after the other.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect::<Vec<_>>().concat()
}

#[test]
fn nothing_to_read() {
    for text in ["", " ", "\n\n", "# only a comment\n", "#", "\u{feff}", "\r\n\r\n", ";;;", "\t"] {
        let found = codes("empty", text);
        assert!(!found.is_empty(), "{text:?} is no network");
        assert!(found.iter().all(|code| [Code::NoNet, Code::UnexpectedToken].contains(code)), "{text:?}: {found:?}");
    }
}

#[test]
fn marks_and_line_ends_of_other_systems_are_read() {
    let text = net("    output y = x -> conv(8, 3, pad=1) -> relu");
    assert_eq!(codes("plain", text.as_str()), []);
    assert_eq!(codes("bom", format!("\u{feff}{text}")), []);
    assert_eq!(codes("crlf", text.replace('\n', "\r\n")), []);
    assert_eq!(codes("cr", format!("# a\r\n\r\n{text}")), []);
}

#[test]
fn stray_characters_are_named() {
    for stray in ["\0", "\u{1b}", "\u{202e}", "\u{200b}", "€", "😀", "`", "\\", "$", "\u{ffff}"] {
        let found = codes("stray", net(&format!("    output y = x -> relu {stray}")));
        assert_eq!(found, [Code::StrayCharacter], "{stray:?}");
    }
}

#[test]
fn nothing_is_closed() {
    for text in [
        "net",
        "net n",
        "net n {",
        "net n(",
        "net n(a=",
        "net n { input",
        "net n { input x:",
        "net n { input x: [",
        "block b(",
        "block b(x) {",
        "block b(x) { return",
        "use",
        "use \"",
        "use \"a",
        "net n { x = (((((((",
        "net n { x = [[[[[",
        "net n { for",
        "net n { for i",
        "net n { for i in",
        "net n { for i in 0..",
        "net n { if",
        "net n { x = if true {",
        "net n { assert",
        "net n { refine",
        "net n { refine a.",
        "net n { @",
        "net n { @keep(",
        "net n { x = \"",
        "}",
        ")",
        "]",
        "->",
        "..",
        "=",
        "net n { x = y -> }",
    ] {
        assert!(!codes("unclosed", text).is_empty(), "{text:?} is not whole");
    }
    assert!(!codes("many", "net n {".repeat(10_000)).is_empty());
    assert!(!codes("braces", "{".repeat(1_000_000)).is_empty());
}

#[test]
fn nesting_is_refused_beyond_a_depth() {
    for (open, close) in [("(", ")"), ("[", "]"), ("-", ""), ("not ", ""), ("relu(", ")"), ("if true { ", " } else { x }")] {
        let text = net(&format!("    output y = {}x{}", open.repeat(100_000), close.repeat(100_000)));
        let found = codes("deep", text);
        assert!(found.contains(&Code::NestingTooDeep), "{open:?}: {found:?}");
        assert!(found.len() < 300, "{open:?}: {} findings", found.len());
    }
    let bodies = format!("{}{}", "for i in 0..1 {\n".repeat(100_000), "}\n".repeat(100_000));
    assert!(codes("bodies", net(&bodies)).contains(&Code::NestingTooDeep));
    let chain = format!("    y = 1{}\n    output z = x -> relu", " + 1".repeat(100_000));
    assert_eq!(codes("chain", net(&chain)), [], "a long sum is not a deep one");
    let pipe = format!("    output y = x{}", " -> relu".repeat(100_000));
    assert_eq!(codes("pipe", net(&pipe)), [], "a long pipe is not a deep one");
}

#[test]
fn deep_blocks_are_refused_or_built() {
    let mut text = String::from("block b0(x) {\n    return x -> relu\n}\n");
    for i in 1..5_000 {
        write!(text, "block b{i}(x) {{\n    return (((x -> b{})))\n}}\n", i - 1).expect("writing to a string succeeds");
    }
    text.push_str(&net("    output y = x -> b4999"));
    assert!(codes("blocks", text).contains(&Code::NestingTooDeep));
}

#[test]
fn numbers_of_any_size() {
    for (number, code) in [
        ("99999999999999999999", Code::MalformedNumber),
        ("1e999", Code::MalformedNumber),
        ("1.5.2", Code::MalformedNumber),
        ("0x10", Code::MalformedNumber),
        ("1__0", Code::MalformedNumber),
        ("9223372036854775807", Code::InvalidValue),
        ("9223372036854775807G", Code::MalformedNumber),
        ("-1", Code::InvalidValue),
        ("0", Code::InvalidValue),
        ("2147483648", Code::InvalidValue),
        ("1e18", Code::WrongType),
        ("9223372036854775807 + 1", Code::Arithmetic),
    ] {
        let found = codes("number", net(&format!("    output y = x -> conv({number}, 3)")));
        assert_eq!(found, [code], "{number}");
    }
    let long = codes("digits", net(&format!("    output y = x -> conv({}, 3)", "9".repeat(1_000_000))));
    assert_eq!(long, [Code::MalformedNumber]);
}

#[test]
fn shapes_of_any_size() {
    let big = "2147483647";
    for (shape, body) in [
        ("[0, 1, 1]", "relu"),
        ("[-1, 1, 1]", "relu"),
        ("[2147483648, 1, 1]", "relu"),
        ("[9223372036854775807, 1, 1]", "relu"),
        ("[1, 2, 3, 4, 5, 6, 7]", "relu"),
        ("[]", "relu"),
        (&format!("[{big}, {big}, {big}]"), "relu"),
        (&format!("[{big}, {big}, {big}]"), "flatten"),
        (&format!("[{big}, {big}, {big}]"), "conv(2147483647, 3)"),
        (&format!("[{big}, {big}, {big}]"), "upsample(2)"),
        (&format!("[{big}, {big}, {big}]"), "pad(2147483647)"),
        (&format!("[{big}, {big}, {big}]"), "linear(2147483647)"),
        (&format!("[{big}, {big}, {big}]"), "conv_transpose(2147483647, 2147483647, stride=2147483647)"),
        (&format!("[{big}, 1, 1]"), "depth_to_space(46341)"),
        ("[8, 16, 16]", "conv(8, 2147483647, dilation=2147483647)"),
        ("[8, 16, 16]", "conv(8, 3, pad=2147483647, stride=2147483647, dilation=2147483647, groups=2147483647)"),
        ("[8, 16, 16]", "maxpool(17)"),
        ("[8, 16, 16]", "conv(8, groups=2147483647)"),
        ("[2147483647, 16, 16]", "conv(2147483647, groups=2147483646)"),
        ("[8, 16, 16]", "split(2147483647)"),
        ("[2147483647, 1, 1]", "split(2147483647)"),
        ("[8, 16, 16]", "reshape([2147483647, 2147483647, 2147483647])"),
        ("[8, 16, 16]", "slice(-9223372036854775807)"),
        ("[8, 16, 16]", "concat(axis=9223372036854775807)"),
        ("[8]", "conv(8, 3)"),
    ] {
        let text = format!("net shapes {{\n    input x: {shape}\n    output y = x -> {body}\n}}\n");
        assert!(!codes("shape", text.as_str()).is_empty(), "{text}");
    }
}

#[test]
fn loops_end() {
    assert_eq!(
        codes("turns", net("    for i in 0..1000000000000 {\n        y = i\n    }\n    output z = x -> relu")),
        [Code::TooManySteps]
    );
    assert_eq!(
        soon("empty turns", net("    for i in 0..1000000000000 {\n    }\n    output z = x -> relu")),
        [Code::TooManySteps]
    );
    let all = "-9223372036854775807..9223372036854775807";
    assert_eq!(
        soon("all integers", net(&format!("    for i in {all} {{\n    }}\n    output z = x -> relu"))),
        [Code::TooManySteps]
    );
    let layers = "    for i in 0..1000000000000 {\n        x = x -> relu\n    }\n    output z = x";
    assert_eq!(soon("layers", net(layers)), [Code::TooManyNodes]);
    let nested = "    for a in 0..100000 {\n for b in 0..100000 {\n for c in 0..100000 {\n }\n }\n }\n    output z = x -> relu";
    assert_eq!(soon("nested", net(nested)), [Code::TooManySteps]);
}

#[test]
fn blocks_that_double_end() {
    let mut text = String::from("block b0(x) {\n    return x -> relu\n}\n");
    for i in 1..60 {
        write!(text, "block b{i}(x) {{\n    a = x -> b{}\n    return a -> b{}\n}}\n", i - 1, i - 1)
            .expect("writing to a string succeeds");
    }
    text.push_str(&net("    output y = x -> b59"));
    let found = soon("double", text);
    assert!(found.contains(&Code::TooManyNodes) || found.contains(&Code::TooManySteps), "{found:?}");
}

#[test]
fn lists_and_strings_that_double_end() {
    let doubled = |first: &str, next: &str| {
        format!("    a = {first}\n    for i in 0..60 {{\n        a = {next}\n    }}\n    output y = x -> conv(len([a]))")
    };
    assert_eq!(codes("nested", net(&doubled("[1, 1]", "[a, a]"))), [Code::InvalidValue]);
    assert_eq!(codes("joined", net(&doubled("[1, 1]", "a + a"))), [Code::Arithmetic]);
    assert_eq!(codes("texts", net(&doubled("\"ab\"", "a + a"))), [Code::Arithmetic]);
    let deep = "    a = [1]\n    for i in 0..10000 {\n        a = [a]\n    }\n    output y = x -> relu";
    assert_eq!(codes("deep list", net(deep)), [Code::InvalidValue]);
    let walked = "    a = [1]\n    for i in 0..16 {\n        a = a + a\n    }\n    for i in 0..1000000000 {\n        b = min(a) + len(a)\n    }\n    output y = x -> relu";
    assert_eq!(soon("walked", net(walked)), [Code::TooManySteps]);
}

#[test]
fn a_million_nodes_are_refused_or_built() {
    let text = net(&format!("    output y = x{}", " -> relu".repeat(1_100_000)));
    assert_eq!(codes("nodes", text), [Code::TooManyNodes]);
}

#[test]
fn errors_are_counted_and_cut() {
    let unknown = lines(10_000, |i| format!("    a{i} = zebra{i} -> relu\n"));
    let found = codes("names", net(&format!("{unknown}    output y = x -> relu")));
    assert!((100..=1_000).contains(&found.len()), "{} findings", found.len());
    let syntax: String = (0..10_000).map(|_| "    a = = b\n").collect();
    let found = codes("syntax", net(&syntax));
    assert!((1..=1_000).contains(&found.len()), "{} findings", found.len());
    let blocks: String = (0..10_000).map(|_| "block b(x) {\n    return x -> relu\n}\n").collect();
    let found = codes("blocks", format!("{blocks}{}", net("    output y = x -> b")));
    assert!(!found.is_empty() && found.len() <= 10_000, "{} findings", found.len());
    let refined = lines(10_000, |i| format!("    refine q{i}.conv = reduce(1)\n"));
    assert!(!codes("refines", net(&format!("    output y = x -> relu\n{refined}"))).is_empty());
    let asserted = lines(10_000, |i| format!("    assert params({i}_q) < 1\n    assert macs(q{i}) < 1\n"));
    assert!(!codes("asserts", net(&format!("    output y = x -> relu\n{asserted}"))).is_empty());
}

#[test]
fn heads_and_lines_of_any_length() {
    let params = lines(20_000, |i| format!("p{i}=1, "));
    let found = codes("params", format!("net wide({params}) {{\n    input x: [8]\n    output y = x -> relu\n}}\n"));
    assert!(found.iter().all(|code| *code == Code::LintUnusedParameter), "{:?}", &found[..found.len().min(3)]);
    let same =
        codes("same", format!("net wide({}) {{\n    input x: [8]\n    output y = x -> relu\n}}\n", "p=1, ".repeat(20_000)));
    assert!(same.contains(&Code::DuplicateDefinition));
    let name = "a".repeat(4_000_000);
    assert!(
        codes("name", net(&format!("    {name} = x -> relu\n    output y = {name} -> {name}"))).contains(&Code::UnknownOperation)
    );
    let line = format!("{}{}", " ".repeat(10_000_000), net("    output y = x -> nothing_like_it"));
    assert_eq!(codes("line", line.replace('\n', ";")).first(), Some(&Code::UnknownOperation));
}

#[test]
fn names_and_shared_weights_of_any_size() {
    let long = "é/ .".repeat(50_000);
    let text = format!("    `{long}` = x -> relu as `{long}z`\n    output y = `{long}` -> relu");
    assert_eq!(codes("long names", net(&text)), []);
    assert_eq!(codes("a long unknown name", net(&format!("    output y = `{long}` -> relu"))), [Code::UnknownName]);
    let many = lines(20_000, |i| format!("    x = x -> relu as `l.{i}`\n"));
    assert_eq!(codes("many names", net(&format!("{many}    output y = x -> relu"))), []);
    let taken = lines(20_000, |_| "    x = x -> relu as act\n".to_owned());
    let found = codes("a name many times", net(&format!("{taken}    output y = x -> relu")));
    assert!(found.contains(&Code::DuplicateDefinition));
    let sets = lines(5_000, |i| format!("    shared s{i} = conv(8, 1)\n    x = x -> s{i} -> s{i}\n"));
    assert_eq!(codes("many sets", net(&format!("{sets}    output y = x"))), []);
    let uses = "    shared s = conv(8, 1)\n    for i in 0..20000 { x = x -> s }\n    output y = x";
    assert_eq!(codes("many uses", net(uses)), []);
    let alike = lines(3_000, |i| format!("    shared s{i} = s{i}\n"));
    assert!(codes("sets of nothing", net(&format!("{alike}    output y = x -> relu"))).contains(&Code::UnknownOperation));
}

#[test]
fn shared_blocks_that_double_or_circle_end() {
    let double = lines(40, |i| format!("block b{}(x) {{\n    shared s = b{i}\n    return x -> s -> s\n}}\n", i + 1));
    let text = format!("block b0(x) {{ return x -> conv(8, 1) }}\n{double}{}", net("    output y = x -> b40"));
    assert!(!soon("shared blocks that double", text).is_empty());
    let circle = "block f(x) {\n    shared s = g\n    return x -> s\n}\nblock g(x) {\n    shared s = f\n    return x -> s\n}\n";
    assert_eq!(codes("a circle", format!("{circle}{}", net("    output y = x -> f"))), [Code::RecursiveBlock]);
    let handed = "block f(h)(x) {\n    shared s = f(h)\n    return x -> h -> s\n}\n";
    let body = "    shared k = conv(8, 1)\n    output y = x -> f(k)";
    assert_eq!(codes("a circle by a parameter", format!("{handed}{}", net(body))), [Code::RecursiveBlock]);
}

#[test]
fn a_file_beyond_the_limit_is_refused() {
    let text = net(&format!("    output y = x -> relu # {}", "a".repeat(100_000_000)));
    assert_eq!(codes("huge", text), [Code::TooLarge]);
}

#[test]
fn long_conditions_are_no_deep_trees() {
    let sum = lines(100_000, |_| " + 1".to_owned());
    assert_eq!(codes("a long sum", net(&format!("    output y = x -> relu\n    assert params{sum} < 1G"))), []);
    let all = lines(50_000, |_| " and macs == 0".to_owned());
    assert_eq!(codes("a long conjunction", net(&format!("    output y = x -> relu\n    assert params == 0{all}"))), []);
}

#[test]
fn every_unknown_knob_is_reported() {
    let set = [("a", "1"), ("b", "2")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let settings = Settings { set: set.to_vec(), ..Settings::default() };
    let compiled = compile("knobs", net("    output y = x -> relu"), &NoFiles, &settings);
    let said: Vec<_> = compiled.diagnostics.iter().map(|d| (d.code, d.message.as_str(), d.notes.len())).collect();
    let unknown = |message| (Code::UnknownKnob, message, 0);
    assert_eq!(said, [unknown("the net has no parameter `a`"), unknown("the net has no parameter `b`")]);
}

#[test]
fn truncated_models_are_findings() {
    for name in ["resnet18", "mobilenet_v3_small", "googlenet"] {
        let text = std::fs::read_to_string(format!("models/{name}.net")).expect("a model");
        for end in (0..text.len()).step_by(17).filter(|end| text.is_char_boundary(*end)) {
            // A model uses files that are not there for this loader, so each cut is a finding.
            assert!(!codes(name, &text[..end]).is_empty(), "{name} cut at byte {end}");
        }
    }
}

mod mutations {
    use super::*;
    use proptest::prelude::*;

    /// One change to a text: a byte replaced, a piece removed, doubled or moved.
    fn mutate(text: &str, (kind, at, length, byte): (u8, usize, usize, u8)) -> String {
        let mut bytes = text.as_bytes().to_vec();
        if bytes.is_empty() {
            return String::new();
        }
        let start = at % bytes.len();
        let end = (start + length % 64).min(bytes.len());
        let piece = bytes[start..end].to_vec();
        match kind % 4 {
            0 => bytes[start] = byte,
            1 => drop(bytes.drain(start..end)),
            2 => drop(bytes.splice(start..start, piece)),
            _ => {
                bytes.drain(start..end);
                let to = byte as usize * 7 % (bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn of_names_and_shared_weights_never_panic(
            which in 0usize..4,
            changes in prop::collection::vec(any::<(u8, usize, usize, u8)>(), 1..6),
        ) {
            let name = ["shared/weights", "shared/uses", "names/quoted", "names/as"][which];
            let text = std::fs::read_to_string(format!("tests/corpus/{name}.net")).expect("a case");
            findings(name, changes.into_iter().fold(text, |text, change| mutate(&text, change)), Limits::default());
        }

        #[test]
        fn of_the_zoo_never_panic(which in 0usize..1000, changes in prop::collection::vec(any::<(u8, usize, usize, u8)>(), 1..6)) {
            let zoo = common::zoo();
            let name = &zoo[which % zoo.len()];
            let text = std::fs::read_to_string(format!("models/{name}.net")).expect("a model");
            let mutated = changes.into_iter().fold(text, |text, change| mutate(&text, change));
            let shown = mutated.clone();
            let run = move || {
                let compiled = compile("mutated.net", mutated, &common::Disk, &Settings::default());
                let found = Findings { sources: &compiled.sources, diagnostics: &compiled.diagnostics };
                render(&[found], Format::Full, 100).len()
            };
            let done = std::thread::Builder::new().stack_size(STACK).spawn(run).expect("a thread").join();
            prop_assert!(done.is_ok(), "{shown}");
        }
    }
}
