//! The columns of tables over layers and groups: one list each, from which `--columns`, `--sort` and help derive.

use super::grid::{Cell, Grid, Heading};
use super::naming;
use super::network::{Dims, Group, Network, Row};
use super::number::share;

/// One column over rows of type `T`.
pub struct Column<T> {
    /// Its key and title.
    pub heading: Heading,
    /// Whether it is shown when no columns are named.
    pub usual: bool,
    /// The value of a row; the last argument is the total of MACs.
    pub cell: fn(&T, u64) -> Cell,
    /// The value under the column, from the whole network.
    pub sum: fn(&Network<'_>) -> Cell,
}

const fn column<T>(
    key: &'static str,
    title: &'static str,
    usual: bool,
    cell: fn(&T, u64) -> Cell,
    sum: fn(&Network<'_>) -> Cell,
) -> Column<T> {
    Column { heading: Heading { key, title }, usual, cell, sum }
}

fn none(_: &Network<'_>) -> Cell {
    Cell::Empty
}

/// Parameters; a layer whose tensors are counted at another one says so.
fn params(row: &Row<'_>) -> Cell {
    if row.params == 0 && row.shared_weights.is_some() { Cell::Shared } else { Cell::Work(row.params) }
}

fn part(macs: u64, total: u64) -> Cell {
    if macs == 0 { Cell::Empty } else { Cell::Share(share(macs, total)) }
}

fn ms(value: Option<f64>) -> Cell {
    value.map_or(Cell::Empty, Cell::Ms)
}

fn field([h, w]: [u64; 2]) -> Cell {
    if h == w { Cell::Count(h) } else { Cell::Text(format!("{h}x{w}")) }
}

fn inputs(dims: &[Dims]) -> String {
    dims.iter().map(|d| d.0.to_string()).collect::<Vec<_>>().join(" ")
}

/// All columns over layers, in the order in which they stand.
#[must_use]
pub fn layers<'a>() -> Vec<Column<Row<'a>>> {
    vec![
        column("name", "layer", true, |r, _| Cell::Name(r.name.to_owned()), |_| Cell::Text("total".into())),
        column("block", "block", false, |r, _| r.block.map_or(Cell::Empty, |b| Cell::Text(b.to_owned())), none),
        column("op", "op", false, |r, _| Cell::Text(r.op.to_owned()), none),
        column("inputs", "inputs", false, |r, _| Cell::Text(inputs(&r.inputs)), none),
        column("output", "output", true, |r, _| Cell::Text(r.output.0.to_string()), none),
        column("receptive_field", "field", true, |r, _| field(r.receptive_field), none),
        column("params", "params", true, |r, _| params(r), |n| Cell::Count(n.totals.params)),
        column("buffers", "buffers", false, |r, _| Cell::Work(r.buffers), |n| Cell::Count(n.totals.buffers)),
        column("macs", "MACs", true, |r, _| Cell::Work(r.macs), |n| Cell::Count(n.totals.macs)),
        column("macs_share", "share", true, |r, total| part(r.macs, total), none),
        column("flops", "FLOPs", false, |r, _| Cell::Work(r.flops), |n| Cell::Count(n.totals.flops)),
        column("add", "add", false, |r, _| Cell::Work(r.other_ops.add), |n| Cell::Count(n.totals.other_ops.add)),
        column("mul", "mul", false, |r, _| Cell::Work(r.other_ops.mul), |n| Cell::Count(n.totals.other_ops.mul)),
        column("compare", "compare", false, |r, _| Cell::Work(r.other_ops.compare), |n| Cell::Count(n.totals.other_ops.compare)),
        column("exp", "exp", false, |r, _| Cell::Work(r.other_ops.exp), |n| Cell::Count(n.totals.other_ops.exp)),
        column("div", "div", false, |r, _| Cell::Work(r.other_ops.div), |n| Cell::Count(n.totals.other_ops.div)),
        column("weight_bytes", "weights", false, |r, _| Cell::Bytes(r.weight_bytes), |n| Cell::Bytes(n.totals.weight_bytes)),
        column("read_bytes", "read", false, |r, _| Cell::Bytes(r.read_bytes), none),
        column("write_bytes", "written", true, |r, _| Cell::Bytes(r.write_bytes), |n| Cell::Bytes(n.totals.activation_bytes)),
        column("intensity", "FLOP/byte", false, |r, _| Cell::Number(r.intensity()), |n| Cell::Number(n.totals.flops_per_byte)),
        column("predicted_ms", "time", false, |r, _| ms(r.predicted_ms), |n| ms(n.predicted.as_ref().map(|p| p.total_ms))),
        column("line", "line", false, |r, _| r.line.map_or(Cell::Empty, |l| Cell::Count(l as u64)), none),
    ]
}

/// All columns over groups of layers.
#[must_use]
pub fn groups() -> Vec<Column<Group>> {
    vec![
        column("name", "group", true, |g, _| Cell::Name(g.name.clone()), |_| Cell::Text("total".into())),
        column("layers", "layers", true, |g, _| Cell::Count(g.layers), |n| Cell::Count(n.totals.layers)),
        column("params", "params", true, |g, _| Cell::Work(g.params), |n| Cell::Count(n.totals.params)),
        column("buffers", "buffers", false, |g, _| Cell::Work(g.buffers), |n| Cell::Count(n.totals.buffers)),
        column("macs", "MACs", true, |g, _| Cell::Work(g.macs), |n| Cell::Count(n.totals.macs)),
        column("macs_share", "share", true, |g, total| part(g.macs, total), none),
        column("flops", "FLOPs", false, |g, _| Cell::Work(g.flops), |n| Cell::Count(n.totals.flops)),
        column("weight_bytes", "weights", true, |g, _| Cell::Bytes(g.weight_bytes), |n| Cell::Bytes(n.totals.weight_bytes)),
        column("read_bytes", "read", false, |g, _| Cell::Bytes(g.read_bytes), none),
        column("write_bytes", "written", true, |g, _| Cell::Bytes(g.write_bytes), |n| Cell::Bytes(n.totals.activation_bytes)),
        column("predicted_ms", "time", false, |g, _| ms(g.predicted_ms), |n| ms(n.predicted.as_ref().map(|p| p.total_ms))),
    ]
}

/// Which columns and rows a table shows.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// Keys of columns; the usual ones where empty.
    pub columns: Vec<String>,
    /// Key of the column to sort by, largest first.
    pub sort: Option<String>,
    /// At most this many rows.
    pub top: Option<usize>,
}

/// A key that no column has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoColumn {
    /// What was asked for.
    pub key: String,
    /// What there is.
    pub known: Vec<&'static str>,
}

/// The table of a network: of its groups where it has some, otherwise of its layers.
///
/// # Errors
/// A key in `view` that no column has.
pub fn table(network: &Network<'_>, view: &View) -> Result<Grid, NoColumn> {
    match &network.groups {
        Some(groups) => grid(&self::groups(), &groups.iter().collect::<Vec<_>>(), network, view),
        None => grid(&layers(), &network.layers.iter().collect::<Vec<_>>(), network, view),
    }
}

fn grid<T>(columns: &[Column<T>], rows: &[&T], network: &Network<'_>, view: &View) -> Result<Grid, NoColumn> {
    let chosen = choose(columns, view, network.predicted.is_some())?;
    let total = network.totals.macs;
    let mut rows: Vec<&T> = rows.to_vec();
    if let Some(key) = &view.sort {
        let by = find(columns, key)?;
        sort(&mut rows, |row| (by.cell)(row, total));
    }
    rows.truncate(view.top.unwrap_or(usize::MAX));
    Ok(Grid {
        headings: chosen.iter().map(|c| titled(c.heading, network.convention)).collect(),
        rows: rows.iter().map(|row| chosen.iter().map(|c| (c.cell)(row, total)).collect()).collect(),
        footer: Some(chosen.iter().map(|c| (c.sum)(network)).collect()),
    })
}

/// A heading under a convention: what another tool counts is not called MACs.
fn titled(heading: Heading, convention: &str) -> Heading {
    if heading.key == "macs" { Heading { title: naming::macs(convention), ..heading } } else { heading }
}

/// Sorts and cuts the rows themselves, for programs; totals stay those of the whole network.
///
/// # Errors
/// A key to sort by that no column has.
pub fn arrange(network: &mut Network<'_>, view: &View) -> Result<(), NoColumn> {
    let total = network.totals.macs;
    match &mut network.groups {
        Some(rows) => arranged(&groups(), rows, total, view),
        None => arranged(&layers(), &mut network.layers, total, view),
    }
}

fn arranged<T>(columns: &[Column<T>], rows: &mut Vec<T>, total: u64, view: &View) -> Result<(), NoColumn> {
    if let Some(key) = &view.sort {
        let by = find(columns, key)?;
        sort(rows, |row| (by.cell)(row, total));
    }
    rows.truncate(view.top.unwrap_or(usize::MAX));
    Ok(())
}

/// Numbers descend, text ascends; equal rows keep their order.
fn sort<T>(rows: &mut [T], cell: impl Fn(&T) -> Cell) {
    rows.sort_by(|a, b| {
        let (a, b) = (cell(a), cell(b));
        match (a.weight(), b.weight()) {
            (Some(a), Some(b)) => b.total_cmp(&a),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (None, None) => a.exact().cmp(&b.exact()),
        }
    });
}

fn choose<'c, T>(columns: &'c [Column<T>], view: &View, timed: bool) -> Result<Vec<&'c Column<T>>, NoColumn> {
    if view.columns.is_empty() {
        return Ok(columns.iter().filter(|c| c.usual || (timed && c.heading.key == "predicted_ms")).collect());
    }
    view.columns.iter().map(|key| find(columns, key)).collect()
}

fn find<'c, T>(columns: &'c [Column<T>], key: &str) -> Result<&'c Column<T>, NoColumn> {
    columns
        .iter()
        .find(|c| c.heading.key == key)
        .ok_or_else(|| NoColumn { key: key.to_owned(), known: columns.iter().map(|c| c.heading.key).collect() })
}

/// One line a network, for several of them.
#[must_use]
pub fn summary(networks: &[Network<'_>]) -> Grid {
    let heading = |key, title| Heading { key, title };
    let mut headings = vec![
        heading("net", "net"),
        heading("source", "file"),
        heading("layers", "layers"),
        heading("params", "params"),
        heading("buffers", "buffers"),
        heading("macs", naming::macs(networks.first().map_or("default", |n| n.convention))),
        heading("flops", "FLOPs"),
        heading("weight_bytes", "weights"),
        heading("peak_activation_bytes", "peak"),
    ];
    let timed = networks.iter().any(|n| n.predicted.is_some());
    if timed {
        headings.push(heading("predicted_ms", "time"));
    }
    let row = |n: &Network<'_>| {
        let t = &n.totals;
        let mut row = vec![
            Cell::Name(n.net.to_owned()),
            Cell::Text(n.source.to_owned()),
            Cell::Count(t.layers),
            Cell::Count(t.params),
            Cell::Count(t.buffers),
            Cell::Count(t.macs),
            Cell::Count(t.flops),
            Cell::Bytes(t.weight_bytes),
            Cell::Bytes(t.peak_activation_bytes),
        ];
        if timed {
            row.push(ms(n.predicted.as_ref().map(|p| p.total_ms)));
        }
        row
    };
    Grid { headings, rows: networks.iter().map(row).collect(), footer: None }
}
