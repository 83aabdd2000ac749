//! What trying out changes may cost.
//!
//! In: what each look at a changed text has cost. Out: whether there is any left. Trials of single fixes and rounds of all of
//! them are bounded alike; who spends says what it cost, in the unit of a byte read.

use std::cell::Cell;

/// The work that is left.
#[derive(Debug)]
pub struct Work(Cell<u64>);

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
        Self(Cell::new(most))
    }

    /// Takes off what something cost, which was not known before it was done.
    pub fn spend(&self, cost: u64) {
        self.0.set(self.0.get().saturating_sub(cost));
    }

    /// Whether there is any left.
    #[must_use]
    pub fn is_left(&self) -> bool {
        self.0.get() > 0
    }
}
