//! Curves of budgets: their points, their order, and what there is where no plan is.

use pointwise::code::Code;
use pointwise::compile::{Loaded, NoFiles};
use pointwise::diagnostic::Diagnostic;
use pointwise::optimize::optimize;
use pointwise::optimize::pareto::{Curve, Reached, pareto};
use pointwise::rewrite::budget::{Budget, Quantity, Steps};
use pointwise::rewrite::{Config, Kind};

use super::library::{loaded, task};
use super::target;

fn zoo(name: &str) -> Loaded {
    loaded(&std::fs::read_to_string(format!("models/{name}.net")).expect("it is in the zoo"), &[])
}

fn curve(before: &Loaded, config: &Config, steps: &str) -> Result<Curve, Box<Diagnostic>> {
    let (target, mut seen) = (target(), Vec::new());
    let steps = Steps::parse(steps).expect("they are budgets");
    let found = pareto(before, &task(config, &target), &steps, (&NoFiles, &mut |done| seen.push(done)));
    assert_eq!(seen, (1..=steps.budgets().count()).collect::<Vec<_>>(), "every budget is told of");
    found
}

fn of(name: &str, steps: &str) -> Curve {
    curve(&zoo(name), &Config::default(), steps).unwrap_or_else(|finding| panic!("{name}: {finding:?}"))
}

#[test]
fn tighter_budgets_cost_more_error() {
    for (name, steps) in [("googlenet_naive", "macs"), ("alexnet", "params=80%,60%,40%,20%"), ("nin", "ms=90%,70%,50%")] {
        let found = of(name, steps);
        let plans: Vec<_> = found.points.iter().filter_map(|point| point.plan()).collect();
        assert!(plans.len() > 2, "{name}: {} plans", plans.len());
        for (loose, tight) in plans.iter().zip(&plans[1..]) {
            assert!(tight.error > loose.error, "{name}: {} then {}", loose.error, tight.error);
            assert!(tight.bound >= loose.bound, "{name}: the bound {} then {}", loose.bound, tight.bound);
        }
        for point in &found.points {
            let Some(plan) = point.plan() else { continue };
            assert!(plan.after.of(found.quantity) <= found.most(point), "{name}: {}", point.budget);
            assert_eq!(point.dominated_by, None, "{name}: {}", point.budget);
        }
    }
}

#[test]
fn a_point_is_what_its_budget_alone_comes_to() {
    let before = zoo("googlenet_naive");
    // What is asked for besides holds in every point.
    let asked =
        Config { form: Some(Kind::Reduce), budgets: vec![Budget::parse("params=95%").expect("a budget")], ..Config::default() };
    let found = curve(&before, &asked, "macs=75%,55%").expect("both can be met");
    assert_eq!(found.points.len(), 2);
    for point in &found.points {
        let budgets = [asked.budgets.clone(), vec![point.budget]].concat();
        let (config, target) = (Config { budgets, ..asked.clone() }, target());
        let alone = optimize(&before, &task(&config, &target), &NoFiles).expect("it can be met");
        let Reached::Plan(planned) = &point.reached else { panic!("{}: {:?}", point.budget, point.failure()) };
        assert_eq!(planned.plan, alone.plan);
        assert_eq!(planned.network.analysis.totals, alone.compiled.network.expect("it compiles").analysis.totals);
        assert!(planned.plan.changes.iter().all(|change| change.how.name() == "reduce"));
    }
}

#[test]
fn the_loosest_budget_comes_first_each_once() {
    let found = of("lenet5", "macs=300K,90%,50%,90%,0.35M");
    let budgets: Vec<String> = found.points.iter().map(|point| point.budget.to_string()).collect();
    assert_eq!(budgets, ["macs=90%", "macs=350K", "macs=300K", "macs=50%"]);
    let most: Vec<f64> = found.points.iter().map(|point| found.most(point)).collect();
    assert!(most.is_sorted_by(|a, b| a > b), "{most:?}");
    assert_eq!((found.quantity, found.before.price.macs), (Quantity::Macs, zoo("lenet5").network.analysis.totals.macs));
}

#[test]
fn a_budget_that_nothing_reaches_is_a_point_too() {
    let found = of("googlenet_naive", "macs=60%,1%");
    assert!(found.points[0].plan().is_some() && found.points[0].failure().is_none());
    let Reached::Unreachable(miss) = &found.points[1].reached else { panic!("{:?}", found.points[1].plan()) };
    assert!(miss.least > miss.most && miss.budget == found.points[1].budget, "{miss:?}");
    // Alone it is an error, and so are only such budgets: that of the loosest.
    let alone = curve(&zoo("googlenet_naive"), &Config::default(), "macs=1%,2%").expect_err("nothing reaches them");
    let budgets = vec![Budget::parse("macs=2%").expect("a budget")];
    let (config, target) = (Config { budgets, ..Config::default() }, target());
    let same = optimize(&zoo("googlenet_naive"), &task(&config, &target), &NoFiles).expect_err("nothing reaches it");
    assert_eq!((alone.code, &alone), (Code::BudgetUnreachable, &same));
}

#[test]
fn a_plan_that_breaks_an_assertion_is_no_point_of_the_curve() {
    let text = std::fs::read_to_string("models/alexnet.net").expect("it is in the zoo");
    let (head, _) = text.rsplit_once('}').expect("it ends in a brace");
    let strict = loaded(&format!("{head}    assert params > 40M\n}}\n"), &[]);
    let found = curve(&strict, &Config::default(), "params=90%,40%").expect("one can be met");
    assert!(found.points[0].plan().is_some());
    let Reached::Refused(why) = &found.points[1].reached else { panic!("{:?}", found.points[1].plan()) };
    assert_eq!((why.code, found.points[1].failure().as_ref()), (Code::AssertionFailed, Some(&**why)));
}

#[test]
fn what_is_wrong_with_the_task_is_wrong_with_the_curve() {
    let config = Config { passes: Vec::new(), ..Config::default() };
    let (target, steps) = (target(), Steps::parse("macs").expect("a metric"));
    let refused = pareto(&zoo("lenet5"), &task(&config, &target), &steps, (&NoFiles, &mut |_| ())).expect_err("no bottlenecks");
    assert_eq!(refused.code, Code::BadConfig);
}

#[test]
fn steps_are_read_and_written() {
    for (text, shown, count) in [
        ("macs", "macs", 9),
        ("macs=90%,80%,70%,60%,50%,40%,30%,20%,10%", "macs", 9),
        (" params = 80% , 2M,80% ", "params=80%,2M", 2),
        ("ms=12.5", "ms=12.5", 1),
        ("peak=4MiB,4MB,50%", "peak=4MiB,4MB,50%", 3),
        ("flops", "flops", 9),
    ] {
        let steps = Steps::parse(text).expect("it is well-formed");
        assert_eq!((steps.to_string().as_str(), steps.budgets().count()), (shown, count), "{text}");
    }
    let many = (1..=101).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    for (text, why) in [
        ("layers", "`layers` cannot be limited"),
        ("macs=", "is not a number"),
        ("macs=50%,", "is not a number"),
        ("macs=50%;40%", "is not a percentage"),
        ("macs=50%,params=2M", "`params=2M` is not a number"),
        (&format!("macs={many}"), "these are 101 budgets, and a curve has at most 100"),
    ] {
        let error = Steps::parse(text).expect_err(text);
        assert!(error.contains(why), "{text}: {error}");
    }
}
