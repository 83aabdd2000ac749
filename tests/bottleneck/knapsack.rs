//! The search for the choice of least error, against trying every choice.

use pointwise::rewrite::knapsack::{self, Choice, Effort};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

fn any_knapsack() -> impl Strategy<Value = (Vec<Vec<Choice>>, Vec<f64>)> {
    let choice = (0u32..30, 1u32..40, 1u32..40);
    let items = proptest::collection::vec(proptest::collection::vec(choice, 1..5), 1..7);
    (items, proptest::collection::vec(0.2f64..1.1, 1..3)).prop_map(|(items, shares)| {
        let to =
            |(error, a, b): (u32, u32, u32)| Choice { error: f64::from(error), cost: [f64::from(a), f64::from(b), 0.0, 0.0] };
        let items: Vec<Vec<_>> = items.into_iter().map(|options| options.into_iter().map(to).collect()).collect();
        let most = |m: usize| items.iter().map(|o: &Vec<Choice>| o.iter().map(|c| c.cost[m]).fold(0.0, f64::max)).sum::<f64>();
        let limits = shares.iter().enumerate().map(|(m, share)| (share * most(m)).floor()).collect();
        (items, limits)
    })
}

/// The least error of all choices within the limits, by trying each.
fn by_brute_force(items: &[Vec<Choice>], limits: &[f64]) -> Option<f64> {
    let mut sums = vec![(0.0, [0.0f64; 3])];
    for options in items {
        let extend = |(error, cost): &(f64, [f64; 3])| {
            let (error, cost) = (*error, *cost);
            options.iter().map(move |o| (error + o.error, std::array::from_fn(|m| cost[m] + o.cost[m])))
        };
        sums = sums.iter().flat_map(extend).collect();
    }
    let within = |cost: &[f64; 3]| limits.iter().zip(cost).all(|(limit, cost)| cost <= limit);
    sums.into_iter().filter(|(_, cost)| within(cost)).map(|(error, _)| error).min_by(f64::total_cmp)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_search_finds_the_best_choice_and_its_bound_holds((items, limits) in any_knapsack(), labels in 1usize..40) {
        let best = by_brute_force(&items, &limits);
        match (knapsack::solve(&items, &limits, Effort::default()), best) {
            (Ok(solution), Some(best)) => {
                prop_assert!((solution.error - best).abs() < 1e-9, "{} {best}", solution.error);
                prop_assert!(solution.bound <= best + 1e-6);
            }
            (Err(infeasible), None) => prop_assert!(infeasible.certain),
            (found, best) => prop_assert!(false, "{found:?} {best:?}"),
        }
        // With little effort the choice may be worse, never outside the limits, and the bound still holds.
        match knapsack::solve(&items, &limits, Effort { labels, steps: 20 }) {
            Ok(solution) => {
                let best = best.expect("a choice was found");
                prop_assert!(solution.bound <= best + 1e-6 && best <= solution.error + 1e-9);
                let cost = |m: usize| items.iter().zip(&solution.picks).map(|(o, pick)| o[*pick].cost[m]).sum::<f64>();
                prop_assert!(limits.iter().enumerate().all(|(m, limit)| cost(m) <= *limit));
            }
            Err(infeasible) => prop_assert!(best.is_none() || !infeasible.certain),
        }
    }
}

/// Problems in which error and costs nearly trade one for one, so that many partial choices look alike and few labels are
/// not enough; with two limits, what is cheap in one is dear in the other.
fn any_even_trade() -> impl Strategy<Value = (Vec<Vec<Choice>>, Vec<f64>)> {
    let choice = (1u32..60, 0u32..4, 0u32..4);
    let items = proptest::collection::vec(proptest::collection::vec(choice, 2..5), 5..8);
    (items, proptest::collection::vec(0.35f64..0.75, 1..3)).prop_map(|(items, shares)| {
        let to = |(cost, more, other): (u32, u32, u32)| {
            let [cost, more, other] = [cost, more, other].map(f64::from);
            Choice { error: 60.0 - cost + more, cost: [cost, 60.0 - cost + other, 0.0, 0.0] }
        };
        let items: Vec<Vec<_>> = items.into_iter().map(|options| options.into_iter().map(to).collect()).collect();
        let most = |m: usize| items.iter().map(|o: &Vec<Choice>| o.iter().map(|c| c.cost[m]).fold(0.0, f64::max)).sum::<f64>();
        let limits = shares.iter().enumerate().map(|(m, share)| (share * most(m)).floor()).collect();
        (items, limits)
    })
}

/// With room for one to three labels the search drops some: it may then miss the best choice, and must not claim it.
#[test]
fn what_was_dropped_is_not_claimed() {
    let mut runner = TestRunner::deterministic();
    let (mut missed, mut proven, mut overlooked) = (0, 0, 0);
    for round in 0..600 {
        let (items, limits) = any_even_trade().new_tree(&mut runner).expect("it can be made").current();
        let best = by_brute_force(&items, &limits);
        match knapsack::solve(&items, &limits, Effort { labels: 1 + round % 3, steps: 1 }) {
            Ok(solution) => {
                let best = best.expect("a choice was found");
                assert!(best <= solution.error, "nothing is better than the best: {best} {solution:?}");
                assert!(solution.bound <= best + 1e-6, "the best is {best}, and claimed is {solution:?} of {items:?} {limits:?}");
                missed += usize::from(solution.error > best);
                proven += usize::from(solution.bound >= solution.error);
            }
            Err(infeasible) => {
                assert!(best.is_none() || !infeasible.certain, "{best:?} {items:?} {limits:?}");
                overlooked += usize::from(best.is_some());
            }
        }
    }
    // Otherwise nothing was put to the test.
    assert!(missed >= 20 && proven >= 20 && overlooked >= 5, "{missed} missed, {proven} proven, {overlooked} overlooked");
}
