//! Number literals: text to value.
//!
//! In: the text of one literal, as the lexer cut it out. Out: an integer or a float, or the reason why not. Units multiply;
//! whether they go with what the number is compared to is not known here.

use crate::units;

/// A number as it will be used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// Without fraction and exponent, or with a suffix that makes it integral (`1.5M`).
    Int(i64),
    /// Everything else.
    Float(f64),
}

/// Why a literal cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NumberError {
    /// The integer needs more than 63 bits.
    IntTooLarge,
    /// The float has no finite value.
    FloatTooLarge,
    /// `1_`, `1__0`, `_` beside a dot.
    Underscore,
    /// `1.`: nothing after the point.
    NoFraction,
    /// `.5`: nothing before the point.
    NoWhole,
    /// `1e`, `1e+`: nothing after the exponent's sign.
    NoExponent,
    /// `0x10`, `0b1`, `0o7`.
    Radix,
    /// Letters that are no suffix.
    Suffix(String),
    /// `1.2.3`.
    TwoPoints,
}

/// Reads a literal.
///
/// # Errors
/// When it is not a number of the language or its value does not fit.
pub fn read(text: &str) -> Result<Number, NumberError> {
    if text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(Number::Int(text.bytes().fold(0, |value, b| value * 10 + i64::from(b - b'0'))));
    }
    if text.starts_with('.') {
        return Err(NumberError::NoWhole);
    }
    let (whole, rest) = digits(text)?;
    if whole == "0" && rest.starts_with(['x', 'X', 'b', 'B', 'o', 'O']) && rest.len() > 1 {
        return Err(NumberError::Radix);
    }
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => match digits(rest)? {
            ("", _) => return Err(NumberError::NoFraction),
            (fraction, rest) => (Some(fraction), rest),
        },
        None => (None, rest),
    };
    if rest.starts_with('.') {
        return Err(NumberError::TwoPoints);
    }
    let (exponent, rest) = exponent(rest)?;
    match (fraction, exponent, rest) {
        (None, None, "") => integer(whole, 1),
        (_, _, "") => float(text),
        (None, None, suffix) => integer(whole, unit(suffix)?),
        (_, Some(_), suffix) => Err(NumberError::Suffix(suffix.to_owned())),
        (Some(fraction), None, suffix) => scaled(whole, fraction, unit(suffix)?),
    }
}

/// Splits leading digits and underscores off; an underscore must stand between two digits.
fn digits(text: &str) -> Result<(&str, &str), NumberError> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    let (run, rest) = text.split_at(end);
    if run.starts_with('_') || run.ends_with('_') || run.contains("__") {
        return Err(NumberError::Underscore);
    }
    Ok((run, rest))
}

/// Splits an exponent off, with its sign.
fn exponent(text: &str) -> Result<(Option<&str>, &str), NumberError> {
    let Some(rest) = text.strip_prefix(['e', 'E']) else { return Ok((None, text)) };
    let unsigned = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    let sign = rest.len() - unsigned.len();
    let (run, tail) = digits(unsigned)?;
    if run.is_empty() {
        return Err(if sign == 0 && !tail.is_empty() { NumberError::Suffix(text.to_owned()) } else { NumberError::NoExponent });
    }
    Ok((Some(&rest[..sign + run.len()]), tail))
}

fn unit(suffix: &str) -> Result<i64, NumberError> {
    units::find(suffix).map(|unit| unit.factor).ok_or_else(|| NumberError::Suffix(suffix.to_owned()))
}

fn integer(whole: &str, factor: i64) -> Result<Number, NumberError> {
    value_of(whole).and_then(|value| value.checked_mul(factor)).map(Number::Int).ok_or(NumberError::IntTooLarge)
}

fn value_of(digits: &str) -> Option<i64> {
    digits.bytes().filter(|b| *b != b'_').try_fold(0_i64, |value, b| value.checked_mul(10)?.checked_add(i64::from(b - b'0')))
}

fn float(text: &str) -> Result<Number, NumberError> {
    let clean: String = text.chars().filter(|c| *c != '_').collect();
    match clean.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Number::Float(value)),
        _ => Err(NumberError::FloatTooLarge),
    }
}

/// `1.5M`: exact while the product is integral, a float otherwise.
fn scaled(whole: &str, fraction: &str, factor: i64) -> Result<Number, NumberError> {
    let fraction: String = fraction.chars().filter(|c| *c != '_').collect();
    let fraction = fraction.trim_end_matches('0');
    let exact = || {
        let power = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        let value = i128::from(value_of(whole)?).checked_mul(power)?.checked_add(i128::from(value_of(fraction)?))?;
        let product = value.checked_mul(i128::from(factor))?;
        (product % power == 0).then_some(product / power)
    };
    if let Some(value) = exact() {
        return i64::try_from(value).map(Number::Int).map_err(|_| NumberError::IntTooLarge);
    }
    let Number::Float(value) = float(&format!("{whole}.{fraction}0"))? else { return Err(NumberError::FloatTooLarge) };
    Ok(Number::Float(value * factor as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_floats_and_units() {
        let cases = [
            ("0", Number::Int(0)),
            ("1_235_496", Number::Int(1_235_496)),
            ("7M", Number::Int(7_000_000)),
            ("1.5M", Number::Int(1_500_000)),
            ("1.50K", Number::Int(1500)),
            ("4MiB", Number::Int(4 << 20)),
            ("4MB", Number::Int(4_000_000)),
            ("0.5KiB", Number::Int(512)),
            ("0.0001K", Number::Float(0.1)),
            ("0.75", Number::Float(0.75)),
            ("1e-5", Number::Float(1e-5)),
            ("1E3", Number::Float(1000.0)),
            ("9223372036854775807", Number::Int(i64::MAX)),
        ];
        for (text, value) in cases {
            assert_eq!(read(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn malformed_literals_say_why() {
        let cases = [
            ("9223372036854775808", NumberError::IntTooLarge),
            ("9300P", NumberError::Suffix("P".into())),
            ("9223372036854775807K", NumberError::IntTooLarge),
            ("1e999", NumberError::FloatTooLarge),
            ("1_", NumberError::Underscore),
            ("1__0", NumberError::Underscore),
            ("1.", NumberError::NoFraction),
            ("1._5", NumberError::Underscore),
            (".5", NumberError::NoWhole),
            ("1e", NumberError::NoExponent),
            ("1e+", NumberError::NoExponent),
            ("0x10", NumberError::Radix),
            ("3px", NumberError::Suffix("px".into())),
            ("1e5M", NumberError::Suffix("M".into())),
            ("1.2.3", NumberError::TwoPoints),
        ];
        for (text, error) in cases {
            assert_eq!(read(text), Err(error), "{text}");
        }
    }
}
