//! Grids drawn for a terminal. The only file that names `tabled`.

use tabled::builder::Builder;
use tabled::settings::object::{Columns, Rows};
use tabled::settings::style::HorizontalLine;
use tabled::settings::{Alignment, Color, Padding, Style};

use super::fit::{Kind, MINOR, Sheet, wrapped};
use super::grid::{Cell, Grid, Head};

/// Names are never cut below this width.
const NARROWEST: usize = 18;

/// The width of a grid in which no name is shortened.
#[must_use]
pub fn width<H: Head>(grid: &Grid<H>) -> usize {
    let shown = rows(grid);
    let columns: usize = (0..grid.headings.len()).map(|column| widest(column, &shown)).sum();
    columns + 2 * grid.headings.len().saturating_sub(1)
}

/// The least width in which a grid stands, its names shortened as far as they go.
#[must_use]
pub fn least<H: Head>(grid: &Grid<H>) -> usize {
    let all = width(grid);
    let names = names(grid).map_or(0, |column| widest(column, &rows(grid)));
    all - names.saturating_sub(NARROWEST)
}

/// The column of names.
fn names<H: Head>(grid: &Grid<H>) -> Option<usize> {
    grid.rows.first().and_then(|row| row.iter().position(|cell| matches!(cell, Cell::Name(_))))
}

/// Headings, rows and footer as text.
fn rows<H: Head>(grid: &Grid<H>) -> Vec<Vec<String>> {
    let mut shown: Vec<Vec<String>> = vec![grid.headings.iter().map(|h| h.title().to_owned()).collect()];
    shown.extend(grid.rows.iter().chain(&grid.footer).map(|row| row.iter().map(Cell::shown).collect()));
    shown
}

pub(super) fn widest(column: usize, shown: &[Vec<String>]) -> usize {
    shown.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
}

/// Draws a grid, ANSI emphasis included, with a final line end; `width` is the terminal's, `None` where there is none.
///
/// No line is longer than a terminal of 40 columns or more: what has no room is left out, and a note below says so.
#[must_use]
pub fn draw<H: Head>(grid: &Grid<H>, width: Option<usize>) -> String {
    draw_without(grid, width, MINOR)
}

/// The same, where columns of these keys matter least.
#[must_use]
pub fn draw_without<H: Head>(grid: &Grid<H>, width: Option<usize>, minor: &[&str]) -> String {
    let has = |column: usize, is: fn(&Cell) -> bool| grid.rows.iter().any(|row| is(&row[column]));
    let named = names(grid).unwrap_or(0);
    let kind = |column: usize| match () {
        () if column == named => Kind::Name,
        () if has(column, |cell| matches!(cell, Cell::Text(_) | Cell::Name(_))) => Kind::Text,
        () => Kind::Number,
    };
    let mut sheet = Sheet {
        keys: grid.headings.iter().map(Head::key).collect(),
        rows: rows(grid),
        kinds: (0..grid.headings.len()).map(kind).collect(),
        left_out: Vec::new(),
    };
    let numeric: Vec<&str> = (0..sheet.keys.len()).filter(|column| grid.is_numeric(*column)).map(|c| sheet.keys[c]).collect();
    if let Some(width) = width {
        sheet.fit(width, minor);
    }
    let right: Vec<bool> = sheet.keys.iter().map(|key| numeric.contains(key)).collect();
    // A rule goes on below the padding of the last column.
    let is_rule = |line: &str| line.starts_with('─');
    let cut =
        |line: &str| line.trim_end().chars().take(width.filter(|_| is_rule(line)).unwrap_or(usize::MAX)).collect::<String>();
    let mut text = String::new();
    for line in drawn(sheet.rows, &right, grid.footer.is_some()).lines() {
        text.push_str(&cut(line));
        text.push('\n');
    }
    if let Some(width) = width.filter(|_| !sheet.left_out.is_empty()) {
        text.push_str(&wrapped(&format!("no room for: {}", sheet.left_out.join(", ")), width, 2));
        text.push('\n');
    }
    text
}

/// The lines of a table; columns that are `right` have their cells there.
fn drawn(rows: Vec<Vec<String>>, right: &[bool], has_footer: bool) -> String {
    let last = rows.len().saturating_sub(1);
    let mut builder = Builder::with_capacity(rows.len(), right.len());
    for row in rows {
        builder.push_record(row);
    }
    let rule = HorizontalLine::new('─');
    let mut table = builder.build();
    if has_footer {
        table.with(Style::empty().horizontals([(1, rule), (last, rule)]));
    } else {
        table.with(Style::empty().horizontals([(1, rule)]));
    }
    table.with(Padding::new(0, 2, 0, 0));
    for (column, _) in right.iter().enumerate().filter(|(_, right)| **right) {
        table.modify(Columns::one(column), Alignment::right());
    }
    table.modify(Rows::first(), Color::BOLD);
    if has_footer {
        table.modify(Rows::last(), Color::BOLD);
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::grid::Heading;

    /// What a terminal shows.
    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    fn heading(key: &'static str, title: &'static str) -> Heading {
        Heading { key, title }
    }

    #[test]
    fn no_line_is_longer_than_a_terminal_of_40_columns_or_more() {
        let long = "features.denseblock3.denselayer6.conv2";
        let headings = vec![
            heading("name", "layer"),
            heading("source", "file"),
            heading("macs", "MACs as torchinfo counts"),
            heading("params", "params"),
            heading("receptive_field", "field"),
            heading("write_bytes", "written"),
            heading("note", "note"),
        ];
        let row = |name: &str, text: &str| {
            let (name, text) = (Cell::Name(name.to_owned()), Cell::Text(text.to_owned()));
            vec![name, text.clone(), Cell::Count(u64::MAX), Cell::Work(1), Cell::Size([7, 9]), Cell::Bytes(1 << 30), text]
        };
        let rows = vec![row(long, "a/long/path/of/a/file.net"), row("x", "y"), row(&"x".repeat(99), &"y".repeat(200))];
        let grid = Grid { headings, rows, footer: Some(row("total", "")) };
        let whole = plain(&draw(&grid, None));
        assert!(whole.contains(long) && !whole.contains("no room"), "{whole}");
        for width in 40..260 {
            let shown = plain(&draw(&grid, Some(width)));
            for line in shown.lines() {
                assert!(line.chars().count() <= width, "{width} columns: {shown}");
            }
            // Each column stands there or is named below.
            let note = shown.split_once("no room for: ").map_or(String::new(), |(_, note)| note.replace("\n ", ""));
            let head = shown.lines().next().unwrap_or_default();
            for (short, title) in
                [("MACs", "MACs as torchinfo counts"), ("written", "written"), ("field", "field"), ("note", "note")]
            {
                assert!(head.contains(short) || note.contains(title) || note.contains("macs"), "{width}: {title}: {shown}");
            }
        }
    }

    #[test]
    fn numbers_stand_right_and_names_fit() {
        let headings = vec![Heading { key: "name", title: "layer" }, Heading { key: "macs", title: "MACs" }];
        let long = "features.denseblock3.denselayer6.conv2";
        let rows = vec![vec![Cell::Name(long.into()), Cell::Count(7)], vec![Cell::Name("x".into()), Cell::Count(1234)]];
        let grid = Grid { headings, rows, footer: Some(vec![Cell::Text("total".into()), Cell::Count(1241)]) };
        let plain = anstream::adapter::strip_str(&draw(&grid, Some(40))).to_string();
        let lines: Vec<&str> = plain.lines().collect();
        assert!(lines.iter().all(|line| line.chars().count() <= 40), "{plain}");
        assert!(lines[2].ends_with("    7") && lines[3].ends_with("1,234"), "{plain}");
        assert!(plain.contains("features.…denselayer6.conv2"), "{plain}");
    }
}
