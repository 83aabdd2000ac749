//! The quantities of a network that assertions and budgets are about: words only, no numbers.

/// What an assertion measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Metric {
    /// Learnable scalars.
    Params,
    /// Running statistics.
    Buffers,
    /// MACs in the analysis' convention.
    Macs,
    /// `2 x MACs + bias additions`.
    Flops,
    /// Layers, inputs not counted.
    Layers,
    /// Bytes of weights and buffers.
    WeightMemory,
    /// Bytes that layers write.
    ActivationMemory,
    /// Peak of live activation bytes; of the whole network only.
    PeakMemory,
}

impl Metric {
    /// Every metric with its name in the language.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("params", Self::Params),
        ("buffers", Self::Buffers),
        ("macs", Self::Macs),
        ("flops", Self::Flops),
        ("layers", Self::Layers),
        ("weight_memory", Self::WeightMemory),
        ("activation_memory", Self::ActivationMemory),
        ("peak_memory", Self::PeakMemory),
    ];

    /// The metric of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, metric)| *metric)
    }

    /// Its name in the language.
    ///
    /// # Panics
    /// Never: every metric is in [`Self::ALL`].
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, metric)| *metric == self).expect("every metric has a name").0
    }

    /// Whether it is a number of bytes.
    #[must_use]
    pub fn is_bytes(self) -> bool {
        matches!(self, Self::WeightMemory | Self::ActivationMemory | Self::PeakMemory)
    }

    /// Whether it changes with the size of the maps, and not with the layers alone.
    #[must_use]
    pub fn depends_on_size(self) -> bool {
        match self {
            Self::Params | Self::Buffers | Self::Layers | Self::WeightMemory => false,
            Self::Macs | Self::Flops | Self::ActivationMemory | Self::PeakMemory => true,
        }
    }

    /// Whether it can be asked of a part of the network.
    #[must_use]
    pub fn takes_path(self) -> bool {
        self != Self::PeakMemory
    }
}
