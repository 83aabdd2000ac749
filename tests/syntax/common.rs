//! What the tests of the surface share.

use std::path::{Path, PathBuf};

use pointwise::diagnostic::{Diagnostic, Edit};
use pointwise::source::{SourceId, SourceSet};
use pointwise::syntax::ast::Ast;

/// A parsed text.
pub struct Parsed {
    pub sources: SourceSet,
    pub id: SourceId,
    pub ast: Ast,
    pub errors: Vec<Diagnostic>,
}

pub fn parse(text: &str) -> Parsed {
    let mut sources = SourceSet::new();
    let id = sources.add("test.net", text);
    let (ast, errors) = pointwise::syntax::parse(&sources, id);
    Parsed { sources, id, ast, errors }
}

/// Parses a text that must have no errors.
pub fn parse_clean(text: &str) -> Parsed {
    let parsed = parse(text);
    assert!(parsed.errors.is_empty(), "{}\nin\n{text}", parsed.summary());
    parsed
}

impl Parsed {
    /// One line for each error: `PW0101 2:5 message`.
    pub fn summary(&self) -> String {
        let line = |error: &Diagnostic| {
            let place = error.primary.as_ref().map_or((0, 0), |label| self.sources.line_column(label.span));
            format!("{} {}:{} {}", error.code.id(), place.0, place.1, error.message)
        };
        self.errors.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    pub fn text(&self) -> &str {
        self.sources.get(self.id).text()
    }

    pub fn format(&self) -> String {
        pointwise::syntax::format(self.text(), &self.ast)
    }

    /// The items without their places, for comparison.
    pub fn meaning(&self) -> String {
        without_spans(&format!("{:?}", self.ast.items))
    }
}

/// Removes every printed `Span { … }`.
fn without_spans(debug: &str) -> String {
    let mut parts = debug.split("Span { source: ");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once('}').expect("a span ends in a brace").1);
    }
    text
}

/// The text after all edits.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut edits: Vec<_> = edits.iter().collect();
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut result = text.to_owned();
    for edit in edits.iter().rev() {
        result.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.replacement);
    }
    result
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The models with the blocks that they share, in order of name.
pub fn models() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in ["models", "models/blocks"] {
        let entries = std::fs::read_dir(root().join(folder)).expect("the models are there");
        let paths = entries.map(|entry| entry.expect("a readable entry").path());
        files.extend(paths.filter(|path| path.extension().is_some_and(|extension| extension == "net")));
    }
    files.sort();
    assert!(files.len() > 40, "only {} models", files.len());
    files
}

/// A Markdown code block that is marked as `net`.
pub struct Example {
    /// What stands after `net` on the fence.
    pub tag: String,
    pub text: String,
    pub line: usize,
}

/// The `net` blocks of a Markdown text.
pub fn examples(markdown: &str) -> Vec<Example> {
    let mut examples = Vec::new();
    let mut open: Option<Example> = None;
    for (number, line) in markdown.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => examples.extend(open.take()),
            (Some(example), None) => {
                example.text.push_str(line);
                example.text.push('\n');
            }
            (None, Some(info)) if info == "net" || info.starts_with("net ") => {
                open = Some(Example { tag: info[3..].trim().into(), text: String::new(), line: number + 1 });
            }
            (None, Some(_)) => open = Some(Example { tag: "other".into(), text: String::new(), line: number + 1 }),
            (None, None) => {}
        }
    }
    examples.retain(|example| example.tag != "other");
    examples
}

/// Small pseudorandom numbers (splitmix64), the same on every machine.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}
