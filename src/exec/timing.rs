//! Measured times: interleaved repetitions of several networks, and the statistics of samples.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{ExecError, RunOptions, run};
use crate::shape::Shaped;
use crate::tensor::Tensor;
use crate::weights::Weights;

/// A network with everything that a run needs.
#[derive(Debug, Clone, Copy)]
pub struct Prepared<'a> {
    /// The network.
    pub shaped: &'a Shaped,
    /// Its weights.
    pub weights: &'a Weights,
    /// A tensor for each input.
    pub inputs: &'a BTreeMap<String, Tensor>,
}

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
pub fn measure(networks: &[Prepared<'_>], repetitions: usize, options: &RunOptions) -> Result<Vec<Vec<Duration>>, ExecError> {
    for network in networks {
        run(network.shaped, network.weights, network.inputs, options)?;
    }
    let mut samples = vec![Vec::with_capacity(repetitions); networks.len()];
    for _ in 0..repetitions {
        for (network, samples) in networks.iter().zip(&mut samples) {
            let start = Instant::now();
            let result = run(network.shaped, network.weights, network.inputs, options)?;
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
