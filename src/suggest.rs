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

/// All that are like enough, by how many edits they are away.
fn ranked<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<(usize, &'a str)> {
    let wanted = name.to_lowercase();
    let most = wanted.chars().count() / 3;
    let others = candidates.into_iter().filter(|candidate| *candidate != name);
    let far = others.map(|candidate| (distance(&wanted, &candidate.to_lowercase(), most), candidate));
    let mut near: Vec<_> = far.filter(|(distance, _)| *distance <= most).collect();
    near.sort_unstable();
    near.dedup();
    near
}

/// Edits (insert, delete, replace, swap neighbours) from one text to the other, of which the first 256 characters count;
/// `most + 1` stands for any larger number.
#[must_use]
pub fn distance(a: &str, b: &str, most: usize) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(256).collect(), b.chars().take(256).collect());
    if a.len().abs_diff(b.len()) > most {
        return most + 1;
    }
    let mut rows = vec![vec![0usize; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let replace = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
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
