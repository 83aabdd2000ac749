//! Bars as inline SVG.

use maud::{Markup, html};

use super::change_of;
use crate::report::naming;
use crate::report::number::{grouped, magnitude};
use crate::report::savings::{BlockPair, Cost, Saving, Savings};

/// The most bars of one chart; what costs least is left out first.
const MOST_BARS: usize = 32;

/// A thin bar that shows what is left of what was.
pub(super) fn meter(ratio: f64) -> Markup {
    let longest = ratio.max(1.0);
    html! {
        svg.meter viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" {
            rect.was width=(number(100.0 / longest)) height="6" {}
            rect.is width=(number(100.0 * ratio / longest)) height="6" {}
        }
    }
}

/// What each block cost and costs, in MACs and in parameters.
pub(super) fn charts(savings: &Savings) -> Markup {
    html! {
        section {
            h2 { "Block by block" }
            p.note { span.swatch.was { } " before " span.swatch.is { } " after"
                @if savings.blocks.iter().any(|pair| pair.inserted > 0) { span.legend { span.plus { "+n" } " n inserted layers" } }
            }
            div.charts {
                (chart(naming::macs(savings.convention), &savings.blocks, |cost| cost.macs))
                (chart("Parameters", &savings.blocks, |cost| cost.params))
            }
        }
    }
}

fn chart(title: &str, blocks: &[BlockPair], value: fn(&Cost) -> u64) -> Markup {
    let size = |pair: &BlockPair| value(&pair.before).max(value(&pair.after));
    let mut sizes: Vec<u64> = blocks.iter().map(size).filter(|size| *size > 0).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    let longest = sizes.first().copied().unwrap_or(1);
    let least = sizes.get(MOST_BARS - 1).copied().unwrap_or(1);
    let shown: Vec<&BlockPair> = blocks.iter().filter(|pair| size(pair) >= least).take(MOST_BARS).collect();
    let hidden = sizes.len().saturating_sub(shown.len());
    html! {
        figure {
            figcaption { (title) }
            @for pair in shown { (bar(pair, (value(&pair.before), value(&pair.after)), longest)) }
            @if hidden > 0 { p.note { "… and " (hidden) " smaller ones" } }
        }
    }
}

fn bar(pair: &BlockPair, (before, after): (u64, u64), longest: u64) -> Markup {
    let width = |n: u64| number(100.0 * n as f64 / longest as f64);
    let percent = Saving::between(before, after).percent;
    html! {
        div.bar title={ (pair.name) ": " (grouped(before)) " to " (grouped(after)) } {
            span.name { (pair.name) @if pair.inserted > 0 { span.plus { "+" (pair.inserted) } } }
            svg viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true" {
                rect.was width=(width(before)) height="5" {}
                rect.is y="6" width=(width(after)) height="5" {}
            }
            span.value { @if before == after { (magnitude(after)) } @else { (magnitude(before)) " → " (magnitude(after)) } }
            span.delta.more[percent < -0.05] { @if percent.abs() > 0.05 || before == 0 { (change_of(before, after)) } }
        }
    }
}

fn number(x: f64) -> String {
    format!("{x:.2}")
}
