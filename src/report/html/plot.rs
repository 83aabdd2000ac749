//! Lines over two axes as inline SVG, once for wide screens and paper and once for phones.
//!
//! In: a [`Plot`], series of spots in their own units. Out: markup. Nothing is computed but places on the paper.

use maud::{Markup, html};

/// Lines over two axes that begin at zero.
pub(super) struct Plot<'a> {
    /// What it shows, for those who do not see it.
    pub label: String,
    /// What the axes are called, x and y.
    pub axes: [String; 2],
    /// What a unit of x is so many times the next smaller one.
    pub base: f64,
    /// A value of x for people.
    pub shown: Box<dyn Fn(f64) -> String + 'a>,
    /// Values of x with nothing to show.
    pub missed: Vec<f64>,
    /// Those drawn first lie below.
    pub series: Vec<Series>,
}

/// A line.
#[derive(Clone)]
pub(super) struct Series {
    /// The class that colours it.
    pub class: &'static str,
    /// By rising x.
    pub spots: Vec<Spot>,
}

/// A point of a line.
#[derive(Clone)]
pub(super) struct Spot {
    pub x: f64,
    pub y: f64,
    /// What stands beside it; may be empty.
    pub label: String,
    /// What is told of it; without, it has no dot.
    pub title: String,
    /// Its dot is a ring.
    pub hollow: bool,
}

impl Spot {
    /// A bare one.
    pub fn at(x: f64, y: f64) -> Self {
        Self { x, y, label: String::new(), title: String::new(), hollow: false }
    }
}

/// A sheet: its size in units of its own, which are pixels where it fits, and how many steps an axis has at most.
struct Sheet {
    class: &'static str,
    size: [f64; 2],
    steps: [f64; 2],
}

const SHEETS: [Sheet; 2] = [
    Sheet { class: "plot roomy", size: [1040.0, 440.0], steps: [8.0, 6.0] },
    Sheet { class: "plot slim", size: [360.0, 330.0], steps: [4.0, 5.0] },
];

/// Room left of the lines, above, right of and below them.
const MARGIN: [f64; 4] = [52.0, 36.0, 18.0, 46.0];

/// Steps are round, so there are never more ticks than steps and the one at zero; this is more than any sheet asks for.
const MOST_TICKS: u32 = 16;

/// What labels need to the next one.
const LABEL: f64 = 30.0;

/// A dash in the colour of a series, for a legend.
pub(super) fn key(class: &str) -> Markup {
    html! { svg.plot.dash viewBox="0 0 26 10" width="26" height="10" aria-hidden="true" { path class=(class) d="M1 5H25" {} } }
}

/// The plot on every sheet; styles choose which is seen.
pub(super) fn draw(plot: &Plot<'_>) -> Markup {
    html! { @for sheet in &SHEETS { (drawn(plot, sheet)) } }
}

fn drawn(plot: &Plot<'_>, sheet: &Sheet) -> Markup {
    let spots = || plot.series.iter().flat_map(|series| &series.spots);
    let most_x = spots().map(|spot| spot.x).chain(plot.missed.iter().copied()).fold(0.0, f64::max);
    let most_y = spots().map(|spot| spot.y).fold(0.0, f64::max);
    let paper = Paper { size: sheet.size, most: [most_x, most_y].map(|most| if most > 0.0 { most } else { 1.0 }) };
    let [left, top, right, bottom] = paper.edges();
    html! {
        svg class=(sheet.class) viewBox={ "0 0 " (sheet.size[0]) " " (sheet.size[1]) } role="img" aria-label=(plot.label) {
            @for y in ticks(paper.most[1], 1000.0, sheet.steps[1]) {
                path.grid d={ "M" (n(left)) " " (n(paper.y(y))) "H" (n(right)) } {}
                text.y x=(n(left - 8.0)) y=(n(paper.y(y) + 4.0)) { (short(y)) }
            }
            @for x in ticks(paper.most[0], plot.base, sheet.steps[0]) {
                path.grid d={ "M" (n(paper.x(x))) " " (n(top)) "V" (n(bottom)) } {}
                text.x x=(n(paper.x(x))) y=(n(bottom + 17.0)) { (trimmed(&(plot.shown)(x))) }
            }
            path.axis d={ "M" (n(left)) " " (n(top)) "V" (n(bottom)) "H" (n(right)) } {}
            text.name.end x=(n(right)) y=(n(bottom + 37.0)) { (plot.axes[0]) }
            text.name x="2" y="12" { (plot.axes[1]) }
            @for x in &plot.missed {
                path.missed d={ "M" (n(paper.x(*x) - 4.0)) " " (n(bottom - 4.0)) "l8 8m0 -8l-8 8" } {}
            }
            @for series in &plot.series { (line(series, &paper)) }
        }
    }
}

fn line(series: &Series, paper: &Paper) -> Markup {
    let place = |spot: &Spot| format!("{} {}", n(paper.x(spot.x)), n(paper.y(spot.y)));
    let path = series.spots.iter().map(place).collect::<Vec<_>>().join("L");
    let mut last = f64::NEG_INFINITY;
    let mut has_room = |spot: &Spot| {
        let fits = !spot.label.is_empty() && paper.x(spot.x) - last >= LABEL;
        last = if fits { paper.x(spot.x) } else { last };
        fits
    };
    html! {
        path class=(series.class) d={ "M" (path) } {}
        @for spot in &series.spots {
            @let (x, y) = (paper.x(spot.x), paper.y(spot.y));
            @if !spot.title.is_empty() {
                circle class={ (series.class) @if spot.hollow { " hollow" } } cx=(n(x)) cy=(n(y)) r="4" { title { (spot.title) } }
            }
            @if has_room(spot) { text.spot x=(n(x + 5.0)) y=(n(y - 7.0)) { (spot.label) } }
        }
    }
}

/// Where values stand.
struct Paper {
    size: [f64; 2],
    most: [f64; 2],
}

impl Paper {
    /// Left, top, right and bottom of the lines.
    fn edges(&self) -> [f64; 4] {
        [MARGIN[0], MARGIN[1], self.size[0] - MARGIN[2], self.size[1] - MARGIN[3]]
    }

    fn x(&self, value: f64) -> f64 {
        let [left, _, right, _] = self.edges();
        left + (right - left) * value / self.most[0]
    }

    fn y(&self, value: f64) -> f64 {
        let [_, top, _, bottom] = self.edges();
        bottom - (bottom - top) * value / self.most[1]
    }
}

/// Round values from zero to `most`, at most about so many steps.
fn ticks(most: f64, base: f64, steps: f64) -> Vec<f64> {
    let unit = std::iter::successors(Some(1.0), |unit| Some(unit * base)).take_while(|unit| *unit <= most).last().unwrap_or(1.0);
    let rough = most / unit / steps;
    let ten = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * ten).find(|step| *step >= rough).unwrap_or(rough) * unit;
    // Rounding errors leave nothing out at the end.
    (0..MOST_TICKS).map(|i| f64::from(i) * step).take_while(|value| *value <= most * (1.0 + 1e-9)).collect()
}

/// `1.50 G` as `1.5 G`, `0.00 us` as `0`.
fn trimmed(text: &str) -> String {
    let (number, unit) = text.split_once(' ').unwrap_or((text, ""));
    let number = if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number };
    if number == "0" || unit.is_empty() { number.to_owned() } else { format!("{number} {unit}") }
}

/// A tick of a number without a unit: round, so that a few digits say it all.
fn short(value: f64) -> String {
    trimmed(&format!("{value:.6}"))
}

fn n(x: f64) -> String {
    format!("{x:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        let shown = |most, base, steps| ticks(most, base, steps).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(shown(4.09e9, 1000.0, 8.0), "0 1000000000 2000000000 3000000000 4000000000");
        assert_eq!(shown(0.5, 1000.0, 5.0), "0 0.1 0.2 0.30000000000000004 0.4 0.5");
        assert_eq!(shown(5_000_000.0, 1024.0, 5.0), "0 1048576 2097152 3145728 4194304");
        assert_eq!(["1.50 G", "2.00 MiB", "0.00 us", "400", "20.0 ms"].map(trimmed), ["1.5 G", "2 MiB", "0", "400", "20 ms"]);
        assert_eq!([0.0, 0.300_000_000_000_000_04, 12.0].map(short), ["0", "0.3", "12"]);
    }
}
