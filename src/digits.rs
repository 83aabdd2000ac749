//! Counts as text: digits in groups of three, what was counted, and lists that end in a count.

use std::fmt::Display;

/// 6,998,552 for `,`.
#[must_use]
pub fn separated(value: u64, separator: char) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}

/// 6,998,552: for people.
#[must_use]
pub fn grouped(value: u64) -> String {
    separated(value, ',')
}

/// `1 layer`, `2 layers`.
#[must_use]
pub fn counted(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// `1 parameter`, `4,096 parameters`: for numbers that may be large.
#[must_use]
pub fn count_of(n: u64, what: &str) -> String {
    format!("{} {what}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// "a, b, c and 4 more": at most `most` of the items.
#[must_use]
pub fn first_of<T: Display>(items: &[T], most: usize) -> String {
    let shown: Vec<_> = items.iter().take(most).map(ToString::to_string).collect();
    let more = items.len().saturating_sub(most);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

/// "`a`, `b`, `c` and 4 more".
#[must_use]
pub fn first_names<T: Display>(names: &[T], most: usize) -> String {
    first_of(&names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>(), most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_end_in_a_count() {
        assert_eq!(first_of(&["a", "b"], 2), "a, b");
        assert_eq!(first_names(&["a", "b", "c", "d"], 2), "`a`, `b` and 2 more");
    }

    #[test]
    fn groups_are_counted_from_the_right() {
        for (value, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (u64::MAX, "18,446,744,073,709,551,615")] {
            assert_eq!(grouped(value), text);
        }
        assert_eq!(separated(6_998_552, '_'), "6_998_552");
    }
}
