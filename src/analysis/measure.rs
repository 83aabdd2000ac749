//! Times this machine: arithmetic out of registers, and streaming reads of main memory and caches.
//!
//! Out: a [`Target`] of what this binary's own code reaches. It is compiled for the baseline of the architecture (on x86-64
//! that is SSE2 without fused multiply-add), so the peak is below the machine's FMA peak and its `engine` says so.
//! The one part of `analysis` that is not a pure function.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::target::{Cache, Efficiency, Rate, Target};

const LANES: usize = 16;
const CHAINS: usize = 6;
/// Time spent on each number.
const SPELL: Duration = Duration::from_millis(60);
const STREAM_BYTES: usize = 64 << 20;

/// Measures this machine for about a second.
#[must_use]
pub fn measure_this_machine() -> Target {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Target {
        name: "this-machine".to_owned(),
        engine: "baseline-simd".to_owned(),
        cores: u32::try_from(cores).unwrap_or(u32::MAX),
        peak_gflops: Rate { one: together(1, gflops), all: together(cores, gflops) },
        memory_gbps: Rate { one: together(1, || stream_gbps(STREAM_BYTES)), all: together(cores, || stream_gbps(STREAM_BYTES)) },
        // Sizes that every current core has at least; only their speed is measured.
        caches: [(32, false), (512, false)]
            .map(|(kib, shared)| Cache { kib, gbps: stream_gbps(kib as usize * 768), shared })
            .to_vec(),
        overhead_us: 1.0,
        simd_block: 4,
        output_macs: 8.0,
        fuses: false,
        efficiency: Efficiency::default(),
    }
}

/// The sum of what `threads` threads reach at the same time, this one included; fewer where the system gives no more.
fn together(threads: usize, rate: impl Fn() -> f64 + Sync) -> f64 {
    std::thread::scope(|scope| {
        let start = |_| std::thread::Builder::new().spawn_scoped(scope, &rate).ok();
        let others: Vec<_> = (1..threads).map_while(start).collect();
        let own = rate();
        others.into_iter().filter_map(|other| other.join().ok()).sum::<f64>() + own
    })
}

/// Best rate over a spell of repeated `work`, which does `amount` operations or bytes a call; in 10^9 a second.
fn best_rate(amount: f64, mut work: impl FnMut()) -> f64 {
    work();
    let (start, mut best) = (Instant::now(), f64::INFINITY);
    while start.elapsed() < SPELL {
        let before = Instant::now();
        work();
        best = best.min(before.elapsed().as_secs_f64());
    }
    amount / best.max(1e-9) / 1e9
}

/// GFLOP/s of independent multiply-add chains held in registers.
fn gflops() -> f64 {
    const ROUNDS: usize = 20_000;
    let (scale, shift) = (black_box(0.999_f32), black_box(0.001_f32));
    let mut sums = [[1.0f32; LANES]; CHAINS];
    best_rate((2 * ROUNDS * LANES * CHAINS) as f64, || {
        for _ in 0..ROUNDS {
            for chain in &mut sums {
                for value in chain {
                    *value = *value * scale + shift;
                }
            }
        }
        black_box(&mut sums);
    })
}

/// GB/s of summing a buffer of `bytes` over and over.
fn stream_gbps(bytes: usize) -> f64 {
    let buffer = vec![1.0f32; bytes / 4];
    best_rate(bytes as f64, || {
        let mut sums = [0.0f32; 4 * LANES];
        for block in black_box(&buffer).chunks_exact(4 * LANES) {
            for (sum, value) in sums.iter_mut().zip(block) {
                *sum += value;
            }
        }
        black_box(sums);
    })
}
