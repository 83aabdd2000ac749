//! Characters that look like ones the language uses.
//!
//! In: a character outside ASCII. Out: the ASCII text that was probably meant. Knows signs that editors, papers and input
//! methods put in place of ASCII ones, and the Cyrillic and Greek letters that cannot be told from Latin ones by eye.

/// The ASCII text that `c` looks like; a space for odd white space, empty for invisible characters.
#[must_use]
pub fn ascii(c: char) -> Option<&'static str> {
    SIGNS.iter().find(|(sign, _)| *sign == c).map(|(_, text)| *text).or_else(|| letter(c)).or_else(|| fullwidth(c))
}

const SIGNS: &[(char, &str)] = &[
    ('→', "->"),
    ('⟶', "->"),
    ('⇒', "->"),
    ('➔', "->"),
    ('➜', "->"),
    ('×', "*"),
    ('∗', "*"),
    ('⋅', "*"),
    ('·', "*"),
    ('⊙', "*"),
    ('÷', "/"),
    ('∕', "/"),
    ('⁄', "/"),
    ('−', "-"),
    ('‐', "-"),
    ('‑', "-"),
    ('–', "-"),
    ('—', "-"),
    ('≤', "<="),
    ('⩽', "<="),
    ('≥', ">="),
    ('⩾', ">="),
    ('≠', "!="),
    ('≡', "=="),
    ('∧', "and"),
    ('∨', "or"),
    ('¬', "not"),
    ('…', ".."),
    ('‥', ".."),
    ('“', "\""),
    ('”', "\""),
    ('„', "\""),
    ('‘', "\""),
    ('’', "\""),
    ('、', ","),
    ('，', ","),
    ('。', "."),
    ('；', ";"),
    ('\u{37e}', ";"),
    ('：', ":"),
    ('∶', ":"),
    ('【', "["),
    ('】', "]"),
    ('\u{a0}', " "),
    ('\u{1680}', " "),
    ('\u{2028}', " "),
    ('\u{2029}', " "),
    ('\u{202f}', " "),
    ('\u{205f}', " "),
    ('\u{3000}', " "),
    ('\u{85}', " "),
    ('\u{ad}', ""),
    ('\u{200b}', ""),
    ('\u{200c}', ""),
    ('\u{200d}', ""),
    ('\u{200e}', ""),
    ('\u{200f}', ""),
    ('\u{202a}', ""),
    ('\u{202b}', ""),
    ('\u{202c}', ""),
    ('\u{202d}', ""),
    ('\u{202e}', ""),
    ('\u{2060}', ""),
    ('\u{2066}', ""),
    ('\u{2067}', ""),
    ('\u{2068}', ""),
    ('\u{2069}', ""),
    ('\u{feff}', ""),
];

/// Cyrillic and Greek letters with their Latin twins.
const LETTERS: &[(char, &str)] = &[
    ('а', "a"),
    ('в', "b"),
    ('с', "c"),
    ('ԁ', "d"),
    ('е', "e"),
    ('һ', "h"),
    ('і', "i"),
    ('ј', "j"),
    ('к', "k"),
    ('м', "m"),
    ('о', "o"),
    ('р', "p"),
    ('ԛ', "q"),
    ('г', "r"),
    ('ѕ', "s"),
    ('т', "t"),
    ('у', "y"),
    ('х', "x"),
    ('ԝ', "w"),
    ('А', "A"),
    ('В', "B"),
    ('С', "C"),
    ('Е', "E"),
    ('Н', "H"),
    ('І', "I"),
    ('Ј', "J"),
    ('К', "K"),
    ('М', "M"),
    ('О', "O"),
    ('Р', "P"),
    ('Ѕ', "S"),
    ('Т', "T"),
    ('Х', "X"),
    ('У', "Y"),
    ('α', "a"),
    ('ι', "i"),
    ('ν', "v"),
    ('ο', "o"),
    ('ρ', "p"),
    ('υ', "u"),
    ('χ', "x"),
    ('Α', "A"),
    ('Β', "B"),
    ('Ε', "E"),
    ('Ζ', "Z"),
    ('Η', "H"),
    ('Ι', "I"),
    ('Κ', "K"),
    ('Μ', "M"),
    ('Ν', "N"),
    ('Ο', "O"),
    ('Ρ', "P"),
    ('Τ', "T"),
    ('Υ', "Y"),
    ('Χ', "X"),
];

fn letter(c: char) -> Option<&'static str> {
    LETTERS.iter().find(|(letter, _)| *letter == c).map(|(_, text)| *text)
}

/// The printable ASCII characters in order, from `!`.
const PRINTABLE: &str = "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";

/// The fullwidth forms U+FF01 to U+FF5E, and U+2000 to U+200A, the typographic spaces.
fn fullwidth(c: char) -> Option<&'static str> {
    let c = u32::from(c);
    if (0x2000..=0x200a).contains(&c) {
        return Some(" ");
    }
    let index = usize::try_from(c.checked_sub(0xff01)?).ok()?;
    PRINTABLE.get(index..=index)
}

#[cfg(test)]
mod tests {
    use super::ascii;

    #[test]
    fn look_alikes_and_strangers() {
        assert_eq!(ascii('→'), Some("->"));
        assert_eq!(ascii('（'), Some("("));
        assert_eq!(ascii('～'), Some("~"));
        assert_eq!(ascii('х'), Some("x"));
        assert_eq!(ascii('\u{2003}'), Some(" "));
        assert_eq!(ascii('é'), None);
        assert_eq!(ascii('卷'), None);
    }

    #[test]
    fn every_replacement_is_ascii() {
        for c in (0x80..0x1_0000).filter_map(char::from_u32) {
            assert!(ascii(c).is_none_or(str::is_ascii), "{c}");
        }
    }
}
