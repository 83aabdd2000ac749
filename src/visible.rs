//! Text from outside as it may be shown: what is not seen is written out.
//!
//! In: any text, such as a label, a path, a comment. Out: the same text with every character that could steer a terminal or
//! change how others are read (controls, escape sequences, marks of direction, zero widths) as `\u{1b}`. All that is shown to
//! people passes here; data for programs stays as it is.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character takes no place where it is shown, or changes how others are.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Text of several lines: ends of lines and tabs stay.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |c| matches!(c, '\n' | '\t'))
}

/// A word, a name, a path: what stands in one line.
#[must_use]
pub fn in_a_line(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// Text that this program emphasised: its own sequences for colours stay too. What comes from outside has been made visible
/// before it was put in, so that this is a second bolt.
#[must_use]
pub fn styled(text: &str) -> Cow<'_, str> {
    let mut parts = text.split('\u{1b}');
    let Some(first) = parts.next().filter(|first| first.len() < text.len()) else { return visible(text) };
    let mut out = visible(first).into_owned();
    for part in parts {
        let end = part.find(|c: char| !(c.is_ascii_digit() || matches!(c, '[' | ';'))).map_or(part.len(), |end| end + 1);
        let is_ours = part.starts_with('[') && part.get(..end).is_some_and(|code| code.ends_with('m'));
        out.push_str(if is_ours { "\u{1b}" } else { "\\u{1b}" });
        out.push_str(&visible(part));
    }
    Cow::Owned(out)
}

/// JSON that means the same: inside its strings, the only place for them, characters have numbers too.
#[must_use]
pub fn in_json(json: &str) -> Cow<'_, str> {
    rewritten(
        json,
        |c| is_unseen(c) && c != '\n',
        |out, c| {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        },
    )
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    rewritten(
        text,
        |c| is_unseen(c) && !stays(c),
        |out, c| {
            let _ = write!(out, "{}", c.escape_unicode());
        },
    )
}

fn rewritten(text: &str, hides: impl Fn(char) -> bool, write: impl Fn(&mut String, char)) -> Cow<'_, str> {
    if !text.contains(&hides) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if hides(c) {
            write(&mut out, c);
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::{in_a_line, in_json, styled, visible};

    #[test]
    fn what_is_not_seen_is_written_out() {
        assert_eq!(visible("a\tb\n\u{1b}[31m\r\u{9b}\u{202e}é"), "a\tb\n\\u{1b}[31m\\u{d}\\u{9b}\\u{202e}é");
        assert_eq!(in_a_line("a\tb\n\u{7}"), "a\\u{9}b\\u{a}\\u{7}");
    }

    #[test]
    fn json_means_the_same() {
        let text = "\"a\u{9b}\u{202e}\u{e0001}é\"\n";
        assert_eq!(in_json(text), "\"a\\u009b\\u202e\\udb40\\udc01é\"\n");
        let read = |text: &str| serde_json::from_str::<String>(text).expect("a string");
        assert_eq!(read(&in_json(text)), read(text));
    }

    #[test]
    fn only_colours_pass_among_sequences() {
        for ours in ["\u{1b}[1;91merror\u{1b}[0m: x\n", "\u{1b}[mplain", "no sequence"] {
            assert_eq!(styled(ours), ours);
        }
        for (foreign, shown) in [
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
            ("a\u{1b}", "a\\u{1b}"),
            ("\u{1b}[é", "\\u{1b}[é"),
            ("\u{1b}m", "\\u{1b}m"),
            ("\u{1b}\u{1b}[1m", "\\u{1b}\u{1b}[1m"),
        ] {
            assert_eq!(styled(foreign), shown);
        }
    }
}
