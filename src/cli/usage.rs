//! The line of usage in the help, which is laid out for a terminal like the rest.
//!
//! In: the help or a message about arguments, with its styles. Out: the same, its line of usage broken between words where it is
//! longer than the terminal. What is said is not changed.

/// What begins the line; what goes on hangs behind it.
const TITLE: &str = "Usage:";

/// The text with its line of usage in at most so many columns, as far as words have room.
pub(super) fn fitted(text: &str, width: usize) -> String {
    let is_usage = |line: &str| plain(line).starts_with(TITLE);
    text.split('\n').map(|line| if is_usage(line) { broken(line, width) } else { line.to_owned() }).collect::<Vec<_>>().join("\n")
}

fn broken(line: &str, width: usize) -> String {
    let indent = TITLE.len();
    let (mut out, mut column) = (String::new(), 0);
    for word in line.split(' ') {
        let length = plain(word).chars().count();
        if column > indent && column + 1 + length > width {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        }
        if !out.is_empty() {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}

/// A text without its styles.
fn plain(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| out + part.split_once('m').map_or("", |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_long_line_of_usage_is_broken() {
        let text = "About words that are long\n\nUsage: a check [OPTIONS] <FILE>...\n\nOptions:";
        assert_eq!(fitted(text, 80), text);
        let narrow = "About words that are long\n\nUsage: a check\n       [OPTIONS]\n       <FILE>...\n\nOptions:";
        assert_eq!(fitted(text, 18), narrow);
    }

    #[test]
    fn styles_take_no_room() {
        let text = "\u{1b}[1m\u{1b}[4mUsage:\u{1b}[0m \u{1b}[1ma\u{1b}[0m [OPTIONS] <FILE>";
        assert_eq!(fitted(text, 25), text);
        assert_eq!(fitted(text, 24), text.replace(" <FILE>", "\n       <FILE>"));
    }
}
