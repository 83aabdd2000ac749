//! What this machine has, as far as this process may use it.
//!
//! In: what Linux tells of itself under `/proc` and `/sys`, and nothing on other systems. Out: memory and threads. A container's
//! or a service's limit (control groups, version 1 and 2) and the shell's (`ulimit -v`, `ulimit -d`) are the machine: what
//! lies beyond them is not there.

/// A file of the system as text; `None` where there is none.
type Reader<'a> = &'a dyn Fn(&str) -> Option<String>;

use crate::units;

/// Bytes of main memory that a run may take by default: what is available now, or `None` where that is not known.
#[expect(clippy::disallowed_methods, reason = "the command line looks at the machine")]
pub(super) fn available_memory() -> Option<u64> {
    available(&|path| std::fs::read_to_string(path).ok())
}

fn available(read: Reader<'_>) -> Option<u64> {
    [main_memory(read), address_space(read)].into_iter().chain(groups(read)).flatten().min()
}

fn main_memory(read: Reader<'_>) -> Option<u64> {
    field(&read("/proc/meminfo")?, "MemAvailable:")?.checked_mul(1024)
}

/// What is left of the limits on address space and data. An eighth is kept back for what is reserved and never used: stacks of
/// threads, and vectors that grow by doubling.
fn address_space(read: Reader<'_>) -> Option<u64> {
    let (limits, status) = (read("/proc/self/limits")?, read("/proc/self/status")?);
    let left = |(limit, used): (&str, &str)| {
        let used = field(&status, used).unwrap_or(0).saturating_mul(1024);
        Some(field(&limits, limit)?.saturating_sub(used))
    };
    let left = [("Max address space", "VmSize:"), ("Max data size", "VmData:")].into_iter().filter_map(left).min()?;
    Some(left - left / 8)
}

/// What is left of the limits of this process's control groups and of all round them.
fn groups(read: Reader<'_>) -> Vec<Option<u64>> {
    let own = read("/proc/self/cgroup").unwrap_or_default();
    own.lines()
        .filter_map(|line| {
            let mut parts = line.splitn(3, ':').skip(1);
            let (controllers, path) = (parts.next()?, parts.next()?);
            match controllers {
                "" => Some((VERSION_2, path)),
                _ => controllers.split(',').any(|name| name == "memory").then_some((VERSION_1, path)),
            }
        })
        .flat_map(|(version, path)| outwards(path).map(move |folder| version.left(folder, read)))
        .collect()
}

/// A path and all that it lies in; the outermost is empty. Inside a container the path may be the host's, and only the outermost
/// is there.
fn outwards(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path.trim_end_matches('/')), |path| path.rfind('/').map(|end| &path[..end]))
}

/// Where a version of control groups says what.
#[derive(Clone, Copy)]
struct Version {
    roots: &'static [&'static str],
    limits: &'static [&'static str],
    used: &'static str,
    /// What of the used memory is given back when it is needed: files that were read and will hardly be again.
    cached: &'static str,
}

const VERSION_1: Version = Version {
    roots: &["/sys/fs/cgroup/memory"],
    limits: &["memory.limit_in_bytes"],
    used: "memory.usage_in_bytes",
    cached: "total_inactive_file",
};

const VERSION_2: Version = Version {
    roots: &["/sys/fs/cgroup", "/sys/fs/cgroup/unified"],
    limits: &["memory.max", "memory.high"],
    used: "memory.current",
    cached: "inactive_file",
};

impl Version {
    fn left(self, folder: &str, read: Reader<'_>) -> Option<u64> {
        let root = self.roots.iter().find(|root| self.limits.iter().any(|limit| read(&file(root, folder, limit)).is_some()))?;
        let number = |name: &str| read(&file(root, folder, name))?.trim().parse::<u64>().ok();
        let limit = self.limits.iter().filter_map(|limit| number(limit)).min()?;
        let stat = read(&file(root, folder, "memory.stat")).unwrap_or_default();
        let used = number(self.used).unwrap_or(0).saturating_sub(field(&stat, self.cached).unwrap_or(0));
        Some(limit.saturating_sub(used))
    }
}

fn file(root: &str, folder: &str, name: &str) -> String {
    format!("{root}{folder}/{name}")
}

/// The first number behind a key at the beginning of a line; `None` where there is none, as in `unlimited`.
fn field(text: &str, key: &str) -> Option<u64> {
    let of = |line: &str| line.strip_prefix(key).filter(|rest| rest.starts_with(char::is_whitespace)).map(str::to_owned);
    text.lines().find_map(of)?.split_ascii_whitespace().next()?.parse().ok()
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
    use super::{available, bytes};

    #[test]
    fn units_of_bytes() {
        assert_eq!(bytes("1.5KiB"), Ok(1536));
        assert_eq!(bytes("2G"), Ok(2_000_000_000));
        assert_eq!((bytes("2GB"), bytes("512B")), (Ok(2_000_000_000), Ok(512)));
        assert!(bytes("2X").is_err() && bytes("").is_err());
    }

    fn left(files: &[(&str, &str)]) -> Option<u64> {
        available(&|path| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned()))
    }

    const MEMORY: (&str, &str) = ("/proc/meminfo", "MemTotal:       8000 kB\nMemAvailable:    4000 kB\n");

    #[test]
    fn the_least_of_all_limits_is_the_machine() {
        assert_eq!(left(&[]), None);
        assert_eq!(left(&[MEMORY]), Some(4_096_000));
        let status = ("/proc/self/status", "VmSize:\t    1000 kB\nVmData:\t 100 kB\n");
        let limits = |space: &'static str| ("/proc/self/limits", space);
        let none = "Max data size             unlimited            unlimited            bytes     \n\
                    Max address space         unlimited            unlimited            bytes     \n";
        assert_eq!(left(&[MEMORY, status, limits(none)]), Some(4_096_000));
        let some = "Max address space         1824000              unlimited            bytes     \n";
        assert_eq!(left(&[MEMORY, status, limits(some)]), Some(700_000), "seven eighths of what is left");
        let spent = "Max data size             1000                 unlimited            bytes     \n";
        assert_eq!(left(&[MEMORY, status, limits(spent)]), Some(0));
    }

    #[test]
    fn control_groups_of_both_versions_count_up_to_the_root() {
        let own = ("/proc/self/cgroup", "4:cpu,memory:/a/b\n1:name=systemd:/\n0::/c\n");
        let files = [
            ("/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "9223372036854771712\n"),
            ("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "3000000\n"),
            ("/sys/fs/cgroup/memory/a/memory.usage_in_bytes", "2000000\n"),
            ("/sys/fs/cgroup/memory/a/memory.stat", "inactive_file 7\ntotal_inactive_file 500000\n"),
        ];
        assert_eq!(left(&[&[MEMORY, own], &files[..]].concat()), Some(1_500_000));
        let files = [
            ("/sys/fs/cgroup/unified/c/memory.max", "max\n"),
            ("/sys/fs/cgroup/unified/c/memory.high", "900000\n"),
            ("/sys/fs/cgroup/unified/c/memory.current", "100000\n"),
        ];
        assert_eq!(left(&[&[MEMORY, own], &files[..]].concat()), Some(800_000));
        // A container that sees its own group as the root, whatever the host calls it.
        let files = [("/sys/fs/cgroup/memory.max", "700000\n"), ("/sys/fs/cgroup/memory.current", "800000\n")];
        assert_eq!(left(&[&[MEMORY, own], &files[..]].concat()), Some(0));
    }
}
