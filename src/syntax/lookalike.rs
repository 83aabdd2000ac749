//! Characters that look like ones the language uses.
//!
//! In: a character outside ASCII. Out: the ASCII text that was probably meant. Knows signs that editors, papers and input
//! methods put in place of ASCII ones, and the Cyrillic and Greek letters that cannot be told from Latin ones by eye.

/// The ASCII text that `c` looks like; a space for odd white space, empty for invisible characters.
#[must_use]
pub fn ascii(c: char) -> Option<&'static str> {
    let sign = SIGNS.iter().find(|(_, signs)| signs.contains(c)).map(|(text, _)| *text);
    sign.or_else(|| twin(c)).or_else(|| fullwidth(c))
}

/// What is written here, and the signs that stand for it elsewhere.
const SIGNS: &[(&str, &str)] = &[
    ("->", "→⟶⇒➔➜"),
    ("*", "×∗⋅·⊙"),
    ("/", "÷∕⁄"),
    ("-", "−‐‑–—"),
    ("<=", "≤⩽"),
    (">=", "≥⩾"),
    ("!=", "≠"),
    ("==", "≡"),
    ("and", "∧"),
    ("or", "∨"),
    ("not", "¬"),
    ("..", "…‥"),
    ("\"", "“”„‘’"),
    (",", "、，"),
    (".", "。"),
    (";", "；\u{37e}"),
    (":", "：∶"),
    ("[", "【"),
    ("]", "】"),
    (" ", "\u{a0}\u{1680}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}\u{85}"),
    (
        "",
        "\u{ad}\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2060}\u{2066}\u{2067}\u{2068}\u{2069}\u{feff}",
    ),
];

/// Cyrillic and Greek letters.
const LETTERS: &str = "авсԁеһіјкморԛгѕтухԝАВСЕНІЈКМОРЅТХУαινορυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ";
/// Their Latin twins, in the same order.
const TWINS: &str = "abcdehijkmopqrstyxwABCEHIJKMOPSTXYaivopuxABEZHIKMNOPTYX";

fn twin(c: char) -> Option<&'static str> {
    let index = LETTERS.chars().position(|letter| letter == c)?;
    TWINS.get(index..=index)
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
        assert_eq!(ascii('Χ'), Some("X"), "the last letter has the last twin");
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
