//! What names of modules say: which of two comes first by its number, and which words they have in common.
//!
//! In: dotted paths. Out: orders and words. Nothing here knows networks or tensors.

use std::cmp::Ordering;
use std::collections::BTreeSet;

/// A run of digits, or of anything else.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Piece<'a> {
    /// What has no number comes before what has one: `bn`, `bn_2`.
    End,
    /// Digits without leading zeros, by length and then by value, so that no number is too long.
    Number(usize, &'a str),
    Text(&'a str),
}

fn pieces(segment: &str) -> Vec<Piece<'_>> {
    let mut rest = segment;
    let mut all = Vec::new();
    while let Some(first) = rest.chars().next() {
        let is_digit = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != is_digit).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        let digits = piece.trim_start_matches('0');
        // `bn_2` is `bn2`.
        let text = if after.is_empty() { piece } else { piece.strip_suffix('_').unwrap_or(piece) };
        all.push(if is_digit { Piece::Number(digits.len(), digits) } else { Piece::Text(text) });
        rest = after;
    }
    all.push(Piece::End);
    all
}

/// Which of two paths comes first, where their first difference is a number, or a letter that counts as one does (`a`, `b`;
/// `5b`, `5c`); `None` where names do not say it.
#[must_use]
pub(super) fn numbered(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = a.split('.').zip(b.split('.')).find(|(a, b)| a != b)?;
    let (a, b) = (pieces(a), pieces(b));
    let at = a.iter().zip(&b).position(|(a, b)| a != b)?;
    let follows_number = at > 0 && matches!(a[at - 1], Piece::Number(..));
    match (&a[at], &b[at]) {
        (one @ Piece::Number(..), other @ Piece::Number(..)) => Some(one.cmp(other)),
        (Piece::Text(one), Piece::Text(other)) => {
            let counts =
                |text: &str| text.chars().next().filter(|_| at == 0 || follows_number).and_then(|first| counting(text, first));
            Some(counts(one)?.cmp(&counts(other)?)).filter(|order| order.is_ne())
        }
        // `bn`, `bn2`.
        (Piece::End, Piece::Number(..)) => Some(Ordering::Less),
        (Piece::Number(..), Piece::End) => Some(Ordering::Greater),
        (Piece::End | Piece::Number(..), Piece::Text(_))
        | (Piece::Text(_), Piece::End | Piece::Number(..))
        | (Piece::End, Piece::End) => None,
    }
}

/// A letter that stands alone or before an underscore.
fn counting(text: &str, first: char) -> Option<char> {
    let rest = &text[first.len_utf8()..];
    (first.is_ascii_lowercase() && (rest.is_empty() || rest.starts_with('_'))).then_some(first)
}

/// By numbers where these say it, else by spelling: an order of all paths.
pub(super) fn natural(a: &str, b: &str) -> Ordering {
    let first = a.split('.').zip(b.split('.')).find(|(a, b)| a != b);
    first.map_or_else(|| a.len().cmp(&b.len()), |(a, b)| pieces(a).cmp(&pieces(b)).then_with(|| a.cmp(b)))
}

/// What programs call the way around a block.
const AROUND: &[&str] = &[
    "downsample",
    "shortcut",
    "skip",
    "proj",
    "projection",
    "identity",
    "residual",
    "skipconv",
    "convskip",
    "downsampleconv",
    "projconv",
    "convproj",
    "matchconv",
    "bypass",
];

/// Words that mean the same with different libraries.
const ALIKE: &[(&str, &[&str])] = &[
    ("squeeze", &["reduce", "convreduce", "fcreduce", "squeeze"]),
    ("excite", &["expand", "convexpand"]),
    ("head", &["fc", "classifier", "head", "logits", "lastlinear"]),
    ("stem", &["stem", "convstem"]),
];

/// The words of a path: its segments in lower case without `_` and `-`; numbers alone say nothing about what they count.
#[must_use]
pub(super) fn words(path: &str) -> BTreeSet<String> {
    let said = |segment: &str| {
        let plain: String = segment.chars().filter(|c| !"_-".contains(*c)).flat_map(char::to_lowercase).collect();
        if AROUND.contains(&plain.as_str()) {
            return "around".to_owned();
        }
        let meant = ALIKE.iter().find(|(_, same)| same.contains(&plain.as_str()));
        meant.map_or(plain, |(meaning, _)| (*meaning).to_owned())
    };
    path.split('.').map(said).filter(|word| !word.is_empty() && !word.bytes().all(|b| b.is_ascii_digit())).collect()
}

/// What of a path is not shared with another: both without the segments that they begin with together.
#[must_use]
pub(super) fn apart<'a>(a: &'a str, b: &'a str) -> (&'a str, &'a str) {
    let shared: usize = a.split('.').zip(b.split('.')).take_while(|(a, b)| a == b).map(|(a, _)| a.len() + 1).sum();
    (a.get(shared..).unwrap_or(""), b.get(shared..).unwrap_or(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_letters_order_modules() {
        use Ordering::{Greater, Less};
        let cases = [
            ("layer1.2.conv1", "layer1.10.conv1", Some(Less)),
            ("features.3", "features.0", Some(Greater)),
            ("Mixed_5b.conv", "Mixed_5c.conv", Some(Less)),
            ("inception3b", "inception4a", Some(Less)),
            ("Conv2d_2b_3x3", "Conv2d_3b_1x1", Some(Less)),
            ("Conv2d_2a_3x3", "Conv2d_2b_3x3", Some(Less)),
            ("f.a.0", "f.b.0", Some(Less)),
            ("bn", "bn_2", Some(Less)),
            ("bn", "bn2", Some(Less)),
            ("conv3", "downsample.0", None),
            ("branch3x3dbl_1", "branch3x3_1", None),
            ("a", "se", None),
            ("conv1", "conv1", None),
            ("99999999999999999999999.a", "100000000000000000000000.a", Some(Less)),
        ];
        for (a, b, want) in cases {
            assert_eq!(numbered(a, b), want, "{a} {b}");
            assert_eq!(numbered(b, a), want.map(Ordering::reverse), "{b} {a}");
        }
    }

    #[test]
    fn words_leave_numbers_and_spelling_out() {
        let said = |path: &str| words(path).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(said("layer1.0.Conv_1"), "conv1 layer1");
        assert_eq!(said("shortcut.0"), said("proj.1"));
        assert_eq!(apart("a.b.c", "a.d"), ("b.c", "d"));
        assert_eq!(apart("a", "a.d"), ("", "d"));
    }
}
