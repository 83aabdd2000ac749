//! Grids drawn for a terminal. The only file that names `tabled`.

use tabled::builder::Builder;
use tabled::settings::object::{Columns, Rows};
use tabled::settings::style::HorizontalLine;
use tabled::settings::{Alignment, Color, Padding, Style};

use super::grid::{Cell, Grid, Head};
use super::number::shortened;

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

fn widest(column: usize, shown: &[Vec<String>]) -> usize {
    shown.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
}

/// Draws a grid, ANSI emphasis included, with a final line end; `width` is the terminal's, `None` where there is none.
#[must_use]
pub fn draw<H: Head>(grid: &Grid<H>, width: Option<usize>) -> String {
    let mut shown = rows(grid);
    if let Some(width) = width {
        fit(grid, &mut shown, width);
    }
    let mut builder = Builder::with_capacity(shown.len(), grid.headings.len());
    for row in shown {
        builder.push_record(row);
    }
    let rule = HorizontalLine::new('─');
    let mut table = builder.build();
    let last = grid.rows.len() + 1;
    if grid.footer.is_some() {
        table.with(Style::empty().horizontals([(1, rule), (last, rule)]));
    } else {
        table.with(Style::empty().horizontals([(1, rule)]));
    }
    table.with(Padding::new(0, 2, 0, 0));
    for column in 0..grid.headings.len() {
        if grid.is_numeric(column) {
            table.modify(Columns::one(column), Alignment::right());
        }
    }
    table.modify(Rows::first(), Color::BOLD);
    if grid.footer.is_some() {
        table.modify(Rows::last(), Color::BOLD);
    }
    let mut text = String::new();
    for line in table.to_string().lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Shortens the column of names so that every row fits, as far as that goes.
fn fit<H: Head>(grid: &Grid<H>, shown: &mut [Vec<String>], width: usize) {
    let Some(names) = names(grid) else { return };
    let others: usize = (0..grid.headings.len()).filter(|c| *c != names).map(|c| widest(c, shown) + 2).sum();
    let room = width.saturating_sub(others + 1).max(NARROWEST);
    for row in shown {
        row[names] = shortened(&row[names], room);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::grid::Heading;

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
