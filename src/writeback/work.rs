//! What trying out changes may cost.
//!
//! In: what each look at a changed text has cost. Out: whether there is any left. Trials of single fixes and rounds of all of
//! them are bounded alike; who spends says what it cost, in the unit of a byte read.

use std::cell::Cell;

/// The work that is left.
#[derive(Debug)]
pub struct Work {
    most: u64,
    spent: Cell<u64>,
}

/// How many times over it may be overdrawn where otherwise nothing at all would be done.
const OVERDRAFT: u64 = 3;

impl Default for Work {
    /// About a second's.
    fn default() -> Self {
        Self::new(1 << 22)
    }
}

impl Work {
    /// So much.
    #[must_use]
    pub fn new(most: u64) -> Self {
        Self { most, spent: Cell::new(0) }
    }

    /// Takes off what something cost, which was not known before it was done.
    pub fn spend(&self, cost: u64) {
        self.spent.set(self.spent.get().saturating_add(cost));
    }

    /// Whether there is any left.
    #[must_use]
    pub fn is_left(&self) -> bool {
        self.spent.get() < self.most
    }

    /// Whether a little more can be afforded, whatever is left.
    #[must_use]
    pub fn may_overdraw(&self) -> bool {
        self.spent.get() < self.most.saturating_mul(OVERDRAFT)
    }
}
