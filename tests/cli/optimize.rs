//! `optimize`: what is written, and what it says of itself.

use crate::cli_common::{Dir, command, finish, json, model, pointwise};

#[test]
fn optimize_meets_its_budget_and_its_result_checks() {
    let dir = Dir::new();
    let out = dir.path("half.net");
    let run = pointwise(&["optimize", &model("resnet50"), "--budget", "macs=50%", "-o", &out]);
    assert!(run.code == 0 && run.out.contains("MACs"), "{}", run.err);
    assert_eq!(pointwise(&["check", &out]).code, 0);
    assert_eq!(pointwise(&["fmt", "--check", &out]).code, 0);
    let macs = |file: &str| json(&["analyze", file, "--format", "json"], 0)["totals"]["macs"].as_f64().unwrap_or(0.0);
    let share = macs(&out) / macs(&model("resnet50"));
    assert!((0.4..=0.5).contains(&share), "{share}");
    let text = dir.read("half.net");
    assert!(text.contains("refine ") && text.contains("# ResNet-50"), "{text}");
}

#[test]
fn optimize_to_standard_output_is_a_network() {
    let dir = Dir::new();
    let run = pointwise(&["optimize", &model("vgg11"), "--ratio", "4", "--inline", "-o", "-"]);
    assert!(run.code == 0 && run.err.contains("saved"), "{}", run.err);
    let file = dir.write("out.net", &run.out);
    assert_eq!(pointwise(&["check", &file]).code, 0);
    let before = pointwise(&["optimize", &model("vgg11"), "--dry-run", "--ratio", "4"]);
    assert!(before.code == 0 && before.out.contains("left alone"), "{}", before.out);
    assert_eq!(pointwise(&["optimize", &model("vgg11")]).code, 2);
    assert_eq!(pointwise(&["optimize", &model("vgg11"), "--budget", "macs=1%", "--dry-run"]).code, 1);
}

#[test]
fn an_optimized_file_says_how_it_came_about() {
    let dir = Dir::new();
    let body = "    input x: [width, 16, 16]\n    a = x -> conv(width, 3, pad=1) -> dropout -> relu\n    output y = a\n";
    let net = dir.write("knob.net", format!("net n(width=64) {{\n{body}}}\n"));
    let run = pointwise(&["optimize", &net, "--set", "width=32", "--ratio", "4", "-o", "-"]);
    assert!(run.out.contains("`pointwise optimize --set width=32 --ratio 4`") && run.out.contains("dropout"), "{}", run.out);
    // Passes run in the order of the file: behind a dropout the activation is not seen, so the 1x1 comes without it.
    for (passes, activations) in [("[identity, bottleneck]", 2), ("[bottleneck, identity]", 1)] {
        let config = dir.write("passes.yaml", format!("passes: {passes}\nratio: 4\n"));
        let run = pointwise(&["optimize", &net, "--config", &config, "-o", "-"]);
        assert!(run.err.contains("written out") && !run.out.contains("dropout"), "{passes}: {}{}", run.err, run.out);
        assert_eq!(run.out.matches("relu").count(), activations, "{passes}: {}", run.out);
    }
}

#[test]
fn a_network_with_nothing_to_change_is_written_as_it_was() {
    let dir = Dir::new();
    let text = "net thin {\n    input x: [3, 8, 8]\n    output y = x -> conv(8, 3, pad=1)\n}\n";
    let (net, out) = (dir.write("thin.net", text), dir.path("out.net"));
    let run = pointwise(&["optimize", &net, "--ratio", "4", "-o", &out]);
    assert!(run.code == 0 && run.err.contains("warning[PW0604]"), "{}", run.err);
    assert_eq!(dir.read("out.net"), text);
}

#[test]
fn a_network_optimized_with_a_parameter_set_means_what_was_optimized() {
    let dir = Dir::new();
    for (name, set, old, form) in
        [("mobilenet_v1", "width=0.5", "width=1.0", "pointwise"), ("resnet18", "size=64", "size=224", "auto")]
    {
        let out = dir.path(&format!("{name}.net"));
        let run = pointwise(&["optimize", &model(name), "--set", set, "--form", form, "--ratio", "4", "-o", &out]);
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(run.err.contains("Updated 2 assertions to the new counts."), "{}", run.err);
        let text = dir.read(&format!("{name}.net"));
        assert!(text.contains(set) && text.contains(&format!("optimize --set {set} ")), "{text}");
        let check = pointwise(&["check", &out]);
        assert_eq!(check.code, 0, "{}", check.err);
        // What was asserted of the defaults that were is held against them.
        let check = pointwise(&["check", &out, "--set", old]);
        assert_eq!(check.code, 0, "{}", check.err);
        let params = json(&["analyze", &out, "--format", "json"], 0)["totals"]["params"].as_u64().expect("it is counted");
        let grouped = pointwise::report::number::grouped(params);
        assert!(text.contains(&format!("{grouped} parameters.")), "{grouped}\n{text}");
    }
}

#[test]
fn an_optimized_file_holds_with_its_parameters_set() {
    let dir = Dir::new();
    let out = dir.path("half.net");
    let run = pointwise(&["optimize", &model("resnet50"), "--budget", "macs=50%", "-o", &out]);
    assert!(run.code == 0 && run.err.contains("Updated 2 assertions to the new counts."), "{}", run.err);
    for set in ["v1=true", "v1=false", "size=192", "classes=10"] {
        let check = pointwise(&["check", &out, "--set", set]);
        assert_eq!(check.code, 0, "{set}: {}", check.err);
    }
}

#[test]
fn a_dry_run_says_what_it_would_update() {
    let dry = pointwise(&["optimize", &model("resnet18"), "--ratio", "4", "--dry-run"]);
    assert!(dry.err.contains("Would update 2 assertions to the new counts."), "{}", dry.err);
    let report = pointwise(&["report", &model("resnet18"), "--ratio", "4"]);
    for run in [dry, report] {
        assert!(run.code == 0 && !run.err.contains("Updated"), "{}", run.err);
    }
}

#[test]
fn what_is_written_out_keeps_its_comments_and_marks_what_is_new() {
    let dir = Dir::new();
    let out = dir.path("flat.net");
    let run = pointwise(&["optimize", &model("resnet18"), "--ratio", "4", "--inline", "-o", &out]);
    assert_eq!(run.code, 0, "{}", run.err);
    let text = dir.read("flat.net");
    assert!(text.starts_with("# ResNet-18 (") && text.contains("# Four stages of two basic blocks"), "{text}");
    assert!(text.contains("layers keep their names") && text.contains("assert params == "), "{text}");
    assert!(
        text.contains("    # inserted: reduce of layer1.0.conv1.conv\n    @keep\n    layer1.0.conv1.conv.reduce ="),
        "{text}"
    );
    assert_eq!(pointwise(&["check", &out]).code, 0);
    let config = dir.write("passes.yaml", "passes: [fold-norm]\n");
    let run = pointwise(&["optimize", &model("resnet18"), "--config", &config, "-o", &out]);
    assert!(run.code == 0 && run.err.contains("every layer is written out"), "{}", run.err);
}

#[test]
fn goals_that_exclude_each_other_are_a_usage_error() {
    let run = pointwise(&["optimize", &model("resnet18"), "--ratio", "2", "--channels", "64", "--dry-run"]);
    assert!(run.code == 2 && run.err.contains("give one of them"), "{}", run.err);
    let dir = Dir::new();
    let config = dir.write("passes.yaml", "layers:\n  - match: layr1.*.conv2\n    keep: true\n");
    let run = pointwise(&["optimize", &model("resnet18"), "--config", &config, "--dry-run"]);
    assert!(run.code == 1 && run.err.contains("did you mean `layer1."), "{}", run.err);
}

#[test]
fn a_used_file_is_not_overwritten() {
    let dir = Dir::new();
    let block = "block unit(x) {\n    return x -> conv(64, 3, pad=1)\n}\n";
    let used = dir.write("parts.net", block);
    let net = dir.write("a.net", "use \"parts.net\"\n\nnet a {\n    input x: [64, 8, 8]\n    output y = x -> unit\n}\n");
    let run = pointwise(&["optimize", &net, "--ratio", "4", "-o", &used]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert_eq!(dir.read("parts.net"), block);
}

#[test]
fn what_uses_files_goes_through_a_pipe() {
    let dir = Dir::new();
    std::fs::create_dir(dir.join("in")).expect("it is new");
    std::fs::create_dir(dir.join("out")).expect("it is new");
    dir.write("in/parts.net", "block unit(x) {\n    return x -> conv(64, 3, pad=1)\n}\n");
    let text = "use \"parts.net\"\n\nnet a {\n    input x: [64, 8, 8]\n    output y = x -> unit\n}\n";
    let net = dir.write("in/a.net", text);
    let at = |folder: &str, arguments: &[&str], input: &str| {
        let run = finish(command(arguments).current_dir(dir.join(folder)), input.as_bytes());
        assert_eq!(run.code, 0, "{arguments:?} in {folder}: {}", run.err);
        run.out
    };
    // Standard input and output lie in the current folder.
    let here = at("in", &["optimize", "a.net", "--ratio", "4", "-o", "-"], "");
    assert!(here.contains("use \"parts.net\"\n") && here.contains("refine y = reduce(16)"), "{here}");
    let there = at("out", &["optimize", &net, "--ratio", "4", "-o", "-"], "");
    // What `use` does not reach from there comes into the text.
    assert!(!there.contains("use ") && there.contains("block unit(x)"), "{there}");
    at("out", &["check", "-"], &there);
    at("in", &["optimize", "-", "--ratio", "4", "-o", "../out/b.net"], text);
    assert_eq!(dir.read("out/b.net"), there);
    // Under a root that holds both folders it is used as before.
    let root = ["--root", ".."];
    at("in", &[&["optimize", "-", "--ratio", "4", "-o", "../out/c.net"][..], &root].concat(), text);
    assert!(dir.read("out/c.net").contains("use \"../in/parts.net\"\n"));
    at("out", &[&["check", "c.net"][..], &root].concat(), "");
    assert_eq!(at("in", &["optimize", "-", "--ratio", "4", "-o", "-"], text), here);
}
