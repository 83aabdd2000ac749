//! What the program refuses or says in words, so that nothing that was asked for is passed over.

mod cli_common;

use cli_common::{Dir, SMALL, json, model, pointwise};

#[test]
fn rows_are_chosen_in_every_format_or_refused() {
    let dir = Dir::new();
    let net = dir.write("small.net", SMALL);
    let got = json(&["analyze", &net, "--sort", "params", "--top", "1", "--format", "json"], 0);
    assert_eq!(got["layers"].as_array().map(Vec::len), Some(1));
    assert_eq!((&got["layers"][0]["op"], &got["totals"]["layers"]), (&"linear".into(), &4.into()));
    assert_eq!(pointwise(&["analyze", &net, "--sort", "size", "--format", "yaml"]).code, 2);
    let refused = pointwise(&["analyze", &net, &net, "--by", "op"]);
    assert!(refused.code == 2 && refused.err.contains("`--by` is for one network"), "{}", refused.err);
    assert_eq!(
        json(&["analyze", &net, &net, "--by", "op", "--format", "json"], 0)[1]["groups"].as_array().map(Vec::len),
        Some(4)
    );
}

#[test]
fn counts_by_another_convention_have_another_name() {
    let dir = Dir::new();
    let net = dir.write("small.net", SMALL);
    let doubled = pointwise(&["analyze", &net, "--convention", "paper-2flops", "--format", "markdown"]).out;
    assert!(doubled.contains("| FLOPs (2 x MACs) ") && !doubled.contains("| MACs "), "{doubled}");
    assert!(doubled.contains("2 x MACs + biases by the default convention"), "{doubled}");
    assert!(pointwise(&["analyze", &net, "--convention", "thop"]).out.contains("MACs as thop counts"));
    let got = json(&["analyze", &net, "--convention", "paper-2flops", "--format", "json"], 0);
    assert_eq!(got["convention"], "paper-2flops");
    assert!(got["convention_note"].as_str().is_some_and(|note| note.contains("2 x MACs")), "{}", got["convention_note"]);
    assert!(json(&["analyze", &net, "--format", "json"], 0).get("convention_note").is_none());
}

#[test]
fn several_values_of_a_parameter_are_for_analyze() {
    let (net, dir) = (model("squeezenet1_1"), Dir::new());
    let (json, tensors) = (dir.path("x.json"), dir.path("x.safetensors"));
    let commands: [&[&str]; 7] = [
        &["check", &net],
        &["optimize", &net, "--dry-run", "--ratio", "4"],
        &["report", &net],
        &["run", &net],
        &["bench", &net],
        &["convert", &net, &json],
        &["init", &net, "-o", &tensors],
    ];
    for command in commands {
        let run = pointwise(&[command, &["--set", "size=416,608"]].concat());
        assert!(run.code == 2 && run.err.contains("`--set size=416,608` gives several values"), "{command:?}: {}", run.err);
        assert!(run.err.contains("`pointwise analyze models/squeezenet1_1.net --set size=416,608`"), "{}", run.err);
    }
    assert_eq!(pointwise(&["analyze", &net, "--set", "size=416,608"]).code, 0);
    let listed = dir.write(
        "l.net",
        "net n(widths=[4]) {\n    input x: [3, 8, 8]\n    for w in widths { x = x -> conv(w) }\n    output y = x\n}\n",
    );
    let run = pointwise(&["check", &listed, "--set", "widths=4,8"]);
    assert!(run.code == 2 && run.err.contains("`--set 'widths=[4,8]'`"), "{}", run.err);
    assert_eq!(pointwise(&["check", &listed, "--set", "widths=[4,8]"]).code, 0);
}

/// A plan counts one image; beside other numbers its budgets would read as promises about these.
#[test]
fn budgets_speak_of_what_the_report_shows() {
    let (net, dir) = (model("lenet5"), Dir::new());
    let config = dir.write("passes.yaml", "budget:\n  macs: 90%\n");
    let budgets: [&[&str]; 4] =
        [&["--budget", "macs=90%"], &["--budget", "ms=90%"], &["--budget", "peak=100%"], &["--config", &config]];
    for command in [&["optimize", &net, "--dry-run"][..], &["report", &net]] {
        for budget in budgets {
            let run = pointwise(&[command, budget, &["--batch", "8"]].concat());
            assert!(run.code == 2 && run.err.contains("single image, and `--batch 8` reports 8"), "{budget:?}: {}", run.err);
            assert!(run.err.contains("leave out `--batch 8`"), "{}", run.err);
        }
        for budget in ["macs=90%", "flops=90%", "params=90%", "ms=100%", "peak=100%"] {
            let run = pointwise(&[command, &["--budget", budget, "--convention", "fvcore"]].concat());
            assert_eq!(run.code, 0, "{budget}: {}", run.err);
            let says = run.out.contains("MACs as fvcore counts, reached") && run.out.contains("--convention fvcore");
            assert_eq!(says, budget.starts_with("macs"), "{budget}: {}", run.out);
        }
        assert_eq!(pointwise(&[command, &["--budget", "params=90%", "--batch", "8"]].concat()).code, 0, "weights know no batch");
        let same = [command, &["--budget", "macs=90%", "--batch", "1", "--convention", "default"]].concat();
        assert_eq!(pointwise(&same).code, 0, "what is said is what is there");
        assert_eq!(pointwise(&[command, &["--ratio", "4", "--batch", "8", "--convention", "fvcore"]].concat()).code, 0);
    }
}

#[test]
fn a_report_of_two_networks_takes_no_goals() {
    let run = pointwise(&["report", &model("lenet5"), &model("lenet5"), "--ratio", "4"]);
    assert!(run.code == 2 && run.err.contains("takes no goals: `--ratio 4`"), "{}", run.err);
    let run = pointwise(&["optimize", &model("lenet5"), "--budget", "macs=50%,params=4M", "--dry-run"]);
    assert!(run.code == 2 && run.err.contains("repeat `--budget`"), "{}", run.err);
    let run = pointwise(&["optimize", &model("vgg11"), "--ratio", "4", "--inline", "-o", "-"]);
    assert!(run.code == 0 && run.err.contains("→ <stdout>"), "{}", run.err);
}

#[test]
fn growth_is_said_as_new_or_as_a_multiple() {
    let dir = Dir::new();
    let small = dir.write("small.net", SMALL);
    let text = SMALL.replace("conv(8, 3, pad=1)", "conv(64, 3, pad=1)").replace("-> flatten", "-> conv(8) -> flatten");
    let wide = dir.write("wide.net", text);
    let run = pointwise(&["report", &small, &wide]);
    assert!(run.code == 0 && run.out.contains("8.00x as many") && run.out.contains("new"), "{}", run.out);
}

#[test]
fn run_refuses_what_it_cannot_write_or_would_drop() {
    let dir = Dir::new();
    let net = dir.write("small.net", SMALL);
    for option in ["--output", "--dump"] {
        let run = pointwise(&["run", &net, option, &format!("y={}", dir.path("y.png"))]);
        assert!(run.code == 2 && run.err.contains("y.png` is not an `.npy` file"), "{}", run.err);
    }
    let array = dir.path("y.npy");
    assert_eq!(pointwise(&["run", &net, "--dump", &format!("a.relu={array}")]).code, 0);
    let twice = format!("y={array}");
    assert_eq!(pointwise(&["run", &net, "--output", &twice, "--output", &twice]).code, 2);
    let pixels = dir.path("in.npy");
    let same = "net n {\n    input image: [3, 8, 8]\n    output y = image -> identity\n}\n";
    let identity = dir.write("same.net", same);
    assert_eq!(pointwise(&["run", &identity, "--output", &format!("y={pixels}")]).code, 0);
    let given = format!("image={pixels}");
    let run = pointwise(&["run", &net, "--input", &given, "--input", &given]);
    assert!(run.code == 2 && run.err.contains("`image` is given twice"), "{}", run.err);
}

#[test]
fn run_says_where_numbers_come_from_and_what_is_wrong_with_them() {
    let dir = Dir::new();
    let net = dir.write("small.net", SMALL);
    let labels = dir.write("labels.txt", "cat\ndog\n");
    let run = pointwise(&["run", &net, "--seed", "3", "--top", "2", "--labels", &labels]);
    assert!(run.err.contains("weights are random (seed 3)"), "{}", run.err);
    assert!(run.err.contains("input is random (seed 3): `"), "{}", run.err);
    assert!(run.err.contains("2 names for the 10 elements of `y`"), "{}", run.err);
    let plain = dir.write("plain.net", "net n {\n    input x: [3, 8, 8]\n    output y = x -> relu\n}\n");
    let run = pointwise(&["run", &plain]);
    assert!(run.code == 0 && !run.err.contains("weights are random") && !run.out.contains("NaN"), "{}{}", run.err, run.out);
    assert!(run.err.contains("input is random (seed 0): `x`; give --input for real ones"), "{}", run.err);
    let pixels = dir.path("in.npy");
    let same = dir.write("same.net", "net n {\n    input x: [1, 2, 2]\n    output y = x -> identity\n}\n");
    assert_eq!(pointwise(&["run", &same, "--output", &format!("y={pixels}")]).code, 0);
    assert!(!pointwise(&["run", &same, "--input", &pixels]).err.contains("random"));
    let two = dir.write("two.net", "net n {\n    input a: [1, 2, 2]\n    input b: [1, 2, 2]\n    output y = a + b\n}\n");
    let run = pointwise(&["run", &two, "--input", &format!("a={pixels}")]);
    assert!(run.err.contains("input is random (seed 0): `b`;"), "{}", run.err);
    assert!(pointwise(&["run", &two]).err.contains("inputs are random (seed 0): `a`, `b`;"));
    let mut bytes = dir.bytes("in.npy");
    let last = bytes.len() - 4;
    bytes[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    let broken = dir.write("nan.npy", bytes);
    let run = pointwise(&["run", &same, "--input", &format!("x={broken}")]);
    assert!(run.out.contains("min ") && run.out.contains("  1 NaN") && !run.out.contains("inf"), "{}", run.out);
}

#[test]
fn more_memory_than_there_is_ends_in_a_diagnostic() {
    let dir = Dir::new();
    let net = dir.write("huge.net", "net n {\n    input x: [1024, 60000, 60000]\n    output y = x -> relu\n}\n");
    let run = pointwise(&["run", &net, "--max-memory", "1000TiB"]);
    assert!(run.code == 2 && run.err.contains("PW0706"), "{}", run.err);
}

#[test]
fn a_file_that_is_no_network_gets_one_error() {
    let dir = Dir::new();
    let other = dir.write("graph.json", "{\n  \"a\": [1, 2],\n  \"b\": \"#\",\n  \"c\": {}\n}\n".repeat(20));
    let run = pointwise(&["check", &other]);
    assert!(run.code == 1 && run.err.contains("does not look like a network"), "{}", run.err);
    assert_eq!(run.err.matches("error[").count(), 1, "{}", run.err);
}

#[test]
fn a_plan_that_breaks_an_assertion_writes_nothing() {
    let dir = Dir::new();
    let text = "net n {\n    input x: [64, 8, 8]\n    output y = x -> conv(64, 3, pad=1)\n    assert params > 30K\n}\n";
    let (net, out) = (dir.write("n.net", text), dir.write("out.net", "# as it was\n"));
    for arguments in [
        vec!["optimize", &net, "--ratio", "4", "-o", &out],
        vec!["optimize", &net, "--ratio", "4", "-o", &out, "--inline"],
        vec!["optimize", &net, "--ratio", "4", "-o", "-"],
        vec!["optimize", &net, "--ratio", "4", "--dry-run"],
        vec!["report", &net, "--ratio", "4"],
    ] {
        let run = pointwise(&arguments);
        assert!(run.code == 1 && run.out.is_empty(), "{arguments:?}: {}{}", run.out, run.err);
        assert!(run.err.contains("error[PW0601]: the plan breaks the assertion `params > 30K`"), "{}", run.err);
        assert!(run.err.contains("n.net:4:12") && run.err.contains("`params` would be 10,304"), "{}", run.err);
        assert!(run.err.contains("19,696 under the limit") && run.err.contains("help: change it"), "{}", run.err);
    }
    assert_eq!(dir.read("out.net"), "# as it was\n");
}
