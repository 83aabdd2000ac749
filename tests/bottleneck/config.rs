//! Budgets and `passes.yaml`.

use pointwise::rewrite::{Budget, Config, OptimizeError, PASSES, bottlenecks, config};
use pointwise::yaml::MAX_BYTES;

use super::nets::resnet50;
use super::target;

#[test]
fn a_configuration_says_where_it_is_wrong() {
    let error = |text: &str| config::parse(text).expect_err("it is wrong");
    let unknown = error("ratio: 4\nwidth: 3\n");
    assert!(unknown.message.contains("width"), "{unknown}");
    assert_eq!(unknown.place.map(|(line, _)| line), Some(2));
    let twice = error("ratio: 4\nratio: 8\n");
    assert!(twice.message.contains("duplicate"), "{twice}");
    assert_eq!(twice.place, Some((2, 1)));
    assert_eq!(error("form: auto\nbudget:\n  macs: 50%\n  params: 2M\n  macs: 40%\n").place, Some((5, 3)));
    assert!(error("ratio: many").message.contains("an integer"), "{}", error("ratio: many"));
    assert!(error("budget: { macs: [] }").message.contains("an amount"), "{}", error("budget: { macs: [] }"));
    assert!(error("budget:\n  macs: 50%\n  macs: 40%\n").message.contains("duplicate"));
    assert!(error("passes: [bottlenek]").message.contains("`bottleneck`"));
    assert!(error("passes: [bottleneck, dead, bottleneck]").message.contains("more than once"));
    assert!(error("form: diagonal").message.contains("`spatial`"));
    assert!(error("budget: { macs: 150% }").message.contains("150%"));
    assert!(error("budget: { peak: 4 MiX }").message.contains("MiX"));
    assert!(error("ratio: 0").message.contains("at least 1"));
    assert!(error("layers: [{ match: a..b, keep: true }]").message.contains("a..b"));
    assert!(error("layers: [{ match: a, keep: true, ratio: 4 }]").message.contains("`keep`"));
    assert!(error("layers: [{ match: a, channels: [1, 2] }]").message.contains("2 numbers"));
    assert!(error(&"#".repeat(MAX_BYTES + 1)).message.contains("at most"));
    for nested in ["[", "{", "[{a: ", "layers: ["] {
        let start = std::time::Instant::now();
        assert!(error(&nested.repeat(100_000)).message.contains("at most"));
        assert!(start.elapsed().as_secs() < 5, "{nested}");
    }
    assert!(config::parse("# nothing\n").is_ok_and(|config| config == Config::default()));
    let good = config::parse("budget: { macs: 50%, params: 2M, ms: 20, peak: 4MiB }\nform: auto\n").expect("it is right");
    let shown: Vec<_> = good.budgets.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["macs=50%", "params=2M", "ms=20", "peak=4MiB"]);
}

#[test]
fn a_rule_that_matches_nothing_is_an_error() {
    let config = config::parse("layers: [{ match: layr1.0.conv2, keep: true }]").expect("it is well-formed");
    let Err(OptimizeError::RuleMatchesNothing { nearest, .. }) = bottlenecks(&resnet50(64), &config, &target()) else {
        panic!("no layer has this name")
    };
    assert_eq!(nearest[0], "layer1.0.conv2");
}

#[test]
fn budgets_are_exact_shares() {
    let most = |text: &str, before: f64| Budget::parse(text).expect("it is a budget").most(before);
    assert_eq!(most("macs=50%", 7.0), 3.0);
    assert_eq!(most("macs=33.3%", 1000.0), 333.0);
    assert_eq!(most("params=1.5M", 0.0), 1_500_000.0);
    assert_eq!(most("flops=1e3", 0.0), 1000.0);
    assert_eq!((most("peak=4MiB", 0.0), most("peak=4MB", 0.0), most("peak=4M", 0.0)), (4_194_304.0, 4e6, 4e6));
    assert_eq!(most("ms=50%", 3.0), 1.5);
    for wrong in
        ["macs", "mac=50%", "macs=0", "macs=-3", "macs=101%", "macs=%", "macs=5x", "macs=10KiB", "ms=4M", "peak=4mb", "macs=0%"]
    {
        assert!(Budget::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn the_page_of_bad_configurations_shows_a_good_one() {
    let page = pointwise::code::Code::BadConfig.page();
    let yaml = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("there is an example");
    let config = config::parse(yaml).expect("it is well-formed");
    assert_eq!((config.budgets.len(), config.rules.len(), config.ratio), (5, 2, Some(4)));
    assert!(include_str!("../../grammar/passes.md").contains(yaml), "grammar/passes.md shows the same");
}

#[test]
fn nothing_is_asked_of_bottlenecks_that_are_left_out() {
    for (key, text) in
        [("budget", "budget: { macs: 50% }"), ("form", "form: reduce"), ("ratio", "ratio: 4"), ("channels", "channels: 8")]
    {
        let error = config::parse(&format!("passes: [fold-norm]\n{text}\n")).expect_err("it would be dropped in silence");
        assert_eq!(error.message, format!("`{key}` is asked for, and `passes` leaves `bottleneck` out"));
        assert!(config::parse(&format!("passes: [fold-norm, bottleneck]\n{text}\n")).is_ok());
    }
    let rule = "passes: []\nlayers: [{ match: a, keep: true }]";
    assert!(config::parse(rule).expect_err("the rule says nothing").message.starts_with("`layers`"));
}

#[test]
fn the_pages_know_every_pass() {
    let page = include_str!("../../grammar/passes.md");
    let told: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    let rows: Vec<_> = PASSES.iter().map(|info| format!("| `{}` | {} |", info.name, info.doc)).collect();
    assert_eq!(told, rows);
    let list = pointwise::code::Code::BadConfig.page().lines().find(|line| line.starts_with("passes:")).expect("it lists them");
    let others: Vec<_> = PASSES.iter().map(|info| info.name).filter(|name| *name != "bottleneck").collect();
    assert!(list.ends_with(&format!("also {}", others.join(", "))), "{list}");
}
