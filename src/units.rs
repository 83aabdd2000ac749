//! Units of numbers, the same wherever a person writes one: in the language, in budgets and in options.
//!
//! In: a word behind digits, or a whole amount. Out: what it multiplies by, and whether it says that bytes are meant. `K M G T` are
//! plain powers of 1000 and go with counts and bytes alike; those that end in `B` go with bytes alone.

/// A unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// As it is written: `MiB`.
    pub word: &'static str,
    /// What it multiplies by.
    pub factor: i64,
    /// Whether it is one of bytes.
    pub is_bytes: bool,
}

const fn plain(word: &'static str, factor: i64) -> Unit {
    Unit { word, factor, is_bytes: false }
}

const fn bytes(word: &'static str, factor: i64) -> Unit {
    Unit { word, factor, is_bytes: true }
}

/// Every unit.
pub const ALL: &[Unit] = &[
    plain("K", 1_000),
    plain("M", 1_000_000),
    plain("G", 1_000_000_000),
    plain("T", 1_000_000_000_000),
    bytes("KB", 1_000),
    bytes("MB", 1_000_000),
    bytes("GB", 1_000_000_000),
    bytes("TB", 1_000_000_000_000),
    bytes("KiB", 1 << 10),
    bytes("MiB", 1 << 20),
    bytes("GiB", 1 << 30),
    bytes("TiB", 1 << 40),
];

/// The units in words.
pub const KNOWN: &str =
    "K, M, G, T (powers of 1000), and for bytes KB, MB, GB, TB (the same) and KiB, MiB, GiB, TiB (powers of 1024)";

/// The unit of a word.
#[must_use]
pub fn find(word: &str) -> Option<Unit> {
    ALL.iter().copied().find(|unit| unit.word == word)
}

/// The unit that a word in other letters means: `mb`, `Kb`, `gi`.
#[must_use]
pub fn alike(word: &str) -> Option<Unit> {
    let is_half =
        |unit: &Unit| unit.word.strip_suffix('B').is_some_and(|half| half.ends_with('i') && half.eq_ignore_ascii_case(word));
    ALL.iter().copied().find(|unit| unit.word.eq_ignore_ascii_case(word) || is_half(unit))
}

/// The unit at the end of a number as it is written: `KiB` of `1.5KiB`.
#[must_use]
pub fn of_number(text: &str) -> Option<Unit> {
    find(text.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '_')))
}

/// What an amount is one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Things that are counted.
    Count,
    /// Bytes.
    Bytes,
    /// What takes no unit: its name says it.
    Unitless,
}

/// Reads `800M`, `1.5KiB`, `1_000_000`, `1e9`: at least 0.
///
/// # Errors
/// What is wrong, as a clause.
pub fn amount(text: &str, measure: Measure) -> Result<f64, String> {
    let text = text.trim();
    let (number, word) = parted(text);
    let value: f64 = number.replace('_', "").parse().map_err(|_| format!("`{text}` is not a number"))?;
    if word.is_empty() {
        return Ok(value);
    }
    let unit = find(word).ok_or_else(|| unknown(text, number, word))?;
    match measure {
        Measure::Unitless => Err(format!("`{text}` has a unit, and there is none to give here")),
        Measure::Count if unit.is_bytes => {
            Err(format!("`{text}` is a number of bytes, and here things are counted: did you mean `{number}{}`?", &word[..1]))
        }
        Measure::Count | Measure::Bytes => Ok(value * unit.factor as f64),
    }
}

/// A number and the word behind it.
fn parted(text: &str) -> (&str, &str) {
    let is_digit = |c: char| c.is_ascii_digit() || matches!(c, '.' | '_');
    let end = text.find(|c| !is_digit(c)).unwrap_or(text.len());
    let exponent = text[end..].strip_prefix(['e', 'E']).map(|rest| rest.strip_prefix(['+', '-']).unwrap_or(rest));
    let digits = exponent.map(|rest| rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len());
    let end = match (exponent, digits) {
        (Some(rest), Some(digits)) if digits > 0 => text.len() - rest.len() + digits,
        _ => end,
    };
    (&text[..end], text[end..].trim())
}

fn unknown(text: &str, number: &str, word: &str) -> String {
    match alike(word) {
        Some(unit) => format!("`{word}` of `{text}` is not a unit: did you mean `{number}{}`?", unit.word),
        None => format!("`{word}` of `{text}` is not a unit; units are {KNOWN}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_alike() {
        for (text, value) in [
            ("20", 20.0),
            ("1_000_000", 1e6),
            ("1.5K", 1500.0),
            ("2.5e9", 2.5e9),
            ("1e3 K", 1e6),
            ("4MB", 4e6),
            ("4MiB", 4_194_304.0),
            ("4M", 4e6),
            (" 1GiB ", 1_073_741_824.0),
        ] {
            assert_eq!(amount(text, Measure::Bytes), Ok(value), "{text}");
        }
        assert_eq!(amount("7M", Measure::Count), Ok(7e6));
        assert_eq!(amount("20.5", Measure::Unitless), Ok(20.5));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, measure, why) in [
            ("10KiB", Measure::Count, "`10KiB` is a number of bytes, and here things are counted: did you mean `10K`?"),
            ("10GB", Measure::Count, "`10GB` is a number of bytes, and here things are counted: did you mean `10G`?"),
            ("4M", Measure::Unitless, "`4M` has a unit, and there is none to give here"),
            ("4kb", Measure::Bytes, "`kb` of `4kb` is not a unit: did you mean `4KB`?"),
            ("4mi", Measure::Bytes, "`mi` of `4mi` is not a unit: did you mean `4MiB`?"),
            ("50m", Measure::Count, "`m` of `50m` is not a unit: did you mean `50M`?"),
            ("", Measure::Count, "`` is not a number"),
            ("1.2.3", Measure::Count, "`1.2.3` is not a number"),
            ("-4", Measure::Count, "`-4` is not a number"),
        ] {
            assert_eq!(amount(text, measure), Err(why.to_owned()), "{text}");
        }
        assert!(amount("4px", Measure::Bytes).expect_err("no unit").ends_with(KNOWN));
        assert_eq!(of_number("1_0.5KiB"), find("KiB"));
        assert_eq!(of_number("1e5"), None);
    }
}
