//! Measured times: interleaved repetitions of several networks, and the statistics of samples.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{ExecError, Prepared};
use crate::tensor::Tensor;

/// A network with a tensor for each of its inputs.
pub type Ready<'a> = (Prepared<'a>, &'a BTreeMap<String, Tensor>);

/// Statistics of samples, by nearest rank: the least sample that so many per cent of all do not exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// The shortest.
    pub min: Duration,
    /// The middle one, or the mean of the middle two.
    pub median: Duration,
    /// The 90th percentile.
    pub p90: Duration,
    /// The 99th percentile.
    pub p99: Duration,
    /// How many samples.
    pub runs: usize,
}

/// Runs every network once unmeasured, then `repetitions` times in turn (first, second, …, first, second, …), so that a machine
/// that slows down slows all of them. Returns each network's samples in order.
///
/// # Errors
/// The first run that fails.
pub fn measure(networks: &mut [Ready<'_>], repetitions: usize) -> Result<Vec<Vec<Duration>>, ExecError> {
    for (prepared, inputs) in &mut *networks {
        prepared.run(inputs)?;
    }
    let mut samples = vec![Vec::with_capacity(repetitions); networks.len()];
    for _ in 0..repetitions {
        for ((prepared, inputs), samples) in networks.iter_mut().zip(&mut samples) {
            let start = Instant::now();
            let result = prepared.run(inputs)?;
            samples.push(start.elapsed());
            drop(result);
        }
    }
    Ok(samples)
}

/// The statistics of samples; `None` where there are none.
#[must_use]
pub fn stats(samples: &[Duration]) -> Option<Stats> {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    let (min, runs) = (*sorted.first()?, sorted.len());
    let rank = |percent: usize| sorted[(runs * percent).div_ceil(100).max(1) - 1];
    let median = (sorted[(runs - 1) / 2] + sorted[runs / 2]) / 2;
    Some(Stats { min, median, p90: rank(90), p99: rank(99), runs })
}

#[cfg(test)]
mod tests {
    use super::{Duration, Stats, stats};

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let samples: Vec<Duration> = (1..=200).rev().map(Duration::from_millis).collect();
        let ms = Duration::from_millis;
        let expected = Stats { min: ms(1), median: Duration::from_micros(100_500), p90: ms(180), p99: ms(198), runs: 200 };
        assert_eq!(stats(&samples), Some(expected));
        assert_eq!(stats(&[ms(3), ms(9), ms(5)]).map(|s| (s.median, s.p90)), Some((ms(5), ms(9))));
        assert_eq!(stats(&[]), None);
    }
}
