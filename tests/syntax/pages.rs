//! The guide and the pages of syntax codes: their examples are what they say.

use std::collections::BTreeSet;

use pointwise::code::Code;
use pointwise::compile::{LoadError, Loader, Settings, compile};
use pointwise::diagnostic::Diagnostic;

use super::common::{self, Example, examples, parse, parse_clean};

/// Reads what examples use from the models.
struct Models;

impl Loader for Models {
    fn find(&self, path: &str, _: &str) -> Result<String, LoadError> {
        Ok(path.to_owned())
    }

    fn read(&self, name: &str) -> Result<String, LoadError> {
        Ok(common::read(format!("models/{name}")))
    }
}

fn compiled(text: &str) -> Vec<Diagnostic> {
    compile("example.net", text.to_owned(), &Models, &Settings::default()).diagnostics
}

/// What keeps an example from being a file that parses, is in its canonical layout and compiles without a finding.
fn faults(example: &Example) -> Vec<String> {
    let mut faults: Vec<_> = compiled(&example.text)
        .iter()
        .map(|found| format!("{} {} {:?} {:?}", found.code.id(), found.message, found.primary, found.notes))
        .collect();
    if faults.is_empty() && parse_clean(&example.text).format() != example.text {
        faults.push(format!("laid out as\n{}", parse_clean(&example.text).format()));
    }
    faults
}

#[test]
fn every_example_of_the_guide_is_what_it_says() {
    let examples = examples(&common::read("grammar/guide.md"));
    assert!(examples.len() > 20, "only {} examples", examples.len());
    let mut wrong = Vec::new();
    for example in &examples {
        if example.tag.is_empty() {
            wrong.extend(faults(example).iter().map(|fault| format!("guide.md:{}: {fault}", example.line)));
            continue;
        }
        let code = example.tag.strip_prefix("error ").unwrap_or_else(|| panic!("guide.md:{}: `{}`", example.line, example.tag));
        let codes: BTreeSet<_> = compiled(&example.text).iter().map(|found| found.code.id()).collect();
        if codes != BTreeSet::from([code]) {
            wrong.push(format!("guide.md:{}: {codes:?} instead of {code}", example.line));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_page_of_a_syntax_code_shows_the_mistake_and_corrects_it() {
    for code in Code::ALL.iter().filter(|code| code.is_syntax()) {
        let page = code.page();
        assert!(page.starts_with(&format!("# {}: {}\n", code.id(), code.title())), "{}", code.id());
        let examples = examples(page);
        let [wrong, right] = examples.as_slice() else { panic!("{} has {} examples", code.id(), examples.len()) };
        let codes: BTreeSet<_> = compiled(&wrong.text).iter().map(|found| found.code).collect();
        assert_eq!(codes, BTreeSet::from([*code]), "{}: {}", code.id(), parse(&wrong.text).summary());
        assert_eq!(faults(right), Vec::<String>::new(), "{}", code.id());
    }
}

#[test]
fn the_guide_speaks_of_every_word_and_form() {
    let guide = common::read("grammar/guide.md");
    let words = pointwise::words::reserved().chain(pointwise::words::ARGUMENTS.iter().copied());
    let functions = pointwise::metric::Metric::ALL.iter().map(|(name, _)| *name);
    let others = ["@keep", "@bottleneck", "reduce", "expand", "both", "spatial", "pointwise", "channels", "height", "width"];
    for word in words.chain(functions).chain(others) {
        let quoted = guide.split('`').skip(1).step_by(2).any(|code| code.contains(word)) || guide.contains(&format!("{word}("));
        assert!(quoted, "the guide does not speak of `{word}`");
    }
}
