//! The tables of the savings report, without a medium: totals, changes, blocks, and the one table of CSV.
//!
//! In: a [`Savings`] document. Out: grids; those for people come in several widths, of which the widest that fits is shown.

use super::difference::INPUT_CHANNELS;
use super::grid::{Cell, Grid, Heading};
use super::naming;
use super::network::Totals;
use super::number::{bytes, magnitude, milliseconds, significant};
use super::savings::{BlockPair, ChangedLayer, Cost, Saving, Savings};
use super::table;

/// What changes by less than this many percent is neither better nor worse.
pub(super) const SLIGHT: f64 = 0.05;

fn heading(key: &'static str, title: &'static str) -> Heading {
    Heading { key, title }
}

/// One quantity before and after.
pub(super) struct Quantity {
    /// What it is called.
    pub name: String,
    /// For people.
    pub before: String,
    /// For people.
    pub after: String,
    /// Percent of before; below zero there is more of it.
    pub percent: f64,
}

impl Quantity {
    /// Whether it grew.
    pub fn is_worse(&self) -> bool {
        self.percent < -SLIGHT
    }
}

/// Every quantity that the report is about.
pub(super) fn quantities(s: &Savings) -> Vec<Quantity> {
    let (b, a) = (&s.before, &s.after);
    let quantity = |name: &str, show: fn(u64) -> String, of: fn(&Totals) -> u64, saving: Saving| Quantity {
        name: name.to_owned(),
        before: show(of(b)),
        after: show(of(a)),
        percent: saving.percent,
    };
    let mut all = vec![
        quantity(naming::macs(s.convention), magnitude, |t| t.macs, s.saved.macs),
        quantity("FLOPs", magnitude, |t| t.flops, s.saved.flops),
        quantity("parameters", magnitude, |t| t.params, s.saved.params),
        quantity("layers", magnitude, |t| t.layers, s.saved.layers),
        quantity("weights", bytes, |t| t.weight_bytes, s.saved.weight_bytes),
        quantity("activations", bytes, |t| t.activation_bytes, s.saved.activation_bytes),
        quantity("peak activations", bytes, |t| t.peak_activation_bytes, s.saved.peak_activation_bytes),
        quantity("fused peak", bytes, |t| t.fused_peak_activation_bytes, s.saved.fused_peak_activation_bytes),
    ];
    let mut time = |name: String, before: f64, after: f64| {
        let percent = if before > 0.0 { 100.0 * (1.0 - after / before) } else { 0.0 };
        all.push(Quantity { name, before: milliseconds(before), after: milliseconds(after), percent });
    };
    if let Some(p) = &s.predicted {
        time(format!("predicted on {}", p.target), p.before_ms, p.after_ms);
    }
    if let Some(m) = &s.measured {
        time("measured, median".to_owned(), m.before.median_ms, m.after.median_ms);
    }
    all
}

/// Totals before and after, one row a quantity; where something grew, a column says so.
#[must_use]
pub fn totals(s: &Savings) -> Grid {
    let mut headings =
        vec![heading("total", "total"), heading("before", "before"), heading("after", "after"), heading("saved", "saved")];
    let all = quantities(s);
    let grew = all.iter().any(Quantity::is_worse);
    headings.extend(grew.then(|| heading("worse", "")));
    let row = |q: &Quantity| {
        let mut row = vec![Cell::Text(q.name.clone()), Cell::Text(q.before.clone()), Cell::Text(q.after.clone())];
        row.push(saved(q.percent / 100.0, "x as much"));
        row.extend(grew.then(|| if q.is_worse() { Cell::Text("worse".to_owned()) } else { Cell::Empty }));
        row
    };
    Grid { headings, rows: all.iter().map(row).collect(), footer: None }
}

/// What was saved of a count: `52.3 %`, `3.00x as many`, or `new` where there was nothing.
fn saved_count(before: u64, after: u64) -> Cell {
    match (before, after) {
        (0, 0) => Cell::Empty,
        (0, _) => Cell::Text("new".to_owned()),
        (before, after) => saved(1.0 - after as f64 / before as f64, "x as many"),
    }
}

/// A share that was saved; what more than doubled is said as a multiple.
fn saved(share: f64, times: &str) -> Cell {
    // There is no `-0.0 %`.
    let share = if share.abs() < 5e-4 { 0.0 } else { share };
    if share < -1.0 { Cell::Text(format!("{}{times}", significant(1.0 - share))) } else { Cell::Share(share) }
}

/// How much of a table is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    /// Every column, counts in full.
    Full,
    /// Every column, counts rounded.
    Rounded,
    /// The columns that matter most.
    Little,
}

impl Room {
    fn count(self, n: u64) -> Cell {
        match self {
            Self::Full => Cell::Count(n),
            Self::Rounded | Self::Little => Cell::Magnitude(n),
        }
    }

    /// The characters that tell what changed.
    fn clause(self) -> usize {
        match self {
            Self::Full => 100,
            Self::Rounded => 48,
            Self::Little => 22,
        }
    }
}

/// The widest of a grid's forms that stands in `width` columns; the first of them where there is no limit.
pub(super) fn fitting(width: Option<usize>, grid: impl Fn(Room) -> Grid) -> Grid {
    let wide = [Room::Full, Room::Rounded].into_iter().map(&grid);
    let fits = |grid: &Grid| width.is_none_or(|width| table::least(grid) <= width);
    wide.into_iter().find(fits).unwrap_or_else(|| grid(Room::Little))
}

/// Columns of MACs and parameters before, after and saved.
fn costs(s: &Savings, room: Room) -> Vec<Heading> {
    let macs =
        [heading("macs_before", naming::macs(s.convention)), heading("macs_after", "after"), heading("macs_saved", "saved")];
    let params = match room {
        Room::Full | Room::Rounded => {
            vec![heading("params_before", "params"), heading("params_after", "after"), heading("params_saved", "saved")]
        }
        Room::Little => vec![heading("params_saved", "params")],
    };
    macs.into_iter().chain(params).collect()
}

fn cost_cells(before: &Cost, after: &Cost, room: Room) -> Vec<Cell> {
    let pair = |before, after| [room.count(before), room.count(after), saved_count(before, after)];
    let [old, new, change] = pair(before.params, after.params);
    let params = match room {
        Room::Full | Room::Rounded => vec![old, new, change],
        Room::Little => vec![change],
    };
    pair(before.macs, after.macs).into_iter().chain(params).collect()
}

/// Changes: like ones in a row with their sums, or each in one.
pub(super) fn changes(s: &Savings, all: bool, room: Room) -> Grid {
    let mut headings = vec![heading("layer", "layer"), heading("change", "change")];
    headings.extend(costs(s, room));
    let row = |name: String, text: String, (before, after): (&Cost, &Cost)| {
        let mut row = vec![Cell::Name(name), Cell::Text(clipped(&text, room.clause()))];
        row.extend(cost_cells(before, after, room));
        row
    };
    let rows = if all {
        s.changes.iter().map(|c| row(c.layer.clone(), what(c, &c.changed), (&c.before, &c.after))).collect()
    } else {
        let told = |told: &Told<'_>| {
            let times = told.members.len();
            let name = if times == 1 { told.name.to_owned() } else { format!("{} x{times}", told.name) };
            row(name, what(told.members[0], told.changed), (&told.before, &told.after))
        };
        self::told(s).iter().map(told).collect()
    };
    Grid { headings, rows, footer: None }
}

/// Like changes, told together.
pub(super) struct Told<'a> {
    /// `layer2.*.conv2`.
    pub name: &'a str,
    /// What changed, a clause each.
    pub changed: &'a [String],
    /// Their sums.
    pub before: Cost,
    /// Their sums.
    pub after: Cost,
    /// Each of them.
    pub members: Vec<&'a ChangedLayer>,
}

/// Whether a layer has no MACs and nothing is said of it but that others make fewer channels: a normalisation, an activation.
pub(super) fn is_follower(change: &ChangedLayer) -> bool {
    let is_plain = change.form == "changed" && change.inserted.is_empty() && change.absorbed.is_empty();
    let follows = !change.changed.is_empty() && change.changed.iter().all(|clause| clause.starts_with(INPUT_CHANNELS));
    is_plain && follows && change.before.macs == 0 && change.after.macs == 0
}

/// The changes, like ones together, without those that only follow.
pub(super) fn told(s: &Savings) -> Vec<Told<'_>> {
    let alike = s.alike.iter().map(|alike| {
        let members: Vec<&ChangedLayer> = alike.members.iter().map(|at| &s.changes[*at]).collect();
        let sum = |of: fn(&ChangedLayer) -> &Cost| members.iter().fold(Cost::default(), |sum, change| sum.plus(of(change)));
        let (before, after) = (sum(|change| &change.before), sum(|change| &change.after));
        Told { name: &alike.name, changed: &alike.changed, before, after, members }
    });
    alike.filter(|told| !told.members.iter().all(|change| is_follower(change))).collect()
}

/// What became of a layer: `reduce 64`, `out 64 -> 32, kernel 5 -> 3`, `added: conv(64, 1)`.
pub(super) fn what(change: &ChangedLayer, changed: &[String]) -> String {
    let clauses = changed.join(", ");
    let channels = change.channels.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    match (change.form.as_str(), channels.is_empty()) {
        ("changed", _) if !clauses.is_empty() => clauses,
        (form, true) if clauses.is_empty() => form.to_owned(),
        (form, true) => format!("{form}: {clauses}"),
        (form, false) if clauses.is_empty() => format!("{form} {channels}"),
        (form, false) => format!("{form} {channels}, {clauses}"),
    }
}

fn clipped(text: &str, most: usize) -> String {
    if text.chars().count() <= most { text.to_owned() } else { text.chars().take(most - 1).chain(['…']).collect() }
}

/// Layers before and after, taken together.
pub(super) fn groups(s: &Savings, (title, rows): (&'static str, &[BlockPair]), room: Room) -> Grid {
    let mut headings = vec![heading("name", title), heading("layers_before", "layers"), heading("layers_after", "after")];
    headings.extend(costs(s, room));
    if room != Room::Little {
        headings.extend([heading("activation_bytes_before", "written"), heading("activation_bytes_after", "after")]);
    }
    let row = |pair: &BlockPair| {
        let mut row = vec![Cell::Name(pair.name.clone()), Cell::Count(pair.before.layers), Cell::Count(pair.after.layers)];
        row.extend(cost_cells(&pair.before, &pair.after, room));
        if room != Room::Little {
            row.extend([pair.before.activation_bytes, pair.after.activation_bytes].map(Cell::Bytes));
        }
        row
    };
    Grid { headings, rows: rows.iter().map(row).collect(), footer: None }
}

/// Every block before and after.
#[must_use]
pub fn blocks(s: &Savings) -> Grid {
    let headings = vec![
        heading("block", "block"),
        heading("macs_before", naming::macs(s.convention)),
        heading("macs_after", "after"),
        heading("params_before", "params"),
        heading("params_after", "after"),
        heading("inserted", "inserted"),
    ];
    let row = |name: &str, before: &Cost, after: &Cost, inserted: u64| {
        let counts = [before.macs, after.macs, before.params, after.params, inserted].map(Cell::Count);
        std::iter::once(Cell::Name(name.to_owned())).chain(counts).collect::<Vec<_>>()
    };
    let rows = s.blocks.iter().filter(|b| b.before.params + b.after.params + b.before.macs + b.after.macs > 0);
    Grid { headings, rows: rows.map(|b| row(&b.name, &b.before, &b.after, b.inserted)).collect(), footer: None }
}

/// The columns of CSV; what came later stands last.
const KEYS: [&str; 18] = [
    "kind",
    "name",
    "form",
    "channels",
    "layers_before",
    "layers_after",
    "params_before",
    "params_after",
    "macs_before",
    "macs_after",
    "weight_bytes_before",
    "weight_bytes_after",
    "activation_bytes_before",
    "activation_bytes_after",
    "flops_before",
    "flops_after",
    "changed",
    "error",
];

/// One table: a row for the total, for each block, for each changed layer and for each group that was asked for.
#[must_use]
pub fn csv(s: &Savings) -> String {
    let row = |[kind, name, form]: [&str; 3], channels: String, (before, after): (&Cost, &Cost)| {
        let pairs = [
            (before.layers, after.layers),
            (before.params, after.params),
            (before.macs, after.macs),
            (before.weight_bytes, after.weight_bytes),
            (before.activation_bytes, after.activation_bytes),
            (before.flops, after.flops),
        ];
        let mut row: Vec<Cell> = [kind, name, form].map(|t| Cell::Text(t.to_owned())).to_vec();
        row.push(Cell::Text(channels));
        row.extend(pairs.iter().flat_map(|(b, a)| [Cell::Count(*b), Cell::Count(*a)]));
        row.extend([Cell::Empty, Cell::Empty]);
        row
    };
    let pair = |kind: &str, pair: &BlockPair| row([kind, &pair.name, ""], String::new(), (&pair.before, &pair.after));
    let mut rows = vec![row(["total", &s.net, ""], String::new(), (&Cost::of(&s.before), &Cost::of(&s.after)))];
    rows.extend(s.blocks.iter().map(|block| pair("block", block)));
    rows.extend(s.changes.iter().map(|c| {
        let channels = c.channels.iter().map(u64::to_string).collect::<Vec<_>>().join(" ");
        let mut row = row(["layer", &c.layer, &c.form], channels, (&c.before, &c.after));
        let last = row.len() - 2;
        row[last] = Cell::Text(c.changed.join("; "));
        row[last + 1] = c.error.map_or(Cell::Empty, Cell::Number);
        row
    }));
    rows.extend(s.groups.iter().flat_map(|groups| &groups.rows).map(|group| pair("group", group)));
    Grid { headings: KEYS.map(|key| heading(key, key)).to_vec(), rows, footer: None }.csv()
}
