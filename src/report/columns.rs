//! The columns of tables over layers and groups: one list each, from which `--columns`, `--sort` and help derive.

use super::grid::{Cell, Grid, Heading};
use super::naming;
use super::network::{Dims, Excerpt, Group, Network, Row};
use super::number::share;

/// When a column is shown though it was not named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Always.
    Usual,
    /// Where there is room for it, and as data.
    Roomy,
    /// As data.
    Data,
    /// Where a target was named.
    Timed,
    /// Where a training step was asked for.
    Trained,
    /// Never.
    Asked,
}

/// What a table is for, which decides on the columns where none are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Medium {
    /// People with little room.
    Narrow,
    /// People.
    #[default]
    Wide,
    /// Programs: what came later stands last, so that the others keep their places.
    Data,
}

/// One column over rows of type `T`.
pub struct Column<T> {
    /// Its key and title.
    pub heading: Heading,
    /// When it is shown though it was not named.
    pub shown: Shown,
    /// The value of a row; the last argument is the total of MACs.
    pub cell: fn(&T, u64) -> Cell,
    /// The value under the column, from the whole network.
    pub sum: fn(&Network<'_>) -> Cell,
}

const fn column<T>(
    key: &'static str,
    title: &'static str,
    shown: Shown,
    cell: fn(&T, u64) -> Cell,
    sum: fn(&Network<'_>) -> Cell,
) -> Column<T> {
    Column { heading: Heading { key, title }, shown, cell, sum }
}

/// Predicted time of the whole network.
fn predicted(n: &Network<'_>) -> Cell {
    maybe(n.predicted.as_ref().map(|p| p.total_ms), Cell::Ms)
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

/// One number where height and width are equal.
fn field([h, w]: [u64; 2]) -> Cell {
    if h == w { Cell::Count(h) } else { Cell::Size([h, w]) }
}

/// `1`, `1x2` (rows, columns) or all four sides, `[0, 0, 1, 1]`.
fn pads([top, left, bottom, right]: [u64; 4]) -> Cell {
    if top == bottom && left == right { field([top, left]) } else { Cell::Text(format!("[{top}, {left}, {bottom}, {right}]")) }
}

/// Fractions are written as such: behind an upsampling neighbouring outputs are half a pixel apart.
fn pace([h, w]: [(u64, u64); 2]) -> Cell {
    let whole = |(pixels, outputs): (u64, u64)| (outputs == 1).then_some(pixels);
    if let (Some(h), Some(w)) = (whole(h), whole(w)) {
        return field([h, w]);
    }
    let fraction = |(pixels, outputs)| if outputs == 1 { format!("{pixels}") } else { format!("{pixels}/{outputs}") };
    Cell::Text(if h == w { fraction(h) } else { format!("{}x{}", fraction(h), fraction(w)) })
}

fn start([top, left]: [i64; 2]) -> Cell {
    if top == left { Cell::Change(i128::from(top)) } else { Cell::Text(format!("[{top}, {left}]")) }
}

/// A value that not every row has.
pub(super) fn maybe<T>(value: Option<T>, cell: impl Fn(T) -> Cell) -> Cell {
    value.map_or(Cell::Empty, cell)
}

fn inputs(dims: &[Dims]) -> String {
    dims.iter().map(|d| d.0.to_string()).collect::<Vec<_>>().join(" ")
}

/// All columns over layers, in the order in which they stand.
#[must_use]
pub fn layers<'a>() -> Vec<Column<Row<'a>>> {
    use Shown::{Asked, Data, Roomy, Timed, Trained, Usual};
    vec![
        column("name", "layer", Usual, |r, _| Cell::Name(r.name.to_owned()), |_| Cell::Text("total".into())),
        column("block", "block", Asked, |r, _| r.block.map_or(Cell::Empty, |b| Cell::Text(b.to_owned())), none),
        column("op", "op", Asked, |r, _| Cell::Text(r.op.to_owned()), none),
        column("inputs", "inputs", Asked, |r, _| Cell::Text(inputs(&r.inputs)), none),
        column("output", "output", Usual, |r, _| Cell::Text(r.output.0.to_string()), none),
        column("kernel", "kernel", Roomy, |r, _| maybe(r.kernel, Cell::Size), none),
        column("stride", "stride", Roomy, |r, _| maybe(r.stride, field), none),
        column("pad", "pad", Data, |r, _| maybe(r.pad, pads), none),
        column("dilation", "dilation", Data, |r, _| maybe(r.dilation, field), none),
        column("groups", "groups", Data, |r, _| maybe(r.groups, Cell::Count), none),
        column("receptive_field", "field", Usual, |r, _| field(r.receptive_field), none),
        column("rf_stride", "field stride", Asked, |r, _| pace(r.rf_stride), none),
        column("rf_offset", "field offset", Asked, |r, _| start(r.rf_offset), none),
        column("params", "params", Usual, |r, _| params(r), |n| Cell::Count(n.totals.params)),
        column("buffers", "buffers", Asked, |r, _| Cell::Work(r.buffers), |n| Cell::Count(n.totals.buffers)),
        column("macs", "MACs", Usual, |r, _| Cell::Work(r.macs), |n| Cell::Count(n.totals.macs)),
        column("macs_share", "share", Usual, |r, total| part(r.macs, total), none),
        column("flops", "FLOPs", Asked, |r, _| Cell::Work(r.flops), |n| Cell::Count(n.totals.flops)),
        column("add", "add", Asked, |r, _| Cell::Work(r.other_ops.add), |n| Cell::Count(n.totals.other_ops.add)),
        column("mul", "mul", Asked, |r, _| Cell::Work(r.other_ops.mul), |n| Cell::Count(n.totals.other_ops.mul)),
        column("compare", "compare", Asked, |r, _| Cell::Work(r.other_ops.compare), |n| Cell::Count(n.totals.other_ops.compare)),
        column("exp", "exp", Asked, |r, _| Cell::Work(r.other_ops.exp), |n| Cell::Count(n.totals.other_ops.exp)),
        column("div", "div", Asked, |r, _| Cell::Work(r.other_ops.div), |n| Cell::Count(n.totals.other_ops.div)),
        column("weight_bytes", "weights", Asked, |r, _| Cell::Bytes(r.weight_bytes), |n| Cell::Bytes(n.totals.weight_bytes)),
        column("read_bytes", "read", Asked, |r, _| Cell::Bytes(r.read_bytes), none),
        column("write_bytes", "written", Usual, |r, _| Cell::Bytes(r.write_bytes), |n| Cell::Bytes(n.totals.activation_bytes)),
        column("intensity", "FLOP/byte", Asked, |r, _| Cell::Number(r.intensity()), |n| Cell::Number(n.totals.flops_per_byte)),
        column(
            "kept_bytes",
            "kept",
            Trained,
            |r, _| maybe(r.kept_bytes, Cell::Bytes),
            |n| maybe(n.training, |t| Cell::Bytes(t.activation_bytes)),
        ),
        column("predicted_ms", "time", Timed, |r, _| maybe(r.predicted_ms, Cell::Ms), predicted),
        column("dead", "dead", Asked, |r, _| if r.dead { Cell::Text("yes".into()) } else { Cell::Empty }, none),
        column("line", "line", Asked, |r, _| r.line.map_or(Cell::Empty, |l| Cell::Count(l as u64)), none),
    ]
}

/// All columns over groups of layers.
#[must_use]
pub fn groups() -> Vec<Column<Group>> {
    use Shown::{Asked, Timed, Trained, Usual};
    vec![
        column("name", "group", Usual, |g, _| Cell::Name(g.name.clone()), |_| Cell::Text("total".into())),
        column("layers", "layers", Usual, |g, _| Cell::Count(g.layers), |n| Cell::Count(n.totals.layers)),
        column("params", "params", Usual, |g, _| Cell::Work(g.params), |n| Cell::Count(n.totals.params)),
        column("buffers", "buffers", Asked, |g, _| Cell::Work(g.buffers), |n| Cell::Count(n.totals.buffers)),
        column("macs", "MACs", Usual, |g, _| Cell::Work(g.macs), |n| Cell::Count(n.totals.macs)),
        column("macs_share", "share", Usual, |g, total| part(g.macs, total), none),
        column("flops", "FLOPs", Asked, |g, _| Cell::Work(g.flops), |n| Cell::Count(n.totals.flops)),
        column("weight_bytes", "weights", Usual, |g, _| Cell::Bytes(g.weight_bytes), |n| Cell::Bytes(n.totals.weight_bytes)),
        column("read_bytes", "read", Asked, |g, _| Cell::Bytes(g.read_bytes), none),
        column("write_bytes", "written", Usual, |g, _| Cell::Bytes(g.write_bytes), |n| Cell::Bytes(n.totals.activation_bytes)),
        column(
            "kept_bytes",
            "kept",
            Trained,
            |g, _| maybe(g.kept_bytes, Cell::Bytes),
            |n| maybe(n.training, |t| Cell::Bytes(t.activation_bytes)),
        ),
        column("predicted_ms", "time", Timed, |g, _| maybe(g.predicted_ms, Cell::Ms), predicted),
    ]
}

/// Which columns a table shows.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// Keys of columns; those that suit the medium where empty.
    pub columns: Vec<String>,
    /// What the table is for.
    pub medium: Medium,
}

/// Which rows come, and in what order.
#[derive(Debug, Clone, Default)]
pub struct Order {
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
        Some(groups) => grid(&self::groups(), groups, network, view),
        None => grid(&layers(), &network.layers, network, view),
    }
}

fn grid<T>(columns: &[Column<T>], rows: &[T], network: &Network<'_>, view: &View) -> Result<Grid, NoColumn> {
    let chosen = choose(columns, view, network)?;
    let total = network.totals.macs;
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

/// Sorts and cuts the rows; totals stay those of the whole network, and [`Network::shown`] says what is left.
///
/// # Errors
/// A key to sort by that no column has.
pub fn arrange(network: &mut Network<'_>, order: &Order) -> Result<(), NoColumn> {
    let totals = (network.totals.params, network.totals.macs);
    let shown = if let Some(rows) = &mut network.groups {
        let of = arranged(&groups(), rows, totals.1, order)?;
        part_of(rows, of, totals, |group| (group.params, group.macs))
    } else {
        let of = arranged(&layers(), &mut network.layers, totals.1, order)?;
        part_of(&network.layers, of, totals, |row| (row.params, row.macs))
    };
    network.shown = order.top.map(|_| shown);
    Ok(())
}

/// How many rows there were.
fn arranged<T>(columns: &[Column<T>], rows: &mut Vec<T>, total: u64, order: &Order) -> Result<usize, NoColumn> {
    if let Some(key) = &order.sort {
        let by = find(columns, key)?;
        sort(rows, |row| (by.cell)(row, total));
    }
    let all = rows.len();
    rows.truncate(order.top.unwrap_or(usize::MAX));
    Ok(all)
}

/// What part of the network these of `of` rows are.
fn part_of<T>(rows: &[T], of: usize, (params, macs): (u64, u64), counts: impl Fn(&T) -> (u64, u64)) -> Excerpt {
    let sum = |(params, macs): (u64, u64), row: &T| (params + counts(row).0, macs + counts(row).1);
    let own = rows.iter().fold((0, 0), sum);
    Excerpt { rows: rows.len(), of, params_share: share(own.0, params), macs_share: share(own.1, macs) }
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

fn choose<'c, T>(columns: &'c [Column<T>], view: &View, network: &Network<'_>) -> Result<Vec<&'c Column<T>>, NoColumn> {
    if !view.columns.is_empty() {
        return view.columns.iter().map(|key| find(columns, key)).collect();
    }
    let room = view.medium != Medium::Narrow;
    let usual = |shown: Shown| match shown {
        Shown::Usual => true,
        Shown::Timed => network.predicted.is_some(),
        Shown::Trained => network.training.is_some(),
        Shown::Roomy => room,
        Shown::Data => view.medium == Medium::Data,
        Shown::Asked => false,
    };
    let mut chosen: Vec<_> = columns.iter().filter(|c| usual(c.shown)).collect();
    if view.medium == Medium::Data {
        chosen.sort_by_key(|c| matches!(c.shown, Shown::Roomy | Shown::Data));
    }
    Ok(chosen)
}

fn find<'c, T>(columns: &'c [Column<T>], key: &str) -> Result<&'c Column<T>, NoColumn> {
    columns
        .iter()
        .find(|c| c.heading.key == key)
        .ok_or_else(|| NoColumn { key: key.to_owned(), known: columns.iter().map(|c| c.heading.key).collect() })
}
