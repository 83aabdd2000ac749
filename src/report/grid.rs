//! A table without a medium: typed cells under titled columns, written as Markdown or CSV here and drawn in `table`.

use std::fmt::Write as _;

use super::number;
use crate::visible::{in_a_line, is_unseen, visible};

/// One value; each medium writes it in its own way (CSV exactly, people rounded).
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text.
    Text(String),
    /// A dotted name, which may be shortened.
    Name(String),
    /// An exact count.
    Count(u64),
    /// A count, of which zero is left blank for people, so that the others stand out.
    Work(u64),
    /// A count that people see rounded: `116 M`.
    Magnitude(u64),
    /// Zero because what it counts is counted where it is used first.
    Shared,
    /// A height and a width: `3x3`.
    Size([u64; 2]),
    /// Bytes.
    Bytes(u64),
    /// A signed change of a count.
    Change(i128),
    /// A share of one, shown in percent.
    Share(f64),
    /// Any other number.
    Number(f64),
    /// Milliseconds.
    Ms(f64),
}

impl Cell {
    /// For people.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Empty | Self::Work(0) => String::new(),
            Self::Shared => "(shared)".to_owned(),
            Self::Text(text) | Self::Name(text) => in_a_line(text).into_owned(),
            Self::Count(n) | Self::Work(n) => number::grouped(*n),
            Self::Magnitude(n) => number::magnitude(*n),
            Self::Size(_) => self.exact(),
            Self::Bytes(n) => number::bytes(*n),
            Self::Change(n) => {
                let size = number::grouped(u64::try_from(n.unsigned_abs()).unwrap_or(u64::MAX));
                format!("{}{size}", if *n < 0 { "-" } else { "" })
            }
            Self::Share(x) => number::percent(*x),
            Self::Number(x) => number::significant(*x),
            Self::Ms(x) => number::milliseconds(*x),
        }
    }

    /// For programs: exact, without units.
    #[must_use]
    pub fn exact(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Shared => "0".to_owned(),
            // What is meant for programs is read in terminals too.
            Self::Text(text) | Self::Name(text) => visible(text).into_owned(),
            Self::Size([h, w]) => format!("{h}x{w}"),
            Self::Count(n) | Self::Work(n) | Self::Magnitude(n) | Self::Bytes(n) => n.to_string(),
            Self::Change(n) => n.to_string(),
            Self::Share(x) | Self::Number(x) | Self::Ms(x) => format!("{x:.6}"),
        }
    }

    /// Whether it is a number, which is written to the right.
    #[must_use]
    pub fn is_number(&self) -> bool {
        match self {
            Self::Empty | Self::Text(_) | Self::Name(_) => false,
            Self::Count(_)
            | Self::Work(_)
            | Self::Magnitude(_)
            | Self::Shared
            | Self::Size(_)
            | Self::Bytes(_)
            | Self::Change(_)
            | Self::Share(_)
            | Self::Number(_)
            | Self::Ms(_) => true,
        }
    }

    /// A number to sort by; text has none.
    #[must_use]
    pub fn weight(&self) -> Option<f64> {
        match self {
            Self::Empty | Self::Text(_) | Self::Name(_) => None,
            Self::Shared => Some(0.0),
            Self::Size([h, w]) => Some(*h as f64 * *w as f64),
            Self::Count(n) | Self::Work(n) | Self::Magnitude(n) | Self::Bytes(n) => Some(*n as f64),
            Self::Change(n) => Some(*n as f64),
            Self::Share(x) | Self::Number(x) | Self::Ms(x) => Some(*x),
        }
    }
}

/// A column's heading: its key for programs, its title for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heading {
    /// As in JSON and CSV: `weight_bytes`.
    pub key: &'static str,
    /// In tables: "weights".
    pub title: &'static str,
}

/// What stands above a column.
pub trait Head {
    /// For programs.
    fn key(&self) -> &str;
    /// For people.
    fn title(&self) -> &str;
}

impl Head for Heading {
    fn key(&self) -> &str {
        self.key
    }

    fn title(&self) -> &str {
        self.title
    }
}

/// A column that is called as the user calls it, or as a fixed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedHeading {
    /// One of ours.
    Fixed(Heading),
    /// The user's word.
    Named(String),
}

impl Head for NamedHeading {
    fn key(&self) -> &str {
        match self {
            Self::Fixed(heading) => heading.key,
            Self::Named(name) => name,
        }
    }

    fn title(&self) -> &str {
        match self {
            Self::Fixed(heading) => heading.title,
            Self::Named(name) => name,
        }
    }
}

/// Rows under headings; every row has as many cells as there are headings.
#[derive(Debug, Clone, Default)]
pub struct Grid<H = Heading> {
    /// The columns.
    pub headings: Vec<H>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
    /// A last row that sums up, or none.
    pub footer: Option<Vec<Cell>>,
}

impl<H: Head> Grid<H> {
    /// Whether a column holds numbers.
    #[must_use]
    pub fn is_numeric(&self, column: usize) -> bool {
        self.rows.iter().chain(&self.footer).any(|row| row[column].is_number())
    }

    /// As CSV (RFC 4180) with a header line, without the footer.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = self.headings.iter().map(|h| csv_field(h.key())).collect::<Vec<_>>().join(",");
        text.push('\n');
        for row in &self.rows {
            for (i, cell) in row.iter().enumerate() {
                text.push_str(if i > 0 { "," } else { "" });
                text.push_str(&csv_field(&cell.exact()));
            }
            text.push('\n');
        }
        text
    }

    /// As a Markdown table.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        for heading in &self.headings {
            let _ = write!(text, "| {} ", escape_markdown(heading.title()));
        }
        text.push_str("|\n");
        for column in 0..self.headings.len() {
            text.push_str(if self.is_numeric(column) { "|---:" } else { "|---" });
        }
        text.push_str("|\n");
        for row in &self.rows {
            markdown_row(&mut text, row, "");
        }
        if let Some(row) = &self.footer {
            markdown_row(&mut text, row, "**");
        }
        text
    }
}

fn markdown_row(text: &mut String, row: &[Cell], mark: &str) {
    for cell in row {
        let shown = escape_markdown(&cell.shown());
        let mark = if shown.is_empty() { "" } else { mark };
        let _ = write!(text, "| {mark}{shown}{mark} ");
    }
    text.push_str("|\n");
}

/// Text that means itself inside a Markdown table.
#[must_use]
pub fn escape_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '*' | '<' | '>' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("<br>"),
            _ if is_unseen(c) => out.extend(c.escape_unicode()),
            _ => out.push(c),
        }
    }
    out
}

/// A field, quoted where needed.
fn csv_field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Grid {
        let headings = vec![Heading { key: "name", title: "layer" }, Heading { key: "macs", title: "MACs" }];
        let rows = vec![vec![Cell::Text("a,\"b|".into()), Cell::Count(1234)]];
        Grid { headings, rows, footer: Some(vec![Cell::Empty, Cell::Count(1234)]) }
    }

    #[test]
    fn csv_is_exact_and_quoted() {
        assert_eq!(sample().csv(), "name,macs\n\"a,\"\"b|\",1234\n");
    }

    #[test]
    fn markdown_aligns_numbers() {
        assert_eq!(sample().markdown(), "| layer | MACs |\n|---|---:|\n| a,\"b\\| | 1,234 |\n|  | **1,234** |\n");
    }
}
