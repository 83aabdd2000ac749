//! The savings report: which layer is which, what changed, what got worse, and how like changes are told.

mod cli_common;

use std::collections::BTreeSet;

use cli_common::{Dir, json, model, pointwise};
use serde_json::Value;

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What is said of each change, but for the plan's error.
fn said(document: &Value) -> Vec<String> {
    let keys = ["layer", "form", "channels", "before", "after", "changed", "absorbed"];
    list(&document["changes"]).iter().map(|change| keys.map(|key| change[key].to_string()).join(" ")).collect()
}

/// The report of two networks as JSON.
fn between(dir: &Dir, before: &str, after: &str) -> Value {
    let out = dir.path("report.json");
    let run = pointwise(&["report", before, after, "-o", &out]);
    assert_eq!(run.code, 0, "{}", run.err);
    serde_json::from_str(&dir.read("report.json")).expect("it is JSON")
}

/// The clauses of each change between two small networks, by layer.
fn clauses(before: &str, after: &str) -> Vec<(String, String, Vec<String>)> {
    let dir = Dir::new();
    let net = |body: &str| format!("net n {{\n    input x: [8, 16, 16]\n{body}}}\n");
    let document = between(&dir, &dir.write("a.net", net(before)), &dir.write("b.net", net(after)));
    let one = |change: &Value| {
        let clauses = list(&change["changed"]).iter().map(|clause| text(clause).to_owned()).collect();
        (text(&change["layer"]).to_owned(), text(&change["form"]).to_owned(), clauses)
    };
    list(&document["changes"]).iter().map(one).collect()
}

fn owned(changes: &[(&str, &str, &[&str])]) -> Vec<(String, String, Vec<String>)> {
    let one = |(layer, form, clauses): &(&str, &str, &[&str])| {
        ((*layer).to_owned(), (*form).to_owned(), clauses.iter().map(|clause| (*clause).to_owned()).collect())
    };
    changes.iter().map(one).collect()
}

#[test]
fn folded_norms_are_part_of_the_change_of_their_convolutions() {
    let dir = Dir::new();
    let (config, out) = (dir.write("passes.yaml", "passes: [fold-norm]\n"), dir.path("folded.net"));
    let planned = json(&["optimize", &model("resnet18"), "--config", &config, "-o", &out, "--format", "json"], 0);
    let changes = list(&planned["changes"]);
    assert_eq!(changes.len(), 20, "{changes:?}");
    assert_eq!(changes[0]["layer"], "conv1.conv");
    assert_eq!(changes[0]["changed"], serde_json::json!(["bias added", "`conv1.bn` folded into it"]));
    for change in changes {
        assert!(change["form"] == "changed" && list(&change["absorbed"]).len() == 1, "{change}");
        // The normalisation's factor and shift are counted before, so the bias that replaces them saves something.
        assert!(change["before"]["params"].as_u64() > change["after"]["params"].as_u64(), "{change}");
    }
    // Two files tell the same without the optimizer.
    assert_eq!(said(&planned), said(&between(&dir, &model("resnet18"), &out)));
    let run = pointwise(&["report", &model("resnet18"), &out]);
    assert!(run.out.contains("20 layers changed") && run.out.contains("20 layers that became part of them"), "{}", run.out);
    assert!(!run.out.contains("inserted") && !run.out.contains("removed"), "{}", run.out);
}

#[test]
fn every_way_to_write_a_plan_is_told_alike() {
    let dir = Dir::new();
    let (net, lines, flat) = (model("resnet18"), dir.path("lines.net"), dir.path("flat.net"));
    let goal = ["optimize", &net, "--ratio", "4", "--format", "json"];
    let planned = json(&[&goal[..], &["-o", &lines]].concat(), 0);
    let inlined = json(&[&goal[..], &["--inline", "-o", &flat]].concat(), 0);
    assert_eq!(list(&planned["changes"]).len(), 16);
    assert_eq!(said(&planned), said(&inlined));
    assert_eq!(planned["blocks"], inlined["blocks"]);
    for file in [&lines, &flat] {
        let found = between(&dir, &net, file);
        assert_eq!(said(&planned), said(&found), "{file}");
        assert_eq!(planned["blocks"], found["blocks"], "{file}");
    }
}

#[test]
fn passes_that_remove_and_merge_say_where_layers_went() {
    let dir = Dir::new();
    let body = "net n {\n    input x: [8, 16, 16]\n    a = x -> conv(16, 1, bias=false) -> conv(16, 3, pad=1) -> dropout -> relu\n    output y = a -> conv(8, 1)\n}\n";
    let config = dir.write("passes.yaml", "passes: [identity, merge-conv]\n");
    let document = json(&["optimize", &dir.write("a.net", body), "--config", &config, "--dry-run", "--format", "json"], 0);
    let changes: Vec<_> = list(&document["changes"]).iter().map(|c| (text_of(c, "layer"), text_of(c, "form"))).collect();
    assert_eq!(changes, [("a.conv_2", "changed"), ("a.dropout", "removed")]);
    let changed = &document["changes"];
    assert_eq!(changed[0]["absorbed"], serde_json::json!(["a.conv"]));
    assert!(list(&changed[0]["changed"]).iter().any(|clause| clause == "`a.conv` merged into it"), "{}", changed[0]);
    assert!(text(&changed[1]["changed"][0]).starts_with("identity: dropout is the identity"), "{}", changed[1]);
}

fn text_of<'a>(value: &'a Value, key: &str) -> &'a str {
    text(&value[key])
}

#[test]
fn bottlenecks_made_by_hand_are_told_by_their_form() {
    let dir = Dir::new();
    let document = between(&dir, &model("googlenet_naive"), &model("googlenet_paper"));
    let changes = list(&document["changes"]);
    assert!(changes.iter().all(|change| change["form"] == "reduce"), "{changes:?}");
    let widths: Vec<u64> = changes.iter().filter_map(|change| change["channels"][0].as_u64()).collect();
    assert_eq!(widths, [96, 16, 128, 32, 96, 16, 112, 24, 128, 24, 144, 32, 160, 32, 160, 32, 192, 48]);
    let article = between(&dir, &model("article_direct"), &model("article_bottleneck"));
    assert_eq!((&article["changes"][0]["form"], &article["changes"][0]["channels"][0]), (&"reduce".into(), &64.into()));
}

#[test]
fn changed_says_what_changed() {
    let before = "    a = x -> conv(16, 5, pad=2) -> relu\n    output y = a -> conv(8, 3)\n";
    let after = "    a = x -> conv(12, 3, stride=2, pad=1, bias=false) -> relu6\n    output y = a -> conv(8, 3)\n";
    let expected = [
        ("a.conv", "changed", &["out 16 -> 12", "kernel 5 -> 3", "stride 1 -> 2", "pad 2 -> 1", "bias removed"][..]),
        ("a.relu", "changed", &["relu -> relu6", "input [16, 16, 16] -> [12, 8, 8]", "called `a.relu6`"]),
        ("y.conv", "changed", &["input [16, 16, 16] -> [12, 8, 8]"]),
    ];
    assert_eq!(clauses(before, after), owned(&expected));
    let narrower = "    a = x -> conv(12, 5, pad=2) -> relu\n    output y = a -> conv(8, 3)\n";
    let input = "input channels 16 -> 12";
    let expected =
        [("a.conv", "changed", &["out 16 -> 12"][..]), ("a.relu", "changed", &[input]), ("y.conv", "changed", &[input])];
    assert_eq!(clauses(before, narrower), owned(&expected));
    // What costs the same may still be another layer.
    let dilated = "    a = x -> conv(16, 5, pad=4, dilation=2) -> relu\n    output y = a -> conv(8, 3)\n";
    assert_eq!(clauses(before, dilated), owned(&[("a.conv", "changed", &["pad 2 -> 4", "dilation 1 -> 2"])]));
    assert!(clauses(before, before).is_empty());
}

#[test]
fn layers_under_another_name_are_told_by_their_place_where_one_can_be_meant() {
    let before = "    a = x -> conv(16, 3, pad=1) -> relu\n    b = a -> conv(16, 3, pad=1)\n    output y = b -> conv(8, 1)\n";
    let renamed = "    a = x -> conv(16, 3, pad=1) -> relu\n    c = a -> conv(12, 3, pad=1)\n    output y = c -> conv(8, 1)\n";
    let expected =
        [("b.conv", "changed", &["out 16 -> 12", "called `c.conv`"][..]), ("y.conv", "changed", &["input channels 16 -> 12"])];
    assert_eq!(clauses(before, renamed), owned(&expected));
    // What only has another name is no change of the network, and is told apart.
    let same = renamed.replace("12", "16");
    let forms: Vec<_> = clauses(before, &same).into_iter().map(|(layer, form, _)| format!("{layer} {form}")).collect();
    assert_eq!(forms, ["b.conv renamed"]);
    // Two of a kind in one place: either may be the old one.
    let twins = "    a = x -> conv(16, 3, pad=1) -> relu\n    c = a -> conv(16, 3, pad=1)\n    d = a -> conv(16, 3, pad=1)\n    output y = c + d -> conv(8, 1)\n";
    let forms: Vec<_> = clauses(before, twins).into_iter().map(|(layer, form, _)| format!("{layer} {form}")).collect();
    assert_eq!(forms, ["b.conv removed", "c.conv added", "d.conv added", "y.add added"]);
}

#[test]
fn what_got_worse_is_marked() {
    let dir = Dir::new();
    let out = dir.path("small.net");
    let net = model("squeezenet1_0");
    let document = json(&["optimize", &net, "--ratio", "4", "-o", &out, "--format", "json"], 0);
    let grew = |key: &str| document["saved"][key]["absolute"].as_i64().is_some_and(|saved| saved < 0);
    assert!(grew("layers") && grew("activation_bytes") && !grew("macs") && !grew("flops"), "{}", document["saved"]);
    let worse: BTreeSet<&str> = list(&document["worse"]).iter().map(text).collect();
    assert!(worse.is_superset(&BTreeSet::from(["layers", "activation_bytes"])) && !worse.contains("macs"), "{worse:?}");
    let run = pointwise(&["report", &net, &out]);
    let marked = |name: &str| run.out.lines().any(|line| line.starts_with(name) && line.ends_with("worse"));
    assert!(marked("layers") && marked("activations") && !marked("MACs") && !marked("FLOPs"), "{}", run.out);
    let markdown = pointwise(&["optimize", &net, "--ratio", "4", "--dry-run", "--format", "markdown"]).out;
    assert!(markdown.lines().any(|line| line.starts_with("| layers |") && line.ends_with("| worse |")), "{markdown}");
    let html = dir.path("r.html");
    assert_eq!(pointwise(&["report", &net, &out, "-o", &html]).code, 0);
    let cards = dir.read("r.html").matches("<div class=\"figure worse\"").count();
    assert_eq!(cards, run.out.lines().filter(|line| line.ends_with("worse")).count());
}

#[test]
fn like_changes_stand_in_one_row_under_the_path_of_their_refine_line() {
    let dir = Dir::new();
    let (net, out) = (model("densenet121"), dir.path("d.net"));
    let run = pointwise(&["optimize", &net, "--ratio", "4", "-o", &out]);
    let lines: Vec<String> =
        dir.read("d.net").lines().filter_map(|line| Some(line.trim().strip_prefix("refine ")?.to_owned())).collect();
    assert!(lines.len() < 10, "{lines:?}");
    for line in &lines {
        let (path, form) = line.split_once(" = ").expect("a path and a form");
        let row = run.out.lines().find(|row| row.starts_with(path)).unwrap_or_else(|| panic!("{path} in {}", run.out));
        let said = form.replace(['(', ')'], " ");
        assert!(row.contains(said.trim()) && row.contains(" x"), "{row}");
    }
    assert!(run.out.contains("58 layers changed (like ones in one row, summed"), "{}", run.out);
    let all = pointwise(&["report", &net, &out, "--all"]).out;
    assert!(!all.contains("summed") && all.lines().filter(|line| line.starts_with("denseblock")).count() == 58, "{all}");
    // Data keeps every layer, and so does the page, in a fold.
    let document = between(&dir, &net, &out);
    assert_eq!(list(&document["changes"]).len(), 58);
    let html = dir.path("d.html");
    assert_eq!(pointwise(&["report", &net, &out, "-o", &html]).code, 0);
    assert!(dir.read("d.html").contains("Each of 58 layers on its own"));
}

#[test]
fn rows_by_block_and_operation_are_whole_and_in_order_of_execution() {
    let dir = Dir::new();
    let (net, out) = (model("resnet18"), dir.path("r.json"));
    for by in ["block", "op", "layer"] {
        let run = pointwise(&["report", &net, "--ratio", "4", "--by", by, "-o", &out]);
        assert_eq!(run.code, 0, "{}", run.err);
        let document: Value = serde_json::from_str(&dir.read("r.json")).expect("it is JSON");
        assert_eq!(document["groups"]["by"], by);
        let rows = list(&document["groups"]["rows"]);
        for side in ["before", "after"] {
            for key in ["layers", "params", "macs", "flops", "weight_bytes", "activation_bytes"] {
                let sum: u64 = rows.iter().filter_map(|row| row[side][key].as_u64()).sum();
                assert_eq!(Some(sum), document[side][key].as_u64(), "{by} {side} {key}");
            }
        }
        if by == "op" {
            let names: Vec<_> = rows.iter().map(|row| text_of(row, "name")).collect();
            assert_eq!(&names[..4], ["conv kxk", "bn", "relu", "maxpool"]);
        } else {
            let first: BTreeSet<_> = rows.iter().map(|row| text_of(row, "name")).collect();
            assert_eq!(first.len(), rows.len(), "{by}: each once");
        }
        let table = pointwise(&["report", &net, "--ratio", "4", "--by", by]).out;
        assert!(table.contains(&format!("\nby {by}\n")), "{table}");
        let html = dir.path("r.html");
        assert_eq!(pointwise(&["report", &net, "--ratio", "4", "--by", by, "-o", &html]).code, 0);
        assert!(dir.read("r.html").contains(&format!("<h2>By {by}</h2>")), "{by}");
    }
    // A block that only the network after has stands where it is executed.
    let document = between(&dir, &model("googlenet_naive"), &model("googlenet_paper"));
    let names: Vec<_> = list(&document["blocks"]).iter().map(|row| text_of(row, "name")).collect();
    let expected: Vec<_> = names.iter().position(|name| *name == "inception_3a").into_iter().collect();
    assert!(!expected.is_empty() && names.last() == Some(&"logits"), "{names:?}");
    let before = "    a = x -> conv(16, 3, pad=1)\n    c = a -> conv(16, 3, pad=1)\n    output y = c -> conv(8, 1)\n";
    let after =
        "    a = x -> conv(16, 3, pad=1)\n    b = a -> relu\n    c = b -> conv(16, 3, pad=1)\n    output y = c -> conv(8, 1)\n";
    let wrap = |body: &str| format!("net n {{\n    input x: [8, 16, 16]\n{body}}}\n");
    let document = between(&dir, &dir.write("a.net", wrap(before)), &dir.write("b.net", wrap(after)));
    let names: Vec<_> = list(&document["blocks"]).iter().map(|row| text_of(row, "name")).collect();
    assert_eq!(names, ["a", "b", "c", "y"]);
}

#[test]
fn a_plan_is_told_in_numbers() {
    let dir = Dir::new();
    let out = dir.path("half.net");
    let net = model("resnet50");
    let document = json(&["optimize", &net, "--budget", "macs=70%", "-o", &out, "--format", "json"], 0);
    let plan = &document["plan"];
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{value} is a number"));
    let (error, bound, gap) = (number(&plan["error"]), number(&plan["bound"]), number(&plan["gap"]));
    assert!(bound > 0.0 && bound <= error + 1e-12 && (0.0..1.0).contains(&gap), "{plan}");
    assert!((gap - (error - bound) / error).abs() < 1e-9, "{plan}");
    // Layers that only read fewer channels are told without an error of their own.
    let errors = list(&document["changes"]).iter().map(|change| &change["error"]).filter(|error| !error.is_null());
    let sum: f64 = errors.map(number).sum();
    assert!((sum - error).abs() < 1e-9, "{sum} of {error}");
    assert!(
        list(&document["changes"]).iter().any(|change| change["form"] == "scale" && change["channels"][0].is_u64()),
        "{document}"
    );
    assert!(plan["model"].is_string() && plan["alternatives"].is_array(), "{plan}");
    let floors = &plan["floors"];
    assert!(["ratio", "channels", "align"].iter().all(|key| floors[key].as_u64().is_some_and(|n| n > 0)), "{floors}");
    let budget = &plan["budgets"][0];
    assert_eq!((&budget["metric"], &budget["limit"]), (&"macs".into(), &"70%".into()));
    assert!(number(&budget["reached"]) <= number(&budget["most"]), "{budget}");
    assert!((number(&budget["reached"]) - number(&document["after"]["macs"])).abs() < 0.5, "{budget}");
    // Without a budget nothing is certified.
    let plain = json(&["optimize", &net, "--ratio", "4", "--dry-run", "--format", "json"], 0);
    assert!(plain["plan"]["bound"].is_null() && plain["plan"]["gap"].is_null() && plain["plan"]["floors"].is_null());
    // Exact passes alone have no plan.
    let config = dir.write("passes.yaml", "passes: [identity]\n");
    let exact = json(&["optimize", &net, "--config", &config, "--dry-run", "--format", "json"], 0);
    assert!(exact["plan"]["model"].is_null() && exact["plan"]["error"].is_null(), "{}", exact["plan"]);
}

#[test]
fn data_and_a_network_do_not_share_standard_output() {
    for format in ["json", "yaml", "csv", "markdown"] {
        let run = pointwise(&["optimize", &model("lenet5"), "--ratio", "4", "-o", "-", "--format", format]);
        assert!(
            run.code == 2 && run.out.is_empty() && run.err.contains(&format!("`--format {format}`")),
            "{}{}",
            run.out,
            run.err
        );
        let run = pointwise(&["optimize", &model("lenet5"), "--ratio", "4", "--dry-run", "--format", format]);
        assert!(run.code == 0 && !run.out.is_empty(), "{}", run.err);
    }
}

#[test]
fn what_only_follows_is_not_listed_and_what_was_changed_is() {
    let dir = Dir::new();
    let net = |width: u32, activation: &str| {
        format!(
            "net n {{\n    input x: [64, 8, 8]\n    a = x -> conv({width}, 3, pad=1) -> bn -> {activation}\n    \
             output y = a -> conv(64, 1)\n}}\n"
        )
    };
    let before = dir.write("before.net", net(64, "relu"));
    let rows = |after: &str| pointwise(&["report", &before, after]).out;
    let narrower = rows(&dir.write("narrower.net", net(32, "relu")));
    assert!(narrower.contains("without 2 layers of no MACs that follow") && !narrower.contains("a.relu"), "{narrower}");
    let other = rows(&dir.write("other.net", net(64, "gelu")));
    assert!(other.contains("a.relu") && !other.contains("that follow"), "{other}");
}
