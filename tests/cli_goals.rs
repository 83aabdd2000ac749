//! What `optimize` is asked for on the command line, and what comes of it.

mod cli_common;

use cli_common::{Dir, Run, json, model, pointwise};

/// A chain of two equal layers behind a first one.
const CHAIN: &str = "net chain {\n    input image: [3, 32, 32]\n    a = image -> conv(64, 3, pad=1) -> relu\n    b = a -> conv(64, 3, pad=1) -> bn -> relu\n    output y = b -> conv(64, 3, pad=1) -> bn -> relu\n}\n";

/// The text that `optimize` writes for a network, to standard output.
fn written(net: &str, goals: &[&str]) -> Run {
    let run = pointwise(&[&["optimize", net, "-o", "-"], goals].concat());
    assert_eq!(run.code, 0, "{goals:?}: {}", run.err);
    run
}

/// The ranks and shares of a text's `refine` lines.
fn numbers(text: &str) -> Vec<u64> {
    let lines = text.lines().filter(|line| line.trim_start().starts_with("refine"));
    lines.filter_map(|line| line.split('(').nth(1)?.split([',', ')']).next()?.parse().ok()).collect()
}

#[test]
fn a_form_alone_is_a_quarter_of_it() {
    let dir = Dir::new();
    let net = dir.write("chain.net", CHAIN);
    let alone = written(&net, &["--form", "reduce"]);
    assert!(alone.err.contains("only a form is given: taking `--ratio 4` of it"), "{}", alone.err);
    assert!(alone.out.contains("= reduce(16)"), "{}", alone.out);
    let scaled = written(&net, &["--form", "scale"]);
    assert!(scaled.out.contains("refine ** = scale(0.25"), "{}", scaled.out);
    let said = written(&net, &["--form", "expand", "--ratio", "2"]);
    assert!(!said.err.contains("only a form") && said.out.contains("= expand(32)"), "{}", said.err);
    let spatial = written(&net, &["--form", "spatial", "--ratio", "4"]);
    assert!(spatial.out.contains("= spatial(16)"), "a quarter of the channels: {}", spatial.out);
}

#[test]
fn what_stands_between_is_said() {
    let dir = Dir::new();
    let net = dir.write("chain.net", CHAIN);
    for (form, option, wanted) in [
        ("reduce", None, "= reduce(16)"),
        ("reduce", Some("--linear"), "= reduce(16, linear=true)"),
        ("expand", None, "= expand(16)"),
        ("expand", Some("--nonlinear"), "= expand(16, linear=false)"),
    ] {
        let goals: Vec<_> = ["--form", form, "--ratio", "4"].into_iter().chain(option).collect();
        let run = written(&net, &goals);
        assert!(run.out.contains(wanted), "{goals:?}: {}", run.out);
    }
    let both = pointwise(&["optimize", &net, "--dry-run", "--linear", "--nonlinear"]);
    assert_eq!(both.code, 2, "{}", both.err);
}

#[test]
fn on_the_trunk_a_plan_puts_nothing_between_and_beside_other_paths_an_activation() {
    let chain = written(&model("resnet18"), &["--budget", "macs=50%"]).out;
    let lines: Vec<_> = chain.lines().filter(|line| line.contains("= reduce(")).collect();
    assert!(!lines.is_empty() && lines.iter().all(|line| line.contains("linear=true")), "{chain}");
    let paths = written(&model("googlenet_naive"), &["--budget", "macs=1498376192"]).out;
    assert!(paths.contains("conv3x3_reduce = x -> conv(c3_reduce, 1) -> relu"), "{paths}");
}

#[test]
fn widths_are_whole_blocks_unless_any_will_do() {
    let net = model("resnet18");
    let whole = numbers(&written(&net, &["--budget", "macs=50%"]).out);
    assert!(!whole.is_empty() && whole.iter().all(|n| n.is_multiple_of(8)), "{whole:?}");
    let any = numbers(&written(&net, &["--budget", "macs=50%", "--align", "1"]).out);
    assert!(any.iter().any(|n| !n.is_multiple_of(8)), "{any:?}");
    let wide = numbers(&written(&net, &["--budget", "macs=50%", "--align", "12"]).out);
    assert!(!wide.is_empty() && wide.iter().all(|n| n.is_multiple_of(3)), "twelves, their halves and quarters: {wide:?}");
}

#[test]
fn one_width_is_asked_for_by_option_or_file() {
    let dir = Dir::new();
    let by_option = written(&model("resnet18"), &["--form", "scale", "--budget", "macs=50%"]).out;
    let config = dir.write("passes.yaml", "form: scale\nbudget:\n  macs: 50%\n");
    let by_file = written(&model("resnet18"), &["--config", &config]).out;
    let line = |text: &str| text.lines().find(|line| line.contains("refine")).map(str::to_owned);
    assert!(line(&by_option).is_some_and(|line| line.contains("refine ** = scale(0.6")), "{by_option}");
    assert_eq!(line(&by_option), line(&by_file));
    let refused = pointwise(&["optimize", &model("resnet18"), "--dry-run", "--form", "scale", "--channels", "8"]);
    assert!(refused.code == 1 && refused.err.contains("takes `ratio` or `budget`"), "{}", refused.err);
}

#[test]
fn what_was_written_out_is_not_bottlenecked_again() {
    let dir = Dir::new();
    let (net, once, twice) = (dir.write("chain.net", CHAIN), dir.path("once.net"), dir.path("twice.net"));
    let goals = ["--form", "reduce", "--ratio", "4", "--inline"];
    let macs = |net: &str| json(&["analyze", net, "--format", "json"], 0)["totals"]["macs"].clone();
    assert_eq!(pointwise(&[&["optimize", &net, "-o", &once], &goals[..]].concat()).code, 0);
    let text = dir.read("once.net");
    assert_eq!(text.matches("@keep").count(), 4, "a mark for each pipeline of parts: {text}");
    let again = pointwise(&[&["optimize", &once, "-o", &twice], &goals[..]].concat());
    assert!(again.code == 0 && again.err.contains("PW0604"), "{}", again.err);
    assert_eq!(macs(&once), macs(&twice));
    assert!(macs(&once).as_u64() < macs(&net).as_u64());
}

#[test]
fn doubtful_bottlenecks_are_done_and_told() {
    let dir = Dir::new();
    let net = dir.write("chain.net", CHAIN);
    let marked = dir.write("marked.net", CHAIN.replace("    b = a", "    @bottleneck(channels=200)\n    b = a"));
    for (net, goals, said) in [
        (&marked, &[][..], "a layer costs more with the bottleneck than without: `b.conv`"),
        (&net, &["--channels", "1"][..], "all that passes has to fit one channel in"),
        (&net, &["--ratio", "1000"][..], "one channel in 1,000 is less than one"),
    ] {
        let run = pointwise(&[&["optimize", net, "--dry-run"], goals].concat());
        assert!(run.code == 0 && run.err.contains("warning[PW0605]") && run.err.contains(said), "{goals:?}: {}", run.err);
    }
    let dearer = pointwise(&["optimize", &marked, "--dry-run"]);
    assert!(!dearer.out.contains("uniform width"), "nothing is saved that it could be held against: {}", dearer.out);
    let fine = pointwise(&["optimize", &net, "--dry-run", "--ratio", "4"]);
    assert!(!fine.err.contains("PW0605"), "{}", fine.err);
}

#[test]
fn layers_that_would_be_slower_stay_and_those_that_must_not_are_told() {
    // Maps of a few hundred pixels: another layer takes longer to start than it saves.
    let small = "tests/fidelity/families/plain.net";
    let goals = ["--target", "zen4-2core", "--align", "1", "--dry-run", "--budget"];
    let run = pointwise(&[&["optimize", small], &goals[..], &["macs=50%"]].concat());
    assert!(run.code == 0 && run.out.contains("is predicted slower than the layer is"), "{}", run.out);
    let only = pointwise(&["optimize", &model("article_dimension_reduction"), "--budget", "macs=75%", "--dry-run"]);
    assert!(
        only.out.contains(
            "1 layer is predicted slower than before, and no plan without it was found that is nearly as good: `reduced.conv`"
        ),
        "{}",
        only.out
    );
    // Where time is what is limited, nothing slower is of use.
    let timed = pointwise(&[&["optimize", small], &goals[..], &["ms=90%"]].concat());
    assert!(timed.code == 0 && !timed.out.contains("predicted slower than before"), "{}", timed.out);
}

#[test]
fn a_peak_is_lowered_where_it_is() {
    let text = written(&model("mobilenet_v2"), &["--budget", "peak=80%"]).out;
    let lines: Vec<_> = text.lines().filter(|line| line.contains("refine")).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("features.1.0.expand = scale("), "{lines:?}");
}

#[test]
fn a_budget_that_no_plan_meets_is_told_in_readable_numbers() {
    let run = pointwise(&["optimize", &model("densenet121"), "--budget", "macs=10%", "--dry-run"]);
    assert!(run.code == 1 && run.err.contains("allow 445,571,072 MACs or more"), "{}", run.err);
    assert!(!run.err.contains("relax another budget"), "there is no other: {}", run.err);
}

#[test]
fn a_second_run_writes_what_it_plans() {
    let dir = Dir::new();
    let (once, twice) = (dir.path("once.net"), dir.path("twice.net"));
    assert_eq!(pointwise(&["optimize", &model("mobilenet_v2"), "--budget", "macs=50%", "-o", &once]).code, 0);
    let told = json(&["optimize", &once, "--budget", "macs=70%", "-o", &twice, "--format", "json"], 0);
    let made = json(&["analyze", &twice, "--format", "json"], 0);
    for key in ["macs", "params"] {
        assert_eq!(told["after"][key], made["totals"][key], "{key}");
    }
    assert!(told["after"]["macs"].as_u64() < told["before"]["macs"].as_u64());
    assert_eq!(pointwise(&["check", &twice]).code, 0);
}

#[test]
fn numbers_in_an_if_within_an_if_are_brought_up_to_date() {
    let dir = Dir::new();
    let text = "net twin(v1=false, big=false) {
    input image: [64, 32, 32]
    a = if v1 { image -> conv(256, 5, pad=2) } else { image -> conv(128, 3, pad=1) }
    b = a -> relu -> conv(256, 3, pad=1) -> relu
    if big { b = b -> conv(256, 3, pad=1) -> relu }
    output y = b -> conv(256, 3, pad=1) -> relu
    assert macs == if v1 {
        if big { 2_231_369_728 } else { 1_627_389_952 }
    } else {
        if big { 1_585_446_912 } else { 981_467_136 }
    }
}
";
    let (net, out) = (dir.write("twin.net", text), dir.path("out.net"));
    let knobs: [&[&str]; 4] = [&[], &["--set", "v1=true"], &["--set", "big=true"], &["--set", "v1=true", "--set", "big=true"]];
    let holds = |net: &str| knobs.iter().all(|set| pointwise(&[&["check", net], *set].concat()).code == 0);
    assert!(holds(&net), "the numbers hold before");
    let run = pointwise(&["optimize", &net, "--budget", "macs=50%", "-o", &out]);
    assert!(run.code == 0 && holds(&out), "{}\n{}", run.err, dir.read("out.net"));
}

#[test]
fn a_relation_that_a_step_would_break_keeps_lines() {
    let dir = Dir::new();
    let text = "block mix(c1, c3)(x) {
    a = x -> conv(c1, 1) -> relu
    b = x -> conv(c3, 3, pad=1) -> relu
    return concat(a, b)
}

net id {
    input image: [256, 28, 28]
    m1 = image -> mix(64, 256)
    m2 = m1 -> mix(64, 256)
    output y = m2 -> conv(10, 1)
    assert params(m1) == params(m1.a) + params(m1.b)
}
";
    let text = written(&dir.write("id.net", text), &["--ratio", "4"]).out;
    assert!(text.contains("refine m1.b = reduce(") && !text.contains("b_reduce"), "{text}");
}

#[test]
fn a_path_that_names_another_layer_under_another_knob_is_guarded() {
    let dir = Dir::new();
    let text = "net gap(v1=false) {
    input image: [64, 32, 32]
    a = image -> conv(128, 3, pad=1) -> relu
    if v1 {
        a = a -> conv(32, 5, pad=2) -> relu
    } else {
        a = a -> conv(256, 3, pad=1) -> relu
    }
    output y = a -> conv(256, 3, pad=1) -> global_avgpool -> flatten
}
";
    let text = written(&dir.write("gap.net", text), &["--ratio", "4", "--form", "reduce"]).out;
    let (always, guarded) = text.split_once("    if not v1 {\n").unwrap_or_else(|| panic!("there is a guard: {text}"));
    assert!(guarded.contains("refine a.conv_2 = reduce(") && !always.contains("refine a.conv_2"), "{text}");
}

#[test]
fn a_budget_is_counted_by_the_convention_that_is_named() {
    let (net, dir) = (model("squeezenet1_1"), Dir::new());
    let out = dir.path("thop.net");
    let run = pointwise(&["optimize", &net, "--budget", "macs=60%", "--convention", "thop", "-o", &out]);
    assert!(run.code == 0 && run.out.contains("MACs as thop counts, reached"), "{}", run.err);
    // What the file says of its making, makes it again.
    assert!(
        dir.read("thop.net").contains("`pointwise optimize --budget macs=60% --convention thop`"),
        "{}",
        dir.read("thop.net")
    );
    let macs = |file: &str| json(&["analyze", file, "--convention", "thop", "--format", "json"], 0)["totals"]["macs"].as_u64();
    let (before, after) = (macs(&net).expect("a count"), macs(&out).expect("a count"));
    assert!(after <= before * 6 / 10 && after > before / 2, "{after} of {before}");
    let plan = json(&["optimize", &net, "--dry-run", "--budget", "macs=60%", "--convention", "thop", "--format", "json"], 0);
    assert_eq!(plan["plan"]["budgets"][0]["reached"].as_f64(), Some(after as f64), "{}", plan["plan"]);
}

#[test]
fn flops_are_a_budget_and_a_curve() {
    let net = model("squeezenet1_1");
    let flops = |report: &serde_json::Value| report["after"]["flops"].as_f64();
    let got = json(&["optimize", &net, "--dry-run", "--budget", "flops=60%", "--format", "json"], 0);
    assert_eq!(
        (&got["plan"]["budgets"][0]["metric"], got["plan"]["budgets"][0]["reached"].as_f64()),
        (&"flops".into(), flops(&got))
    );
    let curve = json(&["optimize", &net, "--pareto", "flops=80%,60%", "--format", "json"], 0);
    assert_eq!((&curve["metric"], curve["points"].as_array().map(Vec::len)), (&"flops".into(), Some(2)));
    assert_eq!(curve["points"][1]["reached"].as_f64(), flops(&got));
    let table = pointwise(&["optimize", &net, "--pareto", "flops=80%"]).out;
    assert!(table.contains("budget     FLOPs"), "{table}");
    let dir = Dir::new();
    let config = dir.write("passes.yaml", "budget:\n  flops: 80%\n");
    assert!(pointwise(&["optimize", &net, "--dry-run", "--config", &config]).out.contains("budget flops=80%: at most"));
}

#[test]
fn fifty_is_not_half() {
    for command in [
        &["optimize", "--dry-run", "--budget", "macs=50"][..],
        &["report", "--budget", "macs=50"],
        &["optimize", "--pareto", "macs=50,40"],
    ] {
        let run = pointwise(&[&[command[0], &model("lenet5")], &command[1..]].concat());
        assert!(run.code == 1 && run.err.contains("was `macs=50%` meant?"), "{}", run.err);
    }
}

#[test]
fn a_forgotten_percent_sign_is_thought_of_for_every_metric() {
    let dir = Dir::new();
    let net = dir.write("chain.net", CHAIN);
    let told = |budget: &str| pointwise(&["optimize", &net, "--dry-run", "--budget", budget]);
    for metric in ["macs", "flops", "params"] {
        let run = told(&format!("{metric}=50"));
        assert!(run.code == 1 && run.err.contains(&format!("was `{metric}=50%` meant?")), "{}", run.err);
    }
    // A network that needs little: the number is no longer next to nothing, and still cannot be met.
    let small = dir.write("small.net", CHAIN.replace("64", "8").replace("32, 32", "4, 4"));
    for budget in ["params=50", "peak=12.5"] {
        let run = pointwise(&["optimize", &small, "--dry-run", "--budget", budget]);
        let asked = format!("`{budget}%`");
        assert!(run.code == 1 && run.err.contains(&asked), "{budget}: {}", run.err);
    }
    // Milliseconds that the network does not need.
    let run = told("ms=50");
    assert!(run.code == 0 && run.err.contains("within `ms=50` as it is; a share is written `ms=50%`"), "{}", run.err);
    for budget in ["ms=50%", "macs=1T", "params=80%", "ms=1000"] {
        let run = told(budget);
        assert!(run.code == 0 && !run.err.contains("is written"), "{budget}: {}", run.err);
    }
    // One that no plan meets.
    let slow = pointwise(&["target", "show", "laptop"]).out.replace("all: 896.0", "all: 0.896");
    let target = dir.write("slow.yaml", slow);
    let run = pointwise(&["optimize", &net, "--target", &target, "--dry-run", "--budget", "ms=1"]);
    assert!(run.code == 1 && run.err.contains("if a share of the network is meant, write `ms=1%`"), "{}", run.err);
}

#[test]
fn budgets_on_one_metric_hold_together() {
    let dir = Dir::new();
    let net = dir.write("chain.net", CHAIN);
    let reached = |budgets: &[&str]| {
        let options: Vec<&str> = budgets.iter().flat_map(|budget| ["--budget", budget]).collect();
        let report = json(&[&["optimize", &net, "--dry-run", "--format", "json"], &options[..]].concat(), 0);
        report["after"]["macs"].as_u64().expect("a count")
    };
    assert_eq!(reached(&["macs=80%", "macs=50%"]), reached(&["macs=50%"]));
    assert_eq!(reached(&["macs=50%", "macs=80%"]), reached(&["macs=50%"]));
}

#[test]
fn units_are_those_of_the_language() {
    let net = model("squeezenet1_1");
    let told = |budget: &str| pointwise(&["optimize", &net, "--dry-run", "--budget", budget]);
    for (budget, said) in
        [("peak=4MB", "peak=4MB"), ("peak=4M", "peak=4MB"), ("peak=4MiB", "peak=4MiB"), ("params=1e6", "params=1M")]
    {
        let run = told(budget);
        assert!(run.out.contains(&format!("asked for: --budget {said}\n")), "{budget}: {}{}", run.out, run.err);
    }
    for (budget, why) in
        [("macs=10KiB", "`10KiB` is a number of bytes"), ("ms=4M", "has a unit"), ("peak=4mb", "did you mean `4MB`?")]
    {
        let run = told(budget);
        assert!(run.code == 2 && run.err.contains(why), "{budget}: {}", run.err);
    }
}
