//! The conformance suite of ONNX: the tests of operators that convolutional networks use, of PyTorch's layers, and of whole
//! networks, read and run here and held against the suite's values.
//!
//! `left_out.txt` lists what does not pass, by reason: what fails and is not listed fails the run, and so does what is listed
//! and passes. A table in the README counts both by operator; `BLESS=1 cargo test --test conformance` rewrites it. The suite's files are
//! fetched once; where they are not to be had the run says so, and is skipped.

#![allow(clippy::disallowed_methods, reason = "tests read files")]
#![allow(clippy::print_stdout, reason = "the table is what is wanted")]

mod case;
mod fetch;
mod suite;
mod table;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use suite::Case;

fn main() {
    if std::env::args().any(|argument| argument == "--list") {
        println!("suite: test");
        return;
    }
    let data = match fetch::data() {
        Ok(data) => data,
        Err(why) => {
            println!(
                "\nSKIPPED: ONNX's conformance suite was not run, for its files are not here and cannot be fetched: {why}\n"
            );
            return;
        }
    };
    let mut cases = suite::cases(&data);
    // Words behind `--` choose tests by name, to look at them.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    cases.retain(|case| words.is_empty() || words.iter().any(|word| case.name.contains(word.as_str())));
    let results = run(&cases);
    if !words.is_empty() {
        for (name, result) in &results {
            println!("{name}: {}", result.as_ref().err().map_or("passed", |why| why));
        }
        return;
    }
    let left_out = table::left_out();
    let wrong = table::compare(&results, &left_out);
    let table = table::table(&cases, &results);
    println!("{table}");
    let problems = if wrong.is_empty() { table::held(&table) } else { wrong };
    for problem in &problems {
        println!("{problem}");
    }
    assert!(problems.is_empty(), "{} problems, named above", problems.len());
}

/// The result of each test by name, on a few threads.
fn run(cases: &[Case]) -> BTreeMap<String, Result<(), String>> {
    let (next, results) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let work = || {
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            results.lock().expect("no test panics").insert(case.name.clone(), case::check(case));
        }
    };
    std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(work))));
    results.into_inner().expect("no test panics")
}
