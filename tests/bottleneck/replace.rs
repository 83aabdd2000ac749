//! What an earlier run wrote, taken back and planned anew.

use pointwise::Diagnostic;
use pointwise::code::Code;
use pointwise::compile::{Loaded, NoFiles, Settings, compile};
use pointwise::optimize::replace::{Without, without, written_out};
use pointwise::optimize::{Outcome, Task, optimize};
use pointwise::rewrite::{Config, Kind};

use super::library::{quarter, task};
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

/// A plan of splits alone, which may come on top of any other.
fn splits() -> Config {
    Config { form: Some(Kind::Pointwise), ..quarter() }
}

#[test]
fn every_model_is_given_back_as_it_was() {
    let uniform = Config { uniform: true, ..within("macs=60%") };
    let configs = [quarter(), within("macs=70%"), within("macs=40%"), uniform];
    let (mut tried, mut twice) = (0, 0);
    for name in common::zoo() {
        let source = model(&name, None);
        for (at, config) in configs.iter().enumerate() {
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
            let again = if at == 0 { splits() } else { quarter() };
            let Ok(again) = optimized(&file, &again, None) else { continue };
            if at > 1 || again.plan.changes.is_empty() {
                continue;
            }
            let back = dropped(&model(&name, Some(again.text.clone())));
            assert_eq!(text_of(&back.loaded), text_of(&source), "{name} twice\n{}", again.text);
            twice += 1;
        }
    }
    assert!(tried > 140 && twice > 40, "{tried}, {twice}");
}

#[test]
fn planning_anew_for_the_same_gives_the_same() {
    for name in ["googlenet_naive", "resnet50", "mobilenet_v2", "densenet121", "vgg16", "efficientnet_b0"] {
        for config in [quarter(), within("macs=60%")] {
            let first = optimized(&model(name, None), &config, None).expect("it is possible");
            if first.plan.changes.is_empty() {
                continue;
            }
            let file = model(name, Some(first.text));
            let again = optimized(&dropped(&file).loaded, &config, Some(&file)).expect("it is possible");
            assert_eq!(again.text, text_of(&file), "{name}");
        }
    }
}

const UNIT: &str = "# A unit.\nblock unit(width, last=64)(x) {\n    # The wide one.\n    a = x -> conv(width, 3, pad=1) -> relu\n    \
                    return a -> conv(last, 1) -> relu\n}";

/// A net of two uses of a block, and a layer that a line is written for.
fn net(block: &str) -> String {
    format!(
        "{block}\n\nnet n(deep=false) {{\n    input i: [256, 16, 16]\n    x = i -> unit(128, 512)\n    x = x -> unit(256, last=256)\n    \
         x = x -> relu -> conv(256, 3, pad=1) -> relu\n    output y = x -> conv(10, 1)\n    assert macs < 1G\n}}\n"
    )
}

fn file(text: &str) -> Loaded {
    model_of(compile("small.net", text.to_owned(), &NoFiles, &Settings::default()), "small.net")
}

/// The text with bottlenecks: steps, parameters, arguments and a line.
fn written(text: &str) -> String {
    let done = optimized(&file(text), &quarter(), None).expect("it is possible");
    assert!(done.text.contains("unit(width_reduce, width") && done.text.contains("    refine "), "{}", done.text);
    done.text
}

fn refused(text: &str, place: &str) {
    let loaded = file(text);
    let error = without(&loaded, &[], &NoFiles).expect_err("it was changed");
    assert_eq!(error.code, Code::EarlierBottlenecks, "{error:?}\n{text}");
    let span = error.primary.as_ref().expect("it has a place").span;
    assert_eq!(loaded.sources().expect("a text").text(span), place, "{error:?}");
}

/// The text after one replacement that must be there.
fn with(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "`{old}` is not in\n{text}");
    text.replace(old, new)
}

#[test]
fn what_a_person_wrote_stays() {
    let source = net(UNIT);
    let text = written(&source);
    let end = text.rfind("}\n").expect("it ends");
    let mine = "\n    # Mine.\n    refine y.conv = pointwise(8)\n\n    refine x.conv = pointwise(32)\n";
    let text = format!("{}{mine}{}", &text[..end], &text[end..]);
    let text = with(&text, "# A unit.\n#\n", "# A unit.\n# It is wide.\n#\n");
    let text = with(&text, "    a_reduce = ", "    # Narrow.\n    a_reduce = ");
    let back = dropped(&file(&text));
    let end = source.rfind("}\n").expect("it ends");
    let want = format!("{}{mine}{}", &source[..end], &source[end..]);
    let want = want.replace("# A unit.\n", "# A unit.\n# It is wide.\n");
    let want = want.replace("    # The wide one.\n", "    # The wide one.\n    # Narrow.\n");
    assert_eq!(text_of(&back.loaded), want);
}

#[test]
fn notes_line_ends_and_one_line_blocks_are_given_back() {
    let one = "block unit(width, last=64)(x) { a = x -> conv(width, 3, pad=1) -> relu; return a -> conv(last, 1) -> relu }";
    let noted = UNIT.replace("# A unit.", "# A unit.\n# Note: measured.");
    let sources = [net(&noted), net(UNIT).replace('\n', "\r\n"), net(one), net(UNIT).replace("    assert", "\n\n    assert")];
    for source in sources {
        let source = source.replace("1G\n}", "1G\n\n}");
        let text = written(&source);
        assert_eq!(text_of(&dropped(&file(&text)).loaded), source, "{text}");
    }
    let noted = written(&net(&noted));
    assert_eq!(file(&noted).notes(), ["measured."], "{noted}");
}

#[test]
fn a_number_that_was_changed_goes_too() {
    let source = net(UNIT);
    let text = written(&source);
    for changed in [with(&text, "unit(64, 128, 512)", "unit(48, 128, 512)"), with(&text, "= reduce(64)", "= reduce(32)")] {
        let back = dropped(&file(&changed));
        assert!(back.was_changed, "{changed}");
        assert_eq!(text_of(&back.loaded), source);
    }
    // What else was changed is no matter.
    let other = dropped(&file(&with(&text, "conv(10, 1)", "conv(20, 1)")));
    assert!(!other.was_changed && text_of(&other.loaded) == source.replace("conv(10, 1)", "conv(20, 1)"));
}

#[test]
fn what_cannot_be_told_from_a_persons_is_refused() {
    let text = written(&net(UNIT));
    let step = "a_reduce = x -> conv(width_reduce, 1) -> relu";
    let layer = "a = a_reduce -> conv(width, 3, pad=1) -> relu";
    refused(&with(&text, layer, &format!("{layer}\n    a = add(a, a_reduce -> conv(width, 1))")), "a_reduce");
    let between = format!("b = a_reduce -> relu\n    {}", layer.replace("a_reduce", "b"));
    assert_eq!(text.matches(layer).count(), 1);
    let piped = dropped(&file(&with(&text, layer, &between)));
    assert!(text_of(&piped.loaded).contains("    b = x -> relu\n    a = b -> conv(width, 3"), "it only reads what the step read");
    refused(&with(&text, step, "a_reduce = relu(x)"), "a_reduce = relu(x)");
    refused(&with(&text, step, "a_reduce: [64, 16, 16] = x -> conv(64, 1)"), "a_reduce: [64, 16, 16] = x -> conv(64, 1)");
    let named = text.lines().find(|line| line.contains("behind `a_reduce`")).expect("it is told");
    refused(&with(&text, "a_reduce =", "a_narrow =").replace("= a_reduce", "= a_narrow"), named);
    refused(&with(&text, "= reduce(64)", "= reduce(64)  # mine"), "# mine");
}

#[test]
fn counts_that_do_not_come_out_are_refused() {
    let text = written(&net(UNIT));
    let counts = text.lines().find(|line| line.contains(" parameters.") && line.contains("    # ")).expect("they are told");
    let (before, _) = counts.split_once(" MACs").expect("they are told");
    let (macs, _) = before.trim_start_matches(['#', ' ']).split_once(" -> ").expect("they are told");
    let error = without(&file(&with(&text, macs, "1,000")), &[], &NoFiles).expect_err("they differ");
    assert!(error.code == Code::EarlierBottlenecks && error.message.contains("1,000 MACs"), "{error:?}");
}

#[test]
fn demands_of_the_file_hold_for_the_new_plan() {
    // The bottlenecks keep a budget that the network without them breaks.
    let source = net(UNIT).replace("    assert macs < 1G\n", "");
    let text = written(&source);
    let end = text.rfind("}\n").expect("it ends");
    let macs = file(&text).network.analysis.totals.macs;
    let text = format!("{}    assert macs <= {macs}\n{}", &text[..end], &text[end..]);
    let file = file(&text);
    assert!(file.errors.is_empty(), "{:?}", file.errors);
    let back = dropped(&file);
    assert!(!back.loaded.errors.is_empty(), "the network without breaks it");
    let kept = optimized(&back.loaded, &quarter(), Some(&file)).expect("the plan keeps it");
    assert!(!kept.compiled.has_errors(), "{:?}", kept.compiled.diagnostics);
    let error = optimized(&back.loaded, &within("macs=90%"), Some(&file)).expect_err("the plan breaks it");
    assert_eq!(error.code, Code::AssertionFailed);
    let span = error.primary.as_ref().expect("it has a place").span;
    assert_eq!(file.sources().expect("a text").text(span), format!("macs <= {macs}"), "as the file has it");
    assert!(optimized(&back.loaded, &within("macs=90%"), None).is_ok(), "of a network that never kept it it is no demand");
}

#[test]
fn a_plan_that_lines_cannot_say_is_written_out() {
    let first = optimized(&model("alexnet", None), &splits(), None).expect("it is possible");
    let second = Config { uniform: true, ..within("macs=80%") };
    let done = optimized(&model("alexnet", Some(first.text)), &second, None).expect("it is possible");
    assert!(done.notes.iter().any(|note| note.contains("--replace")), "scales hold before forms: {:?}", done.notes);
    let made = done.compiled.network.expect("it compiles").analysis.totals;
    assert!((made.macs, made.params) == (done.plan.after.price.macs, done.plan.after.price.params), "{made:?}");
}

#[test]
fn what_was_not_written_is_not_found() {
    for name in common::zoo() {
        let source = model(&name, None);
        assert!(without(&source, &[], &common::Disk).expect("nothing is changed").is_none(), "{name}");
        assert!(!written_out(&source));
    }
    let target = target();
    let source = file(&net(UNIT));
    let inline = optimize(&source, &Task { inline: true, ..task(&quarter(), &target) }, &NoFiles).expect("it is possible");
    let inline = file(&inline.text);
    assert!(written_out(&inline) && without(&inline, &[], &NoFiles).expect("nothing is changed").is_none());
}
