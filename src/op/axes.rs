//! Lists of axes, as arguments name them and as operations hold them.
//!
//! In: an argument and a rank. Out: axes in range, or the reason why there are none. It knows no operation.

use super::args::{self, ArgValue, BuildError, Reader, ints};

/// The axes that an argument names, ascending; one alone stands for a list of one.
pub(super) fn ascending(read: &Reader<'_>, name: &str, rank: usize) -> Result<Vec<usize>, BuildError> {
    let written = read.integers(name, true)?;
    if written.is_empty() {
        return Err(read.invalid(name, format!("{name} must name at least one axis")));
    }
    let mut axes = written.iter().map(|a| args::axis(*a, rank)).collect::<Result<Vec<_>, _>>()?;
    axes.sort_unstable();
    if repeated(&axes).is_some() {
        return Err(read.invalid(name, format!("{name} must name no axis twice")));
    }
    Ok(axes)
}

/// An axis that stands in a list twice.
pub(super) fn repeated(axes: &[usize]) -> Option<usize> {
    axes.iter().enumerate().find(|(i, axis)| axes[..*i].contains(axis)).map(|(_, axis)| *axis)
}

/// The first axis of a list that is out of range or stands there twice.
pub(super) fn bad(axes: &[usize], rank: usize) -> Option<usize> {
    axes.iter().find(|a| **a >= rank).copied().or_else(|| repeated(axes))
}

/// Axes as an argument.
pub(super) fn listed(axes: &[usize]) -> ArgValue {
    ints(axes.iter().map(|a| *a as u64))
}
