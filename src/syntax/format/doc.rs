//! Documents: text with places where a line may break, and the printer that decides which do.
//!
//! After Wadler, "A prettier printer" (2003): a group is printed on one line if it fits, and otherwise all its own breaks
//! become line ends. Knows nothing of the language.

use std::borrow::Cow;

/// Text that may be laid out in several ways.
#[derive(Debug, Clone)]
pub enum Doc<'a> {
    /// Nothing.
    Nil,
    /// Text without line ends.
    Text(Cow<'a, str>),
    /// One after the other.
    Concat(Vec<Doc<'a>>),
    /// One level further right, from the next line on.
    Indent(Box<Doc<'a>>),
    /// On one line if it fits.
    Group {
        /// What is laid out.
        inner: Box<Doc<'a>>,
        /// What is known of its inside.
        breaks: Breaks,
    },
    /// A space, or a line end in a broken group.
    Line,
    /// Nothing, or a line end in a broken group.
    Soft,
    /// A line end.
    Hard,
    /// An empty line, where the line is empty so far.
    Blank,
    /// Text that only a broken group has.
    IfBroken(&'static str),
    /// Nothing, but the groups around it are broken.
    Force,
    /// A comment: goes to the end of the line, wherever that is.
    Suffix(&'a str),
}

/// Whether a document needs more than one line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Breaks {
    /// It holds a line end, or text after a comment.
    forced: bool,
    /// It ends in a comment, after which a line end must come.
    ends_in_comment: bool,
    /// It holds any text.
    has_text: bool,
}

/// Text.
pub fn text<'a>(text: impl Into<Cow<'a, str>>) -> Doc<'a> {
    Doc::Text(text.into())
}

/// One after the other.
pub fn concat<'a>(docs: impl IntoIterator<Item = Doc<'a>>) -> Doc<'a> {
    Doc::Concat(docs.into_iter().filter(|doc| !matches!(doc, Doc::Nil)).collect())
}

/// One level further right.
pub fn indent(doc: Doc<'_>) -> Doc<'_> {
    Doc::Indent(Box::new(doc))
}

/// On one line if it fits.
pub fn group(doc: Doc<'_>) -> Doc<'_> {
    let breaks = doc.breaks();
    Doc::Group { inner: Box::new(doc), breaks }
}

impl Doc<'_> {
    /// Whether it prints nothing at all.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Nil => true,
            Self::Concat(list) => list.iter().all(Self::is_empty),
            Self::Indent(inner) | Self::Group { inner, .. } => inner.is_empty(),
            Self::Text(_)
            | Self::Line
            | Self::Soft
            | Self::Hard
            | Self::Blank
            | Self::Force
            | Self::IfBroken(_)
            | Self::Suffix(_) => false,
        }
    }

    fn breaks(&self) -> Breaks {
        match self {
            Self::Nil | Self::Line | Self::Soft | Self::IfBroken(_) => Breaks::default(),
            Self::Text(_) => Breaks { has_text: true, ..Breaks::default() },
            Self::Hard | Self::Blank | Self::Force => Breaks { forced: true, ..Breaks::default() },
            Self::Suffix(_) => Breaks { ends_in_comment: true, ..Breaks::default() },
            Self::Indent(inner) => inner.breaks(),
            Self::Group { breaks, .. } => *breaks,
            Self::Concat(list) => list.iter().map(Self::breaks).fold(Breaks::default(), Breaks::then),
        }
    }

    /// Characters that it takes on one line, up to `limit`; `None` where it does not fit or must break.
    pub fn flat_width(&self, limit: usize) -> Option<usize> {
        match self {
            Self::Nil | Self::Soft | Self::IfBroken(_) | Self::Suffix(_) => Some(0),
            Self::Text(text) => Some(width(text)).filter(|width| *width <= limit),
            Self::Line => (limit > 0).then_some(1),
            Self::Hard | Self::Blank | Self::Force => None,
            Self::Indent(inner) => inner.flat_width(limit),
            Self::Group { inner, breaks } => {
                if breaks.forced {
                    None
                } else {
                    inner.flat_width(limit)
                }
            }
            Self::Concat(list) => list.iter().try_fold(0, |sum, doc| Some(sum + doc.flat_width(limit - sum)?)),
        }
    }
}

impl Breaks {
    fn then(self, next: Self) -> Self {
        Self {
            forced: self.forced || next.forced || (self.ends_in_comment && next.has_text),
            ends_in_comment: next.ends_in_comment || (self.ends_in_comment && !next.has_text),
            has_text: self.has_text || next.has_text,
        }
    }
}

/// Characters, as an editor counts columns.
fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// Prints documents one after the other.
#[derive(Debug)]
pub struct Printer {
    out: String,
    width: usize,
    column: usize,
    /// Spaces to write before the next text of a line.
    pending_indent: usize,
    suffix: String,
}

#[derive(Clone, Copy)]
struct Command<'d, 'a> {
    level: usize,
    flat: bool,
    doc: &'d Doc<'a>,
}

/// Spaces of one level.
pub const INDENT: usize = 4;

impl Printer {
    /// A printer for lines of this many characters.
    pub fn new(width: usize) -> Self {
        Self { out: String::new(), width, column: 0, pending_indent: 0, suffix: String::new() }
    }

    /// Adds a document.
    pub fn print(&mut self, doc: &Doc<'_>) {
        let mut stack = vec![Command { level: 0, flat: false, doc }];
        while let Some(Command { level, flat, doc }) = stack.pop() {
            match doc {
                Doc::Nil | Doc::Force => {}
                Doc::Text(text) => self.write(text),
                Doc::Concat(list) => stack.extend(list.iter().rev().map(|doc| Command { level, flat, doc })),
                Doc::Indent(inner) => stack.push(Command { level: level + 1, flat, doc: inner }),
                Doc::Group { inner, breaks } => {
                    let flat = flat || (!breaks.forced && self.fits(inner, &stack));
                    stack.push(Command { level, flat, doc: inner });
                }
                Doc::Line if flat => self.write(" "),
                Doc::Soft if flat => {}
                Doc::Line | Doc::Soft | Doc::Hard => self.end_line(level),
                Doc::Blank => self.blank(),
                Doc::IfBroken(text) => {
                    if !flat {
                        self.write(text);
                    }
                }
                Doc::Suffix(comment) => {
                    self.suffix.push_str("  ");
                    self.suffix.push_str(comment);
                }
            }
        }
    }

    /// The text, with one line end at its end.
    pub fn finish(mut self) -> String {
        self.end_line(0);
        let end = self.out.trim_end().len();
        self.out.truncate(end);
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out
    }

    fn write(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.pending_indent > 0 {
            self.out.extend(std::iter::repeat_n(' ', self.pending_indent));
            self.column += self.pending_indent;
            self.pending_indent = 0;
        }
        self.out.push_str(text);
        self.column += width(text);
    }

    fn end_line(&mut self, level: usize) {
        if !self.suffix.is_empty() {
            let suffix = std::mem::take(&mut self.suffix);
            self.write(&suffix);
        }
        self.out.push('\n');
        self.column = 0;
        self.pending_indent = level * INDENT;
    }

    /// An empty line; the line at hand is empty, but for its indentation.
    fn blank(&mut self) {
        self.out.push('\n');
    }

    /// Whether a group and what follows it up to the next possible line end fit on the line.
    fn fits(&self, doc: &Doc<'_>, after: &[Command<'_, '_>]) -> bool {
        let Some(mut left) = self.width.checked_sub(self.column + self.pending_indent) else { return false };
        let mut stack: Vec<(&Doc<'_>, bool)> = vec![(doc, true)];
        let mut after = after.iter().rev();
        loop {
            let Some((doc, flat)) = stack.pop().or_else(|| after.next().map(|command| (command.doc, command.flat))) else {
                return true;
            };
            let taken = match doc {
                Doc::Nil | Doc::Force | Doc::Suffix(_) => 0,
                Doc::Text(text) => width(text),
                Doc::Concat(list) => {
                    stack.extend(list.iter().rev().map(|doc| (doc, flat)));
                    0
                }
                Doc::Indent(inner) => {
                    stack.push((inner, flat));
                    0
                }
                Doc::Group { inner, breaks } => {
                    stack.push((inner, flat && !breaks.forced));
                    0
                }
                Doc::Line if flat => 1,
                Doc::Soft if flat => 0,
                Doc::Line | Doc::Soft | Doc::Hard | Doc::Blank => return true,
                Doc::IfBroken(text) => {
                    if flat {
                        0
                    } else {
                        width(text)
                    }
                }
            };
            match left.checked_sub(taken) {
                Some(rest) => left = rest,
                None => return false,
            }
        }
    }
}
