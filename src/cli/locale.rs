//! Whether the terminal's locale has the characters that tables are drawn with, and what stands for them where it does not.
//!
//! A locale that names another encoding is taken at its word. Where nothing names one there is nothing to go by: containers and
//! builds in CI run so, and what shows their logs reads UTF-8.

/// Whether text is in UTF-8 by these variables: the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is not empty decides, as POSIX has it.
pub(super) fn is_unicode(variable: impl Fn(&str) -> Option<String>) -> bool {
    let named = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable).find(|value| !value.is_empty());
    named.is_none_or(|locale| {
        let (_, codeset) = locale.split_once('.').unwrap_or_default();
        let codeset = codeset.split('@').next().unwrap_or_default().to_ascii_lowercase();
        codeset.replace('-', "") == "utf8"
    })
}

/// The same text with borders, arrows and ellipses of ASCII, each of one column but for arrows; names stay as they are.
pub(super) fn in_ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '→' => out.push_str("->"),
            '…' => out.push('~'),
            '×' => out.push('x'),
            _ => out.push(border(c)),
        }
    }
    out
}

/// The same text with borders of ASCII and everything else as it is: what is quoted from a file stays what it is.
pub(super) fn with_ascii_borders(text: &str) -> String {
    text.chars().map(border).collect()
}

fn border(c: char) -> char {
    match c {
        '─' | '╶' | '╴' => '-',
        '━' => '^',
        '│' | '┃' => '|',
        '▸' => '>',
        '\u{2500}'..='\u{257f}' => '+',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_says_something_decides() {
        for (variables, unicode) in [
            (&[][..], true),
            (&[("LANG", "")], true),
            (&[("LANG", "C.UTF-8")], true),
            (&[("LANG", "en_US.utf8")], true),
            (&[("LANG", "de_DE.UTF-8@euro")], true),
            (&[("LANG", "C")], false),
            (&[("LANG", "POSIX")], false),
            (&[("LANG", "en_US")], false),
            (&[("LANG", "en_US.ISO-8859-1")], false),
            (&[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")], false),
            (&[("LC_ALL", ""), ("LC_CTYPE", "C.UTF-8"), ("LANG", "C")], true),
            (&[("LC_CTYPE", "C"), ("LANG", "C.UTF-8")], false),
        ] {
            let get = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            assert_eq!(is_unicode(get), unicode, "{variables:?}");
        }
    }

    #[test]
    fn borders_and_words_are_ascii() {
        assert_eq!(in_ascii("a.…b → c 3×3\n───\nä"), "a.~b -> c 3x3\n---\nä");
        assert_eq!(with_ascii_borders("╭▸ n.net\n│ `→`\n╰ ━━"), "+> n.net\n| `→`\n+ ^^");
    }
}
