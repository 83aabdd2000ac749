//! Lines of Python: what fits stands in one, otherwise each argument in its own.

use std::fmt::Write as _;

/// The longest line.
const WIDTH: usize = 100;

/// A piece of text that may be broken.
#[derive(Debug, Clone)]
pub(super) enum Doc {
    Text(String),
    /// What stands before the pieces, the pieces with commas between them, and what stands behind.
    Nest(String, Vec<Doc>, String),
}

impl Doc {
    pub(super) fn flat(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Nest(open, items, close) => {
                format!("{open}{}{close}", items.iter().map(Self::flat).collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// The same behind a text.
    pub(super) fn headed(self, head: &str) -> Self {
        match self {
            Self::Text(text) => Self::Text(format!("{head}{text}")),
            Self::Nest(open, items, close) => Self::Nest(format!("{head}{open}"), items, close),
        }
    }

    /// The text with a head before it, every line behind so many spaces.
    pub(super) fn lines(&self, head: &str, indent: usize) -> String {
        let mut text = " ".repeat(indent) + head;
        self.write(&mut text, indent, 0);
        text.push('\n');
        text
    }

    fn write(&self, text: &mut String, indent: usize, behind: usize) {
        let flat = self.flat();
        let used = text.rsplit('\n').next().map_or(0, |line| line.chars().count());
        match self {
            Self::Nest(open, items, close) if used + flat.chars().count() + behind > WIDTH && !items.is_empty() => {
                text.push_str(open);
                text.push('\n');
                let row = items.iter().map(Self::flat).collect::<Vec<_>>().join(", ");
                let holds_modules = open.contains("nn.Sequential(") || open.starts_with("super(");
                if !holds_modules && indent + 4 + row.chars().count() <= WIDTH {
                    let _ = write!(text, "{}{row}\n{}{close}", " ".repeat(indent + 4), " ".repeat(indent));
                    return;
                }
                for item in items {
                    text.push_str(&" ".repeat(indent + 4));
                    item.write(text, indent + 4, 1);
                    text.push_str(",\n");
                }
                text.push_str(&" ".repeat(indent));
                text.push_str(close);
            }
            Self::Nest(..) | Self::Text(_) => text.push_str(&flat),
        }
    }
}
