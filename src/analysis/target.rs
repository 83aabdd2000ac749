//! What a machine and an engine on it can do, described in YAML.
//!
//! In: YAML text of at most 1 MiB, or the name of a shipped target. Out: a [`Target`] whose numbers are positive and
//! finite. Reading files is the caller's business; measuring a machine is that of `measure`.

use crate::visible::is_unseen;
use serde::{Deserialize, Serialize};

use crate::yaml::{self, Unbounded};

/// A machine as the roofline sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Its name, as `--target` takes it.
    pub name: String,
    /// Whose peak it is: `fma-peak` for the machine's own, or the engine that reached it (`reference`).
    pub engine: String,
    /// Cores that `all` speaks of.
    pub cores: u32,
    /// Peak of f32 multiply-adds, GFLOP/s (2 a MAC).
    pub peak_gflops: Rate,
    /// Bandwidth of main memory, GB/s (10^9).
    pub memory_gbps: Rate,
    /// Caches, smallest first.
    #[serde(default)]
    pub caches: Vec<Cache>,
    /// Microseconds that each layer costs beside its work.
    pub overhead_us: f64,
    /// Channels that are computed together: other counts are rounded up to it.
    pub simd_block: u32,
    /// What finishing an output of a convolution or linear layer costs beside its reduction (bias, activation, store), in
    /// multiply-adds.
    #[serde(default = "output_macs")]
    pub output_macs: f64,
    /// Whether normalisation, activation and sums run in the epilogue of the convolution before them.
    #[serde(default)]
    pub fuses: bool,
    /// Share of the peak that kinds of layers reach.
    #[serde(default)]
    pub efficiency: Efficiency,
}

/// What engines were measured to need on machines with AVX-512: two to three nanoseconds for a vector of 16.
fn output_macs() -> f64 {
    8.0
}

/// A rate of one core and of all together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// One core alone.
    pub one: f64,
    /// All cores together.
    pub all: f64,
}

/// A level of cache.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// Size in KiB; of one core's where it is not shared.
    pub kib: u64,
    /// Bandwidth for one core, GB/s (10^9).
    pub gbps: f64,
    /// Whether all cores share it.
    pub shared: bool,
}

/// Share of the peak that kinds of layers reach, each in `0..=1`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Efficiency {
    /// Ungrouped convolutions and linear layers.
    pub dense: f64,
    /// Grouped convolutions.
    pub grouped: f64,
    /// Depthwise convolutions, whose every input meets few weights.
    pub depthwise: f64,
    /// Everything else: element-wise arithmetic, pooling, normalisation.
    pub other: f64,
}

impl Default for Efficiency {
    fn default() -> Self {
        Self { dense: 0.75, grouped: 0.5, depthwise: 0.25, other: 0.2 }
    }
}

/// Why a description cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TargetError {
    /// It is more than is read.
    #[error("{0}")]
    Unbounded(Unbounded),
    /// It is not YAML of this form; the text says where.
    #[error("{0}")]
    Malformed(String),
    /// The name cannot stand in a table.
    #[error("the name must be one line of characters that are seen, not {0:?}")]
    Name(String),
    /// A number is not positive, or not finite.
    #[error("`{key}` must be {needed}, not {value}")]
    OutOfRange {
        /// Its key.
        key: &'static str,
        /// What is allowed.
        needed: &'static str,
        /// Its value.
        value: f64,
    },
}

const SHIPPED: &[(&str, &str)] = &[
    ("zen4-2core", include_str!("targets/zen4-2core.yaml")),
    ("sapphire-rapids-2core", include_str!("targets/sapphire-rapids-2core.yaml")),
    ("cortex-a76", include_str!("targets/cortex-a76.yaml")),
    ("laptop", include_str!("targets/laptop.yaml")),
];

impl Target {
    /// Names of the targets that come with the program.
    pub fn shipped_names() -> impl Iterator<Item = &'static str> {
        SHIPPED.iter().map(|(name, _)| *name)
    }

    /// A target that comes with the program.
    ///
    /// # Panics
    /// If a description in the program is malformed, which its tests rule out.
    #[must_use]
    pub fn shipped(name: &str) -> Option<Self> {
        let (_, text) = SHIPPED.iter().find(|(known, _)| *known == name)?;
        Some(Self::from_yaml(text).expect("shipped targets are well-formed"))
    }

    /// Reads a description.
    ///
    /// # Errors
    /// Where it is too long, not of this form (unknown keys included), or a number is out of range.
    pub fn from_yaml(text: &str) -> Result<Self, TargetError> {
        yaml::bounded(text).map_err(TargetError::Unbounded)?;
        let target: Self = serde_yaml::from_str(text).map_err(|error| TargetError::Malformed(error.to_string()))?;
        target.check()?;
        Ok(target)
    }

    fn check(&self) -> Result<(), TargetError> {
        if [&self.name, &self.engine].iter().any(|name| name.contains(is_unseen)) {
            return Err(TargetError::Name(self.name.clone()));
        }
        let positive = [
            ("peak_gflops.one", self.peak_gflops.one),
            ("peak_gflops.all", self.peak_gflops.all),
            ("memory_gbps.one", self.memory_gbps.one),
            ("memory_gbps.all", self.memory_gbps.all),
            ("cores", f64::from(self.cores)),
            ("simd_block", f64::from(self.simd_block)),
        ];
        let caches = self.caches.iter().flat_map(|c| [("caches.kib", c.kib as f64), ("caches.gbps", c.gbps)]);
        for (key, value) in positive.into_iter().chain(caches) {
            if !(value.is_finite() && value > 0.0) {
                return Err(TargetError::OutOfRange { key, needed: "a positive number", value });
            }
        }
        for (key, value) in [("overhead_us", self.overhead_us), ("output_macs", self.output_macs)] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(TargetError::OutOfRange { key, needed: "zero or a positive number", value });
            }
        }
        let e = &self.efficiency;
        for (key, value) in [
            ("efficiency.dense", e.dense),
            ("efficiency.grouped", e.grouped),
            ("efficiency.depthwise", e.depthwise),
            ("efficiency.other", e.other),
        ] {
            if !(value > 0.0 && value <= 1.0) {
                return Err(TargetError::OutOfRange { key, needed: "above 0 and at most 1", value });
            }
        }
        Ok(())
    }
}
