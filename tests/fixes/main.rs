//! Fixes do what they say, whatever the text: a property held against the corpus and the zoo with damage done to them.
//!
//! `POINTWISE_MUTATIONS=100000 cargo test --release --test fixes -- --nocapture` looks at more texts than the few that every
//! run does, and `POINTWISE_SEED=7` at others.

#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "tests read files, and say how much they looked at")]

#[path = "../common/mod.rs"]
mod common;
mod mutate;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::PathBuf;

use common::Disk;
use mutate::{Dice, mutated, without_token};
use pointwise::code::Code;
use pointwise::compile::{Compiled, NoFiles, Settings, compile, tried};
use pointwise::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use pointwise::lower::Limits;
use pointwise::source::{SourceId, SourceSet};
use pointwise::syntax::lex;
use pointwise::writeback::edit::apply;
use pointwise::writeback::fix::fixed;
use pointwise::writeback::work::Work;

/// Larger files say nothing that smaller ones do not, and take longer.
const LARGEST: usize = 3000;

/// Rounds of fixes that are made to a text at most, those that are taken back included.
const MOST_ROUNDS: usize = 60;

/// What fixes may add to a text: a translated call is longer than what it replaces, and a few may stand in one text.
const MOST_GROWTH: usize = 300;

fn files() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = vec!["tests/corpus".into(), "models".into()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let mut inside: Vec<PathBuf> =
                std::fs::read_dir(path).expect("a folder").map(|e| e.expect("readable").path()).collect();
            inside.sort();
            open.extend(inside);
        } else if path.extension().is_some_and(|extension| extension == "net")
            && let Ok(text) = std::fs::read_to_string(&path)
            && text.len() < LARGEST
        {
            found.push((path.to_string_lossy().into_owned(), text));
        }
    }
    assert!(found.len() > 100, "the corpus is there");
    found
}

fn settings() -> Settings {
    Settings { limits: Limits { nodes: 3000, steps: 30_000, ..Limits::default() }, ..Settings::default() }
}

fn look(name: &str, text: &str) -> Compiled {
    compile(name, text.to_owned(), &Disk, &settings())
}

/// The seeds of this run.
fn seeds(usual: usize) -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let from = number("POINTWISE_SEED").unwrap_or(0);
    from..from + number("POINTWISE_MUTATIONS").unwrap_or(usual as u64)
}

fn syntax_errors(diagnostics: &[Diagnostic]) -> usize {
    diagnostics.iter().filter(|found| found.code.is_syntax()).count()
}

fn comments(text: &str) -> usize {
    let mut sources = SourceSet::new();
    let id = sources.add("", text);
    lex(text, id).comments.len()
}

/// Where what begins at an offset may begin after edits: from and to.
fn place(source: SourceId, at: u32, edits: &[Edit]) -> (i64, i64) {
    let at = i64::from(at);
    let (mut from, mut to) = (at, at);
    for edit in edits.iter().filter(|edit| edit.span.source == source) {
        let (start, end, new) = (i64::from(edit.span.start), i64::from(edit.span.end), edit.replacement.len() as i64);
        if start == at && end == at {
            to += new;
        } else if end <= at {
            (from, to) = (from + new - (end - start), to + new - (end - start));
        } else if start <= at {
            (from, to) = (from - (at - start), to - (at - start) + (new - 1).max(0));
        }
    }
    (from, to)
}

/// What is wrong with a fix of a text's own, if anything is.
fn wrong(name: &str, text: &str, before: &Compiled, (finding, fix): (&Diagnostic, &Fix)) -> Option<String> {
    let after = apply(text, &fix.edits);
    let again = look(name, &after);
    let main = before.asts[0].source;
    let (from, to) = finding.primary.as_ref().map_or((0, 0), |label| place(main, label.span.start, &fix.edits));
    let stays = again.diagnostics.iter().any(|other| {
        let there = |span: pointwise::source::Span| span.source == main && (from..=to).contains(&i64::from(span.start));
        other.code == finding.code && other.primary.as_ref().is_some_and(|label| there(label.span))
    });
    let what = if syntax_errors(&again.diagnostics) > syntax_errors(&before.diagnostics) {
        "adds a syntax error"
    } else if stays {
        "leaves its finding"
    } else if comments(&after) < comments(text) && finding.code != Code::LintSilence {
        "loses a comment"
    } else {
        return None;
    };
    Some(format!("\"{}\" of {} \"{}\" {what}:\n{text}\n=>\n{after}", fix.message, finding.code.id(), finding.message))
}

#[test]
fn every_fix_of_a_damaged_text_mends_its_finding() {
    let files = files();
    let (mut offered, mut left_out) = (0, 0);
    for seed in seeds(1000) {
        let mut dice = Dice::new(seed);
        let (name, text) = &files[dice.below(files.len())];
        let text = mutated(text, &mut dice);
        let mut found = look(name, &text);
        let count = |found: &Compiled| found.diagnostics.iter().map(|d| d.fixes.len()).sum::<usize>();
        let all = count(&found);
        tried(&mut found, &Disk, &settings());
        offered += count(&found);
        left_out += all - count(&found);
        let main = found.asts[0].source;
        let own = |fix: &&Fix| fix.edits.iter().all(|edit| edit.span.source == main);
        let here = |d: &&Diagnostic| d.primary.as_ref().is_some_and(|label| label.span.source == main);
        for finding in found.diagnostics.iter().filter(here) {
            for fix in finding.fixes.iter().filter(own) {
                let problem = wrong(name, &text, &found, (finding, fix));
                assert!(problem.is_none(), "seed {seed}, {name}: {}", problem.unwrap_or_default());
            }
        }
    }
    println!("{offered} fixes offered, {left_out} left out");
    // Left out is also what mends its finding and leads to another error in its place.
    assert!(offered > 30 * left_out, "trials are for the odd case: {offered} offered, {left_out} left out");
}

#[test]
fn rounds_of_fixes_end() {
    let files = files();
    let mut most = 0;
    for seed in seeds(700) {
        let mut dice = Dice::new(seed);
        let (name, text) = &files[dice.below(files.len())];
        let text = mutated(text, &mut dice);
        for applicability in [Applicability::Safe, Applicability::Unsafe] {
            let rounds = Cell::new(0);
            let find = |text: String| {
                rounds.set(rounds.get() + 1);
                let found = look(name, &text);
                (found.sources, found.diagnostics)
            };
            let done = fixed(find(text.clone()), applicability, &Work::default(), find);
            most = most.max(rounds.get());
            assert!(rounds.get() <= MOST_ROUNDS, "seed {seed}, {name}: {} rounds\n{text}", rounds.get());
            assert!(done.text.len() <= text.len() + MOST_GROWTH, "seed {seed}, {name} grows:\n{}", done.text);
            // A silence that silences nothing is a comment that its fix takes out.
            let needless = text.matches("allow").count();
            assert!(comments(&done.text) + needless >= comments(&text), "seed {seed}, {name} loses a comment:\n{}", done.text);
        }
    }
    println!("{most} rounds at most");
}

#[test]
fn one_mistake_is_said_once() {
    let mut files = files();
    files.retain(|(name, text)| !look(name, text).has_errors());
    let mut findings: BTreeMap<usize, usize> = BTreeMap::new();
    for seed in seeds(1500) {
        let mut dice = Dice::new(seed);
        let (name, text) = &files[dice.below(files.len())];
        let found = look(name, &without_token(text, &mut dice));
        if syntax_errors(&found.diagnostics) > 0 {
            *findings.entry(found.diagnostics.iter().filter(|d| d.is_error()).count()).or_default() += 1;
        }
    }
    println!("texts by their number of errors: {findings:?}");
    let (once, all) = (findings.get(&1).copied().unwrap_or(0), findings.values().sum::<usize>());
    assert!(once * 100 >= all * 98, "{once} of {all} texts without a token have one error: {findings:?}");
}

/// The text after all fixes, guesses included.
fn mended(text: &str) -> String {
    let find = |text: String| {
        let found = compile("t.net", text, &NoFiles, &settings());
        (found.sources, found.diagnostics)
    };
    fixed(find(text.to_owned()), Applicability::Unsafe, &Work::default(), find).text
}

/// A net of 32 channels with these lines, behind these blocks.
fn net(blocks: &str, lines: &str) -> String {
    format!("{blocks}net n {{\n    input x: [32, 16, 16]\n    {lines}\n}}\n")
}

#[test]
fn words_stand_apart_from_their_neighbours() {
    let text = net("", "a = 3\n    output y = if a<2||a>4 { x } else { x -> relu }");
    assert_eq!(mended(&text), text.replace("||", " or "));
}

#[test]
fn arguments_are_added_in_front_of_a_last_comma_and_a_comment() {
    for (before, after) in [("5,", "5, pad=2,"), ("5 # wide\n    ", "5, pad=2 # wide\n    ")] {
        let text = |last: &str| net("", &format!("y = x -> conv(32, {last})\n    output z = x + y"));
        assert_eq!(mended(&text(before)), text(after));
    }
}

#[test]
fn what_a_block_is_given_is_mended_where_it_is_used() {
    let block = "block wide(width)(x) {\n    return x -> conv(width, 3, pad=1)\n}\n";
    let text = |width: u32| {
        net(block, &format!("a = x -> wide({width})\n    b = x -> wide(16)\n    output z = b\n    output y: [32, 16, 16] = a"))
    };
    assert_eq!(mended(&text(48)), text(32), "not in the block, which another use shares");
}

#[test]
fn what_several_layers_are_given_is_not_changed_for_one() {
    let gate = "block gate(squeeze)(x) {\n    g = x -> global_avgpool -> conv(squeeze) -> relu -> conv(squeeze) -> sigmoid\n    return x * g\n}\n";
    let text = net(gate, "output y = x -> gate(4)");
    assert_eq!(mended(&text), text.replace("relu -> conv(squeeze)", "relu -> conv(channels(x))"));
    let block = "block twice(width)(x) {\n    return x -> conv(width, 1) -> conv(width, 1)\n}\n";
    let text = net(block, "output y: [32, 16, 16] = x -> twice(48)");
    assert_eq!(mended(&text), text.replace("[32, 16, 16] =", "[48, 16, 16] ="), "only the statement says what was meant");
}

#[test]
fn a_comment_in_a_rewritten_call_stays() {
    let text = net("", "output y = nn.ReLU(x, # in place\n        True)");
    assert!(mended(&text).contains("# in place"));
}

#[test]
fn brackets_that_end_beyond_their_body_do_not_grow() {
    let text = "net paths {\n    input x: [64, 8hared head = conv(64, 3, pad=1)\n    a = x -> head\n    output y = a -> head\n} * 36\n    refine head\n}\n";
    assert!(mended(text).matches('(').count() <= 3, "{}", mended(text));
}

/// Of changes that mend one finding, the one that another finding contradicts is not offered.
#[test]
fn of_contrary_changes_the_one_that_mends_is_offered() {
    let net = |a: &str, b: &str| {
        format!(
            "net t {{\n    input x: [8, 55, 55]\n    a = x -> maxpool({a})\n    b = x -> maxpool({b})\n    \
             c = x -> conv(8, 3, stride=2, pad=1)\n    output d = concat(a, b)\n    output e = concat(a, c)\n}}\n"
        )
    };
    let settings = Settings::default();
    let mut compiled = compile("t.net", net("2", "2, ceil=true"), &Disk, &settings);
    tried(&mut compiled, &Disk, &settings);
    assert_eq!(compiled.diagnostics.len(), 2);
    for found in &compiled.diagnostics {
        let texts: Vec<String> = found.fixes.iter().map(|fix| apply(&net("2", "2, ceil=true"), &fix.edits)).collect();
        assert_eq!(texts, [net("2, ceil=true", "2, ceil=true")], "{}", found.message);
    }
    let look = |text: String| {
        let compiled = compile("t.net", text, &Disk, &settings);
        (compiled.sources, compiled.diagnostics)
    };
    let mended = fixed(look(net("2", "2, ceil=true")), Applicability::Unsafe, &Work::default(), look);
    assert_eq!((mended.applied, mended.text), (1, net("2, ceil=true", "2, ceil=true")));
}
