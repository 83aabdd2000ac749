//! The curve of budgets on the command line: rows, formats, the page with its chart, and what is refused.

mod cli_common;

use cli_common::{Dir, command, finish, json, model, pointwise};
use serde_json::Value;

/// Two convolutions with room for bottlenecks.
const WIDE: &str = "net wide {\n    input image: [64, 8, 8]\n    x = image -> conv(64, 3, pad=1, bias=false) -> relu\n    output y = x -> conv(64, 3, pad=1, bias=false)\n}\n";

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn curve(name: &str, steps: &str) -> Value {
    json(&["optimize", &model(name), "--pareto", steps, "--format", "json"], 0)
}

#[test]
fn a_row_has_the_numbers_of_its_budget() {
    let found = curve("resnet18", "macs=40%,50%");
    let points = list(&found["points"]);
    assert_eq!(points.len(), 2);
    assert_eq!((&found["metric"], &found["goal"]), (&"macs".into(), &"--pareto macs=40%,50%".into()));
    for (point, budget) in points.iter().zip(["macs=50%", "macs=40%"]) {
        assert_eq!(point["budget"], budget, "the loosest first");
        let alone = json(&["optimize", &model("resnet18"), "--budget", budget, "--dry-run", "--format", "json"], 0);
        assert_eq!((&point["totals"], &found["before"]), (&alone["after"], &alone["before"]));
        let plan = &alone["plan"];
        for key in ["error", "bound", "gap"] {
            assert_eq!(point[key], plan[key], "{key}");
        }
        for key in ["most", "reached"] {
            assert_eq!(point[key], plan["budgets"][0][key], "{key}");
        }
        let uniform = &plan["alternatives"][0];
        assert_eq!((&point["uniform"]["share"], &point["uniform"]["error"]), (&uniform["share"], &uniform["error"]));
        assert_eq!(point["uniform"]["reached"].as_f64(), uniform["macs"].as_f64());
        assert_eq!(
            (&point["predicted_ms"], &found["predicted_ms"]),
            (&alone["predicted"]["after_ms"], &alone["predicted"]["before_ms"])
        );
        assert!(point["changed_layers"].as_u64() > Some(0) && point["missed"].is_null() && point["dominated_by"].is_null());
    }
}

#[test]
fn tenths_of_the_network_are_the_budgets_where_none_are_given() {
    let dir = Dir::new();
    let net = dir.write("a net.net", WIDE);
    let run = pointwise(&["optimize", &net, "--pareto", "params", "--format", "csv"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let rows: Vec<&str> = run.out.lines().collect();
    assert!(rows[0].starts_with("budget,most,reached,layers,params,macs,predicted_ms,"), "{}", rows[0]);
    let budgets: Vec<&str> = rows[1..].iter().filter_map(|row| row.split(',').next()).collect();
    assert_eq!(budgets, (1..10).rev().map(|n| format!("params={n}0%")).collect::<Vec<_>>());
    // The command below the table can be copied, whatever the file is called.
    let run = pointwise(&["optimize", &net, "--pareto", "params"]);
    assert!(run.out.contains(&format!("`pointwise optimize '{net}' --budget BUDGET -o OUT.net`")), "{}", run.out);
    assert_eq!(run.out, pointwise(&["optimize", &net, "--pareto", "params", "--dry-run"]).out);
}

#[test]
fn other_goals_hold_in_every_row() {
    let goals = ["--budget", "params=80%", "--form", "reduce", "--linear", "--set", "classes=10"];
    let found =
        json(&[&["optimize", &model("resnet18"), "--pareto", "macs=90%,50%", "--format", "json"], &goals[..]].concat(), 0);
    let most = found["before"]["params"].as_f64().map(|params| params * 0.8);
    assert!(list(&found["points"]).iter().all(|point| point["totals"]["params"].as_f64() <= most), "{found}");
    assert_eq!(found["goal"], "--pareto macs=90%,50% --budget params=80% --form reduce --linear");
    let command = "pointwise optimize models/resnet18.net --set classes=10 --budget params=80% --form reduce --linear";
    assert_eq!(found["command"], command);
}

#[test]
fn a_budget_without_a_plan_has_a_row_and_a_reason() {
    let steps = "macs=60%,2%,1%";
    let run = pointwise(&["optimize", &model("resnet18"), "--pareto", steps]);
    assert_eq!(run.code, 0, "{}", run.err);
    let row = |budget: &str| run.out.lines().find(|line| line.starts_with(budget) && !line.contains(':')).unwrap_or_default();
    assert!(row("macs=1%").ends_with("no plan") && row("macs=2%").ends_with("no plan"), "{}", run.out);
    assert!(run.out.contains("no plan; the least that was found is ") && run.out.contains("allow "), "{}", run.out);
    let found = curve("resnet18", steps);
    let last = &found["points"][2];
    assert!(last["reached"].is_null() && last["totals"].is_null() && last["error"].is_null(), "{last}");
    assert!(last["missed"]["message"].as_str().is_some_and(|text| text.starts_with("no plan meets `macs=1%`")), "{last}");
    // Where no budget is met, it is the error of the loosest.
    let none = pointwise(&["optimize", &model("resnet18"), "--pareto", "macs=1%,2%"]);
    let alone = pointwise(&["optimize", &model("resnet18"), "--budget", "macs=2%", "--dry-run"]);
    assert_eq!((none.code, none.out.as_str(), &none.err), (1, "", &alone.err));
    assert!(none.err.contains("error[PW0602]"), "{}", none.err);
}

#[test]
fn a_plan_that_breaks_an_assertion_is_a_row_that_says_so() {
    let dir = Dir::new();
    let net = dir.write("strict.net", WIDE.replace("\n}\n", "\n    assert params > 40K\n}\n"));
    let run = pointwise(&["optimize", &net, "--pareto", "params=90%,40%"]);
    assert!(run.code == 0 && run.out.contains("\nparams=40%: ") && run.out.contains("assert"), "{} {}", run.out, run.err);
    let alone = pointwise(&["optimize", &net, "--budget", "params=40%", "--dry-run"]);
    assert!(alone.code == 1 && alone.err.contains("error[PW0601]"), "{}", alone.err);
    let none = pointwise(&["optimize", &net, "--pareto", "params=40%"]);
    assert_eq!((none.code, &none.err), (1, &alone.err));
}

#[test]
fn every_format_has_every_budget() {
    let dir = Dir::new();
    let budgets = ["macs=80%", "macs=1%", "macs=50%"];
    for (format, ending) in [("csv", "csv"), ("json", "json"), ("yaml", "yaml"), ("markdown", "md")] {
        let (net, file) = (model("resnet18"), dir.path(&format!("curve.{ending}")));
        let run = pointwise(&["optimize", &net, "--pareto", "macs=80%,1%,50%", "--format", format]);
        assert!(run.code == 0 && budgets.iter().all(|budget| run.out.contains(budget)), "{format}: {}{}", run.out, run.err);
        let reported = pointwise(&["report", &net, "--pareto", "macs=80%,1%,50%", "-o", &file]);
        assert_eq!((reported.code, reported.out.as_str()), (0, ""), "{}", reported.err);
        assert_eq!(dir.read(&format!("curve.{ending}")), run.out, "{format}");
    }
    let run = pointwise(&["report", &model("resnet18"), "--pareto", "macs=80%,1%,50%"]);
    assert_eq!(run.out, pointwise(&["optimize", &model("resnet18"), "--pareto", "macs=80%,1%,50%"]).out);
}

#[test]
fn the_page_draws_what_its_table_says() {
    let dir = Dir::new();
    let out = dir.path("curve.html");
    let run = pointwise(&["report", &model("googlenet_naive"), "--pareto", "macs=80%,50%,1%", "-o", &out]);
    assert_eq!(run.code, 0, "{}", run.err);
    let page = dir.read("curve.html");
    for sheet in ["<svg class=\"plot roomy\"", "<svg class=\"plot slim\""] {
        let drawing = page.split(sheet).nth(1).and_then(|rest| rest.split("</svg>").next()).expect("it is drawn");
        assert!(
            ["plan", "bound", "uniform", "missed"].iter().all(|class| drawing.contains(&format!("class=\"{class}\""))),
            "{drawing}"
        );
        assert!(drawing.contains(">MACs<") && drawing.contains(">error by kept-shares<"), "{drawing}");
        assert!(drawing.contains(">80%<") && drawing.contains(">50%<"), "{drawing}");
        assert!(drawing.contains("<title>macs=50%: 2.21 G, error "), "{drawing}");
        assert!(drawing.contains("<title>uniform width "), "{drawing}");
        // A dot for each plan, for each uniform width beside it, and for the network as it is.
        assert_eq!(drawing.matches("<circle").count(), 2 + 2 + 1, "{drawing}");
    }
    let table = page.split("aria-label=\"budgets\"").nth(1).expect("there is a table");
    assert!(table.contains("macs=80%") && table.contains("macs=1% <span class=\"tag\">no plan</span>"), "{table}");
    assert!(table.contains("the least that was found is "), "{table}");
    assert!(!page.contains(" src=") && !page.contains(" href=") && !page.contains("url("), "it is one offline file");
}

#[test]
fn names_cannot_leave_their_place_in_the_page() {
    let dir = Dir::new();
    let (net, out) = (dir.write("<b>&.net", WIDE), dir.path("curve.html"));
    let run = pointwise(&["report", &net, "--pareto", "params=60%,40%", "-o", &out]);
    assert_eq!(run.code, 0, "{}", run.err);
    let page = dir.read("curve.html");
    assert!(!page.contains("<b>") && page.contains("&lt;b&gt;&amp;.net"), "names are escaped");
}

#[test]
fn what_makes_no_sense_with_a_curve_is_refused_with_advice() {
    let (net, dir) = (model("lenet5"), Dir::new());
    let out = dir.path("out.net");
    let config = dir.write("passes.yaml", "budget:\n  macs: 50%\n");
    let optimize = |more: &[&str]| pointwise(&[&["optimize", &net, "--pareto", "macs=60%,40%"], more].concat());
    for (more, what, advice) in [
        (&["-o", &out][..], "`--pareto` writes no network", "give its budget, as in `--budget macs=60% -o"),
        (&["-w", "w.safetensors"], "`--pareto` writes no weights", "with the `--budget` of a row"),
        (&["--by", "block"], "`--by` is for the layers of one plan", "give the `--budget` of a row"),
        (&["--all"], "`--all` is for the layers of one plan", "give the `--budget` of a row"),
        (&["--budget", "macs=50%"], "what `macs=50%` limits already", "leave one of them out"),
        (&["--config", &config], "what `macs=50%` limits already", "leave one of them out"),
        (&["--batch", "4"], "the budget `macs=60%` is one for a single image", "leave out `--batch 4`"),
        (&["--target", "nowhere"], "there is no target `nowhere`", "known are"),
    ] {
        let run = optimize(more);
        assert!(run.code == 2 && run.err.contains(what) && run.err.contains(advice), "{more:?}: {}", run.err);
        assert_eq!(run.out, "");
    }
    assert!(!dir.join("out.net").exists());
    let run = pointwise(&["report", &net, "--pareto", "macs", "--measure"]);
    assert!(run.code == 2 && run.err.contains("`--measure` runs one plan"), "{}", run.err);
    let run = pointwise(&["report", &net, &net, "--pareto", "macs"]);
    assert!(run.code == 2 && run.err.contains("takes no goals: `--pareto macs`"), "{}", run.err);
    for (steps, why) in [("layers", "`layers` cannot be limited"), ("macs=50%,,", "is not a number"), ("macs=0%", "percentage")] {
        let run = pointwise(&["optimize", &net, "--pareto", steps]);
        assert!(run.code == 2 && run.err.contains(why), "{steps}: {}", run.err);
    }
}

#[test]
fn a_curve_is_counted_by_the_convention_that_is_named() {
    let more = ["--convention", "paper-2flops", "--format", "json"];
    let curve = json(&[&["optimize", &model("squeezenet1_1"), "--pareto", "macs=80%"], &more[..]].concat(), 0);
    let point = &curve["points"][0];
    assert_eq!(point["reached"].as_f64(), point["totals"]["macs"].as_f64(), "{point}");
    assert_eq!(point["most"].as_f64(), curve["before"]["macs"].as_f64().map(|macs| (macs * 0.8).floor()));
    assert!(curve["command"].as_str().is_some_and(|command| command.ends_with("--convention paper-2flops")), "{curve}");
}

#[test]
fn a_network_may_come_through_a_pipe() {
    let run = finish(&mut command(&["optimize", "-", "--pareto", "params=60%,40%"]), WIDE.as_bytes());
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("params=60%") && run.out.contains("`pointwise optimize -"), "{}", run.out);
}
