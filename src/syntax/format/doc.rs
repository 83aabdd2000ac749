//! Documents: text with places where a line may break, and the printer that decides which do.
//!
//! After Wadler, "A prettier printer" (2003): a group is printed on one line if it fits, and otherwise all its own breaks
//! become line ends. Knows nothing of the language.

use std::cell::RefCell;
use std::fmt;
use std::iter::Peekable;

use thin_vec::ThinVec;

/// Text that may be laid out in several ways.
#[derive(Debug)]
pub enum Doc<'a> {
    /// Nothing.
    Nil,
    /// Text without line ends.
    Text(&'a str),
    /// One after the other.
    Concat(ThinVec<Doc<'a>>),
    /// One after the other, too many to fit on a line.
    Many(Box<Many<'a>>),
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

/// Documents that are made when they are printed, so that not all of them are there at once. Each but the last is followed
/// by a place where a line ends.
pub struct Many<'a>(RefCell<Pieces<'a>>);

type Pieces<'a> = Peekable<Box<dyn Iterator<Item = Doc<'a>> + 'a>>;

impl fmt::Debug for Many<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Many")
    }
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
pub fn text(text: &str) -> Doc<'_> {
    Doc::Text(text)
}

/// One after the other.
pub fn concat<'a>(docs: impl IntoIterator<Item = Doc<'a>>) -> Doc<'a> {
    let mut list: ThinVec<_> = docs.into_iter().filter(|doc| !matches!(doc, Doc::Nil)).collect();
    list.shrink_to_fit();
    match list.len() {
        0 => Doc::Nil,
        1 => list.pop().unwrap_or(Doc::Nil),
        _ => Doc::Concat(list),
    }
}

/// So many that they cannot fit on a line, made by and by.
pub fn many<'a>(docs: impl Iterator<Item = Doc<'a>> + 'a) -> Doc<'a> {
    let docs: Box<dyn Iterator<Item = Doc<'a>> + 'a> = Box::new(docs);
    Doc::Many(Box::new(Many(RefCell::new(docs.peekable()))))
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
            | Self::Many(_)
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
            Self::Many(_) => Breaks { forced: true, has_text: true, ..Breaks::default() },
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
            Self::Many(_) | Self::Hard | Self::Blank | Self::Force => None,
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

/// What is left of a list of documents.
#[derive(Clone)]
struct Command<'d, 'a> {
    level: usize,
    flat: bool,
    docs: std::slice::Iter<'d, Doc<'a>>,
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
        self.print_before(doc, 0, &|_| true);
    }

    /// Adds a document at a level. `rest_fits` tells whether what comes behind it, up to the next possible line end, fits
    /// into so many columns.
    fn print_before(&mut self, doc: &Doc<'_>, level: usize, rest_fits: &dyn Fn(usize) -> bool) {
        let mut stack = vec![Command { level, flat: false, docs: std::slice::from_ref(doc).iter() }];
        while let Some(Command { level, flat, docs }) = stack.last_mut() {
            let (level, flat) = (*level, *flat);
            let Some(doc) = docs.next() else {
                stack.pop();
                continue;
            };
            match doc {
                Doc::Nil | Doc::Force => {}
                Doc::Text(text) => self.write(text),
                Doc::Concat(list) => stack.push(Command { level, flat, docs: list.iter() }),
                Doc::Indent(inner) => stack.push(Command { level: level + 1, flat, docs: std::slice::from_ref(&**inner).iter() }),
                Doc::Group { inner, breaks } => {
                    let docs = std::slice::from_ref(&**inner).iter();
                    let flat = flat || (!breaks.forced && self.fits(docs.clone(), &stack, rest_fits));
                    stack.push(Command { level, flat, docs });
                }
                Doc::Many(many) => {
                    let mut pieces = many.0.borrow_mut();
                    while let Some(piece) = pieces.next() {
                        let behind = |left| fits(left, Vec::new(), &stack, rest_fits);
                        let is_last = pieces.peek().is_none();
                        self.print_before(&piece, level, if is_last { &behind } else { &|_| true });
                    }
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
    fn fits<'d, 'a>(
        &self,
        docs: std::slice::Iter<'d, Doc<'a>>,
        after: &[Command<'d, 'a>],
        rest_fits: &dyn Fn(usize) -> bool,
    ) -> bool {
        let left = self.width.checked_sub(self.column + self.pending_indent);
        left.is_some_and(|left| fits(left, vec![(docs, true)], after, rest_fits))
    }
}

/// Whether documents, each flat or not, and what is left on the printer's stack fit into so many columns, up to the next
/// possible line end.
fn fits<'d, 'a>(
    mut left: usize,
    mut stack: Vec<(std::slice::Iter<'d, Doc<'a>>, bool)>,
    after: &[Command<'d, 'a>],
    rest_fits: &dyn Fn(usize) -> bool,
) -> bool {
    let mut after = after.iter().rev();
    loop {
        let Some((docs, flat)) = stack.last_mut() else {
            let Some(next) = after.next() else { return rest_fits(left) };
            stack.push((next.docs.clone(), next.flat));
            continue;
        };
        let flat = *flat;
        let Some(doc) = docs.next() else {
            stack.pop();
            continue;
        };
        let taken = match doc {
            Doc::Nil | Doc::Force | Doc::Suffix(_) => 0,
            Doc::Text(text) => width(text),
            Doc::Concat(list) => {
                stack.push((list.iter(), flat));
                0
            }
            Doc::Indent(inner) => {
                stack.push((std::slice::from_ref(&**inner).iter(), flat));
                0
            }
            Doc::Group { inner, breaks } => {
                stack.push((std::slice::from_ref(&**inner).iter(), flat && !breaks.forced));
                0
            }
            Doc::Many(_) => return false,
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
