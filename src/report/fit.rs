//! Which columns of a table stand in a terminal, and how wide they are.
//!
//! In: the cells of a grid as text, and the columns of the terminal. Out: the same cells, names shortened first, then headings
//! and texts; what still has no room is left out, what matters least first, and named in a note. No line is longer than the
//! terminal from 40 columns on.

use super::number::shortened;
use super::table::widest;

/// Names are not cut below this width while something else can give way, and then not below the next.
const NAMES: [usize; 3] = [18, 10, 6];
/// Texts and headings are not cut below these.
const TEXTS: usize = 14;
const HEADINGS: usize = 6;
/// Between columns.
const GAP: usize = 2;

/// Columns that matter least where there is no room, by their keys; what is not among them goes from the right.
pub(super) const MINOR: &[&str] = &[
    "worse",
    "activation_bytes_before",
    "activation_bytes_after",
    "buffers",
    "flops",
    "source",
    "receptive_field",
    "write_bytes",
    "layers_after",
    "layers_before",
    "kernel",
    "stride",
    "macs_share",
    "share",
    "of",
    "p90_ms",
    "p99_ms",
    "min_ms",
    "output",
    "weight_bytes",
    "peak_activation_bytes",
    "params_saved",
    "params_before",
    "params_after",
    "macs_before",
    "layers",
];

/// A table while room is made in it.
pub(super) struct Sheet<'a> {
    /// The key of each column.
    pub keys: Vec<&'a str>,
    /// Headings, rows and footer.
    pub rows: Vec<Vec<String>>,
    /// Which columns hold names, and which other texts; the rest are numbers.
    pub kinds: Vec<Kind>,
    /// What was left out, by heading.
    pub left_out: Vec<String>,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    Text,
    Number,
}

impl Sheet<'_> {
    /// Makes it fit, leaving out `minor` columns first.
    pub fn fit(&mut self, width: usize, minor: &[&str]) {
        self.narrow(Kind::Name, NAMES[0], width);
        self.narrow_headings(width);
        self.narrow(Kind::Text, TEXTS, width);
        self.narrow(Kind::Name, NAMES[1], width);
        for key in minor {
            if self.width() <= width {
                return;
            }
            if let Some(at) = self.keys.iter().position(|other| other == key).filter(|at| self.kinds[*at] != Kind::Name) {
                self.leave_out(at);
            }
        }
        while self.width() > width && self.keys.len() > 2 {
            self.leave_out(self.keys.len() - 1);
        }
        self.narrow(Kind::Name, NAMES[2], width);
        self.narrow(Kind::Text, NAMES[2], width);
    }

    fn width(&self) -> usize {
        let columns: usize = (0..self.keys.len()).map(|column| widest(column, &self.rows)).sum();
        columns + GAP * self.keys.len().saturating_sub(1)
    }

    /// Cuts the columns of a kind, the widest first, down to `least`, as far as that is needed.
    fn narrow(&mut self, kind: Kind, least: usize, width: usize) {
        let mut columns: Vec<usize> = (0..self.keys.len()).filter(|column| self.kinds[*column] == kind).collect();
        columns.sort_by_key(|column| std::cmp::Reverse(widest(*column, &self.rows)));
        for column in columns {
            let over = self.width().saturating_sub(width);
            let room = widest(column, &self.rows).saturating_sub(over).max(least);
            for row in self.rows.iter_mut().filter(|_| over > 0) {
                row[column] = if kind == Kind::Name { shortened(&row[column], room) } else { clipped(&row[column], room) };
            }
        }
    }

    /// Cuts headings that are wider than what stands under them.
    fn narrow_headings(&mut self, width: usize) {
        for column in 0..self.keys.len() {
            let over = self.width().saturating_sub(width);
            let heading = self.rows[0][column].chars().count();
            let below = widest(column, &self.rows[1..]).max(HEADINGS);
            if over > 0 && heading > below {
                self.rows[0][column] = clipped(&self.rows[0][column], below.max(heading.saturating_sub(over)));
            }
        }
    }

    fn leave_out(&mut self, column: usize) {
        let key = self.keys.remove(column);
        self.kinds.remove(column);
        let mut heading = String::new();
        for (i, row) in self.rows.iter_mut().enumerate() {
            let cell = row.remove(column);
            if i == 0 {
                heading = cell;
            }
        }
        self.left_out.push(if heading.is_empty() || heading.ends_with('…') { key.to_owned() } else { heading });
    }
}

/// The beginning of a text, in at most so many characters.
pub(super) fn clipped(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        text.to_owned()
    } else {
        text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
    }
}

/// Words on lines of at most `width` characters, each but the first behind `indent` spaces; a longer word has a line of its own.
#[must_use]
pub fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > indent && column + 1 + length > width {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}

/// The text with lines that are longer than `width` wrapped at words, two columns further in than they begin; those with emphasis,
/// which tables have, stay as they are.
#[must_use]
pub fn wrapped_lines(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        if line.chars().count() <= width || line.contains('\u{1b}') {
            out.push_str(line);
        } else {
            let indent = line.len() - line.trim_start().len();
            out.extend(std::iter::repeat_n(' ', indent));
            let hung = wrapped(line, width.saturating_sub(indent), 2);
            out.push_str(&hung.replace('\n', &format!("\n{}", " ".repeat(indent))));
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_wrapped_at_words_and_hang() {
        let text = "short\n  one two three four\n\nunbreakable_word_of_its_own and more\n";
        assert_eq!(wrapped_lines(text, 12), "short\n  one two\n    three\n    four\n\nunbreakable_word_of_its_own\n  and more\n");
        assert_eq!(wrapped_lines(text, 80), text);
    }
}
