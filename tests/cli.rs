//! The program from outside: every command, its exit codes, its data on standard output.

mod cli_common;

use cli_common::{Dir, MISTAKE, SMALL, command, finish, json, model, pointwise};
use serde_json::Value;

#[test]
fn check_says_both_shapes_and_exits_with_one() {
    let dir = Dir::new();
    let bad = dir.write("bad.net", MISTAKE);
    let run = pointwise(&["check", &bad]);
    assert_eq!(run.code, 1);
    for part in ["error[PW0302]", "[8, 30, 30]", "[8, 28, 28]", "bad.net:5:"] {
        assert!(run.err.contains(part), "{part} is missing in\n{}", run.err);
    }
    assert!(run.out.is_empty());
}

#[test]
fn check_writes_for_programs_to_standard_output() {
    let dir = Dir::new();
    let (good, bad) = (dir.write("good.net", SMALL), dir.write("bad.net", MISTAKE));
    let found = json(&["check", &good, &bad, "--output-format", "json"], 1);
    assert_eq!(found["diagnostics"][0]["code"], "PW0302");
    assert_eq!(found["diagnostics"][0]["line"], 5);
    let sarif = json(&["check", &bad, "--output-format", "sarif"], 1);
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "PW0302");
    assert!(pointwise(&["check", &bad, "--output-format", "github"]).out.starts_with("::error file="));
    assert!(pointwise(&["check", &bad, "--output-format", "concise"]).out.contains("bad.net:5:"));
}

#[test]
fn lints_are_warnings_until_denied() {
    let dir = Dir::new();
    let net = dir.write("bias.net", "net n {\n    input x: [3, 8, 8]\n    output y = x -> conv(8, 3, pad=1) -> bn\n}\n");
    let run = pointwise(&["check", &net]);
    assert!(run.code == 0 && run.err.contains("warning[PW9003]"), "{}", run.err);
    assert_eq!(pointwise(&["check", &net, "--deny", "warnings"]).code, 1);
    assert_eq!(pointwise(&["check", &net, "--deny", "PW9003"]).code, 1);
    assert_eq!(pointwise(&["check", &net, "--ignore", "PW9003", "--deny", "warnings"]).code, 0);
    assert!(!pointwise(&["check", &net, "--select", "PW9001"]).err.contains("PW9003"));
    assert_eq!(pointwise(&["check", &net, "--deny", "PW1"]).code, 2);
    assert!(pointwise(&["check", "--quiet", &net]).err.is_empty());
}

/// Mistakes whose fixes are safe in three rounds (the syntax hides the rest), and one whose fix is a guess.
const FIXABLE: &str = "net n {\n    inptu x: [3, 8, 8]\n    a = x -> ReLU() -> conv(8, kernel_size=3, padding=1, bias=True)\n    output y = x + a\n}\n";
const FIXED: &str =
    "net n {\n    input x: [3, 8, 8]\n    a = x -> relu -> conv(8, k=3, pad=1, bias=true)\n    output y = x + a\n}\n";

#[test]
fn check_applies_what_is_safe_and_leaves_what_is_a_guess() {
    let dir = Dir::new();
    let net = dir.write("n.net", FIXABLE);
    let run = pointwise(&["check", "--fix", &net]);
    assert_eq!(dir.read("n.net"), FIXED, "{}", run.err);
    assert_eq!(run.code, 1, "the code is that of what is left");
    assert!(run.err.ends_with("1 file checked, 5 fixes applied, 1 error left\n") && run.out.is_empty(), "{}", run.err);
    assert!(run.err.contains("PW0303") && !run.err.contains("PW01"), "{}", run.err);
    assert!(run.err.contains("1 unsafe fix is left: "), "{}", run.err);
    let again = pointwise(&["check", "--fix", &net]);
    assert!(again.err.contains("0 fixes applied, 1 error left") && dir.read("n.net") == FIXED, "{}", again.err);
    let clean = dir.write("c.net", SMALL.replace("-> relu", "-> ReLU"));
    let run = pointwise(&["check", "--fix", &clean]);
    assert!(run.code == 0 && run.err == "1 file checked, 1 fix applied, nothing left\n", "{}", run.err);
    assert_eq!(dir.read("c.net"), SMALL);
}

#[test]
fn check_shows_what_it_would_fix() {
    let dir = Dir::new();
    let net = dir.write("n.net", FIXABLE);
    let run = pointwise(&["check", "--diff", &net]);
    assert!(run.code == 1 && dir.read("n.net") == FIXABLE, "{}", run.err);
    assert!(run.out.contains("+    input x: [3, 8, 8]\n") && run.out.contains("-    inptu x: [3, 8, 8]\n"), "{}", run.out);
    let left = "1 unsafe fix is left: `--diff --unsafe-fixes` shows it, `--fix --unsafe-fixes` applies it\n";
    assert_eq!(run.err, format!("{left}1 file checked, 5 fixes to apply, 1 error left then\n"));
    let all = pointwise(&["check", "--diff", "--unsafe-fixes", &net]);
    assert!(all.code == 1 && all.out.contains("+    output y = ") && dir.read("n.net") == FIXABLE, "{}", all.out);
    assert_eq!(all.err, "1 file checked, 6 fixes to apply, nothing left then\n");
    let clean = dir.write("c.net", SMALL);
    let run = pointwise(&["check", "--diff", &clean]);
    assert!(run.code == 0 && run.out.is_empty(), "{}", run.out);
}

#[test]
fn guesses_are_applied_where_they_are_asked_for() {
    let dir = Dir::new();
    let net = dir.write("n.net", FIXED);
    assert_eq!(pointwise(&["check", "--unsafe-fixes", &net]).code, 2, "it says which fixes are meant, not that they are made");
    let shown = pointwise(&["check", &net]);
    assert!(shown.err.contains("help: ") && !shown.err.contains("(safe: "), "{}", shown.err);
    let run = pointwise(&["check", "--fix", "--unsafe-fixes", &net]);
    assert!(run.code == 0 && run.err == "1 file checked, 1 fix applied, nothing left\n", "{}", run.err);
    assert_eq!(pointwise(&["check", &net]).code, 0);
    let safe = dir.write("s.net", FIXABLE);
    assert!(pointwise(&["check", &safe]).err.contains("help: did you mean `input`? (safe: `check --fix` applies it)"));
}

#[test]
fn fixes_go_where_they_were_asked_for() {
    let dir = Dir::new();
    let piped = finish(command(&["check", "--fix", "-"]).stdin(std::process::Stdio::piped()), FIXABLE.as_bytes());
    assert_eq!((piped.out.as_str(), piped.code), (FIXED, 1), "{}", piped.err);
    let script = dir.write("n.py", FIXABLE);
    assert_eq!(pointwise(&["check", "--fix", &script]).code, 1);
    assert_eq!(dir.read("n.py"), FIXABLE, "what is no network is not rewritten");
    let parts = "block f(x) {\n    return x -> ReLU\n}\n";
    dir.write("parts.net", parts);
    let user = dir.write("u.net", "use \"parts.net\"\nnet n {\n    input x: [3, 8, 8]\n    output y = x -> f\n}\n");
    let run = pointwise(&["check", "--fix", &user]);
    assert!(run.code == 1 && run.err.contains("0 fixes applied, 1 error left"), "{}", run.err);
    assert_eq!(dir.read("parts.net"), parts, "only files that were named are changed");
    let refused = [&["check", "--fix", "--diff", &user][..], &["check", "--diff", "--output-format", "json", &user]];
    for arguments in refused.into_iter().chain([&["check", "--fix", "--output-format", "json", "-"][..]]) {
        assert_eq!(pointwise(arguments).code, 2, "{arguments:?}");
    }
}

#[test]
fn fixes_say_how_sure_they_are() {
    let dir = Dir::new();
    let net = dir.write("n.net", FIXABLE);
    let found = json(&["check", &net, "--output-format", "json"], 1);
    assert_eq!(found["diagnostics"][0]["fixes"][0]["applicability"], "safe");
    let fixed = json(&["check", "--fix", &net, "--output-format", "json"], 1);
    assert_eq!(fixed["diagnostics"][0]["fixes"][0]["applicability"], "unsafe", "the findings are those that are left");
    let sarif = json(&["check", &net, "--output-format", "sarif"], 1);
    assert_eq!(sarif["runs"][0]["results"][0]["fixes"][0]["properties"]["applicability"], "unsafe");
}

#[test]
fn a_failed_assertion_exits_with_one_and_the_numbers_still_come() {
    let dir = Dir::new();
    let net = dir.write("over.net", SMALL.replace("    output", "    assert params < 10\n    output"));
    assert_eq!(pointwise(&["check", &net]).code, 1);
    let run = pointwise(&["analyze", &net]);
    assert!(run.code == 1 && run.err.contains("PW0601") && run.out.contains("parameters"), "{}", run.err);
}

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
fn the_report_in_every_form() {
    let dir = Dir::new();
    let small = dir.path("small.net");
    assert_eq!(pointwise(&["optimize", &model("squeezenet1_0"), "--ratio", "2", "-o", &small]).code, 0);
    for extension in ["html", "md", "json", "csv", "yaml"] {
        let out = dir.path(&format!("report.{extension}"));
        let run = pointwise(&["report", &model("squeezenet1_0"), &small, "-o", &out]);
        assert_eq!(run.code, 0, "{extension}: {}", run.err);
    }
    let report: Value = serde_json::from_str(&dir.read("report.json")).expect("it is JSON");
    assert!(report["measured"].is_null());
    let (before, after) = (report["before"]["macs"].as_i64(), report["after"]["macs"].as_i64());
    assert_eq!(report["saved"]["macs"]["absolute"].as_i64(), before.zip(after).map(|(b, a)| b - a));
    let change = &report["changes"][0];
    assert!(change["layer"].is_string() && change["form"] == "expand" && change["channels"][0].is_u64(), "{change}");
    assert!(change["before"]["macs"].as_u64() > change["after"]["macs"].as_u64(), "{change}");
    let html = dir.read("report.html");
    assert!(
        html.contains("Content-Security-Policy") && !html.contains("<script src") && !html.contains("http-equiv=\"refresh\"")
    );
    assert!(html.contains("script-src 'sha256-") && html.contains("<script type=\"application/json\""));
    let outside =
        html.matches("http").count() - html.matches("http-equiv").count() - html.matches("http://www.w3.org/2000/svg").count();
    assert_eq!(outside, 0, "the page loads nothing from elsewhere");
}

#[test]
fn a_report_of_one_network_says_what_optimizing_would_save() {
    let dir = Dir::new();
    let out = dir.path("r.json");
    assert_eq!(pointwise(&["report", &model("vgg11"), "--ratio", "4", "-o", &out]).code, 0);
    let report: Value = serde_json::from_str(&dir.read("r.json")).expect("it is JSON");
    assert!(report["saved"]["macs"]["percent"].as_f64().is_some_and(|p| p > 30.0), "{}", report["saved"]);
}

#[test]
fn measuring_says_how_often_and_how_long() {
    let dir = Dir::new();
    let (net, out) = (dir.write("small.net", SMALL), dir.path("r.json"));
    let run = pointwise(&["report", &net, &net, "--measure", "--runs", "3", "--threads", "1", "-o", &out]);
    assert_eq!(run.code, 0, "{}", run.err);
    let measured = serde_json::from_str::<Value>(&dir.read("r.json")).expect("it is JSON")["measured"].clone();
    assert_eq!((&measured["runs"], &measured["threads"]), (&3.into(), &1.into()));
    assert!(measured["after"]["median_ms"].as_f64().is_some_and(|ms| ms > 0.0));
}

#[test]
fn init_and_run_are_reproducible() {
    let dir = Dir::new();
    let (net, weights) = (dir.write("small.net", SMALL), dir.path("w.safetensors"));
    assert_eq!(pointwise(&["init", &net, "-o", &weights, "--seed", "1"]).code, 0);
    let (one, two) = (dir.path("one.npy"), dir.path("two.npy"));
    for (out, threads) in [(&one, "1"), (&two, "2")] {
        let named = format!("y={out}");
        let run = pointwise(&["run", &net, "--weights", &weights, "--seed", "2", "--output", &named, "--threads", threads]);
        assert!(run.code == 0 && run.out.contains("y  [1, 10]"), "{}", run.err);
    }
    assert_eq!(dir.bytes("one.npy"), dir.bytes("two.npy"));
    assert!(dir.bytes("one.npy").starts_with(b"\x93NUMPY"));
    let again = pointwise(&["run", &net, "--weights", &weights, "--input", &format!("image={}", dir.path("x.npy"))]);
    assert_eq!(again.code, 2, "a missing input file is trouble");
}

#[test]
fn run_shows_classes_times_and_layers() {
    let dir = Dir::new();
    let net = dir.write("small.net", SMALL);
    let labels = dir.write("labels.txt", "zero\none\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n");
    let dump = dir.path("a.npy");
    let run = pointwise(&["run", &net, "--top", "2", "--labels", &labels, "--profile", "--dump", &format!("a.conv={dump}")]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("GMAC/s") && run.out.contains("a.conv"), "{}", run.out);
    let named = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    assert_eq!(run.out.lines().filter(|line| named.iter().any(|n| line.ends_with(n))).count(), 2, "{}", run.out);
    assert!(dir.bytes("a.npy").len() > 8 * 8 * 8 * 4);
    assert_eq!(pointwise(&["run", &net, "--dump", &format!("b.conv={dump}")]).code, 1);
    assert_eq!(pointwise(&["run", &net, "--engine", "reference"]).code, 0);
    assert_eq!(pointwise(&["run", &net, "--engine", "fast"]).code, 2);
    assert!(!pointwise(&["run", "--help"]).out.contains("fast"), "only what works is shown");
}

#[test]
fn too_much_memory_is_refused_with_the_number() {
    let run = pointwise(&["run", &model("vgg16"), "--max-memory", "100MiB"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("PW0706") && run.err.contains("100 MiB are allowed"), "{}", run.err);
}

#[test]
fn bench_gives_the_promised_keys() {
    let dir = Dir::new();
    let net = dir.write("small.net", SMALL);
    let got = json(&["bench", &net, "--runs", "3", "--format", "json"], 0);
    for key in
        ["schema_version", "net", "threads", "batch", "runs", "min_ms", "median_ms", "p90_ms", "p99_ms", "gmacs_per_s", "layers"]
    {
        assert!(got.get(key).is_some(), "{key} is missing");
    }
    assert_eq!(got["layers"].as_array().map(Vec::len), Some(4));
    assert_eq!(pointwise(&["bench", &net, &net, "--runs", "2"]).code, 0);
}

#[test]
fn convert_writes_every_form() {
    let dir = Dir::new();
    for extension in ["dot", "json", "yaml", "svg", "net"] {
        let out = dir.path(&format!("g.{extension}"));
        assert_eq!(pointwise(&["convert", &model("googlenet"), &out]).code, 0, "{extension}");
    }
    assert!(dir.read("g.dot").starts_with("digraph \"googlenet\" {") && dir.read("g.svg").starts_with("<svg"));
    let graph: Value = serde_json::from_str(&dir.read("g.json")).expect("it is JSON");
    assert_eq!(graph["nodes"][0]["op"], "input");
    for (file, word) in [("x.onnx", "ONNX"), ("x.py", "PyTorch"), ("x.txt", ".txt"), ("x", "extension")] {
        let run = pointwise(&["convert", &model("googlenet"), &dir.path(file)]);
        assert!(run.code == 2 && run.err.contains(word), "{}", run.err);
    }
}

#[test]
fn a_printed_graph_is_the_same_graph() {
    let dir = Dir::new();
    for name in
        ["googlenet", "densenet121", "mobilenet_v3_large", "shufflenet_v2_x1_0", "resnet18", "efficientnet_b0", "convnext_tiny"]
    {
        let flat = dir.path("flat.net");
        assert_eq!(pointwise(&["convert", &model(name), &flat]).code, 0, "{name}");
        let layers = |file: &str| {
            let got = json(&["analyze", file, "--format", "json"], 0);
            let layers = got["layers"].as_array().cloned().unwrap_or_default();
            let row = |l: &Value| {
                format!("{} {} {} {} {} {}", l["op"], l["inputs"], l["output"], l["params"], l["macs"], l["receptive_field"])
            };
            layers.iter().map(row).collect::<Vec<_>>()
        };
        assert_eq!(layers(&flat), layers(&model(name)), "{name}");
        let again = dir.path("again.net");
        assert_eq!(pointwise(&["convert", &flat, &again]).code, 0);
        assert_eq!(layers(&again), layers(&flat), "{name}");
        assert_eq!(pointwise(&["fmt", "--check", &flat]).code, 0, "{name}");
    }
}

#[test]
fn fmt_checks_shows_and_lays_out() {
    let dir = Dir::new();
    let crooked = dir.write("c.net", "net n{\n input x:[3,8,8] # in\n output y=x->relu\n}\n");
    assert_eq!(pointwise(&["fmt", "--check", &crooked]).code, 1);
    let shown = pointwise(&["fmt", "--diff", &crooked]);
    assert!(shown.code == 1 && shown.out.contains("+net n {") && shown.out.contains("-net n{"), "{}", shown.out);
    assert!(dir.read("c.net").starts_with("net n{"), "neither changes the file");
    assert_eq!(pointwise(&["fmt", &dir.path("")]).code, 0);
    let once = dir.read("c.net");
    assert!(once.contains("# in") && once.starts_with("net n {"), "{once}");
    assert_eq!(pointwise(&["fmt", "--check", &crooked]).code, 0);
    let broken = dir.write("b.net", "net n {\n");
    assert_eq!(pointwise(&["fmt", &broken]).code, 1);
    assert_eq!(dir.read("b.net"), "net n {\n");
}

#[test]
fn the_references_are_there() {
    assert!(pointwise(&["explain", "pw0302"]).out.starts_with("# PW0302"));
    assert!(pointwise(&["explain", "PW03"]).out.contains("PW0301"));
    assert_eq!(pointwise(&["explain", "PW0999"]).code, 2);
    assert!(pointwise(&["ops"]).out.contains("global_avgpool"));
    assert!(pointwise(&["ops", "conv"]).out.contains("stride"));
    assert_eq!(pointwise(&["ops", "cnov"]).code, 2);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(pointwise(&["completions", shell]).out.contains("analyze"), "{shell}");
    }
    assert_eq!(pointwise(&["--help"]).code, 0);
    assert!(pointwise(&["--version"]).out.starts_with("pointwise "));
    assert_eq!(pointwise(&["frobnicate"]).code, 2);
    assert!(!pointwise(&["--help"]).out.contains("lsp"));
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

#[test]
fn the_form_of_a_change_is_that_of_the_plan() {
    let dir = Dir::new();
    let text = "net a {\n    input x: [64, 8, 8]\n    y = x -> conv(64, 1)\n    output z = y -> flatten -> linear(64)\n}\n";
    let net = dir.write("a.net", text);
    let out = dir.path("b.net");
    assert_eq!(pointwise(&["optimize", &net, "--form", "pointwise", "--ratio", "4", "-o", &out]).code, 0);
    let report = dir.path("r.json");
    for after in [&["--form", "pointwise", "--ratio", "4"][..], &[out.as_str()]] {
        let run = pointwise(&[&["report", &net, "-o", &report][..], after].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        let document: serde_json::Value = serde_json::from_str(&dir.read("r.json")).expect("it is JSON");
        let changes = document["changes"].as_array().expect("a list");
        let of = |i: usize| (changes[i]["layer"].as_str(), changes[i]["form"].as_str(), changes[i]["channels"][0].as_u64());
        assert_eq!(
            (of(0), of(1)),
            ((Some("y.conv"), Some("pointwise"), Some(16)), (Some("z.linear"), Some("pointwise"), Some(16)))
        );
    }
}

#[test]
fn a_table_counts_shared_weights_where_they_are_used_first() {
    let dir = Dir::new();
    let text = "net n {\n    input x: [4, 2, 2]\n    shared s = conv(4, 1)\n    a = x -> s\n    output y = a -> s\n}\n";
    let run = pointwise(&["analyze", &dir.write("n.net", text), "--columns", "name,params"]);
    let rows: Vec<_> = run.out.lines().filter(|line| line.starts_with("a.conv") || line.starts_with("y.conv")).collect();
    assert!(rows.len() == 2 && rows[0].ends_with("20") && rows[1].contains("(shared)"), "{}", run.out);
}
