//! Counts as text: digits in groups of three, and what was counted.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_counted_from_the_right() {
        for (value, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (u64::MAX, "18,446,744,073,709,551,615")] {
            assert_eq!(grouped(value), text);
        }
        assert_eq!(separated(6_998_552, '_'), "6_998_552");
    }
}
