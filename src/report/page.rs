//! Pages of Markdown brought to the width of a terminal.
//!
//! In: a page, and the columns that there are. Out: the same page, its prose and its lists wrapped at words. What stands in a code
//! block stays as it is, and a table that has no room becomes a list of its rows.

use super::fit::wrapped;

/// Lines of prose are no longer than this: longer ones are hard to read.
const WIDEST: usize = 100;

/// The page with lines of at most `columns` characters, as far as words and code allow.
#[must_use]
pub fn reflowed(page: &str, columns: usize) -> String {
    let width = columns.min(WIDEST);
    let mut out = String::with_capacity(page.len());
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        let kind = Kind::of(line);
        let mut part = vec![line];
        while let Some(next) = lines.next_if(|next| kind.goes_on(next)) {
            part.push(next);
        }
        match kind {
            Kind::Prose => out.push_str(&prose(&part, width)),
            Kind::Table if part.iter().any(|line| line.chars().count() > width) => out.push_str(&rows(&part, width)),
            Kind::Code => {
                part.extend(lines.next());
                out.push_str(&part.join("\n"));
            }
            Kind::Table | Kind::Alone => out.push_str(&part.join("\n")),
        }
        out.push('\n');
    }
    out
}

/// What a line begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A code block, which its fence ends.
    Code,
    Table,
    /// A line between others: an empty one.
    Alone,
    /// A paragraph, a heading, an item of a list.
    Prose,
}

impl Kind {
    fn of(line: &str) -> Self {
        match line.trim_start() {
            "" => Self::Alone,
            start if start.starts_with("```") => Self::Code,
            start if start.starts_with('|') => Self::Table,
            _ => Self::Prose,
        }
    }

    /// Whether the next line belongs to what a line of this kind began.
    fn goes_on(self, next: &str) -> bool {
        match self {
            Self::Code => Self::of(next) != Self::Code,
            Self::Table => Self::of(next) == Self::Table,
            Self::Alone => false,
            Self::Prose => Self::of(next) == Self::Prose && !next.trim_start().starts_with("- ") && !next.starts_with('#'),
        }
    }
}

/// A paragraph or an item, what follows of an item under its first word.
fn prose(lines: &[&str], width: usize) -> String {
    let indent = lines[0].len() - lines[0].trim_start().len();
    let hang = if lines[0].trim_start().starts_with("- ") { 2 } else { 0 };
    let margin = " ".repeat(indent);
    let text = wrapped(&lines.join(" "), width.saturating_sub(indent), hang);
    format!("{margin}{}", text.replace('\n', &format!("\n{margin}")))
}

/// The rows of a table as items: `- first: second`, later cells behind the names of their columns.
fn rows(lines: &[&str], width: usize) -> String {
    // Bars within a cell have no room round them; those round an empty cell share theirs.
    let cells = |line: &&str| {
        let line = line.trim().trim_matches('|').replace("| |", "|  |");
        line.split(" | ").map(|cell| cell.trim().to_owned()).collect::<Vec<_>>()
    };
    let head = cells(&lines[0]);
    let item = |row: Vec<String>| {
        let named = row.iter().zip(&head).skip(1).filter(|(cell, _)| !cell.is_empty());
        let rest = match row.len() {
            0..=2 => row.get(1).cloned().unwrap_or_default(),
            _ => named.map(|(cell, name)| format!("{name} {cell}")).collect::<Vec<_>>().join(", "),
        };
        wrapped(&format!("- {}: {rest}", row[0]), width, 2)
    };
    // The second line is the rule below the head.
    lines.iter().skip(2).map(cells).map(item).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;

    const PAGE: &str = "# PW0000: a title of some length\n\nSome words that stand\non two lines.\n- An item that\n  goes on and on.\n- Two.\n\n```net\nnet n { input x: [3, 8, 8] }\n\n- kept\n```\n\n| a | b |\n|---|---|\n| `x` | the first of them |\n";

    #[test]
    fn prose_is_wrapped_and_code_is_not() {
        let want = "# PW0000: a title of\nsome length\n\nSome words that stand\non two lines.\n- An item that goes\n  on and on.\n- Two.\n\n```net\nnet n { input x: [3, 8, 8] }\n\n- kept\n```\n\n- `x`: the first of\n  them\n";
        assert_eq!(reflowed(PAGE, 21), want);
        assert!(reflowed(PAGE, 100).ends_with("| `x` | the first of them |\n"));
    }

    #[test]
    fn later_cells_stand_behind_the_names_of_their_columns() {
        let table = ["| word | kind | default |", "|---|---|---|", "| `pad` | a number | `0` |", "| `bias` | | `true` |"];
        assert_eq!(rows(&table, 100), "- `pad`: kind a number, default `0`\n- `bias`: default `true`");
        assert_eq!(rows(&table, 24), "- `pad`: kind a number,\n  default `0`\n- `bias`: default `true`");
    }

    #[test]
    fn no_word_of_a_page_is_lost() {
        // The rows of a table of more than two columns name these anew, which has its own test.
        // The bars of tables come and go.
        let words = |text: &str| {
            let letters: String = text.chars().filter(|c| !"|-:".contains(*c)).collect();
            letters.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        for page in Code::ALL.iter().map(|code| code.page()) {
            let is_wide = page.lines().any(|line| line.starts_with('|') && line.matches('|').count() > 3);
            for width in [40, 60, 200] {
                let text = reflowed(page, width);
                let mut want = words(page);
                if width == 40 || text.lines().all(|line| !line.starts_with('|')) {
                    // The head of a table of two columns says what its rows say.
                    let head: Vec<&str> = page.lines().filter(|line| line.starts_with('|')).take(1).collect();
                    let head = head.iter().flat_map(|line| words(line)).collect::<Vec<_>>();
                    if let Some(at) = want.windows(head.len().max(1)).position(|part| part == head) {
                        want.drain(at..at + head.len());
                    }
                }
                assert!(is_wide || words(&text) == want, "{width}: {text}");
            }
        }
    }
}
