//! `analyze`: numbers, rows and columns.

use serde_json::Value;

use crate::cli_common::{Dir, SMALL, json, model, pointwise};

#[test]
fn analyze_gives_the_promised_keys() {
    let dir = Dir::new();
    let net = dir.write("small.net", SMALL);
    let got = json(&["analyze", &net, "--format", "json"], 0);
    for key in ["schema_version", "tool_version", "net", "source", "batch", "convention", "totals", "layers"] {
        assert!(got.get(key).is_some(), "{key} is missing");
    }
    let totals = ["layers", "params", "buffers", "macs", "flops", "weight_bytes", "activation_bytes", "peak_activation_bytes"];
    assert!(totals.iter().all(|key| got["totals"][key].is_u64()), "{}", got["totals"]);
    // conv 8x3x3x3 + 8; linear 10 x 512 + 10.
    assert_eq!(got["totals"]["params"], 8 * 27 + 8 + 5120 + 10);
    assert_eq!(got["totals"]["macs"], 8 * 27 * 64 + 5120);
    let first = &got["layers"][0];
    assert_eq!((&first["name"], &first["op"], &first["block"]), (&"a.conv".into(), &"conv".into(), &Value::Null));
    assert_eq!((&first["inputs"], &first["output"]), (&serde_json::json!([[3, 8, 8]]), &serde_json::json!([8, 8, 8])));
    assert_eq!((&first["receptive_field"], &first["line"]), (&serde_json::json!([3, 3]), &3.into()));
    assert!(json(&["analyze", &net, &net, "--format", "json"], 0).is_array());
}

#[test]
fn analyze_in_every_format() {
    let dir = Dir::new();
    let net = dir.write("small.net", SMALL);
    let out = |format: &str| {
        let run = pointwise(&["analyze", &net, "--format", format]);
        assert_eq!(run.code, 0, "{}", run.err);
        run.out
    };
    assert!(out("table").contains("a.conv") && out("table").contains("13,824"));
    assert!(out("markdown").starts_with("# small\n\n| layer |"));
    let keys = "name,output,receptive_field,params,macs,macs_share,write_bytes,";
    let csv = out("csv");
    assert!(csv.starts_with(keys) && csv.contains("\na.conv,\"[8, 8, 8]\",3,224,13824,"), "{csv}");
    assert!(out("yaml").starts_with("schema_version: 1\n"));
    assert_eq!(out("json"), out("json"));
}

#[test]
fn rows_and_columns_are_chosen() {
    let net = model("googlenet");
    let run = pointwise(&[
        "analyze",
        &net,
        "--by",
        "block",
        "--columns",
        "name,macs",
        "--sort",
        "macs",
        "--top",
        "2",
        "--format",
        "csv",
    ]);
    assert_eq!(run.out.lines().count(), 3, "{}", run.out);
    assert_eq!(run.out.lines().next(), Some("name,macs"));
    let macs = |line: &str| line.rsplit(',').next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    let lines: Vec<&str> = run.out.lines().skip(1).collect();
    assert!(macs(lines[0]) > macs(lines[1]) && macs(lines[1]) > 0);
    assert_eq!(pointwise(&["analyze", &net, "--columns", "nothing"]).code, 2);
    let by_op = pointwise(&["analyze", &net, "--by", "op", "--format", "csv"]).out;
    assert!(by_op.contains("\nconv 1x1,") && by_op.contains("\nconv kxk,"), "{by_op}");
}

#[test]
fn knobs_batch_and_conventions_change_the_numbers() {
    let dir = Dir::new();
    let net = dir.write("knob.net", "net n(width=8) {\n    input x: [3, 8, 8]\n    output y = x -> conv(width, 1)\n}\n");
    let macs = |more: &[&str]| json(&[&["analyze", &net, "--format", "json"], more].concat(), 0)["totals"]["macs"].as_u64();
    assert_eq!(macs(&[]), Some(3 * 8 * 64));
    assert_eq!(macs(&["--set", "width=16"]), Some(3 * 16 * 64));
    assert_eq!(macs(&["--batch", "4"]), Some(4 * 3 * 8 * 64));
    assert_eq!(macs(&["--convention", "paper-2flops"]), Some(2 * 3 * 8 * 64));
    assert_eq!(pointwise(&["analyze", &net, "--set", "wdith=16"]).code, 2);
    assert_eq!(pointwise(&["analyze", &net, "--set", "width"]).code, 2);
}

#[test]
fn time_is_predicted_on_a_target() {
    let net = model("squeezenet1_1");
    let got = json(&["analyze", &net, "--target", "laptop", "--format", "json"], 0);
    assert!(got["predicted"]["total_ms"].as_f64().is_some_and(|ms| ms > 0.0));
    assert_eq!(pointwise(&["analyze", &net, "--target", "abacus"]).code, 2);
    assert!(pointwise(&["target", "list"]).out.contains("laptop"));
    let dir = Dir::new();
    let file = dir.write("own.yaml", pointwise(&["target", "show", "laptop"]).out.replace("name: laptop", "name: own"));
    let own = json(&["analyze", &net, "--target", &file, "--format", "json"], 0);
    assert_eq!(own["predicted"]["target"], "own");
    assert_eq!(own["predicted"]["total_ms"], got["predicted"]["total_ms"]);
}

#[test]
fn a_file_notes_what_its_numbers_do_not_reach() {
    let paper = model("googlenet_paper");
    let run = pointwise(&["analyze", &paper]);
    assert!(run.code == 0 && run.out.contains("note") && run.out.contains("1072K parameters"), "{}", run.out);
    let got = json(&["analyze", &paper, "--format", "json"], 0);
    assert!(got["notes"][0].as_str().expect("a note").contains("fits a 5x5 reduction to 48 channels"), "{}", got["notes"]);
}

#[test]
fn a_table_counts_shared_weights_where_they_are_used_first() {
    let dir = Dir::new();
    let text = "net n {\n    input x: [4, 2, 2]\n    shared s = conv(4, 1)\n    a = x -> s\n    output y = a -> s\n}\n";
    let run = pointwise(&["analyze", &dir.write("n.net", text), "--columns", "name,params"]);
    let rows: Vec<_> = run.out.lines().filter(|line| line.starts_with("a.conv") || line.starts_with("y.conv")).collect();
    assert!(rows.len() == 2 && rows[0].ends_with("20") && rows[1].contains("(shared)"), "{}", run.out);
}

#[test]
fn what_has_one_value_is_given_once() {
    let dir = Dir::new();
    let net = dir.write("knob.net", "net n(width=8) {\n    input x: [3, 8, 8]\n    output y = x -> conv(width, 1)\n}\n");
    let twice = ["--set", "width=8", "--set", "width=16"];
    for command in ["check", "analyze", "report", "run", "bench"] {
        let run = pointwise(&[&[command, &net][..], &twice].concat());
        let said = "`width` is set twice: `--set width=8` and `--set width=16`";
        assert!(run.code == 2 && run.err.contains(said) && run.out.is_empty(), "{command}: {}{}", run.out, run.err);
    }
    // The advice as it is written.
    let run = pointwise(&[&["analyze", &net][..], &twice].concat());
    assert!(run.err.contains("`analyze` goes through both with `--set width=8,16`"), "{}", run.err);
    assert!(pointwise(&["analyze", &net, "--set", "width=8,16"]).out.contains("2 combinations"));
    let run = pointwise(&["analyze", &net, "--set", "width=8,16", "--set", "width=32"]);
    assert!(run.code == 2 && run.err.contains("`--set width=8,16,32`"), "{}", run.err);
    for option in [["--batch", "2"], ["--convention", "thop"], ["--target", "laptop"], ["--format", "json"]] {
        let run = pointwise(&[&["analyze", &net][..], &option, &option].concat());
        assert!(run.code == 2 && run.err.contains("multiple times"), "{option:?}: {}", run.err);
    }
    let [one, two] = ["1.npy", "2.npy"].map(|name| format!("y={}", dir.path(name)));
    for option in ["--dump", "--output"] {
        let run = pointwise(&["run", &net, option, &one, option, &two]);
        assert!(run.code == 2 && run.err.contains("`y` is to be written twice"), "{option}: {}", run.err);
    }
}
