//! What this machine has.

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

/// Reads `512MiB`, `2G`, `1_000_000`.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let value: f64 = number.replace('_', "").parse().map_err(|_| format!("`{text}` is not a number of bytes"))?;
    let factor = match unit.trim() {
        "" | "B" => 1.0,
        "K" | "KB" => 1e3,
        "M" | "MB" => 1e6,
        "G" | "GB" => 1e9,
        "T" | "TB" => 1e12,
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        "GiB" => 1024.0 * 1024.0 * 1024.0,
        "TiB" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        other => return Err(format!("`{other}` is no unit of bytes; use KiB, MiB, GiB, K, M or G")),
    };
    Ok((value * factor) as u64)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn units_of_bytes() {
        assert_eq!(bytes("1.5KiB"), Ok(1536));
        assert_eq!(bytes("2G"), Ok(2_000_000_000));
        assert!(bytes("2X").is_err() && bytes("").is_err());
    }
}
