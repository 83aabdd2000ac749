//! What an earlier run wrote, taken back and planned anew.

use pointwise::Diagnostic;
use pointwise::code::Code;
use pointwise::compile::{Loaded, NoFiles, Settings, compile};
use pointwise::optimize::replace::{Without, without, written_out};
use pointwise::optimize::{Outcome, Task, optimize};
use pointwise::rewrite::Config;

use super::library::{loaded, quarter, task};
use super::{common, target, within};

fn text_of(loaded: &Loaded) -> &str {
    loaded.source.as_ref().expect("it is a text").text()
}

/// A model as it would stand in its folder.
fn model(name: &str, text: Option<String>) -> Loaded {
    let path = format!("models/{name}.net");
    let text = text.unwrap_or_else(|| text_of(&model_of(common::model(name, &[]), &path)).to_owned());
    model_of(compile(&path, text, &common::Disk, &Settings::default()), &path)
}

fn model_of(compiled: pointwise::compile::Compiled, path: &str) -> Loaded {
    Loaded::new(path.to_owned(), compiled).unwrap_or_else(|(_, errors)| panic!("{path}: {errors:?}"))
}

fn optimized(before: &Loaded, config: &Config, replaces: Option<&Loaded>) -> Result<Outcome, Box<Diagnostic>> {
    let target = target();
    optimize(before, &Task { name: &before.name, replaces, ..task(config, &target) }, &common::Disk)
}

fn dropped(file: &Loaded) -> Without {
    let found = without(file, &[], &common::Disk).unwrap_or_else(|error| panic!("{}: {error:?}\n{}", file.name, text_of(file)));
    found.unwrap_or_else(|| panic!("nothing is found in\n{}", text_of(file)))
}

#[test]
fn every_model_is_given_back_as_it_was() {
    let uniform = Config { uniform: true, ..within("macs=60%") };
    let configs = [quarter(), within("macs=70%"), within("macs=40%"), within("params=60%"), uniform];
    let (mut tried, mut twice) = (0, 0);
    for name in common::zoo() {
        let source = model(&name, None);
        for config in &configs {
            let Ok(done) = optimized(&source, config, None) else { continue };
            if done.plan.changes.is_empty() {
                continue;
            }
            let file = model(&name, Some(done.text));
            let back = dropped(&file);
            assert!(!back.was_changed && back.lines + back.steps > 0, "{name}");
            assert_eq!(text_of(&back.loaded), text_of(&source), "{name}\n{}", text_of(&file));
            tried += 1;
            // What is optimized twice goes back the whole way.
            let Ok(again) = optimized(&file, &within("macs=80%"), None) else { continue };
            if again.plan.changes.is_empty() {
                continue;
            }
            let back = dropped(&model(&name, Some(again.text.clone())));
            assert_eq!(text_of(&back.loaded), text_of(&source), "{name} twice\n{}", again.text);
            twice += 1;
        }
    }
    assert!(tried > 100 && twice > 50, "{tried}, {twice}");
}
