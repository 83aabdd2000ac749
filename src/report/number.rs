//! Numbers for people: thousands, magnitudes, bytes, percentages, and names that fit.

pub use crate::digits::grouped;

/// Three significant digits with a magnitude of ten: `6.62 M`, `18.0 K`, `147`.
#[must_use]
pub fn magnitude(n: u64) -> String {
    scaled(n, 1000.0, &["", " K", " M", " G", " T", " P", " E"])
}

/// Three significant digits in binary units: `25.3 MiB`, `588 KiB`.
#[must_use]
pub fn bytes(n: u64) -> String {
    scaled(n, 1024.0, &[" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"])
}

fn scaled(n: u64, base: f64, units: &[&str]) -> String {
    if (n as f64) < base {
        return format!("{n}{}", units[0]);
    }
    let mut value = n as f64;
    let mut unit = 0;
    // 999.5 would be written with four digits, so it already belongs to the next unit.
    while unit + 1 < units.len() && value >= base - base / 2000.0 {
        value /= base;
        unit += 1;
    }
    format!("{}{}", significant(value), units[unit])
}

/// Three significant digits, no exponent: `6.62`, `18.0`, `147`.
#[must_use]
pub fn significant(value: f64) -> String {
    match value.abs() {
        x if x < 9.995 => format!("{value:.2}"),
        x if x < 99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// `12.3 %`; a share of nothing is 0.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * if share.is_finite() { share } else { 0.0 })
}

/// Milliseconds with a unit that fits: `12.3 ms`, `840 us`, `1.20 s`.
#[must_use]
pub fn milliseconds(ms: f64) -> String {
    if ms >= 999.5 {
        format!("{} s", significant(ms / 1e3))
    } else if ms < 0.1 {
        format!("{} us", significant(ms * 1e3))
    } else {
        format!("{} ms", significant(ms))
    }
}

/// `part / whole`, 0 where there is no whole.
#[must_use]
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// A name in at most `width` characters, shortened in the middle: a dotted one by whole components, `features.…layer6.conv2`, and where
/// that does not do, by characters.
#[must_use]
pub fn shortened(name: &str, width: usize) -> String {
    if name.chars().count() <= width {
        return name.to_owned();
    }
    let parts: Vec<&str> = name.split('.').collect();
    for keep in (1..parts.len().saturating_sub(1)).rev() {
        let short = format!("{}.…{}", parts[0], parts[parts.len() - keep..].join("."));
        if short.chars().count() <= width {
            return short;
        }
    }
    let (all, kept) = (name.chars().count(), width.saturating_sub(1));
    let head: String = name.chars().take(kept / 2).collect();
    let tail: String = name.chars().skip(all - (kept - kept / 2)).collect();
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magnitudes() {
        let cases =
            [(0, "0"), (999, "999"), (1000, "1.00 K"), (999_500, "1.00 M"), (6_624_904, "6.62 M"), (138_357_544, "138 M")];
        for (n, want) in cases {
            assert_eq!(magnitude(n), want);
        }
        assert_eq!(bytes(602_112), "588 KiB");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(123), "123");
    }

    #[test]
    fn names_keep_their_ends() {
        assert_eq!(shortened("features.denseblock3.denselayer6.conv2", 30), "features.…denselayer6.conv2");
        assert_eq!(shortened("conv", 30), "conv");
        assert_eq!(shortened("averyveryverylongname", 8), "ave…name");
    }
}
