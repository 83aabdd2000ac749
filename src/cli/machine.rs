//! What this machine has.

use crate::units;

/// Bytes of main memory that a run may take by default: what is available now, or `None` where that is not known.
#[expect(clippy::disallowed_methods, reason = "the command line looks at the machine")]
pub(super) fn available_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemAvailable:"))?;
    let kib: u64 = line.split_ascii_whitespace().nth(1)?.parse().ok()?;
    kib.checked_mul(1024)
}

/// Hardware threads.
pub(super) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Reads `512MiB`, `2G`, `1_000_000`, `512B`.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    let number = text.trim().strip_suffix('B').filter(|number| number.ends_with(|c: char| c.is_ascii_digit()));
    let value = units::amount(number.unwrap_or(text), units::Measure::Bytes)?;
    Ok(value as u64)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn units_of_bytes() {
        assert_eq!(bytes("1.5KiB"), Ok(1536));
        assert_eq!(bytes("2G"), Ok(2_000_000_000));
        assert_eq!((bytes("2GB"), bytes("512B")), (Ok(2_000_000_000), Ok(512)));
        assert!(bytes("2X").is_err() && bytes("").is_err());
    }
}
