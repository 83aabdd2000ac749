//! scratch
#![allow(clippy::disallowed_methods, reason = "tests read files")]
#[path = "../common/mod.rs"]
mod common;
mod mutate;

use std::collections::BTreeMap;
use common::Disk;
use mutate::{Dice, mutated};
use pointwise::compile::{Compiled, Settings, compile};
use pointwise::diagnostic::{Applicability, Diagnostic, Fix};
use pointwise::writeback::fix::fixed;
use pointwise::lower::Limits;
use pointwise::writeback::edit::apply;

fn corpus() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![std::path::PathBuf::from("tests/corpus"), "models".into()];
    while let Some(dir) = open.pop() {
        let mut entries: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() { open.push(path) } else if path.extension().is_some_and(|e| e == "net") {
                let Ok(text) = std::fs::read_to_string(&path) else { continue };
                if text.len() < 3000 { found.push((path.to_string_lossy().into_owned(), text)); }
            }
        }
    }
    found
}

fn look(name: &str, text: &str) -> Compiled {
    let limits = Limits { nodes: 3000, steps: 30000, ..Limits::default() };
    compile(name, text.to_owned(), &Disk, &Settings { limits, ..Settings::default() })
}

fn syntax(c: &[Diagnostic]) -> usize { c.iter().filter(|d| d.code.id().starts_with("PW01")).count() }

fn place(d: &Diagnostic, fix: &Fix) -> (u32, u32) {
    let s = d.primary.as_ref().unwrap().span.start;
    let src = d.primary.as_ref().unwrap().span.source;
    let (mut low, mut high) = (i64::from(s), i64::from(s));
    for e in &fix.edits {
        if e.span.source != src { continue }
        let grow = e.replacement.len() as i64 - i64::from(e.span.end - e.span.start);
        if e.span.end < s || (e.span.end == s && e.span.start < s) { low += grow; high += grow; }
        else if e.span.start == s && e.span.end == s { high += grow }
        else if e.span.start <= s { high += (e.replacement.len() as i64 - 1).max(0) - i64::from(s - e.span.start); low -= i64::from(s - e.span.start) }
    }
    (low as u32, high as u32)
}

fn words(text: &str) -> String {
    let mut out = String::new(); let mut inside = false;
    for c in text.chars() { if c == '`' { inside = !inside; if inside { out.push('_') } } else if !inside && !c.is_ascii_digit() { out.push(c) } }
    out
}

#[test]
fn scratch() {
    let files = corpus();
    let count: usize = std::env::var("MUTATIONS").ok().and_then(|t| t.parse().ok()).unwrap_or(1000);
    let from: usize = std::env::var("SEED").ok().and_then(|t| t.parse().ok()).unwrap_or(0);
    let mut kinds: BTreeMap<String, (usize, Vec<String>)> = BTreeMap::new();
    let (mut tried, mut texts) = (0, 0); let (mut worst, mut endless, mut grown, mut dropped) = (0, 0, 0, 0);
    for seed in from..from + count {
        let mut dice = Dice::new(seed as u64);
        let (name, text) = &files[dice.below(files.len())];
        let text = mutated(text, &mut dice);
        let mut found = look(name, &text);
        let raw: usize = found.diagnostics.iter().map(|d| d.fixes.len()).sum();
        if std::env::var("RAW").is_err() {
            let limits = Limits { nodes: 3000, steps: 30000, ..Limits::default() };
            pointwise::compile::tried(&mut found, &Disk, &Settings { limits, ..Settings::default() });
        }
        let kept: usize = found.diagnostics.iter().map(|d| d.fixes.len()).sum();
        dropped += raw - kept;
        texts += 1;
        for most in [Applicability::Safe, Applicability::Unsafe] {
            let calls = std::cell::Cell::new(0);
            let f = |text: String| { calls.set(calls.get() + 1); let c = look(name, &text); (c.sources, c.diagnostics) };
            let fixed = fixed(f(text.clone()), most, &f);
            let calls = calls.get();
            if calls > worst { worst = calls; println!("calls {calls} seed {seed} {most:?} {name}"); }
            if calls > 60 { endless += 1; if endless < 20 { println!("ENDLESS {calls} seed {seed} {most:?} {name} {} -> {}", text.len(), fixed.text.len()); } }
            if fixed.text.len() > text.len() + 300 { grown += 1; if grown < 10 { println!("GROWN seed {seed} {most:?} {name} {} -> {}", text.len(), fixed.text.len()); } }
        }
        let before = syntax(&found.diagnostics);
        let errors = found.diagnostics.iter().filter(|d| d.is_error()).count();
        for d in &found.diagnostics {
            for fix in &d.fixes {
                if fix.edits.iter().any(|e| e.span.source != found.asts[0].source) { continue }
                if d.primary.as_ref().is_none_or(|p| p.span.source != found.asts[0].source) { continue }
                tried += 1;
                let after = apply(&text, &fix.edits);
                let again = look(name, &after);
                let now = syntax(&again.diagnostics);
                let (low, high) = place(d, fix);
                let stays = again.diagnostics.iter().any(|n| n.code == d.code && n.primary.as_ref().is_some_and(|p| p.span.source == again.asts[0].source && p.span.start >= low && p.span.start <= high));
                let is_syntax = d.code.id().starts_with("PW01");
                let more = !is_syntax && again.diagnostics.iter().filter(|d| d.is_error()).count() > errors;
                let kind = if now > before { "SYNTAX" } else if stays { "STAYS" } else if is_syntax && now == before { "SAME" } else if more { "MORE" } else { continue };
                let key = format!("{kind} {} {:?} {} / {}", d.code.id(), fix.applicability, words(&d.message), words(&fix.message));
                let entry = kinds.entry(key).or_default();
                entry.0 += 1;
                if entry.1.len() < 2 {
                    let line = d.primary.as_ref().map(|p| again.sources.iter().next().map(|_| found.sources.line_column(p.span).0).unwrap()).unwrap();
                    let around = |t: &str| t.lines().skip(line.saturating_sub(3)).take(5).collect::<Vec<_>>().join("\n      ");
                    let new: Vec<_> = again.diagnostics.iter().filter(|n| n.is_error()).take(3).map(|n| format!("{} {:?} {}", n.code.id(), n.primary.as_ref().map(|p| again.sources.line_column(p.span)), n.message)).collect();
                    entry.1.push(format!("seed {seed} {name}:{line} {} \n      {}\n    =>\n      {}\n    {}", fix.message, around(&text), around(&after), new.join("\n    ")));
                }
            }
        }
    }
    println!("{texts} texts {tried} fixes; dropped {dropped} worst {worst} endless {endless} grown {grown}");
    let mut sorted: Vec<_> = kinds.into_iter().collect();
    sorted.sort_by_key(|(_, v)| std::cmp::Reverse(v.0));
    for (k, (n, samples)) in sorted { println!("## {n} {k}"); for s in samples { println!("  {s}"); } }
}

#[test]
fn cascade() {
    let mut files = corpus();
    files.retain(|(name, text)| !look(name, text).diagnostics.iter().any(Diagnostic::is_error));
    let count: usize = std::env::var("MUTATIONS").ok().and_then(|t| t.parse().ok()).unwrap_or(1000);
    let show: usize = std::env::var("SHOW").ok().and_then(|t| t.parse().ok()).unwrap_or(0);
    let (mut with, mut without): (BTreeMap<usize, usize>, BTreeMap<usize, usize>) = Default::default();
    let mut kinds: BTreeMap<String, (usize, Vec<String>)> = BTreeMap::new();
    for seed in 0..count {
        let mut dice = Dice::new(seed as u64);
        let (name, text) = &files[dice.below(files.len())];
        let text = mutate::without_token(text, &mut dice);
        let found = look(name, &text);
        let errors: Vec<_> = found.diagnostics.iter().filter(|d| d.is_error()).collect();
        let n = errors.len();
        if syntax(&found.diagnostics) > 0 {
            *with.entry(n).or_default() += 1;
            if n > 1 {
                let key = errors.iter().map(|d| format!("{} {}", d.code.id(), words(&d.message))).take(3).collect::<Vec<_>>().join(" + ");
                let entry = kinds.entry(key).or_default();
                entry.0 += 1;
                if entry.1.len() < show {
                    let lines: Vec<usize> = errors.iter().filter_map(|d| d.primary.as_ref().map(|p| found.sources.line_column(p.span).0)).collect();
                    let first = lines[0];
                    entry.1.push(format!("seed {seed} {name} {lines:?}\n      {}", text.lines().skip(first.saturating_sub(3)).take(6).collect::<Vec<_>>().join("\n      ")));
                }
            }
        } else { *without.entry(n).or_default() += 1; }
    }
    println!("with syntax errors {with:?}\nwithout {without:?}");
    let mut sorted: Vec<_> = kinds.into_iter().collect();
    sorted.sort_by_key(|(_, v)| std::cmp::Reverse(v.0));
    for (k, (n, samples)) in sorted { println!("## {n} {k}"); for s in samples { println!("  {s}"); } }
}
