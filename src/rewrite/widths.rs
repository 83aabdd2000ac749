//! Which numbers of channels are tried between the parts of a form.
//!
//! In: the full rank of a form, a floor, and how many channels are computed together. Out: [`Width`]s for the choice, which are
//! whole blocks before anything else, and [`Cell`]s that cover every integer for the bound on all choices.

/// How often a block is halved where whole blocks serve a budget badly.
pub const HALVINGS: u8 = 2;

/// The most widths of one rank that are tried at one fineness.
const MOST: u64 = 256;

/// A number of channels that is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Width {
    /// Channels.
    pub channels: u64,
    /// How often a block has to be halved to divide it: 0 for whole blocks.
    pub halvings: u8,
}

/// Multiples of `block`, of its half and its quarter, from `floor` up to and without `full`, ascending. Where `full` is at most
/// one block, no width is a better block than another, and all are tried.
#[must_use]
pub fn widths(full: u64, floor: u64, block: u64, most: u64) -> Vec<Width> {
    let most = most.min(MOST);
    if full <= block {
        return (floor.max(1)..full).map(|channels| Width { channels, halvings: 0 }).collect();
    }
    let is_tried = |halvings: &u8| *halvings == 0 || (block >> halvings > 0 && full / (block >> halvings) <= most);
    let finest = (0..=HALVINGS).filter(is_tried).max().unwrap_or(0);
    // Where whole blocks are too many, only some of them are tried.
    let step = (block >> finest).saturating_mul((full / (block >> finest)).div_ceil(most).max(1));
    let halvings = |channels: u64| (0..=finest).find(|halvings| channels.is_multiple_of(block >> halvings)).unwrap_or(finest);
    let first = floor.max(1).div_ceil(step).saturating_mul(step);
    let multiples = (0..).map(|i| first.saturating_add(step.saturating_mul(i))).take_while(|channels| *channels < full);
    multiples.map(|channels| Width { channels, halvings: halvings(channels) }).collect()
}

/// The multiple of `block` nearest to a width, at least one block and at most `full`; the width itself where `full` is at
/// most one block.
#[must_use]
pub fn aligned(width: u64, full: u64, block: u64) -> u64 {
    if full <= block {
        return width.min(full);
    }
    let blocks = (width.saturating_add(block / 2) / block).max(1);
    blocks.saturating_mul(block).min(full)
}

/// Widths from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// The least width, which costs the least.
    pub first: u64,
    /// The largest, which errs the least.
    pub last: u64,
}

/// Cells that cover every integer from `floor` up to and without `full`, at most about `most`: single widths as long as these
/// are few, then cells that grow with the width.
#[must_use]
pub fn cells(full: u64, floor: u64, most: u64) -> Vec<Cell> {
    let floor = floor.max(1);
    let single = full.saturating_sub(floor) <= most;
    let mut cells = Vec::new();
    let mut first = floor;
    while first < full {
        // A cell a `most / 8`-th as wide as its first width: about `most / 8` cells each time that the width grows e-fold.
        let length = if single { 1 } else { (first * 8 / most.max(8)).max(1) };
        let last = (first + length - 1).min(full - 1);
        cells.push(Cell { first, last });
        first = last + 1;
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_blocks_come_first_and_quarters_last() {
        let found = widths(64, 12, 16, 64);
        let channels: Vec<_> = found.iter().map(|width| width.channels).collect();
        assert_eq!(channels, [12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60]);
        let halvings: Vec<_> = found.iter().map(|width| width.halvings).take(6).collect();
        assert_eq!(halvings, [2, 0, 2, 1, 2, 0]);
        assert!(widths(64, 12, 1, 64).iter().all(|width| width.halvings == 0));
        assert_eq!(widths(64, 12, 1, 64).len(), 52);
        assert_eq!(widths(12, 2, 16, 64).len(), 10, "less than a block");
        assert!(widths(4096, 512, 16, 1024).len() as u64 <= MOST);
        assert!(widths(64, 64, 16, 64).is_empty() && widths(0, 0, 16, 64).is_empty());
    }

    #[test]
    fn the_nearest_whole_block() {
        assert_eq!([20, 24, 40, 3, 200].map(|width| aligned(width, 128, 16)), [16, 32, 48, 16, 128]);
        assert_eq!(aligned(5, 12, 16), 5);
    }

    #[test]
    fn cells_cover_every_width_once() {
        for (full, floor, most) in [(64, 8, 4096), (512, 64, 128), (25088, 3136, 64), (2, 1, 64), (1, 1, 64), (8, 0, 4)] {
            let cells = cells(full, floor, most);
            let all: Vec<u64> = cells.iter().flat_map(|cell| cell.first..=cell.last).collect();
            assert_eq!(all, (floor.max(1)..full).collect::<Vec<_>>(), "{full} {floor} {most}");
            assert!(cells.len() as u64 <= 2 * most + 8, "{full} {floor} {most}: {}", cells.len());
        }
    }
}
