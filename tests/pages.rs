//! Holds the pages under `grammar/codes/` to what they promise: the first `net` block of a page makes just its mistake, and
//! every later one is free of it. A page without a `net` block is named here with the reason. What pages say in prose is tried by
//! the texts of `pages/claims.txt`.

use pointwise::code::Code;
use pointwise::compile::{Compiled, NoFiles, Settings, compile};

/// Mistakes that no `.net` text on its own can make, each with where it is made instead.
const WITHOUT_NET: &[(Code, &str)] = &[
    (Code::UseCycle, "needs two files"),
    (Code::UnknownKnob, "is made on the command line"),
    (Code::MissingWeight, "is in a weights file"),
    (Code::WeightShape, "is in a weights file"),
    (Code::WeightType, "is in a weights file"),
    (Code::UnusedWeight, "is in a weights file"),
    (Code::BadSafetensors, "is in a weights file"),
    (Code::AmbiguousWeights, "is in a weights file"),
    (Code::BadNameMap, "is in a map of a weights file's names"),
    (Code::PickledWeights, "is in a weights file"),
    (Code::BadOnnx, "is in a model of another format"),
    (Code::UnsupportedOnnx, "is in a model of another format"),
    (Code::UnsupportedModule, "is in what a network is converted to"),
    (Code::BadModelText, "is in a model of another format"),
    (Code::BadDarknetWeights, "is in a weights file"),
    (Code::BudgetUnreachable, "is in what was asked of the optimizer"),
    (Code::BadConfig, "is in a configuration file"),
    (Code::NothingToDo, "is in what was asked of the optimizer"),
    (Code::DoubtfulBottleneck, "is in what was asked of the optimizer"),
    (Code::EarlierBottlenecks, "is in what was asked of the optimizer"),
    (Code::UnreadableFile, "is in the file system"),
    (Code::NotText, "is in bytes that are no text"),
    (Code::TooLarge, "is in a file of many megabytes"),
    (Code::TooMuchMemory, "is in what a run may use"),
    (Code::BadArray, "is in an array file"),
    (Code::BadImage, "is in an image file"),
    (Code::BadInput, "is in what a run is given"),
    (Code::UnwritableFile, "is in the file system"),
];

/// The text of the page's `net` blocks.
fn blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for line in page.lines() {
        match &mut open {
            Some(_) if line == "```" => blocks.extend(open.take()),
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
            None if line == "```net" => open = Some(String::new()),
            None => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

fn compiled(text: &str) -> Compiled {
    compile("page.net", text.to_owned(), &NoFiles, &Settings::default())
}

/// What is wrong with a page; empty if nothing is.
fn problems(code: Code) -> Vec<String> {
    let page = code.page();
    let title = format!("# {}: {}", code.id(), code.title());
    let mut problems = Vec::new();
    if page.lines().next() != Some(title.as_str()) {
        problems.push(format!("the first line is not `{title}`"));
    }
    if page.split_whitespace().count() < title.split_whitespace().count() + 12 {
        problems.push("there is nothing but the title".to_owned());
        return problems;
    }
    let blocks = blocks(page);
    let exempt = WITHOUT_NET.iter().find(|(known, _)| *known == code);
    match (blocks.split_first(), exempt) {
        (None, None) => problems.push("there is no `net` block".to_owned()),
        (None, Some(_)) => {}
        (Some((mistake, corrected)), _) => {
            problems.extend(makes(code, mistake));
            problems.extend(corrected.iter().enumerate().flat_map(|(i, text)| is_free_of(code, i + 2, text)));
        }
    }
    problems
}

/// Errors are all of this code; a lint may have company but no error.
fn makes(code: Code, text: &str) -> Option<String> {
    let found = compiled(text).diagnostics;
    let errors: Vec<Code> = found.iter().filter(|d| d.is_error()).map(|d| d.code).collect();
    let lint = found.iter().any(|d| d.code == code && !d.is_error());
    let fits = if lint { errors.is_empty() } else { !errors.is_empty() && errors.iter().all(|found| *found == code) };
    let said: Vec<String> = found.iter().map(|d| format!("{}: {}", d.code.id(), d.message)).collect();
    (!fits).then(|| format!("the first block gives {said:?}"))
}

fn is_free_of(code: Code, which: usize, text: &str) -> Vec<String> {
    let wrong = |d: &&pointwise::diagnostic::Diagnostic| d.is_error() || d.code == code;
    compiled(text)
        .diagnostics
        .iter()
        .filter(wrong)
        .map(|d| format!("block {which} gives {}: {}", d.code.id(), d.message))
        .collect()
}

#[test]
fn every_page_shows_its_mistake_and_how_to_mend_it() {
    let found: Vec<String> =
        Code::ALL.iter().flat_map(|code| problems(*code).into_iter().map(|p| format!("{}: {p}", code.id()))).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn exceptions_are_exceptions() {
    for (code, why) in WITHOUT_NET {
        assert!(!why.is_empty() && blocks(code.page()).is_empty(), "{} has a `net` block: it is no exception", code.id());
    }
}

/// The texts of `pages/claims.txt`, each with its line and the code that it gives; `None` where nothing is found.
fn claims() -> Vec<(usize, Option<&'static str>, String)> {
    let mut claims: Vec<(usize, Option<&str>, String)> = Vec::new();
    for (i, line) in include_str!("pages/claims.txt").lines().enumerate() {
        match (line.strip_prefix("== "), claims.last_mut()) {
            (Some(head), _) => {
                let code = head.split(' ').next().filter(|word| *word != "clean");
                claims.push((i + 1, code, String::new()));
            }
            (None, Some((_, _, text))) => text.extend([line, "\n"]),
            (None, None) => assert!(line.starts_with('#'), "line {}: {line}", i + 1),
        }
    }
    claims
}

#[test]
fn what_pages_say_in_prose_holds() {
    let claims = claims();
    assert!(claims.len() > 90);
    for (line, code, text) in claims {
        let found = compiled(&text).diagnostics;
        let said: Vec<String> = found.iter().map(|d| format!("{}: {}", d.code.id(), d.message)).collect();
        let fits = code.is_some() != found.is_empty() && found.iter().all(|d| Some(d.code.id()) == code);
        assert!(fits, "claims.txt:{line}: {code:?} gives {said:?}");
    }
}
