//! The sections of a `.cfg`: `[word]`, then `key=value` a line.
//!
//! In: the text. Out: sections with their options and places. As in darknet, blanks mean nothing, lines that begin with `#` or
//! `;` are remarks, and of a key that is there twice the first one counts.

use std::cell::Cell;
use std::ops::Range;

use super::super::listed::{MOST_LAYERS, Problem};

/// A section.
#[derive(Debug)]
pub(super) struct Section {
    /// The word in brackets.
    pub word: String,
    /// Where it stands.
    pub at: Range<usize>,
    options: Vec<Setting>,
}

#[derive(Debug)]
struct Setting {
    key: String,
    value: String,
    at: Range<usize>,
    /// Whether somebody asked for it.
    read: Cell<bool>,
}

/// A number of an option that is read at most: dimensions are below 2^31.
const MOST: i64 = (1 << 31) - 1;

/// Reads the sections of a text.
pub(super) fn sections(text: &str) -> Result<Vec<Section>, Problem> {
    let mut sections: Vec<Section> = Vec::new();
    let mut start = 0;
    for whole in text.split_inclusive('\n') {
        let line = whole.trim();
        let from = start + (whole.len() - whole.trim_start().len());
        let at = from..from + line.len();
        start += whole.len();
        let kept: String = line.chars().filter(|c| !matches!(c, ' ' | '\t' | '\u{feff}')).collect();
        match kept.chars().next() {
            None | Some('#' | ';') => {}
            Some('[') => sections.push(section(&kept, at)?),
            Some(_) => {
                let Some(section) = sections.last_mut() else {
                    let problem = Problem::malformed(&at, "this stands before the first section");
                    return Err(problem.help("a network of darknet begins with `[net]`"));
                };
                section.options.push(setting(&kept, at)?);
            }
        }
        if sections.len() > MOST_LAYERS {
            let at = sections.pop().map_or(0..0, |section| section.at);
            return Err(Problem::malformed(&at, format!("there are more than {MOST_LAYERS} sections")));
        }
    }
    Ok(sections)
}

fn section(line: &str, at: Range<usize>) -> Result<Section, Problem> {
    let behind = line.find(']').map(|end| (&line[1..end], &line[end + 1..]));
    match behind {
        Some((word, rest)) if !word.is_empty() && (rest.is_empty() || rest.starts_with(['#', ';'])) => {
            Ok(Section { word: word.to_lowercase(), at, options: Vec::new() })
        }
        Some(_) | None => Err(Problem::malformed(&at, "this is no section: one is a word in brackets, `[convolutional]`")),
    }
}

fn setting(line: &str, at: Range<usize>) -> Result<Setting, Problem> {
    let Some((key, value)) = line.split_once('=').filter(|(key, _)| !key.is_empty()) else {
        return Err(Problem::malformed(&at, "this is neither a section nor an option, `key=value`"));
    };
    let value = value.split(['#', ';']).next().unwrap_or_default().to_owned();
    Ok(Setting { key: key.to_owned(), value, at, read: Cell::new(false) })
}

impl Section {
    fn find(&self, key: &str) -> Option<&Setting> {
        let found = self.options.iter().find(|option| option.key == key)?;
        found.read.set(true);
        Some(found)
    }

    /// Where an option stands; the section where it is not given.
    pub(super) fn place(&self, key: &str) -> &Range<usize> {
        self.find(key).map_or(&self.at, |option| &option.at)
    }

    /// The text of an option.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.find(key).map(|option| option.value.as_str())
    }

    /// An integer of at least `least`.
    pub(super) fn count(&self, key: &str, default: u64, least: i64) -> Result<u64, Problem> {
        let Some(option) = self.find(key) else { return Ok(default) };
        let wrong =
            |range: String| Problem::malformed(&option.at, format!("`{key}` is an integer {range}, not `{}`", option.value));
        let value: i64 = option.value.parse().map_err(|_| wrong(format!("of at least {least}")))?;
        if value < least || value > MOST {
            return Err(wrong(format!("from {least} to {MOST}")));
        }
        u64::try_from(value).map_err(|_| wrong("of at least 0".to_owned()))
    }

    /// An integer that says yes or no.
    pub(super) fn flag(&self, key: &str) -> Result<bool, Problem> {
        let Some(option) = self.find(key) else { return Ok(false) };
        let value: Result<f64, _> = option.value.parse();
        let wrong = |_| Problem::malformed(&option.at, format!("`{key}` is 0 or 1, not `{}`", option.value));
        value.map(|value| value != 0.0).map_err(wrong)
    }

    /// A number.
    pub(super) fn number(&self, key: &str, default: f64) -> Result<f64, Problem> {
        let Some(option) = self.find(key) else { return Ok(default) };
        let value = option.value.parse().ok().filter(|value: &f64| value.is_finite());
        value.ok_or_else(|| Problem::malformed(&option.at, format!("`{key}` is a number, not `{}`", option.value)))
    }

    /// The numbers of layers, as positions among those that stand before this one.
    pub(super) fn layers(&self, key: &str, own: usize) -> Result<Vec<usize>, Problem> {
        let Some(option) = self.find(key) else {
            return Err(Problem::malformed(&self.at, format!("`[{}]` needs `{key}`, the numbers of layers", self.word)));
        };
        let position = |text: &str| {
            let number: i64 = text.parse().map_err(|_| format!("`{text}` is no number of a layer"))?;
            let place = if number < 0 { number.checked_add(i64::try_from(own).unwrap_or(i64::MAX)) } else { Some(number) };
            let place = place.and_then(|place| usize::try_from(place).ok()).filter(|place| *place < own);
            place.ok_or_else(|| format!("there is no layer {number} before this one, which is layer {own}"))
        };
        let listed = option.value.split(',').filter(|text| !text.is_empty());
        let found: Result<Vec<usize>, String> = listed.map(position).collect();
        let found = found.map_err(|why| Problem::malformed(&option.at, why))?;
        if found.is_empty() { Err(Problem::malformed(&option.at, format!("`{key}` names no layer"))) } else { Ok(found) }
    }

    /// Takes all options as read.
    pub(super) fn pass_over(&self) {
        self.options.iter().for_each(|option| option.read.set(true));
    }

    /// Options that nobody asked for.
    pub(super) fn unread(&self) -> impl Iterator<Item = &str> {
        self.options.iter().filter(|option| !option.read.get()).map(|option| option.key.as_str())
    }
}
