//! Large and hostile files: read in linear time, without panic and without a deep stack.

use pointwise::code::Code;
use pointwise::syntax::{MAX_DEPTH, MAX_ERRORS};

use super::common::{Parsed, parse, parse_clean};

fn codes(parsed: &Parsed) -> Vec<Code> {
    parsed.errors.iter().map(|error| error.code).collect()
}

fn repeat(piece: &str) -> String {
    piece.repeat(100_000)
}

#[test]
fn long_is_fine() {
    parse_clean(&format!("net a {{ x = y{} }}", repeat(" -> relu")));
    parse_clean(&format!("net a {{ x = y{} }}", repeat(" + 1")));
    parse_clean(&format!("net a {{ x = y{} }}", repeat(" and b == 1 or c")));
    parse_clean(&format!("net a {{ x = [{}] }}", repeat("1, ")));
    parse_clean(&format!("net a {{ x = y -> concat({}) }}", repeat("z, ")));
    parse_clean(&format!("net a {{ if b {{ }} {} }}", repeat("else if b { x = 3 } ")));
    parse_clean(&format!("net a {{\n{}}}", repeat("x = x -> conv(64, 3) -> relu\n")));
    parse_clean(&format!("net a {{ {} }}", repeat("; ")));
    parse_clean(&format!("net a {{ x = y{} }}", repeat(" -> relu as a.`b c`")));
    parse_clean(&format!("net a {{ x.y{} = z }}", repeat(".`0/é`")));
    parse_clean(&format!("net a {{ refine x{} = f(3) }}", repeat(".`0/é`*")));
    parse_clean(&format!("net a {{\n{}}}", repeat("shared `h.0` = conv(3)\n")));
    parse_clean(&repeat("# comment\n"));
    parse_clean(&repeat("use \"a.net\"\n"));
}

#[test]
fn long_is_laid_out() {
    for text in [repeat(" -> relu"), repeat(" -> relu as a.`b c`"), repeat(" + 1"), repeat(" and b == 1 or c")] {
        let parsed = parse_clean(&format!("net a {{ x = y{text} }}"));
        let formatted = parsed.format();
        assert_eq!(parse_clean(&formatted).format(), formatted);
    }
}

#[test]
fn deep_is_refused_and_the_rest_is_read() {
    let deep = [
        format!("x = {}1{}", repeat("("), repeat(")")),
        format!("x = {}1{}", repeat("["), repeat("]")),
        format!("x = {}1{}", repeat("f("), repeat(")")),
        format!("x = y{}", repeat("[0]")),
        format!("x = {}1", repeat("-")),
        format!("x = {}1", repeat("not ")),
        format!("x = {}1", repeat("2 ** ")),
        format!("{}x = 1\n{}", repeat("for i in 0..2 {\n"), repeat("}\n")),
        format!("{}x = 1\n{}", repeat("if a {\n"), repeat("}\n")),
        format!("x = {}1{}", repeat("if a { "), repeat(" } else { 2 }")),
        format!("for {}i{} in 3 {{ }}", repeat("["), repeat("]")),
    ];
    for statement in deep {
        let parsed = parse(&format!("net a {{\n{statement}\ny = = 2\n}}\n"));
        assert_eq!(codes(&parsed), [Code::NestingTooDeep, Code::UnexpectedToken], "{}…: {}", &statement[..20], parsed.summary());
    }
}

#[test]
fn as_deep_as_allowed_is_fine() {
    let depth = MAX_DEPTH as usize - 1;
    let parsed = parse_clean(&format!("net a {{ x = {}1{} }}", "(".repeat(depth), ")".repeat(depth)));
    parse_clean(&parsed.format());
    let parsed = parse_clean(&format!("net a {{\n{}x = 1\n{}}}", "if a {\n".repeat(depth), "}\n".repeat(depth)));
    assert_eq!(parse_clean(&parsed.format()).meaning(), parsed.meaning());
}

#[test]
fn unclosed_everything_is_a_few_errors() {
    for piece in [
        "(",
        "[",
        "{",
        "f([({",
        "for i in 0..2 {\n",
        "x = f(if c {\n",
        "net a {",
        "block f(x) {\n",
        "\"",
        "`",
        "``",
        "a.`",
        "x as ",
        "shared a = ",
        "(]",
        "@(",
        "->",
    ] {
        for text in [format!("net a {{ x = {}", repeat(piece)), repeat(piece)] {
            let parsed = parse(&text);
            assert!(!parsed.errors.is_empty() && parsed.errors.len() <= MAX_ERRORS, "{piece}: {}", parsed.errors.len());
        }
    }
}

#[test]
fn ten_thousand_errors_are_a_hundred() {
    for line in [
        "x = = 3\n",
        "x = 3 4\n",
        "x = (\n",
        "$\n",
        "x = 1__0\n",
        "x -> f\n",
        "x = \"a\n",
        "`a = 3\n",
        "x = `` as\n",
        "shared = 3\n",
        "as 3\n",
    ] {
        let parsed = parse(&format!("net a {{\n{}}}\n", line.repeat(10_000)));
        assert_eq!(parsed.errors.len(), MAX_ERRORS, "{line}");
        let last = parsed.errors.last().expect("there are some");
        assert_eq!(last.notes, [format!("only the first {MAX_ERRORS} syntax errors are shown")]);
    }
}

#[test]
fn odd_bytes() {
    assert_eq!(parse("\u{feff}net a { x = 1 }").errors.len(), 0, "a byte order mark is skipped");
    assert_eq!(codes(&parse("net a { x = \u{feff}1 }")), [Code::StrayCharacter], "but only at the start");
    assert_eq!(codes(&parse(&"\0".repeat(1_000_000))), [Code::StrayCharacter], "one report for a run");
    assert_eq!(parse("net a {\r\n    x = 1\r\n    y = 2\r\n}\r\n").errors.len(), 0);
    assert_eq!(parse("").errors.len(), 0);
    assert_eq!(parse("#").errors.len(), 0);
    assert_eq!(parse("# a\r\n#\r\n").errors.len(), 0);
    for text in [
        "\"\\",
        "\"\\é",
        "\\",
        "'",
        "“",
        "é",
        ".",
        "..",
        "1.",
        "1..",
        "@",
        "net",
        "net é",
        "a.",
        "refine",
        "refine \n",
        "0x",
        "1e+",
        "`",
        "``",
        "```",
        "`\r\n`",
        "a.`",
        "a.``",
        "`a`.",
        "`a`.`",
        "`a`b",
        "`#` # `",
        "refine `",
        "refine a.`*`.`",
        "y as",
        "y as `",
        "as",
        "shared",
        "shared `",
        "shared a = `",
    ] {
        parse(text);
        parse(&format!("net a {{ x = {text}"));
        parse(&format!("net a {{ {text}\n }}"));
    }
}

#[test]
fn every_beginning_of_a_file_is_read() {
    let text = super::common::read("models/mobilenet_v3_large.net");
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
        let parsed = parse(&text[..end]);
        assert!(parsed.errors.len() <= 2, "{}\n…{}", parsed.summary(), &text[end.saturating_sub(80)..end]);
    }
}
