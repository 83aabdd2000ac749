//! Did-you-mean: the one measure of how alike two names are.

use crate::diagnostic::Applicability;

/// The candidate most like `name`, if one is like enough: at most a third of its letters differ, case aside.
///
/// Names of one or two letters are like each other by accident, so that only their case may differ.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    ranked(name, candidates).first().map(|(_, candidate)| *candidate)
}

/// The same from the words of a closed list, and whether it is beyond doubt: one slip away, and no other is near.
#[must_use]
pub fn nearest_word<'a>(name: &str, words: impl IntoIterator<Item = &'a str>) -> Option<(&'a str, Applicability)> {
    let ranked = ranked(name, words);
    let (distance, word) = ranked.first()?;
    Some((word, Applicability::safe_if(*distance <= 1 && ranked.len() == 1)))
}

/// Letters that may differ in names of any length.
const MOST_EDITS: usize = 12;

/// All that are like enough, by how many edits they are away.
fn ranked<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<(usize, &'a str)> {
    let wanted = name.to_lowercase();
    let length = wanted.chars().count();
    let most = (length / 3).min(MOST_EDITS);
    // Most of thousands of names differ in length alone.
    let others = candidates.into_iter().filter(|other| *other != name && other.chars().count().abs_diff(length) <= most);
    let far = others.map(|candidate| (distance(&wanted, &candidate.to_lowercase(), most), candidate));
    let mut near: Vec<_> = far.filter(|(distance, _)| *distance <= most).collect();
    near.sort_unstable();
    near.dedup();
    near
}

/// Edits (insert, delete, replace, swap neighbours) from one text to the other, of which the first 256 characters count;
/// `most + 1` stands for any larger number. Work grows with the texts' length times `most`.
#[must_use]
pub fn distance(a: &str, b: &str, most: usize) -> usize {
    if a.is_ascii() && b.is_ascii() {
        let (a, b) = (a.as_bytes(), b.as_bytes());
        return edits(&a[..a.len().min(COMPARED)], &b[..b.len().min(COMPARED)], most);
    }
    let chars = |text: &str| text.chars().take(COMPARED).collect::<Vec<_>>();
    edits(&chars(a), &chars(b), most)
}

/// Characters that are compared.
const COMPARED: usize = 256;

fn edits<T: PartialEq>(a: &[T], b: &[T], most: usize) -> usize {
    let ahead = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[ahead..], &b[ahead..]);
    let behind = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[..a.len() - behind], &b[..b.len() - behind]);
    let over = most + 1;
    if a.len().abs_diff(b.len()) > most {
        return over;
    }
    // Three rows are alive: a swap looks two back. Cells further than `most` off the diagonal are over anyway.
    let mut before = vec![over; b.len() + 1];
    let mut above: Vec<usize> = (0..=b.len()).map(|j| j.min(over)).collect();
    let mut row = vec![over; b.len() + 1];
    for i in 1..=a.len() {
        row.fill(over);
        row[0] = i.min(over);
        let mut least = row[0];
        for j in i.saturating_sub(most).max(1)..=(i + most).min(b.len()) {
            let replace = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row[j] = best.min(over);
            least = least.min(row[j]);
        }
        // A swap may come from the row above as well.
        if least > most && above.iter().all(|cell| *cell > most) {
            return over;
        }
        std::mem::swap(&mut before, &mut above);
        std::mem::swap(&mut above, &mut row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        assert_eq!(distance("kitten", "sitting", 9), 3);
        assert_eq!(distance("", "abc", 9), 3);
        assert_eq!(distance("conv1", "covn1", 9), 1, "neighbours that swapped places are one slip");
        assert_eq!(distance("a", "abcdef", 2), 3, "more than the most");
    }

    #[test]
    fn texts_of_any_length_are_compared() {
        let long = "layer".repeat(100);
        assert_eq!(distance(&long, &long.replacen('y', "yy", 1), 3), 2, "of the first 256 characters one came and one went");
        assert_eq!(distance(&long, &"x".repeat(500), 3), 4);
        assert_eq!(distance("abcdefgh", "badcfehg", 4), 4, "four swaps");
        assert_eq!(distance("abcdefgh", "badcfehg", 3), 4);
    }

    #[test]
    fn finds_small_slips_and_nothing_far() {
        assert_eq!(nearest("strid", ["stride", "pad"]), Some("stride"));
        assert_eq!(nearest("conv_nb", ["conv_bn", "conv"]), Some("conv_bn"));
        assert_eq!(nearest("Classes", ["classes"]), Some("classes"));
        assert_eq!(nearest("j", ["a", "x"]), None);
        assert_eq!(nearest("X", ["a", "x"]), Some("x"));
        assert_eq!(nearest("stem.convv.weight", ["stem.conv.weight", "fc.bias"]), Some("stem.conv.weight"));
        assert_eq!(nearest("layer4.1.bn2.running_var", ["stem.conv.weight", "fc.bias"]), None);
        assert_eq!(nearest("zebra", ["stride", "pad"]), None);
    }

    #[test]
    fn one_slip_from_one_word_is_beyond_doubt() {
        use Applicability::{Safe, Unsafe};
        assert_eq!(nearest_word("strid", ["stride", "pad"]), Some(("stride", Safe)));
        assert_eq!(nearest_word("asssertt", ["assert", "input"]), Some(("assert", Unsafe)), "two slips");
        assert_eq!(nearest_word("expande", ["expand", "expanse", "reduce"]), Some(("expand", Unsafe)), "another is near");
    }
}
