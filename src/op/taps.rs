//! Which pixels an output position of a resize mixes, and by what shares.
//!
//! In: a resize and the size of one axis. Out: pixels of the input with their weights, those beyond its ends brought to the
//! last ones, or left out where the resize says so.

use super::{Upsample, UpsampleMode};

/// A pixel of the input and the weight that it has.
pub type Tap = (usize, f64);

impl Upsample {
    /// The taps of every output position along height (0) or width (1). What has no weight is not read, so that an infinity there
    /// does not make a NaN.
    #[must_use]
    pub fn taps(self, axis: usize, (input, output): (usize, usize)) -> Vec<Vec<Tap>> {
        let scale = self.axis(axis, input as u64);
        let last = input as i64 - 1;
        let inside = |at: i64| at.clamp(0, last) as usize;
        let of = |index: usize| match (scale.position(index as i64), self.mode) {
            ((at, 0.0), _) | ((at, _), UpsampleMode::Nearest(_)) => vec![(inside(at), 1.0)],
            // Before the first pixel there is nothing to mix it with.
            ((..0, _), UpsampleMode::Linear) => vec![(0, 1.0)],
            ((low, behind), UpsampleMode::Linear) => vec![(inside(low), 1.0 - behind), (inside(low + 1), behind)],
            ((low, behind), UpsampleMode::Cubic { a, exclude_outside }) => {
                let around = (low - 1..=low + 2).zip(cubic(a, behind));
                let kept: Vec<_> = around.filter(|(at, _)| !exclude_outside || (0..=last).contains(at)).collect();
                let whole = if exclude_outside { kept.iter().map(|(_, weight)| weight).sum() } else { 1.0 };
                kept.into_iter().map(|(at, weight)| (inside(at), weight / whole)).collect()
            }
        };
        (0..output).map(of).collect()
    }
}

/// The weights of the four pixels round a position that lies `behind` the second: Keys' cubic convolution.
fn cubic(a: f64, behind: f64) -> [f64; 4] {
    let near = |x: f64| ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
    let far = |x: f64| ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a;
    [far(behind + 1.0), near(behind), near(1.0 - behind), far(2.0 - behind)]
}
